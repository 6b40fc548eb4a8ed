"""TOML text of a plain mapping: how a devnet writes the genesis and the configurations of its nodes.

One rule: what `tomllib` reads back is the mapping that was given. Values are truth values, integers, finite numbers, texts, lists
of such, tables, and lists of tables.
"""

import json
import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TypeGuard

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that need no quotes."""


def toml_text(document: Mapping[str, object]) -> str:
    """Return the text of a document, which ends with a line feed. Raises TypeError for what TOML cannot say."""
    return "\n".join(lines_of(document, ())).strip("\n") + "\n"


def lines_of(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    """Yield a table's plain values, then its inner tables: TOML ends a table's own values where the next one starts."""
    for key, value in table.items():
        if not isinstance(value, Mapping) and not is_tables(value):
            yield f"{key_text(key)} = {value_text(value)}"
    for key, value in table.items():
        name = ".".join(map(key_text, (*path, key)))
        if isinstance(value, Mapping):
            yield from ("", f"[{name}]", *lines_of(value, (*path, key)))
        elif is_tables(value):
            for each in value:
                yield from ("", f"[[{name}]]", *lines_of(each, (*path, key)))


def is_tables(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    """Whether a value is a list of tables, and not an empty one."""
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Mapping) for each in value)


def key_text(key: str) -> str:
    """Return a key as TOML writes it."""
    return key if BARE_KEY.fullmatch(key) else string_text(key)


def value_text(value: object) -> str:
    """Return a plain value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return repr(value)
    if isinstance(value, str):
        return string_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    raise TypeError(f"TOML cannot say {value!r}")


def string_text(text: str) -> str:
    """Return a text in quotes: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
