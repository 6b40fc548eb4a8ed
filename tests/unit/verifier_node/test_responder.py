"""The hand on L1: a move is sent while it is wanted, once, and again where it was lost; that it is there already is success."""

import pytest

from rollup.core.transport import RpcError
from rollup.dispute.bisection import assertion_id
from rollup.dispute.game import Status
from rollup.l1.client import L1Reverted
from tests.unit.verifier_node.verifier_scene import lying, play_trial, statuses
from verifier.calls import CALLS
from verifier.responder import REFUSED_BLOCKS, SETTLED_BLOCKS
from verifier.strategy import (
    Abstain,
    Bisect,
    Commit,
    Confirm,
    Propose,
    Prove,
    Reclaim,
    Refund,
    Refute,
    Reject,
    Retrace,
    Sweep,
    Update,
    next_moves,
)


def sent(trial, name="verifier-1"):
    """How many transactions a verifier has tried to send."""
    return trial.rpcs[name].asked.count("eth_sendRawTransaction")


def proposal(verifier, batch=0):
    claim = verifier.replica.claims[batch]
    parent = verifier.game.genesis
    return Propose(parent, batch, claim.accumulator, claim.trace_root, claim.end_root, claim.last_leaf_proof)


async def block(trial):
    return (await trial.scene.l1.head()).number


def test_every_move_on_l1_has_a_sender_and_the_others_have_none():
    assert set(CALLS) == {Propose, Bisect, Commit, Prove, Update, Confirm, Refute, Reject, Reclaim, Refund, Sweep}
    assert not {Abstain, Retrace} & set(CALLS)


def test_a_move_under_way_is_not_sent_again():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        move = proposal(verifier)
        for _ in range(5):
            await verifier.responder.answer([move, Abstain(1, "doubt"), Retrace(0)], verifier.game, await block(trial))
        assert sent(trial) == 1
        await trial.scene.mine()
        await trial.look()
        assert statuses(verifier) == {0: [Status.OPEN]}
        await verifier.responder.answer([], verifier.game, await block(trial))
        assert (verifier.responder.made, verifier.responder.attempts) == (1, {})

    play_trial(scenario)


def test_what_l1_refuses_is_tried_again_a_little_later():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        move, asked = Confirm(b"x" * 32), trial.rpcs["verifier-1"].asked
        start = await block(trial)
        for number in (start, start, start + REFUSED_BLOCKS, start + REFUSED_BLOCKS):
            await verifier.responder.answer([move], verifier.game, number)
        assert asked.count("eth_estimateGas") == 2
        assert sent(trial) == 0
        await verifier.responder.answer([], verifier.game, start + 9)
        assert verifier.responder.made == 0

    play_trial(scenario)


def test_a_proof_that_l1_refuses_is_built_once():
    async def scenario(trial):
        honest = await trial.summon("verifier-1")
        liar = await trial.summon("liar", key="verifier-2", parts=lying(0, 1))
        built, tried = [], []
        prove = liar.replica.prove
        liar.replica.prove = lambda batch, leaf, node: built.append(node.id) or prove(batch, leaf, node)
        liar.environment.log = lambda event, **fields: tried.append(fields) if fields.get("move") == "Prove" else None
        await trial.until(lambda: honest.finalized() >= 0)
        assert len(tried) > 2 >= 2 * len(set(built)) >= len(built) > 0

    play_trial(scenario)


def test_what_is_there_already_is_success():
    """Two verifiers make every move of a dispute at once: L1 takes each of them once, and refuses nobody."""

    async def scenario(trial):
        one, other = await trial.summon("verifier-1"), await trial.summon("verifier-2")
        await trial.look()
        for verifier in (one, other):
            await verifier.responder.answer([proposal(verifier)], verifier.game, await block(trial))
        await trial.scene.mine()
        claim = one.replica.claims[0]
        identity = assertion_id(one.game.genesis, claim.accumulator, claim.trace_root, claim.end_root)
        assert (await trial.scene.l1.call("assertions", "assertion", identity))[-1] == Status.OPEN
        await trial.look()
        for name, verifier in trial.verifiers.items():
            receipt = await verifier.client.receipt(verifier.responder.attempts[proposal(verifier)].pending.hash)
            assert receipt.succeeded, name
        assert len(statuses(one)[0]) == 1

    play_trial(scenario)


def test_every_move_can_be_made_twice():
    async def scenario(trial):
        honest = await trial.summon("verifier-1")
        await trial.summon("liar", key="verifier-2", parts=lying(0, 1))
        echo, made = await trial.summon("verifier-3"), set()

        def every(view, claims):
            moves = next_moves(view, claims)
            made.update(type(move) for move in moves)
            return moves

        honest.parts = echo.parts = type(honest.parts)(strategy=every)
        refused = []
        echo.environment.log = lambda event, **fields: refused.append(fields["reason"]) if event == "move refused" else None
        await trial.until(lambda: honest.finalized() >= 0 and Status.OPEN not in statuses(honest)[0])
        assert {Propose, Bisect, Prove, Confirm, Reject} <= made
        too_early = ("no such assertion", "the parent is not confirmed", "the timer has not reached the window")
        assert not [reason for reason in refused if not any(each in reason for each in too_early)]

    play_trial(scenario)


@pytest.mark.parametrize("what", ["lost_calls", "lost_answers"])
def test_a_move_that_was_lost_is_sent_again(what):
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        rpc = trial.rpcs["verifier-1"]
        setattr(rpc, what, {"eth_sendRawTransaction"})
        with pytest.raises(Exception, match="lost"):
            await verifier.act()
        assert verifier.responder.attempts == {}
        setattr(rpc, what, set())
        await trial.turn()
        await trial.turn()
        await trial.look()
        assert statuses(verifier)[0] == [Status.OPEN]

    play_trial(scenario)


def test_what_l1_does_not_pay_out_is_left_for_later():
    async def scenario(trial):
        verifier = await trial.summon()
        client, answered = verifier.client, trial.rpcs["verifier-1"].call

        async def owing(method, params=()):
            if method == "eth_estimateGas":
                raise RpcError(3, "execution reverted: nothing is owed")
            return "0x" + (7).to_bytes(32, "big").hex() if method == "eth_call" else await answered(method, params)

        trial.rpcs["verifier-1"].call = owing
        await verifier.responder.collect()
        assert sent(trial) == 0
        assert client._next_nonce == 0

    play_trial(scenario)


def test_a_move_that_waits_too_long_gets_a_higher_fee():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        move = proposal(verifier)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        first = verifier.responder.attempts[move].pending
        await verifier.environment.sleep(39)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        assert verifier.responder.attempts[move].pending == first
        for _ in range(2):
            await verifier.environment.sleep(41)
            await verifier.responder.answer([move], verifier.game, await block(trial))
        later = verifier.responder.attempts[move].pending
        assert (later.nonce, later.data) == (first.nonce, first.data)
        assert later.tip > first.tip * 5 // 4
        await trial.scene.mine()
        await trial.look()
        assert statuses(verifier)[0] == [Status.OPEN]

    play_trial(scenario)


def test_a_move_whose_nonce_was_used_otherwise_is_sent_anew():
    """A reorganisation, or another copy of this verifier: the replacement is refused, and the move gets a nonce of its own."""

    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        move = proposal(verifier)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        pending = verifier.responder.attempts[move].pending
        other = await verifier.client.replace(pending)
        await trial.scene.mine()
        assert await verifier.client.receipt(other.hash)
        assert await verifier.client.receipt(pending.hash) is None
        await verifier.environment.sleep(41)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        assert verifier.responder.attempts[move].pending.nonce == pending.nonce + 1
        await trial.scene.mine()
        await trial.look()
        assert statuses(verifier)[0] == [Status.OPEN]

    play_trial(scenario)


def test_a_move_behind_a_nonce_that_l1_forgot_is_sent_anew():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        verifier.client._next_nonce = 5
        move = proposal(verifier)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        assert verifier.responder.attempts[move].pending.nonce == 5
        await trial.scene.mine()
        await verifier.environment.sleep(41)
        await verifier.responder.answer([move], verifier.game, await block(trial))
        assert verifier.responder.attempts[move].pending.nonce == 0
        await trial.scene.mine()
        await trial.look()
        assert statuses(verifier)[0] == [Status.OPEN]

    play_trial(scenario)


def test_a_move_that_reverted_in_its_block_is_sent_again_and_one_that_l1_took_only_after_a_while():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.look()
        move, responder = proposal(verifier), verifier.responder
        await responder.answer([move], verifier.game, await block(trial))
        await trial.scene.mine()
        mined = await block(trial)
        for number in range(mined, mined + SETTLED_BLOCKS):
            await responder.answer([move], verifier.game, number)
        assert sent(trial) == 1
        await responder.answer([move], verifier.game, mined + SETTLED_BLOCKS)
        assert sent(trial) == 2
        client = verifier.client
        responder.attempts[move].pending = await client.send("token", "transfer", b"x" * 20, 10**20, gas=100_000)
        await trial.scene.mine()
        assert not (await client.receipt(responder.attempts[move].pending.hash)).succeeded
        await responder.answer([move], verifier.game, mined)
        assert sent(trial) == 4
        with pytest.raises(L1Reverted):
            await client.send("token", "transfer", b"x" * 20, 10**20)

    play_trial(scenario)
