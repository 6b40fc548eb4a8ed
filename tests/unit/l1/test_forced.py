"""Entries of L1's queue."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.address import address_words
from rollup.core.development import development_genesis, development_secret
from rollup.core.errors import DecodeError, EncodeError
from rollup.core.signing import SignatureChecker, address_of, sign
from rollup.l1.action import authenticate, digests
from rollup.l1.forced import RECORD_BYTES, encode_deposit, encode_entry, encode_posted, record_kind, record_of_entry
from rollup.l1.records import make_record, normalised
from rollup.state.layout import TX
from rollup.transition.authorise import QUEUED
from rollup.transition.kinds import Kind

SECRET = development_secret("trader")
OWNER = address_of(SECRET)
GENESIS = development_genesis()


def test_a_signed_record_goes_through_and_stays_authentic():
    record = make_record(Kind.WITHDRAW, account=4, nonce=1, expiry_s=9, owner=OWNER, signer=OWNER, amount_e8=5, address=OWNER)
    entry = encode_entry(record, sign(digests(record, GENESIS)[0].tobytes(), SECRET))
    assert len(entry) == RECORD_BYTES == 384
    assert record_kind(entry) == Kind.WITHDRAW
    again, signature = record_of_entry(entry)
    assert again["source"][0] == QUEUED
    authenticate(again, signature, GENESIS, SignatureChecker())
    assert again["authentic"][0] == 1
    again["source"] = again["authentic"] = 0
    assert np.array_equal(again, record)


def test_a_deposit():
    entry = encode_deposit(7, 10**10, OWNER)
    record, signature = record_of_entry(entry)
    assert record_kind(entry) == Kind.DEPOSIT
    assert (record["account"][0], record["amount_e8"][0], tuple(record["owner"][0])) == (7, 10**10, address_words(OWNER))
    assert not signature.any()


def test_l1s_word():
    record, signature = record_of_entry(encode_posted(7))
    assert (record["kind"][0], record["number"][0], record["source"][0]) == (Kind.POSTED, 7, QUEUED)
    assert not signature.any()


@given(st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES))
def test_any_entry_is_a_record_in_normal_form(entry):
    record, signature = record_of_entry(entry)
    assert record_kind(entry) == record["kind"][0]
    assert (record["source"][0], record["authentic"][0]) == (QUEUED, 0)
    record["source"] = 0
    assert np.array_equal(normalised(record), record)
    assert signature.tobytes() == entry[-64:]


def test_an_entry_cannot_claim_facts():
    forged = np.zeros(1, TX)
    forged["kind"], forged["source"], forged["authentic"] = Kind.WITHDRAW, 2, 1
    record, _ = record_of_entry(forged.tobytes() + bytes(64))
    assert (record["source"][0], record["authentic"][0]) == (QUEUED, 0)


def test_lengths():
    with pytest.raises(DecodeError):
        record_of_entry(bytes(RECORD_BYTES - 1))
    with pytest.raises(EncodeError):
        encode_entry(np.zeros(2, TX), bytes(64))
    with pytest.raises(EncodeError):
        encode_entry(np.zeros(1, TX), bytes(63))
