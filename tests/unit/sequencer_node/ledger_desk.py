"""A ledger on a simulated disk, and all that can be seen of where it stands."""

from collections.abc import Callable
from copy import deepcopy
from random import Random

from rollup.devnet.simulation.disk import Image, SimulatedDisk
from rollup.devnet.simulation.storage import SimulatedFile, SimulatedStore
from rollup.devnet.simulation.trace import Trace
from rollup.journal import open_journal
from rollup.marker import SlotMarker
from rollup.transition.machine import PlainMachine
from sequencer.ledger import Ledger
from tests.unit.sequencer_node.exchange_day import GENESIS, TIME_S, checked, deposits, morning, new_desk, transfers

MANY = 1 << 40
"""The first batch that L1 does not have, where it has all that there are."""


class RecordingDisk(SimulatedDisk):
    """A disk that calls `watch` after every operation with a copy of its files."""

    watch: Callable[[dict[str, Image]], None] | None = None

    def _operate(self, kind, path, content, effect):
        super()._operate(kind, path, content, effect)
        if self.watch is not None:
            self.watch(deepcopy(self.files))


def new_disk(files: dict[str, Image] | None = None, seed: int = 0) -> RecordingDisk:
    disk = RecordingDisk("ledger", Random(seed), Trace(0), lambda: 0.0)
    disk.files = files or {}
    return disk


class Place:
    """What a journal needs of an environment."""

    def __init__(self, disk: SimulatedDisk) -> None:
        self.disk = disk

    def open_store(self, path):
        return SimulatedStore(self.disk, path, lambda: None)

    def open_marker(self, path):
        return SlotMarker(SimulatedFile(self.disk, path, lambda: None), path)


def open_ledger(disk: SimulatedDisk, identity: bytes = GENESIS.genesis_hash, batch_records: int = 4_000) -> Ledger:
    """Start on a disk, as a node does after its last life."""
    disk.open_paths.clear()
    return Ledger(PlainMachine(), open_journal(Place(disk), "journal", identity), GENESIS, batch_records=batch_records)


def standing(ledger: Ledger) -> dict[str, object]:
    """Everything that a ledger has acknowledged, and what its machine makes of it."""
    batch = ledger.producer.open
    records, signatures = ledger.freed()
    return {
        "head": ledger.head,
        "root": ledger.producer.root,
        "machine": ledger.producer.machine.root(),
        "sealed": {index: place.head for index, place in ledger.sealed.items()},
        "groups": [(group.batch, group.first, group.records.tobytes(), group.root) for group in ledger.groups.values()],
        "open": batch
        and {
            "index": batch.index,
            "time_s": batch.time_s,
            "queue": (batch.queue_to, batch.queue_acc),
            "steps": batch.steps,
            "records": b"".join(part.tobytes() for part in batch.records),
            "signatures": b"".join(part.tobytes() for part in batch.signatures),
        },
        "owed": (records.tobytes(), signatures.tobytes()),
    }


def a_life() -> list[Callable[[Ledger], object]]:
    """Everything that a ledger is asked to do: batches, snapshots, a roll-back, and what it set free once more."""
    desk = new_desk()
    first, second, third, fourth = (
        checked(signed) for signed in (morning(desk), transfers(desk, 3), transfers(desk, 4), transfers(desk, 2))
    )
    return [
        lambda ledger: ledger.begin(TIME_S, deposits()),
        lambda ledger: ledger.add(*first),
        lambda ledger: ledger.add(*second),
        lambda ledger: ledger.seal(),
        lambda ledger: ledger.snapshot(MANY),
        lambda ledger: ledger.begin(TIME_S + 12, []),
        lambda ledger: ledger.add(*third),
        lambda ledger: ledger.seal(),
        lambda ledger: ledger.begin(TIME_S + 24, []),
        lambda ledger: ledger.add(*fourth),
        lambda ledger: ledger.roll_back(0),
        lambda ledger: ledger.begin(TIME_S + 36, []),
        resubmit,
        lambda ledger: ledger.settle(),
        lambda ledger: ledger.seal(),
        lambda ledger: ledger.snapshot(MANY),
        lambda ledger: ledger.begin(TIME_S + 48, []),
        lambda ledger: ledger.roll_back(-1),
    ]


def resubmit(ledger: Ledger) -> object:
    """Execute again what a roll-back has set free."""
    records, signatures = ledger.freed()
    records = records.copy()
    records["authentic"] = 1
    return ledger.add(records, signatures)
