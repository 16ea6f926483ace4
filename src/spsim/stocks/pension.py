"""Stocks of a pension scheme, step by step: the law on the grid, the member kernel, what is paid from its flows.

Comes in: scheme, behaviour, members' paths, economy, fertility. Goes out: `PensionStocks`. Called by `run`; read by `money`,
`indicators` and `tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.kernels.pension import MemberProjection, project_members
from spsim.members import Covered
from spsim.rules.pension_age import age_reached
from spsim.schemes import PensionScheme
from spsim.stocks.base import Base, base_after, empty_base, initial_base
from spsim.stocks.member_paths import MemberPaths, history
from spsim.stocks.payments import Award, LumpSum, Payments, Pension, payments
from spsim.stocks.pension_tables import Law, PensionTables, entry_months, kernel_tables, pension_tables
from spsim.stocks.rights import Rights, account_name, rights_of
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
        past = replace(grid, first=first_year_of_past(scheme, scheme.members, grid), last=grid.first)
        before = history(members, scheme.members, paths, past)
        births = np.repeat(fertility[:1], len(past.years), axis=0)
        run_in = _project(_setting(scheme, behaviour, before, paths, births, past), base)
        closing = {
            name: (paid.by_class[0][-1], paid.by_class[1][-1]) for name, paid in run_in.pensions.items()
        }
        base = base_after(scheme, run_in.flows, closing)
    else:
        rights = rights_of(_setting(scheme, behaviour, members, paths, fertility, grid))
        base = initial_base(scheme.members, members, rights.increments[0], base, grid)
    return _project(_setting(scheme, behaviour, members, paths, fertility, grid), base)


def first_year_of_past(scheme: PensionScheme, members: Covered, grid: Grid) -> int:
    """The run-in begins with nobody on the July before the first one of the scheme, or `run_in_years` before the projection."""
    first_july = -(-(month_number(scheme.start) - 6) // 12)
    return min(max(grid.first - members.run_in_years, first_july - 1), grid.first - 1)


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
    )


def _project(setting: Setting, base: Base) -> PensionStocks:
    """One call of the member kernel, and what is paid from its flows."""
    scheme, behaviour, members, grid, steps = (
        setting.scheme, setting.behaviour, setting.members, setting.grid, setting.steps,
    )  # fmt: skip
    density = _profile(behaviour.contribution_density, grid.calendar_years(setting.paths.references), grid)
    law = Law(scheme, grid, replace(steps, density=density), setting.reached)
    tables = pension_tables(law, behaviour)
    rights = rights_of(setting)
    flows = project_members(
        contributors0=base.contributors,
        dormant0=base.dormant,
        death=members.death[None],
        leave=_profile(behaviour.leaving_rate, steps, grid),
        density=density,
        increment=rights.increments[None],
        drawn_share=_drawn_shares(behaviour, rights, steps, grid),
        target=members.target[None],
        class_share=members.class_shares,
        reentry_share=_profile(behaviour.reentry_share, steps, grid),
        reentry_limit=behaviour.reentry_limit,
        entry_cohort=_cohort_of_entry(scheme, grid),
        **kernel_tables(tables, law, rights),
    )
    return _stocks(setting, base, tables, density, rights, flows)


def _stocks(
    setting: Setting,
    base: Base,
    tables: PensionTables,
    density: Array,
    rights: Rights,
    flows: MemberProjection,
) -> PensionStocks:
    return PensionStocks(
        grid=setting.grid,
        members=setting.members,
        density=density,
        contributors=flows.contributors[0].sum(axis=1),
        dormant=flows.dormant[0].sum(axis=(1, 4)),
        service_years=flows.service_sum[0],
        paid=payments(setting, tables, rights, flows, base),
        flows=flows,
        residual=_lost_persons(flows),
    )


def _profile(value: Value, moments: Moments, grid: Grid) -> Array:
    return np.array(np.broadcast_to(on(value, moments)[..., 0, 0], grid.shape[:3]))


def _drawn_shares(behaviour: PensionBehaviour, rights: Rights, moments: Moments, grid: Grid) -> Array:
    """Share of each right that members draw out in a step (T, S, X, M); of accounts alone."""
    shares = np.zeros((*grid.shape[:3], len(rights.right)))
    for name, value in behaviour.account_withdrawals.items():
        shares[..., rights.right[account_name(name)]] = _profile(value, moments, grid)
    return shares


def _cohort_of_entry(scheme: PensionScheme, grid: Grid) -> Array:
    """Entry cohort of those who join in each step, by the middle of the step."""
    return np.searchsorted(entry_months(scheme)[1:], 12 * grid.years, side="right")


def _lost_persons(flows: MemberProjection) -> Array:
    """Persons in − persons out of each step (T−1,): zero but for rounding."""
    stock = flows.contributors[0].sum(axis=(1, 2, 3, 4)) + flows.dormant[0].sum(axis=(1, 2, 3, 4))
    entries = flows.entrants[0].sum(axis=(1, 2, 3))
    deaths = flows.deaths_contributors[0].sum(axis=(1, 2)) + flows.deaths_dormant[0].sum(axis=(1, 2))
    exits = (flows.exit_contributors[0] + flows.exit_dormant[0]).sum(axis=(0, 2, 3, 4))
    out = deaths + exits + flows.aged_out[0].sum(axis=1)
    return np.asarray(stock[1:] - stock[:-1] - entries[1:] + out[1:])
