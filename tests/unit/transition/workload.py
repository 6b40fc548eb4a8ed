"""Seeded random batches for the opened market: well-formed transactions of every kind, mistaken ones, and garbage.

A workload knows nothing of the state but what it may `learn` from receipts: it remembers which nonces it used, walks the oracles' prices,
and without receipts guesses order ids. So the same seed gives the same records whatever runs them, and every class of status comes up.

    workload = Workload(seed=1, accounts=16)
    rows = workload.rows()                  # genesis
    records = workload.batch(200)           # array of TX: BEGIN_BATCH, deposits, then posted records
"""

import random
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from rollup.core.calendar import DAY_S, FRIDAY, WEEK, expiry_on
from rollup.core.instrument_names import FUTURE, PERPETUAL
from rollup.core.margin_parameters import SCENARIOS_MAX
from rollup.devnet.surfaces import smile
from rollup.market.margin import Model
from rollup.market.pricing import black76
from rollup.market.terms import (
    BOTH_SIDES,
    BUY,
    BY_MARK,
    CANCEL_BOTH,
    DECREMENT_BOTH,
    FILL_OR_KILL,
    GOOD_TILL_CANCEL,
    IMMEDIATE_OR_CANCEL,
    MARKET,
    OWNER_WIDE,
    POST_ONLY,
    PROTECTED,
    REDUCE_ONLY,
    REJECT_TAKER,
    SELL,
    STOP_LOSS,
    TAKE_PROFIT,
)
from rollup.state.layout import TX
from rollup.state.limits import PAGES, PARTS
from rollup.state.rows import DTYPES
from rollup.transition.kinds import SCOPES_ALL, Kind
from tests.unit.transition.opened_market import (
    E6,
    E8,
    EXPIRIES_S,
    FEEDS_OF_MARKET,
    INSTRUMENTS,
    MARKETS,
    REPORTERS,
    RICH_E8,
    STABLE_FEED,
    START_S,
    Rows,
    forward_feed,
    instrument_rows,
    market_rows,
    owner,
    pack,
    perpetual,
    perpetual_feed,
    reporter,
    spot_feed,
    vol_feed,
)

OFFSETS = {name: TX.fields[name][1] // 8 for name in TX.names}  # type: ignore[index, union-attr]
WORDS = TX.itemsize // 8
ODD_NUMBERS = (0, 1, -1, 2, 7, (1 << 63) - 1, -(1 << 63), 1 << 62, 1 << 47, 1 << 40, -(1 << 40), E6, E8)
FAR_S = 1 << 40
SHORTED = 5
"""The at-the-money call of the first expiry, of which the accounts under water are short one."""

SURFACES = tuple(vol_feed(1, expiry) - spot_feed(1) for expiry in range(len(EXPIRIES_S)))
"""Places of the surfaces among a market's feeds."""

Words = list[int]
Transaction = list[Words]
"""A head and its continuations."""


def session_key(account: int, number: int) -> tuple[int, int, int]:
    """The address of one of an account's session keys."""
    return (3000 + account, number, 0)


class Workload:
    """A source of batches; each call continues where the last one stopped."""

    def __init__(self, seed: int, accounts: int = 16, garbage: float = 0.1, cash_e8: int = RICH_E8, hurry: float = 0.02) -> None:
        """`garbage` is the share of mutilated transactions; `hurry` the share of batches before which days pass."""
        self.random = random.Random(seed)
        self.accounts = accounts
        self.garbage = garbage
        self.cash_e8 = cash_e8
        self.hurry = hurry
        self.nonces = [0] * (accounts + 1)
        self.time_s = START_S
        self.batches = 1
        self.queued = 0
        self.orders = 1
        self.resting: list[tuple[int, int, int, int]] = []
        """Account, id, nonce and what was filled at once, of orders that came to rest."""
        self.sinking = [1]
        self.openers = [1]
        self.spots = [price * E8 for _, price in MARKETS]
        self.reported_s = [START_S] * (STABLE_FEED + 1)
        self.options = instrument_rows()
        self.makers: list[tuple[Callable[[], Transaction], int]] = [
            (self.order, 50),
            (self.cancel, 12),
            (self.cancel_all, 2),
            (self.replace, 6),
            (self.mass_quote, 6),
            (self.protect, 2),
            (self.fire, 4),
            (self.trade, 6),
            (self.transfer, 4),
            (self.withdraw, 4),
            (self.report, 9),
            (self.settle, 4),
            (self.fix, 2),
            (self.fund, 3),
            (self.list_strike, 3),
            (self.delist, 2),
            (self.register, 3),
            (self.revoke, 1),
            (self.transfer_position, 2),
            (self.govern, 2),
            (self.start_auction, 3),
            (self.bid, 4),
            (self.end_auction, 2),
            (self.deleverage, 2),
            (self.set_margin_model, 2),
            (self.set_scenario, 1),
            (self.withdraw_collateral, 2),
            (self.transfer_collateral, 2),
        ]

    def rows(self) -> Rows:
        """The state before the first batch: accounts of every margin model, a third short a call of account 1's and under water."""
        rows = market_rows(self.accounts, self.cash_e8, stable=True)
        packed = {name: words.view(DTYPES[name]).reshape(-1) for name, (_, words) in rows.items()}
        poor = list(range(3, self.accounts + 1, 3))
        if not poor:
            return rows
        for account in poor:
            packed["accounts"][account - 1]["cash_e8"] = (account * 977 % 7_500 - 500 if account % 2 else -40_000) * E8
            packed["accounts"][account - 1]["paid_in_e8"] = packed["accounts"][account - 1]["cash_e8"]
        for account in [1, *poor]:
            packed["accounts"][account - 1]["positions"], packed["accounts"][account - 1]["expiry_s"] = 1, EXPIRIES_S[0]
        packed["system"][0]["vault_e8"] = packed["accounts"]["cash_e8"].sum()
        shorted = packed["instruments"][rows["instruments"][0].tolist().index(SHORTED)]
        shorted["open_interest_e6"] = shorted["shorts_e6"] = E6 * len(poor)
        held = {account * PAGES: {"instrument": [SHORTED] + [0] * 15, "quantity_e6": [-E6] + [0] * 15} for account in poor}
        held[PAGES] = {"instrument": [SHORTED] + [0] * 15, "quantity_e6": [E6 * len(poor)] + [0] * 15}
        for account in range(1, self.accounts + 1):
            packed["accounts"][account - 1]["margin_model"] = account % len(Model)
        # Every fourth account has collateral beside cash.
        secured = {account: {"quantity_e6": [0, E6 // 7, E6 * account] + [0] * 13} for account in range(1, self.accounts + 1, 4)}
        for market in (1, 2):
            packed["markets"][market - 1]["vault_e6"] = sum(int(row["quantity_e6"][market]) for row in secured.values())
        return {**rows, "holdings": pack("holdings", held), "collateral": pack("collateral", secured)}

    def batch(self, steps: int) -> npt.NDArray[np.void]:
        """At least `steps` records of one whole batch."""
        words = self.begin()
        kinds, weights = zip(*self.makers, strict=True)
        while len(words) < steps:
            transaction = self.random.choices(kinds, weights)[0]()
            if self.random.random() < self.garbage:
                self.mutilate(transaction)
            words += transaction
        return np.array(words, np.int64).view(TX).reshape(-1)

    def learn(self, receipts: npt.NDArray[np.void]) -> None:
        """Remember which orders of a batch came to rest, so that some of them are cancelled later."""
        rested = receipts[receipts["order"] > 0]
        names = ("account", "order", "nonce", "filled_e6")
        self.resting += zip(*(rested[name].tolist() for name in names), strict=True)
        del self.resting[:-500]

    def begin(self) -> Transaction:
        """Time passes, all feeds report once if it was long, and deposits come in."""
        chance = self.random.random()
        self.time_s += self.random.randrange(86_400, 6 * 86_400) if chance < self.hurry else self.random.randrange(0, 90)
        deposits = [self.deposit() for _ in range(self.random.randrange(5))] + [self.leave() for _ in range(self.random.randrange(3))]
        if self.random.random() < 0.4:
            told = self.random.choice((self.batches, self.batches - 1, self.odd_number()))
            deposits.append(record(kind=Kind.POSTED, source=1, number=told))
        self.queued += len(deposits)
        head = record(kind=Kind.BEGIN_BATCH, source=2, amount_e8=self.batches, timestamp_s=self.time_s, number=self.queued)
        self.batches += 1
        reports = [words for feed in range(1, len(self.reported_s)) for words in self.report(feed)] if chance < 0.5 else []
        return [head, *deposits, *reports]

    def mutilate(self, transaction: Transaction) -> None:
        """Write nonsense into some fields of some of its records, or lose one."""
        for words in transaction:
            for _ in range(self.random.choice((0, 1, 1, 2, 30))):
                words[self.random.randrange(WORDS)] = self.odd_number()
            if words[OFFSETS["nonce"]] > max(self.nonces) + 1000:  # A forged nonce would silence its account for good.
                words[OFFSETS["authentic"]] = 0
        if len(transaction) > 1 and self.random.random() < 0.3:
            transaction.pop()

    def odd_number(self) -> int:
        """A number that somebody may have forgotten about."""
        chance = self.random.random()
        if chance < 0.5:
            return self.random.choice(ODD_NUMBERS)
        return self.random.randrange(-(1 << 63), 1 << 63) if chance < 0.75 else self.random.randrange(100)

    def signed(self, kind: Kind, account: int = 0, **fields: object) -> Words:
        """A transaction of an account, most often of its owner and with the next nonce."""
        account = account or self.random.randint(1, self.accounts)
        chance = self.random.random()
        signer = owner(account) if chance < 0.94 else session_key(account, self.random.randrange(6))
        self.nonces[account] += self.random.choice((1, 1, 1, 1, 2, 7)) if chance > 0.01 else 0
        return record(
            authentic=int(chance > 0.005),
            kind=kind,
            account=account,
            nonce=self.nonces[account],
            owner=owner(account),
            signer=signer,
            expiry_s=FAR_S if chance > 0.003 else self.time_s - 1,
            **fields,
        )

    def value_of(self, instrument: int) -> int:
        """About what an option is worth, in ticks."""
        option = self.options[instrument]
        if option["option_type"] in (FUTURE, PERPETUAL):
            return self.spots[int(str(option["market"])) - 1] // int(str(option["tick_e8"]))
        remaining = max(int(str(option["expiry_s"])) - self.time_s, 0)
        spot = self.spots[int(str(option["market"])) - 1]
        price = black76(spot, int(str(option["strike_e8"])), 600_000_000, remaining, int(str(option["option_type"])))
        return max(price // int(str(option["tick_e8"])), 1)

    def terms(self) -> dict[str, int]:
        """Instrument, side, price and quantity that somebody may want."""
        chance = self.random.random()
        instrument = self.random.randint(1, INSTRUMENTS) if chance < 0.3 else self.random.randint(1, 6)
        if chance > 0.9:
            instrument = perpetual(1)
        ticks = self.value_of(instrument)
        width = max(ticks // 50, 3)
        ticks = max(ticks + self.random.randint(-width, width), 1)
        price = ticks * int(str(self.options[instrument]["tick_e8"]))
        if self.random.random() < 0.02:
            price = price * self.random.choice((1, 3, 100)) + self.random.choice((0, 1))
        lots = self.random.choice((1, 10, 50, 100, 500)) * self.random.randint(1, 9)
        if self.random.random() < 0.01:
            lots *= 10_000
        return {
            "instrument": instrument,
            "side": self.random.choice((BUY, SELL)),
            "price_e8": price,
            "quantity_e6": lots * 10_000,
            "max_fee_e8": FAR_S if self.random.random() < 0.99 else 1,
        }

    def order(self) -> Transaction:
        """A limit order."""
        kind = self.random.random()
        fields = {**self.terms(), "time_in_force": GOOD_TILL_CANCEL, "options": 0, "timestamp_s": 0}
        if kind < 0.15:
            fields["time_in_force"] = self.random.choice((IMMEDIATE_OR_CANCEL, FILL_OR_KILL))
        elif kind < 0.25:
            fields["options"] = POST_ONLY
        elif kind < 0.4:
            fields["timestamp_s"] = self.time_s + self.random.randrange(-5, 300)
        fields["options"] |= self.random.choice((0, 0, REJECT_TAKER, CANCEL_BOTH, DECREMENT_BOTH)) | self.random.choice((0, OWNER_WIDE))
        fields["options"] |= self.random.choice((0, 0, 0, 0, 0, PROTECTED, PROTECTED, REDUCE_ONLY, REDUCE_ONLY))
        if kind < 0.05:
            fields |= {"options": fields["options"] | MARKET, "price_e8": 0}
        if self.random.random() < 0.1:
            spot = self.spots[int(str(self.options[fields["instrument"]]["market"])) - 1]
            waits = self.random.choice((STOP_LOSS, STOP_LOSS | BY_MARK, TAKE_PROFIT, TAKE_PROFIT | BY_MARK))
            price = fields["price_e8"] if waits & BY_MARK else round(spot * self.random.uniform(0.99, 1.01))
            fields |= {"options": fields["options"] & ~PROTECTED | waits, "trigger_e8": price}
        self.orders = min(self.orders + 1, 40 + 4 * self.accounts)
        return [self.signed(Kind.PLACE_ORDER, **fields)]

    def cancel(self) -> Transaction:
        """A cancel of some order, perhaps one's own."""
        if self.resting and self.random.random() < 0.8:
            account, order, _, _ = self.resting.pop(self.random.randrange(len(self.resting)))
            return [self.signed(Kind.CANCEL, account, order=order)]
        return [self.signed(Kind.CANCEL, order=self.random.randrange(self.orders + 2), number=self.random.choice((0, 0, 0, 5)))]

    def cancel_all(self) -> Transaction:
        """A cancel of all, or of some."""
        scopes = ({}, {"instrument": 5}, {"number": 1}, {"number": 2, "timestamp_s": EXPIRIES_S[0]}, {"options": self.random.randrange(9)})
        return [self.signed(Kind.CANCEL_ALL, **self.random.choice(scopes))]

    def replace(self) -> Transaction:
        """Another order in place of one that rests."""
        (words,) = self.order()
        if self.resting and self.random.random() < 0.9:
            account, order, nonce, filled = self.random.choice(self.resting)
            (words,) = [self.signed(Kind.REPLACE, account, order=order, number=nonce, expected_e6=filled)]
            (terms,) = self.order()
            for name in ("price_e8", "quantity_e6", "time_in_force", "options", "max_fee_e8", "timestamp_s", "trigger_e8"):
                words[OFFSETS[name]] = terms[OFFSETS[name]]
        words[OFFSETS["kind"]] = int(Kind.REPLACE)
        return [words]

    def mass_quote(self) -> Transaction:
        """Quotes on some instruments, around what they are worth."""
        records = []
        for _ in range(self.random.choice((1, 2, 3, 16))):
            terms = self.terms()
            width = self.random.randrange(-1, 40) * int(str(self.options[terms["instrument"]]["tick_e8"]))
            ask = {"amount_e8": terms["price_e8"] + width, "expected_e6": terms["quantity_e6"]}
            records.append({**terms, **ask, "side": self.random.choice((BUY, SELL, BOTH_SIDES, BOTH_SIDES, BOTH_SIDES))})
        head, *others = self.bound(Kind.MASS_QUOTE, self.random.randint(1, self.accounts), records)
        return together(head, others)

    def fire(self) -> Transaction:
        """A trigger of some order, perhaps one that waits."""
        _, order, nonce, _ = self.random.choice(self.resting or [(0, 0, 0, 0)])
        order = order if self.random.random() < 0.9 else self.random.randrange(self.orders + 2)
        return [record(authentic=1, kind=Kind.TRIGGER, expiry_s=FAR_S, signer=session_key(1, 9), order=order, number=nonce)]

    def protect(self) -> Transaction:
        """Protection of a maker."""
        fields = {"number": self.random.choice((0, 60, 600)), "timestamp_s": self.random.choice((0, 30, 300))}
        limits = {"quantity_e6": self.random.choice((0, 3 * E6)), "expected_e6": self.random.choice((0, 2 * E6))}
        return [self.signed(Kind.SET_PROTECTION, **fields, **limits)]

    def trade(self) -> Transaction:
        """A block trade of a leg or some."""
        one, other = self.random.sample(range(1, self.accounts + 1), 2)
        count = self.random.choice((1, 1, 1, 2, 3, 8))
        legs = [self.terms() for _ in range(count)]
        mirrored = [{**leg, "side": 1 - leg["side"], "quantity_e6": leg["quantity_e6"] + (self.random.random() < 0.05)} for leg in legs]
        head, *others = self.bound(Kind.EXECUTE_BLOCK, one, legs, other)
        return together(head, [*others, *self.bound(Kind.EXECUTE_BLOCK, other, mirrored, one)])

    def bound(self, kind: Kind, account: int, fields: list[dict[str, int]], counterparty: int = 0) -> list[Words]:
        """Records of one account that belong together, in order."""
        first = self.signed(kind, account, counterparty=counterparty, number=len(fields), **fields[0])
        others = [[*first] for _ in fields[1:]]
        for place, (words, values) in enumerate(zip(others, fields[1:], strict=True), 1):
            words[OFFSETS["sequence"]] = place
            for name, value in values.items():
                words[OFFSETS[name]] = value
        return [first, *others]

    def transfer(self) -> Transaction:
        """A transfer."""
        amount = round(10 ** self.random.uniform(0, 16))
        target = self.random.randrange(self.accounts + 2) if self.random.random() < 0.8 else 0
        account = self.random.randint(1, self.accounts)
        if target == 0:
            self.openers.append(account)
        return [self.signed(Kind.TRANSFER, account, counterparty=target, amount_e8=amount)]

    def transfer_position(self) -> Transaction:
        """A transfer of a position to an account that its owner may have opened."""
        place = self.random.randrange(len(self.openers))
        instrument = self.random.choice((SHORTED, self.random.randint(0, INSTRUMENTS), self.random.randint(1, 6)))
        quantity = self.random.choice((1, E6, E6 // 2, self.random.randint(1, 5 * E6)))
        target = self.accounts + place + self.random.randint(0, 2)
        return [self.signed(Kind.TRANSFER_POSITION, self.openers[place], counterparty=target, instrument=instrument, quantity_e6=quantity)]

    def withdraw(self) -> Transaction:
        """A withdrawal."""
        amount = round(10 ** self.random.uniform(7, 15))
        most = self.random.choice((0, 1 << 60, 1 << 60))
        return [self.signed(Kind.WITHDRAW, amount_e8=amount, address=(0, 0, self.random.choice((0, 5, 6))), max_fee_e8=most)]

    def report(self, feed: int = 0) -> Transaction:
        """Some reporters' reports of a feed, which walks."""
        feed = feed or self.random.choice([n for n in range(1, len(self.reported_s)) if self.reported_s[n] < self.time_s] or [1])
        market, kind = divmod(feed - 1, FEEDS_OF_MARKET) if feed != STABLE_FEED else (0, forward_feed(1, 0) - spot_feed(1))
        if kind == 0:
            width = 0.15 if self.random.random() < 0.05 else 0.005
            self.spots[market] = max(round(self.spots[market] * self.random.uniform(1 - width, 1 + width)), E8)
        number = self.spots[market] if feed != STABLE_FEED else self.random.choice((E8, E8, E8 * 97 // 100, E8 * 9 // 10))
        number *= 2 if self.random.random() < 0.01 else 1
        if kind == perpetual_feed(1) - spot_feed(1):
            number = round(number * self.random.uniform(0.99, 1.01))
        chance = self.random.random()
        time_s = self.time_s + (5 if chance < 0.01 else 0)
        self.reported_s[feed] = time_s
        wanted = self.random.choice((1, 2, 2, 2, 3)) if chance < 0.1 else 2
        reporters = self.random.sample(range(1, REPORTERS + 1 + (chance < 0.02)), wanted)
        confidence = 1_000_000_000 if chance < 0.9 else self.random.randrange(1_000_000_000)
        surface = kind in SURFACES
        reports = [
            record(
                authentic=1,
                kind=Kind.SURFACE_UPDATE if surface else Kind.ORACLE_UPDATE,
                feed=feed,
                confidence_e9=confidence,
                timestamp_s=time_s,
                expiry_s=FAR_S,
                signer=reporter(number_of),
                **(self.surface(number) if surface else {"number": max(number + self.random.randint(-9, 9), 1) if kind != 1 else 0}),
            )
            for number_of in reporters
        ]
        return together(reports[0], reports[1:])

    def surface(self, forward_e8: int) -> dict[str, int]:
        """A reporter's surface: most are a smile, some are far from the others' or none at all."""
        vol = round(600_000_000 * self.random.uniform(0.9, 1.1))
        fields = smile(vol, forward_e8, self.random.choice((7, 7, 7, 35)) * 86_400)
        if self.random.random() < 0.05:
            fields[self.random.choice(list(fields))] = self.odd_number()
        elif self.random.random() < 0.2:
            fields["surface_a"] -= self.random.randrange(fields["surface_a"])
        return fields

    def settle(self) -> Transaction:
        """An order to settle somebody."""
        holder = self.random.randrange(self.accounts + 2)
        instrument = self.random.randint(0, INSTRUMENTS) if self.random.random() < 0.5 else self.random.randint(1, 6)
        return [self.signed(Kind.SETTLE, instrument=instrument, counterparty=holder)]

    def fix(self) -> Transaction:
        """An order to fix the price of an expiry, if that is what the feed is of."""
        feed = self.random.choice((forward_feed(1, 0), forward_feed(2, 0), self.random.randrange(20)))
        return [self.signed(Kind.FIX_SETTLEMENT, feed=feed)]

    def fund(self) -> Transaction:
        """An order to settle somebody's funding."""
        instrument = perpetual(1) if self.random.random() < 0.9 else self.random.randint(0, INSTRUMENTS + 1)
        return [self.signed(Kind.APPLY_FUNDING, instrument=instrument, counterparty=self.random.randrange(self.accounts + 2))]

    def list_strike(self) -> Transaction:
        """An order to list a strike, most often one that the rule allows, of a day or of a Friday to come."""
        market = self.random.choice((1, 1, 2, self.random.randrange(4)))
        spot, days = self.spots[min(max(market - 1, 0), 1)], self.random.choice((1, 2, 3, 4, 7, 14, 28, self.random.randrange(400)))
        expiry_s = expiry_on(self.time_s // DAY_S + days)
        if self.random.random() < 0.6:
            expiry_s = expiry_on(self.time_s // DAY_S + days - (self.time_s // DAY_S + days - FRIDAY) % WEEK)
        step = (1_000 if market == 1 else 50) * E8
        strike = (spot // step + self.random.choice((0, 1, -1, 2, -2, 4, 8))) * step if self.random.random() < 0.8 else 0
        terms = {"number": market, "timestamp_s": expiry_s, "price_e8": strike + (self.random.random() < 0.05)}
        return [record(authentic=1, kind=Kind.LIST_INSTRUMENT, expiry_s=FAR_S, signer=session_key(1, 9), **terms)]

    def delist(self) -> Transaction:
        """An order to take away what may be over."""
        feed = self.random.choice((forward_feed(1, 0), forward_feed(2, 0), self.random.randrange(25)))
        return [record(authentic=1, kind=Kind.DELIST, expiry_s=FAR_S, signer=session_key(1, 9), feed=feed)]

    def register(self) -> Transaction:
        """A session key comes or goes."""
        account = self.random.randint(1, self.accounts)
        until = self.time_s + self.random.choice((-5, 50, 5000, 500_000))
        scope = self.random.randrange(SCOPES_ALL + 2)
        key = session_key(account, self.random.randrange(6))
        return [self.signed(Kind.REGISTER_KEY, account, address=key, scope=scope, timestamp_s=until)]

    def revoke(self) -> Transaction:
        """A session key goes, if it was there."""
        account = self.random.randint(1, self.accounts)
        return [self.signed(Kind.REVOKE_KEY, account, address=session_key(account, self.random.randrange(6)))]

    def govern(self) -> Transaction:
        """A change of a harmless parameter, or a short pause."""
        account = 1 if self.random.random() < 0.9 else 2
        choices = (
            (0, 0),
            (0, 0),
            (0, self.time_s + 20),
            (15, 100_000),
            (16, 300_000),
            (12, 600),
            (18, 2_000_000_000),
            (77, 1),
            (91, 7 * 10**8),
            (130, 10**8),
        )
        parameter, number = self.random.choice(choices)
        effective_s = self.time_s + self.random.randint(0, 900)
        return [self.signed(Kind.SET_PARAMETER, account, order=parameter, number=number, timestamp_s=effective_s)]

    def start_auction(self) -> Transaction:
        """Somebody says that an account is under water."""
        account = self.random.randint(0, self.accounts + 1)
        self.sinking = [*self.sinking[-9:], account if self.random.random() < 0.4 else account // 3 * 3]
        return [self.signed(Kind.START_AUCTION, counterparty=self.sinking[-1])]

    def bid(self) -> Transaction:
        """A bid for an account that may be in auction."""
        share = self.random.choice((10**9, self.random.randint(1, 10**9), self.random.randrange(-1, 10**9 + 2)))
        fields = {"amount_e8": self.random.choice((0, 1 << 60, 10**11, -(10**10))), "sequence": self.random.choice((0, 0, 0, 1, 2))}
        return [
            self.signed(Kind.BID, counterparty=self.random.choice(self.sinking), number=share, side=self.random.choice((1, 2)), **fields)
        ]

    def end_auction(self) -> Transaction:
        """An order to end an auction that there may be."""
        return [self.signed(Kind.END_AUCTION, counterparty=self.random.choice((*self.sinking, 0, self.accounts + 1)))]

    def asset(self) -> dict[str, int]:
        """Some quantity of some market's underlying."""
        return {"number": self.random.choice((1, 1, 2, 2, self.random.randrange(5))), "quantity_e6": round(10 ** self.random.uniform(0, 8))}

    def withdraw_collateral(self) -> Transaction:
        """A withdrawal of collateral."""
        return [self.signed(Kind.WITHDRAW_COLLATERAL, **self.asset(), address=(0, 0, self.random.choice((0, 5, 6))))]

    def transfer_collateral(self) -> Transaction:
        """A transfer of collateral."""
        return [self.signed(Kind.TRANSFER_COLLATERAL, **self.asset(), counterparty=self.random.randrange(self.accounts + 2))]

    def deleverage(self) -> Transaction:
        """An order to close a part of a position against that of account 1, or another's."""
        fields = {
            "counterparty": self.random.choice(self.sinking),
            "number": self.random.choice((1, 1, 1, self.random.randint(0, self.accounts))),
            "instrument": self.random.choice((SHORTED, SHORTED, SHORTED, self.random.randint(0, INSTRUMENTS))),
            "quantity_e6": self.random.choice((1, E6 // 10, E6 // 2, E6)),
        }
        return [self.signed(Kind.DELEVERAGE, **fields)]

    def set_margin_model(self) -> Transaction:
        """An account wants another margin model, or one that there is not."""
        return [self.signed(Kind.SET_MARGIN_MODEL, number=self.random.randrange(-1, len(Model) + 1))]

    def set_scenario(self) -> Transaction:
        """A change of a scenario by the governor, or by somebody else; some scenarios go, and most come again."""
        account = 1 if self.random.random() < 0.9 else 2
        fields = {
            "order": self.random.randrange(-1, SCENARIOS_MAX // 2),
            "number": self.random.choice((0, 10**9, 10**9, self.random.randrange(10**10), self.odd_number())),
            "options": self.random.randrange(-1, 6),
            "confidence_e9": self.random.choice((10**9, self.random.randrange(2 * 10**9))),
            "timestamp_s": self.time_s + self.random.randint(0, 900),
        }
        return [self.signed(Kind.SET_SCENARIO, account, **fields)]

    def deposit(self) -> Words:
        """A deposit, of cash or collateral, to an account that may be another's or not there."""
        account = self.random.randrange(self.accounts + 2)
        if self.random.random() < 0.4:
            whose = owner(self.random.choice((account, 1)))
            return record(kind=Kind.DEPOSIT_COLLATERAL, source=1, account=account, owner=whose, **self.asset())
        amount = round(10 ** self.random.uniform(0, 17))
        return record(kind=Kind.DEPOSIT, source=1, account=account, owner=owner(self.random.choice((account, 1))), amount_e8=amount)

    def leave(self) -> Words:
        """An exit asked for on L1, of an account that may be another's or not there."""
        account = self.random.randrange(self.accounts + 2)
        own, address = self.random.choice((account, account, 1)), self.random.choice(((0, 0, 0), (5, 6, 7), (5, 6, 7)))
        return record(kind=Kind.EXIT, source=1, account=account, owner=owner(own), address=address)


def together(head: Words, parts: list[Words]) -> Transaction:
    """Make records one transaction: the first its head, the others its continuations."""
    head[OFFSETS["parts"]] = min(len(parts), PARTS)
    for part in parts:
        part[OFFSETS["continues"]] = part[OFFSETS["kind"]]
        part[OFFSETS["kind"]] = Kind.CONTINUATION
    return [head, *parts]


def record(**fields: object) -> Words:
    """The words of a record."""
    words = [0] * WORDS
    for name, value in fields.items():
        start = OFFSETS[name]
        if isinstance(value, tuple):
            words[start : start + 3] = value
        else:
            words[start] = int(str(int(value)))  # type: ignore[call-overload]
    return words


__all__ = ["EXPIRIES_S", "Workload", "record", "session_key", "together"]
