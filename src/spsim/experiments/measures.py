"""Figures of a run by name: `pension.payg_cost_rate@2050`, `fund:social_insurance.reserve_ratio@2030..2060`, `pension.depletion_year`.

Comes in: the arrays of a run. Goes out: numbers and yearly paths. Names are those of the table `indicators` (docs/indicators.md).
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from itertools import chain

import numpy as np

from spsim.arrays import Array
from spsim.errors import InputError, near
from spsim.experiments.changes import refused
from spsim.experiments.derived import derived
from spsim.indicators import Indicator
from spsim.outcome import Outcome
from spsim.tables import indicators_of, shared_funds

_NAME = re.compile(
    r"(?P<owner>(fund:)?[a-z0-9_]+)\.(?P<indicator>[a-z0-9_]+)(@(?P<first>[0-9]{4})(\.\.(?P<last>[0-9]{4}))?)?\Z"
)
NEVER = np.nan
"""Value of the year of an event that does not happen."""


@dataclass(frozen=True)
class Measure:
    """One indicator of a scheme (or of `fund:id`): in a year, in the years `year`..`last`, its whole path, or its whole-period figure."""

    owner: str
    indicator: str
    year: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        period = "" if self.year is None else f"@{self.year}"
        return f"{self.owner}.{self.indicator}{period}" + (f"..{self.last}" if self.last else "")


def named(text: str) -> Measure:
    """`scheme.indicator` or `scheme.indicator@year` as a measure. Raises InputError."""
    match = _NAME.match(text.strip())
    if match is None:
        raise refused(
            text, f"{text!r} names no figure", "write scheme.indicator@year, as pension.payg_cost_rate@2050"
        )
    first, last = (int(match[part]) if match[part] else None for part in ("first", "last"))
    if first is not None and last is not None and last < first:
        raise refused(text, f"the period {first}..{last} runs backwards", "write the earlier year first")
    return Measure(match["owner"], match["indicator"], first, last)


def every(outcome: Outcome, owners: Container[str] | None = None) -> dict[tuple[str, str], Indicator]:
    """All indicators of a run by (scheme or fund:id, name), with the figures of `derived`; of some schemes and funds alone if asked."""
    found = {
        name: chain(indicators_of(outcome, name), derived(outcome, name)) for name in outcome.scenario.schemes
    }
    return {
        (owner, one.name): one
        for owner, several in (found | shared_funds(outcome)).items()
        if owners is None or owner in owners
        for one in several
    }


def measured(outcome: Outcome, measure: Measure) -> Array | float:
    """The figure of one run: a path (T,) or a number; NaN for what never happens. Raises InputError for a name or year it does not have."""
    return of_indicators(every(outcome), outcome.grid.years, measure)


def of_indicators(
    indicators: dict[tuple[str, str], Indicator], years: Array, measure: Measure
) -> Array | float:
    """The figure of a measure among all indicators of a run."""
    indicator = indicators.get((measure.owner, measure.indicator))
    if indicator is None:
        raise _unknown(indicators, measure)
    value = indicator.value
    if value is None:
        return NEVER
    if not isinstance(value, np.ndarray):
        return float(value)
    if measure.year is None:
        return value
    if measure.last is None:
        return float(value[_place(years, measure, measure.year)])
    return value[_place(years, measure, measure.year) : _place(years, measure, measure.last) + 1]


def _place(years: Array, measure: Measure, year: int) -> int:
    if not years[0] <= year <= years[-1]:
        text = f"the year {year} lies outside the horizon {years[0]}-{years[-1]}"
        raise refused(str(measure), text, "choose a year within it")
    return int(year - years[0])


def _unknown(indicators: dict[tuple[str, str], Indicator], measure: Measure) -> InputError:
    owners = {owner for owner, _ in indicators}
    if measure.owner not in owners:
        meant = near(measure.owner, owners)
        there = f"did you mean '{meant[0]}'?" if meant else f"there are: {', '.join(sorted(owners))}"
        return refused(str(measure), f"unknown scheme or fund '{measure.owner}'", there)
    names = [name for owner, name in indicators if owner == measure.owner]
    meant = near(measure.indicator, names)
    there = f"did you mean '{meant[0]}'?" if meant else f"{measure.owner} has: {', '.join(names)}"
    return refused(str(measure), f"unknown indicator '{measure.indicator}'", there)
