"""Signed transactions: what eth-account signs decodes to what was meant; anything else is refused in geth's words, and quickly."""

import pytest
import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.transactions import (
    DYNAMIC_FEE,
    LEGACY,
    SECP256K1_N,
    WITH_ACCESS_LIST,
    TransactionError,
    decode_transaction,
)
from tests.unit.l1_mock.effort import calls_of

ACCOUNT = Account.from_key(b"\7" * 32)
SENDER = bytes.fromhex(ACCOUNT.address[2:])
TO = b"t" * 20
ACCESS = [{"address": "0x" + "22" * 20, "storageKeys": ["0x" + "00" * 31 + "01"]}]
COMMON = {"nonce": 3, "gas": 50_000, "to": TO, "value": 7, "data": b"\0data", "chainId": 31337}
FORMS = {
    LEGACY: {**COMMON, "gasPrice": 11},
    WITH_ACCESS_LIST: {**COMMON, "gasPrice": 11, "type": 1, "accessList": ACCESS},
    DYNAMIC_FEE: {**COMMON, "maxFeePerGas": 11, "maxPriorityFeePerGas": 2, "accessList": ACCESS},
}
ORDER = {LEGACY: 0, WITH_ACCESS_LIST: 1, DYNAMIC_FEE: 1}


def signed(kind, **changes):
    return bytes(ACCOUNT.sign_transaction({**FORMS[kind], **changes}).raw_transaction)


def items_of(raw):
    return rlp.decode(raw if raw[0] >= 0xC0 else raw[1:])


def rebuilt(raw, items):
    encoded = rlp.encode(items)
    return encoded if raw[0] >= 0xC0 else raw[:1] + encoded


@pytest.mark.parametrize("kind", FORMS)
def test_what_was_signed_is_decoded(kind):
    signature = ACCOUNT.sign_transaction(FORMS[kind])
    transaction = decode_transaction(bytes(signature.raw_transaction))
    assert transaction.hash == bytes(signature.hash)
    assert (transaction.kind, transaction.chain_id, transaction.nonce, transaction.sender) == (kind, 31337, 3, SENDER)
    assert (transaction.to, transaction.value, transaction.data, transaction.gas_limit) == (TO, 7, b"\0data", 50_000)
    assert (transaction.max_fee, transaction.max_tip) == ((11, 2) if kind == DYNAMIC_FEE else (11, 11))
    assert transaction.access_list == (() if kind == LEGACY else ((b"\x22" * 20, (b"\0" * 31 + b"\1",)),))
    assert (transaction.v, transaction.r, transaction.s) == (signature.v, signature.r, signature.s)


def test_fees_follow_eip_1559():
    transaction = decode_transaction(signed(DYNAMIC_FEE))
    assert [transaction.gas_price(fee) for fee in (0, 5, 9, 10, 11)] == [2, 7, 11, 11, 11]
    assert [transaction.tip(fee) for fee in (0, 9, 10, 11, 12)] == [2, 2, 1, 0, -1]
    assert transaction.cost_max == 50_000 * 11 + 7


def test_a_transaction_without_recipient_creates():
    raw = bytes(ACCOUNT.sign_transaction({**FORMS[DYNAMIC_FEE], "to": b""}).raw_transaction)
    assert decode_transaction(raw).to is None


@pytest.mark.parametrize("kind", FORMS)
def test_the_other_signature_of_a_pair_is_refused(kind):
    raw = signed(kind)
    items = items_of(raw)
    items[-1] = (SECP256K1_N - int.from_bytes(items[-1], "big")).to_bytes(32, "big")
    flipped = int.from_bytes(items[-3], "big") ^ 1 if kind != LEGACY else 2 * 31337 + 71 - int.from_bytes(items[-3], "big")
    items[-3] = rlp.encode(flipped)[1:] if flipped > 127 else (bytes([flipped]) if flipped else b"")
    with pytest.raises(TransactionError, match="invalid transaction v, r, s values"):
        decode_transaction(rebuilt(raw, items))


@pytest.mark.parametrize("value", [0, SECP256K1_N, SECP256K1_N + 1, 2**256 - 1])
@pytest.mark.parametrize("position", [-1, -2])
def test_signatures_out_of_range_are_refused(position, value):
    raw = signed(DYNAMIC_FEE)
    items = items_of(raw)
    items[position] = value.to_bytes((value.bit_length() + 7) // 8, "big")
    with pytest.raises(TransactionError, match="invalid transaction v, r, s values"):
        decode_transaction(rebuilt(raw, items))


def test_a_legacy_transaction_must_name_its_chain():
    items = items_of(signed(LEGACY))
    for v in (0, 1, 27, 28, 34):
        items[-3] = bytes([v]) if v else b""
        with pytest.raises(TransactionError, match="EIP-155"):
            decode_transaction(rlp.encode(items))


@pytest.mark.parametrize("first", [0x00, 0x03, 0x04, 0x7F, 0x80, 0xB8, 0xBF])
def test_other_types_are_not_supported(first):
    with pytest.raises(TransactionError, match="transaction type not supported"):
        decode_transaction(bytes([first]) + signed(DYNAMIC_FEE)[1:])


def test_nothing_is_not_a_transaction():
    for raw in (b"", b"\1", b"\2", b"\xc0", b"\2\xc0", b"\2\x80"):
        with pytest.raises(TransactionError):
            decode_transaction(raw)


@pytest.mark.parametrize("kind", FORMS)
def test_every_cut_and_every_extra_byte_is_refused(kind):
    raw = signed(kind)
    for length in range(len(raw)):
        with pytest.raises(TransactionError):
            decode_transaction(raw[:length])
    with pytest.raises(TransactionError):
        decode_transaction(raw + b"\0")


@pytest.mark.parametrize("kind", FORMS)
def test_numbers_have_one_form(kind):
    raw = signed(kind)
    for position in range(ORDER[kind], ORDER[kind] + 3):
        items = items_of(raw)
        items[position] = b"\0" + items[position]
        with pytest.raises(TransactionError, match="leading zero"):
            decode_transaction(rebuilt(raw, items))


def test_fields_of_wrong_lengths_are_refused():
    raw = signed(DYNAMIC_FEE)
    for position, content in ((5, b"t" * 19), (5, b"t" * 21), (1, b"\1" * 9), (6, b"\1" * 33), (8, b""), (8, [b"x"]), (8, [[TO]])):
        items = items_of(raw)
        items[position] = content
        with pytest.raises(TransactionError, match="rlp"):
            decode_transaction(rebuilt(raw, items))
    for entry in ([b"a" * 19, []], [TO, [b"k" * 31]], [TO, b""], [TO, [], []]):
        items = items_of(raw)
        items[8] = [entry]
        with pytest.raises(TransactionError, match="rlp"):
            decode_transaction(rebuilt(raw, items))


@pytest.mark.parametrize(
    "raw",
    [
        b"\xc1" * 100_000,
        b"\xfa\x0f\xff\xf0" + b"\xc0" * 0x0FFFF0,
        b"\2\xfa\x0f\xff\xf0" + b"\x01" * 0x0FFFF0,
        b"\xff" * 1_000,
        b"\xfb\xff\xff\xff\xff",
    ],
)
def test_hostile_lists_are_refused_with_little_work(raw):
    def refused():
        with pytest.raises(TransactionError):
            decode_transaction(raw)

    refused()
    assert calls_of(refused) < 20_000  # Of up to a million elements.


@given(st.sampled_from(sorted(FORMS)), st.data())
def test_a_changed_byte_is_refused_or_changes_the_sender(kind, data):
    raw = signed(kind)
    position = data.draw(st.integers(0, len(raw) - 1))
    flipped = raw[:position] + bytes([raw[position] ^ data.draw(st.integers(1, 255))]) + raw[position + 1 :]
    try:
        transaction = decode_transaction(flipped)
    except TransactionError:
        return
    assert transaction.sender != SENDER


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(raw):
    with pytest.raises(TransactionError):
        decode_transaction(raw)
