"""What a projection needs to know about a country, as arrays by single age; made from its tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spsim.data import graduation
from spsim.data.folder import CountryTables, Pair, reach
from spsim.data.life_table import (
    AGES,
    LifeTable,
    annual_death_probabilities,
    life_table_from_rates,
    survival_ratios,
)
from spsim.kernels.population import project_population
from spsim.records import record

Array = NDArray[np.float64]
Years = NDArray[np.int64]

THOUSAND = 1000.0
DEFAULT_SEX_RATIO = 1.05
FIVE_YEAR_GROUPS = tuple((age, age + 5) for age in range(0, AGES - 1, 5))


@record(frozen=True)
class Demography:
    """Population of the first year, and the rates of every step; T years, T-1 steps, sex 0 male and 1 female,
    101 ages.

    Step t runs from mid-year ``years[t]`` to mid-year ``years[t + 1]``.

    years (T,); base_year: the year of the population table that ``base`` was projected from
    base (2, 101): persons at mid-year ``years[0]``
    survival (T-1, 2, 101): into age x; [0] from birth, [100] from 99 into the open group; survival_open (T-1,
    2) within it
    fertility (T-1, 101): births per woman and year; srb (T-1,): boys per girl at birth
    migration (T-1, 2, 101): net migrants of the step by the age they have at its end, when they are counted
    mortality (T, 2, 130): central death rates; entry t is of the step that *closes* at mid-year ``years[t]``
    mortality_q (T, 2, 101): probability that one aged x at mid-year ``years[t] - 1`` dies before mid-year
    ``years[t]``;
    hence mortality_q[t + 1, s, x] = 1 - survival[t, s, x + 1], and 1 - survival_open[t, s] at 100 and over
    fertility_before (101,): births per woman before the first step, where an adjustment has changed that step's
    """

    country: str
    variant: str
    years: Years
    base_year: int
    base: Array
    survival: Array
    survival_open: Array
    fertility: Array
    srb: Array
    migration: Array
    mortality: Array
    mortality_q: Array
    notes: tuple[str, ...]
    sources: tuple[Path, ...]
    fertility_before: Array | None = None

    def fertility_by_year(self) -> Array:
        """Births per woman and year (T, 101) of the step that closes at ``years[t]``; that of the first year, which lies before the
        projection, is the first step's of the tables."""
        before = self.fertility[0] if self.fertility_before is None else self.fertility_before
        return np.concatenate([before[None], self.fertility])

    def life_table(self, sex: int) -> LifeTable:
        """Period life tables of one sex, arrays (T, 130); entry t is of the step that closes at
        ``years[t]``."""
        return life_table_from_rates(self.mortality[:, sex], sex)

    def life_expectancy(self, age: int = 0) -> Array:
        """Expectation of life at an exact age, years, (T, 2)."""
        return np.stack([self.life_table(sex).e[:, age] for sex in (0, 1)], axis=-1)

    def with_mortality(self, mortality: Array) -> Demography:
        """The same country with other death rates (T, 2, 130); survival and mortality_q follow."""
        survival, survival_open = survival_ratios(mortality)
        return replace(
            self,
            mortality=mortality,
            survival=survival[1:],
            survival_open=survival_open[1:],
            mortality_q=annual_death_probabilities(survival, survival_open),
        )


def build_demography(tables: CountryTables, start: int, end: int, variant: str) -> Demography:
    """Graduate checked tables to single ages and years; a base population older than ``start`` is projected
    to it."""
    base_year = max(year for year in tables.population if year <= start)
    years = np.arange(base_year, end + 1)
    mortality = _mortality(tables.mortality, years)
    survival, survival_open = survival_ratios(mortality)
    whole = Demography(
        country=tables.country,
        variant=variant,
        years=years,
        base_year=base_year,
        base=_base_population(tables.population[base_year], mortality[0]),
        survival=survival[1:],
        survival_open=survival_open[1:],
        fertility=_fertility(tables, years),
        srb=_mean_of_neighbours(_sex_ratio(tables.sex_ratio, years)),
        migration=_mean_of_neighbours(_migration(tables.net_migration, years)),
        mortality=mortality,
        mortality_q=annual_death_probabilities(survival, survival_open),
        notes=tuple(_notes(tables, base_year, start, end)),
        sources=tuple(tables.files),
    )
    return _from_start(whole, start - base_year)


def _from_start(whole: Demography, steps: int) -> Demography:
    """Drop the first ``steps`` years; the base becomes the population they lead to."""
    if steps == 0:
        return whole
    persons = np.zeros((1, steps + 1, 2, AGES))
    births, deaths = np.zeros((1, steps, 2)), np.zeros((1, steps, 2, AGES))
    rates = (whole.survival, whole.survival_open, whole.fertility, whole.srb, whole.migration)
    early = (np.ascontiguousarray(rate[None, :steps]) for rate in rates)
    project_population(whole.base[None], *early, 0.0, 1.0, persons, births, deaths)
    return replace(
        whole,
        years=whole.years[steps:],
        base=persons[0, steps],
        survival=whole.survival[steps:],
        survival_open=whole.survival_open[steps:],
        fertility=whole.fertility[steps:],
        srb=whole.srb[steps:],
        migration=whole.migration[steps:],
        mortality=whole.mortality[steps:],
        mortality_q=whole.mortality_q[steps:],
    )


def base_population(tables: CountryTables, year: int) -> Array:
    """Persons by single age (2, 101) at mid-year ``year``, one of the years of the population table."""
    return _base_population(tables.population[year], _mortality(tables.mortality, np.array([year]))[0])


def _base_population(ages: dict[int, Pair], rates: Array) -> Array:
    """Persons by single age (2, 101): the life table's person-years times a smooth curve, group totals
    kept."""
    starts, totals = _columns(ages)
    if starts[-1] > AGES - 1:
        kept = [age for age in starts if age < AGES]
        totals = np.concatenate(
            [totals[:, : len(kept) - 1], totals[:, len(kept) - 1 :].sum(1, keepdims=True)], axis=1
        )
        starts = kept
    totals = totals * THOUSAND
    if starts == list(range(AGES)):
        return totals
    lived = np.stack([life_table_from_rates(rates[sex], sex).person_years for sex in (0, 1)])
    weights = np.concatenate([lived[:, : AGES - 1], lived[:, AGES - 1 :].sum(1, keepdims=True)], axis=1)
    return graduation.graduate_totals(totals, graduation.bounds_of(starts, AGES), weights)


def _mortality(tables: dict[int, dict[int, Pair]], years: Years) -> Array:
    """Death rates (T, 2, 130) of the steps that close in ``years``."""
    logs = np.log(single_age_mortality(tables))
    return np.exp(within_periods(logs, np.array(sorted(tables)), years))


def single_age_mortality(tables: dict[int, dict[int, Pair]]) -> Array:
    """Death rates by single age (mid_years, 2, 130) of the mortality table."""
    groups = [_columns(tables[year]) for year in sorted(tables)]
    return graduation.graduate_mortality(np.array([rates for _, rates in groups]), groups[0][0])


def within_periods(values: Array, mid_years: Years, years: Years) -> Array:
    """Yearly values of period means: a straight line in each period, through its mean, whose slope is the
    gentler of the
    slopes to its two neighbours (none when they differ in sign), so that a shock in one period does not leak
    into the next.

    values (P, ...), mid_years (P,) -> (len(years), ...).  Source: van Leer (1979), minmod slope.
    """
    if len(mid_years) == 1:
        return np.repeat(values, len(years), axis=0)
    slopes = np.diff(values, axis=0) / _column(np.diff(mid_years), values.ndim)
    before, after = np.concatenate([slopes[:1], slopes]), np.concatenate([slopes, slopes[-1:]])
    gentler = np.where(np.abs(before) < np.abs(after), before, after)
    slope = np.where(before * after > 0, gentler, 0.0)
    period = np.abs(mid_years[None, :] - years[:, None]).argmin(1)
    straight: Array = values[period] + _column(years - mid_years[period], values.ndim) * slope[period]
    return straight


def _fertility(tables: CountryTables, years: Years) -> Array:
    """Births per woman and year (T-1, 101): total fertility of the two calendar years met, times the age
    pattern."""
    total = _mean_of_neighbours(np.array([tables.total_fertility.get(int(year), 0.0) for year in years]))
    shares = linear(single_age_pattern(tables.age_pattern), np.array(sorted(tables.age_pattern)), years[1:])
    rates: Array = total[:, None] * shares / shares.sum(1, keepdims=True)
    return rates


def single_age_pattern(tables: dict[int, dict[int, float]]) -> Array:
    """Percent of total fertility by single age of the mother (mid_years, 101)."""
    mid_years = sorted(tables)
    ages = sorted(tables[mid_years[0]])
    percent = np.array([[tables[year][age] for age in ages] for year in mid_years])
    width = 1 if ages[-1] - ages[0] == len(ages) - 1 else 5
    if width == 5:
        bounds = [(age - ages[0], age - ages[0] + 5) for age in ages]
        percent = graduation.graduate_totals(percent, bounds, np.ones((len(percent), 5 * len(ages))), True)
    single = np.zeros((len(mid_years), AGES))
    single[:, ages[0] : ages[-1] + width] = percent
    return single


def linear(values: Array, points: Years, years: Years) -> Array:
    """Linear interpolation along the first axis, constant beyond both ends; (P, ...) -> (len(years), ...)."""
    if len(points) == 1:
        return np.repeat(values, len(years), axis=0)
    left = np.clip(np.searchsorted(points, years, side="right") - 1, 0, len(points) - 2)
    share = np.clip((years - points[left]) / (points[left + 1] - points[left]), 0, 1)
    weight = _column(share, values.ndim)
    between: Array = values[left] * (1 - weight) + values[left + 1] * weight
    return between


def _migration(tables: dict[int, dict[int, Pair]], years: Years) -> Array:
    """Net migrants of each calendar year (T, 2, 101), persons; ages left out are zero."""
    dense = np.zeros((len(years), 2, AGES))
    grouped = _in_five_year_groups(tables)
    operator = graduation.smooth_mean(FIVE_YEAR_GROUPS, AGES - 1) if grouped else None
    for position, year in enumerate(years):
        given = tables.get(int(year), {})
        if given:
            ages = np.minimum(list(given), AGES - 1)  # the open age may stand for several
            np.add.at(dense[position].T, ages, np.array(list(given.values())))
    if operator is not None:
        dense[..., :-1] = dense[..., :-1:5] / 5 @ operator.T
    return dense * THOUSAND


def _in_five_year_groups(tables: dict[int, dict[int, Pair]]) -> bool:
    ages = {age for year in tables.values() for age in year}
    return bool(ages) and all(age % 5 == 0 for age in ages) and len(ages) > 1


def _sex_ratio(given: dict[int, float], years: Years) -> Array:
    """Boys per girl of each calendar year (T,); the nearest given year beyond both ends."""
    if not given:
        return np.full(len(years), DEFAULT_SEX_RATIO)
    known = sorted(given)
    ratio: Array = np.interp(years, known, [given[year] for year in known])
    return ratio


def _mean_of_neighbours(values: Array) -> Array:
    """Mid-year to mid-year: half of one calendar year and half of the next; (T, ...) -> (T-1, ...)."""
    mean: Array = (values[:-1] + values[1:]) / 2
    return mean


def _columns(ages: dict[int, Pair]) -> tuple[list[int], Array]:
    """First ages of the groups in order, and their values (2, groups)."""
    starts = sorted(ages)
    return starts, np.ascontiguousarray(np.array([ages[age] for age in starts]).T)


def _column(vector: Array | Years, dimensions: int) -> Array:
    """A vector along the first of ``dimensions`` axes."""
    return np.asarray(vector, dtype=np.float64).reshape(-1, *[1] * (dimensions - 1))


def _notes(tables: CountryTables, base_year: int, start: int, end: int) -> list[str]:
    """What was assumed where the tables are silent."""
    notes = list(tables.notes)
    if base_year < start:
        notes.append(f"population of {base_year} projected to {start}")
    migration = sorted(tables.net_migration)
    if migration and migration[0] > base_year:
        notes.append(f"net migration before {migration[0]} is taken as zero")
    if migration and migration[-1] < end:
        notes.append(f"net migration after {migration[-1]} is taken as zero")
    first, last = reach(tables.age_pattern)
    if end > base_year and (first > base_year + 1 or last < end):
        notes.append(f"age pattern of fertility held constant before {first} and after {last}")
    return notes
