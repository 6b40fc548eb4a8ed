"""A27: the poster's key is stolen, and batches come whose data nobody is shown: a hash, or nothing; one does not come at all."""

from typing import cast

import numpy as np

from rollup.core.development import development_secret
from rollup.core.keccak import keccak256
from rollup.devnet.drills.desk import E8
from rollup.devnet.drills.director import end_day, settle
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import Ambush, at_first
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.rogue import Poster
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import Exchange, exchange
from rollup.dispute.trace import commit, height_of
from rollup.l1.batch import encode_body
from rollup.l1.client import L1Refused, L1Reverted
from rollup.transition.kinds import Kind

TRANSFERS = 12
"""Transactions in each batch that is kept back."""

PATIENCE_BLOCKS = 10
"""Blocks within which it has to be on L1 what such a batch really comes to."""

hashed, empty = Ambush(at_first), Ambush(at_first)
"""Liars who claim that they know the data: from its first transaction on their roots are those of what is not there."""


async def play(scene: Scene) -> None:
    """Assert a batch that L1 does not have; then post the hash of one, and nothing of another, and have both asserted."""
    hashed.batch = empty.batch = -1
    market, poster = exchange(scene), Poster(scene)
    await market.open()
    await market.trade(6)
    await end_day(scene)
    hidden = hidden_body(market)
    scene.verdicts["absent_batch_is_refused"] = await is_refused(scene, hidden)
    hashed.batch = await poster.next_index()
    await poster.post(keccak256(hidden), TRANSFERS)
    empty.batch = await poster.next_index()
    await poster.post(b"", TRANSFERS)
    found, is_idle = await poster.outcome()
    scene.verdicts["hidden_data_moves_nothing"] = is_idle and sum(found.values()) == 2 * TRANSFERS
    await market.trade(4)
    await end_day(scene)
    times = detected_after(scene, poster.posted)
    scene.verdicts["detected_in_time"] = max(times) <= PATIENCE_BLOCKS
    scene.figures["blocks_to_detection"] = max(times)
    await settle(scene)


def hidden_body(market: Exchange) -> bytes:
    """Return the body of transfers that their owners did sign: with the data, they would count."""
    owner, desk = market.traders[1].account, market.scene.desk
    signed = [desk.act(Kind.TRANSFER, owner, counterparty=1, amount_e8=E8) for _ in range(TRANSFERS)]
    return encode_body(np.concatenate([each.records for each in signed]), np.concatenate([each.signatures for each in signed]))


async def is_refused(scene: Scene, hidden: bytes) -> bool:
    """Assert a batch by an accumulator made of the hidden data's hash; say whether L1 will not hear of it."""
    client = scene.client("forger", development_secret("guardian"))
    parent = cast("bytes", (await client.call("assertions", "latestConfirmed"))[0])
    roots = [keccak256(hidden + bytes([step])) for step in range(1 + TRANSFERS)]
    trace = commit(bytes(32), roots, height_of(len(roots), 1))
    rest: tuple[object, ...] = (trace.root, trace.end, list(trace.last_leaf_proof()))
    if scene.genesis.dispute.published_leaves:
        rest = (b"".join(roots),)
    function = "proposeLeaves" if scene.genesis.dispute.published_leaves else "propose"
    try:
        await client.send("assertions", function, parent, keccak256(hidden), *rest, value=scene.genesis.dispute.bond_wei)
    except (L1Reverted, L1Refused) as error:
        return "another" in str(error) or "no such batch" in str(error)
    return False


def detected_after(scene: Scene, batches: list[int]) -> list[int]:
    """Return the blocks from each batch to the first assertion of what it really comes to; many where there is none.

    Whoever is first with it: a liar about the other batch knows this one's truth too, and need not be outrun.
    """
    oracle = Oracle(scene.genesis)
    oracle.replay(scene.chronicle.batches)
    found = []
    for index in batches:
        true = oracle.traces[index].root
        made = [item.created_at for item in scene.chronicle.game.assertions.values() if (item.batch, item.trace_root) == (index, true)]
        found.append(min(made, default=1 << 40) - scene.chronicle.batches[index].l1_block.number)
    return found


DRILL = Drill(
    fault="somebody has the poster's key: one batch is only a hash, one has no data at all, one never comes, and liars assert them",
    expectation="a batch is what L1 has of it: nodes agree at once on no-ops, and nothing that rests on hidden data is confirmed",
    play=play,
    parties=Cast(attackers={"hash": hashed.parts(), "empty": empty.parts()}),
    covers=("A27",),
)
