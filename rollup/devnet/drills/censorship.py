"""A sequencer that censors one user, and what that user can do about it."""

from contextlib import suppress
from itertools import takewhile

import trio

from rollup.core.address import address_words
from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import address_of
from rollup.devnet.drills.desk import E8, Account, Signed
from rollup.devnet.drills.director import until
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import Exchange, Trader
from rollup.l1.client import L1Refused, L1Reverted
from rollup.l1.forced import encode_entry
from rollup.transition.kinds import SIGNED_FIRST
from sequencer.assembly import Parts
from sequencer.ingest import Waiting
from sequencer.intake import Submission

SECRET = bytes.fromhex(TRADER_SECRETS[9])
"""The censored user's key."""

WITHDRAWN_E8 = 1_000 * E8
"""What the user wants out."""


def censoring() -> Parts:
    """Return the parts of a sequencer that refuses the user at the door, and takes no signed entry from L1's queue."""
    unwanted = address_words(address_of(SECRET))

    def admits(submission: Submission[Waiting]) -> bool:
        return not any(tuple(owner) == unwanted for owner in submission.records["owner"].tolist())

    return Parts(admits=admits, takes=lambda entries: list(takewhile(lambda entry: entry.record["kind"][0] < SIGNED_FIRST, entries)))


def victim(scene: Scene) -> Trader:
    """Return the user."""
    return Trader(scene, Account("victim", SECRET))


async def force(scene: Scene, transaction: Signed, market: Exchange) -> int:
    """Queue a transaction on L1, and force it as soon as that is allowed, while others trade; return the L1 blocks that it took."""
    client = scene.client("victim", SECRET)
    entry = encode_entry(transaction.records, transaction.signatures.tobytes())
    await client.send("inbox", "enqueue", entry, value=scene.genesis.inbox.queue_fee_wei)
    start = await scene.chronicle.read()

    async def is_forced() -> bool:
        await scene.chronicle.read()
        if any(batch.forced for batch in scene.chronicle.batches.values()):
            return True
        with suppress(L1Reverted, L1Refused):
            await client.send("inbox", "forceInclude")
        return False

    async with trio.open_nursery() as nursery:
        nursery.start_soon(market.trade, 8)
        await until(scene, "the transaction is forced", is_forced)
    await scene.chronicle.read()
    return next(batch.l1_block.number for batch in scene.chronicle.batches.values() if batch.forced) - start.number
