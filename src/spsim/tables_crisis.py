"""Tables of crises and employment services, for the schemes that have them: `programmes`, `shocks`, `arrears`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spsim.arrays import Array
from spsim.calendar import month_label
from spsim.grid import Moments
from spsim.outcome import Outcome
from spsim.schemes import UnemploymentScheme
from spsim.stocks.unemployment import UnemploymentStocks

Table = dict[str, Any]
FACTORS = ("separations", "job_finding", "insured", "to_insured_work", "extension")


def crisis_tables(outcome: Outcome) -> dict[str, Table]:
    """The tables that have rows."""
    found = {"programmes": _programmes(outcome), "shocks": _shocks(outcome), "arrears": _arrears(outcome)}
    return {name: joined for name, parts in found.items() if (joined := _joined(parts))}


def _programmes(outcome: Outcome) -> Iterator[Table]:
    """Participants of the year, cost, benefits that it saves (the projection without it less this one), and what is left."""
    years = outcome.grid.years
    for name, stocks in outcome.unemployment.items():
        for programme, path in stocks.programmes.items():
            participants, cost = (
                values.reshape(-1, 12).sum(axis=1) for values in (path.participants, path.cost)
            )
            yield labelled(
                {
                    "year": years,
                    "participants": participants,
                    "cost": cost,
                    "saved_benefits": path.saved,
                    "net": path.saved - cost,
                },
                scheme=name,
                programme=programme,
            )


def _shocks(outcome: Outcome) -> Iterator[Table]:
    """Factors by month, months of benefit added, and the wages on which contributions are due."""
    for name, stocks in outcome.unemployment.items():
        if _calm(stocks):
            continue
        columns = {column: getattr(stocks.shock, column).astype(float) for column in FACTORS}
        month = {"month": _labels(stocks)}
        yield labelled(month | columns | {"contributory_wages": stocks.contributory_wages}, scheme=name)


def _arrears(outcome: Outcome) -> Iterator[Table]:
    """Contributions due, not paid in their month, and recovered, by month and party."""
    assert outcome.paths is not None or not outcome.unemployment
    for name, stocks in outcome.unemployment.items():
        scheme = outcome.scenario.schemes[name]
        assert isinstance(scheme, UnemploymentScheme) and outcome.paths is not None
        if not stocks.shock.arrears:
            continue
        at = Moments(
            stocks.months[None, :].astype(float),
            np.zeros(1),
            np.zeros(1),
            references=outcome.paths.references,
        )
        for party, due in _due(scheme, stocks, at).items():
            unpaid = stocks.shock.unpaid(due)
            recovered = stocks.shock.collected(due) - (due - unpaid)
            columns = {"month": _labels(stocks), "due": due, "unpaid": unpaid, "recovered": recovered}
            yield labelled(columns, scheme=name, party=party)


def _due(scheme: UnemploymentScheme, stocks: UnemploymentStocks, at: Moments) -> dict[str, Array]:
    """Contributions due of employees and employers by month (M,); those whose rate answers to the fund are not here."""
    found: dict[str, Array] = {}
    for rule in scheme.contributions.values():
        if rule.party in ("employee", "employer") and rule.cyclical is None:
            due = rule.on(at)[:, 0, 0] * stocks.wages_due(rule.reduced_after)
            found[rule.party] = found.get(rule.party, 0.0) + due
    return found


def _calm(stocks: UnemploymentStocks) -> bool:
    """Whether nothing happens in any month."""
    shock = stocks.shock
    factors = (shock.separations, shock.job_finding, shock.insured, shock.to_insured_work)
    return not shock.arrears and not shock.extension.any() and all((path == 1).all() for path in factors)


def _labels(stocks: UnemploymentStocks) -> list[str]:
    return [month_label(int(month)) for month in stocks.months]


def labelled(table: Table, **labels: str) -> Table:
    """A table with columns that say the same in every row before its own."""
    count = len(next(iter(table.values())))
    names = {name: np.array([label], dtype=object).repeat(count) for name, label in labels.items()}
    return names | table


def _joined(parts: Iterator[Table]) -> Table:
    found = list(parts)
    columns = list(found[0]) if found else []
    return {column: np.concatenate([np.asarray(part[column]) for part in found]) for column in columns}
