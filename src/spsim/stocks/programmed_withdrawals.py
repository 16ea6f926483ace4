"""Balances of accounts that are paid out year by year, as a stock: what each year pays, and what is left when the member dies.

Comes in: the setting, the divisor of the law. Goes out: the rise of such pensions by age, and what the heirs get. Called by
`stocks.payments`; read by `valuation_groups`.

One payment stands for a calendar year, on its 1 July. A balance V at the award, in the middle of step t, has grown to V (1+i)^½ then and
pays that over d(x). What is left, payment · (d − 1), grows by i to the next 1 July and is divided by d(x+1). So with the age x before the
step, and at the last age, which is open, with d of the same age

    B_t(x+1) = B_{t−1}(x) · (1+i_t) · (d_{t−1}(x) − 1) / d_t(x+1)

Those who die in the middle of the step leave B_{t−1}(x) · (d_{t−1}(x) − 1) · (1+i_t)^½ to their heirs. Nothing is lost: payments and what
the heirs get are worth V at the rates i.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from spsim.arrays import Array
from spsim.grid import OPEN_AGE, Grid, Series
from spsim.records import record
from spsim.rules.amounts import ProgrammedWithdrawal
from spsim.rules.benefits import Survivors, labels
from spsim.rules.benefits import heirs_name as heirs_name
from spsim.schemes import PensionScheme
from spsim.stocks.rights import account_unit_in_july
from spsim.stocks.setting import Setting


@record(frozen=True)
class Withdrawal:
    """A balance that is paid out: `divisor` (T, 2, 101) in step t at the age of the cell, `growth` (T,) 1 + i of step t."""

    divisor: Array
    growth: Array

    @property
    def left(self) -> Array:
        """What is left after a payment of 1, in years of that payment (T, 2, 101)."""
        return self.divisor - 1.0

    @property
    def indexation(self) -> Array:
        """Rise of the payment in step t, by the age at its start (T, 2, 101)."""
        rise = np.zeros_like(self.divisor)
        after = np.concatenate([self.divisor[1:, :, 1:], self.divisor[1:, :, -1:]], axis=2)
        rise[1:] = self.growth[1:, None, None] * self.left[:-1] / after - 1.0
        return rise

    @property
    def first_indexation(self) -> Array:
        """Growth from the award in the middle of step t to its end (T,)."""
        return np.sqrt(self.growth) - 1.0

    def to_heirs(self, amount: Array, mortality: Array) -> Array:
        """Balances of those who die in the middle of each step (T, 2, 101, K), by age at its end, from payments `amount` of 1 July."""
        paid = np.zeros_like(amount)
        left = amount[:-1] * self.left[:-1, ..., None] * np.sqrt(self.growth)[1:, None, None, None]
        paid[1:, :, 1:] = left[:, :, :-1]
        paid[1:, :, -1] += left[:, :, -1]
        return paid * mortality[..., None]

    def lost(self, amount: Array, new: Array, heirs: Array) -> tuple[Array, Array]:
        """What is missing from the balances at the end of each step, and the balances (T−1,): zero but for rounding.

        Left a year before · (1+i) + awarded · (1+i)^½ = due on this 1 July, the payment included, + to heirs · (1+i)^½; all (T, 2, 101, K).
        """
        half = np.sqrt(self.growth)[1:]
        left, due = (
            _in_all(money * years[..., None])
            for money, years in ((amount, self.left), (amount, self.divisor))
        )
        awarded = _in_all(new * self.divisor[..., None])
        coming = left[:-1] * self.growth[1:] + awarded[1:] * half
        return coming - due[1:] - _in_all(heirs)[1:] * half, coming


def _in_all(money: Array) -> Array:
    return np.asarray(money.sum(axis=(1, 2, 3)))


def withdrawals(scheme: PensionScheme) -> dict[str, ProgrammedWithdrawal]:
    """Pensions of a scheme that pay out a balance, by their names in the tables."""
    found = {}
    for benefit_id, benefit in scheme.benefits.items():
        if not isinstance(benefit, Survivors):
            names = labels(benefit_id, benefit)
            for tier_id, tier in benefit.tiers.items():
                if isinstance(tier.amount, ProgrammedWithdrawal):
                    found[names[tier_id]] = tier.amount
    return found


def withdrawal(setting: Setting, rule: ProgrammedWithdrawal) -> Withdrawal:
    """One of them, laid on all ages."""
    scheme, grid = setting.scheme, setting.grid
    crediting = rule.crediting or scheme.accounts[rule.account].crediting
    unit = account_unit_in_july(setting, crediting)
    growth = np.ones_like(unit)
    growth[1:] = unit[1:] / unit[:-1]
    return Withdrawal(divisors(rule, scheme, grid, setting.paths.references), growth)


def divisors(
    rule: ProgrammedWithdrawal, scheme: PensionScheme, grid: Grid, references: Mapping[str, Series]
) -> Array:
    """What a balance is divided by in each step, at all ages (T, 2, 101)."""
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).steps(references, scheme.start)
    found = rule.divisors(moments)[..., 0, 0]
    return np.array(np.broadcast_to(found, (len(grid.years), 2, OPEN_AGE + 1)))
