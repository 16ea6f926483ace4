"""What each group of people pays and gets over the projection: by scheme, sex, birth cohort and earnings class.

Comes in: the arrays of a run. Goes out: money of each year by group, in prices of the first year. Called by `compare`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spsim.arrays import Array
from spsim.grid import SEXES
from spsim.identities import require_zero
from spsim.outcome import Outcome
from spsim.records import record
from spsim.rules.benefits import Survivors
from spsim.schemes import PensionScheme
from spsim.stocks.payments import at_all_ages, awarded, calendar
from spsim.stocks.pension import PensionStocks

COHORT_YEARS = 10
NO_CLASS = "all"
SURVIVORS = "survivors"
PAYERS = ("employee", "employer")
Group = tuple[str, str, int, str]
"""Scheme, sex, first year of birth of the cohort, earnings class (1 is the lowest; survivors; all: where a scheme has no classes)."""
Cells = tuple[str, Array, Array]


@record(frozen=True)
class Lifetimes:
    """`benefits` and `contributions` (groups, T) in prices of the first year."""

    groups: list[Group]
    benefits: Array
    contributions: Array


def lifetimes(outcome: Outcome) -> Lifetimes:
    """Every group of every scheme that pays or gets anything.

    Contributions are those of employees and employers together; what the State pays is in the accounts. Pensions of survivors stand under
    the survivor's own sex and year of birth. Raises IdentityError when the groups do not add up to the scheme.
    """
    assert outcome.paths is not None
    prices = outcome.paths.between(outcome.grid.first, outcome.grid.last).prices
    groups: list[Group] = []
    rows: list[tuple[Array, Array]] = []
    for name in outcome.scenario.schemes:
        cells = list(_cells(outcome, name))
        _require_whole(outcome, name, cells)
        for label, benefits, contributions in cells:
            for group, paid, due in _cohorts(outcome, name, label, benefits, contributions):
                groups.append(group)
                rows.append((paid / prices, due / prices))
    table: Array = np.array(rows).reshape(len(rows), 2, len(prices))
    return Lifetimes(groups, table[:, 0], table[:, 1])


def _cells(outcome: Outcome, name: str) -> Iterator[Cells]:
    """(class, benefits, contributions) of each year (T, 2, 101), in money of the day."""
    people = (len(outcome.grid.years), 2, 101)
    if name in outcome.pensions:
        yield from _pension_cells(outcome, name, outcome.pensions[name])
    elif name in outcome.social:
        paid_out = (amount for _, amount in outcome.social[name].paid.values())
        yield NO_CLASS, sum(paid_out, np.zeros(people)), np.zeros(people)
    else:
        claims, paid, due = outcome.unemployment[name], np.zeros(people), np.zeros(people)
        paid[:, :, claims.ages] = claims.amount_by_age
        heads = claims.insured.sum(axis=(1, 2), keepdims=True)
        due[:, :, claims.ages] = (
            claims.insured / np.maximum(heads, 1e-300) * _due(outcome, name)[:, None, None]
        )
        yield NO_CLASS, paid, due


def _pension_cells(outcome: Outcome, name: str, stocks: PensionStocks) -> Iterator[Cells]:
    """Pensions and lump sums of members by earnings class; then survivors, and what is paid to no class."""
    scheme = outcome.scenario.schemes[name]
    assert isinstance(scheme, PensionScheme)
    own = [one for one in stocks.pensions if not isinstance(scheme.benefits.get(one), Survivors)]
    months = scheme.payments_per_year / 12.0
    classes = stocks.contributors.shape[-1]
    by_class = sum((stocks.pensions[one].by_class[1] * months for one in own), np.zeros((1, 2, 101, classes)))
    once = sum(_lump_sums(stocks), np.zeros((1, 2, 101, classes)))
    due = at_all_ages(_contributions(outcome, name, scheme, stocks), stocks.grid)
    for number in range(classes):
        yield str(number + 1), (by_class + once)[..., number], due[..., number]
    nothing = np.zeros(due.shape[:3])
    left = sum((stocks.pensions[one].amount for one in stocks.pensions if one not in own), nothing)
    yield SURVIVORS, left, nothing
    others = sum((lump.amount for lump in stocks.lump_sums.values()), nothing) - once.sum(axis=-1)
    yield NO_CLASS, np.where(np.abs(others) > 1e-9 * np.abs(others).max(initial=0.0), others, 0.0), nothing


def _lump_sums(stocks: PensionStocks) -> Iterator[Array]:
    """Payments made once to members by calendar year, sex, age and class."""
    for number, label in enumerate(stocks.valued):
        if label in stocks.lump_sums:
            yield calendar(at_all_ages(awarded(stocks.flows, number)[1], stocks.grid))


def _contributions(outcome: Outcome, name: str, scheme: PensionScheme, stocks: PensionStocks) -> Array:
    """What employees and employers pay (T, S, X, K): by the rates of each cell, and in all what the scheme collects from them."""
    assert outcome.paths is not None
    moments = stocks.grid.calendar_years(outcome.paths.references, scheme.start)
    paying = stocks.contributors * stocks.density[..., None]
    wages = paying * stocks.members.contributory
    asked = np.zeros_like(wages)
    for rule in scheme.contributions.values():
        if rule.party in PAYERS:
            plain = rule.is_plain_rate or rule.cyclical is not None
            asked += (
                rule.on(moments)[..., None] * wages
                if plain
                else paying * rule.monthly(moments, stocks.members.contributory)
            )
    asked = asked if asked.any() else wages
    in_all = asked.sum(axis=(1, 2, 3))
    scale = np.divide(_due(outcome, name), in_all, out=np.zeros_like(in_all), where=in_all > 0)
    return np.asarray(asked * scale[:, None, None, None])


def _due(outcome: Outcome, name: str) -> Array:
    """Contributions of employees and employers in each year (T,)."""
    parts = [paid for (_, party), paid in outcome.money[name].contributions.items() if party in PAYERS]
    return np.asarray(sum(parts, np.zeros(len(outcome.grid.years))))


def _require_whole(outcome: Outcome, name: str, cells: list[Cells]) -> None:
    """The groups add up to the benefits and contributions of the scheme."""
    years, whole = outcome.grid.years, outcome.money[name].expenditure()
    benefits = sum((one[1].sum(axis=(1, 2)) for one in cells), np.zeros(len(years)))
    due = sum((one[2].sum(axis=(1, 2)) for one in cells), np.zeros(len(years)))
    collected = _due(outcome, name) * (due > 0)
    require_zero(benefits - whole, np.maximum(whole, 1.0), f"{name}: benefits by group", years)
    require_zero(due - collected, np.maximum(collected, 1.0), f"{name}: contributions by group", years)


def _cohorts(
    outcome: Outcome, name: str, label: str, benefits: Array, contributions: Array
) -> Iterator[tuple[Group, Array, Array]]:
    """(group, benefits, contributions) by year (T,) of each sex and ten years of birth in which either is not zero."""
    born = outcome.grid.years[:, None] - np.arange(101)
    cohort = born // COHORT_YEARS * COHORT_YEARS
    for first in np.unique(cohort):
        inside = cohort == first
        for number, sex in enumerate(SEXES):
            paid = (benefits[:, number] * inside).sum(axis=1)
            due = (contributions[:, number] * inside).sum(axis=1)
            if paid.any() or due.any():
                yield (name, sex, int(first), label), paid, due
