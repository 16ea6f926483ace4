"""Rules that go by the number of the claim: a cohort that claims a first, a second and a third time gets what each person is told.

All of a cohort lose their job in the same month, draw benefit for one month, are back in insured work in the next, and lose it again.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from spsim.calendar import month_label, month_number
from spsim.economy import economic_paths
from spsim.errors import InputError
from spsim.grid import Grid
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.unemployment_record import Record
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.stocks import unemployment_cells
from spsim.stocks.unemployment_case import Found, prepared
from spsim.stocks.unemployment_cells import Cells, cells_of
from test_person_unemployment import AGE, RUN_IN, scenario

WAGE, PERSONS = 1000.0, 1000.0
LOSSES = ("2025-03", "2026-02", "2027-07")  # first months without work: 10 and 16 months of work between them
BY_NUMBER = {"by": "claim_number"}
LAWS: dict[str, dict[str, Any]] = {
    "fewer months of benefit each time": {"duration": BY_NUMBER | {"points": {1: 5, 2: 3, 3: 1.5}}},
    "record and number": {
        "duration": BY_NUMBER
        | {"stages": {1: 4, 2: {"by": "record_months", "points": {6: 2, 10: 3}}, 3: {"by": "record_months", "points": {6: 1, 16: 6}}}}
    },
    "a lower rate each time": {"rate": BY_NUMBER | {"points": {1: 0.6, 2: 0.5, 3: 0.4}}},
    "a cap and a flat amount by number": {
        "rate": 0.5, "cap": BY_NUMBER | {"points": {1: 480, 2: 450}}, "flat": BY_NUMBER | {"points": {1: 0, 3: 100}},
    },
    "a longer wait": {"waiting_days": BY_NUMBER | {"points": {1: 7, 2: 14, 3: 20}}},
    "a floor from the second claim on": {"floor": BY_NUMBER | {"points": {1: 0, 2: 700}}},
    "a kept record": {
        "record": {"required": 6, "window": 12, "longest": 120, "kept": True},
        "duration": BY_NUMBER | {"points": {1: 4, 2: 2}},
    },
    "more months asked of the third claim": {
        "record": {"required": BY_NUMBER | {"points": {1: 6, 3: 17}}, "window": BY_NUMBER | {"points": {1: 12, 3: 24}}, "longest": 60}
    },
    "more months in all": {
        "record": {"required": 6, "window": 12, "total": BY_NUMBER | {"points": {1: 6, 2: 11}}, "longest": 60}
    },
    "without a gap": {
        "record": {"required": 6, "window": 18, "consecutive": BY_NUMBER | {"points": {1: 6, 2: 12}}, "longest": 60}
    },
    "two claims in a life": {"record": {"required": 6, "window": 12, "longest": 60, "claims_in_life": 2}},
}  # fmt: skip


def insured_by_month(start: int, months: int) -> np.ndarray:
    """All are insured but in the first month after each loss."""
    path = np.full(months + 1, PERSONS)
    path[[month_number(loss) - start for loss in LOSSES]] = 0.0
    return path


def projected(case: Scenario) -> Found:
    """The cohort: everyone separates at the end of the month before each loss, and has work again a month later."""
    grid, ages = Grid(2025, 2028), np.arange(15, 65)
    insured = np.zeros((4, 2, 50))
    insured[:, 0, AGE - 15] = PERSONS
    assert case.economy is not None and case.labour is not None
    paths = economic_paths(case.economy, replace(grid, first=1965), 2025)
    scheme, behaviour = case.schemes["unemployment"], case.behaviour["unemployment"]
    laid = prepared(scheme, behaviour, insured, ages, case.labour.groups["all"].wages, paths, grid)  # type: ignore[arg-type]
    path = insured_by_month(12 * 2025, len(laid.months))[:, None] * (laid.path[:1] > 0)
    return replace(laid, path=path, rates=replace(laid.rates, ageing=0.0)).project(laid.stated_shock())


def cohort(benefit: dict[str, Any]) -> Scenario:
    """Everyone separates once at each loss; whoever is out of work has it again after a month."""
    ends = {month_label(month_number(loss) - 1): 1 for loss in LOSSES}
    flows = {"2025-01": 0} | ends | dict.fromkeys(LOSSES, 0)
    found = {
        "separation_rate": {"by": "event_date", "points": flows},
        "job_finding": 1, "to_insured_work": 1, "returning_share": 0,
    }  # fmt: skip
    return scenario(benefit, LOSSES[0], behaviour=found)


def told(case: Scenario, number: int) -> Answer:
    """The claim of a person who lost the job as often, with one month of benefit each time before."""
    begins = [12 * 2025 - RUN_IN, *(month_number(loss) + 1 for loss in LOSSES)]
    ends = [month_number(loss) - 1 for loss in LOSSES]
    spells = [f"{month_label(a)}..{month_label(b)} at {WAGE:g}" for a, b in zip(begins, ends, strict=False)]
    claimed = tuple(f"{loss}..{loss}" for loss in LOSSES[: number - 1])
    event = LOSSES[number - 1]
    born = month_label(month_number(event) - 12 * AGE - 3)
    career = ", ".join(spells[:number])
    return answer(case, Question("unemployment", "male", born, career, on=event, claimed=claimed))


@pytest.mark.parametrize("name", LAWS)
def test_a_cohort_gets_what_each_person_is_told(name: str) -> None:
    """Entitlement, and the benefit of the first month of each claim, which is the one that all draw."""
    case = cohort(LAWS[name])
    found = projected(case)
    begun = found.claims.joined("new_claims").sum(axis=1) / PERSONS
    paid = found.amounts.benefits.sum(axis=1) / PERSONS
    entitled = []
    for number in (1, 2, 3):
        said = told(case, number)
        month = month_number(LOSSES[number - 1]) - 12 * 2025
        entitled.append(said.result["entitled"])
        assert begun[month] == pytest.approx(1.0 if entitled[-1] else 0.0, abs=1e-9), number
        first = [row["amount"] for row in said.step("months").values["months"] if row["month"] == LOSSES[number - 1]] \
            if entitled[-1] else []  # fmt: skip
        assert paid[month] == pytest.approx(sum(first), rel=1e-9, abs=1e-9), number
        if not entitled[-1]:
            return  # a person without benefit has no claim to tell of the next time
    assert all(entitled)


@pytest.mark.parametrize(
    ("name", "number", "granted"),
    [
        ("fewer months of benefit each time", 2, 3),
        ("fewer months of benefit each time", 3, 1.5),
        ("record and number", 2, 3),
        ("record and number", 3, 6),
        ("more months asked of the third claim", 2, 4),
        ("more months asked of the third claim", 3, 0),
        ("more months in all", 2, 0),
        ("without a gap", 2, 0),
        ("two claims in a life", 2, 4),
        ("two claims in a life", 3, 0),
    ],
)
def test_months_granted_by_hand(name: str, number: int, granted: float) -> None:
    """10 months of work before the second claim, 16 before the third."""
    assert told(cohort(LAWS[name]), number).result["months_granted"] == granted


def test_a_law_that_ends_rights_after_two_claims_has_no_third() -> None:
    found = projected(cohort(LAWS["two claims in a life"]))
    spells = [spells for _, spells in found.claims.periods]
    by_number = {
        number: sum(float(one.new_claims[0][:, one.groups.claim == number].sum()) for one in spells)
        for number in (1, 2, 3)
    }
    assert by_number == {1: pytest.approx(PERSONS), 2: pytest.approx(PERSONS), 3: 0}


def test_cells_lie_one_record_after_the_other() -> None:
    cells = Cells((2, 4, 4))
    assert cells.starts == [0, 4, 10] and cells.ends == (2, 8)
    assert cells.record.tolist() == [0, 1, 2, 0, 0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4]
    rows = [np.arange(5.0) + 10 * number for number in (1, 2, 3)]
    assert cells.laid(rows).tolist() == [*rows[0][:3], 0, *rows[1], 0, *rows[2]]
    left = cells.left([np.zeros((5, 2), dtype=int)] * 3)
    assert left.shape == (15, 2)
    assert left[:, 0].tolist() == [4] * 3 + [0] + [10] * 5 + [0] + [10] * 5


def test_records_end_where_the_law_looks_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Malaysia's record before a first claim needs 24 months, before a third 48; cut there it gives what all of it gives."""
    stages = {1: {6: 2, 12: 3}, 2: {8: 2, 16: 4}, 3: {10: 1, 30: 5}}
    law = {
        "record": {"required": BY_NUMBER | {"points": {1: 6, 2: 8, 3: 10}}, "window": 40, "longest": 60},
        "duration": BY_NUMBER
        | {"stages": {n: {"by": "record_months", "points": p} for n, p in stages.items()}},
    }
    flows = {"separation_rate": 0.05, "job_finding": 0.2, "to_insured_work": 0.9, "take_up": 0.9}
    case = scenario(law, "2026-05", behaviour=flows)
    assert cells_of(case.schemes["unemployment"]) == Cells((12, 16, 30))  # type: ignore[arg-type]
    cut = simulate(case).unemployment["unemployment"]
    monkeypatch.setattr(unemployment_cells, "_looked_at", lambda scheme, number: 60)
    whole = simulate(case).unemployment["unemployment"]
    for name in ("new_claims", "exhaustions", "amount", "contributors"):
        np.testing.assert_allclose(getattr(cut, name), getattr(whole, name), rtol=1e-10)
    assert (cut.new_claims[12:] > 0).all()


def test_a_law_without_numbers_has_one() -> None:
    scheme = scenario({}, "2026-05").schemes["unemployment"]
    assert cells_of(scheme) == Cells((120,))  # type: ignore[arg-type]


def test_what_is_asked_by_number() -> None:
    points = {"by": "claim_number", "points": {1: 12, 2: 18, 4: 30}}
    record = Record.model_validate({"required": points, "window": 60, "longest": 60, "claims_in_life": 2})
    assert record.numbers == 4
    assert [record.asked(number).required for number in range(1, 6)] == [12, 18, 18, 30, 30]
    asked = [record.asked(number) for number in (1, 2, 4)]
    assert all(early.lapse > late.lapse and early.least < late.least for early, late in pairwise(asked))


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"required": {"by": "claim_number", "points": {1: 6, 2: 20}}}, "20 months are required within 12"),
        ({"required": {"by": "claim_number", "points": {1: 6.5}}}, "6.5 months are asked, but the record counts whole months"),
        ({"required": {"by": "age", "points": {15: 6}}}, "cannot be keyed by age; use one of claim_number"),
        ({"required": {"by": "claim_number", "mode": "linear", "points": {1: 6, 3: 8}}}, "write {by: claim_number, points"),
        ({"required": {"by": "claim_number", "points": {0: 6}}}, "0 is no place on the key claim_number, which runs from 1 to 20"),
        ({"total": {"by": "claim_number", "points": {1: 6, 2: 130}}}, "below the 130 months required; raise `longest`"),
        ({"consecutive": {"by": "claim_number", "points": {1: 1}}}, "1 months without a gap are no condition"),
    ],
)  # fmt: skip
def test_records_that_make_no_sense(record: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        Record.model_validate({"required": 6, "window": 12, "longest": 120} | record)


def test_an_earlier_claim_is_told() -> None:
    case = cohort(LAWS["a longer wait"])
    lines = told(case, 2).step("record").lines
    assert "claim number 2 of the life" in lines
    with pytest.raises(InputError, match="two claims overlap"):
        answer(
            case,
            Question(
                "unemployment", "male", "1980-01", "2020-01..2024-12 at 1000, 2025-06..2026-01 at 1000",
                on="2026-02", claimed=("2025-01..2025-04", "2025-03..2025-05"),
            ),
        )  # fmt: skip


def test_months_of_the_window_alone() -> None:
    """Six months in 2025 and four in 2026 lie in the window of 18; the years before count for the right, not for the duration."""
    record = {"required": 6, "window": 18, "total": 24, "longest": 60, "counts": "window"}
    by_record = {"by": "record_months", "points": {6: 2, 10: 3, 18: 4}}
    case = scenario(
        {"record": record, "duration": by_record, "rate": by_record | {"points": {6: 0.4, 10: 0.5}}},
        "2026-05",
    )
    career = "2018-01..2021-12 at 1000, 2025-01..2025-06 at 1000, 2026-01..2026-04 at 1000"
    found = answer(case, Question("unemployment", "male", "1980-01", career, on="2026-05"))
    assert found.result["months_granted"] == 3 and found.result["monthly_benefit"] == [500, 500, 500]
    assert "10 months of the window give 3 months of benefit" in found.step("right").lines
    every = scenario({"record": record | {"counts": "all"}, "duration": by_record}, "2026-05")
    assert (
        answer(every, Question("unemployment", "male", "1980-01", career, on="2026-05")).result[
            "months_granted"
        ]
        == 4
    )


def test_a_cohort_without_gaps_has_the_months_of_its_window() -> None:
    """After 58 months of work 24 are in the window: three months of benefit, not the four of 48."""
    record = {"required": 6, "window": 24, "longest": 60, "counts": "window"}
    law = {"record": record, "duration": {"by": "record_months", "points": {6: 2, 24: 3, 40: 4}}}
    found = projected(cohort(law))
    first = next(spells for start, spells in found.claims.periods if start == 0)
    held = first.groups.of_record[0, 40:61]
    assert (first.groups.entitlement[held] == 3).all()
