"""A small market in a plain state, and a desk from which to send it transactions.

Two underlyings, two expiries each, five strikes, calls and puts, then two futures each and a perpetual: 46 instruments; three
reporters, two of whom are needed; feeds freshly reported. Accounts 1 … n belong to owners `owner(1)` … `owner(n)`; account 1's
owner governs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rollup.core.development import PARAMETERS as DEVELOPMENT
from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.core.margin_parameters import AevoParameters, DeribitParameters, PortfolioParameters
from rollup.devnet.surfaces import flat
from rollup.market.terms import LIVE
from rollup.state.layout import RECEIPT, TX, State
from rollup.state.limits import PAGE_POSITIONS, PAGES
from rollup.state.plain import Row, plain_records, plain_row, plain_state
from rollup.state.rows import DTYPES
from rollup.state.table import commit
from rollup.transition.apply import apply
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

START_S = 1_700_000_000
"""Time of the state as opened."""
EXPIRIES_S = (START_S + 7 * 86_400, START_S + 35 * 86_400)
MARKETS = ((b"BTC", 60_000), (b"ETH", 3_000))
MONEYNESS = (80, 90, 100, 110, 120)
"""Strikes, in percent of spot."""
TERMS: dict[int, dict[str, int]] = {
    m: {"tick_e8": spot * 10**8 // 60_000, "lot_e6": 10_000, "strike_step_e8": spot * 10**8 // 60} for m, (_, spot) in enumerate(MARKETS, 1)
}
"""A sixtieth of spot between strikes: 1,000 and 50 USD."""
FEEDS_OF_MARKET = 3 + 2 * len(EXPIRIES_S)
STABLE_FEED = len(MARKETS) * FEEDS_OF_MARKET + 1
"""Feed of what cash is worth, where there is one."""
OPTIONS = len(MARKETS) * len(EXPIRIES_S) * len(MONEYNESS) * 2
INSTRUMENTS = OPTIONS + len(MARKETS) * (len(EXPIRIES_S) + 1)
REPORTERS = 3
E8 = 100_000_000
E6 = 1_000_000
RICH_E8 = 10_000_000 * E8
"""Cash of each account as opened."""

Fields = Mapping[str, int | Sequence[int]]
Rows = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]

PARAMETERS: Fields = {
    **DEVELOPMENT,
    "funding_interest_e9": 0,
    "reporters_required": 2,
    "heartbeat_s": 600,
    "deviation_e9": 200_000_000,
    "price_band_e9": 100_000_000,
    "quantity_max_e6": 1_000 * E6,
    "position_max_e6": 2_000 * E6,
    "open_interest_max_e6": 100_000 * E6,
    "withdrawal_min_e8": 10 * E8,
}
"""The devnet's, but for what is tighter here, so that tests reach it."""

COLLATERAL: Fields = {
    "cancels": 1,
    "factor_e9": 800_000_000,
    "initial_scale_e9": 900_000_000,
    "maintenance_haircut_e9": 20_000_000,
    "initial_haircut_e9": 30_000_000,
}
"""What an underlying counts as where it is collateral."""


def owner(account: int) -> tuple[int, int, int]:
    """The address that owns an account."""
    return (1000 + account, -account, account)


def reporter(number: int) -> tuple[int, int, int]:
    """The address of a reporter."""
    return (2000 + number, 0, -number)


def spot_feed(market: int) -> int:
    return (market - 1) * FEEDS_OF_MARKET + 1


def forward_feed(market: int, expiry: int) -> int:
    """Expiries count from 0."""
    return spot_feed(market) + 2 + 2 * expiry


def vol_feed(market: int, expiry: int) -> int:
    return forward_feed(market, expiry) + 1


def perpetual_feed(market: int) -> int:
    return spot_feed(market) + FEEDS_OF_MARKET - 1


def instrument(market: int, expiry: int, strike: int, option_type: int) -> int:
    """Id of an option; market from 1, expiry and strike from 0."""
    return (((market - 1) * len(EXPIRIES_S) + expiry) * len(MONEYNESS) + strike) * 2 + option_type


def future(market: int, expiry: int) -> int:
    """Id of a dated future."""
    return OPTIONS + (market - 1) * len(EXPIRIES_S) + expiry + 1


def perpetual(market: int) -> int:
    """Id of a perpetual."""
    return OPTIONS + len(MARKETS) * len(EXPIRIES_S) + market


def strikes(market: int, expiry: int) -> list[int]:
    """The strikes of an expiry in the order in which they were listed: their calls, then the future."""
    return [*(instrument(market, expiry, strike, CALL) for strike in range(len(MONEYNESS))), future(market, expiry)]


def pack(section: str, rows: Mapping[int, Fields]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows given by their fields, as indices and words."""
    packed = np.zeros(len(rows), DTYPES[section])
    for place, fields in enumerate(rows.values()):
        for name, value in fields.items():
            packed[place][name] = value
    return np.array(list(rows), np.int64), packed.view(np.int64).reshape(len(rows), -1)


def market_rows(accounts: int = 4, cash_e8: int = RICH_E8, *, stable: bool = False) -> Rows:
    """Every row of the opened market; `stable`: with a feed of what cash is worth, freshly reported at a dollar."""
    own: dict[int, Fields] = {STABLE_FEED: {"kind": FeedKind.STABLE, "number": E8, "confidence_e9": 10**9, "timestamp_s": START_S}}
    system = {
        "time_s": START_S,
        "accounts": accounts,
        "instruments": INSTRUMENTS,
        "markets": len(MARKETS),
        "batch": 1,
        "feeds": len(MARKETS) * FEEDS_OF_MARKET + stable,
        "stable_feed": STABLE_FEED * stable,
        "reporters": REPORTERS,
        "governor": owner(1),
        "vault_e8": accounts * cash_e8,
    }
    return {
        "system": pack("system", {0: system}),
        "parameters": pack("parameters", {0: PARAMETERS}),
        "accounts": pack(
            "accounts", {n: {"owner": owner(n), "cash_e8": cash_e8, "paid_in_e8": cash_e8, "status": LIVE} for n in range(1, accounts + 1)}
        ),
        "instruments": pack("instruments", instrument_rows()),
        "markets": pack(
            "markets",
            {
                m: {
                    "symbol": int.from_bytes(name, "big"),
                    "spot_feed": spot_feed(m),
                    "rate_feed": spot_feed(m) + 1,
                    "status": LIVE,
                    "perpetual": perpetual(m),
                    "expiring": forward_feed(m, 0),
                    "expiries": len(EXPIRIES_S),
                    "asset_market": m,
                    **TERMS[m],
                    **COLLATERAL,
                }
                for m, (name, _) in enumerate(MARKETS, 1)
            },
        ),
        "models": pack("models", {0: model_row()}),
        "scenarios": pack(
            "scenarios",
            {
                n: {"spot_e9": each.spot_e9, "vol": each.vol, "dampener_e9": each.dampener_e9}
                for n, each in enumerate(PortfolioParameters().scenarios)
            },
        ),
        "feeds": pack("feeds", feed_rows() | (own if stable else {})),
        "reporters": pack("reporters", {n: {"address": reporter(n), "status": LIVE} for n in range(1, REPORTERS + 1)}),
    }


def model_row() -> Fields:
    """The numbers of the margin models, as they are by default."""
    *portfolio, _ = astuple(PortfolioParameters())
    return {"portfolio": portfolio, "deribit": astuple(DeribitParameters()), "aevo": astuple(AevoParameters())}


def instrument_rows() -> dict[int, Fields]:
    rows: dict[int, Fields] = {}
    for market, (_, spot) in enumerate(MARKETS, 1):
        terms = {name: TERMS[market][name] for name in ("tick_e8", "lot_e6")}
        traded = {"status": LIVE, "market": market, "rate_feed": spot_feed(market) + 1, **terms}
        rows[perpetual(market)] = {**traded, "option_type": PERPETUAL, "forward_feed": perpetual_feed(market), "funding_s": START_S}
        for expiry, expiry_s in enumerate(EXPIRIES_S):
            dated = {**traded, "expiry_s": expiry_s, "forward_feed": forward_feed(market, expiry)}
            rows[future(market, expiry)] = {**dated, "option_type": FUTURE}
            for strike, percent in enumerate(MONEYNESS):
                for option_type in (CALL, PUT):
                    rows[instrument(market, expiry, strike, option_type)] = {
                        **dated,
                        "option_type": option_type,
                        "strike_e8": spot * percent * E8 // 100,
                        "vol_feed": vol_feed(market, expiry),
                    }
            for before, after in pairwise(strikes(market, expiry)):
                rows[after] = {**rows[after], "listed_before": before}
    return rows


def feed_rows() -> dict[int, Fields]:
    fresh = {"confidence_e9": 1_000_000_000, "timestamp_s": START_S}
    rows: dict[int, Fields] = {}
    for market, (_, spot) in enumerate(MARKETS, 1):
        price = {"market": market, "number": spot * E8, **fresh}
        rows[spot_feed(market)] = {"kind": FeedKind.SPOT, **price}
        rows[spot_feed(market) + 1] = {"kind": FeedKind.RATE, **price, "number": 0}
        rows[perpetual_feed(market)] = {"kind": FeedKind.PERPETUAL, **price}
        for expiry, expiry_s in enumerate(EXPIRIES_S):
            later = forward_feed(market, expiry + 1) if expiry + 1 < len(EXPIRIES_S) else 0
            listed = {"strikes": len(strikes(market, expiry)), "last_listed": strikes(market, expiry)[-1]}
            rows[forward_feed(market, expiry)] = {"kind": FeedKind.FORWARD, **price, "expiry_s": expiry_s, "later": later, **listed}
            rows[vol_feed(market, expiry)] = {
                "kind": FeedKind.SURFACE,
                **price,
                "expiry_s": expiry_s,
                **flat_surface(600_000_000, spot * E8),
            }
    return rows


def flat_surface(vol_e9: int, forward_e8: int) -> dict[str, int]:
    """The fields of a surface feed that has one volatility everywhere."""
    fields = flat(vol_e9, forward_e8)
    reference = {"reference_e8": fields.pop("price_e8"), "reference_us": fields.pop("number")}
    return {**fields, **reference, "number": vol_e9}


def state_of(opened: Rows) -> State:
    """Rows as a plain state."""
    state = plain_state()
    for section, (indices, words) in opened.items():
        rows = getattr(state, section).rows
        for index, row_words in zip(indices.tolist(), words.tolist(), strict=True):
            rows[index].set_words(row_words)
    return state


def order_key(state: State, instrument_id: int) -> tuple[int, ...]:
    """What positions are sorted by."""
    row = state.instruments.rows[instrument_id]
    return (row.market, row.expiry_s, row.strike_e8, row.option_type, instrument_id)


def make_records(*fields: Fields) -> npt.NDArray[np.void]:
    """Transaction records from their fields."""
    records = np.zeros(len(fields), TX)
    for place, values in enumerate(fields):
        for name, value in values.items():
            records[place][name] = value
    return records


class Desk:
    """A plain state and what is needed to send it well-formed transactions: right owners, signers and fresh nonces."""

    def __init__(self, accounts: int = 4, cash_e8: int = RICH_E8, opened: Rows | None = None) -> None:
        self.state = state_of(opened or market_rows(accounts, cash_e8))
        self.nonce = 0

    def row(self, section: str, index: int) -> Row:
        """A row as it stands, to look at or (with `edit`) to change."""
        row: Row = getattr(self.state, section).rows[index]
        return row

    def hold(self, account: int, portfolio: Mapping[int, int]) -> None:
        """Give an account positions, quantities by instrument, instead of those that it has."""
        held = sorted(portfolio.items(), key=lambda item: order_key(self.state, item[0]))
        for page in range(PAGES):
            some = held[page * PAGE_POSITIONS : (page + 1) * PAGE_POSITIONS]
            rest = [0] * (PAGE_POSITIONS - len(some))
            words = [*(i for i, _ in some), *rest, *(q for _, q in some), *rest, *([0] * PAGE_POSITIONS)]
            self.row("holdings", account * PAGES + page).set_words(words)
        expiries = [self.row("instruments", number).expiry_s for number in portfolio]
        self.edit("accounts", account, positions=len(portfolio), expiry_s=min(filter(None, expiries), default=0))

    def edit(self, section: str, index: int, **fields: int) -> None:
        """Change a row outside of any step."""
        row = self.row(section, index)
        for name, value in fields.items():
            object.__setattr__(row, name, value)

    def set_vol(self, feed: int, vol_e9: int, **fields: int) -> None:
        """Let a surface feed have one volatility everywhere."""
        self.edit("feeds", feed, **flat_surface(vol_e9, 60_000 * E8), **fields)

    def signed(self, kind: Kind, account: int, **fields: object) -> dict[str, object]:
        """A transaction of an account, signed by its owner with the next nonce."""
        self.nonce += 1
        return {
            "authentic": 1,
            "kind": kind,
            "account": account,
            "nonce": self.nonce,
            "expiry_s": 1 << 40,
            "owner": owner(account),
            "signer": owner(account),
            **fields,
        }

    def order(self, account: int, side: int, price: float, quantity: float, **fields: object) -> dict[str, object]:
        """A limit order on instrument 1 unless told otherwise; price in USD, quantity in contracts."""
        terms = {
            "instrument": 1,
            "side": side,
            "price_e8": round(price * E8),
            "quantity_e6": round(quantity * E6),
            "max_fee_e8": 1 << 40,
        }
        return self.signed(Kind.PLACE_ORDER, account, **{**terms, **fields})

    def run(self, *fields: Fields) -> Row:
        """Apply and commit a transaction (head, then continuations); its receipt."""
        receipt = plain_row(RECEIPT)
        apply(self.state, plain_records(make_records(*fields)), 0, receipt)
        commit(self.state)
        return receipt

    def status(self, *fields: Fields) -> Status:
        """Apply and commit a transaction; its status."""
        return Status(self.run(*fields).status)
