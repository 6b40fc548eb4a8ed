"""Whether a batch on L1 breaks what the sequencer has promised about it. Pure but for the replica's archive.

One rule: a promise is about a batch by its beginning; a batch that began otherwise, as after a reorg, breaks nothing.
"""

import numpy as np

from rollup.core.genesis import Genesis
from rollup.l1.action import digests
from rollup.l1.evidence import Accusation, Promised
from rollup.l1.promise import beginning
from rollup.l1.step_proof import build_opening
from verifier.replica import Replica


def breach(replica: Replica, genesis: Genesis, promised: Promised) -> Accusation | None:
    """Return the evidence that a batch which was executed here has another action in a promised step, or has it not; None for neither."""
    claim = promised.claim
    if claim.batch not in replica.places:
        return None
    entry = replica.entry(claim.batch)
    numbers = (entry.index, entry.time_s, entry.queue_from, entry.queue_to)
    if beginning(entry.parent, numbers, entry.queue_acc) != claim.beginning:
        return None
    posted = 1 + len(entry.queue)
    if not entry.count or promised.step < posted:
        return None
    opening = b""
    if promised.step < posted + entry.count:
        records = replica.records(entry)
        step = promised.step
        if np.array_equal(digests(records[step : step + 1], genesis)[0], np.frombuffer(promised.digest, np.uint8)):
            return None
        opening = build_opening(records, step, entry.body, entry.queue)
    signed = promised.signed
    return Accusation(genesis.roles.sequencer, "accuseBatch", (signed.claim, signed.leaf, signed.path, opening))
