"""The bench's figures for people: ratios, then where the microseconds of a transaction go."""

from collections.abc import Mapping
from typing import Any, cast

RATIOS = (
    ("r_sig", "end to end ÷ bare libsecp256k1"),
    ("r_rest", "end to end ÷ bare kernels, signatures on trust"),
    ("r_verify", "verifier's replay ÷ sequencer"),
    ("r_verify_untraced", "the same, one root a batch"),
    ("r_bytes", "L1 bytes a transaction ÷ 64"),
)
"""Ratios and what they say."""

BAR = 32
"""Width of the longest bar."""


def ratio_rows(found: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Return name, value and meaning of each ratio that was measured."""
    return [(name, f"{found[name]:.3f}", meaning) for name, meaning in RATIOS if found[name] is not None]


def stage_rows(found: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Return name, microseconds a transaction and a bar for each stage. Some run beside others: they need not add up."""
    stages = cast("Mapping[str, float]", found["stages"])
    most = max(stages.values(), default=1.0) or 1.0
    return [(name, f"{spent:.2f}", "█" * max(1, round(BAR * spent / most))) for name, spent in stages.items()]


def margin_rows(found: Mapping[str, object]) -> list[tuple[str, str, str, str]]:
    """Return expiries, microseconds a check with prices kept and from scratch, and what keeping saves."""
    kept, scratch, ratio = (cast("Mapping[str, float]", found[name]) for name in ("kept_us", "scratch_us", "ratio"))
    return [(count, f"{kept[count]:.1f}", f"{scratch[count]:.1f}", f"{ratio[count]:.1f}") for count in kept]


def greek_rows(found: Mapping[str, object]) -> list[tuple[str, str, str, str]]:
    """Return name, microseconds an option, ratio to ours in bulk, and furthest number, of every side that gives Greeks."""
    times, ratios, apart = (cast("Mapping[str, Any]", found[name]) for name in ("us_an_option", "ratio_to_bulk", "worst_difference"))
    return [(name, f"{spent:.3f}", f"{ratios[name]:.1f}", f"{max(apart[name].values()):.1f} units") for name, spent in times.items()]


DAY_AIMS = (
    ("r_sig", "at least 0.6", "end to end ÷ bare libsecp256k1"),
    ("apply_root_us", "at most 25", "µs a record in the node"),
    ("check_scratch_us", "under 3,000", "µs, 128 positions × 33 scenarios, from scratch"),
    ("check_kept_us", "under 20", "µs, the same with prices kept; worst of 1, 8 and 32 expiries"),
    ("growth", "at most 1.5", "cost of a record, most accounts ÷ fewest"),
)
"""What the market day is measured for, and what is aimed at."""


def day_rows(found: Mapping[str, object]) -> list[tuple[str, str, str, str, str]]:
    """Return name, value, aim, whether it is met, and meaning of each figure of the market day."""
    met = cast("Mapping[str, bool]", found["met"])
    return [(name, f"{found[name]}", aim, "yes" if met[name] else "no", meaning) for name, aim, meaning in DAY_AIMS]
