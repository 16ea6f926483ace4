"""The family of one person, in words: `spouse of 52, 2 children, 1 parent`. Called by `person`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from spsim.calendar import years
from spsim.person_facts import refusal

WORDS = {"spouse": "spouse", "child": "child", "children": "child", "parent": "parent", "parents": "parent"}
MOST = {"spouse": 1, "child": 20, "parent": 4}
_PART = re.compile(r"(?:(?P<number>[0-9]{1,2})\s+)?(?P<who>[a-z]+)(?:\s+of\s+(?P<age>[0-9ym.]+))?\Z")


@dataclass(frozen=True)
class Family:
    """Number of each kind of dependant, and the age of the spouse in years where it was said."""

    numbers: dict[str, int] = field(default_factory=dict)
    spouse_age: float | None = None


def family(text: str | None) -> Family:
    """The family in these words, `none` for none. Raises InputError with what cannot be read."""
    numbers: dict[str, int] = {}
    spouse_age = None
    for part in [] if text in (None, "none") else [part.strip().lower() for part in text.split(",")]:
        who, number, age = _part(part)
        if who in numbers:
            raise refusal("family", f"{who} is named twice", "name each once, with a number")
        if number > MOST[who]:
            raise refusal("family", f"{number} is too many for {who}", f"write {MOST[who]} at most")
        numbers[who] = number
        spouse_age = age if who == "spouse" else spouse_age
    return Family(numbers, spouse_age)


def _part(part: str) -> tuple[str, int, float | None]:
    """Who, how many, and of a spouse the age."""
    match = _PART.match(part)
    who = WORDS.get(match["who"]) if match else None
    if match is None or who is None or (match["age"] and who != "spouse"):
        remedy = "write, for example, 'spouse of 52, 2 children, 1 parent'"
        raise refusal("family", f"{part!r} is no part of a family", remedy)
    try:
        age = (
            None
            if match["age"] is None
            else years(match["age"])
            if match["age"][-1] in "ym"
            else float(match["age"])
        )
    except ValueError:
        raise refusal("family", f"{match['age']!r} is no age", "write 52 or 52y6m") from None
    return who, int(match["number"] or 1), age
