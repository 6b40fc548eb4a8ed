"""The JSON-RPC without sockets: every method, every error, and strangers who send anything at all."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from l1_mock.contracts.interface import decode
from l1_mock.rpc import CHANGES, READS, is_read
from rollup.core.transport import RpcError, TransportError
from tests.unit.l1_mock.effort import calls_of

ETHER = 10**18
ALL = """web3_clientVersion net_version eth_chainId eth_blockNumber eth_syncing eth_accounts eth_getBlockByNumber eth_getBlockByHash
eth_getBlockReceipts eth_getBalance eth_getCode eth_getStorageAt eth_getTransactionCount eth_getTransactionByHash
eth_getTransactionReceipt eth_gasPrice eth_maxPriorityFeePerGas eth_feeHistory eth_estimateGas eth_call eth_sendRawTransaction
eth_getLogs eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter eth_getFilterChanges eth_getFilterLogs
eth_uninstallFilter eth_subscribe eth_unsubscribe evm_mine evm_snapshot evm_revert evm_increaseTime evm_setNextBlockTimestamp
evm_setAutomine anvil_mine anvil_setBalance anvil_reorg anvil_dumpState anvil_loadState txpool_status""".split()
UNKNOWN = "0x" + "77" * 32


def hexadecimal(value):
    return "0x" + value.hex()


def error_of(bench, method, *params):
    with pytest.raises(RpcError) as caught:
        bench.ask(method, *params)
    return caught.value.code, caught.value.message


class Listener:
    """A connection that takes notifications."""

    def __init__(self, connection=1, can_notify=True):
        self.connection = connection
        self.can_notify = can_notify
        self.heard = []
        self.is_gone = False

    def notify(self, method, params):
        if self.is_gone:
            raise TransportError("gone")
        assert method == "eth_subscription"
        self.heard.append((params["subscription"], params["result"]))


def test_all_methods_are_there():
    assert len(ALL) == 42
    assert set(ALL) <= {*READS, *CHANGES}
    assert {"hardhat_mine", "hardhat_setBalance"} <= CHANGES


def test_unknown_methods_are_named(bench):
    assert error_of(bench, "eth_fillTransaction", {}) == (-32601, "the method eth_fillTransaction does not exist/is not available")


def test_developers_methods_are_refused_off_devnets(make_bench):
    bench = make_bench(chain_id=1)
    for method in sorted(CHANGES - {"eth_sendRawTransaction"}):
        assert error_of(bench, method)[0] == -32601
    assert bench.chain.head.number == 0
    assert bench.ask("eth_chainId") == "0x1"


def test_identity(bench):
    assert bench.ask("eth_chainId") == "0x7a69"
    assert bench.ask("net_version") == "31337"
    assert bench.ask("web3_clientVersion").startswith("optroll")
    assert (bench.ask("eth_syncing"), bench.ask("eth_accounts")) == (False, [])


def test_reads_change_nothing_and_changes_are_marked():
    assert is_read("eth_call")
    assert not is_read("eth_sendRawTransaction")
    assert not is_read("evm_mine")


def test_unknown_blocks_transactions_and_receipts_are_null(bench):
    for method, params in (
        ("eth_getBlockByNumber", ("0x5", False)),
        ("eth_getBlockByHash", (UNKNOWN, True)),
        ("eth_getBlockReceipts", ("0x5",)),
        ("eth_getBlockReceipts", (UNKNOWN,)),
        ("eth_getTransactionByHash", (UNKNOWN,)),
        ("eth_getTransactionReceipt", (UNKNOWN,)),
    ):
        assert bench.ask(method, *params) is None


def test_tags(make_bench):
    bench = make_bench(safe_depth=2, finalized_depth=4)
    bench.chain.mine(bench.now, 10)
    wanted = {"latest": 10, "safe": 8, "finalized": 6, "earliest": 0, "0x3": 3}
    for tag, number in wanted.items():
        assert bench.ask("eth_getBlockByNumber", tag, False)["number"] == hex(number)
    pending = bench.ask("eth_getBlockByNumber", "pending", False)
    assert (pending["number"], pending["hash"]) == ("0xb", None)
    assert error_of(bench, "eth_getBlockByNumber", "newest", False)[0] == -32602
    assert error_of(bench, "eth_getBlockByNumber", "0x", False)[0] == -32602
    assert error_of(bench, "eth_getBalance", "0x" + "00" * 20, "0x20") == (-32000, "header not found")


def test_a_block_in_full_and_by_hashes(bench):
    receipt = bench.send("store", 1, 2)
    digest = hexadecimal(receipt.transaction.hash)
    brief, full = (bench.ask("eth_getBlockByNumber", "latest", flag) for flag in (False, True))
    assert brief["transactions"] == [digest]
    assert full["transactions"][0] == bench.ask("eth_getTransactionByHash", digest)
    assert brief == bench.ask("eth_getBlockByHash", brief["hash"], False)
    assert brief["parentHash"] == bench.ask("eth_getBlockByNumber", "0x0", False)["hash"]
    assert bench.ask("eth_getBlockReceipts", "latest") == [bench.ask("eth_getTransactionReceipt", digest)]
    assert bench.ask("eth_getBlockReceipts", brief["hash"]) == bench.ask("eth_getBlockReceipts", {"blockHash": brief["hash"]})


def test_the_state_of_earlier_blocks(bench):
    address = hexadecimal(bench.wallets[0].address)
    call = {"to": hexadecimal(bench.contracts[1].address), "data": hexadecimal(bench.calldata("look", 1))}
    for value in (10, 20, 30):
        bench.send("store", 1, value)
    bench.chain.mine(bench.now, 5)
    for number, value, nonce in ((0, 0, 0), (1, 10, 1), (2, 20, 2), (3, 30, 3), (7, 30, 3)):
        assert int(bench.ask("eth_call", call, hex(number)), 16) == value
        assert bench.ask("eth_getTransactionCount", address, hex(number)) == hex(nonce)
    digest = bench.ask("eth_getBlockByNumber", "0x2", False)["hash"]
    assert int(bench.ask("eth_call", call, {"blockHash": digest}), 16) == 20
    assert bench.ask("eth_getBalance", address, "0x0") == hex(100 * ETHER)
    assert int(bench.ask("eth_getBalance", address), 16) < 100 * ETHER


def test_calls_change_nothing(bench):
    before = bench.ask("anvil_dumpState")
    call = {"from": hexadecimal(bench.wallets[0].address), "to": hexadecimal(bench.contracts[1].address)}
    for data in (bench.calldata("store", 1, 2), bench.calldata("nest", 1, 2, True)):
        bench.ask("eth_call", {**call, "input": hexadecimal(data)}, "latest")
        bench.ask("eth_estimateGas", {**call, "input": hexadecimal(data)})
    assert bench.ask("anvil_dumpState") == before


def test_a_revert_carries_its_data(bench):
    call = {"to": hexadecimal(bench.contracts[1].address), "data": hexadecimal(bench.calldata("fail", "because"))}
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcError) as caught:
            bench.ask(method, call)
        assert (caught.value.code, caught.value.message) == (3, "execution reverted: because")
        assert decode(["string"], bytes.fromhex(caught.value.data[10:])) == ("because",)


def test_calls_fail_in_geths_words(bench):
    toy = hexadecimal(bench.contracts[1].address)
    burn = {"to": toy, "data": hexadecimal(bench.calldata("burn", 10**9))}
    assert error_of(bench, "eth_call", burn) == (-32000, "out of gas")
    poor = {"from": "0x" + "99" * 20, "to": "0x" + "98" * 20, "value": "0x1"}
    assert error_of(bench, "eth_call", poor) == (-32000, "insufficient funds for transfer")
    assert error_of(bench, "eth_call", {"to": toy, "data": "0x12345678"}) == (3, "execution reverted")
    assert error_of(bench, "eth_call", {"to": toy, "data": "0x00", "input": "0x01"})[0] == -32602
    assert error_of(bench, "eth_call", {"to": toy}, "latest", {"0x" + "11" * 20: {}})[0] == -32602


@pytest.mark.parametrize(
    ("name", "arguments"), [("store", (1, 2)), ("burn", (12_345,)), ("nest", (1, 2, True)), ("pay", (b"q" * 20, 0)), ("keep", ())]
)
def test_an_estimate_is_exactly_enough(bench, name, arguments):
    data = bench.calldata(name, *arguments)
    call = {"from": hexadecimal(bench.wallets[0].address), "to": hexadecimal(bench.contracts[1].address), "data": hexadecimal(data)}
    gas = int(bench.ask("eth_estimateGas", call), 16)
    assert not bench.send(name, *arguments, gas=gas - 1).success if gas > 21_000 + 16 * len(data) else True
    assert bench.send(name, *arguments, gas=gas).success


def test_a_refused_transaction_says_why(bench):
    raw = bench.signed("store", 1, 2, nonce=0)
    bench.ask("eth_sendRawTransaction", hexadecimal(raw))
    assert error_of(bench, "eth_sendRawTransaction", hexadecimal(raw)) == (-32003, "nonce too low: next nonce 1, tx nonce 0")
    assert error_of(bench, "eth_sendRawTransaction", "0x1234")[0] == -32003
    assert error_of(bench, "eth_sendRawTransaction", "1234")[0] == -32602


def test_a_failed_transaction_has_a_receipt(bench):
    digest = bench.ask("eth_sendRawTransaction", hexadecimal(bench.signed("fail", "because")))
    receipt = bench.ask("eth_getTransactionReceipt", digest)
    assert (receipt["status"], receipt["logs"], receipt["revertReason"]) == ("0x0", [], "because")


def test_pending_counts_what_waits(make_bench):
    bench = make_bench(automine=False)
    address = hexadecimal(bench.wallets[0].address)
    for nonce in (0, 1, 3):
        bench.ask("eth_sendRawTransaction", hexadecimal(bench.signed("store", 1, 2, nonce=nonce)))
    assert [bench.ask("eth_getTransactionCount", address, tag) for tag in ("latest", "pending")] == ["0x0", "0x2"]
    assert bench.ask("txpool_status") == {"pending": "0x2", "queued": "0x1"}
    waiting = bench.ask("eth_getBlockByNumber", "pending", True)["transactions"]
    assert [item["nonce"] for item in waiting] == ["0x0", "0x1", "0x3"]
    assert bench.ask("eth_getTransactionByHash", waiting[0]["hash"])["blockHash"] is None


def test_logs_are_found_by_range_address_and_topics(bench):
    store = hexadecimal(bench.contracts[1].interface.events["Stored"].topic)
    for key in range(3):
        bench.send("store", key, 7)
    bench.send("mint", b"m" * 20, 5, contract=0)
    toy = hexadecimal(bench.contracts[1].address)

    def count(**criteria):
        return len(bench.ask("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest", **criteria}))

    def word(value):
        return f"0x{value:064x}"

    assert (count(), count(address=toy), count(address=[toy])) == (4, 3, 3)
    assert (count(topics=[store]), count(topics=[None]), count(topics=[])) == (3, 4, 4)
    assert count(topics=[store, word(1)]) == 1
    assert count(topics=[[store, UNKNOWN], [word(1), word(2)]]) == 2
    assert count(topics=[None, None, None]) == 1
    assert count(address="0x" + "00" * 20) == 0
    assert (count(fromBlock="0x2", toBlock="0x3"), count(fromBlock="0x4", toBlock="0x40")) == (2, 1)
    digest = bench.ask("eth_getBlockByNumber", "0x1", False)["hash"]
    assert len(bench.ask("eth_getLogs", {"blockHash": digest})) == 1
    assert len(bench.ask("eth_getLogs", {})) == 1


def test_searches_for_logs_are_bounded(bench):
    assert error_of(bench, "eth_getLogs", {"fromBlock": "0x5", "toBlock": "0x1"}) == (
        -32602,
        "invalid argument: invalid block range params",
    )
    assert error_of(bench, "eth_getLogs", {"blockHash": UNKNOWN}) == (-32000, "unknown block")
    assert error_of(bench, "eth_getLogs", {"blockHash": UNKNOWN, "fromBlock": "0x1"})[0] == -32602
    assert error_of(bench, "eth_getLogs", {"topics": [None] * 5})[0] == -32602
    bench.chain.mine(bench.now, 100_001)
    assert error_of(bench, "eth_getLogs", {"fromBlock": "0x0"}) == (-32005, "exceed maximum block range: 100000")
    assert bench.ask("eth_getLogs", {"fromBlock": "0x5"}) == []


def test_forgotten_history_is_an_error_and_not_an_empty_answer(make_bench):
    bench = make_bench(history_items=16)
    for value in range(40):
        bench.send("store", 1, value)
    assert error_of(bench, "eth_getLogs", {"fromBlock": "0x0"})[0] == 4444
    assert error_of(bench, "eth_getBalance", "0x" + "00" * 20, "0x1")[0] == 4444
    assert bench.ask("eth_getBlockByNumber", "0x1", False) is None
    assert bench.ask("eth_getLogs", {"fromBlock": "earliest"})


def test_filters_tell_what_is_new(bench):
    logs = bench.ask("eth_newFilter", {"address": hexadecimal(bench.contracts[1].address)})
    blocks, pending = bench.ask("eth_newBlockFilter"), bench.ask("eth_newPendingTransactionFilter")
    receipt = bench.send("store", 1, 2)
    bench.chain.mine(bench.now, 2)
    changes = bench.ask("eth_getFilterChanges", logs)
    assert [log["removed"] for log in changes] == [False]
    assert changes == bench.ask("eth_getFilterLogs", logs) == [] or bench.ask("eth_getFilterChanges", logs) == []
    assert bench.ask("eth_getFilterChanges", blocks) == [
        bench.ask("eth_getBlockByNumber", hex(number), False)["hash"] for number in (1, 2, 3)
    ]
    assert bench.ask("eth_getFilterChanges", pending) == [hexadecimal(receipt.transaction.hash)]
    bench.chain.reorg(3, {})
    assert [log["removed"] for log in bench.ask("eth_getFilterChanges", logs)] == [True]
    assert len(bench.ask("eth_getFilterChanges", blocks)) == 3
    assert bench.ask("eth_uninstallFilter", logs) is True
    assert bench.ask("eth_uninstallFilter", logs) is False
    assert error_of(bench, "eth_getFilterChanges", logs) == (-32000, "filter not found")
    assert error_of(bench, "eth_getFilterLogs", blocks) == (-32000, "filter not found")


def test_a_filter_that_nobody_asks_is_forgotten(bench):
    name = bench.ask("eth_newBlockFilter")
    bench.now += 299_000
    assert bench.ask("eth_getFilterChanges", name) == []
    bench.now += 301_000
    assert error_of(bench, "eth_getFilterChanges", name) == (-32000, "filter not found")


def test_filters_are_bounded(bench):
    names = [bench.ask("eth_newBlockFilter") for _ in range(300)]
    assert len(bench.rpc.feeds.filters) == 256
    assert bench.ask("eth_getFilterChanges", names[-1]) == []
    bench.chain.mine(bench.now, 10_001)
    assert len(bench.ask("eth_getFilterChanges", names[-1])) == 10_000


def test_subscriptions_are_told(bench):
    listener = Listener()
    heads = bench.ask("eth_subscribe", "newHeads", caller=listener)
    logs = bench.ask("eth_subscribe", "logs", {"address": hexadecimal(bench.contracts[1].address)}, caller=listener)
    pending = bench.ask("eth_subscribe", "newPendingTransactions", caller=listener)
    receipt = bench.send("store", 1, 2)
    assert [name for name, _ in listener.heard] == [pending, heads, logs]
    assert listener.heard[0][1] == hexadecimal(receipt.transaction.hash)
    head = bench.ask("eth_getBlockByNumber", "latest", False)
    assert listener.heard[1][1].items() <= head.items()
    listener.heard.clear()
    bench.chain.reorg(1, {})
    assert [(name, entry.get("removed")) for name, entry in listener.heard] == [(logs, True), (heads, None)]
    assert bench.ask("eth_unsubscribe", heads, caller=Listener(connection=2)) is False
    assert bench.ask("eth_unsubscribe", heads, caller=listener) is True
    assert bench.ask("eth_unsubscribe", heads, caller=listener) is False
    bench.rpc.feeds.forget(1)
    assert bench.rpc.feeds.subscriptions == {}


def test_a_subscriber_that_is_gone_is_forgotten(bench):
    listener = Listener()
    bench.ask("eth_subscribe", "newHeads", caller=listener)
    listener.is_gone = True
    bench.chain.mine(bench.now)
    assert bench.rpc.feeds.subscriptions == {}


def test_subscriptions_need_a_connection_that_can_hear(bench):
    assert error_of(bench, "eth_subscribe", "newHeads") == (-32000, "notifications not supported")
    with pytest.raises(RpcError):
        bench.ask("eth_subscribe", "newHeads", caller=Listener(can_notify=False))
    with pytest.raises(RpcError, match="newHeads"):
        bench.ask("eth_subscribe", "syncing", caller=Listener())


def test_a_long_run_is_told_by_its_newest_heads(bench):
    listener = Listener()
    bench.ask("eth_subscribe", "newHeads", caller=listener)
    bench.chain.mine(bench.now, 5_000)
    assert len(listener.heard) == 128
    assert listener.heard[-1][1]["number"] == hex(5_000)


def test_fees_are_suggested_and_told(bench):
    for tip in (1, 2, 3):
        bench.send("store", 1, tip, maxPriorityFeePerGas=tip)
    history = bench.ask("eth_feeHistory", "0x2", "latest", [0, 50, 100])
    assert history["oldestBlock"] == "0x2"
    assert len(history["baseFeePerGas"]) == 3
    assert history["reward"] == [["0x2"] * 3, ["0x3"] * 3]
    assert int(bench.ask("eth_gasPrice"), 16) == int(history["baseFeePerGas"][-1], 16) + int(bench.ask("eth_maxPriorityFeePerGas"), 16)
    assert "reward" not in bench.ask("eth_feeHistory", "0x400", "pending")
    assert bench.ask("eth_feeHistory", 10, "0x0")["oldestBlock"] == "0x0"
    for percentiles in ([2, 1], [101], ["x"], list(range(101))):
        assert error_of(bench, "eth_feeHistory", "0x1", "latest", percentiles)[0] == -32602
    assert error_of(bench, "eth_feeHistory", "0x1", "0x50")[0] == -32602


def test_contracts_show_code_and_no_slots(bench):
    assert bench.ask("eth_getCode", hexadecimal(bench.contracts[1].address), "latest") == "0xfe" + b"toy".hex()
    assert bench.ask("eth_getCode", "0x" + "11" * 20) == "0x"
    assert bench.ask("eth_getStorageAt", "0x" + "11" * 20, "0x0", "latest") == "0x" + "00" * 32


def test_developers_methods(bench):
    assert bench.ask("evm_snapshot") == "0x1"
    assert bench.ask("anvil_mine") is None
    assert bench.ask("hardhat_mine", "0x3", "0xc") is None
    assert bench.ask("evm_mine") == "0x0"
    assert bench.ask("eth_blockNumber") == "0x5"
    assert bench.ask("evm_increaseTime", 60) >= 60
    assert bench.ask("evm_increaseTime", "0x3c") >= 120
    head = bench.chain.head.timestamp
    assert bench.ask("evm_setNextBlockTimestamp", head + 1_000) is None
    bench.ask("evm_mine")
    assert bench.chain.head.timestamp == head + 1_000
    bench.ask("evm_mine", head + 2_000)
    bench.ask("evm_mine", {"timestamp": head + 3_000, "blocks": 3})
    assert (bench.chain.head.timestamp, bench.ask("eth_blockNumber")) == (head + 3_002, "0xa")
    assert error_of(bench, "evm_mine", 5)[0] == -32000
    bench.ask("anvil_setBalance", "0x" + "11" * 20, "0x5")
    assert bench.ask("eth_getBalance", "0x" + "11" * 20) == "0x5"
    assert bench.ask("evm_setAutomine", False) is None
    bench.ask("eth_sendRawTransaction", hexadecimal(bench.signed("store", 1, 2)))
    assert bench.ask("txpool_status")["pending"] == "0x1"
    assert bench.ask("evm_revert", "0x1") is True
    assert bench.ask("evm_revert", "0x1") is False
    assert (bench.ask("eth_blockNumber"), bench.ask("txpool_status")["pending"]) == ("0x0", "0x0")


def test_reorgs_in_anvils_form_and_ours(bench):
    raw = hexadecimal(bench.signed("store", 1, 2))
    digest = bench.ask("eth_sendRawTransaction", raw)
    bench.chain.mine(bench.now, 2)
    assert bench.ask("anvil_reorg", 2, []) is None
    assert bench.ask("eth_getTransactionReceipt", digest)["blockNumber"] == "0x1"
    bench.ask("anvil_reorg", 3, [[raw, 2]])
    assert bench.ask("eth_getTransactionReceipt", digest)["blockNumber"] == "0x3"
    bench.ask("anvil_reorg", {"depth": 3, "tx_block_pairs": [[raw, 1]]})
    assert bench.ask("eth_getTransactionReceipt", digest)["blockNumber"] == "0x2"
    bench.ask("hardhat_reorg", {"depth": 3, "dropped": []})
    assert bench.ask("eth_getTransactionReceipt", digest)["blockNumber"] == "0x1"
    bench.ask("anvil_reorg", 3, [digest])
    assert bench.ask("eth_getTransactionReceipt", digest) is None
    for params in ((0,), (9,), (1, [[raw, 1]]), (1, [[raw]]), (1, "x"), ({"depth": 1, "dropped": ["x"]},), (None,)):
        assert error_of(bench, "anvil_reorg", *params)[0] in {-32602, -32000}


def test_a_saved_chain_comes_back(bench, make_bench):
    bench.send("store", 1, 2)
    bench.chain.mine(bench.now, 3, 12)
    bench.send("mint", b"m" * 20, 5, contract=0)
    bench.ask("evm_setAutomine", False)
    bench.ask("eth_sendRawTransaction", hexadecimal(bench.signed("store", 1, 9)))
    saved, head = bench.ask("anvil_dumpState"), bench.ask("eth_getBlockByNumber", "latest", True)
    other = make_bench()
    assert other.ask("anvil_loadState", saved) is True
    assert other.ask("anvil_dumpState") == saved
    assert other.ask("eth_getBlockByNumber", "latest", True) == head
    for each in (bench, other):
        each.ask("anvil_reorg", 2, [])
        each.ask("evm_mine")
    assert other.ask("eth_getBlockByNumber", "latest", True) == bench.ask("eth_getBlockByNumber", "latest", True)


def test_a_chain_that_is_not_ours_is_not_loaded(bench, make_bench):
    saved = bytes.fromhex(make_bench(chain_id=1337).rpc.handle("anvil_dumpState", [])[2:])
    before = bench.ask("anvil_dumpState")
    for content in (saved, b"", b"x", saved[:-5], saved[: len(saved) // 2]):
        assert error_of(bench, "anvil_loadState", hexadecimal(content))[0] == -32000
    assert bench.ask("anvil_dumpState") == before


def test_a_record_that_no_contract_lists_cannot_be_saved(bench):
    bench.chain.world.put("storage", (b"c" * 20, "key"), bench.chain.head)
    assert error_of(bench, "anvil_dumpState") == (-32000, "no contract lists Place among its records")


def test_a_fault_of_ours_is_told_to_the_operator_alone(bench):
    bench.chain.history.world = None
    bench.chain.ledger.world = None
    assert error_of(bench, "eth_getBalance", "0x" + "00" * 20) == (-32603, "internal error")
    assert [method for method, _ in bench.faults] == ["eth_getBalance"]


@pytest.mark.parametrize("params", [{"a": 1}, "x", list(range(9))])
def test_parameters_are_a_short_list(bench, params):
    with pytest.raises(RpcError) as caught:
        bench.rpc.handle("eth_blockNumber", params)
    assert caught.value.code == -32602


@pytest.mark.parametrize("value", ["0x1_0", "0x١", "0x", "x", "0x" + "1" * 65, -1, 1.5, True, [], {}, 1 << 256, "0x 1", "0x+1"])
def test_quantities_have_one_form(bench, value):
    assert error_of(bench, "anvil_mine", value)[0] == -32602


@pytest.mark.parametrize("value", ["0x1", "0xgg", "11" * 20, "0x" + "11" * 19, "0x" + "11" * 21, "0x" + "11 " * 20, 5, None])
def test_addresses_have_one_form(bench, value):
    assert error_of(bench, "eth_getBalance", value, "latest")[0] == -32602


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 300),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["latest", "pending", "0x1", "0x0", "0x", "0x" + "00" * 20, "0x" + "11" * 32, "newHeads", "logs", "0xc8c8"]),
        st.binary(max_size=40).map(hexadecimal),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["to", "from", "data", "value", "gas", "fromBlock", "toBlock", "blockHash", "topics", "address", "depth"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(method=st.sampled_from(sorted({*READS, *CHANGES})), params=st.lists(json_values, max_size=4))
def test_strangers_get_an_answer_or_an_error(one_bench, method, params):
    with suppress(RpcError):
        one_bench.ask(method, *params, caller=Listener())
    assert one_bench.faults == []


@pytest.fixture(name="one_bench", scope="module")
def one_bench_fixture(request):
    """One chain for all examples: whatever they do to it is part of the test."""
    bench = request.getfixturevalue("shared_bench")
    for value in range(3):
        bench.send("store", 1, value)
    return bench


def test_a_number_is_as_little_work_however_long_the_chain(bench):
    def ask():
        bench.rpc.handle("eth_blockNumber", [])

    ask()
    before = calls_of(ask)
    bench.chain.mine(bench.now, 50_400, 12)
    bench.send("store", 1, 2)
    assert calls_of(ask) == before < 50
