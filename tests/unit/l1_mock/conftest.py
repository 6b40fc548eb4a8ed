"""A chain with a token and a toy contract, wallets with ether, and a clock that the test holds."""

import json
from dataclasses import dataclass, field

import pytest
from eth_account import Account

from l1_mock.admission import ChainConfig
from l1_mock.chain import Chain
from l1_mock.contracts.framework import Contract, Revert
from l1_mock.contracts.interface import encode
from l1_mock.contracts.token import token_contract
from l1_mock.rpc import Rpc
from rollup.l1.interface import declared

ETHER = 10**18
GWEI = 10**9
START = 1_800_000_000_000
"""Milliseconds: when the tests begin."""
GENESIS_S = START // 1_000 - 100
TOKEN = b"token".rjust(20, b"\0")
TOY = b"toy".rjust(20, b"\0")

TOY_ABI = declared("""
    function store(uint64 key, uint64 value)
    function look(uint64 key) view returns (uint64)
    function sneak(uint64 key) view
    function fail(string reason)
    function crash()
    function burn(uint64 gas)
    function pay(address to, uint256 wei)
    function keep() payable returns (uint256)
    function nest(uint64 key, uint64 value, bool swallow) returns (bool)
    event Stored(uint64 indexed key, uint64 value)
""")


@dataclass(frozen=True, slots=True)
class Cell:
    """What the toy stores."""

    value: int
    writes: int


def store(call, key, value):
    cell = call.storage.get(("cell", key), Cell(0, 0))
    call.storage["cell", key] = Cell(value, cell.writes + 1)
    call.emit("Stored", key=key, value=value)


def look(call, key):
    return call.storage.get(("cell", key), Cell(0, 0)).value


def sneak(call, key):
    call.storage["cell", key] = Cell(1, 1)


def fail(call, reason):
    call.storage["failing"] = 1
    call.revert(reason)


def crash(call):
    call.storage["crashing"] = 1
    return 1 // 0


def burn(call, gas):
    call.charge(gas)


def pay(call, to, wei):
    call.transfer(to, wei)


def keep(call):
    return call.balance


def nest(call, key, value, swallow):
    call.call(call.address, "store", key, value)
    if not swallow:
        call.call(call.address, "fail", "inner")
    try:
        call.call(call.address, "fail", "inner")
    except Revert:
        return True
    return False


FUNCTIONS = {
    "store": store,
    "look": look,
    "sneak": sneak,
    "fail": fail,
    "crash": crash,
    "burn": burn,
    "pay": pay,
    "keep": keep,
    "nest": nest,
}


def toy_contract():
    return Contract("toy", TOY, TOY_ABI, FUNCTIONS, records=(Cell,))


@dataclass
class Wallet:
    """An account that signs."""

    account: object

    @classmethod
    def of(cls, number):
        return cls(Account.from_key(number.to_bytes(32, "big")))

    @property
    def address(self):
        return bytes.fromhex(self.account.address[2:])

    def sign(self, nonce, to=TOKEN, data=b"", value=0, **fields):
        fees = {} if "gasPrice" in fields else {"maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": GWEI}
        transaction = {"nonce": nonce, "to": to, "value": value, "data": data, "gas": 200_000, "chainId": 31337, **fees, **fields}
        return bytes(self.account.sign_transaction(transaction).raw_transaction)


@dataclass
class Bench:
    """A chain and everything around it."""

    config: ChainConfig
    now: int = START
    faults: list = field(default_factory=list)

    def __post_init__(self):
        self.wallets = [Wallet.of(number) for number in range(1, 4)]
        self.contracts = (token_contract(TOKEN, "USD", 8), toy_contract())
        self.chain = Chain(self.config, self.contracts, self.now)
        self.rpc = Rpc(self.chain, lambda: self.now, lambda method, error: self.faults.append((method, error)))

    def ask(self, method, *params, caller=None):
        """Ask as over the wire: the answer must be JSON."""
        return json.loads(json.dumps(self.rpc.handle(method, list(params), caller)))

    def calldata(self, name, *arguments, contract=1):
        function = self.contracts[contract].interface.functions[name]
        return function.selector + encode(function.inputs, arguments)

    def send(self, name, *arguments, wallet=0, contract=1, **fields):
        """Send a call of a contract, automined, and return its receipt."""
        return self.send_raw(self.signed(name, *arguments, wallet=wallet, contract=contract, **fields))

    def signed(self, name, *arguments, wallet=0, contract=1, **fields):
        sender = self.wallets[wallet]
        nonce = fields.pop("nonce", None)
        if nonce is None:
            nonce = self.chain.pool.next_nonce(sender.address, self.chain.world.nonce(sender.address))
        data = self.calldata(name, *arguments, contract=contract)
        return sender.sign(nonce, self.contracts[contract].address, data, **fields)

    def send_raw(self, raw):
        digest = self.chain.submit(raw, self.now)
        found = self.chain.history.transaction(digest)
        return found[1] if found else None


def make_bench(**fields):
    balances = {Wallet.of(number).address: 100 * ETHER for number in range(1, 4)}
    return Bench(ChainConfig(**{"genesis_time_s": GENESIS_S, "balances": balances, **fields}))


@pytest.fixture(name="make_bench")
def make_bench_fixture():
    return make_bench


@pytest.fixture(name="bench")
def bench_fixture():
    return make_bench()


@pytest.fixture(name="wallet")
def wallet_fixture():
    return Wallet.of(1)


@pytest.fixture(name="shared_bench", scope="module")
def shared_bench_fixture():
    return make_bench()
