"""An input of an experiment: values of the scenario that move together between two bounds.

Comes in: words (`economy.interest_rate+=-0.01..0.01`) or a design file. Goes out: changes of a case. Called by `sensitivity`,
`screening` and `search`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spsim.calendar import years as span
from spsim.errors import InputError, Problem
from spsim.experiments.changes import Change, Operation, numbers_of, refused
from spsim.experiments.defaults import with_default
from spsim.experiments.variants import Case

_FORM = re.compile(r"(?P<paths>[^=+*]+?)\s*(?P<sign>\+=|\*=|=)\s*(?P<low>\S+?)\.\.(?P<high>\S+)\Z")
_OPERATIONS: dict[str, Operation] = {"=": "set", "*=": "times", "+=": "plus"}
SIGNS = {"set": "=", "times": "*=", "plus": "+="}


class Input(Protocol):
    """What can be varied: a name, two bounds (the same as `neutral` where only one side is asked for), and what an amount changes."""

    @property
    def name(self) -> str: ...
    @property
    def operation(self) -> Operation: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...

    def prepared(self, case: Case) -> Case:
        """The case with all that the input changes in its document. Raises InputError for an unknown path."""

    def changes(self, case: Case, amount: float) -> list[Change]:
        """What to change in a prepared case."""

    def base(self, case: Case) -> float | None:
        """The value at present as the elasticity counts it; None where there is not one number."""

    def of_base(self, base: float, amount: float) -> float:
        """The value that an amount leads to."""


@dataclass(frozen=True)
class Lever:
    """Values by path that are set to one number, multiplied by it, or raised by it."""

    name: str
    paths: tuple[str, ...]
    low: float
    high: float
    operation: Operation = "set"

    def prepared(self, case: Case) -> Case:
        """The case with every path in its document, at its default if need be. Raises InputError for an unknown path."""
        for path in self.paths:
            case = with_default(case, path)
        return case

    def changes(self, case: Case, amount: float) -> list[Change]:
        """All paths change in one step."""
        return [Change(path, float(amount), self.operation) for path in self.paths]

    def base(self, case: Case) -> float | None:
        """The value at present; a factor counts from 1."""
        if self.operation == "times":
            return 1.0
        numbers = {number for path in self.paths for number in numbers_of(self.prepared(case).value(path))}
        return numbers.pop() if len(numbers) == 1 else None

    def of_base(self, base: float, amount: float) -> float:
        """The value that an amount leads to."""
        return base + amount if self.operation == "plus" else amount


def moved(case: Case, amounts: Sequence[tuple[Input, float]]) -> Case:
    """The case with several inputs moved at once, and checked once; NaN leaves an input where it is. Raises InputError."""
    changes: list[Change] = []
    for one, amount in amounts:
        if not np.isnan(amount):
            case = one.prepared(case)
            changes += one.changes(case, amount)
    return case.changed(*changes) if changes else case


def lever(text: str) -> Lever:
    """`path=low..high`, `path*=low..high` or `path+=low..high`; several paths with commas. Raises InputError."""
    label, _, rest = text.rpartition(":")
    match = _FORM.match(rest.strip())
    if match is None:
        remedy = "write path=low..high, path*=low..high or path+=low..high"
        raise refused(text, f"{text!r} is no range of a value", remedy)
    low, high = (number(text, match[part]) for part in ("low", "high"))
    paths = tuple(path.strip() for path in match["paths"].split(","))
    made = Lever(label.strip() or match["paths"].strip(), paths, low, high, _OPERATIONS[match["sign"]])
    require_bounds(made, text)
    return made


def number(text: str, words: str) -> float:
    """A number or an age such as 61y3m, with either sign. Raises InputError."""
    try:
        found = float(span(words)) if words[-1:] in {"y", "m"} else float(words)
    except ValueError:
        raise refused(text, f"{words!r} is not a number", "write a number, or an age as 61y3m") from None
    if not np.isfinite(found):
        raise refused(text, f"{words!r} is not a finite number", "write a number")
    return found


def require_bounds(one: Lever, text: str) -> None:
    """The lower bound stands below the upper one. Raises InputError."""
    if not one.low < one.high:
        what = (
            f"the bounds {one.low:g}..{one.high:g} cross"
            if one.low > one.high
            else "the two bounds are the same"
        )
        raise refused(text, what, "write the lower bound first, and a higher one after it")


def require_different_names(names: list[str]) -> None:
    """No input twice. Raises InputError."""
    for name in names:
        if names.count(name) > 1:
            raise refused(name, f"the input '{name}' is named twice", "leave one out")


def refusal_in_words(error: InputError) -> str:
    """The first thing that the check found wrong with a variant."""
    problem: Problem = error.problems[0]
    return f"{'.'.join(map(str, problem.path))}: {problem.message}"
