"""The sequencer's node as it is run: from its listeners to its disk, killed and started again, and refusing what it cannot work with."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import trio

from l1_mock.node import run as run_l1
from rollup.configuration import L1Config
from rollup.core.codec import Limits, decode, encode
from rollup.core.development import development_secret
from rollup.core.keccak import keccak_many
from rollup.core.secp256k1 import PlainCurve
from rollup.devnet.simulation.run import run_world
from rollup.environment import StoreError, StoreLocked, TransportError
from rollup.journal import JournalForeign
from rollup.l1.client import L1Client
from rollup.transition.status import Status
from sequencer.node import Secrets, run
from sequencer.submissions import RESULT
from tests.unit.sequencer_node.exchange_day import E8, GENESIS, RICH_E8, new_desk, transfers
from tests.unit.sequencer_node.node_scene import CONFIG, L1_URL, POSTER, Scene
from tests.unit.sequencer_node.test_ingest import envelope

SECRETS = Secrets(development_secret("sequencer"), POSTER)


async def begin(world, genesis=GENESIS):
    """An L1 with accounts deposited for, and a sequencer on it."""
    l1_config = L1Config(genesis=CONFIG.genesis, data_directory=CONFIG.genesis, block_time_s=12.0)
    await world.start("l1", partial(run_l1, genesis=GENESIS), l1_config)
    scene = object.__new__(Scene)
    scene.world = world
    scene.l1 = L1Client(world.environment("director").rpc_client(L1_URL), GENESIS)
    for trader in range(2):
        await scene.deposit(trader)
        await world.environment("director").sleep(30)
    await world.start("sequencer", run, CONFIG, genesis, SECRETS, exits=(StoreError,))
    await world.environment("director").sleep(60)
    return scene


async def submit(environment, signed, patience_s=3.0):
    """Send one transaction; its result, or None where no answer came."""
    try:
        stream = await environment.dial(CONFIG.ingest_listen)
        await stream.send(encode({"id": 1, "transaction": envelope(signed)}))
        with trio.move_on_after(patience_s):
            answer = decode(await stream.receive(), Limits(size=1 << 20, depth=6))
            return np.frombuffer(answer["results"], RESULT)[0]
    except TransportError:
        return None
    return None


async def insist(world, customer, signed):
    """Submit until there is an answer; now and then the sequencer is killed meanwhile, or its machine's power fails."""
    for attempt in range(20):
        patience_s = world.random.random() * 0.1 if attempt < 2 and world.random.random() < 0.7 else 60
        with trio.move_on_after(patience_s):
            result = await submit(customer, signed, patience_s)
            if result is not None:
                return result
        (world.crash if world.random.random() < 0.5 else world.kill)("sequencer")
        await world.restart("sequencer")
    raise AssertionError("never answered")


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_moment_it_loses_nothing_that_was_acknowledged_and_repeats_nothing(seed):
    async def main(world):
        await begin(world)
        customer = world.environment("customer")
        told = [Status(int((await insist(world, customer, signed))["status"])) for signed in transfers(new_desk(), 12)]
        assert set(told) <= {Status.OK, Status.INVALID_NONCE}
        await customer.sleep(120)
        rpc = customer.rpc_client(f"http://{CONFIG.listen}")
        account, other = await rpc.call("optroll_getAccount", [1]), await rpc.call("optroll_getAccount", [2])
        heads = await rpc.call("optimism_syncStatus", [])
        assert (heads["unposted"], heads["safe_l2"]) == (0, heads["sealed_l2"])
        assert world.nodes["sequencer"].environment.name == "sequencer"
        return account["nonce"], other["cash_e8"] - RICH_E8

    assert run_world(seed, main).value == (12, sum(E8 + number for number in range(12)))


def test_one_directory_has_one_sequencer_and_one_chain():
    async def main(world):
        await begin(world)
        with pytest.RaisesGroup(StoreLocked, flatten_subgroups=True, allow_unwrapped=True):
            await run(world.nodes["sequencer"].environment, CONFIG, GENESIS, SECRETS)
        world.kill("sequencer")
        other = replace(GENESIS, dispute=replace(GENESIS.dispute, txs_per_leaf=8))
        assert other.genesis_hash != GENESIS.genesis_hash
        with pytest.raises(JournalForeign):
            await run(world.environment("sequencer"), CONFIG, other, SECRETS)

    run_world(1, main)


def test_a_disk_that_fails_ends_the_node_and_the_next_life_goes_on():
    async def main(world):
        await begin(world)
        customer, desk = world.environment("customer"), new_desk()
        first, second = transfers(desk, 2)
        assert await submit(customer, first) is not None
        world.disk("sequencer").faults.is_full = True
        assert await submit(customer, second) is None
        await world.nodes["sequencer"].ended.wait()
        assert isinstance(world.nodes["sequencer"].failure, StoreError)
        world.disk("sequencer").faults.is_full = False
        await world.restart("sequencer")
        return Status(int((await submit(customer, second, patience_s=60))["status"]))

    assert run_world(1, main).value == Status.OK


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
        world.kill("sequencer")
        await world.nodes["sequencer"].ended.wait()
        await world.start("again", partial(run, acceleration=ready), CONFIG, GENESIS, SECRETS)
        customer = world.environment("customer")
        results = []
        for signed in transfers(new_desk(), 2):
            results.append(await submit(customer, signed, patience_s=60))
            await customer.sleep(150)
        return [Status(int(result["status"])) for result in results], [entry.kind for entry in world.trace.entries].count(
            "changed over"
        ) > 0

    assert run_world(1, main).value == ([Status.OK, Status.OK], True)
