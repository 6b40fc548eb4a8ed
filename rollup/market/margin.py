"""The margin models, one line each: which functions tell the health of an account and what it is worth."""

from enum import IntEnum

from rollup.core.kernel import kernel
from rollup.market.aevo import aevo_health
from rollup.market.crowding import crowded
from rollup.market.deribit import deribit_health
from rollup.market.isolated import isolated_health
from rollup.market.portfolio import portfolio_health
from rollup.market.standard import standard_health
from rollup.market.strain import strained
from rollup.market.valuation import marked_value
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8
from rollup.state.table import read


class Model(IntEnum):
    """Margin model of an account."""

    STANDARD = 0
    """MARKET's standard margin."""
    PORTFOLIO = 1
    """MARKET's portfolio margin."""
    ISOLATED = 2
    """Standard margin of each position by itself."""
    DERIBIT_STANDARD = 3
    """Deribit's segregated standard margin."""
    AEVO_PORTFOLIO = 4
    """Aevo's portfolio margin."""


MODEL_LAST = int(max(Model))
"""Highest number of a model."""


@kernel
def health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, 1e-8 USD, and the time of the oldest observation that they rest on.

    As if the account had also bought `bought_e6` of the instrument, and its cash had changed by `cash_e8`. Total: it never fails,
    whatever feeds and positions say; what cannot be valued is hopeless. Strain and crowding take from every model's initial health.
    """
    initial, maintenance, oldest = calm_health(state, account_id, instrument_id, bought_e6, cash_e8)
    initial = strained(state, account_id, instrument_id, initial, maintenance, oldest)
    return crowded(state, account_id, instrument_id, bought_e6, initial), maintenance, oldest


@kernel
def calm_health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """What `health` gives where nothing strains the market and nothing is crowded: what the account's margin model says."""
    model = read(state.accounts, account_id).margin_model
    if model == Model.STANDARD:
        return standard_health(state, account_id, instrument_id, bought_e6, cash_e8)
    if model == Model.PORTFOLIO:
        return portfolio_health(state, account_id, instrument_id, bought_e6, cash_e8)
    if model == Model.ISOLATED:
        return isolated_health(state, account_id, instrument_id, bought_e6, cash_e8)
    if model == Model.DERIBIT_STANDARD:
        return deribit_health(state, account_id, instrument_id, bought_e6, cash_e8)
    if model == Model.AEVO_PORTFOLIO:
        return aevo_health(state, account_id, instrument_id, bought_e6, cash_e8)
    return HOPELESS_E8, HOPELESS_E8, 0


@kernel
def mark_to_market(state: State, account_id: int) -> tuple[int, int]:
    """What an account is worth at its marks, 1e-8 USD, and the time of the oldest observation used; total, like `health`.

    Of every model the undiscounted marks. A settled position counts as what it pays, collateral beside cash not at all
    (`rollup.market.assets.assets_worth`): this is what cash can be paid for.
    """
    return marked_value(state, account_id)
