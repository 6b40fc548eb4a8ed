"""The gas table: every move of a dispute, on either lane, the one-step proof of every kind of transaction, and the ways in and out.

One rule: nothing is estimated. Each figure is that of a call of the real contracts, before refunds, and of several of one sort the highest.
"""

from functools import cache

from l1_mock.gas import calldata_cost
from rollup.core.development import DISPUTE, development_genesis
from rollup.devnet.gas.bench import Bench, Measured, fresh_machine
from rollup.devnet.gas.day import RECIPIENT, Day, play_day, posted_deed
from rollup.devnet.gas.deeds import DEEDS, Deed
from rollup.devnet.gas.game import HONEST, Game
from rollup.devnet.gas.safety import safety
from rollup.dispute.bisection import assertion_id
from rollup.dispute.one_step import WITNESS_MAX
from rollup.dispute.prior import encode_prior
from rollup.dispute.refutation import encode_leaves
from rollup.dispute.trace import commit, first_base
from rollup.l1.chunks import BODY_BYTES_MAX
from rollup.l1.exit_proof import prove_worth
from rollup.l1.withdrawal import prove_withdrawal
from rollup.state.limits import STEPS
from rollup.transition.machine import PlainMachine

ANYBODY = b"anybody, for anyone "
"""Who calls, beside the honest verifier."""

NO_SALT = bytes(32)
"""Nobody commits."""


@cache
def measure() -> tuple[Measured, ...]:
    """Return the costliest call of every sort, by name."""
    return tuple(found for _, found in sorted({**bisection_lane(), **direct_lane(), **deeds(), **safety(), **longest_batch()}.items()))


def deeds() -> dict[str, Measured]:
    """Prove an accepted transaction of every kind that the day's batch has none of, and the worst of some, on either lane."""
    found: dict[str, Measured] = {}
    for (kind, worst), deed in DEEDS.items():
        name = f"{kind.name}, {worst}" if worst else kind.name
        found[f"prove {name}"] = prove_deed(deed, f"prove {name}")
        found[f"refute {name}"] = refute_deed(deed, f"refute {name}")
    return found


def prove_deed(deed: Deed, name: str) -> Measured:
    """Dispute one deed down to its leaf."""
    bench, day, leaf = posted_deed(deed, development_genesis(verifiers=1))
    game, liar = Game(bench), day.lie(leaf)
    for sender, trace in ((HONEST, day.trace), (ANYBODY, liar)):
        game.propose(sender, day, trace)
    node = game.descend(day, liar, leaf)[-1]
    proof = encode_prior(first_base(game.genesis, day.accumulator, day.trace.before), day.trace, leaf) + day.proofs[leaf]
    bench.send(HONEST, "assertions", "prove", node.id, proof, NO_SALT, name=name)
    return bench.measured[name]


def refute_deed(deed: Deed, name: str) -> Measured:
    """Refute a lie about one deed."""
    bench, day, leaf = posted_deed(deed, development_genesis(verifiers=1, dispute={**DISPUTE, "published_leaves": True}))
    refute_leaf(bench, day, leaf, ANYBODY, name)
    return bench.measured[name]


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
        bench.send(HONEST, "assertions", "prove", rights[-1].id, proof, NO_SALT, name=day.name("prove", leaf))
        game.halved |= {node.id: node for node in rights}
    finish(bench, game, day, honest)
    leave(bench, day, honest)
    return bench.measured


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
    for number, kind in enumerate(sorted(set(day.records["kind"].tolist()))):
        leaf = day.costliest(kind)
        refute_leaf(bench, day, leaf, bytes([number + 1]) * 20, day.name("refute", leaf))
    return {name: found for name, found in bench.measured.items() if name.startswith(("refute", "proposeLeaves"))}


def refute_leaf(bench: Bench, day: Day, leaf: int, liar: bytes, name: str) -> None:
    """Publish the leaves with a lie from one on, and refute it."""
    genesis, bond, trace = bench.word("assertions", "latestConfirmed"), bench.genesis.dispute.bond_wei, day.lie(leaf)
    roots = trace.roots[: len(day.records)]
    told = commit(trace.before, roots, trace.height)
    arguments = (genesis, day.accumulator, b"".join(roots))
    bench.send(liar, "assertions", "proposeLeaves", *arguments, value=bond, name="proposeLeaves of this day")
    wrong = assertion_id(genesis, day.accumulator, told.root, told.end)
    proof = encode_leaves(told, leaf) + day.proofs[leaf]
    bench.send(HONEST, "assertions", "refute", wrong, leaf, proof, NO_SALT, name=name)


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
