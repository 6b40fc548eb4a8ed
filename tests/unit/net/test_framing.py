"""Frames: whatever was put in comes out, however it was chopped up on the way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.environment import FrameTooLarge
from rollup.net.framing import LENGTH, FrameDecoder, encode_frames

LIMIT = 64

frames_of_any_size = st.lists(st.binary(max_size=LIMIT), max_size=12)


def chopped(content: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    return [content[start:stop] for start, stop in pairwise(edges)]


@given(frames=frames_of_any_size, cuts=st.lists(st.integers(min_value=0), max_size=20))
def test_two_peers_agree_however_the_bytes_are_chopped(frames, cuts):
    decoder = FrameDecoder(LIMIT)
    received = [frame for piece in chopped(encode_frames(frames, LIMIT), cuts) for frame in decoder.feed(piece)]
    assert received == frames
    assert decoder.is_empty


@given(content=st.binary(max_size=400), cuts=st.lists(st.integers(min_value=0), max_size=20))
def test_any_bytes_give_frames_or_one_refusal(content, cuts):
    decoder, frames, refused = FrameDecoder(LIMIT), [], False
    for piece in chopped(content, cuts):
        try:
            frames += decoder.feed(piece)
        except FrameTooLarge:
            refused = True
            break
    assert all(len(frame) <= LIMIT for frame in frames)
    replayed = encode_frames(frames, LIMIT)
    assert content.startswith(replayed)
    if refused:
        (length,) = LENGTH.unpack_from(content, len(replayed))
        assert length > LIMIT


def test_a_frame_beyond_the_limit_is_refused_before_it_arrives_and_nothing_is_read_after():
    decoder = FrameDecoder(LIMIT)
    with pytest.raises(FrameTooLarge) as refusal:
        decoder.feed(LENGTH.pack(LIMIT + 1))
    assert (refusal.value.received, refusal.value.allowed) == (LIMIT + 1, LIMIT)
    with pytest.raises(FrameTooLarge):
        decoder.feed(encode_frames([b"good"], LIMIT))


def test_frames_before_a_refused_one_are_delivered():
    decoder = FrameDecoder(LIMIT)
    assert decoder.feed(encode_frames([b"one"], LIMIT) + b"\xff\xff\xff\xff") == [b"one"]
    with pytest.raises(FrameTooLarge):
        decoder.feed(b"")


def test_our_own_oversize_frame_is_refused_before_anything_is_encoded():
    with pytest.raises(FrameTooLarge):
        encode_frames([b"ok", bytes(LIMIT + 1)], LIMIT)


def test_a_frame_in_pieces_is_known_to_be_unfinished():
    decoder = FrameDecoder(LIMIT)
    assert decoder.feed(b"\0\0\0\x02a") == []
    assert not decoder.is_empty
    assert decoder.feed(b"b") == [b"ab"]
