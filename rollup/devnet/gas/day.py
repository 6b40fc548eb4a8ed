"""A batch with every kind of transaction in it: what the market can do on its first day, and what it refuses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rollup.core.development import TRADER_SECRETS, development_secret
from rollup.core.genesis import Genesis
from rollup.core.keccak import keccak256
from rollup.core.signing import SignatureChecker, address_of
from rollup.devnet.drills.desk import E8, Account, Desk, Signed
from rollup.devnet.gas.bench import Bench, fresh_machine
from rollup.devnet.gas.stage import Stage
from rollup.dispute.trace import Trace, commit, height_of
from rollup.l1.abi import INTERFACES
from rollup.l1.action import authenticate
from rollup.l1.batch import encode_body
from rollup.l1.forced import encode_collateral, encode_deposit, encode_entry, encode_exit, encode_posted, record_of_entry
from rollup.l1.records import Records, begin_record
from rollup.l1.step_proof import build_steps, leaf_steps
from rollup.market.terms import BUY, IMMEDIATE_OR_CANCEL, SELL
from rollup.transition.kinds import FIELDS, Kind
from rollup.transition.machine import PlainMachine
from rollup.transition.status import Status

DEPOSIT_E8 = 900_000 * E8
"""What each trader brings."""

LODGED_E6 = 3_000_000
"""What one of them brings of the first market's underlying."""

RECIPIENT = b"recipient of the day"
"""Where money goes on L1."""

MAKERS = 8
"""Orders that one taker meets."""


@dataclass(frozen=True, slots=True)
class Day:
    """The batch, executed."""

    accumulator: bytes
    records: Records
    body: bytes
    entries: list[bytes]
    trace: Trace
    proofs: list[bytes]
    """Of each leaf's steps."""
    statuses: list[int]
    """What becomes of each step."""

    def costliest(self, kind: int) -> int:
        """Return the leaf with the longest proof among those whose step is of a kind, of the accepted ones if there are any."""
        found = np.flatnonzero(self.records["kind"] == kind).tolist()
        return max(found, key=lambda leaf: (self.is_accepted(leaf), len(self.proofs[leaf])))

    def is_accepted(self, leaf: int) -> bool:
        """Whether a step did what it is there for."""
        return self.statuses[leaf] in {Status.OK, Status.CONTINUED}

    def name(self, lane: str, leaf: int) -> str:
        """Return what a leaf's proof is called."""
        kind = Kind(int(self.records["kind"][leaf])).name
        return f"{lane} {kind}" if self.is_accepted(leaf) else f"{lane} {kind}, refused"

    def lie(self, leaf: int) -> Trace:
        """Return the trace of who claims other roots from a leaf on."""
        roots = [root if at < leaf else keccak256(root) for at, root in enumerate(self.trace.roots)]
        return commit(self.trace.before, roots, self.trace.height)


def play_day(bench: Bench) -> Day:
    """Deposit, queue and post everything; return the batch."""
    genesis = bench.genesis
    secrets = [*(bytes.fromhex(secret) for secret in TRADER_SECRETS[:4]), development_secret("governor")]
    traders = [Account(f"trader {number}", secret, number) for number, secret in enumerate(secrets, 1)]
    entries = fund(bench, traders)
    desk = Desk(genesis)
    forced = desk.act(Kind.TRANSFER, traders[0], counterparty=2, amount_e8=E8)
    fee = genesis.inbox.queue_fee_wei
    entries += [encode_entry(forced.records, forced.signatures[0].tobytes()), encode_exit(4, traders[3].address, RECIPIENT)]
    bench.send(traders[0].address, "inbox", "enqueue", entries[-2], value=fee)
    bench.send(traders[3].address, "bridge", "forceExit", 4, RECIPIENT, value=fee)
    entries.append(encode_posted(0))
    bench.send(traders[0].address, "inbox", "notePosted", value=fee)
    bench.block += 1
    signed = transactions(desk, traders, bench.time_s)
    posted = np.concatenate([each.records for each in signed])
    body = encode_body(posted, np.concatenate([each.signatures for each in signed]))
    queue = bench.word("inbox", "queueAcc", len(entries))
    arguments = (genesis.genesis_hash, bench.time_s, len(entries), queue, len(posted), body)
    bench.send(genesis.roles.poster, "inbox", "postBatch", *arguments, name="inbox.postBatch of this day")
    begin = begin_record(0, bench.time_s, len(entries))
    records = np.concatenate([begin, *(record_of_entry(entry)[0] for entry in entries), posted])
    signatures = np.concatenate([np.zeros((1, 64), np.uint8), *(record_of_entry(entry)[1] for entry in entries)])
    given = np.concatenate([signatures, np.concatenate([each.signatures[:, :64] for each in signed])])
    authenticate(records, given, genesis, SignatureChecker())
    return executed(fresh_machine(genesis), bench.word("inbox", "batch", 0), records, (body, entries))


def posted_deed(deed: Callable[[Stage], list[Signed]], genesis: Genesis) -> tuple[Bench, Day, int]:
    """Post a deed as the first batch of a rollup that begins with the deed's stage; return L1, the batch, and the deed's leaf.

    An assertion fails where it is not accepted.
    """
    stage = Stage(genesis)
    signed = deed(stage)
    stage.edit("system", 0, batch=0, queue_next=0)
    bench = Bench(genesis, stage.machine.root())
    bench.block = (stage.time_s - genesis.chain.time_s) // genesis.dispute.block_time_s + 1
    posted = np.concatenate([each.records for each in signed])
    signatures = np.concatenate([each.signatures for each in signed])
    body = encode_body(posted, signatures)
    arguments = (genesis.genesis_hash, bench.time_s, 0, bench.word("inbox", "queueAcc", 0), len(posted), body)
    bench.send(genesis.roles.poster, "inbox", "postBatch", *arguments, name="inbox.postBatch of a deed")
    records = np.concatenate([begin_record(0, bench.time_s, 0), posted])
    authenticate(records, np.concatenate([np.zeros((1, 64), np.uint8), signatures[:, :64]]), genesis, SignatureChecker())
    day, leaf = executed(stage.machine, bench.word("inbox", "batch", 0), records, (body, [])), len(records) - len(signed[-1].records)
    assert day.is_accepted(leaf), (Kind(int(records["kind"][leaf])).name, Status(day.statuses[leaf]).name)
    return bench, day, leaf


def executed(machine: PlainMachine, accumulator: bytes, records: Records, posted: tuple[bytes, list[bytes]]) -> Day:
    """Execute the batch on a machine and prove each of its leaves."""
    body, entries = posted
    before, copy = machine.root(), PlainMachine()
    copy.load(machine.snapshot())
    statuses = copy.execute(records, 0, len(records))["status"].tolist()
    roots, proofs = [], []
    for leaf in range(len(records)):
        proofs.append(build_steps(machine, records, leaf_steps(leaf, 1, len(records)), body, entries))
        roots.append(machine.root())
    return Day(accumulator, records, body, entries, commit(before, roots, height_of(len(records), 1)), proofs, statuses)


def fund(bench: Bench, traders: list[Account]) -> list[bytes]:
    """Let traders deposit; return the entries."""
    bridge = bench.genesis.contracts.bridge
    for trader in traders:
        bench.send(trader.address, "token", "mint", trader.address, DEPOSIT_E8)
        bench.send(trader.address, "token", "approve", bridge, DEPOSIT_E8)
        bench.send(trader.address, "bridge", "deposit", 0, DEPOSIT_E8)
    return [*(encode_deposit(0, DEPOSIT_E8, trader.address) for trader in traders), lodge(bench, traders[0])]


def lodge(bench: Bench, trader: Account) -> bytes:
    """Let a trader deposit some of the first market's underlying; return the entry."""
    token = INTERFACES["token"].functions
    for data in (
        token["mint"].encode_call((trader.address, LODGED_E6)),
        token["approve"].encode_call((bench.genesis.contracts.bridge, LODGED_E6)),
    ):
        assert bench.run_at(trader.address, bench.genesis.markets[0].collateral.token, data, 0).success
    bench.send(trader.address, "bridge", "depositCollateral", 1, 1, LODGED_E6)
    return encode_collateral(1, 1, LODGED_E6, trader.address)


def transactions(desk: Desk, traders: list[Account], time_s: int) -> list[Signed]:
    """Return the posted part of the day; of every kind that it cannot do yet, one that is refused."""
    one, two, three, _, governor = traders
    done = [
        *desk.reports(100_000, time_s),
        *(desk.order(two, SELL, 2_000 + 10 * place, 100_000) for place in range(MAKERS)),
        desk.order(one, BUY, 2_500, MAKERS * 100_000, time_in_force=IMMEDIATE_OR_CANCEL),
        desk.order(three, SELL, 2_200, 300_000),
        desk.order(one, BUY, 2_200, 100_000),
        desk.order(two, BUY, 1_900, 200_000),
        desk.trade(three, governor, 2_100, 500_000),
        desk.act(Kind.TRANSFER, one, counterparty=2, amount_e8=1_000 * E8),
        desk.act(Kind.REGISTER_KEY, three, address=address_of(one.secret), scope=1, timestamp_s=time_s + 86_400),
        desk.withdrawal(three, 5_000 * E8, RECIPIENT),
        desk.act(Kind.CANCEL_ALL, two),
        desk.act(Kind.LIST_INSTRUMENT, one, number=1, timestamp_s=desk.genesis.markets[0].expiries_s[0], price_e8=96_000 * E8),
        desk.act(Kind.SETTLE, one, instrument=desk.instrument, counterparty=1),
    ]
    kinds = {int(each.records["kind"][0]) for each in done}
    return [*done, *(desk.act(kind, one) for kind in FIELDS if kind not in kinds)]
