"""The law of a pension scheme laid on the members' grid: chances of each event and what each event is worth.

Comes in: scheme, behaviour, moments of the steps, pension ages reached. Goes out: the tables that the member kernel reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import PathValue, on
from spsim.grid import Grid, Moments
from spsim.rules.amounts import Linear, linear
from spsim.rules.benefits import Chances, Choices, Survivors, TieredBenefit, labels
from spsim.rules.pension_age import AgeReached
from spsim.rules.reference_earnings import CareerAverage
from spsim.schemes import PensionScheme

EVENTS = ("invalidity", "retirement", "withdrawal")
CAN_LEAVE = {"invalidity": (True, False), "retirement": (True, True), "withdrawal": (False, True)}
ROUNDING = {"none": 0.0, "half_year_up": 5 / 24, "year_down": -0.5}


@dataclass(frozen=True)
class Valuation:
    """One thing paid at an event: its name in the tables, how it is paid, and the kernel's tables for it."""

    label: str
    benefit: str
    pays: str
    event: int
    heads_weight: Array
    amount: Linear
    floor: Array
    cap: Array


@dataclass(frozen=True)
class PensionTables:
    """Kernel tables of one scheme: exits (E, T, G, S, X, J) by status, and what is valued at them."""

    exit_contributor: Array
    exit_dormant: Array
    valuations: list[Valuation]


@dataclass(frozen=True)
class Law:
    """A scheme on its grid; `unit` (T,) is the valorisation index at mid-step, by which amounts of money are divided."""

    scheme: PensionScheme
    grid: Grid
    moments: Moments
    reached: AgeReached
    unit: Array

    def limit(self, value: PathValue | None, none: float) -> Array:
        """Annual floor or cap at award in valorised units (T,)."""
        years = self.grid.shape[0]
        if value is None:
            return np.full(years, none)
        return np.broadcast_to(on(value, self.moments)[:, 0, 0, 0, 0], years) * 12.0 / self.unit


def entry_months(scheme: PensionScheme) -> list[float]:
    """First month of each entry cohort; the first cohort is everyone before the first date."""
    return [float(month_number(scheme.start)), *(float(month_number(date)) for date in scheme.entry_cohorts)]


def pension_tables(law: Law, behaviour: PensionBehaviour) -> PensionTables:
    """Lay the law on the grid."""
    entries = entry_months(law.scheme)
    total = np.zeros((len(EVENTS), law.grid.shape[0], len(entries), *_cells(law.grid)))
    valuations: list[Valuation] = []
    for benefit_id, benefit in law.scheme.benefits.items():
        if isinstance(benefit, Survivors):
            continue
        choices = _choices(behaviour, benefit_id, benefit, law.moments)
        chances = [
            benefit.chances(law.moments.since(entry), law.reached, choices, entry) for entry in entries
        ]
        if benefit.event in EVENTS:
            total[EVENTS.index(benefit.event)] += _by_cohort([chance.total for chance in chances], law.grid)
        valuations += _valuations(law, benefit_id, benefit, chances)
    by_status = [total * _who_can_leave(status) for status in (0, 1)]
    return PensionTables(by_status[0], by_status[1], [*valuations, *_survivor_rights(law)])


def _who_can_leave(status: int) -> Array:
    return np.array([float(CAN_LEAVE[event][status]) for event in EVENTS])[:, None, None, None, None, None]


def _cells(grid: Grid) -> tuple[int, int, int]:
    _, sexes, ages, _, services = grid.shape
    return sexes, ages, services


def _full(array: Array, grid: Grid) -> Array:
    """(T, S, X, J) of a rule array over (T, S, X, 1, J)."""
    years, sexes, ages, _, services = grid.shape
    return np.broadcast_to(array[:, :, :, 0, :], (years, sexes, ages, services))


def _by_cohort(arrays: list[Array], grid: Grid) -> Array:
    return np.stack([_full(array, grid) for array in arrays], axis=1)


def _choices(
    behaviour: PensionBehaviour, benefit_id: str, benefit: TieredBenefit, moments: Moments
) -> Choices:
    """The choices of one benefit's tiers; a tier that is not named is used by all."""
    named = behaviour.use.get(benefit_id, {})
    use = {name: on(named.get(name, 1.0), moments) for name in benefit.tiers}
    return Choices(use, on(behaviour.invalidity_rate, moments))


def _valuations(
    law: Law, benefit_id: str, benefit: TieredBenefit, chances: list[Chances]
) -> Iterator[Valuation]:
    """What each tier pays, and what it pays once beside a pension."""
    names, event = labels(benefit_id, benefit), EVENTS.index(benefit.event) if benefit.event in EVENTS else -1
    offset = ROUNDING[law.scheme.service_rounding]
    rounded = replace(law.moments, last=np.maximum(law.moments.last + offset, 0.0))
    for tier_name, tier in benefit.tiers.items():
        weight = _by_cohort([_ratio(chance.by_tier[tier_name], chance.total) for chance in chances], law.grid)
        paid = _annual(_counted(tier.amount_on(rounded, law.reached), offset), tier.pays)
        limits = law.limit(tier.floor, -np.inf), law.limit(tier.cap, np.inf)
        yield Valuation(names[tier_name], benefit_id, tier.pays, event, weight, paid, *limits)
        if tier.with_lump_sum is not None:
            once = _counted(tier.with_lump_sum.on(rounded), offset)
            receives = weight * _full(once.flat + once.rate + once.per_year > 0, law.grid)[:, None]
            free = law.limit(None, -np.inf), law.limit(None, np.inf)
            yield Valuation(
                f"{names[tier_name]}_lump_sum", benefit_id, "lump_sum", event, receives, once, *free
            )


def _counted(amount: Linear, offset: float) -> Linear:
    """Rights hold exact years; the law's rounding of odd months adds its mean to the part by year."""
    return Linear(amount.flat, amount.rate + amount.per_year * offset, amount.per_year)


def _annual(amount: Linear, pays: str) -> Linear:
    """A flat pension is said by the month; earnings are annual already."""
    return Linear(amount.flat * 12.0, amount.rate, amount.per_year) if pays == "pension" else amount


def _ratio(part: Array, whole: Array) -> Array:
    part, whole = np.broadcast_arrays(part, whole)
    return np.asarray(np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0))


def _survivor_rights(law: Law) -> Iterator[Valuation]:
    """The deaths of members that give their family a pension, as heads without an amount."""
    for benefit_id, benefit in law.scheme.benefits.items():
        if isinstance(benefit, Survivors):
            weight = _by_cohort([benefit.entitles(law.moments)] * len(entry_months(law.scheme)), law.grid)
            free = law.limit(None, -np.inf), law.limit(None, np.inf)
            yield Valuation(benefit_id, benefit_id, "survivors", -1, weight, linear(), *free)


def kernel_tables(
    tables: PensionTables, scheme: PensionScheme, grid: Grid, earnings: Array, unit: Array
) -> dict[str, Any]:
    """Arrays of `kernels.pension.project_members`. `earnings` (T, S, X, K) are annual reference earnings in valorised units (final average).

    The kernel pays reference · (flat · P + per_right · R). Career average: R sums the earnings of all years, so rate · R / years is a
    share of their mean and per_year · R needs no division. Final average: R counts years, `reference` holds the earnings.
    """
    career = isinstance(scheme.reference_earnings, CareerAverage)
    years_counted = np.maximum(grid.services, 0.5)
    by_step = unit[:, None, None, None, None]
    weight = np.stack([valuation.heads_weight for valuation in tables.valuations])
    flat, per_right, reference = [], [], []
    for valuation in tables.valuations:
        fixed, rate, per_year = (
            _full(part, grid)
            for part in (valuation.amount.flat / by_step, valuation.amount.rate, valuation.amount.per_year)
        )
        of_persons = bool(np.any(fixed)) or career
        flat.append(fixed if of_persons else rate)
        per_right.append(rate / years_counted + per_year if career else per_year)
        reference.append(np.ones_like(earnings) if of_persons else earnings)
    return {
        "exit_contributor": tables.exit_contributor,
        "exit_dormant": tables.exit_dormant,
        "valuation_exit": np.array([valuation.event for valuation in tables.valuations], dtype=np.int64),
        "heads_weight": weight,
        "flat": np.stack(flat),
        "per_right": np.stack(per_right),
        "reference": np.stack(reference)[None],
        "right_of": np.zeros(len(tables.valuations), dtype=np.int64),
        "floor": np.stack([valuation.floor for valuation in tables.valuations]),
        "cap": np.stack([valuation.cap for valuation in tables.valuations]),
    }
