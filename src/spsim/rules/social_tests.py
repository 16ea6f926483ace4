"""Tests of a social pension: what a person's income and other figures leave of the amount. One kind, one class, one formula.

A test reads one figure of the person (income a month, another pension, months paid) at any moment. A figure that is not known
leaves the amount as it is: the test is taken as met in full.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Annotated, Literal

from pydantic import Field

from spsim.arrays import Array, np
from spsim.dated import OfReference, Schedule, Sourced, Value, at
from spsim.grid import Moments
from spsim.places import FigureShare, PaidShare, SocialAmount, Units, parts
from spsim.records import record

SLACK = 1.0 + 1e-12  # a figure that stands exactly at the limit is not above it
Share = Annotated[float, Field(ge=0, le=1)]


@record(frozen=True)
class Claimant:
    """Whom the law looks at: facts that hold, and figures by name, arrays over the axes of the moments (six, any of one cell)."""

    facts: frozenset[str]
    figures: Mapping[str, Array] = field(default_factory=dict)


class FactCondition(Sourced):
    """Facts that must hold, and facts that must not."""

    requires: list[str] = Field([], description="facts that must hold")
    excludes: list[str] = Field([], description="facts that must not hold")

    def holds(self, facts: frozenset[str]) -> bool:
        """Whether the rule is for a person of these facts."""
        return facts.issuperset(self.requires) and facts.isdisjoint(self.excludes)


class _OfFigure(FactCondition):
    """A test that reads one figure."""

    on: str = Field(description="the figure it reads")

    @property
    def read(self) -> tuple[str, ...]:
        """Figures that it reads."""
        return (self.on,)

    def edges(self, moments: Moments) -> Iterator[tuple[str, Array]]:
        """(figure, amount) where the formula jumps or bends, so that a spread of persons can be cut there."""
        yield from ((self.on, at(value, moments)) for value in self._bends)

    @property
    def _bends(self) -> tuple[Value, ...]:
        """Amounts of the figure at which the formula jumps or bends."""
        return ()

    def after(self, paid: Array, full: Array, claimant: Claimant, moments: Moments) -> Array:
        """What is left of `paid`; `full` is the amount before all tests."""
        figure = claimant.figures.get(self.on)
        return paid if figure is None else np.asarray(self._left(paid, full, figure, moments))

    @abstractmethod
    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array: ...


class IncomeLimit(_OfFigure):
    """p if y ≤ limit, else nothing."""

    kind: Literal["limit"]
    limit: SocialAmount = Field(description="nothing is paid above it")

    @property
    def _bends(self) -> tuple[Value, ...]:
        return (self.limit,)

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        return np.where(figure <= at(self.limit, moments) * SLACK, paid, 0.0)


class IncomeSchedule(_OfFigure):
    """p · g(y): levels or a band in which the pension fades out."""

    kind: Literal["schedule"]
    paid: FigureShare = Field(description="share paid, keyed by the figure (key `wage`)")

    def edges(self, moments: Moments) -> Iterator[tuple[str, Array]]:
        """Every point of the schedule, in money."""
        for _, part in parts(self.paid):
            if isinstance(part, Schedule) and part.by == "wage":
                unit = 1.0 if part.in_units_of is None else at(OfReference(of=part.in_units_of), moments)
                yield from ((self.on, np.asarray(point * unit)) for point in part.coordinates())

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        return paid * at(self.paid, replace(moments, wage=figure))


class IncomeTaper(_OfFigure):
    """max(p − r · (y − free)+ / n, least · full), at most p; n persons bear the reduction together."""

    kind: Literal["taper"]
    free: SocialAmount = Field(0.0, description="part of the figure that does not count")
    rate: PaidShare = Field(description="taken off for each unit above it")
    least: Share = Field(0.0, description="share of the full amount that is paid in any case")
    persons: int = Field(1, ge=1, le=10, description="recipients who bear the reduction together")

    @property
    def _bends(self) -> tuple[Value, ...]:
        return (self.free,)

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        above = np.maximum(figure - at(self.free, moments), 0.0) / self.persons
        return np.minimum(np.maximum(paid - at(self.rate, moments) * above, self.least * full), paid)


class TopUp(_OfFigure):
    """min(p, max((level − y) / n, least · full)), nothing if y > level: pension and figure together reach the level at most."""

    kind: Literal["top_up"]
    level: SocialAmount = Field(description="what the figure and the pension together reach at most")
    least: Share = Field(0.0, description="share of the full amount that is paid up to the level in any case")
    persons: int = Field(1, ge=1, le=10, description="recipients who share what is missing")

    @property
    def _bends(self) -> tuple[Value, ...]:
        return (self.level,)

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        level = at(self.level, moments)
        missing = np.maximum((level - figure) / self.persons, self.least * full)
        return np.where(figure <= level * SLACK, np.minimum(paid, missing), 0.0)


class Proportion(_OfFigure):
    """p · min(y / of, 1): so much of the amount as the person has of the full number of months, years or units."""

    kind: Literal["proportion"]
    of: Units = Field(description="the number for the full amount")

    @property
    def _bends(self) -> tuple[Value, ...]:
        return (self.of,)

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        return paid * np.minimum(figure / at(self.of, moments), 1.0)


class PerUnit(_OfFigure):
    """p + each · y: a supplement for each month, child or other unit."""

    kind: Literal["per_unit"]
    each: SocialAmount = Field(description="monthly, for each unit of the figure")

    def _left(self, paid: Array, full: Array, figure: Array, moments: Moments) -> Array:
        return paid + at(self.each, moments) * figure


class PartPaid(FactCondition):
    """p · share, for those of whom certain facts hold: both of a couple, residents without citizenship."""

    kind: Literal["part"]
    paid: PaidShare = Field(description="share that they get")

    @property
    def read(self) -> tuple[str, ...]:
        """No figure."""
        return ()

    def edges(self, moments: Moments) -> Iterator[tuple[str, Array]]:
        """Nothing bends."""
        yield from ()

    def after(self, paid: Array, full: Array, claimant: Claimant, moments: Moments) -> Array:
        """The part of it."""
        return np.asarray(paid * at(self.paid, moments))


OneTest = Annotated[
    IncomeLimit | IncomeSchedule | IncomeTaper | TopUp | Proportion | PerUnit | PartPaid,
    Field(discriminator="kind"),
]


class GreatestOf(FactCondition):
    """The best for the person of what several tests leave: max over i of p_i."""

    kind: Literal["greatest_of"]
    tests: dict[str, OneTest] = Field(min_length=2, description="tests by id, each on the same amount")

    @property
    def read(self) -> tuple[str, ...]:
        """Figures that one of them reads."""
        return tuple(name for test in self.tests.values() for name in test.read)

    def edges(self, moments: Moments) -> Iterator[tuple[str, Array]]:
        """Those of all of them."""
        for test in self.tests.values():
            yield from test.edges(moments)

    def after(self, paid: Array, full: Array, claimant: Claimant, moments: Moments) -> Array:
        """The greatest; a test that is for others, or of figures that are not known, is not asked."""
        known = [
            one
            for one in self.tests.values()
            if one.holds(claimant.facts) and set(one.read) <= set(claimant.figures)
        ]
        left = [one.after(paid, full, claimant, moments) for one in known]
        found = paid if not left else left[0]
        for other in left[1:]:
            found = np.maximum(found, other)
        return found


SocialTest = Annotated[
    IncomeLimit | IncomeSchedule | IncomeTaper | TopUp | Proportion | PerUnit | PartPaid | GreatestOf,
    Field(discriminator="kind"),
]


class SocialClass(FactCondition):
    """A class of persons with an amount of its own, such as town or country, poor or near-poor."""

    amount: SocialAmount = Field(description="monthly, by age and date")


class Figure(Sourced):
    """A number about the person: income a month, another pension, months paid."""

    what: str = Field(description="in words")
    pensions_of: list[str] = Field(
        [], description="it is the monthly pension of these schemes, which the projection knows"
    )


class SocialLaw(FactCondition):
    """Who gets how much: facts of all, classes of which the first that fits counts, tests one after the other."""

    facts: dict[str, str] = Field({}, description="facts about a person that the law asks, in words, by id")
    figures: dict[str, Figure] = Field({}, description="numbers about a person that the law asks, by id")
    classes: dict[str, SocialClass] = Field({}, description="amounts by class of person; the first that fits")
    amount: SocialAmount | None = Field(
        None, description="monthly, by age and date; of those in no class, who get nothing without it"
    )
    tests: dict[str, SocialTest] = Field({}, description="in the order in which they act on the amount")

    def class_of(self, facts: frozenset[str]) -> str | None:
        """The first class that fits, "" for the amount of all others, None for no right."""
        if not self.holds(facts):
            return None
        fits = (name for name, one in self.classes.items() if one.holds(facts))
        return next(fits, "" if self.amount is not None else None)

    def amounts(self, claimant: Claimant, moments: Moments) -> Iterator[tuple[str, Array]]:
        """The monthly amount of a person with a right ("amount"), then what each test that is for them leaves, by its id."""
        name = self.class_of(claimant.facts)
        value = self.classes[name].amount if name else self.amount
        assert name is not None and value is not None
        full = paid = at(value, moments)
        yield "amount", full
        for test_id, test in self.tests.items():
            if test.holds(claimant.facts):
                paid = test.after(paid, full, claimant, moments)
                yield test_id, paid

    def usual(self) -> Claimant:
        """One of whom nothing is said: what is required of all holds, no other fact does, no figure is known."""
        return Claimant(frozenset(self.requires))
