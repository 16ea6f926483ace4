"""The cohort component against published projections, a slow twin, and what must hold for any population."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.data.bundle import bundled_countries, bundled_folder
from spsim.data.tables import read_folder
from spsim.identities import IdentityError, require_zero
from spsim.population import Population, check_balance, cohort_component, project, project_many

CASES = Path(__file__).parent / "cases" / "population"


def columns(name):
    with (CASES / name).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0] if key not in ("iso3", "sex")}


def five_year_groups(persons):
    """(..., 101) single ages -> (..., 21)."""
    groups = persons[..., :100].reshape(*persons.shape[:-1], 20, 5).sum(-1)
    return np.concatenate([groups, persons[..., 100:]], axis=-1)


def test_sweden_1993_to_1998_as_in_preston():
    c = columns("sweden_1993.csv")
    both = lambda name: np.stack([c[name.format(sex)] for sex in ("male", "female")])  # noqa: E731
    survival = both("survival_{}")[None, None]
    persons, births, _ = cohort_component(
        both("{}_1993")[None],
        survival,
        survival[..., -1],
        c["fertility"][None, None],
        np.array([[1.05]]),
        both("migrants_{}")[None, None],
        share_at_start=0.5,
        step_years=5.0,
    )
    assert np.abs(persons[0, 1] - both("{}_1998")).max() < 1
    assert abs(births.sum() - c["births"].sum()) < 2  # the column prints each age group rounded


def test_thailand_1960_to_2000_as_in_pop_reconstruct():
    p, r = columns("thailand_population.csv"), columns("thailand_rates.csv")
    expected = np.stack([p["male"].reshape(9, 17), p["female"].reshape(9, 17)], axis=1)
    survival = np.stack([r["survival_male"].reshape(8, 18), r["survival_female"].reshape(8, 18)], axis=1)[
        None
    ]
    persons, _, _ = cohort_component(
        expected[None, 0],
        survival[..., :17],
        survival[..., 17],
        r["fertility"].reshape(1, 8, 18)[..., :17],
        r["sex_ratio"].reshape(1, 8, 18)[..., 0],
        np.zeros((1, 8, 2, 17)),
        step_years=5.0,
    )
    np.testing.assert_allclose(persons[0], expected, rtol=1e-6)


def slow_projection(base, survival, stay, fertility, sex_ratio, migration, share, width):
    """One population, dictionaries of (sex, age), nothing clever."""
    ages = len(base[0])
    now = {(s, x): base[s][x] for s in (0, 1) for x in range(ages)}
    out = [now]
    for t in range(len(fertility)):
        start = {key: now[key] + share * migration[t][key[0]][key[1]] for key in now}
        end = {key: (1 - share) * migration[t][key[0]][key[1]] for key in now}
        for s in (0, 1):
            for x in range(1, ages):
                end[s, x] += start[s, x - 1] * survival[t][s][x]
            end[s, ages - 1] += start[s, ages - 1] * stay[t][s]
        births = width * sum(fertility[t][x] * (start[1, x] + end[1, x]) / 2 for x in range(1, ages))
        boys = births * sex_ratio[t] / (1 + sex_ratio[t])
        end[0, 0] += boys * survival[t][0][0]
        end[1, 0] += (births - boys) * survival[t][1][0]
        now = end
        out.append(now)
    return np.array([[[p[s, x] for x in range(ages)] for s in (0, 1)] for p in out])


def random_rates(seed, draws=2, steps=3, ages=6):
    rng = np.random.default_rng(seed)
    return {
        "base": rng.uniform(0, 1000, (draws, 2, ages)),
        "survival": rng.uniform(0.5, 1, (draws, steps, 2, ages)),
        "survival_open": rng.uniform(0, 1, (draws, steps, 2)),
        "fertility": rng.uniform(0, 0.3, (draws, steps, ages)) * (np.arange(ages) > 0),
        "srb": rng.uniform(1, 1.1, (draws, steps)),
        "migration": rng.uniform(-5, 5, (draws, steps, 2, ages)),
    }


@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.5, 1.0]), width=st.sampled_from([1.0, 5.0]))
@settings(max_examples=25, deadline=None)
def test_kernel_equals_slow_twin(seed, share, width):
    rates = random_rates(seed)
    persons, _, _ = cohort_component(**rates, share_at_start=share, step_years=width)
    for n in range(2):
        twin = slow_projection(*(value[n].tolist() for value in rates.values()), share, width)
        np.testing.assert_allclose(persons[n], twin, rtol=1e-12, atol=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_nobody_dies_or_moves_then_only_births_add(seed):
    rates = random_rates(seed)
    rates["survival"][:], rates["survival_open"][:], rates["migration"][:] = 1, 1, 0
    persons, births, deaths = cohort_component(**rates)
    assert np.abs(deaths).max() == 0
    np.testing.assert_allclose(np.diff(persons.sum((2, 3)), axis=1), births.sum(2), rtol=1e-12)
    rates["fertility"][:] = 0
    persons, _, _ = cohort_component(**rates)
    np.testing.assert_allclose(
        persons.sum((2, 3)), rates["base"].sum((1, 2))[:, None].repeat(4, 1), rtol=1e-12
    )


@given(seed=st.integers(0, 10_000), share=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_persons_in_are_persons_out(seed, share):
    rates = random_rates(seed)
    persons, births, deaths = cohort_component(**rates, share_at_start=share)
    flows = births.sum(2) - deaths.sum((2, 3)) + rates["migration"].sum((2, 3))
    np.testing.assert_allclose(np.diff(persons.sum((2, 3)), axis=1), flows, rtol=0, atol=1e-8)


def test_a_lost_person_is_reported_with_its_year():
    persons = np.full((3, 2, 101), 10.0)
    nothing = np.zeros((2, 2, 101))
    good = Population(np.array([2025, 2026, 2027]), persons, np.zeros((2, 2)), nothing, nothing)
    check_balance(good)
    persons[2, 0, 30] -= 1
    with pytest.raises(IdentityError, match=r"population balance.*2027") as caught:
        check_balance(good)
    assert (caught.value.year, caught.value.residual) == (2027, pytest.approx(-1))


def test_negative_persons_and_not_a_number_are_breaches():
    nothing = np.zeros((0, 2, 101))
    persons = np.zeros((1, 2, 101))
    persons[0, 1, 5] = -2
    with pytest.raises(IdentityError, match="below zero"):
        check_balance(Population(np.array([2025]), persons, np.zeros((0, 2)), nothing, nothing))
    with pytest.raises(IdentityError):
        require_zero(np.array([np.nan]), 1.0, "anything", [2025])


@pytest.fixture(scope="module")
def united_nations():
    with (CASES / "un_population.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    result = {(row["iso3"], int(row["year"])): np.zeros((2, 21)) for row in rows}
    for row in rows:
        cell = float(row["male"]), float(row["female"])
        result[row["iso3"], int(row["year"])][:, int(row["age"]) // 5] = cell
    return result


@pytest.mark.parametrize("iso3", sorted(bundled_countries()))
def test_united_nations_medium_variant(iso3, united_nations):
    population = project(read_folder(bundled_folder(iso3), iso3, 2025, 2100))
    for year, bound in ((2050, 0.001), (2100, 0.003)):
        expected = united_nations[iso3, year] * 1000
        found = five_year_groups(population.persons[year - 2025])
        assert abs(found.sum() / expected.sum() - 1) < bound
        assert np.abs(found - expected).sum() / expected.sum() < 0.0035


def test_many_countries_in_one_call_are_the_countries_one_by_one():
    many = [read_folder(bundled_folder(iso3), None, 2025, 2035) for iso3 in ("VNM", "SGP")]
    for together, demography in zip(project_many(many), many):
        np.testing.assert_array_equal(together.persons, project(demography).persons)
