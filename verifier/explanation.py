"""A dispute in words: who is right, where a claim parts from the truth, and what each side may do until when. Pure.

One rule: what is right is what was executed here; what may be done follows from L1's events alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion, Game, Standing, Status
from rollup.dispute.trace import Trace
from verifier.divergence import Parting, part
from verifier.prospects import Prospect, prospects, reaches
from verifier.view import Claim


@dataclass(frozen=True, slots=True)
class Sight:
    """What an explanation is made of."""

    game: Game
    claims: Mapping[int, Claim]
    now: int
    window: int


@dataclass(frozen=True, slots=True)
class Option:
    """What somebody may do."""

    side: str
    may: str
    until: int = NEVER
    """Last block in which it helps; NEVER where there is no haste."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is said of one assertion."""

    assertion: Assertion
    agrees: bool | None
    verdict: str
    prospect: Prospect
    subject: Assertion | None
    """The wrong assertion that is looked into: this one, or the first wrong one beside it."""
    parting: Parting | None
    rivals: tuple[Assertion, ...]
    options: tuple[Option, ...]


def agreement(sight: Sight, item: Assertion) -> bool | None:
    """Say whether an assertion, and all that it builds on, is what was found here; None where a batch was not executed here."""
    while item.root:
        claim = sight.claims.get(item.batch)
        if claim is None:
            return None
        if (claim.trace_root, claim.end_root) != (item.trace_root, item.end_root):
            return False
        item = sight.game.assertions[item.parent]
    return True


def pick(sight: Sight) -> Assertion | None:
    """Return the assertion that most deserves an explanation: an open one that is wrong, one with rivals, or the newest."""
    found = [item for item in sight.game.assertions.values() if item.root]

    def rank(item: Assertion) -> tuple[bool, bool, bool, int]:
        is_disputed = len(sight.game.assertions[item.parent].children) > 1
        return item.status == Status.OPEN, agreement(sight, item) is False, is_disputed, item.created_at

    return max(found, key=rank, default=None)


def subject_of(sight: Sight, item: Assertion) -> Assertion | None:
    """Return the wrong assertion to look into: this one, or the first wrong one beside it."""
    siblings = (sight.game.assertions[other] for other in sight.game.assertions[item.parent].children)
    return next((each for each in (item, *siblings) if agreement(sight, each) is False), None)


def explain(sight: Sight, item: Assertion, trace: Trace | None) -> Explanation:
    """Explain an assertion; `trace` is the true one of its batch, where it is known."""
    game, agrees = sight.game, agreement(sight, item)
    rivals = tuple(game.assertions[other] for other in game.assertions[item.parent].children if other != item.id)
    subject = subject_of(sight, item)
    parting = part(game, subject, trace) if subject is not None and trace is not None else None
    prospect = prospects(game, sight.now, sight.window)[item.id]
    options = tuple(options_of(sight, item, trace)) if item.status == Status.OPEN and game.closed_at == NEVER else ()
    return Explanation(item, agrees, verdict(sight, item, subject, parting), prospect, subject, parting, rivals, options)


def verdict(sight: Sight, item: Assertion, subject: Assertion | None, parting: Parting | None) -> str:
    """Say who is right, in a sentence."""
    agrees = agreement(sight, item)
    if agrees is None:
        return f"Nobody knows here: batch {item.batch} was not executed yet."
    if agrees:
        beside = f" The one of 0x{subject.staker.hex()} beside it is wrong{where(parting)}." if subject is not None else ""
        return f"Its staker is right: this is what executing batch {item.batch} leads to.{beside}"
    parent = sight.game.assertions[item.parent]
    if parent.root and agreement(sight, parent) is False:
        return f"Its staker is WRONG: it builds on the assertion 0x{parent.id.hex()[:16]} of batch {parent.batch}, which is wrong already."
    claim = sight.claims[item.batch]
    ends = "the right root by a wrong way" if item.end_root == claim.end_root else f"0x{claim.end_root.hex()} instead"
    return f"Its staker is WRONG{where(parting)}: batch {item.batch} leads to {ends}."


def where(parting: Parting | None) -> str:
    """Say at which leaf, counted from 1."""
    if parting is None:
        return ""
    return f" at leaf {parting.last}" if parting.is_single else f" somewhere in leaves {parting.first + 1} to {parting.last}"


def options_of(sight: Sight, item: Assertion, trace: Trace | None) -> Iterator[Option]:
    """Yield what each side may do about an open assertion, and until when."""
    game, now, window = sight.game, sight.now, sight.window
    block = reaches(game, item.root, now, window)
    parent = game.assertions[item.parent]
    if block != NEVER and parent.successor in (b"", item.id):
        yield from before_it_is_confirmed(sight, item, block)
    if parent.successor not in (b"", item.id) or parent.status == Status.REJECTED:
        yield Option("anybody", "reject it: a rival is confirmed, or what it builds on is rejected")
        return
    for standing in contested(game, item.root, now, window):
        yield answer(sight, item, standing, trace)


def before_it_is_confirmed(sight: Sight, item: Assertion, block: int) -> Iterator[Option]:
    """Yield what is to be done about an assertion whose clock runs."""
    if block <= sight.now:
        yield Option("anybody", "carry its timers up and confirm it: it has stood unrivaled for the whole window")
    else:
        yield Option("anybody", f"confirm it from block {block} on, if its clock is not stopped before")
    if agreement(sight, item) is not False:
        return
    if sight.game.published_leaves:
        yield Option("its opponents", "refute the first wrong one of its published leaves, in one transaction", block)
    elif sight.game.rivaled(sight.game.nodes[item.root]):
        yield Option("its opponents", "halve or prove the right nodes beside its own that gather time now", block)
    else:
        yield Option("its opponents", "assert the truth beside it, which stops its clock", block)


def contested(game: Game, root: bytes, now: int, window: int) -> list[Standing]:
    """Return the nodes of an assertion's own tree that have rivals and were not answered, and whose paths lack the window."""
    found, waiting = [], [(game.nodes[root], 0)]
    while waiting:
        standing, above = waiting.pop()
        weight = above + game.unrivaled(standing, now)
        if standing.proved or weight >= window:
            continue
        if standing.children is not None:
            waiting.extend((game.nodes[child], weight) for child in reversed(standing.children))
        elif game.rivaled(standing):
            found.append(standing)
    return found


def answer(sight: Sight, item: Assertion, standing: Standing, trace: Trace | None) -> Option:
    """Return what the assertion's own side may do about a rival of one of its nodes; it must before the rival's side has the window."""
    node, game = standing.node, sight.game
    first, last = (node.index << node.height) + 1, (node.index + 1) << node.height
    others = [game.assertions[other] for other in game.assertions[item.parent].children if other != item.id]
    blocks = [reaches(game, other.root, sight.now, sight.window) for other in others if other.status == Status.OPEN]
    until = min(blocks, default=NEVER)
    if node.height:
        return Option("its defenders", f"halve leaves {first} to {last}", until)
    known = trace is not None and agreement(sight, item) is not None
    is_true = known and trace is not None and trace.span(0, node.index) == node.span
    if known and not is_true:
        return Option("its defenders", f"do nothing: leaf {last} is wrong, and cannot be proved", until)
    return Option("its defenders", f"prove leaf {last} in one step", until)
