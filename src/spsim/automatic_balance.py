"""Automatic balancing: the index that a scheme's ratio asks for, and the stocks, money and accounts that come of it.

Comes in: books made without balancing, and a way to make them again with an index. Goes out: books whose own ratio asks for the index with
which they were made. Called by `run`.

Rights and money are apart in the engine, so the index is found in passes. In a pass, each year's ratio is reckoned forward as if what is
owed and paid moved with the index; the books are then made anew. The ratio of a year acts two years later, so every pass settles at least
one more year for good, and mostly a few of them settle all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from spsim.accounts import Account
from spsim.arrays import Array
from spsim.dated import on
from spsim.economy import EconomicPaths
from spsim.grid import OPEN_AGE, Grid
from spsim.identities import IdentityError
from spsim.indicators import outgo
from spsim.money import SchemeMoney
from spsim.records import record
from spsim.rules.automatic_balance import DELAY, AssetsToLiabilities, AutomaticBalance
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import SocialPensionStocks

SAME = 1e-10
"""Largest relative difference of the index that a pass leaves and the one with which its books were made."""
IDENTITY = "{name}: balancing index = what its ratio asks for"


@dataclass(frozen=True)
class Books:
    """Stocks of the pension schemes and of the social pensions beside them, money of all schemes, accounts of the funds."""

    pensions: dict[str, PensionStocks]
    social: dict[str, SocialPensionStocks]
    money: dict[str, SchemeMoney]
    accounts: dict[str, Account]


@record(frozen=True)
class Balanced:
    """By year (T,): the ratio of the scheme, and the index with which its accounts and pensions were made."""

    ratio: Array
    index: Array


@record(frozen=True)
class Position:
    """What a ratio is made of, by year (T,): (assets + reserve) ÷ owed; `spent` what the scheme pays, `interest` of the reserve."""

    assets: Array
    reserve: Array
    owed: Array
    spent: Array
    interest: Array

    @property
    def ratio(self) -> Array:
        """Infinite where nothing is owed."""
        none = np.full(len(self.owed), np.inf)
        return np.divide(self.assets + self.reserve, self.owed, out=none, where=self.owed > 0)

    def index(self, rule: AutomaticBalance, used: Array, grid: Grid) -> Array:
        """The index that the ratios ask for (T,), if what is owed and spent moves from the index `used` to it."""
        size, found, ratio = rule.response.on(grid), np.ones(len(used)), self.ratio
        gained = 0.0
        for t in range(len(used)):
            if t >= DELAY:
                found[t] = rule.after(found[t - 1], ratio[t - DELAY], size[t])
            moved, growth = found[t] / used[t], 1.0 + self.interest[t]
            gained = gained * growth - self.spent[t] * (moved - 1.0) * np.sqrt(growth)
            if self.owed[t] > 0:
                ratio[t] = (self.assets[t] + self.reserve[t] + gained) / (self.owed[t] * moved)
        return found


def balancing_schemes(scenario: Scenario) -> dict[str, AutomaticBalance]:
    """The schemes that balance, with their rules."""
    return {
        name: scheme.automatic_balance
        for name, scheme in scenario.schemes.items()
        if isinstance(scheme, PensionScheme) and scheme.automatic_balance is not None
    }


def balanced(
    scenario: Scenario,
    books: Books,
    again: Callable[[Mapping[str, Array]], Books],
    paths: EconomicPaths,
    grid: Grid,
) -> tuple[Books, dict[str, Balanced]]:
    """Books in balance. Raises IdentityError if passes do not settle."""
    rules, years = balancing_schemes(scenario), len(grid.years)
    used = {name: np.ones(years) for name in rules}
    for _ in range(years + 2):
        positions = {name: position(scenario, books, name, paths, grid) for name in rules}
        found = {name: positions[name].index(rule, used[name], grid) for name, rule in rules.items()}
        apart = {name: np.abs(found[name] / used[name] - 1.0) for name in rules}
        if all(one.max() <= SAME for one in apart.values()):
            return books, {name: Balanced(positions[name].ratio, used[name]) for name in rules}
        used = found
        books = again(used)
    name = max(apart, key=lambda one: float(apart[one].max()))
    worst = int(np.argmax(apart[name]))
    raise IdentityError(IDENTITY.format(name=name), int(grid.years[worst]), float(apart[name][worst]))


def position(scenario: Scenario, books: Books, name: str, paths: EconomicPaths, grid: Grid) -> Position:
    """What the ratio of one scheme is made of."""
    scheme = scenario.schemes[name]
    assert isinstance(scheme, PensionScheme) and scheme.automatic_balance is not None
    account, money = books.accounts[scheme.fund], books.money[name]
    spent, interest = money.expenditure(), paths.between(grid.first, grid.last).interest_rate
    rule = scheme.automatic_balance.ratio
    if not isinstance(rule, AssetsToLiabilities):
        return Position(np.zeros_like(spent), account.closing, outgo(account), spent, interest)
    stocks = books.pensions[name]
    assert stocks.owed is not None
    paid_in = np.asarray(
        sum(
            (paid for (fund, _), paid in money.contributions.items() if fund == scheme.fund),
            np.zeros_like(spent),
        )
    )
    stated = rule.turnover_duration
    years = (
        measured_turnover(stocks)
        if stated is None
        else on(stated, grid.calendar_years(paths.references))[:, 0, 0, 0, 0]
    )
    assets = np.where(np.isinf(years), np.inf, paid_in * np.where(np.isinf(years), 0.0, years))
    reserve = (account.opening + account.closing) / 2.0
    return Position(assets, reserve, stocks.owed.balances + stocks.owed.pensions, spent, np.asarray(interest))


def measured_turnover(stocks: PensionStocks) -> Array:
    """Mean age of all that a scheme pays less mean age of its contributory wages (T,): infinite where it pays nothing yet, 0 where nobody
    contributes any more.

    Exact ages: pensions and wages are those of 1 July, x + ½; what is paid once falls on birthdays, on average.
    """
    grid, years = stocks.grid, len(stocks.grid.years)
    wages, pensions, once = (np.zeros((years, OPEN_AGE + 1)) for _ in range(3))
    paying = stocks.contributors * stocks.density[..., None] * stocks.members.contributory
    wages[:, grid.youngest : grid.oldest + 1] = paying.sum(axis=(1, 3))
    for pension in stocks.pensions.values():
        pensions += pension.amount.sum(axis=1)
    for lump in stocks.lump_sums.values():
        once += lump.amount.sum(axis=1)
    paid = np.concatenate([pensions, once], axis=1)
    found = np.where(paid.sum(axis=1) > 0, 0.0, np.inf)
    both = (wages.sum(axis=1) > 0) & (paid.sum(axis=1) > 0)
    if both.any():
        nothing, ages = np.zeros((int(both.sum()), OPEN_AGE + 1)), np.arange(OPEN_AGE + 1)
        by_age = np.concatenate([wages[both], nothing], axis=1)
        from spsim.financing import turnover_duration  # few schemes balance

        found[both] = turnover_duration(by_age, paid[both], np.concatenate([ages + 0.5, ages]))
    return found
