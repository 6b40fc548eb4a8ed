"""The orders of a market day: makers with portfolio margin who mass-quote the chain, and takers who buy at a quote and sell back.

One rule: every transaction succeeds and every cycle leaves its takers flat, however long it runs. A cycle is one mass quote of 16 records
(32 quotes, which replace the maker's last ones) and 16 orders that take a tenth of some of them. Nonces are numbers of cycles, so the
parts of a longer run can be made one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words
from rollup.core.genesis import Genesis
from rollup.core.signing import address_of
from rollup.devnet.market_day.orders import FEE_MAX_E8, QUOTED, Fields, legs, live, quotes
from rollup.devnet.market_day.weather import E9, Weather
from rollup.l1.records import FOREVER_S, Records, concatenated, joined, make_record, make_report
from rollup.market.margin import Model
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, SELL
from rollup.state.layout import TX
from rollup.state.limits import LEGS
from rollup.transition.kinds import Kind

Numbers = npt.NDArray[np.int64]

TAKEN = 8
"""Quotes of a cycle that are taken: bought from, and sold to."""

CYCLE = QUOTED + 2 * TAKEN
"""Records of a cycle."""

QUOTE_E6, TAKE_E6, BLOCK_E6 = 1_000_000, 100_000, 200_000
"""Sizes of a quote, of what is taken of it, and of the legs of the blocks by which makers get their portfolios."""

HALF_SPREAD_E9 = E9 // 25
"""How far quotes are from the mark."""

BLOCKS = 2
"""Blocks of eight legs that each maker buys from the next one when the day begins."""

OPENED = 1_024
"""First nonce of the cycles."""

FAR_S = 43_200
"""What expires sooner is not quoted, so that prices stay in their bands."""


@dataclass(frozen=True)
class People:
    """Accounts and the addresses that own them and sign for them, (n, 3) words; makers come first."""

    accounts: Numbers
    addresses: Numbers
    makers: int


@dataclass
class Chain:
    """The chain at some moment, and the records that quote it."""

    genesis: Genesis
    time_s: int
    weather: Weather = field(init=False)

    def __post_init__(self) -> None:
        """Take the prices of the moment."""
        self.weather = Weather(self.genesis, self.time_s)

    @cached_property
    def ids(self) -> list[int]:
        """Instruments that are quoted."""
        instruments = self.genesis.instruments
        return [number for number in live(self.genesis, self.time_s) if not 0 < instruments[number - 1].expiry_s < self.time_s + FAR_S]

    def window(self, maker: int) -> list[int]:
        """Return the instruments that a maker quotes: always the same ones."""
        return [self.ids[(maker * QUOTED + place) * 37 % len(self.ids)] for place in range(QUOTED)]

    def template(self, maker: int) -> Records:
        """Return the records of a maker's cycle without accounts, signers and nonces."""
        records = np.zeros(CYCLE, TX)
        made = quotes(self.weather, self.window(maker), HALF_SPREAD_E9, QUOTE_E6)
        for row, each in zip(records, made, strict=False):
            set_fields(row, Kind.MASS_QUOTE, each)
        records["parts"][0] = QUOTED - 1
        records["continues"][1:QUOTED], records["kind"][1:QUOTED] = Kind.MASS_QUOTE, Kind.CONTINUATION
        for place, row in enumerate(records[QUOTED:]):
            quote, side = made[place // 2], (BUY, SELL)[place % 2]
            lot_e6 = self.genesis.instruments[quote["instrument"] - 1].lot_e6
            price = quote["amount_e8"] if side == BUY else quote["price_e8"]
            terms = {"instrument": quote["instrument"], "side": side, "price_e8": price, "quantity_e6": max(TAKE_E6, lot_e6)}
            set_fields(row, Kind.PLACE_ORDER, {**terms, "time_in_force": IMMEDIATE_OR_CANCEL, "max_fee_e8": FEE_MAX_E8})
        records["expiry_s"] = FOREVER_S
        return records

    def reports(self, reporters: Sequence[bytes]) -> Records:
        """Return a report of every feed by a quorum of reporters, by their secrets."""
        quorum = reporters[: self.genesis.parameters.reporters_required]
        feeds = range(1, len(self.genesis.feeds) + 1)
        made = [
            joined(*(make_report(feed, self.time_s, address_of(secret), **self.weather.observed(feed)) for secret in quorum))
            for feed in feeds
        ]
        return concatenated(made)


def set_fields(row: np.void, kind: Kind, fields: Fields) -> None:
    """Write a kind and its fields into a record."""
    row["kind"] = kind
    for name, value in fields.items():
        row[name] = value


def opening(chain: Chain, people: People) -> Records:
    """Return what makers do first: they choose portfolio margin and protection, and trade portfolios by blocks. Nonces are under OPENED."""
    made = []
    for maker in range(people.makers):
        made.append(one(people, maker, 1, Kind.SET_MARGIN_MODEL, number=Model.PORTFOLIO))
        made.append(one(people, maker, 2, Kind.SET_PROTECTION, number=60, timestamp_s=1, quantity_e6=1 << 39, expected_e6=0))
    for maker in range(people.makers):
        other = (maker + 1) % people.makers
        for number in range(BLOCKS):
            start = (maker * BLOCKS + number) * LEGS
            ids = [chain.ids[(start + place) * 11 % len(chain.ids)] for place in range(LEGS)]
            taken, given = legs(chain.weather, ids, [BUY] * LEGS, BLOCK_E6)
            nonce = 3 + maker * BLOCKS + number
            parts = [one(people, maker, nonce, Kind.EXECUTE_BLOCK, counterparty=int(people.accounts[other]), **leg) for leg in taken]
            parts += [one(people, other, nonce, Kind.EXECUTE_BLOCK, counterparty=int(people.accounts[maker]), **leg) for leg in given]
            made.append(joined(parts[0], *parts[1:]))
    return concatenated(made)


def one(people: People, person: int, nonce: int, kind: Kind, **fields: int) -> Records:
    """Return one record of somebody."""
    nobody = bytes(20)
    record = make_record(kind, account=int(people.accounts[person]), nonce=nonce, expiry_s=FOREVER_S, owner=nobody, signer=nobody, **fields)
    record["owner"] = record["signer"] = people.addresses[person]
    return record


def cycles(chain: Chain, people: People, first: int, count: int, takers: Numbers) -> Records:
    """Return cycles from number `first` on; `takers` (count, TAKEN) says who takes, by place among all people."""
    templates = [chain.template(maker) for maker in range(people.makers)]
    numbers = np.arange(first, first + count)
    makers = numbers % people.makers
    records = np.stack([templates[maker] for maker in makers.tolist()])
    who = np.concatenate((np.repeat(makers[:, None], QUOTED, axis=1), np.repeat(takers, 2, axis=1)), axis=1)
    # Of a cycle's nonces the mass quote has the first and each order another one; all are above those of the opening.
    nonces = OPENED + numbers[:, None] * (1 + 2 * TAKEN) + np.array([0] * QUOTED + list(range(1, 1 + 2 * TAKEN)))
    records["account"], records["nonce"] = people.accounts[who], nonces
    records["owner"] = records["signer"] = people.addresses[who]
    return records.reshape(-1)


def takers_in_turn(people: People, first: int, count: int) -> Numbers:
    """Return who takes in cycles from number `first` on: everybody but the makers, in turn."""
    others = len(people.accounts) - people.makers
    return people.makers + (np.arange(first * TAKEN, (first + count) * TAKEN) % others).reshape(count, TAKEN)


def addresses_of(secrets: Sequence[bytes]) -> Numbers:
    """Return the addresses of keys as words."""
    return np.array([address_words(address_of(secret)) for secret in secrets], np.int64)
