"""The workbook, read back: sheets, sums, formats, and text that must not become a formula."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from spsim import excel_layouts
from spsim.excel_layouts import age_groups, selected_years, unit_format
from spsim.results import COLUMNS, write
from test_results import YEARS, indicator_columns, make_result, population_columns

Rows = list[list[Any]]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write(make_result(), folder, formats=("xlsx",))
    return folder / "results.xlsx"


def read(path: Path, sheet: str) -> Rows:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_sheets_in_order_of_reading(workbook: Path) -> None:
    assert CalamineWorkbook.from_path(workbook).sheet_names == [
        "Read me",
        "Charts",
        "population",
        "population by age",
        "accounts",
        "indicators",
    ]


def test_first_sheet_says_what_was_run_and_assumed(workbook: Path) -> None:
    rows = [[cell for cell in row if cell != ""] for row in read(workbook, "Read me")]
    assert rows[0] == ["Việt Nam: pensions"]
    assert ["Country", "VNM"] in rows
    assert ["Years", "2025 to 2027"] in rows
    assert ["Law: pension", "Law 41/2024/QH15"] in rows
    assert ["the wage in 2024 is estimated"] in rows
    assert ["accounts of the funds", "1.5e-16"] in rows
    assert ["What was assumed (1 of 2 not official, coloured)"] in rows
    assert ["economy.inflation", "growth of prices", "0.03", "own choice", "assumption"] in rows
    index = {row[0] for row in rows if row}
    assert {"Charts", "population", "accounts", "indicators"} <= index


def test_unofficial_assumptions_are_coloured(workbook: Path) -> None:
    files = parts(workbook)
    strings = files["xl/sharedStrings.xml"].split("<si>")[1:]
    number = next(i for i, text in enumerate(strings) if ">economy.inflation<" in text)
    sheet = files["xl/worksheets/sheet1.xml"]
    cell = next(part for part in sheet.split("<c ") if f"<v>{number}</v>" in part and 't="s"' in part)
    style = int(cell.split('s="')[1].split('"')[0])
    form = files["xl/styles.xml"].split("<cellXfs")[1].split("<xf ")[style + 1]
    fill = files["xl/styles.xml"].split("<fill>")[int(form.split('fillId="')[1].split('"')[0]) + 1]
    assert "FFFFE9B0" in fill


def test_nothing_becomes_a_formula(workbook: Path) -> None:
    files = parts(workbook)
    assert not [name for name, text in files.items() if name.startswith("xl/worksheets/") and "<f>" in text]
    assert ["=HYPERLINK(1)", "-0.75"] in [row[1:3] for row in read(workbook, "Read me")]


def test_identifiers_that_look_like_formulas_are_guarded(tmp_path: Path) -> None:
    columns = indicator_columns()
    columns["scheme"] = ["@pension"] * len(columns["scheme"])
    write(make_result(tables={"indicators": columns}), tmp_path, formats=("xlsx",))
    assert read(tmp_path / "results.xlsx", "indicators")[2][0] == "@pension"
    assert 'quotePrefix="1"' in parts(tmp_path / "results.xlsx")["xl/styles.xml"]


def test_population_by_age_group_adds_up(workbook: Path) -> None:
    note, header, *rows = read(workbook, "population")
    assert "five-year age group" in note[0]
    assert header[:4] == ["measure", "sex", "year", "total"]
    assert header[4:6] == ["0-4", "5-9"] and header[-1] == "100+"
    cells = {(row[1], int(row[2])): row[3:] for row in rows}
    source = population_columns()
    for year in YEARS:
        for place, (low, high) in enumerate([(0, 200), (0, 5), (5, 10)]):
            for sex in ("male", "female"):
                chosen = (source["year"] == year) & (source["sex"] == sex)
                chosen &= (source["age"] >= low) & (source["age"] < high)
                assert cells[sex, year][place] == pytest.approx(source["persons"][chosen].sum(), abs=0.1)
        both = [male + female for male, female in zip(cells["male", year], cells["female", year])]
        assert cells["both", year] == pytest.approx(both)
        assert sum(cells["both", year][1:]) == pytest.approx(cells["both", year][0])
    assert cells["male", 2025][-1] == pytest.approx(sum(1e5 / (1 + age) for age in (100, 101, 102)), abs=0.01)


def test_single_ages_have_their_own_sheet(workbook: Path) -> None:
    _, header, *rows = read(workbook, "population by age")
    assert header[4:] == [*map(str, range(100)), "100+"]
    assert [(row[1], row[2]) for row in rows] == [(s, y) for s in ("male", "female") for y in YEARS]
    assert rows[0][4] == 100_000.0


def test_long_tables_say_where_the_single_ages_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_layouts, "DETAIL_LIMIT", 600)
    write(make_result(), tmp_path, formats=("xlsx",))
    names = CalamineWorkbook.from_path(tmp_path / "results.xlsx").sheet_names
    assert "population" in names and "population by age" not in names
    assert "618 rows in tables/population.csv" in read(tmp_path / "results.xlsx", "population")[0][0]


def test_a_long_table_of_benefits_shows_chosen_years_of_both_sexes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_layouts, "LONG_TABLE", 3)
    monkeypatch.setattr(excel_layouts, "selected_years", lambda first, last: [2025, 2027])
    cells = [(y, s) for y in YEARS for s in ("male", "female")]
    table = {
        "scheme": ["pension"] * 6, "benefit": ["old_age"] * 6, "year": [y for y, _ in cells],
        "sex": [s for _, s in cells], "age": [70] * 6, "persons": [10.0] * 6, "amount": [100.0] * 6,
    }  # fmt: skip
    result = make_result()
    write(replace(result, tables={**result.tables, "beneficiaries": table}), tmp_path, formats=("xlsx",))
    note, _, *rows = read(tmp_path / "results.xlsx", "beneficiaries")
    assert "chosen years" in note[0] and "by sex there too" in note[0]
    assert [(row[2], row[3], row[4], row[5]) for row in rows] == [
        ("persons", "both", 2025, 20.0), ("persons", "both", 2027, 20.0),
        ("amount", "both", 2025, 200.0), ("amount", "both", 2027, 200.0),
    ]  # fmt: skip


def test_accounts_have_years_down_and_items_across(workbook: Path) -> None:
    _, header, *rows = read(workbook, "accounts")
    assert header == ["fund", "year", "opening_reserve", "contributions", "benefits", "closing_reserve"]
    assert [row[:2] for row in rows] == [["pension_fund", year] for year in YEARS]
    for row in rows:
        assert sum(row[2:5]) == row[5]


def test_indicators_have_the_whole_period_and_every_year_across(workbook: Path) -> None:
    _, header, *rows = read(workbook, "indicators")
    assert header == ["scheme", "indicator", "unit", "whole period", "2025", "2026", "2027"]
    found = {(row[0], row[1]): row[2:] for row in rows}
    assert found["pension", "payg_cost_rate"] == ["share", "", 0.08, 0.09, 0.1]
    assert found["pension", "first_deficit_year"] == ["year", 2026.0, "", "", ""]
    assert found["pension", "depletion_year"] == ["year", "", "", "", ""]
    assert set(found) == set(zip(*(indicator_columns()[c] for c in ("scheme", "indicator"))))


def test_tables_are_frozen_filtered_and_formatted(workbook: Path) -> None:
    files = parts(workbook)
    for number in range(3, 7):
        sheet = files[f"xl/worksheets/sheet{number}.xml"]
        assert "<autoFilter " in sheet and 'state="frozen"' in sheet
    assert {row_format(files, 5, "C3"), row_format(files, 5, "F5")} == {"#,##0"}
    assert row_format(files, 3, "E3") == "#,##0"
    rows = read(workbook, "indicators")
    place = next(i for i, row in enumerate(rows, 1) if row[1] == "payg_cost_rate")
    assert row_format(files, 6, f"E{place}") == "0.00%"


def row_format(files: dict[str, str], sheet: int, cell: str) -> str:
    """The number format of a cell, from the raw XML."""
    styles = files["xl/styles.xml"]
    found = re.search(f'<c r="{cell}" s="([0-9]+)"', files[f"xl/worksheets/sheet{sheet}.xml"])
    assert found, f"{cell} has no format"
    form = styles.split("<cellXfs")[1].split("<xf ")[int(found[1]) + 1]
    code = re.search('numFmtId="([0-9]+)"', form)
    assert code
    own = re.search(f'<numFmt numFmtId="{code[1]}" formatCode="([^"]*)"', styles)
    return own[1] if own else {"1": "0", "3": "#,##0"}.get(code[1], code[1])


def test_charts_point_at_the_right_cells(workbook: Path) -> None:
    files = parts(workbook)
    charts = [text for name, text in sorted(files.items()) if name.startswith("xl/charts/")]
    assert len(charts) == 4
    assert "accounts!$F$3:$F$5" in charts[0]
    rows = read(workbook, "indicators")
    first, last = _rows(charts[1])
    assert first == last and rows[first - 1][:2] == ["pension", "payg_cost_rate"]
    assert f"indicators!$E${first}:$G${first}" in charts[1]
    assert "indicators!$E$2:$G$2" in charts[1]
    assert "population!$D$3:$D$5" in charts[3]


def test_charts_have_readable_axes(workbook: Path) -> None:
    files = parts(workbook)
    reserve, cost_rate = files["xl/charts/chart1.xml"], files["xl/charts/chart2.xml"]
    assert '<c:builtInUnit val="trillions"/>' in reserve
    assert 'formatCode="0%"' in cost_rate and "builtInUnit" not in cost_rate


def test_workbook_holds_no_time_of_writing(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        dates = re.findall(">([0-9]{4})-[0-9-]+T", archive.read("docProps/core.xml").decode())
    assert dates == ["2000", "2000"]


def _rows(chart: str) -> tuple[int, int]:
    """First and last row, as Excel counts them, of the values of the first series."""
    span = chart.split("<c:val>")[1].split("<c:f>")[1].split("</c:f>")[0]
    low, high = (part.rsplit("$", 1)[1] for part in span.split(":"))
    return int(low), int(high)


def test_members_and_benefits_by_measure(tmp_path: Path) -> None:
    keys = [
        ("p", b, y, s, a)
        for b in ("old_age", "funeral")
        for y in YEARS
        for s in ("male", "female")
        for a in (59, 60)
    ]
    columns: dict[str, Any] = dict(zip(COLUMNS["beneficiaries"], map(list, zip(*keys))))
    columns |= {
        "persons": [float(i) for i in range(len(keys))],
        "amount": [1e6 * i for i in range(len(keys))],
    }
    write(make_result(tables={"beneficiaries": columns}), tmp_path, formats=("xlsx",))
    _, header, *rows = read(tmp_path / "results.xlsx", "beneficiaries")
    assert header == ["scheme", "benefit", "measure", "sex", "year", "total", "55-59", "60-64"]
    cells = {tuple(row[:5]): row[5] for row in rows}
    assert cells["p", "old_age", "persons", "both", 2025] == 0 + 1 + 2 + 3
    assert cells["p", "funeral", "amount", "female", 2027] == 1e6 * (22 + 23)
    assert len(rows) == 2 * 2 * 3 * 3


def test_age_groups() -> None:
    labels, groups = age_groups(120, 5)
    assert labels[0] == "0-4" and labels[-2:] == ["95-99", "100+"]
    assert groups[99] == 19 and groups[100] == groups[120] == 20


def test_selected_years() -> None:
    assert selected_years(2024, 2041) == [2024, 2025, 2026, 2027, 2028, 2030, 2035, 2040, 2041]
    assert selected_years(2024, 2025) == [2024, 2025]


@pytest.mark.parametrize(
    ("unit", "values", "code"),
    [
        ("share", [0.1, 0.2], "0.00%"),
        ("year", [2050], "0"),
        ("persons", [12.0], "#,##0"),
        ("months", [4.5, None, 6.0], "#,##0.00"),
        ("VND", [3.0, -20_000.0], "#,##0"),
        ("months", [None], "#,##0.00"),
    ],
)
def test_unit_format(unit: str, values: list[float | None], code: str) -> None:
    """The largest figure of a row says how all of it is shown."""
    assert unit_format(unit, values) == code


def test_a_full_disk_is_an_error_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write(make_result(), tmp_path, formats=("xlsx",))
    assert caught.value.errno == 28
