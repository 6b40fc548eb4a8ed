"""The bridge: money in, money out once, and what is locked is what came in less what was paid."""

import pytest

from rollup.core.signing import address_of
from rollup.l1.withdrawal import WithdrawalInvalid, open_withdrawal, prove_withdrawal
from rollup.state.rows import DEPTHS
from rollup.state.witness import decode_witness
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, play
from tests.unit.contracts.trading_day import E8, TRADERS, real_l1, trading_day

RECIPIENT = b"W" * 20
DEPOSITED = len(TRADERS) * 900_000 * E8
WITHDRAWN = 5_000 * E8


@pytest.fixture(name="day")
def day_fixture():
    return trading_day(real_l1())


def finished(day):
    machine = day.machine(len(day.derived.records))
    machine.root()
    return machine


def confirmed(day):
    """Have the day's assertion confirmed; return it."""
    honest = Player(day.l1, HONEST, day, honest=True)
    play(day.l1, [honest], blocks=200)
    return honest.assertion


def locked(l1):
    return l1.ask("token", "balanceOf", l1.address("bridge"))


def send(day, function, *arguments):
    return day.l1.send(LIARS[0], "bridge", function, *arguments)


def test_a_withdrawal_is_proven_matures_and_is_paid_once(day):
    l1, proof = day.l1, prove_withdrawal(finished(day), 1)
    assertion = confirmed(day)
    assert send(day, "finalizeWithdrawal", assertion, 1).reason == "not proven under this assertion"
    assert send(day, "proveWithdrawal", assertion, 1, proof).success
    assert l1.ask("bridge", "provenAt", assertion, 1) == l1.block
    l1.block += l1.genesis.withdrawals.maturity_blocks
    assert send(day, "finalizeWithdrawal", assertion, 1).reason == "the proof has not matured"
    assert (locked(l1), l1.ask("bridge", "finalized", 1)) == (DEPOSITED, False)
    l1.block += 1
    assert send(day, "finalizeWithdrawal", assertion, 1).success
    assert (locked(l1), l1.ask("bridge", "finalized", 1)) == (DEPOSITED - WITHDRAWN, True)
    assert l1.ask("token", "balanceOf", RECIPIENT) == WITHDRAWN
    assert send(day, "finalizeWithdrawal", assertion, 1).reason == "paid already"
    assert locked(l1) == DEPOSITED - WITHDRAWN


def test_the_air_gap_passes_after_confirmation_though_the_proof_is_old(day):
    l1, honest = day.l1, Player(day.l1, HONEST, day, honest=True)
    play(l1, [honest], blocks=3)
    proof = prove_withdrawal(finished(day), 1)
    assert send(day, "proveWithdrawal", honest.assertion, 1, proof).success
    l1.block += l1.settings.window
    assert send(day, "finalizeWithdrawal", honest.assertion, 1).reason == "the assertion is not confirmed"
    assert l1.send(HONEST, "assertions", "confirm", honest.assertion).success
    l1.block += l1.genesis.withdrawals.airgap_blocks
    assert send(day, "finalizeWithdrawal", honest.assertion, 1).reason == "the air-gap has not passed"
    l1.block += 1
    assert send(day, "finalizeWithdrawal", honest.assertion, 1).success


def test_proving_twice_does_not_start_the_clock_again(day):
    assertion, proof = confirmed(day), prove_withdrawal(finished(day), 1)
    assert send(day, "proveWithdrawal", assertion, 1, proof).success
    first = day.l1.ask("bridge", "provenAt", assertion, 1)
    day.l1.block += 3
    assert send(day, "proveWithdrawal", assertion, 1, b"").success
    assert day.l1.ask("bridge", "provenAt", assertion, 1) == first


def test_a_proof_under_a_rejected_assertion_is_worth_nothing(day):
    lie = day.lie(10)
    honest, liar = Player(day.l1, HONEST, day, honest=True), Player(day.l1, LIARS[0], lie)
    play(day.l1, [liar, honest], blocks=300)
    proof = prove_withdrawal(finished(day), 1)
    assert send(day, "proveWithdrawal", liar.assertion, 1, proof).reason == "no such assertion, or a rejected one"
    assert send(day, "proveWithdrawal", bytes(32), 1, proof).reason == "no such assertion, or a rejected one"


def test_a_wrong_proof_reverts(day):
    assertion, machine = confirmed(day), finished(day)
    right = prove_withdrawal(machine, 1)
    wrongs = (b"", right[:-1], right + b"\0", bytes([right[0] ^ 1]) + right[1:], prove_withdrawal(machine, 2))
    for wrong in wrongs:
        assert not send(day, "proveWithdrawal", assertion, 1, wrong).success
    unsent = send(day, "proveWithdrawal", assertion, 2, prove_withdrawal(machine, 2))
    assert unsent.reason == "there is no such message yet"


def test_every_flipped_bit_of_a_small_part_of_a_proof_is_noticed(day):
    proof, root = prove_withdrawal(finished(day), 1), day.trace.end
    assert open_withdrawal(root, 1, proof) == (RECIPIENT, WITHDRAWN)
    assert len(decode_witness(proof).sections) == len(DEPTHS)
    with pytest.raises(WithdrawalInvalid, match="message of a withdrawal's proof"):
        open_withdrawal(root, 2, proof)
    for place in range(0, len(proof), 7):
        flipped = bytearray(proof)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(WithdrawalInvalid):
            open_withdrawal(root, 1, bytes(flipped))


@pytest.mark.parametrize(
    ("account", "amount", "reason"),
    [
        (0, 0, "the amount is zero or too large"),
        (0, 1 << 55, "the amount is zero or too large"),
        (1 << 63, E8, "no such account"),
        (0, 10**7 * E8, "ERC20: insufficient allowance"),
    ],
)
def test_a_wrong_deposit_takes_nothing(day, account, amount, reason):
    owner = address_of(TRADERS[0])
    before = locked(day.l1), day.l1.ask("inbox", "queueLength"), day.l1.ask("token", "balanceOf", owner)
    assert day.l1.send(owner, "bridge", "deposit", account, amount).reason == reason
    assert before == (locked(day.l1), day.l1.ask("inbox", "queueLength"), day.l1.ask("token", "balanceOf", owner))
