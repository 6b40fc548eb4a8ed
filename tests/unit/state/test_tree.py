import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.core.merkle import root_of
from rollup.state.layout import SECTIONS
from rollup.state.rows import DEPTHS, WIDTHS
from rollup.state.tree import NUMBERS, STATE_TAG, SectionTree, StateTree, empty_nodes, leaf_hash, state_root

small = st.sampled_from(["markets", "reporters", "parameters", "system"])


def word(number):
    return number.to_bytes(8, "little", signed=True)


def test_a_leaf_is_the_hash_of_the_number_and_the_words():
    row = list(range(-3, WIDTHS["orders"] - 3))
    assert leaf_hash("orders", row) == keccak256(b"".join(map(word, [NUMBERS["orders"], *row])))


def test_sections_are_domains_of_their_own():
    assert len({leaf_hash(name, [0] * WIDTHS[name]) for name, _, _ in SECTIONS}) == len(SECTIONS)


def test_a_word_has_64_bits():
    with pytest.raises(struct.error):
        leaf_hash("orders", [1 << 63] * WIDTHS["orders"])


@given(small, st.lists(st.tuples(st.integers(0, 15), st.integers(-9, 9)), max_size=20))
@settings(deadline=None)
def test_a_sparse_tree_is_the_whole_tree(section, changes):
    tree = SectionTree(section)
    depth = DEPTHS[section]
    rows = [[0] * WIDTHS[section] for _ in range(1 << depth)]
    for place, value in changes:
        index = place % len(rows)
        rows[index][0] = value
        tree.update({index: leaf_hash(section, rows[index])})
    assert tree.node(1) == root_of([leaf_hash(section, row) for row in rows])


def test_empty_nodes_are_those_of_zero_rows():
    assert empty_nodes("markets")[0] == root_of([leaf_hash("markets", [0] * WIDTHS["markets"])] * 16)
    assert SectionTree("accounts").node(1) == empty_nodes("accounts")[0]


def test_the_state_root_hashes_the_sections_in_order():
    tree = StateTree()
    roots = [empty_nodes(name)[0] for name, _, _ in SECTIONS]
    assert tree.root() == state_root(roots) == keccak256(STATE_TAG.to_bytes(8, "little") + b"".join(roots))
    tree.sections["orders"].update({7: leaf_hash("orders", [1] * WIDTHS["orders"])})
    assert tree.root() != state_root(roots)


def test_a_tree_over_another_leaves_it_alone():
    below = StateTree()
    below.sections["orders"].update({7: bytes(32)})
    above = StateTree(below.node)
    assert above.root() == below.root()
    before = below.root()
    above.sections["orders"].update({8: bytes(32)})
    assert below.root() == before != above.root()
    below.sections["orders"].update({8: bytes(32)})
    assert below.root() == above.root()
