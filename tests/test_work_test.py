"""Pensions beside work: the cut worked by hand from the law of Japan and Korea; a cohort at work against its persons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.calendar import month_label, month_number
from spsim.checks import cross_check
from spsim.cli import run_cli
from spsim.grid import one_person
from spsim.loader import load, validate
from spsim.members import InPayment
from spsim.person import Question, answer
from spsim.rules.benefits import OldAge
from spsim.rules.work_test import WorkTest
from spsim.run import simulate
from spsim.scenario import Horizon, Scenario
from spsim.schemes import PensionScheme
from test_person import AGE, ENTRY, LAST, STEP, STILL, one_class
from test_when_earned import small

ROOT = Path(__file__).parent.parent
LATER = 3
PARTS = {"earned": {"kind": "per_year_of_service", "rate": 0.015}, "flat": {"kind": "flat", "amount": 200}}
PENSION = {"kind": "sum_of", "parts": PARTS}
BANDS = {"by": "wage", "points": {0: 0.05, 100: 0.10, 200: 0.15}}
TESTS: dict[str, dict[str, Any]] = {
    "half of pay and pension above a limit": {"limit": 900, "taper": 0.5},
    "bands of pay alone, half of the pension at most": {"limit": 500, "counted_pension": 0, "taper": BANDS, "most": 0.5},
    "a part of the pension": {"limit": 700, "taper": 0.5, "part": "earned"},
    "for two years": {"limit": 700, "taper": 0.5, "years": 2},
    "all of it stopped": {"limit": 0, "taper": 1.0},
}  # fmt: skip


def scenario(test: dict[str, Any], share: float = 1.0, **more: Any) -> Scenario:
    """Pensioners at work earn 800 a month, in a scheme with an average wage of 1,000."""
    benefits = {
        "old_age": {
            "kind": "old_age",
            "work_test": test,
            "tiers": {"pension": {"pays": "pension", "amount": PENSION}},
        }
    }
    working = {"working_pensioners": {"share": share, "pay": 0.8}}
    found = one_class(
        LAST, PENSION, STILL, benefits=benefits, behaviour=working, indexation={"fixed": 0.05}, **more
    )
    return found.model_copy(update={"horizon": Horizon(start=2001, end=STEP + LATER + 1)})


def of_persons(model: Scenario, k: int, later: int) -> float:
    """Mean over the months of birth of one step and the months of the calendar year of what is paid beside work."""
    paid = []
    for start in range(12 * (STEP - 1) + 6 + later, 12 * STEP + 6 + later):
        born = start - 1 - 12 * AGE
        career = f"{month_label(born + 12 * ENTRY + 1)}..{month_label(start - 1)} at 1 average"
        for month in (12 * (STEP + k) + 6,):
            words = {"paid_in": month_label(month), "works_for": 800.0}
            question = Question("pension", "male", month_label(born), career, **words)  # type: ignore[arg-type]
            paid.append(answer(model, question).result["monthly_pension_beside_work"])
    return float(np.mean(paid))


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("k", [1, LATER])
def test_a_cohort_at_work_gets_what_its_persons_get(name: str, k: int) -> None:
    """The cut is read at the cohort's mean pension: a month's difference of the first rise between its persons is averaged."""
    model = scenario(TESTS[name])
    persons, amount = simulate(model).pensions["pension"].pensions["old_age"].by_class
    cell = (STEP - 2001 + k, 0, AGE + k, 0)
    # pensions begin in the month after the age is reached; where the end of the test is read, so it is here, at a month's share of a rise
    later = int("years" in TESTS[name])
    expected = pytest.approx(of_persons(model, k, later), rel=2e-3 + later * 0.05 / 12, abs=1e-6)
    assert amount[cell] / persons[cell] / 12 == expected


def test_who_does_not_work_has_it_in_full() -> None:
    found = [
        simulate(scenario(TESTS["half of pay and pension above a limit"], share))
        .money["pension"]
        .benefits["old_age"][-1]
        for share in (0.0, 0.5, 1.0)
    ]
    assert found[0] > found[2] and found[1] == pytest.approx((found[0] + found[2]) / 2)


def stopped(
    test: WorkTest, pay: float, pension: float, month: str, scenario: Scenario | None = None
) -> float:
    references = {}
    if scenario is not None:
        from spsim.person_facts import Person, facts_without_career

        scheme = next(iter(scenario.schemes))
        references = dict(
            facts_without_career(scenario, scheme, Person(0, 0), month_number(month)).paths.references
        )
    moment = one_person(month_number(month), references)
    return float(test.stopped(np.full((1, 1, 1, 1), pay), np.full((1, 1, 1, 1), pension), moment).ravel()[0])


def test_bands_worked_by_hand() -> None:
    """250 above the limit: 5 % of 100, 10 % of 100 and 15 % of 50 are 22.50. Far above it half of the pension is left."""
    rule = WorkTest.model_validate(TESTS["bands of pay alone, half of the pension at most"])
    assert stopped(rule, 750, 300, "2025-01") == pytest.approx(5 + 10 + 7.5)
    assert stopped(rule, 500, 300, "2025-01") == 0
    assert stopped(rule, 9000, 300, "2025-01") == pytest.approx(150)


def country(name: str) -> Scenario:
    valid, problems = validate(load(ROOT / f"scenarios/{name}.yaml"), Scenario)
    assert valid is not None, problems
    return valid


@pytest.mark.parametrize(
    ("pay", "pension", "month", "cut"),
    [
        (
            3089062 + 1500000,
            1000000,
            "2025-09",
            100000,
        ),  # 50,000 of the first million, 10 % of half a million
        (3089062 + 2500000, 1000000, "2025-09", 225000),  # 150,000 of two millions, 15 % of half a million
        (3089062 + 2500000, 400000, "2025-09", 200000),  # no more than half of the pension
        (3193511 + 1500000, 1000000, "2026-09", 0),  # from June 2026 nothing on the first two millions
        (3089062, 1000000, "2025-09", 0),
    ],
)
def test_korea(pay: float, pension: float, month: str, cut: float) -> None:
    """National Pension Act Art. 63-2, with A of 3,089,062 in 2025 and 3,193,511 in 2026."""
    model = country("korea")
    scheme = model.schemes["national_pension"]
    assert isinstance(scheme, PensionScheme)
    benefit = scheme.benefits["old_age"]
    assert isinstance(benefit, OldAge) and benefit.work_test is not None
    assert stopped(benefit.work_test, pay, pension, month, model) == pytest.approx(cut)


@pytest.mark.parametrize(
    ("test", "behaviour", "says"),
    [
        (TESTS["all of it stopped"], {}, "the behaviour says of no pensioner that they work"),
        ({"limit": 700, "taper": 0.5, "part": "bonus"}, None, "bonus"),
        (None, None, "no pension is stopped beside work"),
    ],
)
def test_what_contradicts_is_refused(test: Any, behaviour: Any, says: str) -> None:
    benefits = {"old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": PENSION}}}}
    if test is not None:
        benefits["old_age"]["work_test"] = test
    working = {"working_pensioners": {"share": 1.0, "pay": 0.8}} if behaviour is None else behaviour
    model = one_class(LAST, PENSION, STILL, benefits=benefits, behaviour=working)
    errors = [problem.message for problem in cross_check(model) if problem.severity == "error"]
    assert any(says in error for error in errors), errors


@pytest.mark.parametrize("taper", [1.2, {"by": "wage", "mode": "linear", "points": {0: 0.1, 5: 0.2}}])
def test_a_taper_that_is_none(taper: Any) -> None:
    with pytest.raises(Exception, match=r"taper|band|outside"):
        WorkTest.model_validate({"limit": 100, "taper": taper})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--event", "death", "--works-for", "500000"], "--works-for:1:1: works-for: only pensions of old age are stopped beside"),
        (["--works-for", "-5"], "--works-for:1:1: works-for: -5 is no monthly pay; write an amount above 0"),
        (["--works-for", "500000"], "--works-for:1:1: works-for: no pension of old age that the law stops beside work is paid"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_helpful_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "person",
        str(ROOT / "scenarios/viet_nam.yaml"),
        "--scheme",
        "pension",
        "--sex",
        "female",
        "--born",
        "1972-05",
    ]
    assert run_cli([*asked, "--career", "1995-03..2027-05 at 6000000", *words]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.count("\n") == 1 and said.err.startswith(says)


@pytest.mark.slow
def test_published_pensioners_keep_their_published_pensions() -> None:
    """100,000 pensioners with 400 a month on average, at ages the young scheme has no pensioner of: 480 million in the first year, be they
    divided into pension and supplements or not."""
    children = {
        "kind": "for_each",
        "dependant": "child",
        "until_age": 18,
        "amount": {"kind": "flat", "amount": 40},
    }
    with_children = {"kind": "sum_of", "parts": {"pension": PARTS["earned"], "children": children}}
    for amount, dependants in ((PARTS["earned"], {}), (with_children, {"child": 0.5})):
        model = small(amount, {})
        scheme, behaviour = model.schemes["pension"], model.behaviour["pension"]
        ages = {"by": "age", "points": {0: 0, 70: 1, 95: 0}}
        published = InPayment.model_validate(
            {"persons": 100000, "average_monthly": 400, "by_age": ages, "source": "a test"}
        )
        assert isinstance(scheme, PensionScheme)
        members = scheme.members.model_copy(update={"in_payment": {"old_age": published}})
        started = {"start": "2000", "members": members}
        model = model.model_copy(update={
            "schemes": {"pension": scheme.model_copy(update=started)},
            "behaviour": {"pension": behaviour.model_copy(update={"dependants": dependants})},
        })  # fmt: skip
        paid = simulate(model).money["pension"].benefits["old_age"]
        assert paid[0] == pytest.approx(100000 * 400 * 12, rel=1e-9)
        assert (np.diff(paid) > 0).all()
