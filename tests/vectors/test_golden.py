"""The golden vectors of Greeks, margins and signed actions: given exactly by the kernels and the wire, and near what is true."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from rollup.bulk_greeks import PLAIN
from rollup.core.instrument_names import CALL, PUT
from rollup.l1.action import action_data, digests
from rollup.l1.envelope import decode_envelope, encode_envelope
from rollup.market.margin import Model
from rollup.state.keccak_bytes import compiled_keccak_many
from rollup.transition.kinds import FIELDS, Kind
from tests.vectors.test_margin_consensus import digits_of_marks, excess

GOLDEN = Path(__file__).with_name("golden")
TYPES = {"call": CALL, "put": PUT}
GREEKS = ("price_e8", "delta_e9", "gamma_e12", "vega_e8", "theta_e8")


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


def golden(name):
    found = json.loads((GOLDEN / f"{name}.json").read_text())
    assert found["format"] == f"optroll/{name}/1"
    return found


@pytest.mark.parametrize("name", ["greeks", "margins", "actions"])
def test_a_golden_file_is_what_its_script_writes(name):
    assert runpy.run_path(str(GOLDEN / f"make_{name}.py"))["encoded"]() == (GOLDEN / f"{name}.json").read_text()


def options_of(cases):
    names = ("forward_e8", "strike_e8", "vol_e9", "seconds")
    return np.array([[*(case[name] for name in names), TYPES[case["option_type"]], case["discount_e9"]] for case in cases], np.int64)


def test_greeks_are_those_of_the_kernel():
    cases = golden("greeks")["cases"]
    assert PLAIN.greeks(options_of(cases)).tolist() == [[case["kernel"][name] for name in GREEKS] for case in cases]
    assert len(cases) == 200


def test_greeks_are_near_the_truth():
    """Within a unit and 1e-9: the stated errors are smaller, and held by the kernel's own tests."""
    for case in golden("greeks")["cases"]:
        for name in GREEKS:
            truth = mpf(case["truth"][name])
            assert abs(case["kernel"][name] - truth) <= 1 + mpf("1e-9") * abs(truth), (name, case)


def test_margins_are_near_the_truth():
    """As near as the consensus is to the oracle anywhere else; portfolio margin's mark-to-market is told by its healths."""
    cases = golden("margins")["cases"]
    for case in cases:
        assert case["models"].keys() == {model.name.lower() for model in Model}
        for model, found in case["models"].items():
            allowed = 0 if model == "portfolio" else digits_of_marks(case["portfolio"])
            for name in ("initial", "maintenance") if model == "portfolio" else ("initial", "maintenance", "mark"):
                assert excess(found[f"{name}_e8"], mpf(found["truth"][name]), allowed) < 1, (model, name, case["portfolio"])
    assert len(cases) == 16


def test_every_signed_kind_has_its_action():
    assert [case["kind"] for case in golden("actions")["cases"]] == [kind.name.lower() for kind in FIELDS]


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.name.lower())
def test_an_action_is_read_signed_and_written_as_it_stands(kind):
    found = golden("actions")
    domain, case = found["domain"], next(each for each in found["cases"] if each["kind"] == kind.name.lower())
    rollup = SimpleNamespace(
        chain=SimpleNamespace(rollup_chain_id=domain["chainId"]), rollup=bytes.fromhex(domain["verifyingContract"][2:])
    )
    records, signatures = decode_envelope(bytes.fromhex(case["envelope"]))
    assert Kind(records["kind"][0]) == kind
    assert action_data(records).hex() == case["data"]
    assert bytes.fromhex(case["signature"]).startswith(signatures.tobytes())
    for hash_many in ((), (compiled_keccak_many,)):
        assert digests(records, rollup, *hash_many).tobytes().hex() == case["digest"]
    whole = np.frombuffer(bytes.fromhex(case["signature"]), np.uint8).reshape(1, 65)
    assert encode_envelope(records, whole).hex() == case["envelope"]
