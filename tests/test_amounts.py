"""Amounts made of several primitives: the algebra of formulas, and a projected cohort against `spsim person`, design by design."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.behaviour import PensionBehaviour
from spsim.checks import cross_check
from spsim.checks_amounts import _indices
from spsim.dated import Schedule
from spsim.economy import ReferenceAmount
from spsim.grid import one_person
from spsim.members import Covered
from spsim.person import Question, answer
from spsim.rules.amounts import Formula, combined, formula, linear
from spsim.rules.contributions import Contribution, ContributionBase
from spsim.run import simulate
from spsim.scenario import Scenario
from test_person import GROWTH, LAST, STEP, STILL, one_class, projected_and_of_persons

CAREER = {"kind": "career", "valorisation": "wages"}
INDEX = {"points": {2001: 1000}, "growth": {"prices": 1, "real_wages": 1}}
FINAL = {"kind": "percent_of_earnings", "rate": {"by": "service", "points": {0: 0.2, 15: 0.35}}, "of": "last"}
PER_YEAR = {"kind": "per_year_of_service", "rate": 0.015}
FLAT = {"kind": "flat", "amount": 120}
OTHERS = {
    "last": {"kind": "final", "years": 3},
    "best": {"kind": "best", "years": 2, "within": 8},
    "anywhere": {"kind": "best", "years": 3, "within": 8, "in_a_row": False},
}
ACCOUNT = {"pot": {"allocation": 0.1, "crediting": {"fixed": 0.04}}}
NOTIONAL = {"pot": {"allocation": 0.16, "crediting": {"prices": 1, "real_wages": 1}}}
ANNUITY = {"kind": "annuity", "account": "pot", "divisor": 16}
WITHDRAWAL = {"kind": "programmed_withdrawal", "account": "pot", "divisor": 16}
DESIGNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "sum of a flat amount and a share": ({"kind": "sum_of", "parts": {"flat": FLAT, "earned": PER_YEAR}}, {}),
    "larger of three": ({"kind": "larger_of", "parts": {"a": PER_YEAR, "b": FINAL, "c": FLAT}}, {}),
    "smaller of two, plus a flat amount": (
        {"kind": "sum_of", "parts": {"low": {"kind": "smaller_of", "parts": {"a": PER_YEAR, "b": FINAL}}, "flat": FLAT}},
        {},
    ),
    "what one exceeds another by, and the other way round": (
        {"kind": "sum_of", "parts": {
            "more": {"kind": "excess_of", "amount": FINAL, "over": PER_YEAR},
            "none": {"kind": "excess_of", "amount": PER_YEAR, "over": FINAL},
            "flat": FLAT}},
        {},
    ),
    "half of another": ({"kind": "share_of", "share": 0.5, "amount": FINAL}, {}),
    "a supplement for each of two children and a spouse": (
        {"kind": "sum_of", "parts": {
            "pension": PER_YEAR,
            "children": {"kind": "for_each", "dependant": "child", "most": 2, "amount": {"kind": "share_of", "share": 0.1, "amount": PER_YEAR}},
            "spouse": {"kind": "for_each", "dependant": "spouse", "amount": FLAT}}},
        {"behaviour": {"dependants": {"child": 3, "spouse": 1}}},
    ),
    "two years credited, at the member's own average": (
        {"kind": "sum_of", "parts": {"earned": PER_YEAR, "flat": {"kind": "flat_per_year", "amount": 12}}},
        {"credits": {"children": {"most_years": 2}}, "behaviour": {"credited_years": {"children": 3}}},
    ),
    "credited at earnings of their own, half of them counted": (
        {"kind": "larger_of", "parts": {
            "a": {"kind": "percent_of_earnings", "rate": {"by": "service", "mode": "linear", "points": {0: 0, 20: 0.3, 40: 0.8}}},
            "b": PER_YEAR, "c": FINAL}},
        {"credits": {"army": {"weight": 0.5, "earnings": {"of": "mean_wage"}}}, "behaviour": {"credited_years": {"army": 4}}},
    ),
    "best years wherever they lie": ({"kind": "percent_of_earnings", "rate": 0.4, "of": "anywhere"}, {}),
    "best years": ({"kind": "percent_of_earnings", "rate": 0.4, "of": "best"}, {}),
    "blend of old and new": (
        {"kind": "blend", "old": {"kind": "larger_of", "parts": {"a": FINAL, "b": PER_YEAR}}, "new": PER_YEAR,
         "share_of_old": {"by": "event_date", "points": {2001: 0.8, 2026: 0.6}}}, {},
    ),
    "points": ({"kind": "points", "value": 20, "of": "points"}, {}),
    "flat for each year": ({"kind": "flat_per_year", "amount": 12, "rate": {"by": "event_date", "points": {2001: 1.0}}}, {}),
    "annuity of an account": (ANNUITY, {"accounts": ACCOUNT}),
    "annuity with a divisor by age, half a year between its points": (
        {**ANNUITY, "divisor": {"by": "age", "mode": "linear", "points": {55: 20, 60: 16, 60.5: 14, 65: 10}}}, {"accounts": ACCOUNT},
    ),
    "flat by age at the award": ({"kind": "flat", "amount": {"by": "age", "mode": "linear", "points": {55: 100, 65: 300}}}, {}),
    "account with a match up to a limit and a fixed amount": (
        ANNUITY, {"accounts": {"pot": {"allocation": 0.1, "maximum": 60, "amount": 25, "crediting": {"fixed": 0.04}}}},
    ),
    "notional account": (ANNUITY, {"accounts": NOTIONAL}),
    "programmed withdrawal": (WITHDRAWAL, {"accounts": ACCOUNT}),
    "flat, and half of an annuity": (
        {"kind": "sum_of", "parts": {"flat": FLAT, "half": {"kind": "share_of", "share": 0.5, "amount": ANNUITY}}},
        {"accounts": ACCOUNT},
    ),
}  # fmt: skip


def design(name: str, growth: dict[str, Any]) -> Scenario:
    amount, more = DESIGNS[name]
    others = OTHERS | {"points": {"kind": "career", "valorisation": "mean_wage"}}
    economy = growth | {"reference_amounts": {"mean_wage": INDEX}}
    return one_class(CAREER, amount, economy, other_earnings=others, **more)


@pytest.mark.parametrize("name", DESIGNS)
def test_without_growth_a_cohort_gets_what_its_persons_get(name: str) -> None:
    projected, persons = projected_and_of_persons(design(name, STILL))
    # interest of persons goes by calendar year, of the cohort by steps: half a month of it
    credited = [one["crediting"] for one in DESIGNS[name][1].get("accounts", {}).values()]
    within = 1.04 ** (1 / 12) - 1 if {"fixed": 0.04} in credited else 1e-12
    assert projected == pytest.approx(persons, rel=within)
    assert projected > 50


@pytest.mark.parametrize("name", DESIGNS)
def test_with_growth_they_differ_by_less_than_a_month(name: str) -> None:
    projected, persons = projected_and_of_persons(design(name, GROWTH))
    month = (1.03 * 1.02) ** (1 / 12) - 1
    wages = 1000 * (1.03 * 1.02) ** (STEP - 2001)  # a difference of two amounts is as exact as they are
    assert projected == pytest.approx(
        persons, rel=month, abs=0.35 * wages * month if "exceeds" in name else 0
    )


def person_of(name: str) -> float:
    """A pension after exactly twenty years at 1,000, in January 2025, without growth."""
    found = answer(design(name, STILL), Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000"))
    return float(found.result["monthly_pension"])


def test_designs_worked_by_hand() -> None:
    """20 years: 0.015 x 20 = 30 %, the percentage is 35 %."""
    assert person_of("sum of a flat amount and a share") == pytest.approx(120 + 300)
    assert person_of("larger of three") == pytest.approx(350)
    assert person_of("smaller of two, plus a flat amount") == pytest.approx(300 + 120)
    assert person_of("half of another") == pytest.approx(175)
    assert person_of("what one exceeds another by, and the other way round") == pytest.approx(50 + 120)
    assert person_of("best years") == pytest.approx(400)
    assert person_of("flat for each year") == pytest.approx(240)
    assert person_of("blend of old and new") == pytest.approx(0.8 * 350 + 0.2 * 300)
    assert person_of("points") == pytest.approx(20 * 20)
    assert person_of("notional account") == pytest.approx(0.16 * 1000 * 240 / 16 / 12)
    years, first = (
        np.arange(2005, 2025),
        1200 + 100 * 0.04 * 66 / 12,
    )  # 11 + 10 + ... months of interest in the year of the credits
    assert person_of("annuity of an account") == pytest.approx(
        (first * 1.04 ** (2024 - years)).sum() / 16 / 12
    )


def test_a_flat_amount_a_year_by_the_date_it_was_earned() -> None:
    """Ten years before 2015 at 1.5 x 12, ten after it at 12."""
    amount = {
        "kind": "flat_per_year",
        "amount": 12,
        "rate": {"by": "accrual_date", "points": {1990: 1.5, 2015: 1}},
    }
    scenario = one_class(CAREER, amount, STILL)
    found = answer(scenario, Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000"))
    assert found.result["monthly_pension"] == pytest.approx(10 * 18 + 10 * 12)
    projected, persons = projected_and_of_persons(scenario)
    assert projected == pytest.approx(persons, rel=0.003)


def test_the_best_years_are_found_where_they_are() -> None:
    """2,000 a month in 2018-2019, within the last eight years: the average of those two years."""
    scenario = design("best years", STILL)
    career = "2005-01..2017-12 at 1000, 2018-01..2019-12 at 2000, 2020-01..2024-12 at 1500"
    found = answer(scenario, Question("pension", "male", "1964-12", career))
    assert found.result["monthly_pension"] == pytest.approx(800)


def test_thirteen_payments_a_year() -> None:
    twelve, thirteen = (
        simulate(one_class(LAST, PER_YEAR, STILL, payments_per_year=count))
        .money["pension"]
        .benefits["old_age"]
        for count in (12, 13)
    )
    assert thirteen[STEP - 2001] == pytest.approx(twelve[STEP - 2001] * 13 / 12)


@pytest.mark.parametrize(
    ("amount", "pays", "says"),
    [
        (ANNUITY, "lump_sum", "is a pension, not paid once"),
        ({"kind": "account", "account": "pot"}, "pension", "is paid once, not as a pension"),
        ({"kind": "points", "value": 5}, "pension", "a point is a year at a wage in money"),
        ({"kind": "points", "value": 5, "of": "last"}, "pension", "points are earned over the whole career"),
    ],
)
def test_what_cannot_be_paid_in_that_way(amount: dict[str, Any], pays: str, says: str) -> None:
    benefits = {"old_age": {"kind": "old_age", "tiers": {"tier": {"pays": pays, "amount": amount}}}}
    scenario = one_class(CAREER, FLAT, STILL, benefits=benefits, accounts=NOTIONAL, other_earnings=OTHERS)
    errors = [problem.message for problem in cross_check(scenario) if problem.severity == "error"]
    assert len(errors) == 1 and says in errors[0]


def test_an_index_without_a_past_is_told() -> None:
    """Members of twenty years would count all of them at the one wage that is known."""
    scenario = design("points", STILL)
    economy = scenario.economy
    assert economy is not None
    late = ReferenceAmount.model_validate({"points": {2001: 1000}})
    changed = economy.model_copy(update={"reference_amounts": {"mean_wage": late}})
    members = Covered(kind="covered", group="all", run_in_years=20)
    scheme = scenario.schemes["pension"].model_copy(update={"members": members})
    found = list(_indices(("schemes", "pension"), scheme, changed))
    assert [problem.severity for problem in found] == ["warning"] and "1990" in found[0].message


# The algebra --------------------------------------------------------------------------------------

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)


@given(NUMBERS)
def test_formulas_are_what_they_say(values: list[float]) -> None:
    a, b, c = (formula(linear(value)) for value in values)
    terms = values
    larger = combined("larger", [a, b, c])
    assert larger.value(terms) == max(values)
    assert combined("smaller", [a, combined("larger", [b, c])]).value(terms) == min(
        values[0], max(values[1:])
    )
    nested = combined("add", [combined("larger", [a, b]), c])
    assert nested.value(terms) == max(values[:2]) + values[2]
    assert [float(term.flat.item()) for term in nested.scaled(2.0).terms] == [2 * value for value in values]


def test_a_formula_keeps_the_names_of_its_terms() -> None:
    both = combined("add", [formula(linear(rate=0.1, name="last")), formula(linear(flat=1))])
    assert isinstance(both, Formula)
    assert [term.name for term in both.terms] == ["last", ""]
    assert one_person(24000.0, {}).person


# Late retirement and contributions -----------------------------------------------------------------

LATE = {
    "old_age": {
        "kind": "old_age",
        "tiers": {
            "pension": {"pays": "pension", "amount": FLAT},
            "late": {
                "pays": "pension",
                "amount": FLAT,
                "years_after": 3,
                "increase": {"basis": "factor", "per_year": 0.084},
            },
        },
    }
}


def late_scenario() -> Scenario:
    scenario = one_class(LAST, FLAT, STILL, benefits=LATE)
    chosen = PensionBehaviour(kind="pension", use={"old_age": {"pension": 0.4, "late": 0.5}})
    return scenario.model_copy(update={"behaviour": {"pension": chosen}})


def test_late_retirement_of_one_person() -> None:
    """Each of 18 months adds 0.7 per cent of the amount; at the age itself nothing is added; after three years nothing is left."""
    question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000")
    at_age = answer(late_scenario(), question)
    assert (at_age.result["tier"], at_age.result["monthly_pension"]) == ("pension", 120)
    later = answer(late_scenario(), replace(question, on="2026-07"))
    assert later.result["tier"] == "late"
    assert later.result["monthly_pension"] == pytest.approx(120 * (1 + 18 * 0.007))
    assert answer(late_scenario(), replace(question, on="2028-02")).result["tier"] == "pension"


def test_late_retirement_of_a_cohort() -> None:
    """Forty per cent retire at 60, half of the rest a year later, 11.5 months late on average; then those in their last year, all of
    them, and half of the others; the rest a year later."""
    stocks = simulate(late_scenario()).pensions["pension"]
    step = STEP - 2001
    at_age, late = (stocks.flows.value_heads[0, v].sum(axis=(1, 4)) for v in (0, 1))
    amount = stocks.flows.value_amount[0, 1].sum(axis=(1, 4))
    reaching = at_age[step, 0, 60 - stocks.grid.youngest] / 0.4
    closing = 5 / 12  # of those 18 to 29 months late in the middle of the step, the share beyond 24
    left = 0.6
    for years, months, share in ((1, 11.5, 0.0), (2, 23.5, closing), (3, 35.5, 1.0)):
        cell = (step, 0, 60 + years - stocks.grid.youngest)
        leaving = left * (share + (1 - share) * 0.5)
        left -= leaving
        assert late[cell] / reaching == pytest.approx(leaving, rel=0.05)
        if years == 1:
            assert amount[cell] / late[cell] / 12 == pytest.approx(120 * (1 + months * 0.007), rel=1e-9)


@pytest.mark.parametrize(("precedence", "paid"), [("floor_wins", 500), ("cap_wins", 300)])
def test_which_limit_holds_where_they_cross(precedence: str, paid: float) -> None:
    tier = {"pays": "pension", "amount": PER_YEAR, "floor": 500, "cap": 300, "precedence": precedence}
    scenario = one_class(
        LAST, FLAT, STILL, benefits={"old_age": {"kind": "old_age", "tiers": {"pension": tier}}}
    )
    assert not [problem for problem in cross_check(scenario) if problem.severity == "error"]
    projected, persons = projected_and_of_persons(scenario)
    assert (projected, persons) == (pytest.approx(paid), pytest.approx(paid))


def test_the_increase_stops_after_its_most_years() -> None:
    tier = LATE["old_age"]["tiers"]["late"]
    held = {"old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": FLAT}, "late": tier | {
        "years_after": 20, "increase": {"basis": "factor", "per_year": 0.084, "most_years": 2}}}}}  # fmt: skip
    scenario = one_class(LAST, FLAT, STILL, benefits=held)
    scenario = scenario.model_copy(update={"behaviour": late_scenario().behaviour})
    question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000", on="2030-01")
    assert answer(scenario, question).result["monthly_pension"] == pytest.approx(120 * 1.168)


def test_growth_of_an_account_has_a_floor() -> None:
    """Wages fall by one per cent a year; the balance keeps its face value."""
    crediting = {"prices": 1, "real_wages": 1, "at_least": 0.0}
    falling = {"price_inflation": -0.01, "real_wage_growth": 0}
    accounts = {"pot": {"allocation": 0.16, "crediting": crediting}}
    scenario = one_class(CAREER, ANNUITY, falling, accounts=accounts)
    found = answer(scenario, Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000"))
    assert found.result["monthly_pension"] == pytest.approx(0.16 * 1000 * 240 / 16 / 12)


def test_an_allocation_by_wage_is_of_the_whole_wage() -> None:
    accounts = {
        "pot": {"allocation": {"by": "wage", "points": {0: 0.2, 900: 0.1}}, "crediting": {"fixed": 0}}
    }
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=accounts)
    projected, persons = projected_and_of_persons(scenario)
    assert projected == pytest.approx(persons, rel=1e-12)
    low = answer(scenario, Question("pension", "male", "1964-12", "2005-01..2024-12 at 800"))
    assert low.result["monthly_pension"] == pytest.approx(0.2 * 800 * 240 / 16 / 12)
    assert persons == pytest.approx(0.1 * 1000 * 240 / 16 / 12)


def test_the_part_of_the_wage_above_a_limit() -> None:
    base = ContributionBase.model_validate({"above": 700, "ceiling": 1500})
    moments = one_person(24000.0, {})
    assert [float(base.of_wage(wage, moments)[0]) for wage in (500, 700, 1000, 9000)] == [0, 0, 300, 800]
    scenario = one_class(LAST, PER_YEAR, STILL, contribution_base={"above": 700, "ceiling": 1500})
    money = simulate(scenario).money["pension"]
    assert money.contributory_wages[3] == pytest.approx(money.contributors[3] * 12 * 300)


def test_a_rate_by_wage_is_of_the_whole_wage() -> None:
    """Brackets of 10.5, 9.5 and 8.5 per cent with a least contribution: the liability falls where a bracket begins."""
    rule = Contribution(
        party="employer",
        rate=Schedule(by="wage", points={0: 0.105, 1500.01: 0.095, 2800.01: 0.085}),
        minimum=57.5,
    )
    wages = np.array([500, 1500, 1500.01, 2800, 2800.01]).reshape(1, 1, 1, 5)
    paid = rule.monthly(one_person(24000.0, {}), wages)[0, 0, 0]
    assert paid == pytest.approx([57.5, 157.5, 142.5, 266, 238], abs=0.002)


def test_a_projection_pays_contributions_in_money() -> None:
    rules = {
        "flat": {"party": "employee", "amount": 15},
        "share": {"party": "employer", "rate": {"by": "wage", "points": {0: 0.2, 900: 0.1}}},
    }
    scenario = one_class(LAST, PER_YEAR, STILL, contributions=rules)
    money = simulate(scenario).money["pension"]
    paid = {party: amount[-1] for (_, party), amount in money.contributions.items()}
    assert paid["employee"] == pytest.approx(15 * 12 * money.contributors[-1])
    assert paid["employer"] == pytest.approx(0.1 * money.contributory_wages[-1])


def test_members_draw_on_their_accounts() -> None:
    """A tenth of every balance is drawn each year: what is drawn and what is left are the balance before."""
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=NOTIONAL)
    drawing = PensionBehaviour(kind="pension", account_withdrawals={"pot": 0.1})
    changed = scenario.model_copy(update={"behaviour": {"pension": drawing}})
    plain, drawn = (simulate(one).pensions["pension"] for one in (scenario, changed))
    assert "pot_drawn_out" not in plain.lump_sums
    money = drawn.lump_sums["pot_drawn_out"].amount.sum(axis=(1, 2))
    assert money[5] > 0
    award = [one.awards["old_age"].amount[STEP - 2001] for one in (plain, drawn)]
    assert award[1] < 0.5 * award[0]
    heads = drawn.lump_sums["pot_drawn_out"].persons.sum(axis=(1, 2))[5]
    assert heads == pytest.approx(0.1 * drawn.contributors[5].sum(), rel=0.01)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"credits": {"army": {}}}, "no member has any of these years"),
        ({"behaviour": {"credited_years": {"army": 1}}}, "unknown credit 'army'"),
        ({"behaviour": {"dependants": {"child": 1}}}, "no amount pays anything for them"),
    ],
)
def test_credits_and_dependants_that_do_nothing_are_refused(more: dict[str, Any], words: str) -> None:
    scenario = one_class(CAREER, PER_YEAR, STILL, **more)
    assert any(words in problem.message for problem in cross_check(scenario))


def test_a_supplement_that_nobody_gets_is_refused() -> None:
    amount = {
        "kind": "sum_of",
        "parts": {"a": PER_YEAR, "b": {"kind": "for_each", "dependant": "child", "amount": FLAT}},
    }
    problems = list(cross_check(one_class(CAREER, amount, STILL)))
    assert any("would never be paid" in problem.message for problem in problems)


def test_credited_years_open_a_right_that_contributions_alone_do_not() -> None:
    """Thirty-four years are asked of members who leave with thirty at most; fifteen years credited make it up."""
    tier = {"pays": "pension", "amount": PER_YEAR, "service": {"at_least": 34}}
    benefits = {"old_age": {"kind": "old_age", "tiers": {"pension": tier}}}
    with_years = {
        "credits": {"army": {}},
        "behaviour": {"credited_years": {"army": 15}},
        "benefits": benefits,
    }
    projected, persons = projected_and_of_persons(one_class(CAREER, PER_YEAR, STILL, **with_years))
    assert projected == pytest.approx(persons, rel=1e-12)
    alone = (
        simulate(one_class(CAREER, PER_YEAR, STILL, benefits=benefits)).pensions["pension"].awards["old_age"]
    )
    assert alone.persons[STEP - 2001] == pytest.approx(0.0)


def test_members_do_not_draw_before_the_law_lets_them() -> None:
    account = {"pot": ACCOUNT["pot"] | {"drawings": {"at_55": {"from_age": 55, "most_share": 0.3}}}}
    amount = {"kind": "annuity", "account": "pot", "divisor": 16}
    for points, wrong in (({15: 0, 50: 0.1}, True), ({15: 0, 55: 0.1}, False)):
        drawn = {"behaviour": {"account_withdrawals": {"pot": {"by": "age", "points": points}}}}
        problems = list(cross_check(one_class(CAREER, amount, STILL, accounts=account, **drawn)))
        assert (
            any("no right of the account opens before 55" in problem.message for problem in problems) == wrong
        )


def test_one_persons_wage_bill_grows_with_the_average_wage() -> None:
    """An account that follows the wage bill is, for one person, one that follows wages; half of it half as fast."""
    question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000")

    def balance(crediting: dict[str, float]) -> float:
        accounts = {"pot": {"allocation": 0.16, "crediting": crediting}}
        found = answer(one_class(CAREER, ANNUITY, GROWTH, accounts=accounts), question)
        return float(found.result["monthly_pension"])

    wages = (1 + 0.03) * (1 + 0.02) - 1
    assert balance({"wage_bill": 1}) == pytest.approx(balance({"prices": 1, "real_wages": 1}), rel=1e-9)
    assert balance({"wage_bill": 0.5}) == pytest.approx(balance({"fixed": 0.5 * wages}), rel=1e-9)
    assert balance({"wage_bill": 1}) > 1.1 * balance({})


def test_a_match_up_to_a_limit_by_hand() -> None:
    """A tenth of 1,000 is more than the 60 that are matched; with 25 a month they are 85."""
    assert person_of("account with a match up to a limit and a fixed amount") == pytest.approx(
        0.85 * person_of("annuity of an account")
    )


@pytest.mark.parametrize(("wage", "paid"), [(100, 30), (600, 60), (5000, 200), (4000, 200)])
def test_a_match_is_between_its_least_and_its_most(wage: float, paid: float) -> None:
    """Ten per cent, at least 30 and at most 200 a month."""
    rule = Contribution.model_validate(
        {
            "party": "state",
            "rate": 0.1,
            "minimum": 30,
            "maximum": 200,
            "source": "a test",
            "status": "assumption",
        }
    )
    due = rule.monthly(one_person(24000.0, {}), np.full((1, 1, 1, 1), float(wage)))
    assert due[0, 0, 0, 0] == paid
    assert not rule.is_plain_rate
