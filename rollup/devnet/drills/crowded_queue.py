"""A32: a step out of L1's queue is lied about, and the queue is crowded and forced meanwhile, to make that step unprovable."""

from contextlib import suppress

import trio

from rollup.devnet.drills.censorship import SECRET, censoring, victim
from rollup.devnet.drills.desk import E8, Desk
from rollup.devnet.drills.director import is_posted, settle, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import Ambush, at_first
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import Trader, exchange
from rollup.l1.client import L1Client, L1Refused, L1Reverted
from rollup.l1.forced import KIND_OFFSET, encode_entry
from rollup.transition.kinds import FIELDS, Kind

CROWD = 6
"""Entries that come in every few seconds of the dispute."""

PAUSE_S = 24.0
"""Between two such crowds."""

ambush = Ambush(at_first)
"""Lies from the first forced step on: leaf 0 begins the batch."""


async def play(scene: Scene) -> None:
    """Queue the oddest entries, one of every signed kind, and force them; crowd the queue for as long as the dispute about them goes on."""
    ambush.batch = -1
    market, user = exchange(scene, 2), victim(scene)
    await market.open()
    await user.fund()
    await market.trade(4)
    await until(scene, "everything is posted on L1", lambda: is_posted(scene))
    client = scene.client("victim", SECRET)
    for entry in odd_entries(scene.desk, user):
        await client.send("inbox", "enqueue", entry, value=scene.genesis.inbox.queue_fee_wei)
    await scene.chronicle.read()
    ambush.batch = max(scene.chronicle.batches) + 1
    await until(scene, "the oddest entries are forced", lambda: is_forced(scene, client))
    forced = min(index for index, batch in scene.chronicle.batches.items() if batch.forced)
    steps = len(scene.chronicle.batches[forced].records)
    queued = len(list(scene.chronicle.events("inbox", "Queued")))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(crowd, scene, client, user)
        await until(scene, "the lie about a forced step is answered", lambda: is_answered(scene))
        nursery.cancel_scope.cancel()
    added = len(list(scene.chronicle.events("inbox", "Queued"))) - queued
    scene.verdicts["queue_was_crowded"] = added > CROWD
    scene.verdicts["lie_was_about_it"] = ambush.batch == forced
    scene.figures |= {"forced_steps": steps, "entries_meanwhile": added}
    await settle(scene)


def odd_entries(desk: Desk, user: Trader) -> list[bytes]:
    """Return queue entries: one of every signed kind with the largest fields, a head whose parts are not there, and bytes of no sense."""
    made = []
    for kind in FIELDS:
        fields = {name: b"\xff" * 20 if name == "address" else (1 << 62) - 1 for name in FIELDS[kind]}
        signed = desk.act(kind, user.account, **fields)
        made.append(encode_entry(signed.records, signed.signatures.tobytes()))
    head = desk.record(Kind.MASS_QUOTE, user.account, number=15)
    head["parts"] = 15
    signed = desk.sign(head, [user.account.secret])
    made.append(encode_entry(signed.records, signed.signatures.tobytes()))
    junk = bytearray(b"\xff" * len(made[0]))
    junk[KIND_OFFSET : KIND_OFFSET + 8] = int(Kind.EXECUTE_BLOCK).to_bytes(8, "little")
    return [*made, bytes(junk)]


async def is_forced(scene: Scene, client: L1Client) -> bool:
    """Force them, as soon as L1 allows it."""
    await scene.chronicle.read()
    if any(batch.forced for batch in scene.chronicle.batches.values()):
        return True
    with suppress(L1Reverted, L1Refused):
        await client.send("inbox", "forceInclude")
    return False


async def crowd(scene: Scene, client: L1Client, user: Trader) -> None:
    """Queue more and more, and force what can be forced."""
    while True:
        for _ in range(CROWD):
            signed = scene.desk.act(Kind.TRANSFER, user.account, counterparty=1, amount_e8=E8)
            entry = encode_entry(signed.records, signed.signatures.tobytes())
            with suppress(L1Reverted, L1Refused):
                await client.send("inbox", "enqueue", entry, value=scene.genesis.inbox.queue_fee_wei)
        with suppress(L1Reverted, L1Refused):
            await client.send("inbox", "forceInclude")
        await trio.sleep(PAUSE_S)


async def is_answered(scene: Scene) -> bool:
    """Whether the honest verifier has proved the step, or refuted the leaf."""
    await scene.chronicle.read()
    return any(list(scene.chronicle.events("assertions", name)) for name in ("Proved", "Refuted"))


DRILL = Drill(
    fault="a forced step is lied about, the oddest entries there are, while L1's queue is crowded and forced on and on",
    expectation="a step's proof depends on the queue up to its batch and on nothing later: it is proved in time",
    play=play,
    parties=Cast(sequencer=censoring(), attackers={"liar": ambush.parts()}),
    covers=("A32",),
)
