"""A33: what was executed comes again, at the door, through L1's queue and in a batch; and the blocks of a deposit are replaced."""

import numpy as np

from rollup.core.development import TRADER_SECRETS
from rollup.devnet.drills.desk import E8, Account, Signed
from rollup.devnet.drills.director import end_day, pass_window, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.rogue import Poster
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import DEPOSIT_E8, Trader, exchange
from rollup.l1.batch import encode_body
from rollup.l1.forced import encode_entry
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

SECRET = bytes.fromhex(TRADER_SECRETS[8])
"""Who deposits in blocks that L1 replaces."""

MOVED_E8 = 1_234 * E8
"""What the replayed transfer moves."""

RECIPIENT = b"withdrawn to, once.."

AGAIN = 3
"""How often a transaction comes again in one batch."""

DEPTH = 3
"""Blocks replaced, with the deposit in them."""


async def play(scene: Scene) -> None:
    """Send one transfer and one withdrawal, and then again in every way there is; deposit while L1 replaces its blocks."""
    market, poster = exchange(scene), Poster(scene)
    await market.open()
    one, two, payer = market.traders
    spent = [
        scene.desk.act(Kind.TRANSFER, one.account, counterparty=two.account.number, amount_e8=MOVED_E8),
        scene.desk.withdrawal(two.account, MOVED_E8, RECIPIENT),
    ]
    first = [await one.customer.submit(spent[0]), await two.customer.submit(spent[1])]
    door = [await payer.customer.submit(each) for each in spent for _ in range(AGAIN)]
    await end_day(scene)
    entries = await queue_again(scene, spent)
    await end_day(scene)
    batch = await poster.post(*again(spent))
    depositor = await deposit_in_replaced_blocks(scene)
    await market.trade(4)
    await end_day(scene)
    oracle = Oracle(scene.genesis)
    oracle.replay(scene.chronicle.batches)
    posted = oracle.statuses[batch][1 + len(scene.chronicle.batches[batch].entries) :]
    scene.verdicts["done_once"] = all(told is not None and told.status == Status.OK for told in first)
    scene.verdicts["refused_at_the_door"] = all(told is not None and told.status == Status.INVALID_NONCE for told in door)
    scene.verdicts["no_op_in_a_batch"] = posted == [Status.INVALID_NONCE] * (AGAIN * len(spent))
    scene.verdicts["no_op_in_the_queue"] = statuses_of(scene, oracle, entries) == [Status.INVALID_NONCE] * len(spent)
    scene.verdicts["one_message"] = oracle.system("messages") == 1
    scene.verdicts["deposited_once"] = oracle.machine.row("accounts", depositor)["cash_e8"] == DEPOSIT_E8
    scene.figures["replays"] = len(door) + len(entries) + len(posted)
    scene.figures["applied_again"] = sum(len(oracle.places[each.digest]) - 1 for each in spent)
    await pass_window(scene)


async def queue_again(scene: Scene, spent: list[Signed]) -> list[bytes]:
    """Let a stranger put executed transactions into L1's queue; return the entries, once they are executed."""
    client, entries = scene.client("stranger", SECRET), []
    for each in spent:
        entries.append(encode_entry(each.records, each.signatures.tobytes()))
        await client.send("inbox", "enqueue", entries[-1], value=scene.genesis.inbox.queue_fee_wei)

    async def is_taken() -> bool:
        await scene.chronicle.read()
        taken = [entry.data for batch in scene.chronicle.batches.values() for entry in batch.entries]
        return all(entry in taken for entry in entries)

    await until(scene, "the queue was taken", is_taken)
    return entries


def again(spent: list[Signed]) -> tuple[bytes, int]:
    """Return a body that holds every transaction several times, and how many records that is."""
    records = np.concatenate([each.records for each in spent] * AGAIN)
    return encode_body(records, np.concatenate([each.signatures for each in spent] * AGAIN)), len(records)


def statuses_of(scene: Scene, oracle: Oracle, entries: list[bytes]) -> list[int]:
    """Return what became of queue entries."""
    return [
        oracle.statuses[index][1 + place]
        for index, batch in sorted(scene.chronicle.batches.items())
        for place, entry in enumerate(batch.entries)
        if entry.data in entries
    ]


async def deposit_in_replaced_blocks(scene: Scene) -> int:
    """Deposit, have L1 replace the blocks with the deposit, whose transactions come back in others; return the account."""
    trader = Trader(scene, Account("depositor", SECRET))
    await trader.fund()
    head = await scene.chronicle.read()
    scene.world.record("director", "reorg", DEPTH)
    await scene.cheat("anvil_reorg", {"depth": hex(DEPTH), "dropped": []})
    scene.say(f"L1 replaces its last {DEPTH} blocks before {head.number}")
    return trader.account.number


DRILL = Drill(
    fault="executed transactions are sent again at the door, through L1's queue and in a batch; L1 replaces the blocks of a deposit",
    expectation="each is applied once: what comes again is a used nonce, and changes nothing",
    play=play,
    covers=("A33",),
)
