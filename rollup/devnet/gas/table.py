"""The gas table: every move of a dispute, on either lane, the one-step proof of every kind of transaction, and the ways in and out.

One rule: nothing is estimated. Each figure is that of a call of the real contracts, before refunds, and of several of one sort the highest.
"""

from l1_mock.gas import calldata_cost
from rollup.core.development import DISPUTE, development_genesis
from rollup.devnet.gas.bench import Bench, Measured, fresh_machine
from rollup.devnet.gas.day import RECIPIENT, Day, play_day
from rollup.dispute.bisection import Node, assertion_id
from rollup.dispute.one_step import WITNESS_MAX
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves
from rollup.dispute.trace import Trace, commit, first_base
from rollup.l1.chunks import BODY_BYTES_MAX
from rollup.l1.exit_proof import prove_worth
from rollup.l1.withdrawal import prove_withdrawal
from rollup.state.limits import STEPS
from rollup.transition.kinds import Kind
from rollup.transition.machine import PlainMachine

HONEST, ANYBODY = b"the honest verifier.", b"anybody, for anyone "
"""Who calls."""

NO_SALT = bytes(32)
"""Nobody commits."""


def measure() -> list[Measured]:
    """Return the costliest call of every sort, by name."""
    found = {**bisection_lane(), **direct_lane(), **longest_batch()}
    return [found[name] for name in sorted(found)]


def bisection_lane() -> dict[str, Measured]:
    """Play a dispute down to one step of every kind, and then every way out."""
    bench = Bench(development_genesis(verifiers=1))
    day, game = play_day(bench), Game(bench)
    honest = game.propose(HONEST, day, day.trace)
    for number, kind in enumerate(sorted(set(day.records["kind"].tolist()))):
        leaf = day.costliest(kind)
        liar = day.lie(leaf)
        game.propose(bytes([number + 1]) * 20, day, liar)
        rights = game.descend(day, liar, leaf)
        bench.send(HONEST, "assertions", "commit", bytes([number]) * 32)
        base = first_base(game.genesis, day.accumulator, day.trace.before)
        proof = encode_prior(base, day.trace, leaf) + day.proofs[leaf]
        bench.send(HONEST, "assertions", "prove", rights[-1].id, proof, NO_SALT, name=f"prove {Kind(kind).name}")
        game.halved |= {node.id: node for node in rights}
    finish(bench, game, day, honest)
    leave(bench, day, honest)
    return bench.measured


class Game:
    """The dispute over the day's batch."""

    def __init__(self, bench: Bench) -> None:
        """Begin at genesis."""
        self.bench = bench
        self.genesis = bench.word("assertions", "latestConfirmed")
        self.halved: dict[bytes, Node] = {}
        self.wrong: list[bytes] = []

    def propose(self, sender: bytes, day: Day, trace: Trace) -> bytes:
        """Assert a trace."""
        arguments = (self.genesis, day.accumulator, trace.root, trace.end, list(trace.last_leaf_proof()))
        self.bench.send(sender, "assertions", "propose", *arguments, value=self.bench.genesis.dispute.bond_wei)
        identity = assertion_id(self.genesis, day.accumulator, trace.root, trace.end)
        self.wrong += [identity] if sender != HONEST else []
        return identity

    def descend(self, day: Day, wrong: Trace, leaf: int) -> list[Node]:
        """Halve the nodes of the right trace and of a wrong one, level by level, down to a leaf; return the right ones."""
        base = first_base(self.genesis, day.accumulator, day.trace.before)
        traces = (day.trace, wrong)
        nodes = [Node(self.genesis, trace.height, 0, base, trace.root) for trace in traces]
        path = [nodes[0]]
        while nodes[0].height:
            below, first = nodes[0].height - 1, 2 * nodes[0].index
            for place, trace in enumerate(traces):
                spans = trace.span(below, first), trace.span(below, first + 1)
                self.bench.send(HONEST, "assertions", "bisect", nodes[place].id, *spans)
                halves = nodes[place].halves(*spans)
                assert halves is not None
                nodes[place] = halves[leaf >> below & 1]
            path.append(nodes[0])
        return path


def finish(bench: Bench, game: Game, day: Day, honest: bytes) -> None:
    """Carry timers up, confirm, slash, and pay."""
    bench.block += bench.genesis.dispute.window_blocks
    for node in sorted(game.halved.values(), key=lambda each: each.height):
        bench.send(HONEST, "assertions", "update", node.id)
    bench.send(HONEST, "assertions", "confirm", honest)
    for identity in game.wrong:
        bench.send(HONEST, "assertions", "reject", identity)
    for node in game.halved.values():
        bench.send(HONEST, "assertions", "refund", node.id, list(day.trace.path(node.height, node.index)))
    bench.block += bench.genesis.dispute.window_blocks + 1
    bench.send(HONEST, "assertions", "sweep", game.genesis)
    bench.send(HONEST, "assertions", "claimBond")


def leave(bench: Bench, day: Day, honest: bytes) -> None:
    """Withdraw; then force a batch, freeze, and escape."""
    machine = after(bench, day)
    bench.send(ANYBODY, "bridge", "proveWithdrawal", honest, 1, prove_withdrawal(machine, 1))
    bench.block += bench.genesis.withdrawals.maturity_blocks + 1
    bench.send(ANYBODY, "bridge", "finalizeWithdrawal", honest, 1)
    bench.send(ANYBODY, "bridge", "forceExit", 1, RECIPIENT, value=bench.genesis.inbox.queue_fee_wei)
    bench.block += bench.genesis.inbox.forced_delay_blocks + 1
    bench.send(ANYBODY, "inbox", "forceInclude")
    guardian = bench.genesis.roles.guardian
    bench.send(guardian, "assertions", "pause")
    bench.send(guardian, "assertions", "freeze")
    for account in (1, 2, 3):
        bench.send(ANYBODY, "bridge", "proveExit", account, prove_worth(machine, account))
    bench.block += bench.genesis.safety.claim_blocks + 1
    bench.send(ANYBODY, "bridge", "finalizeExit", 1)


def after(bench: Bench, day: Day) -> PlainMachine:
    """Return a machine that has executed the day."""
    machine = fresh_machine(bench.genesis)
    machine.execute(day.records, 0, len(day.records))
    machine.root()
    return machine


def direct_lane() -> dict[str, Measured]:
    """Assert the day's leaves with a lie, and the leaves of a full batch; refute both."""
    bench = Bench(development_genesis(verifiers=1, dispute={**DISPUTE, "published_leaves": True}))
    day = play_day(bench)
    genesis, bond = bench.word("assertions", "latestConfirmed"), bench.genesis.dispute.bond_wei
    for number, kind in enumerate(sorted(set(day.records["kind"].tolist()))):
        leaf = day.costliest(kind)
        liar = day.lie(leaf)
        published = b"".join(liar.roots[: len(day.records)])
        trace = commit(liar.before, liar.roots[: len(day.records)], liar.height)
        sender = bytes([number + 1]) * 20
        bench.send(sender, "assertions", "proposeLeaves", genesis, day.accumulator, published, value=bond, name="proposeLeaves of this day")
        wrong = assertion_id(genesis, day.accumulator, trace.root, trace.end)
        proof = encode_leaves(trace, leaf) + day.proofs[leaf]
        bench.send(HONEST, "assertions", "refute", wrong, leaf, proof, NO_SALT, name=f"refute {Kind(kind).name}")
    return {name: found for name, found in bench.measured.items() if name.startswith(("refute", "proposeLeaves"))}


def longest_batch() -> dict[str, Measured]:
    """Post the longest body that L1 takes, and publish the leaves of a batch of the most steps."""
    bench = Bench(development_genesis(verifiers=1, dispute={**DISPUTE, "published_leaves": True}))
    genesis = bench.genesis
    body = b"\xff" * BODY_BYTES_MAX
    posted = (genesis.genesis_hash, bench.time_s, 0, bytes(32), STEPS - 1, body)
    bench.send(genesis.roles.poster, "inbox", "postBatch", *posted, name="inbox.postBatch, longest body")
    leaves, parent = b"\xff" * (32 * STEPS), bench.word("assertions", "latestConfirmed")
    arguments = (parent, bench.word("inbox", "batch", 0), leaves)
    bench.send(HONEST, "assertions", "proposeLeaves", *arguments, value=genesis.dispute.bond_wei, name="proposeLeaves, most leaves")
    longest = Measured("prove, calldata of the longest witness alone", calldata_cost(b"\xff" * WITNESS_MAX), WITNESS_MAX)
    return {**{name: found for name, found in bench.measured.items() if "," in name}, longest.name: longest}
