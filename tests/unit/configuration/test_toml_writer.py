"""What is written as TOML is read back as it was."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollup.toml_writer import toml_text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts
values = plain | st.lists(plain, max_size=3)
tables = st.recursive(
    st.dictionaries(texts, values, max_size=3),
    lambda inner: st.dictionaries(texts, values | inner | st.lists(inner, min_size=1, max_size=2), max_size=3),
    max_leaves=6,
)


@given(tables)
def test_what_is_written_is_read_back(document):
    assert tomllib.loads(toml_text(document)) == document


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), b"x", [{"a": 1}, 2]])
def test_what_toml_cannot_say_is_refused(value):
    with pytest.raises(TypeError, match="TOML cannot say"):
        toml_text({"a": value})
