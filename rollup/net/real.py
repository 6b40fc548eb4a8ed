"""The real environment: wall clock, trio's sockets and threads, LevelDB, structlog.

One rule: nothing here decides anything; it is `rollup.environment` spelt out for this machine. Making one sets the process's
umask, so that no file of a node is readable by others (LevelDB writes 0644).
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar, TypeVarTuple

import structlog
import trio

from rollup.core.transport import RpcClient
from rollup.environment import DIALLED, LISTENING, RPC_DEFAULTS, Marker, RpcHandler, RpcOptions, Store, Stream, StreamHandler, StreamLimits
from rollup.marker import FileMarker
from rollup.net import server, streams
from rollup.net.client import HttpRpcClient
from rollup.store import LevelStore

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

UMASK = 0o077
"""Files and folders of a node are its user's alone."""

THREADS = 4
"""Blocking calls of one node at once, unless configured."""


class RealEnvironment:
    """A `rollup.environment.Environment` on this machine."""

    def __init__(self, name: str, *, threads: int = THREADS, listen_beyond_loopback_without_tls: bool = False) -> None:
        """Name the node; `listen_beyond_loopback_without_tls` is the leave that any other bind than loopback needs."""
        os.umask(UMASK)
        self._name = name
        self._random = Random()  # noqa: S311 - jitter, never secrets
        self._logger = new_logger().bind(node=name)
        self._threads = trio.CapacityLimiter(threads)
        self._beyond_loopback = listen_beyond_loopback_without_tls

    @property
    def name(self) -> str:
        """The node's name."""
        return self._name

    def now(self) -> float:
        """Return Unix time in seconds, from the wall clock."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await trio.sleep(seconds)

    def random(self) -> Random:
        """Return a generator seeded by the machine."""
        return self._random

    def log(self, event: str, /, **fields: object) -> None:
        """Log through structlog, bytes in hex."""
        self._logger.info(event, **{name: _shown(value) for name, value in fields.items()})

    async def in_thread(self, function: Callable[[*Arguments], Result], /, *arguments: *Arguments) -> Result:
        """Run a function in one of the node's threads."""
        return await trio.to_thread.run_sync(function, *arguments, limiter=self._threads)

    async def dial(self, address: str, *, limits: StreamLimits = DIALLED) -> Stream:
        """Connect over TCP. Raises ConnectionFailed."""
        return await streams.dial(address, limits)

    async def serve(
        self,
        address: str,
        handler: StreamHandler,
        *,
        limits: StreamLimits = LISTENING,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen on TCP. Raises AddressInUse, AddressRefused."""
        await streams.serve(
            address, handler, limits=limits, report=self.log, beyond_loopback=self._beyond_loopback, task_status=task_status
        )

    def rpc_client(self, url: str, *, timeout_s: float = 10.0) -> RpcClient:
        """Return a client over HTTP. Raises AddressRefused where the URL is malformed."""
        return HttpRpcClient(url, timeout_s=timeout_s)

    async def serve_rpc(
        self,
        address: str,
        handler: RpcHandler,
        *,
        options: RpcOptions = RPC_DEFAULTS,
        task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Listen for HTTP and WebSocket. Raises AddressInUse, AddressRefused."""
        await server.serve_rpc(
            address, handler, options=options, report=self.log, beyond_loopback=self._beyond_loopback, task_status=task_status
        )

    def open_store(self, path: str) -> Store:
        """Open LevelDB in a directory. Raises StoreLocked, StoreCorrupt, StoreFailed."""
        return LevelStore(Path(path))

    def open_marker(self, path: str) -> Marker:
        """Open a marker file. Raises StoreCorrupt, StoreFailed."""
        return FileMarker(Path(path))


def new_logger() -> structlog.typing.FilteringBoundLogger:
    """Return a logger to standard error: JSON lines for files, columns for people. Standard output is for results."""
    is_terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ) if is_terminal else structlog.processors.JSONRenderer()
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    wrapper = structlog.make_filtering_bound_logger(logging.INFO)
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr), processors=[stamp, renderer], wrapper_class=wrapper
    )
    return logger


def _shown(value: object) -> object:
    return "0x" + value.hex() if isinstance(value, bytes) else value
