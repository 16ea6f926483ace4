"""What the reader of a run should know beside its assumptions: how the start was made, and what looks wrong.

In: the arrays of a run. Out: sentences for the first sheet and the manifest; `alarms` are said on the terminal too. Called by `run`.
"""

from __future__ import annotations

import numpy as np

from spsim.arrays import Array
from spsim.grid import SEXES
from spsim.members import Covered
from spsim.outcome import Outcome
from spsim.schemes import PensionScheme, UnemploymentScheme

RUN_IN = (
    "service, dormant members and the ages of pensioners on the first day come from a run-in of {years} years: the age pattern and "
    "mortality of the first year, published totals, wages carried back by the index of wages, and the rules of each year of the past"
)


CLEARLY = 1.25
"""A register and a labour force survey may differ by a fifth; what differs by more is a mistake somewhere."""


def notes(outcome: Outcome) -> list[str]:
    """Everything that the reader should know."""
    found = [] if outcome.demography is None else list(outcome.demography.notes)
    for name, scheme in outcome.scenario.schemes.items():
        if isinstance(scheme, PensionScheme) and isinstance(scheme.members, Covered):
            found.append(f"{name}: {RUN_IN.format(years=scheme.members.run_in_years)}")
    found += [*more_than_employed(outcome, 1.0), *crowded(outcome, 1.0)]
    for fund, account in outcome.accounts.items():
        if (account.closing < 0).any():
            found.append(
                f"fund {fund}: the reserve is used up; a negative reserve is the debt that would stand, with interest"
            )
    return found


def alarms(outcome: Outcome) -> list[str]:
    """What cannot be: far more insured than employed, far more members than people."""
    return (more_than_employed(outcome, CLEARLY) or crowded(outcome, CLEARLY)) + accounts_without_money(
        outcome
    )


def accounts_without_money(outcome: Outcome) -> list[str]:
    """Accounts that earn the interest of a reserve which is not there: the fund opens with less than half of what they hold."""
    found = []
    for name, stocks in outcome.pensions.items():
        scheme = outcome.scenario.schemes[name]
        assert isinstance(scheme, PensionScheme)
        opens = outcome.scenario.funds[scheme.fund].opening_reserve
        earning = any(account.crediting.interest != 0 for account in scheme.accounts.values())
        if earning and stocks.owed is not None and opens < stocks.owed.balances[0] / 2:
            found.append(
                f"{name}: members' accounts hold {stocks.owed.balances[0]:,.0f} on 1 July {outcome.grid.years[0]}, and the fund {scheme.fund} "
                f"opens with {opens:,.0f}: write opening_reserve, or the fund will owe money that it never had"
            )
    return found


def more_than_employed(outcome: Outcome, times: float) -> list[str]:
    """Schemes whose insured of the first year are more than so many times the employed persons of their group."""
    found = []
    for name, scheme in outcome.scenario.schemes.items():
        group = getattr(scheme.members, "group", None)
        if outcome.labour is None or group is None:
            continue
        employed = float(outcome.labour.groups[group][0].sum())
        insured = _insured(outcome, name, scheme)
        if insured > times * employed:
            found.append(
                f"{name}: {insured:,.0f} persons are insured in {outcome.grid.years[0]}, but the group {group} has {employed:,.0f} employed "
                "persons: look at the unit of the published number, or at the share of the group"
            )
    return found


def _insured(outcome: Outcome, name: str, scheme: object) -> float:
    """Contributors of the first year."""
    if isinstance(scheme, PensionScheme):
        return float(outcome.pensions[name].contributors[0].sum())
    assert isinstance(scheme, UnemploymentScheme)
    return float(outcome.unemployment[name].insured[0].sum())


def crowded(outcome: Outcome, most: float) -> list[str]:
    """Ages at which the members of all pension schemes together, dormant ones too, outnumber the people there are."""
    if outcome.population is None or not outcome.pensions:
        return []
    of_group: dict[str, Array] = {}
    for name, stocks in outcome.pensions.items():
        everyone = np.zeros_like(outcome.population.persons)
        everyone[:, :, stocks.grid.youngest : stocks.grid.oldest + 1] = (
            stocks.contributors.sum(axis=-1) + stocks.dormant
        )
        group = getattr(outcome.scenario.schemes[name].members, "group", name)
        of_group[group] = np.maximum(
            of_group.get(group, 0.0), everyone
        )  # schemes of one group have the same members
    members = sum(of_group.values(), np.zeros_like(outcome.population.persons))
    share = by_ten_years(members) / np.maximum(by_ten_years(outcome.population.persons), 1.0)
    if share.max() <= most:
        return []
    year, sex, decade = np.unravel_index(int(share.argmax()), share.shape)
    return [
        f"members and former members are {share.max():.0%} of the {SEXES[sex]} population aged {10 * decade}-{10 * decade + 9} in "
        f"{outcome.grid.years[year]}: raise reentry_share, so that vacancies go to those insured before"
    ]


def by_ten_years(persons: Array) -> Array:
    """(T, 2, 101) summed over ages 0-9, 10-19, ...: (T, 2, 11)."""
    return np.add.reduceat(persons, np.arange(0, 101, 10), axis=2)
