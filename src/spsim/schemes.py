"""Schemes: what the law gives and takes, composed of typed rules."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.calendar import month_number
from spsim.dated import Date, Sourced, Strict
from spsim.errors import ScenarioProblem
from spsim.members import Members, Year
from spsim.places import AwardLimit, ExtraMonths, GroupShare, PensionAge, Quota, SocialAmount
from spsim.rules.automatic_balance import AutomaticBalance
from spsim.rules.benefits import Benefit
from spsim.rules.contributions import Contribution, ContributionBase
from spsim.rules.credits import Credit
from spsim.rules.indexation import PensionIndexation
from spsim.rules.individual_accounts import Account, InterestLayer, Transfer
from spsim.rules.pension_age import PayableFrom
from spsim.rules.programmes import Programme
from spsim.rules.reference_earnings import ReferenceEarnings
from spsim.rules.service import RecordEnd, Rounding
from spsim.rules.social_tests import SocialLaw
from spsim.rules.unemployment import UnemploymentBenefit

COVERED = "covered"
"""Cause of separation of the `benefit` of an unemployment scheme."""
RECORD_OF_ALL = (
    "used_per_month",
    "kept",
    "consecutive",
    "between_claims",
    "claims_in_life",
    "density",
    "per_employer",
    "longest",
)
"""What the records of all causes of one scheme have in common."""


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
    contribution_base: ContributionBase = ContributionBase.model_construct()
    contributions: dict[str, Contribution] = {}
    pension_age: PensionAge
    payable_from: PayableFrom = Field(
        "month_after_age",
        description="first month of pension: the one after the age is reached, or that month",
    )
    service_rounding: Rounding = Field(
        "none",
        description="half_year_up: 1-6 months count as half a year, 7-11 as a year; year_down: completed years only",
    )
    record_ends: RecordEnd | None = Field(
        None, description="contributions shortly before the event that no condition, amount or average counts"
    )
    reference_earnings: ReferenceEarnings
    other_earnings: dict[str, ReferenceEarnings] = Field(
        {}, description="more averages by id, which amounts name with `of`"
    )
    accounts: dict[str, Account] = Field({}, description="individual accounts by id, real or notional")
    interest_layers: dict[str, InterestLayer] = Field(
        {}, description="more interest on the first part of a member's balances, by id"
    )
    transfers: dict[str, Transfer] = Field(
        {}, description="what moves between a member's accounts at an age, by id"
    )
    credits: dict[str, Credit] = Field({}, description="kinds of years counted without contributions, by id")
    benefits: dict[str, Benefit] = {}
    indexation: PensionIndexation = PensionIndexation.model_construct()
    automatic_balance: AutomaticBalance | None = Field(
        None, description="growth of accounts and pensions is lowered while a ratio of the scheme is too low"
    )
    pension_floor: AwardLimit = Field(
        0.0, description="monthly minimum of pensions in payment, uprated apart"
    )
    payments_per_year: float = Field(
        12.0, ge=12, le=15, description="monthly pensions paid in a year: 13 with a thirteenth month"
    )
    longest_service: int = Field(50, ge=1, le=80)

    def earnings_called(self, name: str) -> ReferenceEarnings:
        """One of `other_earnings`, or without a name the scheme's own reference earnings."""
        return self.other_earnings[name] if name else self.reference_earnings

    @model_validator(mode="after")
    def _cohorts_rise(self) -> PensionScheme:
        months = [month_number(date) for date in (self.start, *self.entry_cohorts)]
        for number, (earlier, later) in enumerate(pairwise(months)):
            if later <= earlier:
                what = "the cohort before it" if number else "the start of the scheme"
                raise ScenarioProblem(
                    ("entry_cohorts", number), f"not after {what}", "write dates that rise from the start"
                )
        return self


class Coverage(Strict):
    """Insured of an unemployment scheme: a group × coverage × compliance, between two ages; `insured` published totals by year."""

    group: str
    coverage: GroupShare = 1.0
    compliance: GroupShare = 1.0
    youngest: int = Field(15, ge=10, le=60)
    oldest: int = Field(64, ge=20, le=80)
    insured: dict[Year, Annotated[float, Field(ge=0)]] = Field(
        {}, description="published totals; the one of the first year scales the path"
    )
    insured_source: str = ""
    run_in_months: int = Field(180, ge=0, le=600)

    @model_validator(mode="after")
    def _has_ages(self) -> Coverage:
        if self.oldest < self.youngest:
            text = f"the oldest age {self.oldest} is below the youngest {self.youngest}"
            raise ScenarioProblem(("oldest",), text, "exchange them or mend one")
        return self


class UnemploymentScheme(Sourced):
    """Unemployment insurance, month by month."""

    kind: Literal["unemployment"]
    title: str = ""
    law: str = ""
    fund: str
    start: Date = "1950"
    members: Coverage
    contribution_base: ContributionBase = ContributionBase.model_construct()
    contributions: dict[str, Contribution]
    state_while_reserve_below: float | None = Field(
        None,
        ge=0,
        description="the State pays its contribution only while the reserve is below so many times the yearly benefits; always if absent",
    )
    benefit: UnemploymentBenefit
    emergency_extension: ExtraMonths = Field(
        0.0, description="months of benefit added, by date, to claims that begin or run then"
    )
    programmes: dict[str, Programme] = Field({}, description="employment services by id")
    other_causes: dict[str, UnemploymentBenefit] = Field(
        {}, description="benefits for further causes of separation, by cause: resignation, end of contract"
    )

    @property
    def causes(self) -> dict[str, UnemploymentBenefit]:
        """The benefit of each cause of separation; `covered` is the one of `benefit`."""
        return {COVERED: self.benefit, **self.other_causes}

    @model_validator(mode="after")
    def _plain_money(self) -> UnemploymentScheme:
        if self.contribution_base.round_to is not None:
            text = "an unemployment scheme takes wages by bands"
            raise ScenarioProblem(("contribution_base", "round_to"), text, "write the classes as bands")
        for name, rule in self.contributions.items():
            if rule.round_to is not None:
                path = ("contributions", name, "round_to")
                raise ScenarioProblem(path, "the money of unemployment insurance is not rounded", "delete it")
        return self

    @model_validator(mode="after")
    def _one_record(self) -> UnemploymentScheme:
        for name, benefit in self.other_causes.items():
            if name == COVERED:
                text = f"{COVERED} stands for the cause of `benefit` itself"
                raise ScenarioProblem(("other_causes", name), text, "give the cause another name")
            for field in RECORD_OF_ALL:
                if getattr(benefit.record, field) != getattr(self.benefit.record, field):
                    text = f"{field} differs from that of `benefit`, but a person has one record"
                    raise ScenarioProblem(
                        ("other_causes", name, "record", field),
                        text,
                        "write the same in both; `total` may differ",
                    )
            numbers = range(1, max(benefit.record.numbers, self.benefit.record.numbers) + 1)
            if any(benefit.record.asked(n).required < self.benefit.record.asked(n).required for n in numbers):
                text = "fewer months are required than for `benefit`"
                remedy = (
                    "write the lower number in `benefit` with its own `total`, and the higher as `total` here"
                )
                raise ScenarioProblem(("other_causes", name, "record", "required"), text, remedy)
        return self


class SocialPensionScheme(SocialLaw):
    """A pension to residents of an age, without contributions: flat or by class, tested against means and other pensions, or for so
    many persons only."""

    kind: Literal["social_pension"]
    title: str = ""
    law: str = ""
    fund: str
    start: Date = Field("1950", description="date from which it is paid")
    age: PensionAge
    payable_from: PayableFrom = Field(
        "month_after_age", description="first month paid: the one after the age is reached, or that month"
    )
    not_with_pensions_of: list[str] = Field(
        [], description="pension schemes whose old-age and invalidity pensioners are not entitled"
    )
    most_persons: Quota | None = Field(None, description="no more persons than this, the oldest first")
    funeral_grant: SocialAmount | None = Field(
        None, description="paid once when a recipient dies, by age and date"
    )

    @property
    def members(self) -> None:
        """Nobody is insured."""

    @property
    def contributions(self) -> dict[str, Contribution]:
        """Nobody contributes; the fund is filled by others."""
        return {}


Scheme = Annotated[PensionScheme | UnemploymentScheme | SocialPensionScheme, Field(discriminator="kind")]
