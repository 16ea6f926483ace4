"""Cost methods of occupational pensions: entry age, attained age, accrued benefit, aggregate.

Comes in: present values of a body of members, or what they are reckoned from (service table, salary scale, a pension per year of
service). Goes out: normal cost as a rate of salaries, and the liability that the method holds. Sources: Iyer 1999, ch. 2; A. W. Anderson,
Pension Mathematics for Actuaries, 1992, ch. 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import amounts, divided, number
from spsim.records import record


@record(frozen=True)
class MethodCost:
    """A method on the valuation date: `normal_rate` of salaries for the benefits of coming service, `liability` that should be held,
    `unfunded` part of it."""

    normal_rate: Array
    liability: Array
    unfunded: Array


def entry_age(
    value_at_entry: ArrayLike,
    salaries_at_entry: ArrayLike,
    future_benefits: ArrayLike,
    future_salaries: ArrayLike,
    reserve: ArrayLike = 0.0,
) -> MethodCost:
    """Entry age method: the level rate of salaries from entry to exit that pays for a new entrant (...).

    `value_at_entry`, `salaries_at_entry` present values of a new entrant's benefits and salaries; `future_benefits` and `future_salaries`
    of the present members (pensioners' benefits included). Unit: share of salaries, currency. Formula: EAN = PVB_e / PVS_e,
    AL = PVFB − EAN · PVFS. Source: Iyer 1999, ch. 2, "entry age"; Anderson 1992, §2.3.
    """
    rate = divided(
        number("value_at_entry", value_at_entry),
        number("salaries_at_entry", salaries_at_entry),
        "salaries_at_entry",
    )
    liability = number("future_benefits", future_benefits) - rate * number(
        "future_salaries", future_salaries, least=0.0
    )
    return _cost(rate, liability, reserve)


def attained_age(
    future_service_benefits: ArrayLike,
    future_salaries: ArrayLike,
    accrued_benefits: ArrayLike,
    reserve: ArrayLike = 0.0,
) -> MethodCost:
    """Attained age method: the level rate of the present members' salaries that pays for their coming service; the past is a debt (...).

    Unit: share of salaries, currency. Formula: AAN = (PVFB − PV accrued) / PVFS, AL = PV accrued. Source: Iyer 1999, ch. 2, "attained
    age".
    """
    salaries = number("future_salaries", future_salaries)
    rate = divided(number("future_service_benefits", future_service_benefits), salaries, "future_salaries")
    return _cost(rate, number("accrued_benefits", accrued_benefits), reserve)


def accrued_benefit(
    benefits_of_the_year: ArrayLike,
    salaries_of_the_year: ArrayLike,
    accrued_benefits: ArrayLike,
    reserve: ArrayLike = 0.0,
) -> MethodCost:
    """Accrued benefit (unit credit) method: the value of the benefit earned in the year over the salaries of the year (...).

    With benefits on projected salaries it is the projected unit credit. Unit: share of salaries, currency. Formula: NC = PV(benefit of the
    year) / S, AL = PV(benefit of past service). Source: Iyer 1999, ch. 2, "accrued benefit"; Anderson 1992, §2.2.
    """
    salaries = number("salaries_of_the_year", salaries_of_the_year)
    rate = divided(number("benefits_of_the_year", benefits_of_the_year), salaries, "salaries_of_the_year")
    return _cost(rate, number("accrued_benefits", accrued_benefits), reserve)


def aggregate(
    future_benefits: ArrayLike, future_salaries: ArrayLike, reserve: ArrayLike = 0.0, debt: ArrayLike = 0.0
) -> MethodCost:
    """Aggregate method: the level rate of the present members' salaries that, with the reserve, pays for all their benefits (...).

    `debt` is an unfunded liability amortised apart (frozen initial liability). Unit: share of salaries, currency. Formula:
    (PVFB − V − debt) / PVFS; the liability is what is held, so that nothing else is unfunded. Source: Iyer 1999, ch. 2, "aggregate";
    Anderson 1992, §2.6 and 2.9.
    """
    held, frozen = number("reserve", reserve), number("debt", debt)
    salaries = number("future_salaries", future_salaries)
    rate = divided(number("future_benefits", future_benefits) - held - frozen, salaries, "future_salaries")
    return _cost(rate, held + frozen, held)


def _cost(rate: Array, liability: Array, reserve: ArrayLike) -> MethodCost:
    return MethodCost(rate, liability, np.asarray(liability - number("reserve", reserve)))


@record(frozen=True)
class CareerValues:
    """Values at each exact age from entry to the age before retirement (A,), for one member at that age whose salary is 1 a year:

    `future_benefits` of the whole career, `past_benefits` of the service so far, `benefit_of_the_year`, `future_salaries`.
    """

    future_benefits: Array
    past_benefits: Array
    benefit_of_the_year: Array
    future_salaries: Array


def career_values(
    survivors: ArrayLike,
    salary_scale: ArrayLike,
    interest: float,
    accrual: float,
    annuity: float,
    salary_growth: float = 0.0,
) -> CareerValues:
    """Present values of a final-salary pension by attained age, for the four methods.

    `survivors` in service and `salary_scale` at exact ages entry .. retirement (A + 1,); `accrual` share of the final salary for each year of
    service; `annuity` value at retirement of a pension of 1 a year. Salaries are paid in the middle of each year of age, at the mean of
    the scale at its ends. Unit: years of salary. Formula: PVFB_x = accrual · (r−e) · (s_r/s_x)(1+γ)^(r−x) · v^(r−x) · l_r/l_x · ä; past
    and year's benefits in proportion to service; PVFS_x = Σ_y (s_y+s_{y+1})/2 (l_y+l_{y+1})/2 (v(1+γ))^(y+½−x) / (s_x·l_x).
    Source: Iyer 1999, ch. 2; Anderson 1992, §2.2-2.5.
    """
    alive, scale = amounts(survivors=survivors, salary_scale=salary_scale)
    if alive.ndim != 1 or len(alive) < 2 or not (alive > 0).all() or not (scale > 0).all():
        raise ValueError("survivors and salary_scale must be above 0 at two ages or more, on one axis")
    step = (1.0 + float(number("salary_growth", salary_growth, above=-1.0))) / (
        1.0 + float(number("interest", interest, above=-1.0))
    )
    years = np.arange(len(alive), dtype=np.float64)
    weight = alive * scale * step**years
    pension = float(number("accrual", accrual)) * float(number("annuity", annuity, least=0.0))
    of_one_year = pension * weight[-1] / weight[:-1]
    paid = (alive[:-1] + alive[1:]) / 2 * (scale[:-1] + scale[1:]) / 2 * step ** (years[:-1] + 0.5)
    future = np.cumsum(paid[::-1])[::-1] / weight[:-1]
    return CareerValues(of_one_year * years[-1], of_one_year * years[:-1], of_one_year, future)


def body_of_members(values: CareerValues, salaries: ArrayLike) -> CareerValues:
    """The same values for a whole body: `salaries` (A,) yearly salary bill at each exact age; sums over the ages (single figures).

    Unit: currency. Formula: Σ_x S_x · value_x. Source: Iyer 1999, ch. 2.
    """
    (bill,) = amounts(salaries=salaries)
    if bill.shape != values.future_salaries.shape:
        raise ValueError(f"salaries has {bill.size} ages, the career {values.future_salaries.size}")
    return CareerValues(
        *(
            np.asarray((bill * part).sum())
            for part in (
                values.future_benefits, values.past_benefits, values.benefit_of_the_year, values.future_salaries,
            )
        )
    )  # fmt: skip
