"""The posted body of a batch, written: what `rollup.l1.batch` reads back.

One rule: size comes from structure, not from compression, so that every record stays openable. Accounts and addresses are listed
once; a run of records of one kind is a segment, whose rows have only the columns that vary, each as narrow as its values allow.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rollup.core.address import addresses_from_rows, rows_from_addresses
from rollup.core.errors import EncodeError
from rollup.l1.body_layout import (
    ADDRESS_BYTES,
    RECORD_COLUMNS,
    SEGMENTS_MAX,
    SIGNATURE_BYTES,
    VERSION,
    write_entry,
)
from rollup.l1.packing import Bits, Column, Words, encode_columns, fit, pack
from rollup.l1.records import Records, word_at, words_of

RECORDS_MAX = (1 << 16) - 1
"""Records of a body, at most: what a row count can say. A batch has fewer."""

RUN_MIN = 48
"""Shortest run of one kind that is worth a segment's description; shorter neighbours share one."""

MIXERS = np.array(
    [
        0x9E3779B97F4A7C15,
        0xC2B2AE3D27D4EB4F,
        0x165667B19E3779F9,
        0x27D4EB2F165667C5,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
    ],
    np.uint64,
)
"""Odd numbers that spread an identity's words over one; equal sums are compared in full."""

Table = tuple[int, list[int], list[Column], Bits]
"""Rows; and of the present columns their numbers, themselves, and the bits of their fields."""

WORDS = {name: word_at(name) for name in RECORD_COLUMNS if name != "identity"}
"""Where each column is among a record's words."""


def encode_body(records: Records, signatures: npt.NDArray[np.uint8]) -> bytes:
    """Return the body of records and their signatures, (n, 64) or (n, 65). `source` and `authentic` are not written.

    Raises EncodeError for too many records, or one whose address words are no address.
    """
    if len(records) > RECORDS_MAX or len(signatures) != len(records):
        raise EncodeError("records and signatures", received=(len(records), len(signatures)), expected=f"as many, at most {RECORDS_MAX}")
    if not len(records):
        return b""
    places, identities = _identities(records)
    listed, (owners, signers, targets) = _addresses((identities["owner"], identities["signer"], records["address"]))
    table = np.stack([identities["account"], owners, signers, identities["nonce"]])
    columns = _columns(records, {"identity": places, "nonce": records["nonce"] - identities["nonce"][places], "address": targets})
    segments = [(last - first, *fit(columns[:, first:last])) for first, last in segment_runs(records["kind"])]
    posted = np.ascontiguousarray(signatures[:, :SIGNATURE_BYTES]).tobytes()
    return _joined([(len(identities), *fit(table)), *segments], listed) + posted


def segment_runs(kinds: Words) -> list[tuple[int, int]]:
    """Return the bounds of the segments: long runs of one kind alone, what lies between them together, at most SEGMENTS_MAX."""
    starts = [0, *(np.flatnonzero(kinds[1:] != kinds[:-1]) + 1).tolist()][: len(kinds)]
    runs: list[tuple[int, int]] = []
    mixed = False
    for first, last in zip(starts, [*starts, len(kinds)][1:], strict=True):
        is_short = last - first < RUN_MIN
        if runs and mixed and is_short:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
        mixed = is_short
    while len(runs) > SEGMENTS_MAX:
        place = min(range(len(runs) - 1), key=lambda at: runs[at + 1][1] - runs[at][0])
        runs[place : place + 2] = [(runs[place][0], runs[place + 1][1])]
    return runs


def _joined(tables: Sequence[Table], listed: bytes) -> bytes:
    """Return the body without its signatures: the identities' table, then the segments', with their row counts."""
    directory = bytes([VERSION, len(tables) - 1]) + (len(listed) // ADDRESS_BYTES).to_bytes(2, "big")
    entries = [write_entry(rows, tuple(numbers), sum(column.width for column in columns)) for rows, numbers, columns, _ in tables]
    descriptions = [encode_columns(columns) for _, _, columns, _ in tables]
    packed = [pack(columns, bits) for _, _, columns, bits in tables]
    return b"".join((directory, *entries, *descriptions, listed, *packed))


def _identities(records: Records) -> tuple[Words, Records]:
    """Return each record's identity and the identities: who acts for which account, each with the lowest of its nonces."""
    own = np.column_stack([records["account"], records["owner"], records["signer"]])
    sums = (own.view(np.uint64) * MIXERS).sum(axis=1, dtype=np.uint64)
    _, firsts, places = np.unique(sums, return_index=True, return_inverse=True)
    if not np.array_equal(own[firsts][places], own):
        _, firsts, places = np.unique(own, axis=0, return_index=True, return_inverse=True)
        places = places.reshape(-1)
    identities = records[firsts]
    np.minimum.at(identities["nonce"], places, records["nonce"])
    return places.astype(np.int64), identities


def _addresses(groups: Sequence[Words]) -> tuple[bytes, list[Words]]:
    """Return the list of the addresses of some fields, nobody's left out, and each field as references into it."""
    words = np.concatenate(groups)
    # Most records name nobody, and sorting addresses is slow.
    named = np.flatnonzero(words[:, 0] | words[:, 1] | words[:, 2])
    spelt = addresses_from_rows(words[named])
    if not np.array_equal(rows_from_addresses(spelt), words[named]):
        raise EncodeError("words of an address", received="a last word of more than 32 bits", expected="an address")
    unique, places = np.unique(spelt.view(f"V{ADDRESS_BYTES}")[:, 0], return_inverse=True)
    references = np.zeros(len(words), np.int64)
    references[named] = places + 1
    bounds = np.cumsum([len(group) for group in groups])[:-1]
    return unique.tobytes(), np.split(references, bounds)


def _columns(records: Records, replaced: dict[str, Words]) -> Words:
    """Return the records' fields by column, (columns, records)."""
    columns = words_of(records).T[[WORDS.get(name, 0) for name in RECORD_COLUMNS]]
    for name, values in replaced.items():
        columns[RECORD_COLUMNS.index(name)] = values
    return columns
