"""Ethereum's JSON-RPC values: from JSON to numbers, bytes, blocks, logs and receipts, and back.

One rule: what a node of L1 answers is input like any other. Anything but the expected shape is an AnswerInvalid.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rollup.core.errors import RollupError
from rollup.core.transport import JSON
from rollup.l1.header import BlockRef, LogEntry

DIGITS = frozenset("0123456789abcdefABCDEF")
"""What hexadecimal text is made of."""

COUNT_MAX = (1 << 63) - 1
"""Largest number of a block, and largest time."""

QUANTITY_DIGITS_MAX = 64
"""Digits of a number, at most: 256 bits."""


class AnswerInvalid(RollupError):
    """A node of L1 answered with something else than the method promises."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction that is in a block."""

    transaction: bytes
    succeeded: bool
    block: int
    block_hash: bytes
    gas_used: int
    gas_price: int
    """Wei a gas that it paid."""
    logs: tuple[LogEntry, ...]


def quantity(number: int) -> str:
    """Return a number as JSON-RPC has it."""
    return hex(number)


def data_text(data: bytes) -> str:
    """Return bytes as JSON-RPC has them."""
    return "0x" + data.hex()


def read_number(value: JSON, what: str) -> int:
    """Return the number of a quantity. Raises AnswerInvalid."""
    if (
        not isinstance(value, str)
        or not value.startswith("0x")
        or not 1 <= len(value) - 2 <= QUANTITY_DIGITS_MAX
        or not set(value[2:]) <= DIGITS
    ):
        raise AnswerInvalid(what, received=value, expected="a hexadecimal quantity")
    return int(value, 16)


def read_count(value: JSON, what: str) -> int:
    """Return a number that fits into 64 bits, signed, as whatever is counted here does. Raises AnswerInvalid."""
    number = read_number(value, what)
    if number > COUNT_MAX:
        raise AnswerInvalid(what, received=value, expected="a number below 2^63")
    return number


def read_bytes(value: JSON, what: str, length: int | None = None) -> bytes:
    """Return the bytes of hexadecimal text, of a length where one is given. Raises AnswerInvalid."""
    if not isinstance(value, str) or not value.startswith("0x") or len(value) % 2 or not set(value[2:]) <= DIGITS:
        raise AnswerInvalid(what, received=value, expected="0x and hexadecimal digits")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise AnswerInvalid(what, received=len(data), expected=f"{length} bytes")
    return data


def read_object(value: JSON, what: str) -> Mapping[str, JSON]:
    """Return an object. Raises AnswerInvalid."""
    if not isinstance(value, dict):
        raise AnswerInvalid(what, received=type(value).__name__, expected="an object")
    return value


def read_list(value: JSON, what: str) -> list[JSON]:
    """Return a list. Raises AnswerInvalid."""
    if not isinstance(value, list):
        raise AnswerInvalid(what, received=type(value).__name__, expected="a list")
    return value


def read_block(value: JSON) -> BlockRef:
    """Return a block. Raises AnswerInvalid."""
    block = read_object(value, "block")
    return BlockRef(
        number=read_count(block.get("number"), "number of a block"),
        hash=read_bytes(block.get("hash"), "hash of a block", 32),
        parent=read_bytes(block.get("parentHash"), "parent of a block", 32),
        time_s=read_count(block.get("timestamp"), "time of a block"),
        bloom=read_bytes(block.get("logsBloom", "0x"), "filter of a block's logs"),
    )


def read_log(value: JSON) -> LogEntry:
    """Return a log. Raises AnswerInvalid."""
    log = read_object(value, "log")
    return LogEntry(
        address=read_bytes(log.get("address"), "address of a log", 20),
        topics=tuple(read_bytes(topic, "topic of a log", 32) for topic in read_list(log.get("topics"), "topics of a log")),
        data=read_bytes(log.get("data"), "data of a log"),
        block=read_number(log.get("blockNumber"), "block of a log"),
        block_hash=read_bytes(log.get("blockHash"), "block of a log", 32),
        transaction=read_bytes(log.get("transactionHash"), "transaction of a log", 32),
        index=read_number(log.get("logIndex"), "index of a log"),
    )


def read_receipt(value: JSON) -> Receipt | None:
    """Return a receipt, or None for a transaction that is in no block. Raises AnswerInvalid."""
    if value is None:
        return None
    receipt = read_object(value, "receipt")
    return Receipt(
        transaction=read_bytes(receipt.get("transactionHash"), "transaction of a receipt", 32),
        succeeded=read_number(receipt.get("status"), "status of a receipt") == 1,
        block=read_number(receipt.get("blockNumber"), "block of a receipt"),
        block_hash=read_bytes(receipt.get("blockHash"), "block of a receipt", 32),
        gas_used=read_number(receipt.get("gasUsed"), "gas of a receipt"),
        gas_price=read_number(receipt.get("effectiveGasPrice"), "gas price of a receipt"),
        logs=tuple(read_log(log) for log in read_list(receipt.get("logs"), "logs of a receipt")),
    )


def block_tag(block: int | str) -> str:
    """Return a block's number, or one of Ethereum's words for a block, as a parameter."""
    return quantity(block) if isinstance(block, int) else block
