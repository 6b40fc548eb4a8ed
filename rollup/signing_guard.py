"""The signing guard: a node never signs two bodies for one batch index, not even after a crash or with an old data directory.

One rule: what has been promised is on the disk before it is signed. Keep the guard's store beside the key, not in the data
directory: a restored data directory then meets a guard that remembers.

    "g" ‖ u64 index   32-byte digest of what was signed for that index
"""

from rollup.environment import Store, StoreError
from rollup.journal import HEIGHT

_PROMISE = b"g"


class SigningRefused(StoreError):
    """Signing this would contradict an earlier signature, or might."""

    def __init__(self, index: int, asked: bytes, signed: bytes | None) -> None:
        known = (
            f"{signed.hex()} has been signed for it" if signed is not None else "later ones have been signed, and no record of it is kept"
        )
        super().__init__(f"refusing to sign {asked.hex()} for batch {index}: {known}")
        self.index = index
        self.asked = asked
        self.signed = signed


class SigningGuard:
    """Remembers, append-only, what was signed for each index."""

    def __init__(self, store: Store) -> None:
        """Take over a store of its own."""
        self._store = store
        self._highest = next((HEIGHT.unpack(key[len(_PROMISE) :])[0] for key, _ in store.iterate(_PROMISE, reverse=True)), -1)

    @property
    def highest(self) -> int:
        """Highest index ever signed, or -1."""
        return self._highest

    def promise(self, index: int, digest: bytes) -> None:
        """Record that `digest` will be signed for `index`; on the disk when it returns. The same again is fine.

        Blocks. Raises SigningRefused, StoreFailed.
        """
        key = _PROMISE + HEIGHT.pack(index)
        signed = self._store.get(key)
        if signed is None and index > self._highest:
            self._store.write([(key, digest)])
            self._highest = index
        elif signed != digest:
            raise SigningRefused(index, digest, signed)

    def close(self) -> None:
        """Give up the store."""
        self._store.close()
