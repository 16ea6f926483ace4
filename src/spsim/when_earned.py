"""Rates that depend on the date on which a year of service was earned, where a projection does not know careers.

Comes in: a schedule by date, the moments of the awards. Goes out: its mean over the years of service of each cell. Called by `dated`.
"""

from __future__ import annotations

from collections.abc import Callable

from spsim.arrays import Array, np
from spsim.grid import Moments


def over_service(read: Callable[[Array], Array], moments: Moments) -> Array:
    """Mean of a schedule over the months in which `j` years of service were earned, over (1, T, sex, age, 1, J).

    They are taken to be the last ones before the event; where contributions ended `idle` years earlier, the last ones before that. Who has
    paid a share `pace` of the months needed j / pace years for them. Read month by month, so that a boundary inside a year is met.
    """
    middle = moments.months.mean(axis=0)[:, None, None]
    idle = np.zeros((1, 1, 1)) if moments.idle is None else moments.idle
    pace = np.ones((1, 1, 1)) if moments.pace is None else moments.pace
    end = middle + 0.5 - 12.0 * idle
    span = 12.0 * np.arange(len(moments.last)) / np.maximum(pace, 0.05)[..., None]
    first = np.floor((end[..., None] - span).min())
    months = np.arange(first, np.ceil(end.max()))
    sums = np.concatenate([[0.0], np.cumsum(read(months + 0.0))]) if len(months) else np.zeros(1)
    upper, lower = (
        np.interp(at, first + np.arange(len(sums)), sums) for at in (end[..., None], end[..., None] - span)
    )
    means = np.divide(
        upper - lower, span, out=np.zeros(np.broadcast_shapes(upper.shape, span.shape)), where=span > 0
    )
    means[..., 0] = read(end - 0.5)
    return np.asarray(means[None, :, :, :, None, :])
