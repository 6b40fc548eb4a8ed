"""What nothing can beat: the bare library, and the bare kernels, measured in the same minutes as the node.

One rule: the work is the same as the node's, less everything around it. (PERFORMANCE, definitions 1 and 2.)
"""

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from rollup.core.genesis import Genesis
from rollup.environment import Store
from rollup.l1.action import digests
from rollup.l1.chunks import KeccakMany
from rollup.transition.machine import Machine

Records = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]
Parsed = tuple[Any, bytes, Any]
"""A signature, its message and its key as the library has them."""

WORKERS = 2
"""One a core."""


def verify_rate(messages: Bytes, signatures: Bytes, points: list[bytes]) -> float:
    """Return how many signatures a second libsecp256k1 verifies on all cores: parsed beforehand, one call each, nothing else.

    `messages` (n, 32), `signatures` (n, 64), `points` an uncompressed public key a row. Raises ValueError where one does not verify.
    """
    rows = [parsed(messages[row].tobytes(), signatures[row].tobytes(), points[row]) for row in range(len(messages))]
    halves = [rows[worker::WORKERS] for worker in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        start = perf_counter()
        valid = sum(pool.map(verify_all, halves))
        elapsed = perf_counter() - start
    if valid != len(rows):
        raise ValueError(f"{len(rows) - valid} of the bench's own signatures do not verify")
    return len(rows) / elapsed


def parsed(message: bytes, signature: bytes, point: bytes) -> Parsed:
    """Parse a signature and a key into the library's own form."""
    context = GLOBAL_CONTEXT.ctx
    own_signature, own_key = ffi.new("secp256k1_ecdsa_signature *"), ffi.new("secp256k1_pubkey *")
    lib.secp256k1_ecdsa_signature_parse_compact(context, own_signature, signature)
    lib.secp256k1_ec_pubkey_parse(context, own_key, point, len(point))
    return own_signature, message, own_key


def verify_all(rows: list[Parsed]) -> int:
    """Verify parsed signatures; return how many are valid."""
    context, verify = GLOBAL_CONTEXT.ctx, lib.secp256k1_ecdsa_verify
    return sum(verify(context, signature, message, key) for signature, message, key in rows)


class BareNode:
    """The kernels in a row, without a node: hash, match and margin, Merkle, one synced write a batch."""

    def __init__(self, genesis: Genesis, machine: Machine, store: Store, hash_many: KeccakMany) -> None:
        """Run on a machine that stands where the workload begins."""
        self.genesis = genesis
        self.machine = machine
        self.store = store
        self.hash_many = hash_many
        self.written = 0

    def rate(self, records: Records, batch: int) -> float:
        """Return how many records a second pass."""
        start = perf_counter()
        for first in range(0, len(records), batch):
            part = records[first : first + batch]
            self.hash_many(digests(part, self.genesis, self.hash_many))
            receipts = self.machine.execute(part, 0, len(part))
            self.machine.root()
            self.machine.close_batch()
            self.store.write([(self.written.to_bytes(8, "big"), part.tobytes() + receipts.tobytes())])
            self.written += 1
        return len(records) / (perf_counter() - start)
