"""Whole auctions as others published them: the transition starts them, takes their bids, and leaves the cash that was left there.

Their margin model is none of ours, so maintenance margin and mark-to-market are what was published before each bid; all else is computed.
"""

import pytest
from mpmath import mpf

from rollup.transition.kinds import Kind
from rollup.transition.status import Status
from tests.unit.transition.auction_scenes import refresh, set_cash
from tests.unit.transition.opened_market import START_S, Desk
from tests.unit.transition.status_cases import ATM
from tests.vectors.converters import E18, FOLDER, load

PATH = FOLDER / "liquidation" / "liquidation.json"
E6, E8, E9 = 10**6, 10**8, 10**9
RULES = {
    "discount_start_e9": 980_000_000,
    "discount_cutoff_e9": 800_000_000,
    "fast_auction_s": 100,
    "slow_auction_s": 14_400,
    "liquidation_fee_e9": 20_000_000,
    "buffer_e9": 200_000_000,
}
SELLER, BIDDER = 2, 3


def cases():
    if not PATH.is_file():
        pytest.skip(f"NO EXTERNAL VECTORS: {PATH} is not there; set OPTROLL_VECTORS")
    return load(PATH).items()


def units(number):
    return int(mpf(number) / E18 * E8)


def opened(case) -> Desk:
    """The account to be sold, with its call, and a rich bidder."""
    desk = Desk()
    desk.edit("parameters", 0, **RULES)
    (amount,) = case["InitialPortfolio"]["OptionAmounts"]
    quantity = int(mpf(amount) / E18 * E6)
    desk.hold(SELLER, {ATM: quantity})
    desk.hold(1, {ATM: -quantity})
    desk.edit("instruments", ATM, open_interest_e6=abs(quantity), shorts_e6=abs(quantity))
    set_cash(desk, SELLER, float(mpf(case["InitialPortfolio"]["Cash"]) / E18))
    return desk


def judged(monkeypatch, maintenance, mark):
    """Let the account stand as was published."""
    for module in ("start_auction", "bid"):
        monkeypatch.setattr(f"rollup.transition.{module}.standing", lambda *_: (maintenance, mark, 1 << 39))


def error(found, wanted):
    return abs(mpf(found) - wanted) / abs(wanted)


def test_published_auctions_go_as_they_went(monkeypatch, comparison):
    fees, costs, shares, left = (comparison(f"transition ÷ published, auction {what}") for what in ("fee", "bid", "share", "cash"))
    for name, case in cases():
        desk, first = opened(case), case["Actions"][0]["Results"]
        fee = mpf(case["LiquidationFee"])
        judged(monkeypatch, units(first["PreMM"]) + int(fee * E8), units(first["PreMtM"]) + int(fee * E8))
        started = desk.run(desk.signed(Kind.START_AUCTION, BIDDER, counterparty=SELLER))
        assert started.status == Status.OK
        if case["Actions"][0]["Time"] == case["StartTime"]:
            fees.note(name, error(mpf(started.fee_e8) / E8, fee))
        for action in case["Actions"]:
            results = {key: mpf(value) / E18 for key, value in action["Results"].items()}
            cash = mpf(action["PortfolioAndFeeds"]["Cash"]) / E18
            if len(case["Actions"]) > 1 and action is not case["Actions"][0]:
                left.note(name, error(mpf(desk.row("accounts", SELLER).cash_e8) / E8, cash))
            judged(monkeypatch, units(action["Results"]["PreMM"]), units(action["Results"]["PreMtM"]))
            refresh(desk, START_S + action["Time"] - case["StartTime"])
            wanted = int(mpf(action["Liquidator"]["PercentWant"]) / E18 * E9)
            terms = {"counterparty": SELLER, "number": wanted, "amount_e8": 1 << 60, "side": 1}
            bid = desk.run(desk.signed(Kind.BID, BIDDER, **terms))
            assert bid.status == Status.OK
            costs.note(name, error(mpf(bid.cost_e8) / E8, results["ExpectedBidPrice"]))
            shares.note(name, abs(mpf(bid.filled_e6) / E6 - results["FinalPercentageReceived"]))
            if desk.row("auctions", SELLER).kind == 0:
                break
    # Shares are told in millionths.
    assert max(fees.worst, costs.worst, left.worst, shares.worst) <= mpf("1e-6")
