"""How long people live: the mortality of the scenario along the life of one person.

Two makers of one thing, a class for each: tables of a population, by sex, age and calendar year; and life tables of members who are
given outright.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from spsim.arrays import Array, np
from spsim.data.demography import Demography
from spsim.dated import on
from spsim.grid import Moments
from spsim.members import Entrants
from spsim.person_facts import Person
from spsim.records import record

SMALLEST = 1e-12
"""Chance of life below which a cubic through a life table is no more than its rounding."""


class Survival(Protocol):
    """Chances of being alive."""

    def alive(self, person: Person, months: Array) -> Array:
        """Chance (months,) of being alive at the beginning of each of consecutive months, 1 in the first."""
        ...


@record(frozen=True)
class PopulationSurvival:
    """The cohort's own mortality: `q` (T, 2, 101) of the step that closes on 1 July of each of `years`, as in `Demography`.

    A cell of age x at the beginning of a step is x + 1/2 years old on average, so one of exact age a has the q of age a − 1/2, with a
    constant force within the step. After the last year its mortality is held.
    """

    years: Array
    q: Array

    def alive(self, person: Person, months: Array) -> Array:
        """The product of monthly chances (1 − q)^(1/12)."""
        age = np.clip((months - person.born - 6) // 12, 0, self.q.shape[-1] - 1)
        closing = months // 12 + (months % 12 >= 6)
        year = np.clip(closing - self.years[0], 0, len(self.years) - 1)
        living = (1.0 - self.q[year, person.sex, age]) ** (1 / 12)
        return np.concatenate([[1.0], np.cumprod(living[:-1])])


@dataclass(frozen=True)
class TableSurvival:
    """Survivors of the pensioners' life table by exact age; before its first age nobody dies."""

    members: Entrants

    def alive(self, person: Person, months: Array) -> Array:
        """l(age) / l(age in the first month)."""
        ages = (months - person.born) / 12.0
        exact = Moments(np.zeros((1, 1)), ages - 0.5, np.zeros(1))  # tables are read at x + 1/2
        living = np.broadcast_to(on(self.members.pensioner_table, exact)[0, 0, :, 0, 0], ages.shape)
        alive = living / living[0] if living[0] > 0 else np.zeros(len(ages))
        return np.where(alive > SMALLEST, alive, 0.0)


def of_population(demography: Demography) -> PopulationSurvival:
    """From the tables of a country."""
    return PopulationSurvival(np.asarray(demography.years), demography.mortality_q)
