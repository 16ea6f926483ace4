"""What an actuary asks of a run: one function per indicator family, each value with its name and unit.

Comes in: money and stocks of a scheme, account of its fund, national income. Goes out: rows (scheme, year or None, indicator, value, unit).
Sources: Iyer 1999, ch. 1 and 5.47; ILO pension model guide, II §1.2 (PAYG rate = dependency × average pension / average wage).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spsim.accounts import Account
from spsim.arrays import Array
from spsim.money import SchemeMoney
from spsim.stocks.pension import PensionStocks


@dataclass(frozen=True)
class Indicator:
    """A yearly path (T,), or one figure for the whole period."""

    name: str
    unit: str
    value: Array | float | None


def ratio(part: Array, whole: Array) -> Array:
    """part / whole, NaN where the whole is zero (left out of the tables)."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) != 0))


def common(money: SchemeMoney, account: Account, share: Array, gdp: Array | None) -> Iterator[Indicator]:
    """Cost rate, reserve, deficits: the same for every branch. `share` of the fund's benefits that are this scheme's (T,)."""
    administration = account.of("administration") * share
    expenditure = money.expenditure() + administration
    contributions = sum(money.contributions.values(), np.zeros(len(share)))
    yield Indicator("contributors", "persons", money.contributors)
    yield Indicator("contributory_wages", "currency per year", money.contributory_wages)
    yield Indicator("average_contributory_wage", "currency per month", ratio(money.contributory_wages, 12 * money.contributors))
    yield Indicator("expenditure", "currency per year", expenditure)
    yield Indicator("contributions", "currency per year", contributions)
    yield Indicator("payg_cost_rate", "share of contributory wages", ratio(expenditure, money.contributory_wages))
    yield Indicator("administration_cost_rate", "share of contributory wages", ratio(administration, money.contributory_wages))
    yield Indicator("reserve", "currency", account.closing)
    yield Indicator("reserve_ratio", "years of expenditure", ratio(account.closing, expenditure / np.where(share > 0, share, 1)))
    yield Indicator("first_deficit_year", "year", first_year(account.of("contributions") < outgo(account), account.years))
    yield Indicator("first_total_deficit_year", "year", first_year(account.closing < account.opening, account.years))
    yield Indicator("depletion_year", "year", first_year(account.closing < 0, account.years))
    if gdp is not None:
        yield Indicator("expenditure_to_gdp", "share of GDP", ratio(expenditure, gdp))
        yield Indicator("contributions_to_gdp", "share of GDP", ratio(contributions, gdp))


def pension_indicators(stocks: PensionStocks, money: SchemeMoney) -> Iterator[Indicator]:
    """Persons, average pension, and the parts of the cost rate: dependency × relative pension + lump sums (+ administration)."""
    pensions = stocks.pensions
    persons, amount = (_total(getattr(pension, part) for pension in pensions.values()) for part in ("persons", "amount"))
    yield Indicator("pensioners", "persons", persons)
    yield Indicator("dormant_members", "persons", stocks.dormant.sum(axis=(1, 2)))
    yield Indicator("average_credited_service", "years", ratio(stocks.service_years.sum(axis=(1, 2)), money.contributors))
    yield Indicator("average_pension", "currency per month", ratio(amount, 12 * persons))
    yield Indicator("dependency_ratio", "pensioners per contributor", ratio(persons, money.contributors))
    wage = ratio(money.contributory_wages, money.contributors)
    yield Indicator("relative_pension", "average pension over average contributory wage", ratio(ratio(amount, persons), wage))
    yield Indicator("pension_cost_rate", "share of contributory wages", ratio(amount, money.contributory_wages))
    lump = sum((money.benefits[name] for name in stocks.lump_sums), np.zeros(len(persons)))
    yield Indicator("lump_sum_cost_rate", "share of contributory wages", ratio(lump, money.contributory_wages))
    yield Indicator("new_pensioners", "persons per year", _total(pension.new_persons for pension in pensions.values()))
    yield from replacement_rates(stocks, wage)


def replacement_rates(stocks: PensionStocks, wage: Array) -> Iterator[Indicator]:
    """Average award over the last contributory wage of those awarded, and over the average contributory wage of all, by name of pension."""
    for name, award in stocks.awards.items():
        yield Indicator(f"replacement_rate_at_award_{name}", "share of last contributory wage", ratio(award.amount, award.last_wages))
        yield Indicator(f"award_to_average_wage_{name}", "share of average contributory wage", ratio(ratio(award.amount, award.persons), wage))
    amount, wages = (_total(getattr(award, part) for award in stocks.awards.values()) for part in ("amount", "last_wages"))
    yield Indicator("replacement_rate_at_award", "share of last contributory wage", ratio(amount, wages))


def outgo(account: Account) -> Array:
    """Benefits and administration of a fund, positive."""
    return account.of("benefit_") + account.of("administration")


def first_year(condition: Array, years: Array) -> float | None:
    """First year in which it holds, None if never."""
    hits = np.flatnonzero(condition)
    return float(years[hits[0]]) if len(hits) else None


def _total(arrays: Iterator[Array]) -> Array:
    found = [array if array.ndim == 1 else array.sum(axis=(1, 2)) for array in arrays]
    return np.asarray(sum(found)) if found else np.zeros(1)
