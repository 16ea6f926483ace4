"""Automatic balancing: when a scheme's ratio is below a limit, balances and pensions in payment grow by less, until it recovers.

Comes in: a ratio of each year. Goes out: the balancing index b (T,), which multiplies what accounts and pensions would be worth without it.
The ratio of a year acts from 1 January two years later, when its accounts are known (Sweden does the same), so no year waits for itself.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, on
from spsim.errors import ScenarioProblem
from spsim.grid import Grid
from spsim.places import FixedIncrease, Share, TurnoverYears, numbers_at

DELAY = 2
"""Years from the ratio of a year to the growth that it changes."""
MOST = 0.9
"""Largest cut of one year."""
Target = Literal["accounts", "indexation"]


class AssetsToLiabilities(Sourced):
    """(contributions × turnover duration + reserve) ÷ (balances of members + value of pensions in payment).

    Turnover duration: the years that money stays in the scheme, mean age of what is paid less mean age of the contributory wages; measured
    each year unless it is stated. Source: Settergren and Mikula 2005; Socialförsäkringsbalken ch. 58.
    """

    kind: Literal["assets_to_liabilities"]
    turnover_duration: TurnoverYears | None = Field(
        None, description="years that a contribution stays in the scheme; measured each year if absent"
    )


class ReserveToExpenditure(Sourced):
    """Reserve of the fund on 31 December over all that it pays in the year."""

    kind: Literal["reserve_to_expenditure"]


class ByRatio(Sourced):
    """Growth is multiplied by 1 + strength · (ratio ÷ limit − 1) while the index is below 1, so what was lost comes back; never above 1.

    Sweden: limit 1, strength 1, since 2017 one third.
    """

    kind: Literal["by_ratio"]
    strength: Share = 1.0
    most_cut: Annotated[float, Field(gt=0, le=MOST)] = Field(
        0.5, description="no more than this is taken off in one year"
    )

    def on(self, grid: Grid) -> Array:
        """Strength by year (T,)."""
        return _yearly(self.strength, grid)

    def step(self, index: float, over: float, strength: float) -> float:
        """The index a year later; `over` is the ratio over its limit."""
        if strength == 0 or (index >= 1.0 and over >= 1.0):
            return index
        return min(1.0, index * max(1.0 + strength * (over - 1.0), 1.0 - self.most_cut))


class ByAmount(Sourced):
    """Growth is lower by a stated `cut` in each year that the ratio is below its limit, and what was lost does not come back.

    Japan's macro-economic slide and other brakes by stated amounts.
    """

    kind: Literal["by_amount"]
    cut: Share

    def on(self, grid: Grid) -> Array:
        """Cut by year (T,)."""
        return _yearly(self.cut, grid)

    def step(self, index: float, over: float, cut: float) -> float:
        """The index a year later."""
        return index * (1.0 - cut) if over < 1.0 else index


BalanceRatio = Annotated[AssetsToLiabilities | ReserveToExpenditure, Field(discriminator="kind")]
Response = Annotated[ByRatio | ByAmount, Field(discriminator="kind")]


class AutomaticBalance(Sourced):
    """Growth of accounts and pensions that answers to the state of the scheme, from the third year of the projection on."""

    acts_on: list[Target] = Field(min_length=1, description="accounts, indexation of pensions, or both")
    ratio: BalanceRatio
    limit: Annotated[float, Field(gt=0, le=100)] = Field(1.0, description="below it the growth is lowered")
    response: Response
    least_increase: FixedIncrease | None = Field(
        None, description="balancing does not lower the increase of pensions in payment below this"
    )

    @model_validator(mode="after")
    def _does_something(self) -> AutomaticBalance:
        if len(set(self.acts_on)) < len(self.acts_on):
            raise ScenarioProblem(("acts_on",), "one thing is named twice", "delete one")
        if self.least_increase is not None and "indexation" not in self.acts_on:
            text = "a least increase of pensions, on which this does not act"
            raise ScenarioProblem(("least_increase",), text, "delete it, or add indexation to acts_on")
        name = "strength" if isinstance(self.response, ByRatio) else "cut"
        numbers = list(numbers_at(getattr(self.response, name)))
        for path, number in numbers:
            if number > MOST and name == "cut":
                text = f"{number:g} of the growth factor off in one year leaves next to nothing"
                raise ScenarioProblem(("response", name, *path), text, f"write {MOST} or less")
        if numbers and all(number == 0 for _, number in numbers):
            raise ScenarioProblem(("response", name), "0 changes nothing", "write a share above 0")
        return self

    def index(self, ratio: Array, grid: Grid) -> Array:
        """b(t) = step(b(t−1), ratio(t−2) / limit), 1 in the first two years; all (T,)."""
        size, found = self.response.on(grid), np.ones(len(ratio))
        for t in range(DELAY, len(ratio)):
            found[t] = self.after(found[t - 1], ratio[t - DELAY], size[t])
        return found

    def after(self, index: float, ratio: float, size: float) -> float:
        """The index a year later, by a ratio and the strength or cut of the year."""
        return self.response.step(float(index), float(ratio) / self.limit, float(size))


def _yearly(value: object, grid: Grid) -> Array:
    years = on(value, grid.calendar_years({}))[:, 0, 0, 0, 0]  # type: ignore[arg-type]
    return np.broadcast_to(years, len(grid.years))
