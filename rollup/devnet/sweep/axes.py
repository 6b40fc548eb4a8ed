"""What a sweep varies: each axis by its name, what its values mean, and which values there are.

One rule: a value changes the rules of a game or the powers in it, and nothing else; an axis that is not named keeps the value at which the
protocol promises that nothing is lost.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from types import MappingProxyType

from rollup.core.errors import RollupError

VALUES_MAX = 101
"""Values of one axis."""

POINTS_MAX = 10_000
"""Points of one sweep."""

FINEST = 10_000
"""Values are multiples of one divided by this: so each has one spelling."""

DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
"""A value as people write it."""

Point = Mapping[str, Fraction]
"""A value for each axis that is varied."""


class AxisInvalid(RollupError):
    """An axis that there is not, or values that it does not take."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One quantity that may be varied."""

    about: str
    default: Fraction
    """What it is where it is not varied: the protocol's own assumption."""
    least: Fraction
    most: Fraction
    is_whole: bool = False

    def promises(self, value: Fraction) -> bool:
        """Whether the protocol holds at a value, whatever the attack, if all else is as assumed."""
        return value == self.default


class AtLeast(Axis):
    """More than what is assumed is no harm."""

    __slots__ = ()

    def promises(self, value: Fraction) -> bool:
        """As `Axis.promises`."""
        return value >= self.default


class AtMost(Axis):
    """Less than what is assumed is no harm."""

    __slots__ = ()

    def promises(self, value: Fraction) -> bool:
        """As `Axis.promises`."""
        return value <= self.default


class Whatever(Axis):
    """Any value is covered."""

    __slots__ = ()

    def promises(self, value: Fraction) -> bool:
        """As `Axis.promises`."""
        del value
        return True


ONE = Fraction(1)

AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "honest_share": AtLeast(
            "share of a window in which an honest verifier is there: it is away for the rest, from the first lie on; 0: for ever",
            ONE,
            Fraction(0),
            ONE,
        ),
        "window": AtLeast("length of the window, as a share of the T that the formula asks for", ONE, Fraction(1, 10), Fraction(4)),
        "censorship": AtMost(
            "blocks that L1 really censors in all, as a share of the C that the window is made for", ONE, Fraction(0), Fraction(4)
        ),
        "sybils": Whatever("liars, all at once; as many as the drill has where it is not varied", Fraction(0), ONE, Fraction(1_000), True),
        "depth": Whatever("height of the trace: bisections to a single leaf", Fraction(3), ONE, Fraction(8), True),
    }
)
"""Every axis."""


def read_axis(text: str) -> tuple[str, tuple[Fraction, ...]]:
    """Return the name and the values of `NAME=V,V,…` or `NAME=FIRST:LAST:COUNT`. Raises AxisInvalid."""
    name, equals, values = text.partition("=")
    if not equals:
        raise AxisInvalid("axis", received=text, expected="NAME=V,V,… or NAME=FIRST:LAST:COUNT")
    if name not in AXES:
        raise AxisInvalid("name of an axis", received=name, expected=f"one of {', '.join(AXES)}")
    axis, found = AXES[name], spread(name, values) if ":" in values else [number(name, value) for value in values.split(",")]
    for value in found:
        if not axis.least <= value <= axis.most or (axis.is_whole and value.denominator != 1):
            kind = "a whole number" if axis.is_whole else "a number"
            raise AxisInvalid(f"value of the axis {name}", received=shown(value), expected=f"{kind} from {axis.least} to {axis.most}")
    if len(set(found)) != len(found) or len(found) > VALUES_MAX:
        raise AxisInvalid(f"values of the axis {name}", received=values, expected=f"at most {VALUES_MAX}, each once")
    return name, tuple(found)


def spread(name: str, text: str) -> list[Fraction]:
    """Return the values of FIRST:LAST:COUNT, at equal distances. Raises AxisInvalid."""
    parts = text.split(":")
    if len(parts) != 3 or not parts[2].isascii() or not parts[2].isdigit() or not 2 <= int(parts[2][:9]) <= VALUES_MAX:
        raise AxisInvalid(f"values of the axis {name}", received=text, expected=f"FIRST:LAST:COUNT, with a count from 2 to {VALUES_MAX}")
    first, last, count = number(name, parts[0]), number(name, parts[1]), int(parts[2])
    return [Fraction(round((first + (last - first) * step / (count - 1)) * FINEST), FINEST) for step in range(count)]


def number(name: str, text: str) -> Fraction:
    """Return a decimal number. Raises AxisInvalid."""
    if not DECIMAL.fullmatch(text.strip()):
        raise AxisInvalid(f"value of the axis {name}", received=text, expected="a number with at most four decimals, such as 0.8")
    return Fraction(text.strip())


def read_axes(texts: Sequence[str]) -> dict[str, tuple[Fraction, ...]]:
    """Return the values of every axis that is varied, in the order given. Raises AxisInvalid."""
    found: dict[str, tuple[Fraction, ...]] = {}
    for text in texts:
        name, values = read_axis(text)
        if name in found:
            raise AxisInvalid("axes", received=f"{name} twice", expected="each once; several values go behind one name")
        found[name] = values
    if not found:
        raise AxisInvalid("axes", received="none", expected=f"at least one of {', '.join(AXES)}")
    count = prod(map(len, found.values()))
    if count > POINTS_MAX:
        raise AxisInvalid("points of a sweep", received=count, expected=f"at most {POINTS_MAX}")
    return found


def points_of(axes: Mapping[str, Sequence[Fraction]]) -> list[Point]:
    """Return every point, the last axis running fastest."""
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def is_promised(point: Point) -> bool:
    """Whether the protocol promises that nothing is lost at a point."""
    return all(AXES[name].promises(value) for name, value in point.items())


def shown(value: Fraction) -> str:
    """Return a value as people write it."""
    whole, rest = divmod(int(value * FINEST), FINEST)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")
