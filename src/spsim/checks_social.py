"""Checks of a social pension: whom it looks for, whom it leaves out, what it pays."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.calendar import month_number
from spsim.errors import KeyPath, Problem, problem_at, unknown
from spsim.places import numbers_at
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, SocialPensionScheme


def social_problems(scenario: Scenario, name: str, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Everything that a social pension contradicts or lacks."""
    at: KeyPath = ("schemes", name)
    if scenario.population is None:
        remedy = "add a block `population: {country: ...}`"
        yield problem_at(at, "a social pension without a population", remedy)
    yield from _others(scenario, at, scheme)
    if all(number == 0 for _, number in numbers_at(scheme.amount)):
        yield problem_at((*at, "amount"), "an amount of 0 at all times", "write the monthly amount")
    if scheme.most_persons is not None and not any(number for _, number in numbers_at(scheme.most_persons)):
        yield problem_at((*at, "most_persons"), "a quota of 0 persons at all times", "raise it, or delete it")
    if month_number(scheme.start) >= 12 * scenario.horizon.end + 12:
        text = f"the scheme starts in {scheme.start}, after the last year {scenario.horizon.end}"
        yield problem_at((*at, "start"), text, "end the projection later, or delete the scheme")


def _others(scenario: Scenario, at: KeyPath, scheme: SocialPensionScheme) -> Iterator[Problem]:
    """Pension schemes that exclude, each named once."""
    known = {key for key, other in scenario.schemes.items() if isinstance(other, PensionScheme)}
    for number, other in enumerate(scheme.not_with_pensions_of):
        path = (*at, "not_with_pensions_of", number)
        if other not in known:
            yield unknown(path, "pension scheme", other, known)
        elif other in scheme.not_with_pensions_of[:number]:
            yield problem_at(path, f"'{other}' is named twice", "delete one")
