"""What the family of one person has at their death: the right to pensions, and so much a head or shares of the pension of the deceased.

Comes in: a claim at the month of death. Goes out: the result of the survivors and its steps. Called by `person_pension`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spsim.arrays import np
from spsim.grid import MALE
from spsim.person_amounts import Holdings, worth
from spsim.person_claim import Claim, benefits_of
from spsim.person_facts import Facts, Step, money, percent, span
from spsim.person_tiers import is_met, tier_amount
from spsim.rules.amounts import ProgrammedWithdrawal
from spsim.rules.benefits import OldAge, Survivors
from spsim.rules.pension_age import age_in_months

CLASSES = ("spouse", "child", "parent")
Found = tuple[dict[str, Any], list[Step]]


def status_at_death(claim: Claim) -> tuple[str, Step]:
    """A member before the pension age; after it a pensioner, or no longer a member if the age brought no pension."""
    if not claim.at_age:
        status, why = (
            "member",
            f"died before the pension age, {span(claim.start - claim.facts.event)} short of it",
        )
    else:
        taken = _tier_at_age(claim)
        pensioner = taken is not None and taken[0].tiers[taken[2]].pays == "pension"
        status = "pensioner" if pensioner else "former member"
        why = f"pension age reached: {'a pensioner' if pensioner else 'no pension, and the record was paid out'}"
        if _withdraws(claim):
            why += "; what is left of the balance goes to the heirs"
    return status, claim.facts.step("status", "Status at death", [why], {"status": status}, "pension_age")


def _tier_at_age(claim: Claim) -> tuple[OldAge, str, str] | None:
    """Old age, its id and the first tier that is met at the pension age."""
    for benefit_id, benefit in benefits_of(claim.scheme, "old_age").items():
        if isinstance(benefit, OldAge):
            for name in benefit.offered(at_age=True):
                if is_met(claim, benefit.tiers[name]):
                    return benefit, benefit_id, name
    return None


def _withdraws(claim: Claim) -> bool:
    """Whether the pension from the pension age on is a balance paid out, of which survivors have no share."""
    taken = _tier_at_age(claim)
    return taken is not None and isinstance(taken[0].tiers[taken[2]].amount, ProgrammedWithdrawal)


def survivors(claim: Claim, name: str, rule: Survivors, status: str, held: Holdings) -> Found:
    """Rights of the family; an age by month of birth is read for a spouse born with the deceased."""
    facts = claim.facts
    met = facts.of_person(rule.entitles(claim.moment)) == 1.0
    shared = status == "pensioner" and not (rule.shares is not None and _withdraws(claim))
    entitled = shared or (status == "member" and met)
    dates = np.array([float(facts.event)]), np.array([float(facts.person.born)])
    widower, widow = (int(months) for months in age_in_months(rule.spouse_age, *dates)[0, 0])
    ages = {"child_age": rule.child_age, "widow_age_months": widow, "widower_age_months": widower}
    if rule.spouse_years is not None:
        ages["spouse_years"] = rule.spouse_years
    if rule.shares is not None:
        return _by_shares(claim, name, rule, status, held, entitled, ages)
    assert rule.per_head is not None
    each = facts.number(rule.per_head, claim.moment) if entitled else 0.0
    values: dict[str, Any] = {"entitled": entitled, "per_head": each, "most": rule.most} | ages
    amounts = f"{money(each)} a month for each head, {money(each * rule.most)} for {rule.most}"
    last = f"survivors: {amounts}" if entitled else "survivors: no pension"
    lines = [*_who(claim, rule, status, values), last]
    if facts.dependants:
        heads = _entitled_family(facts, ages)
        kept = min(sum(heads.values()), rule.most)
        share = each * kept / max(sum(heads.values()), 1)
        values |= {
            "family": {one: share * number for one, number in heads.items()},
            "family_total": each * kept,
        }
        lines.append(f"survivors: {money(each * kept)} a month for this family, {kept} heads")
    return values, [facts.step(name, "Pensions of survivors", lines, values, "benefits", name)]


def _by_shares(
    claim: Claim,
    name: str,
    rule: Survivors,
    status: str,
    held: Holdings,
    entitled: bool,
    ages: dict[str, Any],
) -> Found:
    """Monthly amount of a spouse, a child or a parent alone, and of all together at most; none is below the minimum for a family."""
    facts, shares = claim.facts, rule.shares
    assert shares is not None
    pension, steps = _pension_of_deceased(claim, name, rule, status, held) if entitled else (0.0, [])
    share = {one: facts.number(getattr(shares, one), claim.moment) for one in (*CLASSES, "most")}
    least = 0.0 if rule.minimum is None else facts.number(rule.minimum, claim.moment)
    least = least if entitled else 0.0
    alone = {
        one: max(min(share[one], share["most"]) * pension, least) if share[one] > 0 else 0.0
        for one in CLASSES
    }
    result: dict[str, Any] = {"entitled": entitled} | alone
    result |= {"most": max(share["most"] * pension, least), "pension_of_deceased": pension}
    values = result | {"shares": share, "minimum": least or None, "most_heads": rule.most} | ages
    lines = list(_who(claim, rule, status, values))
    if entitled:
        lines.append(f"pension of the deceased {money(pension)} a month")
        lines += [f"{one}: {percent(share[one])}, alone {money(alone[one])} a month" for one in CLASSES]
        if least:
            lines.append(f"not below {money(least)} a month for all together")
        lines.append(f"survivors: {money(result['most'])} a month for all together at most")
    else:
        lines.append("survivors: no pension")
    if facts.dependants:
        family = _of_family(_entitled_family(facts, ages), share, rule.most, pension, least)
        total = sum(family.values())
        more: dict[str, Any] = {"family": family, "family_total": total}
        values, result = values | more, result | more
        lines.append(f"survivors: {money(total)} a month for this family")
    steps.append(facts.step(name, "Pensions of survivors", lines, values, "benefits", name))
    return result, steps


def _entitled_family(facts: Facts, ages: Mapping[str, Any]) -> dict[str, int]:
    """The family without a spouse below the age that the law asks of a widow or a widower."""
    asked = ages["widow_age_months" if facts.person.sex == MALE else "widower_age_months"] / 12.0
    young = facts.spouse_age is not None and facts.spouse_age < asked
    return {
        who: number for who, number in facts.dependants.items() if number and not (who == "spouse" and young)
    }


def _of_family(
    dependants: Mapping[str, int], share: Mapping[str, float], most: int, pension: float, least: float
) -> dict[str, float]:
    """Monthly amounts of the spouse, of all children and of all parents of one family:

    max(min(Σ share · n · k, most of all shares) · B, minimum), in proportion to share · n; k cuts to `most` heads.
    """
    parts = {one: share[one] * number for one, number in dependants.items() if share[one] > 0 and number}
    heads = sum(dependants[one] for one in parts)
    together = sum(parts.values()) * min(1.0, most / heads) if heads else 0.0
    due = max(min(together, share["most"]) * pension, least) if together else 0.0
    return {one: due * part / sum(parts.values()) for one, part in parts.items()}


def _pension_of_deceased(
    claim: Claim, name: str, rule: Survivors, status: str, held: Holdings
) -> tuple[float, list[Step]]:
    """Monthly: of a pensioner what old age gives in this month, of a member what the rule of the survivors reckons."""
    taken = _tier_at_age(claim) if status == "pensioner" else None
    if taken is not None:
        benefit, benefit_id, tier = taken
        path = ("benefits", benefit_id, "tiers", tier)
        amount, steps = tier_amount(claim, benefit.tiers[tier], held, path)
        return amount, [step for step in steps if step.name != "paid_once"]
    amount_rule = rule.pension_of_members
    assert amount_rule is not None
    owed = worth(
        claim.facts, claim.scheme.service_rounding, amount_rule, amount_rule.on, claim.counted, "pension"
    )
    amount = owed.of(held)
    lines = [*owed.lines(held), f"pension of the deceased {money(amount)} a month"]
    values = {"kind": amount_rule.kind, "share_of_average": owed.share, "amount": amount}
    title = "Pension that the deceased is reckoned to have had"
    where = ("benefits", name, "pension_of_members")
    return amount, [claim.facts.step("pension_of_deceased", title, lines, values, *where)]


def _who(claim: Claim, rule: Survivors, status: str, values: dict[str, Any]) -> Iterator[str]:
    """Why there is a right, and who may have it."""
    low = span(12 * claim.facts.number(rule.service.at_least, claim.moment))
    member = f"service {span(12 * claim.served)}, asked {low} or more"
    why = member if status == "member" else f"death of a {status}"
    yield f"{why}: {'yes' if values['entitled'] else 'no'}"
    until = f" for {rule.spouse_years} years" if rule.spouse_years else ""
    spouses = (
        f"widow from {span(values['widow_age_months'])}, widower from {span(values['widower_age_months'])}"
    )
    yield f"{spouses}{until}, children below {rule.child_age}; at most {rule.most} heads"
