"""Unemployment insurance of one person: what `spsim person` says is what a projected cohort of such persons gets.

Everyone of the cohort earns the same wage, loses the job in the same month with the same record and age, and claims. Nobody ages into
another band, dies or finds work, unless a case says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spsim.calendar import month_label, month_number
from spsim.economy import economic_paths
from spsim.errors import InputError
from spsim.grid import Grid
from spsim.model_shape import Shape
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.scenario import Scenario
from spsim.stocks.unemployment_case import prepared
from spsim.validation import attempt

WAGE, AGE, RUN_IN = 1000.0, 47, 40
RECORD = {"required": 6, "window": 12, "longest": 120}
PLAIN = {"record": RECORD, "rate": 0.5, "duration": 4}


def scenario(benefit: dict[str, Any], event: str, wage: float = WAGE, **more: Any) -> Scenario:
    """Insured of 40 to 49 who all separate at the end of the month before `event`."""
    last = month_label(month_number(event) - 1)
    behaviour = {
        "kind": "unemployment",
        "separation_rate": {"by": "event_date", "points": {"2025-01": 0, last: 1, event: 0}},
        "covered_share": 1, "take_up": 1, "job_finding": 0,
    }  # fmt: skip
    scheme = {
        "kind": "unemployment", "fund": "fund", "source": "made up", "status": "assumption",
        "members": {"group": "all", "run_in_months": RUN_IN},
        "contributions": {"employer": {"party": "employer", "rate": 0.02}},
        "benefit": PLAIN | benefit,
    }  # fmt: skip
    data = {
        "meta": {"id": "cohort", "title": "One cohort", "currency": "X"},
        "horizon": {"start": 2025, "end": 2028},
        "population": {"country": "VNM"},
        "labour": {
            "unemployment_rate": 0,
            "groups": {
                "all": {
                    "share": 1,
                    "wages": {
                        "average": {"value": wage, "year": 2025}, "coefficient_of_variation": 0,
                        "class_shares": [1.0],
                    },
                }
            },
        },
        "economy": {
            "price_inflation": 0, "real_wage_growth": 0, "interest_rate": 0.02,
            "reference_amounts": {"average": {"points": {"2000": 800}}},
        },
        "funds": {"fund": {}},
        "schemes": {"unemployment": scheme | more.pop("scheme", {})},
        "behaviour": {"unemployment": behaviour | more.pop("behaviour", {})},
    }  # fmt: skip
    found, problems = attempt(data, Scenario, Shape(Scenario))
    assert found is not None, problems
    return found


def told(case: Scenario, event: str, wage: float = WAGE, **more: Any) -> Answer:
    """The same by `spsim person`: the run-in and all months from January 2025 up to the event were insured."""
    end = month_number(event)
    first = month_label(12 * 2025 - RUN_IN)
    career = f"{first}..{month_label(end - 1)} at {wage:g}"
    born = month_label(end - 12 * AGE - 3)
    return answer(case, Question("unemployment", "male", born, career, on=event, **more))


def projected(case: Scenario, event: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Money by item and month for each claimant, from the month of the event on; persons in each month of claim."""
    grid, ages = Grid(2025, 2028), np.arange(15, 65)
    insured = np.zeros((4, 2, 50))
    insured[:, 0, AGE - 15] = 1000.0
    assert case.economy is not None and case.labour is not None
    paths = economic_paths(case.economy, replace(grid, first=1965), 2025)
    scheme, behaviour = case.schemes["unemployment"], case.behaviour["unemployment"]
    laid = prepared(scheme, behaviour, insured, ages, case.labour.groups["all"].wages, paths, grid)  # type: ignore[arg-type]
    laid = replace(laid, rates=replace(laid.rates, ageing=0.0))
    found = laid.project(laid.stated_shock())
    start = month_number(event) - 12 * 2025
    claims = found.claims.joined("new_claims").sum(axis=1)
    assert claims[:start].sum() == 0 and claims[start + 1 :].sum() == pytest.approx(0, abs=1e-9)
    return {name: money[start:] / 1000.0 for name, money in found.amounts.items.items()}, claims[
        start:
    ] / 1000.0


def by_month(found: Answer, event: str, count: int) -> np.ndarray:
    """Amounts of the answer in each calendar month from the event on."""
    months: dict[str, float] = defaultdict(float)
    for row in found.step("months").values["months"]:
        months[row["month"]] += row["amount"]
    return np.array([months[month_label(month_number(event) + n)] for n in range(count)])


EVENT = "2026-05"
FALLING = {"by": "claim_month", "points": {1: 0.8, 2: 0.5, 3: 0.4}}
CASES: dict[str, dict[str, Any]] = {
    "share of the wage": {},
    "rates by month of benefit after a wait": {"rate": FALLING, "waiting_days": 14},
    "rates by month of benefit after a wait of more than a month": {"rate": FALLING, "waiting_days": 40},
    "working days": {"waiting_days": 10, "waiting_unit": "working"},
    "the wait shortens the benefit": {"waiting_days": 7, "waiting_shortens": True, "rate": FALLING},
    "weeks": {"duration": 2.99178, "rate": FALLING},
    "duration by age": {
        "duration": {"by": "age", "stages": {15: 3, 45: {"by": "record_months", "points": {6: 4, 50: 5.5}}}}
    },
    "rate by record": {"rate": {"by": "record_months", "points": {6: 0.45, 48: 0.5, 60: 0.6}}},
    "rate and limits by age": {
        "rate": {"by": "age", "points": {15: 0.5, 45: 0.6}},
        "cap": {"by": "age", "points": {15: 700, 45: 550}},
    },
    "flat steps capped by the wage": {
        "rate": 0,
        "flat": {"by": "claim_month", "points": {1: 1500, 2: 900, 3: 700}},
        "most_of_wage": 1,
    },
    "a continuous function of the wage": {
        "rate": {"by": "wage", "mode": "linear", "in_units_of": "average", "points": {1: 0.8, 2: 0.5}}
    },
    "the floor overtakes the cap": {"floor": 620, "cap": 600, "precedence": "floor"},
    "the cap holds": {"floor": 620, "cap": 600, "precedence": "cap"},
    "wage too high": {"most_wage": 900},
    "severance pay": {
        "rate": {"by": "record_months", "points": {6: 0.5, 24: 1, 48: 2}},
        "may_exceed_wage": True,
        "duration": 1,
        "record": {"required": 1, "window": 1, "longest": 120, "per_employer": True},
    },
    "six months of a calendar year": {
        "duration": 9,
        "most_months_per_year": 6,
        "rate": FALLING,
        "waiting_days": 7,
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_cohort_gets_what_each_person_is_told(name: str) -> None:
    event = "2026-03" if "calendar year" in name else EVENT
    case = scenario(CASES[name], event)
    found = told(case, event)
    items, claims = projected(case, event)
    if name == "wage too high":
        assert not found.result["entitled"] and found.result["total"] == 0
        assert claims.sum() == 0 and items["benefit"].sum() == 0
        return
    assert claims[0] == pytest.approx(1.0)
    amounts = by_month(found, event, len(items["benefit"]))
    np.testing.assert_allclose(items["benefit"], amounts, rtol=1e-9, atol=1e-9)
    assert items["benefit"].sum() == pytest.approx(found.result["total"], rel=1e-12)
    assert found.result["total"] > 0


def test_the_amounts_are_those_of_the_law() -> None:
    """Worked by hand, before the engine was asked: 1,000 a month, 55 months of record, aged 47."""
    wanted = {
        "share of the wage": 4 * 500,
        "rates by month of benefit after a wait": 800 + 500 + 400 + 400,
        "working days": 4 * 500,
        "weeks": 800 + 500 + 0.99178 * 400,
        "duration by age": 5.5 * 500,
        "rate by record": 4 * 500,
        "rate and limits by age": 4 * 550,
        "flat steps capped by the wage": 1000 + 900 + 700 + 700,
        "a continuous function of the wage": 4 * 1000 * (0.8 - 0.3 * (1000 / 800 - 1)),
        "the floor overtakes the cap": 4 * 620,
        "the cap holds": 4 * 600,
        "severance pay": 2000,
        "the wait shortens the benefit": 800 + 500 + 400 + (1 - 7 / (365 / 12)) * 400,
    }
    for name, total in wanted.items():
        assert told(scenario(CASES[name], EVENT), EVENT).result["total"] == pytest.approx(total), name


def test_a_calendar_year_is_full_after_six_months() -> None:
    """From March after a wait of 7 days: March to September are six months; then January, for what is left of nine months."""
    case = scenario(CASES["six months of a calendar year"], "2026-03")
    found = told(case, "2026-03")
    paid: dict[str, float] = defaultdict(float)
    for row in found.step("months").values["months"]:
        paid[row["month"]] += row["paid_share"]
    assert sum(share for month, share in paid.items() if month.startswith("2026")) == pytest.approx(6.0)


def test_an_earlier_claim_of_the_same_year_counts() -> None:
    kept = {"record": RECORD | {"kept": True}, "duration": 6, "most_months_per_year": 6}
    case = scenario(kept, "2026-09")
    career = "2020-01..2026-01 at 1000, 2026-06..2026-08 at 1000"
    question = Question("unemployment", "male", "1980-01", career, on="2026-09", claimed=["2026-02..2026-05"])
    found = answer(case, question)
    shares = [row["paid_share"] for row in found.step("months").values["months"]]
    assert shares == pytest.approx([1, 1, 0, 0, 1, 1])  # two months are left in 2026, two fall into 2027


def test_resignation_has_its_own_benefit() -> None:
    other = {
        "other_causes": {
            "resignation": PLAIN | {"rate": 0.3, "duration": 2, "record": RECORD | {"total": 50}}
        }
    }
    share = {
        "covered_share": 0.4,
        "other_causes": {"resignation": 0.5},
        "other_take_up": {"resignation": 0.6},
    }
    case = scenario({}, EVENT, scheme=other, behaviour=share)
    items, claims = projected(case, EVENT)
    for cause, part in (("benefit", 0.4), ("resignation", 0.5 * 0.6)):
        found = told(case, EVENT, cause=None if cause == "benefit" else cause)
        amounts = by_month(found, EVENT, len(items[cause]))
        np.testing.assert_allclose(items[cause], part * amounts, rtol=1e-9, atol=1e-9)
    assert claims[0] == pytest.approx(0.7)
    early = told(case, "2025-07", cause="resignation")
    assert early.result["entitled"] is False and early.step("right").values["conditions"]["total"] is False
    assert told(case, "2025-07").result["entitled"] is True


@pytest.mark.parametrize("wait", [0, 14])
def test_a_bonus_for_new_work(wait: int) -> None:
    """All find work at the end of the third month; 60 % of the rest, 40 % if less than half is left."""
    bonus = {"share": {"by": "remaining", "points": {0: 0.4, 0.5: 0.6}}, "least_remaining": 0.2, "cap": 450}
    benefit = {"duration": 5, "rate": FALLING, "waiting_days": wait, "reemployment_bonus": bonus}
    work = {
        "job_finding": {"by": "claim_month", "points": {1: 0, 3: 1}},
        "bonus_take_up": 0.9,
        "to_insured_work": 0,
    }
    case = scenario(benefit, EVENT, behaviour=work)
    items, _ = projected(case, EVENT)
    paid = 3 - wait / (365 / 12)
    found = told(case, EVENT, works_after=paid)
    assert items["reemployment_bonus"][2] == pytest.approx(0.9 * found.result["bonus"], rel=1e-9)
    assert items["reemployment_bonus"].sum() == pytest.approx(items["reemployment_bonus"][2])
    amounts = by_month(found, EVENT, 3)
    np.testing.assert_allclose(items["benefit"][:3], amounts, rtol=1e-9)
    assert items["benefit"][3:].sum() == 0
    if wait == 0:  # by hand: months 4 and 5 at 400, 40 % of them as two fifths are left
        assert found.result["bonus"] == pytest.approx(0.4 * (400 + 400))
    late = told(case, EVENT, works_after=4.5)
    assert late.result["bonus"] == 0  # a tenth is left, a fifth is asked


def test_one_of_several_jobs() -> None:
    benefit = {"rate": FALLING, "per_job": {"share": 0.9}}
    case = scenario(benefit, EVENT, behaviour={"several_jobs": 0.1, "lost_job_wage": 0.3})
    items, _ = projected(case, EVENT)
    found = told(case, EVENT, wage=300, several_jobs=True)
    assert found.result["lump_sum"] == pytest.approx(0.9 * 300 * (0.8 + 0.5 + 0.4 + 0.4))
    assert items["per_job"][0] == pytest.approx(0.1 * found.result["lump_sum"], rel=1e-9)
    assert items["per_job"].sum() == pytest.approx(items["per_job"][0])


def test_suspended_and_ended_claims_cost_less() -> None:
    full, _ = projected(scenario({}, EVENT), EVENT)
    behaviour = {
        "suspended_share": 0.1,
        "termination_rate": {"by": "claim_month", "points": {1: 0.2, 2: 0.5}},
    }
    less, _ = projected(scenario({}, EVENT, behaviour=behaviour), EVENT)
    stay = np.array([1, 0.8, 0.8 * 0.5, 0.8 * 0.5 * 0.5])
    np.testing.assert_allclose(less["benefit"][:4], 0.9 * stay * full["benefit"][:4], rtol=1e-9)


@pytest.mark.parametrize(
    ("record", "claimed", "condition"),
    [
        ({"between_claims": 24, "kept": True}, ["2025-01..2025-03"], "between_claims"),
        ({"claims_in_life": 1, "kept": True}, ["2022-01..2022-03"], "claims_in_life"),
        ({"density": 0.97, "kept": True}, ["2022-01..2022-03"], "density"),
        ({"total": 90, "kept": True}, [], "total"),
        ({"consecutive": 60, "kept": True}, ["2022-01..2022-03"], "consecutive"),
    ],
)
def test_who_has_no_right(record: dict[str, Any], claimed: list[str], condition: str) -> None:
    """A career from 2020 to April 2026 but for the months of the claim; each condition alone fails."""
    case = scenario({"record": RECORD | record}, EVENT)
    gap = claimed[0].split("..") if claimed else None
    career = "2020-01..2026-04 at 1000"
    if gap:
        before, after = (month_label(month_number(gap[0]) - 1), month_label(month_number(gap[1]) + 1))
        career = f"2020-01..{before} at 1000, {after}..2026-04 at 1000"
    found = answer(case, Question("unemployment", "male", "1980-01", career, on=EVENT, claimed=claimed))
    conditions = found.step("right").values["conditions"]
    assert [name for name, met in conditions.items() if not met] == [condition]
    assert found.result["entitled"] is False


def test_the_record_begins_anew_with_each_job() -> None:
    record = {"required": 12, "window": 12, "longest": 120, "per_employer": True}
    case = scenario({"record": record}, EVENT)
    career = "2020-01..2025-10 at 1000, 2025-12..2026-04 at 1000"
    found = answer(case, Question("unemployment", "male", "1980-01", career, on=EVENT))
    assert found.step("record").values["total"] == 5 and found.result["entitled"] is False


def test_what_a_cohort_cannot_see_acts_as_a_share() -> None:
    """Claims in a life, density: with a limit fewer claim, with a wide one as many as without."""

    def claims(**record: Any) -> float:
        """Claims of a population that separates every month and finds work again."""
        flows = {
            "separation_rate": 0.03, "job_finding": 0.2, "to_insured_work": 0.9, "withdrawal_rate": 0.003,
        }  # fmt: skip
        case = scenario({"record": RECORD | {"kept": True} | record}, EVENT, behaviour=flows)
        grid, ages = Grid(2025, 2028), np.arange(15, 65)
        insured = np.full((4, 2, 50), 100.0)
        assert case.economy is not None and case.labour is not None
        paths = economic_paths(case.economy, replace(grid, first=1965), 2025)
        scheme, behaviour = case.schemes["unemployment"], case.behaviour["unemployment"]
        laid = prepared(scheme, behaviour, insured, ages, case.labour.groups["all"].wages, paths, grid)  # type: ignore[arg-type]
        return float(laid.project(laid.stated_shock()).claims.joined("new_claims").sum())

    without = claims()
    assert claims(claims_in_life=2) < claims(claims_in_life=5) < without
    assert claims(claims_in_life=20) == pytest.approx(without, rel=0.02)
    assert claims(density=0.9) < claims(density=0.4) <= without


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"cause": "resignation"}, "no benefit for the cause 'resignation'; choose among covered"),
        ({"works_after": 1.0}, "no re-employment bonus; leave the option out"),
        ({"several_jobs": True}, "pays nothing for one of several jobs; leave the option out"),
    ],
)
def test_questions_that_make_no_sense(more: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        told(scenario({}, EVENT), EVENT, **more)
