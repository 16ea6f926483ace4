"""`spsim valuation` and the table `financing`: groups that add up to the run, values that agree with the tables, mistakes that are refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim import financing as f
from spsim.arrays import Array
from spsim.cli import run_cli
from spsim.experiments.variants import opened
from spsim.fund_measures import PERIODS, financing_table, fund_measures, fund_series
from spsim.indicators import outgo, reserve
from spsim.money import pension_money
from spsim.outcome import Outcome
from spsim.schemes import PensionScheme
from spsim.stocks.groups import pension_annuity, with_cohorts
from spsim.valuation import FundValuation, run_off, valued
from spsim.valuation_groups import groups_of

ROOT = Path(__file__).parents[1]
IYER = ROOT / "scenarios" / "iyer_model_scheme.yaml"
GOOD = ROOT / "tests" / "cases" / "good.yaml"


@pytest.fixture(scope="module")
def run() -> Outcome:
    return opened(GOOD).outcome()


@pytest.fixture(scope="module")
def funds(run: Outcome) -> dict[str, FundValuation]:
    return {one.series.fund: one for one in valued(run)}


def money_of(run: Outcome, name: str, stocks: Any) -> Array:
    scheme = run.scenario.schemes[name]
    assert isinstance(scheme, PensionScheme) and run.paths is not None
    return pension_money(scheme, stocks, run.paths).expenditure()


def test_groups_are_parts_of_the_run(run: Outcome) -> None:
    """Everyone is the run itself; the closed group is all of it on the first day, never more than it, and dies out."""
    for name, groups in groups_of(run).items():
        everyone, closed, pensioners = (
            money_of(run, name, stocks) for stocks in (groups.everyone, groups.closed, groups.pensioners)
        )
        np.testing.assert_allclose(everyone, run.money[name].expenditure(), rtol=1e-9)
        np.testing.assert_allclose(groups.everyone.contributors, run.pensions[name].contributors, rtol=1e-12)
        np.testing.assert_allclose(groups.closed.contributors[0], groups.everyone.contributors[0])
        slack = 1e-9 * everyone.max()
        assert (closed <= everyone + slack).all() and (pensioners <= closed + slack).all()
        heads = groups.closed.contributors.sum(axis=(1, 2, 3))
        assert (np.diff(groups.everyone.contributors.sum(axis=(1, 2, 3)) - heads) > -slack).any()
        assert (np.diff(groups.accrued.contributors.sum(axis=(1, 2, 3))) <= 0).all()
        assert not groups.accrued.contributors.any() and not groups.accrued_later.contributors[1:].any()


def test_the_first_day_belongs_to_present_members(funds: dict[str, FundValuation]) -> None:
    for one in funds.values():
        if one.generations is not None:
            assert one.generations.new_entrants.wages[0] == pytest.approx(0.0, abs=1e-6 * one.series.wages[0])
            np.testing.assert_allclose(
                one.generations.everyone.expenditure, one.series.expenditure, rtol=1e-6
            )
            np.testing.assert_allclose(one.generations.everyone.contributions, one.series.income, rtol=1e-6)


def test_the_law_does_not_see_the_cut(run: Outcome) -> None:
    """More entry cohorts, the same law: dates rise, one of the law's own is not doubled, none lies before the start."""
    for scheme in run.scenario.schemes.values():
        if isinstance(scheme, PensionScheme):
            first = with_cohorts(scheme, ("2025-07", "2026-07"))
            again = with_cohorts(first, ("2025-07", "1900-01"))
            assert len(first.entry_cohorts) <= len(scheme.entry_cohorts) + 2
            assert again.entry_cohorts == first.entry_cohorts


def test_balance_sheets_are_the_liabilities(funds: dict[str, FundValuation]) -> None:
    """The deficit of the closed group is its unfunded liability; that of the open group the obligation of the whole horizon."""
    for one in funds.values():
        values = {
            measure.name: measure.value for measure in one.measures if measure.period == one.series.period
        }
        if values.get("closed_group_unfunded_liability") is not None:
            assert one.sheets["closed_group"].deficit == pytest.approx(
                values["closed_group_unfunded_liability"], rel=1e-6
            )
        if one.sheets:
            s = one.series
            whole = f.open_group_liability(s.expenditure, s.income, s.interest, s.opening_reserve)
            size = sum(one.sheets["open_group"].liabilities.values())
            assert one.sheets["open_group"].deficit == pytest.approx(float(whole), abs=1e-6 * size)


def test_reserves_as_scheduled_are_those_of_the_accounts(
    run: Outcome, funds: dict[str, FundValuation]
) -> None:
    """Contributions as they are, interest and outgo: the reserve of the run, where nobody guarantees the fund."""
    checked = 0
    for fund, one in funds.items():
        if not run.scenario.funds[fund].guaranteed:
            found, account = one.systems["as_scheduled"].reserve, run.accounts[fund]
            np.testing.assert_allclose(
                found, account.closing, atol=1e-6 * np.abs(account.closing).max() + 5e2
            )
            checked += 1
    assert checked


def test_the_table_of_a_run(run: Outcome) -> None:
    """Level rate and balance of each period recomputed from the accounts; the unit says shares or currency."""
    table = financing_table(run)
    rows = {
        key[:3]: key[3:]
        for key in zip(*(table[name] for name in ("fund", "measure", "period", "value", "unit")))
    }
    assert rows and all(np.isfinite(value) for value in table["value"])  # type: ignore[call-overload]
    for fund in dict.fromkeys(str(name) for name in table["fund"]):
        series = fund_series(run, fund)
        assert series is not None
        for years in (span for span in PERIODS if span <= len(series.years)):
            s = series.first(years)
            rate = rows[fund, "level_rate", s.period]
            path = f.charged(float(rate[0]), s.wages, s.expenditure, s.interest, s.opening_reserve)
            assert path.reserve[-1] == pytest.approx(0.0, abs=1e-9 * s.wages.sum()) and rate[1] == "share"


def test_a_measure_without_a_value_says_why(run: Outcome) -> None:
    for fund in run.accounts:
        for measure in fund_measures(run, fund):
            assert (measure.value is None) == bool(measure.reason), measure


def test_every_measure_is_described(run: Outcome, funds: dict[str, FundValuation]) -> None:
    """Each measure of the table and of the command stands in docs/financing.md."""
    page = (ROOT / "docs" / "financing.md").read_text(encoding="utf-8")
    names = {one.name for fund in run.accounts for one in fund_measures(run, fund)}
    names |= {one.name for found in funds.values() for one in found.measures}
    prefix = "change_of_expenditure_to_gdp"
    assert len(names) > 30
    missing = {name for name in names if f"`{name.replace(prefix + '_by', '..._by')}`" not in page}
    assert not missing


def test_government_spending(tmp_path: Path) -> None:
    """Expenditure over 20 % of national income is five times its share of national income; without national income it is refused."""
    child = tmp_path / "spending.yaml"
    share = "government_spending: {value: 0.2, source: a trial, status: assumption}"
    child.write_text(
        f"extends: {GOOD.as_posix()!r}\nmeta: {{id: spending}}\neconomy: {{{share}}}\n", encoding="utf-8"
    )
    run = opened(child).outcome()
    checked = 0
    for fund in run.accounts:
        series = fund_series(run, fund)
        for one in fund_measures(run, fund):
            if one.name == "expenditure_to_government_spending":
                assert series is not None and run.gdp is not None
                t = int(one.period) - int(series.years[0])
                assert one.value == pytest.approx(5 * series.expenditure[t] / run.gdp[t])
                checked += 1
    assert checked >= 2
    alone = tmp_path / "alone.yaml"
    alone.write_text(
        f"extends: {IYER.as_posix()!r}\nmeta: {{id: alone}}\neconomy: {{{share}}}\n", encoding="utf-8"
    )
    assert run_cli(["check", str(alone)]) == 2


def test_ratios_of_the_indicators(run: Outcome) -> None:
    """Fund ratio and balance ratio of the run are those of the functions, where they have a value."""
    for fund, account in run.accounts.items():
        found = {one.name: one.value for one in reserve(account, "VND")}
        ratio, share = found["fund_ratio"], found["balance_ratio"]
        assert isinstance(ratio, np.ndarray) and isinstance(share, np.ndarray)
        spent, paid = outgo(account), account.of("contributions_")
        held = np.isfinite(ratio)
        if held.any():
            np.testing.assert_allclose(
                ratio[held], f.fund_ratio(account.opening[held], spent[held]), err_msg=fund
            )
        earning = np.isfinite(share)
        np.testing.assert_allclose(
            share[earning] * account.of("investment_income")[earning], (spent - paid)[earning]
        )
        assert (earning == (account.balanced.flows["investment_income"] > 0)).all()


# --- annuities, run-off -------------------------------------------------------------------------------------


def test_annuity_as_a_sum() -> None:
    """A pension of 1 from age x on: Σ survival · indexation · discount along the cohort, with its own year's mortality."""
    rng = np.random.default_rng(3)
    mortality = np.clip(rng.uniform(0.0, 0.1, (40, 2, 101)) + np.linspace(0, 0.5, 101), 0, 1)
    mortality[..., -1] = 1.0
    increase, interest = rng.uniform(0, 0.05, 40), rng.uniform(0.01, 0.08, 40)
    found = pension_annuity(mortality, increase, interest)
    for year, age in ((0, 70), (5, 95), (30, 60)):
        total, factor = 0.0, 1.0
        for k in range(101):
            total += factor
            t, x = min(year + k + 1, 39), min(age + k + 1, 100)
            factor *= (1 - mortality[t, 1, x]) * (1 + increase[t])
            factor /= np.sqrt((1 + interest[min(year + k, 39)]) * (1 + interest[t]))
        assert found[year, 1, age] == pytest.approx(total, rel=1e-9)
    child = pension_annuity(np.zeros((40, 2, 101)), np.zeros(40), np.zeros(40), 18)
    assert child[0, 0, 10] == pytest.approx(8.0)


def test_run_off_adds_a_tail_that_falls() -> None:
    flows = 100 * 0.8 ** np.arange(30)
    assert f.present_value(run_off(flows, np.full(30, 0.02), "benefits"), 0.02) == pytest.approx(
        float(f.present_value(100 * 0.8 ** np.arange(400), 0.02))
    )
    with pytest.raises(ValueError, match="the horizon ends before benefits have run off"):
        run_off(flows[:5], np.full(5, 0.02), "benefits")


# --- the command --------------------------------------------------------------------------------------------


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "valuation"
    assert run_cli(["valuation", str(IYER), "--july", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "Fund pension" in text and "new_entrants_premium" in text and "5.82 %" in text
    assert "nan" not in text.lower()
    with (out / "tables" / "systems.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["system"] == "general_average_premium"]
    assert len(rows) == 100 and float(rows[0]["rate"]) == pytest.approx(0.0608, abs=5e-4)
    with (out / "tables" / "balance_sheet.csv").open(encoding="utf-8") as file:
        sides: dict[tuple[str, str], float] = {}
        for row in csv.DictReader(file):
            key = row["basis"], row["side"]
            sides[key] = sides.get(key, 0.0) + float(row["amount"])
    for basis in ("closed_group", "open_group"):
        assert sides[basis, "asset"] == pytest.approx(sides[basis, "liability"], abs=5)


def test_command_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["valuation", str(IYER), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = {row["measure"] for row in found["financing"]}
    assert {"initial_population_premium", "entry_age_normal_rate", "actuarial_balance"} <= names
    assert {row["measure"] for row in found["not_valued"]} >= {"swedish_balance_ratio"}
    assert all(row["reason"] for row in found["not_valued"])


def test_interest_below_growth_has_no_perpetuity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Told by name, not answered with a number."""
    low = tmp_path / "low_interest.yaml"
    low.write_text(
        f"extends: {IYER.as_posix()!r}\nmeta: {{id: low_interest}}\n"
        "economy: {interest_rate: {value: 0.03, source: a trial, status: assumption}}\n",
        encoding="utf-8",
    )
    assert run_cli(["valuation", str(low), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    missing = {row["measure"]: row["reason"] for row in found["not_valued"]}
    assert "not above growth" in missing["general_average_premium"]
    assert "not above growth" in missing["new_entrants_premium"]
    assert "general_average_premium" not in {row["measure"] for row in found["financing"]}


def test_mistakes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, a scenario with a mistake, a folder that holds something else: exit code 2, nothing written."""
    assert run_cli(["valuation", str(tmp_path / "none.yaml")]) == 2
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        f"extends: {IYER.as_posix()!r}\nmeta: {{id: bad}}\nhorizon: {{start: 2050, end: 2010}}\n",
        encoding="utf-8",
    )
    assert run_cli(["valuation", str(bad), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine", encoding="utf-8")
    assert run_cli(["valuation", str(IYER), "--out", str(taken)]) == 2
    assert (taken / "thesis.txt").read_text(encoding="utf-8") == "mine"
    assert ":" in capsys.readouterr().err
