"""The simulated network: what TCP and HTTP would show, and the faults on top."""

from math import inf

import pytest
import trio

from rollup.devnet.simulation.network import Link
from rollup.devnet.simulation.run import run_world
from rollup.environment import (
    AddressInUse,
    AddressRefused,
    ConnectionFailed,
    FrameTooLarge,
    RpcError,
    RpcLimits,
    RpcOptions,
    RpcTimeout,
    StreamClosed,
    StreamLimits,
)


async def echo(stream):
    while True:
        await stream.send_many(await stream.receive_many())


PATIENT = StreamLimits(idle_s=inf)


async def server(environment, handler=echo, limits=PATIENT, *, task_status):
    async with trio.open_nursery() as nursery:
        task_status.started(
            await nursery.start(lambda task_status: environment.serve("server:1", handler, limits=limits, task_status=task_status))
        )


async def send_all(stream, frames):
    for frame in frames:
        await stream.send(frame)


class Calls:
    """An RPC server that remembers what it executed."""

    def __init__(self):
        self.executed = []

    async def run(self, environment, *, task_status):
        self.environment = environment
        options = RpcOptions(limits=RpcLimits(body_bytes=1000))
        async with trio.open_nursery() as nursery:
            await nursery.start(
                lambda task_status: environment.serve_rpc("server:2", self.handle, options=options, task_status=task_status)
            )
            task_status.started()

    async def handle(self, method, params, context):
        self.executed.append((method, params, context.peer))
        if method == "revert":
            raise RpcError(3, "execution reverted", "0x12")
        if method == "slow":
            await self.environment.sleep(100)
        if method == "bug":
            raise ValueError("a bug")
        return {"params": params, "tuple": (1, 2)}


def in_world(main, seed=1):
    return run_world(seed, main).value


def test_frames_arrive_in_order_after_a_delay():
    async def main(world):
        await world.start("server", server)
        client = world.environment("client")
        start = world.now()
        stream = await client.dial("server:1")
        frames = [b"%d" % number for number in range(200)]
        for frame in frames[:100]:
            await stream.send(frame)
        await stream.send_many(frames[100:])
        received = [await stream.receive() for _ in range(150)]
        while len(received) < 200:
            received += await stream.receive_many()
        assert received == frames
        assert "server" in stream.peer
        return world.now() - start

    assert 0.02 <= in_world(main) < 0.2


def test_a_close_arrives_behind_the_frames_before_it():
    async def farewell(stream):
        await stream.send_many([b"one", b"two"])

    async def main(world):
        await world.start("server", server, farewell)
        stream = await world.environment("client").dial("server:1")
        assert [await stream.receive(), await stream.receive()] == [b"one", b"two"]
        with pytest.raises(StreamClosed, match="closed by the peer"):
            await stream.receive()
        with pytest.raises(StreamClosed):
            await stream.send(b"x")

    in_world(main)


@pytest.mark.parametrize("end", ["crash", "kill"])
def test_a_peers_death_resets_its_streams(end):
    async def main(world):
        await world.start("server", server)
        stream = await world.environment("client").dial("server:1")
        getattr(world, end)("server")
        with pytest.raises(StreamClosed, match="reset by the peer"):
            await stream.receive()
        with pytest.raises(ConnectionFailed, match="refused"):
            await world.environment("client").dial("server:1")
        await world.restart("server")
        stream = await world.environment("client").dial("server:1")
        await stream.send(b"again")
        return await stream.receive()

    assert in_world(main) == b"again"


def test_a_stream_outlives_a_partition_and_keeps_its_order():
    async def main(world):
        await world.start("server", server)
        client = world.environment("client")
        stream = await client.dial("server:1")
        world.network.cut("client", "server")
        for number in range(10):
            await stream.send(b"%d" % number)
        with trio.move_on_after(3600) as silence:
            await stream.receive()
        assert silence.cancelled_caught
        with pytest.raises(ConnectionFailed, match="does not answer"):
            await client.dial("server:1")
        world.network.heal("client", "server")
        return [await stream.receive() for _ in range(10)]

    assert in_world(main) == [b"%d" % number for number in range(10)]


def test_an_isolated_node_meets_nobody_until_it_rejoins():
    async def main(world):
        calls = Calls()
        await world.start("server", calls.run)
        world.network.isolate("client")
        client = world.environment("client").rpc_client("http://server:2", timeout_s=5)
        with pytest.raises(RpcTimeout):
            await client.call("m")
        assert (await world.environment("other").rpc_client("http://server:2").call("m"))["params"] == []
        world.network.rejoin("client")
        assert await client.call("m")
        world.network.cut("client", "server")
        world.network.isolate("server")
        world.network.heal_all()
        assert await client.call("m")

    in_world(main)


def test_a_reset_is_seen_on_both_sides():
    async def main(world):
        await world.start("server", server)
        world.network.connect("client", "server", Link(reset=1.0))
        stream = await world.environment("client").dial("server:1")
        with pytest.raises(StreamClosed):
            await stream.send(b"x")
        await trio.sleep(1)
        return [entry.detail for entry in world.trace.entries if entry.kind == "stream_end"]

    assert any("reset by the network" in detail for detail in in_world(main))


def test_sizes_and_clocks_are_kept_as_on_sockets():
    async def main(world):
        await world.start("server", server, echo, StreamLimits(frame_bytes=10, idle_s=60))
        client = world.environment("client")
        stream = await client.dial("server:1", limits=StreamLimits(frame_bytes=100))
        with pytest.raises(FrameTooLarge):
            await stream.send(bytes(101))
        await stream.send(bytes(100))
        with pytest.raises(StreamClosed, match="too large"):
            await stream.receive()
        idle = await client.dial("server:1")
        start = world.now()
        with pytest.raises(StreamClosed, match="idle"):
            await idle.receive()
        assert 60 <= world.now() - start < 61

    in_world(main)


def test_a_sender_waits_for_a_receiver_that_does_not_read():
    async def deaf(stream):
        await trio.sleep_forever()

    async def main(world):
        await world.start("server", server, deaf)
        stream = await world.environment("client").dial("server:1")
        with pytest.raises(StreamClosed):
            await send_all(stream, [bytes(1 << 20)] * 100)

    in_world(main)


def test_connections_are_capped():
    async def main(world):
        await world.start("server", server, echo, StreamLimits(connections_per_address=2))
        client = world.environment("client")
        for _ in range(2):
            await client.dial("server:1")
        with pytest.raises(ConnectionFailed):
            await client.dial("server:1")
        await world.environment("other").dial("server:1")

    in_world(main)


def test_addresses_are_given_once():
    async def main(world):
        node = world.environment("a")
        async with trio.open_nursery() as nursery:
            first = await nursery.start(node.serve, "127.0.0.1:0", echo)
            second = await nursery.start(node.serve, "127.0.0.1:0", echo)
            assert first != second
            for serve in (node.serve, world.environment("b").serve_rpc):
                with pytest.raises(AddressInUse, match="in use"):
                    await nursery.start(serve, first, echo)
            with pytest.raises(AddressRefused):
                await nursery.start(node.serve, "nonsense", echo)
            nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            assert await nursery.start(node.serve, first, echo) == first
            nursery.cancel_scope.cancel()

    in_world(main)


def test_dialling_nonsense_or_an_rpc_port_fails():
    async def main(world):
        await world.start("server", Calls().run)
        for address in ("nonsense", "nobody:1", "server:2"):
            with pytest.raises(ConnectionFailed):
                await world.environment("client").dial(address)
        with pytest.raises(AddressRefused):
            world.environment("client").rpc_client("nonsense")

    in_world(main)


def test_calls_cross_as_they_would_on_the_wire():
    async def main(world):
        calls = Calls()
        await world.start("server", calls.run)
        client = world.environment("client").rpc_client("http://server:2")
        assert await client.call("m", (1, {"a": (2,)})) == {"params": [1, {"a": [2]}], "tuple": [1, 2]}
        assert calls.executed == [("m", [1, {"a": [2]}], "client")]
        with pytest.raises(RpcError, match="reverted") as revert:
            await client.call("revert")
        assert revert.value.data == "0x12"
        first, second = await client.batch([("m", []), ("revert", [])])
        assert (first["params"], second.code) == ([], 3)
        assert await client.batch([]) == []
        with pytest.raises(ConnectionFailed, match="413"):
            await client.call("m", ["x" * 1000])
        await client.aclose()
        with pytest.raises(ConnectionFailed, match="closed"):
            await client.call("m")

    in_world(main)


@pytest.mark.parametrize(("link", "executed"), [(Link(lost_call=1.0), 0), (Link(lost_answer=1.0), 1)])
def test_a_lost_call_is_not_executed_and_a_lost_answer_is(link, executed):
    async def main(world):
        calls = Calls()
        await world.start("server", calls.run)
        world.network.link = link
        start = world.now()
        with pytest.raises(RpcTimeout):
            await world.environment("client").rpc_client("http://server:2", timeout_s=7).call("m")
        assert world.now() - start == pytest.approx(7)
        return len(calls.executed)

    assert in_world(main) == executed


def test_a_call_to_a_node_that_dies_under_it_fails():
    async def main(world):
        calls = Calls()
        await world.start("server", calls.run)
        client = world.environment("client").rpc_client("http://server:2", timeout_s=60)
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def _():
                await trio.sleep(1)
                world.crash("server")

            with pytest.raises(ConnectionFailed, match="has gone"):
                await client.call("slow")
        with pytest.raises(ConnectionFailed, match="refused"):
            await client.call("m")

    in_world(main)


def test_a_bug_in_a_handler_ends_the_world():
    async def main(world):
        await world.start("server", Calls().run)
        await world.environment("client").rpc_client("http://server:2").call("bug")

    with pytest.raises(BaseExceptionGroup) as failure:
        in_world(main)
    assert failure.group_contains(ValueError)
