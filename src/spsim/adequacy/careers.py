"""Careers as small YAML files: when a worker enters, what they earn, when they do not contribute, what they claim.

Comes in: a file, or the name of a shipped career. Goes out: a `CareerPlan`, and the `Career` of a person of any sex and birth cohort.
Ages are exact: `28y6m` is the month in which the person is 28 years and 6 months old.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.career import Career, Spell
from spsim.dated import Number, Strict, Value, on
from spsim.errors import InputError, Problem, ScenarioProblem, near
from spsim.grid import Moments
from spsim.loader import load, validate
from spsim.person_facts import Person
from spsim.places import place

SHIPPED = Path(__file__).with_name("shipped")
Age = Annotated[Number, Field(ge=10, le=90)]
Earnings = Annotated[Value, place("age", low=0.01, high=50, sexes=True)]


class Gap(Strict):
    """Ages between which no contribution is paid: child care, informal work, a stay abroad."""

    from_: Age = Field(alias="from")
    to: Age
    why: str = ""

    @model_validator(mode="after")
    def _has_months(self) -> Gap:
        if self.to <= self.from_:
            text = f"the gap ends at {self.to:g}, not after its beginning at {self.from_:g}"
            raise ScenarioProblem(("to",), text, "write a later age")
        return self


class CareerPlan(Strict):
    """One kind of career. Earnings are multiples of the average wage of the group that the scheme covers, by age if wished.

    Without `leaves` the worker contributes up to the pension. `claims: withdrawal` takes the lump sum of those who leave for good;
    where the law has none, or gives this record no right to it, old age is claimed at the pension age instead.
    """

    title: str
    description: str = ""
    sex: Literal["male", "female"] | None = Field(None, description="a career of one sex only")
    enters: Age = 20.0
    leaves: Age | None = Field(None, description="age at which the last contribution has been paid")
    earnings: Earnings = 1.0
    gaps: list[Gap] = []
    claims: Literal["old_age", "withdrawal"] = "old_age"

    @model_validator(mode="after")
    def _goes_forward(self) -> CareerPlan:
        if self.leaves is not None and self.leaves <= self.enters:
            text = f"leaves at {self.leaves:g}, not after entering at {self.enters:g}"
            raise ScenarioProblem(("leaves",), text, "write a later age")
        for number, gap in enumerate(self.gaps):
            if gap.from_ < self.enters or (self.leaves is not None and gap.to > self.leaves):
                text = f"the gap {gap.from_:g}-{gap.to:g} does not lie within the career"
                raise ScenarioProblem(("gaps", number), text, "correct its ages")
        for number, (one, other) in enumerate(pairwise(self.gaps), 1):
            if other.from_ < one.to:
                text = f"the gap from {other.from_:g} begins before the one before it has ended"
                raise ScenarioProblem(
                    ("gaps", number, "from"), text, "write gaps in order, none over another"
                )
        return self


@dataclass(frozen=True)
class NamedPlan:
    """A career with the name under which it is reported."""

    name: str
    plan: CareerPlan


def shipped() -> tuple[str, ...]:
    """Names of the careers that come with spsim."""
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.yaml")))


def read_plan(text: str) -> NamedPlan:
    """A career by the name of a shipped one or of a YAML file. Raises InputError with every mistake and its place."""
    if text in shipped():
        return NamedPlan(text, _from(SHIPPED / f"{text}.yaml", text))
    file = Path(text)
    if file.suffix not in {".yaml", ".yml"} and not file.is_file():
        meant = near(text, shipped())
        there = f"did you mean '{meant[0]}'?" if meant else f"there are: {', '.join(shipped())}"
        problem = Problem(
            "--career", 1, 1, ("career",), f"unknown career '{text}'", f"{there} (or a YAML file)"
        )
        raise InputError([problem])
    return NamedPlan(file.stem, _from(file, text))


def _from(file: Path, name: str) -> CareerPlan:
    plan, problems = validate(load(file), CareerPlan)
    if plan is None:
        raise InputError(problems)
    return plan


def career_of(plan: CareerPlan, person: Person, begins: int, ends: int) -> Career | None:
    """Contributions of one person in the months `begins` .. `ends` − 1 (the scheme's start, the claim); None if there are none."""
    paid = months_of(plan, person, begins, ends)
    if len(paid) == 0:
        return None
    shares = earnings_at(plan, person, paid)
    return Career(tuple(_spells(paid, shares)))


def months_of(plan: CareerPlan, person: Person, begins: int, ends: int) -> Array:
    """Month numbers of the contributions, rising."""
    first = max(person.born + _months(plan.enters), begins)
    last = ends if plan.leaves is None else min(person.born + _months(plan.leaves), ends)
    paid = np.arange(first, max(last, first))
    for gap in plan.gaps:
        start, stop = person.born + _months(gap.from_), person.born + _months(gap.to)
        paid = paid[(paid < start) | (paid >= stop)]
    return paid


def earnings_at(plan: CareerPlan, person: Person, months: Array) -> Array:
    """Multiples of the average wage, read in the middle of each year of age."""
    ages = (months - person.born) // 12
    every = np.unique(ages)
    moments = Moments(np.zeros((1, 1)), every.astype(float), np.zeros(1))
    read = on(plan.earnings, moments)[0, :, :, 0, 0]
    of_sex = np.broadcast_to(read[min(person.sex, len(read) - 1)], every.shape)
    return np.asarray(of_sex[np.searchsorted(every, ages)])


def _spells(months: Array, shares: Array) -> Iterator[Spell]:
    """Runs of months at one wage."""
    steps = np.arange(len(months))
    for _, run in groupby(steps, key=lambda i: (int(months[i]) - int(i), float(shares[i]))):
        places = list(run)
        yield Spell(int(months[places[0]]), int(months[places[-1]]), float(shares[places[0]]), True)


def _months(age: float) -> int:
    return round(12 * age)
