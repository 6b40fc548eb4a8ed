"""Where everything is in the posted body of a batch.

    body         = directory descriptions addresses identities records… signatures
    directory    = version u8 ‖ segments u8 ‖ addresses u16 ‖ entry of the identities ‖ entry of each segment
    entry        = rows u16 ‖ columns u32 (bit i: column i is present) ‖ stride u16 (bits a row)
    descriptions = the present columns of the identities, then those of each segment (see `rollup.l1.packing`)
    addresses    = 20 bytes each
    identities   = packed rows: account, owner, signer, nonce
    records      = packed rows of each segment: identity, then the other fields of a record
    signatures   = r ‖ s, 64 bytes a record

Tables begin at whole bytes; integers are big-endian. An address is stored as 0 for nobody's or 1 + its place in the list; an
identity as its place. A record's nonce is its own field plus its identity's, wrapped.

One rule: any bytes are a body. Beyond the end are zeros, another version means an empty directory, what points nowhere means
zeros. The whole directory lies in the first chunk, and it alone says where everything is, so that opening a record takes a
bounded number of chunks whatever a sequencer posts.
"""

from dataclasses import dataclass

from rollup.l1.packing import COLUMN_BYTES, Reader
from rollup.state.layout import TX

VERSION = 1
"""First byte of a body."""

SEGMENTS_MAX = 29
"""Segments of a body: as many as let the directory end within its first chunk."""

ENTRY_BYTES = 8
"""One table's entry in the directory."""

PREFIX_BYTES = 4
"""The directory before its entries."""

DIRECTORY_BYTES = PREFIX_BYTES + ENTRY_BYTES * (1 + SEGMENTS_MAX)
"""The longest directory."""

ADDRESS_BYTES = 20
"""One address."""

SIGNATURE_BYTES = 64
"""One signature: r ‖ s."""

REFERENCE_BITS = 16
"""Bits of a reference to an identity or an address, at most: of neither are there more than three a record."""

IDENTITY_COLUMNS = ("account", "owner", "signer", "nonce")
"""Columns of the identities."""

RECORD_COLUMNS = (
    "identity",
    *(name for name in TX.names or () if name not in {"source", "authentic", "account", "owner", "signer"}),
)
"""Columns of the records: a new field of a transaction's record is a new column."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A table: its rows, present columns and bits a row, and where its description and its rows begin (bytes)."""

    rows: int
    columns: tuple[int, ...]
    stride: int
    description: int
    start: int


@dataclass(frozen=True, slots=True)
class Directory:
    """A body's tables, and where its addresses and signatures begin (bytes)."""

    addresses: int
    addresses_start: int
    identities: Entry
    segments: tuple[Entry, ...]
    signatures_start: int


def read_directory(read: Reader) -> Directory:
    """Return what the first bytes of a body say."""
    data = read(0, DIRECTORY_BYTES)
    if data[0] != VERSION:
        data = bytes(DIRECTORY_BYTES)
    description = PREFIX_BYTES + ENTRY_BYTES * (1 + min(data[1], SEGMENTS_MAX))
    heads = [data[at : at + ENTRY_BYTES] for at in range(PREFIX_BYTES, description, ENTRY_BYTES)]
    present = [_present(head, len(RECORD_COLUMNS if place else IDENTITY_COLUMNS)) for place, head in enumerate(heads)]
    addresses, addresses_start = int.from_bytes(data[2:4], "big"), description + COLUMN_BYTES * sum(map(len, present))
    start, tables = addresses_start + ADDRESS_BYTES * addresses, []
    for head, columns in zip(heads, present, strict=True):
        rows, stride = int.from_bytes(head[:2], "big"), int.from_bytes(head[6:], "big")
        tables.append(Entry(rows, columns, stride, description, start))
        description += COLUMN_BYTES * len(columns)
        start += -(-rows * stride // 8)
    return Directory(addresses, addresses_start, tables[0], tuple(tables[1:]), start)


def write_entry(rows: int, columns: tuple[int, ...], stride: int) -> bytes:
    """Return a table's entry."""
    return rows.to_bytes(2, "big") + sum(1 << column for column in columns).to_bytes(4, "big") + stride.to_bytes(2, "big")


def _present(head: bytes, known: int) -> tuple[int, ...]:
    bitmap = int.from_bytes(head[2:6], "big")
    return tuple(column for column in range(known) if bitmap >> column & 1)
