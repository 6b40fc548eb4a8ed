"""Searching logs by address and topics (execution-apis, eth_getLogs)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from l1_mock.blocks import FullBlock
from l1_mock.contracts.framework import Log
from l1_mock.parameters import data, listing, refuse
from l1_mock.shapes import PlacedLog
from rollup.core.transport import JSON

ADDRESSES_MAX = 1_000
"""Addresses in one query (geth's limit)."""
TOPICS_MAX = 4
"""Positions of topics; an event has no more."""
ALTERNATIVES_MAX = 1_000
"""Topics allowed at one position (geth's limit)."""
EMPTY: frozenset[bytes] = frozenset()
"""No constraint."""


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs are wanted. An empty set of addresses, or of topics at a position, allows all."""

    addresses: frozenset[bytes] = EMPTY
    topics: tuple[frozenset[bytes], ...] = ()

    def matches(self, log: Log) -> bool:
        """Say whether a log is wanted."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        return all(not wanted or topic in wanted for wanted, topic in zip(self.topics, log.topics, strict=False))

    def search(self, block: FullBlock, *, removed: bool = False) -> Iterator[PlacedLog]:
        """Yield the wanted logs of a block, in order."""
        for receipt in block.receipts:
            for index, log in enumerate(receipt.logs):
                if self.matches(log):
                    yield PlacedLog(block, receipt, index, removed)


def log_query(criteria: Mapping[str, JSON]) -> LogQuery:
    """Read the `address` and `topics` of a filter object. Raises RpcError."""
    topics = criteria.get("topics")
    positions = () if topics is None else listing(topics, "topics", TOPICS_MAX)
    return LogQuery(
        _choices(criteria.get("address"), "address", 20, ADDRESSES_MAX),
        tuple(_choices(choice, "topics", 32, ALTERNATIVES_MAX) for choice in positions),
    )


def _choices(value: JSON, name: str, length: int, most: int) -> frozenset[bytes]:
    """Read null (anything), one value, or an array of values of which null makes the whole anything."""
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return frozenset({data(value, name, length)})
    if not isinstance(value, list | tuple):
        refuse(f"{name}: expected hexadecimal text or an array of it")
    values = listing(value, name, most)
    if None in values:
        return EMPTY
    return frozenset(data(item, name, length) for item in values)
