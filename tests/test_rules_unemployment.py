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
from spsim.rules.contributions import Contribution, ContributionBase
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
    assert benefit(duration=2.9).months_granted(by_record())[0, 50] == 2


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
        ({"rate": 60.0}, "outside 0 to 1"),
        ({"rate": {"by": "record_months", "points": {12: 0.6}}}, "cannot be keyed by record_months"),
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
