"""One person and one pension scheme: pension age, record, first insurance, reference earnings, each as a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label, month_number
from spsim.grid import Moments
from spsim.person_facts import Facts, Person, Step, in_months, money, record_before, span
from spsim.rules.benefits import Benefit
from spsim.rules.pension_age import AgeReached, age_in_months, first_pension_month
from spsim.rules.service import counted_years
from spsim.schemes import PensionScheme

TO_THE_END = 12 * 130


@dataclass(frozen=True)
class Claim:
    """Facts of the person with what the scheme's age and record rules say of them."""

    facts: Facts
    scheme: PensionScheme
    start: int
    reached: AgeReached

    @property
    def at_age(self) -> bool:
        """Whether the event is at the pension age or later."""
        return self.facts.event >= self.start

    @property
    def served(self) -> float:
        """Exact years of contribution."""
        return len(self.facts.months) / 12.0

    @property
    def counted(self) -> float:
        """Years by the law's rounding of odd months."""
        return float(counted_years(len(self.facts.months), self.scheme.service_rounding))

    @property
    def moment(self) -> Moments:
        """The person at the event, with exact service: what conditions are read at."""
        return self.facts.moment(self.facts.event, last=self.served)


def first_pension(scheme: PensionScheme, person: Person) -> int:
    """First month of pension by the law for a birth month."""
    found = first_pension_month(scheme.pension_age, np.array([person.born]), person.born + TO_THE_END)
    return int(found[0, person.sex])


def benefits_of(scheme: PensionScheme, event: str) -> dict[str, Benefit]:
    """Benefits that an event can open, by id."""
    kinds = {"death", "survivors"} if event == "death" else {event}
    return {name: benefit for name, benefit in scheme.benefits.items() if benefit.kind in kinds}


def age_step(claim: Claim) -> Step:
    """Pension age of this birth month: the age required in the month in which it is reached."""
    facts, last = claim.facts, claim.start - 1
    required = age_in_months(
        claim.scheme.pension_age, np.array([float(last)]), np.array([float(facts.person.born)])
    )
    months = int(required[0, 0, facts.person.sex])
    lines = [
        f"born {month_label(facts.person.born)}: {span(months)} required, reached in {month_label(last)}",
        f"first month of pension {month_label(claim.start)}",
    ]
    values = {
        "age_months": months,
        "reached_in": month_label(last),
        "first_pension_month": month_label(claim.start),
    }
    return facts.step("pension_age", "Pension age", lines, values, "pension_age")


def record_step(claim: Claim) -> Step:
    count, words = record_before(claim.facts)
    rounding = claim.scheme.service_rounding
    lines = [words]
    if rounding != "none":
        lines.append(f"odd months count by the rule {rounding}: {claim.counted:g} years")
    values = {
        "months": count,
        "years": claim.served,
        "years_counted": claim.counted,
        "rounding": rounding,
        "first_month": month_label(claim.facts.entry),
        "last_month": month_label(int(claim.facts.months[-1])),
    }
    return claim.facts.step("record", "Record of contributions", lines, values, "service_rounding")


def entry_step(claim: Claim) -> Step:
    """Entry cohort by the date of first insurance; the law is read at the date itself."""
    dates = claim.scheme.entry_cohorts
    place = sum(claim.facts.entry >= month_number(date) for date in dates)
    lines = [f"first insured in {month_label(claim.facts.entry)}"]
    if dates:
        since = f"from {dates[place - 1]}" if place else ""
        until = f"before {dates[place]}" if place < len(dates) else ""
        bounds = ", ".join(part for part in (since, until) if part)
        lines.append(f"entry cohort {place + 1} of {len(dates) + 1}: insured {bounds}")
    values = {"first_insured": month_label(claim.facts.entry), "entry_cohort": place + 1}
    return claim.facts.step("first_insured", "First insured", lines, values, "entry_cohorts")


def reference_step(claim: Claim) -> tuple[float, Step]:
    """Average monthly contributory wage that the law takes, and how it comes about."""
    facts, rule = claim.facts, claim.scheme.reference_earnings
    count = rule.months_averaged(len(facts.months), claim.moment)
    months, wages = facts.months[-count:], facts.base[-count:]
    path = facts.paths.valorisation(rule.valorisation)
    index, now = facts.by_month(path, months), float(facts.by_month(path, np.array([facts.event]))[0])
    average = rule.average(wages, index, now)
    values = {
        "kind": rule.kind,
        "months": count,
        "first_month": month_label(int(months[0])),
        "last_month": month_label(int(months[-1])),
        "valorisation": rule.valorisation,
        "index_first": now / float(index[0]),
        "mean_as_paid": float(wages.mean()),
        "average": average,
    }
    lines = [*_reference_lines(values), *_limited_wages(facts, count)]
    lines.append(f"average earnings {money(average)} a month")
    name = "reference_earnings"
    return average, facts.step(name, "Reference earnings", lines, values, name)


def _reference_lines(values: dict[str, Any]) -> Iterator[str]:
    """Which months count, and how past wages are brought up to date."""
    first, last = values["first_month"], values["last_month"]
    which = "whole career" if values["kind"] == "career" else "end of the career"
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
