"""Who is alive: the cohort-component projection of one country or of many in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spsim.identities import require_not_negative, require_zero
from spsim.kernels.population import project_population
from spsim.records import record

if TYPE_CHECKING:
    from spsim.data.demography import Demography

Array = NDArray[np.float64]


@record(frozen=True)
class Population:
    """Persons at mid-year and the flows between; T years, T-1 steps, sex 0 male and 1 female, ages 0 .. 100+.

    years (T,); persons (T, 2, 101); births (T-1, 2);
    deaths (T-1, 2, 101) by the age they would have reached at the end of the step (0: those born in it);
    migrants (T-1, 2, 101): net, by the age at the end of the step
    """

    years: NDArray[np.int64]
    persons: Array
    births: Array
    deaths: Array
    migrants: Array

    def total(self) -> Array:
        """Persons of both sexes and all ages, (T,)."""
        total: Array = self.persons.sum(axis=(1, 2))
        return total


def project(demography: Demography) -> Population:
    """Project one country from ``demography.years[0]`` to ``[-1]``; raises IdentityError when people are lost
    or made."""
    return project_many([demography])[0]


def project_many(demographies: Sequence[Demography]) -> list[Population]:
    """Project countries (or draws of one) over the same number of years in one call of the kernel."""
    rates: list[Array] = [np.stack([getattr(d, name) for d in demographies]) for name in _RATES]
    base, survival, survival_open, fertility, srb, migration = rates
    persons, births, deaths = cohort_component(base, survival, survival_open, fertility, srb, migration)
    results = [
        Population(d.years, persons[n], births[n], deaths[n], d.migration) for n, d in enumerate(demographies)
    ]
    for result in results:
        check_balance(result)
    return results


_RATES = ("base", "survival", "survival_open", "fertility", "srb", "migration")


def cohort_component(
    base: Array,
    survival: Array,
    survival_open: Array,
    fertility: Array,
    srb: Array,
    migration: Array,
    share_at_start: float = 0.0,
    step_years: float = 1.0,
) -> tuple[Array, Array, Array]:
    """Allocate and call the kernel: persons (N, T+1, 2, A), births (N, T, 2), deaths (N, T, 2, A).

    Arguments as in `spsim.kernels.population`. Migrants of a step are counted at its end, at the age they
    then have (the
    convention of the United Nations' tables); ``share_at_start`` counts a part of them at its start instead
    (Preston: 1/2).
    """
    draws, steps, ages = fertility.shape
    persons = np.zeros((draws, steps + 1, 2, ages))
    births, deaths = np.zeros((draws, steps, 2)), np.zeros((draws, steps, 2, ages))
    arrays = (
        np.ascontiguousarray(a, dtype=np.float64) for a in (base, survival, survival_open, fertility, srb)
    )
    moved = np.ascontiguousarray(migration, dtype=np.float64)
    project_population(*arrays, moved, float(share_at_start), float(step_years), persons, births, deaths)
    return persons, births, deaths


def check_balance(population: Population) -> None:
    """Persons in = persons out, by step, to 1e-9 of the population; no cell below zero."""
    total = population.total()
    flows = population.births.sum(1) - population.deaths.sum((1, 2)) + population.migrants.sum((1, 2))
    require_zero(total[1:] - total[:-1] - flows, total[:-1], "population balance", population.years[1:])
    require_not_negative(population.persons, "persons below zero", population.years)
