"""Statutory claims of unemployment benefit, worked by hand from the law of each country, through `spsim person`.

A case of tests/golden/unemployment/<country>.yaml says one person, a career, the cause of the separation, earlier claims, and what the law
gives. What a scenario does not model stands in not_modelled.yaml beside the cases with its reason: a case by its id, or one figure as
`id: figure`. Nothing else may fail.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from spsim.loader import load, validate
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.unemployment import DAYS_IN_MONTH
from spsim.scenario import Scenario

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests/golden/unemployment"
LEFT_OUT = GOLDEN / "not_modelled.yaml"
COUNTRIES = {path.stem: path for path in sorted(GOLDEN.glob("*.yaml")) if path != LEFT_OUT}
STATUSES = ("official", "secondary", "unverified", "assumption")
Case = dict[str, Any]
NOT_MODELLED: dict[str, dict[str, str]] = yaml.safe_load(LEFT_OUT.read_text(encoding="utf-8")) or {}


def cases_of(country: str) -> list[Case]:
    return list(yaml.safe_load(COUNTRIES[country].read_text(encoding="utf-8")))


def cases() -> list[Any]:
    return [
        pytest.param(country, case, id=f"{country}-{case['id']}")
        for country in COUNTRIES
        for case in cases_of(country)
    ]


@cache
def scenario(name: str) -> Scenario:
    valid, problems = validate(load(ROOT / f"scenarios/{name}.yaml"), Scenario)
    assert valid is not None, problems
    return valid


def works_after(case: Case) -> float | None:
    """Months of benefit paid before the person finds work; a law that counts days has months of 365/12."""
    if "finds_work_after_days_paid" in case:
        return float(case["finds_work_after_days_paid"]) / DAYS_IN_MONTH
    return case.get("finds_work_after_months")


def asked(country: str, case: Case) -> Answer:
    """The answer for the claim of a case."""
    person = case["person"]
    question = Question(
        case["scheme"],
        person["sex"],
        str(person["born"]),
        case["career"],
        on=str(case["on"]),
        claimed=tuple(case.get("claimed", ())),
        contributions=any(name.startswith("contribution_") for name in case["expect"]),
        cause=case.get("cause"),
        works_after=works_after(case),
        several_jobs=case.get("several_jobs", False),
    )
    return answer(scenario(case.get("scenario", country)), question)


def found(said: Answer, case: Case) -> dict[str, Any]:
    """What the answer says of each figure that the case expects."""
    rows = next((step.values["months"] for step in said.steps if step.name == "months"), [])
    readers = {
        "entitled": lambda: said.result["entitled"],
        "months_granted": lambda: said.result["months_granted"],
        "waiting_days": lambda: said.result["waiting_days"],
        "reference_wage": lambda: said.result["reference_wage"],
        "monthly_benefit": lambda: said.result["monthly_benefit"][: len(case["expect"]["monthly_benefit"])],
        "total": lambda: said.result["total"],
        "paid_in_year_of_claim": lambda: sum(
            row["amount"] for row in rows if row["month"][:4] == str(case["on"])[:4]
        ),
        "bonus": lambda: said.result["bonus"],
        "lump_sum": lambda: said.result["lump_sum"],
        "contribution_employee": lambda: _paid(said, "employee"),
        "contribution_employer": lambda: _paid(said, "employer"),
        "contribution_state": lambda: _paid(said, "state"),
    }
    return {name: readers[name]() for name in case["expect"] if name in readers}


def _paid(said: Answer, party: str) -> float:
    """Contribution of the last month: the last year's over its months."""
    last = said.contributions[-1]
    return float(last.get(party, 0.0)) / last["months"]


def left_out(country: str, case: Case) -> set[str]:
    """Figures of a case that the scenario does not model; all of them where the case itself is listed."""
    listed = NOT_MODELLED.get(country) or {}
    if case["id"] in listed:
        return set(case["expect"])
    return {name for name in case["expect"] if f"{case['id']}: {name}" in listed}


@pytest.mark.parametrize(("country", "case"), cases())
def test_case(country: str, case: Case) -> None:
    wanted = {name: value for name, value in case["expect"].items() if name not in left_out(country, case)}
    if not wanted:
        pytest.skip("not modelled: not_modelled.yaml says why")
    got = found(asked(country, case), case | {"expect": wanted})
    assert set(got) == set(wanted), f"no reader for {set(wanted) - set(got)}"
    for name, value in wanted.items():
        if isinstance(value, bool):
            assert got[name] is value, name
        else:
            # cases are worked with a calculator: to the cent or five digits
            assert got[name] == pytest.approx(value, rel=2e-5, abs=0.006), name


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_case_says_where_it_comes_from(country: str) -> None:
    ids = [case["id"] for case in cases_of(country)]
    assert len(ids) == len(set(ids))
    for case in cases_of(country):
        assert case["law"] and case["source"] and len(case["arithmetic"]) > 5, case["id"]
        assert case["status"] in STATUSES, case["id"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_at_least_six_cases_of_a_country_are_modelled(country: str) -> None:
    modelled = [case["id"] for case in cases_of(country) if set(case["expect"]) - left_out(country, case)]
    assert len(modelled) >= 6, modelled


def test_what_is_left_out_is_a_case_and_has_a_reason() -> None:
    for country, listed in NOT_MODELLED.items():
        known = {case["id"]: case for case in cases_of(country)}
        for entry, reason in (listed or {}).items():
            name, _, figure = entry.partition(": ")
            assert name in known, f"{country}: {entry} is no case"
            assert not figure or figure in known[name]["expect"], f"{country}: {entry}"
            assert len(reason) > 8, f"{country}: {entry} has no reason"
