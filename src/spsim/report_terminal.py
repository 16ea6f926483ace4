"""The short table on the terminal after a run: what a minister would ask first.

Takes its numbers from the tables `indicators` and `accounts`; what is not there is left out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spsim.balancing import CLOSING
from spsim.results import Result

LABEL, CELL, WIDTH = 40, 12, 100
OLD_AGE = 65
MILESTONES = (2050, 2075)

#: (indicator, label, kind of number), in the order of printing.
LINES = (
    ("contributors", "contributors", "persons"),
    ("pensioners", "pensioners", "persons"),
    ("recipients", "recipients", "persons"),
    ("coverage", "recipients, % of persons of the age", "share"),
    ("beneficiaries", "beneficiaries a month", "persons"),
    ("average_duration_months", "average duration, months", "plain"),
    ("exhaustion_rate", "exhaust their benefit", "share"),
    ("replacement_rate_at_award", "average replacement rate at award", "share"),
    ("payg_cost_rate", "cost rate, % of insured wages", "share"),
    ("expenditure_to_gdp", "expenditure, % of GDP", "share"),
    ("reserve", "reserve", "money"),
    ("reserve_ratio", "reserve, years of expenditure", "plain"),
)
MOMENTS = (
    ("first_deficit_year", "first year in deficit", "no deficit before {}"),
    ("depletion_year", "reserve used up in", "not depleted before {}"),
)
OF_FUND = ("reserve", "reserve_ratio")
TOLD = frozenset(name for name, *_ in (*LINES, *MOMENTS))
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"))

#: Yearly values by year; the year None is the whole period; the value None means that it never happens.
Series = Mapping[int | None, float | None]


@dataclass(frozen=True)
class Figures:
    """The series of one scheme by indicator, and their units."""

    series: dict[str, dict[int | None, float | None]]
    units: dict[str, str]


def summary_lines(result: Result) -> list[str]:
    """The table, line by line: ASCII, aligned, at most 100 characters wide."""
    years = columns(result)
    country = f" ({result.country})" if result.country else ""
    span = f"{country}, {result.first_year} to {result.last_year}"
    lines = [f"{result.title[: WIDTH - len(span)]}{span}", *_people(result, years)]
    schemes = by_scheme(result)
    for scheme, figures in schemes.items():
        block = list(_block(figures, years, result, _shares_fund(result, scheme)))
        if block:
            lines += ["", _heading(_title(result, scheme), years), *block]
    told = {
        _scheme(result, scheme).get("fund", scheme) for scheme, f in schemes.items() if "reserve" in f.series
    }
    funds = {
        fund: series
        for fund, series in reserves(result).items()
        if fund not in told and max(abs(value or 0.0) for value in series.values()) > 100.0
    }
    if funds:
        lines += ["", _heading("Reserves of funds", years)]
        lines += [_line(fund, "money", series, years, result.currency) for fund, series in funds.items()]
    return [_ascii(line) for line in lines]


def _people(result: Result, years: list[int]) -> list[str]:
    """Population, its older part and the employed, where the run has them."""
    everyone = _totals(result, "population", "persons")
    if not everyone:
        return []
    older = _totals(result, "population", "persons", youngest=OLD_AGE)
    shares: Series = {year: old / everyone[year] for year, old in older.items() if everyone[year]}
    lines = ["", _heading("People", years), _line("population", "persons", everyone, years, "")]
    lines.append(_line(f"aged {OLD_AGE} and over", "share", shares, years, ""))
    employed = _totals(result, "labour_force", "employed")
    return [*lines, _line("employed", "persons", employed, years, "")] if employed else lines


def _totals(result: Result, table: str, column: str, youngest: int = 0) -> dict[int | None, float]:
    """Sum of a column by year, from an age on."""
    columns_of = result.tables.get(table, {})
    year, age, value = (np.asarray(columns_of.get(name, [])) for name in ("year", "age", column))
    years, place = np.unique(year[age >= youngest], return_inverse=True)
    sums = np.bincount(place, value[age >= youngest], len(years))
    return dict(zip(years.tolist(), sums.tolist(), strict=True))


def columns(result: Result) -> list[int]:
    """The first year, the milestones inside the horizon, the last year."""
    middle = (year for year in MILESTONES if result.first_year < year < result.last_year)
    return list(dict.fromkeys([result.first_year, *middle, result.last_year]))


def by_scheme(result: Result) -> dict[str, Figures]:
    """The indicators of each scheme that are told, in the order in which the schemes appear."""
    table = result.tables.get("indicators", {})
    names = ("scheme", "year", "indicator", "value", "unit")
    found: dict[str, Figures] = {}
    for scheme, year, indicator, value, unit in zip(*(table.get(name, []) for name in names)):
        if indicator not in TOLD:
            continue
        figures = found.setdefault(str(scheme), Figures({}, {}))
        figures.series.setdefault(str(indicator), {})[_whole(year)] = _number(value)
        figures.units[str(indicator)] = str(unit)
    return found


def reserves(result: Result) -> dict[str, dict[int | None, float | None]]:
    """The closing reserve of each fund by year."""
    table = result.tables.get("accounts", {})
    found: dict[str, dict[int | None, float | None]] = {}
    rows = zip(*(table.get(name, []) for name in ("fund", "year", "item", "amount")))
    for fund, year, item, amount in rows:
        if item == CLOSING:
            found.setdefault(str(fund), {})[int(year)] = float(amount)
    return found


def _scheme(result: Result, scheme: str) -> Mapping[str, Any]:
    """The scheme as the scenario describes it; empty if it does not."""
    described = (result.resolved.get("schemes") or {}).get(scheme)
    return described if isinstance(described, Mapping) else {}


def _heading(title: str, years: list[int]) -> str:
    return f"{title[: LABEL - 2]:<{LABEL}}" + "".join(f"{year:>{CELL}}" for year in years)


def _title(result: Result, name: str) -> str:
    """The title of a scheme, or of the fund in `fund:name`; its id without one."""
    if name.startswith("fund:"):
        described = (result.resolved.get("funds") or {}).get(name[5:]) or {}
        return f"Fund: {described.get('title') or name[5:]}"
    return str(_scheme(result, name).get("title") or name)


def _shares_fund(result: Result, scheme: str) -> bool:
    """Whether other schemes are paid from the same fund; its reserve is then told once, for the fund."""
    fund = _scheme(result, scheme).get("fund")
    described = (result.resolved.get("schemes") or {}).values()
    return (
        fund is not None
        and sum(isinstance(one, Mapping) and one.get("fund") == fund for one in described) > 1
    )


def _block(figures: Figures, years: list[int], result: Result, shares_fund: bool) -> Iterator[str]:
    """The lines of one scheme or fund; a fund that never holds anything, because the State pays its deficit, has no reserve to tell."""
    held = [abs(value) for value in figures.series.get("reserve_ratio", {}).values() if value is not None]
    shares_fund = shares_fund or (bool(held) and max(held) < 1e-3)
    for indicator, label, kind in LINES:
        series = None if shares_fund and indicator in OF_FUND else figures.series.get(indicator)
        if series and any(series.get(year) is not None for year in years):
            in_percent = kind == "share" and figures.units[indicator] in ("percent", "%")
            yield _line(label, "percent" if in_percent else kind, series, years, result.currency)
    for indicator, label, never in MOMENTS:
        if indicator in figures.series and not shares_fund:
            moments = [year for year in figures.series[indicator].values() if year is not None]
            text = f"{min(moments):.0f}" if moments else never.format(result.last_year)
            yield f"  {label:<{LABEL - 2}}{text:>{CELL}}"


def _line(label: str, kind: str, series: Series, years: list[int], currency: str) -> str:
    """One line of numbers, large ones in thousands, millions, billions or trillions."""
    values = [series.get(year) for year in years]
    scale, word = _scale(kind, max((abs(value) for value in values if value is not None), default=0.0))
    unit = " ".join(part for part in (currency if kind == "money" else "", word) if part)
    head = f"  {label}" + (f", {unit}" if unit else "")
    return f"{head[:LABEL]:<{LABEL}}" + "".join(f"{_cell(kind, value, scale):>{CELL}}" for value in values)


def _scale(kind: str, largest: float) -> tuple[float, str]:
    """The divisor and its name that keep the largest number readable."""
    if kind not in ("money", "persons"):
        return 1.0, ""
    wanted = SCALES if kind == "money" else SCALES[2:]
    return next(((size, word) for size, word in wanted if largest >= 10 * size), (1.0, ""))


def _cell(kind: str, value: float | None, scale: float) -> str:
    if value is None:
        return "-"
    if kind in ("share", "percent"):
        return f"{value * (100 if kind == 'share' else 1):.1f} %"
    if kind == "plain" or abs(value / scale) < 100:
        return f"{value / scale:,.1f}"
    return f"{value / scale:,.0f}"


def _whole(year: Any) -> int | None:
    return None if year is None or year != year else int(year)


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _ascii(line: str) -> str:
    """ASCII letters without their accents, for terminals that know no others."""
    plain = line.replace("\u0111", "d").replace("\u0110", "D")
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return plain.encode("ascii", "replace").decode()[:WIDTH].rstrip()
