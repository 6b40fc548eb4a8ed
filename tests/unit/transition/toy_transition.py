"""A transition small enough to foresee: it moves numbers between rows, and can fail, be refused, and ask for rows that are not there."""

import numpy as np

from rollup.core.kernel import entry, kernel
from rollup.state.layout import TX
from rollup.state.table import commit, faulted, read, revert, write
from rollup.transition.machine import Transition

OK, FAULT, REFUSED = 1, 19, 45

ADD, COPY, FAIL, MISS = 1, 2, 3, 4
"""Kinds: change an account; also take a feed's number to a message; change and fail; ask for a row outside of its section."""


@kernel
def change(state, record):
    account = write(state.accounts, record.account)
    account.cash_e8 += record.amount_e8
    write(state.resting, record.account).order[record.side & 7] = record.price_e8
    write(state.holdings, record.account).quantity_e6[record.side & 7] += 1
    if record.kind == FAIL:
        return REFUSED
    if record.kind == COPY:
        write(state.system, 0).messages += 1
        write(state.messages, record.order).amount_e8 = read(state.feeds, record.feed).number
        write(state.feeds, record.feed).number += 1
    if record.kind == MISS:
        read(state.keys, -1)
    return OK


@entry
def apply(state, records, index, receipt):
    record = records[index]
    receipt.status = change(state, record)
    if receipt.status != OK:
        revert(state)
        write(state.accounts, record.account).nonce += 1
    else:
        receipt.account = record.account
    if faulted(state):
        revert(state)
        receipt.status = FAULT


@entry
def apply_batch(state, records, receipts, first, last):
    for index in range(first, last):
        apply(state, records, index, receipts[index])
        commit(state)


TOY = Transition(apply, apply_batch)


def toy_records(count, seed=1):
    """Records of every kind."""
    g = np.random.default_rng(seed)
    records = np.zeros(count, TX)
    records["kind"] = g.integers(ADD, FAIL + 1, count)
    records["account"] = g.integers(0, 300, count)
    records["amount_e8"] = g.integers(-(10**15), 10**15, count)
    records["price_e8"] = g.integers(0, 10**9, count)
    records["side"] = g.integers(0, 8, count)
    records["order"] = g.integers(0, 1 << 14, count)
    records["feed"] = g.integers(0, 1000, count)
    return records
