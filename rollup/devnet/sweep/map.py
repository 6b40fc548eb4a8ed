"""The map of a sweep: what became of the games at each point, as text for a terminal and as a page.

One rule: a point is as bad as its worst game; how many games ended how is shown beside it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from rollup.devnet.pages.page import render
from rollup.devnet.sweep.axes import AXES, Point, is_promised, shown
from rollup.devnet.sweep.play import End, Played
from rollup.devnet.sweep.results import code_digest

GLYPHS = {End.SAFE: "✓", End.STALLED: "…", End.STOLEN: "✗"}
"""What an end is marked with, the best first."""

MEANINGS = {
    End.SAFE: "the truth was confirmed by the bound",
    End.STALLED: "nothing wrong was confirmed, but the truth too late",
    End.STOLEN: "a wrong root was confirmed",
}
"""What an end means."""

CELL_WIDTH, CELL_HEIGHT, LEFT, TOP = 72, 34, 150, 50
"""Of the drawing, in pixels."""


@dataclass(frozen=True, slots=True)
class Site:
    """One point and all its games."""

    point: Point
    ends: Mapping[End, int]
    delay_blocks: int
    """The longest."""
    bound_blocks: int

    @property
    def worst(self) -> End:
        """The worst end of a game there."""
        return max(self.ends, key=list(GLYPHS).index)

    @property
    def glyph(self) -> str:
        """The worst end's mark, and how many of the games ended so where not all did."""
        return GLYPHS[self.worst] + (f" {self.ends[self.worst]}/{sum(self.ends.values())}" if len(self.ends) > 1 else "")

    @property
    def is_kept(self) -> bool:
        """Whether what the protocol promises came true."""
        return self.worst == End.SAFE or not is_promised(self.point)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A map over the last two axes, where the axes before them have certain values."""

    title: str
    row_axis: str
    """Empty where there is one axis only."""
    column_axis: str
    columns: tuple[Fraction, ...]
    rows: tuple[tuple[Fraction | None, tuple[Site, ...]], ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a map is of."""

    drill: str
    about: str
    lane: str
    seeds: int
    replay: str


def sites_of(played: Sequence[Played]) -> dict[tuple[tuple[str, Fraction], ...], Site]:
    """Return every point with its games."""
    games: dict[tuple[tuple[str, Fraction], ...], list[Played]] = {}
    for each in played:
        games.setdefault(each.task.point, []).append(each)
    return {
        point: Site(dict(point), Counter(each.end for each in found), max(each.delay_blocks for each in found), found[0].bound_blocks)
        for point, found in games.items()
    }


def sheets_of(axes: Mapping[str, tuple[Fraction, ...]], played: Sequence[Played]) -> list[Sheet]:
    """Return the maps of a sweep: one, or one for each choice of values of the axes before the last two."""
    names, sites = list(axes), sites_of(played)
    before, row_axis, column_axis = names[:-2], names[-2] if len(names) > 1 else "", names[-1]
    sheets = []
    for chosen in product(*(axes[name] for name in before)):
        fixed = tuple(zip(before, chosen, strict=True))
        rows = []
        for value in axes[row_axis] if row_axis else (None,):
            row = fixed if value is None else (*fixed, (row_axis, value))
            rows.append((value, tuple(sites[*row, (column_axis, column)] for column in axes[column_axis])))
        title = ", ".join(f"{name} {shown(value)}" for name, value in fixed)
        over = f"{row_axis} × {column_axis}" if row_axis else column_axis
        sheets.append(Sheet(f"{over} at {title}" if title else over, row_axis, column_axis, axes[column_axis], tuple(rows)))
    return sheets


def table_of(sheet: Sheet) -> tuple[list[str], list[list[str]]]:
    """Return a map's columns and rows as text."""
    corner = f"{sheet.row_axis} ↓  {sheet.column_axis} →".strip() if sheet.row_axis else f"{sheet.column_axis} →"
    body = [["" if value is None else shown(value), *(site.glyph for site in row)] for value, row in sheet.rows]
    return [corner, *map(shown, sheet.columns)], body


def page_of(heading: Heading, axes: Mapping[str, tuple[Fraction, ...]], played: Sequence[Played]) -> str:
    """Return the maps as a page that opens offline."""
    sheets = sheets_of(axes, played)
    return render(
        "sweep.html",
        drill=heading.drill,
        about=heading.about,
        lane=heading.lane,
        seeds=heading.seeds,
        replay=heading.replay,
        games=len(played),
        code=code_digest(),
        kept=all(site.is_kept for sheet in sheets for _, row in sheet.rows for site in row),
        ends=[(end.value, MEANINGS[end]) for end in GLYPHS],
        axes=[(name, AXES[name].about) for name in axes],
        charts=[chart_of(sheet) for sheet in sheets],
    )


def chart_of(sheet: Sheet) -> dict[str, object]:
    """Return a map's drawing."""
    right = LEFT + CELL_WIDTH * len(sheet.columns)
    labels: list[dict[str, object]] = [
        {"x": LEFT + CELL_WIDTH * (place + 0.5), "y": TOP - 8, "anchor": "middle", "text": shown(value), "small": False}
        for place, value in enumerate(sheet.columns)
    ]
    labels.append({"x": LEFT, "y": TOP - 28, "anchor": "start", "text": sheet.column_axis, "small": True})
    labels.append({"x": LEFT - 12, "y": TOP - 8, "anchor": "end", "text": sheet.row_axis, "small": True})
    cells = []
    for place, (value, row) in enumerate(sheet.rows):
        y = TOP + CELL_HEIGHT * place
        text = "" if value is None else shown(value)
        labels.append({"x": LEFT - 12, "y": y + CELL_HEIGHT / 2 + 4, "anchor": "end", "text": text, "small": False})
        cells += [cell_of(site, LEFT + CELL_WIDTH * column, y) for column, site in enumerate(row)]
    height = TOP + CELL_HEIGHT * len(sheet.rows) + 12
    return {"title": sheet.title, "width": right + 20, "height": height, "labels": labels, "cells": cells, "edges": edges_of(sheet)}


def edges_of(sheet: Sheet) -> list[dict[str, int]]:
    """Return the line around the points at which nothing may be lost: the sides that they share with no other such point."""
    held = {(row, column) for row, (_, sites) in enumerate(sheet.rows) for column, site in enumerate(sites) if is_promised(site.point)}
    edges = []
    for row, column in sorted(held):
        x, y = LEFT + CELL_WIDTH * column, TOP + CELL_HEIGHT * row
        for down, right, x1, y1, x2, y2 in ((-1, 0, 0, 0, 1, 0), (1, 0, 0, 1, 1, 1), (0, -1, 0, 0, 0, 1), (0, 1, 1, 0, 1, 1)):
            if (row + down, column + right) not in held:
                ends = {"x1": x + CELL_WIDTH * x1, "y1": y + CELL_HEIGHT * y1, "x2": x + CELL_WIDTH * x2, "y2": y + CELL_HEIGHT * y2}
                edges.append(ends)
    return edges


def cell_of(site: Site, x: float, y: float) -> dict[str, object]:
    """Return a point's drawing: its games as bars, the worst to the left."""
    games, bars, at = sum(site.ends.values()), [], x + 1.0
    for end in reversed(GLYPHS):
        width = round((CELL_WIDTH - 2) * site.ends.get(end, 0) / games, 2)
        if width:
            bars.append({"x": round(at, 2), "y": y + 1, "width": width, "height": CELL_HEIGHT - 2, "end": end.value})
            at += width
    where = ", ".join(f"{name} {shown(value)}" for name, value in site.point.items())
    ends = ", ".join(f"{count} {end.value}" for end, count in site.ends.items())
    text = site.worst.value + (f" {site.ends[site.worst]}/{games}" if len(site.ends) > 1 else "")
    title = f"{where}: {ends}; confirmed or given up after {site.delay_blocks} blocks, bound {site.bound_blocks}"
    size = {"x": x, "y": y, "width": CELL_WIDTH, "height": CELL_HEIGHT}
    return {**size, "bars": bars, "text": text, "title": title}
