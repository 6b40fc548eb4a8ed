"""What somebody takes the batches to come to: the truth, or a lie about one leaf and what follows from it.

One rule: a lie is told as well as it can be. Its trace is a trace, its roots are those of real states where there are any, and whatever
of it can be proved to L1 comes with its proof.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from rollup.core.address import address_words
from rollup.core.keccak import keccak256
from rollup.devnet.arena.batches import Line, Posted, genesis_machine
from rollup.dispute.bisection import Node
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves, roots_of
from rollup.dispute.trace import Trace, commit, first_base
from rollup.l1.step_proof import build_steps
from rollup.l1.withdrawal import prove_withdrawal
from rollup.state.rows import DTYPES, RowsBySection
from rollup.transition.machine import PlainMachine
from verifier.strategy import Claim

FORGED_MESSAGE = 900
"""Number of the withdrawal that a forger writes into the state."""

THIEF = b"the money goes here."
"""Its recipient."""

STOLEN_E8 = 10**8 * 100_000
"""Its amount."""


@dataclass(frozen=True, slots=True)
class Lie:
    """Where and how somebody departs from the truth."""

    batch: int
    leaf: int
    kind: str
    salt: int = 0
    """Tells lies of one kind at one place apart."""
    is_published: bool = False
    """Whether its leaves are published: then those without steps cannot be lied about."""


@dataclass(eq=False)
class Run:
    """One batch as somebody executed it."""

    posted: Posted
    trace: Trace
    proofs: tuple[bytes, ...]
    """Of each leaf with steps: what it takes to execute it from the state before it."""

    @cached_property
    def claim(self) -> Claim:
        """What is asserted of the batch."""
        derived, trace = self.posted.derived, self.trace
        return Claim(derived.index, derived.acc, trace.root, trace.end, trace.last_leaf_proof())

    @property
    def leaves(self) -> bytes:
        """The state roots to publish, one after each leaf that has steps."""
        return b"".join(self.trace.roots[: len(self.posted.derived.records)])

    def refute(self, leaf: int, published: bytes) -> bytes:
        """Return the proof that, of the roots that somebody published, the one after this leaf is wrong, those before it being right."""
        wrong = commit(self.trace.before, roots_of(published), self.trace.height)
        return encode_leaves(wrong, leaf) + self.proofs[leaf]

    def prove(self, leaf: int, node: Node) -> bytes:
        """Return the proof of a leaf for a node of this trace."""
        base = first_base(node.origin, self.posted.derived.acc, self.trace.before)
        return encode_prior(base, self.trace, leaf) + (self.proofs[leaf] if leaf < len(self.proofs) else b"")


@dataclass(eq=False)
class History:
    """All batches of a line as somebody executed them."""

    line: Line
    runs: tuple[Run, ...]
    lie: Lie | None = None
    machine: PlainMachine | None = None
    """At the state after the last batch, where there is one."""

    @cached_property
    def by_accumulator(self) -> Mapping[bytes, Run]:
        """The runs by what their batches are known by on L1."""
        return {run.posted.derived.acc: run for run in self.runs}

    def message(self, number: int) -> bytes:
        """Return the proof of a withdrawal under the end root of the last batch."""
        assert self.machine is not None
        return prove_withdrawal(self.machine, number)


def tell_truth(line: Line) -> History:
    """Execute a line's batches."""
    return told(line, None)


def told(line: Line, lie: Lie | None) -> History:
    """Execute a line's batches, departing from the truth where a lie that leads to a real state says so."""
    machine, runs = genesis_machine(line.genesis), []
    before = machine.root()
    for posted in line.batches:
        derived, roots, proofs = posted.derived, [], []
        entries = [entry.data for entry in derived.entries]
        for leaf in range(len(derived.records)):
            twisted = lie is not None and (lie.batch, lie.leaf) == (derived.index, leaf)
            rows = machine.snapshot() if twisted else None
            proofs.append(build_steps(machine, derived.records, range(leaf, leaf + 1), derived.body, entries))
            if lie is not None and rows is not None:
                machine = TWISTS[lie.kind](machine, rows, lie.salt)
            roots.append(machine.root())
        trace = commit(before, roots, posted.height)
        runs.append(Run(posted, trace, tuple(proofs)))
        before = trace.end
    return History(line, tuple(runs), lie, machine)


def forge(machine: PlainMachine, _rows: RowsBySection, salt: int) -> PlainMachine:
    """Write a withdrawal that nobody made."""
    return rewrite(machine, "messages", FORGED_MESSAGE, recipient=address_words(THIEF), amount_e8=STOLEN_E8 + salt, number=FORGED_MESSAGE)


def rob(machine: PlainMachine, _rows: RowsBySection, salt: int) -> PlainMachine:
    """Give the first account money."""
    cash_e8 = machine.row("accounts", 1)["cash_e8"]
    assert isinstance(cash_e8, int)
    return rewrite(machine, "accounts", 1, cash_e8=cash_e8 + 10**8 * (1 + salt))


def rewrite(machine: PlainMachine, section: str, index: int, **fields: int | tuple[int, ...]) -> PlainMachine:
    """Write some fields of a row, whatever the transition says."""
    row = np.array(machine.words(section, index), np.int64).view(DTYPES[section])
    for name, value in fields.items():
        row[name] = value
    machine.load({section: (np.array([index], np.int64), row.view(np.int64).reshape(1, -1))})
    return machine


def skip(_machine: PlainMachine, rows: RowsBySection, _salt: int) -> PlainMachine:
    """Leave a step out."""
    machine = PlainMachine()
    machine.load(rows)
    return machine


TWISTS: Mapping[str, Callable[[PlainMachine, RowsBySection, int], PlainMachine]] = MappingProxyType(
    {"forged": forge, "robbed": rob, "skipped": skip}
)
"""Lies that lead to a state: every later step can be proved on it. From the machine after the leaf, and the rows before it."""


def garbled(truth: History, lie: Lie) -> History:
    """Claim roots of no state from some leaf on."""

    def twist(run: Run) -> list[bytes]:
        first = lie.leaf if run.posted.derived.index == lie.batch else 0
        return [*run.trace.roots[:first], *(noise(lie, root) for root in run.trace.roots[first:])]

    return rewritten(truth, lie, twist)


def healed(truth: History, lie: Lie) -> History:
    """Claim one root of no state, and the right ones after it: a wrong way to the right end, unless it is the last."""

    def twist(run: Run) -> list[bytes]:
        roots = list(run.trace.roots)
        if run.posted.derived.index == lie.batch:
            roots[lie.leaf] = noise(lie, roots[lie.leaf])
        return roots

    return rewritten(truth, lie, twist)


def rewritten(truth: History, lie: Lie, twist: Callable[[Run], list[bytes]]) -> History:
    """Return a history with other roots from the lie's batch on."""
    runs = list(truth.runs[: lie.batch])
    before = truth.runs[lie.batch].trace.before
    for run in truth.runs[lie.batch :]:
        roots = twist(run)
        trace = commit(before, roots[: len(run.proofs)] if lie.is_published else roots, run.trace.height)
        runs.append(Run(run.posted, trace, run.proofs))
        before = trace.end
    return History(truth.line, tuple(runs), lie)


def noise(lie: Lie, root: bytes) -> bytes:
    """Return a root of no state."""
    return keccak256(root + lie.salt.to_bytes(8, "big"))


REWRITES: Mapping[str, Callable[[History, Lie], History]] = MappingProxyType({"garbled": garbled, "healed": healed})
"""Lies that lead to no state."""

KINDS = (*REWRITES, *TWISTS)
"""All kinds of lies."""


class Library:
    """The truth about a line, and lies about it, each made once."""

    def __init__(self, line: Line) -> None:
        """Execute the line."""
        self.line = line
        self.truth = tell_truth(line)
        self.lies: dict[Lie, History] = {}

    def tell(self, lie: Lie) -> History:
        """Return a lie's history."""
        if lie.kind in REWRITES:
            return REWRITES[lie.kind](self.truth, lie)
        if lie not in self.lies:
            self.lies[lie] = told(self.line, lie)
        return self.lies[lie]
