"""Actuarial valuation of the funds of a scenario: generations apart, systems of finance, liabilities, cost methods, balance sheets.

Comes in: the arrays of a run. Goes out: `FundValuation`s and their tables. Called by the command `valuation`. Definitions: docs/financing.md.

The valuation date is 1 January of the first year, that of the opening reserve; or 1 July, the day of the stocks (`july`), with the flows
of the years from one July to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from spsim import financing
from spsim.arrays import Array
from spsim.fund_measures import FundSeries, Measure, fund_series, of, of_the_country, series_measures
from spsim.outcome import Outcome
from spsim.valuation_groups import Flows, Generations, from_july, generations, groups_of

CUT_OFF = 0.05  # of the value of a group's benefits at most may lie after the horizon
CONTROL_YEARS = 20
AMORTISED_OVER = 30


@dataclass(frozen=True)
class FundValuation:
    """One fund: its series, its generations (None without a pension scheme), measures, paths of rates and reserves, balance sheets."""

    series: FundSeries
    generations: Generations | None
    measures: list[Measure] = field(default_factory=list)
    systems: dict[str, financing.Charged] = field(default_factory=dict)
    sheets: dict[str, financing.BalanceSheet] = field(default_factory=dict)


def valued(outcome: Outcome, july: bool = False) -> list[FundValuation]:
    """Every fund that collects and pays."""
    groups = groups_of(outcome)
    found = []
    for fund in outcome.accounts:
        series = fund_series(outcome, fund)
        if series is not None:
            parts = generations(outcome, fund, series, groups)
            if july:
                series, parts = from_july(outcome, series, parts)
            one = _of_fund(series, parts)
            one.measures.extend(of_the_country(outcome, series) if not july else ())
            found.append(one)
    return found


def _of_fund(s: FundSeries, g: Generations | None) -> FundValuation:
    found = FundValuation(s, g)
    found.systems.update(_systems(s, g))
    found.measures.extend(series_measures(s))
    if g is not None:
        found.measures.extend(_premiums(s, g))
        found.measures.extend(_liabilities(s, g))
        found.measures.extend(_cost_methods(s, g))
        found.measures.extend(_turnover(s, g))
        found.sheets.update(_sheets(s, g))
    return found


def run_off(flows: Array, interest: Array, what: str) -> Array:
    """Benefits of a group to its end: what comes after the horizon falls as between its last two years, and is laid on the last one.

    Mortality rises with age, so the true end is a little earlier. ValueError where that is more than a small part of the whole value.
    """
    discounted = flows * financing.discount_factors(interest, len(flows))
    if not discounted.any() or discounted[-1] == 0:
        return flows
    falls = discounted[-1] / discounted[-2]
    if falls >= 1 or discounted[-1] * falls / (1 - falls) > CUT_OFF * discounted.sum():
        raise ValueError(f"the horizon ends before {what} have run off; lengthen the horizon")
    return np.append(flows[:-1], flows[-1] / (1.0 - falls))


def _premiums(s: FundSeries, g: Generations) -> list[Measure]:
    """Average premiums of the initial population (with the reserve) and of new entrants, and the debt between them written off."""
    growth = financing.last_growth(s.wages)

    def initial() -> Array:
        benefits = run_off(g.closed.expenditure, s.interest, "the benefits of present members")
        return financing.initial_population_premium(g.closed.wages, benefits, s.interest, s.opening_reserve)

    def new() -> Array:
        return financing.new_entrants_premium(
            g.new_entrants.wages, g.new_entrants.expenditure, s.interest, growth
        )

    def amortised() -> Array:
        rates = financing.average_premium_with_amortisation(
            s.wages, g.closed.wages, initial(), new(), s.interest, AMORTISED_OVER
        )
        return np.asarray(rates[0])

    first = s.first(min(AMORTISED_OVER, len(s.years))).period
    return [
        of(s.period, "initial_population_premium", "share", initial),
        of("for ever", "new_entrants_premium", "share", new),
        of(first, "average_premium_with_amortisation", "share", amortised),
    ]


def _liabilities(s: FundSeries, g: Generations) -> list[Measure]:
    """Accrued and closed-group liabilities; those of the open group stand with the measures of the series."""
    rights = g.accrued.plus(g.pensioners, -1.0).expenditure

    def accrued() -> Array:
        return financing.accrued_liability(
            g.pensioners.expenditure, run_off(rights, s.interest, "accrued rights"), s.interest
        )

    def closed() -> Array:
        benefits = run_off(g.closed.expenditure, s.interest, "the benefits of present members")
        return financing.closed_group_liability(
            benefits, g.closed.contributions, s.interest, s.opening_reserve
        )

    return [
        of(s.period, "pensions_in_payment", "currency", lambda: financing.present_value(g.pensioners.expenditure, s.interest)),
        of(s.period, "accrued_liability", "currency", accrued),
        of(s.period, "funded_ratio_of_accrued_liability", "ratio", lambda: financing.funded_ratio(s.opening_reserve, accrued())),
        of(s.period, "closed_group_unfunded_liability", "currency", closed),
    ]  # fmt: skip


def _cost_methods(s: FundSeries, g: Generations) -> list[Measure]:
    """Normal cost rates of four methods and what each leaves unfunded; pensioners' benefits belong to the liabilities."""

    def value(flows: Array) -> Array:
        return financing.present_value(flows, s.interest)

    def closed() -> tuple[Array, Array, Array]:
        benefits = value(run_off(g.closed.expenditure, s.interest, "the benefits of present members"))
        return benefits, value(g.closed.wages), value(g.accrued.expenditure)

    def entry() -> financing.MethodCost:
        joined = run_off(g.first_entrants.expenditure, s.interest, "the benefits of the first entrants")
        benefits, wages, _ = closed()
        return financing.entry_age(
            value(joined), value(g.first_entrants.wages), benefits, wages, s.opening_reserve
        )

    def attained() -> financing.MethodCost:
        benefits, wages, accrued = closed()
        return financing.attained_age(benefits - accrued, wages, accrued, s.opening_reserve)

    def unit_credit() -> financing.MethodCost:
        accrued = closed()[2]
        earned = value(g.accrued_later.expenditure) - accrued
        return financing.accrued_benefit(earned, g.wages_of_accrual, accrued, s.opening_reserve)

    def aggregate() -> financing.MethodCost:
        return financing.aggregate(*closed()[:2], s.opening_reserve)

    methods: dict[str, Callable[[], financing.MethodCost]] = {
        "entry_age": entry, "attained_age": attained, "accrued_benefit": unit_credit, "aggregate": aggregate,
    }  # fmt: skip
    found = []
    for name, method in methods.items():
        found.append(of(s.period, f"{name}_normal_rate", "share", partial(_part_of, method, "normal_rate")))
        if name != "aggregate":
            found.append(of(s.period, f"{name}_unfunded", "currency", partial(_part_of, method, "unfunded")))
    return found


def _part_of(method: Callable[[], financing.MethodCost], part: str) -> Array:
    return np.asarray(getattr(method(), part))


def _turnover(s: FundSeries, g: Generations) -> list[Measure]:
    """Turnover duration of the first year and the Swedish balance ratio."""
    year, ages = str(int(s.years[0])), np.arange(101) + 0.5

    def turnover() -> Array:
        return financing.turnover_duration(g.contributions_by_age, g.pensions_by_age, ages)

    def ratio() -> Array:
        owed = financing.accrued_liability(
            g.pensioners.expenditure, g.accrued.plus(g.pensioners, -1.0).expenditure, s.interest
        )
        return financing.swedish_balance_ratio(s.income[0], turnover(), s.opening_reserve, owed)

    return [
        of(year, "turnover_duration", "years", turnover),
        of(year, "swedish_balance_ratio", "ratio", ratio),
    ]


def _sheets(s: FundSeries, g: Generations) -> dict[str, financing.BalanceSheet]:
    """Closed and open group over the horizon."""
    closed = {"present members": g.members, "pensioners": g.pensioners}
    to_the_end = closed | {"present members": _to_the_end(s, g)}
    others = Flows(s.wages, s.income, s.expenditure).plus(g.everyone, -1.0)
    groups = closed | {"new entrants": g.new_entrants}
    if np.abs(others.wages).max() > 1e-6 * s.wages.max():
        groups |= {"other schemes": others}
    return {"closed_group": _sheet(s, to_the_end), "open_group": _sheet(s, groups)}


def _to_the_end(s: FundSeries, g: Generations) -> Flows:
    """Present members with their benefits after the horizon, where these are few."""
    try:
        benefits = run_off(g.closed.expenditure, s.interest, "the benefits of present members")
    except ValueError:
        return g.members  # the measure of the closed group says why it has no value
    return replace(g.members, expenditure=benefits - g.pensioners.expenditure)


def _sheet(s: FundSeries, groups: dict[str, Flows]) -> financing.BalanceSheet:
    paying = {name: flows.contributions for name, flows in groups.items() if flows.contributions.any()}
    paid = {name: flows.expenditure for name, flows in groups.items() if flows.expenditure.any()}
    return financing.actuarial_balance_sheet(s.opening_reserve, paying, paid, s.interest)


def _systems(s: FundSeries, g: Generations | None) -> dict[str, financing.Charged]:
    """Rates and reserves year by year under each system that has a value."""
    money = (s.wages, s.expenditure, s.interest, s.opening_reserve)
    spans = [CONTROL_YEARS] * ((len(s.years) - 1) // CONTROL_YEARS)
    found: dict[str, Callable[[], financing.Charged]] = {
        "as_scheduled": lambda: financing.charged(s.income / s.wages, *money),
        "pay_as_you_go": lambda: financing.charged(financing.payg_rate(s.wages, s.expenditure), *money),
        "level_rate": lambda: financing.charged(financing.level_rate(*money), *money),
        "general_average_premium": lambda: financing.charged(
            financing.general_average_premium(*money), *money
        ),
        "scaled_premium_1": lambda: financing.scaled_premiums(*money[:3], spans, s.opening_reserve, 1),
        "scaled_premium_2": lambda: financing.scaled_premiums(*money[:3], spans, s.opening_reserve, 2),
    }
    if g is not None:
        generations = g
        found["terminal_funding"] = lambda: financing.charged(
            financing.terminal_funding_rate(s.wages, generations.value_of_awards), *money
        )
        found["average_premiums"] = lambda: financing.charged(_average_rates(s, generations), *money)
    charged = {}
    for name, system in found.items():
        try:
            charged[name] = system()
        except ValueError:
            continue  # its measure says why
    return charged


def _average_rates(s: FundSeries, g: Generations) -> Array:
    benefits = run_off(g.closed.expenditure, s.interest, "the benefits of present members")
    growth = financing.last_growth(s.wages)
    return financing.average_premium_rates(
        g.closed.wages,
        g.new_entrants.wages,
        financing.initial_population_premium(g.closed.wages, benefits, s.interest, s.opening_reserve),
        financing.new_entrants_premium(g.new_entrants.wages, g.new_entrants.expenditure, s.interest, growth),
    )


__all__ = ["FundValuation", "valued"]
