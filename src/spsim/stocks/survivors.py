"""Survivors of members and pensioners: spouses, children and parents of an average family.

Comes in: deaths that entitle, by age and sex of the deceased; family assumptions; fertility. Goes out: survivors on pension (T, 2, 101).
Called by `stocks.payments` for pensions of so much a head, by `stocks.survivor_shares` for shares of the pension of the deceased.
"""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import Family
from spsim.dated import on
from spsim.grid import FEMALE, MALE, OPEN_AGE, Grid, Moments
from spsim.rules.benefits import Survivors

AGES = np.arange(OPEN_AGE + 1)


def new_survivors(
    deaths: Array, benefit: Survivors, family: Family, moments: Moments, fertility: Array
) -> Array:
    """Survivors who begin a pension in each step (T, 2, 101), from deaths (T, 2, 101) of persons who entitle their family.

    `fertility` (T, 101) births per woman by her age: a mother aged x has fertility(x − c) children aged c (child deaths left out).
    """
    spouses, children, parents = left_behind(deaths, benefit, family, moments, fertility)
    total = spouses + parents + children
    return np.asarray(total * allowed(total, deaths, benefit.most)[:, None, None])


def left_behind(
    deaths: Array, benefit: Survivors, family: Family, moments: Moments, fertility: Array
) -> tuple[Array, Array, Array]:
    """Spouses, children and parents (T, 2, 101) by their own age and sex; in proportion to the deaths of each age and sex."""
    return (
        _spouses(deaths, benefit, family, moments),
        _children(deaths, benefit, family, fertility),
        _parents(deaths, family, moments),
    )


def allowed(survivors: Array, deaths: Array, most: int) -> Array:
    """Share of all survivors of a step (T,) who have a pension, where they are more than `most` per deceased on average."""
    heads, dead = survivors.sum(axis=(1, 2)), deaths.sum(axis=(1, 2))
    return np.asarray(
        np.minimum(1.0, np.divide(most * dead, heads, out=np.ones_like(heads), where=heads > 0))
    )


def expected_family(
    benefit: Survivors, family: Family, moments: Moments, fertility: Array
) -> tuple[Array, Array, Array]:
    """Spouses, children and parents that one deceased of each age and sex leaves on average: the same as `left_behind`, by the deceased."""
    older = family.husband_older_years
    married = _by_age(family.married, moments) * family.spouse_without_income
    of_age = _spouse_of_age(benefit, moments)
    partner = np.stack([_seen_from(of_age[:, FEMALE], -older), _seen_from(of_age[:, MALE], older)], axis=1)
    children = _children_at(benefit.child_age, family, fertility)
    of_both = np.stack([_seen_from(children, -older), children], axis=1)
    return married * partner, of_both, _by_age(family.dependent_parents, moments)


def _children_at(child_age: int, family: Family, fertility: Array) -> Array:
    """Children below an age of a woman of each age (T, 101)."""
    children = np.zeros((len(fertility), OPEN_AGE + 1))
    for age in range(child_age):
        children[:, age:] += family.children_claim * fertility[:, : OPEN_AGE + 1 - age]
    return children


def childless(child_age: int, family: Family, fertility: Array) -> Array:
    """Share of spouses (T, 2, 101) who have no child below the age: as many have one as there are children, at most all."""
    children = _children_at(child_age, family, fertility)
    both = np.stack([_seen_from(children, -family.husband_older_years), children], axis=1)
    return np.asarray(1.0 - np.minimum(both, 1.0))


def share_with_family(benefit: Survivors, family: Family, moments: Moments, fertility: Array) -> Array:
    """Share of deaths (T, 2, 101) that leave somebody entitled: as many as there are survivors, at most all."""
    expected = np.stack(expected_family(benefit, family, moments, fertility))
    if benefit.shares is not None:
        expected = expected * benefit.shares.on(moments).entitled
    return np.asarray(np.minimum(expected.sum(axis=0), 1.0))


def survivors_in_payment(new: Array, base: Array, mortality: Array, child_age: int) -> Array:
    """Stock (T, 2, 101): last year's a year older and alive, children out at `child_age`, new ones in; index 0 is `base`."""
    stock = np.empty_like(new)
    stock[0] = base
    for t in range(1, len(new)):
        aged = stock[t - 1] * 1.0
        moved = np.zeros_like(aged)
        moved[:, 1:] = aged[:, :-1]
        moved[:, -1] += aged[:, -1]
        moved[:, child_age] = 0.0
        stock[t] = moved * (1.0 - mortality[t]) + new[t]
    return stock


def _by_age(value: object, moments: Moments) -> Array:
    years = moments.months.shape[1]
    return np.broadcast_to(on(value, moments)[..., 0, 0], (years, 2, OPEN_AGE + 1))  # type: ignore[arg-type]


def _shifted(persons: Array, years: int) -> Array:
    """Persons (T, 101) moved up by `years` of age; those past the last age stay in it, those below 0 are dropped."""
    target = np.minimum(AGES + years, OPEN_AGE)
    out = np.zeros_like(persons)
    kept = target >= 0
    np.add.at(out.T, target[kept], persons.T[kept])
    return out


def _seen_from(values: Array, years: int) -> Array:
    """Values (T, 101) at the age that `_shifted` leads to, by the age from which it starts; 0 where it drops persons."""
    target = AGES + years
    return np.asarray(np.where(target >= 0, values[:, np.clip(target, 0, OPEN_AGE)], 0.0))


def _spouses(deaths: Array, benefit: Survivors, family: Family, moments: Moments) -> Array:
    left = deaths * _by_age(family.married, moments)
    spouses = np.stack(
        [
            _shifted(left[:, FEMALE], family.husband_older_years),
            _shifted(left[:, MALE], -family.husband_older_years),
        ],
        axis=1,
    )
    return np.asarray(spouses * _spouse_of_age(benefit, moments) * family.spouse_without_income)


def _spouse_of_age(benefit: Survivors, moments: Moments) -> Array:
    """Share of each cell of spouses (T, 2, 101) that has reached `spouse_age`."""
    return np.asarray(np.clip(AGES + 1.0 - _by_age(benefit.spouse_age, moments), 0.0, 1.0))


def _children(deaths: Array, benefit: Survivors, family: Family, fertility: Array) -> Array:
    """Half boys, half girls; fathers through their wives' age."""
    mothers = deaths[:, FEMALE] + _shifted(deaths[:, MALE], -family.husband_older_years)
    children = np.zeros_like(deaths)
    for age in range(benefit.child_age):
        of_age = (mothers[:, age:] * fertility[:, : OPEN_AGE + 1 - age]).sum(axis=1)
        children[:, :, age] = 0.5 * family.children_claim * of_age[:, None]
    return children


def _parents(deaths: Array, family: Family, moments: Moments) -> Array:
    parents = deaths * _by_age(family.dependent_parents, moments)
    older = _shifted(parents.sum(axis=1), family.parents_older_years)
    return np.stack([0.4 * older, 0.6 * older], axis=1)


__all__ = [
    "Grid",
    "allowed",
    "expected_family",
    "left_behind",
    "new_survivors",
    "share_with_family",
    "survivors_in_payment",
]
