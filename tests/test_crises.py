"""Crises month by month: what each list does, what comes back of arrears, and accounts that a reader can work out from the CSV files."""

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crisis_case import outcome_of, rows, written
from spsim.cli import run_cli
from spsim.rules.shocks import Recovery, Shock, no_shock, shock_path
from test_person_unemployment import by_month, projected, scenario, told

SLUMP = {
    "start": "2027-04",
    "separations": [1.5, 2.0, 2.0, 1.5, 1.2, 1.0],
    "job_finding": [0.9, 0.7, 0.6, 0.7, 0.8, 0.9],
    "contributions": [0.95, 0.9, 0.85, 0.9, 0.95, 1.0],
    "insured": [0.99, 0.98, 0.97, 0.97, 0.98, 0.99],
    "to_insured_work": [0.9, 0.9, 0.9, 0.9, 1.0, 1.0],
    "extension": [0, 0, 1, 1, 1, 1],
    "recovered": {"share": 0.6, "after_months": 2, "over_months": 8},
}
FIRST = 12 * 2 + 3  # month of the shock's start, counted from January 2025


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return outcome_of(tmp_path_factory.mktemp("calm"))


@pytest.fixture(scope="module")
def slump(tmp_path_factory):
    return outcome_of(tmp_path_factory.mktemp("slump"), behaviour={"shocks": {"slump": SLUMP}})


def only(tmp_path, **lists):
    return outcome_of(tmp_path, behaviour={"shocks": {"one": {"start": "2027-04", **lists}}}).unemployment[
        "unemployment"
    ]


def test_nothing_changes_before_the_crisis(calm, slump):
    """Months before the shock are the same to the last bit; a shock is no news before it comes.

    Of the month before, the end too: the insured of the first month of the shock are fewer.
    """
    before, after = (one.unemployment["unemployment"] for one in (calm, slump))
    for name in (
        "contributors",
        "new_claims",
        "beneficiaries",
        "exhaustions",
        "amount",
        "contributory_wages",
    ):
        np.testing.assert_array_equal(getattr(before, name)[: FIRST - 1], getattr(after, name)[: FIRST - 1])


def test_separations_of_a_month_make_claims_of_the_next(calm, tmp_path):
    """Twice the separations at the end of April: twice the claims in May, and as many as ever in April."""
    base = calm.unemployment["unemployment"]
    found = only(tmp_path, separations=[2.0, 1.0])
    assert found.new_claims[FIRST] == pytest.approx(base.new_claims[FIRST], rel=1e-12)
    assert found.new_claims[FIRST + 1] == pytest.approx(2 * base.new_claims[FIRST + 1], rel=1e-12)
    assert found.separations[FIRST] == pytest.approx(2 * base.separations[FIRST], rel=1e-12)


def test_job_finding_of_a_month_keeps_claimants(calm, tmp_path):
    """No one finds work in April: May has the claims of April but for those that ended by exhaustion, and the new ones."""
    base = calm.unemployment["unemployment"]
    found = only(tmp_path, job_finding=[0.0, 1.0])
    gained = found.beneficiaries[FIRST + 1] - base.beneficiaries[FIRST + 1]
    assert gained > 0.08 * base.beneficiaries[FIRST]
    assert found.exhaustions[FIRST] > base.exhaustions[FIRST]


def test_insured_follow_the_list(calm, tmp_path):
    base = calm.unemployment["unemployment"]
    found = only(tmp_path, insured=[0.9, 0.95, 1.0])
    np.testing.assert_allclose(
        found.contributors[FIRST : FIRST + 3] / base.contributors[FIRST : FIRST + 3],
        [0.9, 0.95, 1.0],
        rtol=1e-9,
    )


def test_informal_work_delays_the_return(calm, tmp_path):
    """Jobs found are not insured: as many find work, fewer are insured again, new entrants take their places."""
    base = calm.unemployment["unemployment"]
    found = only(tmp_path, to_insured_work=[0.0] * 6)
    np.testing.assert_allclose(found.contributors, base.contributors, rtol=1e-9)
    assert found.new_claims[FIRST + 10] < base.new_claims[FIRST + 10]  # entrants have no record


def test_extension_reaches_running_claims(calm, tmp_path):
    """A month more for all: nobody exhausts in the first month, everybody is paid as before and longer."""
    base = calm.unemployment["unemployment"]
    found = only(tmp_path, extension=[1] * 12)
    assert found.exhaustions[FIRST] == 0.0
    assert base.exhaustions[FIRST] > 0.0
    assert (
        found.beneficiaries[FIRST + 1 : FIRST + 12] > base.beneficiaries[FIRST + 1 : FIRST + 12] * 1.05
    ).all()
    np.testing.assert_allclose(
        found.new_claims[FIRST : FIRST + 2], base.new_claims[FIRST : FIRST + 2], rtol=1e-9
    )
    late = FIRST + 30
    assert found.beneficiaries[late] == pytest.approx(base.beneficiaries[late], rel=0.01)


def test_extension_by_date_is_that_of_a_shock(tmp_path):
    """`emergency_extension` of the law and `extension` of a shock say the same in two places."""
    by_shock = only(tmp_path, extension=[1] * 6)
    points = {2025: 0, "2027-04": 1, "2027-10": 0}
    by_law = outcome_of(tmp_path, scheme={"emergency_extension": {"by": "event_date", "points": points}})
    np.testing.assert_array_equal(by_shock.amount, by_law.unemployment["unemployment"].amount)


def test_two_shocks_multiply(tmp_path):
    """Two shocks of the same months are one with the products of their factors."""
    two = {
        "a": {"start": "2027-04", "separations": [1.5, 1.2]},
        "b": {"start": "2027-05", "separations": [2.0]},
    }
    one = {"c": {"start": "2027-04", "separations": [1.5, 2.4]}}
    found = [outcome_of(tmp_path, behaviour={"shocks": shocks}) for shocks in (two, one)]
    first, second = (one.unemployment["unemployment"].amount for one in found)
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_arrears_by_hand():
    """100 due each month; 10 and 20 are not paid; half of the 30 comes back in three parts, from the second month after the shock on."""
    shock = Shock.model_validate(
        {
            "start": "2025-03",
            "contributions": [0.9, 0.8],
            "recovered": {"share": 0.5, "after_months": 1, "over_months": 3},
        }
    )
    path = shock_path({"one": shock}, 12 * 2025 + np.arange(12))
    due = np.full(12, 100.0)
    np.testing.assert_allclose(
        path.collected(due), [100, 100, 90, 80, 100, 105, 105, 105, 100, 100, 100, 100]
    )
    np.testing.assert_allclose(path.unpaid(due), [0, 0, 10, 20, 0, 0, 0, 0, 0, 0, 0, 0])


@given(
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=12), back=st.floats(0, 1), after=st.integers(0, 6),
    over=st.integers(1, 12), due=st.floats(1, 1e9),
)  # fmt: skip
def test_arrears_come_back_by_their_share(shares, back, after, over, due):
    """Due − collected = (1 − share) × arrears, when all of it falls within the months; nothing is collected twice."""
    recovered = Recovery(share=back, after_months=after, over_months=over)
    shock = Shock(start="2025-01", contributions=shares, recovered=recovered)
    path = shock_path({"one": shock}, 12 * 2025 + np.arange(60))
    every = np.full(60, due)
    lost = (every - path.collected(every)).sum()
    assert lost == pytest.approx(
        (1 - back) * due * sum(1 - share for share in shares), rel=1e-9, abs=1e-6 * due
    )


def test_no_shock_collects_all():
    due = np.arange(24.0)
    np.testing.assert_array_equal(no_shock(24).collected(due), due)


def test_arrears_by_date_are_lost(calm, tmp_path):
    """A tenth of contributions is never paid: employees and employers pay nine tenths, the State all."""
    found = outcome_of(tmp_path, behaviour={"arrears": 0.1})
    for party, share in (("employee", 0.9), ("employer", 0.9), ("state", 1.0)):
        key = ("unemployment", party)
        paid, due = (one.money["unemployment"].contributions[key] for one in (found, calm))
        np.testing.assert_allclose(paid, share * due, rtol=1e-12)


def yearly(table, column, year, **labels):
    return sum(
        float(row[column])
        for row in table
        if row["month"].startswith(str(year)) and all(row[key] == value for key, value in labels.items())
    )


def test_accounts_of_the_crisis_from_the_csv_files(tmp_path):
    """A reader with the tables and the scenario alone works out every item of the fund, and the reserve, year by year.

    employees, employers: due − unpaid + recovered (table arrears); State: rate × wages (table shocks); benefits: table unemployment;
    administration: 2 % of contributions of employees and employers and 3 % of benefits; 5 % interest, half a year on the flows.
    """
    file, out = written(tmp_path, behaviour={"shocks": {"slump": SLUMP}}), tmp_path / "run"
    assert run_cli(["run", str(file), "--out", str(out), "--quiet"]) == 0
    tables = {
        name: rows(out / "tables" / f"{name}.csv")
        for name in ("accounts", "unemployment", "arrears", "shocks")
    }
    booked = {(int(row["year"]), row["item"]): float(row["amount"]) for row in tables["accounts"]}
    reserve = 20e12
    for year in range(2025, 2031):
        collected = {
            party: sum(
                sign * yearly(tables["arrears"], column, year, party=party)
                for column, sign in (("due", 1), ("unpaid", -1), ("recovered", 1))
            )
            for party in ("employee", "employer")
        }
        assert collected["employee"] == pytest.approx(booked[year, "contributions_employee"], rel=1e-9)
        assert collected["employer"] == pytest.approx(booked[year, "contributions_employer"], rel=1e-9)
        wages = yearly(tables["shocks"], "contributory_wages", year)
        assert 0.01 * wages == pytest.approx(
            yearly(tables["arrears"], "due", year, party="employee"), rel=1e-9
        )
        assert 0.005 * wages == pytest.approx(booked[year, "contributions_state"], rel=1e-9)
        benefits = yearly(tables["unemployment"], "amount", year)
        assert benefits == pytest.approx(-booked[year, "benefit_unemployment_benefit"], rel=1e-9)
        administration = 0.02 * sum(collected.values()) + 0.03 * benefits
        assert administration == pytest.approx(-booked[year, "administration"], rel=1e-9)
        net = sum(collected.values()) + 0.005 * wages - benefits - administration
        earned = 0.05 * reserve + net * (1.05**0.5 - 1)
        assert earned == pytest.approx(booked[year, "investment_income"], rel=1e-7)
        reserve += net + earned
        assert reserve == pytest.approx(booked[year, "closing_reserve"], rel=1e-8)
    unpaid = sum(float(row["unpaid"]) for row in tables["arrears"])
    recovered = sum(float(row["recovered"]) for row in tables["arrears"])
    assert recovered == pytest.approx(0.6 * unpaid, rel=1e-9)
    in_may = next(row for row in tables["shocks"] if row["month"] == "2027-05")
    assert (float(in_may["separations"]), float(in_may["extension"])) == (2.0, 0.0)


def test_a_crisis_costs_reserve(calm, slump):
    assert slump.accounts["unemployment"].closing[-1] < calm.accounts["unemployment"].closing[-1]
    assert all(residual <= 1e-9 for residual in slump.identities.values())


def test_example_is_checked():
    """The crisis of 2009 and that of 2020 in the reforms folder."""
    from pathlib import Path

    file = Path(__file__).parent.parent / "scenarios" / "reforms" / "viet_nam_crisis.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert data["behaviour"]["unemployment"]["shocks"]
    assert run_cli(["check", str(file)]) == 0


EXTENSIONS = {
    "all the claim": ({2025: 1}, 5),
    "begins during the claim": ({2025: 0, "2026-07": 2}, 6),
    "ends before it is reached": ({2025: 2, "2026-08": 0}, 4),
    "ends while it is paid": ({2025: 2, "2026-10": 0}, 5),
    "comes too late": ({2025: 0, "2026-09": 3}, 4),
    "comes in the last month": ({2025: 0, "2026-08": 3}, 7),
}


@pytest.mark.parametrize("name", EXTENSIONS)
@pytest.mark.parametrize("wait", [0, 14])
def test_extension_of_a_cohort_and_of_a_person(name, wait):
    """Claims of four months from May 2026 on: the months paid by hand, by `spsim person`, and in the projection, month by month."""
    points, months = EXTENSIONS[name]
    more = {"emergency_extension": {"by": "event_date", "points": points}}
    case = scenario({"waiting_days": wait}, "2026-05", scheme=more)
    found, (items, _) = told(case, "2026-05"), projected(case, "2026-05")
    if wait == 0:  # with a wait a part of a month may fall past the end of an extension
        assert found.result["months_granted"] == months
    np.testing.assert_allclose(
        items["benefit"], by_month(found, "2026-05", len(items["benefit"])), rtol=1e-9, atol=1e-9
    )
