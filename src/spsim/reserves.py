"""The reserve of a fund year by year, for one path of money or for many draws at once.

Comes in: income and outgo (..., T) and the rules that look at the reserve. Goes out: what the State or employers add, contributions whose
rate answers to the reserve, investment income, the reserve. Called by `accounts` and by the crisis draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spsim.arrays import Array
from spsim.records import record
from spsim.rules.contributions import CyclicalRate


@record(frozen=True)
class Answering:
    """A contribution whose rate is read each January: `wages` (..., T) on which it is due; `signal` (..., T) beneficiaries per contributor."""

    rule: CyclicalRate
    wages: Array
    signal: Array


@record(frozen=True)
class Reserve:
    """By year (..., T): the State's contribution, deficits paid by a guarantor, contributions that answered, administration, investment
    income, years closed at 0 by the guarantor, reserve on 31 December."""

    state: Array
    deficit: Array
    answered: tuple[Array, ...]
    administration: Array
    earned: Array
    emptied: Array
    closing: Array


def reserve_path(
    opening: Array | float,
    interest: Array,
    paid_in: Array,
    state: Array | None,
    spending: Array,
    administration: Array,
    benefits: Array,
    while_below: float | None,
    guaranteed: bool,
    answering: Sequence[Answering] = (),
    administration_rate: Array | float = 0.0,
) -> Reserve:
    """V(t) = V(t−1)(1+i) + (income − outgo)(1+i)^½, one year after another; all arrays (..., T); outgo is `spending` (benefits,
    programmes, transfers) and administration.

    The deficit is what outgo leaves open after income and the reserve with half a year's interest, V(t−1)(1+i)^½: a guarantor pays it and
    V(t) = 0. The reserve ratio of an answering contribution is V(t−1) over the outgo of the year before, in the first year over its own.
    `administration_rate` is charged on contributions that answer, as on all others.
    """
    wages = tuple(one.wages for one in answering)
    parts = (interest, paid_in, spending, benefits, *wages, *(() if state is None else (state,)))
    shape = np.broadcast_shapes(
        *(np.shape(part) for part in parts), (*np.shape(opening), np.shape(interest)[-1])
    )
    years = shape[-1]
    due = np.zeros(shape) if state is None else np.broadcast_to(state, shape)
    interest, paid_in, benefits, cost, rate_of_cost = (
        np.broadcast_to(part, shape)
        for part in (interest, paid_in, benefits, administration, administration_rate)
    )
    outgo = np.broadcast_to(spending + administration, shape)
    state_paid, deficits, earned, emptied, closing, charged = (np.zeros(shape) for _ in range(6))
    answered = tuple(np.zeros(shape) for _ in answering)
    reserve, spent_before = np.broadcast_to(np.asarray(opening, dtype=float), shape[:-1]), outgo[..., 0]
    for t in range(years):
        income, spent = paid_in[..., t], outgo[..., t]
        charged[..., t] = cost[..., t]
        for one, paid in zip(answering, answered, strict=True):
            rate = one.rule.read_at(reserve, spent_before, np.broadcast_to(one.signal, shape)[..., t])
            paid[..., t] = rate * np.broadcast_to(one.wages, shape)[..., t]
            income = income + paid[..., t]
            charged[..., t] += rate_of_cost[..., t] * paid[..., t]
            spent = spent + rate_of_cost[..., t] * paid[..., t]
        called = True if while_below is None else reserve < while_below * benefits[..., t]
        state_paid[..., t] = np.where(called, due[..., t], 0.0)
        given = state_paid[..., t]
        root = np.sqrt(1 + interest[..., t])
        short = spent - income - given - reserve * root
        empty = (short > 0) & guaranteed
        deficits[..., t] = np.where(empty, short, 0.0)
        net = income + (given + deficits[..., t]) - spent
        earned[..., t] = reserve * interest[..., t] + net * (root - 1)
        reserve = np.where(empty, 0.0, reserve + net + earned[..., t])
        emptied[..., t], closing[..., t], spent_before = empty, reserve, spent
    return Reserve(state_paid, deficits, answered, charged, earned, emptied > 0, closing)
