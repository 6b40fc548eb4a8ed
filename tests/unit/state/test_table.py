import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.state.layout import SECTIONS
from rollup.state.limits import SAVES, TOUCHES
from rollup.state.plain import FrozenRowError, Rows, plain_state, plain_table
from rollup.state.rows import DEPTHS, DTYPES
from rollup.state.table import (
    CHANGED,
    DIRTY_FROM,
    LOGGED,
    SAVED,
    STALED,
    TOUCHED_FROM,
    commit,
    faulted,
    read,
    refresh_table,
    revert,
    sweep,
    write,
)

operations = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 5)),
        st.tuples(st.just("write"), st.integers(0, 5), st.integers(-9, 9)),
        st.sampled_from([("revert",), ("commit",), ("sweep",), ("refresh",)]),
    ),
    max_size=60,
)


class Model:
    """What tables should do, said with dictionaries."""

    def __init__(self):
        self.before_batch, self.before_step, self.now = {}, {}, {}
        self.touched, self.written, self.dirty, self.stale = set(), set(), set(), set()

    def read(self, index):
        self.touched.add(index)

    def write(self, index, value):
        self.touched.add(index)
        self.written.add(index)
        self.now[index] = value

    def revert(self):
        self.now, self.written = dict(self.before_step), set()

    def commit(self):
        for index in self.written - self.dirty:
            self.before_batch[index] = self.before_step.get(index, 0)
        self.dirty |= self.written
        self.stale |= self.written
        self.before_step = dict(self.now)
        self.touched, self.written = set(), set()

    def sweep(self):
        self.before_batch, self.dirty = {}, set()

    def refresh(self):
        self.stale = set()


def run(state, model, operation, *arguments):
    table = state.orders
    if operation == "read":
        assert read(table, arguments[0]).quantity_e6 == model.now.get(arguments[0], 0)
    elif operation == "write":
        write(table, arguments[0]).quantity_e6 = arguments[1]
    elif operation == "refresh":
        refresh_table(table)
    else:
        {"revert": revert, "commit": commit, "sweep": sweep}[operation](state)
    getattr(model, operation)(*arguments)


def listed(table, counter, start):
    slots = [table.log[start + i] for i in range(table.log[counter])]
    assert len(slots) == len(set(slots))
    return set(slots)


@given(operations)
@settings(deadline=None)
def test_a_table_keeps_its_books(steps):
    state, model = plain_state(), Model()
    table = state.orders
    for operation in steps:
        if operation[0] in {"sweep", "refresh"} and model.touched:
            continue  # These come between steps.
        run(state, model, *operation)
        assert {i: table.rows[i].quantity_e6 for i in range(6)} == {i: model.now.get(i, 0) for i in range(6)}
        assert listed(table, LOGGED, TOUCHED_FROM) == model.touched
        assert listed(table, CHANGED, DIRTY_FROM) == model.dirty
        assert listed(table, STALED, DIRTY_FROM + len(table.mark)) == model.stale
        images = len(table.mark) + SAVES
        before = {table.log[DIRTY_FROM + i]: table.rows[images + i].quantity_e6 for i in range(table.log[CHANGED])}
        assert before == model.before_batch


def test_a_row_that_was_only_read_cannot_be_changed():
    state = plain_state()
    row = read(state.accounts, 3)
    with pytest.raises(FrozenRowError):
        row.cash_e8 = 1
    with pytest.raises(FrozenRowError):
        row.owner[0] = 1
    write(state.accounts, 3).cash_e8 = 1
    assert row.cash_e8 == 1, "one row, however it was reached"
    row.owner[0] = 1
    revert(state)
    assert not any(row.words())
    with pytest.raises(FrozenRowError):
        row.cash_e8 = 1


def test_a_row_is_frozen_again_when_the_step_is_over():
    state = plain_state()
    row = write(state.accounts, 3)
    commit(state)
    with pytest.raises(FrozenRowError):
        row.cash_e8 = 1
    with pytest.raises(FrozenRowError):
        row.owner[1] = 1


@pytest.mark.parametrize("section", [name for name, _, _ in SECTIONS])
@pytest.mark.parametrize("access", [read, write])
def test_an_index_outside_of_a_section_is_a_fault(section, access):
    state = plain_state()
    table = getattr(state, section)
    access(table, 0)
    access(table, (1 << DEPTHS[section]) - 1)
    assert not faulted(state)
    for index in (-1, 1 << DEPTHS[section]):
        access(table, index)
        assert faulted(state)
        revert(state)
        commit(state)
        assert not faulted(state)


def test_a_step_goes_on_behind_a_fault():
    state = plain_state()
    row = write(state.accounts, -1)
    row.cash_e8 = 5
    row.owner[0] = 5
    assert read(state.accounts, 1 << 50).cash_e8 == 5
    assert faulted(state)
    revert(state)
    assert row.cash_e8 == 0


def test_too_many_writes_are_a_fault():
    state = plain_state()
    for index in range(SAVES):
        write(state.orders, index).level = 1
    assert not faulted(state)
    write(state.orders, SAVES).level = 1
    assert faulted(state)
    assert state.orders.rows[SAVES].level == 0
    revert(state)
    assert not any(state.orders.rows[index].level for index in range(SAVES + 1))


def test_too_many_touches_are_a_fault():
    state = plain_state()
    for index in range(TOUCHES):
        read(state.orders, index)
    assert not faulted(state)
    read(state.orders, TOUCHES)
    assert faulted(state)


def test_a_table_of_some_rows_finds_them_by_their_keys():
    table = plain_table(Rows(DTYPES["orders"], 3), (2, 5, 900))
    for slot, index in enumerate((2, 5, 900)):
        write(table, index).level = index
        assert table.rows[slot].level == index
    assert table.log[SAVED] == 3
    for index in (-1, 0, 1, 3, 901, 1 << 40):
        assert read(table, index).level == 0
