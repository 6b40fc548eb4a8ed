"""Seeded portfolios for the margin models: several markets, every kind of instrument, collateral, doubt, depegs, odd parameters.

    document = random_portfolio(7)          # a portfolio file, the same for the same number

One rule: every number has no more digits than its unit in a state, so that reading the file loses nothing.
"""

import random
from fractions import Fraction

from tests.vectors.converters import decimal

NOW_S = 1_740_000_000
DAY_S = 86_400
SPOTS = {"BTC": 96_000, "ETH": 2_700, "SOL": 170}
SHOCKS = ("up", "none", "down", "linear", "absolute")


def random_portfolio(seed):
    """A portfolio file."""
    r = random.Random(seed)
    symbols = r.sample(sorted(SPOTS), r.choice((1, 1, 2, 3)))
    markets = [market(r, symbol) for symbol in symbols]
    assets = [asset(r, f"A{place}", symbols) for place in range(r.choice((0, 0, 1, 2)))]
    positions = [each for place in markets for each in positions_in(r, place)]
    positions += [{"asset": each["symbol"], "quantity": number(r, 0.001, 50, 6)} for each in assets]
    return {
        "format": "optroll/portfolio/1",
        "time": NOW_S,
        "cash": number(r, -50_000, 400_000, 8),
        "stable": {"price": r.choice(("1", "1", number(r, 0.5, 1.02, 8)))},
        "markets": markets,
        "assets": assets,
        "positions": positions,
        "parameters": parameters(r),
    }


def number(r, low, high, digits):
    """A decimal between two numbers."""
    return decimal(Fraction(round(r.uniform(low, high) * 10**digits), 10**digits))


def sure(r):
    """A confidence, most often none to worry about."""
    return number(r, 0, 1, 9) if r.random() < 0.15 else "1"


def quote(r, price):
    return {"price": price, "confidence": sure(r)}


def market(r, symbol):
    spot = SPOTS[symbol] * r.uniform(0.3, 3)
    seconds = {
        r.choice((r.randrange(60, 3_600), r.randrange(DAY_S), r.randrange(1, 60) * DAY_S, r.randrange(60, 720) * DAY_S)) for _ in range(3)
    }
    found = {
        "symbol": symbol,
        "spot": quote(r, number(r, spot, spot, 8)),
        "expiries": [expiry(r, spot, left) for left in sorted(seconds)[: r.randrange(1, 4)]],
    }
    return {**found, "perpetual": quote(r, number(r, spot * 0.99, spot * 1.01, 8))} if r.random() < 0.8 else found


def expiry(r, spot, seconds):
    """An expiry, perhaps within its settlement window; its surface was fitted some seconds ago."""
    forward = spot * r.uniform(0.97, 1.06)
    found = {
        "expiry": NOW_S + seconds,
        "forward": quote(r, number(r, forward, forward, 8)),
        "rate": number(r, -0.05, 0.3, 9),
        "rate_confidence": sure(r),
        "surface": surface(r, forward * r.uniform(0.99, 1.01), seconds + r.randrange(600)),
    }
    return {**found, "settled": number(r, spot * 0.9, spot * 1.1, 8)} if r.random() < 0.5 else found


def surface(r, forward, tenor):
    """A smile of 20 to 200 %, now and then one of up to 1,600 % (more is no volatility of a state)."""
    vol, years, odd = r.uniform(0.2, 2), tenor / (365 * DAY_S), r.random() < 0.05
    total = vol * vol * years
    found = {
        "a": number(r, 0.3 * total, 0.9 * total, 12),
        "b": number(r, 0, min(1, 40 * years) if odd else min(1, 0.8 * total**0.5), 12),
        "rho": number(r, -0.95, 0.95, 12),
        "m": number(r, -0.3, 0.3, 12),
        "sigma": number(r, 0.001, 1 if odd else 0.5, 12),
    }
    return {**found, "forward": number(r, forward, forward, 8), "tenor": tenor, "confidence": sure(r)}


def asset(r, symbol, markets):
    found = {
        "symbol": symbol,
        "quote": quote(r, number(r, 0.5, 5_000, 8)),
        "factor": number(r, 0, 1, 9),
        "initial_scale": number(r, 0, 1, 9),
        "maintenance_haircut": number(r, 0, 0.3, 9),
        "initial_haircut": number(r, 0, 0.3, 9),
    }
    return found if r.random() < 0.3 else {**found, "market": r.choice(markets), "cancels_risk": r.random() < 0.5}


def positions_in(r, market):
    """Options of one market, often with the same strike on both sides; futures; a perpetual."""
    spot = float(market["spot"]["price"])
    found = []
    for place in market["expiries"]:
        strikes = sorted({number(r, spot * 0.5, spot * 1.6, 2) for _ in range(r.randrange(5))})
        for strike in strikes:
            for kind in r.choice((("call",), ("put",), ("call", "put"))):
                held = number(r, -20, 20, r.choice((0, 2, 6)))
                found.append({"market": market["symbol"], "expiry": place["expiry"], "strike": strike, "type": kind, "quantity": held})
        if r.random() < 0.3:
            dated = {"market": market["symbol"], "expiry": place["expiry"], "type": "future"}
            found.append({**dated, "quantity": number(r, -5, 5, 6), "pnl": number(r, -900, 900, 8)})
    if r.random() < 0.5:
        held = {"quantity": number(r, -9, 9, 6), "pnl": number(r, -900, 900, 8), "funding": number(r, -9, 9, 8)}
        found.append({"instrument": f"{market['symbol']}-PERPETUAL", **held})
    return found


def parameters(r):
    """The usual parameters, or some changed and other scenarios."""
    if r.random() < 0.6:
        return {}
    changed = {
        "initial_loss": number(r, 1, 2, 9), "maintenance_loss": number(r, 0.5, 1, 9), "vol_floor": number(r, 0, 1, 9),
        "long_discount": number(r, 0.5, 1, 9), "short_discount": number(r, 1, 1.2, 9), "wing_slope": number(r, -0.2, 0.2, 9),
        "basis_up": number(r, 1, 1.2, 9), "basis_scale": number(r, 0, 5, 9), "confidence_threshold": number(r, 0, 1, 9),
    }  # fmt: skip
    return {
        "portfolio": {**dict(r.sample(sorted(changed.items()), 4)), "scenarios": [scenario(r) for _ in range(r.choice((1, 7, 64)))]},
        "deribit_standard": {"perpetual_size": number(r, 0, 0.001, 9), "maintenance": number(r, 0, 0.2, 9)},
        "aevo_portfolio": {"floor": number(r, 0, 0.2, 9), "vol_down": number(r, 0, 2, 9)},
    }


def scenario(r):
    vol = r.choice(SHOCKS)
    spot = "1" if vol in {"linear", "absolute"} else number(r, 0.1, 4, 9)
    return {"spot": spot, "vol": vol, "dampener": r.choice(("1", number(r, 0, 1.5, 9)))}
