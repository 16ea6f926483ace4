"""What went wrong, where it stands in the YAML, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

IDENTIFIER = r"^[a-z][a-z0-9_]{0,59}$"
"""What an id of the scenario looks like."""
KeyPath = tuple[str | int, ...]
"""The way to a value of a document: keys of mappings and positions in lists, counted from 0."""

Severity = Literal["error", "warning"]


def dotted(path: KeyPath) -> str:
    """Write a path as a reader would: ``schemes.pension.steps[2].rate``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "(whole file)"


@dataclass(frozen=True)
class Problem:
    """One mistake (or warning) at one place of a file."""

    file: str
    line: int
    column: int
    path: KeyPath
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        what = self.message if self.severity == "error" else f"warning: {self.message}"
        line = f"{self.file}:{self.line}:{self.column}: {dotted(self.path)}: {what}; {self.remedy}"
        return " ".join(line.split())


class RefusedError(ValueError):
    """What only the run itself can find wrong with a scenario."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_at(
    path: KeyPath,
    message: str,
    remedy: str,
    severity: Severity = "error",
) -> Problem:
    """Build a problem whose place in the file is not known yet; ``Document.locate`` fills it in."""
    return Problem("", 0, 0, path, message, remedy, severity)


def near(name: str, known: Iterable[str]) -> list[str]:
    """The name most like this one, if any is."""
    import difflib

    return difflib.get_close_matches(name, list(known), 1)


def unknown(path: KeyPath, what: str, name: str, known: set[str]) -> Problem:
    """A name that stands for nothing, with the nearest that does."""
    meant = near(name, known)
    there = f"did you mean '{meant[0]}'?" if meant else f"there are: {', '.join(sorted(known)) or 'none'}"
    return problem_at(path, f"unknown {what} '{name}'", there)


class InputError(Exception):
    """The user's files cannot be used; holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[list[Problem]]]:
        """So that it comes whole from another process."""
        return type(self), (self.problems,)


class ScenarioProblem(ValueError):
    """Raised by a component that finds its own values in contradiction.

    ``path`` is relative to the component when it is raised inside a validator of a model (pydantic knows
    where the component stands), and counted from the top of the document everywhere else.
    """

    def __init__(self, path: KeyPath, message: str, remedy: str, severity: Severity = "error") -> None:
        self.path = path
        self.message = message
        self.remedy = remedy
        self.severity: Severity = severity
        super().__init__(f"{dotted(path)}: {message}; {remedy}")

    def problem(self, above: KeyPath = ()) -> Problem:
        """Return the same finding as a problem under the place ``above``."""
        return problem_at(above + self.path, self.message, self.remedy, self.severity)
