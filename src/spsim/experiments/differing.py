"""Where two scenarios differ: the values of law and assumption that are not the same, one by one.

Comes in: two documents. Goes out: paths with both values. Called by `reconcile` and `compare`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spsim.document import Document
from spsim.errors import KeyPath, dotted
from spsim.provenance import brief
from spsim.yaml_nodes import Node

WORDS = frozenset({"source", "status", "note", "title", "law", "description", "insured_source"})
"""Keys that no number depends on."""
VALUE_FORMS = frozenset({"value", "of", "points", "stages", "from", "male", "female", "mix"})


@dataclass(frozen=True)
class Difference:
    """One value that is not the same in both; None where it stands in one only."""

    path: KeyPath
    before: Node | None
    after: Node | None

    def __str__(self) -> str:
        name = dotted(self.path)
        if self.before is None:
            return f"{name}: {_text(self.after)} (new)"
        if self.after is None:
            return f"{name}: {_text(self.before)} (left out)"
        return f"{name}: {_text(self.before)} -> {_text(self.after)}"


def _text(node: Node | None) -> str:
    return brief(None if node is None else node.plain(), 120)


def differences(old: Document, new: Document) -> list[Difference]:
    """Every value that differs, in the order of the new document; names and sources are left out."""
    return list(_between(old.root, new.root, ()))


def _between(old: Node, new: Node, path: KeyPath) -> Iterator[Difference]:
    if _is_value(old) or _is_value(new) or _kind(old) != _kind(new):
        if _numbers_only(old) != _numbers_only(new):
            yield Difference(path, old, new)
        return
    assert isinstance(old.value, dict) and isinstance(new.value, dict)
    for key in dict.fromkeys([*new.value, *old.value]):
        one, other = old.value.get(key), new.value.get(key)
        if key in WORDS:
            continue
        if one is None or other is None:
            yield Difference((*path, key), one, other)
        else:
            yield from _between(one, other, (*path, key))


def _is_value(node: Node) -> bool:
    """Whether this is one value, to be shown whole: a scalar, a list, or a value of law (a schedule, a roadmap, a reference amount)."""
    return not isinstance(node.value, dict) or bool(VALUE_FORMS & node.value.keys())


def _kind(node: Node) -> object:
    """The kind of a rule: another kind is another rule, shown whole."""
    kind = node.child("kind")
    return None if kind is None else kind.value


def _numbers_only(node: Node) -> object:
    """The plain value without the words beside it."""
    return _without_words(node.plain())


def _without_words(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _without_words(item) for key, item in value.items() if key not in WORDS}
    return [_without_words(item) for item in value] if isinstance(value, list) else value


def with_value(root: Node, path: KeyPath, new: Node | None) -> Node:
    """The tree with another node at a path of keys, made or taken out there."""
    assert isinstance(root.value, dict)
    key, below = str(path[0]), path[1:]
    children = dict(root.value)
    if not below and new is None:
        children.pop(key, None)
    elif not below:
        assert new is not None
        children[key] = new
    else:
        children[key] = with_value(children[key], below, new)
    return replace(root, value=children)
