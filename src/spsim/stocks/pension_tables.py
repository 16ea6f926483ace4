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
from spsim.dated import Value, keys_within, on
from spsim.grid import Grid, Moments
from spsim.rules.amounts import Linear, linear
from spsim.rules.benefits import Chances, Choices, Survivors, TieredBenefit, labels
from spsim.rules.pension_age import AgeReached
from spsim.rules.reference_earnings import CareerAverage
from spsim.rules.service import mean_rounding
from spsim.schemes import PensionScheme

EVENTS = ("invalidity", "retirement", "withdrawal")
CAN_LEAVE = {"invalidity": (True, False), "retirement": (True, True), "withdrawal": (False, True)}


@dataclass(frozen=True)
class Valuation:
    """One thing paid at an event: its name in the tables and how it is paid.

    `weights` and `amounts` hold one array (T, S, X, 1, J) or one amount for each entry cohort, `amounts` only one where the law does
    not look at the date of first insurance; `floor` and `cap` (T,) are annual limits at award in valorised units.
    """

    label: str
    benefit: str
    pays: str
    event: int
    weights: list[Array]
    amounts: list[Linear]
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

    def cohorts(self) -> list[Moments]:
        """The moments of each entry cohort."""
        return [self.moments.since(entry) for entry in entry_months(self.scheme)]

    def limit(self, value: Value | None, none: float) -> Array:
        """Annual floor or cap at award in valorised units (T,)."""
        years = self.grid.shape[0]
        if value is None:
            return np.full(years, none)
        return np.broadcast_to(on(value, self.moments)[:, 0, 0, 0, 0], years) * 12.0 / self.unit

    @property
    def by_reference(self) -> bool:
        """Whether amounts are read on reference earnings that the kernel gets ready, not on the sum of the career's earnings."""
        return not isinstance(self.scheme.reference_earnings, CareerAverage)

    def kernel_amount(self, amount: Linear, in_money: bool) -> tuple[Array, Array]:
        """What a person and what a unit of right bring, in the kernel's form, over (T, S, X, 1, J)."""
        if in_money:
            return amount.flat / self.unit[:, None, None, None, None], np.zeros((1, 1, 1, 1, 1))
        if self.by_reference:
            return amount.rate, amount.per_year
        return np.zeros((1, 1, 1, 1, 1)), amount.rate / np.maximum(self.moments.last, 0.5) + amount.per_year

    def unlimited(self) -> tuple[Array, Array]:
        """No floor and no cap."""
        return self.limit(None, -np.inf), self.limit(None, np.inf)


def entry_months(scheme: PensionScheme) -> list[float]:
    """First month of each entry cohort; the first cohort is everyone before the first date."""
    return [float(month_number(scheme.start)), *(float(month_number(date)) for date in scheme.entry_cohorts)]


def pension_tables(law: Law, behaviour: PensionBehaviour) -> PensionTables:
    """Lay the law on the grid. Tables begin as zeros and only what an event can reach is written."""
    cohorts = law.cohorts()
    years, sexes, ages, _, services = law.grid.shape
    exits = [np.zeros((len(EVENTS), years, len(cohorts), sexes, ages, services)) for _ in (0, 1)]
    tiered = {
        name: benefit for name, benefit in law.scheme.benefits.items() if not isinstance(benefit, Survivors)
    }
    chances = {name: _chances(law, behaviour, name, benefit) for name, benefit in tiered.items()}
    totals = {event: _in_all(event, tiered, chances) for event in EVENTS}
    for e, event in enumerate(EVENTS):
        for status, may_leave in enumerate(CAN_LEAVE[event]):
            for g, total in enumerate(totals[event] if may_leave else []):
                exits[status][e, :, g] += total[:, :, :, 0, :]
    valuations: list[Valuation] = []
    for name, benefit in tiered.items():
        whole = totals.get(benefit.event) or [chance.total for chance in chances[name]]
        valuations += _valuations(law, name, benefit, chances[name], whole)
    return PensionTables(exits[0], exits[1], [*valuations, *_survivor_rights(law)])


def _chances(law: Law, behaviour: PensionBehaviour, name: str, benefit: TieredBenefit) -> list[Chances]:
    """Chances of one benefit for each entry cohort."""
    choices = _choices(behaviour, name, benefit, law.moments)
    return [benefit.chances(moments, law.reached, choices, moments.entry) for moments in law.cohorts()]


def _in_all(event: str, tiered: dict[str, TieredBenefit], chances: dict[str, list[Chances]]) -> list[Array]:
    """Chance of an event through all benefits that it opens, for each entry cohort; never above 1."""
    found = [chances[name] for name, benefit in tiered.items() if benefit.event == event]
    return [np.minimum(sum(chance.total for chance in cohort), 1.0) for cohort in zip(*found, strict=True)]


def _choices(
    behaviour: PensionBehaviour, benefit_id: str, benefit: TieredBenefit, moments: Moments
) -> Choices:
    """The choices of one benefit's tiers; a tier that is not named is used by all."""
    named = behaviour.use.get(benefit_id, {})
    use = {name: on(named.get(name, 1.0), moments) for name in benefit.tiers}
    return Choices(use, on(behaviour.invalidity_rate, moments))


def _valuations(
    law: Law, benefit_id: str, benefit: TieredBenefit, chances: list[Chances], whole: list[Array]
) -> Iterator[Valuation]:
    """What each tier pays, and what it pays once beside a pension; `whole` is the chance of the event itself."""
    names, event = labels(benefit_id, benefit), EVENTS.index(benefit.event) if benefit.event in EVENTS else -1
    offset = mean_rounding(law.scheme.service_rounding)
    rounded = [
        replace(moments, last=np.maximum(moments.last + offset, 0.0)) for moments in _told_apart(law, benefit)
    ]
    for tier_name, tier in benefit.tiers.items():
        weights = [
            _ratio(chance.by_tier[tier_name], total) for chance, total in zip(chances, whole, strict=True)
        ]
        paid = [_annual(_counted(tier.amount_on(at, law.reached), offset), tier.pays) for at in rounded]
        limits = law.limit(tier.floor, -np.inf), law.limit(tier.cap, np.inf)
        yield Valuation(names[tier_name], benefit_id, tier.pays, event, weights, paid, *limits)
        if tier.with_lump_sum is not None:
            once = [_counted(tier.with_lump_sum.on(at), offset) for at in rounded]
            receives = [weight * (once[0].flat + once[0].rate + once[0].per_year > 0) for weight in weights]
            label = f"{names[tier_name]}_lump_sum"
            yield Valuation(label, benefit_id, "lump_sum", event, receives, once, *law.unlimited())


def _told_apart(law: Law, benefit: TieredBenefit) -> list[Moments]:
    """One set of moments, or one for each entry cohort where an amount is keyed by the date of first insurance."""
    return law.cohorts() if "first_insured_date" in keys_within(benefit) else [law.moments]


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
            weights = [benefit.entitles(moments) for moments in law.cohorts()]
            yield Valuation(benefit_id, benefit_id, "survivors", -1, weights, [linear()], *law.unlimited())


def kernel_tables(tables: PensionTables, law: Law, earnings: Array) -> dict[str, Any]:
    """Arrays of `kernels.pension.project_members`. `earnings` (T, S, X, K) are annual reference earnings in valorised units.

    The kernel pays reference · (flat · P + per_right · R). Career average: R sums the earnings of all years, so rate · R / years is a
    share of their mean and per_year · R needs no division. Final average: R counts years, `reference` holds the earnings.
    """
    found = tables.valuations
    years, sexes, ages, _, services = law.grid.shape
    cohorts, told_apart = tables.exit_contributor.shape[2], max(len(valuation.amounts) for valuation in found)
    weight = np.zeros((len(found), years, cohorts, sexes, ages, services))
    flat, per_right = np.zeros((2, len(found), years, told_apart, sexes, ages, services))
    reference = np.empty((len(found), *earnings.shape))
    for v, valuation in enumerate(found):
        for g, array in enumerate(valuation.weights):
            weight[v, :, g] = array[:, :, :, 0, :]
        in_money = any(amount.flat.any() for amount in valuation.amounts)
        reference[v] = earnings if law.by_reference and not in_money else 1.0
        for g in range(told_apart):
            of_person, of_right = law.kernel_amount(valuation.amounts[g % len(valuation.amounts)], in_money)
            flat[v, :, g], per_right[v, :, g] = of_person[:, :, :, 0, :], of_right[:, :, :, 0, :]
    return {
        "exit_contributor": tables.exit_contributor,
        "exit_dormant": tables.exit_dormant,
        "valuation_exit": np.array([valuation.event for valuation in found], dtype=np.int64),
        "heads_weight": weight,
        "flat": flat,
        "per_right": per_right,
        "reference": reference[None],
        "right_of": np.zeros(len(found), dtype=np.int64),
        "floor": np.stack([valuation.floor for valuation in found]),
        "cap": np.stack([valuation.cap for valuation in found]),
    }
