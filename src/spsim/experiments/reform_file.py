"""A variant as a scenario file of a few lines: `extends:` the file it came from, and the values that were changed.

Comes in: a changed case. Goes out: YAML text that `spsim run` reads to the same result. Called by `solve` and `search`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from spsim.errors import KeyPath
from spsim.experiments.changes import find
from spsim.experiments.variants import Case

STATUS = "assumption"


def reform_text(case: Case, target: Path, identifier: str, title: str) -> str:
    """The text of a file at `target` that extends the case's own file with its changed values."""
    beside = os.path.relpath(Path(case.name).resolve(), target.resolve().parent).replace(os.sep, "/")
    changed: dict[str, Any] = {"extends": beside, "meta": {"id": identifier, "title": title}}
    for change in case.changes:
        path = find(case.document, change.path)
        _put(changed, case, path)
    return yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=120)


def _put(tree: dict[str, Any], case: Case, path: KeyPath) -> None:
    """The value at a path; of a list the whole, since a list replaces its parent's whole."""
    steps = next((path[:number] for number, part in enumerate(path) if isinstance(part, int)), path)
    node = case.document.node(steps)
    assert node is not None
    below: dict[Any, Any] = tree
    place = case.document.root
    for part in steps[:-1]:
        child = place.child(part)
        assert child is not None
        place = child
        below = below.setdefault(place.key, {})
    below[node.key] = node.plain()
