"""One person and one pension scheme: pension age, record, first insurance, reference earnings, each as a step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spsim.arrays import np
from spsim.calendar import month_label, month_number
from spsim.grid import Moments
from spsim.person_facts import Facts, Person, Step, in_months, record_before, span
from spsim.rules.benefits import Benefit, Tier
from spsim.rules.pension_age import WAIT, AgeReached, age_in_months, first_pension_month, person_reached
from spsim.rules.service import Rounding, counted_of
from spsim.rules.survivors import CLASSES, Survivors
from spsim.schemes import PensionScheme

TO_THE_END = 12 * 130


@dataclass(frozen=True)
class Claim:
    """Facts of the person with what the scheme's age and record rules say of them."""

    facts: Facts
    scheme: PensionScheme
    start: int
    reached: AgeReached
    whole: Facts
    """With the contributions that come too late to be counted (`record_ends`), which accounts hold."""

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
        """Exact years of the record, at which conditions look: months of contribution and those credited to it."""
        return float(self.moment.record_years.ravel()[0])

    @property
    def counted(self) -> float:
        """Years by the law's rounding of odd months."""
        return self.counted_by(self.scheme.service_rounding)

    def counted_by(self, rounding: Rounding) -> float:
        """Years by a rounding of odd months."""
        return counted_of(self.facts.months, self.credited_months, rounding)

    def rounding_of(self, tier: Tier) -> Rounding:
        """What odd months count for in a tier."""
        return tier.service_rounding or self.scheme.service_rounding

    @property
    def moment(self) -> Moments:
        """The person at the event, with exact service: what conditions are read at."""
        at = self.facts.moment(self.facts.event, last=len(self.facts.months) / 12.0)
        families = {
            name: (rule, np.full((1, 1, 1, 1, 1), float(leaves_family(self.facts, rule))))
            for name, rule in self.scheme.benefits.items()
            if isinstance(rule, Survivors)
        }
        late = float(self.facts.event - self.first_left_out)
        known = replace(at, record=self.facts.months, record_lag=late, families=families)
        return replace(known, credited=self.facts.credits)

    @property
    def first_left_out(self) -> int:
        """First month that the record does not count: that of the event itself, unless the law says an earlier one."""
        rule = self.scheme.record_ends
        return self.facts.event if rule is None else rule.first_left_out(self.facts.event)


def leaves_family(facts: Facts, rule: Survivors) -> bool:
    """Whether somebody of the family is entitled to survivors pensions; a family of which nothing was said is taken to be there."""
    if not facts.family_known:
        return True
    entitled = np.ones(3) if rule.shares is None else rule.shares.on(facts.moment(facts.event)).entitled
    there = entitled_family(facts, rule)
    return any(there.get(who, 0) and right for who, right in zip(CLASSES, entitled.ravel(), strict=True))


def entitled_family(facts: Facts, rule: Survivors) -> dict[str, int]:
    """The family by number, without a spouse below the age that the law asks of a widow or a widower."""
    asked = spouse_ages(facts, rule)[1 - facts.person.sex] / 12.0
    young = facts.spouse_age is not None and facts.spouse_age < asked
    return {
        who: number for who, number in facts.dependants.items() if number and not (who == "spouse" and young)
    }


def spouse_ages(facts: Facts, rule: Survivors) -> tuple[int, int]:
    """Months of age asked of a widower and of a widow born with the deceased."""
    dates = np.array([float(facts.event)]), np.array([float(facts.person.born)])
    widower, widow = (int(months) for months in age_in_months(rule.spouse_age, *dates)[0, 0])
    return widower, widow


def claim_of(facts: Facts, scheme: PensionScheme) -> Claim:
    """The claim of a person at the event; of the contributions only those that the record counts."""
    start = first_pension(scheme, facts.person)
    reached = person_reached(scheme.pension_age, facts.person.born, facts.event, scheme.payable_from)
    claim = Claim(facts, scheme, start, reached, facts)
    if scheme.record_ends is None:
        return claim
    return replace(claim, facts=facts.before(claim.first_left_out))


def first_pension(scheme: PensionScheme, person: Person) -> int:
    """First month of pension by the law for a birth month."""
    found = first_pension_month(
        scheme.pension_age, np.array([person.born]), person.born + TO_THE_END, scheme.payable_from
    )
    return int(found[0, person.sex])


def benefits_of(scheme: PensionScheme, event: str) -> dict[str, Benefit]:
    """Benefits that an event can open, by id."""
    kinds = {"death", "survivors"} if event == "death" else {event}
    return {name: benefit for name, benefit in scheme.benefits.items() if benefit.kind in kinds}


def age_step(claim: Claim) -> Step:
    """Pension age of this birth month: the age required in the month in which it is reached."""
    facts, last = claim.facts, claim.start - int(WAIT[claim.scheme.payable_from])
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


def career_steps(claim: Claim) -> list[Step]:
    """Record and first insurance; nothing of one whose balances were said, and no career."""
    return [record_step(claim), entry_step(claim)] if len(claim.whole.months) or claim.facts.credited else []


def record_step(claim: Claim) -> Step:
    paid, words = record_before(claim.whole)
    count = len(claim.facts.months)
    rounding = claim.scheme.service_rounding
    lines = [words]
    if paid > count:
        from_ = month_label(claim.first_left_out)
        lines.append(
            f"{in_months(paid - count)} from {from_} on come too late: the record counts {in_months(count)}"
        )
    credits = claim.facts.credits
    for name, said in claim.facts.credited.items():
        rule = credits.rules[name]
        years = [12.0 * float(part) for part in credits.both(name, claim.facts.moment(claim.facts.event))]
        counted = span(years[0]) + (
            f" in amounts and {span(years[1])} in the record" if rule.record_weight is not None else ""
        )
        lines.append(f"{name}: {span(said)} credited, counted as {counted}")
    if rounding != "none":
        lines.append(f"odd months count by the rule {rounding}: {claim.counted:g} years")
    values = {
        "months": count,
        "months_credited": claim.credited_months,
        "years": claim.served,
        "years_counted": claim.counted,
        "rounding": rounding,
        "first_month": month_label(claim.facts.entry),
        "last_month": month_label(int(claim.whole.months[-1])) if paid else None,
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
