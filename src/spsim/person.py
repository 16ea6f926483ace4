"""`spsim person`: what a scheme owes one person, read by the same rules as the projection.

Comes in: a checked scenario and the command's words. Goes out: an `Answer` of steps, each with its numbers and its source. Wages,
index and reference amounts of a month are those of its calendar year and date on the scenario's own paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from spsim.calendar import month_label, month_number
from spsim.career import WAGES, Career, month_of, read_career
from spsim.grid import SEXES
from spsim.person_balance import answer_of_balances, given_balances, in_life
from spsim.person_career import seen_by
from spsim.person_claim import benefits_of, first_pension
from spsim.person_drawing import EVENT as DRAWING
from spsim.person_drawing import drawing_answer, drawings_of
from spsim.person_facts import (
    Answer,
    Facts,
    GivenBalance,
    Person,
    contributions_by_year,
    facts_of,
    facts_without_career,
    refusal,
    span,
)
from spsim.person_family import family
from spsim.person_payment import beside_work, paid_in
from spsim.person_pension import EVENTS, pension_answer
from spsim.person_record import Earlier
from spsim.person_social import first_social_pension, funeral_answer, said, social_answer
from spsim.person_unemployment import unemployment_answer
from spsim.rules.benefits import Survivors
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, Scheme, SocialPensionScheme

YOUNGEST, OLDEST = 10, 110


@dataclass(frozen=True)
class Question:
    """The words of the command: months YYYY-MM; `career` a file or words, not needed for social pensions; `claimed` FROM..TO
    of earlier unemployment benefit; `cause` of separation; `works_after` months of benefit; `several_jobs`: another job is kept;
    `family` in words; `paid_in` a later month of the pension; `works_for` monthly pay beside it; `pension_since` a month, of one who dies:
    since when a pension was paid, and a monthly pension that the spouse has already; `pensioner_of` schemes that pay the person one already;
    `credited` NAME MONTHS; `balance` ACCOUNT=AMOUNT, or ACCOUNT=AMOUNT@YYYY-MM, without which no career is needed;
    `fact` NAME=yes|no and `figure` NAME=NUMBER about the person, which social pensions ask."""

    scheme: str
    sex: str
    born: str
    career: str | None = None
    event: str | None = None
    on: str | None = None
    paid_in: str | None = None
    works_for: float | None = None
    claimed: Sequence[str] = ()
    contributions: bool = False
    cause: str | None = None
    works_after: float | None = None
    several_jobs: bool = False
    family: str | None = None
    pension_since: str | None = None
    spouse_own_pension: float | None = None
    pensioner_of: Sequence[str] = ()
    credited: Sequence[str] = ()
    balance: Sequence[str] = ()
    fact: Sequence[str] = ()
    figure: Sequence[str] = ()

    @property
    def of_claims(self) -> list[str]:
        """Options given that only unemployment insurance reads."""
        given = {
            "claimed": bool(self.claimed),
            "cause": self.cause is not None,
            "works-after": self.works_after is not None,
            "several-jobs": self.several_jobs,
        }
        return [name for name, there in given.items() if there]

    @property
    def of_social_pensions(self) -> list[str]:
        """Options given that only social pensions read."""
        given = {"pensioner-of": self.pensioner_of, "fact": self.fact, "figure": self.figure}
        return [name for name, there in given.items() if there]


def answer(scenario: Scenario, question: Question) -> Answer:
    """What the law says. Raises InputError with the mistake in the question."""
    scheme = scheme_of(scenario, question.scheme)
    event = event_of(scheme, question)
    person = Person(SEXES.index(question.sex), read_month("born", question.born))
    if isinstance(scheme, SocialPensionScheme):
        return _social(scenario, question, scheme, person)
    balances = given_balances(scheme, question.balance)
    if question.career is None and balances:
        return _of_balances(scenario, question, person, event, balances)
    if question.career is None:
        raise refusal(
            "career", f"the scheme {question.scheme} asks for a career", "add a CSV file or FROM..TO at WAGE"
        )
    seen = seen_by(scenario, question.scheme, read_career(question.career))
    career = seen.own
    _check_career(person, career, scheme)
    month = month_of_event(scheme, person, career, event, question.on, seen.last)
    later = month if question.paid_in is None else _month_of_life("paid-in", question.paid_in, person)
    last = max(month, later, first_pension(scheme, person) if isinstance(scheme, PensionScheme) else month)
    facts = facts_of(scenario, question.scheme, person, career, month, last)
    relatives = family(question.family)
    facts = replace(
        facts,
        dependants=relatives.numbers,
        dependants_born={who: [month - 12 * age for age in ages] for who, ages in relatives.ages.items()},
        works_for=question.works_for,
        spouse_age=relatives.spouse_age,
        credited=_together(seen.credited, credited(scheme, question.credited)),
        balances=in_life(balances, person, month),
        family_known=question.family is not None,
        pension_since=_pension_since(question, event, month),
        spouse_own_pension=_spouse_own_pension(question, scheme, event),
    )
    _refuse_strange_options(question, scheme, event)
    if event.startswith(DRAWING):
        found = drawing_answer(facts, event)
    elif isinstance(scheme, PensionScheme):
        for option in question.of_claims:
            raise refusal(
                option, "a pension scheme has no claims of unemployment benefit", "leave the option out"
            )
        found = pension_answer(facts, event)
        found = found if question.paid_in is None else paid_in(facts, found, later)
        found = found if question.works_for is None else beside_work(facts, found, later)
    else:
        if question.family is not None:
            raise refusal(
                "family", "unemployment insurance does not look at the family", "leave the option out"
            )
        claims = earlier_claims(question.claimed, career, month)
        found = unemployment_answer(
            facts, claims, question.cause, question.works_after, question.several_jobs
        )
    paid = contributions_by_year(facts) if question.contributions else ()
    notes = (*found.notes, *seen.notes)
    return replace(found, heading=_heading(facts, question, event), contributions=paid, notes=notes)


def _refuse_strange_options(question: Question, scheme: Scheme, event: str) -> None:
    """Options that this scheme or this event does not read."""
    for option in question.of_social_pensions:
        raise refusal(option, "only social pensions look at it", "leave the option out")
    if question.paid_in is not None and (event.startswith(DRAWING) or not isinstance(scheme, PensionScheme)):
        raise refusal("paid-in", "only pensions are paid for years", "leave the option out")
    if question.works_for is not None and (event != "old_age" or not isinstance(scheme, PensionScheme)):
        raise refusal("works-for", "only pensions of old age are stopped beside work", "leave the option out")
    if question.works_for is not None and not 0 < question.works_for < WAGES[1]:
        raise refusal("works-for", f"{question.works_for:g} is no monthly pay", "write an amount above 0")


def _of_balances(
    scenario: Scenario, question: Question, person: Person, event: str, balances: Sequence[GivenBalance]
) -> Answer:
    """Balances in place of a career; options that look at a career or a family have no meaning."""
    given = {
        "contributions": question.contributions,
        "credited": bool(question.credited),
        "family": question.family is not None,
        "paid-in": question.paid_in is not None,
    }
    said = [name for name, there in given.items() if there]
    for option in [*question.of_claims, *question.of_social_pensions, *said]:
        raise refusal(option, "balances were said, and no career", "leave the option out, or add --career")
    month = None if question.on is None else _month_of_life("on", question.on, person)
    found, at = answer_of_balances(scenario, question.scheme, person, event, month, balances)
    facts = facts_without_career(scenario, question.scheme, person, at)
    return replace(found, heading=_heading(facts, question, event))


def _together(said: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Months credited by the career and by the option `--credited`."""
    return {name: said.get(name, 0) + more.get(name, 0) for name in {**said, **more}}


def _pension_since(question: Question, event: str, month: int) -> int | None:
    """The month since which a pension of old age was paid to one who dies."""
    if question.pension_since is None:
        return None
    if event != "death":
        raise refusal("pension-since", f"the event {event} does not look at it", "leave the option out")
    since = read_month("pension-since", question.pension_since)
    if since > month:
        what = f"{month_label(since)} is after the death in {month_label(month)}"
        raise refusal("pension-since", what, "name an earlier month")
    return since


def _spouse_own_pension(question: Question, scheme: Scheme, event: str) -> float:
    """What the spouse has already; only where the law looks at it."""
    own = question.spouse_own_pension
    if own is None:
        return 0.0
    rules = scheme.benefits.values() if isinstance(scheme, PensionScheme) else ()
    asked = any(isinstance(one, Survivors) and one.beside_own_pension is not None for one in rules)
    if event != "death" or not asked:
        raise refusal("spouse-own-pension", "nothing here looks at it", "leave the option out")
    if not own >= 0 or question.family is None or "spouse" not in question.family:
        raise refusal(
            "spouse-own-pension",
            "it needs a spouse, and an amount of 0 or more",
            "add --family 'spouse of 66'",
        )
    return own


def _social(scenario: Scenario, question: Question, scheme: SocialPensionScheme, person: Person) -> Answer:
    """A social pension: age and tests alone. A career is not looked at."""
    given = {
        "contributions": question.contributions,
        "family": bool(question.family),
        "balance": bool(question.balance),
        "credited": bool(question.credited),
        "works-for": question.works_for is not None,
        "pension-since": question.pension_since is not None,
    }
    for option in [*question.of_claims, *(name for name, there in given.items() if there)]:
        raise refusal(
            option, "a social pension has no contributions, claims or family", "leave the option out"
        )
    if question.paid_in is not None:
        text = "a social pension is read in the month in which it is paid"
        raise refusal("paid-in", text, "name the month with --on")
    first = first_social_pension(scheme, person)
    month = first if question.on is None else read_month("on", question.on)
    if not person.born < month <= person.born + 12 * OLDEST:
        what = f"{month_label(month)} does not lie in the lifetime of one born in {month_label(person.born)}"
        raise refusal("born" if question.on is None else "on", what, "correct the month")
    facts = facts_without_career(scenario, question.scheme, person, month)
    for other in question.pensioner_of:
        scheme_of(scenario, other)
    told = said(scheme, question.pensioner_of, question.fact, question.figure)
    event = question.event or "old_age"
    found = social_answer(facts, scheme, first, told)
    found = found if event == "old_age" else funeral_answer(facts, scheme, found)
    ignored = ("a social pension does not look at the career",) if question.career is not None else ()
    heading = _heading(facts, question, event)
    return replace(found, heading=heading, notes=(*found.notes, *ignored))


def credited(scheme: Scheme, texts: Sequence[str]) -> dict[str, int]:
    """Months credited, `NAME MONTHS` each. Raises InputError for a credit that the scheme does not have."""
    rules = scheme.credits if isinstance(scheme, PensionScheme) else {}
    found: dict[str, int] = {}
    for text in texts:
        name, _, months = text.partition(" ")
        if name not in rules:
            known = ", ".join(rules) or "none"
            raise refusal("credited", f"the scheme has no credit {name!r}", f"choose among {known}")
        if not months.strip().isdigit() or name in found:
            raise refusal(
                "credited", f"{text!r} is not NAME MONTHS", "name each credit once, with whole months"
            )
        found[name] = int(months)
    return found


def scheme_of(scenario: Scenario, name: str) -> Scheme:
    """The scheme of this id."""
    if name not in scenario.schemes:
        known = ", ".join(scenario.schemes) or "none"
        raise refusal("scheme", f"the scenario has no scheme {name!r}", f"choose among {known}")
    return scenario.schemes[name]


def event_of(scheme: Scheme, question: Question) -> str:
    """The event, by default old age or unemployment."""
    if isinstance(scheme, SocialPensionScheme):
        known = ["old_age", *(["death"] if scheme.funeral_grant is not None else [])]
        event = question.event or "old_age"
    elif not isinstance(scheme, PensionScheme):
        known, event = ["unemployment"], question.event or "unemployment"
    else:
        known = [
            event for event in EVENTS if benefits_of(scheme, event) or _guaranteed(scheme, event)
        ] + drawings_of(scheme)
        event = question.event or "old_age"
    if event not in known:
        what = f"the scheme {question.scheme} has no benefit for the event {event!r}"
        raise refusal("event", what, f"choose among {', '.join(known) or 'none'}")
    return event


def _guaranteed(scheme: PensionScheme, event: str) -> bool:
    """Whether a death leaves months of pension to heirs."""
    tiered = (one for one in scheme.benefits.values() if not isinstance(one, Survivors))
    return event == "death" and any(
        tier.guaranteed_months is not None for one in tiered for tier in one.tiers.values()
    )


def read_month(option: str, text: str) -> int:
    """A month YYYY-MM of an option."""
    try:
        return month_of(text)
    except ValueError as mistake:
        raise refusal(option, str(mistake), getattr(mistake, "remedy", "write YYYY-MM")) from None


def _month_of_life(option: str, text: str, person: Person) -> int:
    """A month of an option, in which the person may live."""
    month = read_month(option, text)
    if month > person.born + 12 * OLDEST:
        what = f"in {month_label(month)} the person would be {span(month - person.born)} old"
        raise refusal(option, what, "name an earlier month")
    return month


def _check_career(person: Person, career: Career, scheme: Scheme) -> None:
    """A career lies between youth and the scheme's start on one side, the event (checked later) on the other."""
    first = month_label(career.first)
    if career.first <= person.born:
        what = f"the career begins in {first}, but the person is born in {month_label(person.born)}"
        raise refusal("born", what, "correct the month of birth or the career")
    if career.first < person.born + 12 * YOUNGEST:
        what = f"the career begins in {first}, at the age of {person.age(career.first)}"
        raise refusal("born", what, "correct the month of birth or the career")
    if career.first < month_number(scheme.start):
        what = f"the career begins in {first}, before the scheme, which starts in {scheme.start}"
        raise refusal("career", what, f"begin it in {month_label(month_number(scheme.start))} or later")


def month_of_event(
    scheme: Scheme, person: Person, career: Career, event: str, given: str | None, last: int | None = None
) -> int:
    """Month at which the law is read: the one given, the first month of pension, or the month after the career.

    `last`: the last month of the career where it goes on with months credited or paid elsewhere.
    """
    last = career.last if last is None else last
    if given is not None:
        month = read_month("on", given)
    elif event == "old_age" and isinstance(scheme, PensionScheme):
        month = first_pension(scheme, person)
    else:
        month = last + 1
    if month <= career.first:
        what = f"the event in {month_label(month)} is not after the beginning of the career in {month_label(career.first)}"
        raise refusal("on", what, "name a later month")
    if last >= month:
        what = f"the career goes on to {month_label(last)}, but the event {event} is in {month_label(month)}"
        raise refusal("career", what, f"end it in {month_label(month - 1)}, or name a later month with --on")
    if month > person.born + 12 * OLDEST:
        what = f"in {month_label(month)} the person would be {span(month - person.born)} old"
        raise refusal("on", what, "name an earlier month")
    return month


def earlier_claims(claimed: Sequence[str], career: Career, month: int) -> list[Earlier]:
    """Earlier claims FROM..TO, in the order of time."""
    found = []
    for text in claimed:
        first, dots, last = text.partition("..")
        if not dots:
            raise refusal("claimed", f"{text!r} is not FROM..TO", "write the first and the last month paid")
        claim = Earlier(read_month("claimed", first), read_month("claimed", last))
        if not career.first < claim.first <= claim.last < month:
            what = f"the claim {text} does not lie between the begin of the career and {month_label(month)}"
            raise refusal("claimed", what, "correct its months")
        if any(spell.first <= claim.last and claim.first <= spell.last for spell in career.spells):
            raise refusal("claimed", f"contributions were paid during the claim {text}", "correct its months")
        found.append(claim)
    ordered = sorted(found, key=lambda claim: claim.first)
    for claim, later in pairwise(ordered):
        if later.first <= claim.last:
            raise refusal("claimed", "two claims overlap", "correct their months")
    return ordered


def _heading(facts: Facts, question: Question, event: str) -> dict[str, Any]:
    meta, scheme = facts.scenario.meta, facts.scheme
    return {
        "scenario": meta.id,
        "title": meta.title,
        "currency": meta.currency,
        "scheme": question.scheme,
        "scheme_title": scheme.title,
        "law": scheme.law or meta.law,
        "sex": question.sex,
        "born": month_label(facts.person.born),
        "event": event,
        "on": month_label(facts.event),
        "age": facts.person.age(facts.event),
    }
