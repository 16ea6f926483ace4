"""The worked example of the ILO textbook through the whole engine: S. Iyer (ILO/ISSA 1999), Appendix 2, tables 1-3."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from spsim.checking import check
from spsim.outcome import Outcome
from spsim.run import simulate

CASES = Path(__file__).parent / "cases" / "iyer1999"
SCENARIO = Path(__file__).parents[1] / "scenarios" / "iyer_model_scheme.yaml"
POINTS = 0.05  # percentage points, for rates
MATURE = range(41, 82, 10)


def published(name: str) -> list[dict[str, float]]:
    """A table of the book, one mapping a row."""
    with (CASES / f"{name}.csv").open(encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


@dataclass
class Projection:
    """Yearly paths by year of the book; money in thousand."""

    actives: np.ndarray
    pensioners: np.ndarray
    salaries: np.ndarray
    expenditure: np.ndarray

    @property
    def payg(self) -> np.ndarray:
        return 100 * self.expenditure / self.salaries

    @property
    def dependency(self) -> np.ndarray:
        return 100 * self.pensioners / self.actives


def projected(path: Path) -> Projection:
    """The scenario through the engine; the first place of each path is empty, so that year 1 is index 1."""
    checked = check(path)
    assert checked.scenario is not None and not checked.errors
    return paths_of(simulate(checked.scenario))


def paths_of(outcome: Outcome) -> Projection:
    money, pensions = outcome.money["pension"], outcome.pensions["pension"].pensions
    heads = sum(pension.persons.sum(axis=(1, 2)) for pension in pensions.values())
    rows = (money.contributors, heads, money.contributory_wages / 1e3, money.expenditure() / 1e3)
    return Projection(*(np.concatenate([[np.nan], row]) for row in rows))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Projection]:
    """Variant 1 is the scenario; variant 2 extends it and credits all past service."""
    folder = tmp_path_factory.mktemp("iyer")
    credited = folder / "past_service_credited.yaml"
    credited.write_text(
        f"extends: {SCENARIO.as_posix()!r}\n"
        "meta: {id: iyer_past_service, title: All past service credited}\n"
        "schemes: {pension: {members: {past_service_credited: 1}}}\n",
        encoding="utf-8",
    )
    return {"v1": projected(SCENARIO), "v2": projected(credited)}


ROWS = published("table3_projection")
YEARS = [int(row["year"]) for row in ROWS]
by_year = pytest.mark.parametrize("row", ROWS, ids=[f"year {year}" for year in YEARS])
both = pytest.mark.parametrize("variant", ["v1", "v2"])


@both
@by_year
def test_payg_rate(runs: dict[str, Projection], variant: str, row: dict[str, float]) -> None:
    rate = runs[variant].payg[int(row["year"])]
    assert rate == pytest.approx(row[f"{variant}_payg_pct"], abs=POINTS)


@both
@by_year
def test_dependency_ratio(runs: dict[str, Projection], variant: str, row: dict[str, float]) -> None:
    assert runs[variant].dependency[int(row["year"])] == pytest.approx(row["ratio_pct"], abs=POINTS)


@both
@by_year
def test_levels(runs: dict[str, Projection], variant: str, row: dict[str, float]) -> None:
    """Actives within 0.1 %, pensioners and salary bill within 0.2 %, expenditure within 0.6 % (rounded to 3 figures in year 11)."""
    run, year = runs[variant], int(row["year"])
    assert run.actives[year] == pytest.approx(row["actives"], rel=1e-3)
    assert run.pensioners[year] == pytest.approx(row["pensioners"], rel=2e-3)
    assert run.salaries[year] == pytest.approx(row["salary_bill_000"], rel=2e-3)
    assert run.expenditure[year] == pytest.approx(row[f"{variant}_expenditure_000"], rel=6e-3)


@both
def test_mature_rates(runs: dict[str, Projection], variant: str) -> None:
    """Stationary relative to one another once everyone retired has a full career: PAYG 10.92, dependency 18.84."""
    assert runs[variant].payg[-1] == pytest.approx(10.92, abs=POINTS)
    assert runs[variant].dependency[-1] == pytest.approx(18.84, abs=POINTS)
    assert np.ptp(runs[variant].dependency[71:]) < 0.01


def test_variants_differ_only_in_money(runs: dict[str, Projection]) -> None:
    """Past service changes pensions, not persons."""
    for name in ("actives", "pensioners", "salaries"):
        np.testing.assert_allclose(getattr(runs["v1"], name), getattr(runs["v2"], name), rtol=1e-12)
    assert (runs["v2"].expenditure[2:60] > runs["v1"].expenditure[2:60]).all()


def test_mature_decomposition(runs: dict[str, Projection]) -> None:
    """Relative pension of the book: 10.92 / 18.84 = 0.580 of the average salary."""
    run, years = runs["v2"], list(MATURE)
    relative = run.payg[years] / run.dependency[years]
    np.testing.assert_allclose(relative, 10.92 / 18.84, rtol=2e-3)


def test_all_written_figures_are_those_of_the_book() -> None:
    """The scenario's own tables are tables 1 and 2 of the book."""
    scheme = yaml.safe_load(SCENARIO.read_text(encoding="utf-8"))["schemes"]["pension"]["members"]
    initial = [
        (group["from"], group["to"], group["persons"], group["past_service"]) for group in scheme["initial"]
    ]
    table = published("table1_initial_population")
    assert initial == [
        (row["age_from"], row["age_to"], row["population"], row["past_service"]) for row in table
    ]
    life = {int(row["age"]): row for row in published("table2_active_life")}
    assert scheme["service_table"]["points"] == {age: row["service_table"] for age, row in life.items()}
    assert scheme["wages"]["profile"]["points"] == {age: row["salary_scale"] for age, row in life.items()}
    pensioners = {int(row["age"]): row["life_table"] for row in published("table2_pensioner_life")}
    assert scheme["pensioner_table"]["points"] == pensioners
