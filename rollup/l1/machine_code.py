"""Machine code for the work on transactions before they reach the state: signatures and hashes.

One rule: the same answers as the plain functions, from the same cache as the transition's machine code and under its lock. Importing
this module imports numba; a node that runs plain never does.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rollup.core import secp256k1_compiled
from rollup.core.secp256k1 import Curve
from rollup.l1.chunks import KeccakMany
from rollup.state import keccak_bytes
from rollup.transition.machine import standard_transition
from rollup.transition.machine_code import LOCK, caching_in, fingerprint, locked, prepare, silent


class WireCode(NamedTuple):
    """What takes the place of `PlainCurve` and `keccak_many`."""

    curve: Curve
    """For `SignatureChecker.use`."""
    hash_many: KeccakMany


def warm_wire(cache_directory: Path, progress: Callable[[str], None] = silent) -> WireCode:
    """Return the machine code, out of the cache; what is not there is compiled, which takes seconds, and put there."""
    directory = cache_directory.joinpath(fingerprint(standard_transition()))
    directory.mkdir(parents=True, exist_ok=True)
    with locked(directory.joinpath(LOCK)), caching_in(directory):
        progress("machine code: signatures")
        for entry, arguments in (*secp256k1_compiled.ENTRIES, *keccak_bytes.ENTRIES):
            prepare(entry, *arguments)
    return WireCode(secp256k1_compiled.CompiledCurve(), keccak_bytes.compiled_keccak_many)
