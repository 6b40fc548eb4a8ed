"""A small chain as L1 hands it out: deposits, forced transactions, transactions of one record and of several, and a batch of nothing."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from rollup.core.keccak import keccak_many
from rollup.core.signing import SignatureChecker, address_of
from rollup.journal import open_journal
from rollup.l1.action import authenticate
from rollup.l1.derivation import DerivedBatch
from rollup.l1.forced import encode_deposit, encode_entry
from rollup.l1.header import EMPTY_QUEUE
from rollup.l1.step_proof import L1Facts, PostedBatch
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from sequencer.producer import Producer
from tests.unit.contracts.trading_day import TRADERS, Desk
from tests.unit.sequencer_node.exchange_day import (
    E8,
    GENESIS,
    RICH_E8,
    TIME_S,
    arrays,
    checked,
    deposits,
    derived_from,
    morning,
    new_desk,
    new_producer,
    queue_of,
    transfers,
)
from tests.unit.sequencer_node.ledger_desk import Place, RecordingDisk
from verifier.archive import JournalArchive
from verifier.replica import Replica, Tools, honest

CHECKER = SignatureChecker()


@dataclass(frozen=True, slots=True)
class Chain:
    """Batches as derived, and the state root after each."""

    batches: tuple[DerivedBatch, ...]
    roots: tuple[bytes, ...]

    def facts(self, index: int, genesis=GENESIS) -> L1Facts:
        """What L1 knows of a batch."""
        header = self.batches[index].header
        posted = PostedBatch(index, header.chunk_root, header.time_s, header.queue_from, header.queue_to, header.count)
        accs = [EMPTY_QUEUE, *(entry.acc for batch in self.batches for entry in batch.entries)]
        return L1Facts(genesis, posted, accs.__getitem__)


def made(producer: Producer, desk: Desk, plan) -> Chain:
    """Have a producer make batches: (queue entries, transactions) each."""
    batches, roots, first, before = [], [], producer.head.queue_next, producer.head.queue_acc
    for number, (entries, signed) in enumerate(plan):
        queue = queue_of(*entries, first=first, before=before)
        for entry in queue:
            authenticate(entry.record, np.frombuffer(entry.signature, np.uint8).reshape(1, 64), GENESIS, CHECKER)
        producer.begin(TIME_S + 12 * number, queue)
        if signed:
            producer.add(*checked(signed))
        first, before = first + len(queue), queue[-1].acc if queue else before
        batches.append(derived_from(producer.seal(), queue))
        roots.append(producer.root)
    del desk
    return Chain(tuple(batches), tuple(roots))


def forced(signed) -> bytes:
    """A transaction of one record as a queue entry."""
    records, signatures = arrays([signed])
    return encode_entry(records, signatures.tobytes())


@lru_cache
def chain(ending: int = 0) -> Chain:
    """Four batches; the last one differs with `ending`, so that there are chains that part after three."""
    desk = new_desk()
    opening = [entry.data for entry in deposits()]
    plan = [
        (opening, morning(desk)),
        (
            [forced(desk.act(Kind.TRANSFER, 1, counterparty=1, amount_e8=E8)), encode_deposit(1, RICH_E8, address_of(TRADERS[0]))],
            midday(desk),
        ),
        ([], []),
        ([b"\xff" * 8 + forced(desk.act(Kind.CANCEL_ALL, 2))[8:]], transfers(desk, 3 + ending)),
    ]
    return made(new_producer(), desk, plan)


def midday(desk: Desk) -> list:
    return [desk.trade(3, 2, 2_050, 100_000), *transfers(desk, 2), desk.act(Kind.WITHDRAW, 3, amount_e8=5_000 * E8, address=b"W" * 20)]


def genesis_of(stride: int):
    """The rollup with traces of so many steps a leaf; nothing that is signed or hashed into a batch depends on it."""
    return replace(GENESIS, dispute=replace(GENESIS.dispute, txs_per_leaf=stride))


def open_replica(disk: RecordingDisk, stride: int = 1, report=honest, identity: bytes = GENESIS.genesis_hash) -> Replica:
    """Start on a disk, as a verifier does after its last life."""
    disk.open_paths.clear()
    archive = JournalArchive(open_journal(Place(disk), "verifier", identity))
    return Replica(PlainMachine(), archive, Tools(genesis_of(stride), CHECKER, keccak_many), report=report)


def unchecked(batch: DerivedBatch) -> DerivedBatch:
    """A batch as derived, its signatures not looked at yet."""
    records = batch.records.copy()
    records["authentic"] = 0
    return replace(batch, records=records)


def standing(replica: Replica) -> dict[str, object]:
    """Everything that a replica has found and keeps."""
    return {
        "head": replica.head,
        "root": replica.root,
        "machine": replica.machine.root(),
        "claims": dict(replica.claims),
        "roots": dict(replica.roots),
        "places": dict(replica.places),
    }
