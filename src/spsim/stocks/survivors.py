"""Survivors of members and pensioners: spouses, children and parents of an average family, so much a head.

Comes in: deaths that entitle, by age and sex of the deceased; family assumptions; fertility. Goes out: survivors on pension (T, 2, 101).
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
    spouses, parents = _spouses(deaths, benefit, family, moments), _parents(deaths, family, moments)
    children = _children(deaths, benefit, family, fertility)
    total = spouses + parents + children
    heads, dead = total.sum(axis=(1, 2)), deaths.sum(axis=(1, 2))
    allowed = np.minimum(1.0, np.divide(benefit.most * dead, heads, out=np.ones_like(heads), where=heads > 0))
    return np.asarray(total * allowed[:, None, None])


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


def _spouses(deaths: Array, benefit: Survivors, family: Family, moments: Moments) -> Array:
    left = deaths * _by_age(family.married, moments)
    spouses = np.stack(
        [
            _shifted(left[:, FEMALE], family.husband_older_years),
            _shifted(left[:, MALE], -family.husband_older_years),
        ],
        axis=1,
    )
    of_age = np.clip(AGES + 1.0 - _by_age(benefit.spouse_age, moments), 0.0, 1.0)
    return np.asarray(spouses * of_age * family.spouse_without_income)


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


__all__ = ["Grid", "new_survivors", "survivors_in_payment"]
