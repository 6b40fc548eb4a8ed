"""What is measured: signed option orders of many accounts, made ahead of time so that making them is not measured.

One rule: the same seed-free arithmetic gives the same orders on every machine. Accounts trade in a ring: each sells to its left
neighbour what it then buys from its right one, so positions stay small however long it runs. Every tenth pair is instead an order
that rests far below the market, and the cancel-all that takes it away.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from coincurve import PrivateKey

from rollup.core.address import address_words
from rollup.core.genesis import FeedKind, Genesis
from rollup.core.keccak import keccak256
from rollup.core.signing import address_of, address_of_point, sign
from rollup.devnet.surfaces import flat
from rollup.l1.action import digests
from rollup.l1.chunks import KeccakMany
from rollup.l1.records import FOREVER_S, concatenated, joined, make_report
from rollup.market.feeds import CASH_PRICE_ONE
from rollup.market.pricing import black76
from rollup.market.terms import BUY, GOOD_TILL_CANCEL, SELL
from rollup.state.layout import TX
from rollup.transition.kinds import Kind

Records = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

SPOTS_E8 = {"BTC": 100_000 * 10**8, "ETH": 4_000 * 10**8}
"""Spot and forward that the reporters report, 1e-8 USD."""

VOL_E9 = 600_000_000
"""Implied volatility that they report."""

QUANTITY_E6 = 1_000_000
"""Size of every order: one contract."""

REST_EVERY = 10
"""One pair of so many is a resting order and a cancel-all."""

FAR = 4
"""A resting order's distance: the mark divided by this."""

INSTRUMENTS = 32
"""Instruments traded, in turn."""


@dataclass(frozen=True, slots=True)
class Trader:
    """An account and who signs for it."""

    account: int
    secret: bytes
    address: bytes
    point: bytes
    """Public key, uncompressed."""


def traders(count: int, first_account: int = 1) -> list[Trader]:
    """Return accounts with keys of their own, numbered from `first_account`."""
    secrets = [keccak256(b"optroll bench trader " + number.to_bytes(8, "big")) for number in range(count)]
    points = [PrivateKey(secret).public_key.format(compressed=False) for secret in secrets]
    return [
        Trader(first_account + number, secret, address_of_point(point), point)
        for number, (secret, point) in enumerate(zip(secrets, points, strict=True))
    ]


def orders(genesis: Genesis, ring: list[Trader], count: int, start: int, time_s: int) -> Records:
    """Return `count` unsigned records (an even number), the pairs from number `start` on, priced for a batch at `time_s`.

    A record's nonce is its pair's number plus one, so that the parts of a longer run may be made one by one.
    """
    pairs = np.arange(start, start + count // 2)
    resting = pairs % REST_EVERY == REST_EVERY - 1
    turns = pairs - pairs // REST_EVERY
    first, second = turns % len(ring), (turns + 1 - resting) % len(ring)
    records = np.zeros(2 * len(pairs), TX)
    records["expiry_s"] = FOREVER_S
    for offset, who in ((0, first), (1, second)):
        records["account"][offset::2] = np.array([trader.account for trader in ring])[who]
        words = np.array([address_words(trader.address) for trader in ring], np.int64)[who]
        records["owner"][offset::2] = records["signer"][offset::2] = words
        records["nonce"][offset::2] = 2 * pairs + 1 + offset
    chosen = turns // len(ring) % min(INSTRUMENTS, len(genesis.instruments))
    set_orders(genesis, records, chosen, resting, time_s)
    return records


def set_orders(genesis: Genesis, records: Records, chosen: Numbers, resting: npt.NDArray[np.bool_], time_s: int) -> None:
    """Set what the pairs ask for: a sale and the purchase that takes it, or an order that rests and its cancel-all."""
    instruments = int(chosen.max()) + 1
    prices = np.array([mark_e8(genesis, number, time_s) for number in range(1, instruments + 1)], np.int64)[chosen]
    ticks = np.array([option.tick_e8 for option in genesis.instruments[:instruments]], np.int64)[chosen]
    for offset, side in ((0, SELL), (1, BUY)):
        orders_only = ~resting | (offset == 0)
        for name, value in (
            ("kind", int(Kind.PLACE_ORDER)),
            ("instrument", chosen + 1),
            ("side", side),
            ("price_e8", prices),
            ("quantity_e6", QUANTITY_E6),
            ("time_in_force", GOOD_TILL_CANCEL),
            ("max_fee_e8", 1 << 50),
        ):
            records[name][offset::2] = np.where(orders_only, value, 0)
    records["side"][0::2][resting] = BUY
    records["price_e8"][0::2] = np.where(resting, np.maximum(prices // FAR // ticks, 1) * ticks, prices)
    records["kind"][1::2][resting] = Kind.CANCEL_ALL


def mark_e8(genesis: Genesis, instrument: int, time_s: int) -> int:
    """Return an option's price at the reported feeds, on its tick."""
    option = genesis.instruments[instrument - 1]
    forward = SPOTS_E8[genesis.markets[option.market - 1].symbol]
    price = int(black76(forward, option.strike_e8, VOL_E9, option.expiry_s - time_s, option.option_type))
    return max(price // option.tick_e8, 1) * option.tick_e8


def feed_reports(genesis: Genesis, reporters: list[bytes], time_s: int) -> tuple[Records, Bytes]:
    """Return signed updates of every feed by a quorum of reporters (their secrets): records and signatures (n, 65)."""
    transactions = []
    for feed_id, feed in enumerate(genesis.feeds, 1):
        spot = SPOTS_E8[genesis.markets[feed.market - 1].symbol] if feed.market else CASH_PRICE_ONE
        observed = flat(VOL_E9, spot) if feed.kind == FeedKind.SURFACE else {"number": 0 if feed.kind == FeedKind.RATE else spot}
        quorum = reporters[: genesis.parameters.reporters_required]
        parts = [make_report(feed_id, time_s, address_of(secret), **observed) for secret in quorum]
        transactions.append(joined(*parts))
    records = concatenated(transactions)
    secrets = {address_words(address_of(secret)): secret for secret in reporters}
    hashes = digests(records, genesis)
    signatures = [sign(hashes[row].tobytes(), secrets[tuple(records["signer"][row].tolist())]) for row in range(len(records))]
    return records, np.frombuffer(b"".join(signatures), np.uint8).reshape(-1, 65)


def signed(genesis: Genesis, ring: list[Trader], records: Records, hash_many: KeccakMany) -> Bytes:
    """Return the records' signatures (n, 65), signed on every core."""
    return signed_by(genesis, {address_words(trader.address): trader.secret for trader in ring}, records, hash_many)


def signed_by(genesis: Genesis, secrets: Mapping[tuple[int, ...], bytes], records: Records, hash_many: KeccakMany) -> Bytes:
    """Return the records' signatures (n, 65), each by the key of its signer's address, signed on every core."""
    hashes, signers = digests(records, genesis, hash_many), records["signer"].tolist()

    def sign_rows(rows: range) -> bytes:
        return b"".join(sign(hashes[row].tobytes(), secrets[tuple(signers[row])]) for row in rows)

    parts = [range(start, min(start + 2048, len(records))) for start in range(0, len(records), 2048)]
    with ThreadPoolExecutor(2) as pool:
        packed = b"".join(pool.map(sign_rows, parts))
    return np.frombuffer(packed, np.uint8).reshape(-1, 65)
