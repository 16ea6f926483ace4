"""The law of a pension scheme laid on the members' grid: chances of each event and what each event is worth.

Comes in: scheme, behaviour, moments of the steps, pension ages reached. Goes out: the tables that the member kernel reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, keys_within, on
from spsim.grid import Grid, Moments
from spsim.records import record
from spsim.reuse import NO_REUSE, References, Reuse
from spsim.rules.amounts import Amount, Formula, Held, Linear, combined, ending, formula, linear
from spsim.rules.benefits import Chances, Choices, Death, OldAge, Survivors, Tier, TieredBenefit, labels
from spsim.rules.credits import with_credits
from spsim.rules.pension_age import AgeReached
from spsim.rules.service import Rounding, mean_rounding
from spsim.schemes import PensionScheme

Found = TypeVar("Found")
EVENTS = ("invalidity", "retirement", "withdrawal")
BOTH, CONTRIBUTORS, FORMER = (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)
CAN_LEAVE = {"invalidity": (True, False), "retirement": (True, True), "withdrawal": (False, True)}


@record(frozen=True)
class Valuation:
    """One thing paid at an event: its name in the tables and how it is paid.

    `weights` and `formulas` hold one array (T, S, X, 1, J) or one formula for each entry cohort, or only one where the law does not
    look at the date of first insurance; `floor` and `cap` (T,) are annual limits at award. `status` says whether contributors and members who
    have stopped contributing are paid by it; `way` which of several rights of survivors it is.
    """

    label: str
    benefit: str
    pays: str
    event: int
    weights: list[Array]
    formulas: list[Formula]
    floor: Array
    cap: Array
    status: tuple[float, float] = BOTH
    way: str = ""


@record(frozen=True)
class PensionTables:
    """Kernel tables of one scheme: chances of each exit (T, G, S, X, J) by status at the ages of its window, and what is valued there.

    `laid` keeps the tables in the form of the kernel, from the first time that they are used.
    """

    exit_contributor: list[Array]
    exit_dormant: list[Array]
    windows: list[slice]
    valuations: list[Valuation]
    laid: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """A scheme on its grid."""

    scheme: PensionScheme
    grid: Grid
    moments: Moments
    reached: AgeReached

    def cohorts(self, benefit: TieredBenefit | Survivors) -> list[Moments]:
        """The moments of each entry cohort; one for all where the benefit does not look at the date of first insurance."""
        if not benefit.looks_at_entry:
            return [self.moments]
        return [self.moments.since(entry) for entry in entry_months(self.scheme)]

    def limit(self, value: Value | None, none: float) -> Array:
        """Annual floor or cap at award (T,)."""
        years = self.grid.shape[0]
        if value is None:
            return np.full(years, none)
        return np.broadcast_to(on(value, self.moments)[:, 0, 0, 0, 0], years) * 12.0

    def at_ages(self, window: slice) -> Law:
        """The same law, laid on some ages only."""
        parts = ("share", "passing", "months_short", "past")
        reached = AgeReached(*(getattr(self.reached, name)[..., window] for name in parts))
        by_age = {name: getattr(self.moments, name) for name in ("density", "idle", "pace", "former")}
        cut = {
            name: one if one is None or one.shape[-1] == 1 else one[..., window]
            for name, one in by_age.items()
        }
        moments = replace(self.moments, ages=self.moments.ages[window], **cut)
        return replace(self, moments=moments, reached=reached)

    def of_former(self, behaviour: PensionBehaviour) -> Law:
        """The same law, read of those who have stopped contributing."""
        years, sexes, ages = self.grid.shape[:3]
        share = np.broadcast_to(
            on(behaviour.former_qualifying, self.moments)[..., 0, 0], (years, sexes, ages)
        )
        return replace(self, moments=replace(self.moments, former=share))

    def window(self, benefit: TieredBenefit) -> slice:
        """Ages (indices) at which a benefit can be opened: from early retirement on, up to the pension age, or all."""
        whole = self.grid.shape[2]
        if isinstance(benefit, OldAge):
            early = [tier.years_before for tier in benefit.tiers.values() if tier.years_before is not None]
            read = (float(on(years, moments).max()) for years in early for moments in self.cohorts(benefit))
            most = max(read, default=0.0)
            # half a year is missing in the middle of the step to those who reach the age at its end
            near = self.reached.months_short.min(axis=(0, 1, 2)) <= 12 * most + 6
            return slice(int(np.argmax(near)) if near.any() else 0, whole)
        if isinstance(benefit, Death):
            return slice(0, whole)
        below = np.flatnonzero((self.reached.share < 1.0).any(axis=(0, 1)))
        return slice(0, int(below[-1]) + 1 if below.size else whole)

    def read_from(self, references: References) -> Law:
        """The same law with reference amounts from another mapping."""
        return replace(self, moments=replace(self.moments, references=references))

    def part(self, reuse: Reuse, name: str, make: Callable[[Law], Found], families: bool = True) -> Found:
        """A part of the tables, as it was laid before where nothing that it reads has changed; `families`: whether it looks at them."""
        key = (id(self.scheme), self.grid, name)
        when = [one for one in (self.moments.idle, self.moments.pace) if one is not None]
        when += [share for _, share in self.moments.families.values()] if families else []
        return reuse.law(
            key, self.moments.references, lambda references: make(self.read_from(references)), when
        )

    def unlimited(self) -> tuple[Array, Array]:
        """No floor and no cap."""
        return self.limit(None, -np.inf), self.limit(None, np.inf)


def entry_months(scheme: PensionScheme) -> list[float]:
    """First month of each entry cohort; the first cohort is everyone before the first date."""
    return [float(month_number(scheme.start)), *(float(month_number(date)) for date in scheme.entry_cohorts)]


def pension_tables(law: Law, behaviour: PensionBehaviour, reuse: Reuse = NO_REUSE) -> PensionTables:
    """Lay the law on the grid; every table only along the axes on which it differs."""
    return law.part(reuse, "tables", lambda law: _pension_tables(law, behaviour, reuse))


def _pension_tables(law: Law, behaviour: PensionBehaviour, reuse: Reuse) -> PensionTables:
    tiered = {
        name: benefit for name, benefit in law.scheme.benefits.items() if not isinstance(benefit, Survivors)
    }
    leaving: dict[str, TieredBenefit] = {
        name: benefit for name, benefit in tiered.items() if not isinstance(benefit, Death)
    }
    exits = law.part(reuse, "exits", lambda law: _exits(law, behaviour, leaving), families=False)
    deaths = {name: one for name, one in tiered.items() if isinstance(one, Death)}
    exits = replace(
        exits,
        windows=exits.windows | {one.event: law.window(one) for one in deaths.values()},
        chances=exits.chances | {name: _chances(law, behaviour, name, one) for name, one in deaths.items()},
    )
    valuations: list[Valuation] = []
    for name, benefit in tiered.items():
        apart = isinstance(benefit, Death) and benefit.looks_back_beside(law.scheme.benefits)
        valuations += _valuations(law, name, benefit, exits, reuse, CONTRIBUTORS if apart else BOTH)
    open_at = [exits.windows[event] for event in EVENTS]
    others = [*_survivor_rights(law, behaviour), *_reckoned(law, valuations)]
    others += _of_former(law, behaviour, tiered, exits, reuse)
    return PensionTables(*exits.tables, open_at, [*valuations, *others])


@record(frozen=True)
class Exits:
    """Ways out: ages at which each event can happen, chances of each benefit, kernel tables of each event by status.

    `divisors` hold the chance of each event, 1 where nobody leaves: over them a benefit's chance is its share.
    """

    windows: dict[str, slice]
    chances: dict[str, list[Chances]]
    divisors: dict[str, list[Array]]
    tables: tuple[list[Array], list[Array]]


def _exits(law: Law, behaviour: PensionBehaviour, tiered: dict[str, TieredBenefit]) -> Exits:
    windows = {event: slice(0, law.grid.shape[2]) for event in EVENTS}
    windows |= {benefit.event: law.window(benefit) for benefit in tiered.values()}
    chances = {
        name: _chances(law.at_ages(windows[benefit.event]), behaviour, name, benefit)
        for name, benefit in tiered.items()
    }
    totals = {event: _in_all(event, tiered, chances) for event in EVENTS}
    divisors = {event: [np.where(one > 0, one, 1.0) for one in found] for event, found in totals.items()}
    nobody = np.zeros((1, 1, 1, 1, 1))
    contributors, dormant = (
        [
            by_cohort(totals[event]) if CAN_LEAVE[event][status] and totals[event] else nobody
            for event in EVENTS
        ]
        for status in (0, 1)
    )
    return Exits(windows, chances, divisors, (contributors, dormant))


def by_cohort(arrays: Sequence[Array]) -> Array:
    """Arrays (T, S, X, 1, J) of each entry cohort, or one for all, as (T, G, S, X, J); one for all is not copied."""
    if len(arrays) == 1:
        return arrays[0][:, None, :, :, 0, :]
    return np.stack(np.broadcast_arrays(*arrays), axis=1)[..., 0, :]


def _chances(law: Law, behaviour: PensionBehaviour, name: str, benefit: TieredBenefit) -> list[Chances]:
    """Chances of one benefit for each entry cohort, or one for all."""
    choices = _choices(behaviour, name, benefit, law.moments)
    return [benefit.chances(moments, law.reached, choices, moments.entry) for moments in law.cohorts(benefit)]


def _in_all(event: str, tiered: dict[str, TieredBenefit], chances: dict[str, list[Chances]]) -> list[Array]:
    """Chance of an event through all benefits that it opens, for each entry cohort or one for all; never above 1."""
    found = [chances[name] for name, benefit in tiered.items() if benefit.event == event]
    count = max(map(len, found), default=0)
    by_cohort = [[one[g % len(one)].total for one in found] for g in range(count)]
    return [np.minimum(sum(cohort), 1.0) for cohort in by_cohort]


def _choices(
    behaviour: PensionBehaviour, benefit_id: str, benefit: TieredBenefit, moments: Moments
) -> Choices:
    """The choices of one benefit's tiers; a tier that is not named is used by all."""
    named = behaviour.use.get(benefit_id, {})
    use = {name: on(named.get(name, 1.0), moments) for name in benefit.tiers}
    return Choices(use, on(behaviour.invalidity_rate, moments))


def _valuations(
    law: Law,
    benefit_id: str,
    benefit: TieredBenefit,
    exits: Exits,
    reuse: Reuse,
    status: tuple[float, float] = BOTH,
) -> Iterator[Valuation]:
    """What each tier pays, and what it pays once beside a pension."""
    names, event = labels(benefit_id, benefit), EVENTS.index(benefit.event) if benefit.event in EVENTS else -1

    def made(law: Law, tier: str) -> PaidByTier:
        law.part(
            reuse, "exits", lambda _: exits, families=False
        )  # what the chances were made from, this is made from too
        return _tier(law.at_ages(exits.windows[benefit.event]), benefit, tier, exits, benefit_id)

    for tier_name, tier in benefit.tiers.items():
        part, families = f"{benefit_id} {tier_name} {status}", isinstance(benefit, Death)
        paid = law.part(reuse, part, lambda law, name=tier_name: made(law, name), families)  # type: ignore[misc]
        limits = law.limit(tier.floor, -np.inf), law.limit(tier.cap, np.inf)
        if tier.precedence == "cap_wins":
            limits = np.minimum(*limits), limits[1]
        label = names[tier_name]
        yield Valuation(label, benefit_id, tier.pays, event, paid.weights, paid.amounts, *limits, status)
        for name, formulas in paid.beside.items():
            beside = (paid.weights, formulas)
            yield Valuation(
                beside_name(label, name), benefit_id, "beside", event, *beside, *law.unlimited(), status
            )
        if tier.with_lump_sum is not None:
            once = (paid.weights_once, paid.amounts_once)
            label = f"{label}_lump_sum"
            yield Valuation(label, benefit_id, "lump_sum", event, *once, *law.unlimited(), status)


@record(frozen=True)
class PaidByTier:
    """Share of those who leave whom a tier pays, and how much; the same of the lump sum beside it, empty without one; amounts `beside` the
    pension by name: for one dependant, of supplements that end."""

    weights: list[Array]
    amounts: list[Formula]
    weights_once: list[Array]
    amounts_once: list[Formula]
    beside: dict[str, list[Formula]]


def _tier(law: Law, benefit: TieredBenefit, tier_name: str, exits: Exits, benefit_id: str) -> PaidByTier:
    tier, chances = benefit.tiers[tier_name], exits.chances[benefit_id]
    whole = exits.divisors.get(benefit.event) or [chance.total for chance in chances]
    offset, counted = _at_service_counted(law, benefit, tier.service_rounding)
    rounded = [tier.at_award(at, law.reached, benefit.event) for at in counted]
    weights = [chances[g % len(chances)].by_tier[tier_name] / total for g, total in enumerate(whole)]
    kept, ends = ending(tier.amount)

    def annual(amount: Amount) -> list[Formula]:
        one = tier.model_copy(update={"amount": amount})
        return [
            _annual(_counted(law, one.amount_on(at, law.reached), offset, at, tier.pays), tier.pays)
            for at in rounded
        ]

    paid = [_rounded(tier, amount) for amount in annual(kept)]
    beside = {name: annual(supplement.amount) for name, supplement in ends.items()}
    tested = benefit.tested_part(tier) if isinstance(benefit, OldAge) else None
    if tested is not None:
        beside[TESTED] = annual(tested)
    if tier.with_lump_sum is None:
        return PaidByTier(weights, paid, [], [], beside)
    once = [_counted(law, formula(tier.with_lump_sum.on(at)), offset, at, "lump_sum") for at in rounded]
    count = max(len(weights), len(once))
    receives = [weights[g % len(weights)] * _pays_anything(once[g % len(once)]) for g in range(count)]
    return PaidByTier(weights, paid, receives, once, beside)


def _rounded(tier: Tier, amount: Formula) -> Formula:
    """An amount, of a year for pensions, with the mean change of its rounding where anything is paid."""
    rule = tier.round_to
    if rule is None or rule.mean == 0:
        return amount
    change = rule.yearly_mean() if tier.pays == "pension" else rule.mean
    return combined("add", [amount, formula(linear(flat=change * _pays_anything(amount)))])


def _at_service_counted(
    law: Law, benefit: TieredBenefit | Survivors, rounding: Rounding | None = None
) -> tuple[float, list[Moments]]:
    """The mean that the rounding of service adds, less what comes too late for the record; the moments of each entry cohort, or one for all,
    with it."""
    offset = mean_rounding(rounding or law.scheme.service_rounding) - law.moments.record_lag / 12.0
    rounded = [
        replace(moments, last=np.maximum(moments.last + offset, 0.0)) for moments in law.cohorts(benefit)
    ]
    return offset, rounded if "first_insured_date" in keys_within(benefit) else rounded[:1]


def _pays_anything(amount: Formula) -> Array:
    """Where any term of an amount is not zero."""
    parts = [
        abs(term.share) if isinstance(term, Held) else abs(term.flat) + abs(term.rate) + abs(term.per_year)
        for term in amount.terms
    ]
    return np.asarray(sum(parts) > 0)


def _counted(law: Law, amount: Formula, offset: float, at: Moments, pays: str) -> Formula:
    """Rights hold exact years of contribution; the rounding of odd months adds its mean to the part by year, credits add their years."""
    if at.credited is None:
        return _each(amount, lambda term: replace(term, rate=term.rate + term.per_year * offset))
    served = np.maximum(at.last - offset, 0.5)

    def changed(term: Linear) -> Linear:
        career = law.scheme.earnings_called(term.name).kind == "career"
        return with_credits(term, at.credited, at, served, offset, career, pays == "pension")

    return _each(amount, changed)


def _annual(amount: Formula, pays: str) -> Formula:
    """A flat pension is said by the month; earnings are annual already."""
    return _each(amount, lambda term: replace(term, flat=term.flat * 12.0)) if pays == "pension" else amount


def _each(amount: Formula, change: Callable[[Linear], Linear]) -> Formula:
    """A formula with its linear terms changed."""
    return replace(
        amount, terms=tuple(term if isinstance(term, Held) else change(term) for term in amount.terms)
    )


def _survivor_rights(law: Law, behaviour: PensionBehaviour) -> Iterator[Valuation]:
    """The deaths of members that give their family a pension: heads, and the annual pensions that they are reckoned to have had."""
    for benefit_id, benefit in law.scheme.benefits.items():
        if isinstance(benefit, Survivors):
            for status in (CONTRIBUTORS, FORMER) if benefit.looks_back else (BOTH,):
                of_status = law.of_former(behaviour) if status == FORMER else law
                met = [benefit.entitles(moments) for moments in of_status.cohorts(benefit)]
                for way, right in benefit.rights.items():
                    weights = [shares[way] for shares in met]
                    had = _pension_reckoned(law, benefit, right.pension)
                    limits = law.unlimited()
                    yield Valuation(
                        benefit_id, benefit_id, "survivors", -1, weights, had, *limits, status, way
                    )


def _pension_reckoned(law: Law, benefit: Survivors, amount: Amount | None) -> list[Formula]:
    """The annual pension that the law takes for the deceased, of each entry cohort or one for all; nothing where none is asked."""
    if amount is None:
        return [formula(linear())]
    offset, rounded = _at_service_counted(law, benefit)
    pension = [(formula(amount.on(at)), at) for at in rounded]
    return [_annual(_counted(law, one, offset, at, "pension"), "pension") for one, at in pension]


def _reckoned(law: Law, own: Sequence[Valuation]) -> Iterator[Valuation]:
    """Beside each pension awarded, what a later death leaves to be shared, where the law does not look at the pension drawn."""
    for benefit_id, benefit in law.scheme.benefits.items():
        if isinstance(benefit, Survivors) and benefit.pension_of_pensioners is not None:
            had = _pension_reckoned(law, benefit, benefit.pension_of_pensioners)
            for pension in own:
                if pension.pays == "pension":
                    yield replace(
                        pension, label=reckoned_name(pension.label), benefit=benefit_id, pays="reckoned",
                        formulas=had, floor=law.limit(None, -np.inf), cap=law.limit(None, np.inf),
                    )  # fmt: skip


TESTED = "tested part"


def beside_name(label: str, name: str) -> str:
    """Name of an amount kept beside the pensions of one name: a supplement that ends, for one dependant; the part tested beside work."""
    return f"{label} beside {name}"


def reckoned_name(label: str) -> str:
    """Name of what is carried along a pension for the survivors."""
    return f"{label} for survivors"


def _of_former(
    law: Law, behaviour: PensionBehaviour, tiered: dict[str, TieredBenefit], exits: Exits, reuse: Reuse
) -> Iterator[Valuation]:
    """Payments at the death of those who have stopped contributing, where they meet the conditions differently."""
    former = law.of_former(behaviour)
    for name, benefit in tiered.items():
        if isinstance(benefit, Death) and benefit.looks_back_beside(law.scheme.benefits):
            chances = exits.chances | {name: _chances(former, behaviour, name, benefit)}
            yield from _valuations(former, name, benefit, replace(exits, chances=chances), reuse, FORMER)
