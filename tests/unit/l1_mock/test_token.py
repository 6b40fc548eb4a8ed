"""The token is an ERC-20."""

import pytest

from l1_mock.contracts.interface import decode
from l1_mock.contracts.token import UINT256_MAX
from rollup.l1 import abi
from rollup.l1.interface import Interface

TRANSFER = Interface.of(abi.TOKEN).events["Transfer"]


@pytest.fixture(name="call")
def call_fixture(bench):
    def call(name, *arguments, wallet=0):
        receipt = bench.send(name, *arguments, wallet=wallet, contract=0)
        return receipt.success or receipt.reason

    return call


@pytest.fixture(name="view")
def view_fixture(bench):
    def view(name, *arguments):
        data = bench.calldata(name, *arguments, contract=0)
        output = bytes.fromhex(bench.ask("eth_call", {"to": "0x" + bench.contracts[0].address.hex(), "data": "0x" + data.hex()})[2:])
        return decode(bench.contracts[0].interface.functions[name].outputs, output)[0]

    return view


def test_it_names_itself(view):
    assert (view("name"), view("symbol"), view("decimals")) == ("USD", "USD", 8)


def test_transfers_move_what_is_there(bench, call, view):
    first, second, third = (wallet.address for wallet in bench.wallets)
    assert call("mint", first, 100) is True
    assert call("transfer", second, 60) is True
    assert call("transfer", third, 41) == "ERC20: transfer amount exceeds balance"
    assert call("transfer", first, 40) is True
    assert [view("balanceOf", each) for each in (first, second, third)] == [40, 60, 0]
    assert view("totalSupply") == 100


def test_allowances_are_used_up_unless_they_are_endless(bench, call, view):
    first, second, third = (wallet.address for wallet in bench.wallets)
    call("mint", first, 100)
    assert call("transferFrom", first, third, 1, wallet=1) == "ERC20: insufficient allowance"
    call("approve", second, 10)
    assert call("transferFrom", first, third, 7, wallet=1) is True
    assert view("allowance", first, second) == 3
    assert call("transferFrom", first, third, 4, wallet=1) == "ERC20: insufficient allowance"
    call("approve", second, UINT256_MAX)
    assert call("transferFrom", first, third, 4, wallet=1) is True
    assert view("allowance", first, second) == UINT256_MAX


def test_events_decode(bench):
    first, second, _ = (wallet.address for wallet in bench.wallets)
    log = bench.send("mint", first, 5, contract=0).logs[0]
    assert TRANSFER.decode_log(log.topics, log.data) == {"from": bytes(20), "to": first, "value": 5}
    log = bench.send("transfer", second, 5, contract=0).logs[0]
    assert TRANSFER.decode_log(log.topics, log.data) == {"from": first, "to": second, "value": 5}


def test_nobody_mints_off_a_devnet(make_bench):
    bench = make_bench(chain_id=1)
    receipt = bench.send("mint", bench.wallets[0].address, 5, contract=0, chainId=1)
    assert not receipt.success
    assert "devnet" in receipt.reason


def test_the_supply_does_not_overflow(bench, call, view):
    address = bench.wallets[0].address
    assert call("mint", address, UINT256_MAX) is True
    assert call("mint", address, 1) == "the supply would overflow"
    assert view("totalSupply") == UINT256_MAX
