"""A target on a figure of a run: `pension.reserve_ratio@2030..2080 >= 1`, `pension.depletion_year >= 2090`.

Comes in: words, and the indicators of a run. Goes out: by how much the target is met or missed. Called by `solve` and `search`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from spsim.arrays import Array
from spsim.experiments.changes import refused
from spsim.experiments.measures import Measure, named, of_indicators
from spsim.indicators import Indicator

Sign = Literal[">=", "<="]
_FORM = re.compile(r"(?P<measure>[^<>=]+?)\s*(?P<sign>>=|<=)\s*(?P<bound>\S+)\Z")


@dataclass(frozen=True)
class Target:
    """A figure that must be at least (or at most) `bound`, in every year of its period."""

    measure: Measure
    sign: Sign
    bound: float

    def __str__(self) -> str:
        return f"{self.measure} {self.sign} {self.bound:g}"

    def margin(self, indicators: dict[tuple[str, str], Indicator], years: Array) -> float:
        """By how much the target is met in its worst year (negative: missed).

        The year of an event that does not happen counts as the year after the horizon. Raises InputError for a figure the run does
        not have, or one that is not defined in any year of the period.
        """
        worst = self.worst(indicators, years)
        return worst - self.bound if self.sign == ">=" else self.bound - worst

    def worst(self, indicators: dict[tuple[str, str], Indicator], years: Array) -> float:
        """The figure in the year in which the target is hardest to meet."""
        values = np.atleast_1d(of_indicators(indicators, years, self.measure)).astype(float)
        if indicators[self.measure.owner, self.measure.indicator].unit == "year":
            values = np.where(np.isnan(values), float(years[-1]) + 1.0, values)
        known = values[np.isfinite(values)]
        if not len(known):
            text = f"{self.measure} has no value in this run"
            raise refused(str(self), text, "choose a period in which the figure exists")
        return float(known.min() if self.sign == ">=" else known.max())


def target(text: str) -> Target:
    """`measure >= number` or `measure <= number`. Raises InputError."""
    match = _FORM.match(text.strip())
    if match is None:
        remedy = "write, for example, 'pension.reserve_ratio@2030..2080 >= 1'"
        raise refused(text, f"{text!r} is no target", remedy)
    try:
        bound = float(match["bound"].removesuffix("%")) / (100.0 if match["bound"].endswith("%") else 1.0)
    except ValueError:
        raise refused(
            text, f"{match['bound']!r} is not a number", "write a number, or a share as 8%"
        ) from None
    if not np.isfinite(bound):
        raise refused(text, f"{match['bound']!r} is not a finite number", "write a number")
    return Target(named(match["measure"]), match["sign"], bound)  # type: ignore[arg-type]


def targets(texts: tuple[str, ...]) -> list[Target]:
    """All targets. Raises InputError for two that no run can meet together."""
    found = [target(text) for text in texts]
    for one, other in combinations(found, 2):
        if one.measure.owner == other.measure.owner and one.measure.indicator == other.measure.indicator:
            _refuse_conflict(one, other)
    return found


def _refuse_conflict(one: Target, other: Target) -> None:
    least, most = (one, other) if one.sign == ">=" else (other, one)
    apart = one.sign == other.sign or least.bound <= most.bound or not _overlap(one.measure, other.measure)
    if not apart:
        text = f"the targets {one} and {other} conflict: no value is both"
        raise refused(str(other), text, "drop one of them or mend its number")


def _overlap(one: Measure, other: Measure) -> bool:
    """Whether two periods share a year; a figure without a period is in all."""
    if one.year is None or other.year is None:
        return True
    return one.year <= (other.last or other.year) and other.year <= (one.last or one.year)


def require_met(found: list[Target]) -> None:
    """At least one target must be named. Raises InputError."""
    if not found:
        raise refused("--target", "no target is named", "write --target 'scheme.indicator@year >= number'")
