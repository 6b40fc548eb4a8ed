"""What a running devnet writes down about itself, for every other command: its nodes, its accounts, and whether it is ready.

One rule: the record is true for as long as the devnet's directory is held; a record without a holder is what a killed devnet left.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rollup.core.errors import RollupError
from rollup.devnet.data_directory import is_held

OWNER = "a devnet"
"""Whose a devnet's directory is."""

FILE = "devnet.json"
"""Name of the record in the devnet's directory."""

LOG = "devnet.log"
"""Log of the process that holds a detached devnet together."""

NODE_FOLDER = re.compile(r"l1|sequencer|verifier-\d+|load")
"""Folders that a devnet makes."""


class DevnetError(RollupError):
    """A devnet that is not there, or one too many."""


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One process of a devnet."""

    name: str
    role: str
    pid: int
    url: str
    """JSON-RPC; empty for a process that has none."""
    ingest: str
    """Where bulk submissions are taken; empty for all but the sequencer."""
    directory: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """A funded account: a well-known key and its subaccount."""

    subaccount: int
    address: str
    secret: str
    deposited_e8: int


@dataclass(frozen=True, slots=True)
class Record:
    """A running devnet."""

    pid: int
    """The process that holds it together."""
    is_ready: bool
    l1_chain_id: int
    rollup_chain_id: int
    genesis: str
    """Path of the genesis file."""
    nodes: tuple[NodeRecord, ...]
    accounts: tuple[AccountRecord, ...] = ()

    def node(self, name: str) -> NodeRecord:
        """Return a process by its name. Raises DevnetError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise DevnetError("node", received=name, expected=f"one of {', '.join(node.name for node in self.nodes)}")


def write(directory: Path, record: Record) -> None:
    """Replace the record of a devnet."""
    draft = directory / f"{FILE}.new"
    draft.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    draft.replace(directory / FILE)


def read(directory: Path) -> Record:
    """Return the record of a devnet that is up. Raises DevnetError where none is."""
    if not is_held(directory):
        raise DevnetError(f"devnet in {directory}", received="none that is up", expected="one; start it with: optroll devnet up")
    try:
        return record_from(json.loads((directory / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DevnetError(f"devnet in {directory}", received="one that is still starting", expected="its record; try again") from error


def record_from(values: Mapping[str, object]) -> Record:
    """Return a record from its JSON object. Raises KeyError, TypeError for anything else."""
    fields = dict(values)
    for name, kind in (("nodes", NodeRecord), ("accounts", AccountRecord)):
        entries = fields[name]
        if not isinstance(entries, list):
            raise TypeError(name)
        fields[name] = tuple(kind(**entry) for entry in entries)
    return Record(**fields)  # type: ignore[arg-type]  # the file is our own; a wrong one raises TypeError


def clear(directory: Path) -> None:
    """Remove what an earlier devnet left in its directory: its chain began when it was started, and ended with it.

    Raises DevnetError where a node of it, started again by hand, still runs.
    """
    running = [path for path in directory.iterdir() if NODE_FOLDER.fullmatch(path.name) and is_held(path / "data")]
    for path in running:
        raise DevnetError(
            f"data of {path}", received="one that a running process uses", expected="none; a node was started by hand: end it"
        )
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink() and NODE_FOLDER.fullmatch(path.name):
            shutil.rmtree(path)
        elif path.name in {FILE, f"{FILE}.new", LOG, "genesis.toml"}:
            path.unlink()
