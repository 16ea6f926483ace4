"""Who the members of a scheme are: drawn from the labour force, or given outright."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.dated import Schedule, Sourced, Strict
from spsim.errors import ScenarioProblem
from spsim.labour import Wages
from spsim.places import AgeWeight, GroupShare, GrowthRate, LifeTable

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[float, Field(ge=0)]
Year = Annotated[int, Field(ge=1900, le=2250)]


class Published(Sourced):
    """Published totals by year, to which the run-in and the first year are set."""

    by_year: dict[Year, Count] = Field(min_length=1)


class InPayment(Sourced):
    """Pensions of one benefit on 1 July of the first year: number, average monthly amount; ages and classes follow the run-in."""

    persons: Count
    average_monthly: Count | None = Field(None, description="left out where the law sets the amount a head")
    male_share: Share | None = None
    by_age: AgeWeight | None = Field(
        None, description="persons by age and sex, as weights; by default the ages of the run-in"
    )


class Covered(Strict):
    """Members from the labour force: group × coverage × compliance, below the pension age.

    `contributors` gives published totals: the one of the first year (or the nearest before it) scales the whole path, earlier ones shape
    the run-in in which credits accumulate; later numbers follow employment and the schedules of share and coverage.
    """

    kind: Literal["covered"]
    group: str
    coverage: GroupShare = 1.0
    compliance: GroupShare = 1.0
    contributors: Published | None = None
    in_payment: dict[str, InPayment] = Field({}, description="by id of the benefit")
    after_age: Literal["stop", "contribute"] = Field(
        "stop", description="what members past the pension age do who have not retired yet"
    )
    run_in_years: int = Field(30, ge=1, le=60)


class AgeGroup(Strict):
    """Initial members of one age group: persons and mean past service in years."""

    from_: int = Field(alias="from", ge=0, le=100)
    to: int = Field(ge=1, le=101)
    persons: Count
    past_service: Annotated[float, Field(ge=0, le=80)]

    @model_validator(mode="after")
    def _has_ages(self) -> AgeGroup:
        if self.to <= self.from_:
            text = f"the age group ends at {self.to}, not after its beginning at {self.from_}"
            raise ScenarioProblem(("to",), text, "write the age at which the next group begins")
        return self


class Entrants(Strict):
    """Members given outright, without a population: an initial stock, entrants at one age growing at a rate, and life tables.

    `service_table` survivors in service by exact age (all decrements but retirement); `pensioner_table` survivors of pensioners.
    """

    kind: Literal["entrants"]
    entry_age: int = Field(ge=0, le=60)
    exit_age: int = Field(ge=1, le=100, description="age by which everyone has left")
    entrant_growth: GrowthRate
    initial: list[AgeGroup] = Field(min_length=1)
    past_service_credited: Share = 1.0
    service_table: LifeTable
    pensioner_table: LifeTable
    wages: Wages

    @model_validator(mode="after")
    def _groups_follow_on(self) -> Entrants:
        for number, (one, other) in enumerate(pairwise(self.initial), 1):
            if one.to != other.from_:
                text = f"age group {one.from_}-{one.to} is followed by {other.from_}-{other.to}"
                raise ScenarioProblem(("initial", number, "from"), text, f"write from: {one.to}")
        return self

    @model_validator(mode="after")
    def _ages_are_those_of_members(self) -> Entrants:
        if self.exit_age <= self.entry_age:
            text = f"everyone has left at {self.exit_age}, before the entry at {self.entry_age}"
            raise ScenarioProblem(("exit_age",), text, "write a later age")
        first, last = self.initial[0], self.initial[-1]
        if first.from_ != self.entry_age:
            text = f"the first age group begins at {first.from_}, but entrants are {self.entry_age}"
            raise ScenarioProblem(("initial", 0, "from"), text, f"write from: {self.entry_age}")
        if last.to > self.exit_age:
            text = f"initial members up to {last.to}, past the exit at {self.exit_age}"
            raise ScenarioProblem(
                ("initial", len(self.initial) - 1, "to"), text, f"write to: {self.exit_age}"
            )
        return self

    @model_validator(mode="after")
    def _tables_fall(self) -> Entrants:
        for name in ("service_table", "pensioner_table"):
            table = getattr(self, name)
            values = table.sorted_points()[1] if isinstance(table, Schedule) else []
            if any(later > earlier for earlier, later in pairwise(values)):
                raise ScenarioProblem((name,), "survivors rise with age", "write numbers that fall")
        return self


Members = Annotated[Covered | Entrants, Field(discriminator="kind")]
