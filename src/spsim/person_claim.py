"""One person and one pension scheme: pension age, record, first insurance, reference earnings, each as a step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spsim.arrays import np
from spsim.calendar import month_label, month_number
from spsim.grid import Moments
from spsim.person_facts import Facts, Person, Step, record_before, span
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
    def credited_months(self) -> float:
        """Months of service that credits add, each kind within its limit."""
        return 12.0 * float(self.facts.credits.total(self.facts.moment(self.facts.event)).ravel()[0])

    @property
    def served(self) -> float:
        """Exact years of service: months of contribution and those credited."""
        return (len(self.facts.months) + self.credited_months) / 12.0

    @property
    def counted(self) -> float:
        """Years by the law's rounding of odd months."""
        return float(
            counted_years(len(self.facts.months) + self.credited_months, self.scheme.service_rounding)
        )

    @property
    def moment(self) -> Moments:
        """The person at the event, with exact service: what conditions are read at."""
        return replace(self.facts.moment(self.facts.event, last=self.served), record=self.facts.months)


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
    credits = claim.facts.credits
    for name in claim.facts.credited:
        added = 12.0 * float(credits.of(name, claim.facts.moment(claim.facts.event)).ravel()[0])
        lines.append(f"{name}: {span(claim.facts.credited[name])} credited, counted as {span(added)}")
    if rounding != "none":
        lines.append(f"odd months count by the rule {rounding}: {claim.counted:g} years")
    values = {
        "months": count,
        "months_credited": claim.credited_months,
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
