"""A30: the sequencer promises one step to two customers, and a verifier attests a root that it knows is wrong. Both lose their stakes."""

from dataclasses import replace

import trio

from rollup.core.address import address_words
from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import address_of
from rollup.devnet.drills.customer import Acknowledgement, Books, Customer
from rollup.devnet.drills.desk import Account
from rollup.devnet.drills.director import DeadlineMissed, holds, settle, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_last, lying
from rollup.devnet.drills.scene import INGEST, Cast, Scene
from rollup.devnet.drills.trading import Trader, exchange
from rollup.l1.action import digests
from rollup.l1.evidence import SignedReceipt
from rollup.transition.kinds import Kind
from sequencer.assembly import Parts as SequencerParts
from sequencer.ingest import Waiting
from sequencer.intake import Submission
from sequencer.pipeline import Executed, Tools
from sequencer.receipts import receipt_leaves, receipt_tree, sign_group

SECRET = bytes.fromhex(TRADER_SECRETS[9])
"""The key of the customer who is lied to."""

ATTEMPTS = 40
"""How often the two customers send something at the same moment, until the sequencer can promise one step to both."""

VERIFIER = "verifier-1"
"""To whom the customers bring their receipts."""


def flattering(executed: Executed, submission: Submission[Waiting], tools: Tools) -> Executed:
    """Tell one customer that its transaction came a step earlier than it did, in the place of somebody else's, and sign that."""
    step = int(executed.results["step"][0])
    mine = tuple(submission.records["owner"][0].tolist()) == address_words(address_of(SECRET))
    if not mine or step < 0 or step == executed.groups[0].claim.first:
        return executed
    told = executed.groups[0]
    leaves, results = told.levels[0].copy(), executed.results.copy()
    promised = digests(submission.records[:1], tools.genesis, tools.hash_many)
    leaves[step - 1 - told.claim.first] = receipt_leaves(step - 1, promised, executed.receipts[:1], tools.hash_many)[0]
    results["step"] = step - 1
    levels = receipt_tree(leaves, tools.hash_many)
    claim = replace(told.claim, receipts_root=levels[-1][0].tobytes())
    return replace(executed, results=results, groups=[sign_group(claim, levels, tools.secret)])


async def play(scene: Scene) -> None:
    """Be lied to; bring the receipts, or only the false one, to a verifier; wait until L1 has slashed, and paid, who is due."""
    market, flattered = exchange(scene), Trader(scene, Account("flattered", SECRET))
    await market.open()
    await flattered.fund()
    # What it is told is a lie, which the invariant about promises is not to count.
    flattered.customer = Customer(flattered.environment, INGEST, Books(scene.genesis.roles.sequencer, scene.genesis.genesis_hash))
    one, other = await be_lied_to(scene, market.traders[0], flattered)
    start = await scene.chronicle.read()
    for told in (one, other) if scene.world.random.random() < 0.5 else (other,):
        await bring(scene, told)
    sequencer, liar = scene.genesis.roles.sequencer, scene.genesis.verifiers[-1].address
    await until(scene, "the sequencer is slashed", lambda: is_slashed(scene, sequencer))
    scene.figures["blocks_to_proof"] = (await scene.chronicle.read()).number - start.number
    await market.trade(8)
    await settle(scene)
    await until(scene, "the verifier that attested a lie is slashed", lambda: is_slashed(scene, liar))
    await scene.mine(scene.genesis.dispute.window_blocks)
    await until(scene, "the rewards are paid", lambda: are_paid(scene, 2))
    paid = {event["owner"]: event["to"] for event in scene.chronicle.events("stakes", "RewardPaid")}
    reporter = scene.genesis.verifiers[0].address
    scene.verdicts |= {
        "both_lost_their_stakes": paid.keys() == {sequencer, liar},
        "the_reporter_is_paid": set(paid.values()) == {reporter},
        "the_honest_keep_theirs": (await scene.chronicle.client.call("stakes", "stake", reporter))[0] == scene.genesis.stakes.verifier_wei,
    }


async def be_lied_to(scene: Scene, honest: Trader, flattered: Trader) -> tuple[SignedReceipt, SignedReceipt]:
    """Have both send something at the same moment, until both were promised one step; return what they hold."""
    for _ in range(ATTEMPTS):
        told: dict[str, Acknowledgement | None] = {}

        async def send(trader: Trader, told: dict[str, Acknowledgement | None] = told) -> None:
            told[trader.account.name] = await trader.customer.submit(scene.desk.act(Kind.CANCEL_ALL, trader.account))

        async with trio.open_nursery() as nursery:
            for trader in (honest, flattered):
                nursery.start_soon(send, trader)
        one, other = (told[trader.account.name] for trader in (honest, flattered))
        if one and other and one.receipt and other.receipt and (one.batch, one.step) == (other.batch, other.step):
            scene.say(f"step {one.step} of batch {one.batch} is promised twice")
            return one.receipt, other.receipt
    raise DeadlineMissed(f"not within {ATTEMPTS} attempts: one step is promised twice")


async def bring(scene: Scene, receipt: SignedReceipt) -> None:
    """Hand a receipt to the verifier."""
    path = ["0x" + sibling.hex() for sibling in receipt.path]

    async def is_taken() -> bool:
        await scene.ask(VERIFIER, "optroll_reportReceipt", "0x" + receipt.claim.hex(), "0x" + receipt.leaf.hex(), [*path])
        return True

    await until(scene, f"{VERIFIER} has the receipt", lambda: holds(is_taken))


async def is_slashed(scene: Scene, owner: bytes) -> bool:
    """Whether a stake is gone."""
    await scene.chronicle.read()
    return any(event["owner"] == owner for event in scene.chronicle.events("stakes", "StakeSlashed"))


async def are_paid(scene: Scene, count: int) -> bool:
    """Whether so many rewards are paid."""
    await scene.chronicle.read()
    return len(list(scene.chronicle.events("stakes", "RewardPaid"))) == count


DRILL = Drill(
    fault="the sequencer signs one step away to two customers, and a verifier attests a wrong root",
    expectation="L1's order stands; a verifier that was shown a receipt proves it; both lose their stakes, and it has the reward",
    play=play,
    parties=Cast(sequencer=SequencerParts(tells=flattering), attackers={"liar": lying(1, at_last)}, attest_every=1),
    deadline_s=17 * 86_400,
    covers=("A30",),
)
