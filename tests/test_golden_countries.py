"""The statutory cases of every country, worked by hand from the law, through `spsim person` on the country's scenario.

A case of tests/golden/<country>.yaml says one person, a career and what the law gives. What a scenario does not model stands in
tests/golden/not_modelled.yaml with its reason: a whole case by its id, or single figures as `id: figure`. Nothing else may fail.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import social_words
from spsim.loader import load, validate
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.scenario import Scenario

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests/golden"
COUNTRIES = {path.stem: path for path in sorted(GOLDEN.glob("*.yaml"))}
ELSEWHERE = ("viet_nam", "not_modelled")  # Viet Nam's first cases have readers of their own
Case = dict[str, Any]
NOT_MODELLED: dict[str, dict[str, str]] = yaml.safe_load(
    (GOLDEN / "not_modelled.yaml").read_text(encoding="utf-8")
)


def cases() -> list[Any]:
    found = []
    for country, path in COUNTRIES.items():
        if country not in ELSEWHERE:
            for case in yaml.safe_load(path.read_text(encoding="utf-8")):
                found.append(pytest.param(country, case, id=f"{country}-{case['id']}"))
    return found


@cache
def scenario(country: str) -> Scenario:
    name = "viet_nam" if country == "viet_nam_social_pension" else country
    valid, problems = validate(load(ROOT / f"scenarios/{name}.yaml"), Scenario)
    assert valid is not None, problems
    return valid


def asked(case: Case) -> Answer:
    """The answer for the person of a case."""
    person = case["person"]
    given, law = case.get("given") or {}, scenario(case.get("scenario", case["country"]))
    question = Question(
        case["scheme"],
        person["sex"],
        str(person["born"]),
        None if balances(case.get("given") or {}) else case.get("career") or "",
        DRAWN.get(case["id"], case.get("event")),
        None if case.get("on") is None else str(case["on"]),
        paid_in=(case.get("given") or {}).get("month_read"),
        works_for=(case.get("given") or {}).get("total_remuneration_monthly"),
        contributions=any(name.startswith("contribution_") for name in case["expect"]),
        family=family(case.get("given") or {}),
        pensioner_of=PENSIONS_BESIDE.get(case["id"], ()),
        credited=credited(case.get("given") or {}),
        balance=balances(case.get("given") or {}),
        pension_since=given.get("pension_since"),
        spouse_own_pension=given["own_employees_pension"] / 12 if "own_employees_pension" in given else None,
        fact=social_words.facts(law, case["scheme"], given),
        figure=social_words.figures(law, case["scheme"], given),
    )
    return answer(law, question)


DRAWN = {  # draws while a member: which right of which account
    **{
        f"sg-55-{case}": "drawing:oa.at_55"
        for case in (
            "above-full-sum-2026",
            "sa-above-full-sum-2026",
            "below-full-sum",
            "less-than-5000",
            "full-sum-2025",
            "full-sum-2027",
        )
    },
    "bn-spk-withdrawal-44": "drawing:member.at_45",
    "bn-spk-withdrawal-45": "drawing:member.at_45",
    "bn-spk-withdrawal-50": "drawing:member.at_50",
    "bn-spk-withdrawal-55": "drawing:member.at_55",
    "id-jht-partial-10-percent": "drawing:savings.preparation",
    "id-jht-partial-30-percent-housing": "drawing:savings.housing",
    "id-jht-partial-119m": "drawing:savings.housing",
    **{
        f"my-epf-{case}": "drawing:at_55"
        for case in ("age-55", "akaun-emas-age-56", "dividend-2025", "dividend-floor")
    },
    "my-epf-age-50": "drawing:sejahtera.at_50",
    "my-epf-one-month-before-50": "drawing:sejahtera.at_50",
    "my-epf-flexible-any-age": "drawing:fleksibel.any_time",
    "my-epf-age-50-two-structures": "drawing:sejahtera.at_50",
}
PAID_AS = {
    "kr-refund-60-months": "withdrawal"
}  # a lump sum to one without a pension, which another event pays
PENSIONS_BESIDE = {"ph-social-pensioner": ("sss",), "vn-social-with-pension": ("pension",)}


def family(given: Case) -> str | None:
    """The family of a case in the words of the command; None where the case names no one but a spouse without age."""
    if "first_child_born" in given:  # grown up since: they count for credits alone
        return None
    children = sum(int(given.get(name) or 0) for name in ("children", "minor_children", "children_below_18"))
    children += max(int(given.get("survivors") or 1) - 1, 0)
    spouse = {
        name for name in ("widow_age", "spouse", "survivors", "survivor", "survivor_age") if given.get(name)
    }
    parents = int(given.get("parents") or 0)
    age = (
        given.get("widow_age")
        or given.get("survivor_age")
        or str(given.get("survivor", "")).partition(" of ")[2]
    )
    if not children and not parents and not age and "children" not in given:
        return None
    words = [f"spouse of {age}" if age else "spouse"] if spouse else []
    words += [f"{children} children"] * bool(children) + [f"{parents} parents"] * bool(parents)
    return ", ".join(words) or "none"


def balances(given: Case) -> list[str]:
    """Balances of Singapore's accounts at the event, or in a month: SA and RA are one account there."""
    accounts = {"oa": "oa", "sa": "sa_ra", "ra": "sa_ra", "ma": "ma"}
    found = []
    for name, amount in given.items():
        account, _, month = name.partition("_")
        if account in accounts and (not month or month[:4].isdigit()):
            found.append(f"{accounts[account]}={amount}" + (f"@{month.replace('_', '-')}" if month else ""))
    return found


def credited(given: Case) -> list[str]:
    """Months credited in Korea: by the number of children (Art. 19), or those served (Art. 18)."""
    if "first_child_born" in given:
        return [f"childbirth {sum((12, 12, 18)[min(n, 2)] for n in range(given['children']))}"]
    return [f"military {given['military_service_months']}"] if "military_service_months" in given else []


def found(case: Case) -> dict[str, Any]:
    """What the answer says of each figure that a case may expect; only the ones asked are looked up."""
    said = asked(case)
    steps = {step.name: step.values for step in said.steps}
    readers = {
        "entitled": lambda: said.result["entitled"],
        "monthly_pension": lambda: said.result.get(
            "monthly_pension_beside_work",
            said.result.get("monthly_pension_paid_in", said.result.get("monthly_pension")),
        ),
        "lump_sum": lambda: _paid_once(case, said),
        "rate_percent": lambda: 100 * _rate(steps),
        "reference_earnings": lambda: steps["reference_earnings"]["average"],
        "years_counted": lambda: steps["record"]["years_counted"],
        "pension_age": lambda: _span(steps["pension_age"]["age_months"]),
        "balance": lambda: (
            sum(values["balance"] for name, values in steps.items() if name.startswith("account:"))
            - (
                said.result["lump_sum"]
                if "balance_before" in said.result and "lump_sum" in case["expect"]
                else 0.0
            )
        ),
        "survivors_monthly": lambda: said.result.get(
            "monthly_pension_paid_in", _survivors(said.result["survivors"])
        ),
        "social_pension": lambda: said.result["social_pension"],
        "contribution_employee": lambda: _paid(said, "employee"),
        "contribution_employer": lambda: _paid(said, "employer"),
        "contribution_state": lambda: _paid(said, "state"),
    }
    return {name: readers[name]() for name in case["expect"] if name in readers}


def _paid_once(case: Case, said: Answer) -> float:
    """Lump sum and what is paid beside a pension; of one without a right, what the event pays that a note names."""
    if case["id"] in PAID_AS:
        event = PAID_AS[case["id"]]
        assert any(f"--event {event}" in note for note in said.notes)
        said = asked(case | {"event": event})
    return (said.result.get("lump_sum") or 0.0) + (said.result.get("paid_once") or 0.0)


def _rate(steps: dict[str, Any]) -> float:
    """Share of the average after early or late retirement."""
    changed = steps.get("reduction") or steps.get("increase")
    return float(changed["share_after"] if changed else steps["accrual"]["share_of_average"])


def _paid(said: Answer, party: str) -> float:
    """Contribution of the last month: the last year's over its months."""
    last = said.contributions[-1]
    return float(last.get(party, 0.0)) / last["months"]


def _span(months: int) -> str:
    return f"{months // 12}y{months % 12}m"


def _survivors(said: dict[str, Any] | None) -> float:
    """What the family of the case gets each month; without one, a spouse alone."""
    if not said or not said["entitled"]:
        return 0.0
    if "family_total" in said:
        return float(said["family_total"])
    return float(said["per_head"] if "per_head" in said else said["spouse"])


def left_out(country: str, case: Case) -> set[str]:
    """Figures of a case that the scenario does not model; all of them where the case itself is listed."""
    listed = NOT_MODELLED.get(country) or {}
    if case["id"] in listed:
        return set(case["expect"])
    return {name for name in case["expect"] if f"{case['id']}: {name}" in listed}


@pytest.mark.parametrize(("country", "case"), cases())
def test_case(country: str, case: Case) -> None:
    skipped = left_out(country, case)
    wanted = {name: value for name, value in case["expect"].items() if name not in skipped}
    if not wanted:
        pytest.skip("not modelled: tests/golden/not_modelled.yaml says why")
    got = found(case | {"country": country, "expect": wanted})
    assert set(got) == set(wanted), f"no reader for {set(wanted) - set(got)}"
    for name, value in wanted.items():
        if isinstance(value, bool | str):
            assert got[name] == value, name
        else:
            # cases are worked with a calculator: to the cent or five digits
            assert got[name] == pytest.approx(value, rel=2e-5, abs=0.006), name


def test_what_is_left_out_is_a_case_and_has_a_reason() -> None:
    for country, listed in NOT_MODELLED.items():
        known = {case["id"]: case for case in yaml.safe_load(COUNTRIES[country].read_text(encoding="utf-8"))}
        for entry, reason in (listed or {}).items():
            name, _, figure = entry.partition(": ")
            assert name in known, f"{country}: {entry} is no case"
            assert not figure or figure in known[name]["expect"], f"{country}: {entry}"
            assert len(reason) > 8, f"{country}: {entry} has no reason"


@pytest.mark.parametrize("country", [name for name in COUNTRIES if name not in ELSEWHERE])
def test_at_least_five_cases_of_a_country_are_modelled(country: str) -> None:
    if country == "viet_nam_social_pension":
        pytest.skip("counted with the country's other cases")
    every = yaml.safe_load(COUNTRIES[country].read_text(encoding="utf-8"))
    modelled = [case["id"] for case in every if set(case["expect"]) - left_out(country, case)]
    assert len(modelled) >= 5, modelled
