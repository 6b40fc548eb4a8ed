"""Every kind of transaction, and the fields of a record that its signature covers.

A new transaction type is one file with its `apply_` function, one member and one line here, and one line in `dispatch`.

Kinds that nobody signs carry their facts in these fields: BEGIN_BATCH `amount_e8` (batch index), `timestamp_s` (L2 time) and `number`
(end of the queue entries that the batch takes); DEPOSIT `account`, `owner` and `amount_e8`; DEPOSIT_COLLATERAL `account`, `owner`,
`number` (market) and `quantity_e6`; EXIT `account`, `owner` and `address`; POSTED `number` (batches that L1 has); CONTINUATION what its
head's kind carries.

What a signed field means where its name does not say it:

    REGISTER_KEY   timestamp_s   last second of the key's life
    PLACE_ORDER    timestamp_s   last second of the order's life, 0 for no end
                   max_fee_e8    for one contract, as maker or taker
    CANCEL         number        nonce of the order meant, since ids are reused; 0 for whichever order has that id
    CANCEL_ALL     number        market, `timestamp_s` expiry, that it is about; 0, as with `instrument`, for any; `options` which orders
    REPLACE        order         the order that makes way, and `number` its nonce; `expected_e6` what must have been filled of it
                   timestamp_s   as the other fields, of the order that takes its place
    MASS_QUOTE     price_e8      of the bid, and `quantity_e6`; `amount_e8` and `expected_e6` are the price and quantity of the ask
                   side          which of them the record is about, BOTH_SIDES for both; a quantity of 0 takes a quote away
                   number        how many records the transaction has; `sequence` is the place of this one, from 0
    TRIGGER        order         the waiting order that is fired, and `number` its nonce
    SET_PROTECTION number        seconds of the interval, 0 for no protection; `timestamp_s` seconds of the freeze, 0 till it is set again
                   quantity_e6   quantity that may be filled in an interval, `expected_e6` net delta; 0 for no limit
    TRANSFER       counterparty  the account that receives; 0 opens a new one of the same owner
    WITHDRAW       max_fee_e8    of the amount, for the fee and the haircut together
    TRANSFER_POSITION
                   counterparty  another account of the same owner
    WITHDRAW_COLLATERAL, TRANSFER_COLLATERAL
                   number        the market whose underlying it is, `quantity_e6` how much of it
    SETTLE         counterparty  the holder to settle, anybody's account; 0 to mark an instrument that nobody holds
    EXECUTE_BLOCK  max_fee_e8    for one contract
                   number        how many legs the block has; `sequence` is the place of this leg, from 0
    SET_PARAMETER  order         which parameter (`rollup.transition.parameters`); `timestamp_s` when it comes into force
    START_AUCTION, BID, END_AUCTION, DELEVERAGE
                   counterparty  the account that is liquidated
    BID            number        share of the account that is wanted, 1e-9
                   amount_e8     the most that it may cost; negative: the least that it must pay
                   side          kind of the auction that is meant (`rollup.market.terms`); `sequence` its sequence, 0 for any
    DELEVERAGE     number        the account that gives up its position
    FIX_SETTLEMENT feed          the forward feed of the expiry
    APPLY_FUNDING  counterparty  the holder, anybody's account
    LIST_INSTRUMENT
                   number        the market; `timestamp_s` the expiry, `price_e8` the strike: its call and put; 0 for the dated future
    DELIST         feed          the forward feed of the expiry
    SURFACE_UPDATE price_e8      reference forward, and `number` the reference tenor in microseconds, at which the surface was fitted
    SET_SCENARIO   order         which scenario; `number` factor of spot, `options` shock of volatilities, `confidence_e9` dampener
"""

from enum import IntEnum
from types import MappingProxyType


class Kind(IntEnum):
    """What a record asks for. Kinds below 10 are never signed."""

    NONE = 0
    BEGIN_BATCH = 1
    CONTINUATION = 2
    DEPOSIT = 3
    EXIT = 4
    DEPOSIT_COLLATERAL = 5
    POSTED = 6

    REGISTER_KEY = 10
    PLACE_ORDER = 11
    CANCEL = 12
    CANCEL_ALL = 13
    TRANSFER = 15
    WITHDRAW = 16
    ORACLE_UPDATE = 17
    SETTLE = 18
    SET_PARAMETER = 19

    REPLACE = 20
    MASS_QUOTE = 21
    TRIGGER = 22
    SET_PROTECTION = 23
    EXECUTE_BLOCK = 24
    SET_MARGIN_MODEL = 36
    SET_SCENARIO = 37

    START_AUCTION = 25
    BID = 26
    END_AUCTION = 27
    DELEVERAGE = 28

    FIX_SETTLEMENT = 29
    APPLY_FUNDING = 30
    LIST_INSTRUMENT = 31
    DELIST = 41

    SURFACE_UPDATE = 32

    REVOKE_KEY = 33
    TRANSFER_POSITION = 34
    WITHDRAW_COLLATERAL = 35
    TRANSFER_COLLATERAL = 40


REPORTS = (int(Kind.ORACLE_UPDATE), int(Kind.SURFACE_UPDATE))
"""Kinds that reporters sign: each record is one reporter's report."""

NONCELESS = (*REPORTS, int(Kind.TRIGGER), int(Kind.LIST_INSTRUMENT), int(Kind.DELIST))
"""Kinds that whoever signs them brings for no account: no nonce is used, and what is rejected stays out of batches."""

SIGNED_FIRST = 10
"""Lowest kind that needs a signature."""

SIGNED_LAST = int(max(Kind))
"""Highest kind that there is."""

SCOPE_TRADE = 1
"""Bit of a session key's scope: orders, cancels, trades and settling."""
SCOPE_TRANSFER = 2
"""Bit of a session key's scope: transfers of cash, collateral and positions to other accounts."""
SCOPE_WITHDRAW = 4
"""Bit of a session key's scope: withdrawals to L1."""
SCOPES_ALL = 7
"""All bits that a scope may have."""
SCOPE_OWNER = 0
"""Scope of what no session key may do."""

MODULE_BASE = 0x0100
"""A kind's module address in the signed action is this number plus the kind."""

TERMS = ("price_e8", "quantity_e6", "time_in_force", "options", "max_fee_e8", "timestamp_s", "trigger_e8")
"""What an order asks for, on whichever instrument and side."""

FIELDS: MappingProxyType[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.REGISTER_KEY: ("address", "scope", "timestamp_s"),
        Kind.PLACE_ORDER: ("instrument", "side", *TERMS),
        Kind.CANCEL: ("order", "number"),
        Kind.CANCEL_ALL: ("instrument", "number", "timestamp_s", "options"),
        Kind.TRANSFER: ("counterparty", "amount_e8"),
        Kind.WITHDRAW: ("amount_e8", "address", "max_fee_e8"),
        Kind.ORACLE_UPDATE: ("feed", "number", "confidence_e9", "timestamp_s"),
        Kind.SETTLE: ("instrument", "counterparty"),
        Kind.SET_PARAMETER: ("order", "number", "timestamp_s"),
        Kind.REPLACE: ("order", "number", "expected_e6", *TERMS),
        Kind.MASS_QUOTE: (
            "instrument",
            "side",
            "price_e8",
            "quantity_e6",
            "amount_e8",
            "expected_e6",
            "max_fee_e8",
            "timestamp_s",
            "sequence",
            "number",
        ),
        Kind.TRIGGER: ("order", "number"),
        Kind.SET_PROTECTION: ("number", "timestamp_s", "quantity_e6", "expected_e6"),
        Kind.EXECUTE_BLOCK: ("instrument", "side", "price_e8", "quantity_e6", "max_fee_e8", "counterparty", "sequence", "number"),
        Kind.START_AUCTION: ("counterparty",),
        Kind.BID: ("counterparty", "number", "amount_e8", "side", "sequence"),
        Kind.END_AUCTION: ("counterparty",),
        Kind.DELEVERAGE: ("counterparty", "instrument", "quantity_e6", "number"),
        Kind.FIX_SETTLEMENT: ("feed",),
        Kind.APPLY_FUNDING: ("instrument", "counterparty"),
        Kind.LIST_INSTRUMENT: ("number", "timestamp_s", "price_e8"),
        Kind.DELIST: ("feed",),
        Kind.SURFACE_UPDATE: (
            *("feed", "surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "price_e8", "number"),
            *("confidence_e9", "timestamp_s"),
        ),
        Kind.REVOKE_KEY: ("address",),
        Kind.TRANSFER_POSITION: ("counterparty", "instrument", "quantity_e6"),
        Kind.SET_MARGIN_MODEL: ("number",),
        Kind.SET_SCENARIO: ("order", "number", "options", "confidence_e9", "timestamp_s"),
        Kind.WITHDRAW_COLLATERAL: ("number", "quantity_e6", "address"),
        Kind.TRANSFER_COLLATERAL: ("number", "quantity_e6", "counterparty"),
    },
)
"""The signed data of each kind, in order; `address` is one ABI address, the others are int256."""
