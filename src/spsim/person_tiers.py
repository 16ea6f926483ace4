"""Tiers of a benefit for one person: which one is met and why, and what it pays, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.dated import on
from spsim.person_amounts import Holdings, Owed, limited, worth
from spsim.person_claim import Claim
from spsim.person_facts import Step, in_months, money, percent, span
from spsim.person_withdrawal import withdrawal_step
from spsim.rules.amounts import ForEach, ProgrammedWithdrawal, ending
from spsim.rules.benefits import OldAge, Tier, TieredBenefit
from spsim.rules.pension_age import share_in_window
from spsim.rules.rounding import RoundPension

SUPPLEMENT = "supplement:"


def tier_step(claim: Claim, benefit_id: str, benefit: TieredBenefit) -> tuple[str | None, Step]:
    """Every tier in the order written, with why it is met or not; the first match wins."""
    open_to, closed = _offered(claim, benefit)
    chosen: str | None = None
    lines, verdicts = [], []
    for name in [*open_to, *(name for name in benefit.tiers if name not in open_to)]:
        tier = benefit.tiers[name]
        asked = list(_conditions(claim, tier)) if name in open_to else []
        met = name in open_to and is_met(claim, tier)
        taken = met and chosen is None
        chosen = name if taken else chosen
        why = "; ".join(f"{text}: {'yes' if ok else 'no'}" for text, ok in asked)
        if name not in open_to:
            verdict, why = (
                "not open",
                "only after the pension age" if tier.years_after is not None else closed,
            )
        else:
            verdict = "met" if taken else "met too, but an earlier tier is taken" if met else "not met"
        lines.append(f"{name}: {verdict}" + (f" ({why})" if why else ""))
        conditions = [{"asked": text, "met": ok} for text, ok in asked]
        verdicts.append({"tier": name, "verdict": verdict, "taken": taken, "conditions": conditions})
    values = {"benefit": benefit_id, "tiers": verdicts, "taken": chosen}
    title = f"Tiers of {benefit_id}, the first one met is taken"
    return chosen, claim.facts.step("tiers", title, lines, values, "benefits", benefit_id)


def _offered(claim: Claim, benefit: TieredBenefit) -> tuple[list[str], str]:
    """Tiers that the event opens at this age, and why the others are closed."""
    if isinstance(benefit, OldAge):
        closed = "only before the pension age" if claim.at_age else f"only from {month_label(claim.start)} on"
        late = benefit.offered_late() if claim.facts.event > claim.start else []
        return [*late, *benefit.offered(claim.at_age)], closed
    if benefit.event == "death" or not claim.at_age:
        return list(benefit.tiers), ""
    return [], "only before the pension age"


def is_met(claim: Claim, tier: Tier) -> bool:
    return claim.facts.of_person(tier.open_to(claim.moment, claim.reached, claim.facts.entry)) == 1.0


def _conditions(claim: Claim, tier: Tier) -> Iterator[tuple[str, bool]]:
    """What a tier asks, each condition by its own rule."""
    facts, service = claim.facts, tier.service
    low, high = facts.number(service.at_least, claim.moment), facts.number(service.below, claim.moment)
    if low > 0 or high < 1000:
        limits = [f"{span(12 * low)} or more"] * (low > 0) + [f"below {span(12 * high)}"] * (high < 1000)
        met = facts.of_person(service.on(claim.moment)) == 1.0
        yield f"service {span(12 * claim.served)}, asked {' and '.join(limits)}", met
    if tier.recent is not None:
        asked = f"{in_months(tier.recent.months)} of contribution in the last {tier.recent.within}"
        yield asked, facts.of_person(tier.recent.on(claim.moment)) == 1.0
    if tier.density is not None:
        since = facts.event - facts.entry
        alone = tier.model_copy(update={"recent": None})
        met = facts.of_person(alone.lately(claim.moment)) == 1.0
        yield (
            f"{len(facts.months)} of {in_months(since)} since the first contribution, asked {percent(tier.density)}",
            met,
        )
    entry = tier.first_insured
    dates = [
        f"{word} {date}"
        for word, date in (("before", entry.before), ("from", entry.from_))
        if date is not None
    ]
    if dates:
        yield f"first insured {month_label(facts.entry)}, asked {' and '.join(dates)}", entry.met(facts.entry)
    if tier.unless is not None:
        without = facts.of_person(tier.asked(claim.moment).on(claim.moment)) == 1.0
        yield f"the death gives nobody a pension of {tier.unless}", without
    if tier.years_before is not None:
        yield _early(claim, tier)
    if tier.years_after is not None:
        years, late = facts.number(tier.years_after, claim.moment), facts.event - claim.start
        yield f"{span(late)} after the pension age, asked up to {span(12 * years)}", 0 < late <= 12 * years


def _early(claim: Claim, tier: Tier) -> tuple[str, bool]:
    assert tier.years_before is not None
    years = on(tier.years_before, claim.moment)
    short = claim.start - claim.facts.event
    inside = share_in_window(claim.reached, years[..., 0, 0])
    asked = span(12 * claim.facts.of_person(years))
    return f"{span(short)} before the pension age, asked {asked} or less", claim.facts.of_person(
        inside
    ) == 1.0


def _worth(claim: Claim, tier: Tier, block: Any, form: Any, pays: str) -> Owed:
    rounding = claim.rounding_of(tier)
    return worth(claim.facts, rounding, block, form, claim.counted_by(rounding), pays)


def tier_amount(claim: Claim, tier: Tier, held: Holdings, path: tuple[str, ...]) -> tuple[float, list[Step]]:
    """The amount of a tier: accrual, reduction, limits, supplements that end, and what is paid once beside it."""
    kept, ends = ending(tier.amount)
    whole, tier = tier, tier.model_copy(update={"amount": kept})
    full = _worth(claim, tier, tier.amount, tier.amount.on, tier.pays)
    steps = [_accrual_step(claim, tier, full, held, path)]
    paid = full
    if tier.reduction is not None:
        paid = _worth(claim, tier, tier.amount, lambda at: tier.amount_on(at, claim.reached), tier.pays)
        steps.append(_reduction_step(claim, tier, full, paid, path))
    if tier.increase is not None:
        paid = _worth(claim, tier, tier.amount, lambda at: tier.amount_on(at, claim.reached), tier.pays)
        steps.append(_increase_step(claim, tier, full, paid, path))
    amount = paid.of(held)
    if tier.round_to is not None:
        amount, step = _rounding_step(claim, tier.round_to, amount, path)
        steps.append(step)
    if tier.pays == "pension":
        amount, step = _limits_step(claim, tier, amount, path)
        steps.append(step)
    if isinstance(tier.amount, ProgrammedWithdrawal):
        steps.append(withdrawal_step(claim, tier.amount, amount, path))
    for name, supplement in ends.items():
        one = whole.model_copy(update={"amount": supplement.amount})
        steps.append(_supplement_step(claim, one, name, supplement, held, path))
        amount += steps[-1].values["amount"]
    steps += _beside(claim, tier, held, path)
    return amount, steps


def tested_step(
    claim: Claim, benefit: OldAge, tier: Tier, held: Holdings, pension: float, benefit_id: str
) -> Iterator[Step]:
    """The part of a pension (without supplements) at which the law looks beside work, and until when."""
    test = benefit.work_test
    if test is None or tier.pays != "pension":
        return
    part, tested = benefit.tested_part(tier), pension
    if part is not None:
        one = tier.model_copy(update={"amount": part})
        tested = _worth(claim, one, part, lambda at: one.amount_on(at, claim.reached), "pension").of(held)
    share = tested / pension if pension > 0 else 0.0
    until = None if test.years is None else claim.start + 12 * test.years
    lines = [f"{money(tested)} of the pension of {money(pension)} are looked at beside work"]
    if until is not None:
        lines.append(f"before {month_label(until)}")
    values = {"tested": tested, "share": share, "before": until}
    yield claim.facts.step(
        "tested_part", "Pension beside work", lines, values, "benefits", benefit_id, "work_test"
    )


def without_supplements(amount: float, steps: Sequence[Step]) -> float:
    """A pension at the award without its supplements that end."""
    return amount - sum(step.values["amount"] for step in steps if step.name.startswith(SUPPLEMENT))


def _supplement_step(
    claim: Claim, one: Tier, name: str, rule: ForEach, held: Holdings, path: tuple[str, ...]
) -> Step:
    """A supplement that ends: the amount for one dependant (a tier that pays this alone), and how many there are at the award."""
    owed = _worth(claim, one, one.amount, lambda at: one.amount_on(at, claim.reached), "pension")
    each, number = owed.of(held), claim.facts.of_person(rule.number(claim.moment))
    asked = f"{rule.dependant} below {rule.until_age}"
    lines = [
        *owed.lines(held),
        f"{money(each)} for each {asked}, {number:g} at the award: {money(each * number)}",
    ]
    values: dict[str, Any] = {"each": each, "number": number, "amount": each * number}
    values["dependant"] = rule.dependant
    values |= {"until_age": rule.until_age, "most": rule.most}
    title = f"Supplement that ends: {name}"
    where = [step for part in name.split(".") for step in ("parts", part)]
    return claim.facts.step(f"{SUPPLEMENT}{name}", title, lines, values, *path, "amount", *where)


def _accrual_step(claim: Claim, tier: Tier, full: Owed, held: Holdings, path: tuple[str, ...]) -> Step:
    amount = full.of(held)
    lines = [*full.lines(held), f"amount {money(amount)}"]
    if tier.service_rounding is not None:
        lines.insert(0, f"odd months count by the rule {tier.service_rounding} in this tier")
    values = {
        "kind": tier.amount.kind,
        "share_of_average": full.share if tier.pays == "pension" else 12.0 * full.share,
        "amount": amount,
        "parts": [
            {
                "from": month_label(part.first),
                "months": part.months,
                "years_counted": part.years,
                "flat": part.flat,
                "rate": part.rate,
                "per_year": part.per_year,
            }
            for part in full.parts
        ],
    }
    return claim.facts.step("accrual", "Formula of the amount", lines, values, *path, "amount")


def _reduction_step(claim: Claim, tier: Tier, full: Owed, paid: Owed, path: tuple[str, ...]) -> Step:
    """Early retirement: what the months before the pension age take off."""
    rule, facts = tier.reduction, claim.facts
    assert rule is not None
    months = max(claim.start - facts.event, 0)
    per_year = on(rule.per_year, facts.moment(facts.event, last=claim.counted_by(claim.rounding_of(tier))))
    lost = facts.of_person(rule.lost(np.array(float(months)), per_year))
    off = f"{100 * lost:g} points" if rule.basis == "rate_points" else f"{percent(lost)} of the amount"
    each = f"{percent(facts.of_person(per_year))} a year by steps of {rule.step_months} months"
    lines = [f"{span(months)} early, {each}: {off} off"]
    if full.share:
        lines.append(f"rate {percent(full.share)} becomes {percent(paid.share)}")
    values = {
        "months_early": months,
        "lost": lost,
        "basis": rule.basis,
        "share_before": full.share,
        "share_after": paid.share,
    }
    return facts.step("reduction", "Reduction for early retirement", lines, values, *path, "reduction")


def _increase_step(claim: Claim, tier: Tier, full: Owed, paid: Owed, path: tuple[str, ...]) -> Step:
    """Late retirement: what the months after the pension age add."""
    rule, facts = tier.increase, claim.facts
    assert rule is not None
    months = max(facts.event - claim.start, 0)
    moment = facts.moment(facts.event, last=claim.counted)
    per_year = on(rule.per_year, moment)
    gained = facts.of_person(rule.gained(np.array(float(months)), moment))
    on_top = f"{100 * gained:g} points" if rule.basis == "rate_points" else f"{percent(gained)} of the amount"
    each = f"{percent(facts.of_person(per_year))} a year by steps of {rule.step_months} months"
    lines = [f"{span(months)} late, {each}: {on_top} more"]
    values = {
        "months_late": months,
        "gained": gained,
        "basis": rule.basis,
        "share_before": full.share,
        "share_after": paid.share,
    }
    return facts.step("increase", "Increase for late retirement", lines, values, *path, "increase")


def _rounding_step(
    claim: Claim, rule: RoundPension, amount: float, path: tuple[str, ...]
) -> tuple[float, Step]:
    """The amount in whole units of money."""
    after = rule.monthly(amount)
    of = "the pension of a year" if rule.of == "year" else "the amount"
    how = {"up": "rounded up", "down": "rounded down", "nearest": "rounded to the nearest"}[rule.mode]
    lines = [
        f"{of} {how} {'' if rule.mode == 'nearest' else 'to '}{money(rule.to)}: {amount:,.4f} becomes {after:,.4f}"
    ]
    values = {"before": amount, "amount": after}
    return after, claim.facts.step("rounding", "Rounding", lines, values, *path, "round_to")


def _limits_step(claim: Claim, tier: Tier, amount: float, path: tuple[str, ...]) -> tuple[float, Step]:
    """Floor and cap of the tier at the award, then the floor of pensions in payment."""
    facts, moment = claim.facts, claim.moment
    floor = None if tier.floor is None else facts.number(tier.floor, moment)
    cap = None if tier.cap is None else facts.number(tier.cap, moment)
    least = min(floor, cap) if tier.precedence == "cap_wins" and None not in (floor, cap) else floor  # type: ignore[type-var]
    after, by = limited(amount, least, cap)
    in_payment = facts.number(claim.scheme.pension_floor, moment)
    limits = (("floor", floor), ("cap", cap), ("floor of pensions in payment", in_payment or None))
    lines = [f"{word} {money(limit)} a month" for word, limit in limits if limit is not None]
    if in_payment > after:
        after, by = in_payment, "floor of pensions in payment"
    if claim.scheme.payments_per_year != 12:
        lines.append(f"paid {claim.scheme.payments_per_year:g} times a year")
    lines = (
        [*lines, f"pension {money(after)} a month, decided by the {by}"] if lines else ["no floor, no cap"]
    )
    values = {
        "before": amount,
        "floor": floor,
        "cap": cap,
        "pension_floor": in_payment or None,
        "amount": after,
        "decided_by": by,
    }
    return after, facts.step("limits", "Floor and cap", lines, values, *path, "cap" if cap else "floor")


def _beside(claim: Claim, tier: Tier, held: Holdings, path: tuple[str, ...]) -> Iterator[Step]:
    """A lump sum paid with the first pension."""
    if tier.with_lump_sum is not None:
        once = _worth(claim, tier, tier.with_lump_sum, tier.with_lump_sum.on, "lump_sum")
        amount = once.of(held)
        lines = [*once.lines(held), f"paid once {money(amount)}"] if amount else ["nothing is due"]
        yield claim.facts.step(
            "paid_once", "Paid once beside it", lines, {"amount": amount}, *path, "with_lump_sum"
        )
