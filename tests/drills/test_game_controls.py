"""The games' own verdicts can fail: with the honest part, a timer or L1's rule weakened, each drill says what it is about."""

from dataclasses import replace

import pytest

from l1_mock.contracts import dispute
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.games import drill, exhaustion
from rollup.dispute.prior import ProofError
from verifier import strategy


@pytest.fixture
def short_clock(monkeypatch):
    """A clock of minutes, and few liars: a game whose transactions stay out goes block by block."""
    monkeypatch.setattr(exhaustion, "LIARS", 12)
    monkeypatch.setattr(drill, "WEEK_CENSORED", 60)
    monkeypatch.setattr(drill, "WEEK_DELAY", 1)


def broken(report):
    return {name for name, holds in report.invariants.items() if not holds}


def played(name, adversary=None):
    known = load(name)
    return run_drill(name, known if adversary is None else replace(known, adversary=adversary), 1)


def least_capital(match_and_purse):
    """Play with a purse, and tell what was needed."""
    players = []

    def adversary(match, dice):
        player = type("Purse", (exhaustion.Exhauster,), {"PURSE_WEI": match_and_purse(match)})(match, dice)
        players.append(player)
        return player

    return played("exhaustion", adversary), players


def test_the_least_capital_is_the_least(short_clock):
    report, (player,) = least_capital(lambda _match: exhaustion.GAS_WEI)
    assert report.is_safe
    needed = player.least
    exact, _ = least_capital(lambda match: needed - match.rules.bond)
    assert exact.is_safe, exact
    short, _ = least_capital(lambda match: needed - match.rules.bond - 1)
    assert not short.is_safe
    assert {"S1", "L1"} & broken(short)


def test_answers_that_took_a_bond_each_would_need_more_than_one(monkeypatch, short_clock):
    """As in games where every move is bonded: one bond and an ether run out."""
    take = exhaustion.Exhauster.let_in

    def bonded(self, turn, waiting):
        if type(waiting.move).__name__ == "Bisect":
            turn.match.ground.world.credit(waiting.sender, -turn.match.rules.bond // 8)
        take(self, turn, waiting)

    monkeypatch.setattr(exhaustion.Exhauster, "let_in", bonded)
    assert not played("exhaustion").is_safe


def test_a_clock_that_is_extended_at_the_last_depth_is_late(monkeypatch, short_clock):
    monkeypatch.setattr(strategy, "proof_of", lambda view, work, since: [work] if view.now >= since + 300 else [])
    assert "no_time_is_granted" in broken(played("extended-clocks"))


@pytest.mark.parametrize("seed", range(2, 8))
def test_clocks_are_extended_nearly_to_the_bound_and_never_beyond(seed):
    figures = run_drill("extended-clocks", load("extended-clocks"), seed).figures
    assert 0 <= figures["spare_blocks"] <= 5 * 26


def test_a_proof_that_needs_a_rival_is_dodged(monkeypatch):
    matches = []

    def rivaled_only(node, end_root, proof, known=dispute.open_prior):
        if matches[0].game.rivals[node.context][0] < 2:
            raise ProofError("no rival")
        return known(node, end_root, proof)

    def adversary(match, dice):
        matches.append(match)
        return load("no-rival").adversary(match, dice)

    monkeypatch.setattr(dispute, "open_prior", rivaled_only)
    assert broken(played("no-rival", adversary)) == {"proved_all_the_same", "dispute_above_is_over"}


def test_work_that_grows_with_the_rivals_is_found(monkeypatch):
    make = dispute.create

    def slow(call, node):
        call.charge(500 * dispute.rival(call, node).count)
        return make(call, node)

    monkeypatch.setattr(dispute, "create", slow)
    assert broken(played("node-spam")) == {"work_does_not_grow"}
