"""The digest of a seeded workload's receipts and roots, run by machine code that is compiled for the processor that the settings name.

Run by itself it prints the digest: `NUMBA_CPU_NAME=generic python compiled_digest.py CACHE`, with a folder for the machine code.
"""

import sys
from pathlib import Path

from rollup.core.keccak import keccak256
from rollup.transition.machine import Machine
from tests.unit.transition.workload import Workload


def digest(machine: Machine) -> str:
    """Hash the receipts and the roots of a few batches."""
    workload, found = Workload(seed=77, accounts=40, garbage=0.1), b""
    machine.load(workload.rows())
    for _ in range(4):
        records = workload.batch(250)
        receipts, roots = machine.trace(records, 0, len(records), 7)
        found = keccak256(found + receipts.tobytes() + b"".join(roots))
        machine.close_batch()
    return found.hex()


if __name__ == "__main__":
    from rollup.transition.machine_code import warm
    from rollup.transition.machine_compiled import CompiledMachine

    sys.stdout.write(f"{digest(CompiledMachine(warm(Path(sys.argv[1]))))}\n")
