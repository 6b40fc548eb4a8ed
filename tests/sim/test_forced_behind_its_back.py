"""L1 takes a forced batch while the sequencer cannot see it: what it has acknowledged since is rolled back and executed again, once.

The sequencer also dies in the middle of that, before or after each of its writes.
"""

import pytest
import trio

from rollup.devnet.drills.censorship import WITHDRAWN_E8, force, victim
from rollup.devnet.drills.director import end_day
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.drills.trading import exchange
from rollup.devnet.simulation.disk import Moment
from tests.sim.reviving import revive

MUST_HOLD = {"acknowledged_once", "receipts_signed", "nodes_agree", "money_conserved", "no_false_claim"}
QUICK = [(0, Moment.AFTER), (1, Moment.BEFORE), (2, Moment.AFTER), (3, Moment.BEFORE), (4, Moment.AFTER), (6, Moment.BEFORE)]
ALL = [(operation, moment) for operation in range(1, 25) for moment in Moment if (operation, moment) not in QUICK]


def behind_its_back(operation, moment):
    async def play(scene):
        market, user = exchange(scene, 2), victim(scene)
        await market.open()
        await user.fund()
        exit_ = scene.desk.withdrawal(user.account, WITHDRAWN_E8, user.account.address)
        scene.demanded.append(exit_.digest)
        scene.world.network.cut("sequencer", "l1")
        scene.figures["blocks_to_inclusion"] = await force(scene, exit_, market)
        disk = scene.world.disk("sequencer")
        disk.faults.crash = (disk.operations + operation, moment) if operation else None
        scene.world.network.heal("sequencer", "l1")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(revive, scene)
            await market.trade(3)
            await end_day(scene)
            nursery.cancel_scope.cancel()

    return Drill(fault="a batch is forced behind the sequencer's back", expectation="it follows and loses nothing", play=play)


def check(operation, moment):
    report = run_drill("behind-its-back", behind_its_back(operation, moment), 1)
    assert report.figures.get("crashes", 0) == (operation > 0)
    assert not report.missed, report
    assert not {name for name in MUST_HOLD if not report.invariants[name]}, report


@pytest.mark.parametrize(("operation", "moment"), QUICK)
def test_it_follows_and_loses_nothing(operation, moment):
    check(operation, moment)


@pytest.mark.long
@pytest.mark.parametrize(("operation", "moment"), ALL)
def test_it_follows_and_loses_nothing_at_any_write(operation, moment):
    check(operation, moment)
