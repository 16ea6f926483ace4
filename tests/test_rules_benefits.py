"""Amounts, reductions, rounding of service, conditions, tiers: on cells and for one person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from spsim.calendar import month_number
from spsim.grid import Grid, one_person
from spsim.rules.amounts import Amount, Linear
from spsim.rules.benefits import (
    Benefit,
    Choices,
    Death,
    EntryCondition,
    Invalidity,
    OldAge,
    ServiceCondition,
    Survivors,
    Tier,
    Withdrawal,
    labels,
)  # fmt: skip
from spsim.rules.early_and_late import Reduction
from spsim.rules.pension_age import AgeReached, age_reached
from spsim.rules.service import Rounding, counted_by_period, counted_years, mean_rounding

GRID = Grid(2025, 2028, 50, 70, 2, 45)
STEPS = GRID.steps({})
AMOUNT: TypeAdapter[Any] = TypeAdapter(Amount)
BENEFIT: TypeAdapter[Any] = TypeAdapter(Benefit)
ACCRUAL = {
    "kind": "percent_of_earnings",
    "rate": {"by": "service", "mode": "linear", "points": {15: 0.45, 30: 0.75}},
}
FLAT = {"kind": "flat", "amount": 100.0}


def amount(**spec: Any) -> Any:
    return AMOUNT.validate_python(spec)


def tier(**more: Any) -> Tier:
    return Tier.model_validate({"pays": "pension", "amount": ACCRUAL} | more)


def short(months: float) -> AgeReached:
    cell = np.full((1, 2, 1), float(months <= 0))
    return AgeReached(cell, cell, np.full((1, 1, 2, 1), float(months)), np.full((1, 2, 1), float(months < 0)))


def test_each_amount_for_one_person() -> None:
    person = one_person(month_number("2026-07"), {}, last=20)
    for spec, expected in (
        (ACCRUAL, 0.55 * 1200),
        ({"kind": "per_year_of_service", "rate": 0.02}, 0.02 * 20 * 1200),
        ({"kind": "months_of_earnings", "per_year": 1.5}, 1.5 * 20 * 100),
        ({"kind": "months_of_earnings", "per_year": 0.5, "beyond": 18}, 0.5 * 2 * 100),
        ({"kind": "months_of_earnings", "per_year": 0.5, "beyond": 25}, 0),
        (FLAT, 100),
    ):
        assert amount(**spec).on(person).of(1200.0, 20.0).item() == pytest.approx(expected), spec


@given(st.floats(0, 1), st.floats(0, 0.3), st.floats(0, 45))
def test_higher_accrual_never_lowers(rate: float, more: float, service: float) -> None:
    person = one_person(month_number("2026-07"), {}, last=service)
    for kind in ("percent_of_earnings", "per_year_of_service"):
        low, high = (amount(kind=kind, rate=r) for r in (min(rate, 0.7), min(rate, 0.7) + more))
        assert (high.on(person).of(1000.0, service) >= low.on(person).of(1000.0, service)).all()
        cells = [a.on(STEPS).of(1000.0, GRID.services) for a in (low, high)]
        assert (cells[1] >= cells[0]).all()


REDUCTIONS = [
    (1, 0, 0.0),
    (1, 1, 1),
    (1, 5, 5),
    (6, 5, 0),
    (6, 6, 6),
    (6, 11, 6),
    (6, 12, 12),
    (12, 11, 0),
    (12, 25, 24),
]


@pytest.mark.parametrize(("step", "early", "counted"), REDUCTIONS)
def test_only_completed_steps_are_taken_off(step: int, early: int, counted: float) -> None:
    rule = Reduction.model_validate({"basis": "rate_points", "per_year": 0.06, "step_months": step})
    lost = rule.lost(np.array([float(early), -3.0]), np.array(0.06))
    assert lost == pytest.approx([0.06 * counted / 12, 0])
    assert rule.apply(np.array([0.5]), lost[:1]) == pytest.approx([0.5 - 0.06 * counted / 12])
    factor = rule.model_copy(update={"basis": "factor"})
    assert factor.apply(np.array([0.5]), lost[:1]) == pytest.approx([0.5 * (1 - 0.06 * counted / 12)])


def test_a_reduction_takes_no_more_than_all() -> None:
    rule = Reduction.model_validate({"basis": "rate_points", "per_year": 0.5})
    assert rule.apply(np.array([0.3]), np.array([0.9])) == [0]
    assert rule.model_copy(update={"basis": "factor"}).apply(np.array([0.3]), np.array([1.9])) == [0]


def test_reduction_of_a_tier_for_one_person() -> None:
    person = one_person(month_number("2026-07"), {}, last=20)
    points = tier(years_before=5, reduction={"basis": "rate_points", "per_year": 0.02, "step_months": 6})
    factor = tier(years_before=5, reduction={"basis": "factor", "per_year": 0.06})
    for months, lost in ((0, 0), (5, 0), (8, 0.01), (30, 0.05)):
        assert points.amount_on(person, short(months)).terms[0].rate.max() == pytest.approx(0.55 - lost)
        assert factor.amount_on(person, short(months)).terms[0].rate.max() == pytest.approx(
            0.55 * (1 - 0.06 * months / 12)
        )


def test_reduction_of_a_cell_is_the_mean_over_its_birth_months() -> None:
    """Age 62 in mid-step, normal age 65: between 29 and 40 months early or so, each birth month rounded by itself."""
    reached = age_reached(65, GRID)
    rule = tier(years_before=5, reduction={"basis": "rate_points", "per_year": 0.02, "step_months": 6})
    months = reached.months_short[:, 1, 0, 62 - 50]
    expected = 0.55 - np.mean(0.02 * np.floor(months / 6) * 6 / 12)
    assert rule.amount_on(STEPS, reached).terms[0].rate[1, 0, 62 - 50, 0, 20] == pytest.approx(expected)


ODD = {
    "none": [m / 12 for m in range(12)],
    "half_year_up": [0, *[0.5] * 6, *[1] * 5],
    "year_down": [0] * 12,
}


@pytest.mark.parametrize("rounding", list(ODD))
def test_rounding_of_odd_months(rounding: Rounding) -> None:
    for years in (0, 14, 30):
        found = counted_years(np.arange(12.0 * years, 12 * years + 12), rounding)
        assert found == pytest.approx(years + np.array(ODD[rounding]))
    exact = np.arange(12) / 12
    assert mean_rounding(rounding) == pytest.approx(np.mean(np.array(ODD[rounding]) - exact))


def test_the_projection_uses_the_mean_of_the_same_rounding() -> None:
    assert mean_rounding("none") == 0 and mean_rounding("half_year_up") == pytest.approx(5 / 24)
    assert mean_rounding("year_down") == pytest.approx(-11 / 24)


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ((29, 64), (2, 6)),
        ((75, 0), (6.5, 0)),
        ((0, 44), (0, 4)),
        ((48, 120), (4, 10)),
        ((0, 0), (0, 0)),
        ((5, 13), (0, 1.5)),
    ],
)
def test_odd_months_go_to_the_next_period(months: tuple[int, int], expected: tuple[float, float]) -> None:
    assert counted_by_period(months, "half_year_up") == list(expected)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=4))
def test_no_month_is_lost_between_periods(months: list[int]) -> None:
    assert sum(counted_by_period(months, "none")) == pytest.approx(sum(months) / 12)
    assert sum(counted_by_period(months, "half_year_up")) == pytest.approx(
        float(counted_years(sum(months), "half_year_up"))
    )


def test_service_of_cells_is_uniform_around_its_middle() -> None:
    share = ServiceCondition(at_least=15.0).on(STEPS)[0, 0, 0, 0]
    assert share[[13, 14, 15, 16]].tolist() == [0, 0, 0.5, 1]
    assert ServiceCondition(at_least=14.5).on(STEPS)[0, 0, 0, 0, 15] == 1
    between = ServiceCondition(at_least=15.0, below=20.0).on(STEPS)[0, 0, 0, 0]
    assert between[[14, 15, 19, 20, 21]].tolist() == [0, 0.5, 1, 0.5, 0]


@pytest.mark.parametrize(("service", "met"), [(14 + 11 / 12, 0), (15, 1), (19.99, 1), (20, 0)])
def test_service_of_one_person_is_exact(service: float, met: int) -> None:
    condition = ServiceCondition(at_least=15.0, below=20.0)
    assert condition.on(one_person(24300, {}, last=service)).item() == met


def test_no_condition_takes_everyone_even_without_service() -> None:
    assert (ServiceCondition().on(STEPS) == 1).all()
    assert ServiceCondition(at_least=0.25).on(STEPS)[0, 0, 0, 0, :2].tolist() == [0.5, 1]


def test_first_insured() -> None:
    reform = "2025-07-01"
    for spec, answers in (
        ({}, (True, True)), ({"before": reform}, (True, False)), ({"from": reform}, (False, True)),
    ):  # fmt: skip
        condition = EntryCondition.model_validate(spec)
        assert tuple(condition.met(month_number(date)) for date in ("2025-06", "2025-07")) == answers


def old_age(**tiers: Any) -> OldAge:
    return OldAge.model_validate({"kind": "old_age", "tiers": tiers})


TIERS = {
    "long": {
        "service": {"at_least": 20},
        "first_insured": {"before": "2025-07"},
        "pays": "pension",
        "amount": ACCRUAL,
    },
    "short": {"service": {"at_least": 15}, "pays": "pension", "amount": ACCRUAL},
    "rest": {"pays": "lump_sum", "amount": {"kind": "months_of_earnings", "per_year": 2}},
    "early": {"service": {"at_least": 20}, "years_before": 5, "pays": "pension", "amount": ACCRUAL},
}


def choices(early: float = 0.1, invalidity: float = 0.01, **use: float) -> Choices:
    each = dict.fromkeys(TIERS, 1.0) | {"early": early} | use
    return Choices(
        {name: np.full((1,) * 5, chance) for name, chance in each.items()}, np.full((1,) * 5, invalidity)
    )


def test_first_match_wins_and_cohorts_differ() -> None:
    reached, benefit = age_reached(65, GRID), old_age(**TIERS)
    before = benefit.chances(STEPS, reached, choices(), month_number("2000-01"))
    after = benefit.chances(STEPS, reached, choices(), month_number("2026-01"))
    at_65 = np.s_[1, 0, 65 - 50, 0]
    for found, service, taken in (
        (before, 25, "long"),
        (before, 17, "short"),
        (before, 5, "rest"),
        (after, 25, "short"),
    ):
        chances = {
            name: np.broadcast_to(part, (4, 2, 21, 1, 46))[at_65][service]
            for name, part in found.by_tier.items()
        }
        assert chances == {name: float(name == taken) for name in TIERS}
    reversed_order = old_age(**{name: TIERS[name] for name in ("rest", "short", "long")})
    hidden = reversed_order.chances(STEPS, reached, choices(), month_number("2000-01")).by_tier
    assert hidden["short"].max() == 0 and hidden["long"].max() == 0 and hidden["rest"].max() == 1


def test_early_tiers_open_before_the_age_only() -> None:
    reached = age_reached(65, GRID)
    found = old_age(**TIERS).chances(STEPS, reached, choices(early=0.1), 0.0)
    early = np.broadcast_to(found.by_tier["early"], (4, 2, 21, 1, 46))[1, 0, :, 0, 25]
    assert early[62 - 50] == pytest.approx(0.1) and early[57 - 50] == 0 and early[66 - 50] == 0
    assert found.total.max() <= 1 + 1e-12 and found.total.min() >= 0
    assert found.total == pytest.approx(sum(found.by_tier.values()))


def test_invalidity_comes_before_the_pension_age() -> None:
    reached = age_reached(65, GRID)
    rule = Invalidity.model_validate(
        {"kind": "invalidity", "tiers": {"long": TIERS["short"], "rest": TIERS["rest"]}}
    )
    found = rule.chances(STEPS, reached, choices(invalidity=0.02), 0.0)
    total = np.broadcast_to(found.total, (4, 2, 21, 1, 46))[1, 0, :, 0, 30]
    assert total[60 - 50] == pytest.approx(0.02) and total[67 - 50] == 0
    assert sum(found.by_tier.values()) == pytest.approx(
        np.broadcast_to(found.total, sum(found.by_tier.values()).shape)
    )


def test_withdrawal_needs_use_and_ends_at_the_pension_age() -> None:
    reached = age_reached(65, GRID)
    rule = Withdrawal.model_validate(
        {"kind": "withdrawal", "tiers": {"rest": TIERS["rest"] | {"service": {"below": 20}}}}
    )
    found = np.broadcast_to(rule.chances(STEPS, reached, choices(rest=0.3), 0.0).total, (4, 2, 21, 1, 46))[
        1, 0, :, 0
    ]
    assert found[5, 10] == pytest.approx(0.3) and found[5, 25] == 0 and found[17, 10] == 0
    assert found[5, 20] == pytest.approx(0.15)


def test_death_is_certain_once_one_dies() -> None:
    rule = Death.model_validate(
        {"kind": "death", "tiers": {"rest": TIERS["rest"] | {"service": {"at_least": 1}}}}
    )
    found = rule.chances(STEPS, age_reached(65, GRID), choices(), 0.0)
    assert found.total.item() == 1 and np.broadcast_to(found.by_tier["rest"], (1, 1, 1, 1, 46))[
        0, 0, 0, 0, :3
    ].tolist() == [0, 0.5, 1]


def test_names_in_the_tables() -> None:
    assert labels("old_age", old_age(**TIERS)) == {name: f"old_age_{name}" for name in TIERS}
    assert labels("grant", old_age(rest=TIERS["rest"])) == {"rest": "grant"}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"kind": "old_age", "tiers": {}}, "at least 1"),
        (
            {
                "kind": "old_age",
                "tiers": {"a": TIERS["short"] | {"reduction": {"basis": "factor", "per_year": 0.1}}},
            },
            "needs years_before",
        ),
        ({"kind": "old_age", "tiers": {"a": TIERS["rest"] | {"floor": 5.0}}}, "monthly pensions only"),
        ({"kind": "old_age", "tiers": {"a": TIERS["rest"] | {"pays": "pension"}}}, "lump sum, not a pension"),
        ({"kind": "withdrawal", "tiers": {"a": TIERS["short"]}}, "paid once"),
        ({"kind": "death", "tiers": {"a": TIERS["short"]}}, "paid once"),
        ({"kind": "death", "of_pensioners": True, "tiers": {"a": TIERS["rest"]}}, "flat amount"),
        (
            {"kind": "old_age", "tiers": {"a": TIERS["short"] | {"service": {"at_least": -1}}}},
            "outside 0 to 1000",
        ),
    ],
)
def test_benefits_that_make_no_sense(spec: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        BENEFIT.validate_python(spec)


def test_linear_forms_add_their_parts() -> None:
    form = Linear(np.array(5.0), np.array(0.4), np.array(0.01))
    assert float(form.of(100.0, 10.0)) == pytest.approx(5 + 40 + 10)


def test_survivors_rights_follow_the_service_of_the_deceased() -> None:
    rule = Survivors.model_validate(
        {"kind": "survivors", "service": {"at_least": 15}, "per_head": 1.0, "spouse_age": 60}
    )
    assert rule.entitles(STEPS)[""][0, 0, 0, 0, [14, 15, 16]].tolist() == [0, 0.5, 1]
