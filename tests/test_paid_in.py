"""Pensions in the years after their award: increases by date, flat amounts, amounts that the law restates; a cohort against its persons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.calendar import month_label
from spsim.cli import run_cli
from spsim.economy import economic_paths
from spsim.grid import Grid
from spsim.increases import Increases, increases
from spsim.person import Question, answer
from spsim.rules.indexation import PensionIndexation
from spsim.run import simulate
from spsim.scenario import Horizon, Scenario
from test_person import AGE, ENTRY, LAST, STEP, STILL, one_class

ROOT = Path(__file__).parent.parent
LATER = 4
AMOUNT = {"kind": "flat", "amount": 300}
RESTATED = {"points": {2001: 100, "2026-04": 106, "2027-10": 104, "2029-01": 125}}
RULES: dict[str, dict[str, Any]] = {
    "each January": {"fixed": 0.04},
    "each September": {"month": 9, "fixed": {"by": "event_date", "points": {2001: 0, 2026: 0.1, 2028: 0}}},
    "a flat amount each April": {"flat": {"2026-04": 50, "2027-04": 50, 2029: 20}},
    "a rate and a flat amount": {"month": 7, "fixed": 0.03, "flat": {"2026-02": 30, "2027-07": 10}},
    "with a reference amount": {"follows": "restated"},
    "with prices and a reference amount": {"prices": 1, "month": 3, "follows": "restated"},
}  # fmt: skip


def scenario(rule: dict[str, Any], **more: Any) -> Scenario:
    economy = STILL | {"price_inflation": 0.02, "reference_amounts": {"restated": RESTATED}}
    found = one_class(LAST, AMOUNT, economy, indexation=rule, **more)
    return found.model_copy(update={"horizon": Horizon(start=2001, end=STEP + LATER + 1)})


def in_payment_of_cohort(model: Scenario) -> float:
    """Monthly pension per head, LATER years on, of those awarded in one step."""
    persons, amount = simulate(model).pensions["pension"].pensions["old_age"].by_class
    cell = (STEP - 2001 + LATER, 0, AGE + LATER, 0)
    return float(amount[cell] / persons[cell] / 12)


def in_payment_of_persons(model: Scenario) -> float:
    """The same of persons awarded in the months of the step, one by one: the mean of the twelve months of the calendar year."""
    paid = []
    for start in range(12 * (STEP - 1) + 6, 12 * STEP + 6):
        born = start - 1 - 12 * AGE
        career = f"{month_label(born + 12 * ENTRY + 1)}..{month_label(start - 1)} at 1 average"
        for month in range(12 * (STEP + LATER), 12 * (STEP + LATER + 1)):
            question = Question("pension", "male", month_label(born), career, paid_in=month_label(month))
            paid.append(answer(model, question).result["monthly_pension_paid_in"])
    return float(np.mean(paid))


@pytest.mark.parametrize("name", RULES)
def test_a_cohort_in_payment_gets_what_its_persons_get(name: str) -> None:
    """Equal with flat amounts; with rates the cohort's first rise is a geometric mean over the months of award, theirs an arithmetic one."""
    model = scenario(RULES[name])
    cohort, persons = in_payment_of_cohort(model), in_payment_of_persons(model)
    assert cohort == pytest.approx(persons, rel=1e-12 if name == "a flat amount each April" else 5e-4)
    assert persons > 310


def test_a_floor_in_payment_is_uprated_apart() -> None:
    """300 at the award in January 2025; the floor is 310 from 2026 on, 400 from July 2027 on; prices give 2 % each January."""
    floor = {"by": "event_date", "points": {2001: 0, 2026: 310, "2027-07": 400}}
    model = one_class(
        LAST, AMOUNT, STILL | {"price_inflation": 0.02}, indexation={"fixed": 0.02}, pension_floor=floor
    )
    asked = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000", paid_in="2029-06")
    rows = answer(model, asked).step("in_payment").values["increases"]
    assert [(row["month"], pytest.approx(row["monthly_pension"]), row["floor_decides"]) for row in rows] == [
        ("2026-01", 310, True),
        ("2027-01", 316.2, False),
        ("2027-07", 400, True),
        ("2028-01", 408, False),
        ("2029-01", 416.16, False),
    ]


def test_increases_worked_by_hand() -> None:
    """1,000 from March 2025: September 2025 10 %, September 2026 10 % and 50: 1,100 and 1,260."""
    rule = {
        "month": 9,
        "fixed": {"by": "event_date", "points": {2001: 0, 2025: 0.10, 2027: 0}},
        "flat": {"2026-09": 50},
    }
    raised = laid(rule)
    paid = raised.path(1000.0, 12 * 2025 + 2, 12 * 2027 + 11, np.zeros(34))
    assert paid[5] == 1000 and paid[6] == pytest.approx(1100)
    assert paid[17] == pytest.approx(1100) and paid[18] == pytest.approx(1260) == paid[-1]


def test_january_is_the_yearly_increase_and_half_of_it_to_new_pensions() -> None:
    raised = laid({"prices": 1, "real_wages": 0.5})
    assert raised.rise == pytest.approx(1.03 * 1.01)
    assert raised.first_rise == pytest.approx(np.sqrt(1.03 * 1.01))
    assert not raised.flat.any() and not raised.first_flat.any()


def laid(rule: dict[str, Any]) -> Increases:
    economy = scenario({}).economy
    assert economy is not None
    grown = economy.model_copy(update={"price_inflation": 0.03, "real_wage_growth": 0.02})
    paths = economic_paths(grown, Grid(2020, 2030), 2020)
    return increases(PensionIndexation.model_validate(rule), paths)


@given(
    st.integers(1, 12),
    st.lists(st.floats(-0.2, 0.3), min_size=4, max_size=4),
    st.lists(st.floats(0, 200), min_size=4, max_size=4),
    st.floats(1, 1e4),
)
def test_years_are_means_of_months(month: int, rates: list[float], flat: list[float], pension: float) -> None:
    """The recurrence of years gives the mean of the monthly path over each calendar year, whatever the month and the rates."""
    points = {2021 + n: value for n, value in enumerate(rates)}
    added = {f"{2021 + n}-{month:02d}": value for n, value in enumerate(flat)}
    raised = laid({
        "month": month,
        "fixed": {"by": "event_date", "points": {2020: 0} | points},
        "flat": added,
    })  # fmt: skip
    paid = raised.path(pension, 12 * 2020, 12 * 2025 - 1, np.zeros(60)).reshape(-1, 12).mean(axis=1)
    assert paid[0] == pytest.approx(pension)
    now = 12 * paid[0]
    for t in range(1, 5):
        now = now * raised.rise[t] + raised.flat[t]
        assert now == pytest.approx(12 * paid[t])


# Mistakes ------------------------------------------------------------------------------------------

GOOD = {
    "--scheme": "pension",
    "--sex": "female",
    "--born": "1972-05",
    "--career": "1995-03..2027-05 at 6000000",
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"--paid-in": "2029-01"}, "--paid-in:1:1: paid-in: 2029-01 is before the pension begins, in 2030-10; name a later"),
        ({"--paid-in": "2029"}, "--paid-in:1:1: paid-in: '2029' is not a month; write YYYY-MM"),
        ({"--paid-in": "2090-01"}, "--paid-in:1:1: paid-in: in 2090-01 the person would be 117y8m old; name an earlier"),
        ({"--paid-in": "2032-01", "--career": "2024-03..2027-05 at 6000000"},
         "--paid-in:1:1: paid-in: no pension is in payment in 2032-01; leave the option out"),
        ({"--paid-in": "2032-01", "--scheme": "unemployment", "--career": "2024-03..2027-05 at 6000000"},
         "--paid-in:1:1: paid-in: only pensions are paid for years; leave the option out"),
        ({"--paid-in": "2052-01", "--scheme": "social_retirement_allowance"},
         "--paid-in:1:1: paid-in: a social pension is read in the month in which it is paid; name the month with --on"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_mistake_is_one_helpful_line(
    changes: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [part for pair in (GOOD | changes).items() for part in pair]
    assert run_cli(["person", str(ROOT / "scenarios/viet_nam.yaml"), *words]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.count("\n") == 1 and said.err.startswith(line)


def test_an_unknown_amount_is_refused() -> None:
    from spsim.checks import cross_check

    model = scenario({"follows": "nothing"})
    assert any("nothing" in problem.message for problem in cross_check(model) if problem.severity == "error")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"month": 13}, "month"),
        ({"flat": {2026: -5}}, "flat"),
        ({"flat": {"2026-13": 5}}, "flat"),
        ({"follows": 3}, "follows"),
        ({"months": 1}, "months"),
    ],
)
def test_what_an_indexation_cannot_hold(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(Exception, match=says):
        scenario(rule)


def test_the_answer_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = [part for pair in (GOOD | {"--paid-in": "2032-01", "--format": "json"}).items() for part in pair]
    assert run_cli(["person", str(ROOT / "scenarios/viet_nam.yaml"), *words]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["result"]["paid_in"] == "2032-01" and data["result"]["monthly_pension_paid_in"] > 0
