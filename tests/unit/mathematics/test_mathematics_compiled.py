"""The compiled kernels of mathematics give the plain ones' results, on any processor."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("compiled_kernels.py")
CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def kernels():
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def plain_results(kernels):
    return kernels["run"](lambda function: getattr(function, "__wrapped__", function))


def test_plain_and_compiled_agree_on_150_000_arguments(kernels, plain_results):
    assert len(plain_results) == 150_000
    assert kernels["run"](kernels["build"]) == plain_results


@pytest.mark.long
def test_a_processor_without_vector_extensions_agrees(kernels, plain_results):
    generic = {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 AVX512F",
        "PYTHONPATH": str(CHECKOUT),
    }
    ran = subprocess.run([sys.executable, str(SCRIPT)], env=os.environ | generic, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.strip() == kernels["digest"](plain_results)
