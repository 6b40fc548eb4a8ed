"""The real environment, all of it once: clock, threads, log, network, store."""

import json
import os
import stat
import threading
import time

import pytest
import trio

from rollup.environment import AddressInUse, AddressRefused, RpcError, StoreLocked
from rollup.net.real import RealEnvironment

pytestmark = pytest.mark.process


@pytest.fixture
def environment():
    before = os.umask(0o022)
    yield RealEnvironment("node")
    os.umask(before)


async def test_clock_threads_and_sleep(environment, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_234.5)
    assert environment.now() == 1_234.5
    assert await environment.in_thread(threading.get_ident) != threading.get_ident()
    await environment.sleep(0)
    assert environment.name == "node"
    assert 0 <= environment.random().random() < 1


async def test_threads_are_limited(environment):
    running, most = [], []

    def work(number):
        running.append(number)
        most.append(len(running))
        time.sleep(0)
        running.remove(number)

    async with trio.open_nursery() as nursery:
        for number in range(40):
            nursery.start_soon(environment.in_thread, work, number)
    assert max(most) <= 4


def test_the_log_is_json_lines_on_standard_error(environment, capsys):
    RealEnvironment("other").log("batch_sealed", index=7, root=b"\x01\x02", note="x")
    output = capsys.readouterr()
    line = json.loads(output.err)
    line.pop("timestamp")
    assert line == {"event": "batch_sealed", "node": "other", "index": 7, "root": "0x0102", "note": "x"}
    assert output.out == ""


def test_files_are_the_users_alone(environment, tmp_path):
    store, marker = environment.open_store(str(tmp_path / "a" / "store")), environment.open_marker(str(tmp_path / "a" / "head"))
    store.write([(b"k", b"v")])
    marker.write(b"m")
    for path in (tmp_path / "a").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    with pytest.raises(StoreLocked):
        environment.open_store(str(tmp_path / "a" / "store"))
    store.close()
    marker.close()


async def test_two_nodes_meet(environment, nursery):
    async def echo(stream):
        while True:
            await stream.send(await stream.receive())

    async def handle(method, params, context):
        if method == "sum":
            return sum(params)
        raise RpcError(-32601, method)

    address = await nursery.start(environment.serve, "localhost:0", echo)
    url = "http://" + await nursery.start(environment.serve_rpc, "127.0.0.1:0", handle)
    stream = await environment.dial(address)
    await stream.send(b"hello")
    assert await stream.receive() == b"hello"
    client = environment.rpc_client(url)
    assert await client.call("sum", [1, 2, 3]) == 6
    with pytest.raises(AddressInUse):
        await nursery.start(environment.serve, address, echo)
    with pytest.raises(AddressInUse):
        await nursery.start(environment.serve_rpc, address, handle)
    for serve in (environment.serve, environment.serve_rpc):
        with pytest.raises(AddressRefused):
            await nursery.start(serve, "0.0.0.0:0", handle)
    await stream.aclose()
    await client.aclose()
    nursery.cancel_scope.cancel()
