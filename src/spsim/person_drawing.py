"""What one person may draw from an individual account while a member: age, years and balance, each as a step. Called by `person`."""

from __future__ import annotations

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_claim import Claim, age_step, entry_step, first_pension, record_step
from spsim.person_facts import Answer, Facts, Step, money, percent, span
from spsim.person_holdings import holdings
from spsim.rules.pension_age import age_in_months, person_reached
from spsim.schemes import PensionScheme

EVENT = "drawing:"


def drawings_of(scheme: PensionScheme) -> list[str]:
    """The events of a person that open a drawing."""
    return [f"{EVENT}{account}.{name}" for account, rule in scheme.accounts.items() for name in rule.drawings]


def drawing_answer(facts: Facts, event: str) -> Answer:
    """The whole answer for one right to draw."""
    scheme = facts.scheme
    assert isinstance(scheme, PensionScheme)
    account, _, name = event.removeprefix(EVENT).partition(".")
    reached = person_reached(scheme.pension_age, facts.person.born, facts.event)
    claim = Claim(facts, scheme, first_pension(scheme, facts.person), reached)
    held, steps = holdings(claim)
    rule, balance = scheme.accounts[account].drawings[name], held.balances[account]
    entitled, conditions = _conditions(claim, account, name)
    amount = facts.number(rule.most_share, claim.moment) * balance if entitled else 0.0
    when = month_label(facts.event)
    told = (
        f"Up to {money(amount)} may be drawn from {account} in {when}; {money(balance - amount)} stay."
        if entitled
        else f"No right to {name} of the account {account} in {when}."
    )
    result = {
        "entitled": entitled,
        "lump_sum": amount,
        "balance_before": balance,
        "balance": balance - amount,
    }
    note = "nothing is taken to have been drawn before"
    known = (age_step(claim), record_step(claim), entry_step(claim), *steps, conditions)
    return Answer({}, known, result, (told,), (note,))


def _conditions(claim: Claim, account: str, name: str) -> tuple[bool, Step]:
    """Age and years that the law asks."""
    rule, facts = claim.scheme.accounts[account].drawings[name], claim.facts
    dates = np.array([float(facts.event)]), np.array([float(facts.person.born)])
    asked = int(age_in_months(rule.from_age, *dates)[0, 0, facts.person.sex])
    old = facts.event - facts.person.born >= asked
    long = facts.of_person(rule.service.on(claim.moment)) == 1.0
    least = 12 * facts.number(rule.service.at_least, claim.moment)
    share = facts.number(rule.most_share, claim.moment)
    lines = [
        f"age {facts.person.age(facts.event)}, asked {span(asked)}: {'met' if old else 'not met'}",
        f"service {span(12 * claim.served)}, asked {span(least)}: {'met' if long else 'not met'}",
        f"{percent(share)} of the balance at most",
    ]
    values = {"age_months": asked, "age_met": old, "service_met": long, "most_share": share}
    where = ("accounts", account, "drawings", name)
    return old and long, facts.step("drawing", f"Right to draw: {name}", lines, values, *where)
