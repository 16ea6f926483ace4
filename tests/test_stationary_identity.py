"""The cost of unemployment insurance in a stationary state, worked out in closed form, against the engine with all its parts.

cost rate = (1 + a) · λ · e · u · θ · Σ_m ρ_m G(m) / 12   (docs/unemployment.md)

Constant insured, wages and chances. Nobody comes back to insured work, so that the record of the insured is that of their only job, and the
share e of separations with an entitlement is a power of the chance of staying. Two earnings classes that separate at different rates give θ.
"""

from statistics import NormalDist

import numpy as np
import pytest

from spsim.accounts import Flows, settle
from spsim.behaviour import UnemploymentBehaviour
from spsim.economy import Economy, economic_paths
from spsim.grid import Grid
from spsim.labour import Wages
from spsim.money import unemployment_money
from spsim.scenario import Fund
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment import project_unemployment

REQUIRED, MONTHS, WAIT = 8, 4, 7.0
SEPARATION, FACTORS = 0.02, (1.4, 0.6)
COVERED, TAKE_UP, LEAVING, ADMINISTRATION = 0.8, 0.75, 0.003, 0.05
FINDING = (0.10, 0.14, 0.16, 0.16, 0.16)
RATES = (0.6, 0.6, 0.5, 0.5, 0.4)
AGES = np.arange(30, 40)
SIGMA = float(np.sqrt(np.log1p(0.4**2)))


def closed_form() -> float:
    """The identity, class by class, with nothing of the engine."""
    exits = 1 - (1 - LEAVING) * (1 - 1 / (12 * len(AGES)))  # leaves the labour force, or the last age
    multiples = (
        2 * NormalDist().cdf(-SIGMA),
        2 * NormalDist().cdf(SIGMA),
    )  # mean wages below and above the median
    wait = WAIT / (365 / 12)
    total = 0.0
    for factor, multiple in zip(FACTORS, multiples, strict=True):
        separating = SEPARATION * factor
        annual = 12 * (1 - exits) * separating * COVERED
        entitled = ((1 - exits) * (1 - separating)) ** (REQUIRED - 1)
        going, paid = 1.0, 0.0
        for month in range(MONTHS + 1):
            # month n of benefit runs from wait + n to wait + n + 1; this is what falls in this month of the claim
            for benefit_month, rate in enumerate(RATES[:MONTHS]):
                begin, end = max(month, wait + benefit_month), min(month + 1, wait + benefit_month + 1)
                paid += rate * going * max(0.0, end - begin)
            going *= (1 - exits) * (1 - FINDING[month])
        total += 0.5 * multiple * annual * entitled * TAKE_UP * paid / 12
    return (1 + ADMINISTRATION) * total


def engine() -> float:
    """The cost rate of the last year of three, from the account of the fund."""
    grid = Grid(2025, 2027)
    economy = Economy(price_inflation=0.0, real_wage_growth=0.0, interest_rate=0.0)
    paths = economic_paths(economy, grid, 2025)
    wages = Wages.model_validate(
        {
            "average": {"value": 100.0, "year": 2025},
            "coefficient_of_variation": 0.4,
            "class_shares": (0.5, 0.5),
        }
    )
    scheme = UnemploymentScheme.model_validate({
        "kind": "unemployment", "fund": "fund", "members": {"group": "all", "youngest": 30, "oldest": 39, "run_in_months": 600},
        "contributions": {"employer": {"party": "employer", "rate": 0.02}},
        "benefit": {
            "record": {"required": REQUIRED, "window": REQUIRED, "longest": 12}, "waiting_days": WAIT,
            "rate": {"by": "claim_month", "points": dict(enumerate(RATES, start=1))},
            "duration": {"by": "record_months", "points": {0: MONTHS}}, "longest": MONTHS,
        },
    })  # fmt: skip
    behaviour = UnemploymentBehaviour.model_validate({
        "kind": "unemployment", "separation_rate": SEPARATION, "separation_by_class": FACTORS, "covered_share": COVERED,
        "take_up": TAKE_UP, "job_finding": {"by": "claim_month", "points": dict(enumerate(FINDING, start=1))},
        "to_insured_work": 0.0, "returning_share": 0.0, "withdrawal_rate": LEAVING,
    })  # fmt: skip
    stocks = project_unemployment(
        scheme, behaviour, np.full((3, 2, len(AGES)), 1000.0), AGES, wages, paths, grid
    )
    money = unemployment_money(scheme, stocks, paths)
    fund = Fund.model_validate({"administration": {"of_benefits": ADMINISTRATION}})
    flows = Flows(
        {"contributions_employer": money.contributions["fund", "employer"]},
        {"benefit": money.benefits["benefit"]},
    )
    account = settle("fund", fund, flows, paths, grid)
    return float((account.of("benefit_") + account.of("administration"))[-1] / money.contributory_wages[-1])


def test_cost_rate_of_a_stationary_scheme():
    assert engine() == pytest.approx(closed_form(), rel=1e-9)


def test_the_closed_form_is_no_trifle():
    """A cost of between one and three per cent of wages: every factor of the identity is away from 0 and 1."""
    assert 0.005 < closed_form() < 0.03
