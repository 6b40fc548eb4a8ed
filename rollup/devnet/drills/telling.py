"""A drill's story: what it is told from, once it is over."""

from rollup.devnet.drills.evidence import Evidence
from rollup.devnet.drills.scene import Scene
from rollup.devnet.story.source import SEQUENCER, Source
from rollup.devnet.story.story import ATTACK, HONEST, Party


def source_of(scene: Scene, evidence: Evidence) -> Source:
    """Return what a drill's story is told from."""
    chronicle, oracle, roles = evidence.chronicle, evidence.oracle, scene.genesis.roles
    names = [*((name, HONEST) for name in scene.honest), *((name, ATTACK) for name in scene.parties.attackers)]
    parties = {key.address: Party(name, tone) for key, (name, tone) in zip(scene.genesis.verifiers, names, strict=True)}
    return Source(
        genesis=scene.genesis,
        events=list(chronicle.told()),
        game=chronicle.game,
        traces=dict(oracle.traces),
        batches=dict(chronicle.batches),
        statuses=dict(oracle.statuses),
        parties={roles.sequencer: SEQUENCER, roles.poster: SEQUENCER, **parties},
        window=scene.genesis.dispute.window_blocks,
        head=chronicle.head.number,
        deposits=evidence.deposits,
        notes=list(scene.notes),
    )
