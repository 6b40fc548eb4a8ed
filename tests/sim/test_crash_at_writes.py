"""The sequencer dies before and after its every write and sync: what it acknowledged is executed once, where it was promised.

The window is left out: the money's safety does not depend on this node, so the worlds are short and there can be many.
"""

import pytest
import trio

from rollup.devnet.drills.director import end_day
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.drills.trading import exchange
from rollup.devnet.simulation.disk import Moment

MOMENTS = (Moment.BEFORE, Moment.AFTER)
OPERATIONS = 70
QUICK = range(3, OPERATIONS, 11)
MUST_HOLD = {"acknowledged_once", "promises_kept", "receipts_signed", "nodes_agree", "money_conserved", "no_false_claim"}


def dying_at(operation, moment):
    async def play(scene):
        scene.world.disk("sequencer").faults.crash = (scene.world.disk("sequencer").operations + operation, moment)
        market = exchange(scene, 2)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(revive, scene)
            await market.open()
            await market.trade(8)
            await end_day(scene)
            nursery.cancel_scope.cancel()

    return Drill(fault=f"the sequencer dies {moment.value} disk operation {operation}", expectation="nothing is lost", play=play)


async def revive(scene):
    """Restart the sequencer whenever it has died."""
    while True:
        await scene.world.nodes["sequencer"].ended.wait()
        scene.figures["crashes"] = scene.figures.get("crashes", 0) + 1
        await trio.sleep(5)
        await scene.world.restart("sequencer")


def check(operation, moment):
    report = run_drill("crash-at-write", dying_at(operation, moment), operation)
    assert report.figures["crashes"] == 1
    assert not report.missed, report
    assert not {name for name in MUST_HOLD if not report.invariants[name]}, report


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("operation", QUICK)
def test_nothing_acknowledged_is_lost(operation, moment):
    check(operation, moment)


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("operation", [number for number in range(1, OPERATIONS + 1) if number not in QUICK])
def test_nothing_acknowledged_is_lost_at_any_write(operation, moment):
    check(operation, moment)
