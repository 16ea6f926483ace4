"""Everything that `spsim check` looks at, for one file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsim.errors import InputError, Problem, problem_at
from spsim.loader import Document, load, validate
from spsim.validation import in_order

if TYPE_CHECKING:
    from spsim.data.csv_table import TableProblem
    from spsim.scenario import Horizon, Scenario


@dataclass(frozen=True)
class Checked:
    """A file after the check: document and scenario as far as they could be read, and all that was found."""

    name: str
    problems: list[Problem]
    document: Document | None = None
    scenario: Scenario | None = None

    @property
    def errors(self) -> list[Problem]:
        """Problems that forbid a run."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        """Problems that a run survives."""
        return [problem for problem in self.problems if problem.severity == "warning"]


def check(path: str | os.PathLike[str]) -> Checked:
    """Read a scenario, validate it, and compare its parts with one another. Never raises InputError."""
    name = os.fspath(path)
    try:
        document = load(name)
    except InputError as error:
        return Checked(name, error.problems)
    from spsim.scenario import Scenario

    scenario, problems = validate(document, Scenario)
    if scenario is not None:
        problems = in_order(document, cross_checks(scenario, document))
    return Checked(name, problems, document, scenario)


def cross_checks(scenario: Scenario, document: Document) -> list[Problem]:
    """What only shows when several blocks of the scenario, or its tables, are read together."""
    from spsim.checks import cross_check

    return [*cross_check(scenario), *table_problems(scenario, document)]


def table_problems(scenario: Scenario, document: Document) -> list[Problem]:
    """What keeps the population tables, the user's own or the bundled ones, from this projection."""
    from spsim.data.tables import check_folder

    population = scenario.population
    if population is None:
        return []
    if population.tables is None:
        return bundled_problems(population.country or "", population.variant, scenario.horizon)
    folder = document.resolve(("population", "tables"), population.tables)
    years = (scenario.horizon.start, scenario.horizon.end)
    found = check_folder(folder, population.country, *years, population.variant)
    return [*map(of_table, found), *participation_problems(scenario, folder)]


def participation_problems(scenario: Scenario, folder: Path) -> list[Problem]:
    """Participation that neither the scenario, nor the folder, nor a bundled country gives."""
    from spsim.data.bundle import PARTICIPATION, participation_file

    labour, population = scenario.labour, scenario.population
    if labour is None or population is None or labour.participation is not None:
        return []
    if participation_file(folder, population.country).is_file():
        return []
    remedy = f"put {PARTICIPATION} there, or write `participation:` under labour"
    return [
        problem_at(
            ("labour",), f"no rates of participation: {PARTICIPATION} is not in the folder of tables", remedy
        )
    ]


def bundled_problems(country: str, variant: str, horizon: Horizon) -> list[Problem]:
    """A country that is not bundled, or a horizon past its tables; the mistake is then in the scenario."""
    from spsim.data.bundle import bundled_folder
    from spsim.data.tables import check_folder

    try:
        folder = bundled_folder(country)
    except ValueError as error:
        what, _, how = str(error).partition("; ")
        return [problem_at(("population", "country"), what, f"{how}; or name a folder with `tables:`")]
    found = check_folder(folder, country, horizon.start, horizon.end, variant)[:1]
    return [problem_at(("horizon",), *in_words(problem)) for problem in found]


def of_table(problem: TableProblem) -> Problem:
    """A problem of a CSV table as one of the scenario that names it."""
    place = (str(problem.file), problem.line, problem.column)
    return Problem(*place, ("population", "tables"), *in_words(problem))


def in_words(problem: TableProblem) -> tuple[str, str]:
    """What is wrong with a table and how to mend it, as halves of one line."""
    remedy = problem.remedy.rstrip(".")
    return problem.message.rstrip("."), remedy[:1].lower() + remedy[1:]


def summary(document: Document) -> str:
    """One line: title, country, years, number of schemes."""
    data = document.data
    meta, horizon = _block(data, "meta"), _block(data, "horizon")
    country = meta.get("country") or _block(data, "population").get("country") or ""
    years = f"{horizon['start']}-{horizon['end']}" if {"start", "end"} <= set(horizon) else ""
    schemes = len(_block(data, "schemes"))
    count = f"{schemes} scheme{'s' * (schemes != 1)}"
    return ", ".join(
        str(part) for part in (meta.get("title") or meta.get("id"), country, years, count) if part
    )


def _block(data: dict[str, Any], key: str) -> dict[str, Any]:
    block = data.get(key)
    return block if isinstance(block, dict) else {}
