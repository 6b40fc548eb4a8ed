"""Money for a devnet's accounts: tokens minted on L1 and deposited through the bridge, as anybody would.

One rule: everything goes the way of a real deposit, through L1's blocks and the queue; only the tokens come from nowhere, which the
token allows on a devnet alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from rollup.core.genesis import Genesis
from rollup.core.signing import address_of
from rollup.core.transport import JSON, Parameters, RpcClient, RpcError
from rollup.devnet.record import DevnetError
from rollup.environment import Environment
from rollup.l1.abi import INTERFACES
from rollup.l1.client import L1Client, Pending, sign_transaction
from rollup.l1.rpc_values import data_text, quantity

GAS = 400_000
"""Gas that each funding transaction may use."""

TIP_WEI = 10**9
"""Tip a gas."""

WEI = 10**18
"""Ether for the gas of an account that has none."""

CALLS_AT_ONCE = 48
"""Calls in one JSON-RPC batch: our servers take 50."""

LOOK_S = 0.05
"""How often it is looked whether a deposit has arrived."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """Who gets how much into a new subaccount."""

    secret: bytes
    amount_e8: int

    @property
    def owner(self) -> bytes:
        """The owner's address."""
        return address_of(self.secret)


async def deposit(rpc: RpcClient, genesis: Genesis, deposits: Sequence[Deposit], *, confirmations: int) -> None:
    """Deposit for new owners, and make the blocks that the sequencer waits for. Raises DevnetError where L1 refuses, TransportError."""
    fee = 2 * await L1Client(rpc, genesis).base_fee() + TIP_WEI
    nonces = await together(rpc, [("eth_getTransactionCount", [data_text(each.owner), "latest"]) for each in deposits])
    raw: list[bytes] = []
    for each, nonce in zip(deposits, nonces, strict=True):
        raw += transactions(genesis, each, int(cast("str", nonce), 16), fee)
    sent = await together(rpc, [("eth_sendRawTransaction", [data_text(one)]) for one in raw])
    await rpc.call("anvil_mine", [quantity(1)])
    receipts = await together(rpc, [("eth_getTransactionReceipt", [one]) for one in sent])
    failed = [receipt for receipt in receipts if not isinstance(receipt, dict) or receipt["status"] != "0x1"]
    if failed:
        raise DevnetError("funding transactions", received=f"{len(failed)} of {len(receipts)} that failed on L1", expected="none")
    await rpc.call("anvil_mine", [quantity(confirmations)])


def transactions(genesis: Genesis, each: Deposit, nonce: int, fee_max: int) -> list[bytes]:
    """Return the three transactions of a deposit, signed: mint, approve, deposit."""
    contracts = genesis.contracts
    calls: list[tuple[bytes, str, str, tuple[object, ...]]] = [
        (contracts.token, "token", "mint", (each.owner, each.amount_e8)),
        (contracts.token, "token", "approve", (contracts.bridge, each.amount_e8)),
        (contracts.bridge, "bridge", "deposit", (0, each.amount_e8)),
    ]
    made = []
    for number, (to, contract, function, arguments) in enumerate(calls):
        data = INTERFACES[contract].functions[function].encode_call(arguments)
        pending = Pending(b"", nonce + number, to, data, 0, GAS, fee_max, TIP_WEI)
        made.append(sign_transaction(pending, genesis.chain.l1_chain_id, each.secret))
    return made


async def give_ether(rpc: RpcClient, addresses: Sequence[bytes]) -> None:
    """Give new addresses ether for gas."""
    await together(rpc, [("anvil_setBalance", [data_text(address), quantity(WEI)]) for address in addresses])


async def subaccounts(environment: Environment, sequencer: RpcClient, deposits: Sequence[Deposit]) -> list[int]:
    """Wait until the sequencer has taken every deposit; return each owner's newest subaccount."""
    while True:
        found = await together(sequencer, [("optroll_getAccountsOf", [data_text(each.owner)]) for each in deposits])
        numbers = [cast("list[int]", each) for each in found]
        if all(numbers):
            return [each[-1] for each in numbers]
        await environment.sleep(LOOK_S)


async def together(rpc: RpcClient, calls: Sequence[tuple[str, Parameters]]) -> list[JSON]:
    """Return the results of many calls, a few batches of them. Raises RpcError for the first that failed."""
    results: list[JSON] = []
    for first in range(0, len(calls), CALLS_AT_ONCE):
        for outcome in await rpc.batch(calls[first : first + CALLS_AT_ONCE]):
            if isinstance(outcome, RpcError):
                raise outcome
            results.append(outcome)
    return results
