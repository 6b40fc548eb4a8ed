"""Statuses of authorisation, of what nobody signs, and of session keys."""

from rollup.state.limits import AMOUNT_MAX, NONCE_AHEAD_S, NONCE_MAX, NONCES_A_SECOND
from rollup.transition.kinds import SCOPE_WITHDRAW, Kind
from rollup.transition.status import Status
from tests.unit.transition.opened_market import START_S, owner
from tests.unit.transition.status_cases import begin, bid, case, deposit, leave, pair, posted, register, reports, revoke, wait

# Authorisation.


@case(Status.CONTINUED)
def continuation(desk):
    return (pair(desk)[1],)


@case(Status.INVALID_KIND)
def unknown_kind(desk):
    return ({**bid(desk), "kind": 99},)


@case(Status.INVALID_KIND)
def posted_deposit(desk):
    return (deposit(source=0),)


@case(Status.INVALID_KIND)
def queued_begin_batch(desk):
    return (begin(desk, START_S + 5, source=1),)


@case(Status.INVALID_KIND)
def order_from_a_header(desk):
    return (bid(desk, source=2),)


@case(Status.INVALID_PARTS)
def parts_missing(desk):
    return pair(desk)[:1]


@case(Status.INVALID_PARTS)
def parts_unwanted(desk):
    return (bid(desk, parts=1), pair(desk)[1])


@case(Status.INVALID_PARTS)
def parts_negative(desk):
    return (bid(desk, parts=-1),)


@case(Status.INVALID_PARTS)
def part_of_another_kind(desk):
    head, part = pair(desk)
    return head, {**part, "continues": Kind.ORACLE_UPDATE}


@case(Status.INVALID_PARTS)
def part_of_another_source(desk):
    return pair(desk, source=1)


@case(Status.INVALID_SIGNATURE)
def forged(desk):
    return (bid(desk, authentic=0),)


@case(Status.INVALID_SIGNATURE)
def forged_part(desk):
    return pair(desk, authentic=0)


@case(Status.INVALID_SIGNATURE)
def forged_report(desk):
    return reports(desk, 1, 2, authentic=0)


@case(Status.INVALID_SIGNER)
def stranger(desk):
    return (bid(desk, signer=owner(2)),)


@case(Status.INVALID_SIGNER)
def wrong_owner(desk):
    return (bid(desk, owner=owner(2), signer=owner(2)),)


@case(Status.INVALID_SIGNER)
def expired_key(desk):
    desk.run(register(desk))
    wait(desk, START_S + 101)
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_SIGNER)
def revoked_key(desk):
    desk.run(register(desk))
    desk.run(revoke(desk))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_SIGNER)
def key_of_another_account(desk):
    desk.run(register(desk, account=2))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.INVALID_NONCE)
def used_nonce(desk):
    desk.run(bid(desk))
    return (bid(desk, nonce=1),)


@case(Status.INVALID_NONCE)
def nonce_out_of_range(desk):
    return (bid(desk, nonce=NONCE_MAX),)


@case(Status.INVALID_NONCE)
def nonce_of_a_key_that_would_use_up_all(desk):
    """Rejected for its scope it would still be used, and the owner could not even withdraw any more."""
    desk.run(register(desk, scope=SCOPE_WITHDRAW))
    return (bid(desk, signer=(9, 9, 9), nonce=NONCE_MAX - 1),)


@case(Status.INVALID_NONCE)
def nonce_of_a_key_ahead_of_time(desk):
    desk.run(register(desk))
    return (bid(desk, signer=(9, 9, 9), nonce=(START_S + NONCE_AHEAD_S + 1) * NONCES_A_SECOND),)


@case(Status.INVALID_NONCE)
def nonce_of_a_key_of_part_ahead_of_time(desk):
    desk.run(register(desk, account=2))
    return pair(desk, signer=(9, 9, 9), nonce=NONCE_MAX - 1)


@case(Status.INVALID_NONCE)
def used_nonce_of_part(desk):
    desk.run(bid(desk, account=2))
    return pair(desk, nonce=1)


@case(Status.INVALID_EXPIRED)
def late(desk):
    return (bid(desk, expiry_s=START_S - 1),)


@case(Status.INVALID_ACCOUNT)
def no_account(desk):
    return (bid(desk, account=5),)


@case(Status.INVALID_ACCOUNT)
def account_zero(desk):
    return (bid(desk, account=0, owner=(0, 0, 0), signer=(0, 0, 0)),)


@case(Status.KEY_SCOPE)
def key_without_scope(desk):
    desk.run(register(desk, scope=SCOPE_WITHDRAW))
    return (bid(desk, signer=(9, 9, 9)),)


@case(Status.KEY_SCOPE)
def key_that_would_register_keys(desk):
    desk.run(register(desk, scope=7))
    return (desk.signed(Kind.REGISTER_KEY, 1, signer=(9, 9, 9), address=(8, 8, 8), scope=7, timestamp_s=START_S + 9),)


@case(Status.KEY_SCOPE)
def key_of_part_without_scope(desk):
    desk.run(register(desk, account=2, scope=SCOPE_WITHDRAW))
    return pair(desk, signer=(9, 9, 9))


# BEGIN_BATCH and DEPOSIT.


@case(Status.INVALID_FIELD)
def time_moves_back(desk):
    return (begin(desk, START_S - 1),)


@case(Status.INVALID_FIELD)
def batch_repeated(desk):
    return (begin(desk, START_S, amount_e8=0),)


@case(Status.INVALID_FIELD)
def queue_moves_back(desk):
    return (begin(desk, START_S, number=-1),)


@case(Status.INVALID_KIND)
def word_of_l1_that_somebody_posted(desk):
    return (posted(source=0),)


@case(Status.INVALID_FIELD)
def fewer_batches_on_l1_than_none(desk):
    return (posted(-1),)


@case(Status.INVALID_FIELD)
def too_many_batches_on_l1(desk):
    return (posted(NONCE_MAX),)


@case(Status.INVALID_FIELD)
def deposit_of_nothing(desk):
    return (deposit(amount=0),)


@case(Status.INVALID_FIELD)
def deposit_too_large(desk):
    return (deposit(amount=AMOUNT_MAX),)


@case(Status.INVALID_KIND)
def exit_that_was_posted(desk):
    return (leave(source=0),)


@case(Status.INVALID_ACCOUNT)
def exit_of_no_account(desk):
    return (leave(account=77),)


@case(Status.INVALID_SIGNER)
def exit_of_anothers_account(desk):
    return (leave(owner=owner(2)),)


@case(Status.OUT_OF_RANGE)
def exit_to_nobody(desk):
    return (leave(address=(0, 0, 0)),)


# Keys.


@case(Status.KEYS_FULL)
def fifth_key(desk):
    for key in range(4):
        desk.run(register(desk, key=20 + key))
    return (register(desk),)


@case(Status.UNKNOWN_KEY)
def revoke_unknown(desk):
    return (revoke(desk),)


@case(Status.UNKNOWN_KEY)
def revoke_twice(desk):
    desk.run(register(desk))
    desk.run(revoke(desk))
    return (revoke(desk),)


@case(Status.KEY_SCOPE)
def key_that_would_revoke_keys(desk):
    desk.run(register(desk, scope=7))
    return (desk.signed(Kind.REVOKE_KEY, 1, signer=(9, 9, 9), address=(9, 9, 9)),)


@case(Status.OUT_OF_RANGE)
def key_for_nothing(desk):
    return (register(desk, scope=0),)


@case(Status.OUT_OF_RANGE)
def scope_unknown(desk):
    return (register(desk, scope=8),)


@case(Status.OUT_OF_RANGE)
def key_already_expired(desk):
    return (register(desk, until=START_S - 1),)
