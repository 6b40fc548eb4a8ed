"""Compiling many small functions into one piece of machine code.

numba optimises each function together with all that it calls, and then again inside of each of its callers: a function at the bottom of
a deep call graph is optimised hundreds of times. Here a function that only others call is kept as it comes out of the front end (a
*part*), and optimised once, within the *whole*.

One rule: this changes when code is optimised, never what it means. It reaches into numba's code generator, whose version is locked; the
compiled tests are the check that it still fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.registry import cpu_target


class PartLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function that is never called by itself."""

    @property
    def codegen(self) -> NoEnvironment:
        """Return what numba would tell about the function's environment."""
        return NoEnvironment()

    def finalize(self) -> None:
        """Leave the code as it is: it will be optimised where it is linked."""
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        """Return no address: there is no machine code."""
        return 0


class NoEnvironment:
    """Stands where a function's environment would be registered. Kernels have no use for one: it holds Python objects."""

    def set_env(self, _name: str, _environment: object) -> None:
        """Forget it."""


class WholeLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function that Python calls, with all its parts."""

    _linking_libraries: list[Any]

    def finalize(self) -> None:
        """Link the parts, and the parts of parts, then go on as usual."""
        self._linking_libraries = list(all_parts(self._linking_libraries))
        super().finalize()


def all_parts(libraries: list[Any]) -> Iterator[Any]:
    """Return libraries and those that they link, each once."""
    seen: set[int] = set()
    waiting = list(libraries)
    while waiting:
        library = waiting.pop()
        if id(library) not in seen:
            seen.add(id(library))
            waiting += library._linking_libraries  # noqa: SLF001 -- see the module's rule
            yield library


@contextmanager
def making(kind: type[JITCodeLibrary]) -> Iterator[None]:
    """Make numba compile to libraries of this kind."""
    codegen = cpu_target.target_context.codegen()
    before = codegen._library_class  # noqa: SLF001 -- see the module's rule
    codegen._library_class = kind  # noqa: SLF001
    try:
        yield
    finally:
        codegen._library_class = before  # noqa: SLF001
