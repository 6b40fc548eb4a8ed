"""Volatility surfaces as reporters send them: the signed fields of a SURFACE_UPDATE.

One rule: integers in, integers out, so that reporters who see the same prices send the same surface.
"""

from math import isqrt

YEAR_US = 365 * 86_400 * 1_000_000
"""A year of 365 days, microseconds."""

ONE_E12 = 10**12
"""One, as a parameter of a surface."""

SKEW_E12 = -(ONE_E12 // 4)
"""Correlation of the made-up smile: puts are dearer than calls."""


def flat(vol_e9: int, forward_e8: int) -> dict[str, int]:
    """Return the surface that has one volatility everywhere: no slope, and a variance of vol² a year."""
    return _fields(vol_e9 * vol_e9 // 10**6, 0, 0, ONE_E12, forward_e8, YEAR_US)


def smile(vol_e9: int, forward_e8: int, tenor_s: int) -> dict[str, int]:
    """Return a surface with a volatility at the money, and a smile as wide as the price may move until expiry.

    With w the total variance at the money, up to 10: a = w/2, b·σ = w/2 and σ = √w, so a deviation away the variance is 1.3 times as much
    below, and 1.1 times above.
    """
    tenor_us = max(tenor_s, 1) * 1_000_000
    variance_e12 = max(vol_e9 * vol_e9 * tenor_us // (YEAR_US * 10**6), 4)
    width_e12 = isqrt(variance_e12 * ONE_E12)
    level_e12 = variance_e12 - variance_e12 // 2
    return _fields(level_e12, (variance_e12 // 2) * ONE_E12 // width_e12, SKEW_E12, width_e12, forward_e8, tenor_us)


def _fields(level_e12: int, slope_e12: int, skew_e12: int, width_e12: int, forward_e8: int, tenor_us: int) -> dict[str, int]:
    return {
        "surface_a": level_e12,
        "surface_b": slope_e12,
        "surface_rho": skew_e12,
        "surface_m": 0,
        "surface_sigma": width_e12,
        "price_e8": forward_e8,
        "number": tenor_us,
    }
