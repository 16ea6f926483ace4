"""Stocks of a pension scheme, step by step: the law on the grid, the member kernel, what is paid from its flows.

Comes in: scheme, behaviour, members' paths, economy, fertility. Goes out: `PensionStocks`. Called by `run`; read by `money`,
`indicators` and `tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.kernels.pension import MemberProjection, project_members
from spsim.members import Covered
from spsim.rules.pension_age import age_reached
from spsim.rules.reference_earnings import CareerAverage
from spsim.schemes import PensionScheme
from spsim.stocks.base import Base, base_after, empty_base, initial_base
from spsim.stocks.member_paths import MemberPaths, history
from spsim.stocks.payments import Award, LumpSum, Payments, Pension, payments
from spsim.stocks.pension_tables import Law, PensionTables, entry_months, kernel_tables, pension_tables
from spsim.stocks.setting import Setting


@dataclass(frozen=True)
class PensionStocks:
    """One scheme: `contributors` (T, 2, A, K) and `dormant` (T, 2, A) on 1 July, `density` (T, 2, A), what is paid, the kernel's flows.

    `residual` (T−1,) persons in − persons out.
    """

    grid: Grid
    members: MemberPaths
    density: Array
    contributors: Array
    dormant: Array
    service_years: Array
    paid: Payments
    flows: MemberProjection
    residual: Array

    @property
    def pensions(self) -> dict[str, Pension]:
        """Pensions in payment by name."""
        return self.paid.pensions

    @property
    def lump_sums(self) -> dict[str, LumpSum]:
        """Payments made once, by name."""
        return self.paid.lump_sums

    @property
    def awards(self) -> dict[str, Award]:
        """New pensions of members, by name."""
        return self.paid.awards


def project_pension(
    scheme: PensionScheme,
    behaviour: PensionBehaviour,
    members: MemberPaths,
    paths: EconomicPaths,
    fertility: Array,
    grid: Grid,
) -> PensionStocks:
    """Project a scheme from its base: a run-in through its past, or the given initial members.

    `paths` reach back over the run-in; `fertility` (T, 101) births per woman.
    """
    base = empty_base(scheme, grid)
    if isinstance(scheme.members, Covered):
        past = replace(grid, first=grid.first - scheme.members.run_in_years, last=grid.first)
        before = history(members, scheme.members, paths, past)
        births = np.repeat(fertility[:1], len(past.years), axis=0)
        run_in = _project(_setting(scheme, behaviour, before, paths, births, past), base)
        closing = {
            name: (paid.by_class[0][-1], paid.by_class[1][-1]) for name, paid in run_in.pensions.items()
        }
        base = base_after(scheme, run_in.flows, closing)
    else:
        base = initial_base(scheme, scheme.members, members, base, grid)
    return _project(_setting(scheme, behaviour, members, paths, fertility, grid), base)


def _setting(
    scheme: PensionScheme,
    behaviour: PensionBehaviour,
    members: MemberPaths,
    paths: EconomicPaths,
    fertility: Array,
    grid: Grid,
) -> Setting:
    within = paths.between(grid.first, grid.last)
    steps = grid.steps(paths.references, scheme.start)
    unit = _mid_step(within.valorisation(scheme.reference_earnings.valorisation))
    return Setting(
        scheme,
        behaviour,
        members,
        within,
        paths,
        fertility,
        grid,
        steps,
        age_reached(scheme.pension_age, grid),
        unit,
    )


def _project(setting: Setting, base: Base) -> PensionStocks:
    """One call of the member kernel, and what is paid from its flows."""
    scheme, behaviour, members, grid, steps = (
        setting.scheme, setting.behaviour, setting.members, setting.grid, setting.steps,
    )  # fmt: skip
    law = Law(scheme, grid, steps, setting.reached, setting.unit)
    tables = pension_tables(law, behaviour)
    density = _profile(behaviour.contribution_density, grid.calendar_years(setting.paths.references), grid)
    earned = earned_in_step(members, setting.unit)
    flows = project_members(
        contributors0=base.contributors,
        dormant0=base.dormant,
        death=members.death[None],
        leave=_profile(behaviour.leaving_rate, steps, grid),
        density=density,
        increment=rights_of_a_year(scheme, earned),
        target=members.target[None],
        class_share=members.class_shares,
        reentry_share=_profile(behaviour.reentry_share, steps, grid),
        reentry_limit=behaviour.reentry_limit,
        entry_cohort=_cohort_of_entry(scheme, grid),
        **kernel_tables(tables, law, _reference_earnings(setting, earned)),
    )
    return _stocks(setting, base, tables, density, earned, flows)


def _stocks(
    setting: Setting,
    base: Base,
    tables: PensionTables,
    density: Array,
    earned: Array,
    flows: MemberProjection,
) -> PensionStocks:
    last_wages = earned * setting.unit[:, None, None, None]
    return PensionStocks(
        grid=setting.grid,
        members=setting.members,
        density=density,
        contributors=flows.contributors[0].sum(axis=1),
        dormant=flows.dormant[0].sum(axis=(1, 4)),
        service_years=flows.service_sum[0],
        paid=payments(setting, tables, flows, base, last_wages),
        flows=flows,
        residual=_lost_persons(flows),
    )


def earned_in_step(members: MemberPaths, unit: Array) -> Array:
    """Contributory earnings of a full year in each step (T, S, X, K), in valorised units: the mean of its two Julys along the cohort."""
    annual = 12.0 * members.contributory
    return _mid_step(annual, _a_year_younger(annual)) / unit[:, None, None, None]


def rights_of_a_year(scheme: PensionScheme, earned: Array) -> Array:
    """What a contributor adds to their right (1, T, S, X, K, 1): the year's earnings where the career counts, else a year of service."""
    career = isinstance(scheme.reference_earnings, CareerAverage)
    return (earned if career else np.ones_like(earned))[None, ..., None]


def _mid_step(now: Array, before: Array | None = None) -> Array:
    """Value on 1 January between two Julys: the mean of this cell and of where its people were a year ago; index 0 as it is."""
    before = np.concatenate([now[:1], now[:-1]]) if before is None else before
    return np.asarray((now + before) / 2)


def _a_year_younger(wages: Array) -> Array:
    """The same people a year before: (t − 1, x − 1)."""
    before = wages.copy()
    before[1:, :, 1:] = wages[:-1, :, :-1]
    return before


def _profile(value: Value, moments: Moments, grid: Grid) -> Array:
    return np.array(np.broadcast_to(on(value, moments)[..., 0, 0], grid.shape[:3]))


def _cohort_of_entry(scheme: PensionScheme, grid: Grid) -> Array:
    """Entry cohort of those who join in each step, by the middle of the step."""
    return np.searchsorted(entry_months(scheme)[1:], 12 * grid.years, side="right")


def _reference_earnings(setting: Setting, earned: Array) -> Array:
    """Annual reference earnings (T, S, X, K) at the award, in valorised units, for an average of the last years along each cohort's path.

    The year before an award on 1 January is the one around the 1 July before it, at an age one lower at the end of the step; years before
    the first one are carried back by the index of wages. A dormant member is given the wage of those still at work at that age.
    """
    rule = setting.scheme.reference_earnings
    if isinstance(rule, CareerAverage):
        return earned
    wanted = np.broadcast_to(on(rule.years, setting.steps)[:, 0, 0, 0, 0], len(earned))
    longest = int(np.ceil(wanted.max()))
    path = _yearly_wages(setting, longest + 1)
    total, average = np.zeros_like(earned), earned.copy()
    for taken in range(1, longest + 1):
        first = longest + 1 - taken
        total = total + _younger(path[first : first + len(earned)], taken)
        average = np.where((wanted >= taken)[:, None, None, None], total / taken, average)
    return average


def _yearly_wages(setting: Setting, years_before: int) -> Array:
    """Annual contributory earnings on each 1 July in valorised units (years_before + T, S, X, K), the first ones carried back."""
    first, last, rule = setting.grid.first, setting.grid.last, setting.scheme.reference_earnings
    now = 12.0 * setting.members.contributory
    back = setting.history.between(first - years_before, first)
    before = now[:1] * (back.wages[:-1] / back.wages[-1])[:, None, None, None]
    unit = setting.history.between(first - years_before, last).valorisation(rule.valorisation)
    return np.concatenate([before, now]) / unit[:, None, None, None]


def _younger(wages: Array, years: int) -> Array:
    """Wages (T, S, X, K) of the same people so many ages younger; the youngest age serves those younger still."""
    place = np.maximum(np.arange(wages.shape[2]) - years, 0)
    return wages[:, :, place]


def _lost_persons(flows: MemberProjection) -> Array:
    """Persons in − persons out of each step (T−1,): zero but for rounding."""
    stock = flows.contributors[0].sum(axis=(1, 2, 3, 4)) + flows.dormant[0].sum(axis=(1, 2, 3, 4))
    entries = flows.entrants[0].sum(axis=(1, 2, 3))
    deaths = flows.deaths_contributors[0].sum(axis=(1, 2)) + flows.deaths_dormant[0].sum(axis=(1, 2))
    exits = (flows.exit_contributors[0] + flows.exit_dormant[0]).sum(axis=(0, 2, 3, 4))
    out = deaths + exits + flows.aged_out[0].sum(axis=1)
    return np.asarray(stock[1:] - stock[:-1] - entries[1:] + out[1:])
