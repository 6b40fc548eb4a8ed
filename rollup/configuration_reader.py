"""From TOML, environment and flags to a frozen class: strict, and with one sentence for every mistake.

One rule: a flag wins over `OPTROLL_<TABLE>_<KEY>`, that over the file, that over the default; and nothing that is unknown,
missing, of the wrong type or out of range is passed over. A relative path in a file is relative to that file; elsewhere, to where
the command runs. This file knows no node: classes, ranges and rules come in as annotations.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from difflib import get_close_matches
from math import inf
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Literal, NamedTuple, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints, runtime_checkable

from rollup.core.errors import RollupError

Config = TypeVar("Config")

PREFIX = "OPTROLL"
"""Start of every environment variable that is read."""

FILE_BYTES_MAX = 1 << 20
"""Largest configuration file."""


class ConfigurationError(RollupError):
    """A configuration that cannot be used: `what` names the source and the key."""


class Problem(NamedTuple):
    """What a class finds wrong with its values as a whole."""

    key: str
    expected: str


@runtime_checkable
class Checked(Protocol):
    """A class whose values must also fit together."""

    def problems(self) -> Iterator[Problem]:
        """Yield what does not."""
        ...


@dataclass(frozen=True, slots=True)
class Between:
    """A number's range, both ends included."""

    least: float
    most: float

    def __contains__(self, value: object) -> bool:
        """Whether a number is in the range."""
        return isinstance(value, int | float) and self.least <= value <= self.most

    def __str__(self) -> str:
        """Say it."""
        return f"{self.least:,} to {self.most:,}"


@dataclass(frozen=True, slots=True)
class Written:
    """A text's form, and how to say it."""

    is_right: Callable[[str], bool]
    form: str

    def __contains__(self, value: object) -> bool:
        """Whether a text has the form."""
        return isinstance(value, str) and self.is_right(value)

    def __str__(self) -> str:
        """Say it."""
        return self.form


class Given(NamedTuple):
    """A value, and who gave it."""

    value: object
    source: str
    """Names source and key, as in `configs/devnet.toml: sequencer.listen`."""
    folder: Path | None
    """What a relative path is relative to; None: where the command runs."""
    is_text: bool = False
    """Whether a number or truth value is still to be read from a text."""


Tree = dict[str, "Given | Tree"]


def read(
    kind: type[Config], tables: Mapping[str, type], path: Path | None, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Config:
    """Read the table of a class; `tables` are all that a file may hold, by name. Raises ConfigurationError."""
    table = next(name for name, each in tables.items() if each is kind)
    merged: Tree = {}
    if path is not None:
        merged = from_document(tables, parse(path), path)[table]
    merge(merged, from_environment(kind, f"{PREFIX}_{table.upper()}", environment))
    merge(merged, from_flags(flags))
    return build(kind, merged, f"{path}: {table}" if path else table)


def from_document(tables: Mapping[str, type], document: Mapping[str, object], path: Path) -> dict[str, Tree]:
    """Note the values of every table, so that a misspelt key is found whichever node runs."""
    for name in document:
        if name not in tables:
            raise ConfigurationError(f"{path}: {name}", received="a table or key", expected=one_of(name, tables))
    return {name: from_file(kind, document.get(name, {}), f"{path}: {name}", path.parent) for name, kind in tables.items()}


def parse(path: Path) -> dict[str, object]:
    """Read a TOML file. Raises ConfigurationError."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise ConfigurationError(str(path), received="a larger file", expected=f"at most {FILE_BYTES_MAX} bytes")
        return tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(str(path), received=error.strerror, expected="a readable file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(path), received=str(error), expected="TOML") from error


def from_file(kind: type, value: object, source: str, folder: Path) -> Tree:
    """Note every key of a table, refusing unknown ones."""
    if not isinstance(value, dict):
        raise ConfigurationError(source, received=repr(value), expected="a table")
    kinds = dict(settings(kind))
    tree: Tree = {}
    for key, each in value.items():
        if key not in kinds:
            raise ConfigurationError(f"{source}.{key}", received="a key", expected=one_of(key, kinds))
        inner = record_of(kinds[key])
        tree[key] = from_file(inner, each, f"{source}.{key}", folder) if inner else Given(each, f"{source}.{key}", folder)
    return tree


def one_of(name: str, names: Iterable[str]) -> str:
    """Say which names there are: the one that was probably meant, else all."""
    known = list(names)
    meant = get_close_matches(name, known, n=1)
    return f"{meant[0]}, perhaps" if meant else f"one of {', '.join(known)}"


def from_environment(kind: type, prefix: str, environment: Mapping[str, str]) -> Tree:
    """Note every variable with the prefix, refusing those that stand for no key."""
    names = dict(variables(kind, prefix))
    tree: Tree = {}
    for name in sorted(environment):
        if name.startswith(f"{prefix}_"):
            if name not in names:
                raise ConfigurationError(f"environment: {name}", received="a variable", expected=one_of(name, names))
            merge(tree, nested(names[name], Given(environment[name], f"environment: {name}", None, is_text=True)))
    return tree


def from_flags(flags: Mapping[str, object]) -> Tree:
    """Note every flag that was given; a dot in its name leads into an inner table."""
    tree: Tree = {}
    for name, value in flags.items():
        if value is not None:
            shown = f"--{name.replace('_', '-').replace('.', '-')}"
            merge(tree, nested(tuple(name.split(".")), Given(str(value) if isinstance(value, Path) else value, shown, None)))
    return tree


def nested(keys: tuple[str, ...], given: Given) -> Tree:
    """Return a tree with one value, under its keys."""
    *outer, last = keys
    tree: Tree = {last: given}
    for key in reversed(outer):
        tree = {key: tree}
    return tree


def merge(weak: Tree, strong: Tree) -> None:
    """Put the values of one tree over those of another."""
    for key, value in strong.items():
        below = weak.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merge(below, value)
        else:
            weak[key] = value


def variables(kind: type, prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each environment variable of a class, and the keys that it sets."""
    for key, hint in settings(kind):
        name = f"{prefix}_{key.upper()}"
        inner = record_of(hint)
        if inner is None:
            yield name, (key,)
        else:
            yield from ((deeper, (key, *keys)) for deeper, keys in variables(inner, name))


def build(kind: type[Config], tree: Tree, source: str) -> Config:
    """Make the class from what was noted. Raises ConfigurationError."""
    values: dict[str, object] = {}
    members: dict[str, Field[object]] = {member.name: member for member in fields(kind)}  # type: ignore[arg-type]  # a dataclass
    for key, hint in settings(kind):
        inner, given = record_of(hint), tree.get(key)
        if inner is not None and isinstance(given, dict):
            values[key] = build(inner, given, f"{source}.{key}")
        elif isinstance(given, Given):
            values[key] = convert(hint, given)
        elif members[key].default is MISSING and members[key].default_factory is MISSING:
            raise ConfigurationError(f"{source}.{key}", received="nothing", expected="a value, because there is no default")
    made = kind(**values)
    for problem in made.problems() if isinstance(made, Checked) else ():
        given = tree.get(problem.key)
        where = given.source if isinstance(given, Given) else f"{source}.{problem.key}"
        raise ConfigurationError(where, received=getattr(made, problem.key) or "nothing", expected=problem.expected)
    return made


def settings(kind: type) -> Iterator[tuple[str, object]]:
    """Yield the keys of a class and their annotations, in order."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind} is no dataclass")
    hints = get_type_hints(kind, include_extras=True)
    for member in fields(kind):
        yield member.name, hints[member.name]


def record_of(hint: object) -> type | None:
    """Return the class of an inner table, or None for a plain value."""
    return hint if isinstance(hint, type) and is_dataclass(hint) else None


def convert(hint: object, given: Given) -> object:
    """Return a value as its annotation wants it. Raises ConfigurationError."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
        return convert(hint, given)
    if origin is Annotated:
        plain, *rules = get_args(hint)
        value = convert(plain, given)
        for rule in rules:
            if isinstance(rule, Between | Written) and value not in rule:
                raise ConfigurationError(given.source, received=repr(given.value), expected=str(rule))
        return value
    if origin is Literal:
        if given.value not in get_args(hint):
            raise ConfigurationError(given.source, received=repr(given.value), expected=f"one of {', '.join(get_args(hint))}")
        return given.value
    return READERS[hint](given)


def read_truth(given: Given) -> bool:
    """Read a truth value."""
    value = {"true": True, "false": False}.get(str(given.value), given.value) if given.is_text else given.value
    if not isinstance(value, bool):
        raise ConfigurationError(given.source, received=repr(given.value), expected="true or false")
    return value


def read_integer(given: Given) -> int:
    """Read an integer: ASCII digits alone where it is a text."""
    value = given.value
    if given.is_text and re.fullmatch(r"-?[0-9]{1,20}", str(value)):
        return int(str(value))
    if type(value) is not int:
        raise ConfigurationError(given.source, received=repr(value), expected="an integer")
    return value


def read_number(given: Given) -> float:
    """Read a number; infinities and NaN are none."""
    value = given.value
    if given.is_text and re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", str(value)):
        return float(str(value))
    if isinstance(value, bool) or not isinstance(value, int | float) or not -inf < value < inf:
        raise ConfigurationError(given.source, received=repr(value), expected="a number")
    return float(value)


def read_text(given: Given) -> str:
    """Read a text."""
    if not isinstance(given.value, str):
        raise ConfigurationError(given.source, received=repr(given.value), expected="a text in quotes")
    return given.value


def read_path(given: Given) -> Path:
    """Read a path, relative to the file that names it."""
    text = read_text(given)
    if not text or "\0" in text:
        raise ConfigurationError(given.source, received=repr(text), expected="a path")
    return (given.folder / text).resolve() if given.folder else Path(text)


READERS: Mapping[object, Callable[[Given], object]] = MappingProxyType(
    {bool: read_truth, int: read_integer, float: read_number, str: read_text, Path: read_path}
)
"""How a plain value is read, by its annotation."""
