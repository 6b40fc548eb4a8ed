"""Old reports are sent again, reports of the future, by too few or by the same reporter twice, and a price out of all proportion."""

from rollup.core.development import development_secret
from rollup.core.genesis import FeedKind
from rollup.devnet.drills.desk import E8, Signed
from rollup.devnet.drills.floor import SPOT, Floor, open_floor, status_of
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.transition.status import Status

AHEAD_S = 10_000
"""How far in the future the dishonest report is."""


async def play(scene: Scene) -> None:
    """Try each of them against one feed, between two honest reports."""
    floor = await open_floor(scene)
    old_s = floor.market.reported_s
    await floor.expect("same_report_refused", Status.ORACLE_ORDER, send(floor, SPOT, old_s, (1, 2, 3)))
    await floor.expect("older_report_refused", Status.ORACLE_ORDER, send(floor, SPOT // 2, old_s - 30, (1, 2, 3)))
    await floor.prices(SPOT + 500)
    new_s = floor.market.reported_s
    await floor.expect("replayed_report_refused", Status.ORACLE_ORDER, send(floor, SPOT, old_s, (1, 2, 3)))
    await floor.expect("future_report_refused", Status.ORACLE_ORDER, send(floor, SPOT, new_s + AHEAD_S, (1, 2, 3)))
    await floor.expect("too_few_refused", Status.ORACLE_QUORUM, send(floor, SPOT, new_s + 1, (1, 2)))
    await floor.expect("twice_the_same_refused", Status.INVALID_REPORTER, send(floor, SPOT, new_s + 1, (1, 1, 2)))
    await floor.expect("stranger_refused", Status.INVALID_REPORTER, send(floor, SPOT, new_s + 1, (1, 2, 77)))
    await floor.expect("leap_refused", Status.ORACLE_BAND, send(floor, 2 * SPOT, new_s + 1, (1, 2, 3)))
    await floor.expect("honest_report_taken", Status.OK, send(floor, SPOT, new_s + 1, (1, 2, 3)))
    await floor.settle()


async def send(floor: Floor, spot: int, time_s: int, reporters: tuple[int, ...]) -> Status:
    """Send a report of the spot price by some reporters; its status."""
    return await status_of(floor.submit(report(floor.scene, spot, time_s, reporters)))


def report(scene: Scene, spot: int, time_s: int, reporters: tuple[int, ...]) -> Signed:
    """Return a report of the spot price (USD), signed by reporters of these numbers."""
    secrets = [development_secret(f"reporter-{number}") for number in reporters]
    feed = scene.genesis.feed_id(FeedKind.SPOT, 1)
    return scene.desk.report(feed, time_s, secrets=secrets, number=spot * E8)


DRILL = Drill(
    fault="reports are replayed, dated ahead, signed by too few, twice by one, by a stranger, or leap by 100 %",
    expectation="a feed's time only moves forward, and its number only by agreement and within its band",
    play=play,
    covers=("B27",),
)
