"""Checks of automatic balancing: what it acts on must be there, and what its ratio counts must be all that the scheme owes."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.errors import KeyPath, Problem, problem_at
from spsim.rules.amounts import ProgrammedWithdrawal, primitives
from spsim.rules.automatic_balance import AssetsToLiabilities
from spsim.rules.benefits import Survivors
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme

OF_ACCOUNTS = ("account", "annuity")
INSTEAD = "write kind: reserve_to_expenditure, or keep that benefit in a scheme of its own"


def balancing_problems(scenario: Scenario, name: str, scheme: PensionScheme) -> Iterator[Problem]:
    """Everything that the automatic balancing of a scheme contradicts."""
    rule = scheme.automatic_balance
    if rule is None:
        return
    at: KeyPath = ("schemes", name, "automatic_balance")
    if "accounts" in rule.acts_on and not scheme.accounts:
        yield problem_at((*at, "acts_on"), "the scheme has no accounts", "write acts_on: [indexation]")
    if "indexation" in rule.acts_on and not _pays_pensions(scheme):
        text = "the scheme pays no pension that could be indexed"
        yield problem_at((*at, "acts_on"), text, "write acts_on: [accounts]")
    if isinstance(rule.ratio, AssetsToLiabilities):
        yield from _owed((*at, "ratio", "kind"), scenario, scheme)


def _pays_pensions(scheme: PensionScheme) -> bool:
    """Whether any pension follows the indexation; balances that are paid out grow as accounts do."""
    for benefit in scheme.benefits.values():
        if isinstance(benefit, Survivors):
            if benefit.shares is not None:
                return True
            continue
        for tier in benefit.tiers.values():
            if tier.pays == "pension" and not isinstance(tier.amount, ProgrammedWithdrawal):
                return True
    return False


def _owed(path: KeyPath, scenario: Scenario, scheme: PensionScheme) -> Iterator[Problem]:
    """What the liabilities do not count: anything but one account, paid at once or as an annuity, from a fund of its own."""
    if len(scheme.accounts) != 1:
        text = f"liabilities are counted for one account, and the scheme has {len(scheme.accounts)}"
        yield problem_at(path, text, "write kind: reserve_to_expenditure")
    others = [one for one in scenario.schemes.values() if one.fund == scheme.fund]
    if len(others) > 1:
        text = f"the fund {scheme.fund} pays for other schemes too, so its reserve is not this scheme's alone"
        yield problem_at(path, text, "give the scheme a fund of its own")
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            text = f"liabilities do not count the survivors' pensions of {benefit_id}"
            yield problem_at(path, text, INSTEAD)
            continue
        for tier_id, tier in benefit.tiers.items():
            amounts = [tier.amount, *([] if tier.with_lump_sum is None else [tier.with_lump_sum])]
            kinds = {one.kind for amount in amounts for _, one in primitives(amount)} - set(OF_ACCOUNTS)
            if kinds:
                text = (
                    f"liabilities do not count {', '.join(sorted(kinds))}, which {benefit_id}.{tier_id} pays"
                )
                yield problem_at(path, text, INSTEAD)
