"""Checks of the conditions of a pension scheme's benefits: rules no one can meet, tiers that others hide, tables with gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from spsim.calendar import month_number
from spsim.dated import BySex, Schedule, Staged, Value, numbers_in
from spsim.errors import KeyPath, Problem, problem_at
from spsim.members import Entrants
from spsim.plain import highest
from spsim.rules.benefits import Benefit, OldAge, ServiceCondition, Survivors, Tier, TieredBenefit
from spsim.schemes import PensionScheme

YOUNGEST, OLDEST = 15, 75


def all_tiers(scheme: PensionScheme) -> Iterator[tuple[str, str, Tier]]:
    """(id of the benefit, id of the tier, tier)."""
    for benefit_id, benefit in scheme.benefits.items():
        if not isinstance(benefit, Survivors):
            yield from ((benefit_id, tier_id, tier) for tier_id, tier in benefit.tiers.items())


def tier_problems(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """Everything that a scheme's conditions contradict."""
    yield from _ages(at, scheme)
    yield from _late(at, scheme)
    yield from _longest(at, scheme)
    cohorts = {month_number(date) for date in scheme.entry_cohorts}
    for benefit_id, benefit in scheme.benefits.items():
        path = (*at, "benefits", benefit_id)
        if isinstance(benefit, Survivors):
            yield from _service((*path, "service"), benefit.service, scheme)
            continue
        for tier_id, tier in benefit.tiers.items():
            for name in ("recent", "density"):
                if getattr(tier, name) is not None and benefit.kind not in ("invalidity", "death"):
                    text = f"`{name}` is known of contributors only, and a benefit of kind {benefit.kind} is for former ones too"
                    remedy = "ask for years of service instead"
                    yield problem_at((*path, "tiers", tier_id, name), text, remedy)
        contradicted = doubted = False
        for tier_id, tier in benefit.tiers.items():
            found = [*_tier((*path, "tiers", tier_id), tier, scheme, cohorts)]
            contradicted |= any(problem.severity == "error" for problem in found)
            doubted |= bool(found)
            yield from found
        if not contradicted:
            yield from _hidden(path, benefit, scheme)
        if not doubted:
            yield from _gaps(path, benefit, scheme)


def _tier(path: KeyPath, tier: Tier, scheme: PensionScheme, cohorts: set[int]) -> Iterator[Problem]:
    yield from _service((*path, "service"), tier.service, scheme)
    yield from _entry(path, tier, cohorts)
    rate = getattr(tier.amount, "rate", None)
    if rate is not None and tier.amount.kind == "percent_of_earnings":
        yield from _rates((*path, "amount", "rate"), rate, tier.service)


def _late(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """Contributing past the age is for those who can still retire later."""
    late = any(tier.years_after is not None for _, _, tier in all_tiers(scheme))
    if getattr(scheme.members, "after_age", "stop") == "contribute" and not late:
        text = "everyone retires at the pension age, so nobody is left to contribute after it"
        remedy = "add a tier with years_after to the old-age benefit, or delete this line"
        yield problem_at((*at, "members", "after_age"), text, remedy)


def _ages(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """Members are followed up to an age; a pension age past it would never come."""
    given = isinstance(scheme.members, Entrants)
    last = scheme.members.exit_age if isinstance(scheme.members, Entrants) else OLDEST
    oldest = highest(scheme.pension_age) or 0.0
    if oldest > last:
        remedy = "raise exit_age" if given else "lower the age"
        yield problem_at(
            (*at, "pension_age"), f"members leave at {last}, before the pension age of {oldest:g}", remedy
        )


def _service(path: KeyPath, condition: ServiceCondition, scheme: PensionScheme) -> Iterator[Problem]:
    """Service that no one can have: more than a career to the pension age, or more than the scheme's last cell."""
    needed, below = lowest(condition.at_least), highest(condition.below)
    oldest, first = highest(scheme.pension_age) or 100.0, _first_age(scheme)
    if needed is not None and needed > oldest - first:
        text = (
            f"a rule that no one can ever qualify for: {needed:g} years of service by the age of {oldest:g}"
        )
        yield problem_at(path, text, "ask for fewer years, or a later pension age", "warning")
    if needed is not None and below is not None and below <= needed:
        remedy = "exchange the two limits or mend one"
        yield problem_at(path, f"no service is at least {needed:g} and below {below:g}", remedy)


def _longest(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """The last cell of service must lie past every limit of the law, or members in it would never meet it."""
    conditions = [tier.service for _, _, tier in all_tiers(scheme)]
    conditions += [rule.service for rule in scheme.benefits.values() if isinstance(rule, Survivors)]
    asked = max((lowest(condition.at_least) or 0.0 for condition in conditions), default=0.0)
    if scheme.longest_service < min(asked, (highest(scheme.pension_age) or 100.0) - _first_age(scheme)):
        text = (
            f"a rule asks for {asked:g} years of service, but they are counted up to {scheme.longest_service}"
        )
        yield problem_at((*at, "longest_service"), text, "raise longest_service")


def _first_age(scheme: PensionScheme) -> int:
    return scheme.members.entry_age if isinstance(scheme.members, Entrants) else YOUNGEST


def lowest(value: Value) -> float | None:
    """Smallest number of a value, None if only a reference knows it."""
    return min(numbers_in(value), default=None)


def least_service(benefit: Benefit) -> float:
    """Years of service that the easiest pension of a benefit asks for."""
    conditions = (
        [benefit.service]
        if isinstance(benefit, Survivors)
        else [tier.service for tier in benefit.tiers.values() if tier.pays == "pension"]
    )
    return min((lowest(condition.at_least) or 0.0 for condition in conditions), default=0.0)


def _entry(path: KeyPath, tier: Tier, cohorts: set[int]) -> Iterator[Problem]:
    """Dates of first insurance must be boundaries of entry cohorts, or the projection could not tell members apart."""
    dates = (("before", tier.first_insured.before), ("from", tier.first_insured.from_))
    for side, date in dates:
        if date is not None and month_number(date) not in cohorts:
            remedy = f"add {date} to entry_cohorts of the scheme"
            yield problem_at(
                (*path, "first_insured", side), f"{date} is not a boundary between entry cohorts", remedy
            )
    (_, before), (_, since) = dates
    if before is not None and since is not None and month_number(before) <= month_number(since):
        text = f"no one is first insured before {before} and from {since} on"
        yield problem_at((*path, "first_insured"), text, "exchange the two dates or delete one")


def _rates(path: KeyPath, rate: Value, service: ServiceCondition) -> Iterator[Problem]:
    """A table of rates by service that begins too late, or falls as service grows."""
    if isinstance(rate, Staged):
        for key, stage in rate.stages.items():
            yield from _rates((*path, "stages", str(key)), stage, service)
    if isinstance(rate, BySex):
        yield from _rates((*path, "male"), rate.male, service)
        yield from _rates((*path, "female"), rate.female, service)
    elif isinstance(rate, Schedule) and rate.by == "service":
        x, y = rate.sorted_points()
        admitted = lowest(service.at_least)
        if admitted is not None and admitted < x[0]:
            text = f"the rates begin at {x[0]:g} years of service, but members with {admitted:g} are admitted"
            yield problem_at((*path, "points"), text, f"add a point at {admitted:g}")
        falls = next(
            (later[0] for earlier, later in pairwise(zip(x, y, strict=True)) if later[1] < earlier[1]), None
        )
        if falls is not None:
            text = f"the rate falls at {falls:g} years of service: more service, less pension"
            yield problem_at((*path, "points"), text, "correct it, unless the law says so", "warning")


@dataclass(frozen=True)
class _Case:
    """A member for whom tiers are tried: service, month of first insurance, years before the normal age."""

    service: float
    entry: float
    short: float


def _hidden(path: KeyPath, benefit: TieredBenefit, scheme: PensionScheme) -> Iterator[Problem]:
    """Tiers that the ones before them leave no one: tried on members at and around every limit of the benefit."""
    cases = list(_cases(benefit, scheme))
    before: list[Tier] = []
    for tier_id, tier in benefit.tiers.items():
        takers = [other for other in before if _same_door(benefit, other, tier)]
        reached = [case for case in cases if _may(tier, case)]
        if takers and reached and all(any(_surely(other, case) for other in takers) for case in reached):
            text = "a tier that can never be reached: everyone is taken by the tiers before it"
            remedy = (
                "write it above them, or give them a condition (all that a file can do that extends another)"
            )
            yield problem_at((*path, "tiers", tier_id), text, remedy)
        before.append(tier)


def _gaps(path: KeyPath, benefit: TieredBenefit, scheme: PensionScheme) -> Iterator[Problem]:
    """Service between that of two tiers, for which no tier pays."""
    names = benefit.offered(at_age=True) if isinstance(benefit, OldAge) else list(benefit.tiers)
    tiers = [benefit.tiers[name] for name in names]
    cases = [case for case in _cases(benefit, scheme) if case.entry == float(month_number(scheme.start))]
    paid = {case.service: any(_may(tier, case) for tier in tiers) for case in cases}
    longest = (highest(scheme.pension_age) or 100.0) - _first_age(scheme)
    served = sorted(service for service in paid if service <= longest)
    for service in served:
        around = [
            any(paid[other] for other in served if side(other)) for side in (service.__gt__, service.__lt__)
        ]
        if not paid[service] and all(around) and service > 0:
            text = f"members with {service:g} years of service get nothing from {path[-1]}, those with less and those with more do"
            yield problem_at(path, text, "close the gap between its tiers, unless the law says so", "warning")
            return


def _same_door(benefit: TieredBenefit, one: Tier, other: Tier) -> bool:
    """Early and late tiers of old age are tried apart from the normal ones."""
    doors = [(tier.years_before is not None, tier.years_after is not None) for tier in (one, other)]
    return not isinstance(benefit, OldAge) or doors[0] == doors[1]


def _cases(benefit: TieredBenefit, scheme: PensionScheme) -> Iterator[_Case]:
    tiers = benefit.tiers.values()
    limits = {
        limit
        for tier in tiers
        for value in (tier.service.at_least, tier.service.below)
        for limit in numbers_in(value)
    }
    services = {max(limit + step, 0.0) for limit in limits | {0.0} for step in (-0.1, 0.0, 0.1)}
    entries = [
        float(month_number(scheme.start)),
        *(float(month_number(date)) for date in scheme.entry_cohorts),
    ]
    windows = {
        number for tier in tiers if tier.years_before is not None for number in numbers_in(tier.years_before)
    }
    shorts = [0.1, *(max(window + step, 0.1) for window in sorted(windows) for step in (-0.1, 0.0, 0.1))]
    for service, entry, short in product(sorted(services), entries, shorts):
        if service <= scheme.longest_service:
            yield _Case(service, entry, short)


def _may(tier: Tier, case: _Case) -> bool:
    """Whether the tier takes such a member on some date, of some sex."""
    low, high = lowest(tier.service.at_least) or 0.0, highest(tier.service.below) or 0.0
    window = None if tier.years_before is None else highest(tier.years_before)
    return low <= case.service < high and tier.first_insured.met(case.entry) and _within(case, window)


def _surely(tier: Tier, case: _Case) -> bool:
    """Whether the tier takes such a member on every date, of both sexes."""
    low, high = highest(tier.service.at_least) or 0.0, lowest(tier.service.below) or 0.0
    window = None if tier.years_before is None else lowest(tier.years_before)
    sure = tier.recent is None and tier.density is None and tier.unless is None
    return (
        sure and low <= case.service < high and tier.first_insured.met(case.entry) and _within(case, window)
    )


def _within(case: _Case, window: float | None) -> bool:
    return window is None or case.short <= window
