"""A scheme of unemployment insurance that begins inside the horizon: nobody is insured and nobody has a record before its first month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spsim.checking import check
from spsim.run import simulate
from spsim.stocks.unemployment import UnemploymentStocks
from test_person_unemployment import PLAIN, scenario

FLOWS = {"separation_rate": 0.02, "job_finding": 0.2, "to_insured_work": 0.9}


def projected(start: str | None, **benefit: Any) -> UnemploymentStocks:
    """2025 to 2028; without a start the scheme has been there from January 2025, without a record."""
    members = {"members": {"group": "all", "run_in_months": 0}}
    more = members if start is None else members | {"start": start}
    case = scenario(PLAIN | benefit, "2026-05", scheme=more, behaviour=FLOWS)
    return simulate(case).unemployment["unemployment"]


@pytest.mark.parametrize(("start", "month"), [("2026-01", 12), ("2026-09-01", 20), ("2027-07", 30)])
def test_begins_in_its_month(start: str, month: int) -> None:
    """Contributors from the first month, claims once the record is there: six months, and the separation at the end of the sixth."""
    found = projected(start)
    assert not found.contributors[:month].any() and not found.amount[:month].any()
    assert (found.contributors[month:] > 0).all() and not found.contributory_wages[:month].any()
    assert not found.new_claims[: month + 6].any() and found.new_claims[month + 6] > 0
    at_once = projected(None)
    np.testing.assert_allclose(found.contributors[month:], at_once.contributors[month:], rtol=1e-12)


def test_a_scheme_of_january_is_the_one_without_a_start() -> None:
    early, plain = projected("2025-01"), projected(None)
    np.testing.assert_array_equal(early.amount, plain.amount)
    np.testing.assert_array_equal(early.insured, plain.insured)


def test_shares_that_need_persons_are_those_of_its_first_month() -> None:
    """A limit by calendar year bites as it does in a scheme that began before."""
    limit = {"most_months_per_year": 2, "record": {"required": 2, "window": 4, "longest": 12, "kept": True}}
    limited, free = projected("2026-01", **limit), projected("2026-01", record=limit["record"])
    again = projected("2026-01", **(limit | {"record": limit["record"] | {"kept": False}}))
    assert 0 < limited.amount[30:].sum() < 0.9 * free.amount[30:].sum()
    assert again.amount[30:].sum() > 0


def test_a_run_in_before_the_start_is_refused(tmp_path: Any) -> None:
    """The record of people insured before a scheme is none."""
    text = """
meta: {id: late, title: A scheme that begins later, country: VNM, currency: VND}
horizon: {start: 2025, end: 2030}
population: {country: VNM}
labour:
  unemployment_rate: {value: 0.02, source: made up, status: assumption}
  groups:
    all:
      share: 0.3
      source: made up
      status: assumption
      wages: {average: {value: 1000, year: 2025}, profile: 1, coefficient_of_variation: 0.5}
economy: {price_inflation: 0.02, real_wage_growth: 0.01, interest_rate: 0.03}
funds: {fund: {}}
schemes:
  insurance:
    kind: unemployment
    fund: fund
    source: made up
    status: assumption
    start: 2027-07
    members: {group: all}
    contributions: {employer: {party: employer, rate: 0.01}}
    benefit: {record: {required: 12, window: 24}, rate: 0.5, duration: 3}
behaviour:
  insurance: {kind: unemployment, source: made up, status: assumption, separation_rate: 0.01, covered_share: 0.5, take_up: 0.5, job_finding: 0.2}
"""
    file = tmp_path / "late.yaml"
    file.write_text(text, encoding="utf-8")
    refused = [str(problem) for problem in check(file).errors]
    assert any(
        "after the first year 2025: nobody has a record before; write run_in_months: 0 under members" in line
        for line in refused
    ), refused
    file.write_text(text.replace("{group: all}", "{group: all, run_in_months: 0}"), encoding="utf-8")
    assert not check(file).errors
