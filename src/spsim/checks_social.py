"""Checks of a social pension: whom it looks for, whom it leaves out, what it pays, and whether behaviour says who they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from spsim.behaviour import PartOf, Profile, SocialPensionBehaviour
from spsim.calendar import month_number
from spsim.dated import Schedule, Staged, Value
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.places import numbers_at, parts
from spsim.plain import value_on
from spsim.rules.social_tests import FactCondition, GreatestOf, PartPaid
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme

MALE, FEMALE = 0.0, 1.0
WAITING = "waiting"
"""A fact that every scheme with `most_persons` knows: no place is free for the person."""


def social_problems(scenario: Scenario, name: str, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Everything that a social pension contradicts or lacks."""
    at: KeyPath = ("schemes", name)
    if scenario.population is None:
        remedy = "add a block `population: {country: ...}`"
        yield problem_at(at, "a social pension without a population", remedy)
    yield from _others(scenario, at, scheme)
    yield from _amounts(at, scheme)
    if scheme.most_persons is not None and not any(number for _, number in numbers_at(scheme.most_persons)):
        yield problem_at((*at, "most_persons"), "a quota of 0 persons at all times", "raise it, or delete it")
    if month_number(scheme.start) >= 12 * scenario.horizon.end + 12:
        text = f"the scheme starts in {scheme.start}, after the last year {scenario.horizon.end}"
        yield problem_at((*at, "start"), text, "end the projection later, or delete the scheme")
    behaviour = scenario.behaviour.get(name)
    profiles = behaviour.profiles if isinstance(behaviour, SocialPensionBehaviour) else {}
    named = [*_names(at, scheme), *_unreached(at, scheme)]
    yield from named
    if not named:
        yield from _profiles(scenario, name, scheme, profiles)


def _others(scenario: Scenario, at: KeyPath, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Pension schemes that exclude or whose pensions are looked at, each named once."""
    known = {key for key, other in scenario.schemes.items() if isinstance(other, PensionScheme)}
    lists = [((*at, "not_with_pensions_of"), scheme.not_with_pensions_of)]
    lists += [
        ((*at, "figures", name, "pensions_of"), figure.pensions_of) for name, figure in scheme.figures.items()
    ]
    for path, others in lists:
        for number, other in enumerate(others):
            if other not in known:
                yield unknown((*path, number), "pension scheme", other, known)
            elif other in others[:number]:
                yield problem_at((*path, number), f"'{other}' is named twice", "delete one")
            elif path[2] == "figures" and other in scheme.not_with_pensions_of:
                text = f"pensioners of '{other}' get nothing at all (not_with_pensions_of)"
                yield problem_at((*path, number), text, "delete it here or there")


def _amounts(at: KeyPath, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """An amount for someone."""
    if scheme.amount is None and not scheme.classes:
        yield problem_at(at, "no amount", "write `amount: 500000`, or amounts of `classes`")
    given = [((*at, "classes", name, "amount"), one.amount) for name, one in scheme.classes.items()]
    given += [((*at, "amount"), scheme.amount)] if scheme.amount is not None else []
    given += [((*at, "funeral_grant"), scheme.funeral_grant)] if scheme.funeral_grant is not None else []
    for path, amount in given:
        if all(number == 0 for _, number in numbers_at(amount)):
            yield problem_at(path, "an amount of 0 at all times", "write the amount, or delete it")


def conditions(at: KeyPath, scheme: SocialPensionScheme) -> Iterator[tuple[KeyPath, FactCondition]]:
    """Every rule that asks for facts, with its path: the scheme itself, its classes, its tests and those inside them."""
    yield at, scheme
    yield from (((*at, "classes", name), one) for name, one in scheme.classes.items())
    for name, test in scheme.tests.items():
        yield (*at, "tests", name), test
        for inner, one in test.tests.items() if isinstance(test, GreatestOf) else ():
            yield (*at, "tests", name, "tests", inner), one


def _names(at: KeyPath, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Facts and figures: declared, asked for, not contradicting each other."""
    asked: dict[str, set[str]] = {"facts": set(), "figures": set()}
    for path, rule in conditions(at, scheme):
        for field in ("requires", "excludes"):
            for number, fact in enumerate(getattr(rule, field)):
                asked["facts"].add(fact)
                if fact not in scheme.facts:
                    yield unknown((*path, field, number), "fact", fact, set(scheme.facts))
        yield from _contradictions(path, rule, scheme)
        figure = getattr(rule, "on", None)
        if figure is not None:
            asked["figures"].add(figure)
            if figure not in scheme.figures:
                yield unknown((*path, "on"), "figure", figure, set(scheme.figures))
    for field, names in asked.items():
        for name in getattr(scheme, field):
            if name not in names:
                text = f"nothing in the scheme asks for '{name}'"
                yield problem_at(
                    (*at, field, name), text, "name it in requires, excludes or a test, or delete it"
                )
            elif name == WAITING and scheme.most_persons is not None:
                text = "this fact is there already in a scheme with most_persons: no place is free"
                yield problem_at((*at, field, name), text, "delete it: the quota says who waits")


def _contradictions(path: KeyPath, rule: FactCondition, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """A rule that no one can meet, because facts exclude each other; a test that does nothing."""
    required = {*rule.requires, *(scheme.requires if rule is not scheme else ())}
    excluded = {*rule.excludes, *(scheme.excludes if rule is not scheme else ())}
    for fact in sorted(required & excluded):
        text = f"'{fact}' is required and excluded, so that nobody meets it"
        yield problem_at(path, text, "delete one of the two")
    if isinstance(rule, PartPaid) and not rule.requires and not rule.excludes:
        text = "a part for everybody is an amount"
        yield problem_at(path, text, "name facts in requires or excludes, or lower the amount")


def _unreached(at: KeyPath, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Classes that an earlier one takes all persons of."""
    earlier: list[tuple[str, set[str], set[str]]] = []
    for name, one in scheme.classes.items():
        requires, excludes = set(one.requires), set(one.excludes)
        for other, asked, barred in earlier:
            if asked <= requires | set(scheme.requires) and barred <= excludes | set(scheme.excludes):
                text = f"never reached: all who meet it are in the class '{other}' before it"
                yield problem_at((*at, "classes", name), text, "put it first, or let it ask for other facts")
                break
        earlier.append((name, requires, excludes))


def _profiles(
    scenario: Scenario, name: str, scheme: SocialPensionScheme, profiles: dict[str, Profile]
) -> Iterator[Problem]:
    """Kinds of persons: there if the law asks who they are, named as the law names, no more than all persons together."""
    at: KeyPath = ("behaviour", name, "profiles")
    given = {one for one, figure in scheme.figures.items() if not figure.pensions_of}
    if (scheme.facts or given) and not profiles:
        asked = ", ".join([*scheme.facts, *sorted(given)])
        remedy = f"add `profiles: {{usual: {{share: 0.9, has: [{', '.join(scheme.requires)}]}}}}` under behaviour.{name}"
        text = f"the law asks for {asked}, and nothing says for how many persons it holds"
        yield problem_at(("schemes", name), text, remedy)
        return
    for profile_id, profile in profiles.items():
        yield from _profile((*at, profile_id), scheme, profile)
    reached = {scheme.class_of(frozenset(profile.has)) for profile in profiles.values()}
    if profiles and reached == {None}:
        yield problem_at(at, "nobody of these profiles has a right", "let one of them meet `requires`")
    for class_id in scheme.classes if profiles else ():
        if class_id not in reached:
            text = f"no profile of behaviour.{name} falls into this class, so that it pays nobody"
            remedy = "add a profile that has its facts"
            yield problem_at(("schemes", name, "classes", class_id), text, remedy, "warning")
    yield from _too_many(scenario, at, profiles)


def _profile(at: KeyPath, scheme: SocialPensionScheme, profile: Profile) -> Iterator[Problem]:
    """Facts and figures that the scheme declares; parts of figures that are known."""
    for number, fact in enumerate(profile.has):
        if fact not in scheme.facts:
            yield unknown((*at, "has", number), "fact", fact, set(scheme.facts))
    known = {one for one, figure in profile.figures.items() if not isinstance(figure, PartOf)}
    known |= {one for one, figure in scheme.figures.items() if figure.pensions_of}
    for figure_id, given in profile.figures.items():
        path = (*at, "figures", figure_id)
        if figure_id not in scheme.figures:
            yield unknown(path, "figure", figure_id, set(scheme.figures))
        elif scheme.figures[figure_id].pensions_of:
            text = "the projection takes this figure from the pensions of its schemes (pensions_of)"
            yield problem_at(path, text, "delete it")
        if isinstance(given, PartOf) and given.part_of not in known:
            yield unknown((*path, "part_of"), "figure of this profile", given.part_of, known)


def _too_many(scenario: Scenario, at: KeyPath, profiles: dict[str, Profile]) -> Iterator[Problem]:
    """Shares that add to more than all persons, at the ages and dates at which one of them changes."""
    ages = sorted({0.0, *(x for one in profiles.values() for x in _points(one.share, "age"))})
    first, last = 12 * scenario.horizon.start, 12 * scenario.horizon.end + 11
    dates = {float(first), float(last)}
    dates |= {x for one in profiles.values() for x in _points(one.share, "event_date") if first <= x <= last}
    for month, age, sex in product(sorted(dates), ages, (MALE, FEMALE)):
        shares = (value_on(one.share, event_date=month, age=age, sex=sex) for one in profiles.values())
        total = sum(share or 0.0 for share in shares)
        if total > 1 + 1e-9:
            where = f" at the age of {age:g}" if len(ages) > 1 else ""
            text = f"the shares of the profiles add to {total:g} in {int(month) // 12}{where}"
            yield problem_at(at, text, "bring them to 1 or less; the rest gets nothing")
            return


def _points(value: Value, key: str) -> Iterator[float]:
    """Where a value keyed so changes."""
    for _, part in parts(value):
        if isinstance(part, Schedule) and part.by == key:
            yield from part.coordinates()
        elif isinstance(part, Staged) and part.by == key:
            yield from (begin for begin, _ in part.in_order())
