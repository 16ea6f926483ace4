"""Scheduled benefits of workers who always earned the maximum: Trustees Report 2026, table V.C7, by `spsim person` within 0.25 %.

A row names the year in which the worker reaches 65; the benefit at the normal age is drawn two years later. Its amount in dollars of 2026 is the
primary insurance amount of the year of age 62 in prices of 2026: the rises that follow it are those of prices.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from spsim.loader import load, validate
from spsim.person import Question, answer
from spsim.scenario import Scenario

CASES = Path(__file__).parent / "cases" / "us_oasdi"
SET_BY_LAW = {
    1985: 39600, 1986: 42000, 1987: 43800, 1988: 45000, 1989: 48000,
    1990: 51300, 1991: 53400, 1992: 55500, 1993: 57600, 1994: 60600,
}  # fmt: skip
LONGEST = 35


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


INDEX = {int(row["year"]): row for row in rows("vi_g1_intermediate")}
WAGE_INDEX = {year: float(row["awi"]) for year, row in INDEX.items()}
PRICES = {year: float(row["adjusted_cpi"]) for year, row in INDEX.items()}
PUBLISHED = rows("v_c7_steady_maximum_2030_2060")


def bases(last: int) -> dict[int, int]:
    """Contribution and benefit base by year (s. 230)."""
    found = dict(SET_BY_LAW)
    for year in range(1995, last + 1):
        found[year] = max(round(60600 * WAGE_INDEX[year - 2] / 22935.42 / 300) * 300, found[year - 1])
    return found


def best_years(born: int, last: int) -> list[int]:
    """The 35 years from age 22 on with the highest indexed earnings."""
    paid, year_of_60 = bases(last), born + 60
    indexed = {
        year: paid[year] * max(WAGE_INDEX[year_of_60] / WAGE_INDEX[year], 1.0)
        if year < year_of_60
        else paid[year]
        for year in range(born + 22, last + 1)
    }
    return sorted(sorted(indexed, key=lambda year: indexed[year])[-LONGEST:])


def scheme(folder: Path, born: int) -> Scenario:
    """The law for one birth cohort."""
    year_of_60, last = born + 60, born + 67
    held = {year: WAGE_INDEX[min(year, year_of_60)] for year in range(1970, last + 1)}
    bend = [round(dollars * WAGE_INDEX[year_of_60] / 9779.44) for dollars in (180, 1085)]
    amounts = {
        "wage_index": held, "base": bases(last), "first_bend_point": {1951: bend[0]}, "second_bend_point": {1951: bend[1]},
    }  # fmt: skip
    lines = [f"    {name}: {{points: {points}}}" for name, points in amounts.items()]
    child = folder / f"born_{born}.yaml"
    child.write_text(
        f"extends: {(CASES / 'steady_maximum.yaml').as_posix()!r}\n"
        f"meta: {{id: us_born_{born}}}\n" + "\n".join(["economy:", "  reference_amounts:", *lines]) + "\n",
        encoding="utf-8",
    )
    valid, problems = validate(load(child), Scenario)
    assert valid is not None, problems
    return valid


def benefit(law: Scenario, born: int, age: int) -> float:
    """Yearly benefit from the month after an age on, in dollars of the year of age 62."""
    career = ", ".join(f"{year}-01..{year}-12 at 1000000" for year in best_years(born, born + age - 1))
    said = answer(law, Question("oasi", "male", f"{born}-01", career, "old_age", f"{born + age}-02"))
    return 12 * float(said.result["monthly_pension"])


@pytest.mark.parametrize("row", PUBLISHED[::3], ids=[row["year"] for row in PUBLISHED[::3]])
def test_steady_maximum(tmp_path: Path, row: dict[str, str]) -> None:
    born = int(row["year"]) - 65
    law, prices = scheme(tmp_path, born), PRICES[2026] / PRICES[born + 62]
    assert benefit(law, born, 67) * prices == pytest.approx(float(row["nra_benefit_2026usd"]), rel=2.5e-3)
    assert benefit(law, born, 65) * prices == pytest.approx(float(row["age65_benefit_2026usd"]), rel=2.5e-3)
