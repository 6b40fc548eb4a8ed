"""Reports of a volatility surface: medians, what counts where these make no sense, and what follows from a surface."""

from statistics import median_low

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollup.devnet.surfaces import ONE_E12, YEAR_US, flat, smile
from rollup.market.feeds import observe, volatility
from rollup.market.marks import mark_price
from rollup.market.pricing import black76
from rollup.market.surface import surface_is_valid, surface_vol
from rollup.state.table import commit
from rollup.transition.oracle_update import REPORTERS
from rollup.transition.status import Status
from tests.unit.transition.opened_market import E8, EXPIRIES_S, MONEYNESS, START_S, Desk, instrument, reporter, vol_feed
from tests.unit.transition.status_cases import surfaces, wait

NAMES = ("surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "reference_e8", "reference_us")
SIGNED = ("surface_a", "surface_b", "surface_rho", "surface_m", "surface_sigma", "price_e8", "number")
FEED = vol_feed(1, 0)


def desk_of_many() -> Desk:
    desk = Desk()
    desk.edit("system", 0, reporters=REPORTERS)
    for number in range(1, REPORTERS + 1):
        desk.row("reporters", number).set_words([*reporter(number), 1])
    wait(desk, START_S + 5)
    return desk


def stored(desk: Desk) -> tuple[int, ...]:
    row = desk.row("feeds", FEED)
    return tuple(getattr(row, name) for name in NAMES)


def signed(surface: dict[str, int]) -> tuple[int, ...]:
    return tuple(surface[name] for name in SIGNED)


def level(words: tuple[int, ...]) -> int:
    return surface_vol(*words, words[5])


@st.composite
def some_surfaces(draw):
    """Reports by reporters who see about the same, each a valid surface."""
    count = draw(st.integers(2, REPORTERS))
    spread = draw(st.sampled_from([0, 10**7, 10**10, 10**12]))
    made = []
    for _ in range(count):
        fields = smile(draw(st.integers(500_000_000, 700_000_000)), 60_000 * E8, draw(st.integers(6, 9)) * 86_400)
        for name in SIGNED[:5]:
            fields[name] += draw(st.integers(-spread, spread))
        assume(surface_is_valid(*signed(fields)) and level(signed(fields)) > 0)
        made.append(fields)
    return made


@settings(max_examples=80, deadline=None)
@given(some_surfaces())
def test_surface_is_the_medians_or_the_median_report(reports):
    desk = desk_of_many()
    desk.edit("feeds", FEED, timestamp_s=0)
    assert desk.status(*surfaces(desk, *reports)) == Status.OK
    words = list(map(signed, reports))
    medians = tuple(median_low(column) for column in zip(*words, strict=True))
    if surface_is_valid(*medians) and level(medians) > 0:
        assert stored(desk) == medians
    else:
        assert stored(desk) in words
        assert level(stored(desk)) == median_low(map(level, words))
    assert desk.row("feeds", FEED).number == level(stored(desk))


def test_medians_that_are_no_surface_give_way_to_the_median_report():
    """Two surfaces held above zero by a steep slope or a wide bend, and a flat one: their medians have neither."""
    desk = desk_of_many()
    base = {"surface_rho": 0, "surface_m": 0, "price_e8": 60_000 * E8, "number": YEAR_US}
    steep = {**base, "surface_a": -ONE_E12 // 5, "surface_b": ONE_E12, "surface_sigma": ONE_E12 // 4}
    wide = {**base, "surface_a": -ONE_E12 // 5, "surface_b": ONE_E12 // 20, "surface_sigma": 9 * ONE_E12 // 2}
    calm = {**base, "surface_a": ONE_E12 // 3, "surface_b": ONE_E12 // 100, "surface_sigma": ONE_E12 // 10}
    words = [signed(each) for each in (steep, wide, calm)]
    assert [surface_is_valid(*each) for each in words] == [True] * 3
    assert not surface_is_valid(*(median_low(column) for column in zip(*words, strict=True)))
    desk.edit("feeds", FEED, timestamp_s=0)
    assert desk.status(*surfaces(desk, steep, wide, calm)) == Status.OK
    assert stored(desk) == signed(steep)
    assert level(words[1]) < desk.row("feeds", FEED).number == level(words[0]) < level(words[2])


def test_one_reporter_cannot_move_a_number_beyond_the_others():
    honest = smile(600_000_000, 60_000 * E8, 7 * 86_400)
    for name in SIGNED[:4]:
        for wild in (1, -1):
            desk = desk_of_many()
            lie = {**honest, name: honest[name] + wild * ONE_E12 // 10_000}
            assert desk.status(*surfaces(desk, honest, lie, honest)) == Status.OK
            assert stored(desk) == signed(honest)


def test_every_strike_has_its_own_volatility():
    desk = desk_of_many()
    tenor_s = EXPIRIES_S[0] - START_S - 5
    sent = smile(600_000_000, 60_100 * E8, tenor_s)
    assert desk.status(*surfaces(desk, sent, sent, confidence_e9=7)) == Status.OK
    seen = []
    for strike in range(len(MONEYNESS)):
        row = desk.row("instruments", instrument(1, 0, strike, 2))
        spot, forward, vol, confidence, oldest = observe(desk.state, row)
        commit(desk.state)
        assert vol == volatility(desk.state, row) == surface_vol(*signed(sent), row.strike_e8)
        assert (confidence, oldest) == (7, START_S)
        assert mark_price(desk.state, row, forward, vol) == black76(forward, row.strike_e8, vol, tenor_s, 2)
        seen.append(vol)
        assert spot == 60_000 * E8
    commit(desk.state)
    assert seen[0] > seen[1] > seen[2] > 590_000_000
    assert seen[4] > seen[3]
    assert len(set(seen)) == len(MONEYNESS)


def test_volatility_at_the_money_is_what_the_band_holds():
    desk = desk_of_many()
    steep = {**flat(600_000_000, 60_000 * E8), "surface_b": ONE_E12 // 10}
    steep["surface_a"] -= ONE_E12 // 10
    assert desk.status(*surfaces(desk, steep, steep)) == Status.OK
    assert desk.row("feeds", FEED).number == 600_000_000
    wait(desk, START_S + 9)
    assert desk.status(*surfaces(desk, *[flat(479_999_999, 60_000 * E8)] * 2)) == Status.ORACLE_BAND
    assert desk.status(*surfaces(desk, *[flat(480_000_000, 60_000 * E8)] * 2)) == Status.OK


def test_flat_and_smile_are_surfaces_at_any_level():
    for vol in (1_000_000, 10_000_000, 600_000_000, 3_000_000_000):
        for tenor_s in (1, 60, 86_400, 365 * 86_400):
            for fields in (flat(vol, 60_000 * E8), smile(vol, 60_000 * E8, tenor_s)):
                assert surface_is_valid(*signed(fields))
            assert level(signed(flat(vol, 60_000 * E8))) == vol
            if vol >= 600_000_000 and tenor_s >= 86_400:
                assert abs(level(signed(smile(vol, 60_000 * E8, tenor_s))) - vol) < 1000
