"""Variants of a scenario: values changed by path, and stages taken from memory only where nothing they depend on has changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spsim.errors import InputError
from spsim.experiments.changes import Change, mapped, numbers_of, parsed, value_at
from spsim.experiments.measures import every, measured, named
from spsim.experiments.variants import Case, opened
from spsim.memory import Memory
from spsim.outcome import Outcome

SCENARIOS = Path(__file__).parents[1] / "scenarios"
IYER = SCENARIOS / "iyer_model_scheme.yaml"
VIET_NAM = SCENARIOS / "viet_nam.yaml"


@pytest.fixture(scope="module")
def viet_nam() -> Case:
    return opened(VIET_NAM)


def test_a_constant_keeps_its_source_when_it_is_set(viet_nam: Case) -> None:
    path = "schemes.pension.contribution_base.ceiling.times"
    assert viet_nam.changed(Change(path, 25)).value(path) == 25
    whole = viet_nam.changed(parsed("schemes.unemployment.benefit.rate*=1.1"))
    assert whole.value("schemes.unemployment.benefit.rate") == pytest.approx(0.66)


def test_every_number_of_a_schedule_a_roadmap_and_both_sexes_moves() -> None:
    schedule = {"by": "age", "points": {20: 0.1, 30: 0.2}, "source": "x 3"}
    assert mapped(schedule, lambda number: 2 * number) == {
        "by": "age",
        "points": {20: 0.2, 30: 0.4},
        "source": "x 3",
    }
    roadmap = {"by": "event_date", "start": 2021, "from": "60y3m", "increment": "3m", "until": 62}
    later = mapped(roadmap, lambda number: number + 1, "plus")
    assert (later["from"], later["increment"], later["until"]) == (61.25, "3m", 63.0)
    longer = mapped(roadmap, lambda number: 2 * number, "times")
    assert (longer["from"], longer["increment"], longer["until"]) == (120.5, 0.5, 124.0)
    assert numbers_of({"male": 1, "female": {"value": 2, "status": "official"}}) == [1.0, 2.0]
    assert numbers_of({"of": "minimum_wage", "times": 20}) == [20.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("schemes.pensions.fund=3", "did you mean 'schemes.pension'?"),
        ("schemes.unemployment.benefit.rates=3", "did you mean 'schemes.unemployment.benefit.rate'?"),
        ("schemes.unemployment.law*=2", "no number here"),
        ("schemes.unemployment.benefit.rate=7", "7 is outside 0 to"),
        ("horizon.end=2500", "2250"),
    ],
)
def test_a_change_that_cannot_be_made_is_told_at_its_place(viet_nam: Case, change: str, words: str) -> None:
    with pytest.raises(InputError) as found:
        viet_nam.changed(parsed(change))
    assert words in str(found.value)
    assert "viet_nam.yaml" in str(found.value)


@pytest.mark.parametrize("text", ["rate", "rate=high", "rate*=", "=3"])
def test_words_that_are_no_change_are_refused(viet_nam: Case, text: str) -> None:
    with pytest.raises(InputError):
        viet_nam.changed(parsed(text))


@pytest.mark.parametrize(
    "text", ["pension", "pension.payg_cost_rat@2050", "pensio.payg_cost_rate", "pension.payg_cost_rate@1900"]
)
def test_figures_that_a_run_does_not_have_are_refused(text: str) -> None:
    outcome = opened(IYER).outcome()
    with pytest.raises(InputError):
        measured(outcome, named(text))


def test_what_comes_from_memory_is_what_a_run_of_its_own_gives() -> None:
    """Each change after an unchanged run with the same memory, against the same change without one."""
    case, memory = opened(IYER), Memory()
    case.outcome(memory)
    scheme = next(iter(case.scenario.schemes))
    changes = [
        "economy.interest_rate+=0.01",
        "economy.real_wage_growth+=0.01",
        f"schemes.{scheme}.pension_age+=-1",
        f"behaviour.{scheme}.leaving_rate=0.01",
        "horizon.end+=-5",
    ]
    for text in changes:
        try:
            changed = case.changed(parsed(text))
        except InputError as error:
            if "there is no value" in str(error):
                changed = case.changed(
                    Change(f"behaviour.{scheme}", {**case.value(f"behaviour.{scheme}"), "leaving_rate": 0.01})
                )
            else:
                raise
        same(changed.outcome(memory), changed.outcome())


def same(one: Outcome, other: Outcome) -> None:
    first, second = every(one), every(other)
    assert first.keys() == second.keys()
    for key, indicator in first.items():
        assert np.array_equal(
            np.asarray(indicator.value, dtype=float),
            np.asarray(second[key].value, dtype=float),
            equal_nan=True,
        ), key


def test_a_memory_does_not_compute_again_what_no_change_reaches() -> None:
    case, memory = opened(IYER), Memory()
    scheme = next(iter(case.scenario.schemes))
    first = case.outcome(memory)
    dearer = case.changed(parsed("economy.interest_rate+=0.01")).outcome(memory)
    assert dearer.pensions[scheme] is first.pensions[scheme]
    assert value_at(case.document, "economy.interest_rate") is not None
