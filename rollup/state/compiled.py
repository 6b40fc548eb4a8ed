"""The compiled host: kernels as machine code over arrays.

One rule: there is no second source. Every kernel that a transition reaches is copied with globals in which the kernels that it calls
are the compiled ones, so the plain functions stay as they are and both modes live in one process.

Arrays have a place for every row that a section can have; the memory comes with the first touch of it.
"""

from __future__ import annotations

import mmap
from collections import namedtuple
from collections.abc import Callable, Iterable
from enum import EnumMeta, IntEnum
from types import FunctionType
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from numba import njit, types

from rollup.core.kernel import KERNELS, STAND_INS
from rollup.state.compiled_tree import EVENTS
from rollup.state.compiled_types import words_of_rows
from rollup.state.derived import DERIVED
from rollup.state.keccak8 import INNER
from rollup.state.limits import SAVES
from rollup.state.linking import PartLibrary, making
from rollup.state.rows import DEPTHS, WIDTHS
from rollup.state.table import DIRTY, DIRTY_FROM, STALED

Function = Callable[..., Any]


class Arrays(NamedTuple):
    """One section in memory; see `rollup.state.table`."""

    rows: npt.NDArray[np.int64]
    """(slots and more, words)."""
    mark: npt.NDArray[np.uint8]
    log: npt.NDArray[np.int64]


class CompiledState:
    """All sections, and the list of their addresses that compiled kernels take for a state."""

    def __init__(self) -> None:
        """Make a state of zeros."""
        self.sections = {section: new_arrays(1 << depth, WIDTHS[section]) for section, depth in DEPTHS.items()}
        self.derived = {name: derived_arrays(slots, dtype.itemsize // 8) for name, dtype, slots in DERIVED}
        tables = (*self.sections.values(), *self.derived.values())
        self.addresses = np.array([array.ctypes.data for arrays in tables for array in arrays], np.int64)


def new_arrays(slots: int, width: int) -> Arrays:
    """Make a section of `slots` rows: each may be dirty and stale, and an image of it may be kept."""
    return Arrays(
        lazy_zeros((2 * (slots + 1) + SAVES) * width, np.int64).reshape(-1, width),
        lazy_zeros(slots + 1, np.uint8),
        lazy_zeros(DIRTY_FROM + 2 * (slots + 1), np.int64),
    )


def derived_arrays(slots: int, width: int) -> Arrays:
    """Make a table that stands beside the sections: it has rows, and nobody notes or reverts what becomes of them."""
    return Arrays(lazy_zeros(slots * width, np.int64).reshape(-1, width), np.zeros(1, np.uint8), np.zeros(1, np.int64))


def lazy_zeros(count: int, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Make an array of zeros that takes memory, and is promised memory, only where it is written."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    return np.frombuffer(mmap.mmap(-1, count * np.dtype(dtype).itemsize, flags=flags), dtype)


def compile_kernels(roots: Iterable[Function]) -> dict[Function, Any]:
    """Return the compiled copies of some kernels and of all that they reach. They are compiled when first called."""
    reached = reachable(roots)
    spaces = {id(function.__globals__): dict(function.__globals__) for function in reached}
    compiled: dict[Function, Any] = {}
    for function in reached:
        copy = FunctionType(function.__code__, spaces[id(function.__globals__)], function.__name__)
        copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
        compiled[function] = as_part(njit(**INNER)(copy))
    compiled |= {function: compiled[stand_in] for function, stand_in in STAND_INS.items() if function in compiled}
    for space in spaces.values():
        space.update({name: in_machine_terms(value, compiled) for name, value in space.items()})
    return compiled


def reachable(roots: Iterable[Function]) -> list[FunctionType]:
    """Return the kernels that some kernels call, those themselves included."""
    kernels = set(KERNELS)
    found: dict[FunctionType, None] = {}
    waiting = [cast("FunctionType", root) for root in roots]
    while waiting:
        function = waiting.pop()
        if function in found:
            continue
        found[function] = None
        called = (kernel_behind(function.__globals__.get(name)) for name in function.__code__.co_names)
        waiting += [value for value in called if isinstance(value, FunctionType) and value in kernels]
        if function in STAND_INS:
            waiting.append(cast("FunctionType", STAND_INS[function]))
    return list(found)


def kernel_behind(value: object) -> object:
    """Return a kernel itself where a name leads to one that remembers its results."""
    return getattr(value, "__wrapped__", value)


def in_machine_terms(value: object, compiled: dict[Function, Any]) -> object:
    """Return what a global of a kernel is to its compiled copy: kernels are compiled ones, members of enumerations plain integers."""
    function = kernel_behind(value)
    if isinstance(function, FunctionType) and function in compiled:
        return compiled[function]
    if isinstance(value, EnumMeta) and issubclass(value, IntEnum):
        members = {name: int(member) for name, member in value.__members__.items()}
        return namedtuple(value.__name__, members)(**members)  # noqa: PYI024 -- its fields are known only here
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, tuple) and value and all(isinstance(item, int) for item in value):
        return tuple(int(item) for item in value)
    return value


def as_part(dispatcher: Any) -> Any:
    """Make a compiled function a part of others: optimised there, and not compiled again for each constant that it is called with."""
    template = dispatcher.get_call_template

    def get_call_template(arguments: Any, keywords: Any) -> Any:
        with making(PartLibrary):
            return template([types.unliteral(argument) for argument in arguments], keywords)

    dispatcher.get_call_template = get_call_template
    return dispatcher


@njit(**INNER)  # type: ignore[untyped-decorator]
def collect_table(table: Any, section: int, shape: Any, events: Any, version: int) -> None:
    """Turn the stale rows of a section into events, as far as there is room."""
    words = words_of_rows(table)
    length = shape.lengths[section] - 1
    stale = DIRTY_FROM + len(table.mark)
    while table.log[STALED] > 0 and events.used[0] < EVENTS:
        event = events.used[0]
        slot = table.log[stale + table.log[STALED] - 1]
        events.messages[event, 0] = section + 1
        for k in range(length):
            events.messages[event, 1 + k] = words[slot * length + k]
        events.nodes[event] = shape.bases[section] + len(table.mark) - 1 + slot
        events.sections[event] = section
        events.versions[event] = version
        events.used[0] = event + 1
        table.mark[slot] &= DIRTY
        table.log[STALED] -= 1


@njit(**INNER)  # type: ignore[untyped-decorator]
def collect(state: Any, shape: Any, events: Any, version: int) -> None:
    """Turn all stale rows into events, as far as there is room."""
    collect_table(state.system, 0, shape, events, version)
    collect_table(state.parameters, 1, shape, events, version)
    collect_table(state.accounts, 2, shape, events, version)
    collect_table(state.holdings, 3, shape, events, version)
    collect_table(state.collateral, 4, shape, events, version)
    collect_table(state.resting, 5, shape, events, version)
    collect_table(state.protections, 6, shape, events, version)
    collect_table(state.auctions, 7, shape, events, version)
    collect_table(state.keys, 8, shape, events, version)
    collect_table(state.orders, 9, shape, events, version)
    collect_table(state.levels, 10, shape, events, version)
    collect_table(state.instruments, 11, shape, events, version)
    collect_table(state.markets, 12, shape, events, version)
    collect_table(state.feeds, 13, shape, events, version)
    collect_table(state.reporters, 14, shape, events, version)
    collect_table(state.models, 15, shape, events, version)
    collect_table(state.scenarios, 16, shape, events, version)
    collect_table(state.messages, 17, shape, events, version)
