"""`spsim reconcile`: effects add up exactly, each is the difference of two runs, and every changed value has its step."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.experiments.changes import Change
from spsim.experiments.differing import differences
from spsim.experiments.measures import measured, named
from spsim.experiments.reconcile import reconcile, steps_between
from spsim.experiments.variants import Case, opened

SCENARIOS = Path(__file__).parents[1] / "scenarios"
IYER = SCENARIOS / "iyer_model_scheme.yaml"
COST, RESERVE = "pension.payg_cost_rate@2050", "pension.reserve_ratio@2040"


@pytest.fixture
def reformed(tmp_path: Path) -> Path:
    file = tmp_path / "reformed.yaml"
    file.write_text(
        f"extends: {IYER.as_posix()}\nmeta: {{id: reformed}}\neconomy: {{interest_rate: 0.05, real_wage_growth: 0.03}}\n"
        "schemes: {pension: {pension_age: 64}}\nfunds: {pension: {opening_reserve: 5}}\n"
    )
    return file


def test_effects_add_up_exactly_and_each_is_the_difference_of_two_runs(reformed: Path) -> None:
    old, new = opened(IYER), opened(reformed)
    found = reconcile(old, new, [named(COST), named(RESERVE)])
    assert [step.name for step in found.steps] == [
        "economy.real_wage_growth", "economy.interest_rate", "funds.pension", "schemes.pension.pension_age",
    ]  # fmt: skip
    for text in (COST, RESERVE):
        effects = [effect for effect in found.effects if str(effect.measure) == text]
        assert sum((effect.change for effect in effects), Decimal(0)) == effects[-1].after - effects[0].before
        assert all(one.after == other.before for one, other in pairwise(effects))
        for case, value in ((old, effects[0].before), (new, effects[-1].after)):
            assert float(value) == pytest.approx(float(measured(case.outcome(), named(text))), rel=1e-11)
    halfway = old.changed(Change("economy.interest_rate", 0.05), Change("economy.real_wage_growth", 0.03))
    second = next(
        effect
        for effect in found.effects
        if effect.step.name == "economy.real_wage_growth" and str(effect.measure) == COST
    )
    assert float(second.after) == pytest.approx(float(measured(halfway.outcome(), named(COST))), rel=1e-11)


def test_the_reverse_reconciliation_undoes_the_total(reformed: Path) -> None:
    old, new = opened(IYER), opened(reformed)
    there, back = (reconcile(a, b, [named(COST)]) for a, b in ((old, new), (new, old)))
    assert sum(e.change for e in there.effects) == -sum(e.change for e in back.effects)


def test_interest_does_not_move_a_cost_rate(reformed: Path) -> None:
    found = reconcile(opened(IYER), opened(reformed), [named(COST)])
    interest = next(effect for effect in found.effects if effect.step.name == "economy.interest_rate")
    assert interest.change == 0


def test_every_difference_of_two_countries_scenarios_stands_in_one_step() -> None:
    old, new = opened(SCENARIOS / "thailand.yaml"), opened(SCENARIOS / "reforms" / "thailand_care.yaml")
    found = [
        one
        for one in differences(old.document, new.document)
        if one.path[0] not in ("meta", "sources", "horizon")
    ]
    gathered = [change for step in steps_between(old, new) for change in step.changes]
    assert sorted(map(str, gathered)) == sorted(map(str, found))
    assert len(gathered) > 2


def test_a_scheme_that_is_new_is_one_step_with_its_fund_and_behaviour(tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    old = opened(IYER)
    scheme = {**old.value("schemes.pension"), "fund": "second"}
    body = {
        "extends": IYER.as_posix(),
        "meta": {"id": "more"},
        "funds": {"second": {"opening_reserve": 0}},
        "schemes": {"more": scheme},
        "behaviour": {"more": old.value("behaviour.pension")},
    }
    file.write_text(yaml.safe_dump(body))
    new = opened(file)
    found = reconcile(old, new, [named(COST)])
    assert [step.name for step in found.steps] == ["schemes.more"]
    assert {change.path[0] for change in found.steps[0].changes} == {"schemes", "funds", "behaviour"}


def test_steps_that_cannot_stand_alone_are_joined(tmp_path: Path) -> None:
    """An average that a new amount needs is no scenario without it, nor the amount without the average: here a reference amount."""
    file = tmp_path / "floored.yaml"
    file.write_text(
        f"extends: {IYER.as_posix()}\nmeta: {{id: floored}}\neconomy: {{reference_amounts: {{least: {{points: {{2001: 0.1}}}}}}}}\n"
        "schemes: {pension: {pension_floor: {of: least, times: 0.5}}}\n"
    )
    there = reconcile(opened(IYER), opened(file), [named(COST)])
    assert [step.name for step in there.steps] == [
        "economy.reference_amounts",
        "schemes.pension.pension_floor",
    ]
    back = reconcile(opened(file), opened(IYER), [named(COST)])  # the floor cannot stand without its amount
    assert [step.name for step in back.steps] == ["economy.reference_amounts + schemes.pension.pension_floor"]


def test_two_finished_runs_are_read_as_the_scenarios_they_were(reformed: Path, tmp_path: Path) -> None:
    runs = [tmp_path / "a", tmp_path / "b"]
    for file, run in zip((IYER, reformed), runs, strict=True):
        assert run_cli(["run", str(file), "--out", str(run), "--quiet", "--format", "csv"]) == 0
    table = tmp_path / "why.csv"
    assert run_cli(["reconcile", *map(str, runs), "--measure", COST, "--out", str(table)]) == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    direct = reconcile(opened(IYER), opened(reformed), [named(COST)])
    assert [Decimal(row["change"]) for row in rows] == [effect.change for effect in direct.effects]
    before = table.read_bytes()
    assert run_cli(["reconcile", *map(str, runs), "--measure", COST, "--out", str(table)]) == 2
    assert table.read_bytes() == before


@pytest.mark.parametrize("change", ['"spsim": "0.0.1"', '"id": "other", "resolved": 3'])
def test_a_run_of_another_version_or_changed_by_hand_is_refused(change: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert run_cli(["run", str(IYER), "--out", str(run), "--quiet", "--format", "csv"]) == 0
    manifest = json.loads((run / "manifest.json").read_text())
    if "spsim" in change:
        manifest["spsim"] = "0.0.1"
    else:
        manifest["resolved"]["schemes"]["pension"]["pension_age"] = 50
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError):
        opened(run)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--measure", "pension.payg_cost_rate"],
        ["--measure", "pension.payg_cost_rate@1999"],
        ["--measure", "pension.payg"],
        ["--measure", "payg"],
    ],
)
def test_figures_that_cannot_be_explained_are_refused(arguments: list[str], reformed: Path) -> None:
    assert run_cli(["reconcile", str(IYER), str(reformed), *arguments]) == 2


def test_other_currencies_and_first_years_are_refused(reformed: Path) -> None:
    old, new = opened(IYER), opened(reformed)
    for change in (
        Change("meta", {**new.value("meta"), "currency": "VND"}),
        Change("horizon", {"start": 2002, "end": 2101}),
    ):
        with pytest.raises(InputError):
            reconcile(old, Case.changed(new, change), [named(COST)])


def test_scenarios_without_a_difference_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["reconcile", str(IYER), str(IYER), "--measure", COST]) == 0
    assert "do not differ" in capsys.readouterr().out
