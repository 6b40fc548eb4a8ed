"""The documents say what is there: commands, options, drills, files and names in them exist, and a word has one meaning."""

import ast
import re
import shlex
from dataclasses import fields
from functools import cache
from importlib import import_module

import click
import pytest

from rollup import VERSION
from rollup.cli import COMMANDS, INTERRUPTED
from rollup.configuration import SECTIONS
from rollup.devnet.drills.catalogue import CATALOGUE

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")

BOOTSTRAPPED = frozenset({"test"})
"""Commands that `python3 -m rollup` has by itself."""

CALL = re.compile(r"(?:\boptroll|python3 -m rollup)((?: +[^\s`#|(\\]+)+)")
"""A command of ours with what follows on the line."""

CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")

PLACE = re.compile(r"(?:[\w.-]+/)*[\w.-]+")
TOPS = frozenset({"rollup", "sequencer", "verifier", "l1_mock", "bench", "tests", "configs"})
"""Where a place begins that is the project's."""

CHAPTERS = re.compile(r"\b(?:MARKET|DISPUTE|RELIABILITY|PERFORMANCE|DESIGN|DRILLS|ECOSYSTEM|STYLE)\b")
"""How code cites a chapter of ARCHITECTURE.md."""


@pytest.fixture(scope="module")
def documents(root):
    return {name: (root / name).read_text(encoding="utf-8") for name in DOCUMENTS}


def calls(text):
    """Yield the words behind every `optroll` and `python3 -m rollup` in code: spans, scripts, and lines of a terminal that are typed."""
    lines = [(language, line) for language, body in FENCE.findall(text) for line in body.splitlines()]
    typed = [line for language, line in lines if language == "sh" or (not language and (line.startswith("$ ") or "replay: " in line))]
    for code in [*CODE.findall(FENCE.sub("", text)), *typed]:
        for match in CALL.finditer(code):
            yield shlex.split(match[1])


def wrong_with(words):
    """What is wrong with one call, or nothing."""
    name, *rest = words
    if name in BOOTSTRAPPED:
        return ""
    if name.startswith("--"):
        return "" if name == "--version" else f"no option {name}"
    if name not in COMMANDS:
        return f"no command {name}"
    command = command_of(name)
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        group, name, *rest = command, *rest
        if name not in group.commands:
            return f"{words[0]} has no {name}"
        command = group.commands[name]
        if words[:2] == ["drill", "run"] and rest and rest[0].islower() and rest[0] not in CATALOGUE:
            return f"no drill {rest[0]}"
    options = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word not in options]
    return f"{' '.join(words)}: no option {unknown[0]}" if unknown else ""


@cache
def command_of(name):
    return import_module(f"rollup.commands.{name}").command


def places(text):
    """Yield (file, name or nothing) of every place that is named in a span or a link."""
    for span in [*CODE.findall(FENCE.sub("", text)), *LINK.findall(text)]:
        place, _, name = span.partition("::")
        if PLACE.fullmatch(place) and (place.partition("/")[0] in TOPS or place.endswith((".md", ".toml"))):
            yield place, name


def missing(text, root):
    """Every place that is named and not there."""
    for place, name in places(text):
        if not (root / place).exists():
            yield place
        elif name and name not in names_in(root / place):
            yield f"{place}::{name}"


@cache
def names_in(path):
    """Every name that a module defines: functions, classes, constants, and the members of classes as `Class.member`."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        found |= (own := names_of(node))
        if isinstance(node, ast.ClassDef):
            found |= {f"{name}.{member}" for name in own for each in node.body for member in names_of(each)}
    return found


def names_of(node):
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def glossary(text):
    """The words of the glossary's table, in order."""
    rows = re.findall(r"^\| ([^|]+) \|", text.partition("\n## Glossary\n")[2], re.MULTILINE)
    return [word for row in rows[1:] for word in row.split(", ") if not set(word) <= {"-", "|"}]


def headings(text):
    return {match[1] for match in re.finditer(r"^## (\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_is_there(documents, name):
    found = [problem for words in calls(documents[name]) if (problem := wrong_with(words))]
    assert not found, "\n".join(found)


def test_the_readme_names_every_command(documents):
    named = {tuple(words[:2]) for words in calls(documents["README.md"])}
    for name in COMMANDS:
        command = command_of(name)
        wanted = {(name, each) for each in command.commands} if isinstance(command, click.Group) else {(name,)}
        assert wanted <= named | {words[:1] for words in named}, f"{wanted - named}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_code_runs_over_a_line(documents, name):
    assert not [line for line in FENCE.sub("", documents[name]).splitlines() if line.count("`") % 2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_place_is_there(documents, root, name):
    found = list(missing(documents[name], root))
    assert not found, "\n".join(found)


def test_the_readme_leads_to_the_other_documents(documents):
    assert "ARCHITECTURE.md" in LINK.findall(documents["README.md"])
    assert "CHANGELOG.md" in LINK.findall(documents["README.md"])


def test_the_readme_begins_with_the_two_commands(documents):
    first = next(body for language, body in FENCE.findall(documents["README.md"]) if language == "sh")
    assert [line.partition("#")[0].strip() for line in first.splitlines()] == ["python3 -m rollup devnet up", "python3 -m rollup test"]


def test_the_readme_knows_ports_tables_and_statuses(documents):
    text = documents["README.md"]
    defaults = [str(key.default) for kind in SECTIONS.values() for key in fields(kind) if key.name in {"listen", "ingest_listen"}]
    assert [address for address in defaults if address not in text] == []
    assert [table for table in SECTIONS if f"`[{table}]`" not in text] == []
    assert f"{INTERRUPTED} interrupted" in text


def test_the_architecture_names_every_package(documents, root):
    packages = [path.parent.relative_to(root) for path in (root / "rollup").glob("*/__init__.py")]
    missed = [str(package) for package in packages if f"`{package}`" not in documents["ARCHITECTURE.md"]]
    assert not missed, f"no floor in ARCHITECTURE.md: {missed}"


def test_a_word_of_the_glossary_has_one_meaning(documents):
    words = glossary(documents["ARCHITECTURE.md"])
    assert len(words) > 40
    assert sorted(set(map(str.lower, words))) == words, "a word twice, in capitals, or out of order"


def test_what_the_code_cites_is_a_chapter(documents, modules):
    chapters = headings(documents["ARCHITECTURE.md"])
    cited = {word for module in modules.values() for word in CHAPTERS.findall(module.text)}
    assert {"DISPUTE", "MARKET"} <= cited
    assert cited <= chapters


def test_the_changelog_begins_with_this_version(documents):
    text = documents["CHANGELOG.md"]
    versions = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert versions[0] in {VERSION, "Unreleased"}
    assert VERSION in versions
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("`optroll devnet up --detach`", True),
        ("`optroll devnet fly`", False),
        ("`optroll fly`", False),
        ("`optroll drill run honest-day --seed 7`", True),
        ("`optroll drill run NAME`", True),
        ("`optroll drill run no-such-day`", False),
        ("`optroll bench run --fast`", False),
        ("```sh\npython3 -m rollup test -m soak\n```", True),
        ("```\n$ optroll fly\n```", False),
        ("```python\noptroll fly\n```", True),
        ("optroll is a rollup", True),
    ],
)
def test_the_check_of_commands_catches_what_is_not_there(text, is_right):
    assert any(map(wrong_with, calls(text))) is not is_right


def test_the_check_of_places_catches_what_is_not_there(root):
    right = "`rollup/transition/apply.py::apply` `rollup/core` `sequencer/producer.py::Producer.seal` `a/b` `x == y` [x](README.md)"
    assert not list(missing(right, root))
    wrong = "`rollup/nowhere.py` `rollup/transition/apply.py::applied` `sequencer/producer.py::Producer.fly` [x](NOWHERE.md)"
    assert len(list(missing(wrong, root))) == 4


def test_the_check_of_the_glossary_reads_its_rows():
    assert glossary("\n## Glossary\n\n| word | idea |\n|---|---|\n| a, b | x |\n| a | y |\n") == ["a", "b", "a"]
