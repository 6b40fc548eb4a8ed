"""One real batch on the bare L1: deposits, a forced transfer and a note through the queue, and every kind of transaction in the body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from l1_mock.contracts.deployment import contracts_of
from rollup.core.development import TRADER_SECRETS, development_genesis, development_secret
from rollup.core.genesis import FeedKind, Genesis
from rollup.core.instrument_names import CALL
from rollup.core.keccak import keccak256
from rollup.core.signing import SignatureChecker, address_of, sign
from rollup.devnet.surfaces import flat
from rollup.dispute.bisection import assertion_id
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves, leaf_count, roots_of
from rollup.dispute.trace import Trace, commit, first_base, height_of
from rollup.l1.action import authenticate, digests
from rollup.l1.batch import encode_body
from rollup.l1.derivation import BlockRef, Derivation, DerivedBatch, LogEntry
from rollup.l1.forced import encode_entry
from rollup.l1.records import FOREVER_S, Records, joined, make_record, make_report
from rollup.l1.step_proof import build_steps, leaf_steps
from rollup.market.terms import BOTH_SIDES, BUY, IMMEDIATE_OR_CANCEL, SELL, STOP_LOSS
from rollup.state.genesis import genesis_rows
from rollup.transition.kinds import FIELDS, Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.parameters import Parameter
from tests.unit.contracts.toy_games import L1
from verifier.strategy import Claim

E8, E6 = 10**8, 10**6
TRADERS = [*(bytes.fromhex(secret) for secret in TRADER_SECRETS[:3]), development_secret("governor")]
LEAVER = bytes.fromhex(TRADER_SECRETS[3])
REPORTERS = [development_secret(f"reporter-{number}") for number in range(1, 4)]
RESTING, WAITING = 4, 3
"""Ids of the order that is replaced, and of the one that is fired."""
LEAVING = b"L" * 20
"""To whom one more trader leaves at the day's beginning, with everything."""

LODGED_E6 = 8_000_000
"""What the fourth trader deposits of ether, 1e-6."""

Signed = tuple[Records, bytes]
"""The records of one transaction and their signatures, 65 bytes each."""


@dataclass
class Desk:
    """Makes signed transactions; account i + 1 belongs to trader i."""

    genesis: Genesis
    nonce: int = 0

    def records(self, kind: Kind, trader: int, **fields: int | bytes) -> Records:
        self.nonce += 1
        owner = address_of(TRADERS[trader])
        return make_record(kind, account=trader + 1, nonce=self.nonce, expiry_s=FOREVER_S, owner=owner, signer=owner, **fields)

    def signed(self, records: Records, secrets: Sequence[bytes]) -> Signed:
        hashes = digests(records, self.genesis)
        return records, b"".join(sign(hash_.tobytes(), secret) for hash_, secret in zip(hashes, secrets, strict=True))

    def act(self, kind: Kind, trader: int, **fields: int | bytes) -> Signed:
        return self.signed(self.records(kind, trader, **fields), [TRADERS[trader]])

    def order(self, trader: int, side: int, price: int, quantity_e6: int, **fields: int) -> Signed:
        terms = {"instrument": self.instrument, "side": side, "price_e8": price * E8, "quantity_e6": quantity_e6, "max_fee_e8": 10**12}
        return self.act(Kind.PLACE_ORDER, trader, **{**terms, **fields})

    def trade(self, taker: int, maker: int, price: int, quantity_e6: int) -> Signed:
        terms = {"instrument": self.instrument, "price_e8": price * E8, "quantity_e6": quantity_e6, "max_fee_e8": 10**12, "number": 1}
        head = self.records(Kind.EXECUTE_BLOCK, taker, side=BUY, counterparty=maker + 1, **terms)
        part = self.records(Kind.EXECUTE_BLOCK, maker, side=SELL, counterparty=taker + 1, **terms)
        return self.signed(joined(head, part), [TRADERS[taker], TRADERS[maker]])

    def quotes(self, trader: int, *prices: tuple[int, int]) -> Signed:
        """A mass quote in depth: bid and ask, in USD."""
        records = []
        for place, (bid, ask) in enumerate(prices):
            sides = {"price_e8": bid * E8, "quantity_e6": 100_000, "amount_e8": ask * E8, "expected_e6": 100_000, "side": BOTH_SIDES}
            bound = {"instrument": self.instrument, "max_fee_e8": 10**12, "sequence": place, "number": len(prices)}
            records.append(self.records(Kind.MASS_QUOTE, trader, **sides, **bound))
            records[-1]["nonce"] = records[0]["nonce"]
        return self.signed(joined(*records), [TRADERS[trader]] * len(records))

    def report(self, feed: int, time_s: int, **observed: int) -> Signed:
        made = [make_report(feed, time_s, address_of(secret), **observed) for secret in REPORTERS]
        return self.signed(joined(made[0], *made[1:]), REPORTERS)

    @property
    def instrument(self) -> int:
        """The BTC call of the first expiry, struck at 100,000."""
        expiry_s = self.genesis.markets[0].expiries_s[0]
        return next(
            number
            for number, each in enumerate(self.genesis.instruments, 1)
            if (each.market, each.strike_e8, each.expiry_s, each.option_type) == (1, 100_000 * E8, expiry_s, CALL)
        )

    def oracles(self, time_s: int) -> list[Signed]:
        expiry_s = self.genesis.markets[0].expiries_s[0]
        return [
            self.report(self.genesis.feed_id(FeedKind.SPOT, 1), time_s, number=100_000 * E8),
            self.report(self.genesis.feed_id(FeedKind.RATE, 1), time_s, number=40_000_000),
            self.report(self.genesis.feed_id(FeedKind.FORWARD, 1, expiry_s), time_s, number=100_500 * E8),
            self.report(self.genesis.feed_id(FeedKind.SURFACE, 1, expiry_s), time_s, **flat(600_000_000, 100_500 * E8)),
            self.report(self.genesis.feed_id(FeedKind.STABLE, 0), time_s, number=E8),
        ]


def transactions(desk: Desk, time_s: int) -> list[Signed]:
    """The posted part of the day: what the market can do on its first day, and one transaction, refused, of every kind that it cannot."""
    done = orders_and_more(desk, time_s)
    kinds = {int(records["kind"][0]) for records, _ in done}
    return [*done, *(desk.act(kind, 0) for kind in FIELDS if kind not in kinds)]


def orders_and_more(desk: Desk, time_s: int) -> list[Signed]:
    stranger = desk.records(Kind.TRANSFER, 0, counterparty=2, amount_e8=E8)
    return [
        *desk.oracles(time_s),
        desk.report(desk.genesis.feed_id(FeedKind.SPOT, 2), time_s, number=3_000 * E8),
        *(desk.order(1, SELL, 2_000 + 10 * i, 100_000) for i in range(8)),
        desk.order(0, BUY, 2_500, 800_000, time_in_force=IMMEDIATE_OR_CANCEL),
        desk.order(2, SELL, 2_200, 300_000),
        desk.order(0, BUY, 2_200, 100_000),
        desk.order(1, BUY, 1_900, 200_000),
        desk.trade(2, 3, 2_100, 500_000),
        desk.act(Kind.TRANSFER, 0, counterparty=2, amount_e8=1_000 * E8),
        desk.act(Kind.REGISTER_KEY, 3, address=b"K" * 20, scope=1, timestamp_s=FOREVER_S),
        desk.act(Kind.WITHDRAW, 3, amount_e8=5_000 * E8, address=b"W" * 20),
        desk.act(Kind.CANCEL, 2, order=8),
        desk.act(Kind.CANCEL, 1, order=12),
        desk.act(Kind.CANCEL_ALL, 1),
        desk.act(Kind.SET_PROTECTION, 1, number=60, timestamp_s=60, quantity_e6=E6),
        desk.quotes(1, (1_800, 2_600), (1_790, 2_610)),
        desk.order(0, BUY, 1_700, 200_000),
        desk.act(Kind.REPLACE, 0, order=RESTING, number=desk.nonce, price_e8=1_750 * E8, quantity_e6=100_000, max_fee_e8=10**12),
        desk.order(0, BUY, 1_700, 200_000, options=STOP_LOSS, trigger_e8=90_000 * E8),
        desk.act(Kind.TRIGGER, 0, order=WAITING, number=desk.nonce),
        desk.act(Kind.LIST_INSTRUMENT, 0, number=1, timestamp_s=desk.genesis.markets[0].expiries_s[0], price_e8=96_000 * E8),
        desk.act(Kind.SETTLE, 0, instrument=desk.instrument, counterparty=1),
        desk.act(Kind.SET_PARAMETER, 3, order=Parameter.TAKER_FEE_E9, number=200_000, timestamp_s=time_s + 7 * 86_400),
        desk.signed(stranger, [TRADERS[1]]),
        desk.order(0, BUY, 10**9, 1),
        desk.act(Kind.TRANSFER, 0, counterparty=77, amount_e8=E8),
        desk.act(Kind.START_AUCTION, 0, counterparty=2),
        desk.act(Kind.BID, 0, counterparty=2, number=10**9, amount_e8=E8, side=1),
        desk.act(Kind.END_AUCTION, 0, counterparty=2),
        desk.act(Kind.DELEVERAGE, 0, counterparty=2),
        desk.act(Kind.REVOKE_KEY, 3, address=b"K" * 20),
        desk.act(Kind.TRANSFER, 3, counterparty=0, amount_e8=50_000 * E8),
        desk.act(Kind.TRANSFER_POSITION, 3, counterparty=6, instrument=desk.instrument, quantity_e6=100_000),
        desk.act(Kind.TRANSFER_COLLATERAL, 3, number=2, quantity_e6=LODGED_E6 // 4, counterparty=6),
        desk.act(Kind.WITHDRAW_COLLATERAL, 3, number=2, quantity_e6=LODGED_E6 // 2, address=b"W" * 20),
    ]


@dataclass
class Day:
    """The batch as L1 has it and as a verifier derived it."""

    l1: L1
    derived: DerivedBatch
    trace: Trace
    receipts: Records

    def machine(self, step: int = 0) -> PlainMachine:
        """A machine that stands before a step."""
        machine = genesis_machine(self.l1.genesis)
        machine.execute(self.derived.records, 0, min(step, len(self.derived.records)))
        return machine

    def steps_proof(self, leaf: int, machine: PlainMachine | None = None) -> bytes:
        covered = leaf_steps(leaf, self.l1.settings.steps_per_leaf, len(self.derived.records))
        entries = [entry.data for entry in self.derived.entries]
        return build_steps(machine or self.machine(covered.start), self.derived.records, covered, self.derived.body, entries)

    def proof(self, parent: bytes, leaf: int) -> bytes:
        base = first_base(parent, self.derived.acc, self.trace.before)
        return encode_prior(base, self.trace, leaf) + self.steps_proof(leaf)

    def refutation(self, published: bytes, leaf: int) -> bytes:
        return encode_leaves(commit(self.trace.before, roots_of(published), self.trace.height), leaf) + self.steps_proof(leaf)

    @property
    def leaves(self) -> bytes:
        return b"".join(self.trace.roots[: leaf_count(len(self.derived.records), self.l1.settings.steps_per_leaf)])

    def lie(self, at: int) -> "Day":
        """The same batch with another root from leaf `at` on."""
        roots = [root if leaf < at else keccak256(root) for leaf, root in enumerate(self.trace.roots)]
        return replace(self, trace=commit(self.trace.before, roots, self.trace.height))

    def assertion(self, parent: bytes) -> bytes:
        return assertion_id(parent, self.derived.acc, self.trace.root, self.trace.end)

    @property
    def claim(self) -> Claim:
        return Claim(0, self.derived.acc, self.trace.root, self.trace.end, self.trace.last_leaf_proof())


def genesis_machine(genesis: Genesis) -> PlainMachine:
    machine = PlainMachine()
    machine.load(genesis_rows(genesis))
    return machine


def real_l1(*, steps_per_leaf: int = 1, direct: bool = False) -> L1:
    """Deploy the contracts with the rollup's own transition, on the direct lane or the other."""
    genesis = development_genesis(verifiers=0)
    genesis = replace(genesis, dispute=replace(genesis.dispute, txs_per_leaf=steps_per_leaf, published_leaves=direct))
    return L1(genesis, contracts_of(genesis, genesis_machine(genesis).root()))


def trading_day(l1: L1) -> Day:
    """Post the day as batch 0 and derive it."""
    genesis, desk = l1.genesis, Desk(l1.genesis)
    bridge = l1.address("bridge")
    for secret in (*TRADERS, LEAVER):
        owner = address_of(secret)
        for name, function, *arguments in (
            ("token", "mint", owner, 10**6 * E8),
            ("token", "approve", bridge, 10**6 * E8),
            ("bridge", "deposit", 0, 900_000 * E8),
        ):
            done = l1.send(owner, name, function, *arguments)
            assert done.success, done.reason
    record, signature = desk.act(Kind.TRANSFER, 0, counterparty=2, amount_e8=E8)
    fee = genesis.inbox.queue_fee_wei
    assert l1.send(address_of(LEAVER), "bridge", "forceExit", 5, LEAVING, value=fee).success
    assert l1.send(b"Q" * 20, "inbox", "enqueue", encode_entry(record, signature), value=fee).success
    assert l1.send(b"Q" * 20, "inbox", "notePosted", value=fee).success
    collector = address_of(TRADERS[3])
    for name, function, *arguments in (
        ("token:ETH", "mint", collector, 10 * LODGED_E6),
        ("token:ETH", "approve", bridge, 10 * LODGED_E6),
        ("bridge", "depositCollateral", 2, 4, LODGED_E6),
    ):
        done = l1.send(collector, name, function, *arguments)
        assert done.success, done.reason
    l1.block += 1
    time_s = genesis.chain.time_s + 12 * l1.block
    signed = transactions(desk, time_s)
    records = np.concatenate([each for each, _ in signed])
    signatures = np.frombuffer(b"".join(packed for _, packed in signed), np.uint8).reshape(-1, 65)
    length = l1.ask("inbox", "queueLength")
    posted = (genesis.genesis_hash, time_s, length, l1.ask("inbox", "queueAcc", length), len(records), encode_body(records, signatures))
    done = l1.send(genesis.roles.poster, "inbox", "postBatch", *posted)
    assert done.success, done.reason
    return executed(l1, derive(l1)[0])


def derive(l1: L1) -> list[DerivedBatch]:
    """Return the batches that the bare L1's logs hold."""
    return derived(l1)[1]


def derived(l1: L1) -> tuple[Derivation, list[DerivedBatch]]:
    """Read the bare L1's logs as a verifier does."""
    derivation, batches = Derivation(l1.genesis), []
    logs, calldata = {}, {}
    for number, (block, data, written) in enumerate(l1.history):
        name = number.to_bytes(32, "big")
        calldata[name] = data
        entries = logs.setdefault(block, [])
        entries += [LogEntry(log.address, log.topics, log.data, block, bytes(32), name, len(entries) + i) for i, log in enumerate(written)]
    parent = bytes(32)
    for block, entries in sorted(logs.items()):
        digest = block.to_bytes(32, "big")
        batches += derivation.feed(BlockRef(block, digest, parent, l1.genesis.chain.time_s + 12 * block), entries, calldata)
        parent = digest
    return derivation, batches


def executed(l1: L1, derived: DerivedBatch) -> Day:
    authenticate(derived.records, derived.signatures, l1.genesis, SignatureChecker())
    machine = genesis_machine(l1.genesis)
    before, stride = machine.root(), l1.settings.steps_per_leaf
    receipts, roots = machine.trace(derived.records, 0, len(derived.records), stride)
    return Day(l1, derived, commit(before, roots, height_of(len(derived.records), stride)), receipts)
