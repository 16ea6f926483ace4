"""The door of the room: check a folder of country tables, and read it. Importing this module does not import
numpy."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from spsim.data.csv_table import TableError, TableProblem
from spsim.data.folder import CountryTables, FolderReader, reach

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spsim.data.demography import Demography

__all__ = [
    "CountryTables",
    "TableError",
    "TableProblem",
    "check_folder",
    "collect",
    "read_folder",
    "read_participation",
]


def check_folder(
    folder: Path, country: str | None, start: int, end: int, variant: str = "medium"
) -> list[TableProblem]:
    """Everything that keeps the tables of ``folder`` from a projection from mid-year ``start`` to mid-year
    ``end``.

    country: its iso3 code; may be None when the files hold one country only. variant: medium, low or high.
    An empty list means that `read_folder` will succeed.
    """
    return collect(folder, country, start, end, variant)[1]


def read_folder(
    folder: Path, country: str | None, start: int, end: int, variant: str = "medium"
) -> Demography:
    """The demography of one country from ``start`` to ``end``; raises TableError with what `check_folder`
    would list."""
    tables, problems = collect(folder, country, start, end, variant)
    if problems:
        raise TableError(problems)
    from spsim.data.demography import build_demography

    return build_demography(tables, start, end, variant)


def read_participation(folder: Path, country: str | None) -> NDArray[np.float64]:
    """Participation rates by sex and single age (2, 101); see `spsim.data.participation`."""
    from spsim.data import participation

    return participation.read_participation(folder, country)


def collect(
    folder: Path, country: str | None, start: int, end: int, variant: str = "medium"
) -> tuple[CountryTables, list[TableProblem]]:
    """The tables of one country and all problems with them."""
    if end < start:
        raise ValueError(f"the projection ends in {end}, before it starts in {start}")
    tables, found = _read_once(Path(folder), country, variant, _state_of(Path(folder)))
    return tables, list(found) or _horizon_problems(Path(folder), tables, start, end)


@lru_cache(maxsize=4)
def _read_once(
    folder: Path, country: str | None, variant: str, state: tuple[tuple[str, int, int], ...]
) -> tuple[CountryTables, tuple[TableProblem, ...]]:
    """Read a folder once for the check and the run; `state` makes a changed folder a new one."""
    reader = FolderReader(folder, country, variant)
    tables = reader.read()
    return tables, tuple(reader.problems)


def _state_of(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of the last change of every table there."""
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    return tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)


def _horizon_problems(folder: Path, tables: CountryTables, start: int, end: int) -> list[TableProblem]:
    """Tables that begin too late or end too early, and say so with the years they do cover."""
    bases = [year for year in tables.population if year <= start]
    if not bases:
        first = min(tables.population)
        message = f"no population of {start} or earlier: the first is of {first}."
        return [
            TableProblem(folder / "population.csv", 1, 1, message, f"Set the first year to {first} or later.")
        ]
    if end == max(bases):
        return []
    years = sorted(tables.total_fertility)
    found = [
        _horizon_problem(folder / "fertility.csv", "fertility", years[0], years[-1], max(bases), end),
        _horizon_problem(
            folder / "mortality.csv", "mortality", *reach(tables.mortality), max(bases) + 1, end
        ),
    ]
    return [problem for problem in found if problem]


def _horizon_problem(
    path: Path, what: str, first: int, last: int, needed: int, end: int
) -> TableProblem | None:
    if needed < first:
        message = f"{what} begins in {first}, but the population to project from needs it from {needed}."
        return TableProblem(path, 1, 1, message, f"Add earlier years, or a population of {first} or later.")
    if end > last:
        message = f"{what} ends in {last}, but the projection runs to {end}."
        return TableProblem(
            path, 1, 1, message, f"Set the last year to {last} or earlier, or add later years."
        )
    return None
