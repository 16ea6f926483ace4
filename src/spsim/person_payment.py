"""What one person's pension is in a later month of its payment: every increase since the award, and the floor in payment.

Comes in: the facts, the answer at the award, the month. Goes out: the answer with one step more. The increases are those of the projection
(`increases`): a stock of 1 July of a projection is the mean of the same path over its calendar year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.dated import on
from spsim.grid import Moments
from spsim.increases import Increases, increases
from spsim.person_facts import Answer, Facts, Step, money, percent, refusal
from spsim.person_tiers import SUPPLEMENT, without_supplements
from spsim.person_withdrawal import monthly_path
from spsim.rules.benefits import OldAge, Survivors
from spsim.schemes import PensionScheme

OF_SURVIVORS = ("spouse", "child", "parent", "most", "pension_of_deceased", "family_total")


def paid_in(facts: Facts, found: Answer, month: int) -> Answer:
    """The answer with the amount in payment in `month`. Raises InputError for a month before the award or where no pension is paid."""
    scheme = facts.scheme
    assert isinstance(scheme, PensionScheme)
    if month < facts.event:
        what = f"{month_label(month)} is before the pension begins, in {month_label(facts.event)}"
        raise refusal("paid-in", what, "name a later month")
    survivors = found.result.get("survivors")
    if survivors and survivors["entitled"]:
        return _of_survivors(facts, scheme, found, survivors, month)
    if not found.result.get("monthly_pension"):
        what = f"no pension is in payment in {month_label(month)}"
        raise refusal("paid-in", what, "leave the option out, or ask for an event that brings a pension")
    first = float(found.result["monthly_pension"])
    withdrawn = monthly_path(found, month - facts.event + 1)
    if withdrawn is not None:
        lines = ["paid out of the balance: see the payments of the years to come"]
        return _with(facts, found, month, float(withdrawn[-1]), lines, [])
    raised = increases(scheme.indexation, facts.paths)
    main = without_supplements(first, found.steps)
    path = raised.path(main, facts.event, month, floors(facts, scheme, month))
    rows = list(_rows(facts.event, path, raised))
    lines = [_line(row) for row in rows] or ["no increase since the award"]
    beside = [_supplement_later(facts, step, raised, month) for step in found.steps if _ends(step)]
    if beside:
        lines.append(f"without supplements: {money(float(path[-1]))}")
    lines += [line for _, line in beside]
    supplements = sum(amount for amount, _ in beside)
    return _with(facts, found, month, float(path[-1]) + supplements, lines, rows, supplements)


def _ends(step: Step) -> bool:
    return step.name.startswith(SUPPLEMENT)


def _supplement_later(facts: Facts, step: Step, raised: Increases, month: int) -> tuple[float, str]:
    """A supplement in a later month: what is paid for one, raised by the rates, for those who are still young enough."""
    rates = replace(raised, added=np.zeros(len(raised.added)))
    each = float(rates.path(step.values["each"], facts.event, month, np.zeros(month - facts.event + 1))[-1])
    who, until = step.values["dependant"], step.values["until_age"]
    ages = facts.moment(month).dependant_ages.get(who)
    number = facts.dependants.get(who, 0) if ages is None else sum(age < until for age in ages)
    number = min(number, step.values["most"])
    return each * number, f"{money(each)} for each {who} below {until}, {number} now: {money(each * number)}"


def beside_work(facts: Facts, found: Answer, month: int) -> Answer:
    """The answer with what is paid in `month` beside work. Raises InputError where the law looks at no pay."""
    scheme, step = facts.scheme, next((one for one in found.steps if one.name == "tested_part"), None)
    if step is None or facts.works_for is None:
        what = "no pension of old age that the law stops beside work is paid"
        raise refusal("works-for", what, "leave the option out")
    test = next(one.work_test for one in _old_age(scheme) if one.work_test is not None)
    whole = float(found.result.get("monthly_pension_paid_in", found.result["monthly_pension"]))
    later = next((one.values["lasting"] for one in found.steps if one.name == "in_payment"), None)
    main = without_supplements(whole, found.steps) if later is None else later
    tested, pay = step.values["share"] * main, facts.works_for
    over = step.values["before"] is not None and month >= step.values["before"]
    moment = facts.moment(month)
    of = (np.full((1, 1, 1, 1), amount) for amount in (pay, tested))
    stopped = 0.0 if over else facts.of_person(test.stopped(next(of), next(of), moment)[..., None])
    limit = facts.number(test.limit, moment)
    lines = [
        f"pay {money(pay)} a month, tested pension {money(tested)}, limit {money(limit)}",
        f"stopped {money(stopped)}: {money(whole - stopped)} a month is paid in {month_label(month)}",
    ]
    values = {"pay": pay, "tested": tested, "limit": limit, "stopped": stopped, "paid": whole - stopped}
    work = replace(step, name="beside_work", title="Paid beside work", lines=tuple(lines), values=values)
    result = {**found.result, "monthly_pension_beside_work": whole - stopped}
    told = (*found.told, f"Beside work in {month_label(month)}: {money(whole - stopped)} a month.")
    return replace(found, steps=(*found.steps, work), result=result, told=told)


def _old_age(scheme: object) -> Iterator[OldAge]:
    assert isinstance(scheme, PensionScheme)
    yield from (one for one in scheme.benefits.values() if isinstance(one, OldAge))


def floors(facts: Facts, scheme: PensionScheme, last: int) -> Array:
    """Monthly minimum of pensions in payment in each month from the award to `last`; at the award itself the tier has applied it."""
    months = np.arange(facts.event, last + 1)
    at = Moments(months[None, :].astype(float), np.zeros(1), np.zeros(1), references=facts.paths.references)
    at = replace(at, scheme_start=facts.moment(facts.event).scheme_start)
    found = np.array(np.broadcast_to(on(scheme.pension_floor, at)[:, 0, 0, 0, 0], len(months)))
    found[0] = 0.0
    return found


def _rows(award: int, path: Array, raised: Increases) -> Iterator[dict[str, Any]]:
    """Each month in which the amount changes: what it was multiplied by, what was added, and whether the floor decides."""
    known = {month: (factor, added) for month, factor, added in raised.months(award, award + len(path) - 1)}
    for place, (before, now) in enumerate(pairwise(path), 1):
        factor, added = known.get(award + place, (1.0, 0.0))
        by_floor = bool(now > before * factor + added + 1e-9 * now)
        if factor != 1.0 or added or by_floor:
            yield {
                "month": month_label(award + place),
                "factor": factor,
                "added": added,
                "floor_decides": by_floor,
                "monthly_pension": float(now),
            }


def _line(row: dict[str, Any]) -> str:
    rate = f" {percent(round(row['factor'] - 1, 6))} more" if row["factor"] != 1 else ""
    added = f" {money(row['added'])} added" if row["added"] else ""
    floor = " lifted to the floor in payment" if row["floor_decides"] else ""
    said = ",".join(part for part in (rate, added, floor) if part)
    return f"{row['month']}:{said}: {money(row['monthly_pension'])}"


def _with(
    facts: Facts,
    found: Answer,
    month: int,
    amount: float,
    lines: list[str],
    rows: list[dict[str, Any]],
    supplements: float = 0.0,
) -> Answer:
    """The answer with the step; `amount` includes `supplements` that end."""
    lasting = amount - supplements
    when = month_label(month)
    values = {"month": when, "monthly_pension": amount, "increases": rows, "lasting": lasting}
    title = f"Pension in payment, from {month_label(facts.event)} to {when}"
    step: Step = facts.step(
        "in_payment", title, [*lines, f"in {when}: {money(amount)} a month"], values, "indexation"
    )
    result = {**found.result, "paid_in": when, "monthly_pension_paid_in": amount}
    told = (*found.told, f"In {when}: {money(amount)} a month.")
    return replace(found, steps=(*found.steps, step), result=result, told=told)


def _of_survivors(
    facts: Facts, scheme: PensionScheme, found: Answer, survivors: dict[str, Any], month: int
) -> Answer:
    """The family's pensions later: so much a head as the law then gives, or the shares raised like all pensions; who stays has the same."""
    rule = next(one for one in scheme.benefits.values() if isinstance(one, Survivors))
    if "per_head" in survivors:
        assert rule.per_head is not None
        each = facts.number(rule.per_head, facts.moment(month))
        factor = each / survivors["per_head"] if survivors["per_head"] else 1.0
        rows: list[dict[str, Any]] = []
        lines = [f"{money(each)} a month for each head in {month_label(month)}"]
        amount = survivors.get("family_total", survivors["per_head"]) * factor
    else:
        raised = replace(
            increases(rule.indexation or scheme.indexation, facts.paths),
            added=np.zeros(12 * len(facts.paths.years)),
        )
        path = raised.path(1.0, facts.event, month, np.zeros(month - facts.event + 1))
        factor = float(path[-1])
        amount = survivors.get("family_total", survivors["spouse"]) * factor
        rows = list(_rows(facts.event, path * survivors.get("family_total", survivors["spouse"]), raised))
        lines = [_line(row) for row in rows] or ["no increase since the award"]
    later = {name: survivors[name] * factor for name in OF_SURVIVORS if name in survivors}
    answer = _with(facts, found, month, amount, lines, rows)
    return replace(answer, result={**answer.result, "survivors_paid_in": later})
