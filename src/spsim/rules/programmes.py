"""Employment services: placement, training, wage subsidies, short-time work and one-stop shops, each with its cost and its effect."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Value, numbers_in, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import BaseLimit, Factor, Share
from spsim.records import record

MonthOfClaim = Annotated[int, Field(ge=1, le=60)]


@record(frozen=True)
class Course:
    """A programme by month of claim (M,), as one who takes part sees it, in one month of the calendar.

    `take_up` share of the claimants who take part; `factor` on the chance of finding work; `begins` and `inside` 1 in the month in which it
    begins and in all months that it lasts.
    """

    take_up: float
    factor: Array
    begins: Array
    inside: Array


@record(frozen=True)
class Terms:
    """What decides a course, by calendar month (T,): take-up, factor on the chance of finding work inside and afterwards."""

    take_up: Array
    inside: Array
    after: Array

    def changed(self) -> Array:
        """Months (T−1,) in which one of them is another than in the month before."""
        paths = np.stack([self.take_up, self.inside, self.after])
        return np.asarray((paths[:, 1:] != paths[:, :-1]).any(axis=0))


@record(frozen=True)
class UnitCosts:
    """What a programme costs by month of the calendar (T,), in currency units: for one who begins, for a month inside, for one who finds
    work, for a job kept; `wage_share_of_job` in months of the contributory wage of a job kept."""

    of_beginning: Array
    of_month: Array
    of_hire: Array
    of_job: Array
    wage_months_of_job: float = 0.0


class _Programme(Sourced):
    """Who pays, and that something is paid."""

    title: str = ""
    fund: str | None = Field(None, description="id of the fund that pays; by default the fund of the scheme")

    @model_validator(mode="after")
    def _costs_something(self) -> _Programme:
        names = self.cost_fields()
        if not any(_positive(getattr(self, name)) for name in names):
            given = [name for name in names if name in self.model_fields_set]
            text = "a programme without cost"
            raise ScenarioProblem(tuple(given[:1]), text, f"write what it costs under {' or '.join(names)}")
        return self

    @classmethod
    def cost_fields(cls) -> tuple[str, ...]:
        """Names of the fields of which one at least must be above 0."""
        return ("cost_per_head",)


def _positive(value: Value) -> bool:
    """Whether a value is above 0 at some time; an amount that a reference gives is."""
    numbers = numbers_in(value)
    return any(number > 0 for number in numbers) or (not numbers and not isinstance(value, int | float))


class _ForClaimants(_Programme):
    """A service for a share of the claimants, from a month of their claim on."""

    take_up: Share = Field(description="share of the claimants who take part")
    from_month: MonthOfClaim = Field(1, description="month of the claim in which it begins")
    cost_per_head: BaseLimit = Field(0.0, description="for each one who begins")

    def course(self, months: int, terms: Terms, month: int) -> Course:
        """By month of claim 1 .. `months`, under the terms of one calendar month."""
        place = np.arange(1, months + 1)
        inside = (place >= self.from_month) & (place < self.from_month + self.lasts)
        during, after = float(terms.inside[month]), float(terms.after[month])
        factor = np.where(place < self.from_month, 1.0, np.where(inside, during, after))
        begins = (place == self.from_month).astype(float)
        return Course(float(terms.take_up[month]), factor, begins, inside.astype(float))

    @property
    def lasts(self) -> int:
        """Months inside."""
        return 60

    def factors(self) -> tuple[Value, Value]:
        """Factors on the chance of finding work inside and after."""
        return 1.0, 1.0

    def terms(self, moments: Moments) -> Terms:
        """By calendar month (T,)."""
        inside, after = self.factors()
        return Terms(_path(self.take_up, moments), _path(inside, moments), _path(after, moments))

    def unit_costs(self, moments: Moments) -> UnitCosts:
        """For calendar months (T,)."""
        nothing = np.zeros(moments.months.shape[1])
        return UnitCosts(_path(self.cost_per_head, moments), nothing, nothing, nothing)


class Placement(_ForClaimants):
    """Counselling and job search: `finding_while` and `finding_after` multiply the monthly chance of finding work of those who take part."""

    kind: Literal["placement"]
    months: MonthOfClaim = Field(1, description="months that it lasts")
    finding_while: Factor = Field(1.0, description="factor on the chance of finding work inside")
    finding_after: Factor = Field(1.0, description="the same afterwards, to the end of the claim")

    @property
    def lasts(self) -> int:
        return self.months

    def factors(self) -> tuple[Value, Value]:
        return self.finding_while, self.finding_after


class Training(_ForClaimants):
    """A course with an allowance beside the benefit; one inside often finds work less (`finding_while` below 1), afterwards more."""

    kind: Literal["training"]
    months: MonthOfClaim = Field(description="months that it lasts")
    allowance: BaseLimit = Field(0.0, description="for each month inside, beside the benefit")
    finding_while: Factor = Field(description="factor on the chance of finding work inside")
    finding_after: Factor = Field(description="the same afterwards, to the end of the claim")

    @classmethod
    def cost_fields(cls) -> tuple[str, ...]:
        return ("cost_per_head", "allowance")

    @property
    def lasts(self) -> int:
        return self.months

    def factors(self) -> tuple[Value, Value]:
        return self.finding_while, self.finding_after

    def unit_costs(self, moments: Moments) -> UnitCosts:
        nothing = np.zeros(moments.months.shape[1])
        return UnitCosts(_path(self.cost_per_head, moments), _path(self.allowance, moments), nothing, nothing)


class WageSubsidy(_ForClaimants):
    """A voucher: its holders find work more easily, and their employers get `subsidy` for `months` months, also for those who would have
    found work without it."""

    kind: Literal["wage_subsidy"]
    subsidy: BaseLimit = Field(description="for each month of the new job")
    months: MonthOfClaim = Field(description="months of the new job that are subsidised")
    finding: Factor = Field(
        1.0, description="factor on the chance of finding work while one holds the voucher"
    )

    @classmethod
    def cost_fields(cls) -> tuple[str, ...]:
        return ("subsidy",)

    def factors(self) -> tuple[Value, Value]:
        return self.finding, self.finding

    def unit_costs(self, moments: Moments) -> UnitCosts:
        nothing = np.zeros(moments.months.shape[1])
        hire = self.months * _path(self.subsidy, moments)
        return UnitCosts(_path(self.cost_per_head, moments), nothing, hire, nothing)


class OneStop(_Programme):
    """One counter for claim, placement and training: a delivery cost for each client, that is for each claim that begins."""

    kind: Literal["one_stop"]
    cost_per_client: BaseLimit = 0.0
    take_up: Share = Field(1.0, description="share of the claims that go through it")
    finding: Factor = Field(1.0, description="factor on its clients' chance of finding work")

    @classmethod
    def cost_fields(cls) -> tuple[str, ...]:
        return ("cost_per_client",)

    def terms(self, moments: Moments) -> Terms:
        """By calendar month (T,)."""
        factor = _path(self.finding, moments)
        return Terms(_path(self.take_up, moments), factor, factor)

    def course(self, months: int, terms: Terms, month: int) -> Course:
        """Every month of the claim, under the terms of one calendar month."""
        begins = (np.arange(months) == 0).astype(float)
        factor = np.full(months, float(terms.inside[month]))
        return Course(float(terms.take_up[month]), factor, begins, np.ones(months))

    def unit_costs(self, moments: Moments) -> UnitCosts:
        """For calendar months (T,)."""
        nothing = np.zeros(moments.months.shape[1])
        return UnitCosts(_path(self.cost_per_client, moments), nothing, nothing, nothing)


class JobRetention(_Programme):
    """Short-time work: `prevented` of the separations do not happen. Of the jobs supported only `additional` would have been lost, so that
    prevented / additional jobs are paid for, `months` months each, in the month in which support begins."""

    kind: Literal["job_retention"]
    prevented: Share = Field(description="share of the separations that it prevents, by date")
    additional: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="share of the jobs supported that would have been lost without it"
    )
    months: MonthOfClaim = Field(description="months for which a job is supported")
    allowance: BaseLimit = Field(0.0, description="for each job and month")
    wage_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="share of the contributory wage that is paid for each job and month"
    )
    cost_per_head: BaseLimit = Field(0.0, description="for each job supported")

    @classmethod
    def cost_fields(cls) -> tuple[str, ...]:
        return ("allowance", "wage_share", "cost_per_head")

    def kept(self, moments: Moments) -> Array:
        """Share of separations prevented (T,)."""
        return _path(self.prevented, moments)

    def unit_costs(self, moments: Moments) -> UnitCosts:
        """For calendar months (T,)."""
        nothing = np.zeros(moments.months.shape[1])
        job = self.months * _path(self.allowance, moments) + _path(self.cost_per_head, moments)
        return UnitCosts(nothing, nothing, nothing, job, self.months * self.wage_share)


def _path(value: Value, moments: Moments) -> Array:
    """A value by calendar month (T,)."""
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], moments.months.shape[1])


Service = Placement | Training | WageSubsidy | OneStop
"""Programmes for claimants."""
Programme = Annotated[
    Placement | Training | WageSubsidy | JobRetention | OneStop, Field(discriminator="kind")
]
