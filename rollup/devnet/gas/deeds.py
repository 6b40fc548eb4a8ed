"""One accepted transaction of every kind that is posted, and of those that weigh positions one with as many as there may be.

One rule: a deed sets its stage and returns the transactions to post, the last of which is the one that is meant.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rollup.core.genesis import FeedKind
from rollup.core.instrument_names import PERPETUAL
from rollup.core.margin_parameters import VolShock
from rollup.core.signing import address_of
from rollup.devnet.drills.desk import E8, FEE_MAX_E8, Signed
from rollup.devnet.gas.stage import Stage
from rollup.l1.records import joined
from rollup.market.feeds import observe
from rollup.market.margin import Model
from rollup.market.marks import mark_price
from rollup.market.terms import BOTH_SIDES, BUY, IMMEDIATE_OR_CANCEL, SELL, SOLVENT, STOP_LOSS
from rollup.state.limits import LEGS, PARTS, POSITIONS
from rollup.state.table import commit, read
from rollup.transition.kinds import Kind
from rollup.transition.parameters import Parameter

Deed = Callable[[Stage], list[Signed]]

ALL_E9, ANY_E8 = 10**9, 1 << 60
"""The whole of an account, and any price, as a bid's terms."""

NOTICE_S = 8 * 86_400
"""How far ahead a change of parameters is announced."""

RICH_USD = 8_000_000
"""Cash that margin of as many positions as there may be is nothing to."""

NEW_SCENARIO = 33
"""A scenario behind the usual ones."""

OUT = b"recipient of a deed."
"""Where money goes on L1."""


def cancel(stage: Stage) -> list[Signed]:
    """Cancel an order that rests."""
    order = stage.do(stage.desk.order(stage.accounts[0], BUY, 2_000, 100_000))["order"]
    return [stage.desk.act(Kind.CANCEL, stage.accounts[0], order=int(order))]


def replace(stage: Stage) -> list[Signed]:
    """Put another order in the place of one."""
    one = stage.accounts[0]
    order = int(stage.do(stage.desk.order(one, BUY, 2_000, 100_000))["order"])
    terms = {"price_e8": 1_990 * E8, "quantity_e6": 200_000, "max_fee_e8": FEE_MAX_E8}
    return [stage.desk.act(Kind.REPLACE, one, order=order, number=one.nonce, **terms)]


def mass_quote(stage: Stage) -> list[Signed]:
    """Quote both sides of as many options as a transaction has records, in the place of as many quotes."""
    stage.do(quotes(stage, 2))
    return [quotes(stage, 3)]


def quotes(stage: Stage, away: int) -> Signed:
    """Return a full mass quote, so many ticks away from the marks."""
    one, records = stage.accounts[0], []
    expiry_s = stage.genesis.markets[0].expiries_s[0]
    known = [number for number, each in enumerate(stage.genesis.instruments, 1) if (each.market, each.expiry_s) == (1, expiry_s)]
    options = [number for number in known if stage.value("instruments", number, "vol_feed")][: PARTS + 1]
    for place, instrument in enumerate(options):
        tick, mark = stage.value("instruments", instrument, "tick_e8"), mark_of(stage, instrument)
        bid, ask = max(mark // tick - away, 1) * tick, (mark // tick + away + 1) * tick
        sides = {"price_e8": bid, "quantity_e6": 100_000, "amount_e8": ask, "expected_e6": 100_000, "side": BOTH_SIDES}
        bound = {"instrument": instrument, "max_fee_e8": FEE_MAX_E8, "sequence": place, "number": len(options)}
        records.append(stage.desk.record(Kind.MASS_QUOTE, one, **sides, **bound))
        records[-1]["nonce"] = records[0]["nonce"]
    return stage.desk.sign(joined(*records), [one.secret] * len(records))


def mark_of(stage: Stage, instrument: int) -> int:
    """Return an option's mark, 1e-8 USD."""
    state = stage.machine.state
    row = read(state.instruments, instrument)
    _, forward, vol, _, _ = observe(state, row)
    mark = mark_price(state, row, forward, vol)
    commit(state)
    return int(mark)


def trigger(stage: Stage) -> list[Signed]:
    """Fire a stop-loss order."""
    one = stage.accounts[0]
    waiting = stage.desk.order(one, BUY, 2_100, 100_000, options=STOP_LOSS, trigger_e8=101_000 * E8)
    order = int(stage.do(waiting)["order"])
    stage.edit("feeds", stage.genesis.feed_id(FeedKind.SPOT, 1), number=102_000 * E8)
    return [stage.anybody(Kind.TRIGGER, order=order, number=one.nonce)]


def set_protection(stage: Stage) -> list[Signed]:
    """Protect a maker."""
    return [stage.desk.act(Kind.SET_PROTECTION, stage.accounts[0], number=60, timestamp_s=60, quantity_e6=1_000_000)]


def set_margin_model(stage: Stage) -> list[Signed]:
    """Change the model of an account with as many positions as there may be."""
    crowded(stage, 1)
    return [stage.desk.act(Kind.SET_MARGIN_MODEL, stage.accounts[0], number=Model.PORTFOLIO)]


def set_parameter(stage: Stage) -> list[Signed]:
    """Announce another fee."""
    terms = {"order": Parameter.TAKER_FEE_E9, "number": 200_000, "timestamp_s": stage.time_s + NOTICE_S}
    return [stage.desk.act(Kind.SET_PARAMETER, stage.accounts[4], **terms)]


def set_scenario(stage: Stage) -> list[Signed]:
    """Announce another scenario."""
    terms = {"order": NEW_SCENARIO, "number": 500_000_000, "options": VolShock.UP, "confidence_e9": 10**9}
    return [stage.desk.act(Kind.SET_SCENARIO, stage.accounts[4], **terms, timestamp_s=stage.time_s + NOTICE_S)]


def start_auction(stage: Stage) -> list[Signed]:
    """Put an account up for sale."""
    stage.trade()
    stage.cash(2, 6_000)
    return [stage.desk.act(Kind.START_AUCTION, stage.accounts[2], counterparty=2)]


def bid(stage: Stage) -> list[Signed]:
    """Take all of it."""
    stage.do(start_auction(stage)[0])
    return [offer(stage)]


def offer(stage: Stage) -> Signed:
    """Return a bid on all of account 2."""
    return stage.desk.act(Kind.BID, stage.accounts[2], counterparty=2, number=ALL_E9, amount_e8=ANY_E8, side=SOLVENT)


def end_auction(stage: Stage) -> list[Signed]:
    """End the sale of an account that has its margin again."""
    stage.do(start_auction(stage)[0])
    stage.cash(2, 500_000)
    return [stage.desk.act(Kind.END_AUCTION, stage.accounts[2], counterparty=2)]


def deleverage(stage: Stage) -> list[Signed]:
    """Close an insolvent account's position against one who profits, when the insurance fund is empty."""
    stage.trade()
    stage.cash(2, 6_000)
    expiry_s = stage.genesis.markets[0].expiries_s[0]
    for feed in (stage.genesis.feed_id(FeedKind.SPOT, 1), stage.genesis.feed_id(FeedKind.FORWARD, 1, expiry_s)):
        stage.edit("feeds", feed, number=115_000 * E8)
    stage.do(stage.desk.act(Kind.START_AUCTION, stage.accounts[2], counterparty=2))
    stage.edit("system", 0, insurance_e8=0)
    terms = {"counterparty": 2, "instrument": stage.desk.instrument, "quantity_e6": 500_000, "number": 1}
    return [stage.desk.act(Kind.DELEVERAGE, stage.accounts[2], **terms)]


def fix_settlement(stage: Stage) -> list[Signed]:
    """Fix what the first expiry's options pay."""
    pass_window(stage)
    return [stage.desk.act(Kind.FIX_SETTLEMENT, stage.accounts[3], feed=forward_feed(stage))]


def pass_window(stage: Stage) -> None:
    """Let the settlement window of the first expiry pass at one price."""
    expiry_s = stage.genesis.markets[0].expiries_s[0]
    for time_s in (expiry_s - 2_000, expiry_s + 10):
        stage.at(time_s)
        stage.do(stage.spot(101_000))


def forward_feed(stage: Stage) -> int:
    """Return the feed of the first expiry's forward."""
    return stage.genesis.feed_id(FeedKind.FORWARD, 1, stage.genesis.markets[0].expiries_s[0])


def expire(stage: Stage) -> None:
    """Let the first expiry pass, and its price be fixed."""
    stage.do(fix_settlement(stage)[0])


def settle(stage: Stage) -> list[Signed]:
    """Settle a holder."""
    stage.trade()
    expire(stage)
    return [stage.desk.act(Kind.SETTLE, stage.accounts[2], instrument=stage.desk.instrument, counterparty=1)]


def delist(stage: Stage) -> list[Signed]:
    """Take an expired strike away."""
    expire(stage)
    return [stage.anybody(Kind.DELIST, feed=forward_feed(stage))]


def apply_funding(stage: Stage) -> list[Signed]:
    """Let a holder of a perpetual pay what it owes."""
    perpetual = next(number for number, each in enumerate(stage.genesis.instruments, 1) if each.option_type == PERPETUAL)
    stage.hold(1, {perpetual: 1_000_000})
    stage.edit("accounts", 1, expiry_s=0)
    return [stage.desk.act(Kind.APPLY_FUNDING, stage.accounts[2], instrument=perpetual, counterparty=1)]


def revoke_key(stage: Stage) -> list[Signed]:
    """Revoke a session key."""
    key = address_of(stage.accounts[3].secret)
    stage.do(stage.desk.act(Kind.REGISTER_KEY, stage.accounts[0], address=key, scope=1, timestamp_s=stage.time_s + NOTICE_S))
    return [stage.desk.act(Kind.REVOKE_KEY, stage.accounts[0], address=key)]


def transfer_position(stage: Stage) -> list[Signed]:
    """Move a part of a short position, of as many, to another account of its owner."""
    stage.trade()
    opened = stage.do(stage.desk.act(Kind.TRANSFER, stage.accounts[1], counterparty=0, amount_e8=200_000 * E8))["opened"]
    terms = {"counterparty": int(opened), "instrument": stage.desk.instrument, "quantity_e6": 500_000}
    return [stage.desk.act(Kind.TRANSFER_POSITION, stage.accounts[1], **terms)]


def withdraw_collateral(stage: Stage) -> list[Signed]:
    """Take collateral out of an account with as many positions as there may be."""
    crowded(stage, 1)
    stage.lodge(1, 1, 3_000_000)
    return [stage.desk.act(Kind.WITHDRAW_COLLATERAL, stage.accounts[0], number=1, quantity_e6=1_000_000, address=OUT)]


def transfer_collateral(stage: Stage) -> list[Signed]:
    """Give collateral to somebody else."""
    stage.lodge(1, 1, 3_000_000)
    return [stage.desk.act(Kind.TRANSFER_COLLATERAL, stage.accounts[0], number=1, quantity_e6=1_000_000, counterparty=2)]


def crowded(stage: Stage, *accounts: int, count: int = POSITIONS, usd: int = RICH_USD) -> None:
    """Give accounts as many positions as there may be, and cash."""
    for account in accounts:
        stage.crowd(account, count)
        stage.cash(account, usd)


def crowded_order(stage: Stage) -> list[Signed]:
    """Meet two makers, all three with nearly as many positions as there may be."""
    crowded(stage, 1, 2, 3, count=POSITIONS - 1)
    for maker in stage.accounts[1:3]:
        stage.do(stage.desk.order(maker, SELL, 2_000, 100_000))
    return [stage.desk.order(stage.accounts[0], BUY, 2_200, 200_000, time_in_force=IMMEDIATE_OR_CANCEL)]


def crowded_block(stage: Stage) -> list[Signed]:
    """Trade as many legs as a block may have, between accounts that then have as many positions as there may be."""
    crowded(stage, 1, 2, count=POSITIONS - LEGS)
    first = stage.value("system", 0, "instruments") + 1
    stage.crowd(4, LEGS)
    one, two, *_ = stage.accounts
    made = []
    nonces = one.nonce + 1, two.nonce + 1
    for turn, (account, other) in enumerate(((one, two), (two, one))):
        for place in range(LEGS):
            terms = {"instrument": first + place, "price_e8": 2_100 * E8, "quantity_e6": 100_000, "max_fee_e8": FEE_MAX_E8}
            sides = {"side": (BUY, SELL)[turn], "counterparty": other.number, "number": LEGS, "sequence": place}
            made.append(stage.desk.record(Kind.EXECUTE_BLOCK, account, **terms, **sides))
            made[-1]["nonce"] = nonces[turn]
    return [stage.desk.sign(joined(*made), [account.secret for account in (one, two) for _ in range(LEGS)])]


def crowded_auction(stage: Stage) -> list[Signed]:
    """Put an account with as many positions as there may be up for sale."""
    crowded(stage, 2, usd=1_000)
    return [stage.desk.act(Kind.START_AUCTION, stage.accounts[2], counterparty=2)]


def crowded_bid(stage: Stage) -> list[Signed]:
    """Take all of it."""
    stage.do(crowded_auction(stage)[0])
    stage.cash(3, RICH_USD)
    return [offer(stage)]


def crowded_withdrawal(stage: Stage) -> list[Signed]:
    """Withdraw from an account with as many positions as there may be."""
    crowded(stage, 1)
    stage.edit("system", 0, vault_e8=10 * RICH_USD * E8)
    return [stage.desk.withdrawal(stage.accounts[0], 5_000 * E8, OUT)]


DEEDS: Mapping[tuple[Kind, str], Deed] = MappingProxyType(
    {
        (Kind.CANCEL, ""): cancel,
        (Kind.REPLACE, ""): replace,
        (Kind.MASS_QUOTE, ""): mass_quote,
        (Kind.TRIGGER, ""): trigger,
        (Kind.SET_PROTECTION, ""): set_protection,
        (Kind.SET_MARGIN_MODEL, ""): set_margin_model,
        (Kind.SET_PARAMETER, ""): set_parameter,
        (Kind.SET_SCENARIO, ""): set_scenario,
        (Kind.START_AUCTION, ""): start_auction,
        (Kind.BID, ""): bid,
        (Kind.END_AUCTION, ""): end_auction,
        (Kind.DELEVERAGE, ""): deleverage,
        (Kind.FIX_SETTLEMENT, ""): fix_settlement,
        (Kind.SETTLE, ""): settle,
        (Kind.DELIST, ""): delist,
        (Kind.APPLY_FUNDING, ""): apply_funding,
        (Kind.REVOKE_KEY, ""): revoke_key,
        (Kind.TRANSFER_POSITION, ""): transfer_position,
        (Kind.WITHDRAW_COLLATERAL, ""): withdraw_collateral,
        (Kind.TRANSFER_COLLATERAL, ""): transfer_collateral,
        (Kind.PLACE_ORDER, "384 positions"): crowded_order,
        (Kind.EXECUTE_BLOCK, "8 legs, 128 positions each"): crowded_block,
        (Kind.START_AUCTION, "128 positions"): crowded_auction,
        (Kind.BID, "128 positions"): crowded_bid,
        (Kind.WITHDRAW, "128 positions"): crowded_withdrawal,
    }
)
"""Every deed by its kind, and by what makes it the worst of its kind where it is not the usual one."""
