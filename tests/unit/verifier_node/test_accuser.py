"""A verifier that is handed receipts: what it compares, what it shows L1 and in which order, and what it keeps to itself."""

from dataclasses import replace

import numpy as np
import pytest

from rollup.core.development import development_secret
from rollup.core.signing import sign
from rollup.core.transport import RpcError
from rollup.l1.action import digests
from rollup.l1.promise import Claim, beginning, encode_claim
from tests.unit.sequencer_node.exchange_day import GENESIS
from tests.unit.verifier_node.test_verifier_rpc import ask
from tests.unit.verifier_node.verifier_scene import play_trial
from verifier import accuser as module

SEQUENCER = GENESIS.roles.sequencer


def receipt(verifier, step, *, batch=1, digest=None, secret="sequencer", **fields):
    """A promise about one step of a batch on L1, true unless said otherwise, as a customer would bring it."""
    entry = verifier.replica.entry(min(batch, verifier.replica.seen))
    records = verifier.replica.records(entry)
    right = digests(records[min(step, len(records) - 1) :][:1], GENESIS)[0].tobytes()
    leaf = step.to_bytes(8, "big") + (digest or right) + bytes(16)
    begun = beginning(entry.parent, (entry.index, entry.time_s, entry.queue_from, entry.queue_to), entry.queue_acc)
    root = module.keccak256(b"\x50" + leaf)
    claim = replace(Claim(GENESIS.genesis_hash, batch, step, 1, root, entry.root, begun), **fields)
    signed = encode_claim(claim, sign(claim.digest(), development_secret(secret)))
    return ["0x" + signed.hex(), "0x" + leaf.hex(), []]


@pytest.mark.parametrize("lie", ["another action", "no such step", "two receipts", "two states"])
def test_what_contradicts_itself_is_committed_to_shown_and_paid_for(lie):
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.until(lambda: verifier.replica.seen == 1)
        steps = len(verifier.replica.records(verifier.replica.entry(1)))
        brought = {
            "another action": [receipt(verifier, steps - 1, digest=b"d" * 32)],
            "no such step": [receipt(verifier, steps)],
            "two receipts": [receipt(verifier, 1), receipt(verifier, 1, digest=b"d" * 32)],
            "two states": [receipt(verifier, steps - 1), receipt(verifier, steps - 1, state_root=b"r" * 32)],
        }[lie]
        for each in brought:
            assert (await ask(verifier, "optroll_reportReceipt", *each))["new"]
        assert await ask(verifier, "optroll_reportReceipt", *brought[0]) == {"new": False, "accused": lie.startswith("two")}
        await trial.until(lambda: bool(verifier.accuser.cases), blocks=1)
        case = verifier.accuser.cases[SEQUENCER]
        taken = 0
        while not (await verifier.client.call("stakes", "reward", SEQUENCER))[0]:
            await trial.turn()
            taken += 1
            assert taken < 20
        committed_at = (await verifier.client.call("stakes", "commitment", case.commitment))[0]
        amount, slashed_at, claimant, rank = await verifier.client.call("stakes", "reward", SEQUENCER)
        assert (claimant, rank) == (verifier.client.address, committed_at)
        assert 0 < committed_at < slashed_at
        assert amount == GENESIS.stakes.sequencer_wei // 2
        await trial.until(lambda: not verifier.accuser.cases, blocks=20)
        assert (await verifier.client.call("stakes", "reward", SEQUENCER))[0] == 0

    play_trial(scenario)


def test_what_is_true_or_about_another_batch_is_held_against_nobody():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.until(lambda: verifier.replica.seen == 1)
        steps = len(verifier.replica.records(verifier.replica.entry(1)))
        for each in (
            *(receipt(verifier, step) for step in range(1, steps)),
            receipt(verifier, 0, digest=b"d" * 32),
            receipt(verifier, steps - 1, digest=b"d" * 32, beginning=b"b" * 32),
            receipt(verifier, 3, batch=7, digest=b"d" * 32, beginning=b"c" * 32),
        ):
            await ask(verifier, "optroll_reportReceipt", *each)
        for _ in range(3):
            await trial.turn()
        assert not verifier.accuser.cases
        assert [promised.claim.batch for promised in verifier.accuser.unchecked] == [7]

    play_trial(scenario)


def test_what_the_sequencer_did_not_sign_is_refused():
    async def scenario(trial):
        verifier = await trial.summon()
        await trial.until(lambda: verifier.replica.seen == 1)
        right = receipt(verifier, 1)
        for wrong in (
            receipt(verifier, 1, secret="poster"),
            [right[0], right[1] + "00", []],
            [right[0], right[1], ["0x" + "11" * 32]],
            [right[0], right[1], ["0x" + "00" * 32] * 17],
            [right[0][:-2], right[1], []],
            [right[0], "0x", []],
            ["", right[1], []],
            [right[0], right[1], "0x"],
            [right[0], right[1], [5]],
            [right[0], "0xzz", []],
            right[:2],
        ):
            with pytest.raises(RpcError):
                await ask(verifier, "optroll_reportReceipt", *wrong)
        assert not verifier.accuser.receipts

    play_trial(scenario)


def test_only_so_many_receipts_are_kept(monkeypatch):
    monkeypatch.setattr(module, "RECEIPTS_KEPT", 3)

    async def scenario(trial):
        verifier = await trial.summon()
        await trial.until(lambda: verifier.replica.seen == 1)
        for number in range(5):
            digest = np.full(32, number, np.uint8).tobytes()
            await ask(verifier, "optroll_reportReceipt", *receipt(verifier, 1, batch=9, digest=digest, beginning=bytes([number]) * 32))
        assert len(verifier.accuser.receipts) == len(verifier.accuser.unchecked) == 3
        assert {promised.digest[0] for promised in verifier.accuser.receipts.values()} == {2, 3, 4}

    play_trial(scenario)
