"""The two operations on which a 64-bit machine and Python's integers differ: a wide product, and the length of a number.

One rule: each plain function is exact; its stand-in gives the same for every operand in the stated bounds and stays inside int64.
"""

from rollup.core.kernel import compiled_as, kernel

DIGIT = 31
"""Bits of half an operand."""

MASK = (1 << DIGIT) - 1


@kernel
def multiply_q62_compiled(a: int, b: int) -> int:
    """Stand for `multiply_q62` in 64-bit arithmetic, by halves of 31 bits.

    Width: the high halves are in [−2^31, 2^31], the low ones in [0, 2^31), so the two cross products are at most
    2·2^31·(2^31 − 1) = 2^63 − 2^32 in magnitude and the carry from below, under 2^31, still fits; the sum's upper part is
    a·b/2^62, at most 2^62.
    """
    a_high, a_low = a >> DIGIT, a & MASK
    b_high, b_low = b >> DIGIT, b & MASK
    return a_high * b_high + ((a_high * b_low + a_low * b_high + ((a_low * b_low) >> DIGIT)) >> DIGIT)


@compiled_as(multiply_q62_compiled)
def multiply_q62(a: int, b: int) -> int:
    """Return a·b/2^62 rounded down, for |a|, |b| ≤ 2^62: the product of two numbers with 62 fraction bits."""
    return (a * b) >> 62


@kernel
def bit_length_compiled(x: int) -> int:
    """Stand for `bit_length` by halving."""
    length = 0
    for step in (32, 16, 8, 4, 2, 1):
        if x >> step != 0:
            x = x >> step
            length += step
    return length + x


@compiled_as(bit_length_compiled)
def bit_length(x: int) -> int:
    """Return the number of bits of x, for 0 ≤ x < 2^63: 0 for 0, else the exponent of x plus one."""
    return x.bit_length()
