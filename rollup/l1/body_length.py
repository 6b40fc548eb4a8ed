"""How long a body can become, before it is encoded: what a sequencer asks so as never to make a batch that L1 would not take.

One rule: the bound holds for the body of the records and of any of them, for a transaction that changes nothing is left out later.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rollup.l1.body_layout import (
    ADDRESS_BYTES,
    DIRECTORY_BYTES,
    IDENTITY_COLUMNS,
    RECORD_COLUMNS,
    REFERENCE_BITS,
    SEGMENTS_MAX,
    SIGNATURE_BYTES,
)
from rollup.l1.chunks import BODY_BYTES_MAX
from rollup.l1.packing import COLUMN_BYTES, WIDTH_MAX
from rollup.state.layout import TX

WORD_OF = {name: int(offset) // 8 for name, (_, offset, *_) in (TX.fields or {}).items()}
"""Where a record's fields are among its words."""

PLAIN_WORDS = [WORD_OF[name] for name in RECORD_COLUMNS if name not in {"identity", "address"}]
"""Words of a record that are columns of their own; its identity and its address are references."""

OVERHEAD_BYTES = DIRECTORY_BYTES + COLUMN_BYTES * (len(IDENTITY_COLUMNS) + SEGMENTS_MAX * len(RECORD_COLUMNS)) + 1 + SEGMENTS_MAX
"""The longest directory, the descriptions of every column of every table, and the bytes that tables end in the middle of."""


def length_bound(parts: Sequence[npt.NDArray[np.void]]) -> int:
    """Return what the body of some records is never longer than; cheap beside encoding it.

    A column of some rows is no wider than one for all values between the least and the greatest of all rows, and each record brings an
    identity and three addresses of its own at most.
    """
    words = [np.ascontiguousarray(part).view(np.int64).reshape(len(part), -1) for part in parts if len(part)]
    if not words:
        return OVERHEAD_BYTES
    low = np.min([part.min(axis=0) for part in words], axis=0).tolist()
    high = np.max([part.max(axis=0) for part in words], axis=0).tolist()
    # A column of one value but zero is described, and takes no bits.
    width = [min((greatest - least).bit_length(), WIDTH_MAX) for least, greatest in zip(low, high, strict=True)]
    row = 2 * REFERENCE_BITS + sum(width[place] for place in PLAIN_WORDS)
    identity = 2 * REFERENCE_BITS + width[WORD_OF["account"]] + width[WORD_OF["nonce"]]
    return OVERHEAD_BYTES + _records_length(sum(map(len, words)), row + identity)


def _records_length(count: int, bits: int) -> int:
    """Return the bytes of records with so many bits each in both tables, and of their addresses and signatures."""
    return -(-count * bits // 8) + count * (3 * ADDRESS_BYTES + SIGNATURE_BYTES)


RECORDS_SURE = (BODY_BYTES_MAX - OVERHEAD_BYTES) // _records_length(1, 4 * REFERENCE_BITS + WIDTH_MAX * (2 + len(PLAIN_WORDS)))
"""So many records, whatever is in them, have a body that L1 takes."""
