"""Who gets a social pension, and how much: persons of the age, less those with another pension, in the order of age.

Comes in: scheme, behaviour, population, pensioners of other schemes. Goes out: `SocialPensionStocks`. Called by `run`, after the
pension schemes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import SocialPensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, at
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid, Moments
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.pension_age import share_of_age
from spsim.schemes import PensionScheme, SocialPensionScheme
from spsim.stocks.base import pension_names
from spsim.stocks.pension import PensionStocks

OWN = ("old_age", "invalidity")


@dataclass(frozen=True)
class SocialPensionStocks:
    """By year, sex and age (T, 2, 101): persons of the age, recipients (means of the twelve months), amount of the year."""

    of_age: Array
    persons: Array
    amount: Array


def project_social_pension(
    scheme: SocialPensionScheme,
    behaviour: SocialPensionBehaviour,
    population: Array,
    pensioners: Array,
    paths: EconomicPaths,
    grid: Grid,
    reuse: Reuse = NO_REUSE,
) -> SocialPensionStocks:
    """R = min(max(N - P, 0) · share of the age · eligible share · take-up, quota); amount = Σ over twelve months of R · monthly amount.

    N persons (T, 2, 101) on 1 July, P those of them with a pension that excludes; the law is read month by month.
    """
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).calendar_years(paths.references, scheme.start)
    reached = reuse.stage(
        (id(scheme), grid, "age"), [], lambda: share_of_age(scheme.age, moments.months, moments.ages)
    )
    in_force = (moments.months >= month_number(scheme.start))[:, :, None, None]
    entitled = np.maximum(population - pensioners, 0.0) * reached * in_force
    paid = entitled * _over_ages(behaviour.eligible_share, moments) * _over_ages(behaviour.take_up, moments)
    if scheme.most_persons is not None:
        paid = oldest_first(paid, _over_ages(scheme.most_persons, moments)[..., 0, 0])
    amount = (paid * _over_ages(scheme.amount, moments)).sum(axis=0)
    return SocialPensionStocks(population * reached.mean(axis=0), paid.mean(axis=0), amount)


def _over_ages(value: Value, moments: Moments) -> Array:
    """A value over (month, T, sex, age), broadcastable."""
    return at(value, moments)[..., 0, 0]


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
        for benefit_id, benefit in scheme.benefits.items():
            if benefit.kind in OWN:
                for name in pension_names(benefit_id, scheme):
                    total = total + stocks.pensions[name].persons
    return total
