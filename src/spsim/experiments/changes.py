"""A change of one value of a scenario: named by its path, set, multiplied or raised.

Comes in: a document and changes. Goes out: the document with the changed values, each still known by its place. Called by `variants`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from spsim.calendar import years
from spsim.document import Document
from spsim.errors import InputError, KeyPath, Problem, dotted, near, problem_at
from spsim.yaml_nodes import Node, Place

Operation = Literal["set", "times", "plus"]
CHANGES: dict[Operation, Callable[[float, float], float]] = {
    "set": lambda old, new: new,
    "times": lambda old, factor: old * factor,
    "plus": lambda old, more: old + more,
}
SPREADS = {"value", "until", "from", "before", "male", "female", "times"}
"""Keys under which a value of law keeps numbers (`points` and `stages` keep more of them)."""
FORMS = SPREADS | {"points", "stages"}


@dataclass(frozen=True)
class Change:
    """`set` a value to `amount` (a number, or any YAML value), multiply every number in it (`times`), or add to each (`plus`)."""

    path: str
    amount: Any
    operation: Operation = "set"

    def __str__(self) -> str:
        sign = {"set": "=", "times": "*=", "plus": "+="}[self.operation]
        return (
            f"{self.path}{sign}{self.amount:g}"
            if isinstance(self.amount, float)
            else f"{self.path}{sign}{self.amount}"
        )


def parsed(text: str) -> Change:
    """`path=0.08`, `path*=1.1` or `path+=0.01` as a change. Raises InputError."""
    for sign, operation in (("*=", "times"), ("+=", "plus"), ("=", "set")):
        path, found, amount = text.partition(sign)
        if found:
            return Change(path.strip(), _amount(text, amount.strip()), operation)  # type: ignore[arg-type]
    raise refused(text, f"{text!r} is no change", "write path=value, path*=factor or path+=difference")


def _amount(text: str, amount: str) -> float:
    try:
        return float(years(amount)) if amount[-1:] in {"y", "m"} else float(amount)
    except ValueError:
        raise refused(text, f"{amount!r} is not a number", "write a number, or an age as 61y3m") from None


def refused(where: str, message: str, remedy: str) -> InputError:
    """A mistake in what was asked for, not in a file."""
    return InputError([Problem("command line", 1, 1, (where,), message, remedy)])


def find(document: Document, path: str) -> KeyPath:
    """The keys that a dotted path names; keys that hold dots themselves are found. Raises InputError with the nearest path."""
    keys: list[str | int] = []
    node, rest = document.root, path
    while rest:
        child, name = _longest(node, rest)
        if child is None:
            raise _unknown(document, node, keys, rest)
        keys.append(int(name) if isinstance(node.value, list) else name)
        node, rest = child, rest[len(name) :].removeprefix(".")
    return tuple(keys)


def _longest(node: Node, rest: str) -> tuple[Node | None, str]:
    """The child whose key is the longest beginning of `rest` that ends at a dot."""
    parts = rest.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        child = node.child(int(name) if isinstance(node.value, list) and name.isdigit() else name)
        if child is not None:
            return child, name
    return None, rest


def _unknown(document: Document, node: Node, keys: list[str | int], rest: str) -> InputError:
    name = rest.split(".")[0]
    known = (
        list(node.value)
        if isinstance(node.value, dict)
        else [str(i) for i in range(len(node.value))]
        if isinstance(node.value, list)
        else []
    )
    meant = near(name, known)
    there = dotted(tuple(keys)) if keys else "the scenario"
    remedy = (
        f"did you mean '{dotted((*keys, meant[0]))}'?"
        if meant
        else f"{there} has: {', '.join(known[:12]) or 'no values below it'}"
    )
    problem = problem_at(tuple(keys), f"there is no value '{name}'", remedy)
    return InputError([document.locate(problem)])


def value_at(document: Document, path: str) -> Any:
    """The plain value at a dotted path."""
    node = document.node(find(document, path))
    assert node is not None
    return node.plain()


def numbers_of(value: Any) -> list[float]:
    """Every number of a value of law, in the order of the file: of a constant one, of a schedule one for each point."""
    found: list[float] = []

    def noted(number: float) -> float:
        found.append(number)
        return number

    mapped(value, noted)
    return found


def changed(document: Document, changes: list[Change]) -> Document:
    """The document with every change made, one after another. Raises InputError for a path that leads nowhere or a value without a number."""
    for change in changes:
        path = find(document, change.path)
        node = document.node(path)
        assert node is not None
        document = replace(document, root=_with(document.root, path, _changed(document, path, node, change)))
    return document


def _with(node: Node, path: KeyPath, new: Node) -> Node:
    """The tree with another node at a path."""
    if not path:
        return new
    if isinstance(node.value, dict):
        key = str(path[0])
        return replace(node, value={**node.value, key: _with(node.value[key], path[1:], new)})
    assert isinstance(node.value, list) and isinstance(path[0], int)
    items = list(node.value)
    items[path[0]] = _with(items[path[0]], path[1:], new)
    return replace(node, value=items)


def _changed(document: Document, path: KeyPath, node: Node, change: Change) -> Node:
    """A number set where the value is a constant keeps its source; elsewhere it takes the whole value's place."""
    plain = node.plain()
    if change.operation == "set":
        constant = isinstance(plain, dict) and "value" in plain and not isinstance(change.amount, dict)
        amount = _plain(change.amount)
        new = {**plain, "value": amount} if constant else amount
    else:
        operate, by = CHANGES[change.operation], float(change.amount)
        new = mapped(plain, lambda number: operate(number, by), change.operation)
        if not numbers_of(plain):
            problem = problem_at(path, "there is no number here to change", "name a value of the scenario")
            raise InputError([document.locate(problem)])
    return as_node(new, node.place, node.key, node.key_place)


def mapped(value: Any, change: Callable[[float], float], operation: Operation = "times") -> Any:
    """The same value with every number changed: constants, points, stages, both sexes, both ends of a roadmap, factors."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return _plain(change(float(value)))
    if isinstance(value, str):
        try:
            return _plain(change(years(value)))
        except ValueError:
            return value
    if isinstance(value, list):
        return [mapped(item, change, operation) for item in value]
    found = {}
    for key, item in value.items():
        inside = key in {"points", "stages"} and isinstance(item, dict)
        step = key == "increment" and operation == "times" and "from" in value
        if inside:
            found[key] = {name: mapped(one, change, operation) for name, one in item.items()}
        else:
            found[key] = mapped(item, change, operation) if key in SPREADS or step else item
    return found


def _plain(number: Any) -> Any:
    """Whole numbers without a point, as one would write them: fields that count years or months want them so."""
    return (
        int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else number
    )


def as_node(value: Any, place: Place, key: str | int | float = "", key_place: Place | None = None) -> Node:
    """Plain values as a tree, all at one place."""
    if isinstance(value, dict):
        children: Any = {str(name): as_node(item, place, name, place) for name, item in value.items()}
        nodes = list(children.values())
    elif isinstance(value, list):
        children = nodes = [as_node(item, place) for item in value]
    else:
        return Node(value, place, key, key_place)
    size = 1 + sum(node.size for node in nodes)
    return Node(children, place, key, key_place, size, 1 + max((node.height for node in nodes), default=0))
