"""Signed transactions on the wire: the envelope of one for people, and the bulk frame of many for programs.

    envelope = canonical msgpack (or JSON) map: kind (text), account, nonce, expiry_s, owner, signer, the kind's fields,
               signature (65 bytes), and `parts` (maps like it, of the same kind) where other signatures belong to the transaction
    bulk     = "OB" ‖ version u8 ‖ 0 ‖ count u32 ‖ records of TX, 320 bytes each ‖ signatures, 65 bytes each

One rule: what is decoded is well-formed and says nothing of being right. Numbers out of range, strangers' signatures and the like are
for the transition, which answers with a status.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from rollup.core.address import address_from_words
from rollup.core.codec import decode, encode
from rollup.core.errors import DecodeError, EncodeError
from rollup.l1.records import ADDRESS_FIELDS, ENVELOPE_FIELDS, TX_BYTES, Records, effective_kinds, joined, make_record, normalised
from rollup.state.layout import TX
from rollup.state.limits import PARTS, STEPS
from rollup.transition.kinds import FIELDS, Kind

Signatures: TypeAlias = npt.NDArray[np.uint8]
"""(n, 64): r ‖ s."""

SIGNATURE_BYTES = 65
"""A signature on the wire: r ‖ s ‖ v. It is not needed that v is right, but that it is one that there is."""

RECOVERY_BYTES = frozenset((0, 1, 27, 28))
"""What v may be."""

BYTES_FIELDS = (*ADDRESS_FIELDS, "signature")
"""Entries of an envelope that are bytes; in JSON they are written `0x` and hexadecimal digits."""

KIND_NAMES: Mapping[str, Kind] = MappingProxyType({kind.name.lower(): kind for kind in FIELDS})
"""Kinds by their names in envelopes."""

BULK_MAGIC = b"OB\x01\x00"
"""First bytes of a bulk frame; the third is its version."""

BULK_HEADER_BYTES = 8
"""Magic and count."""

BULK_MAX = STEPS
"""Records of a bulk frame, at most."""


def encode_envelope(records: Records, signatures: npt.NDArray[np.uint8]) -> bytes:
    """Return the envelope of one transaction: a head and its continuations, with a 65-byte signature each."""
    return encode(_mapping(records, signatures))


def decode_envelope(data: bytes) -> tuple[Records, Signatures]:
    """Return the records of one transaction and their signatures. Raises DecodeError."""
    return read_envelope(decode(data))


def read_envelope(value: object) -> tuple[Records, Signatures]:
    """Return what the map of an envelope says. Raises DecodeError."""
    head, parts = _read_one(value, may_have_parts=True)
    if not isinstance(parts, list) or len(parts) > PARTS:
        raise DecodeError("parts", received=parts, expected=f"a list of at most {PARTS}")
    others = [_read_one(part, may_have_parts=False)[0] for part in parts]
    kind = head[0]["kind"][0]
    if any(record["kind"][0] != kind for record, _ in others):
        raise DecodeError("kind of a part", received="another", expected=Kind(int(kind)).name.lower())
    signatures = b"".join(signature[:64] for _, signature in (head, *others))
    return joined(head[0], *(record for record, _ in others)), np.frombuffer(signatures, np.uint8).reshape(-1, 64)


def envelope_from_json(value: object) -> object:
    """Return the map of an envelope that came as JSON: entries that are bytes are read from hexadecimal. Raises DecodeError."""
    read = _bytes_from_hex(value)
    parts = read.get("parts")
    if isinstance(parts, list):
        read["parts"] = [_bytes_from_hex(part) for part in parts]
    return read


def json_envelope(records: Records, signatures: npt.NDArray[np.uint8]) -> dict[str, object]:
    """Return the envelope of one transaction as JSON has it, which `envelope_from_json` reads."""
    envelope = {name: _to_hex(entry) for name, entry in _mapping(records, signatures).items()}
    if "parts" in envelope:
        parts = cast("list[dict[str, object]]", envelope["parts"])
        envelope["parts"] = [{name: _to_hex(entry) for name, entry in part.items()} for part in parts]
    return envelope


def _to_hex(entry: object) -> object:
    return "0x" + entry.hex() if isinstance(entry, bytes) else entry


def _bytes_from_hex(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise DecodeError("transaction", received=type(value).__name__, expected="an object")
    return {name: _from_hex(name, entry) if name in BYTES_FIELDS else entry for name, entry in value.items()}


def encode_bulk(records: Records, signatures: npt.NDArray[np.uint8]) -> bytes:
    """Return the bulk frame of whole transactions in order, with a 65-byte signature a record. Raises EncodeError."""
    if len(records) > BULK_MAX or signatures.shape != (len(records), SIGNATURE_BYTES):
        raise EncodeError("bulk", received=(len(records), signatures.shape), expected=f"at most {BULK_MAX}, {SIGNATURE_BYTES} bytes each")
    return BULK_MAGIC + len(records).to_bytes(4, "big") + records.tobytes() + signatures.tobytes()


def decode_bulk(frame: bytes) -> tuple[Records, Signatures]:
    """Return the records of a bulk frame, `source` and `authentic` 0, and their signatures (n, 64). Raises DecodeError."""
    count = int.from_bytes(frame[4:BULK_HEADER_BYTES], "big")
    length = BULK_HEADER_BYTES + count * (TX_BYTES + SIGNATURE_BYTES)
    if frame[:4] != BULK_MAGIC or count > BULK_MAX or len(frame) != length:
        raise DecodeError(
            "bulk frame", received=(frame[:4], count, len(frame)), expected=f"{BULK_MAGIC!r}, at most {BULK_MAX}, {length} bytes"
        )
    records = normalised(np.frombuffer(frame, TX, count, BULK_HEADER_BYTES))
    signatures = np.frombuffer(frame, np.uint8, count * SIGNATURE_BYTES, BULK_HEADER_BYTES + count * TX_BYTES)
    return records, np.ascontiguousarray(signatures.reshape(count, SIGNATURE_BYTES)[:, :64])


def _read_one(value: object, *, may_have_parts: bool) -> tuple[tuple[Records, bytes], object]:
    """Return the record and signature of one map, and its parts."""
    called = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(called, str) or called not in KIND_NAMES:
        shown = called if isinstance(value, dict) else type(value).__name__
        raise DecodeError("transaction", received=shown, expected=f"a map whose kind is one of {', '.join(KIND_NAMES)}")
    kind = KIND_NAMES[called]
    wanted = {*ENVELOPE_FIELDS, *FIELDS[kind], "signature"}
    entries = {name: entry for name, entry in value.items() if name != "parts" or not may_have_parts}
    if entries.keys() != wanted:
        different = sorted(map(str, entries.keys() ^ wanted))
        raise DecodeError(f"entries of {called}", received=f"missing or unknown: {different}", expected=", ".join(sorted(wanted)))
    signature = entries.pop("signature")
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES or signature[64] not in RECOVERY_BYTES:
        raise DecodeError("signature", received=signature, expected="65 bytes, the last one 27 or 28")
    entries.pop("kind")
    try:
        return (make_record(kind, **cast("dict[str, Any]", entries)), signature), value.get("parts", [])
    except EncodeError as error:
        raise DecodeError(error.what, received=error.received, expected=error.expected) from error


def _mapping(records: Records, signatures: npt.NDArray[np.uint8]) -> dict[str, object]:
    kinds = effective_kinds(records).tolist()
    maps: list[dict[str, object]] = []
    for kind, record, signature in zip(kinds, records, signatures, strict=True):
        entries: dict[str, object] = {"kind": Kind(kind).name.lower(), "signature": signature.tobytes()}
        for name in (*ENVELOPE_FIELDS[1:], *FIELDS[Kind(kind)]):
            entries[name] = address_from_words(*record[name].tolist()) if name in ADDRESS_FIELDS else int(record[name])
        maps.append(entries)
    return {**maps[0], "parts": maps[1:]} if len(maps) > 1 else maps[0]


def _from_hex(name: str, entry: object) -> bytes:
    if isinstance(entry, str) and entry.startswith("0x") and len(entry) <= 2 + 2 * SIGNATURE_BYTES:
        digits = entry[2:]
        if len(digits) % 2 == 0 and set(digits) <= set("0123456789abcdefABCDEF"):
            return bytes.fromhex(digits)
    raise DecodeError(name, received=entry, expected="0x and hexadecimal digits")
