"""Checks of crises, programmes and funds that answer or pay for one another."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import UnemploymentBehaviour
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.plain import highest, value_on
from spsim.rules.programmes import JobRetention, OneStop, WageSubsidy
from spsim.rules.shocks import Shock
from spsim.scenario import Scenario
from spsim.schemes import UnemploymentScheme

MOST_SERVICES = 6  # types of claimants double with each


def crisis_problems(scenario: Scenario, name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """What shocks and programmes of one scheme contradict."""
    behaviour = scenario.behaviour[name]
    assert isinstance(behaviour, UnemploymentBehaviour)
    for shock_id, shock in behaviour.shocks.items():
        yield from _shock(scenario, ("behaviour", name, "shocks", shock_id), shock, behaviour)
    yield from _programmes(scenario, name, scheme)


def _shock(
    scenario: Scenario, path: KeyPath, shock: Shock, behaviour: UnemploymentBehaviour
) -> Iterator[Problem]:
    """A shock outside the horizon; chances that it lifts above one."""
    first, last = 12 * scenario.horizon.start, 12 * scenario.horizon.end + 11
    if shock.first > last or shock.first + shock.length - 1 < first:
        text = f"the shock lies outside the horizon {scenario.horizon.start}-{scenario.horizon.end}, so it has no effect"
        yield problem_at((*path, "start"), text, "move its start, or delete it")
    elif (
        shock.insured is not None
        and shock.first <= first
        and shock.insured[first - shock.first :][:1] not in ([], [1.0])
    ):
        text = "the insured of the first month of the scenario are given, so that this month changes nothing"
        yield problem_at((*path, "insured"), text, "write 1 for it, or begin a month later")
    factor = highest(behaviour.job_finding_factor) or 1.0
    for name, chance in (
        ("separations", highest(behaviour.separation_rate)),
        ("job_finding", (highest(behaviour.job_finding) or 0.0) * factor),
        ("to_insured_work", highest(behaviour.to_insured_work)),
    ):
        most = max(shock.lists.get(name, [0.0]))
        if (chance or 0.0) * most > 1 + 1e-12:
            text = f"a factor of {most:g} makes a chance of {(chance or 0.0) * most:g} a month, more than all"
            yield problem_at((*path, name), text, "lower the factor")


def _programmes(scenario: Scenario, name: str, scheme: UnemploymentScheme) -> Iterator[Problem]:
    """Programmes that never begin, too many of them, separations prevented twice."""
    at: KeyPath = ("schemes", name, "programmes")
    longest = max(benefit.longest for benefit in scheme.causes.values()) + 1
    services = 0
    for programme_id, programme in scheme.programmes.items():
        if isinstance(programme, JobRetention):
            continue
        services += 1
        if not isinstance(programme, OneStop) and programme.from_month > longest:
            text = f"no claim lasts until month {programme.from_month}"
            yield problem_at((*at, programme_id, "from_month"), text, "write an earlier month")
        if isinstance(programme, WageSubsidy) and highest(programme.take_up) == 0:
            yield problem_at(
                (*at, programme_id, "take_up"), "nobody takes part", "write a share, or delete it"
            )
    if services > MOST_SERVICES:
        text = f"{services} programmes for claimants, more than {MOST_SERVICES} together"
        yield problem_at(at, text, "put those of one kind together")
    for month in range(12 * scenario.horizon.start, 12 * scenario.horizon.end + 12, 3):
        prevented = [
            value_on(programme.prevented, scenario, event_date=month) or 0.0
            for programme in scheme.programmes.values()
            if isinstance(programme, JobRetention)
        ]
        if sum(prevented) > 1 + 1e-9:
            text = f"programmes of short-time work prevent {sum(prevented):g} of the separations"
            yield problem_at(at, text, "bring their `prevented` to 1 or less together")
            return


def fund_problems(scenario: Scenario) -> Iterator[Problem]:
    """Funds that pay for others: known ones, and not themselves."""
    known = set(scenario.funds)
    for name, scheme in scenario.schemes.items():
        for rule_id, rule in scheme.contributions.items():
            path: KeyPath = ("schemes", name, "contributions", rule_id, "from_fund")
            if rule.from_fund is None:
                continue
            if rule.from_fund not in known:
                yield unknown(path, "fund", rule.from_fund, known)
            elif rule.from_fund == (rule.fund or scheme.fund):
                yield problem_at(path, "a fund that pays itself", "name another fund")
        programmes = scheme.programmes if isinstance(scheme, UnemploymentScheme) else {}
        for programme_id, programme in programmes.items():
            if programme.fund is not None and programme.fund not in known:
                path = ("schemes", name, "programmes", programme_id, "fund")
                yield unknown(path, "fund", programme.fund, known)
