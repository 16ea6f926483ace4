"""Another future of the population, of work and of the economy: the set of the Ageing Report.

Comes in: a case. Goes out: inputs that change what lies after the first year and leave the past as it is, so that the base year is the
same in every variant. Called by `sensitivity`.

Source: European Commission, The 2024 Ageing Report: underlying assumptions and projection methodologies (Institutional Paper 257), Part I,
sensitivity tests: life expectancy at birth higher by two years at the end, 20 % fewer births, a third more or less migration, the employment
of older workers (55-74) higher by ten points, productivity growth 0.2 points up or down. The report ran to 2070; here a change that grows
reaches its size in `FULL_AFTER` years. The interest rate is not in the report's set.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.dated import Value, on
from spsim.economy import PAST_YEARS
from spsim.experiments.changes import Change, Operation
from spsim.experiments.defaults import value_in, with_default
from spsim.experiments.variants import Case
from spsim.grid import SEXES, Grid
from spsim.labour import all_ages
from spsim.scenario import Scenario

FULL_AFTER = {"life": 45, "work": 10}
"""Years after the first one in which a change that grows has its full size."""
OLDER_WORKERS = range(55, 75)


@dataclass(frozen=True)
class Future(ABC):
    """A change of one assumption from the year after the first one on."""

    name: str
    low: float
    high: float
    operation: Operation = "plus"

    @abstractmethod
    def paths(self, scenario: Scenario) -> list[str]:
        """Values that are changed; none where the scenario has no such assumption."""

    @abstractmethod
    def value(self, scenario: Scenario, present: Value, amount: float) -> Any:
        """The changed assumption as plain YAML values."""

    def prepared(self, case: Case) -> Case:
        """The case with the assumption in its document."""
        for path in self.paths(case.scenario):
            case = with_default(case, path)
        return case

    def changes(self, case: Case, amount: float) -> list[Change]:
        """The whole assumption takes the place of the present one."""
        present = {path: value_in(case.scenario, path) for path in self.paths(case.scenario)}
        return [Change(path, self.value(case.scenario, old, amount)) for path, old in present.items()]

    def base(self, case: Case) -> float | None:
        """A factor counts from 1; a path of many years is not one number."""
        return 1.0 if self.operation == "times" else None

    def of_base(self, base: float, amount: float) -> float:
        """The factor itself."""
        return amount


class LifeExpectancy(Future):
    """Years of life added, growing by equal steps."""

    def paths(self, scenario: Scenario) -> list[str]:
        """In the block of adjustments."""
        return ["population.adjust.life_expectancy"] if scenario.population is not None else []

    def value(self, scenario: Scenario, present: Value, amount: float) -> Any:
        """By sex and year."""
        grid = all_years(scenario)
        now = by_year_and_sex(present, grid)
        more = amount * growing(grid, FULL_AFTER["life"])
        return by_sex(grid.years, now + more[:, None])


class DemographicFactor(Future):
    """Births or net migration times a factor, from the first step on."""

    @property
    def field(self) -> str:
        """Field of `population.adjust` with the factor."""
        return self.name

    def paths(self, scenario: Scenario) -> list[str]:
        """In the block of adjustments."""
        return [f"population.adjust.{self.field}"] if scenario.population is not None else []

    def value(self, scenario: Scenario, present: Value, amount: float) -> Any:
        """By year."""
        grid = all_years(scenario)
        return by_date(grid.years, amount * by_year_and_sex(present, grid)[:, 0])


class OlderWorkers(Future):
    """Points of participation of men and women aged 55-74, growing by equal steps; so many fewer without work as the rate says."""

    def paths(self, scenario: Scenario) -> list[str]:
        """Added to what the scenario already adds."""
        return ["labour.participation_change"] if scenario.labour is not None else []

    def value(self, scenario: Scenario, present: Value, amount: float) -> Any:
        """By year, sex and age."""
        grid = all_years(scenario)
        shape = (len(grid.years), 2, 101)
        now = np.array(np.broadcast_to(on(present, all_ages(grid))[..., 0, 0], shape))
        now[:, :, list(OLDER_WORKERS)] += amount * growing(grid, FULL_AFTER["work"])[:, None, None]
        stages = {int(year): by_sex_and_age(cells) for year, cells in zip(grid.years, now, strict=True)}
        return {"by": "event_date", "stages": stages}


class GrowthRate(Future):
    """Points added to a yearly rate of the economy."""

    field = ""

    def paths(self, scenario: Scenario) -> list[str]:
        """In the economy."""
        return [f"economy.{self.field}"] if scenario.economy is not None else []

    def value(self, scenario: Scenario, present: Value, amount: float) -> Any:
        """By year, the past as it was."""
        grid = all_years(scenario, PAST_YEARS)
        rates = on(present, grid.calendar_years({}))[:, 0, 0, 0, 0]
        later = grid.years > scenario.horizon.start
        return by_date(grid.years, np.broadcast_to(rates, later.shape) + amount * later)


class Productivity(GrowthRate):
    """Points added to the real growth of wages, of groups with a growth of their own too."""

    field = "real_wage_growth"

    def paths(self, scenario: Scenario) -> list[str]:
        """Of the economy and of those groups."""
        groups = {} if scenario.labour is None else scenario.labour.groups
        own = [name for name, group in groups.items() if group.wages.real_growth is not None]
        return [*super().paths(scenario), *(f"labour.groups.{name}.wages.real_growth" for name in own)]


class Interest(GrowthRate):
    """Points added to the return on reserves."""

    field = "interest_rate"


def ageing_report(scenario: Scenario) -> list[Future]:
    """The tests for which the scenario has the assumption."""
    every = [
        LifeExpectancy("life_expectancy", 0.0, 2.0),
        DemographicFactor("fertility", 0.8, 1.0, "times"),
        DemographicFactor("migration", 0.67, 1.33, "times"),
        OlderWorkers("employment_of_older_workers", 0.0, 0.10),
        Productivity("productivity", -0.002, 0.002),
        Interest("interest_rate", -0.01, 0.01),
    ]
    return [one for one in every if one.paths(scenario)]


# --- values laid out by year ----------------------------------------------------------------------------------


def all_years(scenario: Scenario, before: int = 0) -> Grid:
    """Years of the projection, and so many before."""
    return Grid(scenario.horizon.start - before, scenario.horizon.end)


def growing(grid: Grid, full_after: int) -> Array:
    """0 in the first year, 1 from `full_after` years on (T,)."""
    return np.minimum((grid.years - grid.first) / full_after, 1.0)


def by_year_and_sex(value: Value, grid: Grid) -> Array:
    """A value that does not look at age, (T, 2)."""
    cells = on(value, grid.calendar_years({}))[:, :, 0, 0, 0]
    return np.array(np.broadcast_to(cells, (len(grid.years), 2)))


def by_date(years: Array, values: Array) -> dict[str, Any]:
    """A schedule with a point for each year."""
    return {
        "by": "event_date",
        "points": {int(year): float(one) for year, one in zip(years, values, strict=True)},
    }


def by_sex(years: Array, values: Array) -> dict[str, Any]:
    """A schedule for each sex, of values (T, 2)."""
    return {sex: by_date(years, values[:, number]) for number, sex in enumerate(SEXES)}


def by_sex_and_age(cells: Array) -> dict[str, Any]:
    """A schedule by age for each sex, of cells (2, A); a point where the value changes."""
    return {
        sex: {
            "by": "age",
            "points": {
                age: float(row[age]) for age in range(len(row)) if age == 0 or row[age] != row[age - 1]
            },
        }
        for sex, row in zip(SEXES, cells, strict=True)
    }
