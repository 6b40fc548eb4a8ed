"""The transition as machine code gives the plain machine's receipts and roots on any processor."""

from pathlib import Path

import pytest

from rollup.transition.machine import PlainMachine
from tests.processors import LEVELS, can_run, run_script
from tests.unit.transition.compiled_digest import digest

SCRIPT = Path(__file__).with_name("compiled_digest.py")


@pytest.fixture(scope="module")
def plain():
    return digest(PlainMachine())


@pytest.mark.long
@pytest.mark.parametrize("level", LEVELS)
def test_processors_with_fewer_instructions_reach_the_same_roots(plain, level, tmp_path):
    if not can_run(level):
        pytest.skip(f"this processor has not all instructions of {level}")
    assert run_script(SCRIPT, str(tmp_path), level=level) == [plain]
