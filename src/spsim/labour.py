"""Who works, in which group, for what wage.

Comes in: population (T, 2, 101), participation, unemployment, group shares, wages. Goes out: labour force, employed, persons of each
group and their wages by earnings class. Called by `run`; read by the stocks.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Annotated

from pydantic import Field, model_validator

from spsim.arrays import Array, np
from spsim.dated import Sourced, Strict, Value, on
from spsim.economy import EconomicPaths, Money
from spsim.errors import ScenarioProblem
from spsim.grid import Grid, Moments
from spsim.places import AgeFactor, AgeShare, GroupShare, GrowthRate, WageLevel, place
from spsim.records import record

AgeChange = Annotated[Value, place("age", "event_date", low=-1, high=1, sexes=True)]


class Wages(Sourced):
    """Wages of a group: their average at a date, a profile by age and sex (only its shape counts) and their dispersion.

    Within each age and sex wages are lognormal with the given coefficient of variation, cut into earnings classes that hold
    `class_shares` of the persons (Iyer 1999, 5.27-5.34).
    """

    average: Money = Field(description="monthly average of the group")
    profile: WageLevel = 1.0
    coefficient_of_variation: Annotated[float, Field(ge=0, le=3)] = 0.5
    class_shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.2, 0.2, 0.2, 0.2, 0.2)
    real_growth: GrowthRate | None = Field(
        None, description="real yearly growth of this group's average wage; by default that of the economy"
    )

    @model_validator(mode="after")
    def _shares_are_a_whole(self) -> Wages:
        if abs(sum(self.class_shares) - 1) > 1e-9:
            text = f"class_shares add to {sum(self.class_shares):g}"
            raise ScenarioProblem(("class_shares",), text, "they must add to 1")
        return self


class Group(Sourced):
    """A member group as a share of the employed: `share` by date, `by_age` a further factor by age and sex."""

    title: str = ""
    share: GroupShare
    by_age: AgeFactor = 1.0
    wages: Wages


class Labour(Strict):
    """Participation (by default the bundled ILO estimates of the country), unemployment and the groups of the employed."""

    participation: AgeShare | None = Field(
        None, description="rates by age and sex; by default the tables of the country"
    )
    participation_change: AgeChange = Field(
        0.0, description="points added to participation, by age, sex and date"
    )
    unemployment_rate: AgeShare
    groups: dict[str, Group] = {}


@record(frozen=True)
class LabourForce:
    """(T, 2, 101) persons: `labour_force` = `employed` + `unemployed`; `groups` persons employed in each member group."""

    labour_force: Array
    employed: Array
    unemployed: Array
    groups: dict[str, Array]


def work(
    labour: Labour, participation: Array, persons: Array, grid: Grid, unemployment: Array | None = None
) -> LabourForce:
    """employed(s,x,t) = population · participation · (1 − unemployment); groups by share. `participation` (2, 101) when none is given.

    `unemployment` (T,): factor of a draw on the rates.
    """
    moments = all_ages(grid)
    rate = participation if labour.participation is None else on(labour.participation, moments)[..., 0, 0]
    rate = np.clip(rate + on(labour.participation_change, moments)[..., 0, 0], 0.0, 1.0)
    force = persons * rate
    out_of_work = on(labour.unemployment_rate, moments)[..., 0, 0]
    if unemployment is not None:
        out_of_work = np.minimum(out_of_work * unemployment[:, None, None], 1.0)
    employed = force * (1.0 - out_of_work)
    groups = {name: employed * _group_share(group, moments) for name, group in labour.groups.items()}
    return LabourForce(force, employed, force - employed, groups)


def all_ages(grid: Grid) -> Moments:
    """Calendar years over ages 0-100."""
    wide = Grid(grid.first, grid.last, 0, 100, grid.classes, 0)
    return wide.calendar_years({})


def _group_share(group: Group, moments: Moments) -> Array:
    return np.clip((on(group.share, moments) * on(group.by_age, moments))[..., 0, 0], 0.0, 1.0)


def class_means(wages: Wages) -> Array:
    """Mean wage of each earnings class (K,) as a multiple of the mean: Φ(w_b − σ) − Φ(w_a − σ) over the share of the class."""
    return np.asarray(np.diff(_cdf(_edges(wages) - _sigma(wages))) / np.array(wages.class_shares))


def contributory_multiples(wages: Wages, floor: Array, ceiling: Array) -> Array:
    """E[min(max(w, floor), ceiling) | class] for limits given as multiples of the mean wage: (..., K), in multiples of the mean.

    Exact for the lognormal: each class, between two quantiles, is split at the two limits.
    """
    sigma, edges = _sigma(wages), _edges(wages)
    floor, ceiling = np.asarray(floor, dtype=float)[..., None], np.asarray(ceiling, dtype=float)[..., None]
    if sigma == 0:
        return np.maximum(np.minimum(np.ones(len(wages.class_shares)), ceiling), floor)
    low, high = edges[:-1], edges[1:]
    from_floor = np.clip(_standardise(floor, sigma), low, high)
    to_ceiling = np.maximum(np.clip(_standardise(ceiling, sigma), low, high), from_floor)
    at_floor = floor * (_cdf(from_floor) - _cdf(low))
    at_ceiling = np.where(np.isinf(ceiling), 0.0, ceiling) * (_cdf(high) - _cdf(to_ceiling))
    between = _cdf(to_ceiling - sigma) - _cdf(from_floor - sigma)
    return np.asarray((at_floor + between + at_ceiling) / np.array(wages.class_shares))


def banded_mean(wages: Wages, mean: Array, edges: Array, standard: Array) -> Array:
    """E[standard wage of the band | class] (..., K) for cells whose wages have this mean.

    `edges` (n,) are the wages at which a band begins, `standard` (..., n + 1) its standard wage, the first one below all edges. Each step
    from one band to the next counts for the share of the class that earns so much.
    """
    sigma, limits, shares = _sigma(wages), _edges(wages), np.array(wages.class_shares)
    low, high = limits[:-1], limits[1:]
    found = np.repeat(standard[..., :1], len(shares), axis=-1)
    for n, edge in enumerate(edges):
        step = (standard[..., n + 1] - standard[..., n])[..., None]
        multiple = (edge / mean)[..., None]
        if sigma == 0:
            above = np.broadcast_to((multiple <= 1.0).astype(float), (*mean.shape, len(shares)))
        else:
            above = (_cdf(high) - _cdf(np.clip(_standardise(multiple, sigma), low, high))) / shares
        found = found + step * above
    return np.asarray(found)


def _sigma(wages: Wages) -> float:
    return float(np.sqrt(np.log1p(wages.coefficient_of_variation**2)))


def _edges(wages: Wages) -> Array:
    """Limits of the classes on the standard normal (K+1,), from −∞ to ∞."""
    inside = np.minimum(np.cumsum(wages.class_shares)[:-1], 1.0 - 1e-15)
    return np.array([-np.inf, *(NormalDist().inv_cdf(share) for share in inside), np.inf])


def _cdf(z: Array) -> Array:
    from spsim.kernels.normal import normal_cdf

    return normal_cdf(z)


def _standardise(multiple_of_mean: Array, sigma: float) -> Array:
    """z of a wage given as a multiple of the mean of a lognormal: ln(m)/σ + σ/2."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(multiple_of_mean) / sigma + sigma / 2)


def average_wage(wages: Wages, paths: EconomicPaths, grid: Grid) -> Array:
    """Monthly average wage of the group (T,): the known average carried forward and back by wage growth."""
    growth = paths.wage_growth
    if wages.real_growth is not None:
        real = on(wages.real_growth, grid.calendar_years({}))[:, 0, 0, 0, 0]
        growth = (1 + paths.price_inflation) * (1 + real + paths.shock) - 1
    index = np.cumprod(1 + growth)
    base = int(np.clip(wages.average.year - grid.first, 0, len(index) - 1))
    return np.asarray(wages.average.value * index / index[base])


def wage_by_age(wages: Wages, average: Array, persons: Array, grid: Grid) -> Array:
    """Monthly mean wage (T, 2, A) of each age and sex: the profile scaled so that the average over `persons` (T, 2, A) is `average`."""
    profile = np.broadcast_to(on(wages.profile, grid.calendar_years({}))[..., 0, 0], persons.shape)
    total = persons.sum(axis=(1, 2))
    mean = np.divide((profile * persons).sum(axis=(1, 2)), total, out=np.ones_like(total), where=total > 0)
    return np.asarray(profile * (average / mean)[:, None, None])
