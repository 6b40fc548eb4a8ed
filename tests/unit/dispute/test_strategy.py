"""The honest strategy on games made of events: what it does, in which order, and when it does nothing."""

import pytest

from rollup.core.keccak import keccak256
from rollup.dispute.bisection import assertion_id, node_of
from rollup.dispute.game import Event, Game
from rollup.dispute.trace import Trace, commit, first_base
from verifier.strategy import (
    PROPOSALS_MAX,
    REJECTIONS_MAX,
    Abstain,
    Bisect,
    Claim,
    Confirm,
    Propose,
    Prove,
    Reject,
    Retrace,
    Update,
    View,
    next_moves,
)

GENESIS, WINDOW = b"G" * 32, 50


def root(*parts: object) -> bytes:
    return keccak256(repr(parts).encode())


def acc(batch: int) -> bytes:
    return root("batch", batch)


def trace_of(batch: int, *, lie: int | None = None, before: bytes = b"S" * 32) -> Trace:
    return commit(before, [root(batch, i, lie is not None and i >= lie) for i in range(4)], 2)


def claim_of(batch: int, trace: Trace) -> Claim:
    return Claim(batch, acc(batch), trace.root, trace.end, trace.last_leaf_proof())


class Table:
    """A game, and the honest view of it."""

    def __init__(self, batches: int = 1) -> None:
        self.game, self.block = Game(GENESIS, b"S" * 32, 1), 1
        self.traces: dict[int, Trace] = {}
        before = b"S" * 32
        for batch in range(batches):
            self.traces[batch] = trace_of(batch, before=before)
            before = self.traces[batch].end
            self.tell("BatchPosted", index=batch, acc=acc(batch), queueFrom=0, queueTo=0, count=3)

    def tell(self, name: str, **arguments: object) -> None:
        self.game.feed([Event(self.block, name, arguments)])

    def claims(self) -> list[Claim]:
        return [claim_of(batch, trace) for batch, trace in self.traces.items()]

    def propose(self, batch: int, trace: Trace, parent: bytes) -> bytes:
        identity = assertion_id(parent, acc(batch), trace.root, trace.end)
        self.tell(
            "Asserted", id=identity, parent=parent, batch=batch, traceRoot=trace.root, endRoot=trace.end, staker=b"s" * 20, rootNode=b""
        )
        return identity

    def moves(self, *, proposes: bool = True, traces: bool = True, claims: list[Claim] | None = None) -> list[object]:
        view = View(self.game, self.traces if traces else {}, self.block, WINDOW, proposes)
        return list(next_moves(view, self.claims() if claims is None else claims))

    def node(self, trace: Trace, height: int, index: int) -> bytes:
        base = first_base(GENESIS, acc(0), trace.before)
        return node_of(trace, GENESIS, base, height=height, index=index).id

    def bisect(self, trace: Trace, height: int, index: int) -> None:
        left, right = trace.span(height - 1, 2 * index), trace.span(height - 1, 2 * index + 1)
        self.tell("Bisected", node=self.node(trace, height, index), left=left, right=right, mover=b"m" * 20)


@pytest.fixture(name="table")
def table_fixture() -> Table:
    return Table()


def test_it_asserts_at_once_each_batch_on_the_one_before():
    table = Table(3)
    moves = table.moves()
    assert [type(move) for move in moves] == [Propose] * 3
    parents = [GENESIS]
    for claim in table.claims()[:-1]:
        parents.append(assertion_id(parents[-1], claim.accumulator, claim.trace_root, claim.end_root))
    assert [move.parent for move in moves] == parents


def test_it_stakes_no_more_than_so_much_in_one_go():
    assert len(Table(PROPOSALS_MAX + 5).moves()) == PROPOSALS_MAX


def test_without_being_asked_to_it_asserts_only_against_a_lie(table):
    assert table.moves(proposes=False) == []
    table.propose(0, trace_of(0, lie=1), GENESIS)
    assert [type(move) for move in table.moves(proposes=False)] == [Propose]


def test_it_halves_only_what_is_rivaled_and_its_own(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    table.propose(0, honest, GENESIS)
    assert table.moves() == []
    table.propose(0, lie, GENESIS)
    assert table.moves() == [Bisect(table.node(honest, 2, 0), honest.span(1, 0), honest.span(1, 1))]
    table.bisect(honest, 2, 0)
    assert table.moves() == []
    table.bisect(lie, 2, 0)
    assert table.moves() == [Bisect(table.node(honest, 1, 1), honest.span(0, 2), honest.span(0, 3))]
    table.bisect(honest, 1, 1)
    table.bisect(lie, 1, 1)
    assert table.moves() == [Prove(table.node(honest, 0, 2), 0, 2)]
    table.tell("Proved", node=table.node(honest, 0, 2), mover=b"m" * 20)
    assert table.moves() == []


def test_it_lets_a_path_rest_that_has_stood_long_enough(table):
    honest = table.traces[0]
    table.propose(0, honest, GENESIS)
    table.block += WINDOW
    table.propose(0, trace_of(0, lie=2), GENESIS)
    assert [type(move) for move in table.moves()] == [Confirm]


def halved_twice(table, early):
    """A rival that comes after so many blocks, and the honest answers down to the leaves; return the node that is halved below the root."""
    honest, lie = table.traces[0], trace_of(0, lie=2)
    table.propose(0, honest, GENESIS)
    table.block += early
    table.propose(0, lie, GENESIS)
    table.bisect(honest, 2, 0)
    table.bisect(lie, 2, 0)
    table.bisect(honest, 1, 1)
    table.block += WINDOW - early
    return table.node(honest, 1, 1), Confirm(assertion_id(GENESIS, acc(0), honest.root, honest.end))


def test_it_carries_timers_up_and_then_confirms(table):
    """Nodes without children, here three of five, need no update: their parent's takes their time over."""
    right, confirm = halved_twice(table, 0)
    assert table.moves() == [Update(right), confirm]
    table.tell("Updated", node=right, bottomUp=WINDOW)
    assert table.moves() == [confirm]
    table.block -= 1
    assert table.moves() == []


def test_it_carries_up_no_more_than_is_still_wanted(table):
    early = 40
    right, confirm = halved_twice(table, early)
    table.tell("Updated", node=right, bottomUp=WINDOW - early - 1)
    assert table.moves() == [Update(right), confirm]
    table.tell("Updated", node=right, bottomUp=WINDOW - early)
    assert table.moves() == [confirm]


def test_it_confirms_a_chain_in_one_go():
    table, parent = Table(3), GENESIS
    for batch, trace in table.traces.items():
        parent = table.propose(batch, trace, parent)
    table.block += WINDOW
    assert [type(move) for move in table.moves()] == [Confirm] * 3


def test_it_has_losers_slashed_generation_by_generation(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    right, wrong = table.propose(0, honest, GENESIS), table.propose(0, lie, GENESIS)
    table.tell("BatchPosted", index=1, acc=acc(1), queueFrom=0, queueTo=0, count=3)
    table.tell("BatchPosted", index=2, acc=acc(2), queueFrom=0, queueTo=0, count=3)
    next_lie = trace_of(1, before=lie.end)
    below = table.propose(1, next_lie, wrong)
    table.tell("Confirmed", id=right)
    assert table.moves() == [Reject(wrong)]
    table.tell("Rejected", id=wrong)
    assert table.moves() == [Reject(below)]
    # The liar's bond moves up with each assertion that he puts on top: it has to be followed to wherever it went.
    highest = table.propose(2, trace_of(2, before=next_lie.end), below)
    table.tell("Rejected", id=below)
    assert table.moves() == [Reject(highest)]
    table.tell("Rejected", id=highest)
    assert table.moves() == []


def test_it_asks_for_a_trace_that_it_no_longer_has(table):
    table.propose(0, table.traces[0], GENESIS)
    assert table.moves(traces=False) == []
    table.propose(0, trace_of(0, lie=2), GENESIS)
    assert table.moves(traces=False) == [Retrace(0)]


def test_it_abstains_where_l1_has_another_batch_or_none(table):
    other = trace_of(0)
    wrong = Claim(0, b"?" * 32, other.root, other.end, ())
    assert table.moves(claims=[wrong]) == [Abstain(0, "L1's batch is not the one that was executed")]
    ahead = claim_of(1, trace_of(1))
    assert table.moves(claims=[*table.claims(), ahead])[-1] == Abstain(1, "L1 has no such batch")
    assert table.moves(claims=[ahead]) == [Abstain(1, "no confirmed assertion before this batch")]


def test_it_abstains_where_l1_has_judged_otherwise(table):
    honest, lie = table.traces[0], trace_of(0, lie=2)
    right, wrong = table.propose(0, honest, GENESIS), table.propose(0, lie, GENESIS)
    table.tell("Confirmed", id=wrong)
    assert table.moves() == [Abstain(0, "L1 has confirmed another assertion")]
    assert table.game.confirmed == {-1: GENESIS, 0: wrong}
    table = Table()
    table.propose(0, honest, GENESIS)
    table.tell("Rejected", id=right)
    assert table.moves() == [Abstain(0, "L1 has rejected what was found to be right")]


def test_moves_depend_on_the_game_alone():
    """A verifier that restarts, and folds the events again, wants the same."""
    table = Table()
    table.propose(0, table.traces[0], GENESIS)
    table.propose(0, trace_of(0, lie=1), GENESIS)
    again = table.game.rolled_back(table.block)
    view = View(again, table.traces, table.block, WINDOW)
    assert next_moves(view, table.claims()) == table.moves()


def test_nothing_is_done_about_nothing(table):
    assert table.moves(claims=[]) == []


def test_nothing_is_asserted_that_was_not_executed_in_this_life():
    table = Table(batches=2)
    assert table.moves(traces=False) == [Retrace(0), Retrace(1)]
    assert [type(move) for move in table.moves()] == [Propose, Propose]


def test_what_lost_long_ago_is_rejected_all_the_same_a_bounded_number_at_a_time():
    table, batches = Table(batches=30), 30
    parent, liars = GENESIS, []
    for batch in range(batches):
        trace = table.traces[batch]
        honest = table.propose(batch, trace, parent)
        wrong = [commit(trace.before, [root(batch, "wrong", number, leaf) for leaf in range(4)], 2) for number in range(3)]
        liars += [table.propose(batch, each, parent) for each in wrong]
        table.tell("Confirmed", id=honest)
        parent = honest
    recent = table.claims()[-1:]
    moves = table.moves(claims=recent)
    assert moves[:3] == [Reject(liar) for liar in reversed(liars[-3:])]
    assert [move for move in moves if move in {Reject(liar) for liar in liars[:-3]}] == [Reject(liar) for liar in liars[:REJECTIONS_MAX]]
    assert len(moves) == 3 + REJECTIONS_MAX
    for liar in liars[:70]:
        table.tell("Rejected", id=liar)
    assert table.moves(claims=recent)[3:] == [Reject(liar) for liar in liars[70:-3]]
    for liar in liars[70:]:
        table.tell("Rejected", id=liar)
    assert table.moves(claims=recent) == []
    assert not table.game.open


def test_what_stands_on_what_was_rejected_is_rejected_after_it():
    table = Table(batches=2)
    honest = table.propose(0, table.traces[0], GENESIS)
    lie = table.propose(0, trace_of(0, lie=1), GENESIS)
    child = table.propose(1, trace_of(1, lie=0), lie)
    table.tell("Confirmed", id=honest)
    later = table.claims()[1:]
    assert [move for move in table.moves(claims=later) if isinstance(move, Reject)] == [Reject(lie)]
    table.tell("Rejected", id=lie)
    assert [move for move in table.moves(claims=later) if isinstance(move, Reject)] == [Reject(child)]
