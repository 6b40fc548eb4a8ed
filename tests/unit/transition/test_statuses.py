"""Every status of every transaction type is reached, and its class tells the truth about what changed."""

from importlib import import_module

import pytest

from rollup.audit.rows import snapshot
from rollup.market.verdict import Verdict
from rollup.state.layout import TX
from rollup.transition.kinds import FIELDS, NONCELESS, SIGNED_FIRST, SIGNED_LAST, Kind
from rollup.transition.status import BY_VERDICT, REJECTED_FIRST, Status
from tests.unit.transition.opened_market import Desk
from tests.unit.transition.status_cases import CASES, Case

TABLES = (
    "accounts",
    "authorise",
    "blocks",
    "collateral",
    "done_right",
    "liquidation",
    "listing",
    "makers",
    "orders",
    "others",
    "triggers",
)

for table in TABLES:
    import_module(f"tests.unit.transition.cases_{table}")

NONCE_WORD = 4


@pytest.mark.parametrize("each", CASES, ids=[case.name for case in CASES])
def test_status_is_reached(each: Case):
    desk = Desk()
    transaction = each.make(desk)
    before = snapshot(desk.state)
    receipt = desk.run(*transaction)
    assert Status(receipt.status) == each.status
    if each.status != Status.OK:
        check_unchanged(before, snapshot(desk.state), each.status, transaction)
        worked = ("status", "account", "nonce") if each.status >= REJECTED_FIRST else ("status",)
        assert all(getattr(receipt, name) == 0 for name, length in receipt.FIELDS if not length and name not in worked)
        assert not any(any(getattr(receipt, name)) for name in receipt.ARRAYS)


def check_unchanged(before, after, status, transaction):
    """INVALID changes nothing; REJECTED sets the nonces of the accounts that signed, unless nobody's nonce was needed."""
    kinds = {*NONCELESS, Kind.DEPOSIT, Kind.DEPOSIT_COLLATERAL, Kind.EXIT, Kind.POSTED, Kind.BEGIN_BATCH}
    if status >= REJECTED_FIRST and transaction[0]["kind"] not in kinds:
        for signed in transaction:
            words = list(before["accounts"][signed["account"]])
            words[NONCE_WORD] = max(words[NONCE_WORD], signed["nonce"])
            before["accounts"][signed["account"]] = tuple(words)
    assert after == before


def test_all_statuses_have_a_case():
    """FAULT has its own test, on a witness that lacks a row."""
    assert {each.status for each in CASES} == set(Status) - {Status.NONE, Status.FAULT}


def test_every_kind_is_done_right_once():
    done = {each.make(Desk())[0]["kind"] for each in CASES if each.status == Status.OK}
    assert done == set(Kind) - {Kind.NONE, Kind.CONTINUATION}


def test_every_verdict_has_its_status():
    assert len(BY_VERDICT) == len(Verdict)
    assert [Status(status).name for status in BY_VERDICT] == [
        "OK",
        "STALE_ORACLE",
        "INITIAL_MARGIN",
        "POSITION_SLOTS",
        "POSITION_CAP",
        "OPEN_INTEREST_CAP",
        "FEE_CAP",
        "WOULD_CROSS",
        "OVERFLOW",
        "SELF_TRADE",
        "NOT_TRIGGERED",
    ]


def test_every_signed_kind_has_fields():
    assert set(FIELDS) == {kind for kind in Kind if SIGNED_FIRST <= kind <= SIGNED_LAST}
    assert all(set(names) <= set(TX.names) for names in FIELDS.values())
