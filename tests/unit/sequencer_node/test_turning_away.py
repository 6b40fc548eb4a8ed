"""What would change nothing opens no batch: strangers cannot make the sequencer pay for bytes on L1."""

from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import E8, new_desk, transfers
from tests.unit.sequencer_node.node_scene import play


def forged(desk):
    """A transfer from another's account."""
    return desk.signed(desk.records(Kind.TRANSFER, 0, counterparty=2, amount_e8=E8), [TRADERS[1]])


async def opened(scene):
    """Accounts with money, and no batch open."""
    await scene.open_accounts()
    await scene.seal()
    return new_desk()


def statuses(executed):
    return [Status(status) for status in executed.results["status"].tolist()]


def test_strangers_open_no_batch_and_write_nothing():
    async def scenario(scene):
        desk = await opened(scene)
        root, entries = scene.ledger.producer.root, scene.ledger.journal.count
        executed = await scene.execute([forged(desk), forged(desk)])
        assert statuses(executed) == [Status.INVALID_SIGNATURE] * 2
        assert executed.results["step"].tolist() == executed.results["batch"].tolist() == [-1, -1]
        assert executed.groups == []
        assert scene.ledger.producer.open is None
        assert (scene.ledger.producer.root, scene.ledger.journal.count) == (root, entries)

    play(scenario)


def test_the_first_that_counts_opens_one_and_all_are_answered_in_order():
    async def scenario(scene):
        desk = await opened(scene)
        first, second = transfers(desk, 2)
        executed = await scene.execute([forged(desk), first, forged(desk), second])
        ok, bad = Status.OK, Status.INVALID_SIGNATURE
        assert statuses(executed) == [bad, ok, bad, ok]
        assert executed.results["step"].tolist() == [-1, 1, -1, 2]
        again = await scene.execute([first])
        assert statuses(again) == [Status.INVALID_NONCE]

    play(scenario)


def test_a_used_nonce_opens_none_and_a_rejection_does():
    async def scenario(scene):
        desk = await opened(scene)
        once = transfers(desk, 1)
        await scene.execute(once)
        await scene.seal()
        assert statuses(await scene.execute(once)) == [Status.INVALID_NONCE]
        assert scene.ledger.producer.open is None
        rejected = desk.act(Kind.TRANSFER, 0, counterparty=77, amount_e8=E8)
        assert statuses(await scene.execute([rejected])) == [Status.UNKNOWN_COUNTERPARTY]
        assert scene.ledger.producer.open is not None

    play(scenario)


def test_reports_are_judged_by_the_time_of_the_batch_that_they_would_open():
    async def scenario(scene):
        desk = await opened(scene)
        head = await scene.mine(5)
        await scene.look()
        assert head.time_s > scene.ledger.head.time_s
        early = await scene.execute(desk.oracles(head.time_s + 1))
        assert set(statuses(early)) <= {Status.ORACLE_ORDER, Status.NONE, Status.CONTINUED}
        assert scene.ledger.producer.open is None
        timely = await scene.execute(desk.oracles(head.time_s))
        assert set(statuses(timely)) == {Status.OK, Status.CONTINUED}

    play(scenario)


def test_what_waits_on_l1_opens_a_batch_whoever_knocks():
    async def scenario(scene):
        desk = await opened(scene)
        await scene.deposit(0)
        await scene.mine(4)
        await scene.look()
        executed = await scene.execute([forged(desk)])
        assert statuses(executed) == [Status.INVALID_SIGNATURE]
        assert (executed.groups, scene.ledger.producer.posted()) == ([], 0)
        assert scene.ledger.producer.batch().queue_to == len(TRADERS) + 1

    play(scenario)


def test_nobody_sees_a_batch_that_was_taken_back():
    """What came after a stranger's visit is on the disk and on L1 as if the stranger had not come."""

    async def scenario(scene, *, visited):
        desk = await opened(scene)
        stranger, (first, second) = forged(desk), transfers(desk, 2)
        for signed in (first, second):
            if visited:
                await scene.execute([stranger, stranger])
            await scene.execute([signed])
            await scene.seal()
        await scene.restart()
        return scene.ledger.head, scene.ledger.journal.count

    assert play(lambda scene: scenario(scene, visited=True)) == play(lambda scene: scenario(scene, visited=False))
