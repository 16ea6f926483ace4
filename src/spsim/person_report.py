"""`spsim person` on the screen: the steps of the law as text, or the same as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spsim.checking import check
from spsim.errors import InputError
from spsim.person import Question, answer
from spsim.person_facts import Answer, Step, money

INDENT = "   "


def told(file: Path, question: Mapping[str, Any], form: str) -> list[str]:
    """The answer to a question about one scenario file, as lines. Raises InputError."""
    checked = check(file)
    if checked.errors:
        raise InputError(checked.problems)
    assert checked.scenario is not None
    found = answer(checked.scenario, Question(**question))
    return [as_json(found)] if form == "json" else list(lines(found, checked.scenario.sources))


def as_data(found: Answer) -> dict[str, Any]:
    """Stable keys for programs: heading, steps in order with their values, result, notes, contributions."""
    steps = [
        {
            "step": step.name,
            "values": dict(step.values),
            "text": list(step.lines),
            "path": step.path,
            "source": step.source,
            "status": step.status,
        }
        for step in found.steps
    ]
    data = {**found.heading, "steps": steps, "result": dict(found.result), "notes": list(found.notes)}
    return data | ({"contributions": list(found.contributions)} if found.contributions else {})


def as_json(found: Answer) -> str:
    """The data as JSON text."""
    return json.dumps(as_data(found), indent=2, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    """A number of NumPy as Python's own."""
    return value.item()


def lines(found: Answer, sources: Mapping[str, str]) -> Iterator[str]:
    """What to print; `sources` are the scenario's short keys and what they stand for."""
    yield from _heading(found.heading)
    for number, step in enumerate(found.steps, 1):
        yield ""
        yield f"{number}. {step.title}{_cited(step)}"
        yield from (INDENT + line for line in step.lines)
    yield ""
    yield from (f"=> {line}" for line in found.told)
    yield from (f"Note: {note}." for note in found.notes)
    yield from _contributions(found.contributions)
    yield from _sources(found, sources)


def _heading(heading: Mapping[str, Any]) -> Iterator[str]:
    yield f"{heading['title']}: {heading['scheme_title'] or heading['scheme']}"
    if heading["law"]:
        yield f"Law: {heading['law']}"
    person = {"male": "man", "female": "woman"}[heading["sex"]]
    amounts = f"; amounts in {heading['currency']}" if heading["currency"] else ""
    yield (
        f"Event {heading['event']} in {heading['on']}, of a {person} born in {heading['born']}, "
        f"aged {heading['age']}{amounts}"
    )


def _cited(step: Step) -> str:
    status = f", {step.status}" if step.status else ""
    return f"  [{step.source}{status}]" if step.source else ""


def _contributions(rows: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    """The table of contributions, one line a year and the total."""
    if not rows:
        return
    names = list(rows[0])
    total = {name: sum(row[name] for row in rows) for name in names} | {"year": "total"}
    cells = [[_cell(name, row[name]) for name in names] for row in (*rows, total)]
    head = [name.replace("_", " ") for name in names]
    widths = [max(len(line[i]) for line in [head, *cells]) for i in range(len(names))]
    yield ""
    yield "Contributions"
    yield from (
        INDENT + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in [head, *cells]
    )


def _cell(name: str, value: Any) -> str:
    return str(value) if name == "year" or isinstance(value, int) else money(value)


def _sources(found: Answer, sources: Mapping[str, str]) -> Iterator[str]:
    """The short keys that the steps name, in full."""
    text = " ".join(step.source for step in found.steps)
    named = [key for key in sources if re.search(rf"\b{re.escape(key)}\b", text)]
    if named:
        yield ""
        yield "Sources"
        yield from (f"{INDENT}{key}: {sources[key]}" for key in named)
