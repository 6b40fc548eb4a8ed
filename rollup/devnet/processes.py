"""The processes of a devnet: forked from one that has imported everything, so that five nodes start in the time of one.

One rule: a child never outlives its devnet. Its standard input is a pipe that the devnet holds open; when the devnet is gone, however
that came, the pipe ends and so does the child.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import trio

from rollup.failures import sentences

CLOSED_TO = 1 << 12
"""Descriptors below this are closed in a child."""

LINE_BYTES_MAX = 1 << 16
"""Longest line that a child may say."""

COMM = Path("/proc/self/comm")
"""Where Linux keeps a process's short name, as `ps -e` and `top` show it."""

STOP_S = 20.0
"""How long a child has to end by itself once it is told to."""


@dataclass
class Child:
    """A forked process."""

    name: str
    pid: int
    output: int
    """Descriptor of what it says on stdout."""
    ended: trio.Event = field(default_factory=trio.Event)
    status: int | None = None
    """Exit status once it has ended, negative for a signal."""

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Send a signal, unless it has ended."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def how_it_ended(self) -> str:
        """Say how it ended."""
        if self.status is None:
            return "is running"
        return f"was ended by {signal.Signals(-self.status).name}" if self.status < 0 else f"ended with status {self.status}"


class Family:
    """The children of one devnet, and the pipe that they live by. Made before trio runs: forking a running loop breaks both."""

    def __init__(self) -> None:
        """Open the pipe."""
        self._life, self._hold = os.pipe()
        self.children: list[Child] = []

    def fork(self, name: str, work: Callable[[], None], log: Path) -> Child:
        """Start a process that does `work`, with stderr to a log; it ends with status 1 and a sentence where that raises."""
        output, own = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            os._exit(run_child(name, work, (self._life, own, log)))
        os.close(own)
        child = Child(name, pid, output)
        self.children.append(child)
        return child

    def let_go(self) -> None:
        """End the pipe: every child that still runs ends by itself."""
        with suppress(OSError):
            os.close(self._hold)


def run_child(name: str, work: Callable[[], None], streams: tuple[int, int, Path]) -> int:
    """Become a child: its own session, its own streams, nothing else of its parent's. Returns the exit status."""
    status = 1
    try:
        life, output, log = streams
        os.setsid()
        os.dup2(life, 0)
        os.dup2(output, 1)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        os.closerange(3, CLOSED_TO)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(OSError):
            COMM.write_text(f"optroll {name}"[:15], encoding="ascii")
        work()
        status = 0
    except BaseException as error:  # noqa: BLE001  # whatever ends it is told here or nowhere
        tell(error)
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def tell(error: BaseException) -> None:
    """Write what ended a process to stderr: a sentence, or the traceback of a bug."""
    said = sentences(error)
    if said is None:
        traceback.print_exception(error)
    for sentence in said or ():
        sys.stderr.write(f"optroll: {sentence}\n")


async def listen(child: Child, hear: Callable[[Child, bytes], None]) -> None:
    """Hand on every line that a child says, until it ends; then note how it did."""
    buffer = b""
    async with trio.lowlevel.FdStream(child.output) as stream:
        async for part in stream:
            *lines, buffer = (buffer + part).split(b"\n")
            buffer = buffer[-LINE_BYTES_MAX:]
            for line in lines:
                hear(child, line)
    # Its stdout has ended: it is gone, or about to be.
    _, status = await trio.to_thread.run_sync(os.waitpid, child.pid, 0)
    child.status = os.waitstatus_to_exitcode(status)
    child.ended.set()


async def stop_all(children: list[Child]) -> None:
    """Tell children to end, and see that they do."""
    for number, patience_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
        for child in children:
            child.stop(number)
        with trio.move_on_after(patience_s):
            for child in children:
                await child.ended.wait()
            return
