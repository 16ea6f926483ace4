"""`spsim stress`: draws of crises, the least reserve, and the opening reserve that survives with a stated probability."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crisis_case import outcome_of, rows, written
from spsim.cli import run_cli
from spsim.experiments.crisis_draws import (
    CrisisDesign,
    Drawing,
    Spread,
    default_design,
    read_past,
    scaled,
)
from spsim.experiments.stress import bench, required, stress
from spsim.experiments.variants import opened
from spsim.rules.shocks import Shock

MONTHS, FIRST = 72, 12 * 2025
SLUMP = {
    "start": "2027-04",
    "separations": [2.0, 2.5, 2.0, 1.5],
    "job_finding": [0.7, 0.5, 0.6, 0.8],
    "contributions": [0.9, 0.8, 0.9, 1.0],
}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return opened(written(tmp_path_factory.mktemp("case"), behaviour={"shocks": {"slump": SLUMP}}))


@pytest.fixture(scope="module")
def ready(case):
    return bench(case, "unemployment")


def drawing(design=None, seed=1, **given):
    return Drawing(
        default_design() if design is None else design,
        seed,
        FIRST,
        MONTHS,
        given.pop("shocks", {}),
        given.pop("past", {}),
    )


def often():
    """Crises so often that most draws have one."""
    spreads = {
        "length_months": {"mild": 6, "typical": 12, "severe": 18},
        "separations": {"mild": 1.2, "typical": 1.5, "severe": 3.0},
        "job_finding": {"mild": 0.9, "typical": 0.7, "severe": 0.5},
        "contributions": {"mild": 1.0, "typical": 0.95, "severe": 0.8},
    }
    crises = {"kind": "random", "per_year": 0.5, "recovered": {"share": 0.5, "over_months": 12}} | spreads
    return CrisisDesign.model_validate({"crises": crises})


def test_a_draw_is_that_of_a_scenario_with_its_shock(case, ready, tmp_path):
    """The reserve of a draw, year by year, is the one of a run of a scenario with the same lists of months."""
    draws = drawing(often(), 4)
    found, compared = stress(ready, draws, 4), 0
    for number in range(4):
        path = draws(number)
        if len(path.arrears) > 1:
            continue  # each crisis recovers its own
        lists = {name: [float(x) for x in getattr(path, name)] for name in ("separations", "job_finding")}
        unpaid = sum(share for share, _ in path.arrears) if path.arrears else np.zeros(MONTHS)
        recovery = path.arrears[0][1] if path.arrears else None
        shock = {"start": "2025-01", **lists, "contributions": [1.0 - float(x) for x in unpaid]}
        if recovery is not None:
            shock["recovered"] = recovery.model_dump()
        run = outcome_of(tmp_path, behaviour={"shocks": {"drawn": shock}})
        np.testing.assert_allclose(found.closing[number], run.accounts["unemployment"].closing, rtol=1e-9)
        compared += bool((path.separations != 1).any())
    assert compared


def test_threads_and_company_change_nothing(ready):
    """The same bits on one thread and on two, for 12 draws and for the first 12 of 20."""
    draws = drawing(often())
    one, two, more = stress(ready, draws, 12), stress(ready, draws, 12, threads=2), stress(ready, draws, 20)
    np.testing.assert_array_equal(one.closing, two.closing)
    np.testing.assert_array_equal(one.needed, two.needed)
    np.testing.assert_array_equal(one.closing, more.closing[:12])


def test_another_seed_is_another_future():
    first, second = drawing(often(), 1), drawing(often(), 2)
    assert any((first(n).separations != second(n).separations).any() for n in range(5))
    np.testing.assert_array_equal(first(3).separations, drawing(often(), 1)(3).separations)


def test_needed_reserve_is_the_edge(ready):
    """With what a draw needs no year closes below 0; with a thousandth less one does; a draw that needs nothing survives on nothing."""
    found = stress(ready, drawing(often()), 16)
    draws = [ready.scheme.with_dated(drawing(often())(n)) for n in range(16)]
    money = ready.money(draws)
    enough = ready.reserve(money, found.needed * (1 + 1e-9)).closing.min(axis=1)
    assert (enough >= -1e-3).all()
    some = found.needed > 0
    assert some.any()
    short = ready.reserve(money, found.needed * 0.999).closing.min(axis=1)
    assert (short[some] < 0).all()


def test_least_reserve_and_years(ready):
    found = stress(ready, drawing(often()), 16)
    np.testing.assert_array_equal(found.least, found.closing.min(axis=1))
    for draw in range(16):
        year = found.depletion_year[draw]
        below = found.years[found.closing[draw] < 0]
        assert (np.isnan(year) and not len(below)) or year == below[0]


def test_required_by_order_statistics():
    """Of 1 .. 100 the 90th suffices in 90 of 100; one error is three places, √(100 · 0.9 · 0.1)."""
    found = required(np.arange(1.0, 101.0), 0.9)
    assert (found.reserve, found.error, found.survived) == (90.0, 3.0, 0.9)
    assert (found.low, found.high) == (84.0, 96.0)


@given(st.lists(st.floats(0, 1e12), min_size=20, max_size=200), st.floats(0.05, 0.98))
def test_required_survives_as_often_as_asked(needed, probability):
    found = required(np.array(needed), probability)
    assert found.survived >= probability - 1e-9
    assert found.low <= found.reserve <= found.high


def test_required_with_its_error_covers_the_truth():
    """Needs spread evenly between 0 and 1: in 200 repetitions of 400 draws the 95 % interval holds the true quantile about 95 % of times."""
    rng = np.random.default_rng(5)
    found = [required(rng.random(400), 0.9) for _ in range(200)]
    covered = np.mean([one.low <= 0.9 <= one.high for one in found])
    assert 0.9 <= covered <= 0.99


@given(st.floats(0, 1), st.floats(0, 5), st.floats(0, 5), st.floats(0, 1))
def test_spread_stays_between_its_ends(severity, mild, severe, place):
    spread = Spread(mild=mild, severe=severe, typical=mild + (severe - mild) * place)
    low, high = min(mild, severe), max(mild, severe)
    assert low - 1e-12 <= spread.at(severity) <= high + 1e-12
    assert spread.at(0.0) == pytest.approx(mild, abs=1e-12) and spread.at(1.0) == pytest.approx(
        severe, abs=1e-12
    )


def test_spread_is_triangular():
    """Mean of the triangle (1 + 1.5 + 2.5) / 3, worked from 10,000 even severities."""
    spread = Spread(mild=1.0, typical=1.5, severe=2.5)
    values = [spread.at((n + 0.5) / 10000) for n in range(10000)]
    assert np.mean(values) == pytest.approx(5.0 / 3, rel=1e-4)


def test_number_of_crises():
    """Half a crisis a year while there is none, a year long on average: about two in six years."""
    draws = drawing(often())
    paths = [draws(n).separations for n in range(400)]
    begun = [((path[1:] > 1) & (path[:-1] == 1)).sum() + (path[0] > 1) for path in paths]
    expected = 6 / (2 + 1)  # renewal: a wait of two years and a crisis of one
    assert np.mean(begun) == pytest.approx(expected, rel=0.2)


def test_stated_crisis_comes_once_at_any_month(case):
    shock = Shock.model_validate(SLUMP)
    design = CrisisDesign.model_validate({"crises": {"kind": "stated", "shock": "slump"}})
    draws = drawing(design, shocks={"slump": shock})
    begins = [int(np.flatnonzero(draws(n).separations != 1)[0]) for n in range(200)]
    assert min(begins) < 8 and max(begins) > MONTHS - 12 and max(begins) <= MONTHS - 4
    for number in range(5):
        np.testing.assert_allclose(draws(number).separations[begins[number] :][:4], [2.0, 2.5, 2.0, 1.5])
    given = CrisisDesign.model_validate({"crises": {"kind": "stated", "shock": "slump", "start": "given"}})
    assert np.flatnonzero(drawing(given, shocks={"slump": shock})(7).separations != 1)[0] == 27


def test_scaled_shock():
    """Half as far from 1; a factor never below 0, a share of contributions within 0 and 1."""
    half = scaled(Shock.model_validate(SLUMP), 0.5)
    assert half.separations == [1.5, 1.75, 1.5, 1.25] and half.contributions == [0.95, 0.9, 0.95, 1.0]
    triple = scaled(Shock.model_validate(SLUMP), 3.0)
    assert min(triple.job_finding) == 0.0 and max(triple.contributions) == 1.0


def test_months_of_the_past(tmp_path):
    """Blocks of the past in their own order: each month is followed by the next one, but at the seams."""
    file = tmp_path / "past.csv"
    lines = [f"{2000 + n // 12}-{n % 12 + 1:02d},{1 + n / 100:.2f}" for n in range(36)]
    file.write_text("month,separations\n" + "\n".join(lines) + "\n")
    design = CrisisDesign.model_validate(
        {"crises": {"kind": "history", "file": "past.csv", "block_months": 12}}
    )
    path = drawing(design, past=read_past(file))(0).separations
    number = np.rint((path - 1) * 100).astype(int)
    assert ((number[1:] - number[:-1]) % 36 == 1).sum() >= MONTHS - 1 - 5
    assert set(number) <= set(range(36))


def test_command(tmp_path, capsys):
    """The screen, the tables, and the same bytes a second time."""
    file = written(tmp_path, behaviour={"shocks": {"slump": SLUMP}})
    out = tmp_path / "stress"
    asked = ["stress", str(file), "--draws", "24", "--years", "5", "--quiet", "--survive", "0.9"]
    assert run_cli([*asked, "--out", str(out), "--threads", "2"]) == 0
    screen = capsys.readouterr().out
    assert "24 draws, seed 1" in screen and "with probability 0.9" in screen
    table = rows(out / "tables" / "stress_draws.csv")
    reserve = rows(out / "tables" / "stress_reserve.csv")
    assert len(table) == 24 and [row["year"] for row in reserve] == ["2025", "2026", "2027", "2028", "2029"]
    first = (out / "tables" / "stress_draws.csv").read_bytes()
    assert run_cli([*asked, "--out", str(out)]) == 0
    assert (out / "tables" / "stress_draws.csv").read_bytes() == first
    capsys.readouterr()
    assert run_cli([*asked, "--crisis", "slump", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["draws"] == 24 and data["required"][0]["probability"] == 0.9


DESIGN = """crises:
  kind: random
  per_year: 0.1
  length_months: {mild: 6, typical: 12, severe: 18}
  separations: {mild: 1.2, typical: 1.5, severe: 2.5}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        (
            "typical: 1.5",
            "typical: 3",
            ":5:",
            "3 does not lie between 1.2 and 2.5; write the most likely value",
        ),
        ("per_year: 0.1", "per_year: 0", ":3:", "0"),
        ("  separations: {mild: 1.2, typical: 1.5, severe: 2.5}\n", "", ":1:", "crises that change nothing"),
        ("separations:", "separation:", ":5:", "did you mean 'separations'"),
        ("kind: random\n  per_year: 0.1\n", "kind: stated\n  shock: slum\n", ":", "unknown key"),
    ],
)
def test_refuses_a_design(tmp_path, capsys, old, new, place, words):
    assert old in DESIGN
    design, file = tmp_path / "design.yaml", written(tmp_path, behaviour={"shocks": {"slump": SLUMP}})
    design.write_text(DESIGN.replace(old, new))
    assert run_cli(["stress", str(file), "--design", str(design), "--draws", "20", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert f"design.yaml{place}" in told and words in told


def test_refuses_an_unknown_crisis(tmp_path, capsys):
    file = written(tmp_path, behaviour={"shocks": {"slump": SLUMP}})
    out = tmp_path / "out"
    assert run_cli(["stress", str(file), "--crisis", "slum", "--draws", "20", "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert "the scenario has no shock 'slum'; did you mean 'slump'?" in told
    assert not out.exists()


def test_refuses_a_scenario_without_unemployment_insurance(capsys):
    from pathlib import Path

    file = Path(__file__).parent.parent / "scenarios" / "iyer_model_scheme.yaml"
    assert run_cli(["stress", str(file), "--draws", "20"]) == 2
    assert "0 schemes of unemployment insurance" in capsys.readouterr().err


def test_refuses_a_past_with_missing_months(tmp_path, capsys):
    (tmp_path / "past.csv").write_text("month,separations\n2008-01,1.1\n2008-03,1.2\n")
    design = tmp_path / "design.yaml"
    design.write_text("crises: {kind: history, file: past.csv}\n")
    file = written(tmp_path)
    assert run_cli(["stress", str(file), "--design", str(design), "--draws", "20"]) == 2
    assert "past.csv:3:1:" in capsys.readouterr().err


def test_designs_of_the_documentation():
    """The three designs printed in docs/crises.md are designs; the first is the default one."""
    from pathlib import Path

    import yaml

    text = (Path(__file__).parent.parent / "docs" / "crises.md").read_text(encoding="utf-8")
    blocks = [part.split("```")[0] for part in text.split("```\n# design.yaml")[1:]]
    designs = [CrisisDesign.model_validate(yaml.safe_load(block.split("\n", 1)[1])) for block in blocks]
    assert [design.crises.kind for design in designs] == ["random", "stated", "history"]
    assert designs[0].crises == default_design().crises
