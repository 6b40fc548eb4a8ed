"""Imports go down only. The floors, from the ground up, and who stands on which; without an exception."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

FLOORS = (
    ("rollup.core",),
    ("rollup.state",),
    ("rollup.market",),
    ("rollup.transition",),
    ("rollup.dispute",),
    ("rollup.l1",),
    ("rollup",),  # net, store, environment and the single files beside them
    ("sequencer", "verifier", "l1_mock"),
    ("rollup.devnet",),
    ("bench",),
    ("rollup.commands",),
    ("rollup.cli",),
    ("rollup.bootstrap",),
    ("rollup.__main__",),
)
"""A module stands on the floor of its longest prefix, and may import from its own part of that floor and from those below."""

OWNERS = {"plyvel": ("rollup.store",), "click": ("rollup.cli", "rollup.commands"), "rich_click": ("rollup.commands",)}
"""Libraries that only these may import."""

PREFIXES = {prefix: floor for floor, prefixes in enumerate(FLOORS) for prefix in prefixes}


def part_of(name):
    """The longest prefix among the floors' parts."""
    return max((prefix for prefix in PREFIXES if is_in(name, prefix)), key=len, default=None)


def is_in(name, package):
    return name == package or name.startswith(f"{package}.")


def imported(module, names):
    """Yield (line, module) of every import, at any depth and under any condition; a name is resolved to a module where it is one."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                yield node.lineno, deeper if deeper in names else base


def upward_imports(modules):
    """Every import that goes up, or across between parts of one floor."""
    for module in modules.values():
        own = part_of(module.name)
        if own is None:
            yield f"{module.name} stands on no floor"
            continue
        for line, target in imported(module, modules):
            other = part_of(target)
            if other is not None and other != own and PREFIXES[other] >= PREFIXES[own]:
                yield f"{module.name}:{line} ({own}) imports {target} ({other})"


def stray_imports(modules):
    """Every import of a library by somebody who should not know it."""
    for module in modules.values():
        for line, target in imported(module, modules):
            owners = OWNERS.get(target.partition(".")[0])
            if owners and not any(is_in(module.name, owner) for owner in owners):
                yield f"{module.name}:{line} imports {target}, which only {' and '.join(owners)} may"


def cycle(modules):
    """Names of modules that import one another in a circle, or nothing."""
    graph = {name: {target for _, target in imported(module, modules) if target in modules} for name, module in modules.items()}
    for name, targets in graph.items():
        targets.discard(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_imports_go_down_only(modules):
    found = list(upward_imports(modules))
    assert not found, "\n".join(found)


def test_libraries_stay_with_their_owners(modules):
    found = list(stray_imports(modules))
    assert not found, "\n".join(found)


def test_no_modules_import_one_another_in_a_circle(modules):
    found = cycle(modules)
    assert not found, " → ".join(found)


def test_every_floor_below_the_roles_is_there(modules):
    parts = {part_of(name) for name in modules}
    assert {"rollup.core", "rollup.state", "rollup.market", "rollup.transition", "rollup.dispute", "rollup.l1", "rollup"} <= parts


@pytest.mark.parametrize(
    ("name", "text", "is_caught"),
    [
        ("rollup.core.codec", "from rollup.state.layout import TX", True),
        ("rollup.core.codec", "def late():\n    import rollup.state.layout", True),
        ("rollup.core.codec", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rollup.net import framing", True),
        ("rollup.core.codec", "from ..state import layout", True),
        ("rollup.state.table", "from rollup.core.keccak import keccak256", False),
        ("rollup.market.book", "from rollup.transition.status import Status", True),
        ("rollup.l1.client", "from rollup.environment import Environment", True),
        ("rollup.l1.client", "from rollup import environment", True),
        ("rollup.store", "from rollup.environment import Store", False),
        ("rollup.net.real", "from rollup.store import LevelStore", False),
        ("rollup.net.real", "from rollup.devnet.simulation import network", True),
        ("rollup.net.real", "import sequencer.node", True),
        ("sequencer.node", "from rollup.net import framing", False),
        ("sequencer.node", "from verifier.node import run", True),
        ("sequencer.node", "from l1_mock import chain", True),
        ("sequencer.node", "from .producer import Producer", False),
        ("sequencer.node", "from rollup.devnet.launcher import start", True),
        ("verifier.node", "from rollup.cli import main", True),
        ("rollup.devnet.launcher", "from sequencer.node import run", False),
        ("rollup.devnet.launcher", "from rollup.commands.output import print_table", True),
        ("rollup.commands.bench", "from bench.throughput import run", False),
        ("bench.throughput", "from rollup.cli import main", True),
        ("stray.module", "", True),
    ],
)
def test_the_check_catches_what_goes_up(plant, name, text, is_caught):
    names = ("rollup.state.layout", "rollup.environment", "rollup.net.framing")
    planted = plant({name: text, **{other: "" for other in names if other != name}})
    assert bool(list(upward_imports(planted))) is is_caught


def test_the_check_catches_strays_and_circles(plant):
    assert list(stray_imports(plant({"rollup.journal": "import plyvel"})))
    assert list(stray_imports(plant({"sequencer.node": "from click import echo"})))
    assert not list(stray_imports(plant({"rollup.store": "import plyvel"})))
    a, b = "from rollup.core.b import x", "def late():\n    from rollup.core import a"
    assert cycle(plant({"rollup.core.a": a, "rollup.core.b": b}))
    assert not cycle(plant({"rollup.core.a": a, "rollup.core.b": ""}))
