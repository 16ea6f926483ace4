"""A scheme of one entry age in continuous time, by its integrals: the textbook's closed form beside which the projection is laid.

Entrants grow with the force ρ, salaries γ, pensions in payment β; interest δ. With service table l, salary scale s, pensioners' table p
and n(τ) entrants a year at time τ (before 0: those who must have entered to leave the initial population):

    S(t)  = e^(γt) ∫ n(t−x+e) · l(x)/l(e) · s(x) dx                        over ages e..r          (salaries)
    B(t)  = ∫ n(t−y−r+e) · l(r)/l(e) · p(r+y)/p(r) · a·c(t−y)·s(r)·e^(γ(t−y))·e^(βy) dy   y = years retired (pensions)
    Ka(t) = n(t−r+e) · l(r)/l(e) · a·c(t)·s(r)·e^(γt) · ā,  ā = ∫ e^(−(δ−β)y) p(r+y)/p(r) dy      (value of awards)

c(u) is the service credited to who retires at u: all of it (r − e), or only what was served after time 0. Tables between printed ages
by a cubic spline. Source: Iyer 1999, ch. 3 and Appendix 2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import number

Curve = Callable[[Array], Array]
NODES = 12  # of Gauss and Legendre on each smooth piece


@dataclass(frozen=True)
class ModelScheme:
    """The scheme of the textbook: tables as (ages, values), forces a year, accrual a year of service.

    `initial` population: its number, if it is stable (as if entrants had always grown), or (edges of age groups, persons). `past_service` is
    the share of service before time 0 that is credited.
    """

    service_table: tuple[Sequence[float], Sequence[float]]
    salary_scale: tuple[Sequence[float], Sequence[float]]
    pensioner_table: tuple[Sequence[float], Sequence[float]]
    initial: float | tuple[Sequence[float], Sequence[float]]
    salary_unit: float
    accrual: float
    entrants: float
    salaries: float
    pensions: float
    interest: float
    past_service: float = 0.0
    _curves: dict[str, Curve] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        from scipy.interpolate import CubicSpline

        for name in ("service_table", "salary_scale", "pensioner_table"):
            ages, values = (np.asarray(one, dtype=float) for one in getattr(self, name))
            number(name, values, least=0.0)
            self._curves[name] = CubicSpline(ages, values)
        self._curves["density"] = self._density()
        for name in ("salary_unit", "accrual", "entrants", "salaries", "pensions", "interest"):
            number(name, getattr(self, name))

    def _density(self) -> Curve:
        """Persons of the initial population a year of age."""
        from scipy.interpolate import CubicSpline

        if isinstance(self.initial, tuple):
            edges, persons = (np.asarray(one, dtype=float) for one in self.initial)
            number("initial", persons, least=0.0)
            cumulated = CubicSpline(edges, np.concatenate([[0.0], np.cumsum(persons)]))
            return cumulated.derivative()
        members = float(number("initial", self.initial, above=0.0))

        def stable(x: Array) -> Array:
            return self.curve("service_table", x) * np.exp(-self.entrants * (x - self.entry_age))

        low, high = (np.full(1, age) for age in (self.entry_age, self.retirement_age))
        whole = float(_integral(stable, low, high, [np.full(1, age) for age in self.service_table[0]])[0])
        return lambda x: stable(x) * (members / whole)

    @property
    def _initial_edges(self) -> Sequence[float]:
        return self.initial[0] if isinstance(self.initial, tuple) else []

    @property
    def entry_age(self) -> float:
        return float(self.service_table[0][0])

    @property
    def retirement_age(self) -> float:
        return float(self.service_table[0][-1])

    @property
    def career(self) -> float:
        """Years from entry to retirement."""
        return self.retirement_age - self.entry_age

    def curve(self, name: str, x: Array) -> Array:
        """A table at exact ages."""
        return np.maximum(self._curves[name](x), 0.0)

    def entering(self, time: Array) -> Array:
        """Entrants a year at each time; before 0 from the initial population, nobody before the oldest of it entered."""
        ages = np.clip(self.entry_age - time, self.entry_age, self.retirement_age)
        alive = self.curve("service_table", ages) / self.curve("service_table", np.asarray(self.entry_age))
        first = self.curve("density", np.asarray(self.entry_age))
        past = np.where(time >= -self.career, self.curve("density", ages) / alive, 0.0)
        return np.asarray(np.where(time >= 0, first * np.exp(self.entrants * np.maximum(time, 0.0)), past))

    def contributors(self, time: ArrayLike, of: str = "all") -> Array:
        """Members in service at each time (T,), `of` all, the initial population or new entrants."""
        return self._over_ages(time, of, lambda x, t: np.ones_like(x))

    def salary_bill(self, time: ArrayLike, of: str = "all") -> Array:
        """Salaries a year S(t) (T,)."""
        return self._over_ages(
            time,
            of,
            lambda x, t: self.salary_unit * self.curve("salary_scale", x) * np.exp(self.salaries * t),
        )

    def pensioners(self, time: ArrayLike, of: str = "all") -> Array:
        """Pensioners at each time (T,); nobody was retired at time 0."""
        return self._over_retired(time, of, lambda y, t: np.ones_like(y))

    def expenditure(self, time: ArrayLike, of: str = "all") -> Array:
        """Pensions a year B(t) (T,)."""
        return self._over_retired(time, of, lambda y, t: self._award(t - y) * np.exp(self.pensions * y))

    def value_of_awards(self, time: ArrayLike) -> Array:
        """Capital value a year of the pensions awarded at each time Ka(t) (T,)."""
        t = np.atleast_1d(np.asarray(time, dtype=float))
        return self._retiring(t) * self._award(t) * self.annuity()

    def annuity(self) -> float:
        """ā: value at retirement of a pension of 1 a year, indexed."""
        length = float(self.pensioner_table[0][-1]) - self.retirement_age
        y, weight = _nodes(np.zeros(1), np.full(1, length))
        return float((weight * self._pensioner_alive(y) * np.exp(-(self.interest - self.pensions) * y)).sum())

    def _award(self, time: Array) -> Array:
        """Yearly pension of who retires at each time."""
        before = np.clip(self.career - time, 0.0, self.career)
        credited = np.minimum(time, self.career) + self.past_service * before
        final = self.salary_unit * self.curve("salary_scale", np.asarray(self.retirement_age))
        return np.asarray(self.accrual * credited * final * np.exp(self.salaries * time))

    def _retiring(self, time: Array) -> Array:
        ends = self.curve("service_table", np.array([self.entry_age, self.retirement_age]))
        return np.asarray(self.entering(time - self.career) * ends[1] / ends[0])

    def _pensioner_alive(self, y: Array) -> Array:
        begin = self.curve("pensioner_table", np.asarray(self.retirement_age))
        return np.asarray(self.curve("pensioner_table", self.retirement_age + y) / begin)

    def _over_ages(self, time: ArrayLike, of: str, amount: Callable[[Array, Array], Array]) -> Array:
        """∫ over ages in service; new entrants are those below e + t. Pieces end where a table is printed."""
        t = np.atleast_1d(np.asarray(time, dtype=float))
        young = np.clip(self.entry_age + t, self.entry_age, self.retirement_age)
        low, high = _bounds(of, np.full_like(t, self.entry_age), young, np.full_like(t, self.retirement_age))
        start = self.curve("service_table", np.asarray(self.entry_age))

        def integrand(x: Array) -> Array:
            at = t[:, None]
            return (
                self.entering(at - x + self.entry_age)
                * self.curve("service_table", x)
                / start
                * amount(x, at)
            )

        breaks = [*(np.full_like(t, age) for age in self.service_table[0]), young]
        breaks += [self.entry_age + t + (edge - self.entry_age) for edge in self._initial_edges]
        return _integral(integrand, low, high, breaks)

    def _over_retired(self, time: ArrayLike, of: str, amount: Callable[[Array, Array], Array]) -> Array:
        """∫ over years y since retirement, of those who retired after time 0; new entrants have retired career years after it."""
        t = np.atleast_1d(np.asarray(time, dtype=float))
        longest = float(self.pensioner_table[0][-1]) - self.retirement_age
        last = np.clip(t, 0.0, longest)
        low, high = _bounds(of, np.zeros_like(t), np.clip(t - self.career, 0.0, last), last)

        def integrand(y: Array) -> Array:
            at = t[:, None]
            return self._retiring(at - y) * self._pensioner_alive(y) * amount(y, at)

        breaks = [np.full_like(t, age - self.retirement_age) for age in self.pensioner_table[0]]
        breaks += [t - (self.retirement_age - edge) for edge in self._initial_edges] + [t - self.career]
        return _integral(integrand, low, high, breaks)


def _bounds(of: str, low: Array, between: Array, high: Array) -> tuple[Array, Array]:
    """Limits of the integral: new entrants lie below `between`, the initial population above."""
    limits = {"all": (low, high), "new": (low, between), "initial": (between, high)}
    if of not in limits:
        raise ValueError(f"of is {of!r}; choose all, initial or new")
    return limits[of]


def _integral(integrand: Callable[[Array], Array], low: Array, high: Array, breaks: list[Array]) -> Array:
    """∫ from `low` to `high` (T,), piece by piece between sorted breaks, so that each piece is smooth."""
    edges = np.sort(np.clip(np.stack([low, *breaks, high]), low, high), axis=0)
    total = np.zeros_like(low)
    for begin, end in pairwise(edges):
        if (end > begin).any():
            x, weight = _nodes(begin, end)
            total = total + (weight * integrand(x)).sum(axis=1)
    return total


def _nodes(low: Array, high: Array) -> tuple[Array, Array]:
    """Nodes and weights of Gauss and Legendre between two limits (T, NODES)."""
    x, weight = np.polynomial.legendre.leggauss(NODES)
    half = ((high - low) / 2)[:, None]
    return (low + high)[:, None] / 2 + half * x, half * weight
