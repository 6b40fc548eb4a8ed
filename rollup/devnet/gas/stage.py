"""A state in which something can be done, made without L1: accounts with money, fresh prices, and whatever a deed needs beside them.

One rule: what leads up to a deed may be edited into the rows; the deed itself is a transaction like any other, and has to be accepted.
"""

from collections.abc import Mapping

import numpy as np

from rollup.core.address import ZERO_ADDRESS
from rollup.core.development import TRADER_SECRETS, development_secret
from rollup.core.genesis import FeedKind, Genesis
from rollup.core.signing import address_of
from rollup.devnet.arena.histories import rewrite
from rollup.devnet.drills.desk import E8, Account, Desk, Signed
from rollup.devnet.gas.bench import fresh_machine
from rollup.l1.forced import encode_collateral, encode_deposit, record_of_entry
from rollup.l1.records import FOREVER_S, Records, make_record
from rollup.state.limits import PAGE_POSITIONS, PAGES
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status

CASH_E8 = 900_000 * E8
"""What every account begins with."""

SPOT = 100_000
"""Price of the first market's underlying, USD."""

TRADERS = 4
"""Accounts 1 to 4; the fifth is the governor's."""


class Stage:
    """Some accounts in a market with prices, at genesis' time."""

    def __init__(self, genesis: Genesis) -> None:
        """Open the accounts, and report what the option needs."""
        self.genesis = genesis
        self.machine: PlainMachine = fresh_machine(genesis)
        self.desk = Desk(genesis)
        secrets = [*(bytes.fromhex(secret) for secret in TRADER_SECRETS[:TRADERS]), development_secret("governor")]
        self.accounts = [Account(f"trader {number}", secret, number) for number, secret in enumerate(secrets, 1)]
        for account in self.accounts:
            self.queued(encode_deposit(0, CASH_E8, account.address))
        self.at(genesis.chain.time_s + 60)
        for report in self.desk.reports(SPOT, self.time_s):
            self.do(report)

    @property
    def time_s(self) -> int:
        """The state's time."""
        return self.value("system", 0, "time_s")

    def value(self, section: str, index: int, name: str) -> int:
        """Return a field of one word."""
        value = self.machine.row(section, index)[name]
        assert isinstance(value, int)
        return value

    def edit(self, section: str, index: int, **fields: int | tuple[int, ...]) -> None:
        """Change a row outside of any step."""
        self.machine = rewrite(self.machine, section, index, **fields)

    def at(self, time_s: int) -> None:
        """Let it be another time."""
        self.edit("system", 0, time_s=time_s)

    def do(self, signed: Signed) -> np.void:
        """Execute a transaction, which has to be accepted; its receipt."""
        records = signed.records.copy()
        records["authentic"] = 1
        return self.executed(records)

    def queued(self, entry: bytes) -> np.void:
        """Execute what L1's queue holds."""
        return self.executed(record_of_entry(entry)[0])

    def executed(self, records: Records) -> np.void:
        """Execute records, the first of which has to be accepted; its receipt."""
        receipt = self.machine.execute(records, 0, len(records))[0]
        assert receipt["status"] == Status.OK, (Kind(int(records["kind"][0])).name, Status(int(receipt["status"])).name)
        found: np.void = receipt
        return found

    def anybody(self, kind: Kind, **fields: int) -> Signed:
        """Return a transaction that is for no account."""
        secret = self.accounts[2].secret
        whose = {"account": 0, "nonce": 0, "expiry_s": FOREVER_S, "owner": ZERO_ADDRESS, "signer": address_of(secret)}
        return self.desk.sign(make_record(kind, **whose, **fields), [secret])  # type: ignore[arg-type]

    def spot(self, price: int) -> Signed:
        """Return a report of the first market's spot price, now."""
        return self.desk.report(self.genesis.feed_id(FeedKind.SPOT, 1), self.time_s, number=price * E8)

    def lodge(self, account: int, market: int, quantity_e6: int) -> None:
        """Let an account hold some of a market's underlying."""
        self.queued(encode_collateral(market, account, quantity_e6, self.accounts[account - 1].address))

    def cash(self, account: int, usd: int) -> None:
        """Let an account have a sum."""
        self.edit("accounts", account, cash_e8=usd * E8, paid_in_e8=usd * E8)

    def trade(self, quantity_e6: int = 1_000_000) -> None:
        """Let account 1 be long, and account 2 short, the option."""
        one, two, *_ = self.accounts
        self.do(self.desk.trade(one, two, 2_100, quantity_e6))

    def crowd(self, account: int, count: int, quantity_e6: int = -1_000) -> None:
        """Give an account positions in as many instruments of its own, each like the option."""
        first = self.value("system", 0, "instruments") + 1
        words = self.machine.words("instruments", self.desk.instrument)
        ids = np.arange(first, first + count, dtype=np.int64)
        self.machine.load({"instruments": (ids, np.tile(np.array(words, np.int64), (count, 1)))})
        self.edit("system", 0, instruments=first + count - 1)
        self.hold(account, dict.fromkeys(ids.tolist(), quantity_e6))

    def hold(self, account: int, portfolio: Mapping[int, int]) -> None:
        """Give an account positions, in the order in which they are kept: by expiry and strike, and of one kind by number."""
        held = list(portfolio.items())
        for page in range(PAGES):
            some = held[page * PAGE_POSITIONS : (page + 1) * PAGE_POSITIONS]
            rest = (0,) * (PAGE_POSITIONS - len(some))
            names, quantities = (*(i for i, _ in some), *rest), (*(q for _, q in some), *rest)
            self.edit("holdings", account * PAGES + page, instrument=names, quantity_e6=quantities)
        expiry_s = self.value("instruments", self.desk.instrument, "expiry_s")
        self.edit("accounts", account, positions=len(held), expiry_s=expiry_s)
