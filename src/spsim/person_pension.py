"""What a pension scheme owes one person at an event, each step of the law with its numbers.

The rules are those of the projection, read at the moment of one person: `pension_age`, `service`, `benefits`, `amounts`,
`reference_earnings`.
"""

from __future__ import annotations

from typing import Any

from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_label
from spsim.person_amounts import Holdings
from spsim.person_claim import (
    Claim,
    age_step,
    benefits_of,
    career_steps,
    claim_of,
)
from spsim.person_facts import Answer, Facts, Step, in_months, money, notes_on_the_past, span
from spsim.person_holdings import balances_after, holdings
from spsim.person_pensioner import Drawn, pensioner
from spsim.person_survivors import status_at_death, survivors
from spsim.person_tiers import is_met, tested_step, tier_amount, tier_step, without_supplements
from spsim.rules.benefits import OldAge, Survivors, Tier, TieredBenefit, Withdrawal, heirs_name
from spsim.schemes import PensionScheme

EVENTS = ("old_age", "invalidity", "withdrawal", "death")


def pension_answer(facts: Facts, event: str) -> Answer:
    """The whole answer for one event."""
    scheme = facts.scheme
    assert isinstance(scheme, PensionScheme)
    claim = claim_of(facts, scheme)
    known = [age_step(claim), *career_steps(claim)]
    held, steps = holdings(claim)
    if event == "death":
        return _on_death(claim, held, [*known, *steps])
    return _on_claim(claim, event, held, [*known, *steps])


def _on_claim(claim: Claim, event: str, held: Holdings, known: list[Step]) -> Answer:
    """Old age, invalidity or withdrawal: the first tier that is met, and what it pays."""
    ((benefit_id, benefit),) = benefits_of(claim.scheme, event).items()
    assert not isinstance(benefit, Survivors)
    chosen, step = tier_step(claim, benefit_id, benefit)
    if chosen is None:
        result = {"entitled": False, "tier": None, "pays": None, "monthly_pension": None, "lump_sum": None}
        none = f"No right to {benefit_id} in {month_label(claim.facts.event)}: no tier is met."
        told = (none, *_another_way(claim, event))
        return Answer({}, (*known, step), result | {"paid_once": 0.0}, told, _notes(claim, benefit_id, None))
    tier = benefit.tiers[chosen]
    path = ("benefits", benefit_id, "tiers", chosen)
    amount, steps = tier_amount(claim, tier, held, path)
    if claim.facts.works_for is not None and isinstance(benefit, OldAge):
        steps += tested_step(claim, benefit, tier, held, without_supplements(amount, steps), benefit_id)
    paid, told = _result(claim, chosen, tier, amount, steps)
    notes = _notes(claim, benefit_id, chosen)
    return Answer({}, (*known, step, *steps), paid | balances_after(tier, amount, held), told, notes)


def _another_way(claim: Claim, event: str) -> list[str]:
    """A withdrawal to which this person has a right, where the benefit asked for gives nothing."""
    found = benefits_of(claim.scheme, "withdrawal") if event == "old_age" else {}
    return [
        f"There is a right to {name}: ask with --event withdrawal."
        for name, benefit in found.items()
        if not isinstance(benefit, Survivors) and tier_step(claim, name, benefit)[0] is not None
    ]


def _result(
    claim: Claim, chosen: str, tier: Tier, amount: float, steps: list[Step]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    pension, when = tier.pays == "pension", month_label(claim.facts.event)
    once = next((step.values["amount"] for step in steps if step.name == "paid_once"), 0.0)
    what = (
        f"pension of {money(amount)} a month from {when}"
        if pension
        else f"lump sum of {money(amount)} in {when}"
    )
    told = [f"{what[0].upper()}{what[1:]}, by the tier {chosen}."]
    if once:
        told.append(f"Paid once beside it: {money(once)}.")
    result = {
        "entitled": True,
        "tier": chosen,
        "pays": tier.pays,
        "monthly_pension": amount if pension else None,
        "lump_sum": None if pension else amount,
        "paid_once": once,
    }
    return result, tuple(told)


def _on_death(claim: Claim, held: Holdings, known: list[Step]) -> Answer:
    """Survivors' pensions, and what is paid once to the family."""
    drawn = pensioner(claim)
    status, step = status_at_death(claim, drawn)
    steps, told, grants = [*known, step], [], {}
    family: dict[str, Any] | None = None
    for name, benefit in benefits_of(claim.scheme, "death").items():
        if isinstance(benefit, Survivors):
            family, found_steps = survivors(claim, name, benefit, status, held, drawn)
            steps += found_steps
            last = found_steps[-1].lines[-1]
            told += [last[0].upper() + last[1:] + "."]
        else:
            grants[name], found_steps = _grant(claim, name, benefit, held, status)
            steps += found_steps
            told.append(
                f"{name}: {money(grants[name])} paid once." if grants[name] else f"{name}: nothing is due."
            )
    if drawn is not None and drawn.tier.guaranteed_months is not None:
        rest, found = _rest_of_guarantee(drawn, drawn.tier.guaranteed_months)
        grants[heirs_name(drawn.label)] = rest
        steps.append(found)
        told.append(f"To the heirs, for the months of pension left: {money(rest)} paid once.")
    result = {
        "entitled": bool(family and family["entitled"]) or any(grants.values()),
        "status": status,
        "survivors": family,
        "grants": grants,
        "paid_once": sum(grants.values()),
    }
    return Answer({}, tuple(steps), result, tuple(told), _notes(claim, "", None))


def _rest_of_guarantee(drawn: Drawn, months: int) -> tuple[float, Step]:
    """What is left of the months for which the pension is paid at least."""
    left = max(months - drawn.months_paid, 0)
    amount = left * drawn.amount
    line = f"{in_months(months)} guaranteed, {in_months(drawn.months_paid)} paid: {in_months(left)} left, {money(amount)}"
    values = {"guaranteed": months, "paid": drawn.months_paid, "left": left, "amount": amount}
    where = (*drawn.path, "guaranteed_months")
    return amount, drawn.claim.facts.step(
        "guarantee", "Rest of the guarantee to the heirs", [line], values, *where
    )


def _grant(
    claim: Claim, name: str, benefit: TieredBenefit, held: Holdings, status: str
) -> tuple[float, list[Step]]:
    """A lump sum on death: by its tiers for a member; for a pensioner only where the law says so."""
    if status == "former member" or (status == "pensioner" and not getattr(benefit, "of_pensioners", False)):
        line = f"not paid on the death of a {status}"
        return 0.0, [claim.facts.step(name, f"Paid once: {name}", [line], {"amount": 0.0}, "benefits", name)]
    chosen, step = tier_step(claim, name, benefit)
    if chosen is None:
        return 0.0, [step]
    amount, steps = tier_amount(claim, benefit.tiers[chosen], held, ("benefits", name, "tiers", chosen))
    return amount, [step, *steps]


def _notes(claim: Claim, benefit_id: str, chosen: str | None) -> tuple[str, ...]:
    """What the reader must know that is no step of the law."""
    facts, found = claim.facts, notes_on_the_past(claim.facts)
    by_law = any(
        isinstance(benefit, OldAge) and benefit.offered_late() for benefit in claim.scheme.benefits.values()
    )
    if benefit_id == "old_age" and facts.event > claim.start and not by_law:
        late = span(facts.event - claim.start)
        found.append(f"claimed {late} after the pension age: the scenario has no rule for late retirement")
    if isinstance(behaviour := facts.scenario.behaviour.get(facts.scheme_id), PensionBehaviour):
        for drawn in behaviour.account_withdrawals:
            found.append(
                f"nothing is taken to have been drawn from the account {drawn} before; a projection draws by behaviour"
            )
    for name, account in claim.scheme.accounts.items():
        if account.crediting.wage_bill != 0:
            found.append(
                f"the account {name} follows the wage bill, taken to grow with the average wage: how many contribute only a projection knows"
            )
    if claim.scheme.automatic_balance is not None:
        found.append(
            "balances and pensions are those before automatic balancing, whose index only a projection knows"
        )
    if len(claim.whole.months) and claim.whole.months[-1] >= claim.start:
        found.append(
            "contributions after the pension age are counted here; in a projection nobody contributes then"
        )
    if claim.served > claim.scheme.longest_service:
        found.append(f"a projection counts at most {claim.scheme.longest_service} years (longest_service)")
    if benefit_id and chosen is None:
        found += _other_ways(claim, benefit_id)
    use = behaviour.use.get(benefit_id, {}) if isinstance(behaviour, PensionBehaviour) else {}
    if chosen in use:
        found.append(
            f"the scenario says how many use the tier {chosen}; conditions outside the record, such as a medical "
            "test, are taken as met"
        )
    return tuple(found)


def _other_ways(claim: Claim, benefit_id: str) -> list[str]:
    """A one-time payment that is open to one who has no right to what was asked."""
    if claim.at_age:
        return []
    return [
        f"{other} pays once here: ask for it with --event withdrawal"
        for other, benefit in benefits_of(claim.scheme, "withdrawal").items()
        if isinstance(benefit, Withdrawal) and other != benefit_id
        if any(is_met(claim, tier) for tier in benefit.tiers.values())
    ]
