"""Names and places: what may lie where, what a package's `__init__` may hold, and what no file may say."""

import ast
import re
import subprocess
from collections import Counter

import pytest

DRAWERS = frozenset({"util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"})
"""Names that say nothing about what is inside."""

TOP = frozenset(
    """pyproject.toml rollup sequencer verifier l1_mock configs tests bench README.md ARCHITECTURE.md CHANGELOG.md LICENSE
    justfile""".split()
)
"""All that the top of the tree may hold, beside files that start with a dot."""

UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
"""Notes to oneself."""

PRIVATE = re.compile(
    r"""
    /(?:wor[k]|roo[t]|hom[e]|User[s]|tm[p])/\w
    | \b(?: 10\.\d{1,3} | 192\.168 | 172\.(?:1[6-9]|2\d|3[01]) )\.\d{1,3}\.\d{1,3}\b
    | \b[\w-]+\.(?:interna[l]|cor[p]|intrane[t]|la[n])\b
    | --(?:extra-)?index-ur[l] | --find-link[s]
    """,
    re.VERBOSE,
)
"""Paths, addresses and hosts of one machine or network. Written so that this file does not match itself."""


def tracked_files(root):
    """Every file of the project that is text: what git knows or would take; in a tree without git, all that is not hidden."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.split("\0")
    else:
        paths = [path.relative_to(root) for path in root.rglob("*")]
        names = [str(path) for path in paths if not any(part.startswith((".", "__pycache__")) for part in path.parts)]
    for name in filter(None, names):
        path = root / name
        if path.is_file():
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def drawers(paths):
    return [path for path in paths if DRAWERS & set(re.split(r"[/.]", path))]


def strays(paths):
    """Files at the top, or in folders, that have no place there."""
    return sorted({top for top in (path.partition("/")[0] for path in paths) if top not in TOP and not top.startswith(".")})


def lines_with(pattern, texts):
    return [f"{name}:{number}" for name, text in texts for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def is_a_table(tree):
    """Whether a module holds a docstring, then imports and assignments alone."""
    first, *rest = tree.body or [None]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return is_docstring and all(isinstance(node, allowed) or is_note(node) for node in rest)


def is_note(node):
    """Whether a statement is the docstring of the assignment above it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@pytest.fixture(scope="module")
def texts(root):
    return list(tracked_files(root))


def test_no_drawers(texts):
    found = drawers(name for name, _ in texts)
    assert not found, "\n".join(found)


def test_everything_has_its_place(texts):
    found = strays(name for name, _ in texts)
    assert not found, "\n".join(found)


def test_nothing_is_left_unfinished(texts):
    found = lines_with(UNFINISHED, texts)
    assert not found, "\n".join(found)


def test_nothing_private_is_said(texts):
    found = lines_with(PRIVATE, texts)
    assert not found, "\n".join(found)


def test_packages_open_with_a_docstring_or_a_table(modules):
    assert not [module.name for module in modules.values() if module.is_package and not is_a_table(module.tree)]


def test_every_folder_of_code_is_a_package(modules):
    packages = {module.name for module in modules.values() if module.is_package}
    bare = {name.rpartition(".")[0] for name in modules if "." in name} - packages
    assert not bare, f"without an __init__.py: {bare}"


def test_the_root_package_imports_nothing(modules):
    assert not [node for node in ast.walk(modules["rollup"].tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_tests_are_no_packages_and_have_names_of_their_own(root):
    names = Counter(path.name for path in (root / "tests").rglob("test_*.py"))
    assert not list((root / "tests").rglob("__init__.py"))
    assert not [name for name, count in names.items() if count > 1]


def planted(text):
    """A fault that this file must not hold itself: the text without its bars."""
    return text.replace("|", "")


def test_the_checks_catch_planted_faults():
    assert drawers(["rollup/core/utils.py", "tests/helpers/x.py"]) == ["rollup/core/utils.py", "tests/helpers/x.py"]
    assert not drawers(["rollup/core/keccak.py", "tests/unit/test_common_prefix.py"])
    assert strays(["requirements.txt", "rollup/a.py", ".gitignore"]) == ["requirements.txt"]
    assert lines_with(UNFINISHED, [("a.py", planted("x = 1\n# TO|DO: later"))]) == ["a.py:2"]
    assert not lines_with(UNFINISHED, [("a.py", "to do, or not to do: TODOS")])


@pytest.mark.parametrize("line", ["see /ho|me/me/x", "http://192|.168.0.7", "build.co|rp", "--index|-url x", "in /tm|p/spec", "10|.1.2.3"])
def test_the_check_catches_private_places(line):
    assert lines_with(PRIVATE, [("a.md", planted(line))])


@pytest.mark.parametrize("line", ["127.0.0.1:8545", "localhost", "rollup/core/x", "example.com", "10.5 percent of 10.000", "a/tmpfs/x"])
def test_the_check_lets_public_places_through(line):
    assert not lines_with(PRIVATE, [("a.md", line)])


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ('"""What."""', True),
        ('"""What."""\nfrom a import b\nTABLE = {"b": b}\n"""Which."""', True),
        ("", False),
        ("x = 1", False),
        ('"""What."""\ndef f():\n    pass', False),
        ('"""What."""\nif True:\n    x = 1', False),
    ],
)
def test_the_check_of_packages_catches_code(text, is_right):
    assert is_a_table(ast.parse(text)) is is_right
