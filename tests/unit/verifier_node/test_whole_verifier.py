"""The verifier's node as it is run: it follows a sequencer through crashes of its own, and refuses what it cannot work with."""

from dataclasses import replace
from functools import partial

import pytest
import trio

from rollup.core.development import development_bls_secret, development_secret
from rollup.core.keccak import keccak_many
from rollup.core.secp256k1 import PlainCurve
from rollup.devnet.simulation.run import run_world
from rollup.environment import StoreError, StoreLocked
from rollup.journal import JournalForeign
from tests.unit.sequencer_node.exchange_day import GENESIS, new_desk, transfers
from tests.unit.sequencer_node.node_scene import CONFIG
from tests.unit.sequencer_node.test_whole_sequencer import begin, submit
from tests.unit.verifier_node.verifier_scene import config_of
from verifier.node import Secrets, run

VERIFIER = config_of("verifier-1", attest_every=1, snapshot_batches=2)
SECRETS = Secrets(development_secret("verifier-1"), development_bls_secret("verifier-1"))


async def heads(world, address):
    client = world.environment("observer").rpc_client(f"http://{address}")
    return await client.call("optimism_syncStatus", [])


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_the_sequencer_found_whenever_it_dies(seed):
    async def main(world):
        await begin(world)
        customer, desk = world.environment("customer"), new_desk()
        await world.start("verifier-1", run, VERIFIER, GENESIS, SECRETS, exits=(StoreError,))
        for signed in transfers(desk, 6):
            await submit(customer, signed, patience_s=60)
            await customer.sleep(world.random.random() * 60)
            (world.crash if world.random.random() < 0.5 else world.kill)("verifier-1")
            await world.restart("verifier-1")
        await customer.sleep(120)
        sequencer, verifier = await heads(world, CONFIG.listen), await heads(world, VERIFIER.listen)
        assert verifier["safe_l2"]["number"] == sequencer["sealed_l2"]["number"] > 3
        assert verifier["safe_l2"]["root"] == sequencer["sealed_l2"]["root"]
        assert (verifier["caught_up"], verifier["alarm"]) == (True, "")

    run_world(seed, main)


def test_one_directory_has_one_verifier_and_one_chain():
    async def main(world):
        await begin(world)
        await world.start("verifier-1", run, VERIFIER, GENESIS, SECRETS)
        with pytest.RaisesGroup(StoreLocked, flatten_subgroups=True, allow_unwrapped=True):
            await run(world.nodes["verifier-1"].environment, VERIFIER, GENESIS, SECRETS)
        world.kill("verifier-1")
        other = replace(GENESIS, dispute=replace(GENESIS.dispute, txs_per_leaf=8))
        with pytest.raises(JournalForeign):
            await run(world.environment("verifier-1"), VERIFIER, other, SECRETS)

    run_world(1, main)


def test_machine_code_that_comes_later_is_used():
    async def main(world):
        class Code:
            hash_many, curve = staticmethod(keccak_many), PlainCurve()

            def change_over(self, machine):
                world.record("changed over")
                return machine

        async def ready():
            await trio.sleep(100)
            return Code()

        await begin(world)
        customer = world.environment("customer")
        await world.start("verifier-1", partial(run, acceleration=ready), VERIFIER, GENESIS, SECRETS)
        for signed in transfers(new_desk(), 2):
            await submit(customer, signed, patience_s=60)
            await customer.sleep(150)
        sequencer, verifier = await heads(world, CONFIG.listen), await heads(world, VERIFIER.listen)
        assert verifier["safe_l2"]["root"] == sequencer["sealed_l2"]["root"]
        return "changed over" in [entry.kind for entry in world.trace.entries]

    assert run_world(1, main).value
