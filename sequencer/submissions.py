"""What travels between a client and the sequencer's intake: submissions, and what became of them. Pure.

    request  = {"id": int, "transaction": bytes}      one envelope, see rollup.l1.envelope
             | {"id": int, "bulk": bytes}             records and signatures, see rollup.l1.envelope
    response = {"id": int, "results": bytes, "groups": [group …]}
             | {"id": int, "error": {"code": int, "message": text}}
    results  = one RESULT a record, in the order of the submission
    group    = {"batch", "first", "count", "receipts_root", "state_root", "beginning", "signature"}
               and, for one transaction, "receipt" and "path"

One rule: a response is one frame for one request, whatever happened; nothing a client sends closes the connection but a frame that
is too large.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESULT = np.dtype(
    [
        ("status", "<i2"),
        ("batch", "<i8"),
        ("step", "<i4"),
        ("account", "<i8"),
        ("order", "<i8"),
        ("filled_e6", "<i8"),
        ("cost_e8", "<i8"),
        ("fee_e8", "<i8"),
        ("message", "<i8"),
        ("opened", "<i8"),
        ("dropped", "<i8"),
    ],
)
"""What became of one record: its status, its batch and step (-1 where it went into none), and the receipt's main figures."""

FIGURES = ("account", "order", "filled_e6", "cost_e8", "fee_e8", "message", "opened", "dropped")
"""Fields of a result that are its receipt's."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a submission: results (n,), and the signed groups that its records were in."""

    results: npt.NDArray[np.void]
    groups: list[dict[str, object]]


def result_rows(batch: int, steps: npt.NDArray[np.int64], receipts: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Return the results of records that were executed together."""
    rows = np.zeros(len(receipts), RESULT)
    rows["status"], rows["step"] = receipts["status"], steps
    rows["batch"] = np.where(steps >= 0, batch, -1)
    for name in FIGURES:
        rows[name] = receipts[name]
    return rows
