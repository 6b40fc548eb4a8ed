"""A node that acknowledges, killed before and after every disk operation: what it acknowledged is there, once."""

import pytest
import trio

from rollup.devnet.simulation.disk import Moment
from rollup.devnet.simulation.run import run_world
from rollup.environment import StoreError, TransportError
from rollup.journal import Journal, JournalLost, open_journal
from rollup.snapshots import latest_snapshot, write_snapshot

ORDERS = 8
SNAPSHOT_EVERY = 3


class Clerk:
    """A node that appends what it is sent, acknowledges it, and takes a snapshot now and then."""

    async def run(self, environment, *, task_status):
        journal = open_journal(environment, "data", b"chain")
        known = self.recover(journal)

        async def take(stream):
            while True:
                order = await stream.receive()
                if order not in known:
                    await self.accept(environment, journal, order, stream)
                    known.append(order)
                    if len(known) % SNAPSHOT_EVERY == 0:
                        await environment.in_thread(self.snapshot, journal, list(known))
                await stream.send(order)

        async with trio.open_nursery() as nursery:
            await nursery.start(environment.serve, "clerk:1", take)
            task_status.started(journal)

    def recover(self, journal):
        snapshot = latest_snapshot(journal)
        known = list(snapshot.parts) if snapshot else []
        start = snapshot.height if snapshot else journal.first
        assert start == len(known)
        return known + [order for _, order in journal.records(start)]

    async def accept(self, environment, journal, order, stream):
        del stream
        await environment.in_thread(journal.append, order)

    def snapshot(self, journal, known):
        write_snapshot(journal, journal.count, known)
        journal.prune(max(journal.first, journal.count - 2))


class HastyClerk(Clerk):
    """The planted bug: it acknowledges before the order is on the disk."""

    async def accept(self, environment, journal, order, stream):
        await stream.send(order)
        await environment.in_thread(journal.append, order)


async def customer(world, orders, acknowledged):
    """Send every order until it is acknowledged, over as many connections as it takes."""
    environment = world.environment("customer")
    for order in orders:
        while order not in acknowledged:
            try:
                with trio.move_on_after(5):
                    stream = await environment.dial("clerk:1")
                    await stream.send(order)
                    acknowledged.append(await stream.receive())
            except TransportError:
                pass
            if not world.nodes["clerk"].is_alive:
                await world.restart("clerk")


def run_scene(seed, clerk, crash=None):
    """Return acknowledged orders, what is in the journal at the end, and the disk operations used."""

    async def main(world):
        world.disk("clerk").faults.crash = crash
        await world.start("clerk", clerk.run)
        acknowledged = []
        orders = [b"order %d" % number for number in range(ORDERS)]
        while not world.nodes["clerk"].is_alive:
            await world.restart("clerk")
        await customer(world, orders, acknowledged)
        world.disk("clerk").faults.crash = None
        world.crash("clerk")
        node = await world.restart("clerk")
        return acknowledged, clerk.recover(node.value), world.disk("clerk").operations

    return run_world(seed, main).value


def test_every_crash_point_keeps_what_was_acknowledged_once():
    _, _, operations = run_scene(0, Clerk())
    assert operations > 60
    for operation in range(1, operations + 1):
        for moment in Moment:
            acknowledged, kept, _ = run_scene(operation, Clerk(), (operation, moment))
            assert kept == acknowledged == [b"order %d" % number for number in range(ORDERS)], (operation, moment)


def test_acknowledging_before_the_disk_is_caught():
    _, _, operations = run_scene(0, HastyClerk())
    caught = 0
    for operation in range(1, operations + 1):
        acknowledged, kept, _ = run_scene(operation, HastyClerk(), (operation, Moment.BEFORE))
        caught += kept[: len(acknowledged)] != acknowledged
    assert caught


async def lied_to(world):
    """Return what a node makes of a disk that lied about every other sync, after the power failed."""
    disk = world.disk("clerk")
    disk.faults.lying_sync = 0.5
    await world.start("clerk", Clerk().run, exits=(StoreError,))
    acknowledged = []
    with trio.move_on_after(2 + 3 * world.random.random()):
        await customer(world, [b"order %d" % number for number in range(1000)], acknowledged)
    world.crash("clerk")
    disk.faults.lying_sync = 0.0
    node = await world.restart("clerk")
    if node.failure is not None:
        return "refused"
    kept = Clerk().recover(node.value)
    return "whole" if kept[: len(acknowledged)] == acknowledged else "forgotten"


def test_a_disk_that_lies_is_mostly_found_out_at_the_next_start():
    """Where store and marker were lied about alike, both forget: nothing on one disk can notice that, only L1 can."""
    outcomes = [run_world(seed, lied_to).value for seed in range(40)]
    assert outcomes.count("refused") > outcomes.count("forgotten") > 0
    assert outcomes.count("whole") > 0


def test_a_lost_tail_is_found_out_and_counted():
    async def main(world):
        await world.start("clerk", Clerk().run, exits=(StoreError,))
        await customer(world, [b"order 0", b"order 1"], [])
        world.kill("clerk")
        world.disk("clerk").lose_tail("data/store", 60)
        return (await world.restart("clerk")).failure

    failure = run_world(1, main).value
    assert isinstance(failure, JournalLost)
    assert (failure.acknowledged, failure.found) == (2, 1)


@pytest.mark.parametrize("operation", range(1, 12))
def test_a_failing_operation_ends_the_node_and_loses_nothing(operation):
    async def main(world):
        world.disk("clerk").faults.failing = frozenset({operation})
        node = await world.start("clerk", Clerk().run, exits=(StoreError,))
        acknowledged = []
        with trio.move_on_after(3600):
            while not world.nodes["clerk"].is_alive:
                await world.restart("clerk")
            await customer(world, [b"order 0", b"order 1"], acknowledged)
        world.disk("clerk").faults.failing = frozenset()
        world.crash("clerk")
        node = await world.restart("clerk")
        assert isinstance(node.value, Journal)
        return acknowledged, Clerk().recover(node.value)

    acknowledged, kept = run_world(1, main).value
    assert kept == acknowledged == [b"order 0", b"order 1"]
