"""Labour force participation by single age, from single ages or five-year groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spsim.data import graduation
from spsim.data.bundle import participation_file
from spsim.data.csv_table import CsvTable, Row, TableError, TableProblem, open_table
from spsim.data.demography import base_population
from spsim.data.folder import FolderReader
from spsim.data.life_table import AGES

Array = NDArray[np.float64]

LARGEST_RATE = 0.99
LAST_WORKING_AGE = 80
REFERENCE_YEAR = 2020


def read_participation(folder: Path, country: str | None) -> Array:
    """Participation rates (2, 101), zero below the first age given; single ages or five-year groups, the last
    one open.

    A folder without participation.csv takes the bundled rates of the same country. Raises TableError.
    """
    path = participation_file(folder, country)
    problems: list[TableProblem] = []
    table = open_table(path, ("age", "male", "female"), problems)
    rates = _rates(table, country) if table else {}
    if problems:
        raise TableError(problems)
    ages = sorted(rates)
    values = np.minimum(np.array([rates[age] for age in ages]).T, LARGEST_RATE)
    if ages == list(range(ages[0], ages[-1] + 1)):
        return single_ages(ages, values)
    return graduate_participation(ages, values, _weights(path.parent, country))


def single_ages(ages: Sequence[int], rates: Array) -> Array:
    """Rates (2, len(ages)) put at their ages; the last one holds for all older ages."""
    result = np.zeros((2, AGES))
    result[:, list(ages)] = rates
    result[:, ages[-1] :] = rates[:, -1:]
    return result


def graduate_participation(ages: Sequence[int], rates: Array, persons: Array) -> Array:
    """Single-age rates (2, 101) of group rates (2, groups), the last group open; the labour force of each
    group is kept.

    Below the open group: as smooth as can be, never below 0 nor above 0.99 (a cut there is the one thing that
    loses labour
    force). In the open group a rate falls from the one reached before it to zero after age 80,
    r(x) = r (1 - (x + 1/2 - open) / (81 - open))^k, with k such that the group's labour force is reproduced.
    persons (2, 101): the population the rates refer to.
    """
    first, last = ages[0], ages[-1]
    result = np.zeros((2, AGES))
    bounds = [(age - first, age - first + 5) for age in ages[:-1]]
    middle = np.maximum(persons[:, first:last], 1e-9)
    labour_force = rates[:, :-1] * np.add.reduceat(middle, [low for low, _ in bounds], axis=1)
    single = graduation.graduate_totals(labour_force, bounds, middle)
    result[:, first:last] = np.minimum(single / middle, LARGEST_RATE)
    for sex in (0, 1):
        old = persons[sex, last:]
        result[sex, last:] = _fade(result[sex, last - 1], rates[sex, -1] * old.sum(), old, last)
    return result


def _fade(reached: float, labour_force: float, persons: Array, first: int) -> Array:
    """Falling rates from ``first`` to 80 that sum to ``labour_force``; bisection on the exponent."""
    left = np.clip(1 - (np.arange(len(persons)) + 0.5) / (LAST_WORKING_AGE + 1 - first), 0, 1)
    low, high = 0.0, 200.0
    for _ in range(80):
        power = (low + high) / 2
        shape = np.where(left > 0, left**power, 0)
        if reached * (shape * persons).sum() > labour_force:
            low = power
        else:
            high = power
    total = (shape * persons).sum()
    return np.minimum(shape * labour_force / total, LARGEST_RATE) if total > 0 else np.zeros(len(persons))


def _rates(table: CsvTable, country: str | None) -> dict[int, tuple[float, float]]:
    """{age: (male, female)} of the country, gaps and bad numbers noted as problems."""
    rows = [row for row in table.rows if not table.has("iso3") or table.text(row, "iso3") == country]
    if not rows:
        table.blame(None, "iso3", f"country '{country}' is not in the file.", "Name one that is.")
    rates: dict[int, tuple[float, float]] = {}
    for row in rows:
        _add(table, row, rates)
    ages = sorted(rates)
    step = 1 if len(ages) > 1 and ages[1] == ages[0] + 1 else 5
    if ages and ages != list(range(ages[0], ages[-1] + 1, step)):
        table.blame(rows[0], "age", "ages have gaps.", "Give every single age or every five-year group.")
    return rates


def _add(table: CsvTable, row: Row, rates: dict[int, tuple[float, float]]) -> None:
    age = table.whole(row, "age", 0, AGES - 1)
    male, female = table.number(row, "male", 0.0, 1.05), table.number(row, "female", 0.0, 1.05)
    if age is not None and male is not None and female is not None:
        if age in rates:
            table.blame(row, "age", f"age {age} is there twice.", "Keep one of the rows.")
        rates[age] = (male, female)


def _weights(folder: Path, country: str | None) -> Array:
    """The population (2, 101) of the folder nearest to the reference year of the rates."""
    reader = FolderReader(folder, country, "medium")
    tables = reader.read()
    if reader.problems:
        raise TableError(reader.problems)
    return base_population(tables, min(tables.population, key=lambda year: abs(year - REFERENCE_YEAR)))
