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
    ends, paces = np.broadcast_arrays(middle + 0.5 - 12.0 * idle, np.maximum(pace, 0.05))
    cells, place = _unlike(ends, paces)
    end, pace = ends.ravel()[cells], paces.ravel()[cells, None]
    means = _before(read, end, 12.0 * np.arange(len(moments.last)) / pace)
    return np.asarray(means[place].reshape(1, *ends.shape, 1, -1))


def _unlike(ends: Array, paces: Array) -> tuple[Array, Array]:
    """One cell of each pair of values, as most cells share theirs with others, and for every cell the number of its pair."""
    kinds, pace = np.unique(paces, return_inverse=True)
    _, end = np.unique(ends, return_inverse=True)
    _, cells, place = np.unique(
        end.ravel() * len(kinds) + pace.ravel(), return_index=True, return_inverse=True
    )
    return cells, place


def _before(read: Callable[[Array], Array], end: Array, span: Array) -> Array:
    """Mean of a schedule over so many months `span` (P, J) before `end` (P,); without a month what holds in the last one."""
    begin = end[:, None] - span
    first = np.floor(begin.min())
    values = read(np.arange(first, np.ceil(end.max())))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    changed = np.flatnonzero(np.diff(values))
    means = np.array(np.broadcast_to(read(end - 0.5)[:, None], begin.shape))
    if len(changed):
        cells = (begin < first + changed[-1] + 1) & (span > 0)  # elsewhere nothing changed over the service
        until, since = (np.interp(one - first, np.arange(len(sums)), sums) for one in (end, begin))
        means[cells] = ((until[:, None] - since) / np.maximum(span, 1.0))[cells]
    return means
