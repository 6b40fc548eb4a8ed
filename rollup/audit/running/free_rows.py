"""Lists of free rows: each free row is named by exactly one other, or by the head, and is clear (invariant 6)."""

from collections import Counter

from rollup.audit.rows import Written, row_of, system_of
from rollup.audit.violation import BOOK, ensure
from rollup.state.layout import State


class FreeRows:
    """Who names a free row, in one section."""

    def __init__(self, section: str, link: str, used: str, head: str, last: str) -> None:
        """Watch a section whose free rows are linked by `link`, and have 0 in `used`; the system's row has `head` and `last`."""
        self.section, self.link, self.used, self.head, self.last = section, link, used, head, last
        self.sections = (section, "system")
        self.named: Counter[int] = Counter()
        self.touched: set[int] = set()

    def take(self, change: Written) -> None:
        """Note whom a row names now, and no longer."""
        name = self.head if change.section == "system" else self.link
        for row, sign in ((change.before, -1), (change.after, 1)):
            if change.section == "system" or getattr(row, self.used) == 0:
                self.named[getattr(row, name)] += sign
                self.touched.add(getattr(row, name))
        if change.section == "system":
            self.touched |= set(range(getattr(change.before, self.last) + 1, getattr(change.after, self.last) + 1))
        else:
            self.touched.add(change.index)

    def verify(self, state: State) -> None:
        """Look at what was touched. Raises Violation."""
        touched, self.touched, last = self.touched, set(), getattr(system_of(state), self.last)
        for index in sorted(touched - {0}):
            row = row_of(state, self.section, index)
            is_free = getattr(row, self.used) == 0
            wanted = 1 if is_free and index <= last else 0
            ensure(self.named[index] == wanted, BOOK, f"free rows of {self.section}: row {index} is named {self.named[index]} times")
            clear = not is_free or sum(map(abs, row.words())) == getattr(row, self.link)
            ensure(clear, BOOK, f"free row {index} of {self.section} is not clear")
            ensure(is_free or index <= last, BOOK, f"row {index} of {self.section} is in use and was never given out")
