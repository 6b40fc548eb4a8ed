"""A node's view of L1 and its hand there, over Ethereum's JSON-RPC: so a real L1 can take the mock's place.

One rule: this client decides nothing. It asks, codes and signs; when to ask again, when to raise a fee and what a revert means is for
the node that calls it. Whatever goes wrong is one of: TransportError (nobody answered; the call may have been executed), L1Reverted (the
contract said no), L1Refused (the node took no such transaction), AnswerInvalid (the answer is none).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import rlp

from rollup.core.errors import DecodeError, RollupError
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256
from rollup.core.signing import address_of, sign
from rollup.core.transport import JSON, Parameters, RpcClient, RpcError
from rollup.l1.abi import INTERFACES
from rollup.l1.header import BlockRef, LogEntry
from rollup.l1.interface import decoded
from rollup.l1.rpc_values import (
    AnswerInvalid,
    Receipt,
    block_tag,
    data_text,
    quantity,
    read_block,
    read_bytes,
    read_list,
    read_log,
    read_number,
    read_object,
    read_receipt,
)

REVERTED = 3
"""JSON-RPC code of a call that reverted."""

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Selector of Solidity's Error(string)."""

DYNAMIC_FEE = b"\x02"
"""First byte of a transaction as EIP-1559 has it."""

TIP_WEI = 10**9
"""Tip a gas that a transaction first offers."""

BUMP_NUMERATOR, BUMP_DENOMINATOR = 5, 4
"""How much more a replacement offers: a quarter; nodes ask for a tenth."""

BATCH_CALLS = 50
"""Calls of one round trip: what servers usually allow at most."""

GAS_MARGIN_PERCENT = 25
"""How much more gas a transaction may use than was estimated."""


class WrongChain(RollupError):
    """L1 is another chain than the genesis names: nothing that it says is about this rollup."""


class L1Reverted(RollupError):
    """A contract refused a call; `reason` is what it said, `data` what it returned."""

    def __init__(self, what: str, *, reason: str, data: bytes) -> None:
        """Keep what the contract said."""
        super().__init__(what, received=f"revert: {reason}", expected="success")
        self.reason = reason
        self.data = data


class L1Refused(RollupError):
    """A node of L1 did not take a transaction: nonce, fee or funds."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction that was sent and may not be in a block yet."""

    hash: bytes
    nonce: int
    to: bytes
    data: bytes
    value: int
    gas: int
    fee_max: int
    """Wei a gas, at most."""
    tip: int


class L1Client:
    """One node's client. Reads may overlap; sends of one key must come one after another."""

    def __init__(self, rpc: RpcClient, genesis: Genesis, *, secret: bytes | None = None) -> None:
        """Talk through `rpc`, to the contracts of a genesis, signing with `secret` where anything is sent."""
        self._rpc = rpc
        self._genesis = genesis
        self._secret = secret
        self._next_nonce = 0
        self.address = address_of(secret) if secret is not None else None

    async def chain_id(self) -> int:
        """Return L1's chain id."""
        return read_number(await self._rpc.call("eth_chainId"), "chain id")

    async def check_chain(self) -> None:
        """Raise WrongChain where L1 is another chain than the genesis names."""
        found, wanted = await self.chain_id(), self._genesis.chain.l1_chain_id
        if found != wanted:
            raise WrongChain("chain id of L1", received=found, expected=f"{wanted}, as in the genesis")

    async def head(self) -> BlockRef:
        """Return the last block."""
        block = await self.block("latest")
        if block is None:
            raise AnswerInvalid("last block", received=None, expected="a block")
        return block

    async def block(self, number: int | str) -> BlockRef | None:
        """Return a block by number or tag ("latest", "safe", "finalized"), or None."""
        value = await self._rpc.call("eth_getBlockByNumber", [block_tag(number), False])
        return None if value is None else read_block(value)

    async def blocks(self, numbers: Sequence[int]) -> list[BlockRef | None]:
        """Return several blocks in one round trip, None for those that are not there."""
        answers = await self._batch([("eth_getBlockByNumber", [quantity(number), False]) for number in numbers])
        return [None if value is None else read_block(_checked(value)) for value in answers]

    async def logs(self, first: int, last: int, contracts: Sequence[str] = ("inbox",)) -> list[LogEntry]:
        """Return the logs of some contracts, by name, in the blocks from `first` to `last`, in order."""
        addresses: list[JSON] = [data_text(self.address_of(contract)) for contract in contracts]
        wanted: dict[str, JSON] = {"fromBlock": quantity(first), "toBlock": quantity(last), "address": addresses}
        logs = [read_log(log) for log in read_list(await self._rpc.call("eth_getLogs", [wanted]), "logs")]
        return sorted(logs, key=lambda log: (log.block, log.index))

    async def calldata(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the calldata of transactions by hash; those that L1 does not know are left out."""
        if not hashes:
            return {}
        answers = await self._batch([("eth_getTransactionByHash", [data_text(each)]) for each in hashes])
        found = {each: _checked(answer) for each, answer in zip(hashes, answers, strict=True) if answer is not None}
        return {each: read_bytes(read_object(value, "transaction").get("input"), "calldata") for each, value in found.items()}

    async def names(self, block: int, addresses: Sequence[bytes]) -> bool:
        """Return whether some addresses have logs in a block, as its receipts say."""
        receipts = read_list(await self._rpc.call("eth_getBlockReceipts", [quantity(block)]), "receipts of a block")
        return any(log.address in addresses for value in receipts if (found := read_receipt(value)) for log in found.logs)

    async def receipt(self, transaction: bytes) -> Receipt | None:
        """Return a transaction's receipt, or None while it is in no block."""
        return read_receipt(await self._rpc.call("eth_getTransactionReceipt", [data_text(transaction)]))

    async def balance(self, address: bytes, block: int | str = "latest") -> int:
        """Return the wei that an address has."""
        return read_number(await self._rpc.call("eth_getBalance", [data_text(address), block_tag(block)]), "balance")

    async def nonce(self, address: bytes, block: int | str = "latest") -> int:
        """Return how many transactions an address has sent."""
        return read_number(await self._rpc.call("eth_getTransactionCount", [data_text(address), block_tag(block)]), "nonce")

    async def call(self, contract: str, function: str, *arguments: object, block: int | str = "latest") -> tuple[object, ...]:
        """Return what a view of a contract, by name, returns. Raises L1Reverted."""
        interface = INTERFACES[contract].functions[function]
        request: dict[str, JSON] = {"to": data_text(self.address_of(contract)), "data": data_text(interface.encode_call(arguments))}
        answer = await self._called("eth_call", [request, block_tag(block)], f"{contract}.{function}")
        return interface.decode_result(read_bytes(answer, "result of a call"))

    async def send(self, contract: str, function: str, *arguments: object, value: int = 0, gas: int | None = None) -> Pending:
        """Sign and send a call of a contract, by name, with some wei. Raises L1Reverted where it would revert now, L1Refused."""
        data = INTERFACES[contract].functions[function].encode_call(arguments)
        return await self.send_raw(self.address_of(contract), data, value=value, gas=gas, what=f"{contract}.{function}")

    async def send_raw(self, to: bytes, data: bytes, *, value: int = 0, gas: int | None = None, what: str = "transaction") -> Pending:
        """Sign and send a transaction to any address; as `send`."""
        sender = self._sender()
        if gas is None:
            request: dict[str, JSON] = {
                "from": data_text(sender),
                "to": data_text(to),
                "data": data_text(data),
                "value": quantity(value),
            }
            estimate = read_number(await self._called("eth_estimateGas", [request], what), "estimate of gas")
            gas = estimate * (100 + GAS_MARGIN_PERCENT) // 100
        nonce = max(self._next_nonce, await self.nonce(sender, "pending"))
        base_fee = await self.base_fee()
        pending = Pending(b"", nonce, to, data, value, gas, 2 * base_fee + TIP_WEI, TIP_WEI)
        sent = await self._submit(pending)
        self._next_nonce = nonce + 1
        return sent

    async def replace(self, pending: Pending) -> Pending:
        """Send a transaction again with the same nonce and a higher fee. Raises L1Refused, where the old one is in a block too."""
        fee_floor = 2 * await self.base_fee() + TIP_WEI
        raised = (number * BUMP_NUMERATOR // BUMP_DENOMINATOR + 1 for number in (pending.fee_max, pending.tip))
        fee_max, tip = raised
        return await self._submit(replace(pending, fee_max=max(fee_max, fee_floor), tip=tip))

    async def base_fee(self) -> int:
        """Return the last block's base fee, wei a gas."""
        block = read_object(await self._rpc.call("eth_getBlockByNumber", ["latest", False]), "block")
        return read_number(block.get("baseFeePerGas", "0x0"), "base fee")

    def forget_nonce(self) -> None:
        """Ask L1 for the next nonce again: after a reorg, or when a sent transaction was lost."""
        self._next_nonce = 0

    async def is_stranded(self, pending: Pending) -> bool:
        """Whether a transaction waits behind a nonce that nobody uses any more, as after a reorg: it has to be sent anew."""
        return await self.nonce(self._sender(), "pending") < pending.nonce

    def address_of(self, contract: str) -> bytes:
        """Return a contract's address by its name."""
        address = getattr(self._genesis.contracts, contract)
        assert isinstance(address, bytes)
        return address

    async def _batch(self, calls: "Sequence[tuple[str, Parameters]]") -> "list[JSON | RpcError]":
        """Make many calls, in as few round trips as servers allow."""
        answers: list[JSON | RpcError] = []
        for first in range(0, len(calls), BATCH_CALLS):
            answers += await self._rpc.batch(calls[first : first + BATCH_CALLS])
        return answers

    async def _submit(self, pending: Pending) -> Pending:
        raw = sign_transaction(pending, self._genesis.chain.l1_chain_id, self._secret or b"")
        transaction = keccak256(raw)
        try:
            answer = await self._rpc.call("eth_sendRawTransaction", [data_text(raw)])
        except RpcError as error:
            if error.code == REVERTED:
                raise _reverted("transaction", error) from error
            if "already known" not in error.message:
                raise L1Refused("transaction", received=error.message, expected="a transaction hash") from error
        else:
            if read_bytes(answer, "hash of a transaction", 32) != transaction:
                raise AnswerInvalid("hash of a transaction", received=answer, expected=data_text(transaction))
        return replace(pending, hash=transaction)

    async def _called(self, method: str, params: list[JSON], what: str) -> JSON:
        try:
            return await self._rpc.call(method, params)
        except RpcError as error:
            if error.code != REVERTED and "revert" not in error.message:
                raise
            raise _reverted(what, error) from error

    def _sender(self) -> bytes:
        if self.address is None:
            raise L1Refused("sender", received="a client without a key", expected="a key")
        return self.address


def sign_transaction(pending: Pending, chain_id: int, secret: bytes) -> bytes:
    """Return the raw bytes of a signed EIP-1559 transaction: 02 ‖ rlp([fields …, no access list, parity, r, s]).

    Written out, because eth_account, which says the same, takes longer to import than all else that a node needs.
    """
    fields = [chain_id, pending.nonce, pending.tip, pending.fee_max, pending.gas, pending.to, pending.value, pending.data, []]
    signature = sign(keccak256(DYNAMIC_FEE + bytes(rlp.encode(fields))), secret)
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:64]))
    return DYNAMIC_FEE + bytes(rlp.encode([*fields, signature[64] - 27, r, s]))


def _reverted(what: str, error: RpcError) -> L1Reverted:
    """Return what a JSON-RPC error says of a revert; its text where the data are no Error(string)."""
    data = b""
    reason = error.message
    if isinstance(error.data, str):
        try:
            data = read_bytes(error.data, "data of a revert")
            if data[:4] == ERROR_SELECTOR:
                reason = str(decoded(("string",), data[4:])[0])
        except (AnswerInvalid, DecodeError):
            data = b""
    return L1Reverted(what, reason=reason, data=data)


def _checked(answer: "JSON | RpcError") -> JSON:
    if isinstance(answer, RpcError):
        raise answer
    return answer
