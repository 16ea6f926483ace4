"""Life tables and graduation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.data import graduation
from spsim.data.bundle import bundled_folder
from spsim.data.demography import linear, within_periods
from spsim.data.life_table import life_table_from_q, life_table_from_rates, survival_ratios
from spsim.data.tables import read_folder

CASES = Path(__file__).parent / "cases" / "population"


@pytest.mark.parametrize("iso3", ["JPN", "MMR", "VNM"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_expectation_of_life_2023_as_published(iso3, sex):
    with (CASES / "un_life_tables_2023.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["iso3"], row["sex"]) == (iso3, sex)]
    q, e = (np.array([float(row[name]) for row in rows]) for name in ("q", "e"))
    table = life_table_from_q(q, ("male", "female").index(sex), e[-1])
    assert np.abs(table.e - e).max() <= 0.0105  # published to two decimals


def test_constant_force_has_expectation_one_over_the_rate():
    table = life_table_from_rates(np.full((1, 130), 0.01), 0)
    assert table.e[0, 1:] == pytest.approx(100, rel=2e-5)


def test_survival_and_annual_probabilities_are_complements():
    d = read_folder(bundled_folder("VNM"), "VNM", 2025, 2030)
    np.testing.assert_allclose(d.mortality_q[1:, :, :100], 1 - d.survival[..., 1:], rtol=0, atol=1e-15)
    np.testing.assert_allclose(d.mortality_q[1:, :, 100], 1 - d.survival_open, rtol=0, atol=1e-15)
    again = d.with_mortality(d.mortality)
    np.testing.assert_array_equal(again.survival, d.survival)
    assert (d.with_mortality(d.mortality * 0.9).life_expectancy() > d.life_expectancy()).all()


def test_abridged_rates_are_kept():
    abridged = columns_of_mortality("LAO")
    ages = [0, 1, *range(5, 101, 5)]
    single = graduation.graduate_mortality(abridged[None], ages)[0]
    for sex in (0, 1):
        lived = life_table_from_rates(single[sex], sex).person_years
        for k, (low, high) in enumerate(graduation.bounds_of(ages, 130)):
            rate = (single[sex, low:high] * lived[low:high]).sum() / lived[low:high].sum()
            assert rate == pytest.approx(abridged[sex, k], rel=2e-5)
    assert (np.diff(single[:, 30:]) > 0).all()


def columns_of_mortality(iso3):
    with (CASES / "un_abridged_mortality.csv").open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if (r["iso3"], r["mid_year"]) == (iso3, "2028")]
    return np.array([[float(row[sex]) for row in rows] for sex in ("male", "female")])


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=12))
@settings(max_examples=50, deadline=None)
def test_graduated_totals_are_kept_and_never_negative(totals):
    groups = len(totals)
    bounds = [(5 * k, 5 * k + 5) for k in range(groups)]
    single = graduation.graduate_totals(np.array([totals]), bounds, np.ones((1, 5 * groups)))
    assert (single >= 0).all()
    np.testing.assert_allclose(single.reshape(groups, 5).sum(1), totals, rtol=1e-9, atol=1e-9)


def test_a_shock_in_one_period_does_not_leak_into_the_next():
    values = np.array([[5.0], [9.0], [4.0], [3.0]])
    years = np.arange(2018, 2036)
    yearly = within_periods(values, np.array([2018, 2023, 2028, 2033]), years)
    assert yearly[(years >= 2026) & (years <= 2030)].mean() == pytest.approx(4)
    assert yearly[years == 2026, 0] == pytest.approx(4.4)  # slope of -0.2, not of -1
    assert yearly[years == 2023, 0] == 9


def test_linear_holds_the_ends():
    values = linear(np.array([[1.0], [2.0]]), np.array([2023, 2028]), np.array([2020, 2024, 2030]))
    np.testing.assert_allclose(values[:, 0], [1, 1.2, 2])


def test_survival_ratios_stay_between_zero_and_one():
    survival, stay = survival_ratios(np.full((3, 2, 130), 0.02))
    assert ((survival > 0) & (survival < 1)).all()
    assert ((stay > 0) & (stay < 1)).all()
