"""What a liquidation auction sells, and for how much (MARKET, liquidation; Derive's Dutch auction).

    BM       = MM + buffer·(MM − MtM)                                buffer margin: what the auction stops at
    discount = start … cutoff while fast, then cutoff … 0 while slow, falling evenly
    f        = BM / (BM − MtM·d − R·(1 − d))                         largest share of the portfolio that may be sold
    bid      = (MtM − R)·d·share                                     R: what bidders have paid already

One rule: total, and against whoever bids: shares are rounded down, prices up. Amounts count as within ±AMOUNT_LIMIT, where BM, MtM and R
are 11 billion USD; shares and discounts have 60 fraction bits.
"""

from rollup.core.fixed import clamp, mul_div_down, mul_div_up
from rollup.core.kernel import kernel
from rollup.state.limits import RATIO_ONE

ONE_Q60 = 1 << 60
"""The whole, as a share."""

AMOUNT_LIMIT = (1 << 60) - 1
"""Greatest magnitude of an amount, 1e-8 USD."""


@kernel
def buffer_margin(maintenance_e8: int, mark_e8: int, buffer_e9: int) -> int:
    """Maintenance health with a buffer, 1e-8 USD, rounded down: the auction goes on while it is negative. The buffer counts as 0 … 1."""
    maintenance, mark = clamp(maintenance_e8, -AMOUNT_LIMIT, AMOUNT_LIMIT), clamp(mark_e8, -AMOUNT_LIMIT, AMOUNT_LIMIT)
    return maintenance + mul_div_down(maintenance - mark, clamp(buffer_e9, 0, RATIO_ONE), RATIO_ONE)


@kernel
def auction_discount(elapsed_s: int, start_e9: int, cutoff_e9: int, fast_s: int, slow_s: int) -> int:
    """Share of the mark-to-market that a bid costs, 60 fraction bits, rounded up. For cutoff ≤ start ≤ 1 and lengths of at least 1."""
    start = mul_div_up(clamp(start_e9, 0, RATIO_ONE), ONE_Q60, RATIO_ONE)
    cutoff = mul_div_up(clamp(cutoff_e9, 0, RATIO_ONE), ONE_Q60, RATIO_ONE)
    if elapsed_s < fast_s:
        return start - mul_div_down(start - cutoff, max(elapsed_s, 0), fast_s)
    slow = max(slow_s, 1)
    return cutoff - mul_div_down(cutoff, min(elapsed_s - fast_s, slow), slow)


@kernel
def largest_share(buffered_e8: int, mark_e8: int, reserved_e8: int, discount_q60: int) -> int:
    """Largest share that may be sold, 60 fraction bits, rounded down: 0 above the buffer, all where there is nothing to sell it for."""
    below = clamp(-buffered_e8, 0, AMOUNT_LIMIT)
    if below == 0:
        return 0
    mark, reserved = clamp(mark_e8, 0, AMOUNT_LIMIT), clamp(reserved_e8, 0, AMOUNT_LIMIT)
    discount = clamp(discount_q60, 0, ONE_Q60)
    # Each part is at most 2^60, so their sum is under 2^62.
    paid = mul_div_up(mark, discount, ONE_Q60) + mul_div_up(reserved, ONE_Q60 - discount, ONE_Q60)
    return mul_div_down(below, ONE_Q60, below + paid)


@kernel
def bid_price(mark_e8: int, reserved_e8: int, discount_q60: int, share_q60: int) -> int:
    """What a share of the portfolio costs, 1e-8 USD, rounded up; 0 where the portfolio is worth no more than what has been paid for it."""
    worth = clamp(mark_e8, 0, AMOUNT_LIMIT) - clamp(reserved_e8, 0, AMOUNT_LIMIT)
    cost = mul_div_up(max(worth, 0), clamp(discount_q60, 0, ONE_Q60), ONE_Q60)
    return mul_div_up(cost, clamp(share_q60, 0, ONE_Q60), ONE_Q60)
