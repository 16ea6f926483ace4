"""The tables of one country as plain dictionaries, read and checked. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from spsim.data.csv_table import CsvTable, Row, TableProblem, open_table

Pair = tuple[float, float]
"""Value of men, value of women."""

VARIANTS = ("medium", "low", "high")
LARGEST_DEATH_RATE = 3.0
LARGEST_FERTILITY = 12.0
YOUNGEST_OPEN_AGE = 75
OLDEST_AGE = 130


@dataclass
class CountryTables:
    """What the files say of one country; persons in thousands as in the files, rates per year.

    population: {year: {age: pair}}, net_migration the same; mortality: {mid_year: {age: pair}};
    total_fertility: {year: births per woman}; age_pattern: {mid_year: {age: percent}}; sex_ratio: {year: boys
    per girl}.
    """

    country: str = ""
    population: dict[int, dict[int, Pair]] = field(default_factory=dict)
    mortality: dict[int, dict[int, Pair]] = field(default_factory=dict)
    total_fertility: dict[int, float] = field(default_factory=dict)
    age_pattern: dict[int, dict[int, float]] = field(default_factory=dict)
    net_migration: dict[int, dict[int, Pair]] = field(default_factory=dict)
    sex_ratio: dict[int, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class FolderReader:
    """Reads the files of a folder for one country, and gathers every problem instead of stopping at the
    first."""

    def __init__(self, folder: Path, country: str | None, variant: str) -> None:
        if variant not in VARIANTS:
            raise ValueError(f"variant '{variant}' is none of {', '.join(VARIANTS)}")
        self.folder, self.country, self.variant = folder, country, variant
        self.problems: list[TableProblem] = []
        self.tables = CountryTables(country or "")

    def read(self) -> CountryTables:
        self._read_population()
        self._read_mortality()
        self._read_fertility()
        self._read_age_pattern()
        self._read_migration()
        self._read_sex_ratio()
        return self.tables

    def _open(
        self, name: str, required: Sequence[str], may_lack_country: bool = False
    ) -> tuple[CsvTable, list[Row]] | None:
        """A file and the rows of this country; None when there is nothing to read."""
        table = open_table(self.folder / name, required, self.problems)
        if table is None:
            return None
        self.tables.files.append(table.path)
        rows = self._rows_of_country(table, may_lack_country)
        return (table, rows) if rows else None

    def _rows_of_country(self, table: CsvTable, may_lack_country: bool) -> list[Row]:
        if not table.has("iso3"):
            return table.rows
        there = sorted({table.text(row, "iso3") for row in table.rows})
        country = self.country or (there[0] if len(there) == 1 else None)
        if country is None:
            table.blame(
                None, "iso3", f"the file holds {len(there)} countries: {', '.join(there)}.", "Say which one."
            )
            return []
        self.tables.country = self.tables.country or country
        rows = [row for row in table.rows if table.text(row, "iso3") == country]
        if not rows and not may_lack_country:
            message = f"country '{country}' is not in the file."
            table.blame(None, "iso3", message, f"Those in it: {', '.join(there)}.")
        return rows

    def _read_population(self) -> None:
        opened = self._open("population.csv", ("year", "age", "male", "female"))
        if opened is None:
            return
        table, rows = opened
        found: dict[tuple[int, str], dict[int, Pair]] = {}
        for row in rows:
            variant = table.text(row, "variant") if table.has("variant") else "estimate"
            year = table.whole(row, "year", 1800, 2300)
            if year is not None:
                _add(table, row, found.setdefault((year, variant), {}), _pair(table, row, 0.0))
        for year, variant in found:
            _check_ages(table, rows, found[year, variant], f"{year} ({variant})", abridged=False)
        for variant in ("medium", self.variant, "estimate"):
            self.tables.population.update({year: ages for (year, v), ages in found.items() if v == variant})
        if found and not self.tables.population:
            remedy = "Name the rows 'estimate', 'medium', 'low' or 'high', or leave the column out."
            table.blame(rows[0], "variant", "no row is an estimate or of the chosen variant.", remedy)

    def _read_mortality(self) -> None:
        opened = self._open("mortality.csv", ("mid_year", "age", "male", "female"))
        if opened is None:
            return
        table, rows = opened
        rates = self.tables.mortality
        _add_all(table, rows, "mid_year", rates, 0.0, LARGEST_DEATH_RATE)
        for year, ages in rates.items():
            _check_ages(table, rows, ages, f"mid_year {year}", abridged=True)
            if set(ages) != set(next(iter(rates.values()))):
                message = f"mid_year {year} has other ages than the first one."
                table.blame(
                    _row_of(table, rows, "mid_year", year), "age", message, "Give every year the same ages."
                )
        _check_even(table, rows, "mid_year", rates)

    def _read_fertility(self) -> None:
        column = "tfr" if self.variant == "medium" else f"tfr_{self.variant}"
        opened = self._open("fertility.csv", ("year", "tfr", column))
        if opened is None:
            return
        table, rows = opened
        rates = self.tables.total_fertility
        for row in rows:
            year = table.whole(row, "year", 1800, 2300)
            blank = column != "tfr" and not table.text(row, column)
            value = table.number(row, "tfr" if blank else column, 0.0, LARGEST_FERTILITY)
            if year is not None and value is not None:
                _add_once(table, row, "year", rates, year, value)
        _check_even(table, rows, "year", rates, step=1)

    def _read_age_pattern(self) -> None:
        opened = self._open("fertility_age_pattern.csv", ("mid_year", "age", "percent"))
        if opened is None:
            return
        table, rows = opened
        pattern = self.tables.age_pattern
        for row in rows:
            year = table.whole(row, "mid_year", 1800, 2300)
            age, percent = table.whole(row, "age", 1, 70), table.number(row, "percent", 0.0, 100.0)
            if year is not None and age is not None and percent is not None:
                _add_once(table, row, "age", pattern.setdefault(year, {}), age, percent)
        for year, ages in pattern.items():
            for column, message, remedy in _faults_of_pattern(year, ages, set(next(iter(pattern.values())))):
                table.blame(_row_of(table, rows, "mid_year", year), column, message, remedy)

    def _read_migration(self) -> None:
        if not (self.folder / "net_migration.csv").exists():
            self.tables.notes.append("no net_migration.csv: net migration is taken as zero")
            return
        opened = self._open("net_migration.csv", ("year", "age", "male", "female"), may_lack_country=True)
        if opened is None:
            self.tables.notes.append(
                "net_migration.csv has no row of this country: net migration is taken as zero"
            )
            return
        table, rows = opened
        _add_all(table, rows, "year", self.tables.net_migration, -float("inf"))

    def _read_sex_ratio(self) -> None:
        note = "no sex ratio at birth given: 1.05 boys per girl"
        if not (self.folder / "indicators.csv").exists():
            self.tables.notes.append(note)
            return
        opened = self._open("indicators.csv", ("year",), may_lack_country=True)
        if opened is None or not opened[0].has("srb"):
            self.tables.notes.append(note)
            return
        table, rows = opened
        for row in rows:
            year = table.whole(row, "year", 1800, 2300)
            ratio = table.number(row, "srb", 0.8, 1.4) if table.text(row, "srb") else None
            if year is not None and ratio is not None:
                _add_once(table, row, "year", self.tables.sex_ratio, year, ratio)


def reach(mid_years: Iterable[int]) -> tuple[int, int]:
    """First and last step, by its closing year, that the periods around ``mid_years`` cover."""
    years = sorted(mid_years)
    half = (years[1] - years[0]) // 2 if len(years) > 1 else 0
    return years[0] - half, years[-1] + half


def _pair(table: CsvTable, row: Row, low: float, high: float = float("inf")) -> Pair | None:
    male, female = table.number(row, "male", low, high), table.number(row, "female", low, high)
    return None if male is None or female is None else (male, female)


def _add_all(
    table: CsvTable,
    rows: list[Row],
    year_column: str,
    found: dict[int, dict[int, Pair]],
    low: float,
    high: float = float("inf"),
) -> None:
    """Every row's pair under its year and age; a table without a fault is read at once, one with faults field by field."""
    if _add_faultless(table, rows, year_column, found, low, high):
        return
    found.clear()
    for row in rows:
        year = table.whole(row, year_column, 1800, 2300)
        if year is not None:
            _add(table, row, found.setdefault(year, {}), _pair(table, row, low, high))


def _add_faultless(
    table: CsvTable,
    rows: list[Row],
    year_column: str,
    found: dict[int, dict[int, Pair]],
    low: float,
    high: float,
) -> bool:
    """The same for a table of plain numbers within their bounds, none of them twice; False where it is not one."""
    places = [table.columns[name] for name in (year_column, "age", "male", "female")]
    try:
        years, ages, men, women = ([float(row.fields[place]) for row in rows] for place in places)
    except ValueError:
        return False
    sound = _whole(years, 1800, 2300) and _whole(ages, 0, OLDEST_AGE) and _within(men, low, high)
    if not sound or not _within(women, low, high):
        return False
    for year, age, pair in zip(years, ages, zip(men, women, strict=True), strict=True):
        found.setdefault(int(year), {})[int(age)] = pair
    return sum(map(len, found.values())) == len(rows)


def _whole(values: list[float], low: float, high: float) -> bool:
    return _within(values, low, high) and all(map(float.is_integer, values))


def _within(values: list[float], low: float, high: float) -> bool:
    """All finite and within bounds; a NaN fails, though it would hide from `min` and `max`."""
    return all(map(isfinite, values)) and low <= min(values) and max(values) <= high


def _add(table: CsvTable, row: Row, ages: dict[int, Pair], pair: Pair | None) -> None:
    age = table.whole(row, "age", 0, OLDEST_AGE)
    if age is not None:
        # A bad number has been reported already; the zero keeps its age from being reported as missing, too.
        _add_once(table, row, "age", ages, age, pair or (0.0, 0.0))


def _add_once(table: CsvTable, row: Row, column: str, values: dict[int, Any], key: int, value: Any) -> None:
    if key in values:
        table.blame(row, column, f"{column} {key} is there twice.", "Keep one of the rows.")
    values[key] = value


def _faults_of_pattern(year: int, ages: dict[int, float], first: set[int]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the fertility pattern of one year: column, message, remedy."""
    gap = _first_gap(sorted(ages), 1 if _single(ages) else 5)
    if gap is not None:
        yield "age", f"mid_year {year}: age {gap} is missing.", "Give every age or every group."
    if abs(sum(ages.values()) - 100) > 0.5:
        message = f"mid_year {year}: the percentages add up to {sum(ages.values()):g}, not 100."
        yield "percent", message, "They are the shares of each age group in total fertility."
    if set(ages) != first:
        yield "age", f"mid_year {year} has other ages than the first one.", "Give the same ages."


def _row_of(table: CsvTable, rows: Iterable[Row], column: str, year: int) -> Row | None:
    """The first row of a year, to point at."""
    position = table.columns[column]
    return next((row for row in rows if row.fields[position].strip().startswith(str(year))), None)


def _single(ages: Iterable[int]) -> bool:
    """Whether ages are single years: two of them follow each other above age 1."""
    there = set(ages)
    return any(age + 1 in there for age in there if age >= 1)


def _first_gap(ages: Sequence[int], step: int) -> int | None:
    """The first age missing between the first and the last."""
    return next((low + step for low, high in pairwise(ages) if high != low + step), None)


def _check_ages(table: CsvTable, rows: list[Row], ages: dict[int, Pair], what: str, abridged: bool) -> None:
    """Ages run without gap from 0 to an open age of 75 or more: single, five-year, or (mortality) 0, 1, 5, 10
    ..."""
    there = sorted(ages)
    grouped = [age for age in there if not (abridged and age == 1)]
    gap = _first_gap(there, 1) if _single(there) else _first_gap(grouped, 5)
    if there[0] != 0:
        gap = 0
    elif abridged and 1 not in there:
        gap = 1
    if gap is None and there[-1] >= YOUNGEST_OPEN_AGE:
        return
    year = what.removeprefix("mid_year ").split()[0]
    row = _row_of(table, rows, "mid_year" if abridged else "year", int(year))
    if gap is not None:
        remedy = "Give every age (or every group) up to the open one."
        table.blame(row, "age", f"{what}: age {gap} is missing.", remedy)
    else:
        message = f"{what}: the open age group starts at {there[-1]}."
        table.blame(row, "age", message, f"Give ages up to {YOUNGEST_OPEN_AGE} or more.")


def _check_even(
    table: CsvTable, rows: list[Row], column: str, values: Iterable[int], step: int | None = None
) -> None:
    """Years follow each other evenly."""
    years = sorted(values)
    width = step or min((high - low for low, high in pairwise(years)), default=1)
    gap = _first_gap(years, width)
    if gap is not None:
        row = _row_of(table, rows, column, gap - width)
        table.blame(row, column, f"{column} {gap} is missing.", "Give the years without gaps.")
