"""What a social pension gives one person: the age, the tests, the amount, each as a step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from spsim.arrays import np
from spsim.behaviour import SocialPensionBehaviour
from spsim.calendar import month_label, month_number
from spsim.checks_social import WAITING, conditions
from spsim.dated import numbers_in
from spsim.person_claim import TO_THE_END
from spsim.person_facts import Answer, Facts, Person, Step, money, refusal, span
from spsim.rules.pension_age import WAIT, age_in_months, first_pension_month
from spsim.rules.social_tests import Claimant
from spsim.schemes import SocialPensionScheme

TRUTH = {"yes": True, "no": False}


@dataclass(frozen=True)
class Said:
    """What the question says of the person: schemes that pay a pension already, facts that hold or not, figures."""

    pensioner_of: tuple[str, ...] = ()
    facts: Mapping[str, bool] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def claimant(self, scheme: SocialPensionScheme) -> Claimant:
        """Facts required of all hold unless it is said that they do not; others hold if it is said."""
        held = {**dict.fromkeys(scheme.usual().facts, True), **self.facts}
        figures = {name: np.full((1,) * 6, value) for name, value in self.figures.items()}
        return Claimant(frozenset(name for name, holds in held.items() if holds), figures)


def said(
    scheme: SocialPensionScheme, pensioner_of: Sequence[str], facts: Sequence[str], figures: Sequence[str]
) -> Said:
    """The options `--fact NAME=yes` and `--figure NAME=NUMBER`, each name once. Raises InputError."""
    waiting = [WAITING] if scheme.most_persons is not None else []
    known = [*scheme.facts, *waiting]
    return Said(
        tuple(pensioner_of),
        {name: _truth(name, text) for name, text in _pairs("fact", facts, known)},
        {name: _number(name, text) for name, text in _pairs("figure", figures, list(scheme.figures))},
    )


def _pairs(option: str, texts: Sequence[str], known: list[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            form = "NAME=yes or NAME=no" if option == "fact" else "NAME=NUMBER"
            raise refusal(option, f"{text!r} is not {form}", f"write {form}")
        if name not in known:
            what = f"the scheme asks for no {option} {name!r}"
            raise refusal(option, what, f"choose among {', '.join(known) or 'none'}")
        if name in seen:
            raise refusal(option, f"{name!r} is said twice", "say it once")
        seen.add(name)
        yield name, value


def _truth(name: str, text: str) -> bool:
    if text not in TRUTH:
        raise refusal("fact", f"{name} is {text!r}", "write yes or no")
    return TRUTH[text]


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise refusal("figure", f"{name} is {text!r}, no number", "write a number without separators")
    return value


def first_social_pension(scheme: SocialPensionScheme, person: Person) -> int:
    """First month of payment: the month after the age is reached, not before the scheme starts."""
    found = first_pension_month(
        scheme.age, np.array([person.born]), person.born + TO_THE_END, scheme.payable_from
    )
    return max(int(found[0, person.sex]), month_number(scheme.start))


def social_answer(facts: Facts, scheme: SocialPensionScheme, first: int, told: Said | None = None) -> Answer:
    """The whole answer for the month of the event; `first` is the first month of payment."""
    told = told or Said()
    claimant = told.claimant(scheme)
    barred = _barred(scheme, told, claimant)
    steps = [_age_step(facts, scheme, first), _others_step(facts, scheme, told.pensioner_of)]
    if scheme.facts or WAITING in told.facts:
        steps.append(_facts_step(facts, scheme, told, claimant))
    monthly = 0.0
    if facts.event >= first and barred is None:
        monthly, more = _amount_steps(facts, scheme, claimant)
        steps += more
        if monthly == 0:
            barred = "nothing is left after the tests"
    when = month_label(facts.event)
    why = f"it begins in {month_label(first)}" if facts.event < first else barred
    line = (
        f"Social pension of {money(monthly)} a month from {when}."
        if monthly
        else f"No social pension in {when}: {why}."
    )
    result = {"entitled": monthly > 0, "social_pension": monthly}
    return Answer({}, tuple(steps), result, (line,), tuple(_notes(facts, scheme, told)))


def funeral_answer(facts: Facts, scheme: SocialPensionScheme, living: Answer) -> Answer:
    """What is paid once at the death of one who, `living`, would be paid the pension of that month."""
    assert scheme.funeral_grant is not None
    when = month_label(facts.event)
    amount = (
        facts.number(scheme.funeral_grant, facts.moment(facts.event)) if living.result["entitled"] else 0.0
    )
    grant = facts.step(
        "funeral_grant", "Funeral grant", [f"{money(amount)} once"], {"amount": amount}, "funeral_grant"
    )
    line = f"Funeral grant of {money(amount)} at the death in {when}."
    line = line if amount else f"No funeral grant: {living.told[0][0].lower()}{living.told[0][1:]}"
    steps = (*living.steps, *([grant] if amount else []))
    result = {"entitled": amount > 0, "lump_sum": amount}
    return Answer({}, steps, result, (line,), living.notes)


def _barred(scheme: SocialPensionScheme, told: Said, claimant: Claimant) -> str | None:
    """Why the person has no right, if so, the age left aside."""
    excluded = [other for other in told.pensioner_of if other in scheme.not_with_pensions_of]
    if excluded:
        return f"a pension of {', '.join(excluded)} excludes it"
    if told.facts.get(WAITING) and scheme.most_persons is not None:
        return "no place is free"
    for fact in scheme.requires:
        if fact not in claimant.facts:
            return f"it asks for {fact} ({scheme.facts[fact]})"
    for fact in scheme.excludes:
        if fact in claimant.facts:
            return f"{fact} ({scheme.facts[fact]}) excludes it"
    return "the person is in none of its classes" if scheme.class_of(claimant.facts) is None else None


def _age_step(facts: Facts, scheme: SocialPensionScheme, first: int) -> Step:
    """The age asked of this birth month, and the first month of payment."""
    born = np.array([float(facts.person.born)])
    begin = first_pension_month(scheme.age, born, facts.person.born + TO_THE_END, scheme.payable_from)
    reached = int(begin[0, facts.person.sex] - WAIT[scheme.payable_from])
    asked = int(age_in_months(scheme.age, np.array([float(reached)]), born)[0, 0, facts.person.sex])
    start = month_number(scheme.start)
    lines = [
        f"born {month_label(facts.person.born)}: {span(asked)} required, reached in {month_label(reached)}"
    ]
    lines += [f"paid from {scheme.start} on"] * (start > int(begin[0, facts.person.sex]))
    lines.append(f"first month of the social pension {month_label(first)}")
    values = {
        "age_months": asked,
        "reached_in": month_label(reached),
        "first_pension_month": month_label(first),
        "met": facts.event >= first,
    }
    return facts.step("pension_age", "Age", lines, values, "age")


def _others_step(facts: Facts, scheme: SocialPensionScheme, pensioner_of: tuple[str, ...]) -> Step:
    """No pension of certain schemes; none is taken to be there unless it is named."""
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


def _facts_step(facts: Facts, scheme: SocialPensionScheme, told: Said, claimant: Claimant) -> Step:
    """Every fact that the law asks, whether it holds, and whether that was said."""
    lines = []
    for name, words in {
        **scheme.facts,
        **{fact: "no place is free" for fact in told.facts if fact == WAITING},
    }.items():
        asked = "required" if name in scheme.requires else "excludes" if name in scheme.excludes else "asked"
        how = "said" if name in told.facts else "taken so"
        lines.append(f"{name} ({words}), {asked}: {'yes' if name in claimant.facts else 'no'}, {how}")
    values = {name: name in claimant.facts for name in [*scheme.facts, *({WAITING} & set(told.facts))]}
    return facts.step("facts", "Facts", lines, values, "facts")


def _amount_steps(facts: Facts, scheme: SocialPensionScheme, claimant: Claimant) -> tuple[float, list[Step]]:
    """The amount of the person's class, and what the tests leave of it."""
    (_, full), *after = scheme.amounts(claimant, facts.moment(facts.event))
    of_class = scheme.class_of(claimant.facts)
    monthly = facts.of_person(full)
    lines = [f"class {of_class}"] * bool(of_class)
    lines.append(f"{money(monthly)} a month at the age of {facts.person.age(facts.event)}")
    where = ("classes", of_class) if of_class else ("amount",)
    values = {"monthly": monthly, "class": of_class}
    steps = [facts.step("amount", "Amount", lines, values, *where)]
    for name, left in after:
        read = [figure for figure in scheme.tests[name].read if figure in claimant.figures]
        unknown = [figure for figure in scheme.tests[name].read if figure not in claimant.figures]
        before, monthly = monthly, facts.of_person(left)
        lines = [
            f"{figure} {money(float(claimant.figures[figure].item()))}" for figure in dict.fromkeys(read)
        ]
        means = "not asked" if read else "the test is taken as met"
        lines += [f"{figure} not said: {means}" for figure in dict.fromkeys(unknown)]
        lines.append(
            f"{money(before)} becomes {money(monthly)}" if monthly != before else f"{money(monthly)} stays"
        )
        title = f"Test {name} ({scheme.tests[name].kind})"
        steps.append(
            facts.step(f"test:{name}", title, lines, {"before": before, "after": monthly}, "tests", name)
        )
    return monthly, steps


def _notes(facts: Facts, scheme: SocialPensionScheme, told: Said) -> Iterator[str]:
    """Conditions that one person's answer cannot look at, or that were not said."""
    if scheme.not_with_pensions_of and not told.pensioner_of:
        yield "a person with another pension that excludes this one gets nothing"
    asked = {fact for _, rule in conditions((), scheme) for fact in (*rule.requires, *rule.excludes)}
    open_facts = sorted(asked - set(told.facts))
    if open_facts:
        yield f"taken as usual, as nothing was said (--fact NAME=yes|no): {', '.join(open_facts)}"
    open_figures = [name for name in scheme.figures if name not in told.figures]
    if open_figures:
        yield f"not said, so that their tests are taken as met (--figure NAME=NUMBER): {', '.join(open_figures)}"
    behaviour = facts.scenario.behaviour.get(facts.scheme_id)
    if isinstance(behaviour, SocialPensionBehaviour) and min(numbers_in(behaviour.eligible_share)) < 1:
        yield "the scenario says how many meet the tests of residence, means or affluence; they are taken as met"
    if scheme.most_persons is not None and WAITING not in told.facts:
        yield "the law pays for so many persons only, the oldest first; a place is taken to be free"
