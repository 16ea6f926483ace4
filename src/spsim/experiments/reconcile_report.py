"""What moved a figure, as lines, as a table and as data: every step with its effect, and the inputs that changed in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import groupby

from spsim.experiments.reconcile import Effect, Reconciliation

HEAD = "Each step puts the new values over those of the step before; effects depend on this order and add up exactly."
COLUMNS = ("measure", "number", "step", "before", "change", "after", "inputs")


def told(found: Reconciliation) -> Iterator[str]:
    """One block for each figure, then what changed in each step."""
    yield f"{found.old.name} -> {found.new.name}"
    if not found.steps:
        yield "The two scenarios do not differ in any value."
        return
    for measure, effects in groupby(found.effects, key=lambda effect: str(effect.measure)):
        yield ""
        yield from _block(measure, list(effects))
    yield ""
    yield "Inputs that changed, in the order of the steps"
    for number, step in enumerate(found.steps, 1):
        for change in step.changes:
            yield f"  {number:>2}. {change}"
    yield HEAD


def _block(measure: str, effects: list[Effect]) -> Iterator[str]:
    first, last = effects[0].before, effects[-1].after
    yield f"{measure:<64}{'change':>20}{'figure':>20}"
    yield f"{'  before':<64}{'':>20}{first:>20f}"
    for number, effect in enumerate(effects, 1):
        if effect.change:
            yield f"  {number:>2}. {effect.step.name[:56]:<58}{effect.change:>+20f}{effect.after:>20f}"
    still = sum(not effect.change for effect in effects)
    if still:
        yield f"  {still} step{'s' * (still != 1)} without effect"
    yield f"{'  all steps':<64}{last - first:>+20f}{last:>20f}"


def rows(found: Reconciliation) -> Iterator[tuple[str, ...]]:
    """One row for each figure and step."""
    for measure, effects in groupby(found.effects, key=lambda effect: str(effect.measure)):
        for number, effect in enumerate(effects, 1):
            inputs = "; ".join(str(change) for change in effect.step.changes)
            yield (
                measure,
                str(number),
                effect.step.name,
                str(effect.before),
                str(effect.change),
                str(effect.after),
                inputs,
            )


def as_csv(found: Reconciliation) -> str:
    """The rows as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(found))
    return text.getvalue()


def as_json(found: Reconciliation) -> str:
    """The rows as JSON; figures as text, so that they add up exactly."""
    data = [dict(zip(COLUMNS, row, strict=True)) for row in rows(found)]
    return json.dumps(
        {"old": found.old.name, "new": found.new.name, "effects": data}, indent=2, ensure_ascii=False
    )
