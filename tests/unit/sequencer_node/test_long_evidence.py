"""What a caller asks for comes back cut short in an error, however long it was."""

import pytest

from rollup.core.errors import TEXT_MAX
from rollup.core.transport import RpcError
from rollup.transition.machine import PlainMachine
from sequencer.fundings import fundings_view
from sequencer.liquidations import liquidations_view
from sequencer.listings import unsettled_view
from sequencer.looking import book_view
from sequencer.valuing import take_reading

HUGE = 10**4_000
SENTENCE_MAX = TEXT_MAX + 80
"""Longest error: the evidence, and what is said of it."""


@pytest.mark.parametrize("view", [book_view, fundings_view, liquidations_view, unsettled_view])
@pytest.mark.parametrize("asked", [HUGE, -HUGE], ids=["huge", "negative"])
def test_a_huge_number_is_not_sent_back(view, asked):
    check(view, asked)


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        (book_view, "x" * 100_000),
        (take_reading, {"instrument": "x" * 100_000}),
        (take_reading, {"instrument": HUGE}),
        (take_reading, {"expiry": ["x"] * 10_000}),
        (take_reading, {"account": "x" * 100_000}),
    ],
    ids=["book", "instrument", "number", "expiry", "account"],
)
def test_a_long_text_is_not_sent_back(view, asked):
    check(view, asked)


def check(view, asked):
    """It is refused in a short sentence that still has the start of what was asked."""
    with pytest.raises(RpcError) as error:
        view(PlainMachine(), asked)
    assert len(error.value.message) <= SENTENCE_MAX
    assert "…" in error.value.message
