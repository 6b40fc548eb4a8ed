"""The one evaluation that exp, ln, sqrt and the normal tail share: a sextic over a segment of the table."""

from rollup.core.kernel import kernel
from rollup.core.mathematics.tables import coefficients
from rollup.core.mathematics.wide import multiply_q62

NARROW_SHIFT = 33
"""Bits of u that the upper coefficients need not see: they are too small for them to matter."""

NARROW_BITS = 29
"""Fraction bits of u for the upper coefficients."""


@kernel
def evaluate(row: int, u_q62: int) -> tuple[int, int]:
    """Return the value of a segment's polynomial, and the segment's exponent. For 0 ≤ row < ROWS and −2^62 ≤ u < 2^62.

    Horner's rule; each step rounds down, which costs one unit of the result, and the upper three see u to 29 bits, which
    costs 16 units at worst (at the end of the tail; less than one elsewhere).
    Width: |c4| + |c5| + |c6| ≤ 2^33 (the generator's check), times |w| ≤ 2^29, is 2^62; the sum from c3 up is under 2^60, and
    |u| ≤ 2^62, as `multiply_q62` wants; |c0| ≤ 2^61.
    """
    c0, c1, c2, c3, c4, c5, c6, exponent = coefficients(row)
    w = u_q62 >> NARROW_SHIFT
    upper = c4 + ((c5 + (c6 * w >> NARROW_BITS)) * w >> NARROW_BITS)
    lower = c2 + multiply_q62(c3 + (upper * w >> NARROW_BITS), u_q62)
    return c0 + multiply_q62(c1 + multiply_q62(lower, u_q62), u_q62), exponent
