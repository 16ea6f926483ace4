"""What is owed to whom: accrued, closed-group and open-group liabilities, and the actuarial balance sheet.

Comes in: expenditure and contributions of groups of persons by year (..., T) from the valuation date, and the reserve. Sources: Iyer 1999,
§1.13; R. Holzmann, R. Palacios and A. Zviniene, Implicit pension debt, World Bank 2004 (three definitions); Office of the Chief Actuary,
Canada, actuarial study 21 (closed and open group balance sheets).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spsim.arrays import Array
from spsim.financing.series import MIDDLE, amounts, divided, number, present_value


def accrued_liability(
    pensions_in_payment: ArrayLike, accrued_rights: ArrayLike, interest: ArrayLike, timing: float = MIDDLE
) -> Array:
    """Termination liability: pensions in payment and the rights that members had earned on the valuation date, if nobody pays on (...).

    Unit: currency. Formula: PV(pensions in payment) + PV(benefits of rights earned so far). Source: Holzmann et al. 2004, "accrued-to-date
    liabilities".
    """
    paid, due = amounts(pensions_in_payment=pensions_in_payment, accrued_rights=accrued_rights)
    return present_value(paid + due, interest, timing)


def closed_group_liability(
    expenditure: ArrayLike,
    contributions: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """What all benefits of present members and pensioners, future service included, cost beyond their own contributions and the reserve (...).

    Unit: currency. Formula: PV(B1) − PV(C1) − V_0; below 0 a surplus. Source: Holzmann et al. 2004, "current workers' and pensioners'
    liabilities"; Canada, study 21.
    """
    return _unfunded(expenditure, contributions, interest, opening_reserve, timing)


def open_group_liability(
    expenditure: ArrayLike,
    contributions: ArrayLike,
    interest: ArrayLike,
    opening_reserve: ArrayLike = 0.0,
    timing: float = MIDDLE,
) -> Array:
    """The same for everyone, those who are yet to join included, over the period of the series (...): the unfunded obligation.

    Unit: currency. Formula: PV(B) − PV(C) − V_0. Source: Trustees Report, "Open group unfunded obligation"; Canada, study 21.
    """
    return _unfunded(expenditure, contributions, interest, opening_reserve, timing)


def _unfunded(
    expenditure: ArrayLike, contributions: ArrayLike, interest: ArrayLike, reserve: ArrayLike, timing: float
) -> Array:
    spent, paid = amounts(expenditure=expenditure, contributions=contributions)
    return np.asarray(present_value(spent - paid, interest, timing) - number("opening_reserve", reserve))


def funded_ratio(reserve: ArrayLike, liability: ArrayLike) -> Array:
    """Reserve over a liability (...): 1 is full funding.

    Unit: ratio. Formula: V / L. Source: Iyer 1999, §1.13.
    """
    return divided(number("reserve", reserve), number("liability", liability), "liability")


@dataclass(frozen=True)
class BalanceSheet:
    """Actuarial balance sheet: both sides by name in currency; `deficit` (below 0 a surplus) is the asset that makes them equal."""

    assets: dict[str, float]
    liabilities: dict[str, float]

    @property
    def deficit(self) -> float:
        """Liabilities less assets."""
        return sum(self.liabilities.values()) - sum(self.assets.values())

    @property
    def funded_ratio(self) -> float:
        """Assets over liabilities; ValueError without liabilities."""
        return float(funded_ratio(sum(self.assets.values()), sum(self.liabilities.values())))


def actuarial_balance_sheet(
    opening_reserve: float,
    contributions: Mapping[str, ArrayLike],
    expenditure: Mapping[str, ArrayLike],
    interest: ArrayLike,
    timing: float = MIDDLE,
) -> BalanceSheet:
    """Assets (reserve, value of contributions by group) against liabilities (value of expenditure by group).

    Give the groups of present members for the closed group, and new entrants too for the open group. Unit: currency. Formula: V_0 +
    Σ PV(C_g) + deficit = Σ PV(B_g). Source: Canada, study 21; Iyer 1999, §1.13.
    """
    assets = {"reserve": float(number("opening_reserve", opening_reserve))}
    for name, flows in contributions.items():
        assets[f"contributions of {name}"] = float(present_value(flows, interest, timing))
    owed = {
        f"benefits of {name}": float(present_value(flows, interest, timing))
        for name, flows in expenditure.items()
    }
    return BalanceSheet(assets, owed)
