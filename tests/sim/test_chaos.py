"""Everything at once: a bad network, partitions, crashes and reorganisations under an attack; then peace, and all must be well.

Each seed draws its own mix. A failure is replayed by its seed alone: `chaos(seed)`.
"""

from dataclasses import replace

import pytest
import trio

from rollup.devnet.drills.director import DAY_S, settle
from rollup.devnet.drills.faults import crash_and_restart, reorganise
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_first, at_middle, lying, slandering
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.drills.scene import Cast
from rollup.devnet.drills.trading import exchange
from rollup.devnet.simulation.network import Link

FAULTS = 8


async def partition(scene):
    a, b = scene.world.random.choice([("sequencer", "l1"), ("verifier-1", "l1"), ("verifier-2", "l1"), ("trader-1", "sequencer")])
    scene.world.network.cut(a, b)
    await trio.sleep(60 * scene.world.random.random())
    scene.world.network.heal(a, b)


async def shake(scene):
    draw = scene.world.random
    losses = [0.1 * draw.random() for _ in range(3)]
    scene.world.network.link = Link(jitter_s=0.5, reset=losses[0] / 2, lost_call=losses[1], lost_answer=losses[2])
    await trio.sleep(60 * draw.random())
    scene.world.network.link = Link()


async def crash(scene):
    await crash_and_restart(scene, scene.world.random.choice(["sequencer", "sequencer", "verifier-1", "verifier-2"]))


async def reorganisation(scene):
    await reorganise(scene, scene.world.random.randrange(1, 4), scene.world.random.choice(["inbox", "assertions"]))
    await trio.sleep(30 * scene.world.random.random())


async def play(scene):
    market = exchange(scene)
    await market.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(market.trade, 30)
        for _ in range(FAULTS):
            await scene.world.random.choice([partition, shake, crash, reorganisation])(scene)
    await settle(scene)


ATTACKERS = [{}, {"liar": lying(1, at_middle)}, {"liar": lying(1, at_first), "slanderer": slandering(2, at_middle)}]

DRILL = Drill(fault="everything", expectation="all is well once it is over", play=play, deadline_s=12 * DAY_S)


def chaos(seed, say=lambda _text: None):
    return run_drill("chaos", replace(DRILL, parties=Cast(honest=2, attackers=ATTACKERS[seed % 3])), seed, say)


@pytest.mark.parametrize("seed", range(6))
def test_all_is_well_once_it_is_over(seed):
    report = chaos(seed)
    assert report.is_safe, report


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6, 60))
def test_all_is_well_for_many_seeds(seed):
    report = chaos(seed)
    assert report.is_safe, report
