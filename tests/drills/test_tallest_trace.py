"""The seven-day dispute at full height: 4,096 leaves, and what an attack on them costs beside its defence."""

from random import Random

import pytest

from rollup.core.development import WEEK_DISPUTE
from rollup.devnet.arena.match import Match
from rollup.devnet.arena.result import result_of
from rollup.devnet.arena.rules import RATIO, Rules
from rollup.devnet.arena.series import set_table
from rollup.devnet.games.drill import WEEK_CENSORED, WEEK_DELAY
from rollup.devnet.games.prompt import Prompt

HEIGHT = 12


class Tall(Prompt):
    """A liar in the middle of the longest batch."""

    PLACES = ((2_049, "garbled"),)


@pytest.mark.long
def test_an_attack_on_the_longest_batch_costs_a_hundred_times_its_defence():
    rules = Rules(WEEK_CENSORED, WEEK_DELAY, (HEIGHT,))
    table = set_table(rules)
    match = Match(table.ground, rules, table.libraries, table.truth, Random(1), is_ordered=True)
    match.play(Tall(match, Random(1)))
    result = result_of(match, 0, "", "")
    assert result.is_safe
    assert result.honest_moves == HEIGHT + 1
    updates = [waiting for *_, waiting, _ in match.referee.seen if waiting is not None and type(waiting.move).__name__ == "Update"]
    assert len(updates) == HEIGHT - 1
    bond = int(WEEK_DISPUTE["bond_wei"])
    assert result.attack_wei - rules.bond + bond >= RATIO * result.defence_wei
