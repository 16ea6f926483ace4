"""`spsim simulate`: the economy's processes, fans and events, the same bytes whoever draws and however often it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from spsim.cli import app, run_cli
from spsim.drawn import Drawn
from spsim.errors import InputError
from spsim.experiments import quantiles
from spsim.experiments.paths import generator
from spsim.experiments.simulate import Draws, central_rates, figures_of, prepared, work
from spsim.experiments.simulate_report import Asked, _parts, simulated
from spsim.experiments.stochastic import (
    VARIABLES,
    Autoregressive,
    VectorAutoregressive,
    default_economy,
    opened,
    square_root,
    vector_autoregression,
)
from spsim.experiments.variants import Case
from spsim.experiments.variants import opened as opened_case
from spsim.experiments.workers import Inline, Ledger, Workers, completed, parts
from spsim.reuse import NO_REUSE, Reuse

ROOT = Path(__file__).parent.parent
SMALL = f"""
extends: {(ROOT / "scenarios" / "viet_nam.yaml").as_posix()}
meta: {{id: small}}
horizon: {{end: 2028}}
"""
KEPT = ("fund:pension.reserve", "fund:pension.depletion_year", "population.total", "unemployment.cost_rate")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Viet Nam for four years."""
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The same, loaded."""
    file = tmp_path_factory.mktemp("case") / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return opened_case(file)


def refusal(tmp_path: Path, text: str) -> str:
    """What is said of a file of uncertainties."""
    file = tmp_path / "uncertain.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        opened(file, "VNM")
    return str(refused.value)


# --- the economy ----------------------------------------------------------------------------------------


def test_the_default_spread_is_that_of_its_table() -> None:
    """Viet Nam 1995-2017: inflation strays by 4.8 points (Furuoka and others 2020); after some years draws do as well, and together."""
    process = default_economy("VNM")
    assert process.standard_deviation.price_inflation == 0.048
    draws = np.array([process.deviations(generator(2, n, "economy"), 30, Path()) for n in range(1500)])
    assert (draws[:, 0] == 0).all()
    assert draws[:, -1].std(axis=0) == pytest.approx(process.standard_deviation.on(), rel=0.05)
    assert np.corrcoef(draws[:, -1].T) == pytest.approx(np.array(process.correlation), abs=0.08)
    left = process.persistence.on()
    for k in range(len(VARIABLES)):
        assert np.corrcoef(draws[:, -2, k], draws[:, -1, k])[0, 1] == pytest.approx(left[k], abs=0.08)


def test_a_country_without_figures_is_given_the_regions() -> None:
    """And says so by its status."""
    process = default_economy("FRA")
    assert process.standard_deviation.price_inflation == 0.025
    assert process.status == "assumption"


def test_a_vector_autoregression_by_hand() -> None:
    """d1 = L·n1; d2 = A·d1 + L·n2, with the very numbers of the generator."""
    transition, root = np.array([[0.5, 0.2], [0.0, 0.3]]), np.array([[2.0, 0.0], [1.0, 1.0]])
    found = vector_autoregression(transition, root, generator(1, 0, "economy"), 3)
    n = generator(1, 0, "economy").standard_normal((3, 2))
    first = [2 * n[1, 0], n[1, 0] + n[1, 1]]
    second = [0.5 * first[0] + 0.2 * first[1] + 2 * n[2, 0], 0.3 * first[1] + n[2, 0] + n[2, 1]]
    assert found == pytest.approx(np.array([[0, 0], first, second]))


def test_the_root_of_a_covariance_in_which_a_variable_stands_still() -> None:
    """L·Lᵀ is the covariance also where a row is zero or hangs wholly on another."""
    covariance = np.array([[4.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 1.0]])
    root = square_root(covariance, ())
    assert root @ root.T == pytest.approx(covariance)


IDENTITY = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"economy:\n  kind: var\n  transition: {IDENTITY.replace('1', '0.5')}\n"
            "  covariance: [[1,2,0,0],[2,1,0,0],[0,0,1,0],[0,0,0,1]]\n",
            "uncertain.yaml:4:3: economy.covariance: the matrix is not positive definite (smallest eigenvalue -1)",
        ),
        (
            f"economy:\n  kind: var\n  transition: {IDENTITY.replace('1', '0.5')}\n"
            "  covariance: [[1,0.5,0,0],[0.2,1,0,0],[0,0,1,0],[0,0,0,1]]\n",
            "economy.covariance: the matrix is not symmetric",
        ),
        (
            f"economy:\n  kind: var\n  transition: {IDENTITY}\n  covariance: {IDENTITY}\n",
            "economy.transition: deviations would grow without end",
        ),
        (
            "values:\n  - path: funds.pension.opening_reserve\n    distribution: {kind: uniform, low: 2, high: 1}\n",
            "the bounds cross: 2 is not below 1",
        ),
        (
            "values:\n  - path: x\n    distribution: {kind: triangular, low: 1, most_likely: 5, high: 2}\n",
            "5 lies outside 1 to 2",
        ),
        (
            "values:\n  - path: x\n    distribution: {kind: normal, mean: 0, standard_deviation: 1, low: 9}\n",
            "nearly nothing falls between the bounds",
        ),
        (
            "values:\n  - path: population.variant\n    distribution: {kind: uniform, low: 1, high: 2}\n",
            "use the blocks fertility, mortality and migration",
        ),
        ("fertility: {width: -1}\n", "uncertain.yaml:1:20: fertility.width"),
        ("fertility: {spread: 1}\n", "spread"),
    ],
)
def test_bad_uncertainty(tmp_path: Path, text: str, said: str) -> None:
    """Each mistake at its place, with what to do."""
    assert said in refusal(tmp_path, text)


def test_history_is_resampled_in_whole_years(tmp_path: Path) -> None:
    """Every drawn year is one of the past, less the means, and years of a block follow one another, over the end to the beginning."""
    rows = [
        (year, 0.01 * (year % 7), 0.02, 0.05 + 0.001 * year % 3, 0.02 + 0.001 * (year % 5))
        for year in range(2000, 2012)
    ]
    header = "year," + ",".join(VARIABLES)
    (tmp_path / "past.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    (tmp_path / "u.yaml").write_text("economy: {kind: history, file: past.csv, block_years: 4}\n")
    found, _, folder = opened(tmp_path / "u.yaml", "VNM")
    assert found.economy is not None
    drawn = found.economy.deviations(generator(1, 0, "history"), 21, folder)
    past = np.array([[*row[1:4], np.log(row[4])] for row in rows])
    past = past - past.mean(axis=0)
    assert (drawn[0] == 0).all()
    places = [int(np.flatnonzero(np.abs(past - row).max(axis=1) < 1e-12)[0]) for row in drawn[1:]]
    for block in range(5):
        first = places[4 * block]
        assert places[4 * block : 4 * block + 4] == [(first + k) % 12 for k in range(4)]


def test_a_history_with_a_gap_is_refused(tmp_path: Path) -> None:
    """Years must follow one another."""
    lines = [
        "year," + ",".join(VARIABLES),
        *(f"{year},0.03,0.02,0.05,0.02" for year in [*range(2000, 2010), 2012]),
    ]
    (tmp_path / "past.csv").write_text("\n".join(lines) + "\n")
    said = refusal(tmp_path, "economy: {kind: history, file: past.csv}\n")
    assert "uncertain.yaml:1:32: economy.file" in said
    assert "follow one another" in said


# --- what draws say together --------------------------------------------------------------------------------


def test_quantiles_are_the_usual_ones() -> None:
    """Type 7, as NumPy's default; missing numbers are left out."""
    values = generator(1, 0, "economy").standard_normal((501, 4))
    values[3, 1] = values[7, 1] = np.nan
    found = quantiles.fan(values)
    assert found.quantiles == pytest.approx(np.nanquantile(values, quantiles.LEVELS, axis=0))
    assert found.mean == pytest.approx(np.nanmean(values, axis=0))
    assert found.draws.tolist() == [501, 499, 501, 501]


def test_stated_errors_are_those_that_repetition_shows() -> None:
    """400 repetitions of 500 exponential draws: the spread of the estimates against the mean of the stated errors."""
    repeated = [quantiles.fan(generator(9, n, "economy").exponential(size=(500, 1))) for n in range(400)]
    shown = np.std([one.quantiles[:, 0] for one in repeated], axis=0)
    stated = np.mean([one.errors[:, 0] for one in repeated], axis=0)
    assert stated == pytest.approx(shown, rel=0.2)
    assert np.mean([one.mean_error[0] for one in repeated]) == pytest.approx(
        np.std([one.mean[0] for one in repeated]), rel=0.15
    )


def test_an_event_by_hand() -> None:
    """Ten draws: 2030 twice, 2032 three times, five times never."""
    first = np.array([2032, np.nan, 2030, np.nan, 2032, np.nan, 2030, np.nan, 2032, np.nan])
    found = quantiles.event(np.arange(2029, 2034), first)
    assert found.by_year.tolist() == [0, 0.2, 0, 0.3, 0]
    assert found.until == pytest.approx([0, 0.2, 0.2, 0.5, 0.5])
    assert found.probability == 0.5
    assert found.error == pytest.approx(np.sqrt(0.25 / 10))
    assert found.quantiles[1] == 2030
    assert found.quantiles[3] == 2032
    assert np.isnan(found.quantiles[5])


# --- draws ----------------------------------------------------------------------------------------------


def test_nothing_uncertain_gives_the_scenario_itself(case: Case, tmp_path: Path) -> None:
    """Widths of zero and a still economy: every draw is the run without draws."""
    (tmp_path / "u.yaml").write_text(
        "fertility: {width: 0}\nmortality: {width: 0}\nmigration: {width: 0}\neconomy: {kind: none}\n"
    )
    uncertainty, _, folder = opened(tmp_path / "u.yaml", "VNM")
    job = prepared(case, uncertainty, folder, 1)
    assert Draws(job).figures(3) == pytest.approx(job.central, rel=1e-9, nan_ok=True)


def test_reuse_does_not_change_a_bit(case: Case) -> None:
    """Draws that share tables and run-ins with one another against draws that share nothing."""
    uncertainty, _, folder = opened(None, "VNM")
    job = prepared(case, uncertainty, folder, 1)
    shared, alone = Draws(job), Draws(job, reuse=NO_REUSE)
    for draw in (0, 1, 2):
        assert np.array_equal(shared.figures(draw), alone.figures(draw), equal_nan=True)


def test_a_law_that_reads_a_changed_amount_is_laid_again() -> None:
    """A part is used again while all that it read is the same, also what it read through another part."""
    from spsim.grid import Series

    reuse, made = Reuse(), list[str]()
    one, two = Series(0, np.ones(3)), Series(0, np.array([1.0, 2.0, 3.0]))

    def inner(amounts: Any) -> float:
        made.append("inner")
        return float(amounts["wage"].values[1])

    def outer(amounts: Any) -> float:
        made.append("outer")
        return reuse.law("inner", amounts, inner) + 1

    for wage, price, wanted in ((one, one, 2.0), (one, two, 2.0), (two, two, 3.0), (two, one, 3.0)):
        assert reuse.law("outer", {"wage": wage, "price": price}, outer) == wanted
    assert made == ["outer", "inner", "outer", "inner"]


def test_each_variable_moves_what_it_should(case: Case) -> None:
    """More unemployment: fewer contributors, more claims. Higher wages: more contributions. Higher interest: a larger reserve."""
    from spsim.economy import EconomicShocks

    years = 4
    still, more = np.zeros(years), np.array([0.0, 0.02, 0.02, 0.02])

    def moved(**named: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
        given = {
            "price_inflation": still,
            "real_wage_growth": still,
            "interest_rate": still,
            "unemployment": np.ones(years),
        }
        outcome = case.outcome(drawn=Drawn(shocks=EconomicShocks(**(given | named))))
        return {figure.key: value for figure, value in figures_of(outcome).items()}

    base = moved()
    assert base["fund:pension", "reserve"] == pytest.approx(
        {figure.key: value for figure, value in figures_of(case.outcome()).items()}["fund:pension", "reserve"]
    )
    idle = moved(unemployment=np.array([1.0, 3.0, 3.0, 3.0]))
    assert (idle["pension", "contributors"][1:] < base["pension", "contributors"][1:]).all()
    assert (idle["unemployment", "claims"][1:] > 1.5 * base["unemployment", "claims"][1:]).all()
    assert idle["pension", "contributors"][0] == base["pension", "contributors"][0]
    rich = moved(real_wage_growth=more)
    ratio = rich["pension", "contributory_wages"] / base["pension", "contributory_wages"]
    assert ratio == pytest.approx(1.02 ** np.arange(4), rel=0.01)
    assert (
        moved(interest_rate=more)["fund:pension", "reserve"][1:] > base["fund:pension", "reserve"][1:]
    ).all()
    dear = moved(price_inflation=more)
    assert (dear["economy", "wage_growth"][1:] > base["economy", "wage_growth"][1:]).all()


def test_values_of_the_scenario_are_drawn(case: Case, tmp_path: Path) -> None:
    """Each draw has its own opening reserve, between the bounds; the rest is the run without draws."""
    (tmp_path / "u.yaml").write_text(
        "fertility: {drawn: false}\nmortality: {drawn: false}\nmigration: {drawn: false}\neconomy: {kind: none}\n"
        "values:\n  - path: funds.pension.opening_reserve\n    change: times\n"
        "    distribution: {kind: uniform, low: 0.5, high: 1.5}\n"
    )
    uncertainty, _, folder = opened(tmp_path / "u.yaml", "VNM")
    job = prepared(case, uncertainty, folder, 1, ("fund:pension.reserve", "pension.contributors"))
    rows = work_of(job, range(4))
    assert (rows[:, 4:] == job.central[4:]).all()
    assert len({row[0] for row in rows.tolist()}) == 4
    assert np.abs(rows[:, 0] / job.central[0] - 1).max() < 0.5


def work_of(job: Any, draws: range) -> np.ndarray:
    from spsim.experiments.simulate import Part

    return work(Part(job.packed(), draws))


def test_the_example_of_the_documentation_is_drawn(case: Case) -> None:
    """Its migration is half as wide, its reserve differs from draw to draw."""
    uncertainty, _, folder = opened(ROOT / "docs" / "examples" / "viet_nam_uncertainty.yaml", "VNM")
    job = prepared(case, uncertainty, folder, 1, ("fund:pension.reserve", "population.total"))
    usual = prepared(case, opened(None, "VNM")[0], Path(), 1, ("population.total",))
    assert job.people is not None and usual.people is not None
    assert job.people.migration is not None and usual.people.migration is not None
    assert job.people.migration[0] == pytest.approx(0.5 * usual.people.migration[0])
    assert len(set(work_of(job, range(3))[:, 0].tolist())) == 3


def test_a_value_at_its_default_can_be_drawn(case: Case, tmp_path: Path) -> None:
    """The declared share of wages is 1 where the scenario does not say it."""
    (tmp_path / "u.yaml").write_text(
        "fertility: {drawn: false}\nmortality: {drawn: false}\nmigration: {drawn: false}\neconomy: {kind: none}\n"
        "values:\n  - path: behaviour.pension.declared_share\n"
        "    distribution: {kind: uniform, low: 0.5, high: 0.9}\n"
    )
    uncertainty, _, folder = opened(tmp_path / "u.yaml", "VNM")
    job = prepared(case, uncertainty, folder, 1, ("pension.contributions",))
    assert (work_of(job, range(2)) < job.central).all()


def test_rates_do_not_fall_below_their_least(case: Case) -> None:
    """Interest of Viet Nam is 5 per cent: a deviation of -10 points brings it to 0, not to -5 per cent."""
    from spsim.experiments.stochastic import Least, shocks

    class Plunge(Autoregressive):
        def deviations(self, random: Any, years: int, folder: Path) -> np.ndarray:
            return np.full((years, 4), -0.1)

    process = Plunge.model_validate(default_economy("VNM").model_dump())
    found = shocks(process, Least(), central_rates(case), 1, 0, Path())
    assert found.interest_rate == pytest.approx(-central_rates(case)["interest_rate"])
    assert found.price_inflation == pytest.approx(-0.05 - central_rates(case)["price_inflation"])


# --- the command ------------------------------------------------------------------------------------------


def tables_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every table."""
    return {file.name: file.read_bytes() for file in sorted((folder / "tables").glob("*.csv"))}


def asked(small: Path, out: Path, **more: Any) -> Asked:
    return Asked(small, draws=6, seed=3, figures=KEPT, out=out, formats=("csv",), quiet=True, **more)


def test_the_same_bytes_from_one_process_threads_and_any_parts(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker; two threads; an executor given; other parts."""
    simulated(asked(small, tmp_path / "one"))
    wanted = tables_of(tmp_path / "one")
    assert set(wanted) == {"fans.csv", "events.csv", "event_years.csv", "convergence.csv"}
    simulated(asked(small, tmp_path / "two", workers=2, threads=True))
    assert tables_of(tmp_path / "two") == wanted
    with ThreadPoolExecutor(1) as mine:
        simulated(asked(small, tmp_path / "three", executor=mine))
    assert tables_of(tmp_path / "three") == wanted
    monkeypatch.setattr("spsim.experiments.simulate_report._parts", lambda draws: parts(draws, 4))
    simulated(asked(small, tmp_path / "four"))
    assert tables_of(tmp_path / "four") == wanted


@pytest.mark.slow
def test_the_same_bytes_from_two_processes(small: Path, tmp_path: Path) -> None:
    """Fresh interpreters that read the job from what they are sent."""
    simulated(asked(small, tmp_path / "one"))
    simulated(asked(small, tmp_path / "two", workers=2))
    assert tables_of(tmp_path / "two") == tables_of(tmp_path / "one")


class StopsAfter(Inline):
    """Ctrl-C when so many parts are done."""

    def __init__(self, most: int) -> None:
        self.left = most

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().submit(fn, *arguments, **named)


def test_stopped_and_taken_up(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was drawn is kept, a damaged part is drawn again, and the bytes are those of a run that was not stopped."""
    monkeypatch.setattr("spsim.experiments.workers.IN_FLIGHT", 1)
    simulated(asked(small, tmp_path / "whole"))
    out = tmp_path / "stopped"
    with pytest.raises(click.exceptions.Exit) as stopped:
        simulated(asked(small, out, executor=StopsAfter(4)))
    assert stopped.value.exit_code == 130
    assert "4 of 6 draws are kept" in capsys.readouterr().err
    assert not out.exists()
    held = tmp_path / "stopped.draws"
    kept = sorted(file.name for file in held.glob("*.npy"))
    assert len(kept) == 4
    (held / kept[1]).write_bytes((held / kept[1]).read_bytes()[:-3] + b"xyz")
    done = list[int]()

    class Counts(Inline):
        def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
            done.append(1)
            return super().submit(fn, *arguments, **named)

    simulated(asked(small, out, executor=Counts()))
    assert len(done) == 3
    assert tables_of(out) == tables_of(tmp_path / "whole")
    assert not held.exists()


def test_parts_of_another_job_are_not_mixed(small: Path, tmp_path: Path) -> None:
    """Another seed, another scenario, another version: refused, nothing touched."""
    out = tmp_path / "out"
    Ledger.open(tmp_path / "out.draws", {"seed": 1, "spsim": "0.0"})
    with pytest.raises(InputError, match=r"job.json.*the parts of another job; these differ: .*seed, spsim"):
        simulated(asked(small, out))
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--figure", "pension.contributor"], "did you mean 'pension.contributors'?"),
        (["--cluster", "tcp://127.0.0.1:1"], "cluster: "),
        (["--uncertainty", "none.yaml"], "nothing is drawn"),
        (["--uncertainty", "path.yaml"], "there is no value 'pensions'"),
    ],
)
def test_bad_questions(
    small: Path,
    tmp_path: Path,
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2, one line, no folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("spsim.experiments.workers.CONNECT_SECONDS", 1)
    still = "fertility: {drawn: false}\nmortality: {drawn: false}\nmigration: {drawn: false}\neconomy: {kind: none}\n"
    (tmp_path / "none.yaml").write_text(still)
    (tmp_path / "path.yaml").write_text(
        "values:\n  - path: funds.pensions.opening_reserve\n    distribution: {kind: uniform, low: 1, high: 2}\n"
    )
    code = run_cli(
        ["simulate", str(small), "--draws", "2", "--workers", "1", "--out", "out", "--quiet", *arguments]
    )
    err = capsys.readouterr().err.strip()
    assert code == 2, err
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_help_has_examples() -> None:
    """And loads nothing heavy."""
    assert "spsim simulate scenarios/viet_nam.yaml" in CliRunner().invoke(app, ["simulate", "--help"]).output


# --- workers ----------------------------------------------------------------------------------------------


def double(number: int) -> int:
    return 2 * number


def test_parts_cover_every_draw_once() -> None:
    """Whatever the number of draws; never more than 50 at once."""
    for draws in (1, 7, 199, 200, 1000, 12_345, 1_000_000):
        every = _parts(draws)
        assert [number for part in every[:3] for number in part] == list(range(sum(map(len, every[:3]))))
        assert sum(map(len, every)) == draws
        assert max(map(len, every)) <= 50


@pytest.mark.parametrize(
    "where", [Workers(1), Workers(2, threads=True), pytest.param(Workers(2), marks=pytest.mark.slow)]
)
def test_completed_gives_every_part(where: Workers) -> None:
    """Each number once, with its own result."""
    assert dict(completed(double, {number: number for number in range(20)}, where)) == {
        n: 2 * n for n in range(20)
    }


def die_once(path: str) -> str:
    """Ends its process the first time."""
    import os

    if not Path(path).exists():
        Path(path).touch()
        os._exit(1)
    return path


@pytest.mark.slow
def test_a_worker_process_that_dies_is_replaced(tmp_path: Path) -> None:
    """Its part is done again; nothing is lost, nothing twice."""
    todo = {number: str(tmp_path / str(number)) for number in range(2)}
    assert dict(completed(die_once, todo, Workers(2))) == todo


def test_an_executor_that_was_given_stays_open() -> None:
    """It is its owner's."""
    with ThreadPoolExecutor(1) as mine:
        executor: Executor = mine
        assert dict(completed(double, {0: 1}, executor)) == {0: 2}
        assert executor.submit(double, 4).result() == 8


def test_var_takes_the_users_covariance() -> None:
    """Innovations have the covariance given."""
    covariance = [[4e-4, 1e-4, 0, 0], [1e-4, 4e-4, 0, 0], [0, 0, 1e-4, 0], [0, 0, 0, 0.04]]
    process = VectorAutoregressive.model_validate(
        {"kind": "var", "transition": [[0.0] * 4] * 4, "covariance": covariance}
    )
    draws = np.concatenate(
        [process.deviations(generator(4, n, "economy"), 30, Path())[1:] for n in range(300)]
    )
    assert np.cov(draws.T) == pytest.approx(np.array(covariance), abs=2e-3 * 0.04**0.5 * 2)
