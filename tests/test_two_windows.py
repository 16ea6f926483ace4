"""Two causes of separation with windows of their own (Japan: 6 months in 12 after a dismissal, 12 in 24 after resignation), person by person.

A run judges gaps by the window of `benefit` alone. The persons here are judged by the months themselves, each cause by its own window;
the difference of the claims says how far off the run is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numba import config

from spsim.stocks.unemployment_spells import ClaimRule, SpellRates, project_spells, run_in

LONGEST, PERSONS, MONTHS, SINCE = 60, 40_000, 180, 60
ASKED, WINDOW = (6, 12), (12, 24)  # dismissal, resignation
GRANTED = (5, 3)


@dataclass(frozen=True)
class Flows:
    """Monthly chances; `shares` of separations by cause and `take_up` of each."""

    separation: float
    shares: tuple[float, float]
    take_up: tuple[float, float]
    exits: float
    finding: tuple[float, ...]
    insured_share: float


JAPAN = Flows(0.005, (0.32, 0.63), (0.82, 0.55), 0.004, (0.10, 0.12, 0.12, 0.14, 0.14, 0.14, 0.11), 0.82)
QUICK = Flows(0.030, (0.32, 0.63), (0.82, 0.55), 0.006, (0.10, 0.12, 0.12, 0.14, 0.14, 0.14, 0.11), 0.82)


def person_by_person(flows: Flows, seed: int) -> np.ndarray:
    """Claims (2,) per insured and month, by cause."""
    rng = np.random.default_rng(seed)
    room = 2 * PERSONS
    alive = np.arange(room) < PERSONS
    working = alive.copy()
    history = np.zeros((max(WINDOW), room), dtype=bool)
    record, gap, month, granted = (np.zeros(room, dtype=np.int32) for _ in range(4))
    table, found = np.array(flows.finding), np.zeros((MONTHS, 2))
    for t in range(MONTHS):
        history[t % len(history)] = working
        record = np.minimum(record + working, LONGEST)
        gap = np.where(working, 0, gap + 1)
        alive &= rng.random(room) >= flows.exits
        working &= alive
        month[~alive] = 0
        claiming, searching = month > 0, alive & ~working
        separated = working & (rng.random(room) < flows.separation)
        draw, begun = rng.random(room), np.zeros(room, dtype=bool)
        low = 0.0
        for cause in (0, 1):
            recent = history[[(t - back) % len(history) for back in range(WINDOW[cause])]].sum(axis=0)
            of_cause = separated & (draw >= low) & (draw < low + flows.shares[cause])
            low += flows.shares[cause]
            claims = of_cause & (recent >= ASKED[cause]) & (rng.random(room) < flows.take_up[cause])
            found[t, cause] = claims.sum()
            granted[claims] = GRANTED[cause]
            begun |= claims
        since = np.where(claiming, month, gap)
        finds = searching & (rng.random(room) < table[np.minimum(since, len(table)) - 1])
        insured = finds & (rng.random(room) < flows.insured_share)
        ended = claiming & (finds | (month >= granted))
        month = np.where(ended, 0, np.where(claiming, month + 1, month))
        working = (working & ~separated) | insured
        month[begun], record[begun], history[:, begun] = 1, 0, False
        new = np.flatnonzero(~alive)[: max(PERSONS - int(working.sum()), 0)]
        alive[new] = working[new] = True
        record[new] = gap[new] = month[new] = 0
        history[:, new] = False
    return found[SINCE:].mean(axis=0) / PERSONS


def by_run(flows: Flows) -> np.ndarray:
    """The same of a run: one window, that of dismissal; resignation asks for its months in all."""
    record = np.arange(LONGEST + 1)
    entitlement = np.stack([np.where(record >= ASKED[cause], GRANTED[cause], 0) for cause in (0, 1)])[
        :, :, None
    ]
    rule = ClaimRule(ASKED[0], WINDOW[0], entitlement.astype(float), np.zeros(LONGEST + 1, dtype=int))
    table = np.array(flows.finding)[:, None]
    rates = SpellRates(
        separation=flows.separation, covered=flows.shares[0], take_up=flows.take_up[0], exits=flows.exits,
        finding_claimants=table, finding_outside=table, insured_share=flows.insured_share,
        other_causes=((flows.shares[1], flows.take_up[1]),),
    )  # fmt: skip
    months = MONTHS - SINCE
    start = run_in(rule, rates, [1.0], SINCE)
    spells = project_spells(rule, rates, np.ones((1, months + 1, 1)), start)
    claims = spells.new_claims[0, :, :, 0].mean(axis=0)
    return np.array([claims[spells.groups.cause == cause].sum() for cause in (0, 1)])


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="180 months take minutes without the JIT")
@pytest.mark.parametrize(
    ("flows", "near"), [(JAPAN, 0.005), (QUICK, 0.02)], ids=["japan", "six times as many separations"]
)
def test_the_window_of_the_second_cause(flows: Flows, near: float) -> None:
    persons = np.stack([person_by_person(flows, seed) for seed in range(4)])
    error = persons.std(axis=0, ddof=1) / np.sqrt(len(persons)) / persons.mean(axis=0)
    found = by_run(flows) / persons.mean(axis=0) - 1
    assert abs(found[0]) < 4 * error[0], (found, error)
    assert abs(found[1]) < near + 4 * error[1], (found, error)
