"""Values that a scenario leaves at the default of the language, so that they can be changed by path too.

Comes in: a case and a path. Goes out: the case with the default written where the file is silent. Called by `levers` and `futures`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from spsim.errors import InputError, near
from spsim.experiments.changes import as_node, find
from spsim.experiments.variants import Case
from spsim.yaml_nodes import Node


def with_default(case: Case, path: str) -> Case:
    """The same scenario, whose document holds the path: at the default value if the file does not say it. Raises InputError."""
    try:
        find(case.document, path)
        return case
    except InputError as error:
        parts = path.split(".")
        value = _default(case.scenario, parts)
        if value is None:
            raise _with_nearest(case, parts, error) from None
        root = _planted(case.document.root, parts, value)
        return replace(case, document=replace(case.document, root=root))


def value_in(scenario: BaseModel, path: str) -> Any:
    """The validated value at a path: a number, a schedule, a block; a default where the file is silent; None where there is none."""
    found: Any = scenario
    for part in path.split("."):
        found = _below(found, part)
    return found


def _with_nearest(case: Case, parts: list[str], error: InputError) -> InputError:
    """The same mistake, with the field of the language that was most likely meant, though the file may be silent on it."""
    problem = error.problems[0]
    depth = len(problem.path)
    if depth >= len(parts):
        return error
    block = value_in(case.scenario, ".".join(parts[:depth])) if depth else case.scenario
    known = (
        [f.alias or n for n, f in type(block).model_fields.items()] if isinstance(block, BaseModel) else []
    )
    meant = near(parts[depth], known)
    if not meant:
        return error
    return InputError([replace(problem, remedy=f"did you mean '{'.'.join([*parts[:depth], meant[0]])}'?")])


def _default(scenario: BaseModel, parts: list[str]) -> float | None:
    """The number that stands at a path by default."""
    found = value_in(scenario, ".".join(parts))
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _below(block: Any, part: str) -> Any:
    """A field of a block (an optional block that is not there: as if it said nothing), or an entry of a mapping."""
    if isinstance(block, dict):
        return block.get(part)
    if not isinstance(block, BaseModel):
        return None
    name, field = next(
        ((n, f) for n, f in type(block).model_fields.items() if part in (n, f.alias)), (part, None)
    )
    if field is None:
        return None
    value = getattr(block, name)
    return _empty_block(field) if value is None else value


def _empty_block(field: FieldInfo) -> BaseModel | None:
    """An optional block in which everything has a default."""
    for kind in get_args(field.annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if any(one.is_required() for one in kind.model_fields.values()):
                return None
            return kind.model_validate({})
    return None


def _planted(node: Node, parts: list[str], value: float) -> Node:
    """The tree with a value at a path of which only the beginning exists; it takes the place of what it stands in."""
    first, rest = parts[0], parts[1:]
    assert isinstance(node.value, dict)
    child = node.value.get(first)
    if child is None or not rest:
        plain: Any = value
        for part in reversed(rest):
            plain = {part: plain}
        child = as_node(plain, node.place, first, node.place)
    else:
        child = _planted(child, rest, value)
    return replace(node, value={**node.value, first: child})
