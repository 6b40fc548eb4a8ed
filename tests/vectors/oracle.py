"""The margin models in 60 digits, written from MARKET's formulas, on portfolio files as they are.

One rule: no line of this is the product's. It reads the file's decimals itself and computes with mpmath; so an error that it shares with
the kernels would have to be one in the formulas, and those are held against what others published.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from mpmath import erfc, exp, ln, mpf, sqrt, workdps

from rollup.core.margin_parameters import AevoParameters, DeribitParameters, PortfolioParameters, StandardParameters

DIGITS = 60
ZERO = mpf(0)
YEAR_S = 31_536_000
MONTH_S = 30 * 86_400
WINDOW_S = 1_800
VARIANCE_MAX = 20
WINGS = 4
"""Deviations beyond which a surface is flat (Derive's feed; MARKET is silent about it)."""


def real(number):
    """A number of a file, exactly."""
    fraction = Fraction(str(number))
    return mpf(fraction.numerator) / fraction.denominator


def margin(document, model):
    """What a model makes of a portfolio file: initial and maintenance health, and its terms by name."""
    with workdps(DIGITS):
        return MODELS[model](Book(document))


class Given(dict):
    """An object of a file whose numbers are read when asked for; what is left out is what the format says."""

    def number(self, name, default=None):
        value = self.get(name, default)
        return None if value is None else real(value)


@dataclass
class Leg:
    """An option held."""

    strike: mpf
    is_call: bool
    quantity: mpf
    vol: mpf


@dataclass
class Expiry:
    """An expiry in which something is held."""

    seconds: mpf
    fixed: mpf
    moving: mpf
    rate: mpf
    confidences: list
    """Of the forward, and of the surface."""
    rate_confidence: mpf
    surface: Given
    legs: list = field(default_factory=list)
    futures: mpf = ZERO
    futures_profit: mpf = ZERO

    @property
    def forward(self):
        return self.fixed + self.moving

    @property
    def confidence(self):
        """The surface does not matter to a future alone."""
        return min(self.confidences) if self.legs else self.confidences[0]

    @property
    def tenor(self):
        return self.seconds / YEAR_S

    @property
    def shorts(self):
        return sum((-leg.quantity for leg in self.legs if leg.quantity < 0), ZERO)

    @property
    def naked(self):
        """Contracts that nothing of the same strike covers."""
        nets = {}
        for leg in self.legs:
            nets[leg.strike] = nets.get(leg.strike, 0) + leg.quantity
        return sum((max(ZERO, -net) for net in nets.values()), ZERO)


@dataclass
class Market:
    """A market in which something is held."""

    spot: mpf
    confidence: mpf
    perpetual_price: mpf
    perpetual_confidence: mpf
    expiries: dict = field(default_factory=dict)
    perpetual: mpf = ZERO
    perpetual_profit: mpf = ZERO
    """With funding."""
    assets: list = field(default_factory=list)

    @property
    def held(self):
        """The expiries with options or futures in them."""
        return [expiry for expiry in self.expiries.values() if expiry.legs or expiry.futures]

    @property
    def profit(self):
        """Of the perpetual and the futures."""
        return self.perpetual_profit + sum((expiry.futures_profit for expiry in self.expiries.values()), ZERO)


@dataclass
class Asset:
    """A collateral asset held."""

    quantity: mpf
    price: mpf
    confidence: mpf
    terms: Given


class Book:
    """A portfolio file, sorted by market and expiry."""

    def __init__(self, document):
        given = Given(document)
        self.now = given.number("time")
        self.cash = given.number("cash", 0)
        self.stable = Given(given.get("stable", {})).number("price", 1)
        parameters = given.get("parameters", {})
        self.standard = with_defaults(StandardParameters(), parameters.get("standard", {}))
        self.portfolio = with_defaults(PortfolioParameters(), parameters.get("portfolio", {}))
        self.deribit = with_defaults(DeribitParameters(), parameters.get("deribit_standard", {}))
        self.aevo = with_defaults(AevoParameters(), parameters.get("aevo_portfolio", {}))
        self.scenarios = scenarios_of(parameters.get("portfolio", {}))
        self.window = real(parameters.get("settlement_window", WINDOW_S))
        self.markets = {entry["symbol"]: self.market(Given(entry)) for entry in given.get("markets", [])}
        self.loose = []
        described = {entry["symbol"]: Given(entry) for entry in given.get("assets", [])}
        for entry in given.get("positions", []):
            self.place(Given(entry), described)

    def market(self, given):
        spot, perpetual = Given(given["spot"]), Given(given.get("perpetual") or given["spot"])
        found = Market(spot.number("price"), spot.number("confidence", 1), perpetual.number("price"), perpetual.number("confidence", 1))
        for entry in given.get("expiries", []):
            found.expiries[int(entry["expiry"])] = self.expiry(Given(entry))
        return found

    def expiry(self, given):
        """The forward's fixed part is what the settlement window has averaged so far."""
        forward, surface = Given(given["forward"]), Given(given["surface"])
        seconds = max(ZERO, given.number("expiry") - self.now)
        price = forward.number("price")
        elapsed = max(ZERO, self.window - seconds) / self.window
        fixed = given.number("settled", price) if given.get("settled") is not None else price
        confidence = [forward.number("confidence", 1), surface.number("confidence", 1)]
        rate = max(ZERO, given.number("rate", 0))
        return Expiry(seconds, fixed * elapsed, price * (1 - elapsed), rate, confidence, given.number("rate_confidence", 1), surface)

    def place(self, given, described):
        if "asset" in given:
            terms = described[given["asset"]]
            quote = Given(terms["quote"])
            asset = Asset(given.number("quantity"), quote.number("price"), quote.number("confidence", 1), terms)
            self.markets[terms["market"]].assets.append(asset) if terms.get("market") else self.loose.append(asset)
            return
        if str(given.get("instrument", "")).endswith("-PERPETUAL") or given.get("type") == "perpetual":
            self.place_perpetual(given)
            return
        market = self.markets[given["market"]]
        expiry = market.expiries[int(given["expiry"])]
        if given["type"] == "future":
            expiry.futures += given.number("quantity")
            profit = given.number("pnl", 0)
            if "entry" in given:
                profit = given.number("quantity") * (expiry.forward - given.number("entry"))
            expiry.futures_profit += profit
            return
        strike = given.number("strike")
        expiry.legs.append(Leg(strike, given["type"] == "call", given.number("quantity"), vol_at(expiry.surface, strike)))

    def place_perpetual(self, given):
        market = self.markets[given.get("market") or given["instrument"].removesuffix("-PERPETUAL")]
        held = given.number("quantity")
        profit = given.number("pnl", 0)
        if "entry" in given:
            profit = held * (market.perpetual_price - given.number("entry"))
        market.perpetual += held
        market.perpetual_profit += profit + given.number("funding", 0)


def with_defaults(defaults, entries):
    """Parameters by their names without units."""
    found = {}
    for name in defaults.__dataclass_fields__:
        if name == "scenarios":
            continue
        stem, _, unit = name.rpartition("_")
        found[stem] = real(entries[stem]) if stem in entries else mpf(getattr(defaults, name)) / (10**9 if unit == "e9" else 1)
    return found


def scenarios_of(entries):
    if "scenarios" in entries:
        return [(real(each["spot"]), each.get("vol", "none"), real(each.get("dampener", 1))) for each in entries["scenarios"]]
    return [(mpf(each.spot_e9) / 10**9, each.vol.name.lower(), mpf(each.dampener_e9) / 10**9) for each in PortfolioParameters().scenarios]


def vol_at(surface, strike):
    """The SVI surface, its wings flat beyond four deviations."""
    a, b, rho, m, sigma = (surface.number(name) for name in ("a", "b", "rho", "m", "sigma"))
    reach = WINGS * sqrt(max(ZERO, a + b * sigma))
    x = max(-reach, min(reach, ln(strike / surface.number("forward")))) - m
    variance = max(ZERO, min(mpf(VARIANCE_MAX), a + b * (rho * x + sqrt(x * x + sigma * sigma))))
    return sqrt(variance / surface.number("tenor") * YEAR_S)


def phi(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def black76(forward, strike, deviation, is_call):
    """Undiscounted; `deviation` is σ√T."""
    if deviation == 0 or forward <= 0 or strike <= 0:
        return max(ZERO, forward - strike if is_call else strike - forward)
    first = ln(forward / strike) / deviation + deviation / 2
    second = first - deviation
    return forward * phi(first) - strike * phi(second) if is_call else strike * phi(-second) - forward * phi(-first)


def intrinsic(leg, price):
    return max(ZERO, price - leg.strike if leg.is_call else leg.strike - price)


# ── standard ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def standard(book):
    """MARKET, standard margin."""
    initial = maintenance = mark = book.cash
    for market in book.markets.values():
        terms = standard_market(book, market)
        initial, maintenance, mark = initial + terms[0], maintenance + terms[1], mark + terms[2]
    for asset in book.loose:
        value = asset.quantity * asset.price
        initial += value * asset.terms.number("factor", 0) * asset.terms.number("initial_scale", 1)
        initial -= unsure(book.standard, asset.confidence, value)
        maintenance += value * asset.terms.number("factor", 0)
        mark += value / book.stable
    return {"initial": min(initial, maintenance), "maintenance": maintenance, "mark": mark}


def standard_market(book, market):
    """Initial, maintenance, mark-to-market of one market; outrights by their profit."""
    p = book.standard
    initial = maintenance = mark = market.profit
    exposed = abs(market.perpetual)
    for expiry in market.held:
        terms = standard_expiry(book, market, expiry)
        initial, maintenance, mark = initial + terms[0], maintenance + terms[1], mark + terms[2]
        exposed += expiry.shorts + abs(expiry.futures)
    confidence = min(market.confidence, market.perpetual_confidence)
    notional = abs(market.perpetual) * market.perpetual_price
    initial -= p["outright_initial"] * notional + unsure(p, confidence, market.spot * abs(market.perpetual))
    maintenance -= p["outright_maintenance"] * notional
    for asset in market.assets:
        value = asset.quantity * asset.price
        initial += value * asset.terms.number("factor", 0) * asset.terms.number("initial_scale", 1)
        initial -= unsure(p, min(asset.confidence, market.confidence), value)
        maintenance += value * asset.terms.number("factor", 0)
        mark += value / book.stable
    return initial - max(ZERO, p["peg_threshold"] - book.stable) * p["peg_factor"] * market.spot * exposed, maintenance, mark


def unsure(parameters, confidence, notional):
    """What is asked for low confidence."""
    if confidence >= parameters["confidence_threshold"]:
        return ZERO
    return (1 - confidence) * parameters["confidence_factor"] * notional


def standard_expiry(book, market, expiry):
    """Initial, maintenance, mark-to-market of one expiry's options, and of its future but for its profit.

    A future is a call struck at 0 that is paid for in full; its share is asked for where it is weighed by itself.
    """
    p = book.standard
    root, future = sqrt(expiry.tenor), expiry.futures * expiry.forward
    marks = [leg.quantity * black76(expiry.forward, leg.strike, leg.vol * root, leg.is_call) for leg in expiry.legs]
    isolated = [isolated_short(p, market.spot, leg, mark) for leg, mark in zip(expiry.legs, marks, strict=True) if leg.quantity < 0]
    isolated.append([future - p[f"outright_{which}"] * abs(future) for which in ("initial", "maintenance")])
    prices = [ZERO, *(leg.strike for leg in expiry.legs)]
    worst = min(ZERO, *(sum((leg.quantity * intrinsic(leg, price) for leg in expiry.legs), expiry.futures * price) for price in prices))
    naked = min(ZERO, sum((leg.quantity for leg in expiry.legs if leg.is_call), expiry.futures)) * expiry.forward
    initial = max(sum((each[0] for each in isolated), ZERO), worst + p["unpaired_initial"] * naked) - future
    maintenance = max(sum((each[1] for each in isolated), ZERO), worst + p["unpaired_maintenance"] * naked) - future
    exposed = market.spot * (expiry.shorts + abs(expiry.futures))
    return initial - unsure(p, min(market.confidence, expiry.confidence), exposed), maintenance, sum(marks, ZERO)


def isolated_short(p, spot, leg, mark):
    away = max(ZERO, leg.strike - spot if leg.is_call else spot - leg.strike)
    shock = max(p["initial_spot_max"] - away / spot, p["initial_spot_min"]) * spot * leg.quantity
    if leg.is_call:
        return mark + shock, mark + p["maintenance_call"] * spot * leg.quantity
    maintenance = mark + min(p["maintenance_put"] * spot * leg.quantity, p["maintenance_put_mark"] * mark)
    return min(mark + shock, p["put_offset"] * maintenance), maintenance


# ── portfolio ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def portfolio(book):
    """MARKET, portfolio margin; the worst losses of several markets add up."""
    p = book.portfolio
    weight = p["initial_loss"] + max(ZERO, p["peg_threshold"] - book.stable) * p["peg_factor"]
    found = {"option_mark": ZERO, "collateral_mark": ZERO, "scenarios": {}, "basis": {}, "worst": ZERO, "contingency": [ZERO] * 2}
    loose = [(asset, mpf(1)) for asset in book.loose]
    mark = book.cash
    for symbol, market in book.markets.items():
        terms = Terms(book, market)
        found["scenarios"][symbol], found["basis"][symbol] = terms.scenarios, terms.basis
        found["worst"] += min(ZERO, terms.basis, *terms.scenarios)
        found["option_mark"] += terms.mark
        mark += market.profit
        found["contingency"] = [one + other for one, other in zip(found["contingency"], terms.contingency(), strict=True)]
        loose += [(asset, market.confidence) for asset in market.assets]
    for asset, confidence in loose:
        value = asset.quantity * asset.price / book.stable
        found["collateral_mark"] += value
        found["contingency"][0] += value * asset.terms.number("maintenance_haircut", 0)
        found["contingency"][1] += value * asset.terms.number("initial_haircut", 0) + unsure(p, min(asset.confidence, confidence), value)
    mark += found["option_mark"] + found["collateral_mark"]
    maintenance = p["maintenance_loss"] * found["worst"] - found["contingency"][0] + mark
    initial = weight * found["worst"] - sum(found["contingency"]) + mark
    return {**found, "initial": initial, "maintenance": maintenance, "mark": mark}


class Terms:
    """One market's scenarios, basis and contingencies."""

    def __init__(self, book, market):
        self.book, self.market, self.p = book, market, book.portfolio
        self.shocks = [Shock(self.p, expiry) for expiry in market.held]
        self.linear = market.perpetual * market.perpetual_price
        self.linear += sum(asset.quantity * asset.price / book.stable for asset in market.assets if asset.terms.get("cancels_risk"))
        self.mark = sum((shock.mark for shock in self.shocks), ZERO)
        self.scenarios = [self.scenario(*each) for each in book.scenarios]
        self.basis = sum((self.basis_of(shock) for shock in self.shocks), ZERO)

    def scenario(self, spot, vol, dampener):
        total = self.linear * (spot - 1)
        for shock in self.shocks:
            value = shock.value(spot, vol)
            gain = value * (shock.long_discount if value >= 0 else shock.short_discount) - shock.mark
            total += shock.futures_gain(spot) + (-abs(gain) if vol in {"linear", "absolute"} else gain)
        return total * dampener

    def basis_of(self, shock):
        moves = [shock.value(spot, "none") - shock.mark + shock.futures_gain(spot) for spot in (self.p["basis_up"], self.p["basis_down"])]
        return min(ZERO, *moves) * (self.p["basis_add"] + self.p["basis_scale"] * shock.expiry.tenor)

    def contingency(self):
        """Of maintenance, and what is added initially."""
        p, market = self.p, self.market
        confidence = min(market.confidence, market.perpetual_confidence) if market.perpetual else market.confidence
        linear = abs(market.perpetual) * market.spot
        maintenance, initial = linear * p["perpetual_maintenance"], linear * p["perpetual_initial"] + unsure(p, confidence, linear)
        for expiry in market.held:
            naked, futures = expiry.naked * market.spot, abs(expiry.futures) * market.spot
            maintenance += naked * p["naked_maintenance"] + futures * p["perpetual_maintenance"]
            initial += naked * p["naked_initial"] + futures * p["perpetual_initial"]
            sure = min(confidence, expiry.confidence, expiry.rate_confidence)
            initial += unsure(p, sure, sum((abs(leg.quantity) for leg in expiry.legs), ZERO) * market.spot + futures)
        return maintenance, initial


class Shock:
    """What scenarios do to one expiry."""

    def __init__(self, p, expiry):
        self.p, self.expiry = p, expiry
        self.root = sqrt(expiry.tenor)
        power = p["short_power"] if expiry.seconds <= MONTH_S else p["long_power"]
        reach = (MONTH_S / max(expiry.seconds, p["tenor_floor"])) ** power
        self.up, self.down = 1 + p["vol_up"] * reach, max(ZERO, 1 - p["vol_down"] * reach)
        self.discount = exp(-expiry.rate * expiry.tenor)
        self.long_discount = p["long_discount"] * exp(-expiry.tenor * (expiry.rate * p["long_rate_scale"] + p["long_rate_add"]))
        grown = p["short_discount"] * exp(expiry.tenor * (expiry.rate * p["short_rate_scale"] + p["short_rate_add"]))
        self.short_discount = min(1 / self.discount, grown)
        self.mark = self.value(mpf(1), "none")

    def value(self, spot, vol):
        """The expiry's options; skews leave the spot price as it is."""
        if vol in {"linear", "absolute"}:
            spot = mpf(1)
        forward = self.expiry.moving * spot + self.expiry.fixed
        total = ZERO
        for leg in self.expiry.legs:
            total += leg.quantity * black76(forward, leg.strike, self.shocked(leg, vol) * self.root, leg.is_call)
        return self.discount * total

    def futures_gain(self, spot):
        return self.expiry.futures * self.expiry.moving * (spot - 1)

    def shocked(self, leg, vol):
        if vol == "up":
            return max(self.p["vol_floor"], leg.vol * self.up)
        if vol == "down":
            return leg.vol * self.down
        return leg.vol if vol == "none" else leg.vol * self.skew(leg, vol)

    def skew(self, leg, vol):
        p = self.p
        k = ln(leg.strike / self.expiry.forward)
        k = abs(k) if vol == "absolute" else k
        cap = p[f"{vol}_cap"] + p[f"{vol}_slope"] * self.root
        wing = max(p["wing_floor"], self.root * p["wing_scale"] * (p["wing_vol"] + p["wing_slope"] * self.root))
        tilt = k * cap
        tilt = tilt / wing if wing > 0 else tilt * mpf(10) ** 30
        return max(ZERO, 1 + (min(cap, tilt) if k >= 0 else max(-cap, tilt)))


# ── isolated ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def isolated(book):
    """Each position by itself, by the standard model: none's hedge helps another."""
    initial = maintenance = book.cash
    for market in book.markets.values():
        bare = replace(market, expiries={}, perpetual=ZERO, perpetual_profit=ZERO)
        for alone in [bare, *positions_of(market)]:
            terms = standard_market(book, alone)
            initial, maintenance = initial + terms[0], maintenance + terms[1]
    for asset in book.loose:
        value = asset.quantity * asset.price * asset.terms.number("factor", 0)
        initial += value * asset.terms.number("initial_scale", 1) - unsure(book.standard, asset.confidence, asset.quantity * asset.price)
        maintenance += value
    return {"initial": min(initial, maintenance), "maintenance": maintenance, "mark": standard(book)["mark"]}


def positions_of(market):
    """A market with one position in it, for each that it has."""
    bare = replace(market, assets=[], perpetual_profit=ZERO, perpetual=ZERO, expiries={})
    if market.perpetual or market.perpetual_profit:
        yield replace(bare, perpetual=market.perpetual, perpetual_profit=market.perpetual_profit)
    for time, expiry in market.expiries.items():
        for leg in expiry.legs:
            yield replace(bare, expiries={time: replace(expiry, legs=[leg], futures=ZERO, futures_profit=ZERO)})
        if expiry.futures:
            yield replace(bare, expiries={time: replace(expiry, legs=[])})


# ── Deribit's standard, Aevo's portfolio ─────────────────────────────────────────────────────────────────────────────────────────────


def deribit_standard(book):
    """Deribit, S:SM: each position by itself; profit that is not settled counts, options held do not, nor does collateral."""
    p = book.deribit
    initial = maintenance = mark = book.cash
    for market in book.markets.values():
        linear = [(abs(market.perpetual), market.perpetual_price)]
        initial, maintenance, mark = initial + market.profit, maintenance + market.profit, mark + market.profit
        for expiry in market.held:
            linear.append((abs(expiry.futures), expiry.forward))
            for leg in expiry.legs:
                price = black76(expiry.forward, leg.strike, leg.vol * sqrt(expiry.tenor), leg.is_call)
                mark += leg.quantity * price
                one, other = deribit_short(p, market.spot, leg, price)
                initial, maintenance = initial - max(ZERO, -leg.quantity) * one, maintenance - max(ZERO, -leg.quantity) * other
        for size, price in linear:
            initial -= size * price * (p["perpetual_initial"] + p["perpetual_size"] * size)
            maintenance -= size * price * (p["perpetual_maintenance"] + p["perpetual_size"] * size)
    return {"initial": min(initial, maintenance), "maintenance": maintenance, "mark": mark + collateral_mark(book)}


def deribit_short(p, spot, leg, price):
    """Initial and maintenance margin of one contract that is short."""
    away = max(ZERO, leg.strike - spot if leg.is_call else spot - leg.strike)
    initial = max(p["initial_spot_max"] * spot - away, p["initial_spot_min"] * spot) + price
    maintenance = p["maintenance"] * spot + price
    if leg.is_call:
        return initial, maintenance
    maintenance = max(p["maintenance"] * spot, p["maintenance"] * price) + price
    return max(initial, maintenance), maintenance


def aevo_portfolio(book):
    """Aevo: the worst of 15 scenarios, or the floor where that is more; markets add up."""
    p = book.aevo
    asked, mark, gains = ZERO, book.cash, {}
    for symbol, market in book.markets.items():
        now = aevo_value(market, ZERO, ZERO)
        shocks = [(spot, vol) for spot in aevo_spots(p) for vol in (p["vol_up"], ZERO, -p["vol_down"])]
        gains[symbol] = [aevo_value(market, spot, vol) - now for spot, vol in shocks]
        floor = sum((expiry.shorts + abs(expiry.futures) for expiry in market.held), abs(market.perpetual)) * market.spot * p["floor"]
        asked += max(floor, -min(gains[symbol]))
        mark += now + market.profit
    found = {"initial": mark - asked, "maintenance": mark - asked * p["maintenance"], "scenarios": gains}
    return {**found, "mark": mark + collateral_mark(book)}


def collateral_mark(book):
    """What collateral is worth in cash; both of these models let it count for nothing."""
    held = [*book.loose, *(asset for market in book.markets.values() for asset in market.assets)]
    return sum((asset.quantity * asset.price / book.stable for asset in held), ZERO)


def aevo_spots(p):
    return p["spot_up"], p["spot_up"] / 2, ZERO, -p["spot_down"] / 2, -p["spot_down"]


def aevo_value(market, spot, vol):
    """What a market's positions are worth, beyond what perpetual and futures are worth now."""
    total = market.perpetual * market.perpetual_price * spot
    for expiry in market.held:
        forward = expiry.moving * (1 + spot) + expiry.fixed
        total += expiry.futures * expiry.moving * spot
        for leg in expiry.legs:
            total += leg.quantity * black76(forward, leg.strike, max(ZERO, leg.vol + vol) * sqrt(expiry.tenor), leg.is_call)
    return total


# ── liquidation ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def buffer_margin(maintenance, mark, buffer):
    """BM = MM + buffer·(MM − MtM)."""
    return maintenance + buffer * (maintenance - mark)


def auction_discount(elapsed, *, start, cutoff, fast, slow):
    """Share of the mark-to-market that is asked for."""
    if elapsed < fast:
        return start - (start - cutoff) * elapsed / fast
    return max(ZERO, cutoff * (1 - (elapsed - fast) / slow))


def largest_fraction(buffered, mark, discount, reserved):
    """f = BM / (BM − MtM·d − R·(1 − d)), of a portfolio below its buffer."""
    below = min(ZERO, buffered)
    bottom = below - mark * discount - reserved * (1 - discount)
    return below / bottom if bottom else ZERO


def bid_price(mark, reserved, discount, share):
    """Bid = (MtM − R)·d·share."""
    return (mark - reserved) * discount * share


MODELS = {
    "standard": standard, "portfolio": portfolio, "isolated": isolated, "deribit_standard": deribit_standard,
    "aevo_portfolio": aevo_portfolio,
}  # fmt: skip
