"""Systems of finance applied to each fund of a run: the table `financing`.

Comes in: the accounts of the funds and the wages of the schemes that they serve. Goes out: one row for each fund, measure and period.
Measures: docs/financing.md. The valuation date is 1 January of the first year; payments fall in the middle of each year. A measure
that has no value (a perpetuity where interest is not above growth, a period past the horizon) has no row; `refused` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from spsim import financing
from spsim.accounts import Account
from spsim.arrays import Array
from spsim.dated import on
from spsim.money import SchemeMoney
from spsim.outcome import Outcome
from spsim.records import record

PERIODS = (25, 50, 75)
FOR_EVER = "for ever"
SCALED_YEARS = 20
OLD_AGE, ADULT_AGE = 65, 20
DEFICIT_PAID = "contributions_employers_for_deficit"
COLUMNS = ("fund", "measure", "period", "value", "unit")


@dataclass(frozen=True)
class Measure:
    """One figure of a fund for a period, with its unit; or no value, and the reason."""

    name: str
    period: str
    value: float | None
    unit: str
    reason: str = ""


@record(frozen=True)
class FundSeries:
    """A fund by year (T,): contributory wages, contributions without a guarantor's payments, outgo, interest; the reserve at the start."""

    fund: str
    years: Array
    wages: Array
    income: Array
    expenditure: Array
    interest: Array
    opening_reserve: float

    def first(self, years: int) -> FundSeries:
        """The same for the first years only."""
        cut = {
            name: getattr(self, name)[:years]
            for name in ("years", "wages", "income", "expenditure", "interest")
        }
        return FundSeries(self.fund, opening_reserve=self.opening_reserve, **cut)

    @property
    def period(self) -> str:
        return f"{int(self.years[0])}-{int(self.years[-1])}"


def fund_series(outcome: Outcome, fund: str) -> FundSeries | None:
    """The series of one fund; None for a fund without contributors or without outgo."""
    moneys = served(outcome, fund)
    wages = np.asarray(sum((money.contributory_wages for money in moneys), np.zeros(len(outcome.grid.years))))
    account = outcome.accounts[fund]
    income, spent = flows_of(account, moneys)
    if outcome.paths is None or not (wages > 0).all() or not spent.any():
        return None
    paths = outcome.paths.between(outcome.grid.first, outcome.grid.last)
    return FundSeries(
        fund, outcome.grid.years, wages, income, spent, paths.interest_rate, float(account.opening[0])
    )


def served(outcome: Outcome, fund: str) -> list[SchemeMoney]:
    """Schemes that the fund pays for; where it pays for none, those that pay into it."""
    schemes = outcome.scenario.schemes
    own = [money for name, money in outcome.money.items() if schemes[name].fund == fund]
    paying = [money for money in outcome.money.values() if any(to == fund for to, _ in money.contributions)]
    return own or paying


def flows_of(account: Account, moneys: list[SchemeMoney]) -> tuple[Array, Array]:
    """Contributions of a fund without what a guarantor adds so that it does not fall below 0, and all its outgo (T,), both positive."""
    flows = account.balanced.flows
    nothing = np.zeros(len(account.years))
    paid_in = {name: paid for name, paid in flows.items() if name.startswith("contributions_")}
    due = sum((paid for money in moneys for (to, party), paid in money.contributions.items()
               if (to, party) == (account.fund, "state")), nothing)  # fmt: skip
    income = sum((paid for name, paid in paid_in.items() if name != "contributions_state"), nothing)
    income = income - paid_in.get(DEFICIT_PAID, 0.0)
    if "contributions_state" in paid_in:
        income = income + np.minimum(paid_in["contributions_state"], due)
    net = sum((paid for name, paid in flows.items() if name != "investment_income"), nothing)
    return np.asarray(income), np.asarray(sum(paid_in.values(), nothing) - net)


def fund_measures(outcome: Outcome, fund: str) -> Iterator[Measure]:
    """Every measure of one fund, those without a value too."""
    series = fund_series(outcome, fund)
    if series is not None:
        yield from series_measures(series)
        yield from of_the_country(outcome, series)


def series_measures(series: FundSeries) -> Iterator[Measure]:
    """What can be said of a fund from its yearly series alone."""
    for years in periods(len(series.years)):
        yield from of_period(series, years)
    yield from for_ever(series)
    yield from steady(series)


def periods(horizon: int) -> list[int]:
    """25, 50 and 75 years as far as the horizon reaches, and a horizon that is none of them."""
    found = [years for years in PERIODS if years <= horizon]
    whole = horizon < PERIODS[-1] or horizon > PERIODS[-1] + 5
    return found if horizon in found or not whole else [*found, horizon]


def of_period(series: FundSeries, years: int) -> Iterator[Measure]:
    """Level rates, the rate that leaves a year's expenditure, the actuarial balance, the open-group obligation of the first years."""
    s = series.first(years)
    money = (s.wages, s.expenditure, s.interest)
    yield of(s.period, "level_rate", "share", lambda: financing.level_rate(*money, s.opening_reserve))
    yield of(
        s.period, "level_rate_for_a_year_in_reserve", "share",
        lambda: financing.rate_for_reserve_ratio(*money, 1.0, s.opening_reserve),
    )  # fmt: skip
    yield of(
        s.period, "level_rate_for_a_year_in_reserve_throughout", "share",
        lambda: financing.rate_for_reserve_ratio_throughout(*money, 1.0, s.opening_reserve),
    )  # fmt: skip
    yield of(
        s.period, "open_group_unfunded_obligation", "currency",
        lambda: financing.open_group_liability(s.expenditure, s.income, s.interest, s.opening_reserve),
    )  # fmt: skip
    try:
        found = financing.actuarial_balance(
            series.income,
            series.expenditure,
            series.wages,
            s.opening_reserve,
            years,
            interest=series.interest,
        )
    except ValueError as error:
        yield Measure("actuarial_balance", s.period, None, "share", str(error))
        return
    yield Measure("summarised_income_rate", s.period, float(found.income_rate), "share")
    yield Measure("summarised_cost_rate", s.period, float(found.cost_rate), "share")
    yield Measure("actuarial_balance", s.period, float(found.balance), "share")


def for_ever(s: FundSeries) -> Iterator[Measure]:
    """General average premium with and without the reserve: the last year carried on for ever."""
    premium = partial(financing.general_average_premium, s.wages, s.expenditure, s.interest)
    yield of(FOR_EVER, "general_average_premium", "share", partial(premium, s.opening_reserve))
    yield of(FOR_EVER, "general_average_premium_without_reserve", "share", premium)


def steady(s: FundSeries) -> Iterator[Measure]:
    """Scaled premiums of the first control period, and the Canadian steady-state rate."""
    money = (s.wages, s.expenditure, s.interest)
    control = s.first(min(SCALED_YEARS, len(s.years))).period
    first = partial(financing.scaled_premium_1, *money, SCALED_YEARS, s.opening_reserve)
    second = partial(financing.scaled_premium_2, *money, SCALED_YEARS, s.opening_reserve)
    yield of(control, "scaled_premium_1", "share", first)
    yield of(control, "scaled_premium_2", "share", second)

    def constant() -> Array:
        rate = financing.steady_state_rate(*money, s.opening_reserve, current_rate=_rate(s))
        return _between_0_and_1(rate)

    yield of(f"from {int(s.years[0]) + 3}", "steady_state_rate", "share", constant)


def _between_0_and_1(rate: Array) -> Array:
    if not 0.0 <= float(rate) <= 1.0:
        raise ValueError("no rate between 0 and 100 % makes the reserve ratio of both years equal")
    return rate


def _rate(s: FundSeries) -> float:
    """Contributions over wages of the first three years, in which a review leaves the rate as it is."""
    return float(s.income[:3].sum() / s.wages[:3].sum())


def of_the_country(outcome: Outcome, s: FundSeries) -> Iterator[Measure]:
    """Expenditure over national income and over government spending, where the scenario gives them."""
    yield from government_share(outcome, s)
    yield from change_of_cost(outcome, s)


def government_share(outcome: Outcome, s: FundSeries) -> Iterator[Measure]:
    """Expenditure over all that the government spends, in the first year, after 25 and 50 years, and in the last one."""
    economy = outcome.scenario.economy
    if economy is None or economy.government_spending is None or outcome.gdp is None:
        return
    moments = outcome.grid.calendar_years({})
    share = np.broadcast_to(on(economy.government_spending, moments)[:, 0, 0, 0, 0], s.years.shape)
    for t in sorted({0, *(years - 1 for years in PERIODS if years <= len(s.years)), len(s.years) - 1}):
        found = partial(
            financing.expenditure_to_government_spending, s.expenditure[t], outcome.gdp[t], share[t]
        )
        yield of(str(int(s.years[t])), "expenditure_to_government_spending", "share", found)


def change_of_cost(outcome: Outcome, s: FundSeries) -> Iterator[Measure]:
    """What changes expenditure over national income from the first to the last year: the Ageing Report's four factors."""
    if outcome.gdp is None or outcome.population is None or outcome.labour is None:
        return
    people, heads = outcome.population.persons, pensioners(outcome, s.fund)
    if not heads.any():
        return
    old, adults = people[:, :, OLD_AGE:].sum(axis=(1, 2)), people[:, :, ADULT_AGE:OLD_AGE].sum(axis=(1, 2))
    try:
        parts = financing.expenditure_parts(
            s.expenditure, outcome.gdp, old, adults, heads, outcome.labour.employed.sum(axis=(1, 2))
        )
        changes = financing.contributions_to_change(parts)
    except ValueError as error:
        yield Measure("change_of_expenditure_to_gdp", s.period, None, "share", str(error))
        return
    for name, change in changes.items():
        yield Measure(f"change_of_expenditure_to_gdp_by_{name}", s.period, float(change[-1]), "share")
    total = sum(float(change[-1]) for change in changes.values())
    yield Measure("change_of_expenditure_to_gdp", s.period, total, "share")


def pensioners(outcome: Outcome, fund: str) -> Array:
    """Pensioners of the schemes that a fund pays for (T,)."""
    schemes, heads = outcome.scenario.schemes, np.zeros(len(outcome.grid.years))
    for name, stocks in outcome.pensions.items():
        if schemes[name].fund == fund:
            heads = heads + sum(pension.persons.sum(axis=(1, 2)) for pension in stocks.pensions.values())
    for name, recipients in outcome.social.items():
        if schemes[name].fund == fund:
            heads = heads + recipients.persons.sum(axis=(1, 2))
    return heads


def of(period: str, name: str, unit: str, found: Callable[[], Array]) -> Measure:
    """A measure, or the reason why it has no value."""
    try:
        return Measure(name, period, float(np.squeeze(found())), unit)
    except ValueError as error:
        return Measure(name, period, None, unit, str(error))


def financing_table(outcome: Outcome) -> dict[str, list[object]]:
    """The table `financing`: measures of every fund that have a value."""
    currency = outcome.scenario.meta.currency or "currency"
    rows = [
        (fund, one.name, one.period, one.value, currency if one.unit == "currency" else one.unit)
        for fund in outcome.accounts
        for one in fund_measures(outcome, fund)
        if one.value is not None
    ]
    return {column: [row[place] for row in rows] for place, column in enumerate(COLUMNS)}
