"""The margin models, one line each: which function tells the health of an account."""

from rollup.core.kernel import kernel
from rollup.market.standard import standard_health
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8
from rollup.state.table import read

STANDARD = 0
"""Margin model of an account: MARKET's standard margin."""


@kernel
def health(state: State, account_id: int, instrument_id: int, bought_e6: int, cash_e8: int) -> tuple[int, int, int]:
    """Initial and maintenance health, 1e-8 USD, and the time of the oldest observation that they rest on.

    As if the account had also bought `bought_e6` of the instrument, and its cash had changed by `cash_e8`. Total: it never fails,
    whatever feeds and positions say; what cannot be valued is hopeless.
    """
    model = read(state.accounts, account_id).margin_model
    if model == STANDARD:
        return standard_health(state, account_id, instrument_id, bought_e6, cash_e8)
    return HOPELESS_E8, HOPELESS_E8, 0
