"""Money of the dispute: it is conserved to the wei, the losers pay, and who moved for the right side is paid back."""

import pytest

from l1_mock.contracts.bonds import BURNED
from l1_mock.contracts.dispute_storage import AssertionRecord
from rollup.dispute.trace import commit
from tests.unit.contracts.toy_games import GAS_PRICE, HONEST, LIARS, Player, Run, make_l1, play, toy_root
from verifier.strategy import Bisect, Prove

STEPS = 11


def holdings(l1):
    """What the contract holds for whom: bonds at stake, pools and credits."""
    stored = {key: value for (address, key), value in l1.world.tables["storage"].items() if address == l1.address("assertions")}
    bonds = sum(value.bond for value in stored.values() if isinstance(value, AssertionRecord))
    return bonds + sum(value for key, value in stored.items() if key[0] in {"pool", "credit"})


def conserved(l1, deposited):
    balance = l1.world.balance(l1.address("assertions"))
    paid = sum(event.arguments["amount"] for event in l1.events if event.name == "BondPaid")
    burned = sum(event.arguments["amount"] for event in l1.events if event.name == "BondBurned")
    assert balance == holdings(l1)
    assert deposited == balance + paid + burned
    assert burned == l1.world.balance(BURNED)


def won_by(liars, *, rounds=400):
    """A finished toy game of some liars against the honest verifier."""
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    crowd = [Player(l1, LIARS[i], Run.of(accumulator, STEPS, {3 * i % 16: "!"})) for i in range(liars)]
    play(l1, [*crowd, honest], blocks=rounds, after=lambda _game: conserved(l1, asserted(l1)))
    return l1, honest, crowd


def asserted(l1):
    return l1.settings.bond * sum(event.name == "Asserted" for event in l1.events)


@pytest.mark.parametrize("liars", [0, 1, 5])
def test_every_wei_is_somewhere_at_every_block(liars):
    l1, honest, crowd = won_by(liars)
    bond = l1.settings.bond
    assert l1.ask("assertions", "credit", HONEST) == bond
    assert l1.ask("assertions", "pool", l1.settings.genesis) == liars * bond // 2
    assert l1.world.balance(BURNED) == liars * bond // 2
    for player in (honest, *crowd):
        assert l1.send(player.name, "assertions", "claimBond").success
    conserved(l1, (liars + 1) * bond)
    assert l1.world.balance(l1.address("assertions")) == liars * bond // 2


def test_movers_of_the_right_side_are_paid_back_and_others_not():
    l1, honest, crowd = won_by(2)
    root = l1.settings.genesis
    before = l1.ask("assertions", "pool", root)
    for move in [each for each in honest.made if isinstance(each, (Bisect, Prove))]:
        record = l1.ask("assertions", "node", move.node)
        height, index = record[1], record[2]
        path = honest.run.trace.path(height, index)
        assert l1.send(LIARS[9], "assertions", "refund", move.node, path).success
        once = l1.ask("assertions", "pool", root)
        assert l1.send(LIARS[9], "assertions", "refund", move.node, path).success
        assert l1.ask("assertions", "pool", root) == once
    conserved(l1, asserted(l1))
    gas = sum(
        outcome.gas_peak
        for name, outcome in l1.outcomes
        if outcome.success and name in {"bisect", "prove"} and any(log.topics for log in outcome.logs)
    )
    paid = before - l1.ask("assertions", "pool", root)
    assert 0 < paid <= gas * GAS_PRICE
    assert l1.ask("assertions", "credit", HONEST) == l1.settings.bond + paid - l1.ask("assertions", "credit", LIARS[0]) - l1.ask(
        "assertions", "credit", LIARS[1]
    )
    halved = {each.node for each in honest.made if isinstance(each, Bisect)}
    wrong = next(move for move in crowd[0].made if isinstance(move, Bisect) and move.node not in halved)
    record = l1.ask("assertions", "node", wrong.node)
    refused = l1.send(LIARS[0], "assertions", "refund", wrong.node, crowd[0].run.trace.path(record[1], record[2]))
    assert refused.reason == "refund: not a node of the confirmed trace"


def test_a_right_span_on_a_wrong_base_is_worth_nothing():
    """A liar whose second half is right hash for hash still stands on a wrong base there."""
    l1, honest, _ = won_by(0)
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    right, wrong = Run.of(accumulator, STEPS), Run.of(accumulator, STEPS, {2: "!"}, healed=True)
    honest, liar = Player(l1, HONEST, right, honest=True), Player(l1, LIARS[0], wrong)
    play(l1, [liar, honest], blocks=300)
    shared = next(
        event.arguments["rightNode"]
        for event in l1.events
        if event.name == "Bisected" and event.arguments["mover"] == LIARS[0] and event.arguments["right"] == right.trace.span(3, 1)
    )
    refused = l1.send(LIARS[0], "assertions", "refund", shared, right.trace.path(3, 1))
    assert refused.reason == "refund: not a node of the confirmed trace"


def test_what_is_left_goes_to_the_staker_after_a_window():
    l1, *_ = won_by(1)
    root, bond = l1.settings.genesis, l1.settings.bond
    assert l1.send(LIARS[5], "assertions", "sweep", root).reason == "sweep: movers may still be paid"
    l1.block += l1.settings.window + 1
    assert l1.send(LIARS[5], "assertions", "sweep", root).success
    assert l1.ask("assertions", "credit", HONEST) == bond + bond // 2
    assert l1.send(LIARS[5], "assertions", "sweep", root).success
    assert l1.send(HONEST, "assertions", "claimBond").success
    conserved(l1, 2 * bond)
    assert l1.world.balance(l1.address("assertions")) == 0


def chain_of(l1, name, lies, length=3):
    """Assert batch after batch, each on the last, telling a lie or not; only the first brings a bond."""
    parent, before, made = l1.settings.genesis, toy_root(""), []
    for batch in range(length):
        accumulator = l1.ask("inbox", "batch", batch)[0]
        trace = commit(before, [toy_root(f"{batch}{lies}{i}") for i in range(2)], 1)
        value = l1.settings.bond if batch == 0 else 0
        done = l1.send(name, "assertions", "propose", parent, accumulator, trace.root, trace.end, trace.last_leaf_proof(), value=value)
        assert done.success, done.reason
        made.append(parent := l1.events[-1].arguments["id"])
        before = trace.end
    return made


def test_one_bond_stands_behind_a_whole_branch():
    l1 = make_l1()
    for _ in range(3):
        l1.post_batch(1)
    right = chain_of(l1, HONEST, "right")
    l1.block += l1.settings.window // 2
    wrong = chain_of(l1, LIARS[0], "wrong")
    bond = l1.settings.bond
    conserved(l1, 2 * bond)
    assert [l1.ask("assertions", "assertion", each)[5] for each in right] == [0, 0, bond]
    root_node = l1.ask("assertions", "assertion", right[0])[3]
    left, right_span = trace_halves("right")
    assert l1.send(HONEST, "assertions", "bisect", root_node, left, right_span).success
    l1.block += l1.settings.window
    children = l1.ask("assertions", "node", root_node)[6:8]
    for node in children:
        assert l1.send(HONEST, "assertions", "update", node).success
    for each in right:
        assert l1.send(HONEST, "assertions", "confirm", each).success
    assert l1.ask("assertions", "credit", HONEST) == bond
    assert l1.send(HONEST, "assertions", "reject", wrong[2]).reason == "no rival is confirmed and the parent is not rejected"
    for each in wrong:
        assert l1.send(HONEST, "assertions", "reject", each).success
        assert l1.send(HONEST, "assertions", "reject", each).success
    assert l1.ask("assertions", "pool", l1.settings.genesis) == bond // 2
    conserved(l1, 2 * bond)


def trace_halves(lies):
    trace = commit(toy_root(""), [toy_root(f"0{lies}{i}") for i in range(2)], 1)
    return trace.span(0, 0), trace.span(0, 1)


def test_a_bond_is_exact_and_only_ones_own_can_be_moved():
    l1 = make_l1()
    for _ in range(2):
        l1.post_batch(1)
    first = chain_of(l1, HONEST, "right", length=1)[0]
    trace = commit(toy_root(f"{0}right{1}"), [toy_root("x"), toy_root("y")], 1)
    arguments = (first, l1.ask("inbox", "batch", 1)[0], trace.root, trace.end, trace.last_leaf_proof())
    for name, value in ((LIARS[0], 0), (HONEST, 1), (HONEST, l1.settings.bond + 1)):
        assert l1.send(name, "assertions", "propose", *arguments, value=value).reason.startswith("bond:")
    assert l1.send(LIARS[0], "assertions", "propose", *arguments, value=l1.settings.bond).success
    conserved(l1, 2 * l1.settings.bond)
    again = l1.send(HONEST, "assertions", "propose", *arguments, value=l1.settings.bond)
    assert again.success
    assert not again.logs
    conserved(l1, 2 * l1.settings.bond)
