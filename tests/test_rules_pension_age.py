"""Pension ages by the month, on cells and for one person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from spsim.calendar import month_number
from spsim.dated import Value
from spsim.grid import Grid
from spsim.rules.pension_age import (
    age_in_months,
    age_reached,
    first_pension_month,
    person_reached,
    share_in_window,
)

GRID = Grid(2025, 2032, 50, 70)
VALUE: TypeAdapter[Any] = TypeAdapter(Value)
ROADMAP = {
    "by": "event_date",
    "start": "2021-01-01",
    "from": 60.25,
    "increment": 0.25,
    "every": 1,
    "until": 62,
    "before": 60,
}


def value(spec: Any) -> Any:
    return VALUE.validate_python(spec)


def naive_start(spec: Any, born: int, last: int) -> float:
    """Month after the first in which the age of that very month is reached, tried one month after another."""
    for month in range(born, last + 1):
        age = age_in_months(value(spec), np.array([float(month)]), np.array([float(born)]))[0, 0, 0]
        if month - born >= age:
            return month + 1
    return np.inf


@pytest.mark.parametrize(
    "spec",
    [
        65, 60.5, ROADMAP,
        {"by": "event_date", "points": {2020: 60, "2026-07": 62, "2028-03": 61}},
        {"by": "birth_date", "points": {1900: 60, "1965-04": 62, 1970: 65}},
        {"by": "birth_date", "start": 1962, "from": 60, "increment": 0.5, "every": 1, "until": 65},
    ],
)  # fmt: skip
def test_first_month_against_one_month_after_another(spec: Any) -> None:
    births = np.arange(month_number("1958-01"), month_number("1974-01"), 5)
    found = first_pension_month(value(spec), births, month_number("2045-01"))
    expected = [naive_start(spec, int(born), month_number("2045-01")) for born in births]
    assert found[:, 0].tolist() == expected and found[:, 1].tolist() == expected


def test_never_within_sight() -> None:
    assert np.isinf(
        first_pension_month(value(65), np.array([month_number("2000-01")]), month_number("2050-01"))
    ).all()


def test_a_constant_age_splits_cells_by_the_month_of_the_start() -> None:
    """Age 65: those aged 65 on 1 July were born from July to June; all but the youngest month have begun."""
    reached = age_reached(value(65), GRID)
    assert reached.share[0, 0, : 65 - 50].tolist() == [0] * 15
    assert reached.share[0, 0, 65 - 50] == pytest.approx(1)
    assert reached.share[0, 0, 66 - 50 :].tolist() == [1] * 5
    assert reached.passing[0, 0, 65 - 50] == 1 and reached.passing[0, 0, 64 - 50] == 0
    half = age_reached(value(64.5), GRID)
    assert 0.4 < half.share[0, 0, 64 - 50] < 0.6


def test_the_window_before_the_age() -> None:
    reached = age_reached(value(65), GRID)
    window = share_in_window(reached, np.full((8, 2, 1), 5.0))
    ages = GRID.ages
    assert (window[0, 0, ages <= 58] == 0).all() and (window[0, 0, (ages >= 61) & (ages <= 63)] == 1).all()
    assert (window[0, 0, ages >= 66] == 0).all()
    assert (share_in_window(reached, np.full((8, 2, 1), 6.0)) >= window).all()
    assert (share_in_window(reached, np.zeros((8, 2, 1))) == 0).all()


AGES = st.integers(55 * 12, 66 * 12).map(lambda months: months / 12)


@settings(max_examples=25, deadline=None)
@given(AGES, st.integers(1, 36))
def test_a_later_age_never_raises_a_cell(age: float, later: int) -> None:
    now, then = age_reached(value(age), GRID), age_reached(value(age + later / 12), GRID)
    assert (then.share <= now.share).all()
    assert (then.months_short >= now.months_short).all()
    assert ((now.passing >= 0) & (now.passing <= 1)).all()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([ROADMAP, 65, 61.25, {"by": "birth_date", "points": {1900: 60, "1966-01": 63}}]))
def test_shares_follow_from_those_who_pass(spec: Any) -> None:
    """share(t, x) = share(t-1, x-1) + passing · (1 − share(t-1, x-1)): the same people a year older."""
    reached = age_reached(value(spec), GRID)
    before = reached.share[:-1, :, :-1]
    assert np.allclose(reached.share[1:, :, 1:], before + reached.passing[1:, :, 1:] * (1 - before))


@settings(max_examples=30, deadline=None)
@given(st.integers(month_number("1958-01"), month_number("1972-12")), st.integers(0, 300))
def test_a_cell_is_the_mean_of_its_persons(born: int, months: int) -> None:
    when = month_number("2020-01") + months
    one = person_reached(value(ROADMAP), born, when)
    start = first_pension_month(value(ROADMAP), np.array([born]), when + 1200)[0]
    assert one.share[0, :, 0].tolist() == (start <= when).astype(float).tolist()
    assert one.months_short[0, 0, :, 0].tolist() == (start - when).tolist()
    year, age = 2027, 61
    july = 12 * year + 6
    births = [july - 12 * age - 1 - n for n in range(12)]
    persons = [person_reached(value(ROADMAP), b, july).share[0, 0, 0] for b in births]
    assert age_reached(value(ROADMAP), GRID).share[2, 0, age - 50] == pytest.approx(np.mean(persons))


def test_months_short_by_birth_month_in_the_middle_of_the_step() -> None:
    """Aged 62 on 1 July 2026: born July 1963 to June 1964, pension of 65 from August 2028 to July 2029, seen from 1 January 2026."""
    reached = age_reached(value(65), GRID)
    starts = [month_number("2029-07") - n for n in range(12)]
    assert reached.months_short[:, 1, 0, 62 - 50].tolist() == [
        start - month_number("2026-01") for start in starts
    ]
    months = reached.months_short[:, 1, 0, 62 - 50]
    for years in (2.75, 3.0, 3.25):
        window = share_in_window(reached, np.full((8, 2, 1), years))[1, 0, 62 - 50]
        assert window == pytest.approx(np.mean(months <= 12 * years))
    assert 0 < share_in_window(reached, np.full((8, 2, 1), 3.0))[1, 0, 62 - 50] < 1


def test_those_beyond_the_age_pass_for_certain() -> None:
    """Members who come in late, or were kept in, go at once."""
    assert (age_reached(value(65), GRID).passing[:, :, 67 - 50 :] == 1).all()
