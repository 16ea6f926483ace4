"""Values of the scenario that are uncertain: what is drawn for each, from which distribution. One class per distribution."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from spsim.arrays import np
from spsim.dated import Sourced, Strict
from spsim.errors import ScenarioProblem
from spsim.experiments.changes import Change


class Uniform(Strict):
    """Anywhere from `low` to `high`."""

    kind: Literal["uniform"]
    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Uniform:
        _in_order(self.low, self.high)
        return self

    def drawn(self, random: np.random.Generator) -> float:
        """One value."""
        return float(random.uniform(self.low, self.high))

    def middle(self) -> float:
        """A value that is surely possible."""
        return (self.low + self.high) / 2


class Triangular(Strict):
    """From `low` to `high`, most often near `most_likely`."""

    kind: Literal["triangular"]
    low: float
    most_likely: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        _in_order(self.low, self.high)
        if not self.low <= self.most_likely <= self.high:
            text = f"{self.most_likely:g} lies outside {self.low:g} to {self.high:g}"
            raise ScenarioProblem(("most_likely",), text, "write a value between low and high")
        return self

    def drawn(self, random: np.random.Generator) -> float:
        """One value."""
        return float(random.triangular(self.low, self.most_likely, self.high))

    def middle(self) -> float:
        """A value that is surely possible."""
        return self.most_likely


class Normal(Strict):
    """Normal with a mean and a standard deviation; what falls outside `low` to `high` is drawn again."""

    kind: Literal["normal"]
    mean: float
    standard_deviation: Annotated[float, Field(gt=0)]
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Normal:
        if self.low is not None and self.high is not None:
            _in_order(self.low, self.high)
        near = [(low, 1) for low in [self.low] if low is not None] + [(self.high or 0.0, -1)] * (
            self.high is not None
        )
        if any(sign * (bound - self.mean) > 3 * self.standard_deviation for bound, sign in near):
            raise ScenarioProblem(
                ("mean",), "nearly nothing falls between the bounds", "move the mean or the bounds"
            )
        return self

    def drawn(self, random: np.random.Generator) -> float:
        """One value."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        while True:
            value = float(random.normal(self.mean, self.standard_deviation))
            if low <= value <= high:
                return value

    def middle(self) -> float:
        """A value that is surely possible."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return float(min(max(self.mean, low), high))


Distribution = Annotated[Uniform | Triangular | Normal, Field(discriminator="kind")]


class UncertainValue(Sourced):
    """A value of the scenario by its path: set to what is drawn, or every number of it multiplied (`times`) or raised (`plus`) by it."""

    path: str
    change: Literal["set", "times", "plus"] = "set"
    distribution: Distribution

    @model_validator(mode="after")
    def _is_not_of_the_population(self) -> UncertainValue:
        if self.path.split(".")[0] in ("population", "horizon", "meta"):
            text = "values of the population, the horizon and the meta block are not drawn this way"
            raise ScenarioProblem(("path",), text, "use the blocks fertility, mortality and migration")
        return self

    def drawn(self, random: np.random.Generator) -> Change:
        """The change of one draw."""
        return Change(self.path, self.distribution.drawn(random), self.change)


def _in_order(low: float, high: float) -> None:
    if low >= high:
        raise ScenarioProblem(
            ("high",), f"the bounds cross: {low:g} is not below {high:g}", "write low below high"
        )
