"""The L1's JSON-RPC without a socket: a method and its parameters go in, a result or an RpcError comes out.

One rule: whatever a stranger sends, nothing but RpcError is raised, and the chain is as it was unless the method says otherwise. Slots that
are due are made before any call is answered, so nobody can see that empty blocks are made late.
"""

from collections.abc import Callable
from types import MappingProxyType

from l1_mock.chain import Chain
from l1_mock.contracts.framework import DEVNET_CHAIN_IDS
from l1_mock.filters import Caller, Feeds
from l1_mock.methods import blocks, developer, logs, state
from l1_mock.methods.service import Method, Request, Service
from l1_mock.parameters import arguments
from rollup.core.transport import JSON, Parameters, RpcError

METHOD_NOT_FOUND = -32_601
"""JSON-RPC 2.0: there is no such method."""
INTERNAL_ERROR = -32_603
"""JSON-RPC 2.0: the fault is ours."""
LOG_RANGE_MAX = 100_000
"""Blocks that one search for logs may span: a week of 12-second slots is 50,400."""
LOGS_MAX = 10_000
"""Logs that one search may find."""
READS = MappingProxyType({**blocks.METHODS, **state.METHODS, **logs.METHODS})
"""The methods of every chain."""
CHANGES = frozenset({"eth_sendRawTransaction", *developer.METHODS})
"""The methods that change something; all others are open to any web page."""


class Rpc:
    """Answers calls about one chain."""

    def __init__(self, chain: Chain, clock: Callable[[], int], fault: Callable[[str, Exception], None] | None = None) -> None:
        """Answer for `chain`; `clock` gives Unix time in milliseconds; `fault` hears of errors that are our own."""
        self.chain = chain
        self.feeds = Feeds(chain)
        self._fault = fault
        self._service = Service(chain, self.feeds, clock, LOG_RANGE_MAX, LOGS_MAX)
        is_devnet = chain.config.chain_id in DEVNET_CHAIN_IDS
        self._methods: dict[str, Method] = {**READS, **(developer.METHODS if is_devnet else {})}

    def handle(self, method: str, params: Parameters | None = None, caller: Caller | None = None) -> JSON:
        """Answer one call. Raises RpcError."""
        found = self._methods.get(method)
        if found is None:
            raise RpcError(METHOD_NOT_FOUND, f"the method {method} does not exist/is not available")
        try:
            self.advance()
            return found(Request(self._service, arguments(params), caller))
        except RpcError:
            raise
        except Exception as error:  # A stranger must not be able to stop the node; `fault` tells the operator.
            if self._fault is not None:
                self._fault(method, error)
            raise RpcError(INTERNAL_ERROR, "internal error") from error

    def advance(self) -> None:
        """Make the blocks of all slots that are due by now."""
        self.chain.advance(self._service.clock())


def is_read(method: str) -> bool:
    """Say whether a method changes nothing."""
    return method not in CHANGES
