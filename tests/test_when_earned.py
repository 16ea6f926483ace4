"""When service was earned, for rates by `accrual_date` in a projection: years without contributions before the award, and sparse careers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spsim.dated import Schedule, on
from spsim.grid import Grid
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.stocks.pension import idle_years, pace_of
from test_person import valid

RATE = Schedule.model_validate({"by": "accrual_date", "points": {1980: 0.02, 2015: 0.01}})


def at_2025(idle: float, pace: float) -> Any:
    """Rate by completed years of service 0 .. 20, at awards around 1 January 2025 of those of 60 and 61, the second `idle`."""
    grid = Grid(2025, 2025, 60, 61, 1, 20)
    laid = np.array([[[0.0, idle]]])
    moments = replace(grid.steps({}), idle=laid, pace=np.full((1, 1, 1), pace))
    return on(RATE, moments)[0, 0, :, 0]


def test_each_cell_has_its_own_gap_and_pace() -> None:
    """Gaps and paces in all combinations in one table give each cell what it gets alone."""
    grid = Grid(2025, 2026, 60, 63, 1, 20)
    idle = np.array(
        [[[0.0, 3.0, 5.0, 0.0], [5.0, 0.0, 3.0, 3.0]], [[3.0, 3.0, 0.0, 1.0], [0.0, 5.0, 1.0, 0.0]]]
    )
    pace = np.array(
        [[[1.0, 0.5, 0.75, 0.5], [0.5, 0.75, 1.0, 0.5]], [[0.75, 1.0, 1.0, 0.5], [1.0, 0.5, 0.75, 0.75]]]
    )
    together = on(RATE, replace(grid.steps({}), idle=idle, pace=pace))
    for t, s, x in np.ndindex(idle.shape):
        alone = replace(
            grid.steps({}), idle=np.full((1, 1, 1), idle[t, s, x]), pace=np.full((1, 1, 1), pace[t, s, x])
        )
        np.testing.assert_allclose(together[t, s, x, 0], on(RATE, alone)[t, 0, 0, 0], rtol=1e-12)


def test_the_last_years_before_the_award() -> None:
    """Ten years since 2015 at 1 %; twenty years are ten of each; the idle ones ended in 2020: five since 2015 of each number of years."""
    young, idle = at_2025(5.0, 1.0)
    assert young[[5, 10]] == pytest.approx([0.01, 0.01]) and young[20] == pytest.approx(0.015)
    assert idle[5] == pytest.approx(0.01) and idle[10] == pytest.approx(0.015)
    assert idle[20] == pytest.approx((5 * 0.01 + 15 * 0.02) / 20)


def test_a_sparse_record_reaches_further_back() -> None:
    """Ten years of contribution at half of the months took twenty: half of them before 2015."""
    sparse, _ = at_2025(0.0, 0.5)
    assert sparse[5] == pytest.approx(0.01) and sparse[10] == pytest.approx(0.015)


def test_boundaries_inside_a_year_are_met() -> None:
    """Ten and a half years since July 2014: at a pace of 20/21, ten years of service; a month more reaches the old rate."""
    rate = Schedule.model_validate({"by": "accrual_date", "points": {1980: 1.0, "2014-07": 0.0}})
    grid = Grid(2025, 2025, 60, 60, 1, 12)
    moments = replace(grid.steps({}), pace=np.full((1, 1, 1), 20 / 21))
    found = on(rate, moments)[0, 0, 0, 0]
    assert found[10] == pytest.approx(0, abs=1e-12)
    assert found[11] == pytest.approx(1.05 / (11 * 1.05))


def test_years_since_anyone_contributed() -> None:
    """Contributions end at 60 and, from the third year on, at 61: whoever passes the age then is idle one year less."""
    target = np.ones((4, 1, 6))
    target[:2, :, 2:] = 0  # ages 58 .. 63
    target[2:, :, 3:] = 0
    idle = idle_years(target)[:, 0]
    assert idle[0].tolist() == [0, 0, 0, 1, 2, 3]
    assert idle[1].tolist() == [0, 0, 0, 1, 2, 3]
    assert idle[2].tolist() == [0, 0, 0, 1, 2, 3]
    assert idle[3].tolist() == [0, 0, 0, 0, 2, 3]
    given = np.full((2, 1, 3), np.nan)  # members of life tables: their numbers are not given
    assert not idle_years(given).any()


def test_pace_is_the_mean_of_the_density_so_far() -> None:
    density = np.broadcast_to(np.array([1.0, 0.5, 0.6]), (2, 2, 3))
    assert pace_of(density)[1, 0] == pytest.approx([1.0, 0.75, 0.7])
    assert pace_of(np.full((2, 2, 3), 0.8)).shape == (1, 1, 1)


def small(amount: dict[str, Any], account: dict[str, Any]) -> Scenario:
    """All work to 60 and pay 80 % of the months; pensions begin at 63. Money and population stand still."""
    group = {"share": 1, "by_age": {"by": "age", "points": {15: 0, 20: 1, 60: 0}},
             "wages": {"average": {"value": 1000, "year": 2030}, "coefficient_of_variation": 0, "class_shares": [1.0]}}  # fmt: skip
    scheme = {
        "kind": "pension", "source": "a test", "status": "assumption", "fund": "pension", "start": 1960, "longest_service": 40,
        "members": {"kind": "covered", "group": "all", "run_in_years": 50}, "pension_age": 63,
        "reference_earnings": {"kind": "career", "valorisation": "wages"}, "accounts": account,
        "contributions": {"employer": {"party": "employer", "rate": 0.1}},
        "benefits": {"old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": amount}}}},
    }  # fmt: skip
    return valid({
        "meta": {"id": "small", "title": "Idle before the pension", "country": "KOR"},
        "horizon": {"start": 2030, "end": 2034},
        "population": {"country": "KOR"},
        "labour": {"unemployment_rate": 0.0, "groups": {"all": group}},
        "economy": {"price_inflation": 0, "real_wage_growth": 0, "interest_rate": 0.03},
        "funds": {"pension": {}},
        "schemes": {"pension": scheme},
        "behaviour": {"pension": {"kind": "pension", "contribution_density": 0.8, "leaving_rate": 0.0, "reentry_share": 0.95}},
    })  # fmt: skip


@pytest.mark.slow
def test_awards_are_those_of_an_account_that_counts_each_year_as_it_is_earned() -> None:
    """An account takes in the rate of each month: what it holds is the pension by the rate of the date, exactly. The rate by
    cell is within 2 per cent of it: those who stop before 60, as participation falls, are idle longer than it knows."""
    points = {1960: 0.02, 2010: 0.01}
    by_date = small({"kind": "per_year_of_service", "rate": {"by": "accrual_date", "points": points}}, {})
    even = small({"kind": "per_year_of_service", "rate": 0.01}, {})
    paid = {"pot": {"allocation": {"by": "contribution_date", "points": points}, "crediting": {}}}
    held = small({"kind": "annuity", "account": "pot", "divisor": 1}, paid)
    same = small(
        {"kind": "annuity", "account": "pot", "divisor": 1}, {"pot": paid["pot"] | {"allocation": 0.01}}
    )
    mean = [simulate(one).pensions["pension"].awards["old_age"] for one in (by_date, even, held, same)]
    rate, plain, counted, flat = (award.amount[2:] / award.persons[2:] for award in mean)
    assert rate / plain == pytest.approx(counted / flat, rel=0.02)
