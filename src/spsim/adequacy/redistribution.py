"""Who pays for whom within a birth cohort: lifetime contributions and benefits by earnings class and sex.

Method: careers by class. Each earnings class of the scheme's group has one full career for each sex, at the wages by age that the
projection gives the class in its first year with contributors, through the scheme's own rules. Values are those at the first
contribution, with the chance of being alive; mortality is the same for all classes. Old age and what is paid beside it are counted;
pensions of invalidity and of survivors are not.

For a cohort with contributions C and benefits B, weighted by the shares of classes and sexes among the contributors, the scheme pays
λ = ΣB / ΣC for each unit paid in. Redistribution to a member is B − λ·C: it adds to nothing over the cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spsim.adequacy.careers import CareerPlan, NamedPlan
from spsim.adequacy.law import Law
from spsim.adequacy.lives import Life, Terms, live
from spsim.adequacy.measures import discount, present_value
from spsim.adequacy.survival import Survival
from spsim.arrays import Array, np
from spsim.dated import BySex, Schedule
from spsim.grid import SEXES
from spsim.outcome import Outcome
from spsim.person_facts import Person
from spsim.stocks.pension import PensionStocks

ENTERS = 20.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One class and sex of a cohort: weight among contributors; lifetime wages, contributions and benefits at the first contribution."""

    sex: int
    earnings_class: int
    weight: float
    wages: float
    contributions: float
    benefits: float


def redistribution(
    outcome: Outcome, law: Law, born: list[int], survival: Survival, terms: Terms
) -> list[Row]:
    """Rows of the table `redistribution` for cohorts by month of birth. Raises InputError as for any career."""
    stocks = outcome.pensions[law.scheme_id]
    insured = np.flatnonzero(stocks.contributors.sum(axis=(1, 2, 3)) > 0)
    if len(insured) == 0:
        return []
    year = int(insured[0])  # the first one with contributors: a scheme may begin later than the projection
    plans, weights = class_plans(law, stocks, year), _weights(stocks, year)
    rows: list[Row] = []
    for month in born:
        members = list(_members(law, plans, month, weights, survival, terms))
        rows += [
            row | {"scheme": law.scheme_id, "born": month // 12}
            for one in members
            for row in _of(one, members)
        ]
    return rows


def _members(
    law: Law, plans: list[NamedPlan], born: int, weights: Array, survival: Survival, terms: Terms
) -> Iterator[Member]:
    """One member of each sex and class; none where a cohort is too old to contribute."""
    for sex in range(len(SEXES)):
        for k, plan in enumerate(plans):
            life = live(plan, law, Person(sex, born), survival, terms) if weights[sex, k] > 0 else None
            if life is not None:
                yield _member(life, survival, sex, k, weights[sex, k])


def class_plans(law: Law, stocks: PensionStocks, year: int) -> list[NamedPlan]:
    """A full career of each class, at the wages by sex and age of one year of the projection, over the average wage of that year."""
    wages = stocks.members.wages[year] / law.at(law.average, 12 * (stocks.grid.first + year))
    ages = stocks.grid.ages
    return [
        NamedPlan(
            f"class_{k + 1}",
            CareerPlan(
                title=f"Earnings class {k + 1}", enters=ENTERS, earnings=_by_age(ages, wages[:, :, k])
            ),
        )
        for k in range(wages.shape[-1])
    ]


def _by_age(ages: Array, shares: Array) -> BySex:
    """Shares (2, A) as a value keyed by age and sex; an age at which nobody is insured has the least wage that a plan may have."""
    men, women = (
        Schedule(
            by="age",
            points={int(age): max(float(share), 0.01) for age, share in zip(ages, of_sex, strict=True)},
        )
        for of_sex in shares
    )
    return BySex(male=men, female=women)


def _weights(stocks: PensionStocks, year: int) -> Array:
    """Shares (2, K) of the contributors of one year."""
    persons = stocks.contributors[year].sum(axis=1)
    return np.asarray(persons / persons.sum())


def _member(life: Life, survival: Survival, sex: int, k: int, weight: float) -> Member:
    """Values at the first contribution, with the chance of being alive since then."""
    first = int(life.facts.months[0])
    every = np.arange(first, int(life.months[-1]) + 1)
    prices = life.prices(every)
    worth = survival.alive(life.facts.person, every) * discount(
        every, prices, life.terms.rate, first, float(prices[0])
    )
    at_work, after = worth[life.facts.months - first], worth[life.months - first]
    return Member(
        sex,
        k,
        weight,
        present_value(life.facts.wages, at_work),
        present_value(life.total_in, at_work),
        present_value(life.benefits, after),
    )


def _of(one: Member, members: list[Member]) -> list[Row]:
    """Shares of lifetime wages: contributions, benefits, their difference, and what comes from (or goes to) the others."""
    paid = sum(member.weight * member.contributions for member in members)
    received = sum(member.weight * member.benefits for member in members)
    per_unit = received / paid if paid > 0 else 0.0
    values = {
        "contributions": one.contributions,
        "benefits": one.benefits,
        "net_transfer": one.benefits - one.contributions,
    }
    if paid > 0:
        values["redistribution"] = one.benefits - per_unit * one.contributions
    rows = [(f"{name}_to_lifetime_wages", amount / one.wages) for name, amount in values.items()]
    if one.contributions > 0:
        rows.append(("benefit_cost_ratio", one.benefits / one.contributions))
    rows.append(("weight", one.weight))
    rows.append(("lifetime_wages", one.wages))
    return [
        {
            "earnings_class": one.earnings_class + 1,
            "sex": SEXES[one.sex],
            "measure": name,
            "value": float(value),
        }
        for name, value in rows
    ]
