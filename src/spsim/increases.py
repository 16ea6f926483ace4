"""Increases of pensions in payment, month by month, and what they are in the yearly steps of a projection.

Comes in: the rule of indexation, the economy. Goes out: `Increases`, which one person's pension, careers and projections read alike.
Called by `stocks.payments`, `person_payment`, `adequacy`.

With I the product of the factors 1 + rate to a month and F the sum of flat amounts ÷ I to it, a pension P(a) awarded in month a is worth

    P(m) = I(m) · (P(a) / I(a) + F(m) − F(a))

A stock of 1 July stands for its calendar year, so with the means J and K of I and I · F over the year's months, P̄ = mean of P over the year:

    P̄_t = J_t / J_{t−1} · P̄_{t−1} + K_t − K_{t−1} · J_t / J_{t−1}

A pension awarded in the twelve months of a step gains J_t / I(a) to the year t: the geometric mean over the twelve. Where increases come each
January this is the square root of the year's increase.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from spsim.arrays import Array, np
from spsim.calendar import month_number
from spsim.economy import EconomicPaths, rates_at
from spsim.grid import Moments
from spsim.records import record
from spsim.rules.indexation import PensionIndexation


@record(frozen=True)
class Increases:
    """From month number `first` on, (months,) each: `factor` by which a pension is multiplied at the beginning of the month, monthly
    amount `added` after it. Whole calendar years."""

    first: int
    factor: Array
    added: Array

    @cached_property
    def _index(self) -> Array:
        return np.cumprod(self.factor).reshape(-1, 12)

    @cached_property
    def _sums(self) -> Array:
        return np.cumsum(self.added / self._index.ravel()).reshape(-1, 12)

    @property
    def rise(self) -> Array:
        """What the pensions of calendar year t are of those of the year before (T,)."""
        mean = self._index.mean(axis=1)
        return mean / np.concatenate([[1.0], mean[:-1]])

    @property
    def first_rise(self) -> Array:
        """What a pension awarded in step t has become in calendar year t, of its award (T,)."""
        mean = self._index.mean(axis=1)
        return mean / np.exp(_over_step(np.log(self._index), 0.0))

    @property
    def flat(self) -> Array:
        """Yearly amount (T,) added to a pension of the year before; all amounts here are 12 times the monthly ones."""
        added = (self._index * self._sums).mean(axis=1)
        before = np.concatenate([[0.0], added[:-1]])
        return np.asarray(12.0 * (added - before * self.rise))

    @property
    def first_flat(self) -> Array:
        """Yearly amount (T,) added to a pension awarded in step t."""
        added, mean = (self._index * self._sums).mean(axis=1), self._index.mean(axis=1)
        return np.asarray(12.0 * (added - mean * _over_step(self._sums, 0.0)))

    def months(self, award: int, last: int) -> Iterator[tuple[int, float, float]]:
        """(month, factor, amount added) of each increase after the month of the award, to `last`."""
        span = slice(award + 1 - self.first, last + 1 - self.first)
        factor, added = self.factor[span], self.added[span]
        for place in np.flatnonzero((factor != 1.0) | (added != 0.0)):
            yield award + 1 + int(place), float(factor[place]), float(added[place])

    def moved(self, index: Array, least: Array | None = None) -> Increases:
        """The same where pensions follow an index (T,) beside their rule, each January; index 0 of it is read as 1.

        Where the index falls, the increase of the year is not taken below `least` (T,), or below what the rule gives if that is less; what
        could not be taken is taken in the years after.
        """
        given, left = self.factor.reshape(-1, 12).prod(axis=1), 1.0
        factor = self.factor.copy()
        for t in range(1, len(given)):
            change = float(index[t]) / left
            if change < 1.0 and least is not None:
                change = max(change, min(1.0, (1.0 + float(least[t])) / float(given[t])))
            factor[12 * t] *= change
            left *= change
        return replace(self, factor=factor)

    def path(self, pension: float, award: int, last: int, floor: Array) -> Array:
        """A monthly pension from the award to the month `last`; `floor` (months,) the least in each of these months.

        The floor is part of the pension: an increase later raises it from there.
        """
        paid, now = np.empty(last - award + 1), pension
        for place in range(len(paid)):
            if place:
                now = (
                    now * float(self.factor[award + place - self.first])
                    + self.added[award + place - self.first]
                )
            now = max(now, float(floor[place]))
            paid[place] = now
        return paid


def increases(rule: PensionIndexation, paths: EconomicPaths) -> Increases:
    """A rule of indexation laid on the months of the paths; flat amounts of other years have no month there."""
    first, count = 12 * int(paths.years[0]), 12 * len(paths.years)
    months = np.arange(first, first + count)
    at_increase = slice(rule.month - 1, None, 12)
    moments = Moments(months[None, at_increase].astype(float), np.zeros(1), np.zeros(1))
    factor, added = np.ones(count), np.zeros(count)
    factor[at_increase] += rates_at(rule, paths.price_inflation, paths.wage_growth, moments)
    for date, amount in rule.flat.items():
        added[months == month_number(date)] += amount
    if rule.follows is not None:
        factor[1:] *= _moves(paths.references[rule.follows].at(months))
    return Increases(first, factor, added)


def _moves(amounts: Array) -> Array:
    """Each month's amount over that of the month before; 1 where there was none."""
    return np.divide(amounts[1:], amounts[:-1], out=np.ones(len(amounts) - 1), where=amounts[:-1] > 0)


def _over_step(by_month: Array, before: float) -> Array:
    """Mean over July .. June (T,) of what stands by calendar month (T, 12); `before` in the half year before the first."""
    earlier = np.concatenate([np.full((1, 6), before), by_month[:-1, 6:]])
    return np.asarray((earlier.sum(axis=1) + by_month[:, :6].sum(axis=1)) / 12.0)
