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
    return kernels["run"](lambda function, _count: getattr(function, "__wrapped__", function))


def test_plain_and_compiled_agree_on_190_000_arguments(kernels, plain_results):
    assert len(plain_results) == 190_000
    assert compiled_digest({}) == kernels["digest"](plain_results)


@pytest.mark.long
def test_a_processor_without_vector_extensions_agrees(kernels, plain_results):
    generic = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NPY_DISABLE_CPU_FEATURES": "AVX2 AVX512F"}
    assert compiled_digest(generic) == kernels["digest"](plain_results)


def compiled_digest(settings):
    """What the compiled kernels give, in a process of their own."""
    environment = os.environ | settings | {"PYTHONPATH": str(CHECKOUT)}
    ran = subprocess.run([sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=True, timeout=120)
    return ran.stdout.strip()
