"""The short way to code what is made of single words: hashes, integers, addresses and truth values (Solidity's ABI, static types).

One rule: what is not plainly right is left to the library, which alone says what is wrong with it. So the bytes, the values and the errors
are the library's, at a tenth of the cost, and most of L1's calls and logs are of this sort.
"""

from collections.abc import Sequence
from types import MappingProxyType

WORD = 32
"""Bytes of a word."""

BOUNDS = MappingProxyType({f"uint{bits}": 1 << bits for bits in range(8, 257, 8)} | {"bool": 2, "address": 1 << 160})
"""Exclusive bounds of the types that are numbers, as words."""


def encode_words(types: Sequence[str], values: Sequence[object]) -> bytes | None:
    """Return the encoding of values, or None where the library is to be asked. Addresses are 20 bytes."""
    if len(types) != len(values):
        return None
    words = []
    for kind, value in zip(types, values, strict=True):
        if kind == "bytes32":
            if type(value) is not bytes or len(value) != WORD:
                return None
            words.append(value)
        elif kind == "address":
            if type(value) is not bytes or len(value) != 20:
                return None
            words.append(b"\0\0\0\0\0\0\0\0\0\0\0\0" + value)
        elif type(value) is (bool if kind == "bool" else int) and 0 <= value < BOUNDS.get(kind, 0):
            words.append(value.to_bytes(WORD, "big"))
        else:
            return None
    return b"".join(words)


def decode_words(types: Sequence[str], data: bytes) -> list[object] | None:
    """Return the values of an encoding, or None where the library is to be asked. Addresses are 20 bytes; what follows is not looked at."""
    if len(data) < WORD * len(types):
        return None
    values: list[object] = []
    for place, kind in enumerate(types):
        word = data[WORD * place : WORD * place + WORD]
        if kind == "bytes32":
            values.append(word)
            continue
        number = int.from_bytes(word, "big")
        if number >= BOUNDS.get(kind, 0):
            return None
        values.append(word[12:] if kind == "address" else bool(number) if kind == "bool" else number)
    return values
