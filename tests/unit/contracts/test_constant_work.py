"""A move touches and writes as many storage slots in a dispute with many nodes as in one with few: counted, slot by slot."""

from random import Random

import pytest

from l1_mock.contracts import dispute
from l1_mock.contracts.storage import Storage
from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.ground import Ground
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Match
from rollup.devnet.arena.rules import Rules
from rollup.devnet.arena.series import set_table
from rollup.devnet.games.prompt import Prompt

FEW, MANY = 2, 12
"""Liars about each leaf."""


class Crowd(Prompt):
    """Liars about every leaf but the first."""

    def __init__(self, match, dice, each):
        super().__init__(match, dice)
        run, direct = match.libraries[0].truth.runs[0], match.rules.published_leaves
        leaves = range(1, len(run.proofs) if direct else len(run.trace.roots))
        self.gang = Gang(match, [Lie(0, leaf, "garbled", salt, direct) for salt in range(each) for leaf in leaves])


class Counter:
    """Counts what every call reads and writes, by the function that was called."""

    def __init__(self, monkeypatch):
        self.reads = self.writes = 0
        self.most = {}
        read, write, call = Storage._read, Storage._write, Ground.call

        def counted_read(storage, key):
            self.reads += 1
            return read(storage, key)

        def counted_write(storage, key, value):
            self.writes += 1
            return write(storage, key, value)

        def counted_call(ground, sender, move, contract="assertions"):
            self.reads = self.writes = 0
            receipt = call(ground, sender, move, contract)
            if receipt is not None and receipt.success and receipt.logs:
                before = self.most.get(move.function, (0, 0))
                self.most[move.function] = max(before[0], self.reads), max(before[1], self.writes)
            return receipt

        monkeypatch.setattr(Storage, "_read", counted_read)
        monkeypatch.setattr(Storage, "_write", counted_write)
        monkeypatch.setattr(Ground, "call", counted_call)


def counted(monkeypatch, each, *, direct):
    """The most that any call of each function read and wrote, and the number of nodes, in a dispute with so many liars about each leaf."""
    with monkeypatch.context() as patch:
        counter = Counter(patch)
        rules = Rules(60, 1, (3,), published_leaves=direct)
        table = set_table(rules)
        match = Match(table.ground, rules, table.libraries, table.truth, Random(1), is_ordered=True)
        match.play(Crowd(match, Random(1), each))
        assert not match.referee.violations
        return counter.most, len(match.game.nodes) + len(match.referee.bets)


@pytest.mark.parametrize("direct", [False, True])
def test_reads_and_writes_do_not_grow_with_the_nodes(monkeypatch, direct):
    few, small = counted(monkeypatch, FEW, direct=direct)
    many, large = counted(monkeypatch, MANY, direct=direct)
    assert large > 4 * small
    assert many == few
    moves = {"proposeLeaves", "refute", "confirm"} if direct else {"propose", "bisect", "prove", "update", "confirm", "reject"}
    assert moves <= many.keys()
    assert all(reads + writes < 64 for reads, writes in many.values())


def test_a_move_that_looks_at_every_rival_is_counted(monkeypatch):
    make = dispute.create

    def slow(call, node):
        for _ in range(dispute.rival(call, node).count):
            call.storage.get("latest", b"")
        return make(call, node)

    monkeypatch.setattr(dispute, "create", slow)
    few, _ = counted(monkeypatch, FEW, direct=False)
    many, _ = counted(monkeypatch, MANY, direct=False)
    assert many["propose"][0] > few["propose"][0]
