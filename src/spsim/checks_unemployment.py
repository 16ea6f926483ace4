"""Checks of unemployment insurance: limits that cross, causes without shares, chances over one, what a monthly scheme cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from spsim.behaviour import UnemploymentBehaviour
from spsim.calendar import month_label
from spsim.dated import BySex, OfReference, Roadmap, Schedule, Staged, Value, coordinate, keys_of
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.places import parts
from spsim.plain import highest, known_from, value_on
from spsim.rules.unemployment import UnemploymentBenefit
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, UnemploymentScheme

PLACES = ("claim_month", "claim_number", "age", "record_months")


def crossing_limits(
    scenario: Scenario, path: KeyPath, floor: Value | None, ceiling: Value | None
) -> Iterator[Problem]:
    """A floor above its ceiling in any year of the horizon, as far as the amounts are known without a projection."""
    if floor is None or ceiling is None:
        return
    places = list(_places((floor, ceiling)))
    begin, end = 12 * scenario.horizon.start, 12 * scenario.horizon.end + 12
    settled = int(max(_changes((floor, ceiling), scenario), default=begin)) + 3
    for month in range(begin, max(begin + 1, min(end, settled)), 3):
        for at in places:
            low, high = (value_on(value, scenario, event_date=month, **at) for value in (floor, ceiling))
            if low is not None and high is not None and high < low:
                text = f"the ceiling {high:,.12g} is below the floor {low:,.12g} in {month_label(month)}"
                yield problem_at(path, text, "exchange them or mend one")
                return


def _changes(values: tuple[Value, Value], scenario: Scenario) -> Iterator[float]:
    """Months in which either value or an amount that it refers to may change, as far as they are known; nothing changes after the last."""
    amounts = {} if scenario.economy is None else scenario.economy.reference_amounts
    for value in values:
        for _, part in parts(value):
            if isinstance(part, Schedule | Staged | Roadmap) and part.by in (
                "event_date",
                "contribution_date",
            ):
                yield from _coordinates(part)
            if isinstance(part, OfReference):
                yield from known_from(amounts, part.of)


def _places(values: tuple[Value, Value]) -> Iterator[dict[str, float]]:
    """Months and numbers of claim, ages and records at which either value may change, in all combinations."""
    found: dict[str, set[float]] = {key: {1.0} for key in PLACES}
    for value in values:
        for _, part in parts(value):
            if isinstance(part, Schedule | Staged | Roadmap) and part.by in found:
                found[part.by] |= set(_coordinates(part))
    for place in product(*found.values()):
        yield dict(zip(found, place, strict=True))


def _coordinates(value: Schedule | Staged | Roadmap) -> list[float]:
    if isinstance(value, Schedule):
        return value.coordinates()
    if isinstance(value, Staged):
        return [begin for begin, _ in value.in_order()]
    start = coordinate(value.by, value.start)
    return [start, start + value.every * (value.until - value.from_) / value.increment]


def unemployment_problems(scenario: Scenario, name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """Everything that the law and the behaviour of a scheme contradict."""
    at: KeyPath = ("schemes", name)
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, UnemploymentBehaviour) and scenario.labour is not None
    yield from crossing_limits(
        scenario, (*at, "contribution_base"), scheme.contribution_base.floor, scheme.contribution_base.ceiling
    )
    yield from _benefit(scenario, (*at, "benefit"), scheme.benefit)
    for cause, benefit in scheme.other_causes.items():
        yield from _benefit(scenario, (*at, "other_causes", cause), benefit)
    shares = scenario.labour.groups[scheme.members.group].wages.class_shares
    factors = behaviour.separation_by_class
    if factors is not None and len(factors) != len(shares):
        text = f"{len(factors)} factors for {len(shares)} earnings classes"
        yield problem_at(
            ("behaviour", name, "separation_by_class"), text, "give one factor for each of class_shares"
        )
    else:
        yield from _flows(name, behaviour, shares)
    yield from _causes(scenario, name, scheme, behaviour)
    yield from _windows(name, scheme)
    yield from _idle(name, scheme, behaviour)
    yield from _contributions(name, scheme)
    yield from _state(scenario, name, scheme)


def _benefit(scenario: Scenario, path: KeyPath, benefit: UnemploymentBenefit) -> Iterator[Problem]:
    """Limits of one benefit, and its longest duration."""
    if "precedence" not in benefit.model_fields_set:
        yield from crossing_limits(scenario, path, benefit.floor, benefit.cap)
    elif benefit.cap is None or benefit.floor == 0:
        text = "precedence without a floor and a cap that could cross"
        yield problem_at((*path, "precedence"), text, "delete it, or write both limits")
    longest = highest(benefit.duration)
    if longest is not None and longest > benefit.longest:
        text = f"a duration of {longest:g} months, above the longest of {benefit.longest}"
        yield problem_at((*path, "duration"), text, "raise `longest` or lower the duration")


def _flows(name: str, behaviour: UnemploymentBehaviour, shares: tuple[float, ...]) -> Iterator[Problem]:
    """Monthly chances that take more than everyone."""
    factors = behaviour.separation_by_class or (1.0,) * len(shares)
    most = max(factors) / sum(factor * share for factor, share in zip(factors, shares, strict=True))
    separation = (highest(behaviour.separation_rate) or 0.0) * most
    if separation + (highest(behaviour.withdrawal_rate) or 0.0) > 1:
        text = (
            f"separation_rate{' of the class that separates most' if most > 1 else ''} and withdrawal_rate add to "
            f"{separation + (highest(behaviour.withdrawal_rate) or 0.0):g} a month, more than all insured"
        )
        yield problem_at(("behaviour", name), text, "write 1 % a month as 0.01")
    elif separation * (crisis := highest(behaviour.crisis) or 0.0) > 1:
        text = (
            f"in the crisis {separation * crisis:g} of the insured would separate in a month, more than all"
        )
        yield problem_at(("behaviour", name, "crisis"), text, "lower the factor")


def _causes(
    scenario: Scenario, name: str, scheme: UnemploymentScheme, behaviour: UnemploymentBehaviour
) -> Iterator[Problem]:
    """Each further cause of the law has its share of separations, and all shares together are one at most."""
    at: KeyPath = ("behaviour", name)
    known = set(scheme.other_causes)
    for block in ("other_causes", "other_take_up"):
        for cause in getattr(behaviour, block):
            if cause not in known:
                yield unknown((*at, block, cause), "cause of separation", cause, known)
    for cause in scheme.other_causes:
        if cause not in behaviour.other_causes:
            text = "nothing says how many separate for this cause"
            remedy = (
                f"add `other_causes: {{{cause}: 0.3}}` under behaviour.{name}, its share of all separations"
            )
            yield problem_at(("schemes", name, "other_causes", cause), text, remedy)
    values = [behaviour.covered_share, *behaviour.other_causes.values()]
    for month in range(12 * scenario.horizon.start, 12 * scenario.horizon.end + 12, 3):
        total = sum(value_on(value, scenario, event_date=month) or 0.0 for value in values)
        if total > 1 + 1e-9:
            text = (
                f"covered_share and the shares of the other causes add to {total:g} in {month_label(month)}"
            )
            yield problem_at(
                (*at, "other_causes"), text, "they are shares of all separations: bring them to 1 or less"
            )
            return


def _windows(name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """Windows that only `spsim person` can read: a cohort has one."""
    first = scheme.benefit.record
    for cause, benefit in scheme.other_causes.items():
        numbers = range(1, max(first.numbers, benefit.record.numbers) + 1)
        if any(benefit.record.asked(n).lapse != first.asked(n).lapse for n in numbers):
            text = "a run judges gaps in the record by the window of `benefit`, not by this one, which `spsim person` reads"
            remedy = "leave it if that is near enough: docs/unemployment.md says how near"
            yield problem_at(
                ("schemes", name, "other_causes", cause, "record", "window"), text, remedy, "warning"
            )


def _idle(name: str, scheme: UnemploymentScheme, behaviour: UnemploymentBehaviour) -> Iterator[Problem]:
    """Behaviour towards what no benefit of the scheme pays, and payments that nobody is said to get."""
    benefits = list(scheme.causes.values())
    at: KeyPath = ("behaviour", name)
    per_job = any(benefit.per_job is not None for benefit in benefits)
    bonus = any(benefit.reemployment_bonus is not None for benefit in benefits)
    for field, paid, what in (
        ("several_jobs", per_job, "per_job"),
        ("lost_job_wage", per_job, "per_job"),
        ("bonus_take_up", bonus, "reemployment_bonus"),
    ):
        if field in behaviour.model_fields_set and not paid:
            yield problem_at(
                (*at, field), f"no benefit of the scheme has {what}, so this has no effect", "delete it"
            )
    if per_job and behaviour.several_jobs == 0:
        text = "nothing says how many lose one of several jobs"
        yield problem_at(at, text, "add `several_jobs: 0.02`, as a share of the claims that begin")


def pension_contribution_problems(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """What only contributions to unemployment insurance can say."""
    for rule_id, rule in scheme.contributions.items():
        if rule.reduced_after is not None:
            text = "a pension scheme has no claims of unemployment benefit"
            yield problem_at((*at, "contributions", rule_id, "reduced_after"), text, "delete it")


def _contributions(name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """Experience rating reads the record, which must then be empty after a claim."""
    record = scheme.benefit.record
    for rule_id, rule in scheme.contributions.items():
        if rule.reduced_after is None or rule.reduced_after.enterprises is not None:
            continue
        path = ("schemes", name, "contributions", rule_id, "reduced_after")
        if record.kept or record.per_employer or record.used_per_month is not None:
            text = (
                "who has had no claim for so long is read from the record, which here a claim does not empty"
            )
            yield problem_at(path, text, "delete it, or let a claim use up the whole record")
        elif rule.reduced_after.months > record.longest:
            text = f"the record counts {record.longest} months only"
            remedy = f"write {record.longest} or less, or raise record.longest"
            yield problem_at((*path, "months"), text, remedy)
    asked = {
        rule.reduced_after.months
        for rule in scheme.contributions.values()
        if rule.reduced_after is not None and rule.reduced_after.enterprises is None
    }
    if len(asked) > 1:
        text = f"contributions fall after {' and after '.join(str(months) for months in sorted(asked))} months without a claim"
        yield problem_at(
            ("schemes", name, "contributions"), text, "write the same number of months for all of them"
        )


def _state(scenario: Scenario, name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """What a monthly scheme cannot read, and a condition on a State contribution that is not there."""
    at: KeyPath = ("schemes", name)
    for rule_id, rule in scheme.contributions.items():
        if scheme.contribution_base.above != 0:
            text = "contributions to unemployment insurance are of the whole wage"
            yield problem_at((*at, "contribution_base", "above"), text, "delete it")
        for what in ("amount", "minimum", "maximum"):
            if getattr(rule, what) not in (0, None):
                text = f"a contribution to unemployment insurance has no {what} of its own"
                yield problem_at((*at, "contributions", rule_id, what), text, "write a rate")
        by = keys_of(rule.rate) - {"event_date", "contribution_date"}
        if by or isinstance(rule.rate, BySex):
            what = f"be keyed by {min(by)}" if by else "differ by sex"
            text = f"a contribution to unemployment insurance cannot {what}"
            yield problem_at(
                (*at, "contributions", rule_id, "rate"), text, "write one rate, or one by event_date"
            )
    if scheme.state_while_reserve_below is None:
        return
    path = (*at, "state_while_reserve_below")
    if not any(rule.party == "state" for rule in scheme.contributions.values()):
        yield problem_at(
            path, "there is no contribution of the State", "add one with party: state, or delete this"
        )
    if sum(other.fund == scheme.fund for other in scenario.schemes.values()) > 1:
        yield problem_at(
            path, f"other schemes share the fund {scheme.fund}", "give this scheme a fund of its own"
        )
