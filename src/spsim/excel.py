"""The Excel workbook of a run: what was run and assumed, charts, and one readable sheet per table.

The layouts of the sheets stand in `excel_layouts`. The same frames always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spsim import __version__
from spsim.excel_layouts import FIRST_ROW, WHOLE_PERIOD, Sheet, layouts
from spsim.manifest import Described

if TYPE_CHECKING:
    import polars


def write_workbook(path: Path, result: Described, frames: Mapping[str, polars.DataFrame]) -> Path:
    """Write the whole workbook: `Read me`, `Charts`, the tables."""
    from xlsxwriter import Workbook

    book = Workbook(str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {"title": result.title, "comments": f"spsim {__version__}", "created": datetime(2000, 1, 1)}
    )
    years = (result.first_year, result.last_year)
    sheets = [sheet for name, table in frames.items() for sheet in layouts(name, table, years)]
    front, charts = book.add_worksheet("Read me"), book.add_worksheet("Charts")
    style = Style(book)
    for sheet in sheets:
        _write_sheet(book, style, sheet)
    drawn = _write_charts(book, charts, {sheet.name: sheet for sheet in sheets})
    _write_front(front, style, result, [(sheet.name, sheet.note) for sheet in sheets], drawn)
    _close(book, path)
    return path


class Style:
    """The few formats of the workbook, made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[str, Any] = {}
        self.note = book.add_format({"italic": True, "font_color": "#555555"})
        self.header = book.add_format({"bold": True, "bottom": 1, "bg_color": "#DDE7F0", "text_wrap": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.section = book.add_format({"bold": True, "font_size": 12, "bottom": 1})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.marked = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFE9B0"})
        self.guarded = book.add_format({"quote_prefix": True})

    def number(self, code: str) -> Any:
        """The format with this number code; none for text."""
        if code and code not in self._made:
            self._made[code] = self._book.add_format({"num_format": code})
        return self._made.get(code)


def _close(book: Any, path: Path) -> None:
    """Write the file; a disk that cannot take it is an OSError, as for every other file."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        cause = error.__context__ if isinstance(error.__context__, OSError) else OSError(str(error))
        raise OSError(cause.errno, cause.strerror or str(cause), str(path)) from error


# --- writing ------------------------------------------------------------------------------------------------


def _write_sheet(book: Any, style: Style, sheet: Sheet) -> None:
    """Note, header, rows; frozen, filtered, with widths and number formats."""
    page = book.add_worksheet(sheet.name)
    page.write_string(0, 0, sheet.note, style.note)
    for column, (title, code) in enumerate(zip(sheet.header, sheet.formats)):
        page.set_column(column, column, _width(sheet, column), style.number(code))
        page.write_string(1, column, title, style.header)
    formats = [style.number(code) for code in sheet.formats]
    of_row = [style.number(code) for code in sheet.row_formats] or [None] * len(sheet.rows)
    for row, (values, own) in enumerate(zip(sheet.rows, of_row, strict=True), FIRST_ROW):
        _write_row(page, row, values, formats if own is None else [form or own for form in formats], style)
    page.freeze_panes(FIRST_ROW, sheet.frozen_columns)
    page.autofilter(1, 0, max(1, FIRST_ROW + len(sheet.rows) - 1), len(sheet.header) - 1)


def _write_row(page: Any, row: int, values: Sequence[Any], formats: Sequence[Any], style: Style) -> None:
    number = page.write_number
    for column, value in enumerate(values):
        if isinstance(value, str):
            write_text(page, row, column, value, style)
        elif value is not None:
            number(row, column, value, formats[column])


def write_text(page: Any, row: int, column: int, text: str, style: Style, form: Any = None) -> None:
    """Write text as text; what looks like a formula gets Excel's quote prefix, so that editing keeps it."""
    guarded = form is None and text.startswith(("=", "+", "-", "@", "\t"))
    page.write_string(row, column, text[:32_767], style.guarded if guarded else form)


def _width(sheet: Sheet, column: int) -> float:
    """A column width that shows the longest value and the longest word of the header."""
    values = [row[column] for row in sheet.rows if row[column] is not None]
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if not isinstance(value, str)] if texts else values
    pattern = "{:.0f}" if sheet.formats[column] == "0" else "{:,.0f}" if sheet.formats[column] else "{:,.2f}"
    texts += [pattern.format(end) for end in (min(numbers), max(numbers))] if numbers else []
    longest = max(map(len, texts), default=0)
    return min(45, max(6, longest + 2, max(map(len, sheet.header[column].split("_"))) + 4))


# --- charts -------------------------------------------------------------------------------------------------


def _write_charts(book: Any, page: Any, sheets: Mapping[str, Sheet]) -> list[str]:
    """Native charts that read the sheets; returns their titles."""
    plans = [
        ("Reserve at the end of the year, currency units", list(_reserve_series(sheets.get("accounts")))),
        ("PAYG cost rate", list(_indicator_series(sheets, ("payg_cost_rate",)))),
        (
            "Contributors and pensioners",
            list(_indicator_series(sheets, ("contributors", "pensioners", "recipients"))),
        ),
        ("Population", list(_population_series(sheets.get("population")))),
    ]
    drawn = [(title, series) for title, series in plans if series]
    for place, (title, series) in enumerate(drawn):
        chart = book.add_chart({"type": "line"})
        for one in series:
            chart.add_series(one)
        chart.set_title({"name": title, "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis(_axis(sheets, series))
        chart.set_x_axis({"interval_unit": 10, "interval_tick": 10, "label_position": "low"})
        chart.set_size({"width": 640, "height": 380})
        page.insert_chart(1 + 20 * (place // 2), 10 * (place % 2), chart)
    return [title for title, _ in drawn]


def _axis(sheets: Mapping[str, Sheet], series: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A vertical axis in percent, or in millions, billions or trillions where the numbers are large."""
    cells = [cell for one in series for cell in _cells(sheets, *one["values"])]
    if all(code.endswith("%") for _, code in cells):
        return {"num_format": "0%"}
    largest = max(abs(value or 0.0) for value, _ in cells)
    units = ((1e12, "trillions"), (1e9, "billions"), (1e6, "millions"))
    unit = next((word for size, word in units if largest >= 10 * size), None)
    return {"num_format": "#,##0", **({"display_units": unit, "display_units_visible": True} if unit else {})}


def _cells(
    sheets: Mapping[str, Sheet], name: str, top: int, left: int, bottom: int, right: int
) -> Iterator[tuple[float | None, str]]:
    """The values that a chart's range holds, and their formats."""
    sheet = sheets[name]
    for row in range(top - FIRST_ROW, bottom + 1 - FIRST_ROW):
        for column in range(left, right + 1):
            yield sheet.rows[row][column], sheet.format_of(row, column)


def _series(name: str, sheet: str, years: int, values: int, rows: list[int]) -> dict[str, Any]:
    """One line: columns `years` and `values` of a run of rows of a sheet."""
    first, last = FIRST_ROW + rows[0], FIRST_ROW + rows[-1]
    return {
        "name": name,
        "categories": [sheet, first, years, last, years],
        "values": [sheet, first, values, last, values],
    }


def _runs(rows: Sequence[Sequence[Any]], keys: int) -> Iterator[tuple[tuple[Any, ...], list[int]]]:
    """Runs of rows that share their first cells: (those cells, row numbers)."""
    for key, run in groupby(range(len(rows)), key=lambda i: tuple(rows[i][:keys])):
        yield key, list(run)


def _reserve_series(sheet: Sheet | None) -> Iterator[dict[str, Any]]:
    if sheet is not None:
        for (fund,), rows in _runs(sheet.rows, 1):
            yield _series(fund, sheet.name, 1, len(sheet.header) - 1, rows)


def _indicator_series(sheets: Mapping[str, Sheet], wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    sheet = sheets.get("indicators")
    for number, (scheme, indicator, *cells) in enumerate(sheet.rows if sheet else ()):
        if sheet is not None and indicator in wanted and any(cell is not None for cell in cells[2:]):
            row, first, last = FIRST_ROW + number, sheet.header.index(WHOLE_PERIOD) + 1, len(sheet.header) - 1
            yield {
                "name": scheme if len(wanted) == 1 else f"{scheme}: {indicator}",
                "categories": [sheet.name, FIRST_ROW - 1, first, FIRST_ROW - 1, last],
                "values": [sheet.name, row, first, row, last],
            }


def _population_series(sheet: Sheet | None) -> Iterator[dict[str, Any]]:
    if sheet is not None:
        for (_, sex), rows in _runs(sheet.rows, 2):
            yield _series(sex, sheet.name, 2, 3, rows)


# --- the first sheet ----------------------------------------------------------------------------------------


def _write_front(
    page: Any, style: Style, result: Described, index: list[tuple[str, str]], charts: Sequence[str]
) -> None:
    """What was run, what was assumed, what to be warned of, whether it adds up, and where to find what."""
    for column, width in enumerate((34, 52, 24, 52, 14)):
        page.set_column(column, column, width)
    write_text(page, 0, 0, result.title, style, style.title)
    row = 1
    for title, lines in front_lines(result, index, charts):
        page.write_string(row + 1, 0, title, style.section)
        row += 2
        for line in lines:
            marked = title.startswith("What was assumed") and line[-1] not in ("official", "status")
            for column, text in enumerate(line):
                write_text(page, row, column, text, style, style.marked if marked else style.wrap)
            row += 1


def front_lines(
    result: Described, index: list[tuple[str, str]], charts: Sequence[str]
) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """The sections of the first sheet: (title, rows of text)."""
    yield "What was run", list(_facts(result))
    yield "Warnings", [(text,) for text in result.warnings] or [("none",)]
    yield "Does it add up (largest relative residual)", [(n, f"{r:.1e}") for n, r in result.identities]
    yield "Sheets", [("Charts", "; ".join(charts) or "none"), *index]
    rows = [(a.path, a.text, a.value, a.source, a.status) for a in result.assumptions]
    unsure = sum(row[-1] != "official" for row in rows)
    title = f"What was assumed ({unsure} of {len(rows)} not official, coloured)"
    yield title, [("where", "what", "value", "source", "status"), *rows] if rows else [("none",)]


def _facts(result: Described) -> Iterator[tuple[str, ...]]:
    yield "Country", result.country
    yield "Years", f"{result.first_year} to {result.last_year}"
    yield "Currency", f"{result.currency}; amounts in currency units, persons in persons"
    yield "Version", f"spsim {__version__}"
    scenario = result.inputs[0][0] if result.inputs else "SCENARIO.yaml"
    yield "Command", f"spsim run {scenario} (exact command line and time: manifest.json, key run)"
    for path, law in laws(result.resolved):
        yield f"Law: {path}", law


def laws(resolved: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The law that the scenario names, for itself and for each scheme."""
    places = {"scenario": resolved.get("meta"), **(resolved.get("schemes") or {})}
    for path, node in places.items():
        law = node.get("law") if isinstance(node, Mapping) else None
        if law:
            yield str(path), str(law)
