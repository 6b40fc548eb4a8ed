"""Every bound of the state machine: what a number may be, and how many of a thing there may be.

Proof of width: a price is under 2^47, a quantity under 2^40, cash under 2^60, a ratio under 2^34. A product of two of them goes through
`rollup.core.fixed.mul_div_*`, whose intermediate is wide enough for any of these pairs. Price times quantity could leave int64 even after
the division, so `rollup.market.amounts.gross` bounds it beforehand: one order stays under 2^56 (`ORDER_GROSS_MAX`), all positions of an
account together under 2^60 (`ACCOUNT_GROSS_MAX`), and every sum of the margin is a small multiple of these (see `rollup.market.standard`).
"""

PRICE_MAX = 1 << 47
"""Exclusive bound of a price or strike, 1e-8 USD: about 1.4 million USD."""

QUANTITY_MAX = 1 << 40
"""Exclusive bound of a size or position, 1e-6 contracts: about 1.1 million contracts."""

CASH_MAX = 1 << 60
"""Exclusive bound of the magnitude of an account's cash, 1e-8 USD: about 11 billion USD."""

AMOUNT_MAX = 1 << 55
"""Exclusive bound of one deposit, transfer or withdrawal, 1e-8 USD: about 360 million USD."""

RATIO_MAX = 1 << 34
"""Exclusive bound of a ratio, volatility or confidence, 1e-9: about 17."""

NONCE_MAX = 1 << 62
"""Exclusive bound of a nonce."""

NONCES_A_SECOND = 1_000_000_000
"""How fast the nonces of session keys may rise: as a clock of nanoseconds."""

NONCE_AHEAD_S = 86_400
"""How far ahead of the batch's time such a clock may be, seconds."""

TIME_MAX = 1 << 40
"""Exclusive bound of a time, seconds since 1970."""

MONEY_MAX = 1 << 61
"""Exclusive bound of the money in the vault, and of the insurance fund, 1e-8 USD: about 23 billion USD."""

ORDER_GROSS_MAX = 1 << 44
"""Exclusive bound of quantity times price of one order, in units of 2^32 · 1e-14 USD: a cost under 2^56 · 1e-8 USD, 720 million USD."""

ACCOUNT_GROSS_MAX = 1 << 47
"""Exclusive bound of an account's quantities times their highest price, in the same unit: under 2^60 · 1e-8 USD, 5.7 billion USD."""

RESERVE_MAX = 1 << 56
"""Exclusive bound of the margin that one open order reserves, 1e-8 USD: 720 million USD; those of an account stay under 2^61."""

RATIO_ONE = 1_000_000_000
"""One, as a ratio."""

QUANTITY_ONE = 1_000_000
"""One contract."""

WINDOW_MAX_S = 1 << 14
"""Bound of the settlement window, seconds: a price under 2^47 times this stays under 2^61."""

STRAIN_MAX_S = 7 * 86_400
"""Longest silence, lag and memory that margins may be told to answer to, seconds."""

STRAIN_MAX_E9 = 4 * RATIO_ONE
"""Most that any one of them adds to the initial buffer, as a share of it."""

AUCTION_MAX_S = 30 * 86_400
"""Longest phase of a liquidation auction, seconds."""

MARKETS = 15
"""Highest id that a market may have."""

EXPIRIES = 32
"""Expiries that a market may have at one time."""

STRIKES = 256
"""Strikes that an expiry may have: each a call and a put, or the future."""

LISTING_MAX = 32
"""Most days, weeks, months or quarters ahead for which options can be listed."""

SWEPT = 32
"""Orders of an expired instrument that one step removes."""

PAUSE_MAX_S = 7 * 86_400
"""Longest pause that the governor can order at once, seconds."""

PAGE_BITS = 3
"""Pages of an account's holdings, as a power of two."""

PAGES = 1 << PAGE_BITS
"""Pages of an account's holdings."""

PAGE_POSITIONS = 16
"""Positions on one page."""

POSITIONS = PAGES * PAGE_POSITIONS
"""Positions that one account may hold."""

ASSETS = 16
"""Room for collateral assets beside cash: one a market, in the place of the market's id."""

POSITIONS_WEIGHED = 3 * POSITIONS
"""Positions of the taker and the makers together that one order may weigh: the makers behind these wait for the next order."""

SETTLED_AT_ONCE = 8
"""Positions that are settled because their account acts, in one step."""

OPEN_ORDERS = 32
"""Resting orders that one account may have."""

SESSION_KEYS = 4
"""Session keys that one account may register: 2 to the power of `SESSION_KEY_BITS`."""

FILLS = 8
"""Makers that one order may meet: fills, and makers removed on the way."""

QUOTE_ROWS = 700
"""Rows of the price levels that a mass quote may have touched when it begins with one more quote; what is left then is dropped."""

PROTECTION_MAX_S = 86_400
"""Longest interval and longest freeze of market-maker protection, seconds."""

LEGS = 8
"""Instruments that one block trade may have."""

PARTS = 2 * LEGS - 1
"""Continuation records of one transaction."""

LEVEL_BITS = 24
"""Width of a price in ticks: the depth that the tree of price levels can never pass."""

TICK_MAX = (1 << LEVEL_BITS) - 1
"""Exclusive bound of a price in ticks, so that a mirrored key stays above zero."""

SAVES = 256
"""Rows of one section that one step may write."""

TOUCHES = 5 * SAVES
"""Rows of one section that one step may touch."""

STEPS = 4096
"""Steps of one batch: its begin, its queue entries and its posted records."""

ACCOUNT_BITS = 20
"""Depth of the accounts' tree: there are fewer than 2 to this power."""

SESSION_KEY_BITS = 2
"""Session keys of one account, as a power of two."""

ORDER_BITS = 20
"""Depth of the orders' tree."""

LEVEL_ROW_BITS = 20
"""Depth of the price levels' tree."""

MESSAGE_BITS = 20
"""Depth of the outgoing messages' tree: how many of the last messages the state holds, as a power of two."""

MARKET_BITS = 4
"""Depth of the markets' tree."""

INSTRUMENT_BITS = 20
"""Depth of the instruments' tree. Their ids are never reused, since signatures name them: 200 a day last for 14 years."""

FEED_BITS = 16
"""Depth of the feeds' tree. Their ids are never reused, since reports name them: two for an expiry."""

SCENARIO_BITS = 7
"""Depth of the tree of margin scenarios."""

HOPELESS_E8 = -(1 << 61)
"""Health of an account whose positions are too large to be valued."""
