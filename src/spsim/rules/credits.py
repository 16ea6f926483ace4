"""Years counted without contributions: child-rearing, military service, years bought or exempt.

Comes in: the credits of a scheme, and how many years members have on average (behaviour) or one person has. Goes out: years added to
service, and the earnings at which they count. Called by `Moments.service`, by the laws of the projection and of one person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.grid import Moments
from spsim.places import AwardLimit
from spsim.rules.amounts import Linear


class Credit(Sourced):
    """One kind of credited years: each counts for `weight` years of service, `most_years` of them at most."""

    most_years: Annotated[float, Field(gt=0, le=40)] = Field(40.0, description="years credited at most")
    weight: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="years of service for each year credited"
    )
    earnings: AwardLimit | None = Field(
        None,
        description="monthly earnings at which they count in career averages; the member's own average if absent",
    )


@dataclass(frozen=True)
class Credited:
    """Credits of a scheme and the years of each kind, as values of the scenario or numbers of one person."""

    rules: Mapping[str, Credit]
    years: Mapping[str, Any]

    def of(self, name: str, moments: Moments) -> Array:
        """Years of service that one kind adds, over (T, sex, age, 1, 1)."""
        rule = self.rules[name]
        return np.asarray(np.minimum(on(self.years.get(name, 0.0), moments), rule.most_years) * rule.weight)

    def total(self, moments: Moments) -> Array:
        """Years of service that all kinds add."""
        return np.asarray(sum((self.of(name, moments) for name in self.rules), np.zeros((1,) * 5)))

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
    years = credited.total(at)
    valued, money = credited.valued(at) if career else (np.zeros(1), np.zeros(1))
    kept = served / (served + valued)
    beside = money / (served + valued) * (1.0 if monthly else 12.0)
    counted = rounding + years
    flat = term.flat + (term.rate + term.per_year * (served + counted)) * beside
    return replace(
        term, flat=flat, rate=kept * (term.rate + term.per_year * counted), per_year=kept * term.per_year
    )
