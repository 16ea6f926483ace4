"""Tables, accounts and manifest: exact sums, promised columns, the same bytes twice."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spsim.balancing import AccountsError, balanced_accounts, unit_exponent
from spsim.report_terminal import summary_lines
from spsim.results import (
    COLUMNS,
    Assumption,
    Result,
    ResultError,
    check_accounts,
    frame,
    write,
)

YEARS = [2025, 2026, 2027]


def population_columns(years: list[int] = YEARS, ages: int = 103) -> dict[str, Any]:
    """A population in the wrong order: oldest first, women first, last year first."""
    keys = [(y, s, a) for y in reversed(years) for s in ("female", "male") for a in reversed(range(ages))]
    year, sex, age = zip(*keys)
    persons = [1e5 / (1 + a) + (s == "female") + (y - 2025) / 3 for y, s, a in keys]
    return {"year": np.array(year), "sex": np.array(sex), "age": np.array(age), "persons": np.array(persons)}


def indicator_columns() -> dict[str, list[Any]]:
    rows: list[tuple[Any, ...]] = []
    for number, year in enumerate(YEARS):
        rows += [
            ("pension", year, "payg_cost_rate", 0.08 + 0.01 * number, "share"),
            ("pension", year, "contributors", 17_123_456.0 + number, "persons"),
            ("pension", year, "pensioners", 3_000_000.0, "persons"),
            ("jobless", year, "beneficiaries", 200_000.0, "persons"),
            ("jobless", year, "exhaustion_rate", 0.25, "share"),
        ]
    rows += [
        ("pension", None, "depletion_year", float("nan"), "year"),
        ("pension", None, "first_deficit_year", 2026, "year"),
    ]
    return {name: list(column) for name, column in zip(COLUMNS["indicators"], zip(*rows))}


def make_result(**changes: Any) -> Result:
    flows = {"contributions": [1e13 / 3, 2e13 / 3, 3e13], "benefits": [-1e13 / 7, -9e13 / 7, -3e12]}
    accounts = balanced_accounts(1.2e15 + 0.4, flows).rows("pension_fund", YEARS)
    tables: dict[str, Any] = {
        "population": population_columns(),
        "accounts": accounts,
        "indicators": indicator_columns(),
    }
    result = Result(
        scenario_id="viet_nam",
        title="Việt Nam: pensions",
        country="VNM",
        currency="VND",
        first_year=2025,
        last_year=2027,
        tables=tables,
        assumptions=[
            Assumption("economy.inflation", "growth of prices", "0.03", "own choice", "assumption"),
            Assumption("schemes.pension.cap", "=HYPERLINK(1)", "-0.75", "Law 41/2024", "official"),
        ],
        warnings=["the wage in 2024 is estimated"],
        inputs=[("viet_nam.yaml", "ab" * 32)],
        resolved={
            "meta": {"id": "viet_nam"},
            "schemes": {"pension": {"law": "Law 41/2024/QH15", "title": "Pensions"}},
        },
        identities=[("accounts of the funds", 1.5e-16)],
    )
    return replace(result, **changes)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- accounts -----------------------------------------------------------------------------------------------

amounts = st.integers(-3, 17).flatmap(
    lambda size: st.floats(-(10.0**size), 10.0**size, allow_nan=False, allow_infinity=False)
)
funds = st.integers(1, 6).flatmap(
    lambda years: st.tuples(
        amounts,
        st.dictionaries(
            st.sampled_from(
                ["contributions", "state", "interest", "benefits", "lump_sums", "administration"]
            ),
            st.lists(amounts, min_size=years, max_size=years),
            min_size=1,
        ),
    )
)


@given(funds)
@example((1e17, {"interest": [0.1], "benefits": [-1e17 / 3]}))
@example((0.0, {"benefits": [0.0]}))
def test_accounts_balance_exactly_as_written(fund: tuple[float, dict[str, list[float]]]) -> None:
    """Reading the written text as decimals, opening + flows = closing = next opening, to the last digit."""
    opening, flows = fund
    balanced = balanced_accounts(opening, flows)
    table = frame("accounts", balanced.rows("f", [2025 + t for t in range(len(balanced.opening))]))
    sums: dict[int, Decimal] = {}
    ends: dict[tuple[int, str], Decimal] = {}
    for line in table.write_csv().splitlines()[1:]:
        _, year, item, amount = line.split(",")
        if item in ("opening_reserve", "closing_reserve"):
            ends[int(year), item] = Decimal(amount)
        else:
            sums[int(year)] = sums.get(int(year), Decimal(0)) + Decimal(amount)
    for year, net in sums.items():
        assert ends[year, "opening_reserve"] + net == ends[year, "closing_reserve"]
        assert (
            ends.get((year + 1, "opening_reserve"), ends[year, "closing_reserve"])
            == ends[year, "closing_reserve"]
        )


@given(funds)
def test_accounts_stay_near_the_unrounded_ones(fund: tuple[float, dict[str, list[float]]]) -> None:
    """Half a unit per flow and year at most, and the unit is small beside the fund."""
    opening, flows = fund
    balanced = balanced_accounts(opening, flows)
    exact = Fraction(opening)
    for year in range(len(balanced.opening)):
        exact += sum(Fraction(values[year]) for values in flows.values())
        allowed = 0.5001 * balanced.unit * ((year + 1) * len(flows) + 1) + 1e-12 * abs(float(exact))
        assert abs(float(Fraction(float(balanced.closing[year])) - exact)) <= allowed
    largest = max(abs(opening), *(abs(value) for values in flows.values() for value in values))
    assert balanced.unit <= max(1e-8 * largest, 1e-12)


@pytest.mark.parametrize("size", [1e9, 1e12, 1e15, 9e15, 1e16, 1e17, 1e18, 9e18])
def test_large_accounts_are_exact_in_floats_in_any_order(size: float) -> None:
    random = np.random.default_rng(7)
    flows = {f"item_{k}": random.uniform(-0.2, 0.2, 75) * size / 12 for k in range(12)}
    balanced = balanced_accounts(size / 3, flows)
    for year in range(75):
        values = [values[year] for values in balanced.flows.values()]
        for order in (values, values[::-1], sorted(values)):
            total = balanced.opening[year]
            for value in order:
                total = total + value
            assert total == balanced.closing[year]


def test_small_accounts_are_exact_in_floats_after_rounding_to_the_unit() -> None:
    balanced = balanced_accounts(0.1, {"contributions": np.full(75, 0.1), "benefits": np.full(75, -0.07)})
    decimals = -unit_exponent(1.01 * 5.0)
    for year in range(75):
        total = balanced.opening[year] + sum(values[year] for values in balanced.flows.values())
        assert round(total, decimals) == balanced.closing[year]
    assert balanced.closing[-1] == pytest.approx(0.1 + 75 * 0.03, rel=1e-9)


@pytest.mark.parametrize(
    ("total", "exponent"),
    [(0.0, -12), (1.0, -11), (5e6, -5), (2e9, 0), (9e15, 0), (1e16, 1), (1e17, 4), (1e18, 7)],
)
def test_unit(total: float, exponent: int) -> None:
    assert unit_exponent(total) == exponent


@pytest.mark.parametrize(
    ("opening", "flows", "message"),
    [
        (0.0, {"benefits": [float("nan")]}, "not finite"),
        (float("inf"), {"benefits": [1.0]}, "not finite"),
        (0.0, {"opening_reserve": [1.0]}, "cannot be a flow"),
        (0.0, {"benefits": [1e21]}, "thousands"),
        (0.0, {}, "at least one flow"),
        (0.0, {"benefits": [1.0], "state": [1.0, 2.0]}, "same years"),
    ],
)
def test_accounts_that_cannot_be_kept(opening: float, flows: dict[str, list[float]], message: str) -> None:
    with pytest.raises((ResultError, AccountsError), match=message):
        balanced_accounts(opening, flows)


@pytest.mark.parametrize(
    ("row", "amount", "message"), [(1, 5.0, "not 0"), (4, 5.0, "2026.*not 0|opens with")]
)
def test_unbalanced_accounts_are_refused(tmp_path: Path, row: int, amount: float, message: str) -> None:
    accounts = balanced_accounts(1e9, {"benefits": [-1e6, -1e6]}).rows("f", [2025, 2026])
    accounts["amount"][row] += amount
    with pytest.raises((ResultError, AccountsError), match=message):
        write(make_result(tables={"accounts": accounts}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_reserve_must_carry_over_to_the_next_year() -> None:
    accounts = balanced_accounts(1e9, {"benefits": [-1e6, -1e6]}).rows("f", [2025, 2026])
    for row in (3, 5):
        accounts["amount"][row] += 1.0
    with pytest.raises(ResultError, match="2026: opens with"):
        check_accounts(accounts)
    with pytest.raises(ResultError, match="missing"):
        check_accounts({name: values[:2] for name, values in accounts.items()})


def test_accounts_of_very_large_amounts_add_up_as_they_are_written() -> None:
    """Beyond 2^53 not every whole number has a float; what counts is the number that the CSV shows."""
    opening, flow, closing = 1.0e23, 2.0e22, 1.2e23
    assert int(opening) + int(flow) != int(closing)
    accounts = {
        "fund": ["f"] * 3,
        "year": [2025] * 3,
        "item": ["opening_reserve", "wages", "closing_reserve"],
    }
    check_accounts({**accounts, "amount": [opening, flow, closing]})
    with pytest.raises(ResultError, match="not 0"):
        check_accounts({**accounts, "amount": [opening, flow, np.nextafter(closing, np.inf)]})


# --- tables -------------------------------------------------------------------------------------------------


def test_rows_are_sorted_and_numbers_compact() -> None:
    table = frame("population", population_columns())
    assert table.columns == ["year", "sex", "age", "persons"]
    assert table.height == 3 * 2 * 103
    assert table.row(0) == (2025, "male", 0, 100_000.0)
    assert table.row(103)[:3] == (2025, "female", 0)
    assert table["persons"].to_list() == [round(value, 3) for value in table["persons"].to_list()]
    assert table["persons"].sum() == pytest.approx(
        population_columns()["persons"].sum(), abs=0.0005 * table.height
    )


def test_indicators_have_empty_year_and_empty_value(tmp_path: Path) -> None:
    write(make_result(), tmp_path, formats=("csv",))
    rows = read_csv(tmp_path / "tables/indicators.csv")
    found = {(row["indicator"], row["year"]): row["value"] for row in rows}
    assert found["depletion_year", ""] == ""
    assert found["first_deficit_year", ""] == "2026.0"
    assert found["payg_cost_rate", "2026"] == "0.09"
    assert [row["scheme"] for row in rows] == sorted(row["scheme"] for row in rows)


def test_rows_in_which_only_a_later_key_rises_are_sorted_too() -> None:
    """2027 to 2025 with rising ages: not in order, though some key rises in each row."""
    columns = {
        "year": [2027, 2026, 2025],
        "sex": ["male", "male", "female"],
        "age": [1, 2, 3],
        "persons": [1.0, 2.0, 3.0],
    }
    assert frame("population", columns)["year"].to_list() == [2025, 2026, 2027]


def test_small_persons_keep_their_digits() -> None:
    columns = {**population_columns(), "persons": np.full(618, 1 / 3)}
    assert frame("population", columns)["persons"][0] == 0.333333333


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"persons": np.full(618, np.nan)}, "column persons, row 1.*not a finite"),
        ({"age": np.zeros(618, dtype=int)}, "more than one row for year 2025, sex male, age 0"),
        ({"persons": np.ones(3)}, "differ in length"),
        ({"people": np.ones(618)}, "has columns"),
        ({"year": [None] * 618}, "empty cell"),
    ],
)
def test_bad_tables_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises((ResultError, AccountsError), match=message):
        frame("population", {**population_columns(), **change})


def test_csv_gives_back_the_same_numbers_as_parquet(tmp_path: Path) -> None:
    write(make_result(), tmp_path)
    for name in ("population", "accounts", "indicators"):
        stored = polars.read_parquet(tmp_path / f"tables/{name}.parquet")
        text = (tmp_path / f"tables/{name}.csv").read_bytes()
        assert b"\r" not in text and text.endswith(b"\n")
        rows = read_csv(tmp_path / f"tables/{name}.csv")
        assert list(rows[0]) == list(COLUMNS[name]) == stored.columns
        for row, kept in zip(rows, stored.iter_rows(), strict=True):
            for cell, value in zip(row.values(), kept, strict=True):
                assert (cell or None) == value if isinstance(value, str | None) else float(cell) == value


def test_empty_and_further_tables_are_written(tmp_path: Path) -> None:
    empty = {name: [] for name in COLUMNS["beneficiaries"]}
    further = {"scheme": ["b", "a"], "points": np.array([1.5, 2.5]), "count": np.array([2, 1])}
    write(make_result(tables={"awards": further, "beneficiaries": empty}), tmp_path)
    assert (tmp_path / "tables/beneficiaries.csv").read_text() == ",".join(COLUMNS["beneficiaries"]) + "\n"
    assert (tmp_path / "tables/awards.csv").read_text() == "scheme,points,count\na,2.5,1\nb,1.5,2\n"


# --- the folder ---------------------------------------------------------------------------------------------


def test_same_bytes_twice(tmp_path: Path) -> None:
    first = write(make_result(), tmp_path / "one", command_line=["spsim", "run", "a.yaml"])
    second = write(make_result(), tmp_path / "two", command_line=["spsim", "run", "b.yaml", "--quiet"])
    assert [path.name for path in first] == [path.name for path in second]
    for one, two in zip(first, second):
        if one.name != "manifest.json":
            assert one.read_bytes() == two.read_bytes(), one.name
    manifests = [json.loads(paths[-1].read_text(encoding="utf-8")) for paths in (first, second)]
    assert manifests[0].pop("run")["command_line"] == ["spsim", "run", "a.yaml"]
    assert manifests[1].pop("run")["command_line"] == ["spsim", "run", "b.yaml", "--quiet"]
    assert manifests[0] == manifests[1]


def test_manifest_says_what_was_run(tmp_path: Path) -> None:
    paths = write(make_result(), tmp_path, formats=("csv",))
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert paths[-1] == tmp_path / "manifest.json"
    assert manifest["scenario"]["id"] == "viet_nam"
    assert manifest["scenario"]["title"] == "Việt Nam: pensions"
    assert manifest["inputs"] == [{"file": "viet_nam.yaml", "sha256": "ab" * 32}]
    assert manifest["formats"] == ["csv"]
    assert set(manifest["run"]) >= {"started", "seconds", "command_line", "platform"}
    for name, facts in manifest["tables"].items():
        text = (tmp_path / f"tables/{name}.csv").read_bytes()
        assert facts == {"rows": len(text.splitlines()) - 1, "sha256": hashlib.sha256(text).hexdigest()}


def test_hash_of_the_scenario_sees_values_and_not_the_order_of_keys(tmp_path: Path) -> None:
    digests = []
    for resolved in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3}):
        path = write(make_result(resolved=resolved), tmp_path, formats=())[-1]
        digests.append(json.loads(path.read_text(encoding="utf-8"))["scenario"]["sha256"])
    assert digests[0] == digests[1] != digests[2]


def test_only_the_asked_formats_are_written(tmp_path: Path) -> None:
    written = write(make_result(), tmp_path, formats=("parquet",))
    assert {path.suffix for path in written} == {".parquet", ".json"}
    with pytest.raises(ResultError, match="unknown format ods"):
        write(make_result(), tmp_path / "other", formats=("ods",))
    assert not (tmp_path / "other").exists()


# --- the terminal -------------------------------------------------------------------------------------------


def test_summary_is_a_short_ascii_table() -> None:
    lines = summary_lines(make_result())
    text = "\n".join(lines)
    assert text.isascii() and max(map(len, lines)) <= 100
    assert lines[0] == "Viet Nam: pensions (VNM), 2025 to 2027"
    told = {line[:36].strip(): line[36:].split() for line in lines if line}
    assert told["cost rate, % of insured wages"] == ["8.0", "%", "10.0", "%"]
    assert told["contributors, million"] == ["17.1", "17.1"]
    assert told["beneficiaries a month, thousand"] == ["200", "200"]
    assert told["exhaust their benefit"] == ["25.0", "%", "25.0", "%"]
    assert told["first year in deficit"] == ["2026"]
    assert "not depleted before 2027" in text
    assert told["pension_fund, VND trillion"] == ["1,202", "1,223"]
    assert "reserve, years" not in text


def test_summary_of_a_population_alone() -> None:
    columns = population_columns()
    lines = summary_lines(make_result(tables={"population": columns}))
    assert lines[0] == "Viet Nam: pensions (VNM), 2025 to 2027"
    told = {line[:36].strip(): line[36:].split() for line in lines[2:]}
    of_first = columns["year"] == 2025
    older = columns["persons"][of_first & (columns["age"] >= 65)].sum() / columns["persons"][of_first].sum()
    assert float(told["population, thousand"][0].replace(",", "")) == pytest.approx(
        columns["persons"][of_first].sum() / 1e3, abs=1
    )
    assert told["aged 65 and over"][0] == f"{100 * older:.1f}"
    assert len(lines) == 5


def test_summary_shows_milestone_years_and_a_depletion() -> None:
    years = list(range(2025, 2101))
    columns: dict[str, list[Any]] = {
        "scheme": ["pension"] * 77,
        "year": [*years, None],
        "indicator": ["payg_cost_rate"] * 76 + ["depletion_year"],
        "value": [year / 10_000 for year in years] + [2046.0],
        "unit": ["share"] * 76 + ["year"],
    }
    lines = summary_lines(make_result(last_year=2100, tables={"indicators": columns}))
    assert lines[2].split() == ["Pensions", "2025", "2050", "2075", "2100"]
    assert lines[3].split()[-8::2] == ["20.2", "20.5", "20.8", "21.0"]
    assert lines[4].split()[-1] == "2046"
