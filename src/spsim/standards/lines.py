"""One test of one article, year by year: what is asked, what there is, whether it is met, and when that changes."""

from __future__ import annotations

from functools import cached_property

from spsim.arrays import Array, np
from spsim.records import record
from spsim.standards.conventions import Cited

EXACT = 1e-4  # a hundredth of a percentage point: amounts of law are rounded, wages are not


@record(frozen=True)
class Line:
    """A test. `actual` (years,) against `required`, at least it or (`at_most`) no more than it; shares, weeks, years or 1 for yes.

    `of_last_wage` the same pension over the last wage, stricter than the convention. `bound`: `actual` is a lower bound, so that a test
    which is not met is not decided. `instead`: meets the article in place of another line. None for `actual`: not in the scenario, or
    (`bound`) not known.
    """

    convention: str
    branch: str
    test: str
    cited: Cited
    scheme: str = ""
    beneficiary: str = ""
    method: str = ""
    unit: str = "share"
    required: float = 0.0
    actual: Array | None = None
    of_last_wage: Array | None = None
    years: Array | None = None
    at_most: bool = False
    bound: bool = False
    instead: bool = False
    note: str = ""

    @cached_property
    def margin(self) -> Array:
        """How far what there is lies on the right side of what is asked (years,)."""
        assert self.actual is not None
        return (self.required - self.actual) if self.at_most else (self.actual - self.required)

    @cached_property
    def met(self) -> Array:
        """Whether the test is met in each year."""
        return self.margin >= -EXACT

    def at(self, year: int) -> int:
        """Place of a year, or of the last one before it that was tested."""
        assert self.years is not None
        return int(np.clip(np.searchsorted(self.years, year, side="right") - 1, 0, len(self.years) - 1))

    def verdict(self, year: int) -> str:
        """met, not met, undecided, or not in the scenario."""
        if self.actual is None:
            return "undecided" if self.bound else "not in the scenario"
        if self.met[self.at(year)]:
            return "met"
        return "undecided" if self.bound else "not met"

    @property
    def first_met(self) -> int | None:
        """First year in which it is met."""
        hits = np.flatnonzero(self.met)
        return int(self._years[hits[0]]) if len(hits) else None

    @property
    def stops(self) -> int | None:
        """First year after being met in which it is met no longer."""
        falls = np.flatnonzero(self.met[:-1] & ~self.met[1:])
        return int(self._years[falls[0] + 1]) if len(falls) else None

    @property
    def periods(self) -> str:
        """The years in which it is met, in words."""
        if self.met.all():
            return "all years"
        if not self.met.any():
            return "no year"
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.met, [False]]).astype(int)))
        spans = [(int(self._years[first]), int(self._years[end - 1])) for first, end in edges.reshape(-1, 2)]
        return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in spans)

    @property
    def _years(self) -> Array:
        assert self.years is not None
        return self.years
