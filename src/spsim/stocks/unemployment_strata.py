"""The cells of unemployment insurance (sex, age band, earnings class) and its months."""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.economy import EconomicPaths
from spsim.grid import Grid, Moments
from spsim.records import record


@record(frozen=True)
class Strata:
    """Sex × age band × earnings class, in this order: `edges` ages at which bands begin and end, `persons` (T, 2, A) insured by year."""

    ages: Array
    edges: Array
    class_shares: Array

    @property
    def middles(self) -> Array:
        """Exact age in the middle of each band."""
        return (self.edges[:-1] + self.edges[1:]) / 2.0

    @property
    def bands(self) -> int:
        """Number of age bands."""
        return len(self.edges) - 1

    def gather(self, by_age: Array) -> Array:
        """Sums over the ages of each band: (T, 2, A, ...) to (T, 2, bands, ...)."""
        starts = np.searchsorted(self.ages, self.edges[:-1])
        return np.add.reduceat(by_age, starts, axis=2)

    def flat(self, by_band: Array) -> Array:
        """(T, 2, bands) persons split over classes, or (T, 2, bands, K) as it is, to (T, H)."""
        full = by_band[..., None] * self.class_shares if by_band.ndim == 3 else by_band
        return np.asarray(full.reshape(len(full), -1))

    def unflat(self, by_stratum: Array) -> Array:
        """(T, H) to (T, 2, bands, K)."""
        return by_stratum.reshape(len(by_stratum), 2, self.bands, len(self.class_shares))


def monthly(yearly: Array, grid: Grid, months: Array) -> Array:
    """Values on 1 July (T, ...) carried to month numbers by straight lines; held before the first and after the last July."""
    july = 12.0 * grid.years + 6
    place = np.clip((months + 0.5 - july[0]) / 12.0, 0.0, len(july) - 1.0)
    low = np.minimum(place.astype(int), len(july) - 2)
    weight = (place - low).reshape(-1, *(1,) * (yearly.ndim - 1))
    return np.asarray(yearly[low] * (1 - weight) + yearly[low + 1] * weight)


def claim_moments(
    months: Array, last: Array, last_key: str, paths: EconomicPaths, scheme_start: float = 0.0
) -> Moments:
    """One moment for each month, with record months or months of a claim on the last axis."""
    return Moments(
        months[None, :].astype(float), np.zeros(1), last, last_key, 0.0, scheme_start, paths.references
    )
