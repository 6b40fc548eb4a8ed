"""Which block a caller means: a number, a tag, or a hash (EIP-1898)."""

from dataclasses import dataclass

from l1_mock.blocks import Place
from l1_mock.chain import Chain
from l1_mock.parameters import data, quantity
from rollup.core.transport import JSON, RpcError

PRUNED_HISTORY = 4_444
"""Geth's code for blocks that are no longer kept (execution-apis)."""
SERVER_ERROR = -32_000
"""Geth's code for whatever has no better one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A block by number. `pending` is the one after the head."""

    number: int
    pending: bool = False


def wanted_block(chain: Chain, value: JSON) -> Wanted | None:
    """Return the block that a tag, number or hash stands for; None where a hash is unknown. None stands for latest."""
    head = chain.head.number
    if value is None or value == "latest":
        return Wanted(head)
    if isinstance(value, dict):
        return _from_object(chain, value)
    if isinstance(value, str):
        depths = {"safe": chain.config.safe_depth, "finalized": chain.config.finalized_depth, "earliest": head}
        if value in depths:
            return Wanted(max(head - depths[value], chain.history.earliest))
        if value == "pending":
            return Wanted(head + 1, pending=True)
    return Wanted(quantity(value, "block"))


def place_of(chain: Chain, value: JSON) -> Place | None:
    """Return the block of the chain that is meant; None where there is none, or it is pending."""
    wanted = wanted_block(chain, value)
    return None if wanted is None or wanted.pending else chain.history.at(wanted.number)


def state_block(chain: Chain, value: JSON) -> Wanted:
    """Return the block whose state is meant. Raises RpcError where there is no such block."""
    wanted = wanted_block(chain, value)
    if wanted is None or (not wanted.pending and wanted.number > chain.head.number):
        raise RpcError(SERVER_ERROR, "header not found")
    if wanted.number < chain.history.earliest:
        raise pruned(chain)
    return wanted


def pruned(chain: Chain) -> RpcError:
    """Return the error of a question about blocks that are no longer kept."""
    return RpcError(PRUNED_HISTORY, f"pruned history unavailable: the oldest block is {chain.history.earliest}")


def _from_object(chain: Chain, value: dict[str, JSON]) -> Wanted | None:
    if "blockHash" in value:
        place = chain.history.by_hash(data(value["blockHash"], "blockHash", 32))
        return Wanted(place.number) if place else None
    return wanted_block(chain, value.get("blockNumber"))
