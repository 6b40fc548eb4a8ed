"""Arbitrary calldata at every function of every contract: a call succeeds whole or reverts whole, and money stays where it was."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l1_mock.contracts.interface import encode
from tests.unit.contracts.test_bonds import holdings
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, Run, make_l1, play

NAMES = ("token", "inbox", "bridge", "assertions", "attestations")
STEPS = 6


@pytest.fixture(name="l1", scope="module")
def l1_fixture():
    """A world in the middle of a dispute."""
    l1 = make_l1()
    accumulator = l1.post_batch(STEPS - 1)
    players = [Player(l1, HONEST, Run.of(accumulator, STEPS), honest=True), Player(l1, LIARS[0], Run.of(accumulator, STEPS, {2: "!"}))]
    play(l1, players, blocks=5)
    return l1


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
