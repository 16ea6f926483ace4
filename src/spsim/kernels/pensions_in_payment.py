"""Pensions in payment by sex, age and earnings class: indexed every year, ended by death.

Source: Iyer, Actuarial mathematics of social security pensions (1999), ch. 5, (5.19), (5.35).
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from spsim.kernels.wrapping import Floats, check_drawn, check_shape, floats, over_draws

LARGE = 1e200  # stands for infinity where it multiplies an empty cell: 0 × inf is not a number
REASSOCIATE = {"reassoc", "contract", "nsz"}  # sums in vector lanes; NaN and infinity keep their meaning


def _pensions(
    new_heads: Floats, new_amount: Floats, death: Floats, rise: Floats, first_rise: Floats, floor: Floats, cap: Floats,
    heads: Floats, amount: Floats, deaths: Floats,
) -> None:  # fmt: skip
    """One draw of pensions in payment, one annual step after another; see `pay_pensions`. Year 0 is given.

    `rise` (T, S, A) what a pension is multiplied by in the step, by the age at its start; `first_rise` (T,) from the award to its end.
    """
    years, sexes, ages, classes = heads.shape
    for t in range(1, years):
        new_rise = first_rise[t]
        for s in range(sexes):
            for x in range(ages):
                q = death[t, s, x]
                older_rise = rise[t, s, max(x - 1, 0)]
                open_rise = rise[t, s, x]
                for k in range(classes):
                    h = 0.0
                    b = 0.0
                    if x > 0:
                        h = heads[t - 1, s, x - 1, k]
                        b = amount[t - 1, s, x - 1, k] * older_rise
                    if x == ages - 1:
                        h += heads[t - 1, s, x, k]
                        b += amount[t - 1, s, x, k] * open_rise
                    w = new_heads[t, s, x, k]
                    died = q * h
                    h = h + w - died
                    b = b * (1.0 - q) + new_amount[t, s, x, k] * new_rise
                    heads[t, s, x, k] = h
                    amount[t, s, x, k] = max(floor[t] * h, min(cap[t] * h, b))
                    deaths[t, s, x, k] = died


pensions = njit(cache=True, nogil=True, error_model="numpy", fastmath=REASSOCIATE)(_pensions)


class PensionProjection(NamedTuple):
    """Pensions in payment on 1 July of year t, and the pensioners' deaths of the step that ends there."""

    heads: Floats  # (N, T, S, A, K) persons
    amount: Floats  # (N, T, S, A, K) annual rate of all pensions of the cell
    deaths: Floats  # (N, T, S, A, K) persons by age at the end of the step


def pay_pensions(
    *, new_heads: ArrayLike, new_amount: ArrayLike, base_heads: ArrayLike, base_amount: ArrayLike,
    death: ArrayLike, indexation: ArrayLike, floor: ArrayLike, cap: ArrayLike, first_indexation: ArrayLike | None = None,
    threads: int = 1, chunks: int = 0,
) -> PensionProjection:  # fmt: skip
    """Pensions in payment by sex, age and class: heads H and annual amounts B, indexed by β every year.

    New pensions (h, b) are of persons alive at the end of the step, aged x then, who were awarded them in its middle
    (their deaths before are deaths of members, see `project_members`):

        deaths_t(x) = q·H_{t-1}(x-1)
        H_t(x) = H_{t-1}(x-1)·(1-q) + h_t(x)
        B_t(x) = B_{t-1}(x-1)·(1-q)·(1+β) + b_t(x)·(1+β)^½
        B_t(x) = max(floor·H, min(cap·H, B))      floor and cap are annual amounts of a pension

    The last age is open: it also receives its own survivors. The base stock is taken as it is. β may differ by sex and by the age at the
    start of the step, as where a balance is paid out over the years of life left; what a new pension gains from its award to the end of the
    step is then said apart.

    Shapes (N may be 1 where marked *, and N is the largest of them; index t = 0 of the tables is not read):
        new_heads*, new_amount*    (N, T, S, A, K)
        base_heads, base_amount    (S, A, K)
        death*                     (N, T, S, A)
        indexation*                (N, T) or (N, T, S, A)   rate of step t, of those aged x at its start
        first_indexation*          (N, T)              rate from the award to the end of step t; (1+β)^½ − 1 if not given
        floor*, cap*               (T,) or (N, T)      ∓infinity for none
    Raises ValueError where a shape does not fit.
    Source: Iyer (1999) ch. 5; ILO pension model, technical guide.
    """
    base = floats(base_heads)
    if base.ndim != 3:
        raise ValueError(f"base_heads has {base.ndim} axes; expected 3: (S, A, K)")
    rates = floats(indexation)
    years = rates.shape[1] if rates.ndim > 1 else 0
    if first_indexation is None and rates.ndim == 4:
        raise ValueError("first_indexation is missing; indexation by age does not say what new pensions gain")
    first = np.sqrt(1.0 + rates) if first_indexation is None else 1.0 + floats(first_indexation)
    drawn = {
        "new_heads": (floats(new_heads), (years, *base.shape)),
        "new_amount": (floats(new_amount), (years, *base.shape)),
        "death": (floats(death), (years, *base.shape[:2])),
        "indexation": (rates, (years, *base.shape[:2]) if rates.ndim == 4 else (years,)),
        "first_indexation": (first, (years,)),
        "floor": (np.atleast_2d(floats(floor)).clip(-LARGE, LARGE), (years,)),
        "cap": (np.atleast_2d(floats(cap)).clip(-LARGE, LARGE), (years,)),
    }
    draws = check_drawn(drawn)
    check_shape("base_amount", floats(base_amount), base.shape)
    out = PensionProjection(*(np.zeros((draws, years, *base.shape)) for _ in range(3)))
    out.heads[:, 0] = base
    out.amount[:, 0] = base_amount

    def run(n: int) -> None:
        given = {name: array[n % array.shape[0]] for name, (array, _) in drawn.items()}
        rise = 1.0 + given["indexation"]
        by_age = rise if rise.ndim == 3 else np.repeat(rise, base[..., 0].size)
        given["indexation"] = by_age.reshape(years, *base.shape[:2])
        pensions(*given.values(), *(a[n] for a in out))

    over_draws(run, draws, threads, chunks)
    return out
