"""`spsim compare`: what differs in scenarios, in their indicators, and who gains and who loses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars
import pytest

from spsim.cli import run_cli
from spsim.experiments.compare import compare, labels_of, real_discount
from spsim.experiments.differences import differing, verdict
from spsim.experiments.lifetimes import lifetimes
from spsim.experiments.variants import opened
from spsim.experiments.words import named, said
from spsim.experiments.workers import Workers

SMALL = Path(__file__).parent / "cases" / "experiments" / "small.yaml"
HERE = Workers(1)
DEARER = """
extends: {base}
meta: {{id: dearer}}
schemes: {{pension: {{contributions: {{employer: {{rate: 0.15}}}}}}}}
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    (folder / "dearer.yaml").write_text(DEARER.format(base=SMALL.as_posix()), encoding="utf-8")
    return [SMALL, folder / "dearer.yaml"]


@pytest.fixture(scope="module")
def found(files):
    return compare([opened(file) for file in files], HERE)


# --- words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (0.08, ("rate",), "8 %"),
        ({"value": 0.08, "source": "Art. 1"}, ("rate",), "8 %"),
        (2530000, ("amount",), "2,530,000"),
        ({"of": "reference_level", "times": 20}, ("ceiling",), "20 x reference level"),
        ({"by": "event_date", "start": "2021-01-01", "from": "60y3m", "increment": "3m", "every": 1, "until": "62y"},
         ("male",), "60y3m in 2021, 3m more each year until 62y"),
        ({"male": 62, "female": 60}, ("pension_age",), "men: 62; women: 60"),
        ({"by": "age", "mode": "linear", "points": {20: 0.1, 40: 0.2}}, ("leaving_rate",),
         "10 % from age 20, 20 % from age 40, between them straight lines"),
        ({"by": "event_date", "points": {2030: 2, 2025: 1}}, ("x",), "1 from 2025, 2 from 2030"),
        (None, ("x",), "not there"),
        (True, ("x",), "yes"),
        ([0.5, 0.5], ("class_shares",), "0.5, 0.5"),
    ],
)  # fmt: skip
def test_values_in_words(value, path, words):
    assert said(value, path) == words


def test_places_in_words():
    data = {"schemes": {"pension": {"title": "Old-age pensions", "pension_age": 60}}}
    assert named(("schemes", "pension", "pension_age"), data) == "Old-age pensions: pension age"


def test_what_differs():
    """A changed source is no difference; a block that only one has is one difference, a schedule too."""
    one = {"meta": {"id": "a"}, "x": {"rate": {"value": 0.1, "source": "A"}, "n": 1, "note": "old"}}
    other = {"meta": {"id": "b"}, "x": {"rate": {"value": 0.1, "source": "B"}, "n": 1, "note": "new"}}
    assert list(differing([one, other], ())) == []
    other["x"]["rate"] = {"by": "event_date", "points": {2025: 0.1}}
    other["y"] = {"kind": "new", "a": 1}
    assert list(differing([one, other], ())) == [("x", "rate"), ("y",)]


# --- comparisons ----------------------------------------------------------------------------------------------------


def test_inputs_are_listed_in_words(found):
    table = found.tables["inputs"]
    assert table["path"] == ["schemes.pension.contributions.employer.rate"]
    assert table["small"] == ["10 %"] and table["dearer"] == ["15 %"]


def test_every_indicator_with_its_difference(found):
    table = polars.DataFrame(found.tables["indicators"])
    rate = table.filter(indicator="contribution_rate", year=2030).row(0, named=True)
    assert rate["small"] == pytest.approx(0.10) and rate["dearer - small"] == pytest.approx(0.05)
    cost = table.filter(indicator="payg_cost_rate")
    assert cost.height == 16 and cost["dearer - small"].abs().max() == 0
    assert {"average_pension", "reserve", "gender_gap_in_pensions"} <= set(table["indicator"])


def test_higher_contributions_lose_half_of_them_to_everyone_who_pays(found, files):
    """Contributions rise by a half and benefits stay: each group loses half of the contributions that it paid."""
    table = polars.DataFrame(found.tables["gains"])
    np.testing.assert_allclose(table["contributions: dearer"], 1.5 * table["contributions: small"], rtol=1e-9)
    np.testing.assert_allclose(table["benefits: dearer"], table["benefits: small"], rtol=1e-12)
    np.testing.assert_allclose(
        table["gain: dearer"], -0.5 * table["contributions: small"], rtol=1e-8, atol=1e-3
    )
    payers = table.filter(polars.col("contributions: small") > 0)
    assert set(payers["verdict: dearer"]) == {"loses"} and set(payers["earnings_class"]) == {"1", "2"}
    others = table.filter(polars.col("contributions: small") == 0)
    assert set(others["verdict: dearer"]) <= {"the same"}


def test_groups_add_up_to_the_accounts(found):
    """Present values of all groups together, from the accounts by hand: prices rise 3 % and interest is 5 % a year."""
    table = polars.DataFrame(found.tables["gains"])
    account = opened(SMALL).outcome().accounts["pension"]
    factor = 1.05 ** -np.arange(16)
    for name, prefix in (("benefits", "benefit_"), ("contributions", "contributions_")):
        assert table[f"{name}: small"].sum() == pytest.approx(account.of(prefix) @ factor, rel=1e-9)


def test_discount_by_hand():
    factors = real_discount(opened(SMALL).outcome())
    assert factors == pytest.approx((1.03 / 1.05) ** np.arange(16))


def test_women_and_men_classes_and_cohorts_are_told_apart():
    lives = lifetimes(opened(SMALL).outcome())
    assert {group[1] for group in lives.groups} == {"male", "female"}
    assert {group[3] for group in lives.groups} == {"1", "2"}
    assert all(group[2] % 10 == 0 for group in lives.groups)
    by_class = {
        name: sum(lives.contributions[n].sum() for n, g in enumerate(lives.groups) if g[3] == name)
        for name in "12"
    }
    assert by_class["2"] > 1.5 * by_class["1"] > 0


def test_verdicts():
    assert [verdict(change, 100.0) for change in (1.0, -1.0, 1e-5)] == ["gains", "loses", "the same"]


def test_three_scenarios_and_two_of_one_name(files):
    cases = [opened(file) for file in (*files, files[1])]
    assert labels_of(cases) == ["small", "dearer (2)", "dearer (3)"]


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes(files, tmp_path, capsys):
    out = tmp_path / "out"
    assert run_cli(["compare", *map(str, files), "--workers", "1", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "small: 10 %" in told and "dearer: 15 %" in told and "Who gains" in told
    assert sorted(path.name for path in (out / "tables").iterdir()) == [
        f"{name}.{ending}" for name in ("gains", "indicators", "inputs") for ending in ("csv", "parquet")
    ]
    assert (out / "results.xlsx").exists()
    first = {path.name: path.read_bytes() for path in (*(out / "tables").iterdir(), out / "results.xlsx")}
    assert run_cli(["compare", *map(str, files), "--workers", "1", "--out", str(out), "--quiet"]) == 0
    assert first == {
        path.name: path.read_bytes() for path in (*(out / "tables").iterdir(), out / "results.xlsx")
    }


def test_folders_of_runs_can_be_compared(files, tmp_path, capsys):
    for name, file in zip(("a", "b"), files, strict=True):
        assert run_cli(["run", str(file), "--out", str(tmp_path / name), "--format", "csv", "--quiet"]) == 0
    capsys.readouterr()
    assert (
        run_cli(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--workers", "1", "--format", "json"])
        == 0
    )
    inputs = json.loads(capsys.readouterr().out)["inputs"]
    assert [row["path"] for row in inputs] == ["schemes.pension.contributions.employer.rate"]
    manifest = tmp_path / "b" / "manifest.json"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace('"spsim": "', '"spsim": "9.', 1), encoding="utf-8"
    )
    assert run_cli(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--workers", "1"]) == 2
    assert "version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("horizon: {end: 2035}", "the horizon is 2025-2035, but that of"),
        ("meta: {id: other, currency: EUR}", "the currency is EUR"),
    ],
)
def test_scenarios_that_cannot_be_compared(change, words, tmp_path, capsys):
    (tmp_path / "other.yaml").write_text(f"extends: {SMALL.as_posix()}\n{change}\n", encoding="utf-8")
    code = run_cli(
        [
            "compare",
            str(SMALL),
            str(tmp_path / "other.yaml"),
            "--workers",
            "1",
            "--out",
            str(tmp_path / "out"),
        ]
    )
    assert code == 2 and words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_one_scenario_is_not_enough(capsys):
    assert run_cli(["compare", str(SMALL)]) == 2
    assert "two scenarios" in capsys.readouterr().err


@pytest.mark.slow
def test_viet_nam_adds_up_by_group():
    """The identities of `lifetimes` hold where there are lump sums, survivors, social pensions and unemployment insurance."""
    lives = lifetimes(opened(SMALL.parents[3] / "scenarios" / "viet_nam.yaml").outcome())
    assert {group[3] for group in lives.groups} == {"1", "2", "3", "4", "5", "survivors", "all"}
