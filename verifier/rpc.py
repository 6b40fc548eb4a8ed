"""A verifier's JSON-RPC: its heads, what it found, and the disputes as it sees them. All that can be brought is evidence.

One rule: a method is one small function and one line in `METHODS`. Hashes and addresses are hexadecimal, everything else decimal.
"""

from collections.abc import Awaitable, Callable
from dataclasses import fields

import trio

from rollup.core.errors import RollupError
from rollup.core.transport import JSON, Parameters, RpcError
from rollup.dispute.game import Assertion, Status
from rollup.environment import Environment, RpcContext, RpcOptions
from rollup.l1.evidence import SignedReceipt
from rollup.net.metrics import Figure, metrics_page
from verifier.agent import Verifier
from verifier.explaining import explain_game
from verifier.figures import Watched, figures, series
from verifier.monitor import rows_of

NO_METHOD, INVALID_PARAMS = -32601, -32602
"""JSON-RPC error codes."""

Method = Callable[[Verifier, list[JSON]], Awaitable[JSON]]


async def sync_status(verifier: Verifier, _params: list[JSON]) -> JSON:
    """Return the heads: safe (on L1 and executed here) and finalized (confirmed), and L1's."""
    replica = verifier.replica
    return {
        "head_l1": {"number": verifier.head.number, "hash": hexed(verifier.head.hash), "timestamp": verifier.head.time_s},
        "safe_l2": output(verifier, replica.seen),
        "finalized_l2": output(verifier, verifier.finalized()),
        "caught_up": verifier.is_caught_up,
        "alarm": verifier.alarm,
    }


async def output_at_block(verifier: Verifier, params: list[JSON]) -> JSON:
    """Return accumulator and state root of a batch, or null where it was not executed here."""
    index = number(params)
    return output(verifier, index) if index in verifier.replica.claims else None


async def get_games(verifier: Verifier, _params: list[JSON]) -> JSON:
    """Return every assertion and how it stands."""
    rows = rows_of(verifier.game, verifier.replica.claims, verifier.head.number, verifier.window)
    return [{field.name: shown(getattr(row, field.name)) for field in fields(row)} for row in rows]


async def get_game(verifier: Verifier, params: list[JSON]) -> JSON:
    """Return one assertion's nodes, from the root down, or null where there is none; by its identity in hexadecimal, or a prefix."""
    wanted = params[0] if len(params) == 1 else None
    if not isinstance(wanted, str) or not wanted.startswith("0x"):
        raise RpcError(INVALID_PARAMS, "expected an assertion's identity, 0x and hexadecimal digits")
    found = [item for identity, item in verifier.game.assertions.items() if hexed(identity).startswith(wanted.lower()) and item.root]
    if len(found) != 1:
        return None
    game, nodes = verifier.game, list[JSON]()
    for identity in reversed(game.below(found[0].root)):
        standing = game.nodes[identity]
        nodes.append(
            {
                "node": hexed(identity),
                "height": standing.node.height,
                "index": standing.node.index,
                "span": hexed(standing.node.span),
                "created_at": standing.created_at,
                "rivaled": game.rivaled(standing),
                "proved": standing.proved,
                "unrivaled": game.unrivaled(standing, verifier.head.number),
                "children": [hexed(child) for child in standing.children or ()],
            }
        )
    return {"assertion": hexed(found[0].id), "batch": found[0].batch, "status": found[0].status.name.lower(), "nodes": nodes}


async def get_agreement(verifier: Verifier, _params: list[JSON]) -> JSON:
    """Return the monitor's figures."""
    return {**figures(watched(verifier)), "moves": verifier.responder.made}


async def get_attestation(verifier: Verifier, params: list[JSON]) -> JSON:
    """Return this verifier's attestation of a batch, or null."""
    made = verifier.attester.made.get(number(params))
    return (
        None
        if made is None
        else {
            "batch": made.batch,
            "root": hexed(made.root),
            "signature": hexed(made.signature),
            "bitmap": made.bitmap,
        }
    )


async def get_withdrawal_proof(verifier: Verifier, params: list[JSON]) -> JSON:
    """Return what the bridge's proveWithdrawal takes for an outgoing message, by its number: an assertion of ours and the proof under it.

    The newest confirmed assertion that has the message, else the newest open one; null where none has.
    """
    message = number(params, "a message's number")
    for assertion in agreed(verifier):
        proof = await verifier.environment.in_thread(verifier.replica.prove_message, assertion.batch, message)
        if proof is not None:
            return {
                "assertion": hexed(assertion.id),
                "batch": assertion.batch,
                "status": assertion.status.name.lower(),
                "message": message,
                "proof": hexed(proof),
            }
    return None


async def report_receipt(verifier: Verifier, params: list[JSON]) -> JSON:
    """Take a receipt of the sequencer's: its signed claim, leaf and path. Says whether it was new, and whether it is held against anybody.

    The verifier compares it with others, and with the batch once L1 has it; what contradicts itself costs the sequencer its stake.
    """
    if len(params) != 3 or not isinstance(params[2], list):
        raise RpcError(INVALID_PARAMS, "expected a signed claim, a leaf, and a list of siblings")
    claim, leaf, *path = (unhexed(value) for value in (params[0], params[1], *params[2]))
    try:
        is_new = verifier.accuser.report(SignedReceipt(claim, leaf, tuple(path)))
    except RollupError as error:
        raise RpcError(INVALID_PARAMS, str(error)) from error
    return {"new": is_new, "accused": verifier.genesis.roles.sequencer in verifier.accuser.cases}


def agreed(verifier: Verifier) -> list[Assertion]:
    """Return the newest confirmed assertion and the newest open one that say what was found here, as far as there are."""
    claims, found = verifier.replica.claims, []
    for status in (Status.CONFIRMED, Status.OPEN):
        own = [
            item
            for item in verifier.game.assertions.values()
            if item.status == status and item.batch in claims and claims[item.batch].trace_root == item.trace_root
        ]
        found += sorted(own, key=lambda item: item.batch)[-1:]
    return found


def watched(verifier: Verifier) -> Watched:
    """Return what the figures are counted from."""
    own, now = verifier.client.address or b"", verifier.head.number
    return Watched(verifier.game, verifier.replica.claims, own, now, verifier.genesis.dispute)


def metrics_of(verifier: Verifier) -> dict[Figure, float]:
    """Return what the page of metrics shows."""
    counted = watched(verifier)
    heads = {"safe_batch": verifier.replica.seen, "finalized_batch": verifier.finalized(), "l1_block": verifier.head.number}
    alone = {**heads, **figures(counted), "alarm": bool(verifier.alarm), "moves_total": verifier.responder.made}
    found: dict[Figure, float] = {name: float(value) for name, value in alone.items()}
    return found | series(counted)


def output(verifier: Verifier, index: int) -> JSON:
    """Return a batch's number, accumulator and root."""
    claim = verifier.replica.claims.get(index)
    if claim is None:
        return {"number": index, "root": hexed(verifier.replica.roots.get(index, b""))}
    return {"number": index, "root": hexed(claim.end_root), "acc": hexed(claim.accumulator), "trace_root": hexed(claim.trace_root)}


def number(params: list[JSON], what: str = "a batch's number") -> int:
    """Return the only parameter, an integer. Raises RpcError."""
    if len(params) != 1 or not isinstance(params[0], int) or isinstance(params[0], bool):
        raise RpcError(INVALID_PARAMS, f"expected {what} as the only parameter")
    return params[0]


def shown(value: object) -> JSON:
    """Return a field of a row as JSON."""
    if isinstance(value, bytes):
        return hexed(value)
    assert value is None or isinstance(value, bool | int | str)
    return value


def unhexed(value: JSON) -> bytes:
    """Return the bytes of hexadecimal with 0x. Raises RpcError."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise RpcError(INVALID_PARAMS, "expected 0x and hexadecimal digits")
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, "expected 0x and hexadecimal digits") from error


def hexed(data: bytes) -> str:
    """Return bytes as hexadecimal with 0x."""
    return "0x" + data.hex()


async def serve(
    verifier: Verifier,
    environment: Environment,
    address: str,
    *,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Listen until cancelled; starts with the bound address."""

    async def handle(method: str, params: Parameters, _context: RpcContext) -> JSON:
        function = METHODS.get(method)
        if function is None:
            raise RpcError(NO_METHOD, f"the method {method} does not exist")
        if not isinstance(params, list | tuple):
            raise RpcError(INVALID_PARAMS, "parameters go by position here, in a list")
        return await function(verifier, list(params))

    options = RpcOptions(
        is_read=lambda method: method != "optroll_reportReceipt",
        is_ready=lambda: verifier.is_caught_up,
        metrics=lambda: metrics_page(metrics_of(verifier)),
    )
    await environment.serve_rpc(address, handle, options=options, task_status=task_status)


METHODS: dict[str, Method] = {
    "optimism_syncStatus": sync_status,
    "optimism_outputAtBlock": output_at_block,
    "optroll_getGames": get_games,
    "optroll_getGame": get_game,
    "optroll_explainGame": explain_game,
    "optroll_getAgreement": get_agreement,
    "optroll_getAttestation": get_attestation,
    "optroll_getWithdrawalProof": get_withdrawal_proof,
    "optroll_reportReceipt": report_receipt,
}
"""Every method."""
