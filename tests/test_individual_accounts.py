"""Balances that are said, layers of interest, transfers at an age, drawings with a least sum: by hand, against twins, and in a projection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.checks import cross_check
from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.individual_accounts import Drawing, InterestLayer, Transfer
from spsim.run import simulate
from spsim.scenario import Scenario
from test_person import LAST, STILL, one_class, projected_and_of_persons, valid

CAREER = {"kind": "career", "valorisation": "wages"}
ANNUITY = {"kind": "annuity", "account": "pot", "divisor": 16}
POT = {"pot": {"allocation": 0.1, "crediting": {"fixed": 0.03}}}
ALL_OF_IT = {"rate": 0.01, "up_to": 1e12, "counts": {"pot": None}, "into": "pot"}


def two_accounts(**more: Any) -> Scenario:
    """A pot at 3 % and a purse at 2 %; the first 1,000 bear 1 % more, the purse with 300 at most; at 55 the pot keeps 5,000."""
    accounts = {
        "pot": {"allocation": 0.1, "crediting": {"fixed": 0.03}},
        "purse": {
            "allocation": 0.05,
            "crediting": {"fixed": 0.02},
            "drawings": {
                "at_55": {"from_age": 55, "at_least": 400, "also_from": ["pot"]},
                "any_time": {"most_share": 0.5},
            },
        },
    }
    accounts["pot"]["drawings"] = {"any_time": {"most_share": 0.1}}
    layers = {"first": {"rate": 0.01, "up_to": 1000, "counts": {"pot": None, "purse": 300}, "into": "pot"}}
    transfers = {"at_55": {"at_age": 55, "to": "pot", "up_to": 5000, "from": ["purse"], "rest_to": "purse"}}
    amount = {"kind": "sum_of", "parts": {"pot": ANNUITY, "purse": ANNUITY | {"account": "purse"}}}
    given_ = {"accounts": accounts, "interest_layers": layers, "transfers": transfers} | more
    gains = given_.pop("gains", {"pot": 0.001})
    return one_class(LAST, amount, STILL, behaviour={"balance_gains": gains}, **given_)


def asked(scenario: Scenario, *balances: str, career: str | None = None, **question: Any) -> Answer:
    return answer(
        scenario,
        Question("pension", "male", question.pop("born", "1970-03"), career, balance=balances, **question),
    )


def held(found: Answer) -> dict[str, float]:
    return {step.name[8:]: step.values["balance"] for step in found.steps if step.name.startswith("account:")}


# by hand -------------------------------------------------------------------------------------------


def test_a_year_of_interest_with_its_layers() -> None:
    """900 at 3 % and 2,000 at 2 % for seven months and four; 900 + 300 count, of which 1,000 bear 1 % more, into the pot."""
    found = asked(
        two_accounts(), "pot=900@2015-06", "purse=2000@2015-06", event="drawing:purse.at_55", on="2016-05"
    )
    january = 900 * (1 + 0.03 * 7 / 12) + 1000 * 0.01 * 7 / 12, 2000 * (1 + 0.02 * 7 / 12)
    may = january[0] * (1 + 0.03 * 4 / 12) + 1000 * 0.01 * 4 / 12, january[1] * (1 + 0.02 * 4 / 12)
    assert held(found) == pytest.approx({"pot": may[0], "purse": may[1]})
    assert not found.result["entitled"]


def test_the_transfer_happens_in_the_month_of_the_birthday() -> None:
    """Born in March 1970: 4,000 and 2,500 on 1 March 2025 become 5,000 and 1,500; a month before, nothing has moved."""
    early, now = (
        asked(two_accounts(), "pot=4000", "purse=2500", event="drawing:purse.at_55", on=on)
        for on in ("2025-02", "2025-03")
    )
    assert held(early) == {"pot": 4000, "purse": 2500} and not early.result["entitled"]
    assert held(now) == {"pot": 5000, "purse": 1500} and now.result["lump_sum"] == 1500
    assert now.step("transfer:at_55").values["moved"] == {"pot": 1000, "purse": -1000}


def test_what_is_above_the_sum_goes_to_the_other_account() -> None:
    found = asked(two_accounts(), "pot=5600", "purse=100", event="drawing:purse.at_55", on="2025-03")
    assert held(found) == {"pot": 5000, "purse": 700}


def test_so_much_may_be_drawn_in_any_case() -> None:
    """3,000 and 200: the pot takes all 3,200; 400 may be drawn of it. With 250 in all, all of it."""
    found = asked(two_accounts(), "pot=3000", "purse=200", event="drawing:purse.at_55", on="2025-03")
    assert found.result["lump_sum"] == 400 and found.step("drawing").values["drawn"] == {
        "purse": 0,
        "pot": 400,
    }
    assert found.result["balance"] == 2800
    little = asked(two_accounts(), "pot=50", "purse=200", event="drawing:purse.at_55", on="2025-03")
    assert little.result["lump_sum"] == 250


def test_one_right_in_several_accounts() -> None:
    """A tenth of the pot and half of the purse."""
    found = asked(two_accounts(), "pot=1000", "purse=600", event="drawing:any_time", on="2015-03")
    assert found.result["lump_sum"] == 400 and found.result["balance"] == 1200


def test_a_balance_said_replaces_earlier_credits() -> None:
    """Twelve months of 100 in 2014 are in the 5,000 said of January 2015; twelve of 2015 come on top, which bear 66 months in all."""
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=POT)
    found = asked(
        scenario, "pot=5000@2015-01", career="2014-01..2015-12 at 1000", born="1955-12", on="2016-01"
    )
    year = 1200 + 100 * 0.03 * 66 / 12
    assert held(found)["pot"] == pytest.approx(5000 * 1.03 + year)
    without = asked(scenario, career="2014-01..2015-12 at 1000", born="1955-12", on="2016-01")
    assert held(without)["pot"] == pytest.approx(year * 1.03 + year)


def test_an_annuity_of_a_balance_without_a_career() -> None:
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=POT)
    found = asked(scenario, "pot=19200", born="1965-03")
    assert found.result["monthly_pension"] == pytest.approx(100)
    assert any("no career" in note for note in found.notes)


# twins ---------------------------------------------------------------------------------------------


def test_the_ledger_is_the_sum_of_its_credits_each_with_its_own_interest() -> None:
    """Simple interest in the year of the credit from the next month on, whole years after, three months of the year of the event."""
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=POT)
    found = asked(scenario, career="2005-04..2024-02 at 1000", born="1965-03")
    paid = np.arange(12 * 2005 + 3, 12 * 2024 + 2)
    own_year = 1 + 0.03 * (11 - paid % 12) / 12
    whole = 1.03 ** (2024 - paid // 12)
    assert held(found)["pot"] == pytest.approx(
        (100 * own_year * whole).sum() * (1 + 0.03 * 3 / 12), rel=1e-12
    )


AMOUNTS = st.floats(0, 1e6)


@given(pot=AMOUNTS, one=AMOUNTS, two=AMOUNTS, up_to=AMOUNTS)
def test_a_transfer_loses_nothing(pot: float, one: float, two: float, up_to: float) -> None:
    """Against its twin: first the pot gives, or takes from one, then from two; never more than it lacks."""
    rule = Transfer.model_validate(
        {"at_age": 55, "to": "pot", "up_to": 0, "from": ["one", "two"], "rest_to": "one"}
    )
    after = rule.moved(up_to, {"pot": pot, "one": one, "two": two})
    assert sum(after.values()) == pytest.approx(pot + one + two)
    assert min(after.values()) >= -1e-9
    if pot >= up_to:
        assert after["pot"] == pytest.approx(up_to, abs=1e-6) and after["two"] == two
    else:
        assert after["pot"] == pytest.approx(min(up_to, pot + one + two), abs=1e-6)
        assert after["two"] == two or after["one"] == pytest.approx(0, abs=1e-6)


@given(pot=AMOUNTS, purse=AMOUNTS, up_to=AMOUNTS, most=AMOUNTS)
def test_a_layer_bears_on_no_more_than_there_is(pot: float, purse: float, up_to: float, most: float) -> None:
    layer = InterestLayer.model_validate(
        {"rate": 0.01, "up_to": 0, "counts": {"pot": None, "purse": 1}, "into": "pot"}
    )
    found = layer.bearing(up_to, {"pot": np.inf, "purse": most}, {"pot": pot, "purse": purse})
    assert found <= min(up_to, pot + purse) * (1 + 1e-12)
    assert found == pytest.approx(min(up_to, pot + min(purse, most)))


@given(share=st.floats(0, 1), least=AMOUNTS, balance=AMOUNTS, other=AMOUNTS)
def test_a_drawing_is_its_share_or_the_least_sum_if_it_is_there(
    share: float, least: float, balance: float, other: float
) -> None:
    rule = Drawing.model_validate({"at_least": 1, "also_from": ["other"]})
    found = rule.drawn(share, least, balance, {"other": other})
    assert found[""] <= balance * (1 + 1e-12) and found["other"] <= other
    assert sum(found.values()) == pytest.approx(max(share * balance, min(least, balance + other)))


# in a projection -----------------------------------------------------------------------------------


def test_a_cohort_whose_whole_balance_bears_the_layer_gets_what_its_persons_get() -> None:
    """Without a limit the mean gain is the rate itself: 3 % and 1 % more are 4 %, and half a month of it between steps and years."""
    gain = 1.04 / 1.03 - 1
    scenario = one_class(
        CAREER,
        ANNUITY,
        STILL,
        accounts=POT,
        interest_layers={"all": ALL_OF_IT},
        behaviour={"balance_gains": {"pot": gain}},
    )
    projected, persons = projected_and_of_persons(scenario)
    assert projected == pytest.approx(persons, rel=1.04 ** (1 / 12) - 1)
    plain = one_class(
        CAREER, ANNUITY, STILL, accounts={"pot": {"allocation": 0.1, "crediting": {"fixed": 0.04}}}
    )
    assert projected == pytest.approx(projected_and_of_persons(plain)[0], rel=3e-4)
    assert persons == pytest.approx(projected_and_of_persons(plain)[1], rel=1e-12)


def test_a_cohort_whose_account_moves_at_50_gets_what_its_persons_get() -> None:
    """All of the purse at 2 % moves into the pot at 4 % at 50, from when on the pot alone is credited: on average, the purse gains the rest.

    A projection compounds every day; one person's interest joins in January, so that they differ by up to two months of it.
    """
    by_age = lambda before, after: {"by": "age", "points": {0: before, 50: after}}  # noqa: E731
    accounts = {
        "pot": {"allocation": by_age(0.05, 0.15), "crediting": {"fixed": 0.04}},
        "purse": {"allocation": by_age(0.1, 0), "crediting": {"fixed": 0.02}},
    }
    amount = {"kind": "sum_of", "parts": {"pot": ANNUITY, "purse": ANNUITY | {"account": "purse"}}}
    transfers = {"at_50": {"at_age": 50, "to": "pot", "up_to": 1e12, "from": ["purse"]}}
    gains = {"balance_gains": {"purse": by_age(0, 1.04 / 1.02 - 1)}}
    scenario = one_class(CAREER, amount, STILL, accounts=accounts, transfers=transfers, behaviour=gains)
    projected, persons = projected_and_of_persons(scenario)
    assert projected == pytest.approx(persons, rel=1.04 ** (2 / 12) - 1)
    stays = one_class(CAREER, amount, STILL, accounts=accounts)
    assert projected_and_of_persons(stays)[1] < 0.95 * persons


def test_gains_go_by_age() -> None:
    """Ten years at 2 %, from 50 on, of a balance of twenty years: between nothing and twenty years of it."""
    gains = {"pot": {"by": "age", "points": {0: 0, 50: 0.02}}}
    layers = {"late": ALL_OF_IT | {"rate": {"by": "age", "points": {0: 0, 50: 0.0206}}}}
    late, none, always = (
        simulate(one_class(CAREER, ANNUITY, STILL, accounts=POT, interest_layers=layers, behaviour={"balance_gains": one}))
        .money["pension"].benefits["old_age"][-2]
        for one in (gains, {"pot": 0.0}, {"pot": 0.02})
    )  # fmt: skip
    assert none < late < always
    whole = np.arange(20) + 0.5  # years of growth of each year's credit, at the award
    grown = lambda years, gained: (1.03**years * 1.02**gained).mean()  # noqa: E731
    assert late / none == pytest.approx(
        grown(whole, np.minimum(whole, 10)) / grown(whole, 0 * whole), rel=0.012
    )


# bad input -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "more", "says"),
    [
        (("purse=5",), {}, "no account 'purse'"),
        (("pot=x",), {}, "says no amount"),
        (("pot=-5",), {}, "says no amount"),
        (("pot=nan",), {}, "says no amount"),
        (("pot=1", "pot=2"), {}, "said twice"),
        (("pot=1@2030-13",), {}, "no month|not a month"),
        (("pot=1@2040-01",), {}, "not between birth and"),
        (("pot=1",), {"event": "death", "on": "2020-01"}, "no benefit for the event"),
        (("pot=1",), {"contributions": True}, "no career"),
        (("pot=1",), {"family": "spouse"}, "no career"),
        ((), {}, "asks for a career"),
    ],
)
def test_a_balance_that_cannot_be_read_is_refused(
    texts: tuple[str, ...], more: dict[str, Any], says: str
) -> None:
    scenario = one_class(CAREER, ANNUITY, STILL, accounts=POT)
    with pytest.raises(InputError, match=says):
        asked(scenario, *texts, born="1965-03", **more)


def test_a_drawing_of_balances_needs_its_month() -> None:
    with pytest.raises(InputError, match="is not said"):
        asked(two_accounts(), "pot=5", event="drawing:any_time")


def test_the_command_reads_balances(capsys: pytest.CaptureFixture[str]) -> None:
    words = "person scenarios/singapore.yaml --scheme cpf --sex female --born 1971-06 --on 2026-06 --event drawing:oa.at_55"
    assert run_cli([*words.split(), "--balance", "sa_ra=150000", "--balance", "oa=100000"]) == 0
    assert "Up to 29,600 may be drawn from oa" in capsys.readouterr().out
    assert run_cli([*words.split(), "--balance", "oa=many"]) == 2
    assert capsys.readouterr().err.startswith("--balance:1:1: balance: 'oa=many' says no amount")


LAYERS = {"first": {"rate": 0.01, "up_to": 1000, "counts": {"pot": None}, "into": "pot"}}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"interest_layers": {"first": LAYERS["first"] | {"counts": {"pott": None}}}},
            "unknown account 'pott'",
        ),
        ({"interest_layers": {"first": LAYERS["first"] | {"into": "other"}}}, "unknown account 'other'"),
        (
            {"transfers": {"t": {"at_age": 55, "to": "pot", "up_to": 1, "from": ["other"]}}},
            "unknown account 'other'",
        ),
        (
            {"transfers": {"t": {"at_age": 55, "to": "pot", "up_to": 0, "from": ["purse"]}}},
            "nothing would ever move",
        ),
        ({"gains": {}}, "no balance gains"),
        ({"gains": {"pott": 0.01}}, "unknown account 'pott'"),
        ({"interest_layers": {}, "transfers": {}}, "could gain"),
    ],
)
def test_rules_that_do_not_fit_their_accounts_are_refused(more: dict[str, Any], says: str) -> None:
    errors = [problem.message for problem in cross_check(two_accounts(**more)) if problem.severity == "error"]
    assert any(says in error for error in errors), errors


@pytest.mark.parametrize(
    ("rule", "block", "says"),
    [
        (Drawing, {"also_from": ["pot"]}, "a sum that is not stated"),
        (Transfer, {"at_age": 55, "to": "a", "up_to": 1, "from": ["a"]}, "filled from itself"),
        (Transfer, {"at_age": 55, "to": "a", "up_to": 1, "from": ["b"], "rest_to": "a"}, "go to itself"),
        (InterestLayer, {"rate": 0.3, "up_to": 1, "counts": {"a": None}, "into": "a"}, "0.3"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rule: type, block: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        rule.model_validate(block)  # type: ignore[attr-defined]


def test_the_good_scenario_is_good() -> None:
    assert [problem for problem in cross_check(two_accounts()) if problem.severity == "error"] == []
    assert valid({"meta": {"id": "x", "title": "x"}, "horizon": {"start": 2001, "end": 2002}}) is not None
