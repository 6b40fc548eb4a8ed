"""The moves on the lanes: what each event of L1's says, in words, and who is behind it.

One rule: an event without a line here is shown by its name, so nothing that happened on L1 is left out but what others imply.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import cast

from rollup.devnet.story.source import LEDGER, MARKET, SEQUENCER, Source
from rollup.devnet.story.story import ATTACK, BAD, GOOD, NEUTRAL, Mark
from rollup.dispute.game import Event
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

ROUTINE = frozenset({Kind.NONE, Kind.BEGIN_BATCH, Kind.CONTINUATION, Kind.PLACE_ORDER, Kind.CANCEL, Kind.MASS_QUOTE}) | {
    Kind.ORACLE_UPDATE,
    Kind.SURFACE_UPDATE,
}
"""Kinds that every batch is full of."""

ETHER = 10**18

IMPLIED = frozenset({"Published", "BountyNoted", "Transfer", "Approval"})
"""Events that say nothing that others do not."""

MOVERS = ("staker", "mover", "refuter", "claimant", "sender", "owner", "recipient", "to")
"""Arguments by which an event names who is behind it, the first that it has."""


def marks_of(source: Source) -> list[Mark]:
    """Return every mark, in order."""
    marks = [mark_of(source, event) for event in source.events if event.name not in IMPLIED]
    return sorted([*marks, *source.notes, *market_marks(source)], key=lambda mark: mark.block)


def market_marks(source: Source) -> Iterator[Mark]:
    """Yield what the batches did to the market beside trading and prices, at the block that brought it."""
    for event in source.events:
        index = event.arguments["index"] if event.name == "BatchPosted" else -1
        if not isinstance(index, int) or index not in source.statuses:
            continue
        steps = zip(source.batches[index].records["kind"].tolist(), source.statuses[index], strict=True)
        for (kind, status), count in Counter((kind, status) for kind, status in steps if kind not in ROUTINE).items():
            tone = NEUTRAL if status == Status.OK else ATTACK
            yield Mark(event.block, MARKET.name, f"{count} × {Kind(kind).name}: {Status(status).name}", tone)


def mark_of(source: Source, event: Event) -> Mark:
    """Return what an event is drawn as."""
    if event.name in TEXTS:
        return TEXTS[event.name](source, event)
    address = next((event.arguments[name] for name in MOVERS if name in event.arguments), b"")
    party = source.parties.get(cast("bytes", address), LEDGER)
    return Mark(event.block, party.name, spelled(event), party.tone)


def spelled(event: Event) -> str:
    """Return an event by its name and arguments."""
    return f"{event.name}: " + ", ".join(f"{name} {short(value)}" for name, value in event.arguments.items())


def short(value: object) -> str:
    """Return an argument, long bytes cut."""
    return f"0x{value.hex()[:10]}" if isinstance(value, bytes) else str(value)[:40]


def posted(source: Source, event: Event) -> Mark:
    """Tell of a batch, and of what is in it."""
    index = cast("int", event.arguments["index"])
    batch, statuses = source.batches.get(index), source.statuses.get(index, ())
    kinds = Counter(Kind(kind).name for kind in batch.records["kind"].tolist()) if batch is not None else Counter[str]()
    failed = sum(status not in {Status.OK, Status.CONTINUED} for status in statuses)
    listed = ", ".join(f"{count} {name}" for name, count in kinds.most_common(8))
    forced = " by force" if event.arguments["forced"] else ""
    return Mark(event.block, SEQUENCER.name, f"batch {index} is posted{forced}: {listed}" + (f"; {failed} of them fail" if failed else ""))


def asserted(source: Source, event: Event) -> Mark:
    """Tell of an assertion."""
    identity, party = cast("bytes", event.arguments["id"]), source.party(cast("bytes", event.arguments["staker"]))
    is_true = identity in source.game.assertions and source.is_true(identity)
    verdict = "the truth" if is_true else "a LIE"
    text = f"asserts that batch {event.arguments['batch']} leads to {short(event.arguments['endRoot'])}: {verdict}"
    return Mark(event.block, party.name, text, GOOD if is_true else BAD)


def on_node(what: str) -> Callable[[Source, Event], Mark]:
    """Return what tells of a move on a dispute node."""

    def told(source: Source, event: Event) -> Mark:
        party = source.party(cast("bytes", event.arguments["mover"]))
        return Mark(event.block, party.name, f"{what} {span_of(source, cast('bytes', event.arguments['node']))}", party.tone)

    return told


def span_of(source: Source, identity: bytes) -> str:
    """Return a dispute node's leaves, counted from 1."""
    standing = source.game.nodes.get(identity)
    if standing is None:
        return "a node that is gone"
    node = standing.node
    first, last = node.index << node.height, (node.index + 1) << node.height
    return f"leaf {last}" if node.height == 0 else f"leaves {first + 1} to {last}"


def refuted(source: Source, event: Event) -> Mark:
    """Tell of a refutation."""
    party, number = source.party(cast("bytes", event.arguments["refuter"])), cast("int", event.arguments["index"]) + 1
    return Mark(event.block, party.name, f"refutes leaf {number} of {claim_of(source, event)}", party.tone)


def claim_of(source: Source, event: Event) -> str:
    """Return an assertion, by who made it."""
    found = source.game.assertions.get(cast("bytes", event.arguments["id"]))
    return f"{source.party(found.staker).name}'s assertion of batch {found.batch}" if found is not None else "an assertion that is gone"


def settled(what: str) -> Callable[[Source, Event], Mark]:
    """Return what tells that an assertion is settled."""

    def told(source: Source, event: Event) -> Mark:
        identity = cast("bytes", event.arguments["id"])
        is_right = identity in source.game.assertions and source.is_true(identity) is (what == "is confirmed")
        return Mark(event.block, LEDGER.name, f"{claim_of(source, event)} {what}", GOOD if is_right else BAD)

    return told


def carried(source: Source, event: Event) -> Mark:
    """Tell of a timer."""
    timer, node = cast("int", event.arguments["bottomUp"]), span_of(source, cast("bytes", event.arguments["node"]))
    return Mark(event.block, LEDGER.name, f"the timer of {node} is carried up" + ("" if timer >> 40 else f" to {timer} blocks"))


def paid(source: Source, event: Event) -> Mark:
    """Tell of a payment."""
    party, amount = source.party(cast("bytes", event.arguments["to"])), cast("int", event.arguments["amount"])
    return Mark(event.block, party.name, f"is paid {amount / ETHER:.4f} ETH", party.tone)


def burned(_source: Source, event: Event) -> Mark:
    """Tell of wei that nobody gets."""
    return Mark(event.block, LEDGER.name, f"{cast('int', event.arguments['amount']) / ETHER:.4f} ETH are burned", ATTACK)


def slashed(source: Source, event: Event) -> Mark:
    """Tell of a bond that is lost."""
    amount = cast("int", event.arguments["amount"])
    found = source.game.assertions.get(cast("bytes", event.arguments["id"]))
    party = source.party(found.staker if found is not None else b"")
    return Mark(event.block, party.name, f"loses its bond; {amount / ETHER:.4f} ETH of it are left to share out", BAD)


TEXTS: Mapping[str, Callable[[Source, Event], Mark]] = MappingProxyType(
    {
        "BatchPosted": posted,
        "Asserted": asserted,
        "Bisected": on_node("halves"),
        "Proved": on_node("proves"),
        "Refuted": refuted,
        "Updated": carried,
        "Confirmed": settled("is confirmed"),
        "Rejected": settled("is rejected"),
        "BondPaid": paid,
        "BondBurned": burned,
        "Slashed": slashed,
    }
)
"""What an event is told as."""
