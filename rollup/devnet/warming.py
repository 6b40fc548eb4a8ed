"""Machine code behind a running node's back: compiled once a machine, at low priority, by whichever process is first.

One rule: a node never waits for it. It serves plain, and changes over when the code is there; a compilation that fails costs speed only.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path

import trio

import rollup
from rollup.acceleration import Acceleration, load
from rollup.environment import Environment

LOCK = "compiling"
"""File in the cache that whoever compiles has locked."""

CODE_LOCK = "lock"
"""File in a version's directory that whoever loads or compiles it has locked (`rollup.transition.machine_code`)."""

CODE_NAME = re.compile("[0-9a-f]{16}")
"""Name of a version's directory."""

VERSIONS_KEPT = 16
"""Versions of the sources whose machine code is kept, the newest used: a megabyte or two each."""

STAMP = "compiled-"
"""Start of the name of the file that says that everything has been compiled; its end is the key of the sources."""

HEAD_START_S = 4.0
"""A node serves for so long before it looks for machine code: five nodes that start together have better things to do."""

LOOK_AGAIN_S = 1.0
"""How often a node looks whether another process has finished compiling."""

COMPILERS = ("numba", "llvmlite", "numpy")
"""Packages whose versions go into the key."""

NICENESS = 19
"""Priority of the compilation: whatever else there is to do goes first."""


class CompilationFailed(Exception):
    """The compiler ended with an error, which it has said on stderr."""


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Return where machine code is kept: $XDG_CACHE_HOME/optroll, by default ~/.cache/optroll."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "optroll"


def warm(directory: Path, progress: Callable[[str], None]) -> Acceleration:
    """Compile what is missing, which takes up to a minute, and note that everything is there. Blocks."""
    from rollup.transition.machine import standard_transition
    from rollup.transition.machine_code import fingerprint

    acceleration = load(directory, progress)
    stamp(directory).touch()
    os.utime(directory / fingerprint(standard_transition()))
    prune(directory)
    return acceleration


def prune(directory: Path) -> None:
    """Remove the machine code of all but the newest few versions, as far as no process holds its lock."""
    versions = [path for path in directory.iterdir() if CODE_NAME.fullmatch(path.name) and path.is_dir()]
    old = sorted(versions, key=lambda path: path.stat().st_mtime, reverse=True)[VERSIONS_KEPT:]
    for path in old:
        with alone(path, CODE_LOCK) as is_alone:
            if is_alone:
                shutil.rmtree(path)
    if old:
        # Whose code is still there finds that out, and stamps it again.
        for path in directory.glob(f"{STAMP}*"):
            if path != stamp(directory):
                path.unlink(missing_ok=True)


def is_warm(directory: Path) -> bool:
    """Whether everything has been compiled from the sources as they are."""
    return stamp(directory).exists()


def stamp(directory: Path) -> Path:
    """Return the file that says that everything has been compiled."""
    package = Path(rollup.__file__).parent
    digest = hashlib.sha256(" ".join(map(version, COMPILERS)).encode())
    for path in sorted(package.rglob("*.py")):
        if "devnet" not in path.parts and "commands" not in path.parts:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return directory / f"{STAMP}{digest.hexdigest()[:16]}"


async def when_warm(environment: Environment, directory: Path) -> Acceleration:
    """Return the machine code once it is there, compiling it in another process if nobody does. Never returns where that fails."""
    await environment.sleep(HEAD_START_S)
    try:
        await environment.in_thread(partial(directory.mkdir, parents=True, exist_ok=True))
        while not await environment.in_thread(is_warm, directory):
            with alone(directory) as is_alone:
                if is_alone:
                    environment.log("compiling", cache=str(directory))
                    await compile_apart()
            if not is_alone:
                await environment.sleep(LOOK_AGAIN_S)
        # A node that is told to stop does not wait for this.
        return await trio.to_thread.run_sync(load, directory, silent, abandon_on_cancel=True)
    except (CompilationFailed, OSError) as error:
        environment.log("no machine code: this node stays plain", reason=str(error))
        await trio.sleep_forever()
        raise


def silent(_line: str) -> None:
    """Report nothing."""


async def compile_apart() -> None:
    """Run `optroll warm` in a process of its own; it is ended where this is cancelled. Raises CompilationFailed."""
    root = str(Path(rollup.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {root!r}); from rollup.cli import main; main()"
    try:
        await trio.run_process([sys.executable, "-c", code, "warm", "--in-background"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        raise CompilationFailed(f"the compiler ended with status {error.returncode}") from error


@contextmanager
def alone(directory: Path, name: str = LOCK) -> Iterator[bool]:
    """Try to be the one that compiles, or removes, and say whether that worked."""
    descriptor = os.open(directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
