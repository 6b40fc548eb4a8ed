"""The delay buffer against a count of blocks, one by one."""

from hypothesis import given
from hypothesis import strategies as st

from rollup.l1.delay_buffer import DelayRules, full

RULES = DelayRules(most=30, threshold=10, recovery=7)


def test_who_is_in_time_keeps_the_whole_bound():
    buffer = full(RULES)
    for now in range(100, 1_000, 13):
        assert buffer.bound(RULES, now) == RULES.most
        buffer = buffer.after(RULES, now - RULES.threshold, now)
    assert buffer.left == 20


def test_lateness_shrinks_the_bound_and_time_mends_it():
    buffer = full(RULES).after(RULES, 100, 115)
    assert buffer.bound(RULES, 115) == 25
    assert [buffer.bound(RULES, 115 + blocks) for blocks in (6, 7, 34, 35, 1_000)] == [25, 26, 29, 30, 30]
    assert full(RULES).after(RULES, 100, 500).bound(RULES, 500) == RULES.threshold
    assert full(RULES).after(RULES, 100, 500).bound(RULES, 507) == RULES.threshold + 1


def test_many_entries_that_wait_together_are_late_once():
    together = full(RULES).after(RULES, 100, 118)
    assert together.after(RULES, 101, 118) == together
    assert together.after(RULES, 103, 119).bound(RULES, 119) == 30 - 9


def test_one_who_is_late_each_time_is_held_to_the_threshold():
    buffer, now = full(RULES), 0
    bounds = []
    for _ in range(12):
        waited = buffer.bound(RULES, now)
        now += waited
        buffer = buffer.after(RULES, now - waited, now)
        bounds.append(waited)
    assert bounds[:2] == [30, 10]
    assert set(bounds[2:]) == {11, 12}


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=30), st.integers(0, 40), st.integers(1, 9), st.integers(0, 40))
def test_it_is_what_a_count_block_by_block_gives(steps, threshold, recovery, more):
    """Against a model that lives through every block: one regained in every `recovery` blocks of not being full, one lost a late block."""
    rules = DelayRules(threshold + more, threshold, recovery)
    buffer, now, late_to = full(rules), 0, 0
    left, since = more, 0
    for gap, waited in steps:
        for _ in range(gap):
            now += 1
            if left == more:
                since = now
            elif now - since == recovery:
                left, since = left + 1, now
        if left == more:
            since = now
        oldest = max(0, now - waited)
        late = [block for block in range(1, now + 1) if block > oldest + threshold and block > late_to]
        late_to = now if late else late_to
        buffer = buffer.after(rules, oldest, now)
        left = max(0, left - len(late))
        assert buffer.left == left
        assert buffer.bound(rules, now) == threshold + left
        assert rules.threshold <= buffer.bound(rules, now + waited) <= rules.most
