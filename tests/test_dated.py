"""Values: every form, every key, read in arrays and one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from spsim.calendar import month_label, month_number, years
from spsim.dated import DATE_KEYS, Schedule, Value, at, keys_of, numbers_in, on
from spsim.grid import Grid, Moments, Series, one_person
from spsim.places import Share, numbers_at, parts
from spsim.plain import highest, read, value_on

VALUE: TypeAdapter[Any] = TypeAdapter(Value)
FIRST, LAST = 2025, 2030


def value(spec: Any) -> Any:
    return VALUE.validate_python(spec, strict=True)


def calendar(references: dict[str, Series] | None = None, start: str = "2020-01-01") -> Moments:
    return Grid(FIRST, LAST, 20, 60, 2, 10).calendar_years(references or {}, start)


def by_year(spec: Any, references: dict[str, Series] | None = None) -> list[float]:
    return np.broadcast_to(on(value(spec), calendar(references))[:, 0, 0, 0, 0], LAST - FIRST + 1).tolist()


def test_constants_are_the_same_in_every_form() -> None:
    for spec in (0.5, 0.5, {"value": 0.5, "source": "x"}, "6m"):
        assert by_year(spec) == [0.5] * 6


def test_dates_and_spans() -> None:
    assert month_number("2025") == month_number("2025-01") == month_number("2025-01-31") == 2025 * 12
    assert month_label(month_number("2025-07-01")) == "2025-07"
    assert (years("61y3m"), years("-3m"), years("8m"), years(61)) == (61.25, -0.25, 8 / 12, 61.0)
    for wrong in ("2025-13", "2025-00", "25", "2025-7", "2025-01-32", ""):
        with pytest.raises(ValueError, match="date"):
            month_number(wrong)
    for wrong in ("61 years", "", "y", "m3"):
        with pytest.raises(ValueError, match="number of years"):
            years(wrong)


def test_a_step_in_mid_year_counts_for_the_months_in_which_it_holds() -> None:
    spec = {"by": "event_date", "points": {"2025-01": 10, "2026-07": 20, "2026-10": 40}}
    assert by_year(spec) == pytest.approx([10, (6 * 10 + 3 * 20 + 3 * 40) / 12, 40, 40, 40, 40])


def test_steps_of_awards_run_from_july_to_june() -> None:
    spec = value({"by": "event_date", "points": {"2025-01": 0, "2026-01": 12}})
    found = on(spec, Grid(FIRST, LAST).steps({}))[:, 0, 0, 0, 0]
    assert found[:3] == pytest.approx([0, 6, 12])


def test_before_the_first_and_past_the_last_point_values_hold() -> None:
    for mode in ("step", "linear", "smooth"):
        spec = value({"by": "event_date", "mode": mode, "points": {2026: 1, 2028: 3}})
        assert spec.read(np.array([12 * 2000.0, 12 * 2100.0])).tolist() == [1, 3]


def test_linear_and_smooth_between_points() -> None:
    points = {2026: 0.0, 2028: 4.0, 2030: 4.0}
    linear = value({"by": "event_date", "mode": "linear", "points": points})
    smooth = value({"by": "event_date", "mode": "smooth", "points": points})
    month = np.array([12 * 2027.0])
    assert linear.read(month) == pytest.approx(2.0)
    assert 2.0 < smooth.read(month)[0] < 4.0
    x = np.linspace(12 * 2026, 12 * 2030, 200)
    assert (np.diff(smooth.read(x)) >= -1e-12).all() and smooth.read(x).max() <= 4.0 + 1e-12


def test_points_may_stand_in_any_order() -> None:
    one = {"by": "event_date", "mode": "linear", "points": {2028: 3, 2026: 1}}
    assert by_year(one) == by_year(one | {"points": {2026: 1, 2028: 3}})


def test_roadmap_up_and_down() -> None:
    up = {
        "by": "event_date",
        "start": "2026-01-01",
        "from": 60.25,
        "increment": "3m",
        "every": 1,
        "until": 61,
    }
    assert by_year(up | {"before": 60}) == [60, 60.25, 60.5, 60.75, 61, 61]
    assert by_year(up)[0] == 60.25
    down = {"by": "event_date", "start": "2026-01-01", "from": 5, "increment": -2, "every": 2, "until": 2}
    assert by_year(down) == [5, 5, 5, 3, 3, 2]
    monthly = {"by": "record_months", "start": 36, "from": 3, "increment": 1, "every": 12, "until": 12}
    assert [read(value(monthly), m) for m in (0, 36, 47, 48, 143, 144, 500)] == [3, 3, 3, 4, 11, 12, 12]


def test_reference_times_factor_is_averaged_over_the_months() -> None:
    amounts = {"level": Series(12 * 2025, np.array([100.0] * 6 + [200.0] * 6))}
    factor = {"by": "event_date", "points": {"2025-01": 1, "2025-10": 3}}
    mean = (6 * 100 + 3 * 200 + 3 * 600) / 12
    assert by_year({"of": "level", "times": factor}, amounts)[0] == pytest.approx(mean)
    assert by_year({"of": "level"}, amounts)[1] == 200
    with pytest.raises(KeyError):
        by_year({"of": "other"}, amounts)


def test_every_key_reads_its_own_column() -> None:
    grid = Grid(FIRST, LAST, 20, 60, 2, 10)
    moments = grid.calendar_years({}, "2020-01-01").since(12 * 2003.0)
    for key, at_index, expected in (
        ("event_date", (2, 0, 0, 0, 0), 2027 + 5.5 / 12),
        ("contribution_date", (2, 0, 0, 0, 0), 2027 + 5.5 / 12),
        ("scheme_years", (2, 0, 0, 0, 0), 7),
        ("first_insured_date", (0, 0, 0, 0, 0), 2003),
        ("age", (0, 0, 5, 0, 0), 25.5),
        ("service", (0, 0, 0, 0, 7), 7),
        ("birth_date", (0, 0, 5, 0, 0), 2025 - 25),
    ):
        ends = {1900: 1900, 2100: 2100} if key in DATE_KEYS else {0: 0, 100: 100}
        identity = value({"by": key, "mode": "linear", "points": ends})
        found = on(identity, moments)
        index = tuple(min(i, n - 1) for i, n in zip(at_index, found.shape, strict=True))
        assert found[index] == pytest.approx(expected, abs=0.01), key
    claim = one_person(12 * 2026, {}, last=4, last_key="claim_month")
    assert on(value({"by": "claim_month", "points": {1: 0.6, 4: 0.4}}), claim).item() == 0.4


def test_birth_dates_of_a_cell_are_its_twelve_months() -> None:
    """Age 25 in the year 2025: in its middle born from July 1999 to June 2000 or so, one month after another."""
    step = value({"by": "birth_date", "points": {1900: 0, "2000-01": 1}})
    found = on(step, calendar())[0, 0, :, 0, 0]
    assert found[25 - 20 + 1] == 0 and found[24 - 20 - 1] == 1
    assert 0 < found[25 - 20] < 1


def test_one_person_is_read_at_exact_age_and_birth() -> None:
    person = one_person(month_number("2025-07"), {}, birth=month_number("1985-01"), last=12.5)
    assert on(value({"by": "age", "mode": "linear", "points": {0: 0, 100: 100}}), person).item() == 40.5
    born = value({"by": "birth_date", "points": {1900: 0, "1985-01": 1}})
    assert on(born, person).item() == 1
    assert on(born, one_person(12 * 2025, {}, birth=month_number("1984-12"))).item() == 0
    assert on(value({"by": "service", "points": {0: 0, 12.5: 1}}), person).item() == 1


def test_accrual_date_is_averaged_over_the_service() -> None:
    """Two points a year before 2024, one from then on; in mid-2026 the last two and a half years count one."""
    spec = value({"by": "accrual_date", "points": {1990: 2, "2024-01": 1}})
    moments = calendar()
    found = on(spec, moments)[:, 0, 0, 0, :]
    july_2026 = found[1]
    assert july_2026[[1, 2]].tolist() == [1, 1]
    assert july_2026[10] * 10 == pytest.approx(2 * 1 + 8 * 2, abs=1.0)
    assert (np.diff(july_2026[1:]) >= 0).all()
    assert on(spec, moments.earned_in(month_number("2023-12"))).item() == 2
    assert on(spec, moments.earned_in(month_number("2024-01"))).item() == 1


def test_sexes() -> None:
    found = on(value({"male": 1, "female": {"by": "age", "points": {0: 2, 30: 3}}}), calendar())
    assert found.shape[1] == 2
    assert found[0, :, 0, 0, 0].tolist() == [1, 2] and found[0, :, 15, 0, 0].tolist() == [1, 3]


DATES = st.integers(2000, 2060)
SCHEDULES = st.builds(
    lambda points, mode: {"by": "event_date", "mode": mode, "points": points},
    st.dictionaries(DATES, st.floats(0, 100), min_size=1, max_size=6),
    st.sampled_from(["step", "linear"]),
)
ROADMAPS = st.builds(
    lambda start, first, step, every, more: {
        "by": "event_date",
        "start": f"{start}-07",
        "from": first,
        "increment": step,
        "every": every,
        "until": first + step * more,
    },
    DATES,
    st.floats(0, 100),
    st.sampled_from([-2.0, -0.25, 0.25, 1.0]),
    st.sampled_from([0.5, 1, 2]),
    st.integers(1, 9),
)
ANY = st.one_of(st.floats(0, 10), SCHEDULES, ROADMAPS, st.builds(lambda a: {"value": a}, st.floats(0, 9)))


@given(ANY, DATES)
def test_the_plain_reading_agrees_with_the_arrays(spec: Any, year: int) -> None:
    moments = Moments(np.array([[12.0 * year + 6]]), np.array([30]), np.array([0.0]))
    found = value(spec)
    assert value_on(found, event_date=12 * year + 6) == pytest.approx(on(found, moments).item(), abs=1e-9)


@given(SCHEDULES, DATES)
def test_a_schedule_stays_between_its_points(spec: Any, year: int) -> None:
    found = value(spec)
    read_there = float(found.read(np.array([12.0 * year]))[0])
    assert min(numbers_in(found)) - 1e-9 <= read_there <= (highest(found) or 0) + 1e-9


@given(ANY, ANY)
def test_sexes_hold_what_each_says(men: Any, women: Any) -> None:
    both = value({"male": men, "female": women})
    moments = calendar()
    for sex, spec in enumerate((men, women)):
        alone = np.broadcast_to(at(value(spec), moments), (12, 6, 1, 1, 1, 1))[:, :, 0]
        assert np.allclose(np.broadcast_to(at(both, moments), (12, 6, 2, 1, 1, 1))[:, :, sex], alone)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"by": "event_date", "points": {}}, "at least 1"),
        ({"by": "event_date", "points": {2025: 1, "2025-01-01": 2}}, "same place"),
        ({"by": "event_date", "mode": "smooth", "points": {2025: 1}}, "two points"),
        ({"by": "age", "points": {2025: 1}}, "no place on the key age"),
        ({"by": "event_date", "points": {"soon": 1}}, "not a date"),
        ({"by": "moon", "points": {1: 1}}, "moon|Input should be"),
        ({"by": "event_date", "start": 2025, "from": 1, "increment": -1, "until": 2}, "check its sign"),
        (
            {"by": "event_date", "start": 2025, "from": 1, "increment": 1, "every": 0, "until": 2},
            "greater than 0",
        ),
        ({"male": 1}, "female"),
        ({"times": 2}, "not a value"),
        (True, "valid number"),
        ([1, 2], "valid number"),
    ],
)
def test_what_is_no_value(spec: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        value(spec)


def test_places_see_every_part_and_number() -> None:
    spec = value({"male": {"of": "a", "times": {"by": "age", "points": {20: 5}}}, "female": {"value": 7}})
    assert [path for path, _ in parts(spec)] == [(), ("male",), ("male", "times"), ("female",)]
    assert dict(numbers_at(spec)) == {("male", "times", "points", "20"): 5, ("female", "value"): 7}
    assert keys_of(spec) == {"age"}
    share: TypeAdapter[Any] = TypeAdapter(Share)
    for wrong in (1.5, -0.1, spec, {"by": "service", "points": {1: 0.5}}, {"of": "a", "times": 0.5}):
        with pytest.raises(ValidationError):
            share.validate_python(wrong)
    assert isinstance(share.validate_python({"by": "event_date", "points": {2025: 0.5}}), Schedule)
