"""The statute's worked cases, one by one, through the rules of scenarios/viet_nam.yaml.

Every case was worked by hand from the law. A family of cases (the first words of its id) has one reader here, which asks the rules for
the same figures. What the scenario does not model is listed in NOT_MODELLED with the reason, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import yaml

from spsim.calendar import month_label, month_number
from spsim.dated import on
from spsim.economy import economic_paths
from spsim.grid import Grid, Moments, Series, one_person
from spsim.loader import load, validate
from spsim.rules.amounts import LargerOf, MonthsOfEarnings
from spsim.rules.benefits import Death, Invalidity, OldAge, Survivors, Tier, Withdrawal
from spsim.rules.pension_age import AgeReached, age_in_months, first_pension_month, person_reached
from spsim.rules.reference_earnings import CareerAverage
from spsim.rules.service import counted_by_period, counted_years
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, UnemploymentScheme

ROOT = Path(__file__).parent.parent
Case = dict[str, Any]
Found = dict[str, Any]

WINDOW = "the public sector's window is read at the year of the award, not at the date of first insurance"
# Cases, or single figures of a case (`id: figure`), that the scenario leaves out. Nothing else may be left out.
NOT_MODELLED = {
    "topup-14y6m": "members do not buy missing months",
    "topup-14y5m": "members do not buy missing months",
    "treaty-12y": "no periods abroad under treaties",
    "reduced-60-3y-25y": "loss of capacity is not a state of members; `use` says how many pass the medical test",
    "excess-m35-then2": "members retire at the pension age; no contributions after it",
    "excess-m36-then2": "members retire at the pension age; no contributions after it",
    "excess-f29-then3": "members retire at the pension age; no contributions after it",
    "window-state-1994-06-01": WINDOW,
    "window-state-1995-01-01": WINDOW,
    "window-state-2000-12-31": WINDOW,
    "window-state-2001-01-01": WINDOW,
    "window-state-2006-12-31": WINDOW,
    "window-state-2007-01-01": WINDOW,
    "window-state-2015-12-31": WINDOW,
    "window-state-2016-01-01": WINDOW,
    "window-state-2019-12-31": WINDOW,
    "window-state-2020-01-01": WINDOW,
    "window-state-2024-12-31": WINDOW,
    "window-state-2025": WINDOW,
    "contribution-voluntary-5m": "no voluntary insurance",
    "contribution-unpaid-14-days": "months without contributions are a share (contribution_density), not days",
    "contribution-unpaid-13-days": "months without contributions are a share (contribution_density), not days",
    "contribution-*: employer_sickness_maternity": "no sickness and maternity branch",
    "contribution-*: employer_work_injury": "no work injury branch",
    "ui-qualify-short-contract": "one window of 24 months; contracts under 12 months have no group of their own",
    "ui-qualify-pension-eligible": "insured leave the scheme by age (`oldest`), not by their right to a pension",
    "ui-qualify-unlawful-quit": "causes of separation are a share (covered_share), not a state",
    "withdrawal-8-months": "less than a year of contributions is paid like years, not as what was contributed",
    "withdrawal-11-months": "less than a year of contributions is paid like years, not as what was contributed",
    "may-withdraw-11-months-out": "months out of insurance are not counted; `use` is a yearly chance of the dormant",
    "may-withdraw-emigration": "emigration opens no withdrawal of its own",
    "may-withdraw-cancer": "listed diseases open no withdrawal of their own",
    "survivors-2025-08-0carer-1alone": "no 70 % for survivors without a carer",
    "survivors-2026-08-0carer-1alone": "no 70 % for survivors without a carer",
    "survivors-2026-08-2carer-1alone": "no 70 % for survivors without a carer",
    "survivors-deceased-work-injury": "no work injury branch",
    "widow-2026-40y-81": "spouses' loss of capacity is not a state",
    "widow-2026-60y-pension-3m": "spouses' income is a share (spouse_without_income), not a state",
    "survivors-lump-pensioner-month-1": "no lump sum on the death of pensioners",
    "survivors-lump-pensioner-month-2": "no lump sum on the death of pensioners",
    "survivors-lump-pensioner-month-3": "no lump sum on the death of pensioners",
    "survivors-lump-pensioner-month-60": "no lump sum on the death of pensioners",
    "survivors-lump-pensioner-month-92": "no lump sum on the death of pensioners",
    "survivors-lump-pensioner-month-100": "no lump sum on the death of pensioners",
    "funeral-2027-03": "the case holds the reference level of 2026; the scenario assumes that it grows",
    "funeral-voluntary-59-months": "no voluntary insurance",
}
CASES: list[Case] = yaml.safe_load((ROOT / "tests/golden/viet_nam.yaml").read_text(encoding="utf-8"))
SEX = {"M": 0, "F": 1}
TOLERANCE = 1e-9


@cache
def scenario() -> Scenario:
    valid, problems = validate(load(ROOT / "scenarios/viet_nam.yaml"), Scenario)
    assert valid is not None, problems
    return valid


def pension() -> PensionScheme:
    scheme = scenario().schemes["pension"]
    assert isinstance(scheme, PensionScheme)
    return scheme


def unemployment() -> UnemploymentScheme:
    scheme = scenario().schemes["unemployment"]
    assert isinstance(scheme, UnemploymentScheme)
    return scheme


@cache
def amounts() -> MappingProxyType[str, Series]:
    economy = scenario().economy
    assert economy is not None
    return MappingProxyType(dict(economic_paths(economy, Grid(2015, 2045), 2025).references))


def in_region(region: str) -> MappingProxyType[str, Series]:
    """Amounts for one region: its own minimum wage in place of the country's mean."""
    number = {"I": 1, "II": 2, "III": 3, "IV": 4}[region]
    return MappingProxyType(amounts() | {"regional_minimum_wage": amounts()[f"minimum_wage_region_{number}"]})


def number(value: Any, sex: int = 0) -> float:
    """The figure of one sex in an array over (..., T, sex, age, class, service)."""
    array = np.asarray(value)
    return float(array[0, min(sex, array.shape[1] - 1), 0, 0, 0])


def benefit(name: str, kind: type) -> Any:
    found = pension().benefits[name]
    assert isinstance(found, kind)
    return found


def short_of_age(months: float) -> AgeReached:
    """One person so many months before the normal age."""
    cell = np.full((1, 2, 1), float(months <= 0))
    return AgeReached(cell, cell, np.full((1, 1, 2, 1), float(months)), np.full((1, 2, 1), float(months < 0)))


def months_of(case: Case) -> int:
    return 12 * case["years"] + case.get("months", 0)


def date_of(case: Case, name: str = "claim_date", default: str = "2026-07-01") -> int:
    return month_number(str(case.get(name, default)))


def tier_at(person: Moments, sex: int, months_short: float = 0) -> tuple[str, Tier]:
    """The tier of old age that takes this person: the first whose conditions are met; early ones only before the age."""
    old_age = benefit("old_age", OldAge)
    for name, tier in old_age.tiers.items():
        early = tier.years_before is not None
        open_to = number(tier.open_to(person, short_of_age(months_short), person.entry), sex)
        if early == (months_short > 0) and open_to == 1:
            return name, tier
    return "", old_age.tiers["pension"]


def pensioner(case: Case) -> tuple[float, float, str]:
    """(rate in percent, monthly pension, tier) of one who retires: the service counted by the law's rounding of odd months."""
    sex, months = SEX[case["sex"]], months_of(case)
    early = 12 * case.get("early_years", 0) + case.get("early_months", 0)
    entry = date_of(case, "first_insured", "2026-01-01" if early == 0 else "2000-01-01")
    person = one_person(date_of(case), amounts(), last=months / 12, entry=entry)
    name, tier = tier_at(person, sex, early)
    counted = float(counted_years(months, pension().service_rounding))
    form = tier.amount_on(replace(person, last=np.array([counted])), short_of_age(early)).terms[0]
    rate = number(form.of(1.0, counted), sex)
    floor = 0.0 if tier.floor is None else number(on(tier.floor, person), sex)
    return 100 * rate, max(rate * case.get("average_wage", 0), floor), name


def old_age_pension(case: Case) -> Found:
    rate, monthly, name = pensioner(case)
    paid = benefit("old_age", OldAge).tiers[name].pays if name else ""
    return {"rate_percent": rate, "monthly_pension": monthly, "pension_eligible": paid == "pension"}


def age_in_year(case: Case) -> Found:
    sex, year = SEX[case["sex"]], case["year"]
    months = np.arange(12 * year, 12 * year + 12.0)
    found = age_in_months(pension().pension_age, months, np.array([12.0 * (year - 61)]))[:, 0, sex]
    assert (found == found[0]).all()
    return {"age_months": found[0], "age_years": found[0] // 12, "age_extra_months": found[0] % 12}


def first_pension(case: Case) -> Found:
    sex, birth = SEX[case["sex"]], month_number(str(case["birth_month"]))
    start = int(first_pension_month(pension().pension_age, np.array([birth]), 12 * 2060)[0, sex])
    required = age_in_months(pension().pension_age, np.array([start - 1.0]), np.array([birth]))[0, 0, sex]
    assert number(person_reached(pension().pension_age, birth, start).share[..., None, None], sex) == 1
    assert number(person_reached(pension().pension_age, birth, start - 1).share[..., None, None], sex) == 0
    return {
        "age_months": required,
        "retirement_month": month_label(start - 1),
        "pension_from": f"{month_label(start)}-01",
    }


def early_points(case: Case) -> Found:
    if "sex" in case:
        return old_age_pension(case)
    months = 12 * case["early_years"] + case["early_months"]
    tiers = [benefit("old_age", OldAge).tiers["early"], benefit("invalidity", Invalidity).tiers["pension"]]
    person = one_person(date_of(case), amounts(), last=30)
    full = number(tiers[0].amount_on(person, short_of_age(0)).terms[0].rate)
    points = [full - number(tier.amount_on(person, short_of_age(months)).terms[0].rate) for tier in tiers]
    assert points[0] == points[1]
    return {"reduction_points": 100 * points[0]}


def reduced_pension(case: Case) -> Found:
    """Loss of 61 to under 81 per cent is the early tier of old age; 81 and more is the pension of invalidity."""
    severe = case["capacity_loss_percent"] >= 81
    tier = (benefit("invalidity", Invalidity) if severe else benefit("old_age", OldAge)).tiers[
        "pension" if severe else "early"
    ]
    person = one_person(date_of(case), amounts(), last=case["years"])
    reached = short_of_age(12 * case["years_before_pension_age"])
    return {"reduced_pension_eligible": number(tier.open_to(person, reached, person.entry)) == 1}


def excess_lump_sum(case: Case) -> Found:
    sex, years = SEX[case["sex"]], case["years_at_pension_age"]
    person = one_person(date_of(case), amounts(), last=years)
    pensions = [tier for tier in benefit("old_age", OldAge).tiers.values() if tier.pays == "pension"]
    found = {
        number(tier.with_lump_sum.on(person).of(12.0, years), sex)
        for tier in pensions
        if tier.with_lump_sum is not None
    }
    assert all(tier.with_lump_sum is not None for tier in pensions), "Art. 68 knows no pension without it"
    assert len(found) == 1
    return {"lump_sum_months_of_average_wage": found.pop()}


def averaging_window(case: Case) -> Found:
    whole = isinstance(pension().reference_earnings, CareerAverage)
    return {"averaging_years": "whole_career" if whole else None}


def valorised_average(case: Case) -> Found:
    rule = pension().reference_earnings
    assert isinstance(rule, CareerAverage) and rule.valorisation == "prices"
    years = range(2022, 2026)
    wages = np.array([case[f"wage_{year}"] for year in years], dtype=float)
    index = 1 / np.array([case[f"coefficient_{year}"] for year in years])
    return {"average_wage": rule.average(wages, index, 1.0)}


def contribution(case: Case) -> Found:
    person = one_person(date_of(case, "month"), amounts())
    base = float(pension().contribution_base.of_wage(case["wage"], person)[0])
    paid = {rule.party: float(rule.on(person)[0, 0, 0]) * base for rule in pension().contributions.values()}
    return {
        "contribution_base": base,
        "employee_pension": paid["employee"],
        "employer_pension": paid["employer"],
        "pension_fund_total": sum(paid.values()),
    }


def unemployment_contribution(case: Case) -> Found:
    person = one_person(12 * case["year"] + 7, in_region(case["region"]))
    scheme = unemployment()
    base = float(scheme.contribution_base.of_wage(case["wage"], person)[0])
    paid = {rule.party: float(rule.on(person)[0, 0, 0]) * base for rule in scheme.contributions.values()}
    return {
        "ceiling": scheme.contribution_base.limits(person)[1][0],
        "contribution_base": base,
        "employee": paid["employee"],
        "employer": paid["employer"],
        "state_support_max": paid["state"],
    }


def unemployment_benefit(case: Case) -> Found:
    rule, month = unemployment().benefit, 12 * case.get("year", 2026) + 7
    references = in_region(case.get("region", "I"))
    record = one_person(month, references, last=case["contribution_months"], last_key="record_months")
    granted = int(rule.months_granted(record)[0, 0])
    first = one_person(month, references, last=1, last_key="claim_month")
    monthly = float(rule.monthly(case.get("average_wage_6_months", 0), first)[0, 0])
    return {
        "benefit_months": granted,
        "monthly_benefit": monthly,
        "total_benefit": granted * monthly,
        "monthly_cap": rule.limits(first)[2][0, 0],
    }


def record_left(case: Case) -> Found:
    record = unemployment().benefit.record
    return {
        "months_preserved": int(record.left(case["contribution_months"], case["benefit_months_received"]))
    }


def record_met(case: Case) -> Found:
    record = unemployment().benefit.record
    window, required = (number(on(value, one_person(0.0, {}))) for value in (record.window, record.required))
    return {"entitled": case[f"months_in_{window:g}"] >= required}


def waiting(case: Case) -> Found:
    person = one_person(12 * case["year"] + 3, amounts(), last_key="record_months")
    days = number(on(unemployment().benefit.waiting_days, person))
    return {
        "waiting_days": days,
        "first_paid_day": days + 1,
        "waiting_working_days": days / 7 * 5,
        "first_paid_working_day": days / 7 * 5 + 1,
    }


def months_of_earnings(amount: Any, case: Case) -> float:
    """Months of average earnings for service before and from 2014, odd months carried over and rounded as the law says."""
    assert isinstance(amount, MonthsOfEarnings)
    periods = [
        12 * case[f"years_{when}"] + case.get(f"months_{when}", 0) for when in ("before_2014", "from_2014")
    ]
    years = counted_by_period(periods, pension().service_rounding)
    person = one_person(month_number("2026-07"), amounts())
    forms = [amount.on(person.earned_in(month_number(date))) for date in ("2013-12", "2014-01")]
    return sum(number(form.of(12.0, y)) for form, y in zip(forms, years, strict=True))


def withdrawal(case: Case) -> Found:
    amount = benefit("withdrawal", Withdrawal).tiers["one_time"].amount
    months = months_of_earnings(amount, case)
    return {"months_of_average_wage": months, "amount": months * case["average_wage"]}


def may_withdraw(case: Case) -> Found:
    entry = date_of(case, "first_insured")
    person = one_person(month_number("2030-01"), amounts(), last=case["years"], entry=entry)
    if case["ground"] == "pension age":
        name, _ = tier_at(person, 0)
        return {"may_withdraw": benefit("old_age", OldAge).tiers[name].pays == "lump_sum"}
    tiers = (
        benefit("invalidity", Invalidity)
        if "capacity" in case["ground"]
        else benefit("withdrawal", Withdrawal)
    ).tiers
    reached = short_of_age(12 * 30)
    once = [tier for tier in tiers.values() if tier.pays == "lump_sum"]
    return {"may_withdraw": any(number(tier.open_to(person, reached, entry)) == 1 for tier in once)}


def survivors_pension(case: Case) -> Found:
    rule = benefit("survivors", Survivors)
    person = one_person(date_of(case, "month"), amounts())
    heads = min(case["relatives_with_carer"], rule.most)
    return {"total_monthly": case["deceased_persons"] * heads * number(on(rule.per_head, person))}


def survivors_open(case: Case) -> Found:
    person = one_person(month_number("2026-07"), amounts(), last=months_of(case) / 12)
    return {
        "monthly_survivors_open": number(sum(benefit("survivors", Survivors).entitles(person).values())) == 1
    }


def widow(case: Case) -> Found:
    person = one_person(12 * case["death_year"] + 5, amounts())
    age = number(on(benefit("survivors", Survivors).spouse_age, person), SEX[case["sex"]])
    return {"relative_eligible": case["age_months"] >= round(12 * age)}


def child(case: Case) -> Found:
    return {"relative_eligible": case["age_months"] < 12 * benefit("survivors", Survivors).child_age}


def death_lump_sum(case: Case) -> Found:
    amount = benefit("death_lump_sum", Death).tiers["to_family"].amount
    assert isinstance(amount, LargerOf)
    served = case["years_before_2014"] + case["years_from_2014"]
    least = number(
        amount.parts["three_months"].on(one_person(month_number("2026-07"), amounts())).of(12.0, served)
    )
    return {"amount": max(months_of_earnings(amount.parts["by_years"], case), least) * case["average_wage"]}


def funeral(case: Case) -> Found:
    tier = benefit("funeral", Death).tiers["grant"]
    served = case["contribution_months"] / 12
    person = one_person(date_of(case, "month_of_death"), amounts(), last=served)
    open_to = number(tier.open_to(person, short_of_age(120), 0.0))
    return {"amount": open_to * number(tier.amount.on(person).of(0.0, served))}


READERS: dict[str, Callable[[Case], Found]] = {
    r"accrual-|pension-": old_age_pension,
    r"age-": age_in_year,
    r"start-": first_pension,
    r"early-": early_points,
    r"reduced-": reduced_pension,
    r"excess-": excess_lump_sum,
    r"window-": averaging_window,
    r"valorised-": valorised_average,
    r"base-|contribution-\d": contribution,
    r"ui-contribution-": unemployment_contribution,
    r"ui-duration-|ui-benefit-": unemployment_benefit,
    r"ui-carry-": record_left,
    r"ui-qualify-": record_met,
    r"ui-waiting-": waiting,
    r"withdrawal-": withdrawal,
    r"may-withdraw-": may_withdraw,
    r"survivors-lump-": death_lump_sum,
    r"survivors-deceased-": survivors_open,
    r"survivors-(\d|two)": survivors_pension,
    r"widow-": widow,
    r"child-": child,
    r"funeral-": funeral,
}


def reader(case_id: str) -> Callable[[Case], Found]:
    return next(read for pattern, read in READERS.items() if re.match(pattern, case_id))


def left_out(case_id: str, figure: str) -> bool:
    family = case_id.split("-")[0]
    return f"{family}-*: {figure}" in NOT_MODELLED


MODELLED = [case for case in CASES if case["id"] not in NOT_MODELLED]


@pytest.mark.parametrize("case", MODELLED, ids=[case["id"] for case in MODELLED])
def test_case(case: Case) -> None:
    found = reader(case["id"])(case["inputs"])
    expected = {name: value for name, value in case["expect"].items() if not left_out(case["id"], name)}
    assert expected, "a case of which nothing is modelled belongs to NOT_MODELLED"
    for name, value in expected.items():
        wanted = value if isinstance(value, str) else pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE)
        assert found[name] == wanted, name


def test_given_levels_are_those_of_the_scenario() -> None:
    """A case that states the reference level or a regional minimum wage states that of the scenario on its date."""
    for case in MODELLED:
        given = case["inputs"]
        for name, key in (
            ("reference_level", "reference_level"),
            ("regional_minimum_wage", "regional_minimum_wage"),
        ):
            if name in given:
                dates = [given[k] for k in ("month", "month_of_death", "claim_date", "year") if k in given]
                series = in_region(given.get("region", "I"))[key]
                assert float(series.at(np.array([month_number(str(dates[0]))]))[0]) == given[name], case["id"]


def test_nothing_is_left_out_unseen() -> None:
    """The list may shrink; a longer one must be argued for here."""
    ids = {case["id"] for case in CASES}
    whole = {name for name in NOT_MODELLED if ":" not in name}
    assert whole <= ids
    assert (len(CASES), len(ids), len(MODELLED), len(whole), len(NOT_MODELLED) - len(whole)) == (
        281,
        281,
        237,
        44,
        2,
    )
