"""The axes of a projection and the moments at which the law is read.

Axis order everywhere: (year T, sex 2, age A, earnings class K, credited service J). Moments add a leading axis of the months inside a
period, over which a value of law is averaged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from spsim.arrays import Array, np
from spsim.calendar import month_number
from spsim.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MALE, FEMALE = 0, 1
SEXES = ("male", "female")
OPEN_AGE = 100


@record(frozen=True)
class Series:
    """A reference amount month by month: `first` is a month number, `values` one amount per month; held constant outside."""

    first: int
    values: Array

    def at(self, months: Array) -> Array:
        """Amounts at month numbers of any shape."""
        index = np.clip(np.asarray(months, dtype=np.int64) - self.first, 0, len(self.values) - 1)
        return np.asarray(self.values[index])


@record(frozen=True)
class Moments:
    """Where and when values of law are read: columns over (month in period, T, sex, age, class, service).

    `months` (m, T) month numbers of each period; `ages` completed years; `services` completed years of contribution (or record months,
    or months of a claim: whatever the caller lays on the last axis under `last_key`); `entry` month of first insurance;
    `scheme_start` month; `references` the named amounts; `person`: ages and services are one person's exact years, not cells;
    `wage` monthly contributory wages of the cells, `density` (T, sex, age) share of months that contributors pay, `idle` years
    since members of that age stopped contributing at the latest, `pace` share of the months until then that they paid; `record` month numbers
    of one person's contributions, each where it is known; `record_lag` months by which the record ends before the event, on average where the
    event has no month of its own; `former` (T, sex, age) set where members who have stopped contributing are looked at:
    share of them that meets conditions on recent contributions; `families` by id of survivors pensions the rule, and the share of deaths
    (T, sex, age, 1, 1) that leave somebody entitled to them; `known` coordinates that are the same everywhere, by key; `dependants` numbers
    (values of the scenario) of spouses, children and parents, `dependant_ages` their ages in years where one person said them; `credited` years
    of service without contributions (`rules.credits.Credited`), which `service` adds; `event_ages` (T, sex, age) mean exact ages at an
    award, where known.
    """

    months: Array
    ages: Array
    last: Array
    last_key: str = "service"
    entry: float = 0.0
    scheme_start: float = 0.0
    references: Mapping[str, Series] = field(default_factory=lambda: MappingProxyType({}))
    person: bool = False
    earned: float | None = None
    wage: Array | None = None
    density: Array | None = None
    idle: Array | None = None
    pace: Array | None = None
    record: Array | None = None
    record_lag: float = 0.0
    former: Array | None = None
    families: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    known: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    dependants: Mapping[Any, Any] = field(default_factory=lambda: MappingProxyType({}))
    dependant_ages: Mapping[str, Sequence[float]] = field(default_factory=lambda: MappingProxyType({}))
    credited: Any = None
    event_ages: Array | None = None

    def column(self, key: str) -> Array:
        """The coordinate named by a time key, in months for dates and in years otherwise. Raises KeyError if the place cannot know it."""
        if key == self.last_key:
            return self.service[None]
        if key in self.known:
            return np.full((1, 1, 1, 1, 1, 1), self.known[key])
        return getattr(self, f"_{key}")

    @property
    def service(self) -> Array:
        """The last axis over (T, sex, age, class, service): years of contribution with those credited without any."""
        own = self.last[None, None, None, None, :]
        return own if self.credited is None else np.asarray(own + self.credited.total(self))

    @property
    def record_years(self) -> Array:
        """Years that conditions look at over (T, sex, age, class, service): those of contribution and all that credits add to the record."""
        own = self.last[None, None, None, None, :]
        return own if self.credited is None else np.asarray(own + self.credited.recorded(self))

    @property
    def _event_date(self) -> Array:
        return self.months[:, :, None, None, None, None]

    _contribution_date = _event_date

    @property
    def _scheme_years(self) -> Array:
        return np.floor((self._event_date - self.scheme_start) / 12.0)

    @property
    def _age(self) -> Array:
        """Exact age in the middle of the cell: schedules by age are read at x + 1/2, amounts at the mean exact age of an award."""
        if self.event_ages is not None:
            return self.event_ages[None, ..., None, None]
        return self.ages[None, None, None, :, None, None] + (0.0 if self.person else 0.5)

    @property
    def _birth_date(self) -> Array:
        """Birth months of the cell, one for each month of the period: age x at month m means born 12x to 12x+11 months before."""
        spread = self._births()
        centre = self.months.mean(axis=0)
        return (
            centre[None, :, None, None, None, None]
            - 12.0 * self.ages[None, None, None, :, None, None]
            - spread[:, None, None, None, None, None]
        )

    def _births(self) -> Array:
        """Months by which births of a cell lie before its latest one."""
        if self.person:
            return np.zeros(1)
        return np.arange(12.0) if len(self.months) == 12 else np.array([6.0])

    @property
    def _wage(self) -> Array:
        """Monthly contributory wage of each cell, over all six axes."""
        assert self.wage is not None
        return self.wage

    @property
    def _first_insured_date(self) -> Array:
        return np.full((1, 1, 1, 1, 1, 1), self.entry)

    @property
    def _accrual_date(self) -> Array:
        return np.full((1, 1, 1, 1, 1, 1), self.earned)

    def of_claim(self, number: int) -> Moments:
        """The same moments for the first, second .. claim of a life."""
        return replace(self, known={**self.known, "claim_number": float(number)})

    def since(self, entry: float) -> Moments:
        """The same moments for members first insured in month `entry`."""
        return replace(self, entry=entry)

    def earned_in(self, month: float) -> Moments:
        """The same moments for rights that were earned in this month."""
        return replace(self, earned=month)


def one_person(
    month: float,
    references: Mapping[str, Series],
    *,
    birth: float = 0.0,
    last: float = 0.0,
    last_key: str = "service",
    entry: float = 0.0,
) -> Moments:
    """One person at one date: born in month `birth`, with exact years of service (or months of record or claim) `last`."""
    ages, months = np.array([(month - birth) / 12.0]), np.array([[float(month)]])
    return Moments(months, ages, np.array([float(last)]), last_key, entry, 0.0, references, person=True)


@dataclass(frozen=True)
class Grid:
    """Years `first .. last` (stocks on 1 July), ages of members, earnings classes, completed years of service."""

    first: int
    last: int
    youngest: int = 15
    oldest: int = 79
    classes: int = 5
    longest_service: int = 55

    @cached_property
    def years(self) -> Array:
        return np.arange(self.first, self.last + 1)

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(T, 2, A, K, J) of the members' stocks."""
        return (
            self.last - self.first + 1,
            2,
            self.oldest - self.youngest + 1,
            self.classes,
            self.longest_service + 1,
        )

    @cached_property
    def ages(self) -> Array:
        return np.arange(self.youngest, self.oldest + 1)

    @cached_property
    def services(self) -> Array:
        return np.arange(self.longest_service + 1)

    def calendar_years(self, references: Mapping[str, Series], scheme_start: str = "1900") -> Moments:
        """Twelve months of each calendar year: contributions, amounts in payment."""
        months = self.years[None, :] * 12.0 + np.arange(12.0)[:, None]
        return self._moments(months, references, scheme_start)

    def steps(self, references: Mapping[str, Series], scheme_start: str = "1900") -> Moments:
        """Twelve months from 1 July of the year before to 30 June: awards and other events of step t."""
        months = self.years[None, :] * 12.0 + np.arange(-6.0, 6.0)[:, None]
        return self._moments(months, references, scheme_start)

    def _moments(self, months: Array, references: Mapping[str, Series], scheme_start: str) -> Moments:
        return Moments(
            months, self.ages, self.services, "service", 0.0, float(month_number(scheme_start)), references
        )
