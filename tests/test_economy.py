"""Prices, wages, reference amounts and national income."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from spsim.calendar import month_number
from spsim.economy import EconomicPaths, Economy, cumulate, economic_paths, increase
from spsim.grid import Grid
from spsim.rules.reference_earnings import Indexation
from spsim.scenario import Horizon, Meta, Scenario
from spsim.stages import gdp_of

GRID = Grid(2020, 2040)
RATES = st.floats(-0.05, 0.2)


def economy(**more: Any) -> Economy:
    return Economy(**({"price_inflation": 0.03, "real_wage_growth": 0.02, "interest_rate": 0.05} | more))


def paths(**more: Any) -> EconomicPaths:
    return economic_paths(economy(**more), GRID, 2025)


def month_of(found: EconomicPaths, name: str, *dates: str) -> list[float]:
    return found.references[name].at(np.array([month_number(date) for date in dates])).tolist()


def test_wages_are_prices_times_real_growth() -> None:
    found = paths()
    assert found.wage_growth == pytest.approx(np.full(21, 1.03 * 1.02 - 1))
    assert found.wages / found.prices == pytest.approx(1.02 ** (GRID.years - 2025.0))
    assert (found.prices[5], found.wages[5]) == (1.0, 1.0)


def test_indices_step_by_the_rate_of_the_year_they_reach() -> None:
    found = paths(price_inflation={"by": "event_date", "points": {2020: 0.1, 2026: 0.5}})
    assert found.prices[5:8] == pytest.approx([1, 1.5, 2.25])
    assert found.prices[4] == pytest.approx(1 / 1.1)


def increase_of(rule: dict[str, Any], inflation: float, wages: float) -> np.ndarray:
    years = np.arange(2025, 2028)
    return increase(Indexation(**rule), np.full(3, inflation), np.full(3, wages), years)


@settings(deadline=None)
@given(RATES, RATES)
def test_full_indexation_to_prices_and_wages(inflation: float, real: float) -> None:
    wages = (1 + inflation) * (1 + real) - 1
    for prices, shares, expected in (
        (1.0, 0.0, inflation),
        (1.0, 1.0, wages),
        (0.0, 0.0, 0.0),
        (1.0, 0.5, (1 + inflation) * (1 + 0.5 * real) - 1),
    ):
        found = increase_of({"prices": prices, "real_wages": shares}, inflation, wages)
        assert found == pytest.approx(np.full(3, expected), abs=1e-12)
    assert increase_of({"fixed": 0.02}, inflation, wages) == pytest.approx(np.full(3, 0.02))


def test_indexation_may_change_by_date() -> None:
    rule = {"prices": {"by": "event_date", "points": {2020: 1.0, 2026: 0.5}}}
    assert increase_of(rule, 0.04, 0.04) == pytest.approx([0.04, 0.02, 0.02])


def test_cumulate() -> None:
    assert cumulate(np.array([0.5, 0.1, 0.2]), np.arange(2020, 2023), 2021) == pytest.approx(
        [1 / 1.1, 1, 1.2]
    )


def test_reference_amounts_grow_each_january_after_the_last_known_one() -> None:
    spec = {
        "points": {"2023-07-01": 100.0, "2026-07-01": 200.0},
        "growth": {"prices": 1.0, "real_wages": 1.0},
    }
    found = paths(reference_amounts={"level": spec})
    assert month_of(found, "level", "2020-01", "2023-07", "2026-06", "2026-07", "2026-12") == [
        100,
        100,
        100,
        200,
        200,
    ]
    grown = 200 * 1.03 * 1.02
    assert month_of(found, "level", "2027-01", "2027-12", "2028-01") == pytest.approx(
        [grown, grown, grown * 1.03 * 1.02]
    )
    assert month_of(found, "level", "2040-12", "2060-01") == pytest.approx([grown * (1.03 * 1.02) ** 13] * 2)


def test_reference_amounts_without_growth_stay() -> None:
    found = paths(reference_amounts={"level": {"points": {"2023": 100.0}}})
    assert month_of(found, "level", "2023-01", "2040-12") == [100, 100]


def test_mixed_amounts_follow_their_parts() -> None:
    amounts = {
        "one": {"points": {"2020": 100.0, "2030-07": 300.0}},
        "two": {"points": {"2022": 50.0}, "growth": {"prices": 1.0}},
        "mean": {"mix": {"one": 0.75, "two": 0.25}},
    }
    found = paths(reference_amounts=amounts)
    assert month_of(found, "mean", "2020-01", "2022-01") == [87.5, 87.5]
    assert month_of(found, "mean", "2030-12") == pytest.approx([225 + 0.25 * 50 * 1.03**8])


@pytest.mark.parametrize(
    "amount",
    [
        {"mix": {"a": 0.5, "b": 0.4}},
        {"mix": {}},
        {"points": {}},
        {"points": {"2025": -1.0}},
        {"points": {"2025": 1.0, "2025-01": 2.0}},
    ],
)
def test_amounts_that_make_no_sense(amount: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        economy(reference_amounts={"x": amount})


def test_a_cut_keeps_the_base_of_the_indices() -> None:
    cut = paths().between(2030, 2032)
    assert cut.years.tolist() == [2030, 2031, 2032]
    assert cut.prices == pytest.approx(1.03 ** np.array([5, 6, 7]))
    assert cut.valorisation("none").tolist() == [1, 1, 1]
    assert (cut.valorisation("wages") == cut.wages).all() and (cut.valorisation("prices") == cut.prices).all()


def test_product_grows_with_wages_from_its_own_year() -> None:
    spec = economy(gdp={"value": 1000.0, "year": 2023})
    scenario = Scenario(meta=Meta(id="x", title="x"), horizon=Horizon(start=2020, end=2040), economy=spec)
    found = gdp_of(scenario, economic_paths(spec, GRID, 2020), None, GRID)
    assert found is not None
    assert found[3] == pytest.approx(1000) and found[4] == pytest.approx(1000 * 1.03 * 1.02)
    assert found[0] == pytest.approx(1000 / (1.03 * 1.02) ** 3)
    for wrong in ({"value": 0.0, "year": 2023}, {"value": -5.0, "year": 2023}, {"value": 5.0, "year": 23}):
        with pytest.raises(ValidationError):
            economy(gdp=wrong)


@pytest.mark.parametrize(
    ("inflation", "wages", "rate"),
    [(0.04, 0.06, 0.06), (0.05, 0.03, 0.05), (0.01, 0.02, 0.025), (-0.02, 0.01, 0.025)],
)
def test_the_highest_of_prices_wages_and_a_fixed_rate(inflation: float, wages: float, rate: float) -> None:
    """The triple lock: whichever is the most in the year."""
    highest = {"prices": 1, "or_if_higher": {"prices": 1, "real_wages": 1, "or_if_higher": {"fixed": 0.025}}}
    found = increase(
        Indexation.model_validate(highest), np.full(3, inflation), np.full(3, wages), np.arange(2020, 2023)
    )
    assert found == pytest.approx(np.full(3, rate))
