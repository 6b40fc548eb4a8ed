"""The day's prices: spot and volatility as the day has them, and the forwards, surfaces and marks that follow. Pure integers."""

from dataclasses import dataclass, field

from rollup.core.genesis import FeedKind, Genesis, Instrument
from rollup.core.instrument_names import FUTURE, PERPETUAL
from rollup.devnet.surfaces import smile
from rollup.market.pricing import black76
from rollup.market.surface import surface_vol

E8, E9 = 10**8, 10**9

YEAR_S = 365 * 86_400

RATE_E9 = 40_000_000
"""Rate a year that forwards and the rate feeds have."""

SPOTS = {"BTC": 100_000, "ETH": 4_000}
"""Prices when the day begins, USD."""

CALM_E9 = 600_000_000
"""Volatility when nothing happens."""


@dataclass
class Weather:
    """Prices as they are now."""

    genesis: Genesis
    time_s: int
    change_e9: int = E9
    """Spot prices as a share of what they were when the day began."""
    vol_e9: int = CALM_E9
    surfaces: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    """By market and expiry: the surface of now."""

    def move(self, time_s: int, change_e9: int, vol_e9: int) -> None:
        """Let prices be others from now on."""
        self.time_s, self.change_e9, self.vol_e9 = time_s, change_e9, vol_e9
        self.surfaces.clear()

    def spot(self, market: int) -> int:
        """Return a market's spot price, 1e-8 USD."""
        return SPOTS[self.genesis.markets[market - 1].symbol] * E8 * self.change_e9 // E9

    def forward(self, market: int, expiry_s: int) -> int:
        """Return an expiry's forward: spot with the rate until then; spot itself for what never expires."""
        spot = self.spot(market)
        return spot + spot * RATE_E9 // E9 * max(expiry_s - self.time_s, 0) // YEAR_S if expiry_s else spot

    def surface(self, market: int, expiry_s: int) -> dict[str, int]:
        """Return an expiry's surface, as reporters send it."""
        key = market, expiry_s
        if key not in self.surfaces:
            self.surfaces[key] = smile(self.vol_e9, self.forward(market, expiry_s), max(expiry_s - self.time_s, 3_600))
        return self.surfaces[key]

    def observed(self, feed_id: int) -> dict[str, int]:
        """Return the signed fields of a report of a feed."""
        feed = self.genesis.feeds[feed_id - 1]
        if feed.kind == FeedKind.SURFACE:
            return self.surface(feed.market, feed.expiry_s)
        if feed.kind == FeedKind.STABLE:
            return {"number": E8}
        return {"number": RATE_E9 if feed.kind == FeedKind.RATE else self.forward(feed.market, feed.expiry_s)}

    def mark(self, instrument: Instrument) -> int:
        """Return what an instrument is worth, 1e-8 USD: by the surface just reported, for a position of the moment."""
        forward = self.forward(instrument.market, instrument.expiry_s)
        if instrument.option_type in {FUTURE, PERPETUAL}:
            return forward
        surface = self.surface(instrument.market, instrument.expiry_s)
        a, b, rho, m, sigma = (surface[f"surface_{name}"] for name in ("a", "b", "rho", "m", "sigma"))
        vol = surface_vol(a, b, rho, m, sigma, surface["price_e8"], surface["number"], instrument.strike_e8)
        return int(black76(forward, instrument.strike_e8, vol, instrument.expiry_s - self.time_s, instrument.option_type))

    def priced(self, instrument: Instrument, share_e9: int) -> int:
        """Return a share of the mark on the instrument's tick: rounded down below the mark, up above it, and at least one tick."""
        price, tick = self.mark(instrument) * share_e9 // E9, instrument.tick_e8
        ticks = price // tick if share_e9 <= E9 else -(-price // tick)
        return max(ticks, 1) * tick
