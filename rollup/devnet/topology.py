"""Which nodes a devnet has, where each listens and keeps its data, and the files that say so.

One rule: everything is decided here, before any process starts: addresses are definite, so that all nodes can start at once and each can
be started again by hand with the file that was written for it.
"""

import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rollup.configuration import DevnetConfig, L1Config, Listener, SequencerConfig, VerifierConfig, load
from rollup.core.development import DISPUTE, WEEK_DISPUTE, development_genesis
from rollup.core.genesis import Genesis
from rollup.core.genesis_mapping import genesis_to_mapping
from rollup.net.addresses import Endpoint, parse_address
from rollup.toml_writer import toml_text

WINDOWS = {"short": DISPUTE, "week": WEEK_DISPUTE}
"""Dispute profiles by their names in the configuration."""


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One node of a devnet."""

    name: str
    role: str
    config: Listener
    directory: Path
    """Holds `config.toml`, `log`, and the node's data below `data`."""

    @property
    def config_path(self) -> Path:
        """The file to start it with: `optroll node ROLE --config FILE`."""
        return self.directory / "config.toml"

    @property
    def log(self) -> Path:
        """Its log, JSON lines."""
        return self.directory / "log"

    @property
    def url(self) -> str:
        """Where its JSON-RPC is."""
        return f"http://{self.config.listen}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole devnet."""

    config: DevnetConfig
    genesis: Genesis
    nodes: tuple[PlannedNode, ...]
    moved: tuple[str, ...]
    """Addresses that were in use, so that another port was taken."""

    @property
    def genesis_path(self) -> Path:
        """The genesis file of all nodes."""
        return self.config.data_directory / "genesis.toml"

    def of_role(self, role: str) -> list[PlannedNode]:
        """Return the nodes of a role."""
        return [node for node in self.nodes if node.role == role]


class Ports:
    """Picks addresses that nobody listens on."""

    def __init__(self) -> None:
        """Know of none."""
        self.given: set[Endpoint] = set()
        self.moved: list[str] = []

    def pick(self, address: str, offset: int = 0) -> str:
        """Return an address with a definite port: the one asked for, `offset` further on, or any free one where that is in use."""
        host, port = parse_address(address)
        wanted = Endpoint(host, (port + offset) & 0xFFFF if port else 0)
        found = wanted if wanted.port and wanted not in self.given and free_port(wanted) else Endpoint(host, 0)
        while not found.port or found in self.given:
            found = Endpoint(host, free_port(Endpoint(host, 0)))
        if wanted.port and found != wanted:
            self.moved.append(str(wanted))
        self.given.add(found)
        return str(found)


def free_port(endpoint: Endpoint) -> int:
    """Return a port that can be listened on, for port 0 any; 0 where it is in use."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(tuple(endpoint))
        except OSError:
            return 0
        port: int = probe.getsockname()[1]
        return port


def plan(config: DevnetConfig, path: Path | None, environment: Mapping[str, str], now_s: int) -> Plan:
    """Plan a devnet whose genesis is now; `path` is the file with the nodes' tables. Raises ConfigurationError."""
    genesis = development_genesis(time_s=now_s, verifiers=config.verifiers, dispute=WINDOWS[config.window])
    ports, place = Ports(), config.data_directory.absolute()

    def planned(name: str, role: str, kind: type[Listener], changes: Mapping[str, object]) -> PlannedNode:
        directory = place / name
        given = {"genesis": place / "genesis.toml", "data_directory": directory / "data", **changes}
        return PlannedNode(name, role, load(kind, path, environment, given), directory)

    asked_l1 = load(L1Config, path, environment, {"genesis": place, "data_directory": place})
    l1 = planned("l1", "l1", L1Config, {"listen": ports.pick(asked_l1.listen)})
    keys = {"receipt_key.devnet": "sequencer", "poster_key.devnet": "poster"}
    asked = load(SequencerConfig, path, environment, {"genesis": place, "data_directory": place, **keys})
    listen, ingest = ports.pick(asked.listen), ports.pick(asked.ingest_listen)
    sequencer = planned("sequencer", "sequencer", SequencerConfig, {**keys, "listen": listen, "ingest_listen": ingest, "l1_url": l1.url})
    verifiers = []
    for number in range(1, config.verifiers + 1):
        name = f"verifier-{number}"
        keys = {"key.devnet": name, "bls_key.devnet": name}
        wanted = load(VerifierConfig, path, environment, {"genesis": place, "data_directory": place, **keys}).listen
        changes = {**keys, "listen": ports.pick(wanted, number - 1), "l1_url": l1.url}
        verifiers.append(planned(name, "verifier", VerifierConfig, changes))
    return Plan(config, genesis, (l1, sequencer, *verifiers), tuple(ports.moved))


def write_files(planned: Plan) -> None:
    """Write the genesis and a configuration for each node."""
    planned.genesis_path.write_text(toml_text(genesis_to_mapping(planned.genesis)), encoding="utf-8")
    for node in planned.nodes:
        node.directory.mkdir(mode=0o700, exist_ok=True)
        node.config_path.write_text(toml_text({node.role: written(asdict(node.config))}), encoding="utf-8")


def written(values: Mapping[str, object]) -> dict[str, object]:
    """Return a configuration as a TOML file holds it: paths as text, and nothing that is not set."""
    shown: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            shown[key] = {name: each for name, each in written(value).items() if each != ""}
        elif value is not None:
            shown[key] = str(value) if isinstance(value, Path) else value
    return shown
