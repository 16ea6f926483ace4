"""Dates and ages as the law writes them, counted in whole months."""

from __future__ import annotations

import re
from functools import lru_cache

_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
_SPAN = re.compile(r"^(-?)(?:(\d{1,3})y)?(?:(\d{1,2})m)?$")


@lru_cache(maxsize=10_000)
def month_number(date: str | float) -> int:
    """Months since January of year 0; "2026", "2026-07" and "2026-07-01" are read. Raises ValueError with the remedy."""
    match = _DATE.match(str(date))
    if match is None:
        raise ValueError(
            f"{date!r} is not a date; write a year (2026), a month (2026-07) or a day (2026-07-01)"
        )
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise ValueError(f"{date!r} is not a date of the calendar")
    return year * 12 + month - 1


def month_label(month: int) -> str:
    """`YYYY-MM` of a month number."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def years(span: str | int | float) -> float:
    """Years of an age or duration: 61.25, or "61y3m", "15y", "8m"; of a step also "-3m"."""
    if isinstance(span, int | float) and not isinstance(span, bool):
        return float(span)
    match = _SPAN.match(str(span))
    if match is None or not (match[2] or match[3]):
        raise ValueError(
            f"{span!r} is neither a number nor a number of years; write 0.08 or 61.25, or an age as 61y3m"
        )
    span_years = int(match[2] or 0) + int(match[3] or 0) / 12
    return -span_years if match[1] else span_years
