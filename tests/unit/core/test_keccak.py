import numpy as np
import pytest
from Crypto.Hash import keccak

from rollup.core.keccak import keccak256, keccak_many


def reference(data):
    return keccak.new(digest_bits=256, data=data).digest()


def test_the_empty_message():
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("length", [1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 1000])
def test_every_kind_of_padding(length):
    data = bytes(i * 7 % 256 for i in range(length))
    assert keccak256(data) == reference(data)


def test_many_at_once():
    messages = np.random.default_rng(1).integers(0, 256, (20, 77)).astype(np.uint8)
    assert [row.tobytes() for row in keccak_many(messages)] == [reference(row.tobytes()) for row in messages]
    assert keccak_many(np.zeros((0, 5), np.uint8)).shape == (0, 32)
