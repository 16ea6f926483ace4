"""Cells of the record where the law goes by the number of the claim: the record before the first claim, before the second, ...

A person who begins a claim goes on to the record before the next one; after the last number that differs all claims are alike. The
numbers are those of persons, not of a mean: the kernel carries them like months of contribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spsim.arrays import Array
from spsim.dated import Staged, Value, keys_of
from spsim.rules.brackets import brackets, edges
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.rules.unemployment_record import last_number
from spsim.schemes import UnemploymentScheme

BLOCK = 12  # months of record priced alike along a slope


@dataclass(frozen=True)
class Cells:
    """For each number of claim the months of record 0..`lengths`, the last open, then a cell that stays empty but after the last."""

    lengths: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """Numbers of claim that are told apart."""
        return len(self.lengths)

    @property
    def starts(self) -> list[int]:
        """First cell of the record before each claim."""
        return [0, *np.cumsum([length + 2 for length in self.lengths[:-1]]).tolist()]

    @property
    def ends(self) -> tuple[int, ...]:
        """Open last cells of the records before all but the last claim."""
        return tuple(start - 2 for start in self.starts[1:])

    @cached_property
    def record(self) -> Array:
        """Months of record of each cell."""
        return self.laid([np.arange(length + 1) for length in self.lengths])

    def laid(self, by_number: Sequence[Array]) -> Array:
        """Arrays (..., C+1), one for each number of claim, cut to its length, side by side (..., cells); nothing in the empty cells."""
        cut = [one[..., : length + 1] for one, length in zip(by_number, self.lengths, strict=True)]
        padded = [np.concatenate([one, np.zeros_like(one[..., :1])], axis=-1) for one in cut]
        return np.asarray(np.concatenate(padded, axis=-1)[..., :-1])

    def left(self, by_number: Sequence[Array]) -> Array:
        """Cells (cells, E+1) in which claims end that leave so many months of record (C+1, E+1): those before the next claim."""
        following = [*self.starts[1:], self.starts[-1]]
        moved = [left + start for left, start in zip(by_number, following, strict=True)]
        return np.ascontiguousarray(self.laid([one.T for one in moved]).T)


def cells_of(scheme: UnemploymentScheme) -> Cells:
    """The cells of a scheme: as many numbers of claim as any cause of separation tells apart, each as long as the law looks at it."""
    numbers = max(benefit.numbers for benefit in scheme.causes.values())
    record = scheme.benefit.record
    averaged = any(benefit.career_if_higher for benefit in scheme.causes.values())
    if numbers == 1 or record.kept or record.used_per_month is not None or averaged:
        return Cells((record.longest,) * numbers)
    return Cells(tuple(min(_looked_at(scheme, number), record.longest) for number in range(1, numbers + 1)))


def _looked_at(scheme: UnemploymentScheme, number: int) -> int:
    """Months of record above which nothing changes for a claim that uses up the whole record."""
    rated = [rule.reduced_after.months for rule in scheme.contributions.values() if rule.reduced_after]
    found = [1.0, *map(float, rated)]
    for benefit in scheme.causes.values():
        found.append(benefit.record.asked(number).least)
        for value in (benefit.duration, *benefit.values_of_amount.values()):
            found += edges(_stage(value, number), "record_months", 1.0)
    return int(np.ceil(max(found)))


def _stage(value: Value | None, number: int) -> Value | None:
    """What holds for one number of claim, where a value goes by it."""
    if not isinstance(value, Staged) or value.by != "claim_number":
        return value
    begun = [stage for begin, stage in value.in_order() if begin <= number]
    return _stage(begun[-1] if begun else value.in_order()[0][1], number)


@dataclass(frozen=True)
class Priced:
    """Claims that are priced alike: of a record in months, the first, second .. of a life."""

    record: float
    number: int


def record_brackets(scheme: UnemploymentScheme) -> tuple[Array, list[Priced]]:
    """Number of the bracket of each cell (cells,) whose claims are priced alike, and the record and claim at which each is priced."""
    at = {
        edge
        for benefit in scheme.causes.values()
        for value in benefit.values_of_amount.values()
        for edge in edges(value, "record_months", BLOCK)
    }
    averaged = [benefit.record for benefit in scheme.causes.values() if benefit.career_if_higher]
    at |= {float(n) for record in averaged for n in range(record.asked().least, record.longest, BLOCK)}
    cells = cells_of(scheme)
    bracket, records = brackets(at, scheme.benefit.record.longest)
    told = max(map(_priced_apart, scheme.causes.values()))
    each = [bracket + min(number, told - 1) * len(records) for number in range(cells.numbers)]
    priced = [Priced(float(record), number + 1) for number in range(told) for record in records]
    return cells.laid(each), priced


def _priced_apart(benefit: UnemploymentBenefit) -> int:
    """Number of the claim from which on amounts and waits are alike; durations alone need no price of their own."""
    values = benefit.values_of_amount.values()
    if benefit.record.counts == "window" and any("record_months" in keys_of(value) for value in values):
        return benefit.numbers
    return max(last_number(value) for value in (benefit.waiting_days, *values))
