"""The unemployment programme of the United States, fed with its own flows: the published relations, and the kernel."""

import csv
from pathlib import Path

import numpy as np
import pytest

from spsim.cli import run_cli
from spsim.experiments.replay import (
    ProgrammeFlows,
    benefits_of_twelve_months,
    chance_of_leaving,
    exhaustion_rate,
    read_flows,
    replay,
    steady_unemployment,
    twelve_months,
)

CASES = Path(__file__).parent / "cases" / "us_unemployment"


@pytest.fixture(scope="module")
def flows():
    return read_flows(CASES / "flows.csv")


def test_exhaustion_rate_is_the_published_one(flows):
    """Each of the 427 published months within 0.01 percentage point (they are printed with two digits)."""
    found = exhaustion_rate(flows.first_payments, flows.final_payments)
    published = np.isfinite(flows.exhaustion_rate)
    assert published.sum() == 427
    assert (np.isfinite(found) >= published).all()
    np.testing.assert_allclose(found[published], flows.exhaustion_rate[published], atol=1e-4)


def test_six_months_lag_and_no_other(flows):
    """Without the lag the rate misses by more than twelve points in a recession."""
    published = np.isfinite(flows.exhaustion_rate)
    found = exhaustion_rate(flows.first_payments, flows.final_payments, lag=0)
    assert np.abs(found - flows.exhaustion_rate)[published].max() > 0.12


def test_benefits_are_claims_times_weeks_times_benefit(flows):
    """Every published month within 1.1 %, all together within 0.1 %."""
    found = benefits_of_twelve_months(flows.first_payments, flows.duration_weeks, flows.weekly_benefit)
    error = found / twelve_months(flows.benefits) - 1
    published = np.isfinite(error)
    assert published.sum() == 427
    assert np.abs(error[published]).max() < 0.011
    assert abs(error[published].mean()) < 0.001


def test_unemployment_at_which_flows_balance():
    """s / (s + f) within two points of the unemployment rate in each month of 1990-2007."""
    with (CASES / "job_flows.csv").open() as file:
        months = [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    separation, finding, rate = (
        np.array([month[name] for month in months])
        for name in ("separation_rate_cps", "job_finding_rate_cps", "unemployment_rate")
    )
    assert len(months) == 216
    assert np.abs(steady_unemployment(separation, finding) - rate).max() < 0.02


def test_steady_unemployment_refuses_rates_that_say_nothing():
    with pytest.raises(ValueError, match="not both 0"):
        steady_unemployment(np.array([0.0]), np.array([0.0]))


def test_kernel_fed_with_first_payments(flows):
    """Durations, exhaustions and totals of the kernel, with months of benefit granted as the only thing it is told besides.

    Stated tolerances: exhaustion rate 1.6 points in every month and 0.3 on average; weeks paid 1.0 in every month and 0.15 on average;
    benefits of twelve months 6.5 %, of all 35 years together 1.5 %.
    """
    found = replay(flows)
    known = np.isfinite(flows.exhaustion_rate) & (np.arange(len(flows.months)) >= 23)
    exhausted = (found.exhaustion_rate - flows.exhaustion_rate)[known]
    weeks = (found.duration_weeks - flows.duration_weeks)[known]
    benefits = (found.benefits_12_months / twelve_months(flows.benefits) - 1)[known]
    assert np.abs(exhausted).max() < 0.016 and abs(exhausted.mean()) < 0.003
    assert np.abs(weeks).max() < 1.0 and abs(weeks.mean()) < 0.15
    assert np.abs(benefits).max() < 0.065
    december = known & (flows.months % 12 == 11)
    total = found.benefits_12_months[december].sum() / twelve_months(flows.benefits)[december].sum() - 1
    assert abs(total) < 0.015


def test_kernel_in_a_steady_programme():
    """Constant flows: exhaustion S = (1 − f)^D exactly, months paid by the trapezoid rule of D months, to the last digit."""
    months = 12 * 2010 + np.arange(60)
    first, rate, granted = np.full(60, 1000.0), 0.4, 6
    unknown = np.full(60, np.nan)
    flows = ProgrammeFlows(months, first, rate * first, unknown, np.full(60, 100.0), unknown, unknown)
    found = replay(flows, {granted: 1.0})
    stay = rate ** (1 / granted)
    paid = sum(0.5 * (stay**m + stay ** (m + 1)) for m in range(granted))
    np.testing.assert_allclose(found.exhaustion_rate[24:], rate, rtol=1e-12)
    np.testing.assert_allclose(found.duration_weeks[24:], paid * 365.25 / 7 / 12, rtol=1e-12)
    np.testing.assert_allclose(chance_of_leaving(np.full(60, rate), granted), 1 - stay)


def test_longer_benefit_is_paid_longer(flows):
    short, long = replay(flows, {5: 1.0}), replay(flows, {6: 1.0})
    assert (long.duration_weeks[24:] > short.duration_weeks[24:]).all()


def test_shares_must_be_a_whole(flows):
    with pytest.raises(ValueError, match="add to 1"):
        replay(flows, {6: 0.5})


def test_command(tmp_path, capsys):
    """The screen has every December; the file every month with a rate."""
    assert run_cli(["replay", str(CASES / "flows.csv")]) == 0
    screen = capsys.readouterr().out
    assert "1982-12" in screen and "38.56      38.56" in screen
    out = tmp_path / "replayed.csv"
    assert run_cli(["replay", str(CASES / "flows.csv"), "--out", str(out)]) == 0
    lines = out.read_text().splitlines()
    assert len(lines) == 1 + 427 and lines[1].startswith("1972-06,")


def written(tmp_path, change):
    lines = (CASES / "flows.csv").read_text().splitlines()
    change(lines)
    file = tmp_path / "flows.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def without_a_month(lines):
    del lines[13]


def without_a_column(lines):
    lines[0] = lines[0].replace("final_payments", "final")


def below_zero(lines):
    lines[2] = lines[2].replace("721281", "-5")


def no_month(lines):
    lines[3] = lines[3].replace("1971-03", "March 1971")


def too_few(lines):
    del lines[18:]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (without_a_month, ":14:1:", "1972-02 follows 1971-12; give every month once"),
        (without_a_column, ":1:1:", "column missing: final_payments"),
        (below_zero, ":3:2:", "first_payments is -5"),
        (no_month, ":4:1:", "'March 1971' is not a month; write it as 2008-01"),
        (too_few, ":1:1:", "17 months are too few; eighteen are needed"),
    ],
)
def test_refuses_flows_that_cannot_be_read(tmp_path, capsys, change, place, words):
    file, out = written(tmp_path, change), tmp_path / "out.csv"
    assert run_cli(["replay", str(file), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert place in told and words in told
    assert not out.exists()
