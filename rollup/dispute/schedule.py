"""How long the window must be, and what follows: the formulas of the dispute's clock and of its bond.

All times are L1 blocks. `censored` (C_max) is how many blocks an adversary may censor in all, `delay` (δ) how many an honest
transaction may wait otherwise, `height` (k) the height of the largest trace. (DISPUTE "Timers" and "Bonds"; the bound is BoLD's.)
"""

from dataclasses import dataclass


def window(censored: int, delay: int, height: int) -> int:
    """Return T, the unrivaled time that confirms an assertion."""
    return safe_above(censored, delay, height) + update_slack(delay, height) + 1


def direct_window(censored: int, delay: int) -> int:
    """Return T of the direct lane: the age that confirms. A commitment and a refutation each wait no longer than a transaction may."""
    return censored + 2 * (delay + 1) + 1


def safe_above(censored: int, delay: int, height: int) -> int:
    """Return what T must exceed while timers are exact: the censorship, and the honest answers down one path."""
    return censored + (delay + 1) * (height + 2)


def update_slack(delay: int, height: int) -> int:
    """Return the blocks that it may take to carry timers up once the answers are given, one level after another.

    That is `height` - 1 updates and the confirmation, and before them the wait of a proof for its commitment.
    """
    return (delay + 1) * (height + 1)


def confirmed_by(window_blocks: int, censored: int, delay: int, height: int) -> int:
    """Return the blocks from an honest assertion to its confirmation, at the worst."""
    return window_blocks + safe_above(censored, delay, height) + update_slack(delay, height)


def added_uncensored(delay: int, height: int) -> int:
    """Return the blocks that any number of rivals can add to the window without censorship."""
    return confirmed_by(0, 0, delay, height)


@dataclass(frozen=True, slots=True)
class MoveGas:
    """Gas of each move of the bisection lane, as measured."""

    propose: int
    bisect: int
    prove: int
    update: int


def bond_least(gas: MoveGas, *, ratio: int, height: int, gas_price: int) -> int:
    """Return the least bond, in wei, that makes an attacker spend `ratio` times what the defence costs.

    `S + G_root ≥ ρ(G_proof + (k+1)·G_update + G_bisect) + (ρ−1)·k·G_bisect`.
    """
    defence = ratio * (gas.prove + (height + 1) * gas.update + gas.bisect) + (ratio - 1) * height * gas.bisect
    return max(0, defence - gas.propose) * gas_price
