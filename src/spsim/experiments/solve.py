"""`spsim solve`: the value of the law, or of an assumption, that meets a target.

Comes in: a scenario, unknowns (paths with brackets) and targets. Goes out: the value at which the targets just hold, the path tried, and
what it means. One unknown: the bracket is halved between a value that meets the targets and one that does not; of several such places
the one nearest to the present value is the answer. Several unknowns: the least change (or the least of a stated figure) among the values
that meet all targets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from spsim.arrays import Array as Numbers
from spsim.errors import InputError
from spsim.experiments.changes import refused
from spsim.experiments.levers import Lever, moved
from spsim.experiments.measures import Measure, every, of_indicators
from spsim.experiments.targets import Target
from spsim.experiments.variants import Case
from spsim.indicators import Indicator
from spsim.memory import Memory

Figures = dict[tuple[str, str], Indicator]
SCAN = 8
"""Parts into which the bracket is cut when the targets are missed at both ends."""
HALVINGS = 40


def present(lever: Lever, case: Case) -> float:
    """What stands there now: the number itself, or the number that changes nothing. Raises InputError where there are several numbers."""
    if lever.operation != "set":
        return 1.0 if lever.operation == "times" else 0.0
    found = lever.base(case)
    if found is None:
        remedy = f"write {lever.name}*=0.5..2 to multiply its numbers, or {lever.name}+=... to raise them, or name one of them"
        raise refused(lever.name, f"{lever.name} does not hold one number", remedy)
    return found


@dataclass(frozen=True)
class Trial:
    """One evaluation: the values tried, the margin of each target, the objective, why the scenario refuses the values if it does.

    `figures` are all figures of the targets' schemes and funds, which tell whether a value changes anything at all.
    """

    amounts: tuple[float, ...]
    margins: tuple[float, ...]
    objective: float = 0.0
    refusal: str = ""
    figures: Numbers = field(default_factory=lambda: np.empty(0), compare=False, repr=False)

    @property
    def met(self) -> bool:
        """Whether every target is met."""
        return not self.refusal and all(margin >= 0.0 for margin in self.margins)

    @property
    def worst(self) -> float:
        """The margin of the target that is missed by most."""
        return -np.inf if self.refusal else min(self.margins)


@dataclass
class Search:
    """The scenario under trial values; every value is computed once, in one memory of unchanged stages."""

    case: Case
    unknowns: Sequence[Lever]
    targets: Sequence[Target]
    objective: Measure | None = None
    tell: Callable[[int], None] = lambda count: None
    memory: Memory = field(default_factory=Memory)
    trials: dict[tuple[float, ...], Trial] = field(default_factory=dict)

    def at(self, *amounts: float) -> Trial:
        """The trial at these values."""
        key = rounded_key(amounts)
        if key not in self.trials:
            self.trials[key] = self._tried(key)
            self.tell(len(self.trials))
        return self.trials[key]

    def _tried(self, amounts: tuple[float, ...]) -> Trial:
        try:
            outcome = self.variant(amounts).outcome(self.memory)
        except InputError as error:
            return Trial(amounts, (), refusal=str(error.problems[0]))
        indicators, years = every(outcome), outcome.grid.years
        margins = tuple(target.margin(indicators, years) for target in self.targets)
        owners = {target.measure.owner for target in self.targets}
        shown = [
            np.ravel(np.asarray(one.value, dtype=float))
            for (owner, _), one in indicators.items()
            if owner in owners
        ]
        return Trial(
            amounts, margins, self._objective(indicators, years, amounts), figures=np.concatenate(shown)
        )

    def _objective(self, indicators: Figures, years: Numbers, amounts: tuple[float, ...]) -> float:
        """The figure to make small; without one, the change of the unknowns as a share of their brackets, squared."""
        if self.objective is None:
            spans = [(unknown.high - unknown.low) for unknown in self.unknowns]
            return float(
                sum(
                    ((a - present(u, self.case)) / s) ** 2
                    for a, u, s in zip(amounts, self.unknowns, spans, strict=True)
                )
            )
        return float(np.nanmax(np.atleast_1d(of_indicators(indicators, years, self.objective)).astype(float)))

    def variant(self, amounts: Sequence[float]) -> Case:
        """The scenario with these values."""
        return moved(self.case, list(zip(self.unknowns, amounts, strict=True)))


def rounded_key(amounts: Sequence[float]) -> tuple[float, ...]:
    """Values to nine digits: closer ones are the same trial."""
    return tuple(float(f"{amount:.9g}") + 0.0 for amount in amounts)


@dataclass(frozen=True)
class Solution:
    """What was found: the trial that meets the targets (None: no value does), the closest trial, and the trials in order."""

    found: Trial | None
    closest: Trial
    trials: list[Trial]
    present: tuple[float, ...]
    now: Trial | None
    note: str = ""


def solve(search: Search, tolerance: float = 1e-4) -> Solution:
    """The values that meet every target; `tolerance` is a share of the bracket. Raises InputError for an unknown that changes nothing."""
    now_there = tuple(present(unknown, search.case) for unknown in search.unknowns)
    now = (
        search.at(*now_there)
        if all(u.low <= p <= u.high for u, p in zip(search.unknowns, now_there, strict=True))
        else None
    )
    found, note = (
        _one(search, now_there[0], tolerance)
        if len(search.unknowns) == 1
        else _several(search, now_there, tolerance)
    )
    trials = list(search.trials.values())
    usable = [trial for trial in trials if not trial.refusal]
    if not usable:
        why = f"the scenario refuses every value tried: {trials[0].refusal}"
        raise refused(search.unknowns[0].name, why, "choose another bracket")
    return Solution(found, max(usable, key=lambda trial: trial.worst), trials, now_there, now, note)


def _one(search: Search, present: float, tolerance: float) -> tuple[Trial | None, str]:
    """One unknown: where the targets begin to be met, nearest to the present value."""
    unknown = search.unknowns[0]
    ends = [search.at(unknown.low), search.at(unknown.high)]
    _refuse_silent(search, unknown, *ends)
    points = [trial.amounts[0] for trial in search.trials.values()]
    if len({trial.met for trial in search.trials.values()}) == 1:
        points += np.linspace(unknown.low, unknown.high, SCAN + 1).tolist()
    order = [search.at(point) for point in sorted({float(f"{point:.12g}") for point in points})]
    changes = [(a, b) for a, b in pairwise(order) if a.met != b.met]
    width = tolerance * (unknown.high - unknown.low)
    borders = [
        _halve(search, *((one, other) if one.met else (other, one)), width=width) for one, other in changes
    ]
    if borders:
        note = (
            "the targets begin or cease to hold at several places; the nearest to the present value is shown"
        )
        nearest = min(borders, key=lambda trial: abs(trial.amounts[0] - present))
        return nearest, note if len(borders) > 1 else ""
    if not order[0].met:
        return None, ""
    kept = min(order, key=lambda trial: abs(trial.amounts[0] - present))
    return kept, "every value of the bracket that was tried meets the targets"


def _halve(search: Search, met: Trial, missed: Trial, width: float) -> Trial:
    """Halve between a value that meets the targets and one that does not; the last that met them."""
    for _ in range(HALVINGS):
        if abs(met.amounts[0] - missed.amounts[0]) <= width:
            break
        middle = search.at((met.amounts[0] + missed.amounts[0]) / 2.0)
        met, missed = (middle, missed) if middle.met else (met, middle)
    return met


def _refuse_silent(search: Search, unknown: Lever, one: Trial, other: Trial) -> None:
    """A value that changes no figure of the targets' schemes and funds is not one to solve for."""
    if one.refusal or other.refusal or (search.objective is not None and one.objective != other.objective):
        return
    if not np.allclose(one.figures, other.figures, rtol=1e-11, atol=0.0, equal_nan=True):
        return
    owners = " and ".join(dict.fromkeys(target.measure.owner for target in search.targets))
    text = f"{unknown.name} changes nothing: every figure of {owners} is the same at {unknown.low:g} and at {unknown.high:g}"
    raise refused(unknown.name, text, "name a value on which the target depends")


def rounded(search: Search, solution: Solution, step: float) -> Solution:
    """The solution at the multiples of `step` nearest to it that still meet the targets (one unknown)."""
    if solution.found is None or len(search.unknowns) != 1:
        return solution
    amount = solution.found.amounts[0]
    unknown = search.unknowns[0]
    steps = [(np.floor(amount / step) + number) * step for number in (0, 1, -1, 2)]
    inside = [search.at(value) for value in steps if unknown.low - 1e-12 <= value <= unknown.high + 1e-12]
    met = [trial for trial in inside if trial.met]
    found = min(met, key=lambda trial: abs(trial.amounts[0] - amount)) if met else solution.found
    return replace(solution, found=found, trials=list(search.trials.values()))


def _several(search: Search, present: tuple[float, ...], tolerance: float) -> tuple[Trial | None, str]:
    """Several unknowns: constrained search without derivatives (COBYLA), from the present values and from the middle of the brackets."""
    from scipy.optimize import minimize

    low = np.array([unknown.low for unknown in search.unknowns])
    wide = np.array([unknown.high for unknown in search.unknowns]) - low
    _ends(search, low, wide)
    now = search.trials.get(rounded_key(present))
    if search.objective is None and now is not None and now.met:
        return now, "the targets hold already"
    scales = _scales(search)

    def trial(point: Numbers) -> Trial:
        return search.at(*(low + np.clip(point, 0.0, 1.0) * wide))

    def room(point: Numbers) -> Numbers:
        found = trial(point)
        margins = (
            [-1.0] * len(scales)
            if found.refusal
            else [m / s for m, s in zip(found.margins, scales, strict=True)]
        )
        return np.array(margins + (np.asarray(point)).tolist() + (1.0 - np.asarray(point)).tolist())

    size = max(abs(trial(np.full(len(low), 0.5)).objective), 1e-9)
    starts = [np.clip((np.array(present) - low) / wide, 0.0, 1.0), np.full(len(low), 0.5)]
    for start in starts:
        minimize(
            lambda point: trial(point).objective / size, start, method="COBYLA",
            constraints={"type": "ineq", "fun": lambda point: room(point) - 1e-9},
            options={"rhobeg": 0.25, "tol": tolerance, "maxiter": 60 * len(low)},
        )  # fmt: skip
    met = [trial for trial in search.trials.values() if trial.met]
    note = "found by a search without derivatives from two starting points; another minimum may exist"
    return (min(met, key=lambda trial: trial.objective), note) if met else (None, "")


def _scales(search: Search) -> list[float]:
    """How far the margins move over the brackets, so that targets in years and in shares weigh alike."""
    usable = np.array([trial.margins for trial in search.trials.values() if not trial.refusal])
    spread = np.ptp(usable, axis=0) if len(usable) else np.ones(len(search.targets))
    return [float(value) if value > 0 else 1.0 for value in spread]


def _ends(search: Search, low: Numbers, wide: Numbers) -> None:
    """Each unknown is tried at both its bounds with the others in the middle of theirs."""
    for number, unknown in enumerate(search.unknowns):
        points = [np.full(len(low), 0.5) for _ in range(2)]
        points[0][number], points[1][number] = 0.0, 1.0
        one, other = (search.at(*(low + point * wide)) for point in points)
        _refuse_silent(search, unknown, one, other)
