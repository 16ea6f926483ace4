"""Who gets a social pension, and how much: persons of the age, less those with another pension, in the order of age.

Comes in: scheme, behaviour, population, pensioners of other schemes. Goes out: `SocialPensionStocks`. Called by `run`, after the
pension schemes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import SocialPensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, at
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid, Moments
from spsim.records import record
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.pension_age import share_of_age
from spsim.schemes import PensionScheme, SocialPensionScheme
from spsim.stocks.base import pension_names
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_profiles import NO_PENSIONS, Due, OtherPensions, due_by_class

OWN = ("old_age", "invalidity")
PENSION, FUNERAL = "pension", "funeral_grant"


@record(frozen=True)
class SocialPensionStocks:
    """By year, sex and age (T, 2, 101): persons of the age, recipients (means of the twelve months), amount of the year.

    `classes` recipients and amounts by name in the tables: `pension`, and `pension_<class>` for each class of the law;
    `grants` deaths of recipients and what is paid once for them, by name.
    """

    of_age: Array
    persons: Array
    amount: Array
    classes: dict[str, tuple[Array, Array]] = field(default_factory=dict)
    grants: dict[str, tuple[Array, Array]] = field(default_factory=dict)

    @property
    def paid(self) -> dict[str, tuple[Array, Array]]:
        """Pensions and grants: persons and amount of the year, by name in the tables."""
        return self.classes | self.grants


def project_social_pension(
    scheme: SocialPensionScheme,
    behaviour: SocialPensionBehaviour,
    population: Array,
    pensioners: Array,
    paths: EconomicPaths,
    grid: Grid,
    reuse: Reuse = NO_REUSE,
    others: OtherPensions = NO_PENSIONS,
    death_rates: Array | None = None,
) -> SocialPensionStocks:
    """R = min(max(N - P, 0) · share of the age · share of the profile · take-up, quota); amount = Σ over months of R · monthly amount.

    N persons (T, 2, 101) on 1 July, P those of them with a pension that excludes; the law is read month by month. `death_rates`
    (T, 2, 101) a year are needed for a funeral grant: deaths of a month = R · rate / 12.
    """
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).calendar_years(paths.references, scheme.start)
    reached = reuse.stage(
        (id(scheme), grid, "age"),
        [],
        lambda: share_of_age(scheme.age, moments.months, moments.ages, scheme.payable_from),
    )
    in_force = (moments.months >= month_number(scheme.start))[:, :, None, None]
    entitled = np.maximum(population - pensioners, 0.0) * reached * in_force
    claiming = (
        entitled * _over_ages(behaviour.eligible_share, moments) * _over_ages(behaviour.take_up, moments)
    )
    youngest = int(np.argmax(reached.any(axis=(0, 1, 2))))
    due = due_by_class(scheme, behaviour, others, moments, youngest)
    if scheme.most_persons is not None:
        places = _over_ages(scheme.most_persons, moments)[..., 0, 0]
        asking = claiming * np.asarray(sum(one.share for one in due.values()))
        claiming = claiming * _served(asking, places)
    classes = {label: _year(claiming, due.get(name)) for name, label in labels(scheme).items()}
    total = [np.asarray(sum(one[side] for one in classes.values())) for side in (0, 1)]
    grants = {}
    if scheme.funeral_grant is not None and death_rates is not None:
        share = np.asarray(sum(one.share for one in due.values()))
        dead = claiming * share * death_rates / 12.0
        paid = dead * _over_ages(scheme.funeral_grant, moments)
        grants[FUNERAL] = (dead.sum(axis=0), paid.sum(axis=0))
    return SocialPensionStocks(population * reached.mean(axis=0), total[0], total[1], classes, grants)


def death_rates(persons: Array, deaths: Array) -> Array:
    """Deaths in each calendar year per person on 1 July (T, 2, 101): the mean of the half-years before and after.

    q(t, x) = deaths of step t of those aged x at its begin / persons; rate(t, x) = (q(t − 1, x − 1) + q(t, x)) / 2; in the first and the
    last year the only step known. `persons` (T, 2, 101), `deaths` (T − 1, 2, 101) by the age at the end of the step.
    """
    dying = np.empty_like(deaths)
    dying[..., :-2] = _ratio(deaths[..., 1:-1], persons[:-1, :, :-2])
    oldest = _ratio(deaths[..., -1], persons[:-1, :, -2:].sum(axis=-1))
    dying[..., -2] = dying[..., -1] = oldest
    before = np.concatenate([dying[..., :1], dying[..., :-1]], axis=-1)
    first, last = before[:1], dying[-1:]
    return np.asarray((np.concatenate([first, before]) + np.concatenate([dying, last])) / 2.0)


def _year(claiming: Array, due: Due | None) -> tuple[Array, Array]:
    """Recipients of a class on average of the twelve months, and their amount of the year, (T, 2, 101)."""
    if due is None:
        return np.zeros(claiming.shape[1:]), np.zeros(claiming.shape[1:])
    return (claiming * due.share).mean(axis=0), (claiming * due.amount).sum(axis=0)


def labels(scheme: SocialPensionScheme) -> dict[str, str]:
    """Names in the tables by class, and of those in none ("")."""
    found = {name: f"{PENSION}_{name}" for name in scheme.classes}
    return found if scheme.amount is None else found | {"": PENSION}


def _over_ages(value: Value, moments: Moments) -> Array:
    """A value over (month, T, sex, age), broadcastable."""
    return at(value, moments)[..., 0, 0]


def _served(persons: Array, places: Array) -> Array:
    """Share of each cell (months, T, 2, 101) that finds a place."""
    paid = oldest_first(persons, places)
    return _ratio(paid, persons)


def oldest_first(persons: Array, places: Array) -> Array:
    """Fill so many places (...,) from the highest age down; at the age that does not fit, both sexes get the same share (..., 2, A)."""
    of_age = persons.sum(axis=-2)
    older = np.cumsum(of_age[..., ::-1], axis=-1)[..., ::-1] - of_age
    room = np.clip(places[..., None] - older, 0.0, of_age)
    share = np.divide(room, of_age, out=np.zeros_like(of_age), where=of_age > 0)
    return np.asarray(persons * share[..., None, :])


def excluded(schemes: Iterable[tuple[PensionScheme, PensionStocks]], population: Array) -> Array:
    """Old-age and invalidity pensions in payment of these schemes, on 1 July, by sex and age (T, 2, 101)."""
    total = np.zeros_like(population)
    for scheme, stocks in schemes:
        for name in own_pensions(scheme):
            total = total + stocks.pensions[name].persons
    return total


def own_pensions(scheme: PensionScheme) -> Iterator[str]:
    """Names of the old-age and invalidity pensions of a scheme."""
    for benefit_id, benefit in scheme.benefits.items():
        if benefit.kind in OWN:
            yield from pension_names(benefit_id, scheme)


def other_pensions(
    scheme: SocialPensionScheme,
    schemes: Iterable[tuple[str, PensionScheme, PensionStocks]],
    population: Array,
) -> OtherPensions:
    """Who has a pension of a scheme that a figure of the law names, and how much a month on average, by earnings class."""
    named = {other for figure in scheme.figures.values() for other in figure.pensions_of}
    shares: list[Array] = []
    amounts: list[tuple[str, Array]] = []
    for other_id, other, stocks in schemes:
        if other_id not in named:
            continue
        by_class = [stocks.pensions[name].by_class for name in own_pensions(other)]
        heads, yearly = (np.asarray(sum(pair[side] for pair in by_class)) for side in (0, 1))
        monthly = _ratio(yearly / 12.0, heads)
        for k in range(heads.shape[-1]):
            shares.append(_ratio(heads[..., k], population))
            amounts.append((other_id, monthly[..., k]))
    return OtherPensions(tuple(shares), tuple(amounts)).at_most_one()


def _ratio(values: Array, by: Array) -> Array:
    """Quotients, 0 where nobody is there."""
    return np.divide(values, by, out=np.zeros_like(values), where=by > 0)
