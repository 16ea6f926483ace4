"""One person's accounts, month by month: what is credited, how it grows, what moves between them.

Comes in: a claim. Goes out: a `Ledger` of balances in the month of the event. Called by `person_holdings`.

Interest, and what layers add to it, is reckoned on the balances of each month at a twelfth of the yearly rate and joins them in January,
or in the month of the event; a credit bears interest from the next month on, as provident funds reckon. The order of a month: interest that
joins, balances that were said, transfers at an age, the month's interest, the month's credit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from spsim.arrays import Array, np
from spsim.calendar import month_label
from spsim.person_claim import Claim
from spsim.person_facts import Facts, Step, in_months, money
from spsim.rules.pension_age import first_pension_month
from spsim.schemes import PensionScheme


@dataclass
class Ledger:
    """Balances by account; what was credited, gained by layers and said (with its month); interest of the year that has not joined them yet;
    each transfer as (id, month, before, after).
    """

    balances: dict[str, float]
    credited: dict[str, float]
    layers: dict[str, float]
    due: dict[str, float] = field(default_factory=dict)
    due_of_layers: dict[str, float] = field(default_factory=dict)
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
    empty = dict.fromkeys(names, 0.0)
    book = Ledger({**empty}, {**empty}, {**empty}, {**empty}, {**empty})
    moving = _months_of_transfers(claim)
    for month in range(first, facts.event + 1):
        if month % 12 == 0 or month == facts.event:
            _join(book)
        for when, one in said:
            if when == month:
                book.balances[one.account], book.credited[one.account] = one.amount, 0.0
                book.layers[one.account], book.said[one.account] = 0.0, (one.amount, month)
                book.due[one.account] = book.due_of_layers[one.account] = 0.0
        for name in (name for name, reached in moving.items() if reached == month):
            _transfer(claim, book, name, month)
        if month < facts.event:
            _accrue(claim, book, month, growth)
        for name in names:
            credit = credits[name].get(month, 0.0)
            book.balances[name] += credit
            book.credited[name] += credit
    return book


def _credits(facts: Facts, scheme: PensionScheme, name: str) -> dict[int, float]:
    """Credit of each month of contribution."""
    account = scheme.accounts[name]
    return {
        int(month): facts.of_person(
            account.credited(np.full((1, 1, 1, 1), wage), facts.moment(int(month)))[..., None]
        )
        for month, wage in zip(facts.months, facts.base, strict=True)
    }


def _rate(facts: Facts, index: Array, month: int) -> float:
    """Yearly rate of a calendar year."""
    place = month // 12 - int(facts.paths.years[0])
    return float(index[place] / index[place - 1]) - 1.0


def _accrue(claim: Claim, book: Ledger, month: int, growth: dict[str, Array]) -> None:
    """A month's interest on all accounts, and on the layers of what they hold."""
    facts, moment = claim.facts, claim.facts.moment(month)
    for name, index in growth.items():
        book.due[name] += book.balances[name] * _rate(facts, index, month) / 12.0
    for layer in claim.scheme.interest_layers.values():
        most = {name: inf if one is None else facts.number(one, moment) for name, one in layer.counts.items()}
        bearing = layer.bearing(facts.number(layer.up_to, moment), most, book.balances)
        book.due_of_layers[layer.into] += facts.number(layer.rate, moment) * bearing / 12.0


def _join(book: Ledger) -> None:
    """Interest that was due becomes part of the balances."""
    for name in book.balances:
        book.balances[name] += book.due[name] + book.due_of_layers[name]
        book.layers[name] += book.due_of_layers[name]
        book.due[name] = book.due_of_layers[name] = 0.0


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
