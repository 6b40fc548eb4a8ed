"""The escape hatch: everybody leaves a closed rollup, once, with what the last confirmed state says, and the money adds up."""

from dataclasses import replace

import pytest

from l1_mock.contracts.bridge import BridgeSettings
from rollup.core.signing import address_of
from rollup.dispute.metering import Unmetered
from rollup.l1.exit_proof import ExitInvalid, open_worth, prove_worth
from rollup.l1.exit_proof import value as value_of
from rollup.l1.withdrawal import prove_withdrawal
from rollup.market.assets import assets_worth
from rollup.market.margin import mark_to_market
from rollup.state.table import commit
from tests.unit.contracts.test_bridge import DEPOSITED, MESSAGE, finished, locked
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, play
from tests.unit.contracts.trading_day import E8, LEAVER, LEAVING, LODGED_E6, TRADERS, real_l1, trading_day

ANYONE = LIARS[0]
OWNERS = dict(enumerate((*TRADERS, LEAVER, TRADERS[3]), 1))
"""Keys of the day's accounts, by account: the last one was opened by a transfer."""
ACCOUNTS = tuple(OWNERS)


@pytest.fixture(name="day")
def day_fixture():
    return trading_day(real_l1())


def send(day, function, *arguments):
    return day.l1.send(ANYONE, "bridge", function, *arguments)


def closed(day, *, confirm=True):
    """Have the day confirmed, or not, and the rollup frozen."""
    honest = Player(day.l1, HONEST, day, honest=True)
    if confirm:
        play(day.l1, [honest], blocks=200)
    assert day.l1.send(day.l1.genesis.roles.guardian, "assertions", "freeze").success
    return honest.assertion


def worths(day, machine):
    root = machine.root()
    return {account: open_worth(root, account, prove_worth(machine, account), Unmetered()) for account in ACCOUNTS}


def wait(day):
    day.l1.block += day.l1.genesis.safety.claim_blocks + 1


def test_everybody_leaves_with_what_is_theirs_and_the_rest_is_the_insurance_funds(day):
    l1, assertion, machine = day.l1, closed(day), finished(day)
    owners = {account: address_of(secret) for account, secret in OWNERS.items()}
    before = {owner: l1.ask("token", "balanceOf", owner) for owner in owners.values()}
    found = worths(day, machine)
    assert {account: each.owner for account, each in found.items()} == owners
    for account in ACCOUNTS:
        done = send(day, "proveExit", account, prove_worth(machine, account))
        assert done.success or found[account].worth_e8 == 0, done.reason
        assert send(day, "finalizeExit", account).reason in {"accounts may still be shown", "the account was not shown"}
    wait(day)
    for account in ACCOUNTS:
        for reason in ("", "paid already"):
            done = send(day, "finalizeExit", account)
            assert done.reason == reason or found[account].worth_e8 == 0
    for owner, balance in before.items():
        worth = sum(each.worth_e8 for each in found.values() if each.owner == owner)
        assert l1.ask("token", "balanceOf", owner) - balance == worth
    for message in (1, MESSAGE):
        assert send(day, "proveWithdrawal", assertion, message, prove_withdrawal(machine, message)).success
    l1.block += l1.genesis.withdrawals.maturity_blocks + 1
    for message in (1, MESSAGE):
        assert send(day, "finalizeWithdrawal", assertion, message).success
    assert l1.ask("token", "balanceOf", LEAVING) == 900_000 * E8
    # What the owner of the fourth account had lodged, but for what he took out, comes back to him as what it is.
    assert l1.ask("token:ETH", "balanceOf", address_of(TRADERS[3])) == 9 * LODGED_E6 + LODGED_E6 // 2
    left = locked(l1)
    insurance = machine.row("system", 0)["insurance_e8"]
    # Every amount was rounded down: what remains is the fund, and less than a cent of dust.
    assert insurance <= left < insurance + 1_000


def test_open_positions_are_paid_at_their_marks(day):
    machine = finished(day)
    found = worths(day, machine)
    held = [account for account in ACCOUNTS if machine.row("accounts", account)["positions"]]
    assert len(held) >= 2
    assert any(found[account].worth_e8 != machine.row("accounts", account)["cash_e8"] for account in held)
    system = machine.row("system", 0)
    assert 0 <= system["vault_e8"] - system["insurance_e8"] - sum(each.worth_e8 for each in found.values()) < 100


def test_nobody_escapes_from_a_rollup_that_goes_on(day):
    machine = finished(day)
    assert send(day, "proveExit", 1, prove_worth(machine, 1)).reason == "the rollup is not closed"
    assert send(day, "reclaimDeposit", 0).reason == "the rollup is not closed"
    assert send(day, "finalizeExit", 1).reason == "the account was not shown"


def test_an_account_is_shown_under_the_last_confirmed_state_alone(day):
    closed(day, confirm=False)
    assert "state root of a witness" in send(day, "proveExit", 1, prove_worth(finished(day), 1)).reason
    empty = day.machine(0)
    with pytest.raises(ExitInvalid):
        prove_worth(empty, 1)


def test_what_was_never_taken_goes_back_to_its_depositors(day):
    """Frozen before anything was confirmed, all that is in the bridge is deposits; each goes back once."""
    l1 = day.l1
    closed(day, confirm=False)
    owners = [address_of(secret) for secret in (*TRADERS, LEAVER)]
    before = [l1.ask("token", "balanceOf", owner) for owner in owners]
    for entry in range(len(owners)):
        assert send(day, "reclaimDeposit", entry).success
        assert send(day, "reclaimDeposit", entry).reason == "no such deposit, or given back already"
    assert [l1.ask("token", "balanceOf", owner) for owner in owners] == [each + 900_000 * E8 for each in before]
    assert locked(l1) == 0
    assert len(owners) * 900_000 * E8 == DEPOSITED


def test_what_was_taken_does_not_go_back_as_a_deposit(day):
    closed(day)
    assert send(day, "reclaimDeposit", 0).reason == "the last confirmed state has taken this deposit"
    assert send(day, "reclaimDeposit", 77).reason == "no such deposit, or given back already"


def test_a_deposit_after_the_last_confirmed_batch_goes_back(day):
    l1, owner = day.l1, address_of(TRADERS[0])
    play(l1, [Player(l1, HONEST, day, honest=True)], blocks=200)
    entry = l1.ask("inbox", "queueLength")
    assert l1.send(owner, "bridge", "deposit", 1, 10 * E8).success
    assert l1.send(l1.genesis.roles.guardian, "assertions", "freeze").success
    before = l1.ask("token", "balanceOf", owner)
    assert send(day, "reclaimDeposit", entry).success
    assert l1.ask("token", "balanceOf", owner) == before + 10 * E8


def test_when_there_is_too_little_all_in_time_get_the_same_share(day, monkeypatch):
    """With a vault of half of what accounts are worth, each is paid half, late ones nothing, and never more than there is."""
    machine = finished(day)
    assertion = closed(day)
    assert assertion
    found, real = worths(day, machine), open_worth
    total = sum(each.worth_e8 for account, each in found.items() if account < 4)
    half = total // 2
    monkeypatch.setattr("l1_mock.contracts.escape.open_worth", lambda *given: replace(real(*given), vault_e8=half))
    for account in (1, 2, 3):
        assert send(day, "proveExit", account, prove_worth(machine, account)).success
    wait(day)
    before = locked(day.l1)
    assert send(day, "proveExit", 4, prove_worth(machine, 4)).success
    assert day.l1.ask("bridge", "exit", 4)[1] == 0, "its collateral alone"
    paid = []
    for account in (1, 2, 3):
        owner = found[account].owner
        held = day.l1.ask("token", "balanceOf", owner)
        assert send(day, "finalizeExit", account).success
        paid.append(day.l1.ask("token", "balanceOf", owner) - held)
        assert paid[-1] == found[account].worth_e8 * half // total
    assert before - locked(day.l1) == sum(paid) <= half


def test_who_is_late_is_paid_what_the_others_leave(day):
    machine = finished(day)
    closed(day)
    wait(day)
    found = worths(day, machine)
    for account in (2, 1):
        assert send(day, "proveExit", account, prove_worth(machine, account)).success
        assert day.l1.ask("bridge", "exit", account) == (found[account].owner, found[account].worth_e8, False)
        assert send(day, "finalizeExit", account).success


def test_collateral_of_who_owes_cash_comes_back_less_the_debt(day):
    """By its value at the last price, rounded down; of who owes more than it is worth, nothing."""
    machine = finished(day)
    whole = worths(day, machine)[4].collateral_e6
    assert whole == (0, LODGED_E6 // 4)
    value = assets_worth(machine.state, 4)
    commit(machine.state)
    assert value == 3_000 * E8 * LODGED_E6 // 4 // 10**6
    for price, debt, left in ((3_000, 0, 4), (3_000, 1_500, 3), (3_000, 6_000, 0), (3_000, 9_000, 0), (0, 1, 0)):
        spot = machine.state.markets.rows[2].spot_feed
        object.__setattr__(machine.state.feeds.rows[spot], "number", price * E8)
        short = mark_to_market(machine.state, 4)[0] + debt * E8
        commit(machine.state)
        row = machine.state.accounts.rows[4]
        object.__setattr__(row, "cash_e8", row.cash_e8 - short)
        found = value_of(machine.state, 4)
        commit(machine.state)
        assert (found.worth_e8, found.collateral_e6) == (0, (0, LODGED_E6 // 4 * left // 4))
        assert found.kept_e6 == (0, LODGED_E6 // 4 * (4 - left) // 4)
        assert found.kept_e8 == min(debt, price * LODGED_E6 // 4 // 10**6) * E8


@pytest.mark.parametrize("covered", ["a part", "more", "nothing lacks", "late"])
def test_what_is_kept_back_for_a_debt_goes_to_whom_it_leaves_short(day, monkeypatch, covered):
    """In proportion to what they are owed, and no more than they lack; what remains is the insurance fund's."""
    machine = finished(day)
    closed(day)
    found, real = worths(day, machine), open_worth
    total = sum(each.worth_e8 for account, each in found.items() if account < 4)
    vault, quantity = total if covered == "nothing lacks" else total // 2, LODGED_E6 // 4
    lacking = total - vault
    worth = {"a part": lacking // 3, "more": 4 * lacking}.get(covered, 5 * E8)

    def seen(root, account, *rest):
        each = replace(real(root, account, *rest), vault_e8=vault)
        kept = {"worth_e8": 0, "collateral_e6": (0, 0), "kept_e6": (0, quantity), "kept_e8": worth}
        return replace(each, **kept) if account == 4 else each

    monkeypatch.setattr("l1_mock.contracts.escape.open_worth", seen)
    order = (1, 2, 3) if covered == "late" else (4, 1, 2, 3)
    for account in order:
        assert send(day, "proveExit", account, prove_worth(machine, account)).success
    wait(day)
    if covered == "late":
        assert send(day, "proveExit", 4, prove_worth(machine, 4)).reason == "nothing is owed to this account"
    divided = {"a part": quantity, "more": quantity // 4}.get(covered, 0)
    gone = 0
    for account in order:
        before = day.l1.ask("token:ETH", "balanceOf", found[account].owner)
        assert send(day, "finalizeExit", account).success
        got = day.l1.ask("token:ETH", "balanceOf", found[account].owner) - before
        exact = divided * found[account].worth_e8 / total if account < 4 else 0
        assert exact - 2 < got <= exact
        gone += got
    assert divided - 6 < gone <= divided


def test_a_wrong_proof_shows_nothing(day):
    machine = finished(day)
    closed(day)
    right = prove_worth(machine, 1)
    wrongs = [b"", right[:-1], right + b"\0", prove_worth(machine, 2)]
    wrongs += [right[:place] + bytes([right[place] ^ 1 << place % 8]) + right[place + 1 :] for place in range(0, len(right), 61)]
    for wrong in wrongs:
        assert not send(day, "proveExit", 1, wrong).success
    assert "account: received 99" in send(day, "proveExit", 99, right).reason
    assert send(day, "proveExit", 1, right).success
    assert send(day, "proveExit", 1, b"").success
    assert day.l1.contract("bridge").settings == replace(day.l1.contract("bridge").settings)
    assert isinstance(day.l1.contract("bridge").settings, BridgeSettings)
