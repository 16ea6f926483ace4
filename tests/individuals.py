"""Unemployment insurance told person by person, month by month: an independent twin of the monthly kernel, plain NumPy.

Nothing of the engine is used. Each person has a history of their own: every month of the last 24 whether they contributed, the record,
the month of the claim, the months of benefit used. The law is read literally: the window is counted in the months themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COUNTS = ("new_claims", "claimants", "paid_months", "exhaustions", "reemployed")


@dataclass(frozen=True)
class Law:
    """12 months within the last 24; 3 months of benefit, one more for each full year of record beyond three, at most 12; half a month's
    wait; a claim uses up the whole record, and months before it no longer count for the window."""

    required: int = 12
    window: int = 24
    waiting: float = 0.5
    longest_record: int = 144

    def months_granted(self, record):
        """Months of benefit by record."""
        counted = np.minimum(record, self.longest_record)
        return np.where(counted < self.required, 0, np.minimum(3 + np.maximum(counted - 36, 0) // 12, 12))


@dataclass(frozen=True)
class Chances:
    """Monthly chances. `finding` by month since separation, the last one open."""

    separation: float
    covered: float
    take_up: float
    exits: float
    finding: tuple[float, ...]
    insured_share: float


def simulate(law: Law, chances: Chances, persons: int, months: int, batches: int, seed: int):
    """Counts (months, batches, 5) of `persons` insured in all, in `batches` groups that have nothing to do with each other.

    All begin without a record. Those who leave are replaced by persons new to the scheme, so that the number of insured stays.
    """
    rng = np.random.default_rng(seed)
    target = persons // batches
    room = 2 * target
    alive = np.zeros((batches, room), dtype=bool)
    alive[:, :target] = True
    working = alive.copy()
    history = np.zeros((law.window, batches, room), dtype=bool)  # months contributed, a ring
    record, in_window, gap, month, granted = (np.zeros((batches, room), dtype=np.int32) for _ in range(5))
    table = np.array(chances.finding)
    counts = np.zeros((months, batches, len(COUNTS)))
    for t in range(months):
        claiming = month > 0
        paid = np.clip(month - law.waiting, 0, granted) - np.clip(month - 1 - law.waiting, 0, granted)
        counts[t, :, 0] = (month == 1).sum(axis=1)
        counts[t, :, 1] = claiming.sum(axis=1)
        counts[t, :, 2] = np.where(claiming, paid, 0.0).sum(axis=1)
        in_window += working.astype(np.int32) - history[t % law.window]
        history[t % law.window] = working
        record += working
        gap = np.where(working, 0, gap + 1).astype(np.int32)
        # who leaves the labour force
        gone = alive & (rng.random(alive.shape) < chances.exits)
        alive &= ~gone
        working &= alive
        month[gone] = 0
        claiming &= alive
        searching = alive & ~working
        # who loses the job, and who of them claims
        separated = working & (rng.random(alive.shape) < chances.separation)
        qualified = separated & (in_window >= law.required)
        months_due = law.months_granted(record)
        draw = rng.random(alive.shape)
        claims = qualified & (months_due > 0) & (draw < chances.covered * chances.take_up)
        # who finds work, insured or not
        since = np.where(claiming, month, gap)
        chance = table[np.minimum(since, len(table)) - 1]
        found = searching & (rng.random(alive.shape) < chance)
        insured = found & (rng.random(alive.shape) < chances.insured_share)
        last = np.ceil(granted + law.waiting)
        exhausted = claiming & ~found & (month >= last)
        counts[t, :, 3] = exhausted.sum(axis=1)
        counts[t, :, 4] = (claiming & found).sum(axis=1)
        ended = claiming & (found | exhausted)
        month = np.where(ended | ~alive, 0, np.where(claiming, month + 1, month)).astype(np.int32)
        working = (working & ~separated) | insured
        # the new claims
        granted = np.where(claims, months_due, granted).astype(np.int32)
        month[claims], record[claims], in_window[claims] = 1, 0, 0
        history[:, claims] = False
        # new persons in the places of those who left
        for b in range(batches):
            new = np.flatnonzero(~alive[b])[: target - int(working[b].sum())]
            alive[b, new] = working[b, new] = True
            record[b, new] = in_window[b, new] = gap[b, new] = month[b, new] = 0
            history[:, b, new] = False
    return counts
