"""`spsim person`: the statute's cases end to end, a projected cohort against its persons, mistakes in the question, the command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_label, month_number
from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.grid import one_person
from spsim.loader import load
from spsim.model_shape import Shape
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.person_family import family
from spsim.person_survivors import of_family
from spsim.rules.survivors import SurvivorShares
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.validation import attempt

ROOT = Path(__file__).parents[1]
VIET_NAM = ROOT / "scenarios" / "viet_nam.yaml"
Case = dict[str, Any]
CASES: dict[str, Case] = {
    case["id"]: case
    for case in yaml.safe_load((ROOT / "tests/golden/viet_nam.yaml").read_text(encoding="utf-8"))
}
LAST_BORN = {
    "M": "1970-11",
    "F": "1980-02",
}  # first pension months 2032-12 and 2040-03, ages that no longer rise


def valid(data: dict[str, Any]) -> Scenario:
    found, errors = attempt(data, Scenario, Shape(Scenario))
    assert found is not None, errors
    return found


@cache
def viet_nam(region: str = "I") -> Scenario:
    """The law as shipped, for one region; prices and, before 2023, the reference level stand still: a constant wage is its own average."""
    data = load(VIET_NAM).data
    number = {"I": 1, "II": 2, "III": 3, "IV": 4}[region]
    data["economy"]["price_inflation"] = 0
    level = data["economy"]["reference_amounts"]["reference_level"]
    level["points"] = {date: value for date, value in level["points"].items() if str(date) >= "2023-07"}
    data["economy"]["reference_amounts"]["regional_minimum_wage"]["mix"] = {
        f"minimum_wage_region_{number}": 1.0
    }
    return valid(data)


def asked(scenario: Scenario, career: str, **question: Any) -> Answer:
    filled = {"scheme": "pension", "sex": "male", "born": "1970-11"} | question
    return answer(scenario, Question(career=career, **filled))


def months_until(end: int, count: int, wage: float = 8e6) -> str:
    """A career of so many months that ends the month before `end`."""
    return f"{month_label(end - count)}..{month_label(end - 1)} at {wage:.0f}"


def sex_of(case: Case) -> dict[str, str]:
    return {"sex": {"M": "male", "F": "female"}[case.get("sex", "M")]}


# The statute, case by case ------------------------------------------------------------------------


def old_age(case: Case) -> dict[str, Any]:
    """Accruals and pensions: the last month of the career is the one before the pension."""
    sex = case.get("sex", "M")
    born, months = LAST_BORN[sex], 12 * case["years"] + case.get("months", 0)
    start = {"M": "2032-12", "F": "2040-03"}[sex]
    if "claim_date" in case and "average_wage" in case:
        born, start = "1964-09", case["claim_date"][:7]  # at the age since 2026-01
    early = 12 * case.get("early_years", 0) + case.get("early_months", 0)
    month = month_number(start) - early
    career = months_until(month, months, case.get("average_wage", 8e6))
    if "first_insured" in case:
        career = f"{career.replace(month_label(month - months), month_label(month - months + 1))}"
        first = month_number(case["first_insured"][:7])
        career = f"{month_label(first)}..{month_label(first)} at {case['average_wage']}, {career}"
    found = asked(viet_nam(), career, born=born, on=month_label(month), **sex_of(case))
    reduced = [step for step in found.steps if step.name == "reduction"]
    share = [step.values["share_of_average"] for step in found.steps if step.name == "accrual"]
    return {
        "rate_percent": 100 * (reduced[0].values["share_after"] if reduced else share[0]),
        "monthly_pension": found.result["monthly_pension"],
        "pension_eligible": found.result["pays"] == "pension",
    }


def first_pension(case: Case) -> dict[str, Any]:
    found = asked(viet_nam(), "2010-01..2012-12 at 8e6", born=case["birth_month"], **sex_of(case))
    step = found.step("pension_age").values
    return {
        "age_months": step["age_months"],
        "retirement_month": step["reached_in"],
        "pension_from": f"{found.heading['on']}-01",
    }


def early_points(case: Case) -> dict[str, Any]:
    if "sex" in case:
        return old_age(case)
    early = 12 * case["early_years"] + case["early_months"]
    if early == 0:
        return {"reduction_points": 0}  # the tier is open before the age only
    month = month_number("2032-12") - early
    found = asked(viet_nam(), months_until(month, 300), on=month_label(month))
    return {"reduction_points": 100 * found.step("reduction").values["lost"]}


def excess(case: Case) -> dict[str, Any]:
    start = month_number({"M": "2032-12", "F": "2040-03"}[case["sex"]])
    career = months_until(start, 12 * case["years_at_pension_age"])
    found = asked(viet_nam(), career, born=LAST_BORN[case["sex"]], **sex_of(case))
    return {"lump_sum_months_of_average_wage": found.result["paid_once"] / 8e6}


def contribution(case: Case) -> dict[str, Any]:
    month = case.get("month", f"{case.get('year')}-08")
    scheme = "pension" if "month" in case else "unemployment"
    career = f"{month}..{month} at {case['wage']}"
    (row,) = asked(viet_nam(case.get("region", "I")), career, scheme=scheme, contributions=True).contributions
    pension = scheme == "pension"
    return {
        "contribution_base": row["contributory_wages"],
        "employee_pension": row["employee"],
        "employer_pension": row["employer"],
        "pension_fund_total": row["employee"] + row["employer"],
        "employee": row["employee"],
        "employer": row["employer"],
        "state_support_max": None if pension else row["state"],
    }


def claim(case: Case) -> dict[str, Any]:
    served = case["contribution_months"]
    month = max(12 * case.get("year", 2026) + 7, month_number("2009-01") + served)
    career = months_until(month, served, case.get("average_wage_6_months", 8e6))
    found = asked(viet_nam(case.get("region", "I")), career, scheme="unemployment", born="1990-01").result
    return {
        "benefit_months": found["months_granted"],
        "monthly_benefit": found["monthly_benefit"][0] if found["monthly_benefit"] else 0,
        "total_benefit": found["total"],
    }


def record_left(case: Case) -> dict[str, Any]:
    """A claim after the record, then a new job of two years."""
    end = month_number("2009-01") + case["contribution_months"]
    again = end + case["benefit_months_received"]
    career = f"2009-01..{month_label(end - 1)} at 8e6, {month_label(again)}..{month_label(again + 23)} at 8e6"
    claimed = [f"{month_label(end)}..{month_label(again - 1)}"]
    found = asked(viet_nam(), career, scheme="unemployment", born="1985-01", claimed=claimed)
    return {"months_preserved": found.step("record").values["left"]}


def record_met(case: Case) -> dict[str, Any]:
    month, inside = month_number("2026-08"), case["months_in_24"]
    career = months_until(month, inside)
    earlier = case["months_in_36"] - inside
    if earlier:
        career += f", {months_until(month - 24, earlier)}"
    found = asked(viet_nam(), career, scheme="unemployment", born="1990-01")
    return {"entitled": found.result["entitled"]}


def waiting(case: Case) -> dict[str, Any]:
    month = 12 * case["year"] + 3
    found = asked(viet_nam(), months_until(month, 24), scheme="unemployment", born="1990-01")
    days = found.result["waiting_days"]
    return {
        "waiting_days": days,
        "first_paid_day": days + 1,
        "waiting_working_days": days / 7 * 5,
        "first_paid_working_day": days / 7 * 5 + 1,
    }


def around_2014(case: Case, event: str) -> Answer:
    before = 12 * case["years_before_2014"] + case["months_before_2014"]
    after = 12 * case["years_from_2014"] + case["months_from_2014"]
    split = month_number("2014-01")
    career = f"{month_label(split - before)}..{month_label(split + after - 1)} at {case['average_wage']}"
    return asked(viet_nam(), career, event=event, born="1985-01", on="2026-07")


def withdrawal(case: Case) -> dict[str, Any]:
    amount = around_2014(case, "withdrawal").result["lump_sum"]
    return {"amount": amount, "months_of_average_wage": amount / case["average_wage"]}


def death_lump_sum(case: Case) -> dict[str, Any]:
    return {"amount": around_2014(case, "death").result["grants"]["death_lump_sum"]}


def may_withdraw(case: Case) -> dict[str, Any]:
    first = month_number(str(case["first_insured"])[:7])
    career = months_until(first + 12 * case["years"], 12 * case["years"])
    event = {"none": "withdrawal", "pension age": "old_age"}.get(case["ground"], "invalidity")
    found = asked(viet_nam(), career, event=event, born="1980-01").result
    return {"may_withdraw": found["pays"] == "lump_sum"}


def on_death(case: Case) -> dict[str, Any]:
    month = month_number(case.get("month_of_death", case.get("month", "2026-07"))[:7])
    served = case.get("contribution_months", 12 * case.get("years", 20) + case.get("months", 0))
    found = asked(viet_nam(), months_until(month, served), event="death").result
    heads = min(case.get("relatives_with_carer", 0), found["survivors"]["most"])
    return {
        "monthly_survivors_open": found["survivors"]["entitled"],
        "total_monthly": case.get("deceased_persons", 1) * heads * found["survivors"]["per_head"],
        "amount": found["grants"]["funeral"],
    }


READERS: dict[str, Callable[[Case], dict[str, Any]]] = {
    r"accrual-|pension-": old_age,
    r"start-": first_pension,
    r"early-": early_points,
    r"excess-.\d\d$": excess,
    r"base-|contribution-\d|ui-contribution-": contribution,
    r"ui-duration-|ui-benefit-8m-2026|ui-benefit-60m": claim,
    r"ui-carry-": record_left,
    r"ui-qualify-1": record_met,
    r"ui-waiting-": waiting,
    r"withdrawal-(?!8-|11-)": withdrawal,
    r"may-withdraw-(2|81|age)": may_withdraw,
    r"survivors-lump-(10y|3y)": death_lump_sum,
    r"survivors-deceased-1|survivors-\d+-\d\d-[1-5]carer-0|survivors-two|funeral-(2025|2026|11)": on_death,
}
# Figures of a case that are no part of the answer: of other branches, and the ceiling or cap itself.
BESIDE = {"employer_sickness_maternity", "employer_work_injury", "ceiling", "monthly_cap"}
READ = [(name, read) for name in CASES for pattern, read in READERS.items() if re.match(pattern, name)]


@pytest.mark.parametrize(("name", "read"), READ, ids=[name for name, _ in READ])
def test_statute(name: str, read: Callable[[Case], dict[str, Any]]) -> None:
    if name == "pension-no-minimum-m19" or name == "pension-minimum-m20":
        found = old_age({"sex": "M"} | CASES[name]["inputs"])
    else:
        found = read(CASES[name]["inputs"])
    for figure, value in CASES[name]["expect"].items():
        if figure not in BESIDE:
            assert found[figure] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9)), (
                figure
            )


def test_many_cases_are_read() -> None:
    assert len(READ) > 150


def test_a_pensioner_who_dies_leaves_rights() -> None:
    served = "2000-01..2032-11 at 8e6"
    found = asked(viet_nam(), served, event="death", on="2040-01").result
    assert found["status"] == "pensioner" and found["survivors"]["entitled"]
    assert found["grants"]["funeral"] > 0 and found["grants"]["death_lump_sum"] == 0
    paid_out = asked(viet_nam(), "2022-12..2032-11 at 8e6", event="death", on="2040-01").result
    assert paid_out["status"] == "former member" and not paid_out["entitled"]


def test_the_cap_decides_high_claims() -> None:
    found = asked(
        viet_nam(), "2020-03..2026-02 at 60000000", scheme="unemployment", born="1990-01", on="2026-03"
    )
    months = found.step("months").values["months"]
    assert {row["decided_by"] for row in months} == {"cap"}
    assert sum(row["paid_share"] for row in months) == pytest.approx(found.result["months_granted"])


# A projected cohort and its persons ----------------------------------------------------------------

GROWTH = {"price_inflation": 0.03, "real_wage_growth": 0.02}
STILL = {"price_inflation": 0, "real_wage_growth": 0}
STEP, ENTRY, AGE = 2025, 40, 60


def one_class(
    reference: dict[str, Any], amount: dict[str, Any], growth: dict[str, Any], **more: Any
) -> Scenario:
    """Everyone enters at 40, in one class, and nobody dies. `more` are other fields of the scheme, and of its behaviour."""
    behaviour = more.pop("behaviour", {})
    none_die = {"by": "age", "points": {0: 1000}}
    members = {
        "kind": "entrants", "entry_age": ENTRY, "exit_age": 65, "entrant_growth": 0,
        "initial": [{"from": ENTRY, "to": AGE, "persons": 2000, "past_service": 5}],
        "service_table": none_die, "pensioner_table": none_die,
        "wages": {"average": {"value": 1000, "year": 2001}, "coefficient_of_variation": 0, "class_shares": [1.0]},
    }  # fmt: skip
    scheme = {
        "kind": "pension", "source": "a test", "status": "assumption", "fund": "pension", "start": 1990,
        "longest_service": 30, "members": members, "pension_age": AGE, "reference_earnings": reference,
        "contributions": {"employer": {"party": "employer", "rate": 0.1}},
        "benefits": {"old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": amount}}}},
    } | more  # fmt: skip
    return valid(
        {
            "meta": {"id": "one_cohort", "title": "One cohort"},
            "horizon": {"start": 2001, "end": STEP + 1},
            "economy": {"interest_rate": 0.05} | growth,
            "funds": {"pension": {}},
            "schemes": {"pension": scheme},
            "behaviour": {"pension": {"kind": "pension"} | behaviour},
        }
    )


def projected_and_of_persons(scenario: Scenario) -> tuple[float, float]:
    """Monthly award per head in one step of the projection, and the mean of its members one by one.

    Members stand in the cell of age 40 on 1 July with half a year of rights: they entered on their 40th birthday, spread evenly over
    the step. They reach 60 in the months July .. June of a step; their pensions begin in the months August .. July, after twenty years.
    """
    award = simulate(scenario).pensions["pension"].awards["old_age"]
    per_head = award.amount[STEP - 2001] / award.persons[STEP - 2001] / 12
    paid = []
    for start in range(12 * (STEP - 1) + 7, 12 * STEP + 7):
        born = start - 1 - 12 * AGE
        career = f"{month_label(born + 12 * ENTRY + 1)}..{month_label(start - 1)} at 1 average"
        question = Question(
            "pension",
            "male",
            month_label(born),
            career,
            family=family_of(scenario),
            credited=credits_of(scenario),
        )
        found = answer(scenario, question)
        assert found.step("record").values["months"] == 12 * (AGE - ENTRY)
        paid.append(found.result["monthly_pension"])
    return float(per_head), float(np.mean(paid))


def family_of(scenario: Scenario) -> str | None:
    """The family that the behaviour gives everyone, in words."""
    behaviour = scenario.behaviour["pension"]
    assert isinstance(behaviour, PensionBehaviour)
    return ", ".join(f"{number:g} {who}" for who, number in behaviour.dependants.items()) or None


def credits_of(scenario: Scenario) -> list[str]:
    """The years that the behaviour credits to everyone, in words."""
    behaviour = scenario.behaviour["pension"]
    assert isinstance(behaviour, PensionBehaviour)
    return [
        f"{name} {12 * years:.0f}"
        for name, years in behaviour.credited_years.items()
        if isinstance(years, float | int)
    ]


AMOUNTS: dict[str, dict[str, Any]] = {
    "per year": {"kind": "per_year_of_service", "rate": 0.015},
    "percent": {
        "kind": "percent_of_earnings",
        "rate": {"by": "service", "mode": "linear", "points": {10: 0.2, 30: 0.6}},
    },
    "by date earned": {
        "kind": "per_year_of_service",
        "rate": {"by": "accrual_date", "points": {2000: 0.01, 2015: 0.02}},
    },
}
CAREER = [{"kind": "career", "valorisation": index} for index in ("none", "prices", "wages")]
FINAL = [{"kind": "final", "years": 5, "valorisation": index} for index in ("none", "wages")]
LAST = {"kind": "final", "years": 0}


@pytest.mark.parametrize("amount", [AMOUNTS["per year"], AMOUNTS["percent"]], ids=["per year", "percent"])
@pytest.mark.parametrize("reference", [*CAREER, *FINAL, LAST], ids=str)
def test_without_growth_a_cohort_gets_what_its_persons_get(
    reference: dict[str, Any], amount: dict[str, Any]
) -> None:
    """Wages that stand still leave the rules and the count of service: equal to rounding."""
    projected, persons = projected_and_of_persons(one_class(reference, amount, STILL))
    assert projected == pytest.approx(persons, rel=1e-12)


@pytest.mark.parametrize("amount", list(AMOUNTS.values()), ids=list(AMOUNTS))
@pytest.mark.parametrize("reference", [*CAREER, *FINAL, LAST], ids=str)
def test_with_growth_they_differ_by_less_than_a_month(
    reference: dict[str, Any], amount: dict[str, Any]
) -> None:
    """The projection puts the awards of a step on 1 January; pensions begin half a month later on average, and persons have an index by
    calendar year: less than one month's growth of wages in all. A month on the wrong side of a change of rate is 1/240 of the career."""
    projected, persons = projected_and_of_persons(one_class(reference, amount, GROWTH))
    month = (1.03 * 1.02) ** (1 / 12) - 1
    changes = "accrual_date" in str(amount)
    assert projected == pytest.approx(persons, rel=month + changes * (0.01 / 0.015) / 240)


def test_rights_are_read_in_the_month_in_which_they_were_earned() -> None:
    """Half of twenty years at 1 per cent, half at 2: exactly 30 per cent of the last wage."""
    scenario = one_class(LAST, AMOUNTS["by date earned"], STILL)
    found = answer(scenario, Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000"))
    assert found.result["monthly_pension"] == pytest.approx(300)
    uneven = answer(
        scenario, Question("pension", "male", "1964-12", "2005-01..2009-12 at 1000, 2015-01..2024-12 at 1000")
    )
    assert uneven.result["monthly_pension"] == pytest.approx(250)


# Mistakes ------------------------------------------------------------------------------------------

GOOD = {
    "--scheme": "pension",
    "--sex": "female",
    "--born": "1972-05",
    "--career": "1995-03..2027-05 at 6000000",
}


def command(changes: dict[str, str]) -> list[str]:
    return ["person", str(VIET_NAM), *(part for pair in (GOOD | changes).items() for part in pair)]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"--scheme": "pensions"}, "--scheme:1:1: scheme: the scenario has no scheme 'pensions'; choose among pension, "),
        ({"--career": "1995-03..2010-12 at 6e6, 2010-12..2012-01 at 6e6"},
         "--career:1:26: spell 2: the spell from 2010-12 overlaps the one that ends in 2010-12; a month can have"),
        ({"--career": "1995-03..2010-13 at 6e6"},
         "--career:1:1: spell 1: '2010-13' is not a month of the calendar; write YYYY-MM with MM from 01 to 12"),
        ({"--career": "1995-03..2010-12 at -5"}, "--career:1:1: spell 1: the wage -5 is not above 0; leave months without"),
        ({"--career": "1995-03..2010-12 at 600,000"}, "--career:1:25: spell 2: '000' is not a spell of contributions; write"),
        ({"--career": "1995-03..2010-12 at 0.8"}, "--career:1:1: spell 1: a wage of 0.8 a month; write `0.8 average`"),
        ({"--career": "1995-03..2010-12 at 6e6 average"}, "--career:1:1: spell 1: 6e6 times the average wage; write a share"),
        ({"--career": "2010-12..1995-03 at 6e6"}, "--career:1:1: spell 1: the spell ends in 1995-03, before it begins"),
        ({"--career": "1995-03..2010-12 at nan"}, "--career:1:1: spell 1: 'nan' is not a wage; write a plain number"),
        ({"--career": ""}, "--career:1:1: spell 1: a spell of contributions is missing; write FROM..TO at WAGE"),
        ({"--on": "1995-03"}, "--on:1:1: on: the event in 1995-03 is not after the beginning of the career in 1995-03;"),
        ({"--on": "2020-01"}, "--career:1:1: career: the career goes on to 2027-05, but the event old_age is in 2020-01; end"),
        ({"--on": "2029"}, "--on:1:1: on: '2029' is not a month; write YYYY-MM, such as 2027-05"),
        ({"--event": "retire"}, "--event:1:1: event: the scheme pension has no benefit for the event 'retire'; choose among old_age"),
        ({"--event": "unemployment"}, "--event:1:1: event: the scheme pension has no benefit for the event 'unemployment'; choose"),
        ({"--born": "1996-01"}, "--born:1:1: born: the career begins in 1995-03, but the person is born in 1996-01; correct"),
        ({"--born": "1990-01"}, "--born:1:1: born: the career begins in 1995-03, at the age of 5y2m; correct the month"),
        ({"--born": "72-05"}, "--born:1:1: born: '72-05' is not a month; write YYYY-MM"),
        ({"--career": "1990-03..1999-05 at 6e6"}, "--career:1:1: career: the career begins in 1990-03, before the scheme, which"),
        ({"--claimed": "2001-01..2001-03"}, "--claimed:1:1: claimed: a pension scheme has no claims of unemployment benefit;"),
        ({"--career": "none.csv"}, "none.csv:1:1: career: there is no such file; check its name"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_mistake_is_one_helpful_line(
    changes: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(command(changes)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (found,) = err.splitlines()
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "career.csv:1:1: career: the file is empty; begin with the line from,to,wage"),
        ("from,to,wage\n", "career.csv:2:1: career: no spell of contributions below the header; write one line for each"),
        ("from;to;wage\n", "career.csv:1:1: career: unknown column 'from;to;wage'; the columns are from,to,wage,share_of"),
        ("from,to\n1995-03,1996-02\n", "career.csv:1:1: career: the column 'wage' is missing; begin with from,to,wage"),
        ("from,to,wage,wage\n", "career.csv:1:4: career: the column 'wage' stands twice; the columns are"),
        ("from,to,wage\n1995-03,1996-02\n", "career.csv:2:1: career: 2 fields under 3 columns; write one field for each"),
        ("from,to,wage\n1995-13,1996-02,5000\n", "career.csv:2:1: career: '1995-13' is not a month of the calendar;"),
        ("from,to,wage,share_of_average\n1995-03,1996-02,5000,1\n", "career.csv:2:1: career: a wage and a share of the average;"),
        ("from,to,wage\n1995-03,1996-02,5000\n1996-02,1996-03,5000\n", "career.csv:3:1: career: the spell from 1996-02 overlaps"),
    ],
    ids=range(9),
)  # fmt: skip
def test_mistakes_in_a_file(text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("career.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        asked(viet_nam(), "career.csv")
    (found,) = caught.value.problems
    assert str(found).startswith(line)


def test_every_mistake_of_a_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "career.csv"
    file.write_text("from,to,wage\n1995-13,1996-02,5000\n1997-01,1997-02,-5\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        asked(viet_nam(), str(file))
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_earlier_claims_must_fit() -> None:
    for claimed in ("2001", "2019-01..2019-03", "2025-01..2025-03", "2027-01..2027-02"):
        with pytest.raises(InputError):
            asked(
                viet_nam(),
                "2020-01..2025-12 at 8e6",
                scheme="unemployment",
                born="1990-01",
                claimed=[claimed],
            )


def test_a_scheme_that_has_no_such_benefit_says_what_it_has() -> None:
    scenario = one_class(LAST, AMOUNTS["per year"], STILL)
    with pytest.raises(InputError, match="choose among old_age"):
        answer(scenario, Question("pension", "male", "1964-12", "2005-01..2024-12 at 1", "death"))


# The command ---------------------------------------------------------------------------------------


def test_a_file_says_the_same_as_words(tmp_path: Path) -> None:
    file = tmp_path / "career.csv"
    file.write_text(
        "from,to,wage,share_of_average\n2014-01,2027-05,,1.2\n1995-03,2010-12,5000000,\n",
        encoding="utf-8-sig",
    )
    words = "1995-03..2010-12 at 5000000, 2014-01..2027-05 at 1.2 average"
    assert asked(viet_nam(), str(file)).result == asked(viet_nam(), words).result


def test_text_names_each_step_and_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli([*command({"--on": "2029-02"}), "--contributions"]) == 0
    text = capsys.readouterr().out
    for words in (
        "1. Pension age  [D135, official]",
        "early: met",
        "points off",
        "LSI: Law on Social Insurance",
        "total",
    ):
        assert words in text


def test_json_has_stable_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli([*command({}), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in found["steps"]] == [
        "pension_age", "record", "first_insured", "reference_earnings", "tiers", "accrual", "limits", "paid_once"
    ]  # fmt: skip
    assert set(found["steps"][0]) == {"step", "values", "text", "path", "source", "status"}
    assert set(found["result"]) == {
        "entitled", "tier", "pays", "monthly_pension", "lump_sum", "paid_once"
    }  # fmt: skip
    assert (found["born"], found["on"], found["event"]) == ("1972-05", "2030-10", "old_age")


def test_what_the_scenario_does_not_know_of_the_past_is_said() -> None:
    notes = " ".join(asked(viet_nam(), "1995-03..2027-05 at 6000000").notes)
    assert "reference_level is known from 2023-07 on; in 340 months" in notes
    assert "before 2025 follow the scenario's growth rates" in notes


def test_the_help_shows_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["--help"]) == 0
    assert "spsim person scenarios/viet_nam.yaml" in capsys.readouterr().out


def test_neither_numba_nor_polars_is_imported() -> None:
    code = (
        "import sys; from spsim.cli import run_cli; code = run_cli(sys.argv[1:]); "
        "assert not {'numba', 'polars'} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command({})], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wife", "is no part of a family"),
        ("2 children, 1 child", "named twice"),
        ("3 spouse", "too many"),
        ("child of five", "is no part of a family"),
        ("2 children of 5", "write one age for each"),
        ("spouse of 5x", "is no part of a family"),
        ("", "is no part of a family"),
    ],
)
def test_a_family_that_cannot_be_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        family(text)


def test_survivors_of_a_family_are_cut_together_and_no_more_than_the_heads_allowed() -> None:
    """Shares 0.5 and 0.2 each of three children make 1.1, cut to 1; five heads where four are allowed are cut by 4/5 first."""
    shares = SurvivorShares(spouse=0.5, child=0.2).on(one_person(24000.0, {}))
    assert of_family(shares, {"spouse": 1, "child": 3}, 4, 100.0, 0.0) == pytest.approx(
        {"spouse": 100 * 5 / 11, "child": 100 * 6 / 11}
    )
    four = of_family(shares, {"spouse": 1, "child": 4}, 4, 100.0, 0.0)  # 1.3 x 4/5 = 1.04, cut to 1
    assert sum(four.values()) == pytest.approx(100.0)
    two = of_family(shares, {"child": 2}, 4, 100.0, 60.0)
    assert sum(two.values()) == pytest.approx(60.0)  # the minimum of the family
    assert of_family(shares, {"parent": 2}, 4, 100.0, 60.0) == {}
