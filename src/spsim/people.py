"""Another future of the population than that of its tables: what `population.adjust` says, laid on the years.

Comes in: values by date, sex and age. Goes out: factors for `data.adjustment`. Called by `run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spsim.arrays import Array, np
from spsim.dated import Sourced, Value, on
from spsim.grid import Grid
from spsim.places import FertilityFactor, MigrationFactor, MortalityFactor, YearsOfLife

if TYPE_CHECKING:
    from spsim.data.adjustment import DemographicFactors


class Adjustment(Sourced):
    """Death rates, births and net migration of the tables times a factor; years added to the expectation of life at birth.

    A value of a step from mid-year to mid-year is its mean over the step's twelve months. Years of life are added after `mortality`
    has changed the rates, by one further factor on the rates of all ages.
    """

    mortality: MortalityFactor = 1.0
    fertility: FertilityFactor = 1.0
    migration: MigrationFactor = 1.0
    life_expectancy: YearsOfLife = 0.0

    def on(self, years: Array) -> DemographicFactors:
        """Factors by year of projection; entry t is of the step that closes at mid-year `years[t]`."""
        from spsim.data.adjustment import DemographicFactors
        from spsim.data.life_table import LAST_AGE

        grid = Grid(int(years[0]), int(years[-1]), 0, LAST_AGE - 1, 1, 0)
        count = len(years)

        def laid(value: Value, *shape: int) -> Array:
            cells = on(value, grid.steps({}))[..., 0, 0]
            cells = cells if len(shape) == 2 else cells[:, :, 0] if len(shape) == 1 else cells[:, 0, 0]
            return np.array(np.broadcast_to(cells, (count, *shape)))

        return DemographicFactors(
            mortality=laid(self.mortality, 2, LAST_AGE),
            fertility=laid(self.fertility),
            migration=laid(self.migration),
            life_expectancy=laid(self.life_expectancy, 2),
        )
