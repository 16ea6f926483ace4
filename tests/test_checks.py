"""Checks across blocks: what is hidden, what is only a warning, and that reasonable scenarios pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.checks import cross_check
from spsim.checks_tiers import least_service, tier_problems
from spsim.loader import load, validate
from spsim.rules.benefits import OldAge
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme

ROOT = Path(__file__).parent.parent
ONCE = {"pays": "lump_sum", "amount": {"kind": "flat", "amount": 1.0}}
MEMBERS = {"kind": "covered", "group": "all"}


def scheme(kind: str = "old_age", **tiers: dict[str, Any]) -> PensionScheme:
    return PensionScheme.model_validate(
        {
            "kind": "pension",
            "fund": "f",
            "members": MEMBERS,
            "pension_age": 60,
            "entry_cohorts": ["2010-01-01"],
            "reference_earnings": {"kind": "career", "valorisation": "none"},
            "benefits": {"b": {"kind": kind, "tiers": {name: ONCE | tier for name, tier in tiers.items()}}},
        }
    )


def hidden(given_scheme: PensionScheme) -> list[str]:
    return [
        str(problem.path[-1])
        for problem in tier_problems((), given_scheme)
        if "never be reached" in problem.message
    ]


def service(**limits: float) -> dict[str, Any]:
    return {"service": limits}


@pytest.mark.parametrize(
    ("tiers", "shut"),
    [
        ({"a": service(at_least=15), "b": service(below=15)}, []),
        ({"a": service(at_least=20), "b": service(at_least=15), "c": {}}, []),
        ({"a": service(at_least=15), "b": service(at_least=20)}, ["b"]),
        ({"a": service(at_least=15), "b": service(below=15), "c": {}}, ["c"]),
        ({"a": {}, "b": service(at_least=20)}, ["b"]),
        ({"a": service(below=30), "b": service(at_least=10, below=20), "c": {}}, ["b"]),
        ({"a": {"first_insured": {"before": "2010-01-01"}}, "b": {"first_insured": {"from": "2010-01-01"}}}, []),
        ({"a": {"first_insured": {"before": "2010-01-01"}}, "b": {"first_insured": {"from": "2010-01-01"}}, "c": {}}, ["c"]),
        ({"a": {"first_insured": {"before": "2010-01-01"}} | service(at_least=5), "b": service(at_least=5)}, []),
        ({"a": {}, "b": {"years_before": 5.0}}, []),
        ({"a": {}, "b": {"years_before": 5.0}, "c": {"years_before": 3.0}}, ["c"]),
        ({"a": {}, "b": {"years_before": 3.0}, "c": {"years_before": 5.0}}, []),
    ],
)  # fmt: skip
def test_hidden_tiers(tiers: dict[str, Any], shut: list[str]) -> None:
    assert hidden(scheme(**tiers)) == shut


def test_in_other_benefits_early_tiers_stand_in_the_same_line() -> None:
    assert hidden(scheme("invalidity", a={}, b={"years_before": 5.0})) == ["b"]
    assert hidden(scheme("invalidity", b={"years_before": 5.0}, a={})) == []


def test_limits_that_change_hide_only_what_they_always_hide() -> None:
    falling = {"by": "event_date", "points": {2020: 20.0, 2030: 10.0}}
    assert hidden(scheme(a={"service": {"at_least": falling}}, b=service(at_least=15))) == []
    assert hidden(scheme(a={"service": {"at_least": falling}}, b=service(at_least=20))) == ["b"]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5, unique=True))
def test_falling_limits_hide_nothing_and_rising_ones_all_but_the_first(limits: list[int]) -> None:
    falling = {f"t{n}": service(at_least=float(x)) for n, x in enumerate(sorted(limits, reverse=True))}
    rising = {f"t{n}": service(at_least=float(x)) for n, x in enumerate(sorted(limits))}
    assert hidden(scheme(**falling)) == []
    assert hidden(scheme(**rising)) == [f"t{n}" for n in range(1, len(limits))]


def test_the_easiest_pension() -> None:
    rule = OldAge.model_validate(
        {
            "kind": "old_age",
            "tiers": {
                "a": ONCE | {"pays": "pension"} | service(at_least=20),
                "b": ONCE | service(at_least=5),
            },
        }
    )
    assert least_service(rule) == 20


def good(**changes: Any) -> Scenario:
    valid, problems = validate(load(ROOT / "tests/cases/good.yaml"), Scenario)
    assert valid is not None, problems
    return valid.model_copy(update=changes)


def test_a_good_scenario_has_no_findings() -> None:
    assert cross_check(good()) == []


def test_a_population_alone_is_a_scenario() -> None:
    assert cross_check(good(labour=None, economy=None, funds={}, schemes={}, behaviour={})) == []


def test_cascades_are_cut_short() -> None:
    """Without an economy, amounts are not called unknown one by one; without labour, groups are not."""
    without = [problem.message for problem in cross_check(good(economy=None))]
    assert without == ["schemes without an economy"]
    assert [p.message for p in cross_check(good(labour=None))] == [
        "members from a labour force that is not there"
    ]
    assert [p.path for p in cross_check(good(behaviour={}))] == [
        ("schemes", "pension"),
        ("schemes", "unemployment"),
    ]


def test_warnings_do_not_hide_errors() -> None:
    base = good()
    rule = base.schemes["pension"]
    spare = base.funds | {"spare": base.funds["pension"]}
    wrong = rule.model_copy(update={"longest_service": 5})
    found = cross_check(
        base.model_copy(update={"funds": spare, "schemes": base.schemes | {"pension": wrong}})
    )
    assert {problem.severity for problem in found} == {"warning", "error"}
