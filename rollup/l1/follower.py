"""Following L1: what changed since the last look, reorgs included. Shared by sequencer and verifiers.

One rule: an answer of L1's node counts only if it fits the blocks around it. Blocks, logs and calldata are asked for one after another, and
where L1 moved in between, nothing is taken and the next look starts again. What could not be answered is asked for in smaller portions,
since anybody can fill blocks with more than a node answers at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from rollup.core.errors import RollupError
from rollup.core.transport import TransportError
from rollup.l1.client import L1Client
from rollup.l1.derivation import Derivation, DerivationInvalid, DerivedBatch, L1Reorganised
from rollup.l1.header import BlockRef, LogEntry

BLOCKS_AT_ONCE = 2_000
"""Blocks whose logs are asked for in one call, at most."""

FRESH = 16
"""Newest blocks that a node may know without their logs."""


@dataclass(frozen=True, slots=True)
class News:
    """What a look at L1 has brought."""

    head: BlockRef
    """L1's last block at the time of the look."""
    read_to: BlockRef
    """How far the derivation has come; behind `head` while it catches up."""
    dropped_above: int | None = None
    """The blocks above this number were replaced by others, or None where L1 only grew."""
    first_dropped_batch: int | None = None
    """Index of the first batch that was in them."""
    batches: list[DerivedBatch] = field(default_factory=list)
    logs: list[LogEntry] = field(default_factory=list)
    """All logs of the contracts followed, in order."""

    @property
    def is_caught_up(self) -> bool:
        """Whether everything up to the head has been read."""
        return self.read_to.number >= self.head.number


class Follower:
    """Keeps a derivation at L1's head."""

    def __init__(self, client: L1Client, derivation: Derivation, contracts: Sequence[str] = ("inbox",)) -> None:
        """Read the logs of some contracts, by name; the inbox among them."""
        self.client = client
        self.derivation = derivation
        self.contracts = contracts
        self.portion = BLOCKS_AT_ONCE
        """Blocks that the next look reads: half as many after a failure, twice as many after a success."""
        self._is_right_chain = False
        self._dropped: tuple[int, int] | None = None
        """What was dropped (the block kept, the first batch gone) and not told yet: looks may fail before they can tell."""

    async def look(self) -> News:
        """Read what is new. Raises TransportError, RollupError: nothing is half read then, and looking again is right.

        Only of WrongChain there is nothing to hope for.
        """
        if not self._is_right_chain:
            await self.client.check_chain()
            self._is_right_chain = True
        head = await self.client.head()
        kept = await self._common_block(head)
        if kept is not None:
            self._dropped = kept.number, self.derivation.rollback(kept.number)  # further back than what was dropped before it
        last = self.derivation.head.block
        batches: list[DerivedBatch] = []
        logs: list[LogEntry] = []
        if head.number > last.number:
            batches, logs = await self._portion(last.number, head.number)
        above, first = self._dropped or (None, None)
        self._dropped = None
        return News(head, self.derivation.head.block, above, first, batches, logs)

    async def _common_block(self, head: BlockRef) -> BlockRef | None:
        """Return the last block that L1 still has where it dropped ours, else None. Raises L1Reorganised beyond memory."""
        known = self.derivation.blocks()
        for block in reversed(known):
            if block.number < 0:
                return block if block != known[-1] else None
            found = head if head.number == block.number else await self.client.block(block.number)
            if found is not None and found.hash == block.hash:
                return None if block == known[-1] else block
        raise L1Reorganised("blocks that L1 dropped", received=f"all {len(known)} kept", expected="a common one")

    async def _portion(self, last: int, head: int) -> tuple[list[DerivedBatch], list[LogEntry]]:
        """Read as many blocks after `last` as seems fit, up to `head`."""
        try:
            found = await self._read(last + 1, min(head, last + self.portion))
        except TransportError:
            self.portion = max(1, self.portion // 2)
            raise
        self.portion = min(BLOCKS_AT_ONCE, 2 * self.portion)
        return found

    async def _read(self, first: int, last: int) -> tuple[list[DerivedBatch], list[LogEntry]]:
        """Read some blocks into the derivation; those without logs are skipped but for the last."""
        logs = await self.client.logs(first, last, self.contracts)
        by_block: dict[int, list[LogEntry]] = defaultdict(list)
        for log in logs:
            by_block[log.block].append(log)
        numbers = sorted({*by_block, *range(max(first, last + 1 - FRESH), last + 1)})
        refs = await self.client.blocks(numbers)
        await self._check_silent([(ref, by_block[ref.number]) for ref in refs if ref is not None])
        calldata = await self.client.calldata(self.derivation.bodies_wanted(logs))
        batches: list[DerivedBatch] = []
        blocks = [
            self._fitting(number, ref, by_block[number])
            for number, ref in zip(numbers, refs, strict=True)
            if by_block[number] or number == last
        ]
        try:
            for block in blocks:
                batches += self.derivation.feed(block, by_block[block.number], calldata)
        except RollupError:
            self.derivation.rollback(first - 1)
            raise
        return batches, logs

    async def _check_silent(self, blocks: Sequence[tuple[BlockRef, list[LogEntry]]]) -> None:
        """Raise DerivationInvalid where blocks came without logs of a contract that has some: a node may know a block before its logs."""
        for block, logs in blocks:
            wanted = {self.client.address_of(name) for name in self.contracts} if block.bloom else set()
            missing = [address for address in wanted - {log.address for log in logs} if block.may_name(address)]
            if missing and await self.client.names(block.number, missing):
                raise DerivationInvalid(f"logs of block {block.number}", received="none", expected="those of its receipts")

    def _fitting(self, number: int, ref: BlockRef | None, logs: list[LogEntry]) -> BlockRef:
        """Return a block that its logs belong to. Raises DerivationInvalid where L1 moved between two questions."""
        if ref is None or ref.number != number or any(log.block_hash != ref.hash for log in logs):
            raise DerivationInvalid(f"block {number}", received="another than its logs'", expected="one block")
        return ref
