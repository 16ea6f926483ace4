"""The law of a pension scheme laid on the members' grid: chances of each event and what each event is worth.

Comes in: scheme, behaviour, moments of the steps, pension ages reached. Goes out: the tables that the member kernel reads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import AgeProfile, on
from spsim.grid import Grid, Moments
from spsim.rules.amounts import Linear
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
    pays: str
    event: int
    heads_weight: Array
    amount: Linear
    floor: Array
    cap: Array


@dataclass(frozen=True)
class PensionTables:
    """Kernel tables of one scheme. Exits (E, T, G, S, X, J); `survivors` is the index of the deaths that entitle a family, or None."""

    exit_contributor: Array
    exit_dormant: Array
    valuations: list[Valuation]
    survivors: int | None


def entry_months(scheme: PensionScheme) -> list[float]:
    """First month of each entry cohort; the first cohort is everyone before the first date."""
    return [float(month_number(scheme.start)), *(float(month_number(date)) for date in scheme.entry_cohorts)]


def pension_tables(
    scheme: PensionScheme, behaviour: PensionBehaviour, grid: Grid, moments: Moments, reached: AgeReached, unit: Array
) -> PensionTables:
    """Lay the law on the grid. `unit` (T,) is the valorisation index at the middle of each step: amounts are divided by it."""
    total = np.zeros((len(EVENTS), grid.shape[0], len(entry_months(scheme)), *_cells(grid)))
    valuations: list[Valuation] = []
    choices = _choices(behaviour, moments)
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            continue
        chances = [
            benefit.chances(moments.since(entry), reached, choices(benefit_id, benefit), entry) for entry in entry_months(scheme)
        ]
        if benefit.event in EVENTS:
            total[EVENTS.index(benefit.event)] += _by_cohort([chance.total for chance in chances], grid)
        valuations += _valuations(benefit_id, benefit, scheme, grid, moments, reached, chances, unit)
    entitling = _survivor_rights(scheme, grid, moments)
    statuses = [np.array([CAN_LEAVE[event][status] for event in EVENTS])[:, None, None, None, None, None] for status in (0, 1)]
    index = len(valuations) if entitling else None
    return PensionTables(total * statuses[0], total * statuses[1], valuations + entitling, index)


def _cells(grid: Grid) -> tuple[int, int, int]:
    _, sexes, ages, _, services = grid.shape
    return sexes, ages, services


def _full(array: Array, grid: Grid) -> Array:
    """(T, S, X, J) of a rule array over (T, S, X, 1, J)."""
    years, sexes, ages, _, services = grid.shape
    return np.broadcast_to(array[:, :, :, 0, :], (years, sexes, ages, services))


def _by_cohort(arrays: list[Array], grid: Grid) -> Array:
    return np.stack([_full(array, grid) for array in arrays], axis=1)


def _choices(behaviour: PensionBehaviour, moments: Moments):  # type: ignore[no-untyped-def]
    """Function of a benefit that gives the choices of its tiers; a tier that is not named is used by all."""

    def profile(value: AgeProfile) -> Array:
        return on(value, moments)

    def of(benefit_id: str, benefit: TieredBenefit) -> Choices:
        named = behaviour.use.get(benefit_id, {})
        use = {name: profile(named.get(name, 1.0)) for name in benefit.tiers}
        return Choices(use, profile(behaviour.invalidity_rate))

    return of


def _valuations(
    benefit_id: str, benefit: TieredBenefit, scheme: PensionScheme, grid: Grid, moments: Moments,
    reached: AgeReached, chances: list[Chances], unit: Array,
) -> list[Valuation]:  # fmt: skip
    """What each tier pays, and what it pays once beside a pension."""
    names, event = labels(benefit_id, benefit), EVENTS.index(benefit.event) if benefit.event in EVENTS else -1
    rounded = _rounded(moments, scheme)
    found = []
    for tier_name, tier in benefit.tiers.items():
        weight = _by_cohort([_ratio(chance.by_tier[tier_name], chance.total) for chance in chances], grid)
        limits = [_limit(value, moments, unit, side) for value, side in ((tier.floor, -np.inf), (tier.cap, np.inf))]
        paid = _annual(tier.amount_on(rounded, reached), tier.pays)
        found.append(Valuation(names[tier_name], tier.pays, event, weight, paid, *limits))
        if tier.with_lump_sum is not None:
            none = _limit(None, moments, unit, -np.inf), _limit(None, moments, unit, np.inf)
            found.append(Valuation(f"{names[tier_name]}_lump_sum", "lump_sum", event, weight, tier.with_lump_sum.on(rounded), *none))
    return found


def _annual(linear: Linear, pays: str) -> Linear:
    """A flat pension is said by the month; earnings are annual already."""
    return Linear(linear.flat * 12.0, linear.rate) if pays == "pension" else linear


def _rounded(moments: Moments, scheme: PensionScheme) -> Moments:
    """Moments whose service is what the law counts in amounts: the mean effect of its rounding of odd months."""
    from dataclasses import replace

    return replace(moments, last=np.maximum(moments.last + ROUNDING[scheme.service_rounding], 0.0))


def _ratio(part: Array, whole: Array) -> Array:
    return np.asarray(np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=np.broadcast_to(whole > 0, np.broadcast(part, whole).shape)))


def _limit(value: object, moments: Moments, unit: Array, none: float) -> Array:
    """Annual floor or cap at award in valorised units (T,)."""
    years = moments.months.shape[1]
    if value is None:
        return np.full(years, none)
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], years) * 12.0 / unit  # type: ignore[arg-type]


def _survivor_rights(scheme: PensionScheme, grid: Grid, moments: Moments) -> list[Valuation]:
    """The deaths of members that give their family a pension, as heads without an amount."""
    found = []
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            weight = _by_cohort([benefit.entitles(moments)] * len(entry_months(scheme)), grid)
            zero = np.zeros((1, 1, 1, 1, 1))
            none = np.full(grid.shape[0], np.inf)
            found.append(Valuation(benefit_id, "survivors", -1, weight, Linear(zero, zero), -none, none))
    return found


def kernel_tables(tables: PensionTables, scheme: PensionScheme, grid: Grid, earnings: Array, unit: Array) -> dict[str, Array]:
    """Arrays of `kernels.pension.project_members`. `earnings` (T, S, X, K) are annual reference earnings in valorised units (final average).

    Career average: a right holds the sum of earnings, so rate × earnings / years is `per_right`. Final average: the rate times `reference`.
    """
    career = isinstance(scheme.reference_earnings, CareerAverage)
    years_counted = np.maximum(grid.services, 0.5)
    unit = unit[:, None, None, None, None]
    flat, per_right, reference = [], [], []
    for valuation in tables.valuations:
        rate, fixed = _full(valuation.amount.rate, grid), _full(valuation.amount.flat / unit, grid)
        pure = bool(np.any(fixed)) or career
        flat.append(fixed if pure else rate)
        per_right.append(rate / years_counted if career else np.zeros_like(rate))
        reference.append(np.ones_like(earnings) if pure else earnings)
    cohorts = tables.exit_contributor.shape[2]

    def over_cohorts(arrays: list[Array]) -> Array:
        return np.stack([np.broadcast_to(a[:, None], (a.shape[0], cohorts, *a.shape[1:])) for a in arrays])

    return {
        "exit_contributor": tables.exit_contributor,
        "exit_dormant": tables.exit_dormant,
        "valuation_exit": np.array([valuation.event for valuation in tables.valuations]),
        "heads_weight": np.stack([valuation.heads_weight for valuation in tables.valuations]),
        "flat": over_cohorts(flat),
        "per_right": over_cohorts(per_right),
        "reference": np.stack(reference)[None],
        "right_of": np.full(len(tables.valuations), 0 if career else -1),
        "floor": np.stack([valuation.floor for valuation in tables.valuations]),
        "cap": np.stack([valuation.cap for valuation in tables.valuations]),
    }
