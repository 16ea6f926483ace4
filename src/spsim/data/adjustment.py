"""Another future than the tables': death rates, fertility and migration times a factor, years of life expectancy added.

Comes in: the demography of the tables and factors by step (from the block `population.adjust`). Goes out: the changed demography. The
past is as in the tables: what closes at the first mid-year of the projection is never changed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spsim.data.demography import Demography
from spsim.data.life_table import life_table_from_rates
from spsim.records import record

Array = NDArray[np.float64]

STRONGEST = 12.0  # factors between exp(-12) and exp(12) are tried for a life expectancy
HALVINGS = 60
NEAR_YEARS = 1e-6


@record(frozen=True)
class DemographicFactors:
    """Factors by year of projection (T years; entry t is of the step that closes at mid-year t, entry 0 is not read).

    mortality (T, 2, 130) times the death rates; fertility (T,) times births per woman; migration (T,) times net migrants;
    life_expectancy (T, 2): years added to the expectation of life at birth that the death rates so far give.
    """

    mortality: Array
    fertility: Array
    migration: Array
    life_expectancy: Array


def adjusted(demography: Demography, factors: DemographicFactors) -> Demography:
    """The demography with the factors of every step. Raises ValueError for a life expectancy that no factor reaches."""
    fertility = demography.fertility * factors.fertility[1:, None]
    migration = demography.migration * factors.migration[1:, None, None]
    changed = replace(
        demography, fertility=fertility, migration=migration, fertility_before=demography.fertility[0]
    )
    mortality = demography.mortality.copy()
    mortality[1:] *= factors.mortality[1:]
    more = factors.life_expectancy
    if more[1:].any():
        mortality[1:] *= longer_lives(mortality[1:], more[1:])[..., None]
    return changed if np.array_equal(mortality, demography.mortality) else changed.with_mortality(mortality)


def longer_lives(mortality: Array, more: Array) -> Array:
    """Factor k (T, 2) on all death rates (T, 2, 130) so that e0(k m) = e0(m) + `more` (T, 2), found by halving an interval of ln k.

    Raises ValueError when the years asked for lie outside what any factor gives.
    """
    target = expectation_at_birth(mortality) + more
    low, high = np.full(more.shape, -STRONGEST), np.full(more.shape, STRONGEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        lives_too_long = expectation_at_birth(mortality * np.exp(middle)[..., None]) > target
        low, high = np.where(lives_too_long, middle, low), np.where(lives_too_long, high, middle)
    factor = np.where(more == 0.0, 1.0, np.exp((low + high) / 2))
    missed = np.abs(expectation_at_birth(mortality * factor[..., None]) - target)
    if missed.max() > NEAR_YEARS:
        raise ValueError(
            f"no factor on the death rates changes the life expectancy by {more.flat[missed.argmax()]:g} years"
        )
    return factor


def expectation_at_birth(mortality: Array) -> Array:
    """e0 (T, 2) of the death rates of each step (T, 2, 130)."""
    return np.stack([life_table_from_rates(mortality[:, sex], sex).e[:, 0] for sex in (0, 1)], axis=-1)
