"""Everything L1 remembers: balances, nonces and contract storage, with a journal that takes any of it back.

One rule: the tables are changed through `put` and `drop` alone. Each notes what was there before, so a call, a transaction or a
block is undone by walking the journal backwards, at a cost that depends on what it changed and not on how much there is.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final


class Missing:
    """The type of MISSING."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show it by name."""
        return "MISSING"


MISSING: Final = Missing()
"""Stands for a key that is not in its table."""

Table = dict[Hashable, object]
Change = tuple[str, Hashable, object, object]
"""Table, key, value before, value after; MISSING where there was or is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a stretch of history changed: each key once, with the values before and after it."""

    changes: tuple[Change, ...] = ()


class World:
    """The tables and their journal.

    `balances` (wei) and `nonces` are keyed by address; `storage` by (address, key).
    """

    __slots__ = ("_journal", "tables")

    def __init__(self) -> None:
        """Start with nothing."""
        self.tables: dict[str, Table] = {"balances": {}, "nonces": {}, "storage": {}}
        self._journal: list[tuple[str, Hashable, object]] = []

    def get(self, table: str, key: Hashable) -> object:
        """Return what is at `key`, or MISSING."""
        return self.tables[table].get(key, MISSING)

    def put(self, table: str, key: Hashable, value: object) -> None:
        """Write `value` at `key`; MISSING removes the key."""
        rows = self.tables[table]
        self._journal.append((table, key, rows.get(key, MISSING)))
        _place(rows, key, value)

    def number(self, table: str, key: Hashable) -> int:
        """Return the integer at `key`; 0 where there is none."""
        value = self.tables[table].get(key, 0)
        assert isinstance(value, int)
        return value

    def balance(self, address: bytes) -> int:
        """Return the balance in wei."""
        return self.number("balances", address)

    def nonce(self, address: bytes) -> int:
        """Return the number of transactions that the address has sent."""
        return self.number("nonces", address)

    def credit(self, address: bytes, wei: int) -> None:
        """Add `wei`, which may be negative, to a balance."""
        self.put("balances", address, self.balance(address) + wei)

    def mark(self) -> int:
        """Return the present point of the journal, for `undo`."""
        return len(self._journal)

    def undo(self, mark: int) -> None:
        """Take back everything since `mark`."""
        journal = self._journal
        while len(journal) > mark:
            table, key, before = journal.pop()
            _place(self.tables[table], key, before)

    def seal(self) -> Difference:
        """Forget the journal and return what it changed, net, ordered by first change."""
        first: dict[tuple[str, Hashable], object] = {}
        for table, key, before in self._journal:
            first.setdefault((table, key), before)
        self._journal.clear()
        return Difference(
            tuple((table, key, before, after) for (table, key), before in first.items() if (after := self.get(table, key)) is not before),
        )

    def roll_back(self, difference: Difference) -> None:
        """Apply the values before `difference`. The journal does not note it."""
        for table, key, before, _ in difference.changes:
            _place(self.tables[table], key, before)

    def roll_forward(self, difference: Difference) -> None:
        """Apply the values after `difference`. The journal does not note it."""
        for table, key, _, after in difference.changes:
            _place(self.tables[table], key, after)


def _place(rows: Table, key: Hashable, value: object) -> None:
    if value is MISSING:
        rows.pop(key, None)
    else:
        rows[key] = value
