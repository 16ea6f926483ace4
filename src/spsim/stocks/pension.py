"""Stocks of a pension scheme, step by step: the law on the grid, the member kernel, what is paid from its flows.

Comes in: scheme, behaviour, members' paths, economy, fertility. Goes out: `PensionStocks`. Called by `run`; read by `money`,
`indicators` and `tables`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, keys_within, on
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid, Moments
from spsim.kernels.pension import MemberProjection, project_members
from spsim.members import Covered
from spsim.records import record
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.benefits import Survivors
from spsim.rules.credits import Credited
from spsim.rules.pension_age import age_reached
from spsim.schemes import PensionScheme
from spsim.stocks.balances import Owed, drawn_shares, owed
from spsim.stocks.base import Base, base_after, empty_base, initial_base
from spsim.stocks.kernel_forms import kernel_tables
from spsim.stocks.member_paths import MemberPaths, history
from spsim.stocks.payments import Award, LumpSum, Payments, Pension, payments
from spsim.stocks.pension_tables import Law, PensionTables, entry_months, pension_tables
from spsim.stocks.rights import Rights, rights_of
from spsim.stocks.setting import Setting
from spsim.stocks.survivors import share_with_family


@record(frozen=True)
class PensionStocks:
    """One scheme: `contributors` (T, 2, A, K) and `dormant` (T, 2, A) on 1 July, `density` (T, 2, A), what is paid, the kernel's flows.

    `residual` (T−1,) persons in − persons out; `valued` names of what the kernel values, in the order of its flows; `owed` where there are
    accounts.
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
    valued: tuple[str, ...]
    owed: Owed | None = None

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
    reuse: Reuse = NO_REUSE,
    balance: Array | None = None,
) -> PensionStocks:
    """Project a scheme from its base: a run-in through its past, or the given initial members.

    `paths` reach back over the run-in; `fertility` (T, 101) births per woman; `balance` (T,) index of automatic balancing.
    """
    setting, base = started(scheme, behaviour, members, paths, fertility, grid, reuse)
    setting = replace(setting, balance=balance)
    return reuse.stocks(setting, base, lambda: _project(setting, base))


def started(
    scheme: PensionScheme,
    behaviour: PensionBehaviour,
    members: MemberPaths,
    paths: EconomicPaths,
    fertility: Array,
    grid: Grid,
    reuse: Reuse = NO_REUSE,
) -> tuple[Setting, Base]:
    """A scheme on its grid and the stocks from which it is projected."""
    base = empty_base(scheme, grid)
    if isinstance(scheme.members, Covered):
        past = replace(grid, first=first_year_of_past(scheme, scheme.members, grid), last=grid.first)
        before = history(members, scheme.members, paths, past)
        births = np.repeat(fertility[:1], len(past.years), axis=0)
        run_in = _setting(scheme, behaviour, before, paths, births, past, reuse)
        base = reuse.stage((id(scheme), "past"), _read_by_past(run_in), lambda: _base_after_past(run_in))
        return _setting(scheme, behaviour, members, paths, fertility, grid, reuse), base
    setting = _setting(scheme, behaviour, members, paths, fertility, grid, reuse)
    base = initial_base(scheme.members, members, rights_of(setting).increments[0], base, grid)
    return setting, base


def _base_after_past(setting: Setting) -> Base:
    """The members and pensions with which the past closes; it begins with nobody."""
    run_in = _project(setting, empty_base(setting.scheme, setting.grid))
    closing = {name: (paid.by_class[0][-1], paid.by_class[1][-1]) for name, paid in run_in.pensions.items()}
    return replace(base_after(setting.scheme, run_in.flows, closing), carried=run_in.paid.carried)


def _read_by_past(setting: Setting) -> list[Array]:
    """All that a run-in reads beside the law: people, wages, the economy to its last year, reference amounts of its months."""
    members, first, last = setting.members, int(setting.history.years[0]), setting.grid.last
    economy = setting.history.between(first, last)
    months = np.arange(12 * first, 12 * (last + 1))
    return [
        members.target, members.death, members.pensioner_death, members.wages, members.contributory, setting.fertility,
        economy.price_inflation, economy.wage_growth, economy.interest_rate,
        *(series.at(months) for series in economy.references.values()),
    ]  # fmt: skip


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
    reuse: Reuse,
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
        reuse.stage(
            (id(scheme), grid, "age"), [], lambda: age_reached(scheme.pension_age, grid, scheme.payable_from)
        ),
        reuse,
    )


@record(frozen=True)
class Projected:
    """A scheme on its grid and what the member kernel made of it, before anything is paid."""

    setting: Setting
    tables: PensionTables
    density: Array
    rights: Rights
    flows: MemberProjection

    def stocks(self, base: Base) -> PensionStocks:
        """The stocks, with the pensions of `base` in payment at the start."""
        paid = payments(self.setting, self.tables, self.rights, self.flows, base)
        return PensionStocks(
            grid=self.setting.grid,
            members=self.setting.members,
            density=self.density,
            contributors=self.flows.contributors[0].sum(axis=1),
            dormant=self.flows.dormant[0].sum(axis=(1, 4)),
            service_years=self.flows.service_sum[0],
            paid=paid,
            flows=self.flows,
            residual=_lost_persons(self.flows),
            valued=tuple(valuation.label for valuation in self.tables.valuations),
            owed=owed(self.setting, self.rights, self.flows, base, paid.pensions.values()),
        )


def _project(setting: Setting, base: Base) -> PensionStocks:
    """One call of the member kernel, unless its flows are known, and what is paid from them."""
    flows = setting.reuse.projection(
        (setting.scheme, setting.behaviour, setting.grid),
        lambda: [*_read_by_past(setting), base.contributors, base.dormant, setting.balanced("accounts")],
        lambda: projected(setting, base),
    )
    return replace(flows, setting=setting).stocks(base)


def projected(setting: Setting, base: Base, target: Array | None = None) -> Projected:
    """One call of the member kernel; `target` (T, S, X) contributors in place of the members' own."""
    law = law_of(setting)
    tables = pension_tables(law, setting.behaviour, setting.reuse)
    rights = rights_of(setting)
    laid = kernel_tables(tables, law, rights)
    assert law.moments.density is not None
    density = law.moments.density
    shares = setting.members.class_shares
    flows = member_flows(setting, base, rights.increments, shares, laid, density, rights, target)
    return Projected(setting, tables, density, rights, flows)


def tables_of(setting: Setting) -> PensionTables:
    """The law of a scheme laid on its grid."""
    return pension_tables(law_of(setting), setting.behaviour, setting.reuse)


def law_of(setting: Setting) -> Law:
    """The law of a scheme with the moments at which it is read."""
    scheme, behaviour, grid = setting.scheme, setting.behaviour, setting.grid
    density = _profile(behaviour.contribution_density, grid.calendar_years(setting.paths.references), grid)
    credited = Credited(scheme.credits, behaviour.credited_years) if scheme.credits else None
    at = replace(
        setting.steps,
        density=density,
        dependants=behaviour.dependants,
        credited=credited,
        families=_families(setting),
        record_lag=0.0 if scheme.record_ends is None else scheme.record_ends.mean_months,
    )
    if "accrual_date" in keys_within(scheme):
        at = replace(at, idle=idle_years(setting.members.target), pace=pace_of(density))
    return Law(scheme, grid, at, setting.reached)


def idle_years(target: Array) -> Array:
    """Years since members of each cell (T, S, X) stopped contributing at the latest: none where anyone contributes, or did a year ago.

    `target` contributors, not a number where they are given by life tables. Before the first year those of a lower age stand for it.
    """
    pays = ~(target <= 0)
    found = np.zeros(target.shape)
    for x in range(1, target.shape[2]):
        found[0, :, x] = np.where(pays[0, :, x] | pays[0, :, x - 1], 0.0, found[0, :, x - 1] + 1.0)
    for t in range(1, len(target)):
        stopped = ~(pays[t, :, 1:] | pays[t - 1, :, :-1])
        found[t, :, 1:] = np.where(stopped, found[t - 1, :, :-1] + 1.0, 0.0)
    return found


def pace_of(density: Array) -> Array:
    """Share of the months to each age that contributors have paid (T, S, X): the mean of `density` over the younger ages and this one."""
    if density.min() == density.max():
        return density[:1, :1, :1]
    return np.asarray(np.cumsum(density, axis=2) / np.arange(1, density.shape[2] + 1))


def _families(setting: Setting) -> dict[str, tuple[Survivors, Array]]:
    """For payments that are due where nobody has a survivors pension: its rule, and the share of deaths that leave somebody entitled."""
    scheme, grid = setting.scheme, setting.grid
    tiered = [one for one in scheme.benefits.values() if not isinstance(one, Survivors)]
    asked = {tier.unless for one in tiered for tier in one.tiers.values()}
    found = {}
    for name, rule in scheme.benefits.items():
        if name in asked and isinstance(rule, Survivors):
            moments = replace(grid, youngest=0, oldest=OPEN_AGE).steps(setting.paths.references, scheme.start)
            share = share_with_family(rule, setting.behaviour.family, moments, setting.fertility)
            found[name] = (rule, share[:, :, grid.youngest : grid.oldest + 1, None, None])
    return found


def member_flows(
    setting: Setting, base: Base, increments: Array, class_shares: Array, laid: dict[str, Any], density: Array, rights: Rights,
    target: Array | None = None,
) -> MemberProjection:  # fmt: skip
    """The member kernel on a setting: tables `laid` for it, `increments` (T, S, X, K, M) of rights for each of the K classes."""
    behaviour, members, grid, steps = setting.behaviour, setting.members, setting.grid, setting.steps
    return project_members(
        contributors0=base.contributors,
        dormant0=base.dormant,
        death=members.death[None],
        leave=_profile(behaviour.leaving_rate, steps, grid),
        density=density,
        increment=increments[None],
        drawn_share=drawn_shares(setting, rights),
        target=(members.target if target is None else target)[None],
        class_share=class_shares,
        reentry_share=_profile(behaviour.reentry_share, steps, grid),
        reentry_limit=behaviour.reentry_limit,
        entry_cohort=_cohort_of_entry(setting.scheme, grid),
        **laid,
    )


def _profile(value: Value, moments: Moments, grid: Grid) -> Array:
    return np.array(np.broadcast_to(on(value, moments)[..., 0, 0], grid.shape[:3]))


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
