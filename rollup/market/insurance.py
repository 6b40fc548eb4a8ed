"""The insurance fund, and the losses that it could not bear.

One rule: money that nobody owns goes to the fund, and before that to the deficit, so there is never a fund beside a deficit. A deficit is
what accounts are owed beyond what the vault holds: it is shared out by the haircut of withdrawals (MARKET, liquidation).
"""

from rollup.core.fixed import mul_div_up
from rollup.core.kernel import kernel
from rollup.state.layout import State
from rollup.state.limits import MONEY_MAX
from rollup.state.table import read, write


@kernel
def insure(state: State, amount_e8: int) -> None:
    """Give fees, or what rounding left over, to the insurance fund, or to the deficit while there is one."""
    if amount_e8 != 0:
        system = write(state.system, 0)
        covered = min(max(amount_e8, 0), system.deficit_e8)
        system.deficit_e8 -= covered
        system.insurance_e8 += amount_e8 - covered


@kernel
def bear(state: State, loss_e8: int) -> bool:
    """Let the fund pay a loss as far as it goes, and all accounts share the rest; false where that would leave its bound.

    For 0 ≤ loss < 2^62. Each loss is borne by the step that creates the cash for it, so none is borne twice.
    """
    system = write(state.system, 0)
    paid = min(loss_e8, system.insurance_e8)
    if system.deficit_e8 + loss_e8 - paid >= MONEY_MAX:
        return False
    system.insurance_e8 -= paid
    system.deficit_e8 += loss_e8 - paid
    return True


@kernel
def haircut(state: State, amount_e8: int) -> int:
    """What a withdrawal of an amount loses to the deficit, 1e-8 USD, rounded up: amount · deficit / (vault + deficit)."""
    system = read(state.system, 0)
    if system.deficit_e8 == 0:
        return 0
    return min(mul_div_up(amount_e8, system.deficit_e8, max(system.vault_e8, 0) + system.deficit_e8), amount_e8)
