"""Unemployment insurance: the record, the wait, the rate by month of claim, the limits, the duration."""

from __future__ import annotations

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.grid import Moments
from spsim.places import ClaimDays, ClaimLimit, ClaimMonths, ClaimRate

DAYS_IN_MONTH = 365 / 12


def paid_until(months: int, waiting_months: float, granted: Array | float) -> Array:
    """Months of benefit paid by the end of month 0..`months` since separation: min(max(m − waiting, 0), granted)."""
    return np.asarray(np.clip(np.arange(months + 1) - waiting_months, 0.0, granted))


class Record(Sourced):
    """`required` months of contribution within the last `window` months; the record counts up to `longest` months."""

    required: int = Field(ge=1, le=60)
    window: int = Field(ge=1, le=120)
    longest: int = Field(144, ge=1, le=480)
    used_per_month: int | None = Field(
        None,
        ge=1,
        le=480,
        description="months of record that a month of benefit uses up; if absent a claim uses up the whole record",
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Record:
        if self.window < self.required:
            raise ValueError(
                f"{self.required} months are required within {self.window}; no one can ever qualify: widen the window"
            )
        if self.longest < self.required:
            raise ValueError(
                f"the longest record {self.longest} is below the {self.required} months required; raise `longest`"
            )
        return self

    def left(self, record: Array | int, used: Array | int) -> Array:
        """Record left of `record` months after so many months of benefit; nothing where a claim uses up the whole record."""
        if self.used_per_month is None:
            return np.zeros(np.broadcast_shapes(np.shape(record), np.shape(used)), dtype=np.int64)
        counted = np.where(np.asarray(record) > self.longest, self.longest, record)
        return np.asarray(np.maximum(counted - np.asarray(used) * self.used_per_month, 0), dtype=np.int64)

    def after_claim(self, granted: Array) -> Array:
        """Record left (C+1, E+1) after 0..E months of benefit, by record before it.

        Records with the same multiple of `used_per_month` are taken together, so that claims form few groups: they leave what the middle
        one of them leaves (before the first month paid, the multiple itself).
        """
        record, used = np.arange(self.longest + 1)[:, None], np.arange(int(granted.max()) + 1)[None, :]
        if self.used_per_month is None:
            return self.left(record, used)
        full = record // self.used_per_month * self.used_per_month
        middle = np.where((used > 0) & (record < self.longest), self.used_per_month // 2, 0)
        return np.where(full < used * self.used_per_month, 0, self.left(full + middle, used))


class UnemploymentBenefit(Sourced):
    """rate(m) × average wage of the last `earnings_months`, between floor and cap, for `duration` months by record, after a wait.

    The wait comes before the first month paid and does not shorten the duration.
    """

    record: Record
    rate: ClaimRate
    earnings_months: int = Field(6, ge=1, le=24)
    floor: ClaimLimit = 0.0
    cap: ClaimLimit | None = None
    duration: ClaimMonths = Field(description="months of benefit by record in months")
    longest: int = Field(12, ge=1, le=36, description="longest duration in the law, months")
    waiting_days: ClaimDays = Field(
        0.0, description="calendar days between separation and the first day paid"
    )

    def months_granted(self, moments: Moments) -> Array:
        """Months of benefit by record c = 0..longest record (moments with the record on the last axis): (T, C+1)."""
        granted = on(self.duration, moments)[:, 0, 0, 0, :] * (moments.last >= self.record.required)
        return np.minimum(np.floor(granted + 1e-9), self.longest).astype(np.int64)

    def waiting_months(self, moments: Moments) -> Array:
        """The wait (T,) as months of 365/12 days."""
        return np.asarray(on(self.waiting_days, moments)[:, 0, 0, 0, 0] / DAYS_IN_MONTH)

    def monthly(self, wage: Array | float, moments: Moments) -> Array:
        """Benefit (T, m) of one month for an average wage: min(max(rate · w, floor), cap)."""
        rate, floor, cap = self.limits(moments)
        return np.asarray(np.minimum(np.maximum(rate * wage, floor), cap))

    def limits(self, moments: Moments) -> tuple[Array, Array, Array]:
        """Rate, monthly floor and cap by month of claim (moments with the claim month on the last axis): each (T, m)."""
        shape = (moments.months.shape[1], len(moments.last))
        cap = np.inf if self.cap is None else on(self.cap, moments)[:, 0, 0, 0, :]
        found = (on(self.rate, moments)[:, 0, 0, 0, :], on(self.floor, moments)[:, 0, 0, 0, :], cap)
        rate, floor, cap = (np.broadcast_to(value, shape) for value in found)
        return rate, floor, cap
