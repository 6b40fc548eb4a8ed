"""The normal distribution function Φ.

One rule: what is looked up is the smaller tail, Φ(−|x|), as mantissa and exponent, so that its relative error is as small far out as
near 0: a price is a difference of tails, and it moves the right way only if their noise is small beside themselves.
"""

from rollup.core.kernel import kernel
from rollup.core.mathematics.elementary import local
from rollup.core.mathematics.layout import ARGUMENT_BITS, TAIL_BITS, TAIL_END, TAIL_ROW, TAIL_SEGMENT_BITS
from rollup.core.mathematics.polynomial import evaluate

TAIL_ARGUMENT_MAX = (TAIL_END << ARGUMENT_BITS) - 1
"""Greatest argument of a tail; the same beyond."""

TAIL_REST = ARGUMENT_BITS - TAIL_SEGMENT_BITS
"""Bits of x below its segment's number."""

TAIL_TO_RESULT = TAIL_BITS - ARGUMENT_BITS
"""Fraction bits that a tail has more than a result."""

ONE = 1 << ARGUMENT_BITS
"""Certainty, in the unit of `normal_cdf`."""


@kernel
def normal_tail(x_q56: int) -> tuple[int, int]:
    """Return mantissa and exponent of Φ(−x) = mantissa / 2^(61 + exponent), for x ≥ 0; relative error under 2^-55.

    Bounds: x below 0 counts as 0, above 9 as 9 (there the tail is under 2^-62). The mantissa is at most 2^61, the
    exponent in 0 … 62 and never falls as x grows.
    """
    x = max(0, min(x_q56, TAIL_ARGUMENT_MAX))
    return evaluate(TAIL_ROW + (x >> TAIL_REST), local(x, TAIL_REST))


@kernel
def normal_cdf(x_q56: int) -> int:
    """Return Φ(x), 56 fraction bits, rounded to nearest; off by less than 2^-56 from the truth. 0 ≤ result ≤ 2^56 for every x."""
    # |x| of the least int64 would not fit: the clamp comes first.
    x = max(-TAIL_ARGUMENT_MAX, min(int(x_q56), TAIL_ARGUMENT_MAX))
    mantissa, exponent = normal_tail(abs(x))
    # exponent + 5 may pass 63, where a machine's shift has no meaning; at 62 already the mantissa, under 2^61, rounds to 0.
    shift = min(exponent + TAIL_TO_RESULT, 62)
    tail = (mantissa + (1 << (shift - 1))) >> shift
    return tail if x < 0 else ONE - tail
