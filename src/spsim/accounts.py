"""Money year by year: contributions, benefits, administration, investment, reserve.

Comes in: persons and rights in money by scheme (`Income` and `Outgo` per fund). Goes out: signed flows per fund, with
opening reserve + flows = closing reserve to the last digit. Called by `run`; read by `indicators` and `results`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spsim.arrays import Array
from spsim.balancing import BalancedAccounts, balanced_accounts
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.scenario import Fund

STATE = "contributions_state"


@dataclass(frozen=True)
class Flows:
    """What a fund receives and pays in each year (T,), before administration and investment.

    `state_while_below`: the State's contribution is paid only while the reserve is below so many times the year's benefits.
    """

    contributions: dict[str, Array] = field(default_factory=dict)
    benefits: dict[str, Array] = field(default_factory=dict)
    state_while_below: float | None = None


@dataclass(frozen=True)
class Account:
    """One fund: signed flows and reserves (T,), rounded so that they add exactly."""

    fund: str
    years: Array
    balanced: BalancedAccounts

    @property
    def opening(self) -> Array:
        """Reserve on 1 January (T,)."""
        return self.balanced.opening

    @property
    def closing(self) -> Array:
        """Reserve on 31 December (T,)."""
        return self.balanced.closing

    def of(self, prefix: str) -> Array:
        """Sum of the items whose names begin with `prefix`, positive."""
        return np.asarray(
            abs(
                sum(
                    (values for name, values in self.balanced.flows.items() if name.startswith(prefix)),
                    np.zeros(len(self.years)),
                )
            )
        )


def settle(fund_id: str, fund: Fund, flows: Flows, paths: EconomicPaths, grid: Grid) -> Account:
    """The fund year by year: V(t) = V(t−1)(1+i) + (income − outgo)(1+i)^½ (Iyer 1999, 5.46)."""
    interest = paths.between(grid.first, grid.last).interest_rate
    benefits = sum(flows.benefits.values(), np.zeros(len(grid.years)))
    state, others = flows.contributions.get(STATE), dict(flows.contributions)
    others.pop(STATE, None)
    paid_in = sum(others.values(), np.zeros(len(grid.years)))
    rates = [
        _yearly(value, paths, grid)
        for value in (fund.administration.of_contributions, fund.administration.of_benefits)
    ]
    administration = rates[0] * paid_in + rates[1] * benefits
    state_paid, earned, emptied = _reserve_loop(
        fund,
        interest,
        paid_in,
        state,
        benefits + administration,
        benefits,
        flows.state_while_below,
    )
    items = dict(others)
    if state is not None or fund.deficit_paid_by_state:
        items[STATE] = state_paid
    items |= {f"benefit_{name}": -amount for name, amount in flows.benefits.items()}
    items |= {"administration": -administration, "investment_income": earned}
    rounding = (STATE, emptied) if fund.deficit_paid_by_state else None
    return Account(fund_id, grid.years, balanced_accounts(fund.opening_reserve, items, rounding))


def _reserve_loop(
    fund: Fund,
    interest: Array,
    paid_in: Array,
    state: Array | None,
    outgo: Array,
    benefits: Array,
    while_below: float | None,
) -> tuple[Array, Array, Array]:
    """What the State pays and investment income (T,), one year after another, and the years in which the State pays a deficit.

    The deficit is what outgo leaves open after income and the reserve with half a year's interest, V(t−1)(1+i)^½: then V(t) = 0.
    """
    reserve = fund.opening_reserve
    state_paid, earned, emptied = (np.zeros(len(interest)) for _ in range(3))
    for t, rate in enumerate(interest):
        if state is not None and (while_below is None or reserve < while_below * benefits[t]):
            state_paid[t] = state[t]
        deficit = outgo[t] - paid_in[t] - state_paid[t] - reserve * np.sqrt(1 + rate)
        if fund.deficit_paid_by_state and deficit > 0:
            state_paid[t] += deficit
            emptied[t] = 1.0
        net = paid_in[t] + state_paid[t] - outgo[t]
        earned[t] = reserve * rate + net * (np.sqrt(1 + rate) - 1)
        reserve = 0.0 if emptied[t] else reserve + net + earned[t]
    return state_paid, earned, emptied > 0


def _yearly(value: Value, paths: EconomicPaths, grid: Grid) -> Array:
    moments = grid.calendar_years(paths.references)
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], len(grid.years))
