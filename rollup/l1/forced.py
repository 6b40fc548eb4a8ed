"""An entry of L1's queue: one record, from a user past the sequencer or from the bridge.

    entry = the record's words, 8 bytes each, little-endian ‖ r ‖ s

One rule: L1 looks at nothing but the length and the kind; what else the bytes say is for the transition. `record_of_entry` is what
both the derivation and L1's one-step proof make of an entry.
"""

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words
from rollup.core.errors import DecodeError, EncodeError
from rollup.l1.records import TX_BYTES, Records, normalised
from rollup.state.layout import TX
from rollup.transition.authorise import QUEUED
from rollup.transition.kinds import Kind

SIGNATURE_BYTES = 64
"""r ‖ s; zeros for what the bridge queues."""

RECORD_BYTES = TX_BYTES + SIGNATURE_BYTES
"""Length of an entry."""

KIND_OFFSET = 8 * list(TX.names or ()).index("kind")
"""Where the kind is; the words before it are single ones."""


def encode_entry(record: Records, signature: bytes) -> bytes:
    """Return the entry of one signed record (an array of one) and its signature, 64 or 65 bytes. Raises EncodeError."""
    if record.shape != (1,) or len(signature) not in {SIGNATURE_BYTES, SIGNATURE_BYTES + 1}:
        raise EncodeError("entry", received=(record.shape, len(signature)), expected="one record and 64 or 65 bytes of signature")
    return normalised(record).tobytes() + signature[:SIGNATURE_BYTES]


def encode_deposit(account: int, amount_e8: int, owner: bytes) -> bytes:
    """Return the entry of a deposit by `owner`'s address to an account, 0 for a new one."""
    record = np.zeros(1, TX)
    record["kind"], record["account"], record["amount_e8"] = Kind.DEPOSIT, account, amount_e8
    record["owner"] = address_words(owner)
    return record.tobytes() + bytes(SIGNATURE_BYTES)


def encode_collateral(market: int, account: int, quantity_e6: int, owner: bytes) -> bytes:
    """Return the entry of a deposit of a market's underlying by `owner`'s address to an account, 0 for a new one."""
    record = np.zeros(1, TX)
    record["kind"], record["account"], record["quantity_e6"], record["number"] = Kind.DEPOSIT_COLLATERAL, account, quantity_e6, market
    record["owner"] = address_words(owner)
    return record.tobytes() + bytes(SIGNATURE_BYTES)


def encode_exit(account: int, owner: bytes, recipient: bytes) -> bytes:
    """Return the entry of an exit of an account that `owner`'s address has asked for on L1, to a recipient there."""
    record = np.zeros(1, TX)
    record["kind"], record["account"] = Kind.EXIT, account
    record["owner"], record["address"] = address_words(owner), address_words(recipient)
    return record.tobytes() + bytes(SIGNATURE_BYTES)


def encode_posted(batches: int) -> bytes:
    """Return the entry by which L1 tells how many batches it has."""
    record = np.zeros(1, TX)
    record["kind"], record["number"] = Kind.POSTED, batches
    return record.tobytes() + bytes(SIGNATURE_BYTES)


def record_kind(entry: bytes) -> int:
    """Return the kind of an entry."""
    return int.from_bytes(entry[KIND_OFFSET : KIND_OFFSET + 8], "little", signed=True)


def record_of_entry(entry: bytes) -> tuple[Records, npt.NDArray[np.uint8]]:
    """Return the record of an entry, an array of one with its source set, and its signature (1, 64). Raises DecodeError."""
    if len(entry) != RECORD_BYTES:
        raise DecodeError("length of a queue entry", received=len(entry), expected=RECORD_BYTES)
    record = normalised(np.frombuffer(entry, TX, 1))
    record["source"] = QUEUED
    return record, np.frombuffer(entry, np.uint8, SIGNATURE_BYTES, TX_BYTES).reshape(1, SIGNATURE_BYTES)
