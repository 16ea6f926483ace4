"""From persons and rights to yearly money of each scheme.

Comes in: stocks of a scheme and its contribution rules. Goes out: `SchemeMoney`, what each fund receives and pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spsim.arrays import Array
from spsim.economy import EconomicPaths
from spsim.grid import Moments
from spsim.records import record
from spsim.reserves import Answering
from spsim.rules.contributions import Contribution
from spsim.schemes import PensionScheme, Scheme, UnemploymentScheme
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import SocialPensionStocks
from spsim.stocks.unemployment import UnemploymentStocks


@record(frozen=True)
class SchemeMoney:
    """One scheme by year (T,): contributors, contributory wages, contributions by (fund, party), benefits by name.

    `programmes` cost of employment services by (fund that pays, id); `transfers` contributions that another fund pays, by (payer, receiver),
    which are in `contributions` too; `answering` contributions by (fund, party, id) whose rate the accounts find; `arrears` contributions
    due less those paid.
    """

    contributors: Array
    contributory_wages: Array
    contributions: dict[tuple[str, str], Array]
    benefits: dict[str, Array]
    programmes: dict[tuple[str, str], Array] = field(default_factory=dict)
    transfers: dict[tuple[str, str], Array] = field(default_factory=dict)
    answering: dict[tuple[str, str, str], Answering] = field(default_factory=dict)
    arrears: Array | float = 0.0

    def expenditure(self) -> Array:
        """All benefits of the year."""
        return np.asarray(sum(self.benefits.values(), np.zeros(len(self.contributors))))

    def programme_cost(self) -> Array:
        """All employment services of the year, whichever fund pays."""
        return np.asarray(sum(self.programmes.values(), np.zeros(len(self.contributors))))


@dataclass
class Collected:
    """Contributions of one scheme as they are found, rule by rule."""

    fund: str
    contributions: dict[tuple[str, str], Array] = field(default_factory=dict)
    transfers: dict[tuple[str, str], Array] = field(default_factory=dict)
    answering: dict[tuple[str, str, str], Answering] = field(default_factory=dict)

    def add(self, rule: Contribution, paid: Array) -> None:
        """What a rule brings in each year (T,), from a party or from another fund."""
        key = (rule.fund or self.fund, rule.party)
        self.contributions[key] = self.contributions.get(key, np.zeros(len(paid))) + paid
        if rule.from_fund is not None:
            way = (rule.from_fund, key[0])
            self.transfers[way] = self.transfers.get(way, np.zeros(len(paid))) + paid

    def answering_rate(self, name: str, rule: Contribution, wages: Array, signal: Array) -> None:
        """A rule whose rate the accounts will find: wages (T,) on which it is due, beneficiaries per contributor (T,)."""
        assert rule.cyclical is not None
        self.answering[rule.fund or self.fund, rule.party, name] = Answering(rule.cyclical, wages, signal)


def a_year_before(beneficiaries: Array, contributors: Array) -> Array:
    """Beneficiaries per contributor (..., T) of the year before, in the first year of that year itself."""
    ratio = np.divide(beneficiaries, contributors, out=np.zeros_like(beneficiaries), where=contributors > 0)
    return np.concatenate([ratio[..., :1], ratio[..., :-1]], axis=-1)


def pension_money(scheme: PensionScheme, stocks: PensionStocks, paths: EconomicPaths) -> SchemeMoney:
    """Contributory wages = contributors · density · contributory wage · 12; contributions = rate · wages, cell by cell."""
    paying = stocks.contributors * stocks.density[..., None]
    moments = stocks.grid.calendar_years(paths.references, scheme.start)
    in_force = (moments.months >= moments.scheme_start).mean(axis=0)[:, None, None, None]
    paying = paying * in_force
    wages = (12.0 * paying * stocks.members.contributory).sum(axis=-1)
    found = Collected(scheme.fund)
    pensioners = sum(
        (pension.persons.sum(axis=(1, 2)) for pension in stocks.pensions.values()), np.zeros(len(wages))
    )
    signal = a_year_before(pensioners, stocks.contributors.sum(axis=(1, 2, 3)))
    for name, rule in scheme.contributions.items():
        if rule.cyclical is not None:
            found.answering_rate(name, rule, wages.sum(axis=(1, 2)), signal)
            continue
        if rule.is_plain_rate:
            paid = rule.on(moments) * wages
        else:
            paid = (12.0 * paying * rule.monthly(moments, stocks.members.contributory)).sum(axis=-1)
        found.add(rule, paid.sum(axis=(1, 2)))
    benefits = {name: pension.amount.sum(axis=(1, 2)) for name, pension in stocks.pensions.items()}
    benefits |= {name: lump.amount.sum(axis=(1, 2)) for name, lump in stocks.lump_sums.items()}
    return SchemeMoney(
        stocks.contributors.sum(axis=(1, 2, 3)), wages.sum(axis=(1, 2)), found.contributions, benefits,
        transfers=found.transfers, answering=found.answering,
    )  # fmt: skip


def unemployment_money(
    scheme: UnemploymentScheme, stocks: UnemploymentStocks, paths: EconomicPaths
) -> SchemeMoney:
    """The months of each year added up; contributions = rate × contributory wages, month by month, less arrears and with what is recovered."""
    moments = Moments(
        stocks.months[None, :].astype(float), np.zeros(1), np.zeros(1), references=paths.references
    )
    found, contributors = Collected(scheme.fund), _yearly(stocks.contributors)
    arrears = np.zeros(len(contributors))
    signal = a_year_before(_yearly(stocks.beneficiaries), contributors)
    for name, rule in scheme.contributions.items():
        owed = rule.party in ("employee", "employer")
        if rule.cyclical is not None:
            wages = stocks.shock.collected(stocks.contributory_wages)
            found.answering_rate(name, rule, _yearly(wages), signal)
            continue
        due = rule.on(moments)[:, 0, 0] * stocks.wages_due(rule.reduced_after)
        paid = stocks.shock.collected(due) if owed else due
        arrears += _yearly(due - paid)
        found.add(rule, _yearly(paid))
    programmes = {
        (scheme.programmes[name].fund or scheme.fund, name): _yearly(path.cost)
        for name, path in stocks.programmes.items()
    }
    return SchemeMoney(
        contributors / 12.0, _yearly(stocks.contributory_wages), found.contributions,
        {name: _yearly(amount) for name, amount in stocks.items.items()},
        programmes, found.transfers, found.answering, arrears,
    )  # fmt: skip


def social_pension_money(stocks: SocialPensionStocks) -> SchemeMoney:
    """Benefits alone: nobody contributes."""
    nothing = np.zeros(len(stocks.amount))
    paid = {name: amount.sum(axis=(1, 2)) for name, (_, amount) in stocks.paid.items()}
    return SchemeMoney(nothing, nothing, {}, paid)


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
