"""The folder of an experiment: its tables as CSV, Parquet and Excel, and a manifest, written whole or not at all.

Comes in: tables by name, what was run, settings. Goes out: a folder. The same tables give the same bytes; what changes from one run to
the next stands under the key `run` of the manifest. An earlier folder of the same experiment is replaced, nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsim.experiments.variants import Case
from spsim.results import FORMATS, Result, write_tables

if TYPE_CHECKING:
    import polars

Columns = Mapping[str, Sequence[Any]]
WIDEST = 60


@dataclass(frozen=True)
class Experiment:
    """What is written: `kind` (compare, sensitivity, search), the scenario, tables, settings that decide them, notes for the reader."""

    kind: str
    case: Case
    tables: Mapping[str, Columns]
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    seed: int | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    name: str = ""

    @property
    def identifier(self) -> str:
        """Names the folder: an experiment never takes the place of a run."""
        return f"{self.name or self.case.id}_{self.kind}"[:100]


def write_experiment(
    one: Experiment,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    extra: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write tables, workbook and manifest into a folder; `extra`: folders in it that hold files already, for the manifest."""
    from spsim.manifest import dump

    frames = {name: frame(columns) for name, columns in one.tables.items()}
    told, _ = write_tables(frames, folder / "tables", formats)
    if "xlsx" in formats:
        write_workbook(folder / "results.xlsx", one, frames)
    dump(_manifest(one, told, formats) | {"files": dict(extra or {})}, folder / "manifest.json")


def frame(columns: Columns) -> polars.DataFrame:
    """Columns as a data frame, numbers with twelve significant digits; a number that is not defined is an empty cell."""
    import polars

    def plain(value: Any) -> Any:
        if isinstance(value, float):
            return None if value != value else float(f"{value:.12g}") + 0.0
        return value

    series = []
    for name, values in columns.items():
        cells = [plain(value) for value in values]
        series.append(polars.Series(name, cells, dtype=_type(cells)))
    return polars.DataFrame(series)


def _type(cells: list[Any]) -> Any:
    """Text, whole numbers or numbers: by what stands in the column."""
    import polars

    if any(isinstance(cell, str) for cell in cells):
        return polars.String
    if any(isinstance(cell, bool) for cell in cells):
        return polars.Boolean
    whole = all(cell is None or isinstance(cell, int) for cell in cells)
    return polars.Int64 if whole and cells else polars.Float64


def _manifest(
    one: Experiment, told: Mapping[str, Mapping[str, Any]], formats: Sequence[str]
) -> dict[str, Any]:
    """That of a run, with the kind of the experiment, its seed and its settings."""
    from spsim.manifest import build
    from spsim.running import command_line

    case, horizon = one.case, one.case.scenario.horizon
    result = Result(
        scenario_id=one.identifier,
        title=case.scenario.meta.title,
        country=case.scenario.meta.country,
        currency=case.scenario.meta.currency,
        first_year=horizon.start,
        last_year=horizon.end,
        tables={},
        warnings=one.notes,
        inputs=[(Path(file.name).name, file.sha256) for file in case.document.files],
        resolved=case.document.data,
    )
    manifest = build(result, told, formats, command_line(), one.started)
    return manifest | {"experiment": one.kind, "seed": one.seed, "settings": dict(one.settings)}


def write_workbook(path: Path, one: Experiment, frames: Mapping[str, polars.DataFrame]) -> None:
    """One sheet for each table after a first one that says what was run. The same tables give the same bytes."""
    from xlsxwriter import Workbook

    from spsim import __version__

    book = Workbook(str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"comments": f"spsim {__version__}", "created": datetime(2000, 1, 1)})
    bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#DDE7F0"})
    front = book.add_worksheet("Read me")
    front.set_column(0, 0, 100)
    settings = (f"{name}: {value}" for name, value in one.settings.items())
    lines = [one.case.scenario.meta.title, f"spsim {one.kind}, spsim {__version__}", *settings, *one.notes]
    for row, line in enumerate(lines):
        front.write_string(row, 0, str(line)[:32_000], bold if row == 0 else None)
    for name, table in frames.items():
        _write_sheet(book.add_worksheet(name[:31]), table, bold)
    book.close()


def _write_sheet(page: Any, table: polars.DataFrame, bold: Any) -> None:
    """Header, rows, frozen and filtered."""
    rows = list(table.iter_rows())
    for column, name in enumerate(table.columns):
        shown = max(
            [
                len(name),
                *(
                    len(f"{row[column]:.6g}" if isinstance(row[column], float) else str(row[column]))
                    for row in rows[:500]
                ),
            ]
        )
        page.set_column(column, column, min(WIDEST, shown + 2))
        page.write_string(0, column, name, bold)
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(number, column, value[:32_000])
            elif value is not None:
                page.write(number, column, value)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(1, len(rows)), max(0, len(table.columns) - 1))
