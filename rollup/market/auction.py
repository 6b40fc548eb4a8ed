"""The liquidation auction of an account: how it stands, when it is over, what a bid buys and costs (MARKET, liquidation).

Theory: an account whose maintenance health is negative is for sale, by shares. While its portfolio is worth something the auction is
solvent, and a bidder pays a falling part of that worth; what bidders have paid is reserved, it is not sold to the next one. Once nobody
takes it for nothing, or the account is worth nothing, the auction is insolvent: a bidder is paid, more with time, up to all the margin that
is missing. Where only what bidders have paid is left of its worth, that is for sale too, and the auction begins anew: in an insolvent one
it would be the next bidder's for nothing (Derive's DutchAuction restarts it as well). The numbers are those of the moment of the bid;
`rollup.market.auction_terms` has the formulas.
"""

from typing import TypeAlias

from rollup.core.fixed import clamp, mul_div_down
from rollup.core.kernel import kernel
from rollup.market.assets import assets_worth
from rollup.market.auction_terms import AMOUNT_LIMIT, ONE_Q60, auction_discount, bid_price, buffer_margin, largest_share
from rollup.market.collateral import holds_collateral
from rollup.market.margin import health, mark_to_market
from rollup.market.positions import count_of
from rollup.market.terms import IN_AUCTION, LIVE, SOLVENT
from rollup.state.layout import State
from rollup.state.limits import HOPELESS_E8, RATIO_ONE
from rollup.state.table import read, write

Standing: TypeAlias = tuple[int, int, int]
"""Of an account: maintenance health, mark-to-market, and the time of the oldest observation that both rest on."""

GOES_ON = 0
"""Outcome of an auction: it is not over."""
RESTORED = 1
"""Outcome of an auction: the account has its margin again, in a solvent auction with the buffer."""
RUN_OUT = 2
"""Outcome of a solvent auction: nobody took what was for sale, or the account is worth nothing any more."""
BANKRUPT = 3
"""Outcome of an insolvent auction: nothing is for sale any more, and money is missing."""
SOLD_AWAY = 4
"""Outcome of a solvent auction: what is for sale is worth nothing any more, but the account is, by what bidders have paid."""


@kernel
def standing(state: State, account_id: int) -> Standing:
    """How an account stands now, with its collateral, which is sold like all else."""
    _, maintenance, oldest = health(state, account_id, 0, 0, 0)
    mark, seen = mark_to_market(state, account_id)
    if mark > HOPELESS_E8:
        mark += assets_worth(state, account_id)
    return maintenance, mark, min(oldest, seen)


@kernel
def is_hopeless(stands: Standing) -> bool:
    """Are the positions too large to be valued? Then nothing can be sold by shares; they can be settled and deleveraged."""
    return stands[0] <= HOPELESS_E8 or stands[1] <= HOPELESS_E8


@kernel
def buffered(state: State, stands: Standing) -> int:
    """Maintenance health with the auctions' buffer, 1e-8 USD: what is negative is missing."""
    return buffer_margin(stands[0], stands[1], read(state.parameters, 0).buffer_e9)


@kernel
def liquidation_fee(state: State, stands: Standing) -> int:
    """What starting a solvent auction costs its account, 1e-8 USD, rounded down: fee · MtM · largest share without a discount."""
    if stands[1] <= 0:
        return 0
    sold = mul_div_down(stands[1], largest_share(buffered(state, stands), stands[1], 0, ONE_Q60), ONE_Q60)
    return mul_div_down(sold, read(state.parameters, 0).liquidation_fee_e9, RATIO_ONE)


@kernel
def begin_auction(state: State, account_id: int, kind: int) -> None:
    """Put an account up for sale, or let its auction go on as one of another kind. What has been paid is part of what is for sale now."""
    auction = write(state.auctions, account_id)
    auction.kind, auction.started_s, auction.reserved_e8 = kind, read(state.system, 0).time_s, 0
    auction.sequence += 1
    write(state.accounts, account_id).status = IN_AUCTION


@kernel
def end_auction(state: State, account_id: int) -> None:
    """Give an account back to its owner. The sequence stays."""
    auction = write(state.auctions, account_id)
    auction.kind, auction.started_s, auction.reserved_e8 = 0, 0, 0
    write(state.accounts, account_id).status = LIVE


@kernel
def outcome(state: State, account_id: int, stands: Standing) -> int:
    """GOES_ON, or why an auction is over as what it is."""
    auction, parameters = read(state.auctions, account_id), read(state.parameters, 0)
    if auction.kind == SOLVENT:
        if buffered(state, stands) >= 0:
            return RESTORED
        if stands[1] <= 0 or elapsed_s(state, account_id) >= parameters.fast_auction_s + parameters.slow_auction_s:
            return RUN_OUT
        return SOLD_AWAY if stands[1] <= auction.reserved_e8 else GOES_ON
    if stands[0] >= 0:
        return RESTORED
    return BANKRUPT if count_of(state, account_id) == 0 and not holds_collateral(state, account_id) else GOES_ON


@kernel
def elapsed_s(state: State, account_id: int) -> int:
    """Seconds since an auction became what it is."""
    return int(read(state.system, 0).time_s - read(state.auctions, account_id).started_s)


@kernel
def share_for_sale(state: State, account_id: int, stands: Standing) -> int:
    """Largest share that a bid in a solvent auction may buy, 60 fraction bits, rounded down; not 0 while anything is missing."""
    asked, reserved = discount(state, account_id), read(state.auctions, account_id).reserved_e8
    return largest_share(buffered(state, stands), stands[1], reserved, asked)


@kernel
def discount(state: State, account_id: int) -> int:
    """Share of the mark-to-market that a solvent auction asks now, 60 fraction bits."""
    parameters = read(state.parameters, 0)
    start = parameters.discount_start_e9
    cutoff = min(parameters.discount_cutoff_e9, start)
    return auction_discount(elapsed_s(state, account_id), start, cutoff, parameters.fast_auction_s, parameters.slow_auction_s)


@kernel
def cost_of_share(state: State, account_id: int, stands: Standing, share_q60: int) -> int:
    """What a bidder pays for a share, 1e-8 USD, rounded up; negative where he is paid."""
    if read(state.auctions, account_id).kind == SOLVENT:
        return bid_price(stands[1], read(state.auctions, account_id).reserved_e8, discount(state, account_id), share_q60)
    return -mul_div_down(payout(state, account_id, stands), share_q60, ONE_Q60)


@kernel
def payout(state: State, account_id: int, stands: Standing) -> int:
    """What an insolvent auction pays for the whole portfolio now, 1e-8 USD, rounded down: its debt at first, in the end all its margin."""
    length = read(state.parameters, 0).insolvent_auction_s
    worth = clamp(stands[1], -AMOUNT_LIMIT, 0)
    missing = worth - clamp(stands[0], -AMOUNT_LIMIT, 0)
    return -worth + mul_div_down(missing, min(elapsed_s(state, account_id), length), length)


@kernel
def share_insured(state: State, account_id: int, stands: Standing) -> int:
    """Largest share whose pay-out the insurance fund can make now, 60 fraction bits, rounded down.

    Once the pay-out has reached its end a bid may take all: what the fund lacks is shared by all accounts.
    """
    whole = payout(state, account_id, stands)
    fund = read(state.system, 0).insurance_e8
    if whole <= fund or elapsed_s(state, account_id) >= read(state.parameters, 0).insolvent_auction_s:
        return ONE_Q60
    return mul_div_down(fund, ONE_Q60, whole)
