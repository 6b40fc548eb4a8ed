"""Questions to the state: calls, gas estimates, and the state as it was at an earlier block."""

from collections.abc import Iterator
from contextlib import contextmanager

from l1_mock.chain import Chain
from l1_mock.contracts.framework import Block
from l1_mock.execution import Message, Outcome, execute
from l1_mock.gas import intrinsic_cost
from l1_mock.world import World


@contextmanager
def state_at(chain: Chain, number: int) -> Iterator[World]:
    """Give the world as it was after block `number`; whatever is done to it is undone at the end.

    Costs as much as what has changed since that block.
    """
    world = chain.world
    mark = world.mark()
    try:
        for item in chain.history.since(number):
            for table, key, before, _ in item.difference.changes:
                world.put(table, key, before)
        yield world
    finally:
        world.undo(mark)


def call(chain: Chain, message: Message, block: Block, number: int) -> Outcome:
    """Run a message as if in `block`, on the state after block `number`, and change nothing."""
    intrinsic = intrinsic_cost(
        message.data,
        creates=message.to is None,
        addresses=len(message.warm),
        storage_keys=message.storage_keys,
    )
    with state_at(chain, number) as world:
        return execute(world, chain.contracts, block, message, min(intrinsic, message.gas_limit))
