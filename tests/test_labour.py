"""Participation, groups, wages and their dispersion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import quad
from scipy.stats import lognorm, norm

from spsim.dated import Roadmap
from spsim.economy import Economy, Money, economic_paths
from spsim.grid import Grid, Moments
from spsim.labour import (
    Labour,
    Wages,
    average_wage,
    banded_mean,
    class_means,
    contributory_multiples,
    wage_by_age,
    work,
)
from spsim.rules.contributions import ContributionBase

GRID = Grid(2025, 2030, 20, 64, 3, 10)
SHARES = st.lists(st.floats(0.05, 1), min_size=1, max_size=6).map(lambda s: tuple(np.array(s) / sum(s)))
CV = st.floats(0.05, 2.5)
LIMITS = st.tuples(st.floats(0, 1.5), st.floats(0, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def wages(cv: float = 0.6, shares: tuple[float, ...] = (0.2, 0.3, 0.5), **more: Any) -> Wages:
    average = more.pop("average", {"value": 100.0, "year": 2025})
    return Wages(average=average, coefficient_of_variation=cv, class_shares=shares, **more)


@given(CV, SHARES)
def test_class_means_average_to_one_and_rise(cv: float, shares: tuple[float, ...]) -> None:
    means = class_means(wages(cv, shares))
    assert np.dot(means, shares) == pytest.approx(1, abs=1e-9)
    assert (np.diff(means) > 0).all()


def test_without_dispersion_all_classes_are_alike() -> None:
    assert class_means(wages(0.0, (0.5, 0.5))) == pytest.approx([1, 1])
    found = contributory_multiples(wages(0.0, (0.5, 0.5)), np.array(0.2), np.array(0.7))
    assert found == pytest.approx([0.7, 0.7])


@settings(max_examples=40, deadline=None)
@given(CV, SHARES, LIMITS)
def test_contributory_wages_against_numerical_integration(
    cv: float, shares: tuple[float, ...], limits: tuple[float, float]
) -> None:
    """E[min(max(w, floor), ceiling) | class] by quadrature over the standard normal."""
    floor, ceiling = limits
    sigma = np.sqrt(np.log1p(cv**2))
    edges = norm.ppf(np.clip(np.concatenate([[0], np.cumsum(shares)]), 0, 1))
    found = contributory_multiples(wages(cv, shares), np.array(floor), np.array(ceiling))

    def base(z: float) -> float:
        return float(np.clip(np.exp(sigma * z - sigma**2 / 2), floor, ceiling) * norm.pdf(z))

    kinks = [float((np.log(limit) + sigma**2 / 2) / sigma) for limit in limits if limit > 0]
    for k, share in enumerate(shares):
        low, high = max(edges[k], -12), min(edges[k + 1], 12)
        inside = [kink for kink in kinks if low < kink < high]
        expected = quad(base, low, high, points=inside or None, limit=200)[0] / share
        assert found[k] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@given(CV, SHARES, LIMITS)
def test_floors_and_ceilings_hold_and_widen(
    cv: float, shares: tuple[float, ...], limits: tuple[float, float]
) -> None:
    floor, ceiling = np.array(limits[0]), np.array(limits[1])
    found = contributory_multiples(wages(cv, shares), floor, ceiling)
    assert (found >= floor - 1e-9).all() and (found <= ceiling + 1e-9).all()
    assert (contributory_multiples(wages(cv, shares), floor, ceiling + 1) >= found - 1e-9).all()
    assert (contributory_multiples(wages(cv, shares), floor + 0.1, ceiling + 0.1) >= found - 1e-9).all()
    free = contributory_multiples(wages(cv, shares), np.array(0.0), np.array(np.inf))
    assert free == pytest.approx(class_means(wages(cv, shares)), abs=1e-9)


def test_dispersion_is_the_one_asked_for() -> None:
    """Many classes reproduce mean and coefficient of variation of the lognormal."""
    many = wages(0.6, tuple(np.full(2000, 1 / 2000)))
    means = class_means(many)
    assert np.std(means) / np.mean(means) == pytest.approx(0.6, rel=0.02)
    sigma = np.sqrt(np.log1p(0.36))
    assert np.median(means) == pytest.approx(lognorm(sigma, scale=np.exp(-(sigma**2) / 2)).median(), rel=1e-3)


def persons() -> np.ndarray:
    return np.full((6, 2, 101), 1000.0)


def labour(**more: Any) -> Labour:
    return Labour(**({"participation": 0.8, "unemployment_rate": 0.05} | more))


def test_employed_are_those_who_take_part_and_are_not_unemployed() -> None:
    found = work(labour(), np.zeros((2, 101)), persons(), GRID)
    assert np.allclose(found.labour_force, 800) and np.allclose(found.employed, 760)
    assert np.allclose(found.employed + found.unemployed, found.labour_force)


def test_tables_of_participation_are_used_where_none_is_given() -> None:
    rates = np.full((2, 101), 0.6)
    found = work(Labour(unemployment_rate=0.0, participation_change=0.1), rates, persons(), GRID)
    assert np.allclose(found.labour_force, 700)
    assert np.allclose(
        work(Labour(unemployment_rate=0.0, participation_change=0.9), rates, persons(), GRID).labour_force,
        1000,
    )


def test_a_group_is_its_share_by_date_times_its_factor_by_age() -> None:
    group = {
        "share": {"by": "event_date", "mode": "linear", "points": {2025: 0.2, 2027: 0.4}},
        "by_age": {"male": 1.0, "female": {"by": "age", "points": {0: 0.0, 30: 1.5}}},
        "wages": wages(),
    }
    found = work(labour(groups={"some": group}), np.zeros((2, 101)), persons(), GRID).groups["some"]
    assert found[0, 0, 40] == pytest.approx(760 * (0.2 + 0.1 * 5.5 / 12))
    assert found[3, 1, 29] == 0 and found[3, 1, 30] == pytest.approx(760 * 0.4 * 1.5)
    most = group | {"by_age": 5.0, "share": 0.9}
    assert np.allclose(
        work(labour(groups={"some": most}), np.zeros((2, 101)), persons(), GRID).groups["some"], 760
    )


def test_average_wage_moves_with_wages_or_with_its_own_growth() -> None:
    spec = Economy(price_inflation=0.03, real_wage_growth=0.02, interest_rate=0.05)
    paths = economic_paths(spec, GRID, 2025)
    general = average_wage(wages(average={"value": 100.0, "year": 2026}), paths, GRID)
    assert general[:3] == pytest.approx([100 / (1.03 * 1.02), 100, 100 * 1.03 * 1.02])
    own = average_wage(wages(real_growth=0.1), paths, GRID)
    assert own[1] == pytest.approx(100 * 1.03 * 1.1)


def test_wages_by_age_have_the_shape_of_the_profile_and_the_given_mean() -> None:
    profile = {"male": 2.0, "female": {"by": "age", "mode": "linear", "points": {20: 1, 60: 3}}}
    heads = np.random.default_rng(1).uniform(1, 5, (6, 2, 45))
    average = np.linspace(100, 150, 6)
    found = wage_by_age(wages(profile=profile), average, heads, GRID)
    assert (found * heads).sum(axis=(1, 2)) / heads.sum(axis=(1, 2)) == pytest.approx(average)
    assert found[0, 1, 20] / found[0, 0, 0] == pytest.approx((1 + 20.5 / 40 * 2) / 2)
    doubled = wage_by_age(
        wages(profile={"male": 4.0, "female": {"by": "age", "mode": "linear", "points": {20: 2, 60: 6}}}),
        average,
        heads,
        GRID,
    )
    assert np.allclose(found, doubled)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shares": (0.5, 0.4)}, {"shares": ()}, {"shares": (1.2, -0.2)}, {"cv": -0.1}, {"cv": 9.0},
        {"average": {"value": 0.0, "year": 2025}}, {"profile": -1.0}, {"profile": {"by": "service", "points": {1: 1.0}}},
        {"real_growth": {"male": 0.1, "female": 0.2}},
    ],
)  # fmt: skip
def test_wages_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        wages(**wrong)


def test_the_mean_of_bands_is_that_of_many_persons() -> None:
    """A million wages of one mean, sorted into classes, each counted at the standard wage of its band."""
    shares = (0.3, 0.4, 0.3)
    wages = Wages(average=Money(value=1.0, year=2025), coefficient_of_variation=0.5, class_shares=shares)
    base = ContributionBase(
        floor=0.0, bands=Roadmap.model_validate(
            {"by": "wage", "start": 5250, "from": 5500, "increment": 500, "every": 500, "until": 20000, "before": 5000}
        ),
    )  # fmt: skip
    edges, standard = base.band_steps()
    sigma = np.sqrt(np.log1p(0.25))
    drawn = np.sort(np.random.default_rng(1).lognormal(np.log(9000) - sigma**2 / 2, sigma, 1_000_000))
    counted = base.of_wage(drawn, Moments(np.zeros((1, 1)), np.zeros(1), np.zeros(1)))
    assert {5000.0, 5500.0, 20000.0} <= set(counted.tolist())
    of_classes = [part.mean() for part in np.split(counted, [300_000, 700_000])]
    assert banded_mean(wages, np.array([9000.0]), edges, standard[None])[0] == pytest.approx(
        of_classes, rel=2e-3
    )
    still = wages.model_copy(update={"coefficient_of_variation": 0.0})
    assert (banded_mean(still, np.array([9000.0]), edges, standard[None])[0] == 9000).all()


@pytest.mark.parametrize(
    ("wage", "counted"), [(4000, 5000), (5249.99, 5000), (5250, 5500), (19750, 20000), (9e9, 20000)]
)
def test_bands_of_one_person(wage: float, counted: float) -> None:
    bands = {
        "by": "wage",
        "start": 5250,
        "from": 5500,
        "increment": 500,
        "every": 500,
        "until": 20000,
        "before": 5000,
    }
    base = ContributionBase.model_validate({"bands": bands})
    moments = Moments(np.zeros((1, 1)), np.zeros(1), np.zeros(1))
    assert base.of_wage(wage, moments) == counted
    lower = ContributionBase.model_validate({"bands": bands, "ceiling": 15000, "floor": 6000})
    assert lower.of_wage(wage, moments) == min(max(counted, 6000), 15000)
