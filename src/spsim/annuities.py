"""Present values on one life: annuities, insurances, endowments.

Comes in: probabilities of death by age and a rate of interest. Goes out: values at each age. Called by whoever prices a promise: pension
wealth, capitalised awards. Symbols as in every textbook of life contingencies (v = 1 / (1 + i), p = 1 − q).
"""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array


def annuity_due(q: Array, interest: float, years: int | None = None) -> Array:
    """ä_x = 1 + v·p_x·ä_{x+1}: value at each age (A,) of 1 a year in advance, for life or for at most `years` years.

    `q` (A,) yearly probabilities of death; whoever lives past the last age is paid once more, on reaching it, if q there is below 1.
    Raises ValueError if a probability is outside 0-1 or interest is −100 % or less.
    """
    v, p = _discount(q, interest)
    if years is None:
        return _backward(np.ones_like(p), v * p)
    value = np.zeros(len(p) + 1)
    for _ in range(years):
        value[:-1] = 1.0 + v * p * value[1:]
    return value[:-1]


def insurance(q: Array, interest: float) -> Array:
    """A_x = v·q_x + v·p_x·A_{x+1}: value at each age (A,) of 1 paid at the end of the year of death."""
    v, p = _discount(q, interest)
    return _backward(v * (1.0 - p), v * p)


def pure_endowment(q: Array, interest: float, years: int) -> Array:
    """nE_x = v^n · np_x: value at each age (A,) of 1 paid on surviving `years` years; 0 where the table ends before."""
    v, p = _discount(q, interest)
    value = np.ones(len(p) + 1)
    for _ in range(years):
        value[:-1] = v * p * value[1:]
        value[-1] = 0.0
    return value[:-1]


def _backward(payment: Array, carried: Array) -> Array:
    """w_x = payment_x + carried_x · w_{x+1} from the last age down."""
    value = np.zeros(len(payment) + 1)
    for x in range(len(payment) - 1, -1, -1):
        value[x] = payment[x] + carried[x] * value[x + 1]
    return value[:-1]


def _discount(q: Array, interest: float) -> tuple[float, Array]:
    q = np.asarray(q, dtype=np.float64)
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError("probabilities of death must lie between 0 and 1")
    if not interest > -1:
        raise ValueError(f"interest is {interest}; it must be above -1")
    return 1.0 / (1.0 + interest), 1.0 - q
