"""Graduation: from five-year groups to single ages, smooth, never negative, every group total kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spsim.data.life_table import LAST_AGE, life_table_from_rates

Array = NDArray[np.float64]
Bounds = Sequence[tuple[int, int]]
"""First age of a group and the first age after it."""

LEAST_RATE = 1e-7
"""Stands for a death rate of zero, whose logarithm does not exist; one death in ten million person-years."""


def bounds_of(ages: Sequence[int], end: int) -> Bounds:
    """Groups that start at ``ages``; the last one is open, up to ``end``."""
    return list(zip(ages, [*ages[1:], end]))


@lru_cache(maxsize=16)
def smooth_mean(bounds: tuple[tuple[int, int], ...], size: int) -> Array:
    """Operator (size, groups): the smoothest single-age curve whose plain mean over each group is given.

    Smoothest: least sum of squared second differences.  Source: Boneva, Kendall and Stefanov (1971).
    """
    means = group_matrix(bounds, np.ones((1, size)))[0]
    means /= means.sum(1, keepdims=True)
    groups = len(bounds)
    right = np.vstack([np.zeros((size, groups)), np.eye(groups)])
    operator: Array = np.linalg.solve(_saddle(_roughness(size), means), right)[:size].astype(np.float64)
    operator.flags.writeable = False  # it is shared by all who ask
    return operator


def graduate_mortality(rates: Array, ages: Sequence[int], rounds: int = 40) -> Array:
    """Single-age central death rates (..., 2, LAST_AGE) of group rates (..., 2, groups) at ``ages`` 0, 1, 5,
    10 ... or single.

    Age 0 stands apart. Above it the logarithm is smooth, and is shifted group by group until the group's
    rate, weighted
    by the life table's own person-years, is the given one. Beyond the open age the logarithm runs on
    straight, at the
    level that gives the open group its rate.
    """
    bounds = bounds_of(ages, LAST_AGE)
    operator = smooth_mean(_pinned(bounds), LAST_AGE - 1)
    target = np.log(np.maximum(rates, LEAST_RATE))
    shifted = target[..., 1:].copy()
    for _ in range(rounds):
        log_rates = np.concatenate([target[..., :1], shifted @ operator.T], axis=-1)
        single: Array = np.exp(np.minimum(log_rates, 1.5))
        miss = target[..., 1:] - np.log(_group_rates(single, bounds[1:]))
        if np.abs(miss).max() < 1e-9:
            break
        shifted += miss
    return single


def _pinned(bounds: Bounds) -> tuple[tuple[int, int], ...]:
    """Ages above 0 (counted from 1) whose mean each group's rate pins; in the open group only where most of
    it live."""
    *closed, (low, _) = bounds[1:]
    many_live_to = low + 4 + max(0, 100 - low) // 2
    return tuple((first - 1, after - 1) for first, after in [*closed, (low, many_live_to)])


def _group_rates(single: Array, bounds: Bounds) -> Array:
    """Death rate of each group in the stationary population; single (..., 2, ages) -> (..., 2, groups)."""
    lived = np.stack([life_table_from_rates(single[..., s, :], s).person_years for s in (0, 1)], axis=-2)
    starts = [low for low, _ in bounds]
    deaths: Array = np.add.reduceat(single * lived, starts, axis=-1)
    return deaths / np.maximum(np.add.reduceat(lived, starts, axis=-1), 1e-300)


def graduate_totals(totals: Array, bounds: Bounds, weights: Array, falls_to_zero: bool = False) -> Array:
    """Single-age values (rows, ages) >= 0 of group totals (rows, groups); value = weight x smooth curve.

    weights (rows, ages): the known shape, e.g. person-years of the life table. Where the smooth curve would
    fall below
    zero it is held at zero and the rest solved again. falls_to_zero: the curve runs smoothly into zero at
    both ends
    (births by age of mother).
    """
    size = weights.shape[1]
    roughness = _roughness(size, falls_to_zero)
    matrices = group_matrix(bounds, weights)
    curves = [_not_negative(roughness, matrix, row) for matrix, row in zip(matrices, totals)]
    values = np.array(curves) * weights
    return values * _spread(totals, values, bounds, size)


def group_matrix(bounds: Bounds, weights: Array) -> Array:
    """(rows, groups, ages): the weights of each row inside each group, zero outside."""
    ages = np.arange(weights.shape[1])
    inside = np.array([(ages >= low) & (ages < high) for low, high in bounds])
    return inside * weights[:, None, :]


def _not_negative(roughness: Array, matrix: Array, total: Array, rounds: int = 15) -> Array:
    """Smoothest curve with ``matrix @ curve = total``, cells below zero pressed to zero until none is
    left."""
    size, pressed = roughness.shape[0], np.zeros(roughness.shape[0])
    right = np.concatenate([np.zeros(size), total])
    curve = right[:size]
    for _ in range(rounds):
        curve = np.linalg.solve(_saddle(roughness + np.diag(pressed), matrix), right)[:size]
        if (curve >= -1e-12 * np.abs(curve).max()).all():
            break
        pressed[curve < 0] = 1e4
    positive: Array = np.maximum(curve, 0)
    return positive


def _spread(totals: Array, values: Array, bounds: Bounds, size: int) -> Array:
    """Factor by age that gives each group its exact total again; (rows, size)."""
    inside = group_matrix(bounds, np.ones((1, size)))[0]
    sums = values @ inside.T
    factors: Array = np.where(sums > 0, totals / np.where(sums > 0, sums, 1), 0) @ inside
    return factors


def _roughness(size: int, falls_to_zero: bool = False) -> Array:
    """D'D of second differences; with falls_to_zero the curve is continued by zeros on both sides."""
    beyond = 2 if falls_to_zero else 0
    differences = np.diff(np.eye(size + 2 * beyond), 2, axis=0)[:, beyond : beyond + size]
    roughness: Array = differences.T @ differences + 1e-10 * np.eye(size)
    return roughness


def _saddle(roughness: Array, constraints: Array) -> Array:
    """Matrix of the first-order conditions of: least roughness under linear constraints."""
    groups = constraints.shape[0]
    matrix: Array = np.block([[roughness, constraints.T], [constraints, np.zeros((groups, groups))]])
    return matrix
