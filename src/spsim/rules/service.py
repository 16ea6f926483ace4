"""How the law counts service and asks for it: odd months are rounded, and carried from one period into the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Strict, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import ServiceYears

Rounding = Literal["none", "half_year_up", "year_down", "calendar_years"]
MONTHS_OF_A_YEAR = 6


def counted_years(months: Array | float, rounding: Rounding) -> Array:
    """Years that months of service count for: half_year_up takes 1-6 odd months as half a year and 7-11 as a year."""
    exact = np.asarray(months, dtype=float) / 12.0
    if rounding == "half_year_up":
        return np.asarray(np.ceil(2.0 * exact - 1e-9) / 2.0)
    return np.floor(exact + 1e-9) if rounding == "year_down" else exact


def mean_rounding(rounding: Rounding) -> float:
    """Years that the rounding adds on average, odd months being equally frequent.

    By calendar years it is that of contributions without a gap: of 1 to 12 months in the first calendar year and 0 to 11 in the last one,
    7 and 6 in 12 count as years, half a month more at either end than they are.
    """
    if rounding == "calendar_years":
        first, last = np.arange(1, 13), np.arange(12)
        return float(sum(np.mean((spent >= MONTHS_OF_A_YEAR) - spent / 12.0) for spent in (first, last)))
    odd = np.arange(12.0)
    return float(np.mean(counted_years(odd, rounding) - odd / 12.0))


def calendar_years(record: Array) -> float:
    """Calendar years with six months of contribution or more (`record` month numbers): others do not count."""
    _, months = np.unique(np.asarray(record, dtype=int) // 12, return_counts=True)
    return float((months >= MONTHS_OF_A_YEAR).sum())


def counted_of(record: Array, credited_months: float, rounding: Rounding) -> float:
    """Years that one person's months of contribution (month numbers) and months credited count for."""
    if rounding == "calendar_years":
        return calendar_years(record) + credited_months / 12.0
    return float(counted_years(len(record) + credited_months, rounding))


def counted_by_period(months: Sequence[float], rounding: Rounding, counted: float = 0.0) -> list[float]:
    """Years counted in each of several periods: full years in each, odd months carried on; calendar years (`counted` in all) in proportion.

    The last such period rounds what is left (Law 41/2024 of Viet Nam, Art. 70(3) with 5(6)). Without rounding each counts as it is.
    """
    if rounding == "none":
        return [spent / 12.0 for spent in months]
    if rounding == "calendar_years":
        return [counted * spent / max(sum(months), 1.0) for spent in months]
    served = [place for place, spent in enumerate(months) if spent > 0]
    years, carried = [0.0] * len(months), 0.0
    for place in served[:-1]:
        full, carried = divmod(months[place] + carried, 12)
        years[place] = float(full)
    if served:
        years[served[-1]] = float(counted_years(months[served[-1]] + carried, rounding))
    return years


PERIODS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class RecordEnd(Sourced):
    """The record ends before the event: `{period: quarter, months: 3}` leaves out the quarter of the event and the three months before it.

    Contributions after it are paid and kept in accounts, but no condition, amount or average counts them.
    """

    period: Literal["month", "quarter", "half_year", "year"] = Field(
        "month", description="calendar period in which the event lies; it does not count"
    )
    months: int = Field(0, ge=0, le=36, description="months before that period that do not count either")

    @model_validator(mode="after")
    def _leaves_something_out(self) -> RecordEnd:
        if self.period == "month" and self.months == 0:
            text = "every record ends before the month of the event"
            raise ScenarioProblem(("months",), text, "write months: 1 or more, or another period")
        return self

    def first_left_out(self, event: int) -> int:
        """The first month that does not count, by the month of the event."""
        return event - event % PERIODS[self.period] - self.months

    @property
    def mean_months(self) -> float:
        """Months left out before an event on average, over the months of the period."""
        return self.months + (PERIODS[self.period] - 1) / 2.0


class ServiceCondition(Strict):
    """Years of the record, with those credited to it: `{at_least: 15}`, `{below: 20}` or both."""

    at_least: ServiceYears = 0.0
    below: ServiceYears = 1000.0

    def on(self, moments: Moments) -> Array:
        """Share of the cell that meets it, over (T, sex, age, class, service): service in cell j is uniform on j − ½ .. j + ½ (from 0 on)."""
        reached = [_reached(on(limit, moments), moments) for limit in (self.at_least, self.below)]
        return np.asarray(reached[0] - reached[1])

    @property
    def limits(self) -> Sequence[ServiceCondition]:
        """The conditions of service in it: itself."""
        return [self]

    def exactly(self, moments: Moments, service: Array) -> Array:
        """Whether it is met at points of exact service (P,), over (T, sex, age, class, P)."""
        low, high = (on(limit, moments)[..., :1] for limit in (self.at_least, self.below))
        if moments.credited is not None:
            service = service + moments.credited.recorded(moments)
        service = np.maximum(service - moments.record_lag / 12.0, 0.0)
        return np.asarray((service >= low - 1e-9) & (service < high - 1e-9), dtype=float)


def _reached(limit: Array, moments: Moments) -> Array:
    """Share of a cell of service at or above a limit; of one person all or nothing. What lies too late for the record is asked besides."""
    if moments.person:
        return np.asarray(moments.record_years >= limit - 1e-9, dtype=float)
    limit = np.where(limit > 0, limit + moments.record_lag / 12.0, limit)
    width = np.minimum(moments.last + 0.5, 1.0)
    return np.asarray(np.clip((moments.record_years + 0.5 - limit) / width, 0.0, 1.0))
