"""A19: somebody fills every block of L1 at twenty times the usual tip, while a lie has to be answered and batches posted."""

from dataclasses import dataclass, field
from typing import cast

import trio

from rollup.core.development import TRADER_SECRETS
from rollup.core.signing import address_of
from rollup.devnet.drills.director import settle, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import at_middle, lying
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange
from rollup.l1.client import Pending, sign_transaction

SECRET = bytes.fromhex(TRADER_SECRETS[8])
"""Who fills the blocks."""

BLOCK_GAS = 2_000_000
"""Gas of a block: small, so that few transactions fill it."""

FILL_GAS = 1_000_000
"""Gas of each transaction that fills: two leave no room for anything."""

FILL_BYTES = (FILL_GAS - 21_000) // 16
"""Its calldata, of bytes that are not zero."""

GWEI = 10**9
"""Wei."""

TIP, FEE_MAX = 20 * GWEI, 5_000 * GWEI
"""What it offers a gas: nodes begin with one gwei."""

AHEAD = 6
"""Transactions that wait at any time."""

SPAM_BLOCKS = 50
"""Full blocks: each raises the base fee by an eighth, so that after these gas costs some three hundred times as much."""


@dataclass
class Congestion:
    """Fills blocks, and measures how long honest transactions wait meanwhile."""

    scene: Scene
    first_seen: dict[tuple[str, int], int] = field(default_factory=dict)
    """Block after which a node's transaction was first seen to wait, by node and nonce."""
    waits: dict[tuple[str, int], int] = field(default_factory=dict)
    """Blocks that it took."""
    nonce: int = 0
    spent_gas: int = 0

    async def fill(self) -> None:
        """Keep the pool full, and look twice a block."""
        start = (await self.scene.chronicle.client.head()).number
        number = start
        while number < start + SPAM_BLOCKS:
            await self.top_up()
            await trio.sleep(self.scene.genesis.dispute.block_time_s / 2)
            number = (await self.scene.chronicle.client.head()).number
            await self.watch(number)

    async def top_up(self) -> None:
        """Send as many transactions as are missing."""
        client, address = self.scene.chronicle.client, address_of(SECRET)
        landed = await client.nonce(address)
        self.nonce = max(self.nonce, landed)
        chain = self.scene.genesis.chain.l1_chain_id
        while self.nonce < landed + AHEAD:
            filler = Pending(b"", self.nonce, address, b"\xff" * FILL_BYTES, 0, FILL_GAS, FEE_MAX, TIP)
            await self.scene.ask("l1", "eth_sendRawTransaction", "0x" + sign_transaction(filler, chain, SECRET).hex())
            self.nonce += 1

    async def watch(self, number: int) -> None:
        """Note which transactions of the honest nodes wait, and which have come in."""
        for node, address in self.nodes().items():
            client = self.scene.chronicle.client
            landed, sent = await client.nonce(address), await client.nonce(address, "pending")
            for nonce in range(landed, sent):
                self.first_seen.setdefault((node, nonce), number)
            for key, block in self.first_seen.items():
                if key[0] == node and key[1] < landed:
                    self.waits.setdefault(key, number - block)

    def nodes(self) -> dict[str, bytes]:
        """Return the addresses of the poster and of the honest verifiers."""
        keys = self.scene.genesis.verifiers[: self.scene.parties.honest]
        return {"poster": self.scene.genesis.roles.poster, **{name: key.address for name, key in zip(self.scene.honest, keys, strict=True)}}

    async def see_through(self) -> None:
        """Wait until everything that was seen to wait has come in. Raises DeadlineMissed."""

        async def is_done() -> bool:
            await self.watch((await self.scene.chronicle.client.head()).number)
            return self.waits.keys() >= self.first_seen.keys()

        await until(self.scene, "whatever waited is in a block", is_done)


async def play(scene: Scene) -> None:
    """Let a dispute begin, and fill the blocks while it is answered and batches are posted."""

    async def has_begun() -> bool:
        await scene.chronicle.read()
        return any(len(item.children) > 1 for item in scene.chronicle.game.assertions.values())

    market, congestion = exchange(scene), Congestion(scene)
    await market.open()
    await market.trade(6)
    await until(scene, "the dispute has begun", has_begun)
    first = await scene.chronicle.read()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(congestion.fill)
        nursery.start_soon(market.trade, 12)
    last = await scene.chronicle.read()
    await congestion.see_through()
    full = [await is_full(scene, number) for number in range(first.number + 2, last.number + 1)]
    waits = sorted(congestion.waits.values())
    p99 = waits[(99 * len(waits) - 1) // 100]
    scene.figures |= {"full_blocks": sum(full), "waited": len(waits), "p99_inclusion_blocks": p99, "longest_wait_blocks": waits[-1]}
    scene.figures["median_inclusion_blocks"] = waits[len(waits) // 2]
    scene.verdicts["blocks_were_full"] = sum(full) >= SPAM_BLOCKS * 9 // 10
    scene.verdicts["waits_are_within_delta"] = p99 <= scene.genesis.dispute.delay_blocks
    await settle(scene)


async def is_full(scene: Scene, number: int) -> bool:
    """Whether a block has no room for one more of the fillers."""
    block = cast("dict[str, str]", await scene.ask("l1", "eth_getBlockByNumber", hex(number), False))
    return int(block["gasUsed"], 16) > BLOCK_GAS - FILL_GAS


DRILL = Drill(
    fault=f"somebody fills {SPAM_BLOCKS} blocks of L1 at {TIP // GWEI} times the usual tip, while a lie has to be answered",
    expectation="nodes offer more until they are taken: no transaction waits longer than the window's slack allows, and the lie loses",
    play=play,
    parties=Cast(attackers={"attacker": lying(1, at_middle)}, block_gas=BLOCK_GAS, fee_bump_after_s=12.0),
    covers=("A19",),
)
