# ruff: noqa: E501 (the table of mistakes: one a line)
"""Mistakes in a scheme of unemployment insurance, one at a time: one helpful line at the right place, exit code 2, nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spsim.cli import run_cli

GOOD = (Path(__file__).parent / "cases/unemployment.yaml").read_text(encoding="utf-8")
LINE = re.compile(
    r"^(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<path>[^:]+): (?P<what>.+); (?P<how>.+)$"
)
BAD = [
    # name, old, new, text on the line of the finding (and where it stands in the line), what is said
    ("entitlement over the law's maximum", "longest: 6\n", "longest: 5\n", "duration: {by: age, stages", "a duration of 5.9178 months, above the longest of 5; raise `longest`"),
    ("entitlement of another cause over the maximum", "duration: 2\n", "duration: 14\n", "14", "a duration of 14 months, above the longest of 12"),
    ("benefit over the wage", "rate: 0.3\n", "rate: 30\n", "rate: 30\n", "30 is outside 0 to 1; write a share as a fraction, 60 % as 0.60; if more than the wage is meant, add may_exceed_wage: true"),
    ("benefit over the wage in a schedule", "3: 0.5}}\n", "3: 1.5}}\n", "1.5}", "1.5 is outside 0 to 1"),
    ("limit over the wage", "most_of_wage: 0.95", "most_of_wage: 1.2", "1.2", "1.2 is outside 0 to 1"),
    ("severance over the wage unsaid", "      may_exceed_wage: true\n", "", "2, 48: 4}", "2 is outside 0 to 1"),
    ("a wait longer than the benefit", "waiting_days: 45", "waiting_days: 75", "waiting_days: 75", "a wait of 2.5 months is longer than the benefit of 2 months"),
    ("a wait of working days longer than the benefit", "waiting_days: 5\n", "waiting_days: 70\n", "70", "a wait of 3.2 months is longer than the benefit of 3 months"),
    ("separations above one", "points: {18: 0.03, 40", "points: {18: 1.3, 40", "1.3", "1.3 is outside 0 to 1"),
    ("separations above one in a class", "points: {18: 0.03, 40", "points: {18: 0.95, 40", "insurance:\n    kind: unemployment\n    separation_rate", "add to 1.142 a month, more than all insured"),
    ("negative chance", "job_finding: {by: claim_month, points: {1: 0.2,", "job_finding: {by: claim_month, points: {1: -0.2,", "-0.2", "-0.2 is outside 0 to 1"),
    ("terminations above one", "2: 0.04", "2: 1.04", "1.04", "1.04 is outside 0 to 1"),
    ("a crisis that separates all", "    withdrawal_rate: 0.002\n", "    withdrawal_rate: 0.002\n    crisis: {by: event_date, points: {2025: 1, 2026: 30, 2027: 1}}\n", "crisis", "in the crisis 1.08 of the insured would separate in a month"),
    ("causes above one", "other_causes: {resignation: 0.3}", "other_causes: {resignation: 0.7}", "{resignation: 0.7}", "covered_share and the shares of the other causes add to 1.1 in 2025-01"),
    ("a cause without a share", "    other_causes: {resignation: 0.3}\n    other_take_up: {resignation: 0.5}\n", "", "resignation:\n        record", "nothing says how many separate for this cause; add `other_causes: {resignation: 0.3}` under behaviour.insurance"),
    ("a misspelt cause", "other_take_up: {resignation", "other_take_up: {resignations", "resignations", "unknown cause of separation 'resignations'; did you mean 'resignation'?"),
    ("the name of the main cause", "      resignation:\n", "      covered:\n", "covered:\n", "covered stands for the cause of `benefit` itself"),
    ("another record for another cause", "total: 15, longest: 84", "total: 15, longest: 96", "longest: 96", "longest differs from that of `benefit`, but a person has one record"),
    ("fewer months for another cause", "record: {required: 12, window: 18, total", "record: {required: 3, window: 18, total", "3, window: 18", "fewer months are required than for `benefit`"),
    ("a window below the months asked", "required: 6, window: 12", "required: 6, window: 5", "record: {required: 6, window: 5", "no one can ever qualify"),
    ("two ways of using the record", "kept: true,", "kept: true, per_employer: true,", "per_employer: true, between", "kept and per_employer contradict each other"),
    ("months between claims of a record used up by the month", "consecutive: 3, total: 8, longest: 84, kept: true, between_claims: 18, claims_in_life: 3, density: 0.55}", "used_per_month: 12, between_claims: 18}", "18}", "months between claims cannot be told beside a record that is used up month by month"),
    ("density of a record that is used up", "kept: true, between_claims: 18, claims_in_life: 3, density", "density", "0.55", "the density counts all insured months, but a claim uses up the record; add kept: true"),
    ("months used up by age", "record: {required: 6, window: 12, longest: 84}", "record: {required: 6, window: 12, longest: 84, used_per_month: 12}", "duration: {by: age, stages", "cannot differ by age"),
    ("precedence of nothing", "      most_wage: 1800\n", "      most_wage: 1800\n      precedence: floor\n", "floor\n      earnings_months: 40", "precedence without a floor and a cap"),
    ("limits that cross", "      precedence: floor\n", "", "benefit:\n      record: {required: 6", "the ceiling"),
    ("a benefit of nothing", "      rate: {by: claim_number, points: {1: 0.5, 2: 0.45}}\n", "", "benefit:\n      record: {required: {by: claim_number", "a benefit without a rate and without an amount"),
    ("half a month of record", "{1: 5, 2: 6}}, window", "{1: 5, 2: 6.5}}, window", "{by: claim_number, points: {1: 5, 2: 6.5}}, window", "6.5 months are asked, but the record counts whole months; write a whole number"),
    ("a later window that is too short", "{1: 10, 2: 12}}, consecutive", "{1: 10, 2: 5}}, consecutive", "{required: {by: claim_number", "6 months are required within 5"),
    ("a record by age", "required: {by: claim_number", "required: {by: age", "age, points: {1: 5", "cannot be keyed by age; use one of claim_number"),
    ("claims from nought", "duration: {by: claim_number, points: {1: 8,", "duration: {by: claim_number, points: {0: 8,", "0: 8, 2: 6", "0 is no place on the key claim_number, which runs from 1 to 20"),
    ("units that are not there", "in_units_of: minimum_wage", "in_units_of: minimum", "minimum,", "unknown reference amount 'minimum'; did you mean 'minimum_wage'?"),
    ("units of months", "flat: {by: record_months,", "flat: {by: record_months, in_units_of: minimum_wage,", "minimum_wage, points: {6: 5", "points by record_months are no amounts of money"),
    ("a lump sum that nobody gets", "    several_jobs: 0.05\n", "", "insurance:\n    kind: unemployment\n    separation_rate", "nothing says how many lose one of several jobs"),
    ("several jobs without a lump sum", "    job_finding: 0.12\n    to_insured_work: 0.9\n", "    job_finding: 0.12\n    to_insured_work: 0.9\n    several_jobs: 0.1\n", "0.1\n  severance", "no benefit of the scheme has per_job, so this has no effect"),
    ("a bonus share by the month", "share: {by: remaining, points: {0: 0.3, 0.5: 0.6}}", "share: {by: claim_month, points: {1: 0.3, 2: 0.6}}", "claim_month, points: {1: 0.3", "cannot be keyed by claim_month"),
    ("a remaining share over one", "points: {0: 0.3, 0.5: 0.6}", "points: {0: 0.3, 50: 0.6}", "50: 0.6}", "no place on the key remaining, which runs from 0 to 1"),
    ("experience rating of a kept record", "state: {party: state, rate: 0.01}", "state: {party: state, rate: 0.01, reduced_after: {months: 12, by: 0.1}}", "{months: 12", "which here a claim does not empty"),
    ("experience rating past the record", "{months: 36, by", "{months: 100, by", "{months: 100", "the record counts 84 months only; write 84 or less"),
    ("a reduction of more than all", "by: 0.1}}", "by: 1.1}}", "by: 1.1}}", "more than 0 and at most 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "mark", "says"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD]
)
def test_one_line_at_the_right_place(
    old: str, new: str, mark: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert old in GOOD, "the good scenario has changed; mend this case"
    text = GOOD.replace(old, new, 1)
    assert mark in text
    Path("mine.yaml").write_text(text, encoding="utf-8")
    code = run_cli(["run", "mine.yaml", "--quiet"])
    out, error = capsys.readouterr()
    assert code == 2 and out == ""
    (found,) = [LINE.match(line) for line in error.splitlines()]
    assert found is not None and found["file"] == "mine.yaml"
    assert says in found[0]
    assert int(found["line"]) == text[: text.index(mark)].count("\n") + 1, found[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml"]


def test_the_good_scenario_is_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(GOOD, encoding="utf-8")
    assert run_cli(["check", "mine.yaml"]) == 0
