"""Pensions that are paid for so many months at least: what is left of these at the death of a pensioner goes to the heirs at once.

Comes in: awards, mortality, increases, the stock at the start by years since the award. Goes out: `Guarantee`. Called by `stocks.payments`.

The pensions of the last years are followed by the year of their award, beside the stock of all. With n = 0, 1, .. years since the award
in the middle of a step, h and b awards, r the increase of the step, r' the one from an award to the end of its step, floor as in the stock:

    H_{t,0}(x) = h_t(x)                              B_{t,0}(x) = b_t(x) r'_t
    H_{t,n}(x) = H_{t−1,n−1}(x−1) (1 − q_t(x))       B_{t,n}(x) = max(B_{t−1,n−1}(x−1) (1 − q_t(x)) r_t, floor · H)

Who dies in the middle of step t has been paid for n years on average, from n − ½ to n + ½ of them; of m guaranteed months

    left(n) = ∫ max(m − 12 τ, 0) dτ over n − ½ .. n + ½

go to the heirs, at the pension of the middle of the step. Those who die in the step of their award die as members.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from spsim.arrays import Array
from spsim.increases import Increases
from spsim.records import record
from spsim.rules.benefits import Survivors, labels
from spsim.schemes import PensionScheme

POINTS = 240


@record(frozen=True)
class Guarantee:
    """Deaths within the guarantee in each step and what the heirs get (T, 2, 101); `young` persons and money (2, N, 2, 101, K) at the end."""

    persons: Array
    money: Array
    young: Array


def guaranteed(scheme: PensionScheme) -> Mapping[str, int]:
    """Months guaranteed, by the name of the pension in the tables."""
    found = {}
    for benefit_id, benefit in scheme.benefits.items():
        if not isinstance(benefit, Survivors):
            names = labels(benefit_id, benefit)
            for tier_id, tier in benefit.tiers.items():
                if tier.guaranteed_months is not None:
                    found[names[tier_id]] = tier.guaranteed_months
    return found


def guarantee(
    months: int, heads: Array, amount: Array, base: Array, mortality: Array, raised: Increases, floor: Array
) -> Guarantee:
    """Follow awards `heads`, `amount` (T, 2, 101, K); `base` (2, N, 2, 101, K) those of the years before; `mortality` (T, 2, 101)."""
    share, left = _left(months)
    years = len(heads)
    persons, money = np.zeros((years, *heads.shape[1:3])), np.zeros((years, *heads.shape[1:3]))
    flat, first_flat = raised.flat, raised.first_flat
    young = base
    for t in range(1, years):
        older = _a_year_older(young)
        dead = older * mortality[t][..., None]
        persons[t] = (dead[0].sum(axis=-1) * share[:, None, None]).sum(axis=0)
        at_death = dead[1].sum(axis=-1) * np.sqrt(raised.rise[t]) / 12.0
        money[t] = (at_death * left[:, None, None]).sum(axis=0)
        alive = older - dead
        new = np.stack([heads[t], amount[t] * raised.first_rise[t] + heads[t] * first_flat[t]])
        alive[1] = alive[1] * raised.rise[t] + alive[0] * flat[t]
        young = np.concatenate([new[:, None], alive[:, :-1]], axis=1)
        young[1] = np.maximum(young[1], floor[t] * young[0])
    return Guarantee(persons, money, young)


def years_followed(months: int) -> int:
    """Years since the award in which somebody may die before the guaranteed months are over."""
    return int(np.ceil(months / 12.0 + 0.5)) - 1


def _left(months: int) -> tuple[Array, Array]:
    """By years since the award (N,), from one on: the share of the deaths within the guarantee, and the mean months left at all deaths."""
    edges = np.arange(years_followed(months) + 1) + 0.5
    shares, left = [], []
    for low, high in pairwise(edges):
        paid = 12.0 * (low + (np.arange(POINTS) + 0.5) / POINTS * (high - low))
        shares.append(float((paid < months).mean()))
        left.append(float(np.maximum(months - paid, 0.0).mean()))
    return np.array(shares), np.array(left)


def _a_year_older(young: Array) -> Array:
    """(2, N, 2, 101, K) moved up by one age; the last age is open."""
    older = np.zeros_like(young)
    older[:, :, :, 1:] = young[:, :, :, :-1]
    older[:, :, :, -1] += young[:, :, :, -1]
    return older
