"""Framed streams on real sockets: order, ends, limits and clocks."""

import socket

import pytest
import trio

from rollup.environment import AddressInUse, AddressRefused, ConnectionFailed, FrameTooLarge, StoreFailed, StreamClosed, StreamLimits
from rollup.net import streams
from rollup.net.framing import LENGTH, encode_frames

pytestmark = pytest.mark.process

ANY = "127.0.0.1:0"


async def echo(stream):
    while True:
        await stream.send_many(await stream.receive_many())


async def until(condition):
    """Wait for the kernel to tell the other task."""
    with trio.fail_after(5):
        while not condition():
            await trio.testing.wait_all_tasks_blocked(0.001)


class Served:
    """A listener for the length of a test, the events that it logged, and the streams dialled to it."""

    def __init__(self):
        self.address = None
        self.events = []
        self.dialled = []

    async def start(self, nursery, handler=echo, **limits):
        async def run(*, task_status):
            await streams.serve(ANY, handler, limits=StreamLimits(**limits), report=self.report, task_status=task_status)

        self.address = await nursery.start(run)
        return self

    def report(self, event, /, **fields):
        self.events.append((event, fields))

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    async def dial(self, **limits):
        self.dialled.append(await streams.dial(self.address, StreamLimits(**limits)))
        return self.dialled[-1]

    async def hang_up(self):
        for stream in self.dialled:
            await stream.aclose()


@pytest.fixture
async def serve(nursery):
    listeners = []

    async def start(handler=echo, nursery=nursery, **limits):
        listeners.append(Served())
        return await listeners[-1].start(nursery, handler, **limits)

    yield start
    for listener in listeners:
        await listener.hang_up()


async def test_frames_come_back_in_order_single_and_in_bulk(serve, nursery):
    served = await serve()
    stream = await served.dial()
    await stream.send(b"")
    assert await stream.receive() == b""
    frames = [bytes([number % 256]) * number for number in range(3000)]
    nursery.start_soon(stream.send_many, frames)
    received = []
    while len(received) < len(frames):
        received += await stream.receive_many()
    assert received == frames
    await stream.aclose()


async def test_any_number_of_tasks_may_send(serve):
    served = await serve()
    stream = await served.dial()
    async with trio.open_nursery() as senders:
        for number in range(20):
            senders.start_soon(stream.send, bytes([number]) * 5000)
    received = [await stream.receive() for _ in range(20)]
    assert sorted(received) == [bytes([number]) * 5000 for number in range(20)]


async def test_the_other_side_hears_of_a_close(serve):
    served = await serve()
    stream = await served.dial()
    await stream.aclose()
    await stream.aclose()
    with pytest.raises(StreamClosed):
        await stream.receive()
    with pytest.raises(StreamClosed):
        await stream.send(b"late")
    await until(lambda: served.events)
    assert [event for event, _ in served.events] == ["stream_ended"]


async def test_an_end_within_a_frame_is_told_from_an_end_between_frames(serve):
    served = await serve()
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(b"\0\0\0\x05abc")
    await until(lambda: served.events)
    assert "within a frame" in served.events[0][1]["reason"]


async def test_an_announced_giant_is_refused_before_it_is_sent(serve):
    served = await serve(frame_bytes=1000)
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(LENGTH.pack(1001))
        raw.settimeout(5)
        assert await trio.to_thread.run_sync(raw.recv, 1) == b""
    stream = await served.dial(frame_bytes=1000)
    with pytest.raises(FrameTooLarge):
        await stream.send(bytes(1001))
    await stream.send(bytes(1000))
    assert len(await stream.receive()) == 1000


async def test_a_giant_answer_is_refused_by_the_one_who_asked(serve):
    async def giant(stream):
        await stream.send(bytes(2000))
        await stream.receive()

    served = await serve(giant)
    stream = await served.dial(frame_bytes=1000)
    with pytest.raises(FrameTooLarge):
        await stream.receive()
    with pytest.raises(StreamClosed):
        await stream.send(b"x")


async def test_silence_ends_a_stream(serve):
    served = await serve(idle_s=0.02)
    stream = await served.dial()
    with pytest.raises(StreamClosed):
        await stream.receive()
    assert "idle" in served.events[0][1]["reason"]


async def test_a_frame_that_drips_in_ends_a_stream(serve):
    served = await serve(frame_s=0.05)
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        for byte in encode_frames([bytes(40)], 100):
            raw.send(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked(0.005)
            if served.events:
                break
    assert "too long over a frame" in served.events[0][1]["reason"]


async def test_a_peer_that_does_not_read_ends_a_stream(serve):
    async def flood(stream):
        while True:
            await stream.send(bytes(1 << 20))

    served = await serve(flood, send_s=0.05)
    stream = await served.dial()
    await until(lambda: served.events)
    assert "took no bytes" in served.events[0][1]["reason"]
    await stream.aclose()


async def test_a_send_cancelled_halfway_closes_the_stream(serve):
    async def deaf(stream):
        await trio.sleep_forever()

    served = await serve(deaf)
    stream = await served.dial()
    with trio.move_on_after(0.02):
        await stream.send_many([bytes(1 << 20)] * 64)
    with pytest.raises(StreamClosed):
        await stream.send(b"the rest")


async def test_connections_are_capped_and_a_place_becomes_free(serve):
    served = await serve(connections_per_address=2)
    first, second, third = [await served.dial() for _ in range(3)]
    await second.send(b"in")
    assert await second.receive() == b"in"
    with pytest.raises(StreamClosed):
        await third.receive()
    await first.aclose()
    with trio.fail_after(5):
        while not await is_served(await served.dial()):
            pass


async def is_served(stream):
    try:
        await stream.send(b"in")
        return await stream.receive() == b"in"
    except StreamClosed:
        return False


async def test_a_bug_in_a_handler_ends_its_connection_and_no_other(serve):
    async def fragile(stream):
        while True:
            frame = await stream.receive()
            await stream.send(str(1 // len(frame)).encode())

    served = await serve(fragile)
    first, second = await served.dial(), await served.dial()
    await first.send(b"")
    with pytest.raises(StreamClosed):
        await first.receive()
    await second.send(b"x")
    assert await second.receive() == b"1"
    assert served.events[0][0] == "stream_handler_failed"


async def test_a_storage_failure_in_a_handler_ends_the_listener(serve):
    async def broken(stream):
        raise StoreFailed("disk")

    with pytest.RaisesGroup(StoreFailed, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            served = await serve(broken, nursery)
            await served.dial()


async def test_a_used_port_is_one_clear_sentence(serve):
    served = await serve()
    with pytest.raises(AddressInUse, match=f"127.0.0.1:{served.port} is in use"):
        await streams.serve(served.address, echo, limits=StreamLimits(), report=None)


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "node.example:80"])
async def test_only_loopback_unless_told_otherwise(address):
    with pytest.raises(AddressRefused, match="loopback"):
        await streams.serve(address, echo, limits=StreamLimits(), report=None)


async def test_beyond_loopback_when_told_so(nursery):
    async def run(*, task_status):
        await streams.serve("0.0.0.0:0", echo, limits=StreamLimits(), report=None, beyond_loopback=True, task_status=task_status)

    address = await nursery.start(run)
    assert address.startswith("0.0.0.0:")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense"])
async def test_nobody_there_is_a_failed_connection(address):
    with pytest.raises(ConnectionFailed, match="cannot connect"):
        await streams.dial(address, StreamLimits())
