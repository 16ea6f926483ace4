"""Writing off an unfunded liability: level payments, level per cent of payroll, ramps, layers.

Comes in: a balance on the valuation date and the terms of its amortisation. Goes out: payments and the balance year by year. Sources:
A. W. Anderson, Pension Mathematics for Actuaries, 1992, ch. 2; Conference of Consulting Actuaries, Actuarial Funding Policies and Practices for
Public Pension Plans, 2014 (layers, level percent of pay, ramps).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import MIDDLE, amounts, number, rates_of_interest, whole_number
from spsim.records import record


@record(frozen=True)
class Schedule:
    """An amortisation year by year (..., T): balance at the start, interest, payment, balance at the end."""

    opening: Array
    interest: Array
    payment: Array
    closing: Array

    def plus(self, other: Schedule) -> Schedule:
        """Two layers of one age together; the shorter one is followed by nothing."""
        longest = max(self.payment.shape[-1], other.payment.shape[-1])
        pairs = (
            (_lengthened(getattr(self, name), longest), _lengthened(getattr(other, name), longest))
            for name in ("opening", "interest", "payment", "closing")
        )
        return Schedule(*(one + two for one, two in pairs))


def amortisation_payment(
    balance: ArrayLike,
    interest: ArrayLike,
    years: float,
    growth: ArrayLike = 0.0,
    timing: float = MIDDLE,
    payments_per_year: int = 1,
) -> Array:
    """First year's payment that writes a balance off in `years` (...): level if `growth` is 0, level per cent of payroll if it is payroll's.

    `timing` of each payment within its own part of the year; `years` may have a fraction. Unit: currency a year. Formula: U / Σ_k
    [(1+g)/(1+i)]^k · v^e over k = 0..n−1. Source: Anderson 1992, ch. 2. Raises ValueError for an endless or empty period.
    """
    factor = amortisation_factor(interest, years, growth, timing, payments_per_year)
    return np.asarray(number("balance", balance) / factor)


def amortisation_factor(
    interest: ArrayLike,
    years: float,
    growth: ArrayLike = 0.0,
    timing: float = MIDDLE,
    payments_per_year: int = 1,
) -> Array:
    """Value of an annuity-certain of 1 in the first year that grows at `growth` (...).

    Unit: years. Formula: (1 − w^n) / (1 − w) · v^(e/m) · (1/m) Σ_j v^(j/m), w = (1+g)/(1+i), m payments a year; the last, incomplete year of
    a fractional n counts by the same power of w. Source: Anderson 1992, ch. 2.
    """
    rate, step = number("interest", interest, above=-1.0), number("growth", growth, above=-1.0)
    if not np.isfinite(years) or years <= 0:
        raise ValueError(f"years is {years:g}; it must be above 0")
    w = (1.0 + step) / (1.0 + rate)
    same = np.isclose(w, 1.0, rtol=0.0, atol=1e-12)
    sum_of_powers = np.where(same, years, (1.0 - w**years) / np.where(same, 1.0, 1.0 - w))
    return np.asarray(sum_of_powers * _within_year(rate, timing, payments_per_year))


def _within_year(rate: Array, timing: float, payments_per_year: int) -> Array:
    """Value on its first day of 1 paid in a year, in equal parts."""
    parts = whole_number("payments_per_year", payments_per_year)
    if not 0.0 <= timing <= 1.0:
        raise ValueError(f"timing is {timing:g}; it must lie between 0 (in advance) and 1 (in arrear)")
    moments = (np.arange(parts) + timing) / parts
    return np.asarray(np.mean((1.0 + rate[..., None]) ** -moments, axis=-1))


def amortisation_schedule(
    balance: ArrayLike,
    interest: ArrayLike,
    years: int,
    growth: ArrayLike = 0.0,
    timing: float = MIDDLE,
    *,
    payments_per_year: int = 1,
    ramp_up: int = 0,
    ramp_down: int = 0,
    scheduled: Sequence[float] = (),
) -> Schedule:
    """The whole schedule of one layer, paid off at its end.

    Interest and growth may be given by year. `scheduled` are payments of the first years that are fixed already (0 for a year's delay);
    `ramp_up` and `ramp_down` years over which payments rise to, and fall from, the full amount in equal steps (5: 20, 40, 60, 80, 100 %).
    `years` counts all of them. Unit: currency. Formula: U_t = U_{t−1}(1+i) − P_t·(1+i)^(1−e), U_n = 0, P ∝ ramp · Π(1+g). Source:
    Conference of Consulting Actuaries 2014.
    """
    span = whole_number("years", years)
    rate = rates_of_interest(interest, span)
    at_end = _within_year(rate, timing, payments_per_year) * (1.0 + rate)
    weight = _pattern(span, growth, ramp_up, ramp_down, len(scheduled))
    known = np.zeros(span)
    known[: len(scheduled)] = amounts(scheduled=scheduled)[0] if len(scheduled) else 0.0
    to_end = np.cumprod((1.0 + rate)[..., ::-1], axis=-1)[
        ..., ::-1
    ]  # growth of 1 from the first day of a year to the end
    factor = at_end * to_end / (1.0 + rate)
    owed = number("balance", balance) * to_end[..., 0] - (known * factor).sum(axis=-1)
    full = owed / (weight * factor).sum(axis=-1)
    payment = known + weight * np.asarray(full)[..., None]
    return _followed(number("balance", balance), rate, payment, at_end)


def _pattern(span: int, growth: ArrayLike, ramp_up: int, ramp_down: int, fixed: int) -> Array:
    """Shape of the payments (..., T): ramps times growth of payroll; nothing in the years that are fixed."""
    free = span - fixed
    if fixed < 0 or free < 1:
        raise ValueError(f"scheduled names {fixed} payments; at least one of the {span} years must be left")
    if min(ramp_up, ramp_down) < 0 or ramp_up + ramp_down > free + 1:
        raise ValueError(f"ramps of {ramp_up} and {ramp_down} years do not fit into {free} years")
    k = np.arange(free)
    up = np.minimum((k + 1) / max(ramp_up, 1), 1.0)
    down = np.minimum((free - k) / max(ramp_down, 1), 1.0)
    step = rates_of_interest(growth, span, "growth")
    grown = np.ones(step.shape)
    grown[..., 1:] = np.cumprod(1.0 + step[..., 1:], axis=-1)
    weight = np.zeros(step.shape)
    weight[..., fixed:] = up * down * grown[..., fixed:]
    return weight


def _followed(balance: Array, rate: Array, payment: Array, at_end: Array) -> Schedule:
    """The balance year by year under given payments."""
    opening, closing, left = [], [], balance
    for t in range(payment.shape[-1]):
        opening.append(left)
        left = left * (1.0 + rate[..., t]) - payment[..., t] * at_end[..., t]
        closing.append(left)
    begin, end = (np.stack(np.broadcast_arrays(*path), axis=-1) for path in (opening, closing))
    return Schedule(begin, end - begin + payment, payment, end)


def amortisation_path(
    balance: ArrayLike,
    interest: ArrayLike,
    payments: ArrayLike,
    timing: float = MIDDLE,
    payments_per_year: int = 1,
) -> Schedule:
    """The balance that given payments leave, year by year, for example a fixed share of a payroll.

    Unit: currency. Formula: U_t = U_{t−1}(1+i) − P_t·(1+i)^(1−e). Source: Anderson 1992, ch. 2.
    """
    (paid,) = amounts(payments=payments)
    rate = rates_of_interest(interest, paid.shape[-1])
    return _followed(
        number("balance", balance), rate, paid, _within_year(rate, timing, payments_per_year) * (1.0 + rate)
    )


def layered_amortisation(layers: Sequence[Schedule]) -> Schedule:
    """Several layers (bases) that begin on one date, each with its own balance and years left, together.

    Unit: currency. Source: Conference of Consulting Actuaries 2014.
    """
    if not layers:
        raise ValueError("layers is empty; give at least one schedule")
    whole = layers[0]
    for layer in layers[1:]:
        whole = whole.plus(layer)
    return whole


def funding_period(
    balance: float,
    interest: float,
    payment: float,
    growth: float = 0.0,
    timing: float = MIDDLE,
    payments_per_year: int = 1,
) -> float:
    """Years in which a payment, growing at `growth`, writes a balance off.

    Unit: years. Formula: n = ln(1 − (1−w)·U/(P·a_1)) / ln w, a_1 the value of 1 a year within its first year. Source: Anderson 1992, ch. 2.
    Raises ValueError where the payment never does so (interest above growth and a payment too small).
    """
    owed = float(number("balance", balance, least=0.0))
    paid = float(number("payment", payment, above=0.0))
    rate, step = number("interest", interest, above=-1.0), number("growth", growth, above=-1.0)
    w = float((1.0 + step) / (1.0 + rate))
    ratio = owed / (paid * float(_within_year(rate, timing, payments_per_year)))
    if abs(1.0 - w) < 1e-12:
        return ratio
    left = 1.0 - (1.0 - w) * ratio
    if left <= 0:
        raise ValueError(
            f"payment of {paid:g} never writes off {owed:g}: it does not cover interest above growth"
        )
    return float(np.log(left) / np.log(w))


def _lengthened(path: Array, periods: int) -> Array:
    missing = [(0, 0)] * (path.ndim - 1) + [(0, periods - path.shape[-1])]
    return np.pad(path, missing)


__all__ = [
    "Schedule",
    "amortisation_factor",
    "amortisation_path",
    "amortisation_payment",
    "amortisation_schedule",
    "funding_period",
    "layered_amortisation",
]
