"""Balances paid out year by year: nothing is lost between payments and heirs, a cohort is its persons, what cannot be paid is refused."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spsim.adequacy.law import Law
from spsim.adequacy.lives import in_payment
from spsim.arrays import Array
from spsim.checking import check
from spsim.kernels.pensions_in_payment import pay_pensions
from spsim.person import Question, answer
from spsim.person_withdrawal import monthly_path
from spsim.run import simulate
from spsim.scenario import Scenario
from spsim.stocks.pension import PensionStocks
from spsim.stocks.programmed_withdrawals import Withdrawal
from spsim.valuation_groups import _lump_sums, value_of_awards
from test_person import valid

AWARD = 2010  # the step whose awards are followed
FALLING = {
    "by": "age",
    "mode": "linear",
    "points": {60.5: 21, 80.5: 1},
}  # one year less every year, all of it at 80
NONE_DIE = {"by": "age", "points": {0: 1000}}
SOME_DIE = {"by": "age", "mode": "linear", "points": {0: 1000, 60: 900, 80: 400, 100: 5}}
TIER: dict[str, Any] = {"kind": "programmed_withdrawal", "account": "pot", "divisor": FALLING}


ANNUITY = {"kind": "annuity", "account": "pot", "divisor": 16}


def document(
    interest: float = 0.0, pensioners: Any = NONE_DIE, tier: Any = None, **more: Any
) -> dict[str, Any]:
    """Members of 40 and over with an account, who retire at 60; wages stand still."""
    members = {
        "kind": "entrants", "entry_age": 40, "exit_age": 65, "entrant_growth": 0,
        "initial": [{"from": 40, "to": 60, "persons": 2000, "past_service": 5}],
        "service_table": NONE_DIE, "pensioner_table": pensioners,
        "wages": {"average": {"value": 1000, "year": 2001}, "coefficient_of_variation": 0, "class_shares": [1.0]},
    }  # fmt: skip
    scheme = {
        "kind": "pension", "source": "a test", "status": "assumption", "fund": "pension", "start": 1990,
        "longest_service": 30, "members": members, "pension_age": 60,
        "reference_earnings": {"kind": "career", "valorisation": "none"},
        "contributions": {"employer": {"party": "employer", "rate": 0.1}},
        "accounts": {"pot": {"allocation": 0.1, "crediting": {"fixed": interest}}},
        "benefits": {"old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": tier or TIER}}}},
        "indexation": {"fixed": 0.5},  # of other pensions: a balance does not rise with it
    }  # fmt: skip
    return {
        "meta": {"id": "withdrawal", "title": "A balance paid out"},
        "horizon": {"start": 2001, "end": 2060},
        "economy": {"interest_rate": 0.05, "price_inflation": 0, "real_wage_growth": 0},
        "funds": {"pension": {}},
        "schemes": {"pension": scheme | more},
        "behaviour": {"pension": {"kind": "pension"}},
    }


def scenario(*args: Any, **more: Any) -> Scenario:
    return valid(document(*args, **more))


def projected(one: Scenario) -> PensionStocks:
    return simulate(one).pensions["pension"]


def by_steps(calendar_years: Array) -> Array:
    """The flows of steps from those of calendar years, which are the means of two steps."""
    step = np.zeros_like(calendar_years)
    step[1] = calendar_years[0]
    for t in range(1, len(step) - 1):
        step[t + 1] = 2 * calendar_years[t] - step[t]
    return step


def followed(stocks: PensionStocks) -> tuple[float, Array, Array]:
    """The balance of those awarded in one step, and year by year from then on what they are paid and what their heirs get."""
    step, years = AWARD - 2001, np.arange(40)
    new = stocks.awards["old_age"].by_cell[1].sum(axis=(1, 3))[step, 60 - stocks.grid.youngest]
    paid = stocks.pensions["old_age"].amount.sum(axis=1)[step + years, 60 + years]
    heirs = by_steps(stocks.lump_sums["old_age_to_heirs"].amount.sum(axis=1))[step + years, 60 + years]
    return 21.0 * float(new), paid, heirs


# Balances -----------------------------------------------------------------------------------------


def test_without_interest_and_death_the_payments_are_the_balance() -> None:
    """A balance over 21 at 60, over 20 of what is left at 61, ... over 1 at 80: twenty-one equal payments."""
    balance, paid, heirs = followed(projected(scenario()))
    assert balance > 100_000
    assert paid[:21] == pytest.approx(np.full(21, balance / 21), rel=1e-12)
    assert paid[21:] == pytest.approx(np.zeros(19), abs=1e-6)
    assert heirs == pytest.approx(np.zeros(40), abs=1e-6)


@pytest.mark.parametrize("interest", [0.0, 0.04])
def test_payments_and_heirs_are_worth_the_balance(interest: float) -> None:
    """Awards and deaths on 1 January, payments of a year on its 1 July; the first deaths are those of the next January."""
    balance, paid, heirs = followed(projected(scenario(interest, SOME_DIE)))
    v, years = 1 / (1 + interest), np.arange(40)
    worth = (paid * v ** (years + 0.5)).sum() + (heirs * v**years).sum()
    assert worth == pytest.approx(balance, rel=1e-9)
    assert heirs[0] == 0 and 0.05 * balance < heirs.sum() < balance


def test_its_own_crediting_goes_before_that_of_the_account() -> None:
    """4 % while the member works, nothing afterwards: as many equal payments as there are years."""
    balance, paid, _ = followed(projected(scenario(0.04, tier=TIER | {"crediting": {"fixed": 0}})))
    assert paid[:21] == pytest.approx(np.full(21, balance / 21), rel=1e-12)


def test_half_of_a_balance_paid_out_and_half_at_once() -> None:
    once = {"kind": "account", "account": "pot", "share": 0.5}
    whole = followed(projected(scenario()))
    stocks = projected(
        scenario(benefits={"old_age": {"kind": "old_age", "tiers": {"pension": {
            "pays": "pension", "amount": TIER | {"share": 0.5}, "with_lump_sum": once}}}})
    )  # fmt: skip
    assert followed(stocks)[1] == pytest.approx(whole[1] / 2)
    at_once = by_steps(stocks.lump_sums["old_age_lump_sum"].amount.sum(axis=1))[AWARD - 2001, 60]
    assert at_once == pytest.approx(whole[0] / 2)


def divisors(seed: int, years: int = 6, ages: int = 101) -> Array:
    return np.random.default_rng(seed).uniform(1.0, 30.0, (years, 2, ages))


@given(seed=st.integers(0, 10_000), rate=st.floats(-0.1, 0.2))
@settings(max_examples=30, deadline=None)
def test_no_balance_is_lost_at_any_age(seed: int, rate: float) -> None:
    """Whatever divisors, by sex, age and year, even at the open last age: what comes in goes to members or heirs, cohort by cohort."""
    r = np.random.default_rng(seed)
    drawn = Withdrawal(divisors(seed), np.full(6, 1 + rate))
    death = r.uniform(0, 0.4, (6, 2, 101))
    new = r.uniform(0, 9, (6, 2, 101, 2)) * (r.random((6, 2, 101, 2)) < 0.2)
    base = r.uniform(0, 9, (2, 101, 2))
    paid = pay_pensions(
        new_heads=new[None], new_amount=new[None], base_heads=base, base_amount=base, death=death[None],
        indexation=drawn.indexation[None], first_indexation=drawn.first_indexation[None],
        floor=np.zeros(6), cap=np.full(6, np.inf),
    ).amount[0]  # fmt: skip
    heirs = drawn.to_heirs(paid, death)
    lost, balances = drawn.lost(paid, new, heirs)
    np.testing.assert_allclose(lost / balances, 0, atol=1e-12)
    for t in range(1, 6):  # the same without the helper: one sex, age and class after the other
        for s, x in ((0, 3), (1, 60), (0, 99), (1, 100)):
            left = paid[t - 1, s, x - 1] * (drawn.divisor[t - 1, s, x - 1] - 1)
            if x == 100:
                left = left + paid[t - 1, s, x] * (drawn.divisor[t - 1, s, x] - 1)
            due = (
                left * (1 - death[t, s, x]) * (1 + rate)
                + new[t, s, x] * drawn.divisor[t, s, x] * (1 + rate) ** 0.5
            )
            np.testing.assert_allclose(paid[t, s, x] * drawn.divisor[t, s, x], due)
            np.testing.assert_allclose(heirs[t, s, x], left * death[t, s, x] * (1 + rate) ** 0.5)


# Survivors ----------------------------------------------------------------------------------------

FAMILY = {"family": {"married": 1.0, "husband_older_years": 0}}


def with_survivors(rule: dict[str, Any], amount: dict[str, Any]) -> dict[str, Any]:
    benefits = {
        "old_age": {"kind": "old_age", "tiers": {"pension": {"pays": "pension", "amount": amount}}},
        "family": {
            "kind": "survivors",
            "service": {"at_least": 0},
            "spouse_age": 30,
            "child_age": 18,
            "most": 4,
        }
        | rule,
    }
    given = document(0.0, SOME_DIE, benefits=benefits)
    given["behaviour"]["pension"] |= FAMILY
    return given


def survivors(rule: dict[str, Any], amount: dict[str, Any]) -> float:
    """Survivors' pensions of all years."""
    return float(projected(valid(with_survivors(rule, amount))).pensions["family"].amount.sum())


def test_survivors_have_no_share_of_a_balance_that_the_heirs_get() -> None:
    shares = {
        "shares": {"spouse": 0.5, "child": 0, "parent": 0, "most": 1},
        "minimum": 10,
        "pension_of_members": ANNUITY,
    }
    assert survivors(shares, ANNUITY) > 0
    assert survivors(shares, TIER) == 0


def test_so_much_a_head_is_paid_beside_it() -> None:
    flat = {"per_head": 100}
    assert survivors(flat, TIER) == pytest.approx(survivors(flat, ANNUITY)) != 0


# One person ---------------------------------------------------------------------------------------

QUESTION = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000")


def test_the_payments_of_one_person_by_hand() -> None:
    """Twenty years at 1,200 a year without interest before: 24,000. Over 20 at 60: 1,200, 100 a month; then 4 % on 22,800, over 19 ...

    The first pension is of January, a month after the birthday.
    """
    falling = {"by": "age", "mode": "linear", "points": {60 + 1 / 12: 20, 79 + 1 / 12: 1}}
    found = answer(scenario(0.0, tier=TIER | {"divisor": falling, "crediting": {"fixed": 0.04}}), QUESTION)
    assert found.result["monthly_pension"] == pytest.approx(100)
    rows = found.step("programmed_withdrawal").values["payments"]
    assert [row["age"] for row in rows] == list(range(60, 101))
    assert [row["year"] for row in rows[:2]] == [2025, 2026]
    assert [row["divisor"] for row in rows[:20]] == pytest.approx(list(range(20, 0, -1)))
    # level when the divisor counts years: 1,200 · 1.04^k
    assert [row["payment"] for row in rows[:20]] == pytest.approx([1200 * 1.04**k for k in range(20)])
    assert rows[1]["balance"] == pytest.approx(22_800 * 1.04)
    assert [row["payment"] for row in rows[20:]] == pytest.approx([0.0] * 21, abs=1e-9)
    text = "\n".join(found.step("programmed_withdrawal").lines)
    assert "at 65: 121.67 a month" in text and "at 79" in text and "at 85" not in text


def test_a_life_is_paid_by_the_divisor_and_not_by_indexation() -> None:
    one = scenario()
    found = answer(one, QUESTION)
    months = np.arange(12 * 2025, 12 * 2025 + 600)
    path = monthly_path(found, len(months))
    assert path is not None and path[:12] == pytest.approx(np.full(12, found.result["monthly_pension"]))
    assert path.sum() == pytest.approx(24_000)
    assert in_payment(Law(one, "pension"), months, 100.0)[12] == pytest.approx(
        150
    )  # other pensions rise by half
    annuity = scenario(tier=ANNUITY)
    assert monthly_path(answer(annuity, QUESTION), 12) is None


def test_on_the_death_of_one_person_the_heirs_get_the_balance_and_survivors_no_share() -> None:
    shares = {"shares": {"spouse": 0.5, "child": 0, "parent": 0, "most": 1}, "pension_of_members": ANNUITY}
    died = replace(QUESTION, event="death", on="2030-01", family="spouse of 60")
    for amount, entitled in ((TIER, False), (ANNUITY, True)):
        found = answer(valid(with_survivors(shares, amount)), died)
        assert found.step("status").values["status"] == "pensioner"
        assert ("heirs" in found.step("status").lines[0]) == (not entitled)
        assert found.result["survivors"]["entitled"] == entitled


# A valuation --------------------------------------------------------------------------------------


def test_an_award_is_valued_at_its_balance() -> None:
    """What the heirs get is part of it, and so is not counted once more."""
    one = simulate(scenario(0.04, SOME_DIE))
    stocks = one.pensions["pension"]
    balance, _, heirs = followed(stocks)
    assert heirs.sum() > 0
    assert value_of_awards(one, "pension", stocks)[AWARD - 2001] == pytest.approx(balance)
    assert _lump_sums(one, "pension", stocks) == pytest.approx(np.zeros(60))


# What cannot be paid ------------------------------------------------------------------------------

TWO = {"kind": "sum_of", "parts": {"a": TIER, "b": ANNUITY}}
SURVIVORS = {"family": {"kind": "survivors", "service": {"at_least": 0}, "shares": {"spouse": 0.5, "child": 0.2, "parent": 0, "most": 1},
    "spouse_age": 50, "child_age": 18, "most": 4, "pension_of_members": TIER}}  # fmt: skip


def refused(changes: dict[str, Any], tier: dict[str, Any], tmp_path: Path) -> list[str]:
    """The lines of `spsim check` for a design in a file."""
    given: dict[str, Any] = deepcopy(document())
    scheme = given["schemes"]["pension"]
    scheme["benefits"]["old_age"]["tiers"]["pension"] |= tier
    scheme["benefits"] |= changes.pop("benefits", {})
    scheme |= changes
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump(given, sort_keys=False), encoding="utf-8")
    return [str(problem) for problem in check(file).errors]


@pytest.mark.parametrize(
    ("changes", "tier", "where", "says"),
    [
        ({}, {"amount": TWO}, "pension.amount.parts.a.kind", "inside another amount"),
        ({}, {"amount": {"kind": "share_of", "share": 0.5, "amount": TIER}}, "amount.amount.kind", "by `share`"),
        ({}, {"floor": 10}, "pension.floor", "with a floor, a programmed withdrawal would pay more or less"),
        ({}, {"cap": 10}, "pension.cap", "delete it"),
        ({}, {"years_before": 5, "reduction": {"basis": "factor", "per_year": 0.05}}, "pension.reduction", "with a reduction"),
        ({}, {"years_after": 5, "increase": {"basis": "factor", "per_year": 0.05}}, "pension.increase", "with an increase"),
        ({"pension_floor": 10}, {}, "pension.pension_floor", "more than the balance"),
        ({"payments_per_year": 13.0}, {}, "payments_per_year", "in twelve payments"),
        ({}, {"pays": "lump_sum"}, "amount.kind", "is a pension, not paid once"),
        ({}, {"with_lump_sum": TIER}, "with_lump_sum.kind", "is a pension, not paid once"),
        ({}, {"amount": TIER | {"divisor": {"by": "age", "points": {60: 20, 80: 0.5}}}}, "divisor.points.80", "write 1 or more"),
        ({}, {"amount": TIER | {"share": 1.2}}, "amount.share", "more than there is"),
        ({}, {"amount": TIER | {"account": "pott"}}, "amount.account", "did you mean 'pot'"),
        ({"benefits": SURVIVORS}, {}, "family.pension_of_members.kind", "withdrawn nothing yet"),
    ],
)  # fmt: skip
def test_what_cannot_be_paid_is_refused(
    changes: dict[str, Any], tier: dict[str, Any], where: str, says: str, tmp_path: Path
) -> None:
    found = refused(dict(changes), tier, tmp_path)
    assert len(found) == 1, found
    place, line, column, rest = found[0].split(":", 3)
    assert place.endswith("bad.yaml") and int(line) > 1 and int(column) > 1
    assert where in rest and says in rest and ";" in rest
