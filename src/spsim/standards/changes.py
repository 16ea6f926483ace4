"""In which years a block of the law can change by its own dates: what does not change need not be asked again."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from spsim.arrays import np
from spsim.dated import DATE_KEYS, Roadmap, Schedule, Staged, coordinate

BY_THE_CALENDAR = {"event_date", "contribution_date"}


def change_months(block: object, last_month: int) -> set[int] | None:
    """Month numbers at which a value keyed to the calendar takes another value; None where other dates decide, or it moves all the time."""
    found: set[int] = set()
    for months in _changes(block, last_month):
        if months is None:
            return None
        found |= months
    return found


def _changes(block: object, last_month: int) -> Iterator[set[int] | None]:
    if isinstance(block, Schedule | Roadmap | Staged) and block.by in (*DATE_KEYS, "scheme_years"):
        yield _of_value(block, last_month) if block.by in BY_THE_CALENDAR else None
    if isinstance(block, BaseModel):
        for name in type(block).model_fields:
            yield from _changes(getattr(block, name), last_month)
    elif isinstance(block, dict):
        for item in block.values():
            yield from _changes(item, last_month)


def _of_value(value: Schedule | Roadmap | Staged, last_month: int) -> set[int] | None:
    if isinstance(value, Roadmap):
        start, step = coordinate(value.by, value.start), 12.0 * value.every
        return {int(month) for month in np.arange(start, last_month + 1, step)}
    if isinstance(value, Staged):
        return {int(begin) for begin, _ in value.in_order()}
    return {int(x) for x in value.coordinates()} if value.mode == "step" else None
