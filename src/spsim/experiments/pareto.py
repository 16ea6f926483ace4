"""Designs that no other design beats: the Pareto front.

Comes in: objectives of designs. Goes out: which are on the front. Called by `search`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spsim.arrays import Array


def front(objectives: Array) -> NDArray[np.bool_]:
    """Which rows (n, k) no other row beats: as good in every objective and better in one; all are to be small. Equal rows stay together.

    A row with NaN is never on the front.
    Rows are looked at in the order of their objectives, so that whoever beats a row comes before it.
    Source: Kung, Luccio and Preparata, Journal of the ACM 22 (1975), for the order that makes one pass enough.
    """
    on_front = np.zeros(len(objectives), dtype=bool)
    usable = np.flatnonzero(~np.isnan(objectives).any(axis=1))
    order = usable[np.lexsort(objectives[usable].T[::-1])]  # by the first objective, then the second ...
    kept = np.empty((len(order), objectives.shape[1]))
    count = 0
    for row in order:
        point = objectives[row]
        as_good = (kept[:count] <= point).all(axis=1)
        if not (as_good & (kept[:count] < point).any(axis=1)).any():
            on_front[row] = True
            kept[count] = point
            count += 1
    return on_front
