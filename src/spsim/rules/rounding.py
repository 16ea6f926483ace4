"""Rounding of money by law: pensions, contributions, and wages that are taken by classes.

One person's amount is rounded as the law says. A projection knows means, not amounts of persons: there rounding up or down adds or takes
half of the unit on average, and rounding to the nearest changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Schedule, Sourced
from spsim.errors import ScenarioProblem

Mode = Literal["up", "down", "nearest"]
MEAN: dict[Mode, float] = {"up": 0.5, "down": -0.5, "nearest": 0.0}
"""Change on average, in units, of amounts that lie anywhere between two of them."""
Unit = Annotated[float, Field(gt=0, le=1e6)]
_SLACK = 1e-9  # so that 561.0000000001, which is 11 % of 5,100, is not rounded up to 562


def rounded(amount: Array | float, unit: Array | float, mode: Mode) -> Array:
    """Amounts in whole units, 0 being no rounding: up, down, or to the nearest, halves up."""
    amount, unit = np.asarray(amount, dtype=float), np.asarray(unit, dtype=float)
    units = np.divide(
        amount, unit, out=np.zeros(np.broadcast_shapes(amount.shape, unit.shape)), where=unit > 0
    )
    slack = _SLACK * np.maximum(np.abs(units), 1.0)
    whole = {
        "up": lambda: np.ceil(units - slack),
        "down": lambda: np.floor(units + slack),
        "nearest": lambda: np.floor(units + 0.5 + slack),
    }[mode]()
    return np.where(unit > 0, whole * unit, amount)


class RoundTo(Sourced):
    """Money in whole units: `{to: 1, mode: up}`."""

    to: Unit = Field(description="unit of money, such as 1 or 10")
    mode: Mode

    def exactly(self, amount: Array | float) -> Array:
        """The amount of one person after rounding."""
        return rounded(amount, self.to, self.mode)

    @property
    def mean(self) -> float:
        """Change on average."""
        return MEAN[self.mode] * self.to


class RoundPension(RoundTo):
    """The same of a pension, or of a lump sum: `{to: 1, mode: nearest, of: year}` rounds the pension of a year."""

    of: Literal["month", "year"] = Field("month", description="amount that is rounded, before floor and cap")

    def monthly(self, amount: float) -> float:
        """One person's monthly pension, or lump sum, after rounding."""
        times = 12.0 if self.of == "year" else 1.0
        return float(self.exactly(amount * times)) / times

    def yearly_mean(self) -> float:
        """Change of a yearly pension on average."""
        return self.mean * (1.0 if self.of == "year" else 12.0)


class WageClasses(Sourced):
    """Wages taken by classes of equal width, each at its top (up) or its beginning (down): `{to: {by: wage, points: {0: 20}}, mode: up}`.

    Unlike `bands` they may end: where the width is 0 the wage itself counts.
    """

    to: Unit | Schedule = Field(description="width of the classes, by wage")
    mode: Mode

    @model_validator(mode="after")
    def _widths_go_by_wage(self) -> WageClasses:
        if isinstance(self.to, Schedule):
            if self.to.by != "wage" or self.to.mode != "step" or self.to.in_units_of is not None:
                text = "widths of classes go by the wage, in steps of money"
                raise ScenarioProblem(("to",), text, "write {by: wage, points: {0: 20, 5000.01: 100}}")
            for wage, width in self.to.points.items():
                if width < 0:
                    raise ScenarioProblem(
                        ("to", "points", str(wage)), f"a width of {width:g}", "write 0 or more"
                    )
        return self

    def of_wage(self, wage: Array | float) -> Array:
        """Wages of persons after rounding."""
        width = self.to.read(np.asarray(wage)) if isinstance(self.to, Schedule) else self.to
        return rounded(wage, width, self.mode)

    def steps(self) -> tuple[Array, Array]:
        """Wages (n,) from which another width holds, and the mean change (n + 1,) below the first and from each on."""
        if not isinstance(self.to, Schedule):
            return np.zeros(0), np.array([MEAN[self.mode] * self.to])
        x, y = self.to.sorted_points()
        return np.array(x[1:]), MEAN[self.mode] * np.array(y)
