"""END_AUCTION: anybody ends an auction that is over, or lets a solvent one go on as what it has become."""

from rollup.core.kernel import kernel
from rollup.market.auction import BANKRUPT, GOES_ON, RUN_OUT, SOLD_AWAY, begin_auction, end_auction, outcome, standing
from rollup.market.feeds import is_stale
from rollup.market.insurance import bear
from rollup.market.terms import INSOLVENT, SOLVENT
from rollup.state.layout import Record, State
from rollup.state.table import read, write
from rollup.transition.status import Status


@kernel
def apply_end_auction(state: State, tx: Record, receipt: Record) -> int:
    """End the auction of `counterparty`: its margin is restored, or nothing is left and the insurance fund pays its debts.

    A solvent one that has run out goes on as insolvent; one whose bidders have paid for all that it was worth begins anew, without a fee.
    What the fund lacks is shared by all accounts, once: the debt and the auction end together. Statuses: UNKNOWN_COUNTERPARTY, NO_AUCTION,
    STALE_ORACLE, AUCTION_LIVE, OVERFLOW.
    """
    if not 0 < tx.counterparty <= read(state.system, 0).accounts:
        return Status.UNKNOWN_COUNTERPARTY
    if read(state.auctions, tx.counterparty).kind == 0:
        return Status.NO_AUCTION
    stands = standing(state, tx.counterparty)
    if is_stale(state, stands[2]):
        return Status.STALE_ORACLE
    became = outcome(state, tx.counterparty, stands)
    if became == GOES_ON:
        return Status.AUCTION_LIVE
    if became == RUN_OUT:
        begin_auction(state, tx.counterparty, INSOLVENT)
        return Status.OK
    if became == SOLD_AWAY:
        begin_auction(state, tx.counterparty, SOLVENT)
        return Status.OK
    if became == BANKRUPT:
        account = write(state.accounts, tx.counterparty)
        if not bear(state, -account.cash_e8):
            return Status.OVERFLOW
        receipt.cost_e8 = account.cash_e8
        account.cash_e8 = 0
    end_auction(state, tx.counterparty)
    return Status.OK
