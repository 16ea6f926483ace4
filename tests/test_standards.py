"""The conventions: what the law of Viet Nam and of Thailand gives the standard beneficiaries, by hand; verdicts and periods; the command.

The hand cases take the law from the articles named and the averages of wages from the scenario file; nothing is taken from the engine.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spsim.adequacy.law import Law
from spsim.checking import check
from spsim.cli import run_cli
from spsim.errors import InputError
from spsim.scenario import Scenario
from spsim.standards.beneficiaries import Beneficiaries
from spsim.standards.changes import change_months
from spsim.standards.conventions import AGES, COVERAGES, DURATIONS, LEVELS, RIGHTS, TITLES, Cited
from spsim.standards.lines import Line
from spsim.standards.tests import Options, evaluate

ROOT = Path(__file__).parents[1]
VIET_NAM, THAILAND = (ROOT / "scenarios" / f"{name}.yaml" for name in ("viet_nam", "thailand"))
CITED = Cited("1", "by hand", "official")


@cache
def scenario_of(file: Path) -> Scenario:
    found = check(file).scenario
    assert found is not None
    return found


def beneficiaries(file: Path, scheme: str) -> Beneficiaries:
    return Beneficiaries(Law(scenario_of(file), scheme))


# Viet Nam, July 2025, by hand ------------------------------------------------------------------------


def test_viet_nam_old_age() -> None:
    """Law 41/2024 Art. 66(1): a man has 40 % at 15 years, 45 % at 20, 2 points for each year more: 65 % at 30.

    1.25 × 6.9 m is below the ceiling of 20 × 2.34 m, so that the share is that of the whole previous earnings. C102 asks 40 %, C128 45 %.
    """
    law = beneficiaries(VIET_NAM, "pension")
    assert law.given("old_age", 2025, 30).share == pytest.approx(0.65)
    assert law.given("old_age", 2025, 15).share == pytest.approx(0.40)
    assert (
        law.given("old_age", 2025, 10).pays == "lump_sum"
    )  # Art. 70(1)(a): below 15 years the record is paid out
    lines = [
        line
        for line in evaluate(scenario_of(VIET_NAM), Options(every=75))
        if (line.branch, line.scheme, line.test) == ("old_age", "pension", "level after 30 years")
    ]
    margins = {line.convention: float(line.margin[0]) for line in lines}
    assert margins == pytest.approx({"C102": 0.25, "C128": 0.20})


def test_viet_nam_pensionable_age() -> None:
    """Decree 135/2020: men 60y3m in 2021 and 3 months more each year: 61y3m in 2025, 62y from 2028; women 56y8m in 2025, 60y from 2035."""
    law = beneficiaries(VIET_NAM, "pension")
    assert law.pension_ages(2025) == pytest.approx((61.25, 56 + 8 / 12))
    assert law.pension_ages(2036) == pytest.approx((62.0, 60.0))


def test_viet_nam_invalidity() -> None:
    """Art. 65(1)(b): 20 years and no more than ten years before the pension age; at 40 after 15 years the record is paid out."""
    given = beneficiaries(VIET_NAM, "pension").given("invalidity", 2025, 15)
    assert (given.amount, given.pays) == (0.0, "lump_sum")


def test_viet_nam_survivors() -> None:
    """Art. 86-87: half of the reference level, 2.34 m in July 2025, for each of two children; a widow of 40 is below the age.

    2 × 1.17 m = 2.34 m against a labourer at half of the average wage of 6.9 m: 67.8 %. Nothing after 5 years: 15 are asked.
    """
    law = beneficiaries(VIET_NAM, "pension")
    assert law.given("survivors", 2025, 15).amount == pytest.approx(2_340_000)
    assert law.given("survivors", 2025, 5).amount == 0.0
    lines = evaluate(scenario_of(VIET_NAM), Options(labourer="0.5", every=75, conventions=("C102",)))
    (line,) = [
        line
        for line in lines
        if (line.branch, line.scheme, line.test) == ("survivors", "pension", "level after 15 years")
    ]
    assert line.actual is not None
    assert line.actual[0] == pytest.approx(2.34 / 3.45)
    assert line.method.startswith("Art. 66")
    assert line.verdict(2025) == "met"


def test_viet_nam_unemployment() -> None:
    """60 % of the last six months; 3 months of benefit up to 36 months of record and one more for each 12, at most 12.

    Records of 12, 24, 36, 60, 84, 120 and 144 months: 3, 3, 3, 5, 7, 10, 12 months; 43 / 7 months of 365 / 12 days are 26.7 weeks. Benefit from
    the 16th day in 2025 (Law 38/2013), after 10 working days from 2026 (Law 74/2025): both longer than the seven days of Art. 24(3).
    """
    law = beneficiaries(VIET_NAM, "unemployment")
    claim = law.unemployed(2025)
    assert claim.lowest(3) == pytest.approx(0.6)
    assert claim.granted == 5
    lines = evaluate(scenario_of(VIET_NAM), Options(every=75, conventions=("C102", "C168")))
    found = {(line.convention, line.test): line for line in lines if line.branch == "unemployment"}
    weeks = found[("C168", "duration")]
    assert weeks.actual is not None
    assert weeks.actual[0] == pytest.approx(43 / 7 * 365 / 12 / 7)
    assert weeks.verdict(2025) == "met"
    waits = found[("C102", "waiting period")]
    assert waits.actual is not None
    assert (float(waits.actual[0]), waits.verdict(2025)) == (15.0, "not met")


# Thailand, July 2025, by hand ------------------------------------------------------------------------


def average_wages_of_thailand() -> dict[int, float]:
    """15,770 in 2025, carried back by the rates of the file: 2025 −0.2 % and 3.2 % real, 2020-2024 1.5 % and 0.4 %."""
    wages = {2025: 15770.0}
    wages[2024] = wages[2025] / (0.998 * 1.032)
    for year in (2023, 2022, 2021, 2020):
        wages[year] = wages[year + 1] / (1.015 * 1.004)
    return wages


def test_thailand_old_age() -> None:
    """20 % for 15 years and 1.5 points for each more: 42.5 % after 30, of the last 60 months at the ceiling of 15,000: 6,375.

    Previous earnings are the same 60 months without the ceiling: July 2020 to June 2025, 6 months of 2020 and of 2025, 12 of each year
    between, at 125 % of the average wage. C102 asks 40 %: not met, though the formula gives 42.5 %.
    """
    average = average_wages_of_thailand()
    sixty = 6 * average[2020] + 12 * sum(average[year] for year in range(2021, 2025)) + 6 * average[2025]
    given = beneficiaries(THAILAND, "social_security").given("old_age", 2025, 30)
    assert min(1.25 * average[2020], 15000) == 15000
    assert given.amount == pytest.approx(0.425 * 15000)
    assert given.share == pytest.approx(6375 / (1.25 * sixty / 60))
    assert given.share < 0.40


def test_thailand_unemployment() -> None:
    """60 % since 28 June 2025 of at most 15,000: 9,000 over 1.25 × 15,770 = 19,712.5, that is 45.7 %: C102 is met, C168 not.

    Six months after any record of six in fifteen: 26 weeks. Seven days of wait.
    """
    claim = beneficiaries(THAILAND, "unemployment").unemployed(2025)
    assert claim.lowest(3) == pytest.approx(9000 / 19712.5)
    assert claim.granted == 6
    lines = evaluate(scenario_of(THAILAND), Options(every=75))
    verdicts = {
        (line.convention, line.test): line.verdict(2025) for line in lines if line.branch == "unemployment"
    }
    assert verdicts[("C102", "level, lowest month of the first 13 weeks")] == "met"
    assert verdicts[("C168", "level, lowest month of the first 26 weeks")] == "not met"
    assert verdicts[("C168", "duration")] == "met"
    assert verdicts[("C102", "waiting period")] == "met"


# Families of survivors -------------------------------------------------------------------------------


# Lines -----------------------------------------------------------------------------------------------


def line_of(actual: list[float], **more: Any) -> Line:
    return Line(
        "C102", "old_age", "test", CITED, required=0.4, actual=np.array(actual),
        years=np.arange(2025, 2025 + len(actual)), **more,
    )  # fmt: skip


def test_periods_and_turning_points() -> None:
    line = line_of([0.3, 0.4, 0.5, 0.39, 0.4])
    assert (line.first_met, line.stops, line.periods) == (2026, 2028, "2026-2027, 2029")
    assert [line.verdict(year) for year in (2025, 2026, 2028)] == ["not met", "met", "not met"]
    assert (line_of([0.4, 0.4]).periods, line_of([0.1]).periods) == ("all years", "no year")
    assert line_of([0.1]).first_met is None and line_of([0.4, 0.5]).stops is None


def test_at_most_turns_the_margin() -> None:
    line = line_of([0.3, 0.5], at_most=True)
    assert list(line.margin) == pytest.approx([0.1, -0.1])
    assert list(line.met) == [True, False]


def test_a_lower_bound_decides_only_what_it_meets() -> None:
    line = line_of([0.3, 0.5], bound=True)
    assert [line.verdict(year) for year in (2025, 2026)] == ["undecided", "met"]
    assert Line("C102", "sickness", "level", CITED).verdict(2025) == "not in the scenario"


def test_a_year_between_two_tested_ones_is_read_at_the_earlier() -> None:
    line = Line(
        "C102", "old_age", "x", CITED, required=1, actual=np.array([0.0, 1.0]), years=np.array([2025, 2035])
    )
    assert [line.verdict(year) for year in (2025, 2034, 2035, 2040)] == ["not met", "not met", "met", "met"]


def test_the_law_of_a_date_moves_the_verdict() -> None:
    """Thailand's ceiling steps to 17,500, 20,000 and 23,000: the benefit of 60 % of it rises in 2026, 2029 and 2032 against the wage."""
    lines = evaluate(scenario_of(THAILAND), Options(conventions=("C168",)))
    (level,) = [line for line in lines if line.test.startswith("level") and line.branch == "unemployment"]
    assert level.actual is not None and level.years is not None
    rises = [int(year) for year, step in zip(level.years[1:], np.diff(level.actual)) if step > 0.01]
    assert rises == [2026, 2029, 2032]
    assert level.verdict(2025) == "not met" and level.verdict(2026) == "met"


def test_change_months_see_the_dates_of_a_block() -> None:
    duration = scenario_of(THAILAND).schemes["unemployment"].benefit  # type: ignore[union-attr]
    changes = change_months(duration, 12 * 2100)
    assert changes is not None and 12 * 2025 + 5 in changes


# The data --------------------------------------------------------------------------------------------


def test_every_figure_names_an_article_and_a_source() -> None:
    cited = [rule.cited for rules in (LEVELS, RIGHTS, DURATIONS, AGES, COVERAGES) for rule in rules]
    for one in cited:
        assert one.article and one.source
        assert one.status in ("official", "secondary", "unverified")
    assert {rule.convention for rule in LEVELS} == set(TITLES) - {"R202"}


def test_higher_conventions_ask_for_more() -> None:
    least = {rule.branch: rule.percent for rule in LEVELS if rule.convention == "C102" and not rule.instead}
    for rule in LEVELS:
        if rule.convention not in ("C102", "R202") and not rule.instead:
            assert rule.percent > least[rule.branch]


# Options and the command -----------------------------------------------------------------------------

BAD_OPTIONS = {
    "convention": (Options(conventions=("C103",)), "unknown convention"),
    "employees": (Options(employees=1.5), "outside 0 to 1"),
    "labourer": (Options(labourer="minimum"), "neither a share"),
    "poverty": (Options(poverty_line="-5"), "neither a monthly amount"),
    "every": (Options(every=0), "write 1 to 100"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options_are_refused(name: str) -> None:
    options, words = BAD_OPTIONS[name]
    with pytest.raises(InputError, match=words):
        evaluate(scenario_of(VIET_NAM), options)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_cli(["standards", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


LAW = (str(THAILAND), "--law-only", "--every", "75")


def test_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    code, text, error = told(capsys, *LAW)
    assert (code, error) == (0, "")
    assert "C102  Social Security (Minimum Standards) Convention, 1952" in text
    assert "sickness, Art. 16(1), Schedule to Part XI (asked: 45.0 %): not in the scenario" in text


def test_command_as_json_csv_and_tables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "standards"
    code, text, _ = told(capsys, *LAW, "--format", "json", "--out", str(out))
    data = json.loads(text)
    assert code == 0 and data["tests"] and data["absent"] and data["by_year"]
    with (out / "tables" / "standards.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(data["tests"])
    code, text, _ = told(capsys, *LAW, "--format", "csv")
    assert code == 0 and text.startswith("convention,branch,scheme,article,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--year", "2200"), "outside the horizon"),
        (("--convention", "C129"), "did you mean"),
        (("--employees", "55"), "write 55 % as 0.55"),
        (("--labourer", "wage_ceilin"), "neither a share"),
    ],
)
def test_mistakes_end_with_code_2(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text, error = told(capsys, *LAW, *arguments)
    assert (code, text) == (2, "")
    assert words in error and "Traceback" not in error


@pytest.mark.slow
def test_viet_nam_coverage_and_financing_from_the_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Coverage and the employees' share, added up again from the tables that `spsim run` writes."""
    import polars

    run, found = tmp_path / "run", tmp_path / "standards"
    assert run_cli(["run", str(VIET_NAM), "--out", str(run), "--quiet", "--format", "csv"]) == 0
    code, _, _ = told(capsys, str(VIET_NAM), "--employees", "0.55", "--every", "25", "--out", str(found))
    assert code == 0
    tables = {
        name: polars.read_csv(run / "tables" / f"{name}.csv")
        for name in ("members", "population", "labour_force", "accounts")
    }
    by_year = polars.read_csv(found / "tables" / "standards_by_year.csv")
    year = polars.col("year") == 2025
    members = tables["members"].filter(year & polars.col("scheme").is_in(["pension", "pension_public"]))
    persons = members["contributors"].sum()
    employed = tables["labour_force"].filter(year)["employed"].sum()
    people = tables["population"].filter(year)["persons"].sum()
    paid = tables["accounts"].filter(
        year & polars.col("item").str.starts_with("contributions_") & (polars.col("fund") != "state_budget")
    )
    own = paid.filter(polars.col("item") == "contributions_employee")["amount"].sum()

    def actual(article: str) -> float:
        here = by_year.filter(
            year & (polars.col("convention") == "C102") & (polars.col("article") == article)
        )
        return float(here["actual"][0])

    assert actual("27(a)") == pytest.approx(persons / (0.55 * employed), rel=1e-6)
    assert actual("27(b)") == pytest.approx(persons / people, rel=1e-6)
    assert actual("71(2)") == pytest.approx(own / paid["amount"].sum(), rel=1e-6)
