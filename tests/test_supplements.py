"""Supplements for dependants that end: one person's children by their ages, a cohort by the mean number at each age of the pensioner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spsim.calendar import month_label
from spsim.checks import cross_check
from spsim.errors import InputError
from spsim.person import Question, answer
from spsim.person_family import family
from spsim.run import simulate
from spsim.scenario import Horizon, Scenario
from test_person import AGE, ENTRY, LAST, STEP, STILL, one_class

CHILDREN = {"kind": "for_each", "dependant": "child", "most": 3, "until_age": 18, "amount": {"kind": "flat", "amount": 40}}  # fmt: skip
PENSION = {"kind": "sum_of", "parts": {"pension": {"kind": "flat", "amount": 300}, "children": CHILDREN}}
BY_AGE = {"child": {"by": "age", "points": {0: 2, AGE + 2: 1, AGE + 4: 0}}}
LATER = 6


def scenario(amount: dict[str, Any] = PENSION, **more: Any) -> Scenario:
    found = one_class(
        LAST, amount, STILL, behaviour={"dependants": BY_AGE}, indexation={"fixed": 0.04}, **more
    )
    return found.model_copy(update={"horizon": Horizon(start=2001, end=STEP + LATER + 1)})


def asked(**more: Any) -> dict[str, Any]:
    """A pension from January 2025; children of 17 and 15 then."""
    words: dict[str, Any] = {"family": "2 children of 17 and 15"} | more
    question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000", **words)
    return dict(answer(scenario(), question).result)


@pytest.mark.parametrize(
    ("month", "rises", "children"),
    [("2025-12", 0, 2), ("2026-01", 1, 1), ("2027-12", 2, 1), ("2028-01", 3, 0)],
)
def test_children_grow_up(month: str, rises: int, children: int) -> None:
    """300, and 40 for each child below 18; 4 % more each January. The elder is 18 in January 2026, the younger in January 2028."""
    found = asked(paid_in=month)
    assert found["monthly_pension"] == pytest.approx(300 + 2 * 40)
    assert found["monthly_pension_paid_in"] == pytest.approx((300 + 40 * children) * 1.04**rises)


def test_children_whose_age_is_not_said_stay() -> None:
    assert asked(family="5 children", paid_in="2035-01")["monthly_pension_paid_in"] == pytest.approx(
        (300 + 3 * 40) * 1.04**10
    )


@pytest.mark.parametrize("k", [0, 1, 3, 5])
def test_a_cohort_in_payment_gets_what_its_persons_get(k: int) -> None:
    """The mean number of the cohort at each age is that of persons whose children are 18 when the pensioner is 62 and 64."""
    persons, amount = simulate(scenario()).pensions["pension"].pensions["old_age"].by_class
    cell = (STEP - 2001 + k, 0, AGE + k, 0)
    paid = []
    for start in range(12 * (STEP - 1) + 6, 12 * STEP + 6):
        born = start - 1 - 12 * AGE
        career = f"{month_label(born + 12 * ENTRY + 1)}..{month_label(start - 1)} at 1 average"
        for month in range(max(start, 12 * (STEP + k)), 12 * (STEP + k + 1)):
            # in payment the number is that at the age in the middle of the cell, on 1 July
            age = AGE + k + 0.5
            words = {0: "none", 1: "child", 2: "2 children"}[2 if age < 62 else 1 if age < 64 else 0]
            question = Question(
                "pension", "male", month_label(born), career, family=words, paid_in=month_label(month)
            )
            paid.append(answer(scenario(), question).result["monthly_pension_paid_in"])
    # a pension of the year of award is paid from its month on; the stock has its rate, so the mean is that of the months in payment
    tolerance = 5e-4 if k else 0.01
    assert amount[cell] / persons[cell] / 12 == pytest.approx(np.mean(paid), rel=tolerance)


def test_awards_hold_the_supplement_of_their_age() -> None:
    award = simulate(scenario()).pensions["pension"].awards["old_age"]
    assert award.amount[STEP - 2001] / award.persons[STEP - 2001] == pytest.approx(12 * (300 + 2 * 40))


def test_a_constant_number_is_a_supplement_for_life() -> None:
    """Without an age at which it ends the same amount stays with the pension."""
    for_life = {
        **PENSION,
        "parts": PENSION["parts"] | {"children": {k: v for k, v in CHILDREN.items() if k != "until_age"}},
    }  # type: ignore[dict-item]
    same = {"child": 2}
    one, other = (
        simulate(one_class(LAST, amount, STILL, behaviour={"dependants": same}, indexation={"fixed": 0.04}))
        .money["pension"]
        .benefits["old_age"]
        for amount in (PENSION, for_life)
    )
    assert one == pytest.approx(other)


def test_early_retirement_cuts_the_supplement_too() -> None:
    early = {
        "pays": "pension",
        "amount": PENSION,
        "years_before": 2,
        "reduction": {"basis": "factor", "per_year": 0.05},
    }
    benefits = {
        "old_age": {
            "kind": "old_age",
            "tiers": {"pension": {"pays": "pension", "amount": PENSION}, "early": early},
        }
    }
    model = scenario(benefits=benefits)
    question = Question(
        "pension", "male", "1966-12", "2005-01..2024-12 at 1000", on="2025-01", family="2 children"
    )
    assert answer(model, question).result["monthly_pension"] == pytest.approx(0.9 * 380)


def test_where_it_cannot_end() -> None:
    for amount in (
        {"kind": "larger_of", "parts": {"a": PENSION, "b": {"kind": "flat", "amount": 310}}},
        {"kind": "sum_of", "parts": {"a": CHILDREN, "b": CHILDREN}},
    ):
        errors = [problem.message for problem in cross_check(scenario(amount)) if problem.severity == "error"]
        assert errors and any("supplement" in error for error in errors)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("2 children of 17", "1 ages for 2 of children; write one age for each"),
        ("child of ten", "'child of ten' is no part of a family"),
        ("3 children of 4 and 5 and 6m.", "is no age"),
    ],
)
def test_a_mistake_in_the_family(words: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        family(words)


def test_ages_of_a_family() -> None:
    found = family("spouse of 52y6m, children of 17 and 15, parent")
    assert found.numbers == {"spouse": 1, "child": 2, "parent": 1}
    assert found.ages == {"spouse": (52.5,), "child": (17.0, 15.0)} and found.spouse_age == 52.5
