"""The inbox as a node of L1 shows it: blocks, logs and calldata, made from the definitions alone."""

from rollup.core.keccak import keccak256
from rollup.l1.abi import INTERFACES
from rollup.l1.chunks import chunk_root
from rollup.l1.header import EMPTY_QUEUE, BatchHeader, BlockRef, LogEntry, queue_accumulator
from rollup.l1.interface import encoded

INBOX = INTERFACES["inbox"]


class InboxModel:
    """Posts batches and queue entries into blocks; `fork` tells chains apart."""

    def __init__(self, genesis, fork: bytes = b""):
        self.genesis, self.fork = genesis, fork
        self.blocks: list[tuple[BlockRef, list[LogEntry], dict[bytes, bytes]]] = []
        self.parent, self.index, self.time_s = genesis.genesis_hash, 0, genesis.chain.time_s
        self.queue, self.queue_to = [EMPTY_QUEUE], 0
        self.logs: list[LogEntry] = []
        self.calldata: dict[bytes, bytes] = {}

    def close(self):
        """Close the open block and return what `Derivation.feed` takes."""
        number = len(self.blocks)
        parent = self.blocks[-1][0].hash if self.blocks else bytes(32)
        ref = BlockRef(number, keccak256(self.fork + parent + bytes([number]) + str(self.logs).encode()), parent, self.time_s)
        self.blocks.append((ref, self.logs, self.calldata))
        self.logs, self.calldata = [], {}
        return self.blocks[-1]

    def emit(self, name: str, **values):
        event = INBOX.events[name]
        indexed = [encoded([kind], [values[key]]) for key, kind, is_indexed in event.parameters if is_indexed]
        plain = [(kind, values[key]) for key, kind, is_indexed in event.parameters if not is_indexed]
        data = encoded([kind for kind, _ in plain], [value for _, value in plain])
        transaction = keccak256(b"%d %d" % (len(self.blocks), len(self.logs)))
        log = LogEntry(
            self.genesis.contracts.inbox, (event.topic, *indexed), data, len(self.blocks), bytes(32), transaction, len(self.logs)
        )
        self.logs.append(log)
        return transaction

    def enqueue(self, entry: bytes):
        self.queue.append(queue_accumulator(self.queue[-1], entry))
        self.emit("Queued", index=len(self.queue) - 2, acc=self.queue[-1], record=entry, l1Block=len(self.blocks))

    def post(self, body: bytes, count: int, queue_to: int | None = None, *, forced: bool = False):
        queue_to = len(self.queue) - 1 if queue_to is None else queue_to
        self.time_s += 12
        header = BatchHeader(self.index, self.parent, chunk_root(body), self.time_s, self.queue_to, queue_to, self.queue[queue_to], count)
        transaction = self.emit(
            "BatchPosted", index=self.index, acc=header.acc(), chunkRoot=header.chunk_root, time=self.time_s,
            queueFrom=self.queue_to, queueTo=queue_to, count=count, forced=forced,
        )  # fmt: skip
        if not forced:
            arguments = (self.parent, self.time_s, queue_to, self.queue[queue_to], count, body)
            self.calldata[transaction] = INBOX.functions["postBatch"].encode_call(arguments)
        self.parent, self.index, self.queue_to = header.acc(), self.index + 1, queue_to
        return header
