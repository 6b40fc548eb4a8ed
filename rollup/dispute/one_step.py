"""The execution of one step over a witness: what L1 does to settle a dispute, and what a verifier does before it asks L1 to.

One rule: the verdict is that of the very `apply` that sequencer and verifier run. There is no second transition to disagree with it.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from rollup.dispute.metering import Meter
from rollup.dispute.prior import ProofError
from rollup.state.layout import RECEIPT, State
from rollup.state.plain import plain_records, plain_row
from rollup.state.rows import DTYPES, WIDTHS
from rollup.state.table import LOGGED, commit, faulted
from rollup.state.witness import Witness, WitnessError, decode_witness, root_after, verify_witness
from rollup.transition.apply import apply

WITNESS_MAX = 3 << 18
"""Longest witness, bytes: more than any step can need, however its rows are spread, or a lie about that step could not be refuted."""

IMPOSSIBLE = (ArithmeticError, LookupError, ValueError, struct.error)
"""What the transition, total on every state that it leads to, may raise on one that somebody made up: any root can be asserted."""

NODE_BYTES = 64
"""What a node of a section's tree hashes."""

STATE_BYTES = 8 + 32 * len(WIDTHS)
"""What the state root hashes."""


def execute(records: npt.NDArray[np.void], before: bytes, witness: bytes, meter: Meter) -> bytes:
    """Execute the first of some records over a witness; return the state root after it.

    The records behind the first are its continuations, as far as there are any. Raises ProofError where the witness is
    not one, is of another state, lacks a row, has one too many, or has rows that no state can have: a step has one witness.
    """
    with state_under(before, witness, meter) as (decoded, state):
        apply(state, plain_records(records), 0, plain_row(RECEIPT))
        check_touched(decoded, state)
        commit(state)
        return root_after(decoded, state)


@contextmanager
def state_under(root: bytes, data: bytes, meter: Meter) -> Iterator[tuple[Witness, State]]:
    """Open a witness of a state of this root, and lend the state; what that breaks, once kernels run on it, is the witness's fault.

    Raises ProofError where the bytes are no witness, or one of another state, or where its rows are none that a state can have.
    """
    if len(data) > WITNESS_MAX:
        raise ProofError("length of a witness", received=len(data), expected=f"at most {WITNESS_MAX}")
    try:
        witness = decode_witness(data)
        note_hashes(witness, meter)
        state, found = verify_witness(witness)
    except WitnessError as error:
        raise ProofError(error.what, received=error.received, expected=error.expected) from error
    if found != root:
        raise ProofError("state root of a witness", received=found, expected=root)
    try:
        yield witness, state
    except IMPOSSIBLE as error:
        raise ProofError("rows of a witness", received=repr(error), expected="rows that a state can have") from error


def check_touched(witness: Witness, state: State) -> None:
    """Raise ProofError where a witness lacks a row which was touched, or has another: bytes that nobody needs must not be paid back."""
    if faulted(state):
        raise ProofError("rows of a witness", received="fewer than are touched", expected="all of them")
    shown, touched = [len(part.indices) for part in witness.sections], [getattr(state, section).log[LOGGED] for section in DTYPES]
    if touched != shown:
        raise ProofError("rows of a witness", received=shown, expected=touched)


def note_hashes(witness: Witness, meter: Meter) -> None:
    """Note the hashes of taking a witness's root twice, before the step and after it."""
    for width, part in zip(WIDTHS.values(), witness.sections, strict=True):
        if part.indices:
            meter.hashes(2 * len(part.indices), 8 + 8 * width)
            meter.hashes(2 * (len(part.indices) + len(part.hashes) - 1), NODE_BYTES)
    meter.hashes(2, STATE_BYTES)
