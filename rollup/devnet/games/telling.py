"""A game's story: what it is told from. The arena knows what every liar's state is, so it can say what is wrong in it."""

from collections.abc import Sequence

from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.batches import Line, genesis_machine
from rollup.devnet.arena.histories import TWISTS, Lie
from rollup.devnet.arena.match import Adversary, Match
from rollup.devnet.arena.player import HONEST
from rollup.devnet.story.source import Source
from rollup.devnet.story.story import ATTACK, Party
from rollup.devnet.story.story import HONEST as HONEST_TONE
from verifier.divergence import FieldChange, changes


def source_of(match: Match, adversary: Adversary) -> Source:
    """Return what a game's story is told from."""
    gang = getattr(adversary, "gang", None)
    liars = gang.liars if isinstance(gang, Gang) else []
    line = match.libraries[match.line].line
    lies = {liar.address: liar.histories[match.line].lie for liar in liars}
    payer = match.truth.payers[line.batches[-1].derived.acc]

    def known(staker: bytes, batch: int) -> Sequence[FieldChange] | None:
        lie = lies.get(staker)
        return otherwise(line, lie) if lie is not None and lie.batch == batch and lie.kind in TWISTS else None

    parties = {HONEST: Party("honest verifier", HONEST_TONE)}
    parties |= {liar.address: Party(f"liar {number}", ATTACK) for number, liar in enumerate(liars, 1)}
    return Source(
        genesis=line.genesis,
        events=match.logged,
        game=match.game,
        traces=dict(payer.traces),
        batches={posted.derived.index: posted.derived for posted in line.batches},
        statuses=dict(payer.statuses),
        parties=parties,
        window=match.rules.window,
        head=match.ground.number,
        deposits=[(block, wei) for block, receipt, events, *_ in match.referee.seen if (wei := staked(events, receipt.transaction.value))],
        known=known,
    )


def staked(events: Sequence[object], value: int) -> int:
    """Return the wei that came with an assertion; 0 where a transaction made none."""
    return value if any(getattr(event, "name", "") == "Asserted" for event in events) else 0


def otherwise(line: Line, lie: Lie) -> list[FieldChange]:
    """Return what a liar's state has otherwise right after the leaf that it lies about."""
    machine = genesis_machine(line.genesis)
    for posted in line.batches[: lie.batch]:
        machine.execute(posted.derived.records, 0, len(posted.derived.records))
    records = line.batches[lie.batch].derived.records
    machine.execute(records, 0, lie.leaf)
    rows = machine.snapshot()
    machine.execute(records, lie.leaf, lie.leaf + 1)
    true = machine.snapshot()
    return list(changes(TWISTS[lie.kind](machine, rows, lie.salt).snapshot(), true))
