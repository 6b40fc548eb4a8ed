"""The published cases as portfolio files, number by number as they were published.

One rule: nothing is rounded here. A converter gives JSON documents whose numbers are texts of decimals, and what was published of each:
{"initial": …, "maintenance": …, …}.
"""

import json
import os
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

FOLDER = Path(os.environ.get("OPTROLL_VECTORS", Path(__file__).parents[2].parent / "shared" / "vectors"))
YEAR_S = 31_536_000
E18 = 10**18
DIGITS = 40


@dataclass(frozen=True)
class Case:
    """One published case."""

    name: str
    model: str
    portfolio: dict
    published: dict
    scenarios: list = field(default_factory=list)
    """Published gains by scenario, where there are any."""


def decimal(number):
    """The text of an exact number, or of one cut off behind 40 digits."""
    number = Fraction(number)
    sign = "-" if number < 0 else ""
    digits = abs(number.numerator) * 10**DIGITS // number.denominator
    return f"{sign}{digits // 10**DIGITS}.{digits % 10**DIGITS:0{DIGITS}}".rstrip("0").rstrip(".")


def e18(number):
    return decimal(Fraction(int(number or 0), E18))


def load(path):
    """A JSON file whose decimals stay texts."""
    return json.loads(path.read_text(), parse_float=str)


# ── Derive's PMRM_2 ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SHOCKS = {"Up": "up", "Down": "down", "None": "none", "LINEAR": "linear", "ABS": "absolute"}


def portfolio_cases():
    """Derive's portfolio margin, a file a case."""
    for path in sorted((FOLDER / "pmrm2").glob("*.json")):
        yield portfolio_case(path.stem, load(path))


def portfolio_case(name, case):
    scenario, parameters, result = case["Scenario"], case["Parameters"], case["Result"]
    order = [entry[2] for entry in result["reg_losses"] + result["tail_losses"]] + [entry[1] for entry in result["skew_losses"]]
    published = {
        "initial": result["IM"],
        "maintenance": result["MM"],
        "option_mark": result["OptionMTM"],
        "collateral_mark": result["CollateralMTM"],
    }
    document = {
        "format": "optroll/portfolio/1",
        "time": 0,
        "cash": scenario["Cash"],
        "stable": {"price": scenario["StablePrice"], "confidence": scenario["StableConfidence"]},
        "markets": [market_of(scenario)],
        "assets": [asset_of(entry) for entry in scenario["Collaterals"]],
        "positions": [*map(option_of, scenario["Options"]), *perpetuals_of(scenario), *deposits_of(scenario)],
        "parameters": {"portfolio": portfolio_parameters(parameters)},
    }
    return Case(name, "portfolio", document, published, order)


def market_of(scenario):
    return {
        "symbol": "ETH",
        "spot": {"price": scenario["SpotPrice"], "confidence": scenario["SpotConfidence"]},
        "perpetual": {"price": scenario["PerpPrice"], "confidence": scenario["PerpConfidence"]},
        "expiries": [expiry_of(feed) for feed in scenario["OptionFeeds"]],
    }


def expiry_of(feed):
    *shape, forward, tau = feed["SVIparam"]
    surface = dict(zip(("a", "b", "rho", "m", "sigma"), shape, strict=True))
    tenor = decimal(Fraction(tau) * YEAR_S)
    return {
        "expiry": feed["FeedExpiry"],
        "forward": {"price": feed["Forward"], "confidence": feed["ForwardConfidence"]},
        "rate": feed["Rate"],
        "rate_confidence": feed["RateConfidence"],
        "surface": {**surface, "forward": forward, "tenor": tenor, "confidence": feed["OptionVolConfidences"]},
    }


def asset_of(entry):
    return {
        "symbol": entry["Name"],
        "quote": {"price": entry["Price"], "confidence": entry["Confidence"]},
        "market": "ETH",
        "cancels_risk": entry["IsRiskCancelling"],
        "maintenance_haircut": entry["MMHaircut"],
        "initial_haircut": entry["IMHaircut"],
    }


def option_of(entry):
    kind = "call" if entry["IsCall"] else "put"
    return {"market": "ETH", "expiry": entry["Expiry"], "strike": entry["Strike"], "type": kind, "quantity": entry["Amount"]}


def perpetuals_of(scenario):
    """The perpetual; profit and funding count even where nothing is held."""
    held = {"quantity": scenario["NumPerps"], "pnl": scenario["UnrealisedPerpPNL"], "funding": scenario["UnrealisedFunding"]}
    return [{"instrument": "ETH-PERPETUAL", **held}] if any(Fraction(value) for value in held.values()) else []


def deposits_of(scenario):
    return [{"asset": entry["Name"], "quantity": entry["Amount"]} for entry in scenario["Collaterals"]]


PORTFOLIO_NAMES = {
    "Margin": {
        "MM_LOSS_FACTOR": "maintenance_loss", "IM_LOSS_FACTOR": "initial_loss",
        "SHORT_RATE_MULTSCALE": "short_rate_scale", "LONG_RATE_MULTSCALE": "long_rate_scale",
        "SHORT_RATE_ADDSCALE": "short_rate_add", "LONG_RATE_ADDSCALE": "long_rate_add",
        "BASE_STATIC_DISCOUNT": "long_discount", "BASE_STATIC_DISCOUNT_NEG": "short_discount",
    },
    "BasisContingency": {
        "SCENARIO_SPOT_UP": "basis_up", "SCENARIO_SPOT_DOWN": "basis_down",
        "BASIS_CONT_ADD_FACTOR": "basis_add", "BASIS_CONT_MULT_FACTOR": "basis_scale",
    },
    "OtherContingency": {
        "PEG_LOSS_THRESHOLD": "peg_threshold", "PEG_LOSS_FACTOR": "peg_factor",
        "CONF_THRESHOLD": "confidence_threshold", "CONF_MARGIN": "confidence_factor",
        "MM_PERP_PERCENT": "perpetual_maintenance", "IM_PERP_PERCENT": "perpetual_initial",
        "MM_OPTION_PERCENT": "naked_maintenance", "IM_OPTION_PERCENT": "naked_initial",
    },
    "VolShock": {
        "VOLRANGEUP": "vol_up", "VOLRANGEDOWN": "vol_down", "MIN_VOL_EVAL_SHOCKED": "vol_floor",
        "SHORTTERMPOWER": "short_power", "LONGTERMPOWER": "long_power",
    },
    "SkewShock": {
        "LINEAR_SCALE_CAP": "linear_cap", "LINEAR_CBASE": "linear_slope", "ABS_SCALE_CAP": "absolute_cap",
        "ABS_CBASE": "absolute_slope", "MIN_K_STAR": "wing_floor", "MIN_WIDTH_SCALE": "wing_scale",
        "VOL_PARAM_STATIC": "wing_vol", "VOL_PARAM_SCALE": "wing_slope",
    },
}  # fmt: skip
"""Names of Derive's parameters, and ours."""


def portfolio_parameters(given):
    found = {ours: given[group][theirs] for group, names in PORTFOLIO_NAMES.items() for theirs, ours in names.items()}
    found["tenor_floor"] = decimal(Fraction(given["VolShock"]["DTE_FLOOR"]) * 86_400)
    found["scenarios"] = [scenario_of(entry) for entry in given["Scenarios"]]
    return found


def scenario_of(entry):
    """A scenario. Skews look at volatilities alone: the one that has another spot shock (test_67) is published as if it had none."""
    vol = SHOCKS[entry["VolShockDirection"]]
    return {"spot": 1 if vol in {"linear", "absolute"} else entry["SpotShock"], "vol": vol, "dampener": entry["DampeningFactor"]}


# ── Derive's standard manager ────────────────────────────────────────────────────────────────────────────────────────────────────────

STANDARD = {
    "initial_spot_max": "0.15", "initial_spot_min": "0.1", "maintenance_call": "0.075", "maintenance_put": "0.075",
    "maintenance_put_mark": "0.075", "unpaired_initial": "1.2", "unpaired_maintenance": "1.1", "put_offset": "1.05",
    "outright_initial": "0.065", "outright_maintenance": "0.05", "confidence_threshold": "0.4", "confidence_factor": "0.4",
    "peg_threshold": "0.98", "peg_factor": "1.2",
}  # fmt: skip
"""The parameters of both files."""

STRIKE_STEP = 10**10
"""Strikes are rounded down to this, 1e-18."""


def standard_cases():
    """Derive's standard manager: the cases with their feeds, then those that share theirs."""
    for name, case in named_cases("test-cases.json"):
        yield standard_case(name, case)
    for name, case in named_cases("test-cases-portfolio.json"):
        yield shared_case(name, case)


def named_cases(name):
    path = FOLDER / "srm" / name
    return load(path).items() if path.is_file() else ()


def standard_case(name, case):
    scenario, result = case["Scenario"], case["Result"]
    markets = [standard_market(scenario, place, symbol) for place, symbol in enumerate(("ETH", "BTC"))]
    positions = [standard_option(scenario, place) for place in range(len(scenario["OptionExpiries"]))]
    for place, symbol in enumerate(("ETH", "BTC")):
        positions += standard_perpetual(scenario, place, symbol)
        positions += [{"asset": f"W{symbol}", "quantity": e18(scenario[f"w{symbol}"])}] if scenario[f"w{symbol}"] else []
    published = {"initial": e18(result["realIM"]), "maintenance": e18(result["realMM"]), "mark": e18(result["PortfolioMtM"])}
    document = {
        "format": "optroll/portfolio/1",
        "time": 0,
        "cash": e18(scenario["Cash"]),
        "stable": {"price": e18(scenario["USDCValue"])},
        "markets": markets,
        "assets": [base_asset(market, "0.1") for market in markets],
        "positions": merged(positions),
        "parameters": {"standard": STANDARD, "settlement_window": 3600},
    }
    return Case(name, "standard", document, published)


def standard_market(scenario, place, symbol):
    spot, perpetual = scenario["SpotPerpConfidences"][place]
    feeds = {}
    for number, expiry in enumerate(scenario["OptionExpiries"]):
        if scenario["OptionUnderlying"][number] == symbol:
            feeds.setdefault(expiry, []).append(number)
    return {
        "symbol": symbol,
        "spot": {"price": e18(scenario[f"{symbol}SpotPrice"]), "confidence": e18(spot)},
        "perpetual": {"price": e18(scenario["PerpPrice"][place]), "confidence": e18(perpetual)},
        "expiries": [standard_expiry(scenario, symbol, expiry, numbers) for expiry, numbers in sorted(feeds.items())],
    }


def standard_expiry(scenario, symbol, expiry, numbers):
    """One expiry's feeds, which the options of it share; the least of their confidences counts."""
    price = e18(scenario["Forwards"][numbers[0]])
    shape = dict(zip(("a", "b", "rho", "m", "sigma"), scenario["SVIParams"], strict=True))
    confidence = e18(min(scenario["OptionVolConfidences"][number] for number in numbers))
    return {
        "expiry": expiry,
        "forward": {"price": price, "confidence": e18(min(scenario["ForwardConfidences"][number] for number in numbers))},
        "settled": e18(scenario[f"TWAP_{symbol}"]),
        "surface": {**shape, "forward": price, "tenor": YEAR_S, "confidence": confidence},
    }


def standard_option(scenario, place):
    return {
        "market": scenario["OptionUnderlying"][place],
        "expiry": scenario["OptionExpiries"][place],
        "strike": e18(scenario["OptionStrikes"][place] // STRIKE_STEP * STRIKE_STEP),
        "type": "call" if scenario["OptionIsCall"][place] else "put",
        "quantity": e18(scenario["OptionAmounts"][place]),
    }


def standard_perpetual(scenario, place, symbol):
    held = Fraction(scenario[f"Perps_{symbol}"], E18)
    entered = Fraction(scenario[f"LastEntry{symbol}"] or 0, E18)
    index = Fraction(scenario[f"{symbol}GlobalFundingIndex"] - (scenario[f"Account{symbol}FundingIndex"] or 0), E18)
    profit = held * (Fraction(scenario["PerpPrice"][place], E18) - entered)
    entries = {"quantity": decimal(held), "pnl": decimal(profit), "funding": decimal(-held * index)}
    return [{"instrument": f"{symbol}-PERPETUAL", **entries}] if held else []


def merged(positions):
    """Positions of which several are in one instrument, as one."""
    found = {}
    for position in positions:
        key = tuple((name, value) for name, value in position.items() if name != "quantity")
        found[key] = decimal(Fraction(found.get(key, "0")) + Fraction(position["quantity"]))
    return [{**dict(key), "quantity": quantity} for key, quantity in found.items()]


def base_asset(market, factor):
    return {"symbol": f"W{market['symbol']}", "quote": market["spot"], "market": market["symbol"], "factor": factor, "initial_scale": "1"}


SHARED_DAYS = {
    "20230104": 3,
    "20230111": 10,
    "20230118": 17,
    "20230227": 57,
    "20230804": 215,
    "20230811": 222,
    "20230818": 229,
    "20230825": 238,
}
SHARED_FORWARDS = {
    "ETH": ("0.91345", "2.83305", "4.7545", "15.7696", "59.87416", "61.85933", "63.8284", "66.3744"),
    "BTC": ("12.7883", "39.66276", "66.56301", "220.77451", "838.23835", "865.90472", "893.59763", "929.24184"),
}
"""What the forwards are above spot, by expiry."""

SHARED_PRICES = {"ETH": ("2000", "2001"), "BTC": ("28000", "28020")}
"""Spot and perpetual."""

JUST_BELOW = "0.399999999999999999"

OVERRIDES = {
    "test_USDC_depeg": {"stable": "0.1"},
    "test_long_perp_and_USDC_depeg": {"stable": "0.1"},
    "test_short_call_low_vol_conf": {"vol": "0.1"},
    "test_short_call_low_vol_and_fwd_confidence": {"vol": "0.5", "forward": JUST_BELOW},
    "test_short_call_low_spot_vol_fwd_confidence": {"vol": "0.5", "forward": "0.4", "spot": "0.2"},
    "test_long_call_low_spot_vol_fwd_confidence": {"vol": "0.5", "forward": "0.4", "spot": "0.2"},
    "test_two_expiries_low_conf_one": {"vol": "0.3", "forward": "0.4", "spot": "0.9"},
    "test_long_eth_perp_low_perp_confidence": {"perpetual": "0.1"},
    "test_base_asset_low_spot_confidence": {"spot": "0.1"},
    "test_general_portfolio": {"stable": "0.97", "vol": "0.5", "forward": JUST_BELOW, "spot": "0.2"},
}
"""What differs from the shared feeds, by case: the price of cash, and confidences, those of an expiry at 20230118 of ETH alone."""


def shared_case(name, case):
    given = OVERRIDES.get(name, {})
    markets = [shared_market(symbol, given) for symbol in ("ETH", "BTC")]
    results = case.get("results") or case["result"]
    document = {
        "format": "optroll/portfolio/1",
        "time": 0,
        "cash": decimal(Fraction(case["cash"], 10**8)),
        "stable": {"price": given.get("stable", "1")},
        "markets": markets,
        "assets": [base_asset(market, "0.8") for market in markets],
        "positions": [*map(shared_option, case["options"]), *map(shared_perpetual, case["perps"]), *map(shared_deposit, case["bases"])],
        "parameters": {"standard": STANDARD},
    }
    return Case(name, "standard", document, {"initial": results["im"], "maintenance": results["mm"]})


def shared_market(symbol, given):
    spot, perpetual = SHARED_PRICES[symbol]
    ours = given if symbol == "ETH" else {}
    forwards = zip(SHARED_DAYS.items(), SHARED_FORWARDS[symbol], strict=True)
    return {
        "symbol": symbol,
        "spot": {"price": spot, "confidence": ours.get("spot", "1")},
        "perpetual": {"price": perpetual, "confidence": ours.get("perpetual", "1")},
        "expiries": [
            shared_expiry(days, Fraction(spot) + Fraction(above), ours if date == "20230118" else {}) for (date, days), above in forwards
        ],
    }


def shared_expiry(days, price, given):
    if given.get("forward") == JUST_BELOW:
        price += Fraction("4.75") - Fraction("4.7545")
    flat = {"a": "0.25", "b": 0, "rho": 0, "m": 0, "sigma": 1, "forward": decimal(price), "tenor": YEAR_S}
    return {
        "expiry": (24 * days + 8) * 3600,
        "forward": {"price": decimal(price), "confidence": given.get("forward", "1")},
        "surface": {**flat, "confidence": given.get("vol", "1")},
    }


def shared_option(entry):
    expiry = (24 * SHARED_DAYS[entry["expiry"]] + 8) * 3600
    quantity = decimal(Fraction(entry["amount"], 10**8))
    return {"market": entry["underlying"].upper(), "expiry": expiry, "strike": entry["strike"], "type": entry["type"], "quantity": quantity}


def shared_perpetual(entry):
    quantity, entered = (decimal(Fraction(entry[name], 10**8)) for name in ("amount", "entryPrice"))
    return {"instrument": f"{entry['underlying'].upper()}-PERPETUAL", "quantity": quantity, "entry": entered}


def shared_deposit(entry):
    return {"asset": f"W{entry['underlying'].upper()}", "quantity": decimal(Fraction(entry["amount"], 10**8))}
