"""A day of a full option chain: makers, takers, blocks, a crash of 30 % with liquidations, an expiry, ways out; every step audited."""

from rollup.devnet.drills.director import DAY_S, settle
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.market_day.chain import chain_genesis
from rollup.devnet.market_day.closing import expire, leave
from rollup.devnet.market_day.crash import STEPS, crash, gamble
from rollup.devnet.market_day.day import FULL, Scale, new_day
from rollup.devnet.market_day.weather import CALM_E9, E9

HOUR_S = 3_600

CRASH_S, EVENING_S = 4 * HOUR_S, 9 * HOUR_S
"""When the crash begins, and when the day goes on after the expiry, seconds from its beginning."""

AFTERMATH = (STEPS[-1][0] + E9 // 50, STEPS[-1][1] - E9 // 10)
"""Spot and volatility after the crash."""

LIFE_S = 2 * DAY_S
"""How long nodes are given to act: they work all day, and not only for an incident."""


def market_day(scale: Scale) -> Drill:
    """Return the drill at some scale."""

    async def play(scene: Scene) -> None:
        """Play the day from midnight to midnight."""
        day, start_s = new_day(scene, scale), scene.genesis.chain.time_s
        await day.open()
        await gamble(day)
        for leap in range(scale.morning):
            change = E9 + day.random.randrange(-E9 // 100, E9 // 100)
            await day.report(change, CALM_E9)
            await day.trade()
            await day.pass_time(start_s + HOUR_S + (CRASH_S - HOUR_S) * (leap + 1) // scale.morning)
        await crash(day)
        await expire(day, *AFTERMATH)
        for leap in range(scale.evening):
            await day.pass_time(start_s + EVENING_S + (DAY_S - EVENING_S) * leap // scale.evening)
            await day.report(AFTERMATH[0] + day.random.randrange(-E9 // 100, E9 // 100), AFTERMATH[1])
            await day.trade()
        await leave(day)
        await day.pass_time(await day.floor.now_s() + HOUR_S)
        await settle(scene)
        await day.auditor.follow()
        day.auditor.finish()
        day.floor.note("protection_struck", holds=day.counted["protection_struck"] > 0)
        scene.figures |= {"instruments": len(scene.genesis.instruments), **day.counted}

    return Drill(
        fault="the price of the underlying falls by 30 % on a day of a full option chain",
        expectation="every invariant of the market holds after every step, whoever cannot pay is liquidated, and everybody else goes on",
        play=play,
        parties=Cast(honest=2, genesis=chain_genesis),
        deadline_s=11 * DAY_S,
        play_s=LIFE_S,
    )


DRILL = market_day(FULL)
