"""Drawing a story: lanes, clocks, bonds and the narrowing, as shapes for the page's template.

One rule: only places and lengths are computed here; what is written is passed on as it is, and the template escapes it.
"""

from dataclasses import asdict
from itertools import groupby

from rollup.devnet.arena.result import MEANINGS
from rollup.devnet.drills.scenario import Report, Scenario
from rollup.devnet.pages.page import render
from rollup.devnet.story.axis import LEFT, MARGIN, WIDTH, Axis, axis_of, lasted
from rollup.devnet.story.story import BAD, GOOD, NEUTRAL, Claim, Mark, Narrowing, Story
from verifier.divergence import FieldChange

LANE, TOP, ROW, PLOT, LABEL = 34, 44, 24, 150, 13
"""Heights of a lane, of what is above the lanes, of a claim's bar, of a plot and of a line of text, in pixels."""

TEXTS_MAX, FIELDS_MAX = 12, 60
"""Lines of a tooltip; rows of a table of fields."""

ETHER = 10**18

RANKS = (NEUTRAL, "honest", "attack", GOOD, BAD)
"""Tones, the one that outshines the others last."""


def page_of(report: Report, scenario: Scenario, about: str, story: Story) -> str:
    """Return the report as a page that opens offline."""
    blocks = [mark.block for mark in story.marks] + [claim.settled for claim in story.claims if claim.settled]
    axis = axis_of([*blocks, story.head], story.block_time_s)
    return render(
        "drill.html",
        report=report,
        about=about,
        scenario=scenario,
        lasted=lasted(report.virtual_seconds),
        deadline=lasted(int(scenario.deadline_s)),
        window_text=f"{story.window:,} blocks, {lasted(story.window * story.block_time_s)}",
        axis=axis.labels(),
        width=LEFT + WIDTH + MARGIN,
        left=LEFT,
        right=LEFT + WIDTH,
        lanes=lanes_of(story, axis),
        claims=claims_of(story, axis),
        clocks=clocks_of(story, axis),
        money=money_of(story, axis),
        narrowings=[narrowing_of(item) for item in story.narrowings],
        activity=activity_of(story),
        meanings=MEANINGS,
    )


def lanes_of(story: Story, axis: Axis) -> dict[str, object]:
    """Return the swim lanes: a line a party, the window's shade behind them, and the moves."""
    rows = {party.name: TOP + LANE * place + LANE / 2 for place, party in enumerate(story.parties)}
    parties = [{"name": party.name, "tone": party.tone, "y": rows[party.name]} for party in story.parties]
    ordered = sorted(story.marks, key=lambda mark: (mark.party, mark.block))
    groups = groupby((mark for mark in ordered if mark.party in rows), key=lambda mark: (mark.party, mark.block))
    marks = [mark_of(list(found), axis, rows[party]) for (party, _), found in groups]
    bottom = TOP + LANE * len(rows)
    return {"parties": parties, "marks": marks, "height": bottom + 8, "bottom": bottom, "shade": shade_of(story, axis), "top": TOP}


def mark_of(marks: list[Mark], axis: Axis, y: float) -> dict[str, object]:
    """Return what somebody did in one block, as one mark."""
    block, tone = marks[0].block, max((mark.tone for mark in marks), key=RANKS.index)
    lines = [f"block {block}, {lasted(block * axis.block_time_s)}: {marks[0].party}", *(mark.text for mark in marks[:TEXTS_MAX])]
    if len(marks) > TEXTS_MAX:
        lines.append(f"… and {len(marks) - TEXTS_MAX} more")
    return {"x": axis.x(block), "y": y, "tone": tone, "r": min(4.0 + 0.6 * len(marks), 8.0), "title": "\n".join(lines)}


def shade_of(story: Story, axis: Axis) -> dict[str, object] | None:
    """Return the window: from the first assertion for as long as it has to stand alone, or longer, till the last one was settled."""
    first, settled = story.disputed
    if not first:
        return None
    last = max(first + story.window, settled)
    left, right = axis.x(first), axis.x(min(last, story.head))
    return {"x": left, "width": round(max(right - left, 2.0), 2)}


def claims_of(story: Story, axis: Axis) -> dict[str, object]:
    """Return a bar for every claim, from its assertion to what became of it."""
    bars = []
    for place, claim in enumerate(story.claims):
        left, right = axis.x(claim.created), axis.x(claim.settled or story.head)
        bars.append(
            {
                "x": left,
                "width": round(max(right - left, 3.0), 2),
                "y": TOP + ROW * place,
                "tone": GOOD if claim.is_true else BAD,
                "label": claim.label,
                "end": claim.status,
                "title": told(claim),
            }
        )
    return {"bars": bars, "height": TOP + ROW * len(bars) + 10, "left_out": story.asserted - len(bars)}


def told(claim: Claim) -> str:
    """Return a claim in words."""
    ended = f"{claim.status} in block {claim.settled}" if claim.settled else claim.status
    return f"{claim.label}: {'true' if claim.is_true else 'wrong'}, asserted in block {claim.created}, {ended}"


def clocks_of(story: Story, axis: Axis) -> dict[str, object]:
    """Return a line for every claim's timer, the true ones last and above, and each one's name behind its end."""
    lines, labels, free = [], [], dict[float, float]()
    for claim in sorted((each for each in story.claims if each.timers), key=lambda each: each.is_true):
        points = [(axis.x(block), round(plotted(timer, story.window), 2)) for block, timer in claim.timers]
        most = max(timer for _, timer in claim.timers)
        title = f"{claim.label}: stood alone for {most:,} of {story.window:,} blocks"
        kind = "truth" if claim.is_true else "lie"
        lines.append({"points": " ".join(f"{x},{y}" for x, y in points), "kind": kind, "title": title})
        y = points[-1][1]
        place = free.get(y, y + 4)
        free[y] = place + LABEL
        labels.append({"x": LEFT + WIDTH + 10, "y": place, "text": claim.label, "tone": GOOD if claim.is_true else BAD})
    height = max([TOP + PLOT, *free.values()]) + 12
    return {"lines": lines, "labels": labels, "height": height, "top": TOP, "bottom": TOP + PLOT}


def plotted(value: int, most: int) -> float:
    """Return a value's height in a plot."""
    return TOP + PLOT * (1 - value / most) if most else TOP + PLOT


def money_of(story: Story, axis: Axis) -> dict[str, object]:
    """Return what was at stake, paid and burned, as stairs."""
    most = max((max(item.escrow, item.paid, item.burned) for item in story.balances), default=0)
    lines = []
    for name, tone in (("escrow", "honest"), ("paid", GOOD), ("burned", BAD)):
        points, before = [], 0
        for item in story.balances:
            value = getattr(item, name)
            points += [(axis.x(item.block), before), (axis.x(item.block), value)]
            before = value
        points.append((LEFT + WIDTH + MARGIN / 8, before))
        drawn = " ".join(f"{x},{round(plotted(value, most), 2)}" for x, value in points)
        lines.append({"points": drawn, "tone": tone, "name": name, "title": f"{name}: {before / ETHER:.4f} ETH at the end"})
    return {"lines": lines, "height": TOP + PLOT + 12, "top": TOP, "bottom": TOP + PLOT, "most": f"{most / ETHER:.2f} ETH"}


def narrowing_of(item: Narrowing) -> dict[str, object]:
    """Return one lie's narrowing: a bar a level, the disputed run in it, and the fields at the end."""
    bars = []
    for place, halving in enumerate(item.halvings):
        left = WIDTH * halving.first / item.leaves
        width = max(WIDTH * (halving.last - halving.first) / item.leaves, 3.0)
        name = f"{halving.first + 1} … {halving.last}" if halving.last > halving.first + 1 else f"leaf {halving.last}"
        bars.append({"x": round(LEFT + left, 2), "y": 8 + ROW * place, "width": round(width, 2), "name": name, "text": halving.text})
    finding = item.finding
    return {
        "label": item.label,
        "verdict": item.verdict,
        "bars": bars,
        "height": 8 + ROW * len(bars) + 6,
        "steps": [asdict(step) for step in finding.steps] if finding else [],
        "reading": finding.reading if finding else "",
        "differs": [fields_of(change) for change in finding.differs[:FIELDS_MAX]] if finding else [],
        "written": [fields_of(change) for change in finding.written[:FIELDS_MAX]] if finding else [],
    }


def fields_of(change: FieldChange) -> tuple[str, int, str, str, str]:
    """Return a change as a row of a table."""
    return change.section, change.row, change.field, spelled(change.before), spelled(change.after)


def spelled(value: int | tuple[int, ...]) -> str:
    """Return a field's value, without the zeros at the end of a long one."""
    if isinstance(value, int):
        return f"{value:,}"
    last = max((place + 1 for place, word in enumerate(value) if word), default=0)
    return f"({', '.join([*map(str, value[:last]), *(['0 …'] if last < len(value) else [])])})"


def activity_of(story: Story) -> list[tuple[str, int, str]]:
    """Return kinds of transactions, how many, and what became of them."""
    rows = story.activity.items()
    return [(kind, sum(found.values()), ", ".join(f"{count} {status}" for status, count in found.items())) for kind, found in rows]
