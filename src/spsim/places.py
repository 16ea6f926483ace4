"""What a place in the scenario can know and hold: the keys it can read, whether the sexes may differ, which numbers make sense.

The engine reads each value at a place of its own: a contribution rate is never read at a month of claim, a ceiling never by sex. What
a place would not see is refused here, so that no parameter silently does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Annotated, Any

from pydantic import AfterValidator

from spsim.dated import BySex, Constant, OfReference, Roadmap, Schedule, Staged, Value
from spsim.errors import KeyPath, ScenarioProblem

FRACTION = "write a share or rate as a fraction, 8 % as 0.08"


def place(
    *keys: str, low: float = 0.0, high: float = inf, sexes: bool = False, money: bool = False
) -> AfterValidator:
    """Values keyed by `keys` alone, within bounds; by sex only where `sexes`, a reference amount only where `money`."""

    def check(value: Any) -> Any:
        for path, part in parts(value):
            _keyed(path, part, keys)
            if isinstance(part, BySex) and not sexes:
                raise ScenarioProblem(path, "men and women cannot differ here", "write one value for both")
            if isinstance(part, OfReference) and not money:
                raise ScenarioProblem(path, "an amount of money cannot stand here", "write a number")
        for path, number in numbers_at(value):
            _bounded(path, number, low, high)
        return value

    return AfterValidator(check)


def _keyed(path: KeyPath, part: Value, keys: tuple[str, ...]) -> None:
    if isinstance(part, Schedule | Roadmap | Staged) and part.by not in keys:
        known = f"use one of {', '.join(keys)}" if keys else "write one number"
        raise ScenarioProblem((*path, "by"), f"a value here cannot be keyed by {part.by}", known)


def _bounded(path: KeyPath, number: float, low: float, high: float) -> None:
    if not low <= number <= high:
        bounds = f"outside {low:g} to {high:g}" if high < inf else f"below {low:g}"
        remedy = FRACTION if high <= 1.5 else f"write a number of {low:g} or more"
        raise ScenarioProblem(
            path, f"{number:g} is {bounds}", f"{remedy} and {high:g} or less" if 1.5 < high < inf else remedy
        )


def parts(value: Value, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Value]]:
    """A value and those inside it, each with its path."""
    yield path, value
    if isinstance(value, BySex):
        yield from parts(value.male, (*path, "male"))
        yield from parts(value.female, (*path, "female"))
    elif isinstance(value, Staged):
        for key, stage in value.stages.items():
            yield from parts(stage, (*path, "stages", str(key)))
    elif isinstance(value, OfReference):
        yield from parts(value.times, (*path, "times"))


def numbers_at(value: Value) -> Iterator[tuple[KeyPath, float]]:
    """Every number that stands in a value, with its path; of a reference amount its factor."""
    for path, part in parts(value):
        if isinstance(part, Schedule):
            yield from (((*path, "points", str(key)), number) for key, number in part.points.items())
        elif isinstance(part, Roadmap):
            ends = (("from", part.from_), ("until", part.until), ("before", part.before))
            yield from (((*path, name), number) for name, number in ends if number is not None)
        elif isinstance(part, Constant):
            yield (*path, "value"), part.value
        elif isinstance(part, int | float):
            yield path, float(part)


DATE = ("event_date", "contribution_date")
MEMBER = ("event_date", "birth_date", "scheme_years", "age")
AWARD = (*MEMBER, "service", "accrual_date")

IndexShare = Annotated[Value, place(*DATE, high=1.5)]
FixedIncrease = Annotated[Value, place(*DATE, low=-0.5, high=0.5)]
Dependants = Annotated[Value, place("age", "event_date", high=20, sexes=True)]
CreditedYears = Annotated[Value, place("age", "event_date", "birth_date", high=40, sexes=True)]
YearsSinceEntry = Annotated[Value, place("event_date", high=60)]
UseShare = Annotated[Value, place("age", "event_date", "service", high=1, sexes=True)]
GrowthRate = Annotated[Value, place(*DATE, low=-0.5, high=1)]
Share = Annotated[Value, place(*DATE, high=1)]
GroupShare = Annotated[Value, place(*DATE, high=1, sexes=True)]
AgeShare = Annotated[Value, place("age", "event_date", high=1, sexes=True)]
AgeFactor = Annotated[Value, place("age", "event_date", high=20, sexes=True)]
AgeWeight = Annotated[Value, place("age", high=1e9, sexes=True)]
Factor = Annotated[Value, place(*DATE, high=100)]
PensionAge = Annotated[Value, place("event_date", "birth_date", low=30, high=100, sexes=True)]
SpouseAge = Annotated[Value, place("event_date", "birth_date", low=15, high=100, sexes=True)]
DrawingAge = Annotated[Value, place("event_date", "birth_date", high=100, sexes=True)]
ContributionRate = Annotated[
    Value, place(*DATE, "birth_date", "scheme_years", "age", "wage", high=1, sexes=True)
]
AllocationRate = Annotated[
    Value, place(*DATE, "birth_date", "scheme_years", "age", "wage", high=1, sexes=True)
]
ContributionAmount = Annotated[
    Value, place(*DATE, "birth_date", "scheme_years", "age", "wage", money=True, sexes=True)
]
BaseLimit = Annotated[Value, place(*DATE, money=True)]
AwardLimit = Annotated[Value, place(*DATE, "scheme_years", money=True)]
FamilyMinimum = Annotated[Value, place(*DATE, "scheme_years", "age", money=True)]
PerHead = Annotated[Value, place(*DATE, "scheme_years", money=True, sexes=True)]
ServiceYears = Annotated[Value, place(*MEMBER, "first_insured_date", high=1000, sexes=True)]
YearsBefore = Annotated[Value, place(*MEMBER, "first_insured_date", high=40, sexes=True)]
AwardAmount = Annotated[Value, place(*MEMBER, "service", money=True, sexes=True)]
AwardRate = Annotated[Value, place(*AWARD, high=1.5, sexes=True)]
AwardShare = Annotated[Value, place(*AWARD, "first_insured_date", high=1.5, sexes=True)]
Divisor = Annotated[Value, place(*MEMBER, low=0.1, high=100, sexes=True)]
LayerRate = Annotated[Value, place("event_date", "age", high=0.2)]
SumKept = Annotated[Value, place("event_date", "birth_date", money=True)]
BalanceGain = Annotated[Value, place("age", low=-0.2, high=0.2, sexes=True)]
TurnoverYears = Annotated[Value, place("event_date", low=1.0, high=100)]
AwardWeight = Annotated[Value, place(*AWARD, high=100, sexes=True)]
AwardMonths = Annotated[Value, place(*AWARD, high=60, sexes=True)]
AwardYears = Annotated[Value, place(*MEMBER, high=80, sexes=True)]
IncreaseYears = Annotated[Value, place("event_date", "birth_date", low=0.01, high=40, sexes=True)]
ReductionRate = Annotated[Value, place(*MEMBER, "service", high=1, sexes=True)]
CLAIM = ("event_date", "claim_month", "claim_number", "record_months", "age")
ClaimRate = Annotated[Value, place(*CLAIM, "wage", high=60)]
ClaimLimit = Annotated[Value, place(*CLAIM, money=True)]
ClaimMonths = Annotated[Value, place("event_date", "claim_number", "record_months", "age", high=480)]
ExtraMonths = Annotated[Value, place("event_date", high=60)]
ClaimDays = Annotated[Value, place("event_date", "claim_number", high=365)]
RecordMonths = Annotated[Value, place("claim_number", high=120)]
RecordTotal = Annotated[Value, place("claim_number", high=480)]
BonusShare = Annotated[Value, place("event_date", "remaining", high=1)]
MonthlyChance = Annotated[Value, place("claim_month", high=1)]
WageLevel = Annotated[Value, place("age", "event_date", low=1e-6, high=1e9, sexes=True)]
DeclaredShare = Annotated[Value, place(*DATE, low=0.01, high=1, sexes=True)]
LifeTable = Annotated[Value, place("age", high=1e12)]
SocialAmount = Annotated[Value, place("event_date", "age", money=True, sexes=True)]
PaidShare = Annotated[Value, place("event_date", "age", high=1, sexes=True)]
FigureShare = Annotated[Value, place("event_date", "wage", high=1)]
Units = Annotated[Value, place("event_date", "birth_date", low=0.001)]
ProfileFigure = Annotated[Value, place("event_date", "age", low=-1e12, money=True, sexes=True)]
Quota = Annotated[Value, place("event_date")]
MortalityFactor = Annotated[Value, place("event_date", "age", low=0.01, high=100, sexes=True)]
FertilityFactor = Annotated[Value, place("event_date", high=10)]
MigrationFactor = Annotated[Value, place("event_date", low=-10, high=10)]
YearsOfLife = Annotated[Value, place("event_date", low=-20, high=20, sexes=True)]
