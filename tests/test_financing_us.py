"""Fund path, fund ratios, depletion and 75-year balance of the United States: Trustees Report 2026, tables VI.G1-VI.G3, section IV.B.4."""

from __future__ import annotations

import numpy as np
import pytest

from spsim import financing as f
from spsim.arrays import Array
from test_us_benefit import rows

OPENING = 2561.3  # end of 2025, billion dollars
SHORT = [row for row in rows("vi_g2_intermediate") if row["section"] == "Intermediate"]
LONG = [
    row for row in rows("vi_g3_intermediate") if row["section"] == "Intermediate" and int(row["year"]) >= 2026
]
ECONOMY = {int(row["year"]): row for row in rows("vi_g1_intermediate")}
YEARS = np.arange(2026, 2101)


def column(table: list[dict[str, str]], name: str) -> Array:
    return np.array([float(row[name]) for row in table])


def economy(name: str) -> Array:
    return np.array([float(ECONOMY[int(year)][name]) for year in YEARS])


def yields() -> Array:
    """Yearly interest behind the factors of the middle of each year: f_t = Π(1+i) · (1+i_t)^½."""
    half, grown, found = 1.0, 1.0, []
    for factor in economy("interest_factor")[:9]:
        half = factor / grown
        grown *= half**2
        found.append(half**2 - 1)
    return np.array(found)


def test_reserves_of_each_year() -> None:
    """R(t) = R(t−1) + income − cost, within 0.15 billion."""
    paths = f.reserve_path(column(SHORT, "total_income_bn"), column(SHORT, "cost_bn"), 0.0, OPENING)
    np.testing.assert_allclose(paths, column(SHORT, "reserves_eoy_bn"), atol=0.15)


def test_interest_earned() -> None:
    """With the yields of the report's factors and payments in the middle of the year, reserves are within 0.5 % of the first one.

    The report times its flows by month.
    """
    paths = f.reserve_path(
        column(SHORT, "non_interest_income_bn"), column(SHORT, "cost_bn"), yields()[:8], OPENING
    )
    np.testing.assert_allclose(paths, column(SHORT, "reserves_eoy_bn"), atol=0.005 * OPENING)


def test_fund_ratios() -> None:
    """Reserve at the start of the year over its cost: 151, 131, 111, 92, 74, 57, 40, 23 per cent in 2026-2033."""
    starts = np.append(OPENING, column(SHORT, "reserves_eoy_bn")[:-1])
    found = np.rint(100 * f.fund_ratio(starts, column(SHORT, "cost_bn")))
    assert found.tolist()[:2] == [151, 131] and found[4] == 74 and found[7] == 23


def test_depletion() -> None:
    """The reserve of 2033 does not last through 2034."""
    income = np.append(column(SHORT, "total_income_bn"), column(LONG, "oasdi_income")[8])
    cost = np.append(column(SHORT, "cost_bn"), column(LONG, "oasdi_cost")[8])
    paths = f.reserve_path(income, cost, 0.0, OPENING)
    assert f.depletion_year(paths, np.arange(2026, 2035)) == 2034
    assert f.depletion_year(paths[:8], np.arange(2026, 2034)) is None
    assert f.first_deficit_year(income, cost, np.arange(2026, 2035)) == 2026


def balance(years: int) -> f.ActuarialBalance:
    money = column(LONG, "oasdi_income"), column(LONG, "oasdi_cost"), economy("taxable_payroll_bn")
    return f.actuarial_balance(*money, OPENING, years, discount=economy("interest_factor"))


def test_balance_of_75_years() -> None:
    """−4.44 % of taxable payroll."""
    found = balance(75)
    assert 100 * float(found.balance) == pytest.approx(-4.44, abs=0.03)
    assert float(found.balance) == pytest.approx(float(found.income_rate - found.cost_rate), rel=1e-12)


def test_shorter_periods_are_better() -> None:
    """Deficits grow: the balance worsens with the period."""
    assert float(balance(25).balance) > float(balance(50).balance) > float(balance(75).balance)


def test_interest_and_factors_agree() -> None:
    """The same valuation with yearly yields as with the published factors."""
    money = (
        column(LONG, "oasdi_income")[:9],
        column(LONG, "oasdi_cost")[:9],
        economy("taxable_payroll_bn")[:9],
    )
    factors = f.actuarial_balance(*money, OPENING, discount=economy("interest_factor")[:9])
    rates = f.actuarial_balance(*money, OPENING, interest=yields())
    assert float(rates.income_rate) == pytest.approx(float(factors.income_rate), rel=1e-9)
    assert float(rates.balance) == pytest.approx(float(factors.balance), abs=2e-4)


def test_the_open_group_obligation_is_the_balance_without_target() -> None:
    """V_0 + PV(C) − PV(B) over PV(S) is the balance but for the target fund."""
    money = column(LONG, "oasdi_income"), column(LONG, "oasdi_cost"), economy("taxable_payroll_bn")
    found = f.actuarial_balance(*money, OPENING, interest=0.04, target_fund=0.0)
    obligation = f.open_group_liability(money[1], money[0], 0.04, OPENING)
    assert float(obligation / f.present_value(money[2], 0.04)) == pytest.approx(
        -float(found.balance), rel=1e-12
    )
