"""The short way to code words does what the library does, or leaves it to the library."""

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from hypothesis import given
from hypothesis import strategies as st

from rollup.l1.static_words import decode_words, encode_words

KINDS = ("bytes32", "uint8", "uint32", "uint64", "uint256", "address", "bool", "int64", "bytes", "bytes32[]", "bytes4")
EDGES = (0, 1, 2, 255, 256, 2**64 - 1, 2**64, 2**160 - 1, 2**160, 2**256 - 1)

words = st.one_of(st.sampled_from(EDGES).map(lambda n: n.to_bytes(32, "big")), st.binary(min_size=32, max_size=32))
values = st.one_of(
    st.sampled_from((*EDGES, -1, 2**256)), st.booleans(), st.binary(max_size=40), st.binary(min_size=32, max_size=32),
    st.binary(min_size=20, max_size=20), st.text(max_size=3), st.none(), st.floats(),
)  # fmt: skip


def plain(kind, value):
    """A decoded value as we hold it: the library's addresses are text."""
    return bytes.fromhex(value[2:]) if kind == "address" else value


@given(st.lists(st.tuples(st.sampled_from(KINDS), values), max_size=5))
def test_encoding_is_the_librarys_or_none(pairs):
    types, given_values = [kind for kind, _ in pairs], [value for _, value in pairs]
    made = encode_words(types, given_values)
    if made is not None:
        assert made == encode(types, given_values)


@given(st.lists(st.sampled_from(KINDS), max_size=5), st.lists(words, max_size=6), st.binary(max_size=31))
def test_decoding_is_the_librarys_or_none(types, body, rest):
    data = b"".join(body) + rest
    found = decode_words(types, data)
    if found is not None:
        assert found == [plain(kind, value) for kind, value in zip(types, decode(types, data), strict=True)]
        assert all(type(value) in {bytes, int, bool} for value in found)


@pytest.mark.parametrize("kind", ["bytes32", "uint8", "uint64", "uint256", "address", "bool"])
@pytest.mark.parametrize("number", EDGES)
def test_every_edge_is_taken_or_left_as_the_library_takes_or_refuses_it(kind, number):
    word = number.to_bytes(32, "big")
    try:
        expected = plain(kind, decode([kind], word)[0])
    except DecodingError:
        assert decode_words([kind], word) is None
        return
    assert decode_words([kind], word) == [expected]
    assert encode_words([kind], [expected]) == word


@pytest.mark.parametrize(
    ("kind", "value"),
    [("uint8", 256), ("uint64", -1), ("uint64", True), ("bool", 1), ("bytes32", b"x" * 31), ("bytes32", bytearray(32)), ("address", b"x")],
)
def test_what_is_not_plainly_right_is_left_to_the_library(kind, value):
    assert encode_words([kind], [value]) is None
    if kind != "bytes32":
        with pytest.raises(EncodingError):
            encode([kind], [value])


def test_too_few_words_or_values_are_left_to_the_library():
    assert decode_words(["bytes32", "uint8"], bytes(63)) is None
    assert encode_words(["bytes32"], []) is None
