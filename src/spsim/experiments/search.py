"""A design space swept by quasi-random points, the designs that hold, and those that no other beats.

Comes in: a design space. Goes out: figures of every design, resumed where an earlier sweep was stopped, and the Pareto front. Called by
`spsim search`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spsim import __version__
from spsim.arrays import Array
from spsim.errors import InputError
from spsim.experiments.conventions import met
from spsim.experiments.design_file import Space, told_at
from spsim.experiments.levers import Lever, moved
from spsim.experiments.measures import Measure, every
from spsim.experiments.pareto import front
from spsim.experiments.shortcut import Shortcut
from spsim.experiments.sweep import REMEMBERED, Advance, Figure, Job, evaluated, job
from spsim.experiments.targets import Target
from spsim.experiments.variants import Case
from spsim.experiments.workers import Ledger, Workers, completed
from spsim.indicators import Indicator
from spsim.manifest import hash_of
from spsim.memory import Memory
from spsim.records import record
from spsim.run import tables_folder

REFUSED, BELOW = 1.0, 2.0
PART = 40  # designs handed to a worker at once


@dataclass(frozen=True)
class Aim:
    """An objective as a number: the mean of its years; an event that does not happen counts as the year after the horizon."""

    measure: Measure

    @property
    def owner(self) -> str:
        """The scheme or fund of the measure."""
        return self.measure.owner

    def of(self, indicators: Mapping[tuple[str, str], Indicator], years: Array) -> float:
        """The number of one run."""
        value = Figure(self.measure).of(indicators, years)
        event = indicators[self.measure.owner, self.measure.indicator].unit == "year"
        return float(years[-1]) + 1.0 if event and np.isnan(value) else value


@dataclass(frozen=True)
class Bound:
    """A constraint as a number: the figure in the year in which it is hardest to meet."""

    target: Target

    @property
    def owner(self) -> str:
        """The scheme or fund of the measure."""
        return self.target.measure.owner

    def of(self, indicators: Mapping[tuple[str, str], Indicator], years: Array) -> float:
        """The number of one run."""
        return self.target.worst(dict(indicators), years)


@record(frozen=True)
class Swept:
    """Designs in order: `points` (n, values), NaN in the first, which is the law as it is; `objectives` (n, k) and `constraints` (n, c)
    figures, NaN where the scenario `refused` the design; `below_standards` does not meet a convention (known of designs that would be on
    the front); `feasible` meets every constraint; `on_front`."""

    points: Array
    objectives: Array
    constraints: Array
    refused: NDArray[np.bool_]
    below_standards: NDArray[np.bool_]
    feasible: NDArray[np.bool_]
    on_front: NDArray[np.bool_]


@record(frozen=True)
class Prepared:
    """A sweep that is ready to run: points, and the parts in which they are done, each with the numbers of its designs."""

    space: Space
    job: Job
    points: Array
    parts: dict[int, NDArray[np.int64]]


def prepared(space: Space) -> Prepared:
    """Everything but the work. Raises InputError, at its place in the design file, for a figure that the run does not have."""
    aims, bounds = [Aim(one) for one in space.objectives], [Bound(one) for one in space.constraints]
    counting = Counted(space.case)
    first = counting.shortcut.outcome([], [])
    indicators, years = every(first), first.grid.years
    for name, aim in zip(space.spec.objectives, aims, strict=True):
        told_at(space.document, ("objectives", name), partial(aim.of, indicators, years))
    for number, bound in enumerate(bounds):
        told_at(space.document, ("constraints", number), partial(bound.of, indicators, years))
    points = designs(space)
    order = cheapest_order(space, points, counting)
    parts = {number: order[start : start + PART] for number, start in enumerate(range(0, len(order), PART))}
    return Prepared(space, job(space.case, space.levers, [*aims, *bounds], quick=True), points, parts)


def sweep(
    ready: Prepared,
    where: Executor | Workers,
    ledger: Ledger | None = None,
    advance: Advance = lambda done, total: None,
) -> Swept:
    """Figures of all designs; parts that the ledger holds are not computed again."""
    points = ready.points
    values = np.full((len(points), len(ready.job.figures) + 1), np.nan)
    done = 0
    for number, found in _found(ready.job, points, ready.parts, where, ledger):
        values[ready.parts[number]] = found
        done += len(ready.parts[number])
        advance(done, len(points))
    return judged(ready.space, points, values)


def _found(
    one: Job,
    points: Array,
    parts: dict[int, NDArray[np.int64]],
    where: Executor | Workers,
    ledger: Ledger | None,
) -> Iterator[tuple[int, Array]]:
    """Figures of each part, with a last column that is 1 where the design was refused."""
    kept = set() if ledger is None else ledger.done & set(parts)
    for number in sorted(kept):
        assert ledger is not None
        yield number, ledger.get(number)
    todo = {number: (one, points[rows]) for number, rows in parts.items() if number not in kept}
    for number, part in completed(evaluated, todo, where):
        values = np.column_stack([part.values, [float(bool(text)) for text in part.refusals]])
        if ledger is not None:
            ledger.put(number, values)
        yield number, values


def judged(space: Space, points: Array, values: Array) -> Swept:
    """Which designs hold, and which of them no other beats. The whole check and the conventions look at every design of the front; one
    that falls leaves, and the front is found again."""
    values, passed = values.copy(), set()
    while True:
        found = _judged(space, points, values)
        unknown = [row for row in np.flatnonzero(found.on_front).tolist() if row not in passed]
        if not unknown:
            return found
        for row in unknown:
            values[row, -1] = _fault(space, points[row])
            passed.add(row)


def _judged(space: Space, points: Array, values: Array) -> Swept:
    count = len(space.objectives)
    objectives, constraints, fault = values[:, :count].copy(), values[:, count:-1].copy(), values[:, -1]
    objectives[fault == REFUSED], constraints[fault == REFUSED] = np.nan, np.nan
    feasible = fault == 0
    for number, target in enumerate(space.constraints):
        margin = constraints[:, number] - target.bound
        feasible &= (margin if target.sign == ">=" else -margin) >= 0.0
    signs = np.array([one.sign for one in space.spec.objectives.values()])
    on_front = front(np.where(feasible[:, None], objectives * signs, np.nan))
    return Swept(points, objectives, constraints, fault == REFUSED, fault == BELOW, feasible, on_front)


def _fault(space: Space, point: Array) -> float:
    """What is wrong with a design besides its figures: the check refuses it, or it does not meet a convention; 0 for nothing."""
    try:
        case = moved(space.case, list(zip(space.levers, point.tolist(), strict=True)))
    except InputError:
        return REFUSED
    return 0.0 if met(case, space.standards) else BELOW


def designs(space: Space) -> Array:
    """The law as it is, then quasi-random points of the space (n, values), or all of them where there are no more than were asked for.

    Source: Sobol sequence with Owen's scrambling, as in scipy.stats.qmc. Points that fall on the same round values are kept once.
    """
    ranges = list(space.spec.values.values())
    counts = [one.count for one in ranges]
    every = None if None in counts else prod(count for count in counts if count is not None)
    if every is not None and every <= space.spec.designs:
        grids = [[one.level(number) for number in range(one.count or 0)] for one in ranges]
        chosen = np.array(list(product(*grids)))
    else:
        chosen = _quasi_random(space, len(ranges))
    return np.concatenate([np.full((1, len(ranges)), np.nan), chosen])


def _quasi_random(space: Space, dimensions: int) -> Array:
    from scipy.stats import qmc

    power = int(np.ceil(np.log2(max(space.spec.designs, 2))))
    shares = qmc.Sobol(dimensions, scramble=True, seed=space.spec.seed).random_base2(power)[
        : space.spec.designs
    ]
    ranges = space.spec.values.values()
    points = np.array([[one.value(share) for one, share in zip(ranges, row, strict=True)] for row in shares])
    _, first = np.unique(points, axis=0, return_index=True)
    return np.asarray(points[np.sort(first)])


def cheapest_order(space: Space, points: Array, counted: Counted) -> NDArray[np.int64]:
    """Designs in the order in which most is shared with the one before: by the value whose change makes most work new, then the next."""
    costs = [counted.work_of(one) for one in space.levers]
    first = np.argsort(-np.array(costs), kind="stable")
    return np.lexsort(points[:, first].T[::-1])


class Counted:
    """Runs that count what they had to compute, in stages: a number that is the same on every machine."""

    def __init__(self, case: Case) -> None:
        self.shortcut = Shortcut(case, REMEMBERED)
        self.memory = self.shortcut.memory = Counting(REMEMBERED)

    def work_of(self, one: Lever) -> int:
        """Stages and flows that a run computes anew when one value moves to a bound: the most of the two, as one may be the present value."""
        return max(self._work_at(one, amount) for amount in (one.low, one.high))

    def _work_at(self, one: Lever, amount: float) -> int:
        before = self.memory.made + self.shortcut.common.made
        with suppress(ValueError, ArithmeticError, InputError):
            self.shortcut.outcome([one], [amount])
            return self.memory.made + self.shortcut.common.made - before
        return 0


class Counting(Memory):
    """A memory that counts the stages it had to compute."""

    made = 0

    def recall(self, named: Callable[[], str], make: Callable[[], Any]) -> Any:
        """As the memory does."""

        def counted() -> Any:
            self.made += 1
            return make()

        return super().recall(named, counted)


def job_of(ready: Prepared) -> dict[str, Any]:
    """All that decides the figures of the designs and where they stand in the parts, for the ledger."""
    space = ready.space
    return {
        "spsim": __version__,
        "scenario": hash_of(space.case.document.data),
        "tables": _tables_of(space.case),
        "values": {name: one.model_dump(mode="json") for name, one in space.spec.values.items()},
        "objectives": [str(one) for one in space.objectives],
        "constraints": [str(one) for one in space.constraints],
        "designs": space.spec.designs,
        "seed": space.spec.seed,
        "parts": hashlib.sha256(b"".join(rows.tobytes() for rows in ready.parts.values())).hexdigest(),
    }


def _tables_of(case: Case) -> dict[str, str]:
    """Checksums of the user's own population tables."""
    folder = tables_folder(case.scenario, case.document)
    files = [] if folder is None else sorted(folder.glob("*.csv"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def ledger_folder(out: Path) -> Path:
    """Where the finished parts wait while a search runs: a hidden folder beside its results."""
    return out.with_name(f".{out.name}.search")
