"""Names of instruments, dates and addresses."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.address import (
    address_from_words,
    address_words,
    addresses_from_rows,
    parse_address,
    rows_from_addresses,
)
from rollup.core.calendar import DAY_S, civil_from_days, days_from_civil
from rollup.core.errors import AddressInvalid, NameInvalid
from rollup.core.instrument_names import (
    CALL,
    FUTURE,
    PERPETUAL,
    PUT,
    InstrumentName,
    date_from_expiry,
    expiry_from_date,
    format_instrument_alias,
    format_instrument_name,
    parse_instrument_name,
)

SYMBOLS = st.text("ABCXYZ", min_size=1, max_size=8)
EXPIRIES = (
    st.integers(0, 47_000).map(lambda day: 946_684_800 + day * DAY_S - 946_684_800 % DAY_S + 8 * 3600).filter(lambda at: at < 4_102_444_800)
)
NAMES = st.one_of(
    st.builds(InstrumentName, SYMBOLS, EXPIRIES, st.integers(1, 10**16 - 1), st.sampled_from([CALL, PUT])),
    st.builds(InstrumentName, SYMBOLS, EXPIRIES, st.just(0), st.just(FUTURE)),
    st.builds(InstrumentName, SYMBOLS, st.just(0), st.just(0), st.just(PERPETUAL)),
)


@given(NAMES)
def test_names_and_aliases_read_back(name):
    assert parse_instrument_name(format_instrument_name(name)) == name
    assert parse_instrument_name(format_instrument_alias(name)) == name


def test_the_two_spellings():
    name = parse_instrument_name("BTC-20261225-100000-C")
    assert name == InstrumentName("BTC", 1_798_185_600, 100_000 * 10**8, CALL)
    assert format_instrument_alias(name) == "BTC-25DEC26-100000-C"
    assert format_instrument_name(InstrumentName("XRP", name.expiry_s, 50_000_000, PUT)) == "XRP-20261225-0_5-P"
    assert format_instrument_alias(InstrumentName("XRP", name.expiry_s - 20 * DAY_S, 150_000_000, PUT)) == "XRP-5DEC26-1d5-P"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BTC-PERPETUAL", InstrumentName("BTC", 0, 0, PERPETUAL)),
        ("BTC-20261225", InstrumentName("BTC", 1_798_185_600, 0, FUTURE)),
        ("BTC-25DEC26", InstrumentName("BTC", 1_798_185_600, 0, FUTURE)),
    ],
)
def test_names_of_outrights(text, name):
    assert parse_instrument_name(text) == name
    assert text in (format_instrument_name(name), format_instrument_alias(name))


@pytest.mark.parametrize(
    "text",
    [
        "", "BTC", "BTC-20261225-100000", "BTC-perpetual", "BTC-PERPETUAL-C", "-PERPETUAL", "BTC-PERPETUAL\n",
        "BTC-05DEC26", "BTC-20261225-",
        "BTC-20261225-C", "BTC-20261325", "btc-20261225-100000-C", "BTC-20261225-0100000-C", "BTC-20261225-1_50-C", "BTC-20261225-1_-C",
        "BTC-20261325-1-C",
        "BTC-20260229-1-C", "BTC-20261225-1-X", "BTC-25dec26-1-C", "BTC-25XXX26-1-C", "BTC-05DEC26-1-C", "BTC-25DEC26-1_5-C",
        "BTC-20261225-1d5-C",
        "BTC-20261225-100000-C\n", "BTC-２０２６1225-1-C", "TOOLONGNAME-20261225-1-C", "BTC-20261225-123456789-C",
    ],
)  # fmt: skip
def test_no_names(text):
    with pytest.raises(NameInvalid):
        parse_instrument_name(text)


@given(st.dates())
def test_dates_are_the_calendars(date):
    days = (date - dt.date(1970, 1, 1)).days
    assert days_from_civil(date.year, date.month, date.day) == days
    assert civil_from_days(days) == (date.year, date.month, date.day)
    if date.year >= 1000:
        assert date_from_expiry(expiry_from_date(date.strftime("%Y%m%d"))) == date.strftime("%Y%m%d")


@given(st.lists(st.binary(min_size=20, max_size=20), min_size=1, max_size=5))
def test_addresses_as_words(addresses):
    rows = np.array([address_words(address) for address in addresses], np.int64)
    packed = np.frombuffer(b"".join(addresses), np.uint8).reshape(-1, 20)
    assert np.array_equal(rows_from_addresses(packed), rows)
    assert np.array_equal(addresses_from_rows(rows), packed)
    assert [address_from_words(*row) for row in rows.tolist()] == addresses
    assert parse_address("0x" + addresses[0].hex()) == addresses[0]


@pytest.mark.parametrize("text", ["", "0x", "0x12", "11" * 20, "0x" + "zz" * 20, "0x" + "11" * 21, "0X" + "11" * 20])
def test_no_addresses(text):
    with pytest.raises(AddressInvalid):
        parse_address(text)
