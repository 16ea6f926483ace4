"""What `spsim search` prints and writes: the front, its designs as scenario files, the tables of all designs.

Comes in: a design file. Goes out: lines and a folder. Called by the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from spsim.errors import InputError
from spsim.experiments.design_file import Space, read_space
from spsim.experiments.levers import moved, refusal_in_words
from spsim.experiments.reform_file import reform_text
from spsim.experiments.search import Prepared, Swept, job_of, ledger_folder, prepared, sweep
from spsim.experiments.sweep import Advance, progress
from spsim.experiments.workers import Ledger, Workers
from spsim.experiments.written import Experiment, write_experiment
from spsim.run_folder import check_target, fresh_run_folder

Columns = dict[str, list[Any]]
SHOWN = 20
FOLDER = "designs"


@dataclass(frozen=True)
class Asked:
    """The command line."""

    file: Path
    out: Path | None
    workers: int
    cluster: str | None
    most_files: int
    overwrite: bool
    form: str
    quiet: bool


def answered(asked: Asked) -> Iterator[str]:
    """Sweep, write, tell. Raises InputError before anything is computed where the design space is wrong."""
    started = datetime.now(UTC)
    space = read_space(asked.file)
    out = asked.out or Path("runs") / f"{space.spec.id}_search"
    blank = experiment(space, {}, started)
    check_target(out, blank.identifier, asked.overwrite)
    ready = prepared(space)
    ledger = Ledger.open(ledger_folder(out), job_of(ready))
    resumed = len(ledger.done)
    with progress("search", asked.quiet) as advance:
        found = _swept(ready, asked, ledger, advance)
    names = file_names(space, found, asked.most_files)
    tables = {
        "front": columns(space, found, found.on_front, names),
        "designs": columns(space, found, None, {}),
    }
    with fresh_run_folder(out, blank.identifier, asked.overwrite) as folder:
        write_designs(space, found, names, folder / FOLDER)
        write_experiment(experiment(space, tables, started), folder, extra={FOLDER: sorted(names.values())})
    ledger.remove()
    if asked.form == "json":
        yield json.dumps(as_rows(tables["front"]), indent=2)
    else:
        yield from told(space, found, tables["front"], resumed)
        yield f"Results: {out}"


def _swept(ready: Prepared, asked: Asked, ledger: Ledger, advance: Advance) -> Swept:
    """The sweep; who stops it is told that nothing is lost."""
    try:
        return sweep(ready, Workers(asked.workers, asked.cluster), ledger, advance)
    except KeyboardInterrupt:
        kept = f"{len(ledger.done)} of {len(ready.parts)} parts are finished and kept"
        click.echo(f"{kept}: the same command goes on from there", err=True)
        raise


def experiment(space: Space, tables: dict[str, Columns], started: datetime) -> Experiment:
    """What is written, named after the design space."""
    notes = [
        "An objective over several years is their mean, a constraint its worst year; the year of an event that does not happen counts as "
        "the year after the last one. The first design is the law as it is: its values are empty."
    ]
    settings = {
        "values": {name: one.model_dump(mode="json") for name, one in space.spec.values.items()},
        "objectives": [str(one) for one in space.objectives],
        "constraints": [str(one) for one in space.constraints],
        "conventions": [str(one) for one in space.standards],
        "designs": space.spec.designs,
    }
    return Experiment(
        "search", space.case, tables, settings, notes, space.spec.seed, started, name=space.spec.id
    )


def columns(space: Space, found: Swept, rows: Any, names: dict[int, str]) -> Columns:
    """Designs as columns: values, objectives, constraints, and whether they hold; of a front by its first objective."""
    chosen = np.arange(len(found.points)) if rows is None else np.flatnonzero(rows)
    if rows is not None:
        signs = [one.sign for one in space.spec.objectives.values()]
        chosen = chosen[np.lexsort((found.objectives[chosen] * signs).T[::-1])]
    table: Columns = {"design": chosen.tolist()}
    table |= {name: found.points[chosen, n].tolist() for n, name in enumerate(space.spec.values)}
    table |= {name: found.objectives[chosen, n].tolist() for n, name in enumerate(space.spec.objectives)}
    table |= {str(one): found.constraints[chosen, n].tolist() for n, one in enumerate(space.constraints)}
    if rows is None:
        flags = {
            "refused": found.refused,
            "below_conventions": found.below_standards,
            "feasible": found.feasible,
            "on_front": found.on_front,
        }
        return table | {name: flag[chosen].tolist() for name, flag in flags.items()}
    return table | {"file": [names.get(int(row), "") for row in chosen]}


def file_names(space: Space, found: Swept, most: int) -> dict[int, str]:
    """File of each design of the front, spread evenly over it where there are more than `most`; the law as it is has one already."""
    order = [row for row in columns(space, found, found.on_front, {})["design"] if row > 0]
    if len(order) > most:
        order = (
            [order[place] for place in np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))]
            if most
            else []
        )
    return {row: f"{space.spec.id[:40]}_{row:06d}.yaml" for row in order}


def write_designs(space: Space, found: Swept, names: dict[int, str], folder: Path) -> None:
    """Each design as a scenario file that extends the one it came from."""
    folder.mkdir()
    for row, name in names.items():
        amounts = found.points[row].tolist()
        case = moved(space.case, list(zip(space.levers, amounts, strict=True)))
        values = ", ".join(
            f"{lever.name} {amount:g}" for lever, amount in zip(space.levers, amounts, strict=True)
        )
        text = reform_text(
            case, folder / name, Path(name).stem, f"{space.case.scenario.meta.title}: {values}"
        )
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def as_rows(table: Columns) -> list[dict[str, Any]]:
    """Rows for programs; what is not defined is null."""
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]


def told(space: Space, found: Swept, table: Columns, resumed: int) -> Iterator[str]:
    """How many designs hold, the front, and the first reason of those that were refused."""
    count = len(found.points)
    if resumed:
        yield f"Resumed: {resumed} parts of an earlier search were there."
    held, best = int(found.feasible.sum()), int(found.on_front.sum())
    yield f"{count} designs, the first one the law as it is; {held} meet the constraints, {best} are on the front."
    if found.refused.any():
        yield f"{int(found.refused.sum())} designs are refused by the scenario, the first for: {first_refusal(space, found)}"
    if found.below_standards.any():
        yield f"{int(found.below_standards.sum())} designs that would be on the front do not meet the conventions."
    if not found.feasible.any():
        yield from nearest(space, found)
        return
    yield ""
    shown = [name for name in table if name != "file"]
    yield "".join(f"{name[:15]:>17}" for name in shown)
    rows = list(zip(*(table[name] for name in shown), strict=True))
    for row in rows[:SHOWN]:
        yield "".join(f"{cell(value):>17}" for value in row)
    if len(rows) > SHOWN:
        yield f"and {len(rows) - SHOWN} more in the table front"


def cell(value: Any) -> str:
    """A number in six digits; the law as it is has no values."""
    return "as it is" if isinstance(value, float) and np.isnan(value) else f"{value:.6g}"


def first_refusal(space: Space, found: Swept) -> str:
    """Why the check refuses the first design that it does."""
    row = int(np.flatnonzero(found.refused)[0])
    try:
        moved(space.case, list(zip(space.levers, found.points[row].tolist(), strict=True)))
    except InputError as error:
        return refusal_in_words(error)
    return "the run"


def nearest(space: Space, found: Swept) -> Iterator[str]:
    """Which constraint nobody meets, and how near the best design comes to each."""
    yield "No design meets all constraints. The best figure of each:"
    for number, target in enumerate(space.constraints):
        values = found.constraints[~found.refused, number]
        if values.size:
            best = values.max() if target.sign == ">=" else values.min()
            yield f"  {target}: {best:.6g}"
