"""`spsim solve`: the value found is checked by running the scenario with it, and against values known in closed form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.experiments.changes import Change
from spsim.experiments.levers import lever as unknown
from spsim.experiments.measures import measured, named
from spsim.experiments.solve import Search, rounded, solve
from spsim.experiments.targets import target, targets
from spsim.experiments.variants import Case, opened

SCENARIOS = Path(__file__).parents[1] / "scenarios"
IYER = SCENARIOS / "iyer_model_scheme.yaml"
RATE = "schemes.pension.contributions.members.rate"


@pytest.fixture(scope="module")
def textbook() -> Case:
    case = opened(IYER)
    assert case.value("schemes.pension.contributions")
    return case


def rate_path(case: Case) -> str:
    return f"schemes.pension.contributions.{next(iter(case.value('schemes.pension.contributions')))}.rate"


def test_the_rate_that_covers_the_cost_of_a_year_is_its_payg_rate(textbook: Case) -> None:
    """contribution_rate@2030 >= payg_cost_rate@2030 can only begin to hold at the PAYG rate itself, which a run gives directly."""
    wanted = float(measured(textbook.outcome(), named("pension.payg_cost_rate@2030")))
    path = rate_path(textbook)
    search = Search(
        textbook, [unknown(f"{path}=0..0.5")], [target(f"pension.contribution_rate@2030 >= {wanted!r}")]
    )
    found = solve(search, tolerance=1e-6).found
    assert found is not None
    assert found.amounts[0] == pytest.approx(wanted, abs=1e-6)


def test_the_solved_scenario_meets_its_target_when_it_is_run_by_itself(
    textbook: Case, tmp_path: Path
) -> None:
    path, file = rate_path(textbook), tmp_path / "solved.yaml"
    goal = "pension.reserve_ratio@2030..2060 >= 3"
    code = run_cli(
        [
            "solve",
            str(IYER),
            "--vary",
            f"{path}=0..0.5",
            "--target",
            goal,
            "--round",
            "0.001",
            "--write",
            str(file),
        ]
    )
    assert code == 0
    case = opened(file)
    at = case.value(path)
    value = at["value"] if isinstance(at, dict) else at
    assert target(goal).margin(_figures(case), case.outcome().grid.years) >= 0
    lower = textbook.changed(*unknown(f"{path}=0..0.5").changes(textbook, value - 0.001))
    assert (
        target(goal).margin(_figures(lower), lower.outcome().grid.years) < 0
    )  # no smaller multiple would do


def _figures(case: Case):  # type: ignore[no-untyped-def]
    from spsim.experiments.measures import every

    return every(case.outcome())


def test_no_value_within_the_bracket_is_said(textbook: Case, capsys: pytest.CaptureFixture[str]) -> None:
    path = rate_path(textbook)
    code = run_cli(
        [
            "solve",
            str(IYER),
            "--vary",
            f"{path}=0..0.01",
            "--target",
            "pension.reserve_ratio@2060 >= 50",
            "--format",
            "json",
        ]
    )
    said = json.loads(capsys.readouterr().out)
    assert code == 4
    assert said["solved"] is False
    assert said["tried"][0]["met"] is False


def test_a_value_that_changes_nothing_is_named(textbook: Case) -> None:
    search = Search(
        textbook,
        [unknown("economy.interest_rate=0.01..0.09")],
        [target("pension.payg_cost_rate@2030 <= 0.01")],
    )
    found = solve(search)
    assert (
        found.found is None
    )  # interest moves the reserve, so it is not silent, but no interest lowers the PAYG rate
    floored = textbook.changed(
        Change("schemes.pension", {**textbook.value("schemes.pension"), "pension_floor": 0.0})
    )
    with pytest.raises(
        InputError, match="pension_floor changes nothing"
    ):  # no pension of the textbook is below it
        solve(Search(floored, [unknown("schemes.pension.pension_floor=0..1e-6")], search.targets))


def test_two_unknowns_meet_two_targets_with_the_least_change(textbook: Case) -> None:
    path = rate_path(textbook)
    search = Search(
        textbook,
        [unknown(f"{path}=0..0.4"), unknown("schemes.pension.pension_age+=-5..0")],
        targets(("pension.reserve_ratio@2040 >= 5", "pension.payg_cost_rate@2050 <= 15%")),
    )
    solution = solve(search)
    assert solution.found is not None
    assert solution.found.met
    assert solution.found.objective <= min(trial.objective for trial in solution.trials if trial.met)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("pension.payg_cost_rate@2050 <= 0.1", "pension.payg_cost_rate@2040..2060 >= 0.2"), "conflict"),
        (("pension.payg_cost_rate@2050 = 0.1",), "is no target"),
        (("pension.payg_cost_rate@2050 <= high",), "not a number"),
        (("pension.payg_cost_rate@2060..2050 <= 0.1",), "runs backwards"),
        (("payg <= 0.1",), "names no figure"),
    ],
)
def test_targets_that_cannot_be_are_refused(texts: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        targets(texts)


@pytest.mark.parametrize("text", ["a.b=2..1", "a.b", "a.b=0..x", "a.b=1..inf"])
def test_brackets_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        unknown(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--vary", "schemes.pension.rate=0..1", "--target", "pension.payg_cost_rate@2050 <= 0.1"],
        ["--vary", "economy.interest_rate=0..0.1", "--target", "pension.payg_cost_rate@1800 <= 0.1"],
        ["--vary", "economy.interest_rate=0..0.1", "--target", "pension.depletion <= 0.1"],
        [
            "--vary",
            "economy.interest_rate=0..0.1",
            "--target",
            "pension.reserve_ratio@2030 >= 1",
            "--round",
            "0",
        ],
    ],
)
def test_the_command_refuses_what_is_not_there_and_writes_nothing(
    arguments: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "solved.yaml"
    assert run_cli(["solve", str(IYER), *arguments, "--write", str(file)]) == 2
    assert not file.exists()


def test_rounding_keeps_the_targets(textbook: Case) -> None:
    path = rate_path(textbook)
    search = Search(textbook, [unknown(f"{path}=0..0.4")], [target("pension.reserve_ratio@2040 >= 5")])
    solution = rounded(search, solve(search), 0.01)
    assert solution.found is not None
    assert solution.found.met
    assert solution.found.amounts[0] * 100 == pytest.approx(round(solution.found.amounts[0] * 100))


@given(bound=st.floats(-1e6, 1e6), value=st.floats(-1e6, 1e6))
def test_a_margin_is_positive_exactly_when_the_target_holds(bound: float, value: float) -> None:
    import numpy as np

    from spsim.indicators import Indicator

    figures = {("a", "b"): Indicator("b", "share", np.array([value]))}
    for sign, holds in ((">=", value >= bound), ("<=", value <= bound)):
        margin = target(f"a.b@2030 {sign} {bound!r}").margin(figures, np.array([2030]))
        assert (margin >= 0) == holds
