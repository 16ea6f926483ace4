"""Cohort component: next year's people are this year's survivors, their children and those who moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

# The arrays are annotated as Any: numba knows their types, and the callers in `population` are typed.


def _project_population(
    base: Any,
    survival: Any,
    survival_open: Any,
    fertility: Any,
    sex_ratio: Any,
    migration: Any,
    share_at_start: float,
    step_years: float,
    persons: Any,
    births: Any,
    deaths: Any,
) -> None:
    """Project N populations over T steps; fills ``persons``, ``births`` and ``deaths`` in place.

    With P persons, M migrants, a = share_at_start, w = step_years, S survival into an age, S' within the open
    group::

        P(x+1, t+1) = (P(x, t) + a M(x)) S(x+1) + (1 - a) M(x+1)
        P(A, t+1)   = (P(A-1, t) + a M(A-1)) S(A) + (P(A, t) + a M(A)) S' + (1 - a) M(A)
        B           = w sum_x f(x) [P(x, t) + a M(x) + P(x, t+1)] / 2          (women)
        P(0, t+1)   = B_sex S(0) + (1 - a) M(0)

    base (N, 2, A) persons; survival (N, T, 2, A): into age group x during the step, entry 0 from birth, entry
    A-1
    from A-2 into the open group; survival_open (N, T, 2); fertility (N, T, A) births per woman and year;
    sex_ratio (N, T) boys per girl; migration (N, T, 2, A) persons of the step.
    Out: persons (N, T+1, 2, A); births (N, T, 2); deaths (N, T, 2, A) by the age group they would have
    reached.
    Source: Preston, Heuveline and Guillot, Demography (2001), ch. 6, box 6.2.
    """
    draws, steps, ages = fertility.shape
    share_at_end = 1.0 - share_at_start
    for n in range(draws):
        for s in range(2):
            for x in range(ages):
                persons[n, 0, s, x] = base[n, s, x]
        for t in range(steps):
            for s in range(2):
                now = persons[n, t, s]
                moved = migration[n, t, s]
                older = persons[n, t + 1, s, 1:]
                surviving = survival[n, t, s, 1:]
                arriving = moved[1:]
                dying = deaths[n, t, s, 1:]
                for x in range(ages - 1):
                    exposed = now[x] + share_at_start * moved[x]
                    alive = exposed * surviving[x]
                    older[x] = alive + share_at_end * arriving[x]
                    dying[x] = exposed - alive
                exposed = now[ages - 1] + share_at_start * moved[ages - 1]
                alive = exposed * survival_open[n, t, s]
                persons[n, t + 1, s, ages - 1] += alive
                deaths[n, t, s, ages - 1] += exposed - alive
            # Age 0 bears no children, so the newborn of this step need not be known yet.
            women = persons[n, t, 1]
            moved = migration[n, t, 1]
            older = persons[n, t + 1, 1]
            rates = fertility[n, t]
            total = 0.0
            for x in range(1, ages):
                total += rates[x] * (women[x] + share_at_start * moved[x] + older[x])
            total *= 0.5 * step_years
            births[n, t, 0] = total * sex_ratio[n, t] / (1.0 + sex_ratio[n, t])
            births[n, t, 1] = total - births[n, t, 0]
            for s in range(2):
                alive = births[n, t, s] * survival[n, t, s, 0]
                persons[n, t + 1, s, 0] = alive + share_at_end * migration[n, t, s, 0]
                deaths[n, t, s, 0] = births[n, t, s] - alive


project_population: Callable[..., None] = njit(cache=True, nogil=True)(_project_population)
