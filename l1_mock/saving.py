"""A whole chain as bytes, and back, exactly: blocks with what they changed, state, waiting transactions, clock.

    bytes   = zlib(json {version, chain_id, contracts, tables, items, session})
    item    = ["block", header, [receipt …], [change …]] | ["run", header, start, interval, count] | ["patch", number, [change …]]
    receipt = [raw transaction, sender, success, reason, gas used, gas price, [log …]]

Values are as `saved_values` writes them. A loaded chain goes on from the time at which it was saved. Snapshots are not saved.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import fields

from l1_mock.blocks import FullBlock, Item, Patch, Receipt
from l1_mock.chain import Chain
from l1_mock.contracts.framework import Log
from l1_mock.empty_run import EmptyRun, Strand
from l1_mock.headers import Header, bloom_of
from l1_mock.history import History
from l1_mock.ledger import Ledger, Session
from l1_mock.pool import Pool
from l1_mock.saved_values import (
    MISTAKES,
    Records,
    SavedError,
    as_bytes,
    as_dict,
    as_flag,
    as_int,
    as_list,
    as_text,
    decode_value,
    encode_value,
    records_of,
)
from l1_mock.timing import Timing
from l1_mock.transactions import Transaction, TransactionError, decode_transaction
from l1_mock.world import Difference, World
from rollup.core.transport import JSON

VERSION = 1
"""Of the format."""
SAVED_MAX = 1 << 28
"""Bytes of JSON that a saved chain may unfold to."""


def save(chain: Chain, now: int) -> bytes:
    """Save the chain as it is at `now`. Raises SavedError where a contract stores a record that it does not list."""
    records = records_of(chain.contracts.values())
    tables = chain.world.tables
    document: JSON = {
        "version": VERSION,
        "chain_id": chain.config.chain_id,
        "contracts": [*(contract.name for contract in chain.contracts.values())],
        "tables": {name: _save_rows(tables[name].items(), records) for name in sorted(tables)},
        "items": [_save_item(item, records) for item in chain.history.items],
        "session": _save_session(chain.session, now),
    }
    return zlib.compress(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())


def load(chain: Chain, saved: bytes, now: int) -> None:
    """Become the saved chain. Raises SavedError, with the chain as it was."""
    try:
        unpacker = zlib.decompressobj()
        document = as_dict(json.loads(unpacker.decompress(saved, SAVED_MAX)))
        chain.become(_ledger(chain, document, now))
    except (*MISTAKES, zlib.error, TransactionError, RecursionError) as error:
        raise SavedError(f"not a saved chain: {error}") from error


def _ledger(chain: Chain, document: dict[str, JSON], now: int) -> Ledger:
    names: list[JSON] = [contract.name for contract in chain.contracts.values()]
    for field, expected in (("version", VERSION), ("chain_id", chain.config.chain_id), ("contracts", names)):
        if document[field] != expected:
            raise SavedError(f"{field}: received {document[field]}, expected {expected}")
    records = records_of(chain.contracts.values())
    world = World()
    for name, rows in as_dict(document["tables"]).items():
        world.tables[name].update((decode_value(key, records), decode_value(value, records)) for key, value in map(as_list, as_list(rows)))
    items = [_load_item(as_list(item), records) for item in as_list(document["items"])]
    history = _history(world, items, chain.config.history_items)
    session = _load_session(chain, as_dict(document["session"]), now)
    return Ledger(chain.config, chain.contracts, world, history, session)


def _history(world: World, items: Sequence[Item], kept: int) -> History:
    oldest = items[0]
    if isinstance(oldest, Patch):
        raise SavedError("the first item is not a block")
    history = History(world, oldest, kept)
    for item in items[1:]:
        if item.number != history.head.number if isinstance(item, Patch) else item.first != history.head.number + 1:
            raise SavedError(f"blocks are missing after {history.head.number}")
        history.push(item)
    return history


def _save_rows(rows: Iterable[tuple[object, object]], records: Records) -> list[JSON]:
    """Save a table, ordered by its keys' encodings, so that equal tables give equal bytes."""
    pairs: list[list[JSON]] = [[encode_value(key, records), encode_value(value, records)] for key, value in rows]
    return [*sorted(pairs, key=lambda pair: json.dumps(pair[0]))]


def _save_item(item: Item, records: Records) -> JSON:
    if isinstance(item, Patch):
        return ["patch", item.number, _save_changes(item.difference, records)]
    if isinstance(item, EmptyRun):
        return ["run", _save_header(item.strand.first), item.strand.start, item.strand.interval, item.count]
    receipts: list[JSON] = [_save_receipt(receipt) for receipt in item.receipts]
    return ["block", _save_header(item.sealed), receipts, _save_changes(item.difference, records)]


def _load_item(item: Sequence[JSON], records: Records) -> Item:
    kind = item[0]
    if kind == "patch":
        return Patch(as_int(item[1]), _load_changes(item[2], records))
    header = _load_header(item[1])
    if kind == "run":
        return EmptyRun(Strand(header, as_int(item[2]), as_int(item[3])), as_int(item[4]))
    if kind != "block":
        raise SavedError(f"item of an unknown kind {kind}")
    return FullBlock(header, header.hash(), _load_receipts(as_list(item[2])), _load_changes(item[3], records))


def _save_changes(difference: Difference, records: Records) -> JSON:
    return [[table, *(encode_value(value, records) for value in change)] for table, *change in difference.changes]


def _load_changes(saved: JSON, records: Records) -> Difference:
    changes = []
    for change in as_list(saved):
        table, key, before, after = as_list(change)
        changes.append((as_text(table), decode_value(key, records), decode_value(before, records), decode_value(after, records)))
    return Difference(tuple(changes))


def _save_header(header: Header) -> JSON:
    return [encode_value(getattr(header, field.name), {}) for field in fields(Header)]


def _load_header(saved: JSON) -> Header:
    values = [decode_value(value, {}) for value in as_list(saved)]
    kinds = [type(value) for value in values]
    if kinds != [bytes if field.type in {bytes, "bytes"} else int for field in fields(Header)]:
        raise SavedError("a header has fields of wrong types")
    return Header(*values)  # type: ignore[arg-type]  # their types have just been compared


def _save_receipt(receipt: Receipt) -> JSON:
    transaction = receipt.transaction
    logs: list[JSON] = [[log.address.hex(), [topic.hex() for topic in log.topics], log.data.hex()] for log in receipt.logs]
    return [
        transaction.raw.hex(),
        transaction.sender.hex(),
        receipt.success,
        receipt.reason,
        receipt.gas_used,
        hex(receipt.gas_price),
        logs,
    ]


def _load_receipts(saved: Sequence[JSON]) -> tuple[Receipt, ...]:
    receipts: list[Receipt] = []
    gas, first_log = 0, 0
    for entry in saved:
        raw, sender, success, reason, gas_used, gas_price, saved_logs = as_list(entry)
        logs = tuple(_load_log(log) for log in as_list(saved_logs))
        gas += as_int(gas_used)
        receipts.append(
            Receipt(
                transaction=decode_transaction(as_bytes(raw), as_bytes(sender)),
                success=as_flag(success),
                reason=as_text(reason),
                gas_used=as_int(gas_used),
                cumulative_gas=gas,
                gas_price=int(as_text(gas_price), 16),
                logs=logs,
                bloom=bloom_of(logs),
                index=len(receipts),
                first_log=first_log,
            ),
        )
        first_log += len(logs)
    return tuple(receipts)


def _load_log(saved: JSON) -> Log:
    address, topics, data = as_list(saved)
    return Log(as_bytes(address), tuple(as_bytes(topic) for topic in as_list(topics)), as_bytes(data))


def _save_session(session: Session, now: int) -> JSON:
    timing = session.timing
    waiting: list[JSON] = [[item.raw.hex(), item.sender.hex()] for item in session.pool.waiting()]
    return {
        "waiting": waiting,
        "automine": session.automine,
        "forks": session.forks,
        "time": now + timing.offset,
        "until_slot": timing.next_slot - now if timing.slot else 0,
        "fixed": timing.fixed,
    }


def _load_session(chain: Chain, saved: dict[str, JSON], now: int) -> Session:
    pool = Pool()
    for entry in as_list(saved["waiting"]):
        raw, sender = as_list(entry)
        transaction: Transaction = decode_transaction(as_bytes(raw), as_bytes(sender))
        pool.add(transaction)
    fixed = saved["fixed"]
    timing = Timing(
        slot=chain.config.slot_ms,
        next_slot=now + as_int(saved["until_slot"]),
        offset=as_int(saved["time"]) - now,
        fixed=None if fixed is None else as_int(fixed),
    )
    return Session(pool, timing, as_flag(saved["automine"]), as_int(saved["forks"]))
