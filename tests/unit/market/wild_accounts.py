"""Seeded worlds of accounts at and near every bound: what feeds, surfaces, parameters, scenarios, positions and cash may be at all.

    rows = wild_rows(7, 400)            # rows by section, for a plain state or a compiled one; the same for the same numbers
    purchases = wild_purchases(7, 400)  # what each of them would buy

One rule: nothing here leaves the bounds of `rollup.state.limits`, of reports, and of parameters; within them, everything may be said.
"""

import random

import numpy as np

from rollup.core.genesis import LIVE, FeedKind
from rollup.core.instrument_names import CALL, FUTURE, PERPETUAL, PUT
from rollup.core.margin_parameters import MODEL_WORDS, VolShock
from rollup.market.funding import INDEX_BITS, INDEX_MAX
from rollup.market.margin import Model
from rollup.market.settlement_window import AGGREGATE_MASK
from rollup.state.limits import (
    ASSETS,
    CASH_MAX,
    PAGE_POSITIONS,
    PAGES,
    POSITIONS,
    PRICE_MAX,
    QUANTITY_MAX,
    RATIO_ONE,
    TIME_MAX,
    WINDOW_MAX_S,
)
from rollup.state.rows import DTYPES
from rollup.transition.model_parameters import AEVO_FIRST, DERIBIT_FIRST, PORTFOLIO_FIRST, SCENARIO_FACTOR_MAX
from rollup.transition.parameters import HIGHEST, LOWEST, Parameter

NOW_S = 1_740_000_000
MARKETS, EXPIRIES, STRIKES = 3, 3, 4
FEEDS_OF_MARKET = 3 + 2 * EXPIRIES
OF_EXPIRY = 2 * STRIKES + 1
OF_MARKET = EXPIRIES * OF_EXPIRY + 1
INSTRUMENTS = MARKETS * OF_MARKET
STABLE = MARKETS * FEEDS_OF_MARKET + 1
WORD = 1 << 63


class Wild:
    """A source of numbers of every magnitude."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def up_to(self, most):
        """From 0 to a bound, itself excluded: any magnitude, the ends often."""
        chance = self.random.random()
        if chance < 0.15:
            return self.random.choice((0, 1, most - 1, most - 2, most // 2)) % most
        return min(self.random.getrandbits(self.random.randrange(1, most.bit_length() + 1)), most - 1)

    def signed(self, most):
        return self.up_to(most) * self.random.choice((-1, 1))

    def within(self, low, high):
        """Between inclusive bounds, the bounds often."""
        chance = self.random.random()
        return low if chance < 0.2 else high if chance < 0.4 else self.random.randint(low, high)

    def near(self, price):
        """A price near another, most often."""
        chance = self.random.random()
        return self.up_to(PRICE_MAX) if chance < 0.1 else min(int(price * self.random.lognormvariate(0, 0.3)), PRICE_MAX - 1)


def wild_rows(seed, accounts):
    wild = Wild(seed)
    prices = [max(wild.up_to(PRICE_MAX), 1) for _ in range(MARKETS)]
    expiries = [sorted(expiry_s(wild) for _ in range(EXPIRIES)) for _ in range(MARKETS)]
    return {
        "system": packed("system", {0: system(wild, accounts)}),
        "parameters": packed("parameters", {0: parameters(wild)}),
        "models": packed("models", {0: models(wild)}),
        "scenarios": packed("scenarios", {place: scenario(wild) for place in range(wild.random.choice((4, 4, 4, 64)))}, 64),
        "markets": packed("markets", {number: market(wild, number) for number in range(1, MARKETS + 1)}),
        "feeds": packed("feeds", feeds(wild, prices, expiries)),
        "instruments": packed("instruments", instruments(wild, prices, expiries)),
        "accounts": packed("accounts", {}, accounts + 1),
        **held_by(wild, accounts),
    }


def expiry_s(wild):
    """From long past to far ahead, most often within some months."""
    chance = wild.random.random()
    if chance < 0.1:
        return max(wild.up_to(TIME_MAX), 1)
    return NOW_S + wild.random.choice((-1, 1, 1, 1, 1)) * wild.random.randrange(1, wild.random.choice((60, 5_000, 86_400, 10**7, 10**8)))


def packed(section, rows, count=0):
    """Rows by index as indices and words; rows of zeros up to a count."""
    dtype = DTYPES[section]
    indices = np.array(sorted({*rows, *range(count)}), np.int64)
    made = np.zeros(len(indices), dtype)
    for place, index in enumerate(indices.tolist()):
        for name, value in rows.get(index, {}).items():
            made[place][name] = value
    return indices, made.view(np.int64).reshape(len(indices), dtype.itemsize // 8)


def system(wild, accounts):
    counts = {"accounts": accounts, "instruments": INSTRUMENTS, "markets": MARKETS, "feeds": STABLE}
    return {"time_s": NOW_S, "stable_feed": wild.random.choice((0, STABLE)), **counts}


def parameters(wild):
    return {each.name.lower(): wild.within(LOWEST[each], HIGHEST[each]) for each in Parameter if each != Parameter.PAUSE}


def models(wild):
    firsts = zip(("portfolio", "deribit", "aevo"), (PORTFOLIO_FIRST, DERIBIT_FIRST, AEVO_FIRST), MODEL_WORDS, strict=True)
    return {name: [wild.within(LOWEST[first + n], HIGHEST[first + n]) for n in range(words)] for name, first, words in firsts}


def scenario(wild):
    vol = wild.random.choice(list(VolShock))
    skew = vol in {VolShock.LINEAR, VolShock.ABSOLUTE}
    found = {"spot_e9": RATIO_ONE if skew else wild.up_to(SCENARIO_FACTOR_MAX + 1), "vol": vol}
    return {**found, "dampener_e9": wild.up_to(SCENARIO_FACTOR_MAX + 1)}


def market(wild, number):
    first = (number - 1) * FEEDS_OF_MARKET + 1
    return {
        "spot_feed": first,
        "rate_feed": first + 1,
        "status": LIVE,
        "asset_market": wild.random.randrange(MARKETS + 1),
        "cancels": wild.random.randrange(2),
        **{name: wild.within(0, RATIO_ONE) for name in ("factor_e9", "initial_scale_e9", "maintenance_haircut_e9", "initial_haircut_e9")},
    }


def feeds(wild, prices, expiries):
    """Nothing was reported yet of some feeds; a surface is whatever its words are."""
    found = {STABLE: {"kind": FeedKind.SPOT, **report(wild, wild.near(10**8))}}
    for number, (price, times) in enumerate(zip(prices, expiries, strict=True)):
        first = number * FEEDS_OF_MARKET + 1
        found[first] = {"kind": FeedKind.SPOT, "aggregate": wild.up_to(AGGREGATE_MASK + 1), **report(wild, price)}
        found[first + 1] = {"kind": FeedKind.RATE, **report(wild, wild.signed(RATIO_ONE))}
        found[first + 2] = {"kind": FeedKind.PERPETUAL, **report(wild, wild.near(price))}
        for place, time_s in enumerate(times):
            dated = {"kind": FeedKind.FORWARD, "expiry_s": time_s, **window(wild, time_s), "settlement_e8": settled(wild, time_s, price)}
            found[first + 3 + 2 * place] = {**dated, **report(wild, wild.near(price))}
            found[first + 4 + 2 * place] = {"kind": FeedKind.SURFACE, "expiry_s": time_s, **surface(wild, price), **report(wild, 0)}
    return {number: {} if wild.random.random() < 0.03 else feed for number, feed in found.items()}


def window(wild, time_s):
    """What was noted of a settlement window: nothing, its beginning, or its end too."""
    if wild.random.random() < 0.3:
        return {}
    opened = max(time_s - wild.random.choice((900, 1_800, wild.up_to(WINDOW_MAX_S))), 1)
    begun = {"opened_s": opened, "origin": wild.up_to(AGGREGATE_MASK + 1)}
    if time_s > NOW_S or wild.random.random() < 0.5:
        return begun
    return {**begun, "closed_s": time_s, "aggregate": wild.up_to(AGGREGATE_MASK + 1)}


def report(wild, number):
    return {"number": number, "confidence_e9": wild.within(0, RATIO_ONE), "timestamp_s": wild.up_to(NOW_S)}


def surface(wild, price):
    names = ("a", "b", "rho", "m", "sigma")
    bounds = (10**11, 10**12, 10**12, 10**12, 10**12) if wild.random.random() < 0.8 else (WORD,) * 5
    found = {f"surface_{name}": wild.signed(bound) for name, bound in zip(names, bounds, strict=True)}
    found["surface_b"] = abs(found["surface_b"])
    return {**found, "reference_e8": wild.near(price), "reference_us": wild.up_to(10**15)}


def instruments(wild, prices, expiries):
    """The perpetual of a market leads it, then each expiry's future and options: so ids are in the order of positions."""
    found = {}
    for number, (price, times) in enumerate(zip(prices, expiries, strict=True)):
        first, rate_feed = number * FEEDS_OF_MARKET + 1, number * FEEDS_OF_MARKET + 2
        base = {"status": LIVE, "market": number + 1, "rate_feed": rate_feed, "open_interest_e6": wild.up_to(1 << 60)}
        funding = {"funding_e8": wild.signed(INDEX_MAX), "funding_rest": wild.up_to(1 << INDEX_BITS), "funding_s": wild.up_to(NOW_S)}
        found[len(found) + 1] = {**base, "option_type": PERPETUAL, "forward_feed": first + 2, **funding}
        for place, time_s in enumerate(times):
            dated = {**base, "expiry_s": time_s, "forward_feed": first + 3 + 2 * place}
            found[len(found) + 1] = {**dated, "option_type": FUTURE}
            for strike in sorted(max(wild.near(price), 1) for _ in range(STRIKES)):
                for option_type in (CALL, PUT):
                    option = {"option_type": option_type, "strike_e8": strike, "vol_feed": first + 4 + 2 * place}
                    found[len(found) + 1] = {**dated, **option}
    return found


def settled(wild, time_s, price):
    return wild.near(price) if time_s <= NOW_S and wild.random.random() < 0.5 else 0


def held_by(wild, accounts):
    """Accounts of every model, their positions and collateral."""
    own, pages, secured = {}, {}, {}
    for account in range(1, accounts + 1):
        count = wild.random.choice((0, 1, 1, 2, 2, 3, 5, 9)) if wild.random.random() < 0.99 else POSITIONS
        ids = sorted(wild.random.choices(range(1, INSTRUMENTS + 1), k=count))
        most = wild.random.choice((QUANTITY_MAX, QUANTITY_MAX, 10**9, 10**6))
        quantities = [wild.signed(most) for _ in ids]
        own[account] = {"status": LIVE, "cash_e8": wild.signed(CASH_MAX), "positions": count, "margin_model": account % len(Model)}
        for page in range(-(-count // PAGE_POSITIONS)):
            some = slice(page * PAGE_POSITIONS, (page + 1) * PAGE_POSITIONS)
            rest = [0] * (PAGE_POSITIONS - len(ids[some]))
            paid = [wild.signed(INDEX_MAX) if (i - 1) % OF_MARKET == 0 else 0 for i in ids[some]]
            pages[account * PAGES + page] = {
                "instrument": ids[some] + rest,
                "quantity_e6": quantities[some] + rest,
                "funding_e8": paid + rest,
            }
        if wild.random.random() < 0.3:
            secured[account] = {"quantity_e6": [wild.up_to(QUANTITY_MAX) for _ in range(ASSETS)]}
    return {
        "accounts": packed("accounts", own, accounts + 1),
        "holdings": packed("holdings", pages, (accounts + 1) * PAGES),
        "collateral": packed("collateral", secured, accounts + 1),
    }


def wild_purchases(seed, accounts):
    """For each account, and for account 0: an instrument (0 for none), a quantity and a change of cash."""
    wild = Wild(seed + 1)
    found = np.zeros((accounts + 1, 3), np.int64)
    for account in range(accounts + 1):
        if wild.random.random() < 0.5:
            found[account] = wild.random.randrange(1, INSTRUMENTS + 1), wild.signed(QUANTITY_MAX), wild.signed(1 << 59)
    return found
