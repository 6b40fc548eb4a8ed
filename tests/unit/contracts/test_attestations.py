"""Attestations: an aggregate counts if it is of the named verifiers, over this batch of this rollup."""

import pytest

from l1_mock.contracts.deployment import contracts_of
from rollup.core import bls
from rollup.core.development import development_bls_secret, development_genesis
from rollup.l1.attestation import attestation_message
from tests.unit.contracts.toy_games import L1, toy_root

ROOT = toy_root("a")
SECRETS = [development_bls_secret(f"verifier-{number}") for number in (1, 2, 3)]
ANYONE = b"A" * 20


@pytest.fixture(name="l1")
def l1_fixture():
    genesis = development_genesis(verifiers=3)
    l1 = L1(genesis, contracts_of(genesis, toy_root("")))
    l1.post_batch(3)
    return l1


def signed(l1, signers, *, root=ROOT, batch=0):
    message = attestation_message(l1.genesis.genesis_hash, l1.ask("inbox", "batch", batch)[0], root)
    return bls.aggregate([bls.sign(message, SECRETS[signer]) for signer in signers])


def attest(l1, signature, bitmap, *, root=ROOT, batch=0):
    return l1.send(ANYONE, "attestations", "attest", batch, root, signature, bitmap)


def test_signers_of_one_root_add_up(l1):
    assert attest(l1, signed(l1, [0, 2]), 0b101).success
    assert l1.ask("attestations", "signers", 0, ROOT) == 0b101
    assert attest(l1, signed(l1, [0, 2]), 0b101).logs == ()
    assert attest(l1, signed(l1, [1]), 0b010).success
    assert l1.events[-1].arguments == {"batch": 0, "root": ROOT, "bitmap": 0b111}
    assert l1.ask("attestations", "signers", 0, toy_root("b")) == 0


@pytest.mark.parametrize("bitmap", [0, 0b1000, 1 << 255])
def test_a_bitmap_names_known_verifiers(l1, bitmap):
    assert attest(l1, signed(l1, [0]), bitmap).reason == "the bitmap names no verifier, or an unknown one"


def test_the_signature_is_of_exactly_these_verifiers_batch_and_root(l1):
    l1.post_batch(1)
    right = signed(l1, [0, 1])
    for wrong in (
        attest(l1, right, 0b001),
        attest(l1, right, 0b111),
        attest(l1, right, 0b011, root=toy_root("b")),
        attest(l1, right, 0b011, batch=1),
        attest(l1, bytes(96), 0b011),
        attest(l1, right[:-1], 0b011),
    ):
        assert wrong.reason == "the signature does not verify"
    assert attest(l1, right, 0b011, batch=2).reason == "no such batch"
    assert attest(l1, right, 0b011).success
