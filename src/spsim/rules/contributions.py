"""Contributory base and contributions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.grid import Moments
from spsim.places import BaseLimit, ContributionRate


class ContributionBase(Sourced):
    """Wage on which contributions are due: no less than the floor, no more than the ceiling (monthly). No growth unless their value says so."""

    floor: BaseLimit = 0.0
    ceiling: BaseLimit | None = None

    def limits(self, moments: Moments) -> tuple[Array, Array]:
        """Monthly floor and ceiling (T,); the ceiling is infinite if there is none."""
        years = moments.months.shape[1]
        floor = np.broadcast_to(on(self.floor, moments)[:, 0, 0, 0, 0], (years,))
        ceiling = np.inf if self.ceiling is None else on(self.ceiling, moments)[:, 0, 0, 0, 0]
        return floor, np.broadcast_to(ceiling, (years,))

    def of_wage(self, wage: Array | float, moments: Moments) -> Array:
        """The base (T,) of one with this monthly wage: min(max(w, floor), ceiling)."""
        floor, ceiling = self.limits(moments)
        return np.asarray(np.minimum(np.maximum(wage, floor), ceiling))

    @model_validator(mode="after")
    def _cap_above_floor(self) -> ContributionBase:
        if (
            isinstance(self.floor, float | int)
            and isinstance(self.ceiling, float | int)
            and self.ceiling < self.floor
        ):
            raise ValueError(
                f"the ceiling {self.ceiling:g} is below the floor {self.floor:g}; exchange them or mend one"
            )
        return self


class Contribution(Sourced):
    """A share of the contributory wage that one party pays into one fund."""

    party: Literal["employee", "employer", "state"]
    rate: ContributionRate
    fund: str | None = Field(None, description="id of the fund; by default the fund of the scheme")

    def on(self, moments: Moments) -> Array:
        """Rate over (T, sex, age)."""
        return on(self.rate, moments)[..., 0, 0]
