"""Unemployment insurance: the wait, the benefit by month of claim, record, age and wage, the limits, the duration, the bonus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Value, keys_of, numbers_in, on
from spsim.errors import KeyPath, ScenarioProblem
from spsim.grid import Moments
from spsim.places import BaseLimit, BonusShare, ClaimDays, ClaimLimit, ClaimMonths, ClaimRate, numbers_at
from spsim.records import record
from spsim.rules.unemployment_record import Record, last_number

__all__ = [
    "DAYS_IN_MONTH",
    "PerJob",
    "Record",
    "ReemploymentBonus",
    "Terms",
    "UnemploymentBenefit",
    "paid_until",
]

DAYS_IN_MONTH = 365 / 12
DAYS_OF_A_WORKING_DAY = 7 / 5


def paid_until(months: int, waiting_months: float, granted: Array | float) -> Array:
    """Months of benefit paid by the end of month 0..`months` since separation: min(max(m − waiting, 0), granted)."""
    return np.asarray(np.clip(np.arange(months + 1) - waiting_months, 0.0, granted))


class ReemploymentBonus(Sourced):
    """Paid to a claimant who finds work: a share of the benefit that was still to come.

    The rest is granted less paid months. It counts if it is at least `least_remaining` of the months granted, and up to `most_months`.
    """

    share: BonusShare = Field(description="share of the rest; may be keyed by remaining, the rest / granted")
    least_remaining: float = Field(0.0, ge=0, le=1)
    most_months: float | None = Field(None, gt=0, le=60)
    cap: ClaimLimit | None = Field(None, description="monthly benefit on which the bonus is reckoned at most")

    def counted(self, paid: Array, month: int) -> Array:
        """Parts of the months (M, ...) of a claim that were still to come after month 0.. of it, and count."""
        rest = np.where(np.arange(len(paid)).reshape(-1, *(1,) * (paid.ndim - 1)) > month, paid, 0.0)
        if self.most_months is None:
            return rest
        return np.diff(np.minimum(np.cumsum(rest, axis=0), self.most_months), axis=0, prepend=0.0)

    def shares(self, remaining: Array, moments: Moments) -> Array:
        """Share of the rest (T or 1, ...) that is paid where so much of the granted months remains (...).

        `moments` are those of the months in which work is found, with the remaining shares on the last axis.
        """
        share = on(self.share, moments)[:, 0, 0, 0, :]
        share = np.broadcast_to(share, (len(share), remaining.size)).reshape(-1, *remaining.shape)
        return np.where(remaining >= self.least_remaining - 1e-9, share, 0.0)


class PerJob(Sourced):
    """Lump sum for one who loses one of several jobs and keeps another: a share of the whole benefit of a claim at the lost wage."""

    share: float = Field(1.0, gt=0, le=1)


@record(frozen=True)
class Terms:
    """What the law takes and pays in one month of a claim: each (T, 2 or 1, A or 1, wages or 1, months of claim or 1)."""

    rate: Array
    flat: Array
    floor: Array
    cap: Array


class UnemploymentBenefit(Sourced):
    """rate × average wage of the last `earnings_months` + flat, between floor and cap, for `duration` months by record and age, after a wait.

    The wait comes before the first month paid and does not shorten the duration, unless `waiting_shortens`.
    """

    record: Record
    rate: ClaimRate = Field(0.0, description="share of the last wages")
    flat: ClaimLimit = Field(0.0, description="monthly amount beside the share of the wage")
    earnings_months: int = Field(6, ge=1, le=60)
    career_if_higher: bool = Field(
        False, description="the average of all months of contribution counts where it is higher"
    )
    floor: ClaimLimit = 0.0
    cap: ClaimLimit | None = None
    precedence: Literal["cap", "floor"] = Field(
        "cap", description="which one holds where the floor is above the cap"
    )
    most_wage: BaseLimit | None = Field(
        None, description="nothing is due to one whose last wages were above this"
    )
    most_of_wage: float | None = Field(
        None, gt=0, le=60, description="the benefit is no more than this share of the wage"
    )
    may_exceed_wage: bool = Field(False, description="a benefit of more than the whole wage is meant")
    duration: ClaimMonths = Field(description="months of benefit by record in months, age and date")
    longest: int = Field(12, ge=1, le=60, description="longest duration in the law, months")
    most_months_per_year: float | None = Field(
        None, gt=0, le=12, description="no more months of benefit than this in a calendar year"
    )
    waiting_days: ClaimDays = Field(0.0, description="days between separation and the first day paid")
    waiting_unit: Literal["calendar", "working"] = "calendar"
    waiting_shortens: bool = Field(False, description="the wait is a part of the duration")
    reemployment_bonus: ReemploymentBonus | None = None
    per_job: PerJob | None = None

    @model_validator(mode="after")
    def _pays_something(self) -> UnemploymentBenefit:
        if self.rate == 0 and self.flat == 0 and self.floor == 0:
            raise ScenarioProblem(
                (), "a benefit without a rate and without an amount", "write rate: 0.6 or flat: 1500"
            )
        return self

    @model_validator(mode="after")
    def _within_the_wage(self) -> UnemploymentBenefit:
        for path, number in self._shares_of_wage():
            if number > 1 and not self.may_exceed_wage:
                text = f"{number:g} is outside 0 to 1"
                remedy = "write a share as a fraction, 60 % as 0.60; if more than the wage is meant, add may_exceed_wage: true"
                raise ScenarioProblem(path, text, remedy)
        return self

    def _shares_of_wage(self) -> Iterator[tuple[KeyPath, float]]:
        yield from ((("rate", *path), number) for path, number in numbers_at(self.rate))
        if self.most_of_wage is not None:
            yield ("most_of_wage",), self.most_of_wage

    @model_validator(mode="after")
    def _used_by_months_alone(self) -> UnemploymentBenefit:
        if self.record.used_per_month is not None and "age" in keys_of(self.duration):
            text = "months of benefit that use up the record cannot differ by age: claims of one record would leave many"
            raise ScenarioProblem(
                ("duration",), text, "delete record.used_per_month, or key the duration by record_months"
            )
        return self

    @model_validator(mode="after")
    def _wait_ends_before_the_benefit(self) -> UnemploymentBenefit:
        shortest = min((months for months in numbers_in(self.duration) if months > 0), default=None)
        wait = max(numbers_in(self.waiting_days), default=0.0) * self._days_of_one() / DAYS_IN_MONTH
        if shortest is not None and wait > shortest:
            text = f"a wait of {wait:.1f} months is longer than the benefit of {shortest:g} months"
            raise ScenarioProblem(("waiting_days",), text, "shorten the wait or lengthen the duration")
        return self

    def _days_of_one(self) -> float:
        return DAYS_OF_A_WORKING_DAY if self.waiting_unit == "working" else 1.0

    @property
    def values_of_amount(self) -> dict[str, Value | None]:
        """The values that set the amount of a month, by name."""
        return {"rate": self.rate, "flat": self.flat, "floor": self.floor, "cap": self.cap}

    @property
    def numbers(self) -> int:
        """Number of the claim from which on all claims are alike."""
        values = (self.duration, self.waiting_days, *self.values_of_amount.values())
        return max(self.record.numbers, *(last_number(value) for value in values))

    @property
    def is_plain(self) -> bool:
        """Whether the amount is a share of the wage between a floor and a cap, and nothing else."""
        plain = (
            self.flat == 0
            and self.most_of_wage is None
            and self.most_wage is None
            and self.precedence == "cap"
        )
        return plain and "wage" not in keys_of(self.rate)

    def granted_by_age(self, moments: Moments, number: int = 1) -> Array:
        """Months of benefit of a first, second .. claim by age and record c = 0..longest (moments with it on the last axis): (T, A, C+1).

        Nothing where the record is less than the law asks.
        """
        record = self.record
        counted = replace(moments, last=np.asarray(record.counted(moments.last, number)))
        return self.due_by_age(counted, number) * (moments.last >= record.asked(number).least)

    def due_by_age(self, moments: Moments, number: int = 1) -> Array:
        """The same of those who meet the conditions, whose duration goes by so many months (on the last axis)."""
        moments, most = moments.of_claim(number), self.record.claims_in_life
        granted = on(self.duration, moments)[:, 0, :, 0, :] * (most is None or number <= most)
        if self.waiting_shortens:
            granted = np.maximum(granted - self.waiting_months(moments, number)[:, None, None], 0.0)
        return np.asarray(np.minimum(granted, self.longest))

    def months_granted(self, moments: Moments, number: int = 1) -> Array:
        """The same (T, C+1) at the first age."""
        return self.granted_by_age(moments, number)[:, 0]

    def waiting_months(self, moments: Moments, number: int = 1) -> Array:
        """The wait (T,) as months of 365/12 days."""
        moments = moments.of_claim(number)
        return np.asarray(on(self.waiting_days, moments)[:, 0, 0, 0, 0] * self._days_of_one() / DAYS_IN_MONTH)

    def monthly(self, wage: Array | float, moments: Moments) -> Array:
        """Benefit (T, m) of one month for an average wage, at the first age."""
        wages = np.broadcast_to(np.asarray(wage, dtype=float), (1, 1, 1, 1, 1))
        return np.asarray(self.of_wage(wages, moments)[:, 0, 0, 0])

    def of_wage(self, wage: Array, moments: Moments) -> Array:
        """Benefit (T, sex, A, wages, m) for average wages (T or 1, sex, A, wages, 1): rate · w + flat within the limits."""
        terms = self.terms(replace(moments, wage=wage[None]))
        due = terms.rate * wage + terms.flat
        if self.precedence == "cap":
            limited = np.minimum(np.maximum(due, terms.floor), terms.cap)
        else:
            limited = np.maximum(np.minimum(due, terms.cap), terms.floor)
        return limited if self.most_of_wage is None else np.minimum(limited, self.most_of_wage * wage)

    def terms(self, moments: Moments) -> Terms:
        """Rate, flat amount, floor and cap where the moments stand, months of claim on the last axis."""
        cap = np.full((1,) * 5, np.inf) if self.cap is None else on(self.cap, moments)
        return Terms(on(self.rate, moments), on(self.flat, moments), on(self.floor, moments), cap)

    def limits(self, moments: Moments) -> tuple[Array, Array, Array]:
        """Rate, monthly floor and cap by month of claim (moments with the claim month on the last axis): each (T, m), at the first age."""
        shape = (moments.months.shape[1], len(moments.last))
        terms = self.terms(moments)
        rate, floor, cap = (
            np.broadcast_to(value[:, 0, 0, 0], shape) for value in (terms.rate, terms.floor, terms.cap)
        )
        return rate, floor, cap
