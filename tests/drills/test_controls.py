"""The verdict can fail: worlds in which something is really broken must come out unsafe, each for its own reason."""

from dataclasses import replace

import pytest

from l1_mock.contracts.framework import Call
from rollup.devnet.drills.audit import NAMES
from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.director import settle
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.drills.trading import exchange
from rollup.transition.status import Status
from sequencer.ledger import Ledger
from verifier.agent import Parts
from verifier.replica import Replica


def broken(report):
    """What is not well, but for what is judged after every block, which the inspector's own tests break."""
    return {name for name, holds in report.invariants.items() if not holds and name not in NAMES}


def test_without_an_honest_verifier_a_wrong_root_is_confirmed():
    drill = load("invalid-state-root")
    report = run_drill("control", replace(drill, parties=replace(drill.parties, honest=0)), 1)
    assert report.verdict == "unsafe"
    assert broken(report) == {"no_wrong_root_confirmed", "attackers_slashed"}
    assert not report.invariants["S1"]


def test_an_honest_verifier_that_is_switched_off_is_missed():
    async def play(scene):
        market = exchange(scene)
        await market.open()
        scene.world.crash("verifier-1")
        await market.trade(6)
        await settle(scene)

    report = run_drill("control", replace(load("invalid-state-root"), play=play), 1)
    assert report.verdict == "unsafe"
    assert {"nodes_agree", "everything_confirmed", "in_time"} <= broken(report)
    assert "every honest verifier" in report.missed


def test_a_verifier_that_does_nothing_lets_the_attacker_win(monkeypatch):
    drill = load("invalid-state-root")
    parties = replace(drill.parties, honest=0, attackers={"idler": Parts(strategy=lambda view, claims: []), **drill.parties.attackers})
    assert "no_wrong_root_confirmed" in broken(run_drill("control", replace(drill, parties=parties), 1))


def test_a_disk_that_lies_loses_what_was_acknowledged():
    drill = load("sequencer-crash")

    async def play(scene):
        scene.world.disk("sequencer").faults.lying_sync = 1.0
        await drill.play(scene)

    report = run_drill("control", replace(drill, play=play), 1)
    assert report.verdict == "unsafe"
    assert "acknowledged_once" in broken(report)


def test_a_sequencer_that_acknowledges_before_it_writes_is_caught(monkeypatch):
    keep = Ledger._keep
    monkeypatch.setattr(Ledger, "_keep", lambda self, group: keep(self, group) if group.first == 0 else group)
    reports = [run_drill("control", load("sequencer-crash"), seed) for seed in (1, 2)]
    assert any("acknowledged_once" in broken(report) for report in reports)


def test_a_verifier_that_forgets_to_roll_back_disagrees(monkeypatch):
    def half(self, index):
        self.seen = min(self.seen, index)
        self._forget_after(index)

    monkeypatch.setattr(Replica, "roll_back", half)
    assert not run_drill("control", load("l1-reorg"), 1).is_safe


@pytest.mark.parametrize("seed", [1, 2])
def test_a_deadline_that_is_too_short_is_missed(seed):
    report = run_drill("control", replace(load("false-challenge"), deadline_s=6 * 86_400), seed)
    assert broken(report) == {"in_time"}


def test_a_market_that_forgets_a_check_is_found(monkeypatch):
    """Withdrawals that keep no margin: the drill must say so."""
    monkeypatch.setattr("rollup.transition.withdraw.judge_made", lambda *_arguments: 0)
    report = run_drill("margin-withdrawal", load("margin-withdrawal"), 1)
    assert {"all_refused", "one_unit_too_many_refused", "pieces_add_up", "margin_stays"} <= broken(report)


def test_a_verifier_that_believes_a_liars_disk_is_found(monkeypatch):
    def believed(self, index):
        fork, records = self._before(index)
        before = fork.root()
        _, roots = fork.trace(records, 0, len(records), self.stride)
        return self.traces.setdefault(index, self._committed(index, before, roots, len(records)))

    monkeypatch.setattr("verifier.replica.honest", lambda batch, roots: roots)
    monkeypatch.setattr(Replica, "trace", believed)
    assert "bad_disks_are_refused" in broken(run_drill("bad-disks", load("bad-disks"), 1))


def test_a_guardian_that_need_not_rest_is_found(monkeypatch):
    require = Call.require
    monkeypatch.setattr(Call, "require", lambda self, holds, reason: require(self, holds or "last pause" in reason, reason))
    assert "no_second_pause" in broken(run_drill("malicious-guardian", load("malicious-guardian"), 1))


def test_a_transition_that_forgets_nonces_is_found(monkeypatch):
    monkeypatch.setattr("rollup.transition.apply.use_nonces", lambda *_arguments: None)
    report = run_drill("replays", load("replays"), 1)
    assert {"no_op_in_a_batch", "one_message"} <= broken(report)


def test_a_key_that_outlives_its_revocation_is_found(monkeypatch):
    monkeypatch.setattr("rollup.transition.dispatch.apply_revoke_key", lambda *_arguments: Status.OK)
    report = run_drill("revoked-key", load("revoked-key"), 1)
    assert "revoked_key_signs_nothing" in broken(report)


def test_without_an_honest_verifier_hidden_data_is_confirmed():
    drill = load("withheld-data")
    report = run_drill("control", replace(drill, parties=replace(drill.parties, honest=0)), 1)
    assert "no_wrong_root_confirmed" in broken(report)


def test_nodes_that_never_offer_more_wait_longer_than_the_slack():
    drill = load("congestion")
    report = run_drill("control", replace(drill, parties=replace(drill.parties, fee_bump_after_s=1e6)), 1)
    assert broken(report) == {"waits_are_within_delta"}


FORGETFUL = (
    ("split-transfer", "rollup.transition.transfer_position.judge_since", lambda *_: 0, "whole_short_refused"),
    ("early-trigger", "rollup.transition.trigger.judge_trigger", lambda *_: 0, "not_before_its_price"),
    ("protection-swept", "rollup.transition.order_entry.is_frozen", lambda *_: False, "frozen"),
    ("rounded-once", "rollup.market.settling.cost_down", lambda held, price: -(-held * price // 10**6), "buyer_gets_it_rounded_down_once"),
    ("own-insolvency", "rollup.transition.tradable.price_band", lambda *_: (0, 1 << 47), "beyond_the_band_refused"),
)


@pytest.mark.parametrize(("name", "check", "forgotten", "missed"), FORGETFUL, ids=[name for name, *_ in FORGETFUL])
def test_each_forgotten_check_is_found(monkeypatch, name, check, forgotten, missed):
    monkeypatch.setattr(check, forgotten)
    assert missed in broken(run_drill(name, load(name), 1))


def test_one_unit_in_one_scenario_is_confirmed_where_nobody_is_honest():
    drill = load("scenario-lie")
    report = run_drill("control", replace(drill, parties=replace(drill.parties, honest=0)), 1)
    assert "no_wrong_root_confirmed" in broken(report)
