"""Why expenditure over national income changes: the Ageing Report's decomposition.

Comes in: persons and money by year (..., T). Sources: European Commission and Economic Policy Committee, The 2024 Ageing Report, ch. II.1 and
2021 Ageing Report, ch. II.1 (dependency, coverage, benefit and labour market contributions).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import amounts, divided
from spsim.records import record

PARTS = ("dependency", "coverage", "benefit", "labour_market")


def expenditure_to_gdp(expenditure: ArrayLike, gdp: ArrayLike) -> Array:
    """Expenditure over gross domestic product (..., T); with the State's spending in its place, over government expenditure.

    Unit: share. Formula: B_t / GDP_t. Source: Ageing Report, ch. II.1.
    """
    spent, income = amounts(expenditure=expenditure, gdp=gdp)
    return divided(spent, income, "gdp")


def expenditure_to_government_spending(
    expenditure: ArrayLike, gdp: ArrayLike, government_share: ArrayLike
) -> Array:
    """Expenditure over what the government spends in all, given as a share of gross domestic product (..., T).

    Unit: share. Formula: B_t / (g_t · GDP_t). Source: ILO, Rapid Assessment Protocol (results over government expenditure).
    """
    spent, income, share = amounts(expenditure=expenditure, gdp=gdp, government_share=government_share)
    return divided(spent, income * share, "government spending")


@record(frozen=True)
class ExpenditureParts:
    """The four factors (..., T) whose product is expenditure over gross domestic product."""

    dependency: Array
    coverage: Array
    benefit: Array
    labour_market: Array

    def product(self) -> Array:
        """Expenditure over gross domestic product."""
        return np.asarray(self.dependency * self.coverage * self.benefit * self.labour_market)


def expenditure_parts(
    expenditure: ArrayLike,
    gdp: ArrayLike,
    old: ArrayLike,
    working_age: ArrayLike,
    pensioners: ArrayLike,
    workers: ArrayLike,
) -> ExpenditureParts:
    """Expenditure over gross domestic product as dependency × coverage × benefit × labour market (..., T).

    `old` persons of 65 and over, `working_age` of 20-64, `workers` persons at work, or hours where they are known. Unit: ratios. Formula:
    B/GDP = (old / working age) · (pensioners / old) · (B/pensioners) / (GDP/workers) · (working age / workers). Source: Ageing
    Report 2021, ch. II.1.
    """
    spent, income, aged, adults, heads, work = amounts(
        expenditure=expenditure,
        gdp=gdp,
        old=old,
        working_age=working_age,
        pensioners=pensioners,
        workers=workers,
    )
    average = divided(spent, heads, "pensioners")
    return ExpenditureParts(
        divided(aged, adults, "working_age"),
        divided(heads, aged, "old"),
        divided(average * work, income, "gdp"),
        divided(adults, work, "workers"),
    )


def labour_market_parts(
    working_age: ArrayLike, employed_of_working_age: ArrayLike, workers: ArrayLike, hours: ArrayLike
) -> tuple[Array, Array, Array]:
    """The labour market factor as 1/employment rate × 1/hours per worker × career shift (..., T); `hours` of all workers.

    Unit: ratios. Formula: 20-64 / hours = (20-64 / employed 20-64) · (workers / hours) · (employed 20-64 / workers). Source: Ageing
    Report 2021, ch. II.1.
    """
    adults, employed, work, time = amounts(
        working_age=working_age, employed_of_working_age=employed_of_working_age, workers=workers, hours=hours
    )
    return (
        divided(adults, employed, "employed_of_working_age"),
        divided(work, time, "hours"),
        divided(employed, work, "workers"),
    )


def contributions_to_change(parts: ExpenditureParts, since: int = 0) -> dict[str, Array]:
    """By how much each factor has changed expenditure over GDP since period `since` (..., T), in shares of GDP; they add up exactly.

    Unit: share of GDP (× 100: percentage points). Formula: L(R_t, R_0) · ln(f_t / f_0), L the logarithmic mean (R_t − R_0) / ln(R_t/R_0): no
    interaction term is left. Source: B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33, 2005.
    """
    whole = parts.product()
    if not 0 <= since < whole.shape[-1]:
        raise ValueError(f"since is {since}, past the horizon: the series has {whole.shape[-1]} periods")
    if not (whole > 0).all():
        raise ValueError("expenditure must be above 0 in every period to be decomposed")
    first = whole[..., since, None]
    log = np.log(whole / first)
    small = np.abs(log) < 1e-12
    mean = np.where(small, (whole + first) / 2, (whole - first) / np.where(small, 1.0, log))
    factors = {name: getattr(parts, name) for name in PARTS}
    return {name: mean * np.log(factor / factor[..., since, None]) for name, factor in factors.items()}
