"""The journal on a real store: what was acknowledged is there, or the node says what is missing."""

import random
import shutil
from pathlib import Path

import pytest

from rollup.environment import StoreCorrupt, StoreError, StoreFailed
from rollup.journal import Head, Journal, JournalBroken, JournalForeign, JournalLost, open_journal
from rollup.marker import FileMarker
from rollup.store import LevelStore


class Disk:
    """The storage part of an environment."""

    def open_store(self, path):
        return LevelStore(Path(path))

    def open_marker(self, path):
        return FileMarker(Path(path))


def reopen(directory, identity=b"chain"):
    return open_journal(Disk(), str(directory), identity)


def payload(number):
    return b"record %d " % number * 20


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def filled(directory):
    """A directory with twenty records, half of them in a table and half in a log."""
    for start in (0, 10):
        journal = reopen(directory)
        for number in range(start, start + 10):
            assert journal.append(payload(number)) == number
        journal.close()
    return directory


def edit(directory, change):
    """Change the store behind the journal's back."""
    store = LevelStore(directory / "store")
    change(store)
    store.close()


def record_key(height):
    return b"r" + height.to_bytes(8, "big")


def test_records_come_back_in_order_after_a_restart(filled):
    journal = reopen(filled)
    assert (journal.first, journal.count) == (0, 20)
    assert list(journal.records(0)) == [(number, payload(number)) for number in range(20)]
    assert [height for height, _ in journal.records(17)] == [17, 18, 19]
    assert list(journal.records(20)) == []
    assert journal.read(7) == payload(7)
    journal.close()


def test_a_records_companions_are_written_with_it(directory):
    journal = reopen(directory)
    journal.append(b"payload", [(b"xkey", b"value")])
    journal.close()
    journal = reopen(directory)
    assert journal.store.get(b"xkey") == b"value"
    with pytest.raises(AssertionError):
        journal.append(b"payload", [(b"r", b"not the node's to write")])
    journal.close()


def test_another_chains_directory_is_refused(filled):
    with pytest.raises(JournalForeign) as refusal:
        reopen(filled, b"other")
    assert (refusal.value.received, refusal.value.expected) == (b"chain", b"other")
    reopen(filled).close()


def test_a_lost_newest_log_file_is_noticed_though_leveldb_does_not(filled):
    for log in (filled / "store").glob("*.log"):
        log.unlink()
    with pytest.raises(JournalLost) as loss:
        reopen(filled)
    assert (loss.value.acknowledged, loss.value.found) == (20, 10)


def test_a_lost_store_is_noticed(filled):
    shutil.rmtree(filled / "store")
    with pytest.raises(JournalLost):
        reopen(filled)


def test_a_lost_marker_is_noticed(filled):
    (filled / "head").unlink()
    with pytest.raises(JournalBroken, match="head marker stops"):
        reopen(filled)


def test_a_marker_one_behind_is_a_crash_between_two_writes_and_catches_up(filled):
    before = (filled / "head").read_bytes()
    journal = reopen(filled)
    journal.append(payload(20))
    journal.close()
    after = (filled / "head").read_bytes()
    (filled / "head").write_bytes(before)
    journal = reopen(filled)
    assert journal.count == 21
    journal.close()
    assert sorted((after[:4096], after[4096:])) == sorted(((filled / "head").read_bytes()[:4096], (filled / "head").read_bytes()[4096:]))


def test_a_marker_two_behind_or_of_another_chain_is_refused(filled):
    before = (filled / "head").read_bytes()
    journal = reopen(filled)
    journal.append(payload(20))
    journal.append(payload(21))
    journal.close()
    (filled / "head").write_bytes(before)
    with pytest.raises(JournalBroken):
        reopen(filled)
    (filled / "head").unlink()
    marker = FileMarker(filled / "head")
    marker.write(Head(22, b"\x55" * 32).encode())
    marker.close()
    with pytest.raises(JournalBroken, match="another record"):
        reopen(filled)


def test_a_missing_record_in_the_middle_is_noticed_when_read(filled):
    edit(filled, lambda store: store.write([(record_key(5), None)]))
    journal = reopen(filled)
    with pytest.raises(JournalBroken) as hole:
        list(journal.records(0))
    assert hole.value.height == 5
    journal.close()


@pytest.mark.parametrize("position", [0, 31, 32, 63, 64, -1])
def test_a_changed_record_is_noticed(filled, position):
    def change(store):
        value = bytearray(store.get(record_key(5)))
        value[position] ^= 1
        store.write([(record_key(5), bytes(value))])

    edit(filled, change)
    journal = reopen(filled)
    for read in (lambda: journal.read(5), lambda: list(journal.records(0)), lambda: list(journal.records(6))):
        with pytest.raises(JournalBroken, match="checksum"):
            read()
    journal.close()


def test_a_record_whole_in_itself_but_of_another_history_is_noticed(filled, tmp_path):
    other = reopen(tmp_path / "other")
    for _ in range(20):
        other.append(b"another history")
    foreign = other.store.get(record_key(5))
    other.close()
    edit(filled, lambda store: store.write([(record_key(5), foreign)]))
    journal = reopen(filled)
    with pytest.raises(JournalBroken, match="does not follow"):
        list(journal.records(0))
    journal.close()


def test_old_records_can_be_forgotten(filled):
    journal = reopen(filled)
    journal.prune(15)
    journal.prune(3)
    assert journal.first == 15
    with pytest.raises(JournalBroken, match="not kept"):
        list(journal.records(14))
    journal.close()
    journal = reopen(filled)
    assert [height for height, _ in journal.records(journal.first)] == [15, 16, 17, 18, 19]
    journal.prune(20)
    journal.close()
    journal = reopen(filled)
    assert (journal.first, journal.count) == (20, 20)
    assert journal.append(payload(20)) == 20
    assert list(journal.records(20)) == [(20, payload(20))]
    journal.close()


def test_after_a_failure_nothing_more_is_written(directory):
    class Failing:
        def read(self):
            return None

        def write(self, _content):
            if self.broken:
                raise StoreFailed("disk")

        broken = False

        def close(self):
            pass

    marker, store = Failing(), LevelStore(directory)
    journal = Journal(store, marker, b"chain", "place")
    marker.broken = True
    with pytest.raises(StoreFailed):
        journal.append(b"x")
    marker.broken = False
    with pytest.raises(StoreFailed, match="earlier failure"):
        journal.append(b"x")
    assert journal.count == 0
    journal.close()


def test_a_refused_directory_is_not_left_locked(filled):
    with pytest.raises(JournalForeign):
        reopen(filled, b"other")
    LevelStore(filled / "store").close()


def damaged_copies(filled, tmp_path, cases):
    """Yield copies of a directory with one bit flipped anywhere in it."""
    dice = random.Random(7)
    files = [path for path in sorted(filled.rglob("*")) if path.is_file() and path.stat().st_size and path.name not in {"LOG", "LOG.old"}]
    for case in range(cases):
        copy = tmp_path / f"copy{case}"
        shutil.copytree(filled, copy)
        path = copy / dice.choice(files).relative_to(filled)
        content = bytearray(path.read_bytes())
        bit = dice.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        yield path, bit, copy


def opens_whole(copy):
    """Whether a directory opens and every record is as it was; raises where it opens and a record is not."""
    try:
        journal = reopen(copy)
    except StoreError:
        return False
    try:
        records = list(journal.records(0))
    except StoreError:
        return False
    finally:
        journal.close()
    assert records == [(number, payload(number)) for number in range(20)]
    return True


@pytest.mark.parametrize("cases", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_no_flipped_bit_is_ever_silent(filled, tmp_path, cases):
    refused = 0
    for path, bit, copy in damaged_copies(filled, tmp_path, cases):
        try:
            refused += not opens_whole(copy)
        except AssertionError as error:
            error.add_note(f"bit {bit} of {path}")
            raise
        shutil.rmtree(copy)
    assert refused > cases / 4


def test_a_corrupt_store_says_where_it_is(filled):
    for log in (filled / "store").glob("*.log"):
        log.write_bytes(log.read_bytes()[:100] + b"\xff" * 100 + log.read_bytes()[200:])
    with pytest.raises(StoreCorrupt, match=str(filled)):
        reopen(filled)
