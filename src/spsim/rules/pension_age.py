"""Normal pension age, by the month: who has reached it on 1 July of each year."""

from __future__ import annotations

from typing import Literal

from spsim.arrays import Array, np
from spsim.dated import Value, at, keys_of
from spsim.grid import FEMALE, MALE, SEXES, Grid
from spsim.records import record

PayableFrom = Literal["month_after_age", "month_of_age"]
WAIT: dict[PayableFrom, float] = {"month_after_age": 1.0, "month_of_age": 0.0}
"""Months from the one in which the age is reached to the first one paid."""


@record(frozen=True)
class _Pairs:
    """Columns for pairs of (month, birth month); just enough of `Moments` for a pension age to be read."""

    month: Array
    birth: Array

    def column(self, key: str) -> Array:
        """Event months down, birth months across, on the six axes of a value."""
        column = {"event_date": self.month[:, None], "birth_date": self.birth[None, :]}[key]
        return np.asarray(column[:, :, None, None, None, None])


def age_in_months(pension_age: Value, month: Array, birth: Array) -> Array:
    """Pension age in months that applies in each month to each birth month: (months, births, sex)."""
    value = at(pension_age, _Pairs(month, birth))  # type: ignore[arg-type]
    shape = (len(month), len(birth), len(SEXES), 1, 1, 1)
    return np.rint(12.0 * np.broadcast_to(value, shape)[..., 0, 0, 0])


def first_pension_month(
    pension_age: Value, birth: Array, last_month: int, payable: PayableFrom = "month_after_age"
) -> Array:
    """First month of pension (births, sex): the month after the first one in which the age then required is reached, or that month itself.

    The roadmap is read at the month itself, so the law's table by calendar year is a fixed point, not a cohort table
    (Decree 135/2020/ND-CP of Viet Nam, Art. 4). Infinity if not reached by `last_month`.
    """
    birth, wait = np.asarray(birth, dtype=float), WAIT[payable]
    if "birth_date" in keys_of(pension_age):
        return wait + np.concatenate([_month_reached(pension_age, born, last_month) for born in birth])
    month = np.arange(birth.min(), last_month + 1.0)
    latest_birth = np.maximum.accumulate(
        month[:, None] - age_in_months(pension_age, month, birth[:1])[:, 0], axis=0
    )
    place = np.stack([np.searchsorted(latest_birth[:, sex], birth) for sex in (MALE, FEMALE)], axis=-1)
    return np.where(place < len(month), month[np.minimum(place, len(month) - 1)] + wait, np.inf)


def _month_reached(pension_age: Value, born: float, last_month: int) -> Array:
    """Month in which one birth month reaches an age that may depend on the birth date itself: (1, sex)."""
    month = np.arange(born, max(last_month, born) + 1.0)
    reached = month[:, None] - born >= age_in_months(pension_age, month, np.array([born]))[:, 0]
    return np.where(reached.any(axis=0), month[np.argmax(reached, axis=0)], np.inf)[None]


@record(frozen=True)
class AgeReached:
    """Shares of each cell (T, 2, A) at the pension age, and how far the rest stand from it.

    `share` has reached the age on 1 July; `passing` are those who reach it during the step, as a share of those who had not (a
    hazard, 1 where all had); `months_short` (12, T, 2, A) months still missing in the middle of the step, by birth month, below 0
    after the age; `past` had reached it before the step.
    """

    share: Array
    passing: Array
    months_short: Array
    past: Array


def age_reached(pension_age: Value, grid: Grid, payable: PayableFrom = "month_after_age") -> AgeReached:
    """Read the pension age for every cell of the grid, birth month by birth month."""
    july = 12 * grid.years + 6
    births = np.arange(july[0] - 12 * (grid.oldest + 2), july[-1] - 12 * (grid.youngest - 1))
    first = first_pension_month(pension_age, births, int(july[-1]) + 12 * 60, payable)
    cell = july[:, None] - 12 * grid.ages[None, :] - 1
    born = cell[None] - np.arange(12)[:, None, None] - births[0]
    start = np.ascontiguousarray(np.moveaxis(first[born], -1, 2))  # in the order of every table made from it
    share = (start <= july[None, :, None, None]).mean(axis=0)
    before = (start <= july[None, :, None, None] - 12).mean(axis=0)
    passing = np.divide(share - before, 1 - before, out=np.ones_like(share), where=before < 1)
    return AgeReached(share, passing, start - (july[None, :, None, None] - 6), before)


def share_of_age(
    pension_age: Value, months: Array, ages: Array, payable: PayableFrom = "month_after_age"
) -> Array:
    """Share of each cell that has reached the age by each month: months (m, T) and ages (A,) give (m, T, 2, A)."""
    cell = months[:, :, None] - 12 * ages - 1
    births = np.arange(cell.min() - 11, cell.max() + 1)
    first = np.ascontiguousarray(first_pension_month(pension_age, births, int(months.max()), payable).T)
    oldest = (cell - births[0]).astype(int) - 11
    counted = [_of_twelve(one, months, oldest) for one in first]
    return np.asarray(np.stack(counted, axis=2) / 12.0)


def _of_twelve(first: Array, months: Array, oldest: Array) -> Array:
    """How many of twelve birth months, from `oldest` (m, T, A) on, have reached their `first` month by each of `months` (m, T)."""
    earlier_first = (first[1:] >= first[:-1]).all()
    if earlier_first:  # one place divides the birth months that have reached it from those that have not
        reached = np.searchsorted(first, months, side="right")
        return np.clip(reached[:, :, None] - oldest, 0, 12)
    found = np.zeros(oldest.shape, dtype=np.int64)
    for month in range(12):
        found += first[oldest + month] <= months[:, :, None]
    return found


def person_reached(
    pension_age: Value, birth: int, month: int, payable: PayableFrom = "month_after_age"
) -> AgeReached:
    """The same for one person born in month `birth`, at month `month`: reached or not, and months still missing."""
    start = first_pension_month(pension_age, np.array([birth]), month + 12 * 100, payable).reshape(1, 2, 1)
    reached = (start <= month).astype(float)
    return AgeReached(reached, reached, (start - month)[None], (start < month).astype(float))


def share_in_window(reached: AgeReached, years_before: Array) -> Array:
    """Share of a cell within `years_before` (T, 2, A broadcastable) years of the pension age, in the middle of the step."""
    short = reached.months_short
    return np.asarray(((short > 0) & (short <= 12 * years_before[None])).mean(axis=0))


def share_after(reached: AgeReached, years_after: Array) -> Array:
    """1 where one person is past the pension age by no more than `years_after`; of a cell the share past it before the step.

    A cell needs no end: whoever is left leaves in the last year (`share_closing`), so the cells beyond are empty.
    """
    late = -reached.months_short
    if len(late) == 1:
        return np.asarray(((late > 0) & (late <= 12 * years_after[None])).mean(axis=0))
    return np.asarray(np.minimum((late > 0).mean(axis=0), reached.past))


def share_closing(reached: AgeReached, years_after: Array) -> Array:
    """Share of a cell in its last year of `years_after`, or beyond it, in the middle of the step."""
    late = -reached.months_short
    return np.asarray((late > 12 * years_after[None] - 12).mean(axis=0))


def ages_at_award(
    reached: AgeReached, ages: Array, who: Literal["at_age", "before", "after", "all"]
) -> Array:
    """Mean exact age (T, 2, A) of those of a cell who are awarded at the pension age, before it, after it, or whatever their age.

    Who waits for the age is awarded in the month in which it is reached, the others in the middle of the step. A cell of completed age
    x on 1 July holds twelve birth months, whose ages in the middle of the step before are x - 5/12, x - 4/12 ... x + 6/12.
    """
    short = reached.months_short
    middle = 12.0 * ages + np.arange(-5.0, 7.0)[:, None, None, None]
    award = {"at_age": middle + short}.get(who, np.broadcast_to(middle, short.shape))
    inside = {
        "at_age": (short > -6) & (short <= 6),
        "before": short > 0,
        "after": short < 0,
        "all": np.ones(short.shape, dtype=bool),
    }[who]
    some = inside.any(axis=0)
    weights = np.where(some, inside, True)
    summed = np.where(weights, np.where(some, award, middle), 0.0).sum(axis=0)
    return np.asarray(summed / weights.sum(axis=0) / 12.0)
