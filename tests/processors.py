"""Processors that are weaker than this one, made of settings: what numba compiles for, and what numpy chooses its loops by."""

import os
import subprocess
import sys
from pathlib import Path

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

CHECKOUT = Path(__file__).parents[1]

NUMPY_LEVELS = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
"""The levels of instructions that numpy has loops for beyond its least one, and this processor has, from the lowest up."""

LEVELS = {
    "generic": ("generic", ""),
    "x86-64-v2": ("x86-64-v2", ""),
    "x86-64-v3": ("x86-64-v3", "X86_V3"),
    "x86-64-v4": ("x86-64-v4", "X86_V4"),
}
"""Name of a level → what numba calls it, and the highest of numpy's levels in it."""


def can_run(level: str) -> bool:
    """Has this processor the instructions of a level? Any processor has the generic ones of its kind."""
    ours = "X86_V2" in __cpu_features__
    return level == "generic" or (ours and __cpu_features__[LEVELS[level][1] or "X86_V2"])


def settings_of(level: str) -> dict[str, str]:
    """The environment that makes this processor one of a level."""
    name, highest = LEVELS[level]
    keep = NUMPY_LEVELS.index(highest) + 1 if highest else 0
    return {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": "", "NPY_DISABLE_CPU_FEATURES": " ".join(NUMPY_LEVELS[keep:])}


def run_script(script: Path, *arguments: str, level: str = "") -> list[str]:
    """What a script prints, in words, in a process of its own on a processor of a level, or on this one. Warnings there are errors.

    numpy warns of a setting that it does not know, so a level that would silently be this processor's own fails.
    """
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "error::ImportWarning"}
    command = [sys.executable, str(script), *arguments]
    ran = subprocess.run(
        command, env=environment | (settings_of(level) if level else {}), capture_output=True, text=True, check=False, timeout=900
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


if __name__ == "__main__":
    import numba

    sys.stdout.write(f"{numba.config.CPU_NAME} {' '.join(NUMPY_LEVELS)}\n")
