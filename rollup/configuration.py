"""What a node can be told: one frozen class a role, one table of a TOML file each, read by `rollup.configuration_reader`.

One rule: here is where a node is and how it works, never what all nodes must agree on; that is the genesis, and every node is
given the same one. A new setting is one line here: its name is the key, its default the value where the file says nothing, its
annotation what is accepted. Times are in seconds and may be fractions; sizes are in bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from rollup.configuration_reader import Between, ConfigurationError, Problem, Written, parse, read
from rollup.core.errors import GenesisError
from rollup.core.genesis import Genesis
from rollup.core.genesis_mapping import genesis_from_mapping
from rollup.environment import AddressRefused
from rollup.net.addresses import endpoint_of_url, is_loopback, parse_address
from rollup.state.limits import PARTS
from rollup.transition.genesis_bounds import check_bounds

Config = TypeVar("Config")


def load(kind: type[Config], path: Path | None, environment: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Config:
    """Return one node's configuration: flags over environment over the file's table over the defaults.

    A flag is named as its key, with a dot before the key of an inner table (`poster_key.devnet`); None is a flag that was not
    given. Without a path there is no file. Raises ConfigurationError.
    """
    return read(kind, SECTIONS, path, environment, flags or {})


def load_genesis(path: Path) -> Genesis:
    """Return the genesis that a TOML file holds. Raises ConfigurationError, naming the file and the entry."""
    try:
        genesis = genesis_from_mapping(parse(path))
        check_bounds(genesis)
    except GenesisError as error:
        raise ConfigurationError(f"{path}: {error.what}", received=error.received, expected=error.expected) from error
    return genesis


def is_address(text: str) -> bool:
    """Whether a text is "host:port"."""
    try:
        parse_address(text)
    except AddressRefused:
        return False
    return True


def is_url(text: str) -> bool:
    """Whether a text is the URL of an RPC server."""
    try:
        endpoint_of_url(text)
    except AddressRefused:
        return False
    return True


Address = Annotated[str, Written(is_address, '"host:port", with port 0 for any free one')]
Url = Annotated[str, Written(is_url, '"http://host:port"')]
Seconds = Annotated[float, Between(0.001, 86_400)]
Count = Annotated[int, Between(1, 1 << 31)]

ExecutionMode = Literal["auto", "plain", "compiled"]
"""How the transition runs. auto: plain at once, and compiled as soon as the kernels are there."""


@dataclass(frozen=True, slots=True)
class KeyConfig:
    """Where a secret key is: in an encrypted file, or, on a devnet's chain alone, among the well-known ones."""

    keystore: Path | None = None
    """File in Web3 secret storage, made by `optroll keys new`."""
    passphrase_file: Path | None = None
    """File that holds its passphrase."""
    passphrase_descriptor: Annotated[int, Between(0, 1 << 20)] | None = None
    """File descriptor from which its passphrase is read, to the end."""
    devnet: Annotated[str, Written(lambda text: text.isascii() and text.isprintable(), 'a name such as "sequencer"')] = ""
    """Name of a devnet's role: its public, well-known key."""

    def problems(self) -> Iterator[Problem]:
        """Find what is given twice, or not at all."""
        if bool(self.devnet) == (self.keystore is not None):
            yield Problem("keystore", "a keystore or a devnet name, and not both")
        if self.keystore is not None and (self.passphrase_file is None) == (self.passphrase_descriptor is None):
            yield Problem("passphrase_file", "a file or a descriptor for the keystore's passphrase, and not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What every node has: a JSON-RPC listener, the genesis, and where to keep what it knows."""

    genesis: Path
    """The genesis file: the same one for every node."""
    data_directory: Path
    """Only one node may use it."""
    listen: Address
    """Where JSON-RPC is served."""
    listen_beyond_loopback: bool = False
    """Allows other hosts to connect, in clear text: there is no TLS here, so put something in front."""

    def problems(self) -> Iterator[Problem]:
        """Find listeners that would be open to the world by accident."""
        for key in ("listen", "ingest_listen"):
            address = getattr(self, key, None)
            if address is not None and not self.listen_beyond_loopback and not is_loopback(parse_address(address).host):
                yield Problem(key, "a loopback address, because there is no TLS; or listen_beyond_loopback = true if you mean it")


@dataclass(frozen=True, slots=True, kw_only=True)
class L1Config(Listener):
    """The mock L1."""

    listen: Address = "127.0.0.1:8545"
    mining: Literal["interval", "instant", "manual"] = "interval"
    """When a block is made: every `block_time_s`; for every transaction; only when asked to by evm_mine."""
    block_time_s: Seconds = 1.0
    """Real time between two blocks. How much time a block is *worth* in a dispute is the genesis' matter."""
    block_gas_max: Annotated[int, Between(1 << 20, 1 << 40)] = 60_000_000
    """Gas of one block, at most."""
    blocks_kept: Count = 100_000
    """Blocks whose details can be asked for; older ones are dropped, so that memory is bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequencerConfig(Listener):
    """The sequencer."""

    listen: Address = "127.0.0.1:9545"
    ingest_listen: Address = "127.0.0.1:9645"
    """Where signed transactions are taken in bulk."""
    l1_url: Url = "http://127.0.0.1:8545"
    receipt_key: KeyConfig
    """Signs receipts."""
    poster_key: KeyConfig
    """Pays for and signs the batches' L1 transactions."""
    mode: ExecutionMode = "auto"
    ordering: Annotated[str, Written(str.isidentifier, "the name of an ordering policy")] = "first_come"
    """How waiting transactions are ordered: a name in `sequencer.ordering.POLICIES`."""
    batch_interval_s: Seconds = 1.0
    """A batch is sealed this long after its first transaction, or when it is full."""
    batch_records: Annotated[int, Between(1 + PARTS, 4_095)] = 3_800
    """Records of a batch that stem from the sequencer; the rest of its 4,096 steps are for L1's queue."""
    group_records: Annotated[int, Between(1, 4_095)] = 1_024
    """Records that are executed, journalled with one sync and acknowledged together, at most."""
    group_wait_s: Annotated[float, Between(0, 1)] = 0.002
    """How long a group that is not full waits for more."""
    pending_per_account_max: Count = 1_024
    """Transactions of one account that may wait."""
    pending_max: Count = 65_536
    """Transactions that may wait in all; beyond, intake answers "busy"."""
    unposted_batches_max: Count = 64
    """Sealed batches that L1 has not taken; beyond, intake stops until it has."""
    confirmations: Annotated[int, Between(0, 1_000)] = 3
    """L1 blocks upon a batch before it counts as safe from reorganisations."""
    poll_interval_s: Seconds = 0.25
    """How often L1 is asked for news."""
    fee_bump_after_s: Seconds = 12.0
    """An L1 transaction that was not mined for this long is sent again with a higher fee."""
    snapshot_batches: Count = 256
    """A snapshot of the state is written after so many batches."""
    trigger_interval_s: Annotated[float, Between(0, 3_600)] = 0.25
    """How long after something was executed it looks for stop-loss and take-profit orders to fire; 0: never, and others may."""
    note_after_s: Annotated[float, Between(0, 86_400)] = 300.0
    """How old a batch must be before L1 is asked to tell the state that it has it; 0: never, and others may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierConfig(Listener):
    """A verifier."""

    listen: Address = "127.0.0.1:9546"
    l1_url: Url = "http://127.0.0.1:8545"
    key: KeyConfig
    """Holds the bonds and signs the moves on L1."""
    bls_key: KeyConfig
    """Signs attestations."""
    mode: ExecutionMode = "auto"
    assert_batches: bool = True
    """Whether it proposes assertions itself, or only defends the chain against wrong ones."""
    attest_every: Annotated[int, Between(0, 1 << 20)] = 1
    """Attests every so many batches; 0: never."""
    confirmations: Annotated[int, Between(0, 1_000)] = 1
    """L1 blocks upon an event before it is acted on, where time allows."""
    poll_interval_s: Seconds = 0.25
    """How often L1 is asked for news."""
    fee_bump_after_s: Seconds = 12.0
    """An L1 transaction that was not mined for this long is sent again with a higher fee."""
    snapshot_batches: Count = 256
    """A snapshot of the state is written after so many batches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetConfig:
    """A whole devnet on this machine: one L1, one sequencer, some verifiers, and perhaps a load."""

    data_directory: Path = Path(".optroll/devnet")
    """Data, logs and generated configurations of every node, each in its own folder."""
    verifiers: Annotated[int, Between(0, 64)] = 3
    window: Literal["short", "week"] = "short"
    """The dispute window: minutes, or seven days as on a mainnet."""
    load_per_s: Annotated[int, Between(0, 1_000_000)] = 0
    """Signed orders a second that are sent against it."""
    load_accounts: Annotated[int, Between(1, 1_000_000)] = 64
    """Accounts from which they come."""
    ready_within_s: Seconds = 60.0
    """How long `devnet up` waits for the first batch that every verifier agrees with."""


SECTIONS = MappingProxyType({"l1": L1Config, "sequencer": SequencerConfig, "verifier": VerifierConfig, "devnet": DevnetConfig})
"""The tables of a configuration file, and of which class each is."""
