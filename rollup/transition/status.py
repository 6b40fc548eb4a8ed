"""What can become of a step: every status, in two classes.

INVALID (below `REJECTED_FIRST`): a no-op that changes nothing. REJECTED: the nonce is used and nothing else changes.
"""

from enum import IntEnum
from types import MappingProxyType

REJECTED_FIRST = 40
"""Lowest status of the class that uses a nonce."""


class Status(IntEnum):
    """The result of one step."""

    NONE = 0
    OK = 1
    CONTINUED = 2
    """A continuation record: its head transaction did the work."""

    INVALID_KIND = 10
    """No such transaction, or one that only L1 may bring."""
    INVALID_PARTS = 11
    """The continuation records that the head announces do not follow it."""
    INVALID_SIGNATURE = 12
    INVALID_SIGNER = 13
    """The claimed owner is not the account's, or the signer is neither the owner nor one of its live session keys."""
    INVALID_NONCE = 14
    """Not above the account's last nonce, or of a session key and far ahead of the time in nanoseconds."""
    INVALID_EXPIRED = 15
    INVALID_ACCOUNT = 16
    """No such account: there is no nonce to use."""
    INVALID_REPORTER = 17
    """Not an oracle signer, or the same one twice."""
    INVALID_FIELD = 18
    """A number outside of its range."""
    FAULT = 19
    """A row was asked for that is not there: a witness that does not suffice, or a programmer's error."""
    INVALID_TERMS = 20
    """The two sides of a trade did not sign the same terms: nobody's nonce is used, or a stranger could use up a signer's."""

    UNKNOWN_INSTRUMENT = 40
    UNKNOWN_ORDER = 41
    UNKNOWN_COUNTERPARTY = 42
    UNKNOWN_FEED = 43
    UNKNOWN_PARAMETER = 44
    OUT_OF_RANGE = 45
    PAUSED = 46
    INSTRUMENT_EXPIRED = 47
    INSTRUMENT_LIVE = 48
    """Not yet expired."""
    TICK = 49
    LOT = 50
    PRICE_BAND = 51
    WOULD_CROSS = 52
    FEE_CAP = 53
    STALE_ORACLE = 54
    ORACLE_BAND = 55
    ORACLE_ORDER = 56
    """A feed's time may only move forward, and never past the batch's."""
    ORACLE_QUORUM = 57
    INITIAL_MARGIN = 58
    POSITION_CAP = 59
    OPEN_INTEREST_CAP = 60
    POSITION_SLOTS = 61
    OPEN_ORDERS_FULL = 62
    BOOK_FULL = 63
    KEYS_FULL = 64
    INSUFFICIENT_CASH = 65
    SELF_TRADE = 67
    NO_POSITION = 68
    NOT_GOVERNOR = 69
    ACCOUNTS_FULL = 70
    OVERFLOW = 72
    KEY_SCOPE = 73
    """A live session key, but not one for this."""
    FOK_UNFILLED = 74
    UNKNOWN_KEY = 75
    UNKNOWN_MARGIN_MODEL = 135
    UNKNOWN_SCENARIO = 136

    REDUCE_ONLY = 80
    """A reduce-only order, and nothing to reduce."""
    MMP_FROZEN = 81
    """Market-maker protection has struck, and its freeze is not over."""
    FILL_MISMATCH = 82
    """More or less was filled of the order than its owner knew when he replaced it."""
    NOT_TRIGGERED = 83
    """The price that a waiting order waits for has not come."""
    NOT_FIXED = 95
    """The settlement price of the expiry is not fixed yet."""
    ALREADY_FIXED = 96
    """It is."""
    OFF_SCHEDULE = 97
    """No expiry that may be listed now, or none that has a future."""
    STRIKE_STEP = 98
    """No multiple of the strike step there."""
    STRIKE_BAND = 99
    """Too far from the spot price for this expiry."""
    ALREADY_LISTED = 100
    STRIKES_FULL = 101
    """The expiry has as many strikes as it may."""
    EXPIRIES_FULL = 102
    """The market has as many expiries as it may."""
    INSTRUMENTS_FULL = 103
    """The ids of instruments, or of feeds, are used up."""
    INSTRUMENT_HELD = 104
    """Somebody holds it still."""

    IN_AUCTION = 105
    """The account is being liquidated."""
    NOT_LIQUIDATABLE = 106
    """It has its maintenance margin."""
    NO_AUCTION = 107
    AUCTION_KIND = 108
    """The auction is solvent and the bid is not, or the other way about."""
    SEQUENCE_MISMATCH = 109
    """What is for sale has changed since."""
    BID_PRICE = 110
    """It would cost more, or pay less, than the bidder has signed for."""
    AUCTION_OVER = 111
    """Nothing can be bid for any more: the auction waits to be ended."""
    AUCTION_LIVE = 112
    """It is not over."""
    INSURANCE_SHORT = 113
    """The insurance fund cannot pay for any share."""
    INSURED = 114
    """The insurance fund can still pay for a sale of the account: nobody is deleveraged."""
    NOT_OPPOSITE = 115
    """The two accounts do not hold opposite sides of the instrument, or one of them less than that."""
    NOT_PROFITABLE = 116
    """The account is worth no more than was paid into it."""
    MAINTENANCE_MARGIN = 117
    """Maintenance margin would be missing, and more of it than before."""

    SURFACE_INVALID = 120
    """Not a surface that volatilities can follow from: beyond its bounds, or with arbitrage that shows at once."""

    NOT_OWN = 125
    """The account is another owner's."""
    UNKNOWN_MARKET = 126
    INSUFFICIENT_COLLATERAL = 127


DESCRIPTIONS = MappingProxyType({status: status.name.lower().replace("_", " ") for status in Status})
"""Each status in words."""


BY_VERDICT: tuple[int, ...] = (
    int(Status.OK),
    int(Status.STALE_ORACLE),
    int(Status.INITIAL_MARGIN),
    int(Status.POSITION_SLOTS),
    int(Status.POSITION_CAP),
    int(Status.OPEN_INTEREST_CAP),
    int(Status.FEE_CAP),
    int(Status.WOULD_CROSS),
    int(Status.OVERFLOW),
    int(Status.SELF_TRADE),
    int(Status.NOT_TRIGGERED),
)
"""What each `rollup.market.verdict.Verdict` is called in a receipt."""
