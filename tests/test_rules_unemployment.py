"""Unemployment insurance and contributions: record, duration, limits, wait, base."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from spsim.calendar import month_number
from spsim.dated import on
from spsim.grid import Grid, Moments, Series, one_person
from spsim.rules.brackets import brackets, edges
from spsim.rules.contributions import Contribution, ContributionBase, ExperienceRating
from spsim.rules.reference_earnings import CareerAverage
from spsim.rules.unemployment import Record, UnemploymentBenefit

MONTHS = np.array([[12.0 * 2026 + 3]])
DURATION = {"by": "record_months", "start": 36, "from": 3, "increment": 1, "every": 12, "until": 12}


def benefit(**more: Any) -> UnemploymentBenefit:
    spec = {"record": {"required": 12, "window": 24, "used_per_month": 12}, "rate": 0.6, "duration": DURATION}
    return UnemploymentBenefit.model_validate(spec | more)


def by_record(longest: int = 200) -> Moments:
    return Moments(MONTHS, np.zeros(1), np.arange(longest + 1.0), "record_months")


def test_months_granted_by_record() -> None:
    granted = benefit().months_granted(by_record())[0]
    assert granted[[0, 11, 12, 36, 47, 48, 143, 144, 200]].tolist() == [0, 0, 3, 3, 3, 4, 11, 12, 12]
    assert (np.diff(granted) >= 0).all()
    assert benefit(longest=5).months_granted(by_record()).max() == 5
    assert benefit(duration=2.9).months_granted(by_record())[0, 50] == 2.9


def test_benefit_between_floor_and_cap() -> None:
    first = one_person(month_number("2026-04"), {}, last=1, last_key="claim_month")
    rule = benefit(floor=50.0, cap=300.0)
    assert [rule.monthly(wage, first).item() for wage in (0.0, 100.0, 400.0, 500.0, 9000.0)] == [
        50,
        60,
        240,
        300,
        300,
    ]
    assert benefit().monthly(9000.0, first).item() == pytest.approx(5400)
    falling = benefit(rate={"by": "claim_month", "points": {1: 0.8, 4: 0.5}})
    claim = Moments(MONTHS, np.zeros(1), np.arange(1.0, 7), "claim_month")
    assert falling.limits(claim)[0][0].tolist() == [0.8] * 3 + [0.5] * 3


def test_cap_follows_its_amount_by_date() -> None:
    amounts = {"wage": Series(12 * 2025, np.array([100.0] * 12 + [110.0] * 12))}
    rule = benefit(cap={"of": "wage", "times": 5})
    found = [
        rule.limits(one_person(month_number(d), amounts, last=1, last_key="claim_month"))[2].item()
        for d in ("2025-12", "2026-01")
    ]
    assert found == [500, 550]


@pytest.mark.parametrize(
    ("record", "used", "left"), [(50, 4, 2), (20, 3, 0), (144, 12, 0), (150, 12, 0), (60, 2, 36), (60, 0, 60)]
)
def test_record_left(record: int, used: int, left: int) -> None:
    assert benefit().record.left(record, used).item() == left


@given(st.integers(0, 144), st.integers(0, 12))
def test_record_left_falls_with_use_and_never_below_nothing(record: int, used: int) -> None:
    rule = benefit().record
    assert 0 <= rule.left(record, used).item() <= record
    assert rule.left(record, used + 1).item() <= rule.left(record, used).item()


def test_the_projection_leaves_the_middle_of_each_group_of_records() -> None:
    rule = benefit().record
    granted = benefit().months_granted(by_record(144))[0]
    after = rule.after_claim(granted)
    assert after.shape == (145, 13) and after.min() == 0 and (after.max(axis=1) <= np.arange(145)).all()
    exact = np.array([[rule.left(c, u).item() for u in range(13)] for c in range(145)])
    for low in range(12, 132, 12):
        used = low // 12
        group = slice(low, low + 12)
        assert abs(after[group, used].mean() - exact[group, used].mean()) <= 0.5
        assert (after[group, used:] == after[low, used:]).all()
    assert after[144, 12] == 0
    none = Record(required=12, window=24)
    assert none.after_claim(granted).max() == 0 and none.left(100, 1).item() == 0


def test_waits_are_days() -> None:
    rule = benefit(waiting_days={"by": "event_date", "points": {2015: 15, "2026-01": 14}})
    assert [
        on(rule.waiting_days, one_person(month_number(d), {})).item() for d in ("2025-12", "2026-01")
    ] == [15, 14]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"record": {"required": 36, "window": 24}}, "no one can ever qualify"),
        ({"record": {"required": 12, "window": 24, "longest": 6}}, "raise `longest`"),
        ({"rate": 6.0}, "outside 0 to 1"),
        ({"rate": {"by": "service", "points": {12: 0.6}}}, "cannot be keyed by service"),
        ({"duration": {"by": "claim_month", "points": {12: 3}}}, "cannot be keyed by claim_month"),
        ({"cap": {"male": 5.0, "female": 6.0}}, "cannot differ"),
        ({"cap": -5.0}, "below 0"),
        ({"waiting_days": 500.0}, "outside 0 to 365"),
        ({"earnings_months": 0}, "greater than or equal to 1"),
    ],
)
def test_benefits_that_make_no_sense(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        benefit(**spec)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 300))
def test_contribution_base(floor: float, width: float, wage: float) -> None:
    person = one_person(24300, {})
    found = float(ContributionBase(floor=floor, ceiling=floor + width).of_wage(wage, person)[0])
    assert found == sorted((floor, wage, floor + width))[1]
    assert float(ContributionBase().of_wage(wage, person)[0]) == wage


def test_limits_are_the_mean_of_the_year() -> None:
    amounts = {"level": Series(12 * 2025, np.array([100.0] * 6 + [200.0] * 6))}
    base = ContributionBase.model_validate(
        {"floor": {"of": "level"}, "ceiling": {"of": "level", "times": 20}}
    )
    floor, ceiling = base.limits(Grid(2025, 2026).calendar_years(amounts))
    assert floor.tolist() == [150, 200] and ceiling.tolist() == [3000, 4000]


def test_contribution_rates_by_sex_and_age() -> None:
    rate = {"male": 0.08, "female": {"by": "age", "points": {0: 0.1, 55: 0.05}}}
    found = Contribution.model_validate({"party": "employee", "rate": rate}).on(
        Grid(2025, 2026, 50, 60).calendar_years({})
    )
    assert found.shape == (1, 2, 11)
    assert found[0, :, 0].tolist() == [0.08, 0.1] and found[0, :, 5].tolist() == [0.08, 0.05]


def test_average_of_a_career() -> None:
    rule = CareerAverage(kind="career", valorisation="prices")
    assert rule.average(np.array([100.0, 200.0]), np.array([1.0, 2.0]), 3.0) == pytest.approx(300)


# Several causes, ages, records, wages ------------------------------------------------------------


def months_of_claim(count: int = 6, **known: float) -> Moments:
    return Moments(MONTHS, np.zeros(1), np.arange(1.0, count + 1), "claim_month", known=known)


def test_flat_amount_beside_a_share_within_limits() -> None:
    rule = benefit(rate=0.2, flat={"by": "claim_month", "points": {1: 300, 2: 100}}, floor=150.0, cap=450.0)
    assert rule.monthly(500.0, months_of_claim(3)).tolist() == [[400, 200, 200]]
    assert rule.monthly(2000.0, months_of_claim(3)).tolist() == [[450, 450, 450]]
    assert rule.monthly(100.0, months_of_claim(3)).tolist() == [[320, 150, 150]]
    capped = benefit(rate=0.2, flat=300.0, floor=150.0, most_of_wage=0.9)
    assert capped.monthly(100.0, months_of_claim(1)).item() == pytest.approx(90)


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0, 2000))
def test_precedence_says_which_limit_holds(floor: float, cap: float, wage: float) -> None:
    first = months_of_claim(1)
    by_cap = benefit(floor=floor, cap=cap).monthly(wage, first).item()
    by_floor = benefit(floor=floor, cap=cap, precedence="floor").monthly(wage, first).item()
    assert by_cap <= cap + 1e-9 and by_floor >= floor - 1e-9
    assert by_cap == pytest.approx(by_floor) if floor <= cap else by_cap == cap and by_floor == floor


def test_rate_by_wage_in_units_of_an_amount() -> None:
    """80 % up to one minimum wage, falling to 50 % at two: at a wage of 1,500 and a minimum wage of 1,000, 65 %."""
    amounts = {"minimum": Series(0, np.array([1000.0]))}
    rule = benefit(
        rate={"by": "wage", "mode": "linear", "in_units_of": "minimum", "points": {1: 0.8, 2: 0.5}}
    )
    first = Moments(MONTHS, np.zeros(1), np.ones(1), "claim_month", references=amounts)
    assert [
        rule.monthly(wage, first).item() for wage in (500.0, 1000.0, 1500.0, 2000.0, 4000.0)
    ] == pytest.approx([400, 800, 975, 1000, 2000])


def test_months_granted_by_age_and_record() -> None:
    stages = {15: 3, 45: {"by": "record_months", "points": {12: 5, 60: 8}}}
    rule = benefit(
        duration={"by": "age", "stages": stages}, record={"required": 12, "window": 24, "total": 18}
    )
    moments = Moments(MONTHS, np.array([44.0, 45.0]), np.array([17.0, 18.0, 60.0]), "record_months")
    assert rule.granted_by_age(moments).tolist() == [[[0, 3, 3], [0, 5, 8]]]


def test_a_wait_that_shortens_the_benefit() -> None:
    rule = benefit(duration=3, waiting_days=14, waiting_shortens=True)
    assert rule.months_granted(by_record())[0, 20] == pytest.approx(3 - 14 / (365 / 12))
    working = benefit(waiting_days=10, waiting_unit="working")
    assert working.waiting_months(by_record())[0] == pytest.approx(14 / (365 / 12))


def test_bonus_by_what_remains() -> None:
    """Six months, work after two and after five: 4 of 6 remain, at most 3 count; 1 of 6 is less than a fifth."""
    spec = {
        "share": {"by": "remaining", "points": {0: 0.3, 0.5: 0.6}},
        "least_remaining": 0.2,
        "most_months": 3,
    }
    bonus = benefit(duration=6, reemployment_bonus=spec).reemployment_bonus
    assert bonus is not None
    paid = np.ones(6)
    assert bonus.counted(paid, 1).tolist() == [0, 0, 1, 1, 1, 0]
    at = Moments(MONTHS, np.zeros(1), np.array([4 / 6, 1 / 6]), "remaining")
    assert bonus.shares(np.array([4 / 6, 1 / 6]), at).tolist() == [[0.6, 0.0]]


def test_a_kept_record_stays_in_the_middle_of_its_year() -> None:
    rule = Record(required=6, window=12, longest=60, kept=True)
    after = rule.after_claim(np.array([3.0]))
    assert (after == after[:, :1]).all()
    assert abs(after[6:60, 0] - np.arange(6, 60)).max() <= 6
    assert abs(after[6:54, 0].mean() - np.arange(6, 54).mean()) <= 0.5
    assert after[60, 0] == 60 and rule.left(40, 3).item() == 40


def test_where_a_value_may_change() -> None:
    value = {
        "by": "age",
        "stages": {15: {"by": "record_months", "points": {0: 3, 60: 5}}, 45: {"of": "x", "times": 2}},
    }
    read = benefit(cap=value).cap
    assert sorted(edges(read, "record_months", 12)) == [0, 60]
    assert sorted(edges(read, "age", 5.0)) == [15, 45]
    slope = benefit(flat={"by": "record_months", "mode": "linear", "points": {0: 0, 30: 10}}).flat
    assert sorted(edges(slope, "record_months", 12)) == [0, 12, 24, 30]
    number, middle = brackets({12.0, 24.0}, 36)
    assert number[[0, 11, 12, 23, 24, 36]].tolist() == [0, 0, 1, 1, 2, 2]
    assert middle.tolist() == [5.5, 17.5, 36.0]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"record": {"required": 12, "window": 24, "kept": True, "used_per_month": 12}}, "contradict"),
        ({"record": {"required": 12, "window": 24, "density": 0.5}}, "add kept: true"),
        ({"waiting_days": 100.0}, "longer than the benefit of 3 months"),
        ({"rate": 0}, "without a rate and without an amount"),
        ({"duration": {"by": "age", "points": {15: 3}}}, "cannot differ by age"),
    ],
)
def test_more_benefits_that_make_no_sense(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        benefit(**spec)


def test_enterprises_without_claims_by_hand() -> None:
    """A claim a year among 100 insured: of enterprises of 10 exp(−10 · 0.02) have had none in two years, of those of 50 exp(−1)."""
    rating = ExperienceRating.model_validate({"months": 24, "by": 0.1, "enterprises": {10: 0.4, 50: 0.6}})
    claims, insured = np.full(36, 1 / 12), np.full(36, 100.0)
    expected = 0.4 * np.exp(-10 * 0.02) + 0.6 * np.exp(-50 * 0.02)
    np.testing.assert_allclose(rating.without_claims(claims, insured), expected, rtol=1e-12)
    claims[20:] = (
        0.0  # from month 21 on nobody claims: a month of claims less in the two years for each that passes
    )
    later = rating.without_claims(claims, insured)
    assert later[20] == pytest.approx(expected) and later[21] > later[20]
    assert later[32] == pytest.approx(
        sum(share * np.exp(-size * 12 / 1200) for size, share in ((10, 0.4), (50, 0.6)))
    )


@pytest.mark.parametrize(
    ("enterprises", "says"),
    [({10: 0.4}, "the shares add to 0.4"), ({0: 1.0}, "no share of the insured"), ({"many": 1.0}, "no share of the insured")],
)  # fmt: skip
def test_enterprises_that_make_no_sense(enterprises: dict[int | str, float], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ExperienceRating.model_validate({"months": 24, "by": 0.1, "enterprises": enterprises})
