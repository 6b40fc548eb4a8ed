"""Keccak-256 of many byte strings of one length, eight at a time: `rollup.core.keccak.keccak_many` as machine code.

One rule: the padding is laid out beforehand (01 behind the last byte, 80 into the last byte of the last block), so that the compiled
loop only adds blocks and permutes. It holds no interpreter lock.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types

from rollup.core.keccak import HASH_BYTES
from rollup.state.keccak8 import LANES, RATE, permute_out_of_line

BLOCK_BYTES = 8 * RATE
"""Bytes that one permutation absorbs."""


def compiled_keccak_many(messages: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the hashes, (n, 32), of n messages of one length, (n, length). What is not compiled yet is at the first call."""
    count, length = messages.shape
    blocks = np.zeros((count, (length // BLOCK_BYTES + 1) * BLOCK_BYTES), np.uint8)
    blocks[:, :length] = messages
    blocks[:, length] = 0x01
    blocks[:, -1] |= 0x80
    hashes = np.empty((count, HASH_BYTES), np.uint8)
    _hash_blocks(blocks.view("<u8"), hashes.view("<u8"))
    return hashes


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _hash_blocks(blocks: Any, hashes: Any) -> None:
    sponges = np.empty((25, LANES), np.uint64)
    for start in range(0, len(blocks), LANES):
        width = min(LANES, len(blocks) - start)
        sponges[:] = np.uint64(0)
        for first in range(0, blocks.shape[1], RATE):
            for lane in range(width):
                for k in range(RATE):
                    sponges[k, lane] ^= blocks[start + lane, first + k]
            permute_out_of_line(sponges)
        for lane in range(width):
            for k in range(4):
                hashes[start + lane, k] = sponges[k, lane]


ENTRIES = ((_hash_blocks, (types.Array(types.uint64, 2, "C"), types.Array(types.uint64, 2, "C"))),)
"""What is compiled, with the types of its arguments: for whoever keeps machine code."""
