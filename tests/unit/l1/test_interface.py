"""The ABIs are Ethereum's: selectors, topics, and other people's coders agree."""

from contextlib import suppress

import pytest
from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from rollup.core.errors import DecodeError, EncodeError
from rollup.core.keccak import keccak256
from rollup.l1.abi import ABIS, INTERFACES
from rollup.l1.interface import Interface, declared

ADDRESS = bytes(range(20))


@pytest.mark.parametrize("name", ABIS)
def test_other_tools_find_the_same_selectors_and_topics(name):
    for entry in ABIS[name]:
        if entry["type"] == "function":
            assert function_abi_to_4byte_selector(entry) == INTERFACES[name].functions[entry["name"]].selector
        else:
            assert event_abi_to_log_topic(entry) == INTERFACES[name].events[entry["name"]].topic
            assert sum(parameter["indexed"] for parameter in entry["inputs"]) <= 3


def test_the_token_is_an_erc20():
    token = INTERFACES["token"]
    assert token.functions["transfer"].selector.hex() == "a9059cbb"
    assert token.functions["balanceOf"].selector.hex() == "70a08231"
    assert token.events["Transfer"].topic.hex() == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


@given(st.binary(min_size=20, max_size=20), st.integers(0, (1 << 256) - 1))
def test_calls_read_back(address, amount):
    transfer = INTERFACES["token"].functions["transfer"]
    calldata = transfer.encode_call((address, amount))
    assert calldata == keccak256(b"transfer(address,uint256)")[:4] + encode(["address", "uint256"], [address, amount])
    assert transfer.decode_call(calldata) == (address, amount)
    assert INTERFACES["token"].functions["balanceOf"].decode_result(encode(["uint256"], [amount])) == (amount,)


def test_logs_read_back():
    event = INTERFACES["token"].events["Transfer"]
    topics = [event.topic, bytes(12) + ADDRESS, bytes(12) + ADDRESS[::-1]]
    assert event.decode_log(topics, encode(["uint256"], [5])) == {"from": ADDRESS, "to": ADDRESS[::-1], "value": 5}
    for bad in (topics[:2], [bytes(32), *topics[1:]], [event.topic, b"\1" * 32, topics[2]]):
        with pytest.raises(DecodeError):
            event.decode_log(bad, encode(["uint256"], [5]))
    with pytest.raises(DecodeError):
        event.decode_log(topics, b"")


@given(st.binary(max_size=300))
def test_any_calldata_decodes_or_is_refused(data):
    post = INTERFACES["inbox"].functions["postBatch"]
    with pytest.raises(DecodeError):
        post.decode_call(data)
    with suppress(DecodeError):
        post.decode_call(post.selector + data)


@pytest.mark.parametrize("arguments", [(), (ADDRESS,), ("0x", 5), (ADDRESS, -1), (ADDRESS[1:], 5), (ADDRESS, 5, 5)])
def test_our_own_mistakes(arguments):
    with pytest.raises(EncodeError):
        INTERFACES["token"].functions["transfer"].encode_call(arguments)


def test_declarations():
    entries = declared("""
        function f(uint8 a,
            bytes b) payable returns (bool c)
        event E(bytes32 indexed a, uint8 b)
    """)
    assert [entry["name"] for entry in entries] == ["f", "E"]
    assert entries[0]["stateMutability"] == "payable"
    assert Interface.of(entries).functions["f"].inputs == ("uint8", "bytes")
    for bad in ("f()", "function f", "function f() pure", "function f() returns bool"):
        with pytest.raises(EncodeError):
            declared(bad)
