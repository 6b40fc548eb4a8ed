"""The signing guard: of two bodies that L1 could both take, one is signed, for ever."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollup.signing_guard import Promise, SigningGuard, SigningRefused
from rollup.store import LevelStore

NOW_S = 1_000
"""The oldest time that L1 takes, unless a test says otherwise."""


def asked(digest, index=7, *, parent=b"P", queue=b"Q", time_s=NOW_S):
    return Promise(index, parent * 32, queue * 32, digest * 32, time_s)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "guard"


@pytest.fixture
def guard(place):
    guard = SigningGuard(LevelStore(place))
    yield guard
    guard.close()


def test_a_second_body_in_a_context_is_refused_and_the_same_body_is_not(guard):
    guard.promise(asked(b"a"), NOW_S)
    guard.promise(asked(b"a"), NOW_S)
    with pytest.raises(SigningRefused) as refusal:
        guard.promise(asked(b"b"), NOW_S)
    assert (refusal.value.index, refusal.value.asked, refusal.value.signed) == (7, b"b" * 32, b"a" * 32)
    guard.promise(asked(b"a"), NOW_S)


@pytest.mark.parametrize("change", [{"index": 6}, {"index": 8}, {"parent": b"p"}, {"queue": b"q"}])
def test_another_context_is_free_even_below_the_highest_index(guard, change):
    guard.promise(asked(b"a"), NOW_S)
    guard.promise(asked(b"b", **change), NOW_S)
    for digest, where in ((b"b", {}), (b"a", change)):
        with pytest.raises(SigningRefused):
            guard.promise(asked(digest, **where), NOW_S)


def test_a_body_that_is_too_old_for_l1_stands_in_nobodys_way(guard):
    guard.promise(asked(b"a", time_s=NOW_S), NOW_S)
    with pytest.raises(SigningRefused):
        guard.promise(asked(b"b", time_s=NOW_S + 50), NOW_S)
    guard.promise(asked(b"b", time_s=NOW_S + 50), NOW_S + 1)
    with pytest.raises(SigningRefused) as refusal:
        guard.promise(asked(b"a"), NOW_S + 1)
    assert refusal.value.signed == b"b" * 32
    guard.promise(asked(b"c", time_s=NOW_S + 90), NOW_S + 51)
    for digest in (b"a", b"b"):
        with pytest.raises(SigningRefused):
            guard.promise(asked(digest), NOW_S)


def test_a_body_that_is_far_ahead_of_an_l1_that_went_back_stands_in_nobodys_way(guard):
    guard.promise(asked(b"a", time_s=NOW_S + 9), NOW_S)
    with pytest.raises(SigningRefused):
        guard.promise(asked(b"b", time_s=NOW_S), NOW_S - 9, NOW_S + 9)
    guard.promise(asked(b"b", time_s=NOW_S), NOW_S - 9, NOW_S + 8)


def test_it_remembers_after_a_restart(place):
    for index in range(3):
        guard = SigningGuard(LevelStore(place))
        guard.promise(asked(bytes([index]), index), NOW_S)
        guard.close()
    guard = SigningGuard(LevelStore(place))
    for index in range(3):
        guard.promise(asked(bytes([index]), index), NOW_S)
        with pytest.raises(SigningRefused):
            guard.promise(asked(b"x", index), NOW_S)
    guard.close()


REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([b"P", b"p"]),
        st.sampled_from([b"Q", b"q"]),
        st.sampled_from([b"a", b"b", b"c"]),
        st.integers(0, 4),
    ),
    max_size=16,
)


@given(REQUESTS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_two_bodies_that_l1_could_both_take_are_ever_promised(tmp_path_factory, requests):
    """Time only goes on: each request is made when L1 takes what is at most two seconds old."""
    guard = SigningGuard(LevelStore(tmp_path_factory.mktemp("guard")))
    signed, now_s = {}, NOW_S
    for index, parent, queue, digest, pause_s in requests:
        now_s += pause_s
        live = signed.setdefault((index, parent, queue), {})
        wanted = asked(digest, index, parent=parent, queue=queue, time_s=live.get(digest, now_s))
        others = {other for other, time_s in live.items() if time_s >= now_s - 2 and other != digest}
        if others:
            with pytest.raises(SigningRefused) as refusal:
                guard.promise(wanted, now_s - 2)
            assert refusal.value.signed[:1] in others
        else:
            guard.promise(wanted, now_s - 2)
            live.setdefault(digest, now_s)
    guard.close()
