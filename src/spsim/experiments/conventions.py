"""The ILO conventions as a constraint of a search: `C102 old_age pension`, convention, branch and scheme.

Comes in: words of a design file, a variant. Goes out: whether the law of the variant meets every test of that branch that the law decides.
Called by `search` for designs that would be on the front: a test asks the scheme for its standard beneficiaries and takes far longer than
the arrays of a design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spsim.errors import InputError, near
from spsim.experiments.changes import refused
from spsim.experiments.variants import Case
from spsim.standards.lines import Line
from spsim.standards.tests import Options, evaluate

EVERY = 10  # years from one test to the next


@dataclass(frozen=True)
class Standard:
    """A branch of a convention, for one scheme."""

    convention: str
    branch: str
    scheme: str

    def __str__(self) -> str:
        return f"{self.convention} {self.branch} {self.scheme}"

    def asks(self, line: Line) -> bool:
        """Whether a line is one of its tests, and one that the law decides."""
        decided = line.actual is not None and not line.bound and not line.instead
        return decided and (line.convention, line.branch, line.scheme) == (
            self.convention,
            self.branch,
            self.scheme,
        )


def standards(texts: Sequence[str], case: Case) -> list[Standard]:
    """The standards named, each with a test in the scenario. Raises InputError."""
    if not texts:
        return []
    found = [_standard(text) for text in texts]
    lines = _lines(case, found)
    known = dict.fromkeys(
        str(Standard(line.convention, line.branch, line.scheme)) for line in lines if line.actual is not None
    )
    for one in found:
        if not any(one.asks(line) for line in lines):
            meant = near(str(one), known)
            there = f"did you mean '{meant[0]}'?" if meant else f"there are: {', '.join(known) or 'none'}"
            raise refused(str(one), f"the law of the scenario has no test of '{one}'", there)
    return found


def _standard(text: str) -> Standard:
    words = text.split()
    if len(words) != 3:
        raise refused(
            text,
            f"{text!r} names no standard",
            "write convention, branch and scheme, as C102 old_age pension",
        )
    return Standard(*words)


def _lines(case: Case, wanted: Sequence[Standard]) -> list[Line]:
    """Tests of the law of a variant, in the first year and every ten years."""
    conventions = tuple(dict.fromkeys(one.convention for one in wanted))
    return evaluate(case.scenario, Options(conventions=conventions, every=EVERY))


def met(case: Case, wanted: Sequence[Standard]) -> bool:
    """Whether every test of the standards is met in every year that is tested."""
    if not wanted:
        return True
    try:
        lines = _lines(case, wanted)
    except InputError:
        return False
    return all(bool(line.met.all()) for line in lines for one in wanted if one.asks(line))
