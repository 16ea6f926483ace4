"""Where a value of law may change along one of its keys: brackets of record, bands of age."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.arrays import Array, np
from spsim.dated import BySex, Key, OfReference, Roadmap, Schedule, Staged, Value, coordinate


def edges(value: Value | None, key: Key, step: float) -> Iterator[float]:
    """Coordinates at which a value begins to be another; along a slope one edge every `step`."""
    if isinstance(value, Schedule) and value.by == key:
        points = value.sorted_points()[0]
        yield from points if value.mode == "step" else _slope(points[0], points[-1], step)
    elif isinstance(value, Roadmap) and value.by == key:
        start = coordinate(key, value.start)
        steps = int(np.ceil((value.until - value.from_) / value.increment - 1e-9))
        yield from (start + value.every * n for n in range(steps + 1))
    elif isinstance(value, Staged):
        if value.by == key:
            yield from (begin for begin, _ in value.in_order())
        for _, stage in value.in_order():
            yield from edges(stage, key, step)
    elif isinstance(value, OfReference):
        yield from edges(value.times, key, step)
    elif isinstance(value, BySex):
        yield from (*edges(value.male, key, step), *edges(value.female, key, step))


def _slope(first: float, last: float, step: float) -> list[float]:
    return [*np.arange(first, last, step).tolist(), last]


def brackets(at: set[float], longest: int) -> tuple[Array, Array]:
    """Number of the bracket of each record 0..longest (C+1,), and the record in the middle of each bracket; the open cell is its own."""
    inside = sorted({int(np.ceil(edge - 1e-9)) for edge in at if 0 < edge <= longest})
    number = np.searchsorted(inside, np.arange(longest + 1), side="right")
    ends = [*inside, longest + 1]
    middles = [(low + high - 1) / 2.0 for low, high in zip([0, *inside], ends, strict=True)]
    middles[-1] = float(longest) if inside else middles[-1]
    return number, np.array(middles)
