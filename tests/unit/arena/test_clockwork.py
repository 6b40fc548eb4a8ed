"""The referee's clocks, by hand and against those that verifiers go by."""

from hypothesis import given
from hypothesis import strategies as st

from rollup.devnet.arena.clockwork import NEVER, Clockwork
from rollup.dispute.bisection import Node
from rollup.dispute.game import Game
from rollup.dispute.trace import join

ORIGIN, BASE = b"o" * 32, b"b" * 32
PLACE = (ORIGIN, 1, 0, BASE)


def span(number):
    return number.to_bytes(32, "big")


def test_a_claim_gathers_time_until_a_rival_comes():
    clocks = Clockwork()
    first = clocks.claim(PLACE, span(1), 10)
    assert [clocks.alone(first, now) for now in (10, 11, 15)] == [0, 1, 5]
    second = clocks.claim(PLACE, span(2), 17)
    third = clocks.claim(PLACE, span(3), 30)
    assert [clocks.alone(first, now) for now in (16, 17, 40)] == [6, 7, 7]
    assert [clocks.alone(each, 40) for each in (second, third)] == [0, 0]
    assert clocks.claim(PLACE, span(1), 50) is first
    assert first.created == 10


def test_rivals_of_one_block_have_no_time():
    clocks = Clockwork()
    pair = [clocks.claim(PLACE, span(number), 10) for number in (1, 2)]
    assert [clocks.alone(each, 99) for each in pair] == [0, 0]


def test_halves_add_the_lesser_and_a_proof_is_for_ever():
    clocks = Clockwork()
    whole = clocks.claim(PLACE, join(span(1), span(2)), 10)
    clocks.claim(PLACE, span(9), 12)
    left, right = clocks.halve(whole, span(1), span(2), 20)
    assert left.context == (ORIGIN, 0, 0, BASE)
    assert right.context[3] != BASE
    assert clocks.gathered(whole, 25, {}) == 2 + 5
    clocks.claim(left.context, span(7), 22)
    assert clocks.gathered(whole, 25, {}) == 2 + 2
    left.proved = True
    assert clocks.gathered(left, 25, {}) == NEVER
    assert clocks.gathered(whole, 25, {}) == 2 + 5
    right.proved = True
    assert clocks.gathered(whole, 25, {}) > NEVER


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=12))
def test_they_agree_with_the_clocks_that_verifiers_go_by(steps):
    """Random claims on one place, in blocks that go on: both reckonings say the same at every later block."""
    clocks, game, block, pieces = Clockwork(), Game(b"G" * 32, bytes(32), 1), 1, {}
    for number, pause in steps:
        block += pause
        pieces[number] = clocks.claim(PLACE, span(number), block)
        game.create(Node(ORIGIN, 1, 0, BASE, span(number)), block)
    for number, piece in pieces.items():
        standing = game.nodes[Node(ORIGIN, 1, 0, BASE, span(number)).id]
        for now in range(block, block + 4):
            assert clocks.alone(piece, now) == game.unrivaled(standing, now)
