"""Telling a story: marks, clocks, money, and for every lie that stands on the truth how it was narrowed down.

One rule: what is drawn is bounded, whatever happened: the first claims, lies and samples of each kind, and it says how many there were.
"""

from collections import Counter
from dataclasses import replace

from rollup.devnet.story.marks import marks_of
from rollup.devnet.story.source import DIRECTOR, LEDGER, MARKET, OTHERS, SEQUENCER, Source
from rollup.devnet.story.story import Balance, Claim, Halving, Narrowing, Party, Story
from rollup.dispute.game import Assertion, Game, Status
from rollup.l1.step_proof import leaf_steps
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status as StepStatus
from verifier.divergence import Finding, Parting, examine, part

CLAIMS_MAX = 10
"""Claims whose clocks are drawn."""

NARROWINGS_MAX = 4
"""Lies that are narrowed down."""

SAMPLES_MAX = 400
"""Blocks at which clocks are read."""

PARTIES_MAX = 12
"""Lanes of verifiers and attackers; those beyond share one."""


def tell(source: Source) -> Story:
    """Tell all that happened."""
    source = replace(source, parties=crowded(source))
    marks = marks_of(source)
    used = {mark.party for mark in marks}
    lanes = dict.fromkeys([DIRECTOR, SEQUENCER, MARKET, LEDGER, *source.parties.values(), OTHERS])
    chosen = choose(source)
    clocks = timers_of(source, chosen)
    return Story(
        parties=tuple(party for party in lanes if party.name in used),
        marks=tuple(marks),
        claims=tuple(claim_of(source, item, clocks[item.id]) for item in chosen),
        narrowings=tuple(narrow(source, item) for item in lies_of(source)[:NARROWINGS_MAX]),
        balances=tuple(balances_of(source)),
        asserted=len(assertions_of(source)),
        disputed=disputed_in(source),
        window=source.window,
        head=source.head,
        block_time_s=source.genesis.dispute.block_time_s,
        activity=activity_of(source),
    )


def crowded(source: Source) -> dict[bytes, Party]:
    """Return everybody's lane, those beyond the bound in one."""
    parties = list(source.parties.items())
    more = Party(f"{len(parties) - PARTIES_MAX} more attackers", parties[-1][1].tone) if len(parties) > PARTIES_MAX else OTHERS
    return {address: party if place < PARTIES_MAX else more for place, (address, party) in enumerate(parties)}


def assertions_of(source: Source) -> list[Assertion]:
    """Return all assertions but the genesis one, the oldest first."""
    return [item for item in source.game.assertions.values() if item.root]


def disputed_in(source: Source) -> tuple[int, int]:
    """Return the blocks of the first assertion and of the last settlement, 0 where there was none."""
    made, ends = ([event.block for event in source.events if event.name in names] for names in ({"Asserted"}, {"Confirmed", "Rejected"}))
    return min(made, default=0), max(ends, default=0)


def lies_of(source: Source) -> list[Assertion]:
    """Return the wrong assertions that stand on right ones."""
    return [item for item in assertions_of(source) if source.is_true(item.parent) and not source.is_true(item.id)]


def choose(source: Source) -> list[Assertion]:
    """Return the assertions whose clocks are drawn: lies and what they stood against first."""
    lies = lies_of(source)
    disputed = {item.parent for item in lies}
    ranked = sorted(assertions_of(source), key=lambda item: (item.parent not in disputed, not source.is_true(item.id), item.created_at))
    return sorted(ranked[:CLAIMS_MAX], key=lambda item: (item.batch, item.created_at))


def claim_of(source: Source, item: Assertion, timers: list[tuple[int, int]]) -> Claim:
    """Return an assertion as it is drawn."""
    ends = [event.block for event in source.events if event.name in {"Confirmed", "Rejected"} and event.arguments["id"] == item.id]
    label = f"{source.party(item.staker).name}, batch {item.batch}"
    status = item.status.name.lower()
    return Claim(label, item.batch, source.is_true(item.id), item.created_at, ends[-1] if ends else 0, status, tuple(timers))


def timers_of(source: Source, chosen: list[Assertion]) -> dict[bytes, list[tuple[int, int]]]:
    """Read the clocks of some assertions at every block with an event, and before the next one."""
    found: dict[bytes, list[tuple[int, int]]] = {item.id: [] for item in chosen}
    told = source.game
    game = Game(told.genesis, told.assertions[told.genesis].end_root, told.steps_per_leaf, published_leaves=told.published_leaves)
    events, at = list(source.events), 0
    blocks = sorted({event.block for event in events})
    for place, block in enumerate(blocks[:SAMPLES_MAX]):
        start = at
        while at < len(events) and events[at].block == block:
            at += 1
        game.feed(events[start:at])
        later = blocks[place + 1] - 1 if place + 1 < len(blocks) else source.head
        for item in chosen:
            known = game.assertions.get(item.id)
            if known is None or known.status != Status.OPEN:
                continue
            found[item.id] += [(now, min(game.timer(known.root, now), source.window)) for now in dict.fromkeys((block, later))]
    return found


def narrow(source: Source, lie: Assertion) -> Narrowing:
    """Tell how a lie was narrowed down, and what is wrong about it."""
    trace = source.traces[lie.batch]
    parting = part(source.game, lie, trace)
    label = f"{source.party(lie.staker).name} about batch {lie.batch}"
    leaves = 1 << trace.height
    if parting is None:
        return Narrowing(label, lie.batch, leaves, (), "its trace is the true one; its end is not", None)
    finding = find(source, lie, parting) if parting.is_single else None
    return Narrowing(label, lie.batch, leaves, tuple(halvings_of(source, lie, parting)), verdict_of(source, lie, parting), finding)


def halvings_of(source: Source, lie: Assertion, parting: Parting) -> list[Halving]:
    """Return the runs of leaves in dispute, from all of them down."""
    game, trace, found = source.game, source.traces[lie.batch], []
    movers = {event.arguments["node"]: event for event in source.events if event.name == "Bisected"}
    identity = lie.root
    for _ in range(trace.height + 1):
        node = game.nodes[identity]
        first, last = node.node.index << node.node.height, (node.node.index + 1) << node.node.height
        event = movers.get(identity)
        by = source.party(event.arguments["mover"]).name if event is not None and isinstance(event.arguments["mover"], bytes) else ""
        found.append(Halving(first, last, f"halved by {by} in block {event.block}" if event is not None else "left as it is"))
        if node.children is None:
            break
        left = game.nodes[node.children[0]].node
        identity = node.children[0] if left.span != trace.span(left.height, left.index) else node.children[1]
    if lie.leaves:
        found.append(Halving(parting.first, parting.last, "refuted in one transaction: all leaves were published"))
    return found


def verdict_of(source: Source, lie: Assertion, parting: Parting) -> str:
    """Say in a sentence how the dispute over a lie went."""
    where = f"leaf {parting.last}" if parting.is_single else f"leaves {parting.first + 1} to {parting.last}"
    wrong = f"wrong at {where} of {1 << source.traces[lie.batch].height}"
    if lie.status == Status.REJECTED:
        return f"{wrong}; rejected" + (" by a refutation" if lie.leaves else "")
    return f"{wrong}; {'CONFIRMED' if lie.status == Status.CONFIRMED else 'still ' + lie.status.name.lower()}"


def find(source: Source, lie: Assertion, parting: Parting) -> Finding:
    """Look into the leaf that a lie is about."""
    machine, batch = PlainMachine(), source.batches[lie.batch]
    machine.load(genesis_rows(source.genesis))
    for index in range(lie.batch):
        machine.execute(source.batches[index].records, 0, len(source.batches[index].records))
    steps = leaf_steps(parting.first, source.game.steps_per_leaf, len(batch.records))
    machine.execute(batch.records, 0, steps.start if steps else len(batch.records))
    machine.root()
    machine.close_batch()
    finding = examine(machine, batch.records, steps, parting.first, parting.hash)
    known = source.known(lie.staker, lie.batch) if not finding.differs else None
    if not known:
        return finding
    return replace(finding, differs=tuple(known), reading="the liar's own state, as the drill knows it, has this otherwise")


def balances_of(source: Source) -> list[Balance]:
    """Return what the assertions contract held after each block in which that changed."""
    moved: Counter[int] = Counter()
    paid: Counter[int] = Counter()
    burned: Counter[int] = Counter()
    for block, wei in source.deposits:
        moved[block] += wei
    for event in source.events:
        if event.name in {"BondPaid", "BondBurned"} and isinstance(event.arguments["amount"], int):
            (paid if event.name == "BondPaid" else burned)[event.block] += event.arguments["amount"]
    found, total = [Balance(0, 0, 0, 0)], Balance(0, 0, 0, 0)
    for block in sorted({*moved, *paid, *burned}):
        given, lost = total.paid + paid[block], total.burned + burned[block]
        escrow = total.escrow + moved[block] - paid[block] - burned[block]
        total = Balance(block, escrow, given, lost)
        found.append(total)
    return found


def activity_of(source: Source) -> dict[str, dict[str, int]]:
    """Count the transactions by kind and status."""
    found: dict[str, dict[str, int]] = {}
    for index, statuses in source.statuses.items():
        kinds = source.batches[index].records["kind"].tolist()
        for kind, status in zip(kinds, statuses, strict=True):
            row = found.setdefault(Kind(kind).name, {})
            name = StepStatus(status).name
            row[name] = row.get(name, 0) + 1
    return dict(sorted(found.items(), key=lambda each: -sum(each[1].values())))
