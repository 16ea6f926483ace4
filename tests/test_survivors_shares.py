"""Survivors' pensions as shares of the pension of the deceased: worked by hand, by plain loops, for one person, and what is refused."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.behaviour import Family
from spsim.grid import Grid
from spsim.model_shape import Shape
from spsim.outcome import Outcome
from spsim.person import Question, answer
from spsim.rules.survivors import Survivors
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.stocks.survivor_shares import Deceased, heirs
from spsim.stocks.survivors import expected_family, left_behind
from spsim.validation import attempt
from test_engine_properties import SMALL, over, simulated

Tree = dict[str, Any]
FLAT = {"kind": "percent_of_earnings", "rate": 0.4}
SPOUSE: Tree = {
    "kind": "survivors",
    "service": {"at_least": 5},
    "shares": {"spouse": 0.5},
    "pension_of_members": FLAT,
    "spouse_age": 30,
}
ALL_MARRIED = {"married": 1.0, "spouse_without_income": 1.0}
START, AGE = 2001, 60


def scenario(survivors: Tree, family: Tree | None = None, prices: float = 0.0, **scheme: Any) -> Scenario:
    """Men at a wage of 100 that stands still; one in ten dies at 40 or 41, half of those who reach 80 before 85.

    Wives are five years older, so that the widows of members live through all years looked at.
    """
    members = {
        "kind": "entrants", "entry_age": 30, "exit_age": 65, "entrant_growth": 0,
        "initial": [{"from": 30, "to": AGE, "persons": 30000, "past_service": 15}],
        "service_table": {"by": "age", "mode": "linear", "points": {40: 1000, 42: 900}},
        "pensioner_table": {"by": "age", "mode": "linear", "points": {80: 1000, 85: 500}},
        "wages": {"average": {"value": 100, "year": START}, "coefficient_of_variation": 0, "class_shares": [1.0]},
    }  # fmt: skip
    pension = {"pays": "pension", "amount": FLAT}
    found = {
        "kind": "pension", "source": "a test", "status": "assumption", "fund": "pension", "start": 1950,
        "members": members, "pension_age": AGE, "reference_earnings": {"kind": "final", "years": 0},
        "contributions": {"employer": {"party": "employer", "rate": 0.1}},
        "benefits": {"old_age": {"kind": "old_age", "tiers": {"pension": pension}}, "family": survivors},
    }  # fmt: skip
    data = {
        "meta": {"id": "families", "title": "Families"},
        "horizon": {"start": START, "end": START + 30},
        "economy": {"interest_rate": 0.05, "price_inflation": prices, "real_wage_growth": 0},
        "funds": {"pension": {}},
        "schemes": {"pension": found | scheme},
        "behaviour": {"pension": {"kind": "pension", "family": {"husband_older_years": -5} | (family or {})}},
    }
    valid, errors = attempt(data, Scenario, Shape(Scenario))
    assert valid is not None, errors
    return valid


def rule(**changes: Any) -> Survivors:
    return Survivors.model_validate(
        {key: value for key, value in (SPOUSE | changes).items() if value is not None}
    )


def members_dead(outcome: Outcome) -> np.ndarray:
    """Deaths of members by step (T,), before there is any death of a pensioner: the first ten years."""
    flows = outcome.pensions["pension"].flows
    return np.asarray(flows.deaths_contributors[0].sum(axis=(1, 2)))[:10]


# Worked by hand: wage 100, pension of 40 a month, 480 a year ---------------------------------------


def test_half_of_the_pension_to_the_widow() -> None:
    """Of 0.75 × 0.5 of the dead a widow has half of 40 a month: 240 a year, at an age five years above his."""
    outcome = simulate(scenario(SPOUSE))
    paid = outcome.pensions["pension"].pensions["family"]
    dead = np.cumsum(members_dead(outcome))
    assert dead[-1] > 500
    np.testing.assert_allclose(paid.persons.sum(axis=(1, 2))[:10], 0.375 * dead, rtol=1e-12)
    np.testing.assert_allclose(paid.amount[:10], 240 * paid.persons[:10], rtol=1e-12)
    assert paid.persons[:, 0].sum() == 0
    first = np.flatnonzero(paid.persons[1, 1])
    assert first.min() >= 40 + 5 and first.max() <= 42 + 5
    np.testing.assert_allclose(outcome.money["pension"].benefits["family"], paid.amount.sum(axis=(1, 2)))


def test_shares_above_the_most_are_cut_alike() -> None:
    """0.6 for the widow and 0.5 for a parent are 1.1: cut to 0.8, so 8/11 of each."""
    family = ALL_MARRIED | {"dependent_parents": 1.0}
    shares = {"spouse": 0.6, "parent": 0.5, "most": 0.8}
    outcome = simulate(scenario(SPOUSE | {"shares": shares}, family))
    paid, dead = outcome.pensions["pension"].pensions["family"], np.cumsum(members_dead(outcome))
    np.testing.assert_allclose(paid.amount.sum(axis=(1, 2))[:10], 0.8 * 480 * dead, rtol=1e-12)
    np.testing.assert_allclose(paid.amount[1, 1, :50].sum(), 0.6 * 8 / 11 * 480 * dead[1], rtol=1e-12)
    np.testing.assert_allclose(paid.persons.sum(axis=(1, 2))[:10], 2 * dead, rtol=1e-12)


def test_heads_above_the_most_are_cut_as_today() -> None:
    """A widow and a parent for each deceased, one head allowed: half of each, with half of the money."""
    family = ALL_MARRIED | {"dependent_parents": 1.0}
    outcome = simulate(scenario(SPOUSE | {"shares": {"spouse": 0.6, "parent": 0.4}, "most": 1}, family))
    paid, dead = outcome.pensions["pension"].pensions["family"], np.cumsum(members_dead(outcome))
    np.testing.assert_allclose(paid.persons.sum(axis=(1, 2))[:10], dead, rtol=1e-12)
    np.testing.assert_allclose(paid.amount.sum(axis=(1, 2))[:10], 0.5 * 480 * dead, rtol=1e-12)


def test_a_class_without_a_share_has_no_pension() -> None:
    outcome = simulate(scenario(SPOUSE, {"dependent_parents": 1.0}))
    paid, dead = outcome.pensions["pension"].pensions["family"], np.cumsum(members_dead(outcome))
    np.testing.assert_allclose(paid.persons.sum(axis=(1, 2))[:10], 0.375 * dead, rtol=1e-12)


def test_minimum_of_a_family() -> None:
    """Half of 40 is 20 a month; no family has less than 30. Where half of the dead leave a widow, half of them count."""
    for married in (1.0, 0.5):
        family = ALL_MARRIED | {"married": married}
        outcome = simulate(scenario(SPOUSE | {"minimum": 30}, family))
        paid, dead = outcome.pensions["pension"].pensions["family"], np.cumsum(members_dead(outcome))
        np.testing.assert_allclose(paid.persons.sum(axis=(1, 2))[:10], married * dead, rtol=1e-12)
        np.testing.assert_allclose(paid.amount[:10], 360 * paid.persons[:10], rtol=1e-12)
    low = simulate(scenario(SPOUSE | {"minimum": 19}, ALL_MARRIED)).pensions["pension"].pensions["family"]
    np.testing.assert_allclose(low.amount, 240 * low.persons, rtol=1e-12)


@pytest.mark.parametrize("years", [1, 3])
def test_pension_of_a_spouse_ends(years: int) -> None:
    """Awarded on 1 January, paid over so many 1 Julys: the dead of the last `years` steps."""
    outcome = simulate(scenario(SPOUSE | {"spouse_years": years}))
    paid, dead = outcome.pensions["pension"].pensions["family"], members_dead(outcome)
    for t in range(1, 10):
        expected = 0.375 * dead[max(t - years + 1, 1) : t + 1].sum()
        assert paid.persons[t].sum() == pytest.approx(expected, rel=1e-12)
        assert paid.amount[t].sum() == pytest.approx(240 * expected, rel=1e-12)


def test_pension_of_a_spouse_by_the_head_ends_too() -> None:
    by_head = SPOUSE | {"per_head": 7}
    del by_head["shares"], by_head["pension_of_members"]
    outcome = simulate(scenario(by_head | {"spouse_years": 2}))
    paid, dead = outcome.pensions["pension"].pensions["family"], members_dead(outcome)
    assert paid.persons[5].sum() == pytest.approx(0.375 * dead[4:6].sum(), rel=1e-12)
    np.testing.assert_allclose(paid.amount, 84 * paid.persons, rtol=1e-12)
    for_life = simulate(scenario(by_head)).pensions["pension"].pensions["family"]
    longest = simulate(scenario(by_head | {"spouse_years": 60})).pensions["pension"].pensions["family"]
    np.testing.assert_allclose(longest.persons, for_life.persons, rtol=1e-12)


def test_widow_of_a_pensioner_has_her_share_of_the_pension_in_payment() -> None:
    """The dead of a step had last July's pensions; prices of 3 % carry them half a year to the death and half a year to 1 July.

    Members die at 40 to 42 alone, so at the end their widows are at most 77: from 80 on they are widows of pensioners.
    """
    outcome = simulate(scenario(SPOUSE, ALL_MARRIED, prices=0.03, indexation={"prices": 1}))
    stocks = outcome.pensions["pension"]
    own, widows = stocks.pensions["old_age"], stocks.pensions["family"]
    q = stocks.members.pensioner_death[:, 0]
    money = np.zeros(101)
    for t in range(1, 31):
        died = np.zeros(101)
        for x in range(1, 101):
            died[x] = q[t, x] * own.amount[t - 1, 0, x - 1]
        older = np.zeros(101)
        for x in range(1, 101):
            older[x] = money[x - 1] * (1 - q[t, x]) * 1.03
            if x >= 85:
                older[x] += 0.5 * died[x - 5] * 1.03**0.5 * 1.03**0.5
        money = older
        assert t < 25 or money.sum() > 0
        np.testing.assert_allclose(widows.amount[t, 1, 80:97], money[80:97], rtol=1e-9, atol=1e-9)


# A second time by plain loops: a scheme with every kind of benefit, children by fertility ----------

WITH_SHARES: Tree = {
    "kind": "survivors",
    "service": {"at_least": 2},
    "shares": {
        "spouse": {"by": "event_date", "points": {2015: 0.5, 2028: 0.6}},
        "child": 0.4,
        "parent": 0.1,
        "most": 0.7,
    },
    "pension_of_members": {"kind": "percent_of_earnings", "rate": 0.35},
    "minimum": {"of": "base", "times": 0.5},
    "spouse_age": {"male": 60, "female": 57.5},
    "spouse_years": 3,
    "child_age": 16,
    "most": 3,
}


def with_shares(**published: Any) -> Tree:
    """The small scheme of the other tests, its survivors with shares."""
    tree = deepcopy(SMALL)
    old = tree["schemes"]["old"]
    old["benefits"]["survivors"] = WITH_SHARES
    if published:
        old["members"] = over(old["members"], {"in_payment": {"survivors": published}})
    return tree


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return simulated(with_shares(persons=50000, average_monthly=45), tmp_path_factory.mktemp("shares"))


def test_published_average_of_survivors(small: Outcome) -> None:
    paid = small.pensions["old"].pensions["survivors"]
    assert paid.persons[0].sum() == pytest.approx(50000)
    assert paid.amount[0].sum() == pytest.approx(50000 * 45 * 12)
    assert paid.by_class[0].shape[-1] == 3 + 2
    assert (paid.by_class[0][0].sum(axis=(0, 1)) > 0).all()


def test_stock_by_plain_loops(small: Outcome) -> None:
    """Deaths and their pensions from the engine; families, cut, minimum and the stock of each class worked out again."""
    stocks = small.pensions["old"]
    first = stocks.grid.first
    own = [name for name in stocks.pensions if name != "survivors"]
    found = stocks.pensions["survivors"]
    assert small.demography is not None and small.paths is not None
    index = small.paths.references["base"]
    q = stocks.members.pensioner_death
    persons, money = (a[0].copy() for a in found.by_class)  # (2, 101, classes)
    for t in range(1, len(stocks.grid.years)):
        year = first + t
        rise = 1.03 * (1 + 0.5 * 0.02)
        births = small.demography.fertility[max(t - 1, 0)]
        months = range(12 * year - 6, 12 * year + 6)
        base = float(np.mean([index.at(np.array([month]))[0] for month in months]))
        spouse_share = np.mean([0.6 if month >= 12 * 2028 else 0.5 for month in months])
        dead = list(deaths_of_step(small, own, t, rise))
        new_persons, new_money = families(dead, births, spouse_share, 12 * 0.5 * base)
        older = [np.zeros_like(persons) for _ in range(2)]
        for s in range(2):
            for x in range(1, 100):
                for c in range(5):
                    before = c if c in (0, 3, 4) else c - 1
                    if c == 0 or (c == 3 and x == 16):
                        continue
                    for new, last, growth in ((older[0], persons, 1.0), (older[1], money, rise)):
                        new[s, x, c] = last[s, x - 1, before] * (1 - q[t, s, x]) * growth
        persons, money = older[0] + new_persons, older[1] + new_money * rise**0.5
        below = slice(0, 95)  # the open age takes in persons whose own ages the loop does not follow
        for part, expected in ((found.by_class[0], persons), (found.by_class[1], money)):
            np.testing.assert_allclose(part[t][:, below], expected[:, below], rtol=1e-9, atol=1e-6)
        persons, money = (a[t].copy() for a in found.by_class)


def deaths_of_step(outcome: Outcome, own: list[str], t: int, rise: float) -> Any:
    """(sex, age, persons, annual pension in mid-step) of all who died in one step, class by class and pension by pension."""
    stocks = outcome.pensions["old"]
    q = stocks.members.pensioner_death
    for name in own:
        heads, amount = stocks.pensions[name].by_class
        for s in range(2):
            for x in range(1, 101):
                for k in range(heads.shape[-1]):
                    n, b = heads[t - 1, s, x - 1, k], amount[t - 1, s, x - 1, k]
                    if x == 100:
                        n, b = n + heads[t - 1, s, x, k], b + amount[t - 1, s, x, k]
                    if n > 0:
                        yield s, x, q[t, s, x] * n, q[t, s, x] * b * rise**0.5
    place = -1  # survivors are valued last
    heads, amount = (
        a[0, place].sum(axis=1)[t] for a in (stocks.flows.value_heads, stocks.flows.value_amount)
    )
    for s in range(2):
        for x, age in enumerate(stocks.grid.ages):
            for k in range(heads.shape[-1]):
                if heads[s, x, k] > 0:
                    yield s, int(age), heads[s, x, k], amount[s, x, k]


def families(
    dead: list[tuple[int, int, float, float]], births: np.ndarray, spouse_share: float, minimum: float
) -> tuple[np.ndarray, np.ndarray]:
    """New survivors and their money (2, 101, 5): each kind of survivor of each deceased, one after the other."""
    left = [list(relatives(s, x, births, spouse_share)) for s, x, _, _ in dead]
    heads = sum(one[2] * sum(r[3] for r in family) for one, family in zip(dead, left, strict=True))
    kept = min(1.0, 3 * sum(one[2] for one in dead) / heads)
    persons, money = np.zeros((2, 101, 5)), np.zeros((2, 101, 5))
    for (_, _, died, pension), family in zip(dead, left, strict=True):
        expected = sum(number for *_, number, _ in family) * kept
        together = sum(number * share for *_, number, share in family) * kept
        leave = min(1.0, expected)
        due = max(min(together, 0.7 * leave) * pension, leave * died * minimum)
        for sex, age, column, number, share in family:
            persons[sex, age, column] += died * number * kept
            if together > 0:
                money[sex, age, column] += due * number * share * kept / together
    return persons, money


def relatives(s: int, x: int, births: np.ndarray, spouse_share: float) -> Any:
    """(sex, age, column, expected number, share) of the family of one deceased, with the assumptions of the small scheme."""
    age = min(x - 3 if s == 0 else x + 3, 100)
    if age >= 0:
        of_age = min(max(age + 1 - (60, 57.5)[1 - s], 0.0), 1.0)
        yield 1 - s, age, 0, (0.8, 0.6)[s] * 0.5 * of_age, spouse_share
    mother = x if s == 1 else x - 3
    for child in range(min(16, mother + 1)):
        for sex in (0, 1):
            yield sex, child, 3, 0.5 * 0.9 * births[mother - child], 0.4
    for sex, part in ((0, 0.4), (1, 0.6)):
        yield sex, min(x + 25, 100), 4, part * 0.1, 0.1


def test_expected_family_is_that_of_all_deceased() -> None:
    """Deaths × the family of one deceased = the survivors of all; and what families are due is what survivors get."""
    grid = Grid(2020, 2023, 0, 100)
    draws = np.random.default_rng(1)
    moments, fertility = grid.steps({}), draws.uniform(0, 0.2, (4, 101))
    deaths, pension = draws.uniform(0, 5, (4, 2, 101, 3)), draws.uniform(0, 100, (4, 2, 101, 3))
    family = Family.model_validate({"dependent_parents": 0.3, "husband_older_years": -2})
    both = rule(shares={"spouse": 0.6, "child": 0.2, "parent": 0.1, "most": 0.6}, most=20, minimum=1.0)
    expected = expected_family(both, family, moments, fertility)
    left = left_behind(deaths.sum(axis=-1), both, family, moments, fertility)
    for one, per_deceased in zip(left, expected, strict=True):
        np.testing.assert_allclose(
            one.sum(axis=(1, 2)), (deaths.sum(axis=-1) * per_deceased).sum(axis=(1, 2)), rtol=1e-12
        )
    new = heirs([Deceased(deaths, pension)], both, family, moments, fertility)
    heads, together = sum(expected), 0.6 * expected[0] + 0.2 * expected[1] + 0.1 * expected[2]
    leave = np.minimum(heads, 1)
    share = np.minimum(together, 0.6 * leave)[..., None]
    due = np.where(heads[..., None] > 0, np.maximum(share * pension, 12 * leave[..., None] * deaths), 0)
    np.testing.assert_allclose(new.money.sum(axis=(0, 2, 3)), due.sum(axis=(1, 2, 3)), rtol=1e-12)


# One person ---------------------------------------------------------------------------------------


def on_death(survivors: Tree, born: str, career: str, on: str) -> Any:
    return answer(scenario(survivors), Question("pension", "male", born, career, "death", on))


FULL = SPOUSE | {"shares": {"spouse": 0.5, "child": 0.2, "most": 0.8}}


def test_family_of_a_member() -> None:
    """40 % of 1,000 a month: 200 to the widow, 80 to a child, 320 to all at most."""
    said = on_death(FULL | {"pension_of_members": FLAT}, "1980-01", "2005-01..2019-12 at 1000", "2020-01")
    assert said.result["survivors"] == {
        "entitled": True, "spouse": pytest.approx(200), "child": pytest.approx(80), "parent": 0.0,
        "most": pytest.approx(320), "pension_of_deceased": pytest.approx(400),
    }  # fmt: skip
    assert said.result["status"] == "member"
    values = said.step("family").values
    assert values["shares"] == {"spouse": 0.5, "child": 0.2, "parent": 0.0, "most": 0.8}
    assert said.step("pension_of_deceased").path == "schemes.pension.benefits.family.pension_of_members"
    assert "Survivors: 320" in said.told[0]


def test_minimum_and_most_for_one_family() -> None:
    said = on_death(
        FULL | {"minimum": 250, "spouse_years": 5}, "1980-01", "2005-01..2019-12 at 1000", "2020-01"
    )
    found = said.result["survivors"]
    assert (found["spouse"], found["child"], found["parent"]) == (250, 250, 0)
    assert found["most"] == pytest.approx(320)
    assert said.step("family").values["spouse_years"] == 5
    alone = {"shares": {"spouse": 0.9, "most": 0.6}}
    found = on_death(SPOUSE | alone, "1980-01", "2005-01..2019-12 at 1000", "2020-01").result["survivors"]
    assert found["spouse"] == found["most"] == pytest.approx(240)


def test_family_without_a_right() -> None:
    said = on_death(FULL | {"minimum": 250}, "1980-01", "2016-01..2019-12 at 1000", "2020-01")
    none = {"spouse": 0.0, "child": 0.0, "parent": 0.0, "most": 0.0, "pension_of_deceased": 0.0}
    assert said.result["survivors"] == {"entitled": False} | none
    assert said.told[0] == "Survivors: no pension."


def test_family_of_a_pensioner() -> None:
    """The tier of old age gives 40 %; what members are reckoned to have had does not matter."""
    survivors = FULL | {"pension_of_members": {"kind": "flat", "amount": 1}}
    said = on_death(survivors, "1945-01", "1980-01..2004-12 at 1000", "2010-01")
    assert said.result["status"] == "pensioner"
    assert said.result["survivors"]["pension_of_deceased"] == pytest.approx(400)
    assert said.result["survivors"]["spouse"] == pytest.approx(200)
    assert said.step("accrual").path == "schemes.pension.benefits.old_age.tiers.pension.amount"


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"per_head": 5}, "not both"),
        ({"shares": None, "pension_of_members": None}, "write per_head, or shares"),
        ({"pension_of_members": None}, "what pension a member who dies would have had"),
        ({"shares": {"spouse": 1.2}}, "write a share or rate as a fraction"),
        ({"shares": {"spouse": 0.5, "most": 50}}, "write a share or rate as a fraction"),
        ({"shares": {"spouse": {"by": "age", "points": {20: 0.1}}}}, "cannot be keyed by age"),
        ({"shares": None, "per_head": 5}, "has no effect without shares"),
        ({"shares": None, "per_head": 5, "pension_of_members": None, "minimum": 3}, "minimum has no effect"),
        ({"pension_of_members": {"kind": "months_of_earnings", "per_year": 1}}, "a lump sum, not a pension"),
        ({"spouse_years": 0}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_refused(changes: Tree, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        rule(**changes)


def test_average_by_the_head_is_refused_still(tmp_path: Path) -> None:
    tree = over(
        SMALL, {"schemes": {"old": {"members": {"in_payment": {"survivors": {"average_monthly": 5}}}}}}
    )
    with pytest.raises(AssertionError, match="per_head"):
        simulated(tree, tmp_path)
