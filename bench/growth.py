"""How much dearer a transaction becomes with the number of accounts: the same orders on states of different size, in turn.

One rule: takers are drawn from all accounts, so whatever a larger state costs (rows and tree nodes that are in no cache, paths that fewer
orders share) is in the figure. Every account has been in use before, as in a state that has grown: its rows and their paths have memory.
"""

from collections.abc import Sequence
from statistics import median
from time import thread_time

import numpy as np

from bench.day_workload import CYCLE, TAKEN, Chain, Numbers, People, cycles, opening
from rollup.acceleration import Acceleration
from rollup.core.development import REPORTERS, development_secret
from rollup.core.errors import RollupError
from rollup.core.genesis import LIVE, Genesis
from rollup.l1.records import Records, begin_record
from rollup.state.genesis import genesis_rows
from rollup.state.limits import PAGES
from rollup.state.rows import DTYPES, WIDTHS, pack_rows
from rollup.transition.machine import Machine, PlainMachine
from rollup.transition.status import Status

CASH_E8 = 1_000_000 * 10**8
"""What each account has, but makers: a million USD; a million of them are within the bound of the vault."""

MAKERS = 32
"""Accounts that quote."""

SEED = 1
"""Decides who takes."""


class GrowthFailed(RollupError):
    """Orders of the measurement were refused: its times would mean nothing."""


class Field:
    """One state with so many accounts, and where its workload stands."""

    def __init__(self, genesis: Genesis, accounts: int, code: Acceleration | None) -> None:
        """Build the state. Raises GrowthFailed."""
        self.chain = Chain(genesis, genesis.chain.time_s + 1)
        self.people = crowd(accounts, min(MAKERS, accounts // 2))
        plain = PlainMachine()
        plain.load(genesis_rows(genesis))
        system = plain.row("system", 0)
        self.machine: Machine = code.change_over(plain) if code else plain
        self.machine.load({**rows_of(self.people, system), **used_rows(accounts)})
        self.machine.root()
        self.machine.close_batch()
        self.random = np.random.default_rng(SEED)
        self.cycle = 0
        secrets = [development_secret(f"reporter-{number}") for number in range(1, REPORTERS + 1)]
        begin = begin_record(0, self.chain.time_s + 1, 0)
        self.run([begin, self.chain.reports(secrets), opening(self.chain, self.people)])
        self.run([self.next_cycles(2 * self.people.makers)])

    def next_cycles(self, count: int) -> Records:
        """Return the next cycles, whose takers are drawn from all accounts but the makers'."""
        takers = self.random.integers(self.people.makers, len(self.people.accounts), (count, TAKEN))
        self.cycle += count
        return cycles(self.chain, self.people, self.cycle - count, count, takers)

    def run(self, parts: Sequence[Records]) -> float:
        """Execute records, take the root and close the batch; microseconds of processor time a record. Raises GrowthFailed."""
        records = np.concatenate(parts)
        records["authentic"] = 1
        start = thread_time()
        receipts = self.machine.execute(records, 0, len(records))
        self.machine.root()
        spent = thread_time() - start
        self.machine.close_batch()
        refused = receipts["status"][~np.isin(receipts["status"], (Status.OK, Status.CONTINUED))]
        if len(refused):
            raise GrowthFailed("orders", received=Status(int(refused[0])).name, expected="OK")
        return spent / len(records) * 1e6


def crowd(accounts: int, makers: int) -> People:
    """Return so many people, with made-up addresses."""
    numbers = np.arange(1, accounts + 1)
    addresses = np.stack((numbers + (1 << 40), -numbers, numbers % (1 << 30)), axis=1)
    # Makers are spread over all accounts, and come first.
    chosen = np.arange(makers) * (accounts // makers)
    order = np.concatenate((chosen, np.setdiff1d(np.arange(accounts), chosen)))
    return People(numbers[order], addresses[order], makers)


def rows_of(people: People, system: dict[str, int | list[int]]) -> dict[str, tuple[Numbers, Numbers]]:
    """Return the rows of all accounts, and the system's with them in it."""
    rows = np.zeros(len(people.accounts), DTYPES["accounts"])
    rows["owner"], rows["status"] = people.addresses, LIVE
    rows["cash_e8"] = CASH_E8
    rows["cash_e8"][: people.makers] = 20 * CASH_E8
    rows["paid_in_e8"] = rows["cash_e8"]
    order = np.argsort(people.accounts)
    words = rows[order].view(np.int64).reshape(len(rows), -1)
    changed = {**system, "accounts": len(rows), "vault_e8": int(rows["cash_e8"].sum()), "batch": 0}
    packed = np.zeros(1, DTYPES["system"])
    for name, value in changed.items():
        packed[name] = value
    return {
        "accounts": (people.accounts[order], np.ascontiguousarray(words)),
        "system": pack_rows("system", {0: packed.view(np.int64).reshape(-1).tolist()}),
    }


def used_rows(accounts: int) -> dict[str, tuple[Numbers, Numbers]]:
    """Return the rows that an account uses when it trades, empty, of every account."""
    numbers = np.arange(1, accounts + 1)
    return {
        section: (numbers * stride, np.zeros((accounts, WIDTHS[section]), np.int64))
        for section, stride in (("holdings", PAGES), ("collateral", 1), ("resting", 1), ("protections", 1), ("auctions", 1))
    }


def growth(genesis: Genesis, sizes: Sequence[int], code: Acceleration | None, rounds: int, records: int) -> dict[str, object]:
    """Return microseconds a record by the number of accounts, and what the largest costs beside the smallest: of rounds taken in turn."""
    fields = {size: Field(genesis, size, code) for size in sizes}
    spent: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size, field in fields.items():
            spent[size].append(field.run([field.next_cycles(max(records // CYCLE, 1))]))
    small, large = spent[sizes[0]], spent[sizes[-1]]
    return {
        "growth": round(median(b / a for a, b in zip(small, large, strict=True)), 3),
        "growth_us": {str(size): round(median(each), 2) for size, each in spent.items()},
        "growth_accounts": list(sizes),
    }
