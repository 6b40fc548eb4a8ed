"""Liquidation auctions against the numbers that others published: the oracle on these, and the kernels on these in our units."""

import pytest
from mpmath import mpf

from rollup.market.auction_terms import auction_discount, bid_price, buffer_margin, largest_share
from tests.vectors import oracle
from tests.vectors.converters import E18, FOLDER, load

PATH = FOLDER / "liquidation" / "liquidation.json"
RULES = {"start": mpf("0.98"), "cutoff": mpf("0.8"), "fast": 100, "slow": 14_400}
BUFFER = mpf("0.2")
FEE = mpf("0.02")
E8, E9, ONE = 10**8, 10**9, 1 << 60


def auctions():
    """Each auction: its name, and its bids with what had been paid before."""
    if not PATH.is_file():
        pytest.skip(f"NO EXTERNAL VECTORS: {PATH} is not there; set OPTROLL_VECTORS")
    for name, case in load(PATH).items():
        reserved, bids = mpf(0), []
        for action in case["Actions"]:
            results = {key: mpf(value) / E18 for key, value in action["Results"].items()}
            bids.append((action["Time"] - case["StartTime"], reserved, mpf(action["Liquidator"]["PercentWant"]) / E18, results))
            reserved += results["ExpectedBidPrice"]
        yield name, bids, case


def error(found, wanted):
    return abs(found - wanted) / max(abs(wanted), mpf("1e-2"))


def test_the_formulas_give_what_was_published(comparison):
    seen = comparison("oracle ÷ published, liquidation")
    for name, bids, _case in auctions():
        for elapsed, reserved, wanted, published in bids:
            mark, maintenance = published["PreMtM"], published["PreMM"]
            buffered = oracle.buffer_margin(maintenance, mark, BUFFER)
            discount = oracle.auction_discount(mpf(elapsed), **RULES)
            fraction = oracle.largest_fraction(buffered, mark, discount, reserved)
            share = min(fraction, wanted)
            price = oracle.bid_price(mark, reserved, discount, share)
            seen.note(name, error(buffered, published["PreBM"]))
            seen.note(name, error(fraction, published["PreFMax"]))
            seen.note(name, error(share, published["FinalPercentageReceived"]))
            seen.note(name, error(price, published["ExpectedBidPrice"]))
            # What is left: the unsold part of what was for sale, all that was paid for the sold ones, and the buffer of both.
            left_mark, left_maintenance = (price + reserved + (1 - share) * (each - reserved) for each in (mark, maintenance))
            seen.note(name, error(left_mark, published["PostMtM"]))
            seen.note(name, error(left_maintenance, published["PostMM"]))
            left_buffer = oracle.buffer_margin(left_maintenance, left_mark, BUFFER)
            seen.note(name, error(min(mpf(0), left_buffer), published["PostBM"]))
            seen.note(name, error(oracle.largest_fraction(left_buffer, left_mark, discount, reserved + price), published["PostFMax"]))
    assert seen.worst < mpf("1e-9")


def test_the_fee_is_a_share_of_what_could_be_sold_at_once(comparison):
    """The mark-to-market before the fee is the first bid's and the fee; so are margins, since the fee is paid in cash."""
    seen = comparison("oracle ÷ published, liquidation fee")
    for name, bids, case in auctions():
        elapsed, _, _, published = bids[0]
        fee = mpf(case["LiquidationFee"])
        if elapsed == 0:
            mark, maintenance = published["PreMtM"] + fee, published["PreMM"] + fee
            fraction = oracle.largest_fraction(oracle.buffer_margin(maintenance, mark, BUFFER), mark, mpf(1), mpf(0))
            seen.note(name, error(FEE * mark * fraction, fee))
    assert seen.worst < mpf("1e-9")


def test_the_kernels_give_what_was_published(comparison):
    seen, near = comparison("kernels ÷ published, liquidation"), comparison("kernels ÷ oracle, liquidation")
    for name, bids, _case in auctions():
        for elapsed, reserved, wanted, published in bids:
            units = [round(each * E8) for each in (published["PreMM"], published["PreMtM"], reserved)]
            exact = [mpf(each) / E8 for each in units]
            buffered = buffer_margin(units[0], units[1], round(BUFFER * E9))
            discount = auction_discount(elapsed, round(RULES["start"] * E9), round(RULES["cutoff"] * E9), RULES["fast"], RULES["slow"])
            share = min(largest_share(buffered, units[1], units[2], discount), round(wanted * ONE))
            price = bid_price(units[1], units[2], discount, share)
            true = oracle.buffer_margin(exact[0], exact[1], BUFFER)
            true_discount = oracle.auction_discount(mpf(elapsed), **RULES)
            true_share = min(oracle.largest_fraction(true, exact[1], true_discount, exact[2]), wanted)
            found = (mpf(buffered) / E8, mpf(share) / ONE, mpf(price) / E8)
            truth = (true, true_share, oracle.bid_price(exact[1], exact[2], true_discount, true_share))
            for one, other, key in zip(found, truth, ("PreBM", "FinalPercentageReceived", "ExpectedBidPrice"), strict=True):
                near.note(name, error(one, other))
                seen.note(name, error(one, published[key]))
    assert near.worst < mpf("1e-9")
    assert seen.worst < mpf("1e-6")
