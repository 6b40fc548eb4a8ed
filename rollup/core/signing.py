"""Signatures of people and nodes: secp256k1 over EIP-712 digests.

One rule: a signature is valid for a claimed signer exactly when s is low, r and s are in range, and ECDSA verification succeeds
under *some* public key whose address is that signer. The recovery byte `v` is a hint that is never needed, so it is neither
posted nor able to make two forms of one signature. A known key is verified, which is what makes a batch of few signers fast;
an unknown one is recovered. Both say the same, because recovery tries all four ids.
"""

from threading import Lock

import numpy as np
import numpy.typing as npt
from coincurve import PrivateKey, PublicKey

from rollup.core.errors import SecretInvalid
from rollup.core.keccak import keccak256
from rollup.core.secp256k1 import KEY_BYTES, ORDER, Bytes, Curve, Flags, PlainCurve, is_low_s

SIGNATURE_BYTES = 65
"""A signature as people send it: r ‖ s ‖ v, v = 27 or 28 (0 and 1 are understood)."""

POSTED_BYTES = 64
"""A signature as it is posted on L1: r ‖ s."""

SECRET_BYTES = 32
"""A private key."""

DOMAIN_NAME = "optroll"
"""EIP-712 domain: name."""

DOMAIN_VERSION = "1"
"""EIP-712 domain: version."""

DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
"""EIP-712 domain: its type."""

RECOVERY_IDS = 4
"""Ways to lift r to a point: its parity, and whether the coordinate passed the group's order."""


def sign(digest: bytes, secret: bytes) -> bytes:
    """Return the 65-byte signature of a 32-byte digest: deterministic (RFC 6979), low-s, v = 27 or 28."""
    signature = _private(secret).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + 27])


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """Return the signer's address, or None for a signature that is malformed, high-s, or leads to no key."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (0, 1, 27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > ORDER // 2:
        return None
    try:
        recoverable = signature[:64] + bytes([signature[64] % 27])
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except Exception:  # noqa: BLE001  # coincurve raises bare Exception for a signature without a key
        return None
    return address_of_point(key.format(compressed=False))


def address_of(secret: bytes) -> bytes:
    """Return the address of a private key. Raises SecretInvalid."""
    return address_of_point(_private(secret).public_key.format(compressed=False))


def address_of_point(point: bytes) -> bytes:
    """Return the address of an uncompressed public key: the last 20 bytes of keccak-256 of its coordinates."""
    return keccak256(point[1:])[12:]


def domain_separator(chain_id: int, contract: bytes) -> bytes:
    """Return the EIP-712 domain separator of a rollup: its chain id, and the address that identifies it."""
    return keccak256(
        keccak256(DOMAIN_TYPE)
        + keccak256(DOMAIN_NAME.encode())
        + keccak256(DOMAIN_VERSION.encode())
        + chain_id.to_bytes(32, "big")
        + contract.rjust(32, b"\0")
    )


class SignatureChecker:
    """Checks many signatures, remembering the public keys of addresses it has met. May be used by several threads.

    The memory decides how fast an answer comes, never which.
    """

    def __init__(self, *, capacity: int = 1 << 16, curve: Curve | None = None) -> None:
        """Remember up to `capacity` keys, the latest ones."""
        self._curve = curve or PlainCurve()
        self._capacity = capacity
        self._keys: dict[bytes, bytes] = {}
        self._lock = Lock()

    def use(self, curve: Curve) -> None:
        """Change over to another implementation of the curve; checks that are under way finish on the old one."""
        self._curve = curve

    def check(self, digest: bytes, signature: bytes, signer: bytes) -> bool:
        """Say whether one signature (64 bytes, or 65 whose last is not looked at) is valid for a signer's address."""
        if len(signature) not in (POSTED_BYTES, SIGNATURE_BYTES):
            return False
        rows = (np.frombuffer(part, np.uint8).reshape(1, -1) for part in (digest, signature[:64], signer))
        return bool(self.check_many(*rows)[0])

    def check_many(self, digests: Bytes, signatures: Bytes, signers: Bytes) -> Flags:
        """Say of each row whether its signature is valid for its signer.

        `digests` (n, 32), `signatures` (n, 64) or (n, 65), `signers` (n, 20), all uint8.
        """
        digests, signatures = np.ascontiguousarray(digests), np.ascontiguousarray(signatures[:, :POSTED_BYTES])
        addresses = _as_list(signers)
        valid = np.zeros(len(digests), np.bool_)
        unknown = np.flatnonzero(self._verify_known(digests, signatures, addresses, valid))
        firsts = list({addresses[row]: row for row in reversed(unknown.tolist())}.values())
        self._recover(digests, signatures, addresses, (np.array(sorted(firsts), np.int64), valid))
        # One signature of each unknown signer has been tried. Most others now have a key to be verified by.
        rest = np.setdiff1d(unknown, firsts)
        if len(rest):
            outcome = np.zeros(len(rest), np.bool_)
            names = [addresses[row] for row in rest.tolist()]
            still = rest[self._verify_known(digests[rest], signatures[rest], names, outcome)]
            valid[rest] = outcome
            self._recover(digests, signatures, addresses, (still, valid))
        return valid

    def _verify_known(self, digests: Bytes, signatures: Bytes, addresses: list[bytes], valid: Flags) -> Flags:
        """Verify the rows whose key is remembered, into `valid`; return the flags of the others."""
        remembered = [*map(self._keys.get, addresses)]
        unknown = np.array([key is None for key in remembered], np.bool_)
        known = np.flatnonzero(~unknown)
        if len(known):
            keys = np.frombuffer(b"".join(key for key in remembered if key is not None), np.uint8).reshape(-1, KEY_BYTES)
            every = len(known) == len(addresses)
            valid[known] = self._curve.verify(digests if every else digests[known], signatures if every else signatures[known], keys)
        return unknown

    def _recover(self, digests: Bytes, signatures: Bytes, addresses: list[bytes], out: tuple[npt.NDArray[np.int64], Flags]) -> None:
        """Recover the rows listed in `out[0]` into `out[1]`, and remember the keys that fit their signers."""
        rows, valid = out
        rows = rows[is_low_s(signatures[rows])]
        for recovery_id in range(RECOVERY_IDS):
            keys, points, found = self._curve.recover(digests[rows], signatures[rows], recovery_id)
            fits = [
                bool(found[slot]) and address_of_point(points[slot].tobytes()) == addresses[row] for slot, row in enumerate(rows.tolist())
            ]
            valid[rows[fits]] = True
            self._remember([addresses[row] for row in rows[fits].tolist()], keys[fits])
            rows = rows[~np.array(fits, np.bool_)]

    def _remember(self, addresses: list[bytes], keys: Bytes) -> None:
        with self._lock:
            for slot, address in enumerate(addresses):
                self._keys[address] = keys[slot].tobytes()
            while len(self._keys) > self._capacity:
                del self._keys[next(iter(self._keys))]


def _as_list(signers: Bytes) -> list[bytes]:
    packed = np.ascontiguousarray(signers).tobytes()
    return [packed[start : start + 20] for start in range(0, len(packed), 20)]


def _private(secret: bytes) -> PrivateKey:
    # The library pads a shorter secret, which is more likely a mistake than meant.
    if len(secret) != SECRET_BYTES or not 0 < int.from_bytes(secret, "big") < ORDER:
        raise SecretInvalid("private key", received=f"{len(secret)} bytes", expected="32 bytes from 1 to the order - 1")
    return PrivateKey(secret)
