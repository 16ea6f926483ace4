"""Survivors' pensions by class of survivor: shares of the pension of the deceased, and pensions of spouses that end after some years.

Comes in: deaths that entitle, with the pensions of the deceased; the rule; family assumptions; fertility. Goes out: persons and money on
pension, over (T, 2, 101, C). Called by `stocks.payments`.

Conventions of the aggregate. One deceased of age x and sex s leaves e spouses, e children and e parents on average; they are entitled
where their share is above 0. Cut to `most` heads as in `stocks.survivors`, their shares together are S = Σ share · e. So many deceased
leave a family as there are survivors, at most all: f = min(1, Σ e). The family of an average deceased with the pension B then has

    max(min(S, most · f) · B, f · minimum)

in proportion to share · e: all are cut, or raised, alike. This is read for each age, sex, earnings class and kind of pension of the
deceased. The money goes to ages and sexes of survivors as the survivors do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import Family
from spsim.dated import on
from spsim.grid import Moments
from spsim.rules.survivors import Survivors, SurvivorShares
from spsim.stocks.survivors import allowed, expected_family, left_behind


@dataclass(frozen=True)
class Deceased:
    """Deaths of each step (T, 2, 101, K) that give rights: persons, and the annual pensions that they had in its middle."""

    persons: Array
    pension: Array


def deceased_pensioners(deaths: Array, amount: Array, mortality: Array, increase: Array) -> Deceased:
    """Pensioners who die, from pensions in payment `amount` (T, 2, 101, K): last July's pension, indexed to the middle of the step."""
    pension = np.zeros_like(amount)
    pension[1:] = _a_year_older(amount[:-1]) * mortality[1:, ..., None]
    return Deceased(deaths, pension * np.sqrt(1.0 + increase)[:, None, None, None])


@dataclass(frozen=True)
class Heirs:
    """Survivors who begin a pension in each step: persons and annual money at its middle, each (3, T, 2, 101): spouses, children, parents."""

    persons: Array
    money: Array


def heirs(
    deceased: Sequence[Deceased], rule: Survivors, family: Family, moments: Moments, fertility: Array
) -> Heirs:
    """The families of all who died in each step."""
    dead = np.asarray(sum(one.persons.sum(axis=-1) for one in deceased))
    shares = _shares(rule.shares, moments)
    entitled = (shares > 0)[..., None, None]
    left = np.stack(left_behind(dead, rule, family, moments, fertility)) * entitled
    kept = allowed(left.sum(axis=0), dead, rule.most)[:, None, None]
    if rule.shares is None:
        return Heirs(left * kept, np.zeros_like(left))
    expected = np.stack(expected_family(rule, family, moments, fertility)) * entitled * kept
    together = (shares[..., None, None] * expected).sum(axis=0)
    families = np.minimum(expected.sum(axis=0), 1.0)
    most, least = _yearly(rule.shares.most, moments), 12.0 * _yearly(rule.minimum or 0.0, moments)
    share = np.minimum(together, most[:, None, None] * families)[..., None]
    floor = np.where(together > 0, least[:, None, None] * families, 0.0)[..., None]
    due = sum(np.maximum(share * one.pension, floor * one.persons).sum(axis=-1) for one in deceased)
    each = np.divide(due, together, out=np.zeros_like(dead), where=together > 0)
    money = np.stack(left_behind(each, rule, family, moments, fertility)) * shares[..., None, None] * kept
    return Heirs(left * kept, money)


def _shares(shares: SurvivorShares | None, moments: Moments) -> Array:
    """Share of each class (3, T); 1 where pensions are paid by the head."""
    if shares is None:
        return np.ones((3, moments.months.shape[1]))
    return np.stack([_yearly(share, moments) for share in (shares.spouse, shares.child, shares.parent)])


def _yearly(value: object, moments: Moments) -> Array:
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], moments.months.shape[1:])  # type: ignore[arg-type]


def columns(rule: Survivors) -> int:
    """Classes of survivors in payment: spouses, one for each year since the award where their pension ends; children; parents."""
    return (rule.spouse_years or 1) + 2


def heirs_in_payment(
    new: Heirs, base: tuple[Array, Array], mortality: Array, increase: Array, rule: Survivors
) -> tuple[Array, Array]:
    """Persons and annual money (T, 2, 101, C) on 1 July; `base` is that of index 0. Pensions are indexed as all others:

        H_t(x) = H_{t−1}(x−1) · (1−q) + h_t(x)
        B_t(x) = B_{t−1}(x−1) · (1−q) · (1+β) + b_t(x) · (1+β)^½

    Children leave at `child_age`, spouses at the 1 July that is `spouse_years` and a half after the award on 1 January.
    """
    years, rise = new.persons.shape[1], 1.0 + increase
    persons, money = (np.zeros((years, *new.persons.shape[2:], columns(rule))) for _ in range(2))
    persons[0], money[0] = base
    for t in range(1, years):
        alive = 1.0 - mortality[t][..., None]
        persons[t] = _next_year(persons[t - 1], rule) * alive
        money[t] = _next_year(money[t - 1], rule) * alive * rise[t]
        for stock, flow, growth in ((persons, new.persons, 1.0), (money, new.money, np.sqrt(rise[t]))):
            stock[t][..., 0] += flow[0, t] * growth
            stock[t][..., -2:] += np.moveaxis(flow[1:, t], 0, -1) * growth
    return persons, money


def _next_year(stock: Array, rule: Survivors) -> Array:
    """Everyone (2, 101, C) a year older; those whose pension ends have left."""
    older = _a_year_older(stock[None])[0]
    older[:, rule.child_age, -2] = 0.0
    if rule.spouse_years is not None:
        older[..., 1:-2] = older[..., :-3].copy()
        older[..., 0] = 0.0
    return older


def _a_year_older(stock: Array) -> Array:
    """(T, 2, 101, ..) moved up by one age; the last age is open."""
    older = np.zeros_like(stock)
    older[:, :, 1:] = stock[:, :, :-1]
    older[:, :, -1] += stock[:, :, -1]
    return older
