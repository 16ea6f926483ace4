"""Yearly series of a scheme: checked, discounted, added up, carried on for ever.

Comes in: amounts (..., T) over periods of equal length, usually years; interest of each period. Goes out: present values on the first day
of the first period. Every function of the package reads its arguments through here, so that a bad one is refused by its name.

Discounted sums (Iyer 1999, 5.44-5.45), with payments at the fraction e of each period (`timing`, in its middle by default):

    D_t = F_t · f_t,   f_t = 1 / [Π_{r<t} (1 + i_r) · (1 + i_t)^e],   TD = Σ D_t
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array

MIDDLE = 0.5


def amounts(**named: ArrayLike) -> tuple[Array, ...]:
    """Amounts by name as float arrays (..., T) of one T; a single number holds for every period.

    Raises ValueError for a number that is not finite, an empty series, or series of different lengths.
    """
    arrays = {name: _finite(name, values) for name, values in named.items()}
    lengths = {name: array.shape[-1] for name, array in arrays.items() if array.ndim and array.shape[-1] > 1}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"the series differ in length: {told}; give all for the same periods")
    periods = max(lengths.values(), default=1)
    return tuple(
        np.broadcast_to(array, (*array.shape[:-1], periods)) if array.ndim else np.full(periods, array)
        for array in arrays.values()
    )


def number(name: str, value: ArrayLike, *, above: float | None = None, least: float | None = None) -> Array:
    """One figure, or one for each leading axis; ValueError if it is not finite or not above (at least) a bound."""
    checked = _finite(name, value)
    if above is not None and not (checked > above).all():
        raise ValueError(f"{name} is {_worst(checked):g}; it must be above {above:g}")
    if least is not None and not (checked >= least).all():
        raise ValueError(f"{name} is {_worst(checked):g}; it must be at least {least:g}")
    return checked


def rates_of_interest(interest: ArrayLike, periods: int, name: str = "interest") -> Array:
    """Interest of each period (..., T) from one rate or from a path at least as long; ValueError at -100 % or less, or a path too short."""
    rates = number(name, interest, above=-1.0)
    if rates.ndim == 0 or rates.shape[-1] == 1:
        return np.broadcast_to(rates, (*rates.shape[:-1], periods)) if rates.ndim else np.full(periods, rates)
    if rates.shape[-1] < periods:
        raise ValueError(f"{name} is known for {rates.shape[-1]} periods, but {periods} are asked for")
    return rates[..., :periods]


def within(name: str, years: int, horizon: int, of: str = "the series") -> int:
    """A number of periods that lies within the horizon, at least 1; ValueError otherwise."""
    whole = whole_number(name, years)
    if whole > horizon:
        raise ValueError(f"{name} is {whole}, past the horizon: {of} has {horizon} periods")
    return whole


def whole_number(name: str, value: float) -> int:
    """A count of at least 1; ValueError otherwise."""
    if isinstance(value, bool) or not np.isfinite(value) or int(value) != value or value < 1:
        raise ValueError(f"{name} is {value}; it must be a whole number of at least 1")
    return int(value)


def discount_factors(interest: ArrayLike, periods: int, timing: float = MIDDLE) -> Array:
    """Value on the first day of 1 paid in each period (..., T), at the fraction `timing` of it.

    Unit: share. Formula: f_t = 1 / [Π_{r<t}(1+i_r) · (1+i_t)^e], e = 0 in advance, ½ in the middle, 1 in arrear.
    Source: Iyer 1999, 5.44.
    """
    rates = rates_of_interest(interest, periods)
    if not 0.0 <= timing <= 1.0:
        raise ValueError(f"timing is {timing:g}; it must lie between 0 (in advance) and 1 (in arrear)")
    force = np.log1p(rates)
    return np.asarray(np.exp(-(np.cumsum(force, axis=-1) - force * (1.0 - timing))))


def present_value(flows: ArrayLike, interest: ArrayLike, timing: float = MIDDLE) -> Array:
    """Value on the first day of all flows (...).

    Unit: currency. Formula: Σ F_t · f_t. Source: Iyer 1999, 5.45.
    """
    (flow,) = amounts(flows=flows)
    return np.asarray((flow * discount_factors(interest, flow.shape[-1], timing)).sum(axis=-1))


def closing_factor(interest: ArrayLike, periods: int) -> Array:
    """Value on the first day of 1 on the last day of the last period (...)."""
    return np.asarray(discount_factors(interest, periods, 1.0)[..., -1])


def perpetual_value(
    flows: ArrayLike, interest: ArrayLike, growth: ArrayLike, timing: float = MIDDLE
) -> Array:
    """Value on the first day of flows that go on for ever after the last period, growing at `growth` while interest stays what it was.

    Unit: currency. Formula: TD_{n−1} + k · D_n, k = 1 / (1 − (1+g)/(1+i_n)). Source: Iyer 1999, 1.13-1.14 and 5.48.
    Raises ValueError where interest of the last period is not above `growth`: the sum has no value.
    """
    (flow,) = amounts(flows=flows)
    rate = rates_of_interest(interest, flow.shape[-1])
    discounted = flow * discount_factors(rate, flow.shape[-1], timing)
    step = number("growth", growth, above=-1.0)
    last = rate[..., -1]
    if not (last > step).all():
        raise ValueError(
            f"interest of the last period ({_worst(last):.4%}) is not above growth ({float(step.max()):.4%}): "
            "a perpetuity has no value; ask for a rate over a period"
        )
    k = (1.0 + last) / (last - step)
    return np.asarray(discounted[..., :-1].sum(axis=-1) + k * discounted[..., -1])


def last_growth(values: ArrayLike, name: str = "wages") -> Array:
    """Growth of a series in its last period (...); ValueError if there are not two or the one before is not above 0."""
    (series,) = amounts(**{name: values})
    if series.shape[-1] < 2 or not (series[..., -2] > 0).all():
        raise ValueError(f"growth cannot be read from the last two periods of {name}; give growth")
    return np.asarray(series[..., -1] / series[..., -2] - 1.0)


def reserve_path(
    income: ArrayLike,
    expenditure: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """Reserve at the end of each period (..., T), year after year.

    Unit: currency. Formula: V_t = V_{t−1}(1+i_t) + (C_t − B_t)(1+i_t)^(1−e), e = ½ for payments in the middle. Source: Iyer 1999, 5.46.
    """
    paid_in, paid_out = amounts(income=income, expenditure=expenditure)
    net = paid_in - paid_out
    rate = rates_of_interest(interest, net.shape[-1])
    reserve = number("opening_reserve", opening_reserve)
    half = (1.0 + rate) ** (1.0 - timing)
    path = []
    for t in range(net.shape[-1]):
        reserve = reserve * (1.0 + rate[..., t]) + net[..., t] * half[..., t]
        path.append(reserve)
    return np.stack(np.broadcast_arrays(*path), axis=-1)


def july_years(values: ArrayLike) -> Array:
    """Flows of the years that begin on 1 July (..., T−1) from yearly rates read on each 1 July (..., T): the mean of both ends.

    Unit: currency. A scheme whose stocks stand on 1 July of the first year is valued from that day with these flows.
    """
    (flow,) = amounts(values=values)
    if flow.shape[-1] < 2:
        raise ValueError("values has one period; two Julys make a year")
    return np.asarray((flow[..., :-1] + flow[..., 1:]) / 2.0)


def divided(part: Array, whole: Array, name: str) -> Array:
    """part / whole; ValueError naming the whole where it is not above 0."""
    if not (np.asarray(whole) > 0).all():
        raise ValueError(f"{name} must be above 0 to be divided by, and is {_worst(np.asarray(whole)):g}")
    return np.asarray(part / whole)


def _finite(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError(f"{name} is empty")
    if not np.isfinite(array).all():
        where = tuple(int(place) for place in np.argwhere(~np.isfinite(np.atleast_1d(array)))[0])
        raise ValueError(f"{name} holds a number that is not finite (at {where}); give every period a number")
    return array


def _worst(array: Array) -> float:
    return float(array.min())
