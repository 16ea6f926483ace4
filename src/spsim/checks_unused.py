"""Checks of what would do nothing, or pay the same money twice: a parameter without effect is worse than a missing one."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import PensionBehaviour
from spsim.checks_tiers import all_tiers
from spsim.checks_unemployment import crossing_limits
from spsim.dated import keys_within
from spsim.economy import MixedAmount
from spsim.errors import KeyPath, Problem, problem_at
from spsim.places import numbers_at
from spsim.plain import highest, references_in
from spsim.rules.amounts import AccountBalance, Amount, Annuity, ProgrammedWithdrawal, SumOf
from spsim.rules.benefits import Survivors, Tier
from spsim.rules.reference_earnings import ReferenceEarnings
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, Scheme

OF_PENSIONS = ("pension_floor", "payments_per_year", "indexation")
"""What is said of pensions in payment."""


def unused_problems(scenario: Scenario) -> Iterator[Problem]:
    """Reference amounts and groups that nothing refers to."""
    economy, labour = scenario.economy, scenario.labour
    amounts = {} if economy is None else economy.reference_amounts
    used = {name for _, name in references_in(scenario, ())}
    used |= {rule.valorisation for scheme in scenario.schemes.values() for rule in _averages(scheme)}
    used |= {part for amount in amounts.values() if isinstance(amount, MixedAmount) for part in amount.mix}
    for name in amounts:
        if name not in used:
            path = ("economy", "reference_amounts", name)
            text, remedy = "an amount that nothing refers to", "use it with `of:`, or delete it"
            yield problem_at(path, text, remedy, "warning")
    members = {getattr(scheme.members, "group", None) for scheme in scenario.schemes.values()}
    for name in {} if labour is None else labour.groups:
        if scenario.schemes and name not in members:
            path = ("labour", "groups", name)
            text, remedy = "a group that no scheme covers", "name it in `members`, or delete it"
            yield problem_at(path, text, remedy, "warning")


def _averages(scheme: Scheme) -> list[ReferenceEarnings]:
    """Averages of a pension scheme, whose index may be a reference amount."""
    if not isinstance(scheme, PensionScheme):
        return []
    return [scheme.reference_earnings, *scheme.other_earnings.values()]


def idle_problems(scenario: Scenario, name: str, scheme: PensionScheme) -> Iterator[Problem]:
    """Parameters of one pension scheme that would do nothing, and balances that would be paid more than once."""
    at: KeyPath = ("schemes", name)
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, PensionBehaviour)
    base = scheme.contribution_base
    if base.above != 0:
        yield from _nothing_between(scenario, (*at, "contribution_base", "above"), scheme)
    yield from _without_pensions(at, scheme)
    yield from _cohorts(at, scheme, behaviour)
    for benefit_id, tier_id, tier in all_tiers(scheme):
        path = (*at, "benefits", benefit_id, "tiers", tier_id)
        if "precedence" in tier.model_fields_set and (tier.floor is None or tier.cap is None):
            text = "it says which of floor and cap holds where they cross, and one of them is missing"
            yield problem_at((*path, "precedence"), text, "delete it, or give both")
        yield from _paid_twice(path, tier)
    if "reentry_limit" in behaviour.model_fields_set and not highest(behaviour.reentry_share):
        text = "no one comes back to the scheme (reentry_share is 0), so this limit has no effect"
        yield problem_at(("behaviour", name, "reentry_limit"), text, "delete it, or give reentry_share")


def _nothing_between(scenario: Scenario, path: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """A wage counts above `above` and up to the ceiling."""
    base = scheme.contribution_base
    crossing = next(crossing_limits(scenario, path, base.above, base.ceiling), None) is not None
    if crossing or base.above == base.ceiling:
        text = "wages count only above this, and the ceiling is no higher: nothing is insured"
        yield problem_at(path, text, "lower it, or raise the ceiling")


def _without_pensions(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """What is said of pensions in payment, where everything is paid once."""
    kinds = (
        isinstance(benefit, Survivors) or any(tier.pays == "pension" for tier in benefit.tiers.values())
        for benefit in scheme.benefits.values()
    )
    if not any(kinds):
        for name in OF_PENSIONS:
            if name in scheme.model_fields_set:
                text = (
                    "every benefit of this scheme is paid once, so there are no pensions of which to say this"
                )
                yield problem_at((*at, name), text, "delete it, or let a tier pay a pension")


def _cohorts(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Entry cohorts that nothing tells apart."""
    if not scheme.entry_cohorts:
        return
    entries = (tier.first_insured for _, _, tier in all_tiers(scheme))
    if any(entry.before is not None or entry.from_ is not None for entry in entries):
        return
    if "first_insured_date" not in keys_within(scheme) | keys_within(behaviour):
        text = "nothing here depends on the date of first insurance, so these cohorts only take time"
        yield problem_at((*at, "entry_cohorts"), text, "delete it", "warning")


def _paid_twice(path: KeyPath, tier: Tier) -> Iterator[Problem]:
    """Shares of one balance that a tier pays in all: what is added together may not be more than the balance."""
    once = None if tier.with_lump_sum is None else tier.with_lump_sum
    for name, share in _together(_shares(tier.amount), {} if once is None else _shares(once)).items():
        if share > 1.0 + 1e-9:
            text = f"this tier pays {share:.0%} of the balance of {name}"
            remedy = "write shares that add to 1 at most, in the amount and in with_lump_sum"
            yield problem_at((*path, "amount" if once is None else "with_lump_sum"), text, remedy)


def _shares(amount: Amount) -> dict[str, float]:
    """Least share of each account that an amount pays, or the parts of a sum; what is chosen between is not looked at."""
    if isinstance(amount, AccountBalance | Annuity | ProgrammedWithdrawal):
        return {amount.account: min((number for _, number in numbers_at(amount.share)), default=0.0)}
    return _together(*map(_shares, amount.parts.values())) if isinstance(amount, SumOf) else {}


def _together(*shares: dict[str, float]) -> dict[str, float]:
    names = dict.fromkeys(name for one in shares for name in one)
    return {name: sum(one.get(name, 0.0) for one in shares) for name in names}
