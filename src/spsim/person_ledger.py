"""One person's accounts, month by month: what is credited, how it grows, what moves between them.

Comes in: a claim. Goes out: a `Ledger` of balances in the month of the event. Called by `person_holdings`.

A year's growth falls on its January, on all that stands there then; so a contribution grows from the year after its own. The order of a
month: growth and layers of interest, balances that were said, transfers at an age, the month's credit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf

from spsim.arrays import np
from spsim.calendar import month_label
from spsim.person_claim import Claim
from spsim.person_facts import Facts, Step, in_months, money
from spsim.rules.pension_age import first_pension_month
from spsim.schemes import PensionScheme


@dataclass
class Ledger:
    """Balances by account; what was credited, gained by layers and said (with its month); each transfer as (id, month, before, after)."""

    balances: dict[str, float]
    credited: dict[str, float]
    layers: dict[str, float]
    said: dict[str, tuple[float, int]] = field(default_factory=dict)
    transfers: list[tuple[str, int, dict[str, float], dict[str, float]]] = field(default_factory=list)


def ledger(claim: Claim) -> Ledger:
    """The accounts from the first credit, or the first balance said, to the month of the event."""
    facts, scheme, names = claim.whole, claim.scheme, list(claim.scheme.accounts)
    credits = {name: _credits(facts, scheme, name) for name in names}
    growth = {name: facts.paths.credited_to_one(scheme.accounts[name].crediting) for name in names}
    said = [(facts.event if one.month is None else one.month, one) for one in facts.balances]
    first = min(
        [int(month) for month in facts.months[:1]] + [month for month, _ in said], default=facts.event
    )
    book = Ledger(dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0))
    due = _months_of_transfers(claim)
    for month in range(first, facts.event + 1):
        if month % 12 == 0 and month > first:
            _grow(claim, book, month, {name: _of_year(facts, path, month) for name, path in growth.items()})
        for when, one in said:
            if when == month:
                book.balances[one.account], book.credited[one.account] = one.amount, 0.0
                book.layers[one.account], book.said[one.account] = 0.0, (one.amount, month)
        for name in (name for name, reached in due.items() if reached == month):
            _transfer(claim, book, name, month)
        for name in names:
            credit = credits[name].get(month, 0.0)
            book.balances[name] += credit
            book.credited[name] += credit
    return book


def _credits(facts: Facts, scheme: PensionScheme, name: str) -> dict[int, float]:
    """Credit of each month of contribution."""
    share = scheme.accounts[name].allocation
    return {
        int(month): wage
        * facts.number(share, replace(facts.moment(int(month)), wage=np.full((1,) * 6, wage)))
        for month, wage in zip(facts.months, facts.base, strict=True)
    }


def _of_year(facts: Facts, index: object, month: int) -> float:
    """1 + rate of the year that begins in a month."""
    path = np.asarray(index)
    place = month // 12 - int(facts.paths.years[0])
    return float(path[place] / path[place - 1])


def _grow(claim: Claim, book: Ledger, month: int, growth: dict[str, float]) -> None:
    """A year's growth of all accounts, and the layers on what they held."""
    facts, moment = claim.facts, claim.facts.moment(month)
    gained = dict.fromkeys(book.balances, 0.0)
    for layer in claim.scheme.interest_layers.values():
        most = {name: inf if one is None else facts.number(one, moment) for name, one in layer.counts.items()}
        bearing = layer.bearing(facts.number(layer.up_to, moment), most, book.balances)
        gained[layer.into] += facts.number(layer.rate, moment) * bearing
    for name in book.balances:
        book.balances[name] = book.balances[name] * growth[name] + gained[name]
        book.layers[name] += gained[name]


def _months_of_transfers(claim: Claim) -> dict[str, float]:
    """The month in which the age of each transfer is reached; infinity after the event."""
    person, found = claim.facts.person, {}
    for name, rule in claim.scheme.transfers.items():
        reached = first_pension_month(rule.at_age, np.array([person.born]), claim.facts.event, "month_of_age")
        found[name] = float(reached[0, person.sex])
    return found


def _transfer(claim: Claim, book: Ledger, name: str, month: int) -> None:
    """One transfer, at the sum of its month."""
    rule, facts = claim.scheme.transfers[name], claim.facts
    before = dict(book.balances)
    book.balances = rule.moved(facts.number(rule.up_to, facts.moment(month)), before)
    book.transfers.append((name, month, before, dict(book.balances)))


def account_steps(claim: Claim, book: Ledger) -> Iterator[Step]:
    """Each account, and each transfer."""
    for name, month, before, after in book.transfers:
        moved = {
            account: after[account] - before[account]
            for account in after
            if after[account] != before[account]
        }
        lines = [f"{account}: {money(before[account])} becomes {money(after[account])}" for account in moved]
        lines = [f"in {month_label(month)}", *(lines or ["nothing moves"])]
        yield claim.facts.step(
            f"transfer:{name}",
            f"Transfer {name}",
            lines,
            {"month": month_label(month), "moved": moved},
            "transfers",
            name,
        )
    for name, balance in book.balances.items():
        yield _account_step(claim, book, name, balance)


def _account_step(claim: Claim, book: Ledger, name: str, balance: float) -> Step:
    """What was said and credited, what it has grown by, what moved."""
    credited, count = book.credited[name], len(claim.whole.months)
    amount, month = book.said.get(name, (0.0, 0))
    moved = sum(after[name] - before[name] for _, when, before, after in book.transfers if when >= month)
    lines = [f"{money(amount)} held in {month_label(month)}, as was said"] if name in book.said else []
    lines += [f"credited {money(credited)} in {in_months(count)}"] if count else []
    lines += [f"moved {money(moved)}"] if moved else []
    lines += [f"layers of interest {money(book.layers[name])}"] if book.layers[name] else []
    grown = balance - credited - amount - moved - book.layers[name]
    lines.append(f"growth {money(grown)}, balance {money(balance)}")
    values = {"credited": credited, "balance": balance}
    return claim.facts.step(f"account:{name}", f"Account {name}", lines, values, "accounts", name)
