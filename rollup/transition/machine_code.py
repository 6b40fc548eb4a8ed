"""From the sources to machine code: what is compiled, and where it is kept.

One rule: the cache is keyed by every source that goes into the code, because numba itself sees only the file of the entry, and code
of another source than the one at hand would be a silent fork.

Importing this module imports numba; a node that runs plain never does.
"""

from __future__ import annotations

import fcntl
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import getsourcefile
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import llvmlite
import numba
import numpy as np
from numba import from_dtype, njit, types

from rollup.core.keccak import keccak256
from rollup.state.compiled import collect, compile_kernels
from rollup.state.compiled_tree import EVENTS, NODES, VERSIONS, fold, new_events, shape_of_trees
from rollup.state.compiled_types import as_state, view_maker
from rollup.state.layout import RECEIPT, TX
from rollup.state.linking import WholeLibrary, making
from rollup.transition.machine import Transition, standard_transition

FLOORS = ("core", "state", "market", "transition")
"""Packages whose sources make the machine code."""

LOCK = "lock"
"""Name of the file in the cache that whoever compiles has locked."""

Progress = Callable[[str], None]
"""Takes one line about what is being done."""


class Program(NamedTuple):
    """Machine code."""

    run: Any
    """(addresses of state, records, receipts; count, first, last, stride; shape, events) → the step behind the last one run."""
    collect: Any
    """(address of state, shape, events) → events in use: note all leaves that changed, as far as there is room."""
    fold: Any
    """See `rollup.state.compiled_tree`."""


def silent(_line: str) -> None:
    """Report nothing."""


def warm(cache_directory: Path, progress: Progress = silent, transition: Transition | None = None) -> Program:
    """Return the machine code, out of the cache; what is not there is compiled, which may take a minute, and put there.

    Any number of processes may do so at once: one compiles, the others wait for it and load.
    """
    transition = transition or standard_transition()
    directory = Path(cache_directory).joinpath(fingerprint(transition))
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory.joinpath(LOCK)), caching_in(directory), without_collection():
        progress("machine code: hashing")
        prepare(fold, types.Array(types.uint64, 2, "C"), *SHAPE_AND_EVENTS, types.int64)
        prepare(collect_stale, types.int64, *SHAPE_AND_EVENTS)
        progress("machine code: transition")
        compiled_run = prepare_run(transition)
        progress("machine code: ready")
    return Program(compiled_run, collect_stale, fold)


SHAPE_AND_EVENTS = (numba.typeof(shape_of_trees()), numba.typeof(new_events()))


def prepare(function: Any, *arguments: Any) -> None:
    """Load or compile an entry that is the same for every transition."""
    if not function.signatures:
        function.enable_caching()
        function.compile(arguments)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def collect_stale(state_address: int, shape: Any, events: Any) -> int:
    """Note all leaves that changed as events of one version, as far as there is room; return how many events there are."""
    collect(as_state(state_address), shape, events, 0)
    used: int = events.used[0]
    return used


def prepare_run(transition: Transition) -> Any:
    """Load or compile what runs steps, with the compiled copy of the transition's batch function in place of the plain one."""
    space = dict(run.__globals__)
    space["apply_batch"] = compile_kernels([transition.apply_batch])[transition.apply_batch]
    copy = FunctionType(run.__code__, space, run.__name__)
    copy.__module__, copy.__qualname__ = run.__module__, run.__qualname__
    dispatcher = njit(nogil=True, cache=True)(copy)
    with making(WholeLibrary):
        dispatcher.compile((*[types.int64] * 7, *SHAPE_AND_EVENTS))
    return dispatcher


def run(
    state_address: int, records_address: int, receipts_address: int, count: int, first: int, last: int, stride: int, shape: Any, events: Any
) -> int:
    """Run steps first … last − 1. With a stride, also note which leaves each group of that many steps has changed.

    Stops early where the events are full: then, if rows are still stale, within the last group's collection, and otherwise behind
    it. Returns the step to go on with.
    """
    state = as_state(state_address)
    records = as_records(records_address, count)
    receipts = as_receipts(receipts_address, count)
    if stride == 0:
        apply_batch(state, records, receipts, first, last)  # type: ignore[name-defined] # noqa: F821 -- set by `prepare_run`
        return last
    version = 0
    while first < last and version < VERSIONS and events.used[0] < EVENTS:
        stop = min(first + stride, last)
        apply_batch(state, records, receipts, first, stop)  # type: ignore[name-defined] # noqa: F821
        collect(state, shape, events, version)
        version += 1
        first = stop
    return first


as_records = view_maker(from_dtype(TX))
as_receipts = view_maker(from_dtype(RECEIPT))


def fingerprint(transition: Transition) -> str:
    """Return a name for the machine code of a transition by all that it is made of."""
    package = Path(__file__).parents[1]
    sources = [path for floor in FLOORS for path in sorted(package.joinpath(floor).rglob("*.py"))]
    own = Path(getsourcefile(transition.apply_batch) or "")
    if own not in sources:
        sources.append(own)
    versions = f"{numba.__version__} {llvmlite.__version__} {np.__version__} {NODES}".encode()
    return keccak256(versions + b"".join(keccak256(path.read_bytes()) for path in sources)).hex()[:16]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock; it is let go even if the process is killed."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep the garbage collector out: compiling makes millions of objects, hardly any in circles, and would be a sixth slower."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def caching_in(directory: Path) -> Iterator[None]:
    """Make numba keep code in a directory."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(directory)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
