"""What one person may draw from individual accounts while a member: age, years and balance, each as a step. Called by `person`."""

from __future__ import annotations

from typing import Any

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_amounts import Holdings
from spsim.person_claim import Claim, age_step, career_steps, claim_of
from spsim.person_facts import Answer, Facts, Step, money, percent, span
from spsim.person_holdings import holdings
from spsim.rules.pension_age import age_in_months
from spsim.schemes import PensionScheme

EVENT = "drawing:"


def drawings_of(scheme: PensionScheme) -> list[str]:
    """The events of a person that open a drawing: of one account, or of all accounts that have a right of the same name."""
    single = [(account, name) for account, rule in scheme.accounts.items() for name in rule.drawings]
    names = [name for _, name in single]
    shared = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return [EVENT + name for name in (*(f"{account}.{name}" for account, name in single), *shared)]


def drawing_answer(facts: Facts, event: str) -> Answer:
    """The whole answer for one right to draw."""
    scheme = facts.scheme
    assert isinstance(scheme, PensionScheme)
    asked = event.removeprefix(EVENT)
    account, _, name = asked.rpartition(".")
    accounts = (
        [account] if account else [one for one, rule in scheme.accounts.items() if name in rule.drawings]
    )
    claim = claim_of(facts, scheme)
    held, steps = holdings(claim)
    drawn, entitled = dict.fromkeys(held.balances, 0.0), False
    conditions: list[Step] = []
    for one in accounts:
        open_to, amounts, step = _right(claim, one, name, held)
        entitled, conditions = entitled or open_to, [*conditions, step]
        for source, amount in amounts.items():
            drawn[source] += amount
    known = (age_step(claim), *career_steps(claim), *steps, *conditions)
    note = () if facts.balances else ("nothing is taken to have been drawn before",)
    return Answer({}, known, *_result(claim, asked, held, drawn, entitled, accounts), note)


def _result(
    claim: Claim, asked: str, held: Holdings, drawn: dict[str, float], entitled: bool, accounts: list[str]
) -> tuple[dict[str, Any], tuple[str]]:
    """What is drawn in all, and what stays in the accounts touched."""
    touched = [name for name, amount in drawn.items() if amount or name in accounts]
    before, amount = sum(held.balances[name] for name in touched), sum(drawn.values())
    when, words = month_label(claim.facts.event), ", ".join(touched)
    told = (
        f"Up to {money(amount)} may be drawn from {words} in {when}; {money(before - amount)} stay."
        if entitled
        else f"No right to {asked.rpartition('.')[2]} of the account {words} in {when}."
    )
    result = {"entitled": entitled, "lump_sum": amount, "balance_before": before, "balance": before - amount}
    return result, (told,)


def _right(claim: Claim, account: str, name: str, held: Holdings) -> tuple[bool, dict[str, float], Step]:
    """Whether the law lets the person draw, and how much from which account."""
    rule, facts = claim.scheme.accounts[account].drawings[name], claim.facts
    dates = np.array([float(facts.event)]), np.array([float(facts.person.born)])
    asked = int(age_in_months(rule.from_age, *dates)[0, 0, facts.person.sex])
    old = facts.event - facts.person.born >= asked
    long = facts.of_person(rule.service.on(claim.moment)) == 1.0
    years = 12 * facts.number(rule.service.at_least, claim.moment)
    share = facts.number(rule.most_share, claim.moment)
    least = 0.0 if rule.at_least is None else facts.number(rule.at_least, claim.moment)
    lines = [
        f"age {facts.person.age(facts.event)}, asked {span(asked)}: {'met' if old else 'not met'}",
        f"service {span(12 * claim.served)}, asked {span(years)}: {'met' if long else 'not met'}",
        f"{percent(share)} of the balance at most",
    ]
    amounts: dict[str, float] = {}
    if old and long:
        found = rule.drawn(share, least, held.balances[account], held.balances)
        amounts = {one or account: amount for one, amount in found.items()}
    if rule.at_least is not None:
        others = "".join(f", made up from {one}" for one in rule.also_from)
        lines.append(f"but {money(least)} in any case, if it is there{others}")
    values = {"age_months": asked, "age_met": old, "service_met": long, "most_share": share, "drawn": amounts}
    where = ("accounts", account, "drawings", name)
    return old and long, amounts, facts.step("drawing", f"Right to draw: {name}", lines, values, *where)
