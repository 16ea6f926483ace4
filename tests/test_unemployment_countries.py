"""Unemployment insurance of the countries: the first year is near the published counts, and what it pays is what can be.

Published figures with source and year are in docs/unemployment_countries.md. The office counts everybody who was paid in a month, the engine
the part of the month that was paid, so persons paid are not compared.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from spsim.checking import check
from spsim.outcome import Outcome
from spsim.run import simulate
from spsim.schemes import UnemploymentScheme

ROOT = Path(__file__).parent.parent
DESIGNS = ("reforms/cambodia_ui_c102", "reforms/cambodia_ui_c168")
WITH_SCHEME = ("japan", "korea", "mongolia", "singapore", "reforms/brunei_ui", *DESIGNS)
# country, what, published, tolerance (of a figure that is recalled or of another year: wide)
PUBLISHED = [
    ("korea", "insured", 15.5e6, 0.01),  # MOEL 2025: 15.38 m in February, 15.65 m in November
    ("korea", "claims", 1.2e6, 0.06),  # sum of monthly counts of 2025, partly recalled
    ("korea", "benefits", 12.2851e12, 0.04),  # MOEL, January 2026
    ("japan", "claims", 1.19e6, 0.05),  # recalled for fiscal 2024; 1.127 m in fiscal 2016
    ("japan", "benefits", 0.621e12, 0.20),  # basic allowance, fiscal 2016; here with the re-employment allowance
    ("mongolia", "claims", 30.8e3, 0.05),  # 2024, hemnel.mn
    ("mongolia", "benefits", 143e9, 0.03),  # budget of 2025, hemnel.mn
    ("singapore", "claims", 2900 / 4.5 * 8.5, 0.06),  # 15 April to 31 August 2025, at the same pace to December
]  # fmt: skip
pytestmark = pytest.mark.slow


@cache
def outcome(name: str) -> Outcome:
    checked = check(ROOT / f"scenarios/{name}.yaml")
    assert checked.scenario is not None, checked.errors
    return simulate(checked.scenario)


def first_year(name: str, what: str) -> float:
    """A figure of the first year."""
    found = outcome(name)
    stocks = found.unemployment["unemployment"]
    figures = {
        "insured": lambda: stocks.yearly("contributors")[0] / 12,
        "claims": lambda: stocks.yearly("new_claims")[0],
        "benefits": lambda: found.money["unemployment"].expenditure()[0],
    }
    return float(figures[what]())


@pytest.mark.parametrize(("country", "what", "published", "tolerance"), PUBLISHED)
def test_the_first_year_is_near_what_was_published(
    country: str, what: str, published: float, tolerance: float
) -> None:
    assert first_year(country, what) == pytest.approx(published, rel=tolerance)


@pytest.mark.parametrize("name", WITH_SCHEME)
def test_what_is_paid_can_be(name: str) -> None:
    """Identities hold; those paid are among the insured; a benefit is below the mean wage; the cost is a few per cent of wages."""
    found = outcome(name)
    assert max(found.identities.values()) < 1e-9
    stocks, money = found.unemployment["unemployment"], found.money["unemployment"]
    paid, insured = stocks.yearly("beneficiaries"), stocks.yearly("contributors")
    assert (paid >= 0).all() and (paid <= 0.06 * insured).all()
    spent, wages = stocks.yearly("amount"), stocks.yearly("contributory_wages")
    given = paid > 0
    assert (spent[given] / paid[given] < 0.8 * wages[given] / insured[given]).all()
    assert (money.expenditure() <= 0.03 * wages).all()


@pytest.mark.parametrize("name", WITH_SCHEME)
def test_a_fund_without_a_guarantor_lasts(name: str) -> None:
    found = outcome(name)
    scheme = found.scenario.schemes["unemployment"]
    assert isinstance(scheme, UnemploymentScheme)
    if not found.scenario.funds[scheme.fund].deficit_paid_by_state:
        assert (found.accounts[scheme.fund].closing > -1e-6).all()


def test_a_higher_and_longer_benefit_costs_more() -> None:
    """Convention 168 against 102, in every year in which benefits are paid."""
    low, high = (outcome(name).money["unemployment"].expenditure() for name in DESIGNS)
    assert (low[:3] == 0).all() and (high[:3] == 0).all()
    assert (high[3:] > 1.3 * low[3:]).all() and (high[3:] < 2.3 * low[3:]).all()
    assert np.isfinite(high).all()
