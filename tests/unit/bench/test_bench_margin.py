"""The measurement of portfolio margin: a full account of the right shape, and a check that machine code and plain kernel agree on it."""

from pathlib import Path

import pytest

from bench import margin
from bench.margin import HealthDiffers, Plan, account_of, measure, plain_health
from bench.report import margin_rows
from rollup.state.limits import EXPIRIES, POSITIONS


def order_key(instrument):
    return instrument["market"], instrument["expiry_s"], instrument.get("strike_e8", 0), instrument["option_type"]


@pytest.mark.parametrize("expiries", [1, 8, EXPIRIES])
def test_the_account_is_full_in_order_and_solvent(expiries):
    rows = account_of(expiries)
    keys = [order_key(rows["instruments"][place + 1]) for place in range(POSITIONS)]
    assert keys == sorted(keys)
    assert len({expiry for _, expiry, _, _ in keys}) == expiries
    quantities = [quantity for page in rows["holdings"].values() for quantity in page["quantity_e6"]]
    assert len(quantities) == POSITIONS
    assert all(quantities)
    assert plain_health(rows) > 0


def test_every_number_of_expiries_is_measured_both_ways(request):
    said = []
    found = measure(Plan(Path(request.config.cache.mkdir("machine-code")), (1, 2), rounds=1, checks=20), said.append)
    assert found["kept_us"].keys() == found["scratch_us"].keys() == found["ratio"].keys() == {"1", "2"}
    assert min(found["ratio"].values()) > 0
    assert [row[0] for row in margin_rows(found)] == ["1", "2"]
    assert "round 1 of 1" in said


def test_machine_code_that_finds_another_health_is_not_measured(monkeypatch):
    monkeypatch.setattr(margin, "compiled_loop", lambda *_: lambda _address, _checks, _seconds: 7)
    with pytest.raises(HealthDiffers, match="initial health over 1 expiries: received 7"):
        measure(Plan(Path(), (1,)), lambda _: None)
