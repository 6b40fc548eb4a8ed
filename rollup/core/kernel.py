"""The switch between plain and compiled: what it means for a function to be part of the state transition.

One rule: a kernel is ordinary Python over integers and rows, in the subset that numba compiles. This file only
*registers* kernels; run as they stand they are the plain mode. `rollup.state.compiled` builds the machine code of the very
same functions from the registry, so that there is one source and no second implementation.

The one exception is wide arithmetic: Python's integers are exact, a machine's are not, so a few functions of
`rollup.core.fixed` name the function that stands for them in the compiled mode (`compiled_as`).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

KERNELS: list[Callable[..., object]] = []
"""Every function of the transition, in order of definition."""

ENTRIES: list[Callable[..., object]] = []
"""Those kernels that a host calls by itself."""

STAND_INS: dict[Callable[..., object], Callable[..., object]] = {}
"""Kernel → the kernel that is compiled in its place."""


def kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Register a function that only other kernels call."""
    KERNELS.append(function)
    return function


def entry(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Register a kernel that hosts call too."""
    ENTRIES.append(function)
    return kernel(function)


def compiled_as(
    stand_in: Callable[Parameters, Result],
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Register a kernel whose exact integers need `stand_in`, of the same meaning, where integers have 64 bits."""

    def register(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        STAND_INS[function] = stand_in
        return kernel(function)

    return register


MEMORY = 8192
"""Results that one memoised kernel remembers."""


def memoised_kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Register a kernel of integers alone that remembers its results in the plain mode, where computing them again is slow.

    What is registered, and compiled, is the function itself; the name that it leaves behind is the remembering one, whose
    `__wrapped__` it is. A result depends on nothing but the arguments, so remembering cannot change it.
    """
    kernel(function)
    return cast("Callable[Parameters, Result]", lru_cache(maxsize=MEMORY)(function))
