"""Which fund books what: contributions, benefits, programmes and transfers of all schemes, gathered by fund and settled.

Comes in: money by scheme. Goes out: the account of each fund, and the money of the schemes with contributions whose rate answered to the
fund. Called by `run`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from spsim.accounts import Account, Flows, settle
from spsim.arrays import Array
from spsim.economy import EconomicPaths
from spsim.errors import RefusedError, problem_at
from spsim.grid import Grid
from spsim.money import SchemeMoney
from spsim.reserves import Answering
from spsim.scenario import Scenario
from spsim.schemes import UnemploymentScheme

Moneys = dict[str, SchemeMoney]


def settled(
    scenario: Scenario, moneys: Moneys, paths: EconomicPaths | None, grid: Grid
) -> tuple[dict[str, Account], Moneys]:
    """Each fund gathers what its schemes collect and pay for it; what answered is added to the contributions of its scheme."""
    if paths is None:
        return {}, moneys
    flows = {fund: flows_of(scenario, moneys, fund) for fund in scenario.funds}
    accounts = {fund: settle(fund, scenario.funds[fund], flows[fund], paths, grid) for fund in scenario.funds}
    return accounts, answered(moneys, accounts)


def answered(moneys: Moneys, accounts: Mapping[str, Account]) -> Moneys:
    """The schemes' money with the contributions (T,) that the funds have found."""
    found = dict(moneys)
    for fund, account in accounts.items():
        for (scheme, party), paid in account.answered.items():
            contributions = dict(found[scheme].contributions)
            contributions[fund, party] = contributions.get((fund, party), 0.0) + paid
            found[scheme] = replace(found[scheme], contributions=contributions)
    return found


def flows_of(scenario: Scenario, moneys: Mapping[str, SchemeMoney], fund: str) -> Flows:
    """Contributions by party from every scheme that pays into the fund; benefits of the schemes that it serves; programmes, transfers."""
    contributions: dict[str, Array] = {}
    answering: dict[tuple[str, str, str, str], Answering] = {}
    programmes: list[tuple[str, Array]] = []
    transfers: dict[str, Array] = {}
    for name, one in moneys.items():
        for (target, party), amount in one.contributions.items():
            if target == fund:
                item = f"contributions_{party}"
                contributions[item] = contributions.get(item, 0.0) + amount
        for (target, party, rule_id), rule in one.answering.items():
            if target == fund:
                answering[f"contributions_{party}", name, party, rule_id] = rule
        for (payer, receiver), amount in one.transfers.items():
            if payer == fund:
                item = f"transfer_to_{receiver}"
                transfers[item] = transfers.get(item, 0.0) + amount
        programmes += [
            (f"{name}_{programme}", cost)
            for (payer, programme), cost in one.programmes.items()
            if payer == fund
        ]
    served = {name: scheme for name, scheme in scenario.schemes.items() if scheme.fund == fund}
    limits = [
        scheme.state_while_reserve_below
        for scheme in served.values()
        if isinstance(scheme, UnemploymentScheme)
    ]
    return Flows(
        contributions,
        _benefits(served, moneys),
        limits[0] if limits else None,
        _each_once(programmes),
        transfers,
        answering,
    )


def _benefits(served: Mapping[str, object], moneys: Mapping[str, SchemeMoney]) -> dict[str, Array]:
    """Benefits of the schemes of one fund under the names that the accounts give them; two of one name are refused."""
    found: dict[str, Array] = {}
    for name in served:
        for benefit, paid in moneys[name].benefits.items():
            item = f"{name}_{benefit}"
            if item in found:
                text = f"another scheme of the fund has a benefit that is called {item} in the accounts too"
                raise RefusedError(
                    problem_at(
                        ("schemes", name, "benefits"), text, "give the scheme or the benefit another id"
                    )
                )
            found[item] = paid
    return found


def _each_once(items: Iterable[tuple[str, Array]]) -> dict[str, Array]:
    """Programmes by the names that the accounts give them; two of one name are refused."""
    found: dict[str, Array] = {}
    for item, cost in items:
        if item in found:
            text = f"two programmes are called {item} in the accounts"
            raise RefusedError(problem_at(("schemes",), text, "give one of them another id"))
        found[item] = cost
    return found
