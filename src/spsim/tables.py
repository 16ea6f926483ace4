"""From the arrays of a run to the tidy tables of the results: one row per combination."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spsim.accounts import Account
from spsim.arrays import Array
from spsim.calendar import month_label
from spsim.document import Document
from spsim.errors import dotted
from spsim.fund_measures import financing_table
from spsim.grid import SEXES
from spsim.indicators import (
    Indicator,
    common,
    fund_indicators,
    pension_indicators,
    social_pension_indicators,
    unemployment_indicators,
)
from spsim.outcome import Outcome
from spsim.provenance import assumed, reformed
from spsim.results import Assumption
from spsim.scenario import Scenario
from spsim.stocks.payments import LumpSum, Pension
from spsim.tables_crisis import crisis_tables, labelled
from spsim.tables_unemployment import cause_table

Table = dict[str, Any]
ALL_AGES = np.arange(101)


def tables(outcome: Outcome) -> dict[str, Table]:
    """All tables promised by the documentation."""
    found = {
        "population": _population(outcome),
        "labour_force": _labour_force(outcome),
        "members": _members(outcome),
        "beneficiaries": _beneficiaries(outcome),
        "unemployment": _unemployment(outcome),
        "accounts": _accounts(outcome.accounts.values()),
        "indicators": _indicators(outcome),
        "financing": financing_table(outcome),
    }
    return found | crisis_tables(outcome) | cause_table(outcome)


def _population(outcome: Outcome) -> Table:
    if outcome.population is None:
        return _empty("year", "sex", "age", "persons")
    return _by_cell(outcome.grid.years, ALL_AGES, persons=outcome.population.persons)


def _labour_force(outcome: Outcome) -> Table:
    force = outcome.labour
    if force is None:
        return _empty("year", "sex", "age", "labour_force", "employed", "unemployed")
    ages = slice(15, None)
    parts = {name: getattr(force, name)[:, :, ages] for name in ("labour_force", "employed", "unemployed")}
    return _by_cell(outcome.grid.years, np.arange(15, 101), **parts)


def _members(outcome: Outcome) -> Table:
    insured = {
        name: (stocks.grid.ages, stocks.contributors.sum(axis=-1), stocks.dormant)
        for name, stocks in outcome.pensions.items()
    }
    for name, claims in outcome.unemployment.items():
        insured[name] = (claims.ages, claims.insured, np.zeros_like(claims.insured))
    parts = [
        labelled(_by_cell(outcome.grid.years, ages, contributors=paying, dormant=dormant), scheme=name)
        for name, (ages, paying, dormant) in sorted(insured.items(), key=lambda item: item[0])
    ]
    return _stacked(parts, "scheme", "year", "sex", "age", "contributors", "dormant")


def _beneficiaries(outcome: Outcome) -> Table:
    """Pensions on 1 July with their yearly amount; lump sums of the year; unemployment benefit, social pensions: average persons."""
    paid: dict[tuple[str, str], tuple[Array, Array, Array]] = {}
    for name, stocks in outcome.pensions.items():
        paid_out: dict[str, Pension | LumpSum] = {**stocks.pensions, **stocks.lump_sums}
        paid |= {(name, benefit): (ALL_AGES, one.persons, one.amount) for benefit, one in paid_out.items()}
    for name, claims in outcome.unemployment.items():
        paid[name, "benefit"] = (claims.ages, claims.beneficiaries_by_age, claims.amount_by_age)
    for name, recipients in outcome.social.items():
        paid |= {(name, benefit): (ALL_AGES, *both) for benefit, both in recipients.paid.items()}
    parts = [
        labelled(_of_recipients(outcome.grid.years, *paid[key]), scheme=key[0], benefit=key[1])
        for key in sorted(paid)  # in the order of the table, which need not be sorted then
    ]
    return _stacked(parts, "scheme", "benefit", "year", "sex", "age", "persons", "amount")


def _unemployment(outcome: Outcome) -> Table:
    columns = ("contributors", "new_claims", "beneficiaries", "exhaustions", "amount")
    parts = []
    for name, claims in outcome.unemployment.items():
        labels = {"month": [month_label(int(month)) for month in claims.months]}
        parts.append(labelled(labels | {column: getattr(claims, column) for column in columns}, scheme=name))
    return _stacked(parts, "scheme", "month", *columns)


def _accounts(accounts: Iterable[Account]) -> Table:
    rows = [account.balanced.rows(account.fund, account.years) for account in accounts]
    return {
        key: [value for part in rows for value in part[key]] for key in ("fund", "year", "item", "amount")
    }


def _indicators(outcome: Outcome) -> Table:
    table = _empty("scheme", "year", "indicator", "value", "unit")
    by_scheme = {name: indicators_of(outcome, name) for name in outcome.scenario.schemes}
    for name, found in (by_scheme | shared_funds(outcome)).items():
        for indicator in found:
            years, values = _points(indicator, outcome.grid.years)
            count = len(values)
            cells = ([name] * count, years, [indicator.name] * count, values, [indicator.unit] * count)
            for column, part in zip(table, cells, strict=True):
                table[column] += part
    return table


def indicators_of(outcome: Outcome, name: str) -> Iterator[Indicator]:
    """Every indicator of one scheme."""
    scheme, money = outcome.scenario.schemes[name], outcome.money[name]
    currency = outcome.scenario.meta.currency or "currency"
    if name in outcome.social:
        people, account = _persons(outcome), outcome.accounts[scheme.fund]
        yield from social_pension_indicators(
            outcome.social[name], money, account, people, outcome.gdp, currency
        )
        return
    yield from common(money, outcome.accounts, scheme.fund, outcome.gdp, currency)
    if name in outcome.pensions:
        yield from pension_indicators(outcome.pensions[name], money, currency)
        yield from _balancing(outcome, name)
    else:
        yield from unemployment_indicators(outcome.unemployment[name], money, currency)


def _balancing(outcome: Outcome, name: str) -> Iterator[Indicator]:
    """Ratio and index of automatic balancing, where the scheme has it."""
    if name in outcome.balancing:
        found = outcome.balancing[name]
        finite = np.where(np.isfinite(found.ratio), found.ratio, np.nan)
        yield Indicator("balancing_ratio", "share", finite)
        yield Indicator("balancing_index", "share", found.index)


def _persons(outcome: Outcome) -> Array:
    """Everyone alive (T,); zero without a population."""
    return np.zeros(len(outcome.grid.years)) if outcome.population is None else outcome.population.total()


def shared_funds(outcome: Outcome) -> dict[str, Iterator[Indicator]]:
    """Indicators of the funds that pay for several schemes, under `fund:id`."""
    currency = outcome.scenario.meta.currency or "currency"
    found = {}
    for fund, account in outcome.accounts.items():
        served = [
            outcome.money[name] for name, scheme in outcome.scenario.schemes.items() if scheme.fund == fund
        ]
        if len(served) > 1:
            found[f"fund:{fund}"] = fund_indicators(account, served, outcome.gdp, currency)
    return found


def _points(indicator: Indicator, years: Array) -> tuple[list[int | None], list[float]]:
    """Years and values: yearly values that exist, or one figure without a year (NaN: it never happens)."""
    if isinstance(indicator.value, np.ndarray):
        known = np.isfinite(indicator.value)
        return years[known].tolist(), indicator.value[known].tolist()
    return [None], [float("nan") if indicator.value is None else float(indicator.value)]


def _by_cell(years: Array, ages: Array, **values: Array) -> Table:
    """Columns year, sex, age and the values, from arrays (T, 2, A)."""
    return _at_cells(np.arange(len(years) * len(SEXES) * len(ages)), years, ages, values)


def _of_recipients(years: Array, ages: Array, persons: Array, amount: Array) -> Table:
    """The same, of the cells in which anyone is paid."""
    paid = np.flatnonzero(np.broadcast_to(persons, (len(years), len(SEXES), len(ages))) > 0)
    return _at_cells(paid, years, ages, {"persons": persons, "amount": amount})


def _at_cells(cells: Array, years: Array, ages: Array, values: Mapping[str, Array]) -> Table:
    """Columns of chosen cells, counted through years, sexes and ages."""
    shape = (len(years), len(SEXES), len(ages))
    year, sex, age = np.unravel_index(cells, shape)
    table: Table = {"year": years[year], "sex": np.array(SEXES, dtype=object)[sex], "age": ages[age]}
    return table | {name: np.broadcast_to(array, shape)[year, sex, age] for name, array in values.items()}


def _stacked(parts: list[Table], *columns: str) -> Table:
    if not parts:
        return _empty(*columns)
    return {column: np.concatenate([np.asarray(part[column]) for part in parts]) for column in columns}


def _empty(*columns: str) -> Table:
    return {column: [] for column in columns}


def assumptions(scenario: Scenario, document: Document) -> list[Assumption]:
    """What was assumed, for the first sheet and the manifest."""
    rows = [*reformed(document), *assumed(scenario, document.data)]
    return [
        Assumption(dotted(path), note, value, source, status) for path, note, value, source, status in rows
    ]


def inputs(document: Document, outcome: Outcome) -> list[tuple[str, str]]:
    """(name, sha256) of the scenario's files and of the tables that were read."""
    files = [(Path(file.name).name, file.sha256) for file in document.files]
    tables_read = [] if outcome.demography is None else list(outcome.demography.sources)
    if outcome.participation is not None:
        tables_read.append(outcome.participation)
    return files + [
        (f"{path.parent.name}/{path.name}", hashlib.sha256(path.read_bytes()).hexdigest())
        for path in tables_read
    ]
