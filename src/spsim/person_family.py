"""The family of one person, in words: `spouse of 52, 2 children, 1 parent`. Called by `person`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from spsim.calendar import years
from spsim.person_facts import refusal

WORDS = {"spouse": "spouse", "child": "child", "children": "child", "parent": "parent", "parents": "parent"}
MOST = {"spouse": 1, "child": 20, "parent": 4}
_AGE = r"[0-9][0-9ym.]*"
_PART = re.compile(
    rf"(?:(?P<number>[0-9]{{1,2}})\s+)?(?P<who>[a-z]+)(?:\s+of\s+(?P<ages>{_AGE}(?:\s+and\s+{_AGE})*))?\Z"
)


@dataclass(frozen=True)
class Family:
    """Number of each kind of dependant, and their ages in years at the event where they were said."""

    numbers: dict[str, int] = field(default_factory=dict)
    ages: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def spouse_age(self) -> float | None:
        """Age of the spouse, where it was said."""
        return self.ages["spouse"][0] if "spouse" in self.ages else None


def family(text: str | None) -> Family:
    """The family in these words, `none` for none. Raises InputError with what cannot be read."""
    numbers: dict[str, int] = {}
    ages: dict[str, tuple[float, ...]] = {}
    for part in [] if text in (None, "none") else [part.strip().lower() for part in text.split(",")]:
        who, number, known = _part(part)
        if who in numbers:
            raise refusal("family", f"{who} is named twice", "name each once, with a number")
        if number > MOST[who]:
            raise refusal("family", f"{number} is too many for {who}", f"write {MOST[who]} at most")
        numbers[who] = number
        if known:
            ages[who] = known
    return Family(numbers, ages)


def _part(part: str) -> tuple[str, int, tuple[float, ...]]:
    """Who, how many, and their ages if they are said."""
    match = _PART.match(part)
    who = WORDS.get(match["who"]) if match else None
    if match is None or who is None:
        remedy = "write, for example, 'spouse of 52, 2 children of 14 and 9, 1 parent'"
        raise refusal("family", f"{part!r} is no part of a family", remedy)
    ages = tuple(_age(text) for text in re.split(r"\s+and\s+", match["ages"])) if match["ages"] else ()
    number = int(match["number"] or max(len(ages), 1))
    if ages and len(ages) != number:
        raise refusal("family", f"{len(ages)} ages for {number} of {match['who']}", "write one age for each")
    return who, number, ages


def _age(text: str) -> float:
    """Years from 52 or 52y6m."""
    try:
        return years(text) if text[-1] in "ym" else float(text)
    except ValueError:
        raise refusal("family", f"{text!r} is no age", "write 52 or 52y6m") from None
