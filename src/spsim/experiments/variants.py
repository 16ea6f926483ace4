"""A scenario and its variants: loaded once, changed by path, validated again, computed with a memory of unchanged stages.

Comes in: a YAML file and changes. Goes out: the arrays of a run (`Outcome`). Called by every experiment; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spsim.checking import check, cross_checks, of_table
from spsim.data.csv_table import TableError
from spsim.document import Document
from spsim.drawn import NOTHING_DRAWN, Drawn
from spsim.errors import InputError
from spsim.experiments.changes import Change, changed, value_at
from spsim.experiments.finished import scenario_of_run
from spsim.loader import validate
from spsim.memory import Memory
from spsim.outcome import Outcome
from spsim.run import computed
from spsim.scenario import Scenario


@dataclass(frozen=True)
class Case:
    """A scenario that has passed the check; `changes` are those made to the file."""

    name: str
    document: Document
    scenario: Scenario
    changes: tuple[Change, ...] = ()

    @property
    def id(self) -> str:
        """The scenario's own id."""
        return self.scenario.meta.id

    def value(self, path: str) -> Any:
        """The plain value at a dotted path. Raises InputError for a path that leads nowhere."""
        return value_at(self.document, path)

    def changed(self, *changes: Change) -> Case:
        """The same scenario with other values. Raises InputError where the check refuses it, at the place of the old value."""
        document = changed(self.document, list(changes))
        return replace(checked_document(self.name, document), changes=(*self.changes, *changes))

    def outcome(self, memory: Memory | None = None, drawn: Drawn = NOTHING_DRAWN) -> Outcome:
        """The arrays of a run; stages that an earlier run with the same memory computed from the same values are taken from it.

        What is `drawn` takes the place of the scenario's own people and economy.
        """
        try:
            return computed(self.scenario, self.document, memory=memory, drawn=drawn)
        except TableError as error:
            raise InputError(of_table(problem) for problem in error.problems) from None


def checked_document(name: str, document: Document) -> Case:
    """A document as a case. Raises InputError with what the check finds wrong."""
    scenario, problems = validate(document, Scenario)
    if scenario is None:
        raise InputError(problems)
    errors = [
        document.locate(problem)
        for problem in cross_checks(scenario, document)
        if problem.severity == "error"
    ]
    if errors:
        raise InputError(errors)
    return Case(name, document, scenario)


def opened(file: str | Path, changes: Sequence[Change] = ()) -> Case:
    """A scenario file, or the folder of a finished run, checked, with changes. Raises InputError with every problem found."""
    if Path(file).is_dir():
        case = checked_document(str(file), scenario_of_run(Path(file)))
        return case.changed(*changes) if changes else case
    checked = check(file)
    if checked.errors:
        raise InputError(checked.problems)
    assert checked.scenario is not None and checked.document is not None
    case = Case(checked.name, checked.document, checked.scenario)
    return case.changed(*changes) if changes else case
