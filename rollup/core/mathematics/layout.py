"""The shape of the coefficient table: which function owns which rows, and how fine its segments are.

One rule: `generate` writes a table of exactly this shape, and the kernels read it by exactly this shape.

    table   = row*
    row     = c0 c1 c2 c3 c4 c5 c6 exponent        eight int64, little-endian; one cache line
    segment = c0 + c1·u + … + c6·u^6               u ∈ [−1, 1) over the segment, from its left to its right end

The segment's value stands for that of the function times 2^(BITS + exponent); only the normal tail has exponents other than 0.
"""

DEGREE = 6
"""Degree of every polynomial."""

ROW_WORDS = DEGREE + 2
"""Words of a row: the coefficients, lowest first, and the exponent."""

ARGUMENT_BITS = 56
"""Fraction bits of an argument x, and of a result unless it says otherwise: 2^-56 is 1.4e-17, and |x| < 64 leaves room in int64."""

LOCAL_BITS = 62
"""Fraction bits of u, the place within a segment."""

TAIL_ROW = 0
"""First row of Φ(−x) for x ∈ [0, TAIL_END): values scaled to [2^60, 2^61), so that small ones are as exact as large ones."""

TAIL_END = 9
"""Where the table of the tail ends: Φ(−9) = 1.1e-19 < 2^-62. Beyond, the tail keeps its last value."""

TAIL_SEGMENT_BITS = 8
"""2^8 segments to a unit of x."""

TAIL_ROWS = TAIL_END << TAIL_SEGMENT_BITS

TAIL_BITS = 61
"""Fraction bits of a tail, before its exponent."""

LN_ROW = TAIL_ROW + TAIL_ROWS
"""First row of ln m for m ∈ [1, 2)."""

LN_SEGMENT_BITS = 7

LN_ROWS = 1 << LN_SEGMENT_BITS

LN_BITS = 61
"""Fraction bits of ln m."""

SQRT_ROW = LN_ROW + LN_ROWS
"""First row of √m for m ∈ [1, 4)."""

SQRT_SEGMENT_BITS = 6

SQRT_ROWS = 3 << SQRT_SEGMENT_BITS

SQRT_BITS = 60
"""Fraction bits of √m."""

EXP2_ROW = SQRT_ROW + SQRT_ROWS
"""First row of 2^f for f ∈ [0, 1)."""

EXP2_SEGMENT_BITS = 5

EXP2_ROWS = 1 << EXP2_SEGMENT_BITS

EXP2_BITS = 60
"""Fraction bits of 2^f."""

ROWS = EXP2_ROW + EXP2_ROWS
"""Rows of the whole table."""

NARROW_LIMIT = 1 << 33
"""Bound of |c4| + |c5| + |c6|: what the narrow steps of the evaluation, 29 bits wide, can multiply inside int64."""

WIDE_LIMIT = 1 << 60
"""Bound of |c1| + … + |c6|."""
