"""What a run leaves behind, as arrays, and the identities that it must meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

import numpy as np

from spsim.accounts import EMPLOYERS_DEFICIT, Account
from spsim.arrays import Array
from spsim.automatic_balance import IDENTITY, Balanced, balancing_schemes
from spsim.data.demography import Demography
from spsim.economy import EconomicPaths
from spsim.grid import Grid
from spsim.identities import require_zero
from spsim.labour import LabourForce
from spsim.money import SchemeMoney, uniform_rate
from spsim.population import Population
from spsim.records import record
from spsim.scenario import Scenario
from spsim.schemes import UnemploymentScheme
from spsim.stocks.pension import PensionStocks
from spsim.stocks.social_pension import SocialPensionStocks
from spsim.stocks.unemployment import UnemploymentStocks


@record(frozen=True)
class Outcome:
    """Everything a run computes, before it becomes tables; `participation` the file of rates that was read;
    `identities` the largest relative residual of each."""

    scenario: Scenario
    grid: Grid
    paths: EconomicPaths | None
    demography: Demography | None
    population: Population | None
    labour: LabourForce | None
    participation: Path | None
    pensions: dict[str, PensionStocks]
    unemployment: dict[str, UnemploymentStocks]
    social: dict[str, SocialPensionStocks]
    money: dict[str, SchemeMoney]
    accounts: dict[str, Account]
    gdp: Array | None
    identities: dict[str, float]
    balancing: dict[str, Balanced] = field(default_factory=dict)


def identities(outcome: Outcome) -> dict[str, float]:
    """Check every identity of the run; raises IdentityError with what, year and residual at the first breach."""
    found = {}
    for what, residual, scale in _residuals(outcome):
        require_zero(residual, scale, what, outcome.grid.years[-len(residual) :])
        found[what] = float(np.max(np.abs(residual) / np.maximum(np.abs(scale), 1e-300), initial=0.0))
    return found


def _residuals(outcome: Outcome) -> Iterator[tuple[str, Array, Array]]:
    """(name, residual by year, scale by year)."""
    if outcome.population is not None:
        yield _population(outcome.population)
    if outcome.labour is not None:
        force = outcome.labour
        parts = (force.labour_force - force.employed - force.unemployed).sum(axis=(1, 2))
        yield "labour force = employed + unemployed", parts, force.labour_force.sum(axis=(1, 2))
    for name, stocks in outcome.pensions.items():
        yield (
            f"{name}: members in = members out",
            stocks.residual,
            stocks.contributors.sum(axis=(1, 2, 3))[1:],
        )
        yield f"{name}: contributors = those required by coverage", *_required(stocks)
    for name, rule in balancing_schemes(outcome.scenario).items():
        found = outcome.balancing[name]
        yield IDENTITY.format(name=name), found.index - rule.index(found.ratio, outcome.grid), found.index
    for name, recipients in outcome.social.items():
        yield f"{name}: recipients <= population at every age and sex", *_too_many(outcome, recipients)
    for name, money in outcome.money.items():
        yield f"{name}: benefits booked by its fund = benefits of the scheme", *_booked(outcome, money, name)
        yield f"{name}: contributions = rate x contributory wages", *_rated(outcome, money, name)
        if money.programmes:
            yield f"{name}: programmes booked by funds = cost of programmes", *_served(outcome, money, name)
        for (payer, receiver), paid in money.transfers.items():
            what = f"{name}: transfer from {payer} to {receiver} leaves one fund and reaches the other"
            yield what, *_moved(outcome, payer, receiver, paid)
    for fund, account in outcome.accounts.items():
        if outcome.scenario.funds[fund].guaranteed:
            payer = (
                "the State leaves"
                if outcome.scenario.funds[fund].deficit_paid_by_state
                else "employers leave"
            )
            below = np.minimum(account.closing, 0.0)
            yield f"fund {fund}: {payer} no debt", below, _turnover(account)
        yield f"fund {fund}: contributions booked = contributions of its schemes", *_collected(outcome, fund)
        flows = sum(account.balanced.flows.values(), np.zeros(len(account.years)))
        yield (
            f"fund {fund}: opening reserve + flows = closing reserve",
            account.opening + flows - account.closing,
            _turnover(account),
        )


def _population(people: Population) -> tuple[str, Array, Array]:
    total = people.total()
    change = people.births.sum(axis=1) + people.migrants.sum(axis=(1, 2)) - people.deaths.sum(axis=(1, 2))
    return "population: births + migrants - deaths = change", total[1:] - total[:-1] - change, total[1:]


def _required(stocks: PensionStocks) -> tuple[Array, Array]:
    """Contributors against the insured that the labour force gives (members given outright have no such number)."""
    target, heads = stocks.members.target, stocks.contributors.sum(axis=-1)
    given = np.isfinite(target)
    return np.where(given, heads - np.nan_to_num(target), 0.0).sum(axis=(1, 2)), heads.sum(axis=(1, 2))


def _too_many(outcome: Outcome, recipients: SocialPensionStocks) -> tuple[Array, Array]:
    """Recipients of a social pension beyond the persons of their sex and age."""
    assert outcome.population is not None
    over = np.maximum(recipients.persons - outcome.population.persons, 0.0)
    return over.sum(axis=(1, 2)), outcome.population.total()


def _booked(outcome: Outcome, money: SchemeMoney, name: str) -> tuple[Array, Array]:
    """Benefits of a scheme against the items of its fund, within the rounding of the accounts."""
    account = outcome.accounts[outcome.scenario.schemes[name].fund]
    booked = -sum(
        (account.balanced.flows[f"benefit_{name}_{item}"] for item in money.benefits),
        np.zeros(len(account.years)),
    )
    rounding = account.balanced.unit * (1 + len(money.benefits))
    residual = booked - money.expenditure()
    return np.where(np.abs(residual) <= rounding, 0.0, residual), np.maximum(money.expenditure(), 1.0)


def _served(outcome: Outcome, money: SchemeMoney, name: str) -> tuple[Array, Array]:
    """Programmes of a scheme against the items of the funds that pay, within the rounding of the accounts."""
    booked, rounding = np.zeros(len(money.contributors)), 0.0
    for fund, programme in money.programmes:
        balanced = outcome.accounts[fund].balanced
        booked = booked - balanced.flows[f"programme_{name}_{programme}"]
        rounding += balanced.unit
    residual, cost = booked - money.programme_cost(), money.programme_cost()
    return np.where(np.abs(residual) <= rounding, 0.0, residual), np.maximum(cost, 1.0)


def _moved(outcome: Outcome, payer: str, receiver: str, paid: Array) -> tuple[Array, Array]:
    """What one fund books as paid, of all schemes, less what the other books as received."""
    out, into = outcome.accounts[payer].balanced, outcome.accounts[receiver].balanced
    received = sum(
        (
            amount
            for money in outcome.money.values()
            for (source, target), amount in money.transfers.items()
            if target == receiver and source != payer
        ),
        np.zeros(len(paid)),
    )
    residual = -out.flows[f"transfer_to_{receiver}"] + received - into.flows["contributions_fund"]
    rounding = out.unit + into.unit
    return np.where(np.abs(residual) <= rounding, 0.0, residual), np.maximum(paid, 1.0)


def _rated(outcome: Outcome, money: SchemeMoney, name: str) -> tuple[Array, Array]:
    """Contributions of a scheme against its rate, by year, where the rate is one for all ages and holds for whole years."""
    paths, scheme = outcome.paths, outcome.scenario.schemes[name]
    paid = np.asarray(sum(money.contributions.values(), np.zeros(len(money.contributors))))
    rate = (
        None
        if paths is None
        else uniform_rate(scheme, outcome.grid.calendar_years(paths.references, scheme.start))
    )
    if rate is None or (isinstance(scheme, UnemploymentScheme) and np.ptp(rate) > 0):
        return np.zeros_like(paid), np.maximum(paid, 1.0)
    return paid + money.arrears - rate * money.contributory_wages, np.maximum(paid, 1.0)


def _collected(outcome: Outcome, fund: str) -> tuple[Array, Array]:
    """Contributions in a fund against those that schemes owe it, but for a State share that was not called."""
    account = outcome.accounts[fund]
    due = np.zeros(len(account.years))
    for money in outcome.money.values():
        due = due + sum(
            (
                paid
                for (target, party), paid in money.contributions.items()
                if target == fund and party != "state"
            ),
            0.0,
        )
    booked = sum(
        (
            flow
            for item, flow in account.balanced.flows.items()
            if item.startswith("contributions_") and item not in ("contributions_state", EMPLOYERS_DEFICIT)
        ),
        np.zeros(len(account.years)),
    )
    residual = booked - due
    return np.where(np.abs(residual) <= account.balanced.unit * 3, 0.0, residual), np.maximum(due, 1.0)


def _turnover(account: Account) -> Array:
    """Largest amount of the year, as the scale of rounding."""
    return np.asarray(np.abs(account.opening) + sum(np.abs(flow) for flow in account.balanced.flows.values()))
