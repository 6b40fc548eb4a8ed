"""L1's history as a bystander reads it: batches, logs and the game, kept right through reorganisations.

One rule: it looks at L1 and nothing else, so what is concluded from it holds whatever the nodes say of themselves.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rollup.core.genesis import Genesis
from rollup.devnet.drills.inspector import Inspector
from rollup.dispute.bisection import genesis_assertion
from rollup.dispute.game import Event, Game
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation, DerivedBatch
from rollup.l1.follower import Follower
from rollup.l1.header import BlockRef, LogEntry
from rollup.l1.interface import Interface

CONTRACTS = ("token", "inbox", "bridge", "assertions", "attestations", "stakes")
"""Contracts whose events are read."""


@dataclass
class Chronicle:
    """Everything that L1's contracts have said, up to the last look."""

    client: L1Client
    genesis: Genesis
    genesis_root: bytes
    follower: Follower = field(init=False)
    game: Game = field(init=False)
    batches: dict[int, DerivedBatch] = field(default_factory=dict)
    logs: list[LogEntry] = field(default_factory=list)
    reorganisations: int = 0
    inspector: Inspector | None = None
    """Judges what is read, block by block."""

    def __post_init__(self) -> None:
        """Start before the first block."""
        origin = genesis_assertion(self.genesis.genesis_hash, self.genesis_root)
        self.follower = Follower(self.client, Derivation(self.genesis), CONTRACTS)
        rules = self.genesis.dispute
        self.game = Game(origin, self.genesis_root, rules.txs_per_leaf, published_leaves=rules.published_leaves)
        self.head = BlockRef(-1, bytes(32), bytes(32), self.genesis.chain.time_s)

    async def read(self) -> BlockRef:
        """Read up to L1's head and return it. Raises TransportError, RollupError."""
        while True:
            news = await self.follower.look()
            if news.dropped_above is not None:
                self.reorganisations += 1
                self._forget(news.dropped_above)
            self.batches |= {batch.index: batch for batch in news.batches}
            self.logs += news.logs
            self.game.feed(self._dispute(news.logs))
            if self.inspector is not None:
                self.inspector.take(news, self.batches)
            if news.is_caught_up:
                self.head = news.head
                return news.head

    def told(self) -> Iterator[Event]:
        """Yield all events of all contracts, in order."""
        sources = [(INTERFACES[name], self.client.address_of(name)) for name in CONTRACTS]
        for log in self.logs:
            yield from (event for interface, address in sources if (event := self._event(interface, address, log)) is not None)

    def events(self, contract: str, name: str) -> Iterator[Mapping[str, object]]:
        """Yield the arguments of one contract's events of a name, in order."""
        return (event.arguments for _, event in self._found(contract, name))

    def origins(self, contract: str, name: str) -> Iterator[tuple[int, bytes]]:
        """Yield blocks and hashes of the transactions that made these events."""
        return ((log.block, log.transaction) for log, _ in self._found(contract, name))

    def _found(self, contract: str, name: str) -> Iterator[tuple[LogEntry, Event]]:
        interface, address = INTERFACES[contract], self.client.address_of(contract)
        for log in self.logs:
            event = self._event(interface, address, log)
            if event is not None and event.name == name:
                yield log, event

    def _forget(self, kept: int) -> None:
        self.logs = [log for log in self.logs if log.block <= kept]
        self.batches = {index: batch for index, batch in self.batches.items() if batch.l1_block.number <= kept}
        self.game = self.game.rolled_back(kept)

    def _dispute(self, logs: list[LogEntry]) -> Iterator[Event]:
        sources = [(INTERFACES[name], self.client.address_of(name)) for name in ("inbox", "assertions")]
        for log in logs:
            for interface, address in sources:
                event = self._event(interface, address, log)
                if event is not None:
                    yield event

    @staticmethod
    def _event(interface: Interface, address: bytes, log: LogEntry) -> Event | None:
        known = interface.topics.get(log.topics[0]) if log.topics and log.address == address else None
        return None if known is None else Event(log.block, known.name, known.decode_log(log.topics, log.data))
