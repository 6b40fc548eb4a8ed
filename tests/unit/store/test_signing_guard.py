"""The signing guard: one body an index, for ever."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollup.signing_guard import SigningGuard, SigningRefused
from rollup.store import LevelStore


@pytest.fixture
def place(tmp_path):
    return tmp_path / "guard"


@pytest.fixture
def guard(place):
    guard = SigningGuard(LevelStore(place))
    yield guard
    guard.close()


def test_a_second_body_for_an_index_is_refused_and_the_same_body_is_not(guard):
    guard.promise(7, b"a" * 32)
    guard.promise(7, b"a" * 32)
    with pytest.raises(SigningRefused) as refusal:
        guard.promise(7, b"b" * 32)
    assert (refusal.value.index, refusal.value.asked, refusal.value.signed) == (7, b"b" * 32, b"a" * 32)
    assert guard.highest == 7


def test_an_index_below_the_highest_that_was_never_recorded_is_refused(guard):
    guard.promise(7, b"a" * 32)
    with pytest.raises(SigningRefused, match="later ones"):
        guard.promise(6, b"a" * 32)


def test_it_remembers_after_a_restart(place):
    for index in range(3):
        guard = SigningGuard(LevelStore(place))
        assert guard.highest == index - 1
        guard.promise(index, bytes([index]) * 32)
        guard.close()
    guard = SigningGuard(LevelStore(place))
    with pytest.raises(SigningRefused):
        guard.promise(1, b"x" * 32)
    guard.close()


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from([b"a" * 32, b"b" * 32])), max_size=12))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_bodies_are_ever_promised_for_one_index(guard, requests):
    base = guard.highest + 1
    promised = {}
    for offset, digest in requests:
        try:
            guard.promise(base + offset, digest)
        except SigningRefused:
            continue
        assert promised.setdefault(offset, digest) == digest
