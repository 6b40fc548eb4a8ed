"""A35: an honest verifier is started on bad disks: an old one, a dropped history's, damaged ones, a liar's. It makes no false move."""

from collections.abc import Callable

import trio

from rollup.devnet.drills.director import agree, end_day, quiet, settle, until
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.lies import Ambush, at_middle
from rollup.devnet.drills.oracle import Oracle
from rollup.devnet.drills.rogue import Poster
from rollup.devnet.drills.scene import Cast, Scene
from rollup.devnet.drills.trading import exchange
from rollup.devnet.simulation.disk import Image, SimulatedDisk
from rollup.dispute.bisection import Node, node_of
from rollup.dispute.game import Assertion
from rollup.dispute.trace import first_base

VERIFIER, OTHER, LIAR = "verifier-2", "verifier-1", "attacker"
"""Whose disk is exchanged, who is away meanwhile, and who lies."""

RECORDS = 3
"""Records that are said to be in an empty body."""

LIFE_S = 90.0
"""How long a verifier is left alone on each disk."""

ambush = Ambush(at_middle)
"""Lies about a batch that comes once the verifier is alone."""

Files = dict[str, bytes]


async def play(scene: Scene) -> None:
    """Keep copies of the disk on the way; then leave the verifier alone with a liar, and start it on each of them in turn."""
    ambush.batch = -1
    market, poster = exchange(scene), Poster(scene)
    await market.open()
    await market.trade(6)
    await end_day(scene)
    disks = {"an old disk": await copy_of(scene, VERIFIER)}
    disks["a disk of another history"] = await on_a_dropped_history(scene, poster)
    ambush.batch = await poster.next_index()
    scene.world.kill(OTHER)
    await market.trade(6)
    await until(scene, "the liar has asserted", lambda: has_lied(scene))
    right = await copy_of(scene, VERIFIER)
    disks["a disk with a flipped bit"] = damaged(scene, right, lambda disk, path: disk.flip_bit(path, 8 * 200))
    disks["a disk without its newest half"] = damaged(scene, right, lambda disk, path: disk.lose_tail(path, len(right[path]) // 2))
    disks["a liar's disk"] = {path.replace(LIAR, VERIFIER): data for path, data in (await copy_of(scene, LIAR)).items()}
    refused = {what for what, files in disks.items() if await live_on(scene, what, files)}
    await live_on(scene, "an empty disk", {})
    await scene.world.restart(OTHER)
    await market.trade(6)
    await settle(scene)
    false = false_moves(scene)
    scene.figures |= {"refused_disks": len(refused), "false_challenges": false}
    scene.verdicts |= {"bad_disks_are_refused": refused == set(list(disks)[2:]), "no_false_challenge": false == 0}


async def has_lied(scene: Scene) -> bool:
    """Whether the lie is on L1."""
    await scene.chronicle.read()
    return any(item.batch == ambush.batch and item.staker == scene.genesis.verifiers[-1].address for item in assertions_of(scene))


def assertions_of(scene: Scene) -> list[Assertion]:
    """Return all assertions as of the last look."""
    return list(scene.chronicle.game.assertions.values())


async def on_a_dropped_history(scene: Scene, poster: Poster) -> Files:
    """Have a batch posted that L1 replaces by another once everybody has executed it; return the verifier's disk from in between."""
    await poster.post(b"", RECORDS)
    await quiet(scene)
    files = await copy_of(scene, VERIFIER)
    await poster.exchange(b"", 2 * RECORDS)
    await until(scene, "everybody follows the other batch", lambda: agree(scene))
    return files


async def copy_of(scene: Scene, name: str) -> Files:
    """Stop a node, copy what is on its disk, and start it again."""
    scene.world.kill(name)
    files = {path: image.content() for path, image in scene.world.disk(name).files.items()}
    await scene.world.restart(name)
    return files


def damaged(scene: Scene, files: Files, how: Callable[[SimulatedDisk, str], None]) -> Files:
    """Return files with the journal's store damaged."""
    disk = SimulatedDisk("workbench", scene.world.random, scene.world.trace, scene.world.now)
    put(disk, files)
    how(disk, max(files, key=lambda path: len(files[path])))
    return {path: image.content() for path, image in disk.files.items()}


def put(disk: SimulatedDisk, files: Files) -> None:
    """Replace what is on a disk."""
    disk.files = {path: Image(bytearray(data)) for path, data in files.items()}


async def live_on(scene: Scene, what: str, files: Files) -> bool:
    """Start the verifier on other files, leave it alone for a while, and say whether it has refused them."""
    scene.world.kill(VERIFIER)
    put(scene.world.disk(VERIFIER), files)
    node = await scene.world.restart(VERIFIER)
    with trio.move_on_after(LIFE_S):
        await node.ended.wait()
    scene.say(f"{VERIFIER} on {what}: {node.failure or 'goes on'}")
    return node.failure is not None


def false_moves(scene: Scene) -> int:
    """Count the moves of honest verifiers that are on no node of the true trace, and their refutations of what is true."""
    oracle, game, honest = (
        Oracle(scene.genesis),
        scene.chronicle.game,
        {key.address for key in scene.genesis.verifiers[: scene.parties.honest]},
    )
    oracle.replay(scene.chronicle.batches)
    moved = [
        event["node"] for name in ("Bisected", "Proved") for event in scene.chronicle.events("assertions", name) if event["mover"] in honest
    ]
    nodes = [game.nodes[name].node for name in moved if isinstance(name, bytes)]
    wrong = sum(not is_true(scene, oracle, node) for node in nodes)
    refuted = [event["id"] for event in scene.chronicle.events("assertions", "Refuted") if event["refuter"] in honest]
    named = [game.assertions[name] for name in refuted if isinstance(name, bytes)]
    return wrong + sum(item.trace_root == oracle.traces[item.batch].root for item in named)


def is_true(scene: Scene, oracle: Oracle, node: Node) -> bool:
    """Whether a node is one of the true trace."""
    batch = scene.chronicle.game.assertions[node.origin].batch + 1
    trace = oracle.traces[batch]
    base = first_base(node.origin, scene.chronicle.batches[batch].acc, trace.before)
    return node_of(trace, node.origin, base, height=node.height, index=node.index).id == node.id


DRILL = Drill(
    fault="an honest verifier is started on an old disk, one of a history that L1 has dropped, damaged ones, and a liar's, amid a dispute",
    expectation="it reads all again, or refuses to start; it never moves but for the truth",
    play=play,
    parties=Cast(honest=2, attackers={LIAR: ambush.parts()}),
    covers=("A35",),
)
