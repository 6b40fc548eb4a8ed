"""RLP lists from strangers, with bounds: the rlp library reads every prefix, this file decides how far to go.

The library's own decoder recurses as deep as its input does and copies as it goes, so one megabyte of hostile bytes takes it many seconds.
Here the nesting and the number of items are bounded.
"""

from typing import TypeAlias

from rlp.codec import consume_length_prefix
from rlp.exceptions import DecodingError

Item: TypeAlias = "bytes | list[Item]"
"""A decoded RLP item."""

DEPTH_MAX = 5
"""Levels of nesting: transaction, access list, entry, its keys, a key."""
ITEMS_MAX = 4_096
"""Items of a transaction in all; mainnet's gas limit allows fewer storage keys than that to be of use."""


class MalformedError(Exception):
    """The bytes are not the canonical encoding of what is expected."""


def split_list(data: bytes, start: int, count: int) -> list[Item]:
    """Decode the list of exactly `count` items that fills `data` from `start`. Raises MalformedError."""
    budget = [ITEMS_MAX]
    try:
        item, end = _read(data, start, len(data), DEPTH_MAX, budget)
    except (DecodingError, IndexError) as error:
        raise MalformedError(f"rlp: {error}") from error
    if isinstance(item, bytes) or end != len(data):
        raise MalformedError("rlp: expected one list and nothing after it")
    if len(item) != count:
        raise MalformedError(f"rlp: expected {count} items, received {len(item)}")
    return item


def _read(data: bytes, start: int, limit: int, depth: int, budget: list[int]) -> tuple[Item, int]:
    """Decode the item at `start`, which must end by `limit`. `depth` bounds the recursion, `budget` the items."""
    budget[0] -= 1
    if not depth or not budget[0]:
        raise MalformedError("rlp: too many items or too deep a list")
    _, kind, length, payload = consume_length_prefix(data, start)
    end = payload + length
    if end > limit:
        raise MalformedError("rlp: value larger than containing list")
    if kind is bytes:
        return data[payload:end], end
    items: list[Item] = []
    while payload < end:
        item, payload = _read(data, payload, end, depth - 1, budget)
        items.append(item)
    return items, end
