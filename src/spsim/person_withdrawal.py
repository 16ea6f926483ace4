"""A balance that is paid out to one person year by year: the payments of the years to come, up to an age.

Comes in: a claim, the rule, the first payment. Goes out: a step that lists them. Called by `person_tiers`; the list is read by
`adequacy.lives`. Years run from the award: payment = balance ÷ divisor at the age reached, the rest grows for a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from spsim.arrays import Array, np
from spsim.person_claim import Claim
from spsim.person_facts import Answer, Step, money
from spsim.rules.amounts import ProgrammedWithdrawal
from spsim.rules.reference_earnings import Crediting

NAME = "programmed_withdrawal"
OLDEST = 100
SHOWN = 5
SMALLEST = 0.005


def withdrawal_step(claim: Claim, rule: ProgrammedWithdrawal, monthly: float, path: tuple[str, ...]) -> Step:
    """The payments from the award to the age of 100, if the person lives."""
    rows = list(payments(claim, rule, monthly))
    first = rows[0]
    lines = [
        f"balance {money(first['balance'])} ÷ {first['divisor']:g}: {money(first['payment'])} in the first year",
        "in the years to come, if the person lives (what is left goes to the heirs on death):",
    ]
    paid = [row for row in rows if row["payment"] >= SMALLEST]
    shown = [row for number, row in enumerate(paid) if number % SHOWN == 0 or number == len(paid) - 1]
    lines += [
        f"at {row['age']}: {money(row['monthly_pension'])} a month, balance {money(row['balance'])} ÷ {row['divisor']:g}"
        for row in shown
    ]
    if _crediting(claim, rule).wage_bill != 0:
        lines.append(
            "the wage bill is taken to grow with the average wage; how many contribute only a projection knows"
        )
    values = {"divisor": first["divisor"], "balance": first["balance"], "payments": rows}
    return claim.facts.step(NAME, "Payments of the years to come", lines, values, *path, "amount")


def payments(claim: Claim, rule: ProgrammedWithdrawal, monthly: float) -> Iterator[dict[str, Any]]:
    """One row a year: age, balance at its beginning, divisor, payment."""
    facts, rates = claim.facts, _growth(claim, rule)
    age, first = (facts.event - facts.person.born) // 12, facts.event // 12 - int(facts.paths.years[0])
    balance = None
    for year in range(max(OLDEST - age, 0) + 1):
        divisor = facts.of_person(rule.divisors(facts.moment(facts.event + 12 * year, last=claim.counted)))
        if balance is None:
            balance = 12.0 * monthly * divisor
        else:
            balance *= float(rates[min(first + year, len(rates) - 1)])
        payment = balance / divisor
        yield {
            "age": age + year,
            "year": facts.event // 12 + year,
            "balance": balance,
            "divisor": divisor,
            "payment": payment,
            "monthly_pension": payment / 12.0,
        }
        balance -= payment


def _growth(claim: Claim, rule: ProgrammedWithdrawal) -> Array:
    """1 + rate of each year of the paths; the last one holds on."""
    index = claim.facts.paths.credited_to_one(_crediting(claim, rule))
    return np.array([1.0, *(later / earlier for earlier, later in pairwise(index))])


def _crediting(claim: Claim, rule: ProgrammedWithdrawal) -> Crediting:
    return rule.crediting or claim.scheme.accounts[rule.account].crediting


def monthly_path(answer: Answer, months: int) -> Array | None:
    """The pension of each month from the award on, 0 after the last row; None where no balance is paid out."""
    step = next((step for step in answer.steps if step.name == NAME), None)
    if step is None:
        return None
    paid = np.repeat([row["monthly_pension"] for row in step.values["payments"]], 12)[:months]
    return np.concatenate([paid, np.zeros(months - len(paid))])
