"""How much: formulas linear in the reference earnings, one class per primitive of the law.

Each `on(moments)` returns `Linear(flat, rate)`: amount = flat + rate × annual reference earnings, over (T, sex, age, class, service).
Pensions are annual amounts; lump sums are paid once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.grid import Moments
from spsim.places import AwardAmount, AwardMonths, AwardRate, AwardYears, ReductionRate


@dataclass(frozen=True)
class Linear:
    """flat + rate × reference earnings + per_year × years of service × reference earnings (annual)."""

    flat: Array
    rate: Array
    per_year: Array

    def of(self, earnings: Array | float, service: Array | float) -> Array:
        """The amount itself, for annual reference earnings and years of service."""
        return np.asarray(self.flat + (self.rate + self.per_year * service) * earnings)


def linear(flat: Array | float = 0.0, rate: Array | float = 0.0, per_year: Array | float = 0.0) -> Linear:
    """A form with the parts given, zero for the rest, each over (T, sex, age, class, service)."""
    parts = [np.asarray(part) for part in (flat, rate, per_year)]
    return Linear(*(part.reshape((1,) * 5) if part.ndim == 0 else part for part in parts))


class PercentOfEarnings(Sourced):
    """rate(s) × reference earnings; the rate is usually piecewise linear: `{by: service, mode: linear, points: {15: 0.45, 30: 0.75}}`."""

    kind: Literal["percent_of_earnings"]
    rate: AwardRate

    def on(self, moments: Moments) -> Linear:
        """r(s), read at the service counted at the award."""
        return linear(rate=on(self.rate, moments))


class PerYearOfService(Sourced):
    """rate × years of service × reference earnings; the rate may be keyed by the date on which the year was earned."""

    kind: Literal["per_year_of_service"]
    rate: AwardRate

    def on(self, moments: Moments) -> Linear:
        """a · s."""
        return linear(per_year=on(self.rate, moments))


class MonthsOfEarnings(Sourced):
    """A lump sum of so many months of average earnings for each year of service, or for each year beyond `beyond`."""

    kind: Literal["months_of_earnings"]
    per_year: AwardMonths
    beyond: AwardYears | None = None

    def on(self, moments: Moments) -> Linear:
        """m · s / 12 of annual earnings, or m · (s − beyond)+ / 12."""
        share = on(self.per_year, moments) / 12.0
        if self.beyond is None:
            return linear(per_year=share)
        return linear(rate=share * np.maximum(moments.last - on(self.beyond, moments), 0.0))


class Flat(Sourced):
    """A fixed amount: a month's pension, or a grant paid once; usually `{of: reference_amount, times: ...}`."""

    kind: Literal["flat"]
    amount: AwardAmount

    def on(self, moments: Moments) -> Linear:
        """The amount, whatever the earnings."""
        return linear(flat=on(self.amount, moments))


Amount = Annotated[
    PercentOfEarnings | PerYearOfService | MonthsOfEarnings | Flat, Field(discriminator="kind")
]


class Reduction(Sourced):
    """Early retirement: what is taken off for each year before the normal age."""

    basis: Literal["rate_points", "factor"] = Field(
        description="rate_points: taken from the rate; factor: the rate is multiplied by 1 − reduction"
    )
    per_year: ReductionRate
    step_months: Literal[1, 6, 12] = Field(1, description="only completed steps of this length count")

    def lost(self, months_early: Array, per_year: Array) -> Array:
        """Reduction for months before the normal age; only completed steps of `step_months` count."""
        steps = np.floor(np.maximum(months_early, 0.0) / self.step_months + 1e-9)
        return per_year * steps * self.step_months / 12.0

    def apply(self, rate: Array, lost: Array) -> Array:
        """The rate after the reduction, never below zero."""
        return (
            np.maximum(rate - lost, 0.0)
            if self.basis == "rate_points"
            else rate * np.maximum(1.0 - lost, 0.0)
        )
