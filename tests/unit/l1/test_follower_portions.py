"""Following L1: whatever is in its blocks, and however little it answers at once, the head is reached."""

from dataclasses import replace

import pytest
import trio
from inbox_model import InboxModel

from rollup.core.development import development_genesis
from rollup.core.transport import ConnectionFailed, TransportError
from rollup.l1.derivation import Derivation
from rollup.l1.follower import BLOCKS_AT_ONCE, Follower
from rollup.l1.forced import encode_deposit

GENESIS = development_genesis()
BLOCKS = 40


def crowded() -> InboxModel:
    """Blocks of two queue entries each, with a batch now and then."""
    model = InboxModel(GENESIS)
    for number in range(BLOCKS):
        model.enqueue(encode_deposit(0, 5, bytes(20)))
        model.enqueue(encode_deposit(0, 6, bytes(20)))
        if number % 8 == 0:
            model.post(b"", 0)
        model.close()
    return model


class SmallMouth:
    """A node of L1 that answers with so many logs at most."""

    def __init__(self, model: InboxModel, logs_max: int):
        self.model, self.logs_max = model, logs_max
        self.down = False

    async def check_chain(self):
        """It is the right one."""

    async def head(self):
        return self.model.blocks[-1][0]

    async def block(self, number):
        return self.model.blocks[number][0]

    async def blocks(self, numbers):
        return [self.model.blocks[number][0] for number in numbers]

    async def logs(self, first, last, contracts=("inbox",)):
        assert contracts == ("inbox",)
        found = [replace(log, block_hash=block.hash) for block, logs, _ in self.model.blocks[first : last + 1] for log in logs]
        if self.down or len(found) > self.logs_max:
            raise ConnectionFailed("answered with more than it may")
        return found

    async def calldata(self, hashes):
        known = {name: data for _, _, calldata in self.model.blocks for name, data in calldata.items()}
        return {name: known[name] for name in hashes}


def follow(follower: Follower, looks: int):
    """Look so many times at most; the batches seen, and the looks that it took."""

    async def run():
        batches = []
        for look in range(1, looks + 1):
            try:
                news = await follower.look()
            except TransportError:
                continue
            batches += news.batches
            if news.is_caught_up:
                return batches, look
        return batches, None

    return trio.run(run)


def test_blocks_too_full_for_one_answer_are_read_in_smaller_portions():
    """Anybody can fill L1's blocks with events; who was away for a while must not be kept out by them for good."""
    follower = Follower(SmallMouth(crowded(), 6), Derivation(GENESIS))
    batches, looks = follow(follower, 200)
    assert looks is not None
    assert [batch.index for batch in batches] == list(range(BLOCKS // 8))


def test_after_a_silence_portions_grow_again():
    client = SmallMouth(crowded(), 10**6)
    follower = Follower(client, Derivation(GENESIS))
    client.down = True
    assert follow(follower, 50) == ([], None)
    client.down = False
    batches, looks = follow(follower, BLOCKS.bit_length())
    assert looks is not None
    assert len(batches) == BLOCKS // 8


@pytest.mark.parametrize("logs_max", [3, 10**6])
def test_a_portion_is_never_more_than_is_asked_of_a_node_at_once(logs_max):
    follower = Follower(SmallMouth(crowded(), logs_max), Derivation(GENESIS))
    follow(follower, 200)
    assert 1 <= follower.portion <= BLOCKS_AT_ONCE
