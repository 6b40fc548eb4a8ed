"""What is looked at when a drill is over: L1's history and balances, the oracle's replay, and what everybody was told."""

from dataclasses import dataclass, field
from typing import cast

from rollup.core.transport import TransportError
from rollup.devnet.drills.chronicle import Chronicle
from rollup.devnet.drills.customer import Books
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.scene import Scene
from rollup.dispute.game import Game


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the invariants are about."""

    chronicle: Chronicle
    oracle: Oracle
    books: Books
    demanded: list[bytes]
    """Transactions that must have been executed although nobody promised it, by their digests."""
    honest: frozenset[bytes]
    """L1 addresses of the honest verifiers."""
    attackers: frozenset[bytes]
    roots: dict[str, bytes] = field(default_factory=dict)
    """State root after the last batch, by node; empty bytes where it could not say."""
    escrow_wei: int = 0
    """What the assertions contract holds."""
    claims_wei: int = 0
    """What it owes: bonds of assertions, pools and credits."""
    bridge_e8: int = 0
    """What the bridge holds, 1e-8 USD."""
    deposits: list[tuple[int, int]] = field(default_factory=list)
    """Block and wei of what came with the transactions that made assertions: an assertion on one's own takes its bond along instead."""

    @property
    def game(self) -> Game:
        """The disputes."""
        return self.chronicle.game

    @property
    def taken_wei(self) -> int:
        """All that came with assertions."""
        return sum(wei for _, wei in self.deposits)

    @property
    def last(self) -> int:
        """The last batch on L1, -1 for none."""
        return max(self.chronicle.batches, default=-1)


async def gather(scene: Scene) -> Evidence:
    """Read everything, once the drill is over."""
    chronicle = scene.chronicle
    await chronicle.read()
    oracle = scene.inspector.truth.oracle
    client, keys = chronicle.client, scene.genesis.verifiers
    honest = frozenset(key.address for key in keys[: scene.parties.honest])
    last = max(chronicle.batches, default=-1)
    return Evidence(
        chronicle,
        oracle,
        scene.books,
        scene.demanded,
        honest,
        frozenset(key.address for key in keys) - honest,
        roots={name: await root_of(scene, name, last) for name in ["sequencer", *scene.honest]},
        escrow_wei=await client.balance(client.address_of("assertions")),
        claims_wei=await claims(scene),
        bridge_e8=cast("int", (await client.call("token", "balanceOf", client.address_of("bridge")))[0]),
        deposits=await deposits(scene),
    )


async def deposits(scene: Scene) -> list[tuple[int, int]]:
    """Return block and wei of what came with assertions."""
    found = []
    for block, transaction in scene.chronicle.origins("assertions", "Asserted"):
        answer = cast("dict[str, str]", await scene.ask("l1", "eth_getTransactionByHash", f"0x{transaction.hex()}"))
        found.append((block, int(answer["value"], 16)))
    return found


async def root_of(scene: Scene, node: str, batch: int) -> bytes:
    """Return what a node says is the state root after a batch."""
    try:
        output = await scene.ask(node, "optimism_outputAtBlock", batch)
    except TransportError:
        return b""
    root = output.get("root") if isinstance(output, dict) else None
    return bytes.fromhex(root[2:]) if isinstance(root, str) else b""


async def claims(scene: Scene) -> int:
    """Return the wei that the assertions contract owes to anybody, as its views say."""
    client, game = scene.chronicle.client, scene.chronicle.game
    owed = 0
    for identity, assertion in game.assertions.items():
        owed += cast("int", (await client.call("assertions", "pool", identity))[0])
        if assertion.root:
            owed += cast("int", (await client.call("assertions", "assertion", identity))[5])
    for staker in sorted({key.address for key in scene.genesis.verifiers}):
        owed += cast("int", (await client.call("assertions", "credit", staker))[0])
    return owed
