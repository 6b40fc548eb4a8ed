"""Signatures: what is valid, whoever asks, and whatever the checker remembers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.core.errors import SecretInvalid
from rollup.core.keccak import keccak256
from rollup.core.secp256k1 import ORDER, PlainCurve, is_low_s
from rollup.core.secp256k1_compiled import CompiledCurve
from rollup.core.signing import SignatureChecker, address_of, recover, sign

SECRETS = [keccak256(b"signer %d" % number) for number in range(4)]
ADDRESSES = [address_of(secret) for secret in SECRETS]


@pytest.fixture(scope="module")
def curves():
    return {"plain": PlainCurve(), "compiled": CompiledCurve()}


def signed(count: int):
    """Digests, signatures and signers of `count` messages by four signers in turn."""
    digests = [keccak256(b"message %d" % number) for number in range(count)]
    signatures = [sign(digest, SECRETS[number % 4]) for number, digest in enumerate(digests)]
    signers = [ADDRESSES[number % 4] for number in range(count)]
    return tuple(np.frombuffer(b"".join(rows), np.uint8).reshape(count, -1).copy() for rows in (digests, signatures, signers))


def high_s(signature: bytes) -> bytes:
    """The other form of a signature: n - s, and the other v."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([signature[64] ^ 7])


def test_recover_gives_the_signer_and_refuses_the_other_form():
    digest = keccak256(b"one")
    signature = sign(digest, SECRETS[0])
    assert recover(digest, signature) == ADDRESSES[0]
    assert recover(digest, signature[:64] + bytes([signature[64] - 27])) == ADDRESSES[0]
    assert recover(digest, high_s(signature)) is None
    assert recover(keccak256(b"two"), signature) != ADDRESSES[0]


@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1b", bytes(64) + b"\x1d"])
def test_recover_of_garbage_is_none(signature):
    assert recover(keccak256(b"one"), signature) is None


@pytest.mark.parametrize("secret", [bytes(32), b"short", ORDER.to_bytes(32, "big")])
def test_a_secret_outside_of_the_range_is_refused_without_showing_it(secret):
    with pytest.raises(SecretInvalid) as caught:
        address_of(secret)
    assert secret.hex() not in str(caught.value)


@pytest.mark.parametrize("name", ["plain", "compiled"])
def test_all_valid_first_and_again(curves, name):
    checker = SignatureChecker(curve=curves[name])
    rows = signed(12)
    assert checker.check_many(*rows).all()
    assert checker.check_many(*rows).all()


def test_nothing_to_check(curves):
    nothing = np.zeros((0, 32), np.uint8), np.zeros((0, 64), np.uint8), np.zeros((0, 20), np.uint8)
    assert len(SignatureChecker(curve=curves["compiled"]).check_many(*nothing)) == 0


def test_both_curves_agree_on_every_operation(curves):
    digests, signatures, _ = signed(8)
    signatures = np.ascontiguousarray(signatures[:, :64])
    signatures[3] = 0
    signatures[5, 40] ^= 1
    for recovery_id in range(4):
        plain, compiled = (curve.recover(digests, signatures, recovery_id) for curve in curves.values())
        for one, other in zip(plain, compiled, strict=True):
            assert np.array_equal(one, other)
    keys, _, found = curves["plain"].recover(digests, signatures, 0)
    rows = [np.ascontiguousarray(table[found]) for table in (digests[::-1], signatures, keys)]
    assert np.array_equal(*(curve.verify(*rows) for curve in curves.values()))


BROKEN = [
    ("high s", lambda signature: high_s(signature)[:64]),
    ("zero", lambda _: bytes(64)),
    ("r is zero", lambda signature: bytes(32) + signature[32:64]),
    ("s is zero", lambda signature: signature[:32] + bytes(32)),
    ("r is the order", lambda signature: ORDER.to_bytes(32, "big") + signature[32:64]),
    ("s is the order", lambda signature: signature[:32] + ORDER.to_bytes(32, "big")),
    ("another bit", lambda signature: signature[:63] + bytes([signature[63] ^ 1])),
]


@pytest.mark.parametrize("name", ["plain", "compiled"])
@pytest.mark.parametrize(("what", "broken"), BROKEN, ids=[what for what, _ in BROKEN])
def test_a_broken_signature_is_invalid_whether_the_key_is_known_or_not(curves, name, what, broken):
    digest = keccak256(b"one")
    signature = sign(digest, SECRETS[0])
    checker = SignatureChecker(curve=curves[name])
    assert not checker.check(digest, broken(signature), ADDRESSES[0]), what
    assert checker.check(digest, signature, ADDRESSES[0])
    assert not checker.check(digest, broken(signature), ADDRESSES[0]), what


def test_another_signer_digest_or_length_is_invalid():
    digest = keccak256(b"one")
    signature = sign(digest, SECRETS[0])
    checker = SignatureChecker()
    assert not checker.check(digest, signature, ADDRESSES[1])
    assert not checker.check(keccak256(b"two"), signature, ADDRESSES[0])
    assert not checker.check(digest, signature[:63], ADDRESSES[0])
    assert checker.check(digest, signature[:64], ADDRESSES[0])


@settings(max_examples=30, deadline=None)
@given(data=st.data(), warm=st.booleans(), capacity=st.integers(1, 5))
def test_the_memory_never_changes_the_answer(data, warm, capacity):
    digests, signatures, signers = signed(10)
    for _ in range(data.draw(st.integers(0, 6))):
        table = data.draw(st.sampled_from([digests, signatures, signers]))
        width = min(table.shape[1], 64)
        table[data.draw(st.integers(0, 9)), data.draw(st.integers(0, width - 1))] ^= 1 << data.draw(st.integers(0, 7))
    checker = SignatureChecker(capacity=capacity)
    if warm:
        checker.check_many(*signed(4))
    fresh = [SignatureChecker().check(*(row.tobytes() for row in rows)) for rows in zip(digests, signatures, signers, strict=True)]
    assert checker.check_many(digests, signatures, signers).tolist() == fresh


def test_is_low_s_at_the_border():
    half = ORDER // 2
    values = [0, 1, half - 1, half, half + 1, ORDER - 1, (1 << 256) - 1, half ^ (1 << 200), half + (1 << 64)]
    rows = np.frombuffer(b"".join(bytes(32) + value.to_bytes(32, "big") for value in values), np.uint8).reshape(-1, 64)
    assert is_low_s(rows).tolist() == [value <= half for value in values]
