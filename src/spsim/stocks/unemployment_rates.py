"""Monthly chances of unemployment insurance by stratum, and how the kernel wants them: rows, pages by gap, whole cache lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spsim.kernels import unemployment as kernel
from spsim.stocks.unemployment_groups import ClaimRule, Floats

Number = TypeVar("Number", np.float64, np.int64)

LANES = 8  # strata are padded to a multiple of this many float64, a cache line


@dataclass(frozen=True)
class SpellRates:
    """Monthly chances and shares by stratum; each broadcasts to (N, T, H).

    separation         insured persons who lose or leave their job at the end of the month
    covered            share of separations for a cause that the law covers
    take_up            share of the entitled who claim
    exits              death, retirement, withdrawal from the labour force
    finding_claimants  (D, H) chance of finding work in month d = 1..D since separation, the last row open; or
                       (K, D, H) by group of claims too
    finding_outside    (D, H) the same for those without benefit; the last row, or that of month
                       window - required + 1, holds from then on
    finding_multiplier on both: crisis paths; the product is held at 1
    insured_share      share of jobs found that are insured
    reentry_share      share of places still open that go to persons from outside; the rest to new entrants
    reentry_limit      largest share of those outside who can be drawn so in a month
    ageing             share that moves to the next age band
    next_stratum       (H,) index of the next age band, -1: ageing leads out of the model. All steps must be
                       equal, as they are in the order (sex, age band, class) or (age band, sex, class)
    other_causes       (covered, take_up) of each further cause of separation
    ending             (D,) share of claims ended in month d for another reason, the last one open
    """

    separation: ArrayLike
    covered: ArrayLike
    take_up: ArrayLike
    exits: ArrayLike
    finding_claimants: ArrayLike
    finding_outside: ArrayLike
    insured_share: ArrayLike
    finding_multiplier: ArrayLike = 1.0
    reentry_share: ArrayLike = 0.0
    reentry_limit: ArrayLike = 1.0
    ageing: ArrayLike = 0.0
    next_stratum: ArrayLike | None = None
    other_causes: tuple[tuple[ArrayLike, ArrayLike], ...] = ()
    ending: ArrayLike = field(default_factory=lambda: np.zeros(1))

    def first_month(self) -> SpellRates:
        """The rates of the first month, for every month."""
        return self._cut(_first_month)

    def arrays(self) -> list[Floats]:
        """All of them, in order."""
        values = [getattr(self, name) for name in _MONTHLY]
        values += [self.finding_claimants, self.finding_outside, self.ending]
        values += [value for pair in self.other_causes for value in pair]
        values += [] if self.next_stratum is None else [self.next_stratum]
        return [np.asarray(value, dtype=np.float64) for value in values]

    def between(self, start: int, end: int) -> SpellRates:
        """The rates of months start .. end - 1."""
        return self._cut(lambda value: _months_of(value, start, end))

    def of_draw(self, draw: int) -> SpellRates:
        """The rates of one of several draws."""

        def one(value: ArrayLike) -> ArrayLike:
            array = np.asarray(value, dtype=np.float64)
            return array[draw : draw + 1] if array.ndim == 3 and len(array) > 1 else array

        return self._cut(one)

    def _cut(self, part: Callable[[ArrayLike], ArrayLike]) -> SpellRates:
        changes: dict[str, Any] = {name: part(getattr(self, name)) for name in _MONTHLY}
        others = tuple((part(covered), part(take_up)) for covered, take_up in self.other_causes)
        return replace(self, **changes, other_causes=others)


_ROWS = {
    "separation": kernel.SEPARATION, "covered": kernel.COVERED, "take_up": kernel.TAKE_UP,
    "exits": kernel.EXIT, "ageing": kernel.AGEING, "insured_share": kernel.INSURED,
    "finding_multiplier": kernel.FINDING, "reentry_share": kernel.REENTRY,
    "reentry_limit": kernel.REENTRY_LIMIT,
}  # fmt: skip
_MONTHLY = tuple(_ROWS)


def _first_month(value: ArrayLike) -> ArrayLike:
    """A (N, T, H) array at its first month; what has no months stays as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array[..., :1, :] if array.ndim >= 2 else array


def _months_of(value: ArrayLike, start: int, end: int) -> ArrayLike:
    """A (N, T, H) or (T, H) array cut to some months; what has one month or none stays as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array[..., start:end, :] if array.ndim >= 2 and array.shape[-2] > 1 else array


def packed(rates: SpellRates, path: Floats) -> tuple[Floats, int]:
    """All monthly rates in one array (N or 1, T, 8 + 2 for each cause, H), and the step from one age band to the next."""
    given = {name: np.asarray(getattr(rates, name), dtype=np.float64) for name in _MONTHLY}
    months, strata = path.shape[1] - 1, path.shape[2]
    others = [np.asarray(share, dtype=np.float64) for cause in rates.other_causes for share in cause]
    every = [*(array.shape for array in given.values()), *(array.shape for array in others)]
    shape = np.broadcast_shapes((path.shape[0], months, strata), *every)
    if shape[1:] != (months, strata):
        raise ValueError(f"rates broadcast to {shape}; expected (draws, {months}, {strata})")
    found = np.empty((shape[0], months, kernel.RATES + len(others), strata))
    for name, array in given.items():
        require_chances(name, array, np.inf if name == "finding_multiplier" else 1.0)
        found[:, :, _ROWS[name]] = array
    for number, array in enumerate(others):
        require_chances("other_causes", array, 1.0)
        found[:, :, kernel.RATES + number] = array
    if (sum([given["covered"], *others[::2]], np.zeros(1)) > 1.0 + 1e-12).any():
        raise ValueError("the shares of all causes of separation add to more than 1")
    if not (np.isfinite(path) & (path >= 0.0)).all():
        raise ValueError("insured must be finite and not below 0")
    found[:, :, kernel.TARGET] = path[:, 1:]
    step, out = age_step(rates.next_stratum, strata)
    ageing, exits = found[:, :, kernel.AGEING], found[:, :, kernel.EXIT]
    exits[..., out] = 1.0 - (1.0 - exits[..., out]) * (1.0 - ageing[..., out])
    ageing[..., out] = 0.0
    return found, step


def require_chances(name: str, array: Floats, high: float) -> None:
    """Raise ValueError where a chance or factor is below 0, above `high` or no number."""
    if not ((array >= 0.0) & (array <= high)).all():
        span = f"{array.min():.6g}..{array.max():.6g}"
        raise ValueError(f"{name} must lie between 0 and {high:g}; it spans {span}")


def age_step(next_stratum: ArrayLike | None, strata: int) -> tuple[int, NDArray[np.bool_]]:
    """The step from a stratum to its next age band, and the strata that age out of the model."""
    if next_stratum is None:
        return 0, np.ones(strata, dtype=np.bool_)
    following = np.asarray(next_stratum, dtype=np.int64)
    if following.shape != (strata,):
        raise ValueError(f"next_stratum has shape {following.shape}; expected ({strata},)")
    out = following < 0
    steps = np.unique((following - np.arange(strata))[~out])
    if steps.size > 1 or (steps.size and not 0 < steps[0] < strata) or (following >= strata).any():
        raise ValueError(
            f"next_stratum must lead equally far ahead from every stratum, or be -1; steps are {steps}"
        )
    return (int(steps[0]) if steps.size else 0), out


def by_duration(chance: ArrayLike, months: int, strata: int) -> Floats:
    """(D, H) by month since separation, the last row open, to (months, H)."""
    rows = np.asarray(chance, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] not in {1, strata} or not ((rows >= 0.0) & (rows <= 1.0)).all():
        raise ValueError(
            f"chances of finding work must be ({strata} strata) between 0 and 1; shape {rows.shape}"
        )
    kept = rows[np.minimum(np.arange(months), rows.shape[0] - 1)]
    return np.array(np.broadcast_to(kept, (months, strata)))


def by_group(chance: ArrayLike, groups: int, months: int, strata: int) -> Floats:
    """(D, H) or (K, D, H) by month since separation, the last row open, to (K, months, H)."""
    rows = np.asarray(chance, dtype=np.float64)
    if rows.ndim == 2:
        return np.repeat(by_duration(rows, months, strata)[None], groups, axis=0)
    if rows.ndim != 3 or len(rows) != groups:
        raise ValueError(
            f"chances of finding work have shape {rows.shape}; expected ({groups}, months, strata)"
        )
    found = [by_duration(one, months, strata) for one in rows]
    return np.array(found).reshape(groups, months, strata)


def ending_by_month(chance: ArrayLike, months: int) -> Floats:
    """Share of claims ended by month of claim (M,), the last row given open."""
    rows = np.atleast_1d(np.asarray(chance, dtype=np.float64))
    require_chances("ending", rows, 1.0)
    return rows[np.minimum(np.arange(months), rows.size - 1)]


def by_stratum(array: NDArray[Any], strata: int) -> NDArray[Any]:
    """(K, H or 1) for every stratum."""
    return np.array(np.broadcast_to(array, (len(array), strata)))


def finding_by_gap(rule: ClaimRule, chance: ArrayLike, pages: int, strata: int) -> tuple[Floats, int]:
    """Chances by page of those outside (G+U, H), and the number G of pages by gap.

    There is a page for each month up to the longest gap that keeps the record, and for each in which the chance still
    changes. Who must requalify has pages of their own only for the latter: from then on they and those whose gap is too
    long live alike; where any gap is too long there is no difference at all.
    """
    given = np.asarray(chance, dtype=np.float64)
    rows = by_duration(chance, max(rule.lapse + 1, len(given)), strata)
    changing = int(np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)).max(initial=-1)) + 1
    gaps = max(rule.lapse, changing) + 1
    apart = min(changing, gaps) if rule.pages > 1 and rule.lapse > 0 else 0
    apart = max(apart, pages - gaps if pages > gaps else 0)
    rows = rows[np.minimum(np.arange(gaps + apart), len(rows) - 1)]
    return np.concatenate([rows[:gaps], rows[:apart]]), gaps


def fitted_pages(outside: Floats, by_gap: int, gaps: int, pages: int) -> Floats:
    """Those outside on `pages` pages, of which `gaps` are by gap; a state of a first day has `by_gap` pages, all by gap."""
    held = outside.shape[2]
    if held == by_gap < gaps:
        outside = np.pad(outside, [(0, 0), (0, 0), (0, gaps - by_gap), (0, 0)])
    return np.pad(outside, [(0, 0), (0, 0), (0, pages - outside.shape[2]), (0, 0)])


def padded(array: NDArray[Number]) -> NDArray[Number]:
    """Empty strata up to a whole number of cache lines."""
    extra = -array.shape[-1] % LANES
    return np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, extra)]) if extra else array
