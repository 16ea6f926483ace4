"""The small scheme of tests/cases/crisis.yaml with changes, run in memory or written to CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from spsim.checking import check
from spsim.run import simulate

CASE = Path(__file__).parent / "cases" / "crisis.yaml"


def merged(base, change):
    """A block with changes; None takes a key away."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    found = dict(base)
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key, {}), value)
    return found


def written(folder: Path, scheme=None, behaviour=None, **blocks) -> Path:
    """The case with changes to the scheme, its behaviour and other blocks, as a file."""
    data = yaml.safe_load(CASE.read_text(encoding="utf-8"))
    changes = {
        "schemes": {"unemployment": scheme or {}},
        "behaviour": {"unemployment": behaviour or {}},
    } | blocks
    file = folder / "case.yaml"
    file.write_text(yaml.safe_dump(merged(data, changes), sort_keys=False), encoding="utf-8")
    return file


def outcome_of(folder: Path, **changes):
    """Arrays of a run of the case with changes."""
    checked = check(written(folder, **changes))
    assert not checked.errors, checked.errors
    return simulate(checked.scenario)


def rows(file: Path) -> list[dict[str, str]]:
    """A CSV table."""
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
