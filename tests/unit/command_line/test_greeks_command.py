"""`optroll greeks`: what is asked for, and how people see the answer."""

import json

import pytest

from rollup import cli
from rollup.commands import greeks
from rollup.commands.greeks import selection, show
from rollup.core.transport import RpcError

ROW = {
    "instrument": "BTC-20261225-100000-C", "mark_e8": 123_456_789_012, "delta_e9": 523_456_789, "gamma_e12": 12_345_678,
    "vega_e8": 1_234_567_890_123, "theta_e8": -12_345_678, "vol_e9": 512_345_678, "forward_e8": 10**13, "seconds": 86_400,
    "bid_e8": 120_000_000_000, "ask_e8": None, "bid_vol_e9": 499_000_000, "ask_vol_e9": None, "seen_s": 1_700_000_000, "stale": False,
}  # fmt: skip
TOTALS = {"value_e8": 5 * 10**8, "delta_e9": -1_500_000_000, "gamma_e12": 0, "vega_e8": 10**10, "theta_e8": 0}
ACCOUNT = {
    "time_s": 1_700_000_000,
    "instruments": [{**ROW, "quantity_e6": -1_500_000, "stale": True}],
    "totals": {"markets": {"BTC": TOTALS}, "unvalued": []},
}


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("12", {"account": 12}),
        ("BTC-20261225-100000-C", {"instrument": "BTC-20261225-100000-C"}),
        ("BTC-PERPETUAL", {"instrument": "BTC-PERPETUAL"}),
        ("BTC-20261225", {"expiry": "BTC-20261225"}),
        ("BTC-25DEC26", {"expiry": "BTC-25DEC26"}),
    ],
)
def test_what_is_asked_for(what, found):
    assert selection(what) == found


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        cli.main(["greeks", *arguments])
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


@pytest.mark.parametrize("what", ["BTC", "BTC-20261399", "１２", "-1", "1.5", "0x12", ""])
def test_what_is_no_name_and_no_number_is_wrong_usage(capsys, what):
    status, out, err = run(capsys, "--", what)
    assert (status, out) == (2, "")
    assert "no instrument, no expiry as BTC-20261225, and no account's number" in err


def test_an_instrument_is_a_row_in_dollars_and_per_cent(capsys):
    show({"time_s": 1_700_000_000, "instruments": [ROW]})
    shown = capsys.readouterr().out
    for cell in ("BTC-20261225-100000-C", "1,234.57", "51.23 %", "0.5235", "1.235e-05", "123.4568", "-0.12345678", "1,200.00", "49.90 %"):
        assert cell in shown
    assert "Quantity" not in shown
    assert "stale" not in shown


def test_an_account_has_quantities_totals_and_a_word_on_stale_feeds(capsys):
    show(ACCOUNT)
    shown = capsys.readouterr().out
    for cell in ("Quantity", "-1.5", "together", "5.00", "-1.5000", "1.0000", "stale feeds  BTC-20261225-100000-C"):
        assert cell in shown


def test_an_account_that_holds_nothing_says_so(capsys):
    show({"time_s": 1, "instruments": [], "totals": {"markets": {}, "unvalued": []}})
    assert "holds nothing" in capsys.readouterr().out


@pytest.fixture
def answers(monkeypatch):
    """Let a sequencer answer, and note what it was asked."""
    asked = []

    def answered(answer):
        def ask(role, url, directory, method, params):
            asked.append((role, url, method, params))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(greeks, "ask", ask)
        return asked

    return answered


def test_json_is_the_answer_as_it_came(capsys, answers):
    asked = answers(ACCOUNT)
    status, out, err = run(capsys, "7", "--rpc", "http://127.0.0.1:9545", "--format", "json")
    assert (status, json.loads(out), err) == (0, ACCOUNT, "")
    assert asked == [("sequencer", "http://127.0.0.1:9545", "optroll_getGreeks", [{"account": 7}])]


def test_an_account_that_there_is_not_and_a_refusal_are_sentences(capsys, answers):
    answers(None)
    assert run(capsys, "7") == (1, "", "optroll: There is no account 7.\n")
    answers(RpcError(-32602, "nothing expires at BTC-20991225"))
    status, out, err = run(capsys, "BTC-20991225")
    assert (status, out) == (1, "")
    assert "nothing expires at BTC-20991225" in err
