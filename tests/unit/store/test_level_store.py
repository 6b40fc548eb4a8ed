"""LevelDB behind our rules: order, atomic writes, one opener, and the first failure is the last word."""

import json
import os
import stat
import subprocess
import sys

import plyvel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollup.environment import StoreCorrupt, StoreFailed, StoreLocked
from rollup.store import LevelStore

keys = st.binary(max_size=3)
batches = st.lists(st.lists(st.tuples(keys, st.none() | st.binary(max_size=5)), max_size=6), max_size=6)


@pytest.fixture
def store(tmp_path):
    store = LevelStore(tmp_path / "data")
    yield store
    store.close()


@given(batches=batches, prefix=keys, start=keys, reverse=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_store_is_a_sorted_map(store, batches, prefix, start, reverse):
    store.write([(key, None) for key, _ in list(store.iterate())])
    expected = {}
    for batch in batches:
        store.write(batch)
        expected.update(batch)
    expected = {key: value for key, value in expected.items() if value is not None}
    assert all(store.get(key) == expected.get(key) for batch in batches for key, _ in batch)
    wanted = sorted(pair for pair in expected.items() if pair[0].startswith(prefix) and pair[0] >= prefix + start)
    assert list(store.iterate(prefix, start=start, reverse=reverse)) == (wanted[::-1] if reverse else wanted)


def test_a_prefix_of_ones_has_no_end(store):
    store.write([(b"\xff\xff", b"1"), (b"\xff\xff\x01", b"2"), (b"\xfe", b"3")])
    assert [value for _, value in store.iterate(b"\xff\xff")] == [b"1", b"2"]


def test_what_was_written_is_there_after_a_restart(store, tmp_path):
    store.write([(b"a", b"1"), (b"b", b"2")])
    store.write([(b"a", None)])
    store.close()
    again = LevelStore(tmp_path / "data")
    assert list(again.iterate()) == [(b"b", b"2")]
    again.close()


def test_a_closed_store_refuses_everything(store):
    store.close()
    store.close()
    for action in (lambda: store.get(b"a"), lambda: store.write([]), lambda: list(store.iterate())):
        with pytest.raises(StoreFailed, match="closed"):
            action()


def test_the_directory_is_the_users_alone_even_where_it_was_not(tmp_path):
    directory = tmp_path / "data"
    directory.mkdir(mode=0o755)
    LevelStore(directory).close()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_place_that_cannot_be_a_directory_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreFailed, match="file"):
        LevelStore(tmp_path / "file")


def test_the_first_failure_is_final_even_if_the_next_write_would_succeed(store, monkeypatch):
    class Failing:
        def get(self, _key, **_):
            raise plyvel.IOError("disk full")

        def close(self):
            pass

    healthy = store._database
    monkeypatch.setattr(store, "_database", Failing())
    with pytest.raises(StoreFailed, match="disk full"):
        store.get(b"a")
    monkeypatch.setattr(store, "_database", healthy)
    with pytest.raises(StoreFailed, match="earlier failure"):
        store.write([(b"a", b"1")])


class Spy:
    """A database that remembers how it was asked."""

    def __init__(self, database):
        self.database = database
        self.asked = []

    def __getattr__(self, name):
        def call(*arguments, **options):
            self.asked.append((name, options))
            return getattr(self.database, name)(*arguments, **options)

        return call


def test_every_write_is_synced_and_every_read_is_checked(store, monkeypatch):
    """No crash of a process alone can show a sync that is missing: the machine's cache outlives it."""
    spy = Spy(store._database)
    monkeypatch.setattr(store, "_database", spy)
    store.write([(b"a", b"1")])
    assert (store.get(b"a"), list(store.iterate())) == (b"1", [(b"a", b"1")])
    assert [name for name, _ in spy.asked] == ["write_batch", "get", "iterator"]
    write, get, iterate = (options for _, options in spy.asked)
    assert write == {"sync": True, "transaction": True}
    assert get["verify_checksums"]
    assert iterate["verify_checksums"]


SECOND = "import sys; from pathlib import Path; from rollup.store import LevelStore; LevelStore(Path(sys.argv[1]))"


@pytest.mark.process
def test_a_second_process_is_turned_away_in_one_sentence(store, tmp_path):
    with pytest.raises(StoreLocked):
        LevelStore(tmp_path / "data")
    second = subprocess.run([sys.executable, "-c", SECOND, str(tmp_path / "data")], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode != 0
    assert second.stderr.rstrip().endswith(f"StoreLocked: {tmp_path / 'data'}: another process has this data directory open")


FULL = """
import json, resource, signal, sys
from pathlib import Path
from rollup.environment import StoreFailed
from rollup.store import LevelStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store, acknowledged, failures = LevelStore(Path(sys.argv[1])), [], 0
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
for number in range(200):
    if number == 100:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        store.write([(b"%03d" % number, bytes(1000))])
        acknowledged.append(number)
    except StoreFailed:
        failures += 1
print(json.dumps([acknowledged, failures]))
"""


@pytest.mark.process
def test_a_disk_that_was_full_for_a_moment_loses_nothing_acknowledged(tmp_path):
    output = subprocess.run([sys.executable, "-c", FULL, str(tmp_path / "data")], capture_output=True, text=True, timeout=60, check=True)
    acknowledged, failures = json.loads(output.stdout)
    assert acknowledged == list(range(len(acknowledged)))
    assert 0 < len(acknowledged) < 100
    assert failures == 200 - len(acknowledged)
    store = LevelStore(tmp_path / "data")
    assert all(store.get(b"%03d" % number) == bytes(1000) for number in acknowledged)
    store.close()


@pytest.mark.parametrize("pattern", ["*.log", "*.ldb", "MANIFEST-*", "CURRENT"])
def test_a_damaged_file_names_the_directory(tmp_path, pattern):
    directory = tmp_path / "data"
    store = LevelStore(directory)
    store.write([(b"%d" % number, os.urandom(100)) for number in range(100)])
    store.close()
    store = LevelStore(directory)
    store.write([(b"x%d" % number, os.urandom(100)) for number in range(100)])
    store.close()
    path = next(iter(sorted(directory.glob(pattern))))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises((StoreCorrupt, StoreFailed), match=str(directory)):
        list(LevelStore(directory).iterate())
