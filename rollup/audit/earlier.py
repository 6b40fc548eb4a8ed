"""The state as it was before a step: the same rows, with the images of those that the step has written in their places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rollup.audit.rows import Written
from rollup.state.derived import DERIVED
from rollup.state.layout import State
from rollup.state.plain import Rows, plain_table
from rollup.state.rows import DEPTHS, DTYPES


@dataclass
class Earlier:
    """Words of rows before a step."""

    state: State
    images: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def words(self, section: str, index: int) -> list[int]:
        """Return the words of a row."""
        image = self.images.get((section, index))
        if image is not None:
            return image
        rows: Any = getattr(self.state, section).rows
        words: list[int] = rows.words(index)
        return words


def earlier_state(state: State, changes: Sequence[Written]) -> State:
    """Return the state before some changes; it is good until the next step, and what is derived it shares."""
    earlier = Earlier(state, {(change.section, change.index): change.before.words() for change in changes})
    tables = [plain_table(Rows(dtype, 1 << DEPTHS[section], partial(earlier.words, section))) for section, dtype in DTYPES.items()]
    return State(*tables, *(getattr(state, name) for name, _, _ in DERIVED))
