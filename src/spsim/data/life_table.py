"""The life table: from death rates to those who live, and how long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spsim.records import record

Array = NDArray[np.float64]

AGES = 101
"""Single ages 0 .. 99 and the open group 100 and over."""
LAST_AGE = 130
"""Death rates are carried to ages 0 .. 129, where hardly anyone is left; the last one closes the table."""

# Andreev and Kingkade (2015), "Average age at death in infancy and infant mortality level",
# Demographic Research 33: rows (upper bound of m0, constant, slope) for men and for women.
_INFANT_MEN = ((0.02300, 0.14929, -1.99545), (0.08307, 0.02832, 3.26021), (np.inf, 0.29915, 0.0))
_INFANT_WOMEN = ((0.01724, 0.14903, -2.05527), (0.06891, 0.04667, 3.88089), (np.inf, 0.31411, 0.0))


@record(frozen=True)
class LifeTable:
    """Columns of a life table by age, radix 1; every array has the shape of the death rates it came from.

    q: probability of death within the year of age; l: survivors to the exact age; person_years: years lived
    in the
    year of age (the last entry: in it and beyond); e: expectation of life at the exact age, years.
    """

    q: Array
    l: Array  # noqa: E741  (the textbook letter)
    person_years: Array
    e: Array


def infant_years_lived(infant_rate: Array, sex: int) -> Array:
    """Mean years lived in the first year by those who die in it, from the central death rate at age 0; sex 0
    is male."""
    bands = _INFANT_MEN if sex == 0 else _INFANT_WOMEN
    years = np.full(infant_rate.shape, bands[-1][1])
    for bound, constant, slope in reversed(bands):
        years = np.where(infant_rate < bound, constant + slope * infant_rate, years)
    return years


def years_lived_by_dying(infant: Array, ages: int) -> Array:
    """a(x): ``infant`` (...,) at age 0, half a year after it; shape (..., ages)."""
    years = np.full((*infant.shape, ages), 0.5)
    years[..., 0] = infant
    return years


def life_table_from_rates(rates: Array, sex: int) -> LifeTable:
    """Life table of central death rates (..., ages) of one sex; the last age is open, e = 1/m there.

    q = m / (1 + (1 - a) m), at most 1.  Source: Preston et al. (2001), ch. 3.
    """
    years = years_lived_by_dying(infant_years_lived(rates[..., 0], sex), rates.shape[-1])
    q = np.minimum(rates / (1 + (1 - years) * rates), 1.0)
    return life_table_from_probabilities(q, years, 1 / np.maximum(rates[..., -1], 1e-9))


def life_table_from_probabilities(q: Array, years_lived: Array, open_expectation: Array) -> LifeTable:
    """Life table of death probabilities (..., ages); the last age is open and ``open_expectation`` (...,) its
    e."""
    q = q.copy()
    q[..., -1] = 1.0
    survivors = np.ones_like(q)
    survivors[..., 1:] = np.cumprod(1 - q[..., :-1], axis=-1)
    person_years = survivors * (1 - (1 - years_lived) * q)
    person_years[..., -1] = survivors[..., -1] * open_expectation
    beyond = np.cumsum(person_years[..., ::-1], axis=-1)[..., ::-1]
    return LifeTable(q, survivors, person_years, beyond / np.maximum(survivors, 1e-300))


def life_table_from_q(q: Array, sex: int, open_expectation: Array) -> LifeTable:
    """Life table of published death probabilities: the infant's a(0) is found from q(0) by repeated
    substitution."""
    infant = np.full(q.shape[:-1], 0.1)
    for _ in range(20):
        infant = infant_years_lived(q[..., 0] / (1 - (1 - infant) * q[..., 0]), sex)
    return life_table_from_probabilities(q, years_lived_by_dying(infant, q.shape[-1]), open_expectation)


def survival_ratios(rates: Array) -> tuple[Array, Array]:
    """Survival from mid-year to mid-year of the death rates of a step, both sexes.

    rates (..., 2, LAST_AGE) -> survival (..., 2, AGES), open (..., 2), with L person-years and T their sum
    upward:
    survival[0] = L(0) / l(0) from births spread evenly over the step; survival[x] = L(x) / L(x-1) into age x,
    the last
    from 99 into 100+; open = T(101) / T(100) within 100+.
    """
    survival = np.empty((*rates.shape[:-1], AGES))
    stay = np.empty(rates.shape[:-1])
    for sex in (0, 1):
        lived = life_table_from_rates(rates[..., sex, :], sex).person_years
        survival[..., sex, 0] = lived[..., 0]
        survival[..., sex, 1:] = lived[..., 1:AGES] / lived[..., : AGES - 1]
        stay[..., sex] = lived[..., AGES:].sum(-1) / lived[..., AGES - 1 :].sum(-1)
    return survival, stay


def annual_death_probabilities(survival: Array, survival_open: Array) -> Array:
    """Probability that one aged x at mid-year dies before the next: the complement of survival; (..., 2,
    AGES)."""
    return 1 - np.concatenate([survival[..., 1:], survival_open[..., None]], axis=-1)
