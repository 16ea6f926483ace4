"""The JSON Schema of a scenario in the dialect that YAML editors read (draft 07)."""

from __future__ import annotations

import json
from typing import Any

from spsim.copies import KEY as COPY
from spsim.copies import SECTIONS
from spsim.errors import KeyPath
from spsim.extends import KEY

DIALECT = "http://json-schema.org/draft-07/schema#"
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_EXTENDS = {
    **_NAMES,
    "title": "Extends",
    "description": "scenario files that this one changes, relative to it",
}


def schema_text() -> str:
    """The schema of a whole scenario as JSON text."""
    from spsim.scenario import Scenario

    return json.dumps(draft_07(Scenario.model_json_schema(by_alias=True)), indent=2, ensure_ascii=True) + "\n"


def draft_07(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic's schema (dialect of 2020) in draft 07; a file that extends another may lack the rest."""
    old: dict[str, Any] = {"$schema": DIALECT, **_older(schema)}
    old["properties"] = {KEY: _EXTENDS, **old.get("properties", {})}
    for section in SECTIONS:
        _allow_copies(old, section)
    required = old.pop("required", [])
    if required:
        old["anyOf"] = [{"required": [KEY]}, {"required": required}]
    return old


def _allow_copies(schema: dict[str, Any], section: KeyPath) -> None:
    """Blocks under names of their own may say what they copy, and no more than what differs."""
    holder = schema["properties"] if len(section) == 1 else schema["definitions"]["Labour"]["properties"]
    block = holder[section[-1]]
    copied = {"type": "object", "required": [COPY], "properties": {COPY: {"type": "string"}}}
    places = block.get("patternProperties", block)
    for name in places if places is not block else ("additionalProperties",):
        places[name] = {"anyOf": [copied, places[name]]}


def _older(value: Any) -> Any:
    """Rename what draft 07 calls otherwise, all the way down."""
    if isinstance(value, list):
        return [_older(item) for item in value]
    if not isinstance(value, dict):
        return value
    old = {
        key: _older(item)
        for key, item in value.items()
        if key not in ("$defs", "prefixItems", "discriminator")
    }
    if "$defs" in value:
        old["definitions"] = {name: _older(item) for name, item in value["$defs"].items()}
    if isinstance(value.get("prefixItems"), list):
        old["additionalItems"] = old.pop("items", True)
        old["items"] = _older(value["prefixItems"])
    if isinstance(value.get("$ref"), str):
        return _reference(old)
    return old


def _reference(old: dict[str, Any]) -> dict[str, Any]:
    """Draft 07 ignores what stands beside a `$ref`, so it moves into `allOf`."""
    target = {"$ref": old.pop("$ref").replace("#/$defs/", "#/definitions/")}
    return {"allOf": [target], **old} if old else target
