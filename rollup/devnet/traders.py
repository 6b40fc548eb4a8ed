"""Made-up traders: orders around the mark, now and then across it, and cancels; signed, in bulk, with figures of what became of them.

One rule: an account's nonces only rise, whatever became of what was sent before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import erf, log, sqrt
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256
from rollup.core.signing import address_of, sign
from rollup.core.transport import JSON
from rollup.l1.action import digests
from rollup.l1.records import FOREVER_S, Records
from rollup.market.terms import BUY, GOOD_TILL_CANCEL, IMMEDIATE_OR_CANCEL, SELL
from rollup.state.layout import TX
from rollup.transition.kinds import Kind

FEE_MAX_E8 = 10**13
"""What an order agrees to pay for one contract, at most."""

STRIKES_TRADED = 2
"""Strikes next to the spot price that are traded, of each market's next expiry: calls and puts. The perpetual is traded too."""

LAST_S = 3_600
"""Nothing is traded that expires so soon, seconds."""

SPREAD = 0.02
"""Distance of a resting order from the mark, as a share of it, at most."""

LOTS = 5
"""Size of an order in lots, at most."""

ROUND = (Kind.PLACE_ORDER, Kind.PLACE_ORDER, Kind.PLACE_ORDER, Kind.PLACE_ORDER, Kind.CANCEL_ALL)
"""What an account does, in turn; its third and fourth order cross the mark."""

YEAR_S = 31_536_000
"""A year of 365 days."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """What the oracle says of one instrument."""

    forward: float
    """USD."""
    vol: float
    """A year; of an outright 0."""


def secrets_of(count: int) -> list[bytes]:
    """Return the traders' keys: public knowledge, like all keys of a devnet."""
    return [keccak256(b"optroll load account %d" % number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Contract:
    """An instrument, as a sequencer shows it."""

    instrument: int
    market: str
    option_type: str
    strike_e8: int
    expiry_s: int
    tick_e8: int
    lot_e6: int
    forward_feed: int
    vol_feed: int


class Priced(NamedTuple):
    """What an order for an instrument goes by."""

    mark: float
    """USD."""
    tick_e8: int
    lot_e6: int


def contracts_of(shown: Sequence[Mapping[str, JSON]]) -> list[Contract]:
    """Return the instruments that a sequencer has shown."""
    return [Contract(**{each.name: row[each.name] for each in fields(Contract)}) for row in shown]  # type: ignore[arg-type]  # as shown


def chosen(contracts: Sequence[Contract], spots: Mapping[str, float], now_s: float) -> list[Contract]:
    """Return the instruments that are traded: the options next to the spot price of each market's next expiry, and its perpetual."""
    found = [each for each in contracts if each.option_type == "perpetual" and each.market in spots]
    for market, spot in spots.items():
        options = [each for each in contracts if each.market == market and each.vol_feed and each.expiry_s > now_s + LAST_S]
        next_s = min((each.expiry_s for each in options), default=0)
        ranked = sorted({(abs(each.strike_e8 / 1e8 - spot), each.strike_e8) for each in options if each.expiry_s == next_s})
        near = {strike_e8 for _, strike_e8 in ranked[:STRIKES_TRADED]}
        found += [each for each in options if each.expiry_s == next_s and each.strike_e8 in near]
    return found


def mark(instrument: Contract, feeds: Feeds, now_s: float) -> float:
    """Return the price of an instrument, USD: Black 1976 without discounting. Only where to place orders, so floats will do."""
    if instrument.option_type not in ("call", "put"):
        return feeds.forward
    strike, years = instrument.strike_e8 / 1e8, max(instrument.expiry_s - now_s, 1.0) / YEAR_S
    width = feeds.vol * sqrt(years)
    d1 = log(feeds.forward / strike) / width + width / 2
    call = feeds.forward * normal(d1) - strike * normal(d1 - width)
    return call if instrument.option_type == "call" else call - feeds.forward + strike


def normal(x: float) -> float:
    """Return the normal distribution function."""
    return (1 + erf(x / sqrt(2))) / 2


@dataclass
class Traders:
    """Accounts that trade."""

    genesis: Genesis
    secrets: Sequence[bytes]
    numbers: Sequence[int]
    """Subaccount of each."""
    nonces: list[int]
    """Nonce that each has used last."""
    random: Random
    turn: int = 0
    words: list[tuple[int, int, int]] = field(init=False)

    def __post_init__(self) -> None:
        """Compute the addresses once."""
        self.words = [address_words(address_of(secret)) for secret in self.secrets]

    def act(self, count: int, marks: Mapping[int, Priced]) -> tuple[Records, npt.NDArray[np.uint8]]:
        """Return the next transactions of as many accounts in turn, and their signatures (n, 65); `marks` by instrument."""
        records = np.zeros(count, TX)
        signers = []
        for place in range(count):
            trader = self.turn % len(self.secrets)
            self.fill(records, place, trader, self.turn // len(self.secrets) + trader, marks)
            signers.append(self.secrets[trader])
            self.turn += 1
        hashes = digests(records, self.genesis)
        signed = b"".join(sign(digest.tobytes(), secret) for digest, secret in zip(hashes, signers, strict=True))
        return records, np.frombuffer(signed, np.uint8).reshape(-1, 65)

    def fill(self, records: Records, place: int, trader: int, step: int, marks: Mapping[int, Priced]) -> None:
        """Write one trader's next transaction."""
        self.nonces[trader] += 1
        kind = ROUND[step % len(ROUND)]
        row = records[place]
        row["kind"], row["account"], row["nonce"], row["expiry_s"] = kind, self.numbers[trader], self.nonces[trader], FOREVER_S
        row["owner"] = row["signer"] = self.words[trader]
        if kind == Kind.PLACE_ORDER and marks:
            self.fill_order(row, step, marks)
        else:
            row["kind"] = Kind.CANCEL_ALL

    def fill_order(self, row: np.void, step: int, marks: Mapping[int, Priced]) -> None:
        """Write an order's terms: a bid or an offer near the mark, or one across it that takes what rests there."""
        instrument = self.random.choice(list(marks))
        terms = marks[instrument]
        side = BUY if (step + step // len(ROUND)) % 2 else SELL
        crosses = step % len(ROUND) >= 2
        away = self.random.random() * SPREAD * (1 if (side == BUY) == crosses else -1)
        ticks = max(1, round(terms.mark * (1 + away) * 1e8 / terms.tick_e8))
        row["instrument"], row["side"], row["price_e8"] = instrument, side, ticks * terms.tick_e8
        row["quantity_e6"], row["max_fee_e8"] = terms.lot_e6 * self.random.randint(1, LOTS), FEE_MAX_E8
        row["time_in_force"] = IMMEDIATE_OR_CANCEL if crosses else GOOD_TILL_CANCEL
