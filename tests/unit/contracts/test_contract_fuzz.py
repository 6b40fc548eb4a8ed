"""Arbitrary calldata at every function of every contract: a call succeeds whole or reverts whole, and money stays where it was."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.contracts.interface import encode
from l1_mock.contracts.storage import Storage
from tests.unit.contracts.test_bonds import holdings
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, Run, make_l1, play

NAMES = ("token", "inbox", "bridge", "assertions", "attestations", "stakes")
STEPS = 6


@pytest.fixture(name="l1", scope="module")
def l1_fixture():
    """A world in the middle of a dispute."""
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    players = [Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {2: "!"}))]
    play(l1, players, blocks=5)
    return l1


def staked(l1):
    """What the stakes contract holds for whom."""
    address = l1.address("stakes")
    return sum(value for (at, key), value in l1.world.tables["storage"].items() if at == address and key[0] == "stake")


def places(l1):
    """Words that mean something in this world."""
    stored = [part for (_, key) in l1.world.tables["storage"] if isinstance(key, tuple) for part in key[1:]]
    return [*(part for part in stored if isinstance(part, bytes)), l1.settings.genesis, bytes(32)]


def value_of(kind, dice, known):
    if kind.endswith("[]"):
        return [value_of(kind[:-2], dice, known) for _ in range(dice.randrange(4))]
    if kind == "bytes32":
        words = [each for each in known if len(each) == 32]
        return dice.choice(words) if dice.random() < 0.8 else dice.randbytes(32)
    if kind == "address":
        return dice.choice((HONEST, LIARS[0], dice.randbytes(20)))
    if kind == "bytes":
        return dice.randbytes(dice.choice((0, 1, 32, 96, 320, 700)))
    bits = int(kind.removeprefix("uint"))
    return dice.choice((0, 1, 2, (1 << bits) - 1, dice.randrange(1 << bits)))


def attempt(l1, name, data, value, sender=LIARS[1]):
    """Send bytes and take the world back; what came of it."""
    before, block = dict(l1.world.tables["storage"]), l1.block
    mark = l1.world.mark()
    outcome = l1.raw(sender, name, data, value)
    if outcome.success:
        assert l1.world.balance(l1.address("assertions")) == holdings(l1)
        assert l1.world.balance(l1.address("stakes")) == staked(l1)
        assert l1.world.balance(l1.address("bridge")) == l1.world.balance(l1.address("inbox")) == 0
    else:
        assert l1.world.tables["storage"] == before
        assert "Error:" not in outcome.reason, outcome.reason
    l1.world.undo(mark)
    assert l1.world.tables["storage"] == before
    l1.block = block
    return outcome


@given(st.integers(0, 2**32))
def test_well_formed_calls_with_any_arguments(l1, seed):
    dice = random.Random(seed)
    known = places(l1)
    for _ in range(10):
        name = dice.choice(NAMES)
        function = dice.choice(list(l1.contract(name).interface.functions.values()))
        arguments = [value_of(kind, dice, known) for kind in function.inputs]
        value = dice.choice((0, 0, 1, l1.settings.bond)) if function.payable else 0
        sender = dice.choice((LIARS[1], HONEST, l1.genesis.roles.poster))
        attempt(l1, name, function.selector + encode(function.inputs, arguments), value, sender)


@given(st.sampled_from(NAMES), st.integers(0, 40), st.binary(max_size=300))
def test_any_bytes_after_a_selector(l1, name, number, data):
    selectors = list(l1.contract(name).interface.selectors)
    attempt(l1, name, selectors[number % len(selectors)] + data, 0)


@given(st.sampled_from(NAMES), st.binary(max_size=40))
def test_any_bytes_at_all(l1, name, data):
    if data[:4] not in l1.contract(name).interface.selectors:
        assert not attempt(l1, name, data, 0).success


def storage_operations(l1, send):
    """Reads and writes of storage that a call makes."""
    counts = {"_read": 0, "_write": 0}
    with pytest.MonkeyPatch.context() as patch:
        for name in counts:
            inner = getattr(Storage, name)

            def counted(self, *given, name=name, inner=inner):
                counts[name] += 1
                return inner(self, *given)

            patch.setattr(Storage, name, counted)
        done = send()
    assert done.success, done.reason
    return counts


def crowded(rivals):
    """A dispute among so many liars, and the storage operations of each sort of move in it."""
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    honest = Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True)
    liars = [Player(l1, bytes([1, *divmod(i, 256)]).ljust(20), Run.of(accumulator, STEPS, {i % 8: chr(200 + i)})) for i in range(rivals)]
    operations = {}
    for player in (*liars, honest):
        claim = player.run.claim
        arguments = (l1.settings.genesis, accumulator, claim.trace_root, claim.end_root, claim.last_leaf_proof)
        call = lambda player=player, given=arguments: l1.send(player.name, "assertions", "propose", *given, value=l1.settings.bond)  # noqa: E731
        operations["propose"] = storage_operations(l1, call)
    game = l1.new_game()
    game.feed(l1.events)
    root = game.assertions[honest.assertion].root
    halves = honest.run.trace.span(2, 0), honest.run.trace.span(2, 1)
    operations["bisect"] = storage_operations(l1, lambda: l1.send(HONEST, "assertions", "bisect", root, *halves))
    operations["update"] = storage_operations(l1, lambda: l1.send(HONEST, "assertions", "update", root))
    l1.block += 2 * l1.settings.window
    left, right = l1.ask("assertions", "node", root)[6:8]
    for node in (left, right):
        l1.send(HONEST, "assertions", "update", node)
    operations["confirm"] = storage_operations(l1, lambda: l1.send(HONEST, "assertions", "confirm", honest.assertion))
    operations["reject"] = storage_operations(l1, lambda: l1.send(HONEST, "assertions", "reject", liars[0].assertion))
    return operations


def test_a_moves_work_does_not_grow_with_the_number_of_nodes():
    assert crowded(2) == crowded(200)
