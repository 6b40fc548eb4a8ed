"""Every invariant can fail: the evidence of an honest day, with one thing in it put wrong."""

from copy import copy, deepcopy
from dataclasses import replace

import pytest

from rollup.audit.machine import AuditedMachine
from rollup.audit.violation import MONEY, Violation
from rollup.core.development import GENESIS_TIME_S
from rollup.devnet.drills.evidence import gather
from rollup.devnet.drills.honest_day import DRILL
from rollup.devnet.drills.invariants import INVARIANTS, assertions
from rollup.devnet.drills.oracle import Place
from rollup.devnet.drills.scenario import Lane
from rollup.devnet.drills.scene import compose
from rollup.devnet.simulation.run import run_world
from rollup.dispute.game import Status


@pytest.fixture(scope="module")
def day():
    """The evidence of an honest day with one verifier, in which a withdrawal was paid."""

    async def main(world):
        scene = await compose(world, replace(DRILL.parties, honest=1, attest_every=0), lambda _text: None, Lane.BISECTION)
        await DRILL.play(scene)
        return await gather(scene)

    return run_world(1, main, start_s=float(GENESIS_TIME_S)).value


def edited(day, edit):
    """A copy of the evidence in which `edit` has put something wrong, in place or by returning another."""
    chronicle, oracle = copy(day.chronicle), copy(day.oracle)
    chronicle.logs, chronicle.game, oracle.places = list(chronicle.logs), deepcopy(chronicle.game), deepcopy(oracle.places)
    fresh = replace(day, chronicle=chronicle, oracle=oracle, books=deepcopy(day.books))
    return edit(fresh) or fresh


def confirmed(day):
    return next(assertion for assertion in assertions(day) if assertion.status == Status.CONFIRMED)


def confirm_a_lie(day):
    confirmed(day).end_root = b"w" * 32


def lie_in_the_trace(day):
    confirmed(day).trace_root = b"w" * 32


def changed(day, section, index, **fields):
    """Let the oracle's replay end in another state."""
    machine = AuditedMachine()
    machine.load(day.oracle.machine.snapshot())
    row = getattr(machine.state, section).rows[index]
    for name, value in fields.items():
        object.__setattr__(row, name, getattr(row, name) + value)
    day.oracle.machine = machine


def make_money(day):
    changed(day, "accounts", 1, cash_e8=1)


def make_a_position(day):
    changed(day, "instruments", 1, open_interest_e6=10_000)


def note_a_violation(day):
    changed(day, "accounts", 1)
    day.oracle.machine.violations.append(Violation(MONEY, "on the way"))


def confirm_twins(day):
    twin = replace(confirmed(day), id=b"t" * 32)
    day.game.assertions[twin.id] = twin


def reject_the_honest(day):
    confirmed(day).status = Status.REJECTED


def pay_twice(day):
    day.chronicle.logs.extend(list(day.chronicle.logs))


def forget_a_transaction(day):
    day.oracle.places[day.books.acknowledged[-1].digest].clear()


def repeat_a_transaction(day):
    day.oracle.places[day.books.acknowledged[-1].digest].append(Place(0, 0, 1))


def move_a_transaction(day):
    told = day.books.acknowledged[-1]
    day.oracle.places[told.digest] = [Place(told.batch, told.step + 1, int(told.status))]


def forge_a_receipt(day):
    day.books.acknowledged[-1] = replace(day.books.acknowledged[-1], signed=False)


CASES = [
    (confirm_a_lie, {"no_wrong_root_confirmed", "no_false_claim"}),
    (lie_in_the_trace, {"no_wrong_root_confirmed", "no_false_claim"}),
    (confirm_twins, {"one_confirmed_child"}),
    (reject_the_honest, {"no_honest_bond_lost", "attackers_slashed"}),
    (lambda day: replace(day, attackers=frozenset({b"a" * 20})), {"attackers_slashed"}),
    (lambda day: replace(day, escrow_wei=day.escrow_wei + 1), {"bonds_conserved"}),
    (lambda day: replace(day, claims_wei=day.claims_wei - 1), {"bonds_conserved"}),
    (lambda day: replace(day, bridge_e8=day.bridge_e8 - 1), {"money_conserved"}),
    (pay_twice, {"withdrawals_owed"}),
    (make_money, {"market_kept"}),
    (make_a_position, {"market_kept"}),
    (note_a_violation, {"market_kept"}),
    (forget_a_transaction, {"acknowledged_once", "promises_kept"}),
    (repeat_a_transaction, {"acknowledged_once"}),
    (move_a_transaction, {"promises_kept"}),
    (lambda day: replace(day, demanded=[b"d" * 32]), {"acknowledged_once"}),
    (forge_a_receipt, {"receipts_signed"}),
    (lambda day: replace(day, roots={**day.roots, "verifier-1": b""}), {"nodes_agree"}),
]


def broken(day):
    return {name for name, holds in INVARIANTS.items() if not holds(day)}


def test_the_honest_day_breaks_nothing(day):
    assert not broken(day)
    assert not broken(edited(day, lambda _copy: None))


@pytest.mark.parametrize(("edit", "expected"), CASES)
def test_what_is_put_wrong_is_found(day, edit, expected):
    assert expected <= broken(edited(day, edit))


def test_an_unconfirmed_end_is_found(day):
    def unconfirm(copy):
        next(item for item in assertions(copy) if item.batch == copy.last).status = Status.OPEN

    assert broken(edited(day, unconfirm)) == {"everything_confirmed"}


def test_every_invariant_was_broken_by_some_case():
    assert set(INVARIANTS) == set().union(*(expected for _, expected in CASES), {"everything_confirmed"})
