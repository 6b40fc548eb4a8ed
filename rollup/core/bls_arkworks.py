"""BLS12-381 through py_arkworks_bls12381: milliseconds a check. The same functions as `rollup.core.bls_reference`."""

from collections.abc import Sequence
from typing import Any

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

SIGNATURE_DOMAIN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""What signatures are hashed under."""

POSSESSION_DOMAIN = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""What proofs of possession are hashed under."""

GENERATOR = G1Point()
"""The generator of G1."""


def public_key_of(secret: int) -> bytes:
    """Return the compressed public key of a secret."""
    return bytes((GENERATOR * _scalar(secret)).to_compressed_bytes())


def sign(message: bytes, secret: int) -> bytes:
    """Return the signature of a message."""
    return _sign(message, secret, SIGNATURE_DOMAIN)


def prove_possession(secret: int) -> bytes:
    """Return the proof of possession of a secret."""
    return _sign(public_key_of(secret), secret, POSSESSION_DOMAIN)


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures. Raises ValueError for one that is no point of the group."""
    total = G2Point.identity()
    for signature in signatures:
        total = total + _point(G2Point, signature)
    return bytes(total.to_compressed_bytes())


def verify(public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    """Say whether a signature is the sum of those of all keys over one message. False for what is no point of its group."""
    return _verify(public_keys, message, signature, SIGNATURE_DOMAIN)


def verify_possession(public_key: bytes, proof: bytes) -> bool:
    """Say whether a proof of possession is that of a public key."""
    return _verify([public_key], public_key, proof, POSSESSION_DOMAIN)


def _sign(message: bytes, secret: int, domain: bytes) -> bytes:
    return bytes((G2Point.hash_to_curve(message, domain) * _scalar(secret)).to_compressed_bytes())


def _verify(public_keys: Sequence[bytes], message: bytes, signature: bytes, domain: bytes) -> bool:
    try:
        point = _point(G2Point, signature)
        keys = [_point(G1Point, public_key) for public_key in public_keys]
    except ValueError:
        return False
    total = sum(keys, start=G1Point.identity())
    if any(key == G1Point.identity() for key in (*keys, total)):
        return False
    return bool(GT.pairing_check([total, -GENERATOR], [G2Point.hash_to_curve(message, domain), point]))


def _point(group: Any, data: bytes) -> Any:
    point = group.from_compressed_bytes(data)
    if bytes(point.to_compressed_bytes()) != data:
        # The library reads several spellings of the point at infinity.
        raise ValueError("not the canonical encoding of a point")
    return point


def _scalar(secret: int) -> Any:
    return Scalar.from_be_bytes(secret.to_bytes(32, "big"))
