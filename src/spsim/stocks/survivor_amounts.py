"""What survivors in payment are paid in each year: their pensions beside those of their own, and additions for widows.

Comes in: persons and pensions in payment by class of survivor. Goes out: yearly amounts by sex and age. Called by `stocks.payments`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.dated import on
from spsim.grid import OPEN_AGE
from spsim.rules.survivors import BesideOwnPension, Survivors
from spsim.stocks.setting import Setting
from spsim.stocks.survivors import childless


def yearly_amount(setting: Setting, benefit: Survivors, persons: Array, money: Array) -> Array:
    """Amount (T, 2, 101) from persons and money (T, 2, 101, C): spouses, by years since the award if they end; children; parents."""
    spouses, others = money[..., :-2].sum(axis=-1), money[..., -2:].sum(axis=-1)
    if benefit.beside_own_pension is not None:
        spouses = spouses * _beside_own(setting, benefit.beside_own_pension)
    if benefit.spouse_addition is not None:
        spouses = spouses + persons[..., :-2].sum(axis=-1) * _addition(setting, benefit)
    return np.asarray(spouses + others)


def _beside_own(setting: Setting, rule: BesideOwnPension) -> Array:
    """What is left of the survivors pensions of spouses of each age (T, 2, 101) beside their own."""
    grid = replace(setting.grid, youngest=0, oldest=OPEN_AGE)
    years = grid.calendar_years(setting.paths.references, setting.scheme.start)
    own = on(setting.behaviour.family.own_pension, years)[..., 0, 0]
    reached = np.arange(OPEN_AGE + 1) >= rule.from_age
    return np.asarray(np.where(reached, rule.share(own, years), 1.0))


def _addition(setting: Setting, benefit: Survivors) -> Array:
    """Yearly addition to the pension of a spouse of each age (T, 2, 101), for the share of them without children."""
    rule = benefit.spouse_addition
    assert rule is not None
    years = setting.grid.calendar_years(setting.paths.references, setting.scheme.start)
    ages = np.arange(OPEN_AGE + 1)
    within = (ages >= rule.from_age) & (ages < rule.to_age)
    alone = childless(benefit.child_age, setting.behaviour.family, setting.fertility)
    return np.asarray(12.0 * on(rule.amount, years)[:, :, :, 0, 0] * within * alone)
