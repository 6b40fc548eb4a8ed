"""kill -9 at any moment: what was acknowledged is there, in order, once."""

import random
import signal
import subprocess
import sys

import pytest

from rollup.journal import Journal
from rollup.marker import FileMarker
from rollup.store import LevelStore

pytestmark = pytest.mark.process

WRITER = """
import sys
from pathlib import Path
from rollup.journal import Journal
from rollup.marker import FileMarker
from rollup.store import LevelStore
place = Path(sys.argv[1])
journal = Journal(LevelStore(place / "store"), FileMarker(place / "head"), b"chain", str(place))
while True:
    height = journal.append(b"record %d" % journal.count)
    sys.stdout.write(f"{height}\\n")
    sys.stdout.flush()
"""


def killed_after(place, lines):
    """Run a writer, kill it after so many acknowledgements, and return the last one that it got out."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(lines):
            assert writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
    assert writer.returncode == -signal.SIGKILL
    whole = [line for line in rest if line]
    return int(whole[-1]) if whole else None


@pytest.mark.parametrize("cycles", [4, pytest.param(60, marks=pytest.mark.long)])
def test_no_acknowledged_record_is_lost(tmp_path, cycles):
    dice = random.Random(11)
    count = 0
    for _ in range(cycles):
        lines = dice.randrange(1, 60)
        last = killed_after(tmp_path, lines)
        acknowledged = count + lines if last is None else last + 1
        journal = Journal(LevelStore(tmp_path / "store"), FileMarker(tmp_path / "head"), b"chain", "place")
        assert acknowledged <= journal.count <= acknowledged + 1
        assert [payload for _, payload in journal.records(0)] == [b"record %d" % number for number in range(journal.count)]
        count = journal.count
        journal.close()
