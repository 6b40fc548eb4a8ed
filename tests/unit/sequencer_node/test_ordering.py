"""Ordering policies: permutations of whole transactions, the same whenever they are asked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.errors import RollupError
from rollup.state.layout import TX
from rollup.transition.kinds import REPORTS, Kind
from sequencer.ordering import POLICIES, RANKS, heads_kind, oracle_first, policy_called

KINDS = st.sampled_from([*(int(kind) for kind in Kind), -5, 99, 1 << 62])
TRANSACTIONS = st.lists(st.tuples(KINDS.filter(lambda kind: kind != Kind.CONTINUATION), st.integers(0, 4)), max_size=20)


def records_of(transactions, accounts=None):
    """Heads of these kinds with so many continuations; `nonce` numbers the transactions, `order` the records in each.

    Every transaction is of an account of its own, unless accounts are given.
    """
    rows = []
    for number, (kind, parts) in enumerate(transactions):
        rows += [(kind if place == 0 else Kind.CONTINUATION, number, place) for place in range(1 + parts)]
    records = np.zeros(len(rows), TX)
    for place, (kind, number, part) in enumerate(rows):
        account = number if accounts is None else accounts[number]
        records[["kind", "nonce", "order", "account"]][place] = (kind, number, part, account)
    return records


def numbers(records):
    return list(zip(records["nonce"].tolist(), records["order"].tolist(), strict=True))


@pytest.mark.parametrize("name", sorted(POLICIES))
@given(TRANSACTIONS)
def test_a_policy_permutes_whole_transactions(name, transactions):
    records = records_of(transactions)
    order = POLICIES[name](records)
    assert sorted(order.tolist()) == list(range(len(records)))
    moved = numbers(records[order])
    firsts = [number for number, part in moved if part == 0]
    assert moved == [(number, part) for number in firsts for part in range(1 + transactions[number][1])]
    assert order.tolist() == POLICIES[name](records).tolist()


@given(TRANSACTIONS)
def test_oracles_then_cancels_then_the_rest_each_as_they_came(transactions):
    records = records_of(transactions)
    wanted = sorted(range(len(transactions)), key=lambda number: rank(transactions[number][0]))
    firsts = [number for number, part in numbers(records[oracle_first(records)]) if part == 0]
    assert firsts == wanted


@given(TRANSACTIONS, st.lists(st.integers(0, 2), min_size=20, max_size=20))
def test_nobody_overtakes_himself(transactions, accounts):
    kept = [(kind, 0) for kind, _ in transactions]
    records = records_of(kept, accounts)
    moved = records[oracle_first(records)]
    moved = moved[~np.isin(moved["kind"], REPORTS)]
    for account in range(3):
        assert (np.diff(moved["nonce"][moved["account"] == account]) > 0).all()


def test_a_cancel_waits_for_the_trade_that_its_account_has_a_part_in():
    records = records_of([(Kind.EXECUTE_BLOCK, 1), (Kind.CANCEL, 0), (Kind.CANCEL, 0)], [1, 2, 3])
    records["account"][1] = 2
    assert numbers(records[oracle_first(records)]) == [(2, 0), (0, 0), (0, 1), (1, 0)]


def test_a_flood_in_the_name_of_no_account_does_not_delay_the_oracle():
    records = records_of([(Kind.PLACE_ORDER, 0), (Kind.ORACLE_UPDATE, 2)], [0, 0])
    assert numbers(records[oracle_first(records)])[0] == (1, 0)


def rank(kind):
    return {Kind.ORACLE_UPDATE: 0, Kind.SURFACE_UPDATE: 0, Kind.CANCEL: 1, Kind.CANCEL_ALL: 1, Kind.MASS_QUOTE: 1}.get(kind, 2)


def test_first_come_keeps_the_order_of_arrival():
    records = records_of([(Kind.PLACE_ORDER, 0), (Kind.ORACLE_UPDATE, 2), (Kind.CANCEL, 0)])
    assert POLICIES["first_come"](records).tolist() == [0, 1, 2, 3, 4]
    assert POLICIES["oracle_first"](records).tolist() == [1, 2, 3, 4, 0]


def test_continuations_without_a_head_and_nothing_at_all_are_ordered_too():
    assert heads_kind(np.zeros(0, TX)).tolist() == []
    stray = records_of([(Kind.EXECUTE_BLOCK, 1)])[1:]
    assert heads_kind(stray).tolist() == [Kind.CONTINUATION]
    assert POLICIES["oracle_first"](stray).tolist() == [0]


def test_every_kind_has_a_rank():
    assert len(RANKS) == max(Kind) + 1


def test_an_unknown_policy_is_one_sentence():
    assert policy_called("oracle_first") is oracle_first
    with pytest.raises(RollupError, match=r"sequencer\.ordering: received last_come, expected one of first_come, oracle_first"):
        policy_called("last_come")
