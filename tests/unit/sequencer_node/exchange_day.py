"""What the sequencer's and the verifier's tests trade: signed transactions, queue entries, and a producer to put them through.

The rollup is the devnet's, begun shortly before worlds begin. Account i + 1 belongs to trader i; the first batch's deposits open them.
"""

from collections.abc import Sequence

import numpy as np

from rollup.core.development import development_genesis
from rollup.core.keccak import keccak_many
from rollup.core.signing import SignatureChecker, address_of
from rollup.devnet.simulation.run import START_S
from rollup.l1.action import authenticate
from rollup.l1.batch import decode_body
from rollup.l1.derivation import DerivedBatch, begin_record
from rollup.l1.forced import encode_deposit, record_of_entry
from rollup.l1.header import EMPTY_QUEUE, BlockRef, QueueEntry, queue_accumulator
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, SELL
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from sequencer.ledger import genesis_head
from sequencer.producer import Producer
from tests.unit.contracts.trading_day import TRADERS, Desk

E8, E6 = 10**8, 10**6
GENESIS = development_genesis(time_s=int(START_S) - 1_000, verifiers=1)
TIME_S = GENESIS.chain.time_s + 60
"""A batch's time."""
RICH_E8 = 900_000 * E8
BLOCK = BlockRef(1, bytes(32), bytes(32), TIME_S)

CHECKER = SignatureChecker()
"""It remembers keys, never answers."""


def queue_of(*entries: bytes, first=0, before=EMPTY_QUEUE, block=0) -> list[QueueEntry]:
    """L1's queue entries of these bytes, behind `first` others with the accumulator `before`."""
    found = []
    for index, data in enumerate(entries, first):
        before = queue_accumulator(before, data)
        record, signature = record_of_entry(data)
        found.append(QueueEntry(index, before, record, signature.tobytes(), data, block))
    return found


def deposits(amount_e8=RICH_E8) -> list[QueueEntry]:
    """Each trader's first deposit, which opens its account."""
    return queue_of(*(encode_deposit(0, amount_e8, address_of(secret)) for secret in TRADERS))


def arrays(signed: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Transactions one after another: records, and signatures (n, 64)."""
    records = np.concatenate([records for records, _ in signed])
    packed = b"".join(signatures for _, signatures in signed)
    return records, np.ascontiguousarray(np.frombuffer(packed, np.uint8).reshape(-1, 65)[:, :64])


def checked(signed: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Transactions with their signatures looked at."""
    records, signatures = arrays(signed)
    authenticate(records, signatures, GENESIS, CHECKER)
    return records, signatures


def morning(desk: Desk, time_s=TIME_S) -> list:
    """A few transactions, of one record and of several, good and bad; the market's prices first."""
    stranger = desk.records(Kind.TRANSFER, 0, counterparty=2, amount_e8=E8)
    return [
        *desk.oracles(time_s),
        desk.order(1, SELL, 2_000, 100_000),
        desk.signed(stranger, [TRADERS[1]]),  # invalid: the wrong key
        desk.trade(2, 3, 2_100, 500_000),
        desk.act(Kind.TRANSFER, 0, counterparty=77, amount_e8=E8),  # rejected: uses its nonce
        desk.order(0, BUY, 2_500, 50_000, time_in_force=IMMEDIATE_OR_CANCEL),
        desk.act(Kind.CANCEL_ALL, 1),
    ]


def transfers(desk: Desk, count: int, trader=0) -> list:
    """Cheap transactions that are never refused."""
    return [desk.act(Kind.TRANSFER, trader, counterparty=2 if trader != 1 else 1, amount_e8=E8 + number) for number in range(count)]


def new_producer(**settings) -> Producer:
    machine = PlainMachine()
    return Producer(machine, genesis_head(machine, GENESIS), **settings)


def opened_producer(**settings) -> Producer:
    """A producer whose first batch is open and has taken the deposits."""
    producer = new_producer(**settings)
    producer.begin(TIME_S, deposits())
    return producer


def derived_from(sealed, entries: Sequence[QueueEntry]) -> DerivedBatch:
    """The batch as L1 would hand it out, its signatures looked at."""
    header = sealed.header
    posted, signatures = decode_body(sealed.body, header.count)
    begin = begin_record(header.index, header.time_s, header.queue_to)
    queued = np.frombuffer(bytes(64) + b"".join(entry.signature for entry in entries), np.uint8).reshape(-1, 64)
    records = np.concatenate([begin, *(entry.record for entry in entries), posted])
    signatures = np.concatenate([queued, signatures])
    authenticate(records, signatures, GENESIS, CHECKER, keccak_many)
    return DerivedBatch(header, sealed.acc, records, signatures, sealed.body, tuple(entries), BLOCK, forced=False)


def genesis_machine() -> PlainMachine:
    machine = PlainMachine()
    machine.load(genesis_rows(GENESIS))
    return machine


def new_desk() -> Desk:
    return Desk(GENESIS)
