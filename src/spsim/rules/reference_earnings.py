"""Reference earnings: the average wage on which a pension is reckoned."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Value, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import FixedIncrease, IndexShare, place

Index = str
"""What past wages are brought up to date with: prices, wages, none, or the id of a reference amount."""
INDICES = ("prices", "wages", "none")


class _Average(Sourced):
    """What the kinds of average share for one person."""

    def chosen(self, wages: Array, index: Array) -> Array:
        """Which of a person's months, in the order of time, enter the average: all that are looked at."""
        return np.arange(len(wages))

    def average(self, wages: Array, index: Array, index_now: float) -> float:
        """Mean of the months that count, each × index now / index then; `index` that of `valorisation`."""
        valorised = np.asarray(wages) / np.asarray(index)
        return float(valorised[self.chosen(wages, index)].mean() * index_now)


class CareerAverage(_Average):
    """Mean of all contributory wages, past ones valorised by an index."""

    kind: Literal["career"]
    valorisation: Index

    def months_averaged(self, contributed: int, moments: Moments) -> int:
        """How many of a person's months of contribution count: all."""
        return contributed


class FinalAverage(_Average):
    """Mean contributory wage of the last `years` before the award, valorised or not; 0 years is the wage at the award itself.

    Years by the date of first insurance are read at that of one person; a projection takes it `years_since_entry` (behaviour) before.
    """

    kind: Literal["final"]
    years: Annotated[Value, place("event_date", "first_insured_date", high=60)]
    valorisation: Index = "none"

    def months_averaged(self, contributed: int, moments: Moments) -> int:
        """How many of a person's last months of contribution count: 12 × years, at least one, no more than there are."""
        wanted = int(np.rint(12.0 * on(self.years, moments).max()))
        return min(contributed, max(wanted, 1))


class BestAverage(_Average):
    """Mean contributory wage of the best `years` among the last `within` years before the award, in a row or wherever they lie."""

    kind: Literal["best"]
    years: Annotated[int, Field(ge=1, le=40)]
    within: Annotated[int, Field(ge=1, le=60)]
    valorisation: Index = "none"
    in_a_row: bool = Field(True, description="false: the best years wherever they lie")

    @model_validator(mode="after")
    def _fits(self) -> BestAverage:
        if self.within < self.years:
            text = f"the best {self.years} years cannot lie within {self.within}"
            raise ScenarioProblem(("within",), text, f"write {self.years} or more")
        return self

    def chosen(self, wages: Array, index: Array) -> Array:
        """The 12 × years best months of the last 12 × within, in a row or not; all if there are fewer."""
        valorised = np.asarray(wages) / np.asarray(index)
        start = max(len(valorised) - 12 * self.within, 0)
        last = valorised[start:]
        width = min(12 * self.years, len(last))
        if not self.in_a_row:
            return np.asarray(start + np.sort(np.argsort(-last, kind="stable")[:width]))
        sums = np.convolve(last, np.ones(width), mode="valid")
        return np.asarray(start + int(sums.argmax()) + np.arange(width))

    def of_years(self, yearly: Array) -> Array:
        """The same of yearly wages on a leading axis of the last `within` years, for a whole projection."""
        if not self.in_a_row:
            return np.asarray(np.sort(yearly, axis=0)[-self.years :].mean(axis=0))
        runs = range(self.within - self.years + 1)
        return np.asarray(np.max([np.mean(yearly[run : run + self.years], axis=0) for run in runs], axis=0))

    def months_averaged(self, contributed: int, moments: Moments) -> int:
        """How many of a person's last months are looked at."""
        return min(contributed, 12 * self.within)


ReferenceEarnings = Annotated[CareerAverage | FinalAverage | BestAverage, Field(discriminator="kind")]


class Indexation(Sourced):
    """Yearly increase of pensions in payment: so much of price growth plus so much of real wage growth, plus a fixed rate."""

    prices: IndexShare = 0.0
    real_wages: IndexShare = 0.0
    fixed: FixedIncrease = 0.0
    or_if_higher: Indexation | None = Field(
        None, description="another rule, which counts in the years in which it gives more"
    )


class Crediting(Indexation):
    """Yearly growth of an account: shares of price growth, real wage growth and the interest of reserves, and a fixed rate."""

    interest: IndexShare = 0.0
    wage_bill: IndexShare = Field(
        0.0,
        description="share of the growth of all contributory wages, which keeps a notional scheme in balance",
    )
    at_least: FixedIncrease | None = Field(
        None, description="least yearly growth, before that of the wage bill"
    )
