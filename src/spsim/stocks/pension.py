"""Stocks of a pension scheme: contributors, dormant members, awards, pensions in payment, lump sums.

Comes in: members' paths, the law's tables, the base stock. Goes out: persons and annual amounts by year, sex and age. Called by `run`;
read by `accounts` and `indicators`. Identities of persons are asserted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.dated import AgeProfile, on
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid, Moments
from spsim.kernels.pension import MemberProjection, pay_pensions, project_members
from spsim.members import Covered, Entrants, InPayment
from spsim.rules.benefits import Survivors, labels
from spsim.rules.pension_age import age_reached
from spsim.rules.reference_earnings import CareerAverage
from spsim.schemes import PensionScheme
from spsim.stocks.members import MemberPaths, history, initial_persons, initial_service
from spsim.stocks.pension_tables import PensionTables, entry_months, kernel_tables, pension_tables
from spsim.stocks.survivors import new_survivors, survivors_in_payment


@dataclass(frozen=True)
class Pension:
    """Pensions of one kind on 1 July (T, 2, 101): persons and annual amount; `new_` those begun in the step, at its end."""

    persons: Array
    amount: Array
    new_persons: Array
    new_amount: Array


@dataclass(frozen=True)
class LumpSum:
    """Payments made once in each calendar year (T, 2, 101)."""

    persons: Array
    amount: Array


@dataclass(frozen=True)
class Award:
    """New pensions of one name in each step (T,): persons, annual amount, and the annual contributory wage they last had."""

    persons: Array
    amount: Array
    last_wages: Array


@dataclass(frozen=True)
class PensionStocks:
    """One scheme: `contributors` (T, 2, A, K), `dormant` (T, 2, A), monthly wages, pensions and lump sums by name, and the kernel's flows."""

    grid: Grid
    members: MemberPaths
    density: Array
    contributors: Array
    dormant: Array
    service_years: Array
    pensions: dict[str, Pension]
    lump_sums: dict[str, LumpSum]
    awards: dict[str, Award]
    flows: MemberProjection
    residual: Array
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Base:
    """Where a projection starts: members' stock (G, S, X, K, 1+M, J) by status, pensions in payment (2, 101, K) by name."""

    contributors: Array
    dormant: Array
    pensions: dict[str, tuple[Array, Array]]


def project_pension(
    scheme: PensionScheme, behaviour: PensionBehaviour, members: MemberPaths, paths: EconomicPaths, fertility: Array, grid: Grid,
) -> PensionStocks:  # fmt: skip
    """Project a scheme from its base, which is a run-in through the scheme's past or the given initial members."""
    if isinstance(scheme.members, Covered):
        past = replace(grid, first=grid.first - scheme.members.run_in_years, last=grid.first)
        before = history(members, scheme.members, paths, past)
        empty = _empty_base(scheme, grid)
        run_in = _project(scheme, behaviour, before, paths, np.repeat(fertility[:1], len(past.years), axis=0), past, empty)
        base = _base_after(run_in, scheme)
    else:
        base = _initial_base(scheme, scheme.members, grid, members)
    return _project(scheme, behaviour, members, paths, fertility, grid, base)


def _project(
    scheme: PensionScheme, behaviour: PensionBehaviour, members: MemberPaths, paths: EconomicPaths, fertility: Array, grid: Grid, base: Base
) -> PensionStocks:
    """One call of the kernels and what follows from it."""
    place = np.searchsorted(paths.years, grid.years)
    valorised = paths.valorisation(getattr(scheme.reference_earnings, "valorisation", "none"))[place]
    unit = _mid_step(valorised)
    reached = age_reached(scheme.pension_age, grid)
    moments = grid.steps(paths.references, scheme.start)
    tables = pension_tables(scheme, behaviour, grid, moments, reached, unit)
    years = grid.calendar_years(paths.references, scheme.start)
    density = _profile(behaviour.contribution_density, years, grid)
    annual = 12.0 * members.contributory
    earned = _mid_step(annual, _a_year_younger(annual)) / unit[:, None, None, None]
    flows = project_members(
        contributors0=base.contributors,
        dormant0=base.dormant,
        death=members.death[None],
        leave=_profile(behaviour.leaving_rate, moments, grid),
        density=density,
        increment=earned[None, ..., None],
        target=members.target[None],
        class_share=members.class_shares,
        reentry_share=_profile(behaviour.reentry_share, moments, grid),
        reentry_limit=behaviour.reentry_limit,
        entry_cohort=_cohort_of_entry(scheme, grid),
        **kernel_tables(tables, scheme, grid, _final_earnings(scheme, earned), unit),
    )
    residual = _lost_persons(flows)
    pensions = _pensions(scheme, tables, flows, members, paths, unit, place, grid, base, moments, behaviour, fertility)
    return PensionStocks(
        grid, members, density, flows.contributors[0].sum(axis=1), flows.dormant[0].sum(axis=(1, 4)), flows.service_sum[0], pensions,
        _lump_sums(scheme, tables, flows, pensions, unit, moments, members, grid), _awards(tables, flows, earned, unit), flows, residual,
    )  # fmt: skip


def _mid_step(now: Array, before: Array | None = None) -> Array:
    """Value on 1 January between two Julys: the mean of this cell and of where its people were a year ago; index 0 as it is."""
    before = np.concatenate([now[:1], now[:-1]]) if before is None else before
    return np.asarray((now + before) / 2)


def _a_year_younger(wages: Array) -> Array:
    """The same people a year before: (t − 1, x − 1)."""
    before = wages.copy()
    before[1:, :, 1:] = wages[:-1, :, :-1]
    return before


def _profile(value: AgeProfile, moments: Moments, grid: Grid) -> Array:
    return np.array(np.broadcast_to(on(value, moments)[..., 0, 0], grid.shape[:3]))


def _cohort_of_entry(scheme: PensionScheme, grid: Grid) -> Array:
    """Entry cohort of those who join in each step, by the middle of the step."""
    return np.searchsorted(entry_months(scheme)[1:], 12 * grid.years, side="right")


def _final_earnings(scheme: PensionScheme, earned: Array) -> Array:
    """Annual reference earnings (T, S, X, K) in valorised units when they are the average of the last years: along each cohort's path."""
    rule = scheme.reference_earnings
    if isinstance(rule, CareerAverage) or rule.years == 0:
        return earned
    total, taken, step = np.zeros_like(earned), 0, earned
    for _ in range(rule.years):
        total, taken = total + step, taken + 1
        step = _a_year_younger(step)
    return total / taken


def _empty_base(scheme: PensionScheme, grid: Grid) -> Base:
    _, sexes, ages, classes, services = grid.shape
    nobody = np.zeros((len(entry_months(scheme)), sexes, ages, classes, 2, services))
    return Base(nobody, nobody, {})


def _base_after(run_in: PensionStocks, scheme: PensionScheme) -> Base:
    """Closing stock of the run-in, the pensions in payment set to the published numbers; their ages and classes are kept."""
    pensions = {name: (pension.persons[-1], pension.amount[-1]) for name, pension in run_in.pensions.items()}
    given = scheme.members.in_payment if isinstance(scheme.members, Covered) else {}
    for benefit_id, published in given.items():
        names = [name for name in pensions if name in pension_names(benefit_id, scheme)]
        pensions |= _published({name: pensions[name] for name in names}, published)
    return Base(run_in.flows.closing_contributors[0], run_in.flows.closing_dormant[0], pensions)


def pension_names(benefit_id: str, scheme: PensionScheme) -> list[str]:
    """Names in the tables of the pensions of one benefit."""
    benefit = scheme.benefits[benefit_id]
    if isinstance(benefit, Survivors):
        return [benefit_id]
    return [label for tier, label in labels(benefit_id, benefit).items() if benefit.tiers[tier].pays == "pension"]


def _published(pensions: dict[str, tuple[Array, Array]], given: InPayment) -> dict[str, tuple[Array, Array]]:
    """Persons scaled to the published number (and sexes), amounts to the published average."""
    heads = np.asarray(sum(persons.sum(axis=1) for persons, _ in pensions.values()))
    split = heads / heads.sum() if given.male_share is None else np.array([given.male_share, 1 - given.male_share])
    scale = np.divide(split * given.persons, heads, out=np.zeros(2), where=heads > 0)[:, None]
    money = 1.0
    if given.average_monthly is not None:
        money = given.persons * given.average_monthly * 12 / sum((amount * scale).sum() for _, amount in pensions.values())
    return {name: (persons * scale, amount * scale * money) for name, (persons, amount) in pensions.items()}


def _initial_base(scheme: PensionScheme, given: Entrants, grid: Grid, members: MemberPaths) -> Base:
    """Initial members by age with their mean past service; the cell's mean j + 1/2 is met by sharing two neighbouring cells."""
    base = _empty_base(scheme, grid)
    ages = slice(grid.youngest, grid.oldest + 1)
    persons, service = initial_persons(given)[ages], initial_service(given)[ages]
    stock = base.contributors.copy()
    low = np.clip(np.floor(service - 0.5), 0, grid.longest_service - 1).astype(int)
    upper = np.clip(service - 0.5 - low, 0.0, 1.0)
    for x, age_persons in enumerate(persons):
        by_class = age_persons * members.class_shares
        stock[0, 0, x, :, 0, low[x]] += by_class * (1 - upper[x])
        stock[0, 0, x, :, 0, low[x] + 1] += by_class * upper[x]
        stock[0, 0, x, :, 1, low[x]] += by_class * service[x] * members.contributory[0, 0, x] * 12
    return Base(stock, base.dormant, {})


def _lost_persons(flows: MemberProjection) -> Array:
    """Persons in − persons out of each step (T−1,): zero but for rounding."""
    stock = flows.contributors[0].sum(axis=(1, 2, 3, 4)) + flows.dormant[0].sum(axis=(1, 2, 3, 4))
    entries = flows.entrants[0].sum(axis=(1, 2, 3))
    deaths = flows.deaths_contributors[0].sum(axis=(1, 2)) + flows.deaths_dormant[0].sum(axis=(1, 2))
    exits = (flows.exit_contributors[0] + flows.exit_dormant[0]).sum(axis=(0, 2, 3, 4))
    out = deaths + exits + flows.aged_out[0].sum(axis=1)
    return np.asarray(stock[1:] - stock[:-1] - entries[1:] + out[1:])


def _at_all_ages(by_member_age: Array, grid: Grid) -> Array:
    """(T, S, X, ...) laid on ages 0-100."""
    full = np.zeros((*by_member_age.shape[:2], OPEN_AGE + 1, *by_member_age.shape[3:]))
    full[:, :, grid.youngest : grid.oldest + 1] = by_member_age
    return full


def _pensions(
    scheme: PensionScheme, tables: PensionTables, flows: MemberProjection, members: MemberPaths, paths: EconomicPaths, unit: Array,
    place: Array, grid: Grid, base: Base, moments: Moments, behaviour: PensionBehaviour, fertility: Array,
) -> dict[str, Pension]:  # fmt: skip
    """Pensions in payment by name: awarded at mid-step in valorised units, turned into money, indexed; then the survivors."""
    increase = paths.increase(scheme.indexation)[place]
    years = grid.calendar_years(paths.references, scheme.start)
    floor = 12.0 * np.broadcast_to(on(scheme.pension_floor, years)[:, 0, 0, 0, 0], len(grid.years))
    pensions: dict[str, Pension] = {}
    deaths = np.zeros((len(grid.years), 2, OPEN_AGE + 1))
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays != "pension":
            continue
        heads = _at_all_ages(flows.value_heads[0, v].sum(axis=1), grid)
        amount = _at_all_ages(flows.value_amount[0, v].sum(axis=1) * unit[:, None, None, None], grid)
        stock = base.pensions.get(valuation.label, (np.zeros(heads.shape[1:]),) * 2)
        paid = pay_pensions(
            new_heads=heads[None], new_amount=amount[None], base_heads=_by_class(stock[0], heads), base_amount=_by_class(stock[1], heads),
            death=members.pensioner_death[None], indexation=increase[None], floor=floor, cap=np.full(len(floor), np.inf),
        )  # fmt: skip
        deaths += paid.deaths[0].sum(axis=-1)
        pensions[valuation.label] = Pension(*(array.sum(axis=-1) for array in (paid.heads[0], paid.amount[0], heads, amount)))
    for name, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            pensions[name] = _survivors(name, benefit, tables, flows, deaths, paths, grid, base, scheme, behaviour, fertility, members)
    return pensions


def _awards(tables: PensionTables, flows: MemberProjection, earned: Array, unit: Array) -> dict[str, Award]:
    """Awards of the members' own pensions; the last wage is that of their age and class, still at work."""
    found = {}
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays == "pension":
            heads, amount = (values[0, v].sum(axis=1) for values in (flows.value_heads, flows.value_amount))
            totals = (heads, amount * unit[:, None, None, None], heads * earned * unit[:, None, None, None])
            found[valuation.label] = Award(*(array.sum(axis=(1, 2, 3)) for array in totals))
    return found


def _by_class(stock: Array, like: Array) -> Array:
    """A base stock (2, 101) shared equally over the classes, or (2, 101, K) as it is."""
    classes = like.shape[-1]
    return stock if stock.ndim == 3 else np.repeat(stock[..., None] / classes, classes, axis=-1)


def _survivors(
    name: str, benefit: Survivors, tables: PensionTables, flows: MemberProjection, pensioner_deaths: Array, paths: EconomicPaths,
    grid: Grid, base: Base, scheme: PensionScheme, behaviour: PensionBehaviour, fertility: Array, members: MemberPaths,
) -> Pension:  # fmt: skip
    """Survivors of members who had the right and of pensioners."""
    v = next(v for v, valuation in enumerate(tables.valuations) if valuation.label == name)
    deaths = _at_all_ages(flows.value_heads[0, v].sum(axis=(1, 4)), grid) + pensioner_deaths
    wide = replace(grid, youngest=0, oldest=OPEN_AGE)
    new = new_survivors(deaths, benefit, behaviour.family, wide.steps(paths.references, scheme.start), fertility)
    stock = survivors_in_payment(new, base.pensions.get(name, (np.zeros(new.shape[1:]),))[0], members.pensioner_death, benefit.child_age)
    per_head = 12.0 * on(benefit.per_head, grid.calendar_years(paths.references, scheme.start))[:, 0, 0, 0, 0]
    per_head = np.broadcast_to(per_head, len(grid.years))[:, None, None]
    return Pension(stock, stock * per_head, new, new * per_head)


def _lump_sums(
    scheme: PensionScheme, tables: PensionTables, flows: MemberProjection, pensions: dict[str, Pension], unit: Array, moments: Moments,
    members: MemberPaths, grid: Grid,
) -> dict[str, LumpSum]:  # fmt: skip
    """Payments made once, by calendar year."""
    found = {}
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays == "lump_sum":
            heads = _at_all_ages(flows.value_heads[0, v].sum(axis=(1, 4)), grid)
            amount = _at_all_ages(flows.value_amount[0, v].sum(axis=(1, 4)) * unit[:, None, None], grid)
            heads, amount = heads + 0.0, amount
            found[valuation.label] = LumpSum(calendar(heads), calendar(amount))
    return found


def calendar(step: Array) -> Array:
    """Flows of calendar years from flows of steps: half of the step before 1 July, half of the step after; the one known at the ends."""
    flow = np.empty_like(step)
    flow[0], flow[-1] = step[1], step[-1]
    flow[1:-1] = (step[1:-1] + step[2:]) / 2
    return flow


