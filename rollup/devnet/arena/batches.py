"""The batches that games are about: real transactions, posted and derived as a sequencer's and a verifier's would be.

One rule: nothing here is made up for the games' sake. The bytes are what L1 takes; what is known about them was derived from L1's logs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from l1_mock.contracts.deployment import contracts_of
from rollup.core.development import DISPUTE, TRADER_SECRETS, development_genesis
from rollup.core.genesis import Genesis
from rollup.core.signing import SignatureChecker
from rollup.devnet.arena.ground import Ground
from rollup.devnet.drills.desk import E8, Account, Desk, Signed
from rollup.dispute.trace import height_of
from rollup.l1.action import authenticate
from rollup.l1.batch import encode_body
from rollup.l1.derivation import Derivation, DerivedBatch
from rollup.l1.forced import encode_entry
from rollup.l1.header import BlockRef, LogEntry
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, SELL
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from verifier.calls import MoveCall

DEPOSIT_E8 = 900_000 * E8
"""What each account opens with."""

WITHDRAWN_E8 = 5_000 * E8
"""What the first account takes out."""

RECIPIENT = b"withdrawn to here..."
"""Where to."""

QUEUED = 3
"""Entries in L1's queue when the games begin: two deposits, and a transfer that somebody forced."""

FULL = (7, 8)
"""How much of a trace's leaves have steps, about: the rest is padding, which can be lied about as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Posted:
    """A batch: the call that posts it, and what a verifier derives once it is on L1."""

    call: MoveCall
    derived: DerivedBatch

    @property
    def height(self) -> int:
        """Height of its trace."""
        return height_of(len(self.derived.records), 1)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Batches that follow one another from genesis."""

    genesis: Genesis
    batches: tuple[Posted, ...]

    @property
    def height(self) -> int:
        """Height of the highest trace."""
        return max(posted.height for posted in self.batches)


def games_genesis(*, published_leaves: bool = False) -> Genesis:
    """Return the genesis of all games on a lane: a devnet's, whose window and bond each game replaces."""
    return development_genesis(verifiers=0, dispute={**DISPUTE, "published_leaves": published_leaves})


def genesis_machine(genesis: Genesis) -> PlainMachine:
    """Return a machine at the genesis state."""
    machine = PlainMachine()
    machine.load(genesis_rows(genesis))
    machine.root()
    return machine


def open_ground(genesis: Genesis) -> Ground:
    """Return L1 with money in the bridge and entries in the queue, before the first batch."""
    ground = Ground(genesis, contracts_of(genesis, genesis_machine(genesis).root()))
    ground.addresses["token"] = genesis.contracts.token
    desk, accounts = Desk(genesis), traders()
    ground.open_block()
    for account in accounts:
        for contract, function, *arguments in (
            ("token", "mint", account.address, DEPOSIT_E8),
            ("token", "approve", genesis.contracts.bridge, DEPOSIT_E8),
            ("bridge", "deposit", 0, DEPOSIT_E8),
        ):
            taken = ground.call(account.address, MoveCall(function, tuple(arguments)), contract)
            assert taken is not None
            assert taken.success, taken.reason
    forced = desk.act(Kind.TRANSFER, accounts[0], counterparty=2, amount_e8=E8)
    entry = encode_entry(forced.records, forced.signatures.tobytes())
    queued = ground.call(RECIPIENT, MoveCall("enqueue", (entry,), genesis.inbox.queue_fee_wei), "inbox")
    assert queued is not None
    assert queued.success, queued.reason
    ground.close_block()
    return ground


def make_line(genesis: Genesis, heights: Sequence[int], *, variant: int = 0) -> Line:
    """Return batches whose traces have these heights; variants have other times, hence other roots and accumulators."""
    ground, desk = open_ground(genesis), Desk(genesis)
    calls, queue = [], 0
    supply = transactions(desk, ground.timestamp)
    for number, height in enumerate(heights):
        steps = max((1 << height) * FULL[0] // FULL[1], (1 << height >> 1) + 1)
        taken = min(QUEUED - queue, steps - 1)
        queue += taken
        signed = list(fitting(supply, steps - 1 - taken))
        calls.append(post(ground, number, queue, signed, time_s=ground.timestamp - variant))
    derived = derive(ground)
    line = Line(genesis, tuple(Posted(call, batch) for call, batch in zip(calls, derived, strict=True)))
    assert [posted.height for posted in line.batches] == list(heights)
    return line


def post(ground: Ground, number: int, queue_to: int, signed: Sequence[Signed], *, time_s: int) -> MoveCall:
    """Post a batch and return the call that does."""
    parent = ground.look("inbox", "batch", number - 1)[0] if number else ground.genesis.genesis_hash
    body, count = b"", 0
    if signed:
        records = np.concatenate([each.records for each in signed])
        body, count = encode_body(records, np.concatenate([each.signatures for each in signed])), len(records)
    call = MoveCall("postBatch", (parent, time_s, queue_to, ground.look("inbox", "queueAcc", queue_to)[0], count, body))
    ground.open_block()
    receipt = ground.call(ground.genesis.roles.poster, call, "inbox")
    assert receipt is not None
    assert receipt.success, receipt.reason
    ground.close_block()
    return call


def derive(ground: Ground) -> list[DerivedBatch]:
    """Read L1 as a verifier does."""
    derivation, checker = Derivation(ground.genesis), SignatureChecker()
    batches, parent = [], bytes(32)
    for mined in ground.mined:
        digest = mined.number.to_bytes(32, "big")
        receipts = [(receipt.transaction, log) for receipt in mined.receipts for log in receipt.logs]
        logs = [
            LogEntry(log.address, log.topics, log.data, mined.number, digest, transaction.hash, place)
            for place, (transaction, log) in enumerate(receipts)
        ]
        calldata = {transaction.hash: transaction.data for transaction, _ in receipts}
        time_s = ground.genesis.chain.time_s + ground.genesis.dispute.block_time_s * mined.number
        batches += derivation.feed(BlockRef(mined.number, digest, parent, time_s), logs, calldata)
        parent = digest
    for batch in batches:
        authenticate(batch.records, batch.signatures, ground.genesis, checker)
    return batches


def traders() -> list[Account]:
    """Return the two accounts that trade, with the numbers that their deposits will give them."""
    return [Account(f"trader-{number}", bytes.fromhex(TRADER_SECRETS[number - 1]), number) for number in (1, 2)]


def fitting(supply: Iterator[Signed], room: int) -> Iterator[Signed]:
    """Take transactions that fit into so many records; one that does not is passed over."""
    while room:
        signed = next(supply)
        if len(signed.records) <= room:
            room -= len(signed.records)
            yield signed


def transactions(desk: Desk, time_s: int) -> Iterator[Signed]:
    """Yield the transactions of a day that does not end, of most kinds and outcomes; what L1's queue holds has used the first nonce."""
    first, second = accounts = traders()
    for account in accounts:
        account.nonce = 1
    yield desk.withdrawal(first, WITHDRAWN_E8, RECIPIENT)
    yield desk.act(Kind.TRANSFER, first, counterparty=2, amount_e8=1_000 * E8)
    forged = desk.record(Kind.TRANSFER, second, counterparty=1, amount_e8=E8)
    yield desk.sign(forged, [first.secret])
    yield from desk.reports(100_000, time_s - 1)
    yield desk.order(second, SELL, 2_100, 200_000)
    yield desk.order(first, BUY, 2_100, 300_000, time_in_force=IMMEDIATE_OR_CANCEL)
    yield desk.trade(first, second, 2_110, 100_000)
    yield desk.order(second, SELL, 2_150, 100_000)
    yield desk.act(Kind.CANCEL, second, order=2)
    yield desk.order(first, BUY, 10**7, 100_000)
    while True:
        yield desk.act(Kind.TRANSFER, first, counterparty=2, amount_e8=E8)
        yield desk.order(second, SELL, 2_200, 100_000)
        yield desk.act(Kind.TRANSFER, second, counterparty=77, amount_e8=E8)
