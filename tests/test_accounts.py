"""Accounts of a fund: who pays what, when the State steps in, what the reserve earns, and which fund books what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.accounts import Account, Flows, settle
from spsim.economy import Economy, economic_paths
from spsim.grid import Grid
from spsim.outcome import Outcome
from spsim.scenario import Fund
from test_engine_properties import SMALL, over, simulated

INTEREST = 0.05
Path_ = list[float]


def settled(
    flows: Flows,
    years: int,
    opening: float = 0.0,
    administration: dict[str, float] | None = None,
    interest: float = INTEREST,
) -> Account:
    """A fund over some years from 2025 on."""
    grid = Grid(2025, 2024 + years)
    economy = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=interest)
    fund = Fund.model_validate({"opening_reserve": opening, "administration": administration or {}})
    return settle("fund", fund, flows, economic_paths(economy, grid, 2025), grid)


def flow(account: Account, item: str) -> np.ndarray:
    return account.balanced.flows[item]


def path(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_a_year_by_hand() -> None:
    """1000 at 5 %, 200 in, 100 out and 10 of administration: 50 + 90·(√1.05 − 1) earned."""
    flows = Flows({"contributions_employer": path(200)}, {"old_age": path(100)})
    account = settled(flows, 1, 1000.0, {"of_contributions": 0.02, "of_benefits": 0.06})
    assert flow(account, "administration")[0] == pytest.approx(-10)
    assert flow(account, "investment_income")[0] == pytest.approx(50 + 90 * (1.05**0.5 - 1))
    assert account.closing[0] == pytest.approx(1000 * 1.05 + 90 * 1.05**0.5)


@given(
    income=st.lists(st.floats(0, 1e9), min_size=2, max_size=6), cost=st.floats(0, 1e9), opening=st.floats(0, 1e10),
    interest=st.floats(-0.2, 0.4),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_reserve_recursion(income: Path_, cost: float, opening: float, interest: float) -> None:
    """V(t) = V(t−1)(1+i) + (income − outgo)(1+i)^½, within the rounding of the accounts; and the flows add to the reserve."""
    years = len(income)
    flows = Flows({"contributions_employer": np.array(income)}, {"old_age": np.full(years, cost)})
    account = settled(flows, years, opening, {"of_benefits": 0.03}, interest)
    reserve, unit = opening, account.balanced.unit
    for t in range(years):
        net = income[t] - 1.03 * cost
        reserve = reserve * (1 + interest) + net * (1 + interest) ** 0.5
        assert account.closing[t] == pytest.approx(reserve, rel=1e-9, abs=10 * unit * (1.4**years))
    moved = sum(account.balanced.flows.values())
    np.testing.assert_allclose(account.opening + moved, account.closing, atol=1e-6, rtol=1e-12)
    np.testing.assert_array_equal(account.opening[1:], account.closing[:-1])


def state_by_hand(
    opening: float, income: Path_, state: Path_, cost: Path_, below: float | None
) -> list[float]:
    """Paid in a year that opens below so many times the year's benefits; always without a limit."""
    reserve, paid = opening, []
    for received, due, spent in zip(income, state, cost, strict=True):
        paid.append(due if below is None or reserve < below * spent else 0.0)
        net = received + paid[-1] - spent
        reserve = reserve * (1 + INTEREST) + net * (1 + INTEREST) ** 0.5
    return paid


@pytest.mark.parametrize(("opening", "below"), [(0, 2), (500, 2), (90, 1), (150, 2), (500, None), (500, 0)])
def test_state_pays_while_the_reserve_is_low(opening: float, below: float | None) -> None:
    income, state, cost = [60.0] * 12, [50.0] * 12, [80.0, 80, 90, 90, 120, 60, 60, 60, 100, 100, 100, 100]
    flows = Flows(
        {"contributions_employer": np.array(income), "contributions_state": np.array(state)},
        {"benefit": np.array(cost)},
        below,
    )
    account = settled(flows, 12, opening)
    expected = state_by_hand(opening, income, state, cost, below)
    np.testing.assert_allclose(flow(account, "contributions_state"), expected, atol=1e-6)


def test_state_pays_in_some_years_and_not_in_others() -> None:
    """The cases above are not all or nothing."""
    paid = state_by_hand(
        150, [60.0] * 12, [50.0] * 12, [80.0, 80, 90, 90, 120, 60, 60, 60, 100, 100, 100, 100], 2
    )
    assert 0 < sum(value > 0 for value in paid) < 12


def test_administration_leaves_the_state_share_out() -> None:
    """Administration is a share of what is collected from employees and employers, and of benefits."""
    flows = Flows(
        {"contributions_employer": path(100), "contributions_state": path(70)}, {"benefit": path(50)}
    )
    account = settled(flows, 1, 0.0, {"of_contributions": 0.1, "of_benefits": 0.2})
    assert flow(account, "administration")[0] == pytest.approx(-(10 + 10))


def test_debt_bears_interest() -> None:
    """A fund that spends what it does not have: the debt grows at the rate of return."""
    account = settled(Flows({}, {"old_age": path(100, 0, 0)}), 3)
    np.testing.assert_allclose(account.closing, [-100 * 1.05**0.5 * 1.05**t for t in range(3)], rtol=1e-9)


def test_amounts_by_prefix() -> None:
    flows = Flows(
        {"contributions_employer": path(3), "contributions_employee": path(4)}, {"a": path(1), "b": path(2)}
    )
    account = settled(flows, 1)
    assert account.of("contributions_")[0] == 7 and account.of("benefit_")[0] == 3


# Schemes and funds


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return simulated(SMALL, tmp_path_factory.mktemp("apart"))


def booked(outcome: Outcome, fund: str, prefix: str) -> np.ndarray:
    return outcome.accounts[fund].of(prefix)


def test_two_schemes_on_one_fund(apart: Outcome, tmp_path: Path) -> None:
    """The fund books both, under the name of each scheme; the schemes themselves do not change."""
    shared: dict[str, Any] = {"schemes": {"jobless": {"fund": "fund"}}, "funds": {"jobs": None}}
    tree = over(SMALL, shared)
    del tree["funds"]["jobs"]
    together = simulated(tree, tmp_path)
    assert set(together.accounts) == {"fund"}
    for prefix in ("contributions_", "benefit_"):
        both = booked(apart, "fund", prefix) + booked(apart, "jobs", prefix)
        np.testing.assert_allclose(booked(together, "fund", prefix), both, rtol=1e-9)
    items = together.accounts["fund"].balanced.flows
    assert {"benefit_old_funeral", "benefit_jobless_benefit"} <= set(items)


def test_a_contribution_to_another_fund(apart: Outcome, tmp_path: Path) -> None:
    """One contribution of the pension scheme feeds the other fund: nothing is lost, nothing paid twice."""
    rule = {"party": "employee", "rate": 0.05, "fund": "jobs", "source": "made up", "status": "assumption"}
    crossed = simulated(over(SMALL, {"schemes": {"old": {"contributions": {"cross": rule}}}}), tmp_path)
    wages = crossed.money["old"].contributory_wages
    np.testing.assert_allclose(
        flow(crossed.accounts["jobs"], "contributions_employee"), 0.05 * wages, rtol=1e-8
    )
    assert "contributions_employee" not in crossed.accounts["fund"].balanced.flows
    np.testing.assert_array_equal(
        booked(crossed, "fund", "contributions_"), booked(apart, "fund", "contributions_")
    )
    np.testing.assert_array_equal(booked(crossed, "jobs", "benefit_"), booked(apart, "jobs", "benefit_"))


def test_two_rules_of_one_party_add_up(apart: Outcome, tmp_path: Path) -> None:
    rule = {"party": "employer", "rate": 0.05, "source": "made up", "status": "assumption"}
    more = simulated(over(SMALL, {"schemes": {"old": {"contributions": {"extra": rule}}}}), tmp_path)
    wages = apart.money["old"].contributory_wages
    np.testing.assert_allclose(flow(more.accounts["fund"], "contributions_employer"), 0.25 * wages, rtol=1e-9)
