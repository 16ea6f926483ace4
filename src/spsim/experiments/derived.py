"""Figures of a design beside the indicators of the tables: who is covered, and the gap between women and men.

Comes in: the arrays of a run. Goes out: indicators, named like the others. Called by `measures`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spsim.arrays import Array
from spsim.grid import FEMALE, MALE
from spsim.indicators import Indicator, ratio
from spsim.outcome import Outcome

OLD = 65
WORKING = slice(15, 65)


def derived(outcome: Outcome, scheme: str) -> Iterator[Indicator]:
    """Figures of one scheme; none where the scenario has no population."""
    if outcome.population is None:
        return
    people = outcome.population.persons
    contributors = outcome.money[scheme].contributors
    if contributors.any():
        yield Indicator(
            "coverage_of_working_age", "share", ratio(contributors, people[:, :, WORKING].sum(axis=(1, 2)))
        )
        if outcome.labour is not None:
            yield Indicator(
                "coverage_of_employed", "share", ratio(contributors, outcome.labour.employed.sum(axis=(1, 2)))
            )
    persons, amount = paid(outcome, scheme)
    if persons.any():
        old = people[:, :, OLD:].sum(axis=(1, 2))
        yield Indicator("coverage_of_older", "share", ratio(persons[:, :, OLD:].sum(axis=(1, 2)), old))
        yield Indicator("gender_gap_in_pensions", "share", gender_gap(persons, amount))


def paid(outcome: Outcome, scheme: str) -> tuple[Array, Array]:
    """Persons with a pension of the scheme and their yearly amounts, (T, 2, 101); nobody for unemployment insurance."""
    assert outcome.population is not None
    shape = outcome.population.persons.shape
    if scheme in outcome.social:
        recipients = outcome.social[scheme]
        return recipients.persons, recipients.amount
    pensions = outcome.pensions[scheme].pensions.values() if scheme in outcome.pensions else ()
    nobody = np.zeros(shape)
    return sum((one.persons for one in pensions), nobody), sum((one.amount for one in pensions), nobody)


def gender_gap(persons: Array, amount: Array) -> Array:
    """1 − average pension of women / average pension of men (T,), of cells (T, 2, A)."""
    averages = ratio(amount.sum(axis=-1), persons.sum(axis=-1))
    return 1.0 - ratio(averages[:, FEMALE], averages[:, MALE])
