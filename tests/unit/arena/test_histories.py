"""Lies are told as well as they can be: true up to one leaf, and after it every step of a real state can be proved."""

import pytest

from rollup.devnet.arena.batches import make_line
from rollup.devnet.arena.histories import FORGED_MESSAGE, KINDS, REWRITES, STOLEN_E8, THIEF, TWISTS, Library, Lie
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.series import set_table
from rollup.dispute.metering import Unmetered
from rollup.dispute.prior import ProofError
from rollup.l1.step_proof import L1Facts, PostedBatch, check_steps
from rollup.l1.withdrawal import open_withdrawal

AT = 4
"""The first transaction that was posted: the withdrawal."""


@pytest.fixture(name="library", scope="module")
def library_fixture():
    return set_table(Rules(20, 0, (3, 2))).libraries[0]


def executes(library, run, leaf):
    """Whether L1 takes the run's proof of a leaf for what the run claims of it."""
    derived = run.posted.derived
    header = derived.header
    queue = {0: bytes(32)} | {entry.index + 1: entry.acc for batch in library.line.batches for entry in batch.derived.entries}
    batch = PostedBatch(header.index, header.chunk_root, header.time_s, header.queue_from, header.queue_to, header.count)
    facts = L1Facts(library.line.genesis, batch, queue.__getitem__)
    try:
        after = check_steps(facts, range(leaf, leaf + 1), run.trace.root_before(leaf), run.proofs[leaf], Unmetered())
    except ProofError:
        return False
    return after == run.trace.roots[leaf]


def test_every_step_of_the_truth_can_be_proved(library):
    for run in library.truth.runs:
        assert all(executes(library, run, leaf) for leaf in range(len(run.proofs)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_lie_is_true_up_to_its_leaf_and_another_from_there(library, kind):
    history, truth = library.tell(Lie(0, AT, kind)), library.truth
    told, true = history.runs[0].trace.roots, truth.runs[0].trace.roots
    assert told[:AT] == true[:AT]
    assert told[AT] != true[AT]
    assert (told[-1] == true[-1]) is (kind == "healed")
    assert history.runs[1].trace.before == told[-1]


@pytest.mark.parametrize("kind", TWISTS)
def test_of_a_lie_that_leads_to_a_state_only_one_step_cannot_be_proved(library, kind):
    first, second = library.tell(Lie(0, AT, kind)).runs
    assert [leaf for leaf in range(len(first.proofs)) if not executes(library, first, leaf)] == [AT]
    assert all(executes(library, second, leaf) for leaf in range(len(second.proofs)))


@pytest.mark.parametrize("kind", REWRITES)
def test_of_a_lie_about_no_state_its_own_step_cannot_be_proved(library, kind):
    run = library.tell(Lie(0, AT, kind)).runs[0]
    assert all(executes(library, run, leaf) for leaf in range(AT))
    assert not executes(library, run, AT)


def test_a_forger_can_show_what_it_wrote_and_nobody_else_can(library):
    history = library.tell(Lie(1, 1, "forged"))
    end = history.runs[-1].trace.end
    assert open_withdrawal(end, FORGED_MESSAGE, history.message(FORGED_MESSAGE)) == (THIEF, STOLEN_E8, 0)
    assert open_withdrawal(library.truth.runs[-1].trace.end, 1, library.truth.message(1))[0] != THIEF


def test_salts_tell_lies_apart_and_published_ones_leave_padding_alone(library):
    roots = {
        library.tell(Lie(0, AT, kind, salt)).runs[0].trace.root for kind in ("garbled", "healed", "robbed", "forged") for salt in (0, 1)
    }
    assert len(roots) == 8
    last = len(library.truth.runs[0].proofs) - 1
    told = library.tell(Lie(0, last, "healed", is_published=True)).runs[0].trace.roots
    assert set(told[last:]) == {told[last]}
    assert library.tell(Lie(0, last, "healed")).runs[0].trace.roots[-1] == library.truth.runs[0].trace.end


def test_variants_of_a_line_share_no_batch():
    genesis = set_table(Rules(20, 0, (2,))).ground.genesis
    lines = [make_line(genesis, (2, 2), variant=variant) for variant in (0, 1)]
    names = {posted.derived.acc for line in lines for posted in line.batches}
    assert len(names) == 4
    assert Library(lines[0]).truth.runs[1].trace.end != Library(lines[1]).truth.runs[1].trace.end
