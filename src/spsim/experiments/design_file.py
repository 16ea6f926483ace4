"""A design space: the YAML file of `spsim search`.

Comes in: a file. Goes out: the validated design space, or InputError with file, line and column. Called by `search`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from spsim.dated import Number, Strict
from spsim.document import Document
from spsim.errors import IDENTIFIER, InputError, KeyPath, ScenarioProblem, problem_at
from spsim.experiments.conventions import Standard, standards
from spsim.experiments.levers import Lever
from spsim.experiments.measures import Measure, named
from spsim.experiments.targets import Target, targets
from spsim.experiments.variants import Case, opened
from spsim.loader import load, validate

Found = TypeVar("Found")
Name = Annotated[str, Field(pattern=IDENTIFIER)]


class Range(Strict):
    """Values of the scenario that move together: `set` to a number between two bounds, multiplied by it (`times`) or raised by it (`plus`).

    `step` and `levels` keep to round numbers; without them every number between the bounds is possible.
    """

    path: str | None = None
    paths: list[str] = []
    low: Number
    high: Number
    operation: Literal["set", "times", "plus"] = "set"
    step: Annotated[float, Field(gt=0)] | None = None
    levels: Annotated[int, Field(ge=2, le=10_000)] | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if (self.path is None) == (not self.paths):
            raise ValueError("write either `path` or `paths`")
        if not self.low < self.high:
            text = f"the bounds cross: low {self.low:g}, high {self.high:g}"
            raise ScenarioProblem(("high",), text, "write a higher number than low")
        if self.step is not None and self.levels is not None:
            raise ScenarioProblem(("levels",), "step and levels are both given", "keep one of them")
        if self.step is not None and self.step > self.high - self.low:
            text = f"the step {self.step:g} is wider than the range"
            raise ScenarioProblem(("step",), text, "write a smaller step")
        return self

    def lever(self, name: str) -> Lever:
        """The input of the experiment."""
        paths = (self.path,) if self.path is not None else tuple(self.paths)
        return Lever(name, paths, self.low, self.high, self.operation)

    @property
    def count(self) -> int | None:
        """Number of different values; None where every number is possible."""
        if self.step is not None:
            return int((self.high - self.low) / self.step + 1e-9) + 1
        return self.levels

    def value(self, share: float) -> float:
        """The value at a share of the way from low to high, 0 <= share < 1, on the nearest step or level."""
        count = self.count
        if count is None:
            return self.low + share * (self.high - self.low)
        return self.level(int(share * count))

    def level(self, number: int) -> float:
        """One of the round values, counted from 0."""
        assert self.count is not None
        distance = self.step if self.step is not None else (self.high - self.low) / (self.count - 1)
        return float(f"{self.low + number * distance:.12g}")


class Objective(Strict):
    """A figure to make small or large; over several years their mean."""

    minimise: str | None = None
    maximise: str | None = None

    @model_validator(mode="after")
    def _has_one_direction(self) -> Objective:
        if (self.minimise is None) == (self.maximise is None):
            raise ValueError("write either `minimise: figure` or `maximise: figure`")
        return self

    @property
    def sign(self) -> float:
        """1 where small is good, −1 where large is good."""
        return 1.0 if self.minimise is not None else -1.0

    @property
    def figure(self) -> str:
        """The figure's name."""
        return str(self.minimise or self.maximise)


class DesignSpace(Strict):
    """Which values of a scenario may be chosen, what is sought, and what must hold."""

    id: Name
    title: str = ""
    scenario: str
    values: dict[Name, Range] = Field(min_length=1)
    objectives: dict[Name, Objective] = Field(min_length=1)
    constraints: list[str] = []
    conventions: list[str] = []
    designs: int = Field(1024, ge=1, le=1_000_000)
    seed: int = Field(1, ge=0)


@dataclass(frozen=True)
class Space:
    """A design space that was read: its scenario, levers, what is looked at."""

    document: Document
    spec: DesignSpace
    case: Case
    levers: list[Lever]
    objectives: list[Measure]
    constraints: list[Target]
    standards: list[Standard]


def read_space(file: Path) -> Space:
    """Read and check a design file and its scenario. Raises InputError."""
    document = load(file)
    spec, problems = validate(document, DesignSpace)
    if spec is None:
        raise InputError(problems)
    file_named = document.resolve(("scenario",), spec.scenario)
    if not file_named.exists():
        text = f"there is no file {spec.scenario!r}"
        remedy = "check the name; it is read relative to the file in which it stands"
        raise InputError([document.locate(problem_at(("scenario",), text, remedy))])
    case = opened(file_named)
    levers = [one.lever(name) for name, one in spec.values.items()]
    for one in levers:
        told_at(document, ("values", one.name), partial(one.prepared, case))
    objectives = [
        told_at(document, ("objectives", name), partial(named, one.figure))
        for name, one in spec.objectives.items()
    ]
    constraints = told_at(document, ("constraints",), partial(targets, tuple(spec.constraints)))
    wanted = told_at(document, ("conventions",), partial(standards, spec.conventions, case))
    return Space(document, spec, case, levers, objectives, constraints, wanted)


def told_at(document: Document, path: KeyPath, work: Callable[[], Found]) -> Found:
    """What work returns; a mistake in words of the design file is told at their place in it."""
    try:
        return work()
    except InputError as error:
        first = error.problems[0]
        where = first.message if not first.path else f"{'.'.join(map(str, first.path))}: {first.message}"
        raise InputError([document.locate(problem_at(path, where, first.remedy))]) from None
