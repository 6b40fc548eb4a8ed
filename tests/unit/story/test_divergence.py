"""Where a lie parts from the truth, and which row and field it has otherwise: found from hashes alone, wherever a state is near."""

import numpy as np
import pytest

from rollup.devnet.arena.batches import games_genesis, genesis_machine, make_line
from rollup.devnet.arena.histories import KINDS, Library, Lie
from rollup.dispute.trace import leaf
from verifier.divergence import FieldChange, candidates, changes, examine, part_published

LEAF = 3
"""A transfer from account 1 to account 2."""


@pytest.fixture(scope="module")
def library():
    return Library(make_line(games_genesis(), (3,), variant=0))


def before(library, number):
    machine = genesis_machine(library.line.genesis)
    records = library.line.batches[0].derived.records
    machine.execute(records, 0, number)
    machine.root()
    machine.close_batch()
    return machine, records


def found(library, number, claimed):
    machine, records = before(library, number)
    steps = range(number, min(number + 1, len(records)))
    return examine(machine, records, steps, number, claimed)


def test_a_step_that_was_left_out_is_seen(library):
    lie = library.tell(Lie(0, LEAF, "skipped"))
    finding = found(library, LEAF, lie.runs[0].trace.levels[0][LEAF])
    assert finding.reading == "the claim is the state from before: as if the step had never been executed"
    assert finding.differs == finding.written
    assert [(step.number, step.kind, step.status) for step in finding.steps] == [(LEAF, "TRANSFER", "OK")]
    assert finding.steps[0].fields["counterparty"] == 2


def test_what_a_step_writes_is_told_field_by_field(library):
    written = {(each.section, each.row, each.field): (each.before, each.after) for each in found(library, LEAF, b"").written}
    assert written["accounts", 1, "nonce"] == (0, 1)
    paid, got = written["accounts", 1, "cash_e8"], written["accounts", 2, "cash_e8"]
    assert paid[0] - paid[1] == got[1] - got[0] > 0


def test_every_row_and_field_that_is_left_out_is_found(library):
    """The state in which one of them is as it was before, by its hash."""
    machine, records = before(library, LEAF)
    machine.execute(records, LEAF, LEAF + 1)
    change = machine.close_batch()
    written = tuple(changes(change.before, change.after))
    tried = list(candidates(change, written))
    assert {differs for *_, differs in tried if len(differs) == 1} == {(each,) for each in written}
    for section, index, words, differs in tried:
        true = machine.words(section, index)
        machine.load({section: (np.array([index]), np.array([words]))})
        claimed = leaf(LEAF + 1, machine.root())
        machine.load({section: (np.array([index]), np.array([true]))})
        finding = found(library, LEAF, claimed)
        assert finding.differs == differs
        assert f"row {index} of {section}" in finding.reading


@pytest.mark.parametrize("kind", ["garbled", "robbed", "forged"])
def test_what_no_near_state_explains_is_said_to_be_unknown(library, kind):
    lie = library.tell(Lie(0, LEAF, kind, salt=7))
    finding = found(library, LEAF, lie.runs[0].trace.levels[0][LEAF])
    assert finding.differs == ()
    assert "no state near the true one" in finding.reading
    assert finding.written


def test_a_lie_about_padding_is_called_one(library):
    steps = len(library.line.batches[0].derived.records)
    assert steps < 8
    finding = found(library, 7, bytes(32))
    assert (finding.steps, finding.written, finding.differs) == ((), (), ())
    assert "padding" in finding.reading


@pytest.mark.parametrize("kind", KINDS)
def test_published_leaves_show_the_first_that_is_wrong(library, kind):
    trace = library.truth.runs[0].trace
    run = library.tell(Lie(0, LEAF, kind, is_published=True)).runs[0]
    parting = part_published(run.leaves, trace)
    assert (parting.first, parting.last, parting.is_single) == (LEAF, LEAF + 1, True)
    assert parting.hash == run.trace.levels[0][LEAF]
    assert part_published(library.truth.runs[0].leaves, trace) is None


def test_changes_are_those_of_rows_on_either_side():
    assert list(changes({}, {})) == []
    there = genesis_machine(games_genesis()).snapshot()
    gone = list(changes(there, {}))
    assert list(changes(there, there)) == []
    assert gone
    assert all(isinstance(each, FieldChange) and each.before != each.after for each in gone)
    assert [(each.before, each.after) for each in changes({}, there)] == [(each.after, each.before) for each in gone]
