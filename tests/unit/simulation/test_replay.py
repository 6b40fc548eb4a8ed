"""Same seed, same trace: in any process, with any hash seed, time zone and locale."""

import os
import subprocess
import sys

import pytest
import trio

from rollup.devnet.simulation.run import run_world
from rollup.devnet.simulation.trace import NotTraceable, Trace
from rollup.environment import RpcError, TransportError
from rollup.journal import open_journal

# The world below is run by fresh processes too, which import this file by its path.
SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("scene", sys.argv[1])
scene = importlib.util.module_from_spec(spec)
spec.loader.exec_module(scene)
print(scene.digest_of(int(sys.argv[2])))
"""


async def keeper(environment, *, task_status):
    """Keep what it is sent, and tell how much that is: every part of an environment at once."""
    journal = open_journal(environment, "data", b"chain")

    async def keep(stream):
        while True:
            for frame in await stream.receive_many():
                await environment.in_thread(journal.append, frame)
                await stream.send(b"kept " + frame)

    async def tell(method, params, context):
        if method != "count":
            raise RpcError(-32601, method)
        return journal.count

    async def tick():
        while True:
            await environment.sleep(10 * environment.random().random())
            environment.log("tick", count=journal.count, fields=["a", {"b": b"c"}])

    async with trio.open_nursery() as nursery:
        await nursery.start(environment.serve, f"{environment.name}:1", keep)
        await nursery.start(environment.serve_rpc, f"{environment.name}:2", tell)
        for _ in range(5):
            nursery.start_soon(tick)
        task_status.started()


async def scene(world):
    for number in range(3):
        await world.start(f"keeper-{number}", keeper)
    for number in range(3):
        world._nursery.start_soon(chat, world.environment(f"client-{number}"), f"keeper-{number % 2}")
    for _ in range(3):
        await trio.sleep(15 * world.random.random())
        victim = f"keeper-{world.random.randrange(3)}"
        world.network.isolate(victim)
        await trio.sleep(5)
        world.crash(victim)
        world.network.rejoin(victim)
        await world.restart(victim)
    return world.trace.count


async def chat(environment, keeper):
    client = environment.rpc_client(f"http://{keeper}:2", timeout_s=3)
    while True:
        try:
            stream = await environment.dial(f"{keeper}:1")
            for _ in range(4):
                await stream.send(b"%d" % await client.call("count"))
                await stream.receive()
        except TransportError as error:
            environment.log("trouble", error=str(error))
        await environment.sleep(environment.random().random())


def digest_of(seed):
    return run_world(seed, scene).trace_digest


def digest_in_a_fresh_process(seed, **variables):
    command = [sys.executable, "-c", SCRIPT, __file__, str(seed)]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def test_the_scene_is_eventful():
    result = run_world(3, scene, entries_kept=None)
    assert len(result.entries) == result.value > 300
    kinds = {entry.kind for entry in result.entries}
    assert {
        "frames",
        "rpc_request",
        "rpc_response",
        "disk_sync",
        "log",
        "node_killed",
        "node_start",
        "stream_end",
        "network_isolate",
    } <= kinds


def test_the_same_seed_again_is_the_same_trace_and_another_is_another():
    assert digest_of(3) == digest_of(3)
    assert digest_of(3) != digest_of(4)


@pytest.mark.process
def test_the_same_seed_is_the_same_trace_in_any_process():
    here = digest_of(5)
    assert digest_in_a_fresh_process(5, PYTHONHASHSEED="0") == here
    assert digest_in_a_fresh_process(5, PYTHONHASHSEED="1", TZ="Asia/Kathmandu", LC_ALL="C") == here


@pytest.mark.long
def test_many_seeds_replay():
    assert all(digest_of(seed) == digest_of(seed) for seed in range(20))


def test_outside_a_world_the_scheduler_is_as_it_was():
    from trio._core import _run as scheduler

    before = scheduler._ALLOW_DETERMINISTIC_SCHEDULING, scheduler._r
    digest_of(1)
    assert (scheduler._ALLOW_DETERMINISTIC_SCHEDULING, scheduler._r) == before


@pytest.mark.parametrize("value", [{1, 2}, object(), frozenset(), lambda: None, [{"a": {1}}]], ids=range(5))
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(NotTraceable, match="spelling"):
        Trace(10).record(0.0, "log", value)


def test_different_entries_are_different_digests():
    digests = set()
    for details in ([1], ["1"], [b"1"], [True], [1, 2], [[1, 2]], [(1,), 2], [{"a": 1}], [None], [1.5], [bytes(100)], [bytes(101)], []):
        trace = Trace(1)
        trace.record(1.0, "kind", *details)
        digests.add(trace.digest())
    assert len(digests) == 13
