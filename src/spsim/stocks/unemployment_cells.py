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
from spsim.rules.brackets import brackets, edges
from spsim.schemes import UnemploymentScheme

BLOCK = 12  # months of record priced alike along a slope


@dataclass(frozen=True)
class Cells:
    """For each of `numbers` claims the months of record 0..`longest`, the last open, then a cell that stays empty but after the last."""

    longest: int
    numbers: int

    @property
    def width(self) -> int:
        """Cells from the begin of the record before one claim to that before the next."""
        return self.longest + 2

    @property
    def count(self) -> int:
        """All cells."""
        return self.numbers * self.width - 1

    @property
    def ends(self) -> tuple[int, ...]:
        """Open last cells of the records before all but the last claim."""
        return tuple(number * self.width + self.longest for number in range(self.numbers - 1))

    @cached_property
    def record(self) -> Array:
        """Months of record of each cell; `longest` of an empty one."""
        return np.minimum(np.arange(self.count) % self.width, self.longest)

    def laid(self, by_number: Sequence[Array]) -> Array:
        """Arrays (..., C+1), one for each number of claim, side by side (..., cells); nothing in the empty cells."""
        padded = [np.concatenate([one, np.zeros_like(one[..., :1])], axis=-1) for one in by_number]
        return np.asarray(np.concatenate(padded, axis=-1)[..., :-1])

    def left(self, by_number: Sequence[Array]) -> Array:
        """Cells (cells, E+1) in which claims end that leave so many months of record (C+1, E+1): those before the next claim."""
        following = [min(number + 1, self.numbers - 1) * self.width for number in range(self.numbers)]
        moved = [left + start for left, start in zip(by_number, following, strict=True)]
        return np.ascontiguousarray(self.laid([one.T for one in moved]).T)


def cells_of(scheme: UnemploymentScheme) -> Cells:
    """The cells of a scheme: as many numbers of claim as any cause of separation tells apart."""
    return Cells(scheme.benefit.record.longest, max(benefit.numbers for benefit in scheme.causes.values()))


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
    bracket, records = brackets(at, cells.longest)
    each = [bracket + number * len(records) for number in range(cells.numbers)]
    priced = [Priced(float(record), number + 1) for number in range(cells.numbers) for record in records]
    return cells.laid(each), priced
