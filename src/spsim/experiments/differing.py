"""Where two scenarios differ: the values of law and assumption that are not the same, one by one.

Comes in: two documents. Goes out: paths with both values. Called by `reconcile` and `compare`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from spsim.document import Document
from spsim.errors import KeyPath, dotted
from spsim.experiments.differences import differing
from spsim.experiments.words import said
from spsim.yaml_nodes import Node

WIDEST = 160


@dataclass(frozen=True)
class Difference:
    """One value that is not the same in both; None where it stands in one only."""

    path: KeyPath
    before: Node | None
    after: Node | None

    def __str__(self) -> str:
        name = dotted(self.path)
        if self.before is None:
            return f"{name}: {self._said(self.after)} (new)"
        if self.after is None:
            return f"{name}: {self._said(self.before)} (left out)"
        return f"{name}: {self._said(self.before)} -> {self._said(self.after)}"

    def _said(self, node: Node | None) -> str:
        text = said(None if node is None else node.plain(), self.path)
        return text if len(text) <= WIDEST else text[: WIDEST - 4] + " ..."


def differences(old: Document, new: Document) -> list[Difference]:
    """Every value that differs, in the order of the old document; names and sources are left out."""
    return [Difference(path, old.node(path), new.node(path)) for path in differing([old.data, new.data], ())]


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
