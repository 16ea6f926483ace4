"""Scenarios side by side: all that differs in them and in their results.

Comes in: files, or folders of finished runs. Goes out: tables. Called by `spsim compare`.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.experiments import differences
from spsim.experiments.changes import refused
from spsim.experiments.differences import Columns, Named
from spsim.experiments.lifetimes import Lifetimes, lifetimes
from spsim.experiments.measures import every
from spsim.experiments.sweep import Advance
from spsim.experiments.variants import Case, opened
from spsim.experiments.workers import Workers, completed
from spsim.outcome import Outcome
from spsim.records import record


@record(frozen=True)
class Computed:
    """What a comparison needs of one run; `discount` (T,) factors at the real interest rate to the first year."""

    indicators: Named
    lifetimes: Lifetimes | None
    discount: Array | None


@dataclass(frozen=True)
class Comparison:
    """The tables: differing `inputs`, all `indicators`, who `gains`; notes for the reader."""

    labels: list[str]
    cases: list[Case]
    tables: dict[str, Columns]


def read_cases(files: Sequence[Path]) -> list[Case]:
    """The scenarios, all of one horizon and one currency. Raises InputError."""
    if len(files) < 2:
        raise refused("files", "there is only one scenario", "name two scenarios or more")
    cases = [opened(file) for file in files]
    first = cases[0]
    for case in cases[1:]:
        _require_same("horizon", _years(first), _years(case), first, case)
        _require_same("currency", first.scenario.meta.currency, case.scenario.meta.currency, first, case)
    return cases


def _years(case: Case) -> str:
    return f"{case.scenario.horizon.start}-{case.scenario.horizon.end}"


def _require_same(what: str, one: str, other: str, first: Case, case: Case) -> None:
    if one != other:
        text = f"the {what} is {other or 'not said'}, but that of {first.name} is {one or 'not said'}"
        raise refused(case.name, text, f"give all scenarios the same {what}")


def labels_of(cases: Sequence[Case]) -> list[str]:
    """The ids of the scenarios; with a number where two are the same."""
    ids = [case.id for case in cases]
    return [name if ids.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(ids, 1)]


def compare(
    cases: Sequence[Case], where: Executor | Workers, advance: Advance = lambda done, total: None
) -> Comparison:
    """Run all scenarios and lay them beside one another; nothing in a run is random, so every difference comes from the inputs."""
    todo = {number: pickle.dumps(case) for number, case in enumerate(cases)}
    done: dict[int, Computed] = {}
    for number, found in completed(computed, todo, where):
        done[number] = found
        advance(len(done), len(cases))
    runs, labels = [done[number] for number in range(len(cases))], labels_of(cases)
    tables = {
        "inputs": differences.inputs(labels, [case.document.data for case in cases]),
        "indicators": differences.indicators(labels, [run.indicators for run in runs]),
    }
    lives = [run.lifetimes for run in runs if run.lifetimes is not None]
    if len(lives) == len(runs) and runs[0].discount is not None:
        tables["gains"] = differences.gains(labels, lives, runs[0].discount)
    return Comparison(labels, list(cases), tables)


def computed(pickled: bytes) -> Computed:
    """One run, in whichever process; the bytes are those that `compare` made."""
    from spsim.running import load_numba

    load_numba()
    case: Case = pickle.loads(pickled)
    outcome = case.outcome()
    lives = lifetimes(outcome) if outcome.paths is not None and outcome.population is not None else None
    return Computed(named_values(outcome), lives, real_discount(outcome))


def named_values(outcome: Outcome) -> Named:
    """All indicators with their values by year; a ratio to nothing is left out, an event that does not happen too."""
    found: Named = {}
    for name, one in every(outcome).items():
        values: dict[int | None, float] = {}
        if isinstance(one.value, np.ndarray):
            pairs: Any = zip(outcome.grid.years.tolist(), one.value.tolist(), strict=True)
            values = {int(year): value for year, value in pairs if np.isfinite(value)}
        elif one.value is not None:
            values = {None: float(one.value)}
        found[name] = one.unit, values
    return found


def real_discount(outcome: Outcome) -> Array | None:
    """Factors (T,) from money in prices of the first year, in the middle of each year, to its value in the middle of the first one."""
    if outcome.paths is None:
        return None
    paths = outcome.paths.between(outcome.grid.first, outcome.grid.last)
    growth = np.concatenate([[1.0], np.cumprod(1.0 + paths.interest_rate[1:])])
    return np.asarray(paths.prices / growth)
