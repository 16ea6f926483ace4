"""What an actuary asks of a run: one function per indicator family, each value with its name and unit.

Comes in: money and stocks of a scheme, accounts of the funds, national income. Goes out: `Indicator`s. Definitions in
docs/indicators.md. Sources: Iyer 1999, ch. 1 and 5.47; ILO pension model guide, II §1.2 (PAYG rate = dependency × relative pension).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from spsim.accounts import Account
from spsim.arrays import Array
from spsim.money import SchemeMoney
from spsim.records import record
from spsim.stocks.payments import calendar
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import SocialPensionStocks
from spsim.stocks.unemployment import UnemploymentStocks


@record(frozen=True)
class Indicator:
    """A yearly path (T,), or one figure for the whole period (None: it never happens)."""

    name: str
    unit: str
    value: Array | float | None


def ratio(part: Array, whole: Array) -> Array:
    """part / whole, NaN where the whole is zero (left out of the tables)."""
    return np.asarray(
        np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) != 0)
    )


def common(
    money: SchemeMoney, accounts: Mapping[str, Account], fund: str, gdp: Array | None, currency: str
) -> Iterator[Indicator]:
    """Contributors, cost rate, reserve and deficits: the same for every branch.

    Administration of the fund is charged to the scheme by its share of the fund's benefits; reserve and deficits are the fund's.
    """
    account = accounts[fund]
    benefits, administration = money.expenditure(), administration_of(money, account)
    yield Indicator("contributors", "persons", money.contributors)
    average = ratio(money.contributory_wages, 12 * money.contributors)
    yield Indicator("average_contributory_wage", currency, average)
    yield Indicator("administration_cost_rate", "share", ratio(administration, money.contributory_wages))
    contributions, spent = paid_contributions(money, accounts), benefits + administration
    if money.programmes:
        services = money.programme_cost()
        yield Indicator("programme_cost", currency, services)
        spent = spent + services
    yield from rates(money.contributory_wages, contributions, spent, gdp, currency)
    yield from reserve(account, currency)


def administration_of(money: SchemeMoney, account: Account) -> Array:
    """Administration of the fund, by the scheme's share of the fund's benefits."""
    return account.of("administration") * np.nan_to_num(ratio(money.expenditure(), account.of("benefit_")))


def fund_indicators(
    account: Account, moneys: Sequence[SchemeMoney], gdp: Array | None, currency: str
) -> Iterator[Indicator]:
    """A fund that pays for several schemes, as a whole: cost over the contributory wages of all of them, and its reserve."""
    wages = np.asarray(sum(money.contributory_wages for money in moneys))
    contributors = np.asarray(sum(money.contributors for money in moneys))
    if contributors.any():
        yield Indicator("contributors", "persons", contributors)
    yield from rates(wages, account.of("contributions_"), outgo(account), gdp, currency)
    yield from reserve(account, currency)


def rates(
    wages: Array, contributions: Array, expenditure: Array, gdp: Array | None, currency: str
) -> Iterator[Indicator]:
    """Income and cost over contributory wages and over national income."""
    yield Indicator("contributory_wages", currency, wages)
    yield Indicator("contributions", currency, contributions)
    yield Indicator("expenditure", currency, expenditure)
    yield Indicator("payg_cost_rate", "share", ratio(expenditure, wages))
    yield Indicator("contribution_rate", "share", ratio(contributions, wages))
    if gdp is not None:
        yield Indicator("expenditure_to_gdp", "share", ratio(expenditure, gdp))
        yield Indicator("contributions_to_gdp", "share", ratio(contributions, gdp))


def reserve(account: Account, currency: str) -> Iterator[Indicator]:
    """The reserve of a fund and the years in which it begins to fail."""
    short = np.rint((account.of("contributions_") - outgo(account)) / account.balanced.unit) < 0
    yield Indicator("reserve", currency, account.closing)
    yield Indicator("reserve_ratio", "years", ratio(account.closing, outgo(account)))
    opening = np.where(account.opening == 0, np.nan, account.opening)
    yield Indicator("fund_ratio", "years", ratio(opening, outgo(account)))
    earned = np.maximum(account.balanced.flows["investment_income"], 0.0)
    yield Indicator("balance_ratio", "share", ratio(outgo(account) - account.of("contributions_"), earned))
    yield Indicator("first_deficit_year", "year", first_year(short, account.years))
    falling = account.closing < account.opening
    yield Indicator("first_total_deficit_year", "year", first_year(falling, account.years))
    yield Indicator("depletion_year", "year", first_year(account.closing < 0, account.years))


def paid_contributions(money: SchemeMoney, accounts: Mapping[str, Account]) -> Array:
    """Contributions of a scheme as its funds received them: a State share that was not called is left out."""
    total = np.zeros(len(money.contributors))
    for (fund, party), due in money.contributions.items():
        paid = accounts[fund].balanced.flows[f"contributions_{party}"]
        total = total + (np.where(paid > 0, due, 0.0) if party == "state" else due)
    return total


def pension_indicators(stocks: PensionStocks, money: SchemeMoney, currency: str) -> Iterator[Indicator]:
    """Persons, average pension, and the parts of the cost rate: dependency × relative pension + lump sums + administration."""
    pensions = stocks.pensions.values()
    years = len(money.contributors)
    persons = total((pension.persons for pension in pensions), years)
    amount = total((pension.amount for pension in pensions), years)
    wage = ratio(money.contributory_wages, money.contributors)
    lump = np.asarray(sum((money.benefits[name] for name in stocks.lump_sums), np.zeros(years)))
    yield Indicator("pensioners", "persons", persons)
    yield Indicator(
        "new_pensioners", "persons", calendar(total((pension.new_persons for pension in pensions), years))
    )
    yield Indicator("dormant_members", "persons", stocks.dormant.sum(axis=(1, 2)))
    yield Indicator(
        "average_credited_service", "years", ratio(stocks.service_years.sum(axis=(1, 2)), money.contributors)
    )
    yield Indicator("average_pension", currency, ratio(amount, 12 * persons))
    yield Indicator("dependency_ratio", "share", ratio(persons, money.contributors))
    yield Indicator("relative_pension", "share", ratio(ratio(amount, persons), wage))
    yield Indicator("pension_cost_rate", "share", ratio(amount, money.contributory_wages))
    yield Indicator("lump_sum_cost_rate", "share", ratio(lump, money.contributory_wages))
    if stocks.owed is not None:
        yield Indicator("account_balances", currency, stocks.owed.balances)
    yield from replacement_rates(stocks, wage)


def replacement_rates(stocks: PensionStocks, wage: Array) -> Iterator[Indicator]:
    """Average award over the last contributory wage of those awarded, and over the average contributory wage of all contributors.

    Awards of a calendar year, at the wages and prices of the day of the award.
    """
    every = np.zeros((3, len(wage)))
    for name, award in stocks.awards.items():
        persons, amount, last = (calendar(path) for path in (award.persons, award.amount, award.last_wages))
        every += (persons, amount, last)
        yield Indicator(f"replacement_rate_at_award_{name}", "share", ratio(amount, last))
        yield Indicator(f"award_to_average_wage_{name}", "share", ratio(ratio(amount, persons), wage))
    yield Indicator("replacement_rate_at_award", "share", ratio(every[1], every[2]))
    yield Indicator("award_to_average_wage", "share", ratio(ratio(every[1], every[0]), wage))


def unemployment_indicators(
    stocks: UnemploymentStocks, money: SchemeMoney, currency: str
) -> Iterator[Indicator]:
    """Claims and beneficiaries of the year, mean months paid, exhaustion (exhaustions of the year over its claims), benefit over wage."""
    claims, months, exhausted, separations, amount = (
        stocks.yearly(name)
        for name in ("new_claims", "beneficiaries", "exhaustions", "separations", "amount")
    )
    wage = ratio(money.contributory_wages, 12 * money.contributors)
    yield Indicator("claims", "persons", claims)
    yield Indicator("beneficiaries", "persons", months / 12)
    yield Indicator("average_duration_months", "months", ratio(months, claims))
    yield Indicator("exhaustion_rate", "share", ratio(exhausted, claims))
    yield Indicator("claims_to_separations", "share", ratio(claims, separations))
    yield Indicator("average_benefit", currency, ratio(amount, months))
    yield Indicator("benefit_to_average_wage", "share", ratio(ratio(amount, months), wage))
    yield Indicator("cost_rate", "share", ratio(money.expenditure(), money.contributory_wages))


def social_pension_indicators(
    stocks: SocialPensionStocks,
    money: SchemeMoney,
    account: Account,
    people: Array,
    gdp: Array | None,
    currency: str,
) -> Iterator[Indicator]:
    """Recipients and their share of the persons of the age, average benefit, cost over national income and over `people` (T,)."""
    recipients, of_age = (persons.sum(axis=(1, 2)) for persons in (stocks.persons, stocks.of_age))
    spent = money.expenditure() + administration_of(money, account)
    yield Indicator("recipients", "persons", recipients)
    yield Indicator("persons_of_the_age", "persons", of_age)
    yield Indicator("coverage", "share", ratio(recipients, of_age))
    yield Indicator("average_benefit", currency, ratio(stocks.amount.sum(axis=(1, 2)), 12 * recipients))
    yield Indicator("expenditure", currency, spent)
    if gdp is not None:
        yield Indicator("expenditure_to_gdp", "share", ratio(spent, gdp))
    yield Indicator("cost_per_head", currency, ratio(spent, people))
    yield from reserve(account, currency)


def outgo(account: Account) -> Array:
    """Benefits, programmes, transfers to other funds and administration of a fund, positive."""
    parts = ("benefit_", "programme_", "transfer_to_", "administration")
    return np.asarray(sum((account.of(part) for part in parts[1:]), account.of(parts[0])))


def first_year(condition: Array, years: Array) -> float | None:
    """First year in which it holds, None if never."""
    hits = np.flatnonzero(condition)
    return float(years[hits[0]]) if len(hits) else None


def total(arrays: Iterable[Array], years: int) -> Array:
    """Sum over all but the years, (T,)."""
    return np.asarray(sum((array.reshape(years, -1).sum(axis=1) for array in arrays), np.zeros(years)))
