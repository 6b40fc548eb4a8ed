"""The working loop: whole transactions into batches, a true answer to each sender, batches sealed in time, and nothing before its turn."""

import numpy as np
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.signing import address_of
from rollup.l1.action import digests
from rollup.l1.forced import encode_deposit
from rollup.state.layout import RECEIPT, TX
from rollup.state.limits import PARTS
from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from sequencer import execution as execution_module
from sequencer.assembly import HALVES_FROM
from sequencer.execution import QUEUE_ENTRIES, part_of
from sequencer.ingest import Waiting
from sequencer.intake import Refusal, Submission, cut_at_heads
from sequencer.pipeline import Checked, check_all
from sequencer.receipts import verify_receipt
from tests.unit.contracts.trading_day import TRADERS
from tests.unit.sequencer_node.exchange_day import GENESIS, RICH_E8, TIME_S, arrays, morning, new_desk, queue_of, transfers
from tests.unit.sequencer_node.node_scene import play


def submissions_of(groups, answers):
    """One submission for each list of transactions, whose answers go into `answers` by number."""
    made = []
    for number, signed in enumerate(groups):
        records, signatures = arrays(signed)
        made.append(
            Submission(records, signatures, f"peer-{number}", Waiting(lambda executed, number=number: answers.update({number: executed})))
        )
    return made


async def execute(scene, groups):
    """Have several submissions executed together; the answers in their order."""
    answers = {}
    work = await scene.sequencer.check(submissions_of(groups, answers))
    async with scene.sequencer.execution.busy:
        await scene.sequencer.execution.execute(work)
    return [answers[number] for number in range(len(groups))]


def promised(executed, records):
    """Whether every record with a place in a batch has a receipt that the sequencer has signed, and the others have none."""
    for place in range(len(records)):
        step = int(executed.results["step"][place])
        if step >= 0:
            group = executed.groups[int(executed.membership[place])]
            digest = digests(records[place : place + 1], GENESIS)[0].tobytes()
            receipt = (step, digest, executed.receipts[place].tobytes())
            assert (group.claim.batch, group.claim.genesis_hash) == (int(executed.results["batch"][place]), GENESIS.genesis_hash)
            assert verify_receipt(group.claim, group.signature, GENESIS.roles.sequencer, receipt, group.path_of(step)), place
        else:
            assert executed.results["batch"][place] == -1


def test_each_sender_hears_of_its_own_transactions_in_its_own_order():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        groups = [morning(desk)[:5], morning(desk)[5:], transfers(desk, 3, trader=2)]
        answers = await execute(scene, groups)
        for signed, executed in zip(groups, answers, strict=True):
            records, _ = arrays(signed)
            assert len(executed.results) == len(executed.receipts) == len(executed.membership) == len(records)
            promised(executed, records)
            assert executed.results["status"].tolist() == executed.receipts["status"].tolist()
            assert executed.results["account"].tolist() == executed.receipts["account"].tolist()
        bad = answers[1].results[1]
        assert (Status(bad["status"]), bad["step"], bad["batch"]) == (Status.INVALID_SIGNATURE, -1, -1)

    play(scenario, ordering="oracle_first")


@pytest.mark.parametrize("batch_records", [8, 9, 11, 15])
def test_batches_are_sealed_when_full_and_never_cut_a_transaction(batch_records):
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        groups = [desk.oracles(TIME_S - 1), desk.oracles(TIME_S), [desk.trade(2, 3, 2_100, 10_000) for _ in range(4)], transfers(desk, 9)]
        waiting = scene.sequencer.execution.sealed
        answers = await execute(scene, groups)
        for signed, executed in zip(groups, answers, strict=True):
            promised(executed, arrays(signed)[0])
        assert waiting.is_set()
        assert scene.ledger.head.index >= 24 // batch_records
        for index in range(scene.ledger.head.index + 1):
            entry = scene.ledger.entry(index)
            assert entry.count <= batch_records
        groups_made = [group for executed in answers for group in executed.groups]
        assert all(group.claim.count <= batch_records for group in groups_made)
        await scene.seal()
        kinds, parts = posted_kinds(scene)
        assert kinds.count(Kind.CONTINUATION) == sum(parts)
        assert kinds[0] != Kind.CONTINUATION

    play(scenario, batch_records=batch_records)


def posted_kinds(scene):
    """Kinds and parts of everything posted; each batch starts with a head."""
    from rollup.l1.batch import decode_body

    kinds, parts = [], []
    for index in range(scene.ledger.head.index + 1):
        entry = scene.ledger.entry(index)
        records, _ = decode_body(entry.body, entry.count)
        assert not len(records) or records["kind"][0] != Kind.CONTINUATION
        kinds += records["kind"].tolist()
        parts += records["parts"].tolist()
    return kinds, parts


@given(st.lists(st.integers(0, PARTS), min_size=1, max_size=30), st.integers(1 + PARTS, 40))
def test_a_cut_leaves_transactions_whole(parts, most):
    kinds = [kind for count in parts for kind in (Kind.EXECUTE_BLOCK, *[Kind.CONTINUATION] * count)]
    records = np.zeros(len(kinds), TX)
    records["kind"] = kinds
    cut = cut_at_heads(records, most)
    assert 0 < cut <= most
    assert cut == len(records) or records["kind"][cut] != Kind.CONTINUATION
    assert cut == len(records) or cut + 1 + PARTS > most


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_cut_makes_do_with_continuations_that_have_no_head(count, most):
    records = np.zeros(count, TX)
    records["kind"] = Kind.CONTINUATION
    cut = cut_at_heads(records, most)
    assert max(0, min(count, most) - PARTS) <= cut <= min(count, most)


def test_a_batch_is_sealed_when_its_time_has_come():
    async def scenario(scene):
        await scene.open_accounts()
        execution = scene.sequencer.execution
        send, receive = trio.open_memory_channel[Checked[Waiting]](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(execution.run, receive, lambda: True)
            await scene.environment.sleep(19)
            assert scene.ledger.producer.open is not None
            waiting = execution.sealed
            await scene.environment.sleep(2)
            assert (scene.ledger.head.index, scene.ledger.producer.open) == (0, None)
            assert waiting.is_set()
            await scene.environment.sleep(100)
            assert scene.ledger.head.index == 0
            answers = {}
            await send.send(check_all(execution.tools, submissions_of([transfers(new_desk(), 1)], answers)))
            await scene.environment.sleep(1)
            assert 0 in answers
            assert scene.ledger.producer.open is not None
            await scene.environment.sleep(20)
            assert scene.ledger.head.index == 1
            nursery.cancel_scope.cancel()

    play(scenario)


def test_a_batch_that_a_crash_left_open_is_sealed_in_time_too():
    async def scenario(scene):
        await scene.open_accounts()
        await scene.execute(transfers(new_desk(), 1))
        await scene.restart()
        assert scene.ledger.producer.open is not None
        _, receive = trio.open_memory_channel[Checked[Waiting]](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.sequencer.execution.run, receive, lambda: False)
            await scene.environment.sleep(21)
            assert (scene.ledger.head.index, scene.ledger.producer.open) == (0, None)
            nursery.cancel_scope.cancel()

    play(scenario)


def test_behind_a_closed_gate_nothing_is_begun():
    async def scenario(scene):
        is_open = False
        execution, answers = scene.sequencer.execution, {}
        await scene.deposit(0)
        await scene.mine(3)
        await scene.look()
        send, receive = trio.open_memory_channel[Checked[Waiting]](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(execution.run, receive, lambda: is_open)
            await send.send(check_all(execution.tools, submissions_of([transfers(new_desk(), 1)], answers)))
            await scene.environment.sleep(200)
            assert (answers, scene.ledger.producer.open, scene.ledger.journal.count) == ({}, None, 0)
            is_open = True
            await scene.environment.sleep(21)
            assert answers
            nursery.cancel_scope.cancel()

    play(scenario)


def test_the_gate_opens_when_l1_has_been_read_and_closes_when_it_lags():
    async def scenario(scene):
        assert not scene.sequencer.gate()
        await scene.open_accounts()
        desk = new_desk()
        for _ in range(3):
            assert scene.sequencer.gate()
            await scene.execute(transfers(desk, 1))
            await scene.seal()
        assert not scene.sequencer.gate()
        await scene.post()
        assert scene.sequencer.gate()

    play(scenario, unposted_batches_max=3)


def test_what_is_owed_goes_before_new_work():
    async def scenario(scene):
        await scene.open_accounts()
        desk = new_desk()
        await scene.execute(transfers(desk, 2))
        await scene.sequencer.execution.roll_back(-1)
        execution, answers = scene.sequencer.execution, {}
        send, receive = trio.open_memory_channel[Checked[Waiting]](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(execution.run, receive, lambda: True)
            await send.send(check_all(execution.tools, submissions_of([transfers(desk, 1)], answers)))
            await scene.environment.sleep(50)
            assert not answers
            await scene.look()
            await scene.environment.sleep(50)
            assert answers
            nursery.cancel_scope.cancel()
        await scene.seal()
        assert [nonce for index in range(scene.ledger.head.index + 1) for nonce in scene.posted_of(index).tolist()] == [1, 2, 3]

    play(scenario)


def test_a_signature_that_does_not_hold_when_it_is_checked_again_is_left_out():
    """What a roll-back sets free comes from the disk, and is trusted no more than what comes from the network."""

    async def scenario(scene):
        await scene.open_accounts()
        await scene.execute(transfers(new_desk(), 3))
        execution, ledger = scene.sequencer.execution, scene.ledger
        await execution.roll_back(-1)
        records, signatures = ledger.freed()
        signatures = signatures.copy()
        signatures[1] ^= 1
        ledger.freed = lambda: (records, signatures)
        await execution.resubmit()
        await scene.seal()
        return scene.posted_of(0).tolist()

    assert play(scenario) == [1, 3]


def test_forced_transactions_never_fill_a_batch(monkeypatch):
    assert QUEUE_ENTRIES < 4_096 // 2
    monkeypatch.setattr(execution_module, "QUEUE_ENTRIES", 3)

    async def scenario(scene):
        owner = address_of(TRADERS[0])
        entries = queue_of(*(encode_deposit(0, RICH_E8, owner) for _ in range(5)))
        execution = scene.sequencer.execution
        execution.queue_ready = lambda: entries[scene.ledger.head.queue_next :]
        execution.l1_time_s = lambda: TIME_S
        for expected in (3, 5):
            await execution._keep_time(lambda: True)
            assert scene.ledger.producer.open.queue_to == expected
            await scene.seal()
        await execution._keep_time(lambda: True)
        assert scene.ledger.producer.open is None

    play(scenario)


def test_what_changes_nothing_opens_no_batch():
    """Strangers' transactions are answered, and cost nobody a byte on L1."""

    async def scenario(scene):
        await scene.open_accounts()
        await scene.seal()
        desk = new_desk()
        stranger = desk.signed(desk.records(Kind.TRANSFER, 0, counterparty=2, amount_e8=5), [TRADERS[1]])
        count, root = scene.ledger.journal.count, scene.ledger.producer.root
        (answer,) = await execute(scene, [[stranger, stranger]])
        assert answer.results[["status", "batch", "step"]].tolist() == [(Status.INVALID_SIGNATURE, -1, -1)] * 2
        assert (answer.groups, scene.ledger.producer.open, scene.ledger.journal.count) == ([], None, count)
        assert scene.ledger.producer.root == root
        good, bad = await execute(scene, [transfers(desk, 1), [stranger]])
        assert (good.results["status"][0], bad.results["status"][0]) == (Status.OK, Status.INVALID_SIGNATURE)
        assert scene.ledger.producer.batch().index == 1

    play(scenario)


def test_l1s_queue_opens_a_batch_whatever_was_sent():
    async def scenario(scene):
        desk = new_desk()
        await scene.deposit(0)
        await scene.mine(3)
        await scene.look()
        (answer,) = await execute(scene, [transfers(desk, 1)])
        assert Status(answer.results["status"][0]) == Status.UNKNOWN_COUNTERPARTY
        assert scene.ledger.producer.batch().queue_to == 1

    play(scenario)


def test_a_snapshot_is_taken_after_so_many_batches():
    async def scenario(scene):
        await scene.open_accounts()
        taken, snapshot = [], scene.ledger.snapshot
        scene.ledger.snapshot = lambda unposted: taken.append((scene.ledger.head.index, unposted)) or snapshot(unposted)
        desk = new_desk()
        for _ in range(8):
            await scene.execute(transfers(desk, 1))
            await scene.seal()
        return taken

    assert play(scenario, snapshot_batches=3) == [(2, 0), (5, 0)]


def test_sealing_nothing_is_nothing():
    async def scenario(scene):
        assert await scene.sequencer.execution.seal() is None

    play(scenario)


def test_signatures_checked_in_two_halves_are_the_same():
    async def scenario(scene):
        desk = new_desk()
        groups = [morning(desk), *(transfers(desk, 9, trader) for trader in range(4)), morning(desk), transfers(desk, 2)]
        assert sum(len(arrays(signed)[0]) for signed in groups) >= HALVES_FROM
        made = submissions_of(groups, {})
        halves = await scene.sequencer.check(made)
        whole = check_all(scene.sequencer.execution.tools, made)
        assert halves.submissions == whole.submissions
        for name in ("records", "signatures", "digests"):
            assert getattr(halves, name).tobytes() == getattr(whole, name).tobytes()
        assert not whole.records["authentic"].all()
        assert not any(submission.records["authentic"].any() for submission in made)

    play(scenario)


def test_arrivals_are_gathered_into_groups():
    async def scenario(scene):
        sequencer, desk = scene.sequencer, new_desk()
        send, receive = trio.open_memory_channel[Checked[Waiting]](10)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sequencer.check_arrivals, send)
            await scene.environment.sleep(1)
            for submission in submissions_of([transfers(desk, 2) for _ in range(5)], {}):
                assert sequencer.offer(submission) is None
            await scene.environment.sleep(1)
            nursery.cancel_scope.cancel()
        return [len((receive.receive_nowait()).records) for _ in range(receive.statistics().current_buffer_used)]

    assert play(scenario, group_records=4) == [4, 4, 2]


def test_under_load_a_group_fills_a_batch_and_costs_one_entry():
    """Groups end where batches do, though submissions do not: what is told late is told once, as a whole and in order."""

    async def scenario(scene):
        await scene.open_accounts()
        await scene.seal()
        sequencer, desk, answers = scene.sequencer, new_desk(), {}
        await scene.execute(transfers(desk, 1))
        groups = [transfers(desk, count) for count in (3, 4, 1, 6, 2)]
        before, head = scene.ledger.journal.count, scene.ledger.head.index
        for submission in submissions_of(groups, answers):
            assert sequencer.offer(submission) is None
        send, receive = trio.open_memory_channel[Checked[Waiting]](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sequencer.check_arrivals, send)
            nursery.start_soon(sequencer.execution.run, receive, lambda: True)
            await scene.environment.sleep(10)
            nursery.cancel_scope.cancel()
        assert (scene.ledger.head.index - head, scene.ledger.journal.count - before) == (4, 5)
        for number, signed in enumerate(groups):
            records, _ = arrays(signed)
            promised(answers[number], records)
            assert answers[number].receipts["nonce"].tolist() == records["nonce"].tolist()
        steps = [tuple(result) for number in range(5) for result in answers[number].results[["batch", "step"]].tolist()]
        assert steps == [(head + 1 + place // 4, 1 + place % 4) for place in range(1, 17)]

    play(scenario, batch_records=4, group_records=4)


def test_a_censors_part_keeps_submissions_and_entries_out():
    async def scenario(scene):
        from sequencer.assembly import Parts

        scene.parts = Parts(admits=lambda submission: submission.peer != "peer-1", takes=lambda entries: entries[:1])
        await scene.restart()
        offered = [scene.sequencer.offer(each) for each in submissions_of([transfers(new_desk(), 1)] * 2, {})]
        assert offered == [None, Refusal.QUEUE_FULL]
        await scene.deposit(0)
        await scene.deposit(1)
        await scene.mine(3)
        await scene.look()
        assert len(scene.sequencer.execution.queue_ready()) == 1

    play(scenario)


def test_a_part_of_what_was_executed_names_only_its_own_groups():
    async def scenario(scene):
        await scene.open_accounts()
        return (await execute(scene, [transfers(new_desk(), 20)]))[0]

    whole = play(scenario, batch_records=8)
    assert len(whole.groups) == 3
    part = part_of(whole, 6, 10)
    assert [group.claim.batch for group in part.groups] == [0, 1]
    assert part.membership.tolist() == [0, 0, 1, 1]
    assert part.results.tobytes() == whole.results[6:10].tobytes()
    assert part.receipts.dtype == RECEIPT
