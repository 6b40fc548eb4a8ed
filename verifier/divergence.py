"""Where a claim parts from the truth: at which leaf, what its steps really write, and which row and field the claim has otherwise. Pure.

One rule: a claim is a hash. What it stands for is known only where somebody finds a state with that hash; so the states nearest to the true
one are tried, and where none of them fits, that is what is said.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rollup.dispute.game import Assertion, Game
from rollup.dispute.refutation import roots_of
from rollup.dispute.trace import Trace, leaf
from rollup.l1.records import Records
from rollup.state.rows import DTYPES, Change, RowsBySection
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status

GUESSES_MAX = 256
"""States that are tried for one claim."""

SHOWN = (
    "account", "instrument", "market", "side", "price_e8", "quantity_e6", "amount_e8", "counterparty", "order", "number", "feed", "nonce",
)  # fmt: skip
"""Fields of a record that tell what it asks for."""

Value = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parting:
    """The leaves among which a claim parts from the truth: all before `first` are agreed on."""

    first: int
    last: int
    """Exclusive."""
    hash: bytes
    """What the claim says of the leaf, where it is one: the leaf's hash."""

    @property
    def is_single(self) -> bool:
        """Whether the dispute has come down to one leaf."""
        return self.last == self.first + 1


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that a step writes, or that a claim has otherwise."""

    section: str
    row: int
    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Step:
    """A transaction, and what truly became of it."""

    number: int
    """In its batch, from 0."""
    kind: str
    status: str
    fields: dict[str, int]
    """What it asks for, as far as it is not 0."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of the leaf at which a claim parts from the truth."""

    steps: tuple[Step, ...]
    written: tuple[FieldChange, ...]
    """What the leaf's steps really write: before, and after."""
    differs: tuple[FieldChange, ...]
    """What the claim has otherwise: `before` is the claim's value and `after` the true one. Empty where no state was found."""
    reading: str
    """What the claim amounts to, in words."""


def part(game: Game, assertion: Assertion, trace: Trace) -> Parting | None:
    """Return where an assertion parts from a true trace of its batch, as far as the dispute has come; None where it does not."""
    if assertion.leaves:
        return part_published(assertion.leaves, trace)
    node = game.nodes[assertion.root]
    if node.node.span == trace.root:
        return None
    while node.children is not None:
        left, right = (game.nodes[child] for child in node.children)
        node = left if left.node.span != trace.span(left.node.height, left.node.index) else right
    height, index = node.node.height, node.node.index
    return Parting(index << height, (index + 1) << height, node.node.span if height == 0 else b"")


def part_published(leaves: bytes, trace: Trace) -> Parting | None:
    """Return the first published leaf that is not the trace's; leaves count from 1 in their hashes."""
    for index, (claimed, true) in enumerate(zip(roots_of(leaves), trace.roots, strict=False)):
        if claimed != true:
            return Parting(index, index + 1, leaf(index + 1, claimed))
    return None


def examine(machine: PlainMachine, records: Records, steps: range, number: int, claimed: bytes) -> Finding:
    """Execute the steps of the leaf of this number (from 0), and look for what the claim about it, a leaf's hash, has otherwise.

    The machine stands before the leaf, with its root taken and its batch closed; it is moved.
    """
    if not steps:
        return Finding((), (), (), "the leaf is padding behind the batch's last step: nothing happens there, and the claim says otherwise")
    before = machine.root()
    receipts = machine.execute(records, steps.start, steps.stop)
    told = tuple(told_step(records, step, int(receipts["status"][place])) for place, step in enumerate(steps))
    change = machine.close_batch()
    written = tuple(changes(change.before, change.after))
    reading, differs = "", tuple[FieldChange, ...]()
    if claimed and leaf(number + 1, before) == claimed:
        reading, differs = "the claim is the state from before: as if the step had never been executed", written
    elif claimed:
        reading, differs = nearest(machine, change, written, lambda root: leaf(number + 1, root) == claimed)
    return Finding(told, written, differs, reading)


def nearest(
    machine: PlainMachine, change: Change, written: tuple[FieldChange, ...], fits: Callable[[bytes], bool]
) -> tuple[str, tuple[FieldChange, ...]]:
    """Try the states in which one row, or one field, is as it was before; return what fits."""
    for section, index, words, differs in islice(candidates(change, written), GUESSES_MAX):
        true = machine.words(section, index)
        machine.load(row_of(section, index, words))
        found = fits(machine.root())
        machine.load(row_of(section, index, true))
        if found:
            what = f"field {differs[0].field}" if len(differs) == 1 else "row"
            return f"the claim leaves out what the step writes to the {what} of row {index} of {section}", differs
    return "the claim is a hash of no state near the true one: nothing is known of rows behind it", ()


def candidates(change: Change, written: tuple[FieldChange, ...]) -> Iterator[tuple[str, int, list[int], tuple[FieldChange, ...]]]:
    """Yield section, row, the row's words with something unwritten, and what that is."""
    for section, (indices, rows) in change.before.items():
        after = dict(zip(change.after[section][0].tolist(), change.after[section][1].tolist(), strict=True))
        for index, words in zip(indices.tolist(), rows.tolist(), strict=True):
            own = tuple(each for each in written if (each.section, each.row) == (section, index))
            if not own:
                continue
            yield section, index, words, own
            for each in own if len(own) > 1 else ():
                offset, width = place_of(section, each.field)
                mixed = list(after[index])
                mixed[offset : offset + width] = words[offset : offset + width]
                yield section, index, mixed, (each,)


def changes(before: RowsBySection, after: RowsBySection) -> Iterator[FieldChange]:
    """Yield every field in which rows differ; a row that one side does not have is zeros there."""
    for section in DTYPES:
        old, new = (rows_of(rows, section) for rows in (before, after))
        blank = [0] * (DTYPES[section].itemsize // 8)
        for index in sorted({*old, *new}):
            was, now = old.get(index, blank), new.get(index, blank)
            for name in DTYPES[section].names or ():
                offset, width = place_of(section, name)
                if was[offset : offset + width] != now[offset : offset + width]:
                    yield FieldChange(section, index, name, value_of(was, offset, width), value_of(now, offset, width))


def rows_of(rows: RowsBySection, section: str) -> dict[int, list[int]]:
    """Return a section's rows by index."""
    if section not in rows:
        return {}
    indices, words = rows[section]
    return dict(zip(indices.tolist(), words.tolist(), strict=True))


def row_of(section: str, index: int, words: list[int]) -> RowsBySection:
    """Return one row as a machine takes it."""
    return {section: (np.array([index], np.int64), np.array([words], np.int64))}


def place_of(section: str, name: str) -> tuple[int, int]:
    """Return a field's first word in its row, and how many it has."""
    fields = DTYPES[section].fields
    assert fields is not None
    dtype, offset = fields[name][:2]
    return offset // 8, dtype.itemsize // 8


def value_of(words: list[int], offset: int, width: int) -> Value:
    """Return a field's value."""
    return words[offset] if width == 1 else tuple(words[offset : offset + width])


def told_step(records: Records, step: int, status: int) -> Step:
    """Return a transaction as people are told of it."""
    record = records[step]
    names = record.dtype.names or ()
    fields = {name: int(record[name]) for name in SHOWN if name in names and int(record[name])}
    return Step(step, Kind(int(record["kind"])).name, Status(status).name, fields)
