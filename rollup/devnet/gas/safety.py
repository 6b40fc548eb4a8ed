"""What the safety net costs: attestations, evidence and its reward, every way in which a rollup closes, and what comes back then.

One rule: each call is made in the state in which it does the most, and changes nothing for the others that are measured there.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from l1_mock.contracts.dispute_storage import DisputeSettings
from l1_mock.contracts.framework import Call
from rollup.core import bls
from rollup.core.development import development_bls_secret, development_genesis, development_secret
from rollup.core.keccak import keccak256
from rollup.devnet.gas.bench import Bench, Measured
from rollup.devnet.gas.day import Day, play_day
from rollup.devnet.gas.game import HONEST, Game
from rollup.dispute.bisection import node_of
from rollup.dispute.prior import encode_prior
from rollup.dispute.trace import first_base
from rollup.l1.action import digests
from rollup.l1.attestation import attestation_message
from rollup.l1.promise import Claim, beginning, encode_claim
from rollup.l1.step_proof import build_opening
from rollup.state.layout import RECEIPT
from sequencer.receipts import SignedGroup, receipt_leaves, receipt_tree, sign_group

ACCUSER, DEPOSITOR, LIAR = b"whoever has evidence", b"who deposited money.", b"who asserts the lie."
"""Who calls."""

SALT = b"a salt".ljust(32, b"\xff")
"""Of every commitment."""

MOST_VERIFIERS = 16
"""Verifiers whose attestations are joined in the costliest call."""


def safety() -> dict[str, Measured]:
    """Return everything of it, by name."""
    return {**evidence(), **lost_attestation(), **closings(), **contradiction(), **tokens()}


def only(bench: Bench, *names: str) -> dict[str, Measured]:
    """Return some of what was measured."""
    return {name: bench.measured[name] for name in names}


def evidence() -> dict[str, Measured]:
    """Accuse the sequencer by two receipts, by its batch, and by a batch that ends too soon; collect the reward."""
    bench = Bench(development_genesis(verifiers=1))
    day = play_day(bench)
    sequencer, first = bench.genesis.roles.sequencer, 1 + len(day.entries)
    true, false = (promised(bench, day, first, changed=changed) for changed in (False, True))
    step = len(day.records) - 1
    bench.send(ACCUSER, "stakes", "commit", keccak256(SALT))
    pair = [encode_claim(each.claim, each.signature) for each in (true[0], false[0])]
    leaves, paths = [true[1](step), false[1](step)], [padded(true[0].path_of(step)), padded(false[0].path_of(step))]
    once(bench, lambda: bench.send(ACCUSER, "stakes", "accuseClaims", *pair, leaves, paths, SALT))
    opening = build_opening(day.records, step, day.body, day.entries)
    broken = promised(bench, day, first, changed=False, swapped=True)
    claim = encode_claim(broken[0].claim, broken[0].signature)
    bench.send(ACCUSER, "stakes", "accuseBatch", claim, broken[1](step), padded(broken[0].path_of(step)), opening, SALT)
    bench.block += bench.genesis.dispute.window_blocks + 1
    bench.send(ACCUSER, "stakes", "collectReward", sequencer)
    return only(bench, "stakes.commit", "stakes.accuseClaims", "stakes.accuseBatch", "stakes.collectReward")


def promised(bench: Bench, day: Day, first: int, *, changed: bool, swapped: bool = False) -> tuple[SignedGroup, Callable[[int], bytes]]:
    """Return what the sequencer signs about all posted steps, true, or with other receipts, or other actions, and how to show a leaf."""
    count, genesis = len(day.records) - first, bench.genesis
    actions, receipts = digests(day.records[first:], genesis).copy(), np.zeros(count, RECEIPT)
    if swapped:
        actions[-1] ^= 1
    if changed:
        receipts["filled_e6"] = 1
    header = bench.ask("inbox", "batch", 0)
    time_s, queue_from, queue_to = (int(each) for each in header[2:5] if isinstance(each, int))
    begun = beginning(genesis.genesis_hash, (0, time_s, queue_from, queue_to), bench.word("inbox", "queueAcc", queue_to))
    levels = receipt_tree(receipt_leaves(first, actions, receipts))
    claim = Claim(genesis.genesis_hash, 0, first, count, levels[-1][0].tobytes(), day.trace.end, begun)

    def leaf(step: int) -> bytes:
        return b"".join((step.to_bytes(8, "big"), actions[step - first].tobytes(), receipts[step - first].tobytes()))

    return sign_group(claim, levels, development_secret("sequencer")), leaf


def padded(path: list[bytes]) -> list[bytes]:
    """Return a path with zeros for siblings that are not there."""
    return [sibling or bytes(32) for sibling in path]


def once(bench: Bench, play: Callable[[], object]) -> None:
    """Make calls that are then undone."""
    mark = bench.world.mark()
    play()
    bench.world.undo(mark)


def lost_attestation() -> dict[str, Measured]:
    """Attest a root, alone and by as many as there may be in one call, that another is confirmed for; accuse, and give stakes back."""
    bench = Bench(development_genesis(verifiers=MOST_VERIFIERS))
    day, genesis = play_day(bench), bench.genesis
    root = keccak256(b"another root")
    message = attestation_message(genesis.genesis_hash, day.accumulator, root)
    signatures = [bls.sign(message, development_bls_secret(f"verifier-{number}")) for number in range(1, MOST_VERIFIERS + 1)]
    bench.send(ACCUSER, "attestations", "attest", 0, root, signatures[0], 1)
    everybody = bls.aggregate(signatures)
    many = f"attestations.attest, {MOST_VERIFIERS} at once"
    bench.send(ACCUSER, "attestations", "attest", 0, root, everybody, (1 << MOST_VERIFIERS) - 1, name=many)
    honest = Game(bench).propose(HONEST, day, day.trace)
    bench.block += genesis.dispute.window_blocks
    bench.send(ACCUSER, "assertions", "confirm", honest)
    bench.send(ACCUSER, "stakes", "accuseAttestation", 0, root, honest, 0, SALT)
    bench.send(genesis.roles.guardian, "assertions", "freeze")
    bench.block += genesis.safety.claim_blocks + 1
    bench.send(ACCUSER, "stakes", "releaseStake", genesis.verifiers[1].address)
    return only(bench, "attestations.attest", many, "stakes.accuseAttestation", "stakes.releaseStake")


def closings() -> dict[str, Measured]:
    """Close a rollup whose queue nobody takes; give back what is open then."""
    bench = Bench(development_genesis(verifiers=1))
    day = play_day(bench)
    honest, amount = Game(bench).propose(HONEST, day, day.trace), 10**9
    bench.send(DEPOSITOR, "token", "mint", DEPOSITOR, amount)
    bench.send(DEPOSITOR, "token", "approve", bench.genesis.contracts.bridge, amount)
    entry = bench.number("inbox", "queueLength")
    bench.send(DEPOSITOR, "bridge", "deposit", 0, amount)
    bench.block += bench.genesis.safety.liveness_blocks + 1
    bench.send(ACCUSER, "assertions", "closeStalled")
    bench.send(ACCUSER, "assertions", "reclaim", honest)
    bench.send(ACCUSER, "bridge", "reclaimDeposit", entry)
    return only(bench, "assertions.closeStalled", "assertions.reclaim", "bridge.reclaimDeposit")


def contradiction() -> dict[str, Measured]:
    """Show two valid proofs of one step with different ends, which takes an L1 that is not sound: every other answer is another one."""
    bench = Bench(development_genesis(verifiers=1))
    day, answers = play_day(bench), list[int]()
    leaf = max(range(len(day.proofs)), key=lambda each: len(day.proofs[each]))
    game, liar = Game(bench), day.lie(leaf)
    game.propose(HONEST, day, day.trace)
    game.propose(LIAR, day, liar)
    right = game.descend(day, liar, leaf)[-1]
    base = first_base(game.genesis, day.accumulator, day.trace.before)
    wrong = node_of(liar, game.genesis, base, height=0, index=leaf)
    address = bench.genesis.contracts.assertions
    settings = bench.contracts[address].settings
    assert isinstance(settings, DisputeSettings)
    sound = settings.check_step

    def unsound(call: Call, index: int, at: int, before: bytes, proof: bytes) -> bytes:
        answers.append(1)
        after = sound(call, index, at, before, proof)
        return after if len(answers) % 2 else keccak256(after)

    bench.contracts[address] = replace(bench.contracts[address], settings=replace(settings, check_step=unsound))
    proof = encode_prior(base, day.trace, leaf) + day.proofs[leaf]
    once(bench, lambda: [bench.send(ACCUSER, "assertions", "noteProof", node.id, leaf, proof) for node in (right, wrong)])
    bench.send(ACCUSER, "assertions", "haltOnContradiction", right.id, wrong.id, leaf, [proof, proof])
    return only(bench, "assertions.haltOnContradiction", "assertions.noteProof")


def tokens() -> dict[str, Measured]:
    """Move tokens."""
    bench, other, amount = Bench(development_genesis(verifiers=1)), b"another owner of it.", 10**9
    bench.send(DEPOSITOR, "token", "mint", DEPOSITOR, amount)
    bench.send(DEPOSITOR, "token", "approve", ACCUSER, amount)
    bench.send(DEPOSITOR, "token", "transfer", other, amount // 2)
    bench.send(ACCUSER, "token", "transferFrom", DEPOSITOR, other, amount // 4)
    return only(bench, "token.mint", "token.approve", "token.transfer", "token.transferFrom")
