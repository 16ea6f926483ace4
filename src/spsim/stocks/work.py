"""Pensions beside work in a projection: what is stopped of those in payment.

Comes in: pensions by sex, age and earnings class, the share of pensioners who work and their pay (behaviour). Goes out: the yearly amount
that is not paid. Called by `stocks.payments`.

In each cell a share w of the pensioners works, at the pay of their class: a ratio of the average wage of the members × what the class earns
over the mean of all classes at that age. The law is read for a pensioner with the cell's mean pension; the others have it in full.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import WorkingPensioners
from spsim.dated import on
from spsim.grid import OPEN_AGE, Moments
from spsim.rules.pension_age import share_of_age
from spsim.rules.work_test import WorkTest
from spsim.stocks.setting import Setting

YOUNGEST = 29  # no pension age lies below 30


def stopped_beside_work(setting: Setting, test: WorkTest, heads: Array, tested: Array) -> Array:
    """Yearly amount stopped (T, 2, 101, K) of pensions with `tested` as the part that the law looks at."""
    working = setting.behaviour.working_pensioners
    assert working is not None
    grid = replace(setting.grid, youngest=0, oldest=OPEN_AGE)
    moments = grid.calendar_years(setting.paths.references, setting.scheme.start)
    each = np.divide(tested, 12.0 * heads, out=np.zeros_like(tested), where=heads > 0)
    share = on(working.share, moments)[..., 0] * _within(setting, test)[..., None]
    return np.asarray(12.0 * heads * share * test.stopped(_pay(setting, working, moments), each, moments))


def _pay(setting: Setting, working: WorkingPensioners, moments: Moments) -> Array:
    """Monthly pay of pensioners at work (T, S, 101, K)."""
    members, ages = setting.members, setting.grid.ages
    weight = np.where(np.nan_to_num(members.target, nan=1.0) > 0, np.nan_to_num(members.target, nan=1.0), 0.0)
    mean = (members.wages * members.class_shares).sum(axis=-1)
    average = (mean * weight).sum(axis=(1, 2)) / np.maximum(weight.sum(axis=(1, 2)), 1e-300)
    of_class = members.wages / mean[..., None]
    place = np.clip(np.arange(OPEN_AGE + 1) - int(ages[0]), 0, len(ages) - 1)
    ratio = on(working.pay, moments)[..., 0]
    return np.asarray(ratio * average[:, None, None, None] * of_class[:, :, place])


def _within(setting: Setting, test: WorkTest) -> Array:
    """Share of each cell (T, 2, 101) to which the test applies: those not yet `years` past the pension age on 1 July."""
    years = setting.grid.years
    within = np.ones((len(years), 2, OPEN_AGE + 1))
    if test.years is not None:
        months = (12 * (years - test.years) + 6)[None, :]
        age, ages = setting.scheme.pension_age, np.arange(YOUNGEST, OPEN_AGE + 1 - test.years)
        within[:, :, YOUNGEST + test.years :] -= share_of_age(age, months, ages, setting.scheme.payable_from)[
            0
        ]
    return within
