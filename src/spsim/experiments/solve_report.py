"""What `spsim solve` found, as lines to read and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.experiments.levers import SIGNS
from spsim.experiments.measures import every
from spsim.experiments.solve import Search, Solution, Trial
from spsim.experiments.words import figure
from spsim.indicators import Indicator
from spsim.outcome import Outcome

MEANT = (
    "contribution_rate", "payg_cost_rate", "replacement_rate_at_award", "average_pension", "average_benefit", "reserve_ratio",
    "expenditure_to_gdp", "depletion_year",
)  # fmt: skip
"""Indicators shown at present and solved values, where they differ."""


def told(search: Search, solution: Solution) -> list[str]:
    """The answer first, then the targets, what it means, and the values tried."""
    return [
        *_answer(search, solution),
        *_targets(search, solution),
        *_meaning(search, solution),
        *_tried(search, solution),
    ]


def as_data(search: Search, solution: Solution) -> dict[str, Any]:
    """The same for programs."""
    found = solution.found
    return {
        "scenario": search.case.name,
        "solved": found is not None,
        "unknowns": [
            {
                "path": unknown.name,
                "operation": unknown.operation,
                "bracket": [unknown.low, unknown.high],
                "present": present,
                "value": None if found is None else found.amounts[number],
            }
            for number, (unknown, present) in enumerate(zip(search.unknowns, solution.present, strict=True))
        ],
        "targets": [
            {
                "target": str(target),
                "present": _figure(solution.now, target, n),
                "closest": _figure(found or solution.closest, target, n),
            }
            for n, target in enumerate(search.targets)
        ],
        "note": solution.note,
        "tried": [
            {
                "values": list(trial.amounts),
                "margins": list(trial.margins),
                "met": trial.met,
                "refused": trial.refusal or None,
            }
            for trial in solution.trials
        ],
    }


def _answer(search: Search, solution: Solution) -> Iterator[str]:
    found = solution.found
    if found is None:
        yield (
            "No value within the bracket meets the target"
            + "s." * (len(search.targets) > 1)
            + "." * (len(search.targets) == 1)
        )
        yield "Closest:"
    for number, (unknown, present) in enumerate(zip(search.unknowns, solution.present, strict=True)):
        sign = SIGNS[unknown.operation]
        amount = (found or solution.closest).amounts[number]
        yield f"  {unknown.name} {sign} {amount:.6g}   (now {present:.6g}; searched {unknown.low:g}..{unknown.high:g})"
    if solution.note:
        yield f"Note: {solution.note}."


def _targets(search: Search, solution: Solution) -> Iterator[str]:
    yield ""
    yield f"{'target':<62}{'now':>14}{'solved' if solution.found else 'closest':>14}"
    for number, target in enumerate(search.targets):
        now, then = (
            _shown(_figure(trial, target, number))
            for trial in (solution.now, solution.found or solution.closest)
        )
        yield f"{target!s:<62}{now:>14}{then:>14}"


def _figure(trial: Trial | None, target: Any, number: int) -> float | None:
    """The figure in the worst year of a target's period."""
    if trial is None or trial.refusal:
        return None
    return (
        target.bound + trial.margins[number] if target.sign == ">=" else target.bound - trial.margins[number]
    )


def _shown(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.6g}"


def _meaning(search: Search, solution: Solution) -> Iterator[str]:
    """Indicators of the schemes and funds of the targets, at present and at the solved values, where they differ."""
    if solution.found is None:
        return
    now, then = (
        search.case.outcome(search.memory),
        search.variant(solution.found.amounts).outcome(search.memory),
    )
    rows = list(_differences(search, now, then))
    if rows:
        yield ""
        yield f"{'what it means':<48}{'year':>6}{'now':>14}{'solved':>14}"
        yield from rows


def _differences(search: Search, now: Outcome, then: Outcome) -> Iterator[str]:
    before, after, years = every(now), every(then), now.grid.years
    owners = dict.fromkeys(target.measure.owner for target in search.targets)
    moments = sorted({int(years[0]), int(years[len(years) // 2]), int(years[-1])})
    for owner in owners:
        for name in MEANT:
            if (owner, name) in before and (owner, name) in after:
                label = f"{owner}.{name}"
                yield from _rows(label, before[owner, name], after[owner, name].value, years, moments)


def _rows(
    label: str, now: Indicator, then: Array | float | None, years: Array, moments: list[int]
) -> Iterator[str]:
    before, unit = now.value, now.unit
    if not isinstance(before, np.ndarray) or not isinstance(then, np.ndarray):
        if before != then:
            once = ["never" if value is None else figure(float(value), unit) for value in (before, then)]
            yield f"{label:<48}{'':>6}" + "".join(f"{cell:>14}" for cell in once)
        return
    for year in moments:
        cells = [figure(float(values[int(year - years[0])]), unit) for values in (before, then)]
        if cells[0] != cells[1]:
            yield f"{label:<48}{year:>6}" + "".join(f"{cell:>14}" for cell in cells)


def _tried(search: Search, solution: Solution) -> Iterator[str]:
    yield ""
    yield f"{len(solution.trials)} values tried, in this order:"
    for trial in solution.trials:
        values = ", ".join(f"{amount:.6g}" for amount in trial.amounts)
        margins = trial.refusal or ", ".join(f"{margin:+.4g}" for margin in trial.margins)
        yield f"  {values:<24} margin {margins}{'  met' if trial.met else ''}"
