"""Machine code of versions that nobody runs any more does not fill the disk."""

import fcntl
import os

import pytest

from rollup.devnet import warming
from rollup.devnet.warming import CODE_LOCK, STAMP, prune, stamp


@pytest.fixture(name="cache")
def cache_fixture(tmp_path, monkeypatch):
    """A cache with six versions, the first the oldest, a stamp of an old one and of this one, and something of somebody else's."""
    monkeypatch.setattr(warming, "VERSIONS_KEPT", 4)
    for age, name in enumerate("654321"):
        place = tmp_path / (name * 16)
        place.mkdir()
        place.joinpath("code.nbc").write_bytes(b"code")
        os.utime(place, (1_000_000 + age, 1_000_000 + age))
    for name in (f"{STAMP}{'0' * 16}", stamp(tmp_path).name, "compiling"):
        tmp_path.joinpath(name).touch()
    tmp_path.joinpath("notes").mkdir()
    return tmp_path


def versions(cache):
    return sorted(path.name[0] for path in cache.iterdir() if path.name == path.name[0] * 16)


def test_the_newest_few_stay_and_nothing_else_is_touched(cache):
    prune(cache)
    assert versions(cache) == ["1", "2", "3", "4"]
    assert {path.name for path in cache.iterdir() if len(path.name) != 16} == {stamp(cache).name, "compiling", "notes"}


def test_what_is_being_loaded_stays(cache):
    with cache.joinpath("6" * 16, CODE_LOCK).open("w") as lock:
        os.utime(cache / ("6" * 16), (1_000_000, 1_000_000))
        fcntl.flock(lock, fcntl.LOCK_EX)
        prune(cache)
    assert versions(cache) == ["1", "2", "3", "4", "6"]
    assert cache.joinpath("6" * 16, "code.nbc").exists()


def test_few_versions_keep_their_stamps(cache):
    prune(cache)
    other = cache / f"{STAMP}{'1' * 16}"
    other.touch()
    prune(cache)
    assert other.exists()
