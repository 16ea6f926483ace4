"""Employment services among claimants: who takes part, what it does to the chance of finding work, what it costs.

Comes in: programmes and the claimants' chances of finding work. Goes out: the mean chance of all claimants for the kernel; and, from the
claimants that the kernel finds, those who take part and the money of each month. Called by `stocks.unemployment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from spsim.arrays import Array
from spsim.records import record
from spsim.rules.programmes import Course, UnitCosts


@record(frozen=True)
class Participation:
    """One programme among the claimants by month of claim (..., M, H): of all, those who begin and those inside; of the finders, those who
    take part."""

    begins: Array
    inside: Array
    finders: Array


@record(frozen=True)
class ProgrammePath:
    """One programme by calendar month (M,): persons who begin (jobs supported), cost; benefits of the scheme by year (T,) without it less
    those with it."""

    participants: Array
    cost: Array
    saved: Array


def mixed_chance(chance: Array, courses: Sequence[Course]) -> tuple[Array, list[Participation]]:
    """Chance of finding work (..., M, H) of all claimants together, when some take part in programmes, and who they are.

    `chance` (..., M, H) is that of one who takes part in none; M months of claim, H strata. Each claimant takes part in each programme or
    not, independently: a type. A type finds work with chance · Π factors, at most 1, and those who find it sooner are fewer later on:

        S(τ, m+1) = S(τ, m)·(1 − f(τ, m)),    f(m) = Σ p(τ)·S(τ, m)·f(τ, m) / Σ p(τ)·S(τ, m)

    Exact while chances and take-up stay the same; a change is read by running claims as though it had always held.
    """
    types = list(product((0, 1), repeat=len(courses)))
    weights, chances = [], []
    for kind in types:
        share, factor = 1.0, np.ones(chance.shape[-2])
        for takes_part, course in zip(kind, courses, strict=True):
            share *= course.take_up if takes_part else 1.0 - course.take_up
            factor = factor * course.factor if takes_part else factor
        found = np.minimum(chance * factor[:, None], 1.0)
        stay = np.cumprod(1.0 - found, axis=-2)
        weights.append(share * np.concatenate([np.ones_like(stay[..., :1, :]), stay[..., :-1, :]], axis=-2))
        chances.append(found)
    weight, found = np.stack(weights), np.stack(chances)
    everyone = np.maximum(weight.sum(axis=0), 1e-300)
    mean = (weight * found).sum(axis=0) / everyone
    parts = []
    for number, course in enumerate(courses):
        member = np.array([kind[number] for kind in types], dtype=float).reshape(-1, *(1,) * chance.ndim)
        share = (member * weight).sum(axis=0) / everyone
        finders = (member * weight * found).sum(axis=0) / everyone
        of_finders = np.divide(finders, mean, out=np.zeros_like(mean), where=mean > 0)
        begins, inside = (share * path[:, None] for path in (course.begins, course.inside))
        parts.append(Participation(begins, inside, of_finders * (np.cumsum(course.begins) > 0)[:, None]))
    return mean, parts


def taking_part(claimants: Array, share: Array) -> Array:
    """Persons (T,) of a share (K, M, H) of claimants, or of those who find work, (T, K, M, H)."""
    return np.asarray(np.einsum("tkmh,kmh->t", claimants, share))


def jobs_supported(separations: Array, prevented: Array, of_this: Array, additional: float) -> Array:
    """Jobs supported (T, H) by one programme of short-time work: the separations it prevents over the share that would have been lost.

    `separations` (T, H) that happened, `prevented` (T,) the share of all that all programmes prevent, `of_this` (T,) by this one.
    """
    left = np.maximum(1.0 - prevented, 1e-12)[:, None]
    return np.asarray(separations / left * of_this[:, None] / additional)


def cost(unit: UnitCosts, begun: Array, inside: Array, hired: Array, jobs: Array, wages: Array) -> Array:
    """Cost by calendar month (T,): persons by unit cost; jobs (T, H) also by the contributory wages (T, H)."""
    by_wage = unit.wage_months_of_job * (jobs * wages).sum(axis=-1)
    heads = unit.of_beginning * begun + unit.of_month * inside + unit.of_hire * hired
    return np.asarray(heads + unit.of_job * jobs.sum(axis=-1) + by_wage)
