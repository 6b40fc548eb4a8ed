"""The tree of price levels against a sorted set."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rollup.audit.whole.book import check_free, walk
from rollup.market.levels import add_level, best_level, drop_level, highest_bit, level_key
from rollup.market.terms import BUY, SELL
from rollup.state.limits import LEVEL_BITS, TICK_MAX
from rollup.state.plain import plain_state
from rollup.state.table import commit, read

KEYS = st.one_of(st.integers(1, TICK_MAX - 1), st.integers(1, 40), st.sampled_from([1 << bit for bit in range(LEVEL_BITS)]))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([BUY, SELL]), KEYS, st.booleans()), max_size=120))
def test_tree_is_a_sorted_set(actions):
    state = plain_state()
    model = {BUY: {}, SELL: {}}
    for side, key, wanted in actions:
        if wanted:
            level = add_level(state, 1, side, key)
            assert model[side].setdefault(key, level) == level
        elif key in model[side]:
            drop_level(state, 1, side, key)
            del model[side][key]
        commit(state)
        nodes = set()
        for each, known in model.items():
            assert [row.key for row in walk(state, state.instruments.rows[1].book[each], nodes)] == sorted(known)
            best = best_level(state, 1, each)
            assert best == (known[min(known)] if known else 0)
        commit(state)
        used = state.system.rows[0].levels
        assert len(nodes) == sum(max(2 * len(known) - 1, 0) for known in model.values())
        check_free(state.levels.rows, state.system.rows[0].level_free, "zero", set(range(1, used + 1)) - nodes)


def test_deepest_tree_is_found_and_taken_apart():
    """Keys 2^k share no more than their leading zeros: every bit has a branch."""
    state = plain_state()
    keys = [1 << bit for bit in range(LEVEL_BITS)]
    for key in keys:
        add_level(state, 1, SELL, key)
        commit(state)
    for key in keys:
        assert read(state.levels, best_level(state, 1, SELL)).key == key
        drop_level(state, 1, SELL, key)
        commit(state)
    assert best_level(state, 1, SELL) == 0


@given(st.integers(1, (1 << 32) - 1))
def test_highest_bit(x):
    assert highest_bit(x) == x.bit_length() - 1


@given(st.integers(1, TICK_MAX - 1), st.integers(1, TICK_MAX - 1))
def test_lower_key_is_better_price(one, other):
    assert (level_key(SELL, one) < level_key(SELL, other)) == (one < other)
    assert (level_key(BUY, one) < level_key(BUY, other)) == (one > other)
    assert 0 < level_key(BUY, one) < TICK_MAX
