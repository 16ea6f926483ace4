"""Unemployment insurance: the record, the wait, the rate by month of claim, the limits, the duration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import ClaimValue, PathValue, Sourced, on
from spsim.grid import Moments


class Record(Sourced):
    """`required` months of contribution within the last `window` months; the record counts up to `longest` months."""

    required: int = Field(ge=1, le=60)
    window: int = Field(ge=1, le=120)
    longest: int = Field(144, ge=1, le=480)
    used_once: bool = Field(True, description="a claim consumes the record")

    @model_validator(mode="after")
    def _window_holds_it(self) -> Record:
        if self.window < self.required:
            raise ValueError(f"{self.required} months are required within {self.window}; no one can ever qualify: widen the window")
        return self


class UnemploymentBenefit(Sourced):
    """rate(m) × average wage of the last `earnings_months`, between floor and cap, for `duration` months by record, after a wait.

    `waiting_days` are calendar days before the first payment, spent out of the first month of the claim unless `wait_shortens` is false.
    """

    record: Record
    rate: ClaimValue
    earnings_months: int = Field(6, ge=1, le=24)
    floor: ClaimValue = 0.0
    cap: ClaimValue | None = None
    duration: ClaimValue = Field(description="months of benefit by record in months")
    longest: int = Field(12, ge=1, le=36, description="longest duration in the law, months")
    waiting_days: ClaimValue = 0.0
    wait_shortens: bool = Field(False, description="whether the wait is taken out of the duration, or only delays it")

    def months_granted(self, moments: Moments) -> Array:
        """Months of benefit by record c = 0..longest record (moments with the record on the last axis): (T, C+1)."""
        granted = on(self.duration, moments)[:, 0, 0, 0, :] * (moments.last >= self.record.required)
        return np.minimum(np.floor(granted + 1e-9), self.longest)

    def monthly(self, moments: Moments, previous_wage: Array) -> Array:
        """Benefit of each month of claim (T, ..., m) for previous contributory wages (T, ...): min(cap, max(floor, rate · wage))."""
        extra = (None,) * (previous_wage.ndim - 1)

        def column(value: ClaimValue) -> Array:
            return np.asarray(on(value, moments)[:, 0, 0, 0, :][(slice(None), *extra, slice(None))])

        amount = np.maximum(column(self.rate) * previous_wage[..., None], column(self.floor))
        return amount if self.cap is None else np.minimum(amount, column(self.cap))


class SeparationCauses(Sourced):
    """Shares of separations by cause; the law says which are covered."""

    covered: list[Literal["dismissal", "end_of_contract", "resignation", "other"]]


class StateSupport(Sourced):
    """State contribution to the fund: a rate of contributory wages, paid while the reserve is below `while_reserve_below` years of benefit."""

    rate: PathValue
    while_reserve_below: float | None = Field(None, ge=0, description="times the yearly outgo; always paid if absent")
