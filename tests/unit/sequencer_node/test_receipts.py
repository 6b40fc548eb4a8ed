"""Signed receipts: a path for every step of a group of any size, and no other receipt, claim or signer passes for the real one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.keccak import keccak256
from rollup.core.signing import address_of, sign
from rollup.l1.promise import CLAIM_TAG, LEAF_TAG, NODE_TAG
from rollup.state.layout import RECEIPT
from sequencer.receipts import (
    NOTHING,
    Claim,
    receipt_leaves,
    receipt_tree,
    sign_group,
    verify_receipt,
)

SECRET = b"\x07" * 32
SEQUENCER = address_of(SECRET)
FIRST = 5
SIZES = range(18)


def group_of(count, first=FIRST):
    """A signed group of `count` receipts, the digests and the receipts."""
    dice = np.random.default_rng(count)
    receipts = dice.integers(-(2**62), 2**62, (count, RECEIPT.itemsize // 8)).view(RECEIPT).reshape(count)
    digests = dice.integers(0, 256, (count, 32)).astype(np.uint8)
    levels = receipt_tree(receipt_leaves(first, digests, receipts))
    claim = Claim(b"G" * 32, 3, first, count, levels[-1][0].tobytes(), b"S" * 32, b"B" * 32)
    return sign_group(claim, levels, SECRET), digests, receipts


def naive_root(first, digests, receipts):
    """The root, hash by hash."""
    nodes = [
        keccak256(bytes([LEAF_TAG]) + (first + place).to_bytes(8, "big") + digests[place].tobytes() + receipts[place].tobytes())
        for place in range(len(receipts))
    ]
    while len(nodes) > 1:
        pairs = [keccak256(bytes([NODE_TAG]) + nodes[place] + nodes[place + 1]) for place in range(0, len(nodes) - 1, 2)]
        nodes = pairs + nodes[2 * len(pairs) :]
    return nodes[0] if nodes else NOTHING


@pytest.mark.parametrize("count", SIZES)
def test_the_tree_is_what_its_grammar_says(count):
    signed, digests, receipts = group_of(count)
    assert signed.claim.receipts_root == naive_root(FIRST, digests, receipts)


@pytest.mark.parametrize("count", SIZES)
def test_every_step_has_a_path_and_no_other_step_has_it(count):
    signed, digests, receipts = group_of(count)
    for place in range(count):
        step, path = FIRST + place, signed.path_of(FIRST + place)
        for claimed in range(FIRST - 1, FIRST + count + 1):
            proof = (claimed, digests[place].tobytes(), receipts[place].tobytes())
            assert verify_receipt(signed.claim, signed.signature, SEQUENCER, proof, path) == (claimed == step), (count, place, claimed)


def test_the_claim_is_hashed_as_its_grammar_says():
    claim = Claim(b"G" * 32, 1, 2, 3, b"R" * 32, b"S" * 32, b"B" * 32)
    numbers = (1).to_bytes(8, "big") + (2).to_bytes(8, "big") + (3).to_bytes(8, "big")
    assert claim.digest() == keccak256(bytes([CLAIM_TAG]) + b"G" * 32 + numbers + b"R" * 32 + b"S" * 32 + b"B" * 32)


@pytest.mark.parametrize(
    "lie",
    [
        {"genesis_hash": b"g" * 32},
        {"batch": 4},
        {"first": FIRST - 1},
        {"count": 99},
        {"receipts_root": b"r" * 32},
        {"state_root": b"s" * 32},
        {"batch": -1},
        {"first": -1, "count": 1 << 62},
        {"count": 1 << 80},
        {"batch": 1 << 80},
    ],
)
def test_another_claim_is_not_the_sequencers(lie):
    signed, digests, receipts = group_of(9)
    proof = (FIRST + 4, digests[4].tobytes(), receipts[4].tobytes())
    path = signed.path_of(FIRST + 4)
    assert verify_receipt(signed.claim, signed.signature, SEQUENCER, proof, path)
    assert not verify_receipt(replace(signed.claim, **lie), signed.signature, SEQUENCER, proof, path)


@given(st.integers(0, 2**32))
def test_a_flipped_bit_anywhere_is_found_out(seed):
    dice = np.random.default_rng(seed)
    count = int(dice.integers(1, 18))
    signed, digests, receipts = group_of(count)
    place = int(dice.integers(count))
    parts = [digests[place].tobytes(), receipts[place].tobytes(), signed.signature[:64], *filter(None, signed.path_of(FIRST + place))]
    which = int(dice.integers(len(parts)))
    flipped = bytearray(parts[which])
    flipped[dice.integers(len(flipped))] ^= 1 << int(dice.integers(8))
    parts[which] = bytes(flipped)
    rest = iter(parts[3:])
    path = [next(rest) if sibling else b"" for sibling in signed.path_of(FIRST + place)]
    assert not verify_receipt(signed.claim, parts[2] + signed.signature[64:], SEQUENCER, (FIRST + place, parts[0], parts[1]), path)


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 65, sign(b"\1" * 32, SECRET)])
def test_another_signature_is_no_promise(signature):
    signed, digests, receipts = group_of(2)
    proof = (FIRST, digests[0].tobytes(), receipts[0].tobytes())
    assert not verify_receipt(signed.claim, signature, SEQUENCER, proof, signed.path_of(FIRST))


def test_another_signer_is_not_the_sequencer():
    signed, digests, receipts = group_of(2)
    proof, path = (FIRST, digests[0].tobytes(), receipts[0].tobytes()), signed.path_of(FIRST)
    assert not verify_receipt(signed.claim, sign(signed.claim.digest(), b"\x08" * 32), SEQUENCER, proof, path)
    assert not verify_receipt(signed.claim, signed.signature, address_of(b"\x08" * 32), proof, path)


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: [*path, b"\0" * 32], lambda path: path[::-1], lambda _: []])
def test_another_path_leads_elsewhere(change):
    signed, digests, receipts = group_of(9)
    proof = (FIRST + 4, digests[4].tobytes(), receipts[4].tobytes())
    assert not verify_receipt(signed.claim, signed.signature, SEQUENCER, proof, change(signed.path_of(FIRST + 4)))


def test_no_receipts_are_no_promise_about_any():
    signed, _, _ = group_of(0)
    assert signed.claim.receipts_root == NOTHING
    assert not verify_receipt(signed.claim, signed.signature, SEQUENCER, (FIRST, b"d" * 32, b""), [])
