"""Who is who in a valuation: the money of present members, pensioners and new entrants of a fund, year by year, and what awards are worth.

Comes in: the arrays of a run. Goes out: `Generations`. Called by `valuation`. Present members and pensioners are those of 1 July of the
first year. Administration is charged to groups in proportion to benefits, what the fund really received in proportion to what was due.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce

import numpy as np

from spsim import financing
from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.fund_measures import FundSeries, served
from spsim.identities import require_zero
from spsim.members import Covered
from spsim.money import pension_money
from spsim.outcome import Outcome
from spsim.records import record
from spsim.rules.benefits import Survivors
from spsim.schemes import PensionScheme
from spsim.stocks.groups import Groups, grouped, pension_annuity
from spsim.stocks.pension import PensionStocks
from spsim.stocks.programmed_withdrawals import divisors, heirs_name, withdrawals
from spsim.stocks.setting import increases_of


@record(frozen=True)
class Flows:
    """One group by year (T,): contributory wages, contributions to the fund, expenditure with administration."""

    wages: Array
    contributions: Array
    expenditure: Array

    def plus(self, other: Flows, sign: float = 1.0) -> Flows:
        """Two groups together, or the one without the other."""
        pairs = (
            (getattr(self, name), getattr(other, name)) for name in ("wages", "contributions", "expenditure")
        )
        return Flows(*(one + sign * two for one, two in pairs))

    def july(self) -> Flows:
        """The flows of the years that begin on 1 July."""
        return Flows(
            *(financing.july_years(flow) for flow in (self.wages, self.contributions, self.expenditure))
        )


@record(frozen=True)
class Generations:
    """The groups of a fund's pension schemes; the value of the awards of each calendar year and of each step (T,); the value of present
    members' wages from the first July to the next, in which rights of a year accrue; money by age (101,) in the first year."""

    everyone: Flows
    closed: Flows
    pensioners: Flows
    first_entrants: Flows
    accrued: Flows
    accrued_later: Flows
    value_of_awards: Array
    awards_of_steps: Array
    wages_of_accrual: float
    contributions_by_age: Array
    pensions_by_age: Array

    @property
    def new_entrants(self) -> Flows:
        """All who join after the valuation date."""
        return self.everyone.plus(self.closed, -1.0)

    @property
    def members(self) -> Flows:
        """Present members who have no pension yet, and their survivors."""
        return self.closed.plus(self.pensioners, -1.0)


def groups_of(outcome: Outcome) -> dict[str, Groups]:
    """Groups of every pension scheme; none needs another's, so they run side by side."""
    schemes = {name: outcome.scenario.schemes[name] for name in outcome.pensions}
    with ThreadPoolExecutor(max_workers=2) as pool:
        started = {
            name: pool.submit(_grouped, outcome, name, scheme)
            for name, scheme in schemes.items()
            if isinstance(scheme, PensionScheme)
        }
        return {name: future.result() for name, future in started.items()}


def _grouped(outcome: Outcome, name: str, scheme: PensionScheme) -> Groups:
    behaviour, stocks = outcome.scenario.behaviour[name], outcome.pensions[name]
    assert isinstance(behaviour, PensionBehaviour) and outcome.paths is not None
    if isinstance(scheme.members, Covered):
        assert outcome.demography is not None
        born = outcome.demography.fertility
        fertility = np.concatenate([born[:1], born])
    else:
        fertility = np.zeros((len(outcome.grid.years), 101))
    balance = outcome.balancing[name].index if name in outcome.balancing else None
    return grouped(scheme, behaviour, stocks.members, outcome.paths, fertility, stocks.grid, balance)


def generations(
    outcome: Outcome, fund: str, series: FundSeries, groups: dict[str, Groups]
) -> Generations | None:
    """The groups of all pension schemes that a fund pays for, with its administration."""
    mine = [name for name in groups if outcome.scenario.schemes[name].fund == fund]
    if not mine:
        return None
    parts = {
        part: reduce(Flows.plus, (_flows(outcome, fund, name, getattr(groups[name], part)) for name in mine))
        for part in Groups.__dataclass_fields__
    }
    for name in mine:
        _require_the_run(outcome, fund, name, groups[name])
    owed = sum((money.expenditure() for money in served(outcome, fund)), np.zeros_like(series.wages))
    due = sum(
        (
            paid
            for money in outcome.money.values()
            for (to, _), paid in money.contributions.items()
            if to == fund
        ),
        np.zeros_like(series.wages),
    )
    received, loading = _scale(series.income, due), _scale(series.expenditure, owed)
    scaled = {
        part: Flows(flows.wages, flows.contributions * received, flows.expenditure * loading)
        for part, flows in parts.items()
    }
    awards = np.asarray(sum(value_of_awards(outcome, name, groups[name].everyone) for name in mine))
    once = np.asarray(sum(_lump_sums(outcome, name, groups[name].everyone) for name in mine))
    paid, pension = (
        np.asarray(sum(found)) for found in zip(*(_by_age(outcome, fund, name) for name in mine))
    )
    return Generations(
        **scaled,
        value_of_awards=by_calendar_year(awards, series.interest) + once,
        awards_of_steps=awards + once,
        wages_of_accrual=float(scaled["closed"].july().wages[0] / (1.0 + series.interest[0])),
        contributions_by_age=paid,
        pensions_by_age=pension,
    )


def _require_the_run(outcome: Outcome, fund: str, name: str, groups: Groups) -> None:
    """The generations together are the run. Raises IdentityError with scheme, year and residual."""
    run, together = outcome.money[name], _flows(outcome, fund, name, groups.everyone)
    for what, whole, parts in (
        ("benefits", run.expenditure(), together.expenditure),
        ("contributory wages", run.contributory_wages, together.wages),
    ):
        scale = max(float(whole.max()), 1.0)
        require_zero(parts - whole, scale, f"{name}: {what} of all generations = run", outcome.grid.years)


def _flows(outcome: Outcome, fund: str, name: str, stocks: PensionStocks) -> Flows:
    scheme = outcome.scenario.schemes[name]
    assert isinstance(scheme, PensionScheme) and outcome.paths is not None
    money = pension_money(scheme, stocks, outcome.paths)
    paid = (amount for (to, _), amount in money.contributions.items() if to == fund)
    return Flows(
        money.contributory_wages,
        np.asarray(sum(paid, np.zeros_like(money.contributory_wages))),
        money.expenditure(),
    )


def _scale(whole: Array, part: Array) -> Array:
    return np.divide(whole, part, out=np.ones_like(whole), where=part > 0)


def _by_age(outcome: Outcome, fund: str, name: str) -> tuple[Array, Array]:
    """Contributory wages and pensions of the first year by age (101,), for the turnover duration."""
    stocks = outcome.pensions[name]
    paid, pension = np.zeros(101), np.zeros(101)
    paying = stocks.contributors[0] * stocks.density[0][..., None] * stocks.members.contributory[0]
    paid[stocks.grid.youngest : stocks.grid.oldest + 1] = 12.0 * paying.sum(axis=(0, 2))
    for one in stocks.pensions.values():
        pension += one.amount[0].sum(axis=0)
    return paid, pension


# --- terminal funding ---------------------------------------------------------------------------------------


def value_of_awards(outcome: Outcome, name: str, stocks: PensionStocks) -> Array:
    """Capital value of all that is awarded in each step (T,), at its middle: pensions by the annuity of their sex, age and year; survivors'
    pensions when they begin; lump sums as they are paid; a programmed withdrawal is worth its balance. Rates of the last year hold on."""
    scheme = outcome.scenario.schemes[name]
    assert isinstance(scheme, PensionScheme) and outcome.paths is not None
    paths = outcome.paths.between(outcome.grid.first, outcome.grid.last)
    mortality, interest = stocks.members.pensioner_death, paths.interest_rate
    balance = outcome.balancing[name].index if name in outcome.balancing else None
    raised = increases_of(scheme, paths, balance)
    increase = raised.rise - 1.0
    for_life = pension_annuity(mortality, increase, interest)
    to_award = 1.0 / np.sqrt(
        1.0 + interest
    )  # from the July of the first payment back to the 1 January of the award
    drawn, value = withdrawals(scheme), np.zeros(len(interest))
    for label, pension in stocks.pensions.items():
        rule = scheme.benefits.get(label)
        if isinstance(rule, Survivors):
            own = (
                increase
                if rule.indexation is None
                else increases_of(scheme, paths, balance, rule.indexation).rise - 1.0
            )
            children = pension_annuity(mortality, own, interest, rule.child_age)
            spouses = for_life if rule.indexation is None else pension_annuity(mortality, own, interest)
            annuity = np.where(np.arange(101) < rule.child_age, children, spouses)
            started = pension.new_persons * np.divide(
                pension.amount, pension.persons, out=np.zeros_like(pension.amount), where=pension.persons > 0
            )
            value += to_award * (started * annuity).sum(axis=(1, 2))
        elif label in drawn:
            value += (
                _new_amounts(stocks, label) * divisors(drawn[label], scheme, stocks.grid, paths.references)
            ).sum(axis=(1, 2))
        else:
            started = _new_amounts(stocks, label) * (scheme.payments_per_year / 12.0)
            value += to_award * raised.first_rise * (started * for_life).sum(axis=(1, 2))
    return value


def by_calendar_year(steps: Array, interest: Array) -> Array:
    """Values at the middle of the steps (T,) as values at the middle of the calendar years: half of the step before, half of the step after."""
    half = np.sqrt(1.0 + interest)
    found = np.empty_like(steps)
    found[1:-1] = (steps[1:-1] * half[1:-1] + steps[2:] / half[1:-1]) / 2.0
    found[0], found[-1] = steps[1] / half[0], steps[-1] * half[-1]
    return found


def _lump_sums(outcome: Outcome, name: str, stocks: PensionStocks) -> Array:
    """All that is paid once, but for what the heirs of a balance get, which is part of the value of its award."""
    scheme = outcome.scenario.schemes[name]
    assert isinstance(scheme, PensionScheme)
    valued = {heirs_name(label) for label in withdrawals(scheme)}
    once = (one.amount.sum(axis=(1, 2)) for label, one in stocks.lump_sums.items() if label not in valued)
    return np.asarray(sum(once, np.zeros(len(stocks.grid.years))))


def _new_amounts(stocks: PensionStocks, label: str) -> Array:
    """Yearly pensions awarded in each step by sex and age (T, 2, 101), before their first indexation."""
    cells = stocks.awards[label].by_cell[1].sum(axis=-1)
    full = np.zeros((*cells.shape[:2], 101))
    full[:, :, stocks.grid.youngest : stocks.grid.oldest + 1] = cells
    return full


# --- 1 July ---------------------------------------------------------------------------------------------------


def from_july(
    outcome: Outcome, s: FundSeries, g: Generations | None
) -> tuple[FundSeries, Generations | None]:
    """Everything from 1 July of the first year on; the reserve has earned half a year's interest and half of the year's net income."""
    rate = s.interest
    middle = np.sqrt((1 + rate[:-1]) * (1 + rate[1:])) - 1
    half = np.sqrt(1 + rate[0])
    reserve = s.opening_reserve * half + (s.income[0] - s.expenditure[0]) / 2 * np.sqrt(half)
    if s.opening_reserve == 0 and outcome.scenario.funds[s.fund].opening_reserve == 0:
        reserve = 0.0  # a fund that begins with nothing begins on the day of the valuation
    wages, income, spent = (financing.july_years(flow) for flow in (s.wages, s.income, s.expenditure))
    moved = FundSeries(s.fund, s.years[:-1], wages, income, spent, middle, float(reserve))
    if g is None:
        return moved, None
    groups = {part: getattr(g, part).july() for part in Groups.__dataclass_fields__}
    at_july = float(g.wages_of_accrual * (1 + rate[0]) / np.sqrt(1 + middle[0]))
    return moved, replace(g, **groups, value_of_awards=g.awards_of_steps[1:], wages_of_accrual=at_july)
