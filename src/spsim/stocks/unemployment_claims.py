"""The law of unemployment insurance month by month, and the persons under it: one rule after another, from a run-in.

Comes in: the scheme, the chances of the labour market, the insured. Goes out: persons by month, claims by group. What a cohort
cannot see of a person (density of the record) acts as the share of a stratum that may claim.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.dated import keys_of
from spsim.economy import EconomicPaths
from spsim.grid import Moments
from spsim.records import record
from spsim.rules.brackets import edges
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.rules.unemployment_record import Record
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment_cells import BLOCK, Cells, Priced, cells_of, record_brackets
from spsim.stocks.unemployment_groups import ClaimGroups, ClaimRule
from spsim.stocks.unemployment_spells import SpellRates, Spells, SpellState, project_spells, run_in
from spsim.stocks.unemployment_strata import Strata, claim_moments

SETTLED = 120  # months after which claims are as frequent as they will be
YEARS = 5.0  # years of age in a band along a slope
Period = tuple[int, ClaimRule]


@record(frozen=True)
class Claims:
    """Persons of one scheme: `periods` of law with the month in which each begins, the spells of each, and the records that
    are priced alike: `bracket` (cells,) their number, `records` what each bracket is priced at. `rates` of each period."""

    periods: list[tuple[int, Spells]]
    bracket: Array
    records: list[Priced]
    first: Spells
    rates: dict[int, SpellRates]
    kept: dict[Hashable, Array] | None = None

    def joined(self, name: str, draw: int = 0) -> Array:
        """One flow or stock of all periods, (M, H)."""
        arrays = [getattr(spells, name)[draw] for _, spells in self.periods]
        return np.concatenate([array.sum(axis=1) if array.ndim == 3 else array for array in arrays])

    def of_draw(self, draw: int) -> Claims:
        """The claims of one of several draws, as though it had been computed alone."""
        rates = {start: rates.of_draw(draw) for start, rates in self.rates.items()}
        periods = [(start, spells.of_draw(draw)) for start, spells in self.periods]
        return replace(self, periods=periods, rates=rates)


class Finding(Protocol):
    """Chances of finding work that differ among claims."""

    def breaks(self) -> set[int]:
        """Months, counted from 0, in which they change."""

    def of_groups(self, groups: ClaimGroups, base: ArrayLike, start: int) -> ArrayLike:
        """By group (K, M, H) from a month on; `base` (D, H or 1) those of `job_finding`."""


@record(frozen=True)
class Law:
    """What is in force month by month (M,) and on which strata. `finding` is None where all out of work find it alike."""

    scheme: UnemploymentScheme
    months: Array
    paths: EconomicPaths
    strata: Strata
    bracket: Array
    records: list[Priced]
    finding: Finding | None = None

    def periods(self, share: Array | None = None, extension: Array | None = None) -> list[Period]:
        """Rules, and the month from which each is in force; `share` (1, C+1, H) of those with an entitlement may claim."""
        breaks = set() if self.finding is None else self.finding.breaks()
        rules = claim_rules(
            self.scheme, self.months, self.paths, self.strata, self.bracket, extension, breaks
        )
        if share is None:
            return rules
        allowed = {id(rule): replace(rule, allowed=share) for _, rule in rules}
        return [(start, allowed[id(rule)]) for start, rule in rules]

    def answered(self, rates: SpellRates, rule: ClaimRule, start: int) -> SpellRates:
        """The rates with the chances of the claimants of a rule from a month on."""
        if self.finding is None:
            return rates
        chances = self.finding.of_groups(rule.groups(), rates.finding_claimants, start)
        return replace(rates, finding_claimants=chances)


@record(frozen=True)
class Opening:
    """Where the projection starts: persons, the first month, the share of those with an entitlement who may claim."""

    rule: ClaimRule
    state: SpellState
    first: Spells
    share: Array | None


def law_of(
    scheme: UnemploymentScheme,
    months: Array,
    paths: EconomicPaths,
    strata: Strata,
    finding: Finding | None = None,
) -> Law:
    """The law of a scheme on the months of a projection."""
    return Law(scheme, months, paths, strata, *record_brackets(scheme), finding)


def opening(law: Law, rates: SpellRates, insured: Array, later: Array) -> Opening:
    """Persons on the first day, `insured` (H,): a run-in at the first month's rates and law, without shocks or extensions.

    `later` (H,) those of the first month in which anybody is insured, on whom shares are reckoned that a cohort cannot see.
    """
    record, before = law.scheme.benefit.record, law.scheme.members.run_in_months
    _, rule = law.periods()[0]
    share = None
    under = law.answered(rates, rule, 0)
    state = run_in(rule, under, insured, before).scaled(insured)
    if record.density is not None:
        settled = state if before >= SETTLED else run_in(rule, under, later, SETTLED).scaled(later)
        share = thick_enough(record, cells_of(law.scheme), settled)
        rule = replace(rule, allowed=share)
        under = law.answered(rates, rule, 0)
        state = run_in(rule, under, insured, before).scaled(insured)
    settled = state if before >= SETTLED else run_in(rule, under, later, SETTLED).scaled(later)
    first = project_spells(rule, under.between(0, 1), np.stack([later, later])[None], settled)
    return Opening(rule, state, first, share)


def onwards(
    law: Law,
    opened: Opening,
    rates: SpellRates,
    path: Array,
    extension: Array | None = None,
    threads: int = 1,
) -> Claims:
    """All months from an opening: `path` (N or 1, M+1, H) insured, `rates` (N or 1, M, H); running claims go on under a new law.

    `extension` (M,): months of benefit added to all claims, those that run too.
    """
    state, before = opened.state, opened.rule
    rules = law.periods(opened.share, extension)
    found: list[tuple[int, Spells]] = []
    used: dict[int, SpellRates] = {}
    for position, (start, rule) in enumerate(rules):
        end = rules[position + 1][0] if position + 1 < len(rules) else len(law.months)
        if (position and rule is not rules[position - 1][1]) or rule.extension != before.extension:
            state = carried(state, before, rule)
        used[start] = law.answered(rates, rule, start)
        spells = project_spells(
            rule, used[start].between(start, end), path[:, start : end + 1], state, threads=threads
        )
        found.append((start, spells))
        state, before = spells.end, rule
    return Claims(found, law.bracket, law.records, opened.first, used)


def age_edges(scheme: UnemploymentScheme) -> set[int]:
    """Completed ages at which a benefit may change."""
    found = {
        edge
        for benefit in scheme.causes.values()
        for value in (benefit.duration, *benefit.values_of_amount.values())
        for edge in edges(value, "age", YEARS)
    }
    return {round(edge) for edge in found}


def claim_rules(
    scheme: UnemploymentScheme,
    months: Array,
    paths: EconomicPaths,
    strata: Strata,
    bracket: Array | None = None,
    extension: Array | None = None,
    breaks: Iterable[int] = (),
) -> list[Period]:
    """The rules of record, duration and wait, each with the index of the first month in which it is in force; and again at each break."""
    benefits, record, cells = list(scheme.causes.values()), scheme.benefit.record, cells_of(scheme)
    numbers = range(1, cells.numbers + 1)
    added = np.zeros(len(months)) if extension is None else extension
    by_cause = [_granted(benefit, cells, months, paths, strata) for benefit in benefits]
    granted = np.stack(list(np.broadcast_arrays(*by_cause)))  # (X, M, A, cells)
    waiting = np.stack([_waits(benefit, cells, months, paths) for benefit in benefits])  # (X, M, numbers)
    changed = (granted[:, 1:] != granted[:, :-1]).any(axis=(0, 2, 3))
    changed |= (waiting[:, 1:] != waiting[:, :-1]).any(axis=(0, 2)) | (added[1:] != added[:-1])
    new = [0, *(np.flatnonzero(changed) + 1).tolist()]
    rules = scheme.contributions.values()
    rated = [rule.reduced_after for rule in rules if rule.reduced_after is not None]
    reduced = [rating.months for rating in rated if rating.enterprises is None]

    def rule_from(start: int) -> ClaimRule:
        due = np.where(granted[:, start] > 0, granted[:, start] + added[start], 0.0)  # (X, A, cells)
        asked = [record.asked(number) for number in numbers]
        return ClaimRule(
            tuple(one.required for one in asked), tuple(one.window for one in asked), _by_stratum(due, strata),
            cells.left([record.after_claim(due, number) for number in numbers]), waiting[:, start], bracket,
            consecutive=tuple(one.consecutive for one in asked), between_claims=record.between_claims or 0,
            per_employer=record.per_employer, extension=float(added[start]),
            long_record=max(reduced, default=None), ends=cells.ends,
        )  # fmt: skip

    known = {start: rule_from(start) for start in new}
    starts = sorted({*new, *(month for month in breaks if 0 < month < len(months))})
    return [(start, known[max(one for one in new if one <= start)]) for start in starts]


def _granted(
    benefit: UnemploymentBenefit, cells: Cells, months: Array, paths: EconomicPaths, strata: Strata
) -> Array:
    """Months of benefit (M, A or 1, cells) by month, age band, number of claim and record."""
    moments = _moments(months, paths, np.arange(benefit.record.longest + 1.0))
    if "age" in keys_of(benefit.duration):
        moments = replace(moments, ages=strata.middles - 0.5)
    by_number = [benefit.granted_by_age(moments, number) for number in range(1, cells.numbers + 1)]
    granted = cells.laid(np.broadcast_arrays(*by_number))
    return np.broadcast_to(granted, (len(months), *granted.shape[1:]))


def _waits(benefit: UnemploymentBenefit, cells: Cells, months: Array, paths: EconomicPaths) -> Array:
    """Months of wait (M, numbers) by month and number of claim."""
    at = _moments(months, paths)
    found = [benefit.waiting_months(at, number) for number in range(1, cells.numbers + 1)]
    return np.stack([np.broadcast_to(one, len(months)) for one in found], axis=1)


def _moments(months: Array, paths: EconomicPaths, records: Array | None = None) -> Moments:
    return claim_moments(months, np.zeros(1) if records is None else records, "record_months", paths)


def _by_stratum(by_age: Array, strata: Strata) -> Array:
    """(X, A or 1, C+1) as (X, C+1, H or 1)."""
    turned = by_age.transpose(0, 2, 1)
    if turned.shape[2] == 1:
        return turned
    classes = len(strata.class_shares)
    full = np.broadcast_to(turned[:, :, None, :, None], (*turned.shape[:2], 2, turned.shape[2], classes))
    return full.reshape(*turned.shape[:2], -1)


def thick_enough(record: Record, cells: Cells, state: SpellState) -> Array:
    """Share of those with an entitlement whose record is dense enough, (1, cells, H).

    Months since the first insurance are taken to be the mean record of the insured of the stratum over the share of them in its
    persons, so that a record below density × those months is too thin.
    """
    by_cell = state.insured[0].sum(axis=1)
    insured = np.maximum(by_cell.sum(axis=0), 1e-300)
    persons = by_cell.sum(axis=0) + state.outside[0].sum(axis=(0, 1))
    asked = (record.density or 0.0) * (cells.record @ by_cell / insured) * persons / insured
    thick = (np.arange(record.longest + 1)[:, None] >= asked).astype(float)
    numbers = range(1, cells.numbers + 1)
    return cells.laid([_by_block(thick, record.asked(number).least).T for number in numbers]).T[None]


def _by_block(thick: Array, least: int) -> Array:
    """Means over twelve months of record from the least on, so that claims form few groups."""
    found = thick.copy()
    for low in range(least, len(thick) - 1, BLOCK):
        block = slice(low, min(low + BLOCK, len(thick) - 1))
        found[block] = thick[block].mean(axis=0)
    return found


def carried(state: SpellState, old: ClaimRule, new: ClaimRule) -> SpellState:
    """The same persons under a new law: a running claim joins the claims of its cause with the nearest entitlement, at its own month.

    When an extension ends or shrinks, claims past their own entitlement are over; under any other new law they have their last month.
    """
    before, after = old.groups(), new.groups()
    strata = state.claims.shape[-1]
    claims = np.zeros((len(state.claims), *after.record_after.shape, strata))
    assert state.former is not None
    former = np.zeros((len(state.claims), len(after.cause), *state.former.shape[2:]))
    outside = state.outside.copy()
    same = old.extension != new.extension and np.array_equal(before.of_record, after.of_record)
    for kind in range(len(before.cause)):
        joined = kind if same else _nearest(before, after, kind, old.extension - new.extension)
        for month in range(state.claims.shape[2]):
            persons = state.claims[:, kind, month]
            if joined is None:
                outside[:, before.record_after[kind, month], min(month + 1, old.lapse)] += persons
            else:
                over = (month >= after.spell[joined]) & (old.extension > new.extension)
                outside[:, before.record_after[kind, month], min(month + 1, old.lapse)] += persons * over
                claims[:, joined, min(month, int(after.spell[joined].max()) - 1)] += persons * ~over
        if joined is not None:
            former[:, joined] += state.former[:, kind]
        else:
            outside[:, before.record_after[kind, -1], old.lapse] += state.former[:, kind].sum(axis=1)
    return SpellState(state.insured, outside, claims, former)


def _nearest(before: ClaimGroups, after: ClaimGroups, kind: int, extended: float) -> int | None:
    """The group of the same cause and number of claim with the nearest entitlement but for extensions, then the nearest record."""
    same = np.flatnonzero((after.cause == before.cause[kind]) & (after.claim == before.claim[kind]))
    if not len(same):
        return None
    gap = abs(after.entitlement[same] - before.entitlement[kind] + extended).sum(axis=1)
    apart = abs(after.lowest[same] - before.lowest[kind])
    return int(same[np.lexsort((apart, gap))[0]])
