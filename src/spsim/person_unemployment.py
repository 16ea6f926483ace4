"""What unemployment insurance owes one person: the record, the right, and every month of the claim.

A person who claims from month `on` lost the job at the end of the month before. Rate, floor, cap, duration and wait are those of the
month in which the claim begins, as in the projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_facts import (
    Answer,
    Facts,
    Step,
    in_months,
    money,
    notes_on_the_past,
    percent,
    record_before,
    span,
)
from spsim.rules.unemployment import UnemploymentBenefit, paid_until
from spsim.schemes import UnemploymentScheme


@dataclass(frozen=True)
class Record:
    """Months of contribution that count: in the window, and in all since the last claim with what it left."""

    in_window: int
    total: int
    left: int


@dataclass(frozen=True)
class Earlier:
    """An earlier claim: benefit was paid for the months `first .. last`."""

    first: int
    last: int

    @property
    def paid(self) -> int:
        """Months of benefit."""
        return self.last - self.first + 1


def unemployment_answer(facts: Facts, earlier: Sequence[Earlier]) -> Answer:
    """The whole answer for a claim that begins in the month of the event."""
    scheme = facts.scheme
    assert isinstance(scheme, UnemploymentScheme)
    rule, record = scheme.benefit, counted_record(facts, scheme.benefit, earlier)
    granted, qualifies, right = _right_step(facts, scheme, record)
    steps = [_record_step(facts, record, earlier), right]
    if not qualifies:
        told = (f"No benefit for a claim from {month_label(facts.event)}.",)
        return Answer({}, tuple(steps), _result(0, 0.0, 0.0, []), told, _notes(facts))
    wage, wage_step = _wage_step(facts, rule)
    waiting, wait_step = _waiting_step(facts, rule)
    months, month_step = _months_step(facts, rule, wage, granted, waiting)
    left = _left_step(facts, rule, record, granted)
    result = _result(granted, float(wait_step.values["days"]), wage, months)
    told = (f"{granted} months of benefit from {month_label(facts.event)}, {money(result['total'])} in all.",)
    return Answer({}, (*steps, wage_step, wait_step, month_step, left), result, told, _notes(facts))


def counted_record(facts: Facts, rule: UnemploymentBenefit, earlier: Sequence[Earlier]) -> Record:
    """Each earlier claim leaves what the law says of the record before it; the window looks at months since the last one only."""
    left, since = 0, -1
    for claim in sorted(earlier, key=lambda one: one.first):
        before = int(((facts.months >= since) & (facts.months < claim.first)).sum())
        left, since = int(rule.record.left(left + before, claim.paid)), claim.first
    fresh = facts.months[facts.months >= since]
    window = int((fresh >= facts.event - rule.record.window).sum())
    return Record(window, min(left + len(fresh), rule.record.longest), left)


def _record_step(facts: Facts, record: Record, earlier: Sequence[Earlier]) -> Step:
    count, words = record_before(facts)
    lines = [words]
    for claim in earlier:
        lines.append(
            f"benefit from {month_label(claim.first)} to {month_label(claim.last)}: {claim.paid} months paid"
        )
    if earlier:
        lines.append(f"{record.left} months of the record before are left")
    lines.append(f"the record counts {record.total} months")
    values = {"months": count, "total": record.total, "in_window": record.in_window, "left": record.left}
    return facts.step("record", "Record of contributions", lines, values, "benefit", "record")


def _right_step(facts: Facts, scheme: UnemploymentScheme, record: Record) -> tuple[int, bool, Step]:
    """Who qualifies and for how long: months in the window, age, months granted by the record."""
    rule, cover = scheme.benefit.record, scheme.members
    by_record = facts.moment(facts.event, last=record.total, last_key="record_months")
    months = int(scheme.benefit.months_granted(by_record)[0, 0])
    age = (facts.event - facts.person.born) // 12
    met = {"record": record.in_window >= rule.required, "age": cover.youngest <= age <= cover.oldest}
    qualifies = all(met.values()) and months > 0
    window = f"{in_months(record.in_window)} in the last {rule.window}, asked {rule.required} or more"
    given = f"{in_months(record.total)} of record give {in_months(months)} of benefit"
    lines = [
        f"{window}: {_word(met['record'])}",
        f"age {age}, insured from {cover.youngest} to {cover.oldest}: {_word(met['age'])}",
        given if qualifies else "no benefit is due",
    ]
    granted = months if qualifies else 0
    asked = {"in_window": record.in_window, "required": rule.required, "window": rule.window}
    values = asked | {"conditions": met, "qualifies": qualifies, "months_granted": granted}
    return granted, qualifies, facts.step("right", "Right and duration", lines, values, "benefit")


def _word(met: bool) -> str:
    return "yes" if met else "no"


def _wage_step(facts: Facts, rule: UnemploymentBenefit) -> tuple[float, Step]:
    """Average contributory wage of the last months of contribution."""
    wages = facts.base[-rule.earnings_months :]
    wage = float(wages.mean())
    cut = int((facts.base < facts.wages)[-rule.earnings_months :].sum())
    lines = [f"last {len(wages)} months of contribution: {money(wage)} a month on average"]
    lines += [f"cut at the ceiling of contributions in {cut} of them"] * (cut > 0)
    values = {"months": len(wages), "average": wage}
    return wage, facts.step("reference_wage", "Reference wage", lines, values, "benefit")


def _waiting_step(facts: Facts, rule: UnemploymentBenefit) -> tuple[float, Step]:
    moment = facts.moment(facts.event, last_key="record_months")
    days, months = facts.number(rule.waiting_days, moment), float(rule.waiting_months(moment).max())
    lines = [
        f"{days:g} days before the first day paid ({months:.2f} of a month); they do not shorten the benefit"
    ]
    values = {"days": days, "months": months}
    return months, facts.step("waiting", "Wait", lines, values, "benefit", "waiting_days")


def _months_step(
    facts: Facts, rule: UnemploymentBenefit, wage: float, granted: int, waiting: float
) -> tuple[list[dict[str, Any]], Step]:
    """Every month of the claim: the part of it that is paid, the benefit of a whole month, and the rule that decided it."""
    count = int(np.ceil(granted + waiting - 1e-9))
    paid = np.diff(paid_until(count, waiting, float(granted)))
    months = [_month(facts, rule, wage, m + 1, float(paid[m])) for m in range(count)]
    lines = [
        f"{row['claim_month']:2d}  {row['month']}  {_rule_of(row)}  × {row['paid_share']:.3f} = {money(row['amount'])}"
        for row in months
    ]
    lines.append(f"total {money(sum(row['amount'] for row in months))}")
    return months, facts.step("months", "Month by month", lines, {"months": months}, "benefit", "rate")


def _month(facts: Facts, rule: UnemploymentBenefit, wage: float, number: int, paid: float) -> dict[str, Any]:
    moment = facts.moment(facts.event, last=number, last_key="claim_month")
    rate, floor, cap = (float(limit[0, 0]) for limit in rule.limits(moment))
    benefit = float(rule.monthly(wage, moment)[0, 0])
    decided = "cap" if benefit < max(rate * wage, floor) else "floor" if floor > rate * wage else "rate"
    return {
        "claim_month": number,
        "month": month_label(facts.event + number - 1),
        "rate": rate,
        "floor": floor,
        "cap": None if np.isinf(cap) else cap,
        "decided_by": decided,
        "benefit": benefit,
        "paid_share": paid,
        "amount": benefit * paid,
    }


def _rule_of(row: dict[str, Any]) -> str:
    words = {
        "rate": f"{percent(row['rate'])} of the wage, {money(row['benefit'])}",
        "floor": f"floor {money(row['benefit'])}",
        "cap": f"cap {money(row['benefit'])}",
    }
    return words[row["decided_by"]]


def _left_step(facts: Facts, rule: UnemploymentBenefit, record: Record, granted: int) -> Step:
    left = int(rule.record.left(record.total, granted))
    lines = [f"after {granted} months of benefit {left} months of record are left"]
    return facts.step(
        "record_left", "Record left after the claim", lines, {"months": left}, "benefit", "record"
    )


def _result(granted: int, days: float, wage: float, months: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "entitled": granted > 0,
        "months_granted": granted,
        "waiting_days": days,
        "reference_wage": wage,
        "monthly_benefit": [row["benefit"] for row in months],
        "total": sum(row["amount"] for row in months),
    }


def _notes(facts: Facts) -> tuple[str, ...]:
    gap = facts.event - int(facts.months[-1]) - 1
    found = [*notes_on_the_past(facts), "the cause of separation is taken to be one that the law covers"]
    if gap:
        found.append(f"the last contribution was {span(gap)} before the claim")
    return tuple(found)
