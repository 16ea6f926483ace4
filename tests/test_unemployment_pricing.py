"""Prices of unemployment claims: parts of a class against the exact mean of the lognormal, bands, limits, what scales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.economy import EconomicPaths
from spsim.grid import Series
from spsim.labour import Wages
from spsim.rules.contributions import ContributionBase
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.stocks import unemployment_pricing as pricing_of
from spsim.stocks.unemployment_pricing import Pricing, claim_benefit, entitled_share, of_claim
from spsim.stocks.unemployment_strata import Strata

MONTHS = 12 * 2026 + np.arange(3)
SHARES = (0.3, 0.4, 0.3)
EDGES = np.array([20, 30, 40])


def pricing(wage: float = 1000.0, variation: float = 0.6, base: dict[str, Any] | None = None) -> Pricing:
    wages = Wages.model_validate(
        {
            "average": {"value": wage, "year": 2026},
            "coefficient_of_variation": variation,
            "class_shares": SHARES,
        }
    )
    strata = Strata(np.arange(20, 40), EDGES, np.array(SHARES))
    years = np.arange(2020, 2030)
    references = {"minimum": Series(12 * 2026, np.full(3, 400.0))}
    paths = _paths(years, references)
    return Pricing(
        ContributionBase.model_validate(base or {}), wages, strata, np.full((3, 2, 2), wage), MONTHS, paths,
        np.ones((3, 1, 1)),
    )  # fmt: skip


def _paths(years: np.ndarray, references: dict[str, Series]) -> EconomicPaths:
    names = EconomicPaths.__dataclass_fields__
    given: dict[str, Any] = {name: np.ones(len(years)) for name in names}
    return EconomicPaths(**(given | {"years": years, "references": references}))


def benefit(**more: Any) -> UnemploymentBenefit:
    spec = {"record": {"required": 6, "window": 12}, "rate": 0.6, "duration": 3}
    return UnemploymentBenefit.model_validate(spec | more)


def mean(of: np.ndarray) -> np.ndarray:
    """By class (K,) of the first month."""
    return np.asarray(of[0, 0].reshape(2, 2, len(SHARES))[0, 0])


def test_the_higher_of_two_averages() -> None:
    """Wages that rise: the mean of 5 months of record is that of 3 months ago, the mean of 24 that of 12.5; wages that fall: the other way."""
    rule = benefit(earnings_months=24, career_if_higher=True)
    plain = benefit(earnings_months=24)
    for growth, first in ((1.01, 1000.0), (0.99, 2000.0)):
        path = first * growth ** np.arange(60.0)
        where = replace(pricing(), wage=path[:, None, None] * np.ones((1, 2, 1)), share=np.ones((1, 1, 1)))
        last, all_of_five, all_of_forty = (
            path[59 - 12] * growth**-0.5,
            path[59 - 3],
            path[59 - 20] * growth**-0.5,
        )
        near = pytest.approx
        assert where.before(plain)[59, 0, 0] == near(last, rel=1e-4)
        assert where.before(rule, record=5.0)[59, 0, 0] == near(max(last, all_of_five), rel=1e-4)
        assert where.before(rule, record=40.0)[59, 0, 0] == near(max(last, all_of_forty), rel=1e-4)


@pytest.mark.parametrize("limits", [{}, {"cap": 500.0}, {"floor": 450.0}, {"floor": 300.0, "cap": 700.0}])
def test_parts_of_a_class_come_near_the_exact_mean(limits: dict[str, float]) -> None:
    rule, where = benefit(**limits), pricing()
    exact = mean(claim_benefit(rule, where, 2, 10.0))
    parts = mean(pricing_of._by_nodes(rule, where, 2, (10.0, 1), 1.0, None))
    np.testing.assert_allclose(parts, exact, rtol=2e-3)
    if not limits:
        np.testing.assert_allclose(parts, exact, rtol=1e-12)


def test_a_rate_by_wage_against_many_persons() -> None:
    """A million drawn wages, sorted into classes, each with the benefit of its own wage: within a fifth of a per cent."""
    rule = benefit(
        rate={"by": "wage", "mode": "linear", "in_units_of": "minimum", "points": {1: 0.8, 4: 0.5}},
        flat=20.0, cap={"of": "minimum", "times": 2}, most_of_wage=0.85,
    )  # fmt: skip
    where = pricing()
    sigma = np.sqrt(np.log1p(0.36))
    wages = np.sort(
        1000.0 * np.exp(sigma * np.random.default_rng(3).standard_normal(1_000_000) - sigma**2 / 2)
    )
    rate = np.interp(wages / 400.0, [1, 4], [0.8, 0.5])
    paid = np.minimum(np.minimum(rate * wages + 20.0, 800.0), 0.85 * wages)
    drawn = [part.mean() for part in np.split(paid, [300_000, 700_000])]
    np.testing.assert_allclose(mean(claim_benefit(rule, where, 1, 10.0)), drawn, rtol=2e-3)


def test_bands_of_contributions_are_the_wages_of_benefits() -> None:
    """Bands of 200: standard wages 100, 300, 500 ...; without dispersion 1,090 counts as 1,100."""
    bands = {
        "bands": {"by": "wage", "start": 200, "from": 300, "increment": 200, "every": 200, "until": 3300}
    }
    where = pricing(1090.0, variation=0.0, base=bands)
    assert mean(claim_benefit(benefit(rate=0.5), where, 1, 10.0)) == pytest.approx([550.0] * 3)
    spread = mean(claim_benefit(benefit(rate=0.5), pricing(1000.0, base=bands), 1, 10.0))
    plain = mean(claim_benefit(benefit(rate=0.5), pricing(1000.0), 1, 10.0))
    np.testing.assert_allclose(spread, plain, rtol=0.03)


def test_nobody_above_the_wage_limit() -> None:
    """Of the highest class those below 1.5 times the mean, and their benefit is that of their own wages."""
    rule, where = benefit(most_wage=1500.0), pricing()
    share = mean(entitled_share(rule, where)[:, None])
    assert share[0] == 1 and share[1] == 1 and 0 < share[2] < 1
    sigma = np.sqrt(np.log1p(0.36))
    wages = np.sort(
        1000.0 * np.exp(sigma * np.random.default_rng(3).standard_normal(1_000_000) - sigma**2 / 2)
    )
    top = wages[700_000:]
    assert share[2] == pytest.approx((top <= 1500).mean(), abs=1 / pricing_of.NODES)
    assert mean(claim_benefit(rule, where, 1, 10.0))[2] == pytest.approx(
        0.6 * top[top <= 1500].mean(), rel=0.02
    )


def test_benefits_of_a_claim_follow_it_through_the_months() -> None:
    by_begin = np.arange(12.0).reshape(3, 4, 1)  # month of begin, month of benefit
    paid = of_claim(by_begin, wait=1)
    assert paid[2, :, 0].tolist() == [8.0, 4.0, 1.0, 2.0]


@settings(deadline=None, max_examples=25)
@given(st.floats(0.1, 10.0), st.floats(0.0, 800.0), st.floats(100.0, 2000.0), st.floats(0.2, 0.9))
def test_money_times_k_is_benefit_times_k(factor: float, floor: float, cap: float, rate: float) -> None:
    """Wages, limits and flat amounts in another currency: the same benefit in it."""
    spec = {"rate": rate, "flat": 30.0, "floor": floor, "cap": cap, "precedence": "floor"}
    scaled = spec | {name: spec[name] * factor for name in ("flat", "floor", "cap")}  # type: ignore[operator]
    here = mean(claim_benefit(benefit(**spec), pricing(1000.0), 1, 10.0))
    there = mean(claim_benefit(benefit(**scaled), pricing(1000.0 * factor), 1, 10.0))
    np.testing.assert_allclose(there, factor * here, rtol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.05, 0.9), st.floats(0.0, 0.1), st.floats(100.0, 900.0))
def test_more_generous_rules_never_pay_less(rate: float, more: float, cap: float) -> None:
    where = pricing()
    least = mean(claim_benefit(benefit(rate=rate, cap=cap), where, 1, 10.0))
    for other in (
        {"rate": rate + more, "cap": cap},
        {"rate": rate, "cap": cap + 50},
        {"rate": rate, "cap": cap, "flat": 5.0},
    ):
        assert (mean(claim_benefit(benefit(**other), where, 1, 10.0)) >= least * (1 - 2e-3)).all()


def test_the_age_of_the_law_is_met_by_a_band() -> None:
    rule = benefit(rate={"by": "age", "points": {15: 0.5, 30: 0.7}})
    found = claim_benefit(rule, pricing(variation=0.0), 1, 10.0)[0, 0].reshape(2, 2, 3)
    assert found[0, 0].tolist() == pytest.approx([500.0] * 3) and found[0, 1].tolist() == pytest.approx(
        [700.0] * 3
    )
    later = replace(pricing(variation=0.0), months=MONTHS)
    assert claim_benefit(rule, later, 2, 10.0).shape == (3, 2, 12)
