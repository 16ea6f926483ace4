"""Malaysia's employment insurance to the sen: contributions and assumed wages by band, allowance by month, months by claim and record.

Schedules of Act 800 and of its amendment of 2022: tests/cases/malaysia_eis.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from spsim.grid import Moments
from spsim.loader import load
from spsim.rules.contributions import Contribution, ContributionBase
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.scenario import Scenario
from spsim.validation import validate

CASES = Path(__file__).parent / "cases" / "malaysia_eis"
NOW = Moments(np.array([[12.0 * 2026]]), np.zeros(1), np.zeros(1))


def schedule(name):
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {key: float(value) if value else None for key, value in row.items()}
            for row in csv.DictReader(file)
        ]


def bands(year):
    """The Second Schedule; the amendment's bands take the place of the last one of 2018."""
    first = schedule("bands_2018")
    return first if year < 2022 else first[:-1] + schedule("bands_2022")


def by_wage(rows, column):
    """A schedule by wage: a band holds wages above its first figure, so that it begins a sen later."""
    points = {round(row["wage_over"] + (0.01 if row["wage_over"] else 0.0), 2): row[column] for row in rows}
    return {"by": "wage", "points": points}


def wages_of(row):
    """The first and the last sen of a band, and one between."""
    last = row["wage_not_over"] or row["wage_over"] + 9000.0
    return (row["wage_over"] + 0.01, (row["wage_over"] + last) / 2, last)


@pytest.mark.parametrize("year", [2018, 2022])
def test_assumed_wage_of_every_band(year):
    rows = bands(year)
    base = ContributionBase.model_validate({"bands": by_wage(rows, "assumed_monthly_wage_rm")})
    for row in rows:
        for wage in wages_of(row):
            assert base.of_wage(wage, NOW)[0] == row["assumed_monthly_wage_rm"]


@pytest.mark.parametrize("year", [2018, 2022])
@pytest.mark.parametrize("party", ["employer", "employee"])
def test_contribution_of_every_band_to_the_sen(year, party):
    rows = bands(year)
    rule = Contribution.model_validate({"party": party, "amount": by_wage(rows, f"{party}_rm")})
    for row in rows:
        for wage in wages_of(row):
            paid = rule.monthly(NOW, np.full((1, 1, 1, 1), wage))[0, 0, 0, 0]
            assert round(float(paid), 10) == row[f"{party}_rm"]


def test_parties_add_to_the_total():
    for row in bands(2018) + schedule("bands_2022"):
        assert round(row["employer_rm"] + row["employee_rm"], 2) == row["total_rm"]


def rules_of_claim(number):
    """The benefit of the law for the n-th claim: window, months by record, and the falling rate."""
    rows = [row for row in schedule("durations") if row["claim_no"] == number]
    points = {int(row["contrib_months_from"]): row["benefit_months"] for row in rows}
    rates = {
        int(row["benefit_month"]): row["job_search_allowance_pct_of_assumed_wage"] / 100
        for row in schedule("rates")
    }
    window = int(rows[0]["eligibility_window_months"])
    return rows, UnemploymentBenefit.model_validate({
        "record": {"required": min(points), "window": window, "longest": window},
        "rate": {"by": "claim_month", "points": rates}, "duration": {"by": "record_months", "points": points}, "longest": 6,
    })  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_months_of_every_claim_and_record(number):
    rows, benefit = rules_of_claim(number)
    records = np.arange(benefit.record.longest + 1.0)
    granted = benefit.months_granted(Moments(NOW.months, np.zeros(1), records, "record_months"))[0]
    for row in rows:
        span = slice(int(row["contrib_months_from"]), int(row["contrib_months_to"]) + 1)
        assert (granted[span] == row["benefit_months"]).all()
    assert not granted[: benefit.record.asked().required].any()


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_the_scenario_has_the_schedule_of_every_claim(number):
    """Window, months asked and months granted of the first to the fifth claim, as the country's file says them in one benefit."""
    scenario, problems = validate(load(Path(__file__).parent.parent / "scenarios/malaysia.yaml"), Scenario)
    assert scenario is not None, problems
    benefit = scenario.schemes["unemployment"].benefit
    rows = [row for row in schedule("durations") if row["claim_no"] == number]
    asked = benefit.record.asked(number)
    assert asked.window == rows[0]["eligibility_window_months"]
    assert asked.required == min(row["contrib_months_from"] for row in rows)
    records = np.arange(benefit.record.longest + 1.0)
    granted = benefit.months_granted(Moments(NOW.months, np.zeros(1), records, "record_months"), number)[0]
    for row in rows:
        span = slice(int(row["contrib_months_from"]), int(row["contrib_months_to"]) + 1)
        assert (granted[span] == row["benefit_months"]).all()
    assert not granted[: asked.required].any() and (granted[asked.window :] == 6).all()


@pytest.mark.parametrize("year", [2018, 2022])
def test_allowance_of_every_band_and_month_to_the_sen(year):
    """80, 50, 40, 40, 30, 30 per cent of the assumed wage, in whole sen: 4,950 gives 3,960, 2,475, 1,980, 1,980, 1,485, 1,485."""
    _, benefit = rules_of_claim(1)
    months = Moments(NOW.months, np.zeros(1), np.arange(1.0, 7.0), "claim_month")
    shares = [row["job_search_allowance_pct_of_assumed_wage"] for row in schedule("rates")]
    for row in bands(year):
        sen = [
            round(row["assumed_monthly_wage_rm"] * 100) * int(share) for share in shares
        ]  # hundredths of a sen
        paid = benefit.monthly(row["assumed_monthly_wage_rm"], months)[0]
        np.testing.assert_allclose(paid * 100 * 100, sen, rtol=0, atol=1e-6)


def test_allowance_worked_by_hand():
    _, benefit = rules_of_claim(1)
    months = Moments(NOW.months, np.zeros(1), np.arange(1.0, 7.0), "claim_month")
    np.testing.assert_allclose(
        benefit.monthly(4950.0, months)[0], [3960, 2475, 1980, 1980, 1485, 1485], atol=1e-9
    )
    assert benefit.monthly(4950.0, months).sum() == pytest.approx(13365)
