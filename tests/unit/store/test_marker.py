"""The head marker: the old content or the new one, never neither."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.environment import StoreCorrupt, StoreFailed
from rollup.marker import CONTENT_BYTES_MAX, SLOT_BYTES, FileMarker, SlotMarker, decode_slot, encode_slot

contents = st.lists(st.binary(max_size=200), max_size=6)


class Memory:
    """A file that keeps every state it was in."""

    def __init__(self, content=b""):
        self.content = bytearray(content)
        self.states = [bytes(content)]

    def read(self):
        return bytes(self.content)

    def write_at(self, offset, content):
        self.content.extend(bytes(max(0, offset + len(content) - len(self.content))))
        for index, byte in enumerate(content):
            self.content[offset + index] = byte
            self.states.append(bytes(self.content))

    def sync(self):
        pass

    def close(self):
        pass


@given(contents)
def test_the_last_content_is_read_back(written):
    file = Memory()
    marker = SlotMarker(file, "head")
    for content in written:
        marker.write(content)
        assert marker.read() == content
    assert SlotMarker(Memory(file.content), "head").read() == (written[-1] if written else None)


def test_a_write_torn_at_any_byte_leaves_the_old_content_or_the_new():
    file = Memory()
    marker = SlotMarker(file, "head")
    for content in (b"first", b"second", b"third"):
        before, start = marker.read(), len(file.states)
        marker.write(content)
        found = {SlotMarker(Memory(state), "head").read() for state in file.states[start:-1] if before is not None}
        assert found <= {before, content}


def test_the_first_write_torn_counts_as_never_begun():
    file = Memory()
    SlotMarker(file, "head").write(b"first")
    assert {SlotMarker(Memory(state), "head").read() for state in file.states[:-1]} == {None}


def test_two_spoilt_copies_are_damage():
    file = Memory()
    marker = SlotMarker(file, "head")
    marker.write(b"first")
    marker.write(b"second")
    for offset in (0, SLOT_BYTES):
        file.content[offset + 13] ^= 1
    with pytest.raises(StoreCorrupt, match="head"):
        SlotMarker(Memory(file.content), "head")


@given(st.binary(max_size=80), st.integers(0, 2**64 - 1))
def test_a_slot_reads_back(content, sequence):
    assert decode_slot(encode_slot(sequence, content) + bytes(100)) == (sequence, content)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_slot_or_none(content):
    decoded = decode_slot(content)
    assert decoded is None or content.startswith(encode_slot(*decoded))


def test_any_flipped_bit_is_noticed():
    slot = encode_slot(7, b"content")
    for bit in range(8 * len(slot)):
        flipped = bytearray(slot)
        flipped[bit // 8] ^= 1 << bit % 8
        assert decode_slot(bytes(flipped)) is None


def test_a_marker_on_this_machine(tmp_path):
    path = tmp_path / "deep" / "head"
    marker = FileMarker(path)
    assert marker.read() is None
    marker.write(b"one")
    marker.write(b"two")
    marker.close()
    marker.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = FileMarker(path)
    assert again.read() == b"two"
    again.close()
    with pytest.raises(StoreFailed):
        again.write(b"three")


def test_a_link_is_not_followed_and_a_failure_is_final(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreFailed, match="link"):
        FileMarker(tmp_path / "link")
    marker = FileMarker(tmp_path / "head")
    descriptor = marker._file._descriptor
    marker._file._descriptor = os.open(tmp_path / "head", os.O_RDONLY)
    with pytest.raises(StoreFailed):
        marker.write(b"x")
    os.close(marker._file._descriptor)
    marker._file._descriptor = descriptor
    with pytest.raises(StoreFailed, match="earlier failure"):
        marker.write(b"x")
    marker.close()


def test_content_beyond_a_sector_is_a_programmers_error():
    with pytest.raises(ValueError, match="bytes"):
        encode_slot(1, bytes(CONTENT_BYTES_MAX + 1))
    assert len(encode_slot(1, bytes(CONTENT_BYTES_MAX))) == SLOT_BYTES
