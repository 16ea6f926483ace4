"""Who the members of a scheme are: drawn from the labour force, or given outright."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.dated import AgeProfile, PathShare, PathValue, Sourced, Strict
from spsim.labour import Wages

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[float, Field(ge=0)]


class Published(Sourced):
    """Published totals by year, to which the run-in and the first year are set."""

    by_year: dict[int, Count] = Field(min_length=1)


class InPayment(Sourced):
    """Pensions of one benefit on 1 July of the first year: number, average monthly amount; ages and classes follow the run-in."""

    persons: Count
    average_monthly: Count | None = Field(None, description="left out where the law sets the amount a head")
    male_share: Share | None = None


class Covered(Strict):
    """Members from the labour force: group × coverage × compliance, below the pension age.

    `contributors` gives published totals: the one of the first year (or the nearest before it) scales the whole path, earlier ones shape
    the run-in in which credits accumulate; later numbers follow employment and the schedules of share and coverage.
    """

    kind: Literal["covered"]
    group: str
    coverage: PathShare = 1.0
    compliance: PathShare = 1.0
    contributors: Published | None = None
    in_payment: dict[str, InPayment] = Field({}, description="by id of the benefit")
    run_in_years: int = Field(30, ge=1, le=60)


class AgeGroup(Strict):
    """Initial members of one age group: persons and mean past service in years."""

    from_: int = Field(alias="from", ge=0, le=100)
    to: int = Field(ge=1, le=101)
    persons: Count
    past_service: Annotated[float, Field(ge=0, le=80)]


class Entrants(Strict):
    """Members given outright, without a population: an initial stock, entrants at one age growing at a rate, and life tables.

    `service_table` survivors in service by exact age (all decrements but retirement); `pensioner_table` survivors of pensioners.
    """

    kind: Literal["entrants"]
    entry_age: int = Field(ge=0, le=60)
    exit_age: int = Field(ge=1, le=100, description="age by which everyone has left")
    entrant_growth: PathValue
    initial: list[AgeGroup] = Field(min_length=1)
    past_service_credited: Share = 1.0
    service_table: AgeProfile
    pensioner_table: AgeProfile
    wages: Wages

    @model_validator(mode="after")
    def _groups_follow_on(self) -> Entrants:
        for one, other in zip(self.initial, self.initial[1:], strict=False):
            if one.to != other.from_:
                raise ValueError(
                    f"age group {one.from_}-{one.to} is followed by {other.from_}-{other.to}; ages must follow on"
                )
        return self


Members = Annotated[Covered | Entrants, Field(discriminator="kind")]
