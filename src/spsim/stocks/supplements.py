"""Amounts kept beside pensions in payment: supplements that end, by the mean number of dependants at the pensioner's age; tested parts.

Comes in: the awards beside a pension, as the kernel values them. Goes out: money in payment. Called by
`stocks.payments`.

Of each pension the amount U for one dependant is carried along like the pension itself, by the same recurrence without floor or flat
amounts. With n(x) dependants on average at the pensioner's age x, `most` of them at most, the supplement paid is min(n(x), most) · U. So it
falls, and may rise again, as the number does, and ends with the pension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.grid import OPEN_AGE
from spsim.kernels.pension import MemberProjection
from spsim.rules.amounts import ForEach, ending
from spsim.rules.benefits import Survivors, labels
from spsim.schemes import PensionScheme
from spsim.stocks.base import Base
from spsim.stocks.pension_tables import PensionTables, beside_name
from spsim.stocks.setting import Setting

LASTING = "lasting"


def supplements_of(scheme: PensionScheme) -> dict[str, dict[str, ForEach]]:
    """Supplements that end, by the name of their pension in the tables and by their own."""
    found = {}
    for benefit_id, benefit in scheme.benefits.items():
        if not isinstance(benefit, Survivors):
            names = labels(benefit_id, benefit)
            for tier_id, tier in benefit.tiers.items():
                _, ends = ending(tier.amount)
                if ends:
                    found[names[tier_id]] = ends
    return found


def lasting_stock(base: Base, label: str, nobody: Array) -> tuple[Array, Array]:
    """Pensions in payment at the start, persons and annual amount (2, 101, K), without supplements that end."""
    heads, amount = base.pensions.get(label, (nobody, nobody))
    return heads, amount * base.carried.get(beside_name(label, LASTING), 1.0)


def kept_beside(
    setting: Setting,
    beside: dict[str, Array],
    base: Base,
    label: str,
    pay: Callable[..., Any],
) -> dict[str, Array]:
    """Annual amounts (T, 2, 101, K) kept beside one pension, by name, from their awards: carried along without floor or flat increases."""
    found = {}
    for name, new in beside.items():
        whole_at_start = base.pensions.get(label, (None, np.zeros(new.shape[1:])))[1]
        at_start = whole_at_start * base.carried.get(beside_name(label, name), 0.0)
        no_floor = np.full(len(new), -np.inf)
        found[name] = pay(new_amount=new[None], base_amount=at_start, floor=no_floor).amount[0]
    return found


def paid_beside(setting: Setting, label: str, beside: dict[str, Array]) -> Array | float:
    """Annual supplements (T, 2, 101, K) of one pension, by the mean number of dependants."""
    rules = supplements_of(setting.scheme).get(label, {})
    return sum((beside[name] * numbers(setting, rule)[..., None] for name, rule in rules.items()), 0.0)


def carried_beside(label: str, main: Array, beside: dict[str, Array], paid: Array) -> dict[str, Array]:
    """What stands beside a unit of the closing pension `paid` (2, 101, K): the pension without supplements or stops, and all parts.

    Where nobody is, the mean of all: published pensioners may be of other ages.
    """
    parts, whole = {LASTING: main} | beside, paid[-1]
    found = {}
    for name, part in parts.items():
        mean = part[-1].sum() / whole.sum() if whole.sum() > 0 else float(name == LASTING)
        found[beside_name(label, name)] = np.divide(
            part[-1], whole, out=np.full_like(whole, mean), where=whole > 0
        )
    return found


def numbers(setting: Setting, rule: ForEach) -> Array:
    """Dependants for whom a supplement is paid, on average by calendar year, sex and age of the pensioner (T, 2, 101)."""
    grid = setting.grid
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).calendar_years(setting.paths.references)
    found = rule.number(replace(moments, dependants=setting.behaviour.dependants))[..., 0, 0]
    return np.broadcast_to(found, (len(grid.years), 2, OPEN_AGE + 1))


def awards_beside(tables: PensionTables, flows: MemberProjection, label: str) -> Iterator[tuple[str, Array]]:
    """(name, annual amount awarded in each step (T, S, X, K)) of all that is kept beside one pension; supplements for one dependant."""
    before = beside_name(label, "")
    for v, one in enumerate(tables.valuations):
        if one.pays == "beside" and one.label.startswith(before):
            yield one.label.removeprefix(before), flows.value_amount[0, v].sum(axis=1)
