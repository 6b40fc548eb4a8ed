"""The protocol is integers in, integers out: no clock, no randomness, no environment, no network and no float in it.

Held for the protocol floors and for every module of ours that they import, directly or not.
"""

import ast

import pytest

PROTOCOL = (
    "rollup.core",
    "rollup.state",
    "rollup.market",
    "rollup.transition",
    "rollup.dispute",
    "rollup.l1",
    "l1_mock.contracts",
    "l1_mock.chain",
    "verifier.replica",
    "verifier.strategy",
    "sequencer.ordering",
    "sequencer.producer",
)
"""Where the rules hold; packages with all that is in them."""

IMPURE = frozenset(
    """asyncio click getpass http httpx hypercorn multiprocessing os platform plyvel random rich rich_click secrets select selectors
    shutil signal socket ssl starlette subprocess tempfile time trio trio_websocket urllib uuid""".split()
)
"""Libraries that know what time it is, who is asking, or which way the dice fell."""

UNSTEADY_CALLS = frozenset({"eval", "exec", "hash", "input", "open", "__import__"})
"""Builtins whose result is not a function of the arguments' values."""

CLOCKS = frozenset({"now", "utcnow", "today"})
"""Methods of `datetime` and `date` that read the clock."""

INTEGER_MATH = frozenset({"comb", "factorial", "gcd", "isqrt", "lcm", "perm"})
"""What of `math` maps integers to integers."""

FLOATING_NUMPY = frozenset(
    """divide true_divide exp expm1 log log1p log2 log10 sqrt cbrt power float_power mean std var average linspace interp tanh
    float16 float32 float64 double single floating random""".split()
)
"""What of numpy makes floats or draws numbers."""


def is_in(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def imports_of(module):
    """Yield (line, module, name or None): `import a.b` is ("a.b", None), `from a import b` is ("a", "b")."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def reached(modules):
    """The protocol's modules, and all of ours that these import; each with the chain of imports that led there."""
    chains, waiting = {}, [(name, ()) for name in modules if is_in(name, PROTOCOL)]
    for name, chain in waiting:
        if name not in chains and name in modules:
            chains[name] = chain
            waiting += [(target, (*chain, name)) for _, base, member in imports_of(modules[name]) for target in (base, f"{base}.{member}")]
    return {modules[name]: chain for name, chain in sorted(chains.items())}


def impurities(modules):
    """Every import and call that lets the world in."""
    for module, chain in reached(modules).items():
        for line, base, member in imports_of(module):
            if base.partition(".")[0] in IMPURE:
                yield f"{place(module, line, chain)} imports {base}"
            if base == "math" and member not in INTEGER_MATH:
                yield f"{place(module, line, chain)} takes {member or 'all'} from math"
            if base.partition(".")[0] == "numpy" and member in FLOATING_NUMPY:
                yield f"{place(module, line, chain)} takes {member} from numpy"
        for node in ast.walk(module.tree):
            yield from (f"{place(module, node.lineno, chain)} {what}" for what in impurities_of(node))


def place(module, line, chain):
    """A line, and how it came into the protocol if it does not belong there by itself."""
    return f"{module.name}:{line}" + (f" (by way of {' → '.join(chain)})" if chain else "")


def impurities_of(node):
    """What one node of the tree does that is not pure."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSTEADY_CALLS:
        yield f"calls {node.func.id}()"
    if isinstance(node, ast.Attribute) and node.attr in CLOCKS and owner_of(node) in {"datetime", "date"}:
        yield f"reads the clock with {node.attr}"
    if isinstance(node, ast.Attribute) and owner_of(node) == "math" and node.attr not in INTEGER_MATH:
        yield f"calls math.{node.attr}"
    walked = [node.iter] if isinstance(node, ast.For | ast.comprehension) else []
    for each in walked:
        is_call = isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in {"set", "frozenset"}
        if is_call or isinstance(each, ast.Set | ast.SetComp):
            yield "walks through a set, whose order is nobody's"


def owner_of(node):
    """The last name before an attribute's dot, as `date` in `datetime.date.today`."""
    return getattr(node.value, "id", getattr(node.value, "attr", None))


def floats(modules):
    """Every place that makes or names a float."""
    for module, chain in reached(modules).items():
        for node in ast.walk(module.tree):
            yield from (f"{place(module, node.lineno, chain)} {what}" for what in floats_of(node))


def floats_of(node):
    """What one node of the tree does with floats."""
    if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
        yield f"holds {node.value}"
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        yield "divides by /"
    if isinstance(node, ast.Call):
        names = [each.id for each in (node.func, *node.args, *(key.value for key in node.keywords)) if isinstance(each, ast.Name)]
        if "float" in names or "complex" in names:
            yield "makes a float"
    if isinstance(node, ast.Attribute) and owner_of(node) in {"np", "numpy"} and node.attr in FLOATING_NUMPY:
        yield f"uses numpy's {node.attr}"


# A comprehension has no line of its own.
ast.comprehension.lineno = property(lambda node: node.iter.lineno)


def test_the_protocol_lets_nothing_in(modules):
    found = list(impurities(modules))
    assert not found, "\n".join(found)


def test_the_protocol_has_no_floats(modules):
    found = list(floats(modules))
    assert not found, "\n".join(found)


def test_the_rules_reach_the_protocol(modules):
    names = {module.name for module in reached(modules)}
    assert {"rollup.core", "rollup.state.table", "rollup.transition.apply", "l1_mock.contracts"} <= names


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from time import monotonic",
        "import os.path",
        "from os import environ",
        "import random",
        "from secrets import token_bytes",
        "import socket",
        "def late():\n    import trio",
        "import plyvel",
        "import rich_click as click",
        "from datetime import datetime\nt = datetime.now()",
        "import datetime\nt = datetime.date.today()",
        "from numpy import random",
        "import math",
        "from math import sqrt",
        "x = hash('a')",
        "x = open('a')",
        "for x in {1, 2}:\n    pass",
        "x = [y for y in set('ab')]",
    ],
)
def test_the_check_catches_impurity(plant, text):
    assert list(impurities(plant({"rollup.state.table": text})))
    assert list(impurities(plant({"verifier.strategy": text})))
    assert list(impurities(plant({"sequencer.producer": "from sequencer import beside", "sequencer.beside": text})))
    assert not list(impurities(plant({"sequencer.node": text})))


@pytest.mark.parametrize(
    "text",
    [
        "x = 1.5",
        "x = 1e9",
        "x = 3 / 2",
        "x = 3\nx /= 2",
        "x = float(3)",
        "x = y.astype(float)",
        "x = zeros(3, dtype=float)",
        "import numpy as np\nx = np.float64(3)",
        "import numpy as np\nx = np.sqrt(3)",
        "x = 2j",
    ],
)
def test_the_check_catches_floats(plant, text):
    assert list(floats(plant({"rollup.market.margin": text})))
    assert list(floats(plant({"l1_mock.contracts.bridge": text})))
    assert not list(floats(plant({"rollup.environment": text})))


def test_the_check_lets_integers_through(plant):
    imports = "from math import isqrt\nfrom datetime import date\n"
    text = f"{imports}x = isqrt(7 // 2) + date(2026, 1, 1).toordinal()\nfor i in sorted({{3, 1}}):\n    x += i"
    assert not [*impurities(plant({"rollup.core.fixed": text})), *floats(plant({"rollup.core.fixed": text}))]
