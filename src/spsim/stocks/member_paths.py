"""Members laid on the grid: how many should contribute, at what wage, and with what mortality.

Two makers of the same `MemberPaths`: from the labour force (`covered`) and given outright (`entrants`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Date, on
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid, Moments
from spsim.labour import Wages, average_wage, banded_mean, class_means, contributory_multiples, wage_by_age
from spsim.members import Covered, Entrants
from spsim.records import record
from spsim.rules.contributions import ContributionBase
from spsim.rules.pension_age import AgeReached


@record(frozen=True)
class MemberPaths:
    """What the member kernel is driven by, on one grid.

    `target` (T, S, X) contributors on 1 July (NaN: none given); `death` (T, S, X) of members and `pensioner_death` (T, S, 101) of
    everyone, at the age at the end of the step; `wages` (T, S, X, K) monthly wages and `contributory` the part on which contributions
    are due; `class_shares` (K,).
    """

    target: Array
    death: Array
    pensioner_death: Array
    wages: Array
    contributory: Array
    class_shares: Array


def covered(
    members: Covered, group: Array, mortality: Array, wages: Wages, base: ContributionBase, behaviour: PensionBehaviour,
    reached: AgeReached, paths: EconomicPaths, grid: Grid, start: Date,
) -> MemberPaths:  # fmt: skip
    """Insured = employed of the group × coverage × compliance, of those below the pension age, scaled to the published total.

    Nobody is insured before the scheme starts.
    """
    moments = grid.calendar_years(paths.references)
    share = (on(members.coverage, moments) * on(members.compliance, moments))[..., 0, 0]
    ages = slice(grid.youngest, grid.oldest + 1)
    begun = 12 * grid.years + 6 >= month_number(start)
    insured = group[:, :, ages] * share * (1.0 - reached.share) * begun[:, None, None]
    insured *= published_scale(_known(members), insured[0].sum(), grid.first)
    wage, contributory = wages_by_class(wages, insured, base, behaviour, paths, grid)
    death = by_age_at_end(mortality)
    if members.after_age == "contribute":  # whoever has not retired goes on; nobody is hired at these ages
        insured = np.where(reached.share > 0, np.nan, insured)
    return MemberPaths(insured, death[:, :, ages], death, wage, contributory, np.array(wages.class_shares))


def by_age_at_end(mortality: Array) -> Array:
    """Probabilities of death (T, 2, 101) by the age at the end of the step, from those by the age at its start.

    The open group is reached from the age before it and from itself; the mean of the two serves both.
    """
    death = np.empty_like(mortality)
    death[..., 0] = 0.0
    death[..., 1:] = mortality[..., :-1]
    death[..., -1] = (mortality[..., -2] + mortality[..., -1]) / 2
    return death


def published_scale(known: Mapping[int, float], insured: float, first: int) -> float:
    """Published number of the first year (or the last year before it) over the number that shares give; 1 without any."""
    past = [year for year in known if year <= first]
    return known[max(past)] / insured if past and insured > 0 else 1.0


def wages_by_class(
    wages: Wages,
    insured: Array,
    base: ContributionBase,
    behaviour: PensionBehaviour,
    paths: EconomicPaths,
    grid: Grid,
) -> tuple[Array, Array]:
    """Monthly wages and contributory wages (T, S, X, K): floor and ceiling cut within each class of the lognormal."""
    moments = grid.calendar_years(paths.references)
    mean = wage_by_age(wages, average_wage(wages, paths, grid), insured, grid)
    declared = np.broadcast_to(on(behaviour.declared_share, moments)[..., 0, 0], mean.shape)
    floor, ceiling = (np.broadcast_to(limit[:, None, None], mean.shape) for limit in base.limits(moments))
    declared_mean = mean * declared
    above = np.broadcast_to(base.threshold(moments)[:, None, None], mean.shape)
    if base.bands is not None:
        edges, standard = base.band_steps()
        limited = np.clip(standard, floor[..., None], ceiling[..., None]) - above[..., None]
        counted = banded_mean(wages, declared_mean, edges, np.maximum(limited, 0.0))
    else:
        least, most = np.maximum(floor, above), np.maximum(ceiling, above)
        multiples = contributory_multiples(wages, least / declared_mean, most / declared_mean)
        counted = declared_mean[..., None] * multiples - above[..., None]
        if base.round_to is not None:
            edges, change = base.round_to.steps()
            wide = np.broadcast_to(change, (*mean.shape, len(change)))
            counted = counted + banded_mean(wages, declared_mean, edges, wide)
            counted = np.clip(counted, (least - above)[..., None], (most - above)[..., None])
    return mean[..., None] * class_means(wages), np.maximum(counted, 0.0)


def history(now: MemberPaths, members: Covered, paths: EconomicPaths, past: Grid) -> MemberPaths:
    """The run-in: the first year's members and wages carried back by published totals and by the index of wages.

    Assumed, and said in the results: the age and sex pattern, mortality and contributory share of the first year held in the past.
    """
    years = past.years.astype(float)
    known = dict(_known(members))
    first = float(np.nansum(now.target[0]))
    known[past.last] = first
    points = sorted((year, value) for year, value in known.items() if year <= past.last)
    total = np.interp(years, [year for year, _ in points], [value for _, value in points])
    scale = total / first if first > 0 else np.zeros_like(total)
    place = np.searchsorted(paths.years, years)
    wage = paths.wages[place] / paths.wages[place[-1]]
    shape = (len(years), 1, 1, 1)
    return MemberPaths(
        now.target[0] * scale[:, None, None],
        np.repeat(now.death[:1], len(years), axis=0),
        np.repeat(now.pensioner_death[:1], len(years), axis=0),
        now.wages[0] * wage.reshape(shape),
        now.contributory[0] * wage.reshape(shape),
        now.class_shares,
    )


def entrants(
    members: Entrants, base: ContributionBase, behaviour: PensionBehaviour, paths: EconomicPaths, grid: Grid
) -> MemberPaths:
    """Members given outright: entrants at one age grow at a rate, everyone else is who is left (Iyer 1999, 5.17-5.18)."""
    initial = initial_persons(members)
    target = np.full(grid.shape[:3], np.nan)
    growth = np.cumprod(1 + np.concatenate([[0.0], _yearly(members.entrant_growth, grid)[1:]]))
    first = members.entry_age - grid.youngest
    target[:, 0, first] = initial[members.entry_age] * growth
    target[:, 1] = 0.0
    q = table_mortality(members)
    persons = np.zeros(grid.shape[:3])
    persons[:, 0] = initial[grid.youngest : grid.oldest + 1]
    wage, contributory = wages_by_class(members.wages, persons, base, behaviour, paths, grid)
    death = np.broadcast_to(q, (*grid.shape[:2], OPEN_AGE + 1))
    ages = slice(grid.youngest, grid.oldest + 1)
    return MemberPaths(
        target, death[:, :, ages], death, wage, contributory, np.array(members.wages.class_shares)
    )


def initial_persons(members: Entrants) -> Array:
    """Initial members by single age (101,): the age groups graduated by a monotone cubic through their cumulated numbers."""
    from scipy.interpolate import PchipInterpolator

    edges = [members.initial[0].from_, *(group.to for group in members.initial)]
    total = np.concatenate([[0.0], np.cumsum([group.persons for group in members.initial])])
    cumulated = PchipInterpolator(edges, total)(np.clip(np.arange(OPEN_AGE + 2), edges[0], edges[-1]))
    return np.asarray(np.diff(cumulated))


def initial_service(members: Entrants) -> Array:
    """Mean credited past service by single age (101,), linear between the middles of the age groups."""
    middles = [(group.from_ + group.to) / 2 for group in members.initial]
    service = [group.past_service * members.past_service_credited for group in members.initial]
    slope = np.gradient(service, middles) if len(middles) > 1 else np.zeros(1)
    ages = np.arange(OPEN_AGE + 1) + 0.5
    inside = np.interp(ages, middles, service)
    before, after = (
        np.minimum(ages - middles[0], 0.0) * slope[0],
        np.maximum(ages - middles[-1], 0.0) * slope[-1],
    )
    return np.maximum(inside + before + after, 0.0)


def table_mortality(members: Entrants) -> Array:
    """Probability (101,) of death between mid-age x − 1/2 and x + 1/2: service table to the exit age, pensioners' table from there."""
    ages = np.arange(0.0, OPEN_AGE + 2.0)
    exact = Moments(np.zeros((1, 1)), ages - 0.5, np.zeros(1))
    service, pensioners = (
        on(table, exact)[0, 0, :, 0, 0] for table in (members.service_table, members.pensioner_table)
    )
    alive = np.where(
        ages <= members.exit_age,
        service,
        service[members.exit_age] * pensioners / max(pensioners[members.exit_age], 1e-300),
    )
    lived = (alive[:-1] + alive[1:]) / 2
    lived = np.where(ages[:-1] < members.initial[0].from_, lived[members.entry_age], lived)
    q = np.ones(OPEN_AGE + 1)
    q[0] = 0.0
    q[1:] = 1.0 - np.divide(lived[1:], lived[:-1], out=np.zeros(OPEN_AGE), where=lived[:-1] > 0)
    return np.clip(q, 0.0, 1.0)


def _known(members: Covered) -> Mapping[int, float]:
    return {} if members.contributors is None else members.contributors.by_year


def _yearly(value: object, grid: Grid) -> Array:
    return np.broadcast_to(on(value, grid.calendar_years({}))[:, 0, 0, 0, 0], len(grid.years))  # type: ignore[arg-type]
