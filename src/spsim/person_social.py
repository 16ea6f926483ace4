"""What a social pension gives one person: the age, the tests, the amount, each as a step."""

from __future__ import annotations

from collections.abc import Iterator

from spsim.arrays import np
from spsim.behaviour import SocialPensionBehaviour
from spsim.calendar import month_label, month_number
from spsim.dated import numbers_in
from spsim.person_claim import TO_THE_END
from spsim.person_facts import Answer, Facts, Person, Step, money, span
from spsim.rules.pension_age import age_in_months, first_pension_month
from spsim.schemes import SocialPensionScheme


def first_social_pension(scheme: SocialPensionScheme, person: Person) -> int:
    """First month of payment: the month after the age is reached, not before the scheme starts."""
    found = first_pension_month(scheme.age, np.array([person.born]), person.born + TO_THE_END)
    return max(int(found[0, person.sex]), month_number(scheme.start))


def social_answer(
    facts: Facts, scheme: SocialPensionScheme, first: int, pensioner_of: tuple[str, ...] = ()
) -> Answer:
    """The whole answer for the month of the event; `first` is the first month of payment, `pensioner_of` who pays a pension already."""
    excluded = [other for other in pensioner_of if other in scheme.not_with_pensions_of]
    entitled = facts.event >= first and not excluded
    monthly, amount = _amount_step(facts, scheme) if entitled else (0.0, None)
    steps = (_age_step(facts, scheme, first), _tests_step(facts, scheme, pensioner_of), amount)
    when = month_label(facts.event)
    told = (
        f"Social pension of {money(monthly)} a month from {when}."
        if entitled
        else f"No social pension in {when}: {_why_not(excluded, first)}."
    )
    result = {"entitled": entitled, "social_pension": monthly}
    return Answer({}, tuple(step for step in steps if step), result, (told,), tuple(_notes(facts, scheme)))


def _why_not(excluded: list[str], first: int) -> str:
    if excluded:
        return f"a pension of {', '.join(excluded)} excludes it"
    return f"it begins in {month_label(first)}"


def _age_step(facts: Facts, scheme: SocialPensionScheme, first: int) -> Step:
    """The age asked of this birth month, and the first month of payment."""
    born = np.array([float(facts.person.born)])
    reached = (
        int(first_pension_month(scheme.age, born, facts.person.born + TO_THE_END)[0, facts.person.sex]) - 1
    )
    asked = int(age_in_months(scheme.age, np.array([float(reached)]), born)[0, 0, facts.person.sex])
    start = month_number(scheme.start)
    lines = [
        f"born {month_label(facts.person.born)}: {span(asked)} required, reached in {month_label(reached)}"
    ]
    lines += [f"paid from {scheme.start} on"] * (start > reached + 1)
    lines.append(f"first month of the social pension {month_label(first)}")
    values = {
        "age_months": asked,
        "reached_in": month_label(reached),
        "first_pension_month": month_label(first),
        "met": facts.event >= first,
    }
    return facts.step("pension_age", "Age", lines, values, "age")


def _tests_step(facts: Facts, scheme: SocialPensionScheme, pensioner_of: tuple[str, ...]) -> Step:
    """What the law asks beside the age: no pension of certain schemes; none is taken to be there unless it is named."""
    others = scheme.not_with_pensions_of
    has = [other for other in pensioner_of if other in others]
    found = f"has one of {', '.join(has)}" if has else "none named, taken as met"
    lines = [
        f"no old-age or invalidity pension of {', '.join(others)}: {found}"
        if others
        else "no test against other pensions"
    ]
    values = {"not_with_pensions_of": others, "has_pension_of": has}
    return facts.step("tests", "Tests", lines, values, "not_with_pensions_of")


def _amount_step(facts: Facts, scheme: SocialPensionScheme) -> tuple[float, Step]:
    monthly = facts.number(scheme.amount, facts.moment(facts.event))
    lines = [f"{money(monthly)} a month at the age of {facts.person.age(facts.event)}"]
    return monthly, facts.step("amount", "Amount", lines, {"monthly": monthly}, "amount")


def _notes(facts: Facts, scheme: SocialPensionScheme) -> Iterator[str]:
    """Conditions that one person's answer cannot look at."""
    if scheme.not_with_pensions_of:
        yield "a person with another pension that excludes this one gets nothing"
    behaviour = facts.scenario.behaviour.get(facts.scheme_id)
    if isinstance(behaviour, SocialPensionBehaviour) and min(numbers_in(behaviour.eligible_share)) < 1:
        yield "the scenario says how many meet the tests of residence, means or affluence; they are taken as met"
    if scheme.most_persons is not None:
        yield "the law pays for so many persons only, the oldest first; a place is taken to be free"
