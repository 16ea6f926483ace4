"""`extends:` - a scenario written as the difference from another one.

Mappings are merged key by key and the child wins; a list replaces the parent's list; `null` deletes a key of
the parent. A mapping that changes its form (another `kind`, or a constant where the parent has a schedule)
replaces the parent's whole. Every node keeps the place where it was written, whichever file that is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from spsim.errors import InputError, Problem
from spsim.yaml_nodes import MOST_NODES, Node, parse
from spsim.yaml_text import SourceFile, decode, fingerprint, read_bytes

KEY = "extends"
LONGEST_CHAIN = 12
MOST_FILES = 60
# Keys that give a value its form; the two sexes are one form.
_FORMS = {
    "value": "constant",
    "of": "amount",
    "points": "schedule",
    "stages": "stages",
    "from": "roadmap",
    "male": "by sex",
    "female": "by sex",
}


@dataclass
class Reader:
    """Reads a file and everything it extends; a file named twice is read once."""

    files: dict[str, SourceFile] = field(default_factory=dict)
    done: dict[Path, Node] = field(default_factory=dict)
    nodes: int = 0

    def read(self, path: Path, name: str, below: tuple[Path, ...] = ()) -> Node:
        """The tree of a file, merged over its parents. Raises InputError."""
        identity = path.resolve()
        if identity not in self.done:
            raw = read_bytes(path, name)
            self.files[name] = fingerprint(name, path, raw)
            own = parse(decode(raw, name), name)
            self.done[identity] = self.over_parents(own, path, name, (*below, identity))
        return self.done[identity]

    def over_parents(self, own: Node, path: Path, name: str, chain: tuple[Path, ...]) -> Node:
        assert isinstance(own.value, dict)
        named = own.value.get(KEY)
        if named is None:
            return own
        merged: Node | None = None
        for entry in named.value if isinstance(named.value, list) else [named]:
            parent = self.parent(entry, path, name, chain)
            merged = parent if merged is None else merge(merged, parent)
            self.refuse_growth(entry, merged)
        rest = {key: child for key, child in own.value.items() if key != KEY}
        child = Node(rest, own.place, size=own.size, height=own.height)
        return child if merged is None else merge(merged, child)

    def parent(self, entry: Node, path: Path, name: str, chain: tuple[Path, ...]) -> Node:
        """The tree of one file named under `extends`."""
        if not isinstance(entry.value, str):
            raise _stop(
                entry,
                "expected the name of a YAML file, or a list of such names",
                "write, for example, `extends: base.yaml`",
            )
        target = beside(path, entry.value)
        if not can_be_a_file(target):
            raise _stop(entry, f"the name {entry.value!r} cannot be a file", "write the name of a YAML file")
        self.refuse_chain(entry, target, chain)
        return self.read(target, os.path.normpath(beside(Path(name), entry.value)), chain)

    def refuse_chain(self, entry: Node, target: Path, chain: tuple[Path, ...]) -> None:
        """Refuse circles, missing files and chains without end."""
        if not target.exists():
            remedy = "check the name; it is read relative to the file in which it stands"
            raise _stop(entry, f"there is no file {entry.value!r}", remedy)
        if target.resolve() in chain:
            raise _stop(entry, "this file extends itself, directly or through others", "break the circle")
        if len(chain) > LONGEST_CHAIN or len(self.files) >= MOST_FILES:
            raise _stop(entry, f"more than {LONGEST_CHAIN} files extend one another", "use a shorter chain")

    def refuse_growth(self, entry: Node, merged: Node) -> None:
        if merged.size > MOST_NODES:
            raise _stop(entry, f"the files together hold more than {MOST_NODES} values", "extend fewer files")


def can_be_a_file(path: Path) -> bool:
    """Whether the system accepts this as a file name at all (no NUL, not too long, no endless link)."""
    try:
        path.resolve().exists()
    except (OSError, ValueError, RuntimeError):
        return False
    return True


def beside(path: Path, relative: str) -> Path:
    """A file named in the file `path`; both kinds of slash are read."""
    return path.parent / (relative if os.name == "nt" else relative.replace("\\", "/"))


def merge(parent: Node, child: Node) -> Node:
    """The child's node over the parent's."""
    if (
        not isinstance(parent.value, dict)
        or not isinstance(child.value, dict)
        or _changes_form(parent, child)
    ):
        return child
    merged = dict(parent.value)
    for key, value in child.value.items():
        above = merged.get(key)
        if above is not None and value.value is None:
            del merged[key]
        else:
            merged[key] = value if above is None else merge(above, value)
    size = 1 + sum(node.size for node in merged.values())
    height = 1 + max((node.height for node in merged.values()), default=0)
    return Node(merged, child.place, child.key, child.key_place, size, height)


def _changes_form(parent: Node, child: Node) -> bool:
    kinds = [node.child("kind") for node in (parent, child)]
    if kinds[0] is not None and kinds[1] is not None:
        return kinds[0].value != kinds[1].value
    before, after = _forms(parent), _forms(child)
    return bool(before) and bool(after) and not after <= before


def _forms(node: Node) -> set[str]:
    assert isinstance(node.value, dict)
    return {_FORMS[key] for key in node.value if key in _FORMS}


def _stop(entry: Node, message: str, remedy: str) -> InputError:
    return InputError([Problem(*entry.place, (KEY,), message, remedy)])
