"""`spsim valuation` on the screen, as JSON, and as tables in a folder.

Comes in: a scenario file. Goes out: lines of text or tables `financing`, `not_valued`, `systems`, `generations`, `balance_sheet`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spsim.checking import Checked, check, of_table
from spsim.data.csv_table import TableError
from spsim.errors import InputError
from spsim.fund_measures import COLUMNS, Measure
from spsim.results import Columns, Result, write
from spsim.run import computed
from spsim.run_folder import check_target, default_folder, fresh_run_folder
from spsim.running import command_line, load_numba
from spsim.tables import assumptions, inputs
from spsim.tables_notes import notes
from spsim.valuation import FundValuation, valued

GROUPS = ("everyone", "pensioners", "members", "new_entrants", "first_entrants", "accrued")
SHOWN_YEARS = 6
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand"), (1.0, "units of"))
WIDTH = 100


class Valued:
    """A checked scenario, its run and the valuation of its funds."""

    def __init__(self, file: Path, july: bool) -> None:
        self.checked = checked(file)
        assert self.checked.scenario is not None and self.checked.document is not None
        self.scenario, self.document, self.july = self.checked.scenario, self.checked.document, july
        load_numba()
        try:
            self.outcome = computed(self.scenario, self.document)
        except TableError as error:
            raise InputError(of_table(problem) for problem in error.problems) from None
        self.funds = valued(self.outcome, july)

    @property
    def currency(self) -> str:
        return self.scenario.meta.currency or "currency"


def checked(file: Path) -> Checked:
    """The file, checked. Raises InputError with every problem found."""
    found = check(file)
    if found.errors:
        raise InputError(found.problems)
    return found


def run_valuation(file: Path, july: bool, form: str, out: Path | None, overwrite: bool) -> Iterator[str]:
    """The whole command: compute, write if asked, and the lines to print. Raises InputError, IdentityError, OSError."""
    started = datetime.now(UTC)
    name = f"{identifier(file)}_valuation"
    if out is not None:
        check_target(out, name, overwrite)
    found = Valued(file, july)
    if out is not None:
        with fresh_run_folder(out, name, overwrite) as folder:
            write(result(found, name), folder, command_line=command_line(), started=started)
    yield from [as_json(found)] if form == "json" else told(found)
    if out is not None and form == "text":
        yield f"Tables: {out}"


def identifier(file: Path) -> str:
    """The scenario's id; a file that does not pass the check is refused before anything runs."""
    scenario = checked(file).scenario
    assert scenario is not None
    default_folder(scenario.meta.id)  # refuses an id that no folder can bear
    return scenario.meta.id


# --- tables -------------------------------------------------------------------------------------------------


def tables(found: Valued) -> dict[str, Columns]:
    """All tables of a valuation."""
    return {
        "financing": _table(COLUMNS, _measures(found, with_value=True)),
        "not_valued": _table(("fund", "measure", "period", "reason"), _measures(found, with_value=False)),
        "systems": _table(
            ("fund", "system", "year", "rate", "reserve", "reserve_to_wages"), list(_systems(found.funds))
        ),
        "generations": _table(
            ("fund", "group", "year", "contributory_wages", "contributions", "expenditure"),
            list(_generations(found.funds)),
        ),
        "balance_sheet": _table(("fund", "basis", "side", "item", "amount"), list(_sheets(found.funds))),
    }


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns:
    return {column: [row[place] for row in rows] for place, column in enumerate(columns)}


def _measures(found: Valued, with_value: bool) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for fund in found.funds:
        for one in fund.measures:
            if with_value and one.value is not None:
                unit = found.currency if one.unit == "currency" else one.unit
                rows.append((fund.series.fund, one.name, one.period, one.value, unit))
            elif not with_value and one.value is None:
                rows.append((fund.series.fund, one.name, one.period, one.reason))
    return rows


def _systems(funds: Sequence[FundValuation]) -> Iterator[tuple[Any, ...]]:
    """Rates charged and reserves at the end of each year, by system."""
    for fund in funds:
        wages = fund.series.wages
        for system, charged in fund.systems.items():
            for t, (rate, reserve) in enumerate(zip(charged.rate, charged.reserve, strict=True)):
                yield (
                    fund.series.fund,
                    system,
                    int(fund.series.years[t]),
                    float(rate),
                    float(reserve),
                    float(reserve / wages[t]),
                )


def _generations(funds: Sequence[FundValuation]) -> Iterator[tuple[Any, ...]]:
    for fund in funds:
        if fund.generations is None:
            continue
        for group in GROUPS:
            flows = getattr(fund.generations, group)
            rows = zip(fund.series.years, flows.wages, flows.contributions, flows.expenditure, strict=True)
            for year, *money in rows:
                yield fund.series.fund, group, int(year), *(float(amount) for amount in money)


def _sheets(funds: Sequence[FundValuation]) -> Iterator[tuple[Any, ...]]:
    """Both sides of each balance sheet; the deficit (a surplus below 0) is the asset that makes them equal."""
    for fund in funds:
        for basis, sheet in fund.sheets.items():
            rows = [("asset", *item) for item in sheet.assets.items()]
            rows += [("liability", *item) for item in sheet.liabilities.items()]
            for side, item, amount in [*rows, ("asset", "deficit", sheet.deficit)]:
                yield fund.series.fund, basis, side, item, amount


def result(found: Valued, name: str) -> Result:
    """The tables with what was assumed, ready to be written."""
    scenario, document = found.scenario, found.document
    return Result(
        scenario_id=name,
        title=f"{scenario.meta.title}: actuarial valuation",
        country=scenario.meta.country,
        currency=scenario.meta.currency,
        first_year=scenario.horizon.start,
        last_year=scenario.horizon.end,
        tables=tables(found),
        assumptions=assumptions(scenario, document),
        warnings=notes(found.outcome),
        inputs=inputs(document, found.outcome),
        resolved=document.data,
        identities=list(found.outcome.identities.items()),
    )


def as_json(found: Valued) -> str:
    """All tables as one JSON object of lists of rows."""
    rows = {
        name: [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]
        for name, table in tables(found).items()
    }
    return json.dumps(
        {"scenario": found.scenario.meta.id, "july": found.july, **rows}, indent=2, allow_nan=False
    )


# --- text ---------------------------------------------------------------------------------------------------


def told(found: Valued) -> Iterator[str]:
    """Fund by fund: measures, rates under each system, balance sheets, and what has no value and why."""
    day = "1 July" if found.july else "1 January"
    yield found.scenario.meta.title
    yield f"Valuation on {day} {found.scenario.horizon.start}; amounts in {found.currency}; rates in % of contributory wages."
    if not found.funds:
        yield "No fund collects contributions and pays benefits."
    for fund in found.funds:
        yield ""
        yield f"Fund {fund.series.fund}"
        scale = _scale(fund)
        yield from (_measure(one, scale, found.currency) for one in fund.measures if one.value is not None)
        yield from _rates(fund)
        yield from _balance(fund, scale, found.currency)
        missing = [one for one in fund.measures if one.value is None]
        if missing:
            yield "  Without a value"
        yield from (f"    {one.name}, {one.period}: {one.reason}" for one in missing)


def _scale(fund: FundValuation) -> tuple[float, str]:
    size = max((abs(one.value or 0.0) for one in fund.measures if one.unit == "currency"), default=1.0) / 10
    return next(scale for scale in SCALES if size >= scale[0] or scale[0] == 1.0)


def _measure(one: Measure, scale: tuple[float, str], currency: str) -> str:
    assert one.value is not None
    if one.unit == "share":
        value = f"{100 * one.value:.2f} %"
    elif one.unit == "currency":
        value = f"{one.value / scale[0]:,.1f} {scale[1]} {currency}"
    else:
        value = f"{one.value:.2f}" + (" years" if one.unit == "years" else "")
    return f"  {one.name:<45}{one.period:<13}{value:>28}"


def _rates(fund: FundValuation) -> Iterator[str]:
    years = fund.series.years
    places = list(range(0, len(years), max(len(years) // SHOWN_YEARS, 1)))[: SHOWN_YEARS + 1]
    yield "  Rate under each system, %" + "".join(f"{int(years[t]):>9}" for t in places).rjust(WIDTH - 27)
    for name, charged in fund.systems.items():
        cells = "".join(f"{100 * charged.rate[t]:9.2f}" if t < len(charged.rate) else " " * 9 for t in places)
        yield f"    {name:<26}" + cells.rjust(WIDTH - 31)


def _balance(fund: FundValuation, scale: tuple[float, str], currency: str) -> Iterator[str]:
    for basis, sheet in fund.sheets.items():
        yield f"  Balance sheet, {basis.replace('_', ' ')}, {scale[1]} {currency}"
        for side, items in (("assets", sheet.assets), ("liabilities", sheet.liabilities)):
            for item, amount in items.items():
                yield f"    {side:<12}{item:<45}{amount / scale[0]:>20,.1f}"
        yield f"    {'deficit' if sheet.deficit > 0 else 'surplus':<57}{abs(sheet.deficit) / scale[0]:>20,.1f}"
