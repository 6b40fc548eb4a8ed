"""Every record of the rollup: fixed-width rows of int64 fields, grouped in sections.

A section is an array of rows and the leaves of a Merkle tree of fixed depth: row index = leaf index. Index 0 is null wherever an
index can be stored, so row 0 of those sections stays empty. A new field is one word in this file.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from rollup.core.margin_parameters import MODEL_WORDS
from rollup.state.limits import (
    ACCOUNT_BITS,
    ASSETS,
    FEED_BITS,
    FILLS,
    INSTRUMENT_BITS,
    LEVEL_ROW_BITS,
    MARKET_BITS,
    MESSAGE_BITS,
    OPEN_ORDERS,
    ORDER_BITS,
    PAGE_BITS,
    PAGE_POSITIONS,
    SCENARIO_BITS,
    SESSION_KEY_BITS,
)

Field = str | tuple[str, int]

Record: TypeAlias = Any
"""A row, a transaction or a receipt in a kernel: fields are attributes. Its class is the host's affair."""


def record(*fields: Field) -> np.dtype[np.void]:
    """Build the dtype of a record: every field is an int64, or a small array of them, in order."""
    names = [field if isinstance(field, str) else field[0] for field in fields]
    shadowed = [name for name in names if hasattr(np.record, name)]
    if shadowed:
        msg = f"numpy would shadow these fields on plain rows: {shadowed}"
        raise ValueError(msg)
    return np.dtype([(f, "<i8") if isinstance(f, str) else (f[0], "<i8", (f[1],)) for f in fields])


# fmt: off
SYSTEM = record(
    "time_s", "batch", "queue_next", "accounts", "orders", "order_free", "levels", "level_free",
    "messages", "instruments", "markets", "feeds", "reporters", "insurance_e8", "vault_e8", "paused_until_s",
    ("governor", 3), "deficit_e8", "stable_feed", "posted", "awaited", "awaited_s", "lag_until_s", ("spare", 2),
)
"""The rollup's own row: clock, batches begun, allocation heads (the highest id in use; free lists by `*_free`), governor's address.

`posted` is how many batches L1 has said that it has; the batch that was begun as number `awaited`, counted from 1, at `awaited_s` is waited
for (0: none); until `lag_until_s` it is remembered how long others took (`rollup.market.strain`).

`vault_e8` is the money that L1 holds for this state: all cash, the insurance fund and the instruments' pools, less `deficit_e8`, the losses
that nobody could be made to pay; a withdrawal leaves it when its message is written.
"""

PARAMETERS = record(
    "version", "effective_s",
    "initial_spot_max_e9", "initial_spot_min_e9", "maintenance_call_e9", "maintenance_put_e9", "maintenance_put_mark_e9",
    "unpaired_initial_e9", "unpaired_maintenance_e9", "put_offset_e9",
    "confidence_threshold_e9", "confidence_factor_e9",
    "reporters_required", "heartbeat_s", "deviation_e9", "settlement_window_s",
    "maker_fee_e9", "taker_fee_e9", "fee_cap_e9", "price_band_e9", "quantity_min_e6", "quantity_max_e6",
    "position_max_e6", "open_interest_max_e6", "withdrawal_min_e8", "outright_initial_e9", "outright_maintenance_e9",
    "buffer_e9", "liquidation_fee_e9", "discount_start_e9", "discount_cutoff_e9",
    "fast_auction_s", "slow_auction_s", "insolvent_auction_s", "withdrawal_fee_e8", "account_min_e8",
    "funding_period_s", "funding_interest_e9", "funding_rate_max_e9", "peg_threshold_e9", "peg_factor_e9",
    "listing_days", "listing_weeks", "listing_months", "listing_quarters", "listing_band_e9",
    "silence_start_s", "silence_full_s", "silence_most_e9", "silence_decay_e9",
    "lag_start_s", "lag_full_s", "lag_most_e9", "lag_decay_e9",
    "volatility_start_e9", "volatility_full_e9", "volatility_most_e9", "volatility_memory_s", "crowding_start_e9", "crowding_most_e9",
    ("spare", 2),
)
"""Row 0: the parameters in force. Row 1: those that come into force at `effective_s` (0: none are waiting)."""

ACCOUNTS = record(
    ("owner", 3), "cash_e8", "nonce", "status", "positions", "open_orders", "margin_model", "reserved_e8", "paid_in_e8", "expiry_s",
    ("spare", 2),
)
"""A subaccount: owner's address, cash, last used nonce, counts, margin model, what its open orders reserve of its margin, and what was paid
in by deposits and transfers, less what left by them: what it is worth beyond that is its profit. Nothing that it holds expires before
`expiry_s`; 0 where nothing does at all.
"""

HOLDINGS = record(("instrument", PAGE_POSITIONS), ("quantity_e6", PAGE_POSITIONS), ("funding_e8", PAGE_POSITIONS))
"""A page of an account's positions: position n is in slot `n % PAGE_POSITIONS` of row `account * PAGES + n // PAGE_POSITIONS`.

The first `positions` are in use, in the order of `rollup.market.positions`; the others are 0. `funding_e8` is the perpetual's funding
index up to which the position has paid, 0 for other instruments.
"""

COLLATERAL = record(("quantity_e6", ASSETS))
"""What the account with the same index holds of each market's underlying, its collateral beside cash; by the market's id."""

RESTING = record(("order", OPEN_ORDERS))
"""Ids of the open orders of the account with the same index; 0 is a free slot."""

PROTECTIONS = record(
    "interval_s", "freeze_s", "quantity_limit_e6", "delta_limit_e6", "window_s", "filled_e6", "delta_e6", "frozen_until_s", "dead_nonce",
    ("spare", 3),
)
"""Market-maker protection of the account with the same index: what it asked for, and what was filled since `window_s`.

Of its protected orders those with a nonce up to `dead_nonce` are dead.
"""

AUCTIONS = record("kind", "started_s", "sequence", "reserved_e8", ("spare", 4))
"""The liquidation auction of the account with the same index: its kind (0: none), when that began, what bidders have paid in it, and the
sequence that bids bind to. The sequence counts whatever changed what is for sale in any auction of the account, so none comes back.
"""

KEYS = record(("address", 3), "scope", "expiry_s")
"""Session keys, at `account * SESSION_KEYS + slot`."""

ORDERS = record(
    "account", "instrument", "side", "price_e8", "quantity_e6", "level", "older", "newer", "expiry_s", "nonce", "max_fee_e8",
    "options", "filled_e6", "reserved_e8", "trigger_e8",
)
"""Open orders; free rows are linked through `newer`. `quantity_e6` is what remains of an order, `filled_e6` what was filled of it.

`max_fee_e8` is for one contract, `reserved_e8` what it keeps of its account's margin. Fifteen words and the section's number are what
one permutation of the hash takes.
"""

LEVELS = record("kind", "key", "oldest", "newest", "quantity_e6", "bit", "zero", "one")
"""Nodes of the books' crit-bit trees: a price level (kind 1) or a branch on `bit` (kind 2). Free rows are linked through `zero`."""

INSTRUMENTS = record(
    "status", "market", "option_type", "strike_e8", "expiry_s", "tick_e8", "lot_e6", "open_interest_e6", "shorts_e6",
    "forward_feed", "vol_feed", ("book", 2), "pool_e8", "funding_e8", "funding_rest", "funding_s", "rate_feed", "listed_before",
    ("spare", 1),
)
"""Instruments: `option_type` is CALL, PUT, FUTURE or PERPETUAL (`rollup.core.instrument_names`); an outright has strike 0 and no vol feed,
a perpetual expires at 0 and its forward feed is its mark.

`book[side]` is the root node of that side's tree of levels. All longs are the open interest, and all shorts `shorts_e6`: the same until
holders are settled. `pool_e8` is what settled holders have paid in, less what was paid out; of a perpetual, its funding. `funding_e8` and
`funding_rest` are a perpetual's funding index as of `funding_s` (`rollup.market.funding`). The strikes of an expiry are a list, from its
forward feed's `last_listed` along `listed_before`: by the ids of their calls, whose puts have the next ids, and of the future, which is
the strike 0 (`rollup.market.listing`). A row that is all zeros was never listed, or is no longer.
"""

MARKETS = record(
    "symbol", "spot_feed", "rate_feed", "status", "perpetual", "expiring", "expiries", "asset_market", "cancels", "factor_e9",
    "initial_scale_e9", "maintenance_haircut_e9", "initial_haircut_e9", "vault_e6", "tick_e8", "lot_e6", "strike_step_e8", ("spare", 1),
)
"""Underlyings: symbol is its ASCII name, at most 8 letters, as one big-endian integer; `perpetual` is the instrument that is its perpetual.

Of the `expiries` whose settlement windows have not closed, `expiring` is the first one's forward feed. 0 where there is none. What is
listed gets the market's tick and lot, at a strike that is a multiple of its strike step (`rollup.market.listing_rule`).

What is held of an underlying itself is collateral, and `vault_e6` is what L1 holds of it for this state. `factor_e9` of its value counts in
standard margin, `initial_scale_e9` times that initially; in portfolio margin the haircuts do not count. It belongs to the risk of
`asset_market` (0: of none), whose confidence it shares, and with whose spot price its value moves in scenarios if `cancels` is 1.
"""

FEEDS = record(
    "kind", "market", "expiry_s", "number", "confidence_e9", "timestamp_s", "aggregate", "origin", "opened_s", "closed_s",
    "settlement_e8", "later",
    "surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "reference_e8", "reference_us", "strikes", "last_listed",
    "variance_e12", "silence_until_s",
)
"""Oracle feeds: the median `number` (e8 for prices, e9 for vol and rate) and when its youngest quorum was observed.

A surface feed has its five parameters (1e-12) with the forward and the tenor at which they were fitted (`rollup.market.surface`); its
number is the volatility at that forward.

Of a spot feed, `aggregate` is the sum of price times seconds until its last observation, modulo 2^62. A forward feed has that sum when its
settlement window began (`origin`, at `opened_s`) and at its end (`aggregate`, at `closed_s`), the settlement price once that is fixed, and
in `later` the market's next forward feed (`rollup.market.settlement_window`); and how many `strikes` of the expiry are listed, the
last of them `last_listed`. Its surface feed has the next id.

`variance_e12` is the realised variance of a spot feed's prices, a year; until `silence_until_s` it is remembered how long its market's
feeds were silent (`rollup.market.strain`).
"""

REPORTERS = record(("address", 3), "status")
"""Oracle signers."""

MODELS = record(("portfolio", MODEL_WORDS[0]), ("deribit", MODEL_WORDS[1]), ("aevo", MODEL_WORDS[2]), ("spare", 2))
"""Row 0: the numbers of the margin models in force. Row 1: those that come into force with row 1 of the parameters."""

SCENARIOS = record("spot_e9", "vol", "dampener_e9", "effective_s", "next_spot_e9", "next_vol", "next_dampener_e9", ("spare", 1))
"""What portfolio margin weighs, one scenario a row: factor of spot (0: no scenario), shock of volatilities, share of the gain that counts;
from `effective_s` on (0: nothing waits) the next three instead. Row 0 is a scenario like the others.
"""

MESSAGES = record(("recipient", 3), "amount_e8", "account", "batch", "number", "market", "quantity_e6")
"""Money on its way to L1: message `number`, counted from 1, at that number modulo the rows (`rollup.transition.outgoing`).

It is cash where `market` is 0, else `quantity_e6` of that market's underlying.
"""

SECTIONS: tuple[tuple[str, np.dtype[np.void], int], ...] = (
    ("system", SYSTEM, 0),
    ("parameters", PARAMETERS, 1),
    ("accounts", ACCOUNTS, ACCOUNT_BITS),
    ("holdings", HOLDINGS, ACCOUNT_BITS + PAGE_BITS),
    ("collateral", COLLATERAL, ACCOUNT_BITS),
    ("resting", RESTING, ACCOUNT_BITS),
    ("protections", PROTECTIONS, ACCOUNT_BITS),
    ("auctions", AUCTIONS, ACCOUNT_BITS),
    ("keys", KEYS, ACCOUNT_BITS + SESSION_KEY_BITS),
    ("orders", ORDERS, ORDER_BITS),
    ("levels", LEVELS, LEVEL_ROW_BITS),
    ("instruments", INSTRUMENTS, INSTRUMENT_BITS),
    ("markets", MARKETS, MARKET_BITS),
    ("feeds", FEEDS, FEED_BITS),
    ("reporters", REPORTERS, 4),
    ("models", MODELS, 1),
    ("scenarios", SCENARIOS, SCENARIO_BITS),
    ("messages", MESSAGES, MESSAGE_BITS),
)
"""Name, record and tree depth of every section, in the order in which their roots are hashed."""

TX = record(
    "source", "authentic", "kind", "parts", "account", "nonce", "expiry_s", ("owner", 3), ("signer", 3),
    "instrument", "side", "price_e8", "quantity_e6", "time_in_force", "options", "max_fee_e8", "order",
    "counterparty", "amount_e8", "feed", "number", "confidence_e9", "timestamp_s", ("address", 3), "scope", "continues",
    "sequence", "expected_e6", "trigger_e8", "surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma",
)
"""A transaction's record. `source` and `authentic` are facts about it that the derivation sets; the rest is what was signed.

`parts` of a head is the number of continuation records behind it; `continues` of a continuation is its head's kind. An address is
three words: its first 8 bytes, next 8 bytes and last 4 bytes, each as a big-endian integer (wrapped to int64).
"""

RECEIPT = record(
    "status", "account", "nonce", "order", "filled_e6", "cost_e8", "fee_e8", "fills", "cancelled", "dropped", "message", "opened",
    ("fill_order", FILLS), ("fill_account", FILLS), ("fill_quantity_e6", FILLS), ("fill_price_e8", FILLS),
)
"""What one step did: status, what was filled and paid, the resting order's id, how many orders ended without being filled.

`opened` is the account, or the instrument, that the step opened.

`dropped` has a bit for each quote of a MASS_QUOTE that did not come to rest: 2 · place of its record + side.

An INVALID step has zeros but for its status; a REJECTED one has its account and nonce too.
"""
# fmt: on


class Table(NamedTuple):
    """One section in memory. Arrays when compiled; look-alike plain objects otherwise (see the hosts)."""

    rows: npt.NDArray[np.void]
    """Rows by slot, then the spare row, then room for the rows saved by this step."""
    keys: npt.NDArray[np.int64]
    """Sorted indices of the rows present, or nothing where the whole section is (slot = index)."""
    mark: npt.NDArray[np.uint8]
    """By slot: was it read, written by this step, written by this batch."""
    log: npt.NDArray[np.int64]
    """Counters and lists of slots; see `rollup.state.table`."""


class State(NamedTuple):
    """All sections, named as in `SECTIONS`, and the tables of `rollup.state.derived`."""

    system: Table
    parameters: Table
    accounts: Table
    holdings: Table
    collateral: Table
    resting: Table
    protections: Table
    auctions: Table
    keys: Table
    orders: Table
    levels: Table
    instruments: Table
    markets: Table
    feeds: Table
    reporters: Table
    models: Table
    scenarios: Table
    messages: Table
    grid: Table
    """This and what follows is no part of the state: see `rollup.state.derived`."""
    terms: Table
    prices: Table
    sums: Table
    gains: Table
