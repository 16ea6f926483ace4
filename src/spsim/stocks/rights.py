"""What members hold beside years of service: earnings revalued, points, balances of accounts; and the averages that amounts refer to.

Comes in: the setting. Goes out: `Rights`, in the form of the member kernel: rights grow by an increment a year and are carried in units of
an index, references turn them into money at the middle of the step. Called by `stocks.pension`.
"""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.dated import at, on
from spsim.economy import PAST_YEARS
from spsim.records import record
from spsim.rules.reference_earnings import (
    BestAverage,
    CareerAverage,
    Crediting,
    FinalAverage,
    ReferenceEarnings,
)
from spsim.schemes import PensionScheme
from spsim.stocks.setting import Setting

MONEY = "money"
SERVICE = "service"
Averages = dict[str, ReferenceEarnings]


@record(frozen=True)
class Rights:
    """`increments` (T, S, X, K, M) of a full year; `references` (B, T, S, X, K); the place of each by name."""

    increments: Array
    references: Array
    right: dict[str, int]
    reference: dict[str, int]


def earnings_name(name: str) -> str:
    """Name of the right or the reference of an average; "" is the scheme's own."""
    return f"earnings:{name}"


def account_name(name: str) -> str:
    """Name of the right and the reference of an account."""
    return f"account:{name}"


def averages(scheme: PensionScheme) -> Averages:
    """The averages that amounts of a scheme may refer to, by name."""
    return {"": scheme.reference_earnings} | scheme.other_earnings


def right_names(scheme: PensionScheme) -> list[str]:
    """What every member holds, in the order of the kernel."""
    kinds = averages(scheme)
    found = [earnings_name(name) for name, rule in kinds.items() if isinstance(rule, CareerAverage)]
    by_service = [SERVICE] if any(not isinstance(rule, CareerAverage) for rule in kinds.values()) else []
    return [*found, *by_service, *(account_name(name) for name in scheme.accounts)]


def rights_of(setting: Setting) -> Rights:
    """Everything that members hold and amounts refer to."""
    scheme, earned, kinds = setting.scheme, earned_in_step(setting), averages(setting.scheme)
    held, references = {}, {MONEY: np.ones_like(earned)}
    for name, rule in kinds.items():
        if isinstance(rule, CareerAverage):
            unit = _unit(setting, rule)
            held[earnings_name(name)] = earned / unit
            references[earnings_name(name)] = np.broadcast_to(unit, earned.shape)
        else:
            references[earnings_name(name)] = _average(setting, rule, earned)
    held[SERVICE] = np.ones_like(earned)
    for name, account in scheme.accounts.items():
        within = setting.grid
        gained = (balance_gains(setting, name) + balance_gains(setting, name, before=1)) / 2.0
        unit = account_unit(setting, account.crediting)[:, None, None, None] * gained[None, ..., None]
        moments = within.calendar_years(setting.paths.references, scheme.start)
        annual = 12.0 * account.credited(setting.members.contributory, moments)
        held[account_name(name)] = _mid_step(annual, _a_year_younger(annual)) / unit
        references[account_name(name)] = np.broadcast_to(unit, earned.shape)
    names = right_names(scheme)
    return Rights(
        np.stack([held[name] for name in names], axis=-1),
        np.stack(list(references.values())),
        {name: m for m, name in enumerate(names)},
        {name: b for b, name in enumerate(references)},
    )


def account_unit(setting: Setting, crediting: Crediting) -> Array:
    """Worth of one unit paid into an account, at the middle of each step (T,)."""
    index = _mid_step(setting.history.credited(crediting))[setting.since(setting.grid.first)]
    moved = wage_bill_index(setting, crediting), setting.balanced("accounts")
    return np.asarray(index * _mid_step(moved[0]) * _mid_step(moved[1]))


def account_unit_in_july(setting: Setting, crediting: Crediting) -> Array:
    """The same on each 1 July (T,)."""
    index = setting.history.credited(crediting)[setting.since(setting.grid.first)]
    return np.asarray(index * wage_bill_index(setting, crediting) * setting.balanced("accounts"))


def balance_gains(setting: Setting, name: str, before: int = 0) -> Array:
    """What interest layers and transfers have made of one unit since the youngest age, on average, by sex and age (S, X).

    `before`: the same so many ages younger.
    """
    ages = setting.grid.shape[1:3]
    value = setting.behaviour.balance_gains.get(name, 0.0)
    yearly = np.broadcast_to(on(value, setting.grid.calendar_years({}))[0, :, :, 0, 0], ages)
    index = np.cumprod(np.concatenate([np.ones((ages[0], 1 + before)), 1.0 + yearly[:, 1:]], axis=1), axis=1)
    return np.asarray(index[:, : ages[1]])


def wage_bill_index(setting: Setting, crediting: Crediting) -> Array:
    """Growth of one unit by the contributory wages of all who are to contribute (T,), 1 in the first year of the projection.

    The run-in ends with that year and the projection begins with it, so balances carry over.
    """
    share = on(crediting.wage_bill, setting.grid.calendar_years(setting.paths.references))[:, 0, 0, 0, 0]
    members = setting.members
    mean_wage = (members.contributory * members.class_shares).sum(axis=-1)
    bill = np.nansum(members.target * mean_wage, axis=(1, 2))
    growth = np.ones_like(bill)
    growth[1:] = np.divide(bill[1:], bill[:-1], out=np.ones(len(bill) - 1), where=bill[:-1] > 0)
    path = np.cumprod(1.0 + np.broadcast_to(share, bill.shape) * (growth - 1.0))
    first = int(setting.history.years[0]) + PAST_YEARS - setting.grid.first
    return np.asarray(path / path[np.clip(first, 0, len(path) - 1)])


def earned_in_step(setting: Setting) -> Array:
    """Contributory earnings of a full year in each step (T, S, X, K): the mean of its two Julys along the cohort."""
    annual = 12.0 * setting.members.contributory
    return _mid_step(annual, _a_year_younger(annual))


def _unit(setting: Setting, rule: ReferenceEarnings) -> Array:
    """Index of valorisation at the middle of each step, (T, 1, 1, 1)."""
    return _mid_step(setting.paths.valorisation(rule.valorisation))[:, None, None, None]


def _average(setting: Setting, rule: FinalAverage | BestAverage, earned: Array) -> Array:
    """Annual average earnings (T, S, X, K) at the award along each cohort's path.

    The year before an award on 1 January is the one around the 1 July before it, at an age one lower at the end of the step; years before
    the first one are carried back by the index of wages. A dormant member is given the wage of those still at work at that age.
    """
    late = 0.0 if setting.scheme.record_ends is None else setting.scheme.record_ends.mean_months / 12.0
    if isinstance(rule, BestAverage):
        path = _yearly_wages(setting, rule, rule.within + 1 + int(np.ceil(late)))
        before = [_counted_before(path, taken, late, len(earned)) for taken in range(1, rule.within + 1)]
        return np.asarray(rule.of_years(np.stack(before)) * _unit(setting, rule))
    wanted = np.broadcast_to(_years_averaged(setting, rule), len(earned))
    longest = int(np.ceil(wanted.max()))
    path = _yearly_wages(setting, rule, longest + 1 + int(np.ceil(late)))
    unit = _unit(setting, rule)
    total, average = np.zeros_like(earned), _wage_at(path, earned, unit, late)
    whole = np.floor(wanted).astype(int)
    for taken in range(1, longest + 1):
        total += _counted_before(path, taken, late, len(earned))
        steps = whole == taken
        average[steps] = total[steps] / taken * unit[steps]
    return average


@record(frozen=True)
class _Dates:
    """Months of an event and of the first insurance (months, T): just enough of `Moments` for years of an average to be read."""

    event: Array
    entry: Array

    def column(self, key: str) -> Array:
        """Coordinates on the six axes of a value."""
        months = {"event_date": self.event, "first_insured_date": self.entry}[key]
        return np.asarray(months[:, :, None, None, None, None])


def _years_averaged(setting: Setting, rule: FinalAverage) -> Array:
    """Years of the average in each step (T,).

    By date of first insurance they are read at so many years before the award as the behaviour says, and are no more than these.
    """
    since = setting.behaviour.years_since_entry
    if since is None:
        return on(rule.years, setting.steps)[:, 0, 0, 0, 0]
    event, years = setting.steps.months, at(since, setting.steps)[..., 0, 0, 0, 0]
    wanted = at(rule.years, _Dates(event, event - 12.0 * years))[..., 0, 0, 0, 0]  # type: ignore[arg-type]
    return np.asarray(np.minimum(wanted, years).mean(axis=0))


def _yearly_wages(setting: Setting, rule: FinalAverage | BestAverage, years_before: int) -> Array:
    """Annual contributory earnings on each 1 July in valorised units (years_before + T, S, X, K), the first ones carried back."""
    first, last = setting.grid.first, setting.grid.last
    now = 12.0 * setting.members.contributory
    back = setting.history.between(first - years_before, first)
    before = now[:1] * (back.wages[:-1] / back.wages[-1])[:, None, None, None]
    unit = setting.history.between(first - years_before, last).valorisation(rule.valorisation)
    return np.concatenate([before, now]) / unit[:, None, None, None]


def _wage_at(path: Array, earned: Array, unit: Array, late: float) -> Array:
    """Wage of the month with which the record ends, `late` years before each award: the mean of a year is that of its middle."""
    near = min(2.0 * late, 1.0)
    if not near:
        return earned.copy()
    before = _counted_before(path, 1, max(late - 0.5, 0.0), len(earned)) * unit
    return np.asarray((1.0 - near) * earned + near * before)


def _counted_before(path: Array, taken: int, late: float, years: int) -> Array:
    """Wages of the year `taken` before each award where the record ends `late` years before it: the mean of the two Julys around it."""
    whole, part = int(late), late - int(late)
    found = _years_before(path, taken + whole, years)
    return found if not part else (1.0 - part) * found + part * _years_before(path, taken + whole + 1, years)


def _years_before(path: Array, taken: int, years: int) -> Array:
    """Wages of the same people `taken` Julys before each award, so many ages younger; the youngest age serves those younger still."""
    first = len(path) - years - taken
    place = np.maximum(np.arange(path.shape[2]) - taken, 0)
    return path[first : first + years][:, :, place]


def _mid_step(now: Array, before: Array | None = None) -> Array:
    """Value on 1 January between two Julys: the mean of this cell and of where its people were a year ago; index 0 as it is."""
    before = np.concatenate([now[:1], now[:-1]]) if before is None else before
    return np.asarray((now + before) / 2)


def _a_year_younger(wages: Array) -> Array:
    """The same people a year before: (t − 1, x − 1)."""
    before = wages.copy()
    before[1:, :, 1:] = wages[:-1, :, :-1]
    return before
