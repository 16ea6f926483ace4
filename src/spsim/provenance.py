"""Where every parameter comes from: walks the scenario, lists what is assumed, refuses what is unverified or without source.

Comes in: scenario and document. Goes out: `Assumption`s for the results, problems for the check. No arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from spsim.dated import Sourced
from spsim.document import Document
from spsim.errors import KeyPath, Problem, problem_at
from spsim.scenario import Scenario

LAW = ("schemes",)
RULE_FIELDS = {
    "source",
    "status",
    "note",
    "title",
    "law",
    "kind",
    "fund",
    "start",
    "entry_cohorts",
    "longest_service",
}


@dataclass(frozen=True)
class Origin:
    """One block with a provenance of its own or inherited from the block around it."""

    path: KeyPath
    block: Sourced
    source: str | None
    status: str | None
    own: bool


def origins(
    value: Any, path: KeyPath = (), source: str | None = None, status: str | None = None
) -> Iterator[Origin]:
    """Every block that can carry a source, outermost first; what it does not say it takes from the block around it."""
    if isinstance(value, Sourced):
        own = value.source is not None or value.status is not None
        source, status = value.source or source, value.status or status
        yield Origin(path, value, source, status, own)
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from origins(getattr(value, name), (*path, field.alias or name), source, status)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from origins(item, (*path, key), source, status)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from origins(item, (*path, number), source, status)


def provenance_problems(scenario: Scenario) -> list[Problem]:
    """Law without source or status, and unverified parameters in a scenario that does not allow them."""
    found: list[Problem] = []
    for origin in origins(scenario):
        if (
            origin.path[:1] == LAW
            and _states_law(origin.block)
            and (origin.source is None or origin.status is None)
        ):
            missing = "source" if origin.source is None else "status"
            remedy = "write `source: article of law or table` and `status: official | secondary | assumption | unverified`"
            found.append(problem_at(origin.path, f"a parameter of law without {missing}", remedy))
        if origin.own and origin.block.status == "unverified" and not scenario.meta.allow_unverified:
            remedy = "verify it and change its status, or write `allow_unverified: true` under meta"
            found.append(problem_at(origin.path, "an unverified parameter", remedy))
    return found


def _states_law(block: Sourced) -> bool:
    """Whether the user gave the block any parameter beside names."""
    return bool(block.model_fields_set - RULE_FIELDS)


def assumed(scenario: Scenario, data: dict[str, Any]) -> Iterator[tuple[KeyPath, str, str, str, str]]:
    """(path, note, value, source, status) of each parameter that is not law as verified: assumptions, unverified, without source."""
    for origin in origins(scenario):
        named = origin.own and origin.status in {"assumption", "unverified", "secondary"}
        unnamed = origin.source is None and _is_parameter(origin.block)
        if named or unnamed:
            keys = scenario.sources
            source = keys.get(origin.source or "", origin.source or "no source given")
            yield (
                origin.path,
                origin.block.note or "",
                brief(_value(data, origin.path)),
                source,
                origin.status or "assumption",
            )

    for name in ("economy", "labour"):
        yield from (
            (path, "", brief(value), "no source given", "assumption") for path, value in _bare(scenario, name)
        )


def reformed(document: Document) -> Iterator[tuple[KeyPath, str, str, str, str]]:
    """(path, note, value, source, status) of each value whose source was written for another one, in the file it extends."""
    if len(document.files) > 1:
        yield from _reformed(document, document.data, (), None)


def _reformed(
    document: Document, value: Any, path: KeyPath, source_file: str | None
) -> Iterator[tuple[KeyPath, str, str, str, str]]:
    if isinstance(value, dict):
        source_file = document.where((*path, "source")).file if "source" in value else source_file
        for key, item in value.items():
            if key not in RULE_FIELDS:
                yield from _reformed(document, item, (*path, key), source_file)
    elif source_file is not None and document.where(path).file != source_file:
        note = "changed by this file; give it a source of its own to say where it comes from"
        yield path, note, brief(value), Path(document.where(path).file).name, "assumption"


def _bare(scenario: Scenario, name: str) -> Iterator[tuple[KeyPath, float]]:
    """Numbers that stand in a block which has no place for a source."""
    block = getattr(scenario, name)
    for key in sorted(() if block is None else block.model_fields_set):
        value = getattr(block, key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield (name, key), value


def _is_parameter(block: Sourced) -> bool:
    """Whether the block holds numbers itself, not only blocks that may have sources of their own."""
    parts = [getattr(block, name) for name in block.model_fields_set]
    inner = [part for value in parts for part in (value.values() if isinstance(value, dict) else [value])]
    return bool(inner) and not any(isinstance(part, BaseModel | dict) for part in inner)


def _value(data: Any, path: KeyPath) -> Any:
    for part in path:
        if isinstance(data, dict) and part not in data:
            return None
        data = data[part]
    return data


def brief(value: Any, width: int = 160) -> str:
    """A value on one line, without its provenance, cut to `width` characters."""
    text = _plain(value)
    return text if len(text) <= width else text[: width - 4] + " ..."


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in {"source", "status", "note", "title"}}
        return "; ".join(f"{key}: {_plain(item)}" for key, item in kept.items())
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
