"""Gas of each move under L1's schedule: bounded, and small beside what Ethereum allows one transaction."""

from collections import defaultdict

import pytest

from l1_mock.gas import TRANSACTION_GAS_CAP
from rollup.core.genesis import Genesis
from rollup.dispute.schedule import MoveGas, bond_least
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, play
from tests.unit.contracts.trading_day import real_l1, trading_day

LIMITS = {"propose": 280_000, "bisect": 290_000, "prove": 400_000, "update": 90_000, "confirm": 180_000, "reject": 130_000}
"""Most gas of each move on a real batch."""


@pytest.fixture(name="day", scope="module")
def day_fixture():
    """A game that went down to the step with the longest proof: an order with eight fills."""
    day = trading_day(real_l1())
    busiest = int(day.receipts["fills"].argmax())
    honest, liar = Player(day.l1, HONEST, day, honest=True), Player(day.l1, LIARS[0], day.lie(busiest))
    play(day.l1, [liar, honest], blocks=300)
    return day


@pytest.fixture(name="spent", scope="module")
def spent_fixture(day):
    spent = defaultdict(int)
    for name, outcome in day.l1.outcomes:
        spent[name] = max(spent[name], outcome.gas_peak if outcome.success else 0)
    return spent


@pytest.mark.parametrize("move", sorted(LIMITS))
def test_a_move_costs_no_more_than_this(spent, move):
    assert 21_000 < spent[move] <= LIMITS[move] < TRANSACTION_GAS_CAP // 16


def test_the_bond_makes_an_attack_cost_a_hundred_times_its_defence(day, spent):
    genesis: Genesis = day.l1.genesis
    gas = MoveGas(propose=spent["propose"], bisect=spent["bisect"], prove=spent["prove"], update=spent["update"])
    needed = bond_least(gas, ratio=100, height=genesis.dispute.levels_max, gas_price=10 * 10**9)
    assert needed <= genesis.dispute.bond_wei


def test_a_mover_on_many_nodes_pays_no_more_each(day):
    """The work of a move does not grow with the number of rivals."""
    costs = []
    for rivals in (1, 6):
        fresh = trading_day(real_l1())
        honest = Player(fresh.l1, HONEST, fresh, honest=True)
        liars = [Player(fresh.l1, LIARS[i], fresh.lie(7 * i)) for i in range(rivals)]
        play(fresh.l1, [*liars, honest], blocks=10)
        costs.append(max(outcome.gas_peak for name, outcome in fresh.l1.outcomes if name == "bisect"))
    assert costs[1] <= costs[0] * 1.05
