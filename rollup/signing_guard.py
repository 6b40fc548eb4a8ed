"""The signing guard: a node never signs two bodies that L1 could both take, not even after a crash or with an old data directory.

One rule: what has been promised is on the disk before it is signed, and is never forgotten. Keep the guard's store beside the key, not in
the data directory: a restored data directory then meets a guard that remembers.

    "g" ‖ u64 index ‖ parent ‖ queue accumulator ‖ u32 number     digest of what was signed ‖ u64 time

A promise is for a context: the batch's index, the accumulator of the batch before it, and that of the queue which it takes. A batch is
rightly made anew where L1 reorganises, which is another context, or where it has become too old for L1 to take, which frees its own; so
does an L1 whose time has gone back, where the batch is far ahead of it.
"""

from dataclasses import dataclass
from math import inf
from struct import Struct

from rollup.environment import Store, StoreError

_PROMISE = b"g"
_INDEX = Struct(">Q")
_NUMBER = Struct(">I")


@dataclass(frozen=True, slots=True)
class Promise:
    """What is going to be signed, and in which context."""

    index: int
    parent: bytes
    """Accumulator of the batch before, 32 bytes."""
    queue_acc: bytes
    """Accumulator of the queue up to where the batch takes it, 32 bytes."""
    digest: bytes
    """Names the body: its batch's accumulator, 32 bytes."""
    time_s: int
    """The batch's time, by which L1 tells whether it is too old."""


class SigningRefused(StoreError):
    """Signing this would contradict an earlier signature."""

    def __init__(self, asked: Promise, signed: bytes) -> None:
        super().__init__(f"refusing to sign {asked.digest.hex()} for batch {asked.index}: {signed.hex()} has been signed in its place")
        self.index = asked.index
        self.asked = asked.digest
        self.signed = signed


class SigningGuard:
    """Remembers, append-only, what was signed in each context."""

    def __init__(self, store: Store) -> None:
        """Take over a store of its own."""
        self._store = store

    def promise(self, asked: Promise, oldest_s: int, newest_s: float = inf) -> None:
        """Record what will be signed; on the disk when it returns. The same again is fine.

        L1 takes no batch any more whose time is before `oldest_s`, nor for long one that is after `newest_s`, so what was signed then
        stands in nobody's way. Blocks. Raises SigningRefused, StoreFailed.
        """
        stem = _PROMISE + _INDEX.pack(asked.index) + asked.parent + asked.queue_acc
        signed = {value[: -_INDEX.size]: _INDEX.unpack(value[-_INDEX.size :])[0] for _, value in self._store.iterate(stem)}
        for digest, time_s in signed.items():
            if digest != asked.digest and oldest_s <= time_s <= newest_s:
                raise SigningRefused(asked, digest)
        if asked.digest not in signed:
            self._store.write([(stem + _NUMBER.pack(len(signed)), asked.digest + _INDEX.pack(asked.time_s))])

    def close(self) -> None:
        """Give up the store."""
        self._store.close()
