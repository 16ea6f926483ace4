"""`spsim sensitivity`: one at a time, Morris, Sobol; the Ageing Report's set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars
import pytest

from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.experiments.defaults import with_default
from spsim.experiments.futures import ageing_report, by_sex_and_age
from spsim.experiments.levers import lever, moved
from spsim.experiments.measures import every, named
from spsim.experiments.screening import indices, morris, sobol, trajectory
from spsim.experiments.sensitivity import Swing, elasticity, one_at_a_time
from spsim.experiments.sweep import Figure, figures_of, usual_figures
from spsim.experiments.variants import opened
from spsim.experiments.workers import Workers

SMALL = Path(__file__).parent / "cases" / "experiments" / "small.yaml"
HERE = Workers(1)
RATE = "schemes.pension.contributions.employer.rate"


@pytest.fixture(scope="module")
def case():
    return opened(SMALL)


# --- screening: published answers -------------------------------------------------------------------------------


def ishigami(points):
    """sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1 on [−π, π]³, and 1, 2, 3 times the inputs."""
    x = -np.pi + 2 * np.pi * points
    curved = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    return np.stack([curved, points @ np.array([1.0, 2.0, 3.0])], axis=1)


def test_sobol_of_ishigami_as_published():
    """Ishigami and Homma (1990): S = 0.3139, 0.4424, 0; ST = 0.5576, 0.4424, 0.2437. Of a sum with weights 1, 2, 3: 1, 4, 9 of 14."""
    found = sobol(ishigami, 3, 11, seed=1)
    assert found.first[0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.015)
    assert found.total[0] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.015)
    for of_sum in (found.first[1], found.total[1]):
        assert of_sum == pytest.approx(np.array([1, 4, 9]) / 14, abs=0.002)
    for interval, published in (
        (found.first_interval[0], [0.3139, 0.4424, 0]),
        (found.total_interval[0], [0.5576, 0.4424, 0.2437]),
    ):
        assert (interval[:, 0] <= published).all() and (interval[:, 1] >= published).all()


def test_indices_by_hand():
    """f = x1 on two points, A = (0, 1), B = (1, 1), AB1 = B: mean 3/4, variance 3/16; S1 = (1/4·1 + 1/4·0)/2 / (3/16) = 2/3,
    ST1 = (1 + 0)/2 / (2 · 3/16) = 4/3."""
    at_one, at_other = np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]])
    first, total, variance = indices(at_one, at_other, at_other[None])
    assert (
        variance == pytest.approx([3 / 16])
        and first == pytest.approx(2 / 3)
        and total == pytest.approx(4 / 3)
    )


def test_indices_of_nothing_that_varies_are_undefined():
    still = np.ones((8, 1))
    first, total, _ = indices(still, still, still[None])
    assert np.isnan(first).all() and np.isnan(total).all()


def test_morris_of_a_sum_is_its_weights():
    found = morris(ishigami, 3, 12, seed=2)
    assert found.mean[1] == pytest.approx([1, 2, 3]) and found.size[1] == pytest.approx([1, 2, 3])
    assert found.spread[1] == pytest.approx(0, abs=1e-12)
    assert found.interval[1, :, 0] == pytest.approx([1, 2, 3]) and found.spread[0, 0] > 1


def test_each_input_moves_once_on_the_grid_of_four_levels():
    generator = np.random.default_rng(5)
    for _ in range(50):
        path = trajectory(4, generator)
        steps = np.abs(np.diff(path, axis=0))
        assert sorted(steps.argmax(axis=1)) == [0, 1, 2, 3] and steps.sum(axis=1) == pytest.approx(2 / 3)
        assert np.abs(path * 3 - np.round(path * 3)).max() < 1e-9 and path.min() >= 0 and path.max() <= 1


# --- one at a time ----------------------------------------------------------------------------------------------


def test_elasticity_by_hand():
    """The figure goes from 9 to 12 of 10 as the input goes from 0.8 to 1.2 of 1: 30 % over 40 %."""
    assert elasticity(10, 9, 12, 1.0, 0.8, 1.2) == pytest.approx(0.75)
    assert np.isnan(elasticity(0, 9, 12, 1.0, 0.8, 1.2)) and np.isnan(
        elasticity(10, 9, 12, float("nan"), 0.8, 1.2)
    )


def test_contributions_are_proportional_to_their_rate(case):
    """Elasticity of contributions to the rate: 1; of expenditure: 0. The widest swing comes first."""
    figures = [Figure(named("pension.contributions@2030")), Figure(named("pension.expenditure@2030"))]
    inputs = [lever("economy.interest_rate+=-0.01..0.01"), lever(f"rate:{RATE}=0.05..0.15")]
    swings = one_at_a_time(case, inputs, figures, HERE)
    first, second, *rest = swings
    assert (first.input, second.input) == ("rate", "economy.interest_rate")
    assert first.elasticity == pytest.approx(1, rel=1e-9) and second.range == 0
    assert first.per_unit == pytest.approx(first.present / 0.10, rel=1e-9)
    assert all(swing.range == 0 for swing in rest)


def test_an_event_that_never_happens_counts_as_the_year_after_the_last():
    swing = Swing(
        "pension.depletion_year", "x", "set", 0, 1, 2035.0, 2033.0, float("nan"), float("nan"), never=2041.0
    )
    assert swing.range == 8.0 and np.isnan(swing.per_unit)


def test_the_standard_set_moves_what_it_should_and_leaves_the_first_year(case):
    """Whoever is born from July 2025 on is 14 in the last year, so that births move nothing yet."""
    signs = {  # of the cost rate of the last year at the upper bound less that at the lower one
        "life_expectancy": 1, "fertility": 0, "employment_of_older_workers": -1, "productivity": -1, "interest_rate": 0,
    }  # fmt: skip
    base = every(case.outcome())["pension", "payg_cost_rate"].value
    for one in ageing_report(case.scenario):
        low, high = (
            every(moved(case, [(one, end)]).outcome())["pension", "payg_cost_rate"].value
            for end in (one.low, one.high)
        )
        if one.name in signs:
            assert np.sign(high[-1] - low[-1]) == signs[one.name], one.name
        assert low[0] == pytest.approx(base[0], rel=3e-3) and high[0] == pytest.approx(base[0], rel=3e-3), (
            one.name
        )


@pytest.mark.parametrize("number", range(6))
def test_an_input_at_its_neutral_value_changes_nothing(case, number):
    one = ageing_report(case.scenario)[number]
    neutral = 1.0 if one.operation == "times" else 0.0
    same, now = moved(case, [(one, neutral)]).outcome(), case.outcome()
    assert same.accounts["pension"].closing == pytest.approx(now.accounts["pension"].closing, rel=1e-9)
    np.testing.assert_allclose(same.population.persons, now.population.persons, rtol=1e-12)


def test_life_expectancy_and_work_of_the_old_are_what_they_say(case):
    by_name = {one.name: one for one in ageing_report(case.scenario)}
    longer = moved(case, [(by_name["life_expectancy"], 2.0)]).outcome()
    gained = longer.demography.life_expectancy() - case.outcome().demography.life_expectancy()
    assert gained[-1] == pytest.approx(
        2.0 * 14.5 / 45, rel=1e-6
    )  # the last step is of July 2039 to June 2040: halves of 14 and 15 years
    work = moved(case, [(by_name["employment_of_older_workers"], 0.10)]).outcome().labour
    then = case.outcome().labour
    share = (work.labour_force - then.labour_force) / case.outcome().population.persons
    women = share[:, 1]  # 95 % of the men of 55 work already, and nobody works more than always
    assert women[-1, 55:75] == pytest.approx(0.10, abs=1e-9) and np.abs(share[:, :, :55]).max() < 1e-12
    assert women[5, 55:75] == pytest.approx(0.05, abs=1e-9)  # half-way of ten years


def test_values_are_laid_out_where_they_change():
    cells = np.zeros((2, 101))
    cells[1, 55:75] = 0.1
    laid = by_sex_and_age(cells)
    assert laid["male"]["points"] == {0: 0.0} and laid["female"]["points"] == {0: 0.0, 55: 0.1, 75: 0.0}


def test_a_default_of_the_language_can_be_varied(case):
    path = "schemes.pension.indexation.real_wages"
    assert with_default(case, path).value(path) == 0.0
    more = moved(case, [(lever(f"{path}=0..1"), 1.0)])
    assert more.scenario.schemes["pension"].indexation.real_wages == 1.0
    assert with_default(case, "population.adjust.fertility").value("population.adjust.fertility") == 1.0


def test_a_measure_without_a_year_is_every_year(case):
    figures = figures_of(case, [named("pension.payg_cost_rate"), named("pension.depletion_year")])
    assert len(figures) == 17 and str(figures[0]) == "pension.payg_cost_rate@2025"
    assert [str(one) for one in usual_figures(case)] == [
        "pension.payg_cost_rate@2040", "pension.expenditure_to_gdp@2040", "pension.depletion_year",
    ]  # fmt: skip


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes(tmp_path, capsys):
    out = tmp_path / "out"
    question = [
        "sensitivity",
        str(SMALL),
        "--workers",
        "1",
        "--vary",
        f"{RATE}=0.05..0.15",
        "--measure",
        "pension.contributions@2030",
    ]
    assert run_cli([*question, "--out", str(out)]) == 0
    assert "pension.contributions@2030" in capsys.readouterr().out
    table = polars.read_csv(out / "tables" / "sensitivity.csv")
    assert table["elasticity"].to_list() == [1.0] and (out / "results.xlsx").stat().st_size > 4000
    assert polars.read_parquet(out / "tables" / "sensitivity.parquet").equals(table)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["experiment"] == "sensitivity" and manifest["scenario"]["id"] == "small_sensitivity"


@pytest.mark.parametrize("method", ["morris", "sobol"])
def test_methods_from_the_command(method, capsys):
    question = [
        "sensitivity",
        str(SMALL),
        "--workers",
        "1",
        "--method",
        method,
        "--samples",
        "2",
        "--format",
        "json",
    ]
    question += [
        "--vary",
        f"{RATE}=0.05..0.15",
        "--vary",
        "economy.interest_rate+=-0.01..0.01",
        "--measure",
        "pension.contributions@2030",
    ]
    assert run_cli(question) == 0
    rows = json.loads(capsys.readouterr().out)
    size = "mean_size" if method == "morris" else "total"
    assert [row["input"] for row in rows] == [RATE, "economy.interest_rate"]
    assert rows[0][size] > 0 and rows[1][size] == 0


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (["--vary", f"{RATE}=0.15..0.05"], "cross"),
        (["--vary", f"{RATE}=0.05..0.05"], "the same"),
        (
            ["--vary", "schemes.pension.contributions.employer.rat=0.05..0.1"],
            "did you mean 'schemes.pension.contributions.employer.rate'?",
        ),
        (
            ["--vary", "schemes.pension.indexation.real_wagez=0..1"],
            "did you mean 'schemes.pension.indexation.real_wages'?",
        ),
        (["--vary", f"{RATE}=a..b"], "not a number"),
        (["--vary", RATE], "no range"),
        (["--vary", f"{RATE}=0.05..0.1", "--vary", f"{RATE}=0.05..0.2"], "twice"),
        (["--vary", f"{RATE}=0.05..1.5"], "outside 0 to 1"),
        (["--measure", "pension.payg_cost_rat@2030"], "did you mean 'payg_cost_rate'?"),
        (["--measure", "pensions.payg_cost_rate@2030"], "did you mean 'pension'?"),
        (["--measure", "pension.payg_cost_rate@2090"], "outside the horizon"),
        (["--method", "sobol", "--samples", "100"], "power of two"),
    ],
)
def test_mistakes_in_the_question(question, words, tmp_path, capsys):
    code = run_cli(["sensitivity", str(SMALL), "--workers", "1", "--out", str(tmp_path / "out"), *question])
    assert code == 2 and words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_input_error_comes_whole_from_another_process():
    import pickle

    error = InputError([])
    try:
        opened(SMALL).value("schemes.pension.contribution")
    except InputError as found:
        error = pickle.loads(pickle.dumps(found))
    assert error.problems and "contributions" in str(error)
