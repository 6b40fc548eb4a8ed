"""What the numbers in orders and instruments mean."""

BUY = 0
"""Side that pays the price."""
SELL = 1
"""Side that is paid."""

GOOD_TILL_CANCEL = 0
"""Time in force: what is not filled rests in the book, until the order's own expiry if it has one (then it is good till time)."""
IMMEDIATE_OR_CANCEL = 1
"""Time in force: what is not filled at once is dropped."""
FILL_OR_KILL = 2
"""Time in force: all at once, or nothing happens."""

POST_ONLY = 1
"""Bit of an order's options: it may only rest; if it would meet another order it is rejected."""
REDUCE_ONLY = 2
"""Bit of an order's options: it never takes more than closes what its account holds, when it is placed and whenever it is filled."""
MARKET = 4
"""Bit of an order's options: no price is signed, it takes what the price band allows and never rests."""
PROTECTED = 8
"""Bit of an order's options: its fills count for market-maker protection, and it is dead once that has struck."""
CANCEL_MAKER = 0
"""Self-trade mode: the resting order makes way. Modes are two bits of an order's options, `SELF_TRADE`."""
REJECT_TAKER = 16
"""Self-trade mode: the order that would meet one's own is rejected as a whole."""
CANCEL_BOTH = 32
"""Self-trade mode: the resting order makes way, and what is left of the other is dropped."""
DECREMENT_BOTH = 48
"""Self-trade mode: both lose the quantity that would have been traded."""
SELF_TRADE = 48
"""Mask of the self-trade mode in an order's options."""
OWNER_WIDE = 64
"""Bit of an order's options: the orders of all accounts with the same owner are one's own, not only those of the same account."""
STOP_LOSS = 128
"""Bit of an order's options: it waits outside the book until the position that it would close has lost so much."""
TAKE_PROFIT = 256
"""Bit of an order's options: it waits outside the book until the position that it would close has gained so much."""
TRIGGER = 384
"""Mask of the two."""
BY_MARK = 512
"""Bit of a waiting order's options: it waits for a mark price of its instrument, and not for a spot price of the underlying."""
OPTIONS_ALL = 1023
"""All bits that an order's options may have."""
QUOTE = 1024
"""Bit of a resting order's options: it is a quote, and the next MASS_QUOTE on its instrument and side replaces it."""
FORCE_SHIFT = 11
"""Where a waiting order's options hold the time in force that it will have."""

BOTH_SIDES = 2
"""Side of a record of MASS_QUOTE that quotes a bid and an ask."""

BUYS_ONLY = 1
"""Bit of what CANCEL_ALL is about: purchases; with `SELLS_ONLY`, or neither, orders on both sides."""
SELLS_ONLY = 2
"""Bit of what CANCEL_ALL is about: sales."""
QUOTES_ONLY = 4
"""Bit of what CANCEL_ALL is about: quotes, and no other orders."""
CANCEL_ALL_BITS = 7
"""All bits that CANCEL_ALL may have."""

LIVE = 1
"""Status of an instrument, market or reporter that takes part, and of an account that is open."""
SETTLED = 2
"""Status of an instrument whose every holder has been settled."""
IN_AUCTION = 3
"""Status of an account that is being liquidated."""

SOLVENT = 1
"""Kind of an auction: bidders pay for the portfolio."""
INSOLVENT = 2
"""Kind of an auction: bidders are paid to take the portfolio."""
