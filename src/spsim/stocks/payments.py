"""What a pension scheme pays: pensions in payment, survivors, lump sums, by year, sex and age.

Comes in: the setting, the kernel's awards, the base. Goes out: `Payments`. Called by `stocks.pension`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from spsim.arrays import Array
from spsim.dated import on
from spsim.grid import OPEN_AGE, Grid
from spsim.identities import require_zero
from spsim.increases import Increases
from spsim.kernels.pension import MemberProjection
from spsim.kernels.pensions_in_payment import PensionProjection, pay_pensions
from spsim.records import record
from spsim.rules.amounts import Linear
from spsim.rules.benefits import Death, OldAge, Survivors
from spsim.rules.work_test import WorkTest
from spsim.schemes import PensionScheme
from spsim.stocks.base import Base
from spsim.stocks.guarantees import guarantee, guaranteed, years_followed
from spsim.stocks.pension_tables import FORMER, TESTED, PensionTables, Valuation, reckoned_name
from spsim.stocks.programmed_withdrawals import heirs_name, withdrawal, withdrawals
from spsim.stocks.rights import Rights, account_name, earned_in_step
from spsim.stocks.setting import Setting
from spsim.stocks.supplements import (
    awards_beside,
    carried_beside,
    kept_beside,
    lasting_stock,
    numbers,
    paid_beside,
    supplements_of,
)
from spsim.stocks.survivor_amounts import yearly_amount
from spsim.stocks.survivor_shares import (
    Deceased,
    at_death,
    columns,
    deceased_pensioners,
    heirs,
    heirs_in_payment,
    over_classes,
)
from spsim.stocks.survivors import new_survivors, survivors_in_payment
from spsim.stocks.work import stopped_beside_work


@record(frozen=True)
class Pension:
    """Pensions of one name on 1 July (T, 2, 101): persons and annual amount; `by_class` the same by earnings class (T, 2, 101, K),
    of twelve payments a year; pensions of survivors with shares by class of survivor instead.

    `new_persons` (T, 2, 101) begun in the step and alive at its end.
    """

    persons: Array
    amount: Array
    new_persons: Array
    by_class: tuple[Array, Array]


@record(frozen=True)
class LumpSum:
    """Payments made once in each calendar year (T, 2, 101)."""

    persons: Array
    amount: Array


@record(frozen=True)
class Award:
    """New pensions of one name in each step (T,): persons, annual amount, and the annual contributory wage they last had.

    `by_cell` the same three by sex, age and earnings class, each (T, S, X, K).
    """

    persons: Array
    amount: Array
    last_wages: Array
    by_cell: tuple[Array, Array, Array]


@record(frozen=True)
class Payments:
    """Everything a scheme pays, by name; `carried` what is reckoned for survivors per unit of each pension at the end (2, 101, K)."""

    pensions: dict[str, Pension]
    lump_sums: dict[str, LumpSum]
    awards: dict[str, Award]
    carried: dict[str, Array] = field(default_factory=dict)


def payments(
    setting: Setting, tables: PensionTables, rights: Rights, flows: MemberProjection, base: Base
) -> Payments:
    """Awards leave the kernel as money at mid-step; here they are indexed and end with death."""
    own = _pensions(setting, tables, flows, base)
    pensions = own.pensions
    nobody = np.zeros((len(setting.grid.years), 2, OPEN_AGE + 1))
    everyone = [*own.left, *(dead for dead, _ in own.withdrawn.values())]
    deaths = sum((over_classes(one.persons) for one in everyone), nobody)
    for name, benefit in setting.scheme.benefits.items():
        if isinstance(benefit, Survivors):
            members = _members_dead(setting, tables, flows, name)
            if benefit.shares is None and benefit.spouse_years is None:
                dead = np.asarray(sum(over_classes(one.persons) for one in members))
                pensions[name] = _survivors(setting, name, benefit, dead, deaths, base)
            else:
                # who withdraws a balance leaves it to the heirs, and no pension of which survivors could have a share
                whose = everyone if benefit.shares is None else own.left
                pensions[name] = _survivors_by_class(setting, name, benefit, [*whose, *members], base)
    lump_sums = _together(_lump_sums(setting, tables, flows, deaths)) | dict(
        _drawn_out(setting, rights, flows)
    )
    lump_sums |= {heirs_name(label): paid for label, (_, paid) in own.withdrawn.items()}
    lump_sums |= own.guarantees
    months = setting.scheme.payments_per_year / 12.0
    pensions = {name: replace(one, amount=one.amount * months) for name, one in pensions.items()}
    return Payments(pensions, lump_sums, dict(_awards(setting, tables, flows)), own.carried)


@dataclass
class _Own:
    """Pensions of members by name, and the deaths of those who had them; apart those who withdrew a balance, with what they leave; what is
    left of guarantees; what is carried along pensions."""

    pensions: dict[str, Pension] = field(default_factory=dict)
    left: list[Deceased] = field(default_factory=list)
    withdrawn: dict[str, tuple[Deceased, LumpSum]] = field(default_factory=dict)
    guarantees: dict[str, LumpSum] = field(default_factory=dict)
    carried: dict[str, Array] = field(default_factory=dict)


def _pensions(setting: Setting, tables: PensionTables, flows: MemberProjection, base: Base) -> _Own:
    """Every pension of members: awards indexed and ended by death."""
    grid, scheme, own = setting.grid, setting.scheme, _Own()
    years = grid.calendar_years(setting.paths.references, scheme.start)
    floor = 12.0 * np.broadcast_to(on(scheme.pension_floor, years)[:, 0, 0, 0, 0], len(grid.years))
    raised, mortality = setting.increases(), setting.members.pensioner_death
    increase = raised.rise - 1.0
    rules, followed = withdrawals(scheme), guaranteed(scheme)
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays != "pension":
            continue
        label = valuation.label
        heads, amount = (at_all_ages(values, grid) for values in awarded(flows, v))
        nobody = np.zeros(heads.shape[1:])
        stock = lasting_stock(base, label, nobody)
        drawn = withdrawal(setting, rules[label]) if label in rules else None
        pay = partial(
            pay_pensions,
            new_heads=heads[None],
            base_heads=stock[0],
            base_amount=stock[1],
            death=mortality[None],
            indexation=(increase if drawn is None else drawn.indexation)[None],
            first_indexation=(raised.first_rise - 1.0 if drawn is None else drawn.first_indexation)[None],
            floor=floor,
            cap=np.full(len(floor), np.inf),
        )
        paid = pay(new_amount=amount[None])
        if drawn is None and raised.added.any():
            paid = pay(new_amount=(amount + _flat_increases(raised, paid.heads[0], heads))[None])
        if drawn is None:
            dead = deceased_pensioners(paid.deaths[0], paid.amount[0], mortality, increase)
            own.left.append(_reckoned(setting, tables, flows, base, label, dead, pay, paid, own.carried))
        else:
            money = drawn.to_heirs(paid.amount[0], mortality)
            what = f"balances paid out by {label}"
            lost, balances = drawn.lost(paid.amount[0], amount, money)
            require_zero(lost, np.maximum(balances, 1.0), what, grid.years[1:])
            own.withdrawn[label] = _left_to_heirs(paid.deaths[0], money)
        by_class = (paid.heads[0], paid.amount[0])
        if label in followed:
            young = base.carried.get(label, np.zeros((2, years_followed(followed[label]), 1, 1, 1)))
            at_first = young * np.stack(stock)[:, None]
            rest = guarantee(followed[label], heads, amount, at_first, mortality, raised, floor)
            own.guarantees[heirs_name(label)] = LumpSum(calendar(rest.persons), calendar(rest.money))
            closing = np.stack([values[-1] for values in by_class])[:, None]
            own.carried[label] = np.divide(
                rest.young, closing, out=np.zeros_like(rest.young), where=closing > 0
            )
        test = work_test(scheme, valuation)
        awards = {name: at_all_ages(one, grid) for name, one in awards_beside(tables, flows, label)}
        if awards or test is not None:
            beside = kept_beside(setting, awards, base, label, pay)
            total = paid.amount[0] + paid_beside(setting, label, beside)
            if test is not None:
                tested = beside.get(TESTED, paid.amount[0])
                total = total - stopped_beside_work(setting, test, paid.heads[0], tested)
            own.carried |= carried_beside(label, paid.amount[0], beside, total)
            by_class = (paid.heads[0], total)
        totals = [over_classes(a) for a in (*by_class, heads)]
        own.pensions[label] = Pension(totals[0], totals[1], totals[2], by_class)
    return own


def _reckoned(
    setting: Setting,
    tables: PensionTables,
    flows: MemberProjection,
    base: Base,
    label: str,
    dead: Deceased,
    pay: Callable[..., PensionProjection],
    paid: PensionProjection,
    carried: dict[str, Array],
) -> Deceased:
    """Pensioners who die, with what is reckoned for their survivors where the law does not look at the pension drawn."""
    name = reckoned_name(label)
    found = [v for v, one in enumerate(tables.valuations) if one.label == name]
    if not found:
        return dead
    shared = at_all_ages(awarded(flows, found[0])[1], setting.grid)
    base_amount = pay.keywords["base_amount"] * base.carried.get(name, 1.0)  # type: ignore[attr-defined]
    none = np.full(len(setting.grid.years), -np.inf)
    whole = pay(new_amount=shared[None], base_amount=base_amount, floor=none)
    carried[name] = _per_unit(whole.amount[0, -1], paid.amount[0, -1])
    increase = setting.increases().rise - 1.0
    pension = at_death(whole.amount[0], setting.members.pensioner_death, increase)
    return replace(dead, pension=pension, drawn=dead.pension)


def _per_unit(carried: Array, amount: Array) -> Array:
    """What is carried along a unit of pension in each cell (2, 101, K); where nobody is, the mean of all."""
    mean = carried.sum() / amount.sum() if amount.sum() > 0 else 1.0
    return np.divide(carried, amount, out=np.full_like(amount, mean), where=amount > 0)


def _flat_increases(raised: Increases, persons: Array, new: Array) -> Array:
    """Flat increases of those in payment `persons` at the end of each step, `new` of them in it, (T, S, X, K), as if they were awards."""
    whole = [values[:, None, None, None] for values in (raised.flat, raised.first_flat, raised.first_rise)]
    return np.asarray(((persons - new) * whole[0] + new * whole[1]) / whole[2])


def _left_to_heirs(deaths: Array, money: Array) -> tuple[Deceased, LumpSum]:
    """Those who die while a balance is paid out to them, and what is left of it; nobody is counted where nothing is left."""
    both = (calendar(over_classes(one)) for one in (np.where(money > 0, deaths, 0.0), money))
    return Deceased(deaths, np.zeros_like(deaths)), LumpSum(*both)


def awarded(flows: MemberProjection, v: int) -> tuple[Array, Array]:
    """Persons and money (T, S, X, K) of one valuation, over entry cohorts."""
    return flows.value_heads[0, v].sum(axis=1), flows.value_amount[0, v].sum(axis=1)


def at_all_ages(by_member_age: Array, grid: Grid) -> Array:
    """(T, S, X, ...) laid on ages 0-100."""
    full = np.zeros((*by_member_age.shape[:2], OPEN_AGE + 1, *by_member_age.shape[3:]))
    full[:, :, grid.youngest : grid.oldest + 1] = by_member_age
    return full


def _members_dead(
    setting: Setting, tables: PensionTables, flows: MemberProjection, name: str
) -> list[Deceased]:
    """Members who die and give rights, with the pensions that they are reckoned to have had, by the way to the right."""
    found = []
    for v, one in enumerate(tables.valuations):
        if one.label == name:
            persons, pension = (at_all_ages(values, setting.grid) for values in awarded(flows, v))
            found.append(Deceased(persons, pension, way=one.way))
    return found


def _survivors(
    setting: Setting, name: str, benefit: Survivors, member_deaths: Array, pensioner_deaths: Array, base: Base
) -> Pension:
    """Survivors of members who had the right and of pensioners, so much a head."""
    grid, paths, scheme = setting.grid, setting.paths, setting.scheme
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).steps(paths.references, scheme.start)
    deaths = member_deaths + pensioner_deaths
    new = new_survivors(deaths, benefit, setting.behaviour.family, moments, setting.fertility)
    first = base.pensions[name][0].sum(axis=-1) if name in base.pensions else np.zeros(new.shape[1:])
    stock = survivors_in_payment(new, first, setting.members.pensioner_death, benefit.child_age)
    assert benefit.per_head is not None
    rate = 12.0 * on(benefit.per_head, grid.calendar_years(paths.references, scheme.start))[:, :, :, 0, 0]
    return Pension(stock, stock * rate, new, (stock[..., None], (stock * rate)[..., None]))


def _survivors_by_class(
    setting: Setting, name: str, benefit: Survivors, deceased: list[Deceased], base: Base
) -> Pension:
    """Survivors with shares of the pensions of the deceased, or with spouses whose pension ends; see `stocks.survivor_shares`."""
    grid, paths, scheme = setting.grid, setting.paths, setting.scheme
    moments = replace(grid, youngest=0, oldest=OPEN_AGE).steps(paths.references, scheme.start)
    new = heirs(deceased, benefit, setting.behaviour.family, moments, setting.fertility)
    nobody = np.zeros((*new.persons.shape[2:], columns(benefit)))
    first = base.pensions.get(name, (nobody, nobody))
    increase = setting.increases(benefit.indexation).rise - 1.0
    persons, money = heirs_in_payment(new, first, setting.members.pensioner_death, increase, benefit)
    if benefit.per_head is not None:
        years = grid.calendar_years(paths.references, scheme.start)
        money = persons * (12.0 * on(benefit.per_head, years)[:, :, :, 0])
    amount = yearly_amount(setting, benefit, persons, money)
    return Pension(persons.sum(axis=-1), amount, new.persons.sum(axis=0), (persons, money))


def _lump_sums(
    setting: Setting, tables: PensionTables, flows: MemberProjection, pensioner_deaths: Array
) -> Iterator[tuple[str, LumpSum]]:
    """Payments made once, by calendar year; grants on death reach pensioners where the law says so."""
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays == "lump_sum":
            heads, amount = (at_all_ages(over_classes(a), setting.grid) for a in awarded(flows, v))
            if _of_pensioners(setting, valuation) and valuation.status != FORMER:
                (grant,) = valuation.formulas[0].terms
                assert isinstance(grant, Linear)
                amount = amount + pensioner_deaths * grant.flat[:, :, :, 0, 0]
                heads = heads + pensioner_deaths
            yield valuation.label, LumpSum(calendar(heads), calendar(amount))


def _together(found: Iterable[tuple[str, LumpSum]]) -> dict[str, LumpSum]:
    """What is paid under one name to contributors and to those who have stopped contributing, where they stand apart."""
    whole: dict[str, LumpSum] = {}
    for name, one in found:
        before = whole.get(name)
        whole[name] = (
            one if before is None else LumpSum(before.persons + one.persons, before.amount + one.amount)
        )
    return whole


def _of_pensioners(setting: Setting, valuation: Valuation) -> bool:
    benefit = setting.scheme.benefits[valuation.benefit]
    return isinstance(benefit, Death) and benefit.of_pensioners


def _drawn_out(setting: Setting, rights: Rights, flows: MemberProjection) -> Iterator[tuple[str, LumpSum]]:
    """What members draw out of their accounts without leaving, by calendar year; so many members as would draw all."""
    grid, members = setting.grid, flows.contributors[0].sum(axis=(1, 4)) + flows.dormant[0].sum(axis=(1, 4))
    moments = setting.steps
    for name, share in setting.behaviour.account_withdrawals.items():
        label = account_name(name)
        units = flows.drawn_out[0][..., rights.right[label]]
        money = (units * rights.references[rights.reference[label]]).sum(axis=-1)
        heads = members * np.broadcast_to(on(share, moments)[..., 0, 0], members.shape)
        money = np.where(heads > 0, money, 0.0)  # a draw by which balances are only counted is none
        both = (calendar(at_all_ages(values, grid)) for values in (heads, money))
        yield f"{name}_drawn_out", LumpSum(*both)


def _awards(setting: Setting, tables: PensionTables, flows: MemberProjection) -> Iterator[tuple[str, Award]]:
    """Awards of the members' own pensions; the last wage is that of their age and class, still at work."""
    last_wages = earned_in_step(setting)
    for v, valuation in enumerate(tables.valuations):
        if valuation.pays == "pension":
            heads, amount = awarded(flows, v)
            supplements = supplements_of(setting.scheme).get(valuation.label, {})
            for name, one in awards_beside(tables, flows, valuation.label):
                if name in supplements:
                    ages = slice(setting.grid.youngest, setting.grid.oldest + 1)
                    amount = amount + one * numbers(setting, supplements[name])[:, :, ages, None]
            cells = (heads, amount, heads * last_wages)
            persons, money, wages = (cell.sum(axis=(1, 2, 3)) for cell in cells)
            yield valuation.label, Award(persons, money, wages, cells)


def work_test(scheme: PensionScheme, valuation: Valuation) -> WorkTest | None:
    """What is stopped of these pensions beside work."""
    benefit = scheme.benefits[valuation.benefit]
    return benefit.work_test if isinstance(benefit, OldAge) else None


def calendar(step: Array) -> Array:
    """Flows of calendar years from flows of steps: half of the step before 1 July, half of the step after; the one known at the ends."""
    flow = np.empty_like(step)
    flow[0], flow[-1] = step[1], step[-1]
    flow[1:-1] = (step[1:-1] + step[2:]) / 2
    return flow
