"""The posted body of a batch, read: all of it at once, or one record from a few chunks, as L1 does.

One rule: the two ways agree on every record of every byte string. What the bytes mean is in `rollup.l1.body_layout`; what is
returned is in normal form (`rollup.l1.records`), and no signature has been checked.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_words, rows_from_addresses
from rollup.l1.body_encoding import encode_body
from rollup.l1.body_layout import (
    ADDRESS_BYTES,
    IDENTITY_COLUMNS,
    RECORD_COLUMNS,
    SIGNATURE_BYTES,
    Directory,
    Entry,
    read_directory,
)
from rollup.l1.chunks import CHUNK_BYTES
from rollup.l1.packing import COLUMN_BYTES, Reader, Words, decode_columns, read_row, unpack, wrap64
from rollup.l1.records import TX_BYTES, Records, normalised, records_of, word_at
from rollup.state.layout import TX

__all__ = ["body_reader", "chunks_of_record", "decode_body", "encode_body", "record_from_chunks"]

Bytes: TypeAlias = npt.NDArray[np.uint8]

IDENTITY_SLICES = {"account": slice(0, 1), "owner": slice(1, 4), "signer": slice(4, 7), "nonce": slice(7, 8)}
"""Where each column of an identity is among its words."""

IDENTITY_WORDS = 8
"""Words of an identity."""

IDENTITY_PLACES = [word_at(name) + word for name, words in IDENTITY_SLICES.items() for word in range(words.stop - words.start)]
"""Where each of them is among a record's words."""

IDENTITY, NONCE, ADDRESS = (RECORD_COLUMNS.index(name) for name in ("identity", "nonce", "address"))
"""Columns of which a record's words are not simply the values."""

RECORD_WORDS = [0 if column == IDENTITY else word_at(name) for column, name in enumerate(RECORD_COLUMNS)]
"""Where each column is among a record's words."""

NOBODY = (0, 0, 0)
"""Words of the zero address."""


def decode_body(body: bytes, count: int) -> tuple[Records, Bytes]:
    """Return the `count` records of a body and their signatures (count, 64). Never fails."""
    data, read = np.frombuffer(body, np.uint8), body_reader(body)
    directory = read_directory(read)
    addresses = _addresses(read, directory)
    identities = _identities(data, read, directory, addresses)
    words, start = np.zeros((count, TX_BYTES // 8), "<i8"), 0
    for segment in directory.segments:
        part = words[start : start + segment.rows]
        if len(part):
            _fill(part, segment.columns, _decoded(data, read, segment, len(part)), (identities, addresses))
        start += segment.rows
    signatures = read(directory.signatures_start, SIGNATURE_BYTES * count)
    return normalised(records_of(words)), np.frombuffer(signatures, np.uint8).reshape(count, SIGNATURE_BYTES)


def record_from_chunks(read: Reader, count: int, number: int) -> tuple[Records, bytes]:
    """Return record `number` of a body of `count`, an array of one, and its signature, from the few bytes that `read` is asked for.

    It equals what `decode_body` gives at that place. A record at or beyond `count` is zeros.
    """
    records = np.zeros(1, TX)
    if not 0 <= number < count:
        return records, bytes(SIGNATURE_BYTES)
    directory, row = read_directory(read), number
    for segment in directory.segments:
        if row < segment.rows:
            _fill_one(records, read, directory, _read(read, segment, RECORD_COLUMNS, row))
            break
        row -= segment.rows
    return normalised(records), read(directory.signatures_start + SIGNATURE_BYTES * number, SIGNATURE_BYTES)


def chunks_of_record(body: bytes, count: int, number: int) -> list[int]:
    """Return the numbers of the chunks of a body that opening a record takes, rising; a chunk may lie beyond the end."""
    wanted: set[int] = set()
    read = body_reader(body)

    def watched(offset: int, length: int) -> bytes:
        wanted.update(range(offset // CHUNK_BYTES, -(-(offset + length) // CHUNK_BYTES)))
        return read(offset, length)

    record_from_chunks(watched, count, number)
    return sorted(wanted)


def body_reader(body: bytes) -> Reader:
    """Return a reader of a whole body."""

    def read(offset: int, length: int) -> bytes:
        return body[offset : offset + length].ljust(length, b"\0")

    return read


def _decoded(data: Bytes, read: Reader, table: Entry, rows: int) -> Words:
    """Return the values of the present columns in the first rows of a table, (rows, columns)."""
    columns = decode_columns(read(table.description, COLUMN_BYTES * len(table.columns)))
    return unpack(data, 8 * table.start, table.stride, rows, columns)


def _addresses(read: Reader, directory: Directory) -> Words:
    """Return the words of the listed addresses, (1 + n, 3); the first is nobody's."""
    listed = np.frombuffer(read(directory.addresses_start, ADDRESS_BYTES * directory.addresses), np.uint8)
    return np.vstack((np.zeros((1, 3), np.int64), rows_from_addresses(listed.reshape(-1, ADDRESS_BYTES))))


def _identities(data: Bytes, read: Reader, directory: Directory, addresses: Words) -> Words:
    """Return the words of the identities (n + 1, 8): account, owner, signer, nonce; the last one is of zeros."""
    table = directory.identities
    identities = np.zeros((table.rows + 1, IDENTITY_WORDS), np.int64)
    for column, values in zip(table.columns, _decoded(data, read, table, table.rows).T, strict=True):
        name = IDENTITY_COLUMNS[column]
        words = _looked_up(addresses, values) if name in {"owner", "signer"} else values[:, None]
        identities[:-1, IDENTITY_SLICES[name]] = words
    return identities


def _looked_up(table: Words, references: Words) -> Words:
    """Return the rows of a table at some references, and its first row for those that point nowhere."""
    return table[np.where((references >= 0) & (references < len(table)), references, 0)]


def _fill(words: Words, columns: Sequence[int], values: Words, tables: tuple[Words, Words]) -> None:
    """Set records' words (rows, words) from the values of the present columns, and the tables of identities and of addresses."""
    identities, addresses = tables
    plain = [place for place, column in enumerate(columns) if column not in {IDENTITY, ADDRESS, NONCE}]
    words[:, [RECORD_WORDS[columns[place]] for place in plain]] = values[:, plain]
    places = values[:, columns.index(IDENTITY)] if IDENTITY in columns else np.zeros(len(words), np.int64)
    nobody = len(identities) - 1
    words[:, IDENTITY_PLACES] = identities[np.where((places >= 0) & (places < nobody), places, nobody)]
    if NONCE in columns:
        words[:, RECORD_WORDS[NONCE]] += values[:, columns.index(NONCE)]
    if ADDRESS in columns:
        first = RECORD_WORDS[ADDRESS]
        words[:, first : first + 3] = _looked_up(addresses, values[:, columns.index(ADDRESS)])


def _read(read: Reader, table: Entry, names: tuple[str, ...], row: int) -> dict[str, int]:
    """Return the present columns of one row of a table."""
    columns = decode_columns(read(table.description, COLUMN_BYTES * len(table.columns)))
    values = read_row(read, 8 * table.start + table.stride * row, columns)
    return {names[column]: value for column, value in zip(table.columns, values, strict=True)}


def _fill_one(records: Records, read: Reader, directory: Directory, fields: dict[str, int]) -> None:
    place, table = fields.pop("identity", 0), directory.identities
    own = _read(read, table, IDENTITY_COLUMNS, place) if 0 <= place < table.rows else {}
    records["account"] = own.get("account", 0)
    for name, reference in (("owner", own.get("owner", 0)), ("signer", own.get("signer", 0)), ("address", fields.pop("address", 0))):
        records[name] = _address(read, directory, reference)
    fields["nonce"] = wrap64(fields.get("nonce", 0) + own.get("nonce", 0))
    for name, value in fields.items():
        records[name] = value


def _address(read: Reader, directory: Directory, reference: int) -> tuple[int, int, int]:
    if not 1 <= reference <= directory.addresses:
        return NOBODY
    return address_words(read(directory.addresses_start + ADDRESS_BYTES * (reference - 1), ADDRESS_BYTES))
