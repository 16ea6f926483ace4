"""How replacement rates of awards spread over those who retire: by calendar year of the award and by birth cohort.

Comes in: the arrays of a run. Goes out: rows of the table `distribution`. A cell is a sex, an age and an earnings class; within it
members with long and short records are together, so that the spread shown is the one between cells and understates that between
persons.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spsim.adequacy.measures import weighted_quantiles
from spsim.arrays import Array, np
from spsim.outcome import Outcome
from spsim.stocks.payments import calendar
from spsim.stocks.pension import PensionStocks

SHARES = {"p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90}
BOTH = "both"
COHORT_YEARS = 5
Row = dict[str, Any]


def distribution(outcome: Outcome, schemes: list[str]) -> list[Row]:
    """Persons, mean and quantiles of award over last contributory wage, for each scheme, benefit, sex and year or cohort."""
    found: list[Row] = []
    for name in schemes:
        stocks = outcome.pensions[name]
        payments = getattr(outcome.scenario.schemes[name], "payments_per_year", 12.0) / 12.0
        for benefit, cells in _awards(stocks).items():
            found += _rows(outcome, name, benefit, stocks, cells, payments)
    return found


def _awards(stocks: PensionStocks) -> dict[str, list[Array]]:
    """Persons, annual amounts and last annual wages of each benefit by calendar year (T, S, X, K), and of all together."""
    each = {
        name: [calendar(part) for part in award.by_cell]
        for name, award in stocks.awards.items()
        if award.persons.any()
    }
    if len(each) > 1:
        every = [np.asarray(sum(parts)) for parts in zip(*each.values(), strict=True)]
        return {"all": every} | each
    return each


def _rows(
    outcome: Outcome, scheme: str, benefit: str, stocks: PensionStocks, cells: list[Array], payments: float
) -> Iterator[Row]:
    """One row for each statistic of each sex and each key."""
    years, ages = outcome.grid.years, stocks.grid.ages
    born = years[:, None] - ages[None, :]
    keys = {
        "award_year": np.broadcast_to(years[:, None], born.shape),
        "birth_cohort": born - born % COHORT_YEARS,
    }
    for sex, taken in (("male", slice(0, 1)), ("female", slice(1, 2)), (BOTH, slice(None))):
        persons, amount, wages = (np.moveaxis(cell[:, taken], 1, 2) for cell in cells)
        for by, key in keys.items():
            for value in np.unique(key):
                at = key == value
                for statistic, number in _statistics(persons[at], amount[at] * payments, wages[at]).items():
                    yield {
                        "scheme": scheme,
                        "benefit": benefit,
                        "by": by,
                        "from_year": int(value),
                        "sex": sex,
                        "statistic": statistic,
                        "value": number,
                    }


def _statistics(persons: Array, amount: Array, wages: Array) -> dict[str, float]:
    """Persons awarded, mean award over mean last wage, quantiles over cells; nothing where nobody is awarded."""
    heads, paid, earned = (np.ravel(part) for part in (persons, amount, wages))
    there = (heads > 1e-9) & (earned > 0)
    if not there.any():
        return {}
    rates = paid[there] / earned[there]
    quantiles = weighted_quantiles(rates, heads[there], np.array(list(SHARES.values())))
    mean = float(paid[there].sum() / earned[there].sum())
    whole = {"persons": float(heads[there].sum()), "mean": mean}
    return whole | {name: float(value) for name, value in zip(SHARES, quantiles, strict=True)}
