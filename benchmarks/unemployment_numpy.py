"""The unemployment kernel as a NumPy user would write it: whole-array expressions, line by line.

See `spsim.kernels.unemployment.project` for the symbols; one draw.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spsim.kernels import unemployment as u

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def months(
    rates: Floats, finding_claimant: Floats, finding_outside: Floats, group: Integers, spell: Integers,
    record_after: Integers, lapse: int, step: int, insured: Floats, outside: Floats, claims: Floats,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:  # fmt: skip
    """claims (T+1, K, M, H), claimants (T, M, H), new_claims (T, K, H), flows (T, 10, H), closing state."""
    time, _, strata = rates.shape
    e, o = insured.copy(), outside.copy()
    (groups, longest), gaps = record_after.shape, lapse + 1
    unmet_gaps = o.shape[1] - gaps
    earned = np.minimum(np.arange(1, e.shape[1] + 1) / e.shape[1], 1.0)[:, None]
    claims_path = np.zeros((time + 1, groups, longest, strata))
    claims_path[0] = claims
    flows = np.zeros((time, u.FLOWS, strata))
    credited = np.append(group[1:], group[-1])  # group by record before the month
    entitled = credited >= 0
    in_spell = np.arange(longest)[None, :] < spell[:, None]
    last_month = np.arange(longest)[None, :] == spell[:, None] - 1

    for t in range(time):
        b = claims_path[t]
        separation, covered, take_up, exits, ageing, work, finding, reentry, limit, target = rates[t]
        flows[t, u.CONTRIBUTORS] = e.sum(axis=(0, 1))
        flows[t, u.OUTSIDE] = o.sum(axis=(0, 1))

        # Ageing and exits
        e, o = _aged(e, ageing, step), _aged(o, ageing, step)
        b = _aged(b * in_spell[:, :, None], ageing, step)
        flows[t, u.EXITS] = exits * (e.sum(axis=(0, 1)) + o.sum(axis=(0, 1)) + b.sum(axis=(0, 1)))
        e, o, b = e * (1 - exits), o * (1 - exits), b * (1 - exits)

        # Separations and claims
        separated, stayers = e * separation, e * (1 - separation)
        flows[t, u.SEPARATIONS] = separated.sum(axis=(0, 1))
        qualified = separated[:, -1] * covered * entitled[:, None]
        flows[t, u.QUALIFIED] = qualified.sum(axis=0)
        claiming = qualified * take_up
        fresh = np.zeros((groups, strata))
        np.add.at(fresh, credited[entitled], claiming[entitled])
        gone = (separated * earned).sum(axis=1) - claiming
        unmet = (separated * (1 - earned)).sum(axis=1)

        # Finding work
        chance = np.minimum(1.0, finding_outside * finding) * work
        found = o * chance
        searching = o - found
        chance = np.minimum(1.0, finding_claimant * finding)
        found_insured, found_other = b * chance * work, b * chance * (1 - work)

        # Next month's insured
        supply = stayers.sum(axis=(0, 1)) + found.sum(axis=(0, 1)) + found_insured.sum(axis=(0, 1))
        vacancies = np.maximum(target - supply, 0.0)
        hold = np.divide(target, supply, out=np.ones(strata), where=supply > target)
        pool = searching.sum(axis=(0, 1))
        drawn = np.minimum(vacancies * reentry, pool * limit)
        share = np.divide(drawn, pool, out=np.zeros(strata), where=pool > 0)
        leaving = stayers * (1 - hold)
        stayers = stayers * hold
        searching = searching + found * (1 - hold)
        back = found * hold + searching * share
        searching = searching * (1 - share)
        found_insured = found_insured * hold
        gone = gone + (leaving * earned).sum(axis=1)
        unmet = unmet + (leaving * (1 - earned)).sum(axis=1)
        flows[t, u.LEAVERS] = leaving.sum(axis=(0, 1))
        flows[t, u.REENTRANTS] = drawn
        flows[t, u.ENTRANTS] = vacancies - drawn

        # One month more: records, months since the return, gaps, months of claim
        e = _shifted(_shifted(stayers, 0), 1)
        o = np.zeros_like(searching)
        o[:, :gaps] = _shifted(searching[:, :gaps], 1)
        o[:, gaps + 1 :] = searching[:, gaps:-1]
        o[:, gaps - 1] += searching[:, -1] if unmet_gaps else 0.0
        o[:, 0] += _shifted(gone, 0)
        o[:, gaps if unmet_gaps else gaps - 1] += _shifted(unmet, 0)
        early = np.arange(o.shape[1]) < lapse
        e[:, -1] += back[:, early].sum(axis=1)
        e[:, 0] += back[:, ~early].sum(axis=1)
        e[0, -1] += vacancies - drawn
        remaining = b - found_insured - found_other
        exhausted = remaining * last_month[:, :, None]
        flows[t, u.REEMPLOYED] = (found_insured + found_other).sum(axis=(0, 1))
        flows[t, u.EXHAUSTIONS] = exhausted.sum(axis=(0, 1))
        month = np.arange(1, longest + 1)
        page = np.where(month <= lapse, e.shape[1] - 1, 0)
        np.add.at(e, (record_after, np.broadcast_to(page, record_after.shape)), found_insured)
        gap = np.broadcast_to(np.minimum(month, gaps - 1), record_after.shape)
        np.add.at(o, (record_after, gap), found_other + exhausted)
        claims_path[t + 1, :, 0] = fresh
        claims_path[t + 1, :, 1:] = (remaining - exhausted)[:, :-1]

    return claims_path, claims_path[:-1].sum(axis=1), claims_path[:-1, :, 0], flows, e, o


def _aged(stock: Floats, ageing: Floats, step: int) -> Floats:
    """Persons after the move to the next age band."""
    aged = stock * (1 - ageing)
    if step:
        aged[..., step:] += (stock * ageing)[..., :-step]
    return aged


def _shifted(stock: Floats, axis: int) -> Floats:
    """One place further along an axis whose last cell is open."""
    moved = np.roll(stock, 1, axis)
    first = [slice(None)] * stock.ndim
    first[axis] = slice(0, 1)
    last = [slice(None)] * stock.ndim
    last[axis] = slice(-1, None)
    moved[tuple(last)] += moved[tuple(first)]
    moved[tuple(first)] = 0.0
    return moved
