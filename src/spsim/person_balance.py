"""Balances of individual accounts that a question says: read, checked, and answered where they stand in place of a career.

Comes in: the words of `--balance`. Goes out: `GivenBalance`s; an answer without a career. Called by `person`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from spsim.calendar import month_label
from spsim.career import month_of
from spsim.person_claim import first_pension
from spsim.person_drawing import EVENT as DRAWING
from spsim.person_drawing import drawing_answer
from spsim.person_facts import Answer, GivenBalance, Person, facts_without_career, refusal
from spsim.person_pension import pension_answer
from spsim.scenario import Scenario
from spsim.schemes import PensionScheme, Scheme

HOW = "write ACCOUNT=AMOUNT, or ACCOUNT=AMOUNT@YYYY-MM"


def given_balances(scheme: Scheme, texts: Sequence[str]) -> tuple[GivenBalance, ...]:
    """The balances said, in the order of time, those of the event last. Raises InputError."""
    accounts = scheme.accounts if isinstance(scheme, PensionScheme) else {}
    found: list[GivenBalance] = []
    for text in texts:
        name, _, rest = text.partition("=")
        amount, at, month = rest.partition("@")
        if name not in accounts:
            known = ", ".join(accounts) or "none"
            raise refusal("balance", f"the scheme has no account {name!r}", f"choose among {known}")
        one = GivenBalance(name, _amount(text, amount), _month(month) if at else None)
        if any(other.account == name for other in found):
            raise refusal("balance", f"the account {name} is said twice", "keep one of them")
        found.append(one)
    return tuple(sorted(found, key=lambda one: (one.month is None, one.month or 0)))


def _amount(text: str, amount: str) -> float:
    try:
        number = float(amount)
    except ValueError:
        number = -1.0
    if not isfinite(number) or number < 0:
        raise refusal(
            "balance", f"{text!r} says no amount of 0 or more", f"{HOW}; no separators of thousands"
        )
    return number


def _month(text: str) -> int:
    try:
        return month_of(text)
    except ValueError as mistake:
        raise refusal("balance", str(mistake), getattr(mistake, "remedy", "write YYYY-MM")) from None


def in_life(balances: Sequence[GivenBalance], person: Person, event: int) -> tuple[GivenBalance, ...]:
    """The same, if their months lie between birth and the event."""
    for one in balances:
        if one.month is not None and not person.born < one.month <= event:
            what = (
                f"a balance of {month_label(one.month)}, which is not between birth and {month_label(event)}"
            )
            raise refusal("balance", what, "correct the month")
    return tuple(balances)


def answer_of_balances(
    scenario: Scenario,
    scheme_id: str,
    person: Person,
    event: str,
    month: int | None,
    balances: Sequence[GivenBalance],
) -> tuple[Answer, int]:
    """What the law says of balances alone, and the month: old age or a drawing, of one whose record is not looked at."""
    scheme = scenario.schemes[scheme_id]
    assert isinstance(scheme, PensionScheme)
    if event != "old_age" and not event.startswith(DRAWING):
        raise refusal("career", f"the event {event} asks for a career beside balances", "add one")
    if month is None and event != "old_age":
        raise refusal("on", f"the month of {event} is not said", "add --on YYYY-MM")
    at = first_pension(scheme, person) if month is None else month
    facts = facts_without_career(scenario, scheme_id, person, at)
    facts = replace(facts, balances=in_life(balances, person, at))
    found = drawing_answer(facts, event) if event.startswith(DRAWING) else pension_answer(facts, event)
    note = "balances were said and no career: the record is empty, and nothing was paid in after them"
    return replace(found, notes=(*found.notes, note)), at
