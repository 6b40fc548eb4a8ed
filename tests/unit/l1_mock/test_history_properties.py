"""Whatever is done to a chain, in whatever order: snapshots return exactly, saved chains load exactly, and the books balance.

A saved chain is its whole content in canonical form, so two chains are equal where their saved bytes are.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from l1_mock.blocks import FullBlock
from l1_mock.reorganisation import ReorgError
from l1_mock.saving import load, save
from l1_mock.transactions import TransactionError, decode_transaction
from l1_mock.world import World

ETHER = 10**18
wallets = st.integers(0, 2)
keys = st.integers(0, 2)


class ChainMachine(RuleBasedStateMachine):
    """Any sequence of transactions, blocks, jumps in time, reorgs, snapshots and reloads."""

    make_bench = None

    @initialize(automine=st.booleans())
    def begin(self, automine):
        self.bench = self.make_bench(automine=automine)
        self.chain = self.bench.chain
        self.saved = {}
        self.sent = []
        self.given = 300 * ETHER

    def state(self):
        return save(self.chain, self.bench.now)

    def submit(self, raw):
        self.sent.append(raw)
        try:
            self.chain.submit(raw, self.bench.now)
        except TransactionError:
            return

    @rule(wallet=wallets, key=keys, value=st.integers(0, 2), gap=st.sampled_from([0, 0, 0, 1]))
    def store(self, wallet, key, value, gap):
        address = self.bench.wallets[wallet].address
        nonce = self.chain.pool.next_nonce(address, self.chain.world.nonce(address)) + gap
        self.submit(self.bench.signed("store", key, value, wallet=wallet, nonce=nonce))

    @rule(wallet=wallets, name=st.sampled_from(["crash", "burn"]))
    def fail(self, wallet, name):
        self.submit(self.bench.signed(name, *((10**9,) if name == "burn" else ()), wallet=wallet))

    @rule(wallet=wallets, value=st.integers(0, 200))
    def pay(self, wallet, value):
        self.submit(self.bench.signed("keep", wallet=wallet, value=value * ETHER // 2))

    @rule(count=st.integers(1, 3), interval=st.sampled_from([None, 0, 1, 12]))
    def mine(self, count, interval):
        self.chain.mine(self.bench.now, count, interval)

    @rule(seconds=st.integers(0, 30))
    def wait(self, seconds):
        self.bench.now += seconds * 1_000 + 7

    @rule(seconds=st.integers(0, 30))
    def jump(self, seconds):
        self.chain.increase_time(seconds)

    @rule(ahead=st.integers(1, 30))
    def fix_time(self, ahead):
        self.chain.set_next_timestamp(self.chain.head.timestamp + ahead)

    @rule(wallet=wallets, wei=st.integers(0, 50))
    def set_balance(self, wallet, wei):
        address = self.bench.wallets[wallet].address
        self.chain.set_balance(address, wei * ETHER)

    @rule()
    def take_snapshot(self):
        name = self.chain.snapshot()
        self.saved[name] = self.state(), self.bench.now

    @precondition(lambda self: self.saved)
    @rule(data=st.data())
    def return_to_snapshot(self, data):
        name = data.draw(st.sampled_from(sorted(self.saved)))
        expected, now = self.saved.pop(name)
        assert self.chain.revert(name)
        assert save(self.chain, now) == expected
        self.saved = {key: value for key, value in self.saved.items() if key < name}
        assert not self.chain.revert(name)

    @rule(depth=st.integers(1, 4), data=st.data())
    def reorg(self, depth, data):
        picked = data.draw(st.lists(st.sampled_from(self.sent), max_size=3)) if self.sent else []
        inclusions = {data.draw(st.integers(0, depth - 1)): [decode_transaction(raw)] for raw in picked}
        before, head = self.state(), self.chain.head
        try:
            self.chain.reorg(depth, inclusions)
        except (ReorgError, TransactionError):
            assert self.state() == before
        else:
            assert self.chain.head.number == head.number
            assert self.chain.head.hash != head.hash
            assert self.chain.head.timestamp == head.timestamp

    @rule(depth=st.integers(1, 4), data=st.data())
    def reorg_as_on_a_real_chain(self, depth, data):
        first = self.chain.head.number - depth + 1
        mined = [receipt.transaction.hash for block in self.chain.history.full_blocks(first, 10**9) for receipt in block.receipts]
        dropped = data.draw(st.sets(st.sampled_from(mined))) if mined else set()
        try:
            self.chain.reorg_dropping(depth, frozenset(dropped))
        except ReorgError:
            assert depth > first + depth - 1
        else:
            assert not any(self.chain.history.transaction(digest) for digest in dropped)

    @rule(later=st.integers(0, 10_000))
    def reload(self, later):
        before = self.state()
        self.bench.now += later
        load(self.chain, before, self.bench.now)
        assert self.state() == before
        self.saved.clear()

    @invariant()
    def hashes_chain(self):
        if not hasattr(self, "chain"):
            return
        parent = None
        for number in range(max(self.chain.head.number - 8, 0), self.chain.head.number + 1):
            place = self.chain.history.at(number)
            assert place.header.hash() == place.hash
            assert parent is None or place.header.parent_hash == parent.hash
            assert parent is None or place.timestamp >= parent.timestamp
            parent = place

    @invariant()
    def the_state_is_the_sum_of_history(self):
        if not hasattr(self, "chain"):
            return
        world = World()
        for wallet in self.bench.wallets:
            world.put("balances", wallet.address, 100 * ETHER)
        for item in self.chain.history.items:
            world.roll_forward(item.difference)
        assert world.tables == self.chain.world.tables

    @invariant()
    def no_ether_is_made(self):
        """What blocks burn is exactly what the accounts lose, apart from what a developer gave or took."""
        if not hasattr(self, "chain"):
            return
        burned = given = 0
        for item in self.chain.history.items:
            if isinstance(item, FullBlock):
                burned += item.sealed.base_fee * item.sealed.gas_used
            else:
                given += sum(after - before for table, _, before, after in item.difference.changes if table == "balances")
        assert sum(self.chain.world.tables["balances"].values()) == 300 * ETHER + given - burned

    @invariant()
    def nonces_count_transactions(self):
        if not hasattr(self, "chain"):
            return
        for wallet in self.bench.wallets:
            blocks = self.chain.history.full_blocks(0, 10**9)
            sent = sum(receipt.transaction.sender == wallet.address for block in blocks for receipt in block.receipts)
            assert self.chain.world.nonce(wallet.address) == sent


def test_any_history(make_bench):
    machine = type("Machine", (ChainMachine,), {"make_bench": staticmethod(make_bench)})
    case = machine.TestCase
    case.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    case("runTest").runTest()
