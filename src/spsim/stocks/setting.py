"""The law and the people of one scheme, laid on one grid: what the stocks hand to one another."""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.dated import on
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.increases import Increases, increases
from spsim.records import record
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.automatic_balance import Target
from spsim.rules.indexation import PensionIndexation
from spsim.rules.pension_age import AgeReached
from spsim.schemes import PensionScheme
from spsim.stocks.member_paths import MemberPaths


@record(frozen=True)
class Setting:
    """The law of one scheme laid on one grid: steps read month by month, ages reached. `history` reaches back over the past.

    `balance` (T,) the index of automatic balancing, 1 where it does not act; None in the past and for schemes without it.
    """

    scheme: PensionScheme
    behaviour: PensionBehaviour
    members: MemberPaths
    paths: EconomicPaths
    history: EconomicPaths
    fertility: Array
    grid: Grid
    steps: Moments
    reached: AgeReached
    reuse: Reuse = NO_REUSE
    balance: Array | None = None

    def since(self, first: int) -> slice:
        """The years of the grid, from `first` on, on a path of the history."""
        begin = first - int(self.history.years[0])
        return slice(begin, begin + len(self.grid.years))

    def balanced(self, target: Target) -> Array:
        """The index of automatic balancing as far as it acts on accounts or on the indexation (T,)."""
        return balance_of(self.scheme, target, self.balance, len(self.grid.years))

    def increases(self, own: PensionIndexation | None = None) -> Increases:
        """Increases of pensions in payment: by the scheme's rule of indexation or one of their own, and each January what balancing takes
        or gives back."""
        return increases_of(self.scheme, self.paths, self.balance, own)


def balance_of(scheme: PensionScheme, target: Target, balance: Array | None, years: int) -> Array:
    """An index of automatic balancing (T,) as far as it acts on one thing, else 1."""
    rule = scheme.automatic_balance
    acts = balance is not None and rule is not None and target in rule.acts_on
    return balance if acts and balance is not None else np.ones(years)


def increases_of(
    scheme: PensionScheme, paths: EconomicPaths, balance: Array | None, own: PensionIndexation | None = None
) -> Increases:
    """Increases of pensions in payment in the years of the paths, with an index of automatic balancing (T,) if there is one."""
    rule, given = scheme.automatic_balance, increases(own or scheme.indexation, paths)
    index = balance_of(scheme, "indexation", balance, len(paths.years))
    if rule is None or (index == 1.0).all():
        return given
    least = None
    if rule.least_increase is not None:
        moments = Grid(int(paths.years[0]), int(paths.years[-1])).calendar_years({})
        least = np.broadcast_to(on(rule.least_increase, moments)[:, 0, 0, 0, 0], len(index))
    return given.moved(index, least)
