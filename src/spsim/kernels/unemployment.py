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

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Rows of `rates` (draws, months, 10 + 2 for each further cause of separation, strata)
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
RATES = 10  # from here on: share of separations and take-up of the second cause, of the third ...

# Rows of `flows` (draws, months, 12, strata)
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
TERMINATIONS = 10  # claims ended for another reason than work, exit or exhaustion
LONG_RECORDS = 11  # stock: insured with at least `long_record` months
FLOWS = 12

# Rows of the weights of a month
KEEP, ARRIVE, LIVE, STAY, LEAVE, HOLD, DRAWN, WEIGHTS = range(8)

CONTRACT = {"contract", "nsz"}  # fused multiply-add; NaN, infinity and the order of sums keep their meaning


def _months(
    rates: Floats, finding_claimant: Floats, finding_outside: Floats, finding_former: Floats, kind: Integers,
    members: Integers, opening: Integers, may_claim: Floats, allowed: Floats, over: Floats, ending: Floats,
    spell: Integers, record_after: Integers, page_after: Integers, page_former: Integers, lapse: Integers, gaps: int,
    again: Integers, short: Integers, restart: bool, first: Integers, ends: Integers, long_records: Integers, step: int,
    top: int, insured: Floats, outside: Floats,
    e: Floats, e_before: Floats, o: Floats, o_before: Floats, left: Floats, unmet: Floats,
    claims: Floats, former: Floats, claimants: Floats, new_claims: Floats, flows: Floats,
) -> None:  # fmt: skip
    """All months of one draw; see `project` for the recurrence.

    e (C+3, Q, H): record c in row c + 1; row 0 is empty, row C + 2 takes what goes past C and is folded back.
    o (C+1, G+U+2, H): the pages of O[c], then a page that takes what goes past the open page, the pages of
    U[c], and a page that takes what goes past those; both are folded into the open page.
    e_before, o_before: the same cells seen `step` strata earlier; where that reaches into the row before, the
    weight is zero. left, unmet (C+2, H): work. insured (H), outside (G+U, H): the same persons summed over
    records; they follow the same weights, so that next month's total is known before the cells are.
    Records above `top` are empty and are skipped. lapse, again, short, first (C+1): what holds in each record cell;
    ends (B): cells whose records go no further, so that what comes into the next cell is folded back.
    kind (C+1): records at separation that open the same groups; members (kinds, causes) those groups or -1;
    opening (kinds): row of may_claim (rows, causes, H), the share that may claim. former (K, D, H) is D.
    """
    months, strata = flows.shape[0], flows.shape[2]
    full, last, pages = e.shape[1] - 1, o.shape[0] - 1, outside.shape[0]
    below = max(full - 1, 0)
    two = 1.0 if full > 0 else 0.0
    landing = gaps if pages > gaps else gaps - 1
    slots, groups, longest = claims.shape[0], claims.shape[1], claims.shape[2]
    kinds, causes, openings, barred = members.shape[0], members.shape[1], may_claim.shape[0], former.shape[1]
    weight = np.zeros((WEIGHTS, strata))
    claim = np.zeros((causes, strata))
    leave_open = np.zeros((openings, strata))
    enter = np.zeros((pages, strata))
    remain = np.zeros((pages, strata))
    entrants = np.zeros(strata)
    qualified = np.zeros((kinds, strata))
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
            for j in range(kinds):
                qualified[j, h] = 0.0
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
                    found += x * live * min(1.0, finding_claimant[k, m, h] * rate[FINDING, h]) * work
                for m in range(barred):
                    x = former[k, m, h] * keep + former[k, m, before] * arrive
                    f = min(1.0, finding_former[m, h] * rate[FINDING, h]) * work
                    stock += former[k, m, h]
                    persons += x
                    found += x * live * f
                    pool += x * live * (1.0 - f)
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
            weight[HOLD, h] = hold
            weight[DRAWN, h] = share
            for b in range(causes):
                row = COVERED if b == 0 else RATES + 2 * b - 2
                claim[b, h] = live * lose * rate[row, h] * rate[row + 1, h]
            for i in range(openings):
                claiming = 0.0
                for b in range(causes):
                    claiming += claim[b, h] * may_claim[i, b, h]
                leave_open[i, h] = weight[LEAVE, h] - claiming
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
            flow[TERMINATIONS, h] = 0.0
            flow[LONG_RECORDS, h] = 0.0
        for c in long_records:
            if c <= top:
                for p in range(full + 1):
                    for h in range(strata):
                        flow[LONG_RECORDS, h] += e[c + 1, p, h]

        # The insured: record d - 1 becomes d, page p becomes p + 1, from the highest record down
        for d in range(top + 1, -1, -1):
            j = kind[min(d, last)]
            i = opening[j]
            start = again[min(d, last)]
            need = full + 1.0 - start
            near = (need - 1.0) / need
            for h in range(strata):
                x = e[d, full, h] * weight[KEEP, h] + e_before[d, full, h] * weight[ARRIVE, h]
                y = two * (e[d, below, h] * weight[KEEP, h] + e_before[d, below, h] * weight[ARRIVE, h])
                qualified[j, h] += x
                left[d, h] = x * leave_open[i, h] + y * weight[LEAVE, h] * near
                unmet[d, h] = y * weight[LEAVE, h] * (1.0 - near)
                e[d + 1, full, h] = (x + y) * weight[STAY, h]
            for p in range(full - 1):
                earned = max(p + 1.0 - start, 0.0) / need
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
        for b in ends:
            if b <= top:
                for h in range(strata):
                    left[b, h] += left[b + 1, h]
                    unmet[b, h] += unmet[b + 1, h]
                    left[b + 1, h] = 0.0
                    unmet[b + 1, h] = 0.0
                for p in range(full + 1):
                    for h in range(strata):
                        e[b + 1, p, h] += e[b + 2, p, h]
                        e[b + 2, p, h] = 0.0
        top = min(top + 1, last)
        for c in range(top + 1):
            if lapse[c] == 0:  # whoever leaves must requalify
                for h in range(strata):
                    left[c, h] += unmet[c, h]
                    unmet[c, h] = 0.0
            if restart and first[c] < c:  # the record begins anew
                for h in range(strata):
                    left[first[c], h] += left[c, h]
                    unmet[first[c], h] += unmet[c, h]
                    left[c, h] = 0.0
                    unmet[c, h] = 0.0

        # Those outside: gap g becomes g + 1, from the longest down, in both parts
        for g in range(pages):
            for h in range(strata):
                outside[g, h] = 0.0
        for c in range(top + 1):
            for i in range(pages):
                g = pages - 1 - i
                row = g + 1 if g >= gaps else g
                q = short[c] if g < lapse[c] else again[c]
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

        # Former claimants who may not claim again yet: month m since the claim began becomes m + 1
        for k in range(groups):
            for i in range(barred):
                m = barred - 1 - i
                c = record_after[k, longest - 1]
                gap = min(m + 1, gaps - 1)
                for h in range(strata):
                    h_now = (
                        strata - 1 - h
                    )  # from the last stratum down: the one before has not been overwritten
                    x = former[k, m, h_now] * weight[KEEP, h_now]
                    x += former[k, m, max(h_now - step, 0)] * weight[ARRIVE, h_now]
                    x *= weight[LIVE, h_now]
                    f = min(1.0, finding_former[m, h_now] * rate[FINDING, h_now])
                    f *= rate[INSURED, h_now] * weight[HOLD, h_now]
                    back = x * (f + (1.0 - f) * weight[DRAWN, h_now])
                    e[c + 1, page_former[k, m], h_now] += back
                    former[k, m, h_now] = 0.0
                    if m + 1 < barred:
                        former[k, m + 1, h_now] = x - back
                    else:
                        o[c, gap, h_now] += x - back
                        outside[gap, h_now] += x - back

        # Claimants: month of claim m + 1 becomes m + 2, or the claim ends
        for k in range(groups):
            for m in range(longest):
                for h in range(strata):
                    after[k, m, h] = 0.0
        for j in range(kinds):
            for b in range(causes):
                k = members[j, b]
                if k >= 0:
                    row = COVERED if b == 0 else RATES + 2 * b - 2
                    for h in range(strata):
                        x = qualified[j, h] * allowed[k, h]
                        after[k, 0, h] += x * claim[b, h]
                        flow[QUALIFIED, h] += x * weight[LIVE, h] * rate[SEPARATION, h] * rate[row, h]
        for k in range(groups):
            for m in range(spell[k]):
                c = record_after[k, m]
                q = page_after[k, m]
                gap = min(m + 1, gaps - 1)
                month = min(m + 1, longest - 1)
                stays = 1.0 - ending[m]
                for h in range(strata):
                    x = now[k, m, h] * weight[KEEP, h] + now[k, m, max(h - step, 0)] * weight[ARRIVE, h]
                    x *= weight[LIVE, h]
                    f = x * min(1.0, finding_claimant[k, m, h] * rate[FINDING, h])
                    returned = f * rate[INSURED, h] * weight[HOLD, h]
                    ended = f * (1.0 - rate[INSURED, h])
                    x -= returned + ended
                    exhausted = x * over[k, m, h]
                    stay = (x - exhausted) * stays
                    flow[REEMPLOYED, h] += returned + ended
                    flow[EXHAUSTIONS, h] += exhausted
                    flow[TERMINATIONS, h] += x - exhausted - stay
                    after[k, month, h] += stay
                    e[c + 1, q, h] += returned
                    ended += x - stay
                    if m + 1 < barred:
                        former[k, m + 1, h] += ended
                    else:
                        o[c, gap, h] += ended
                        outside[gap, h] += ended


months = njit(cache=True, nogil=True, fastmath=CONTRACT)(_months)


class Projection(NamedTuple):
    """Persons by month, and the state after the last month; see `project`."""

    claims: Floats  # (N, S, K, M, H)
    claimants: Floats  # (N, T, M, H)
    new_claims: Floats  # (N, T, K, H)
    flows: Floats  # (N, T, 12, H)
    insured: Floats  # (N or 0, C+1, Q, H)
    outside: Floats  # (N or 0, C+1, G+U, H)
    former: Floats  # (N or 0, K, D, H)


def project(
    rates: Floats, finding_claimant: Floats, finding_outside: Floats, group: Integers, spell: Integers,
    record_after: Integers, lapse: int | Integers, step: int, insured: Floats, outside: Floats, claims: Floats, *,
    former: Floats | None = None, finding_former: Floats | None = None, allowed: Floats | None = None,
    ending: Floats | None = None, again: int | Integers = 0, short: int | Integers | None = None, gaps: int | None = None,
    between: int = 0, restart: bool = False, ends: Sequence[int] = (), long_record: int = -1,
    keep_claims: bool = True, keep_state: bool = True, threads: int = 1, chunks: int = 0,
) -> Projection:  # fmt: skip
    """Insured, outside and claiming persons month by month.

    State at the start of month t, persons by stratum h; c = 0..C months credited, the last cell open:
      E[c, p]  insured. In page p = Q-1 the window rule is met as soon as c >= required; who came back after too
               long a gap starts in page A (`again`) and must earn R = Q - A = max(required, 1) months first, who
               came back soon after a claim starts in a page below the last one, so that `between` months pass
      O[c, g]  outside insured work without benefit, g = 0..G-1 completed months since the last insured month
               (of former claimants since the separation that led to the claim), the last open; G > lapse
      U[c, g]  the same, g = 0..U-1, of those who must requalify whatever the gap; from g = U on they are
               counted in O[c, G-1]. Exact if the chance of finding work no longer changes from g = U on
      B[k, m]  claimants of group k in month m + 1 of their claim
      D[k, m]  former claimants outside insured work whose claim began m months ago, m < D = between - 2

    During month t all E contribute and B are in month m + 1. At its end, in this order:
      ageing   A(v)[h] = (1 - a[h])·v[h] + a[h-step]·v[h-step], of every stock; then all by the new stratum
      exits    a share x of every stock leaves the model
      work     E credit one month. A share s separates, v_b of them for cause b. Of E[c, Q-1] with
               group[b, c+1] = k >= 0 a share v_b·u_b·allowed[k] enters B[k, 0]; all others of E[c, Q-1] go to
               O[c+1, 0]; of E[c, p] with p < Q-1 a share max(p+1-A, 0)/R goes to O[c+1, 0], the rest to
               U[c+1, 0] (to O if lapse = 0). Who stays: E[c+1, min(p+1, Q-1)]. With `restart` leavers keep 0
      finding  f = min(1, multiplier·base), base by months since separation. Of O, U and D a share f·i finds
               insured work; the others stay (uninsured workers are counted here, and their gap goes on). Of B
               a share f·i finds insured work, f·(1-i) other work; of the rest those whose spell is over exhaust,
               a share ending[m] of the others is ended, and all others go on to month m + 2. Back in insured
               work after a gap of up to `lapse` = window - required months, one is in E[c, S], S = `short`: Q-1,
               or lower where the last months must be consecutive; from U or after a longer gap in E[c, A]; from B
               and D n months after the claim began in page Q-1-(between-n-1) at most. Claims that end outside
               insured work lead to D[k, m+1], or to O[c, m+1] where D does not reach; D ends there too. Former
               claimants have the record c = record_after[k, m]
      target   next month's insured I are given. V = I - (stayers + finders of insured work).
               V >= 0: min(share·V, limit·pool) are drawn from the pool of those who were in O, U and D in this
               month and still are, in proportion to its cells; the rest are new entrants in E[0, Q-1]
               V < 0: stayers and finders are scaled by hold = I / (stayers + finders). Stayers above it go
               outside without claim; finders above it go on searching or claiming
    Balance of a month, over all strata: Σ(E+O+U+B+D) + entrants - exits = the same of the next month.

    N draws, T months, H strata (a multiple of 8 is fastest), K groups of claims of one cause, equal length and
    record left, M months of the longest claim, X causes. A first axis N* may be 1. Chances are monthly.
      rates             (N*, T, 8+2X, H)     rows by the constants of this module; TARGET in persons
      finding_claimant  (M, H) or (K, M, H)  chance of finding work in month m + 1 of the claim
      finding_outside   (G+U, H)             the same by gap, of O and then of U
      finding_former    (D, H)               the same of D
      group             (X, C+1) or (C+1,)   by record at separation, -1 where nothing is due
      spell             (K,) or (K, H)       months of claim, waiting included
      allowed           (K, H)               share of those with an entitlement who may claim, 1 by default
      ending            (M,)                 share of claims ended in month m + 1, 0 by default
      record_after      (K, M)               record left to one whose claim ended in month m + 1
      insured           (N*, C+1, Q, H)      E at the start
      outside           (N*, C+1, G+U, H)    O and then U at the start
      claims            (N*, K, M, H)        B at the start
      former            (N*, K, D, H)        D at the start, nobody by default
    AGEING must be zero in the last `step` strata; who leaves them belongs to EXIT.
    Where the law goes by the number of the claim, c = 0..C holds one record after the other: of those who never
    claimed, of those who claimed once ... `ends` are the open last cells of all but the last of them; the cell after
    each stays empty. record_after leads into the next one. lapse, again, short may then differ by cell, (C+1,).
    Result: `claims` holds B of month t in slot t mod S, S = T + 1, or 2 without `keep_claims`; `claimants` by
    month of claim over all groups; `new_claims` those in their first month by group; `flows` stocks at the
    start of month t and flows at its end, LONG_RECORDS counted from `long_record` months on if that is not
    below 0; `insured`, `outside`, `former` after the last month (first axis 0 without `keep_state`). `threads`
    and `chunks` divide the draws and do not change a bit of it. Raises ValueError where a shape does not fit.
    """
    given = {"rates": rates, "insured": insured, "outside": outside, "claims": claims}
    strata, (groups, longest) = rates.shape[-1], record_after.shape
    barred = max(between - 2, 0)
    given["former"] = np.zeros((1, groups, barred, strata)) if former is None else former
    given = {name: np.ascontiguousarray(a, dtype=np.float64) for name, a in given.items()}
    law = _law(
        group, spell, record_after, allowed, ending, finding_claimant, finding_outside, finding_former, barred
    )
    (_, time, _, strata), (_, records, pages, _) = given["rates"].shape, given["insured"].shape
    rows = given["outside"].shape[2]
    (lapse, again, back), first = _cells(records, pages, lapse, again, short), _first(records, ends)
    gaps = int(lapse.max()) + 1 if gaps is None else gaps
    draws = max(a.shape[0] for a in given.values())
    tails = (
        (time, RATES + 2 * law.members.shape[1] - 2, strata), (records, pages, strata), (records, rows, strata),
        (groups, longest, strata), (groups, barred, strata),
    )  # fmt: skip
    for (name, array), tail in zip(given.items(), tails, strict=True):
        if array.shape not in {(1, *tail), (draws, *tail)}:
            raise ValueError(f"{name} has shape {array.shape}; expected (1 or {draws}, *{tail})")
    _check(law, group, rows, gaps, longest, groups, records, pages, strata, lapse, step, again, back, barred)
    page_after, page_former = (
        _pages_of(law.record_after[:, -1], pages - 1, again, back, lapse, between, count)
        for count in (longest, barred)
    )
    counted = np.array([c for c in range(records) if 0 <= long_record <= c - first[c]], dtype=np.int64)
    folded = np.array(ends, dtype=np.int64)
    law.kind[folded + 1] = law.kind[
        folded
    ]  # who separates there is in the open cell once the month is credited
    out = Projection(
        np.zeros((draws, time + 1 if keep_claims else 2, groups, longest, strata)),
        np.zeros((draws, time, longest, strata)), np.zeros((draws, time, groups, strata)),
        np.zeros((draws, time, FLOWS, strata)),
        np.zeros((draws if keep_state else 0, records, pages, strata)),
        np.zeros((draws if keep_state else 0, records, rows, strata)),
        np.zeros((draws if keep_state else 0, groups, barred, strata)),
    )  # fmt: skip

    def run(part: range) -> None:
        e, e_before = _seen_earlier((records + 2, pages, strata), step)
        o, o_before = _seen_earlier((records, rows + 2, strata), step)
        left, _ = _seen_earlier((records + 1, strata), 0)
        unmet, _ = _seen_earlier((records + 1, strata), 0)
        for n in part:
            rate, start, pool, claiming, waiting = (a[n if a.shape[0] > 1 else 0] for a in given.values())
            e[:] = 0.0
            e[1:-1] = start
            o[:] = 0.0
            o[:, :gaps] = pool[:, :gaps]
            o[:, gaps + 1 : rows + 1] = pool[:, gaps:]
            out.claims[n, 0] = claiming
            resting = waiting.copy()
            filled = np.flatnonzero(start.any(axis=(1, 2)) | pool.any(axis=(1, 2)))
            top = max(int(filled[-1]) if filled.size else 0, int(record_after.max(initial=0)))
            months(
                rate, law.finding_claimant, law.finding_outside, law.finding_former, law.kind, law.members,
                law.opening, law.may_claim, law.allowed, law.over, law.ending, law.spell, law.record_after,
                page_after, page_former, lapse, gaps, again, back, restart, first, folded, counted, step, top,
                start.sum(axis=(0, 1)), pool.sum(axis=0), e, e_before, o, o_before, left, unmet,
                out.claims[n], resting, out.claimants[n], out.new_claims[n], out.flows[n],
            )  # fmt: skip
            if keep_state:
                out.insured[n] = e[1:-1]
                out.outside[n] = np.delete(o[:, : rows + 1], gaps, axis=1)
                out.former[n] = resting

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


class _Law(NamedTuple):
    """The law as the compiled months read it; see `_months`."""

    finding_claimant: Floats
    finding_outside: Floats
    finding_former: Floats
    kind: Integers
    members: Integers
    opening: Integers
    may_claim: Floats
    allowed: Floats
    over: Floats
    ending: Floats
    spell: Integers
    record_after: Integers


def _law(
    group: Integers, spell: Integers, record_after: Integers, allowed: Floats | None, ending: Floats | None,
    finding_claimant: Floats, finding_outside: Floats, finding_former: Floats | None, barred: int,
) -> _Law:  # fmt: skip
    """Records that open the same groups are of one kind; kinds where the same shares may claim share one row."""
    (groups, longest), strata = record_after.shape, finding_claimant.shape[-1]
    groups_of = np.atleast_2d(np.ascontiguousarray(group, dtype=np.int64))
    members, kind = np.unique(groups_of.T, axis=0, return_inverse=True)
    shares = np.ones((groups, strata)) if allowed is None else np.ascontiguousarray(allowed, dtype=np.float64)
    padded = np.concatenate([shares, np.zeros((1, strata))])
    opened = (
        padded[members] if members.size and members.max() < groups else np.zeros((*members.shape, strata))
    )
    may_claim, opening = np.unique(opened.reshape(len(opened), -1), axis=0, return_inverse=True)
    lengths = np.asarray(spell, dtype=np.int64)
    by_stratum = lengths[:, None] if lengths.ndim == 1 else lengths
    over = np.arange(1, longest + 1)[None, :, None] >= by_stratum[:, None, :]
    ended = np.zeros(longest) if ending is None else np.ascontiguousarray(ending, dtype=np.float64)
    resting = np.zeros((barred, strata)) if finding_former is None else finding_former
    chance = np.asarray(finding_claimant, dtype=np.float64)
    return _Law(
        np.ascontiguousarray(np.repeat(chance[None], groups, axis=0) if chance.ndim == 2 else chance),
        np.ascontiguousarray(finding_outside, dtype=np.float64),
        np.ascontiguousarray(resting, dtype=np.float64), kind.reshape(-1).astype(np.int64), members,
        opening.reshape(-1).astype(np.int64), may_claim.reshape(-1, *opened.shape[1:]), shares,
        np.array(np.broadcast_to(over, (groups, longest, strata)), dtype=np.float64), ended,
        by_stratum.max(axis=1, initial=0), np.ascontiguousarray(record_after, dtype=np.int64),
    )  # fmt: skip


def _cells(
    records: int, pages: int, lapse: int | Integers, again: int | Integers, short: int | Integers | None
) -> tuple[Integers, Integers, Integers]:
    """lapse, again and short of every record cell (C+1,)."""
    given = (lapse, again, pages - 1 if short is None else short)
    found = [
        np.array(np.broadcast_to(np.asarray(value, dtype=np.int64), (records,))) for value in given
    ]  # a copy, as compiled code wants whole rows
    return found[0], found[1], found[2]


def _first(records: int, ends: Sequence[int]) -> Integers:
    """The cell (C+1,) at which the record of each cell begins: two after the end of the one before."""
    starts = np.array([0, *(end + 2 for end in ends)], dtype=np.int64)
    if (np.diff(starts) < 2).any() or starts[-1] > records - 1:
        raise ValueError(
            f"ends are {tuple(ends)}; expected cells in ascending order, the last below {records - 2}"
        )
    return np.asarray(starts[np.searchsorted(starts, np.arange(records), side="right") - 1])


def _pages_of(
    after: Integers, full: int, again: Integers, short: Integers, lapse: Integers, between: int, count: int
) -> Integers:
    """`_pages` (K, count) of claims that leave the record `after` (K,)."""
    rows = [_pages(full, int(again[c]), int(short[c]), int(lapse[c]), between, count) for c in after]
    return np.array(rows, dtype=np.int64).reshape(len(after), count)


def _pages(full: int, again: int, short: int, lapse: int, between: int, count: int) -> Integers:
    """Page of one who is back in insured work m + 1 months after the separation that led to a claim, m = 0..count-1."""
    months_since = np.arange(1, count + 1)
    by_gap = np.where(months_since <= lapse, short, again)
    return np.clip(np.minimum(by_gap, full - (between - months_since - 1)), 0, full).astype(np.int64)


def _check(
    law: _Law, group: Integers, rows: int, gaps: int, longest: int, groups: int, records: int, pages: int, strata: int,
    lapse: Integers, step: int, again: Integers, short: Integers, barred: int,
) -> None:  # fmt: skip
    """Shapes and index ranges that compiled code would trust blindly."""
    shapes = {
        "finding_claimant": (groups, longest, strata), "finding_outside": (rows, strata),
        "finding_former": (barred, strata), "kind": (records,), "spell": (groups,), "allowed": (groups, strata),
        "ending": (longest,), "record_after": (groups, longest),
    }  # fmt: skip
    for name, shape in shapes.items():
        if getattr(law, name).shape != shape:
            called = "group" if name == "kind" else name
            raise ValueError(f"{called} has shape {getattr(law, name).shape}; expected {shape}")
    ends = {"group": (np.asarray(group), -1, groups), "spell": (law.spell, 0, longest + 1)}
    ends["record_after"] = (law.record_after, 0, records)
    for name, (array, low, end) in ends.items():
        if array.size and (array.min() < low or array.max() >= end):
            raise ValueError(f"{name} has values outside {low}..{end - 1}")
    if not 0 <= step <= strata:
        raise ValueError(f"step is {step}; expected 0..{strata}")
    for name, page in (("again", again), ("short", short)):
        if page.min() < 0 or page.max() >= pages:
            raise ValueError(f"{name} is {page.min()}..{page.max()}; expected 0..{pages - 1}")
    if lapse.min() < 0 or not lapse.max() < gaps <= rows:
        raise ValueError(
            f"outside has {rows} pages; expected at least {gaps}, more than lapse = {lapse.max()}"
        )
    if rows > gaps and lapse.max() < 1:
        raise ValueError("pages of those who must requalify need a lapse of at least one month")


def _seen_earlier(shape: tuple[int, ...], step: int) -> tuple[Floats, Floats]:
    """Zeroed rows from a multiple of 64 bytes, and the same cells seen `step` columns earlier (zeros)."""
    size, width = int(np.prod(shape)), shape[-1]
    cells = np.zeros(size + width + 8)
    first = width + (-(cells.ctypes.data // 8 + width)) % 8
    earlier = cells[first - step : first - step + size]
    return cells[first : first + size].reshape(shape), earlier.reshape(shape)
