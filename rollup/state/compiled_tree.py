"""The Merkle trees of all sections, compiled: many versions of a tree hashed at once.

One rule: a tree is not hashed once a step, it is hashed once a level. What a step did to a leaf is an *event* (leaf, step, hash). At each
level the events of two siblings, in order of their steps, become the events of their parent; all of them depend on the level below
alone, so they fill the eight lanes of the hash however few rows a single step has written. The root's events are the roots after each
step. One root for a whole batch is the same thing with a single step.

Nodes of all sections lie in one array, section after section, numbered in a section as in a heap (root 1, children of n: 2n and 2n + 1).
A node of four zero words stands for the hash that a node of this section and level has over zero rows, so that memory which
was never touched is a valid tree.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from rollup.state.keccak8 import INLINE, INNER, hash_rows
from rollup.state.rows import DEPTHS, WIDTHS
from rollup.state.tree import NUMBERS, STATE_TAG, empty_nodes

SECTION_COUNT = len(NUMBERS)

BASES: dict[str, int] = {}
"""Number of the first node of each section among the nodes of all."""

NODES = 0
"""Nodes of all sections."""

for _section, _depth in DEPTHS.items():
    BASES[_section] = NODES
    NODES += 2 << _depth

EVENTS = 1 << 14
"""Room for events. A fold happens at the latest when it is full."""

VERSIONS = 1 << 12
"""Roots that one fold may give."""

MESSAGE = max(*WIDTHS.values(), SECTION_COUNT * 4, 8) + 1
"""Words of the longest message: a section's number and its widest row, or the roots of all sections."""

LATER = 1 << 62
"""Behind every version."""

DEPTH_MAX = max(DEPTHS.values())


class Events(NamedTuple):
    """What happened to leaves since the last fold, in order of versions; arrays of `EVENTS`, and how many are in use."""

    messages: npt.NDArray[np.uint64]
    """What each leaf hashes: its section's number and the words of the row."""
    nodes: npt.NDArray[np.int64]
    """The leaf's number among the nodes of all sections."""
    sections: npt.NDArray[np.int64]
    """Its section, from 0."""
    versions: npt.NDArray[np.int64]
    """The step, or group of steps, that changed it, from 0."""
    used: npt.NDArray[np.int64]
    """One cell: how many events there are."""


class Shape(NamedTuple):
    """What the trees look like, by section, from 0."""

    bases: npt.NDArray[np.int64]
    depths: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    """Words that a leaf hashes."""
    empty: npt.NDArray[np.uint64]
    """(section, distance from the root, 4): hashes of nodes over zero rows."""


def new_events() -> Events:
    """Make room for events."""
    nodes, sections, versions = (np.zeros(EVENTS, np.int64) for _ in range(3))
    return Events(np.zeros((EVENTS, MESSAGE), np.uint64), nodes, sections, versions, np.zeros(1, np.int64))


def shape_of_trees() -> Shape:
    """Describe the trees of the state."""
    empty = np.zeros((SECTION_COUNT, DEPTH_MAX + 1, 4), np.uint64)
    for number, section in enumerate(DEPTHS):
        for distance, node in enumerate(empty_nodes(section)):
            empty[number, distance] = np.frombuffer(node, np.uint64)
    lengths = np.array([width + 1 for width in WIDTHS.values()], np.int64)
    return Shape(np.array(list(BASES.values()), np.int64), np.array(list(DEPTHS.values()), np.int64), lengths, empty)


@njit(**INLINE)  # type: ignore[untyped-decorator]
def copy_node(source: Any, number: int, target: Any, row: int, column: int) -> None:
    """Copy a hash, `source[number]`, to four words of `target[row]`."""
    for k in range(4):
        target[row, column + k] = source[number, k]


@njit(**INLINE)  # type: ignore[untyped-decorator]
def fetch_node(tree: Any, number: int, empty: Any, target: Any, row: int, column: int) -> None:
    """Copy the hash of a node; `empty` is the hash of one that was never set."""
    if (tree[number, 0] | tree[number, 1] | tree[number, 2] | tree[number, 3]) == np.uint64(0):
        for k in range(4):
            target[row, column + k] = empty[k]
    else:
        copy_node(tree, number, target, row, column)


@njit(**INNER)  # type: ignore[untyped-decorator]
def order_by_node(nodes: Any, count: int) -> Any:
    """Return the order of events by node that keeps the order of versions: a radix sort by 11 bits."""
    order = np.arange(count)
    other = np.empty(count, np.int64)
    starts = np.zeros(1 << 11, np.int64)
    for shift in range(0, 33, 11):
        starts[:] = 0
        for i in range(count):
            starts[nodes[i] >> shift & 2047] += 1
        total = 0
        for digit in range(1 << 11):
            here = starts[digit]
            starts[digit] = total
            total += here
        for i in range(count):
            digit = nodes[order[i]] >> shift & 2047
            other[starts[digit]] = order[i]
            starts[digit] += 1
        order, other = other, order
    return order


@njit(**INLINE)  # type: ignore[untyped-decorator]
def end_of_run(nodes: Any, start: int, count: int, number: int) -> int:
    """Return the end of the events of one node that begin at `start`, if there are any."""
    end = start
    while end < count and nodes[end] == number:
        end += 1
    return end


@njit(**INLINE)  # type: ignore[untyped-decorator]
def merge_siblings(tree: Any, hashes: Any, versions: Any, ends: Any, left_node: int, empty: Any, pairs: Any, above: Any, made: int) -> int:
    """Turn the events of two siblings, ends[0]:ends[1] and ends[1]:ends[2], into those of their parent, from place `made` on.

    Each is the pair of hashes that the siblings have after its version. Returns the place behind the last one.
    """
    left, right = ends[0], ends[1]
    fetch_node(tree, left_node, empty, pairs, made, 0)
    fetch_node(tree, left_node + 1, empty, pairs, made, 4)
    while left < ends[1] or right < ends[2]:
        version = versions[left] if left < ends[1] else LATER
        version = min(version, versions[right] if right < ends[2] else LATER)
        if left < ends[1] and versions[left] == version:
            copy_node(hashes, left, pairs, made, 0)
            left += 1
        if right < ends[2] and versions[right] == version:
            copy_node(hashes, right, pairs, made, 4)
            right += 1
        above[made] = version
        made += 1
        repeat_above(pairs, made, 0)
        repeat_above(pairs, made, 4)
    if ends[0] < ends[1]:
        copy_node(hashes, ends[1] - 1, tree, left_node, 0)
    if ends[1] < ends[2]:
        copy_node(hashes, ends[2] - 1, tree, left_node + 1, 0)
    return made


@njit(**INNER)  # type: ignore[untyped-decorator]
def climb(tree: Any, shape: Any, nodes: Any, sections: Any, versions: Any, hashes: Any, count: int, roots: Any, changed: Any) -> None:
    """Carry events, in order of node and version, up to the roots of their sections.

    The root of a section after a version that changed it goes to its four words of `roots[version + 1]`, marked in `changed`.
    """
    upper_nodes, upper_sections, upper_versions = np.empty_like(nodes), np.empty_like(nodes), np.empty_like(nodes)
    pairs = np.empty((count + 1, 8), np.uint64)
    order, lengths = np.arange(count), np.full(count, 8, np.int64)
    ends = np.zeros(3, np.int64)
    height = 0
    while count > 0:
        made = 0
        at = 0
        while at < count:
            section = sections[at]
            base = shape.bases[section]
            position = nodes[at] - base
            if position == 1:
                end = end_of_run(nodes, at, count, nodes[at])
                for i in range(at, end):
                    copy_node(hashes, i, roots, versions[i] + 1, 1 + 4 * section)
                    changed[versions[i] + 1, section] = True
                copy_node(hashes, end - 1, tree, base + 1, 0)
                at = end
                continue
            left = base + (position >> 1 << 1)
            ends[0] = at
            ends[1] = end_of_run(nodes, at, count, left)
            ends[2] = end_of_run(nodes, ends[1], count, left + 1)
            empty = shape.empty[section, shape.depths[section] - height]
            end = merge_siblings(tree, hashes, versions, ends, left, empty, pairs, upper_versions, made)
            for i in range(made, end):
                upper_nodes[i] = base + (position >> 1)
                upper_sections[i] = section
            made = end
            at = ends[2]
        count = made
        hash_rows(pairs, order, lengths, count, hashes)
        nodes, upper_nodes = upper_nodes, nodes
        sections, upper_sections = upper_sections, sections
        versions, upper_versions = upper_versions, versions
        height += 1


@njit(**INLINE)  # type: ignore[untyped-decorator]
def repeat_above(messages: Any, row: int, column: int) -> None:
    """Copy four words from the row above."""
    for k in range(4):
        messages[row, column + k] = messages[row - 1, column + k]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def fold(tree: Any, shape: Any, events: Any, count: int) -> Any:
    """Take all events into the trees and forget them; return the state root after each of the `count` versions, (count, 4).

    A version without an event has the root of the one before it.
    """
    used = events.used[0]
    events.used[0] = 0
    order = order_by_node(events.nodes, used)
    nodes, sections, versions = events.nodes[order], events.sections[order], events.versions[order]
    hashes = np.empty((used, 4), np.uint64)
    hash_rows(events.messages, order, shape.lengths[sections], used, hashes)
    # Row 0 holds the roots before the first version: where a section has not changed, a version has the roots of the row above.
    messages = np.zeros((count + 1, 1 + 4 * SECTION_COUNT), np.uint64)
    changed = np.zeros((count + 1, SECTION_COUNT), np.bool_)
    for section in range(SECTION_COUNT):
        fetch_node(tree, shape.bases[section] + 1, shape.empty[section, 0], messages, 0, 1 + 4 * section)
    climb(tree, shape, nodes, sections, versions, hashes, used, messages, changed)
    for version in range(count + 1):
        messages[version, 0] = STATE_TAG
        for section in range(SECTION_COUNT):
            if version > 0 and not changed[version, section]:
                repeat_above(messages, version, 1 + 4 * section)
    state_roots = np.empty((count, 4), np.uint64)
    hash_rows(messages, np.arange(1, count + 1), np.full(count, 1 + 4 * SECTION_COUNT, np.int64), count, state_roots)
    return state_roots
