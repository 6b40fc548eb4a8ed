"""Made-up traders: orders around the mark, now and then across it, and cancels; signed, in bulk, with figures of what became of them.

One rule: an account's nonces only rise, whatever became of what was sent before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import erf, log, sqrt
from random import Random

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words
from rollup.core.genesis import Genesis, Instrument
from rollup.core.instrument_names import CALL, PERPETUAL, PUT
from rollup.core.keccak import keccak256
from rollup.core.signing import address_of, sign
from rollup.l1.action import digests
from rollup.l1.records import FOREVER_S, Records
from rollup.market.terms import BUY, GOOD_TILL_CANCEL, IMMEDIATE_OR_CANCEL, SELL
from rollup.state.layout import TX
from rollup.transition.kinds import Kind

FEE_MAX_E8 = 10**13
"""What an order agrees to pay for one contract, at most."""

STRIKES_TRADED = 2
"""Strikes next to the spot price that are traded, of each market's first expiry: calls and puts. The perpetual is traded too."""

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


def mark(instrument: Instrument, feeds: Feeds, now_s: float) -> float:
    """Return the price of an instrument, USD: Black 1976 without discounting. Only where to place orders, so floats will do."""
    if instrument.option_type not in (CALL, PUT):
        return feeds.forward
    strike, years = instrument.strike_e8 / 1e8, max(instrument.expiry_s - now_s, 1.0) / YEAR_S
    width = feeds.vol * sqrt(years)
    d1 = log(feeds.forward / strike) / width + width / 2
    call = feeds.forward * normal(d1) - strike * normal(d1 - width)
    return call if instrument.option_type == CALL else call - feeds.forward + strike


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

    def instruments(self, spots: dict[int, float]) -> list[int]:
        """Return the instruments that are traded: the options next to the spot price of each market, and its perpetual, by id."""
        chosen = []
        for number, market in enumerate(self.genesis.markets, 1):
            strikes = sorted(market.strikes_e8, key=lambda strike, number=number: abs(strike / 1e8 - spots.get(number, 0.0)))  # type: ignore[misc]
            near = set(strikes[:STRIKES_TRADED])
            chosen += [
                place
                for place, each in enumerate(self.genesis.instruments, 1)
                if each.market == number
                and (each.option_type == PERPETUAL or (each.expiry_s == market.expiries_s[0] and each.strike_e8 in near))
            ]
        return chosen

    def act(self, count: int, marks: dict[int, float]) -> tuple[Records, npt.NDArray[np.uint8]]:
        """Return the next transactions of as many accounts in turn, and their signatures (n, 65); `marks` in USD by instrument."""
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

    def fill(self, records: Records, place: int, trader: int, step: int, marks: dict[int, float]) -> None:
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

    def fill_order(self, row: np.void, step: int, marks: dict[int, float]) -> None:
        """Write an order's terms: a bid or an offer near the mark, or one across it that takes what rests there."""
        instrument = self.random.choice(list(marks))
        terms = self.genesis.instruments[instrument - 1]
        side = BUY if (step + step // len(ROUND)) % 2 else SELL
        crosses = step % len(ROUND) >= 2
        away = self.random.random() * SPREAD * (1 if (side == BUY) == crosses else -1)
        ticks = max(1, round(marks[instrument] * (1 + away) * 1e8 / terms.tick_e8))
        row["instrument"], row["side"], row["price_e8"] = instrument, side, ticks * terms.tick_e8
        row["quantity_e6"], row["max_fee_e8"] = terms.lot_e6 * self.random.randint(1, LOTS), FEE_MAX_E8
        row["time_in_force"] = IMMEDIATE_OR_CANCEL if crosses else GOOD_TILL_CANCEL
