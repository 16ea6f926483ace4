"""Schemes: what the law gives and takes, composed of typed rules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.dated import AwardValue, Date, PathShare, PathValue, Sourced, Strict
from spsim.members import Members
from spsim.rules.benefits import Benefit
from spsim.rules.contributions import Contribution, ContributionBase
from spsim.rules.reference_earnings import Indexation, ReferenceEarnings
from spsim.rules.service import Rounding
from spsim.rules.unemployment import UnemploymentBenefit


class PensionScheme(Sourced):
    """A pension scheme: members, base, contributions, pension age, reference earnings, benefits, indexation."""

    kind: Literal["pension"]
    title: str = ""
    law: str = ""
    fund: str
    start: Date = Field("1950", description="date on which the scheme started")
    entry_cohorts: list[Date] = Field(
        [], description="dates of first insurance at which the law treats members differently"
    )
    members: Members
    contribution_base: ContributionBase = ContributionBase()
    contributions: dict[str, Contribution] = {}
    pension_age: AwardValue
    service_rounding: Rounding = Field(
        "none",
        description="half_year_up: 1-6 months count as half a year, 7-11 as a year; year_down: completed years only",
    )
    reference_earnings: ReferenceEarnings
    benefits: dict[str, Benefit] = {}
    indexation: Indexation = Indexation()
    pension_floor: PathValue = Field(0.0, description="monthly minimum of pensions in payment, uprated apart")
    longest_service: int = Field(50, ge=1, le=80)

    @model_validator(mode="after")
    def _cohorts_rise(self) -> PensionScheme:
        if sorted(self.entry_cohorts) != self.entry_cohorts:
            raise ValueError("entry_cohorts must rise; write the earliest date first")
        return self


class Coverage(Strict):
    """Insured of an unemployment scheme: a group × coverage × compliance, between two ages; `insured` published totals by year."""

    group: str
    coverage: PathShare = 1.0
    compliance: PathShare = 1.0
    youngest: int = Field(15, ge=10, le=60)
    oldest: int = Field(64, ge=20, le=80)
    insured: dict[int, Annotated[float, Field(ge=0)]] = Field(
        {}, description="published totals; the one of the first year scales the path"
    )
    insured_source: str = ""
    run_in_months: int = Field(180, ge=12, le=600)


class UnemploymentScheme(Sourced):
    """Unemployment insurance, month by month."""

    kind: Literal["unemployment"]
    title: str = ""
    law: str = ""
    fund: str
    start: Date = "1950"
    members: Coverage
    contribution_base: ContributionBase = ContributionBase()
    contributions: dict[str, Contribution]
    state_while_reserve_below: float | None = Field(
        None,
        ge=0,
        description="the State pays its contribution only while the reserve is below so many times the yearly benefits; always if absent",
    )
    benefit: UnemploymentBenefit


Scheme = Annotated[PensionScheme | UnemploymentScheme, Field(discriminator="kind")]
