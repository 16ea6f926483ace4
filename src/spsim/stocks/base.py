"""Where a projection of a pension scheme starts: from a run-in through the past, or from members given outright."""

from __future__ import annotations

from dataclasses import field

import numpy as np

from spsim.arrays import Array
from spsim.dated import Value, on
from spsim.grid import Grid, Moments
from spsim.kernels.pension import MemberProjection
from spsim.members import Covered, Entrants, InPayment
from spsim.records import record
from spsim.rules.benefits import Survivors, labels
from spsim.schemes import PensionScheme
from spsim.stocks.member_paths import MemberPaths, initial_persons, initial_service
from spsim.stocks.pension_tables import entry_months
from spsim.stocks.rights import right_names


class NoPensionersError(ValueError):
    """Published pensioners of a benefit that the run-in does not pay."""


@record(frozen=True)
class Base:
    """Members' stock (G, S, X, K, 1+M, J) by status; pensions in payment by name as (persons, annual amount), each (2, 101, K).

    `carried` what is carried along a unit of a pension, by name, (2, 101, K).
    """

    contributors: Array
    dormant: Array
    pensions: dict[str, tuple[Array, Array]]
    carried: dict[str, Array] = field(default_factory=dict)


def empty_base(scheme: PensionScheme, grid: Grid) -> Base:
    """A scheme on its first day: nobody."""
    _, sexes, ages, classes, services = grid.shape
    nobody = np.zeros(
        (len(entry_months(scheme)), sexes, ages, classes, 1 + len(right_names(scheme)), services)
    )
    return Base(nobody, nobody, {})


def base_after(
    scheme: PensionScheme, flows: MemberProjection, closing: dict[str, tuple[Array, Array]]
) -> Base:
    """Closing stock of the run-in and its pensions by name; those set to published numbers keep their ages and classes."""
    pensions = dict(closing)
    given = scheme.members.in_payment if isinstance(scheme.members, Covered) else {}
    for benefit_id, published in given.items():
        names = [name for name in pension_names(benefit_id, scheme) if name in pensions]
        pensions |= _published({name: pensions[name] for name in names}, published)
    return Base(flows.closing_contributors[0], flows.closing_dormant[0], pensions)


def pension_names(benefit_id: str, scheme: PensionScheme) -> list[str]:
    """Names in the tables of the pensions of one benefit."""
    benefit = scheme.benefits[benefit_id]
    if isinstance(benefit, Survivors):
        return [benefit_id]
    return [
        label for tier, label in labels(benefit_id, benefit).items() if benefit.tiers[tier].pays == "pension"
    ]


def _published(pensions: dict[str, tuple[Array, Array]], given: InPayment) -> dict[str, tuple[Array, Array]]:
    """Persons set to the published number, sexes and ages, amounts to the published average; the rest is as in the run-in."""
    if given.by_age is not None:
        pensions = {
            name: _aged(persons, amount, given.by_age) for name, (persons, amount) in pensions.items()
        }
    heads = np.asarray(sum(persons.sum(axis=(1, 2)) for persons, _ in pensions.values()))
    if heads.sum() <= 0:
        raise NoPensionersError("the run-in leaves no pensioner of whom the published number could be made")
    male = heads[0] / heads.sum() if given.male_share is None else given.male_share
    wanted = given.persons * np.array([male, 1.0 - male])
    scale = np.divide(wanted, heads, out=np.zeros(2), where=heads > 0)[:, None, None]
    money = scale
    if given.average_monthly is not None:
        total = sum((amount * scale).sum() for _, amount in pensions.values())
        if total <= 0:
            raise NoPensionersError(
                "the pensions of the run-in are 0, so that they have no average to be set"
            )
        money = scale * given.persons * given.average_monthly * 12 / total
    return {name: (persons * scale, amount * money) for name, (persons, amount) in pensions.items()}


def _aged(persons: Array, amount: Array, by_age: Value) -> tuple[Array, Array]:
    """The same persons and money of each sex and class (2, 101, K), spread over the ages by given weights."""
    ages = Moments(np.zeros((1, 1)), np.arange(persons.shape[1]), np.zeros(1))
    weight = np.broadcast_to(on(by_age, ages)[0, :, :, 0, 0], persons.shape[:2])
    share = (weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-300))[..., None]
    return persons.sum(axis=1, keepdims=True) * share, amount.sum(axis=1, keepdims=True) * share


def initial_base(
    given: Entrants, members: MemberPaths, rights_of_a_year: Array, empty: Base, grid: Grid
) -> Base:
    """Initial members by age and mean past service, in two neighbouring cells of service whose mean it is.

    `rights_of_a_year` (S, X, K, M) of the first year; the initial members earned theirs at the same wages.
    """
    ages = slice(grid.youngest, grid.oldest + 1)
    persons, service = initial_persons(given)[ages], initial_service(given)[ages]
    stock = empty.contributors.copy()
    low = np.clip(np.floor(service - 0.5), 0, grid.longest_service - 1).astype(int)
    upper = np.clip(service - 0.5 - low, 0.0, 1.0)
    for x, of_age in enumerate(persons):
        by_class = of_age * members.class_shares
        rights = by_class[:, None] * service[x] * rights_of_a_year[0, x]
        for cell, share in ((low[x], 1 - upper[x]), (low[x] + 1, upper[x])):
            stock[0, 0, x, :, 0, cell] += by_class * share
            stock[0, 0, x, :, 1:, cell] += rights * share
    return Base(stock, empty.dormant, {})
