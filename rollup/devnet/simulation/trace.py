"""The trace: everything that happens in a world, hashed as it happens.

One rule: what enters has one spelling, whatever the process, its hash seed, its locale or its addresses in memory; two runs that
differ anywhere have different digests.
"""

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHOWN_BYTES = 32
"""Bytes longer than this enter as their length and hash."""


class NotTraceable(TypeError):
    """A value without one spelling, such as a set or an object's repr."""


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One thing that happened, at a virtual time in microseconds."""

    time_us: int
    kind: str
    detail: str

    def __str__(self) -> str:
        """Return the line of the trace."""
        return f"{self.time_us / 1e6:.6f} {self.kind} {self.detail}"


class Trace:
    """A running digest of entries, and the last few of them for people."""

    def __init__(self, kept: int | None) -> None:
        """Keep so many of the latest entries; all of them for None."""
        self.entries: deque[TraceEntry] = deque(maxlen=kept)
        self.count = 0
        self._hash = hashlib.sha256()

    def record(self, time_s: float, kind: str, *details: object, **fields: object) -> None:
        """Add an entry. Raises NotTraceable."""
        pieces = [spell(detail) for detail in details]
        pieces += [f"{name}={spell(value)}" for name, value in fields.items()]
        entry = TraceEntry(round(time_s * 1e6), kind, " ".join(pieces))
        line = f"{entry.time_us}\0{kind}\0{entry.detail}\n".encode("utf-8", "surrogatepass")
        self._hash.update(line)
        self.count += 1
        self.entries.append(entry)

    def digest(self) -> str:
        """Return the digest of everything so far, in hex."""
        return self._hash.copy().hexdigest()


def spell(value: object) -> str:
    """Return a value's one spelling. Raises NotTraceable."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return spell_bytes(bytes(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{spell(key)}:{spell(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(spell(item) for item in value) + "]"
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return repr(value.item())
    raise NotTraceable(f"a {type(value).__name__} has no one spelling: log numbers, text, bytes, lists and mappings of such")


def spell_bytes(content: bytes) -> str:
    """Return short bytes in hex, long ones as length and hash."""
    if len(content) <= SHOWN_BYTES:
        return "0x" + content.hex()
    return f"{len(content)}B:{hashlib.sha256(content).hexdigest()[:32]}"
