"""Early and late retirement: what is taken off or added for each year before or after the normal pension age."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.grid import Moments
from spsim.places import IncreaseYears, ReductionRate


class Increase(Sourced):
    """Late retirement: what is added for each year after the normal age."""

    basis: Literal["rate_points", "factor"] = Field(
        description="rate_points: added to the rate; factor: the amount is multiplied by 1 + increase"
    )
    per_year: ReductionRate
    step_months: Literal[1, 3, 6, 12] = Field(1, description="only completed steps of this length count")
    most_years: IncreaseYears = Field(40.0, description="years after which nothing more is added")

    def gained(self, months_late: Array, moments: Moments) -> Array:
        """Increase for months after the normal age, up to `most_years`; only completed steps of `step_months` count.

        What the law keys by the date of birth is, of a cell, the mean over its months of birth.
        """
        per_year, most = on(self.per_year, moments), on(self.most_years, moments)
        counted = np.clip(months_late, 0.0, 12.0 * most)
        steps = np.floor(counted / self.step_months + 1e-9)
        return per_year * steps * self.step_months / 12.0

    def apply(self, rate: Array, gained: Array) -> Array:
        """The rate after the increase."""
        return rate + gained if self.basis == "rate_points" else rate * (1.0 + gained)


class Reduction(Sourced):
    """Early retirement: what is taken off for each year before the normal age."""

    basis: Literal["rate_points", "factor"] = Field(
        description="rate_points: taken from the rate; factor: the rate is multiplied by 1 − reduction"
    )
    per_year: ReductionRate
    step_months: Literal[1, 3, 6, 12] = Field(1, description="only completed steps of this length count")

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
