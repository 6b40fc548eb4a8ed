"""Somebody else starts your withdrawal, or sends yours a second time (Derive audit DRV2-02; replay)."""

from rollup.core.development import development_secret
from rollup.devnet.drills.desk import E8, Account
from rollup.devnet.drills.floor import open_floor, status_of
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

AMOUNT_E8 = 50_000 * E8


async def play(scene: Scene) -> None:
    """Withdraw with a stranger's key, then as the owner, then again with the same bytes, then more than there is."""
    floor = await open_floor(scene)
    owner = floor.traders[0]
    thief = Account("thief", development_secret("a thief"), owner.account.number, owner.account.nonce + 1_000)
    theft = scene.desk.withdrawal(thief, AMOUNT_E8, thief.address)
    await floor.expect("stranger_refused", Status.INVALID_SIGNER, status_of(floor.submit(theft)))
    record = scene.desk.record(Kind.WITHDRAW, owner.account, amount_e8=AMOUNT_E8, address=owner.account.address)
    forged = scene.desk.sign(record, [thief.secret])
    await floor.expect("forged_signature_refused", Status.INVALID_SIGNATURE, status_of(floor.submit(forged)))
    mine = scene.desk.withdrawal(owner.account, AMOUNT_E8, owner.account.address)
    await floor.expect("owner_withdraws", Status.OK, status_of(floor.submit(mine)))
    cash_e8 = (await floor.look(owner))["cash_e8"]
    await floor.expect("replay_refused", Status.INVALID_NONCE, status_of(floor.submit(mine)))
    floor.note("taken_once", holds=(await floor.look(owner))["cash_e8"] == cash_e8)
    more = scene.desk.withdrawal(owner.account, cash_e8 + 1, owner.account.address)
    await floor.expect("no_more_than_there_is", Status.INSUFFICIENT_CASH, status_of(floor.submit(more)))
    await floor.settle()


DRILL = Drill(
    fault="a stranger withdraws, forges the owner's signature, and sends the owner's withdrawal a second time",
    expectation="only the owner's signature moves money, once",
    play=play,
    covers=("B14",),
)
