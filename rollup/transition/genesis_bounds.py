"""The bounds of a genesis: the numbers in it that the arithmetic's proofs of width rest on.

One rule: what a governor could not set later, a genesis may not start with.
"""

from collections.abc import Iterator

from rollup.core.errors import GenesisError
from rollup.core.genesis import COUNTED, Genesis
from rollup.state.limits import EXPIRIES, PRICE_MAX, QUANTITY_MAX, RATIO_ONE, STRIKES, TIME_MAX
from rollup.transition.model_parameters import AEVO_BOUNDS, DERIBIT_BOUNDS, PORTFOLIO_BOUNDS, SCENARIO_FACTOR_MAX, SKEWS
from rollup.transition.parameters import HIGHEST, LOWEST, Parameter

Bound = tuple[str, int, int, int]
"""Name, value, least and greatest value allowed."""


def check_bounds(genesis: Genesis) -> None:
    """Raise GenesisError for the first number that is out of its bounds."""
    for name, value, least, greatest in _bounds(genesis):
        if not least <= value <= greatest:
            raise GenesisError(f"genesis.{name}", received=value, expected=f"{least} to {greatest}")


def _bounds(genesis: Genesis) -> Iterator[Bound]:
    yield "chain.time_s", genesis.chain.time_s, 0, TIME_MAX - 1
    for parameter in Parameter:
        name = parameter.name.lower()
        if parameter != Parameter.PAUSE:
            yield f"parameters.{name}", getattr(genesis.parameters, name), LOWEST[parameter], HIGHEST[parameter]
    yield from _model_bounds(genesis)
    for market in genesis.markets:
        yield f"markets.{market.symbol}.tick_e8", market.tick_e8, 1, PRICE_MAX - 1
        yield f"markets.{market.symbol}.lot_e6", market.lot_e6, 1, QUANTITY_MAX - 1
        yield f"markets.{market.symbol}.strike_step_e8", market.strike_step_e8, 1, PRICE_MAX - 1
        # With the future.
        yield f"strikes of markets.{market.symbol}", len(market.strikes_e8), 0, STRIKES - 1
        for name in COUNTED:
            yield f"markets.{market.symbol}.collateral.{name}", getattr(market.collateral, name), 0, RATIO_ONE
        for strike_e8 in market.strikes_e8:
            yield f"markets.{market.symbol}.strikes_e8", strike_e8, 1, PRICE_MAX - 1
        yield f"expiries of markets.{market.symbol}", len({*market.expiries_s, *market.future_expiries_s}), 0, EXPIRIES
        for expiry_s in market.expiries_s + market.future_expiries_s:
            yield f"markets.{market.symbol}.expiries_s", expiry_s, genesis.chain.time_s + 1, TIME_MAX - 1


def _model_bounds(genesis: Genesis) -> Iterator[Bound]:
    models = {"portfolio": PORTFOLIO_BOUNDS, "deribit": DERIBIT_BOUNDS, "aevo": AEVO_BOUNDS}
    for model, bounds in models.items():
        for number, (least, greatest) in bounds.items():
            name = number.name.lower()
            yield f"{model}.{name}", getattr(getattr(genesis, model), name), least, greatest
    for place, scenario in enumerate(genesis.portfolio.scenarios):
        yield f"portfolio.scenarios[{place}].spot_e9", scenario.spot_e9, 1, SCENARIO_FACTOR_MAX
        yield f"portfolio.scenarios[{place}].dampener_e9", scenario.dampener_e9, 0, SCENARIO_FACTOR_MAX
        if scenario.vol in SKEWS:
            yield f"portfolio.scenarios[{place}].spot_e9 of a skew", scenario.spot_e9, RATIO_ONE, RATIO_ONE
