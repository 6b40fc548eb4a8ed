"""Attestations: of what was executed here, now, and by a key that the genesis knows; losing one does no harm."""

import pytest
import trio

from rollup.core import bls
from rollup.l1.attestation import attestation_message
from tests.unit.sequencer_node.exchange_day import GENESIS
from tests.unit.verifier_node.verifier_scene import play_trial
from verifier.attester import WAITING
from verifier.strategy import Claim


async def signers(trial, batch, root):
    return (await trial.scene.l1.call("attestations", "signers", batch, root))[0]


def claim_of(batch):
    return Claim(batch, bytes([batch]) * 32, b"t" * 32, b"r" * 32, ())


async def run_for(verifier, seconds):
    with trio.move_on_after(seconds):
        await verifier.attester.run()


def test_an_executed_batch_is_attested_on_l1():
    async def scenario(trial):
        verifier = await trial.summon(attest_every=1)
        await trial.look()
        await run_for(verifier, 10)
        await trial.scene.mine()
        for batch in range(2):
            root = verifier.replica.roots[batch]
            assert await signers(trial, batch, root) == 1
            made = verifier.attester.made[batch]
            assert (made.batch, made.root, made.bitmap) == (batch, root, 1)
            message = attestation_message(GENESIS.genesis_hash, verifier.replica.claims[batch].accumulator, root)
            assert bls.fast_aggregate_verify([GENESIS.verifiers[0].public_key], message, made.signature)

    play_trial(scenario)


@pytest.mark.parametrize(("every", "expected"), [(0, []), (1, [0, 1, 2, 3]), (2, [1, 3]), (3, [2])])
def test_only_every_so_many_batches_are_attested(every, expected):
    async def scenario(trial):
        verifier = await trial.summon(attest_every=every)
        await trial.look()
        return [claim.batch for claim in verifier.attester.waiting]

    assert play_trial(scenario, batches=4) == expected


def test_a_key_that_the_genesis_does_not_know_attests_nothing():
    async def scenario(trial):
        verifier = await trial.summon("stranger", key="verifier-9", attest_every=1)
        await trial.look()
        return verifier.attester.every, len(verifier.attester.waiting)

    assert play_trial(scenario) == (0, 0)


def test_when_too_many_wait_the_oldest_are_skipped():
    async def scenario(trial):
        verifier = await trial.summon(attest_every=1)
        for batch in range(WAITING + 5):
            verifier.attester.consider(claim_of(batch))
        return [claim.batch for claim in verifier.attester.waiting]

    assert play_trial(scenario) == list(range(5, WAITING + 5))


def test_only_the_newest_are_remembered():
    async def scenario(trial):
        verifier = await trial.summon(attest_every=1)
        for batch in range(WAITING + 3):
            await verifier.attester.attest(claim_of(batch))
        return sorted(verifier.attester.made)

    assert play_trial(scenario) == list(range(3, WAITING + 3))


def test_what_was_executed_in_an_earlier_life_is_not_attested_again():
    async def scenario(trial):
        await trial.summon(attest_every=1)
        await trial.look()
        again = await trial.summon(attest_every=1)
        await trial.look()
        assert again.replica.seen == 1
        return len(again.attester.waiting)

    assert play_trial(scenario) == 0


@pytest.mark.parametrize("method", ["eth_estimateGas", "eth_sendRawTransaction"])
def test_an_attestation_that_l1_does_not_take_does_no_harm(method):
    async def scenario(trial):
        verifier = await trial.summon(attest_every=1)
        trial.rpcs["verifier-1"].lost_calls = {method}
        await trial.look()
        await run_for(verifier, 10)
        assert sorted(verifier.attester.made) == [0, 1]
        trial.rpcs["verifier-1"].lost_calls = set()
        verifier.attester.consider(claim_of(7))  # L1 has no such batch
        verifier.attester.consider(verifier.replica.claims[1])
        await run_for(verifier, 10)
        await trial.scene.mine()
        return await signers(trial, 1, verifier.replica.roots[1])

    assert play_trial(scenario) == 1
