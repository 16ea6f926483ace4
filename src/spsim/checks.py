"""What only shows when several blocks of a scenario are read together. Pure Python: `spsim check` loads no numpy."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import PensionBehaviour, UnemploymentBehaviour
from spsim.calendar import month_number
from spsim.dated import Value, numbers_in
from spsim.economy import MixedAmount, ReferenceAmount
from spsim.errors import KeyPath, Problem, problem_at
from spsim.members import Covered
from spsim.plain import highest, references_in, value_on
from spsim.provenance import provenance_problems
from spsim.rules.benefits import Death, OldAge, Survivors, Tier, Withdrawal
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, UnemploymentScheme

YOUNGEST = 15


def cross_check(scenario: Scenario) -> list[Problem]:
    """Every contradiction between blocks, errors and warnings."""
    found = [
        *_needed_blocks(scenario),
        *_funds(scenario),
        *_groups(scenario),
        *_reference_amounts(scenario),
        *_behaviour(scenario),
    ]
    if not found:
        for name, scheme in scenario.schemes.items():
            found += (
                _pension(scenario, name, scheme)
                if isinstance(scheme, PensionScheme)
                else _unemployment(scenario, name, scheme)
            )
    return [*found, *provenance_problems(scenario)]


def _needed_blocks(scenario: Scenario) -> Iterator[Problem]:
    """What schemes and labour cannot do without."""
    if scenario.labour is not None and scenario.population is None:
        yield problem_at(
            ("labour",), "labour without a population", "add a block `population: {country: ...}`"
        )
    if not scenario.schemes:
        return
    if scenario.economy is None:
        remedy = "add a block `economy` with price_inflation, real_wage_growth and interest_rate"
        yield problem_at(("schemes",), "schemes without an economy", remedy)
    from_labour = [name for name, scheme in scenario.schemes.items() if not _own_members(scheme)]
    if from_labour and scenario.labour is None:
        yield problem_at(
            ("schemes", from_labour[0], "members"),
            "members from a labour force that is not there",
            "add a block `labour` with groups",
        )


def _own_members(scheme: object) -> bool:
    return isinstance(scheme, PensionScheme) and not isinstance(scheme.members, Covered)


def _funds(scenario: Scenario) -> Iterator[Problem]:
    """Funds that schemes name and that are not there; funds without use."""
    known, paid = set(scenario.funds), set()
    for name, scheme in scenario.schemes.items():
        if scheme.fund not in known:
            yield _unknown(("schemes", name, "fund"), "fund", scheme.fund, known)
        for rule_id, rule in scheme.contributions.items():
            paid.add(rule.fund or scheme.fund)
            if rule.fund is not None and rule.fund not in known:
                yield _unknown(("schemes", name, "contributions", rule_id, "fund"), "fund", rule.fund, known)
        rates = sum(highest(rule.rate) or 0.0 for rule in scheme.contributions.values())
        if rates > 1:
            yield problem_at(
                ("schemes", name, "contributions"),
                f"contribution rates add to {rates:g}, more than the wage",
                "write 8 % as 0.08",
            )
    for fund_id in scenario.funds:
        if fund_id not in paid:
            yield problem_at(
                ("funds", fund_id),
                "a fund that no one pays into",
                "name it in a contribution, or leave it if that is meant",
                "warning",
            )


def _unknown(path: KeyPath, what: str, name: str, known: set[str]) -> Problem:
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    there = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(sorted(known)) or 'none'}"
    return problem_at(path, f"unknown {what} '{name}'", there)


def _groups(scenario: Scenario) -> Iterator[Problem]:
    """Groups that members name; shares of groups together."""
    groups = {} if scenario.labour is None else scenario.labour.groups
    for name, scheme in scenario.schemes.items():
        group = getattr(scheme.members, "group", None)
        if group is not None and group not in groups:
            yield _unknown(("schemes", name, "members", "group"), "group", group, set(groups))
    for year in range(scenario.horizon.start, scenario.horizon.end + 1):
        total = sum(value_on(group.share, event_date=12 * year + 6) or 0.0 for group in groups.values())
        if total > 1 + 1e-9:
            text = f"the shares of the groups add to {total:g} in {year}"
            yield problem_at(
                ("labour", "groups"), text, "shares are of all employed persons; bring them to 1 or less"
            )
            return


def _reference_amounts(scenario: Scenario) -> Iterator[Problem]:
    """References to amounts that are not there; floors above ceilings."""
    amounts = {} if scenario.economy is None else scenario.economy.reference_amounts
    known = set(amounts)
    for path, name in references_in(scenario.model_copy(update={"economy": None}), ()):
        if name not in known:
            yield _unknown(path, "reference amount", name, known)
    for amount_id, amount in amounts.items():
        for part in amount.mix if isinstance(amount, MixedAmount) else ():
            if not isinstance(amounts.get(part), ReferenceAmount):
                yield _unknown(
                    ("economy", "reference_amounts", amount_id, "mix", part),
                    "reference amount with points",
                    part,
                    known - {amount_id},
                )


def _behaviour(scenario: Scenario) -> Iterator[Problem]:
    """A behaviour of the right kind for every scheme, and none without a scheme."""
    for name in scenario.behaviour:
        if name not in scenario.schemes:
            yield _unknown(("behaviour", name), "scheme", name, set(scenario.schemes))
    for name, scheme in scenario.schemes.items():
        behaviour = scenario.behaviour.get(name)
        if behaviour is None:
            yield problem_at(
                ("schemes", name),
                "no behaviour for this scheme",
                f"add `behaviour: {{{name}: {{kind: {scheme.kind}}}}}`",
            )
        elif behaviour.kind != scheme.kind:
            yield problem_at(
                ("behaviour", name, "kind"),
                f"behaviour of kind {behaviour.kind} for a scheme of kind {scheme.kind}",
                f"write kind: {scheme.kind}",
            )


def _pension(scenario: Scenario, name: str, scheme: PensionScheme) -> Iterator[Problem]:
    at: KeyPath = ("schemes", name)
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, PensionBehaviour)
    yield from _limits(
        scenario, (*at, "contribution_base"), scheme.contribution_base.floor, scheme.contribution_base.ceiling
    )
    yield from _one_rule_each(at, scheme)
    yield from _tiers(scenario, at, scheme)
    yield from _uses(name, scheme, behaviour)
    if isinstance(scheme.members, Covered):
        pensions = {
            key for key, benefit in scheme.benefits.items() if not isinstance(benefit, Withdrawal | Death)
        }
        for benefit_id in scheme.members.in_payment:
            if benefit_id not in pensions:
                yield _unknown(
                    (*at, "members", "in_payment", benefit_id), "benefit with a pension", benefit_id, pensions
                )


def _one_rule_each(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """One benefit for each contingency; deaths may pay several."""
    seen: dict[str, str] = {}
    for benefit_id, benefit in scheme.benefits.items():
        if benefit.kind != "death" and benefit.kind in seen:
            text = f"two rules for the same contingency: {seen[benefit.kind]} is of kind {benefit.kind} too"
            yield problem_at((*at, "benefits", benefit_id), text, "join them as tiers of one benefit")
        seen.setdefault(benefit.kind, benefit_id)


def _tiers(scenario: Scenario, at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    oldest = max(highest(scheme.pension_age) or 100.0, 0.0)
    cohorts = {month_number(date) for date in scheme.entry_cohorts}
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            yield from _service((*at, "benefits", benefit_id, "service"), benefit.service, oldest)
            continue
        shut: dict[bool, str] = {}
        for tier_id, tier in benefit.tiers.items():
            path = (*at, "benefits", benefit_id, "tiers", tier_id)
            yield from _service((*path, "service"), tier.service, oldest)
            yield from _limits(scenario, path, tier.floor, tier.cap)
            yield from _entry(path, tier, cohorts)
            early = isinstance(benefit, OldAge) and tier.years_before is not None
            if early in shut:
                text = f"a tier that can never be reached: everyone is taken by {shut[early]} before it"
                yield problem_at(path, text, "write it above that tier or give that tier a condition")
            if _takes_all(tier, isinstance(benefit, OldAge)):
                shut.setdefault(early, tier_id)


def _takes_all(tier: Tier, early_apart: bool) -> bool:
    return (
        tier.service.at_least == 0
        and highest(tier.service.below) in (None, 1000.0)
        and tier.first_insured.before is None
        and tier.first_insured.from_ is None
        and (early_apart or tier.years_before is None)
    )


def _service(path: KeyPath, condition: object, oldest: float) -> Iterator[Problem]:
    needed, below = _lowest(getattr(condition, "at_least", 0.0)), highest(getattr(condition, "below", 1000.0))
    if needed is not None and needed > oldest - YOUNGEST:
        text = (
            f"a rule that no one can ever qualify for: {needed:g} years of service by the age of {oldest:g}"
        )
        yield problem_at(path, text, "ask for fewer years, or a later pension age", "warning")
    if needed is not None and below is not None and below <= needed:
        yield problem_at(
            path,
            f"no service is at least {needed:g} and below {below:g}",
            "exchange the two limits or mend one",
        )


def _lowest(value: Value) -> float | None:
    return min(numbers_in(value), default=None)


def _entry(path: KeyPath, tier: Tier, cohorts: set[int]) -> Iterator[Problem]:
    """Dates of first insurance must be boundaries of entry cohorts, or the projection could not tell members apart."""
    for side, date in (("before", tier.first_insured.before), ("from", tier.first_insured.from_)):
        if date is not None and month_number(date) not in cohorts:
            remedy = f"add {date} to entry_cohorts of the scheme"
            yield problem_at(
                (*path, "first_insured", side), f"{date} is not a boundary between entry cohorts", remedy
            )


def _uses(name: str, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Chances of use that name benefits and tiers which exist; those that must be given."""
    at: KeyPath = ("behaviour", name, "use")
    tiered = {
        key: benefit for key, benefit in scheme.benefits.items() if not isinstance(benefit, Survivors | Death)
    }
    for benefit_id, uses in behaviour.use.items():
        if benefit_id not in tiered:
            yield _unknown((*at, benefit_id), "benefit with a choice", benefit_id, set(tiered))
            continue
        for tier_id in uses:
            if tier_id not in tiered[benefit_id].tiers:
                yield _unknown((*at, benefit_id, tier_id), "tier", tier_id, set(tiered[benefit_id].tiers))
            elif tiered[benefit_id].kind == "invalidity":
                yield problem_at(
                    (*at, benefit_id, tier_id),
                    "invalidity is not a choice",
                    "set invalidity_rate instead and delete this line",
                )
    for benefit_id, benefit in tiered.items():
        for tier_id, tier in benefit.tiers.items():
            chosen = isinstance(benefit, Withdrawal) or (
                isinstance(benefit, OldAge) and tier.years_before is not None
            )
            if chosen and tier_id not in behaviour.use.get(benefit_id, {}):
                path = ("schemes", name, "benefits", benefit_id, "tiers", tier_id)
                remedy = f"add `use: {{{benefit_id}: {{{tier_id}: 0.05}}}}` under behaviour.{name}, the yearly chance of using it"
                yield problem_at(
                    path, "members choose whether to use this tier, and nothing says how many do", remedy
                )


def _limits(
    scenario: Scenario, path: KeyPath, floor: Value | None, ceiling: Value | None
) -> Iterator[Problem]:
    """A floor above its ceiling in any year of the horizon, as far as the amounts are known without a projection."""
    if floor is None or ceiling is None:
        return
    for year in range(scenario.horizon.start, scenario.horizon.end + 1):
        low, high = (value_on(value, scenario, event_date=12 * year + 6) for value in (floor, ceiling))
        if low is not None and high is not None and high < low:
            text = f"the ceiling {high:g} is below the floor {low:g} in {year}"
            yield problem_at(path, text, "exchange them or mend one")
            return


def _unemployment(scenario: Scenario, name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    at: KeyPath = ("schemes", name)
    yield from _limits(
        scenario, (*at, "contribution_base"), scheme.contribution_base.floor, scheme.contribution_base.ceiling
    )
    yield from _limits(scenario, (*at, "benefit"), scheme.benefit.floor, scheme.benefit.cap)
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, UnemploymentBehaviour) and scenario.labour is not None
    classes = len(scenario.labour.groups[scheme.members.group].wages.class_shares)
    if behaviour.separation_by_class is not None and len(behaviour.separation_by_class) != classes:
        text = f"{len(behaviour.separation_by_class)} factors for {classes} earnings classes"
        yield problem_at(
            ("behaviour", name, "separation_by_class"), text, "give one factor for each of class_shares"
        )
    longest = highest(scheme.benefit.duration)
    if longest is not None and longest > scheme.benefit.longest:
        text = f"a duration of {longest:g} months, above the longest of {scheme.benefit.longest}"
        yield problem_at((*at, "benefit", "duration"), text, "raise `longest` or lower the duration")
