"""Tables of rows into a folder of CSV, Parquet and Excel. Used by the adequacy and standards commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spsim.checking import Checked
from spsim.results import Columns, Result, write
from spsim.run_folder import fresh_run_folder
from spsim.running import command_line
from spsim.tables import assumptions

Row = dict[str, Any]


def write_tables(
    checked: Checked, tables: Mapping[str, Sequence[Row]], notes: Sequence[str], suffix: str, folder: Path,
    overwrite: bool, formats: Sequence[str],
) -> None:  # fmt: skip
    """CSV, Parquet and Excel of some tables into a fresh folder. Raises InputError where the folder holds something else."""
    scenario, document = checked.scenario, checked.document
    assert scenario is not None and document is not None
    started, meta = datetime.now(UTC), scenario.meta
    identifier = f"{meta.id}_{suffix}"
    result = Result(
        identifier, meta.title, meta.country, meta.currency, scenario.horizon.start, scenario.horizon.end,
        {name: columns_of(rows) for name, rows in tables.items() if rows},
        assumptions=assumptions(scenario, document), warnings=list(notes), resolved=document.data,
    )  # fmt: skip
    with fresh_run_folder(folder, identifier, overwrite) as fresh:
        write(result, fresh, formats, command_line=command_line(), started=started)


def columns_of(rows: Sequence[Row]) -> Columns:
    """Rows as columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}
