"""Years counted without contributions: child-rearing, military service, years bought, exempt or part-paid, years in another scheme.

Comes in: the credits of a scheme, and how many years members have on average (behaviour) or one person has. Goes out: years added to
the service that amounts count and to the record that conditions ask for, and the earnings at which they count. Called by
`Moments.service` and `Moments.record_years`, by the laws of the projection and of one person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.errors import ScenarioProblem
from spsim.grid import Moments
from spsim.places import AwardLimit
from spsim.rules.amounts import Linear


class Credit(Sourced):
    """One kind of credited years: each counts for `weight` years of service, `most_years` of them at most.

    Years that open a right and add nothing to it, such as those in another scheme, have the weight 0 and a `record_weight` of 1; exempt
    years of which a half is paid for have 0.5 and 1.
    """

    most_years: Annotated[float, Field(gt=0, le=50)] = Field(40.0, description="years credited at most")
    weight: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="years of service in amounts for each year credited"
    )
    record_weight: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None,
        description="years of the record that conditions ask for, for each year credited; by default as `weight`",
    )
    of_scheme: str | None = Field(
        None,
        description="pension scheme whose months of contribution these are; a career names them with `in`",
    )
    earnings: AwardLimit | None = Field(
        None,
        description="monthly earnings at which they count in career averages; the member's own average if absent",
    )

    rates: bool = Field(
        True,
        description="false: only flat amounts and schedules by service count them, not rates of earnings",
    )

    @property
    def in_record(self) -> float:
        """Years of the record for each year credited."""
        return self.weight if self.record_weight is None else self.record_weight

    @model_validator(mode="after")
    def _counts_for_something(self) -> Credit:
        if self.weight == 0 and self.in_record == 0:
            text = "years that count neither for the record nor for the amount"
            raise ScenarioProblem(("weight",), text, "write record_weight: 1, or delete the credit")
        if self.weight == 0 and self.earnings is not None:
            text = "years of weight 0 add nothing to an average"
            raise ScenarioProblem(("earnings",), text, "delete it, or give the years a weight")
        if not self.rates and self.earnings is not None:
            text = "no rate of earnings counts these years, so their earnings do nothing"
            raise ScenarioProblem(("earnings",), text, "delete it, or rates: false")
        if not self.rates and self.weight == 0:
            raise ScenarioProblem(("rates",), "no amount counts years of weight 0", "delete it")
        return self


@dataclass(frozen=True)
class Credited:
    """Credits of a scheme and the years of each kind, as values of the scenario or numbers of one person."""

    rules: Mapping[str, Credit]
    years: Mapping[str, Any]

    def _credited(self, name: str, moments: Moments) -> Array:
        """Years of one kind within their limit, over (T, sex, age, 1, 1)."""
        return np.asarray(np.minimum(on(self.years.get(name, 0.0), moments), self.rules[name].most_years))

    def of(self, name: str, moments: Moments) -> Array:
        """Years of service that one kind adds, over (T, sex, age, 1, 1)."""
        return self._credited(name, moments) * self.rules[name].weight

    def both(self, name: str, moments: Moments) -> tuple[float, float]:
        """Years that one kind adds for one person: to what amounts count, and to the record."""
        years = float(self._credited(name, moments).ravel()[0])
        return years * self.rules[name].weight, years * self.rules[name].in_record

    def total(self, moments: Moments) -> Array:
        """Years of service that all kinds add to what amounts count."""
        return np.asarray(sum((self.of(name, moments) for name in self.rules), np.zeros((1,) * 5)))

    def earned(self, moments: Moments) -> Array:
        """Years for which amounts that are rates of earnings pay."""
        kinds = (self.of(name, moments) for name, rule in self.rules.items() if rule.rates)
        return np.asarray(sum(kinds, np.zeros((1,) * 5)))

    def recorded(self, moments: Moments) -> Array:
        """Years that all kinds add to the record that conditions ask for."""
        kinds = (self._credited(name, moments) * rule.in_record for name, rule in self.rules.items())
        return np.asarray(sum(kinds, np.zeros((1,) * 5)))

    def valued(self, moments: Moments) -> tuple[Array, Array]:
        """Years that count at earnings of their own, and the sum of these years times their monthly earnings."""
        years, money = np.zeros((1,) * 5), np.zeros((1,) * 5)
        for name, rule in self.rules.items():
            if rule.earnings is not None:
                years = years + self.of(name, moments)
                money = money + self.of(name, moments) * on(rule.earnings, moments)
        return years, money


def with_credits(
    term: Linear, credited: Credited, at: Moments, served: Array, rounding: float, career: bool, monthly: bool
) -> Linear:
    """A term on reference earnings for years of contribution s, changed so that it pays for s + c years:

        average' = (s · average + Σ c_v · E) / (s + c_v)          years c_v that count at earnings E (career averages only)
        rate · average' + per_year · (s + rounding + c) · average'

    Terms stay linear in the average of the contributions: average' = k · average + w. Flat amounts of pensions are said by the month.
    """
    years = credited.earned(at)
    valued, money = credited.valued(at) if career else (np.zeros(1), np.zeros(1))
    kept = served / (served + valued)
    beside = money / (served + valued) * (1.0 if monthly else 12.0)
    counted = rounding + years
    flat = term.flat + (term.rate + term.per_year * (served + counted)) * beside
    return replace(
        term, flat=flat, rate=kept * (term.rate + term.per_year * counted), per_year=kept * term.per_year
    )
