"""Why a portfolio's margin is what it is: the terms that its model adds up, as the state machine has them.

One rule: every number is a kernel's, on the state that `rollup.portfolio.arrangement` makes; and the terms add up to the healths, to the
unit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from rollup.core.instrument_names import InstrumentName, format_instrument_name
from rollup.core.margin_parameters import VolShock
from rollup.market.aevo import SCENARIOS, VOLS, asked_of, spot_move, vol_shift
from rollup.market.amounts import cost_down
from rollup.market.assets import assets_worth, held_of, value_in_cash
from rollup.market.deribit import position_health
from rollup.market.feeds import cash_price
from rollup.market.margin import Model, calm_health, health, mark_to_market
from rollup.market.portfolio import losses
from rollup.market.positions import leg, plan_purchase
from rollup.market.standard import end_of_expiry, expiry_health, with_assets
from rollup.market.valuation import worth_each
from rollup.portfolio.arrangement import ACCOUNT, held_positions, portfolio_state
from rollup.portfolio.decimals import in_decimals
from rollup.portfolio.portfolio import UNITS, Portfolio
from rollup.state.derived import FIRST_SCENARIO, MARK
from rollup.state.layout import Record, State
from rollup.state.limits import HOPELESS_E8, RATIO_ONE

Row = dict[str, str]
"""Decimals, and words, by name."""

Tables = dict[str, list[Row]]
"""Rows by what they are about."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a model makes of a portfolio, and why."""

    model: str
    health: Row
    """Initial and maintenance health, mark-to-market, and what collateral is worth."""
    tables: Tables
    """The first of them, `terms`, adds up to the healths; a hopeless portfolio has none."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A portfolio once its margin has been computed."""

    portfolio: Portfolio
    state: State
    initial_e8: int
    """Before strain."""
    maintenance_e8: int

    @property
    def cash_e8(self) -> int:
        """The cash of the account, of which outrights have been paid for."""
        return int(self.state.accounts.rows[ACCOUNT].cash_e8)

    @property
    def markets(self) -> Iterator[tuple[int, str]]:
        """The ids and names of the markets of the file."""
        return enumerate((market.symbol for market in self.portfolio.markets), 1)

    def names(self) -> list[str]:
        """Return the instruments held, in their order."""
        symbols = [market.symbol for market in self.portfolio.markets]
        held = sorted(held_positions(self.portfolio))
        return [
            format_instrument_name(InstrumentName(symbols[market - 1], expiry, strike, kind)) for market, expiry, strike, kind, _ in held
        ]


def explain(portfolio: Portfolio, model: Model) -> Explanation:
    """Return a portfolio's margin by a model, term by term. Raises PortfolioError where a state has no room for it."""
    state = portfolio_state(portfolio, model)
    mark, collateral = mark_to_market(state, ACCOUNT)[0], assets_worth(state, ACCOUNT)
    initial, maintenance, _ = health(state, ACCOUNT, 0, 0, 0)
    calm, _, _ = calm_health(state, ACCOUNT, 0, 0, 0)
    found = {"initial": usd(initial), "maintenance": usd(maintenance), "mark_to_market": usd(mark), "collateral": usd(collateral)}
    if HOPELESS_E8 in (initial, maintenance, mark):
        return Explanation(model.name.lower(), found, {})
    weighed = Weighed(portfolio, state, calm, maintenance)
    tables = EXPLAINED[model](weighed)
    if initial != calm:
        tables["terms"].append(term("strain", 0, initial - calm))
    return Explanation(model.name.lower(), found, {**tables, "positions": positions(weighed), "assets": assets(weighed)})


def usd(amount_e8: int) -> str:
    """Return an amount in USD."""
    return in_decimals(int(amount_e8), UNITS["e8"])


def share(ratio_e9: int) -> str:
    """Return a ratio."""
    return in_decimals(int(ratio_e9), UNITS["e9"])


def term(name: str, maintenance_e8: int, initial_e8: int) -> Row:
    """Return one term of both healths."""
    return {"term": name, "maintenance": usd(maintenance_e8), "initial": usd(initial_e8)}


def capped(weighed: Weighed, terms: list[tuple[str, int, int]]) -> list[Row]:
    """Return terms as rows, with what is left out of initial health because it is at most maintenance health."""
    rest = weighed.initial_e8 - sum(initial for _, _, initial in terms)
    return [term(*each) for each in [*terms, *([("at most maintenance", 0, rest)] if rest else [])]]


def positions(weighed: Weighed) -> list[Row]:
    """Return what is held in instruments, at undiscounted marks."""
    rows = []
    for number, (name, held) in enumerate(zip(weighed.names(), sorted(held_positions(weighed.portfolio)), strict=True), 1):
        mark, _ = worth_each(weighed.state, weighed.state.instruments.rows[number])
        quantity = in_decimals(held[4], UNITS["e6"])
        rows.append({"instrument": name, "quantity": quantity, "mark": usd(mark), "worth": usd(cost_down(held[4], mark))})
    return rows


def assets(weighed: Weighed) -> list[Row]:
    """Return what is held of collateral, by what it is worth in cash."""
    rows, first = [], len(weighed.portfolio.markets) + 1
    for number, asset in enumerate(weighed.portfolio.assets, first):
        held = held_of(weighed.state, ACCOUNT, number)
        worth = value_in_cash(weighed.state, number, held)
        rows.append({"asset": asset.symbol, "quantity": in_decimals(held, UNITS["e6"]), "worth": usd(worth)})
    return rows


def standard(weighed: Weighed) -> Tables:
    """Explain standard margin: each expiry, and a perpetual, by itself."""
    plan, size = plan_purchase(weighed.state, ACCOUNT, 0, 0), len(weighed.names())
    ends, end = [], 0
    while end < size:
        end = end_of_expiry(weighed.state, plan, end, size)
        ends.append(end)
    return by_expiries(weighed, ends)


def isolated(weighed: Weighed) -> Tables:
    """Explain isolated margin: each position by itself."""
    return by_expiries(weighed, list(range(1, len(weighed.names()) + 1)))


def by_expiries(weighed: Weighed, ends: list[int]) -> Tables:
    """Explain what runs of positions, up to each of some places, add."""
    plan, names = plan_purchase(weighed.state, ACCOUNT, 0, 0), weighed.names()
    rows, initial, maintenance, exposed = [], 0, 0, 0
    for first, end in zip([0, *ends], ends, strict=False):
        one, other, _, at_risk, _ = expiry_health(weighed.state, plan, first, end)
        initial, maintenance, exposed = initial + one, maintenance + other, exposed + at_risk
        rows.append({"positions": ", ".join(names[first:end]), "maintenance": usd(other), "initial": usd(one), "exposed": usd(at_risk)})
    counted, asked = with_assets(weighed.state, ACCOUNT, 0, 0, 0, 0), with_assets(weighed.state, ACCOUNT, 0, 0, exposed, 0)
    terms = [
        ("cash", weighed.cash_e8, weighed.cash_e8),
        ("positions", maintenance, initial),
        ("collateral", counted[1], counted[0]),
        ("price of cash", 0, asked[0] - counted[0]),
    ]
    return {"terms": capped(weighed, terms), "margins": rows}


def deribit(weighed: Weighed) -> Tables:
    """Explain Deribit's standard margin: each position by itself."""
    plan, rows, initial, maintenance = plan_purchase(weighed.state, ACCOUNT, 0, 0), [], 0, 0
    for place, name in enumerate(weighed.names()):
        instrument_id, held = leg(weighed.state, plan, place)
        one, other, _, _ = position_health(weighed.state, weighed.state.instruments.rows[instrument_id], held, 0)
        initial, maintenance = initial + one, maintenance + other
        rows.append({"positions": name, "maintenance": usd(other), "initial": usd(one)})
    terms = [("cash", weighed.cash_e8, weighed.cash_e8), ("positions", maintenance, initial)]
    return {"terms": capped(weighed, terms), "margins": rows}


def portfolio_margin(weighed: Weighed) -> Tables:
    """Explain portfolio margin: every market's scenarios, and which of them, or the basis, is the worst."""
    state = weighed.state
    grid, total = state.grid.rows[0], state.gains.rows[0]
    maintenance, initial, depegged = losses(grid, total, cash_price(state)[0])
    terms = [
        term("cash and marks", total.mark_e8, total.mark_e8),
        term("worst losses", maintenance, initial),
        term("price of cash", 0, depegged),
        term("contingencies", -total.maintenance_e8, -total.maintenance_e8 - total.initial_e8),
    ]
    markets: list[Row] = []
    scenarios: list[Row] = []
    for number, symbol in weighed.markets:
        gains = state.gains.rows[number]
        sums = {"marks": gains.mark_e8, "moves_with_spot": gains.linear_e8, "basis": gains.basis_e8, "worst_loss": gains.worst_e8}
        asked = {"contingency": gains.maintenance_e8, "initial_contingency": gains.initial_e8}
        markets.append({"market": symbol, **{name: usd(value) for name, value in {**sums, **asked}.items()}})
        scenarios += [scenario(symbol, grid, gains, column) for column in range(FIRST_SCENARIO, grid.columns)]
    return {"terms": terms, "markets": markets, "scenarios": scenarios}


def scenario(symbol: str, grid: Record, gains: Record, column: int) -> Row:
    """Return one scenario of portfolio margin, and what a market gains in it."""
    return {
        "market": symbol,
        "spot": share(grid.spot_e9[column]),
        "volatility": VolShock(grid.vol[column]).name.lower(),
        "dampener": share(grid.dampener_e9[column]),
        "gain": usd(gains.gain_e8[column]),
        "worst": "worst" if column == gains.worst_column != MARK else "",
    }


def aevo(weighed: Weighed) -> Tables:
    """Explain Aevo's portfolio margin: every market's scenarios and floor."""
    state = weighed.state
    models, total = state.models.rows[0], state.gains.rows[0]
    asked = [(symbol, state.gains.rows[number], asked_of(state.gains.rows[number], total)) for number, symbol in weighed.markets]
    mark = total.mark_e8
    terms = [term("cash and marks", mark, mark), term("worst losses or floors", weighed.maintenance_e8 - mark, weighed.initial_e8 - mark)]
    scenarios = []
    for symbol, gains, _ in asked:
        amounts = list(gains.gain_e8[:SCENARIOS])
        worst = min(range(SCENARIOS), key=amounts.__getitem__)
        for place in range(SCENARIOS):
            moves = {"spot": RATIO_ONE + spot_move(models, place // VOLS), "volatility": vol_shift(models, place % VOLS)}
            flag = "worst" if place == worst and amounts[place] < 0 else ""
            scenarios.append({"market": symbol, **{n: share(v) for n, v in moves.items()}, "gain": usd(amounts[place]), "worst": flag})
    markets = [{"market": symbol, "floor": usd(gains.initial_e8), "asked": usd(amount)} for symbol, gains, amount in asked]
    return {"terms": terms, "markets": markets, "scenarios": scenarios}


EXPLAINED: MappingProxyType[Model, Callable[[Weighed], Tables]] = MappingProxyType(
    {
        Model.STANDARD: standard,
        Model.PORTFOLIO: portfolio_margin,
        Model.ISOLATED: isolated,
        Model.DERIBIT_STANDARD: deribit,
        Model.AEVO_PORTFOLIO: aevo,
    }
)
"""How each model is explained."""
