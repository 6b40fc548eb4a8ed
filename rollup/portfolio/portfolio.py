"""A portfolio: one account's positions, the feeds that value them, and the parameters of the margin models.

Each class here is an object of the file, each field an entry of it. An entry has the field's name without its unit: `price_e8` is
`"price": "2681.6"`. Fields with a default may be left out.

    portfolio  = {"format": "optroll/portfolio/1", "time": …, "cash": …, "stable": quote, "strain": …, "markets": [market …],
                  "assets": [asset …], "positions": [position …], "parameters": parameters}
    market     = {"symbol": "ETH", "spot": quote, "perpetual": quote, "expiries": [expiry …]}
    expiry     = {"expiry": …, "forward": quote, "settled": …, "rate": …, "rate_confidence": …, "surface": surface}
    surface    = {"a": …, "b": …, "rho": …, "m": …, "sigma": …, "forward": …, "tenor": …, "confidence": …}
    asset      = {"symbol": "WEETH", "quote": quote, "market": "ETH", …}
    quote      = {"price": …, "confidence": …}
    position   = {"instrument": "ETH-20250228-4000-C", "quantity": …}
               | {"market": "ETH", "expiry": …, "strike": …, "type": "call" | "put", "quantity": …}
               | {"instrument": "ETH-PERPETUAL", "quantity": …, "entry": …, "pnl": …, "funding": …}
               | {"instrument": "ETH-20250228", "quantity": …, "entry": …, "pnl": …}
               | {"asset": "WEETH", "quantity": …}

Units: prices, strikes and cash in USD; quantities in contracts, or whole pieces of an asset; volatilities, rates, ratios and confidence
as fractions of one; times in Unix seconds (an expiry may be a date, "20250228", which means 08:00 UTC); a tenor in seconds.
"""

from dataclasses import MISSING, dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from rollup.core.instrument_names import CALL, PUT
from rollup.core.margin_parameters import AevoParameters, DeribitParameters, PortfolioParameters, StandardParameters
from rollup.state.limits import CASH_MAX, PRICE_MAX, QUANTITY_MAX, RATIO_MAX, RATIO_ONE, STRAIN_MAX_E9, TIME_MAX, WINDOW_MAX_S

FORMAT = "optroll/portfolio/1"
"""What the entry `format` says."""

UNITS = MappingProxyType({"e6": 10**6, "e8": 10**8, "e9": 10**9, "e12": 10**12, "s": 1, "us": 10**6})
"""Units by what the name of a field ends with: how many of them make the unit of the file."""

SURFACE_MAX = 1 << 60
"""Exclusive bound of a surface's parameters, 1e-12: what a word can hold. What a surface may be is said in `rollup.market.surface`."""

SYMBOL_MAX = 8
"""Longest symbol of a market."""


def entry_name(name: str) -> str:
    """Return what the file calls a field: its name without the unit."""
    stem, _, suffix = name.rpartition("_")
    return "type" if name == "option_type" else stem if suffix in UNITS else name


def number(low: int, high: int, default: Any = MISSING) -> Any:
    """Describe a number, in the unit that its field's name ends with: from `low` up to `high`, the last excluded."""
    return field(default=default, metadata={"low": low, "high": high})


def price(default: Any = MISSING) -> Any:
    """Describe a price: of at least 0."""
    return number(0, PRICE_MAX, default)


def money() -> Any:
    """Describe an amount of cash, negative where it is owed; none where it is left out."""
    return number(1 - CASH_MAX, CASH_MAX, 0)


def share(default: Any = MISSING) -> Any:
    """Describe a ratio of at least 0."""
    return number(0, RATIO_MAX, default)


def signed_share(default: Any = MISSING) -> Any:
    """Describe a ratio, negative or not."""
    return number(1 - RATIO_MAX, RATIO_MAX, default)


def moment() -> Any:
    """Describe a time."""
    return number(0, TIME_MAX)


def quantity() -> Any:
    """Describe a quantity; negative is short."""
    return number(1 - QUANTITY_MAX, QUANTITY_MAX)


def parameter() -> Any:
    """Describe a parameter of a surface."""
    return number(1 - SURFACE_MAX, SURFACE_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A feed's price, and how sure it is."""

    price_e8: int = price()
    confidence_e9: int = share(RATIO_ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Volatilities of one expiry by strike: `rollup.market.surface`."""

    a_e12: int = parameter()
    b_e12: int = parameter()
    rho_e12: int = parameter()
    m_e12: int = parameter()
    sigma_e12: int = parameter()
    forward_e8: int = price()
    """Forward that the parameters were fitted at."""
    tenor_us: int = number(1, TIME_MAX * 10**6)
    """Tenor that they were fitted at, seconds in the file."""
    confidence_e9: int = share(RATIO_ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The feeds of one expiry."""

    expiry_s: int = moment()
    forward: Quote
    surface: Surface
    settled_e8: int | None = price(None)
    """Average of spot over that part of the settlement window that has passed; the forward where it is left out."""
    rate_e9: int = signed_share(0)
    rate_confidence_e9: int = share(RATIO_ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """An underlying."""

    symbol: str
    spot: Quote
    perpetual: Quote | None = None
    """Price of the perpetual; spot where it is left out."""
    expiries: tuple[Expiry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A collateral asset, and what the margin models make of it."""

    symbol: str
    quote: Quote
    market: str = ""
    """The market whose risk it cancels, or which it is the base asset of; none where it is left out."""
    cancels_risk: bool = False
    """Portfolio margin: do scenarios move its value with its market's spot price?"""
    maintenance_haircut_e9: int = share(0)
    """Portfolio margin: the share of its value that does not count."""
    initial_haircut_e9: int = share(0)
    """Portfolio margin: the further share that does not count initially."""
    factor_e9: int = share(0)
    """Standard margin: the share of its value that counts."""
    initial_scale_e9: int = share(RATIO_ONE)
    """Standard margin: what this share is multiplied with initially."""


class OptionType(IntEnum):
    """Types of options."""

    CALL = CALL
    PUT = PUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A position in options."""

    market: str
    expiry_s: int = moment()
    strike_e8: int = price()
    option_type: OptionType
    quantity_e6: int = quantity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Perpetual:
    """A position in a perpetual."""

    market: str
    quantity_e6: int = quantity()
    pnl_e8: int = money()
    """Profit that is not settled yet."""
    funding_e8: int = money()
    """Funding that is not settled yet; what the position has earned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """A position in a dated future."""

    market: str
    expiry_s: int = moment()
    quantity_e6: int = quantity()
    pnl_e8: int = money()
    """Profit that is not settled yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What is held of a collateral asset."""

    asset: str
    quantity_e6: int = quantity()


Position = Option | Perpetual | Future | Deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of the models; those of Derive's mainnet where they are left out."""

    standard: StandardParameters = field(default_factory=StandardParameters)
    portfolio: PortfolioParameters = field(default_factory=PortfolioParameters)
    deribit_standard: DeribitParameters = field(default_factory=DeribitParameters)
    aevo_portfolio: AevoParameters = field(default_factory=AevoParameters)
    settlement_window_s: int = number(1, WINDOW_MAX_S, 1_800)
    """How long before an expiry spot is averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All of it."""

    time_s: int = moment()
    """Now."""
    cash_e8: int = money()
    stable: Quote = field(default_factory=lambda: Quote(price_e8=100_000_000))
    """Price in USD of what cash is a claim on."""
    strain_e9: int = number(0, 3 * STRAIN_MAX_E9 + 1, 0)
    """By how much the initial buffer grows, as `optroll_getAccount` shows it in three parts."""
    markets: tuple[Market, ...] = ()
    assets: tuple[Asset, ...] = ()
    positions: tuple[Position, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
