"""What draws say together: quantiles, means, probabilities of events, each with its Monte-Carlo error, and how they settle.

Comes in: figures of all draws, one figure at a time. Goes out: columns of tables. Nothing here knows where draws come from.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spsim.arrays import Array
from spsim.records import record

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
NAMES = tuple(f"p{100 * level:g}".replace(".", "_") for level in LEVELS)
SETTLING = 5  # numbers of draws at which the estimates are shown: all, a half, a quarter ...
FEWEST = 20  # draws below which no estimate is shown on the way


@record(frozen=True)
class Fan:
    """One figure over draws: `draws` (T,) that have it, mean and its error (T,), quantiles (7, T) and their errors (7, T)."""

    draws: Array
    mean: Array
    mean_error: Array
    quantiles: Array
    errors: Array


def fan(values: Array) -> Fan:
    """Quantiles of each column of (N, T). NaN (no such figure in a draw, as a ratio to nothing) is left out.

    Quantile p of n draws: between order statistics, straight (type 7). Its standard error, without any assumption on the distribution:
    half the distance between the order statistics √(n·p·(1−p)) places below and above. Error of the mean: s/√n.
    Source: R. J. Serfling, Approximation theorems of mathematical statistics (1980), 2.6.1.
    """
    ordered = np.sort(values, axis=0)  # NaN goes last
    count = (~np.isnan(values)).sum(axis=0)
    safe = np.maximum(count, 1)
    total = np.nansum(values, axis=0)
    mean = np.where(count > 0, total / safe, np.nan)
    squares = np.nansum((values - mean) ** 2, axis=0)
    spread = np.sqrt(squares / np.maximum(count - 1, 1) / safe)
    found, errors = np.empty((2, len(LEVELS), values.shape[1]))
    for k, level in enumerate(LEVELS):
        found[k] = _at(ordered, level * (safe - 1))
        places = np.sqrt(safe * level * (1 - level))
        below, above = (
            _at(ordered, np.clip(level * (safe - 1) + sign * places, 0, safe - 1)) for sign in (-1, 1)
        )
        errors[k] = (above - below) / 2
    return Fan(count, mean, np.where(count > 1, spread, np.nan), found, np.where(count > 1, errors, np.nan))


def _at(ordered: Array, place: Array) -> Array:
    """Values at places (T,) of ordered columns, straight between neighbours."""
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(ordered) - 1)
    column = np.arange(ordered.shape[1])
    share = place - low
    # a + w(b - a) would make NaN of an infinite neighbour; weights of nothing are left out
    return np.asarray(
        np.where(
            share > 0,
            (1 - share) * ordered[low, column] + share * ordered[high, column],
            ordered[low, column],
        )
    )


@record(frozen=True)
class Event:
    """The year in which something happens first: probability that it does, by year and in all, with errors; NaN in a draw is never.

    `by_year`, `until` (T,) probabilities in each year and up to it, `errors` (T,) of the latter; `quantiles` (7,) of the year among all
    draws, NaN where the quantile is never.
    """

    probability: float
    error: float
    by_year: Array
    until: Array
    errors: Array
    quantiles: Array


def event(years: Array, first: Array) -> Event:
    """Distribution of the first year (N,) over `years` (T,)."""
    draws = len(first)
    by_year = np.array([(first == year).sum() for year in years]) / draws
    until = np.cumsum(by_year)
    ordered = np.sort(first)
    found = [ordered[int(np.ceil(level * draws)) - 1] for level in LEVELS]
    return Event(
        float(until[-1]),
        of_share(float(until[-1]), draws),
        by_year,
        until,
        np.array([of_share(share, draws) for share in until]),
        np.array(found),
    )


def of_share(share: float, draws: int) -> float:
    """Standard error of a probability estimated as a share of draws: √(p(1−p)/n); of 0 and 1 by Wilson's interval of one error."""
    if 0 < share < 1:
        return float(np.sqrt(share * (1 - share) / draws))
    return 1.0 / (draws + 1.0)


def settling(draws: int) -> list[int]:
    """Numbers of draws at which estimates are shown, ending with all."""
    found = [draws >> k for k in range(SETTLING)]
    return sorted({number for number in found if number >= FEWEST} | {draws})


def convergence(values: Array) -> Iterator[tuple[int, Fan]]:
    """Estimates from the first n draws of (N, T), for each n at which they are shown."""
    for number in settling(len(values)):
        yield number, fan(values[:number])
