"""The JSON-RPC method that explains a dispute: `verifier.explanation`, with names, times and what was executed here.

One rule: a block that is still to come has a time, reckoned from its head's at the pace that L1 has kept while this verifier looked.
"""

from rollup.core.transport import JSON, RpcError
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Assertion
from verifier.agent import Verifier
from verifier.divergence import FieldChange, Finding, Step
from verifier.explanation import Explanation, Sight, agreement, explain, pick, subject_of

INVALID_PARAMS = -32602
"""JSON-RPC error code."""

FIELDS_MAX = 200
"""Fields that are told of one leaf."""


async def explain_game(verifier: Verifier, params: list[JSON]) -> JSON:
    """Explain an assertion, by its identity or a prefix, or without one the one that most deserves it; null where there is none."""
    sight = Sight(verifier.game, verifier.replica.claims, verifier.head.number, verifier.window)
    item = found(sight, params)
    if item is None:
        return None
    subject = subject_of(sight, item)
    is_known = item.batch in verifier.replica.places and subject is not None
    trace = await verifier.environment.in_thread(verifier.replica.trace, item.batch) if is_known else None
    told = explain(sight, item, trace)
    finding = None
    if told.parting is not None:
        finding = await verifier.environment.in_thread(verifier.replica.examine, item.batch, told.parting)
    return spelled(verifier, sight, told, finding)


def found(sight: Sight, params: list[JSON]) -> Assertion | None:
    """Return the assertion that is meant. Raises RpcError."""
    if not params:
        return pick(sight)
    wanted = params[0]
    if len(params) != 1 or not isinstance(wanted, str) or not wanted.startswith("0x"):
        raise RpcError(INVALID_PARAMS, "expected an assertion's identity, 0x and hexadecimal digits, or nothing")
    fitting = [item for item in sight.game.assertions.values() if item.root and f"0x{item.id.hex()}".startswith(wanted.lower())]
    return fitting[0] if len(fitting) == 1 else None


def spelled(verifier: Verifier, sight: Sight, told: Explanation, finding: Finding | None) -> JSON:
    """Return an explanation as JSON."""
    item, parting = told.assertion, told.parting
    return {
        "assertion": hexed(item.id),
        "batch": item.batch,
        "staker": hexed(item.staker),
        "status": item.status.name.lower(),
        "agrees": told.agrees,
        "verdict": told.verdict,
        "now": moment(verifier, sight.now),
        "timer": min(verifier.game.timer(item.root, sight.now), sight.window),
        "window": sight.window,
        "outlook": told.prospect.outcome,
        "outlook_at": moment(verifier, told.prospect.block),
        "rivals": [{"assertion": hexed(each.id), "staker": hexed(each.staker), "agrees": agreement(sight, each)} for each in told.rivals],
        "looked_into": hexed(told.subject.id) if told.subject is not None else None,
        "leaves": [parting.first + 1, parting.last] if parting is not None else None,
        "steps": [{"step": each.number, "kind": each.kind, "status": each.status, "fields": dict(each.fields)} for each in steps(finding)],
        "reading": finding.reading if finding is not None else "",
        "differs": [change(each, "claimed", "true") for each in (finding.differs if finding is not None else ())[:FIELDS_MAX]],
        "writes": [change(each, "before", "after") for each in (finding.written if finding is not None else ())[:FIELDS_MAX]],
        "options": [{"side": each.side, "may": each.may, "until": moment(verifier, each.until)} for each in told.options],
    }


def steps(finding: Finding | None) -> tuple[Step, ...]:
    """Return the steps of a leaf, none where it is not known."""
    return finding.steps if finding is not None else ()


def change(each: FieldChange, first: str, second: str) -> JSON:
    """Return a field and its two values."""
    return {"section": each.section, "row": each.row, "field": each.field, first: value(each.before), second: value(each.after)}


def value(words: int | tuple[int, ...]) -> JSON:
    """Return a field's value."""
    return words if isinstance(words, int) else list(words)


def moment(verifier: Verifier, block: int) -> JSON:
    """Return a block and its Unix time; null for one that never comes."""
    if block == NEVER:
        return None
    head, (seconds, blocks) = verifier.head, pace(verifier)
    return {"block": block, "time_s": head.time_s + (block - head.number) * seconds // blocks}


def pace(verifier: Verifier) -> tuple[int, int]:
    """Return the seconds in which L1 has made so many blocks; the interval of the genesis where none has come since the first look."""
    first, head = verifier.first_head, verifier.head
    if first is None or head.number <= first.number or head.time_s <= first.time_s:
        return verifier.genesis.dispute.block_time_s, 1
    return head.time_s - first.time_s, head.number - first.number


def hexed(data: bytes) -> str:
    """Return bytes as hexadecimal with 0x."""
    return "0x" + data.hex()
