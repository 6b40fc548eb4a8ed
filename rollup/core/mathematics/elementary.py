"""exp, ln and sqrt of fixed-point numbers.

One rule: total. Every int64 argument gives a result; those outside of a function's domain count as its nearest end. Exponents
come from the length of an integer, never from a float.
"""

from rollup.core.kernel import kernel
from rollup.core.mathematics.layout import (
    ARGUMENT_BITS,
    EXP2_BITS,
    EXP2_ROW,
    EXP2_SEGMENT_BITS,
    LN_BITS,
    LN_ROW,
    LN_SEGMENT_BITS,
    LOCAL_BITS,
    SQRT_BITS,
    SQRT_ROW,
    SQRT_SEGMENT_BITS,
)
from rollup.core.mathematics.polynomial import evaluate
from rollup.core.mathematics.wide import bit_length, multiply_q62

NUMBER_MAX = (1 << 62) - 1
"""Greatest argument of ln and sqrt."""

EXP_ARGUMENT_MAX = (1 << 62) - 1
"""Greatest magnitude of an argument of exp: just under 64."""

EXP_MAX = 1 << 61
"""Greatest result of exp, in units of its last place."""

FRACTION_MAX = 64
"""Greatest magnitude of a count of fraction bits."""

LOG2_E_Q61 = 3326628274461080623
"""log2(e)·2^61, rounded to nearest."""

LN2_HIGH_Q56 = 49946518145322873
"""ln(2)·2^56, rounded down."""

LN2_LOW_Q93 = 92228318835
"""(ln(2)·2^56 − LN2_HIGH_Q56)·2^37, rounded to nearest."""

ONE_Q60 = 1 << 60
ONE_Q61 = 1 << 61
ONE_LOCAL = 1 << LOCAL_BITS

LN_REST = LN_BITS - LN_SEGMENT_BITS
"""Bits of m − 1 below its segment's number; likewise of the other two."""

SQRT_REST = SQRT_BITS - SQRT_SEGMENT_BITS

POWER_BITS = ARGUMENT_BITS - 1
"""Fraction bits of a power of two that exp looks up."""

EXP2_REST = POWER_BITS - EXP2_SEGMENT_BITS


@kernel
def local(rest: int, bits: int) -> int:
    """Return u ∈ [−1, 1), 62 fraction bits: where in its segment an argument is, by its lowest `bits` ≤ 62 bits."""
    # The masked bits times 2^(63 − bits) are under 2^63.
    return ((rest & ((1 << bits) - 1)) << (LOCAL_BITS + 1 - bits)) - ONE_LOCAL


@kernel
def ln(x: int, fraction_bits: int) -> int:
    """Return the natural logarithm of x / 2^fraction_bits, 56 fraction bits, rounded to nearest; off by less than 2^-56.

    Bounds: x below 1 counts as 1, and above 2^62 − 1 as that; |fraction_bits| above 64 counts as 64. The result's magnitude is under 2^63.
    """
    x = max(1, min(int(x), NUMBER_MAX))
    length = bit_length(x)
    # x = m·2^(length − 1), m ∈ [1, 2): the number of m − 1's segment is its highest bits.
    rest = (x << (LOCAL_BITS - length)) - ONE_Q61
    mantissa, _ = evaluate(LN_ROW + (rest >> LN_REST), local(rest, LN_REST))
    exponent = length - 1 - max(-FRACTION_MAX, min(int(fraction_bits), FRACTION_MAX))
    # |exponent| ≤ 126: times LN2_HIGH_Q56 < 2^55.5 is under 2^62.5, times LN2_LOW_Q93 < 2^37 under 2^44.
    fine = mantissa + (exponent * LN2_LOW_Q93 >> 32)
    return exponent * LN2_HIGH_Q56 + ((fine + 16) >> 5)


@kernel
def sqrt(x: int) -> int:
    """Return √x·2^30, rounded to nearest; relative error under 2^-58 besides that rounding.

    So an integer's root has 30 fraction bits, and the root of a number with 60 fraction bits has 60 too.
    Bounds: x below 0 counts as 0, and above 2^62 − 1 as that. The result is at most 2^61.
    """
    x = max(0, min(int(x), NUMBER_MAX))
    if x == 0:
        return 0
    halves = (LOCAL_BITS - bit_length(x)) >> 1
    # x·4^halves = m·2^60, m ∈ [1, 4).
    rest = (x << (2 * halves)) - ONE_Q60
    mantissa, _ = evaluate(SQRT_ROW + (rest >> SQRT_REST), local(rest, SQRT_REST))
    return (mantissa + ((1 << halves) >> 1)) >> halves


@kernel
def exp(x_q56: int, fraction_bits: int) -> int:
    """Return e^x·2^fraction_bits, rounded to nearest; relative error under 2^-54 besides that rounding.

    Bounds: |x| stops just under 64; fraction_bits counts as 0 below 0 and as 62 above 62; a result above 2^61 counts as 2^61.
    """
    x = max(-EXP_ARGUMENT_MAX, min(int(x_q56), EXP_ARGUMENT_MAX))
    # e^x = 2^whole·2^f: the product has 56 + 61 − 62 = 55 fraction bits and is under 2^62, so |whole| ≤ 93.
    power = multiply_q62(x, LOG2_E_Q61)
    whole = power >> POWER_BITS
    rest = power & ((1 << POWER_BITS) - 1)
    mantissa, _ = evaluate(EXP2_ROW + (rest >> EXP2_REST), local(rest, EXP2_REST))
    shift = EXP2_BITS - whole - max(0, min(int(fraction_bits), LOCAL_BITS))
    if shift < 0:
        return EXP_MAX
    if shift > LOCAL_BITS:
        return 0
    # mantissa ≤ 2^61 and half a unit is at most 2^61.
    return (mantissa + ((1 << shift) >> 1)) >> shift
