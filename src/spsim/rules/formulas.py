"""The algebra of amounts: terms that are linear in what a member holds, and programs that make one amount of several.

Arrays over (T, sex, age, class, service). Used by `amounts`, whose classes are the primitives of the law.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from spsim.arrays import Array, np
from spsim.records import record


@record(frozen=True)
class Linear:
    """flat + rate × reference earnings + per_year × years of service × reference earnings (annual); `name` says which earnings."""

    flat: Array
    rate: Array
    per_year: Array
    name: str = ""

    def scaled(self, factor: Array | float) -> Linear:
        """The same times a factor."""
        return replace(
            self, flat=self.flat * factor, rate=self.rate * factor, per_year=self.per_year * factor
        )

    def of(self, earnings: Array | float, service: Array | float) -> Array:
        """The amount itself, for annual reference earnings and years of service."""
        return np.asarray(self.flat + (self.rate + self.per_year * service) * earnings)


@record(frozen=True)
class Held:
    """share × what a member holds: the balance of the account `name` (money), or points of the earnings `name` at the value `share`."""

    share: Array
    name: str
    points: bool = False

    def scaled(self, factor: Array | float) -> Held:
        """The same times a factor."""
        return replace(self, share=self.share * factor)


Term = Linear | Held


def _months(term: Term, count: Array | float) -> Term:
    if isinstance(term, Held):
        return term.scaled(count / 12.0)
    whole = term.scaled(count / 12.0)
    return replace(whole, flat=term.flat * count)


Operation = Literal["add", "larger", "smaller", "subtract"]
OPERATIONS: dict[Operation, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "larger": lambda a, b: np.maximum(a, b),
    "smaller": lambda a, b: np.minimum(a, b),
    "subtract": lambda a, b: a - b,
}


@dataclass(frozen=True)
class Formula:
    """Terms, and how they become one amount: a number puts that term on a stack, an operation makes one of the two on top."""

    terms: tuple[Term, ...]
    program: tuple[int | Operation, ...]

    def months(self, count: Array | float) -> Formula:
        """So many months of a pension of this amount, paid once: flat parts of pensions are monthly, all others annual."""
        return replace(self, terms=tuple(_months(term, count) for term in self.terms))

    def scaled(self, factor: Array | float) -> Formula:
        """The same times a factor, which is not negative."""
        return Formula(tuple(term.scaled(factor) for term in self.terms), self.program)

    def value(self, values: Sequence[Any]) -> Any:
        """The amount, from the value of each term."""
        stack: list[Any] = []
        for code in self.program:
            if isinstance(code, int):
                stack.append(values[code])
            else:
                above = stack.pop()
                stack.append(OPERATIONS[code](stack.pop(), above))
        return stack[0]


def formula(found: Term | Formula) -> Formula:
    """A term alone is the shortest formula."""
    return found if isinstance(found, Formula) else Formula((found,), (0,))


def combined(operation: Operation, parts: Sequence[Formula]) -> Formula:
    """Several formulas as one."""
    terms: tuple[Term, ...] = ()
    program: tuple[int | Operation, ...] = ()
    for number, part in enumerate(parts):
        shift = len(terms)
        program += tuple(code + shift if isinstance(code, int) else code for code in part.program)
        program += (operation,) if number else ()
        terms += part.terms
    return Formula(terms, program)


def linear(
    flat: Array | float = 0.0,
    rate: Array | float = 0.0,
    per_year: Array | float = 0.0,
    name: str | None = None,
) -> Linear:
    """A form with the parts given, zero for the rest, each over (T, sex, age, class, service)."""
    return Linear(laid(flat), laid(rate), laid(per_year), name or "")


def laid(part: Array | float) -> Array:
    """A number as an array over (T, sex, age, class, service)."""
    array = np.asarray(part)
    return array.reshape((1,) * 5) if array.ndim == 0 else array
