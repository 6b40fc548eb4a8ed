"""Parts to swap into a verifier: what makes an attacker of it. Pure.

One rule: a lie is about one batch, and a lie from some leaf on; about everything else an attacker tells the truth, so that the honest
side is given no other way to win.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rollup.core.keccak import keccak256
from verifier.agent import Parts
from verifier.replica import Report

Place = Callable[[int], int]
"""From the number of a batch's leaves to the leaf from which on it is lied about."""


def at_first(_leaves: int) -> int:
    """Lie about the first transaction: leaf 0 begins the batch."""
    return 1


def at_middle(leaves: int) -> int:
    """Lie about a transaction in the middle."""
    return leaves // 2


def at_last(leaves: int) -> int:
    """Lie about the last transaction only: the state root that the batch leads to."""
    return leaves - 1


def lying(batch: int, place: Place) -> Parts:
    """Return the parts of a verifier that claims wrong roots for one batch, from a place on."""
    return Parts(report=reporter(batch, lambda roots, at: [*roots[:at], *map(keccak256, roots[at:])], place))


def slandering(batch: int, place: Place) -> Parts:
    """Return the parts of a verifier that claims a wrong way to the right end: nothing to gain but delay."""
    return Parts(report=reporter(batch, lambda roots, at: [*roots[:at], keccak256(roots[at]), *roots[at + 1 :]], place))


def leaving_out(batch: int, place: Place) -> Parts:
    """Return the parts of a verifier that claims of one batch that a step of it never happened: the state from before it is a real one."""

    def twist(roots: list[bytes], at: int) -> list[bytes]:
        kept = roots[at - 1] if roots[at] != roots[at - 1] else keccak256(roots[at])
        return [*roots[:at], kept, *map(keccak256, roots[at + 1 :])]

    return Parts(report=reporter(batch, twist, place))


@dataclass
class Ambush:
    """A liar that waits for its batch: which one that is turns out only in the drill."""

    place: Place
    batch: int = -1

    def parts(self) -> Parts:
        """Return the parts of a verifier that claims wrong roots for that batch."""
        return Parts(report=lambda index, roots: lying(self.batch, self.place).report(index, roots))


def reporter(batch: int, twist: Callable[[list[bytes], int], list[bytes]], place: Place) -> Report:
    """Return a report that twists the roots of one batch."""

    def report(index: int, roots: list[bytes]) -> list[bytes]:
        return twist(roots, place(len(roots))) if index == batch else roots

    return report
