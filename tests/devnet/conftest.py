"""Real nodes on loopback, in a temporary folder."""

import os
import time

import pytest

from rollup.configuration import DevnetConfig
from rollup.devnet.topology import plan, write_files
from rollup.net.real import RealEnvironment
from tests.devnet.real_nodes import ROOT, Site


@pytest.fixture(scope="module")
def environment():
    before = os.umask(0o022)
    yield RealEnvironment("test")
    os.umask(before)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """An L1 and a sequencer that run, of the smallest configuration; what a test starts beside them is stopped, too."""
    place = tmp_path_factory.mktemp("site")
    config = DevnetConfig(data_directory=place, verifiers=1)
    made = Site(plan(config, ROOT / "configs" / "minimal.toml", {}, int(time.time())))
    write_files(made.planned)
    try:
        made.start("l1")
        made.start("sequencer")
        yield made
    finally:
        made.stop_all()
