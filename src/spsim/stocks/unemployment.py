"""Unemployment insurance month by month: the law and the labour market on strata of sex, age band and earnings class.

Comes in: insured by year, sex and age; wages; the benefit rule; flows of the labour market. Goes out: contributors, claims,
beneficiaries, exhaustions and money by month and stratum. Called by `run`; read by `money`, `indicators` and `tables`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import UnemploymentBehaviour
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.labour import Wages, average_wage, contributory_multiples, wage_by_age
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, Spells, SpellState, project_spells, run_in

BAND_YEARS = 10


@dataclass(frozen=True)
class Strata:
    """Sex × age band × earnings class, in this order: `edges` ages at which bands begin and end, `persons` (T, 2, A) insured by year."""

    ages: Array
    edges: Array
    class_shares: Array

    @property
    def bands(self) -> int:
        """Number of age bands."""
        return len(self.edges) - 1

    def gather(self, by_age: Array) -> Array:
        """Sums over the ages of each band: (T, 2, A, ...) to (T, 2, bands, ...)."""
        starts = np.searchsorted(self.ages, self.edges[:-1])
        return np.add.reduceat(by_age, starts, axis=2)

    def flat(self, by_band: Array) -> Array:
        """(T, 2, bands) persons split over classes, or (T, 2, bands, K) as it is, to (T, H)."""
        full = by_band[..., None] * self.class_shares if by_band.ndim == 3 else by_band
        return np.asarray(full.reshape(len(full), -1))

    def unflat(self, by_stratum: Array) -> Array:
        """(T, H) to (T, 2, bands, K)."""
        return by_stratum.reshape(len(by_stratum), 2, self.bands, len(self.class_shares))


@dataclass(frozen=True)
class UnemploymentStocks:
    """One scheme: months (M,) numbers; persons and money by month; `insured` (T, 2, A) by year; paid person-months by (T, 2, A).

    `contributory_wages` (M,) of all insured; `beneficiaries` are paid person-months.
    """

    grid: Grid
    ages: Array
    months: Array
    insured: Array
    contributors: Array
    contributory_wages: Array
    new_claims: Array
    beneficiaries: Array
    exhaustions: Array
    separations: Array
    amount: Array
    beneficiaries_by_age: Array
    amount_by_age: Array

    def yearly(self, name: str) -> Array:
        """Sum over the months of each year (T,) of one of the monthly paths."""
        return np.asarray(getattr(self, name).reshape(-1, 12).sum(axis=1))


def project_unemployment(
    scheme: UnemploymentScheme,
    behaviour: UnemploymentBehaviour,
    insured: Array,
    ages: Array,
    wages: Wages,
    paths: EconomicPaths,
    grid: Grid,
) -> UnemploymentStocks:
    """Project the scheme from January of the first year; records and claims at the start come from a run-in at the first month's rates."""
    strata = Strata(
        ages,
        np.append(np.arange(ages[0], ages[-1] + 1, BAND_YEARS), ages[-1] + 1),
        np.array(wages.class_shares),
    )
    months = 12 * grid.first + np.arange(12 * len(grid.years))
    path = monthly(strata.flat(strata.gather(insured)), grid, np.append(months, months[-1] + 1))
    rates = _rates(behaviour, strata, months, paths, grid)
    spells = _project(scheme, rates, path, months, paths)
    wage, contributory = _wages(scheme, wages, strata, insured, months, paths, grid)
    paid = paid_months(spells)
    benefit = _benefit(scheme, behaviour, wages, strata, wage, months, paths, paid.shape[1])
    amount = paid * _of_claim(benefit)
    by_age = [_years_by_age(values.sum(axis=1), strata, insured, grid) for values in (paid / 12.0, amount)]
    contributors = _joined(spells, "contributors")
    return UnemploymentStocks(
        grid, ages, months, insured,
        contributors=contributors.sum(axis=1),
        contributory_wages=(contributors * contributory).sum(axis=1),
        new_claims=_joined(spells, "new_claims").sum(axis=1),
        beneficiaries=paid.sum(axis=(1, 2)),
        exhaustions=_joined(spells, "exhaustions").sum(axis=1),
        separations=_joined(spells, "separations").sum(axis=1),
        amount=amount.sum(axis=(1, 2)),
        beneficiaries_by_age=by_age[0],
        amount_by_age=by_age[1],
    )  # fmt: skip


def _joined(spells: list[Spells], name: str) -> Array:
    """One flow of all periods, (M, H)."""
    arrays = [getattr(part, name)[0] for part in spells]
    return np.concatenate([array.sum(axis=1) if array.ndim == 3 else array for array in arrays])


def paid_months(spells: list[Spells]) -> Array:
    """Paid person-months by month, month of claim and stratum: (M, m, H)."""
    found = [
        np.einsum("tkmh,km->tmh", part.claims[0], part.groups.paid)
        for part in spells
        if part.claims is not None
    ]
    longest = max(array.shape[1] for array in found)
    return np.concatenate([np.pad(array, ((0, 0), (0, longest - array.shape[1]), (0, 0))) for array in found])


def monthly(yearly: Array, grid: Grid, months: Array) -> Array:
    """Values on 1 July (T, ...) carried to month numbers by straight lines; held before the first and after the last July."""
    july = 12.0 * grid.years + 6
    place = np.clip((months + 0.5 - july[0]) / 12.0, 0.0, len(july) - 1.0)
    low = np.minimum(place.astype(int), len(july) - 2)
    weight = (place - low).reshape(-1, *(1,) * (yearly.ndim - 1))
    return np.asarray(yearly[low] * (1 - weight) + yearly[low + 1] * weight)


def _moments(
    months: Array, last: Array, last_key: str, paths: EconomicPaths, scheme_start: float = 0.0
) -> Moments:
    return Moments(
        months[None, :].astype(float), np.zeros(1), last, last_key, 0.0, scheme_start, paths.references
    )


def _rates(
    behaviour: UnemploymentBehaviour, strata: Strata, months: Array, paths: EconomicPaths, grid: Grid
) -> SpellRates:
    """Chances by month and stratum; profiles by age are read at the middle of each band."""
    middles = (strata.edges[:-1] + strata.edges[1:]) / 2.0
    by_band = Moments(months[None, :].astype(float), middles - 0.5, np.zeros(1), references=paths.references)
    classes = len(strata.class_shares)
    factor = (
        np.ones(classes) if behaviour.separation_by_class is None else np.array(behaviour.separation_by_class)
    )
    factor = factor / (factor * strata.class_shares).sum()

    def profile(value: Value) -> Array:
        shape = (len(months), 2, strata.bands, classes)
        return np.broadcast_to(on(value, by_band)[..., 0], shape)

    def path(value: Value) -> Array:
        return np.broadcast_to(on(value, by_band)[:, 0, 0, 0, 0], len(months))[:, None]

    separation = np.minimum(profile(behaviour.separation_rate) * factor, 1.0)
    chance = on(behaviour.job_finding, _moments(months[:1], np.arange(1.0, 61.0), "claim_month", paths))[
        0, 0, 0, 0, :, None
    ]
    chance = np.broadcast_to(chance, (60, 1))
    width = np.diff(strata.edges)
    order = np.arange(2 * strata.bands * classes).reshape(2, strata.bands, classes)
    following = np.full(order.shape, -1)
    following[:, :-1] = order[:, 1:]
    return SpellRates(
        separation=np.minimum(strata.flat(separation) * path(behaviour.crisis), 1.0),
        covered=path(behaviour.covered_share),
        take_up=path(behaviour.take_up),
        exits=strata.flat(profile(behaviour.withdrawal_rate)),
        finding_claimants=chance,
        finding_outside=chance,
        insured_share=path(behaviour.to_insured_work),
        reentry_share=path(behaviour.returning_share),
        ageing=np.broadcast_to((1.0 / (12.0 * width))[None, :, None], order.shape).reshape(1, -1),
        next_stratum=following.ravel(),
    )


def _project(
    scheme: UnemploymentScheme, rates: SpellRates, path: Array, months: Array, paths: EconomicPaths
) -> list[Spells]:
    """From a run-in through the months, one law after another; running claims go on under the new one."""
    rules = claim_rules(scheme, months, paths)
    state = run_in(rules[0][1], rates, path[0], scheme.members.run_in_months).scaled(path[0])
    found: list[Spells] = []
    for number, (start, rule) in enumerate(rules):
        end = rules[number + 1][0] if number + 1 < len(rules) else len(months)
        if number:
            state = carried(state, rules[number - 1][1], rule)
        found.append(project_spells(rule, rates.between(start, end), path[None, start : end + 1], state))
        state = found[-1].end
    return found


def claim_rules(
    scheme: UnemploymentScheme, months: Array, paths: EconomicPaths
) -> list[tuple[int, ClaimRule]]:
    """The rules of record, duration and wait, each with the index of the first month in which it is in force."""
    benefit = scheme.benefit
    by_record = _moments(months, np.arange(benefit.record.longest + 1.0), "record_months", paths)
    granted = np.broadcast_to(benefit.months_granted(by_record), (len(months), benefit.record.longest + 1))
    waiting = np.broadcast_to(benefit.waiting_months(by_record), len(months))
    changed = (granted[1:] != granted[:-1]).any(axis=1) | (waiting[1:] != waiting[:-1])
    starts = [0, *(np.flatnonzero(changed) + 1).tolist()]
    record = benefit.record
    return [
        (
            start,
            ClaimRule(
                record.required,
                record.window,
                granted[start],
                record.after_claim(granted[start]),
                float(waiting[start]),
            ),
        )
        for start in starts
    ]


def carried(state: SpellState, old: ClaimRule, new: ClaimRule) -> SpellState:
    """The same persons under a new law: a running claim joins the claims of the nearest entitlement, at its own month."""
    before, after = old.groups(), new.groups()
    claims = np.zeros((len(state.claims), *after.record_after.shape, state.claims.shape[-1]))
    for kind, entitlement in enumerate(before.entitlement):
        joined = int(np.argmin(abs(after.entitlement - entitlement)))
        for month in range(state.claims.shape[2]):
            claims[:, joined, min(month, int(after.spell[joined]) - 1)] += state.claims[:, kind, month]
    return SpellState(state.insured, state.outside, claims)


def _wages(
    scheme: UnemploymentScheme,
    wages: Wages,
    strata: Strata,
    insured: Array,
    months: Array,
    paths: EconomicPaths,
    grid: Grid,
) -> tuple[Array, Array]:
    """Monthly mean wage (M, 2, bands) and contributory wage (M, H)."""
    mean = wage_by_age(
        wages,
        average_wage(wages, paths.between(grid.first, grid.last), grid),
        insured,
        _at_ages(grid, strata),
    )
    weight = strata.gather(insured)
    by_band = np.divide(strata.gather(mean * insured), weight, out=np.zeros_like(weight), where=weight > 0)
    wage = monthly(by_band, grid, months)
    floor, ceiling = (
        limit[:, None, None]
        for limit in scheme.contribution_base.limits(_moments(months, np.zeros(1), "service", paths))
    )
    multiples = _multiples(wages, floor, ceiling, wage)
    return wage, strata.flat(wage[..., None] * multiples)


def _multiples(wages: Wages, floor: Array, ceiling: Array, wage: Array) -> Array:
    safe = np.where(wage > 0, wage, 1.0)
    return contributory_multiples(
        wages, np.broadcast_to(floor, wage.shape) / safe, np.broadcast_to(ceiling, wage.shape) / safe
    )


def _at_ages(grid: Grid, strata: Strata) -> Grid:
    return Grid(grid.first, grid.last, int(strata.ages[0]), int(strata.ages[-1]), len(strata.class_shares), 0)


def _benefit(
    scheme: UnemploymentScheme, behaviour: UnemploymentBehaviour, wages: Wages, strata: Strata, wage: Array, months: Array,
    paths: EconomicPaths, claim_months: int,
) -> Array:  # fmt: skip
    """Average monthly benefit of claims begun in each month, by month of claim: (M, m, H).

    rate · w between floor and cap, averaged over the wages of the class: rate · E[min(max(w, floor / rate), cap / rate)].
    """
    last = _moments(months, np.arange(1.0, claim_months + 1), "claim_month", paths)
    rate, floor, cap = scheme.benefit.limits(last)
    before = _earlier(wage, (scheme.benefit.earnings_months + 1) / 2) * _share(behaviour, last)
    least, most = scheme.contribution_base.limits(_moments(months, np.zeros(1), "service", paths))
    columns: list[Array] = []
    for m in range(claim_months):
        if m > 0 and all((value[:, m] == value[:, m - 1]).all() for value in (rate, floor, cap)):
            columns.append(columns[-1])
            continue
        safe = np.maximum(rate[:, m], 1e-12)
        low, high = (
            np.clip(limit, least, most)[:, None, None] for limit in (floor[:, m] / safe, cap[:, m] / safe)
        )
        columns.append(
            strata.flat((rate[:, m, None, None] * before)[..., None] * _multiples(wages, low, high, before))
        )
    return np.stack(columns, axis=1)


def _share(behaviour: UnemploymentBehaviour, moments: Moments) -> Array:
    return on(behaviour.wage_before_separation, moments)[:, 0, 0, :, :]


def _earlier(wage: Array, by_months: float) -> Array:
    """Wages so many months before, by straight lines; the first month's before the start."""
    place = np.maximum(np.arange(len(wage)) - by_months, 0.0)
    low = place.astype(int)
    weight = (place - low)[:, None, None]
    return np.asarray(wage[low] * (1 - weight) + wage[np.minimum(low + 1, len(wage) - 1)] * weight)


def _of_claim(benefit: Array) -> Array:
    """Benefit paid in month t to those in month m of a claim: that of claims begun m months before (t − m, not before the start)."""
    paid = np.empty_like(benefit)
    for m in range(benefit.shape[1]):
        paid[:, m] = benefit[np.maximum(np.arange(len(benefit)) - m, 0), m]
    return paid


def _years_by_age(by_month: Array, strata: Strata, insured: Array, grid: Grid) -> Array:
    """Yearly sums (T, 2, A) of (M, H), each band spread over its ages like the insured."""
    yearly = strata.unflat(by_month).sum(axis=-1).reshape(len(grid.years), 12, 2, strata.bands).sum(axis=1)
    band = np.searchsorted(strata.edges, strata.ages, side="right") - 1
    total = strata.gather(insured)[:, :, band]
    return np.divide(yearly[:, :, band] * insured, total, out=np.zeros_like(insured), where=total > 0)
