"""Checks of what is paid at a death: pensions of survivors that nobody can have, payments beside pensions that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.behaviour import PensionBehaviour
from spsim.dated import numbers_in
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.plain import highest
from spsim.rules.benefits import Death, Survivors
from spsim.rules.survivors import Right
from spsim.schemes import PensionScheme


def death_problems(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Everything that the rules on a death contradict."""
    yield from _beside(at, scheme)
    yield from _former(at, scheme, behaviour)
    yield from _own_pensions(at, scheme, behaviour)
    yield from _guarantees(at, scheme)
    for benefit_id, benefit in scheme.benefits.items():
        if isinstance(benefit, Survivors):
            yield from _ways((*at, "benefits", benefit_id), benefit)


def _beside(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """Payments to those whose death gives nobody a pension of survivors, of which the scheme has none."""
    pensions = {name for name, one in scheme.benefits.items() if isinstance(one, Survivors)}
    for benefit_id, benefit in scheme.benefits.items():
        for tier_id, tier in {} if isinstance(benefit, Survivors) else benefit.tiers.items():
            path = (*at, "benefits", benefit_id, "tiers", tier_id, "unless")
            if tier.unless is None:
                continue
            if not isinstance(benefit, Death):
                text = f"a benefit of kind {benefit.kind} is not paid at a death, so no survivors stand beside it"
                yield problem_at(path, text, "delete it")
            elif tier.unless not in pensions:
                yield unknown(path, "survivors pension", tier.unless, pensions)


def _former(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """A share of former members who meet conditions that no benefit at death has."""
    asked = any(one.looks_back for one in scheme.benefits.values() if isinstance(one, Death | Survivors))
    given = "former_qualifying" in behaviour.model_fields_set
    if given and not asked:
        path = ("behaviour", at[-1], "former_qualifying")
        text = "no death or survivors benefit asks for recent contributions or density, so this has no effect"
        yield problem_at(path, text, "delete it, or add `recent` or `density` to the benefit")


def _own_pensions(at: KeyPath, scheme: PensionScheme, behaviour: PensionBehaviour) -> Iterator[Problem]:
    """Own pensions of spouses that no rule looks at."""
    rules = [one for one in scheme.benefits.values() if isinstance(one, Survivors)]
    given = "own_pension" in behaviour.family.model_fields_set
    if given and not any(one.beside_own_pension is not None for one in rules):
        path = ("behaviour", at[-1], "family", "own_pension")
        text = "no survivors benefit has beside_own_pension, so this has no effect"
        yield problem_at(path, text, "delete it, or say what a spouse with an own pension gets")


def _guarantees(at: KeyPath, scheme: PensionScheme) -> Iterator[Problem]:
    """A guarantee is for pensions of old age, which `spsim person` can tell the beginning of, and of invalidity."""
    for benefit_id, benefit in scheme.benefits.items():
        for tier_id, tier in {} if isinstance(benefit, Survivors) else benefit.tiers.items():
            if tier.guaranteed_months is not None and tier.pays != "pension":
                path = (*at, "benefits", benefit_id, "tiers", tier_id, "guaranteed_months")
                yield problem_at(path, "a lump sum leaves no months of pension to heirs", "delete it")


def _ways(path: KeyPath, rule: Survivors) -> Iterator[Problem]:
    """A further way to the right that the ones before it leave nobody."""
    before: list[Right] = []
    for name, right in rule.rights.items():
        if any(_takes_all(other, right) for other in before):
            text = "a way to the right that can never be reached: everyone is taken by those before it"
            yield problem_at((*path, "otherwise", name), text, "ask for more before it, or delete it")
        before.append(right)


def _takes_all(one: Right, other: Right) -> bool:
    """Whether whoever meets the other meets the one."""
    low, high = highest(one.service.at_least) or 0.0, min(numbers_in(one.service.below), default=1000.0)
    least, most = min(numbers_in(other.service.at_least), default=0.0), highest(other.service.below) or 1000.0
    return not one.looks_back and low <= least and most <= high
