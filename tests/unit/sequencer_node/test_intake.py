"""Admission: each refusal where it applies and nowhere else, and books that balance whatever comes and goes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rollup.state.layout import TX
from rollup.state.limits import PARTS
from rollup.transition.kinds import Kind
from sequencer.intake import REASONS, RULES, Bounds, Intake, Refusal, Submission

SMALL = Bounds(submission=6, per_account=8, per_peer=10, total=14)


def submission(count, peer="a", accounts=None, kind=Kind.TRANSFER, sender=None):
    records = np.zeros(count, TX)
    records["kind"] = kind
    records["account"] = range(1, count + 1) if accounts is None else accounts
    return Submission(records, np.zeros((count, 64), np.uint8), peer, sender)


def waiting_by_account(intake):
    """Records that wait, by the accounts that have any."""
    (numbers,) = intake.by_account.nonzero()
    return dict(zip(numbers.tolist(), intake.by_account[numbers].tolist(), strict=True))


@pytest.fixture(name="intake")
def intake_fixture():
    return Intake(SMALL)


def test_every_refusal_has_a_rule_and_words():
    assert len(RULES) == len(Refusal)
    assert {refusal for refusal, _ in RULES} == set(Refusal) == set(REASONS)


def test_what_is_within_the_bounds_comes_in(intake):
    assert intake.offer(submission(6)) is None
    assert intake.count == 6


def test_a_stopped_sequencer_lets_nothing_in(intake):
    intake.running = False
    assert intake.offer(submission(1)) == Refusal.STOPPED
    intake.running = True
    assert intake.offer(submission(1)) is None


def test_nothing_is_no_submission(intake):
    assert intake.offer(submission(0)) == Refusal.EMPTY


def test_a_submission_has_a_greatest_size(intake):
    assert intake.offer(submission(7)) == Refusal.TOO_LARGE


def test_a_submission_starts_with_a_head(intake):
    assert intake.offer(submission(1, kind=Kind.CONTINUATION)) == Refusal.CONTINUATION_FIRST


def test_one_peer_has_a_budget(intake):
    assert intake.offer(submission(5)) is None
    assert intake.offer(submission(5)) is None
    assert intake.offer(submission(1)) == Refusal.PEER_BUDGET
    assert intake.offer(submission(1, "b")) is None


def test_one_account_has_a_budget_whoever_submits(intake):
    assert intake.offer(submission(5, "a", accounts=7)) is None
    assert intake.offer(submission(4, "b", accounts=[1, 7, 7, 7])) is None
    assert intake.offer(submission(2, "c", accounts=[1, 7])) == Refusal.ACCOUNT_BUDGET
    assert intake.offer(submission(2, "c", accounts=[1, 8])) is None


@pytest.mark.parametrize("stranger", [1 << 20, -1, -(1 << 63), (1 << 63) - 1])
def test_accounts_that_there_cannot_be_have_one_budget_and_take_nobody_elses(intake, stranger):
    assert intake.offer(submission(5, "a", accounts=stranger)) is None
    assert intake.offer(submission(4, "b", accounts=(1 << 20) + 5)) == Refusal.ACCOUNT_BUDGET
    assert intake.offer(submission(4, "b", accounts=(1 << 20) - 1)) is None
    intake.take(9)
    assert waiting_by_account(intake) == {}


def test_the_queue_has_an_end(intake):
    for peer in "abc":
        assert intake.offer(submission(4, peer)) is None
    assert intake.offer(submission(3, "d", accounts=[11, 12, 13])) == Refusal.QUEUE_FULL
    assert intake.offer(submission(2, "d", accounts=[11, 12])) is None
    assert intake.offer(submission(1, "e", accounts=20)) == Refusal.QUEUE_FULL


def test_a_refused_submission_leaves_no_trace(intake):
    before = (list(intake.waiting), dict(intake.by_peer), waiting_by_account(intake), intake.count)
    for refused in (submission(0), submission(7), submission(2, kind=Kind.CONTINUATION)):
        assert intake.offer(refused) is not None
    assert (list(intake.waiting), dict(intake.by_peer), waiting_by_account(intake), intake.count) == before


def test_what_is_taken_makes_room(intake):
    for peer in "ab":
        assert intake.offer(submission(5, peer, accounts=3 if peer == "a" else 4)) is None
    assert intake.offer(submission(5, "a", accounts=3)) == Refusal.QUEUE_FULL
    assert len(intake.take(5)) == 1
    assert intake.offer(submission(5, "a", accounts=3)) is None


def test_a_submission_larger_than_a_group_is_still_taken_whole(intake):
    intake.offer(submission(6))
    intake.offer(submission(1, "b", accounts=9))
    assert [len(taken.records) for taken in intake.take(3)] == [6]
    assert [len(taken.records) for taken in intake.take(3)] == [1]
    assert intake.take(3) == []


class Door(RuleBasedStateMachine):
    """Whatever is offered and taken: first in, first out, nothing lost, nothing twice, never beyond a bound."""

    def __init__(self):
        super().__init__()
        self.intake, self.inside, self.number = Intake(SMALL), [], 0

    @rule(accounts=st.lists(st.integers(0, 3), max_size=8), peer=st.sampled_from("ab"), continues=st.booleans())
    def offer(self, accounts, peer, continues):
        kind = Kind.CONTINUATION if continues else Kind.TRANSFER
        offered = submission(len(accounts), peer, accounts=accounts, kind=kind, sender=self.number)
        self.number += 1
        if self.intake.offer(offered) is None:
            assert not continues
            self.inside.append(offered)

    @rule(most=st.integers(1, 20))
    def take(self, most):
        taken = self.intake.take(most)
        assert [each.sender for each in taken] == [each.sender for each in self.inside[: len(taken)]]
        size = sum(len(each.records) for each in taken)
        assert size <= most or len(taken) == 1
        del self.inside[: len(taken)]

    @invariant()
    def the_books_balance(self):
        peers, accounts = Counter(), Counter()
        for each in self.inside:
            peers[each.peer] += len(each.records)
            accounts.update(each.records["account"].tolist())
        assert (self.intake.by_peer, waiting_by_account(self.intake), self.intake.count) == (peers, accounts, peers.total())
        assert peers.total() <= SMALL.total
        assert all(count <= SMALL.per_peer for count in peers.values())
        assert all(count <= SMALL.per_account for count in accounts.values())


TestDoor = Door.TestCase
TestDoor.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.integers(1, 12))
def test_groups_are_as_full_as_they_may_be(sizes, most):
    intake = Intake(Bounds())
    for number, size in enumerate(sizes):
        intake.offer(submission(size, sender=number))
    while taken := intake.take(most):
        size = sum(len(each.records) for each in taken)
        following = len(intake.waiting[0][0].records) if intake.waiting else most
        assert size + following > most or not intake.waiting


def twins(sender):
    return (*sender, "first"), (*sender, "rest")


@given(st.lists(st.lists(st.integers(0, PARTS), min_size=1, max_size=6), min_size=1, max_size=6), st.integers(1, 30))
def test_what_is_divided_stays_in_order_and_whole(transactions, most):
    intake = Intake(Bounds(), twins)
    for number, parts in enumerate(transactions):
        offered = submission(sum(1 + count for count in parts), sender=(number,))
        offered.records["kind"] = [kind for count in parts for kind in (Kind.EXECUTE_BLOCK, *[Kind.CONTINUATION] * count)]
        offered.records["nonce"], offered.signatures[:, 0] = number, np.arange(len(offered.records))
        assert intake.offer(offered) is None
    seen, senders = [], []
    while taken := intake.take(most):
        records = np.concatenate([each.records for each in taken])
        assert records["kind"][0] != Kind.CONTINUATION
        waiting = intake.waiting[0][0].records["kind"] if intake.waiting else np.full(1, Kind.EXECUTE_BLOCK)
        fits = 1 + int(np.argmax(np.append(waiting[1:], Kind.EXECUTE_BLOCK) != Kind.CONTINUATION))
        assert len(records) <= most or len(taken) == 1
        assert not intake.waiting or len(records) + fits > most
        seen += [
            (int(row["nonce"]), int(signature[0])) for each in taken for row, signature in zip(each.records, each.signatures, strict=True)
        ]
        senders += [each.sender for each in taken]
    assert seen == [(number, place) for number, parts in enumerate(transactions) for place in range(sum(1 + count for count in parts))]
    assert [sender[0] for sender in senders] == sorted(sender[0] for sender in senders)
    for number in range(len(transactions)):
        own = [sender[1:] for sender in senders if sender[0] == number]
        assert own == [(*["rest"] * place, "first") for place in range(len(own) - 1)] + [("rest",) * (len(own) - 1)]
    assert (intake.count, intake.by_peer, waiting_by_account(intake)) == (0, Counter(), {})
