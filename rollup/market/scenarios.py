"""The scenarios of portfolio margin as they are now, and what they do to an expiry: computed once, and kept while nothing changes.

One rule: what is kept is used only where all that it was computed of is, word for word, what it would be computed of now. So keeping it,
losing it, and whose accounts were weighed before decide nothing but speed.
"""

from rollup.core.kernel import kernel
from rollup.core.margin_parameters import MODEL_WORDS, SCENARIOS_MAX, VolShock
from rollup.core.margin_parameters import PortfolioNumber as Number
from rollup.market.feeds import forward_parts
from rollup.market.scenario_prices import set_prices
from rollup.market.shocks import set_forwards, set_terms
from rollup.market.surface import total_variance
from rollup.state.derived import BASIS_DOWN, BASIS_UP, FIRST_SCENARIO, KEY_WORDS, MARK, PRICES_SLOTS, TERMS_SLOTS
from rollup.state.layout import Record, State
from rollup.state.limits import RATIO_ONE
from rollup.state.table import read


@kernel
def scenario_now(row: Record, now_s: int) -> tuple[int, int, int]:
    """A scenario's factor of spot (0 where there is none), shock of volatilities and dampener now."""
    if 0 < row.effective_s <= now_s:
        return int(row.next_spot_e9), int(row.next_vol), int(row.next_dampener_e9)
    return int(row.spot_e9), int(row.vol), int(row.dampener_e9)


@kernel
def current_grid(state: State) -> Record:
    """The columns and numbers of portfolio margin now; a change of them raises the version."""
    grid = state.grid.rows[0]
    models, now = read(state.models, 0), read(state.system, 0).time_s
    changed = 0
    for place in range(MODEL_WORDS[0]):
        if grid.portfolio[place] != models.portfolio[place]:
            grid.portfolio[place] = models.portfolio[place]
            changed = 1
    changed |= set_column(grid, MARK, RATIO_ONE, VolShock.NONE, RATIO_ONE)
    changed |= set_column(grid, BASIS_UP, models.portfolio[Number.BASIS_UP_E9], VolShock.NONE, RATIO_ONE)
    changed |= set_column(grid, BASIS_DOWN, models.portfolio[Number.BASIS_DOWN_E9], VolShock.NONE, RATIO_ONE)
    columns = FIRST_SCENARIO
    for place in range(SCENARIOS_MAX):
        spot, vol, dampener = scenario_now(read(state.scenarios, place), now)
        if spot != 0:
            changed |= set_column(grid, columns, spot, vol, dampener)
            columns += 1
    if changed != 0 or grid.columns != columns:
        grid.columns = columns
        grid.version += 1
    return grid


@kernel
def set_column(grid: Record, column: int, spot_e9: int, vol: int, dampener_e9: int) -> int:
    """Write a column; 1 where it was another."""
    if grid.spot_e9[column] == spot_e9 and grid.vol[column] == vol and grid.dampener_e9[column] == dampener_e9:
        return 0
    grid.spot_e9[column], grid.vol[column], grid.dampener_e9[column] = spot_e9, vol, dampener_e9
    return 1


@kernel
def terms_of(state: State, grid: Record, instrument: Record) -> Record:
    """The terms of an option's or future's expiry now."""
    terms = state.terms.rows[instrument.forward_feed % TERMS_SLOTS]
    seconds = max(instrument.expiry_s - read(state.system, 0).time_s, 0)
    rate = read(state.feeds, instrument.rate_feed).number
    moving, fixed = forward_parts(state, instrument)
    a, b, rho, m, sigma, reference, tenor = surface_of(state, instrument)
    changed = 0
    values = (grid.version, seconds, rate, moving, fixed, a, b, rho, m, sigma, reference, tenor)
    for place in range(KEY_WORDS):
        if terms.key[place] != values[place]:
            terms.key[place] = values[place]
            changed = 1
    if changed != 0:
        set_terms(terms, grid, seconds, rate)
        set_forwards(terms, grid, moving, fixed)
        grid.made += 1
        terms.version = grid.made
    return terms


@kernel
def surface_of(state: State, instrument: Record) -> tuple[int, int, int, int, int, int, int]:
    """The surface of an instrument's expiry: its parameters, reference forward and tenor; all zeros where it has none."""
    feed = read(state.feeds, instrument.vol_feed)
    return (
        feed.surface_a, feed.surface_b, feed.surface_rho, feed.surface_m, feed.surface_sigma, feed.reference_e8, feed.reference_us,
    )  # fmt: skip


@kernel
def prices_of(state: State, grid: Record, terms: Record, instrument_id: int, instrument: Record) -> Record:
    """The prices of an option in every column now."""
    prices = state.prices.rows[instrument_id % PRICES_SLOTS]
    if (
        prices.version != terms.version
        or prices.instrument != instrument_id
        or prices.strike_e8 != instrument.strike_e8
        or prices.option_type != instrument.option_type
    ):
        a, b, rho, m, sigma, reference, tenor = surface_of(state, instrument)
        variance = total_variance(a, b, rho, m, sigma, reference, instrument.strike_e8)
        set_prices(prices, terms, grid, instrument.strike_e8, instrument.option_type, variance, tenor)
        prices.version, prices.instrument = terms.version, instrument_id
        prices.strike_e8, prices.option_type = instrument.strike_e8, instrument.option_type
    return prices
