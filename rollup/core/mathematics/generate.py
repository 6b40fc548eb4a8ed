"""Write the coefficient table, from 60-digit arithmetic.

    python -m rollup.core.mathematics.generate           writes coefficients.bin beside this file, and prints its hash
    python -m rollup.core.mathematics.generate --check   writes nothing; fails unless the file holds what would be written

Each segment's polynomial goes through the function at the seven Chebyshev nodes; its coefficients are rounded to integers. The
truth has 60 digits and a coefficient at most 19, so a version of mpmath with other last digits writes the same bytes.
Needs mpmath, which only the developers' environment has.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpmath

from rollup.core.keccak import keccak256
from rollup.core.mathematics import layout

DIGITS = 60
"""Decimal digits of the truth."""

Row = list[int]
Function = Callable[[mpmath.mpf], mpmath.mpf]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one function: `rows` segments from `start` on, 2^segment_bits to a unit, values with `bits` fraction bits."""

    function: Function
    start: int
    rows: int
    segment_bits: int
    bits: int
    floating: bool = False
    """Give each row the exponent that brings the value at its left end, and its greatest, to [2^60, 2^61)."""


def sections() -> tuple[Section, ...]:
    """Return the sections in the order of the table."""
    return (
        Section(upper_tail, 0, layout.TAIL_ROWS, layout.TAIL_SEGMENT_BITS, layout.TAIL_BITS, True),
        Section(mpmath.log, 1, layout.LN_ROWS, layout.LN_SEGMENT_BITS, layout.LN_BITS),
        Section(mpmath.sqrt, 1, layout.SQRT_ROWS, layout.SQRT_SEGMENT_BITS, layout.SQRT_BITS),
        Section(lambda f: mpmath.mpf(2) ** f, 0, layout.EXP2_ROWS, layout.EXP2_SEGMENT_BITS, layout.EXP2_BITS),
    )


def upper_tail(x: mpmath.mpf) -> mpmath.mpf:
    """Return Φ(−x) = erfc(x·√½)·½, which loses no digits however small it is."""
    return mpmath.ldexp(mpmath.erfc(x * mpmath.sqrt(mpmath.ldexp(1, -1))), -1)


def nodes() -> list[mpmath.mpf]:
    """Return the Chebyshev nodes of [−1, 1]."""
    count = layout.DEGREE + 1
    return [mpmath.cos(mpmath.fdiv(mpmath.pi * (2 * k + 1), 2 * count)) for k in range(count)]


def interpolation(at: list[mpmath.mpf]) -> mpmath.matrix:
    """Return the matrix that turns a function's values at the nodes into the coefficients of the polynomial through them."""
    powers = mpmath.matrix(len(at), len(at))
    for i, node in enumerate(at):
        for power in range(len(at)):
            powers[i, power] = node**power
    return powers**-1


def segment_row(section: Section, index: int, at: list[mpmath.mpf], solve: mpmath.matrix) -> Row:
    """Return one row of the table. Raises OverflowError if a coefficient would break the evaluation's proof of width."""
    width = mpmath.ldexp(1, -section.segment_bits)
    left = section.start + index * width
    exponent = 0
    if section.floating:
        exponent = 60 - section.bits - int(mpmath.floor(mpmath.log(section.function(left), 2)))
    values = mpmath.matrix([section.function(left + width * mpmath.ldexp(1 + node, -1)) for node in at])
    scaled = solve * values * mpmath.mpf(2) ** (section.bits + exponent)
    row = [int(mpmath.nint(scaled[k])) for k in range(len(at))]
    if sum(map(abs, row[4:])) > layout.NARROW_LIMIT or sum(map(abs, row[1:])) > layout.WIDE_LIMIT:
        msg = f"row too wide: {row}"
        raise OverflowError(msg)
    return [*row, exponent]


def table(stride: int = 1) -> list[Row]:
    """Return the rows of the table, or each `stride`-th row of each section."""
    with mpmath.workdps(DIGITS):
        at = nodes()
        solve = interpolation(at)
        return [segment_row(section, index, at, solve) for section in sections() for index in range(0, section.rows, stride)]


def encode(rows: list[Row]) -> bytes:
    """Return the bytes of the file."""
    return b"".join(word.to_bytes(8, "little", signed=True) for row in rows for word in row)


def main(arguments: list[str]) -> int:
    """Write the file, or check it; return the exit status."""
    path = Path(__file__).with_name("coefficients.bin")
    encoded = encode(table())
    if "--check" not in arguments:
        path.write_bytes(encoded)
    same = path.read_bytes() == encoded
    sys.stdout.write(f"{keccak256(encoded).hex()} {'' if same else 'DIFFERS FROM '}{path.name}\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
