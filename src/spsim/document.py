"""A scenario as plain values, with the place of each in the files it was read from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from spsim import extends
from spsim.errors import KeyPath, Problem
from spsim.yaml_nodes import Node, Place
from spsim.yaml_text import SourceFile


@dataclass(frozen=True)
class Document:
    """The merged tree of a scenario and the files behind it, in the order in which they were read."""

    root: Node
    files: tuple[SourceFile, ...]

    @cached_property
    def data(self) -> dict[str, Any]:
        """Plain dicts, lists, text, numbers, booleans and None; `extends` is not in it."""
        plain: dict[str, Any] = self.root.plain()
        return plain

    def node(self, path: KeyPath) -> Node | None:
        """The node at a path, or None."""
        node, depth = self._nearest(path)
        return node if depth == len(path) else None

    def has(self, path: KeyPath) -> bool:
        """Whether the document holds a value at this path."""
        return self.node(path) is not None

    def where(self, path: KeyPath) -> Place:
        """Place of the value; for a path that does not exist, of the key of its nearest ancestor."""
        node, depth = self._nearest(path)
        return node.place if depth == len(path) else node.key_place or node.place

    def where_key(self, path: KeyPath) -> Place:
        """Place of the key under which the value stands (of the value itself in a list)."""
        node, _ = self._nearest(path)
        return node.key_place or node.place

    def locate(self, problem: Problem, on_key: bool = False) -> Problem:
        """Fill in file, line and column of a problem that only has a path; a block is shown at its key."""
        if problem.file:
            return problem
        node = self.node(problem.path)
        block = node is not None and isinstance(node.value, dict | list)
        file, line, column = self.where_key(problem.path) if block or on_key else self.where(problem.path)
        return replace(problem, file=file, line=line, column=column)

    def resolve(self, path: KeyPath, relative: str) -> Path:
        """The file or folder that the value at `path` names, relative to the YAML file in which it stands."""
        names = {file.name: file.path for file in self.files}
        return extends.beside(names[self.where(path).file], relative)

    def _nearest(self, path: KeyPath) -> tuple[Node, int]:
        """The deepest existing node on the way and how many steps lead to it."""
        node = self.root
        for depth, part in enumerate(path):
            child = node.child(part)
            if child is None:
                return node, depth
            node = child
        return node, len(path)
