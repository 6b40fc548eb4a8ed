"""BLS: the fast library gives the reference's bytes, and nothing that is no point of its group counts."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_ecc.bls.ciphersuites import G2ProofOfPossession

from rollup.core import bls, bls_arkworks, bls_reference
from rollup.core.errors import BlsError, SecretInvalid

SECRETS = [bls.secret_from_seed(bytes([number]) * 32) for number in range(3)]
KEYS = [bls.public_key_of(secret) for secret in SECRETS]
MESSAGE = b"batch 7 has this root"
SIGNATURES = [bls.sign(MESSAGE, secret) for secret in SECRETS]
INFINITY = MappingProxyType({48: b"\xc0" + bytes(47), 96: b"\xc0" + bytes(95)})


def test_both_libraries_give_the_same_bytes_and_the_same_verdicts():
    """The one slow test: a second or two of pairings in Python."""
    secret, key, signature = SECRETS[0], KEYS[0], SIGNATURES[0]
    assert bls_reference.public_key_of(secret) == bls_arkworks.public_key_of(secret)
    assert bls_reference.sign(MESSAGE, secret) == bls_arkworks.sign(MESSAGE, secret)
    assert bls_reference.prove_possession(secret) == bls_arkworks.prove_possession(secret)
    assert bls_reference.aggregate(SIGNATURES) == bls_arkworks.aggregate(SIGNATURES)
    for backend in (bls_reference, bls_arkworks):
        assert backend.verify([key], MESSAGE, signature)
        assert not backend.verify([key], MESSAGE, INFINITY[96])
        assert not backend.verify([INFINITY[48]], MESSAGE, INFINITY[96])
        assert not backend.verify([key, bls.public_key_of(bls.ORDER - secret)], MESSAGE, INFINITY[96])
        assert not backend.verify([key], MESSAGE, b"\xff" * 96)
        with pytest.raises(ValueError, match=r"\w"):
            backend.aggregate([b"\xff" * 96])


@given(st.binary(min_size=32, max_size=80))
def test_secrets_come_from_seeds_as_the_draft_says(seed):
    assert bls.secret_from_seed(seed) == G2ProofOfPossession.KeyGen(seed)


def test_an_aggregate_verifies_for_its_signers_only():
    aggregate = bls.aggregate(SIGNATURES[:2])
    assert bls.fast_aggregate_verify(KEYS[:2], MESSAGE, aggregate)
    assert bls.fast_aggregate_verify(KEYS[1::-1], MESSAGE, aggregate)
    assert not bls.fast_aggregate_verify(KEYS, MESSAGE, aggregate)
    assert not bls.fast_aggregate_verify(KEYS[:1], MESSAGE, aggregate)
    assert not bls.fast_aggregate_verify(KEYS[:2], b"another root", aggregate)
    assert not bls.fast_aggregate_verify([], MESSAGE, INFINITY[96])
    assert bls.verify(KEYS[0], MESSAGE, SIGNATURES[0])


def test_possession():
    proof = bls.prove_possession(SECRETS[0])
    assert bls.verify_possession(KEYS[0], proof)
    assert not bls.verify_possession(KEYS[1], proof)
    assert not bls.verify_possession(KEYS[0], bls.sign(KEYS[0], SECRETS[0])), "a signature is not a proof of possession"


def test_what_is_no_point_is_refused():
    for bad in (b"", bytes(96), b"\xff" * 96, INFINITY[96]):
        assert not bls.verify(KEYS[0], MESSAGE, bad)
    with pytest.raises(BlsError):
        bls.aggregate([])
    with pytest.raises(BlsError):
        bls.aggregate([SIGNATURES[0], bytes(96)])
    for bad in (0, bls.ORDER, -1):
        with pytest.raises(SecretInvalid):
            bls.sign(MESSAGE, bad)
    with pytest.raises(SecretInvalid):
        bls.secret_from_seed(b"short")
