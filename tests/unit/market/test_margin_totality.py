"""Margin of accounts at and near every bound: total, the same by machine as by Python's exact integers, initial never above maintenance."""

import json
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
import pytest

from rollup.market.margin import Model, health, mark_to_market
from rollup.portfolio.arrangement import portfolio_state
from rollup.portfolio.reading import portfolio_from_mapping
from rollup.state.compiled import CompiledState, compile_kernels
from rollup.state.compiled_types import as_state
from rollup.state.linking import WholeLibrary, making
from rollup.state.plain import plain_state
from rollup.state.rows import DEPTHS, DTYPES
from rollup.state.table import commit, faulted
from tests.unit.market.wild_accounts import wild_purchases, wild_rows

ACCOUNTS = 400
"""Accounts of one world."""

RESULTS = ("initial", "maintenance", "oldest", "mark", "oldest of the mark", "fault")


class Machine(NamedTuple):
    """The compiled margin, and a state that many worlds pass through: so what it kept of one must do no harm to the next."""

    judge: object
    state: CompiledState

    def results(self, rows, purchases):
        for section, (indices, words) in rows.items():
            self.state.sections[section].rows[indices] = words
        found = np.zeros((len(purchases), len(RESULTS)), np.int64)
        self.judge(self.state.addresses.ctypes.data, purchases, found)
        return found


@pytest.fixture(scope="module")
def machine():
    kernels = compile_kernels([health, mark_to_market, faulted, commit])
    healthy, marked, broken, closed = (kernels[each] for each in (health, mark_to_market, faulted, commit))

    @numba.njit
    def judge(address, purchases, found):
        state = as_state(address)
        for account in range(1, len(found)):
            instrument, bought, cash = purchases[account]
            found[account, 0], found[account, 1], found[account, 2] = healthy(state, account, instrument, bought, cash)
            found[account, 3], found[account, 4] = marked(state, account)
            found[account, 5] = broken(state)
            closed(state)

    with making(WholeLibrary):
        judge.compile((numba.int64, numba.int64[:, ::1], numba.int64[:, ::1]))
    return Machine(judge, CompiledState())


def plain_results(rows, purchases):
    """Each world has a state of its own here."""
    state = plain_state()
    for section, (indices, words) in rows.items():
        table = getattr(state, section).rows
        for index, row in zip(indices.tolist(), words.tolist(), strict=True):
            if any(row):
                table[index].set_words(row)
    found = [[0] * len(RESULTS)]
    for account, (instrument, bought, cash) in enumerate(purchases.tolist()[1:], 1):
        results = [*health(state, account, instrument, bought, cash), *mark_to_market(state, account), int(faulted(state))]
        commit(state)
        found.append(results)
    return found


def worlds_hold(machine, seeds):
    for seed in seeds:
        rows, purchases = wild_rows(seed, ACCOUNTS), wild_purchases(seed, ACCOUNTS)
        expected, found = plain_results(rows, purchases), machine.results(rows, purchases).tolist()
        for account, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
            where = f"wild_rows({seed}, {ACCOUNTS}), account {account}"
            assert ours == theirs, f"{where}: {dict(zip(RESULTS, zip(ours, theirs, strict=True), strict=True))}"
            initial, maintenance, oldest, mark, _, fault = ours
            assert -(1 << 62) < initial <= maintenance < 1 << 62, where
            assert abs(mark) < 1 << 62, where
            assert oldest >= 0, where
            assert fault == 0, where


def test_some_thousand_wild_accounts(machine):
    worlds_hold(machine, range(8))


GOLDEN = Path(__file__).parents[2] / "vectors" / "golden" / "margins.json"

ROWS = 600
"""Rows of each section that a portfolio file may come to."""


def test_the_golden_margins_by_machine(machine):
    """The file says what the plain kernels give (`tests/vectors/test_golden.py` holds that): machine code gives the same."""
    for case in json.loads(GOLDEN.read_text())["cases"]:
        portfolio = portfolio_from_mapping(case["portfolio"])
        for model, wanted in case["models"].items():
            state = portfolio_state(portfolio, Model[model.upper()])
            rows = {section: some_words(getattr(state, section).rows, dtype, DEPTHS[section]) for section, dtype in DTYPES.items()}
            found = dict(zip(RESULTS, machine.results(rows, np.zeros((2, 3), np.int64))[1].tolist(), strict=True))
            assert (found["initial"], found["maintenance"], found["fault"]) == (wanted["initial_e8"], wanted["maintenance_e8"], 0)


def some_words(rows, dtype, depth):
    """The first rows of a section, and zeros where there are none, so that nothing is left of the portfolio before."""
    last = max((index for index, row in rows.items() if any(row.words())), default=0)
    assert last < ROWS
    words = np.zeros((min(ROWS, 1 << depth), dtype.itemsize // 8), np.int64)
    for index, row in rows.items():
        if index <= last:
            words[index] = row.words()
    return np.arange(len(words)), words


@pytest.mark.long
@pytest.mark.parametrize("block", range(25))
def test_a_million_wild_accounts(machine, block):
    worlds_hold(machine, range(1_000 + 100 * block, 1_100 + 100 * block))
