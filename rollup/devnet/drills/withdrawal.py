"""A withdrawal's way to L1: proven under an assertion, finalized after it was confirmed."""

from typing import cast

from rollup.core.development import development_secret
from rollup.devnet.drills.customer import Acknowledgement
from rollup.devnet.drills.director import until
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.scene import Scene
from rollup.l1.client import L1Reverted
from rollup.l1.withdrawal import prove_withdrawal

HELPER = development_secret("guardian")
"""Whoever pays for the transactions: anybody may."""


async def prove(scene: Scene, told: Acknowledgement) -> bytes:
    """Prove a withdrawal under the honest assertion of its batch; return the assertion. Raises L1Reverted."""
    oracle = Oracle(scene.genesis)
    oracle.replay({index: batch for index, batch in scene.chronicle.batches.items() if index <= told.batch})
    wanted = (oracle.traces[told.batch].root, told.batch)
    found = [item.id for item in scene.chronicle.game.assertions.values() if (item.trace_root, item.batch) == wanted]
    await landed(scene, "proveWithdrawal", found[0], told.message, prove_withdrawal(oracle.machine, told.message))
    return found[0]


async def finalize(scene: Scene, assertion: bytes, message: int) -> None:
    """Have a proven withdrawal paid. Raises L1Reverted."""
    await landed(scene, "finalizeWithdrawal", assertion, message)


async def is_refused(scene: Scene, assertion: bytes, message: int) -> bool:
    """Whether L1 refuses to pay a withdrawal now."""
    try:
        await finalize(scene, assertion, message)
    except L1Reverted:
        return True
    return False


async def balance(scene: Scene, address: bytes) -> int:
    """Return the 1e-8 USD that an address has on L1."""
    return cast("int", (await scene.chronicle.client.call("token", "balanceOf", address))[0])


async def landed(scene: Scene, function: str, *arguments: object) -> None:
    """Call the bridge and wait until that is in a block. Raises L1Reverted."""
    client = scene.client("helper", HELPER)
    pending = await client.send("bridge", function, *arguments)

    async def is_mined() -> bool:
        return await client.receipt(pending.hash) is not None

    await until(scene, f"{function} is on L1", is_mined)
