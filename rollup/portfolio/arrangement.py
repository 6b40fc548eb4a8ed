"""A portfolio as a state of the rollup with one account in it, so that its margin is computed by the very code that every account's is.

One rule: nothing is decided here. Numbers go into the rows that they have in every state, and what a state has no room for is refused.

Ids count from 1: the markets of the file, then its assets, each a market of its own that has nothing but a spot price. An outright is paid
for in full in a state, so its profit becomes cash, less what it is worth. Times are later in the state by `LATER_S`, so that no settlement
window begins at 0, which would mean that it has not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from rollup.core.genesis import LIVE, FeedKind
from rollup.core.instrument_names import FUTURE, PERPETUAL
from rollup.core.margin_parameters import ModelParameters
from rollup.market.settlement_window import AGGREGATE_MASK
from rollup.portfolio.decimals import PortfolioError
from rollup.portfolio.portfolio import Deposit, Expiry, Future, Market, Option, Perpetual, Portfolio, Quote
from rollup.state.layout import State
from rollup.state.limits import ASSETS, CASH_MAX, FEED_BITS, PAGE_POSITIONS, PAGES, POSITIONS, QUANTITY_ONE, RATIO_ONE, WINDOW_MAX_S
from rollup.state.plain import plain_state, row_type
from rollup.state.rows import DTYPES, RowsBySection, pack_rows

ACCOUNT = 1
"""Id of the account."""

LATER_S = WINDOW_MAX_S
"""How much later everything is in the state."""

Fields = Mapping[str, int | Sequence[int]]
"""Fields of one row; those left out are 0."""

Rows = dict[str, dict[int, Fields]]
"""Rows by section and index."""

Held = tuple[int, int, int, int, int]
"""Market, expiry, strike, type and quantity of a position: in the order of positions in a state."""


def portfolio_state(portfolio: Portfolio, model: int) -> State:
    """Return a plain state in which account 1 has the portfolio and the margin model. Raises PortfolioError where there is no room."""
    state = plain_state()
    for section, (indices, words) in portfolio_rows(portfolio, model).items():
        rows = getattr(state, section).rows
        for index, row in zip(indices.tolist(), words.tolist(), strict=True):
            rows[index].set_words(row)
    return state


def portfolio_rows(portfolio: Portfolio, model: int) -> RowsBySection:
    """Return the rows of that state. Raises PortfolioError."""
    feeds = Feeds(portfolio)
    held = sorted(held_positions(portfolio))
    if len(held) > POSITIONS:
        raise PortfolioError("portfolio.positions", received=len(held), expected=f"at most {POSITIONS} instruments")
    if len(portfolio.markets) + len(portfolio.assets) >= ASSETS:
        raise PortfolioError("markets and assets", received=len(portfolio.markets) + len(portfolio.assets), expected=f"fewer than {ASSETS}")
    if len(feeds.rows) >= 1 << FEED_BITS:
        raise PortfolioError("feeds of markets and assets", received=len(feeds.rows), expected=f"fewer than {1 << FEED_BITS}")
    instruments = {number: instrument(feeds, *position[:4]) for number, position in enumerate(held, 1)}
    rows: Rows = {
        "system": {0: system(portfolio, feeds, len(instruments))},
        "parameters": {0: standard_numbers(portfolio)},
        "models": {0: model_numbers(portfolio)},
        "scenarios": dict(enumerate(scenarios(portfolio))),
        "accounts": {ACCOUNT: {"status": LIVE, "cash_e8": cash(portfolio), "positions": len(held), "margin_model": model}},
        "holdings": dict(holdings(held)),
        "collateral": {ACCOUNT: {"quantity_e6": deposits(portfolio)}},
        "markets": dict(enumerate(markets(portfolio, feeds), 1)),
        "instruments": instruments,
        "feeds": feeds.rows,
    }
    return {section: packed(section, found) for section, found in rows.items()}


@dataclass
class Feeds:
    """The feeds of a portfolio, and their ids."""

    portfolio: Portfolio
    rows: dict[int, Fields] = field(default_factory=dict)
    ids: dict[tuple[FeedKind, int, int], int] = field(default_factory=dict)
    """By kind, market and expiry."""
    stable: int = 0

    def __post_init__(self) -> None:
        """Make them all."""
        for number, market in enumerate(self.portfolio.markets, 1):
            self.add_market(number, market)
        for number, asset in enumerate(self.portfolio.assets, len(self.portfolio.markets) + 1):
            self.add(FeedKind.SPOT, number, 0, price_of(asset.quote))
        self.stable = self.add(FeedKind.SPOT, 0, 0, price_of(self.portfolio.stable))

    def add_market(self, number: int, market: Market) -> None:
        """Add the feeds of one market."""
        self.add(FeedKind.SPOT, number, 0, price_of(market.spot))
        self.add(FeedKind.PERPETUAL, number, 0, price_of(market.perpetual or market.spot))
        for expiry in market.expiries:
            self.add(FeedKind.FORWARD, number, expiry.expiry_s, {**price_of(expiry.forward), **self.settled(expiry)})
            self.add(FeedKind.SURFACE, number, expiry.expiry_s, surface_of(expiry))
            self.add(FeedKind.RATE, number, expiry.expiry_s, {"number": expiry.rate_e9, "confidence_e9": expiry.rate_confidence_e9})

    def settled(self, expiry: Expiry) -> Fields:
        """What a forward feed knows of its settlement window, where that has begun: the sum of a spot feed that is 0 by now."""
        window = self.portfolio.parameters.settlement_window_s
        passed = min(window - (expiry.expiry_s - self.portfolio.time_s), window)
        if passed <= 0:
            return {}
        average = expiry.forward.price_e8 if expiry.settled_e8 is None else expiry.settled_e8
        return {"opened_s": expiry.expiry_s - window + LATER_S, "origin": -average * passed & AGGREGATE_MASK}

    def add(self, kind: FeedKind, market: int, expiry_s: int, values: Fields) -> int:
        """Add one feed, reported now: its id."""
        number = len(self.rows) + 1
        self.ids[kind, market, expiry_s] = number
        dated = kind in {FeedKind.FORWARD, FeedKind.SURFACE, FeedKind.RATE}
        times = {"expiry_s": expiry_s + LATER_S if dated else 0, "timestamp_s": self.portfolio.time_s + LATER_S}
        self.rows[number] = {"kind": kind, "market": market, **times, **values}
        return number


def price_of(quote: Quote) -> Fields:
    """Return a price feed's fields."""
    return {"number": quote.price_e8, "confidence_e9": quote.confidence_e9}


def surface_of(expiry: Expiry) -> Fields:
    """Return a volatility feed's fields."""
    given = expiry.surface
    shape = {f"surface_{name}": getattr(given, f"{name}_e12") for name in ("a", "b", "rho", "m", "sigma")}
    return {**shape, "reference_e8": given.forward_e8, "reference_us": given.tenor_us, "confidence_e9": given.confidence_e9}


def held_positions(portfolio: Portfolio) -> Iterator[Held]:
    """Yield the positions in instruments; of none of which nothing is held."""
    numbers = {market.symbol: number for number, market in enumerate(portfolio.markets, 1)}
    for position in portfolio.positions:
        if isinstance(position, Deposit) or position.quantity_e6 == 0:
            continue
        market = numbers[position.market]
        if isinstance(position, Option):
            yield market, position.expiry_s, position.strike_e8, position.option_type, position.quantity_e6
        elif isinstance(position, Future):
            yield market, position.expiry_s, 0, FUTURE, position.quantity_e6
        else:
            yield market, 0, 0, PERPETUAL, position.quantity_e6


def instrument(feeds: Feeds, market: int, expiry_s: int, strike_e8: int, option_type: int) -> Fields:
    """Return an instrument's fields."""
    forward = FeedKind.PERPETUAL if option_type == PERPETUAL else FeedKind.FORWARD
    outright = option_type in (FUTURE, PERPETUAL)
    return {
        "status": LIVE,
        "market": market,
        "option_type": option_type,
        "strike_e8": strike_e8,
        "expiry_s": 0 if option_type == PERPETUAL else expiry_s + LATER_S,
        "forward_feed": feeds.ids[forward, market, expiry_s],
        "vol_feed": 0 if outright else feeds.ids[FeedKind.SURFACE, market, expiry_s],
        "rate_feed": feeds.ids.get((FeedKind.RATE, market, expiry_s), 0),
        # What is due is in the file; from now on nothing accrues.
        "funding_s": feeds.portfolio.time_s + LATER_S,
    }


def cash(portfolio: Portfolio) -> int:
    """Return the cash of the account: the file's, with the profit of outrights, less what these are worth. Raises PortfolioError."""
    total = portfolio.cash_e8
    markets_by_symbol = {market.symbol: market for market in portfolio.markets}
    for position in portfolio.positions:
        if isinstance(position, Perpetual | Future):
            market = markets_by_symbol[position.market]
            price = market.perpetual or market.spot
            worth = price.price_e8
            if isinstance(position, Future):
                worth = forward_now(portfolio, next(each for each in market.expiries if each.expiry_s == position.expiry_s))
            funding = position.funding_e8 if isinstance(position, Perpetual) else 0
            total += position.pnl_e8 + funding - position.quantity_e6 * worth // QUANTITY_ONE
    if abs(total) >= CASH_MAX:
        raise PortfolioError("portfolio.cash", received=total, expected=f"with what outrights cost, less than {CASH_MAX} in 1e-8 USD")
    return total


def forward_now(portfolio: Portfolio, expiry: Expiry) -> int:
    """Return an expiry's forward of which a part is settled, as `rollup.market.settlement_window` has it."""
    window = portfolio.parameters.settlement_window_s
    remaining = max(expiry.expiry_s - portfolio.time_s, 0)
    if remaining >= window:
        return expiry.forward.price_e8
    average = expiry.forward.price_e8 if expiry.settled_e8 is None else expiry.settled_e8
    return (average * (window - remaining) + expiry.forward.price_e8 * remaining) // window


def deposits(portfolio: Portfolio) -> list[int]:
    """Return what is held of each asset, by market. Raises PortfolioError for what is owed."""
    held = [0] * ASSETS
    numbers = {asset.symbol: number for number, asset in enumerate(portfolio.assets, len(portfolio.markets) + 1)}
    for position in portfolio.positions:
        if isinstance(position, Deposit):
            if position.quantity_e6 < 0:
                raise PortfolioError(f"quantity of {position.asset}", received=position.quantity_e6, expected="not negative")
            held[numbers[position.asset]] = position.quantity_e6
    return held


def markets(portfolio: Portfolio, feeds: Feeds) -> Iterator[Fields]:
    """Yield the markets' fields, then those of the assets."""
    numbers = {market.symbol: number for number, market in enumerate(portfolio.markets, 1)}
    for number in numbers.values():
        yield {"status": LIVE, "spot_feed": feeds.ids[FeedKind.SPOT, number, 0]}
    for number, asset in enumerate(portfolio.assets, len(numbers) + 1):
        names = ("factor_e9", "initial_scale_e9", "maintenance_haircut_e9", "initial_haircut_e9")
        yield {
            "status": LIVE,
            "spot_feed": feeds.ids[FeedKind.SPOT, number, 0],
            "asset_market": numbers.get(asset.market, 0),
            "cancels": int(asset.cancels_risk),
            **{name: getattr(asset, name) for name in names},
        }


def holdings(held: Sequence[Held]) -> Iterator[tuple[int, Fields]]:
    """Yield the pages of positions, by index."""
    for page in range(0, len(held), PAGE_POSITIONS):
        quantities = [position[4] for position in held[page : page + PAGE_POSITIONS]]
        ids = list(range(page + 1, page + 1 + len(quantities)))
        missing = [0] * (PAGE_POSITIONS - len(ids))
        yield ACCOUNT * PAGES + page // PAGE_POSITIONS, {"instrument": ids + missing, "quantity_e6": quantities + missing}


def system(portfolio: Portfolio, feeds: Feeds, instruments: int) -> Fields:
    """Return the system's fields."""
    return {
        "time_s": portfolio.time_s + LATER_S,
        "accounts": ACCOUNT,
        "markets": len(portfolio.markets) + len(portfolio.assets),
        "instruments": instruments,
        "feeds": len(feeds.rows),
        "stable_feed": feeds.stable,
        "lag_until_s": portfolio.time_s + LATER_S + 1,
    }


def standard_numbers(portfolio: Portfolio) -> Fields:
    """Return the fields of the parameters that margin rests on."""
    given = portfolio.parameters
    standard = {each.name: getattr(given.standard, each.name) for each in fields(given.standard)}
    # A lag that counts in full, whatever it is: so the state's strain is the file's.
    strain = {"lag_most_e9": portfolio.strain_e9, "lag_decay_e9": RATIO_ONE}
    return {**standard, **strain, "settlement_window_s": given.settlement_window_s, "funding_period_s": 1}


def model_numbers(portfolio: Portfolio) -> Fields:
    """Return the fields of the row of models."""
    given = portfolio.parameters
    models: dict[str, ModelParameters] = {"portfolio": given.portfolio, "deribit": given.deribit_standard, "aevo": given.aevo_portfolio}
    return {name: numbers_of(model) for name, model in models.items()}


def numbers_of(model: ModelParameters) -> list[int]:
    """Return a model's numbers in the order of their places."""
    return [getattr(model, each.name) for each in fields(model) if each.name != "scenarios"]


def scenarios(portfolio: Portfolio) -> Iterator[Fields]:
    """Yield the scenarios' fields."""
    for scenario in portfolio.parameters.portfolio.scenarios:
        yield {"spot_e9": scenario.spot_e9, "vol": scenario.vol, "dampener_e9": scenario.dampener_e9}


def packed(section: str, rows: Mapping[int, Fields]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows as words."""
    made = {}
    for index, values in rows.items():
        row = row_type(DTYPES[section])()
        for name, value in values.items():
            if isinstance(value, int):
                setattr(row, name, int(value))
            else:
                for place, word in enumerate(value):
                    getattr(row, name)[place] = int(word)
        made[index] = row.words()
    return pack_rows(section, made)
