"""Unemployment insurance, month by month: the insured by record, those outside, and claimants.

Persons only; money is priced outside, from claimants by group, month of claim and stratum. A stratum h is a
combination of sex, age band and earnings class; hazards vary over strata, so they are the innermost axis.

Draws (leading axis N) are independent of each other: the numbers of a draw do not depend on how many draws
are computed together, nor on the number of threads.

Exactness. The law asks `required` months of contribution within the last `window` months. For a person with
one gap since the last claim the treatment here is exact: after a gap of g months the window still holds
window - g months of the old spell, enough as long as g <= window - required; after a longer gap only the
months since count, until there are `required` of them. With several gaps each gap is judged alone; and of
those who separate again when they have earned p of the required months after a long gap, p / required come
back (soon enough) as though qualified and the others begin again, which keeps the mean of the months earned.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Rows of `rates` (draws, months, 10, strata)
SEPARATION = 0  # leaves insured work at the end of the month, for whatever cause
COVERED = 1  # share of separations for a cause that the law covers
TAKE_UP = 2  # share of the entitled who claim
EXIT = 3  # death, retirement, withdrawal from the labour force: leaves the model
AGEING = 4  # moves to stratum h + step
INSURED = 5  # share of jobs found that are insured
FINDING = 6  # multiplier of the chance of finding work
REENTRY = 7  # share of vacancies filled from outside, the rest by new entrants
REENTRY_LIMIT = 8  # largest share of those outside who can be drawn in a month
TARGET = 9  # insured persons in the next month
RATES = 10

# Rows of `flows` (draws, months, 10, strata)
CONTRIBUTORS = 0  # stock: insured during the month
OUTSIDE = 1  # stock: neither insured nor claiming
EXITS = 2
SEPARATIONS = 3
QUALIFIED = 4  # separations for a covered cause with an entitlement, before take-up
REEMPLOYED = 5  # claimants who find work, insured or not
EXHAUSTIONS = 6
ENTRANTS = 7  # persons new to the model
REENTRANTS = 8  # drawn from outside beyond those who found insured work
LEAVERS = 9  # insured who lose their place because the insured number falls; they do not claim
FLOWS = 10

# Rows of the weights of a month
KEEP, ARRIVE, LIVE, STAY, LEAVE, LEAVE_QUALIFIED, CLAIM, HOLD, WEIGHTS = range(9)

CONTRACT = {"contract", "nsz"}  # fused multiply-add; NaN, infinity and the order of sums keep their meaning


def _months(
    rates: Floats, finding_claimant: Floats, finding_outside: Floats, group: Integers, spell: Integers,
    record_after: Integers, lapse: int, step: int, top: int, insured: Floats, outside: Floats,
    e: Floats, e_before: Floats, o: Floats, o_before: Floats, left: Floats, unmet: Floats,
    claims: Floats, claimants: Floats, new_claims: Floats, flows: Floats,
) -> None:  # fmt: skip
    """All months of one draw; see `project` for the recurrence.

    e (C+3, Q, H): record c in row c + 1; row 0 is empty, row C + 2 takes what goes past C and is folded back.
    o (C+1, G+U+2, H): the pages of O[c], then a page that takes what goes past the open page, the pages of
    U[c], and a page that takes what goes past those; both are folded into the open page.
    e_before, o_before: the same cells seen `step` strata earlier; where that reaches into the row before, the
    weight is zero. left, unmet (C+2, H): work. insured (H), outside (G+U, H): the same persons summed over
    records; they follow the same weights, so that next month's total is known before the cells are.
    Records above `top` are empty and are skipped.
    """
    months, strata = flows.shape[0], flows.shape[2]
    full, last, gaps, pages = e.shape[1] - 1, o.shape[0] - 1, lapse + 1, outside.shape[0]
    below = max(full - 1, 0)
    two = 1.0 if full > 0 else 0.0
    landing = gaps if pages > gaps else gaps - 1
    near = full / (full + 1.0)
    slots, groups, longest = claims.shape[0], claims.shape[1], claims.shape[2]
    weight = np.zeros((WEIGHTS, strata))
    enter = np.zeros((pages, strata))
    remain = np.zeros((pages, strata))
    entrants = np.zeros(strata)
    qualified = np.zeros((groups + 1, strata))
    aged = np.zeros((pages, strata))

    for t in range(months):
        now, after = claims[t % slots], claims[(t + 1) % slots]
        rate, flow = rates[t], flows[t]

        # Weights of the month, and the number who must enter or leave for next month's insured
        for h in range(strata):
            before = max(h - step, 0)
            keep = 1.0 - rate[AGEING, h]
            arrive = rate[AGEING, before] if h >= step else 0.0
            live = 1.0 - rate[EXIT, h]
            lose = rate[SEPARATION, h]
            work = rate[INSURED, h]
            for m in range(longest):
                claimants[t, m, h] = 0.0
            for k in range(groups + 1):
                qualified[k, h] = 0.0
            at_work = insured[h] * keep + insured[before] * arrive
            persons, stock, found, pool = at_work, 0.0, 0.0, 0.0
            for g in range(pages):
                x = outside[g, h] * keep + outside[g, before] * arrive
                f = min(1.0, finding_outside[g, h] * rate[FINDING, h]) * work
                aged[g, h] = x
                stock += outside[g, h]
                persons += x
                found += x * live * f
                pool += x * live * (1.0 - f)
            for k in range(groups):
                new_claims[t, k, h] = now[k, 0, h]
                for m in range(spell[k]):
                    x = now[k, m, h] * keep + now[k, m, before] * arrive
                    claimants[t, m, h] += now[k, m, h]
                    persons += x
                    found += x * live * min(1.0, finding_claimant[m, h] * rate[FINDING, h]) * work
            supply = at_work * live * (1.0 - lose) + found
            vacancies = rate[TARGET, h] - supply
            hold, drawn, share = 1.0, 0.0, 0.0
            if vacancies < 0.0:
                hold = rate[TARGET, h] / supply
                vacancies = 0.0
            elif pool > 0.0:
                drawn = min(vacancies * rate[REENTRY, h], pool * rate[REENTRY_LIMIT, h])
                share = drawn / pool
            entrants[h] = vacancies - drawn
            weight[KEEP, h] = keep
            weight[ARRIVE, h] = arrive
            weight[LIVE, h] = live
            weight[STAY, h] = live * (1.0 - lose) * hold
            weight[LEAVE, h] = live * (lose + (1.0 - lose) * (1.0 - hold))
            weight[CLAIM, h] = live * lose * rate[COVERED, h] * rate[TAKE_UP, h]
            weight[LEAVE_QUALIFIED, h] = weight[LEAVE, h] - weight[CLAIM, h]
            weight[HOLD, h] = hold
            for g in range(pages):
                f = min(1.0, finding_outside[g, h] * rate[FINDING, h]) * work * hold
                enter[g, h] = live * (f + (1.0 - f) * share)
                remain[g, h] = live * (1.0 - f) * (1.0 - share)
            flow[CONTRIBUTORS, h] = insured[h]
            flow[OUTSIDE, h] = stock
            flow[EXITS, h] = persons * rate[EXIT, h]
            flow[SEPARATIONS, h] = at_work * live * lose
            flow[QUALIFIED, h] = 0.0
            flow[REEMPLOYED, h] = 0.0
            flow[EXHAUSTIONS, h] = 0.0
            flow[ENTRANTS, h] = entrants[h]
            flow[REENTRANTS, h] = drawn
            flow[LEAVERS, h] = at_work * live * (1.0 - lose) * (1.0 - hold)

        # The insured: record d - 1 becomes d, page p becomes p + 1, from the highest record down
        for d in range(top + 1, -1, -1):
            k = group[min(d, last)]
            lose_row = LEAVE_QUALIFIED if k >= 0 else LEAVE
            if k < 0:
                k = groups
            for h in range(strata):
                x = e[d, full, h] * weight[KEEP, h] + e_before[d, full, h] * weight[ARRIVE, h]
                y = two * (e[d, below, h] * weight[KEEP, h] + e_before[d, below, h] * weight[ARRIVE, h])
                qualified[k, h] += x
                left[d, h] = x * weight[lose_row, h] + y * weight[LEAVE, h] * near
                unmet[d, h] = y * weight[LEAVE, h] * (1.0 - near)
                e[d + 1, full, h] = (x + y) * weight[STAY, h]
            for p in range(full - 1):
                earned = (p + 1.0) / (full + 1.0)
                for h in range(strata):
                    x = e[d, p, h] * weight[KEEP, h] + e_before[d, p, h] * weight[ARRIVE, h]
                    gone = x * weight[LEAVE, h]
                    left[d, h] += gone * earned
                    unmet[d, h] += gone * (1.0 - earned)
                    e[d + 1, p + 1, h] = x * weight[STAY, h]
            if full > 0:
                for h in range(strata):
                    e[d + 1, 0, h] = 0.0
        if top == last:
            for h in range(strata):
                left[last, h] += left[last + 1, h]
                unmet[last, h] += unmet[last + 1, h]
            for p in range(full + 1):
                for h in range(strata):
                    e[last + 1, p, h] += e[last + 2, p, h]
        top = min(top + 1, last)

        # Those outside: gap g becomes g + 1, from the longest down, in both parts
        for g in range(pages):
            for h in range(strata):
                outside[g, h] = 0.0
        for c in range(top + 1):
            for i in range(pages):
                g = pages - 1 - i
                row = g + 1 if g >= gaps else g
                q = full if g < lapse else 0
                for h in range(strata):
                    x = o[c, row, h] * weight[KEEP, h] + o_before[c, row, h] * weight[ARRIVE, h]
                    e[c + 1, q, h] += x * enter[g, h]
                    o[c, row + 1, h] = x * remain[g, h]
            for h in range(strata):
                o[c, 0, h] = left[c, h]
                o[c, gaps + 1, h] = unmet[c, h]
                o[c, gaps - 1, h] += o[c, gaps, h] + o[c, pages + 1, h]
                outside[0, h] += left[c, h]
                outside[landing, h] += unmet[c, h]
        for h in range(strata):
            insured[h] = rate[TARGET, h]
            e[1, full, h] += entrants[h]
            for g in range(pages):
                following = g + 1 if g + 1 != gaps and g + 1 != pages else gaps - 1
                outside[following, h] += aged[g, h] * remain[g, h]

        # Claimants: month of claim m + 1 becomes m + 2, or the claim ends
        for k in range(groups):
            for m in range(longest):
                for h in range(strata):
                    after[k, m, h] = 0.0
            for h in range(strata):
                after[k, 0, h] = qualified[k, h] * weight[CLAIM, h]
                lost = qualified[k, h] * weight[LIVE, h] * rate[SEPARATION, h]
                flow[QUALIFIED, h] += lost * rate[COVERED, h]
            for m in range(spell[k]):
                c = record_after[k, m]
                q = full if m + 1 <= lapse else 0
                gap = min(m + 1, lapse)
                stay = 0.0 if m + 1 == spell[k] else 1.0
                month = min(m + 1, longest - 1)
                for h in range(strata):
                    x = now[k, m, h] * weight[KEEP, h] + now[k, m, max(h - step, 0)] * weight[ARRIVE, h]
                    x *= weight[LIVE, h]
                    f = x * min(1.0, finding_claimant[m, h] * rate[FINDING, h])
                    returned = f * rate[INSURED, h] * weight[HOLD, h]
                    ended = f * (1.0 - rate[INSURED, h])
                    x -= returned + ended
                    flow[REEMPLOYED, h] += returned + ended
                    flow[EXHAUSTIONS, h] += x * (1.0 - stay)
                    after[k, month, h] += x * stay
                    ended += x * (1.0 - stay)
                    e[c + 1, q, h] += returned
                    o[c, gap, h] += ended
                    outside[gap, h] += ended


months = njit(cache=True, nogil=True, fastmath=CONTRACT)(_months)


class Projection(NamedTuple):
    """Persons by month, and the state after the last month; see `project`."""

    claims: Floats  # (N, S, K, M, H)
    claimants: Floats  # (N, T, M, H)
    new_claims: Floats  # (N, T, K, H)
    flows: Floats  # (N, T, 10, H)
    insured: Floats  # (N or 0, C+1, Q, H)
    outside: Floats  # (N or 0, C+1, G+U, H)


def project(
    rates: Floats, finding_claimant: Floats, finding_outside: Floats, group: Integers, spell: Integers,
    record_after: Integers, lapse: int, step: int, insured: Floats, outside: Floats, claims: Floats,
    keep_claims: bool = True, keep_state: bool = True, threads: int = 1, chunks: int = 0,
) -> Projection:  # fmt: skip
    """Insured, outside and claiming persons month by month.

    State at the start of month t, persons by stratum h; c = 0..C months credited, the last cell open:
      E[c, p]  insured. In page p = Q-1 the window rule is met as soon as c >= required; in page p < Q-1 they
               came back p months ago after too long a gap and must earn Q = max(required, 1) months first
      O[c, g]  outside insured work without benefit, g = 0..G-1 completed months since the last insured month
               (of former claimants since the separation that led to the claim), the last open; G = lapse + 1
      U[c, g]  the same, g = 0..U-1, of those who must requalify whatever the gap; from g = U on they are
               counted in O[c, G-1]. Exact if the chance of finding work no longer changes from g = U on
      B[k, m]  claimants of group k in month m + 1 of their claim

    During month t all E contribute and B are in month m + 1. At its end, in this order:
      ageing   A(v)[h] = (1 - a[h])·v[h] + a[h-step]·v[h-step], of every stock; then all by the new stratum
      exits    a share x of every stock leaves the model
      work     E credit one month. A share s separates. Of E[c, Q-1] with group[c+1] = k >= 0 a share v·u
               (covered cause, take-up) enters B[k, 0]; all others of E[c, Q-1] go to O[c+1, 0]; of E[c, p]
               with p < Q-1 a share (p+1)/Q goes to O[c+1, 0], the rest to U[c+1, 0].
               Who stays: E[c+1, min(p+1, Q-1)]
      finding  f = min(1, multiplier·base), base by months since separation. Of O and U a share f·i finds
               insured work; the others stay (uninsured workers are counted here, and their gap goes on). Of B
               a share f·i finds insured work, f·(1-i) other work; the rest go on to month m + 2, or exhaust
               after spell[k] months. Back in insured work after a gap of up to `lapse` = window - required
               months, one is in E[c, Q-1]; from U or after a longer gap in E[c, 0]. Claims that end outside
               insured work lead to O[c, m+1]. Former claimants have the record c = record_after[k, m]
      target   next month's insured I are given. V = I - (stayers + finders of insured work).
               V >= 0: min(share·V, limit·pool) are drawn from the pool of those who were in O and U in this
               month and still are, in proportion to its cells; the rest are new entrants in E[0, Q-1]
               V < 0: stayers and finders are scaled by hold = I / (stayers + finders). Stayers above it go
               outside without claim; finders above it go on searching or claiming
    Balance of a month, over all strata: Σ(E+O+U+B) + entrants - exits = Σ(E+O+U+B) of the next month.

    N draws, T months, H strata (a multiple of 8 is fastest), K groups of claims of equal length and record
    left, M months of the longest claim. A first axis N* may be 1. Chances and shares are monthly.
      rates             (N*, T, 10, H)       rows by the constants of this module; TARGET in persons
      finding_claimant  (M, H)               chance of finding work in month m + 1 of the claim
      finding_outside   (G+U, H)             the same by gap, of O and then of U
      group             (C+1,)               by record at separation, -1 where nothing is due
      spell             (K,)                 months of claim, waiting included
      record_after      (K, M)               record left to one whose claim ended in month m + 1
      insured           (N*, C+1, Q, H)      E at the start
      outside           (N*, C+1, G+U, H)    O and then U at the start
      claims            (N*, K, M, H)        B at the start
    AGEING must be zero in the last `step` strata; who leaves them belongs to EXIT.
    Result: `claims` holds B of month t in slot t mod S, S = T + 1, or 2 without `keep_claims`; `claimants` by
    month of claim over all groups; `new_claims` those in their first month by group; `flows` stocks at the
    start of month t and flows at its end; `insured` and `outside` after the last month (first axis 0 without
    `keep_state`). `threads` and `chunks` divide the draws and do not change a bit of it.
    Raises ValueError where a shape does not fit.
    """
    given = {"rates": rates, "insured": insured, "outside": outside, "claims": claims}
    given = {name: np.ascontiguousarray(a, dtype=np.float64) for name, a in given.items()}
    (_, time, _, strata), (_, records, pages, _) = given["rates"].shape, given["insured"].shape
    gaps, (groups, longest) = given["outside"].shape[2], record_after.shape
    draws = max(a.shape[0] for a in given.values())
    tails = (
        (time, RATES, strata), (records, pages, strata), (records, gaps, strata), (groups, longest, strata),
    )  # fmt: skip
    for (name, array), tail in zip(given.items(), tails, strict=True):
        if array.shape not in {(1, *tail), (draws, *tail)}:
            raise ValueError(f"{name} has shape {array.shape}; expected (1 or {draws}, *{tail})")
    finding_claimant, finding_outside = (
        np.ascontiguousarray(a, dtype=np.float64) for a in (finding_claimant, finding_outside)
    )
    group, spell, record_after = (
        np.ascontiguousarray(a, dtype=np.int64) for a in (group, spell, record_after)
    )
    _check(
        (finding_claimant, finding_outside, group, spell, record_after),
        gaps,
        longest,
        groups,
        records,
        strata,
        lapse,
        step,
    )
    out = Projection(
        np.zeros((draws, time + 1 if keep_claims else 2, groups, longest, strata)),
        np.zeros((draws, time, longest, strata)), np.zeros((draws, time, groups, strata)),
        np.zeros((draws, time, FLOWS, strata)),
        np.zeros((draws if keep_state else 0, records, pages, strata)),
        np.zeros((draws if keep_state else 0, records, gaps, strata)),
    )  # fmt: skip

    def run(part: range) -> None:
        e, e_before = _seen_earlier((records + 2, pages, strata), step)
        o, o_before = _seen_earlier((records, gaps + 2, strata), step)
        left, _ = _seen_earlier((records + 1, strata), 0)
        unmet, _ = _seen_earlier((records + 1, strata), 0)
        for n in part:
            rate, start, pool, claiming = (a[n if a.shape[0] > 1 else 0] for a in given.values())
            e[:] = 0.0
            e[1:-1] = start
            o[:] = 0.0
            o[:, : lapse + 1] = pool[:, : lapse + 1]
            o[:, lapse + 2 : gaps + 1] = pool[:, lapse + 1 :]
            out.claims[n, 0] = claiming
            filled = np.flatnonzero(start.any(axis=(1, 2)) | pool.any(axis=(1, 2)))
            top = max(int(filled[-1]) if filled.size else 0, int(record_after.max(initial=0)))
            months(
                rate, finding_claimant, finding_outside, group, spell, record_after, lapse, step, top,
                start.sum(axis=(0, 1)), pool.sum(axis=0), e, e_before, o, o_before, left, unmet,
                out.claims[n], out.claimants[n], out.new_claims[n], out.flows[n],
            )  # fmt: skip
            if keep_state:
                out.insured[n] = e[1:-1]
                out.outside[n] = np.delete(o[:, : gaps + 1], lapse + 1, axis=1)

    parts = max(1, min(draws, chunks or threads))
    ranges = [range(draws * p // parts, draws * (p + 1) // parts) for p in range(parts)]
    if threads <= 1:
        for part in ranges:
            run(part)
        return out
    with ThreadPoolExecutor(threads) as workers:
        for _ in workers.map(run, ranges):
            pass
    return out


def _check(
    fixed: tuple[NDArray[Any], ...], gaps: int, longest: int, groups: int, records: int, strata: int,
    lapse: int, step: int,
) -> None:  # fmt: skip
    """Shapes and index ranges that compiled code would trust blindly."""
    names = "finding_claimant", "finding_outside", "group", "spell", "record_after"
    shapes = (longest, strata), (gaps, strata), (records,), (groups,), (groups, longest)
    for name, array, shape in zip(names, fixed, shapes, strict=True):
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}; expected {shape}")
    ends = (-1, groups), (0, longest + 1), (0, records)
    for name, array, (low, end) in zip(names[2:], fixed[2:], ends, strict=True):
        if array.size and (array.min() < low or array.max() >= end):
            raise ValueError(f"{name} has values outside {low}..{end - 1}")
    if not 0 <= step <= strata:
        raise ValueError(f"step is {step}; expected 0..{strata}")
    if gaps < lapse + 1:
        raise ValueError(f"outside has {gaps} pages; expected at least lapse + 1 = {lapse + 1}")
    if gaps > lapse + 1 and lapse < 1:
        raise ValueError("pages of those who must requalify need a lapse of at least one month")


def _seen_earlier(shape: tuple[int, ...], step: int) -> tuple[Floats, Floats]:
    """Zeroed rows from a multiple of 64 bytes, and the same cells seen `step` columns earlier (zeros)."""
    size, width = int(np.prod(shape)), shape[-1]
    cells = np.zeros(size + width + 8)
    first = width + (-(cells.ctypes.data // 8 + width)) % 8
    earlier = cells[first - step : first - step + size]
    return cells[first : first + size].reshape(shape), earlier.reshape(shape)
