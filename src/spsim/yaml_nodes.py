"""YAML text to a tree of plain values in which every node knows its file, line and column.

The tree is built from the parser's events, not by PyYAML's constructor, which lets a duplicate key win
silently, reads ``1e6`` as text, ``60:30`` as 3630 and ``no`` as false. Scalars follow the core schema of YAML
1.2; numbers may carry underscores. Depth and size are bounded while the events are read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from spsim.errors import InputError, KeyPath, Problem
from spsim.yaml_text import NOT_TEXT
from spsim.yaml_words import in_plain_words

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_NODES = 100_000
DEEPEST = 60
LARGEST_INTEGER = 2**63 - 1

Scalar = str | int | float | bool | None

_INTEGER = re.compile(r"[-+]?[0-9]+(?:_[0-9]+)*\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_WORDS: dict[str, Scalar] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}


class Place(NamedTuple):
    """File, line and column, the latter two counted from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place. Children of a mapping are found by the text of their key, kept as ``key``."""

    value: Scalar | dict[str, Node] | list[Node]
    place: Place
    key: str | int | float = ""
    key_place: Place | None = None
    size: int = 1
    height: int = 1

    def plain(self) -> Any:
        """Plain dicts, lists and scalars, as if a simple YAML reader had read the text."""
        if isinstance(self.value, dict):
            return {child.key: child.plain() for child in self.value.values()}
        return [child.plain() for child in self.value] if isinstance(self.value, list) else self.value

    def child(self, part: str | int) -> Node | None:
        """The node under a key or at a position of a list, if there is one."""
        if isinstance(self.value, dict):
            return self.value.get(str(part))
        if isinstance(self.value, list) and isinstance(part, int) and 0 <= part < len(self.value):
            return self.value[part]
        return None


def parse(text: str, name: str, loader: Any = None) -> Node:
    """Tree of the only document of a YAML text. Raises InputError with every problem found."""
    builder = _Builder(name)
    try:
        root = builder.document(yaml.parse(text, Loader=loader or LOADER))
    except yaml.YAMLError as error:
        raise InputError([*builder.problems, in_plain_words(error, name, text)]) from None
    if builder.problems:
        raise InputError(builder.problems)
    return root


@dataclass
class _Builder:
    """One pass over the events; ``path`` is where we stand, ``open`` the anchors not complete yet."""

    name: str
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    path: list[str | int] = field(default_factory=list)
    nodes: int = 0

    def document(self, events: Iterator[Any]) -> Node:
        """The root mapping; a second document, or none, is a problem."""
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise self.stop(None, "the file is empty", "write the scenario in it")
        first = next(events)
        root = self.node(first, events)
        next(events)
        following = next(events)
        if isinstance(following, yaml.DocumentStartEvent):
            self.note(
                following,
                "a second document starts here",
                "keep one scenario in a file and delete the line `---`",
            )
        if root.value is None:
            raise self.stop(first, "the file is empty", "write the scenario in it")
        if not isinstance(root.value, dict):
            raise self.stop(
                first, "the file does not hold keys and values", "start with lines such as `meta:`"
            )
        return root

    def node(self, event: Any, events: Iterator[Any]) -> Node:
        """A value and all below it."""
        self.count(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        self.refuse_tag(event)
        if event.anchor:
            self.open.add(event.anchor)
        built = self.built(event, events)
        if event.anchor:
            self.open.discard(event.anchor)
            self.anchors[event.anchor] = built
        return built

    def built(self, event: Any, events: Iterator[Any]) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Node(self.scalar(event), self.place(event))
        if len(self.path) >= DEEPEST:
            raise self.stop(
                event, f"values are nested more than {DEEPEST} levels deep", "write a flatter structure"
            )
        value = self.mapping(events) if isinstance(event, yaml.MappingStartEvent) else self.sequence(events)
        children = list(value.values()) if isinstance(value, dict) else value
        size = 1 + sum(child.size for child in children)
        return Node(
            value,
            self.place(event),
            size=size,
            height=1 + max((child.height for child in children), default=0),
        )

    def sequence(self, events: Iterator[Any]) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            self.path.append(len(items))
            items.append(self.node(event, events))
            self.path.pop()
        return items

    def mapping(self, events: Iterator[Any]) -> dict[str, Node]:
        children: dict[str, Node] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.key(event)
            self.path.append(str(key))
            self.refuse_duplicate(event, children.get(str(key)))
            value = self.node(next(events), events)
            children[str(key)] = Node(
                value.value, value.place, key, self.place(event), value.size, value.height
            )
            self.path.pop()
        return children

    def key(self, event: Any) -> str | int | float:
        """A key is text or a number, written on the spot."""
        self.count(event, 1)
        if not isinstance(event, yaml.ScalarEvent):
            raise self.stop(
                event, "a key must be a word or a number", "quote a key that starts with [ { * or &"
            )
        self.refuse_tag(event)
        if event.anchor or (event.implicit[0] and event.value in ("", "~")):
            raise self.stop(
                event, "a key is missing here, or carries an anchor", "write a plain key before the colon"
            )
        if event.implicit[0] and event.value == "<<":
            self.note(
                event, "merge keys (<<) are not supported", "use `extends:` or an alias for the whole value"
            )
        key = self.scalar(event)
        return event.value if isinstance(key, bool) or key is None else key

    def scalar(self, event: Any) -> Scalar:
        """Plain scalars by the core schema of YAML 1.2; quoted ones are text."""
        text: str = event.value
        if not event.implicit[0]:
            self.refuse_unprintable(event)
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NOT_FINITE.match(text):
            self.note(event, f"{text} is not a finite number", "write a number")
        return self.number(event) if _FLOAT.match(text) else text

    def number(self, event: Any) -> Scalar:
        text = event.value.replace("_", "")
        if len(text) > 400:
            self.note(event, "the number has too many digits", "write it as, for example, 1.5e9")
            return 0
        value: int | float = int(text) if _INTEGER.match(event.value) else float(text)
        if not math.isfinite(value) or (isinstance(value, int) and abs(value) > LARGEST_INTEGER):
            self.note(
                event, "the number is too large", "check its digits, or put it in quotes if it is a code"
            )
        return value

    def alias(self, event: Any) -> Node:
        """The value of an anchor that was completed before; counted again at its full size."""
        if event.anchor in self.open:
            raise self.stop(event, f"the alias *{event.anchor} contains itself", "write the value out")
        if event.anchor not in self.anchors:
            raise self.stop(
                event,
                f"the alias *{event.anchor} has no anchor before it",
                f"add &{event.anchor} or quote it",
            )
        target = self.anchors[event.anchor]
        self.count(event, target.size)
        if len(self.path) + target.height > DEEPEST:
            raise self.stop(
                event, f"values are nested more than {DEEPEST} levels deep", "write a flatter structure"
            )
        return target

    def count(self, event: Any, more: int) -> None:
        self.nodes += more
        if self.nodes > MOST_NODES:
            remedy = "use fewer aliases, and keep long tables in CSV files"
            raise self.stop(event, f"the file holds more than {MOST_NODES} values, aliases included", remedy)

    def refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            self.note(
                event, f"tags such as {event.tag[:40]} are not allowed", "delete the tag; put text in quotes"
            )

    def refuse_unprintable(self, event: Any) -> None:
        """Escapes in double quotes can make characters that no text file may hold."""
        strange = NOT_TEXT.search(event.value)
        if strange is not None:
            what = f"a \\ sequence makes a character that cannot be printed (U+{ord(strange[0]):04X})"
            self.note(event, what, "delete it, or use single quotes")

    def refuse_duplicate(self, event: Any, earlier: Node | None) -> None:
        if earlier is not None and earlier.key_place is not None:
            message = f"the key stands twice in the same block, also at line {earlier.key_place.line}"
            self.note(event, message, "keep one of the two")

    def place(self, event: Any) -> Place:
        return Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def note(self, event: Any, message: str, remedy: str) -> None:
        place = self.place(event) if event is not None else Place(self.name, 1, 1)
        self.problems.append(Problem(*place, self.here(), message, remedy))

    def stop(self, event: Any, message: str, remedy: str) -> InputError:
        """The problems so far and this one, after which reading further makes no sense."""
        self.note(event, message, remedy)
        return InputError(self.problems)

    def here(self) -> KeyPath:
        return tuple(self.path)
