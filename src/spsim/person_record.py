"""One person's record of unemployment insurance: what counts, what earlier claims left, which conditions of the law are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_facts import Facts, Step, in_months, money, percent, record_before
from spsim.rules.unemployment import UnemploymentBenefit

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Counted:
    """Months of contribution: in the window, in all since the last claim with what it left, those that amounts go by; months without a claim."""

    in_window: int
    total: int
    counted: int
    left: int
    number: int
    since_claim: int | None
    claims: int
    density: float


@dataclass(frozen=True)
class Earlier:
    """An earlier claim: benefit was paid for the months `first .. last`."""

    first: int
    last: int

    @property
    def paid(self) -> int:
        """Months of benefit."""
        return self.last - self.first + 1

    def paid_in(self, year: int) -> int:
        """Months of benefit in a calendar year."""
        return max(0, min(self.last, 12 * year + 11) - max(self.first, 12 * year) + 1)


@dataclass(frozen=True)
class Condition:
    """One condition of the law: its name, whether it is met, and what was compared."""

    name: str
    met: bool
    line: str


def counted_record(facts: Facts, rule: UnemploymentBenefit, earlier: Sequence[Earlier]) -> Counted:
    """Each earlier claim leaves what the law says of the record before it.

    The window looks at months since the last claim only, unless the record is kept.
    """
    record, months, number = rule.record, facts.months, len(earlier) + 1
    if record.per_employer:
        months = _last_job(months)
    left, since = 0, -1
    for claim in sorted(earlier, key=lambda one: one.first):
        before = int(((months >= since) & (months < claim.first)).sum())
        left, since = int(record.left(left + before, claim.paid)), claim.first
    fresh = months[months >= since]
    looked_at = months if record.kept else fresh
    in_window = int((looked_at >= facts.event - record.asked(number).window).sum())
    return Counted(
        in_window=in_window,
        total=min(left + len(fresh), record.longest),
        counted=min(left + len(fresh) if record.counts == "all" else in_window, record.longest),
        left=left,
        number=number,
        since_claim=facts.event - since if earlier else None,
        claims=len(earlier),
        density=len(facts.months) / (facts.event - facts.entry),
    )


def _last_job(months: np.ndarray) -> np.ndarray:
    """The last months without a gap between them."""
    gaps = np.flatnonzero(np.diff(months) > 1)
    return months[gaps[-1] + 1 :] if len(gaps) else months


def conditions(facts: Facts, rule: UnemploymentBenefit, counted: Counted, wage: float) -> list[Condition]:
    """What the law asks of the person, each with what was found."""
    record, cover = rule.record, facts.insured_by.members
    asked = record.asked(counted.number)
    age = (facts.event - facts.person.born) // 12
    youngest, oldest = getattr(cover, "youngest", 0), getattr(cover, "oldest", 200)
    window = f"{in_months(counted.in_window)} in the last {asked.window}, asked {asked.required} or more"
    found = [
        Condition("record", counted.in_window >= asked.required, window),
        Condition("age", youngest <= age <= oldest, f"age {age}, insured from {youngest} to {oldest}"),
    ]
    if asked.consecutive:
        run = len(_last_job(facts.months))
        line = f"{in_months(run)} without a gap before the separation, asked {asked.consecutive} or more"
        found.append(Condition("consecutive", run >= asked.consecutive, line))
    if asked.total:
        line = f"{in_months(counted.total)} of record in all, asked {asked.total} or more"
        found.append(Condition("total", counted.total >= asked.total, line))
    if record.density is not None:
        line = f"insured {percent(counted.density)} of the months since the first one, asked {percent(record.density)} or more"
        found.append(Condition("density", counted.density >= record.density, line))
    if record.between_claims is not None and counted.since_claim is not None:
        line = f"{in_months(counted.since_claim)} since the last claim began, asked {record.between_claims} or more"
        found.append(Condition("between_claims", counted.since_claim >= record.between_claims, line))
    if record.claims_in_life is not None:
        line = f"{counted.claims} earlier claims, {record.claims_in_life} allowed in a life"
        found.append(Condition("claims_in_life", counted.claims < record.claims_in_life, line))
    if rule.most_wage is not None:
        most = facts.number(rule.most_wage, facts.moment(facts.event))
        found.append(
            Condition("most_wage", wage <= most, f"last wages {money(wage)}, allowed up to {money(most)}")
        )
    return found


def record_step(
    facts: Facts, rule: UnemploymentBenefit, counted: Counted, earlier: Sequence[Earlier], path: Path
) -> Step:
    """Months of contribution and earlier claims."""
    count, words = record_before(facts)
    lines = [words]
    for claim in earlier:
        lines.append(
            f"benefit from {month_label(claim.first)} to {month_label(claim.last)}: {claim.paid} months paid"
        )
    if earlier:
        lines.append(f"{counted.left} months of the record before are left")
        lines += [f"claim number {counted.number} of the life"] * (rule.numbers > 1)
    lines.append(f"the record counts {counted.total} months")
    values = {
        "months": count, "total": counted.total, "in_window": counted.in_window, "left": counted.left,
        "claim_number": counted.number,
    }  # fmt: skip
    return facts.step("record", "Record of contributions", lines, values, *path, "record")
