"""Records of transactions on their way to the state: how they are made, and the one form in which they may arrive.

One rule: what a signature does not cover is not the sender's to choose. Bytes from outside lose their `source` and `authentic`, all
fields that their kind does not have, and what an address has beyond 20 bytes.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from rollup.core.address import ZERO_ADDRESS, address_words
from rollup.core.errors import EncodeError
from rollup.state.layout import TX
from rollup.state.limits import RATIO_ONE
from rollup.transition.authorise import HEADER
from rollup.transition.kinds import FIELDS, Kind

Records: TypeAlias = npt.NDArray[np.void]
"""An array of records of dtype TX."""

Words: TypeAlias = npt.NDArray[np.int64]
"""Rows of words."""

TX_BYTES = TX.itemsize
"""A record's bytes: its words, little-endian."""

ENVELOPE_FIELDS = ("kind", "account", "nonce", "expiry_s", "owner", "signer")
"""Fields that every signed record has."""

ADDRESS_FIELDS = ("owner", "signer", "address")
"""Fields that hold an address."""

KEPT: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        **{int(kind): frozenset((*ENVELOPE_FIELDS, *FIELDS[kind])) for kind in FIELDS},
        int(Kind.DEPOSIT): frozenset(("kind", "account", "owner", "amount_e8")),
        int(Kind.DEPOSIT_COLLATERAL): frozenset(("kind", "account", "owner", "number", "quantity_e6")),
        int(Kind.EXIT): frozenset(("kind", "account", "owner", "address")),
        int(Kind.POSTED): frozenset(("kind", "number")),
    },
)
"""The fields of each kind that can come from outside, but for `parts` and `continues`; other kinds keep their kind alone."""

FOREVER_S = 1 << 39
"""Expiry of what shall not expire, Unix seconds."""

LAST_WORD = (1 << 32) - 1
"""What an address has in its third word."""


def make_record(kind: Kind, *, account: int, nonce: int, expiry_s: int, owner: bytes, signer: bytes, **fields: int | bytes) -> Records:
    """Return an array of one record. Raises EncodeError for a field that the kind does not have, or a number beyond int64."""
    expected = FIELDS.get(kind, ())
    if set(fields) - set(expected):
        raise EncodeError(f"fields of {kind.name}", received=sorted(fields), expected=sorted(expected))
    record = np.zeros(1, TX)
    everything: dict[str, int | bytes] = {
        "kind": int(kind),
        "account": account,
        "nonce": nonce,
        "expiry_s": expiry_s,
        "owner": owner,
        "signer": signer,
        **fields,
    }
    for name, value in everything.items():
        set_field(record, name, value)
    return record


def make_report(feed: int, time_s: int, reporter: bytes, **observed: int) -> Records:
    """Return one reporter's report of a feed, an array of one; `observed` are the fields that say what: a `number`, or a surface's."""
    return make_record(
        Kind.SURFACE_UPDATE if "surface_a" in observed else Kind.ORACLE_UPDATE,
        account=0,
        nonce=0,
        expiry_s=FOREVER_S,
        owner=ZERO_ADDRESS,
        signer=reporter,
        feed=feed,
        confidence_e9=RATIO_ONE,
        timestamp_s=time_s,
        **observed,
    )


def set_field(record: Records, name: str, value: int | bytes) -> None:
    """Set a field of the one record in an array: an address from its 20 bytes, anything else from an integer. Raises EncodeError."""
    if name in ADDRESS_FIELDS:
        if not isinstance(value, bytes) or len(value) != 20:
            raise EncodeError(name, received=value, expected="an address of 20 bytes")
        record[name] = address_words(value)
    elif not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 63:
        raise EncodeError(name, received=value, expected="an integer of 64 bits")
    else:
        record[name] = value


def joined(head: Records, *parts: Records) -> Records:
    """Return a transaction of several records: the head announces the others, which become its continuations."""
    records = concatenated((head, *parts))
    records["parts"][0] = len(parts)
    for place in range(1, len(records)):
        records["continues"][place], records["kind"][place] = records["kind"][place], Kind.CONTINUATION
    return records


def begin_record(index: int, time_s: int, queue_to: int) -> Records:
    """Return step 0 of a batch, an array of one: its index, its time, and the end of the queue entries that it takes."""
    record = np.zeros(1, TX)
    record["source"], record["kind"] = HEADER, Kind.BEGIN_BATCH
    record["amount_e8"], record["timestamp_s"], record["number"] = index, time_s, queue_to
    return record


def effective_kinds(records: Records) -> npt.NDArray[np.int64]:
    """Return what each record was signed as: its kind, or for a continuation that of its head."""
    kinds: npt.NDArray[np.int64] = np.where(records["kind"] == Kind.CONTINUATION, records["continues"], records["kind"])
    return kinds


def normalised(records: Records) -> Records:
    """Return a copy of records from outside in the one form that they may have: see above."""
    kinds = effective_kinds(records)
    known = np.where((kinds >= 0) & (kinds < CONTINUED), kinds, int(Kind.NONE))
    return records_of(words_of(records) & MASKS[known + CONTINUED * (records["kind"] == Kind.CONTINUATION)])


def words_of(records: Records) -> Words:
    """Return the words of records, (n, words): a view where they lie one behind the other, else a copy."""
    return np.ascontiguousarray(records).view("<i8").reshape(len(records), TX_BYTES // 8)


def word_at(name: str) -> int:
    """Return the place of a field, or of its first word, among a record's words."""
    assert TX.fields is not None
    place: int = TX.fields[name][1]
    return place // 8


def records_of(words: Words) -> Records:
    """Return the records of rows of words, without copying them."""
    records: Records = words.view(TX).reshape(len(words))
    return records


def concatenated(parts: Iterable[Records]) -> Records:
    """Return records one after another, as a new array. numpy's own function first compares the fields of every two parts by name."""
    return records_of(np.concatenate([np.zeros((0, TX_BYTES // 8), "<i8"), *map(words_of, parts)]))


def word_masks() -> Words:
    """Return the bits that a record keeps, (2 * CONTINUED, words): of a head by its kind, of a continuation `CONTINUED` rows below."""
    masks = np.zeros(2 * CONTINUED, TX)
    masks["kind"] = masks["parts"] = masks["continues"][CONTINUED:] = -1
    for kind, names in KEPT.items():
        for name in names:
            masks[name][kind::CONTINUED] = (-1, -1, LAST_WORD) if name in ADDRESS_FIELDS else -1
    return words_of(masks)


CONTINUED = int(max(Kind)) + 1
"""Rows of `MASKS` for heads, and as many for continuations. A kind that nobody can send keeps what kind NONE does."""

MASKS = word_masks()
"""What each record keeps of its words, by `effective_kinds`."""
