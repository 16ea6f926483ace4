"""Values read without arrays: reference amounts and what a scenario refers to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spsim.calendar import month_number
from spsim.dated import OfReference, on
from spsim.economy import economic_paths
from spsim.grid import Grid, one_person
from spsim.loader import load, validate
from spsim.plain import highest, references_in, value_on
from spsim.scenario import Scenario

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    valid, problems = validate(load(ROOT / "tests/cases/good.yaml"), Scenario)
    assert valid is not None, problems
    return valid


def test_amounts_agree_with_the_arrays_where_they_are_known(scenario: Scenario) -> None:
    """Up to the last known point both read the same amount; mixed ones are weighted."""
    assert scenario.economy is not None
    references = economic_paths(scenario.economy, Grid(2015, 2040), 2025).references
    for name in scenario.economy.reference_amounts:
        for date in ("2024-08", "2025-12", "2026-01", "2026-06", "2026-08"):
            value = OfReference(of=name, times=3.0)
            month = month_number(date)
            expected = on(value, one_person(month, references)).item()
            assert value_on(value, scenario, event_date=month) == pytest.approx(expected), (name, date)


def test_mixed_amount_by_hand(scenario: Scenario) -> None:
    value = OfReference(of="regional_minimum_wage", times=5.0)
    mean = 0.45 * 5310000 + 0.30 * 4730000 + 0.18 * 4140000 + 0.07 * 3700000
    assert value_on(value, scenario, event_date=month_number("2026-03")) == pytest.approx(5 * mean)


def test_what_is_not_known_is_none(scenario: Scenario) -> None:
    assert value_on(OfReference(of="nothing", times=1.0), scenario, event_date=24300) is None
    assert value_on(OfReference(of="reference_level", times=1.0), None, event_date=24300) is None
    assert highest(OfReference(of="reference_level", times=1.0)) is None and highest(None) is None


def test_references_are_found_with_their_paths(scenario: Scenario) -> None:
    found = dict(references_in(scenario.model_copy(update={"economy": None}), ()))
    assert found["schemes", "pension", "contribution_base", "floor", "of"] == "reference_level"
    assert found["schemes", "unemployment", "benefit", "cap", "of"] == "regional_minimum_wage"
    assert set(found.values()) == {"reference_level", "regional_minimum_wage"}


def test_the_highest_number() -> None:
    from spsim.dated import BySex, Roadmap, Schedule

    roadmap = Roadmap(by="event_date", start="2025", **{"from": 60.0}, increment=1.0, until=65.0, before=70.0)
    schedule = Schedule(by="age", points={20: 3.0, 30: 9.0})
    assert (highest(roadmap), highest(schedule), highest(BySex(male=roadmap, female=schedule))) == (70, 9, 70)
    assert np.isclose(value_on(BySex(male=1.0, female=2.0)) or 0, 2)


@pytest.mark.parametrize("key", ["event_date", "age", "record_months"])
@pytest.mark.parametrize(("increment", "until"), [(0.25, 62.0), (-2.0, 50.0)])
def test_roadmaps_agree_at_every_step(key: str, increment: float, until: float) -> None:
    from spsim.dated import Roadmap
    from spsim.plain import read

    start = "2026-04" if key == "event_date" else 30.0
    spec = {
        "by": key,
        "start": start,
        "from": 60.0,
        "increment": increment,
        "every": 1.5,
        "until": until,
        "before": 1.0,
    }
    value = Roadmap.model_validate(spec)
    first = month_number("2026-04") if key == "event_date" else 30
    places = first + np.arange(-5.0, 240.0)
    assert [read(value, place) for place in places] == pytest.approx(value.read(places).tolist())
