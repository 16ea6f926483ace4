"""The record beside contributions, months elsewhere, roundings of service and of money, the first month paid: law, person, cohort."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spsim.calendar import month_label
from spsim.career import month_of, read_career
from spsim.checks import cross_check
from spsim.errors import InputError
from spsim.grid import Grid, one_person
from spsim.loader import load, validate
from spsim.person import Question, answer
from spsim.person_facts import Answer
from spsim.rules.contributions import Contribution, ContributionBase
from spsim.rules.credits import Credit, Credited
from spsim.rules.pension_age import age_reached, first_pension_month, person_reached
from spsim.rules.rounding import RoundPension, RoundTo, WageClasses, rounded
from spsim.rules.service import RecordEnd, ServiceCondition, calendar_years, counted_of, mean_rounding
from spsim.run import simulate
from spsim.scenario import Scenario
from test_person import AGE, GROWTH, LAST, STEP, STILL, one_class, projected_and_of_persons, valid, viet_nam

ROOT = Path(__file__).parent.parent
CAREER = {"kind": "career", "valorisation": "wages"}
PER_YEAR = {"kind": "per_year_of_service", "rate": 0.015}
FLAT_PER_YEAR = {"kind": "flat_per_year", "amount": 10}
OPENS_ONLY = {"weight": 0, "record_weight": 1}
HALF = {"weight": 0.5, "record_weight": 1}


def old_age(*, named: str = "pension", **tier: Any) -> dict[str, Any]:
    return {"old_age": {"kind": "old_age", "tiers": {named: {"pays": "pension"} | tier}}}


# Years that open a right, and years that count in amounts -------------------------------------------


def elsewhere(asked: float, credit: dict[str, Any], years: float) -> Scenario:
    """A pension from so many years of record; everybody has these years of one credit."""
    return one_class(
        CAREER, PER_YEAR, STILL,
        credits={"other": credit}, behaviour={"credited_years": {"other": years}},
        benefits=old_age(service={"at_least": asked}, amount=PER_YEAR),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("credit", "counted"), [(OPENS_ONLY, 20), (HALF, 27.5), ({}, 35)], ids=["opens only", "a half", "whole"]
)
def test_a_cohort_and_its_persons_have_the_same_years(credit: dict[str, Any], counted: float) -> None:
    """Twenty years of contribution and fifteen of the credit: 34 years are asked, 1.5 % of 1,000 for each year that amounts count."""
    projected, persons = projected_and_of_persons(elsewhere(34, credit, 15))
    assert persons == pytest.approx(15 * counted)
    assert projected == pytest.approx(persons, rel=1e-12)


def test_years_that_only_amounts_by_service_count() -> None:
    """Japan: years outside are in the basic pension by service, 4 for each year, and not in the rate of earnings, 1.5 % a year."""
    by_service = {"by": "service", "mode": "linear", "points": {0: 0, 50: 200}}
    both = {"kind": "sum_of", "parts": {"earned": PER_YEAR, "basic": {"kind": "flat", "amount": by_service}}}
    scenario = one_class(
        CAREER,
        both,
        STILL,
        credits={"outside": {"rates": False}},
        behaviour={"credited_years": {"outside": 10}},
    )
    projected, persons = projected_and_of_persons(scenario)
    assert persons == pytest.approx(15 * 20 + 4 * 30)
    assert projected == pytest.approx(persons, rel=1e-12)


def test_without_the_years_elsewhere_nobody_has_the_right() -> None:
    awards = simulate(elsewhere(34, OPENS_ONLY, 3)).pensions["pension"].awards["old_age"]
    assert awards.persons[STEP - 2001] == pytest.approx(0.0)


@given(st.floats(0, 14), st.floats(0, 1), st.floats(0, 1))
def test_more_record_weight_never_closes_a_right(years: float, low: float, high: float) -> None:
    met = []
    for weight in sorted((low, high)):
        credit = Credit(weight=1.0, record_weight=weight)
        at = replace(
            one_person(24000.0, {}, last=10.0), credited=Credited({"other": credit}, {"other": years})
        )
        met.append(float(ServiceCondition(at_least=15.0).on(at).item()))
        assert met[-1] == float(10 + years * weight >= 15 - 1e-9)
    assert met[0] <= met[1]


@pytest.mark.parametrize(
    ("credit", "words"),
    [
        ({"weight": 0}, "count neither for the record nor for the amount"),
        ({"weight": 0, "record_weight": 1, "earnings": 500}, "add nothing to an average"),
        ({"weight": 0, "record_weight": 2}, "less than or equal to 1"),
        ({"rates": False, "earnings": 500}, "no rate of earnings counts these years"),
        ({"weight": 0, "record_weight": 1, "rates": False}, "no amount counts years of weight 0"),
    ],
)
def test_a_credit_that_does_nothing_is_refused(credit: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        Credit.model_validate(credit)


@pytest.mark.parametrize(("name", "known"), [("pension", False), ("civil", False), ("second", True)])
def test_months_of_another_scheme_must_be_those_of_one(name: str, known: bool) -> None:
    wrong = [p for p in cross_check(two_schemes(name)) if p.path[-1] == "of_scheme"]
    assert bool(wrong) != known


# One career over two schemes -----------------------------------------------------------------------


def two_schemes(of_scheme: str = "second") -> Scenario:
    """`pension` counts months of the other for its ten years; `second` asks ten years of its own."""
    data = one_class(
        CAREER, PER_YEAR, STILL, benefits=old_age(service={"at_least": 10}, amount=PER_YEAR)
    ).model_dump(exclude_unset=True, by_alias=True)
    first = data["schemes"]["pension"]
    data["schemes"]["second"] = {**first}
    first |= {"credits": {"other": OPENS_ONLY | {"of_scheme": of_scheme}, "exempt": HALF}}
    data["behaviour"]["second"] = dict(data["behaviour"]["pension"])
    data["behaviour"]["pension"] |= {"credited_years": {"other": 1, "exempt": 1}}
    return valid(data)


def asked(career: str, scheme: str = "pension") -> Answer:
    return answer(two_schemes(), Question(scheme, "male", "1964-12", career, on="2025-01"))


def test_months_in_both_count_once() -> None:
    """Six years here and five elsewhere, of which one overlaps: ten years of record, six in the amount."""
    career = "2005-01..2010-12 at 1000, 2010-01..2014-12 at 700 in second"
    found = asked(career)
    assert found.step("record").values["years"] == pytest.approx(10)
    assert found.result["monthly_pension"] == pytest.approx(0.015 * 6 * 1000)
    one_less = asked(career.replace("2014-12", "2014-11"))
    assert not one_less.result["entitled"]


def test_the_same_career_asked_of_the_other_scheme() -> None:
    """It counts no months of the first, and says so."""
    found = asked("2005-01..2010-12 at 1000 in pension, 2011-01..2015-12 at 700", "second")
    assert not found.result["entitled"]
    assert "72 months in pension do not count in second" in found.notes


def test_a_career_of_exempt_months_alone() -> None:
    """Ten years open the right; five count, and there is no average of which they could be a rate."""
    found = asked("2005-01..2014-12 as exempt")
    assert found.step("record").values["years"] == pytest.approx(10)
    assert found.step("first_insured").values["first_insured"] == "2005-01"
    assert found.result["entitled"] and found.result["monthly_pension"] == 0


def test_earnings_of_credited_years_need_a_rate_of_a_career() -> None:
    """Points know nothing of them."""
    points = {"kind": "points", "value": 5}
    for amount, refused in ((points, True), (PER_YEAR, False)):
        scenario = one_class(
            CAREER,
            amount,
            STILL,
            credits={"care": {"earnings": 900}},
            behaviour={"credited_years": {"care": 1}},
        )
        found = [problem for problem in cross_check(scenario) if problem.path[-1] == "earnings"]
        assert bool(found) is refused


def test_exempt_months_in_a_career_and_by_the_option() -> None:
    words = asked("2005-01..2012-12 at 1000, 2013-01..2016-12 as exempt")
    assert words.result["monthly_pension"] == pytest.approx(0.015 * (8 + 4 / 2) * 1000)
    question = Question(
        "pension", "male", "1964-12", "2005-01..2012-12 at 1000", on="2025-01", credited=["exempt 48"]
    )
    assert answer(two_schemes(), question).result["monthly_pension"] == words.result["monthly_pension"]


@pytest.mark.parametrize(
    ("career", "words"),
    [
        (
            "2005-01..2012-12 at 1000, 2013-01..2016-12 as army",
            "has no credit 'army'; choose among other, exempt",
        ),
        ("2005-01..2012-12 at 1000, 2013-01..2016-12 at 900 in third", "has no scheme 'third'"),
        ("2005-01..2012-12 at 900 in second", "no month of contribution to pension"),
        ("2005-01..2012-12 at 1000, 2012-06..2016-12 as exempt", "overlaps"),
        ("2005-01..2012-12 at 1000, 2013-01..2025-01 as exempt", "the career goes on to 2025-01"),
        ("2005-01..2012-12 in second", "is not a spell of contributions"),
    ],
)
def test_a_career_that_cannot_be_read(career: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        asked(career)


def test_a_file_says_the_same_as_words(tmp_path: Path) -> None:
    file = tmp_path / "career.csv"
    file.write_text(
        "from,to,wage,as,in\n2005-01,2010-12,1000,,\n2010-01,2014-12,700,,second\n2015-01,2016-12,,exempt,\n",
        encoding="utf-8",
    )
    words = "2005-01..2010-12 at 1000, 2010-01..2014-12 at 700 in second, 2015-01..2016-12 as exempt"
    assert read_career(str(file)) == read_career(words)
    file.write_text("from,to,wage,as\n2005-01,2010-12,1000,exempt\n", encoding="utf-8")
    with pytest.raises(InputError, match="a wage and a credit"):
        read_career(str(file))


def test_japan_counts_both_records() -> None:
    """National Pension Act Art. 26, Employees' Pension Insurance Act Art. 42: 60 + 59 months are too few, 60 + 60 open both."""
    for months, entitled in (("2006-02", False), ("2006-03", True)):
        career = (
            f"1996-04..2001-03 at 300000 in employees_pension, 2001-04..{months} at 100000 in basic_pension"
        )
        for scheme in ("employees_pension", "basic_pension"):
            found = answer(japan(), Question(scheme, "male", "1961-06", career, on="2026-07"))
            assert found.result["entitled"] is entitled, scheme


def test_japans_basic_part_of_employees_is_that_of_their_own_months() -> None:
    """NPA Art. 27: 120 months of 480, a quarter of 70,608.33; the years outside of a projection's members are not this person's."""
    question = Question("employees_pension", "male", "1961-06", "2003-04..2013-03 at 300000", on="2026-07")
    parts = answer(japan(), question).step("accrual").values["parts"]
    assert sum(part["flat"] for part in parts) == pytest.approx(847300 / 12 / 4, rel=1e-6)


def japan() -> Scenario:
    found, problems = validate(load(ROOT / "scenarios/japan.yaml"), Scenario)
    assert found is not None, problems
    return found


# Roundings of service ------------------------------------------------------------------------------

FULL = {"service": {"at_least": 20}, "pays": "pension", "amount": FLAT_PER_YEAR}
PART = {"service": {"at_least": 10, "below": 20}, "pays": "pension", "amount": FLAT_PER_YEAR}


def test_each_tier_counts_odd_months_in_its_own_way() -> None:
    """20 years and 11 months are 20 in the full pension; 19 and 11 months count by the month in the proportional one."""
    tiers = {"full": FULL, "part": PART | {"service_rounding": "none"}}
    scenario = one_class(
        CAREER,
        PER_YEAR,
        STILL,
        service_rounding="year_down",
        benefits={"old_age": {"kind": "old_age", "tiers": tiers}},
    )
    question = Question("pension", "male", "1964-12", "2004-02..2024-12 at 1000", on="2025-01")
    assert answer(scenario, question).result["monthly_pension"] == pytest.approx(10 * 20)
    shorter = Question("pension", "male", "1964-12", "2005-02..2024-12 at 1000", on="2025-01")
    assert answer(scenario, shorter).result["monthly_pension"] == pytest.approx(10 * (19 + 11 / 12))


@given(st.integers(0, 11), st.integers(0, 11), st.integers(1, 40))
def test_calendar_years_of_six_months_or_more(first: int, last: int, years: int) -> None:
    """Philippines, RA 11199 s.8, told month by month."""
    record = np.arange(24000 + first, 24000 + 12 * years + last)
    counted = sum(1 for year in range(2000, 2043) if sum(1 for month in record if month // 12 == year) >= 6)
    assert calendar_years(record) == counted
    assert counted_of(record, 6, "calendar_years") == counted + 0.5


def test_the_mean_of_calendar_years() -> None:
    """Of careers without a gap that begin and end in any month."""
    careers = [np.arange(24000 + first, 24360 + last) for first in range(12) for last in range(12)]
    gained = [calendar_years(record) - len(record) / 12 for record in careers]
    assert mean_rounding("calendar_years") == pytest.approx(np.mean(gained))
    scenario = one_class(CAREER, PER_YEAR, STILL, service_rounding="calendar_years")
    assert of_cohort(scenario) == pytest.approx(15 * (20 + np.mean(gained)))
    assert of_persons(scenario) == pytest.approx(15 * (20 + np.mean(gained)), rel=0.01)


def test_a_tiers_rounding_is_that_of_a_scheme_in_a_projection() -> None:
    def awarded(scheme: str, tier: dict[str, Any]) -> float:
        scenario = one_class(
            CAREER, PER_YEAR, STILL, service_rounding=scheme, benefits=old_age(amount=PER_YEAR, **tier)
        )
        return float(simulate(scenario).pensions["pension"].awards["old_age"].amount[STEP - 2001])

    whole = awarded("year_down", {})
    assert awarded("none", {"service_rounding": "year_down"}) == pytest.approx(whole, rel=1e-12)
    assert awarded("half_year_up", {"service_rounding": "year_down"}) == pytest.approx(whole, rel=1e-12)
    assert awarded("year_down", {"service_rounding": "none"}) > whole


# A record that ends before the event ---------------------------------------------------------------

SEMESTER = {"period": "quarter", "months": 3}
EMPLOYER = {"employer": {"party": "employer", "rate": 0.1}}
POT = {"pot": {"allocation": 0.1, "crediting": {}}}
REFUND = {"old_age": {"kind": "old_age", "tiers": {
    "pension": {"pays": "pension", "amount": PER_YEAR, "service": {"at_least": 1}},
    "refund": {"pays": "lump_sum", "amount": {"kind": "account", "account": "pot"}}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "first_out"),
    [("2026-01", "2025-10"), ("2026-03", "2025-10"), ("2026-04", "2026-01"), ("2026-12", "2026-07")],
)
def test_the_semester_of_the_contingency(event: str, first_out: str) -> None:
    """Philippines, RA 11199: the two quarters that end with that of the event."""
    assert RecordEnd.model_validate(SEMESTER).first_left_out(month_of(event)) == month_of(first_out)


@given(
    st.integers(24000, 24400), st.sampled_from(["month", "quarter", "half_year", "year"]), st.integers(1, 30)
)
def test_a_record_ends_before_the_event(event: int, period: str, months: int) -> None:
    rule = RecordEnd.model_validate({"period": period, "months": months})
    length = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[period]
    assert months <= event - rule.first_left_out(event) <= months + length - 1
    assert rule.first_left_out(event + length) == rule.first_left_out(event) + length
    left = [event + month - rule.first_left_out(event + month) for month in range(length)]
    assert rule.mean_months == pytest.approx(np.mean(left))


def semester(growth: dict[str, Any], **more: Any) -> Scenario:
    return one_class(LAST, PER_YEAR, growth, record_ends=SEMESTER, **more)


def of_persons(scenario: Scenario) -> float:
    """Mean pension of those whose pensions begin in the months August .. July of the step, after twenty years of contribution."""
    paid = []
    for start in range(12 * (STEP - 1) + 7, 12 * STEP + 7):
        career = f"{month_label(start - 240)}..{month_label(start - 1)} at 1 average"
        question = Question("pension", "male", month_label(start - 1 - 12 * AGE), career)
        paid.append(answer(scenario, question).result["monthly_pension"])
    return float(np.mean(paid))


def of_cohort(scenario: Scenario) -> float:
    award = simulate(scenario).pensions["pension"].awards["old_age"]
    return float(award.amount[STEP - 2001] / award.persons[STEP - 2001] / 12)


def test_a_cohort_loses_the_mean_of_what_comes_too_late() -> None:
    """Three to five months do not count, four on average: 19 years and 8 months at 1.5 % of 1,000."""
    assert of_persons(semester(STILL)) == pytest.approx(15 * (20 - 4 / 12))
    assert of_cohort(semester(STILL)) == pytest.approx(15 * (20 - 4 / 12))


def test_averages_end_with_the_record() -> None:
    """Wages grow: the average ends four months earlier, in a cohort and of persons, whose wages rise each January (0.5 % at most)."""
    late, none = semester(GROWTH), one_class(LAST, PER_YEAR, GROWTH)
    months = (20 - 4 / 12) / 20
    for paid in (of_cohort, of_persons):
        lost = paid(late) / paid(none) / months
        assert lost == pytest.approx(1.05 ** (-4 / 12), rel=0.005)
    assert of_cohort(late) == pytest.approx(of_persons(late), rel=0.005)


@pytest.mark.parametrize(("late", "left_out"), [(True, 4 / 12), (False, 0.0)], ids=["semester", "to the end"])
@pytest.mark.parametrize("asked", [19.2, 19.9, 20.1])
def test_conditions_ask_for_so_much_more(late: bool, left_out: float, asked: float) -> None:
    """Service at 60 is uniform on 19.5 to 20.5; who does not have what is asked goes on for a year, and so do those of the year before."""
    tiers = old_age(amount=PER_YEAR, service={"at_least": asked})
    scenario = semester(STILL, benefits=tiers) if late else one_class(LAST, PER_YEAR, STILL, benefits=tiers)
    at_sixty = min(max(20.5 - asked - left_out, 0.0), 1.0)
    assert of_cohort(scenario) == pytest.approx(15 * (21 - at_sixty - left_out))


def test_a_person_lacks_the_months_that_come_too_late() -> None:
    """Of twenty years to the end of 2024 the last three months do not count in January 2025: 19 years and 9 months are left."""
    for asked, entitled in (("19y10m", False), ("19y9m", True)):
        question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 1000", on="2025-01")
        tiers = old_age(amount=PER_YEAR, service={"at_least": asked})
        assert answer(semester(STILL, benefits=tiers), question).result["entitled"] is entitled


def test_windows_end_with_the_record() -> None:
    """Twelve months in the last twelve before the semester: contributions within it do not help."""
    tiers = {"invalidity": {"kind": "invalidity", "tiers": {"pension": {
        "pays": "pension", "amount": PER_YEAR, "recent": {"months": 12, "within": 12}}}}}  # fmt: skip
    scenario = semester(STILL, benefits=old_age(amount=PER_YEAR) | tiers)
    for first, entitled in (("2022-10", True), ("2022-11", False)):
        question = Question(
            "pension", "male", "1980-12", f"{first}..2024-01 at 1000", event="invalidity", on="2024-02"
        )
        assert answer(scenario, question).result["entitled"] is entitled


def test_a_record_that_lies_too_late_as_a_whole() -> None:
    """Nothing counts, nothing is due; the contributions are shown."""
    question = Question(
        "pension", "male", "1964-12", "2024-11..2024-12 at 1000", on="2025-01", contributions=True
    )
    found = answer(semester(STILL, contributions=EMPLOYER, accounts=POT, benefits=REFUND), question)
    assert found.step("record").values["months"] == 0
    assert "2 months from 2024-10 on come too late: the record counts 0 months" in found.step("record").lines
    assert found.result["tier"] == "refund" and found.result["lump_sum"] == pytest.approx(200)
    assert found.contributions[0]["employer"] == pytest.approx(200)
    assert answer(semester(STILL), question).result["monthly_pension"] == 0


def test_a_record_end_that_leaves_nothing_out_is_refused() -> None:
    with pytest.raises(Exception, match="every record ends before the month of the event"):
        RecordEnd.model_validate({"period": "month"})


# Averages by the date of first insurance -----------------------------------------------------------

BY_ENTRY = {"kind": "final", "years": {"by": "first_insured_date", "points": {1980: 1, 2000: 4, 2006: 60}}}


@pytest.mark.parametrize(
    ("entry", "months"), [("1999-12", 12), ("2000-01", 48), ("2005-12", 48), ("2006-01", 228)]
)
def test_years_of_an_average_by_first_insurance(entry: str, months: int) -> None:
    """Viet Nam, Law 41/2024 Art. 72(1), in small: one year, four years, the whole career."""
    scenario = one_class(BY_ENTRY, PER_YEAR, STILL, behaviour={"years_since_entry": 20})
    found = answer(
        scenario, Question("pension", "male", "1964-12", f"{entry}..2024-12 at 1000", on="2025-01")
    )
    assert found.step("reference_earnings").values["months"] == months


@pytest.mark.parametrize(
    ("entry", "months"),
    [
        ("1995-01", 72),
        ("2001-01", 96),
        ("2007-01", 120),
        ("2016-01", 180),
        ("2020-01", 240),
        ("2025-01", 300),
    ],
)
def test_public_averages_of_viet_nam(entry: str, months: int) -> None:
    """Law on Social Insurance 41/2024, Art. 72(1): the last 5, 6, 8, 10, 15, 20 years, or the whole time."""
    born = f"{int(entry[:4]) - 20}{entry[4:]}"
    last = f"{max(int(entry[:4]) + 24, 2026)}-12"
    question = Question("pension_public", "male", born, f"{entry}..{last} at 9000000", event="death")
    found = answer(viet_nam(), question)
    assert found.step("reference_earnings").values["months"] == months


@pytest.mark.parametrize(("since", "same_as"), [(30, 1), (22, 4), (3, 3)])
def test_a_projection_reads_them_so_long_before_the_award(since: float, same_as: int) -> None:
    """Awards around January 2025: entry in 1995 gives one year, in 2003 four; in 2022 the whole time since, three years."""
    by_entry = one_class(BY_ENTRY, PER_YEAR, GROWTH, behaviour={"years_since_entry": since})
    plain = one_class({"kind": "final", "years": same_as}, PER_YEAR, GROWTH)
    assert of_cohort(by_entry) == pytest.approx(of_cohort(plain), rel=1e-12)


def test_years_since_entry_and_what_they_are_for_go_together() -> None:
    alone = one_class(BY_ENTRY, PER_YEAR, STILL)
    idle = one_class(LAST, PER_YEAR, STILL, behaviour={"years_since_entry": 20})
    assert any("which a projection does not know" in problem.message for problem in cross_check(alone))
    assert any("no average goes by the date" in problem.message for problem in cross_check(idle))


# The first month paid ------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [60.0, 60.25])
def test_paid_from_the_month_of_the_age(age: float) -> None:
    births = np.arange(23000.0, 23040.0)
    first = first_pension_month(age, births, 24000, "month_of_age")
    assert np.array_equal(first[:, 0], births + 12 * age)
    assert np.array_equal(first + 1, first_pension_month(age, births, 24000))
    assert person_reached(age, 23000, int(23000 + 12 * age), "month_of_age").share[0, 0, 0] == 1.0
    assert person_reached(age, 23000, int(23000 + 12 * age), "month_after_age").share[0, 0, 0] == 0.0


def test_a_twelfth_of_a_cell_is_paid_a_month_earlier() -> None:
    grid = Grid(2025, 2026, 55, 65)
    sooner, later = (age_reached(60.0, grid, when) for when in ("month_of_age", "month_after_age"))  # type: ignore[arg-type]
    assert sooner.share[0, 0, 59 - 55] == pytest.approx(1 / 12)
    assert (sooner.share - later.share)[0, 0].sum() == pytest.approx(1 / 12)
    assert np.array_equal(sooner.months_short, later.months_short - 1)


# Rounding of money ---------------------------------------------------------------------------------


@given(st.floats(0, 1e7), st.sampled_from([0.05, 1, 10, 20, 100]))
def test_rounded_money_lies_within_a_unit(amount: float, unit: float) -> None:
    low, near, high = (float(rounded(amount, unit, mode)) for mode in ("down", "nearest", "up"))  # type: ignore[arg-type]
    slack = 1e-6 * unit + 1e-8 * amount
    assert low - slack <= amount <= high + slack
    assert high - low <= unit * 1.0001 + slack
    assert near in (low, high) or abs(near - amount) <= slack
    assert abs(near - amount) <= unit / 2 + slack


@pytest.mark.parametrize(
    ("wage", "taken"),
    [(3250, 3260), (3260, 3260), (5000, 5000), (5000.01, 5100), (20000, 20000), (20000.01, 20000.01)],
)
def test_wage_classes_of_the_third_schedule(wage: float, taken: float) -> None:
    """EPF Act 1991, Third Schedule Part A: 20 wide to 5,000, 100 wide to 20,000, then the wage itself."""
    classes = WageClasses.model_validate(
        {"to": {"by": "wage", "points": {0: 20, 5000.01: 100, 20000.01: 0}}, "mode": "up"}
    )
    assert float(classes.of_wage(wage)) == taken


def test_seven_per_cent_of_a_hundred_is_seven() -> None:
    """Not eight: the product is 7.000000000000001 in binary numbers."""
    assert 0.07 * 100 > 7
    assert float(RoundTo(to=1, mode="up").exactly(0.07 * 100)) == 7
    assert float(RoundTo(to=1, mode="down").exactly(0.29 * 100)) == 29  # 28.999999999999996


def test_a_projection_pays_the_mean_of_the_rounding() -> None:
    """Half a unit more for contributions that are rounded up, and of the class of wages."""
    rule = {"employer": {"party": "employer", "rate": 0.1}}
    plain = one_class(LAST, PER_YEAR, STILL, contributions=rule)
    up = {"employer": rule["employer"] | {"round_to": {"to": 4, "mode": "up"}}}
    rounding = one_class(LAST, PER_YEAR, STILL, contributions=up)
    classes = one_class(
        LAST, PER_YEAR, STILL, contributions=rule, contribution_base={"round_to": {"to": 50, "mode": "up"}}
    )
    paid = [
        simulate(one).money["pension"].contributions["pension", "employer"][5]
        for one in (plain, rounding, classes)
    ]
    assert paid[1] == pytest.approx(paid[0] * 102 / 100)
    assert paid[2] == pytest.approx(paid[0] * 1025 / 1000)


def test_one_persons_contribution_and_wage_are_rounded() -> None:
    rule = {"employee": {"party": "employee", "rate": 0.035, "round_to": {"to": 10, "mode": "down"}}}
    base = {"round_to": {"to": 100, "mode": "down"}}
    scenario = one_class(LAST, PER_YEAR, STILL, contributions=rule, contribution_base=base)
    question = Question(
        "pension", "male", "1964-12", "2005-01..2005-12 at 987", on="2025-01", contributions=True
    )
    (year,) = answer(scenario, question).contributions
    assert year["contributory_wages"] == 12 * 900
    assert year["employee"] == 12 * 30


@pytest.mark.parametrize(
    ("rule", "paid"),
    [
        ({"to": 1, "mode": "nearest", "of": "year"}, 2805 / 12),
        ({"to": 10, "mode": "down"}, 230),
        ({"to": 10, "mode": "up"}, 240),
        ({"to": 1, "mode": "nearest"}, 234),
    ],
)
def test_a_pension_in_whole_units(rule: dict[str, Any], paid: float) -> None:
    """1.5 % of 779.22 for twenty years: 233.766 a month, 2,805.19 a year."""
    scenario = one_class(LAST, PER_YEAR, STILL, benefits=old_age(amount=PER_YEAR, round_to=rule))
    question = Question("pension", "male", "1964-12", "2005-01..2024-12 at 779.22", on="2025-01")
    found = answer(scenario, question)
    assert found.result["monthly_pension"] == pytest.approx(paid)
    assert found.step("rounding").values["before"] == pytest.approx(233.766)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ({"to": 10, "mode": "down"}, -5),
        ({"to": 12, "mode": "up", "of": "year"}, 0.5),
        ({"to": 1, "mode": "nearest"}, 0),
    ],
)
def test_a_projected_pension_has_the_mean_of_its_rounding(rule: dict[str, Any], change: float) -> None:
    plain, _ = projected_and_of_persons(one_class(LAST, PER_YEAR, STILL))
    found, _ = projected_and_of_persons(
        one_class(LAST, PER_YEAR, STILL, benefits=old_age(amount=PER_YEAR, round_to=rule))
    )
    assert found - plain == pytest.approx(change, abs=1e-9)
    assert RoundPension.model_validate(rule).yearly_mean() == pytest.approx(12 * change)


@pytest.mark.parametrize(
    ("model", "data", "words"),
    [
        (RoundTo, {"to": 0, "mode": "up"}, "greater than 0"),
        (RoundTo, {"to": 1}, "mode"),
        (WageClasses, {"to": {"by": "age", "points": {0: 20}}, "mode": "up"}, "by the wage"),
        (WageClasses, {"to": {"by": "wage", "points": {0: -20}}, "mode": "up"}, "a width of -20"),
        (ContributionBase, {"bands": {"by": "wage", "points": {0: 1}}, "round_to": {"to": 1, "mode": "up"}}, "keep one of them"),
        (Contribution, {"party": "employee", "cyclical": {"by": "reserve_ratio", "points": {0: 0.1, 1: 0}}, "round_to": {"to": 1, "mode": "up"}}, "beside round_to"),  # noqa: E501
    ],
)  # fmt: skip
def test_roundings_that_say_nothing_are_refused(model: Any, data: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        model.model_validate(data)
