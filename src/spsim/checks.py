"""What only shows when several blocks of a scenario are read together. Pure Python: `spsim check` loads no numpy."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import PensionBehaviour
from spsim.calendar import month_number
from spsim.checks_accounts import account_problems
from spsim.checks_amounts import amount_problems, elsewhere_problems
from spsim.checks_balancing import balancing_problems
from spsim.checks_crisis import crisis_problems, fund_problems
from spsim.checks_social import social_problems
from spsim.checks_survivors import death_problems
from spsim.checks_tiers import all_tiers, least_service, lowest, tier_problems
from spsim.checks_unemployment import crossing_limits, pension_contribution_problems, unemployment_problems
from spsim.checks_unused import idle_problems, unused_problems
from spsim.economy import MixedAmount, Money, ReferenceAmount
from spsim.errors import KeyPath, Problem, near, problem_at, unknown
from spsim.members import Covered, Entrants
from spsim.plain import highest, references_in, value_on
from spsim.provenance import provenance_problems
from spsim.rules.benefits import Benefit, Death, OldAge, Survivors, Tier, TieredBenefit, Withdrawal
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme, UnemploymentScheme

MOST = 60  # longest past of a run-in; rules that ask for more are told apart


def cross_check(scenario: Scenario) -> list[Problem]:
    """Every contradiction between blocks, errors and warnings."""
    found = [
        *_needed_blocks(scenario),
        *_funds(scenario),
        *fund_problems(scenario),
        *_groups(scenario),
        *_reference_amounts(scenario),
        *_behaviour(scenario),
    ]
    found += [] if found else [*_years(scenario), *unused_problems(scenario)]
    if not any(problem.severity == "error" for problem in found):
        for name, scheme in scenario.schemes.items():
            if isinstance(scheme, SocialPensionScheme):
                found += social_problems(scenario, name, scheme)
            elif isinstance(scheme, PensionScheme):
                of_scheme = list(_pension(scenario, name, scheme))
                wrong = any(problem.severity == "error" for problem in of_scheme)
                found += of_scheme if wrong else [*of_scheme, *idle_problems(scenario, name, scheme)]
            else:
                found += unemployment_problems(scenario, name, scheme)
                found += crisis_problems(scenario, name, scheme)
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
    given = isinstance(scheme, PensionScheme) and not isinstance(scheme.members, Covered)
    return given or isinstance(scheme, SocialPensionScheme)


def _funds(scenario: Scenario) -> Iterator[Problem]:
    """Funds that schemes name and that are not there; funds without use."""
    known, paid, paying = set(scenario.funds), set(), set()
    for name, scheme in scenario.schemes.items():
        if scheme.fund not in known:
            paid |= known
            yield unknown(("schemes", name, "fund"), "fund", scheme.fund, known)
        for rule_id, rule in scheme.contributions.items():
            paid.add(rule.fund or scheme.fund)
            paying.add(rule.from_fund)
            if rule.fund is not None and rule.fund not in known:
                paid |= known
                yield unknown(("schemes", name, "contributions", rule_id, "fund"), "fund", rule.fund, known)
        if isinstance(scheme, UnemploymentScheme):
            paying |= {programme.fund for programme in scheme.programmes.values()}
        rates = sum(highest(rule.rate) or 0.0 for rule in scheme.contributions.values())
        if rates > 1:
            yield problem_at(
                ("schemes", name, "contributions"),
                f"contribution rates add to {rates:g}, more than the wage",
                "write 8 % as 0.08",
            )
    named = paid | paying | {scheme.fund for scheme in scenario.schemes.values()}
    for fund_id, fund in scenario.funds.items():
        path = ("funds", fund_id)
        if scenario.schemes and fund_id not in named:
            text = "a fund that no scheme and no contribution names"
            yield problem_at(path, text, "name it, or delete it", "warning")
        elif fund_id not in paid and not fund.guaranteed:
            text = "a fund that no one pays into"
            remedy = "name it in a contribution, or write who pays: deficit_paid_by_state: true"
            yield problem_at(path, text, remedy, "warning" if fund.opening_reserve > 0 else "error")


def _groups(scenario: Scenario) -> Iterator[Problem]:
    """Groups that members name; shares of groups together."""
    groups = {} if scenario.labour is None else scenario.labour.groups
    for name, scheme in scenario.schemes.items():
        group = getattr(scheme.members, "group", None)
        if group is not None and group not in groups and scenario.labour is not None:
            yield unknown(("schemes", name, "members", "group"), "group", group, set(groups))
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
    if scenario.economy is None:
        return
    amounts = scenario.economy.reference_amounts
    known = set(amounts)
    for path, name in references_in(scenario.model_copy(update={"economy": None}), ()):
        if name not in known:
            yield unknown(path, "reference amount", name, known)
    for amount_id, amount in amounts.items():
        for part in amount.mix if isinstance(amount, MixedAmount) else ():
            if not isinstance(amounts.get(part), ReferenceAmount):
                yield unknown(
                    ("economy", "reference_amounts", amount_id, "mix", part),
                    "reference amount with points",
                    part,
                    known - {amount_id},
                )


def _behaviour(scenario: Scenario) -> Iterator[Problem]:
    """A behaviour of the right kind for every scheme, and none without a scheme."""
    strange = [name for name in scenario.behaviour if name not in scenario.schemes]
    for name in strange:
        yield unknown(("behaviour", name), "scheme", name, set(scenario.schemes))
    for name, scheme in scenario.schemes.items():
        behaviour = scenario.behaviour.get(name)
        if behaviour is None and (near(name, strange) or isinstance(scheme, SocialPensionScheme)):
            continue
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
    yield from crossing_limits(
        scenario, (*at, "contribution_base"), scheme.contribution_base.floor, scheme.contribution_base.ceiling
    )
    yield from pension_contribution_problems(at, scheme)
    yield from _one_rule_each(at, scheme)
    yield from tier_problems(at, scheme)
    for benefit_id, tier_id, tier in all_tiers(scheme):
        if "precedence" in tier.model_fields_set:
            continue  # the law says what holds where the limits cross
        yield from crossing_limits(
            scenario, (*at, "benefits", benefit_id, "tiers", tier_id), tier.floor, tier.cap
        )
    yield from _uses(name, scheme, behaviour)
    yield from amount_problems(at, scheme, behaviour, scenario.economy)
    yield from death_problems(at, scheme, behaviour)
    yield from account_problems(at, scheme, behaviour)
    yield from balancing_problems(scenario, name, scheme)
    yield from elsewhere_problems(at, scheme, scenario.schemes)
    rates = (highest(behaviour.leaving_rate) or 0.0) + (highest(behaviour.invalidity_rate) or 0.0)
    if rates > 1:
        text = f"leaving_rate and invalidity_rate add to {rates:g}, more than all contributors"
        yield problem_at(("behaviour", name), text, "write 8 % as 0.08")
    if behaviour.invalidity_rate != 0 and not any(
        one.kind == "invalidity" for one in scheme.benefits.values()
    ):
        text = "there is no benefit for invalidity, so nobody leaves by it"
        yield problem_at(("behaviour", name, "invalidity_rate"), text, "delete it", "warning")
    if isinstance(scheme.members, Covered):
        yield from _in_payment(at, scheme, scheme.members)


def _in_payment(at: KeyPath, scheme: PensionScheme, members: Covered) -> Iterator[Problem]:
    """Pensions in payment belong to benefits that pay pensions; where the law sets the amount a head, it cannot be given."""
    known = {key for key, benefit in scheme.benefits.items() if _pays_pension(benefit)}
    for benefit_id, given in members.in_payment.items():
        path = (*at, "members", "in_payment", benefit_id)
        if benefit_id not in known:
            yield unknown(path, "benefit with a pension", benefit_id, known)
        elif (
            given.average_monthly is not None
            and getattr(scheme.benefits[benefit_id], "per_head", None) is not None
        ):
            text = "survivors get what `per_head` says; an average amount has no effect"
            yield problem_at((*path, "average_monthly"), text, "delete it")
        elif given.by_age is not None and isinstance(scheme.benefits[benefit_id], Survivors):
            text = "children and spouses have ages of their own; one age pattern would mix them"
            yield problem_at((*path, "by_age"), text, "delete it: the ages are those of the run-in")
        elif members.run_in_years <= (needed := least_service(scheme.benefits[benefit_id])) <= MOST:
            text = f"no one is in payment after a past of {members.run_in_years} years: the pension asks for {needed:g}"
            yield problem_at((*at, "members", "run_in_years"), text, f"raise it above {needed:g}")


def _pays_pension(benefit: Benefit) -> bool:
    return isinstance(benefit, Survivors) or any(tier.pays == "pension" for tier in benefit.tiers.values())


def _one_rule_each(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """One benefit for each contingency; deaths may pay several."""
    seen: dict[str, str] = {}
    for benefit_id, benefit in scheme.benefits.items():
        if benefit.kind != "death" and benefit.kind in seen:
            text = f"two rules for the same contingency: {seen[benefit.kind]} is of kind {benefit.kind} too"
            yield problem_at((*at, "benefits", benefit_id), text, "join them as tiers of one benefit")
        seen.setdefault(benefit.kind, benefit_id)


def _uses(name: str, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Chances of use that name benefits and tiers which exist; those that must be given."""
    at: KeyPath = ("behaviour", name, "use")
    tiered = {
        key: benefit for key, benefit in scheme.benefits.items() if not isinstance(benefit, Survivors | Death)
    }
    for benefit_id, uses in behaviour.use.items():
        if benefit_id not in tiered:
            yield unknown((*at, benefit_id), "benefit with a choice", benefit_id, set(tiered))
            continue
        for tier_id in uses:
            if tier_id not in tiered[benefit_id].tiers:
                yield unknown((*at, benefit_id, tier_id), "tier", tier_id, set(tiered[benefit_id].tiers))
            elif tiered[benefit_id].kind == "invalidity":
                yield problem_at(
                    (*at, benefit_id, tier_id),
                    "invalidity is not a choice",
                    "set invalidity_rate instead and delete this line",
                )
    for benefit_id, benefit in tiered.items():
        if isinstance(benefit, OldAge) and benefit.offered_late():
            yield from _nobody_left(name, benefit_id, benefit, behaviour)
        for tier_id, tier in benefit.tiers.items():
            if _chosen(benefit, tier) and not _said(behaviour, benefit_id, tier_id, set(tiered)):
                path = ("schemes", name, "benefits", benefit_id, "tiers", tier_id)
                remedy = f"add `use: {{{benefit_id}: {{{tier_id}: 0.05}}}}` under behaviour.{name}, the yearly chance of using it"
                yield problem_at(
                    path, "members choose whether to use this tier, and nothing says how many do", remedy
                )


def _nobody_left(
    name: str, benefit_id: str, benefit: OldAge, behaviour: PensionBehaviour
) -> Iterator[Problem]:
    """Late retirement is for those who have not used a tier at the age."""
    uses = behaviour.use.get(benefit_id, {})
    at_age = benefit.offered(at_age=True)
    if all((lowest(uses[tier]) or 0.0) >= 1.0 if tier in uses else True for tier in at_age):
        late = benefit.offered_late()[0]
        path = ("schemes", name, "benefits", benefit_id, "tiers", late)
        first = at_age[0] if at_age else "pension"
        remedy = (
            f"say who retires at the age: `use: {{{benefit_id}: {{{first}: 0.6}}}}` under behaviour.{name}"
        )
        yield problem_at(
            path, "everyone retires at the pension age, so that nobody is left to retire late", remedy
        )


def _chosen(benefit: TieredBenefit, tier: Tier) -> bool:
    """Whether members choose to use the tier."""
    aside = tier.years_before is not None or tier.years_after is not None
    return isinstance(benefit, Withdrawal) or (isinstance(benefit, OldAge) and aside)


def _said(behaviour: PensionBehaviour, benefit_id: str, tier_id: str, known: set[str]) -> bool:
    """Whether `use` names the tier, or what looks like a misspelling of it, which is told apart."""
    if benefit_id not in behaviour.use:
        return bool(near(benefit_id, set(behaviour.use) - known))
    uses = behaviour.use[benefit_id]
    return tier_id in uses or bool(near(tier_id, uses))


def _years(scenario: Scenario) -> Iterator[Problem]:
    """Amounts and counts of years that the projection would not see."""
    start, end = scenario.horizon.start, scenario.horizon.end
    for path, money in _money(scenario):
        if not start <= money.year <= end:
            text = f"an amount of {money.year}, outside the projection {start}-{end}"
            yield problem_at(
                (*path, "year"), text, f"carry it to {start} by the growth since, and write year: {start}"
            )
    for name, scheme in scenario.schemes.items():
        if isinstance(scheme, SocialPensionScheme):
            continue
        later = month_number(scheme.start) >= 12 * start + 12
        at: KeyPath = ("schemes", name)
        if isinstance(scheme.members, Covered) and month_number(scheme.start) < 12 * end:
            for given in ("contributors", "in_payment") if later else ():
                if getattr(scheme.members, given):
                    text = f"the scheme starts in {scheme.start}, so there is nothing to set in {start}"
                    yield problem_at((*at, "members", given), text, "delete it")
        elif later and isinstance(scheme, UnemploymentScheme) and month_number(scheme.start) < 12 * end:
            if scheme.members.run_in_months:
                text = f"the scheme starts in {scheme.start}, after the first year {start}: nobody has a record before"
                yield problem_at((*at, "start"), text, "write run_in_months: 0 under members")
        elif later:
            text = f"the scheme starts in {scheme.start}, after the first year {start}"
            yield problem_at((*at, "start"), text, "begin the projection in the year of the start")
        yield from _counts(name, scheme, start)


def _money(scenario: Scenario) -> Iterator[tuple[KeyPath, Money]]:
    if scenario.economy is not None and scenario.economy.gdp is not None:
        yield ("economy", "gdp"), scenario.economy.gdp
    for name, group in (scenario.labour.groups if scenario.labour is not None else {}).items():
        yield ("labour", "groups", name, "wages", "average"), group.wages.average
    for name, scheme in scenario.schemes.items():
        if isinstance(scheme, PensionScheme) and isinstance(scheme.members, Entrants):
            yield ("schemes", name, "members", "wages", "average"), scheme.members.wages.average


def _counts(name: str, scheme: PensionScheme | UnemploymentScheme, start: int) -> Iterator[Problem]:
    """Published numbers that have no effect: later ones, and for unemployment insurance all but the last before the start."""
    members = scheme.members
    at: KeyPath = ("schemes", name, "members")
    if isinstance(members, Covered):
        years, path = (
            sorted(members.contributors.by_year if members.contributors else ()),
            (*at, "contributors", "by_year"),
        )
        unseen = [year for year in years if year > start]
    elif isinstance(members, Entrants):
        return
    else:
        years, path = sorted(members.insured), (*at, "insured")
        unseen = [year for year in years if year != max((y for y in years if y <= start), default=None)]
    for year in unseen:
        why = f"after the first year {start}" if year > start else "not the last one before the first year"
        yield problem_at((*path, str(year)), f"the number of {year} has no effect: it is {why}", "delete it")
