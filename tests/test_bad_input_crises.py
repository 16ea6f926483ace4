# ruff: noqa: E501 (the table of mistakes: one a line)
"""Mistakes in crises, programmes and funds: one line at the right place that says how to mend it, exit code 2, nothing written."""

import pytest

from crisis_case import CASE
from spsim.cli import run_cli

SHOCK = """    shocks:
      slump:
        start: 2027-04
        separations: [1.5, 2.0, 1.5]
        contributions: [0.9, 0.8, 0.9]
        recovered: {share: 0.5}
"""
PROGRAMMES = """    programmes:
      talks: {kind: placement, take_up: 0.3, cost_per_head: 500000}
      short: {kind: job_retention, prevented: 0.2, months: 3, wage_share: 0.3}
"""
GOOD = (
    CASE.read_text(encoding="utf-8").replace("      longest: 6\n", "      longest: 6\n" + PROGRAMMES) + SHOCK
)

BAD = [
    ("a list with a month less", "contributions: [0.9, 0.8, 0.9]", "contributions: [0.9, 0.8]", "contributions: [0.9", "2 months, but separations has 3; give a number for every month, the first one missing is 2027-06"),
    ("a month left empty", "separations: [1.5, 2.0, 1.5]", "separations: [1.5, null, 1.5]", "separations: [1.5", "expected a number"),
    ("no months", "separations: [1.5, 2.0, 1.5]", "separations: []", "separations: []", ""),
    ("a shock without lists", "        separations: [1.5, 2.0, 1.5]\n        contributions: [0.9, 0.8, 0.9]\n        recovered: {share: 0.5}\n", "", "slump:", "a shock that changes nothing"),
    ("more paid than due", "contributions: [0.9, 0.8, 0.9]", "contributions: [0.9, 1.8, 0.9]", "contributions: [0.9", "1"),
    ("recovered without arrears", "        contributions: [0.9, 0.8, 0.9]\n", "", "recovered:", "no contributions are in arrears"),
    ("after the horizon", "start: 2027-04", "start: 2047-04", "start: 2047-04", "outside the horizon 2025-2030"),
    ("insured of the first month", "        separations: [1.5, 2.0, 1.5]\n", "        separations: [1.5, 2.0, 1.5]\n        insured: [0.9, 0.9, 0.9]\n        # start: ", "insured: [0.9", "write 1 for it, or begin a month later"),
    ("more separate than work", "separations: [1.5, 2.0, 1.5]", "separations: [1.5, 60.0, 1.5]", "separations: [1.5", "makes a chance of 1.2 a month, more than all"),
    ("unknown list", "separations: [1.5, 2.0, 1.5]", "separation: [1.5, 2.0, 1.5]", "separation: [1.5", "did you mean 'separations'"),
    ("a programme without cost", ", cost_per_head: 500000", "", "talks:", "a programme without cost; write what it costs under cost_per_head"),
    ("a programme that costs nothing", "cost_per_head: 500000", "cost_per_head: 0", "talks:", "a programme without cost"),
    ("short-time work without cost", ", wage_share: 0.3", "", "short:", "a programme without cost; write what it costs under allowance or wage_share or cost_per_head"),
    ("take-up above all", "take_up: 0.3", "take_up: 3", "talks:", "3 is outside 0 to 1"),
    ("unknown kind", "kind: placement", "kind: placements", "talks:", "placement"),
    ("a programme that never begins", "take_up: 0.3", "take_up: 0.3, from_month: 20", "talks:", "no claim lasts until month 20"),
    ("all separations prevented twice", "prevented: 0.2", "prevented: 1.2", "short:", "1.2 is outside 0 to 1"),
    ("unknown fund of a programme", "cost_per_head: 500000", "cost_per_head: 500000, fund: jobs", "talks:", "jobs"),
    ("a fund that pays itself", "state: {party: state, rate: 0.005}", "state: {party: fund, from_fund: unemployment, rate: 0.005}", "state:", "a fund that pays itself"),
    ("unknown paying fund", "state: {party: state, rate: 0.005}", "state: {party: fund, from_fund: injury, rate: 0.005}", "state:", "injury"),
    ("a fund without a name", "state: {party: state, rate: 0.005}", "state: {party: fund, rate: 0.005}", "state:", "a fund pays, but none is named"),
    ("two payers", "state: {party: state, rate: 0.005}", "state: {party: state, from_fund: unemployment, rate: 0.005}", "state:", "state and a fund both pay"),
    ("two rates", "employer: {party: employer, rate: 0.01}", "employer: {party: employer, rate: 0.01, cyclical: {by: reserve_ratio, points: {0: 0.02, 1: 0.01}}}", "employer:", "a rate that answers cannot stand beside rate"),
    ("an answering State", "state: {party: state, rate: 0.005}", "state: {party: state, cyclical: {by: reserve_ratio, points: {0: 0.02, 1: 0.01}}}", "state:", "cannot answer"),
    ("no ratio", "employer: {party: employer, rate: 0.01}", "employer: {party: employer, cyclical: {by: reserve_ratio, points: {low: 0.02, 1: 0.01}}}", "employer:", "low is no ratio"),
    ("two guarantors", "opening_reserve: 20e12", "opening_reserve: 20e12\n    deficit_paid_by_state: true\n    deficit_paid_by_employers: true", "deficit_paid_by_employers", "two guarantors"),
    ("an elasticity of nothing", "to_insured_work: 0.7", "to_insured_work: 0.7\n    finding_elasticity: {reference_rate: 0.5}", "finding_elasticity", "an elasticity of 0 changes nothing"),
    ("a negative extension", "      longest: 6\n    programmes", "      longest: 6\n    emergency_extension: -1\n    programmes", "emergency_extension", "-1 is outside 0 to 60"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "mark", "says"), BAD, ids=[bad[0] for bad in BAD])
def test_refused(name, old, new, mark, says, tmp_path, capsys):
    assert GOOD.count(old) == 1, name
    file, out = tmp_path / "bad.yaml", tmp_path / "out"
    text = GOOD.replace(old, new)
    if name == "insured of the first month":
        text = text.replace("start: 2027-04", "start: 2025-01").replace("        # start: ", "")
    file.write_text(text, encoding="utf-8")
    assert run_cli(["run", str(file), "--out", str(out), "--quiet"]) == 2
    told = capsys.readouterr().err.splitlines()
    lines = [number for number, line in enumerate(text.splitlines(), 1) if mark in line]
    assert any(says in line and any(f"bad.yaml:{number}:" in line for number in lines) for line in told), told
    assert all("; " in line for line in told)
    assert not out.exists()


def test_the_good_file_is_good(tmp_path):
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert run_cli(["check", str(file), "--strict"]) == 0
