"""How a command leaves a process behind: forked at its start, in a session of its own, and awaited until it is ready.

One rule: the process that stays says what there is to say on the terminal until it is ready, and nothing after that.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rollup.devnet.record import LOG

READY = b"1"
"""What the process that stays writes to the one that waits."""


def detached(place: Path, work: Callable[[Callable[[], None]], None]) -> int:
    """Do `work` in a process that stays; return 0 once it says that it is ready, or its exit status where it ends before that.

    Its log is in `place` from then on. In the process that stays this returns when the work is done.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        work(lambda: say_ready(writing, place))
        return 0
    os.close(writing)
    try:
        is_ready = os.read(reading, 1) == READY
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        raise
    return 0 if is_ready else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def say_ready(writing: int, place: Path) -> None:
    """Let the waiting process go, and leave the terminal."""
    sys.stdout.flush()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(place / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, stream in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, stream)
    os.write(writing, READY)
    os.close(writing)
