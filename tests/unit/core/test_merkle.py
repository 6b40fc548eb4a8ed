from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.core.merkle import ProofInvalid, levels_of, multiproof, path, root_of, verify_multiproof, verify_path

depths = st.integers(0, 6)


def leaves_of(depth):
    return [keccak256(bytes([i, depth])) for i in range(1 << depth)]


def node_of(leaves):
    levels = levels_of(leaves)
    return lambda position: levels[len(levels) - position.bit_length()][position - (1 << position.bit_length() - 1)]


@st.composite
def proofs(draw):
    depth = draw(depths)
    indices = draw(st.sets(st.integers(0, (1 << depth) - 1), min_size=1))
    leaves = leaves_of(depth)
    return depth, {index: leaves[index] for index in indices}, multiproof(node_of(leaves), indices, depth), root_of(leaves)


@pytest.mark.parametrize("prefix", [b"", b"\x11"])
def test_a_path_leads_to_the_root(prefix):
    leaves = leaves_of(4)
    for index, leaf in enumerate(leaves):
        siblings = path(leaves, index, prefix)
        assert verify_path(leaf, index, siblings, prefix) == root_of(leaves, prefix)
        assert verify_path(leaf, index ^ 1, siblings, prefix) != root_of(leaves, prefix)


def test_the_prefix_is_the_domain():
    assert root_of(leaves_of(1), b"\x01") == keccak256(b"\x01" + b"".join(leaves_of(1)))
    assert root_of(leaves_of(2), b"\x01") != root_of(leaves_of(2))


@given(proofs())
def test_a_multiproof_leads_to_the_root(proof):
    depth, leaves, siblings, root = proof
    assert verify_multiproof(leaves, depth, siblings) == root


@given(proofs(), st.data())
@settings(max_examples=200)
def test_no_other_bytes_lead_to_the_root(proof, data):
    depth, leaves, siblings, root = proof
    parts = [*leaves.values(), *siblings]
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    mutated = bytes(b ^ (1 << bit % 8 if i == bit // 8 else 0) for i, b in enumerate(parts[which]))
    parts[which] = mutated
    assert verify_multiproof(dict(zip(leaves, parts, strict=False)), depth, parts[len(leaves) :]) != root


@given(proofs(), st.data())
def test_leaves_cannot_move(proof, data):
    depth, leaves, siblings, root = proof
    index = data.draw(st.sampled_from(sorted(leaves)))
    other = data.draw(st.integers(-2, (1 << depth) + 2).filter(lambda i: i not in leaves))
    moved = {other if i == index else i: leaf for i, leaf in leaves.items()}
    with suppress(ProofInvalid):
        assert verify_multiproof(moved, depth, siblings) != root


@pytest.mark.parametrize("change", [1, -1])
def test_the_number_of_siblings_is_checked(change):
    leaves = leaves_of(4)
    siblings = multiproof(node_of(leaves), [3, 9], 4)
    wrong = [*siblings, siblings[0]] if change > 0 else siblings[:change]
    with pytest.raises(ProofInvalid):
        verify_multiproof({3: leaves[3], 9: leaves[9]}, 4, wrong)


def test_misuse_is_refused():
    with pytest.raises(ProofInvalid):
        root_of(leaves_of(2)[:3])
    with pytest.raises(ProofInvalid):
        root_of([])
    with pytest.raises(ProofInvalid):
        path(leaves_of(2), 4)
    with pytest.raises(ProofInvalid):
        verify_path(bytes(32), 4, leaves_of(1))
    with pytest.raises(ProofInvalid):
        verify_multiproof({}, 3, [])
