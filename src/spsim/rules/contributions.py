"""Contributory base and contributions."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Roadmap, Schedule, Sourced, coordinate, keys_of, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import BaseLimit, ContributionAmount, ContributionRate


class ContributionBase(Sourced):
    """Wage on which contributions are due: no less than the floor, no more than the ceiling (monthly). No growth unless their value says so."""

    floor: BaseLimit = 0.0
    ceiling: BaseLimit | None = None
    above: BaseLimit = Field(0.0, description="only the part of the wage above this counts")
    bands: Schedule | Roadmap | None = Field(
        None,
        description="standard wage of each band, by wage; floor and ceiling then limit the standard wage",
    )

    @model_validator(mode="after")
    def _bands_go_by_wage(self) -> ContributionBase:
        if self.bands is not None:
            if self.bands.by != "wage":
                raise ScenarioProblem(("bands", "by"), "bands go by the wage", "write by: wage")
            if isinstance(self.bands, Schedule) and self.bands.mode != "step":
                raise ScenarioProblem(("bands", "mode"), "a band has one standard wage", "write mode: step")
        return self

    def band_steps(self) -> tuple[Array, Array]:
        """Wages (n,) at which a band begins, and the standard wages (n + 1,) before the first, and from each on."""
        bands = self.bands
        if isinstance(bands, Schedule):
            x, y = bands.sorted_points()
            return np.array(x[1:]), np.array(y)
        assert isinstance(bands, Roadmap)
        count = int(np.ceil((bands.until - bands.from_) / bands.increment - 1e-9)) + 1
        edges = coordinate("wage", bands.start) + bands.every * np.arange(count)
        return edges, np.concatenate([bands.read(edges[:1] - 1.0), bands.read(edges)])

    def limits(self, moments: Moments) -> tuple[Array, Array]:
        """Monthly floor and ceiling (T,); the ceiling is infinite if there is none."""
        years = moments.months.shape[1]
        floor = np.broadcast_to(on(self.floor, moments)[:, 0, 0, 0, 0], (years,))
        ceiling = np.inf if self.ceiling is None else on(self.ceiling, moments)[:, 0, 0, 0, 0]
        return floor, np.broadcast_to(ceiling, (years,))

    def of_wage(self, wage: Array | float, moments: Moments) -> Array:
        """The base (T,) of one with this monthly wage: min(max(w, floor), ceiling), of the standard wage where there are bands."""
        floor, ceiling = self.limits(moments)
        standard = wage if self.bands is None else self.bands.read(np.asarray(wage))
        limited = np.minimum(np.maximum(standard, floor), ceiling)
        return np.asarray(np.maximum(limited - self.threshold(moments), 0.0))

    def threshold(self, moments: Moments) -> Array:
        """Monthly wage (T,) up to which nothing counts."""
        return np.broadcast_to(on(self.above, moments)[:, 0, 0, 0, 0], (moments.months.shape[1],))

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
    """What one party pays into one fund each month: rate × contributory wage, no less than a minimum, and a flat amount.

    A rate keyed by `wage` holds for the whole wage, not for a slice of it: at 1,500 the rate of 1,500 applies to all of it.
    """

    party: Literal["employee", "employer", "state"]
    rate: ContributionRate = 0.0
    amount: ContributionAmount = Field(0.0, description="so much a month for every contributor")
    minimum: ContributionAmount = Field(0.0, description="least contribution of a month")
    fund: str | None = Field(None, description="id of the fund; by default the fund of the scheme")

    @property
    def is_plain_rate(self) -> bool:
        """Whether the contribution is a rate that does not look at the wage, and nothing else."""
        return self.amount == 0 and self.minimum == 0 and "wage" not in keys_of(self.rate)

    def on(self, moments: Moments) -> Array:
        """Rate over (T, sex, age), where it does not look at the wage."""
        return on(self.rate, moments)[..., 0, 0]

    def monthly(self, moments: Moments, wage: Array) -> Array:
        """Contribution of a month (T, sex, age, class) of those with this contributory wage (T, sex, age, class)."""
        by_wage = replace(moments, wage=wage[None, ..., None])
        rate, amount, least = (on(value, by_wage)[..., 0] for value in (self.rate, self.amount, self.minimum))
        return np.asarray(np.maximum(rate * wage, least) + amount)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Contribution:
        if (
            self.rate == 0
            and self.amount == 0
            and self.minimum == 0
            and self.model_fields_set.isdisjoint({"rate"})
        ):
            raise ValueError(
                "a contribution without a rate and without an amount; write rate: 0.08 or amount: 480"
            )
        return self
