"""BID: take a share of an account that is for sale, and pay for it or be paid."""

from rollup.core.fixed import mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.market.auction import (
    GOES_ON,
    buffered,
    cost_of_share,
    end_auction,
    is_hopeless,
    outcome,
    share_for_sale,
    share_insured,
    standing,
)
from rollup.market.auction_terms import ONE_Q60
from rollup.market.collateral import hand_collateral
from rollup.market.feeds import is_stale
from rollup.market.insurance import bear
from rollup.market.margin import health
from rollup.market.portfolio_share import hand_share, settle_funding
from rollup.market.terms import SOLVENT
from rollup.market.verdict import Verdict
from rollup.state.layout import Record, State
from rollup.state.limits import CASH_MAX, QUANTITY_ONE, RATIO_ONE
from rollup.state.table import read, write
from rollup.transition.status import BY_VERDICT, Status


@kernel
def apply_bid(state: State, tx: Record, receipt: Record) -> int:
    """Take `number` (1e-9) of the account `counterparty`, or what of it may be taken, for at most `amount_e8`; negative: paid at least.

    `side` is the kind of auction and `sequence` its sequence (0: any) that the bidder has seen. He takes that share of every position, of
    collateral, and of the cash that no bidder has paid in; his initial margin is checked after all of it. A bid for all that may be taken,
    or one that restores the account, ends the auction. `filled_e6` of the receipt is the share, in millionths, rounded up.
    """
    status = check_bid(state, tx)
    if status == Status.OK:
        status = BY_VERDICT[settle_funding(state, tx.counterparty)]
    if status != Status.OK:
        return status
    stands = standing(state, tx.counterparty)
    if is_stale(state, stands[2]):
        return Status.STALE_ORACLE
    if is_hopeless(stands):
        return Status.OVERFLOW
    if outcome(state, tx.counterparty, stands) != GOES_ON:
        return Status.AUCTION_OVER
    kind = read(state.auctions, tx.counterparty).kind
    most = share_for_sale(state, tx.counterparty, stands) if kind == SOLVENT else share_insured(state, tx.counterparty, stands)
    if most == 0:
        return Status.INSURANCE_SHORT
    share = min(mul_div_down(tx.number, ONE_Q60, RATIO_ONE), most)
    cost = cost_of_share(state, tx.counterparty, stands, share)
    if cost > tx.amount_e8:
        return Status.BID_PRICE
    status = sell(state, tx, share, cost)
    if status == Status.OK:
        status = check_bidder(state, tx.account)
    if status != Status.OK:
        return status
    close(state, tx.counterparty, most - share)
    receipt.cost_e8, receipt.filled_e6 = cost, mul_div_up(share, QUANTITY_ONE, ONE_Q60)
    return Status.OK


@kernel
def check_bid(state: State, tx: Record) -> int:
    """Is there such an auction, of the kind and at the sequence that the bidder means?"""
    if not 0 < tx.number <= RATIO_ONE:
        return Status.OUT_OF_RANGE
    if not 0 < tx.counterparty <= read(state.system, 0).accounts or tx.counterparty == tx.account:
        return Status.UNKNOWN_COUNTERPARTY
    auction = read(state.auctions, tx.counterparty)
    if auction.kind == 0:
        return Status.NO_AUCTION
    if tx.side != auction.kind:
        return Status.AUCTION_KIND
    if tx.sequence not in (0, auction.sequence):
        return Status.SEQUENCE_MISMATCH
    return Status.OK


@kernel
def sell(state: State, tx: Record, share_q60: int, cost_e8: int) -> int:
    """Exchange the share of cash, collateral and positions for its cost, or for the pay-out: a status.

    A pay-out comes from the insurance fund, and what that lacks from nowhere: it is the deficit that all accounts share.
    """
    auction, account = write(state.auctions, tx.counterparty), write(state.accounts, tx.counterparty)
    bidder = write(state.accounts, tx.account)
    paid = max(cost_e8, 0)
    cash = mul_div_down(account.cash_e8 - auction.reserved_e8, share_q60, ONE_Q60)
    account.cash_e8 += paid - cash
    bidder.cash_e8 += cash - cost_e8
    auction.reserved_e8 += paid
    auction.sequence += 1
    if abs(account.cash_e8) >= CASH_MAX or abs(bidder.cash_e8) >= CASH_MAX or not bear(state, paid - cost_e8):
        return Status.OVERFLOW
    verdict = hand_collateral(state, tx.counterparty, tx.account, share_q60)
    if verdict == Verdict.PASS:
        verdict = hand_share(state, tx.counterparty, tx.account, share_q60)
    return BY_VERDICT[verdict]


@kernel
def check_bidder(state: State, account_id: int) -> int:
    """The bidder has his initial margin beside what his open orders reserve, on fresh feeds, after the whole step."""
    initial, _, oldest = health(state, account_id, 0, 0, 0)
    if is_stale(state, oldest):
        return Status.STALE_ORACLE
    if initial < read(state.accounts, account_id).reserved_e8:
        return BY_VERDICT[Verdict.MARGIN]
    return Status.OK


@kernel
def close(state: State, account_id: int, unsold_q60: int) -> None:
    """End the auction if the account has its margin again; without the buffer's last unit where all that was for sale is sold."""
    stands = standing(state, account_id)
    if read(state.auctions, account_id).kind == SOLVENT and unsold_q60 > 0:
        if buffered(state, stands) >= 0:
            end_auction(state, account_id)
    elif stands[0] >= 0:
        end_auction(state, account_id)
