"""The law and the people of one scheme, laid on one grid: what the stocks hand to one another."""

from __future__ import annotations

from dataclasses import dataclass

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.reuse import NO_REUSE, Reuse
from spsim.rules.pension_age import AgeReached
from spsim.schemes import PensionScheme
from spsim.stocks.member_paths import MemberPaths


@dataclass(frozen=True)
class Setting:
    """The law of one scheme laid on one grid: steps read month by month, ages reached. `history` reaches back over the past."""

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

    def since(self, first: int) -> slice:
        """The years of the grid, from `first` on, on a path of the history."""
        begin = first - int(self.history.years[0])
        return slice(begin, begin + len(self.grid.years))
