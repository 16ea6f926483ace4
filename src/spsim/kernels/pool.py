"""Tables in one row, each only along the axes on which it differs, and programs that build amounts from forms. Nothing compiled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from spsim.kernels.wrapping import Floats, Integers, integers

Tables = ArrayLike | Sequence[ArrayLike]
SPARE = 16  # cells after the last table, which loops in blocks may read


class Pool:
    """Tables over (T, G, S, X, J), one behind the other, each only along the axes on which it differs."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape, self._size, self._found = shape, 0, list[Floats]()

    def places(
        self, name: str, tables: Tables, count: int, windows: Sequence[tuple[int, int] | None]
    ) -> Integers:
        """Start and steps along T, G, S and X of each table; the services of a cell follow one another.

        A table may hold only the ages of its window; its start is moved so that ages count from the lowest of the grid.
        """
        arrays = [np.asarray(table, np.float64) for table in tables]  # type: ignore[union-attr]
        if len(arrays) != count:
            raise ValueError(f"{name} holds {len(arrays)} tables; expected {count}")
        found = [self._place(name, *one) for one in zip(arrays, windows, strict=True)]
        return np.array(found, dtype=np.int64).reshape(count, 5)

    def _place(self, name: str, array: Floats, window: tuple[int, int] | None) -> list[int]:
        array = array[:, np.newaxis] if array.ndim == 4 else array
        first, ages = (0, self._shape[3]) if window is None else (window[0], window[1] - window[0])
        if array.ndim == 5 and array.shape[3] in (1, self._shape[3]):
            first, ages = 0, self._shape[3]
        whole = (*self._shape[:3], ages, self._shape[4])
        if array.ndim != 5 or any(n not in (1, full) for n, full in zip(array.shape, whole)):
            raise ValueError(
                f"{name} has a table of shape {array.shape}; expected {self._shape} or 1 for an axis"
            )
        array = np.broadcast_to(array, (*array.shape[:4], self._shape[4]))
        start, steps, step = self._size, list[int](), self._shape[4]
        for length in reversed(array.shape[:4]):
            steps.insert(0, 0 if length == 1 else step)
            step *= length
        self._size += array.size
        self._found.append(array.ravel())
        return [start - first * steps[3], *steps]

    def table(self) -> Floats:
        """All of them in one row."""
        return np.concatenate([*self._found, np.zeros(SPARE)])


def windows_of_forms(
    program: Integers, ends: Integers, of_value: Sequence[tuple[int, int] | None], forms: int
) -> list[tuple[int, int] | None]:
    """The ages at which each form is read: the window of the valuations that use it, none where they differ."""
    users: list[set[tuple[int, int] | None]] = [set() for _ in range(forms)]
    for v, window in enumerate(of_value):
        for code in program[ends[v] : ends[v + 1]]:
            if code >= 0:
                users[code].add(window)
    return [next(iter(found)) if len(found) == 1 else None for found in users]


def stack_programs(
    programs: Sequence[Sequence[int]] | None, values: int, forms: int, lowest: int
) -> tuple[Integers, Integers, int]:
    """Programs of all valuations in one row, where each begins, and how high their stack grows; codes go down to `lowest`."""
    found = [[v] for v in range(values)] if programs is None else [list(program) for program in programs]
    if len(found) != values:
        raise ValueError(f"programs has {len(found)} entries; expected {values}, one for each valuation")
    highest = 1
    for program in found:
        height = 0
        for code in program:
            if not lowest <= code < forms:
                text = f"programs must hold numbers of forms below {forms}, ADD, LARGER, SMALLER or SUBTRACT"
                raise ValueError(text)
            height += 1 if code >= 0 else -1
            if height < 1:
                break
            highest = max(highest, height)
        if height != 1:
            raise ValueError(f"a program must leave one amount: {program}")
    ends = np.cumsum([0, *(len(program) for program in found)])
    return integers([code for program in found for code in program]), integers(ends), highest
