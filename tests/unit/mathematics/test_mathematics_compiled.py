"""The compiled kernels of mathematics give the plain ones' results, on any processor."""

import runpy
from pathlib import Path

import pytest

from tests import processors
from tests.processors import LEVELS, NUMPY_LEVELS, can_run, run_script

SCRIPT = Path(__file__).with_name("compiled_kernels.py")


@pytest.fixture(scope="module")
def kernels():
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def plain_results(kernels):
    return kernels["run"](lambda function, _count: getattr(function, "__wrapped__", function))


def test_plain_and_compiled_agree_on_160_000_arguments(kernels, plain_results):
    assert len(plain_results) == 240_600
    assert run_script(SCRIPT) == [kernels["digest"](plain_results)]


@pytest.mark.long
@pytest.mark.parametrize("level", LEVELS)
def test_processors_with_fewer_instructions_agree(kernels, plain_results, level):
    if not can_run(level):
        pytest.skip(f"this processor has not all instructions of {level}")
    assert run_script(SCRIPT, level=level) == [kernels["digest"](plain_results)]


@pytest.mark.parametrize("level", LEVELS)
def test_the_settings_make_a_processor_of_that_level(level):
    if not can_run(level):
        pytest.skip(f"this processor has not all instructions of {level}")
    name, highest = LEVELS[level]
    found, *numpy_levels = run_script(Path(processors.__file__), level=level)
    assert found == name
    assert numpy_levels == NUMPY_LEVELS[: NUMPY_LEVELS.index(highest) + 1 if highest else 0]


def test_a_setting_that_numpy_does_not_know_is_noticed(monkeypatch):
    monkeypatch.setattr(processors, "NUMPY_LEVELS", ["AVX_OF_TOMORROW"])
    with pytest.raises(AssertionError, match="AVX_OF_TOMORROW"):
        run_script(Path(processors.__file__), level="generic")
