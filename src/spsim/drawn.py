"""What one draw of a simulation puts in place of the scenario's own people and economy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spsim.reuse import NO_REUSE, Reuse

if TYPE_CHECKING:
    from spsim.data.demography import Demography
    from spsim.economy import EconomicShocks
    from spsim.population import Population


@dataclass(frozen=True)
class Drawn:
    """One future: `people`, a demography with its projection, and `shocks` of the economy; None leaves the scenario's own.

    `reuse` keeps what draws of the same scenario object have in common.
    """

    people: tuple[Demography, Population] | None = None
    shocks: EconomicShocks | None = None
    reuse: Reuse = field(default=NO_REUSE)

    @property
    def anything(self) -> bool:
        """Whether anything is drawn."""
        return self.people is not None or self.shocks is not None

    @property
    def changes_labour(self) -> bool:
        """Whether the labour force is another than the scenario's."""
        return self.people is not None or (
            self.shocks is not None and bool((self.shocks.unemployment != 1.0).any())
        )


NOTHING_DRAWN = Drawn()
