"""Attestations: a quorum of verifiers says, in one signature, that it executed a batch to a root.

One rule: an attestation is worth what its signers are worth, and no more: it gives users an early, soft finality and leaves evidence, but
no contract acts on one. Keys are fixed at genesis, each with its proof of possession. (DISPUTE "Safety net".)
"""

from dataclasses import dataclass

from l1_mock import gas
from l1_mock.contracts.framework import Call
from rollup.core.bls import fast_aggregate_verify
from rollup.l1.attestation import attestation_message


@dataclass(frozen=True, slots=True)
class AttestationSettings:
    """Immutables of the attestations contract."""

    genesis_hash: bytes
    inbox: bytes
    keys: tuple[bytes, ...]
    """BLS public keys; bit i of a bitmap is key i."""


def attest(call: Call, batch: int, root: bytes, signature: bytes, bitmap: int) -> None:
    """Record that the verifiers in `bitmap` attest a batch's state root, if their aggregate signature says so.

    Signers are added to those recorded before for the same root; nothing new is a no-op.
    """
    fixed = call.settings(AttestationSettings)
    call.require(0 < bitmap < 1 << len(fixed.keys), "the bitmap names no verifier, or an unknown one")
    accumulator = _accumulator(call, fixed.inbox, batch)
    keys = [key for number, key in enumerate(fixed.keys) if bitmap >> number & 1]
    charge_aggregate(call, len(keys))
    message = attestation_message(fixed.genesis_hash, accumulator, root)
    call.require(fast_aggregate_verify(keys, message, signature), "the signature does not verify")
    known = call.storage.get(("signers", accumulator, root), 0)
    if bitmap & ~known:
        call.storage["signers", accumulator, root] = known | bitmap
        call.emit("Attested", batch=batch, root=root, bitmap=known | bitmap)


def signers_of(call: Call, batch: int, root: bytes) -> int:
    """Return the bitmap of the verifiers that attested this root for a batch."""
    accumulator = _accumulator(call, call.settings(AttestationSettings).inbox, batch)
    return call.storage.get(("signers", accumulator, root), 0)


def charge_aggregate(call: Call, keys: int) -> None:
    """Pay for adding public keys, hashing a message to G2, and a check of two pairings (EIP-2537)."""
    call.charge(keys * gas.BLS_G1_ADD + 2 * gas.BLS_MAP_TO_G2 + gas.BLS_G2_ADD + gas.BLS_PAIRING + 2 * gas.BLS_PAIRING_PAIR)


def _accumulator(call: Call, inbox: bytes, batch: int) -> bytes:
    """Return the batch's accumulator: a signature over another batch at the same place, before a reorg, then never counts."""
    found = call.call(inbox, "batch", batch)
    assert isinstance(found, tuple)
    accumulator = found[0]
    assert isinstance(accumulator, bytes)
    return accumulator
