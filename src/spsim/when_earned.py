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
    begin = end[..., None] - span
    first = np.floor(begin.min())
    months = np.arange(first, np.ceil(end.max()))
    values = read(months)
    means = np.array(
        np.broadcast_to(read(end - 0.5)[..., None], begin.shape)
    )  # where nothing changed over the service
    changed = np.flatnonzero(np.diff(values))
    if len(changed):
        cells = (begin < months[changed[-1]] + 1) & (span > 0)
        sums = np.concatenate([[0.0], np.cumsum(values)])
        upper = np.broadcast_to(end[..., None], begin.shape)[cells] - first
        lower = begin[cells] - first
        whole = np.interp(upper, np.arange(len(sums)), sums) - np.interp(lower, np.arange(len(sums)), sums)
        means[cells] = whole / (upper - lower)
    return np.asarray(means[None, :, :, :, None, :])
