"""BLS12-381 through py-ecc, the reference: a second a check. The same functions as `rollup.core.bls_arkworks`."""

from collections.abc import Sequence

from eth_typing import BLSPubkey, BLSSignature
from eth_utils.exceptions import ValidationError
from py_ecc.bls.ciphersuites import G2ProofOfPossession
from py_ecc.bls.g2_primitives import signature_to_G2, subgroup_check


def public_key_of(secret: int) -> bytes:
    """Return the compressed public key of a secret."""
    return bytes(G2ProofOfPossession.SkToPk(secret))


def sign(message: bytes, secret: int) -> bytes:
    """Return the signature of a message."""
    return bytes(G2ProofOfPossession.Sign(secret, message))


def prove_possession(secret: int) -> bytes:
    """Return the proof of possession of a secret."""
    return bytes(G2ProofOfPossession.PopProve(secret))


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures. Raises ValueError for one that is no point of the group."""
    try:
        for signature in signatures:
            if not subgroup_check(signature_to_G2(BLSSignature(signature))):
                raise ValueError("a point outside of the group")
        return bytes(G2ProofOfPossession.Aggregate([BLSSignature(signature) for signature in signatures]))
    except ValidationError as error:
        raise ValueError(str(error)) from error


def verify(public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    """Say whether a signature is the sum of those of all keys over one message. False for what is no point of its group."""
    keys = [BLSPubkey(public_key) for public_key in public_keys]
    return bool(G2ProofOfPossession.FastAggregateVerify(keys, message, BLSSignature(signature)))


def verify_possession(public_key: bytes, proof: bytes) -> bool:
    """Say whether a proof of possession is that of a public key."""
    return bool(G2ProofOfPossession.PopVerify(BLSPubkey(public_key), BLSSignature(proof)))
