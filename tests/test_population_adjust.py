"""`population.adjust`: another future than the tables'."""

from __future__ import annotations

import numpy as np
import pytest

from spsim.data.adjustment import adjusted, expectation_at_birth, longer_lives
from spsim.data.bundle import bundled_folder
from spsim.data.tables import read_folder
from spsim.people import Adjustment
from spsim.population import project
from spsim.scenario import Scenario

TABLES = read_folder(bundled_folder("LAO"), "LAO", 2025, 2035)
GROWING = {"by": "event_date", "mode": "linear", "points": {"2025": 0.0, "2035": 2.0}}


def change(**values: object):
    return adjusted(TABLES, Adjustment.model_validate(values).on(TABLES.years))


def test_without_values_nothing_changes():
    same = change()
    for name in ("fertility", "migration", "mortality", "survival", "base"):
        np.testing.assert_array_equal(getattr(same, name), getattr(TABLES, name))


def test_two_years_of_life_at_a_constant_force():
    """By hand: at a constant death rate m the expectation is 1/m from age 1 on, so 50 years become 52 at m = 1/52: factor 50/52."""
    flat = np.full((1, 2, 130), 0.02)
    factor = longer_lives(flat, np.full((1, 2), 2.0))
    assert factor == pytest.approx(50 / 52, rel=2e-3)  # infants die earlier in their first year than half-way


def test_years_of_life_are_added_to_what_the_rates_give():
    longer = change(mortality=0.9, life_expectancy={"male": 1.0, "female": 3.0})
    only = change(mortality=0.9)
    more = longer.life_expectancy() - only.life_expectancy()
    assert more[1:, 0] == pytest.approx(1.0, abs=1e-9) and more[1:, 1] == pytest.approx(3.0, abs=1e-9)
    assert (only.life_expectancy()[1:] > TABLES.life_expectancy()[1:]).all()


def test_the_past_stays_as_in_the_tables():
    changed = change(mortality=0.5, fertility=0.5, migration=2.0, life_expectancy=1.0)
    np.testing.assert_array_equal(changed.mortality[0], TABLES.mortality[0])
    np.testing.assert_array_equal(changed.mortality_q[0], TABLES.mortality_q[0])
    np.testing.assert_array_equal(changed.base, TABLES.base)
    np.testing.assert_array_equal(changed.fertility_by_year()[0], TABLES.fertility[0])
    np.testing.assert_allclose(changed.fertility_by_year()[1], 0.5 * TABLES.fertility[0])


def test_a_value_of_a_step_is_its_mean_over_the_twelve_months():
    """From 1 January 2026: the step July 2025 - June 2026 has six months of each value, (1 + 0.8) / 2 = 0.9."""
    changed = change(fertility={"by": "event_date", "points": {"2025": 1.0, "2026": 0.8}})
    ratio = changed.fertility.sum(axis=1) / TABLES.fertility.sum(axis=1)
    assert ratio[0] == pytest.approx(0.9) and ratio[1:] == pytest.approx(0.8)


def test_factors_reach_births_migrants_and_the_ages_named():
    people, base = project(change(fertility=0.0, migration=0.0)), project(TABLES)
    assert people.births.sum() == 0.0 and people.migrants.sum() == 0.0 and base.migrants.any()
    old = change(mortality={"by": "age", "points": {0: 1.0, 65: 0.5}})
    np.testing.assert_array_equal(old.mortality[:, :, :65], TABLES.mortality[:, :, :65])
    np.testing.assert_allclose(old.mortality[1:, :, 65:], 0.5 * TABLES.mortality[1:, :, 65:])


def test_growing_years_of_life_reach_their_end_smoothly():
    """By hand, the last step: July to December 2034 are 114 .. 119 of 120 months, then 2 years: (2 * 699 / 120 + 6 * 2) / 12."""
    gained = (change(life_expectancy=GROWING).life_expectancy() - TABLES.life_expectancy())[1:, 0]
    assert (np.diff(gained) > 0).all() and gained[-1] == pytest.approx((2 * 699 / 120 + 12) / 12, abs=1e-9)


def test_years_that_no_death_rate_gives_are_refused():
    with pytest.raises(ValueError, match="no factor on the death rates"):
        longer_lives(np.full((1, 2, 130), 0.3), np.full((1, 2), -20.0))  # e0 is 3 years


def test_expectation_is_that_of_the_life_table():
    np.testing.assert_allclose(expectation_at_birth(TABLES.mortality), TABLES.life_expectancy())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"fertility": -0.1}, "below|outside"),
        ({"mortality": 0.0}, "outside"),
        ({"fertility": {"by": "age", "points": {20: 1.0}}}, "cannot be keyed"),
        ({"migration": {"male": 1.0, "female": 2.0}}, "men and women cannot differ"),
        ({"births": 0.8}, "extra|Extra"),
    ],
)
def test_bad_values_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Adjustment.model_validate(values)


def test_the_block_reaches_a_run(tmp_path):
    from spsim.run import simulate

    def persons(adjust: dict[str, object]):
        data = {"meta": {"id": "a", "title": "a"}, "horizon": {"start": 2025, "end": 2030}}
        data |= {"population": {"country": "LAO", "adjust": adjust}}
        outcome = simulate(Scenario.model_validate(data))
        assert outcome.population is not None
        return outcome.population.total()

    assert persons({"fertility": 0.8})[-1] < persons({})[-1] < persons({"life_expectancy": 2.0})[-1]
