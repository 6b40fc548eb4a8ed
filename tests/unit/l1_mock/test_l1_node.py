"""The node: on virtual time in a world of its own, and on real sockets as web3.py meets it."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
import trio
from eth_account import Account
from web3 import AsyncWeb3, Web3
from web3.providers import WebSocketProvider

from l1_mock import node
from rollup.configuration import L1Config
from rollup.core.development import TRADER_SECRETS, development_genesis
from rollup.core.transport import RpcError
from rollup.devnet.simulation.run import run_world
from rollup.l1 import abi
from rollup.net.real import RealEnvironment

GENESIS = development_genesis(verifiers=1)
ACCOUNT = Account.from_key(TRADER_SECRETS[0])
WEEK_S = 7 * 86_400


def config(**fields):
    return L1Config(genesis=Path("unused"), data_directory=Path("unused"), **{"listen": "127.0.0.1:0", **fields})


def signed(nonce, **fields):
    fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
    transaction = {"nonce": nonce, "to": b"o" * 20, "value": 5, "gas": 21_000, "chainId": 31337, **fees, **fields}
    return "0x" + ACCOUNT.sign_transaction(transaction).raw_transaction.hex()


async def ask(client, method, *params):
    return await client.call(method, list(params))


def in_world(seed, scenario, **fields):
    async def main(world):
        l1 = await world.start("l1", node.run, config(**fields), GENESIS)
        user = world.environment("user")
        return await scenario(user, user.rpc_client(f"http://{l1.value}"))

    return run_world(seed, main)


async def a_transaction_and_a_week(user, client):
    await ask(client, "eth_sendRawTransaction", signed(0))
    await user.sleep(30)
    mined = await ask(client, "eth_getBlockByNumber", "latest", True)
    await user.sleep(WEEK_S)
    return mined, await ask(client, "eth_getBlockByNumber", "latest", False), user.now()


def test_slots_pass_on_virtual_time():
    result = in_world(1, a_transaction_and_a_week, block_time_s=12.0)
    mined, head, now = result.value
    assert mined["number"] == "0x2"
    assert int(head["number"], 16) == (WEEK_S + 30) // 12
    assert 0 <= now - int(head["timestamp"], 16) < 13


def test_the_same_seed_gives_the_same_trace():
    first, second, other = (in_world(seed, a_transaction_and_a_week, block_time_s=12.0) for seed in (5, 5, 6))
    assert first.trace_digest == second.trace_digest != other.trace_digest
    assert first.value[1]["hash"] == second.value[1]["hash"]


def test_a_transaction_gets_its_block_though_nobody_asks():
    async def scenario(user, client):
        digest = await ask(client, "eth_sendRawTransaction", signed(0))
        await user.sleep(100)
        return (await ask(client, "eth_getTransactionReceipt", digest))["blockNumber"]

    result = in_world(1, scenario, block_time_s=10.0)
    assert result.value == "0x1"
    assert [entry for entry in result.entries if "l1_block" in str(entry)]


@pytest.mark.parametrize(("mining", "number"), [("instant", "0x1"), ("manual", "0x0")])
def test_without_slots_blocks_come_on_demand(mining, number):
    async def scenario(user, client):
        await ask(client, "eth_sendRawTransaction", signed(0))
        await user.sleep(100)
        return await ask(client, "eth_blockNumber")

    assert in_world(1, scenario, mining=mining).value == number


def test_errors_reach_the_client():
    async def scenario(_user, client):
        with pytest.raises(RpcError) as caught:
            await ask(client, "eth_sendRawTransaction", signed(0, gas=20_000))
        return caught.value.code, caught.value.message

    assert in_world(1, scenario).value == (-32003, "intrinsic gas too low: gas 20000, minimum needed 21000")


def test_all_contracts_stand_and_the_devnets_accounts_have_ether():
    chain = node.new_chain(config(), GENESIS, 0)
    assert {contract.name for contract in chain.contracts.values()} == {"token", "inbox", "bridge", "assertions", "attestations", "stakes"}
    assert chain.world.balance(GENESIS.roles.poster) == chain.world.balance(bytes.fromhex(ACCOUNT.address[2:])) == 10**22
    assert chain.world.balance(GENESIS.verifiers[0].address) == 10**22


async def serve(user):
    """Run a real L1 and a user of blocking libraries in a thread."""
    async with trio.open_nursery() as nursery:
        environment = RealEnvironment("l1")
        address = await nursery.start(partial(node.run, environment, config(block_time_s=0.1), GENESIS))
        await trio.to_thread.run_sync(user, address)
        nursery.cancel_scope.cancel()


@pytest.mark.process
def test_web3_over_http():
    def user(address):
        web3 = Web3(Web3.HTTPProvider(f"http://{address}"))
        token = web3.eth.contract(address=Web3.to_checksum_address(GENESIS.contracts.token), abi=abi.TOKEN)
        call = token.functions.mint(ACCOUNT.address, 7).build_transaction({"from": ACCOUNT.address, "nonce": 0})
        digest = web3.eth.send_raw_transaction(ACCOUNT.sign_transaction(call).raw_transaction)
        receipt = web3.eth.wait_for_transaction_receipt(digest, timeout=10, poll_latency=0.02)
        assert receipt.status == 1
        assert token.functions.balanceOf(ACCOUNT.address).call() == 7
        assert [log.transactionHash for log in web3.eth.get_logs({"address": token.address, "fromBlock": 0})] == [digest]
        assert web3.eth.get_block(receipt.blockNumber).transactions == [digest]

    trio.run(serve, user)


@pytest.mark.process
def test_web3_over_a_websocket():
    """web3.py sends binary frames."""

    async def user(address):
        async with AsyncWeb3(WebSocketProvider(f"ws://{address}")) as web3:
            assert await web3.eth.chain_id == 31337
            heads = await web3.eth.subscribe("newHeads")
            digest = await web3.eth.send_raw_transaction(signed(0))
            told = await anext(aiter(web3.socket.process_subscriptions()))
            assert told["subscription"] == heads
            assert told["result"]["number"] >= 1
            assert (await web3.eth.wait_for_transaction_receipt(digest, timeout=10, poll_latency=0.02)).status == 1
            assert await web3.eth.unsubscribe(heads) is True
            assert (await web3.eth.get_block("latest")).number >= 1

    trio.run(serve, lambda address: asyncio.run(user(address)))
