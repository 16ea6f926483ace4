"""Accounts rounded so that they add up exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spsim.records import record

Floats = NDArray[np.float64]
OPENING, CLOSING = "opening_reserve", "closing_reserve"


class AccountsError(ValueError):
    """Flows that cannot be kept: not finite, of different lengths, too large."""


@record(frozen=True)
class BalancedAccounts:
    """Reserves and signed flows of one fund over years [T], each a whole number of `unit`."""

    unit: float
    opening: Floats
    flows: dict[str, Floats]
    closing: Floats

    def rows(self, fund: str, years: Sequence[int] | NDArray[Any]) -> dict[str, list[Any]]:
        """Columns of the table `accounts` for this fund: opening reserve, every flow, closing reserve."""
        items = {OPENING: self.opening, **self.flows, CLOSING: self.closing}
        count = len(self.opening)
        if len(years) != count:
            raise AccountsError(f"fund {fund}: {len(years)} years given for {count} years of accounts")
        return {
            "fund": [fund] * (count * len(items)),
            "year": [int(year) for year in years for _ in items],
            "item": list(items) * count,
            "amount": np.column_stack(list(items.values())).ravel().tolist(),
        }


def balanced_accounts(
    opening: float,
    flows: Mapping[str, ArrayLike],
    emptied: tuple[str, NDArray[np.bool_]] | None = None,
) -> BalancedAccounts:
    """Round a fund's accounts to one unit, so that opening reserve + signed flows = closing reserve exactly.

    Each flow is rounded to the nearest unit, and the reserves are the running sums of the rounded flows:

        V_0 = round(opening),   V_{t+1} = V_t + sum_i round(F_i,t),   opening_{t+1} = closing_t

    computed in whole numbers of the unit. The reserve differs from the unrounded one by at most half a
    unit per flow and year, and nothing has to be hidden in a "rounding" item.

    The unit is a power of ten chosen once for the fund, from the largest year's sum of absolute amounts S:

    - S below 10^9: twelve significant digits of S (three decimals or more). A decimal fraction is not exact
      in binary, so a reader who sums floats must round to the unit; one who sums decimals need not.
    - S from 10^9 to 2^53 (9.0e15): whole currency units. Exact in decimals and in floats, in any order.
    - S above 2^53: 10^k with S / 2^k <= 2^53, because n * 10^k = (n * 5^k) * 2^k is exact in binary as long
      as n * 5^k < 2^53. At 10^17 the unit is 10^4, at 10^18 it is 10^7. Exact in decimals and in floats.

    `opening` is the reserve at the start of the first year, `flows` maps an item to its amounts [T], income
    positive, expenditure negative. `emptied` names the item that keeps the reserve from falling below 0, and the
    years that it closes at 0: it takes the rounding of these years too. Raises `AccountsError` for numbers that
    are not finite, for S above 10^20 and for a flow that bears the name of a reserve.
    """
    arrays = _flow_arrays(opening, flows)
    net = np.sum(list(arrays.values()), axis=0)
    closing = opening + np.cumsum(net)
    before = np.concatenate([[opening], closing[:-1]])
    gross = np.abs(before) + np.abs(closing) + np.sum(np.abs(list(arrays.values())), axis=0)
    exponent = unit_exponent(1.01 * float(gross.max(initial=0.0)))
    units = {item: _to_units(values, exponent) for item, values in arrays.items()}
    first = _to_units(np.array([opening]), exponent)
    if emptied is not None:
        item, years = emptied
        units[item] += _to_zero(int(first[0]), np.sum(list(units.values()), axis=0), years)
    path = np.concatenate([first, first + np.cumsum(np.sum(list(units.values()), axis=0))])
    rounded = {item: _from_units(values, exponent) for item, values in units.items()}
    reserve = _from_units(path, exponent)
    return BalancedAccounts(10.0**exponent, reserve[:-1], rounded, reserve[1:])


def _to_zero(opening: int, net: NDArray[np.int64], years: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Units to add in each year, so that the reserve closes at exactly 0 in the given ones and never below."""
    added, reserve = np.zeros_like(net), opening
    for t, (change, empty) in enumerate(zip(net, years, strict=True)):
        reserve += int(change)
        if empty or reserve < 0:
            added[t], reserve = -reserve, 0
    return added


def unit_exponent(total: float) -> int:
    """The power of ten of the unit in which a fund that moves `total` in its largest year is kept."""
    if not total <= 1e20:
        raise AccountsError(
            f"accounts reach {total:.3g} currency units, more than 1e20: express the currency in thousands"
        )
    if total >= 2**53:
        return math.ceil(math.log2(total) - 53)
    if total >= 1e9:
        return 0
    return max(-12, math.floor(math.log10(max(total, 1e-12))) - 11)


def _flow_arrays(opening: float, flows: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Flows as float arrays of one length, checked."""
    arrays = {item: np.atleast_1d(np.asarray(values, dtype=np.float64)) for item, values in flows.items()}
    if not arrays or len({values.shape for values in arrays.values()}) != 1:
        raise AccountsError("accounts need at least one flow, and all flows must cover the same years")
    for item, values in {OPENING: np.array([opening]), **arrays}.items():
        if not np.isfinite(values).all():
            raise AccountsError(f"accounts: {item} holds a number that is not finite")
    for item in (OPENING, CLOSING):
        if item in arrays:
            raise AccountsError(f"accounts: {item} is a reserve and cannot be a flow as well")
    return arrays


def _to_units(values: Floats, exponent: int) -> NDArray[np.int64]:
    scaled = values / 10.0**exponent if exponent >= 0 else values * 10.0**-exponent
    return np.rint(scaled).astype(np.int64)


def _from_units(units: NDArray[np.int64], exponent: int) -> Floats:
    if exponent >= 0:
        return np.multiply(units, 10.0**exponent, dtype=np.float64)
    return np.divide(units, 10.0**-exponent, dtype=np.float64)
