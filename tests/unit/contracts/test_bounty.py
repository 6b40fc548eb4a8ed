"""The bounty and the refunds: who copies a proof comes too late, who pads a move pays for the padding, and the rest is conserved."""

import pytest

from l1_mock.execution import Outcome
from rollup.core.keccak import keccak256
from rollup.dispute.bounty import commitment_of
from rollup.dispute.game import Status
from tests.unit.contracts.test_bonds import asserted, conserved
from tests.unit.contracts.test_moves import bisect, propose, terminal
from tests.unit.contracts.toy_games import GAS_PRICE, HONEST, LIARS, SALT, Player, Run, make_l1, play
from verifier.calls import call_of
from verifier.strategy import Bisect, Commit, Prove, Refund, Sweep

STEPS = 11
THIEF = LIARS[20]


@pytest.fixture(name="l1")
def l1_fixture():
    return make_l1()


def proof_at(l1, at=2):
    """Both sides down to their leaves; the honest player, its leaf and its proof."""
    honest, _, right, _ = terminal(l1, at=at)
    return honest, right, honest.run.proof(l1.settings.genesis, at)


def commit(l1, sender, node, proof, salt=SALT):
    return l1.send(sender, "assertions", "commit", commitment_of(node.id, keccak256(proof), sender, salt))


def prove(l1, sender, node, proof, salt=SALT):
    return l1.send(sender, "assertions", "prove", node.id, proof, salt)


def claimant(l1, node):
    game = l1.new_game()
    game.feed(l1.events)
    return game.treasury.claims[node.id].claimant


def test_a_copied_proof_keeps_no_bounty(l1):
    _, node, proof = proof_at(l1)
    assert commit(l1, HONEST, node, proof).success
    l1.block += 1
    # The thief sees the proof in the pool: it commits, and has both included before the original.
    assert commit(l1, THIEF, node, proof).success
    assert prove(l1, THIEF, node, proof).success
    assert claimant(l1, node) == THIEF
    assert prove(l1, HONEST, node, proof).success
    assert claimant(l1, node) == HONEST
    assert prove(l1, THIEF, node, proof).success
    assert claimant(l1, node) == HONEST


def test_without_a_commitment_the_first_proof_has_the_bounty(l1):
    _, node, proof = proof_at(l1)
    assert prove(l1, THIEF, node, proof).success
    l1.block += 1
    assert commit(l1, HONEST, node, proof).success
    assert prove(l1, HONEST, node, proof).success
    assert claimant(l1, node) == THIEF


@pytest.mark.parametrize("wrong", ["salt", "sender", "proof", "node"])
def test_a_commitment_is_to_one_proof_of_one_node_by_one_sender(l1, wrong):
    honest, node, proof = proof_at(l1)
    other = b"\1" * 32
    made = {
        "salt": commitment_of(node.id, keccak256(proof), HONEST, other),
        "sender": commitment_of(node.id, keccak256(proof), LIARS[9], SALT),
        "proof": commitment_of(node.id, keccak256(proof + b"\0"), HONEST, SALT),
        "node": commitment_of(other, keccak256(proof), HONEST, SALT),
    }[wrong]
    assert l1.send(HONEST, "assertions", "commit", made).success
    l1.block += 1
    assert prove(l1, THIEF, node, proof).success
    assert prove(l1, honest.name, node, proof).success
    assert claimant(l1, node) == THIEF


def test_a_commitment_counts_from_its_first_time(l1):
    _, node, proof = proof_at(l1)
    commit(l1, HONEST, node, proof)
    first = l1.block
    l1.block += 5
    again = commit(l1, HONEST, node, proof)
    assert again.success
    assert not again.logs
    prove(l1, HONEST, node, proof)
    game = l1.new_game()
    game.feed(l1.events)
    assert game.treasury.claims[node.id] == (HONEST, first)


def test_another_proof_of_a_proved_leaf_claims_nothing(l1):
    _, node, proof = proof_at(l1)
    commit(l1, HONEST, node, b"nonsense")
    l1.block += 1
    prove(l1, THIEF, node, proof)
    before = dict(l1.world.tables["storage"])
    assert prove(l1, HONEST, node, b"nonsense").success
    assert l1.world.tables["storage"] == before


class Robbed(Player):
    """Each of its proofs is seen while it waits, and copied by a thief who is included first."""

    def send(self, move):
        if isinstance(move, Prove):
            self.rob(move)
        return super().send(move)

    def rob(self, move):
        node, proof, salt = call_of(move, self.means).arguments
        self.l1.send(THIEF, "assertions", "commit", commitment_of(node, keccak256(proof), THIEF, salt))
        self.l1.send(THIEF, "assertions", "prove", node, proof, salt)


class Interrupted(Robbed):
    """It dies between its commitment and its proof, while the thief proves, and comes back with nothing but its keys."""

    died = False

    def send(self, move):
        if not isinstance(move, Prove) or self.died:
            return Player.send(self, move)
        self.rob(move)
        self.commitments.clear()
        self.died = True
        return Outcome(True, b"", (), 0, 0, "it died")


def finished(player=Player, **settings):
    """A whole game that the honest verifier wins, and in which it collects what it is owed."""
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    # Somebody else asserts the right root, and then does nothing for it: what is the prover's must not fall to that one.
    staker = Player(l1, LIARS[7], Run.of(accumulator, STEPS))
    assert propose(l1, staker).success
    honest = player(l1, HONEST, Run.of(accumulator, STEPS), honest=True, proposes=False, **settings)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {3: "!"}))
    game = play(l1, [liar, honest], blocks=400)
    for _ in range(2 * l1.settings.window):
        l1.block += 1
        game = fold(l1)
        honest.look(game, l1.block - 1)
        honest.act()
        conserved(l1, asserted(l1))
    return l1, honest, game


@pytest.mark.parametrize("player", [Player, Robbed, Interrupted])
def test_the_honest_strategy_commits_proves_and_collects(player):
    l1, honest, game = finished(player, collects=True)
    kinds = [type(move) for move in honest.made]
    assert kinds.count(Commit) == kinds.count(Prove) == 1
    assert kinds.count(Refund) == kinds.count(Bisect) + kinds.count(Prove)
    assert kinds.count(Sweep) == 1
    assert all(each.status != Status.OPEN for each in game.assertions.values())
    bond, leaf = l1.settings.bond, next(move.node for move in honest.made if isinstance(move, Prove))
    assert game.treasury.claims[leaf].claimant == HONEST
    # Of the slashed bond, all that was not burned or is owed for others' moves on the honest trace.
    assert l1.ask("assertions", "credit", HONEST) > bond // 2 - bond // 1000
    assert l1.ask("assertions", "credit", LIARS[7]) == bond
    assert l1.ask("assertions", "pool", l1.settings.genesis) == 0


def test_who_does_not_collect_makes_no_move_for_money():
    _, honest, _ = finished()
    assert not {Commit, Refund, Sweep} & {type(move) for move in honest.made}


def test_who_does_not_commit_is_robbed():
    """The control: without its commitment, the thief of the same game has the bounty."""
    l1, honest, _ = finished(Robbed)
    leaf = next(event.arguments["subject"] for event in l1.events if event.name == "Claimed")
    assert fold(l1).treasury.claims[leaf].claimant == THIEF
    place = fold(l1).nodes[leaf].node
    assert l1.send(THIEF, "assertions", "refund", leaf, honest.run.trace.path(0, place.index)).success
    assert l1.send(THIEF, "assertions", "sweep", l1.settings.genesis).success
    assert l1.ask("assertions", "credit", THIEF) == l1.settings.bond // 2


def test_a_proof_that_nobody_needed_earns_nothing(l1):
    """Right leaves without a rival can be proved by anybody; the bounty is for those that decided something."""
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {8: "!"}), plays=lambda move, _block: not isinstance(move, (Bisect, Prove)))
    for player in (honest, liar):
        propose(l1, player)
    game = l1.new_game()
    game.feed(l1.events)
    node = game.nodes[game.assertions[honest.assertion].root].node
    while node.height:
        node = bisect(l1, honest, node)[1]
        if node.height:
            propose_rival(l1, accumulator, node)
    assert l1.ask("assertions", "rivals", node.id)[0] == 1
    assert prove(l1, THIEF, node, honest.run.proof(l1.settings.genesis, 0)).success
    play(l1, [liar, honest], blocks=300)
    l1.send(THIEF, "assertions", "refund", node.id, honest.run.trace.path(0, 0))
    l1.block += l1.settings.window + 1
    assert l1.send(THIEF, "assertions", "sweep", l1.settings.genesis).success
    assert l1.events[-1].arguments["to"] == HONEST


def propose_rival(l1, accumulator, node):
    """Give a left node of the honest trace a rival, so that it can be halved: a liar whose lie is in its span."""
    liar = Player(l1, LIARS[node.height], Run.of(accumulator, STEPS, {(1 << node.height) - 1: "!"}))
    propose(l1, liar)
    game = l1.new_game()
    game.feed(l1.events)
    at = game.nodes[game.assertions[liar.assertion].root].node
    while at.height > node.height:
        at = bisect(l1, liar, at)[1]


def refunded(l1, node, path):
    """What a mover is paid for a node, in gas."""
    before = l1.ask("assertions", "pool", l1.settings.genesis)
    assert l1.send(LIARS[9], "assertions", "refund", node, path).success
    return (before - l1.ask("assertions", "pool", l1.settings.genesis)) // GAS_PRICE


def test_who_pads_a_move_pays_for_the_padding():
    """Bytes behind the arguments cost the mover gas, and are not paid back."""
    paid = []
    for junk in (b"", bytes(range(1, 256)) * 40):
        l1 = make_l1()
        accumulator = l1.post_batch(STEPS - 1)
        honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
        liar = Player(l1, LIARS[0], Run.of(accumulator, STEPS, {3: "!"}))
        propose(l1, honest)
        propose(l1, liar)
        (move,) = [each for each in honest.wants(fold(l1), l1.block) if isinstance(each, Bisect)]
        function = l1.contract("assertions").interface.functions["bisect"]
        from_abi = function.selector + b"".join((move.node, move.left, move.right))
        outcome = l1.raw(HONEST, "assertions", from_abi + junk)
        assert outcome.success
        play(l1, [liar, honest], blocks=300)
        trace = honest.run.trace
        paid.append((outcome.gas_peak, refunded(l1, move.node, trace.path(trace.height, 0))))
    (plain_gas, plain), (padded_gas, padded) = paid
    assert padded_gas > plain_gas + 10 * 255 * 40
    assert plain <= plain_gas
    assert padded - plain <= 16 * 100
    assert plain > plain_gas // 2


def fold(l1):
    game = l1.new_game()
    game.feed(l1.events)
    return game
