"""What the family of one person has at their death: the right to pensions, and so much a head or shares of the pension of the deceased.

Comes in: a claim at the month of death. Goes out: the result of the survivors and its steps. Called by `person_pension`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spsim.arrays import Array, np
from spsim.dated import on
from spsim.person_amounts import Holdings, worth
from spsim.person_claim import Claim, entitled_family, leaves_family, spouse_ages
from spsim.person_facts import Step, in_months, money, percent, span
from spsim.person_pensioner import Drawn
from spsim.rules.survivors import CLASSES, LaidShares, Right, Survivors

Found = tuple[dict[str, Any], list[Step]]


def status_at_death(claim: Claim, drawn: Drawn | None) -> tuple[str, Step]:
    """A member before the pension age; a pensioner with a pension; after the age without one a member while contributions go on."""
    short = span(claim.start - claim.facts.event)
    if drawn is not None and drawn.tier.pays == "pension":
        status = "pensioner"
        why = (
            "pension age reached: a pensioner"
            if claim.at_age
            else f"a pensioner, {short} before the pension age"
        )
    elif not claim.at_age:
        status, why = "member", f"died before the pension age, {short} short of it"
    elif _contributing(claim):
        status, why = (
            "member",
            "pension age reached without a pension, contributions went on to the month before",
        )
    else:
        status, why = "former member", "pension age reached: no pension, and the record was paid out"
    if drawn is not None and drawn.withdraws:
        why += "; what is left of the balance goes to the heirs"
    return status, claim.facts.step("status", "Status at death", [why], {"status": status}, "pension_age")


def _contributing(claim: Claim) -> bool:
    """Whether contributions went on after the pension age, to the month before the event."""
    months = claim.whole.months
    last = int(months[-1]) if len(months) else 0
    return last == claim.facts.event - 1 and last >= claim.start


def survivors(
    claim: Claim, name: str, rule: Survivors, status: str, held: Holdings, drawn: Drawn | None
) -> Found:
    """Rights of the family; an age by month of birth is read for a spouse born with the deceased."""
    right = _right(claim, rule, status, drawn)
    ages = _ages(claim, rule)
    if rule.shares is not None:
        return _by_shares(_Case(claim, name, rule, status, held, drawn, right, ages))
    return _by_head(claim, name, rule, right, ages, status)


def _right(claim: Claim, rule: Survivors, status: str, drawn: Drawn | None) -> str | None:
    """The way to the right that is met; that of pensioners is the first one."""
    years = (claim.facts.event - claim.facts.person.born) / 12.0
    if rule.spouse_years is not None and not rule.years_left(np.array(years)) > 0:
        return None
    if status == "pensioner":
        assert drawn is not None
        return None if rule.shares is not None and drawn.withdraws else ""
    if status != "member":
        return None
    met = rule.entitles(claim.moment)
    return next((way for way, share in met.items() if claim.facts.of_person(share) == 1.0), None)


def _ages(claim: Claim, rule: Survivors) -> dict[str, Any]:
    """Ages of the family that the law asks, and how long a spouse is paid."""
    facts = claim.facts
    widower, widow = spouse_ages(facts, rule)
    ages = {"child_age": rule.child_age, "widow_age_months": widow, "widower_age_months": widower}
    if rule.spouse_years is None:
        return ages
    years = float(rule.years_left(np.array((facts.event - facts.person.born) / 12.0)))
    return ages | {"spouse_years": int(years) if years == int(years) else years}


def _by_head(
    claim: Claim, name: str, rule: Survivors, right: str | None, ages: dict[str, Any], status: str
) -> Found:
    """So much for each of the family."""
    facts = claim.facts
    entitled = right is not None and leaves_family(facts, rule)
    assert rule.per_head is not None
    each = facts.number(rule.per_head, claim.moment) if entitled else 0.0
    values: dict[str, Any] = {"entitled": entitled, "per_head": each, "most": rule.most} | ages
    amounts = f"{money(each)} a month for each head, {money(each * rule.most)} for {rule.most}"
    last = f"survivors: {amounts}" if entitled else "survivors: no pension"
    lines = [*_who(claim, rule, status, right, values), last]
    if facts.family_known:
        heads = entitled_family(facts, rule)
        kept = min(sum(heads.values()), rule.most)
        share = each * kept / max(sum(heads.values()), 1)
        values |= {
            "family": {one: share * number for one, number in heads.items()},
            "family_total": each * kept,
        }
        lines.append(f"survivors: {money(each * kept)} a month for this family, {kept} heads")
    return values, [facts.step(name, "Pensions of survivors", lines, values, "benefits", name)]


@dataclass(frozen=True)
class _Case:
    """One death and a rule with shares; `right` the way to the right, None without one."""

    claim: Claim
    name: str
    rule: Survivors
    status: str
    held: Holdings
    drawn: Drawn | None
    right: str | None
    ages: dict[str, Any]

    @property
    def shares(self) -> LaidShares:
        """The shares at the month of death."""
        assert self.rule.shares is not None
        return self.rule.shares.on(self.claim.moment)

    @property
    def least(self) -> float:
        """Monthly minimum of the family, 0 without one."""
        minimum = None if self.right is None else self.rule.rights[self.right].minimum
        return 0.0 if minimum is None else self.claim.facts.number(minimum, self.claim.moment)

    def family(self, numbers: Mapping[str, int], pension: float) -> dict[str, float]:
        """Monthly amounts of the spouse, of all children and of all parents of this family."""
        drawn = self.drawn.amount if self.status == "pensioner" and self.drawn is not None else np.inf
        return of_family(self.shares, numbers, self.rule.most, pension, self.least, drawn)


def of_family(
    shares: LaidShares,
    numbers: Mapping[str, int],
    most: int,
    pension: float,
    least: float,
    drawn: float = np.inf,
) -> dict[str, float]:
    """Monthly amounts by class: max(min(S · B, pension drawn), minimum), in proportion to shares; S after a cut to `most` heads."""
    heads = np.array([float(numbers.get(one, 0)) for one in CLASSES]).reshape(3, 1, 1, 1) * shares.entitled
    if not heads.any():
        return {}
    heads = heads * min(1.0, most / float(heads.sum()))
    due = max(min(float(shares.together(heads).item()) * pension, drawn), least)
    parts = shares.parts(heads).ravel()
    return {one: due * float(part / parts.sum()) for one, part in zip(CLASSES, parts, strict=True) if part}


def _by_shares(case: _Case) -> Found:
    """Monthly amount of a spouse, a child or a parent alone, and of all together at most; none is below the minimum for a family."""
    facts, rule = case.claim.facts, case.rule
    entitled = case.right is not None and leaves_family(facts, rule)
    pension, steps = _pension_of_deceased(case) if entitled else (0.0, [])
    shares, least = case.shares, case.least
    alone = {one: sum(case.family({one: 1}, pension).values()) if entitled else 0.0 for one in CLASSES}
    most = _most(shares)
    result: dict[str, Any] = {"entitled": entitled} | alone
    result |= {"most": max(most * pension, least) if entitled else 0.0, "pension_of_deceased": pension}
    share = {one: float(part.item()) for one, part in zip(CLASSES, shares.each, strict=True)}
    together = float(shares.children.item())
    share |= ({"children": together} if together else {}) | {"most": most}
    values = result | {"shares": share, "minimum": least or None, "most_heads": rule.most} | case.ages
    lines = list(_who(case.claim, rule, case.status, case.right, values))
    lines += (
        _shares_told(share, alone, least, result["most"], pension) if entitled else ["survivors: no pension"]
    )
    if facts.family_known:
        family = case.family(entitled_family(facts, rule), pension) if entitled else {}
        lines += _beside_own(case, family)
        if (addition := _addition(case)) and "spouse" in family:
            family["spouse"] += addition
            lines.append(
                f"addition for a spouse of {facts.spouse_age:g} without children: {money(addition)} a month"
            )
        total = sum(family.values())
        more: dict[str, Any] = {"family": family, "family_total": total}
        values, result = values | more, result | more
        lines.append(f"survivors: {money(total)} a month for this family")
    steps.append(facts.step(case.name, "Pensions of survivors", lines, values, "benefits", case.name))
    return result, steps


def _beside_own(case: _Case, family: dict[str, float]) -> Iterator[str]:
    """Cut the pension of a spouse with one of their own, and say so."""
    rule, facts = case.rule.beside_own_pension, case.claim.facts
    own, before = facts.spouse_own_pension, family.get("spouse", 0.0)
    if rule is None or not own or not before or (facts.spouse_age or 0.0) < rule.from_age:
        return
    family["spouse"] = before * float(rule.share(np.array(own / before), case.claim.moment).item())
    yield f"spouse beside an own pension of {money(own)} a month: {money(before)} becomes {money(family['spouse'])}"


def _addition(case: _Case) -> float:
    """Monthly addition to the pension of this spouse; none for one whose age was not said."""
    rule, facts = case.rule.spouse_addition, case.claim.facts
    if rule is None or facts.spouse_age is None or facts.dependants.get("child"):
        return 0.0
    if not rule.from_age <= facts.spouse_age < rule.to_age:
        return 0.0
    by_sex = on(rule.amount, case.claim.moment)[0, :, 0, 0, 0]
    return float(by_sex[min(1 - facts.person.sex, len(by_sex) - 1)])


def _most(shares: LaidShares) -> float:
    """Share of all together at most."""
    by_number: Array = shares.most if shares.by_number is None else shares.by_number
    return float(by_number.max())


def _shares_told(
    share: Mapping[str, float], alone: Mapping[str, float], least: float, most: float, pension: float
) -> Iterator[str]:
    yield f"pension of the deceased {money(pension)} a month"
    for one in CLASSES:
        together = share.get("children", 0.0) if one == "child" else 0.0
        said = f"{percent(together)} for all together" if together else percent(share[one])
        yield f"{one}: {said}, alone {money(alone[one])} a month"
    if least:
        yield f"not below {money(least)} a month for all together"
    yield f"survivors: {money(most)} a month for all together at most"


def _pension_of_deceased(case: _Case) -> tuple[float, list[Step]]:
    """Monthly: of a pensioner the pension drawn, or the one reckoned in its place; of a member what the rule of the survivors reckons."""
    claim, rule = case.claim, case.rule
    if case.status == "pensioner":
        assert case.drawn is not None
        return _pension_of_pensioner(case, case.drawn)
    amount_rule = rule.rights[case.right or ""].pension
    assert amount_rule is not None
    owed = worth(
        claim.facts, claim.scheme.service_rounding, amount_rule, amount_rule.on, claim.counted, "pension"
    )
    amount = owed.of(case.held)
    lines = [*owed.lines(case.held), f"pension of the deceased {money(amount)} a month"]
    values = {"kind": amount_rule.kind, "share_of_average": owed.share, "amount": amount}
    title = "Pension that the deceased is reckoned to have had"
    where = ("benefits", case.name, *rule.rights[case.right or ""].path, "pension_of_members")
    return amount, [claim.facts.step("pension_of_deceased", title, lines, values, *where)]


def _pension_of_pensioner(case: _Case, drawn: Drawn) -> tuple[float, list[Step]]:
    steps = list(drawn.steps)
    reckoned = case.rule.pension_of_pensioners
    if reckoned is None:
        return drawn.amount, steps
    amount = drawn.reckoned(reckoned)
    lines = [
        f"pension of the deceased {money(amount)} a month, by the record at the award",
        f"survivors have no more than the {money(drawn.amount)} drawn",
    ]
    title = "Pension that the deceased is reckoned to have had"
    where = ("benefits", case.name, "pension_of_pensioners")
    values = {"kind": reckoned.kind, "amount": amount, "drawn": drawn.amount}
    return amount, [*steps, case.claim.facts.step("pension_of_deceased", title, lines, values, *where)]


def _who(
    claim: Claim, rule: Survivors, status: str, right: str | None, values: dict[str, Any]
) -> Iterator[str]:
    """Why there is a right, and who may have it."""
    if status == "member":
        for way, one in rule.rights.items():
            verdict = "yes" if way == right else "no"
            yield f"{way or 'members'}: {'; '.join(_asked(claim, one))}: {verdict}"
            if way == right:
                break
    else:
        yield f"death of a {status}: {'yes' if values['entitled'] else 'no'}"
    until = f" for {span(12 * values['spouse_years'])}" if "spouse_years" in values else ""
    spouses = (
        f"widow from {span(values['widow_age_months'])}, widower from {span(values['widower_age_months'])}"
    )
    yield f"{spouses}{until}, children below {rule.child_age}; at most {rule.most} heads"


def _asked(claim: Claim, right: Right) -> Iterator[str]:
    """What one way to the right asks of members."""
    facts = claim.facts
    low = span(12 * facts.number(right.service.at_least, claim.moment))
    high = facts.number(right.service.below, claim.moment)
    below = f" and below {span(12 * high)}" if high < 1000 else ""
    yield f"service {span(12 * claim.served)}, asked {low} or more{below}"
    if right.recent is not None:
        yield f"{in_months(right.recent.months)} of contribution in the last {right.recent.within}"
    if right.density is not None:
        since = in_months(facts.event - facts.entry)
        yield f"{len(facts.months)} of {since} since the first contribution, asked {percent(right.density)}"
