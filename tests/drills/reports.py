"""Reports of drills, each run once for all tests that look at it."""

from functools import cache

from rollup.devnet.drills.catalogue import load
from rollup.devnet.drills.market_day import market_day
from rollup.devnet.drills.scenario import run_drill
from rollup.devnet.market_day.day import SMALL

QUICK = {"market-day": market_day(SMALL)}
"""What stands in quick tests for a drill that takes long: the same one, with less between its events."""


@cache
def report_of(name, seed):
    """The report of a drill, and what was told on the way."""
    told = []
    return run_drill(name, QUICK.get(name) or load(name), seed, told.append), tuple(told)
