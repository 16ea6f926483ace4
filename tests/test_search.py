"""`spsim search`: designs swept, the Pareto front, files of the front, resumption."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.experiments import search
from spsim.experiments.design_file import read_space
from spsim.experiments.levers import moved
from spsim.experiments.measures import every
from spsim.experiments.pareto import front
from spsim.experiments.shortcut import Shortcut
from spsim.experiments.variants import opened
from spsim.experiments.workers import Ledger, Workers

CASES = Path(__file__).parent / "cases" / "experiments"
DESIGN = CASES / "design.yaml"
HERE = Workers(1)


@pytest.fixture(scope="module")
def space():
    return read_space(DESIGN)


@pytest.fixture(scope="module")
def swept(space):
    return search.sweep(search.prepared(space), HERE)


# --- the front ------------------------------------------------------------------------------------------------


def test_front_by_hand():
    """Five designs, cost and gap both small: (1, 5), (2, 3), (4, 1) stand; (2, 4) is beaten by (2, 3), (5, 5) by all."""
    points = np.array([[1, 5], [2, 4], [2, 3], [5, 5], [4, 1]], dtype=float)
    assert front(points).tolist() == [True, False, True, False, True]


def test_equal_designs_stay_together_and_undefined_ones_are_left_out():
    points = np.array([[1.0, 1.0], [1.0, 1.0], [np.nan, 0.0], [1.0, 2.0]])
    assert front(points).tolist() == [True, True, False, False]


def beaten(points, row):
    """The naive twin: compare with every other row."""
    return any((other <= points[row]).all() and (other < points[row]).any() for other in points)


@given(
    arrays.arrays(
        float, st.tuples(st.integers(0, 30), st.integers(1, 4)), elements=st.integers(0, 5).map(float)
    )
)
@settings(max_examples=60, deadline=None)
def test_front_is_that_of_the_naive_twin(points):
    assert front(points).tolist() == [not beaten(points, row) for row in range(len(points))]


# --- designs --------------------------------------------------------------------------------------------------


def test_designs_keep_to_bounds_steps_and_levels(space):
    points = search.designs(space)
    assert np.isnan(points[0]).all() and len(points) <= 41
    rate, accrual, indexation = points[1:].T
    assert rate.min() >= 0.05 and rate.max() <= 0.25 and len(set(rate)) == len(rate)
    assert set(accrual) == {0.01, 0.015, 0.02} and set(indexation) == {0.0, 0.5, 1.0}
    np.testing.assert_array_equal(points, search.designs(space))


def test_a_small_space_is_enumerated(tmp_path):
    """Two rates and three levels of accrual: six designs, whatever number was asked for."""
    text = DESIGN.read_text(encoding="utf-8").replace(
        "scenario: small", f"scenario: {CASES.as_posix()}/small"
    )
    text = text.replace("high: 0.25}", "high: 0.25, levels: 2}").replace(
        "  indexation: {path: schemes.pension.indexation.real_wages, low: 0, high: 1, step: 0.5}\n", ""
    )
    (tmp_path / "d.yaml").write_text(text, encoding="utf-8")
    points = search.designs(read_space(tmp_path / "d.yaml"))
    expected = {(rate, accrual) for rate in (0.05, 0.25) for accrual in (0.01, 0.015, 0.02)}
    assert {tuple(point) for point in points[1:].tolist()} == expected


# --- the sweep ------------------------------------------------------------------------------------------------


def test_the_shortcut_gives_what_the_long_way_gives(space):
    """Same bytes of every indicator, whatever was computed before."""
    shortcut = Shortcut(space.case, 10)
    for amounts in (
        [0.1, np.nan, 0.5],
        [0.1, 0.02, 0.5],
        [0.1, 0.02, 1.0],
        [0.2, 0.01, 0.0],
        [0.1, 0.02, 0.5],
    ):
        quick = every(shortcut.outcome(space.levers, amounts))
        slow = every(moved(space.case, list(zip(space.levers, amounts, strict=True))).outcome())
        for name, one in slow.items():
            np.testing.assert_array_equal(
                np.asarray(quick[name].value, dtype=float),
                np.asarray(one.value, dtype=float),
                err_msg=str(name),
            )


def test_the_sweep_does_not_depend_on_the_workers(space, swept):
    with ThreadPoolExecutor(2) as threads:
        other = search.sweep(search.prepared(space), threads)
    for name in ("points", "objectives", "constraints", "feasible", "on_front"):
        np.testing.assert_array_equal(getattr(swept, name), getattr(other, name))


def test_what_is_feasible_and_best(space, swept):
    """The cost is the rate itself; where the reserve holds, no design on the front costs as much as another and pays less."""
    assert swept.objectives[1:, 0] == pytest.approx(swept.points[1:, 0], rel=1e-9)
    assert (swept.feasible == (swept.constraints[:, 0] >= 0)).all() and 0 < swept.feasible.sum() < len(
        swept.points
    )
    assert not (swept.on_front & ~swept.feasible).any()
    best = swept.objectives[swept.on_front]
    order = best[np.argsort(best[:, 0])]
    assert (np.diff(order[:, 1]) > 0).all()


def test_a_search_that_was_stopped_goes_on(space, swept, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "PART", 8)
    ready = search.prepared(space)
    whole = search.sweep(ready, HERE)
    ledger = Ledger.open(tmp_path / "parts", search.job_of(ready))
    calls = []

    def stop(done, total):
        calls.append(done)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.sweep(ready, HERE, ledger, stop)
    again = Ledger.open(tmp_path / "parts", search.job_of(ready))
    assert len(again.done) >= 2
    broken = tmp_path / "parts" / "part-000000.npy"
    broken.write_bytes(broken.read_bytes()[:-8])  # a part that does not match its checksum is done again
    again = Ledger.open(tmp_path / "parts", search.job_of(ready))
    assert 0 not in again.done
    resumed = search.sweep(ready, HERE, again)
    for name in ("points", "objectives", "constraints", "on_front"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
        np.testing.assert_array_equal(getattr(resumed, name), getattr(swept, name))


# --- the command ----------------------------------------------------------------------------------------------


def test_the_command_writes_a_front_of_ready_scenarios(tmp_path, capsys):
    out = tmp_path / "out"
    assert run_cli(["search", str(DESIGN), "--workers", "1", "--out", str(out), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    designs = polars.read_csv(out / "tables" / "designs.csv")
    assert designs["on_front"].sum() == len(rows) and designs.height > 20
    assert sorted(path.name for path in (out / "designs").iterdir()) == sorted(
        row["file"] for row in rows if row["file"]
    )
    row = next(row for row in rows if row["file"])
    case = opened(out / "designs" / row["file"])
    assert case.value("schemes.pension.contributions.employer.rate") == row["rate"]
    found = every(case.outcome())["pension", "average_pension"].value
    assert float(np.mean(found[10:16])) == pytest.approx(row["pension"], rel=1e-11)  # 2035..2040
    assert not (tmp_path / ".out.search").exists()
    assert (
        run_cli(["search", str(DESIGN), "--workers", "1", "--out", str(out), "--quiet"]) == 0
    )  # its own folder is replaced
    (out / "designs" / "mine.yaml").write_text("a: 1", encoding="utf-8")
    assert run_cli(["search", str(DESIGN), "--workers", "1", "--out", str(out)]) == 2
    assert "did not write" in capsys.readouterr().err


BAD = {
    "values: {}": ("values", "at least 1"),
    "low: 0.01, high: 0.02": ("low: 0.02, high: 0.01", "the bounds cross"),
    "path: schemes.pension.indexation.real_wages": (
        "path: schemes.pension.indexation.real_wagez",
        "did you mean",
    ),
    "minimise: pension.contribution_rate@2040": (
        "minimise: pension.contribution_rat@2040",
        "contribution_rate",
    ),
    "maximise: pension.average_pension@2035..2040": ("maximise: pension.average_pension@2060", "horizon"),
    "pension.reserve_ratio@2030..2040 >= 0": ("pension.reserve_ratio@2030..2040 > 0", "target"),
    "scenario: small.yaml": ("scenario: smal.yaml", "smal"),
    "step: 0.5": ("step: 2", "wider"),
    "designs: 40": ("design: 40", "designs"),
}


@pytest.mark.parametrize(("old", "new", "words"), [(old, *new) for old, new in list(BAD.items())[1:]])
def test_mistakes_are_told_at_their_place(old, new, words, tmp_path, capsys):
    text = DESIGN.read_text(encoding="utf-8").replace(old, new)
    text = text.replace("scenario: small.yaml", f"scenario: {CASES.as_posix()}/small.yaml")
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    assert (
        run_cli(["search", str(tmp_path / "bad.yaml"), "--workers", "1", "--out", str(tmp_path / "out")]) == 2
    )
    told = capsys.readouterr().err
    assert words in told and "bad.yaml:" in told
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


def test_an_empty_design_space_is_refused(tmp_path):
    data = yaml.safe_load(DESIGN.read_text(encoding="utf-8")) | {"values": {}}
    (tmp_path / "empty.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(InputError, match="values"):
        read_space(tmp_path / "empty.yaml")


def test_a_design_that_the_check_refuses_never_reaches_the_front(tmp_path):
    """Rates above 1 are refused; the design with the lowest cost that the check takes stands."""
    data = yaml.safe_load(DESIGN.read_text(encoding="utf-8"))
    data |= {"scenario": str(CASES / "small.yaml"), "constraints": [], "designs": 20}
    data["values"] = {
        "rate": {"path": "schemes.pension.contributions.employer.rate", "low": 0.5, "high": 1.5, "levels": 3}
    }
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    found = search.sweep(search.prepared(read_space(tmp_path / "d.yaml")), HERE)
    assert found.refused.tolist() == [False, False, False, True]
    assert not found.on_front[3] and np.isnan(found.objectives[3]).all()


def test_a_convention_as_a_constraint(tmp_path):
    """C102 Art. 28(a): 40 % after 30 years. The small scheme gives 30 x accrual of the career average in wages: 30, 45 or 60 %."""
    data = yaml.safe_load(DESIGN.read_text(encoding="utf-8"))
    data |= {"scenario": str(CASES / "small.yaml"), "constraints": [], "designs": 20}
    data["values"] = {"accrual": data["values"]["accrual"]}
    data["objectives"] = {"cost": {"minimise": "pension.payg_cost_rate@2040"}}
    data["conventions"] = ["C102 old_age pension"]
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    found = search.sweep(search.prepared(read_space(tmp_path / "d.yaml")), HERE)
    assert found.points[1:, 0].tolist() == [0.01, 0.015, 0.02]
    assert found.below_standards.tolist() == [False, True, False, False]
    assert found.on_front.tolist() == [
        True,
        False,
        True,
        False,
    ]  # the law as it is has an accrual of 0.015 too
    data["conventions"] = ["C102 oldage pension"]
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(InputError, match="did you mean 'C102 old_age pension'"):
        read_space(tmp_path / "d.yaml")


def test_the_example_of_the_documentation_is_a_design_space():
    docs = Path(__file__).parents[1] / "docs"
    space = read_space(docs / "examples" / "viet_nam_search.yaml")
    assert len(space.levers) == 4 and len(search.designs(space)) > 5_000
    page = (docs / "search.md").read_text(encoding="utf-8")
    block = page.split("    id: viet_nam_pension\n")[1].split("\n\n")[0]
    written = yaml.safe_load("id: viet_nam_pension\n" + "\n".join(line[4:] for line in block.splitlines()))
    for key in ("scenario", "objectives", "constraints", "designs", "seed"):
        assert (
            written[key]
            == yaml.safe_load((docs / "examples" / "viet_nam_search.yaml").read_text(encoding="utf-8"))[key]
        )
