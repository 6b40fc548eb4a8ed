"""What all tests share: seeded properties, the sources as the structure tests read them, and the report of their shape."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rollup", "sequencer", "verifier", "l1_mock", "bench")

# Every run of the quick tier tries the same examples, so that a failure is the change's and not the day's. `OPTROLL_EXAMPLES=20000`
# looks for new ones; what it finds is printed as a line that replays it.
examples = int(os.environ.get("OPTROLL_EXAMPLES", "0"))
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, print_blob=True, max_examples=max(examples, 1))
settings.load_profile("search" if examples else "quick")


@dataclass(frozen=True)
class Module:
    """One source file of the packages."""

    name: str
    """Dotted, a package's `__init__` under the package's own name."""
    path: Path
    text: str

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))


def read_modules(root: Path) -> Iterator[Module]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name, path, path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> dict[str, Module]:
    """Every source file of the packages, by name."""
    return {module.name: module for module in read_modules(ROOT)}


@pytest.fixture
def plant(tmp_path: Path):
    """Make modules of snippets, as `plant({"rollup.core.clock": "import time"})`; a package is a name that ends in a dot."""

    def made(snippets: dict[str, str]) -> dict[str, Module]:
        return {
            name.removesuffix("."): Module(name.removesuffix("."), tmp_path / ("__init__.py" if name.endswith(".") else "x.py"), text)
            for name, text in snippets.items()
        }

    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report the shape of the code beside the verdict of the tests that hold its walls."""
    modules = list(read_modules(ROOT))
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    files = [len(module.text.splitlines()) for module in modules if not module.is_package]
    terminalreporter.write_line(f"shape: functions {summary(functions)}; files {summary(files)} (lines: median/p90/max)")


def summary(lengths: list[int]) -> str:
    ordered = sorted(lengths) or [0]
    return f"{len(lengths)} of {median(ordered):g}/{ordered[len(ordered) * 9 // 10]}/{ordered[-1]}"
