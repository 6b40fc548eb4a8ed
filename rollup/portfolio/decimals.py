"""Decimal numbers of a file, and the integers that the state machine counts in.

One rule: a number is read as the decimal that it is written as, never as a float. What is finer than our unit is rounded to nearest,
halves to even, once.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, localcontext

from rollup.core.errors import RollupError

DIGITS_MAX = 60
"""Digits of a number, and greatest magnitude of its exponent."""

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class PortfolioError(RollupError):
    """A portfolio file with a missing, unknown or impossible entry."""


def exact(value: object, path: str) -> Decimal:
    """Return the number that an entry of a file is: an integer, a decimal, or the text of one. Raises PortfolioError."""
    text = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > 2 * DIGITS_MAX or not _NUMBER.fullmatch(text):
        raise PortfolioError(path, received=repr(value), expected='a number, such as -0.05 or "1.25e-3"')
    number = Decimal(text)
    if len(number.as_tuple().digits) > DIGITS_MAX or abs(number.adjusted()) > DIGITS_MAX:
        raise PortfolioError(path, received=text, expected=f"at most {DIGITS_MAX} digits, and as much for its exponent")
    return number


def in_units(value: object, unit: int, path: str) -> int:
    """Return an entry as a whole number of units of 1/`unit`, rounded to nearest. Raises PortfolioError where it is no number."""
    with localcontext(Context(prec=4 * DIGITS_MAX)):
        return int((exact(value, path) * unit).to_integral_value(ROUND_HALF_EVEN))


def in_decimals(count: int, unit: int) -> str:
    """Return the text of `count` units of 1/`unit`, a power of ten, exactly and without zeros behind the point."""
    with localcontext(Context(prec=4 * DIGITS_MAX, traps=[Inexact])):
        text = f"{Decimal(count) / unit:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
