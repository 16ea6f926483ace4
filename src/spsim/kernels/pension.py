"""Pension cohorts: contributors and dormant members of a scheme, and pensions in payment.

Every kernel runs over a leading axis of draws N that are independent of each other: the numbers of a draw do
not depend on how many draws are computed together, nor on the number of threads.

Source: Iyer, Actuarial mathematics of social security pensions (1999), ch. 5, (5.2)-(5.21); ILO, The ILO
pension model: a technical guide.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Constants of this file only: the disk cache of numba notices a change here
LARGE = 1e200  # stands for infinity where it multiplies an empty cell: 0 × inf is not a number
LEAD = 8  # zeros before the first row of the stocks
BLOCK = 16  # loops over service run to a multiple of it: four vectors of four cells, or two of eight
REASSOCIATE = {"reassoc", "contract", "nsz"}  # sums in vector lanes; NaN and infinity keep their meaning


def _open_stocks(
    n: int, width: int, contributors0: Floats, dormant0: Floats, c: Floats, d: Floats, top: Integers,
    contributors: Floats, dormant: Floats, service_sum: Floats,
) -> None:  # fmt: skip
    """The base stock in rows of `width` cells, its totals, and how many service cells are not empty."""
    groups, sexes, ages, classes, quantities, services = contributors0.shape
    row = LEAD
    for g in range(groups):
        for s in range(sexes):
            for x in range(ages):
                height = 0
                for k in range(classes):
                    pc = 0.0
                    pd = 0.0
                    sc = 0.0
                    for m in range(quantities):
                        for j in range(services):
                            p = contributors0[g, s, x, k, m, j]
                            b = dormant0[g, s, x, k, m, j]
                            c[n, np.uintp(row + j)] = p
                            d[n, np.uintp(row + j)] = b
                            if m == 0:
                                pc += p
                                pd += b
                                sc += (j + 0.5) * p
                            if (p != 0.0 or b != 0.0) and j >= height:
                                height = j + 1
                        row += width
                    contributors[n, 0, g, s, x, k] = pc
                    dormant[n, 0, g, s, x, k] = pd
                    service_sum[n, 0, s, x] += sc
                top[g, s, x] = height


open_stocks = njit(nogil=True)(_open_stocks)


def _decrements(
    t: int, g: int, s: int, x: int, height: int, q: float, q_dormant: float, exit_contributor: Floats,
    exit_dormant: Floats, exit_age_low: Integers, exit_age_high: Integers, stay: Floats, event: Floats,
) -> None:  # fmt: skip
    """Probabilities by service: of each exit and, last, of death in `event`; of none of them in `stay`."""
    exits = exit_age_low.size
    for j in range(stay.shape[1]):
        event[0, exits, j] = q
        event[1, exits, j] = q_dormant
        stay[0, j] = 1.0 - q
        stay[1, j] = 1.0 - q_dormant
    for e in range(exits):
        if exit_age_low[e] <= x < exit_age_high[e]:
            for j in range(height):
                p = stay[0, j] * exit_contributor[e, t, g, s, x, j]
                event[0, e, j] = p
                stay[0, j] -= p
            for j in range(height):
                p = stay[1, j] * exit_dormant[e, t, g, s, x, j]
                event[1, e, j] = p
                stay[1, j] -= p


decrements = njit(nogil=True)(_decrements)


def _weigh(
    t: int, g: int, s: int, x: int, height: int, exit_age_low: Integers, exit_age_high: Integers,
    valuation_exit: Integers, valuation_status: Floats, heads_weight: Floats, flat: Floats, per_right: Floats,
    right_of: Integers, event: Floats, weight: Floats, rate: Floats, first: Integers, end: Integers,
) -> None:  # fmt: skip
    """What a person and a right of each cell bring to each valuation; `first` to `end`: cells that bring any."""
    exits = exit_age_low.size
    for v in range(valuation_exit.size):
        e = valuation_exit[v]
        first[v] = 0
        end[v] = 0
        if e < 0:
            e = exits
        elif not exit_age_low[e] <= x < exit_age_high[e]:
            continue
        low = 0
        high = height
        while low < high and not heads_weight[v, t, g, s, x, low] > 0.0:
            low += 1
        while low < high and not heads_weight[v, t, g, s, x, high - 1] > 0.0:
            high -= 1
        if low == high:
            continue
        first[v] = low // BLOCK * BLOCK
        end[v] = (high + BLOCK - 1) // BLOCK * BLOCK
        wc = valuation_status[v, 0]
        wd = valuation_status[v, 1]
        of_right = 1.0 if right_of[v] >= 0 else 0.0
        for j in range(first[v], end[v]):
            weight[0, v, j] = 0.0
            weight[1, v, j] = 0.0
        for j in range(low, high):
            w = max(heads_weight[v, t, g, s, x, j], 0.0)
            weight[0, v, j] = w * wc * event[0, e, j]
            weight[1, v, j] = w * wd * event[1, e, j]
            rate[0, v, j] = flat[v, t, g, s, x, j]
            rate[1, v, j] = per_right[v, t, g, s, x, j] * of_right


weigh = njit(nogil=True, fastmath=REASSOCIATE)(_weigh)


def _advance(
    n: int, row: int, older: int, width: int, height: int, services: int, u: float, leave: float,
    increment: Floats, stay: Floats, c: Floats, d: Floats, mid: Floats, adv: Floats, column: Floats,
    persons: Floats, service: Floats,
) -> None:  # fmt: skip
    """All classes of a row from last year's age: advance, half a year's rights, decrements, the other half."""
    classes, quantities = mid.shape[1:3]
    last = services - 1
    wide = (height + BLOCK - 1) // BLOCK * BLOCK
    for j in range(wide):
        column[0, j] = 0.0
        column[1, j] = 0.0
    for k in range(classes):
        o = row + k * quantities * width
        b = o - older
        for j in range(wide):
            p = c[n, np.uintp(b + j - 1)] * u
            adv[j] = p
            mid[0, k, 0, j] = c[n, np.uintp(b + j)] * (1.0 - u) + p
        if height == services:
            p = c[n, np.uintp(b + last)] * u
            adv[last] += p
            mid[0, k, 0, last] += p
            adv[services] = 0.0
            mid[0, k, 0, services] = 0.0
        pc = 0.0
        pd = 0.0
        sc = 0.0
        sd = 0.0
        for j in range(wide):
            p = mid[0, k, 0, j]
            idle = d[n, np.uintp(b + j)]
            mid[1, k, 0, j] = idle
            column[0, j] += p
            column[1, j] += idle
            p = p * stay[0, j]
            idle = idle * stay[1, j] + leave * p
            p = (1.0 - leave) * p
            c[n, np.uintp(o + j)] = p
            d[n, np.uintp(o + j)] = idle
            pc += p
            pd += idle
            sc += (j + 0.5) * p
            sd += (j + 0.5) * idle
        persons[0, k] = pc
        persons[1, k] = pd
        service[0, k] = sc
        service[1, k] = sd
        for m in range(1, quantities):
            om = o + m * width
            bm = b + m * width
            half = 0.5 * increment[k, m - 1]
            for j in range(wide):
                p = c[n, np.uintp(bm + j - 1)] * u
                mid[0, k, m, j] = c[n, np.uintp(bm + j)] * (1.0 - u) + p + half * adv[j]
            if height == services:
                mid[0, k, m, last] += c[n, np.uintp(bm + last)] * u
                mid[0, k, m, services] = 0.0
            for j in range(wide):
                r = (mid[0, k, m, j] + half * adv[j]) * stay[0, j]
                idle = d[n, np.uintp(bm + j)]
                mid[1, k, m, j] = idle
                d[n, np.uintp(om + j)] = idle * stay[1, j] + leave * r
                c[n, np.uintp(om + j)] = (1.0 - leave) * r


advance = njit(nogil=True, fastmath=REASSOCIATE)(_advance)


def _value(
    n: int, t: int, g: int, s: int, x: int, nr: int, nf: int, nc: int, first: Integers, end: Integers,
    reference: Floats, floor: Floats, cap: Floats, right_of: Integers, weight: Floats, rate: Floats,
    mid: Floats, value_heads: Floats, value_amount: Floats,
) -> None:  # fmt: skip
    """Heads and amounts of every valuation, for all classes of a row."""
    for v in range(right_of.size):
        if first[v] == end[v]:
            continue
        low = max(floor[nf, v, t], -LARGE)
        high = min(cap[nc, v, t], LARGE)
        m = right_of[v] + 1
        for k in range(mid.shape[1]):
            ref = reference[nr, v, t, s, x, k]
            heads = 0.0
            amount = 0.0
            for status in range(2):
                for j in range(first[v], end[v]):
                    w = weight[status, v, j]
                    p = mid[status, k, 0, j]
                    y = rate[0, v, j] * ref * p + rate[1, v, j] * mid[status, k, m, j]
                    heads += w * p
                    amount += w * max(low * p, min(high * p, y))
            value_heads[n, v, t, g, s, x, k] = heads
            value_amount[n, v, t, g, s, x, k] = amount


value = njit(nogil=True, fastmath=REASSOCIATE)(_value)


def _meet_target(
    n: int, t: int, s: int, x: int, aim: float, share_of_idle: float, limit: float, newcomers: int, width: int,
    class_share: Floats, increment: Floats, persons: Floats, service: Floats, top: Integers, c: Floats,
    d: Floats, contributors: Floats, dormant: Floats, service_sum: Floats, entrants: Floats,
    reentrants: Floats, laid_off: Floats,
) -> None:  # fmt: skip
    """The required contributors of an age, from dormant members and from outside; or too many, laid off."""
    groups, sexes, ages = top.shape
    classes = class_share.size
    quantities = increment.shape[1] + 1
    older = classes * quantities * width
    served = 0.0
    for k in range(classes):
        insured = 0.0
        idle = 0.0
        for g in range(groups):
            insured += persons[g, 0, k]
            idle += persons[g, 1, k]
        keep = 1.0  # share of contributors who remain
        call = 0.0  # share of dormant members called back
        rest = 0.0
        if not np.isnan(aim):
            short = aim * class_share[k] - insured
            if short > 0.0:
                if idle > 0.0:
                    call = min(share_of_idle * short / idle, limit)
                rest = max(short - call * idle, 0.0)
                entrants[n, t, s, x, k] = rest
                reentrants[n, t, s, x, k] = call * idle
            elif insured > 0.0:
                keep = max(1.0 + short / insured, 0.0)
                laid_off[n, t, s, x, k] = (1.0 - keep) * insured
        for g in range(groups):
            o = LEAD + ((g * sexes + s) * ages + x) * older + k * quantities * width
            move = call * persons[g, 1, k] - (1.0 - keep) * persons[g, 0, k]
            pc = persons[g, 0, k] + move
            served += keep * service[g, 0, k] + call * service[g, 1, k]
            if keep < 1.0 or call > 0.0:
                wide = (top[g, s, x] + BLOCK - 1) // BLOCK * BLOCK
                for m in range(quantities):
                    om = o + m * width
                    for j in range(wide):
                        p = c[n, np.uintp(om + j)]
                        b = d[n, np.uintp(om + j)]
                        a = call * b - (1.0 - keep) * p
                        c[n, np.uintp(om + j)] = p + a
                        d[n, np.uintp(om + j)] = b - a
            if rest > 0.0 and g == newcomers:
                top[g, s, x] = max(top[g, s, x], 1)
                c[n, np.uintp(o)] += rest
                for m in range(1, quantities):
                    c[n, np.uintp(o + m * width)] += 0.5 * increment[k, m - 1] * rest
                pc += rest
                served += 0.5 * rest
            contributors[n, t, g, s, x, k] = pc
            dormant[n, t, g, s, x, k] = persons[g, 1, k] - move
    service_sum[n, t, s, x] = served


meet_target = njit(nogil=True, fastmath=REASSOCIATE)(_meet_target)


def _members(
    contributors0: Floats, dormant0: Floats, death: Floats, death_dormant: Floats, leave: Floats,
    density: Floats, increment: Floats, exit_contributor: Floats, exit_dormant: Floats,
    exit_age_low: Integers, exit_age_high: Integers, target: Floats, class_share: Floats,
    reentry_share: Floats, reentry_limit: float, entry_cohort: Integers, valuation_exit: Integers,
    valuation_status: Floats, heads_weight: Floats, flat: Floats, reference: Floats, per_right: Floats,
    right_of: Integers, floor: Floats, cap: Floats, width: int, c: Floats, d: Floats, contributors: Floats,
    dormant: Floats, service_sum: Floats, entrants: Floats, reentrants: Floats, laid_off: Floats,
    leavers: Floats, deaths_contributors: Floats, deaths_dormant: Floats, aged_out: Floats,
    exit_contributors: Floats, exit_dormants: Floats, value_heads: Floats, value_amount: Floats,
) -> None:  # fmt: skip
    """One annual step after another of contributors and dormant members; see `project_members`.

    `c` and `d` are the stocks of a draw as one long row: LEAD zeros, then (G, S, X, K, 1+M) rows of `width`
    cells, of which the first J hold credited service and the others, at least one, are always zero: so the cell
    before the first one of a row is zero as well. They are stepped in place from the highest age down, so that
    they end as the closing stocks. Service cells from `top[g, s, x]` up are empty and are skipped; loops over
    service run to the next multiple of BLOCK, because what is left over after whole vectors runs cell by cell.
    """
    groups, sexes, ages, classes, quantities, services = contributors0.shape
    exits, years, values = exit_contributor.shape[0], exit_contributor.shape[1], heads_weight.shape[0]
    older = classes * quantities * width  # from a row to the row of the next age
    top = np.zeros((groups, sexes, ages), np.int64)
    adv = np.zeros(width)  # persons who advance
    mid = np.zeros((2, classes, quantities, width))  # both statuses at the middle of the step
    stay = np.zeros((2, width))
    event = np.zeros((2, exits + 1, width))
    weight = np.zeros((2, values, width))
    rate = np.zeros((2, values, width))
    first = np.zeros(values, np.int64)
    end = np.zeros(values, np.int64)
    column = np.zeros((2, width))  # both statuses at the middle of the step, all classes
    persons = np.zeros((groups, 2, classes))
    service = np.zeros((groups, 2, classes))

    for n in range(c.shape[0]):
        nq = n if death.shape[0] > 1 else 0
        nqd = n if death_dormant.shape[0] > 1 else 0
        ni = n if increment.shape[0] > 1 else 0
        nt = n if target.shape[0] > 1 else 0
        nr = n if reference.shape[0] > 1 else 0
        nf = n if floor.shape[0] > 1 else 0
        nc = n if cap.shape[0] > 1 else 0
        open_stocks(n, width, contributors0, dormant0, c, d, top, contributors, dormant, service_sum)
        for t in range(1, years):
            for s in range(sexes):
                for g in range(groups):
                    for k in range(classes):
                        aged_out[n, t, s] += contributors[n, t - 1, g, s, ages - 1, k]
                        aged_out[n, t, s] += dormant[n, t - 1, g, s, ages - 1, k]
                for back in range(ages):
                    x = ages - 1 - back
                    q = death[nq, t, s, x]
                    q_dormant = death_dormant[nqd, t, s, x]
                    for g in range(groups):
                        before = top[g, s, x - 1] if x > 0 else 0
                        height = 0 if before == 0 else min(services, before + 1)
                        wide = (height + BLOCK - 1) // BLOCK * BLOCK
                        row = LEAD + ((g * sexes + s) * ages + x) * older
                        if top[g, s, x] > wide:  # what stood at this age last year has moved on
                            for o in range(row, row + older, width):
                                for j in range(wide, top[g, s, x]):
                                    c[n, np.uintp(o + j)] = 0.0
                                    d[n, np.uintp(o + j)] = 0.0
                        top[g, s, x] = height
                        if height == 0:
                            for k in range(classes):
                                persons[g, 0, k] = 0.0
                                persons[g, 1, k] = 0.0
                                service[g, 0, k] = 0.0
                                service[g, 1, k] = 0.0
                            continue
                        decrements(
                            t, g, s, x, height, q, q_dormant, exit_contributor, exit_dormant, exit_age_low,
                            exit_age_high, stay, event,
                        )  # fmt: skip
                        weigh(
                            t, g if heads_weight.shape[2] > 1 else 0, s, x, height, exit_age_low, exit_age_high,
                            valuation_exit, valuation_status, heads_weight, flat, per_right, right_of, event,
                            weight, rate, first, end,
                        )  # fmt: skip
                        advance(
                            n, row, older, width, height, services, density[t, s, x], leave[t, s, x],
                            increment[ni, t, s, x], stay, c, d, mid, adv, column, persons[g], service[g],
                        )  # fmt: skip
                        value(
                            n, t, g, s, x, nr, nf, nc, first, end, reference, floor, cap, right_of, weight, rate,
                            mid, value_heads, value_amount,
                        )  # fmt: skip
                        for e in range(exits):
                            if exit_age_low[e] <= x < exit_age_high[e]:
                                pc = 0.0
                                pd = 0.0
                                for j in range(height):
                                    pc += event[0, e, j] * column[0, j]
                                    pd += event[1, e, j] * column[1, j]
                                exit_contributors[n, e, t, g, s, x] = pc
                                exit_dormants[n, e, t, g, s, x] = pd
                        left = 0.0
                        for j in range(height):
                            left += column[0, j] * stay[0, j]
                        leavers[n, t, s, x] += leave[t, s, x] * left
                        for k in range(classes):
                            deaths_contributors[n, t, s, x] += q * contributors[n, t - 1, g, s, x - 1, k]
                            deaths_dormant[n, t, s, x] += q_dormant * dormant[n, t - 1, g, s, x - 1, k]
                    meet_target(
                        n, t, s, x, target[nt, t, s, x], reentry_share[t, s, x], reentry_limit, entry_cohort[t],
                        width, class_share, increment[ni, t, s, x], persons, service, top, c, d, contributors,
                        dormant, service_sum, entrants, reentrants, laid_off,
                    )  # fmt: skip


members = njit(cache=True, nogil=True, fastmath=REASSOCIATE)(_members)


def _pensions(
    new_heads: Floats, new_amount: Floats, base_heads: Floats, base_amount: Floats, death: Floats,
    indexation: Floats, floor: Floats, cap: Floats, heads: Floats, amount: Floats, deaths: Floats,
) -> None:  # fmt: skip
    """Pensions in payment, one annual step after another; see `pay_pensions`."""
    draws, years, sexes, ages, classes = heads.shape
    last = ages - 1
    for n in range(draws):
        nn = n if new_heads.shape[0] > 1 else 0
        na = n if new_amount.shape[0] > 1 else 0
        nq = n if death.shape[0] > 1 else 0
        ni = n if indexation.shape[0] > 1 else 0
        nf = n if floor.shape[0] > 1 else 0
        nc = n if cap.shape[0] > 1 else 0
        for s in range(sexes):
            for x in range(ages):
                for k in range(classes):
                    heads[n, 0, s, x, k] = base_heads[s, x, k]
                    amount[n, 0, s, x, k] = base_amount[s, x, k]
        for t in range(1, years):
            rise = 1.0 + indexation[ni, t]
            half_rise = np.sqrt(rise)
            low = max(floor[nf, t], -LARGE)
            high = min(cap[nc, t], LARGE)
            for s in range(sexes):
                for x in range(ages):
                    q = death[nq, t, s, x]
                    for k in range(classes):
                        h = 0.0
                        a = 0.0
                        if x > 0:
                            h = heads[n, t - 1, s, x - 1, k]
                            a = amount[n, t - 1, s, x - 1, k]
                        if x == last:
                            h += heads[n, t - 1, s, x, k]
                            a += amount[n, t - 1, s, x, k]
                        w = new_heads[nn, t, s, x, k]
                        died = q * h + 0.5 * q * w
                        h = h + w - died
                        a = a * (1.0 - q) * rise + new_amount[na, t, s, x, k] * (1.0 - 0.5 * q) * half_rise
                        heads[n, t, s, x, k] = h
                        amount[n, t, s, x, k] = max(low * h, min(high * h, a))
                        deaths[n, t, s, x, k] = died


pensions = njit(cache=True, nogil=True, fastmath=REASSOCIATE)(_pensions)


class MemberProjection(NamedTuple):
    """Stocks on 1 July of year t (index 0: the base stock) and flows of the step that ends there (index 0: zero)."""

    contributors: Floats  # (N, T, G, S, X, K) persons
    dormant: Floats  # (N, T, G, S, X, K) persons
    service_sum: Floats  # (N, T, S, X) years of credited service of the contributors, Σ (j + ½)·P
    entrants: Floats  # (N, T, S, X, K) persons insured for the first time
    reentrants: Floats  # (N, T, S, X, K) persons, from dormant to contributor to meet the target
    laid_off: Floats  # (N, T, S, X, K) persons, from contributor to dormant to meet the target
    leavers: Floats  # (N, T, S, X) persons, from contributor to dormant by the probability of leaving
    deaths_contributors: Floats  # (N, T, S, X)
    deaths_dormant: Floats  # (N, T, S, X)
    aged_out: Floats  # (N, T, S) persons beyond the highest age, both statuses
    exit_contributors: Floats  # (N, E, T, G, S, X) persons
    exit_dormant: Floats  # (N, E, T, G, S, X) persons
    value_heads: Floats  # (N, V, T, G, S, X, K) persons × heads_weight, both statuses
    value_amount: Floats  # (N, V, T, G, S, X, K) sum of the amounts, both statuses
    closing_contributors: Floats  # (N, G, S, X, K, 1+M, J) the state after the last step
    closing_dormant: Floats  # (N, G, S, X, K, 1+M, J)


def project_members(
    *, contributors0: ArrayLike, dormant0: ArrayLike, death: ArrayLike, leave: ArrayLike, density: ArrayLike,
    increment: ArrayLike, exit_contributor: ArrayLike, exit_dormant: ArrayLike, target: ArrayLike,
    class_share: ArrayLike, reentry_share: ArrayLike, entry_cohort: ArrayLike, valuation_exit: ArrayLike,
    heads_weight: ArrayLike, flat: ArrayLike, reference: ArrayLike, per_right: ArrayLike, right_of: ArrayLike,
    floor: ArrayLike, cap: ArrayLike, death_dormant: ArrayLike | None = None,
    valuation_status: ArrayLike | None = None, exit_age_low: ArrayLike | None = None,
    exit_age_high: ArrayLike | None = None, reentry_limit: float = 0.9, threads: int = 1, chunks: int = 0,
) -> MemberProjection:  # fmt: skip
    """Contributors and dormant members of a pension scheme, persons and rights, by the cohort component method.

    Every cell of sex s, age x, class k, entry cohort g and credited service j holds persons P and sums of rights
    R_m (revalued earnings, points, ...). A step leads from (x-1, t-1) to (x, t); with the density u, the rights i
    of a full year and the probability q of death:

        A_j  = u·P_{j-1}                          persons who advance (the last cell also receives u of itself)
        P'_j = (1-u)·P_j + A_j                                                            (5.12)
        R'_j = (1-u)·R_j + u·R_{j-1} + ½·i·A_j    at the middle of the step; last cell as above
        π_0  = q,  π_e,j = p_e,j·(1-q)·Π_{f<e}(1-p_f,j)     death, then exits in their order, from (P', R')
        l_j  = (1-q)·Π_e(1-p_e,j)
        P''  = P'·l,  R'' = (R' + ½·i·A)·l        of which the share `leave` joins the dormant
        D''  = D·l^d + leave·P''                  dormant members do not advance; rights likewise

    then, where a target is given, shortfall = target·class_share - Σ_{g,j} P''(1 - leave):

        > 0:  φ = min(reentry_share·shortfall / ΣD'', reentry_limit) of every dormant cell returns; the rest are
              new members of cohort entry_cohort[t] with j = 0 and R_m = ½·i_m each
        < 0:  the share -shortfall / ΣP'' of every cell of contributors becomes dormant

    Valuation v, attached to an exit e = valuation_exit[v] or to death (-1), cell by cell and status by status:

        heads  = Σ_j w_j·π_e,j·P'_j
        amount = Σ_j w_j·π_e,j·max(floor·P'_j, min(cap·P'_j, flat_j·reference·P'_j + per_right_j·R'_m,j))

    with w = heads_weight where positive, else 0 (dormant: P = D, R = R^d, own probabilities). Amounts have the unit
    of reference, floor, cap and per_right × R.

    Shapes; N may be 1 where marked *, and N is the largest of them:
        contributors0, dormant0            (G, S, X, K, 1+M, J)  [..., 0, :] persons, [..., m, :] rights m-1
        death*, death_dormant*, target*    (N, T, S, X)          x is the age index at the end of the step;
                                                                 target NaN: nothing adjusted, nobody enters
        increment*                         (N, T, S, X, K, M)
        leave, density, reentry_share      (T, S, X)
        exit_contributor, exit_dormant     (E, T, G, S, X, J)    j after the advance of the step
        exit_age_low, exit_age_high        (E,)                  exits happen where low ≤ x < high; default all
        class_share (K,), entry_cohort (T,), valuation_exit (V,), right_of (V,) index of m or -1
        valuation_status                   (V, 2)                weight of contributors, dormant; default 1, 1
        heads_weight, flat, per_right      (V, T, S, X, J) or (V, T, G, S, X, J), finite
        reference*                         (N, V, T, S, X, K)
        floor*, cap*                       (V, T) or (N, V, T)   ∓infinity for none
    Persons at the highest age leave at the next step as `aged_out`. Index t = 0 of the tables is not read.

    Persons are conserved: contributors_t + dormant_t = contributors_{t-1} + dormant_{t-1} + entrants - deaths -
    exits - aged_out. `threads` and `chunks` divide the draws and do not change a bit of the result.

    Raises ValueError where a shape does not fit.
    Source: Iyer (1999) ch. 5, (5.2)-(5.21); ILO pension model, technical guide.
    """
    c0 = _floats(contributors0)
    if c0.ndim != 6:
        raise ValueError(f"contributors0 has {c0.ndim} axes; expected 6: (G, S, X, K, 1+M, J)")
    groups, sexes, ages, classes, quantities, services = c0.shape
    exits, years = np.shape(exit_contributor)[:2]
    values = np.shape(heads_weight)[0]
    by_age = (sexes, ages)
    cells = (years, *by_age)
    exit_shape = (exits, years, groups, sexes, ages, services)
    q = _floats(death)
    qd = q if death_dormant is None else _floats(death_dormant)
    status = np.ones((values, 2)) if valuation_status is None else valuation_status
    low = np.zeros(exits, np.int64) if exit_age_low is None else exit_age_low
    high = np.full(exits, ages) if exit_age_high is None else exit_age_high
    tables = [_with_cohorts(_floats(a)) for a in (heads_weight, flat, per_right)]
    limits = [_with_draws(_floats(a)) for a in (floor, cap)]
    i, aim, ref = _floats(increment), _floats(target), _floats(reference)
    draws = max(a.shape[0] for a in (q, qd, i, aim, ref, *limits))
    by_draw = {
        "death": (q, cells), "death_dormant": (qd, cells), "increment": (i, (*cells, classes, quantities - 1)),
        "target": (aim, cells), "reference": (ref, (values, *cells, classes)),
        "floor": (limits[0], (values, years)), "cap": (limits[1], (values, years)),
    }  # fmt: skip
    for name, (array, shape) in by_draw.items():
        if array.shape not in {(1, *shape), (draws, *shape)}:
            raise ValueError(f"{name} has shape {array.shape}; expected (1 or {draws}, {str(shape)[1:]}")
    fixed = {
        "dormant0": (_floats(dormant0), c0.shape), "leave": (_floats(leave), cells),
        "density": (_floats(density), cells), "exit_contributor": (_floats(exit_contributor), exit_shape),
        "exit_dormant": (_floats(exit_dormant), exit_shape), "exit_age_low": (_integers(low), (exits,)),
        "exit_age_high": (_integers(high), (exits,)), "class_share": (_floats(class_share), (classes,)),
        "reentry_share": (_floats(reentry_share), cells), "entry_cohort": (_integers(entry_cohort), (years,)),
        "valuation_exit": (_integers(valuation_exit), (values,)), "valuation_status": (_floats(status), (values, 2)),
        "right_of": (_integers(right_of), (values,)),
    }  # fmt: skip
    for name, (array, shape) in fixed.items():
        _expect(name, array, shape)
    cohorts = groups if tables[0].shape[2] > 1 else 1
    for name, array in zip(("heads_weight", "flat", "per_right"), tables, strict=True):
        _expect(name, array, (values, years, cohorts, sexes, ages, services))
    f = {name: array for name, (array, _) in fixed.items()}
    _within("entry_cohort", f["entry_cohort"], 0, groups)
    _within("valuation_exit", f["valuation_exit"], -1, exits)
    _within("right_of", f["right_of"], -1, quantities - 1)

    width = (services // BLOCK + 1) * BLOCK  # at least one cell stays empty
    stock = (draws, LEAD + c0.size // services * width)
    closing = (_aligned_zeros(stock), _aligned_zeros(stock))
    flows = tuple(
        np.zeros((draws, *shape))
        for shape in (
            (years, groups, *by_age, classes), (years, groups, *by_age, classes), cells, (*cells, classes),
            (*cells, classes), (*cells, classes), cells, cells, cells, (years, sexes),
            (exits, years, groups, *by_age), (exits, years, groups, *by_age),
            (values, years, groups, *by_age, classes), (values, years, groups, *by_age, classes),
        )  # fmt: skip
    )

    def run(part: slice) -> None:
        def own(a: Any) -> Any:
            return a if a.shape[0] == 1 else a[part]

        members(
            c0, f["dormant0"], own(q), own(qd), f["leave"], f["density"], own(i), f["exit_contributor"],
            f["exit_dormant"], f["exit_age_low"], f["exit_age_high"], own(aim), f["class_share"],
            f["reentry_share"], float(reentry_limit), f["entry_cohort"], f["valuation_exit"],
            f["valuation_status"], tables[0], tables[1], own(ref), tables[2], f["right_of"], own(limits[0]),
            own(limits[1]), width, *(a[part] for a in (*closing, *flows)),
        )  # fmt: skip

    _over_draws(run, draws, threads, chunks)
    rows = (draws, *c0.shape[:5], width)
    return MemberProjection(*flows, *(a[:, LEAD:].reshape(rows)[..., :services] for a in closing))


class PensionProjection(NamedTuple):
    """Pensions in payment on 1 July of year t, and the pensioners' deaths of the step that ends there."""

    heads: Floats  # (N, T, S, A, K) persons
    amount: Floats  # (N, T, S, A, K) annual rate of all pensions of the cell
    deaths: Floats  # (N, T, S, A, K) persons, those newly awarded included; A is the age at the end of the step


def pay_pensions(
    *, new_heads: ArrayLike, new_amount: ArrayLike, base_heads: ArrayLike, base_amount: ArrayLike,
    death: ArrayLike, indexation: ArrayLike, floor: ArrayLike, cap: ArrayLike, threads: int = 1, chunks: int = 0,
) -> PensionProjection:  # fmt: skip
    """Pensions in payment by sex, age and class: heads H and annual amounts B, indexed by β every year.

    New pensions (h, b) begin in the middle of the step, at age x at its end, and live half of the step:

        deaths_t(x) = q·H_{t-1}(x-1) + ½·q·h_t(x)
        H_t(x) = H_{t-1}(x-1)·(1-q) + h_t(x)·(1-½q)
        B_t(x) = B_{t-1}(x-1)·(1-q)·(1+β) + b_t(x)·(1-½q)·(1+β)^½
        B_t(x) = max(floor·H, min(cap·H, B))      floor and cap are annual amounts of a pension

    The last age is open: it also receives its own survivors. The base stock is taken as it is.

    Shapes (N may be 1 where marked *, and N is the largest of them; index t = 0 of the tables is not read):
        new_heads*, new_amount*    (N, T, S, A, K)
        base_heads, base_amount    (S, A, K)
        death*                     (N, T, S, A)
        indexation*                (N, T)              rate of step t
        floor*, cap*               (T,) or (N, T)      ∓infinity for none
    Raises ValueError where a shape does not fit.
    Source: Iyer (1999) ch. 5; ILO pension model, technical guide.
    """
    base = _floats(base_heads)
    if base.ndim != 3:
        raise ValueError(f"base_heads has {base.ndim} axes; expected 3: (S, A, K)")
    given = {
        "new_heads": _floats(new_heads), "new_amount": _floats(new_amount), "death": _floats(death),
        "indexation": _floats(indexation), "floor": np.atleast_2d(_floats(floor)), "cap": np.atleast_2d(_floats(cap)),
    }  # fmt: skip
    years = given["indexation"].shape[-1]
    draws = max(a.shape[0] for a in given.values())
    tails = ((years, *base.shape), (years, *base.shape), (years, *base.shape[:2]), (years,), (years,), (years,))
    for (name, array), tail in zip(given.items(), tails, strict=True):
        if array.shape not in {(1, *tail), (draws, *tail)}:
            raise ValueError(f"{name} has shape {array.shape}; expected (1 or {draws}, {str(tail)[1:]}")
    base_b = _floats(base_amount)
    _expect("base_amount", base_b, base.shape)
    out = tuple(np.zeros((draws, years, *base.shape)) for _ in range(3))

    def run(part: slice) -> None:
        own = [a if a.shape[0] == 1 else a[part] for a in given.values()]
        pensions(own[0], own[1], base, base_b, *own[2:], *(a[part] for a in out))

    _over_draws(run, draws, threads, chunks)
    return PensionProjection(*out)


def _over_draws(run: Any, draws: int, threads: int, chunks: int) -> None:
    """Call `run` on consecutive slices of the draws; the kernels release the lock of the interpreter."""
    parts = max(1, min(draws, chunks or threads))
    edges = [draws * p // parts for p in range(parts + 1)]
    slices = [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    if threads <= 1:
        for part in slices:
            run(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(run, slices):
            pass


def _floats(a: ArrayLike) -> Floats:
    return np.require(np.asarray(a, np.float64), requirements=["C", "W"])  # a read-only array would compile again


def _integers(a: ArrayLike) -> Integers:
    return np.require(np.asarray(a, np.int64), requirements=["C", "W"])


def _with_cohorts(a: Floats) -> Floats:
    return a[:, :, np.newaxis] if a.ndim == 5 else a


def _with_draws(a: Floats) -> Floats:
    return a[np.newaxis] if a.ndim == 2 else a


def _expect(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {shape}")


def _within(name: str, array: Integers, low: int, end: int) -> None:
    if array.size and not (low <= array.min() and array.max() < end):
        raise ValueError(f"{name} must lie in [{low}, {end}); it reaches from {array.min()} to {array.max()}")


def _aligned_zeros(shape: tuple[int, ...]) -> Floats:
    """Zeros that begin at a multiple of 64 bytes, a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + 8)
    offset = (-raw.ctypes.data % 64) // 8
    return raw[offset : offset + size].reshape(shape)
