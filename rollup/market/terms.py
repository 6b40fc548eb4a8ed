"""What the numbers in orders and instruments mean."""

BUY = 0
"""Side that pays the price."""
SELL = 1
"""Side that is paid."""

GOOD_TILL_CANCEL = 0
"""Time in force: what is not filled rests in the book, until the order's own expiry if it has one."""
IMMEDIATE_OR_CANCEL = 1
"""Time in force: what is not filled at once is dropped."""
FILL_OR_KILL = 2
"""Time in force: all at once, or nothing happens."""

POST_ONLY = 1
"""Bit of an order's options: it may only rest; if it would meet another order it is rejected."""
OPTIONS_ALL = 1
"""All bits that an order's options may have."""

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
