"""A slow twin of the pension projection: plain loops over cells, written from docs/architecture.md and the law of the scenario below.

Taken from the engine: population, mortality, fertility. Everything else (insured, wages, careers, awards, pensions in payment, survivors,
lump sums) is worked out again, one cell at a time, and compared cell by cell.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from spsim.checking import check
from spsim.outcome import Outcome
from spsim.run import simulate

FIRST, LAST, RUN_IN = 2025, 2031, 8
YOUNGEST, OLDEST, OPEN, SERVICE = 15, 75, 100, 11
SHARES, SPREAD = (0.6, 0.4), 0.5
INFLATION, REAL = 0.03, 0.02
WAGE_GROWTH = (1 + INFLATION) * (1 + REAL)
ROUNDING = sum((6 - m if m <= 6 else 12 - m) for m in range(1, 12)) / 12 / 12  # odd months: to 6, or to 12
BOUNDARY = 12 * 2026 + 6
PENSIONS = ("old_age_minimum", "old_age_pension", "old_age_early", "invalidity_pension")
ONCE = ("old_age_once", "old_age_minimum_lump_sum", "invalidity_once", "withdrawal", "family_once", "funeral")

SCENARIO = """
meta: {id: twin, title: A small scheme with every kind of benefit}
horizon: {start: 2025, end: 2031}
population: {country: VNM}
labour:
  participation: {male: 0.8, female: 0.7}
  unemployment_rate: 0.05
  groups:
    all:
      share: 0.5
      by_age: {by: age, mode: linear, points: {29: 0, 32: 1, 63: 1, 66: 0}}
      wages:
        average: {value: 300, year: 2025}
        profile: {male: {by: age, mode: linear, points: {30: 1.0, 50: 1.4}}, female: {by: age, mode: linear, points: {30: 0.9, 50: 1.2}}}
        coefficient_of_variation: 0.5
        class_shares: [0.6, 0.4]
economy:
  price_inflation: 0.03
  real_wage_growth: 0.02
  interest_rate: 0.04
  reference_amounts:
    base: {points: {2015: 100, 2024-07-01: 130}, growth: {prices: 1}}
funds: {fund: {opening_reserve: 0}}
schemes:
  old:
    kind: pension
    source: made up
    status: assumption
    fund: fund
    start: 2010
    entry_cohorts: [2026-07-01]
    longest_service: 11
    members:
      kind: covered
      group: all
      run_in_years: 8
      coverage: 0.9
      contributors: {by_year: {2015: 6000000, 2021: 9000000, 2025: 10000000}}
      in_payment:
        old_age: {persons: 1000000, average_monthly: 170, male_share: 0.55}
        survivors: {persons: 50000}
    contribution_base: {floor: {of: base, times: 1.2}, ceiling: {of: base, times: 3}}
    contributions:
      employer: {party: employer, rate: 0.2}
    pension_age:
      male: {by: event_date, start: 2021-01-01, from: 60y3m, increment: 3m, every: 1, until: 62y, before: 60y}
      female: 57y6m
    service_rounding: half_year_up
    reference_earnings: {kind: career, valorisation: prices}
    benefits:
      old_age:
        kind: old_age
        tiers:
          minimum:
            service: {at_least: 5}
            first_insured: {before: 2026-07-01}
            pays: pension
            amount: &accrual
              kind: percent_of_earnings
              rate:
                male: {by: service, mode: linear, points: {3: 0.30, 6: 0.45, 9: 0.54}}
                female: {by: service, mode: linear, points: {3: 0.36, 7: 0.54}}
            floor: {of: base, times: 1.1}
            with_lump_sum: {kind: months_of_earnings, beyond: {male: 9, female: 7}, per_year: 0.5}
          pension: {service: {at_least: 3}, pays: pension, amount: *accrual}
          once: {pays: lump_sum, amount: &months {kind: months_of_earnings, per_year: {by: accrual_date, points: {2010: 1.5, 2024-01-01: 2}}}}
          early:
            service: {at_least: 4}
            years_before: 3
            pays: pension
            amount: *accrual
            reduction: {basis: rate_points, per_year: 0.02, step_months: 6}
      invalidity:
        kind: invalidity
        tiers:
          pension: {service: {at_least: 2}, pays: pension, amount: {kind: per_year_of_service, rate: 0.03}, cap: {of: base, times: 0.6}}
          once: {pays: lump_sum, amount: *months}
      withdrawal:
        kind: withdrawal
        tiers:
          once: {service: {below: 4}, first_insured: {before: 2026-07-01}, pays: lump_sum, amount: *months}
      survivors:
        kind: survivors
        service: {at_least: 2}
        per_head: {of: base, times: 0.5}
        spouse_age: {male: 60, female: 57.5}
        child_age: 16
        most: 3
      family_once:
        kind: death
        tiers:
          all: {service: {below: 2}, pays: lump_sum, amount: *months}
      funeral:
        kind: death
        of_pensioners: true
        tiers:
          grant: {service: {at_least: 1}, pays: lump_sum, amount: {kind: flat, amount: {of: base, times: 6}}}
    indexation: {prices: 1, real_wages: 0.5}
    pension_floor: {of: base, times: 1.0}
behaviour:
  old:
    kind: pension
    leaving_rate: {male: {by: age, mode: linear, points: {30: 0.15, 50: 0.05}}, female: 0.12}
    contribution_density: 0.85
    reentry_share: 0.4
    reentry_limit: 0.3
    declared_share: 0.95
    invalidity_rate: {by: age, mode: linear, points: {30: 0.001, 60: 0.02}}
    use: {withdrawal: {once: 0.25}, old_age: {early: 0.15}}
    family:
      married: {male: 0.8, female: 0.6}
      husband_older_years: 3
      spouse_without_income: 0.5
      children_claim: 0.9
      dependent_parents: 0.1
      parents_older_years: 25
"""
CAREER = "reference_earnings: {kind: career, valorisation: prices}"
FINAL = "reference_earnings: {kind: final, years: 0, valorisation: wages}"


def line(x: float, *points: tuple[float, float]) -> float:
    """Straight lines between points, held outside."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def clip(value: float, low: float = 0.0, high: float = 1.0) -> float:
    return max(low, min(high, value))


# The law and the behaviour of the scenario, read month by month


def base_amount(month: int) -> float:
    if month < 12 * 2024 + 6:
        return 100.0
    return 130.0 * (1 + INFLATION) ** (month // 12 - 2024)


def mean_base(first_month: int) -> float:
    """Mean over the twelve months of a calendar year (from January) or of a step (from July of the year before)."""
    return sum(base_amount(first_month + m) for m in range(12)) / 12


def of_year(year: int) -> float:
    return mean_base(12 * year)


def of_step(year: int) -> float:
    return mean_base(12 * year - 6)


def accrual(sex: int, service: float) -> float:
    if sex == 0:
        return line(service, (3, 0.30), (6, 0.45), (9, 0.54))
    return line(service, (3, 0.36), (7, 0.54))


def months_per_year(year: int, service: int) -> float:
    """1.5 months of earnings for a year of service before 2024, 2 from 2024: mean over the years before 1 January in which so much service is
    earned by who pays DENSITY of the months."""
    span = service / DENSITY
    if service == 0:
        return 2.0 if year > 2024 else 1.5
    since = min(max(float(year - 2024), 0.0), span)
    return (2.0 * since + 1.5 * (span - since)) / span


def leaving(sex: int, age: int) -> float:
    return line(age + 0.5, (30, 0.15), (50, 0.05)) if sex == 0 else 0.12


def incidence(age: int) -> float:
    return line(age + 0.5, (30, 0.001), (60, 0.02))


def profile(sex: int, age: int) -> float:
    return line(age + 0.5, (30, 1.0), (50, 1.4)) if sex == 0 else line(age + 0.5, (30, 0.9), (50, 1.2))


@cache
def wages_of_class(k: int, floor: float, ceiling: float) -> float:
    """Mean of lognormal wages of mean 1, held between two limits, over the persons of one class."""
    normal, sigma = NormalDist(), np.log(1 + SPREAD**2) ** 0.5
    edges = [0.0, normal.cdf(normal.inv_cdf(SHARES[0])), 1.0]
    below, above = (normal.cdf(np.log(limit) / sigma + sigma / 2) for limit in (floor, ceiling))
    low, high = edges[k], edges[k + 1]

    def earned_below(share: float) -> float:
        return 0.0 if share <= 0 else 1.0 if share >= 1 else normal.cdf(normal.inv_cdf(share) - sigma)

    inner = sorted((clip(below, low, high), clip(above, low, high)))
    held = floor * (inner[0] - low) + ceiling * (high - inner[1])
    return (held + earned_below(inner[1]) - earned_below(inner[0])) / (high - low)


DENSITY, RETURN_SHARE, RETURN_LIMIT, EARLY, WITHDRAW = 0.85, 0.4, 0.3, 0.15, 0.25


@cache
def first_month(sex: int, born: int) -> int:
    """The month after the first one in which the pension age then required is reached."""
    month = born
    while month - born < required(sex, month):
        month += 1
    return month + 1


def required(sex: int, month: int) -> int:
    """Pension age in months: men 60y3m in 2021 and three months more each year up to 62; women 57y6m."""
    if sex == 1:
        return 690
    return 720 if month < 12 * 2021 else min(723 + 3 * (month // 12 - 2021), 744)


@cache
def births(year: int, age: int) -> list[int]:
    """Birth months of those who have completed `age` years on 1 July."""
    july = 12 * year + 6
    return [july - 12 * age - m for m in range(1, 13)]


@cache
def reached(year: int, sex: int, age: int) -> float:
    return sum(first_month(sex, born) <= 12 * year + 6 for born in births(year, age)) / 12


@cache
def passing(year: int, sex: int, age: int) -> float:
    """Those who reach the age in the step, of those who had not."""
    before = sum(first_month(sex, born) <= 12 * year - 6 for born in births(year, age)) / 12
    return 1.0 if before == 1 else (reached(year, sex, age) - before) / (1 - before)


@cache
def months_early(year: int, sex: int, age: int) -> list[int]:
    """Months to the pension on 1 January, of those who have not reached it."""
    short = (first_month(sex, born) - 12 * year for born in births(year, age))
    return [months for months in short if months > 0]


def in_window(year: int, sex: int, age: int) -> float:
    return sum(months <= 36 for months in months_early(year, sex, age)) / 12


def points_lost(year: int, sex: int, age: int) -> float:
    """Two points a year for each completed half-year, mean over the birth months."""
    early = months_early(year, sex, age)
    return sum(0.01 * (months // 6) for months in early) / max(len(early), 1)


def at_least(service: float, limit: float) -> float:
    """Share of a cell of mean service s, uniform on s − ½ .. s + ½, that has `limit` years."""
    return clip(service + 0.5 - limit)


Cell = tuple[int, int, int, int, int]  # entry cohort, sex, age, class, service
Stock = dict[
    Cell, list[float]
]  # persons and their rights: earnings of the career in valorised units, or years


def add(stock: Stock, cell: Cell, persons: float, rights: float) -> None:
    held = stock.setdefault(cell, [0.0, 0.0])
    held[0] += persons
    held[1] += rights


class Twin:
    """The scheme of the scenario, year by year from the first day of the run-in."""

    def __init__(self, outcome: Outcome, career: bool) -> None:
        people, demography = outcome.population, outcome.demography
        assert people is not None and demography is not None
        self.persons = people.persons.tolist()
        self.death, self.births = demography.mortality_q.tolist(), demography.fertility.tolist()
        self.career = career
        self.insured = self.all_insured()
        self.earned = cache(self.earned_in_year)
        self.active: Stock = {}
        self.dormant: Stock = {}
        self.contributors: dict = defaultdict(float)  # (year, sex, age, class)
        self.waiting: dict = defaultdict(float)  # (year, sex, age)
        self.awards: dict = defaultdict(
            lambda: [0.0, 0.0]
        )  # (year, name, sex, age, class): persons, money on 1 January
        self.leave_family: dict = defaultdict(
            float
        )  # (year, sex, age) deaths that give a right to the family
        self.pensions: dict = defaultdict(
            lambda: [0.0, 0.0]
        )  # (year, name, sex, age, class): persons, money on 1 July

    def q(self, year: int, sex: int, age: int) -> float:
        """Chance of dying in the step for those who would be `age` at its end, so a year younger at its start."""
        return self.death[max(year - FIRST, 0)][sex][max(age - 1, 0)]

    # Insured and wages

    def all_insured(self) -> dict[tuple[int, int, int], float]:
        """(year, sex, age) from the first year of the scenario on, scaled to the published total."""
        found = {
            (y, s, x): self.persons[y - FIRST][s][x] * (0.8, 0.7)[s] * 0.95 * 0.5 * 0.9
            * line(x + 0.5, (29, 0), (32, 1), (63, 1), (66, 0)) * (1 - reached(y, s, x))
            for y in range(FIRST, LAST + 1) for s in (0, 1) for x in range(YOUNGEST, OLDEST + 1)
        }  # fmt: skip
        scale = 10e6 / sum(value for (y, _, _), value in found.items() if y == FIRST)
        return {cell: value * scale for cell, value in found.items()}

    def target(self, year: int, sex: int, age: int) -> float:
        """In the run-in: the pattern of the first year at the published totals."""
        if year >= FIRST:
            return self.insured[year, sex, age]
        return self.insured[FIRST, sex, age] * line(year, (2015, 6e6), (2021, 9e6), (2025, 10e6)) / 10e6

    def mean_wage(self, year: int, sex: int, age: int) -> float:
        """The profile, scaled so that the average of the insured is 300 in 2025 and grows with wages."""
        cells = [(s, x) for s in (0, 1) for x in range(YOUNGEST, OLDEST + 1)]
        total = sum(self.insured[year, s, x] for s, x in cells)
        mean = sum(self.insured[year, s, x] * profile(s, x) for s, x in cells) / total
        return 300 * WAGE_GROWTH ** (year - FIRST) * profile(sex, age) / mean

    def contributory(self, year: int, sex: int, age: int, k: int) -> float:
        """Monthly: declared wage between floor and ceiling, mean of the class; the run-in carries the first year back by wages."""
        known = max(year, FIRST)
        declared = 0.95 * self.mean_wage(known, sex, age)
        limits = (1.2 * of_year(known) / declared, 3 * of_year(known) / declared)
        return declared * wages_of_class(k, *limits) * WAGE_GROWTH ** (year - known)

    def earned_in_year(self, year: int, sex: int, age: int, k: int) -> float:
        """Contributory wage of a full year on 1 January, the mean of the two Julys of the cohort, in valorised units."""
        younger = (year - 1, sex, age - 1, k) if age > YOUNGEST else (year, sex, age, k)
        return 12 * (self.contributory(year, sex, age, k) + self.contributory(*younger)) / 2 / self.unit(year)

    def unit(self, year: int) -> float:
        """Index of prices (career) or of wages (final), mean of the two Julys."""
        growth = 1 + INFLATION if self.career else WAGE_GROWTH
        return (growth ** (year - FIRST) + growth ** (year - 1 - FIRST)) / 2

    # Members

    def run(self) -> Twin:
        for year in range(FIRST - RUN_IN + 1, LAST + 1):
            self.step(year)
            self.pay(year)
            if year == FIRST:
                self.set_to_published()
            for (_, s, x, k, _), (persons, _) in self.active.items():
                self.contributors[year, s, x, k] += persons
            for (_, s, x, _, _), (persons, _) in self.dormant.items():
                self.waiting[year, s, x] += persons
        return self

    def step(self, year: int) -> None:
        """Advance; leave by death, invalidity, retirement, withdrawal; stop contributing; then enter or be let go."""
        before, self.active, old, self.dormant = self.active, {}, self.dormant, {}
        for (g, s, x, k, j), (persons, rights) in old.items():
            if x < OLDEST:
                cell = (g, s, x + 1, k, j)
                stay = self.exits(year, cell, persons, rights, contributor=False)
                add(self.dormant, cell, persons * stay, rights * stay)
        for cell, (persons, rights, later) in self.advanced(year, before).items():
            stay = self.exits(year, cell, persons, rights, contributor=True)
            out = leaving(cell[1], cell[2])
            add(self.active, cell, persons * stay * (1 - out), (rights + later) * stay * (1 - out))
            add(self.dormant, cell, persons * stay * out, rights * stay * out)
        self.fill(year)

    def advanced(self, year: int, before: Stock) -> dict[Cell, list[float]]:
        """Contributors on 1 January by cell: persons, rights with half of the year's, and the other half."""
        found: dict[Cell, list[float]] = {}
        for (g, s, x, k, j), (persons, rights) in before.items():
            if x == OLDEST:
                continue
            half = 0.5 * self.right_of_a_year(year, s, x + 1, k) * persons * DENSITY
            for service, share, earned in ((min(j + 1, SERVICE), DENSITY, half), (j, 1 - DENSITY, 0.0)):
                held = found.setdefault((g, s, x + 1, k, service), [0.0, 0.0, 0.0])
                for place, value in enumerate((persons * share, rights * share + earned, earned)):
                    held[place] += value
        return found

    def right_of_a_year(self, year: int, sex: int, age: int, k: int) -> float:
        return self.earned(year, sex, age, k) if self.career else 1.0

    def fill(self, year: int) -> None:
        """Vacancies go to former contributors up to limits, then to new ones; too many contributors are let go."""
        for s in (0, 1):
            for x in range(YOUNGEST, OLDEST + 1):
                for k in (0, 1):
                    here, there = (
                        [c for c in stock if c[1:4] == (s, x, k)] for stock in (self.active, self.dormant)
                    )
                    short = self.target(year, s, x) * SHARES[k] - sum(self.active[c][0] for c in here)
                    if short < 0:
                        move(here, self.active, self.dormant, -short / sum(self.active[c][0] for c in here))
                    else:
                        self.hire(year, (s, x, k), short, there)

    def hire(self, year: int, who: tuple[int, int, int], short: float, there: list[Cell]) -> None:
        waiting = sum(self.dormant[c][0] for c in there)
        called = min(RETURN_SHARE * short / waiting, RETURN_LIMIT) if waiting > 0 else 0.0
        for cell in there:  # who comes back does so in mid-step, and works the other half of the year
            half = 0.5 * self.right_of_a_year(year, *who) * self.dormant[cell][0] * called
            add(self.active, cell, 0.0, half)
        move(there, self.dormant, self.active, called)
        new = short - called * waiting
        if new > 0:
            cohort = int(12 * year >= BOUNDARY)
            add(self.active, (cohort, *who, 0), new, 0.5 * new * self.right_of_a_year(year, *who))

    # Events of one cell: each pays its awards and returns the share that leaves

    def exits(self, year: int, cell: Cell, persons: float, rights: float, contributor: bool) -> float:
        """Share that stays after death, invalidity (contributors), retirement and withdrawal (dormant members)."""
        held, s, x = (persons, rights), cell[1], cell[2]
        service = cell[4]
        self.die(year, cell, service, held)
        left = 1 - self.q(year, s, x)
        if contributor:
            left -= self.fall_ill(year, cell, service, part(held, left)) * left
        left -= self.retire(year, cell, service, part(held, left)) * left
        if not contributor:
            left -= self.withdraw(year, cell, service, part(held, left)) * left
        return left

    def die(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> None:
        dead = part(held, self.q(year, cell[1], cell[2]))
        self.leave_family[year, cell[1], cell[2]] += dead[0] * at_least(service, 2)
        self.pay_months("family_once", year, cell, part(dead, 1 - at_least(service, 2)))
        buried = dead[0] * at_least(service, 1)
        self.award("funeral", year, cell, buried, buried * 6 * of_step(year))

    def fall_ill(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> float:
        """A pension of 3 % a year of service with two years, at most 0.6 of the base amount; else a lump sum."""
        share = incidence(cell[2]) * (1 - reached(year, cell[1], cell[2]))
        entitled = part(held, share * at_least(service, 2))
        amount = 0.03 * self.years_of_earnings(year, cell, service, entitled)
        amount = min(amount, entitled[0] * 12 * 0.6 * of_step(year))
        self.award("invalidity_pension", year, cell, entitled[0], amount)
        self.pay_months("invalidity_once", year, cell, part(held, share * (1 - at_least(service, 2))))
        return share

    def retire(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> float:
        """The tiers in their order at the pension age; before it the early pension, by choice."""
        g, s, x, _, _ = cell
        over, five = passing(year, s, x), at_least(service, 5) * (g == 0)
        three = (1 - five) * at_least(service, 3)
        early = (1 - over) * at_least(service, 4) * in_window(year, s, x) * EARLY
        self.pension("old_age_minimum", year, cell, service, part(held, over * five))
        self.pension("old_age_pension", year, cell, service, part(held, over * three))
        self.pay_months("old_age_once", year, cell, part(held, over * (1 - five - three)))
        self.pension("old_age_early", year, cell, service, part(held, early))
        return over + early

    def pension(self, name: str, year: int, cell: Cell, service: float, held: tuple[float, float]) -> None:
        """Rate by service, less the early points, of the reference earnings; the first tier has a floor and a lump sum."""
        counted = service + ROUNDING
        lost = points_lost(year, cell[1], cell[2]) if name == "old_age_early" else 0.0
        earnings = self.earnings(year, cell, service, held)
        amount = earnings * max(accrual(cell[1], counted) - lost, 0.0)
        if name == "old_age_minimum":
            amount = max(amount, held[0] * 12 * 1.1 * of_step(year))
            beyond = max(counted - (9, 7)[cell[1]], 0.0)
            once = held[0] if beyond > 0 else 0.0
            self.award("old_age_minimum_lump_sum", year, cell, once, earnings * 0.5 / 12 * beyond)
        self.award(name, year, cell, held[0], amount)

    def withdraw(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> float:
        share = WITHDRAW * (1 - at_least(service, 4)) * (cell[0] == 0) * (1 - reached(year, cell[1], cell[2]))
        self.pay_months("withdrawal", year, cell, part(held, share))
        return share

    def pay_months(self, name: str, year: int, cell: Cell, held: tuple[float, float]) -> None:
        """1.5 or 2 months of earnings for each year of service."""
        years = self.years_of_earnings(year, cell, float(cell[4]), held)
        self.award(name, year, cell, held[0], months_per_year(year, cell[4]) / 12 * years)

    def earnings(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> float:
        """Annual reference earnings of the persons held, in money of 1 January: mean of the career, or wage at the award."""
        if self.career:
            return held[1] / max(service, 0.5) * self.unit(year)
        return held[0] * self.earned(year, *cell[1:4]) * self.unit(year)

    def years_of_earnings(self, year: int, cell: Cell, service: float, held: tuple[float, float]) -> float:
        """Years of service, odd months rounded up, times reference earnings."""
        exact = held[1] * (1.0 if self.career else self.earned(year, *cell[1:4])) * self.unit(year)
        return exact + ROUNDING * self.earnings(year, cell, service, held)

    def award(self, name: str, year: int, cell: Cell, persons: float, money: float) -> None:
        paid = self.awards[year, name, *cell[1:4]]
        paid[0] += persons
        paid[1] += money

    # Pensions in payment

    def pay(self, year: int) -> None:
        """Last year's pensions, a year older, less deaths and indexed; new ones on 1 January, indexed for half a year."""
        deaths: dict = defaultdict(float)
        real = 0.5 * REAL
        rise = (1 + INFLATION) * (1 + real)
        for name in PENSIONS:
            for s in (0, 1):
                for x in range(1, OPEN):
                    deaths[s, x] += sum(self.pay_cell(year, name, s, x, k, rise) for k in (0, 1))
        for (s, x), dead in deaths.items():
            if dead > 0:
                self.award("funeral", year, (0, s, x, 0, 0), dead, dead * 6 * of_step(year))
                self.leave_family[year, s, x] += dead
        self.pay_survivors(year)

    def pay_cell(self, year: int, name: str, s: int, x: int, k: int, rise: float) -> float:
        """One cell of pensions; returns the deaths of last year's pensioners."""
        old, new = (
            self.pensions.get((year - 1, name, s, x - 1, k), (0, 0)),
            self.awards.get((year, name, s, x, k), (0, 0)),
        )
        q = self.q(year, s, x)
        persons = old[0] * (1 - q) + new[0]
        if persons > 0:
            amount = old[1] * (1 - q) * rise + new[1] * rise**0.5
            self.pensions[year, name, s, x, k] = [persons, max(amount, persons * 12 * of_year(year))]
        return q * old[0]

    def pay_survivors(self, year: int) -> None:
        new = self.new_survivors(year)
        for s in (0, 1):
            for x in range(OPEN):
                old = (
                    self.pensions.get((year - 1, "survivors", s, x - 1, 0), (0, 0))[0]
                    if x and x != 16
                    else 0.0
                )
                persons = old * (1 - self.q(year, s, x)) + new[s, x]
                if persons > 0:
                    self.pensions[year, "survivors", s, x, 0] = [persons, persons * 12 * 0.5 * of_year(year)]

    def new_survivors(self, year: int) -> dict:
        """Spouses of pension age, children under 16 by the fertility of their mother's age, parents; at most three a deceased."""
        new: dict = defaultdict(float)
        fertility = self.births[max(year - 1 - FIRST, 0)]
        deaths = {(s, x): n for (y, s, x), n in self.leave_family.items() if y == year}
        for (s, x), dead in deaths.items():
            self.leave_spouse(new, s, x, dead)
            mother = x if s == 1 else x - 3
            for age in range(min(16, mother + 1)):
                for child in (0, 1):
                    new[child, age] += 0.5 * 0.9 * dead * fertility[mother - age]
            new[0, min(x + 25, OPEN)] += 0.4 * 0.1 * dead
            new[1, min(x + 25, OPEN)] += 0.6 * 0.1 * dead
        allowed = min(1.0, 3 * sum(deaths.values()) / max(sum(new.values()), 1e-300))
        return defaultdict(float, {cell: persons * allowed for cell, persons in new.items()})

    @staticmethod
    def leave_spouse(new: dict, s: int, x: int, dead: float) -> None:
        """The widow three years younger, the widower three years older, if of pension age and without income."""
        age = min(x - 3 if s == 0 else x + 3, OPEN)
        of_age = clip(age + 1 - (60, 57.5)[1 - s])
        new[1 - s, age] += dead * (0.8, 0.6)[s] * 0.5 * of_age

    def set_to_published(self) -> None:
        """In the first year: 1 million old-age pensions, 55 % to men, of 170 a month on average; 50,000 survivors."""
        own = ("old_age_minimum", "old_age_pension", "old_age_early")
        old = {cell: held for cell, held in self.pensions.items() if cell[0] == FIRST and cell[1] in own}
        for s, wanted in ((0, 550_000), (1, 450_000)):
            scale(
                old, lambda cell, s=s: cell[2] == s, wanted / sum(h[0] for c, h in old.items() if c[2] == s)
            )
        money = 1e6 * 170 * 12 / sum(held[1] for held in old.values())
        for held in old.values():
            held[1] *= money
        family = {cell: held for cell, held in self.pensions.items() if cell[:2] == (FIRST, "survivors")}
        scale(family, lambda cell: True, 50_000 / sum(held[0] for held in family.values()))


def part(held: tuple[float, float], share: float) -> tuple[float, float]:
    return held[0] * share, held[1] * share


def move(cells: list[Cell], origin: Stock, target: Stock, share: float) -> None:
    """The same share of persons and rights of every cell."""
    for cell in cells:
        persons, rights = part(tuple(origin[cell]), share)
        add(origin, cell, -persons, -rights)
        add(target, cell, persons, rights)


def scale(cells: dict, chosen, factor: float) -> None:
    for cell, held in cells.items():
        if chosen(cell):
            held[0] *= factor
            held[1] *= factor


@pytest.fixture(scope="module", params=["career", "final"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Twin]:
    """The scenario by the engine and by the twin, with either kind of reference earnings."""
    text = SCENARIO if request.param == "career" else SCENARIO.replace(CAREER, FINAL)
    path = tmp_path_factory.mktemp("twin") / "twin.yaml"
    path.write_text(text, encoding="utf-8")
    checked = check(path)
    assert checked.scenario is not None and not checked.errors, [str(problem) for problem in checked.errors]
    outcome = simulate(checked.scenario)
    return outcome, Twin(outcome, request.param == "career").run()


def filled(cells: dict, shape: tuple[int, ...], first_age: int = 0) -> np.ndarray:
    """An array (year, sex, age, ...) from cells by (year, sex, age, ...), the years of the scenario only."""
    array = np.zeros(shape)
    for (year, sex, age, *rest), value in cells.items():
        if year >= FIRST:
            array[(year - FIRST, sex, age - first_age, *rest)] += value
    return array


def same(found: np.ndarray, expected: np.ndarray, what: str) -> None:
    """Equal within rounding; ages below the open one only."""
    assert expected.sum() > 0, f"{what}: nothing to compare"
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9 * expected.max(), err_msg=what)


def test_contributors(both: tuple[Outcome, Twin]) -> None:
    outcome, twin = both
    found = outcome.pensions["old"].contributors
    same(found, filled(twin.contributors, found.shape, YOUNGEST), "contributors")


def test_contributory_wages(both: tuple[Outcome, Twin]) -> None:
    """Contributors × density × twelve months, and the contributions on them."""
    outcome, twin = both
    wages = np.zeros(LAST - FIRST + 1)
    for (year, s, x, k), persons in twin.contributors.items():
        if year >= FIRST:
            wages[year - FIRST] += 12 * DENSITY * persons * twin.contributory(year, s, x, k)
    money = outcome.money["old"]
    same(money.contributory_wages, wages, "contributory wages")
    same(money.contributions["fund", "employer"], 0.2 * wages, "contributions")


def test_dormant_members(both: tuple[Outcome, Twin]) -> None:
    outcome, twin = both
    found = outcome.pensions["old"].dormant
    same(found, filled(twin.waiting, found.shape, YOUNGEST), "dormant")


@pytest.mark.parametrize("name", [*PENSIONS, "survivors"])
def test_pensions_in_payment(both: tuple[Outcome, Twin], name: str) -> None:
    """Persons and annual amounts by year, sex and age, below the open age."""
    outcome, twin = both
    pension = outcome.pensions["old"].pensions[name]
    for place, found in enumerate((pension.persons, pension.amount)):
        cells = {(y, s, x, k): held[place] for (y, n, s, x, k), held in twin.pensions.items() if n == name}
        expected = filled(cells, (*found.shape, 2)).sum(axis=-1)
        same(found[..., :OPEN], expected[..., :OPEN], f"{name}, {('persons', 'amount')[place]}")


@pytest.mark.parametrize("name", ONCE)
def test_lump_sums(both: tuple[Outcome, Twin], name: str) -> None:
    """Calendar years: half of the step before 1 July, half of the one after; at the ends the only one known."""
    outcome, twin = both
    lump_sum = outcome.pensions["old"].lump_sums[name]
    for place, found in enumerate((lump_sum.persons, lump_sum.amount)):
        cells = {(y, s, x, k): paid[place] for (y, n, s, x, k), paid in twin.awards.items() if n == name}
        steps = filled(cells, (*found.shape, 2)).sum(axis=-1)
        expected = np.concatenate([steps[1:2], (steps[1:-1] + steps[2:]) / 2, steps[-1:]])
        same(found[..., :OPEN], expected[..., :OPEN], f"{name}, {('persons', 'amount')[place]}")


def test_expenditure_is_the_sum_of_all_that_is_paid(both: tuple[Outcome, Twin]) -> None:
    """Nothing is paid beside the names compared above."""
    outcome, _ = both
    assert set(outcome.money["old"].benefits) == {*PENSIONS, "survivors", *ONCE}


# A cohort of identical persons


COHORT = """
meta: {id: cohort, title: One cohort of identical persons}
horizon: {start: 2000, end: 2045}
economy: {price_inflation: 0.03, real_wage_growth: 0.02, interest_rate: 0.04}
funds: {fund: {deficit_paid_by_state: true}}
schemes:
  old:
    kind: pension
    source: made up
    status: assumption
    fund: fund
    start: 2000
    longest_service: 47
    members:
      kind: entrants
      entry_age: 25
      exit_age: 66
      entrant_growth: 0
      initial: [{from: 25, to: 26, persons: 1000, past_service: 0.5}, {from: 26, to: 66, persons: 0, past_service: 0}]
      service_table: {by: age, mode: linear, points: {0: 1000, 66: 1000}}
      pensioner_table: {by: age, mode: linear, points: {60: 1000, 101: 1000}}
      wages: {average: {value: 100, year: 2000}, coefficient_of_variation: 0, class_shares: [1.0]}
    pension_age: 60
    reference_earnings: REFERENCE
    benefits:
      old_age:
        kind: old_age
        tiers:
          pension: {pays: pension, amount: AMOUNT}
    indexation: {prices: 1}
behaviour:
  old: {kind: pension}
"""
PERCENT = "{kind: percent_of_earnings, rate: {by: service, mode: linear, points: {0: 0, 15: 0.45, 30: 0.75}}}"
PER_YEAR = "{kind: per_year_of_service, rate: 0.015}"
ENTRY, RETIREMENT = 25, 60


def average_pension(folder: Path, reference: str, amount: str) -> float:
    """Monthly pension at the first award, in money of that 1 January."""
    path = folder / "cohort.yaml"
    path.write_text(COHORT.replace("REFERENCE", reference).replace("AMOUNT", amount), encoding="utf-8")
    checked = check(path)
    assert checked.scenario is not None and not checked.errors, [str(problem) for problem in checked.errors]
    award = simulate(checked.scenario).pensions["old"].awards["old_age"]
    first = int(np.flatnonzero(award.persons > 1e-6)[0])
    assert 2000 + first == 2000 + RETIREMENT - ENTRY
    return float(award.amount[first] / award.persons[first] / 12)


def wage_on_january(year: int) -> float:
    """100 a month on 1 July 2000, growing with wages; on 1 January the mean of two Julys."""
    growth = 1.03 * 1.02
    return 100 * (growth ** (year - 2000) + growth ** (year - 2001)) / 2


def price_on_january(year: int) -> float:
    return (1.03 ** (year - 2000) + 1.03 ** (year - 2001)) / 2


def test_final_salary_worked_by_hand(tmp_path: Path) -> None:
    """Half a year of service at the start and 34½ to 1 January 2035: 35 years × 1.5 % of the wage of that day."""
    found = average_pension(tmp_path, "{kind: final, years: 0}", PER_YEAR)
    assert found == pytest.approx(0.015 * 35 * wage_on_january(2035), rel=1e-9)


def test_career_average_worked_by_hand(tmp_path: Path) -> None:
    """Half a year's wage of 2000, 34 full years, and half of the year of the award, brought up to date by prices; 75 % from 30 years on."""
    real = [wage_on_january(year) / price_on_january(year) for year in range(2001, 2036)]
    career = (0.5 * 100 + sum(real[:-1]) + 0.5 * real[-1]) / 35
    found = average_pension(tmp_path, "{kind: career, valorisation: prices}", PERCENT)
    assert found == pytest.approx(0.75 * career * price_on_january(2035), rel=1e-9)


def test_wage_valorised_career_average_is_the_final_wage(tmp_path: Path) -> None:
    """When past wages are brought up by wages and everyone has the average wage, the career's mean is today's wage."""
    found = average_pension(tmp_path, "{kind: career, valorisation: wages}", PERCENT)
    assert found == pytest.approx(0.75 * wage_on_january(2035), rel=1e-9)


def test_nobody_dies_and_all_retire(tmp_path: Path) -> None:
    """A thousand enter each year; each thousand is on pension a year later than those before them."""
    path = tmp_path / "cohort.yaml"
    path.write_text(
        COHORT.replace("REFERENCE", "{kind: final, years: 0}").replace("AMOUNT", PER_YEAR), encoding="utf-8"
    )
    checked = check(path)
    assert checked.scenario is not None
    stocks = simulate(checked.scenario).pensions["old"]
    heads = stocks.pensions["old_age"].persons.sum(axis=(1, 2))
    expected = [1000.0 * max(year - 2034, 0) for year in range(2000, 2046)]
    np.testing.assert_allclose(heads, expected, atol=1e-6)


def test_a_dormant_member_keeps_the_service_earned(tmp_path: Path) -> None:
    """All enter in the middle of a step and stop in the middle of the one to age 40: 15 years, 45 % of their mean, at 60."""
    text = COHORT.replace("REFERENCE", "{kind: career, valorisation: wages}").replace("AMOUNT", PERCENT)
    text = text.replace("pension: {pays", "pension: {service: {at_least: 14}, pays")
    text = text.replace(
        "{kind: pension}\n", "{kind: pension, leaving_rate: {by: age, points: {25: 0, 40: 1, 41: 0}}}\n"
    )
    path = tmp_path / "cohort.yaml"
    path.write_text(text, encoding="utf-8")
    checked = check(path)
    assert checked.scenario is not None and not checked.errors, [str(problem) for problem in checked.errors]
    award = simulate(checked.scenario).pensions["old"].awards["old_age"]
    assert award.persons[35] == pytest.approx(1000)
    assert award.amount[35] / award.persons[35] / 12 == pytest.approx(0.45 * wage_on_january(2035), rel=1e-9)


@pytest.mark.parametrize("years", [1, 5])
def test_average_of_the_last_years_worked_by_hand(tmp_path: Path, years: int) -> None:
    """The wage of 1 July 2034 is the mean of the year before 1 January 2035, and so back, as far as the average reaches."""
    found = average_pension(tmp_path, f"{{kind: final, years: {years}, valorisation: none}}", PER_YEAR)
    mean = sum(100 * (1.03 * 1.02) ** (2034 - ago - 2000) for ago in range(years)) / years
    assert found == pytest.approx(0.015 * 35 * mean, rel=1e-3)
