"""Every invariant of a game can be broken: L1, the honest player or the money is put wrong in one place, and the referee sees it."""

from dataclasses import replace

from l1_mock.contracts import assertions, bonds, dispute
from rollup.devnet.arena import match as match_module
from rollup.devnet.arena import player as player_module
from rollup.devnet.arena.adversaries.greedy import Greedy
from rollup.devnet.arena.adversaries.liars import Gang
from rollup.devnet.arena.adversaries.randomised import Randomised
from rollup.devnet.arena.histories import Lie
from rollup.devnet.arena.match import Adversary
from rollup.devnet.arena.player import HONEST, Player
from rollup.devnet.arena.result import INVARIANTS, result_of
from rollup.devnet.arena.rules import Rules
from rollup.dispute.clock import NEVER
from rollup.dispute.game import Status
from tests.unit.arena.tables import fresh_table, plain, played, tampered, with_settings
from verifier.strategy import Bisect, Confirm, Prove, next_moves


class Liar(Adversary):
    """One liar at a leaf in the middle, and nobody delayed."""

    def __init__(self, match, _dice, _sybils):
        self.gang = Gang(match, [Lie(0, 4, "robbed")])

    def compose(self, turn):
        for waiting in list(turn.waiting):
            turn.include(waiting)
        self.gang.act(turn)


def confirms_anything(call, identity):
    """A confirmation that asks nothing."""
    record = assertions.get_assertion(call, identity)
    call.storage["assertion", identity] = replace(bonds.release(call, record), status=int(Status.CONFIRMED))
    call.emit("Confirmed", id=identity)


def proves_anything(call, identity, _proof, _salt):
    """A proof that is not looked at."""
    call.storage["timer", identity] = NEVER
    call.emit("Proved", node=identity, mover=call.sender)


def runs_fast(call, identity):
    """A clock that gains five blocks an update."""
    stored = dispute.update(call, identity)
    call.storage["timer", identity] = stored + 5
    call.emit("Updated", node=identity, bottomUp=stored + 5)
    return stored + 5


def gives_bonds_away(call, identity):
    """A confirmation that credits the bond twice."""
    before = assertions.get_assertion(call, identity)
    assertions.confirm(call, identity)
    bonds._credit(call, before.staker, before.bond)  # what is put wrong here


def test_s1_s4_a_window_too_short():
    rules = plain(800)
    games = [played(fresh_table(rules), rules, "greedy", seed) for seed in range(4)]
    assert any("S1" in game.referee.violations for game in games)


def test_s1_s2_s4_a_confirmation_that_asks_nothing():
    rules = plain()

    class Confirmer(Liar):
        def compose(self, turn):
            super().compose(turn)
            for identity, item in list(turn.game.assertions.items()):
                if item.batch == 0:
                    turn.send(HONEST, self.gang.liars[0].call(Confirm(identity), turn.game))

        def is_content(self, _match):
            return "S2" in _match.referee.violations

    game = played(tampered(fresh_table(rules), confirm=confirms_anything), rules, Confirmer)
    assert {"S1", "S2", "S4"} <= game.referee.violations.keys()


def test_s3_a_proof_that_is_not_looked_at():
    rules = plain()
    game = played(tampered(fresh_table(rules), prove=proves_anything), rules, Liar)
    assert "S3" in game.referee.violations


def test_s4_a_clock_that_runs_fast():
    rules = plain()
    game = played(tampered(fresh_table(rules), update=runs_fast), rules, Liar)
    assert "S4" in game.referee.violations


def test_s5_an_assertion_that_a_reorganisation_makes_mean_another_batch(monkeypatch):
    rules = replace(plain(), delay=3)
    steps = 1 << rules.height
    monkeypatch.setattr(assertions, "open_parent", lambda call, parent, _acc: (assertions.get_assertion(call, parent), steps))
    game = played(fresh_table(rules), rules, Reposter)
    assert {"S5", "E3"} <= game.referee.violations.keys()


class Reposter(Adversary):
    """Holds the honest assertion of the first batch back, replaces the batch by another, and only then lets the assertion in."""

    def __init__(self, _match, _dice, _sybils):
        pass

    def reorganise(self, match):
        return 2 if match.ground.number == match.first + 2 and not match.reorganisations else 0

    def line(self, match):
        return match.reorganisations

    def compose(self, turn):
        if turn.match.reorganisations and not turn.is_replacing:
            for waiting in list(turn.waiting):
                turn.include(waiting)


def test_s5_holds_where_l1_checks_the_batch():
    rules = replace(plain(), delay=3)
    game = played(fresh_table(rules), rules, Reposter)
    assert game.reorganisations == 1
    assert game.line == 1
    assert not game.referee.violations


def test_s6_a_forged_withdrawal_under_a_confirmed_lie():
    rules = plain(800)
    games = [played(fresh_table(rules), rules, "thief", seed) for seed in range(8)]
    assert any("S6" in game.referee.violations for game in games)
    assert any(game.referee.paid_out for game in games)


def test_s7_a_bond_given_away():
    rules = plain()
    game = played(tampered(fresh_table(rules), confirm=gives_bonds_away), rules, Liar)
    assert "S7" in game.referee.violations


def test_s7_an_honest_bond_lost():
    rules = plain(800)
    games = [played(fresh_table(rules), rules, "thief", seed) for seed in range(8)]
    assert any(game.referee.honest_bonds_lost for game in games)


def test_l1_an_honest_player_that_dawdles(monkeypatch):
    rules = plain()

    def lazily(view, claims):
        moves = next_moves(view, claims)
        return [move for move in moves if not isinstance(move, Confirm) or view.now % 200 == 0]

    monkeypatch.setattr(player_module, "next_moves", lazily)
    game = played(fresh_table(rules), rules, Liar)
    result = result_of(game, 0, "", "")
    assert result.past_bound
    assert "L1" in result.violations


def test_l4_a_strategy_that_remembers(monkeypatch):
    rules, asked = plain(), []

    def forgetful(view, claims):
        asked.append(view)
        return next_moves(view, claims) if len(asked) % 2 else []

    class Crasher(Liar):
        def reorganise(self, match):
            match.crash()
            return 0

    assert "L4" not in played(fresh_table(rules), rules, Crasher).referee.violations
    monkeypatch.setattr(player_module, "next_moves", forgetful)
    assert "L4" in played(fresh_table(rules), rules, Crasher).referee.violations


def test_e1_answers_that_nobody_needs(monkeypatch):
    rules = plain()

    def eagerly(view, claims):
        moves = next_moves(view, claims)
        leaves = [(name, item) for name, item in view.game.nodes.items() if item.node.height == 0 and not item.proved]
        return [*moves, *(Prove(name, 0, item.node.index) for name, item in leaves if view.own and view.patience)]

    monkeypatch.setattr(player_module, "next_moves", eagerly)
    game = played(fresh_table(rules), rules, Liar)
    assert "E1" in result_of(game, 0, "", "").violations


class Vanishing(Liar):
    """A liar whose blocks L1 replaces once an answer to it is under way."""

    def reorganise(self, match):
        answers = [waiting for waiting in match.waiting if isinstance(waiting.move, Bisect)]
        self.is_gone = bool(answers) or self.is_gone
        return match.ground.number - match.first if answers and not match.reorganisations else 0

    is_gone = False

    def compose(self, turn):
        for waiting in list(turn.waiting):
            turn.include(waiting)
        if not self.is_gone:
            self.gang.act(turn)


def test_e1_counts_those_whose_block_is_gone():
    match = played(fresh_table(plain()), plain(), Vanishing)
    assert match.reorganisations == 1
    assert not match.referee.standing_sybils
    assert match.referee.sybils == 1


def test_e2_a_bond_too_small():
    rules = plain()
    table = with_settings(fresh_table(rules), bond=10**15)

    class Cheap(Rules):
        bond = 10**15

    cheap = Cheap(rules.censored, rules.delay, rules.heights)
    game = played(table, cheap, Liar, is_ordered=True)
    assert "E2" in result_of(game, 0, "", "").violations


def test_e3_an_honest_player_with_a_broken_execution(monkeypatch):
    rules = plain()
    table = fresh_table(rules)
    lie = table.libraries[0].tell(Lie(0, 2, "robbed"))
    monkeypatch.setattr(
        match_module, "Player", lambda address, _histories, watch, bond, **more: Player(address, (lie,), watch, bond, **more)
    )
    game = played(table, rules, lambda match, dice, sybils: Quiet())
    assert "E3" in game.referee.violations


class Quiet(Adversary):
    """Lets everything in at once."""

    def compose(self, turn):
        for waiting in list(turn.waiting):
            turn.include(waiting)


def test_nothing_is_broken_where_nothing_is_put_wrong():
    rules = plain()
    for adversary in (Liar, Greedy, Randomised, "thief"):
        game = played(fresh_table(rules), rules, adversary, collects=True)
        assert result_of(game, 0, "", "").is_safe


def test_every_invariant_has_a_control_here():
    names = {part.upper() for name in globals() if name.startswith("test_") for part in name.split("_")}
    assert set(INVARIANTS) <= names
