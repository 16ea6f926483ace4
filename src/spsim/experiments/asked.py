"""What `spsim sensitivity` was asked: a scenario, inputs, figures, a method.

Comes in: words of the command line. Goes out: inputs and figures, or InputError with the word that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spsim.errors import InputError
from spsim.experiments.changes import refused
from spsim.experiments.futures import ageing_report
from spsim.experiments.levers import Input, lever, require_different_names
from spsim.experiments.measures import named
from spsim.experiments.sweep import Figure, figures_of, usual_figures
from spsim.experiments.variants import Case
from spsim.experiments.workers import Workers

SAMPLES = {"morris": 10, "sobol": 64}


@dataclass(frozen=True)
class Asked:
    """The command line."""

    file: Path
    ranges: tuple[str, ...]
    standard: bool
    measures: tuple[str, ...]
    method: str
    samples: int | None
    seed: int
    workers: int
    cluster: str | None
    out: Path | None
    overwrite: bool
    form: str
    quiet: bool

    @property
    def where(self) -> Workers:
        """Who does the work."""
        return Workers(self.workers, self.cluster)

    def inputs(self, case: Case) -> list[Input]:
        """The inputs named, the standard set, or both. Raises InputError."""
        found: list[Input] = [lever(text) for text in self.ranges]
        if self.standard or not self.ranges:
            found += ageing_report(case.scenario)
        if not found:
            raise refused(
                "--vary", "the scenario has none of the standard inputs", "name an input with --vary"
            )
        require_different_names([one.name for one in found])
        return found

    def figures(self, case: Case) -> list[Figure]:
        """The figures named, or what a reader asks first. Raises InputError."""
        measures = [named(text) for text in self.measures] or usual_figures(case)
        if not measures:
            raise refused(
                "--measure", "the scenario has no scheme with contributions", "name a figure with --measure"
            )
        return figures_of(case, measures)

    def count(self) -> int:
        """Trajectories of Morris, or points of Sobol: a power of two. Raises InputError."""
        count = self.samples or SAMPLES[self.method]
        if self.method == "sobol" and count & (count - 1):
            near = 1 << count.bit_length()
            raise refused("--samples", f"{count} is not a power of two", f"write {near // 2} or {near}")
        return count

    def settings(self, inputs: list[Input]) -> dict[str, object]:
        """What decides the tables, for the manifest."""
        ranges = {one.name: [one.operation, one.low, one.high] for one in inputs}
        samples = self.count() if self.method in SAMPLES else None
        return {"method": self.method, "samples": samples, "inputs": ranges}


__all__ = ["Asked", "InputError"]
