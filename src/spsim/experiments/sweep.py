"""The same scenario at many points: inputs moved, figures read, on any workers.

Comes in: a case, inputs, figures and points (an amount for each input, NaN where it stays). Goes out: the figures at each point. Called by
`sensitivity`, `screening` and `search`. A point's figures are a function of the point alone, so neither the number of workers nor the
order matters; stages that a point has in common with an earlier one of the same process are taken from memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from spsim.arrays import Array
from spsim.errors import InputError
from spsim.experiments.changes import refused
from spsim.experiments.levers import Input, moved, refusal_in_words
from spsim.experiments.measures import Measure, every, of_indicators
from spsim.experiments.shortcut import Shortcut
from spsim.experiments.variants import Case
from spsim.experiments.workers import Workers, completed
from spsim.indicators import Indicator
from spsim.outcome import Outcome

REMEMBERED = (
    10  # stages kept in each process: the two largest, stocks of a pension scheme, hold some 60 MB each
)
Advance = Callable[[int, int], None]
"""Called with the points done and the points in all."""


class Reading(Protocol):
    """Anything that is one number of a run."""

    @property
    def owner(self) -> str:
        """The scheme or fund of which it tells."""

    def of(self, indicators: Mapping[tuple[str, str], Indicator], years: Array) -> float:
        """The number. Raises InputError for what the run does not have."""


@dataclass(frozen=True)
class Figure:
    """One number of a run: a measure in a year, the mean of a measure over its years, or the year of an event."""

    measure: Measure

    def __str__(self) -> str:
        return str(self.measure)

    @property
    def owner(self) -> str:
        """The scheme or fund of the measure."""
        return self.measure.owner

    def of(self, indicators: Mapping[tuple[str, str], Indicator], years: Array) -> float:
        """The number; NaN for an event that does not happen or a ratio to nothing. Raises InputError for what the run does not have."""
        values = np.atleast_1d(np.asarray(of_indicators(dict(indicators), years, self.measure), dtype=float))
        known = values[np.isfinite(values)]
        return float(known.mean()) if known.size else float("nan")


@dataclass(frozen=True)
class Job:
    """What decides the figures of a point; sent to the workers as it is. `quick`: points pass the whole check only when they fail."""

    case: bytes
    inputs: tuple[Input, ...]
    figures: tuple[Reading, ...]
    quick: bool = False


class Read(NamedTuple):
    """Figures (n, F) at n points, and for each point why the check refused it, empty where it did not."""

    values: Array
    refusals: list[str]


def job(case: Case, inputs: Sequence[Input], figures: Sequence[Reading], quick: bool = False) -> Job:
    """Ready to be sent. Raises InputError for an input or a figure that the scenario does not have."""
    for one in inputs:
        one.prepared(case)
    return Job(pickle.dumps(case), tuple(inputs), tuple(figures), quick)


def evaluated(part: tuple[Job, Array]) -> Read:
    """The figures at some points (n, inputs), in the order given; a refused point has no figures."""
    one, points = part
    runs = _opened(one.case)
    owners = {figure.owner for figure in one.figures} if one.quick else None
    values, refusals = np.full((len(points), len(one.figures)), np.nan), [""] * len(points)
    for row, point in enumerate(points):
        try:
            outcome = runs.quick(one.inputs, point) if one.quick else runs.checked(one.inputs, point)
        except InputError as error:
            refusals[row] = refusal_in_words(error)
            continue
        indicators = every(outcome, owners)
        values[row] = [figure.of(indicators, outcome.grid.years) for figure in one.figures]
    return Read(values, refusals)


class Runs:
    """Variants of one case in one process, with what they have in common."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.shortcut = Shortcut(case, REMEMBERED)

    def checked(self, inputs: Sequence[Input], point: Array) -> Outcome:
        """A variant that passed the whole check. Raises InputError."""
        return moved(self.case, list(zip(inputs, point.tolist(), strict=True))).outcome(self.shortcut.memory)

    def quick(self, inputs: Sequence[Input], point: Array) -> Outcome:
        """A variant by the short way; where that fails, the check says why. Raises InputError."""
        try:
            return self.shortcut.outcome(inputs, point.tolist())
        except (ValueError, ArithmeticError, InputError):
            return self.checked(inputs, point)


@lru_cache(maxsize=1)
def _opened(pickled: bytes) -> Runs:
    """The case of this process, with its memory. The bytes are our own: they come from `job` in the process that asked."""
    from spsim.running import load_numba

    load_numba()
    return Runs(pickle.loads(pickled))


def read(
    one: Job,
    points: Array,
    where: Executor | Workers,
    size: int = 1,
    advance: Advance = lambda done, total: None,
) -> Read:
    """The figures at all points (n, inputs), in parts of `size`."""
    todo = {
        number: (one, points[start : start + size])
        for number, start in enumerate(range(0, len(points), size))
    }
    found: dict[int, Read] = {}
    for number, part in completed(evaluated, todo, where):
        found[number] = part
        advance(min(len(found) * size, len(points)), len(points))
    ordered = [found[number] for number in sorted(found)]
    values = np.concatenate([part.values for part in ordered])
    return Read(values, [text for part in ordered for text in part.refusals])


def require_accepted(found: Read, points: Array, inputs: Sequence[Input]) -> Array:
    """Figures of points that must all be possible. Raises InputError with the first one that is not."""
    for point, refusal in zip(points, found.refusals, strict=True):
        if refusal:
            at = ", ".join(f"{i.name} {x:g}" for i, x in zip(inputs, point, strict=True) if not np.isnan(x))
            raise refused(at, f"the scenario refuses {at}: {refusal}", "choose narrower bounds")
    return found.values


def figures_of(case: Case, measures: Iterable[Measure]) -> list[Figure]:
    """A figure for each measure; a yearly measure without a year becomes one for each year of the horizon."""
    horizon, found = case.scenario.horizon, []
    for measure in measures:
        whole = measure.year is None and not measure.indicator.endswith("_year")
        years = range(horizon.start, horizon.end + 1) if whole else [measure.year]
        found += [Figure(Measure(measure.owner, measure.indicator, year, measure.last)) for year in years]
    return found


def usual_figures(case: Case) -> list[Measure]:
    """What a reader asks first: cost over wages and over national income in the last year, and the year in which the reserve is used up."""
    scenario, last = case.scenario, case.scenario.horizon.end
    found: list[Measure] = []
    for fund in scenario.funds:
        served = {name: scheme for name, scheme in scenario.schemes.items() if scheme.fund == fund}
        owner = f"fund:{fund}" if len(served) > 1 else "".join(served)
        contributory = any(scheme.contributions for scheme in served.values())
        found += [Measure(owner, "payg_cost_rate", last)] if contributory else []
        found += (
            [Measure(owner, "expenditure_to_gdp", last)]
            if served and scenario.economy and scenario.economy.gdp
            else []
        )
        found += [Measure(owner, "depletion_year")] if contributory else []
    return found


@contextmanager
def progress(what: str, quiet: bool) -> Iterator[Advance]:
    """A bar with the time left, on a terminal only."""
    from spsim.running import progress as bar

    with bar(quiet) as advance:
        advance(what, 0, 1)
        yield lambda done, total: advance(what, done, total)
