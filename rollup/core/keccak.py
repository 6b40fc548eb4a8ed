"""Keccak-256, the hash of everything: Ethereum's, with the original padding (0x01), not SHA3-256."""

import numpy as np
import numpy.typing as npt
from sha3 import keccak_256

HASH_BYTES = 32
"""Length of a hash."""


def keccak256(data: bytes) -> bytes:
    """Return the keccak-256 hash of some bytes."""
    digest: bytes = keccak_256(data).digest()
    return digest


def keccak_many(messages: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the hashes, (n, 32), of n messages of one length, (n, length)."""
    width = messages.shape[1]
    joined = messages.tobytes()
    hashes = b"".join([keccak256(joined[i * width : (i + 1) * width]) for i in range(len(messages))])
    return np.frombuffer(hashes, np.uint8).reshape(-1, HASH_BYTES)
