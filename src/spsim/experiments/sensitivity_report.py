"""What `spsim sensitivity` prints and writes: the tornado, or the table of a screening.

Comes in: `Asked`. Goes out: lines, and a folder if one was asked for. Called by the command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.experiments.asked import Asked
from spsim.experiments.levers import Input
from spsim.experiments.screening import morris, sobol
from spsim.experiments.sensitivity import Swing, one_at_a_time, table
from spsim.experiments.sweep import Advance, Figure, job, progress, read, require_accepted
from spsim.experiments.variants import Case, opened
from spsim.experiments.written import Experiment, write_experiment
from spsim.run_folder import check_target, fresh_run_folder

Columns = dict[str, list[Any]]
BAR = 24
MOST_FIGURES = 6  # tornadoes that a terminal shows; the tables have all
PART = 16


def answered(asked: Asked) -> Iterator[str]:
    """Compute, write if asked, and tell. Raises InputError before anything is computed where the question is wrong."""
    case = opened(asked.file)
    inputs, figures = asked.inputs(case), asked.figures(case)
    blank = Experiment("sensitivity", case, {}, asked.settings(inputs), seed=asked.seed)
    if asked.out is not None:
        check_target(asked.out, blank.identifier, asked.overwrite)
    with progress("sensitivity", asked.quiet) as advance:
        columns, lines = METHODS[asked.method](asked, case, inputs, figures, advance)
    if asked.out is not None:
        done = Experiment(
            "sensitivity",
            case,
            {"sensitivity": columns},
            blank.settings,
            notes(asked),
            asked.seed,
            blank.started,
        )
        with fresh_run_folder(asked.out, done.identifier, asked.overwrite) as folder:
            write_experiment(done, folder)
        lines = [*lines, "", f"Tables: {asked.out}"]
    yield from [as_json(columns)] if asked.form == "json" else lines


def notes(asked: Asked) -> list[str]:
    """What the reader of the tables should know."""
    known = {
        "one": "One input at a time. elasticity: change of the figure in per cent for one per cent of the input, between the bounds.",
        "morris": "mean_size: mean size of the effect of the whole range of the input (mu*); low and high: 95 % interval by bootstrap.",
        "sobol": "first: share of the variance by the input alone; total: with all its interactions; 95 % intervals by bootstrap.",
    }
    never = "The year of an event that does not happen counts as the year after the last one."
    return [known[asked.method], *([] if asked.method == "one" else [never])]


# --- methods --------------------------------------------------------------------------------------------------


def _one(
    asked: Asked, case: Case, inputs: list[Input], figures: list[Figure], advance: Advance
) -> tuple[Columns, list[str]]:
    swings = one_at_a_time(case, inputs, figures, asked.where, advance)
    return table(swings), list(tornado(swings))


def _morris(
    asked: Asked, case: Case, inputs: list[Input], figures: list[Figure], advance: Advance
) -> tuple[Columns, list[str]]:
    found = morris(model(asked, case, inputs, figures, advance), len(inputs), asked.count(), asked.seed)
    columns = _columns(
        figures,
        inputs,
        mean=found.mean,
        mean_size=found.size,
        low=found.interval[..., 0],
        high=found.interval[..., 1],
        spread=found.spread,
    )
    return columns, list(listed(columns, "mean_size"))


def _sobol(
    asked: Asked, case: Case, inputs: list[Input], figures: list[Figure], advance: Advance
) -> tuple[Columns, list[str]]:
    power = asked.count().bit_length() - 1
    found = sobol(model(asked, case, inputs, figures, advance), len(inputs), power, asked.seed)
    columns = _columns(
        figures, inputs, first=found.first, first_low=found.first_interval[..., 0], first_high=found.first_interval[..., 1],
        total=found.total, total_low=found.total_interval[..., 0], total_high=found.total_interval[..., 1],
    )  # fmt: skip
    return columns, list(listed(columns, "total"))


METHODS = {"one": _one, "morris": _morris, "sobol": _sobol}


def model(
    asked: Asked, case: Case, inputs: Sequence[Input], figures: Sequence[Figure], advance: Advance
) -> Callable[[Array], Array]:
    """The scenario as a function of points of the unit cube; an event that does not happen counts as the year after the last one."""
    events = np.array([figure.measure.indicator.endswith("_year") for figure in figures])
    low, high = (np.array([getattr(one, end) for one in inputs]) for end in ("low", "high"))

    def at(points: Array) -> Array:
        amounts = low + points * (high - low)
        found = read(job(case, inputs, figures), amounts, asked.where, PART, advance)
        values = require_accepted(found, amounts, inputs)
        return np.where(np.isnan(values) & events, case.scenario.horizon.end + 1.0, values)

    return at


def _columns(figures: Sequence[Figure], inputs: Sequence[Input], **values: Array) -> Columns:
    """One row for each figure and input."""
    found: Columns = {
        "figure": [str(figure) for figure in figures for _ in inputs],
        "input": [one.name for _ in figures for one in inputs],
        "operation": [one.operation for _ in figures for one in inputs],
        "lower_bound": [one.low for _ in figures for one in inputs],
        "upper_bound": [one.high for _ in figures for one in inputs],
    }
    return found | {name: [float(value) for value in array.ravel()] for name, array in values.items()}


# --- lines ----------------------------------------------------------------------------------------------------


def tornado(swings: Sequence[Swing]) -> Iterator[str]:
    """For each figure the inputs by how far they move it, with bars from the present value to both sides."""
    groups = [(figure, list(group)) for figure, group in groupby(swings, key=lambda swing: swing.figure)]
    for figure, group in groups[:MOST_FIGURES]:
        yield ""
        yield f"{figure}: {shown(group[0].present)} at present"
        yield f"  {'input':<40}{'from':>10}{'to':>10}{'at from':>12}{'at to':>12}{'elasticity':>12}"
        widest = max((swing.range for swing in group if np.isfinite(swing.range)), default=0.0)
        for swing in group:
            bar = "#" * round(BAR * swing.range / widest) if widest and np.isfinite(swing.range) else ""
            yield (
                f"  {swing.input[:39]:<40}{amount(swing, swing.low):>10}{amount(swing, swing.high):>10}{shown(swing.at_low):>12}"
                f"{shown(swing.at_high):>12}{shown(swing.elasticity, '-'):>12}  {bar}"
            )
    if len(groups) > MOST_FIGURES:
        yield f"and {len(groups) - MOST_FIGURES} more: write them with --out"


def amount(swing: Swing, value: float) -> str:
    """A bound with its sign of operation."""
    return {"times": f"x {value:g}", "plus": f"{value:+g}", "set": f"{value:g}"}[swing.operation]


def shown(value: float, missing: str = "never") -> str:
    """Six significant digits; an event that does not happen."""
    return missing if np.isnan(value) else f"{value:.6g}"


def listed(columns: Columns, by: str) -> Iterator[str]:
    """For each figure the inputs, the most important first."""
    measures = [
        name for name in columns if name not in ("figure", "input", "operation", "lower_bound", "upper_bound")
    ]
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for number, (figure, group) in enumerate(groupby(rows, key=lambda row: row["figure"])):
        if number == MOST_FIGURES:
            yield "and more figures: write them with --out"
            return
        yield ""
        yield str(figure)
        yield f"  {'input':<40}" + "".join(f"{name:>12}" for name in measures)
        for row in sorted(group, key=lambda row: -np.nan_to_num(row[by])):
            yield f"  {row['input'][:39]:<40}" + "".join(f"{shown(row[name], '-'):>12}" for name in measures)


def as_json(columns: Columns) -> str:
    """Rows for programs; what is not defined is null."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    clean = [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]
    return json.dumps(clean, indent=2)
