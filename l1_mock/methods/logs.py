"""Methods that search logs, and that watch logs, blocks and waiting transactions by polling or by subscription."""

from collections.abc import Mapping
from types import MappingProxyType

from l1_mock.block_tags import SERVER_ERROR, pruned, wanted_block
from l1_mock.filters import Caller, Watcher
from l1_mock.log_query import LogQuery, log_query
from l1_mock.methods.service import Methods, Request
from l1_mock.parameters import data, mapping, refuse
from l1_mock.shapes import log_shape
from rollup.core.transport import JSON, RpcError

LIMIT_EXCEEDED = -32_005
"""More was asked for than one answer may hold (EIP-1474)."""
SUBSCRIPTIONS = MappingProxyType({"newHeads": "heads", "logs": "logs", "newPendingTransactions": "pending"})
"""Names of subscriptions, and what their watchers are called here."""


def get_logs(request: Request) -> JSON:
    """Return the logs that a filter object describes, oldest first."""
    return _search(request, request.arguments.mapping(0))


def new_filter(request: Request) -> JSON:
    """Make a filter for logs and return its id."""
    criteria = request.arguments.mapping(0)
    return request.service.feeds.install(Watcher("logs", log_query(criteria)), request.now, dict(criteria))


def new_block_filter(request: Request) -> JSON:
    """Make a filter for hashes of new blocks and return its id."""
    return request.service.feeds.install(Watcher("blocks"), request.now)


def new_pending_filter(request: Request) -> JSON:
    """Make a filter for hashes of waiting transactions and return its id."""
    return request.service.feeds.install(Watcher("pending"), request.now)


def filter_changes(request: Request) -> JSON:
    """Return what a filter has seen since it was last asked."""
    changes = request.service.feeds.poll(_name(request), request.now)
    return _missing() if changes is None else changes


def filter_logs(request: Request) -> JSON:
    """Return all logs that a filter for logs describes."""
    found = request.service.feeds.filters.get(_name(request))
    if found is None or found.watcher.kind != "logs":
        return _missing()
    return _search(request, found.criteria)


def uninstall_filter(request: Request) -> JSON:
    """Forget a filter; false where there is none by this id."""
    return request.service.feeds.filters.pop(_name(request), None) is not None


def subscribe(request: Request) -> JSON:
    """Begin to send notifications to this connection and return the subscription's id."""
    caller = _caller(request)
    name = request.arguments.get(0)
    if not isinstance(name, str) or name not in SUBSCRIPTIONS:
        refuse(f"subscription: expected one of {', '.join(SUBSCRIPTIONS)}")
    criteria = request.arguments.get(1)
    is_filtered = name == "logs" and criteria is not None
    query = log_query(mapping(criteria, "filter")) if is_filtered else LogQuery()
    subscription = request.service.feeds.subscribe(Watcher(SUBSCRIPTIONS[name], query), caller)
    if subscription is None:
        raise RpcError(LIMIT_EXCEEDED, "too many subscriptions")
    return subscription


def unsubscribe(request: Request) -> JSON:
    """End a subscription; false where this connection has none by this id."""
    return request.service.feeds.unsubscribe(_name(request), _caller(request))


def _search(request: Request, criteria: Mapping[str, JSON]) -> JSON:
    query = log_query(criteria)
    first, last = _range(request, criteria)
    found: list[JSON] = []
    for block in request.chain.history.full_blocks(first, last):
        found += [log_shape(placed) for placed in query.search(block)]
        if len(found) > request.service.logs_max:
            raise RpcError(LIMIT_EXCEEDED, f"query returned more than {request.service.logs_max} results")
    return found


def _range(request: Request, criteria: Mapping[str, JSON]) -> tuple[int, int]:
    """Return the first and last block of a search."""
    chain, head = request.chain, request.chain.head.number
    if criteria.get("blockHash") is not None:
        if criteria.get("fromBlock") is not None or criteria.get("toBlock") is not None:
            refuse("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
        place = chain.history.by_hash(data(criteria["blockHash"], "blockHash", 32))
        if place is None:
            raise RpcError(SERVER_ERROR, "unknown block")
        return place.number, place.number
    first, last = (wanted_block(chain, criteria.get(name)) for name in ("fromBlock", "toBlock"))
    if first is None or last is None or first.number > last.number:
        refuse("invalid block range params")
    if first.number < chain.history.earliest:
        raise pruned(chain)
    end = min(last.number, head)
    if end - first.number >= request.service.log_range_max:
        raise RpcError(LIMIT_EXCEEDED, f"exceed maximum block range: {request.service.log_range_max}")
    return first.number, end


def _name(request: Request) -> str:
    name = request.arguments.get(0)
    return name if isinstance(name, str) else refuse("id: expected text")


def _caller(request: Request) -> Caller:
    if request.caller is None or not request.caller.can_notify:
        raise RpcError(SERVER_ERROR, "notifications not supported")
    return request.caller


def _missing() -> JSON:
    raise RpcError(SERVER_ERROR, "filter not found")


METHODS: Methods = MappingProxyType(
    {
        "eth_getLogs": get_logs,
        "eth_newFilter": new_filter,
        "eth_newBlockFilter": new_block_filter,
        "eth_newPendingTransactionFilter": new_pending_filter,
        "eth_getFilterChanges": filter_changes,
        "eth_getFilterLogs": filter_logs,
        "eth_uninstallFilter": uninstall_filter,
        "eth_subscribe": subscribe,
        "eth_unsubscribe": unsubscribe,
    },
)
"""Methods by name."""
