"""What unemployment insurance owes one person: the record, the right, and every month of the claim.

A person who claims from month `on` lost the job at the end of the month before. Rate, floor, cap, duration and wait are those of the
month in which the claim begins, as in the projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.grid import Moments
from spsim.person_facts import Answer, Facts, Step, money, notes_on_the_past, percent, refusal, span
from spsim.person_record import Counted, Earlier, Path, conditions, counted_record, record_step
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.schemes import COVERED, UnemploymentScheme


@dataclass(frozen=True)
class Claim:
    """What is asked of a claim: the benefit of its cause and where it stands, the record, the last wages."""

    facts: Facts
    rule: UnemploymentBenefit
    path: Path
    earlier: Sequence[Earlier]
    counted: Counted
    wage: float

    def moment(self, last: float, last_key: str) -> Moments:
        """The law in the month in which the claim begins."""
        found = self.facts.moment(self.facts.event, last=last, last_key=last_key)
        known = {} if last_key == "record_months" else {"record_months": float(self.counted.counted)}
        found = replace(found, known=known, wage=np.full((1,) * 6, self.wage))
        return found.of_claim(self.counted.number)


def unemployment_answer(
    facts: Facts,
    earlier: Sequence[Earlier],
    cause: str | None = None,
    works_after: float | None = None,
    several_jobs: bool = False,
) -> Answer:
    """The whole answer for a claim that begins in the month of the event.

    `cause` of the separation; `works_after` so many months of benefit paid the person finds work; `several_jobs`: keeps another job.
    """
    claim = _claim(facts, earlier, cause)
    rule = claim.rule
    _refuse_what_is_not_paid(rule, works_after, several_jobs)
    granted, right = _right_step(claim)
    steps = [record_step(facts, rule, claim.counted, earlier, claim.path), right]
    if not granted:
        nothing = (f"No benefit for a claim from {month_label(facts.event)}.",)
        return Answer({}, tuple(steps), _result(0, 0.0, 0.0, []), nothing, _notes(facts, cause))
    waiting, wait_step = _waiting_step(claim)
    months, month_step = _months_step(claim, granted, waiting)
    steps += [_wage_step(claim), wait_step, month_step]
    result = _result(granted, float(wait_step.values["days"]), claim.wage, months)
    told = [
        f"{granted:g} months of benefit from {month_label(facts.event)}, {money(result['total'])} in all."
    ]
    if works_after is not None:
        steps.append(_bonus_step(claim, granted, works_after, months))
        result["bonus"] = steps[-1].values["amount"]
        told.append(
            f"With work after {works_after:g} months of benefit: a bonus of {money(result['bonus'])}."
        )
    if several_jobs and rule.per_job is not None:
        steps.append(_per_job_step(claim, result["total"]))
        result["lump_sum"] = steps[-1].values["amount"]
        told = [f"A lump sum of {money(result['lump_sum'])} for the job that is lost; another one is kept."]
    steps.append(_left_step(claim, granted))
    return Answer({}, tuple(steps), result, tuple(told), _notes(facts, cause))


def _claim(facts: Facts, earlier: Sequence[Earlier], cause: str | None) -> Claim:
    scheme = facts.scheme
    assert isinstance(scheme, UnemploymentScheme)
    if cause is not None and cause not in scheme.causes:
        known = ", ".join(scheme.causes)
        raise refusal("cause", f"the scheme has no benefit for the cause {cause!r}", f"choose among {known}")
    rule = scheme.causes[cause or COVERED]
    path: Path = ("benefit",) if cause in (None, COVERED) else ("other_causes", cause)
    wage = float(facts.base[-rule.earnings_months :].mean())
    if rule.career_if_higher:
        wage = max(wage, float(facts.base.mean()))
    return Claim(facts, rule, path, earlier, counted_record(facts, rule, earlier), wage)


def _refuse_what_is_not_paid(
    rule: UnemploymentBenefit, works_after: float | None, several_jobs: bool
) -> None:
    """Options that ask for a payment which the benefit does not have."""
    if works_after is not None and rule.reemployment_bonus is None:
        raise refusal("works-after", "the benefit has no re-employment bonus", "leave the option out")
    if several_jobs and rule.per_job is None:
        raise refusal(
            "several-jobs", "the benefit pays nothing for one of several jobs", "leave the option out"
        )


def _right_step(claim: Claim) -> tuple[float, Step]:
    """Who qualifies and for how long: the conditions, and the months granted by record and age."""
    rule, record = claim.rule, claim.counted
    by_record = claim.moment(record.counted, "record_months")
    months = float(rule.due_by_age(by_record, record.number)[0, 0, 0])
    asked = conditions(claim.facts, rule, record, claim.wage)
    qualifies = all(one.met for one in asked) and months > 0
    lines = [f"{one.line}: {'yes' if one.met else 'no'}" for one in asked]
    of = "the window" if rule.record.counts == "window" else "record"
    given = f"{record.counted} months of {of} give {months:g} months of benefit"
    lines.append(given if qualifies else "no benefit is due")
    granted = _whole(_extended(claim, months)) if qualifies else 0
    if granted > months:
        lines.append(f"emergency extension: {granted - months:g} months more")
    law = rule.record.asked(record.number)
    window = {"in_window": record.in_window, "required": law.required, "window": law.window}
    met = {
        "conditions": {one.name: one.met for one in asked},
        "qualifies": qualifies,
        "months_granted": granted,
    }
    return granted, claim.facts.step("right", "Right and duration", lines, window | met, *claim.path)


def _extended(claim: Claim, months: float) -> float:
    """Months paid in the end: in each month the claim goes on if that month's extension still reaches it."""
    facts, scheme = claim.facts, claim.facts.scheme
    assert isinstance(scheme, UnemploymentScheme)
    if scheme.emergency_extension == 0:
        return months
    moment = facts.moment(facts.event, last_key="record_months")
    waiting, paid, since = float(claim.rule.waiting_months(moment, claim.counted.number).max()), 0.0, 0
    while True:
        end = waiting + months + facts.number(scheme.emergency_extension, facts.moment(facts.event + since))
        if since < end:
            paid += max(min(since + 1, end) - max(since, waiting), 0.0)
        since += 1
        if since >= end - 1e-9:
            return paid


def _whole(number: float) -> float:
    """Whole numbers as such: 3, but 2.96."""
    return round(number) if abs(number - round(number)) < 1e-9 else number


def _wage_step(claim: Claim) -> Step:
    """Average contributory wage of the last months of contribution."""
    facts, number = claim.facts, claim.rule.earnings_months
    count, last = len(facts.base[-number:]), float(facts.base[-number:].mean())
    cut = int((facts.base < facts.wages)[-number:].sum())
    lines = [f"last {count} months of contribution: {money(last)} a month on average"]
    if claim.rule.career_if_higher and len(facts.base) > count:
        higher = "which is higher" if claim.wage > last else "which is not higher"
        lines.append(f"all {len(facts.base)} months: {money(float(facts.base.mean()))} on average, {higher}")
    lines += [f"cut at the ceiling of contributions in {cut} of them"] * (cut > 0)
    values = {"months": count, "average": claim.wage}
    return facts.step("reference_wage", "Reference wage", lines, values, *claim.path)


def _waiting_step(claim: Claim) -> tuple[float, Step]:
    facts, rule = claim.facts, claim.rule
    number = claim.counted.number
    moment = facts.moment(facts.event, last_key="record_months").of_claim(number)
    days, months = facts.number(rule.waiting_days, moment), float(rule.waiting_months(moment, number).max())
    shorten = "they shorten the benefit" if rule.waiting_shortens else "they do not shorten the benefit"
    unit = "working days" if rule.waiting_unit == "working" else "days"
    lines = [f"{days:g} {unit} before the first day paid ({months:.2f} of a month); {shorten}"]
    values = {"days": days, "months": months}
    return months, facts.step("waiting", "Wait", lines, values, *claim.path, "waiting_days")


def _months_step(claim: Claim, granted: float, waiting: float) -> tuple[list[dict[str, Any]], Step]:
    """Every month since the separation: the part of it that is paid, the benefit of a whole month, and the rule that decided it.

    With a wait inside a month two months of benefit fall into one of the calendar; where they differ each has its own line.
    """
    due = _within_the_year(claim, _parts(granted, waiting))
    months = _together([_month(claim, number, since, paid) for since, number, paid in due])
    lines = [
        f"{row['claim_month']:2d}  {row['month']}  {_rule_of(row)}  × {row['paid_share']:.3f} = {money(row['amount'])}"
        for row in months
    ]
    lines.append(f"total {money(sum(row['amount'] for row in months))}")
    title = "Month by month"
    return months, claim.facts.step("months", title, lines, {"months": months}, *claim.path, "rate")


def _together(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Parts of one calendar month at the same benefit as one row."""
    found: list[dict[str, Any]] = []
    for row in rows:
        same = found and all(found[-1][key] == row[key] for key in ("month", "benefit", "decided_by", "rate"))
        if same:
            parts = {key: found[-1][key] + row[key] for key in ("paid_share", "amount")}
            found[-1] = found[-1] | parts
        else:
            found.append(row)
    return found


def _parts(granted: float, waiting: float) -> list[tuple[int, int, float]]:
    """(months since the separation before it, month of benefit from 1, part of a month paid), in the order of time."""
    edges = {*np.arange(np.ceil(granted)).tolist(), float(granted)}
    edges |= {month - waiting for month in range(int(np.ceil(granted + waiting))) if month > waiting}
    ordered = sorted(edges)
    return [
        (int(low + waiting + 1e-9), int(low + 1e-9) + 1, high - low)
        for low, high in pairwise(ordered)
        if high - low > 1e-9
    ]


def _within_the_year(claim: Claim, due: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """No more paid in a calendar year than the law allows, earlier claims counted; what is above is lost."""
    most = claim.rule.most_months_per_year
    if most is None:
        return due
    used: dict[int, float] = {}
    found = []
    for since, number, part in due:
        year = (claim.facts.event + since) // 12
        before = used.get(year, float(sum(earlier.paid_in(year) for earlier in claim.earlier)))
        paid = min(part, max(most - before, 0.0))
        used[year] = before + paid
        found.append((since, number, paid))
    return found


def _month(claim: Claim, number: int, since: int, paid: float) -> dict[str, Any]:
    rule, wage = claim.rule, claim.wage
    moment = claim.moment(number, "claim_month")
    terms = rule.terms(moment)
    rate, flat, floor, cap = (
        float(value.ravel()[0]) for value in (terms.rate, terms.flat, terms.floor, terms.cap)
    )
    benefit = float(rule.of_wage(np.full((1,) * 5, wage), moment).ravel()[0])
    limits = {"cap": cap, "floor": floor, "most_of_wage": (rule.most_of_wage or np.inf) * wage}
    due = rate * wage + flat
    decided = next((name for name, limit in limits.items() if benefit == limit != due), "rate")
    return {
        "claim_month": since + 1,
        "benefit_month": number,
        "month": month_label(claim.facts.event + since),
        "rate": rate,
        "flat": flat,
        "floor": floor,
        "cap": None if np.isinf(cap) else cap,
        "decided_by": decided,
        "benefit": benefit,
        "paid_share": paid,
        "amount": benefit * paid,
    }


def _rule_of(row: dict[str, Any]) -> str:
    parts = [f"{percent(row['rate'])} of the wage"] * (row["rate"] > 0)
    parts += [f"{money(row['flat'])} flat"] * (row["flat"] > 0)
    words = {
        "rate": f"{' and '.join(parts) or 'nothing'}, {money(row['benefit'])}",
        "floor": f"floor {money(row['benefit'])}",
        "cap": f"cap {money(row['benefit'])}",
        "most_of_wage": f"limited by the last wages, {money(row['benefit'])}",
    }
    return words[row["decided_by"]]


def _bonus_step(claim: Claim, granted: float, works_after: float, months: list[dict[str, Any]]) -> Step:
    """The re-employment bonus of one who finds work after so many months of benefit."""
    bonus, facts = claim.rule.reemployment_bonus, claim.facts
    assert bonus is not None
    if not 0 <= works_after <= granted:
        what = f"after {works_after:g} months the benefit of {granted:g} months is over"
        raise refusal("works-after", what, f"write a number from 0 to {granted:g}")
    paid = np.array([row["paid_share"] for row in months])
    left = paid - np.diff(np.minimum(np.cumsum(paid), works_after), prepend=0.0)
    counted = bonus.counted(left, -1)
    remaining = float(left.sum() / max(paid.sum(), 1e-300))
    share = float(bonus.shares(np.array([remaining]), claim.moment(remaining, "remaining")).ravel()[0])
    most = np.inf if bonus.cap is None else facts.number(bonus.cap, claim.moment(1, "claim_month"))
    worth = float(sum(part * min(row["benefit"], most) for part, row in zip(counted, months, strict=True)))
    lines = [
        f"{left.sum():.4g} of {paid.sum():.4g} months are left ({percent(remaining)}), worth {money(worth)}",
        f"{percent(share)} of that: {money(share * worth)}",
    ]
    values = {"remaining_months": float(left.sum()), "worth": worth, "share": share, "amount": share * worth}
    return facts.step("bonus", "Re-employment bonus", lines, values, *claim.path, "reemployment_bonus")


def _per_job_step(claim: Claim, total: float) -> Step:
    """The lump sum for one of several jobs: a share of the benefit of the whole claim at the wage of that job."""
    assert claim.rule.per_job is not None
    share = claim.rule.per_job.share
    lines = [f"{percent(share)} of the whole benefit at the wage of the lost job: {money(share * total)}"]
    values = {"share": share, "amount": share * total}
    return claim.facts.step("per_job", "One of several jobs", lines, values, *claim.path, "per_job")


def _left_step(claim: Claim, granted: float) -> Step:
    left = int(claim.rule.record.left(claim.counted.total, int(np.ceil(granted))))
    lines = [f"after {granted:g} months of benefit {left} months of record are left"]
    title = "Record left after the claim"
    return claim.facts.step("record_left", title, lines, {"months": left}, *claim.path, "record")


def _result(granted: float, days: float, wage: float, months: list[dict[str, Any]]) -> dict[str, Any]:
    benefits = {row["benefit_month"]: row["benefit"] for row in months}
    held = {
        number: max(known for known in benefits if known <= number)
        for number in range(1, int(np.ceil(granted)) + 1)
    }
    return {
        "entitled": granted > 0,
        "months_granted": granted,
        "waiting_days": days,
        "reference_wage": wage,
        "monthly_benefit": [benefits[held[number]] for number in held],
        "total": sum(row["amount"] for row in months),
    }


def _notes(facts: Facts, cause: str | None) -> tuple[str, ...]:
    gap = facts.event - int(facts.months[-1]) - 1
    found = list(notes_on_the_past(facts))
    if cause is None:
        found.append("the cause of separation is taken to be one that the law covers")
    if gap:
        found.append(f"the last contribution was {span(gap)} before the claim")
    return tuple(found)
