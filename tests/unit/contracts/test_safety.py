"""The safety net: the guardian can hold things up for a while or end them, and never decide them; L1 sees some things by itself."""

from dataclasses import replace

import pytest

from l1_mock.contracts.closing import Reason
from l1_mock.contracts.deployment import contracts_of
from l1_mock.contracts.dispute_storage import DisputeSettings
from rollup.core.development import development_genesis
from rollup.core.keccak import keccak256
from rollup.dispute.game import Status
from rollup.l1.withdrawal import prove_withdrawal
from tests.unit.contracts.test_bonds import chain_of, conserved
from tests.unit.contracts.test_bridge import MESSAGE, RECIPIENT, WITHDRAWN, finished
from tests.unit.contracts.test_inbox import enqueue, post
from tests.unit.contracts.test_moves import bisect, propose, terminal, two_sides
from tests.unit.contracts.test_refutation import publish
from tests.unit.contracts.toy_games import HONEST, L1, LIARS, Player, Run, make_l1, play, toy_check
from tests.unit.contracts.trading_day import genesis_machine, real_l1, trading_day
from verifier.strategy import Abstain, Reclaim

STEPS = 4
ANYONE = b"A" * 20


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1()


def guardian(l1):
    return l1.genesis.roles.guardian


def confirm(l1, player):
    return l1.send(ANYONE, "assertions", "confirm", player.assertion)


def waiting(l1):
    """An assertion that could be confirmed now."""
    honest = Player(l1, HONEST, Run.of(l1.post_batch(STEPS - 1), STEPS), honest=True)
    assert propose(l1, honest).success
    l1.block += l1.settings.window
    return honest


def fold(l1):
    game = l1.new_game()
    game.feed(l1.events)
    return game


def test_a_pause_holds_up_confirmations_and_expires(l1):
    honest, rules = waiting(l1), l1.settings.safety
    assert l1.send(ANYONE, "assertions", "pause").reason == "only the guardian pauses"
    assert l1.send(guardian(l1), "assertions", "pause").success
    last = l1.block + rules.pause_blocks
    assert l1.ask("assertions", "pausedTo") == last
    assert confirm(l1, honest).reason == "confirmations are paused"
    for block in (last, last + rules.pause_rest_blocks):
        l1.block = block
        assert l1.send(guardian(l1), "assertions", "pause").reason == "the last pause is not long enough past"
        assert confirm(l1, honest).reason == ("confirmations are paused" if block == last else "")
    l1.block += 1
    assert l1.send(guardian(l1), "assertions", "pause").success


def test_a_pause_stops_no_other_move_and_no_clock(l1):
    assert l1.send(guardian(l1), "assertions", "pause").success
    honest, liar, *_ = two_sides(l1, at=1)
    honest = replace(honest, honest=True)
    game = play(l1, [liar, honest], blocks=l1.settings.window + 20)
    assert game.assertions[honest.assertion].status == Status.OPEN
    assert game.timer(game.assertions[honest.assertion].root, l1.block) >= l1.settings.window
    l1.block = l1.settings.safety.pause_blocks + 2
    game = play(l1, [liar, honest], blocks=3)
    assert game.assertions[honest.assertion].status == Status.CONFIRMED


def test_an_endless_pause_is_not_to_be_had():
    """A guardian that pauses whenever it can holds up an assertion by one pause, and not by two."""
    l1 = make_l1()
    rules, honest = l1.settings.safety, waiting(l1)
    paused = 0
    for _ in range(2 * (rules.pause_blocks + rules.pause_rest_blocks)):
        paused += l1.send(guardian(l1), "assertions", "pause").success
        if confirm(l1, honest).success:
            break
        l1.block += rules.pause_blocks // 10
    assert paused == 1
    assert fold(l1).assertions[honest.assertion].status == Status.CONFIRMED


def test_who_is_guardian_has_no_more_power_than_pause_and_freeze():
    """Whatever anybody may call with whatever arguments, the guardian's call ends as a stranger's."""
    l1 = make_l1()
    honest, _, root, _ = two_sides(l1)
    bisect(l1, honest, root)
    words = [honest.assertion, root.id, l1.settings.genesis, bytes(32)]
    for name in ("token", "inbox", "bridge", "assertions", "attestations"):
        for function in l1.contract(name).interface.functions.values():
            for word in words:
                given = [sample(kind, word) for kind in function.inputs]
                ends = []
                for sender in (guardian(l1), ANYONE):
                    mark, before = l1.world.mark(), dict(l1.world.tables["storage"])
                    outcome = l1.send(sender, name, function.name, *given)
                    ends.append((outcome.success, outcome.reason))
                    l1.world.undo(mark)
                    assert l1.world.tables["storage"] == before
                assert ends[0] == ends[1] or function.name in {"pause", "freeze"}, function.name


def sample(kind, word):
    if kind == "bytes32":
        return word
    if kind.endswith("[]"):
        return [sample(kind[:-2], word)] * 2
    return {"address": ANYONE, "bytes": bytes(64)}.get(kind, 1)


def test_a_freeze_ends_everything_but_the_way_out(l1):
    honest, _, root, _ = two_sides(l1)
    late = Player(l1, LIARS[4], Run.of(honest.run.claim.accumulator, STEPS, {1: "?"}))
    assert l1.send(ANYONE, "assertions", "freeze").reason == "only the guardian freezes"
    l1.block += l1.settings.window
    assert l1.send(guardian(l1), "assertions", "freeze").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.FROZEN)
    closed = "the rollup is closed"
    span = honest.run.trace.span
    for done in (
        confirm(l1, honest),
        propose(l1, late),
        bisect(l1, honest, root)[0],
        post(l1),
        enqueue(l1),
        l1.send(ANYONE, "inbox", "forceInclude"),
        l1.send(guardian(l1), "assertions", "freeze"),
        l1.send(guardian(l1), "assertions", "pause"),
        l1.send(ANYONE, "assertions", "closeStalled"),
        l1.send(ANYONE, "assertions", "haltOnContradiction", root.id, root.id, 0, [b"", b""]),
    ):
        assert done.reason in {closed, "no queue entry has waited beyond the liveness bound"}
    assert span(2, 0) == root.span
    assert l1.ask("assertions", "latestConfirmed") == l1.settings.genesis


def test_nothing_is_deposited_once_it_is_closed():
    l1 = real_l1()
    assert l1.send(guardian(l1), "assertions", "freeze").success
    l1.send(ANYONE, "token", "mint", ANYONE, 10**9)
    l1.send(ANYONE, "token", "approve", l1.address("bridge"), 10**9)
    assert l1.send(ANYONE, "bridge", "deposit", 0, 10**9).reason == "the rollup is closed"
    assert l1.ask("token", "balanceOf", ANYONE) == 10**9


def test_a_freeze_stops_no_withdrawal_that_was_confirmed():
    day = trading_day(real_l1())
    l1, honest = day.l1, Player(day.l1, HONEST, day, honest=True)
    play(l1, [honest], blocks=200)
    assert l1.send(guardian(l1), "assertions", "freeze").success
    assert l1.send(ANYONE, "bridge", "proveWithdrawal", honest.assertion, MESSAGE, prove_withdrawal(finished(day), MESSAGE)).success
    l1.block += l1.genesis.withdrawals.maturity_blocks + 1
    assert l1.send(ANYONE, "bridge", "finalizeWithdrawal", honest.assertion, MESSAGE).success
    assert l1.ask("token", "balanceOf", RECIPIENT) == WITHDRAWN


def test_frozen_bonds_go_back_from_the_confirmed_one_up(l1):
    for _ in range(3):
        l1.post_batch(1)
    right, wrong = chain_of(l1, HONEST, "right"), chain_of(l1, LIARS[0], "wrong")
    bond = l1.settings.bond
    assert l1.send(ANYONE, "assertions", "reclaim", right[0]).reason == "the rollup is not closed"
    assert l1.send(guardian(l1), "assertions", "freeze").success
    assert l1.send(ANYONE, "assertions", "reclaim", right[2]).reason.startswith("the assertion is settled, or its parent")
    for each in (*right, *wrong, *right):
        assert l1.send(ANYONE, "assertions", "reclaim", each).success
        conserved(l1, 2 * bond)
    assert l1.ask("assertions", "credit", HONEST) == l1.ask("assertions", "credit", LIARS[0]) == bond
    assert l1.send(ANYONE, "assertions", "reject", wrong[0]).reason == "the assertion is not open"
    assert all(each.status == Status.RECLAIMED for each in fold(l1).assertions.values() if each.batch >= 0)


def test_what_had_lost_before_the_freeze_is_still_slashed(l1):
    for _ in range(2):
        l1.post_batch(1)
    right = chain_of(l1, HONEST, "right", length=1)
    l1.block += l1.settings.window
    wrong = chain_of(l1, LIARS[0], "wrong", length=2)
    assert l1.send(ANYONE, "assertions", "confirm", right[0]).success
    assert l1.send(guardian(l1), "assertions", "freeze").success
    for each in (*wrong, right[0]):
        assert l1.send(ANYONE, "assertions", "reclaim", each).reason.startswith("the assertion is settled, or its parent")
    for each in wrong:
        assert l1.send(ANYONE, "assertions", "reject", each).success
    assert l1.ask("assertions", "pool", l1.settings.genesis) == l1.settings.bond // 2
    conserved(l1, 2 * l1.settings.bond)


def test_the_honest_strategy_takes_its_bonds_back_and_raises_the_alarm(l1):
    for _ in range(3):
        l1.post_batch(1)
    right = chain_of(l1, HONEST, "right")
    honest = Player(l1, HONEST, Run.of(bytes(32), STEPS), honest=True, collects=True)
    l1.send(guardian(l1), "assertions", "freeze")
    moves = honest.wants(fold(l1), l1.block)
    assert moves[:-1] == [Reclaim(each) for each in right]
    assert isinstance(moves[-1], Abstain)
    for move in moves[:-1]:
        assert honest.send(move).success
    assert [type(move) for move in honest.wants(fold(l1), l1.block)] == [Abstain]
    assert l1.ask("assertions", "credit", HONEST) == l1.settings.bond


def faulty(l1):
    """The same L1 with a check that believes whatever its proof ends with: a bug as it might be."""
    address = l1.address("assertions")
    fixed = l1.contracts[address].settings
    assert isinstance(fixed, DisputeSettings)

    def check(call, batch, leaf, before, proof):
        letters, twist, _ = proof.partition(b"+")
        after = toy_check(call, batch, leaf, before, letters)
        return keccak256(after) if twist else after

    contract = replace(l1.contracts[address], settings=replace(fixed, check_step=check))
    return replace(l1, contracts={**l1.contracts, address: contract})


def halt(l1, first, second, index, *proofs):
    return l1.send(ANYONE, "assertions", "haltOnContradiction", first, second, index, list(proofs))


def test_two_valid_proofs_of_rival_leaves_halt_the_rollup():
    l1 = faulty(make_l1())
    honest, _, right, wrong = terminal(l1, at=2)
    proof = honest.run.proof(l1.settings.genesis, 2)
    reasons = [
        halt(l1, right.id, wrong.id, 2, proof, proof).reason,
        halt(l1, right.id, wrong.id, 1, proof, proof + b"+").reason,
        halt(l1, right.id, wrong.id, 2, proof).reason,
        halt(l1, right.id, wrong.id, 2, proof[:-1], proof + b"+").reason,
        halt(l1, right.id, bytes(32), 2, proof, proof + b"+").reason,
    ]
    assert reasons == [
        "the proofs agree",
        "the node is not that leaf",
        "two proofs, of the first and of the second",
        "these are not the letters so far",
        "no such node",
    ]
    assert l1.ask("assertions", "closed") == (0, 0)
    assert halt(l1, right.id, wrong.id, 2, proof, proof + b"+").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.CONTRADICTION)
    assert confirm(l1, honest).reason == "the rollup is closed"


def test_two_valid_proofs_halt_the_rollup_one_after_the_other():
    """For proofs that are too long for one transaction together."""
    l1 = faulty(make_l1())
    honest, _, right, wrong = terminal(l1, at=2)
    proof = honest.run.proof(l1.settings.genesis, 2)

    def note(node, index, given):
        return l1.send(ANYONE, "assertions", "noteProof", node, index, given)

    assert note(right.id, 2, proof[:-1]).reason == "these are not the letters so far"
    assert note(right.id, 1, proof).reason == "the node is not that leaf"
    for _ in range(2):
        assert note(right.id, 2, proof).success
        assert l1.ask("assertions", "closed") == (0, 0)
    assert [event.name for event in l1.events].count("ProofNoted") == 1
    assert note(wrong.id, 2, proof + b"+").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.CONTRADICTION)
    assert note(wrong.id, 2, proof + b"+").reason == "the rollup is closed"


def test_proofs_from_different_states_contradict_nothing():
    """A liar's leaf after another state is another step, though it is at the same place."""
    l1 = make_l1(direct=True)
    accumulator = l1.post_batch(15)
    right, wrong = Run.of(accumulator, 16), Run.of(accumulator, 16, {0: "!"})
    players = Player(l1, HONEST, right), Player(l1, LIARS[0], wrong)
    for player in players:
        assert publish(l1, player).success
    first, second = (player.run.refutation(player.run.leaves, 5) for player in players)
    done = halt(l1, players[0].assertion, players[1].assertion, 5, first, second)
    assert done.reason == "the proofs are of different steps, or from different states"


def test_on_the_direct_lane_a_contradiction_is_about_a_published_leaf():
    l1 = faulty(make_l1(direct=True))
    run = Run.of(l1.post_batch(15), 16)
    honest = Player(l1, HONEST, run)
    assert publish(l1, honest).success
    proof = run.refutation(run.leaves, 9)
    assert halt(l1, honest.assertion, honest.assertion, 9, proof, proof).reason == "the proofs agree"
    assert halt(l1, honest.assertion, honest.assertion, 8, proof, proof + b"+").reason.startswith("leaf of a refutation")
    assert halt(l1, honest.assertion, honest.assertion, 9, proof, proof + b"+").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.CONTRADICTION)


def test_real_proofs_agree_with_one_another():
    day = trading_day(real_l1())
    honest, liar = Player(day.l1, HONEST, day, honest=True), Player(day.l1, LIARS[0], day.lie(20))
    play(day.l1, [liar, honest], blocks=24)
    game = fold(day.l1)
    right = next(node for node, each in game.nodes.items() if each.proved)
    leaf = game.nodes[right].node
    wrong = next(node for node, each in game.nodes.items() if each.node.context == leaf.context and node != right)
    proof = day.proof(day.l1.settings.genesis, leaf.index)
    assert halt(day.l1, right, wrong, leaf.index, proof, proof).reason == "the proofs agree"


def test_who_makes_no_batches_has_its_rollup_closed_by_anybody(l1):
    bound = l1.settings.safety.liveness_blocks
    l1.block += 2 * bound
    too_early = "no queue entry has waited beyond the liveness bound"
    assert l1.send(ANYONE, "assertions", "closeStalled").reason == too_early
    assert enqueue(l1).success
    assert l1.ask("inbox", "waitingSince") == l1.block
    l1.block += bound
    assert l1.send(ANYONE, "assertions", "closeStalled").reason == too_early
    l1.block += 1
    assert l1.send(ANYONE, "assertions", "closeStalled").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.STALLED)


def test_a_batch_in_time_keeps_it_open(l1):
    bound = l1.settings.safety.liveness_blocks
    enqueue(l1)
    l1.block += 3
    enqueue(l1, 2)
    l1.block += bound - 2
    assert l1.send(ANYONE, "inbox", "forceInclude").success
    assert l1.ask("inbox", "waitingSince") == 0
    assert not l1.send(ANYONE, "assertions", "closeStalled").success


def test_without_a_guardian_nobody_pauses_or_freezes():
    """A guardian that is nobody's address leaves everything to what L1 sees for itself."""
    genesis = development_genesis(verifiers=0)
    genesis = replace(genesis, roles=replace(genesis.roles, guardian=bytes(20)))
    l1 = L1(genesis, contracts_of(genesis, genesis_machine(genesis).root()))
    for sender in (ANYONE, genesis.roles.governor, genesis.roles.poster, development_genesis().roles.guardian):
        for function in ("pause", "freeze"):
            assert l1.send(sender, "assertions", function).reason.startswith("only the guardian")
    assert l1.send(ANYONE, "inbox", "notePosted", value=genesis.inbox.queue_fee_wei).success
    l1.block += genesis.safety.liveness_blocks + 2
    assert l1.send(ANYONE, "assertions", "closeStalled").success
    assert l1.ask("assertions", "closed") == (l1.block, Reason.STALLED)
