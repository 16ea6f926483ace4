"""Follows the place of a pydantic error through the model, to tell keys of the document from tags of unions.

Pydantic puts the chosen member of a union into the place of an error; such a tag is nowhere in the YAML. The
model's own core schema says which parts are tags, and which keys are valid at the end of the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spsim.errors import KeyPath

Schema = dict[str, Any]
_INNER = ("schema", "json_schema", "strict_schema")
_LISTS = {"list", "set", "frozenset", "generator"}


@dataclass(frozen=True)
class Tag:
    """A part of an error's place that names a member of a union; `sure` when a `kind` or the like chose."""

    name: str
    depth: int
    sure: bool


@dataclass
class Trail:
    """Where an error stands: the path in the document, the tags on the way, the keys valid at its end."""

    path: KeyPath = ()
    tags: list[Tag] = field(default_factory=list)
    schemas: list[Schema] = field(default_factory=list)
    on_key: bool = False

    def valid_keys(self) -> list[str]:
        """Names of the fields that the mapping at the end of the path may hold."""
        names = [
            _written(name, spec) for schema in self.schemas for name, spec in schema.get("fields", {}).items()
        ]
        return list(dict.fromkeys(names))


class Shape:
    """The core schema of a model, with its shared definitions."""

    def __init__(self, model: Any) -> None:
        self.root: Schema = model.__pydantic_core_schema__
        shared = self.root.get("definitions", ())  # those of all parts stand at the top
        self.definitions: dict[str, Schema] = {schema["ref"]: schema for schema in shared}

    def follow(self, loc: KeyPath) -> Trail:
        """Walk an error's place from the top of the model."""
        trail = Trail(schemas=list(self.opened(self.root)))
        for part in loc:
            self.step(trail, part)
        return trail

    def step(self, trail: Trail, part: str | int) -> None:
        if part == "[key]":
            trail.on_key = True
            return
        unions = [schema for schema in trail.schemas if schema["type"] in ("union", "tagged-union")]
        below = [
            found for schema in trail.schemas if schema not in unions for found in _children(schema, part)
        ]
        if unions and not below:
            trail.tags.append(
                Tag(str(part), len(trail.path), all(u["type"] == "tagged-union" for u in unions))
            )
            below = [found for union in unions for found in _members(union, part)]
        else:
            in_list = any(schema["type"] in (*_LISTS, "tuple") for schema in trail.schemas)
            trail.path = (*trail.path, part if in_list else str(part))
        trail.schemas = [opened for schema in below for opened in self.opened(schema)]

    def opened(self, schema: Schema) -> Iterator[Schema]:
        """The schema behind validators, defaults and references."""
        for _ in range(100):
            if schema["type"] == "definition-ref":
                schema = self.definitions.get(schema["schema_ref"], {"type": "any"})
            elif schema["type"] == "chain":
                schema = schema["steps"][-1]
            else:
                inner = next((schema[name] for name in _INNER if isinstance(schema.get(name), dict)), None)
                if inner is None:
                    break
                schema = inner
        yield schema


def _children(schema: Schema, part: str | int) -> Iterator[Schema]:
    """What stands under a key or a position."""
    if "fields" in schema and isinstance(schema["fields"], dict):
        found = next((s for name, s in schema["fields"].items() if part in (name, _written(name, s))), None)
        if found is not None:
            yield found["schema"]
    elif schema["type"] in _LISTS and isinstance(part, int):
        yield schema.get("items_schema", {"type": "any"})
    elif schema["type"] == "tuple" and isinstance(part, int) and schema["items_schema"]:
        yield schema["items_schema"][min(part, len(schema["items_schema"]) - 1)]
    elif schema["type"] == "dict":
        yield schema.get("values_schema", {"type": "any"})


def _members(union: Schema, tag: str | int) -> Iterator[Schema]:
    """The member of a union that a tag names; all of them when it cannot be told."""
    if union["type"] == "tagged-union":
        choice = union["choices"].get(tag)
        if isinstance(choice, dict):
            yield choice
        return
    members = [choice[0] if isinstance(choice, tuple) else choice for choice in union["choices"]]
    named = [member for member in members if getattr(member.get("cls"), "__name__", None) == tag]
    yield from named or members


def _written(name: str, field_schema: Schema) -> str:
    """The name of a field as it is written in YAML."""
    alias = field_schema.get("validation_alias")
    return alias if isinstance(alias, str) else name
