"""Survivors' pensions by class of survivor: shares of the pension of the deceased, and pensions of spouses that end after some years.

Comes in: deaths that entitle, with the pensions of the deceased; the rule; family assumptions; fertility. Goes out: persons and money on
pension, over (T, 2, 101, C). Called by `stocks.payments`.

Conventions of the aggregate. One deceased of age x and sex s leaves e spouses, e children and e parents on average; they are entitled
where their share is above 0. Cut to `most` heads as in `stocks.survivors`, they have the share S = `LaidShares.together(e)` of the pension.
So many deceased leave a family as there are survivors, at most all: f = min(1, Σ e). The family of an average deceased with the pension B,
or with the pension P drawn and B reckoned, then has

    max(min(S · B, P), f · minimum)

in proportion to share · e: all are cut, or raised, alike. This is read for each age, sex, earnings class and kind of pension of the
deceased. The money goes to ages and sexes of survivors as the survivors do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import Family
from spsim.dated import on
from spsim.grid import Moments
from spsim.records import record
from spsim.rules.survivors import Survivors
from spsim.stocks.survivors import allowed, expected_family, left_behind


def over_classes(by_class: Array) -> Array:
    """Sums over earnings classes, the last axis: so few numbers that the usual sum takes three times as long."""
    return np.asarray(np.einsum("...k->...", by_class))


@record(frozen=True)
class Deceased:
    """Deaths of each step (T, 2, 101, K) that give rights: persons, and the annual pensions they had, or are taken to have had, in its middle.

    `drawn` the pensions that they drew, where the family has no more than those; `way` which of the rights of the rule it is.
    """

    persons: Array
    pension: Array
    drawn: Array | None = None
    way: str = ""

    def due(self, share: Array, least: Array) -> Array:
        """What families have in all (T, 2, 101), from the share of the pension and the annual minimum of an average deceased."""
        of_pension = share[..., None] * self.pension
        if self.drawn is not None:
            of_pension = np.minimum(of_pension, self.drawn)
        return over_classes(np.maximum(of_pension, least[..., None] * self.persons))


def deceased_pensioners(deaths: Array, amount: Array, mortality: Array, increase: Array) -> Deceased:
    """Pensioners who die, from pensions in payment `amount` (T, 2, 101, K): last July's pension, indexed to the middle of the step."""
    return Deceased(deaths, at_death(amount, mortality, increase))


def at_death(amount: Array, mortality: Array, increase: Array) -> Array:
    """The pensions of those who die in the middle of each step, from pensions in payment (T, 2, 101, K) on 1 July."""
    pension = np.zeros_like(amount)
    pension[1:] = _a_year_older(amount[:-1]) * mortality[1:, ..., None]
    return np.asarray(pension * np.sqrt(1.0 + increase)[:, None, None, None])


@record(frozen=True)
class Heirs:
    """Survivors who begin a pension in each step: persons and annual money at its middle, each (C, T, 2, 101), by the classes of `columns`."""

    persons: Array
    money: Array


def heirs(
    deceased: Sequence[Deceased], rule: Survivors, family: Family, moments: Moments, fertility: Array
) -> Heirs:
    """The families of all who died in each step."""
    dead = np.asarray(sum(over_classes(one.persons) for one in deceased))
    right = _gives_right(rule, dead)
    laid = None if rule.shares is None else rule.shares.on(moments)
    entitled = np.ones((3, 1, 1, 1)) if laid is None else laid.entitled
    left = np.stack([np.stack(left_behind(dead * part, rule, family, moments, fertility)) for part in right])
    left *= entitled
    kept = allowed(left.sum(axis=(0, 1)), dead, rule.most)[:, None, None]
    persons = _by_column(left * kept, rule)
    if laid is None:
        return Heirs(persons, np.zeros_like(persons))
    expected = np.stack(expected_family(rule, family, moments, fertility)) * entitled
    heads = expected * kept
    share, families = laid.together(heads), np.minimum(heads.sum(axis=0), 1.0)
    due = sum(one.due(share, _minimum(rule, one, moments) * families) for one in deceased)
    each = _a_head(np.asarray(due), laid.parts(heads), expected)
    money = np.zeros_like(left)
    for number, part in enumerate(right):
        for c, head in enumerate(each):
            money[number, c] = left_behind(head * part, rule, family, moments, fertility)[c]
    return Heirs(persons, _by_column(money, rule))


def _gives_right(rule: Survivors, dead: Array) -> list[Array]:
    """1 at the ages (2, 101) of the deceased whose spouses have a pension for the longest time, for one year less, and so on."""
    ages = np.broadcast_to(np.arange(dead.shape[-1], dtype=float), dead.shape[-2:])
    if rule.spouse_years is None or rule.until_age_of_deceased is None:
        return [np.ones_like(ages)]
    years = rule.years_left(ages)
    return [np.asarray(years == rule.spouse_years - gone, dtype=float) for gone in range(rule.spouse_years)]


def _by_column(parts: Array, rule: Survivors) -> Array:
    """Survivors (P, 3, T, 2, 101), P lengths of a spouse's pension from the longest on, as (C, T, 2, 101)."""
    found = np.zeros((columns(rule), *parts.shape[2:]))
    found[: len(parts)] = parts[:, 0]
    found[-2:] = parts[:, 1:].sum(axis=0)
    return found


def _minimum(rule: Survivors, one: Deceased, moments: Moments) -> Array:
    """Annual minimum of a family by the age of the deceased, over (T, sex, age), where there is a right."""
    least = rule.rights[one.way].minimum
    return 12.0 * on(0.0 if least is None else least, moments)[..., 0, 0]


def _a_head(due: Array, parts: Array, heads: Array) -> Array:
    """Money of one survivor of each class (3, T, 2, 101), by the age and sex of the deceased."""
    whole = parts.sum(axis=0)
    to_class = np.divide(due * parts, whole, out=np.zeros_like(parts), where=whole > 0)
    return np.asarray(np.divide(to_class, heads, out=np.zeros_like(parts), where=heads > 0))


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
        persons[t] += np.moveaxis(new.persons[:, t], 0, -1)
        money[t] += np.moveaxis(new.money[:, t], 0, -1) * np.sqrt(rise[t])
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
