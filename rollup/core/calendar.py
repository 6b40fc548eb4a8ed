"""The calendar that expiries follow: days since 1970-01-01, dates, months and Fridays.

Days and dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start in March, so that the leap day comes last.
Kernels, for 0 ≤ day < 2^32: divisors are constants, and no intermediate passes 2^50.
"""

from rollup.core.kernel import kernel

DAY_S = 86_400
"""Seconds of a day."""

EXPIRY_HOUR_S = 8 * 3600
"""Time of day at which instruments expire, seconds after midnight UTC."""

WEEK = 7
"""Days of a week."""

FRIDAY = 1
"""Day 1 was a Friday, and so is every seventh after it."""

MONTHS = 12
"""Months of a year."""

QUARTER = 3
"""Months of a quarter."""


@kernel
def days_from_civil(year: int, month: int, day: int) -> int:
    """The days from 1970-01-01 to a date of the Gregorian calendar."""
    shifted = year
    if month <= 2:
        shifted -= 1
    era, year_of_era = shifted // 400, shifted % 400
    day_of_year = (153 * ((month + 9) % MONTHS) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


@kernel
def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01: the inverse of `days_from_civil`."""
    era, day_of_era = (days + 719_468) // 146_097, (days + 719_468) % 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month, year = (shifted_month + 2) % MONTHS + 1, year_of_era + era * 400
    if month <= 2:
        year += 1
    return year, month, day_of_year - (153 * shifted_month + 2) // 5 + 1


@kernel
def month_of(day: int) -> int:
    """The month that a day is in, counted from January of the year 0."""
    year, month, _ = civil_from_days(day)
    return year * MONTHS + month - 1


@kernel
def last_friday(month: int) -> int:
    """The day that is the last Friday of a month, which is counted from January of the year 0."""
    last = days_from_civil((month + 1) // MONTHS, (month + 1) % MONTHS + 1, 1) - 1
    return last - (last - FRIDAY) % WEEK


@kernel
def expiry_on(day: int) -> int:
    """When instruments of a day expire, Unix seconds."""
    return day * DAY_S + EXPIRY_HOUR_S
