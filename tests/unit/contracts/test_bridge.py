"""The bridge: money in, money out once, and what is locked is what came in less what was paid."""

import pytest

from rollup.core.signing import address_of
from rollup.l1.withdrawal import RING, WithdrawalInvalid, open_withdrawal, prove_withdrawal
from rollup.state.rows import DEPTHS
from rollup.state.witness import decode_witness
from tests.unit.contracts.toy_games import HONEST, LIARS, Player, play
from tests.unit.contracts.trading_day import E8, LEAVING, LODGED_E6, TRADERS, real_l1, trading_day

RECIPIENT = b"W" * 20
DEPOSITED = (len(TRADERS) + 1) * 900_000 * E8
WITHDRAWN = 5_000 * E8
MESSAGE = 2
"""The withdrawal's number: the first message is the exit's."""
COLLATERAL_MESSAGE = 3


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
    l1, proof = day.l1, prove_withdrawal(finished(day), MESSAGE)
    assertion = confirmed(day)
    assert send(day, "finalizeWithdrawal", assertion, MESSAGE).reason == "not proven under this assertion"
    assert send(day, "proveWithdrawal", assertion, MESSAGE, proof).success
    assert l1.ask("bridge", "provenAt", assertion, MESSAGE) == l1.block
    l1.block += l1.genesis.withdrawals.maturity_blocks
    assert send(day, "finalizeWithdrawal", assertion, MESSAGE).reason == "the proof has not matured"
    assert (locked(l1), l1.ask("bridge", "finalized", MESSAGE)) == (DEPOSITED, False)
    l1.block += 1
    assert send(day, "finalizeWithdrawal", assertion, MESSAGE).success
    assert (locked(l1), l1.ask("bridge", "finalized", MESSAGE)) == (DEPOSITED - WITHDRAWN, True)
    assert l1.ask("token", "balanceOf", RECIPIENT) == WITHDRAWN
    assert send(day, "finalizeWithdrawal", assertion, MESSAGE).reason == "paid already"
    assert locked(l1) == DEPOSITED - WITHDRAWN


def test_collateral_is_paid_in_its_own_token(day):
    l1, proof = day.l1, prove_withdrawal(finished(day), COLLATERAL_MESSAGE)
    assert open_withdrawal(day.trace.end, COLLATERAL_MESSAGE, proof) == (RECIPIENT, LODGED_E6 // 2, 2)
    assertion, cash = confirmed(day), locked(l1)
    assert send(day, "proveWithdrawal", assertion, COLLATERAL_MESSAGE, proof).success
    l1.block += l1.genesis.withdrawals.maturity_blocks + 1
    assert send(day, "finalizeWithdrawal", assertion, COLLATERAL_MESSAGE).success
    assert l1.ask("token:ETH", "balanceOf", RECIPIENT) == LODGED_E6 // 2
    assert l1.ask("token:ETH", "balanceOf", l1.address("bridge")) == LODGED_E6 // 2
    assert locked(l1) == cash
    assert send(day, "finalizeWithdrawal", assertion, COLLATERAL_MESSAGE).reason == "paid already"


@pytest.mark.parametrize(
    ("market", "account", "quantity", "reason"),
    [
        (0, 1, 5, "no such collateral"),
        (3, 1, 5, "no such collateral"),
        (2, 1, 0, "the amount is zero or too large"),
        (2, 1, 1 << 40, "the amount is zero or too large"),
        (2, 1 << 63, 5, "no such account"),
        (1, 1, 5, "ERC20: insufficient allowance"),
    ],
)
def test_a_deposit_of_collateral_that_cannot_be_reverts(day, market, account, quantity, reason):
    collector = address_of(TRADERS[3])
    length = day.l1.ask("inbox", "queueLength")
    assert reason in day.l1.send(collector, "bridge", "depositCollateral", market, account, quantity).reason
    assert day.l1.ask("inbox", "queueLength") == length


def test_tokens_say_what_they_are(day):
    assert [day.l1.ask(name, "symbol") for name in ("token", "token:BTC", "token:ETH")] == ["USD", "BTC", "ETH"]
    assert [day.l1.ask(name, "decimals") for name in ("token", "token:BTC")] == [8, 6]


def test_the_air_gap_passes_after_confirmation_though_the_proof_is_old(day):
    l1, honest = day.l1, Player(day.l1, HONEST, day, honest=True)
    play(l1, [honest], blocks=3)
    proof = prove_withdrawal(finished(day), MESSAGE)
    assert send(day, "proveWithdrawal", honest.assertion, MESSAGE, proof).success
    l1.block += l1.settings.window
    assert send(day, "finalizeWithdrawal", honest.assertion, MESSAGE).reason == "the assertion is not confirmed"
    assert l1.send(HONEST, "assertions", "confirm", honest.assertion).success
    l1.block += l1.genesis.withdrawals.airgap_blocks
    assert send(day, "finalizeWithdrawal", honest.assertion, MESSAGE).reason == "the air-gap has not passed"
    l1.block += 1
    assert send(day, "finalizeWithdrawal", honest.assertion, MESSAGE).success


def test_proving_twice_does_not_start_the_clock_again(day):
    assertion, proof = confirmed(day), prove_withdrawal(finished(day), MESSAGE)
    assert send(day, "proveWithdrawal", assertion, MESSAGE, proof).success
    first = day.l1.ask("bridge", "provenAt", assertion, MESSAGE)
    day.l1.block += 3
    assert send(day, "proveWithdrawal", assertion, MESSAGE, b"").success
    assert day.l1.ask("bridge", "provenAt", assertion, MESSAGE) == first


def test_a_proof_under_a_rejected_assertion_is_worth_nothing(day):
    lie = day.lie(10)
    honest, liar = Player(day.l1, HONEST, day, honest=True), Player(day.l1, LIARS[0], lie)
    play(day.l1, [liar, honest], blocks=300)
    proof = prove_withdrawal(finished(day), MESSAGE)
    assert send(day, "proveWithdrawal", liar.assertion, MESSAGE, proof).reason == "no such assertion, or a rejected one"
    assert send(day, "proveWithdrawal", bytes(32), MESSAGE, proof).reason == "no such assertion, or a rejected one"


def test_a_wrong_proof_reverts(day):
    assertion, machine = confirmed(day), finished(day)
    right = prove_withdrawal(machine, MESSAGE)
    wrongs = (b"", right[:-1], right + b"\0", bytes([right[0] ^ 1]) + right[1:], prove_withdrawal(machine, 4))
    for wrong in wrongs:
        assert not send(day, "proveWithdrawal", assertion, MESSAGE, wrong).success
    unsent = send(day, "proveWithdrawal", assertion, 4, prove_withdrawal(machine, 4))
    assert unsent.reason.startswith("message of a withdrawal's proof")
    assert send(day, "proveWithdrawal", assertion, 0, prove_withdrawal(machine, 0)).reason == "there is no such message yet"


def test_every_flipped_bit_of_a_small_part_of_a_proof_is_noticed(day):
    proof, root = prove_withdrawal(finished(day), MESSAGE), day.trace.end
    assert open_withdrawal(root, MESSAGE, proof) == (RECIPIENT, WITHDRAWN, 0)
    assert len(decode_witness(proof).sections) == len(DEPTHS)
    with pytest.raises(WithdrawalInvalid, match="row of a withdrawal's proof"):
        open_withdrawal(root, 1, proof)
    with pytest.raises(WithdrawalInvalid, match="message of a withdrawal's proof"):
        open_withdrawal(root, MESSAGE + RING, proof)
    for place in range(0, len(proof), 7):
        flipped = bytearray(proof)
        flipped[place] ^= 1 << place % 8
        with pytest.raises(WithdrawalInvalid):
            open_withdrawal(root, MESSAGE, bytes(flipped))


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


def test_an_exit_is_asked_for_on_l1_alone_and_paid_as_any_withdrawal(day):
    l1, assertion = day.l1, confirmed(day)
    assert send(day, "proveWithdrawal", assertion, 1, prove_withdrawal(finished(day), 1)).success
    l1.block += l1.genesis.withdrawals.maturity_blocks + 1
    assert send(day, "finalizeWithdrawal", assertion, 1).success
    assert l1.ask("token", "balanceOf", LEAVING) == 900_000 * E8


@pytest.mark.parametrize(
    ("account", "recipient", "short", "reason"),
    [
        (1 << 63, RECIPIENT, 0, "no such account"),
        (1, bytes(20), 0, "no recipient"),
        (1, RECIPIENT, 1, "the fee is too low"),
    ],
)
def test_a_wrong_exit_is_not_queued(day, account, recipient, short, reason):
    l1, owner = day.l1, address_of(TRADERS[0])
    before = l1.ask("inbox", "queueLength")
    fee = l1.genesis.inbox.queue_fee_wei
    assert l1.send(owner, "bridge", "forceExit", account, recipient, value=fee - short).reason == reason
    assert l1.ask("inbox", "queueLength") == before
    assert l1.send(owner, "bridge", "forceExit", 1, RECIPIENT, value=fee).success
    assert l1.ask("inbox", "queueLength") == before + 1
    assert l1.world.balance(l1.address("bridge")) == l1.world.balance(l1.address("inbox")) == 0
