"""Money year by year: contributions, benefits, programmes, administration, transfers, investment, reserve.

Comes in: persons and rights in money by scheme (`Flows` of a fund). Goes out: signed flows per fund, with opening reserve + flows =
closing reserve to the last digit. Called by `bookkeeping`; read by `indicators` and `results`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from spsim.arrays import Array
from spsim.balancing import BalancedAccounts, balanced_accounts
from spsim.dated import Value, on
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.records import record
from spsim.reserves import Answering, Reserve, reserve_path
from spsim.scenario import Fund

STATE = "contributions_state"
EMPLOYERS_DEFICIT = "contributions_employers_for_deficit"


@record(frozen=True)
class Flows:
    """What a fund receives and pays in each year (T,), before administration and investment.

    `state_while_below`: the State's contribution is paid only while the reserve is below so many times the year's benefits. `programmes`
    cost of employment services; `transfers` to other funds, positive, by the item's name; `answering` contributions whose rate answers to
    the reserve or to unemployment, by (item,
    scheme, party, id).
    """

    contributions: dict[str, Array] = field(default_factory=dict)
    benefits: dict[str, Array] = field(default_factory=dict)
    state_while_below: float | None = None
    programmes: dict[str, Array] = field(default_factory=dict)
    transfers: dict[str, Array] = field(default_factory=dict)
    answering: dict[tuple[str, str, str, str], Answering] = field(default_factory=dict)


@record(frozen=True)
class Account:
    """One fund: signed flows and reserves (T,), rounded so that they add exactly; contributions (T,) that answered, by (scheme, party)."""

    fund: str
    years: Array
    balanced: BalancedAccounts
    answered: Mapping[tuple[str, str], Array] = field(default_factory=dict)

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
    reserve = reserve_of(fund, flows, paths, grid)
    items = {name: paid for name, paid in flows.contributions.items() if name != STATE}
    answered = dict(zip(flows.answering, reserve.answered, strict=True))
    by_scheme: dict[tuple[str, str], Array] = {}
    for (item, scheme, party, _), paid in answered.items():
        items[item] = items.get(item, 0.0) + paid
        by_scheme[scheme, party] = by_scheme.get((scheme, party), 0.0) + paid
    if STATE in flows.contributions or fund.deficit_paid_by_state:
        items[STATE] = reserve.state + (reserve.deficit if fund.deficit_paid_by_state else 0.0)
    if fund.deficit_paid_by_employers:
        items[EMPLOYERS_DEFICIT] = reserve.deficit
    items |= {f"benefit_{name}": -amount for name, amount in flows.benefits.items()}
    items |= {f"programme_{name}": -cost for name, cost in flows.programmes.items()}
    items |= {name: -paid for name, paid in flows.transfers.items()}
    items |= {"administration": -reserve.administration, "investment_income": reserve.earned}
    payer = STATE if fund.deficit_paid_by_state else EMPLOYERS_DEFICIT
    rounding = (payer, reserve.emptied) if fund.guaranteed else None
    return Account(fund_id, grid.years, balanced_accounts(fund.opening_reserve, items, rounding), by_scheme)


def reserve_of(
    fund: Fund, flows: Flows, paths: EconomicPaths, grid: Grid, opening: Array | float | None = None
) -> Reserve:
    """The reserve before rounding; flows may have leading axes of draws, (..., T). `opening` (...,) in place of the fund's own."""
    years = np.zeros(len(grid.years))
    paid_in = sum((paid for item, paid in flows.contributions.items() if item != STATE), years)
    benefits = sum(flows.benefits.values(), years)
    rates = [
        _yearly(value, paths, grid)
        for value in (fund.administration.of_contributions, fund.administration.of_benefits)
    ]
    spending = benefits + sum(flows.programmes.values(), years) + sum(flows.transfers.values(), years)
    return reserve_path(
        fund.opening_reserve if opening is None else opening,
        paths.between(grid.first, grid.last).interest_rate,
        paid_in,
        flows.contributions.get(STATE),
        spending,
        rates[0] * paid_in + rates[1] * benefits,
        benefits,
        flows.state_while_below,
        fund.guaranteed,
        tuple(flows.answering.values()),
        rates[0],
    )


def _yearly(value: Value, paths: EconomicPaths, grid: Grid) -> Array:
    moments = grid.calendar_years(paths.references)
    return np.broadcast_to(on(value, moments)[:, 0, 0, 0, 0], len(grid.years))
