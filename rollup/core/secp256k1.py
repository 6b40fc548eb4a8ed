"""Many ECDSA signatures at a time, on libsecp256k1 as coincurve ships it.

One rule: a curve does the two expensive operations over arrays and decides nothing. `PlainCurve` calls the library once a row
from Python; `rollup.core.secp256k1_compiled` makes the same calls from one compiled loop, which matters less for its speed than
for the interpreter lock: the plain loop takes the lock back after every signature, and starves beside a busy thread.

Shapes: digests (n, 32), signatures (n, 64) as r ‖ s, keys (n, 64) as the library holds a parsed public key, points (n, 65) as an
uncompressed public key; all uint8 and C-contiguous. A key must be one that `recover` has found: the library aborts on any other bytes.
"""

from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

Bytes: TypeAlias = npt.NDArray[np.uint8]
Flags: TypeAlias = npt.NDArray[np.bool_]

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order n of the group (SEC 2, secp256k1)."""

KEY_BYTES = 64
"""A parsed public key in the library's memory."""

POINT_BYTES = 65
"""An uncompressed public key: 0x04 ‖ x ‖ y."""

UNCOMPRESSED = 0b10
"""The library's flag for that form (SECP256K1_EC_UNCOMPRESSED)."""


class Curve(Protocol):
    """The two operations."""

    def verify(self, digests: Bytes, signatures: Bytes, keys: Bytes) -> Flags:
        """Say of each row whether its signature is low-s, in range, and made by its key."""
        ...

    def recover(self, digests: Bytes, signatures: Bytes, recovery_id: int) -> tuple[Bytes, Bytes, Flags]:
        """Return the key and the point that each row's signature leads to with that recovery id, and whether there is one."""
        ...


class PlainCurve:
    """Calls the library once a row."""

    def verify(self, digests: Bytes, signatures: Bytes, keys: Bytes) -> Flags:
        """Say of each row whether its signature is low-s, in range, and made by its key."""
        context, signature = GLOBAL_CONTEXT.ctx, ffi.new("secp256k1_ecdsa_signature *")
        digest, compact = _pointer(digests), _pointer(signatures)
        key = ffi.cast("secp256k1_pubkey *", _pointer(keys))
        parse, verify = lib.secp256k1_ecdsa_signature_parse_compact, lib.secp256k1_ecdsa_verify
        valid = np.zeros(len(digests), np.bool_)
        for row in range(len(digests)):
            parsed = parse(context, signature, compact + 64 * row)
            valid[row] = parsed and verify(context, signature, digest + 32 * row, key + row)
        return valid

    def recover(self, digests: Bytes, signatures: Bytes, recovery_id: int) -> tuple[Bytes, Bytes, Flags]:
        """Return the key and the point that each row's signature leads to with that recovery id, and whether there is one."""
        context, signature = GLOBAL_CONTEXT.ctx, ffi.new("secp256k1_ecdsa_recoverable_signature *")
        rows, length = len(digests), ffi.new("size_t *")
        keys, points = np.zeros((rows, KEY_BYTES), np.uint8), np.zeros((rows, POINT_BYTES), np.uint8)
        found = np.zeros(rows, np.bool_)
        digest, compact, point = _pointer(digests), _pointer(signatures), _pointer(points)
        key = ffi.cast("secp256k1_pubkey *", _pointer(keys))
        parse, recover = lib.secp256k1_ecdsa_recoverable_signature_parse_compact, lib.secp256k1_ecdsa_recover
        for row in range(rows):
            parsed = parse(context, signature, compact + 64 * row, recovery_id)
            found[row] = parsed and recover(context, key + row, signature, digest + 32 * row)
            if found[row]:
                length[0] = POINT_BYTES
                lib.secp256k1_ec_pubkey_serialize(context, point + POINT_BYTES * row, length, key + row, UNCOMPRESSED)
        return keys, points, found


def is_low_s(signatures: Bytes) -> Flags:
    """Say of each row whether s is at most half the order: the only one of the two forms that is accepted (EIP-2)."""
    words = np.ascontiguousarray(signatures[:, 32:]).view(">u8").astype(np.uint64)
    half = np.frombuffer((ORDER // 2).to_bytes(32, "big"), ">u8").astype(np.uint64)
    low: Flags = words[:, 3] <= half[3]
    for word in (2, 1, 0):
        low = (words[:, word] < half[word]) | ((words[:, word] == half[word]) & low)
    return low


def _pointer(array: Bytes) -> "ffi.CData":
    return ffi.cast("unsigned char *", array.ctypes.data)
