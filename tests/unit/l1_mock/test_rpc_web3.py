"""web3.py against the pure handler, through a provider that passes JSON: what a user's scripts see."""

import json

import pytest
from web3 import Web3
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3RPCError
from web3.providers import BaseProvider

from rollup.core.transport import RpcError
from rollup.l1 import abi


class Direct(BaseProvider):
    """Calls the handler instead of a server."""

    def __init__(self, rpc):
        super().__init__()
        self.rpc = rpc

    def make_request(self, method, params):
        params = json.loads(json.dumps(params))
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": json.loads(json.dumps(self.rpc.handle(method, params)))}
        except RpcError as error:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": error.code, "message": error.message, "data": error.data}}

    def is_connected(self, show_traceback=False):  # noqa: ARG002  # web3's signature
        return True


@pytest.fixture(name="web3")
def web3_fixture(bench):
    return Web3(Direct(bench.rpc))


@pytest.fixture(name="token")
def token_fixture(bench, web3):
    return web3.eth.contract(address=Web3.to_checksum_address(bench.contracts[0].address), abi=abi.TOKEN)


@pytest.fixture(name="account")
def account_fixture(bench):
    return bench.wallets[0].account


def send(web3, account, call):
    transaction = call.build_transaction({"from": account.address, "nonce": web3.eth.get_transaction_count(account.address)})
    signed = account.sign_transaction(transaction)
    return web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(signed.raw_transaction))


def test_blocks(bench, web3):
    bench.chain.mine(bench.now, 3)
    block = web3.eth.get_block("latest")
    assert (block.number, web3.eth.block_number, web3.eth.chain_id) == (3, 3, 31337)
    assert web3.eth.get_block(block.hash) == block
    assert block.parentHash == web3.eth.get_block(2).hash
    assert web3.eth.get_block("pending").number == 4
    assert [web3.eth.get_block(tag).number for tag in ("safe", "finalized", "earliest")] == [0, 0, 0]
    with pytest.raises(BlockNotFound):
        web3.eth.get_block(9)


def test_a_transaction_its_receipt_and_its_logs(web3, token, account):
    receipt = send(web3, account, token.functions.mint(account.address, 10**10))
    assert (receipt.status, receipt.blockNumber, receipt["from"]) == (1, 1, account.address)
    assert receipt.effectiveGasPrice == web3.eth.get_transaction(receipt.transactionHash).gasPrice
    event = token.events.Transfer().process_receipt(receipt)[0]
    assert event.args.value == 10**10
    assert [log.transactionHash for log in web3.eth.get_logs({"address": token.address, "fromBlock": 0})] == [receipt.transactionHash]
    assert token.events.Transfer().get_logs(from_block=0)[0].args == event.args
    assert token.events.Transfer().get_logs(from_block=0, argument_filters={"to": token.address}) == []
    assert web3.eth.get_block(1, full_transactions=True).transactions[0].hash == receipt.transactionHash
    assert web3.eth.get_block_receipts(1) == [receipt]
    with pytest.raises(TransactionNotFound):
        web3.eth.get_transaction_receipt(b"\1" * 32)


def test_calls_and_reverts(web3, token, account):
    send(web3, account, token.functions.mint(account.address, 5))
    assert token.functions.balanceOf(account.address).call() == 5
    assert token.functions.balanceOf(account.address).call(block_identifier=0) == 0
    assert (token.functions.name().call(), token.functions.decimals().call()) == ("USD", 8)
    with pytest.raises(ContractLogicError, match="transfer amount exceeds balance"):
        token.functions.transfer(token.address, 6).call({"from": account.address})
    with pytest.raises(ContractLogicError, match="transfer amount exceeds balance"):
        token.functions.transfer(token.address, 6).estimate_gas({"from": account.address})


def test_refusals(bench, web3, account):
    raw = account.sign_transaction(bench_transaction(bench)).raw_transaction
    web3.eth.send_raw_transaction(raw)
    with pytest.raises(Web3RPCError, match="nonce too low"):
        web3.eth.send_raw_transaction(raw)
    with pytest.raises(Web3RPCError, match="insufficient funds"):
        web3.eth.send_raw_transaction(account.sign_transaction({**bench_transaction(bench), "nonce": 1, "value": 10**21}).raw_transaction)


def test_fees_filters_and_state(web3, token, account):
    watched, blocks = web3.eth.filter({"address": token.address}), web3.eth.filter("latest")
    receipt = send(web3, account, token.functions.mint(account.address, 5))
    assert [log.transactionHash for log in watched.get_new_entries()] == [receipt.transactionHash]
    assert blocks.get_new_entries() == [receipt.blockHash]
    assert web3.eth.fee_history(4, "latest", [50.0]).oldestBlock == 0
    assert web3.eth.gas_price > web3.eth.max_priority_fee > 0
    assert web3.eth.get_balance(account.address, 0) == 100 * 10**18
    assert web3.eth.get_code(token.address) != b""
    assert web3.eth.get_transaction_count(account.address) == 1


def bench_transaction(bench):
    to = Web3.to_checksum_address(bench.contracts[0].address)
    return {"to": to, "nonce": 0, "gas": 21_000, "value": 0, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1, "chainId": 31337}
