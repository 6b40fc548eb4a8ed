"""The L1 client against a table of answers: what it asks, what it signs, and how each failure is called."""

import pytest
from eth_account import Account

from rollup.core.development import development_genesis, development_secret
from rollup.core.keccak import keccak256
from rollup.core.signing import address_of
from rollup.core.transport import RpcError
from rollup.l1.client import L1Client, L1Refused, L1Reverted
from rollup.l1.interface import encoded
from rollup.l1.rpc_values import AnswerInvalid, data_text

GENESIS = development_genesis()
SECRET = development_secret("poster")
HASH = "0x" + "ab" * 32
BLOCK = {"number": "0x5", "hash": HASH, "parentHash": HASH, "timestamp": "0x64", "baseFeePerGas": "0x7"}
LOG = {
    "address": data_text(GENESIS.contracts.inbox), "topics": [HASH], "data": "0x1234", "blockNumber": "0x5", "blockHash": HASH,
    "transactionHash": HASH, "logIndex": "0x1",
}  # fmt: skip
RECEIPT = {
    "transactionHash": HASH, "status": "0x1", "blockNumber": "0x5", "blockHash": HASH, "gasUsed": "0x5208", "effectiveGasPrice": "0x7",
    "logs": [LOG],
}  # fmt: skip


class Answers:
    """An RPC client that answers from a table, and keeps what it was asked."""

    def __init__(self, **table):
        self.table, self.asked = table, []

    async def call(self, method, params=()):
        self.asked.append((method, list(params)))
        answer = self.table[method]
        answer = answer(*params) if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def batch(self, calls):
        results = []
        for method, params in calls:
            try:
                results.append(await self.call(method, params))
            except RpcError as error:
                results.append(error)
        return results

    async def aclose(self):
        pass


def accepting(raw):
    return "0x" + keccak256(bytes.fromhex(raw[2:])).hex()


def sending(**table):
    return Answers(
        **{
            "eth_estimateGas": "0x186a0", "eth_getTransactionCount": "0x3", "eth_getBlockByNumber": BLOCK,
            "eth_sendRawTransaction": accepting, **table,
        }
    )  # fmt: skip


async def test_reads():
    rpc = Answers(
        eth_chainId="0x7a69", eth_getBlockByNumber=BLOCK, eth_getLogs=[{**LOG, "logIndex": "0x2"}, LOG], eth_getTransactionReceipt=RECEIPT,
        eth_getTransactionByHash=lambda each: {"input": "0x0102"} if each == HASH else None, eth_getBalance="0x5",
        eth_getTransactionCount="0x0",
    )  # fmt: skip
    client = L1Client(rpc, GENESIS)
    assert await client.chain_id() == 31_337
    head = await client.head()
    assert (head.number, head.time_s, head.hash) == (5, 100, b"\xab" * 32)
    assert await client.blocks([4, 5]) == [head, head]
    assert [log.index for log in await client.logs(1, 5, ("inbox", "assertions"))] == [1, 2]
    assert rpc.asked[-1][1][0]["address"] == [data_text(GENESIS.contracts.inbox), data_text(GENESIS.contracts.assertions)]
    assert await client.calldata([b"\xab" * 32, bytes(32)]) == {b"\xab" * 32: b"\x01\x02"}
    assert await client.calldata([]) == {}
    receipt = await client.receipt(b"\xab" * 32)
    assert (receipt.succeeded, receipt.block, receipt.gas_used, receipt.logs[0].data) == (True, 5, 21_000, b"\x12\x34")
    assert await client.balance(bytes(20)) == 5
    assert await client.nonce(bytes(20), "pending") == 0


async def test_what_is_not_there():
    client = L1Client(Answers(eth_getBlockByNumber=None, eth_getTransactionReceipt=None), GENESIS)
    assert await client.block(7) is None
    assert await client.receipt(bytes(32)) is None
    with pytest.raises(AnswerInvalid):
        await client.head()


@pytest.mark.parametrize(
    "block",
    [5, [], {}, {**BLOCK, "number": 5}, {**BLOCK, "number": "5"}, {**BLOCK, "number": "0x"}, {**BLOCK, "hash": "0xab"}, {**BLOCK,
    "number": "0x" + "1" * 65},
     {**BLOCK, "timestamp": "0x_1"}, {**BLOCK, "hash": "0x" + "zz" * 32}, {**BLOCK, "timestamp": hex(1 << 63)},
     {**BLOCK, "number": hex(1 << 63)}],
)  # fmt: skip
async def test_answers_that_are_none(block):
    with pytest.raises(AnswerInvalid):
        await L1Client(Answers(eth_getBlockByNumber=block), GENESIS).head()


async def test_call():
    rpc = Answers(eth_call="0x" + encoded(["uint64"], [7]).hex())
    assert await L1Client(rpc, GENESIS).call("inbox", "batchCount", block=9) == (7,)
    assert rpc.asked[0][1][1] == "0x9"


async def test_a_revert_says_why():
    data = "0x08c379a0" + encoded(["string"], ["no such batch"]).hex()
    client = L1Client(Answers(eth_call=RpcError(3, "execution reverted", data)), GENESIS)
    with pytest.raises(L1Reverted) as caught:
        await client.call("inbox", "batch", 5)
    assert caught.value.reason == "no such batch"
    for data in (None, "0x", "0x1", "0x08c379a0ff", 5):
        with pytest.raises(L1Reverted) as caught:
            await L1Client(Answers(eth_call=RpcError(3, "execution reverted", data)), GENESIS).call("inbox", "batch", 5)
        assert caught.value.reason == "execution reverted"
    with pytest.raises(RpcError):
        await L1Client(Answers(eth_call=RpcError(-32601, "no such method")), GENESIS).call("inbox", "batch", 5)


async def test_send_signs_for_l1_and_counts_on():
    rpc = sending()
    client = L1Client(rpc, GENESIS, secret=SECRET)
    first = await client.send("inbox", "enqueue", b"record", value=9)
    second = await client.send("inbox", "forceInclude", gas=50_000)
    assert (first.nonce, second.nonce, first.gas, second.gas) == (3, 4, 125_000, 50_000)
    raw = next(params[0] for method, params in rpc.asked if method == "eth_sendRawTransaction")
    assert Account.recover_transaction(raw).lower() == "0x" + address_of(SECRET).hex()
    assert first.hash == keccak256(bytes.fromhex(raw[2:]))
    client.forget_nonce()
    assert (await client.send("inbox", "forceInclude", gas=50_000)).nonce == 3


async def test_replace_offers_more_for_the_same_nonce():
    client = L1Client(sending(), GENESIS, secret=SECRET)
    first = await client.send("inbox", "forceInclude")
    second = await client.replace(first)
    assert (second.nonce, second.data, second.gas) == (first.nonce, first.data, first.gas)
    assert second.hash != first.hash
    assert second.fee_max >= first.fee_max * 11 // 10
    assert second.tip >= first.tip * 11 // 10


async def test_refusals():
    refused = L1Client(sending(eth_sendRawTransaction=RpcError(-32000, "nonce too low")), GENESIS, secret=SECRET)
    with pytest.raises(L1Refused, match="nonce too low"):
        await refused.send("inbox", "forceInclude")
    known = L1Client(sending(eth_sendRawTransaction=RpcError(-32000, "already known")), GENESIS, secret=SECRET)
    assert len((await known.send("inbox", "forceInclude")).hash) == 32
    reverting = L1Client(sending(eth_estimateGas=RpcError(3, "execution reverted: too early")), GENESIS, secret=SECRET)
    with pytest.raises(L1Reverted, match="too early"):
        await reverting.send("inbox", "forceInclude")
    lying = L1Client(sending(eth_sendRawTransaction=HASH), GENESIS, secret=SECRET)
    with pytest.raises(AnswerInvalid):
        await lying.send("inbox", "forceInclude")
    with pytest.raises(L1Refused):
        await L1Client(sending(), GENESIS).send("inbox", "forceInclude")
