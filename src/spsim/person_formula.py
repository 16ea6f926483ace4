"""How terms become one amount, in words: a tree of sums, larger and smaller amounts, each with its own figure.

In: a formula, the words and the figure of each of its terms. Out: indented lines. Called by `person_amounts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spsim.person_facts import money
from spsim.rules.amounts import Formula
from spsim.rules.formulas import OPERATIONS, Operation

WORDS: dict[Operation, str] = {
    "add": "the sum of",
    "larger": "the larger of",
    "smaller": "the smaller of",
    "subtract": "the difference between",
}
IN_ANY_ORDER = frozenset({"add", "larger", "smaller"})


@dataclass(frozen=True)
class Leaf:
    """One term of the law: its words and what it is worth."""

    words: tuple[str, ...]
    value: float

    def told(self, depth: int) -> Iterator[str]:
        """One line, or a line for each period in which it was earned under what they are worth together."""
        indent = "  " * depth
        if len(self.words) == 1:
            yield f"{indent}{self.words[0]}: {money(self.value)}"
            return
        yield f"{indent}the sum of these periods: {money(self.value)}"
        for line in self.words:
            yield f"{indent}  {line}"


@dataclass(frozen=True)
class Node:
    """Amounts put together; parts of the same kind stand side by side, whatever the order in which the engine takes them."""

    operation: Operation
    parts: tuple[Leaf | Node, ...]
    value: float

    def told(self, depth: int) -> Iterator[str]:
        """What is done and what comes of it, then the parts; the one that decides is marked."""
        yield f"{'  ' * depth}{WORDS[self.operation]}: {money(self.value)}"
        choice = self.operation in ("larger", "smaller")
        for part in self.parts:
            first, *rest = part.told(depth + 1)
            yield first + (" <- this one" if choice and part.value == self.value else "")
            yield from rest


def told(formula: Formula, words: Sequence[tuple[str, ...]], values: Sequence[float]) -> list[str]:
    """The whole formula as indented lines; what is zero in a sum or beside a larger amount is left out."""
    stack: list[Leaf | Node] = []
    for code in formula.program:
        if isinstance(code, int):
            stack.append(Leaf(words[code], values[code]))
        else:
            above = stack.pop()
            stack.append(_joined(code, stack.pop(), above))
    return list(stack[0].told(0))


def _joined(operation: Operation, first: Leaf | Node, second: Leaf | Node) -> Leaf | Node:
    """Two amounts as one; sums of sums are one sum, and nothing is said of what adds nothing."""
    value = float(OPERATIONS[operation](first.value, second.value))
    parts = tuple(part for one in (first, second) for part in _side_by_side(operation, one))
    if operation in ("add", "larger"):
        parts = tuple(part for part in parts if part.value) or parts[:1]
    if operation == "subtract" and not second.value:
        parts = (first,)
    return parts[0] if len(parts) == 1 else Node(operation, parts, value)


def _side_by_side(operation: Operation, one: Leaf | Node) -> tuple[Leaf | Node, ...]:
    if isinstance(one, Node) and one.operation == operation and operation in IN_ANY_ORDER:
        return one.parts
    return (one,)
