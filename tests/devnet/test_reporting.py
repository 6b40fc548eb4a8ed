"""The devnet's reporters, before a sequencer that does not answer."""

import trio

from rollup.core.development import development_genesis
from rollup.devnet.reporting import ANSWER_WITHIN_S, keep_reporting
from rollup.devnet.simulation.run import run_world

INTAKE = "127.0.0.1:9645"


class Sequencer:
    """Its RPC: where it stands, and its one feed."""

    async def call(self, method, _params=()):
        if method == "optroll_getFeeds":
            return [{"feed": 1, "kind": "spot", "market": "BTC", "expiry_s": 0, "timestamp_s": 0}]
        return {"head_l1": {"timestamp": 1_800_000_000}}


def test_a_sequencer_that_takes_nothing_is_asked_again():
    requests = []

    async def silent(stream):
        while True:
            requests.append(await stream.receive())

    async def main(world):
        async with trio.open_nursery() as nursery:
            await nursery.start(world.environment("sequencer").serve, INTAKE, silent)
            with trio.move_on_after(3.5 * ANSWER_WITHIN_S) as waited:
                await keep_reporting(world.environment("devnet"), development_genesis(), Sequencer(), INTAKE)
            nursery.cancel_scope.cancel()
        return waited.cancelled_caught

    assert run_world(1, main).value
    assert len(requests) == 4
