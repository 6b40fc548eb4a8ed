"""Snapshots: whole, of this history, or not there."""

import pytest

from rollup.journal import Journal
from rollup.marker import FileMarker
from rollup.snapshots import SnapshotBroken, latest_snapshot, snapshot_heights, write_snapshot
from rollup.store import LevelStore

PARTS = [b"accounts" * 100, b"", b"orders" * 100]


class Stopped(Exception):
    """The process dies here."""


@pytest.fixture
def journal(tmp_path):
    journal = Journal(LevelStore(tmp_path / "store"), FileMarker(tmp_path / "head"), b"chain", "place")
    for number in range(10):
        journal.append(b"record %d" % number)
    yield journal
    journal.close()


def test_the_newest_is_loaded_and_the_one_before_is_kept(journal):
    assert latest_snapshot(journal) is None
    for height in (3, 5, 9, 10):
        write_snapshot(journal, height, [*PARTS, b"at %d" % height])
    assert snapshot_heights(journal) == [9, 10]
    snapshot = latest_snapshot(journal)
    assert (snapshot.height, snapshot.parts) == (10, [*PARTS, b"at 10"])
    assert len(list(journal.store.iterate(b"s"))) == 2 * 4


def test_an_empty_snapshot_is_one(journal):
    write_snapshot(journal, 0, [])
    assert latest_snapshot(journal).parts == []


@pytest.mark.parametrize("written", [0, 1, 2, 3])
def test_a_crash_while_writing_leaves_the_one_before(journal, written):
    write_snapshot(journal, 4, PARTS)

    def parts():
        yield from PARTS[:written]
        raise Stopped

    with pytest.raises(Stopped):
        write_snapshot(journal, 8, parts())
    assert latest_snapshot(journal).height == 4
    write_snapshot(journal, 9, PARTS)
    assert snapshot_heights(journal) == [4, 9]
    assert len(list(journal.store.iterate(b"s"))) == 2 * len(PARTS)


def test_a_crash_at_any_write_leaves_a_whole_one(journal):
    """Every prefix of the writes of two snapshots, with the clearing up of old ones among them."""
    for height in (2, 4):
        write_snapshot(journal, height, PARTS)
    for survived in range(12):
        write, writes = journal.store.write, []

        def limited(puts, write=write, writes=writes, survived=survived):
            if len(writes) == survived:
                raise Stopped
            writes.append(puts)
            write(puts)

        journal.store.write = limited
        try:
            write_snapshot(journal, 5 + survived % 5, [b"%d" % survived, *PARTS])
        except Stopped:
            pass
        finally:
            del journal.store.write
        assert latest_snapshot(journal).parts[-len(PARTS) :] == PARTS


@pytest.mark.parametrize("change", ["part", "missing", "extra", "manifest", "history"])
def test_a_damaged_or_foreign_snapshot_is_refused(journal, change):
    write_snapshot(journal, 6, PARTS)
    store, (part_key, part), (manifest_key, manifest) = journal.store, *(next(journal.store.iterate(stem)) for stem in (b"s", b"t"))
    store.write(
        {
            "part": [(part_key, part + b"x")],
            "missing": [(part_key, None)],
            "extra": [(part_key + b"x", b"")],
            "manifest": [(manifest_key, manifest[:-1] + b"\0")],
            "history": [(manifest_key, b"\0" + manifest[1:])],
        }[change]
    )
    with pytest.raises(SnapshotBroken, match="height 6"):
        latest_snapshot(journal)


def test_a_snapshot_ahead_of_the_journal_is_refused(journal):
    write_snapshot(journal, 6, PARTS)
    store, (part_key, _), (manifest_key, manifest) = journal.store, *(next(journal.store.iterate(stem)) for stem in (b"s", b"t"))
    assert part_key
    store.write([(manifest_key[:1] + (99).to_bytes(8, "big"), manifest)])
    with pytest.raises(SnapshotBroken, match="height 99"):
        latest_snapshot(journal)
