"""The canonical encoding: one spelling, few types, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.codec import Limits, decode, encode
from rollup.core.errors import DecodeError, EncodeError

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 64) - 1), st.binary(max_size=40), st.text(max_size=20))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_what_is_encoded_decodes_to_itself(value):
    assert decode(encode(value), Limits(depth=20)) == value


@given(st.binary(max_size=60))
def test_any_bytes_decode_canonically_or_are_refused(data):
    try:
        value = decode(data)
    except DecodeError:
        return
    assert encode(value) == data


@given(VALUES, st.data())
def test_a_changed_byte_never_decodes_to_the_same_value(value, data):
    whole = encode(value)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    try:
        other = decode(changed, Limits(depth=20))
    except DecodeError:
        return
    assert encode(other) == changed != whole


def test_keys_are_sorted():
    assert encode({"b": 1, "a": 2}) == encode({"a": 2, "b": 1}) == b"\x82\xa1a\x02\xa1b\x01"


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("a float", b"\xcb" + bytes(8)),
        ("not a number", b"\xca\x7f\xc0\x00\x00"),
        ("a nine-byte one", b"\xcf" + bytes(7) + b"\x01"),
        ("a long form of text", b"\xd9\x01a"),
        ("an extension", b"\xd4\x05\x00"),
        ("a timestamp", b"\xd6\xff\x00\x00\x00\x00"),
        ("keys twice", b"\x82\xa1a\x01\xa1a\x01"),
        ("keys out of order", b"\x82\xa1b\x01\xa1a\x01"),
        ("a number as key", b"\x81\x01\x01"),
        ("bytes as key", b"\x81\xc4\x01a\x01"),
        ("text that is not UTF-8", b"\xa1\xff"),
        ("something behind it", b"\x01\x01"),
        ("half of it", b"\x92\x01"),
        ("an array without end", b"\xdd\xff\xff\xff\xff"),
        ("a thousand lists", b"\x91" * 1000 + b"\x01"),
        ("a hundred thousand lists", b"\x91" * 100_000 + b"\x01"),
        ("the unused byte", b"\xc1"),
    ],
)
def test_refused(what, data):
    with pytest.raises(DecodeError) as caught:
        decode(data)
    assert caught.value.expected, what


def test_limits():
    with pytest.raises(DecodeError, match="size"):
        decode(encode(bytes(100)), Limits(size=99))
    assert decode(encode([[1]]), Limits(depth=2)) == [[1]]
    with pytest.raises(DecodeError, match="nesting"):
        decode(encode([[1]]), Limits(depth=1))


@pytest.mark.parametrize("value", [1.0, 1 << 64, -(1 << 63) - 1, {1: 2}, {b"a": 1}, object(), {1, 2}, bytearray(b"a"), "\ud800"])
def test_what_has_no_encoding(value):
    with pytest.raises(EncodeError):
        encode(value)
