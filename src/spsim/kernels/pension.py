"""Pension cohorts: contributors and dormant members of a scheme.

A kernel steps one draw; its wrapper runs it over the leading axis of draws N, on threads if asked. So the
numbers of a draw depend neither on how many draws are computed together nor on the number of threads.

Source: Iyer, Actuarial mathematics of social security pensions (1999), ch. 5, (5.2)-(5.21); ILO, The ILO
pension model: a technical guide.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from spsim.kernels.pool import Pool, Tables, stack_programs, windows_of_forms
from spsim.kernels.wrapping import (
    Floats,
    Integers,
    check_code,
    check_drawn,
    check_shape,
    floats,
    integers,
    over_draws,
)

# Constants of this file only: the disk cache of numba notices a change here
LARGE = 1e200  # stands for infinity where it multiplies an empty cell: 0 × inf is not a number
LEAD = 8  # zeros before the first row of the stocks
BLOCK = 16  # loops over service run to a multiple of it: four vectors of four cells, or two of eight
ADD, LARGER, SMALLER, SUBTRACT = (
    -1,
    -2,
    -3,
    -4,
)  # of a program: the two amounts on top of the stack become one
REASSOCIATE = {"reassoc", "contract", "nsz"}  # sums in vector lanes; NaN and infinity keep their meaning


def _members(
    ages: int, services: int, death: Floats, death_dormant: Floats, leave: Floats, density: Floats,
    increment: Floats, drawn_share: Floats, table: Floats, exit_at: Integers, weight_at: Integers,
    flat_at: Integers, right_at: Integers, exit_age_low: Integers, exit_age_high: Integers, target: Floats,
    class_share: Floats, reentry_share: Floats, reentry_limit: float, entry_cohort: Integers,
    valuation_exit: Integers, valuation_status: Floats, program: Integers, program_end: Integers, depth: int,
    reference: Floats, reference_of: Integers, right_of: Integers, floor: Floats, cap: Floats, top: Integers,
    c: Floats, d: Floats, contributors: Floats, dormant: Floats, service_sum: Floats, entrants: Floats,
    reentrants: Floats, laid_off: Floats, leavers: Floats, drawn_out: Floats, exit_contributors: Floats,
    exit_dormants: Floats, value_heads: Floats, value_amount: Floats,
) -> None:  # fmt: skip
    """One draw of contributors and dormant members, one annual step after another; see `project_members`.

    `c` and `d` are the stocks as one long row: LEAD zeros, then (G, S, X, K, 1+M) rows of `width` cells, of
    which the first J hold credited service and the others, at least one, are always zero: so the cell before
    the first one of a row is zero as well. They are stepped in place from the highest age down, and so they
    end as the closing stocks. Service cells from `top` (G·S·X) up are empty and are skipped; loops over
    service run to the next multiple of BLOCK, because what is left after whole vectors runs cell by cell.
    An index that does not count from 0 is cast to `uintp`: a check for negative ones would block vectors.
    Leading axes are flat: T·S·X where it says by age, T·G·S·X by row. Tables over (T, G, S, X, J) lie one
    behind the other in `table`, each only along the axes on which it differs: the rows of `exit_at` (2·E,
    contributors first), `weight_at`, `flat_at` and `right_at` hold the start and the steps along T, G, S, X.
    """
    years, classes, quantities = entry_cohort.size, class_share.size, increment.shape[2] + 1
    sexes = death.size // (years * ages)
    groups = top.size // (sexes * ages)
    exits, values, forms = exit_at.shape[0] // 2, weight_at.shape[0], flat_at.shape[0]
    last = services - 1
    width = (services // BLOCK + 1) * BLOCK
    older = classes * quantities * width  # from the rows of an age to those of the next
    adv = np.zeros(width)  # persons who advance
    mid = np.zeros((quantities, width))  # contributors at the middle of the step
    stay = np.zeros((2, width))
    event = np.zeros((2, exits + 1, width))  # probability of each exit, the last one death
    weight = np.zeros((2, values, width))
    rate = np.zeros((2, forms, width))
    heap = np.zeros((2, depth, width))  # amounts of contributors and of dormant members, on a stack of forms
    reading = np.ones(forms, np.bool_)  # forms of this cell not read yet
    first = np.zeros(values, np.int64)
    end = np.zeros(values, np.int64)
    column = np.zeros((2, width))  # persons at the middle of the step, all classes
    persons = np.zeros((2, groups, classes))
    service = np.zeros((2, groups, classes))

    for i in range(sexes * ages, years * sexes * ages):
        x = ages - 1 - i % ages
        s = i // ages % sexes
        t = i // (ages * sexes)
        a = (t * sexes + s) * ages + x
        for g in range(groups):
            cell = (g * sexes + s) * ages + x
            here = LEAD + cell * older
            row = t * groups * sexes * ages + cell
            height = 0
            if x > 0 and top[cell - 1] > 0:
                height = min(services, top[cell - 1] + 1)
            wide = (height + BLOCK - 1) // BLOCK * BLOCK
            if top[cell] > wide:  # what stood at this age last year has moved on
                for o in range(here, here + older, width):
                    for j in range(wide, top[cell]):
                        c[np.uintp(o + j)] = 0.0
                        d[np.uintp(o + j)] = 0.0
            top[cell] = height
            for k in range(classes):
                persons[0, g, k] = 0.0
                persons[1, g, k] = 0.0
                service[0, g, k] = 0.0
                service[1, g, k] = 0.0
            if height == 0:
                continue

            # Probabilities by service: death, then exits in order from those who remain
            for j in range(wide):
                event[0, exits, j] = death[a]
                event[1, exits, j] = death_dormant[a]
                stay[0, j] = 1.0 - death[a]
                stay[1, j] = 1.0 - death_dormant[a]
                column[0, j] = 0.0
                column[1, j] = 0.0
            for e in range(exits):
                if exit_age_low[e] <= x < exit_age_high[e]:
                    o = _start(exit_at, e, t, g, s, x)
                    b = _start(exit_at, exits + e, t, g, s, x)
                    for j in range(height):
                        p = stay[0, j] * table[np.uintp(o + j)]
                        q = stay[1, j] * table[np.uintp(b + j)]
                        event[0, e, j] = p
                        event[1, e, j] = q
                        stay[0, j] -= p
                        stay[1, j] -= q

            # What a person and a right of each cell bring to each valuation, where they bring any
            for f in range(forms):
                reading[f] = True
            for v in range(values):
                e = valuation_exit[v]
                o = _start(weight_at, v, t, g, s, x)
                low = 0
                high = 0
                if e < 0:
                    e = exits
                    high = height
                elif exit_age_low[e] <= x < exit_age_high[e]:
                    high = height
                while low < high and not table[o + low] > 0.0:
                    low += 1
                while low < high and not table[o + high - 1] > 0.0:
                    high -= 1
                first[v] = low // BLOCK * BLOCK
                end[v] = (high + BLOCK - 1) // BLOCK * BLOCK if low < high else first[v]
                for j in range(first[v], end[v]):
                    weight[0, v, np.uintp(j)] = 0.0
                    weight[1, v, np.uintp(j)] = 0.0
                for j in range(low, high):
                    h = np.uintp(j)
                    w = table[np.uintp(o + j)]
                    w = w if w > 0.0 else 0.0
                    weight[0, v, h] = w * valuation_status[v, 0] * event[0, e, h]
                    weight[1, v, h] = w * valuation_status[v, 1] * event[1, e, h]
                for step in range(program_end[v], program_end[v + 1]):
                    f = program[step]
                    if f >= 0 and low < high and reading[f]:
                        reading[f] = False
                        o = _start(flat_at, f, t, g, s, x)
                        b = _start(right_at, f, t, g, s, x)
                        of_right = 1.0 if right_of[f] >= 0 else 0.0
                        for j in range(height):
                            rate[0, f, j] = table[np.uintp(o + j)]
                            rate[1, f, j] = table[np.uintp(b + j)] * of_right

            u = density[a]
            leaving = leave[a]
            for k in range(classes):
                # Persons: advance, then those who stay, of whom some leave
                o = here + k * quantities * width
                b = o - older
                for j in range(wide):
                    p = c[np.uintp(b + j - 1)] * u
                    adv[j] = p
                    mid[0, j] = c[np.uintp(b + j)] * (1.0 - u) + p
                if height == services:
                    p = c[np.uintp(b + last)] * u
                    adv[last] += p
                    mid[0, last] += p
                    adv[services] = 0.0
                    mid[0, services] = 0.0
                sp = 0.0
                sq = 0.0
                cp = 0.0
                cq = 0.0
                for j in range(wide):
                    p = mid[0, j]
                    q = d[np.uintp(b + j)]
                    column[0, j] += p
                    column[1, j] += q
                    p = p * stay[0, j]
                    q = q * stay[1, j] + leaving * p
                    p = (1.0 - leaving) * p
                    c[np.uintp(o + j)] = p
                    d[np.uintp(o + j)] = q
                    sp += p
                    sq += q
                    cp += (j + 0.5) * p
                    cq += (j + 0.5) * q
                persons[0, g, k] = sp
                persons[1, g, k] = sq
                service[0, g, k] = cp
                service[1, g, k] = cq

                # Rights: half of the year's before the middle of the step, half after
                for m in range(1, quantities):
                    om = o + m * width
                    bm = b + m * width
                    half = 0.5 * increment[a, k, m - 1]
                    for j in range(wide):
                        p = c[np.uintp(bm + j - 1)] * u
                        mid[m, j] = c[np.uintp(bm + j)] * (1.0 - u) + p + half * adv[j]
                    if height == services:
                        mid[m, last] += c[np.uintp(bm + last)] * u
                        mid[m, services] = 0.0
                    for j in range(wide):
                        p = mid[m, j] * stay[0, j]
                        d[np.uintp(om + j)] = d[np.uintp(bm + j)] * stay[1, j] + leaving * p
                        c[np.uintp(om + j)] = (1.0 - leaving) * (p + half * adv[j] * stay[0, j])

                for v in range(values):
                    if first[v] == end[v]:
                        continue
                    least = floor[v, t]
                    most = cap[v, t]
                    sp = 0.0
                    sq = 0.0
                    if program_end[v + 1] - program_end[v] == 1:  # one form, the usual case, in one go
                        f = program[program_end[v]]
                        m = right_of[f] + 1
                        bm = b + m * width
                        ref = reference[reference_of[f], a, k]
                        for j in range(first[v], end[v]):
                            h = np.uintp(j)
                            p = mid[0, h]
                            q = d[np.uintp(b + j)]
                            w = rate[0, f, h] * ref
                            r = rate[1, f, h] * ref
                            y = w * p + r * mid[m, h]
                            z = w * q + r * d[np.uintp(bm + j)]
                            y = max(least * p, min(most * p, y))
                            z = max(least * q, min(most * q, z))
                            sp += weight[0, v, h] * p + weight[1, v, h] * q
                            sq += weight[0, v, h] * y + weight[1, v, h] * z
                        value_heads[v, row, k] = sp
                        value_amount[v, row, k] = sq
                        continue
                    n = 0
                    for step in range(program_end[v], program_end[v + 1]):
                        f = program[step]
                        if f >= 0:
                            m = right_of[f] + 1
                            bm = b + m * width
                            ref = reference[reference_of[f], a, k]
                            for j in range(first[v], end[v]):
                                h = np.uintp(j)
                                w = rate[0, f, h] * ref
                                r = rate[1, f, h] * ref
                                heap[0, n, h] = w * mid[0, h] + r * mid[m, h]
                                heap[1, n, h] = w * d[np.uintp(b + j)] + r * d[np.uintp(bm + j)]
                            n += 1
                            continue
                        n -= 1
                        for status in range(2):
                            for j in range(first[v], end[v]):
                                h = np.uintp(j)
                                y = heap[status, n - 1, h]
                                z = heap[status, n, h]
                                if f == ADD:
                                    y = y + z
                                elif f == LARGER:
                                    y = max(y, z)
                                elif f == SMALLER:
                                    y = min(y, z)
                                else:
                                    y = y - z
                                heap[status, n - 1, h] = y
                    for j in range(first[v], end[v]):
                        h = np.uintp(j)
                        p = mid[0, h]
                        q = d[np.uintp(b + j)]
                        y = max(least * p, min(most * p, heap[0, 0, h]))
                        z = max(least * q, min(most * q, heap[1, 0, h]))
                        sp += weight[0, v, h] * p + weight[1, v, h] * q
                        sq += weight[0, v, h] * y + weight[1, v, h] * z
                    value_heads[v, row, k] = sp
                    value_amount[v, row, k] = sq

                for m in range(1, quantities):  # what is drawn out of accounts by those who stay
                    w = drawn_share[a, m - 1]
                    if w > 0.0:
                        om = o + m * width
                        sp = 0.0
                        for j in range(wide):
                            p = c[np.uintp(om + j)]
                            q = d[np.uintp(om + j)]
                            sp += p + q
                            c[np.uintp(om + j)] = (1.0 - w) * p
                            d[np.uintp(om + j)] = (1.0 - w) * q
                        drawn_out[a, k, m - 1] += w * sp

            for e in range(exits):
                if exit_age_low[e] <= x < exit_age_high[e]:
                    sp = 0.0
                    sq = 0.0
                    for j in range(height):
                        sp += event[0, e, j] * column[0, j]
                        sq += event[1, e, j] * column[1, j]
                    exit_contributors[e, row] = sp
                    exit_dormants[e, row] = sq
            sp = 0.0
            for j in range(wide):
                sp += column[0, j] * stay[0, j]
            leavers[a] += leaving * sp

        # The contributors required, from the dormant and from outside; or too many, laid off
        served = 0.0
        for k in range(classes):
            sp = 0.0
            sq = 0.0
            for g in range(groups):
                sp += persons[0, g, k]
                sq += persons[1, g, k]
            keep = 1.0  # share of contributors who remain
            call = 0.0  # share of dormant members called back
            rest = 0.0
            short = target[a] * class_share[k] - sp
            if short > 0.0:
                if sq > 0.0:
                    call = min(reentry_share[a] * short / sq, reentry_limit)
                rest = max(short - call * sq, 0.0)
                entrants[a, k] = rest
                reentrants[a, k] = call * sq
            elif short < 0.0 and sp > 0.0:
                keep = max(1.0 + short / sp, 0.0)
                laid_off[a, k] = (1.0 - keep) * sp
            for g in range(groups):
                cell = (g * sexes + s) * ages + x
                row = t * groups * sexes * ages + cell
                o = LEAD + cell * older + k * quantities * width
                if keep < 1.0 or call > 0.0:
                    wide = (top[cell] + BLOCK - 1) // BLOCK * BLOCK
                    for back in range(quantities):  # persons last: rights of who return are reckoned on them
                        m = quantities - 1 - back
                        om = o + m * width
                        half = call * 0.5 * increment[a, k, m - 1] if m > 0 else 0.0
                        for j in range(wide):
                            p = c[np.uintp(om + j)]
                            q = d[np.uintp(om + j)]
                            u = call * q - (1.0 - keep) * p
                            c[np.uintp(om + j)] = p + u + half * d[np.uintp(o + j)]
                            d[np.uintp(om + j)] = q - u
                u = call * persons[1, g, k] - (1.0 - keep) * persons[0, g, k]
                contributors[row, k] = persons[0, g, k] + u
                dormant[row, k] = persons[1, g, k] - u
                served += keep * service[0, g, k] + call * service[1, g, k]
                if rest > 0.0 and g == entry_cohort[t]:
                    top[cell] = max(top[cell], 1)
                    contributors[row, k] += rest
                    served += 0.5 * rest
                    c[np.uintp(o)] += rest
                    for m in range(1, quantities):
                        c[np.uintp(o + m * width)] += 0.5 * increment[a, k, m - 1] * rest
        service_sum[a] = served


@njit(inline="always")
def _start(at: Integers, row: int, t: int, g: int, s: int, x: int) -> int:
    """Where the services of one cell begin in the table of a row of `at`."""
    return at[row, 0] + t * at[row, 1] + g * at[row, 2] + s * at[row, 3] + x * at[row, 4]


members = njit(cache=True, nogil=True, error_model="numpy", fastmath=REASSOCIATE)(_members)


class MemberProjection(NamedTuple):
    """Stocks on 1 July of year t (0: the base year) and flows of the step that ends there (0: zero)."""

    contributors: Floats  # (N, T, G, S, X, K) persons
    dormant: Floats  # (N, T, G, S, X, K) persons
    service_sum: Floats  # (N, T, S, X) years of credited service of the contributors, Σ (j + ½)·P
    entrants: Floats  # (N, T, S, X, K) persons insured for the first time
    reentrants: Floats  # (N, T, S, X, K) persons, from dormant to contributor to meet the target
    laid_off: Floats  # (N, T, S, X, K) persons, from contributor to dormant to meet the target
    leavers: Floats  # (N, T, S, X) persons, from contributor to dormant by the probability of leaving
    drawn_out: Floats  # (N, T, S, X, K, M) rights drawn out by those who stay members
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
    increment: ArrayLike, exit_contributor: Tables, exit_dormant: Tables, target: ArrayLike,
    class_share: ArrayLike, reentry_share: ArrayLike, entry_cohort: ArrayLike, valuation_exit: ArrayLike,
    heads_weight: Tables, flat: Tables, reference: ArrayLike, per_right: Tables, right_of: ArrayLike,
    floor: ArrayLike, cap: ArrayLike, death_dormant: ArrayLike | None = None,
    valuation_status: ArrayLike | None = None, exit_age_low: ArrayLike | None = None,
    exit_age_high: ArrayLike | None = None, reentry_limit: float = 0.9,
    programs: Sequence[Sequence[int]] | None = None, reference_of: ArrayLike | None = None,
    drawn_share: ArrayLike | None = None, threads: int = 1, chunks: int = 0,
    laid: dict[str, Any] | None = None,
) -> MemberProjection:  # fmt: skip
    """Contributors and dormant members of a pension scheme, persons and rights, by cohort component.

    Every cell of sex s, age x, class k, entry cohort g and credited service j holds persons P and sums of
    rights R_m (revalued earnings, points, accounts, ...). A step leads from (x-1, t-1) to (x, t); with the
    density u, the rights i of a full year and the probability q of death:

        A_j  = u·P_{j-1}                         persons who advance (into the last cell also u of itself)
        P'_j = (1-u)·P_j + A_j                                                            (5.12)
        R'_j = (1-u)·R_j + u·R_{j-1} + ½·i·A_j   at the middle of the step; last cell as above
        π_0  = q,  π_e,j = p_e,j·(1-q)·Π_{f<e}(1-p_f,j)     death, then exits in their order, from (P', R')
        l_j  = (1-q)·Π_e(1-p_e,j)
        P''  = P'·l,  R'' = (R' + ½·i·A)·l       of which the share `leave` stops at the middle of the step:
        D''  = D·l^d + leave·P'·l                it joins the dormant with R'·l; dormant members do not advance
        R''  → (1 - w)·R'' of both               the share w = drawn_share is drawn out by those who stay

    then, where a target is given, shortfall = target·class_share - Σ_{g,j} P''·(1 - leave):

        > 0:  φ = min(reentry_share·shortfall / ΣD'', reentry_limit) of every dormant cell returns in the middle
              of the step, R_m += ½·i_m each; the rest are new members of cohort entry_cohort[t], with j = 0
              and R_m = ½·i_m each
        < 0:  the share -shortfall / Σ P''·(1 - leave) of every cell of contributors becomes dormant

    Form f is an amount  B_f = reference·(flat_j·P'_j + per_right_j·R'_m,j).  Valuation v, attached to an exit
    e = valuation_exit[v] or to death (-1), sums over both statuses

        heads  = Σ_j w_j·π_e,j·P'_j
        amount = Σ_j w_j·π_e,j·max(floor·P'_j, min(cap·P'_j, B))

    where B comes from the forms by programs[v], read from left to right: a number f ≥ 0 puts B_f on a stack,
    ADD, LARGER, SMALLER and SUBTRACT make one of the two on top. By default B is form v. Here w = heads_weight where
    positive, else 0, times valuation_status (dormant: P = D, R = R^d and their own probabilities). Amounts
    have the unit of floor, cap and of reference × (flat or per_right × R).

    Shapes; N may be 1 where marked *, and N is the largest of them; index t = 0 of the tables is not read:
        contributors0, dormant0            (G, S, X, K, 1+M, J)  [..., 0, :] persons, [..., m, :] rights m-1
        death*, death_dormant*, target*    (N, T, S, X)          x is the age index at the end of the step;
                                                                 target NaN: nothing adjusted, nobody enters
        increment*                         (N, T, S, X, K, M)
        drawn_share                        (T, S, X, M), default 0
        leave, density, reentry_share      (T, S, X)
        exit_age_low, exit_age_high        (E,)                  exits where low ≤ x < high; default all; their
                                                                 tables may hold these ages alone
        class_share (K,), entry_cohort (T,), valuation_exit (V,)
        valuation_status                   (V, 2)                weight of contributors, dormant; default 1, 1
        right_of, reference_of (F,)        index of m or -1; row of `reference`, default f
        reference*                         (N, B, T, S, X, K)
        floor*, cap*                       (V, T) or (N, V, T)   ∓infinity for none
    Tables, one array over all of them or a sequence of arrays, each (T, G, S, X, J) or (T, S, X, J) or with 1
    for any axis on which it does not differ:
        exit_contributor, exit_dormant     E of them             j after the advance of the step
        heads_weight                       V of them, finite
        flat, per_right                    F of them, finite
    Persons at the highest age leave at the next step as `aged_out`; nobody enters or dies beyond it.

    Persons are conserved: contributors_t + dormant_t = contributors_{t-1} + dormant_{t-1} + entrants - deaths
    - exits - aged_out. `threads` and `chunks` divide the draws and do not change a bit of the result. `laid`, empty at
    first, keeps the tables in one row for further calls with the very same tables, which then are not read again.

    Raises ValueError where a shape or a code does not fit.
    Source: Iyer (1999) ch. 5, (5.2)-(5.21); ILO pension model, technical guide.
    """
    c0 = floats(contributors0)
    if c0.ndim != 6:
        raise ValueError(f"contributors0 has {c0.ndim} axes; expected 6: (G, S, X, K, 1+M, J)")
    groups, sexes, ages, classes, quantities, services = c0.shape
    q, rows_of_reference = floats(death), floats(reference)
    years, forms, values, exits = q.shape[1], len(flat), len(heads_weight), len(exit_contributor)  # type: ignore[arg-type]
    by_age, by_row = (years, sexes, ages), (years, groups, sexes, ages)
    drawn = {
        "death": (q, by_age),
        "death_dormant": (q if death_dormant is None else floats(death_dormant), by_age),
        "increment": (floats(increment), (*by_age, classes, quantities - 1)),
        "target": (floats(target), by_age),
        "reference": (rows_of_reference, (rows_of_reference.shape[1], *by_age, classes)),
        "floor": (_with_draws(floor), (values, years)),
        "cap": (_with_draws(cap), (values, years)),
    }
    low = integers(np.zeros(exits) if exit_age_low is None else exit_age_low)
    high = integers(np.full(exits, ages) if exit_age_high is None else exit_age_high)
    for whole in (low, high):
        check_shape("exit_age_low, exit_age_high", whole, (exits,))
    windows = [(int(a), int(b)) for a, b in zip(low, high, strict=True)]
    of_value = [windows[e] if 0 <= e < exits else None for e in integers(valuation_exit)]
    program, ends, depth = stack_programs(programs, values, forms, SUBTRACT)
    of_form = windows_of_forms(program, ends, of_value, forms)
    if not laid:
        pool, laid = Pool((*by_row, services)), {} if laid is None else laid
        laid["at"] = {
            "exits": pool.places(
                "exit_contributor, exit_dormant", [*exit_contributor, *exit_dormant], 2 * exits, 2 * windows  # type: ignore[misc]
            ),
            "weights": pool.places("heads_weight", heads_weight, values, of_value),
            "flat": pool.places("flat", flat, forms, of_form),
            "rights": pool.places("per_right", per_right, forms, of_form),
        }  # fmt: skip
        laid["table"] = pool.table()
    at, table = laid["at"], laid["table"]
    status = np.ones((values, 2)) if valuation_status is None else valuation_status
    drawn_out = np.zeros((*by_age, quantities - 1)) if drawn_share is None else drawn_share
    fixed = {
        "dormant0": (floats(dormant0), c0.shape),
        "leave": (floats(leave), by_age),
        "density": (floats(density), by_age),
        "class_share": (floats(class_share), (classes,)),
        "reentry_share": (floats(reentry_share), by_age),
        "valuation_status": (floats(status), (values, 2)),
        "drawn_share": (floats(drawn_out), (*by_age, quantities - 1)),
    }
    codes = {
        "entry_cohort": (integers(entry_cohort), years, 0, groups),
        "valuation_exit": (integers(valuation_exit), values, -1, exits),
        "right_of": (integers(right_of), forms, -1, quantities - 1),
        "reference_of": (
            integers(np.arange(forms) if reference_of is None else reference_of),
            forms,
            0,
            rows_of_reference.shape[1],
        ),
    }
    draws = check_drawn(drawn)
    for name, (array, shape) in fixed.items():
        check_shape(name, array, shape)
    for name, (whole, size, least, end) in codes.items():
        check_code(name, whole, size, least, end)

    rows = {name: array for name, (array, _) in fixed.items()}
    code = {name: array for name, (array, *_) in codes.items()}
    stocks = [_in_rows(a, draws) for a in (c0, rows["dormant0"])]
    occupied = ((c0 != 0.0) | (rows["dormant0"] != 0.0)).any((3, 4))
    top = np.where(occupied, np.arange(services) + 1, 0).max(-1).reshape(-1)
    classed, heads, valued = (*by_age, classes), (*by_row, classes), (values, *by_row, classes)
    tails = {  # shape of each flow, and how many of its first and last axes the kernel sees
        "contributors": (heads, 0, 1), "dormant": (heads, 0, 1), "service_sum": (by_age, 0, 0),
        "entrants": (classed, 0, 1), "reentrants": (classed, 0, 1), "laid_off": (classed, 0, 1),
        "leavers": (by_age, 0, 0), "drawn_out": ((*classed, quantities - 1), 0, 2),
        "exit_contributors": ((exits, *by_row), 1, 0), "exit_dormant": ((exits, *by_row), 1, 0),
        "value_heads": (valued, 1, 1), "value_amount": (valued, 1, 1),
    }  # fmt: skip
    flows = {name: np.zeros((draws, *shape)) for name, (shape, _, _) in tails.items()}

    def run(n: int) -> None:
        own = {name: array[n % array.shape[0]] for name, (array, _) in drawn.items()}
        members(
            ages, services, _flat(own["death"]), _flat(own["death_dormant"]), _flat(rows["leave"]),
            _flat(rows["density"]), _flat(own["increment"], 0, 2), _flat(rows["drawn_share"], 0, 1),
            table, at["exits"], at["weights"], at["flat"], at["rights"], low, high, _flat(own["target"]), rows["class_share"],
            _flat(rows["reentry_share"]), float(reentry_limit), code["entry_cohort"], code["valuation_exit"],
            rows["valuation_status"], program, ends, depth, _flat(own["reference"], 1, 1),
            code["reference_of"], code["right_of"],
            np.clip(own["floor"], -LARGE, LARGE), np.clip(own["cap"], -LARGE, LARGE), top.copy(),
            *(a[n] for a in stocks),
            *(_flat(flows[name][n], first, tail) for name, (_, first, tail) in tails.items()),
        )  # fmt: skip

    over_draws(run, draws, threads, chunks)
    flows["contributors"][:, 0] = c0[..., 0, :].sum(-1)
    flows["dormant"][:, 0] = rows["dormant0"][..., 0, :].sum(-1)
    flows["service_sum"][:, 0] = (c0[..., 0, :] @ (np.arange(services) + 0.5)).sum((0, 3))
    # Who stood there a year before: (N, T-1, S, X)
    last_year = {name: flows[name][:, :-1].sum((2, 5)) for name in ("contributors", "dormant")}
    deaths = {name: np.zeros((draws, *by_age)) for name in last_year}
    for name, rate in (("contributors", "death"), ("dormant", "death_dormant")):
        deaths[name][:, 1:, :, 1:] = drawn[rate][0][:, 1:, :, 1:] * last_year[name][..., :-1]
    aged_out = np.zeros((draws, years, sexes))
    aged_out[:, 1:] = last_year["contributors"][..., -1] + last_year["dormant"][..., -1]
    closing = [a[:, LEAD:].reshape(draws, *c0.shape[:5], -1)[..., :services] for a in stocks]
    return MemberProjection(
        **flows, deaths_contributors=deaths["contributors"], deaths_dormant=deaths["dormant"],
        aged_out=aged_out, closing_contributors=closing[0], closing_dormant=closing[1],
    )  # fmt: skip


def _with_draws(a: ArrayLike) -> Floats:
    array = floats(a)
    return array[np.newaxis] if array.ndim == 2 else array


def _flat(a: Floats, lead: int = 0, tail: int = 0) -> Floats:
    """All axes but the first `lead` and the last `tail` ones as one."""
    middle = a.shape[lead : a.ndim - tail]
    return a.reshape(*a.shape[:lead], math.prod(middle), *a.shape[a.ndim - tail :])


def _in_rows(stock: Floats, draws: int) -> Floats:
    """The base stock of every draw in the layout of the kernel; rows begin at multiples of 64 bytes."""
    services = stock.shape[-1]
    width = (services // BLOCK + 1) * BLOCK
    size = LEAD + stock.size // services * width
    raw = np.zeros(draws * size + 8)
    start = (-raw.ctypes.data % 64) // 8
    rows = raw[start : start + draws * size].reshape(draws, size)
    rows[:, LEAD:].reshape(draws, *stock.shape[:-1], width)[..., :services] = stock
    return rows
