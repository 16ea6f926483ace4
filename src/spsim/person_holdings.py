"""What one person holds at the event: average earnings, points, balances of accounts, each as a step.

Comes in: a claim. Goes out: `Holdings` and the steps that show them. Called by `person_pension`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_amounts import Holdings
from spsim.person_claim import Claim
from spsim.person_facts import Facts, Step, in_months, money
from spsim.person_ledger import account_steps, ledger
from spsim.rules.amounts import Points, primitives
from spsim.rules.benefits import Survivors, Tier
from spsim.rules.reference_earnings import ReferenceEarnings


def holdings(claim: Claim) -> tuple[Holdings, list[Step]]:
    """Everything that an amount of the scheme may refer to."""
    scheme, steps = claim.scheme, []
    averages: dict[str, float] = {}
    for name, rule in ({"": scheme.reference_earnings} | scheme.other_earnings).items():
        if not len(claim.facts.months):  # balances were said, and no career
            averages[name] = 0.0
            continue
        averages[name], step = reference_step(claim, name, rule)
        steps.append(step)
    points: dict[str, float] = {}
    for name in dict.fromkeys(_named_points(claim)):
        points[name], step = _points_step(claim, name)
        steps.append(step)
    book = ledger(claim)
    steps += account_steps(claim, book)
    return Holdings(averages, points, book.balances), steps


def balances_after(tier: Tier, amount: float, held: Holdings) -> dict[str, float]:
    """All accounts before and after a lump sum that is paid out of them alone; nothing to say of other payments."""
    if tier.pays != "lump_sum" or any(one.kind != "account" for _, one in primitives(tier.amount)):
        return {}
    before = sum(held.balances.values())
    return {"balance_before": before, "balance": before - amount}


def _named_points(claim: Claim) -> Iterator[str]:
    """The averages whose points some amount of the scheme values."""
    for benefit in claim.scheme.benefits.values():
        if isinstance(benefit, Survivors):
            rights = benefit.rights.values()
            amounts = [benefit.pension_of_pensioners, *(right.pension for right in rights)]
        else:
            tiers = benefit.tiers.values()
            amounts = [amount for tier in tiers for amount in (tier.amount, tier.with_lump_sum)]
        for amount in amounts:
            for _, one in [] if amount is None else primitives(amount):
                if isinstance(one, Points):
                    yield one.of or ""


def _points_step(claim: Claim, name: str) -> tuple[float, Step]:
    """Points: each month's contributory wage over that year's index, twelve months at the index being one point."""
    facts = claim.facts
    rule = claim.scheme.other_earnings[name] if name else claim.scheme.reference_earnings
    index = facts.by_month(facts.paths.valorisation(rule.valorisation), facts.months)
    points = float((facts.base / index).sum() / 12.0)
    lines = [f"contributory wages of {in_months(len(index))} over {rule.valorisation}: {points:.4f} points"]
    where = ("other_earnings", name) if name else ("reference_earnings",)
    return points, facts.step(
        f"points:{name}" if name else "points", "Points", lines, {"points": points}, *where
    )


def reference_step(claim: Claim, named: str, rule: ReferenceEarnings) -> tuple[float, Step]:
    """Average monthly contributory wage that the law takes, and how it comes about."""
    facts = claim.facts
    count = rule.months_averaged(len(facts.months), claim.moment)
    months, wages = facts.months[-count:], facts.base[-count:]
    path = facts.paths.valorisation(rule.valorisation)
    index, now = facts.by_month(path, months), float(facts.by_month(path, np.array([facts.event]))[0])
    average, taken = rule.average(wages, index, now), rule.chosen(wages, index)
    values = {
        "kind": rule.kind,
        "months": len(taken),
        "first_month": month_label(int(months[taken[0]])),
        "last_month": month_label(int(months[taken[-1]])),
        "looked_at": count,
        "valorisation": rule.valorisation,
        "index_first": now / float(index[taken[0]]),
        "mean_as_paid": float(wages[taken].mean()),
        "average": average,
    }
    lines = [*_reference_lines(values), *_limited_wages(facts, count)]
    lines.append(f"average earnings {money(average)} a month")
    if named:
        where = ("other_earnings", named)
        return average, facts.step(f"earnings:{named}", f"Other earnings: {named}", lines, values, *where)
    name = "reference_earnings"
    return average, facts.step(name, "Reference earnings", lines, values, name)


def _reference_lines(values: dict[str, Any]) -> Iterator[str]:
    """Which months count, and how past wages are brought up to date."""
    first, last = values["first_month"], values["last_month"]
    kinds = {"career": "whole career", "best": f"the best of the last {in_months(values['looked_at'])}"}
    which = kinds.get(values["kind"], "end of the career")
    yield f"{which}: {in_months(values['months'])}, {first} to {last}"
    yield f"mean of the contributory wages as paid {money(values['mean_as_paid'])}"
    if values["valorisation"] != "none":
        yield f"past wages follow {values['valorisation']}: those of {first[:4]} × {values['index_first']:.4f}"


def _limited_wages(facts: Facts, count: int) -> Iterator[str]:
    """How often floor and ceiling of contributions changed the wage."""
    wages, base = facts.wages[-count:], facts.base[-count:]
    for word, changed in (("raised to the floor", base > wages), ("cut at the ceiling", base < wages)):
        if changed.any():
            yield f"contributory wage {word} in {in_months(int(changed.sum()))}"
