"""`spsim reconcile`: why a figure moved between two scenarios, step by step, in a stated order, adding up exactly.

Comes in: two scenarios and figures. Goes out: the effect of each step on each figure. Each step puts the new scenario's values of one
part (population, labour market, wages, interest, one rule) over those of the step before; the effect is the difference of two whole
runs, so effects depend on the order, which is stated. ISSA-ILO Guidelines on actuarial work, guideline 7 (reconciliation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from spsim.document import Document
from spsim.errors import InputError, KeyPath, dotted
from spsim.experiments.changes import refused
from spsim.experiments.differing import Difference, differences, with_value
from spsim.experiments.measures import Measure, every, of_indicators
from spsim.experiments.variants import Case, checked_document
from spsim.indicators import Indicator
from spsim.memory import Memory
from spsim.yaml_nodes import Node

ORDER = ("population", "labour", "economy", "behaviour", "funds", "schemes")
"""The order of the steps: who lives, who works, wages and prices and interest, what people do, reserves, and last the law, rule by rule."""
ECONOMY = ("price_inflation", "real_wage_growth", "interest_rate", "gdp", "reference_amounts")
SILENT = ("meta", "sources", "horizon")
"""Blocks taken over before the first step: names, permissions, and a horizon, which alone moves no figure of a year."""
RULES = frozenset({"benefits", "contributions", "accounts", "other_earnings", "other_causes", "programmes"})
"""Blocks of a scheme whose entries are rules of their own."""
DIGITS = 12

Figures = dict[tuple[str, str], Indicator]


@dataclass(frozen=True)
class Step:
    """One part of the new scenario, and every difference it brings."""

    name: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True)
class Effect:
    """A figure before and after one step; `change` = after − before, exactly as written."""

    measure: Measure
    step: Step
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """What the step does to the figure."""
        return self.after - self.before


@dataclass(frozen=True)
class Reconciliation:
    """All steps and their effects on all figures; those that together had to be one step are joined."""

    old: Case
    new: Case
    steps: list[Step]
    effects: list[Effect]


def reconcile(
    old: Case,
    new: Case,
    measures: Sequence[Measure],
    tell: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Reconciliation:
    """Effects of every step on every measure. Raises InputError for figures that one of the runs does not have at one place."""
    _require_comparable(old, new)
    steps, memory = steps_between(old, new), Memory()
    tell("before", 0, len(steps) + 1)
    root = _renamed(old, new)
    figures = [_read(replace(old, document=replace(old.document, root=root)), measures, memory, old.name)]
    done: list[Step] = []
    waiting: tuple[Step, ...] = ()
    for number, step in enumerate(steps):
        tell(step.name, number + 1, len(steps) + 1)
        for change in step.changes:
            root = with_value(root, change.path, change.after)
        waiting = (*waiting, step)
        case = _between(old, new, root, last=number + 1 == len(steps))
        if case is None:
            continue
        figures.append(_read(case, measures, memory, new.name))
        done.append(_joined(waiting))
        waiting = ()
    effects = [
        Effect(measure, step, figures[k][m], figures[k + 1][m])
        for m, measure in enumerate(measures)
        for k, step in enumerate(done)
    ]
    return Reconciliation(old, new, done, effects)


def _require_comparable(old: Case, new: Case) -> None:
    currencies = (old.scenario.meta.currency, new.scenario.meta.currency)
    if currencies[0] != currencies[1]:
        text = f"the scenarios are in different currencies, {currencies[0] or 'none'} and {currencies[1] or 'none'}"
        raise refused(new.name, text, "reconcile scenarios of one currency")
    if old.scenario.horizon.start != new.scenario.horizon.start:
        text = f"the scenarios begin in different years, {old.scenario.horizon.start} and {new.scenario.horizon.start}"
        raise refused(new.name, text, "reconcile scenarios that begin in the same year")


def _renamed(old: Case, new: Case) -> Node:
    """The old tree under the new scenario's names and horizon, which move no figure of a year."""
    root = old.document.root
    for key in SILENT:
        node = new.document.root.child(key)
        if node is not None:
            root = with_value(root, (key,), node)
    return root


def steps_between(old: Case, new: Case) -> list[Step]:
    """The differences of two scenarios gathered into steps, in the order of the calculation."""
    found = [one for one in differences(old.document, new.document) if one.path[0] not in SILENT]
    groups: dict[KeyPath, list[Difference]] = {}
    for one in found:
        groups.setdefault(_group(one, old, new), []).append(one)
    ranked = sorted(
        groups.items(), key=lambda item: [_rank(ORDER, item[0][0]), _rank(ECONOMY, *item[0][1:2])]
    )
    return [Step(dotted(path), tuple(changes)) for path, changes in ranked]


def _rank(order: Sequence[str], *name: str | int) -> int:
    """Place of a name in an order; those not named come last, as they stand in the file."""
    return order.index(str(name[0])) if name and name[0] in order else len(order)


def _group(one: Difference, old: Case, new: Case) -> KeyPath:
    """The step to which a difference belongs."""
    head, *rest = one.path
    if head in ("population", "labour") or not rest:
        return (head,)
    whole = _whole_scheme(one, old, new)
    if whole is not None:
        return ("schemes", whole)
    if head == "schemes" and len(rest) > 1:
        return tuple(one.path[: 4 if rest[1] in RULES and len(rest) > 2 else 3])
    return tuple(one.path[: 3 if rest[0] == "reference_amounts" and len(rest) > 1 else 2])


def _whole_scheme(one: Difference, old: Case, new: Case) -> str | None:
    """The scheme that only one scenario has and to which the difference belongs, with its behaviour and a fund of its own."""
    schemes = [dict(case.scenario.schemes) for case in (old, new)]
    alone = {
        name: scheme
        for name, scheme in {**schemes[0], **schemes[1]}.items()
        if (name in schemes[0]) != (name in schemes[1])
    }
    head, name = str(one.path[0]), str(one.path[1])
    if head in ("schemes", "behaviour") and name in alone:
        return name
    if head == "funds" and len(one.path) == 2:
        return next((scheme for scheme, law in alone.items() if law.fund == name), None)
    return None


def _between(old: Case, new: Case, root: Node, last: bool) -> Case | None:
    """The scenario half-way, None where it cannot stand alone and the next step must join it."""
    files = {file.name: file for file in (*old.document.files, *new.document.files)}
    document = Document(root, tuple(files.values()))
    try:
        return checked_document(new.name, document)
    except InputError:
        if last:
            raise
        return None


def _joined(steps: tuple[Step, ...]) -> Step:
    return Step(
        " + ".join(step.name for step in steps), tuple(change for step in steps for change in step.changes)
    )


def _read(case: Case, measures: Sequence[Measure], memory: Memory, name: str) -> list[Decimal]:
    """The figures of one run, to twelve digits. Raises InputError for a figure that is not one number."""
    outcome = case.outcome(memory)
    figures, years = every(outcome), outcome.grid.years
    return [_number(figures, years, measure, name) for measure in measures]


def _number(figures: Figures, years: np.ndarray, measure: Measure, name: str) -> Decimal:
    value = of_indicators(figures, years, measure)
    if isinstance(value, np.ndarray):
        raise refused(
            str(measure),
            "a figure of many years cannot be reconciled",
            f"name one year, as {measure.owner}.{measure.indicator}@2050",
        )
    if not np.isfinite(value):
        if figures[measure.owner, measure.indicator].unit == "year":
            value = float(years[-1]) + 1.0  # what never happens counts as the year after the horizon
        else:
            raise refused(str(measure), f"{name} has no value of it in that year", "choose another year")
    return Decimal(f"{value:.{DIGITS}g}")
