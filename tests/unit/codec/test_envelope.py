"""Envelopes and bulk frames: what comes out is in normal form, and what cannot come out is refused with the reason."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.codec import decode, encode
from rollup.core.errors import DecodeError, EncodeError
from rollup.l1.envelope import (
    BULK_MAX,
    decode_bulk,
    decode_envelope,
    encode_bulk,
    encode_envelope,
    envelope_from_json,
    json_envelope,
    read_envelope,
)
from rollup.l1.records import ADDRESS_FIELDS, TX_BYTES, joined, make_record, normalised
from rollup.state.layout import TX
from rollup.state.limits import PARTS
from rollup.transition.kinds import FIELDS, Kind

OWNER, OTHER = bytes(range(20)), bytes(range(236, 256))
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def a_record(kind=Kind.PLACE_ORDER, number=5):
    fields = {name: OTHER if name in ADDRESS_FIELDS else number for name in FIELDS[kind]}
    return make_record(kind, account=1, nonce=2, expiry_s=3, owner=OWNER, signer=OTHER, **fields)


def signatures(count: int):
    return np.frombuffer((bytes(range(64)) + b"\x1b") * count, np.uint8).reshape(count, 65)


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.name.lower())
@given(data=st.data())
def test_round_trip_of_every_kind(kind, data):
    record = a_record(kind)
    for name in ("account", "nonce", "expiry_s", *FIELDS[kind]):
        if name not in ADDRESS_FIELDS:
            record[name] = data.draw(INT64)
    records, posted = decode_envelope(encode_envelope(record, signatures(1)))
    assert np.array_equal(records, record)
    assert np.array_equal(posted, signatures(1)[:, :64])


def test_round_trip_of_parts():
    trade = joined(a_record(Kind.EXECUTE_BLOCK), a_record(Kind.EXECUTE_BLOCK, 7))
    records, posted = decode_envelope(encode_envelope(trade, signatures(2)))
    assert np.array_equal(records, trade)
    assert posted.shape == (2, 64)


def test_json_says_the_same():
    trade = joined(a_record(Kind.EXECUTE_BLOCK), a_record(Kind.EXECUTE_BLOCK, 7))
    value = decode(encode_envelope(trade, signatures(2)))
    text = json.loads(json.dumps(json_envelope(trade, signatures(2))))
    assert envelope_from_json(text) == value
    assert np.array_equal(read_envelope(envelope_from_json(text))[0], trade)


def changed(**entries):
    value = decode(encode_envelope(a_record(), signatures(1)))
    return {name: entry for name, entry in {**value, **entries}.items() if entry is not ...}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (changed(kind="begin_batch"), "kind"),
        (changed(kind=11), "kind"),
        (changed(kind=["cancel"]), "kind"),
        (changed(kind={}), "kind"),
        (changed(kind=...), "kind"),
        (changed(price_e8=...), "price_e8"),
        (changed(authentic=1), "authentic"),
        (changed(price_e8=1 << 63), "price_e8"),
        (changed(price_e8="5"), "price_e8"),
        (changed(side=True), "side"),
        (changed(owner=bytes(19)), "owner"),
        (changed(signer=7), "signer"),
        (changed(signature=bytes(64)), "signature"),
        (changed(signature=bytes(64) + b"\x1d"), "signature"),
        (changed(signature="0x"), "signature"),
        (changed(parts=5), "parts"),
        (changed(parts=[changed()] * (PARTS + 1)), "parts"),
        (changed(parts=[changed(parts=[])]), "parts"),
        (changed(parts=[decode(encode_envelope(a_record(Kind.CANCEL), signatures(1)))]), "kind of a part"),
        ([], "kind"),
        (None, "kind"),
    ],
)
def test_refused_with_the_reason(value, reason):
    with pytest.raises(DecodeError, match=reason):
        decode_envelope(encode(value))


@pytest.mark.parametrize(
    "value", [[], {"owner": "0xzz"}, {"owner": "00"}, {"signature": "0x0"}, {"owner": 5}, {"parts": [5]}, {"parts": [{"owner": 1}]}]
)
def test_json_that_is_none(value):
    with pytest.raises(DecodeError):
        envelope_from_json(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_a_decode_error(data):
    with pytest.raises(DecodeError):
        decode_envelope(data)


def test_bulk_round_trip():
    records = np.concatenate([a_record(kind) for kind in FIELDS] + [joined(a_record(Kind.EXECUTE_BLOCK), a_record(Kind.EXECUTE_BLOCK, 7))])
    decoded, posted = decode_bulk(encode_bulk(records, signatures(len(records))))
    assert np.array_equal(decoded, records)
    assert np.array_equal(posted, signatures(len(records))[:, :64])


@given(st.binary(min_size=TX_BYTES, max_size=TX_BYTES))
def test_bulk_decodes_to_the_normal_form(data):
    frame = encode_bulk(np.frombuffer(data, TX), signatures(1))
    record, _ = decode_bulk(frame)
    assert not record["source"].any()
    assert not record["authentic"].any()
    assert np.array_equal(normalised(record), record)
    assert (record["owner"][:, 2] >> 32 == 0).all()


@pytest.mark.parametrize("kind", [*Kind, 7, 39, 99, -1, -3, 1 << 62])
def test_normal_form_keeps_what_the_kind_has_and_nothing_else(kind):
    records = np.zeros(2, TX)
    for name in TX.names:
        records[name] = -1
    records["kind"] = [kind, Kind.CONTINUATION]
    records["continues"] = kind
    clean = normalised(records)
    head, part = ({name for name in TX.names if clean[name][place].any()} for place in range(2))
    envelope = {"account", "nonce", "expiry_s", "owner", "signer"}
    unsigned = {
        Kind.DEPOSIT: {"account", "owner", "amount_e8"},
        Kind.DEPOSIT_COLLATERAL: {"account", "owner", "number", "quantity_e6"},
        Kind.EXIT: {"account", "owner", "address"},
        Kind.POSTED: {"number"},
    }
    own = envelope | set(FIELDS[kind]) if kind in FIELDS else unsigned.get(kind, set())
    assert part | {"continues"} == own | {"kind", "parts", "continues"}
    assert clean["continues"].tolist() == [kind if kind == Kind.CONTINUATION else 0, kind]
    if kind != Kind.CONTINUATION:
        assert head - {"kind"} == own | {"parts"}
    for name in part - {"kind", "continues"}:
        address = name in ADDRESS_FIELDS
        assert clean[name][1].tolist() == ([-1, -1, (1 << 32) - 1] if address else -1)


@pytest.mark.parametrize(
    "frame",
    [b"", b"OB\x01\x00", b"OB\x02\x00" + bytes(4), b"OB\x01\x00" + bytes(5), b"OB\x01\x00\x00\x00\x00\x01", b"OB\x01\x00\xff\xff\xff\xff"],
)
def test_bulk_refused(frame):
    with pytest.raises(DecodeError, match="bulk frame"):
        decode_bulk(frame)


def test_our_own_mistakes():
    with pytest.raises(EncodeError):
        encode_bulk(np.zeros(BULK_MAX + 1, TX), signatures(BULK_MAX + 1))
    with pytest.raises(EncodeError):
        encode_bulk(np.zeros(1, TX), np.zeros((1, 64), np.uint8))
    with pytest.raises(EncodeError, match="CANCEL"):
        make_record(Kind.CANCEL, account=1, nonce=2, expiry_s=3, owner=OWNER, signer=OWNER, price_e8=5)
