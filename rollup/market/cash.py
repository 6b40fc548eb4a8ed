"""Money that comes into an account, or leaves it, other than by trading."""

from rollup.core.fixed import clamp
from rollup.core.kernel import kernel
from rollup.state.layout import State
from rollup.state.limits import MONEY_MAX
from rollup.state.table import write


@kernel
def pay_in(state: State, account_id: int, amount_e8: int) -> None:
    """Add an amount to an account's cash (take it, if negative), and to what was paid in. The caller has checked cash."""
    write(state.accounts, account_id).cash_e8 += amount_e8
    note_paid_in(state, account_id, amount_e8)


@kernel
def note_paid_in(state: State, account_id: int, amount_e8: int) -> None:
    """Add to what was paid into an account, against which its profit is measured.

    It stays within the bound of all money: who sends more than that around in circles only makes his own profit look smaller or greater.
    """
    account = write(state.accounts, account_id)
    account.paid_in_e8 = clamp(account.paid_in_e8 + amount_e8, -MONEY_MAX, MONEY_MAX)
