"""Machine code for a whole node, loaded behind its back: a node starts plain and changes over when this is ready.

One rule: what changes is how long an answer takes, never the answer. Importing this module imports no compiler; calling `load` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rollup.bulk_greeks import BulkGreeks
from rollup.core.secp256k1 import Curve
from rollup.l1.chunks import KeccakMany
from rollup.transition.machine import Machine, PlainMachine

if TYPE_CHECKING:
    from rollup.transition.machine_code import Program


@dataclass(frozen=True, slots=True)
class Acceleration:
    """The compiled parts of a node."""

    program: "Program"
    """The transition and its trees."""
    curve: Curve
    """Signature checks."""
    hash_many: KeccakMany
    """Hashes of many messages."""
    bulk_greeks: BulkGreeks
    """Greeks of many options."""

    def change_over(self, machine: Machine) -> Machine:
        """Return a compiled machine at the state of a plain one that stands between two batches; any other one as it is."""
        from rollup.transition.machine_compiled import change_over

        return change_over(machine, self.program) if isinstance(machine, PlainMachine) else machine


def load(cache_directory: Path, progress: Callable[[str], None]) -> Acceleration:
    """Return the machine code from a cache; what is not there is compiled, which takes up to a minute, and put there. Blocks.

    Any number of processes may do so at once: one compiles, the others wait for it.
    """
    from rollup.bulk_greeks_code import warm_bulk_greeks
    from rollup.l1.machine_code import warm_wire
    from rollup.transition.machine_code import warm

    program = warm(cache_directory, progress)
    wire = warm_wire(cache_directory, progress)
    return Acceleration(program, wire.curve, wire.hash_many, warm_bulk_greeks(cache_directory, progress))
