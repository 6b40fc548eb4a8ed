"""The tree over a trace: positions bind, padding is the identity, paths fold back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.dispute.trace import Trace, commit, fold, fold_rightmost, height_of, join, leaf, turn


def root(number: int) -> bytes:
    return keccak256(number.to_bytes(8, "big"))


def trace_of(leaves: int, height: int) -> Trace:
    return commit(root(0), [root(i + 1) for i in range(leaves)], height)


def test_a_single_leaf_is_its_own_root() -> None:
    trace = trace_of(1, 0)
    assert (trace.root, trace.height, trace.end, trace.last_leaf_proof()) == (leaf(1, root(1)), 0, root(1), ())


def test_three_leaves_by_hand() -> None:
    trace = trace_of(3, 2)
    left = join(leaf(1, root(1)), leaf(2, root(2)))
    right = join(leaf(3, root(3)), leaf(4, root(3)))
    assert trace.root == join(left, right)
    assert (trace.span(1, 0), trace.span(1, 1), trace.span(0, 3)) == (left, right, leaf(4, root(3)))
    assert (trace.root_before(0), trace.root_before(3), trace.end) == (root(0), root(3), root(3))


def test_equal_roots_at_different_places_differ() -> None:
    trace = commit(root(0), [root(0)] * 4, 2)
    assert len({span for level in trace.levels for span in level}) == 7


@pytest.mark.parametrize(
    ("steps", "per_leaf", "height"), [(1, 1, 0), (2, 1, 1), (3, 1, 2), (4096, 1, 12), (4096, 4, 10), (4, 4, 0), (5, 4, 1)]
)
def test_height(steps: int, per_leaf: int, height: int) -> None:
    assert height_of(steps, per_leaf) == height


@pytest.mark.parametrize("count", [0, 5])
def test_a_trace_of_the_wrong_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 4 roots"):
        commit(root(0), [root(1)] * count, 2)


@given(st.integers(0, 6).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, 1 << k))))
def test_every_path_folds_to_the_root(shape: tuple[int, int]) -> None:
    height, leaves = shape
    trace = trace_of(leaves, height)
    for b in range(height + 1):
        for i in range(1 << (height - b)):
            assert fold(trace.span(b, i), i, trace.path(b, i)) == trace.root
    assert fold(leaf(1 << height, trace.end), (1 << height) - 1, trace.last_leaf_proof()) == trace.root


@given(st.integers(1, 63))
def test_the_root_before_a_leaf_folds_into_the_span_on_its_left(index: int) -> None:
    trace = trace_of(64, 6)
    span = fold_rightmost(leaf(index, trace.root_before(index)), trace.base_path(index))
    assert span == trace.span(turn(index), (index >> turn(index)) - 1)
