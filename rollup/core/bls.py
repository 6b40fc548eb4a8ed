"""BLS12-381 signatures of verifiers: the IETF draft's ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_.

One rule: py-ecc is the reference, and py_arkworks_bls12381, where it is installed, only does the same faster, as in Ethereum's
consensus specifications; both give the same bytes. Public keys are 48 bytes (G1), signatures and proofs of possession 96 (G2),
compressed. A key counts only with a proof of possession, without which aggregates could be forged by a rogue key.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from rollup.core.errors import BlsError, SecretInvalid

ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Order of the groups: secrets are 1 … ORDER - 1."""

PUBLIC_KEY_BYTES = 48
"""A compressed point of G1."""

SIGNATURE_BYTES = 96
"""A compressed point of G2."""

KEYGEN_SALT = b"BLS-SIG-KEYGEN-SALT-"
"""Salt of KeyGen (IETF draft, section 2.3)."""

SEED_BYTES_MIN = 32
"""Shortest seed of a secret."""


class Backend(Protocol):
    """What both libraries are wrapped to."""

    def public_key_of(self, secret: int) -> bytes:
        """Return the public key of a secret."""
        ...

    def sign(self, message: bytes, secret: int) -> bytes:
        """Return the signature of a message."""
        ...

    def prove_possession(self, secret: int) -> bytes:
        """Return the proof of possession of a secret."""
        ...

    def aggregate(self, signatures: Sequence[bytes]) -> bytes:
        """Return the sum of signatures. Raises ValueError."""
        ...

    def verify(self, public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
        """Say whether an aggregate of all keys over one message holds."""
        ...

    def verify_possession(self, public_key: bytes, proof: bytes) -> bool:
        """Say whether a proof of possession holds."""
        ...


def secret_from_seed(seed: bytes) -> int:
    """Return the secret of a seed of at least 32 secret bytes: the draft's KeyGen (HKDF with SHA-256, 48 bytes, mod order)."""
    if len(seed) < SEED_BYTES_MIN:
        raise SecretInvalid("length of a seed", received=len(seed), expected=f"at least {SEED_BYTES_MIN}")
    secret, salt = 0, KEYGEN_SALT
    while secret == 0:
        salt = sha256(salt).digest()
        extracted = hmac.digest(salt, seed + b"\0", "sha256")
        first = hmac.digest(extracted, b"\0\x30\x01", "sha256")
        second = hmac.digest(extracted, first + b"\0\x30\x02", "sha256")
        secret = int.from_bytes((first + second)[:48], "big") % ORDER
    return secret


def public_key_of(secret: int) -> bytes:
    """Return the public key of a secret. Raises SecretInvalid."""
    return _backend().public_key_of(_checked(secret))


def sign(message: bytes, secret: int) -> bytes:
    """Return the signature of a message. Raises SecretInvalid."""
    return _backend().sign(message, _checked(secret))


def prove_possession(secret: int) -> bytes:
    """Return the proof of possession of a secret: it goes with the public key wherever that is registered."""
    return _backend().prove_possession(_checked(secret))


def aggregate(signatures: Sequence[bytes]) -> bytes:
    """Return the sum of at least one signature. Raises BlsError for none, or for one that is no point of the group."""
    if not signatures:
        raise BlsError("signatures to aggregate", received=0, expected="at least one")
    try:
        return _backend().aggregate(signatures)
    except ValueError as error:
        raise BlsError("signatures to aggregate", received=str(error), expected="points of G2") from error


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is that of one key over a message."""
    return fast_aggregate_verify([public_key], message, signature)


def fast_aggregate_verify(public_keys: Sequence[bytes], message: bytes, signature: bytes) -> bool:
    """Say whether a signature aggregates those of all keys (at least one) over one message. The keys' possession was proven before."""
    lengths_hold = len(signature) == SIGNATURE_BYTES and all(len(key) == PUBLIC_KEY_BYTES for key in public_keys)
    return bool(public_keys) and lengths_hold and _backend().verify(public_keys, message, signature)


def verify_possession(public_key: bytes, proof: bytes) -> bool:
    """Say whether a proof of possession is that of a public key."""
    lengths_hold = len(proof) == SIGNATURE_BYTES and len(public_key) == PUBLIC_KEY_BYTES
    return lengths_hold and _backend().verify_possession(public_key, proof)


def _backend() -> Backend:
    """Return the faster library that is installed. Imported late: both are slow to import, and few nodes attest."""
    fast = find_spec("py_arkworks_bls12381") is not None
    return cast("Backend", import_module("rollup.core.bls_arkworks" if fast else "rollup.core.bls_reference"))


def _checked(secret: int) -> int:
    if not 0 < secret < ORDER:
        raise SecretInvalid("BLS secret", received="a number outside of the range", expected="1 to the order - 1")
    return secret
