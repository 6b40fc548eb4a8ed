"""Access to rows: the only code that knows where a row lives.

One rule: a row is reached through `read` or `write` and in no other way. These note what a step touched and save a row before
its first change, so that one place can revert, the changed rows are known, and the touched rows are a witness.

The life of a step: `read` and `write` any number of times, perhaps `revert`, then `commit`. A batch ends with `sweep`.
A row that is not there (a witness that lacks it) sets the fault and gives the spare row, so that execution can go on to its end.

    log   = LOGGED SAVED CHANGED STALED FAULT  touched-by-step[TOUCHES]  saved-by-step[SAVES]  dirty-in-batch[n]  stale[n]
    rows  = rows by slot, the spare row, images saved by this step[SAVES], images from before the batch[n] (as the dirty list)

where n is the number of slots and the spare one: a slot is listed once at most, so no list can run over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollup.core.kernel import kernel
from rollup.state.limits import SAVES, TOUCHES

if TYPE_CHECKING:
    from rollup.state.layout import State, Table

READ = 1
"""Bit of a mark: this step has read the row."""
WRITTEN = 2
"""Bit of a mark: this step has written the row."""
DIRTY = 4
"""Bit of a mark: an earlier step of this batch has written the row."""
STALE = 8
"""Bit of a mark: an earlier step has written the row since its hash was last taken."""
KEPT = DIRTY | STALE
"""Bits of a mark that outlive the step."""

LOGGED = 0
"""Cell of the log: how many rows this step has touched."""
SAVED = 1
"""Cell of the log: how many rows this step has written."""
CHANGED = 2
"""Cell of the log: how many rows this batch has written."""
STALED = 3
"""Cell of the log: how many rows have been written since their hash was last taken."""
FAULT = 4
"""Cell of the log: not 0 where this step asked for a row that is not there, or for too many."""

TOUCHED_FROM = 5
"""First cell of the list of slots touched by this step."""
SAVED_FROM = TOUCHED_FROM + TOUCHES
"""First cell of the list of slots written by this step, in the order of their saved images."""
DIRTY_FROM = SAVED_FROM + SAVES
"""First cell of the list of slots written by this batch, in the order of their images from before it.

The list of stale slots is as long and follows it."""


@kernel
def read(table: Table, index: int) -> Any:
    """The row at `index`, to be looked at only."""
    slot = locate(table, index)
    if table.mark[slot] & (READ | WRITTEN) == 0:
        note(table, slot)
        table.mark[slot] |= READ
    return table.rows[slot]


@kernel
def write(table: Table, index: int) -> Any:
    """The row at `index`, to be changed; its image is saved at the first time in a step."""
    slot = locate(table, index)
    if table.mark[slot] & WRITTEN == 0:
        if table.mark[slot] & READ == 0:
            note(table, slot)
        saved = table.log[SAVED]
        if saved == SAVES:
            table.log[FAULT] = 1
            return table.rows[len(table.mark) - 1]
        table.rows[len(table.mark) + saved] = table.rows[slot]
        table.log[SAVED_FROM + saved] = slot
        table.log[SAVED] = saved + 1
        table.mark[slot] |= WRITTEN
    return table.rows[slot]


@kernel
def copy_row(table: Table, source: int, target: int) -> None:
    """Make one row equal another of its section."""
    read(table, source)
    write(table, target)
    table.rows[locate(table, target)] = table.rows[locate(table, source)]


@kernel
def touched(table: Table) -> int:
    """How many rows of a section this step has touched: the same on every host, since it is what the step's witness holds."""
    return int(table.log[LOGGED])


@kernel
def locate(table: Table, index: int) -> int:
    """Slot of a row; the spare slot, and the fault, where there is none."""
    spare = len(table.mark) - 1
    count = len(table.keys)
    if count == 0:
        if 0 <= index < spare:
            return index
    else:
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if table.keys[middle] < index:
                low = middle + 1
            else:
                high = middle
        if index >= 0 and low < count and table.keys[low] == index:
            return low
    table.log[FAULT] = 1
    return spare


@kernel
def note(table: Table, slot: int) -> None:
    """Add a slot to those that this step has touched."""
    logged = table.log[LOGGED]
    if logged < TOUCHES:
        table.log[TOUCHED_FROM + logged] = slot
        table.log[LOGGED] = logged + 1
    else:
        table.log[FAULT] = 1


@kernel
def revert_table(table: Table) -> None:
    """Undo this step's writes in one section; what it touched stays noted."""
    if table.log[SAVED] == 0:
        return
    for i in range(table.log[SAVED]):
        slot = table.log[SAVED_FROM + i]
        table.rows[slot] = table.rows[len(table.mark) + i]
        table.mark[slot] = table.mark[slot] & KEPT | READ
    table.log[SAVED] = 0


@kernel
def commit_table(table: Table) -> None:
    """Close the step in one section: what it has written joins the dirty and the stale rows, all that it touched is let go."""
    if table.log[LOGGED] == 0:
        return
    for i in range(table.log[SAVED]):
        slot = table.log[SAVED_FROM + i]
        if table.mark[slot] & DIRTY == 0:
            changed = table.log[CHANGED]
            table.rows[len(table.mark) + SAVES + changed] = table.rows[len(table.mark) + i]
            table.log[DIRTY_FROM + changed] = slot
            table.log[CHANGED] = changed + 1
        if table.mark[slot] & STALE == 0:
            stale = table.log[STALED]
            table.log[DIRTY_FROM + len(table.mark) + stale] = slot
            table.log[STALED] = stale + 1
        table.mark[slot] |= KEPT
    for i in range(table.log[LOGGED]):
        table.mark[table.log[TOUCHED_FROM + i]] &= KEPT
    table.log[LOGGED] = 0
    table.log[SAVED] = 0
    table.log[FAULT] = 0


@kernel
def sweep_table(table: Table) -> None:
    """Close the batch in one section: no row is dirty any more."""
    for i in range(table.log[CHANGED]):
        table.mark[table.log[DIRTY_FROM + i]] &= STALE
    table.log[CHANGED] = 0


@kernel
def refresh_table(table: Table) -> None:
    """Say that the hash of every row of a section has been taken."""
    for i in range(table.log[STALED]):
        table.mark[table.log[DIRTY_FROM + len(table.mark) + i]] &= DIRTY
    table.log[STALED] = 0


@kernel
def faulted(state: State) -> bool:
    """Did this step ask for a row that is not there, or touch more rows than it may?"""
    faults: int = (
        state.system.log[FAULT]
        | state.parameters.log[FAULT]
        | state.accounts.log[FAULT]
        | state.holdings.log[FAULT]
        | state.collateral.log[FAULT]
        | state.resting.log[FAULT]
        | state.protections.log[FAULT]
        | state.auctions.log[FAULT]
        | state.keys.log[FAULT]
        | state.orders.log[FAULT]
        | state.levels.log[FAULT]
        | state.instruments.log[FAULT]
        | state.markets.log[FAULT]
        | state.feeds.log[FAULT]
        | state.reporters.log[FAULT]
        | state.models.log[FAULT]
        | state.scenarios.log[FAULT]
        | state.messages.log[FAULT]
    )
    return faults != 0


@kernel
def revert(state: State) -> None:
    """Undo everything that this step has written."""
    revert_table(state.system)
    revert_table(state.parameters)
    revert_table(state.accounts)
    revert_table(state.holdings)
    revert_table(state.collateral)
    revert_table(state.resting)
    revert_table(state.protections)
    revert_table(state.auctions)
    revert_table(state.keys)
    revert_table(state.orders)
    revert_table(state.levels)
    revert_table(state.instruments)
    revert_table(state.markets)
    revert_table(state.feeds)
    revert_table(state.reporters)
    revert_table(state.models)
    revert_table(state.scenarios)
    revert_table(state.messages)


@kernel
def commit(state: State) -> None:
    """Close the step: what it has written belongs to the batch now."""
    commit_table(state.system)
    commit_table(state.parameters)
    commit_table(state.accounts)
    commit_table(state.holdings)
    commit_table(state.collateral)
    commit_table(state.resting)
    commit_table(state.protections)
    commit_table(state.auctions)
    commit_table(state.keys)
    commit_table(state.orders)
    commit_table(state.levels)
    commit_table(state.instruments)
    commit_table(state.markets)
    commit_table(state.feeds)
    commit_table(state.reporters)
    commit_table(state.models)
    commit_table(state.scenarios)
    commit_table(state.messages)


@kernel
def sweep(state: State) -> None:
    """Close the batch: no row is dirty any more."""
    sweep_table(state.system)
    sweep_table(state.parameters)
    sweep_table(state.accounts)
    sweep_table(state.holdings)
    sweep_table(state.collateral)
    sweep_table(state.resting)
    sweep_table(state.protections)
    sweep_table(state.auctions)
    sweep_table(state.keys)
    sweep_table(state.orders)
    sweep_table(state.levels)
    sweep_table(state.instruments)
    sweep_table(state.markets)
    sweep_table(state.feeds)
    sweep_table(state.reporters)
    sweep_table(state.models)
    sweep_table(state.scenarios)
    sweep_table(state.messages)
