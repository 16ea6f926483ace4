"""A CSV table with the place of every field, so that whatever is wrong can be pointed at. Standard library
only."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class TableProblem:
    """What is wrong with a table, where (header = line 1, columns from 1), and how to mend it."""

    file: Path
    line: int
    column: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message} {self.remedy}"


class TableError(ValueError):
    """Tables that cannot be used; ``problems`` holds all that was found."""

    def __init__(self, problems: Sequence[TableProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Row(NamedTuple):
    """One data row: its line in the file and its fields."""

    line: int
    fields: list[str]


@dataclass
class CsvTable:
    """A table as read: column positions, rows, and the list that problems go to (shared by the tables of a
    folder)."""

    path: Path
    columns: dict[str, int]
    rows: list[Row]
    problems: list[TableProblem] = field(repr=False)

    def has(self, column: str) -> bool:
        return column in self.columns

    def text(self, row: Row, column: str) -> str:
        return row.fields[self.columns[column]].strip()

    def blame(self, row: Row | None, column: str | None, message: str, remedy: str) -> None:
        """Note a problem at a field; without a row, at the header; without a column, at the first."""
        line = row.line if row else 1
        position = self.columns[column] + 1 if column in self.columns else 1
        self.problems.append(TableProblem(self.path, line, position, message, remedy))

    def number(self, row: Row, column: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """The number of a field, or None with a problem noted when it is none or is outside [low, high]."""
        text = self.text(row, column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.blame(
                row,
                column,
                f"'{text}' in column '{column}' is not a number.",
                "Write a plain number with a point.",
            )
            return None
        if not low <= value <= high:
            limits = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
            self.blame(
                row, column, f"{column} is {text}; it must be {limits}.", "Check the value and its unit."
            )
            return None
        return value

    def whole(self, row: Row, column: str, low: int, high: int) -> int | None:
        """The whole number of a field (``2025`` or ``2025.0``), or None with a problem noted."""
        value = self.number(row, column, low, high)
        if value is not None and value != int(value):
            self.blame(
                row,
                column,
                f"{column} is {value:g}; it must be a whole number.",
                "Write it without decimals.",
            )
            return None
        return None if value is None else int(value)


def open_table(path: Path, required: Sequence[str], problems: list[TableProblem]) -> CsvTable | None:
    """Read a table; None, with problems noted, when the file or a required column is missing or nothing can
    be read."""
    lines = _lines(path, problems)
    if lines is None:
        return None
    header = [name.strip() for name in lines[0].fields]
    missing = [name for name in required if name not in header]
    if missing:
        names, there = ", ".join(missing), ", ".join(header)
        message = f"column missing: {names} (there are: {there})."
        problems.append(TableProblem(path, 1, 1, message, "Add it, or correct its name in the first line."))
        return None
    columns = {name: position for position, name in reversed(list(enumerate(header)))}
    return CsvTable(path, columns, list(_even_rows(path, lines, problems)), problems)


def _lines(path: Path, problems: list[TableProblem]) -> list[Row] | None:
    """All rows that are not blank, the header first; None with a problem noted when there are none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            rows = [Row(reader.line_num, fields) for fields in reader if "".join(fields).strip()]
    except FileNotFoundError:
        problems.append(
            TableProblem(path, 1, 1, "the file is missing.", "See docs/tables.md for the files of a folder.")
        )
        return None
    except UnicodeDecodeError as error:
        problems.append(TableProblem(path, *_place_of_byte(path, error), "Save the file as UTF-8."))
        return None
    except (OSError, csv.Error) as error:
        problems.append(
            TableProblem(path, 1, 1, f"the file cannot be read: {error}.", "Give a readable CSV file.")
        )
        return None
    if len(rows) < 2:
        problems.append(
            TableProblem(path, 1, 1, "the file has no data.", "Give a header line and at least one row.")
        )
        return None
    return rows


def _place_of_byte(path: Path, error: UnicodeDecodeError) -> tuple[int, int, str]:
    """Line, column (in bytes) and message of the first byte that is not UTF-8."""
    content = path.read_bytes()
    for line, text in enumerate(content.splitlines(), start=1):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as found:
            return line, found.start + 1, f"byte {found.object[found.start]:#x} is not UTF-8 text."
    return 1, 1, f"the file is not UTF-8 text ({error.reason})."


def _even_rows(path: Path, lines: list[Row], problems: list[TableProblem]) -> Iterator[Row]:
    """The data rows that have as many fields as the header; the others are noted as problems."""
    width = len(lines[0].fields)
    for row in lines[1:]:
        if len(row.fields) == width:
            yield row
        else:
            message = f"{len(row.fields)} fields where the header has {width}."
            remedy = "Give every row the same number of commas; write decimals with a point."
            problems.append(TableProblem(path, row.line, min(len(row.fields), width), message, remedy))
