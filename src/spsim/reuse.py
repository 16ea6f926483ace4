"""What one draw after another need not compute again: laws laid as tables, and stages whose arrays have not changed.

A part is kept with the reference amounts that were read while it was made, and used again while these are the same: a table of chances
that looks at ages and service alone serves every draw, a floor in units of a minimum wage only draws that leave this wage as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from spsim.arrays import Array, np

if TYPE_CHECKING:
    from spsim.grid import Series

Found = TypeVar("Found")
References = Mapping[str, "Series"]


class Watched(Mapping[str, "Series"]):
    """Reference amounts that remember which of them were read."""

    def __init__(self, amounts: References) -> None:
        self._amounts = amounts
        self.read: dict[str, Series] = {}

    def __getitem__(self, name: str) -> Series:
        found = self._amounts[name]
        self.read[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._amounts)

    def __len__(self) -> int:
        return len(self._amounts)


class Reuse:
    """Parts of the runs of one scenario object, each kept from the last time that it was made. One thread at a time."""

    def __init__(self) -> None:
        self._laws: dict[Hashable, tuple[dict[str, Series], list[Array], Any]] = {}
        self._stages: dict[Hashable, tuple[list[Array], Any]] = {}

    def law(
        self,
        name: Hashable,
        references: References,
        make: Callable[[References], Found],
        inputs: Sequence[Array] = (),
    ) -> Found:
        """A part of law laid on a grid; `make` reads amounts from the mapping that it is given, and from nowhere else.

        What depends on arrays besides names them as `inputs`.
        """
        known = self._laws.get(name)
        if known is not None and _all_same(known[0], references) and _all_equal(known[1], inputs):
            found: Found = known[2]
            return found
        watched = Watched(references)
        made = make(watched)
        self._laws[name] = (watched.read, list(inputs), made)
        return made

    def stage(self, name: Hashable, inputs: Sequence[Array], make: Callable[[], Found]) -> Found:
        """A stage that depends on these arrays, and on what never changes while this object lives."""
        known = self._stages.get(name)
        if known is not None and _all_equal(known[0], inputs):
            found: Found = known[1]
            return found
        made = make()
        self._stages[name] = (list(inputs), made)
        return made

    def projection(
        self, law: Hashable, inputs: Callable[[], list[Array]], make: Callable[[], Found]
    ) -> Found:
        """The flows of members under a law with these `inputs`: made every time, since draws differ in both."""
        return make()

    def stocks(self, setting: Any, base: Any, make: Callable[[], Found]) -> Found:
        """The stocks of a scheme from its base, when the member kernel must run; `stocks.linear` knows when it need not."""
        return make()


class NoReuse(Reuse):
    """Keeps nothing: for one run alone."""

    def law(
        self,
        name: Hashable,
        references: References,
        make: Callable[[References], Found],
        inputs: Sequence[Array] = (),
    ) -> Found:
        """Made at once."""
        return make(references)

    def stage(self, name: Hashable, inputs: Sequence[Array], make: Callable[[], Found]) -> Found:
        """Made at once."""
        return make()


NO_REUSE = NoReuse()


def _all_same(read: Mapping[str, Series], references: References) -> bool:
    """Whether the amounts read have not changed; looking at them counts as reading, for a part around this one."""
    return all(_same(series, references[name]) for name, series in read.items())


def _same(one: Series, other: Series) -> bool:
    return one is other or (one.first == other.first and bool(np.array_equal(one.values, other.values)))


def _all_equal(known: Sequence[Array], inputs: Sequence[Array]) -> bool:
    return len(known) == len(inputs) and all(
        a is b or np.array_equal(a, b, equal_nan=True) for a, b in zip(known, inputs, strict=True)
    )
