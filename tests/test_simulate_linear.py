"""Where the economy alone is drawn and benefits are linear in wages, a product takes the place of the member kernel: same results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spsim.experiments.simulate import Draws, Job, prepared
from spsim.experiments.stochastic import opened
from spsim.experiments.variants import opened as opened_case
from spsim.reuse import NO_REUSE
from spsim.stocks.linear import LinearReuse

SCENARIOS = Path(__file__).parent.parent / "scenarios"
ECONOMY_ALONE = """
fertility: {drawn: false}
mortality: {drawn: false}
migration: {drawn: false}
economy:
  kind: autoregressive
  standard_deviation: {price_inflation: 0.03, real_wage_growth: 0.03, interest_rate: 0.02, unemployment: UNEMPLOYMENT}
  persistence: {price_inflation: 0.5, real_wage_growth: 0.3, interest_rate: 0.7, unemployment: 0.0}
"""
# Career averages, final averages, early pensions, lump sums, invalidity, survivors so much a head, grants; unemployment insurance with
# its caps; social pensions. Only what is not linear in wages is taken out: the floor of pensions,
# the larger of two death grants, the limits of contributions.
LINEAR = """
extends: FILE
meta: {id: linear}
horizon: {end: 2033}
schemes:
  pension:
    contribution_base: {floor: 0, ceiling: null}
    benefits:
      old_age: {tiers: {with_minimum: {floor: null}}}
      death_lump_sum: {tiers: {to_family: {unless: null, service: {below: 15}, amount: {kind: percent_of_earnings, rate: 0.25}}}}
  pension_public:
    contribution_base: {floor: 0, ceiling: null}
    benefits:
      old_age: {tiers: {with_minimum: {floor: null}}}
      death_lump_sum: {tiers: {to_family: {unless: null, service: {below: 15}, amount: {kind: percent_of_earnings, rate: 0.25}}}}
"""


def job(tmp_path: Path, scenario: str | Path, unemployment: float = 0.0) -> Job:
    """A scenario (a text, or a file) whose economy alone is drawn."""
    file = scenario if isinstance(scenario, Path) else tmp_path / "scenario.yaml"
    if isinstance(scenario, str):
        file.write_text(scenario.replace("FILE", (SCENARIOS / "viet_nam.yaml").as_posix()), encoding="utf-8")
    (tmp_path / "u.yaml").write_text(ECONOMY_ALONE.replace("UNEMPLOYMENT", str(unemployment)))
    uncertainty, _, folder = opened(tmp_path / "u.yaml", "VNM")
    return prepared(opened_case(file), uncertainty, folder, 7)


def largest_difference(one: Job, fast: Draws, full: Draws, draw: int) -> float:
    """Of all figures, relative to the largest value of each; years without a value must be the same."""
    a, b = fast.figures(draw), full.figures(draw)
    assert (np.isnan(a) == np.isnan(b)).all()
    found = 0.0
    for number in range(len(one.figures)):
        columns = one.columns(number)
        if np.isfinite(b[columns]).any():
            scale = float(np.nanmax(np.abs(b[columns])))
            found = max(found, float(np.nanmax(np.abs(a[columns] - b[columns]))) / max(scale, 1e-300))
    return found


def fast_draws(one: Job) -> tuple[Draws, LinearReuse]:
    """Draws by products."""
    fast = Draws(one)
    assert isinstance(fast.reuse, LinearReuse)
    return fast, fast.reuse


def test_products_are_the_kernel_in_a_textbook_scheme(tmp_path: Path) -> None:
    """Iyer's model scheme: members given outright, 75 years, final salary."""
    one = job(tmp_path, SCENARIOS / "iyer_model_scheme.yaml")
    fast, reuse = fast_draws(one)
    before = reuse.products
    full = Draws(one, reuse=NO_REUSE)
    for draw in range(3):
        assert largest_difference(one, fast, full, draw) < 1e-12
    assert reuse.products == before + 3


def test_products_are_the_kernel_in_a_country(tmp_path: Path) -> None:
    """Two pension schemes of Viet Nam without floors and ceilings, every figure of the scenario."""
    one = job(tmp_path, LINEAR)
    fast, reuse = fast_draws(one)
    before = reuse.products
    full = Draws(one, reuse=NO_REUSE)
    for draw in (0, 11):
        assert largest_difference(one, fast, full, draw) < 1e-12
    assert reuse.products == before + 4


def test_what_is_not_linear_goes_through_the_kernel(tmp_path: Path) -> None:
    """Viet Nam as it is has floors of pensions and a ceiling of contributions: not one product, and not one bit changed."""
    one = job(tmp_path, LINEAR.partition("schemes:")[0])
    fast, reuse = fast_draws(one)
    assert np.array_equal(fast.figures(3), Draws(one, reuse=NO_REUSE).figures(3), equal_nan=True)
    assert reuse.products == 0


def test_products_do_not_hang_on_who_computes_them(tmp_path: Path) -> None:
    """Coefficients come from the scenario itself, so draws are the same bits in any order."""
    one = job(tmp_path, LINEAR)
    first, _ = fast_draws(one)
    second, _ = fast_draws(one)
    in_order = [first.figures(draw) for draw in (1, 2)]
    backwards = [second.figures(draw) for draw in (2, 1)]
    assert all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(in_order, reversed(backwards), strict=True)
    )


@pytest.mark.parametrize("unemployment", [0.0, 0.3])
def test_persons_are_known_only_without_unemployment(tmp_path: Path, unemployment: float) -> None:
    """Unemployment moves the insured: then every draw goes through the kernels."""
    one = job(tmp_path, LINEAR, unemployment)
    assert one.persons_known == (unemployment == 0.0)
