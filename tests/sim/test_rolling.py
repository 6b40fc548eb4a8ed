"""Expiries roll on real nodes, day after day, and the sequencer dies in the middle of it: nothing is listed twice, or forgotten."""

import pytest
import trio

from rollup.core.calendar import DAY_S, EXPIRY_HOUR_S
from rollup.core.transport import TransportError
from rollup.devnet.drills.floor import open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.listing import ABOVE, deal, expire, instruments, keeper_of, pick, report_expiry
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.simulation.disk import Moment
from rollup.rolling import roll
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.sim.reviving import revive

QUICK = [(9, Moment.AFTER)]
ALL = [(operation, moment) for operation in range(1, 40, 3) for moment in Moment if (operation, moment) not in QUICK]


def rolling(operation, moment):
    async def play(scene):
        floor = await open_floor(scene)
        buyer, seller, other = floor.traders
        keeper, disk = keeper_of(scene, other.account), scene.world.disk("sequencer")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(revive, scene)
            for day in range(3):
                expiry_s = scene.genesis.chain.time_s // DAY_S * DAY_S + EXPIRY_HOUR_S + day * DAY_S
                await persist(scene, keeper)
                call = await pick(scene, expiry_s)
                await report_expiry(floor, call, ABOVE)
                await floor.expect("day_trades", Status.OK, deal(floor, call, buyer, seller))
                await expire(floor, expiry_s)
                disk.faults.crash = (disk.operations + operation, moment)
                await persist(scene, keeper)
                listed = await instruments(scene)
                names = [each["name"] for each in listed]
                floor.note("listed_once", holds=len(set(names)) == len(names))
                floor.note("nothing_expired_is_left", holds=not any(0 < int(each["expiry_s"]) <= expiry_s for each in listed))
            await floor.settle()
            nursery.cancel_scope.cancel()

    return Drill(
        fault="the sequencer dies while expiries roll", expectation="keepers go on where they were", play=play, deadline_s=30 * DAY_S
    )


async def persist(scene, keeper):
    """Let the keeper roll until there is nothing left to do, whoever dies meanwhile."""
    while True:
        try:
            deeds = await roll(keeper)
        except TransportError:
            scene.figures["interrupted"] = scene.figures.get("interrupted", 0) + 1
        else:
            for deed in deeds:
                scene.figures[deed.kind.name.lower()] = scene.figures.get(deed.kind.name.lower(), 0) + (deed.status == "OK")
            if not deeds:
                return
        await trio.sleep(5)


def check(operation, moment):
    report = run_drill("rolling", rolling(operation, moment), 1)
    assert not report.missed, report
    assert all(report.invariants.values()), {name for name, holds in report.invariants.items() if not holds}
    assert report.figures["crashes"] == 3
    assert report.figures["interrupted"] >= 1
    assert Kind.DELIST.name.lower() in report.figures


@pytest.mark.parametrize(("operation", "moment"), QUICK)
def test_days_roll_though_the_sequencer_dies(operation, moment):
    check(operation, moment)


@pytest.mark.long
@pytest.mark.parametrize(("operation", "moment"), ALL)
def test_days_roll_though_the_sequencer_dies_at_any_write(operation, moment):
    check(operation, moment)
