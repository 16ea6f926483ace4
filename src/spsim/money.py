"""From persons and rights to yearly money of each scheme.

Comes in: stocks of a scheme and its contribution rules. Goes out: `SchemeMoney`, what each fund receives and pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spsim.arrays import Array
from spsim.economy import EconomicPaths
from spsim.grid import Moments
from spsim.schemes import PensionScheme, Scheme, UnemploymentScheme
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import SocialPensionStocks
from spsim.stocks.unemployment import UnemploymentStocks


@dataclass(frozen=True)
class SchemeMoney:
    """One scheme by year (T,): contributors, contributory wages, contributions by (fund, party), benefits by name."""

    contributors: Array
    contributory_wages: Array
    contributions: dict[tuple[str, str], Array]
    benefits: dict[str, Array]

    def expenditure(self) -> Array:
        """All benefits of the year."""
        return np.asarray(sum(self.benefits.values(), np.zeros(len(self.contributors))))


def pension_money(scheme: PensionScheme, stocks: PensionStocks, paths: EconomicPaths) -> SchemeMoney:
    """Contributory wages = contributors · density · contributory wage · 12; contributions = rate · wages, cell by cell."""
    paying = stocks.contributors * stocks.density[..., None]
    moments = stocks.grid.calendar_years(paths.references, scheme.start)
    in_force = (moments.months >= moments.scheme_start).mean(axis=0)[:, None, None, None]
    paying = paying * in_force
    wages = (12.0 * paying * stocks.members.contributory).sum(axis=-1)
    contributions: dict[tuple[str, str], Array] = {}
    for rule in scheme.contributions.values():
        key = (rule.fund or scheme.fund, rule.party)
        if rule.is_plain_rate:
            paid = rule.on(moments) * wages
        else:
            paid = (12.0 * paying * rule.monthly(moments, stocks.members.contributory)).sum(axis=-1)
        contributions[key] = contributions.get(key, np.zeros(len(wages))) + paid.sum(axis=(1, 2))
    benefits = {name: pension.amount.sum(axis=(1, 2)) for name, pension in stocks.pensions.items()}
    benefits |= {name: lump.amount.sum(axis=(1, 2)) for name, lump in stocks.lump_sums.items()}
    return SchemeMoney(
        stocks.contributors.sum(axis=(1, 2, 3)), wages.sum(axis=(1, 2)), contributions, benefits
    )


def unemployment_money(
    scheme: UnemploymentScheme, stocks: UnemploymentStocks, paths: EconomicPaths
) -> SchemeMoney:
    """The months of each year added up; contributions = rate × contributory wages, month by month."""
    moments = Moments(
        stocks.months[None, :].astype(float), np.zeros(1), np.zeros(1), references=paths.references
    )
    contributions: dict[tuple[str, str], Array] = {}
    for rule in scheme.contributions.values():
        key = (rule.fund or scheme.fund, rule.party)
        paid = _yearly(rule.on(moments)[:, 0, 0] * stocks.contributory_wages)
        contributions[key] = contributions.get(key, np.zeros(len(paid))) + paid
    return SchemeMoney(
        _yearly(stocks.contributors) / 12.0,
        _yearly(stocks.contributory_wages),
        contributions,
        {"benefit": _yearly(stocks.amount)},
    )


def social_pension_money(stocks: SocialPensionStocks) -> SchemeMoney:
    """Benefits alone: nobody contributes."""
    amount = stocks.amount.sum(axis=(1, 2))
    return SchemeMoney(np.zeros(len(amount)), np.zeros(len(amount)), {}, {"pension": amount})


def _yearly(months: Array) -> Array:
    return months.reshape(-1, 12).sum(axis=1)


def uniform_rate(scheme: Scheme, moments: Moments) -> Array | None:
    """Contribution rate of all parties together by period (T,), None where it differs by age, sex or wage."""
    if not all(rule.is_plain_rate for rule in scheme.contributions.values()):
        return None
    rates = [rule.on(moments) for rule in scheme.contributions.values()]
    if any(rate.shape[1:] != (1, 1) for rate in rates):
        return None
    return np.asarray(sum((rate[:, 0, 0] for rate in rates), np.zeros(moments.months.shape[1])))
