"""A dispute on the bench: assertions about a batch, and halving them down to a leaf."""

from rollup.devnet.gas.bench import Bench
from rollup.devnet.gas.day import Day
from rollup.dispute.bisection import Node, assertion_id
from rollup.dispute.trace import Trace, first_base

HONEST = b"the honest verifier."
"""Who asserts the truth."""


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
