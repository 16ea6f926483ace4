"""What must hold of any run: scale, conservation, direction of reforms, and the same answer twice."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spsim.checking import check
from spsim.data.bundle import bundled_folder
from spsim.loader import load
from spsim.model_shape import Shape
from spsim.outcome import Outcome
from spsim.results import write
from spsim.run import run, simulate, tables_folder
from spsim.scenario import Scenario
from spsim.stocks.pension import PensionStocks
from spsim.tables import tables
from spsim.validation import attempt
from test_engine_twin import COHORT, PER_YEAR, SCENARIO

Tree = dict[str, Any]
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
UNEMPLOYMENT = """
schemes:
  jobless:
    kind: unemployment
    source: made up
    status: assumption
    fund: jobs
    start: 2015
    members: {group: all, oldest: 59, run_in_months: 60}
    contribution_base: {ceiling: {of: base, times: 3}}
    contributions: {employer: {party: employer, rate: 0.02}}
    benefit:
      record: {required: 6, window: 12, longest: 36}
      rate: 0.5
      cap: {of: base, times: 1.5}
      duration: {by: record_months, points: {6: 3, 12: 6}}
      longest: 6
funds: {jobs: {opening_reserve: 1.0e+9}}
behaviour:
  jobless: {kind: unemployment, separation_rate: 0.01, covered_share: 0.8, take_up: 0.9, job_finding: 0.15}
"""

ROOT = Path(__file__).parent.parent


def over(tree: Tree, changes: Tree) -> Tree:
    """The tree with changes laid over it, key by key."""
    merged = dict(tree)
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = over(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


SMALL: Tree = over(yaml.safe_load(SCENARIO), yaml.safe_load(UNEMPLOYMENT))
MEMBERS: Tree = yaml.safe_load(
    COHORT.replace("REFERENCE", "{kind: final, years: 0}").replace("AMOUNT", PER_YEAR)
)
MORTAL: Tree = {
    "service_table": {"by": "age", "mode": "linear", "points": {0: 1000, 66: 850}},
    "pensioner_table": {"by": "age", "mode": "linear", "points": {50: 1000, 70: 900, 95: 100, 101: 0}},
    "entrant_growth": 0.01,
}
MEMBERS = over(MEMBERS, {"schemes": {"old": {"members": MORTAL}}})


class Plain(yaml.SafeDumper):
    """Writes every value out, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def simulated(tree: Tree, folder: Path) -> Outcome:
    """A scenario given as a tree, through the checks and the engine."""
    path = folder / "scenario.yaml"
    path.write_text(yaml.dump(tree, Dumper=Plain, sort_keys=False), encoding="utf-8")
    return outcome_of(path)


def outcome_of(path: Path) -> Outcome:
    checked = check(path)
    assert checked.scenario is not None and not checked.errors, [str(problem) for problem in checked.problems]
    assert checked.document is not None
    return simulate(checked.scenario, tables_folder(checked.scenario, checked.document))


def pensioners(outcome: Outcome) -> np.ndarray:
    found = outcome.pensions["old"].pensions.values()
    return np.asarray(sum(pension.persons.sum(axis=(1, 2)) for pension in found))


def times(
    tree: Any, factor: float, chosen: Callable[[tuple[Any, ...]], bool], path: tuple[Any, ...] = ()
) -> Any:
    """The tree with the chosen numbers multiplied."""
    if isinstance(tree, dict):
        return {key: times(value, factor, chosen, (*path, key)) for key, value in tree.items()}
    is_number = isinstance(tree, int | float) and not isinstance(tree, bool)
    return tree * factor if is_number and chosen(path) else tree


def is_money(path: tuple[Any, ...]) -> bool:
    """Amounts of money of the small scenario: wages, reference amounts, average pensions, reserves."""
    amounts = path[:2] == ("economy", "reference_amounts") and "points" in path
    return amounts or path[-2:] == ("average", "value") or path[-1] in {"average_monthly", "opening_reserve"}


# Scale


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return simulated(SMALL, tmp_path_factory.mktemp("small"))


def test_twice_the_money(small: Outcome, tmp_path: Path) -> None:
    """Wages and all amounts × 2: money × 2, persons and rates unchanged."""
    double = simulated(times(SMALL, 2, is_money), tmp_path)
    for name, money in small.money.items():
        other = double.money[name]
        np.testing.assert_allclose(other.contributors, money.contributors, rtol=1e-12)
        np.testing.assert_allclose(other.contributory_wages, 2 * money.contributory_wages, rtol=1e-12)
        np.testing.assert_allclose(other.expenditure(), 2 * money.expenditure(), rtol=1e-12)
    for fund, account in small.accounts.items():
        np.testing.assert_allclose(double.accounts[fund].closing, 2 * account.closing, rtol=1e-8)
    for row, other in zip(indicators(small), indicators(double), strict=True):
        if row[3] in {"share", "years", "persons", "months"}:
            # accounts are rounded to a unit of money, and investment income, by which balance_ratio divides, is small at first
            within = 1e-7 if row[0] == "balance_ratio" else 1e-8
            assert other[2] == pytest.approx(row[2], rel=within), row


def indicators(outcome: Outcome) -> list[tuple[str, Any, float, str]]:
    table = tables(outcome)["indicators"]
    names = ("indicator", "year", "value", "unit")
    return list(zip(*(table[name] for name in names), strict=True))


def test_twice_the_people(small: Outcome, tmp_path: Path) -> None:
    """Published numbers × 2: members, pensioners and money × 2, rates unchanged."""
    numbers = {"persons"} | set(SMALL["schemes"]["old"]["members"]["contributors"]["by_year"])
    double = simulated(
        times(SMALL, 2, lambda path: path[:3] == ("schemes", "old", "members") and path[-1] in numbers),
        tmp_path,
    )
    old, new = small.money["old"], double.money["old"]
    np.testing.assert_allclose(new.contributors, 2 * old.contributors, rtol=1e-10)
    np.testing.assert_allclose(new.expenditure(), 2 * old.expenditure(), rtol=1e-10)
    np.testing.assert_allclose(pensioners(double), 2 * pensioners(small), rtol=1e-10)


# Conservation


@pytest.fixture(scope="module")
def immortal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a country in which nobody dies, comes or goes."""
    folder = tmp_path_factory.mktemp("tables")
    shutil.copytree(bundled_folder("VNM"), folder, dirs_exist_ok=True)
    (folder / "net_migration.csv").unlink()
    rewrite(folder / "mortality.csv", lambda row: {**row, "male": "1e-12", "female": "1e-12"})
    return folder


def rewrite(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [change(row) for row in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_nobody_dies_in_a_population_without_mortality(immortal: Path, tmp_path: Path) -> None:
    """Everyone below the open age is a year older, and those born are there."""
    tree = {key: SMALL[key] for key in ("meta", "horizon")} | {"population": {"tables": str(immortal)}}
    people = simulated(tree, tmp_path).population
    assert people is not None
    np.testing.assert_allclose(people.persons[1:, :, 1:100], people.persons[:-1, :, :99], rtol=1e-6)
    np.testing.assert_allclose(people.persons[1:, :, 0].sum(axis=1), people.births.sum(axis=1), rtol=1e-6)


def test_members_without_mortality_are_conserved(immortal: Path, tmp_path: Path) -> None:
    """Members a year ago and new ones = members, new pensioners, and those who left with a lump sum; survivors only those at the start."""
    tree = over(SMALL, {"population": {"country": None, "tables": str(immortal)}})
    stocks = simulated(tree, tmp_path).pensions["old"]
    members = stocks.contributors.sum(axis=(1, 2, 3)) + stocks.dormant.sum(axis=(1, 2))
    joined = stocks.flows.entrants[0].sum(axis=(1, 2, 3))
    expected = members[:-1] + joined[1:] - left_by_event(stocks)[1:]
    np.testing.assert_allclose(members[1:], expected, rtol=1e-6)
    own = [stocks.pensions[name] for name in stocks.pensions if name != "survivors"]
    heads, new = (total([getattr(pension, name) for pension in own]) for name in ("persons", "new_persons"))
    np.testing.assert_allclose(heads[1:], heads[:-1] + new[1:], rtol=1e-5)


def total(arrays: list[np.ndarray]) -> np.ndarray:
    """By year."""
    return np.asarray(sum(array.sum(axis=(1, 2)) for array in arrays))


def left_by_event(stocks: PensionStocks) -> np.ndarray:
    """Members who became invalid, retired, withdrew, or passed the last age, by step."""
    flows = stocks.flows
    by_event = (flows.exit_contributors + flows.exit_dormant)[0].sum(axis=(0, 2, 3, 4))
    return np.asarray(by_event + flows.aged_out[0].sum(axis=1))


def test_everyone_who_leaves_is_paid(small: Outcome) -> None:
    """Each event of the small scheme has a tier for everyone: awards of the last step = persons who left by it."""
    stocks = small.pensions["old"]
    pensions = sum(award.persons[-1] for award in stocks.awards.values())
    once = sum(
        stocks.lump_sums[name].persons[-1].sum() for name in ("old_age_once", "invalidity_once", "withdrawal")
    )
    assert pensions + once == pytest.approx(left_by_event(stocks)[-1], rel=1e-9)


# Direction


@FEW
@given(low=st.floats(0.0, 0.03), more=st.floats(0.0, 0.02), growth=st.floats(-0.02, 0.03))
def test_a_higher_accrual_never_costs_less(tmp_path: Path, low: float, more: float, growth: float) -> None:
    spent = [
        simulated(over(MEMBERS, accrual(rate) | {"economy": {"real_wage_growth": growth}}), tmp_path)
        .money["old"]
        .expenditure()
        for rate in (low, low + more)
    ]
    assert (spent[1] >= spent[0] - 1e-9 * np.abs(spent[0])).all()


def accrual(rate: float) -> Tree:
    amount = {"kind": "per_year_of_service", "rate": rate}
    return {"schemes": {"old": {"benefits": {"old_age": {"tiers": {"pension": {"amount": amount}}}}}}}


@pytest.mark.parametrize("factor", [1.1, 1.5])
def test_a_higher_accrual_in_the_small_scheme(small: Outcome, tmp_path: Path, factor: float) -> None:
    """Every benefit of the scheme at least as dear, and some dearer, in every year after the first."""
    richer = simulated(
        times(SMALL, factor, lambda path: "old_age" in path and "rate" in path and "points" in path), tmp_path
    )
    less, more = (outcome.money["old"].expenditure() for outcome in (small, richer))
    assert (more >= less * (1 - 1e-12)).all() and (more[1:] > less[1:]).all()


@FEW
@given(ages=st.lists(st.integers(50 * 12, 65 * 12), min_size=2, max_size=2, unique=True))
def test_a_later_pension_age_never_makes_more_pensioners(tmp_path: Path, ages: list[int]) -> None:
    """Months of pension age from 50 to 65 years: year by year no more pensioners, and never fewer contributors."""
    early, late = (
        simulated(
            over(MEMBERS, {"schemes": {"old": {"pension_age": f"{months // 12}y{months % 12}m"}}}), tmp_path
        )
        for months in sorted(ages)
    )
    assert (pensioners(late) <= pensioners(early) + 1e-9).all()
    assert (late.money["old"].contributors >= early.money["old"].contributors - 1e-9).all()


@pytest.mark.parametrize("name", ["leaving_rate", "invalidity_rate"])
def test_more_leavers_are_fewer_years_of_service(tmp_path: Path, name: str) -> None:
    """Average credited service of contributors falls when more of them stop."""
    few, many = (
        simulated(over(SMALL, {"behaviour": {"old": {name: rate}}}), tmp_path).pensions["old"]
        for rate in (0.01, 0.2)
    )
    assert (many.service_years.sum(axis=(1, 2)) < few.service_years.sum(axis=(1, 2))).all()


# Reform and counter-reform


def test_reform_and_counter_reform(tmp_path: Path) -> None:
    """A file that undoes what another one changed gives the tables of the first."""
    changed = {
        "schemes": {
            "old": {
                "pension_floor": 99,
                "indexation": {"prices": 0.5},
                "benefits": {"survivors": {"most": 1}},
            }
        }
    }
    undone = {"schemes": {"old": deepcopy({
        "pension_floor": SMALL["schemes"]["old"]["pension_floor"],
        "indexation": SMALL["schemes"]["old"]["indexation"],
        "benefits": {"survivors": {"most": SMALL["schemes"]["old"]["benefits"]["survivors"]["most"]}},
    })}}  # fmt: skip
    (tmp_path / "base.yaml").write_text(yaml.dump(SMALL, Dumper=Plain, sort_keys=False), encoding="utf-8")
    for name, parent, changes in (("reform", "base", changed), ("back", "reform", undone)):
        text = yaml.dump({"extends": f"{parent}.yaml"} | changes, Dumper=Plain)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    base, reform, back = (
        tables(outcome_of(tmp_path / f"{name}.yaml")) for name in ("base", "reform", "back")
    )
    assert same_tables(base, back)
    assert not same_tables(base, reform)


def same_tables(one: dict[str, Tree], other: dict[str, Tree]) -> bool:
    """Every column of every table equal, bit by bit."""
    return all(
        [str(cell) for cell in column] == [str(cell) for cell in other[name][key]]
        for name, table in one.items()
        for key, column in table.items()
    )


# Parts of a scenario


def parts(*names: str) -> Tree:
    return {name: SMALL[name] for name in ("meta", "horizon", *names)}


def test_a_scenario_with_a_population_only(tmp_path: Path) -> None:
    outcome = simulated(parts("population"), tmp_path)
    found = {name: len(next(iter(table.values()))) for name, table in tables(outcome).items()}
    assert found.pop("population") == 7 * 2 * 101
    assert set(found.values()) == {0}


@pytest.mark.parametrize("economy", [(), ("economy",)])
def test_a_scenario_with_labour_and_no_schemes(
    small: Outcome, tmp_path: Path, economy: tuple[str, ...]
) -> None:
    """The labour force does not depend on what is paid to it."""
    outcome = simulated(parts("population", "labour", *economy), tmp_path)
    assert outcome.labour is not None and small.labour is not None
    np.testing.assert_array_equal(outcome.labour.employed, small.labour.employed)
    assert not outcome.accounts and not outcome.money


def test_contributors_are_the_covered_share_of_the_employed(tmp_path: Path) -> None:
    """Without published numbers: employed × share × age factor × coverage, cell by cell below the pension age."""
    tree = deepcopy(SMALL)
    del tree["schemes"]["old"]["members"]["contributors"]
    tree["schemes"]["old"]["members"] |= {"coverage": 0.9, "compliance": 0.8}
    outcome = simulated(tree, tmp_path)
    assert outcome.labour is not None
    factor = np.interp(np.arange(15, 57) + 0.5, [29, 32, 63, 66], [0, 1, 1, 0])
    expected = outcome.labour.employed[:, :, 15:57] * 0.5 * factor * 0.9 * 0.8
    found = outcome.pensions["old"].contributors.sum(axis=-1)[:, :, : 57 - 15]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_schemes_do_not_disturb_one_another(small: Outcome, tmp_path: Path) -> None:
    """The pension scheme alone is what it is beside unemployment insurance."""
    alone = simulated(over(yaml.safe_load(SCENARIO), {}), tmp_path)
    np.testing.assert_array_equal(alone.money["old"].expenditure(), small.money["old"].expenditure())
    np.testing.assert_array_equal(alone.accounts["fund"].closing, small.accounts["fund"].closing)


def test_a_start_after_the_population_table(tmp_path: Path) -> None:
    """From 2030 on, the population is the one that a projection from 2025 reaches."""
    later = simulated(
        over(parts("population"), {"horizon": {"start": 2030, "end": 2032}}), tmp_path
    ).population
    early = simulated(
        over(parts("population"), {"horizon": {"start": 2025, "end": 2032}}), tmp_path
    ).population
    assert later is not None and early is not None
    np.testing.assert_allclose(later.persons, early.persons[5:], rtol=1e-9)


def test_a_scheme_that_starts_later_runs_too(tmp_path: Path) -> None:
    """The number of contributors of the first year is the last one published."""
    wages = {"labour": {"groups": {"all": {"wages": {"average": {"value": 400, "year": 2032}}}}}}
    outcome = simulated(over(SMALL, wages | {"horizon": {"start": 2032, "end": 2035}}), tmp_path)
    assert outcome.money["old"].contributors[0] == pytest.approx(10e6)
    assert np.isfinite(outcome.money["old"].expenditure()).all()


def test_a_scheme_may_start_within_the_horizon(tmp_path: Path) -> None:
    """Nobody before, everybody covered from the first July after the start, and no service before it."""
    data = deepcopy(over(SMALL, {"schemes": {"old": {"start": "2028-01-01", "entry_cohorts": []}}}))
    for field in ("contributors", "in_payment"):
        del data["schemes"]["old"]["members"][field]
    for benefit in data["schemes"]["old"]["benefits"].values():
        for tier in benefit.get("tiers", {}).values():
            tier.pop("first_insured", None)
    del data["schemes"]["old"]["benefits"]["old_age"]["tiers"]["minimum"]
    stocks = simulated(data, tmp_path).pensions["old"]
    heads = stocks.contributors.sum(axis=(1, 2, 3))
    first = 2028 - stocks.grid.first
    assert (heads[:first] == 0).all() and (heads[first:] > 0).all()
    assert stocks.service_years.sum(axis=(1, 2))[first + 1] < 1.6 * heads[first + 1]


# The same twice


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def test_the_same_scenario_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Tables, workbook and, with the same moment of starting, the manifest."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.dump(SMALL, Dumper=Plain, sort_keys=False), encoding="utf-8")
    for name in ("first", "second"):
        checked = check(path)
        assert checked.scenario is not None and checked.document is not None
        write(
            run(checked.scenario, checked.document), tmp_path / name, command_line=["spsim"], started=STARTED
        )
    first, second = (dict(files(tmp_path / name)) for name in ("first", "second"))
    assert len(first) == 2 * 8 + 2  # eight tables, each as CSV and Parquet, workbook, manifest
    del first["manifest.json"], second["manifest.json"]
    assert first == second


@pytest.mark.slow
def test_members_may_go_on_past_the_age() -> None:
    """With half retiring at the age and the rest later, whoever waits stops, or goes on contributing if the law lets them."""
    data = deepcopy(load(ROOT / "scenarios/viet_nam.yaml").data)
    data["horizon"] = {"start": 2025, "end": 2030}
    tiers = data["schemes"]["pension"]["benefits"]["old_age"]["tiers"]
    tiers["late"] = {
        "service": {"at_least": 15},
        "years_after": 8,
        "pays": "pension",
        "amount": tiers["pension"]["amount"],
    }
    use = data["behaviour"]["pension"]["use"]["old_age"]
    use |= {"with_minimum": 0.5, "pension": 0.5, "late": 0.3}
    runs = []
    for choice in ("stop", "contribute"):
        data["schemes"]["pension"]["members"]["after_age"] = choice
        scenario, errors = attempt(data, Scenario, Shape(Scenario))
        assert scenario is not None, errors
        runs.append(simulate(scenario).pensions["pension"])
    older = slice(63 - 15, 68 - 15)
    stopped, going = (run.contributors[-1, :, older].sum() for run in runs)
    assert stopped < 1e-6 and going > 20_000
    young = slice(0, 50 - 15)
    assert runs[0].contributors[-1, :, young] == pytest.approx(runs[1].contributors[-1, :, young], rel=1e-9)
    waiting = [run.contributors[-1, :, older].sum() + run.dormant[-1, :, older].sum() for run in runs]
    assert waiting[1] == pytest.approx(waiting[0], rel=0.1)


def test_the_past_of_a_scheme_begins_with_the_scheme(tmp_path: Path) -> None:
    """Started in January 2023, seen from 2025: nobody has more than two and a half years of service, and nobody is dormant for longer."""
    data = deepcopy(over(SMALL, {"schemes": {"old": {"start": "2023-01-01"}}}))
    del data["schemes"]["old"]["members"]["in_payment"]
    stocks = simulated(data, tmp_path).pensions["old"]
    served = stocks.service_years[0].sum() / stocks.contributors[0].sum()
    assert 1.0 < served <= 2.5
    long_past = simulated(over(SMALL, {}), tmp_path).pensions["old"]
    assert long_past.service_years[0].sum() / long_past.contributors[0].sum() > 3.0


def test_a_first_year_counts_its_months(tmp_path: Path) -> None:
    """A scheme that starts in July collects half of the year."""
    money = []
    for start in ("2025-01-01", "2025-07-01"):
        data = deepcopy(over(SMALL, {"schemes": {"old": {"start": start}}}))
        for field in ("contributors", "in_payment"):
            data["schemes"]["old"]["members"].pop(field, None)
        money.append(simulated(data, tmp_path).money["old"])
    whole, half = (one.contributory_wages for one in money)
    assert half[0] == pytest.approx(0.5 * whole[0], rel=1e-9)
    assert half[1] == pytest.approx(whole[1], rel=1e-2)


def test_a_notional_account_that_grows_with_the_wage_bill(tmp_path: Path) -> None:
    """When a fifth of the contributors go, balances credited with the wage bill fall behind those that are not."""
    per_head = []
    for wage_bill in (0, 1):
        data = deepcopy(over(SMALL, {}))
        data["labour"]["groups"]["all"]["share"] = {"by": "event_date", "points": {2025: 0.5, 2027: 0.4}}
        scheme = data["schemes"]["old"]
        crediting = {"fixed": 0.02, "wage_bill": wage_bill}
        scheme["accounts"] = {"pot": {"allocation": 0.1, "crediting": crediting}}
        once = {"pays": "lump_sum", "amount": {"kind": "account", "account": "pot"}}
        scheme["benefits"]["withdrawal"] = {"kind": "withdrawal", "tiers": {"once": once}}
        stocks = simulated(data, tmp_path).pensions["old"]
        paid = stocks.lump_sums["withdrawal"]
        per_head.append(paid.amount.sum(axis=(1, 2)) / paid.persons.sum(axis=(1, 2)))
    bill = np.nansum(stocks.members.target * stocks.members.contributory.mean(axis=-1), axis=(1, 2))
    assert bill[2] < 0.9 * bill[1]
    ratio = per_head[1] / per_head[0]
    assert ratio[4] / ratio[1] < 0.95


def of_second_cohort(
    tmp_path: Path, change: Callable[[dict[str, Any], Any], None], value: Any
) -> PensionStocks:
    """The small scheme, all of whose members were first insured after 2015, with one value of its tiers by that date or plain."""
    data = deepcopy(over(SMALL, {"schemes": {"old": {"entry_cohorts": ["2015-01-01"]}}}))
    for benefit in data["schemes"]["old"]["benefits"].values():
        for tier in benefit.get("tiers", {}).values():
            tier.pop("first_insured", None)
    tiers = data["schemes"]["old"]["benefits"]["old_age"]["tiers"]
    del tiers["minimum"]
    change(tiers, value)
    return simulated(data, tmp_path).pensions["old"]


def early_years(tiers: dict[str, Any], value: Any) -> None:
    tiers["early"]["years_before"] = value


def once_beside(tiers: dict[str, Any], value: Any) -> None:
    amount = {"kind": "months_of_earnings", "per_year": 1}
    tiers["pension"]["with_lump_sum"] = {"kind": "share_of", "share": value, "amount": amount}


@pytest.mark.parametrize(("change", "then", "plain"), [(early_years, 1, 3), (once_beside, 0, 1)])
def test_what_depends_on_first_insurance_is_read_for_every_cohort(
    tmp_path: Path, change: Callable[[dict[str, Any], Any], None], then: float, plain: float
) -> None:
    dated = {"by": "first_insured_date", "points": {2000: then, "2015-01-01": plain}}
    one, other = (of_second_cohort(tmp_path, change, value) for value in (dated, plain))
    for name in one.pensions:
        assert one.pensions[name].persons == pytest.approx(other.pensions[name].persons, rel=1e-9)
    for name in other.lump_sums:
        assert one.lump_sums[name].amount == pytest.approx(other.lump_sums[name].amount, rel=1e-9)
    assert one.pensions["old_age_early"].persons.sum() > 0


@pytest.mark.parametrize("age", ["60y9m", "61y", "59y11m"])
def test_whoever_reaches_the_age_late_in_the_year_is_not_missed(tmp_path: Path, age: str) -> None:
    """Without early tiers, pensions begin at the age of the law: nobody past it is left among the members."""
    data = deepcopy(over(SMALL, {}))
    scheme = data["schemes"]["old"]
    scheme["pension_age"] = age
    del scheme["benefits"]["old_age"]["tiers"]["early"]
    data["behaviour"]["old"]["use"].pop("old_age", None)
    stocks = simulated(data, tmp_path).pensions["old"]
    oldest = int(age[:2])
    begun = sum(
        pension.new_persons[2:, :, oldest]
        for name, pension in stocks.pensions.items()
        if name.startswith("old_age")
    )
    assert (np.asarray(begun) > 0).all()
    past = slice(oldest + 1 - stocks.grid.youngest, None)
    assert stocks.dormant[:, :, past].sum() + stocks.contributors[:, :, past].sum() < 1e-6
