"""Adequacy: a still economy by hand arithmetic, closed forms of returns, properties, shipped careers, the command and its mistakes."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.adequacy.asking import Asked, adequacy
from spsim.adequacy.careers import CareerPlan, NamedPlan, career_of, read_plan, shipped
from spsim.adequacy.law import Law, contributions
from spsim.adequacy.lives import Life, Terms, in_payment, live, measured
from spsim.adequacy.measures import internal_rate, weighted_quantiles
from spsim.adequacy.survival import PopulationSurvival, TableSurvival
from spsim.calendar import month_label, month_number
from spsim.checking import check
from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.model_shape import Shape
from spsim.person import Question, answer
from spsim.person_facts import Person
from spsim.scenario import Scenario
from spsim.validation import attempt

ROOT = Path(__file__).parents[1]
VIET_NAM = ROOT / "scenarios" / "viet_nam.yaml"
BORN = month_number("1980-01")
CERTAIN = {"by": "age", "mode": "step", "points": {60: 100, 80: 0}}
DE_MOIVRE = {"by": "age", "mode": "linear", "points": {60: 100, 80: 0}}

STILL: dict[str, Any] = {
    "meta": {"id": "still", "title": "A still economy"},
    "horizon": {"start": 2025, "end": 2060},
    "economy": {"price_inflation": 0, "real_wage_growth": 0, "interest_rate": 0},
    "funds": {"pension": {}},
    "schemes": {
        "pension": {
            "kind": "pension",
            "fund": "pension",
            "source": "worked by hand",
            "status": "assumption",
            "members": {
                "kind": "entrants",
                "entry_age": 20,
                "exit_age": 60,
                "entrant_growth": 0,
                "initial": [{"from": 20, "to": 60, "persons": 1000, "past_service": 10}],
                "service_table": {"by": "age", "mode": "linear", "points": {20: 100, 60: 90}},
                "pensioner_table": DE_MOIVRE,
                "wages": {"average": {"value": 1000, "year": 2025}},
            },
            "contributions": {
                "own": {"party": "employee", "rate": 0.1},
                "others": {"party": "employer", "rate": 0.1},
            },
            "pension_age": 60,
            "reference_earnings": {"kind": "career", "valorisation": "none"},
            "benefits": {
                "old_age": {
                    "kind": "old_age",
                    "tiers": {
                        "pension": {
                            "pays": "pension",
                            "amount": {"kind": "percent_of_earnings", "rate": 0.6},
                        }
                    },
                }
            },
        }
    },
    "behaviour": {"pension": {"kind": "pension"}},
}
PLAN = NamedPlan("by_hand", CareerPlan(title="25 to 60", enters=25.0, leaves=60.0))


def still(**changes: Any) -> Scenario:
    """The still economy with other values, by path with double underscores."""
    data = deepcopy(STILL)
    for path, value in changes.items():
        *above, last = path.split("__")
        block = data
        for key in above:
            block = block[key]
        block[last] = value
    found, errors = attempt(data, Scenario, Shape(Scenario))
    assert found is not None, errors
    return found


PENSION = "schemes__pension"
TABLE = f"{PENSION}__members__pensioner_table"
RATE = f"{PENSION}__benefits__old_age__tiers__pension__amount__rate"


def lived(scenario: Scenario, terms: Terms | None = None, plan: NamedPlan = PLAN, sex: int = 0) -> Life:
    law = Law(scenario, "pension")
    found = live(plan, law, Person(sex, BORN), TableSurvival(law.pension.members), terms or Terms(rate=0.0))  # type: ignore[arg-type]
    assert found is not None
    return found


def values(life: Life) -> dict[str, float]:
    return {name: value for name, (value, _) in measured(life).items()}


# A still economy, by hand ---------------------------------------------------------------------------


def test_still_economy_by_hand() -> None:
    """35 years at 1,000 a month, 20 % paid in: 420 × 200 = 84,000. From the month after 60 a pension of 600 for life.

    Survivors fall evenly from 60 to 80: at 60y1m 239 of 240 parts are left, after k months 239 − k. The expected number of payments is
    (239 + 238 + ... + 1) / 239 = 120, so that wealth at 0 % is 72,000: six annual wages.
    """
    found = values(lived(still()))
    assert found["years_of_contribution"] == 35
    assert found["age_at_award"] == pytest.approx(60 + 1 / 12)
    assert found["gross_replacement_rate"] == pytest.approx(0.6)
    assert found["net_replacement_rate"] == pytest.approx(600 / 900)
    assert found["gross_replacement_rate_after_10_years"] == pytest.approx(0.6)
    assert found["gross_replacement_rate_after_20_years"] == pytest.approx(0.6)
    assert found["pension_wealth"] == pytest.approx(72_000, abs=1e-6)
    assert found["pension_wealth_in_annual_wages"] == pytest.approx(6.0)
    assert found["contributions_at_award"] == pytest.approx(84_000)
    assert found["benefit_cost_ratio"] == pytest.approx(72 / 84)


def test_break_even_ages_by_hand() -> None:
    """84,000 / 600 = 140 payments from 60y1m: back at 60y1m + 140 months = 71y9m. Own contributions: 70 payments, 65y11m."""
    found = values(lived(still()))
    assert found["break_even_age"] == pytest.approx((12 * 60 + 1 + 140) / 12)
    assert found["break_even_age_own_contributions"] == pytest.approx((12 * 60 + 1 + 70) / 12)


def test_return_of_nothing_by_hand() -> None:
    """Alive for certain to 80: 239 payments. If they add to the 84,000 paid in, the return is 0 %."""
    found = values(lived(still(**{TABLE: CERTAIN, RATE: 84_000 / 239 / 1000})))
    assert found["internal_rate_of_return"] == pytest.approx(0.0, abs=1e-9)
    assert found["benefit_cost_ratio"] == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.05])
def test_return_by_closed_form(rate: float) -> None:
    """The pension that 420 payments of 200 buy at a yearly rate r: 200 · s / a, both geometric sums in v = (1 + r)^(−1/12).

    The first contribution, at 25, is 421 months before the award at 60y1m, the last one, at 59y11m, two.
    """
    v = (1 + rate) ** (-1 / 12)
    saved = 200 * (v**-422 - v**-2) / (1 / v - 1)
    annuity = (1 - v**239) / (1 - v)
    found = values(lived(still(**{TABLE: CERTAIN, RATE: saved / annuity / 1000}), Terms(rate=rate)))
    assert found["internal_rate_of_return"] == pytest.approx(rate, abs=1e-9)
    assert found["benefit_cost_ratio"] == pytest.approx(1.0, abs=1e-9)


def test_prices_only_and_wage_growth_by_hand() -> None:
    """Wages grow by 2 % a year, prices stand still, pensions are not raised: after ten years 0.6/1.02^10 of the wage of that year."""
    growing = still(economy__real_wage_growth=0.02, **{RATE: 0.6})
    life = lived(growing, plan=NamedPlan("last", CareerPlan(title="last", enters=59.0, leaves=60.0)))
    found = values(life)
    first = found["gross_replacement_rate"]
    assert found["gross_replacement_rate_after_10_years"] == pytest.approx(first / 1.02**10)
    assert found["gross_replacement_rate_after_20_years"] == pytest.approx(first / 1.02**20)


def test_full_indexation_keeps_the_rate() -> None:
    scenario = still(
        economy__real_wage_growth=0.02,
        economy__price_inflation=0.03,
        schemes__pension__indexation={"prices": 1, "real_wages": 1},
    )
    found = values(lived(scenario))
    assert found["gross_replacement_rate_after_10_years"] == pytest.approx(found["gross_replacement_rate"])


def test_deductions_change_net_rates_only() -> None:
    plain, taxed = (
        values(lived(still(), Terms(rate=0.0, wage_deduction=w, pension_deduction=p)))
        for w, p in ((0.0, 0.0), (0.05, 0.1))
    )
    assert taxed["gross_replacement_rate"] == plain["gross_replacement_rate"]
    assert taxed["net_replacement_rate"] == pytest.approx(0.9 * 600 / (1000 * 0.95 - 100))


def test_the_minimum_in_payment_holds() -> None:
    """A minimum of 700 in payment, from 2030 on, lifts a pension of 600 that is not indexed."""
    scenario = still(schemes__pension__pension_floor={"by": "event_date", "points": {2000: 0, 2045: 700}})
    law = Law(scenario, "pension")
    months = np.arange(month_number("2040-02"), month_number("2050-01"))
    paid = in_payment(law, months, 600.0)
    assert set(paid[months < month_number("2045-01")]) == {600.0}
    assert set(paid[months >= month_number("2045-01")]) == {700.0}


# Careers ---------------------------------------------------------------------------------------------


def test_gaps_and_earnings_by_age() -> None:
    """From 20 to 30 with a gap from 22y6m to 25: 30 + 60 months; 0.5 of the average to 25, 1.5 after."""
    plan = CareerPlan.model_validate(
        {
            "title": "x",
            "enters": 20,
            "leaves": 30,
            "gaps": [{"from": "22y6m", "to": 25}],
            "earnings": {"by": "age", "points": {20: 0.5, 25: 1.5}},
        }
    )
    career = career_of(plan, Person(0, BORN), 0, 10**6)
    assert career is not None
    months = career.months() - BORN
    assert list(months) == [*range(240, 270), *range(300, 360)]
    assert list(career.wages(lambda at: np.full(len(at), 1000.0))) == [500.0] * 30 + [1500.0] * 60


def test_shipped_careers_can_be_read() -> None:
    assert {
        "full", "child_care", "late_entry", "informal_spells", "low_earner", "high_earner", "migrant",
    } <= set(shipped())  # fmt: skip
    for name in shipped():
        assert read_plan(name).plan.title


def test_who_never_contributes_has_no_life() -> None:
    scenario = still(schemes__pension__start="2030-01-01")
    law = Law(scenario, "pension")
    plan = NamedPlan("early", CareerPlan(title="early", enters=20.0, leaves=25.0))
    assert live(plan, law, Person(0, BORN), TableSurvival(law.pension.members), Terms()) is None  # type: ignore[arg-type]


BAD_CAREERS = {
    "enters: 20\n": ("career.yaml:1:1", "title"),
    "title: x\nenters: 30\nleaves: 25\n": ("career.yaml:3:9", "after entering"),
    "title: x\ngaps: [{from: 30, to: 28}]\n": ("career.yaml:2", "not after its beginning"),
    "title: x\ngaps: [{from: 30, to: 33}, {from: 32, to: 35}]\n": ("career.yaml:2", "has ended"),
    "title: x\nearning: 1\n": ("career.yaml:2:1", "earnings"),
    "title: x\nearnings: {by: service, points: {1: 1}}\n": ("career.yaml:2", "service"),
    "title: x\nearnings: -1\n": ("career.yaml:2:11", "outside 0.01 to 50"),
}


@pytest.mark.parametrize("text", BAD_CAREERS)
def test_bad_careers_are_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("career.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_plan("career.yaml")
    place, words = BAD_CAREERS[text]
    assert str(error.value.problems[0]).startswith(place)
    assert words in str(error.value)


# The law is that of `spsim person` -------------------------------------------------------------------


@cache
def viet_nam() -> Scenario:
    found = check(VIET_NAM).scenario
    assert found is not None
    return found


@pytest.mark.parametrize("career", ["full", "child_care", "rising_earner"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_same_pension_as_spsim_person(career: str, sex: str) -> None:
    """The award is what the command answers for the same months and wages, given to it in words."""
    law = Law(viet_nam(), "pension")
    person = Person(["male", "female"].index(sex), month_number("1985-07"))
    alive = PopulationSurvival(np.array([2025]), np.full((1, 2, 101), 0.01))
    life = live(read_plan(career), law, person, alive, Terms())
    assert life is not None
    plan = read_plan(career).plan
    found = career_of(plan, person, month_number("1995-01"), life.award)
    assert found is not None
    words = ", ".join(
        f"{month_label(spell.first)}..{month_label(spell.last)} at {spell.wage} average"
        for spell in found.spells
    )
    asked = answer(viet_nam(), Question("pension", sex, "1985-07", words, contributions=True))
    assert life.pension[0] == pytest.approx(asked.result["monthly_pension"], rel=1e-12)
    assert life.once == pytest.approx(asked.result["paid_once"], rel=1e-12)
    paid = {party: sum(row[party] for row in asked.contributions) for party in ("employee", "employer")}
    assert {party: float(amounts.sum()) for party, amounts in life.paid_in.items()} == pytest.approx(paid)


def test_contributions_keyed_by_age_are_read_at_each_age() -> None:
    """10 % below 50 and 5 % from 50 on: 300 months of 100 and 120 months of 50 from 25 to 60."""
    rate = {"by": "age", "points": {20: 0.1, 50: 0.05}}
    scenario = still(schemes__pension__contributions={"own": {"party": "employee", "rate": rate}})
    paid = contributions(lived(scenario).facts)["employee"]
    assert paid.sum() == pytest.approx(300 * 100 + 120 * 50)


# Survival --------------------------------------------------------------------------------------------


def test_population_survival_against_a_loop() -> None:
    """Month by month: the force of the step in which the month lies, at the age that the cell then has."""
    rng = np.random.default_rng(1)
    years = np.arange(2025, 2040)
    q = rng.uniform(0.01, 0.3, (len(years), 2, 101))
    born, first = month_number("1960-07"), month_number("2022-03")
    months = np.arange(first, first + 400)
    found = PopulationSurvival(years, q).alive(Person(1, born), months)
    alive, expected = 1.0, []
    for month in months:
        expected.append(alive)
        closes = month // 12 + 1 if month % 12 >= 6 else month // 12
        age = min(max((month - born) / 12 - 0.5, 0) // 1, 100)
        chance = q[min(max(closes, 2025), 2039) - 2025, 1, int(age)]
        alive *= (1 - chance) ** (1 / 12)
    assert found == pytest.approx(np.array(expected), rel=1e-10)


# Properties ------------------------------------------------------------------------------------------


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(0.1, 1e6),
    st.floats(0.1, 1e6),
)
def test_internal_rate_makes_the_value_zero(paid: int, received: int, each: float, benefit: float) -> None:
    months = 12 * np.arange(paid + received)
    flows = np.concatenate([np.full(paid, -each), np.full(received, benefit)])
    rate = internal_rate(months, flows)
    if rate is not None:
        value = np.sum(flows * (1 + rate) ** (-months / 12.0))
        scale = np.sum(np.abs(flows) * (1 + rate) ** (-months / 12.0))
        assert abs(value) <= 1e-9 * scale


def test_no_internal_rate_without_benefits() -> None:
    assert internal_rate(np.array([0, 12]), np.array([-1.0, 0.0])) is None


@settings(max_examples=15, deadline=None)
@given(st.floats(0.2, 0.95))
def test_wealth_rises_when_mortality_falls(factor: float) -> None:
    law = Law(viet_nam(), "pension")
    years, person = np.arange(2025, 2101), Person(0, month_number("1985-07"))
    q = np.broadcast_to(np.clip(0.0002 * 1.1 ** np.arange(101), 0, 1), (76, 2, 101))
    before, after = (
        live(read_plan("full"), law, person, PopulationSurvival(years, rates), Terms())
        for rates in (q, factor * q)
    )
    assert before is not None and after is not None
    assert values(after)["pension_wealth"] > values(before)["pension_wealth"]
    assert values(after)["internal_rate_of_return"] > values(before)["internal_rate_of_return"]


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 0.08), st.floats(0.001, 0.02))
def test_wealth_falls_with_the_discount_rate(rate: float, more: float) -> None:
    low, high = (values(lived(still(), Terms(rate=r))) for r in (rate, rate + more))
    assert high["pension_wealth"] < low["pension_wealth"]
    assert high["benefit_cost_ratio"] < low["benefit_cost_ratio"]


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 5.0))
def test_twice_the_wage_is_twice_the_money(times: float) -> None:
    """Without floor and ceiling rates do not depend on the level of earnings."""
    one = values(lived(still()))
    other = values(
        lived(
            still(),
            plan=NamedPlan("other", CareerPlan(title="x", enters=25.0, leaves=60.0, earnings=times)),
        )
    )
    for name in ("gross_replacement_rate", "internal_rate_of_return", "benefit_cost_ratio", "break_even_age"):
        assert other[name] == pytest.approx(one[name], rel=1e-9)
    assert other["pension_wealth"] == pytest.approx(times * one["pension_wealth"])


def test_quantiles_by_hand() -> None:
    """Ten persons at 1, twenty at 2, ten at 3: the middle ranks are 12.5 %, 50 %, 87.5 %."""
    found = weighted_quantiles(
        np.array([3.0, 1.0, 2.0]), np.array([10.0, 10.0, 20.0]), np.array([0.125, 0.5, 0.6875, 0.9])
    )
    assert found == pytest.approx([1.0, 2.0, 2.5, 3.0])


# The tables of a run ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_of_still() -> Any:
    """The tables of a small scheme, from a file as a user has it."""
    document = check(ROOT / "scenarios" / "iyer_model_scheme.yaml")
    assert document.scenario is not None and document.document is not None
    return adequacy(document.scenario, document.document, Asked(careers=("full",)))


def test_redistribution_adds_to_nothing(run_of_still: Any) -> None:
    """Weighted by the shares of classes and sexes, what some get others pay."""
    rows = run_of_still.redistribution
    assert rows
    for born in {row["born"] for row in rows}:
        here = [row for row in rows if row["born"] == born]
        keys = {(row["sex"], row["earnings_class"]) for row in here}
        total = 0.0
        for key in keys:
            one = {row["measure"]: row["value"] for row in here if (row["sex"], row["earnings_class"]) == key}
            total += one["weight"] * one["redistribution_to_lifetime_wages"] * one["lifetime_wages"]
        assert total == pytest.approx(0.0, abs=1e-6)


def test_distribution_lies_between_its_quantiles(run_of_still: Any) -> None:
    rows = run_of_still.distribution
    by: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        by.setdefault((row["benefit"], row["by"], row["from_year"], row["sex"]), {})[row["statistic"]] = row[
            "value"
        ]
    assert by
    for found in by.values():
        ordered = [found[name] for name in ("p10", "p25", "p50", "p75", "p90")]
        assert ordered == sorted(ordered)
        assert found["persons"] > 0


@pytest.mark.slow
def test_viet_nam_spread_agrees_with_the_indicator() -> None:
    """The mean of the spread is the indicator `replacement_rate_at_award` of the run; redistribution adds to nothing."""
    from spsim.experiments.measures import every
    from spsim.run import computed

    checked = check(VIET_NAM)
    assert checked.scenario is not None and checked.document is not None
    outcome = computed(checked.scenario, checked.document)
    indicator = every(outcome)[("pension", "replacement_rate_at_award")].value
    found = adequacy(
        checked.scenario, checked.document, Asked(schemes=("pension",), tables=("distribution",))
    )
    means = {
        row["from_year"]: row["value"]
        for row in found.distribution
        if (row["benefit"], row["by"], row["sex"], row["statistic"]) == ("all", "award_year", "both", "mean")
    }
    assert [means[year] for year in outcome.grid.years] == pytest.approx(
        list(np.asarray(indicator)), rel=1e-9
    )


# The command -----------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_cli(["adequacy", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


IYER = str(ROOT / "scenarios" / "iyer_model_scheme.yaml")


def test_command_prints_and_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "adequacy"
    code, text, error = told(capsys, IYER, "--career", "full", "--out", str(out))
    assert (code, error) == (0, "")
    assert "Careers under pension" in text and "Lifetime redistribution" in text
    assert {file.name for file in (out / "tables").glob("*.csv")} == {
        "careers.csv", "distribution.csv", "redistribution.csv",
    }  # fmt: skip
    assert (out / "results.xlsx").is_file()


def test_command_as_json_and_csv(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (IYER, "--career", "full", "--sex", "male", "--born", "1960", "--tables", "careers")
    code, text, _ = told(capsys, *arguments, "--format", "json")
    rows = json.loads(text)["careers"]
    assert code == 0 and {row["born"] for row in rows} == {1960}
    code, text, _ = told(capsys, *arguments, "--format", "csv")
    assert code == 0 and text.startswith("scheme,career,sex,born,")
    assert len(text.splitlines()) == 1 + len(rows)


MISTAKES = {
    ("--career", "ful"): "did you mean 'full'?",
    ("--born", "1900"): "outside the horizon",
    ("--born", "2090"): "outside the horizon",
    ("--scheme", "pensions"): "did you mean 'pension'?",
    ("--discount-rate", "2"): "outside -0.05 to 0.2",
    ("--wage-deduction", "-0.1"): "outside 0 to 0.9",
    ("--tables", "career"): "choose among",
    ("--format", "csv"): "CSV holds one table",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_end_with_code_2(mistake: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, text, error = told(capsys, IYER, *mistake)
    assert (code, text) == (2, "")
    assert MISTAKES[mistake] in error
    assert "Traceback" not in error


# What a migrant claims, and careers of one sex -------------------------------------------------------

ALIVE = PopulationSurvival(np.array([2025]), np.full((1, 2, 101), 0.01))


def test_a_migrant_takes_the_lump_sum_where_the_law_has_one() -> None:
    """Viet Nam, Art. 70: insured before July 2025 and under 20 years, two months of average earnings for each year since 2014.

    Born in July 1999: insured from July 2023 to July 2031, eight years, 16 months of the average, claimed in the month after.
    """
    law = Law(viet_nam(), "pension")
    life = live(read_plan("migrant"), law, Person(0, month_number("1999-07")), ALIVE, Terms())
    assert life is not None
    assert (life.event, month_label(life.award), len(life.facts.months)) == ("withdrawal", "2031-07", 96)
    average = life.answer.step("reference_earnings").values["average"]
    assert life.once == pytest.approx(16 * average)
    assert measured(life)["pension_wealth"][0] == pytest.approx(life.once)


def test_a_migrant_without_that_right_waits_for_old_age() -> None:
    """First insured in 2034: no withdrawal; at 62 the eight years are paid out (Art. 70(1)(a))."""
    law = Law(viet_nam(), "pension")
    life = live(read_plan("migrant"), law, Person(0, month_number("2010-07")), ALIVE, Terms())
    assert life is not None
    assert (life.event, month_label(life.award), life.pays) == ("old_age", "2072-08", "lump_sum")


def test_a_career_of_one_sex_is_shown_for_that_sex(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    career = tmp_path / "mothers.yaml"
    career.write_text("title: Mothers\nsex: female\n", encoding="utf-8")
    arguments = (IYER, "--career", str(career), "--career", "full", "--tables", "careers", "--format", "json")
    _, text, _ = told(capsys, *arguments)
    sexes = {(row["career"], row["sex"]) for row in json.loads(text)["careers"]}
    assert sexes == {("mothers", "female"), ("full", "male"), ("full", "female")}


def test_the_real_return_of_a_life_makes_its_value_zero() -> None:
    law = Law(viet_nam(), "pension")
    life = live(read_plan("child_care"), law, Person(1, month_number("1985-07")), ALIVE, Terms())
    assert life is not None
    rate = values(life)["real_internal_rate_of_return"]
    months = np.concatenate([life.facts.months, life.months])
    flows = np.concatenate([-life.total_in, life.benefits * life.alive]) / life.prices(months)
    worth = flows * (1 + rate) ** (-(months - months[0]) / 12.0)
    assert abs(worth.sum()) < 1e-9 * np.abs(worth).sum()
