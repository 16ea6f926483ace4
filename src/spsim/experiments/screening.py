"""Which inputs matter when all move at once: Morris screening and Sobol indices, with their errors.

Comes in: a model that reads figures at points, the inputs' bounds, a seed. Goes out: measures of importance with 95 % intervals by
bootstrap. Called by `spsim sensitivity --method`.

Sources: Morris, Factorial sampling plans for preliminary computational experiments, Technometrics 33 (1991); Campolongo, Cariboni and
Saltelli, Environmental Modelling & Software 22 (2007) for mu*; Saltelli et al., Computer Physics Communications 181 (2010), table 2: first
order (b), total order (f, Jansen).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spsim.arrays import Array
from spsim.records import record

Model = Callable[[Array], Array]
"""Figures (n, F) at points (n, k) of the unit cube."""
LEVELS = 4
RESAMPLES = 1000
ENDS = (2.5, 97.5)


@record(frozen=True)
class Effects:
    """Morris: of each figure and input (F, k) the mean effect of the whole range, the mean size of it, its spread, and the interval
    (F, k, 2) of the mean size."""

    mean: Array
    size: Array
    spread: Array
    interval: Array


@record(frozen=True)
class Indices:
    """Sobol: of each figure and input (F, k) the share of variance of the input alone and with all its interactions, intervals
    (F, k, 2), and the variance (F,)."""

    first: Array
    total: Array
    first_interval: Array
    total_interval: Array
    variance: Array


def morris(model: Model, inputs: int, trajectories: int, seed: int) -> Effects:
    """Elementary effects along so many random trajectories of one step for each input."""
    generator = np.random.default_rng(seed)
    paths = np.stack([trajectory(inputs, generator) for _ in range(trajectories)])
    values = model(paths.reshape(-1, inputs))
    figures = values.shape[1]
    steps = np.diff(paths, axis=1)
    changes = np.diff(values.reshape(trajectories, inputs + 1, figures), axis=1)
    moved = np.abs(steps).argmax(axis=2)  # the input of each step
    effects = np.empty((trajectories, inputs, figures))
    for number in range(trajectories):
        step = steps[number, np.arange(inputs), moved[number]]
        effects[number, moved[number]] = changes[number] / step[:, None]
    sizes = np.abs(effects)
    interval = bootstrap(lambda rows: sizes[rows].mean(axis=0), trajectories, generator)
    spread = effects.std(axis=0, ddof=1) if trajectories > 1 else np.full(effects.shape[1:], np.nan)
    return Effects(
        effects.mean(axis=0).T, sizes.mean(axis=0).T, spread.T, np.moveaxis(interval, 0, -1).swapaxes(0, 1)
    )


def trajectory(inputs: int, generator: np.random.Generator) -> Array:
    """A random walk (k + 1, k) on four levels of the unit cube: each input moves once, by two thirds up or down."""
    delta = LEVELS / (2.0 * (LEVELS - 1))
    grid = np.arange(LEVELS) / (LEVELS - 1)
    low = generator.choice(grid[grid + delta <= 1.0 + 1e-12], size=inputs)
    up = generator.integers(0, 2, size=inputs).astype(bool)
    point = np.where(up, low, low + delta)
    path = [point.copy()]
    for number in generator.permutation(inputs):
        point[number] += delta if up[number] else -delta
        path.append(point.copy())
    return np.clip(np.array(path), 0.0, 1.0)


def sobol(model: Model, inputs: int, power: int, seed: int) -> Indices:
    """First-order and total indices from 2^power points: (inputs + 2) · 2^power runs of the model."""
    from scipy.stats import qmc

    both = qmc.Sobol(2 * inputs, scramble=True, seed=seed).random_base2(power)
    one, other = both[:, :inputs], both[:, inputs:]
    mixed = [np.where(np.arange(inputs) == number, other, one) for number in range(inputs)]
    values = model(np.concatenate([one, other, *mixed]))
    rows = len(one)
    at_one, at_other = values[:rows], values[rows : 2 * rows]
    at_mixed = values[2 * rows :].reshape(inputs, rows, -1)
    first, total, variance = indices(at_one, at_other, at_mixed)
    generator = np.random.default_rng(seed)
    resampled = bootstrap(
        lambda chosen: np.stack(indices(at_one[chosen], at_other[chosen], at_mixed[:, chosen])[:2]),
        rows,
        generator,
    )
    ends = np.moveaxis(resampled, 0, -1)
    return Indices(first, total, ends[0], ends[1], variance)


def indices(at_one: Array, at_other: Array, at_mixed: Array) -> tuple[Array, Array, Array]:
    """First-order and total indices (F, k) and variance (F,) from values (n, F), (n, F), (k, n, F); NaN where nothing varies.

    S_i = E[f_B (f_ABi − f_A)] / V, ST_i = E[(f_A − f_ABi)²] / 2V, with the mean taken off first.
    """
    both = np.concatenate([at_one, at_other])
    centre, variance = both.mean(axis=0), both.var(axis=0)
    scale = np.where(variance > 0, variance, np.nan)
    first = ((at_other - centre) * (at_mixed - at_one)).mean(axis=1) / scale
    total = ((at_one - at_mixed) ** 2).mean(axis=1) / (2.0 * scale)
    return first.T, total.T, variance


def bootstrap(statistic: Callable[[Array], Array], count: int, generator: np.random.Generator) -> Array:
    """Ends of the 95 % interval (2, ...) of a statistic of rows, drawn again with replacement."""
    drawn = [statistic(generator.integers(0, count, size=count)) for _ in range(RESAMPLES)]
    return np.asarray(np.percentile(np.array(drawn), ENDS, axis=0))
