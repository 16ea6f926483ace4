"""One input at a time: how far each figure moves between the bounds of each input, the largest first.

Comes in: a case, inputs and figures. Goes out: rows of a tornado table, with elasticities. Called by `spsim sensitivity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.experiments.levers import Input
from spsim.experiments.sweep import Advance, Figure, job, read, require_accepted
from spsim.experiments.variants import Case
from spsim.experiments.workers import Workers

NOT_MOVED = {"times": 1.0, "plus": 0.0}
COLUMNS = (
    "figure", "rank", "input", "operation", "low", "high", "present", "at_low", "at_high", "change_at_low", "change_at_high", "range",
    "change_per_unit", "elasticity",
)  # fmt: skip


@dataclass(frozen=True)
class Swing:
    """One figure under one input: its value at present and at both bounds."""

    figure: str
    input: str
    operation: str
    low: float
    high: float
    present: float
    at_low: float
    at_high: float
    elasticity: float
    never: float = float("nan")
    """The year that counts for an event that does not happen: the one after the last."""

    @property
    def range(self) -> float:
        """How far the figure moves; NaN where it is not defined at a bound."""
        low, high = (self.never if np.isnan(end) else end for end in (self.at_low, self.at_high))
        return abs(high - low)

    @property
    def per_unit(self) -> float:
        """Change of the figure for one unit of the input."""
        return (self.at_high - self.at_low) / (self.high - self.low)


def one_at_a_time(
    case: Case,
    inputs: Sequence[Input],
    figures: Sequence[Figure],
    where: Executor | Workers,
    advance: Advance = lambda done, total: None,
) -> list[Swing]:
    """Every figure under every input, for each figure the widest swing first. Raises InputError for a bound that the scenario refuses."""
    count = len(inputs)
    points = np.full(
        (1 + 2 * count, count), np.nan
    )  # the present first, then the low and the high bound of each input
    for number, one in enumerate(inputs):
        points[1 + 2 * number, number] = stays(one, one.low)
        points[2 + 2 * number, number] = stays(one, one.high)
    distinct, place = _distinct(points)
    found = read(job(case, inputs, figures), distinct, where, advance=advance)
    values = require_accepted(found, distinct, inputs)[place]
    swings = [
        _swing(case, one, figure, values[[0, 1 + 2 * n, 2 + 2 * n], f])
        for f, figure in enumerate(figures)
        for n, one in enumerate(inputs)
    ]
    order = {str(figure): number for number, figure in enumerate(figures)}
    return sorted(swings, key=lambda swing: (order[swing.figure], -np.nan_to_num(swing.range), swing.input))


def stays(one: Input, amount: float) -> float:
    """NaN for an amount that changes nothing, so that the present is computed once."""
    return float("nan") if NOT_MOVED.get(one.operation) == amount else amount


def _distinct(points: Array) -> tuple[Array, Array]:
    """Different points in the order in which they first come, and where each point went."""
    seen: dict[bytes, int] = {}
    place = [seen.setdefault(point.tobytes(), len(seen)) for point in points]
    return np.array([points[place.index(number)] for number in range(len(seen))]), np.array(place)


def _swing(case: Case, one: Input, figure: Figure, values: Array) -> Swing:
    present, at_low, at_high = (float(value) for value in values)
    never = case.scenario.horizon.end + 1.0 if figure.measure.indicator.endswith("_year") else float("nan")
    return Swing(
        str(figure), one.name, one.operation, one.low, one.high, present, at_low, at_high,
        elasticity(present, at_low, at_high, *_levels(case, one)), never,
    )  # fmt: skip


def _levels(case: Case, one: Input) -> tuple[float, float, float]:
    """The value of the input at present and at both bounds; NaN where it is not one number."""
    base = one.base(case)
    if base is None:
        return (float("nan"),) * 3
    return base, one.of_base(base, one.low), one.of_base(base, one.high)


def elasticity(present: float, at_low: float, at_high: float, base: float, low: float, high: float) -> float:
    """Change of the figure in per cent for one per cent of the input, between the bounds: (Δm / m) / (Δx / x).

    NaN where the figure or the input is zero at present, or is not one number.
    """
    if not present or not base or low == high:
        return float("nan")
    return (at_high - at_low) / present / ((high - low) / base)


def table(swings: Sequence[Swing]) -> dict[str, list[Any]]:
    """The tornado as columns; what is not defined is empty text where it is a name and left out where it is a number."""
    rows, rank, last = [], 0, ""
    for swing in swings:
        rank, last = (1 if swing.figure != last else rank + 1), swing.figure
        asked = (swing.figure, rank, swing.input, swing.operation, swing.low, swing.high)
        found = (swing.present, swing.at_low, swing.at_high)
        changes = (swing.at_low - swing.present, swing.at_high - swing.present, swing.range)
        rows.append((*asked, *found, *changes, swing.per_unit, swing.elasticity))
    return {name: [row[number] for row in rows] for number, name in enumerate(COLUMNS)}
