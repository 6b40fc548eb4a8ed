"""An account falls under water, and bidders try every trick: no cash, another kind, dust (DRV-02, -04, -06, -07, DRV2-07)."""

from rollup.devnet.drills.desk import E8, E9
from rollup.devnet.drills.floor import Floor, open_floor
from rollup.devnet.drills.framework import Drill
from rollup.devnet.drills.scene import Scene
from rollup.devnet.drills.trading import DEPOSIT_E8, Trader
from rollup.market.terms import INSOLVENT, SELL, SOLVENT
from rollup.transition.kinds import Kind
from rollup.transition.status import Status

QUANTITY_E6 = 45_000_000
"""What the first account sells short: about as much as its money allows."""

PRICE = 2_100
"""At what price, USD."""

JUMP = 112_000
"""Price of the underlying at which its maintenance margin is gone, and something is left, USD."""

ANY_E8 = 10**15
"""A price limit that says nothing."""


async def play(scene: Scene) -> None:
    """Sell too much, let the price jump, and liquidate the account bid by bid."""
    floor = await open_floor(scene)
    debtor, bidder, poor = floor.traders
    await floor.expect("sold", Status.OK, floor.deal(bidder, debtor, PRICE, QUANTITY_E6))
    await floor.expect("rests", Status.OK, floor.order(debtor, SELL, 3 * PRICE, 100_000))
    await floor.expect("not_liquidatable_while_covered", Status.NOT_LIQUIDATABLE, start(floor, bidder, debtor))
    await floor.prices(JUMP)
    await floor.expect("auction_starts", Status.OK, start(floor, bidder, debtor))
    await floor.expect("auction_starts_once", Status.IN_AUCTION, start(floor, bidder, debtor))
    floor.note("orders_cancelled", holds=not (await floor.look(debtor))["orders"])
    await locked(floor, debtor)
    away_e8 = DEPOSIT_E8 - 1_000 * E8
    await floor.expect("poor_pays_out", Status.OK, floor.act(poor, Kind.TRANSFER, counterparty=bidder.account.number, amount_e8=away_e8))
    await floor.expect("bid_without_money_refused", Status.INITIAL_MARGIN, bid(floor, poor, debtor, number=E9))
    await tricks(floor, debtor, bidder)
    await floor.expect("bid_taken", Status.OK, bid(floor, bidder, debtor, number=E9))
    await floor.expect("auction_over", Status.NO_AUCTION, bid(floor, bidder, debtor, number=E9))
    floor.note("account_restored", holds=(await floor.look(debtor))["maintenance_health_e8"] >= 0)
    await floor.expect("account_is_free", Status.OK, floor.act(debtor, Kind.CANCEL_ALL))
    await floor.settle()


async def locked(floor: Floor, debtor: Trader) -> None:
    """Nothing leaves an account that is for sale."""
    exit_: dict[str, int | bytes] = {"amount_e8": 1_000 * E8, "address": debtor.account.address}
    await floor.expect("auction_locks_withdrawals", Status.IN_AUCTION, floor.act(debtor, Kind.WITHDRAW, **exit_))
    await floor.expect("auction_locks_transfers", Status.IN_AUCTION, floor.act(debtor, Kind.TRANSFER, amount_e8=E8, counterparty=2))
    await floor.expect("auction_locks_orders", Status.IN_AUCTION, floor.order(debtor, SELL, PRICE, 100_000))


async def tricks(floor: Floor, debtor: Trader, bidder: Trader) -> None:
    """Bids that must not be taken, and dust, which must not block the next bid."""
    await floor.expect("wrong_kind_refused", Status.AUCTION_KIND, bid(floor, bidder, debtor, side=INSOLVENT))
    await floor.expect("old_sequence_refused", Status.SEQUENCE_MISMATCH, bid(floor, bidder, debtor, sequence=77))
    await floor.expect("price_limit_kept", Status.BID_PRICE, bid(floor, bidder, debtor, amount_e8=-ANY_E8))
    await floor.expect("own_account_refused", Status.UNKNOWN_COUNTERPARTY, bid(floor, bidder, bidder))
    await floor.expect("dust_bid_taken", Status.OK, bid(floor, bidder, debtor, number=1))


async def start(floor: Floor, caller: Trader, debtor: Trader) -> Status:
    """Start an auction."""
    return await floor.act(caller, Kind.START_AUCTION, counterparty=debtor.account.number)


async def bid(floor: Floor, bidder: Trader, debtor: Trader, **fields: int) -> Status:
    """Bid for an account that is for sale: one percent at any price, unless `fields` say otherwise."""
    terms = {"counterparty": debtor.account.number, "number": E9 // 100, "amount_e8": ANY_E8, "side": SOLVENT, "sequence": 0}
    return await floor.act(bidder, Kind.BID, **{**terms, **fields})


DRILL = Drill(
    fault="an account is liquidated while its owner tries to flee and bidders try to cheat",
    expectation="the account is locked, bad bids are refused, dust blocks nobody, and one bid for the rest ends the auction",
    play=play,
    covers=("B2", "B4", "B5", "B6", "B18"),
)
