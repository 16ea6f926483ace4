"""Conditions on contributions shortly before the event, and on the share of months paid: one person month by month, a projection by share."""

from __future__ import annotations

from typing import Any

import pytest

from spsim.behaviour import PensionBehaviour
from spsim.person import Question, answer
from spsim.run import simulate
from spsim.scenario import Scenario
from test_person import LAST, STILL, one_class

FULL = {"pays": "pension", "amount": {"kind": "flat", "amount": 500}}
REDUCED = {"pays": "pension", "amount": {"kind": "flat", "amount": 200}}


def scenario(**conditions: Any) -> Scenario:
    benefits = {
        "invalidity": {"kind": "invalidity", "tiers": {"full": FULL | conditions, "reduced": REDUCED}}
    }
    return one_class(LAST, FULL["amount"], STILL, benefits=benefits)


def tier_of(career: str, **conditions: Any) -> str:
    question = Question("pension", "male", "1970-01", career, event="invalidity", on="2020-01")
    return str(answer(scenario(**conditions), question).result["tier"])


@pytest.mark.parametrize(
    ("career", "tier"),
    [
        ("2017-01..2018-12 at 1000", "full"),  # 24 months in the last 40: from September 2016 on
        ("2016-09..2018-08 at 1000", "full"),
        ("2016-08..2018-07 at 1000", "reduced"),
        ("2018-02..2019-12 at 1000", "reduced"),
        ("2000-01..2010-12 at 1000, 2018-01..2019-12 at 1000", "full"),
    ],
)
def test_contributions_in_the_last_months(career: str, tier: str) -> None:
    assert tier_of(career, recent={"months": 24, "within": 40}) == tier


@pytest.mark.parametrize(
    ("career", "tier"),
    [
        ("2011-01..2016-12 at 1000", "full"),  # 72 of 108 months since January 2011
        ("2011-01..2016-11 at 1000", "reduced"),
        ("2011-01..2011-12 at 1000, 2015-01..2019-12 at 1000", "full"),
    ],
)
def test_share_of_the_months_since_the_first(career: str, tier: str) -> None:
    assert tier_of(career, density=2 / 3) == tier


@pytest.mark.parametrize(("paying", "full"), [(1.0, 1.0), (0.6, 1.0), (0.45, 0.75)])
def test_a_projection_takes_the_share_of_months_paid(paying: float, full: float) -> None:
    """24 months of 40 are 60 per cent: of contributors who pay 45 per cent of their months, three quarters are taken to have them."""
    ill = PensionBehaviour(kind="pension", invalidity_rate=0.05, contribution_density=paying)
    ruled = scenario(recent={"months": 24, "within": 40}).model_copy(update={"behaviour": {"pension": ill}})
    flows = simulate(ruled).pensions["pension"].flows
    heads = flows.value_heads[0, :, 5].sum(axis=(1, 2, 3, 4))
    assert heads[0] / heads.sum() == pytest.approx(full)
