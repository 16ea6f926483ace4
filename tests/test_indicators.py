"""Indicators against their definitions, and the stationary cost of unemployment insurance against its closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.accounts import Account, Flows
from spsim.behaviour import UnemploymentBehaviour
from spsim.economy import EconomicPaths, Economy, economic_paths
from spsim.grid import Grid
from spsim.indicators import first_year, ratio, reserve
from spsim.labour import Wages, class_means
from spsim.money import unemployment_money
from spsim.outcome import Outcome
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment import UnemploymentStocks, project_unemployment
from spsim.tables import tables
from test_accounts import path, settled
from test_engine_properties import SMALL, over, simulated

# Deficits and depletion


def figures(account: Account) -> dict[str, Any]:
    return {indicator.name: indicator.value for indicator in reserve(account, "VND")}


def fund(opening: float, income: list[float], cost: list[float], interest: float = 0.0) -> dict[str, Any]:
    flows = Flows({"contributions_employer": path(*income)}, {"old_age": path(*cost)})
    return figures(settled(flows, len(income), opening, {"of_benefits": 0.1}, interest))


def test_first_deficit_counts_administration() -> None:
    """Contributions of 105 against benefits of 100 and administration of 10, from the second year."""
    found = fund(1000, [105, 105, 105], [90, 100, 100])
    assert found["first_deficit_year"] == 2026
    assert found["depletion_year"] is None


def test_deficit_before_the_reserve_falls() -> None:
    """Investment income pays for the deficit of 2026; the reserve falls from 2027 on."""
    found = fund(1000, [100, 100, 100, 100], [80, 100, 200, 200], 0.05)
    assert (found["first_deficit_year"], found["first_total_deficit_year"]) == (2026, 2027)


def test_depletion_is_the_first_year_that_ends_in_debt() -> None:
    found = fund(100, [0, 0, 0, 0], [40, 40, 40, 0])
    assert found["depletion_year"] == 2027
    np.testing.assert_allclose(found["reserve"], [56, 12, -32, -32])
    np.testing.assert_allclose(found["reserve_ratio"][:3], [56 / 44, 12 / 44, -32 / 44])


def test_a_reserve_of_nothing_is_not_yet_depleted() -> None:
    assert fund(44, [0, 0], [40, 0])["depletion_year"] is None


def test_never() -> None:
    found = fund(0, [100, 100], [10, 10])
    assert found["first_deficit_year"] is found["first_total_deficit_year"] is found["depletion_year"] is None


def test_first_year_and_ratio() -> None:
    years = np.arange(2025, 2029)
    assert first_year(np.array([False, True, False, True]), years) == 2026
    assert first_year(np.zeros(4, dtype=bool), years) is None
    np.testing.assert_array_equal(ratio(path(1, 2), path(4, 0)), [0.25, np.nan])


# Of a run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    gdp = {"economy": {"gdp": {"value": 1e11, "year": 2025}}}
    return simulated(over(SMALL, gdp), tmp_path_factory.mktemp("indicators"))


def yearly(outcome: Outcome, scheme: str, name: str) -> np.ndarray:
    table = tables(outcome)["indicators"]
    columns = zip(table["scheme"], table["indicator"], table["value"], strict=True)
    return np.array([value for found, indicator, value in columns if (found, indicator) == (scheme, name)])


def test_cost_rate_and_its_parts(small: Outcome) -> None:
    """PAYG = pensions + lump sums over contributory wages (no administration here) = dependency × relative pension + lump sums."""
    stocks, money = small.pensions["old"], small.money["old"]
    pensions = sum(pension.amount.sum(axis=(1, 2)) for pension in stocks.pensions.values())
    heads = sum(pension.persons.sum(axis=(1, 2)) for pension in stocks.pensions.values())
    once = sum(lump_sum.amount.sum(axis=(1, 2)) for lump_sum in stocks.lump_sums.values())
    wages = money.contributory_wages
    np.testing.assert_allclose(yearly(small, "old", "payg_cost_rate"), (pensions + once) / wages, rtol=1e-9)
    np.testing.assert_allclose(yearly(small, "old", "pension_cost_rate"), pensions / wages, rtol=1e-9)
    np.testing.assert_allclose(yearly(small, "old", "lump_sum_cost_rate"), once / wages, rtol=1e-9)
    np.testing.assert_allclose(
        yearly(small, "old", "dependency_ratio"), heads / money.contributors, rtol=1e-9
    )
    relative = (pensions / heads) / (wages / money.contributors)
    np.testing.assert_allclose(yearly(small, "old", "relative_pension"), relative, rtol=1e-9)


def test_administration_is_charged_by_share_of_benefits(tmp_path: Path) -> None:
    """Two schemes on one fund: the administration of both is that of the fund."""
    administration = {"of_benefits": 0.1, "source": "made up", "status": "assumption"}
    tree = over(
        SMALL,
        {"schemes": {"jobless": {"fund": "fund"}}, "funds": {"fund": {"administration": administration}}},
    )
    del tree["funds"]["jobs"]
    outcome = simulated(tree, tmp_path)
    for scheme in ("old", "jobless"):
        money = outcome.money[scheme]
        expected = 0.1 * money.expenditure() / money.contributory_wages
        np.testing.assert_allclose(yearly(outcome, scheme, "administration_cost_rate"), expected, rtol=1e-7)


def test_national_income_grows_with_work_and_wages(small: Outcome) -> None:
    assert small.labour is not None
    employed = small.labour.employed.sum(axis=(1, 2))
    gdp = 1e11 * (1.03 * 1.02) ** np.arange(7) * employed / employed[0]
    expected = small.money["old"].expenditure() / gdp
    np.testing.assert_allclose(yearly(small, "old", "expenditure_to_gdp"), expected, rtol=1e-8)


def test_contributions_that_the_state_did_not_pay(tmp_path: Path) -> None:
    """A State share that is not called is not counted as a contribution of the scheme."""
    state = {"party": "state", "rate": 0.01, "source": "made up", "status": "assumption"}
    changes = {"contributions": {"state": state}, "state_while_reserve_below": 0}
    outcome = simulated(over(SMALL, {"schemes": {"jobless": changes}}), tmp_path)
    np.testing.assert_allclose(yearly(outcome, "jobless", "contribution_rate"), 0.02, rtol=1e-9)
    assert not outcome.accounts["jobs"].balanced.flows["contributions_state"].any()


# Unemployment: the stationary state


SEPARATION, COVERED, TAKE_UP, FINDING, LEAVING = 0.012, 0.7, 0.8, (0.08, 0.12, 0.15), 0.002
FACTORS, SHARES = (1.5, 0.5), (0.6, 0.4)
RATES, MONTHS = (0.8, 0.5, 0.5, 0.3, 0.3, 0.3), 6
AGES = np.arange(30, 40)
WAGES = Wages.model_validate(
    {"average": {"value": 100.0, "year": 2025}, "coefficient_of_variation": 0.5, "class_shares": SHARES}
)


def behaviour() -> UnemploymentBehaviour:
    return UnemploymentBehaviour.model_validate({
        "kind": "unemployment", "separation_rate": SEPARATION, "separation_by_class": FACTORS, "covered_share": COVERED,
        "take_up": TAKE_UP, "job_finding": {"by": "claim_month", "points": dict(enumerate(FINDING, start=1))},
        "withdrawal_rate": LEAVING,
    })  # fmt: skip


def scheme(waiting_days: float) -> UnemploymentScheme:
    """A month of contribution is enough; 80 % in the first month of claim, 50 % in the next two, then 30 %, for six months."""
    return UnemploymentScheme.model_validate({
        "kind": "unemployment", "fund": "fund", "members": {"group": "all", "youngest": 30, "oldest": 39},
        "contributions": {"employer": {"party": "employer", "rate": 0.02}},
        "benefit": {
            "record": {"required": 1, "window": 1, "longest": 1},
            "rate": {"by": "claim_month", "points": {1: 0.8, 2: 0.5, 4: 0.3}},
            "duration": {"by": "record_months", "points": {0: MONTHS}}, "longest": MONTHS, "waiting_days": waiting_days,
        },
    })  # fmt: skip


def stationary(waiting_days: float = 0.0) -> tuple[UnemploymentStocks, UnemploymentScheme, EconomicPaths]:
    """A constant number of insured, constant wages, constant hazards."""
    grid = Grid(2025, 2027)
    economy = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=0.0)
    paths = economic_paths(economy, grid, 2025)
    insured = np.full((3, 2, len(AGES)), 1000.0)
    law = scheme(waiting_days)
    return project_unemployment(law, behaviour(), insured, AGES, WAGES, paths, grid), law, paths


def going() -> float:
    """Chance of leaving the labour force in a month: by withdrawal, or by passing the last age (ten years of age, uniform)."""
    return 1 - (1 - LEAVING) * (1 - 1 / 120)


def still_claiming(month: int) -> float:
    """G(m): those in month m of a claim, of those in its first."""
    left = 1.0
    for d in range(1, month):
        left *= (1 - going()) * (1 - FINDING[min(d, len(FINDING)) - 1])
    return left


def separations() -> float:
    """λ·e·u: claims a year per insured, all of whom have a month of contribution (e = 1)."""
    return 12 * (1 - going()) * SEPARATION * COVERED * TAKE_UP


def relative_wage() -> float:
    """θ: wage of those who separate over the average, from the factors by class (their mean is 1)."""
    mean = sum(factor * share for factor, share in zip(FACTORS, SHARES, strict=True))
    return sum(f * s * w for f, s, w in zip(FACTORS, SHARES, class_means(WAGES), strict=True)) / mean


def test_stationary_cost_rate() -> None:
    """Cost rate = (1 + a)·λ·e·u·θ·Σ ρ(m) G(m)/12, every month and every year alike."""
    stocks, law, paths = stationary()
    money = unemployment_money(law, stocks, paths)
    expected = (
        separations()
        * relative_wage()
        * sum(rho * still_claiming(m) for m, rho in enumerate(RATES, start=1))
        / 12
    )
    np.testing.assert_allclose(stocks.amount / stocks.contributory_wages, expected, rtol=1e-9)
    np.testing.assert_allclose(money.expenditure() / money.contributory_wages, expected, rtol=1e-9)
    flows = Flows(
        {"contributions_employer": money.contributions["fund", "employer"]},
        {"benefit": money.benefits["benefit"]},
    )
    account = settled(flows, 3, 1e9, {"of_benefits": 0.07})
    cost = account.of("benefit_") + account.of("administration")
    np.testing.assert_allclose(cost / money.contributory_wages, 1.07 * expected, rtol=1e-6)


def test_stationary_persons() -> None:
    """Claims a year, mean duration and exhaustion from the hazards."""
    stocks, _, _ = stationary()
    insured = stocks.contributors[0]
    assert insured == pytest.approx(20_000)
    np.testing.assert_allclose(stocks.yearly("new_claims"), separations() * insured, rtol=1e-9)
    duration = sum(still_claiming(m) for m in range(1, MONTHS + 1))
    np.testing.assert_allclose(
        stocks.yearly("beneficiaries") / stocks.yearly("new_claims"), duration, rtol=1e-9
    )
    exhausted = still_claiming(MONTHS) * (1 - going()) * (1 - FINDING[-1])
    np.testing.assert_allclose(
        stocks.yearly("exhaustions") / stocks.yearly("new_claims"), exhausted, rtol=1e-9
    )


def test_waiting_takes_the_beginning_of_each_claim() -> None:
    """Half a month's wait: of each month of claim m, half is paid at the hazards of m and half at those of m + 1."""
    stocks, _, _ = stationary(waiting_days=365 / 24)
    duration = sum(0.5 * still_claiming(m) + 0.5 * still_claiming(m + 1) for m in range(1, MONTHS + 1))
    np.testing.assert_allclose(
        stocks.yearly("beneficiaries") / stocks.yearly("new_claims"), duration, rtol=1e-9
    )


def test_benefit_between_floor_and_cap() -> None:
    """The same claims at a flat benefit (floor = cap) cost claims × months × the amount."""
    _, law, paths = stationary()
    flat = law.model_copy(update={"benefit": law.benefit.model_copy(update={"floor": 20.0, "cap": 20.0})})
    grid, insured = Grid(2025, 2027), np.full((3, 2, len(AGES)), 1000.0)
    stocks = project_unemployment(flat, behaviour(), insured, AGES, WAGES, paths, grid)
    np.testing.assert_allclose(stocks.amount, 20.0 * stocks.beneficiaries, rtol=1e-9)
