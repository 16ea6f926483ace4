"""What is paid at a death: conditions on the record, further ways to the right, payments beside pensions, guarantees, pensions reckoned.

Expected figures are worked by hand from the rules or counted by plain loops. The families are those of `test_survivors_shares`: men at a
wage of 100 whose pension is 40 a month, one in ten of whom dies at 40 or 41, half of those who reach 80 before 85.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.behaviour import Family, PensionBehaviour
from spsim.checks import cross_check
from spsim.dated import Schedule
from spsim.errors import InputError
from spsim.grid import Grid, one_person
from spsim.increases import Increases
from spsim.outcome import Outcome
from spsim.person import Question, answer
from spsim.person_survivors import of_family
from spsim.rules.survivors import Survivors, SurvivorShares
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.stocks.guarantees import guarantee, years_followed
from spsim.stocks.survivor_shares import Deceased, columns, heirs, heirs_in_payment
from test_survivors_shares import ALL_MARRIED, FLAT, SPOUSE, rule, scenario

Tree = dict[str, Any]
AT_ONCE = {"kind": "death", "tiers": {"all": {"pays": "lump_sum", "amount": {"kind": "flat", "amount": 10}}}}
OLD_AGE = {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": FLAT}}}
CAREER = "2005-01..2019-12 at 1000"


def behaving(found: Scenario, **changes: Any) -> Scenario:
    """The same scenario with members who behave otherwise."""
    behaviour = found.behaviour["pension"].model_copy(update=changes)
    return found.model_copy(update={"behaviour": {"pension": behaviour}})


def begun(outcome: Outcome) -> np.ndarray:
    """Persons who begin a pension of survivors in each of the first ten steps, when only members die."""
    return np.asarray(outcome.pensions["pension"].pensions["family"].new_persons.sum(axis=(1, 2))[:10])


def dead(outcome: Outcome) -> np.ndarray:
    """Deaths of members in the first ten steps."""
    flows = outcome.pensions["pension"].flows
    return np.asarray((flows.deaths_contributors + flows.deaths_dormant)[0].sum(axis=(1, 2))[:10])


# Conditions on the record ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "share"),
    [({"density": 0.8}, 0.75), ({"recent": {"months": 24, "within": 40}}, 1.0), ({"density": 0.5}, 1.0)],
)
def test_contributors_meet_conditions_by_the_share_of_their_months(asked: Tree, share: float) -> None:
    """Who pays 60 % of the months meets 24 of 40 and a half, and four fifths to the share 0.6 / 0.8."""
    plain, ruled = (
        begun(simulate(behaving(scenario(SPOUSE | more), contribution_density=0.6))) for more in ({}, asked)
    )
    assert plain[1:].min() > 10
    np.testing.assert_allclose(ruled, share * plain, rtol=1e-12)


@pytest.mark.parametrize("qualifying", [0.0, 0.3])
def test_those_who_have_stopped_meet_them_by_a_share_of_their_own(qualifying: float) -> None:
    """Everyone stops at 35 and dies at 40: the share said gives rights, by the first way alone."""
    stopped = {"leaving_rate": {"by": "age", "points": {0: 0, 34: 1}}}
    ruled = SPOUSE | {"density": 0.5, "otherwise": {"less": {"density": 0.25}}}
    outcomes = [
        simulate(behaving(scenario(survivors), former_qualifying=qualifying, **_values(stopped)))
        for survivors in (SPOUSE, ruled)
    ]
    whole, some = (begun(outcome)[6:] for outcome in outcomes)
    assert whole.min() > 10
    np.testing.assert_allclose(some, qualifying * whole, rtol=1e-9)


def _values(changes: Tree) -> Tree:
    """Fields of the behaviour as its model reads them."""
    read = PensionBehaviour.model_validate({"kind": "pension"} | changes)
    return {name: getattr(read, name) for name in changes}


def test_a_further_way_has_its_own_pension() -> None:
    """Three quarters have 40, the others 20: half of it to the widow is 12 · (0.75 · 20 + 0.25 · 10) a year on average."""
    other = {"less": {"pension_of_members": {"kind": "percent_of_earnings", "rate": 0.2}}}
    ruled = SPOUSE | {"density": 0.8, "otherwise": other}
    paid = (
        simulate(behaving(scenario(ruled), contribution_density=0.6)).pensions["pension"].pensions["family"]
    )
    mean = paid.amount[1:10].sum(axis=(1, 2)) / paid.persons[1:10].sum(axis=(1, 2))
    np.testing.assert_allclose(mean, 12 * (0.75 * 20 + 0.25 * 10), rtol=1e-12)


@pytest.mark.parametrize(
    ("career", "spouse"),
    [
        ("2012-01..2019-12 at 1000", 200.0),  # all months since the first, eight years
        ("2010-01..2014-12 at 1000", 100.0),  # 60 of 120 months: half of them, the further way
        ("2010-01..2014-11 at 1000", 0.0),  # 59 of 120 months, and less than five years
    ],
)
def test_one_person_by_the_months_paid(career: str, spouse: float) -> None:
    other = {"half": {"density": 0.5, "pension_of_members": {"kind": "percent_of_earnings", "rate": 0.2}}}
    ruled = SPOUSE | {"density": 0.8, "otherwise": other}
    said = answer(scenario(ruled), Question("pension", "male", "1980-01", career, "death", "2020-01"))
    assert said.result["survivors"]["spouse"] == pytest.approx(spouse)
    assert said.result["survivors"]["entitled"] == (spouse > 0)


@pytest.mark.parametrize(("last", "paid"), [("2019-11", 10.0), ("2019-06", 0.0)])
def test_a_grant_to_those_who_paid_lately(last: str, paid: float) -> None:
    grant = {
        "kind": "death",
        "tiers": {"all": AT_ONCE["tiers"]["all"] | {"recent": {"months": 1, "within": 6}}},
    }
    benefits = {"old_age": OLD_AGE, "grant": grant}
    ruled = scenario(SPOUSE, benefits=benefits)
    said = answer(
        ruled, Question("pension", "male", "1980-01", f"2015-01..{last} at 1000", "death", "2020-01")
    )
    assert said.result["paid_once"] == paid
    stopped = behaving(ruled, **_values({"leaving_rate": {"by": "age", "points": {0: 0, 34: 1}}}))
    lump = simulate(stopped).pensions["pension"].lump_sums["grant"].persons.sum(axis=(1, 2))
    assert lump[1] > 10 and lump[7:10].max() < 1e-9


# Families -------------------------------------------------------------------------------------------


def test_one_share_for_all_children_together() -> None:
    """Three fifths to the widow, two fifths to the children however many: of 1,000 a month."""
    shares = SurvivorShares(spouse=0.6, children=0.4, parent=0.4).on(one_person(24000.0, {}))
    for children in (1, 2, 3):
        assert of_family(shares, {"spouse": 1, "child": children}, 4, 1000.0, 0.0) == pytest.approx(
            {"spouse": 600, "child": 400}
        )
    assert of_family(shares, {"child": 2}, 4, 1000.0, 0.0) == pytest.approx({"child": 400})
    three = of_family(shares, {"spouse": 1, "child": 1, "parent": 1}, 4, 1000.0, 0.0)
    assert three == pytest.approx({"spouse": 1000 * 6 / 14, "child": 1000 * 4 / 14, "parent": 1000 * 4 / 14})


def test_a_share_by_the_number_of_survivors() -> None:
    """Half for one, three quarters for two, all for three and more, shared alike."""
    shares = SurvivorShares(spouse=1, child=1, by_number=[0.5, 0.75, 1.0]).on(one_person(24000.0, {}))
    for family, whole in (({"spouse": 1}, 500), ({"child": 2}, 750), ({"spouse": 1, "child": 2}, 1000)):
        assert sum(of_family(shares, family, 6, 1000.0, 0.0).values()) == pytest.approx(whole)
    found = of_family(shares, {"spouse": 1, "child": 4}, 6, 1000.0, 0.0)
    assert found == pytest.approx({"spouse": 200, "child": 800})
    assert of_family(shares, {"parent": 1}, 6, 1000.0, 0.0) == {}


@given(st.floats(0, 1), st.floats(0, 5), st.floats(0, 1), st.booleans())
def test_no_family_has_more_than_the_most(spouse: float, child: float, most: float, by_number: bool) -> None:
    """The mean family has between nothing and the most of those who leave one; a whole family what one person is told."""
    more: Tree = {"by_number": [0.5, 0.75, 1.0]} if by_number else {"most": most}
    shares = SurvivorShares.model_validate({"spouse": 0.6, "children": 0.4} | more).on(
        one_person(24000.0, {})
    )
    heads = np.array([spouse, child, 0.0]).reshape(3, 1, 1, 1)
    together, families = float(shares.together(heads).item()), min(spouse + child, 1.0)
    assert 0 <= together <= (1.0 if by_number else most) * families + 1e-12
    whole = np.array([1.0, 2.0, 0.0]).reshape(3, 1, 1, 1)
    told = sum(of_family(shares, {"spouse": 1, "child": 2}, 4, 1.0, 0.0).values())
    assert float(shares.together(whole).item()) == pytest.approx(told)


# Payments beside ------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [5.0, 15.25])
def test_what_is_paid_where_nobody_has_a_pension(years: float) -> None:
    """60 of 100 leave a widow: all deaths but those with the record and a widow are paid, also where the limit divides a cell."""
    family = {"married": 0.6, "spouse_without_income": 1.0}
    survivors = SPOUSE | {"service": {"at_least": years}}
    tier = AT_ONCE["tiers"]["all"]
    beside = {"kind": "death", "tiers": {
        "short": tier | {"service": {"below": years}}, "alone": tier | {"unless": "family"}}}  # fmt: skip
    outcome = simulate(
        scenario(survivors, family, benefits={"old_age": OLD_AGE, "family": survivors, "grant": beside})
    )
    stocks, scheme = outcome.pensions["pension"], outcome.scenario.schemes["pension"]
    assert not list(cross_check(outcome.scenario)) and scheme is not None
    values = stocks.flows.value_heads[0].sum(axis=(2, 3, 4, 5))
    short, alone, rights = values[1], values[2], values[3:].sum(axis=0)  # after old age, in the order written
    np.testing.assert_allclose((short + alone)[1:10], (dead(outcome) - 0.6 * rights[:10])[1:], rtol=1e-12)
    assert alone[1:10].min() > 10


@pytest.mark.parametrize(
    ("family", "once", "monthly"), [(None, 0.0, 200.0), ("spouse", 0.0, 200.0), ("2 parents", 10.0, 0.0), ("none", 10.0, 0.0)]
)  # fmt: skip
def test_one_person_leaves_somebody_or_nobody(family: str | None, once: float, monthly: float) -> None:
    tier = AT_ONCE["tiers"]["all"] | {"unless": "family"}
    benefits = {"old_age": OLD_AGE, "family": SPOUSE, "grant": {"kind": "death", "tiers": {"alone": tier}}}
    question = Question("pension", "male", "1980-01", CAREER, "death", "2020-01", family=family)
    said = answer(scenario(SPOUSE, benefits=benefits), question)
    found = said.result["survivors"]
    assert said.result["paid_once"] == once
    assert found.get("family_total", found["spouse"]) == pytest.approx(monthly)


def test_months_of_a_pension_paid_once() -> None:
    """36 times a pension of 300 and 40 % of 1,000: 36 × 700."""
    pension = {"kind": "sum_of", "parts": {"flat": {"kind": "flat", "amount": 300}, "share": FLAT}}
    tier = {"pays": "lump_sum", "amount": {"kind": "months_of_pension", "months": 36, "amount": pension}}
    benefits = {"old_age": OLD_AGE, "grant": {"kind": "death", "tiers": {"all": tier}}}
    ruled = scenario(SPOUSE, benefits=benefits)
    said = answer(ruled, Question("pension", "male", "1980-01", CAREER, "death", "2020-01"))
    assert said.result["paid_once"] == pytest.approx(36 * 700)
    lump = simulate(ruled).pensions["pension"].lump_sums["grant"]  # wages of 100 here
    np.testing.assert_allclose(lump.amount, 36 * 340 * lump.persons, rtol=1e-12)


# Guarantees -----------------------------------------------------------------------------------------


def still(years: int) -> Increases:
    """No increases."""
    return Increases(0, np.ones(12 * years), np.zeros(12 * years))


def test_everyone_or_their_heirs_get_the_guaranteed_months() -> None:
    """Awards of 100 persons at 1,200 a year, of whom a third dies in each later year: 60 months of 100 for each of them in all."""
    years, months = 12, 60
    heads, mortality = np.zeros((years, 2, 101, 1)), np.full((years, 2, 101), 1 / 3)
    heads[2, 0, 60] = 100.0
    mortality[:, :, 64:] = 1.0  # the last die four years after the award
    base = np.zeros((2, years_followed(months), 2, 101, 1))
    found = guarantee(months, heads, 1200 * heads, base, mortality, still(years), np.zeros(years))
    alive, lived = 100.0, 0.0
    for n in range(5):
        alive *= 1.0 if n == 0 else 1 - mortality[0, 0, 60 + n]
        lived += alive  # each 1 July stands for a year of pension
    assert alive == 0
    assert 1200 * lived + found.money.sum() == pytest.approx(100 * 60 * 100.0)
    assert found.persons.sum() == pytest.approx(100)
    # who dies a year after the award, 11/12 of whose year .. 13/12: on average 48 months are left
    assert found.money[3].sum() == pytest.approx(100 / 3 * 48 * 100)


def test_what_heirs_get_has_risen_to_the_middle_of_the_step() -> None:
    """Pensions rise by 21 % each January: who dies two years after the award leaves 36 pensions of 1,200 / 12, risen once and half a step."""
    heads, mortality = np.zeros((8, 2, 101, 1)), np.zeros((8, 2, 101))
    heads[1, 0, 60], mortality[3, 0, 62] = 100.0, 1.0
    rises = np.tile(np.r_[1.21, np.ones(11)], 8)
    raised = Increases(0, rises, np.zeros(96))
    base = np.zeros((2, years_followed(60), 2, 101, 1))
    found = guarantee(60, heads, 1200 * heads, base, mortality, raised, np.zeros(8))
    after_award = raised.first_rise[1] * raised.rise[2]
    assert raised.rise[2] == pytest.approx(1.21)
    assert found.money[3].sum() == pytest.approx(100 * 36 * 100 * after_award * 1.1, rel=1e-9)


def test_the_last_deaths_within_a_guarantee_are_halved() -> None:
    """Of those who die five years after the award half had 54 to 60 months: 3 are left to them on average."""
    heads, mortality = np.zeros((8, 2, 101, 1)), np.zeros((8, 2, 101))
    heads[1, 1, 60], mortality[6, 1, 65] = 100.0, 1.0
    base = np.zeros((2, years_followed(60), 2, 101, 1))
    found = guarantee(60, heads, 1200 * heads, base, mortality, still(8), np.zeros(8))
    assert found.persons.sum() == pytest.approx(50)
    assert found.money.sum() == pytest.approx(50 * 3 * 100, rel=1e-4)


def test_guarantee_of_a_scheme() -> None:
    """1,000 new pensioners of 40 a month each year, half of whom die at 61 or 62: the rest of 60 months, under the pension's name."""
    tiers = {"pension": OLD_AGE["tiers"]["pension"] | {"guaranteed_months": 60}}
    found = scenario(SPOUSE, benefits={"old_age": {"kind": "old_age", "tiers": tiers}})
    scheme = found.schemes["pension"]
    table = Schedule.model_validate({"by": "age", "mode": "linear", "points": {61: 1000, 63: 500}})
    members = scheme.members.model_copy(update={"service_table": table})
    mortal = {"pension": scheme.model_copy(update={"members": members})}
    outcome = simulate(found.model_copy(update={"schemes": mortal}))
    stocks, alive, expected = outcome.pensions["pension"], 1000.0, 0.0
    for n in range(1, 5):
        died = alive * stocks.members.pensioner_death[5, 0, 60 + n]
        alive, expected = alive - died, expected + died * (60 - 12 * n) * 40
    assert stocks.awards["old_age"].persons[1:20] == pytest.approx(np.full(19, 1000.0)) and expected > 0
    paid = stocks.lump_sums["old_age_to_heirs"].amount.sum(axis=(1, 2))
    np.testing.assert_allclose(paid[8:20], expected, rtol=1e-9)
    np.testing.assert_allclose(outcome.money["pension"].benefits["old_age_to_heirs"], paid, rtol=1e-12)


@pytest.mark.parametrize(("since", "left"), [("2005-01", 60), ("2007-01", 84), ("2010-01", 120)])
def test_one_pensioner_leaves_the_rest_of_the_guarantee(since: str, left: int) -> None:
    """400 a month, 120 months guaranteed; death in January 2010."""
    tiers = {"pension": OLD_AGE["tiers"]["pension"] | {"guaranteed_months": 120}}
    ruled = scenario(SPOUSE, benefits={"old_age": {"kind": "old_age", "tiers": tiers}})
    question = Question(
        "pension", "male", "1940-01", "1980-01..2004-12 at 1000", "death", "2010-01", pension_since=since
    )
    said = answer(ruled, question)
    assert said.result["grants"]["old_age_to_heirs"] == pytest.approx(400 * left)
    assert said.step("guarantee").values["left"] == left


# Pensions reckoned ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("reckoned", "widow"), [(30, 15.0), (100, 40.0)])
def test_survivors_of_pensioners_by_the_pension_reckoned(reckoned: float, widow: float) -> None:
    """Half of 30, or half of 100 cut to the 40 drawn; prices rise and raise both alike."""
    amount = {"kind": "flat", "amount": reckoned}
    survivors = SPOUSE | {"service": {"at_least": 100}, "pension_of_pensioners": amount}
    outcome = simulate(scenario(survivors, ALL_MARRIED))
    paid = outcome.pensions["pension"].pensions["family"]
    late = paid.persons.sum(axis=(1, 2)) > 1
    assert late.any()
    mean = paid.amount.sum(axis=(1, 2))[late] / paid.persons.sum(axis=(1, 2))[late]
    np.testing.assert_allclose(mean, 12 * widow, rtol=1e-9)
    question = Question("pension", "male", "1945-01", "1980-01..2004-12 at 100", "death", "2010-01")
    said = answer(scenario(survivors), question)
    assert said.result["survivors"]["spouse"] == pytest.approx(widow)


def test_pension_drawn_is_raised_until_death() -> None:
    """40 a month from 2005 on, prices 2 %: five increases in January to a death in July 2010."""
    found = scenario(SPOUSE, prices=0.02, indexation={"prices": 1})
    question = Question("pension", "male", "1944-12", "1980-01..2004-12 at 100", "death", "2010-07")
    said = answer(found, question)
    assert said.result["survivors"]["pension_of_deceased"] == pytest.approx(40 * 1.02**5)
    later = Question(
        "pension", "male", "1944-12", "1980-01..2004-12 at 100", "death", "2010-07", pension_since="2008-01"
    )
    assert answer(found, later).result["survivors"]["pension_of_deceased"] == pytest.approx(40 * 1.02**2)


def test_a_spouse_is_paid_to_the_age_of_the_deceased() -> None:
    """15 years, but not past 75: of deaths at 50, 65 and 75 spouses are paid over 15, 10 and 0 1 Julys."""
    limited = Survivors.model_validate(SPOUSE | {"spouse_years": 15, "until_age_of_deceased": 75})
    grid = Grid(2000, 2030, 0, 100, 1, 1)
    moments, family = (
        grid.steps({}, "1990"),
        Family(married=1.0, spouse_without_income=1.0, husband_older_years=0),
    )
    nobody, years = np.zeros((31, 101)), np.zeros(31)
    for age, expected in ((50, 15), (65, 10), (75, 0)):
        deaths = np.zeros((31, 2, 101, 1))
        deaths[1, 0, age] = 1.0
        new = heirs([Deceased(deaths, 480 * deaths)], limited, family, moments, nobody)
        base = (np.zeros((2, 101, columns(limited))),) * 2
        persons, money = heirs_in_payment(new, base, np.zeros((31, 2, 101)), years, limited)
        assert persons.sum() == pytest.approx(expected), age
        assert money.sum() == pytest.approx(240 * expected), age
    ended = answer(
        scenario(SPOUSE | {"spouse_years": 15, "until_age_of_deceased": 75}),
        Question("pension", "male", "1945-01", "1980-01..2004-12 at 100", "death", "2020-02"),
    )
    assert ended.result["survivors"]["entitled"] is False


ADDITION = {"spouse_addition": {"amount": {"male": 0, "female": 10}, "from_age": 44, "to_age": 47}}


def test_an_addition_for_widows_without_children() -> None:
    """Widows are five years older, 45 to 47 at the award; nobody is born here, so that all of 44 to 46 have 10 a month more."""
    plain, more = (
        simulate(scenario(SPOUSE | changes)).pensions["pension"].pensions["family"]
        for changes in ({}, ADDITION)
    )
    np.testing.assert_allclose(more.persons, plain.persons)
    young = plain.persons[:, 1, 44:47].sum(axis=1)
    assert young[1:10].min() > 10
    np.testing.assert_allclose((more.amount - plain.amount).sum(axis=(1, 2)), 120 * young, rtol=1e-9)


@pytest.mark.parametrize(
    ("family", "amount"),
    [("spouse of 44", 210.0), ("spouse of 47", 200.0), ("spouse", 200.0), ("spouse of 45, 1 child", 200.0)],
)
def test_one_widow_with_an_addition(family: str, amount: float) -> None:
    question = Question("pension", "male", "1980-01", CAREER, "death", "2020-01", family=family)
    said = answer(scenario(SPOUSE | ADDITION), question)
    assert said.result["survivors"]["family_total"] == pytest.approx(amount)


CHOICES = {"choices": [{"survivors": 1}, {"survivors": 0.3, "own": 1}]}


@pytest.mark.parametrize(("own", "left"), [(0.0, 200.0), (100.0, 100.0), (300.0, 60.0)])
def test_one_spouse_with_a_pension_of_their_own(own: float, left: float) -> None:
    """The greater of 200 and own + 60, less the own pension."""
    words = ("pension", "male", "1980-01", CAREER, "death", "2020-01")
    said = answer(
        scenario(SPOUSE | {"beside_own_pension": CHOICES}),
        Question(*words, family="spouse of 40", spouse_own_pension=own),
    )
    assert said.result["survivors"]["family_total"] == pytest.approx(left)
    older = SPOUSE | {"beside_own_pension": CHOICES | {"from_age": 65}}
    young = answer(scenario(older), Question(*words, family="spouse of 40", spouse_own_pension=own))
    assert young.result["survivors"]["family_total"] == pytest.approx(200)


def test_spouses_with_pensions_of_their_own() -> None:
    """Half as much of their own from 47 on: the whole less a half, for spouses of 47 and more."""
    rules = SPOUSE | {"beside_own_pension": CHOICES | {"from_age": 47}}
    plain = simulate(scenario(SPOUSE)).pensions["pension"].pensions["family"]
    cut = simulate(scenario(rules, {"own_pension": 0.5})).pensions["pension"].pensions["family"]
    np.testing.assert_allclose(cut.amount[:, :, :47], plain.amount[:, :, :47])
    np.testing.assert_allclose(cut.amount[:, :, 47:], 0.5 * plain.amount[:, :, 47:], rtol=1e-12)
    assert plain.amount[:, :, 47:].sum() > 0


# Refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shares": {"child": 0.2, "children": 0.3}}, "one share together, not both"),
        ({"shares": {"spouse": 1, "by_number": [0.5], "most": 0.9}}, "delete most"),
        ({"shares": {"spouse": 1, "by_number": [0.5, 1.5]}}, "as a fraction"),
        ({"until_age_of_deceased": 75}, "add spouse_years"),
        ({"density": 1.2}, "less than or equal to 1"),
        ({"spouse_addition": {"amount": 5, "from_age": 50, "to_age": 50}}, "write a later age"),
        ({"recent": {"months": 5, "within": 3}}, "cannot lie within 3"),
        ({"pension_of_pensioners": {"kind": "months_of_pension", "months": 3, "amount": FLAT}}, "a lump sum"),
        ({"shares": None, "pension_of_members": None, "per_head": 5, "otherwise": {"b": {"minimum": 3}}}, "no effect"),
    ],
)  # fmt: skip
def test_refused(changes: Tree, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        rule(**changes)


def problems(benefits: Tree, **behaviour: Any) -> list[str]:
    found = behaving(scenario(SPOUSE, benefits={"old_age": OLD_AGE} | benefits), **behaviour)
    return [problem.message for problem in cross_check(found) if problem.severity == "error"]


def test_contradictions_are_told() -> None:
    tier = AT_ONCE["tiers"]["all"]
    grant = {"kind": "death", "tiers": {"all": tier | {"unless": "famly"}}}
    assert any("famly" in text for text in problems({"family": SPOUSE, "grant": grant}))
    retired = {"kind": "old_age", "tiers": {"pension": OLD_AGE["tiers"]["pension"] | {"unless": "family"}}}
    assert any("not paid at a death" in text for text in problems({"old_age": retired, "family": SPOUSE}))
    once = {"kind": "death", "tiers": {"all": tier | {"guaranteed_months": 60}}}
    assert any("no months of pension" in text for text in problems({"grant": once}))
    hidden = SPOUSE | {"otherwise": {"longer": {"service": {"at_least": 6}}}}
    assert any("can never be reached" in text for text in problems({"family": hidden}))


def test_former_members_without_a_condition_are_refused() -> None:
    changed = scenario(SPOUSE)
    behaviour = PensionBehaviour.model_validate({"kind": "pension", "former_qualifying": 0.2})
    told = cross_check(changed.model_copy(update={"behaviour": {"pension": behaviour}}))
    assert any("has no effect" in problem.message for problem in told)


def test_own_pensions_that_nothing_looks_at_are_refused() -> None:
    words = ("pension", "male", "1980-01", CAREER, "death", "2020-01")
    with pytest.raises(InputError, match="nothing here looks at it"):
        answer(scenario(SPOUSE), Question(*words, family="spouse of 66", spouse_own_pension=10))
    with pytest.raises(InputError, match="it needs a spouse"):
        answer(scenario(SPOUSE | {"beside_own_pension": CHOICES}), Question(*words, spouse_own_pension=10))
    told = cross_check(scenario(SPOUSE, {"own_pension": 0.5}))
    assert any("beside_own_pension" in problem.message for problem in told)


def test_a_pension_since_is_for_deaths_alone() -> None:
    words = ("pension", "male", "1945-01", "1980-01..2004-12 at 100")
    with pytest.raises(InputError, match="does not look at it"):
        answer(scenario(SPOUSE), Question(*words, "old_age", pension_since="2006-01"))
    with pytest.raises(InputError, match="after the death"):
        answer(scenario(SPOUSE), Question(*words, "death", "2010-01", pension_since="2011-01"))
    with pytest.raises(InputError, match="no pension of old age can be claimed"):
        answer(scenario(SPOUSE), Question(*words, "death", "2010-01", pension_since="2004-12"))
