"""Values read one at a time in pure Python, for checks that must not load numpy. The same reading as `dated`, tested against it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from spsim.calendar import month_number
from spsim.dated import DATE_KEYS, Constant, OfReference, Roadmap, Schedule, Staged, Value, numbers_in
from spsim.dated import coordinate as on_key
from spsim.economy import MixedAmount, ReferenceAmount
from spsim.errors import KeyPath
from spsim.rules.indexation import PensionIndexation

if TYPE_CHECKING:
    from spsim.scenario import Scenario


def highest(value: Value | None) -> float | None:
    """Largest number of a value, None if only a reference knows it."""
    return max(numbers_in(value), default=None)


def value_on(value: Value, scenario: Scenario | None = None, **at: float) -> float | None:
    """The value at coordinates such as `event_date=month number`; None where a coordinate or an amount is not known."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Schedule | Roadmap):
        coordinate = at.get(value.by, at.get("event_date") if value.by == "contribution_date" else None)
        return None if coordinate is None else read(value, coordinate)
    if isinstance(value, OfReference):
        return _of_reference(value, scenario, at)
    if isinstance(value, Staged):
        place = at.get(value.by, at.get("event_date") if value.by == "contribution_date" else None)
        stages = value.in_order()
        if place is None:
            return None
        begun = [stage for begin, stage in stages if begin <= place] or [stages[0][1]]
        return value_on(begun[-1], scenario, **at)
    if "sex" in at:
        return value_on(value.female if at["sex"] else value.male, scenario, **at)
    sides = [value_on(side, scenario, **at) for side in (value.male, value.female)]
    return None if None in sides else max(side for side in sides if side is not None)


def read(value: Schedule | Roadmap, coordinate: float) -> float:
    """A schedule at one coordinate (`smooth` ones are read along straight lines)."""
    if isinstance(value, Roadmap):
        return _roadmap(value, coordinate)
    x, y = value.sorted_points()
    place = bisect_right(x, coordinate) - 1
    if place < 0 or place == len(x) - 1 or value.mode == "step":
        return y[max(place, 0)]
    weight = (coordinate - x[place]) / (x[place + 1] - x[place])
    return y[place] * (1 - weight) + y[place + 1] * weight


def _roadmap(value: Roadmap, coordinate: float) -> float:
    dates = value.by in DATE_KEYS
    start = on_key(value.by, value.start)
    if coordinate < start:
        return value.from_ if value.before is None else value.before
    steps = (coordinate - start) // (value.every * (12.0 if dates else 1.0))
    reached = value.from_ + value.increment * steps
    return min(reached, value.until) if value.increment > 0 else max(reached, value.until)


def _of_reference(value: OfReference, scenario: Scenario | None, at: dict[str, float]) -> float | None:
    """Factor × the last known amount on the date: amounts that grow later keep their order."""
    times = value_on(value.times, scenario, **at)
    if scenario is None or scenario.economy is None or times is None:
        return None
    amount = _amount(scenario.economy.reference_amounts, value.of, at.get("event_date", 0.0))
    return None if amount is None else times * amount


def _amount(amounts: Any, name: str, month: float) -> float | None:
    amount = amounts.get(name)
    if isinstance(amount, MixedAmount):
        parts = [(_amount(amounts, part, month), weight) for part, weight in amount.mix.items()]
        return (
            None
            if any(part is None for part, _ in parts)
            else sum((part or 0.0) * weight for part, weight in parts)
        )
    if not isinstance(amount, ReferenceAmount):
        return None
    known = sorted((month_number(date), value) for date, value in amount.points.items())
    return known[max(bisect_right(known, (month, float("inf"))) - 1, 0)][1]


def known_from(amounts: Any, name: str) -> Iterator[int]:
    """Months from which the known values of a reference amount, and of those that it is made of, hold."""
    amount = amounts.get(name)
    if isinstance(amount, MixedAmount):
        for one in amount.mix:
            yield from known_from(amounts, one)
    elif isinstance(amount, ReferenceAmount):
        yield from map(month_number, amount.points)


def references_in(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Where the scenario refers to amounts: (path of the reference, name)."""
    if value is None or isinstance(value, str | int | float):  # first, as most values are plain
        return
    if isinstance(value, OfReference):
        yield (*path, "of"), value.of
    if isinstance(value, Schedule) and value.in_units_of is not None:
        yield (*path, "in_units_of"), value.in_units_of
    if isinstance(value, PensionIndexation) and value.follows is not None:
        yield (*path, "follows"), value.follows
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from references_in(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from references_in(item, (*path, key))
