"""The genesis: every parameter that the rollup's nodes and L1's contracts must agree on, as one frozen value.

One rule: everything here goes into `genesis_hash`, and nothing that goes into it comes from anywhere else. The hash is the
parent of the first batch, so two nodes with different parameters can never agree on a batch.

Instruments and feeds that there are from genesis are not listed but follow from the markets (`instruments`, `feeds`): ids count from 1.
Others are listed later, and expire (`rollup.market.listing_rule`): which there are now, the state says.
The rows of the state at genesis are built from this value by `rollup.state.genesis`.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from rollup.core.codec import encode
from rollup.core.instrument_names import (
    CALL,
    FUTURE,
    PERPETUAL,
    PUT,
    InstrumentName,
    format_instrument_alias,
    format_instrument_name,
    parse_instrument_name,
)
from rollup.core.keccak import keccak256
from rollup.core.margin_parameters import AevoParameters, DeribitParameters, PortfolioParameters
from rollup.core.market_parameters import Parameters
from rollup.core.mathematics.tables import TABLE_HASH

BATCH_STEPS = 4096
"""Steps of one batch, at most."""

GENESIS_DOMAIN = b"\x30"
"""First byte of what is hashed to the genesis hash."""

DEVNET_CHAIN_ID = 31_337
"""L1 chain id of a devnet: the only one on which time, balances and blocks may be forged, and tokens minted."""

LIVE = 1
"""Status of a market or instrument that trades."""


class FeedKind(IntEnum):
    """What an oracle feed observes, and its unit."""

    SPOT = 1
    """1e-8 USD."""
    FORWARD = 2
    """Of one expiry, 1e-8 USD."""
    SURFACE = 3
    """Implied volatilities of one expiry, as a surface; its number is that at the money, a year, 1e-9."""
    RATE = 4
    """Interest rate, a year, 1e-9."""
    PERPETUAL = 5
    """Mark of a market's perpetual, 1e-8 USD."""
    STABLE = 6
    """What cash is a claim on, 1e-8 USD; of no market."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Which chains, and since when."""

    rollup_chain_id: int
    l1_chain_id: int
    time_s: int
    """Time of the state at genesis, Unix seconds."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """Addresses of the contracts on L1."""

    token: bytes = field(metadata={"bytes": 20})
    inbox: bytes = field(metadata={"bytes": 20})
    bridge: bytes = field(metadata={"bytes": 20})
    assertions: bytes = field(metadata={"bytes": 20})
    attestations: bytes = field(metadata={"bytes": 20})
    stakes: bytes = field(metadata={"bytes": 20})


@dataclass(frozen=True, slots=True)
class Roles:
    """Addresses of those who may do what others may not."""

    sequencer: bytes = field(metadata={"bytes": 20})
    """Signs receipts."""
    poster: bytes = field(metadata={"bytes": 20})
    """Posts batches on L1."""
    governor: bytes = field(metadata={"bytes": 20})
    """Changes parameters, with notice."""
    guardian: bytes = field(metadata={"bytes": 20})
    """May pause, or freeze into refund mode; never confirm."""
    reporters: tuple[bytes, ...] = field(metadata={"bytes": 20})
    """Oracle signers, ids from 1."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A verifier that may attest."""

    address: bytes = field(metadata={"bytes": 20})
    """L1 address."""
    public_key: bytes = field(metadata={"bytes": 48})
    """BLS12-381 key, compressed."""
    proof: bytes = field(metadata={"bytes": 96})
    """Proof of possession of that key."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Rules of the inbox and its forced queue."""

    forced_delay_blocks: int
    """A queue entry older than this must be in the next batch, and lets anyone force one. It shrinks for a sequencer that is often late."""
    delay_threshold_blocks: int
    """How long an entry may wait without any harm, and always."""
    delay_recovery_blocks: int
    """Blocks that give a late sequencer one block of its bound back."""
    forced_batch_max: int
    """Queue entries that one batch must take, at most."""
    batch_age_max_s: int
    """How far a batch's time may lie behind its L1 block's."""
    queue_fee_wei: int
    """Price of a queue entry."""


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """How long a withdrawal waits on L1 (DISPUTE, safety net)."""

    maturity_blocks: int
    """After it was proven."""
    airgap_blocks: int
    """After its assertion was confirmed."""


@dataclass(frozen=True, slots=True)
class Safety:
    """The bounds of the safety net, in L1 blocks (DISPUTE, safety net)."""

    pause_blocks: int
    """How long the guardian can hold up confirmations at once."""
    pause_rest_blocks: int
    """How long it cannot after that."""
    liveness_blocks: int
    """How long an entry of the queue may wait for a batch, before anybody may close the rollup and let everybody out."""
    claim_blocks: int
    """How long accounts can be shown to L1 after that, before the first is paid."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is at stake from genesis for what is signed, in wei."""

    sequencer_wei: int
    """For receipts, and for batches that keep to them."""
    verifier_wei: int
    """For each verifier's attestations."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """The dispute profile (DISPUTE, timers and bonds)."""

    block_time_s: int
    """Seconds of an L1 block."""
    censorship_max_blocks: int
    """C_max: blocks that an adversary may censor, in all."""
    delay_blocks: int
    """Delta: blocks that an honest transaction may wait."""
    txs_per_leaf: int
    """Steps between two leaves of the trace."""
    published_leaves: bool
    """Whether assertions publish their leaves, which opens the direct lane."""
    bond_wei: int
    """Bond of an assertion."""
    burn_e9: int
    """Share of a slashed bond that is burned, 1e-9."""

    @property
    def levels_max(self) -> int:
        """K: bisections from the root of the longest batch down to one leaf."""
        leaves = -(-BATCH_STEPS // self.txs_per_leaf)
        return (leaves - 1).bit_length()

    @property
    def window_blocks(self) -> int:
        """T: unrivaled blocks that confirm an assertion, C_max + (delta + 1)(2k + 3) + 1.

        With published leaves C_max + 2(delta + 1) + 1: a commitment and a refutation must find their way into L1, and nothing else.
        """
        if self.published_leaves:
            return self.censorship_max_blocks + 2 * (self.delay_blocks + 1) + 1
        return self.censorship_max_blocks + (self.delay_blocks + 1) * (2 * self.levels_max + 3) + 1


@dataclass(frozen=True, slots=True)
class Collateral:
    """A market's underlying itself, as collateral; names and units as in the state's row of markets."""

    token: bytes = field(metadata={"bytes": 20})
    """It on L1, counted in 1e-6 pieces; zeros where it is not taken."""
    factor_e9: int
    initial_scale_e9: int
    maintenance_haircut_e9: int
    initial_haircut_e9: int


COUNTED = ("factor_e9", "initial_scale_e9", "maintenance_haircut_e9", "initial_haircut_e9")
"""What of a collateral's terms is in the state: how it counts."""


@dataclass(frozen=True, slots=True)
class Market:
    """An underlying and what trades on it: options (every expiry times every strike times call and put), dated futures, a perpetual."""

    symbol: str
    tick_e8: int
    lot_e6: int
    strike_step_e8: int
    """Strikes that are listed later are multiples of it."""
    expiries_s: tuple[int, ...]
    strikes_e8: tuple[int, ...]
    future_expiries_s: tuple[int, ...]
    perpetual: bool
    collateral: Collateral


@dataclass(frozen=True, slots=True)
class Feed:
    """An oracle feed of the genesis state; `expiry_s` is 0 where it has none, and `market` where it is of none."""

    kind: FeedKind
    market: int
    expiry_s: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument of the genesis state; `market` and the feeds are ids, as in the state's row of instruments."""

    name: str
    market: int
    option_type: int
    strike_e8: int
    expiry_s: int
    tick_e8: int
    lot_e6: int
    forward_feed: int
    vol_feed: int
    rate_feed: int


@dataclass(frozen=True)
class Genesis:
    """Everything that all parties agree on. Not slotted, so that what follows from it is computed once."""

    chain: Chain
    contracts: Contracts
    roles: Roles
    verifiers: tuple[VerifierKey, ...]
    inbox: Inbox
    withdrawals: Withdrawals
    safety: Safety
    stakes: Stakes
    dispute: Dispute
    parameters: Parameters
    portfolio: PortfolioParameters
    deribit: DeribitParameters
    aevo: AevoParameters
    stable_feed: bool
    """Whether reporters say what the token that cash is a claim on is worth; else it counts as a dollar."""
    markets: tuple[Market, ...]

    @property
    def is_devnet(self) -> bool:
        """Whether time, balances and blocks of L1 may be forged."""
        return self.chain.l1_chain_id == DEVNET_CHAIN_ID

    @property
    def rollup(self) -> bytes:
        """The rollup's identity in signed messages (EIP-712's verifyingContract): its inbox."""
        return self.contracts.inbox

    @cached_property
    def genesis_hash(self) -> bytes:
        """keccak-256 over the tables of the deterministic mathematics, by their hash, and the canonical encoding of every field."""
        return keccak256(GENESIS_DOMAIN + TABLE_HASH + encode(plain(self)))

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """Feeds in order of their ids: by market its spot, rate, perpetual, forward and surface of each expiry; last that of cash."""
        of_markets = tuple(feed for number, market in enumerate(self.markets, 1) for feed in _feeds_of(number, market))
        return (*of_markets, Feed(FeedKind.STABLE, 0, 0)) if self.stable_feed else of_markets

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """Instruments in order of their ids: by market; options by expiry, strike, call before put; futures by expiry; the perpetual."""
        ids = {(feed.kind, feed.market, feed.expiry_s): number for number, feed in enumerate(self.feeds, 1)}
        return tuple(_instrument(market, number, name, ids) for number, market in enumerate(self.markets, 1) for name in _names_of(market))

    def feed_id(self, kind: FeedKind, market: int, expiry_s: int = 0) -> int:
        """Return the id of a feed, or 0 where there is none."""
        wanted = Feed(kind, market, expiry_s)
        return self.feeds.index(wanted) + 1 if wanted in self.feeds else 0

    def instrument_id(self, name: str) -> int:
        """Return the id of an instrument by its name or Deribit's alias of it, or 0 where there is none."""
        return self._instrument_ids.get(name, 0)

    @cached_property
    def _instrument_ids(self) -> dict[str, int]:
        named = [(parse_instrument_name(instrument.name), number) for number, instrument in enumerate(self.instruments, 1)]
        return {spell(name): number for name, number in named for spell in (format_instrument_name, format_instrument_alias)}


def plain(value: object) -> object:
    """Return a dataclass as mappings, lists, integers, texts and bytes: what is hashed. Numbers past 2^63 become decimal text."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, IntEnum):
        return int(value)
    return str(value) if isinstance(value, int) and value >= 1 << 63 else value


def _feeds_of(number: int, market: Market) -> list[Feed]:
    own = [FeedKind.SPOT, FeedKind.RATE, *([FeedKind.PERPETUAL] if market.perpetual else [])]
    expiries_s = sorted({*market.expiries_s, *market.future_expiries_s})
    timed = [Feed(kind, number, expiry_s) for expiry_s in expiries_s for kind in (FeedKind.FORWARD, FeedKind.SURFACE)]
    return [Feed(kind, number, 0) for kind in own] + timed


def _names_of(market: Market) -> list[InstrumentName]:
    options = [
        InstrumentName(market.symbol, expiry_s, strike_e8, option_type)
        for expiry_s in market.expiries_s
        for strike_e8 in market.strikes_e8
        for option_type in (CALL, PUT)
    ]
    futures = [InstrumentName(market.symbol, expiry_s, 0, FUTURE) for expiry_s in market.future_expiries_s]
    return options + futures + ([InstrumentName(market.symbol, 0, 0, PERPETUAL)] if market.perpetual else [])


def _instrument(market: Market, number: int, name: InstrumentName, feed_ids: dict[tuple[FeedKind, int, int], int]) -> Instrument:
    forward = FeedKind.PERPETUAL if name.option_type == PERPETUAL else FeedKind.FORWARD
    return Instrument(
        name=format_instrument_name(name),
        market=number,
        option_type=name.option_type,
        strike_e8=name.strike_e8,
        expiry_s=name.expiry_s,
        tick_e8=market.tick_e8,
        lot_e6=market.lot_e6,
        forward_feed=feed_ids[forward, number, name.expiry_s],
        vol_feed=feed_ids[FeedKind.SURFACE, number, name.expiry_s] if name.option_type in (CALL, PUT) else 0,
        rate_feed=feed_ids[FeedKind.RATE, number, 0],
    )
