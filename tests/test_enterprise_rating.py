"""Experience rating of enterprises in a run: the account, the table of arrears, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spsim.checks_unemployment import unemployment_problems
from spsim.outcome import Outcome
from spsim.run import simulate
from test_person_unemployment import scenario

FLOWS = {"separation_rate": 0.02, "job_finding": 0.2, "to_insured_work": 0.9}
SIZES = {5: 0.5, 60: 0.5}


def projected(rating: dict[str, Any] | None, **behaviour: Any) -> Outcome:
    """2025 to 2028, employers pay 2 % with or without a rating; a kept record, which no claim empties."""
    rule = {"party": "employer", "rate": 0.02} | ({} if rating is None else {"reduced_after": rating})
    record = {"required": 6, "window": 12, "longest": 24, "kept": True}
    case = scenario(
        {"record": record},
        "2026-05",
        scheme={"contributions": {"employer": rule}},
        behaviour=FLOWS | behaviour,
    )
    return simulate(case)


def paid(outcome: Outcome) -> np.ndarray:
    return outcome.accounts["fund"].balanced.flows["contributions_employer"]


def test_the_account_is_the_rate_on_what_is_left_of_the_wages() -> None:
    """Every month by hand: claims per insured of the 24 months before, the first year's mean before the first month."""
    found = projected({"months": 24, "by": 0.3, "enterprises": SIZES})
    stocks = found.unemployment["unemployment"]
    rate = stocks.new_claims / stocks.contributors
    due = np.zeros(len(rate))
    for month in range(len(rate)):
        before = [rate[m] if m >= 0 else rate[:12].mean() for m in range(month - 24, month)]
        without = sum(share * np.exp(-size * sum(before)) for size, share in SIZES.items())
        due[month] = 0.02 * stocks.contributory_wages[month] * (1 - 0.3 * without)
    np.testing.assert_allclose(paid(found), due.reshape(-1, 12).sum(axis=1), atol=0.5)
    assert max(found.identities.values()) < 1e-9


def test_small_enterprises_get_more_and_longer_times_less() -> None:
    plain = paid(projected(None))
    small, large = (
        paid(projected({"months": 24, "by": 0.3, "enterprises": {size: 1.0}})) for size in (2, 200)
    )
    longer = paid(projected({"months": 60, "by": 0.3, "enterprises": {2: 1.0}}))
    assert (small < longer).all() and (longer < large).all() and (large < plain * (1 + 1e-12)).all()
    assert (small > 0.7 * plain).all()


def test_fewer_claims_mean_more_enterprises_without_one() -> None:
    rating = {"months": 24, "by": 0.3, "enterprises": {10: 1.0}}
    few, many = projected(rating, take_up=0.2), projected(rating)
    assert (paid(few) < paid(many)).all()


def test_persons_rated_ask_for_a_record_that_a_claim_empties() -> None:
    """The same rating of persons is refused on a kept record; of enterprises it is not."""
    for sizes, refused in ((None, True), (SIZES, False)):
        rating = {"months": 12, "by": 0.3} | ({} if sizes is None else {"enterprises": sizes})
        record = {"required": 6, "window": 12, "longest": 24, "kept": True}
        rule = {"party": "employer", "rate": 0.02, "reduced_after": rating}
        case = scenario({"record": record}, "2026-05", scheme={"contributions": {"employer": rule}})
        scheme = case.schemes["unemployment"]
        texts = [str(problem) for problem in unemployment_problems(case, "unemployment", scheme)]  # type: ignore[arg-type]
        assert any("which here a claim does not empty" in text for text in texts) is refused


def test_the_longest_record_is_no_limit_for_enterprises() -> None:
    found = projected({"months": 60, "by": 0.3, "enterprises": SIZES})
    assert found.unemployment["unemployment"].long_wages.sum() == pytest.approx(0)
