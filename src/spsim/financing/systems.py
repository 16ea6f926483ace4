"""Systems of finance: what rate of contributory wages pays for a scheme, and when.

Comes in: contributory wages S, expenditure B with administration, reserve V, interest i by period, (..., T), from the valuation date on.
Goes out: rates as shares of wages. Leading axes (draws, funds) are carried through. Sources: S. Iyer, Actuarial mathematics of social
security pensions, ILO/ISSA 1999, ch. 1 (1.3-1.33) and ch. 5 (5.44-5.50); numbers in brackets are its formulas.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import (
    MIDDLE,
    amounts,
    closing_factor,
    discount_factors,
    divided,
    last_growth,
    number,
    perpetual_value,
    present_value,
    rates_of_interest,
    reserve_path,
    within,
)
from spsim.records import record


def payg_rate(wages: ArrayLike, expenditure: ArrayLike) -> Array:
    """Pay-as-you-go: the rate at which contributions of each year pay for its expenditure (..., T).

    Unit: share of wages. Formula: B_t / S_t. Source: Iyer 1999, 5.47.
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    return divided(spent, insured, "wages")


def payg_parts(
    pensioners: ArrayLike, contributors: ArrayLike, average_pension: ArrayLike, average_wage: ArrayLike
) -> tuple[Array, Array]:
    """The two parts of the pay-as-you-go rate (..., T): dependency (pensioners per contributor) and relative pension.

    Unit: shares; their product is the rate. Formula: d = P / A, r = average pension / average insured wage. Source: ILO Pension Model
    technical guide, II §1.2.
    """
    old, active, pension, wage = amounts(
        pensioners=pensioners, contributors=contributors, average_pension=average_pension,
        average_wage=average_wage,
    )  # fmt: skip
    return divided(old, active, "contributors"), divided(pension, wage, "average_wage")


def general_average_premium(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    growth: ArrayLike | None = None,
    timing: float = MIDDLE,
) -> Array:
    """General average premium: the level rate that, with the reserve, pays for the scheme for all time (...).

    After the last period wages and expenditure grow at `growth` (that of wages in the last period if None): take a horizon at which the
    scheme is mature. Unit: share of wages. Formula: (TDB + k·DB_n − V_0) / (TDS + k·DS_n). Source: Iyer 1999, 1.13-1.14, 5.48.
    Raises ValueError where interest of the last period is not above growth.
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    step = last_growth(insured) if growth is None else number("growth", growth)
    cost = perpetual_value(spent, interest, step, timing) - number("opening_reserve", opening_reserve)
    return divided(cost, perpetual_value(insured, interest, step, timing), "the value of wages")


def level_rate(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    closing_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """The level rate over the period of the series that leads from one reserve to another (...).

    Unit: share of wages. Formula: [V(m)·f(m) + ∫B − V(n)] / ∫S, both discounted. Source: Iyer 1999, 1.24.
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    left = number("closing_reserve", closing_reserve) * closing_factor(interest, insured.shape[-1])
    cost = present_value(spent, interest, timing) + left - number("opening_reserve", opening_reserve)
    return divided(cost, present_value(insured, interest, timing), "the value of wages")


def rate_for_reserve_ratio(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    reserve_ratio: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    following_expenditure: ArrayLike | None = None,
    timing: float = MIDDLE,
) -> Array:
    """The level rate that ends the period with a reserve of `reserve_ratio` years of expenditure (...).

    The years are of the last period's expenditure, or of `following_expenditure` (for B at the very end, √(B_m·B_{m+1})).
    Unit: share of wages. Formula: [κ·B(m)·f(m) + ∫B − V(n)] / ∫S. Source: Iyer 1999, 1.25.
    """
    _, spent = amounts(wages=wages, expenditure=expenditure)
    year = spent[..., -1] if following_expenditure is None else following_expenditure
    wanted = number("reserve_ratio", reserve_ratio) * number("following_expenditure", year)
    return level_rate(wages, expenditure, interest, opening_reserve, wanted, timing)


def rate_for_reserve_ratio_throughout(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    reserve_ratio: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """The least level rate at which the reserve never ends a period below `reserve_ratio` years of its expenditure (...).

    Unit: share of wages. Formula: the largest over m of the rate that reaches κ·B(m) at m. Source: Iyer 1999, 1.26.
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    periods = insured.shape[-1]
    factors, ends = (discount_factors(interest, periods, at) for at in (timing, 1.0))
    wanted = number("reserve_ratio", reserve_ratio)[..., None] * spent * ends
    cost = (
        np.cumsum(spent * factors, axis=-1) + wanted - number("opening_reserve", opening_reserve)[..., None]
    )
    return np.asarray(divided(cost, np.cumsum(insured * factors, axis=-1), "the value of wages").max(axis=-1))


def scaled_premium_1(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    years: int,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """Scaled premium: the level rate of the first `years` at the end of which the reserve stops growing (...).

    The series must reach at least one period further. Unit: share of wages. Formula: [√(DB_m·DB_{m+1}) + δ·TDB_m − δ·V_0] /
    [√(DS_m·DS_{m+1}) + δ·TDS_m], δ = ln(1 + i_m). Source: Iyer 1999, 1.31-1.32, 5.49-5.50.
    """
    return _scaled(wages, expenditure, interest, years, opening_reserve, 0.0, timing)


def scaled_premium_2(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    years: int,
    opening_reserve: ArrayLike = 0.0,
    growth: ArrayLike | None = None,
    timing: float = MIDDLE,
) -> Array:
    """Scaled premium, second kind: the rate at the end of which the reserve grows just as fast as wages (...).

    `growth` of wages at the end of the period, by default from it to the next. Unit: share of wages. Formula: that of the first kind with
    δ − ln(1+g) in place of δ outside the discount factors. Source: Iyer 1999, §1.12.
    """
    insured, _ = amounts(wages=wages, expenditure=expenditure)
    end = within("years", years, insured.shape[-1] - 1, "the series, without the period after,")
    step = last_growth(insured[..., end - 1 : end + 1]) if growth is None else number("growth", growth)
    return _scaled(wages, expenditure, interest, years, opening_reserve, step, timing)


def _scaled(
    wages: ArrayLike, expenditure: ArrayLike, interest: ArrayLike, years: int, opening: ArrayLike,
    growth: ArrayLike, timing: float,
) -> Array:  # fmt: skip
    """V(m)·(δ − g) = B(m) − π·S(m), B and S at m between the period and the next one."""
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    end = within("years", years, insured.shape[-1] - 1, "the series, without the period after,")
    rate = rates_of_interest(interest, end + 1)
    force = np.log1p(rate[..., end - 1]) - np.log1p(number("growth", growth))
    if not (force > 0).all():
        raise ValueError(
            "interest is not above growth at the end of the period: the scaled premium has no value"
        )
    factors = discount_factors(rate, end + 1, timing)
    parts = [flow[..., : end + 1] * factors for flow in (spent, insured)]
    at_end = [np.sqrt(np.maximum(part[..., end - 1] * part[..., end], 0.0)) for part in parts]
    sums = [part[..., :end].sum(axis=-1) for part in parts]
    cost = at_end[0] + force * (sums[0] - number("opening_reserve", opening))
    return divided(cost, at_end[1] + force * sums[1], "the value of wages")


@record(frozen=True)
class Charged:
    """A system of finance at work (..., T): the rate charged in each period and the reserve at its end."""

    rate: Array
    reserve: Array


def charged(
    rate: ArrayLike,
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Charged:
    """The rates of a system (one, or a path) and the reserves that they leave.

    Unit: share of wages, currency. Formula: V_t = V_{t−1}(1+i_t) + (π_t·S_t − B_t)(1+i_t)^½. Source: Iyer 1999, 1.3 and 5.46.
    """
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    share = number("rate", rate)
    if share.ndim and share.shape[-1] not in (1, insured.shape[-1]):
        raise ValueError(f"rate has {share.shape[-1]} periods, wages {insured.shape[-1]}")
    path = np.broadcast_to(share, np.broadcast_shapes(share.shape, insured.shape))
    return Charged(path, reserve_path(path * insured, spent, interest, opening_reserve, timing))


def scaled_premiums(
    wages: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    lengths: Sequence[int],
    opening_reserve: ArrayLike = 0.0,
    kind: int = 1,
    timing: float = MIDDLE,
) -> Charged:
    """Scaled premiums one control period after another, each starting with the reserve that the one before left.

    `lengths` of the periods; `kind` 1 or 2; the path ends with the last of them. Unit: share of wages, currency.
    Source: Iyer 1999, §1.12.
    """
    if kind not in (1, 2):
        raise ValueError(f"kind is {kind}; scaled premiums are of kind 1 or 2")
    insured, spent = amounts(wages=wages, expenditure=expenditure)
    premium = (scaled_premium_1, scaled_premium_2)[kind - 1]
    within("the sum of lengths", sum(lengths), insured.shape[-1] - 1, "the series, without the period after,")
    rate_by_year = rates_of_interest(interest, insured.shape[-1])
    reserve, done, rates, reserves = number("opening_reserve", opening_reserve), 0, [], []
    for length in lengths:
        ahead, now = slice(done, None), slice(done, done + length)
        found = premium(
            insured[..., ahead], spent[..., ahead], rate_by_year[..., ahead], length, reserve, timing=timing
        )
        paid = charged(
            found[..., None], insured[..., now], spent[..., now], rate_by_year[..., now], reserve, timing
        )
        reserve, done = paid.reserve[..., -1], done + length
        rates.append(paid.rate)
        reserves.append(paid.reserve)
    return Charged(np.concatenate(rates, axis=-1), np.concatenate(reserves, axis=-1))


def terminal_funding_rate(wages: ArrayLike, value_of_awards: ArrayLike) -> Array:
    """Terminal funding: the rate that pays, in the year of award, the whole value of the pensions awarded in it (..., T).

    Unit: share of wages. Formula: Ka_t / S_t, Ka = Σ awards · annuity at award. Source: Iyer 1999, 1.19-1.22.
    """
    insured, value = amounts(wages=wages, value_of_awards=value_of_awards)
    return divided(value, insured, "wages")


def initial_population_premium(
    wages_initial: ArrayLike,
    expenditure_initial: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """AP1: the level rate of those who are members on the valuation date, pensioners included, that pays for their own benefits (...).

    Unit: share of their wages. Formula: (∫B1 − V_0) / ∫S1. Source: Iyer 1999, 1.15.
    """
    return level_rate(wages_initial, expenditure_initial, interest, opening_reserve, 0.0, timing)


def new_entrants_premium(
    wages_new: ArrayLike,
    expenditure_new: ArrayLike,
    interest: ArrayLike,
    growth: ArrayLike | None = None,
    timing: float = MIDDLE,
) -> Array:
    """AP2: the level rate of all who join after the valuation date that pays for their own benefits, for all time (...).

    Unit: share of their wages. Formula: ∫B2 / ∫S2 to infinity. Source: Iyer 1999, 1.16. Raises ValueError as `general_average_premium`.
    """
    return general_average_premium(wages_new, expenditure_new, interest, 0.0, growth, timing)


def average_premium_rates(
    wages_initial: ArrayLike,
    wages_new: ArrayLike,
    initial_premium: ArrayLike,
    new_premium: ArrayLike,
) -> Array:
    """The average-premium system: both generations pay their own premium; the rate of all together (..., T), falling from AP1 to AP2.

    Unit: share of wages. Formula: (AP1·S1 + AP2·S2) / (S1 + S2). Source: Iyer 1999, 1.17-1.18.
    """
    initial, new = amounts(wages_initial=wages_initial, wages_new=wages_new)
    first = number("initial_premium", initial_premium)[..., None]
    second = number("new_premium", new_premium)[..., None]
    return divided(first * initial + second * new, initial + new, "wages")


def average_premium_with_amortisation(
    wages: ArrayLike,
    wages_initial: ArrayLike,
    initial_premium: ArrayLike,
    new_premium: ArrayLike,
    interest: ArrayLike,
    years: int,
    timing: float = MIDDLE,
) -> Array:
    """Everyone pays AP2, and the initial generation's shortfall is written off over `years` as a level rate of all wages (..., T).

    Unit: share of wages. Formula: AP2 + (AP1 − AP2)·∫S1 / ∫_0^n S in the first n years, AP2 after. Source: Iyer 1999, §1.6-1.7.
    """
    every, initial = amounts(wages=wages, wages_initial=wages_initial)
    span = within("years", years, every.shape[-1])
    second = number("new_premium", new_premium)
    debt = (number("initial_premium", initial_premium) - second) * present_value(initial, interest, timing)
    extra = divided(debt, present_value(every[..., :span], interest, timing), "the value of wages")
    rate = np.broadcast_to(np.asarray(second)[..., None], every.shape).copy()
    rate[..., :span] += np.asarray(extra)[..., None]
    return rate
