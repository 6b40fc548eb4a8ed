"""The sequencer's JSON-RPC for people and tools: submit, look, and operate.

One rule: a method is one small function and one line in `METHODS`; it reads the machine only while nothing is being executed, so
an answer is never half old and half new. Amounts are decimal integers in their units; addresses and hashes are hexadecimal.
"""

from collections.abc import Awaitable, Callable
from typing import cast

import trio

from rollup import VERSION
from rollup.bulk_greeks import PLAIN
from rollup.core.errors import DecodeError
from rollup.core.signing import DOMAIN_NAME, DOMAIN_VERSION
from rollup.core.transport import JSON, Parameters, RpcError
from rollup.environment import Environment, RpcContext, RpcOptions
from rollup.l1.envelope import envelope_from_json, read_envelope
from rollup.net.metrics import metrics_page
from rollup.transition.status import Status
from sequencer.assembly import Sequencer
from sequencer.due_orders import due_view
from sequencer.fundings import fundings_view
from sequencer.ingest import Waiting
from sequencer.intake import REASONS, Submission
from sequencer.liquidations import liquidations_view
from sequencer.listings import listings_view, unsettled_view
from sequencer.looking import account_view, accounts_of, book_view, feeds_view, instruments_view
from sequencer.pipeline import Executed
from sequencer.valuing import take_reading, valued

INVALID_PARAMS = -32602
"""Error code of parameters that a method does not take."""

NO_METHOD = -32601
"""Error code of a method that there is not."""

ANSWER_WITHIN_S = 30.0
"""How long a submitter waits for its transaction to be durable."""

Method = Callable[["SequencerRpc", list[JSON], RpcContext], Awaitable[JSON]]


class SequencerRpc:
    """Answers for one sequencer."""

    def __init__(self, sequencer: Sequencer) -> None:
        """Answer for a sequencer."""
        self.sequencer = sequencer

    async def serve(self, environment: Environment, address: str, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen until cancelled; starts with the bound address."""
        options = RpcOptions(
            is_read=lambda method: method in READS,
            is_ready=lambda: self.sequencer.following.is_caught_up,
            metrics=lambda: metrics_page(figures(self.sequencer)),
        )
        await environment.serve_rpc(address, self.handle, options=options, task_status=task_status)

    async def handle(self, method: str, params: Parameters, context: RpcContext) -> JSON:
        """Answer one call. Raises RpcError."""
        function = METHODS.get(method)
        if function is None:
            raise RpcError(NO_METHOD, f"the method {method} does not exist")
        if not isinstance(params, list | tuple):
            raise RpcError(INVALID_PARAMS, "parameters go by position here, in a list")
        return await function(self, list(params), context)


def figures(sequencer: Sequencer) -> dict[str, float]:
    """Return what the page of metrics shows."""
    totals = sequencer.execution.tools.stages.totals()
    return {
        "unsafe_batch": sequencer.ledger.head.index,
        "safe_batch": sequencer.following.next_index - 1,
        "l1_block": sequencer.following.head.number,
        "waiting_records": sequencer.intake.count,
        **{f"{name}_seconds_total": spent / 1e9 for name, (spent, _) in totals.items()},
        **{f"{name}_records_total": records for name, (_, records) in totals.items()},
    }


async def send_transaction(rpc: SequencerRpc, params: list[JSON], context: RpcContext) -> JSON:
    """Submit one signed transaction (an envelope as JSON); answers once it is durable, with what became of it."""
    try:
        records, signatures = read_envelope(envelope_from_json(one(params, dict, "a transaction object")))
    except DecodeError as error:
        raise RpcError(INVALID_PARAMS, str(error)) from error
    done, outcome = trio.Event(), list[Executed | None]()

    def answer(executed: Executed | None) -> None:
        outcome.append(executed)
        done.set()

    refusal = rpc.sequencer.offer(Submission(records, signatures, context.peer, Waiting(answer)))
    if refusal is not None:
        raise RpcError(int(refusal), REASONS[refusal])
    with trio.move_on_after(ANSWER_WITHIN_S):
        await done.wait()
    if not outcome or outcome[0] is None:
        raise RpcError(-32003, "no answer in time: the transaction may still be executed; its nonce tells")
    return receipt_view(outcome[0])


def receipt_view(executed: Executed) -> JSON:
    """Return what became of a transaction, as JSON."""
    result, receipt = executed.results[0], executed.receipts[0]
    status = Status(int(result["status"]))
    view: dict[str, JSON] = {
        "status": status.name,
        "batch": int(result["batch"]),
        "step": int(result["step"]),
        "account": int(result["account"]),
        "order": int(result["order"]),
        "filled_e6": int(result["filled_e6"]),
        "cost_e8": int(result["cost_e8"]),
        "fee_e8": int(result["fee_e8"]),
        "message": int(result["message"]),
        "opened": int(result["opened"]),
        "cancelled": int(receipt["cancelled"]),
        "dropped": int(result["dropped"]),
        "fills": [
            {
                "order": int(receipt["fill_order"][place]),
                "account": int(receipt["fill_account"][place]),
                "quantity_e6": int(receipt["fill_quantity_e6"][place]),
                "price_e8": int(receipt["fill_price_e8"][place]),
            }
            for place in range(int(receipt["fills"]))
        ],
    }
    if int(result["step"]) >= 0:
        group = executed.groups[int(executed.membership[0])]
        view |= {
            "state_root": hexed(group.claim.state_root),
            "receipts_root": hexed(group.claim.receipts_root),
            "beginning": hexed(group.claim.beginning),
            "signature": hexed(group.signature),
            "path": [hexed(node) for node in group.path_of(int(result["step"]))],
            "first": group.claim.first,
            "count": group.claim.count,
        }
    return view


async def get_account(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return a subaccount: money, positions, resting orders, margin; null where there is none."""
    return await looked(rpc, account_view, one(params, int, "a subaccount's number"))


async def get_accounts_of(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return the numbers of an owner's subaccounts."""
    return await looked(rpc, accounts_of, one(params, str, "an owner's address"))


async def get_instruments(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return every instrument."""
    return await looked(rpc, instruments_view)


async def get_book(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return an instrument's book, best prices first, by the instrument's name or number."""
    return await looked(rpc, book_view, one(params, (str, int), "an instrument's name or number"))


async def get_liquidations(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return accounts under water and in auction, from an account's number on."""
    return await looked(rpc, liquidations_view, one(params, int, "the number of the first account"))


async def get_due_orders(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return stop-loss and take-profit orders that anybody may fire now."""
    return await looked(rpc, due_view)


async def get_listings(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return what anybody may list now, fix the price of, and take away."""
    return await looked(rpc, listings_view)


async def get_unsettled(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return positions that anybody may settle, from an account's number on."""
    return await looked(rpc, unsettled_view, one(params, int, "the number of the first account"))


async def get_fundings(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return positions whose funding anybody may let be paid, from an account's number on."""
    return await looked(rpc, fundings_view, one(params, int, "the number of the first account"))


async def get_feeds(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return the oracle feeds."""
    return await looked(rpc, feeds_view)


async def get_greeks(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return mark, Greeks and implied volatilities of an instrument, an expiry or an account; null where there is no such account."""
    selection = one(params, dict, "an object that names an instrument, an expiry or an account")
    execution, environment = rpc.sequencer.execution, rpc.sequencer.environment
    async with execution.busy:
        reading = await environment.in_thread(take_reading, execution.ledger.producer.machine, selection)
    bulk = execution.acceleration.bulk_greeks if execution.acceleration else PLAIN
    return None if reading is None else await environment.in_thread(valued, reading, bulk)


async def looked(rpc: SequencerRpc, view: Callable[..., JSON], *arguments: JSON) -> JSON:
    """Return a view of the machine between two executions."""
    execution = rpc.sequencer.execution
    async with execution.busy:
        return view(execution.ledger.producer.machine, *arguments)


async def sync_status(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return the heads: unsafe (sequenced) and safe (on L1)."""
    ledger, following = rpc.sequencer.ledger, rpc.sequencer.following
    producer = ledger.producer
    return {
        "head_l1": {"number": following.head.number, "hash": hexed(following.head.hash), "timestamp": following.head.time_s},
        "unsafe_l2": {"number": producer.open.index if producer.open else ledger.head.index, "root": hexed(producer.root)},
        "sealed_l2": {"number": ledger.head.index, "root": hexed(ledger.head.root), "acc": hexed(ledger.head.acc)},
        "safe_l2": head_at(rpc, following.next_index - 1),
        "unposted": ledger.head.index + 1 - following.next_index,
        "caught_up": following.is_caught_up,
        "refusal": rpc.sequencer.poster.refusal,
    }


def head_at(rpc: SequencerRpc, index: int) -> JSON:
    """Return a batch's number, root and accumulator as far as they are known here."""
    place = rpc.sequencer.ledger.sealed.get(index)
    return {"number": index} if place is None else {"number": index, "root": hexed(place.head.root), "acc": hexed(place.head.acc)}


async def output_at_block(rpc: SequencerRpc, params: list[JSON], _: RpcContext) -> JSON:
    """Return the state root after a batch, or null where it is not kept."""
    index = one(params, int, "a batch's number")
    return head_at(rpc, cast("int", index)) if index in rpc.sequencer.ledger.sealed else None


async def rollup_config(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return what identifies the rollup."""
    genesis = rpc.sequencer.genesis
    return {
        "genesis_hash": hexed(genesis.genesis_hash),
        "l1_chain_id": genesis.chain.l1_chain_id,
        "l2_chain_id": genesis.chain.rollup_chain_id,
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": genesis.chain.rollup_chain_id,
            "verifyingContract": hexed(genesis.rollup),
        },
        "inbox": hexed(genesis.contracts.inbox),
        "bridge": hexed(genesis.contracts.bridge),
        "token": hexed(genesis.contracts.token),
        "assertions": hexed(genesis.contracts.assertions),
        "block_time": genesis.dispute.block_time_s,
        "window_blocks": genesis.dispute.window_blocks,
    }


async def version(_rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return the software and its version."""
    return f"optroll/{VERSION}"


async def stages(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Return nanoseconds and records by stage."""
    return {name: list(total) for name, total in rpc.sequencer.execution.tools.stages.totals().items()}


def switch(change: Callable[[Sequencer], None]) -> Method:
    """Make an operator's method: it changes something and answers true."""

    async def method(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
        change(rpc.sequencer)
        return True

    return method


def set_intake(running: bool) -> Callable[[Sequencer], None]:  # noqa: FBT001  # a switch
    """Return what opens or closes the intake."""
    return lambda sequencer: setattr(sequencer.intake, "running", running)


def set_poster(running: bool) -> Callable[[Sequencer], None]:  # noqa: FBT001  # a switch
    """Return what starts or stops posting."""
    return lambda sequencer: setattr(sequencer.poster, "running", running)


async def seal_batch(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Seal the open batch at once; answer its number, or null where none is open."""
    execution = rpc.sequencer.execution
    async with execution.busy:
        sealed = await execution.seal()
        execution.announce()
    return None if sealed is None else sealed.index


async def sequencer_active(rpc: SequencerRpc, _params: list[JSON], _: RpcContext) -> JSON:
    """Say whether transactions are taken."""
    return rpc.sequencer.intake.running


def one(params: list[JSON], kind: type | tuple[type, ...], what: str) -> JSON:
    """Return the only parameter. Raises RpcError where it is missing, of another type, or one of several."""
    if len(params) != 1 or not isinstance(params[0], kind) or isinstance(params[0], bool):
        raise RpcError(INVALID_PARAMS, f"expected {what} as the only parameter")
    return params[0]


def hexed(data: bytes) -> str:
    """Return bytes as hexadecimal with 0x."""
    return "0x" + data.hex()


METHODS: dict[str, Method] = {
    "optroll_sendTransaction": send_transaction,
    "optroll_getAccount": get_account,
    "optroll_getAccountsOf": get_accounts_of,
    "optroll_getInstruments": get_instruments,
    "optroll_getBook": get_book,
    "optroll_getFeeds": get_feeds,
    "optroll_getLiquidations": get_liquidations,
    "optroll_getDueOrders": get_due_orders,
    "optroll_getListings": get_listings,
    "optroll_getUnsettled": get_unsettled,
    "optroll_getFundings": get_fundings,
    "optroll_getGreeks": get_greeks,
    "optroll_stages": stages,
    "optimism_syncStatus": sync_status,
    "optimism_outputAtBlock": output_at_block,
    "optimism_rollupConfig": rollup_config,
    "optimism_version": version,
    "admin_startSequencer": switch(set_intake(running=True)),
    "admin_stopSequencer": switch(set_intake(running=False)),
    "admin_sequencerActive": sequencer_active,
    "admin_sealBatch": seal_batch,
    "admin_startBatcher": switch(set_poster(running=True)),
    "admin_stopBatcher": switch(set_poster(running=False)),
}
"""Every method."""

READS = frozenset(name for name in METHODS if not name.startswith("admin_") and name != "optroll_sendTransaction")
"""Methods that change nothing."""
