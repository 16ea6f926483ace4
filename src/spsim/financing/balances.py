"""What a fund's path says: reserve ratios, first deficit, depletion, long-range balances of national actuaries.

Comes in: yearly income, expenditure, reserves, wages (..., T). Sources: Iyer 1999, ch. 1; Social Security Administration, Trustees
Reports, section IV.B.4 and glossary (United States); Canada Pension Plan Regulations on the steady-state contribution rate; O. Settergren and
B. D. Mikula, The rate of return of pay-as-you-go pension systems, 2005 (Sweden).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import (
    MIDDLE,
    amounts,
    discount_factors,
    divided,
    number,
    rates_of_interest,
    reserve_path,
    within,
)
from spsim.records import record


def reserve_ratio(reserve: ArrayLike, expenditure: ArrayLike) -> Array:
    """Reserve over the expenditure of the year (..., T).

    Unit: years of expenditure. Formula: κ_t = V_t / B_t. Source: Iyer 1999, 1.25.
    """
    held, spent = amounts(reserve=reserve, expenditure=expenditure)
    return divided(held, spent, "expenditure")


def fund_ratio(reserve_at_start: ArrayLike, expenditure: ArrayLike) -> Array:
    """Trust-fund ratio: reserve at the start of the year over the cost of the year (..., T).

    Unit: share (1 = one year's cost). Formula: V_{t−1} / B_t. Source: Trustees Report, glossary, "Trust fund ratio".
    """
    held, spent = amounts(reserve_at_start=reserve_at_start, expenditure=expenditure)
    return divided(held, spent, "expenditure")


def balance_ratio(
    contributions: ArrayLike, expenditure: ArrayLike, reserve: ArrayLike, interest: ArrayLike
) -> Array:
    """How much of the interest on the reserve is used for benefits (..., T): below 0 none, 0 to 1 a part, above 1 the reserve too.

    `reserve` at the same moment as the flows (of a year: its mean). Unit: share of interest. Formula: λ = (B − C·S) / (δ·V),
    δ = ln(1+i). Source: Iyer 1999, 1.27.
    """
    paid, spent, held = amounts(contributions=contributions, expenditure=expenditure, reserve=reserve)
    earned = np.log1p(rates_of_interest(interest, paid.shape[-1])) * held
    return divided(spent - paid, earned, "interest on the reserve")


def first_deficit_year(income: ArrayLike, expenditure: ArrayLike, years: ArrayLike) -> int | None:
    """First year in which expenditure is more than income; None if never. Count interest as income or not, as you ask.

    Unit: year. Formula: min{t: C_t < B_t}.
    """
    paid, spent, when = amounts(income=income, expenditure=expenditure, years=years)
    return _first(paid < spent, when)


def depletion_year(reserve_at_end: ArrayLike, years: ArrayLike) -> int | None:
    """Year in which the reserve is used up: the first at whose end it is below 0; None if never within the horizon.

    Unit: year. Formula: min{t: V_t < 0}.
    """
    held, when = amounts(reserve_at_end=reserve_at_end, years=years)
    return _first(held < 0, when)


def _first(condition: Array, years: Array) -> int | None:
    if condition.ndim > 1:
        raise ValueError("a first year is asked of one path; give series of one axis")
    hits = np.flatnonzero(condition)
    return int(years[hits[0]]) if len(hits) else None


@record(frozen=True)
class ActuarialBalance:
    """Summarised rates of a valuation period, as shares of the present value of wages; `balance` = income − cost."""

    income_rate: Array
    cost_rate: Array
    balance: Array


def actuarial_balance(
    income: ArrayLike,
    cost: ArrayLike,
    wages: ArrayLike,
    opening_reserve: ArrayLike,
    years: int | None = None,
    *,
    interest: ArrayLike | None = None,
    discount: ArrayLike | None = None,
    target_fund: ArrayLike | None = None,
    timing: float = MIDDLE,
) -> ActuarialBalance:
    """Long-range actuarial balance over the first `years`, with a year's cost left at the end as target fund (...).

    `income` without interest. Discounted with `interest` by year, or with `discount`: published accumulation factors by year (growth of 1
    from the valuation date to the middle of the year). `target_fund` is the reserve wanted at the end, by default the cost of the year
    after the period: that of the series, or of its last year grown as in that year. Unit: share of wages.
    Formula: (V_0 + PV(C)) / PV(S) − (PV(B) + PV(target)) / PV(S). Source: Trustees Report, section IV.B.4, and glossary, "Summarized
    balance".
    """
    paid, spent, insured = amounts(income=income, cost=cost, wages=wages)
    span = within("years", insured.shape[-1] if years is None else years, insured.shape[-1])
    middle, end = _factors(interest, discount, span, insured.shape[-1], timing)
    target = _following(spent, span) if target_fund is None else number("target_fund", target_fund)
    paid_value, spent_value, base = (
        (flow[..., :span] * middle).sum(axis=-1) for flow in (paid, spent, insured)
    )
    income_rate = divided(number("opening_reserve", opening_reserve) + paid_value, base, "the value of wages")
    cost_rate = divided(spent_value + target * end, base, "the value of wages")
    return ActuarialBalance(income_rate, cost_rate, income_rate - cost_rate)


def _factors(
    interest: ArrayLike | None, discount: ArrayLike | None, span: int, known: int, timing: float
) -> tuple[Array, Array]:
    """Discount factors of the payments (..., T) and of the last day (...)."""
    if (interest is None) == (discount is None):
        raise ValueError(
            "give either interest (yearly rates) or discount (published factors), not both or none"
        )
    if interest is not None:
        return discount_factors(interest, span, timing), discount_factors(interest, span, 1.0)[..., -1]
    grown = number("discount", discount, above=0.0)  # type: ignore[arg-type]
    if grown.ndim == 0 or grown.shape[-1] < span or span < 2:
        raise ValueError(f"discount must hold a factor for each of at least {max(span, 2)} years")
    half_a_year = np.sqrt(grown[..., span - 1] / grown[..., span - 2])
    return 1.0 / grown[..., :span], np.asarray(1.0 / (grown[..., span - 1] * half_a_year))


def _following(cost: Array, span: int) -> Array:
    """Cost of the year after the period; past the series the last one grown as in its last year."""
    if span < cost.shape[-1]:
        return np.asarray(cost[..., span])
    if span < 2:
        raise ValueError(
            "target_fund is needed: the series has no year after the period, nor two to carry on"
        )
    return np.asarray(cost[..., -1] * divided(cost[..., -1], cost[..., -2], "cost"))


def steady_state_rate(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike,
    *,
    current_rate: ArrayLike = 0.0,
    review_years: int = 3,
    first: int = 10,
    second: int = 60,
    timing: float = MIDDLE,
) -> Array:
    """Canadian steady-state rate: constant from the end of the review period, and the reserve is as many years of expenditure 10 and 60
    years after it (...).

    The ratio is the reserve at the end of a year over the expenditure of the next. `current_rate` holds in the `review_years`. Unit:
    share of wages. Formula: V_{n+10}/B_{n+11} = V_{n+60}/B_{n+61}, V linear in the rate. Source: Canada Pension Plan, s. 113.1(4)(c)
    and the Calculation of Contribution Rates Regulations (first and second year of the ratio: the 10th and the 60th).
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    if not review_years >= 0 or not 1 <= first < second:
        raise ValueError("review_years must be 0 or more, first at least 1 and second after first")
    within("the second year of the ratio", review_years + second + 1, insured.shape[-1])
    start = np.arange(insured.shape[-1]) >= review_years
    before = np.where(start, 0.0, 1.0) * number("current_rate", current_rate)[..., None]
    rate = rates_of_interest(interest, insured.shape[-1])
    without = reserve_path(before * insured, spent, rate, opening_reserve, timing)
    by_rate = reserve_path(start * insured, 0.0, rate, 0.0, timing)
    places = [review_years + year - 1 for year in (first, second)]
    (a, b), (c, d) = (
        [divided(path[..., place], spent[..., place + 1], "expenditure") for place in places]
        for path in (without, by_rate)
    )
    if (np.abs(c - d) <= 1e-12 * np.maximum(np.abs(c), np.abs(d))).all():
        raise ValueError("wages have no effect on the difference of both ratios: no rate makes them equal")
    return np.asarray((b - a) / (c - d))


def turnover_duration(contributions_by_age: ArrayLike, pensions_by_age: ArrayLike, ages: ArrayLike) -> Array:
    """How long a unit of money stays in a scheme (...): mean age of the pensions paid less mean age of the contributions.

    Ages on the last axis, exact ages in the middle of the year of age. Unit: years. Formula: Σ x·P_x / Σ P_x − Σ x·C_x / Σ C_x.
    Source: Settergren and Mikula 2005 (pay-in plus pay-out duration).
    """
    paid, pension, age = amounts(
        contributions_by_age=contributions_by_age, pensions_by_age=pensions_by_age, ages=ages
    )
    means = (
        divided((age * money).sum(axis=-1), money.sum(axis=-1), name)
        for money, name in ((pension, "pensions_by_age"), (paid, "contributions_by_age"))
    )
    return np.asarray(np.subtract(*means))


def swedish_balance_ratio(
    contributions: ArrayLike, turnover: ArrayLike, reserve: ArrayLike, pension_liability: ArrayLike
) -> Array:
    """Balance ratio of the Swedish income pension: contribution asset and fund over the accrued pension liability (...).

    Below 1 the automatic balancing begins. Unit: ratio. Formula: (C · TD + V) / PL. Source: Socialförsäkringsbalken ch. 58 §§ 14-18;
    Settergren and Mikula 2005.
    """
    asset = number("contributions", contributions, least=0.0) * number("turnover", turnover, above=0.0)
    liability = number("pension_liability", pension_liability)
    return divided(asset + number("reserve", reserve), liability, "pension_liability")
