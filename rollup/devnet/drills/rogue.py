"""Whoever has the poster's key: posts whatever it likes as the next batch, where the sequencer would post what it has executed.

One rule: it goes through L1's inbox like the poster itself, and L1 takes it; what it means is for the transition to say.
"""

from dataclasses import replace
from typing import cast

from rollup.core.development import development_secret
from rollup.devnet.drills.director import until
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.scene import Scene
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client, Pending, sign_transaction
from rollup.transition.status import REJECTED_FIRST, Status

SECRET = development_secret("poster")
"""The stolen key."""

GAS = 1 << 24
"""Of every post: what Ethereum allows one transaction."""


class Poster:
    """Posts bodies that nobody has executed."""

    def __init__(self, scene: Scene) -> None:
        """Come with the stolen key."""
        self.scene = scene
        self.client: L1Client = scene.client("rogue", SECRET)
        self.posted: list[int] = []
        """Indices of its batches."""
        self.pending: Pending | None = None
        """The transaction that posted the last one."""
        self.place: tuple[bytes, int, int, bytes] = (b"", 0, 0, b"")
        """What that one follows: parent, time, end and accumulator of the queue."""

    async def post(self, body: bytes, count: int, *, takes_queue: bool = False) -> int:
        """Post a body of so many records as the next batch, and wait until L1 and every honest node have it; return its index."""
        self.client.forget_nonce()
        batches = await self.next_index()
        parent, queue_to = self.scene.genesis.genesis_hash, 0
        if batches:
            found = await self.client.call("inbox", "batch", batches - 1)
            parent, queue_to = cast("bytes", found[0]), cast("int", found[4])
        if takes_queue:
            queue_to = cast("int", (await self.client.call("inbox", "queueLength"))[0])
        queue = cast("bytes", (await self.client.call("inbox", "queueAcc", queue_to))[0])
        time_s = (await self.client.head()).time_s
        self.place = (parent, time_s, queue_to, queue)
        self.pending = await self.client.send("inbox", "postBatch", *self.place, count, body, gas=GAS)
        self.posted.append(batches)
        await until(self.scene, f"somebody else's batch {batches} is followed by all", lambda: self.is_followed(batches))
        return batches

    async def exchange(self, body: bytes, count: int) -> None:
        """Have L1 replace its newest blocks by others, in which the last batch that was posted has another body."""
        assert self.pending is not None
        receipt, head = await self.client.receipt(self.pending.hash), await self.client.head()
        assert receipt is not None
        data = INTERFACES["inbox"].functions["postBatch"].encode_call((*self.place, count, body))
        raw = sign_transaction(replace(self.pending, data=data), self.scene.genesis.chain.l1_chain_id, SECRET)
        depth = head.number - receipt.block + 1
        self.scene.world.record("director", "reorg", depth)
        await self.scene.cheat("anvil_reorg", {"depth": hex(depth), "tx_block_pairs": [["0x" + raw.hex(), "0x0"]]})
        self.scene.say(f"L1 replaces its last {depth} blocks: batch {self.posted[-1]} is another one now")

    async def next_index(self) -> int:
        """Return the index of the batch that L1 would take next."""
        return cast("int", (await self.client.call("inbox", "batchCount"))[0])

    async def is_followed(self, batch: int) -> bool:
        """Whether the sequencer and all honest verifiers have executed a batch that L1 has."""
        outputs = [await self.scene.ask(name, "optimism_outputAtBlock", batch) for name in ["sequencer", *self.scene.honest]]
        return None not in outputs and all(cast("dict[str, str]", output).get("root") for output in outputs)

    async def outcome(self) -> tuple[dict[int, int], bool]:
        """Return how often each status came of a posted record in its batches, and whether every INVALID one left the state alone."""
        await self.scene.chronicle.read()
        oracle, found, is_idle = Oracle(self.scene.genesis), dict[int, int](), True
        batches = self.scene.chronicle.batches
        oracle.replay({index: batches[index] for index in range(max(self.posted) + 1)})
        for index in self.posted:
            trace, batch = oracle.traces[index], batches[index]
            statuses, first = oracle.statuses[index], 1 + len(batch.entries)
            for step in range(first, len(batch.records)):
                status = statuses[step]
                found[status] = found.get(status, 0) + 1
                changed = trace.roots[step] != trace.roots[step - 1]
                is_idle &= not changed if Status.CONTINUED <= status < REJECTED_FIRST else True
        return found, is_idle
