"""Prices, wages, interest, national income and the named reference amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import Discriminator, Field, Tag, model_validator

from spsim.arrays import Array, np
from spsim.calendar import month_number
from spsim.dated import Constant, Sourced, Strict, Value, on
from spsim.errors import ScenarioProblem
from spsim.grid import Grid, Moments, Series
from spsim.places import GrowthRate, Share
from spsim.records import record
from spsim.rules.reference_earnings import Crediting, Index, Indexation

PAST_YEARS = 120  # so far back reach the paths, with the scenario's first rates, so that run-ins and old careers find their past


class Money(Constant):
    """An amount at a date, with its source: `{value: 5.2e6, year: 2024, source: ...}`."""

    year: int = Field(ge=1950, le=2100)

    @model_validator(mode="after")
    def _is_an_amount(self) -> Money:
        if self.value <= 0:
            raise ScenarioProblem(("value",), f"{self.value:g} is no amount", "write an amount above 0")
        return self


class ReferenceAmount(Sourced):
    """A named amount that law refers to. Its known values by date; after the last one it does not grow unless `growth` says so.

    `growth: {prices: 1}` follows prices, `{prices: 1, real_wages: 1}` wages; revised every January.
    """

    points: dict[str | int, Annotated[float, Field(ge=0)]] = Field(min_length=1)
    growth: Indexation = Indexation.model_construct()

    @model_validator(mode="after")
    def _dates_differ(self) -> ReferenceAmount:
        if len({month_number(date) for date in self.points}) < len(self.points):
            raise ValueError("two amounts stand at the same date; keep one of them")
        return self

    def series(self, last_year: int, paths: EconomicPaths) -> Series:
        """Month by month to December of `last_year`."""
        pairs = sorted((month_number(date), value) for date, value in self.points.items())
        known = [month for month, _ in pairs]
        months = np.arange(known[0], 12 * (last_year + 1))
        values = np.array([value for _, value in pairs])[np.searchsorted(known, months, side="right") - 1]
        years = np.maximum(months // 12, known[-1] // 12)
        return Series(known[0], values * paths.grown(self.growth, known[-1] // 12, years))


class MixedAmount(Sourced):
    """A weighted mean of other reference amounts: `{mix: {minimum_wage_region_1: 0.6, minimum_wage_region_2: 0.4}}`."""

    mix: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _weights_are_a_whole(self) -> MixedAmount:
        if abs(sum(self.mix.values()) - 1) > 1e-9:
            text = f"the weights of a mix add to {sum(self.mix.values()):g}"
            raise ScenarioProblem(("mix",), text, "they must add to 1")
        return self

    def series(self, parts: Mapping[str, Series], last_year: int) -> Series:
        """Month by month from the earliest part to December of `last_year`."""
        first = min(parts[name].first for name in self.mix)
        months = np.arange(first, 12 * (last_year + 1))
        return Series(
            first, np.asarray(sum(weight * parts[name].at(months) for name, weight in self.mix.items()))
        )


def _form(value: object) -> str:
    mixed = "mix" in value if isinstance(value, dict) else isinstance(value, MixedAmount)
    return "mix" if mixed else "points"


AnyAmount = Annotated[
    Annotated[ReferenceAmount, Tag("points")] | Annotated[MixedAmount, Tag("mix")], Discriminator(_form)
]


class Economy(Strict):
    """Assumptions about the economy: yearly rates, national income, reference amounts."""

    price_inflation: GrowthRate
    real_wage_growth: GrowthRate
    interest_rate: GrowthRate = Field(description="nominal return on reserves")
    gdp: Money | None = Field(
        None, description="gross domestic product of a year; grows with employment and wages"
    )
    government_spending: Share | None = Field(
        None, description="all that the government spends, as a share of gross domestic product"
    )
    reference_amounts: dict[str, AnyAmount] = {}

    @model_validator(mode="after")
    def _spending_has_its_whole(self) -> Economy:
        if self.government_spending is not None and self.gdp is None:
            text = "a share of gross domestic product, which the scenario does not give"
            raise ScenarioProblem(("government_spending",), text, "add `gdp`, or leave it out")
        return self


@record(frozen=True)
class EconomicShocks:
    """One drawn future of the economy: by year (T,) of the projection, percentage points (as shares) added to the scenario's rates, and
    the factor on its unemployment rates. Nothing in its first year."""

    price_inflation: Array
    real_wage_growth: Array
    interest_rate: Array
    unemployment: Array


@record(frozen=True)
class EconomicPaths:
    """Yearly paths (T,): rates, indices of prices and wages (1 in the first year of the scenario), and the reference amounts by month.

    `shock` is what a draw adds to real wage growth and `unemployment` its factor on unemployment: 0 and 1 outside simulations.
    """

    years: Array
    price_inflation: Array
    wage_growth: Array
    interest_rate: Array
    prices: Array
    wages: Array
    references: Mapping[str, Series]
    shock: Array
    unemployment: Array

    def between(self, first: int, last: int) -> EconomicPaths:
        """The paths of the years first .. last; the indices keep their base."""
        if first < self.years[0] or last > self.years[-1]:
            raise ValueError(f"paths of {self.years[0]}-{self.years[-1]} do not reach {first}-{last}")
        cut = slice(int(first - self.years[0]), int(last - self.years[0]) + 1)
        fields = (
            "years", "price_inflation", "wage_growth", "interest_rate", "prices", "wages", "shock", "unemployment",
        )  # fmt: skip
        return replace(self, **{name: getattr(self, name)[cut] for name in fields})

    def grown(self, growth: Indexation, base_year: int, years: Array) -> Array:
        """Growth factor from `base_year` to each of `years` under a rule of indexation."""
        index = cumulate(
            increase(growth, self.price_inflation, self.wage_growth, self.years),
            self.years,
            int(self.years[0]),
        )
        place = np.clip(np.asarray(years) - self.years[0], 0, len(index) - 1)
        return np.asarray(index[place] / index[np.clip(base_year - self.years[0], 0, len(index) - 1)])

    def valorisation(self, index: Index) -> Array:
        """Index (T,) by which past earnings are brought up to date; a reference amount by its mean of the year. Raises KeyError."""
        known = {"prices": self.prices, "wages": self.wages, "none": np.ones_like(self.prices)}
        if index in known:
            return known[index]
        months = 12 * self.years[:, None] + np.arange(12)
        return np.asarray(self.references[index].at(months).mean(axis=1))

    def credited(self, rule: Crediting) -> Array:
        """Index (T,) of one unit paid into an account, 1 in the first of the years."""
        empty = Grid(int(self.years[0]), int(self.years[-1])).calendar_years({})
        rates = (1 + self.increase(rule)) * (1 + _yearly(rule.interest, empty) * self.interest_rate) - 1
        if rule.at_least is not None:
            rates = np.maximum(rates, _yearly(rule.at_least, empty))
        return cumulate(rates, self.years, int(self.years[0]))

    def credited_to_one(self, rule: Crediting) -> Array:
        """The same where only one person is known: the wage bill is taken to grow as the average wage does."""
        share = _yearly(rule.wage_bill, Grid(int(self.years[0]), int(self.years[-1])).calendar_years({}))
        bill = cumulate(share * self.wage_growth, self.years, int(self.years[0]))
        return np.asarray(self.credited(rule) * bill)

    def increase(self, rule: Indexation) -> Array:
        """Yearly growth (T,) under a rule."""
        return increase(rule, self.price_inflation, self.wage_growth, self.years)


def increase(rule: Indexation, inflation: Array, wage_growth: Array, years: Array) -> Array:
    """prices · inflation + real_wages · real growth (compounded) + fixed, in each of `years` (T,)."""
    return rates_at(rule, inflation, wage_growth, Grid(int(years[0]), int(years[-1])).calendar_years({}))


def rates_at(rule: Indexation, inflation: Array, wage_growth: Array, moments: Moments) -> Array:
    """The same with the values of the rule read at `moments`, one for each year (T,); of two rules the higher rate of each year."""
    prices, real_wages, fixed = (
        _yearly(value, moments) for value in (rule.prices, rule.real_wages, rule.fixed)
    )
    real = (1 + wage_growth) / (1 + inflation) - 1
    found = np.asarray((1 + prices * inflation) * (1 + real_wages * real) * (1 + fixed) - 1)
    if rule.or_if_higher is None:
        return found
    return np.maximum(found, rates_at(rule.or_if_higher, inflation, wage_growth, moments))


def cumulate(rates: Array, years: Array, base_year: int) -> Array:
    """Index (T,) with growth `rates[t]` from year t−1 to t, equal to 1 in `base_year`."""
    index = np.cumprod(1 + rates)
    return np.asarray(index / index[base_year - int(years[0])])


def economic_paths(
    economy: Economy, grid: Grid, base_year: int, shocks: EconomicShocks | None = None
) -> EconomicPaths:
    """Lay the assumptions on the grid; the indices are 1 in `base_year`. `shocks` of a draw cover the last years of the grid."""
    empty = grid.calendar_years({})
    inflation, real, interest = (
        _yearly(value, empty)
        for value in (economy.price_inflation, economy.real_wage_growth, economy.interest_rate)
    )
    shock, unemployment = np.zeros(len(grid.years)), np.ones(len(grid.years))
    if shocks is not None:
        drawn = slice(len(grid.years) - len(shocks.unemployment), None)
        inflation[drawn] += shocks.price_inflation
        interest[drawn] += shocks.interest_rate
        shock[drawn], unemployment[drawn] = shocks.real_wage_growth, shocks.unemployment
    wage_growth = (1 + inflation) * (1 + real + shock) - 1
    indices = [cumulate(rates, grid.years, base_year) for rates in (inflation, wage_growth)]
    rates = (grid.years, inflation, wage_growth, interest, indices[0], indices[1])
    bare = EconomicPaths(*rates, {}, shock, unemployment)
    amounts = economy.reference_amounts
    series = {
        name: amount.series(grid.last, bare)
        for name, amount in amounts.items()
        if isinstance(amount, ReferenceAmount)
    }
    series |= {
        name: amount.series(series, grid.last)
        for name, amount in amounts.items()
        if isinstance(amount, MixedAmount)
    }
    return EconomicPaths(*rates, series, shock, unemployment)


def _yearly(value: Value, moments: Moments) -> Array:
    return np.array(np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], moments.months.shape[1]))
