"""The monthly kernel against 200,000 persons simulated one by one (tests/individuals.py), within their Monte-Carlo error."""

import numpy as np
import pytest
from numba import config

from individuals import COUNTS, Chances, Law, simulate
from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, empty_state, project_spells

FINDING = (0.06, 0.09, 0.12, 0.14, 0.14, 0.14, 0.12)
VIET_NAM = Chances(0.0103, 0.75, 0.68, 0.012, FINDING, 0.65)
HIGH_TURNOVER = Chances(0.03, 0.9, 0.8, 0.015, FINDING, 0.9)


def by_kernel(law, chances, persons, months):
    """The same counts (months, 5) from the kernel, one stratum."""
    granted = law.months_granted(np.arange(law.longest_record + 1))
    rule = ClaimRule(law.required, law.window, granted, np.zeros(len(granted), dtype=np.int64), law.waiting)
    table = np.array(chances.finding)[:, None]
    rates = SpellRates(
        separation=chances.separation, covered=chances.covered, take_up=chances.take_up, exits=chances.exits,
        finding_claimants=table, finding_outside=table, insured_share=chances.insured_share,
    )  # fmt: skip
    spells = project_spells(
        rule, rates, np.full((1, months + 1, 1), float(persons)), empty_state(rule, [float(persons)])
    )
    paths = (
        spells.new_claims[0].sum(axis=1), spells.claimants[0].sum(axis=1), spells.beneficiaries()[0],
        spells.exhaustions[0], spells.reemployed[0],
    )  # fmt: skip
    return np.stack([path[:, 0] for path in paths], axis=1)


def errors(law, chances, persons, months, batches, seed, since):
    """Kernel / persons − 1 of the counts from month `since` on, and the standard error of the persons' side."""
    simulated = simulate(law, chances, persons, months, batches, seed)[since:].sum(axis=0)
    expected = by_kernel(law, chances, persons, months)[since:].sum(axis=0) / batches
    mean = simulated.mean(axis=0)
    return expected / mean - 1, simulated.std(axis=0, ddof=1) / np.sqrt(batches) / mean


def test_small_group_of_persons():
    """4,000 persons, quickly: every count within four standard errors."""
    found, error = errors(Law(), HIGH_TURNOVER, 4000, 60, 8, 3, 24)
    assert (np.abs(found) < 4 * error).all(), dict(zip(COUNTS, found / error))


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="a full record takes minutes without the JIT")
@pytest.mark.parametrize("chances", [VIET_NAM, HIGH_TURNOVER], ids=["viet_nam", "high_turnover"])
def test_two_hundred_thousand_persons(chances):
    """Ten years from the first day of a scheme: claims, claimants, months paid, exhaustions and jobs found within three standard errors
    of the sum, each of which is a few thousandths."""
    found, error = errors(Law(), chances, 200_000, 120, 20, 7, 24)
    assert (error < 0.008).all(), error
    assert (np.abs(found) < 3 * error).all(), dict(zip(COUNTS, found / error))


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="a full record takes minutes without the JIT")
def test_month_by_month():
    """Of the months of ten years, no more lie outside two standard errors than chance allows (a twentieth; a tenth with ten batches)."""
    batches, months = 10, 120
    simulated = simulate(Law(), VIET_NAM, 200_000, months, batches, 11)[24:, :, 0]
    expected = by_kernel(Law(), VIET_NAM, 200_000, months)[24:, 0] / batches
    error = simulated.std(axis=1, ddof=1) / np.sqrt(batches)
    outside = np.abs(simulated.mean(axis=1) - expected) > 2.26 * error  # Student's t with nine degrees
    assert outside.mean() < 0.12
