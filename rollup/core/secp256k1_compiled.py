"""The loops over libsecp256k1, compiled: no interpreter lock from the first row to the last.

One rule: the same library functions in the same order as `rollup.core.secp256k1.PlainCurve`, called through their addresses. The
addresses are arguments, not constants, so that the machine code can be kept on disk between runs (`rollup.l1.machine_code`).
"""

from typing import Any

import numpy as np
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from rollup.core.secp256k1 import KEY_BYTES, POINT_BYTES, UNCOMPRESSED, Bytes, Flags

RECOVERABLE_BYTES = 65
"""A parsed recoverable signature in the library's memory."""

VERIFY_FUNCTIONS = ("secp256k1_ecdsa_signature_parse_compact", "secp256k1_ecdsa_verify")
"""What `verify` calls."""

RECOVER_FUNCTIONS = (
    "secp256k1_ecdsa_recoverable_signature_parse_compact",
    "secp256k1_ecdsa_recover",
    "secp256k1_ec_pubkey_serialize",
)
"""What `recover` calls."""


def _call(_typing: Any, address: Any, words: Any) -> Any:
    return types.int32(address, words), _lower


def _lower(_context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    values = [builder.extract_value(arguments[1], position) for position in range(len(signature.args[1]))]
    function = ir.FunctionType(ir.IntType(32), [ir.IntType(64)] * len(values))
    return builder.call(builder.inttoptr(arguments[0], function.as_pointer()), values)


call: Any = intrinsic(_call)
"""call(address, words): call the C function at an address with a tuple of machine words, pointers among them; gives a C int."""


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _verify(functions: Any, context: int, inputs: Any, valid: Any) -> None:
    (parse, verify), (digests, signatures, keys) = functions, inputs
    scratch = np.zeros(KEY_BYTES, np.uint8)
    signature = scratch.ctypes.data
    for row in range(len(valid)):
        if call(parse, (context, signature, signatures + 64 * row)) != 0:
            valid[row] = call(verify, (context, signature, digests + 32 * row, keys + KEY_BYTES * row)) != 0


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _recover(functions: Any, context: int, inputs: Any, out: Any) -> None:
    (parse, recover, serialize), (digests, signatures, recovery_id) = functions, inputs
    keys, points, found = out
    scratch, length = np.zeros(RECOVERABLE_BYTES, np.uint8), np.zeros(1, np.uint64)
    signature = scratch.ctypes.data
    for row in range(len(found)):
        key, point = keys.ctypes.data + KEY_BYTES * row, points.ctypes.data + POINT_BYTES * row
        parsed = call(parse, (context, signature, signatures + 64 * row, recovery_id)) != 0
        if parsed and call(recover, (context, key, signature, digests + 32 * row)) != 0:
            length[0] = POINT_BYTES
            call(serialize, (context, point, length.ctypes.data, key, UNCOMPRESSED))
            found[row] = True


ENTRIES = (
    (_verify, (types.UniTuple(types.int64, 2), types.int64, types.UniTuple(types.int64, 3), types.Array(types.boolean, 1, "C"))),
    (
        _recover,
        (
            types.UniTuple(types.int64, 3),
            types.int64,
            types.UniTuple(types.int64, 3),
            types.Tuple((types.Array(types.uint8, 2, "C"), types.Array(types.uint8, 2, "C"), types.Array(types.boolean, 1, "C"))),
        ),
    ),
)
"""What is compiled, with the types of its arguments: for whoever keeps machine code."""


class CompiledCurve:
    """Runs the compiled loops; what is not compiled yet is at its first use."""

    def __init__(self) -> None:
        self._context = int(ffi.cast("uintptr_t", GLOBAL_CONTEXT.ctx))
        self._verify = tuple(map(_address, VERIFY_FUNCTIONS))
        self._recover = tuple(map(_address, RECOVER_FUNCTIONS))

    def verify(self, digests: Bytes, signatures: Bytes, keys: Bytes) -> Flags:
        """Say of each row whether its signature is low-s, in range, and made by its key."""
        valid = np.zeros(len(digests), np.bool_)
        _verify(self._verify, self._context, tuple(map(_data, (digests, signatures, keys))), valid)
        return valid

    def recover(self, digests: Bytes, signatures: Bytes, recovery_id: int) -> tuple[Bytes, Bytes, Flags]:
        """Return the key and the point that each row's signature leads to with that recovery id, and whether there is one."""
        rows = len(digests)
        keys, points = np.zeros((rows, KEY_BYTES), np.uint8), np.zeros((rows, POINT_BYTES), np.uint8)
        found = np.zeros(rows, np.bool_)
        _recover(self._recover, self._context, (_data(digests), _data(signatures), recovery_id), (keys, points, found))
        return keys, points, found


def _address(name: str) -> int:
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, name)))


def _data(array: Bytes) -> int:
    """Return where an array lies. Not the array: the loops would be compiled again for read-only ones."""
    return int(array.ctypes.data)
