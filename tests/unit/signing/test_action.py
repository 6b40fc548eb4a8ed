"""EIP-712 digests: the same as every wallet's, one at a time and many at a time."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from eth_account import Account
from eth_account._utils.encode_typed_data.encoding_and_hashing import hash_struct  # the struct hash alone is not public
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.address import address_words
from rollup.core.development import development_genesis, development_secret
from rollup.core.keccak import keccak256
from rollup.core.signing import SignatureChecker, address_of, recover, sign
from rollup.l1.action import ACTION_TYPE, ACTION_TYPEHASH, authenticate, digests, is_signed, separator_of, typed_data
from rollup.l1.records import ADDRESS_FIELDS, joined, make_record
from rollup.state.keccak_bytes import compiled_keccak_many
from rollup.state.layout import TX
from rollup.transition.kinds import FIELDS, SIGNED_FIRST, SIGNED_LAST, Kind

GENESIS = development_genesis()
SECRET = development_secret("trader")
OWNER = address_of(SECRET)
VECTORS = Path(os.environ.get("OPTROLL_VECTORS", Path(__file__).parents[4] / "shared" / "vectors")) / "eip712"

NUMBERS = st.one_of(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-3, 3))


def some_record(kind: Kind, numbers=lambda: 7, address: bytes = OWNER):
    fields = {name: address if name in ADDRESS_FIELDS else numbers() for name in FIELDS[kind]}
    return make_record(kind, account=3, nonce=9, expiry_s=2_000_000_000, owner=OWNER, signer=OWNER, **fields)


def signature_of(record) -> np.ndarray:
    return np.frombuffer(sign(digests(record, GENESIS)[0].tobytes(), SECRET), np.uint8).reshape(1, 65)


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.name.lower())
def test_a_wallet_signs_our_digest(kind):
    record = some_record(kind)
    by_wallet = Account.sign_typed_data(SECRET, full_message=typed_data(record, GENESIS))
    digest = digests(record, GENESIS)[0].tobytes()
    assert by_wallet.message_hash == digest
    assert by_wallet.signature == sign(digest, SECRET)
    signature = np.frombuffer(bytes(by_wallet.signature), np.uint8).reshape(1, 65)
    authenticate(record, signature, GENESIS, SignatureChecker())
    assert record["authentic"][0] == 1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_numbers_give_the_wallets_digest(data):
    record = some_record(
        data.draw(st.sampled_from(list(FIELDS))), lambda: data.draw(NUMBERS), data.draw(st.binary(min_size=20, max_size=20))
    )
    record["account"], record["nonce"], record["expiry_s"] = (data.draw(st.integers(0, (1 << 63) - 1)) for _ in range(3))
    message = encode_typed_data(full_message=typed_data(record, GENESIS))
    assert digests(record, GENESIS)[0].tobytes() == keccak256(b"\x19" + message.version + message.header + message.body)
    assert message.header == separator_of(GENESIS)


def test_many_at_a_time_are_as_one_at_a_time_also_compiled():
    rng = np.random.default_rng(7)
    records = np.zeros(64, TX)
    for name in TX.names:
        records[name] = rng.integers(-(1 << 62), 1 << 62, records[name].shape)
    records["kind"] = rng.integers(0, 22, 64)
    records["continues"] = rng.integers(9, 21, 64)
    alone = np.concatenate([digests(records[place : place + 1], GENESIS) for place in range(64)])
    assert np.array_equal(digests(records, GENESIS), alone)
    assert np.array_equal(digests(records, GENESIS, compiled_keccak_many), alone)
    assert len(digests(records[:0], GENESIS)) == 0


def test_a_continuation_is_signed_as_its_heads_kind():
    head, part = some_record(Kind.EXECUTE_BLOCK), some_record(Kind.EXECUTE_BLOCK)
    both = joined(head, part)
    assert both["kind"].tolist() == [Kind.EXECUTE_BLOCK, Kind.CONTINUATION]
    assert both["parts"].tolist() == [1, 0]
    assert np.array_equal(digests(both, GENESIS)[1], digests(part, GENESIS)[0])


def test_kinds_that_nobody_signs_have_no_digest_and_are_never_authentic():
    records = np.zeros(4, TX)
    records["kind"] = [Kind.NONE, Kind.BEGIN_BATCH, Kind.DEPOSIT, 1 << 40]
    assert not digests(records, GENESIS).any()
    records["authentic"] = 1
    authenticate(records, np.zeros((4, 64), np.uint8), GENESIS, SignatureChecker())
    assert not records["authentic"].any()
    assert set(range(SIGNED_FIRST, SIGNED_LAST + 1)) == {kind for kind in range(100) if is_signed(np.array([kind]))[0]}
    assert (min(FIELDS), max(FIELDS)) == (SIGNED_FIRST, SIGNED_LAST)


def test_authenticate_of_a_mixture():
    records = np.concatenate([some_record(Kind.CANCEL), np.zeros(1, TX), some_record(Kind.CANCEL_ALL), some_record(Kind.CANCEL)])
    signatures = np.concatenate([signature_of(some_record(kind)) for kind in (Kind.CANCEL, Kind.CANCEL, Kind.CANCEL_ALL, Kind.CANCEL_ALL)])
    authenticate(records, signatures, GENESIS, SignatureChecker())
    assert records["authentic"].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("name", ["account", "nonce", "expiry_s", "instrument", "side", "price_e8", "quantity_e6", "owner", "kind"])
def test_every_part_of_an_order_is_signed(name):
    record = some_record(Kind.PLACE_ORDER)
    signature = signature_of(record)
    record[name] += 1
    authenticate(record, signature, GENESIS, SignatureChecker())
    assert record["authentic"][0] == 0


def test_the_domain_is_signed():
    record = some_record(Kind.CANCEL)
    other = development_genesis()
    object.__setattr__(other, "chain", type(other.chain)(other.chain.rollup_chain_id + 1, other.chain.l1_chain_id, other.chain.time_s))
    assert not np.array_equal(digests(record, GENESIS), digests(record, other))


def test_the_action_is_derives():
    path = VECTORS / "derive_v3_action_signing.json"
    if not path.exists():
        pytest.skip(f"NO EXTERNAL VECTORS: {path} is not there; set OPTROLL_VECTORS")
    vector = json.loads(path.read_text())
    assert ACTION_TYPE.decode() == vector["action_type"]
    assert "0x" + ACTION_TYPEHASH.hex() == vector["action_typehash"]
    trade = vector["trade"]
    types = {"Action": typed_data(some_record(Kind.EXECUTE_BLOCK), GENESIS)["types"]["Action"]}
    message = {
        "subaccountId": trade["subaccount_id"],
        "nonce": int(trade["nonce"]),
        "module": trade["module"],
        "data": bytes.fromhex(trade["encoded_data"][2:]),
        "expiry": trade["expiry"],
        "owner": trade["owner"],
        "signer": trade["signer"],
    }
    struct = hash_struct("Action", types, message)
    assert "0x" + struct.hex() == trade["action_hash"]
    digest = keccak256(b"\x19\x01" + bytes.fromhex(vector["domain_separator"][2:]) + struct)
    assert "0x" + digest.hex() == trade["typed_data_hash"]
    signature, signer = (bytes.fromhex(trade[name][2:]) for name in ("signature", "signer"))
    assert recover(digest, signature) == signer
    assert SignatureChecker().check(digest, signature, signer)


def test_the_vectorised_struct_is_derives_too(monkeypatch):
    """Our own hashing of Derive's action: the module and the data of its trade, put where ours would be."""
    path = VECTORS / "derive_v3_action_signing.json"
    if not path.exists():
        pytest.skip(f"NO EXTERNAL VECTORS: {path} is not there; set OPTROLL_VECTORS")
    trade = json.loads(path.read_text())["trade"]
    record = np.zeros(1, TX)
    record["kind"], record["account"], record["nonce"], record["expiry_s"] = (
        Kind.CANCEL_ALL,
        trade["subaccount_id"],
        int(trade["nonce"]),
        trade["expiry"],
    )
    record["owner"], record["signer"] = (address_words(bytes.fromhex(trade[name][2:])) for name in ("owner", "signer"))
    seen = []

    def watched(messages):
        hashes = compiled_keccak_many(messages)
        if messages.shape[1] == 32 * len(FIELDS[Kind.CANCEL_ALL]):
            hashes[:] = np.frombuffer(keccak256(bytes.fromhex(trade["encoded_data"][2:])), np.uint8)
        if messages.shape[1] == 256:
            swapped = messages.copy()
            swapped[:, 96 + 12 : 128] = np.frombuffer(bytes.fromhex(trade["module"][2:]), np.uint8)
            seen.append(compiled_keccak_many(swapped)[0].tobytes())
        return hashes

    digests(record, GENESIS, watched)
    assert "0x" + seen[0].hex() == trade["action_hash"]
