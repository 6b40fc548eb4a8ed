"""The clock's formulas against DISPUTE's table."""

import pytest

from rollup.dispute.schedule import (
    MoveGas,
    added_uncensored,
    bond_least,
    confirmed_by,
    safe_above,
    update_slack,
    window,
)

WEEK = 7 * 24 * 3600 // 12


@pytest.mark.parametrize(
    ("censored", "delay", "height", "expected"),
    [(WEEK, 25, 12, (51_103, 102_205, 702)), (20, 1, 10, (67, 133, 46))],
    ids=["mainnet", "devnet"],
)
def test_the_two_profiles(censored: int, delay: int, height: int, expected: tuple[int, int, int]) -> None:
    blocks = window(censored, delay, height)
    assert (blocks, confirmed_by(blocks, censored, delay, height), added_uncensored(delay, height)) == expected


@pytest.mark.parametrize("height", range(13))
def test_the_window_exceeds_the_bound_with_room_for_updates(height: int) -> None:
    assert window(20, 3, height) > safe_above(20, 3, height) + update_slack(3, height)


def test_the_bond_outweighs_the_defence() -> None:
    gas = MoveGas(propose=200_000, bisect=250_000, prove=1_000_000, update=40_000)
    bond = bond_least(gas, ratio=100, height=12, gas_price=10**9)
    defence = gas.prove + 13 * gas.update + gas.bisect
    attack = gas.propose + bond // 10**9 + 12 * gas.bisect
    assert attack >= 100 * (defence + 12 * gas.bisect)
    assert bond_least(gas, ratio=0, height=12, gas_price=1) == 0
