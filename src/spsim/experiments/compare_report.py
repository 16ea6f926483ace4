"""What `spsim compare` prints and writes.

Comes in: files. Goes out: lines, and a folder if one was asked for. Called by the command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spsim.experiments.compare import Comparison, compare, labels_of, read_cases
from spsim.experiments.differences import SAME, Columns, in_all
from spsim.experiments.sweep import progress
from spsim.experiments.words import figure
from spsim.experiments.workers import Workers
from spsim.experiments.written import Experiment, write_experiment
from spsim.run_folder import check_target, fresh_run_folder

SHOWN = (
    "payg_cost_rate", "contribution_rate", "expenditure_to_gdp", "average_pension", "replacement_rate_at_award", "reserve_ratio",
    "cost_rate", "recipients", "first_deficit_year", "depletion_year",
)  # fmt: skip
MOST_INPUTS = 30
WIDE = 100
LEAST = 5e-5  # share of a group's money that is worth a word


@dataclass(frozen=True)
class Asked:
    """The command line."""

    files: tuple[Path, ...]
    workers: int
    out: Path | None
    formats: tuple[str, ...]
    overwrite: bool
    form: str
    quiet: bool


def answered(asked: Asked) -> Iterator[str]:
    """Compute, write if asked, and tell. Raises InputError before anything is computed where the question is wrong."""
    started = datetime.now(UTC)
    cases = read_cases(asked.files)
    settings = {"scenarios": labels_of(cases), "files": [Path(case.name).name for case in cases]}
    blank = Experiment("compare", cases[0], {}, settings, NOTES, started=started)
    if asked.out is not None:
        check_target(asked.out, blank.identifier, asked.overwrite)
    with progress("compare", asked.quiet) as advance:
        found = compare(cases, Workers(min(asked.workers, len(cases))), advance)
    if asked.out is not None:
        done = Experiment("compare", cases[0], found.tables, settings, NOTES, started=started)
        with fresh_run_folder(asked.out, done.identifier, asked.overwrite) as folder:
            write_experiment(done, folder, asked.formats)
    if asked.form == "json":
        yield json.dumps({name: rows(table) for name, table in found.tables.items()}, indent=2)
        return
    yield from told(found)
    if asked.out is not None:
        yield f"Tables: {asked.out}"


NOTES = (
    "Differences are to the first scenario. Nothing in a run is random: every difference comes from the inputs.",
    "gains: benefits less contributions of employees and employers over the years of the projection, in prices of the first year, discounted "
    "at the real interest rate of the first scenario. Benefits after the last year are not in it. earnings_class 1 is the lowest.",
)


def rows(table: Columns) -> list[dict[str, Any]]:
    """Rows for programs; what is not defined is null."""
    found = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return [{key: None if value != value else value for key, value in row.items()} for row in found]


def told(found: Comparison) -> Iterator[str]:
    """What differs, what it leads to, who gains."""
    yield from _inputs(found)
    yield from _indicators(found)
    if "gains" in found.tables:
        for label in found.labels[1:]:
            yield from _gains(found, label)


def _inputs(found: Comparison) -> Iterator[str]:
    table = found.tables["inputs"]
    count = len(table["path"])
    yield (
        f"What differs from {found.labels[0]}: {count} value{'s' * (count != 1)}"
        if count
        else "The scenarios say the same."
    )
    for row in range(min(count, MOST_INPUTS)):
        yield f"  {table['what'][row]}"
        for label in found.labels:
            yield f"    {label}: {shortened(str(table[label][row]))}"
    if count > MOST_INPUTS:
        yield f"  and {count - MOST_INPUTS} more in the table inputs"


def shortened(text: str) -> str:
    """A text of one line of a terminal."""
    return text if len(text) <= WIDE else text[: WIDE - 4] + " ..."


def _indicators(found: Comparison) -> Iterator[str]:
    table, labels = found.tables["indicators"], found.labels
    horizon = found.cases[0].scenario.horizon
    moments = {None, horizon.start, (horizon.start + horizon.end) // 2, horizon.end}
    yield ""
    heads = [labels[0], *(text for label in labels[1:] for text in (label, "difference"))]
    yield f"{'indicator':<52}{'year':>6}" + "".join(f"{head[:17]:>18}" for head in heads)
    for row in range(len(table["year"])):
        if table["indicator"][row] in SHOWN and table["year"][row] in moments:
            yield from _line(table, labels, row)


def _line(table: Columns, labels: Sequence[str], row: int) -> Iterator[str]:
    """One indicator, where any scenario differs from the first."""
    changes = [table[f"{label} - {labels[0]}"][row] for label in labels[1:]]
    size = max(abs(table[label][row]) for label in labels)
    if all(abs(change) <= SAME * size for change in changes):
        return
    unit = table["unit"][row]
    cells = [figure(table[labels[0]][row], unit)]
    for label, change in zip(labels[1:], changes, strict=True):
        cells += [figure(table[label][row], unit), figure(change, unit, difference=True)]
    name, year = f"{table['scheme'][row]}.{table['indicator'][row]}", table["year"][row] or ""
    yield f"{name[:51]:<52}{year:>6}" + "".join(f"{cell:>18}" for cell in cells)


def _gains(found: Comparison, label: str) -> Iterator[str]:
    table = found.tables["gains"]
    yield ""
    yield f"Who gains (+) and who loses (-) under {label}: change of benefits less contributions, in % of the group's money"
    for by, title in (("sex", "sex"), ("born", "born"), ("earnings_class", "earnings class")):
        groups = (
            sorted(in_all(table, label, by), key=lambda group: group[0])
            if by == "born"
            else in_all(table, label, by)
        )
        moved = [f"{key} {100 * share:+.2f}" for key, _, share in groups if abs(share) >= LEAST] or ["nobody"]
        yield f"  by {title:<16}" + "  ".join(moved)
