"""Worlds: time, life and death of nodes."""

from functools import partial

import pytest
import trio

from rollup.devnet.simulation.run import START_S, run_world
from rollup.environment import NodeDead, StoreError, StoreFailed

WEEK = 7 * 24 * 3600


async def idle(environment, *, task_status):
    task_status.started(environment.name)
    await trio.sleep_forever()


def test_a_week_passes_at_once():
    async def main(world):
        await world.environment("a").sleep(WEEK)
        return world.now(), world.environment("a").now()

    result = run_world(1, main)
    assert result.value == (START_S + WEEK, START_S + WEEK)
    assert result.virtual_seconds == WEEK


def test_a_clock_may_be_wrong():
    async def main(world):
        node = await world.start("a", idle)
        node.environment.skew_s = -3600
        return node.environment.now() - world.now()

    assert run_world(1, main).value == -3600


def test_a_started_node_tells_its_value():
    async def main(world):
        node = await world.start("a", idle)
        assert node.is_alive
        return node.value

    assert run_world(1, main).value == "a"


@pytest.mark.parametrize("end", ["crash", "kill"])
def test_a_dead_node_does_nothing_though_its_finally_blocks_run(end):
    refused = []

    async def stubborn(environment, *, task_status):
        store, marker = environment.open_store("store"), environment.open_marker("marker")
        stream = await environment.dial("peer:1")
        client = environment.rpc_client("http://peer:2")
        try:
            task_status.started()
            await trio.sleep_forever()
        finally:
            environment.log("last words")
            for effect in (
                lambda: store.write([(b"a", b"b")]),
                lambda: store.get(b"a"),
                lambda: next(store.iterate()),
                lambda: marker.write(b"x"),
                lambda: environment.open_store("other"),
                lambda: environment.open_marker("other"),
                lambda: environment.rpc_client("http://peer:2"),
            ):
                with pytest.raises(NodeDead):
                    effect()
                refused.append(effect)
            with trio.CancelScope(shield=True):
                for effect in (
                    lambda: environment.dial("peer:1"),
                    lambda: environment.sleep(0),
                    lambda: environment.in_thread(int),
                    lambda: environment.serve("a:1", None),
                    lambda: environment.serve_rpc("a:1", None),
                    lambda: stream.send(b"x"),
                    stream.receive,
                    partial(client.call, "m"),
                ):
                    with pytest.raises(NodeDead):
                        await effect()
                    refused.append(effect)
            store.write([])

    async def peer(environment, *, task_status):
        async def keep(stream):
            await stream.receive()

        async with trio.open_nursery() as nursery:
            await nursery.start(environment.serve, "peer:1", keep)
            task_status.started()

    async def main(world):
        await world.start("peer", peer)
        node = await world.start("a", stubborn)
        before = world.trace.count
        getattr(world, end)("a")
        await node.ended.wait()
        kinds = [str(entry) for entry in list(world.trace.entries)[before:]]
        assert not any("last words" in kind or "disk_write" in kind for kind in kinds)
        assert not node.is_alive
        assert node.failure is None
        return len(refused)

    assert run_world(1, main, entries_kept=None).value == 15


def test_a_killed_node_is_refused_even_within_a_retry_loop():
    woken, swallowed = [], []

    async def retries(environment, *, task_status):
        task_status.started()
        while True:
            try:
                await environment.sleep(1)
                woken.append(environment.now())
            except Exception as error:  # noqa: BLE001 - the habit that this test is about
                swallowed.append(error)

    async def main(world):
        node = await world.start("a", retries)
        await trio.sleep(10)
        world.crash("a")
        await node.ended.wait()
        assert not node.is_alive
        assert node.failure is None

    run_world(1, main)
    assert len(woken) == 10
    assert swallowed == []


def test_a_restarted_node_has_its_disk_its_arguments_and_a_new_life():
    lives = []

    async def counter(environment, greeting, *, task_status):
        store = environment.open_store("store")
        count = int(store.get(b"count") or b"0") + 1
        store.write([(b"count", b"%d" % count)])
        lives.append((greeting, count, environment.random().random()))
        task_status.started()
        await trio.sleep_forever()

    async def main(world):
        await world.start("a", counter, "hello")
        world.crash("a")
        await world.restart("a")
        world.kill("a")
        await world.restart("a")

    run_world(1, main)
    assert [(greeting, count) for greeting, count, _ in lives] == [("hello", 1), ("hello", 2), ("hello", 3)]
    assert len({number for _, _, number in lives}) == 3


def test_a_node_may_end_by_what_it_was_allowed_to_end_by():
    async def broken(environment, *, task_status):
        task_status.started()
        await environment.sleep(1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            raise StoreFailed("disk")

    async def main(world):
        node = await world.start("a", broken, exits=(StoreError,))
        await node.ended.wait()
        return node.failure

    assert isinstance(run_world(1, main).value, StoreFailed)

    async def intolerant(world):
        await world.start("a", broken)
        await trio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as failure:
        run_world(77, intolerant)
    assert failure.value.__notes__ == ["in the world of seed 77"]
    assert failure.group_contains(StoreFailed)


def test_a_node_that_dies_at_its_start_does_not_hang_the_world():
    async def stillborn(environment, *, task_status):
        raise StoreFailed("disk")

    async def main(world):
        node = await world.start("a", stillborn, exits=(StoreFailed,))
        return node.is_alive, node.value

    assert run_world(1, main).value == (False, None)


def test_a_name_is_taken_while_its_node_lives():
    async def main(world):
        await world.start("a", idle)
        await world.start("a", idle)

    with pytest.RaisesGroup(AssertionError, allow_unwrapped=True, flatten_subgroups=True):
        run_world(1, main)


def test_a_thread_is_waited_for_though_cancelled():
    done = []

    async def main(world):
        environment = world.environment("a")
        with trio.move_on_after(1e-9):
            await environment.in_thread(done.append, 1)
        return done

    assert run_world(1, main).value == [1]
