"""Values in stages: a table of one key that changes along another."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from spsim.calendar import month_number
from spsim.dated import Value, keys_of, numbers_in, on
from spsim.grid import Grid
from spsim.plain import value_on
from spsim.rules.contributions import Contribution

VALUE: TypeAdapter[Value] = TypeAdapter(Value)
TABLE = {
    "by": "event_date",
    "stages": {
        2025: {"by": "age", "points": {15: 0.37, 55: 0.26}},
        "2026-07-01": {"by": "age", "points": {15: 0.37, 55: 0.30, 60: 0.20}},
    },
}


def test_each_stage_is_read_by_its_own_key() -> None:
    value = VALUE.validate_python(TABLE)
    grid = Grid(2024, 2027, 50, 60, 1, 0)
    found = on(value, grid.calendar_years({}))[:, 0, :, 0, 0]
    assert found[0] == pytest.approx(found[1])  # the first stage holds before it begins
    assert found[1, :5] == pytest.approx(np.full(5, 0.37))
    assert found[1, 5:] == pytest.approx(np.full(6, 0.26))
    assert found[2, 6] == pytest.approx((0.26 + 0.30) / 2)  # half a year each
    assert found[3] == pytest.approx([0.37] * 5 + [0.30] * 5 + [0.20])
    assert keys_of(value) == {"event_date", "age"}
    assert sorted(set(numbers_in(value))) == [0.20, 0.26, 0.30, 0.37]


@pytest.mark.parametrize(
    ("date", "age", "rate"),
    [("2020", 56, 0.26), ("2026-06", 56, 0.26), ("2026-07", 56, 0.30), ("2030", 62, 0.2)],
)
def test_the_check_reads_the_same(date: str, age: float, rate: float) -> None:
    assert value_on(VALUE.validate_python(TABLE), event_date=month_number(date), age=age) == rate


def test_a_stage_obeys_the_place() -> None:
    Contribution.model_validate({"party": "employee", "rate": TABLE})
    with pytest.raises(ValidationError, match="cannot be keyed by claim_month"):
        wrong = {"by": "event_date", "stages": {2025: 0.1, 2026: {"by": "claim_month", "points": {1: 0.2}}}}
        Contribution.model_validate({"party": "employee", "rate": wrong})
    with pytest.raises(ValidationError, match=r"1\.2 is outside 0 to 1"):
        Contribution.model_validate(
            {"party": "employee", "rate": {"by": "age", "stages": {15: 0.1, 55: 1.2}}}
        )


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a date"):
        VALUE.validate_python({"by": "event_date", "stages": {"soon": 1, 2026: 2}})
    with pytest.raises(ValidationError, match="stages cannot go by"):
        VALUE.validate_python({"by": "accrual_date", "stages": {2025: 1, 2026: 2}})
