"""The measurement of Greeks: whoever is installed gives the same numbers, whoever is not is named, and whoever errs is found out."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from bench import greeks
from bench.greeks import OURS, UNITS, Plan, SidesDisagree, chain, difference, measure, sides_of
from bench.report import greek_rows
from rollup import cli
from rollup.bulk_greeks import PLAIN, BulkGreeks
from rollup.commands import bench


@pytest.fixture
def cache(request):
    return Path(request.config.cache.mkdir("machine-code"))


def test_every_side_that_is_installed_is_measured_and_the_others_are_named(cache):
    said = []
    found = measure(Plan(300, cache, rounds=1, singles=20), said.append)
    installed = [package for package in greeks.PEERS if find_spec(package)]
    assert found["not_installed"] == [package for package in greeks.PEERS if package not in installed]
    assert len(found["us_an_option"]) == 3 + len(installed)
    assert found["us_an_option"].keys() == found["ratio_to_bulk"].keys() == found["worst_difference"].keys()
    assert found["ratio_to_bulk"][OURS] == 1.0
    assert min(found["us_an_option"].values()) > 0
    assert "round 1 of 1" in said
    assert [row[0] for row in greek_rows(found)] == list(found["us_an_option"])


def test_without_any_other_library_ours_is_measured_alone(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(greeks, "import_module", absent)
    sides, missing = sides_of(PLAIN)
    assert (len(sides), missing) == (3, list(greeks.PEERS))


def test_the_options_are_a_chain_and_the_same_every_time():
    options = chain(200)
    assert np.array_equal(options, chain(200))
    assert (options[:, 0] / options[:, 1]).min() > 0.49
    assert (options[:, 0] / options[:, 1]).max() < 2.1
    assert set(options[:, 4].tolist()) == {1, 2}


@pytest.mark.parametrize("column", range(5))
def test_a_side_that_computes_something_else_is_found_out(column):
    options = chain(50)
    right = PLAIN.greeks(options) / UNITS

    def wrong(given):
        numbers = right[: len(given)].copy()
        numbers[17, column] *= 1.00002
        numbers[17, column] += 20 / UNITS[column]
        return numbers

    assert difference("right", lambda given: right, options, PLAIN)["price"] == 0
    with pytest.raises(SidesDisagree, match=f"{greeks.NAMES[column]} of the option .* by somebody: received"):
        difference("somebody", wrong, options, PLAIN)


def test_a_side_that_gives_no_number_is_found_out():
    options = chain(5)
    with pytest.raises(SidesDisagree):
        difference("nobody", lambda given: np.full((5, 5), np.nan), options, BulkGreeks(PLAIN.greeks, PLAIN.implied_vols))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["greeks", "--batch", "100"], "--batch means nothing to greeks."),
        (["--options", "100"], "--options means nothing to throughput."),
        (["nothing"], "'nothing' is not one of 'throughput', 'greeks', 'margin', 'market-day'."),
    ],
)
def test_what_means_nothing_to_a_measurement_is_wrong_usage(capsys, arguments, sentence):
    with pytest.raises(SystemExit) as stop:
        cli.main(["bench", "run", *arguments])
    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err


def test_each_measurement_takes_the_options_that_it_lists():
    parameters = {parameter.name for parameter in bench.run.params}
    for each in bench.BENCHES.values():
        assert each.takes <= parameters


def test_the_table_says_what_is_missing(capsys):
    bench.show_greeks(
        {
            "us_an_option": {OURS: 0.2}, "ratio_to_bulk": {OURS: 1.0}, "worst_difference": {OURS: {"price": 0.0}},
            "options": 5, "rounds": 1, "not_installed": ["QuantLib", "vollib"],
        }
    )  # fmt: skip
    shown = capsys.readouterr().out
    assert "Not installed, so not measured: QuantLib, vollib. `just bench-peers` installs them." in shown
