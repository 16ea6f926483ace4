"""What a formula of the law is worth to one person: rights period by period, limits, and the words for them.

The projection takes the years in which service was earned to be the last ones before the award; for one person they are known, and a
rate keyed by `accrual_date` is read in each month of the career.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from pydantic import BaseModel

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.dated import keys_within
from spsim.grid import Moments
from spsim.person_facts import Facts, money, percent
from spsim.person_formula import told
from spsim.rules.amounts import Formula, Held, Linear, Term, formula
from spsim.rules.service import Rounding, counted_by_period, counted_of
from spsim.schemes import PensionScheme

Form = Callable[[Moments], Term | Formula]


@dataclass(frozen=True)
class Holdings:
    """What one person holds at the event: monthly averages by name, points by name, balances of accounts."""

    averages: dict[str, float]
    points: dict[str, float]
    balances: dict[str, float]


@dataclass(frozen=True)
class Part:
    """Rights earned in `months` from month `first` on, which count for `years`; the form is the same for all of them."""

    first: int
    months: float
    years: float
    flat: float
    rate: float
    per_year: float

    def of(self, earnings: float, share: float) -> float:
        """The part's amount, by the formula of every amount; what does not grow with years is shared by months."""
        flat, rate, per_year = (
            np.asarray(part) for part in (self.flat * share, self.rate * share, self.per_year)
        )
        return float(Linear(flat, rate, per_year).of(earnings, self.years))


@dataclass(frozen=True)
class Worth:
    """An amount of the law as one person's parts, in the order of time."""

    parts: tuple[Part, ...]
    name: str = ""
    credited: float = 0.0
    """For credited years that count at earnings of their own: what they are worth whatever the person's earnings."""

    def paid(self, held: Holdings, pays: str) -> float:
        """The amount from what the person holds: of a month for pensions, at once for lump sums."""
        return self.of(self._earnings(held, pays))

    def _earnings(self, held: Holdings, pays: str) -> float:
        """Reference earnings: of a month for pensions, of a year for what is paid at once."""
        return held.averages[self.name] * (1.0 if pays == "pension" else 12.0)

    @property
    def _months(self) -> float:
        return sum(part.months for part in self.parts)

    def of(self, earnings: float) -> float:
        """The amount for these reference earnings."""
        whole = self._months  # 0 of one whose balances were said, and no career
        return (
            sum(part.of(earnings, part.months / whole if whole else 1.0) for part in self.parts)
            + self.credited
        )

    @property
    def share(self) -> float:
        """What is paid for each unit of reference earnings."""
        return self.of(1.0) - self.of(0.0)

    def lines(self, pays: str, held: Holdings) -> Iterator[str]:
        """The parts in words; of several, each with the months in which it was earned and what it is worth."""
        words = {"pension": _of_pension, "lump_sum": _of_lump_sum}[pays]
        of, earnings = (f", of {self.name}" if self.name else ""), self._earnings(held, pays)
        for part in self.parts:
            told = "; ".join(words(part)) + of
            if len(self.parts) == 1:
                yield told
            elif part.months > 0:
                share, last = part.months / self._months, round(part.first + part.months) - 1
                worth = money(part.of(earnings, share))
                spent = f"{part.months:g} of {self._months:g} months"
                yield f"{month_label(part.first)} to {month_label(last)} ({spent}): {told}: {worth}"
        if self.credited:
            yield f"credited years at earnings of their own: {money(self.credited)}"


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


@dataclass(frozen=True)
class HeldWorth:
    """A share of an account's balance, or points at their value."""

    share: float
    name: str
    points: bool

    def paid(self, held: Holdings, pays: str) -> float:
        """The amount: of a month for pensions, at once for lump sums."""
        if self.points:
            return self.share * held.points[self.name]
        return self.share * held.balances[self.name] / (12.0 if pays == "pension" else 1.0)

    def lines(self, pays: str, held: Holdings) -> Iterator[str]:
        """How the amount comes from what is held, in words."""
        if self.points:
            yield f"{held.points[self.name]:.4f} points at {money(self.share)} each"
        elif pays == "pension":
            yield f"balance of {self.name} {money(held.balances[self.name])}, {percent(self.share)} of it a year"
        else:
            yield f"{percent(self.share)} of the balance of {self.name}, {money(held.balances[self.name])}"


@dataclass(frozen=True)
class Owed:
    """An amount of the law for one person: its terms, and the formula that makes one amount of them."""

    formula: Formula
    terms: tuple[Worth | HeldWorth, ...]
    pays: str

    def of(self, held: Holdings) -> float:
        """The amount: of a month for pensions, at once for lump sums."""
        return float(self.formula.value([term.paid(held, self.pays) for term in self.terms]))

    @property
    def share(self) -> float:
        """What is paid for each unit of reference earnings, where the amount is one term of them."""
        alone = self.terms[0] if len(self.terms) == 1 else None
        return alone.share if isinstance(alone, Worth) else 0.0

    @property
    def parts(self) -> tuple[Part, ...]:
        """The periods of every term of earnings."""
        return tuple(part for term in self.terms if isinstance(term, Worth) for part in term.parts)

    def lines(self, held: Holdings) -> list[str]:
        """The formula in words: its terms, each with its amount where there are several, and how they become one."""
        words = [tuple(term.lines(self.pays, held)) for term in self.terms]
        if len(words) == 1 and len(words[0]) == 1:
            return list(words[0])
        return told(self.formula, words, [term.paid(held, self.pays) for term in self.terms])


def worth(facts: Facts, rounding: Rounding, block: BaseModel, form: Form, counted: float, pays: str) -> Owed:
    """What a block of the law that holds a formula is worth; `form` lays it on a moment of the award."""
    moment = facts.moment(facts.event, last=counted)
    read = [(month, formula(form(at))) for month, at in _earned(facts, block, moment)]
    terms = [
        _term(facts, rounding, [(month, found.terms[place]) for month, found in read], pays)
        for place in range(len(read[0][1].terms))
    ]
    return Owed(read[0][1], tuple(terms), pays)


def _term(facts: Facts, rounding: Rounding, by_month: list[tuple[int, Term]], pays: str) -> Worth | HeldWorth:
    """One term: what is held as it is at the event, earnings by the periods in which rights were earned."""
    first = by_month[0][1]
    if isinstance(first, Held):
        return HeldWorth(facts.of_person(first.share), first.name, first.points)
    read = [(month, _numbers(facts, term)) for month, term in by_month if isinstance(term, Linear)]
    runs = [list(run) for _, run in groupby(read, key=lambda one: one[1])]
    months: list[float] = [len(facts.months)] if len(runs) == 1 else [len(run) for run in runs]
    credits = _Credits.of(facts, first.name, pays)
    months[-1] += credits.months
    counted = counted_of(facts.months, credits.months, rounding)
    years = counted_by_period(months, rounding, counted)
    parts = tuple(
        Part(run[0][0], spent, counted_for, *run[0][1])
        for run, spent, counted_for in zip(runs, months, years, strict=True)
    )
    return Worth(tuple(credits.shared(part) for part in parts), first.name, credits.worth(parts))


@dataclass(frozen=True)
class _Credits:
    """Months credited, the share of the average that contributions keep beside them, and the monthly or annual earnings that they bring in."""

    months: float
    kept: float
    beside: float

    @classmethod
    def of(cls, facts: Facts, name: str, pays: str) -> _Credits:
        """Of one person and one average: earnings of credited years enter averages over the career (see `rules.credits.with_credits`)."""
        credited, moment, served = facts.credits, facts.moment(facts.event), len(facts.months) / 12.0
        assert isinstance(facts.scheme, PensionScheme)
        career = facts.scheme.earnings_called(name).kind == "career"
        valued, earned = (
            (float(part.ravel()[0]) for part in credited.valued(moment)) if career else (0.0, 0.0)
        )
        whole = served + valued
        if not whole:
            return cls(12.0 * float(credited.earned(moment).ravel()[0]), 1.0, 0.0)
        yearly = 1.0 if pays == "pension" else 12.0
        return cls(12.0 * float(credited.earned(moment).ravel()[0]), served / whole, yearly * earned / whole)

    def shared(self, part: Part) -> Part:
        """A part with its hold on the average of the contributions."""
        return replace(part, rate=part.rate * self.kept, per_year=part.per_year * self.kept)

    def worth(self, parts: tuple[Part, ...]) -> float:
        """What the earnings of credited years add."""
        whole = sum(part.months for part in parts)
        return (
            self.beside * sum(part.rate * part.months / whole + part.per_year * part.years for part in parts)
            if self.beside
            else 0.0
        )


def _earned(facts: Facts, block: BaseModel, moment: Moments) -> list[tuple[int, Moments]]:
    """The moment once, or once for each month of contribution where the law looks at the date on which a right was earned."""
    if "accrual_date" not in keys_within(block) or not len(facts.months):
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
