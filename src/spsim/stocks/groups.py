"""Members of today and those of tomorrow, apart: the closed group of a valuation, the rights it has earned, and what pensions are worth.

Comes in: a scheme as it is projected. Goes out: `PensionStocks` of groups of persons. Called by `valuation`.

The entry cohorts of the member kernel carry the groups: a cohort more begins on 1 July of the first year, which the law treats as the one
around it. So the groups are parts of the very projection of the run and the open group is their sum. Pension floors uprated in
payment act on the mean of a cell: the closed group is reckoned alone, new entrants get the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spsim.arrays import Array
from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.kernels.pension import MemberProjection
from spsim.schemes import PensionScheme
from spsim.stocks.member_paths import MemberPaths
from spsim.stocks.pension import PensionStocks, Projected, projected, started
from spsim.stocks.pension_tables import entry_months


@dataclass(frozen=True)
class Groups:
    """Stocks of the groups of one scheme.

    `everyone`; `closed` members and pensioners on 1 July of the first year; `pensioners` those with a pension then, and their survivors;
    `first_entrants` who join in the year after; `accrued` the closed group if nobody contributes from then on; `accrued_later` if
    everybody stops a year later.
    """

    everyone: PensionStocks
    closed: PensionStocks
    pensioners: PensionStocks
    first_entrants: PensionStocks
    accrued: PensionStocks
    accrued_later: PensionStocks


def grouped(
    scheme: PensionScheme,
    behaviour: PensionBehaviour,
    members: MemberPaths,
    paths: EconomicPaths,
    fertility: Array,
    grid: Grid,
    balance: Array | None = None,
) -> Groups:
    """Project a scheme with its groups apart; arguments as for `project_pension`."""
    dates = (f"{grid.first}-07", f"{grid.first + 1}-07")
    parted = with_cohorts(scheme, dates)
    present, first = (_cohort_from(parted, date) for date in dates)
    setting, base = started(parted, behaviour, members, paths, fertility, grid)
    setting = replace(setting, balance=balance)
    whole, nobody = projected(setting, base), replace(base, pensions={})
    none = np.zeros_like(members.target)
    stopped = replace(
        base, contributors=np.zeros_like(base.contributors), dormant=base.contributors + base.dormant
    )
    later = members.target.copy()
    later[1:] = 0.0
    return Groups(
        everyone=whole.stocks(base),
        closed=_of_cohorts(whole, slice(0, present)).stocks(base),
        pensioners=_of_cohorts(whole, slice(0, 0)).stocks(base),
        first_entrants=_of_cohorts(whole, slice(present, first)).stocks(nobody),
        accrued=projected(setting, stopped, none).stocks(base),
        accrued_later=projected(setting, base, later).stocks(base),
    )


def with_cohorts(scheme: PensionScheme, dates: tuple[str, ...]) -> PensionScheme:
    """The same scheme with entry cohorts that begin at more dates (those before its start are left out)."""
    start = month_number(scheme.start)
    known = {month_number(date): date for date in scheme.entry_cohorts}
    more = {month_number(date): date for date in dates if month_number(date) > start}
    every = known | {month: date for month, date in more.items() if month not in known}
    return scheme.model_copy(update={"entry_cohorts": [every[month] for month in sorted(every)]})


def _cohort_from(scheme: PensionScheme, date: str) -> int:
    """Number of the cohorts that entered before a date; none where the scheme begins only then."""
    if month_number(date) <= month_number(scheme.start):
        return 0
    return entry_months(scheme).index(float(month_number(date)))


def _of_cohorts(whole: Projected, cohorts: slice) -> Projected:
    """The part of a projection that some entry cohorts are.

    What is drawn out of accounts without leaving is not kept by cohort: it is shared out by persons of each cell.
    """
    flows = whole.flows
    part = {name: getattr(flows, name)[:, :, cohorts] for name in ("contributors", "dormant")}
    for name in ("exit_contributors", "exit_dormant", "value_heads", "value_amount"):
        part[name] = getattr(flows, name)[:, :, :, cohorts]
    part["drawn_out"] = flows.drawn_out * _share(flows, cohorts)[..., None]
    return replace(whole, flows=flows._replace(**part))


def _share(flows: MemberProjection, cohorts: slice) -> Array:
    """Share of the members of each cell (N, T, S, X, K) who are of some cohorts."""
    every, chosen = (
        sum(stock[:, :, of].sum(axis=2) for stock in (flows.contributors, flows.dormant))
        for of in (slice(None), cohorts)
    )
    return np.divide(chosen, every, out=np.zeros_like(every), where=np.asarray(every) > 0)


def pension_annuity(mortality: Array, increase: Array, interest: Array, last_age: int | None = None) -> Array:
    """Value on 1 July of each year (T, 2, 101) of a pension of 1 a year then in payment, by age: rates of the last year hold on after it.

    A_t(x) = 1 + A_{t+1}(x+1) · (1 − q_{t+1}(x+1)) · (1 + β_{t+1}) / [(1+i_t)(1+i_{t+1})]^½; `last_age` ends the pension at that birthday.
    """
    years = len(mortality)
    value = np.zeros((years + 1, *mortality.shape[1:]))
    value[years] = _held(mortality[-1], increase[-1], interest[-1], last_age)
    for t in range(years - 1, -1, -1):
        after = min(t + 1, years - 1)
        carried = (1.0 + increase[after]) / np.sqrt((1.0 + interest[t]) * (1.0 + interest[after]))
        value[t] = _one_year(value[t + 1], mortality[after], carried, last_age)
    return value[:-1]


def _one_year(after: Array, mortality: Array, carried: float, last_age: int | None) -> Array:
    """1 now, and next year's value to those who live."""
    goes_on = after * (1.0 - mortality)
    if last_age is not None:
        goes_on[:, last_age:] = 0.0
    older = np.concatenate([goes_on[:, 1:], goes_on[:, -1:]], axis=1)
    return np.asarray(1.0 + older * carried)


def _held(mortality: Array, increase: float, interest: float, last_age: int | None) -> Array:
    """The value under rates that stay for ever: from the last, open age down."""
    carried = (1.0 + increase) / (1.0 + interest)
    value = np.ones_like(mortality)
    if last_age is None:
        value[:, -1] = 1.0 / np.maximum(1.0 - (1.0 - mortality[:, -1]) * carried, 1e-3)
    for _ in range(mortality.shape[1]):
        value = _one_year(value, mortality, carried, last_age)
    return value
