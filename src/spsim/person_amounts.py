"""What a formula of the law is worth to one person: rights period by period, limits, and the words for them.

The projection takes the years in which service was earned to be the last ones before the award; for one person they are known, and a
rate keyed by `accrual_date` is read in each month of the career.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pydantic import BaseModel

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.dated import keys_within
from spsim.grid import Moments
from spsim.person_facts import Facts, money, percent
from spsim.rules.amounts import Linear
from spsim.rules.service import Rounding, counted_by_period

Form = Callable[[Moments], Linear]


@dataclass(frozen=True)
class Part:
    """Rights earned in `months` from month `first` on, which count for `years`; the form is the same for all of them."""

    first: int
    months: int
    years: float
    flat: float
    rate: float
    per_year: float

    def of(self, earnings: float, share: float) -> float:
        """The part's amount, by the formula of every amount; what does not grow with years is shared by months."""
        parts = (np.asarray(part) for part in (self.flat * share, self.rate * share, self.per_year))
        return float(Linear(*parts).of(earnings, self.years))


@dataclass(frozen=True)
class Worth:
    """An amount of the law as one person's parts, in the order of time."""

    parts: tuple[Part, ...]

    @property
    def _months(self) -> int:
        return sum(part.months for part in self.parts)

    def of(self, earnings: float) -> float:
        """The amount for these reference earnings."""
        return sum(part.of(earnings, part.months / self._months) for part in self.parts)

    @property
    def share(self) -> float:
        """What is paid for each unit of reference earnings."""
        return self.of(1.0) - self.of(0.0)

    def lines(self, pays: str) -> Iterator[str]:
        """The parts in words, with the months in which they were earned if there are several."""
        words = {"pension": _of_pension, "lump_sum": _of_lump_sum}[pays]
        for part in self.parts:
            last = part.first + part.months - 1
            when = f"earned from {month_label(part.first)} on: " if len(self.parts) > 1 else ""
            yield when + "; ".join(words(part)) if last >= part.first else "nothing"


def _of_pension(part: Part) -> list[str]:
    found = [f"{percent(part.rate)} of the average, at {part.years:g} years counted"] if part.rate else []
    if part.per_year:
        whole = percent(part.per_year * part.years)
        found.append(
            f"{percent(part.per_year)} of the average for each of {part.years:g} years counted: {whole}"
        )
    return found + ([f"{money(part.flat)} whatever the earnings"] if part.flat or not found else [])


def _of_lump_sum(part: Part) -> list[str]:
    found = (
        [f"{12 * part.rate:g} months of the average, at {part.years:g} years counted"] if part.rate else []
    )
    if part.per_year:
        whole, each = f"{12 * part.per_year * part.years:g}", f"{12 * part.per_year:g}"
        found.append(f"{each} months of the average for each of {part.years:g} years counted: {whole} months")
    return found + ([f"{money(part.flat)} whatever the earnings"] if part.flat or not found else [])


def worth(facts: Facts, rounding: Rounding, block: BaseModel, form: Form, counted: float) -> Worth:
    """What a block of the law that holds a formula is worth; `form` lays it on a moment of the award."""
    moment = facts.moment(facts.event, last=counted)
    read = [(int(month), _numbers(facts, form(at))) for month, at in _earned(facts, block, moment)]
    runs = [list(run) for _, run in groupby(read, key=lambda one: one[1])]
    months = [len(facts.months)] if len(runs) == 1 else [len(run) for run in runs]
    years = counted_by_period(months, rounding)
    return Worth(
        tuple(
            Part(run[0][0], spent, counted_for, *run[0][1])
            for run, spent, counted_for in zip(runs, months, years, strict=True)
        )
    )


def _earned(facts: Facts, block: BaseModel, moment: Moments) -> list[tuple[int, Moments]]:
    """The moment once, or once for each month of contribution where the law looks at the date on which a right was earned."""
    if "accrual_date" not in keys_within(block):
        return [(facts.entry, moment)]
    return [(int(month), moment.earned_in(float(month))) for month in facts.months]


def _numbers(facts: Facts, form: Linear) -> tuple[float, float, float]:
    parts: tuple[Array, ...] = (form.flat, form.rate, form.per_year)
    flat, rate, per_year = (facts.of_person(part) for part in parts)
    return flat, rate, per_year


def limited(amount: float, floor: float | None, cap: float | None) -> tuple[float, str]:
    """The amount between its limits and which of them decided; the floor goes before the cap, as in the projection."""
    below = amount if cap is None else min(amount, cap)
    if floor is not None and floor > below:
        return floor, "floor"
    return below, "cap" if below < amount else "formula"
