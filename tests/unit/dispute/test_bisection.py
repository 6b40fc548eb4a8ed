"""Nodes: identity is content, rivals share all but their span, and halves are unique."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.dispute.bisection import Node, assertion_id, base_at, node_of
from rollup.dispute.prior import ProofError, encode_prior, open_prior
from rollup.dispute.trace import Trace, commit, first_base

PARENT, ACC = b"P" * 32, b"A" * 32


def root(number: int) -> bytes:
    return keccak256(number.to_bytes(8, "big"))


def trace_of(height: int, *, salt: int = 0) -> Trace:
    return commit(root(0), [root(i + 1 + salt) for i in range(1 << height)], height)


def nodes_of(trace: Trace) -> dict[tuple[int, int], Node]:
    """Every node of a trace, by halving from the root."""
    top = Node(PARENT, trace.height, 0, first_base(PARENT, ACC, trace.before), trace.root)
    found = {(trace.height, 0): top}
    for height in range(trace.height, 0, -1):
        for index in range(1 << (trace.height - height)):
            halves = found[height, index].halves(trace.span(height - 1, 2 * index), trace.span(height - 1, 2 * index + 1))
            assert halves is not None
            found[height - 1, 2 * index], found[height - 1, 2 * index + 1] = halves
    return found


@pytest.mark.parametrize("height", range(5))
def test_a_node_is_found_by_its_place(height: int) -> None:
    trace = trace_of(height)
    base = first_base(PARENT, ACC, trace.before)
    for (level, index), node in nodes_of(trace).items():
        assert node_of(trace, PARENT, base, height=level, index=index) == node
        assert base_at(base, index, trace.path(level, index)) == node.base


def test_every_node_has_its_own_identity_and_context() -> None:
    nodes = [*nodes_of(trace_of(4)).values(), *nodes_of(trace_of(4, salt=100)).values()]
    assert len({node.id for node in nodes}) == len(nodes)
    contexts = [node.context for node in nodes]
    assert len(set(contexts)) == len(nodes) - 5


def test_rivals_share_their_context() -> None:
    one, other = (nodes_of(trace_of(3, salt=salt))[3, 0] for salt in (0, 50))
    assert one.context == other.context
    assert one.id != other.id


def test_only_halves_are_halves() -> None:
    trace = trace_of(2)
    top = nodes_of(trace)[2, 0]
    left, right = trace.span(1, 0), trace.span(1, 1)
    assert top.halves(right, left) is None
    assert top.halves(left, left) is None
    assert nodes_of(trace)[0, 1].halves(left, right) is None


def test_an_assertion_is_all_four_things() -> None:
    parts = [bytes([i]) * 32 for i in range(4)]
    identities = {assertion_id(*parts)} | {assertion_id(*parts[:i], b"x" * 32, *parts[i + 1 :]) for i in range(4)}
    assert len(identities) == 5


@given(st.integers(0, 5).flatmap(lambda k: st.tuples(st.just(k), st.integers(0, (1 << k) - 1))), st.binary(max_size=40))
def test_the_root_before_a_leaf_is_opened_from_its_node(place: tuple[int, int], rest: bytes) -> None:
    height, index = place
    trace = trace_of(height)
    base = first_base(PARENT, ACC, trace.before)
    prior = encode_prior(base, trace, index)
    assert open_prior(nodes_of(trace)[0, index], trace.before, prior + rest) == (trace.root_before(index), rest)


@given(st.integers(1, 15), st.integers(0, 10_000))
def test_no_other_root_is(index: int, place: int) -> None:
    trace = trace_of(4)
    prior = bytearray(encode_prior(first_base(PARENT, ACC, trace.before), trace, index))
    prior[place % len(prior)] ^= 1
    node = nodes_of(trace)[0, index]
    with pytest.raises(ProofError):
        open_prior(node, trace.before, bytes(prior))
    with pytest.raises(ProofError):
        open_prior(node, trace.before, bytes(prior[:-1]))
