"""Employment services: who takes part, what it does to finding work, what it costs and saves; funds that pay for one another."""

import numpy as np
import pytest

from crisis_case import outcome_of, rows, written
from spsim.cli import run_cli
from spsim.reserves import Answering, reserve_path
from spsim.rules.contributions import CyclicalRate
from spsim.rules.programmes import Course
from spsim.stocks.programmes import jobs_supported, mixed_chance
from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, empty_state, project_spells

PLACEMENT = {
    "kind": "placement",
    "take_up": 0.4,
    "months": 2,
    "finding_while": 1.5,
    "finding_after": 1.2,
    "cost_per_head": 500000,
}
NAME = "unemployment"


def stocks(tmp_path, **changes):
    return outcome_of(tmp_path, **changes).unemployment[NAME]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return outcome_of(tmp_path_factory.mktemp("plain"))


def course(take_up, factor, begins, inside):
    return Course(take_up, *(np.array(path, dtype=float) for path in (factor, begins, inside)))


def test_mixture_by_hand():
    """Half take part and find work with 0.4 in place of 0.2: 0.3 in the first month; then 0.3 and 0.4 of them are left of each ...

    Second month: 0.5·0.6·0.4 + 0.5·0.8·0.2 of 0.7: 0.2 / 0.7.
    """
    chance = np.full((1, 2, 1), 0.2)
    mean, (part,) = mixed_chance(chance, [course(0.5, [2, 2], [1, 0], [1, 1])])
    np.testing.assert_allclose(mean[0, :, 0], [0.3, 0.2 / 0.7])
    np.testing.assert_allclose(part.inside[0, :, 0], [0.5, 0.3 / 0.7])
    np.testing.assert_allclose(part.begins[0, :, 0], [0.5, 0.0])
    np.testing.assert_allclose(part.finders[0, :, 0], [0.2 / 0.3, 0.12 / 0.2])


def test_mixture_is_two_kinds_of_persons_in_the_kernel():
    """Participants and others through the kernel apart, against all together with the mean chance: the same claimants, month by month."""
    months, granted = 40, 5
    chance = np.array([[0.1], [0.15], [0.2], [0.2], [0.2]])
    factor = np.array([0.5, 0.5, 2.0, 2.0, 2.0])
    mean, _ = mixed_chance(chance[None], [course(0.3, factor, [1, 0, 0, 0, 0], [1, 1, 0, 0, 0])])
    rule = ClaimRule(0, 0, np.array([granted]), np.array([0]))

    def claimants(finding, share):
        rates = SpellRates(
            separation=0.02, covered=share, take_up=1.0, exits=0.0, finding_claimants=finding,
            finding_outside=np.zeros((1, 1)), insured_share=1.0,
        )  # fmt: skip
        insured = np.full((1, months + 1, 1), 1e6)
        return project_spells(rule, rates, insured, empty_state(rule, [1e6])).claimants[0, :, :, 0]

    apart = claimants(chance * factor[:, None], 0.3) + claimants(chance, 0.7)
    np.testing.assert_allclose(claimants(mean[0], 1.0), apart, rtol=1e-12)


def test_two_programmes_multiply():
    """All take part in both: factors multiply; the mean is that of one kind of person."""
    chance = np.full((1, 3, 1), 0.1)
    one = course(1.0, [2, 2, 2], [1, 0, 0], [1, 0, 0])
    other = course(1.0, [1, 1.5, 1.5], [0, 1, 0], [0, 1, 0])
    mean, _ = mixed_chance(chance, [one, other])
    np.testing.assert_allclose(mean[0, :, 0], [0.2, 0.3, 0.3])


def test_a_programme_without_effect_costs_its_heads(plain, tmp_path):
    """Factors of 1: benefits to the last bit as without it; the cost is heads × cost per head, and nothing is saved."""
    service = {"kind": "placement", "take_up": 0.25, "cost_per_head": 400000}
    found = outcome_of(tmp_path, scheme={"programmes": {"talks": service}})
    with_it, without = found.unemployment[NAME], plain.unemployment[NAME]
    np.testing.assert_allclose(with_it.amount, without.amount, rtol=1e-12)
    path = with_it.programmes["talks"]
    np.testing.assert_allclose(path.participants, 0.25 * without.new_claims, rtol=1e-12)
    np.testing.assert_allclose(path.cost, 400000 * path.participants, rtol=1e-12)
    np.testing.assert_allclose(path.saved, 0.0, atol=1e-6 * without.amount.max())
    booked = -found.accounts[NAME].balanced.flows["programme_unemployment_talks"]
    np.testing.assert_allclose(booked, path.cost.reshape(-1, 12).sum(axis=1), rtol=1e-9)


def test_saved_is_the_projection_without_it(plain, tmp_path):
    """Benefits of a run without the programme less those of the run with it, year by year; its effect shortens claims."""
    found = stocks(tmp_path, scheme={"programmes": {"placement": PLACEMENT}})
    saved = (plain.unemployment[NAME].amount - found.amount).reshape(-1, 12).sum(axis=1)
    np.testing.assert_allclose(found.programmes["placement"].saved, saved, rtol=1e-9)
    assert (saved > 0).all()
    assert found.beneficiaries[24] < plain.unemployment[NAME].beneficiaries[24]


def test_one_without_the_other(tmp_path):
    """Of two programmes each is measured against the projection with the other alone."""
    other = {"kind": "one_stop", "cost_per_client": 100000, "finding": 1.1}
    both = stocks(tmp_path, scheme={"programmes": {"placement": PLACEMENT, "counter": other}})
    alone = stocks(tmp_path, scheme={"programmes": {"counter": other}})
    saved = (alone.amount - both.amount).reshape(-1, 12).sum(axis=1)
    np.testing.assert_allclose(both.programmes["placement"].saved, saved, rtol=1e-9)


def test_training_with_allowance(plain, tmp_path):
    """From the second month for two months: months inside are claimants in months 2 and 3 who take part; allowance and cost per head."""
    training = {
        "kind": "training", "take_up": 0.2, "from_month": 2, "months": 2, "finding_while": 1.0, "finding_after": 1.0,
        "allowance": 1000000, "cost_per_head": 3000000,
    }  # fmt: skip
    path = stocks(tmp_path, scheme={"programmes": {"course": training}}).programmes["course"]
    inside = (path.cost - 3000000 * path.participants) / 1000000
    assert (path.participants < 0.2 * plain.unemployment[NAME].new_claims).all()
    assert (inside > path.participants).all() and (inside < 2 * path.participants).all()


def test_wage_subsidy_pays_for_hires(plain, tmp_path):
    """Vouchers for all without effect: everyone who finds work is subsidised for three months."""
    voucher = {"kind": "wage_subsidy", "take_up": 1.0, "subsidy": 1000000, "months": 3}
    found = stocks(tmp_path, scheme={"programmes": {"voucher": voucher}})
    hires = found.programmes["voucher"].cost / 3000000
    claimants = plain.unemployment[NAME].beneficiaries
    assert (hires > 0.14 * claimants).all() and (hires < 0.2 * claimants).all()  # chances are 0.15 and 0.20
    np.testing.assert_allclose(found.amount, plain.unemployment[NAME].amount, rtol=1e-12)


def test_short_time_work_prevents_separations(plain, tmp_path):
    """A quarter of separations prevented in two years; half of the jobs supported would have been lost: half as many as separations were."""
    points = {2025: 0, 2026: 0.25, 2028: 0}
    short = {
        "kind": "job_retention", "prevented": {"by": "event_date", "points": points}, "additional": 0.5, "months": 4,
        "allowance": 2000000,
    }  # fmt: skip
    found, base = stocks(tmp_path, scheme={"programmes": {"short": short}}), plain.unemployment[NAME]
    path = found.programmes["short"]
    np.testing.assert_allclose(found.separations[12], 0.75 * base.separations[12], rtol=1e-9)
    np.testing.assert_allclose(
        path.participants[12:36], found.separations[12:36] / 0.75 * 0.25 / 0.5, rtol=1e-9
    )
    assert not path.participants[:12].any() and not path.participants[36:].any()
    np.testing.assert_allclose(path.cost, 4 * 2000000 * path.participants, rtol=1e-12)
    assert (path.saved[1:3] > 0).all() and path.saved[0] == pytest.approx(0, abs=1e-6 * base.amount.sum())


def test_short_time_work_by_wage():
    jobs = jobs_supported(np.array([[75.0]]), np.array([0.25]), np.array([0.25]), 0.5)
    np.testing.assert_allclose(jobs, [[50.0]])


def test_elasticity_of_the_benefit(plain, tmp_path):
    """At the reference rate and duration nothing changes; a higher benefit lengthens claims by its elasticity."""
    reference = {"benefit": 0.5, "reference_rate": 0.5}
    neutral = stocks(tmp_path, behaviour={"finding_elasticity": reference})
    np.testing.assert_allclose(neutral.amount, plain.unemployment[NAME].amount, rtol=1e-9)
    richer = {"benefit": {"rate": 0.6}}
    fixed = stocks(tmp_path, scheme=richer)
    answering = stocks(tmp_path, scheme=richer, behaviour={"finding_elasticity": reference})
    lower = {"job_finding_factor": (0.6 / 0.5) ** -0.5}
    by_factor = stocks(tmp_path, scheme=richer, behaviour=lower)  # those without benefit too
    assert answering.beneficiaries[0] > fixed.beneficiaries[0]
    assert answering.exhaustions[:12].sum() / answering.new_claims[:12].sum() == pytest.approx(
        by_factor.exhaustions[:12].sum() / by_factor.new_claims[:12].sum(), rel=1e-3
    )


def test_elasticity_of_the_duration(tmp_path):
    """Claims of five months find work at (5/3)^−0.4 of the chance of claims of three: their share who find work falls."""
    elastic = stocks(tmp_path, behaviour={"finding_elasticity": {"duration": 0.4, "reference_months": 3}})
    base = stocks(tmp_path)
    assert elastic.beneficiaries[0] > base.beneficiaries[0]
    assert elastic.exhaustions[0] > base.exhaustions[0]


# --- funds that answer, pay for one another, and are made good ----------------------------------------------


def test_answering_rate_by_hand():
    """Reserve 100, outgo 50 and 80: ratio 100/50 = 2 gives 1 %, then the reserve over the outgo of the year before."""
    rule = CyclicalRate(by="reserve_ratio", points={0: 0.03, 1.0: 0.02, 2.0: 0.01})
    wages = np.array([1000.0, 1000.0, 1000.0])
    found = reserve_path(
        100.0, np.zeros(3), np.zeros(3), None, np.array([50.0, 80.0, 80.0]), np.zeros(3), np.zeros(3), None, False,
        (Answering(rule, wages, np.zeros(3)),),
    )  # fmt: skip
    # 100 + 10 − 50 = 60; 60/50 = 1.2: + 20 − 80 = 0; 0/80 = 0: + 30 − 80 = −50
    np.testing.assert_allclose(found.answered[0], [10, 20, 30])
    np.testing.assert_allclose(found.closing, [60, 0, -50])


def test_rate_in_straight_lines():
    rule = CyclicalRate(by="beneficiary_ratio", mode="linear", points={0.02: 0.03, 0.06: 0.01})
    np.testing.assert_allclose(rule.read(np.array([0.0, 0.04, 0.5])), [0.03, 0.02, 0.01])


def test_draws_of_reserves_are_those_of_each_alone():
    rule = CyclicalRate(by="reserve_ratio", points={0: 0.03, 1.0: 0.02})
    rng = np.random.default_rng(3)
    outgo, wages = rng.uniform(10, 90, (4, 6)), rng.uniform(900, 1100, (4, 6))

    def path(outgo, wages):
        answering = (Answering(rule, wages, np.zeros(6)),)
        return reserve_path(
            50.0, np.full(6, 0.04), 5.0 * np.ones(6), 20.0 * np.ones(6), outgo, np.zeros(6), outgo, 1.0, True, answering
        )  # fmt: skip

    together = path(outgo, wages)
    for draw in range(4):
        alone = path(outgo[draw], wages[draw])
        for name in ("closing", "deficit", "state", "earned"):
            np.testing.assert_array_equal(getattr(together, name)[draw], getattr(alone, name))


def test_countercyclical_contribution_in_a_run(tmp_path):
    """The rate of each year is that of the reserve of the day before over last year's outgo, as the CSV files say."""
    points = {0: 0.02, 0.8: 0.01, 1.2: 0.005}
    rule = {"party": "employer", "rate": None, "cyclical": {"by": "reserve_ratio", "points": points}}
    found = outcome_of(tmp_path, scheme={"contributions": {"employer": rule}})
    account, money = found.accounts[NAME], found.money[NAME]
    outgo = account.of("benefit_") + account.of("administration")
    ratio = account.opening / np.concatenate([outgo[:1], outgo[:-1]])
    expected = np.array([0.02 if x < 0.8 else 0.01 if x < 1.2 else 0.005 for x in ratio])
    paid = money.contributions[NAME, "employer"] / money.contributory_wages
    np.testing.assert_allclose(paid, expected, rtol=1e-9)
    assert len(set(expected)) > 1


def test_transfer_between_funds(tmp_path):
    """Half a per cent of wages comes from the injury fund: what one books out the other books in."""
    funds = {"injury": {"opening_reserve": 50e12}}
    moved = {"party": "fund", "from_fund": "injury", "rate": 0.005}
    found = outcome_of(tmp_path, scheme={"contributions": {"moved": moved}}, funds=funds)
    out = -found.accounts["injury"].balanced.flows["transfer_to_unemployment"]
    into = found.accounts[NAME].balanced.flows["contributions_fund"]
    np.testing.assert_allclose(out, into, atol=2)
    np.testing.assert_allclose(into, 0.005 * found.money[NAME].contributory_wages, rtol=1e-9)
    assert any("leaves one fund" in name for name in found.identities)


def test_deficit_paid_by_employers(tmp_path):
    """Severance pay: no reserve, no contributions; employers pay what falls due, and the fund closes at 0."""
    funds = {
        "unemployment": {"opening_reserve": 0.0, "deficit_paid_by_employers": True, "administration": None}
    }
    none = {"employee": None, "employer": None, "state": None}
    found = outcome_of(tmp_path, scheme={"contributions": none}, funds=funds)
    account = found.accounts[NAME]
    np.testing.assert_array_equal(account.closing, 0.0)
    np.testing.assert_array_equal(
        account.balanced.flows["contributions_employers_for_deficit"], account.of("benefit_")
    )


def test_programmes_table(tmp_path):
    """A row for each programme and year: net = saved − cost; the cost is booked by the fund that pays."""
    state = {"kind": "one_stop", "cost_per_client": 100000, "fund": "budget"}
    funds = {"budget": {"deficit_paid_by_state": True}}
    file = written(tmp_path, scheme={"programmes": {"placement": PLACEMENT, "counter": state}}, funds=funds)
    out = tmp_path / "run"
    assert run_cli(["run", str(file), "--out", str(out), "--quiet"]) == 0
    table, accounts = rows(out / "tables" / "programmes.csv"), rows(out / "tables" / "accounts.csv")
    assert len(table) == 2 * 6
    for row in table:
        net = float(row["saved_benefits"]) - float(row["cost"])
        assert float(row["net"]) == pytest.approx(net, rel=1e-6, abs=1e3)
        fund = "budget" if row["programme"] == "counter" else "unemployment"
        item = f"programme_unemployment_{row['programme']}"
        booked = next(
            one for one in accounts if (one["fund"], one["year"], one["item"]) == (fund, row["year"], item)
        )
        assert float(booked["amount"]) == pytest.approx(-float(row["cost"]), rel=1e-9)


def test_short_time_work_by_share_of_wages(plain, tmp_path):
    """A quarter of the wage for four months is one month's wage for each job supported; everyone separates alike, so at the average wage."""
    short = {"kind": "job_retention", "prevented": 0.2, "months": 4, "wage_share": 0.25}
    found = stocks(tmp_path, scheme={"programmes": {"short": short}})
    wage = found.contributory_wages / found.contributors
    path = found.programmes["short"]
    np.testing.assert_allclose(path.participants, found.separations / 0.8 * 0.2, rtol=1e-9)
    np.testing.assert_allclose(path.cost / path.participants, wage, rtol=1e-3)
