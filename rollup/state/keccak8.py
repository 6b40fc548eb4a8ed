"""Keccak-256 eight messages at a time: the compiled host's hash.

One rule: word k of all eight sponges is one vector <8 x i64>, so a permutation costs eight messages what it costs one. The vectors are
spelled out to LLVM, which splits them where the machine has shorter registers; the bytes are the same everywhere.

A message is a row of 64-bit words. 17 words are absorbed at a time; the padding is Keccak's: 01 behind the last byte, 80 into the
last byte of the block (The Keccak reference, 3.0, section 1.1.2).
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
"""Messages hashed at a time."""

RATE = 17
"""Words absorbed by one permutation."""

# fmt: off
ROUND_CONSTANTS = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
    0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)
# fmt: on
"""Step ι of each round."""

ROTATIONS = ((0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14))
"""Step ρ: ROTATIONS[x][y]."""

WORD = ir.IntType(64)
VECTOR = ir.VectorType(WORD, LANES)

Vectors = dict[tuple[int, int], Any]
"""The sponges' words by (x, y)."""


@intrinsic  # type: ignore[untyped-decorator]
def permute(_typing: Any, sponges: Any) -> Any:
    """Apply keccak-f[1600] to eight sponges, an array (25, 8) of uint64, in place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        first = builder.bitcast(array.data, VECTOR.as_pointer())
        places = {(x, y): builder.gep(first, [ir.Constant(WORD, x + 5 * y)]) for x in range(5) for y in range(5)}
        state = {at: builder.load(place, align=8) for at, place in places.items()}
        for at, vector in loop_of_rounds(builder, state).items():
            builder.store(vector, places[at], align=8)
        return context.get_dummy_value()

    return types.void(sponges), generate


def loop_of_rounds(builder: Any, state: Vectors) -> Vectors:
    """Emit the 24 rounds as a loop: unrolled they run no faster and take seconds to compile."""
    constants = round_constants(builder.module)
    before = builder.block
    loop = builder.append_basic_block("rounds")
    after = builder.append_basic_block("permuted")
    builder.branch(loop)
    builder.position_at_end(loop)
    count = builder.phi(WORD)
    count.add_incoming(ir.Constant(WORD, 0), before)
    old: Vectors = {at: builder.phi(VECTOR) for at in state}
    constant = builder.load(builder.gep(constants, [ir.Constant(WORD, 0), count]))
    new = one_round(builder, old, splat(builder, constant))
    following = builder.add(count, ir.Constant(WORD, 1))
    count.add_incoming(following, loop)
    for at, phi in old.items():
        phi.add_incoming(state[at], before)
        phi.add_incoming(new[at], loop)
    builder.cbranch(builder.icmp_unsigned("<", following, ir.Constant(WORD, len(ROUND_CONSTANTS))), loop, after)
    builder.position_at_end(after)
    return new


def round_constants(module: Any) -> Any:
    """Return the table of step ι in a module, which gets it at its first use."""
    kind = ir.ArrayType(WORD, len(ROUND_CONSTANTS))
    return cgutils.global_constant(module, "keccak_round_constants", ir.Constant(kind, [ir.Constant(WORD, c) for c in ROUND_CONSTANTS]))


def splat(builder: Any, word: Any) -> Any:
    """Emit a vector of eight times the same word."""
    single = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), word, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, single, zeros)


def one_round(builder: Any, state: Vectors, constant: Any) -> Vectors:
    """Emit θ, ρ, π, χ and ι."""
    columns = []
    for x in range(5):
        column = state[x, 0]
        for y in range(1, 5):
            column = builder.xor(column, state[x, y])
        columns.append(column)
    parity = [builder.xor(columns[x - 1], rotate(builder, columns[(x + 1) % 5], 1)) for x in range(5)]
    moved: Vectors = {(y, (2 * x + 3 * y) % 5): rotate(builder, builder.xor(state[x, y], parity[x]), ROTATIONS[x][y]) for x, y in state}
    mixed = {(x, y): builder.xor(moved[x, y], builder.and_(builder.not_(moved[(x + 1) % 5, y]), moved[(x + 2) % 5, y])) for x, y in moved}
    mixed[0, 0] = builder.xor(mixed[0, 0], constant)
    return mixed


def rotate(builder: Any, vector: Any, bits: int) -> Any:
    """Emit a rotation to the left of each word."""
    if bits == 0:
        return vector
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fshl.v{LANES}i64")
    return builder.call(function, [vector, vector, ir.Constant(VECTOR, [ir.Constant(WORD, bits)] * LANES)])


INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "nogil": True}
"""Options of functions that only compiled code calls."""

INLINE = {**INNER, "forceinline": True}
"""Options of those that are put into their callers: a call hands over every array as seven words."""


@njit(**INNER)  # type: ignore[untyped-decorator]
def permute_out_of_line(sponges: Any) -> None:
    """Hold the one copy of the permutation."""
    permute(sponges)


@njit(**INLINE)  # type: ignore[untyped-decorator]
def absorb(sponges: Any, lane: int, message: Any, length: int, block: int) -> None:
    """Add one block of a message of `length` words to a sponge, with the padding where it is the last one."""
    start = block * RATE
    for k in range(min(RATE, length - start)):
        sponges[k, lane] ^= np.uint64(message[start + k])
    if length - start < RATE:
        sponges[length - start, lane] ^= np.uint64(1)
        sponges[RATE - 1, lane] ^= np.uint64(0x8000000000000000)


@njit(**INNER)  # type: ignore[untyped-decorator]
def hash_rows(messages: Any, order: Any, lengths: Any, count: int, hashes: Any) -> None:
    """Hash messages[order[i], :lengths[i]] to hashes[i], four words, for each i below `count`."""
    sponges = np.empty((25, LANES), np.uint64)
    for start in range(0, count, LANES):
        width = min(LANES, count - start)
        blocks = 0
        for lane in range(width):
            blocks = max(blocks, lengths[start + lane] // RATE + 1)
        sponges[:] = np.uint64(0)
        for block in range(blocks):
            for lane in range(width):
                length = lengths[start + lane]
                if block <= length // RATE:
                    absorb(sponges, lane, messages[order[start + lane]], length, block)
            permute_out_of_line(sponges)
            for lane in range(width):
                if block == lengths[start + lane] // RATE:
                    for k in range(4):
                        hashes[start + lane, k] = sponges[k, lane]
