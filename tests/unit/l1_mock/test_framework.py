"""Contracts: what a handler's mistakes, reverts and calls do to the world, and what they cost."""

import pytest

from l1_mock.contracts.framework import Block, Contract, Revert
from l1_mock.contracts.interface import decode, encode
from l1_mock.execution import Message, execute
from l1_mock.world import World
from rollup.core.keccak import keccak256
from rollup.l1.interface import declared

SENDER = b"s" * 20
ABI = declared("function get() view returns (uint256)\nfunction put(uint256 value)\nevent Put(uint256 indexed value)")
ADDRESS = b"c" * 20
BLOCK = Block(7, 1_000)


def contract(**functions):
    table = {"get": lambda call: call.storage.get("value", 0), "put": lambda call, value: None, **functions}
    return Contract("c", ADDRESS, ABI, table)


def run(target, name, *arguments, world=None, **fields):
    function = target.interface.functions[name]
    data = function.selector + encode(function.inputs, arguments)
    message = Message(SENDER, target.address, data, **fields)
    return execute(World() if world is None else world, {target.address: target}, BLOCK, message)


def test_the_table_and_the_abi_must_agree():
    with pytest.raises(ValueError, match="put"):
        Contract("c", ADDRESS, ABI, {"get": lambda _: 0})
    with pytest.raises(ValueError, match="more"):
        contract(more=lambda _: 0)


def test_storage_and_logs_of_a_success_stay():
    def put(call, value):
        call.storage["value"] = value
        call.emit("Put", value=value)

    world = World()
    outcome = run(contract(put=put), "put", 5, world=world)
    assert outcome.success
    assert outcome.logs[0].topics == (keccak256(b"Put(uint256)"), (5).to_bytes(32, "big"))
    assert decode(["uint256"], run(contract(put=put), "get", world=world).output) == (5,)


@pytest.mark.parametrize("mistake", [lambda: 1 // 0, lambda: {}["x"], lambda: int("x"), lambda: None + 1, lambda: bytes(1)[int("9")]])
def test_a_mistake_of_the_handler_is_a_panic_and_undone(mistake):
    def put(call, value):
        call.storage["value"] = value
        call.emit("Put", value=value)
        mistake()

    world = World()
    outcome = run(contract(put=put), "put", 5, world=world)
    assert not outcome.success
    assert outcome.output == bytes.fromhex("4e487b71") + (1).to_bytes(32, "big")
    assert outcome.logs == ()
    assert world.tables["storage"] == {}


def test_a_result_that_does_not_fit_is_a_panic():
    outcome = run(contract(get=lambda _: -1), "get")
    assert outcome.output[:4] == bytes.fromhex("4e487b71")


def test_an_event_with_other_arguments_is_a_panic():
    outcome = run(contract(put=lambda call, value: call.emit("Put", value=value, more=1)), "put", 1)
    assert "KeyError" in outcome.reason


def test_a_revert_gives_its_reason_as_error_string():
    def put(call, value):
        call.require(value > 5, "too small")

    outcome = run(contract(put=put), "put", 5)
    assert outcome.output[:4] == bytes.fromhex("08c379a0")
    assert decode(["string"], outcome.output[4:]) == ("too small",)
    assert run(contract(put=put), "put", 6).success


def test_a_view_cannot_write_emit_or_pay():
    for handler in (
        lambda call: call.storage.__setitem__("value", 1),
        lambda call: call.emit("Put", value=1),
        lambda call: call.transfer(SENDER, 1),
        lambda call: call.call(ADDRESS, "put", 1),
    ):
        world = World()
        world.put("balances", ADDRESS, 10)
        target = contract(get=handler, put=lambda call, value: call.storage.__setitem__("value", value))
        assert "StaticCallError" in run(target, "get", world=world).reason


def test_ether_to_a_function_that_is_not_payable_reverts():
    world = World()
    world.put("balances", SENDER, 10)
    assert not run(contract(), "put", 1, world=world, value=1).success
    assert world.balance(SENDER) == 10


def test_unknown_selectors_short_calldata_and_bad_padding_revert():
    target = contract()
    put = target.interface.functions["put"].selector
    for data in (b"\1", b"\1\2\3\4", put, put + bytes(31), b"\xff" * 100):
        assert not execute(World(), {ADDRESS: target}, BLOCK, Message(SENDER, ADDRESS, data)).success


def test_plain_ether_needs_a_receive_handler():
    world = World()
    world.put("balances", SENDER, 10)
    message = Message(SENDER, ADDRESS, b"", 3)
    assert not execute(world, {ADDRESS: contract()}, BLOCK, message).success
    assert execute(world, {ADDRESS: contract(receive=lambda _: None)}, BLOCK, message).success
    assert (world.balance(SENDER), world.balance(ADDRESS)) == (7, 3)


def test_a_caught_revert_undoes_the_callee_alone():
    def put(call, value):
        call.storage["outer"] = value
        try:
            call.call(call.address, "get")
        except Revert:
            call.storage["caught"] = 1

    def get(call):
        raise Revert("no")

    world = World()
    assert run(contract(put=put, get=get), "put", 5, world=world).success
    assert world.tables["storage"] == {(ADDRESS, "outer"): 5, (ADDRESS, "caught"): 1}


def test_endless_recursion_reverts():
    outcome = run(contract(put=lambda call, value: call.call(call.address, "put", value)), "put", 1)
    assert outcome.reason == "call depth exceeded"


def test_out_of_gas_undoes_everything_and_takes_all():
    def put(call, value):
        call.storage["value"] = value
        call.charge(10**9)

    world = World()
    outcome = run(contract(put=put), "put", 5, world=world, gas_limit=50_000)
    assert (outcome.success, outcome.gas_used, outcome.reason) == (False, 50_000, "out of gas")
    assert world.tables["storage"] == {}


def test_refunds_of_an_undone_call_are_undone():
    def put(call, value):
        if value == 0:
            call.storage["value"] = 1
            return
        try:
            call.call(call.address, "get")
        except Revert:
            call.charge(0)

    def get(call):
        raise Revert("kept")

    world = World()
    target = contract(put=put, get=get)
    run(target, "put", 0, world=world)
    world.seal()
    outcome = run(target, "put", 1, world=world)
    assert outcome.gas_used == outcome.gas_peak


def test_calls_to_strangers_revert():
    target = contract(put=lambda call, value: call.call(b"x" * 20, "anything"))
    assert not run(target, "put", 1).success
    target = contract(put=lambda call, value: call.call(call.address, "nothing"))
    assert not run(target, "put", 1).success


def test_ether_goes_no_further_than_there_is():
    target = contract(put=lambda call, value: call.transfer(b"r" * 20, value))
    world = World()
    world.put("balances", ADDRESS, 10)
    assert not run(target, "put", 11, world=world).success
    assert run(target, "put", 10, world=world).success
    assert world.balance(b"r" * 20) == 10


def test_sending_ether_costs_what_ethereum_takes():
    world = World()
    world.put("balances", ADDRESS, 10)
    target = contract(put=lambda call, value: call.transfer(b"r" * 20, value))
    assert run(target, "put", 1, world=world).gas_used == 2_600 + 9_000 + 25_000
    assert run(target, "put", 1, world=world).gas_used == 2_600 + 9_000


def test_a_call_sees_its_block_and_sender():
    seen = []

    def get(call):
        seen.append((call.sender, call.origin, call.block_number, call.timestamp, call.chain_id, call.calldata_length))
        return 0

    run(contract(get=get), "get")
    assert seen == [(SENDER, SENDER, 7, 1_000, 31337, 4)]


def test_settings_are_free_and_typed():
    target = Contract("c", ADDRESS, ABI, {"get": lambda call: call.settings(int), "put": lambda call, value: None}, settings=9)
    outcome = run(target, "get")
    assert (decode(["uint256"], outcome.output), outcome.gas_used) == ((9,), 0)


@pytest.mark.parametrize(
    "tail",
    [
        bytes(31) + b"\x60" + b"\xff" * 32,
        b"\xff" * 64,
        bytes(31) + b"\x20" + b"\x7f" + b"\xff" * 31,
    ],
)
def test_arrays_of_absurd_length_revert_at_once(tail):
    abi = declared("function many(bytes32[] items)")
    target = Contract("c", ADDRESS, abi, {"many": lambda call, items: None})
    selector = target.interface.functions["many"].selector
    assert not execute(World(), {ADDRESS: target}, BLOCK, Message(SENDER, ADDRESS, selector + tail)).success
