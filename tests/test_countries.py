"""Every country scenario runs its 75 years, meets every identity, and stays within what a country can be."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from spsim.checking import check
from spsim.outcome import Outcome
from spsim.run import simulate

ROOT = Path(__file__).parent.parent
COUNTRIES = sorted(
    path.stem for path in (ROOT / "scenarios").glob("*.yaml") if path.stem != "iyer_model_scheme"
)
REFORMS = sorted(path.stem for path in (ROOT / "scenarios/reforms").glob("*.yaml"))
pytestmark = pytest.mark.slow


@cache
def outcome(name: str) -> Outcome:
    checked = check(ROOT / f"scenarios/{name}.yaml")
    assert checked.scenario is not None, checked.errors
    return simulate(checked.scenario)


def test_there_are_fourteen() -> None:
    assert len(COUNTRIES) == 14


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_country_meets_every_identity(name: str) -> None:
    found = outcome(name)
    assert (found.grid.first, found.grid.last) == (2025, 2100)
    assert max(found.identities.values()) < 1e-9
    assert len(found.identities) >= 2 + 3 * len(found.scenario.schemes)


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_country_stays_within_what_can_be(name: str) -> None:
    """Contributors are among the employed, benefits are a share of income, nobody is paid a negative amount."""
    found = outcome(name)
    assert found.labour is not None and found.population is not None and found.gdp is not None
    employed = found.labour.employed.sum(axis=(1, 2))
    for scheme, stocks in found.pensions.items():
        contributors = stocks.contributors.sum(axis=(1, 2, 3))
        assert (contributors <= 1.02 * employed).all(), scheme
        for label, paid in (stocks.pensions | stocks.lump_sums).items():
            assert np.isfinite(paid.amount).all() and (paid.amount >= 0).all(), (scheme, label)
            assert (paid.persons >= 0).all(), (scheme, label)
        for label, award in stocks.awards.items():
            given = award.last_wages > 0
            assert (award.amount[given] <= 2.0 * award.last_wages[given]).all(), (scheme, label)
    for scheme, money in found.money.items():
        assert (money.expenditure() < 0.15 * found.gdp).all(), scheme


@pytest.mark.parametrize("name", REFORMS)
def test_a_reform_is_valid_and_changes_something(name: str) -> None:
    reform = check(ROOT / f"scenarios/reforms/{name}.yaml")
    assert reform.scenario is not None and reform.document is not None and not reform.errors
    parent = check(Path(reform.document.files[-1].name))
    assert parent.scenario is not None
    assert reform.scenario.model_dump() != parent.scenario.model_dump()
    assert reform.scenario.meta.id == name
