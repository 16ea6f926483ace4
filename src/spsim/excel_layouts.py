"""Layouts of the workbook: how each table becomes one or two sheets that can be read.

Long tables are shown by five-year age group, and by single age on a second sheet where that is short enough;
the full detail is always in the CSV and Parquet files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spsim.balancing import CLOSING, OPENING

if TYPE_CHECKING:
    import polars

#: A sheet by single age is written when the table has at most so many values.
LONG_MONTHS = 240  # rows of a monthly table from which a sheet shows years
LONG_TABLE = 10_000  # rows from which a sheet shows chosen years only
DETAIL_LIMIT = 10_000
KEY_COLUMNS = ("scheme", "benefit", "year", "sex", "age")
FIRST_ROW = 2  # row 0 says what the sheet is, row 1 is the header
WHOLE_PERIOD = "whole period"  # column of figures without a year

DESCRIPTIONS = {
    "population": "Persons alive on 1 July, by year, sex and age",
    "labour_force": "Labour force, employed and unemployed persons on 1 July, by year, sex and age",
    "members": "Insured persons on 1 July who contribute or are dormant, by scheme, year, sex and age",
    "beneficiaries": "Recipients and yearly amount of each benefit, by scheme, benefit, year, sex and age",
    "unemployment": "Unemployment insurance",
    "accounts": "Income (+) and expenditure (-) of each fund, in currency units; opening + flows = closing",
    "programmes": "Employment services: participants and cost of the year, benefits saved (the projection without it less this one), net",
    "causes": "Unemployment insurance by cause of separation: claims that began in the year, benefits paid in it",
    "shocks": "Crises by month: factors, months of benefit added, wages on which contributions are due",
    "arrears": "Contributions of employees and employers due, not paid in their month, and recovered, by month",
    "indicators": "Every indicator, of every year; whole-period figures in their own column",
    "financing": "Rates, balances and obligations of each fund over periods, from 1 January of the first year",
}


@dataclass(frozen=True)
class Sheet:
    """A table laid out for reading: `formats` names the number format of each column, "" for text.

    Where rows hold figures of several units, `row_formats` names that of each row, for the columns without one.
    """

    name: str
    note: str
    header: list[str]
    rows: list[Sequence[Any]]
    formats: list[str]
    frozen_columns: int = 1
    row_formats: Sequence[str] = ()

    def format_of(self, row: int, column: int) -> str:
        """The number format of one cell."""
        return self.formats[column] or (self.row_formats[row] if self.row_formats else "")


def layouts(name: str, table: polars.DataFrame, years: tuple[int, int]) -> list[Sheet]:
    """The sheets that show one table."""
    if name == "accounts":
        return [_accounts_sheet(table)]
    if name == "indicators":
        return [_indicator_sheet(table)]
    if name == "financing":
        return [_financing_sheet(table)]
    if name == "unemployment" and table.height > LONG_MONTHS:
        return [_yearly_sheet(name, table)]
    if {"year", "sex", "age"} <= set(table.columns):
        return _age_sheets(name, table, selected_years(*years))
    return [_plain_sheet(name, table)]


def _plain_sheet(name: str, table: polars.DataFrame) -> Sheet:
    """The table as it is."""
    formats = [_column_format(table, column) for column in table.columns]
    title = re.sub(r"[\[\]:*?/\\']", " ", name)[:31]
    return Sheet(title, DESCRIPTIONS.get(name, name), table.columns, list(table.iter_rows()), formats)


def _yearly_sheet(name: str, table: polars.DataFrame) -> Sheet:
    """A monthly table by year: means of stocks, sums of flows."""
    import polars

    stocks = ("contributors", "beneficiaries")
    measures = [column for column in table.columns if column not in ("scheme", "month")]
    by_year = (
        table.with_columns(polars.col("month").str.slice(0, 4).cast(polars.Int64).alias("year"))
        .group_by(["scheme", "year"], maintain_order=True)
        .agg([polars.col(m).mean() if m in stocks else polars.col(m).sum() for m in measures])
    )
    formats = [_column_format(by_year, column) for column in by_year.columns]
    note = f"{DESCRIPTIONS[name]}, by year: persons on average, claims, exhaustions and amounts in all; months in tables/{name}.csv"
    return Sheet(name, note, by_year.columns, list(by_year.iter_rows()), formats, 2)


def _column_format(table: polars.DataFrame, column: str) -> str:
    if not table.schema[column].is_float():
        return "" if not table.schema[column].is_integer() else "0"
    return amount_format(table[column].to_numpy())


def amount_format(values: NDArray[Any]) -> str:
    """Whole numbers with thousands separators; decimals too where even the largest number is small."""
    return "#,##0" if values.size == 0 or float(np.abs(values).max()) >= 1e4 else "#,##0.00##"


def _accounts_sheet(table: polars.DataFrame) -> Sheet:
    """Years down, items across, fund after fund."""
    flows = [i for i in table["item"].unique(maintain_order=True) if i not in (OPENING, CLOSING)]
    items = [OPENING, *flows, CLOSING]
    cells = {(fund, year, item): amount for fund, year, item, amount in table.iter_rows()}
    years = dict.fromkeys((fund, year) for fund, year, _ in cells)
    rows: list[Sequence[Any]] = [[*key, *(cells.get((*key, item)) for item in items)] for key in years]
    money = amount_format(table["amount"].to_numpy())
    formats = ["", "0", *[money] * len(items)]
    return Sheet("accounts", DESCRIPTIONS["accounts"], ["fund", "year", *items], rows, formats, 2)


def _indicator_sheet(table: polars.DataFrame) -> Sheet:
    """Indicators down, the whole period and every year across."""
    found: dict[tuple[str, str, str], dict[int | None, float]] = {}
    for scheme, year, indicator, value, unit in table.iter_rows():
        found.setdefault((scheme, indicator, unit), {})[year] = value
    years = sorted({year for values in found.values() for year in values if year is not None})
    shown = (None, *years)
    rows: list[Sequence[Any]] = [[*key, *map(values.get, shown)] for key, values in found.items()]
    header = ["scheme", "indicator", "unit", WHOLE_PERIOD, *map(str, years)]
    units = [unit_format(key[2], values.values()) for key, values in found.items()]
    return Sheet("indicators", DESCRIPTIONS["indicators"], header, rows, [""] * len(header), 4, units)


def _financing_sheet(table: polars.DataFrame) -> Sheet:
    """Measures of each fund down, one figure each, in its unit."""
    rows: list[Sequence[Any]] = list(table.iter_rows())
    units = [unit_format(unit, [value]) for _, _, _, value, unit in rows]
    return Sheet(
        "financing", DESCRIPTIONS["financing"], table.columns, rows, [""] * len(table.columns), 3, units
    )


def unit_format(unit: str, values: Iterable[float | None]) -> str:
    """The number format of figures of a unit: shares as percent, calendar years bare, large numbers with separators."""
    if unit in {"share", "rate", "fraction"}:
        return "0.00%"
    if unit == "year":
        return "0"
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return "#,##0" if largest >= 1e4 or unit == "persons" else "#,##0.00"


def selected_years(first: int, last: int) -> list[int]:
    """The first and the last year, the next four, and every fifth calendar year between."""
    fifth = (year for year in range(first, last) if year % 5 == 0)
    return sorted({*range(first, min(first + 5, last)), *fifth, last})


# --- layouts by age -----------------------------------------------------------------------------------------


def _age_sheets(name: str, table: polars.DataFrame, chosen: Sequence[int]) -> list[Sheet]:
    """By five-year age group, of chosen years where the table is long; by single age too where it is short.

    A long table of benefits goes by ten-year age group.
    """
    measures = [column for column in table.columns if column not in KEY_COLUMNS]
    values = table.height * len(measures)
    detailed = values <= DETAIL_LIMIT
    elsewhere = f"sheet '{name} by age'" if detailed else f"{table.height:,} rows"
    many = "benefit" in table.columns and table.height > LONG_TABLE
    group = "ten-year age group" if many else "five-year age group"
    note = f"{DESCRIPTIONS.get(name, name)}, by {group} (empty = 0). Single ages: "
    note += f"{elsewhere} in tables/{name}.csv" if not detailed else f"{elsewhere} and tables/{name}.csv"
    shown: Sequence[int] | None = None
    if (
        table.height > LONG_TABLE and name == "population"
    ):  # its chart needs every year of both sexes together
        shown, note = chosen, f"{note}; men and women in chosen years, all years there"
    elif table.height > LONG_TABLE:
        years = (
            [year for year in chosen if year % 10 == 0 or year in (chosen[0], chosen[-1])] if many else chosen
        )
        table, note = table.filter(table["year"].is_in(list(years))), f"{note}; chosen years, all years there"
    sexes: tuple[str, ...] = ("both", "male", "female")
    if many:
        sexes, note = ("both",), f"{note}; by sex there too"
    sheets = [_age_sheet(name, note, table, measures, 10 if many else 5, sexes, shown)]
    if detailed:
        note = f"{DESCRIPTIONS.get(name, name)}, by single age (empty = 0)"
        sheets.append(_age_sheet(f"{name} by age", note, table, measures, 1, ("male", "female")))
    return sheets


def _age_sheet(
    name: str, note: str, table: polars.DataFrame, measures: list[str], width: int, sexes: tuple[str, ...],
    shown: Sequence[int] | None = None,
) -> Sheet:  # fmt: skip
    """One row per key, measure, sex and year; the total and the age groups with anyone in them across. `shown` years of each sex."""
    labels, groups = age_groups(int(table["age"].max() or 0), width)  # type: ignore[arg-type]
    keys = [column for column in ("scheme", "benefit") if column in table.columns]
    rows: list[Sequence[Any]] = []
    for measure in measures:
        by_sex = table if shown is None else table.filter(table["year"].is_in(list(shown)))
        rows += _sum_rows(by_sex, [*keys, "year", "sex"], measure, groups) if "male" in sexes else []
        rows += _sum_rows(table, [*keys, "year"], measure, groups) if "both" in sexes else []
    n = len(keys)
    rows.sort(key=lambda row: (row[:n], measures.index(row[n]), sexes.index(row[n + 1]), row[n + 2]))
    rows, labels = _without_empty_groups(rows, labels, n + 4)
    header = [*keys, "measure", "sex", "year", "total", *labels]
    money = amount_format(table[measures[-1]].to_numpy() * (1 if measures[-1] == "amount" else 1e4))
    return Sheet(name, note, header, rows, [""] * (n + 2) + ["0"] + [money] * (len(labels) + 1), n + 3)


def _without_empty_groups(
    rows: list[Sequence[Any]], labels: list[str], first: int
) -> tuple[list[Sequence[Any]], list[str]]:
    """Rows and labels without the age groups, from column `first` on, that nobody is in."""
    filled = [c for c in range(len(labels)) if any(row[first + c] is not None for row in rows)]
    kept: list[Sequence[Any]] = [[*row[:first], *(row[first + c] for c in filled)] for row in rows]
    return kept, [labels[c] for c in filled]


def age_groups(oldest: int, width: int) -> tuple[list[str], NDArray[np.int64]]:
    """Labels of the groups of `width` ages, and the group of each age; the last, from 100 on, is open."""
    groups = np.minimum(np.arange(oldest + 1), 100) // width
    starts = [int(group) * width for group in dict.fromkeys(groups.tolist())]
    labels = [str(s) if width == 1 else f"{s}-{s + width - 1}" for s in starts]
    return [f"{s}+" if s == 100 else label for s, label in zip(starts, labels)], groups


def _sum_rows(
    table: polars.DataFrame, keys: list[str], measure: str, groups: NDArray[np.int64]
) -> Iterator[Sequence[Any]]:
    """Sums by key and age group, as rows (scheme, benefit, measure, sex, year, total, groups...).

    The table is sorted by its keys, so equal keys are runs; sums go in row order, always the same bytes.
    """
    import polars

    run = table.select(polars.struct(keys).rle_id().cast(polars.Int64))[keys[0]].to_numpy()
    count, width = int(run[-1]) + 1 if run.size else 0, int(groups[-1]) + 1
    cell = run * width + groups[table["age"].to_numpy()]
    sums = np.bincount(cell, table[measure].to_numpy(), count * width).reshape(count, width)
    firsts = table.select(keys)[np.flatnonzero(np.diff(run, prepend=-1)).tolist()]
    totals = sums.sum(axis=1).tolist()
    for key, total, row in zip(firsts.iter_rows(named=True), totals, sums.tolist()):
        before = [key[name] for name in keys if name not in ("year", "sex")]
        yield (*before, measure, key.get("sex", "both"), key["year"], total, *(v or None for v in row))
