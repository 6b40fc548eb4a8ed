"""`optroll margin`: a file becomes healths and terms that add up to them; what is wrong with a file is said in a sentence."""

import json
from decimal import Decimal

import pytest

from rollup import cli
from rollup.commands.margin import MODELS
from rollup.core.margin_parameters import AevoParameters, DeribitParameters, PortfolioParameters, StandardParameters
from rollup.market.margin import Model
from rollup.portfolio.portfolio import entry_name

NOW_S = 1_740_000_000
EXPIRY = "20250328"
SURFACE = {"a": "0.01", "b": "0.05", "rho": "-0.5", "m": "-0.05", "sigma": "0.1", "forward": "2700", "tenor": 2_592_000}
PORTFOLIO = {
    "format": "optroll/portfolio/1",
    "time": NOW_S,
    "cash": "1000",
    "stable": {"price": "0.98"},
    "markets": [
        {
            "symbol": "ETH",
            "spot": {"price": "2700", "confidence": "0.5"},
            "perpetual": {"price": "2701"},
            "expiries": [{"expiry": EXPIRY, "forward": {"price": "2705.5"}, "rate": "0.05", "surface": SURFACE}],
        },
        {"symbol": "BTC", "spot": {"price": "96000"}},
    ],
    "assets": [
        {
            "symbol": "WEETH", "quote": {"price": "2800"}, "market": "ETH", "cancels_risk": True, "factor": "0.8", "initial_scale": "0.9",
            "maintenance_haircut": "0.05", "initial_haircut": "0.1",
        },
    ],
    "positions": [
        {"instrument": f"ETH-{EXPIRY}-2700-C", "quantity": "-2"},
        {"instrument": f"ETH-{EXPIRY}-3000-C", "quantity": "2"},
        {"instrument": f"ETH-{EXPIRY}-2500-P", "quantity": "-1.5"},
        {"instrument": f"ETH-{EXPIRY}", "quantity": "0.5", "entry": "2600"},
        {"instrument": "ETH-PERPETUAL", "quantity": "-1", "pnl": "12.5", "funding": "-0.25"},
        {"instrument": "BTC-PERPETUAL", "quantity": "0.1"},
        {"asset": "WEETH", "quantity": "3"},
    ],
}  # fmt: skip


@pytest.fixture
def run(capsys, tmp_path):
    """Run the command on a document, or on a text; its exit status and what it printed."""

    def made(document, *arguments):
        path = tmp_path / "portfolio.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        with pytest.raises(SystemExit) as stop:
            cli.main(["margin", str(path), *arguments])
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return made


def explained(run, document, model):
    status, out, _ = run(document, "--model", model, "--format", "json")
    assert status == 0
    return json.loads(out)


def total(rows, name):
    return sum(Decimal(row[name]) for row in rows)


@pytest.mark.parametrize("model", MODELS)
def test_terms_add_up_to_healths(run, model):
    found = explained(run, PORTFOLIO, model)
    for name in ("initial", "maintenance"):
        assert total(found["terms"], name) == Decimal(found[name])
    assert found["model"] == model.replace("-", "_")
    assert Decimal(found["collateral"]) == Decimal(3) * 2800 / Decimal("0.98") // Decimal("1e-8") * Decimal("1e-8")
    assert [row["instrument"] for row in found["positions"]] == [
        "ETH-PERPETUAL", f"ETH-{EXPIRY}", f"ETH-{EXPIRY}-2500-P", f"ETH-{EXPIRY}-2700-C", f"ETH-{EXPIRY}-3000-C", "BTC-PERPETUAL",
    ]  # fmt: skip
    # Cash is the file's, with profits, less what the outrights cost.
    worth = total(found["positions"], "worth")
    outrights = sum(Decimal(row["worth"]) for row in found["positions"] if row["instrument"][-2:] not in {"-C", "-P"})
    profit = Decimal("0.5") * (Decimal("2705.5") - 2600) + Decimal("12.25")
    assert Decimal(found["mark_to_market"]) == 1000 + profit + worth - outrights


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("strain", ["0.75", "12"])
def test_strain_asks_for_the_buffer_once_more_and_says_so(run, model, strain):
    calm, found = explained(run, PORTFOLIO, model), explained(run, {**PORTFOLIO, "strain": strain}, model)
    asked = (Decimal(calm["maintenance"]) - Decimal(calm["initial"])) * Decimal(strain)
    assert (Decimal(found["maintenance"]), total(found["terms"], "initial")) == (Decimal(calm["maintenance"]), Decimal(found["initial"]))
    assert 0 <= Decimal(calm["initial"]) - asked - Decimal(found["initial"]) < Decimal("1e-8")
    assert [Decimal(row["initial"]) < 0 for row in found["terms"] if row["term"] == "strain"] == [asked > 0] * (asked > 0)
    assert [row for row in found["terms"] if row["term"] != "strain"] == calm["terms"]


def test_strain_has_a_bound(run):
    status, _, error = run({**PORTFOLIO, "strain": "12.1"})
    assert status != 0
    assert "strain" in error


def test_every_model_has_a_name_of_its_own():
    assert sorted(MODELS.values()) == sorted(Model)


def test_standard_is_the_models_default(run):
    _, out, _ = run(PORTFOLIO, "--format", "json")
    assert json.loads(out) == explained(run, PORTFOLIO, "standard")


def test_margins_of_positions_add_up_to_their_term(run):
    for model, count in (("standard", 3), ("isolated", 6), ("deribit-standard", 6)):
        found = explained(run, PORTFOLIO, model)
        positions = next(row for row in found["terms"] if row["term"] == "positions")
        assert len(found["margins"]) == count
        assert (total(found["margins"], "initial"), total(found["margins"], "maintenance")) == (
            Decimal(positions["initial"]),
            Decimal(positions["maintenance"]),
        )


def test_the_worst_scenario_is_shown(run):
    for model, count in (("portfolio", 33), ("aevo-portfolio", 15)):
        found = explained(run, PORTFOLIO, model)
        for market in ("ETH", "BTC"):
            rows = [row for row in found["scenarios"] if row["market"] == market]
            worst = min(rows, key=lambda row: Decimal(row["gain"]))
            assert len(rows) == count
            assert [row for row in rows if row["worst"]] == [worst]
            assert Decimal(worst["gain"]) < 0
    markets = {row["market"]: row for row in explained(run, PORTFOLIO, "portfolio")["markets"]}
    # The linear part: a perpetual short at its mark, half a future, and 3 WEETH, in cash that is worth 0.98.
    outrights = Decimal("2705.5") / 2 - 2701
    assert abs(Decimal(markets["ETH"]["moves_with_spot"]) - (Decimal(3 * 2800) / Decimal("0.98") + outrights)) <= Decimal("1e-7")
    assert markets["BTC"]["moves_with_spot"] == "9600"
    # 18 % down, and 3 % of the notional as a contingency.
    assert (markets["BTC"]["worst_loss"], markets["BTC"]["contingency"], markets["BTC"]["initial_contingency"]) == ("-1728", "288", "96")


def test_people_see_cents_and_the_worst_scenario(run):
    status, out, _ = run(PORTFOLIO, "--model", "portfolio")
    assert status == 0
    for cell in ("mark to market", "ETH-PERPETUAL", "-1,728.00", "0.34", "linear", "contingencies"):
        assert cell in out
    assert out.count("worst ") >= 2


def test_what_cannot_be_valued_is_hopeless(run):
    held = [{"instrument": f"ETH-{EXPIRY}-2700-C", "quantity": "-1099511"}]
    markets = [{**PORTFOLIO["markets"][0], "spot": {"price": "1400000"}}]
    huge = {**PORTFOLIO, "markets": markets, "assets": [], "positions": held}
    for model in MODELS:
        status, out, _ = run(huge, "--model", model)
        assert status == 0
        assert "hopeless" in out, model
        assert "terms" not in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON document"),
        ("[]", "portfolio"),
        (json.dumps({**PORTFOLIO, "time": "1.5e400"}), "portfolio.time"),
        (json.dumps({**PORTFOLIO, "positions": [{"instrument": "ETH-PERP", "quantity": 1}]}), "portfolio.positions[0].instrument"),
        (json.dumps({**PORTFOLIO, "positions": [{"asset": "WEETH", "quantity": "-1"}]}), "WEETH"),
        (
            json.dumps({**PORTFOLIO, "cash": "11529215046", "positions": [{"instrument": "BTC-PERPETUAL", "quantity": "-9"}]}),
            "portfolio.cash",
        ),
        (json.dumps({**PORTFOLIO, "parameters": {"portfolio": {"imfactor": 1}}}), "imfactor"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_sentence(run, text, said):
    status, out, err = run(text)
    assert (status, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_no_text_or_not_there(run, tmp_path, capsys):
    (tmp_path / "bytes.json").write_bytes(b"\xff{}")
    for name, said in (("bytes.json", "is no text"), ("none.json", "none.json")):
        with pytest.raises(SystemExit) as stop:
            cli.main(["margin", str(tmp_path / name)])
        assert stop.value.code == 1
        assert said in capsys.readouterr().err


ROOMS = {
    "standard": ("standard", StandardParameters), "portfolio": ("portfolio", PortfolioParameters),
    "deribit_standard": ("deribit-standard", DeribitParameters), "aevo_portfolio": ("aevo-portfolio", AevoParameters),
}  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_no_parameter_makes_it_fail(run, room):
    """Whatever a file may say of a parameter, alone or with all others, gives a margin or a sentence."""
    model, parameters = ROOMS[room]
    names = [entry_name(name) for name in parameters.__dataclass_fields__ if name != "scenarios"]
    sets = [{name: "0"} for name in names] + [dict.fromkeys(names, value) for value in ("1e-9", "17", "-17", "1000")]
    for given in sets:
        status, _, err = run({**PORTFOLIO, "parameters": {room: given}}, "--model", model)
        assert (status, len(err.splitlines())) in {(0, 0), (1, 1)}, given
