"""Social pensions: small cases by hand, the quota, the State that pays the deficit, checks, one person."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spsim.accounts import Account, Flows, settle
from spsim.behaviour import SocialPensionBehaviour
from spsim.checking import check
from spsim.cli import run_cli
from spsim.economy import Economy, economic_paths
from spsim.errors import InputError
from spsim.grid import Grid
from spsim.outcome import Outcome
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.pension_age import age_reached, share_of_age
from spsim.run import simulate
from spsim.scenario import Fund, Scenario
from spsim.schemes import SocialPensionScheme
from spsim.stocks.social_pension import SocialPensionStocks, oldest_first, project_social_pension
from spsim.tables import indicators_of, tables
from test_engine_properties import SMALL, over, simulated

CASE = Path(__file__).parent / "cases" / "social_pension.yaml"
GRID = Grid(2025, 2026)
FLAT = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=0.0)
SCHEME = {"kind": "social_pension", "fund": "state", "age": 70, "amount": 100}
PROVEN = {"source": "made up", "status": "assumption"}
Tree = dict[str, Any]


def projected(
    law: Tree | None = None,
    behaviour: Tree | None = None,
    population: np.ndarray | None = None,
    pensioners: np.ndarray | None = None,
) -> SocialPensionStocks:
    """Two years; by default ten persons of each sex and age."""
    persons = np.full((2, 2, 101), 10.0) if population is None else population
    return project_social_pension(
        SocialPensionScheme.model_validate(SCHEME | (law or {})),
        SocialPensionBehaviour.model_validate({"kind": "social_pension"} | (behaviour or {})),
        persons,
        np.zeros_like(persons) if pensioners is None else pensioners,
        economic_paths(FLAT, GRID, 2025),
        GRID,
    )


def by_age(values: np.ndarray, *ages: int) -> list[float]:
    """Men of the first year at these ages."""
    return [pytest.approx(value) for value in values[0, 0, list(ages)]]


# By hand


def test_everyone_of_the_age() -> None:
    """31 ages of ten men and ten women, 100 a month."""
    found = projected()
    assert found.persons.sum(axis=(1, 2)).tolist() == [620, 620]
    assert found.amount.sum(axis=(1, 2)).tolist() == [744_000, 744_000]
    assert found.persons[:, :, :70].sum() == 0 and (found.of_age == found.persons).all()


def test_a_cell_that_has_not_reached_the_age_in_full() -> None:
    """70y3m is reached by those of 70y4m and more on the first of the month: nine birth months of twelve."""
    assert by_age(projected({"age": "70y3m"}).persons, 69, 70, 71) == [0, 7.5, 10]


def test_ages_of_men_and_women() -> None:
    found = projected({"age": {"male": 70, "female": 65}})
    assert found.persons[0].sum(axis=1).tolist() == [310, 360]


def test_amounts_by_age_and_date() -> None:
    """100 below 80, 150 from 80 on; and 120 in place of 100 from July 2026: six months of each."""
    older = projected({"amount": {"by": "age", "points": {70: 100, 80: 150}}})
    assert by_age(older.amount, 79, 80) == [12_000, 18_000]
    later = projected({"amount": {"by": "event_date", "points": {2025: 100, "2026-07": 120}}})
    assert later.amount[:, 0, 75].tolist() == [12_000, 13_200]


def test_shares_and_other_pensions() -> None:
    """(10 − 4) × 0.9 × 0.5 = 2.7 men of 75; more pensioners than persons leave nobody; those of 69 take nothing away."""
    others = np.zeros((2, 2, 101))
    others[:, 0, 75], others[:, 1, 75], others[:, 0, 69] = 4, 11, 5
    found = projected({}, {"eligible_share": 0.9, "take_up": 0.5}, pensioners=others)
    assert found.persons[0, :, 75].tolist() == pytest.approx([2.7, 0])
    assert found.persons[0, 0, 70] == pytest.approx(4.5)


def test_shares_by_age_and_sex() -> None:
    law = {
        "eligible_share": {"male": 0.5, "female": 1},
        "take_up": {"by": "age", "points": {70: 0.4, 80: 0.8}},
    }
    found = projected({}, law)
    assert found.persons[0, :, [75, 85]].ravel().tolist() == pytest.approx([2, 4, 4, 8])


def test_a_start_inside_the_year() -> None:
    """From July on: six months of 620 persons; the mean of the year is 310, the average benefit stays 100."""
    found = projected({"start": "2025-07"})
    assert found.persons.sum(axis=(1, 2)).tolist() == [310, 620]
    assert found.amount.sum(axis=(1, 2)).tolist() == [372_000, 744_000]


def test_quota_by_hand() -> None:
    """45 places: twenty of 100, twenty of 99, five of 98, shared alike."""
    found = projected({"most_persons": 45})
    assert by_age(found.persons, 97, 98, 99, 100) == [0, 2.5, 10, 10]
    assert found.persons.sum(axis=(1, 2)).tolist() == [45, 45]


def test_quota_that_changes_in_the_year() -> None:
    """20 places to June, 40 from July: men of 99 are paid for half of the year."""
    found = projected({"most_persons": {"by": "event_date", "points": {2025: 20, "2025-07": 40}}})
    assert by_age(found.persons, 98, 99, 100) == [0, 5, 10]
    assert by_age(found.amount, 98, 99, 100) == [0, 6_000, 12_000]


@pytest.mark.parametrize(
    "age",
    [
        67.0,
        {"by": "event_date", "start": 2025, "from": "60y3m", "increment": "3m", "until": 62},
        {
            "by": "birth_date",
            "mode": "step",
            "points": {1900: 70, "1965-05-01": 60},
        },  # the younger come first
        {"male": 65, "female": {"by": "event_date", "mode": "step", "points": {1990: 62, "2028-03": 58}}},
    ],
)
def test_share_of_age_is_that_of_the_pension_schemes(age: Any) -> None:
    """On 1 July the share of each cell is the one that pension schemes read."""
    scheme = SocialPensionScheme.model_validate(SCHEME | {"age": age})
    grid = Grid(2025, 2035, 40, 90)
    july = 12.0 * grid.years[None, :] + 6
    np.testing.assert_allclose(
        share_of_age(scheme.age, july, grid.ages)[0], age_reached(scheme.age, grid).share, atol=1e-12
    )


# Properties


@given(
    persons=arrays(float, (2, 6), elements=st.floats(0, 1e6)), places=st.floats(0, 1e7),
)  # fmt: skip
def test_quota_is_filled_from_the_oldest(persons: np.ndarray, places: float) -> None:
    """Never more than the places, all of them if there are enough persons, nobody before the older are in, sexes alike."""
    paid = oldest_first(persons, np.array(places))
    assert (paid <= persons * (1 + 1e-12)).all()
    assert paid.sum() == pytest.approx(min(places, persons.sum()), rel=1e-9, abs=1e-3)
    of_age, paid_of_age = persons.sum(axis=0), paid.sum(axis=0)
    for age in np.flatnonzero(paid_of_age > 1e-6):
        np.testing.assert_allclose(paid_of_age[age + 1 :], of_age[age + 1 :], rtol=1e-9, atol=1e-3)
    both = (persons > 1e-3).all(axis=0) & (paid_of_age > 1e-3)  # a share of next to nobody is noise
    shares = paid[:, both] / persons[:, both]
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-9)


@given(
    population=arrays(float, (2, 2, 101), elements=st.floats(0, 1e6)),
    pensioners=arrays(float, (2, 2, 101), elements=st.floats(0, 1e6)),
    age=st.floats(50, 95), eligible=st.floats(0, 1), quota=st.floats(0, 1e8) | st.none(),
)  # fmt: skip
@settings(max_examples=30)
def test_recipients_are_persons_of_the_age(
    population: np.ndarray, pensioners: np.ndarray, age: float, eligible: float, quota: float | None
) -> None:
    """As many as the naive count, no more than the population without pensioners, nor than the quota; 12 × 100 each."""
    law = {"age": age, "most_persons": quota}
    found = projected(law, {"eligible_share": eligible}, population, pensioners)
    assert (found.persons >= 0).all() and (found.persons <= found.of_age + 1e-6).all()
    assert (found.of_age <= population + 1e-6).all()
    months = round(12 * age)
    reached = np.array([sum(12 * x + 1 + i > months for i in range(12)) / 12 for x in range(101)])
    wanted = np.maximum(population - pensioners, 0) * reached * eligible
    for year in range(2):
        left = np.inf if quota is None else quota
        for x in range(100, -1, -1):
            of_age = wanted[year, :, x].sum()
            paid = min(of_age, left)
            left -= paid
            assert found.persons[year, :, x].sum() == pytest.approx(paid, rel=1e-9, abs=1e-2)
    np.testing.assert_allclose(found.amount, 1200 * found.persons, rtol=1e-9)


# The State pays the deficit


def settled(
    opening: float,
    income: list[float],
    cost: list[float],
    interest: float,
    state: list[float] | None = None,
    **more: Any,
) -> Account:
    grid = Grid(2025, 2024 + len(cost))
    economy = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=interest)
    fund = Fund.model_validate({"opening_reserve": opening, "deficit_paid_by_state": True} | more)
    contributions = {"contributions_employer": np.array(income)} if any(income) else {}
    if state is not None:
        contributions["contributions_state"] = np.array(state)
    flows = Flows(contributions, {"a_pension": np.array(cost)})
    return settle("f", fund, flows, economic_paths(economy, grid, 2025), grid)


def test_deficit_by_hand() -> None:
    """Reserve 100, outgo 60 + 6 a year: 34 left, then the State pays 32, then 66."""
    account = settled(100, [0, 0, 0], [60, 60, 60], 0.0, administration={"of_benefits": 0.1})
    assert account.balanced.flows["contributions_state"].tolist() == [0, 32, 66]
    assert account.closing.tolist() == [34, 0, 0]


def test_the_reserve_at_hand_has_earned_half_a_year() -> None:
    account = settled(100, [0], [200], 0.21)
    assert account.balanced.flows["contributions_state"][0] == pytest.approx(200 - 110)
    assert account.closing[0] == 0


def test_beside_a_contribution_of_the_state() -> None:
    """10 a year by law, and 50 more once nothing is left."""
    account = settled(55, [0, 0, 0], [60, 60, 60], 0.0, state=[10, 10, 10])
    assert account.balanced.flows["contributions_state"].tolist() == [10, 55, 60]
    assert account.closing.tolist() == [5, 0, 0]


def test_without_it_the_reserve_falls_below_zero() -> None:
    account = settled(100, [0, 0], [60, 60], 0.0, deficit_paid_by_state=False)
    assert account.closing.tolist() == [40, -20] and "contributions_state" not in account.balanced.flows


@given(
    opening=st.floats(0, 1e13), interest=st.floats(-0.1, 0.3),
    flows=st.lists(st.tuples(st.floats(0, 1e13), st.floats(0, 1e13)), min_size=1, max_size=12),
)  # fmt: skip
@settings(max_examples=80)
def test_the_state_pays_exactly_the_deficit(
    opening: float, interest: float, flows: list[tuple[float, float]]
) -> None:
    """Never a debt, never more than needed: the State pays only in years that close at exactly 0; all adds up exactly."""
    income, cost = ([flow[side] for flow in flows] for side in (0, 1))
    account = settled(opening, income, cost, interest)
    unit, paid = account.balanced.unit, account.balanced.flows["contributions_state"]
    assert (account.closing >= 0).all() and (paid >= -2 * unit).all()
    assert (account.closing[paid > 10 * unit] == 0).all()
    columns = {name: values.tolist() for name, values in account.balanced.flows.items()}
    ends = zip(account.opening.tolist(), account.closing.tolist(), strict=True)
    for t, (opened, closed) in enumerate(ends):
        start = account.opening[t] * (1 + interest) ** 0.5
        needed = max(cost[t] - income[t] - start, 0)
        assert paid[t] == pytest.approx(needed, rel=1e-9, abs=20 * unit)
        moved = sum(Decimal(repr(values[t])) for values in columns.values())
        assert abs(Decimal(repr(opened)) + moved - Decimal(repr(closed))) < Decimal(repr(unit)) / 4


# A whole run


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    checked = check(CASE)
    assert checked.scenario is not None and not checked.problems, [str(one) for one in checked.problems]
    return simulate(checked.scenario)


def test_tables_of_a_run(outcome: Outcome) -> None:
    """Beneficiaries by age are the account's benefits; indicators follow from them; nobody is a member."""
    found, years = tables(outcome), outcome.grid.years
    rows = found["beneficiaries"]
    assert set(rows["scheme"]) == {"allowance"} and set(rows["benefit"]) == {"pension"}
    assert len(found["members"]["year"]) == 0
    amounts = np.array([rows["amount"][rows["year"] == year].sum() for year in years])
    heads = np.array([rows["persons"][rows["year"] == year].sum() for year in years])
    account = outcome.accounts["state"]
    np.testing.assert_allclose(-account.balanced.flows["benefit_allowance_pension"], amounts, rtol=1e-9)
    got = {one.name: one.value for one in indicators_of(outcome, "allowance")}
    np.testing.assert_allclose(got["recipients"], heads, rtol=1e-12)
    np.testing.assert_allclose(got["average_benefit"], amounts / heads / 12, rtol=1e-12)
    np.testing.assert_allclose(got["expenditure"], 1.03 * amounts, rtol=1e-9)
    assert outcome.population is not None
    np.testing.assert_allclose(got["cost_per_head"], 1.03 * amounts / outcome.population.total(), rtol=1e-9)
    np.testing.assert_allclose(got["coverage"], heads / got["persons_of_the_age"], rtol=1e-12)
    assert not {"contributors", "payg_cost_rate", "contributory_wages"} & set(got)
    assert got["depletion_year"] is None and heads[-1] == pytest.approx(3e6)


def test_identities_of_a_run(outcome: Outcome) -> None:
    assert "allowance: recipients <= population at every age and sex" in outcome.identities
    assert "fund state: the State leaves no debt" in outcome.identities
    account = outcome.accounts["state"]
    assert (account.closing >= 0).all() and account.closing[-1] == 0
    assert account.balanced.flows["contributions_state"][0] == 0  # the opening reserve is enough


def test_pensioners_of_another_scheme_get_none(tmp_path: Path) -> None:
    """Persons of the age − old-age and invalidity pensions in payment at their age and sex; survivors are not left out."""
    social = {"funds": {"state": {"deficit_paid_by_state": True}}, "schemes": {"social": SCHEME | PROVEN}}
    tested = over(
        SMALL, social | {"schemes": {"social": SCHEME | PROVEN | {"not_with_pensions_of": ["old"]}}}
    )
    outcome, universal = simulated(tested, tmp_path), simulated(over(SMALL, social), tmp_path)
    assert outcome.population is not None
    pensions = {
        name: pension.persons
        for name, pension in outcome.pensions["old"].pensions.items()
        if name.startswith(("old_age", "invalidity"))
    }
    assert pensions
    own = np.asarray(sum(pensions.values()))[:, :, 70:]
    expected = np.maximum(outcome.population.persons[:, :, 70:] - own, 0)
    np.testing.assert_allclose(outcome.social["social"].persons[:, :, 70:], expected, rtol=1e-9)
    assert own.sum() > 0
    np.testing.assert_allclose(
        universal.social["social"].persons[:, :, 70:], outcome.population.persons[:, :, 70:], rtol=1e-9
    )
    for fund in set(universal.accounts) - {"state"}:
        np.testing.assert_array_equal(outcome.accounts[fund].closing, universal.accounts[fund].closing)


# Checks


def messages(tmp_path: Path, change: Tree) -> list[str]:
    tree = over(yaml.safe_load(CASE.read_text(encoding="utf-8")), change)
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return [str(problem) for problem in check(file).problems]


def law(**change: Any) -> Tree:
    return {"schemes": {"allowance": change}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (law(not_with_pensions_of=["pensoin"]), "unknown pension scheme 'pensoin'"),
        (law(amount=0), "an amount of 0 at all times"),
        (law(amount={"of": "bass"}), "did you mean 'base'?"),
        (law(most_persons=0), "a quota of 0 persons"),
        (law(start="2036-01"), "after the last year 2035"),
        (law(fund="stat"), "did you mean 'state'?"),
        (law(amount={"times": {"by": "service"}}), "cannot be keyed by service"),
        ({"population": None}, "a social pension without a population"),
        ({"funds": {"state": {"deficit_paid_by_state": False}}}, "a fund that no one pays into"),
        ({"behaviour": {"allowance": {"kind": "pension"}}}, "kind"),
        ({"behaviour": {"allowanc": {"kind": "social_pension"}}}, "did you mean 'allowance'?"),
    ],
)
def test_mistakes(tmp_path: Path, change: Tree, says: str) -> None:
    found = messages(tmp_path, change)
    assert any(says in message for message in found), found


def test_the_nearest_name_and_no_name_twice(tmp_path: Path) -> None:
    tree = over(SMALL, {"funds": {"state": {"deficit_paid_by_state": True}}})
    file = tmp_path / "s.yaml"
    for others, says in ((["odl"], "did you mean 'old'?"), (["old", "old"], "named twice")):
        social = {"schemes": {"social": SCHEME | PROVEN | {"not_with_pensions_of": others}}}
        file.write_text(yaml.safe_dump(over(tree, social), sort_keys=False), encoding="utf-8")
        found = [str(problem) for problem in check(file).problems]
        assert any(says in message for message in found), found


def test_behaviour_may_be_missing(tmp_path: Path) -> None:
    tree = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    del tree["behaviour"]
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    assert not check(file).problems


# One person


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    found = check(CASE).scenario
    assert found is not None
    return found


def asked(scenario: Scenario, **question: Any) -> Answer:
    return answer(
        scenario, Question(**{"scheme": "allowance", "sex": "female", "born": "1956-03"} | question)
    )


def test_one_person(scenario: Scenario) -> None:
    """75 in March 2031; but the age is 70 from 2030 on, so the first month is February 2030, at the amount of 2030."""
    found = asked(scenario)
    assert found.heading["on"] == "2030-02" and found.result["entitled"]
    assert found.result["social_pension"] == pytest.approx(500_000 * 1.03**6)
    assert [step.name for step in found.steps] == ["pension_age", "tests", "amount"]
    assert any("a place is taken to be free" in note for note in found.notes)
    assert asked(scenario, born="1945-01").heading["on"] == "2025-07"
    older = asked(scenario, born="1945-01", on="2026-01")
    assert older.result["social_pension"] == pytest.approx(1.3 * 500_000 * 1.03**2)


def test_one_person_too_young(scenario: Scenario) -> None:
    found = asked(scenario, on="2029-01")
    assert found.result == {"entitled": False, "social_pension": 0.0}
    assert found.told == ("No social pension in 2029-01: it begins in 2030-02.",)


def test_a_career_is_ignored_with_a_note(scenario: Scenario) -> None:
    found = asked(scenario, career="2000-01..2001-01 at 800000")
    assert "a social pension does not look at the career" in found.notes
    assert found.result == asked(scenario).result


@pytest.mark.parametrize(
    "question",
    [{"claimed": ["2020-01..2020-02"]}, {"contributions": True}, {"event": "death"}, {"on": "1950-01"}],
)
def test_questions_refused(scenario: Scenario, question: Tree) -> None:
    with pytest.raises(InputError):
        asked(scenario, **question)


def test_a_pension_asks_for_a_career(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(CASE.parents[2] / "scenarios" / "viet_nam.yaml")
    assert run_cli(["person", file, "--scheme", "pension", "--sex", "male", "--born", "1970-01"]) == 2
    assert "--career" in capsys.readouterr().err


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["person", str(CASE), "--scheme", "allowance", "--sex", "male", "--born", "1956-03"]) == 0
    assert "=> Social pension of 597,026 a month from 2030-02." in capsys.readouterr().out
    assert run_cli(["run", str(CASE), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "recipients" in told and "Old-age allowance" in told
    assert (tmp_path / "out" / "results.xlsx").is_file()
